// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IMarginVerifier, MarginProof} from "../src/interfaces/IMarginVerifier.sol";
import {Groth16} from "../src/libraries/Groth16.sol";
import {Groth16Batch} from "../src/libraries/Groth16Batch.sol";
import {ProtocolFixture} from "./ProtocolFixture.sol";
import {Vm} from "./Test.sol";

/// @dev The batch library by itself: what it accepts, and under which coefficients.
contract BatchHarness {
    function check(uint256[] memory key, uint256[] memory points, uint256[] memory signals)
        external
        view
        returns (bool valid, bool completed)
    {
        return Groth16Batch.check(key, points, signals);
    }

    function coefficients(uint256[] memory key, uint256[] memory points, uint256[] memory signals)
        external
        pure
        returns (uint256[] memory)
    {
        return Groth16Batch.coefficients(key, points, signals);
    }
}

contract MarginVerifierBatchTest is ProtocolFixture {
    uint256 private constant SIZE = 4;
    BatchHarness private harness;

    function setUp() public override {
        super.setUp();
        harness = new BatchHarness();
        for (uint256 i = 0; i < SIZE; i++) {
            register(accountOf(i), 1, COMMITMENT + i);
            purse.set(accountOf(i), COLLATERAL);
        }
    }

    function test_aBatchIsPosted() public {
        (address[] memory accounts, MarginProof[] memory margins) = batch();
        assertEq(verifier.postBatch(accounts, margins, false), SIZE);
        for (uint256 i = 0; i < SIZE; i++) {
            assertHealthy(i, true);
            assertEq(verifier.standingOf(accountOf(i)).requirement, 90_000_000 + i);
        }
    }

    function test_aBatchOfOneIsAPost() public {
        (address[] memory accounts, MarginProof[] memory margins) = (new address[](1), new MarginProof[](1));
        (accounts[0], margins[0]) = (accountOf(2), member(2));
        assertEq(verifier.postBatch(accounts, margins, false), 1);
        assertHealthy(2, true);
    }

    function test_oneBadProofRevertsABatchThatDoesNotSkip() public {
        (address[] memory accounts, MarginProof[] memory margins) = batch();
        margins[2].proof = margins[1].proof;
        expectError(invalidProof());
        verifier.postBatch(accounts, margins, false);
    }

    function test_oneBadProofIsFoundByAView() public view {
        (address[] memory accounts, MarginProof[] memory margins) = batch();
        margins[2].proof = margins[1].proof;
        (margins[3].factor, margins[0].version) = (65535, 2);
        bytes[] memory reasons = verifier.refusals(accounts, margins);
        assertEq(reasons[0], abi.encodeWithSelector(IMarginVerifier.VersionMismatch.selector, uint64(2), uint64(1)));
        assertEq(reasons[1], "");
        assertEq(reasons[2], invalidProof());
        assertEq(reasons[3], abi.encodeWithSelector(IMarginVerifier.FactorInsufficient.selector, 65535, 65536));
    }

    function test_badMembersAreSkippedIfTheRelayerWishes() public {
        (address[] memory accounts, MarginProof[] memory margins) = batch();
        margins[2].proof = margins[1].proof;
        margins[3].factor = 65535;
        bytes[] memory reasons = verifier.refusals(accounts, margins);
        vm.recordLogs();
        assertEq(verifier.postBatch(accounts, margins, true), 2);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        uint256 skipped;
        for (uint256 i = 0; i < logs.length; i++) {
            if (logs[i].topics[0] != IMarginVerifier.MemberSkipped.selector) continue;
            uint256 position = uint256(logs[i].topics[1]);
            assertEq(uint256(logs[i].topics[2]), uint160(accountOf(position)));
            assertEq(logs[i].data, abi.encode(reasons[position]));
            skipped++;
        }
        assertEq(skipped, 2);
        for (uint256 i = 0; i < SIZE; i++) {
            assertHealthy(i, i < 2);
        }
    }

    function test_aBatchOfBadMembersOnlyPostsNothing() public {
        (address[] memory accounts, MarginProof[] memory margins) = batch();
        for (uint256 i = 0; i < SIZE; i++) {
            margins[i].version = 2;
        }
        assertEq(verifier.postBatch(accounts, margins, true), 0);
    }

    /// @dev Such a B makes the pairing precompile fail and take the gas it was given.
    function test_aPointOutsideTheSubgroupCostsItsMemberAlone() public {
        (address[] memory accounts, MarginProof[] memory margins) = batch();
        margins[1].proof.b[0] ^= 1;
        expectError(abi.encodeWithSelector(Groth16.PrecompileFailed.selector, 8));
        verifier.postBatch(accounts, margins, false);
        uint256 before = gasleft();
        assertEq(verifier.postBatch(accounts, margins, true), SIZE - 1);
        assertTrue(before - gasleft() < 3_500_000);
        assertHealthy(1, false);
    }

    /// @dev Whatever gas a relayer gives: all good members are posted, or the transaction is taken back.
    function test_noGoodMemberIsLeftOutByStarvingTheTransaction() public {
        (address[] memory accounts, MarginProof[] memory margins) = batch();
        margins[1].proof = margins[0].proof;
        uint256 complete;
        for (uint256 given = 100_000; given < 3_000_000; given += 50_000) {
            uint256 state = vm.snapshotState();
            try verifier.postBatch{gas: given}(accounts, margins, true) returns (uint256 posted) {
                assertEq(posted, SIZE - 1);
                complete++;
            } catch {}
            vm.revertToState(state);
        }
        assertTrue(complete > 0);
    }

    function test_aPairingThatRanOutOfGasSaysSo() public view {
        MarginProof memory margin = member(0);
        uint256 ranOut;
        for (uint256 given = 60_000; given < 600_000; given += 10_000) {
            try verifier.previewPost{gas: given}(accountOf(0), margin) {}
            catch (bytes memory reason) {
                // Too little for anything, for a cheap precompile, or for the pairing; never a word against the proof.
                if (reason.length == 0) continue;
                bool pairing = bytes4(reason) == Groth16.PairingOutOfGas.selector;
                assertTrue(pairing || bytes4(reason) == Groth16.PrecompileFailed.selector);
                if (pairing) ranOut++;
                else assertTrue(uint8(reason[35]) != 8);
            }
        }
        assertTrue(ranOut > 0);
    }

    /// @dev EIP-7825: 2^24 gas a transaction. The worst case of the largest batch: one B outside G2, so that each proof is checked alone.
    function test_theLargestBatchWithABadMemberFitsInATransaction() public {
        (address[] memory accounts, MarginProof[] memory margins) = (new address[](32), new MarginProof[](32));
        for (uint256 i = 0; i < 32; i++) {
            if (i >= SIZE) register(accountOf(i), 1, COMMITMENT + i);
            purse.set(accountOf(i), COLLATERAL);
            (accounts[i], margins[i]) = (accountOf(i), member(i));
        }
        margins[31].proof.b[0] ^= 1;
        uint256 before = gasleft();
        assertEq(verifier.postBatch(accounts, margins, true), 31);
        // Calldata: 18 words a member.
        assertTrue(before - gasleft() + 21_000 + 16 * 32 * 18 * 32 < 2 ** 24);
    }

    function test_oneProofTwiceIsRefused() public {
        (address[] memory accounts, MarginProof[] memory margins) = batch();
        (accounts[1], margins[1]) = (accounts[0], margins[0]);
        expectError(abi.encodeWithSelector(IMarginVerifier.BatchNotSorted.selector, 1));
        verifier.postBatch(accounts, margins, true);
    }

    function test_aBatchOutOfOrderIsRefused() public {
        (address[] memory accounts, MarginProof[] memory margins) = batch();
        (accounts[1], accounts[2]) = (accounts[2], accounts[1]);
        expectError(abi.encodeWithSelector(IMarginVerifier.BatchNotSorted.selector, 2));
        verifier.postBatch(accounts, margins, false);
    }

    function test_anEmptyBatchATooLargeOneAndOneWithoutProofsAreRefused() public {
        expectError(abi.encodeWithSelector(IMarginVerifier.BatchSizeOutOfRange.selector, 0, 0));
        verifier.postBatch(new address[](0), new MarginProof[](0), true);
        expectError(abi.encodeWithSelector(IMarginVerifier.BatchSizeOutOfRange.selector, 33, 33));
        verifier.postBatch(new address[](33), new MarginProof[](33), true);
        expectError(abi.encodeWithSelector(IMarginVerifier.BatchSizeOutOfRange.selector, 2, 1));
        verifier.postBatch(new address[](2), new MarginProof[](1), true);
        expectError(abi.encodeWithSelector(Groth16Batch.BatchLengthMismatch.selector, 0, 0));
        verifier.verifyBatch("S", new Groth16.Proof[](0), new uint256[](0));
        expectError(abi.encodeWithSelector(Groth16Batch.BatchLengthMismatch.selector, 8, 6));
        verifier.verifyBatch("S", new Groth16.Proof[](1), new uint256[](6));
    }

    function test_aBatchOfTwoTiersIsRefused() public {
        (address[] memory accounts, MarginProof[] memory margins) = batch();
        margins[3].tier = "M";
        expectError(abi.encodeWithSelector(IMarginVerifier.MixedTiers.selector, 3));
        verifier.postBatch(accounts, margins, false);
    }

    function test_aBatchDoesNotWorkUnderAnotherKey() public {
        (address[] memory accounts, MarginProof[] memory margins) = batch();
        for (uint256 i = 0; i < SIZE; i++) {
            margins[i].tier = "M";
        }
        expectError(invalidProof());
        verifier.postBatch(accounts, margins, false);
    }

    function testFuzz_aBatchIsValidExactlyIfEachProofIs(uint256 seed, uint8 broken) public view {
        uint256 count = 1 + seed % 6;
        (uint256[] memory points, uint256[] memory signals) = randomBatch(seed, count);
        bool bad = broken % 2 == 1;
        // One word of one proof: another point of the curve, or another signal.
        uint256 victim = (seed >> 16) % count;
        if (bad && broken % 4 == 1) (points[8 * victim + 6], points[8 * victim + 7]) = g1(1 + seed % 1000);
        else if (bad) signals[7 * victim + seed % 7] = addmod(signals[7 * victim + seed % 7], 1, R);
        (bool valid, bool completed) = harness.check(simulatedKey(), points, signals);
        assertTrue(completed);
        assertTrue(valid == !bad);
    }

    function test_signalsPlusRAreRefusedInABatch() public {
        (uint256[] memory points, uint256[] memory signals) = randomBatch(3, 3);
        uint256[] memory key = simulatedKey();
        // 2 R is below 2^256.
        for (uint256 i = 0; i < signals.length; i++) {
            signals[i] += R;
            expectError(abi.encodeWithSelector(Groth16.SignalNotInField.selector, i, signals[i]));
            harness.check(key, points, signals);
            signals[i] -= R;
        }
    }

    function test_pointsThatAreNotOnTheirCurvesAreNoProofs() public view {
        for (uint256 word = 0; word < 24; word++) {
            (uint256[] memory points, uint256[] memory signals) = randomBatch(3, 3);
            points[word] = Groth16.Q;
            (bool valid,) = harness.check(simulatedKey(), points, signals);
            assertFalse(valid);
        }
        for (uint256 word = 0; word < 24; word += word % 8 == 0 ? 6 : 2) {
            (uint256[] memory points, uint256[] memory signals) = randomBatch(3, 3);
            (points[word], points[word + 1]) = (0, 0);
            (bool valid,) = harness.check(simulatedKey(), points, signals);
            assertFalse(valid);
        }
    }

    /// @dev Two proofs whose errors cancel under coefficients known beforehand: C[0] + r D and C[1] - D for any D. This is the attack.
    function test_errorsThatCancelUnderKnownCoefficientsAreAcceptedByAVerifierThatTakesThem() public view {
        (uint256[] memory points, uint256[] memory signals) = randomBatch(11, 2);
        uint256 r = harness.coefficients(simulatedKey(), points, signals)[1];
        points = cancelling(points, r);
        assertTrue(naiveCheck(points, signals, r));
        // Neither is a proof of its own.
        assertFalse(naiveCheck(points, signals, addmod(r, 1, R)));
    }

    /// @dev The coefficients depend on all points, so those for which the errors cancel are gone once the errors are in.
    function testFuzz_coefficientsCannotBeGrinded(uint256 seed) public view {
        (uint256[] memory points, uint256[] memory signals) = randomBatch(seed, 2);
        uint256[] memory r = harness.coefficients(simulatedKey(), points, signals);
        points = cancelling(points, r[1]);
        (bool valid,) = harness.check(simulatedKey(), points, signals);
        assertFalse(valid);
        assertTrue(harness.coefficients(simulatedKey(), points, signals)[1] != r[1]);
    }

    function test_theCoefficientsDependOnKeyCountEveryPointAndEverySignal() public view {
        (uint256[] memory points, uint256[] memory signals) = randomBatch(5, 3);
        uint256[] memory r = harness.coefficients(simulatedKey(), points, signals);
        assertEq(r[0], 1);
        assertTrue(r[1] != r[2] && r[1] >> 128 == 0 && r[2] >> 128 == 0 && r[1] >> 96 != 0);
        assertTrue(harness.coefficients(otherKey(), points, signals)[1] != r[1]);
        for (uint256 i = 0; i < points.length; i++) {
            points[i] ^= 1;
            assertTrue(harness.coefficients(simulatedKey(), points, signals)[1] != r[1]);
            points[i] ^= 1;
        }
        for (uint256 i = 0; i < signals.length; i++) {
            signals[i] ^= 1;
            assertTrue(harness.coefficients(simulatedKey(), points, signals)[1] != r[1]);
            signals[i] ^= 1;
        }
        // Computed anew from the definition.
        bytes32 seed = keccak256(
            abi.encode(
                keccak256(abi.encodePacked(simulatedKey())),
                uint256(3),
                keccak256(abi.encodePacked(points)),
                keccak256(abi.encodePacked(signals))
            )
        );
        assertEq(r[2], uint128(uint256(keccak256(abi.encode(seed, uint256(2))))));
    }

    function batch() private view returns (address[] memory accounts, MarginProof[] memory margins) {
        (accounts, margins) = (new address[](SIZE), new MarginProof[](SIZE));
        for (uint256 i = 0; i < SIZE; i++) {
            (accounts[i], margins[i]) = (accountOf(i), member(i));
        }
    }

    function member(uint256 i) private view returns (MarginProof memory margin) {
        margin = baseMargin();
        margin.disclosedRequirement += i;
        return standing(accountOf(i), margin, COMMITMENT + i, ROOT);
    }

    function accountOf(uint256 i) private pure returns (address) {
        return address(uint160(0xB000 + i));
    }

    function assertHealthy(uint256 i, bool expected) private view {
        (bool counts, bool healthy) = verifier.healthOf(accountOf(i));
        assertTrue((counts && healthy) == expected);
    }

    function randomBatch(uint256 seed, uint256 count)
        private
        view
        returns (uint256[] memory points, uint256[] memory signals)
    {
        (points, signals) = (new uint256[](8 * count), new uint256[](7 * count));
        for (uint256 i = 0; i < count; i++) {
            uint256[] memory words = new uint256[](7);
            for (uint256 j = 0; j < 7; j++) {
                words[j] = uint256(keccak256(abi.encode(seed, i, j))) % R;
                signals[7 * i + j] = words[j];
            }
            Groth16.Proof memory proof = prove(words, seed % 1000 + i);
            (points[8 * i], points[8 * i + 1], points[8 * i + 6], points[8 * i + 7]) =
                (proof.a[0], proof.a[1], proof.c[0], proof.c[1]);
            for (uint256 j = 0; j < 4; j++) {
                points[8 * i + 2 + j] = proof.b[j];
            }
        }
    }

    /// @dev C[0] + r D, C[1] - D, with D the generator.
    function cancelling(uint256[] memory points, uint256 r) private view returns (uint256[] memory changed) {
        changed = new uint256[](points.length);
        for (uint256 i = 0; i < points.length; i++) {
            changed[i] = points[i];
        }
        (uint256 x, uint256 y) = g1(r);
        (changed[6], changed[7]) = sum(points[6], points[7], x, y);
        (changed[14], changed[15]) = sum(points[14], points[15], 1, Groth16.Q - 2);
    }

    /// @dev e(-A0, B0) e(-r A1, B1) e((1 + r) alpha, beta) e(X0 + r X1, gamma) e(C0 + r C1, delta) = 1 for a given r.
    function naiveCheck(uint256[] memory points, uint256[] memory signals, uint256 r) private view returns (bool) {
        uint256[] memory key = simulatedKey();
        uint256[] memory input = new uint256[](30);
        (input[0], input[1]) = (points[0], Groth16.Q - points[1]);
        (uint256 x, uint256 y) = times(points[8], points[9], r);
        (input[6], input[7]) = (x, Groth16.Q - y);
        (input[12], input[13]) = times(key[0], key[1], addmod(1, r, R));
        uint256 exponent = mulmod(addmod(1, r, R), icScalar(0), R);
        for (uint256 j = 0; j < 7; j++) {
            uint256 combined = addmod(signals[j], mulmod(r, signals[7 + j], R), R);
            exponent = addmod(exponent, mulmod(combined, icScalar(j + 1), R), R);
        }
        (input[18], input[19]) = g1(exponent);
        (x, y) = times(points[14], points[15], r);
        (input[24], input[25]) = sum(points[6], points[7], x, y);
        for (uint256 j = 0; j < 4; j++) {
            (input[2 + j], input[8 + j]) = (points[2 + j], points[10 + j]);
            (input[14 + j], input[20 + j], input[26 + j]) = (key[2 + j], key[6 + j], key[10 + j]);
        }
        (bool success, bytes memory answer) = address(8).staticcall(abi.encodePacked(input));
        return success && abi.decode(answer, (bool));
    }

    function sum(uint256 ax, uint256 ay, uint256 bx, uint256 by) private view returns (uint256, uint256) {
        (, bytes memory point) = address(6).staticcall(abi.encode(ax, ay, bx, by));
        return abi.decode(point, (uint256, uint256));
    }

    function times(uint256 x, uint256 y, uint256 scalar) private view returns (uint256, uint256) {
        (, bytes memory point) = address(7).staticcall(abi.encode(x, y, scalar));
        return abi.decode(point, (uint256, uint256));
    }
}
