// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPolicyRegistry, PolicyParameters} from "../src/interfaces/IPolicyRegistry.sol";
import {PolicyRegistryFixture, VerifierStub} from "./PolicyRegistryFixture.sol";

contract PolicyRegistryActivationTest is PolicyRegistryFixture {
    uint256 private constant FROM = START + TIMELOCK;
    uint256 private constant ODDS = 16;

    function setUp() public override {
        super.setUp();
        activateFirst(ONE / 2);
        PolicyParameters memory stricter = plain();
        stricter.base = 2 * uint64(ONE);
        propose(1, stricter);
    }

    function test_anActivationIsAnnouncedWithBothEndsOfItsTime() public {
        vm.expectEmit(address(policy));
        emit IPolicyRegistry.ActivationScheduled(2, FROM, FROM + MAX_DELAY);
        schedule(2);
        (uint32 version, uint64 from) = policy.pendingActivation();
        assertEq(version, 2);
        assertEq(from, FROM);
        assertEq(policy.activeVersion(), 1);
    }

    function test_nothingIsActivatedBeforeTheTimelockEvenInADrawnBlock() public {
        schedule(2);
        vm.prevrandao(randomness(2, true));
        expectError(abi.encodeWithSelector(IPolicyRegistry.ActivationTooEarly.selector, FROM, START));
        policy.activate();
        vm.warp(FROM - 1);
        expectError(abi.encodeWithSelector(IPolicyRegistry.ActivationTooEarly.selector, FROM, FROM - 1));
        policy.activate();
        vm.warp(FROM);
        assertTrue(policy.activate());
    }

    function test_aBlockThatIsNotDrawnChangesNothing() public {
        schedule(2);
        vm.warp(FROM);
        vm.prevrandao(randomness(2, false));
        vm.prank(STRANGER);
        assertFalse(policy.activate());
        assertFalse(policy.activate());
        assertEq(policy.activeVersion(), 1);
        assertEq(policy.requiredFactor(), FACTOR);
        (uint32 pending,) = policy.pendingActivation();
        assertEq(pending, 2);
    }

    function test_anyoneActivatesInADrawnBlock() public {
        schedule(2);
        vm.warp(FROM);
        vm.prevrandao(randomness(2, true));
        vm.expectEmit(address(policy));
        emit IPolicyRegistry.VersionActivated(2);
        vm.prank(STRANGER);
        assertTrue(policy.activate());
        assertEq(policy.activeVersion(), 2);
        assertEq(policy.requiredFactor(), 2 * FACTOR);
        expectError(abi.encodeWithSelector(IPolicyRegistry.NoActivationPending.selector));
        policy.activate();
    }

    function test_fromTheBoundOnEveryBlockActivates() public {
        schedule(2);
        vm.prevrandao(randomness(2, false));
        vm.warp(FROM + MAX_DELAY - 1);
        assertFalse(policy.activate());
        vm.warp(FROM + MAX_DELAY);
        assertTrue(policy.activate());
        assertEq(policy.activeVersion(), 2);
    }

    function test_anActivationThatWasForgottenLapses() public {
        schedule(2);
        uint256 last = FROM + MAX_DELAY + policy.WINDOW();
        vm.warp(last + 1);
        expectError(abi.encodeWithSelector(IPolicyRegistry.ActivationExpired.selector, last, last + 1));
        policy.activate();
        vm.warp(last);
        assertTrue(policy.activate());
    }

    function test_oneBlockInSixteenIsDrawn() public {
        schedule(2);
        vm.warp(FROM);
        uint256 drawn;
        for (uint256 i = 0; i < 1600; i++) {
            vm.prevrandao(keccak256(abi.encode("randao", i)));
            bool expected = isDrawn(keccak256(abi.encode("randao", i)), 2);
            bool activated = policy.activate();
            assertTrue(activated == expected);
            if (!activated) continue;
            drawn++;
            schedule(2);
            vm.warp(vm.getBlockTimestamp() + TIMELOCK);
        }
        // Binomial: mean 100, standard deviation 9.7.
        assertTrue(drawn > 60 && drawn < 140);
    }

    function test_theDrawDependsOnTheLastBlockAndOnTheVersionToo() public {
        uint256 changes;
        bytes32 fixedRandomness = keccak256("one randao");
        for (uint256 i = 0; i < 64; i++) {
            vm.setBlockhash(block.number - 1, keccak256(abi.encode("block", i)));
            if (isDrawn(fixedRandomness, 2)) changes++;
        }
        assertTrue(changes > 0 && changes < 16);

        // And the contract reads the same hash.
        schedule(2);
        vm.warp(FROM);
        vm.prevrandao(fixedRandomness);
        for (uint256 i = 0; i < 64; i++) {
            vm.setBlockhash(block.number - 1, keccak256(abi.encode("block", i)));
            bool expected = isDrawn(fixedRandomness, 2);
            assertTrue(policy.activate() == expected);
            if (expected) break;
        }
        assertEq(policy.activeVersion(), 2);
    }

    function test_aCancelledActivationDoesNotHappen() public {
        schedule(2);
        vm.expectEmit(address(policy));
        emit IPolicyRegistry.ActivationCancelled(2);
        vm.prank(OWNER);
        policy.cancelActivation();
        vm.warp(FROM + MAX_DELAY);
        expectError(abi.encodeWithSelector(IPolicyRegistry.NoActivationPending.selector));
        policy.activate();
        expectError(abi.encodeWithSelector(IPolicyRegistry.NoActivationPending.selector));
        vm.prank(OWNER);
        policy.cancelActivation();
    }

    function test_oneActivationIsPendingAtATimeAndACancelledOneWaitsAnew() public {
        schedule(2);
        expectError(abi.encodeWithSelector(IPolicyRegistry.ActivationPending.selector, 2));
        schedule(1);
        vm.warp(FROM - 1);
        vm.prank(OWNER);
        policy.cancelActivation();
        schedule(2);
        vm.warp(FROM);
        expectError(abi.encodeWithSelector(IPolicyRegistry.ActivationTooEarly.selector, FROM - 1 + TIMELOCK, FROM));
        policy.activate();
    }

    function test_anEarlierVersionCanBeActivatedAgainWithTheSameVerifier() public {
        switchTo(2);
        assertEq(policy.requiredFactorFor(address(verifier)), 2 * FACTOR);
        switchTo(1);
        assertEq(policy.activeVersion(), 1);
        assertEq(policy.requiredFactorFor(address(verifier)), 2 * FACTOR);
        vm.warp(vm.getBlockTimestamp() + 1 days);
        assertEq(policy.requiredFactorFor(address(verifier)), FACTOR);
    }

    function test_aPauseDoesNotHoldUpAnActivation() public {
        schedule(2);
        vm.prank(GUARDIAN);
        policy.pause();
        vm.warp(FROM + MAX_DELAY);
        assertTrue(policy.activate());
        assertEq(policy.activeVersion(), 2);
    }

    function test_theValueFallsByTheOldDecayUpToTheActivationAndByTheNewOneFromThere() public {
        PolicyParameters memory slower = plain();
        slower.decay = DECAY / 16;
        uint32 version = propose(1, slower);
        schedule(version);
        vm.warp(FROM + MAX_DELAY - 100);
        publish(ONE + ONE / 2);
        publish(ONE / 2);
        vm.warp(FROM + MAX_DELAY);
        assertTrue(policy.activate());
        assertEq(policy.requiredFactor(), 3 * FACTOR - 1600);
        vm.warp(FROM + MAX_DELAY + 100);
        assertEq(policy.requiredFactor(), 3 * FACTOR - 1700);
    }

    function test_theNewVersionsTargetIsThatOfTheLastIndices() public {
        schedule(2);
        publish(ONE);
        vm.warp(FROM + MAX_DELAY);
        assertTrue(policy.activate());
        assertEq(policy.requiredFactor(), 3 * FACTOR);
    }

    function test_theFloorOutlastsAnActivation() public {
        vm.prank(GUARDIAN);
        policy.tighten(3 * uint64(ONE));
        switchTo(2);
        vm.warp(vm.getBlockTimestamp() + 365 days);
        assertEq(policy.requiredFactor(), 3 * FACTOR);
    }

    function test_theVerifierOfAVersionIsRefusedUnlessTheVersionIsActive() public {
        VerifierStub other = newVerifier();
        vm.prank(OWNER);
        uint32 version = policy.propose(1, plain(), address(other), tierKeys());
        expectError(abi.encodeWithSelector(IPolicyRegistry.VerifierNotActive.selector, address(other)));
        policy.requiredFactorFor(address(other));
        switchTo(version);
        assertEq(policy.requiredFactorFor(address(other)), FACTOR);
        assertEq(policy.verifier(), address(other));
        expectError(abi.encodeWithSelector(IPolicyRegistry.VerifierNotActive.selector, address(verifier)));
        policy.requiredFactorFor(address(verifier));
        expectError(abi.encodeWithSelector(IPolicyRegistry.VerifierNotActive.selector, address(0)));
        policy.requiredFactorFor(address(0));
    }

    function schedule(uint32 version) private {
        vm.prank(OWNER);
        policy.scheduleActivation(version);
    }

    /// @dev Some randomness with which the version is drawn in this block, or is not.
    function randomness(uint32 version, bool drawn) private view returns (bytes32 candidate) {
        while (isDrawn(candidate, version) != drawn) candidate = keccak256(abi.encode(candidate));
    }

    function isDrawn(bytes32 candidate, uint32 version) private view returns (bool) {
        return uint256(keccak256(abi.encode(candidate, blockhash(block.number - 1), version))) % ODDS == 0;
    }
}
