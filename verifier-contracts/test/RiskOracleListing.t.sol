// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

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

contract RiskOracleListingTest is RiskOracleFixture {
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

    function list(uint32[] memory next) private {
        vm.prank(OWNER);
        oracle.scheduleAssets(next);
        vm.warp(now64() + TIMELOCK);
        vm.prank(OWNER);
        oracle.applyAssets(next);
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
