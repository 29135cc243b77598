// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {MarginVerifier} from "../src/MarginVerifier.sol";
import {PortfolioRegistry} from "../src/PortfolioRegistry.sol";
import {RiskRegistry} from "../src/RiskRegistry.sol";
import {IMarginVerifier} from "../src/interfaces/IMarginVerifier.sol";
import {IPortfolioRegistry} from "../src/interfaces/IPortfolioRegistry.sol";
import {IRiskRegistry} from "../src/interfaces/IRiskRegistry.sol";
import {Groth16} from "../src/libraries/Groth16.sol";
import {Groth16Simulator} from "./Groth16Simulator.sol";
import {Test, Vm} from "./Test.sol";

contract MarginVerifierTest is Test, Groth16Simulator {
    uint256 private constant R = 21888242871839275222246405745257275088548364400416034343698204186575808495617;
    address private constant ACCOUNT = address(0xACC);
    address private constant CONSUMER = address(0xC0);
    uint256 private constant NOW = 1_800_000_000;
    uint256 private constant ROOT = 0x1122;
    uint256 private constant COMMITMENT = 0x3344;
    /// @dev 2^100
    uint256 private constant OFFSET = 1267650600228229401496703205376;

    RiskRegistry private risk;
    PortfolioRegistry private portfolios;
    MarginVerifier private verifier;

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

    function test_aValidProofIsAttestedWithItsDecodedValues() public {
        IMarginVerifier.Request memory request = baseRequest();
        Claim memory claim = Claim(true, 90_000_000, OFFSET + 150_000_000);
        IMarginVerifier.Attestation memory attestation = attest(request, claim, proofFor(request, claim, COMMITMENT));
        assertTrue(attestation.healthy);
        assertEq(attestation.requirement, 90_000_000);
        assertEq(attestation.equity, int256(150_000_000));
        assertEq(attestation.epoch, 5);
        assertEq(verifier.nonceOf(CONSUMER, ACCOUNT), 1);
    }

    function test_anUnhealthyAccountWithNegativeEquityIsAttestedToo() public {
        IMarginVerifier.Request memory request = baseRequest();
        Claim memory claim = Claim(false, 90_000_000, OFFSET - 1);
        IMarginVerifier.Attestation memory attestation = attest(request, claim, proofFor(request, claim, COMMITMENT));
        assertFalse(attestation.healthy);
        assertEq(attestation.equity, -1);
    }

    function test_withoutDisclosureOnlyTheBitIsAttested() public {
        IMarginVerifier.Request memory request = baseRequest();
        request.disclose = 0;
        Claim memory claim = Claim(true, 0, 0);
        IMarginVerifier.Attestation memory attestation = attest(request, claim, proofFor(request, claim, COMMITMENT));
        assertTrue(attestation.healthy);
        assertEq(attestation.requirement, 0);
        assertEq(attestation.equity, int256(0));
    }

    function testFuzz_validProofsAreAccepted(
        uint256 factor,
        uint256 collateral,
        uint256 disclose,
        uint256 requirement,
        uint256 equity,
        bool healthy
    ) public {
        IMarginVerifier.Request memory request = baseRequest();
        request.factor = factor % 2 ** 24;
        request.collateral = collateral % 2 ** 72;
        request.disclose = disclose % 4;
        Claim memory claim = Claim(
            healthy, request.disclose % 2 == 1 ? requirement % 2 ** 101 : 0, request.disclose >= 2 ? equity % 2 ** 101 : 0
        );
        IMarginVerifier.Attestation memory attestation = attest(request, claim, proofFor(request, claim, COMMITMENT));
        assertEq(attestation.requirement, claim.requirement);
        assertEq(attestation.equity, request.disclose >= 2 ? int256(claim.equity) - int256(OFFSET) : int256(0));
    }

    function test_factorDiscloseAndCollateralAreOneSignal() public {
        IMarginVerifier.Request memory request = baseRequest();
        (request.factor, request.disclose, request.collateral) = (0xabcdef, 2, 0x123456789abcdef012);
        Claim memory claim = Claim(true, 0, OFFSET);
        // Above the factor: 4 x collateral + disclose.
        uint256 terms = 0x48d159e26af37bc04a_abcdef;
        attest(request, claim, proofForTerms(request, claim, COMMITMENT, terms));
    }

    function test_theLargestTermsAreAccepted() public {
        IMarginVerifier.Request memory request = baseRequest();
        (request.factor, request.disclose, request.collateral) = (2 ** 24 - 1, 3, 2 ** 72 - 1);
        Claim memory claim = Claim(true, 2 ** 101 - 1, 2 ** 101 - 1);
        attest(request, claim, proofForTerms(request, claim, COMMITMENT, 2 ** 98 - 1));
    }

    /// @dev factor 2^24 and disclose 0 would be packed as factor 0 and disclose 1 are, disclose 4 as collateral 1.
    function test_aPartThatWouldSpillIntoTheNextIsRefusedUnderAProofForTheSameTerms() public {
        IMarginVerifier.Request memory request = baseRequest();
        Claim memory claim = Claim(true, 0, 0);
        (request.factor, request.disclose, request.collateral) = (2 ** 24, 0, 0);
        refuse(
            request,
            claim,
            proofForTerms(request, claim, COMMITMENT, 2 ** 24),
            abi.encodeWithSelector(IMarginVerifier.FactorOutOfRange.selector, 2 ** 24)
        );
        (request.factor, request.disclose) = (0, 4);
        refuse(
            request,
            claim,
            proofForTerms(request, claim, COMMITMENT, 2 ** 26),
            abi.encodeWithSelector(IMarginVerifier.InvalidDisclosure.selector, 4)
        );
    }

    function test_theAttestationIsAnEvent() public {
        IMarginVerifier.Request memory request = baseRequest();
        Claim memory claim = Claim(true, 7, OFFSET - 9);
        Groth16.Proof memory proof = proofFor(request, claim, COMMITMENT);
        uint256 context = verifier.contextOf(CONSUMER, request);
        vm.recordLogs();
        attest(request, claim, proof);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 1);
        assertEq(logs[0].topics[0], IMarginVerifier.MarginAttested.selector);
        assertEq(uint256(logs[0].topics[1]), uint160(CONSUMER));
        assertEq(uint256(logs[0].topics[2]), uint160(ACCOUNT));
        assertEq(uint256(logs[0].topics[3]), 5);
        assertEq(logs[0].data, abi.encode(uint64(1), context, 65536, 200_000_000, 3, true, 7, int256(-9)));
    }

    function test_previewAnswersWithoutConsumingTheNonce() public {
        IMarginVerifier.Request memory request = baseRequest();
        Claim memory claim = Claim(true, 7, OFFSET + 9);
        Groth16.Proof memory proof = proofFor(request, claim, COMMITMENT);
        IMarginVerifier.Attestation memory attestation =
            verifier.preview(CONSUMER, request, proof, claim.healthy, claim.requirement, claim.equity);
        assertEq(attestation.equity, int256(9));
        assertEq(verifier.nonceOf(CONSUMER, ACCOUNT), 0);
        attest(request, claim, proof);
    }

    function test_theContextIsTheHashOfItsNineParts() public view {
        bytes memory parts = abi.encode(
            uint256(31337), address(verifier), CONSUMER, bytes32("withdraw"), uint256(25_000_000), ACCOUNT, uint256(1), uint256(0), NOW + 300
        );
        assertEq(verifier.contextOf(CONSUMER, baseRequest()), uint256(keccak256(parts)) % R);
    }

    function test_aReplayIsRefusedByName() public {
        IMarginVerifier.Request memory request = baseRequest();
        Claim memory claim = Claim(true, 7, OFFSET);
        Groth16.Proof memory proof = proofFor(request, claim, COMMITMENT);
        attest(request, claim, proof);
        refuse(request, claim, proof, abi.encodeWithSelector(IMarginVerifier.ContextAlreadyUsed.selector, 0, 1));
    }

    function test_aReplayWithTheNextNonceIsNoProof() public {
        IMarginVerifier.Request memory request = baseRequest();
        Claim memory claim = Claim(true, 7, OFFSET);
        Groth16.Proof memory proof = proofFor(request, claim, COMMITMENT);
        attest(request, claim, proof);
        request.nonce = 1;
        refuse(request, claim, proof, invalidProof());
    }

    function test_aNonceAheadIsRefused() public {
        IMarginVerifier.Request memory request = baseRequest();
        request.nonce = 2;
        Claim memory claim = Claim(true, 7, OFFSET);
        refuse(
            request,
            claim,
            proofFor(request, claim, COMMITMENT),
            abi.encodeWithSelector(IMarginVerifier.NonceMismatch.selector, 2, 0)
        );
    }

    function test_noncesAreCountedPerConsumerAndAccount() public {
        IMarginVerifier.Request memory request = baseRequest();
        Claim memory claim = Claim(true, 7, OFFSET);
        attest(request, claim, proofFor(request, claim, COMMITMENT));
        assertEq(verifier.nonceOf(CONSUMER, ACCOUNT), 1);
        assertEq(verifier.nonceOf(address(this), ACCOUNT), 0);
        assertEq(verifier.nonceOf(CONSUMER, address(this)), 0);
        request.nonce = 1;
        attest(request, claim, proofFor(request, claim, COMMITMENT));
        assertEq(verifier.nonceOf(CONSUMER, ACCOUNT), 2);
    }

    function test_openingAPairChangesNoNonceBeforeOrAfterItsFirstUse() public {
        IMarginVerifier.Request memory request = baseRequest();
        Claim memory claim = Claim(true, 7, OFFSET);
        verifier.open(CONSUMER, ACCOUNT);
        verifier.open(CONSUMER, ACCOUNT);
        assertEq(verifier.nonceOf(CONSUMER, ACCOUNT), 0);
        Groth16.Proof memory proof = proofFor(request, claim, COMMITMENT);
        attest(request, claim, proof);
        verifier.open(CONSUMER, ACCOUNT);
        assertEq(verifier.nonceOf(CONSUMER, ACCOUNT), 1);
        refuse(request, claim, proof, abi.encodeWithSelector(IMarginVerifier.ContextAlreadyUsed.selector, 0, 1));
    }

    function testFuzz_aNonceAheadNeverOverflows(uint256 nonce) public {
        vm.assume(nonce > 0);
        IMarginVerifier.Request memory request = baseRequest();
        request.nonce = nonce;
        Claim memory claim = Claim(true, 7, OFFSET);
        Groth16.Proof memory proof;
        refuse(request, claim, proof, abi.encodeWithSelector(IMarginVerifier.NonceMismatch.selector, nonce, 0));
    }

    function test_anotherConsumerCannotUseTheProof() public {
        IMarginVerifier.Request memory request = baseRequest();
        Claim memory claim = Claim(true, 7, OFFSET);
        Groth16.Proof memory proof = proofFor(request, claim, COMMITMENT);
        expectError(invalidProof());
        verifier.attest(request, proof, claim.healthy, claim.requirement, claim.equity);
    }

    function test_anotherChainCannotUseTheProof() public {
        IMarginVerifier.Request memory request = baseRequest();
        Claim memory claim = Claim(true, 7, OFFSET);
        Groth16.Proof memory proof = proofFor(request, claim, COMMITMENT);
        vm.chainId(1);
        refuse(request, claim, proof, invalidProof());
    }

    function test_anotherVerifierCannotUseTheProof() public {
        IMarginVerifier.Request memory request = baseRequest();
        Claim memory claim = Claim(true, 7, OFFSET);
        Groth16.Proof memory proof = proofFor(request, claim, COMMITMENT);
        verifier = new MarginVerifier(simulatedKey(), risk, portfolios);
        refuse(request, claim, proof, invalidProof());
    }

    function testFuzz_anyPartOfTheRequestChangedIsRefused(uint256 part, uint256 change) public {
        IMarginVerifier.Request memory request = baseRequest();
        Claim memory claim = Claim(true, 7, OFFSET);
        Groth16.Proof memory proof = proofFor(request, claim, COMMITMENT);
        part %= 9;
        change = 1 + change % 1_000_000;
        if (part == 0) request.action = bytes32(uint256(request.action) + change);
        else if (part == 1) request.amount += change;
        else if (part == 2) request.factor += change;
        else if (part == 3) request.collateral += change;
        else if (part == 4) request.deadline += change;
        else if (part == 5) claim.requirement += change;
        else if (part == 6) claim.equity += change;
        else if (part == 7) claim.healthy = false;
        else (request.disclose, claim.requirement) = (2, 0);
        refuse(request, claim, proof, invalidProof());
    }

    function test_anotherAccountWithTheSamePortfolioCannotUseTheProof() public {
        IMarginVerifier.Request memory request = baseRequest();
        Claim memory claim = Claim(true, 7, OFFSET);
        Groth16.Proof memory proof = proofFor(request, claim, COMMITMENT);
        portfolios.commit(address(0xACD), COMMITMENT);
        request.account = address(0xACD);
        refuse(request, claim, proof, invalidProof());
    }

    function test_aProofOfAnotherPortfolioIsRefused() public {
        IMarginVerifier.Request memory request = baseRequest();
        Claim memory claim = Claim(true, 7, OFFSET);
        refuse(request, claim, proofFor(request, claim, COMMITMENT + 1), invalidProof());
    }

    function test_aTamperedProofIsRefused() public {
        IMarginVerifier.Request memory request = baseRequest();
        Claim memory claim = Claim(true, 7, OFFSET);
        Groth16.Proof memory proof = proofFor(request, claim, COMMITMENT);
        proof.a[0] ^= 1;
        refuse(request, claim, proof, invalidProof());
    }

    function test_aRequestIsAcceptedInTheSecondOfItsDeadlineAndNoLater() public {
        IMarginVerifier.Request memory request = baseRequest();
        Claim memory claim = Claim(true, 7, OFFSET);
        Groth16.Proof memory proof = proofFor(request, claim, COMMITMENT);
        vm.warp(NOW + 301);
        refuse(
            request, claim, proof, abi.encodeWithSelector(IMarginVerifier.DeadlinePassed.selector, NOW + 300, NOW + 301)
        );
        vm.warp(NOW + 300);
        attest(request, claim, proof);
    }

    function test_aStaleRootIsRefusedByName() public {
        IMarginVerifier.Request memory request = baseRequest();
        request.deadline = NOW + 100_000;
        Claim memory claim = Claim(true, 7, OFFSET);
        Groth16.Proof memory proof = proofFor(request, claim, COMMITMENT);
        risk.publish(ROOT + 1, 6);
        vm.warp(NOW + 61);
        refuse(request, claim, proof, abi.encodeWithSelector(IMarginVerifier.StaleRiskRoot.selector, ROOT));
        vm.warp(NOW + 60);
        attest(request, claim, proof);
    }

    function test_aRootNobodyPublishedIsRefusedByName() public {
        IMarginVerifier.Request memory request = baseRequest();
        request.riskRoot = ROOT + 1;
        Claim memory claim = Claim(true, 7, OFFSET);
        refuse(
            request,
            claim,
            proofFor(request, claim, COMMITMENT),
            abi.encodeWithSelector(IMarginVerifier.StaleRiskRoot.selector, ROOT + 1)
        );
    }

    function test_aProofAgainstAnotherCurrentRootIsRefused() public {
        IMarginVerifier.Request memory request = baseRequest();
        Claim memory claim = Claim(true, 7, OFFSET);
        Groth16.Proof memory proof = proofFor(request, claim, COMMITMENT);
        risk.publish(ROOT + 1, 6);
        request.riskRoot = ROOT + 1;
        refuse(request, claim, proof, invalidProof());
    }

    function test_anAccountWithoutPortfolioIsRefusedByName() public {
        IMarginVerifier.Request memory request = baseRequest();
        request.account = address(0xACD);
        Claim memory claim = Claim(true, 7, OFFSET);
        refuse(
            request,
            claim,
            proofFor(request, claim, 0),
            abi.encodeWithSelector(IMarginVerifier.UnknownPortfolio.selector, address(0xACD))
        );
    }

    function test_aProofOfAnEarlierVersionIsRefusedByName() public {
        IMarginVerifier.Request memory request = baseRequest();
        Claim memory claim = Claim(true, 7, OFFSET);
        Groth16.Proof memory proof = proofFor(request, claim, COMMITMENT);
        portfolios.commit(ACCOUNT, COMMITMENT);
        bytes memory mismatch = abi.encodeWithSelector(IMarginVerifier.VersionMismatch.selector, uint64(1), uint64(2));
        refuse(request, claim, proof, mismatch);
        request.version = 2;
        refuse(request, claim, proof, invalidProof());
    }

    function test_valuesOutsideTheirRangeAreRefusedByName() public {
        Claim memory claim = Claim(true, 7, OFFSET);
        IMarginVerifier.Request memory request = baseRequest();
        request.factor = 2 ** 24;
        refuse(
            request,
            claim,
            proofFor(request, claim, COMMITMENT),
            abi.encodeWithSelector(IMarginVerifier.FactorOutOfRange.selector, 2 ** 24)
        );
        request = baseRequest();
        request.collateral = 2 ** 72;
        refuse(
            request,
            claim,
            proofFor(request, claim, COMMITMENT),
            abi.encodeWithSelector(IMarginVerifier.CollateralOutOfRange.selector, 2 ** 72)
        );
        request = baseRequest();
        request.disclose = 4;
        refuse(
            request,
            claim,
            proofFor(request, claim, COMMITMENT),
            abi.encodeWithSelector(IMarginVerifier.InvalidDisclosure.selector, 4)
        );
        request = baseRequest();
        claim.requirement = 2 ** 101;
        refuse(
            request,
            claim,
            proofFor(request, claim, COMMITMENT),
            abi.encodeWithSelector(IMarginVerifier.DisclosedValueOutOfRange.selector, 2 ** 101, OFFSET)
        );
    }

    function testFuzz_aValueThatWasNotAskedForIsRefusedByName(uint256 disclose, uint256 requirement, uint256 equity) public {
        disclose %= 3;
        requirement %= 2 ** 101;
        equity %= 2 ** 101;
        vm.assume((disclose != 1 && requirement != 0) || (disclose != 2 && equity != 0));
        IMarginVerifier.Request memory request = baseRequest();
        request.disclose = disclose;
        Claim memory claim = Claim(true, requirement, equity);
        refuse(
            request,
            claim,
            proofFor(request, claim, COMMITMENT),
            abi.encodeWithSelector(IMarginVerifier.DisclosedWithoutRequest.selector, disclose, requirement, equity)
        );
    }

    function test_aKeyNobodyContributedToIsRefusedAtDeployment() public {
        uint256[] memory key = simulatedKey();
        for (uint256 i = 0; i < 4; i++) {
            key[10 + i] = key[6 + i];
        }
        expectError(abi.encodeWithSelector(Groth16.GammaEqualsDelta.selector));
        new MarginVerifier(key, risk, portfolios);
    }

    function test_aKeyForAnotherNumberOfSignalsIsRefusedAtDeployment() public {
        expectError(abi.encodeWithSelector(Groth16.KeyLengthMismatch.selector, 30, 29));
        new MarginVerifier(new uint256[](29), risk, portfolios);
    }

    function test_missingRegistriesAreRefusedAtDeployment() public {
        uint256[] memory key = simulatedKey();
        expectError(abi.encodeWithSelector(IMarginVerifier.RegistryIsZero.selector));
        new MarginVerifier(key, IRiskRegistry(address(0)), portfolios);
        expectError(abi.encodeWithSelector(IMarginVerifier.RegistryIsZero.selector));
        new MarginVerifier(key, risk, IPortfolioRegistry(address(0)));
    }

    function test_theKeyIsStoredAsDataWithItsHash() public view {
        uint256[] memory key = simulatedKey();
        assertEq(verifier.keyStore().code, abi.encodePacked(hex"00", key));
        assertEq(verifier.keyHash(), keccak256(abi.encodePacked(key)));
    }

    function baseRequest() private pure returns (IMarginVerifier.Request memory) {
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
        private
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
    ) private view returns (Groth16.Proof memory) {
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
        private
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
    ) private {
        vm.prank(CONSUMER);
        expectError(expected);
        verifier.attest(request, proof, claim.healthy, claim.requirement, claim.equity);
    }

    function invalidProof() private pure returns (bytes memory) {
        return abi.encodeWithSelector(IMarginVerifier.InvalidProof.selector);
    }
}
