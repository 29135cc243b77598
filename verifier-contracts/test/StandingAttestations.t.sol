// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Demand, IMarginVerifier, MarginProof, StandingAttestation} from "../src/interfaces/IMarginVerifier.sol";
import {ProtocolFixture} from "./ProtocolFixture.sol";
import {Vm} from "./Test.sol";

contract StandingAttestationsTest is ProtocolFixture {
    address private constant STRANGER = address(0x57);

    function test_anyoneMayPostAndEveryoneCanRead() public {
        MarginProof memory margin = standing(ACCOUNT, baseMargin(), COMMITMENT, ROOT);
        vm.prank(STRANGER);
        verifier.post(ACCOUNT, margin);
        StandingAttestation memory kept = verifier.standingOf(ACCOUNT);
        assertEq(kept.version, 1);
        assertEq(kept.epoch, EPOCH);
        assertEq(kept.factor, 65536);
        assertEq(kept.collateral, COLLATERAL);
        assertTrue(kept.healthy);
        assertEq(kept.requirement, 90_000_000);
        assertHealth(true, true);
    }

    function test_nothingIsKnownBeforeTheFirstPost() public view {
        (bool counts,) = verifier.healthOf(ACCOUNT);
        assertFalse(counts);
        (counts,) = verifier.healthOf(STRANGER);
        assertFalse(counts);
    }

    function test_anUnhealthyAccountIsKnownToBeUnhealthy() public {
        MarginProof memory margin = baseMargin();
        margin.healthy = false;
        post(margin);
        assertHealth(true, false);
    }

    function test_theRequirementIsDisclosedWhetherTheProverLikesItOrNot() public {
        MarginProof memory margin = baseMargin();
        (margin.disclosedRequirement, margin.disclosedEquity) = (0, 0);
        Demand memory demand = verifier.standingDemand(ACCOUNT, true);
        margin = provenFor(address(verifier), demand, margin, COMMITMENT, ROOT, terms(65536, 0, COLLATERAL));
        expectError(invalidProof());
        verifier.post(ACCOUNT, margin);
    }

    function test_theCollateralIsTheSourcesNotTheProvers() public {
        MarginProof memory margin = baseMargin();
        margin.collateral = COLLATERAL + 1;
        margin = standing(ACCOUNT, margin, COMMITMENT, ROOT);
        expectError(abi.encodeWithSelector(IMarginVerifier.CollateralInsufficient.selector, COLLATERAL + 1, COLLATERAL));
        verifier.post(ACCOUNT, margin);
    }

    function test_withoutACollateralSourceOnlyAProofWithNoneCounts() public {
        (bytes32[] memory tiers, uint256[][] memory keyWords) = (new bytes32[](1), new uint256[][](1));
        (tiers[0], keyWords[0]) = ("S", simulatedKey());
        address[4] memory parts = [address(oracle), address(portfolios), address(policy), address(0)];
        assertEq(deployVerifier(tiers, keyWords, parts).standingDemand(ACCOUNT, true).collateral, 0);
    }

    function test_aFactorBelowTheStressMultiplierIsRefused() public {
        MarginProof memory margin = standing(ACCOUNT, baseMargin(), COMMITMENT, ROOT);
        policy.tighten(uint64(ONE) + 2 ** 16);
        expectError(abi.encodeWithSelector(IMarginVerifier.FactorInsufficient.selector, 65536, 65537));
        verifier.post(ACCOUNT, margin);
    }

    function test_aStandingAttestationStopsCountingWhenTheWorldMoves() public {
        post(baseMargin());
        purse.set(ACCOUNT, COLLATERAL - 1);
        assertHealth(false, true);
        purse.set(ACCOUNT, COLLATERAL + 1);
        assertHealth(true, true);
        policy.tighten(uint64(ONE) + 2 ** 16);
        assertHealth(false, true);
    }

    function test_aStandingAttestationStopsCountingWithItsEpochAndItsVersion() public {
        post(baseMargin());
        vm.warp(NOW + MAX_AGE + 1);
        assertHealth(false, false);
        vm.warp(NOW);
        assertHealth(true, true);
        register(ACCOUNT, 2, COMMITMENT + 1);
        assertHealth(false, false);
    }

    function test_anUnhealthyAnswerStopsCountingAfterADeposit() public {
        MarginProof memory margin = baseMargin();
        margin.healthy = false;
        post(margin);
        purse.set(ACCOUNT, COLLATERAL - 1);
        assertHealth(true, false);
        purse.set(ACCOUNT, COLLATERAL + 1);
        assertHealth(false, false);
    }

    function test_aNewerEpochReplacesAnOlderOneWhateverItSays() public {
        post(baseMargin());
        vm.warp(NOW + 1);
        publish(header(EPOCH + 1, ROOT + 1));
        MarginProof memory margin = baseMargin();
        (margin.epoch, margin.healthy) = (EPOCH + 1, false);
        verifier.post(ACCOUNT, standing(ACCOUNT, margin, COMMITMENT, ROOT + 1));
        assertHealth(true, false);
    }

    function test_ofTwoCurrentRootsThatDisagreeTheNewerWinsInEitherOrder() public {
        MarginProof memory older = standing(ACCOUNT, baseMargin(), COMMITMENT, ROOT);
        vm.warp(NOW + 1);
        publish(header(EPOCH + 1, ROOT + 1));
        MarginProof memory newer = baseMargin();
        (newer.epoch, newer.healthy) = (EPOCH + 1, false);
        newer = standing(ACCOUNT, newer, COMMITMENT, ROOT + 1);
        verifier.post(ACCOUNT, newer);
        expectError(abi.encodeWithSelector(IMarginVerifier.OlderEpoch.selector, EPOCH, EPOCH + 1));
        verifier.post(ACCOUNT, older);
        assertHealth(true, false);
    }

    function test_thePostOfAnOlderEpochIsRefusedEvenForANewerBook() public {
        vm.warp(NOW + 1);
        publish(header(EPOCH + 1, ROOT + 1));
        MarginProof memory margin = baseMargin();
        margin.epoch = EPOCH + 1;
        verifier.post(ACCOUNT, standing(ACCOUNT, margin, COMMITMENT, ROOT + 1));
        register(ACCOUNT, 2, COMMITMENT + 1);
        margin = baseMargin();
        margin.version = 2;
        margin = standing(ACCOUNT, margin, COMMITMENT + 1, ROOT);
        expectError(abi.encodeWithSelector(IMarginVerifier.OlderEpoch.selector, EPOCH, EPOCH + 1));
        verifier.post(ACCOUNT, margin);
    }

    function test_aNewerBookReplacesAnOlderOneInTheSameEpoch() public {
        post(baseMargin());
        register(ACCOUNT, 2, COMMITMENT + 1);
        MarginProof memory margin = baseMargin();
        margin.version = 2;
        verifier.post(ACCOUNT, standing(ACCOUNT, margin, COMMITMENT + 1, ROOT));
        assertEq(verifier.standingOf(ACCOUNT).version, 2);
    }

    function test_theSameStatementTwiceIsRefusedHoweverItsProofIsWritten() public {
        MarginProof memory margin = standing(ACCOUNT, baseMargin(), COMMITMENT, ROOT);
        verifier.post(ACCOUNT, margin);
        expectError(abi.encodeWithSelector(IMarginVerifier.NothingNew.selector, ACCOUNT));
        verifier.post(ACCOUNT, margin);
        margin = baseMargin();
        margin.deadline += 1;
        margin = standing(ACCOUNT, margin, COMMITMENT, ROOT);
        expectError(abi.encodeWithSelector(IMarginVerifier.NothingNew.selector, ACCOUNT));
        verifier.post(ACCOUNT, margin);
    }

    function test_aWeakerStatementDoesNotReplaceAStrongerOne() public {
        MarginProof memory margin = baseMargin();
        (margin.factor, margin.collateral) = (70_000, COLLATERAL - 5);
        post(margin);
        // Less factor; more collateral; more factor but more collateral.
        uint256[2][3] memory weaker = [
            [uint256(69_999), COLLATERAL - 5],
            [uint256(70_000), COLLATERAL - 4],
            [uint256(70_001), COLLATERAL - 4]
        ];
        for (uint256 i = 0; i < 3; i++) {
            margin = baseMargin();
            (margin.factor, margin.collateral) = (weaker[i][0], weaker[i][1]);
            margin = standing(ACCOUNT, margin, COMMITMENT, ROOT);
            expectError(abi.encodeWithSelector(IMarginVerifier.NothingNew.selector, ACCOUNT));
            verifier.post(ACCOUNT, margin);
        }
        margin = baseMargin();
        (margin.factor, margin.collateral) = (70_000, COLLATERAL - 6);
        post(margin);
    }

    function test_aStatementThatStillCountsReplacesOneThatNoLongerDoes() public {
        post(baseMargin());
        purse.set(ACCOUNT, COLLATERAL - 10);
        MarginProof memory margin = baseMargin();
        (margin.collateral, margin.healthy) = (COLLATERAL - 10, false);
        post(margin);
        assertHealth(true, false);
    }

    function test_aNonceIsOfNoUseInAStandingAttestation() public {
        MarginProof memory margin = baseMargin();
        margin.nonce = 1;
        expectError(abi.encodeWithSelector(IMarginVerifier.NonceMismatch.selector, 1, 0));
        verifier.post(ACCOUNT, margin);
    }

    function test_aProofForAConsumerIsNoneForEveryone() public {
        Demand memory demand = verifier.standingDemand(ACCOUNT, true);
        MarginProof memory margin = baseMargin();
        margin.disclosedEquity = 0;
        margin = provenFor(CONSUMER, demand, margin, COMMITMENT, ROOT, terms(65536, 1, COLLATERAL));
        expectError(invalidProof());
        verifier.post(ACCOUNT, margin);
        attest(demand, margin);
    }

    function test_thePostIsAnEvent() public {
        MarginProof memory margin = standing(ACCOUNT, baseMargin(), COMMITMENT, ROOT);
        vm.recordLogs();
        verifier.post(ACCOUNT, margin);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 1);
        assertEq(logs[0].topics[0], IMarginVerifier.MarginPosted.selector);
        assertEq(uint256(logs[0].topics[1]), uint160(ACCOUNT));
        assertEq(uint256(logs[0].topics[2]), EPOCH);
        assertEq(logs[0].data, abi.encode(1, 65536, COLLATERAL, true, 90_000_000));
    }

    /// @dev Whatever is posted in whatever order, what counts is true of the account now: it follows from what was proven.
    function testFuzz_whatCountsFollowsFromWhatWasProven(uint256 seed) public {
        // The hidden truth at the epoch: healthy exactly if factor x 1000 <= collateral.
        for (uint256 i = 0; i < 12; i++) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            purse.set(ACCOUNT, 65_000_000 + (random >> 8) % 10_000_000);
            MarginProof memory margin = baseMargin();
            margin.factor = 65536 + (random >> 64) % 8000;
            margin.collateral = 65_000_000 + (random >> 128) % 10_000_000;
            margin.healthy = margin.factor * 1000 <= margin.collateral;
            margin = standing(ACCOUNT, margin, COMMITMENT, ROOT);
            try verifier.post(ACCOUNT, margin) {} catch {}
            (bool counts, bool healthy) = verifier.healthOf(ACCOUNT);
            if (counts) assertTrue(healthy == (65536 * 1000 <= purse.collateralOf(ACCOUNT)));
        }
    }

    function post(MarginProof memory margin) private {
        verifier.post(ACCOUNT, standing(ACCOUNT, margin, COMMITMENT, ROOT));
    }

    function assertHealth(bool counts, bool healthy) private view {
        (bool counts_, bool healthy_) = verifier.healthOf(ACCOUNT);
        assertTrue(counts == counts_);
        assertTrue(!counts || healthy == healthy_);
    }
}
