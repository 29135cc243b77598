// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {MarginVerifier} from "../src/MarginVerifier.sol";
import {PortfolioRegistry} from "../src/PortfolioRegistry.sol";
import {RiskRegistry} from "../src/RiskRegistry.sol";
import {IMarginVerifier} from "../src/interfaces/IMarginVerifier.sol";
import {Groth16} from "../src/libraries/Groth16.sol";
import {Groth16Simulator} from "./Groth16Simulator.sol";
import {Test} from "./Test.sol";

/// @dev A verifier with one published root and one registered portfolio, and simulated proofs for it.
abstract contract MarginVerifierFixture is Test, Groth16Simulator {
    uint256 internal constant R = 21888242871839275222246405745257275088548364400416034343698204186575808495617;
    address internal constant ACCOUNT = address(0xACC);
    address internal constant CONSUMER = address(0xC0);
    uint256 internal constant NOW = 1_800_000_000;
    uint256 internal constant ROOT = 0x1122;
    uint256 internal constant COMMITMENT = 0x3344;
    /// @dev 2^100
    uint256 internal constant OFFSET = 1267650600228229401496703205376;

    RiskRegistry internal risk;
    PortfolioRegistry internal portfolios;
    MarginVerifier internal verifier;

    struct Claim {
        bool healthy;
        uint256 requirement;
        uint256 equity;
    }

    function setUp() public {
        vm.warp(NOW);
        vm.chainId(31337);
        risk = new RiskRegistry(address(this), address(this), 60, 3600);
        portfolios = new PortfolioRegistry(address(this), address(this));
        verifier = new MarginVerifier(simulatedKey(), risk, portfolios);
        risk.publish(ROOT, 5);
        portfolios.commit(ACCOUNT, COMMITMENT);
    }

    function baseRequest() internal pure returns (IMarginVerifier.Request memory) {
        return IMarginVerifier.Request({
            account: ACCOUNT,
            action: "withdraw",
            amount: 25_000_000,
            factor: 65536,
            collateral: 200_000_000,
            disclose: 3,
            deadline: NOW + 300,
            riskRoot: ROOT,
            version: 1,
            nonce: 0
        });
    }

    /// @dev The order of circuits.json, written out: healthy, disclosedRequirement, disclosedEquity, portfolioCommitment, riskRoot,
    ///      context, terms.
    function proofFor(IMarginVerifier.Request memory request, Claim memory claim, uint256 commitment)
        internal
        view
        returns (Groth16.Proof memory)
    {
        uint256 terms = request.factor + request.disclose * 2 ** 24 + request.collateral * 2 ** 26;
        return proofForTerms(request, claim, commitment, terms);
    }

    function proofForTerms(
        IMarginVerifier.Request memory request,
        Claim memory claim,
        uint256 commitment,
        uint256 terms
    ) internal view returns (Groth16.Proof memory) {
        uint256[] memory signals = new uint256[](7);
        signals[0] = claim.healthy ? 1 : 0;
        signals[1] = claim.requirement;
        signals[2] = claim.equity;
        signals[3] = commitment;
        signals[4] = request.riskRoot;
        signals[5] = verifier.contextOf(CONSUMER, request);
        signals[6] = terms;
        return prove(signals, request.nonce);
    }

    function attest(IMarginVerifier.Request memory request, Claim memory claim, Groth16.Proof memory proof)
        internal
        returns (IMarginVerifier.Attestation memory)
    {
        vm.prank(CONSUMER);
        return verifier.attest(request, proof, claim.healthy, claim.requirement, claim.equity);
    }

    function refuse(
        IMarginVerifier.Request memory request,
        Claim memory claim,
        Groth16.Proof memory proof,
        bytes memory expected
    ) internal {
        vm.prank(CONSUMER);
        expectError(expected);
        verifier.attest(request, proof, claim.healthy, claim.requirement, claim.equity);
    }

    function invalidProof() internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IMarginVerifier.InvalidProof.selector);
    }
}
