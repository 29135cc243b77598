// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {PolicyParameters} from "../src/interfaces/IPolicyRegistry.sol";
import {AssetIndices} from "../src/interfaces/IRiskOracle.sol";
import {StressMultiplier} from "../src/libraries/StressMultiplier.sol";

/// @dev The library's functions for callers off chain, single and in bulk.
contract StressMultiplierHarness {
    struct Case {
        uint8 generation;
        PolicyParameters parameters;
        AssetIndices[] indices;
    }

    struct Fall {
        uint64 value;
        uint64 decay;
        uint64 elapsed;
        uint64 target;
    }

    /// @param encoded Each is abi.encode of a Case.
    function multipliersOf(bytes[] calldata encoded) external pure returns (uint256[] memory multipliers) {
        multipliers = new uint256[](encoded.length);
        for (uint256 i = 0; i < encoded.length; ++i) {
            Case memory one = abi.decode(encoded[i], (Case));
            multipliers[i] = multiplierOf(one.generation, one.parameters, one.indices);
        }
    }

    function decayedValues(Fall[] memory falls) external pure returns (uint256[] memory values) {
        values = new uint256[](falls.length);
        for (uint256 i = 0; i < falls.length; ++i) {
            values[i] = decayed(falls[i].value, falls[i].decay, falls[i].elapsed, falls[i].target);
        }
    }

    function factorsOf(uint64[] memory multipliers) external pure returns (uint256[] memory factors) {
        factors = new uint256[](multipliers.length);
        for (uint256 i = 0; i < multipliers.length; ++i) {
            factors[i] = StressMultiplier.factorOf(multipliers[i]);
        }
    }

    function checksOf(PolicyParameters[] memory candidates) external pure returns (bool[] memory checks) {
        checks = new bool[](candidates.length);
        for (uint256 i = 0; i < candidates.length; ++i) {
            checks[i] = StressMultiplier.checkParameters(candidates[i]);
        }
    }

    function multiplierOf(uint8 generation, PolicyParameters memory parameters, AssetIndices[] memory indices)
        public
        pure
        returns (uint256)
    {
        return StressMultiplier.multiplierOf(generation, parameters, indices);
    }

    function decayed(uint256 value, uint256 decay, uint256 elapsed, uint256 target) public pure returns (uint256) {
        return StressMultiplier.decayed(value, decay, elapsed, target);
    }
}
