// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Which risk roots margin may be proven against
/// @notice A riskRoot commits to one epoch's risk payload (prices, scenarios, charges). Times are unix seconds.
interface IRiskRegistry {
    /// @notice A root became the newest.
    event RiskRootPublished(uint256 indexed riskRoot, uint64 indexed epoch, uint64 publishedAt);
    /// @notice The address that publishes was replaced.
    event PublisherChanged(address indexed publisher);

    /// @dev Thrown when the caller is not the publisher.
    error NotPublisher(address caller);
    /// @dev Thrown when an epoch is not above the newest one.
    error EpochNotIncreasing(uint64 newest, uint64 epoch);
    /// @dev Thrown when a root is zero or not an element of the field.
    error InvalidRiskRoot(uint256 riskRoot);
    /// @dev Thrown when a root was published before.
    error RiskRootAlreadyPublished(uint256 riskRoot);
    /// @dev Thrown when the maximum age is zero.
    error MaxAgeIsZero();

    /// @notice Whether a proof against the root may be accepted now, and the root's epoch (0 if it was never published).
    /// @dev Current: published at most `maxAge` seconds ago, and either the newest or superseded at most `grace` seconds ago, so that a
    ///      proof may outlast the epoch it was begun in. An account can therefore choose among the roots of the last `grace` seconds.
    function isCurrent(uint256 riskRoot) external view returns (bool current, uint64 epoch);

    /// @notice The newest root and its epoch; zeros before the first.
    function newest() external view returns (uint256 riskRoot, uint64 epoch);
}
