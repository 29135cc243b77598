// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {PortfolioRegistry} from "../src/PortfolioRegistry.sol";
import {Guarded} from "../src/access/Guarded.sol";
import {Timelocked} from "../src/access/Timelocked.sol";
import {IPortfolioRegistry, PortfolioUpdate} from "../src/interfaces/IPortfolioRegistry.sol";
import {Groth16} from "../src/libraries/Groth16.sol";
import {PortfolioRegistryFixture} from "./PortfolioRegistryFixture.sol";
import {Vm} from "./Test.sol";

contract PortfolioRegistryTest is PortfolioRegistryFixture {
    function test_anUnknownAccountHasZeros() public view {
        assertUntouched(ACCOUNT);
    }

    function testFuzz_anyoneCarriesASignedUpdate(
        address carrier,
        address account,
        uint256 commitment,
        bytes32 bookHash,
        uint64 deadline
    ) public {
        vm.assume(deadline >= NOW && bookHash != 0);
        commitment = 1 + commitment % (Groth16.R - 1);
        PortfolioUpdate memory update = PortfolioUpdate(account, 1, commitment, bookHash);
        bytes32 digest = updateDigest(domain(CHAIN, address(registry)), update, deadline);
        assertEq(registry.digestOf(update, deadline), digest);

        vm.expectEmit(address(registry));
        emit IPortfolioRegistry.PortfolioUpdated(account, 1, commitment, bookHash);
        vm.prank(carrier);
        registry.update(update, deadline, signed(KEY, digest));
        assertPortfolio(update);
    }

    function testFuzz_everyUpdateCountsTheVersionUpByOne(uint8 times) public {
        for (uint64 version = 1; version <= times; version++) {
            apply_(change(ACCOUNT, version));
            assertPortfolio(change(ACCOUNT, version));
        }
        assertUntouched(OTHER);
    }

    function testFuzz_aVersionThatIsNotTheNextIsRefused(uint64 version) public {
        apply_(change(ACCOUNT, 1));
        vm.assume(version != 2);
        refuse(
            change(ACCOUNT, version),
            abi.encodeWithSelector(IPortfolioRegistry.VersionNotNext.selector, ACCOUNT, version, 2)
        );
    }

    function test_theSameBookAgainIsANewVersion() public {
        PortfolioUpdate memory update = change(ACCOUNT, 1);
        apply_(update);
        update.version = 2;
        apply_(update);
        assertPortfolio(update);
    }

    function testFuzz_aCommitmentOutsideTheFieldIsRefused(uint256 commitment) public {
        if (commitment < Groth16.R) commitment = 0;
        PortfolioUpdate memory update = change(ACCOUNT, 1);
        update.commitment = commitment;
        refuse(update, abi.encodeWithSelector(IPortfolioRegistry.InvalidCommitment.selector, ACCOUNT, commitment));
    }

    function test_theCommitmentsAtTheEndsOfTheFieldAreTakenAndTheOrderItselfIsNot() public {
        PortfolioUpdate memory update = change(ACCOUNT, 1);
        update.commitment = Groth16.R;
        refuse(update, abi.encodeWithSelector(IPortfolioRegistry.InvalidCommitment.selector, ACCOUNT, Groth16.R));
        update.commitment = Groth16.R - 1;
        apply_(update);
        update.version = 2;
        update.commitment = 1;
        apply_(update);
        assertPortfolio(update);
    }

    function test_anUpdateWithoutABookHashIsRefused() public {
        PortfolioUpdate memory update = change(ACCOUNT, 1);
        update.bookHash = 0;
        refuse(update, abi.encodeWithSelector(IPortfolioRegistry.InvalidBookHash.selector, ACCOUNT));
    }

    function testFuzz_aBatchAppliesEveryMember(uint8 count, uint64 deadline) public {
        count = count % 128 + 1;
        vm.assume(deadline >= NOW);
        PortfolioUpdate[] memory changes = new PortfolioUpdate[](count);
        for (uint160 i = 0; i < count; i++) {
            changes[i] = change(address(i + 1), 1);
        }
        bytes32 digest = batchDigest(domain(CHAIN, address(registry)), changes, deadline);
        assertEq(registry.digestOfBatch(changes, deadline), digest);
        registry.updateBatch(changes, deadline, signed(KEY, digest));
        for (uint256 i = 0; i < count; i++) {
            assertPortfolio(changes[i]);
        }
    }

    function test_aBatchMayChangeAnAccountTwiceInOrder() public {
        PortfolioUpdate[] memory changes = pair(change(ACCOUNT, 1), change(ACCOUNT, 2));
        vm.expectEmit(address(registry));
        emit IPortfolioRegistry.PortfolioUpdated(ACCOUNT, 1, changes[0].commitment, changes[0].bookHash);
        vm.expectEmit(address(registry));
        emit IPortfolioRegistry.PortfolioUpdated(ACCOUNT, 2, changes[1].commitment, changes[1].bookHash);
        registry.updateBatch(changes, DEADLINE, signature(changes));
        assertPortfolio(changes[1]);
    }

    function test_aBatchHoldsFrom1To128Members() public {
        refuseBatch(new PortfolioUpdate[](0), abi.encodeWithSelector(IPortfolioRegistry.BatchSizeOutOfRange.selector, 0));
        PortfolioUpdate[] memory changes = new PortfolioUpdate[](129);
        for (uint64 i = 0; i < 129; i++) {
            changes[i] = change(ACCOUNT, i + 1);
        }
        refuseBatch(changes, abi.encodeWithSelector(IPortfolioRegistry.BatchSizeOutOfRange.selector, 129));
        assertUntouched(ACCOUNT);

        PortfolioUpdate[] memory full = new PortfolioUpdate[](128);
        for (uint256 i = 0; i < 128; i++) {
            full[i] = changes[i];
        }
        registry.updateBatch(full, DEADLINE, signature(full));
        assertPortfolio(full[127]);
    }

    /// @dev EIP-7825: 2^24 gas a transaction. Its calldata and the 21,000 come on top of what is measured here.
    function test_theLargestBatchOfNewAccountsFitsInATransaction() public {
        PortfolioUpdate[] memory changes = new PortfolioUpdate[](128);
        for (uint160 i = 0; i < 128; i++) {
            changes[i] = change(address(0xF000 + i), 1);
        }
        bytes memory signed = signature(changes);
        uint256 before = gasleft();
        registry.updateBatch(changes, DEADLINE, signed);
        assertTrue(before - gasleft() + 21_000 + 16 * 128 * 128 < 2 ** 24);
    }

    function test_theDeadlineItselfIsInTime() public {
        vm.warp(DEADLINE);
        apply_(change(ACCOUNT, 1));
        assertPortfolio(change(ACCOUNT, 1));
    }

    function test_aPortfolioIsReadFromTwoWords() public {
        apply_(change(ACCOUNT, 1));
        vm.record();
        registry.portfolioOf(ACCOUNT);
        (bytes32[] memory reads,) = vm.accesses(address(registry));
        assertEq(reads.length, 2);
    }

    function test_theSettlementLayerIsReplacedAfterTheTimelock() public {
        bytes32 operation = registry.settlementOperation(OTHER);
        vm.expectEmit(address(registry));
        emit Timelocked.OperationScheduled(operation, NOW + TIMELOCK);
        vm.expectEmit(address(registry));
        emit IPortfolioRegistry.SettlementScheduled(OTHER, NOW + TIMELOCK);
        vm.prank(OWNER);
        registry.scheduleSettlement(OTHER);
        assertEq(registry.readyAt(operation), NOW + TIMELOCK);
        assertEq(registry.settlement(), vm.addr(KEY));

        vm.warp(NOW + TIMELOCK);
        vm.expectEmit(address(registry));
        emit IPortfolioRegistry.SettlementChanged(OTHER);
        vm.prank(OWNER);
        registry.applySettlement(OTHER);
        assertEq(registry.settlement(), OTHER);
        assertEq(registry.readyAt(operation), 0);
    }

    function test_theOwnerGivesUpAReplacement() public {
        bytes32 operation = registry.settlementOperation(OTHER);
        vm.prank(OWNER);
        registry.scheduleSettlement(OTHER);
        vm.prank(OWNER);
        registry.cancel(operation);
        vm.warp(NOW + TIMELOCK);
        vm.prank(OWNER);
        expectError(abi.encodeWithSelector(Timelocked.OperationUnknown.selector, operation));
        registry.applySettlement(OTHER);
    }

    function test_aPausedRegistryStillReplacesItsSettlementLayer() public {
        vm.prank(GUARDIAN);
        registry.pause();
        vm.prank(OWNER);
        registry.scheduleSettlement(OTHER);
        vm.warp(NOW + TIMELOCK);
        vm.prank(OWNER);
        registry.applySettlement(OTHER);
        assertEq(registry.settlement(), OTHER);
        assertTrue(registry.paused());
    }

    function test_onlyTheOwnerReplacesTheSettlementLayer() public {
        vm.prank(GUARDIAN);
        expectError(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, GUARDIAN));
        registry.scheduleSettlement(OTHER);
        vm.prank(OWNER);
        registry.scheduleSettlement(OTHER);
        vm.warp(NOW + TIMELOCK);
        vm.prank(OTHER);
        expectError(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, OTHER));
        registry.applySettlement(OTHER);
    }

    function test_theSettlementLayerIsNeverNobody() public {
        vm.prank(OWNER);
        expectError(abi.encodeWithSelector(Guarded.AddressIsZero.selector));
        registry.scheduleSettlement(address(0));
        expectError(abi.encodeWithSelector(Guarded.AddressIsZero.selector));
        deployRegistry(OWNER, GUARDIAN, TIMELOCK, address(0));
    }

    function test_theConstructorAnnouncesTheSettlementLayerAndRefusesATimelockOfNothing() public {
        vm.recordLogs();
        PortfolioRegistry other = deployRegistry(OWNER, address(0), 1, ACCOUNT);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs[logs.length - 1].topics[0], IPortfolioRegistry.SettlementChanged.selector);
        assertEq(logs[logs.length - 1].topics[1], bytes32(uint256(uint160(ACCOUNT))));
        assertEq(other.settlement(), ACCOUNT);
        assertEq(other.owner(), OWNER);
        assertEq(other.timelock(), 1);
        expectError(abi.encodeWithSelector(Timelocked.TimelockOutOfRange.selector, 0));
        deployRegistry(OWNER, GUARDIAN, 0, ACCOUNT);
    }

    function refuse(PortfolioUpdate memory update, bytes memory expected) private {
        bytes memory signature_ = signature(update);
        expectError(expected);
        registry.update(update, DEADLINE, signature_);
    }

    function refuseBatch(PortfolioUpdate[] memory changes, bytes memory expected) private {
        bytes memory signature_ = signature(changes);
        expectError(expected);
        registry.updateBatch(changes, DEADLINE, signature_);
    }
}
