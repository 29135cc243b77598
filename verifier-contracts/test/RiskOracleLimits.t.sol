// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {DeviationBounds, IRiskOracle, OracleLimits, RiskHeader} from "../src/interfaces/IRiskOracle.sol";
import {RiskOracleFixture} from "./RiskOracleFixture.sol";

/// @dev What is fixed at deployment, and what using it costs.
contract RiskOracleLimitsTest is RiskOracleFixture {
    function test_limitsThatContradictEachOtherAreRefused() public {
        OracleLimits memory given = limits();
        given.grace = given.maxAge + 1;
        expectInvalid(given);
        given = limits();
        (given.grace, given.maxAge) = (0, 0);
        expectInvalid(given);
        given = limits();
        given.minInterval = 0;
        expectInvalid(given);
        given = limits();
        given.breakerDelay = 0;
        expectInvalid(given);
        given = limits();
        given.grace = given.maxAge;
        given.maxClockSkew = 0;
        newOracle(given, addresses(keys), 2, listed());
    }

    function test_limitsBeyondThirtyDaysAreRefused() public {
        for (uint256 i = 0; i < 4; i++) {
            for (uint64 excess = 0; excess <= 1; excess++) {
                OracleLimits memory given = limits();
                uint64 value = 30 days + excess;
                if (i == 0) given.maxAge = value;
                if (i == 1) given.maxClockSkew = value;
                if (i == 2) given.minInterval = value;
                if (i == 3) given.breakerDelay = value;
                if (excess == 1) expectInvalid(given);
                else newOracle(given, addresses(keys), 2, listed());
            }
        }
    }

    function test_aDeviationBoundOfZeroIsRefused() public {
        for (uint256 i = 0; i < 8; i++) {
            OracleLimits memory given = limits();
            DeviationBounds memory bounds = given.deviation;
            if (i == 0) bounds.spot = 0;
            if (i == 1) bounds.fastVolatility = 0;
            if (i == 2) bounds.slowVolatility = 0;
            if (i == 3) bounds.depth = 0;
            if (i == 4) bounds.openInterestSkew = 0;
            if (i == 5) bounds.utilisation = 0;
            if (i == 6) bounds.correlation = 0;
            if (i == 7) bounds.contagion = 0;
            expectInvalid(given);
        }
    }

    function test_theLimitsCanBeReadBack() public view {
        assertEq(abi.encode(oracle.limits()), abi.encode(limits()));
    }

    /// @dev An attestation pays for this: the word of the flags, and the two of the publication.
    function test_aRootIsReadFromThreeWords() public {
        publish(headerAt(1, START));
        vm.warp(START + MIN_INTERVAL);
        publish(headerAt(2, now64()));
        for (uint64 epoch = 1; epoch <= 2; epoch++) {
            vm.record();
            oracle.currentRoot(epoch);
            (bytes32[] memory reads,) = vm.accesses(address(oracle));
            assertEq(distinct(reads), 3);
        }
    }

    /// @dev All words of state cold and every stored index changed; the transaction's own 21,000 and its data come on top.
    function test_publishingTwoAssetsWithTwoSignaturesStaysWithinItsCost() public {
        publish(headerAt(1, START));
        vm.warp(START + MIN_INTERVAL);
        RiskHeader memory header = headerAt(2, START + MIN_INTERVAL);
        for (uint256 i = 0; i < 2; i++) {
            header.assets[i].spot++;
            header.assets[i].depth++;
        }
        bytes[] memory signatures = signaturesOf(header, 2);
        vm.cool(address(oracle));
        uint256 before = gasleft();
        oracle.publish(header, signatures);
        assertTrue(before - gasleft() < 145_000);
    }

    function expectInvalid(OracleLimits memory given) private {
        address[] memory signers = addresses(keys);
        expectError(abi.encodeWithSelector(IRiskOracle.InvalidLimits.selector));
        newOracle(given, signers, 2, listed());
    }

    function distinct(bytes32[] memory words) private pure returns (uint256 count) {
        for (uint256 i = 0; i < words.length; i++) {
            bool seen = false;
            for (uint256 j = 0; j < i; j++) seen = seen || words[j] == words[i];
            if (!seen) count++;
        }
    }
}
