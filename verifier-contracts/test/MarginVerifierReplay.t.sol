// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {MarginVerifier} from "../src/MarginVerifier.sol";
import {IMarginVerifier} from "../src/interfaces/IMarginVerifier.sol";
import {Groth16} from "../src/libraries/Groth16.sol";
import {MarginVerifierFixture} from "./MarginVerifierFixture.sol";

/// @dev Proofs that are valid for something else than what they are sent for.
contract MarginVerifierReplayTest is MarginVerifierFixture {
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
}
