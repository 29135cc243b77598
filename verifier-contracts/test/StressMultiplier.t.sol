// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {PolicyParameters, Ramp} from "../src/interfaces/IPolicyRegistry.sol";
import {AssetIndices} from "../src/interfaces/IRiskOracle.sol";
import {StressMultiplier} from "../src/libraries/StressMultiplier.sol";
import {Test} from "./Test.sol";

/// @dev test/policy/stress-multiplier.test.ts compares the library with TypeScript and with exact fractions.
contract StressMultiplierTest is Test {
    uint40 private constant ONE = 1 << 32;
    int40 private constant ONE_SIGNED = 1 << 32;

    function test_aCalmMarketHasTheBase() public pure {
        for (uint8 generation = 1; generation <= 3; ++generation) {
            assertEq(multiplierOf(generation, plain(), calm()), ONE);
            assertEq(StressMultiplier.multiplierOf(generation, plain(), new AssetIndices[](0)), ONE);
        }
    }

    function test_volatilityCountsAboveItsThresholdUpToItsCap() public pure {
        AssetIndices memory asset = calm();
        asset.fastVolatility = ONE;
        asset.slowVolatility = ONE / 2;
        assertEq(multiplierOf(1, plain(), asset), ONE + ONE / 2);
        asset.fastVolatility = 100 * ONE;
        assertEq(multiplierOf(1, plain(), asset), 2 * uint256(ONE));
        asset.fastVolatility = 0;
        asset.slowVolatility = ONE / 2;
        assertEq(multiplierOf(1, plain(), asset), ONE);
    }

    function test_theSecondGenerationReadsDepthSkewAndUtilisation() public pure {
        AssetIndices memory asset = calm();
        asset.depth = 750;
        asset.openInterestSkew = -ONE_SIGNED * 5 / 8;
        asset.utilisation = ONE / 16 * 9;
        assertEq(multiplierOf(1, plain(), asset), ONE);
        assertEq(multiplierOf(2, plain(), asset), ONE + ONE / 4 + ONE / 8 + ONE / 16);
    }

    function test_theThirdGenerationReadsCorrelationAndContagion() public pure {
        AssetIndices memory asset = calm();
        asset.correlation = ONE_SIGNED * 3 / 4;
        asset.contagion = ONE / 8;
        assertEq(multiplierOf(2, plain(), asset), ONE);
        assertEq(multiplierOf(3, plain(), asset), ONE + ONE / 4 + ONE / 8);
        asset.correlation = -ONE_SIGNED;
        assertEq(multiplierOf(3, plain(), asset), ONE + ONE / 8);
    }

    function test_theWorstAssetDecides() public pure {
        AssetIndices[] memory assets = new AssetIndices[](3);
        (assets[0], assets[1], assets[2]) = (calm(), calm(), calm());
        assets[1].contagion = ONE / 2;
        assets[2].slowVolatility = ONE * 3 / 4;
        assertEq(StressMultiplier.multiplierOf(3, plain(), assets), ONE + ONE / 2);
        assets[2].slowVolatility = ONE;
        assertEq(StressMultiplier.multiplierOf(3, plain(), assets), 2 * uint256(ONE));
    }

    function test_quotientsAreRoundedUp() public pure {
        assertEq(StressMultiplier.blend(1, 1, 0), 1);
        assertEq(StressMultiplier.shortfall(3, 2), (uint256(ONE) + 2) / 3);
        assertEq(StressMultiplier.ramp(Ramp(10, 1, 5), 10), 0);
        assertEq(StressMultiplier.ramp(Ramp(10, 1, 5), 11), 1);
        assertEq(StressMultiplier.factorOf(uint256(ONE) + 1), 65_537);
        assertEq(StressMultiplier.factorOf(StressMultiplier.LIMIT), (1 << 24) - 1);
    }

    function test_parametersOutsideTheirRangesAreRefused() public pure {
        PolicyParameters memory parameters = plain();
        assertTrue(StressMultiplier.checkParameters(parameters));
        parameters.base = ONE - 1;
        assertFalse(StressMultiplier.checkParameters(parameters));
        (parameters.base, parameters.maximum) = (2 * uint64(ONE), 2 * uint64(ONE) - 1);
        assertFalse(StressMultiplier.checkParameters(parameters));
        parameters.maximum = uint64(StressMultiplier.LIMIT);
        assertTrue(StressMultiplier.checkParameters(parameters));
        parameters.maximum += 1;
        assertFalse(StressMultiplier.checkParameters(parameters));
        parameters = plain();
        parameters.decay = 0;
        assertFalse(StressMultiplier.checkParameters(parameters));
        parameters.decay = uint64(StressMultiplier.MAX_DECAY) + 1;
        assertFalse(StressMultiplier.checkParameters(parameters));
        parameters = plain();
        parameters.fastWeight = ONE + 1;
        assertFalse(StressMultiplier.checkParameters(parameters));
    }

    function testFuzz_noIndicesRevertAndTheMultiplierStaysBetweenBaseAndMaximum(
        PolicyParameters memory parameters,
        AssetIndices memory asset
    ) public pure {
        bound(parameters);
        uint256 last = parameters.base;
        for (uint8 generation = 1; generation <= 3; ++generation) {
            uint256 multiplier = multiplierOf(generation, parameters, asset);
            assertTrue(multiplier >= last && multiplier <= parameters.maximum);
            last = multiplier;
        }
    }

    function testFuzz_moreVolatilityNeverLowersTheMultiplier(
        PolicyParameters memory parameters,
        AssetIndices memory asset,
        uint8 generation,
        uint40 fast,
        uint40 slow
    ) public pure {
        bound(parameters);
        AssetIndices memory more = copy(asset);
        more.fastVolatility = fast > asset.fastVolatility ? fast : asset.fastVolatility;
        more.slowVolatility = slow > asset.slowVolatility ? slow : asset.slowVolatility;
        assertNotBelow(generation, parameters, more, asset);
    }

    function testFuzz_moreDepthNeverRaisesTheMultiplier(
        PolicyParameters memory parameters,
        AssetIndices memory asset,
        uint8 generation,
        uint96 depth
    ) public pure {
        bound(parameters);
        AssetIndices memory more = copy(asset);
        more.depth = depth > asset.depth ? depth : asset.depth;
        assertNotBelow(generation, parameters, asset, more);
    }

    function testFuzz_aMoreOneSidedBookNeverLowersTheMultiplier(
        PolicyParameters memory parameters,
        AssetIndices memory asset,
        uint8 generation,
        uint32 skew
    ) public pure {
        bound(parameters);
        asset.openInterestSkew = int40(uint40(skew));
        AssetIndices memory other = copy(asset);
        other.openInterestSkew = -asset.openInterestSkew;
        assertEq(multiplierOf(pick(generation), parameters, asset), multiplierOf(pick(generation), parameters, other));
        AssetIndices memory less = copy(asset);
        less.openInterestSkew = asset.openInterestSkew / 2;
        assertNotBelow(generation, parameters, asset, less);
        assertNotBelow(generation, parameters, other, less);
    }

    function testFuzz_moreUtilisationCorrelationOrContagionNeverLowersTheMultiplier(
        PolicyParameters memory parameters,
        AssetIndices memory asset,
        uint8 generation,
        uint40 utilisation,
        int40 correlation,
        uint40 contagion
    ) public pure {
        bound(parameters);
        AssetIndices memory more = copy(asset);
        if (utilisation > asset.utilisation) more.utilisation = utilisation;
        assertNotBelow(generation, parameters, more, asset);
        if (correlation > asset.correlation) more.correlation = correlation;
        assertNotBelow(generation, parameters, more, asset);
        if (contagion > asset.contagion) more.contagion = contagion;
        assertNotBelow(generation, parameters, more, asset);
    }

    function testFuzz_aValueFallsByTheDecayOfTheTimeAndNotBelowTheTarget(
        uint40 value,
        uint40 target,
        uint64 decay,
        uint32 first,
        uint32 second
    ) public pure {
        if (target > value) (value, target) = (target, value);
        uint256 total = uint256(first) + second;
        uint256 fallen = StressMultiplier.decayed(value, decay, total, target);
        assertTrue(fallen >= target && fallen <= value);
        assertTrue(fallen == target || value - fallen == decay * total);
        // In two steps as in one: however often it is settled on the way, it falls alike.
        uint256 half = StressMultiplier.decayed(value, decay, first, target);
        assertEq(StressMultiplier.decayed(half, decay, second, target), fallen);
    }

    function assertNotBelow(
        uint8 generation,
        PolicyParameters memory parameters,
        AssetIndices memory more,
        AssetIndices memory less
    ) private pure {
        generation = pick(generation);
        assertTrue(multiplierOf(generation, parameters, more) >= multiplierOf(generation, parameters, less));
    }

    function pick(uint8 generation) private pure returns (uint8) {
        return generation % 3 + 1;
    }

    /// @dev Into the ranges, and with ramps that leave room between their ends in most cases.
    function bound(PolicyParameters memory parameters) private pure {
        parameters.base = ONE + parameters.base % ONE;
        parameters.maximum = parameters.base + parameters.maximum % (64 * uint64(ONE));
        parameters.decay = parameters.decay % (ONE / 3600) + 1;
        parameters.fastWeight = parameters.fastWeight % (ONE + 1);
    }

    function copy(AssetIndices memory asset) private pure returns (AssetIndices memory) {
        return abi.decode(abi.encode(asset), (AssetIndices));
    }

    function multiplierOf(uint8 generation, PolicyParameters memory parameters, AssetIndices memory asset)
        private
        pure
        returns (uint256)
    {
        AssetIndices[] memory assets = new AssetIndices[](1);
        assets[0] = asset;
        return StressMultiplier.multiplierOf(generation, parameters, assets);
    }

    function plain() private pure returns (PolicyParameters memory) {
        return PolicyParameters({
            base: ONE,
            maximum: 3 * uint64(ONE),
            decay: 1,
            fastWeight: ONE / 2,
            depthTarget: 1000,
            volatility: Ramp(ONE / 2, 2 * ONE, ONE),
            depth: Ramp(0, ONE, ONE / 2),
            openInterest: Ramp(ONE / 2, ONE, ONE / 4),
            utilisation: Ramp(ONE / 2, ONE, ONE),
            correlation: Ramp(ONE / 2, ONE, ONE),
            contagion: Ramp(0, ONE, ONE)
        });
    }

    function calm() private pure returns (AssetIndices memory) {
        return AssetIndices({
            asset: 1,
            spot: 1,
            fastVolatility: ONE / 4,
            slowVolatility: ONE / 4,
            openInterestSkew: 0,
            correlation: 0,
            depth: 1000,
            utilisation: 0,
            contagion: 0
        });
    }
}
