// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IMarginVerifier, Demand, MarginProof} from "../interfaces/IMarginVerifier.sol";
import {IPolicyRegistry} from "../interfaces/IPolicyRegistry.sol";
import {IPortfolioRegistry} from "../interfaces/IPortfolioRegistry.sol";
import {IRiskOracle} from "../interfaces/IRiskOracle.sol";
import {MarginStatement} from "../libraries/MarginStatement.sol";

/// @title From a demand to the public signals that a proof must be valid for, with what the registries say now
abstract contract Demands is IMarginVerifier {
    /// @inheritdoc IMarginVerifier
    address public immutable riskOracle;
    /// @inheritdoc IMarginVerifier
    address public immutable portfolioRegistry;
    /// @inheritdoc IMarginVerifier
    address public immutable policyRegistry;

    constructor(address riskOracle_, address portfolioRegistry_, address policyRegistry_) {
        if (riskOracle_ == address(0) || portfolioRegistry_ == address(0) || policyRegistry_ == address(0)) {
            revert AddressIsZero();
        }
        riskOracle = riskOracle_;
        portfolioRegistry = portfolioRegistry_;
        policyRegistry = policyRegistry_;
    }

    /// @inheritdoc IMarginVerifier
    function contextOf(address consumer, Demand calldata demand, MarginProof calldata margin)
        external
        view
        returns (uint256)
    {
        return MarginStatement.context(consumer, demand, margin);
    }

    /// @dev Cheap refusals first. What the proof must be valid for, and the factor it had to reach.
    function _signals(address consumer, Demand memory demand, MarginProof calldata margin)
        internal
        view
        returns (uint256[] memory signals, uint256 required)
    {
        MarginStatement.check(demand, margin);
        if (margin.healthy != demand.healthy) revert HealthMismatch(margin.healthy, demand.healthy);
        required = MarginStatement.requiredFactor(
            IPolicyRegistry(policyRegistry).requiredFactorFor(address(this)), demand.ratio
        );
        // One at a time, so that the refusal names what is wrong.
        if (!MarginStatement.isAsStrong(margin.healthy, margin.factor, 0, required, 0)) {
            revert FactorInsufficient(margin.factor, required);
        }
        if (!MarginStatement.isAsStrong(margin.healthy, 0, margin.collateral, 0, demand.collateral)) {
            revert CollateralInsufficient(margin.collateral, demand.collateral);
        }
        (uint256 commitment, uint64 version) = IPortfolioRegistry(portfolioRegistry).portfolioOf(demand.account);
        if (commitment == 0) revert UnknownPortfolio(demand.account);
        if (margin.version != version) revert VersionMismatch(margin.version, version);
        uint256 riskRoot = IRiskOracle(riskOracle).currentRoot(margin.epoch);
        if (riskRoot == 0) revert StaleEpoch(margin.epoch);
        uint256 context = MarginStatement.context(consumer, demand, margin);
        signals = MarginStatement.signals(demand, margin, commitment, riskRoot, context);
    }
}
