// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ICollateralSource} from "../../src/interfaces/ICollateralSource.sol";

/// @dev Collateral that the campaign sets.
contract CollateralPurse is ICollateralSource {
    mapping(address account => uint256) public collateralOf;

    function set(address account, uint256 collateral) external {
        collateralOf[account] = collateral;
    }
}
