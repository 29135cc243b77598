// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Demand, IMarginVerifier, MarginProof} from "../src/interfaces/IMarginVerifier.sol";
import {Groth16} from "../src/libraries/Groth16.sol";
import {ProtocolFixture} from "./ProtocolFixture.sol";

/// @dev Proofs that are valid for something else than what they are sent for.
contract MarginVerifierReplayTest is ProtocolFixture {
    function test_aReplayIsRefusedByName() public {
        MarginProof memory margin = proven(baseDemand(), baseMargin());
        attest(baseDemand(), margin);
        refuse(baseDemand(), margin, abi.encodeWithSelector(IMarginVerifier.ContextAlreadyUsed.selector, 0, 1));
    }

    function test_aReRandomisedProofIsNoOtherProof() public {
        MarginProof memory margin = proven(baseDemand(), baseMargin());
        attest(baseDemand(), margin);
        MarginProof memory again = baseMargin();
        again.proof = rerandomised(margin.proof);
        assertTrue(again.proof.a[1] != margin.proof.a[1]);
        refuse(baseDemand(), again, abi.encodeWithSelector(IMarginVerifier.ContextAlreadyUsed.selector, 0, 1));
    }

    /// @dev The control of the test before: it is a valid proof of the same statement.
    function test_aReRandomisedProofIsValid() public {
        MarginProof memory margin = proven(baseDemand(), baseMargin());
        margin.proof = rerandomised(margin.proof);
        attest(baseDemand(), margin);
    }

    function test_aReplayWithTheNextNonceIsNoProof() public {
        MarginProof memory margin = proven(baseDemand(), baseMargin());
        attest(baseDemand(), margin);
        margin.nonce = 1;
        refuse(baseDemand(), margin, invalidProof());
    }

    function test_noncesAreCountedPerConsumerAndAccount() public {
        attest(baseDemand(), proven(baseDemand(), baseMargin()));
        assertEq(verifier.nonceOf(CONSUMER, ACCOUNT), 1);
        assertEq(verifier.nonceOf(address(this), ACCOUNT), 0);
        assertEq(verifier.nonceOf(CONSUMER, address(this)), 0);
        MarginProof memory margin = baseMargin();
        margin.nonce = 1;
        attest(baseDemand(), proven(baseDemand(), margin));
        assertEq(verifier.nonceOf(CONSUMER, ACCOUNT), 2);
    }

    function testFuzz_aNonceAheadIsRefusedAndNeverOverflows(uint256 nonce) public {
        vm.assume(nonce > 0);
        MarginProof memory margin = baseMargin();
        margin.nonce = nonce;
        refuse(baseDemand(), margin, abi.encodeWithSelector(IMarginVerifier.NonceMismatch.selector, nonce, 0));
    }

    function test_anotherConsumerCannotUseTheProof() public {
        MarginProof memory margin = proven(baseDemand(), baseMargin());
        expectError(invalidProof());
        verifier.attest(baseDemand(), margin);
    }

    function test_anotherChainCannotUseTheProof() public {
        MarginProof memory margin = proven(baseDemand(), baseMargin());
        vm.chainId(1);
        refuse(baseDemand(), margin, invalidProof());
    }

    function test_anotherVerifierCannotUseTheProof() public {
        MarginProof memory margin = proven(baseDemand(), baseMargin());
        migrate();
        publish(header(EPOCH + 1, ROOT));
        (margin.deadline, margin.epoch) = (block.timestamp, EPOCH + 1);
        refuse(baseDemand(), margin, invalidProof());
        attest(baseDemand(), proven(baseDemand(), margin));
    }

    function test_anotherActionCannotUseTheProof() public {
        Demand memory demand = baseDemand();
        MarginProof memory margin = proven(demand, baseMargin());
        demand.action = "trade";
        refuse(demand, margin, invalidProof());
    }

    function test_anotherAmountCannotUseTheProof() public {
        Demand memory demand = baseDemand();
        MarginProof memory margin = proven(demand, baseMargin());
        demand.amount += 1;
        refuse(demand, margin, invalidProof());
    }

    function test_aProofForAStandingAttestationIsNoneForAConsumer() public {
        MarginProof memory margin = standing(ACCOUNT, baseMargin(), COMMITMENT, ROOT);
        verifier.post(ACCOUNT, margin);
        Demand memory demand = verifier.standingDemand(ACCOUNT, true);
        refuse(demand, margin, invalidProof());
    }

    function testFuzz_anyPartOfTheStatementChangedIsRefused(uint256 part, uint256 change) public {
        Demand memory demand = baseDemand();
        demand.collateral = type(uint256).max;
        MarginProof memory margin = proven(demand, baseMargin());
        part %= 8;
        change = 1 + change % 1_000_000;
        if (part == 0) demand.action = bytes32(uint256(demand.action) + change);
        else if (part == 1) demand.amount += change;
        else if (part == 2) margin.factor += change;
        else if (part == 3) margin.collateral += change;
        else if (part == 4) margin.deadline += change;
        else if (part == 5) margin.disclosedRequirement += change;
        else if (part == 6) margin.disclosedEquity += change;
        else (demand.disclose, margin.disclosedRequirement) = (2, 0);
        refuse(demand, margin, invalidProof());
    }

    function test_disclosureSwitchedOffByTheProverIsRefused() public {
        (Demand memory demand, MarginProof memory margin) = (baseDemand(), baseMargin());
        // What a circuit input with disclose = 0 gives: a valid proof whose requirement reads 0.
        (margin.disclosedRequirement, margin.disclosedEquity) = (0, 0);
        margin = provenFor(CONSUMER, demand, margin, COMMITMENT, ROOT, terms(margin.factor, 0, margin.collateral));
        refuse(demand, margin, invalidProof());
        demand.disclose = 0;
        attest(demand, margin);
    }

    function test_theOtherBitIsRefusedUnderTheSameProof() public {
        (Demand memory demand, MarginProof memory margin) = (baseDemand(), baseMargin());
        margin = proven(demand, margin);
        (demand.healthy, margin.healthy) = (false, false);
        refuse(demand, margin, invalidProof());
    }

    function test_anotherAccountWithTheSamePortfolioCannotUseTheProof() public {
        Demand memory demand = baseDemand();
        MarginProof memory margin = proven(demand, baseMargin());
        register(address(0xACD), 1, COMMITMENT);
        demand.account = address(0xACD);
        refuse(demand, margin, invalidProof());
    }

    function test_aProofOfAnotherPortfolioIsRefused() public {
        (Demand memory demand, MarginProof memory margin) = (baseDemand(), baseMargin());
        uint256 packed = terms(margin.factor, demand.disclose, margin.collateral);
        refuse(demand, provenFor(CONSUMER, demand, margin, COMMITMENT + 1, ROOT, packed), invalidProof());
    }

    function test_aTamperedProofIsRefused() public {
        MarginProof memory margin = proven(baseDemand(), baseMargin());
        margin.proof.a[0] ^= 1;
        refuse(baseDemand(), margin, invalidProof());
    }

    /// @dev Of all the signals a caller gives only the disclosed values could be above R; their own range is far below.
    function test_aDisclosedValuePlusRIsRefused() public {
        MarginProof memory margin = proven(baseDemand(), baseMargin());
        margin.disclosedRequirement += R;
        bytes memory reason = abi.encodeWithSelector(
            IMarginVerifier.DisclosedValueOutOfRange.selector, margin.disclosedRequirement, margin.disclosedEquity
        );
        refuse(baseDemand(), margin, reason);
    }

    function test_anyPublicSignalPlusRIsRefused() public {
        uint256[] memory signals = new uint256[](7);
        for (uint256 i = 0; i < 7; i++) {
            signals[i] = i + 1;
        }
        Groth16.Proof memory proof = prove(signals, 1);
        assertTrue(verifier.verify("S", proof, signals));
        for (uint256 i = 0; i < 7; i++) {
            signals[i] += R;
            expectError(abi.encodeWithSelector(Groth16.SignalNotInField.selector, i, signals[i]));
            verifier.verify("S", proof, signals);
            signals[i] -= R;
        }
    }

    function test_aProofIsAcceptedInTheSecondOfItsDeadlineAndNoLater() public {
        MarginProof memory margin = proven(baseDemand(), baseMargin());
        vm.warp(NOW + 301);
        refuse(baseDemand(), margin, abi.encodeWithSelector(IMarginVerifier.DeadlinePassed.selector, NOW + 300, NOW + 301));
        vm.warp(NOW + 300);
        attest(baseDemand(), margin);
    }

    function test_aStaleEpochIsRefusedByName() public {
        MarginProof memory margin = baseMargin();
        margin.deadline = NOW + 100_000;
        margin = proven(baseDemand(), margin);
        vm.warp(NOW + 1);
        publish(header(EPOCH + 1, ROOT + 1));
        vm.warp(NOW + 1 + GRACE + 1);
        refuse(baseDemand(), margin, abi.encodeWithSelector(IMarginVerifier.StaleEpoch.selector, EPOCH));
        vm.warp(NOW + 1 + GRACE);
        attest(baseDemand(), margin);
    }

    /// @dev Both roots are current. The newer one says unhealthy, to everyone; the older one must not let collateral go.
    function test_ofTwoCurrentRootsThatDisagreeTheNewerWinsForAConsumerToo() public {
        MarginProof memory older = proven(baseDemand(), baseMargin());
        vm.warp(NOW + 1);
        publish(header(EPOCH + 1, ROOT + 1));
        MarginProof memory newer = baseMargin();
        (newer.epoch, newer.healthy) = (EPOCH + 1, false);
        verifier.post(ACCOUNT, standing(ACCOUNT, newer, COMMITMENT, ROOT + 1));
        refuse(baseDemand(), older, abi.encodeWithSelector(IMarginVerifier.OlderEpoch.selector, EPOCH, EPOCH + 1));
        // A demand that the newer answer says nothing about: it was made with less collateral than there will be.
        Demand memory demand = baseDemand();
        demand.collateral = COLLATERAL + 1;
        attest(demand, proven(demand, baseMargin()));
    }

    function test_aLiquidatorCannotPickAnOlderRootEither() public {
        (Demand memory demand, MarginProof memory older) = (baseDemand(), baseMargin());
        (demand.healthy, older.healthy) = (false, false);
        older = proven(demand, older);
        vm.warp(NOW + 1);
        publish(header(EPOCH + 1, ROOT + 1));
        MarginProof memory newer = baseMargin();
        newer.epoch = EPOCH + 1;
        verifier.post(ACCOUNT, standing(ACCOUNT, newer, COMMITMENT, ROOT + 1));
        refuse(demand, older, abi.encodeWithSelector(IMarginVerifier.OlderEpoch.selector, EPOCH, EPOCH + 1));
    }

    function test_anEpochNobodyPublishedIsRefusedByName() public {
        MarginProof memory margin = baseMargin();
        margin.epoch = EPOCH + 1;
        refuse(baseDemand(), margin, abi.encodeWithSelector(IMarginVerifier.StaleEpoch.selector, EPOCH + 1));
    }

    function test_aProofAgainstAnotherCurrentRootIsRefused() public {
        MarginProof memory margin = proven(baseDemand(), baseMargin());
        vm.warp(NOW + 1);
        publish(header(EPOCH + 1, ROOT + 1));
        margin.epoch = EPOCH + 1;
        refuse(baseDemand(), margin, invalidProof());
    }

    function test_anAccountWithoutPortfolioIsRefusedByName() public {
        Demand memory demand = baseDemand();
        demand.account = address(0xACD);
        refuse(demand, baseMargin(), abi.encodeWithSelector(IMarginVerifier.UnknownPortfolio.selector, address(0xACD)));
    }

    function test_aProofOfAnEarlierVersionIsRefusedByName() public {
        MarginProof memory margin = proven(baseDemand(), baseMargin());
        register(ACCOUNT, 2, COMMITMENT);
        bytes memory mismatch = abi.encodeWithSelector(IMarginVerifier.VersionMismatch.selector, uint64(1), uint64(2));
        refuse(baseDemand(), margin, mismatch);
        margin.version = 2;
        refuse(baseDemand(), margin, invalidProof());
    }

    /// @dev e(-A, -B) = e(A, B): whoever sees a proof can write it differently, here and in many other ways.
    function rerandomised(Groth16.Proof memory proof) private pure returns (Groth16.Proof memory) {
        proof = Groth16.Proof(
            [proof.a[0], proof.a[1]], [proof.b[0], proof.b[1], proof.b[2], proof.b[3]], [proof.c[0], proof.c[1]]
        );
        proof.a[1] = Groth16.Q - proof.a[1];
        proof.b[2] = Groth16.Q - proof.b[2];
        proof.b[3] = Groth16.Q - proof.b[3];
        return proof;
    }
}
