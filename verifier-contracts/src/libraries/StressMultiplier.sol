// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SignedMath} from "@openzeppelin/contracts/utils/math/SignedMath.sol";
import {PolicyParameters, Ramp} from "../interfaces/IPolicyRegistry.sol";
import {AssetIndices} from "../interfaces/IRiskOracle.sol";

/// @title The policy function: from the oracle's indices to the multiplier of the maintenance margin
/// @notice multiplier = max over the assets of min(maximum, base + sum of the ramps of the generation's indices), Q32. Never falls when a
///         volatility, |skew|, utilisation, correlation or contagion rises or a depth falls, nor from one generation to the next.
/// @dev Every quotient is rounded up, so that the multiplier is never understated. `src/policy/stress-multiplier.ts` is the same function, to the bit.
///      With parameters that pass `checkParameters` no indices of the declared types revert: no factor of a product reaches 2^97.
library StressMultiplier {
    uint256 internal constant ONE = 1 << 32;
    /// @dev Largest multiplier, Q32: as a factor, Q16, it is 2^24 - 1, the largest that a proof can carry.
    uint256 internal constant LIMIT = (1 << 40) - (1 << 16);
    /// @dev Fastest fall: 1 an hour. A version with a faster one would undo "down only gradually" as soon as it is active.
    uint256 internal constant MAX_DECAY = ONE / 3600;

    /// @notice The multiplier of a generation, Q32; `base` if there is no asset.
    /// @param generation 1: volatility; 2: also depth, open interest, utilisation; 3: also correlation and contagion.
    function multiplierOf(uint8 generation, PolicyParameters memory parameters, AssetIndices[] memory indices)
        internal
        pure
        returns (uint256 multiplier)
    {
        multiplier = parameters.base;
        for (uint256 i = 0; i < indices.length; ++i) {
            multiplier = Math.max(multiplier, parameters.base + stressOf(generation, parameters, indices[i]));
        }
        return Math.min(multiplier, parameters.maximum);
    }

    /// @notice What one asset adds to `base`, Q32: the sum of its ramps.
    function stressOf(uint8 generation, PolicyParameters memory parameters, AssetIndices memory asset)
        internal
        pure
        returns (uint256 stress)
    {
        stress = ramp(
            parameters.volatility, blend(parameters.fastWeight, asset.fastVolatility, asset.slowVolatility)
        );
        if (generation < 2) return stress;
        stress += ramp(parameters.depth, shortfall(parameters.depthTarget, asset.depth));
        stress += ramp(parameters.openInterest, SignedMath.abs(asset.openInterestSkew));
        stress += ramp(parameters.utilisation, asset.utilisation);
        if (generation < 3) return stress;
        stress += ramp(parameters.correlation, asset.correlation > 0 ? SignedMath.abs(asset.correlation) : 0);
        stress += ramp(parameters.contagion, asset.contagion);
    }

    /// @notice The mix of fast and slow volatility, never below the slow one: up at a shock, down at the slow pace. Q32.
    function blend(uint256 fastWeight, uint256 fast, uint256 slow) internal pure returns (uint256) {
        return Math.max(slow, Math.ceilDiv(fastWeight * fast + (ONE - fastWeight) * slow, ONE));
    }

    /// @notice The part of the target that the depth falls short of, Q32; 0 without a target.
    function shortfall(uint256 target, uint256 depth) internal pure returns (uint256) {
        if (target == 0) return 0;
        return Math.ceilDiv((target - Math.min(depth, target)) * ONE, target);
    }

    /// @notice Nothing up to `from`, then `slope` per 1 of the index, at most `cap`. Q32.
    function ramp(Ramp memory shape, uint256 index) internal pure returns (uint256) {
        uint256 excess = Math.saturatingSub(index, shape.from);
        return Math.min(shape.cap, Math.ceilDiv(shape.slope * excess, ONE));
    }

    /// @notice What a value has fallen to after `elapsed` seconds, not below the target it falls to. Q32.
    function decayed(uint256 value, uint256 decay, uint256 elapsed, uint256 target) internal pure returns (uint256) {
        return Math.max(target, Math.saturatingSub(value, Math.saturatingMul(decay, elapsed)));
    }

    /// @notice Smallest Q16 factor not below a multiplier, Q32.
    function factorOf(uint256 multiplier) internal pure returns (uint256) {
        return Math.ceilDiv(multiplier, 1 << 16);
    }

    /// @notice Whether parameters are in the ranges given at `PolicyParameters`.
    function checkParameters(PolicyParameters memory parameters) internal pure returns (bool) {
        return parameters.base >= ONE && parameters.maximum >= parameters.base && parameters.maximum <= LIMIT
            && parameters.decay > 0 && parameters.decay <= MAX_DECAY && parameters.fastWeight <= ONE;
    }
}
