// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {Guarded} from "../src/access/Guarded.sol";
import {Timelocked} from "../src/access/Timelocked.sol";
import {AssetIndices, IRiskObserver, IRiskOracle, RiskHeader} from "../src/interfaces/IRiskOracle.sol";
import {RiskOracleFixture} from "./RiskOracleFixture.sol";

contract Observer is IRiskObserver {
    error Refused(uint256 reason);

    uint256 public calls;
    bytes32 public heard;
    uint64 public newestThen;
    bool public refuses;

    function refuse(bool value) external {
        refuses = value;
    }

    function onRiskPublished(AssetIndices[] calldata assets) external {
        if (refuses) revert Refused(7);
        calls++;
        heard = keccak256(abi.encode(assets));
        (newestThen,) = IRiskOracle(msg.sender).newest();
    }
}

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

    // Assets.

    function test_aNewAssetIsComparedFromItsSecondHeaderOn() public {
        publish(headerAt(1, START));
        uint32[] memory next = new uint32[](3);
        (next[0], next[1], next[2]) = (1, 2, 9);
        list(next);
        RiskHeader memory header = headerOf(2, next);
        assertTrue(publish(header));
        vm.warp(now64() + MIN_INTERVAL);
        header = headerOf(3, next);
        header.assets[2].spot *= 2;
        vm.expectEmit(address(oracle));
        emit IRiskOracle.BreakerTripped(3, 9, 0);
        assertFalse(publish(header));
    }

    function test_anAssetBetweenOthersDoesNotShiftTheComparison() public {
        uint32[] memory next = new uint32[](2);
        (next[0], next[1]) = (1, 9);
        oracle = newOracle(limits(), addresses(keys), 2, next);
        RiskHeader memory header = headerOf(1, next);
        header.assets[1].spot = 5;
        assertTrue(publish(header));
        next = new uint32[](3);
        (next[0], next[1], next[2]) = (1, 4, 9);
        list(next);
        header = headerOf(2, next);
        header.assets[2].spot = 5;
        assertTrue(publish(header));
        assertEq(oracle.trippedAt(), 0);
    }

    function test_anAssetThatIsDelistedLeaves() public {
        publish(headerAt(1, START));
        uint32[] memory next = new uint32[](1);
        next[0] = 2;
        list(next);
        assertEq(abi.encode(oracle.assets()), abi.encode(next));
        expectRefusal(headerAt(2, now64()), abi.encodeWithSelector(IRiskOracle.AssetsMismatch.selector, 0));
        RiskHeader memory header = headerOf(2, next);
        header.assets[0].spot *= 2;
        assertFalse(publish(header));
        vm.warp(now64() + BREAKER_DELAY);
        assertTrue(publish(headerOf(3, next)));
        assertEq(oracle.indices().length, 1);
    }

    function test_aListOfAssetsThatIsNoneIsRefused() public {
        uint32[] memory next = new uint32[](0);
        expectInvalidAssets(next);
        next = new uint32[](17);
        for (uint32 i = 0; i < 17; i++) next[i] = i + 1;
        expectInvalidAssets(next);
        next = listed();
        next[0] = 0;
        expectInvalidAssets(next);
        next[0] = 2;
        expectInvalidAssets(next);
        next[0] = 3;
        expectInvalidAssets(next);
    }

    function test_assetsBeforeTheTimelockAreRefused() public {
        uint32[] memory next = new uint32[](1);
        next[0] = 2;
        vm.prank(OWNER);
        oracle.scheduleAssets(next);
        vm.warp(START + TIMELOCK - 1);
        bytes32 operation = keccak256(abi.encode(oracle.applyAssets.selector, next));
        vm.prank(OWNER);
        expectError(
            abi.encodeWithSelector(
                Timelocked.OperationNotReady.selector, operation, START + TIMELOCK, START + TIMELOCK - 1
            )
        );
        oracle.applyAssets(next);
    }

    // Observer.

    function test_theObserverHearsOfPublishedHeadersAndOfNoOthers() public {
        Observer observer = observed();
        RiskHeader memory header = headerAt(1, START);
        publish(header);
        assertEq(observer.calls(), 1);
        assertEq(observer.heard(), keccak256(abi.encode(header.assets)));
        assertEq(observer.newestThen(), 1);
        vm.warp(START + MIN_INTERVAL);
        assertFalse(publish(headerWithSpot(2, now64(), 1500)));
        assertEq(observer.calls(), 1);
    }

    function test_anObserverThatRevertsStopsThePublication() public {
        Observer observer = observed();
        observer.refuse(true);
        expectRefusal(headerAt(1, START), abi.encodeWithSelector(Observer.Refused.selector, 7));
        (uint64 epoch,) = oracle.newest();
        assertEq(epoch, 0);
        assertEq(oracle.currentRoot(1), 0);
        observer.refuse(false);
        assertTrue(publish(headerAt(1, START)));
    }

    function test_aSecondObserverMustBeAnnounced() public {
        Observer first = observed();
        Observer second = new Observer();
        vm.prank(OWNER);
        expectError(abi.encodeWithSelector(IRiskOracle.ObserverAlreadySet.selector, address(first)));
        oracle.setObserver(address(second));
        vm.prank(OWNER);
        oracle.scheduleObserver(address(second));
        vm.warp(START + TIMELOCK - 1);
        bytes32 operation = keccak256(abi.encode(oracle.applyObserver.selector, address(second)));
        vm.prank(OWNER);
        expectError(
            abi.encodeWithSelector(
                Timelocked.OperationNotReady.selector, operation, START + TIMELOCK, START + TIMELOCK - 1
            )
        );
        oracle.applyObserver(address(second));
        vm.warp(START + TIMELOCK);
        vm.prank(OWNER);
        vm.expectEmit(address(oracle));
        emit IRiskOracle.ObserverChanged(address(second));
        oracle.applyObserver(address(second));
        assertEq(oracle.observer(), address(second));
        publish(headerAt(1, now64()));
        assertEq(first.calls(), 0);
        assertEq(second.calls(), 1);
    }

    function test_anObserverWithoutCodeIsRefused() public {
        address[2] memory candidates = [address(0), STRANGER];
        for (uint256 i = 0; i < 2; i++) {
            vm.prank(OWNER);
            expectError(abi.encodeWithSelector(IRiskOracle.InvalidObserver.selector, candidates[i]));
            oracle.setObserver(candidates[i]);
        }
        // So no announcement leads back to an oracle whose observer can be set at once.
        observed();
        vm.prank(OWNER);
        oracle.scheduleObserver(address(0));
        vm.warp(START + TIMELOCK);
        vm.prank(OWNER);
        expectError(abi.encodeWithSelector(IRiskOracle.InvalidObserver.selector, address(0)));
        oracle.applyObserver(address(0));
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
        assertEq(oracle.currentRoot(1), rootOf(1));
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

    function headerOf(uint64 epoch, uint32[] memory assets) private view returns (RiskHeader memory header) {
        header = headerAt(epoch, now64());
        header.assets = new AssetIndices[](assets.length);
        for (uint256 i = 0; i < assets.length; i++) header.assets[i] = calm(assets[i]);
    }

    function observed() private returns (Observer observer) {
        observer = new Observer();
        vm.prank(OWNER);
        oracle.setObserver(address(observer));
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

    function list(uint32[] memory next) private {
        vm.prank(OWNER);
        oracle.scheduleAssets(next);
        vm.warp(now64() + TIMELOCK);
        vm.prank(OWNER);
        oracle.applyAssets(next);
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

    function expectInvalidAssets(uint32[] memory assets) private {
        address[] memory signers = addresses(keys);
        vm.prank(OWNER);
        expectError(abi.encodeWithSelector(IRiskOracle.InvalidAssets.selector));
        oracle.scheduleAssets(assets);
        expectError(abi.encodeWithSelector(IRiskOracle.InvalidAssets.selector));
        newOracle(limits(), signers, 2, assets);
    }
}
