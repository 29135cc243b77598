// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AssetIndices, IRiskOracle, RiskHeader} from "../src/interfaces/IRiskOracle.sol";
import {RiskOracleFixture} from "./RiskOracleFixture.sol";

/// @dev Each index, from any value, up and down: a change of its bound passes, one more trips the breaker.
contract RiskOracleDeviationTest is RiskOracleFixture {
    int256 private constant WHOLE = int256(uint256(ONE));

    function testFuzz_spotBeyondItsBoundTrips(uint256 seed, bool up, bool second) public {
        checkRelative(0, pick(seed, 2, type(uint64).max), limits().deviation.spot, type(uint64).max, up, second);
    }

    function testFuzz_fastVolatilityBeyondItsBoundTrips(uint256 seed, bool up, bool second) public {
        uint256 bound = limits().deviation.fastVolatility;
        checkRelative(1, pick(seed, 0, type(uint40).max), bound, type(uint40).max, up, second);
    }

    function testFuzz_slowVolatilityBeyondItsBoundTrips(uint256 seed, bool up, bool second) public {
        uint256 bound = limits().deviation.slowVolatility;
        checkRelative(2, pick(seed, 0, type(uint40).max), bound, type(uint40).max, up, second);
    }

    function testFuzz_depthBeyondItsBoundTrips(uint256 seed, bool up, bool second) public {
        checkRelative(3, pick(seed, 0, type(uint96).max), limits().deviation.depth, type(uint96).max, up, second);
    }

    function testFuzz_openInterestSkewBeyondItsBoundTrips(uint256 seed, bool up, bool second) public {
        int256 start = int256(pick(seed, 0, 2 * ONE)) - WHOLE;
        check(4, start, int256(uint256(limits().deviation.openInterestSkew)), -WHOLE, WHOLE, up, second);
    }

    function testFuzz_utilisationBeyondItsBoundTrips(uint256 seed, bool up, bool second) public {
        int256 start = int256(pick(seed, 0, ONE));
        check(5, start, int256(uint256(limits().deviation.utilisation)), 0, WHOLE, up, second);
    }

    function testFuzz_correlationBeyondItsBoundTrips(uint256 seed, bool up, bool second) public {
        int256 start = int256(pick(seed, 0, 2 * ONE)) - WHOLE;
        check(6, start, int256(uint256(limits().deviation.correlation)), -WHOLE, WHOLE, up, second);
    }

    function testFuzz_contagionBeyondItsBoundTrips(uint256 seed, bool up, bool second) public {
        int256 start = int256(pick(seed, 0, ONE));
        check(7, start, int256(uint256(limits().deviation.contagion)), 0, WHOLE, up, second);
    }

    /// @dev Relative to nothing, any change is too much.
    function test_aDepthThatReappearsTrips() public {
        check(3, 0, 0, 0, int256(uint256(type(uint96).max)), true, false);
    }

    function test_theLargestValuesAndBoundsDoNotOverflow() public {
        RiskHeader memory header = headerAt(1, START);
        header.assets[0].depth = type(uint96).max;
        header.assets[0].spot = type(uint64).max;
        assertTrue(publish(header));
        vm.warp(START + MIN_INTERVAL);
        header.epoch = 2;
        header.time += MIN_INTERVAL;
        header.assets[0].depth = 0;
        vm.expectEmit(address(oracle));
        emit IRiskOracle.BreakerTripped(2, 1, 3);
        assertFalse(publish(header));
    }

    function checkRelative(uint8 index, uint256 start, uint256 bound, uint256 highest, bool up, bool second) private {
        int256 lowest = index == 0 ? int256(1) : int256(0);
        check(index, int256(start), int256(bound * start / ONE), lowest, int256(highest), up, second);
    }

    /// @dev Turns round where the range ends before the bound does; the breaker can't trip where it does so on both sides.
    function check(uint8 index, int256 start, int256 most, int256 lowest, int256 highest, bool up, bool second) private {
        if (up && start + most + 1 > highest) up = false;
        else if (!up && start - most - 1 < lowest) up = true;
        vm.assume(up ? start + most + 1 <= highest : start - most - 1 >= lowest);
        uint256 position = second ? 1 : 0;

        RiskHeader memory before = headerAt(1, START);
        RiskHeader memory inside = headerAt(2, START + MIN_INTERVAL);
        RiskHeader memory outside = headerAt(2, START + MIN_INTERVAL);
        set(before.assets[position], index, start);
        set(inside.assets[position], index, up ? start + most : start - most);
        set(outside.assets[position], index, up ? start + most + 1 : start - most - 1);

        assertTrue(publish(before));
        vm.warp(START + MIN_INTERVAL);
        assertTrue(publish(inside));
        assertEq(oracle.trippedAt(), 0);

        oracle = newOracle(limits(), addresses(keys), 2, listed());
        assertTrue(publish(before));
        bytes[] memory signatures = signaturesOf(outside, 2);
        vm.expectEmit(address(oracle));
        emit IRiskOracle.BreakerTripped(2, second ? 2 : 1, index);
        assertFalse(oracle.publish(outside, signatures));
        assertEq(oracle.trippedAt(), START + MIN_INTERVAL);
    }

    /// @dev In [lowest, highest], the ends and small values more often than their share.
    function pick(uint256 seed, uint256 lowest, uint256 highest) private pure returns (uint256) {
        uint256 choice = seed % 8;
        if (choice == 0) return lowest;
        if (choice == 1) return highest;
        uint256 span = choice == 2 && highest > 1000 ? 1000 : highest - lowest;
        return lowest + (seed >> 3) % (span + 1);
    }

    function set(AssetIndices memory indices, uint8 index, int256 value) private pure {
        if (index == 0) indices.spot = uint64(uint256(value));
        if (index == 1) indices.fastVolatility = uint40(uint256(value));
        if (index == 2) indices.slowVolatility = uint40(uint256(value));
        if (index == 3) indices.depth = uint96(uint256(value));
        if (index == 4) indices.openInterestSkew = int40(value);
        if (index == 5) indices.utilisation = uint40(uint256(value));
        if (index == 6) indices.correlation = int40(value);
        if (index == 7) indices.contagion = uint40(uint256(value));
    }
}
