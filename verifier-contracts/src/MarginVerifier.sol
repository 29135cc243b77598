// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {PublicSignals} from "./generated/PublicSignals.sol";
import {Attestation, Demand, IMarginVerifier, MarginProof} from "./interfaces/IMarginVerifier.sol";
import {Groth16} from "./libraries/Groth16.sol";
import {MarginStatement} from "./libraries/MarginStatement.sol";
import {Demands} from "./verifier/Demands.sol";
import {StandingAttestations} from "./verifier/StandingAttestations.sol";
import {TierKeys} from "./verifier/TierKeys.sol";

/// @title Margin, attested to the contract that asks for it, and to everyone
/// @dev No owner and no settings: another key or registry is another verifier, which a new version of the policy names.
contract MarginVerifier is StandingAttestations {
    mapping(address consumer => mapping(address account => uint256)) private _nonces;

    /// @param tiers Names of the tiers, at most `MAX_TIERS`.
    /// @param keyWords For each tier the words of its verification key, in the order of `Groth16`.
    /// @param collateralSource_ Zero: standing attestations are about accounts without collateral of their own.
    constructor(
        bytes32[] memory tiers,
        uint256[][] memory keyWords,
        address riskOracle_,
        address portfolioRegistry_,
        address policyRegistry_,
        address collateralSource_
    )
        TierKeys(tiers, keyWords)
        Demands(riskOracle_, portfolioRegistry_, policyRegistry_)
        StandingAttestations(collateralSource_)
    {}

    /// @inheritdoc IMarginVerifier
    function attest(Demand calldata demand, MarginProof calldata margin)
        external
        returns (Attestation memory attestation)
    {
        uint256 context;
        (attestation, context) = _attest(msg.sender, demand, margin);
        // Everything before this only reads, so consuming the nonce here leaves no gap to re-enter through.
        _nonces[msg.sender][demand.account] = margin.nonce + 1;
        emit MarginAttested(
            msg.sender,
            demand.account,
            margin.epoch,
            margin.version,
            context,
            margin.factor,
            margin.collateral,
            demand.disclose,
            margin.healthy,
            attestation.requirement,
            attestation.equity
        );
    }

    /// @inheritdoc IMarginVerifier
    function preview(address consumer, Demand calldata demand, MarginProof calldata margin)
        external
        view
        returns (Attestation memory attestation)
    {
        (attestation,) = _attest(consumer, demand, margin);
    }

    /// @inheritdoc IMarginVerifier
    function nonceOf(address consumer, address account) external view returns (uint256) {
        return _nonces[consumer][account];
    }

    function _attest(address consumer, Demand calldata demand, MarginProof calldata margin)
        private
        view
        returns (Attestation memory, uint256 context)
    {
        // The context binds the nonce anyway; naming it tells a replay from a forgery, and spares the pairing.
        uint256 expected = _nonces[consumer][demand.account];
        if (margin.nonce < expected) revert ContextAlreadyUsed(margin.nonce, expected);
        if (margin.nonce > expected) revert NonceMismatch(margin.nonce, expected);
        (uint256[] memory signals, uint256 required) = _signals(consumer, demand, margin);
        _checkNotContradicted(demand, margin, required);
        if (!Groth16.verify(_key(margin.tier), margin.proof, signals)) revert InvalidProof();
        context = signals[PublicSignals.CONTEXT];
        return (
            Attestation(margin.epoch, margin.disclosedRequirement, MarginStatement.signedEquity(demand.disclose, margin)),
            context
        );
    }
}
