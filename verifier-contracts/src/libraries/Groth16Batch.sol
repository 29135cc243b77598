// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Groth16} from "./Groth16.sol";

/// @title Many Groth16 proofs under one key, by one pairing check
/// @notice With coefficients r[i], r[0] = 1, checks that the product of e(-r[i] A[i], B[i]) over all proofs, e(sum r[i] alpha, beta),
///         e(sum r[i] X[i], gamma) and e(sum r[i] C[i], delta) is 1: n + 3 pairings, not 4 n.
/// @dev r[i] is a 128-bit hash of key, count, all proofs and all signals (Fiat-Shamir), so nothing that a prover chooses comes after it. If some
///      proof is false, the product is 1 for at most one value of its r in 2^128 (small-exponent test; Bellare, Garay and Rabin 1998).
library Groth16Batch {
    uint256 private constant POINT_WORDS = 8;

    /// @dev Thrown when there is no proof, or the words of points and signals are not 8 and n for each proof.
    error BatchLengthMismatch(uint256 points, uint256 signals);

    /// @notice Whether all proofs are valid for their signals.
    /// @param key Words of a key that has passed `Groth16.checkKey`, for n signals.
    /// @param points 8 words for each proof: `Groth16.Proof`.
    /// @param signals n words for each proof.
    /// @return valid False also where the pairing was not completed.
    /// @return completed False if the pairing precompile failed: some B is no point of G2, or the gas was not enough.
    /// @dev Reverts with SignalNotInField, whose index counts through all signals, or PrecompileFailed of the cheap precompiles.
    function check(uint256[] memory key, uint256[] memory points, uint256[] memory signals)
        internal
        view
        returns (bool valid, bool completed)
    {
        uint256 width = (key.length - Groth16.IC) / 2 - 1;
        uint256 count = points.length / POINT_WORDS;
        if (count == 0 || points.length != count * POINT_WORDS || signals.length != count * width) {
            revert BatchLengthMismatch(points.length, signals.length);
        }
        for (uint256 i = 0; i < signals.length; i++) {
            if (signals[i] >= Groth16.R) revert Groth16.SignalNotInField(i, signals[i]);
        }
        if (!_arePoints(points)) return (false, true);

        uint256[] memory r = coefficients(key, points, signals);
        uint256[] memory input = new uint256[](6 * (count + 3));
        _proofPairs(input, points, r);
        _keyPairs(input, key, signals, r);
        return _pairing(input, count + 3);
    }

    /// @notice The coefficients of the proofs: 1 for the first, 128 bits for the others.
    function coefficients(uint256[] memory key, uint256[] memory points, uint256[] memory signals)
        internal
        pure
        returns (uint256[] memory r)
    {
        uint256 count = points.length / POINT_WORDS;
        bytes32 seed = keccak256(abi.encode(_hash(key), count, _hash(points), _hash(signals)));
        r = new uint256[](count);
        r[0] = 1;
        for (uint256 i = 1; i < count; i++) {
            r[i] = uint128(uint256(keccak256(abi.encode(seed, i))));
        }
    }

    /// @dev A and C finite and on the curve, the coordinates of B below Q; whether B is in G2 the pairing tells.
    function _arePoints(uint256[] memory points) private pure returns (bool) {
        for (uint256 i = 0; i < points.length; i += POINT_WORDS) {
            if (!Groth16.isOnCurve(points[i], points[i + 1]) || !Groth16.isOnCurve(points[i + 6], points[i + 7])) return false;
            for (uint256 j = i + 2; j < i + 6; j++) {
                if (points[j] >= Groth16.Q) return false;
            }
        }
        return true;
    }

    /// @dev (-r[i] A[i], B[i]) for each proof, and sum r[i] C[i] as the first half of the last pair.
    ///      r[i] = 0 would give an invalid point and so no proof, not an unchecked one.
    function _proofPairs(uint256[] memory input, uint256[] memory points, uint256[] memory r) private view {
        bool success = true;
        uint256 last = 6 * (r.length + 2);
        (input[last], input[last + 1]) = (points[6], points[7]);
        for (uint256 i = 0; i < r.length; i++) {
            uint256 pair = 6 * i;
            uint256 from = POINT_WORDS * i;
            (uint256 x, uint256 y) = (points[from], points[from + 1]);
            if (i > 0) {
                bool done;
                (x, y, done) = _multiply(x, y, r[i]);
                success = success && done;
                (uint256 cx, uint256 cy, bool doneC) = _multiply(points[from + 6], points[from + 7], r[i]);
                success = success && doneC;
                (input[last], input[last + 1], done) = _add(input[last], input[last + 1], cx, cy);
                success = success && done;
            }
            input[pair] = x;
            input[pair + 1] = Groth16.Q - y;
            for (uint256 j = 0; j < 4; j++) {
                input[pair + 2 + j] = points[from + 2 + j];
            }
        }
        if (!success) revert Groth16.PrecompileFailed(Groth16.EC_MUL);
    }

    /// @dev (sum r[i] alpha, beta), (sum r[i] X[i], gamma) and the second half of (sum r[i] C[i], delta).
    function _keyPairs(uint256[] memory input, uint256[] memory key, uint256[] memory signals, uint256[] memory r)
        private
        view
    {
        uint256 width = signals.length / r.length;
        // sum r[i] X[i] = (sum r[i]) IC[0] + sum over j of (sum r[i] signal[i][j]) IC[j + 1].
        uint256 total;
        uint256[] memory combined = new uint256[](width);
        for (uint256 i = 0; i < r.length; i++) {
            uint256 coefficient = r[i];
            // At most 64 coefficients of 128 bits: no wrap.
            total += coefficient;
            for (uint256 j = 0; j < width; j++) {
                combined[j] = addmod(combined[j], mulmod(coefficient, signals[i * width + j], Groth16.R), Groth16.R);
            }
        }
        uint256 pair = 6 * r.length;
        bool success;
        (input[pair], input[pair + 1], success) = _multiply(key[0], key[1], total);
        (uint256 x, uint256 y, bool done) = _multiply(key[Groth16.IC], key[Groth16.IC + 1], total);
        success = success && done;
        for (uint256 j = 0; j < width; j++) {
            uint256 word = Groth16.IC + 2 * (j + 1);
            (uint256 termX, uint256 termY, bool multiplied) = _multiply(key[word], key[word + 1], combined[j]);
            bool added;
            (x, y, added) = _add(x, y, termX, termY);
            success = success && multiplied && added;
        }
        if (!success) revert Groth16.PrecompileFailed(Groth16.EC_MUL);
        (input[pair + 6], input[pair + 7]) = (x, y);
        for (uint256 j = 0; j < 4; j++) {
            input[pair + 2 + j] = key[Groth16.BETA + j];
            input[pair + 8 + j] = key[Groth16.GAMMA + j];
            input[pair + 14 + j] = key[Groth16.DELTA + j];
        }
    }

    function _multiply(uint256 x, uint256 y, uint256 scalar)
        private
        view
        returns (uint256 productX, uint256 productY, bool success)
    {
        uint256 precompile = Groth16.EC_MUL;
        assembly ("memory-safe") {
            let input := mload(0x40)
            mstore(input, x)
            mstore(add(input, 0x20), y)
            mstore(add(input, 0x40), scalar)
            success := staticcall(gas(), precompile, input, 0x60, input, 0x40)
            success := and(success, eq(returndatasize(), 0x40))
            productX := mload(input)
            productY := mload(add(input, 0x20))
        }
    }

    function _add(uint256 ax, uint256 ay, uint256 bx, uint256 by)
        private
        view
        returns (uint256 sumX, uint256 sumY, bool success)
    {
        uint256 precompile = Groth16.EC_ADD;
        assembly ("memory-safe") {
            let input := mload(0x40)
            mstore(input, ax)
            mstore(add(input, 0x20), ay)
            mstore(add(input, 0x40), bx)
            mstore(add(input, 0x60), by)
            success := staticcall(gas(), precompile, input, 0x80, input, 0x40)
            success := and(success, eq(returndatasize(), 0x40))
            sumX := mload(input)
            sumY := mload(add(input, 0x20))
        }
    }

    function _pairing(uint256[] memory input, uint256 pairs) private view returns (bool valid, bool completed) {
        uint256 precompile = Groth16.EC_PAIRING;
        uint256 limit = Groth16.pairingGas(pairs);
        assembly ("memory-safe") {
            let output := mload(0x40)
            completed := staticcall(limit, precompile, add(input, 0x20), mul(mload(input), 0x20), output, 0x20)
            completed := and(completed, eq(returndatasize(), 0x20))
            valid := and(completed, eq(mload(output), 1))
        }
    }

    /// @dev keccak256 of the words, without their count.
    function _hash(uint256[] memory words) private pure returns (bytes32 digest) {
        assembly ("memory-safe") {
            digest := keccak256(add(words, 0x20), mul(mload(words), 0x20))
        }
    }
}
