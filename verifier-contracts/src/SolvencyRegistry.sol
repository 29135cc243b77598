// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ICollateralSource} from "./interfaces/ICollateralSource.sol";
import {Demand, IMarginVerifier, MarginProof} from "./interfaces/IMarginVerifier.sol";
import {IPolicyRegistry} from "./interfaces/IPolicyRegistry.sol";
import {ISolvencyRegistry} from "./interfaces/ISolvencyRegistry.sol";

/// @title Accounts that have proven their solvency
/// @dev No owner and no settings. The nonces that keep a proof from being used twice are the verifier's; only accounts and their operators come
///      that far, so nobody else can use one up.
contract SolvencyRegistry is ISolvencyRegistry {
    /// @notice `action` of the demand.
    bytes32 public constant SOLVENCY = keccak256("zkmargin.SolvencyRegistry.post");
    /// @dev 1 in Q16: the maintenance margin, times the stress multiplier that the verifier asks for.
    uint256 private constant RATIO = 1 << 16;

    /// @notice Who names the verifiers.
    IPolicyRegistry public immutable policyRegistry;
    /// @notice Who holds the accounts' collateral; zero: cash of the book counts alone.
    ICollateralSource public immutable collateralSource;

    /// @notice Whether an operator may post for an account.
    mapping(address account => mapping(address operator => bool)) public isOperator;

    mapping(address account => mapping(uint64 epoch => uint256)) private _factors;
    mapping(address account => uint64) private _lastEpochs;

    constructor(IPolicyRegistry policyRegistry_, ICollateralSource collateralSource_) {
        if (address(policyRegistry_) == address(0)) revert AddressIsZero();
        policyRegistry = policyRegistry_;
        collateralSource = collateralSource_;
    }

    /// @inheritdoc ISolvencyRegistry
    function setOperator(address operator, bool allowed) external {
        isOperator[msg.sender][operator] = allowed;
        emit OperatorChanged(msg.sender, operator, allowed);
    }

    /// @inheritdoc ISolvencyRegistry
    function post(address account, MarginProof calldata margin) external {
        if (msg.sender != account && !isOperator[account][msg.sender]) {
            revert NotAccountOrOperator(msg.sender, account);
        }
        IMarginVerifier verifier = IMarginVerifier(policyRegistry.verifier());
        uint64 epoch = verifier.attest(demandFor(account), margin).epoch;

        // Read after the call, so that the record only ever rises, whatever the verifier is.
        uint256 recorded = _factors[account][epoch];
        if (margin.factor <= recorded) revert NothingNew(margin.factor, recorded);
        _factors[account][epoch] = margin.factor;
        if (epoch > _lastEpochs[account]) _lastEpochs[account] = epoch;
        emit SolvencyProven(account, epoch, margin.factor, margin.version, margin.collateral);
    }

    /// @inheritdoc ISolvencyRegistry
    function factorOf(address account, uint64 epoch) external view returns (uint256) {
        return _factors[account][epoch];
    }

    /// @inheritdoc ISolvencyRegistry
    function wasSolvent(address account, uint64 epoch, uint256 factor) external view returns (bool) {
        return factor != 0 && _factors[account][epoch] >= factor;
    }

    /// @inheritdoc ISolvencyRegistry
    function lastEpochOf(address account) external view returns (uint64) {
        return _lastEpochs[account];
    }

    /// @notice What is asked of the verifier: healthy, with the collateral as it is now, and nothing disclosed.
    function demandFor(address account) public view returns (Demand memory) {
        bool none = address(collateralSource) == address(0);
        return Demand({
            account: account,
            action: SOLVENCY,
            amount: 0,
            healthy: true,
            disclose: 0,
            collateral: none ? 0 : collateralSource.collateralOf(account),
            ratio: RATIO
        });
    }
}
