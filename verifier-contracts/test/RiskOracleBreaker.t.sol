// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IRiskOracle, RiskHeader} from "../src/interfaces/IRiskOracle.sol";
import {RiskOracleFixture} from "./RiskOracleFixture.sol";

/// @dev The bound of the spot is a tenth: 1000 and 1100 permille are one step apart, 1000 and 1500 are a jump.
contract RiskOracleBreakerTest is RiskOracleFixture {
    uint64 private constant JUMP = START + 100;

    function setUp() public override {
        super.setUp();
        assertTrue(publish(headerAt(1, START)));
    }

    function test_aJumpTripsTheBreakerAndNoRootIsUsable() public {
        vm.warp(JUMP);
        RiskHeader memory header = headerWithSpot(2, JUMP, 1500);
        vm.expectEmit(address(oracle));
        emit IRiskOracle.BreakerTripped(2, 1, 0);
        assertFalse(publish(header));
        assertEq(oracle.trippedAt(), JUMP);
        assertEq(oracle.currentRoot(1), 0);
        assertEq(oracle.currentRoot(2), 0);
        assertEq(oracle.publicationOf(2).riskRoot, 0);
        (uint64 epoch, uint256 riskRoot) = oracle.newest();
        assertEq(epoch, 1);
        assertEq(riskRoot, rootOf(1));
        assertEq(abi.encode(oracle.indices()), abi.encode(headerAt(1, START).assets));
    }

    function test_anotherHeaderInsideTheGraceIsOfNoUseEither() public {
        vm.warp(START + MIN_INTERVAL);
        publish(headerAt(2, now64()));
        assertEq(oracle.currentRoot(1), rootOf(1));
        vm.warp(START + 2 * MIN_INTERVAL);
        publish(headerWithSpot(3, now64(), 500));
        assertEq(oracle.currentRoot(1), 0);
        assertEq(oracle.currentRoot(2), 0);
    }

    function test_theSecondAssetTripsTheBreakerToo() public {
        vm.warp(JUMP);
        RiskHeader memory header = headerAt(2, JUMP);
        header.assets[1].contagion = ONE;
        vm.expectEmit(address(oracle));
        emit IRiskOracle.BreakerTripped(2, 2, 7);
        assertFalse(publish(header));
    }

    function test_aConfirmationBeforeTheDelayIsHeld() public {
        trip(1500);
        vm.warp(JUMP + BREAKER_DELAY - 1);
        RiskHeader memory header = headerWithSpot(3, now64(), 1500);
        vm.expectEmit(address(oracle));
        emit IRiskOracle.HeaderHeld(3, JUMP + BREAKER_DELAY);
        assertFalse(publish(header));
        assertEq(oracle.currentRoot(3), 0);
        assertEq(oracle.trippedAt(), JUMP);
    }

    function test_aConfirmationAfterTheDelayEndsTheTrip() public {
        trip(1500);
        vm.warp(JUMP + BREAKER_DELAY);
        RiskHeader memory header = headerWithSpot(3, now64(), 1500);
        vm.expectEmit(address(oracle));
        emit IRiskOracle.BreakerReset(3, true);
        vm.expectEmit(address(oracle));
        emit IRiskOracle.RiskRootPublished(3, rootOf(3), now64());
        assertTrue(publish(header));
        assertEq(oracle.trippedAt(), 0);
        assertEq(oracle.currentRoot(3), rootOf(3));
        assertEq(abi.encode(oracle.indices()), abi.encode(header.assets));
    }

    function test_aHeaderKeptBackSinceTheJumpDoesNotConfirmIt() public {
        trip(1500);
        RiskHeader memory kept = headerWithSpot(3, JUMP + BREAKER_DELAY - 1, 1500);
        vm.warp(JUMP + BREAKER_DELAY + 100);
        assertFalse(publish(kept));
        assertEq(oracle.currentRoot(3), 0);
        assertEq(oracle.trippedAt(), JUMP);
        assertTrue(publish(headerWithSpot(4, now64(), 1500)));
    }

    function test_aTimeAheadOfTheBlockDoesNotShortenTheDelay() public {
        trip(1500);
        vm.warp(JUMP + BREAKER_DELAY - 1);
        assertFalse(publish(headerWithSpot(3, JUMP + BREAKER_DELAY, 1500)));
    }

    function test_theHeldHeaderItselfCannotBePublishedLater() public {
        trip(1500);
        vm.warp(JUMP + BREAKER_DELAY);
        expectRefusal(
            headerWithSpot(2, JUMP, 1500), abi.encodeWithSelector(IRiskOracle.EpochNotIncreasing.selector, 2, 2)
        );
        assertEq(oracle.currentRoot(2), 0);
    }

    function test_aHeldHeaderCountsForTheLeastInterval() public {
        trip(1500);
        uint64 least = JUMP + MIN_INTERVAL;
        vm.warp(least);
        expectRefusal(
            headerAt(3, least - 1), abi.encodeWithSelector(IRiskOracle.TimeNotIncreasing.selector, least, least - 1)
        );
    }

    function test_aReturnWithinTheOldBoundsEndsTheTripAfterTheDelay() public {
        trip(1500);
        vm.warp(JUMP + BREAKER_DELAY - 1);
        assertFalse(publish(headerWithSpot(3, now64(), 1050)));
        assertEq(oracle.trippedAt(), JUMP);
        vm.warp(JUMP + BREAKER_DELAY + MIN_INTERVAL);
        assertTrue(publish(headerWithSpot(4, now64(), 1050)));
        assertEq(oracle.currentRoot(4), rootOf(4));
    }

    function test_aReturnWithinTheOldBoundsLeavesTheGraceToTheRootBefore() public {
        trip(1500);
        vm.warp(JUMP + BREAKER_DELAY);
        assertTrue(publish(headerWithSpot(3, now64(), 1050)));
        assertEq(oracle.currentRoot(1), rootOf(1));
        vm.warp(JUMP + BREAKER_DELAY + GRACE + 1);
        assertEq(oracle.currentRoot(1), 0);
    }

    function test_aConfirmedMoveLeavesNoGraceToTheRootsFromBeforeIt() public {
        trip(500);
        vm.warp(JUMP + BREAKER_DELAY);
        assertTrue(publish(headerWithSpot(3, now64(), 500)));
        assertEq(oracle.currentRoot(1), 0);
        // Roots from after the move have theirs.
        vm.warp(JUMP + BREAKER_DELAY + MIN_INTERVAL);
        assertTrue(publish(headerWithSpot(4, now64(), 510)));
        assertEq(oracle.currentRoot(3), rootOf(3));
        assertEq(oracle.currentRoot(1), 0);
    }

    function test_aMoveFurtherAwayIsHeldInsteadAndTheDelayStartsAgain() public {
        trip(1500);
        vm.warp(JUMP + 200);
        RiskHeader memory header = headerWithSpot(3, now64(), 2000);
        vm.expectEmit(address(oracle));
        emit IRiskOracle.BreakerTripped(3, 1, 0);
        assertFalse(publish(header));
        assertEq(oracle.trippedAt(), JUMP + 200);
        vm.warp(JUMP + 200 + BREAKER_DELAY - 1);
        assertFalse(publish(headerWithSpot(4, now64(), 2000)));
        vm.warp(JUMP + 200 + BREAKER_DELAY + MIN_INTERVAL);
        assertTrue(publish(headerWithSpot(5, now64(), 2000)));
    }

    function test_afterTheDelayAnotherJumpIsHeldToo() public {
        trip(1500);
        vm.warp(JUMP + BREAKER_DELAY);
        assertFalse(publish(headerWithSpot(3, now64(), 2000)));
        assertEq(oracle.trippedAt(), JUMP + BREAKER_DELAY);
        assertEq(oracle.currentRoot(3), 0);
    }

    function test_aMarketThatMovesOnInStepsIsFollowedWhileTheDelayRuns() public {
        trip(1500);
        uint64[3] memory spots = [uint64(1620), 1750, 1900];
        for (uint64 i = 0; i < 3; i++) {
            vm.warp(JUMP + 50 * (i + 1));
            assertFalse(publish(headerWithSpot(3 + i, now64(), spots[i])));
        }
        assertEq(oracle.trippedAt(), JUMP);
        vm.warp(JUMP + BREAKER_DELAY);
        assertTrue(publish(headerWithSpot(6, now64(), 2000)));
    }

    function test_afterTheTripDeviationsAreMeasuredFromTheConfirmedHeader() public {
        trip(1500);
        vm.warp(JUMP + BREAKER_DELAY);
        assertTrue(publish(headerWithSpot(3, now64(), 1500)));
        vm.warp(JUMP + BREAKER_DELAY + MIN_INTERVAL);
        assertFalse(publish(headerAt(4, now64())));
    }

    function test_aSecondTripDoesNotRememberTheHeldHeaderOfTheFirst() public {
        trip(1500);
        vm.warp(JUMP + BREAKER_DELAY);
        assertTrue(publish(headerAt(3, now64())));
        vm.warp(JUMP + BREAKER_DELAY + MIN_INTERVAL);
        assertFalse(publish(headerWithSpot(4, now64(), 700)));
        vm.warp(JUMP + 3 * BREAKER_DELAY);
        assertFalse(publish(headerWithSpot(5, now64(), 1500)));
    }

    /// @dev What dishonest signers can do in a given time: one bound per interval, and no interval is skipped.
    function test_aChainOfSmallStepsIsBoundedByTheLeastInterval() public {
        uint64 spot = headerAt(1, START).assets[0].spot;
        for (uint64 i = 1; i <= 6; i++) {
            vm.warp(START + i * MIN_INTERVAL);
            RiskHeader memory header = headerAt(1 + i, now64());
            spot += spot * 99 / 1000;
            header.assets[0].spot = spot;
            assertTrue(publish(header));
            header.epoch++;
            header.time++;
            header.assets[0].spot = spot + spot * 99 / 1000;
            expectRefusal(
                header,
                abi.encodeWithSelector(
                    IRiskOracle.TimeNotIncreasing.selector, START + (i + 1) * MIN_INTERVAL, header.time
                )
            );
        }
        assertTrue(oracle.indices()[0].spot <= uint64(60_000e8) * 1772 / 1000);
    }

    function test_aHeaderWithoutEnoughSignersDoesNotTripTheBreaker() public {
        vm.warp(JUMP);
        RiskHeader memory header = headerWithSpot(2, JUMP, 1500);
        bytes[] memory signatures = signaturesOf(header, 2);
        signatures[1] = signatureBy(0xBAD, digestOf(header));
        vm.prank(STRANGER);
        (bool published,) = address(oracle).call(abi.encodeCall(oracle.publish, (header, signatures)));
        assertFalse(published);
        assertEq(oracle.trippedAt(), 0);
        assertEq(oracle.currentRoot(1), rootOf(1));
    }

    function trip(uint64 permille) private {
        vm.warp(JUMP);
        assertFalse(publish(headerWithSpot(2, JUMP, permille)));
        assertEq(oracle.trippedAt(), JUMP);
    }
}
