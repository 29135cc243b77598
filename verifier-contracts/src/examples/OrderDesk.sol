// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Attestation, Demand, IMarginVerifier, MarginProof} from "../interfaces/IMarginVerifier.sol";
import {IPolicyRegistry} from "../interfaces/IPolicyRegistry.sol";

/// @title Example of an integration: a desk that fills the orders of accounts which hold their initial margin
contract OrderDesk {
    bytes32 public constant FILL = keccak256("OrderDesk.fill");
    /// @notice Initial margin in multiples of the maintenance margin, Q16, before the policy's stress multiplier: 1.25.
    uint256 public constant RATIO = (5 << 16) / 4;
    IPolicyRegistry public immutable policy;

    event Filled(address indexed account, uint256 indexed order, uint256 indexed requirement);

    constructor(IPolicyRegistry policy_) {
        policy = policy_;
    }

    /// @notice The proof is for this caller, this desk and this order, and serves once; the requirement is all it tells of the book.
    function fill(uint256 order, MarginProof calldata margin) external {
        Demand memory demand = Demand({
            account: msg.sender, action: FILL, amount: order, healthy: true, disclose: 1, collateral: 0, ratio: RATIO
        });
        Attestation memory attestation = IMarginVerifier(policy.verifier()).attest(demand, margin);
        emit Filled(msg.sender, order, attestation.requirement);
    }
}
