// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {RiskRegistry} from "../src/RiskRegistry.sol";
import {TwoStepOwner} from "../src/access/TwoStepOwner.sol";
import {IRiskRegistry} from "../src/interfaces/IRiskRegistry.sol";
import {Groth16} from "../src/libraries/Groth16.sol";
import {Test} from "./Test.sol";

contract RiskRegistryTest is Test {
    address private constant OWNER = address(0xA11CE);
    address private constant PUBLISHER = address(0xB0B);
    address private constant STRANGER = address(0xBAD);
    uint64 private constant GRACE = 60;
    uint64 private constant MAX_AGE = 3600;

    RiskRegistry private registry;

    function setUp() public {
        vm.warp(1_000_000);
        registry = new RiskRegistry(OWNER, PUBLISHER, GRACE, MAX_AGE);
    }

    function test_anUnpublishedRootIsNotCurrent() public view {
        (bool current, uint64 epoch) = registry.isCurrent(7);
        assertFalse(current);
        assertEq(epoch, 0);
        (current,) = registry.isCurrent(0);
        assertFalse(current);
    }

    function test_theNewestRootIsCurrentUntilTheMaximumAge() public {
        publish(7, 1);
        vm.warp(1_003_600);
        assertTrue(isCurrent(7));
        vm.warp(1_003_601);
        assertFalse(isCurrent(7));
    }

    function test_aSupersededRootIsCurrentForTheGraceAndNotASecondLonger() public {
        publish(7, 1);
        vm.warp(1_000_100);
        publish(8, 2);
        vm.warp(1_000_160);
        assertTrue(isCurrent(7));
        vm.warp(1_000_161);
        assertFalse(isCurrent(7));
        assertTrue(isCurrent(8));
    }

    function test_theGraceDoesNotOutlastTheMaximumAge() public {
        publish(7, 1);
        vm.warp(1_003_590);
        publish(8, 2);
        vm.warp(1_003_601);
        assertFalse(isCurrent(7));
    }

    function test_aLaterPublicationDoesNotRenewTheGraceOfAnOlderRoot() public {
        publish(7, 1);
        vm.warp(1_000_100);
        publish(8, 2);
        vm.warp(1_000_150);
        publish(9, 3);
        vm.warp(1_000_161);
        assertFalse(isCurrent(7));
        assertTrue(isCurrent(8));
    }

    function test_epochAndNewestRootAreReported() public {
        publish(7, 4);
        publish(8, 9);
        (uint256 root, uint64 newestEpoch) = registry.newest();
        assertEq(root, 8);
        assertEq(newestEpoch, 9);
        (, uint64 epoch) = registry.isCurrent(7);
        assertEq(epoch, 4);
    }

    function test_epochZeroIsRefused() public {
        vm.prank(PUBLISHER);
        expectError(abi.encodeWithSelector(IRiskRegistry.EpochNotIncreasing.selector, uint64(0), uint64(0)));
        registry.publish(7, 0);
    }

    function testFuzz_anEpochNotAboveTheNewestIsRefused(uint64 first, uint64 second) public {
        vm.assume(first > 0 && second <= first);
        publish(7, first);
        vm.prank(PUBLISHER);
        expectError(abi.encodeWithSelector(IRiskRegistry.EpochNotIncreasing.selector, first, second));
        registry.publish(8, second);
    }

    function testFuzz_anEpochAboveTheNewestIsAccepted(uint64 first, uint64 second) public {
        vm.assume(first > 0 && second > first);
        publish(7, first);
        publish(8, second);
        (, uint64 epoch) = registry.newest();
        assertEq(epoch, second);
    }

    function test_aRootIsPublishedOnce() public {
        publish(7, 1);
        publish(8, 2);
        vm.prank(PUBLISHER);
        expectError(abi.encodeWithSelector(IRiskRegistry.RiskRootAlreadyPublished.selector, 7));
        registry.publish(7, 3);
    }

    function test_aRootOutsideTheFieldIsRefused() public {
        vm.prank(PUBLISHER);
        expectError(abi.encodeWithSelector(IRiskRegistry.InvalidRiskRoot.selector, 0));
        registry.publish(0, 1);
        vm.prank(PUBLISHER);
        expectError(abi.encodeWithSelector(IRiskRegistry.InvalidRiskRoot.selector, Groth16.R));
        registry.publish(Groth16.R, 1);
        publish(Groth16.R - 1, 1);
    }

    function test_onlyThePublisherPublishes() public {
        vm.prank(OWNER);
        expectError(abi.encodeWithSelector(IRiskRegistry.NotPublisher.selector, OWNER));
        registry.publish(7, 1);
    }

    function test_theOwnerReplacesThePublisher() public {
        vm.prank(STRANGER);
        expectError(abi.encodeWithSelector(TwoStepOwner.NotOwner.selector, STRANGER));
        registry.setPublisher(STRANGER);

        vm.prank(OWNER);
        expectError(abi.encodeWithSelector(TwoStepOwner.AddressIsZero.selector));
        registry.setPublisher(address(0));

        vm.prank(OWNER);
        registry.setPublisher(STRANGER);
        vm.prank(STRANGER);
        registry.publish(7, 1);
        assertTrue(isCurrent(7));
    }

    function test_ownershipMovesOnlyWhenAccepted() public {
        vm.prank(OWNER);
        registry.offerOwnership(STRANGER);
        assertEq(registry.owner(), OWNER);

        vm.prank(PUBLISHER);
        expectError(abi.encodeWithSelector(TwoStepOwner.NotPendingOwner.selector, PUBLISHER));
        registry.acceptOwnership();

        vm.prank(STRANGER);
        registry.acceptOwnership();
        assertEq(registry.owner(), STRANGER);
        assertEq(registry.pendingOwner(), address(0));

        vm.prank(OWNER);
        expectError(abi.encodeWithSelector(TwoStepOwner.NotOwner.selector, OWNER));
        registry.offerOwnership(OWNER);
    }

    function test_theConstructorRefusesZeros() public {
        expectError(abi.encodeWithSelector(TwoStepOwner.AddressIsZero.selector));
        new RiskRegistry(address(0), PUBLISHER, GRACE, MAX_AGE);
        expectError(abi.encodeWithSelector(TwoStepOwner.AddressIsZero.selector));
        new RiskRegistry(OWNER, address(0), GRACE, MAX_AGE);
        expectError(abi.encodeWithSelector(IRiskRegistry.MaxAgeIsZero.selector));
        new RiskRegistry(OWNER, PUBLISHER, GRACE, 0);
    }

    function test_theLargestGraceAndAgeDoNotOverflow() public {
        registry = new RiskRegistry(OWNER, PUBLISHER, type(uint64).max, type(uint64).max);
        publish(7, 1);
        publish(8, 2);
        vm.warp(type(uint64).max);
        assertTrue(isCurrent(7));
        // However old a root may be, one that was never published is not current.
        assertFalse(isCurrent(9));
    }

    function publish(uint256 root, uint64 epoch) private {
        vm.prank(PUBLISHER);
        registry.publish(root, epoch);
    }

    function isCurrent(uint256 root) private view returns (bool current) {
        (current,) = registry.isCurrent(root);
    }
}
