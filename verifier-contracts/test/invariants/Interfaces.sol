// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPolicyRegistry} from "../../src/interfaces/IPolicyRegistry.sol";
import {IPortfolioRegistry, PortfolioUpdate} from "../../src/interfaces/IPortfolioRegistry.sol";
import {IRiskOracle} from "../../src/interfaces/IRiskOracle.sol";
import {ISolvencyRegistry} from "../../src/interfaces/ISolvencyRegistry.sol";

/// @dev What the campaign needs beyond the contracts' interfaces. The contracts themselves are not imported, so that a change of one of them
///      does not compile the campaign anew: test/relayer/planted-bugs.test.ts changes them often.
interface IStoppable {
    function pause() external;
    function unpause() external;
    function paused() external view returns (bool);
}

interface IOracle is IRiskOracle, IStoppable {
    function setObserver(address observer) external;
    function scheduleSigners(address[] calldata signers, uint256 threshold) external;
    function applySigners(address[] calldata signers, uint256 threshold) external;
    function signers() external view returns (address[] memory);
    function threshold() external view returns (uint8);
    function trippedAt() external view returns (uint256);
}

interface IPolicy is IPolicyRegistry, IStoppable {
    function multiplier()
        external
        view
        returns (uint40 value, uint40 target, uint40 floor, uint40 since, uint64 decay, uint32 version);
    function pendingActivation() external view returns (uint32 version, uint64 from);
    function versionCount() external view returns (uint32);
}

interface IPortfolios is IPortfolioRegistry, IStoppable {
    function scheduleSettlement(address settlement) external;
    function applySettlement(address settlement) external;
    function settlement() external view returns (address);
    function digestOf(PortfolioUpdate calldata change, uint64 deadline) external view returns (bytes32);
    function digestOfBatch(PortfolioUpdate[] calldata changes, uint64 deadline) external view returns (bytes32);
}

interface ISolvency is ISolvencyRegistry {
    function SOLVENCY() external view returns (bytes32);
    function isOperator(address account, address operator) external view returns (bool);
}
