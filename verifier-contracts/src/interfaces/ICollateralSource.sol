// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Who holds the accounts' collateral
interface ICollateralSource {
    /// @notice The account's collateral now, after haircuts, in value units (1e-6 of the quote currency).
    function collateralOf(address account) external view returns (uint256);
}
