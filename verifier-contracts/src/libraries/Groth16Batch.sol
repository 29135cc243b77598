// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Groth16} from "./Groth16.sol";

/// @title Many Groth16 proofs under one key, by one pairing check
/// @notice With coefficients r[i], r[0] = 1, checks that the product of e(-r[i] A[i], B[i]) over all proofs, e(sum r[i] alpha, beta),
///         e(sum r[i] X[i], gamma) and e(sum r[i] C[i], delta) is 1: n + 3 pairings, not 4 n.
/// @dev r[i] is a 128-bit hash of key, count, all proofs and all signals (Fiat-Shamir), so nothing that a prover chooses comes after it. If some
///      proof is false, the product is 1 for at most one value of its r in 2^128 (small-exponent test; Bellare, Garay and Rabin 1998).
///      Loops over proofs are in assembly, without bounds checks: every length is checked at the top of `check`.
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
        if (!_arePoints(points)) return (false, true);

        uint256[] memory r = coefficients(key, points, signals);
        // Six words for each pair; the last three pairs are those of the key.
        uint256[] memory input = new uint256[](6 * (count + 3));
        _proofPairs(input, points, r);
        _keyPairs(input, key, _combine(signals, r, width), r);
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
        assembly ("memory-safe") {
            // keccak256(abi.encode(seed, i)) in the scratch space.
            mstore(0x00, seed)
            for { let i := 1 } lt(i, count) { i := add(i, 1) } {
                mstore(0x20, i)
                mstore(add(add(r, 0x20), shl(5, i)), and(keccak256(0x00, 0x40), 0xffffffffffffffffffffffffffffffff))
            }
        }
    }

    /// @dev A and C finite and on the curve, the coordinates of B below Q; whether B is in G2 the pairing tells.
    function _arePoints(uint256[] memory points) private pure returns (bool valid) {
        uint256 q = Groth16.Q;
        assembly ("memory-safe") {
            function isOnCurve(point, modulus) -> result {
                let x := mload(point)
                let y := mload(add(point, 0x20))
                let cube := mulmod(mulmod(x, x, modulus), x, modulus)
                result := eq(mulmod(y, y, modulus), addmod(cube, 3, modulus))
                result := and(result, and(lt(x, modulus), lt(y, modulus)))
            }
            valid := 1
            let end := add(add(points, 0x20), shl(5, mload(points)))
            for { let proof := add(points, 0x20) } lt(proof, end) { proof := add(proof, 0x100) } {
                valid := and(valid, and(isOnCurve(proof, q), isOnCurve(add(proof, 0xc0), q)))
                valid := and(valid, and(lt(mload(add(proof, 0x40)), q), lt(mload(add(proof, 0x60)), q)))
                valid := and(valid, and(lt(mload(add(proof, 0x80)), q), lt(mload(add(proof, 0xa0)), q)))
            }
        }
    }

    /// @dev sum of r[i] (1, signals of proof i): what the points of IC are multiplied with.
    function _combine(uint256[] memory signals, uint256[] memory r, uint256 width)
        private
        pure
        returns (uint256[] memory combined)
    {
        combined = new uint256[](width + 1);
        uint256 order = Groth16.R;
        bool inField = true;
        assembly ("memory-safe") {
            let signal := add(signals, 0x20)
            let first := add(combined, 0x20)
            let past := add(first, shl(5, add(width, 1)))
            let end := add(add(r, 0x20), shl(5, mload(r)))
            for { let from := add(r, 0x20) } lt(from, end) { from := add(from, 0x20) } {
                let coefficient := mload(from)
                mstore(first, addmod(mload(first), coefficient, order))
                for { let to := add(first, 0x20) } lt(to, past) { to := add(to, 0x20) } {
                    let value := mload(signal)
                    inField := and(inField, lt(value, order))
                    mstore(to, addmod(mload(to), mulmod(coefficient, value, order), order))
                    signal := add(signal, 0x20)
                }
            }
        }
        if (inField) return combined;
        for (uint256 i = 0; i < signals.length; ++i) {
            if (signals[i] >= order) revert Groth16.SignalNotInField(i, signals[i]);
        }
    }

    /// @dev (-r[i] A[i], B[i]) for each proof, and sum r[i] C[i] as the first half of the last pair.
    ///      r[i] = 0 would give an invalid point and so no proof, not an unchecked one.
    function _proofPairs(uint256[] memory input, uint256[] memory points, uint256[] memory r) private view {
        bool success = true;
        uint256 q = Groth16.Q;
        (uint256 multiply, uint256 add_) = (Groth16.EC_MUL, Groth16.EC_ADD);
        assembly ("memory-safe") {
            // Five words past the free pointer, never kept: sum (2), term (2), scalar (1). ecAdd reads sum and term where they are,
            // ecMul reads term and scalar.
            let sum := mload(0x40)
            let term := add(sum, 0x40)
            let scalar := add(sum, 0x80)
            let proof := add(points, 0x20)
            let pair := add(input, 0x20)
            let coefficient := add(r, 0x20)
            let end := add(coefficient, shl(5, mload(r)))
            // The first proof, whose coefficient is 1.
            mcopy(pair, proof, 0xc0)
            mstore(add(pair, 0x20), sub(q, mload(add(pair, 0x20))))
            mcopy(sum, add(proof, 0xc0), 0x40)
            for { coefficient := add(coefficient, 0x20) } lt(coefficient, end) { coefficient := add(coefficient, 0x20) } {
                proof := add(proof, 0x100)
                pair := add(pair, 0xc0)
                mcopy(pair, proof, 0xc0)
                mstore(scalar, mload(coefficient))
                mcopy(term, proof, 0x40)
                success := and(success, staticcall(gas(), multiply, term, 0x60, pair, 0x40))
                mstore(add(pair, 0x20), sub(q, mload(add(pair, 0x20))))
                mcopy(term, add(proof, 0xc0), 0x40)
                success := and(success, staticcall(gas(), multiply, term, 0x60, term, 0x40))
                success := and(success, staticcall(gas(), add_, sum, 0x80, sum, 0x40))
            }
            // Two more pairs are between this one and the last.
            mcopy(add(pair, 0x240), sum, 0x40)
        }
        if (!success) revert Groth16.PrecompileFailed(Groth16.EC_MUL);
    }

    /// @dev (sum r[i] alpha, beta), (sum r[i] X[i], gamma) and the second half of (sum r[i] C[i], delta).
    function _keyPairs(uint256[] memory input, uint256[] memory key, uint256[] memory combined, uint256[] memory r)
        private
        view
    {
        bool success = true;
        (uint256 multiply, uint256 add_) = (Groth16.EC_MUL, Groth16.EC_ADD);
        uint256 start = 32 * 6 * r.length;
        (uint256 ic, uint256 gamma, uint256 delta) = (32 * Groth16.IC, 32 * Groth16.GAMMA, 32 * Groth16.DELTA);
        assembly ("memory-safe") {
            // As in `_proofPairs`. The sum starts at infinity, (0, 0).
            let sum := mload(0x40)
            let term := add(sum, 0x40)
            let scalar := add(sum, 0x80)
            let words := add(key, 0x20)
            let pair := add(add(input, 0x20), start)
            // Alpha and beta are neighbours in the key.
            mcopy(pair, words, 0xc0)
            mcopy(term, words, 0x40)
            mstore(scalar, mload(add(combined, 0x20)))
            success := and(success, staticcall(gas(), multiply, term, 0x60, pair, 0x40))

            mstore(sum, 0)
            mstore(add(sum, 0x20), 0)
            let point := add(words, ic)
            let value := add(combined, 0x20)
            let end := add(value, shl(5, mload(combined)))
            for {} lt(value, end) { value := add(value, 0x20) } {
                mcopy(term, point, 0x40)
                mstore(scalar, mload(value))
                success := and(success, staticcall(gas(), multiply, term, 0x60, term, 0x40))
                success := and(success, staticcall(gas(), add_, sum, 0x80, sum, 0x40))
                point := add(point, 0x40)
            }
            mcopy(add(pair, 0xc0), sum, 0x40)
            mcopy(add(pair, 0x100), add(words, gamma), 0x80)
            mcopy(add(pair, 0x1c0), add(words, delta), 0x80)
        }
        if (!success) revert Groth16.PrecompileFailed(Groth16.EC_MUL);
    }

    function _pairing(uint256[] memory input, uint256 pairs) private view returns (bool valid, bool completed) {
        uint256 precompile = Groth16.EC_PAIRING;
        uint256 limit = Groth16.pairingGas(pairs);
        assembly ("memory-safe") {
            // In the scratch space.
            completed := staticcall(limit, precompile, add(input, 0x20), shl(5, mload(input)), 0x00, 0x20)
            completed := and(completed, eq(returndatasize(), 0x20))
            valid := and(completed, eq(mload(0x00), 1))
        }
    }

    /// @dev keccak256 of the words, without their count.
    function _hash(uint256[] memory words) private pure returns (bytes32 digest) {
        assembly ("memory-safe") {
            digest := keccak256(add(words, 0x20), shl(5, mload(words)))
        }
    }
}
