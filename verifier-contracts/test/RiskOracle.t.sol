// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {RiskOracle} from "../src/RiskOracle.sol";
import {AssetIndices, IRiskOracle, OracleLimits, RiskHeader} from "../src/interfaces/IRiskOracle.sol";
import {Groth16} from "../src/libraries/Groth16.sol";
import {RiskOracleFixture} from "./RiskOracleFixture.sol";

contract RiskOracleTest is RiskOracleFixture {
    function test_anyoneMayPublishWhatEnoughSignersSigned() public {
        RiskHeader memory header = headerAt(7, START);
        bytes[] memory signatures = signaturesOf(header, 2);
        vm.expectEmit(address(oracle));
        emit IRiskOracle.RiskRootPublished(7, rootOf(7), START);
        vm.prank(STRANGER);
        assertTrue(oracle.publish(header, signatures));

        (uint64 epoch, uint256 riskRoot) = oracle.newest();
        assertEq(epoch, 7);
        assertEq(riskRoot, rootOf(7));
        assertEq(oracle.currentRoot(7), rootOf(7));
        assertEq(abi.encode(oracle.indices()), abi.encode(header.assets));
        RiskOracle.Publication memory publication = oracle.publicationOf(7);
        assertEq(publication.riskRoot, rootOf(7));
        assertEq(publication.time, START);
        assertEq(publication.supersededAt, 0);
        (epoch,) = oracle.last();
        assertEq(epoch, 7);
    }

    function test_beforeTheFirstHeaderThereIsNoRootAndNoIndex() public view {
        (uint64 epoch, uint256 riskRoot) = oracle.newest();
        assertEq(epoch, 0);
        assertEq(riskRoot, 0);
        assertEq(oracle.indices().length, 0);
        assertEq(oracle.currentRoot(0), 0);
        assertEq(oracle.currentRoot(1), 0);
    }

    function test_theIndicesAreThoseOfTheNewestHeader() public {
        publish(headerAt(1, START));
        vm.warp(START + MIN_INTERVAL);
        RiskHeader memory header = headerWithSpot(2, now64(), 1050);
        header.assets[1].openInterestSkew = -int40(ONE) / 5;
        publish(header);
        assertEq(abi.encode(oracle.indices()), abi.encode(header.assets));
    }

    function test_anEpochThatWasSkippedHasNoRoot() public {
        publish(headerAt(7, START));
        assertEq(oracle.currentRoot(6), 0);
        assertEq(oracle.currentRoot(8), 0);
    }

    // Order.

    function test_anOldEpochIsRefused() public {
        publish(headerAt(7, START));
        vm.warp(START + MIN_INTERVAL);
        expectRefusal(headerAt(6, now64()), abi.encodeWithSelector(IRiskOracle.EpochNotIncreasing.selector, 7, 6));
    }

    function test_theSameEpochIsRefused() public {
        RiskHeader memory header = headerAt(7, START);
        publish(header);
        expectRefusal(header, abi.encodeWithSelector(IRiskOracle.EpochNotIncreasing.selector, 7, 7));
        vm.warp(START + MIN_INTERVAL);
        expectRefusal(headerAt(7, now64()), abi.encodeWithSelector(IRiskOracle.EpochNotIncreasing.selector, 7, 7));
    }

    function test_epochZeroIsRefused() public {
        expectRefusal(headerAt(0, START), abi.encodeWithSelector(IRiskOracle.EpochNotIncreasing.selector, 0, 0));
    }

    /// @dev Epochs may be times in milliseconds; no header uses up those of the next ones.
    function test_aStepBeyondTheLargestIsRefused() public {
        expectRefusal(headerAt(2 ** 48 + 1, START), abi.encodeWithSelector(IRiskOracle.EpochTooFar.selector, 0, 2 ** 48 + 1));
        assertTrue(publish(headerAt(2 ** 48, START)));
        vm.warp(START + MIN_INTERVAL);
        bytes memory refusal = abi.encodeWithSelector(IRiskOracle.EpochTooFar.selector, 2 ** 48, type(uint64).max);
        expectRefusal(headerAt(type(uint64).max, START + MIN_INTERVAL), refusal);
        assertTrue(publish(headerAt(2 ** 49, START + MIN_INTERVAL)));
    }

    function test_ofTwoHeadersInReorganisedOrderTheOlderIsRefused() public {
        RiskHeader memory first = headerAt(1, START);
        RiskHeader memory second = headerAt(2, START + MIN_INTERVAL);
        vm.warp(START + MIN_INTERVAL);
        publish(second);
        expectRefusal(first, abi.encodeWithSelector(IRiskOracle.EpochNotIncreasing.selector, 2, 1));
        (uint64 epoch,) = oracle.newest();
        assertEq(epoch, 2);
        assertEq(oracle.publicationOf(1).riskRoot, 0);
    }

    function test_aTimeInsideTheLeastIntervalIsRefused() public {
        publish(headerAt(1, START));
        vm.warp(START + MIN_INTERVAL);
        bytes memory refusal =
            abi.encodeWithSelector(IRiskOracle.TimeNotIncreasing.selector, START + MIN_INTERVAL, START + MIN_INTERVAL - 1);
        expectRefusal(headerAt(2, START + MIN_INTERVAL - 1), refusal);
        assertTrue(publish(headerAt(2, START + MIN_INTERVAL)));
    }

    function test_theIntervalCountsFromTheHeadersTimeNotFromItsPublication() public {
        vm.warp(START + 100);
        publish(headerAt(1, START + 100 + MAX_CLOCK_SKEW));
        vm.warp(START + 100 + MIN_INTERVAL);
        uint64 least = START + 100 + MAX_CLOCK_SKEW + MIN_INTERVAL;
        expectRefusal(
            headerAt(2, least - 1), abi.encodeWithSelector(IRiskOracle.TimeNotIncreasing.selector, least, least - 1)
        );
        assertTrue(publish(headerAt(2, least)));
    }

    function test_aFutureTimeIsRefusedBeyondTheClockSkew() public {
        uint64 time = START + MAX_CLOCK_SKEW + 1;
        expectRefusal(
            headerAt(1, time), abi.encodeWithSelector(IRiskOracle.HeaderFromTheFuture.selector, time, START)
        );
        time = type(uint64).max;
        expectRefusal(
            headerAt(1, time), abi.encodeWithSelector(IRiskOracle.HeaderFromTheFuture.selector, time, START)
        );
        assertTrue(publish(headerAt(1, START + MAX_CLOCK_SKEW)));
    }

    function test_aHeaderOlderThanTheMaximumAgeIsRefused() public {
        uint64 time = START - MAX_AGE - 1;
        expectRefusal(headerAt(1, time), abi.encodeWithSelector(IRiskOracle.HeaderTooOld.selector, time, START));
        assertTrue(publish(headerAt(1, START - MAX_AGE)));
        assertEq(oracle.currentRoot(1), rootOf(1));
        vm.warp(START + 1);
        assertEq(oracle.currentRoot(1), 0);
    }

    // Content.

    function test_aRootOutsideTheFieldIsRefused() public {
        uint256[3] memory roots = [0, Groth16.R, type(uint256).max];
        for (uint256 i = 0; i < roots.length; i++) {
            RiskHeader memory header = headerAt(1, START);
            header.riskRoot = roots[i];
            expectRefusal(header, abi.encodeWithSelector(IRiskOracle.InvalidRiskRoot.selector, roots[i]));
        }
        RiskHeader memory largest = headerAt(1, START);
        largest.riskRoot = Groth16.R - 1;
        assertTrue(publish(largest));
    }

    function test_otherAssetsThanTheListedOnesAreRefused() public {
        RiskHeader memory header = headerAt(1, START);
        header.assets = new AssetIndices[](0);
        expectRefusal(header, abi.encodeWithSelector(IRiskOracle.AssetsMismatch.selector, 0));
        header.assets = new AssetIndices[](1);
        header.assets[0] = calm(1);
        expectRefusal(header, abi.encodeWithSelector(IRiskOracle.AssetsMismatch.selector, 1));
        header.assets = new AssetIndices[](3);
        for (uint32 i = 0; i < 3; i++) header.assets[i] = calm(i + 1);
        expectRefusal(header, abi.encodeWithSelector(IRiskOracle.AssetsMismatch.selector, 2));
        header = headerAt(1, START);
        header.assets[1].asset = 3;
        expectRefusal(header, abi.encodeWithSelector(IRiskOracle.AssetsMismatch.selector, 1));
        header = headerAt(1, START);
        (header.assets[0], header.assets[1]) = (header.assets[1], header.assets[0]);
        expectRefusal(header, abi.encodeWithSelector(IRiskOracle.AssetsMismatch.selector, 0));
    }

    function test_anIndexOutsideItsRangeIsRefused() public {
        RiskHeader memory header = headerAt(1, START);
        header.assets[1].spot = 0;
        expectOutOfRange(header, 0);
        for (int40 sign = -1; sign <= 1; sign += 2) {
            header = headerAt(1, START);
            header.assets[1].openInterestSkew = sign * (int40(ONE) + 1);
            expectOutOfRange(header, 4);
            header = headerAt(1, START);
            header.assets[1].correlation = sign * (int40(ONE) + 1);
            expectOutOfRange(header, 6);
        }
        header = headerAt(1, START);
        header.assets[1].utilisation = ONE + 1;
        expectOutOfRange(header, 5);
        header = headerAt(1, START);
        header.assets[1].contagion = ONE + 1;
        expectOutOfRange(header, 7);
    }

    function test_theEndsOfTheRangesAreAccepted() public {
        RiskHeader memory header = headerAt(1, START);
        header.assets[0] = AssetIndices(1, 1, 0, 0, -int40(ONE), -int40(ONE), 0, 0, 0);
        header.assets[1] = AssetIndices({
            asset: 2,
            spot: type(uint64).max,
            fastVolatility: type(uint40).max,
            slowVolatility: type(uint40).max,
            openInterestSkew: int40(ONE),
            correlation: int40(ONE),
            depth: type(uint96).max,
            utilisation: ONE,
            contagion: ONE
        });
        assertTrue(publish(header));
        assertEq(abi.encode(oracle.indices()), abi.encode(header.assets));
        vm.warp(START + MIN_INTERVAL);
        header.epoch = 2;
        header.time = now64();
        assertTrue(publish(header));
    }

    // Which roots are usable.

    function test_theNewestRootIsUsableUntilTheMaximumAgeAndNotASecondLonger() public {
        publish(headerAt(1, START - 100));
        vm.warp(START - 100 + MAX_AGE);
        assertEq(oracle.currentRoot(1), rootOf(1));
        vm.warp(START - 100 + MAX_AGE + 1);
        assertEq(oracle.currentRoot(1), 0);
        (uint64 epoch, uint256 riskRoot) = oracle.newest();
        assertEq(epoch, 1);
        assertEq(riskRoot, rootOf(1));
    }

    function test_aTimeAheadOfTheBlockDoesNotProlongTheMaximumAge() public {
        publish(headerAt(1, START + MAX_CLOCK_SKEW));
        vm.warp(START + MAX_AGE);
        assertEq(oracle.currentRoot(1), rootOf(1));
        vm.warp(START + MAX_AGE + 1);
        assertEq(oracle.currentRoot(1), 0);
    }

    function test_aSupersededRootIsUsableForTheGraceAndNotASecondLonger() public {
        publish(headerAt(1, START));
        vm.warp(START + 100);
        publish(headerAt(2, START + 90));
        vm.warp(START + 100 + GRACE);
        assertEq(oracle.currentRoot(1), rootOf(1));
        vm.warp(START + 100 + GRACE + 1);
        assertEq(oracle.currentRoot(1), 0);
        assertEq(oracle.currentRoot(2), rootOf(2));
    }

    function test_aLaterHeaderDoesNotRenewTheGraceOfAnOlderRoot() public {
        publish(headerAt(1, START));
        vm.warp(START + 100);
        publish(headerAt(2, now64()));
        vm.warp(START + 150);
        publish(headerAt(3, now64()));
        vm.warp(START + 100 + GRACE + 1);
        assertEq(oracle.currentRoot(1), 0);
        assertEq(oracle.currentRoot(2), rootOf(2));
        assertEq(oracle.currentRoot(3), rootOf(3));
    }

    function test_theGraceDoesNotOutlastTheMaximumAge() public {
        publish(headerAt(1, START));
        vm.warp(START + MAX_AGE - 10);
        publish(headerAt(2, now64()));
        vm.warp(START + MAX_AGE);
        assertEq(oracle.currentRoot(1), rootOf(1));
        vm.warp(START + MAX_AGE + 1);
        assertEq(oracle.currentRoot(1), 0);
    }

    /// @dev The bound on cherry-picking that `IRiskOracle` states, at its worst: a backlog of headers published at once.
    function test_aBacklogPublishedAtOnceIsBoundedByTheLeastInterval() public {
        OracleLimits memory given = limits();
        given.maxAge = 100;
        oracle = newOracle(given, addresses(keys), 2, listed());
        uint64 epoch = 0;
        for (uint64 time = START - 100; time <= START + MAX_CLOCK_SKEW; time += MIN_INTERVAL) {
            publish(headerAt(++epoch, time));
        }
        assertEq(epoch, 1 + (100 + MAX_CLOCK_SKEW) / MIN_INTERVAL);
        uint256 usable = 0;
        for (uint64 i = 1; i <= epoch; i++) {
            if (oracle.currentRoot(i) != 0) usable++;
        }
        assertTrue(usable <= 2 + (given.grace + MAX_CLOCK_SKEW + given.maxAge) / MIN_INTERVAL);
        uint64 least = START - 100 + epoch * MIN_INTERVAL;
        expectRefusal(
            headerAt(epoch + 1, least), abi.encodeWithSelector(IRiskOracle.HeaderFromTheFuture.selector, least, START)
        );
    }

    function expectOutOfRange(RiskHeader memory header, uint8 index) private {
        expectRefusal(header, abi.encodeWithSelector(IRiskOracle.IndexOutOfRange.selector, 2, index));
    }
}
