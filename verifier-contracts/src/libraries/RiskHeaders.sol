// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AssetIndices, DeviationBounds, IRiskOracle, RiskHeader} from "../interfaces/IRiskOracle.sol";

/// @title What can be said about a risk header without the oracle's state
library RiskHeaders {
    /// @dev 1 in Q32.
    uint256 private constant ONE = 1 << 32;
    int256 private constant SIGNED_ONE = 1 << 32;

    bytes32 private constant ASSET_TYPEHASH = keccak256(
        "AssetIndices(uint32 asset,uint64 spot,uint40 fastVolatility,uint40 slowVolatility,int40 openInterestSkew,int40 correlation,uint96 depth,uint40 utilisation,uint40 contagion)"
    );
    /// @dev Written out: with a named type text in it, the contract would hold the texts and hash them in each call.
    bytes32 private constant HEADER_TYPEHASH = keccak256(
        "RiskHeader(uint64 epoch,uint64 time,uint256 riskRoot,AssetIndices[] assets)"
        "AssetIndices(uint32 asset,uint64 spot,uint40 fastVolatility,uint40 slowVolatility,int40 openInterestSkew,int40 correlation,uint96 depth,uint40 utilisation,uint40 contagion)"
    );

    /// @notice The header's hashStruct of EIP-712.
    function hash(RiskHeader calldata header) internal pure returns (bytes32) {
        bytes32[] memory assets = new bytes32[](header.assets.length);
        for (uint256 i = 0; i < assets.length; ++i) {
            // A static struct is encoded as its fields, a word each, which is what EIP-712 wants.
            assets[i] = keccak256(abi.encode(ASSET_TYPEHASH, header.assets[i]));
        }
        return keccak256(
            abi.encode(HEADER_TYPEHASH, header.epoch, header.time, header.riskRoot, keccak256(abi.encodePacked(assets)))
        );
    }

    /// @notice Reverts with IndexOutOfRange unless each index is in the range given at `AssetIndices`. Volatilities and depth have no range
    ///         but their type's.
    function checkRanges(AssetIndices calldata indices) internal pure {
        if (indices.spot == 0) revert IRiskOracle.IndexOutOfRange(indices.asset, 0);
        if (!_isShare(indices.openInterestSkew)) revert IRiskOracle.IndexOutOfRange(indices.asset, 4);
        if (indices.utilisation > ONE) revert IRiskOracle.IndexOutOfRange(indices.asset, 5);
        if (!_isShare(indices.correlation)) revert IRiskOracle.IndexOutOfRange(indices.asset, 6);
        if (indices.contagion > ONE) revert IRiskOracle.IndexOutOfRange(indices.asset, 7);
    }

    /// @notice The first index that differs from the one before by more than its bound.
    /// @param before, current In ascending order of `asset`. An asset that only one of them has is not compared.
    /// @return found False if none does; `asset` and `index` are then 0. `index` counts the fields of `DeviationBounds` from 0.
    function firstDeviation(
        AssetIndices[] memory before,
        AssetIndices[] calldata current,
        DeviationBounds memory bounds
    ) internal pure returns (bool found, uint32 asset, uint8 index) {
        uint256 j = 0;
        for (uint256 i = 0; i < current.length; ++i) {
            asset = current[i].asset;
            while (j < before.length && before[j].asset < asset) ++j;
            if (j == before.length) break;
            if (before[j].asset != asset) continue;
            (found, index) = _deviation(before[j], current[i], bounds);
            if (found) return (true, asset, index);
        }
        return (false, 0, 0);
    }

    function _deviation(AssetIndices memory a, AssetIndices calldata b, DeviationBounds memory bounds)
        private
        pure
        returns (bool found, uint8 index)
    {
        if (_leaves(a.spot, b.spot, bounds.spot)) return (true, 0);
        if (_leaves(a.fastVolatility, b.fastVolatility, bounds.fastVolatility)) return (true, 1);
        if (_leaves(a.slowVolatility, b.slowVolatility, bounds.slowVolatility)) return (true, 2);
        if (_leaves(a.depth, b.depth, bounds.depth)) return (true, 3);
        if (_differs(a.openInterestSkew, b.openInterestSkew, bounds.openInterestSkew)) return (true, 4);
        if (_differs(int256(uint256(a.utilisation)), int256(uint256(b.utilisation)), bounds.utilisation)) return (true, 5);
        if (_differs(a.correlation, b.correlation, bounds.correlation)) return (true, 6);
        if (_differs(int256(uint256(a.contagion)), int256(uint256(b.contagion)), bounds.contagion)) return (true, 7);
        return (false, 0);
    }

    /// @dev |b - a| > bound x a, without a division: values below 2^96 and bounds below 2^40 leave room in 256 bits.
    function _leaves(uint256 a, uint256 b, uint256 bound) private pure returns (bool) {
        return (b > a ? b - a : a - b) * ONE > bound * a;
    }

    function _differs(int256 a, int256 b, uint256 bound) private pure returns (bool) {
        return uint256(b > a ? b - a : a - b) > bound;
    }

    function _isShare(int256 value) private pure returns (bool) {
        return value >= -SIGNED_ONE && value <= SIGNED_ONE;
    }
}
