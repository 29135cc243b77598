// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {PortfolioRegistry} from "../src/PortfolioRegistry.sol";
import {Timelocked} from "../src/access/Timelocked.sol";
import {IPortfolioRegistry, PortfolioUpdate} from "../src/interfaces/IPortfolioRegistry.sol";
import {PortfolioRegistryFixture} from "./PortfolioRegistryFixture.sol";

/// @dev A settlement layer that is a contract: the key that it has appointed signs for it.
contract Wallet is IERC1271 {
    address public signer;

    function appoint(address newSigner) external {
        signer = newSigner;
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        (bytes32 r, bytes32 s, uint8 v) = abi.decode(signature, (bytes32, bytes32, uint8));
        return ecrecover(hash, v, r, s) == signer ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}

contract PortfolioRegistryAttacksTest is PortfolioRegistryFixture {
    /// @dev Order of secp256k1.
    uint256 private constant N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    function test_aSignatureForAnotherChainIsRefused() public {
        PortfolioUpdate memory update = change(ACCOUNT, 1);
        refuseForged(update, signed(KEY, updateDigest(domain(1, address(registry)), update, DEADLINE)));
    }

    function test_aSignatureFromBeforeAForkOfTheChainIsRefusedOnTheOtherBranch() public {
        PortfolioUpdate memory update = change(ACCOUNT, 1);
        bytes memory signature_ = signature(update);
        vm.chainId(CHAIN + 1);
        refuseForged(update, signature_);
        vm.chainId(CHAIN);
        registry.update(update, DEADLINE, signature_);
        assertPortfolio(update);
    }

    function test_aSignatureForAnotherRegistryIsRefused() public {
        PortfolioRegistry other = deployRegistry(OWNER, GUARDIAN, TIMELOCK, vm.addr(KEY));
        PortfolioUpdate memory update = change(ACCOUNT, 1);
        bytes memory signature_ = signed(KEY, updateDigest(domain(CHAIN, address(other)), update, DEADLINE));
        refuseForged(update, signature_);
        other.update(update, DEADLINE, signature_);
    }

    function testFuzz_aSignatureForOtherFieldsIsRefused(uint8 field, uint64 flip) public {
        vm.assume(flip != 0);
        PortfolioUpdate memory update = change(ACCOUNT, 1);
        bytes memory signature_ = signature(update);
        uint64 deadline = DEADLINE;
        if (field % 5 == 0) update.account = address(uint160(update.account) ^ flip);
        if (field % 5 == 1) update.version ^= flip;
        if (field % 5 == 2) update.commitment ^= flip;
        if (field % 5 == 3) update.bookHash ^= bytes32(uint256(flip));
        if (field % 5 == 4) deadline += 1 + (flip >> 1);
        expectError(abi.encodeWithSelector(IPortfolioRegistry.InvalidSettlementSignature.selector));
        registry.update(update, deadline, signature_);
        assertUntouched(ACCOUNT);
    }

    function test_aSignatureForAnotherAccountIsRefused() public {
        PortfolioUpdate memory update = change(ACCOUNT, 1);
        bytes memory signature_ = signature(update);
        update.account = OTHER;
        refuseForged(update, signature_);
        assertUntouched(OTHER);
    }

    function test_anOldUpdateAfterANewerOneIsRefused() public {
        PortfolioUpdate memory old = change(ACCOUNT, 1);
        bytes memory signature_ = signature(old);
        registry.update(old, DEADLINE, signature_);
        apply_(change(ACCOUNT, 2));
        expectError(abi.encodeWithSelector(IPortfolioRegistry.VersionNotNext.selector, ACCOUNT, 1, 3));
        registry.update(old, DEADLINE, signature_);

        // The old signature under a new version number is a signature over something else.
        old.version = 3;
        refuseForged(old, signature_);
        assertPortfolio(change(ACCOUNT, 2));
    }

    function test_anUpdateIsNotAppliedTwice() public {
        PortfolioUpdate memory update = change(ACCOUNT, 1);
        bytes memory signature_ = signature(update);
        registry.update(update, DEADLINE, signature_);
        expectError(abi.encodeWithSelector(IPortfolioRegistry.VersionNotNext.selector, ACCOUNT, 1, 2));
        registry.update(update, DEADLINE, signature_);
    }

    function test_anExpiredSignatureIsRefused() public {
        PortfolioUpdate memory update = change(ACCOUNT, 1);
        PortfolioUpdate[] memory changes = single(update);
        bytes memory signature_ = signature(update);
        bytes memory batchSignature = signature(changes);
        vm.warp(uint256(DEADLINE) + 1);
        bytes memory expired =
            abi.encodeWithSelector(IPortfolioRegistry.SignatureExpired.selector, DEADLINE, uint256(DEADLINE) + 1);
        expectError(expired);
        registry.update(update, DEADLINE, signature_);
        expectError(expired);
        registry.updateBatch(changes, DEADLINE, batchSignature);
        assertUntouched(ACCOUNT);
    }

    function test_theOtherHalfOfTheCurveIsNoSecondSignature() public {
        PortfolioUpdate memory update = change(ACCOUNT, 1);
        bytes32 digest = updateDigest(domain(CHAIN, address(registry)), update, DEADLINE);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, digest);
        bytes32 high = bytes32(N - uint256(s));
        uint8 flipped = v == 27 ? 28 : 27;
        assertEq(ecrecover(digest, flipped, r, high), vm.addr(KEY));
        refuseForged(update, abi.encodePacked(r, high, flipped));
    }

    function test_anotherSignerIsRefused() public {
        PortfolioUpdate memory update = change(ACCOUNT, 1);
        refuseForged(update, signed(WRONG_KEY, updateDigest(domain(CHAIN, address(registry)), update, DEADLINE)));
    }

    /// @dev ecrecover answers zero for those with a v of its own; nothing is signed by zero.
    function testFuzz_bytesThatAreNoSignatureAreRefused(bytes memory noise, uint8 v) public {
        refuseForged(change(ACCOUNT, 1), noise);
        vm.assume(v != 27 && v != 28);
        bytes memory malformed = signature(change(ACCOUNT, 1));
        malformed[64] = bytes1(v);
        refuseForged(change(ACCOUNT, 1), malformed);
        refuseForged(change(ACCOUNT, 1), "");
        refuseForged(change(ACCOUNT, 1), bytes.concat(signature(change(ACCOUNT, 1)), hex"00"));
    }

    function test_theOwnerTheGuardianAndTheSettlementLayerItselfNeedASignatureToo() public {
        address[3] memory callers = [OWNER, GUARDIAN, vm.addr(KEY)];
        for (uint256 i = 0; i < 3; i++) {
            vm.prank(callers[i]);
            refuseForged(change(ACCOUNT, 1), "");
        }
    }

    function test_aSingleUpdateIsNoBatchOfOneAndABatchOfOneNoSingleUpdate() public {
        PortfolioUpdate memory update = change(ACCOUNT, 1);
        PortfolioUpdate[] memory changes = single(update);
        assertTrue(registry.digestOf(update, DEADLINE) != registry.digestOfBatch(changes, DEADLINE));
        bytes memory singleSignature = signature(update);
        refuseForged(update, signature(changes));
        expectError(abi.encodeWithSelector(IPortfolioRegistry.InvalidSettlementSignature.selector));
        registry.updateBatch(changes, DEADLINE, singleSignature);
        assertUntouched(ACCOUNT);
    }

    function test_aPartOfABatchIsNotTakenAlone() public {
        PortfolioUpdate[] memory changes = pair(change(ACCOUNT, 1), change(OTHER, 1));
        bytes memory signature_ = signature(changes);
        expectError(abi.encodeWithSelector(IPortfolioRegistry.InvalidSettlementSignature.selector));
        registry.updateBatch(single(changes[0]), DEADLINE, signature_);
        expectError(abi.encodeWithSelector(IPortfolioRegistry.InvalidSettlementSignature.selector));
        registry.updateBatch(pair(changes[1], changes[0]), DEADLINE, signature_);
    }

    function testFuzz_oneBadMemberStopsTheWholeBatch(uint8 size, uint8 place, uint8 kind) public {
        uint256 count = 2 + size % 7;
        PortfolioUpdate[] memory changes = new PortfolioUpdate[](count);
        for (uint160 i = 0; i < count; i++) {
            changes[i] = change(address(i + 1), 1);
        }
        PortfolioUpdate memory bad = changes[place % count];
        bytes memory expected;
        if (kind % 3 == 0) {
            bad.version = 2;
            expected = abi.encodeWithSelector(IPortfolioRegistry.VersionNotNext.selector, bad.account, 2, 1);
        } else if (kind % 3 == 1) {
            bad.commitment = 0;
            expected = abi.encodeWithSelector(IPortfolioRegistry.InvalidCommitment.selector, bad.account, 0);
        } else {
            bad.bookHash = 0;
            expected = abi.encodeWithSelector(IPortfolioRegistry.InvalidBookHash.selector, bad.account);
        }
        bytes memory signature_ = signature(changes);
        expectError(expected);
        registry.updateBatch(changes, DEADLINE, signature_);
        for (uint256 i = 0; i < count; i++) {
            assertUntouched(changes[i].account);
        }
    }

    function test_updatesThatAReorganisationSwappedAreAppliedInTheirOwnOrderOnly() public {
        PortfolioUpdate memory first = change(ACCOUNT, 1);
        PortfolioUpdate memory second = change(ACCOUNT, 2);
        bytes memory firstSignature = signature(first);
        bytes memory secondSignature = signature(second);
        expectError(abi.encodeWithSelector(IPortfolioRegistry.VersionNotNext.selector, ACCOUNT, 2, 1));
        registry.update(second, DEADLINE, secondSignature);
        registry.update(first, DEADLINE, firstSignature);
        registry.update(second, DEADLINE, secondSignature);
        assertPortfolio(second);
    }

    function test_aMemberTwiceInABatchIsRefused() public {
        PortfolioUpdate[] memory changes = pair(change(ACCOUNT, 1), change(ACCOUNT, 1));
        bytes memory signature_ = signature(changes);
        expectError(abi.encodeWithSelector(IPortfolioRegistry.VersionNotNext.selector, ACCOUNT, 1, 2));
        registry.updateBatch(changes, DEADLINE, signature_);
        assertUntouched(ACCOUNT);
    }

    function test_aBatchIsNotAppliedTwiceNorAfterOneOfItsMembers() public {
        PortfolioUpdate[] memory changes = pair(change(ACCOUNT, 1), change(OTHER, 1));
        bytes memory signature_ = signature(changes);
        registry.updateBatch(changes, DEADLINE, signature_);
        expectError(abi.encodeWithSelector(IPortfolioRegistry.VersionNotNext.selector, ACCOUNT, 1, 2));
        registry.updateBatch(changes, DEADLINE, signature_);

        changes = pair(change(address(0xACE), 1), change(OTHER, 2));
        signature_ = signature(changes);
        apply_(change(OTHER, 2));
        expectError(abi.encodeWithSelector(IPortfolioRegistry.VersionNotNext.selector, OTHER, 2, 3));
        registry.updateBatch(changes, DEADLINE, signature_);
        assertUntouched(address(0xACE));
    }

    function test_whatASettlementLayerSignedIsVoidOnceItIsReplaced() public {
        PortfolioUpdate memory update = change(ACCOUNT, 1);
        uint64 deadline = DEADLINE + 30 days;
        bytes32 digest = updateDigest(domain(CHAIN, address(registry)), update, deadline);
        replaceSettlement(vm.addr(WRONG_KEY));
        expectError(abi.encodeWithSelector(IPortfolioRegistry.InvalidSettlementSignature.selector));
        registry.update(update, deadline, signed(KEY, digest));
        registry.update(update, deadline, signed(WRONG_KEY, digest));
        assertPortfolio(update);
    }

    function test_aReplacementBeforeItsTimeOrUnannouncedIsRefused() public {
        bytes32 operation = registry.settlementOperation(OTHER);
        vm.prank(OWNER);
        expectError(abi.encodeWithSelector(Timelocked.OperationUnknown.selector, operation));
        registry.applySettlement(OTHER);
        vm.prank(OWNER);
        registry.scheduleSettlement(OTHER);
        uint256 ready = NOW + TIMELOCK;
        vm.warp(ready - 1);
        vm.prank(OWNER);
        expectError(abi.encodeWithSelector(Timelocked.OperationNotReady.selector, operation, ready, ready - 1));
        registry.applySettlement(OTHER);

        // Neither another address than the announced one, nor the announced one a second time.
        vm.warp(ready);
        bytes32 unannounced = registry.settlementOperation(ACCOUNT);
        vm.prank(OWNER);
        expectError(abi.encodeWithSelector(Timelocked.OperationUnknown.selector, unannounced));
        registry.applySettlement(ACCOUNT);
        vm.prank(OWNER);
        registry.applySettlement(OTHER);
        vm.prank(OWNER);
        expectError(abi.encodeWithSelector(Timelocked.OperationUnknown.selector, operation));
        registry.applySettlement(OTHER);
    }

    function test_aReplacementThatWasForgottenIsRefused() public {
        vm.prank(OWNER);
        registry.scheduleSettlement(OTHER);
        uint256 expiry = NOW + TIMELOCK + registry.WINDOW();
        bytes32 operation = registry.settlementOperation(OTHER);
        vm.warp(expiry + 1);
        vm.prank(OWNER);
        expectError(abi.encodeWithSelector(Timelocked.OperationExpired.selector, operation, expiry, expiry + 1));
        registry.applySettlement(OTHER);
    }

    function test_theGuardianStopsUpdatesAndTheOwnerAloneStartsThemAgain() public {
        PortfolioUpdate memory update = change(ACCOUNT, 1);
        PortfolioUpdate[] memory changes = single(change(OTHER, 1));
        bytes memory signature_ = signature(update);
        bytes memory batchSignature = signature(changes);
        vm.prank(GUARDIAN);
        registry.pause();
        expectError(abi.encodeWithSelector(Pausable.EnforcedPause.selector));
        registry.update(update, DEADLINE, signature_);
        expectError(abi.encodeWithSelector(Pausable.EnforcedPause.selector));
        registry.updateBatch(changes, DEADLINE, batchSignature);
        assertUntouched(ACCOUNT);
        assertUntouched(OTHER);

        vm.prank(OWNER);
        registry.unpause();
        registry.update(update, DEADLINE, signature_);
        registry.updateBatch(changes, DEADLINE, batchSignature);
        assertPortfolio(update);
        assertPortfolio(changes[0]);
    }

    function test_aSettlementLayerThatIsAContractSignsByItsOwnRule() public {
        Wallet wallet = new Wallet();
        wallet.appoint(vm.addr(WRONG_KEY));
        replaceSettlement(address(wallet));
        uint64 deadline = DEADLINE + 30 days;
        PortfolioUpdate memory update = change(ACCOUNT, 1);
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(WRONG_KEY, updateDigest(domain(CHAIN, address(registry)), update, deadline));
        registry.update(update, deadline, abi.encode(r, s, v));
        assertPortfolio(update);

        PortfolioUpdate[] memory changes = single(change(ACCOUNT, 2));
        (v, r, s) = vm.sign(WRONG_KEY, batchDigest(domain(CHAIN, address(registry)), changes, deadline));
        wallet.appoint(vm.addr(KEY));
        expectError(abi.encodeWithSelector(IPortfolioRegistry.InvalidSettlementSignature.selector));
        registry.updateBatch(changes, deadline, abi.encode(r, s, v));
        assertPortfolio(update);
    }

    function test_aContractThatHasNoRuleSignsNothing() public {
        // STOP: every call succeeds and answers nothing.
        vm.etch(OTHER, hex"00");
        address[3] memory settlements = [OTHER, address(this), address(registry)];
        for (uint256 i = 0; i < 3; i++) {
            registry = deployRegistry(OWNER, GUARDIAN, TIMELOCK, settlements[i]);
            refuseForged(change(ACCOUNT, 1), signature(change(ACCOUNT, 1)));
        }
    }

    function replaceSettlement(address settlement) private {
        vm.prank(OWNER);
        registry.scheduleSettlement(settlement);
        vm.warp(block.timestamp + TIMELOCK);
        vm.prank(OWNER);
        registry.applySettlement(settlement);
    }

    function refuseForged(PortfolioUpdate memory update, bytes memory signature_) private {
        expectError(abi.encodeWithSelector(IPortfolioRegistry.InvalidSettlementSignature.selector));
        registry.update(update, DEADLINE, signature_);
    }
}
