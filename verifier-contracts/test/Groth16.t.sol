// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Groth16} from "../src/libraries/Groth16.sol";
import {KeyStore} from "../src/libraries/KeyStore.sol";
import {Groth16Harness} from "./Groth16Harness.sol";
import {Groth16Simulator} from "./Groth16Simulator.sol";
import {Test} from "./Test.sol";

contract Groth16Test is Test, Groth16Simulator {
    uint256 private constant R = 21888242871839275222246405745257275088548364400416034343698204186575808495617;
    uint256 private constant Q = 21888242871839275222246405745257275088696311157297823662689037894645226208583;

    Groth16Harness private groth16;
    uint256[] private key;

    function setUp() public {
        groth16 = new Groth16Harness();
        key = simulatedKey();
    }

    function testFuzz_aValidProofIsAccepted(uint256[7] memory raw, uint256 seed) public view {
        uint256[] memory signals = inField(raw);
        assertTrue(groth16.verify(key, prove(signals, seed), signals));
    }

    /// @dev Signals 0 and 1 are not multiplied; 0..4 covers both sides of that limit.
    function testFuzz_aValidProofForSmallSignalsIsAccepted(uint256[7] memory raw, uint256 seed) public view {
        uint256[] memory signals = inField(raw);
        for (uint256 i = 0; i < 7; i++) {
            signals[i] %= 5;
        }
        assertTrue(groth16.verify(key, prove(signals, seed), signals));
    }

    function test_theLargestSignalsAreAccepted() public view {
        uint256[] memory signals = new uint256[](7);
        for (uint256 i = 0; i < 7; i++) {
            signals[i] = R - 1;
        }
        assertTrue(groth16.verify(key, prove(signals, 0), signals));
    }

    function testFuzz_aProofForOneOtherSignalIsRefused(uint256[7] memory raw, uint256 index, uint256 other) public view {
        uint256[] memory signals = inField(raw);
        Groth16.Proof memory proof = prove(signals, other);
        index %= 7;
        signals[index] = addmod(signals[index], 1 + other % (R - 1), R);
        assertFalse(groth16.verify(key, proof, signals));
    }

    function testFuzz_aSmallSignalChangedToAnotherIsRefused(uint256 index, uint256 from, uint256 to) public view {
        from %= 5;
        to %= 5;
        vm.assume(from != to);
        uint256[] memory signals = new uint256[](7);
        signals[index % 7] = from;
        Groth16.Proof memory proof = prove(signals, 1);
        signals[index % 7] = to;
        assertFalse(groth16.verify(key, proof, signals));
    }

    function testFuzz_aSignalPlusTheOrderIsRefusedByName(uint256[7] memory raw, uint256 index) public {
        uint256[] memory signals = inField(raw);
        Groth16.Proof memory proof = prove(signals, 0);
        index %= 7;
        signals[index] += R;
        expectError(abi.encodeWithSelector(Groth16.SignalNotInField.selector, index, signals[index]));
        groth16.verify(key, proof, signals);
    }

    function testFuzz_aCoordinatePlusTheFieldIsRefused(uint256 coordinate, uint256 seed) public view {
        uint256[] memory signals = new uint256[](7);
        Groth16.Proof memory proof = prove(signals, seed);
        coordinate %= 8;
        if (coordinate < 2) proof.a[coordinate] += Q;
        else if (coordinate < 6) proof.b[coordinate - 2] += Q;
        else proof.c[coordinate - 6] += Q;
        assertFalse(groth16.verify(key, proof, signals));
    }

    function testFuzz_anOppositePointIsRefused(uint256 which, uint256 seed) public view {
        uint256[] memory signals = new uint256[](7);
        Groth16.Proof memory proof = prove(signals, seed);
        which %= 3;
        if (which == 0) {
            proof.a[1] = Q - proof.a[1];
        } else if (which == 1) {
            proof.c[1] = Q - proof.c[1];
        } else {
            proof.b[2] = Q - proof.b[2];
            proof.b[3] = Q - proof.b[3];
        }
        assertFalse(groth16.verify(key, proof, signals));
    }

    function testFuzz_swappedPointsAreRefused(uint256 seed) public view {
        uint256[] memory signals = new uint256[](7);
        Groth16.Proof memory proof = prove(signals, seed);
        (proof.a, proof.c) = (proof.c, proof.a);
        assertFalse(groth16.verify(key, proof, signals));
    }

    function testFuzz_pointsOfAnotherProofAreRefused(uint256 seed) public view {
        uint256[] memory signals = new uint256[](7);
        Groth16.Proof memory proof = prove(signals, seed);
        (proof.c[0], proof.c[1]) = g1(seed % R);
        assertFalse(groth16.verify(key, proof, signals));
    }

    function test_pointsAtInfinityAreRefused() public view {
        uint256[] memory signals = new uint256[](7);
        Groth16.Proof memory proof = prove(signals, 0);
        proof.a = [uint256(0), 0];
        assertFalse(groth16.verify(key, proof, signals));
        proof = prove(signals, 0);
        proof.c = [uint256(0), 0];
        assertFalse(groth16.verify(key, proof, signals));
        proof = prove(signals, 0);
        proof.b = [uint256(0), 0, 0, 0];
        assertFalse(groth16.verify(key, proof, signals));
        Groth16.Proof memory zero;
        assertFalse(groth16.verify(key, zero, signals));
    }

    function testFuzz_aOrCOffTheCurveIsRefused(uint256 change, bool changeC) public view {
        uint256[] memory signals = new uint256[](7);
        Groth16.Proof memory proof = prove(signals, 0);
        uint256[2] memory point = changeC ? proof.c : proof.a;
        uint256 y = addmod(point[1], 1 + change % (Q - 1), Q);
        vm.assume(y != Q - point[1]);
        point[1] = y;
        assertFalse(groth16.verify(key, proof, signals));
    }

    function test_bOffItsCurveFailsInThePrecompile() public {
        uint256[] memory signals = new uint256[](7);
        Groth16.Proof memory proof = prove(signals, 0);
        proof.b[3] = addmod(proof.b[3], 1, Q);
        expectError(abi.encodeWithSelector(Groth16.PrecompileFailed.selector, 8));
        groth16.verify(key, proof, signals);
    }

    function test_bWithItsCoefficientsInTheOtherOrderFailsInThePrecompile() public {
        uint256[] memory signals = new uint256[](7);
        Groth16.Proof memory proof = prove(signals, 0);
        proof.b = [proof.b[1], proof.b[0], proof.b[3], proof.b[2]];
        expectError(abi.encodeWithSelector(Groth16.PrecompileFailed.selector, 8));
        groth16.verify(key, proof, signals);
    }

    function test_bOnTheCurveButOutsideTheSubgroupFailsInThePrecompile() public {
        uint256[] memory signals = new uint256[](7);
        Groth16.Proof memory proof = prove(signals, 0);
        proof.b = outsideTheSubgroup();
        expectError(abi.encodeWithSelector(Groth16.PrecompileFailed.selector, 8));
        groth16.verify(key, proof, signals);
    }

    /// @dev "False" must not be had by starving the call: it answers true, or it reverts.
    function testFuzz_aStarvedCallNeverAnswersFalse(uint256 gas_) public view {
        uint256[] memory signals = new uint256[](7);
        for (uint256 i = 0; i < 7; i++) {
            signals[i] = 1_000_000 + i;
        }
        Groth16.Proof memory proof = prove(signals, 0);
        (bool success, bytes memory answer) = address(groth16).staticcall{gas: gas_ % 300_000}(
            abi.encodeCall(Groth16Harness.verify, (key, proof, signals))
        );
        if (success) assertTrue(abi.decode(answer, (bool)));
    }

    function test_aKeyOfAnotherLengthIsRefused() public {
        uint256[] memory signals = new uint256[](6);
        Groth16.Proof memory proof = prove(signals, 0);
        expectError(abi.encodeWithSelector(Groth16.KeyLengthMismatch.selector, 28, 30));
        groth16.verify(key, proof, signals);
        expectError(abi.encodeWithSelector(Groth16.KeyLengthMismatch.selector, 32, 30));
        groth16.checkKey(key, 8);
    }

    function testFuzz_aProofUnderAnotherKeyIsRefused(uint256 word, uint256 scalar) public view {
        uint256[] memory signals = new uint256[](7);
        for (uint256 i = 0; i < 7; i++) {
            signals[i] = 5 + i;
        }
        Groth16.Proof memory proof = prove(signals, 0);
        uint256[] memory other = key;
        // Any point of IC.
        word = 14 + 2 * (word % 8);
        (other[word], other[word + 1]) = g1(scalar % R);
        vm.assume(other[word] != key[word]);
        assertFalse(groth16.verify(other, proof, signals));
    }

    /// @dev Keys that `checkKey` would refuse: the precompile that meets the bad point is named.
    function test_aBadPointOfAnUncheckedKeyIsNoMatterOfTheProof() public {
        uint256[] memory signals = new uint256[](7);
        signals[0] = 4;
        Groth16.Proof memory proof = prove(signals, 0);
        uint256[] memory multiplied = key;
        multiplied[17] = addmod(key[17], 1, Q);
        expectError(abi.encodeWithSelector(Groth16.PrecompileFailed.selector, 7));
        groth16.verify(multiplied, proof, signals);
        uint256[] memory added = key;
        added[15] = addmod(key[15], 1, Q);
        expectError(abi.encodeWithSelector(Groth16.PrecompileFailed.selector, 6));
        groth16.verify(added, proof, signals);
    }

    function test_theSimulatedKeyPassesTheCheck() public view {
        groth16.checkKey(key, 7);
    }

    function test_aKeyWithGammaEqualToDeltaIsRefused() public {
        for (uint256 i = 0; i < 4; i++) {
            key[10 + i] = key[6 + i];
        }
        expectError(abi.encodeWithSelector(Groth16.GammaEqualsDelta.selector));
        groth16.checkKey(key, 7);
    }

    function test_aKeyWithGammaOppositeToDeltaIsRefused() public {
        (key[10], key[11]) = (key[6], key[7]);
        (key[12], key[13]) = (Q - key[8], Q - key[9]);
        expectError(abi.encodeWithSelector(Groth16.GammaEqualsDelta.selector));
        groth16.checkKey(key, 7);
    }

    function testFuzz_aKeyWithAnyWordChangedIsRefused(uint256 word, uint256 change) public {
        word %= 30;
        uint256 changed = addmod(key[word], 1 + change % (Q - 1), Q);
        // The opposite y is a point of the curve again; of a G2 point, both coefficients of y would have to change.
        vm.assume(changed != Q - key[word]);
        key[word] = changed;
        uint256 start = word < 2 ? 0 : word < 14 ? word - (word - 2) % 4 : word - word % 2;
        expectError(abi.encodeWithSelector(Groth16.InvalidKeyPoint.selector, start));
        groth16.checkKey(key, 7);
    }

    function test_aKeyWithAPointAtInfinityIsRefused() public {
        uint256[8] memory starts = [uint256(0), 2, 6, 10, 14, 16, 26, 28];
        for (uint256 i = 0; i < starts.length; i++) {
            uint256[] memory changed = key;
            changed[starts[i]] = 0;
            changed[starts[i] + 1] = 0;
            if (starts[i] >= 2 && starts[i] < 14) {
                changed[starts[i] + 2] = 0;
                changed[starts[i] + 3] = 0;
            }
            expectError(abi.encodeWithSelector(Groth16.InvalidKeyPoint.selector, starts[i]));
            groth16.checkKey(changed, 7);
        }
    }

    function test_aKeyWithAPointOutsideTheSubgroupIsRefused() public {
        uint256[4] memory point = outsideTheSubgroup();
        for (uint256 i = 0; i < 4; i++) {
            key[2 + i] = point[i];
        }
        expectError(abi.encodeWithSelector(Groth16.InvalidKeyPoint.selector, 2));
        groth16.checkKey(key, 7);
    }

    function testFuzz_aStoredKeyReadsBack(uint256[] memory words) public {
        vm.assume(words.length < 100);
        address store = KeyStore.write(words);
        assertEq(store.code, abi.encodePacked(hex"00", words));
        assertEq(keccak256(abi.encode(KeyStore.read(store, words.length))), keccak256(abi.encode(words)));
    }

    function test_aStoredKeyDoesNothingWhenCalled() public {
        (bool success, bytes memory answer) = KeyStore.write(key).call(hex"12345678");
        assertTrue(success);
        assertEq(answer.length, 0);
    }

    function inField(uint256[7] memory raw) private pure returns (uint256[] memory signals) {
        signals = new uint256[](7);
        for (uint256 i = 0; i < 7; i++) {
            signals[i] = raw[i] % R;
        }
    }

    /// @dev x = 1 on the twist, y found by a square root in Fq2; times R it is not infinity.
    function outsideTheSubgroup() private pure returns (uint256[4] memory) {
        return [
            0,
            1,
            5912654199736721486680175016176231956195085055698687135131307249486702594212,
            18278151005453108793778860132295291098363647455926340152056652516292830556603
        ];
    }
}
