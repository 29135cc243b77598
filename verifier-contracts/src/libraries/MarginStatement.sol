// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {PublicSignals} from "../generated/PublicSignals.sol";
import {Demand, IMarginVerifier, MarginProof} from "../interfaces/IMarginVerifier.sol";
import {Groth16} from "./Groth16.sol";

/// @title From a demand and a proof to the public signals: ranges, packing, context
library MarginStatement {
    /// @dev 1 in Q16.
    uint256 internal constant ONE = 1 << 16;
    uint256 internal constant DISCLOSE_REQUIREMENT = 1;
    uint256 internal constant DISCLOSE_EQUITY = 2;

    uint256 private constant FACTOR_BITS = 24;
    uint256 private constant DISCLOSE_BITS = 2;
    uint256 private constant COLLATERAL_BITS = 72;
    /// @dev Signed values are public as value + 2^100; whatever is disclosed is below 2^101.
    uint256 private constant SIGNED_OFFSET = 1 << 100;
    uint256 private constant DISCLOSED_LIMIT = 1 << 101;

    /// @notice Refuses what no honest prover brings, by name and before anything is read.
    /// @dev Disclosed values: the circuit forces the same; refused here too, so that consumers needn't rely on the circuit for it.
    function check(Demand memory demand, MarginProof calldata margin) internal view {
        if (block.timestamp > margin.deadline) revert IMarginVerifier.DeadlinePassed(margin.deadline, block.timestamp);
        if (margin.factor >> FACTOR_BITS != 0) revert IMarginVerifier.FactorOutOfRange(margin.factor);
        if (margin.collateral >> COLLATERAL_BITS != 0) revert IMarginVerifier.CollateralOutOfRange(margin.collateral);
        if (demand.disclose >> DISCLOSE_BITS != 0) revert IMarginVerifier.InvalidDisclosure(demand.disclose);
        (uint256 requirement, uint256 equity) = (margin.disclosedRequirement, margin.disclosedEquity);
        if (
            (demand.disclose & DISCLOSE_REQUIREMENT == 0 && requirement != 0)
                || (demand.disclose & DISCLOSE_EQUITY == 0 && equity != 0)
        ) revert IMarginVerifier.DisclosedWithoutRequest(demand.disclose, requirement, equity);
        if (requirement >= DISCLOSED_LIMIT || equity >= DISCLOSED_LIMIT) {
            revert IMarginVerifier.DisclosedValueOutOfRange(requirement, equity);
        }
    }

    /// @notice ceil(factor x ratio) in Q16: what a proof's factor is compared with.
    function requiredFactor(uint256 policyFactor, uint256 ratio) internal pure returns (uint256 required) {
        if (ratio == 0 || ratio >> FACTOR_BITS != 0) revert IMarginVerifier.RatioOutOfRange(ratio);
        required = (policyFactor * ratio + ONE - 1) / ONE;
        if (required >> FACTOR_BITS != 0) revert IMarginVerifier.RatioOutOfRange(ratio);
    }

    /// @notice Whether an answer with this factor and collateral says as much as one with the others, or more.
    /// @dev Health is lost by a larger factor or less collateral, and gained by the opposite.
    function isAsStrong(bool healthy, uint256 factor, uint256 collateral, uint256 otherFactor, uint256 otherCollateral)
        internal
        pure
        returns (bool)
    {
        return healthy
            ? factor >= otherFactor && collateral <= otherCollateral
            : factor <= otherFactor && collateral >= otherCollateral;
    }

    /// @notice The public signals of the proof; the caller has called `check`.
    function signals(
        Demand memory demand,
        MarginProof calldata margin,
        uint256 commitment,
        uint256 riskRoot,
        uint256 context_
    ) internal pure returns (uint256[] memory words) {
        words = new uint256[](PublicSignals.COUNT);
        words[PublicSignals.HEALTHY] = margin.healthy ? 1 : 0;
        words[PublicSignals.DISCLOSED_REQUIREMENT] = margin.disclosedRequirement;
        words[PublicSignals.DISCLOSED_EQUITY] = margin.disclosedEquity;
        words[PublicSignals.PORTFOLIO_COMMITMENT] = commitment;
        words[PublicSignals.RISK_ROOT] = riskRoot;
        words[PublicSignals.CONTEXT] = context_;
        // In one signal, because each signal costs a multiplication on the curve. A part out of its range would spill into the next and
        // name another proof's terms: that is what `check` is for.
        words[PublicSignals.TERMS] = margin.factor | demand.disclose << FACTOR_BITS
            | margin.collateral << (FACTOR_BITS + DISCLOSE_BITS);
    }

    /// @notice `IMarginVerifier.contextOf`, for this contract on this chain.
    function context(address consumer, Demand memory demand, MarginProof calldata margin)
        internal
        view
        returns (uint256)
    {
        bytes32 digest = keccak256(
            abi.encode(
                block.chainid,
                address(this),
                consumer,
                demand.action,
                demand.amount,
                demand.account,
                margin.version,
                margin.nonce,
                margin.deadline
            )
        );
        return uint256(digest) % Groth16.R;
    }

    /// @notice The equity that was disclosed, signed; 0 if it was not.
    function signedEquity(uint256 disclose, MarginProof calldata margin) internal pure returns (int256) {
        if (disclose & DISCLOSE_EQUITY == 0) return 0;
        // Below 2^101, by `check`.
        return int256(margin.disclosedEquity) - int256(SIGNED_OFFSET);
    }
}
