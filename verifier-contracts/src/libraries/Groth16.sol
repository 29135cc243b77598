// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Groth16 over BN254, for any verification key
/// @notice Checks e(-A, B) e(alpha, beta) e(X, gamma) e(C, delta) = 1 with X = IC[0] + sum of signal[i] IC[i + 1].
/// @dev A key is a list of words, in the order the precompiles read them:
///      alpha (2), beta (4), gamma (4), delta (4), IC[0..n] (2 each), for n public signals.
///      G1 = (x, y); G2 = (x_c1, x_c0, y_c1, y_c0), the imaginary coefficient first.
///      A proof can be re-randomised by anyone who sees it, so a proof is no identifier: callers need a nonce in a signal.
library Groth16 {
    /// @dev Order of the groups: the field of the public signals.
    uint256 internal constant R = 21888242871839275222246405745257275088548364400416034343698204186575808495617;
    /// @dev Field of the coordinates.
    uint256 internal constant Q = 21888242871839275222246405745257275088696311157297823662689037894645226208583;

    uint256 internal constant BETA = 2;
    uint256 internal constant GAMMA = 6;
    uint256 internal constant DELTA = 10;
    uint256 internal constant IC = 14;

    uint256 internal constant EC_ADD = 0x06;
    uint256 internal constant EC_MUL = 0x07;
    uint256 internal constant EC_PAIRING = 0x08;

    struct Proof {
        uint256[2] a;
        uint256[4] b;
        uint256[2] c;
    }

    /// @dev Thrown when a key has not 16 + 2n words for n signals.
    error KeyLengthMismatch(uint256 expectedWords, uint256 actualWords);
    /// @dev Thrown when a public signal is not below R: signal + R would be a second name for the same statement.
    error SignalNotInField(uint256 index, uint256 value);
    /// @dev Thrown when gamma = +-delta, as in a key nobody contributed to: X can then be cancelled by C, and anything is provable.
    error GammaEqualsDelta();
    /// @dev Thrown when the point that starts at this word of the key is off its curve or subgroup, or at infinity.
    error InvalidKeyPoint(uint256 word);
    /// @dev Thrown when a precompile fails: out of gas, missing on this chain, or, for pairing (0x08), B is no point of G2.
    error PrecompileFailed(uint256 precompile);
    /// @dev Thrown when the pairing failed with less gas than it may use, so that nothing is known about the proof.
    error PairingOutOfGas(uint256 needed);

    /// @notice Whether the proof is valid for the signals under the key.
    /// @dev False is an answer about the proof and nothing else. A failed precompile reverts instead: it may be a matter of the gas the
    ///      caller gave, and a caller that acts on "false" must not be made to act by starving the call.
    ///      Coordinates not below Q, and A or C off the curve or at infinity, are answered false before any pairing is paid for.
    /// @param key Words of a key that has passed `checkKey`.
    function verify(uint256[] memory key, Proof calldata proof, uint256[] memory signals)
        internal
        view
        returns (bool)
    {
        if (key.length != IC + 2 * (signals.length + 1)) {
            revert KeyLengthMismatch(IC + 2 * (signals.length + 1), key.length);
        }
        uint256[4] calldata b = proof.b;
        if (b[0] >= Q || b[1] >= Q || b[2] >= Q || b[3] >= Q) return false;
        if (!isOnCurve(proof.a[0], proof.a[1]) || !isOnCurve(proof.c[0], proof.c[1])) return false;

        (uint256 x, uint256 y) = _combine(key, signals);
        return _pairing(key, proof, x, y);
    }

    /// @notice Refuses a key that is malformed or forgeable on sight, for `signalCount` public signals. Costs about 170,000 gas.
    /// @dev It can't tell whether anyone knows the toxic waste: that is what the hash of a ceremony's key is for.
    function checkKey(uint256[] memory key, uint256 signalCount) internal view {
        uint256 words = IC + 2 * (signalCount + 1);
        if (key.length != words) revert KeyLengthMismatch(words, key.length);
        if (!isOnCurve(key[0], key[1])) revert InvalidKeyPoint(0);
        // IC at infinity would leave its signal unbound.
        for (uint256 i = IC; i < words; i += 2) {
            if (!isOnCurve(key[i], key[i + 1])) revert InvalidKeyPoint(i);
        }
        for (uint256 i = BETA; i < IC; i += 4) {
            if (!_isInG2(key, i)) revert InvalidKeyPoint(i);
        }
        // Equal x: the points are equal or opposite.
        if (key[GAMMA] == key[DELTA] && key[GAMMA + 1] == key[DELTA + 1]) revert GammaEqualsDelta();
    }

    /// @notice Whether (x, y) is a finite point of G1. Its order is prime, so there is no subgroup to check.
    function isOnCurve(uint256 x, uint256 y) internal pure returns (bool) {
        if (x >= Q || y >= Q) return false;
        return mulmod(y, y, Q) == addmod(mulmod(mulmod(x, x, Q), x, Q), 3, Q);
    }

    /// @dev IC[0] + sum of signal[i] IC[i + 1]. A flag needs no multiplication, which costs 6,000 gas.
    function _combine(uint256[] memory key, uint256[] memory signals) private view returns (uint256 x, uint256 y) {
        uint256 tooLarge;
        bool multiplied = true;
        bool added = true;
        assembly ("memory-safe") {
            // Five words past the free pointer, never kept: sum (2), term (2), scalar (1). ecAdd reads sum and term where they are,
            // ecMul reads term and scalar.
            let sum := mload(0x40)
            let term := add(sum, 0x40)
            let scalar := add(sum, 0x80)
            let point := add(key, add(0x20, mul(IC, 0x20)))
            mcopy(sum, point, 0x40)

            let signal := add(signals, 0x20)
            // Failures are collected, not branched on: a loop that went wrong is only a waste of its caller's gas.
            for { let end := add(signal, shl(5, mload(signals))) } lt(signal, end) { signal := add(signal, 0x20) } {
                point := add(point, 0x40)
                let value := mload(signal)
                if iszero(value) { continue }
                mcopy(term, point, 0x40)
                if gt(value, 1) {
                    if iszero(lt(value, R)) {
                        // One more than the index, so that zero says that there is none.
                        tooLarge := shr(5, sub(signal, signals))
                        break
                    }
                    mstore(scalar, value)
                    multiplied := and(multiplied, staticcall(gas(), EC_MUL, term, 0x60, term, 0x40))
                }
                added := and(added, staticcall(gas(), EC_ADD, sum, 0x80, sum, 0x40))
            }
            x := mload(sum)
            y := mload(add(sum, 0x20))
        }
        if (tooLarge != 0) revert SignalNotInField(tooLarge - 1, signals[tooLarge - 1]);
        if (!multiplied) revert PrecompileFailed(EC_MUL);
        if (!added) revert PrecompileFailed(EC_ADD);
    }

    /// @notice Most gas that a pairing check of `pairs` pairs may use: twice its price (EIP-1108). A check that fails takes all the gas it is given.
    function pairingGas(uint256 pairs) internal pure returns (uint256) {
        return 2 * (45_000 + 34_000 * pairs);
    }

    /// @dev The product of four pairings is one. (x, y) is X; A and C are on the curve, so y of A is not zero and Q - y is below Q.
    function _pairing(uint256[] memory key, Proof calldata proof, uint256 x, uint256 y) private view returns (bool valid) {
        bool success;
        uint256 available;
        uint256 limit = pairingGas(4);
        assembly ("memory-safe") {
            // 24 words past the free pointer, never kept.
            let input := mload(0x40)
            let words := add(key, 0x20)
            // (-A, B): a and b are neighbours in calldata, only y of A changes.
            calldatacopy(input, proof, 0xc0)
            mstore(add(input, 0x20), sub(Q, mload(add(input, 0x20))))
            // (alpha, beta): neighbours in the key.
            mcopy(add(input, 0xc0), words, 0xc0)
            // (X, gamma)
            mstore(add(input, 0x180), x)
            mstore(add(input, 0x1a0), y)
            mcopy(add(input, 0x1c0), add(words, mul(GAMMA, 0x20)), 0x80)
            // (C, delta)
            calldatacopy(add(input, 0x240), add(proof, 0xc0), 0x40)
            mcopy(add(input, 0x280), add(words, mul(DELTA, 0x20)), 0x80)

            available := gas()
            success := staticcall(limit, EC_PAIRING, input, 0x300, input, 0x20)
            // A chain without the precompile answers success with no data.
            success := and(success, eq(returndatasize(), 0x20))
            valid := eq(mload(input), 1)
        }
        if (success) return valid;
        // A call is given 63/64 of what there is at most; a little more is asked for, since `available` is read before the call is paid for.
        if (available - available / 64 < limit + 10_000) revert PairingOutOfGas(limit);
        revert PrecompileFailed(EC_PAIRING);
    }

    /// @dev The pairing precompile refuses a second argument outside G2's subgroup, whatever the first is; infinity is checked here.
    function _isInG2(uint256[] memory key, uint256 word) private view returns (bool inside) {
        if ((key[word] | key[word + 1] | key[word + 2] | key[word + 3]) == 0) return false;
        uint256 limit = pairingGas(1);
        assembly ("memory-safe") {
            let input := mload(0x40)
            // The generator (1, 2) of G1.
            mstore(input, 1)
            mstore(add(input, 0x20), 2)
            mcopy(add(input, 0x40), add(add(key, 0x20), mul(word, 0x20)), 0x80)
            inside := staticcall(limit, EC_PAIRING, input, 0xc0, input, 0x20)
            inside := and(inside, eq(returndatasize(), 0x20))
        }
    }
}
