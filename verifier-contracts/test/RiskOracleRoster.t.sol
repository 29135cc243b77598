// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {Guarded} from "../src/access/Guarded.sol";
import {Timelocked} from "../src/access/Timelocked.sol";
import {AssetIndices, IRiskOracle, RiskHeader} from "../src/interfaces/IRiskOracle.sol";
import {RiskOracleFixture} from "./RiskOracleFixture.sol";

contract RiskOracleRosterTest is RiskOracleFixture {
    // Signers.

    function test_theSignersCanBeReadBack() public view {
        assertEq(abi.encode(oracle.signers()), abi.encode(addresses(keys)));
        assertEq(oracle.threshold(), 2);
        for (uint256 i = 0; i < 3; i++) assertTrue(oracle.isSigner(vm.addr(keys[i])));
        assertFalse(oracle.isSigner(STRANGER));
    }

    function test_signersAreReplacedAfterTheTimelock() public {
        uint256[] memory next = sortedKeys(0x4E45, 5);
        schedule(next, 3);
        vm.warp(START + TIMELOCK);
        vm.expectEmit(address(oracle));
        emit IRiskOracle.SignersChanged(addresses(next), 3);
        applySigners(next, 3);
        assertEq(abi.encode(oracle.signers()), abi.encode(addresses(next)));
        assertEq(oracle.threshold(), 3);
        RiskHeader memory header = headerAt(1, now64());
        expectRefusal(
            header,
            signaturesOf(header, 2),
            abi.encodeWithSelector(IRiskOracle.SignatureCountOutOfRange.selector, 2, 3, 5)
        );
        keys = next;
        assertTrue(oracle.publish(header, signaturesOf(header, 3)));
    }

    function test_aRotationBeforeItsTimeIsRefused() public {
        uint256[] memory next = sortedKeys(0x4E45, 3);
        schedule(next, 2);
        vm.warp(START + TIMELOCK - 1);
        bytes32 operation = keccak256(abi.encode(oracle.applySigners.selector, addresses(next), 2));
        expectError(
            abi.encodeWithSelector(
                Timelocked.OperationNotReady.selector, operation, START + TIMELOCK, START + TIMELOCK - 1
            )
        );
        applySigners(next, 2);
        assertEq(abi.encode(oracle.signers()), abi.encode(addresses(keys)));
    }

    function test_aRotationThatWasNotAnnouncedIsRefused() public {
        uint256[] memory next = sortedKeys(0x4E45, 3);
        expectUnknown(next, 2);
        schedule(next, 2);
        vm.warp(START + TIMELOCK);
        // Neither with another threshold, nor twice.
        expectUnknown(next, 3);
        applySigners(next, 2);
        expectUnknown(next, 2);
    }

    function test_anAnnouncedRotationCanBeCancelled() public {
        uint256[] memory next = sortedKeys(0x4E45, 3);
        schedule(next, 2);
        bytes32 operation = keccak256(abi.encode(oracle.applySigners.selector, addresses(next), 2));
        vm.prank(OWNER);
        oracle.cancel(operation);
        vm.warp(START + TIMELOCK);
        expectUnknown(next, 2);
    }

    function test_onlyTheOwnerRotates() public {
        address[] memory next = addresses(sortedKeys(0x4E45, 3));
        address[2] memory callers = [STRANGER, GUARDIAN];
        for (uint256 i = 0; i < 2; i++) {
            expectForeign(callers[i]);
            oracle.scheduleSigners(next, 2);
            expectForeign(callers[i]);
            oracle.applySigners(next, 2);
            expectForeign(callers[i]);
            oracle.scheduleAssets(listed());
            expectForeign(callers[i]);
            oracle.applyAssets(listed());
            expectForeign(callers[i]);
            oracle.setObserver(address(this));
            expectForeign(callers[i]);
            oracle.scheduleObserver(address(this));
            expectForeign(callers[i]);
            oracle.applyObserver(address(this));
        }
    }

    function test_aSignerWhoWasRotatedOutCountsNoMore() public {
        uint256[] memory next = new uint256[](2);
        (next[0], next[1]) = (keys[0], keys[1]);
        schedule(next, 2);
        vm.warp(START + TIMELOCK);
        RiskHeader memory header = headerAt(1, now64());
        bytes[] memory signatures = new bytes[](2);
        signatures[0] = signatureBy(keys[0], digestOf(header));
        signatures[1] = signatureBy(keys[2], digestOf(header));
        applySigners(next, 2);
        assertFalse(oracle.isSigner(vm.addr(keys[2])));
        expectRefusal(header, signatures, abi.encodeWithSelector(IRiskOracle.InvalidSignature.selector, 1));
        assertTrue(publish(header));
    }

    function test_aSetOfSignersThatIsNoneIsRefused() public {
        address[] memory signers = new address[](0);
        expectInvalidSigners(signers, 0);
        expectInvalidSigners(signers, 1);
        signers = addresses(sortedKeys(1, 17));
        expectInvalidSigners(signers, 9);
        signers = addresses(keys);
        (signers[0], signers[1]) = (signers[1], signers[0]);
        expectInvalidSigners(signers, 2);
        signers = addresses(keys);
        signers[1] = signers[0];
        expectInvalidSigners(signers, 2);
        signers = addresses(keys);
        signers[0] = address(0);
        expectInvalidSigners(signers, 2);
    }

    function test_theThresholdIsAMajority() public {
        for (uint256 count = 1; count <= 16; count++) {
            address[] memory signers = addresses(sortedKeys(1, count));
            uint256 least = count / 2 + 1;
            expectInvalidSigners(signers, 0);
            expectInvalidSigners(signers, least - 1);
            expectInvalidSigners(signers, count + 1);
            vm.prank(OWNER);
            oracle.scheduleSigners(signers, least);
            if (least == count) continue;
            vm.prank(OWNER);
            oracle.scheduleSigners(signers, count);
        }
        expectInvalidSigners(addresses(keys), type(uint256).max);
        expectInvalidSigners(addresses(keys), (1 << 255) + 2);
    }

    function test_sixteenSignersAndSixteenAssetsCanPublish() public {
        keys = sortedKeys(1, 16);
        uint32[] memory assets = new uint32[](16);
        RiskHeader memory header = headerAt(1, START);
        header.assets = new AssetIndices[](16);
        for (uint32 i = 0; i < 16; i++) {
            assets[i] = 3 * i + 1;
            header.assets[i] = calm(assets[i]);
        }
        oracle = newOracle(limits(), addresses(keys), 16, assets);
        assertTrue(oracle.publish(header, signaturesOf(header, 16)));
    }

    // Pausing.

    function test_theGuardianCanPauseButNotUnpause() public {
        publish(headerAt(1, START));
        vm.prank(GUARDIAN);
        oracle.pause();
        assertEq(oracle.currentRoot(1), 0);
        expectForeign(GUARDIAN);
        oracle.unpause();
        assertEq(oracle.currentRoot(1), 0);
        vm.prank(OWNER);
        oracle.unpause();
        vm.warp(START + MIN_INTERVAL);
        assertTrue(publish(headerAt(2, START + MIN_INTERVAL)));
    }

    function test_aStrangerCannotPause() public {
        vm.prank(STRANGER);
        expectError(abi.encodeWithSelector(Guarded.NotGuardian.selector, STRANGER));
        oracle.pause();
    }

    function test_whilePausedNothingIsPublished() public {
        vm.prank(GUARDIAN);
        oracle.pause();
        expectRefusal(headerAt(1, START), abi.encodeWithSelector(Pausable.EnforcedPause.selector));
    }

    function test_signersCanBeRotatedWhilePaused() public {
        vm.prank(GUARDIAN);
        oracle.pause();
        uint256[] memory next = sortedKeys(0x4E45, 3);
        schedule(next, 2);
        vm.warp(START + TIMELOCK);
        applySigners(next, 2);
        vm.prank(OWNER);
        oracle.unpause();
        RiskHeader memory header = headerAt(1, now64());
        expectRefusal(header, abi.encodeWithSelector(IRiskOracle.InvalidSignature.selector, 0));
        keys = next;
        assertTrue(publish(header));
    }

    /// @dev What was published before the pause was perhaps the reason for it.
    function test_afterAPauseNoRootIsUsableUntilTheNextHeader() public {
        publish(headerAt(1, START));
        vm.prank(GUARDIAN);
        oracle.pause();
        assertEq(oracle.currentRoot(1), 0);
        vm.prank(OWNER);
        oracle.unpause();
        assertEq(oracle.currentRoot(1), 0);
        vm.warp(START + MIN_INTERVAL);
        publish(headerAt(2, START + MIN_INTERVAL));
        assertEq(oracle.currentRoot(1), 0);
        assertEq(oracle.currentRoot(2), rootOf(2));
    }

    /// @dev The flag of pausing and the state of the breaker share a word.
    function test_pausingLeavesTheBreakerAsItIs() public {
        publish(headerAt(1, START));
        vm.warp(START + 100);
        publish(headerWithSpot(2, now64(), 1500));
        vm.prank(OWNER);
        oracle.pause();
        assertEq(oracle.trippedAt(), START + 100);
        vm.prank(OWNER);
        oracle.transferOwnership(STRANGER);
        vm.prank(OWNER);
        oracle.unpause();
        assertEq(oracle.trippedAt(), START + 100);
        assertEq(oracle.pendingOwner(), STRANGER);
        assertEq(oracle.currentRoot(1), 0);
    }

    function schedule(uint256[] memory next, uint256 threshold) private {
        vm.prank(OWNER);
        oracle.scheduleSigners(addresses(next), threshold);
    }

    function applySigners(uint256[] memory next, uint256 threshold) private {
        address[] memory signers = addresses(next);
        vm.prank(OWNER);
        oracle.applySigners(signers, threshold);
    }

    function expectUnknown(uint256[] memory next, uint256 threshold) private {
        address[] memory signers = addresses(next);
        bytes32 operation = keccak256(abi.encode(oracle.applySigners.selector, signers, threshold));
        vm.prank(OWNER);
        expectError(abi.encodeWithSelector(Timelocked.OperationUnknown.selector, operation));
        oracle.applySigners(signers, threshold);
    }

    function expectForeign(address caller) private {
        vm.prank(caller);
        expectError(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, caller));
    }

    function expectInvalidSigners(address[] memory signers, uint256 threshold) private {
        vm.prank(OWNER);
        expectError(abi.encodeWithSelector(IRiskOracle.InvalidSigners.selector));
        oracle.scheduleSigners(signers, threshold);
        expectError(abi.encodeWithSelector(IRiskOracle.InvalidSigners.selector));
        newOracle(limits(), signers, threshold, listed());
    }
}
