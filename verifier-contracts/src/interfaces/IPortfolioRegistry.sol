// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Which portfolio an account is committed to
/// @notice The settlement layer alone changes commitments; each change counts the account's version up by one.
interface IPortfolioRegistry {
    /// @notice An account's portfolio changed.
    event PortfolioCommitted(address indexed account, uint64 indexed version, uint256 commitment);
    /// @notice The address of the settlement layer was replaced.
    event SettlementChanged(address indexed settlement);

    /// @dev Thrown when the caller is not the settlement layer.
    error NotSettlement(address caller);
    /// @dev Thrown when a commitment is zero or not an element of the field.
    error InvalidCommitment(uint256 commitment);

    /// @notice The account's portfolioCommitment and its version; zeros for an account that never had one.
    function portfolioOf(address account) external view returns (uint256 commitment, uint64 version);
}
