// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Guarded} from "../src/access/Guarded.sol";
import {Timelocked} from "../src/access/Timelocked.sol";
import {TierKey} from "../src/interfaces/IMarginVerifier.sol";
import {IPolicyRegistry, PolicyParameters} from "../src/interfaces/IPolicyRegistry.sol";
import {StressMultiplier} from "../src/libraries/StressMultiplier.sol";
import {PolicyRegistryFixture, VerifierStub} from "./PolicyRegistryFixture.sol";

/// @dev What guardian, owner, verifiers and strangers must not be able to do.
contract PolicyRegistryAttacksTest is PolicyRegistryFixture {
    function setUp() public override {
        super.setUp();
        activateFirst(ONE / 2);
    }

    function test_indicesOfAnyoneButTheOracleAreRefused() public {
        address[4] memory callers = [STRANGER, OWNER, GUARDIAN, address(verifier)];
        for (uint256 i = 0; i < callers.length; i++) {
            expectError(abi.encodeWithSelector(IPolicyRegistry.NotOracle.selector, callers[i]));
            vm.prank(callers[i]);
            policy.onRiskPublished(indicesOf(ONE));
        }
        assertEq(policy.requiredFactor(), FACTOR);
    }

    function test_guardianAndStrangerHaveNoneOfTheOwnersFunctions() public {
        vm.prank(GUARDIAN);
        policy.tighten(2 * uint64(ONE));
        vm.prank(OWNER);
        policy.scheduleRelax(0);
        bytes32 announced = keccak256(abi.encode(IPolicyRegistry.relax.selector, uint64(1), 2 * uint64(ONE), uint64(0)));
        assertEq(policy.readyAt(announced), START + TIMELOCK);
        propose(1, plain());
        vm.prank(OWNER);
        policy.scheduleActivation(2);
        vm.warp(START + TIMELOCK);
        vm.prank(GUARDIAN);
        policy.pause();

        bytes[] memory calls = new bytes[](9);
        calls[0] = abi.encodeCall(policy.propose, (1, plain(), address(verifier), tierKeys()));
        calls[1] = abi.encodeCall(policy.scheduleActivation, (1));
        calls[2] = abi.encodeCall(policy.cancelActivation, ());
        calls[3] = abi.encodeCall(policy.scheduleRelax, (1));
        calls[4] = abi.encodeCall(policy.relax, (0));
        calls[5] = abi.encodeCall(policy.unpause, ());
        calls[6] = abi.encodeCall(policy.setGuardian, (STRANGER));
        calls[7] = abi.encodeCall(policy.cancel, (announced));
        calls[8] = abi.encodeCall(policy.transferOwnership, (STRANGER));
        address[2] memory callers = [GUARDIAN, STRANGER];
        for (uint256 i = 0; i < calls.length; i++) {
            for (uint256 j = 0; j < callers.length; j++) {
                vm.prank(callers[j]);
                (bool success, bytes memory answer) = address(policy).call(calls[i]);
                assertFalse(success);
                assertEq(answer, notOwner(callers[j]));
            }
        }
        expectError(abi.encodeWithSelector(Guarded.NotGuardian.selector, STRANGER));
        vm.prank(STRANGER);
        policy.tighten(3 * uint64(ONE));
        expectError(abi.encodeWithSelector(Guarded.NotGuardian.selector, STRANGER));
        vm.prank(STRANGER);
        policy.pause();
    }

    function test_theGuardianRaisesTheFloorAloneAndNotAboveItsLimit() public {
        tighten(2 * uint64(ONE));
        assertEq(policy.requiredFactor(), 2 * FACTOR);
        uint64[5] memory refused =
            [0, uint64(ONE), 2 * uint64(ONE), policy.MAX_FLOOR() + 1, type(uint64).max];
        for (uint256 i = 0; i < refused.length; i++) {
            expectError(
                abi.encodeWithSelector(IPolicyRegistry.FloorOutOfRange.selector, refused[i], 2 * uint64(ONE))
            );
            tighten(refused[i]);
        }
        tighten(policy.MAX_FLOOR());
        assertEq(policy.requiredFactor(), 8 * FACTOR);
    }

    function test_theOwnerRelaxesNothingWithoutTheTimelock() public {
        tighten(2 * uint64(ONE));
        bytes32 operation = keccak256(abi.encode(IPolicyRegistry.relax.selector, uint64(1), 2 * uint64(ONE), uint64(ONE)));
        expectError(abi.encodeWithSelector(Timelocked.OperationUnknown.selector, operation));
        relax(uint64(ONE));
        scheduleRelax(uint64(ONE));
        vm.warp(START + TIMELOCK - 1);
        expectError(
            abi.encodeWithSelector(
                Timelocked.OperationNotReady.selector, operation, START + TIMELOCK, START + TIMELOCK - 1
            )
        );
        relax(uint64(ONE));

        vm.warp(START + TIMELOCK);
        bytes32 other = keccak256(abi.encode(IPolicyRegistry.relax.selector, uint64(1), 2 * uint64(ONE), uint64(0)));
        expectError(abi.encodeWithSelector(Timelocked.OperationUnknown.selector, other));
        relax(0);
        relax(uint64(ONE));
        tighten(2 * uint64(ONE));
        // One announcement lowers the floor once.
        operation = keccak256(abi.encode(IPolicyRegistry.relax.selector, uint64(2), 2 * uint64(ONE), uint64(ONE)));
        expectError(abi.encodeWithSelector(Timelocked.OperationUnknown.selector, operation));
        relax(uint64(ONE));
    }

    function test_anAnnouncedRelaxationDoesNotUndoALaterEmergency() public {
        tighten(2 * uint64(ONE));
        scheduleRelax(uint64(ONE));
        vm.warp(START + TIMELOCK);
        tighten(3 * uint64(ONE));
        bytes32 operation = keccak256(abi.encode(IPolicyRegistry.relax.selector, uint64(2), 3 * uint64(ONE), uint64(ONE)));
        expectError(abi.encodeWithSelector(Timelocked.OperationUnknown.selector, operation));
        relax(uint64(ONE));
        assertEq(policy.requiredFactor(), 3 * FACTOR);
    }

    /// @dev Down again to where it was announced from: the announcement stays void.
    function test_aRaisedFloorVoidsEarlierAnnouncementsForGood() public {
        tighten(3 * uint64(ONE));
        scheduleRelax(uint64(ONE));
        tighten(4 * uint64(ONE));
        scheduleRelax(3 * uint64(ONE));
        vm.warp(START + TIMELOCK);
        relax(3 * uint64(ONE));
        bytes32 operation = keccak256(abi.encode(IPolicyRegistry.relax.selector, uint64(2), 3 * uint64(ONE), uint64(ONE)));
        expectError(abi.encodeWithSelector(Timelocked.OperationUnknown.selector, operation));
        relax(uint64(ONE));
    }

    /// @dev The oracle calls one observer; a registry that is not it follows when anyone says so.
    function test_aRegistryThatTheOracleDoesNotCallFollowsWhenAnyoneSaysSo() public {
        source.set(indicesOf(3 * ONE / 4));
        assertEq(policy.requiredFactor(), FACTOR);
        vm.prank(STRANGER);
        policy.follow();
        assertTrue(policy.requiredFactor() > FACTOR);
    }

    function test_aFloorIsNotRaisedByRelaxing() public {
        tighten(2 * uint64(ONE));
        for (uint64 floor = 2 * uint64(ONE); floor <= 3 * uint64(ONE); floor += ONE) {
            expectError(abi.encodeWithSelector(IPolicyRegistry.FloorOutOfRange.selector, floor, 2 * uint64(ONE)));
            scheduleRelax(floor);
        }
    }

    function test_aBurstOfCalmPublicationsDoesNotBringTheMultiplierDown() public {
        publish(ONE + ONE / 2);
        for (uint40 i = 0; i < 50; i++) {
            publish(ONE / 4 + i);
        }
        assertEq(policy.requiredFactor(), 3 * FACTOR);
        vm.warp(START + 1);
        for (uint40 i = 0; i < 50; i++) {
            publish(ONE / 2 + i % 2 * 1000);
        }
        assertEq(policy.requiredFactor(), 3 * FACTOR - 16);
    }

    function test_aMissedPublicationDoesNotBringItDownEither() public {
        publish(ONE + ONE / 2);
        vm.warp(START + 30 days);
        assertEq(policy.requiredFactor(), 3 * FACTOR);
        publish(ONE / 2);
        assertEq(policy.requiredFactor(), 3 * FACTOR);
        vm.warp(START + 30 days + 1);
        assertEq(policy.requiredFactor(), 3 * FACTOR - 16);
    }

    function test_theActivationOfALaxerVersionDoesNotDropTheMultiplier() public {
        PolicyParameters memory lax = plain();
        lax.volatility.slope = 0;
        propose(1, lax);
        publish(ONE + ONE / 2);
        switchTo(2);
        uint256 activation = vm.getBlockTimestamp();
        assertEq(policy.requiredFactor(), 3 * FACTOR);
        publish(ONE / 4);
        assertEq(policy.requiredFactor(), 3 * FACTOR);
        vm.warp(activation + 100);
        assertEq(policy.requiredFactor(), 3 * FACTOR - 1600);
    }

    function test_switchingBackAndForthDoesNotHastenTheFall() public {
        PolicyParameters memory lax = plain();
        lax.volatility.slope = 0;
        lax.decay = 1;
        propose(1, lax);
        publish(ONE + ONE / 2);
        switchTo(2);
        switchTo(1);
        assertEq(policy.requiredFactor(), 3 * FACTOR);
        publish(ONE / 2);
        vm.prank(OWNER);
        policy.scheduleActivation(2);
        vm.warp(vm.getBlockTimestamp() + 100);
        assertEq(policy.requiredFactor(), 3 * FACTOR - 1600);
    }

    function test_proposalsWhoseVerifierBelongsElsewhereAreRefused() public {
        VerifierStub otherOracle = new VerifierStub(STRANGER, address(policy), tierKeys());
        VerifierStub otherPolicy = new VerifierStub(address(source), STRANGER, tierKeys());
        address[4] memory refused = [address(otherOracle), address(otherPolicy), STRANGER, address(0)];
        for (uint256 i = 0; i < refused.length; i++) {
            expectError(abi.encodeWithSelector(IPolicyRegistry.InvalidVerifier.selector, refused[i]));
            vm.prank(OWNER);
            policy.propose(1, plain(), refused[i], tierKeys());
        }
        assertEq(policy.versionCount(), 1);
    }

    function test_proposalsWithOtherKeysThanTheVerifiersAreRefused() public {
        TierKey[] memory swapped = tierKeys();
        (swapped[0], swapped[1]) = (swapped[1], swapped[0]);
        TierKey[] memory otherHash = tierKeys();
        otherHash[1].keyHash = keccak256("key of a forger");
        TierKey[] memory otherTier = tierKeys();
        otherTier[0].tier = "L";
        TierKey[] memory fewer = new TierKey[](1);
        fewer[0] = tierKeys()[0];
        TierKey[] memory more = new TierKey[](3);
        (more[0], more[1]) = (tierKeys()[0], tierKeys()[1]);
        TierKey[][6] memory refused = [swapped, otherHash, otherTier, fewer, more, new TierKey[](0)];
        for (uint256 i = 0; i < refused.length; i++) {
            expectError(abi.encodeWithSelector(IPolicyRegistry.KeysMismatch.selector, address(verifier)));
            vm.prank(OWNER);
            policy.propose(1, plain(), address(verifier), refused[i]);
        }
    }

    /// @dev Whatever happens in whatever order: a second lowers the multiplier by the active decay at most, and it is never below the target.
    function testFuzz_noSequenceOfEventsLowersTheMultiplierFaster(bytes32 seed) public {
        PolicyParameters memory lax = plain();
        lax.volatility.slope = ONE / 8;
        lax.decay = ONE / 3600;
        propose(1, lax);
        uint256 last = policy.requiredFactor();
        for (uint256 i = 0; i < 40; i++) {
            seed = keccak256(abi.encode(seed));
            uint256 kind = uint256(seed) % 8;
            uint256 elapsed = (uint256(seed) >> 8) % 600;
            uint256 decay = policy.activeVersion() == 1 ? DECAY : ONE / 3600;
            vm.warp(vm.getBlockTimestamp() + elapsed);
            if (kind < 4) publish(uint40(uint256(seed) >> 32) % (2 * ONE));
            else if (kind == 4) tryTighten(uint64(uint256(seed) >> 32) % policy.MAX_FLOOR() / 2);
            else if (kind == 5) elapsed += relaxToNothing();
            else elapsed += activateOther();

            uint256 present = policy.requiredFactor();
            // One unit for rounding up to Q16.
            assertTrue(present + (decay * elapsed >> 16) + 1 >= last);
            assertTrue(present >= StressMultiplier.factorOf(target()));
            last = present;
        }
    }

    function target() private view returns (uint256) {
        (uint32 version, uint256 floor) = (policy.activeVersion(), storedFloor());
        (uint8 generation, PolicyParameters memory parameters,,) = policy.versionOf(version);
        uint256 multiplier = StressMultiplier.multiplierOf(generation, parameters, source.indices());
        return multiplier > floor ? multiplier : floor;
    }

    function storedFloor() private view returns (uint64 floor) {
        (,, floor,,,) = policy.multiplier();
    }

    function tryTighten(uint64 floor) private {
        if (floor > storedFloor()) tighten(floor);
    }

    function relaxToNothing() private returns (uint256) {
        if (storedFloor() == 0) return 0;
        scheduleRelax(0);
        vm.warp(vm.getBlockTimestamp() + TIMELOCK);
        uint256 before = spikeAndCalm();
        relax(0);
        assertEq(policy.requiredFactor(), before);
        return TIMELOCK;
    }

    function activateOther() private returns (uint256) {
        uint32 other = 3 - policy.activeVersion();
        vm.prank(OWNER);
        policy.scheduleActivation(other);
        vm.warp(vm.getBlockTimestamp() + TIMELOCK + MAX_DELAY);
        uint256 before = spikeAndCalm();
        assertTrue(policy.activate());
        assertTrue(policy.requiredFactor() >= before);
        return TIMELOCK + MAX_DELAY;
    }

    /// @dev Leaves the multiplier above its target, so that there is something to drop.
    function spikeAndCalm() private returns (uint256) {
        publish(2 * ONE);
        publish(ONE / 2);
        return policy.requiredFactor();
    }

    function tighten(uint64 floor) private {
        vm.prank(GUARDIAN);
        policy.tighten(floor);
    }

    function scheduleRelax(uint64 floor) private {
        vm.prank(OWNER);
        policy.scheduleRelax(floor);
    }

    function relax(uint64 floor) private {
        vm.prank(OWNER);
        policy.relax(floor);
    }
}
