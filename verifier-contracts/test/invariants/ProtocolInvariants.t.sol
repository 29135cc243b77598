// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IRiskOracle} from "../../src/interfaces/IRiskOracle.sol";
import {Test} from "../Test.sol";
import {OracleActions} from "./OracleActions.sol";
import {ProtocolHandler} from "./ProtocolHandler.sol";
import {World} from "./World.sol";

/// @dev What holds after any actions of anyone, in any order.
contract ProtocolInvariantsTest is Test {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    uint256 private constant GRACE = 60;
    uint256 private constant MAX_AGE = 300;
    uint256 private constant MAX_CLOCK_SKEW = 10;
    uint256 private constant MIN_INTERVAL = 20;

    ProtocolHandler private handler;

    function setUp() public {
        handler = ProtocolHandler(vm.deployCode("ProtocolHandler.sol:ProtocolHandler", ""));
        handler.open();
    }

    function targetContracts() public view returns (address[] memory list) {
        list = new address[](1);
        list[0] = address(handler);
    }

    function targetSelectors() public view returns (FuzzSelector[] memory list) {
        function(uint256) external[18] memory called = actions();
        list = new FuzzSelector[](1);
        list[0] = FuzzSelector(address(handler), new bytes4[](called.length));
        for (uint256 i = 0; i < called.length; i++) {
            list[0].selectors[i] = called[i].selector;
        }
    }

    function invariant_acceptedEpochsStrictlyIncreaseAndTheirTimesAreInOrder() public view {
        holds(World.Rule.Order);
        uint256 count = handler.epochCount();
        for (uint256 i = 1; i < count; i++) {
            assertTrue(handler.epochs(i - 1) < handler.epochs(i));
        }
    }

    function invariant_theNewestRootIsTheLastOneAccepted() public view {
        (uint64 epoch, uint256 root) = handler.oracle().newest();
        assertEq(epoch, handler.newestEpoch());
        assertEq(root, handler.rootOf(epoch));
        assertEq(keccak256(abi.encode(handler.oracle().indices()[0])), keccak256(abi.encode(handler.newestIndices())));
    }

    function invariant_onlyHeadersThatEnoughPresentSignersSignedAreTaken() public view {
        holds(World.Rule.Signed);
        IRiskOracle oracle = handler.oracle();
        for (uint64 epoch = handler.lastEpoch() + 1; epoch < handler.lastEpoch() + 4; epoch++) {
            assertEq(oracle.currentRoot(epoch), 0);
        }
    }

    function invariant_aRightHeaderIsNeverRefused() public view {
        holds(World.Rule.RightHeaderRefused);
    }

    function invariant_noRootIsUsableThatIsTooOld() public view {
        noneUsable(OracleActions.Verdict.TooOld);
    }

    function invariant_noRootIsUsableThatWasSupersededLongerAgoThanTheGrace() public view {
        noneUsable(OracleActions.Verdict.Superseded);
    }

    function invariant_noRootIsUsableWhileTheOracleIsTrippedOrPausedOrFromBeforeAConfirmedMove() public view {
        noneUsable(OracleActions.Verdict.Stopped);
        holds(World.Rule.Breaker);
        assertTrue((handler.oracle().trippedAt() != 0) == handler.isTripped());
    }

    function invariant_everyOtherRootIsUsableAndNoMoreThanPromised() public view {
        uint256 usable = 0;
        for (uint256 i = 0; i < handler.epochCount(); i++) {
            uint64 epoch = handler.epochs(i);
            uint256 root = handler.oracle().currentRoot(epoch);
            if (root != 0) usable++;
            if (handler.verdictOn(epoch) == OracleActions.Verdict.Usable) assertEq(root, handler.rootOf(epoch));
        }
        assertTrue(usable <= 2 + (GRACE + MAX_CLOCK_SKEW + MAX_AGE) / MIN_INTERVAL);
    }

    function invariant_signersChangeOnlyAfterTheTimelock() public view {
        holds(World.Rule.SignerChange);
        (address[] memory signers, uint256 threshold) = handler.signersOf(handler.signerSet());
        assertEq(keccak256(abi.encode(handler.oracle().signers())), keccak256(abi.encode(signers)));
        assertEq(handler.oracle().threshold(), threshold);
    }

    function invariant_theSettlementLayerChangesOnlyAfterTheTimelock() public view {
        holds(World.Rule.SettlementChange);
        assertEq(handler.portfolios().settlement(), handler.settlementNow());
    }

    function invariant_aPortfoliosVersionRisesByOneForEachSignedUpdateAndOnlyThen() public view {
        holds(World.Rule.PortfolioUpdate);
        for (uint256 i = 0; i < 3; i++) {
            (uint256 commitment, uint64 version) = handler.portfolios().portfolioOf(handler.accounts(i));
            assertEq(version, handler.bookCount(i));
            assertEq(commitment, handler.bookOf(i));
            bytes32 hash = commitment == 0 ? bytes32(0) : handler.bookHash(commitment);
            assertEq(handler.portfolios().bookHashOf(handler.accounts(i)), hash);
        }
    }

    function invariant_theEpochOfAStandingAttestationNeverFalls() public view {
        holds(World.Rule.StandingEpoch);
    }

    function invariant_nothingIsAttestedForAnotherVersionThanTheRegisteredOne() public view {
        holds(World.Rule.Version);
    }

    function invariant_nothingIsAttestedAgainstARootThatIsNotUsable() public view {
        holds(World.Rule.Root);
    }

    function invariant_nothingIsAttestedWhilePausedOrByAVerifierThatIsNotActive() public view {
        holds(World.Rule.Stopped);
    }

    function invariant_noProofIsTakenForAnotherStatement() public view {
        holds(World.Rule.Proof);
    }

    function invariant_aRightProofIsNeverRefused() public view {
        holds(World.Rule.RightProofRefused);
    }

    function invariant_whatIsAttestedIsTrue() public view {
        holds(World.Rule.Truth);
    }

    function invariant_noOlderEpochProvesTheOppositeOfANewerOneThatCounts() public view {
        holds(World.Rule.Opposite);
    }

    function invariant_whatCountsFollowsFromWhatWasProven() public view {
        for (uint256 i = 0; i < 2; i++) {
            for (uint256 j = 0; j < 3; j++) {
                (bool known, bool truth) = handler.truthOf(i, j);
                try handler.verifiers(i).healthOf(handler.accounts(j)) returns (bool counts, bool healthy) {
                    assertFalse(counts && !known);
                    assertFalse(counts && healthy != truth);
                } catch {
                    assertFalse(known);
                }
            }
        }
    }

    function invariant_aNonceRisesByOneForEachAcceptedAttestationAndOnlyThen() public view {
        holds(World.Rule.Nonce);
        for (uint256 i = 0; i < 18; i++) {
            (uint256 verifier, uint256 consumer, uint256 account) = (i % 2, i / 2 % 3, i / 6);
            uint256 nonce = handler.verifiers(verifier).nonceOf(handler.consumers(consumer), handler.accounts(account));
            assertEq(nonce, handler.nonces(verifier, consumer, account));
        }
    }

    function invariant_theRequiredFactorFallsNoFasterThanTheDecayOfTheActiveVersion() public view {
        holds(World.Rule.Decay);
    }

    function invariant_theRequiredFactorIsNeverBelowTheTargetNorAboveTheHighestTargetSoFar() public view {
        if (handler.stopped(2)) return;
        uint256 factor = handler.policy().requiredFactor();
        assertTrue(factor << 16 >= handler.target());
        assertTrue(factor << 16 < handler.peak() + 2 ** 16);
    }

    function invariant_theGuardianChangesNothingThatTheOwnerAnnouncesAndEndsNoPause() public view {
        holds(World.Rule.Guardian);
    }

    function invariant_theFloorIsLoweredByTheOwnerAloneAfterTheTimelock() public view {
        holds(World.Rule.Floor);
        (,, uint40 floor,,,) = handler.policy().multiplier();
        assertEq(floor, handler.floor());
    }

    function invariant_theContentOfAVersionNeverChanges() public view {
        holds(World.Rule.Proposal);
        uint256 count = handler.versionsProposed();
        assertEq(handler.policy().versionCount(), count);
        for (uint32 version = 1; version <= count; version++) {
            assertEq(handler.contentNow(version), handler.contentOf(version));
        }
    }

    function invariant_aVersionIsActivatedOnlyAfterItsTimelockAndNeverRefusedAfterTheBound() public view {
        holds(World.Rule.Activation);
        assertEq(handler.policy().activeVersion(), handler.activeVersion());
        (uint32 version, uint64 from) = handler.policy().pendingActivation();
        assertEq(version, handler.pendingVersion());
        assertEq(from, handler.pendingFrom());
    }

    function invariant_onlyTheOwnerEndsAPause() public view {
        holds(World.Rule.Pause);
        assertTrue(handler.oracle().paused() == handler.stopped(0));
        assertTrue(handler.portfolios().paused() == handler.stopped(1));
        assertTrue(handler.policy().paused() == handler.stopped(2));
    }

    function invariant_solvencyIsRecordedOnlyByTheAccountOrItsOperator() public view {
        holds(World.Rule.SolvencyCaller);
    }

    function invariant_onlySolventAccountsAreOnRecordAndNoRecordEverFalls() public view {
        holds(World.Rule.SolvencyRecord);
        for (uint256 i = 0; i < handler.epochCount(); i++) {
            uint64 epoch = handler.epochs(i);
            for (uint256 j = 0; j < 3; j++) {
                assertEq(handler.solvency().factorOf(handler.accounts(j), epoch), handler.solventFactor(j, epoch));
            }
        }
    }

    function invariant_nobodyElsesActionChangesWhatIsOnRecordAboutAnAccount() public view {
        holds(World.Rule.OtherAccount);
    }

    /// @dev Without it the campaign could hold because nothing ever happens.
    function test_theActionsReachEveryStateThatMatters() public {
        walk(0, 1500);
        for (uint256 i = 0; i <= uint256(type(World.Reach).max); i++) {
            if (handler.reached(World.Reach(i)) == 0) revert NotEqual(i, 0);
        }
    }

    /// @dev The campaigns above all take the same actions; these are others.
    /// forge-config: default.fuzz.runs = 16
    function testFuzz_aLongWalkBreaksNoRule(uint256 seed) public {
        walk(seed, 300);
    }

    function walk(uint256 seed, uint256 steps) private {
        function(uint256) external[18] memory list = actions();
        for (uint256 i = 0; i < steps; i++) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            list[random % list.length](random);
        }
        for (uint256 i = 0; i <= uint256(type(World.Rule).max); i++) {
            holds(World.Rule(i));
        }
        invariant_theNewestRootIsTheLastOneAccepted();
        invariant_everyOtherRootIsUsableAndNoMoreThanPromised();
        invariant_aPortfoliosVersionRisesByOneForEachSignedUpdateAndOnlyThen();
        invariant_whatCountsFollowsFromWhatWasProven();
        invariant_aNonceRisesByOneForEachAcceptedAttestationAndOnlyThen();
        invariant_theRequiredFactorIsNeverBelowTheTargetNorAboveTheHighestTargetSoFar();
        invariant_onlySolventAccountsAreOnRecordAndNoRecordEverFalls();
    }

    function actions() private view returns (function(uint256) external[18] memory list) {
        (list[0], list[1], list[2]) = (handler.publish, handler.publishMany, handler.changeSigners);
        (list[3], list[4], list[5]) = (handler.propose, handler.scheduleActivation, handler.activate);
        (list[6], list[7], list[8]) = (handler.tighten, handler.relax, handler.stopOrStart);
        (list[9], list[10], list[11]) = (handler.updateBook, handler.updateBooks, handler.changeSettlement);
        (list[12], list[13], list[14]) = (handler.moveCollateral, handler.wait_, handler.attest);
        (list[15], list[16], list[17]) = (handler.post, handler.postBatch, handler.proveSolvency);
    }

    function noneUsable(OracleActions.Verdict verdict) private view {
        for (uint256 i = 0; i < handler.epochCount(); i++) {
            uint64 epoch = handler.epochs(i);
            if (handler.verdictOn(epoch) == verdict) assertEq(handler.oracle().currentRoot(epoch), 0);
        }
    }

    function holds(World.Rule rule) private view {
        if (handler.broken(rule) != 0) revert NotEqual(uint256(rule), 0);
    }
}
