// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {PolicyRegistry} from "../src/PolicyRegistry.sol";
import {Guarded} from "../src/access/Guarded.sol";
import {Timelocked} from "../src/access/Timelocked.sol";
import {TierKey} from "../src/interfaces/IMarginVerifier.sol";
import {IPolicyRegistry, PolicyParameters} from "../src/interfaces/IPolicyRegistry.sol";
import {AssetIndices, IRiskOracle} from "../src/interfaces/IRiskOracle.sol";
import {PolicyRegistryFixture, VerifierStub} from "./PolicyRegistryFixture.sol";

contract PolicyRegistryTest is PolicyRegistryFixture {
    function test_theConstructorRefusesNoOracleAndDelaysOutOfRange() public {
        IRiskOracle oracle = IRiskOracle(address(source));
        expectError(abi.encodeWithSelector(Guarded.AddressIsZero.selector));
        new PolicyRegistry(OWNER, GUARDIAN, TIMELOCK, MAX_DELAY, IRiskOracle(address(0)));
        expectError(abi.encodeWithSelector(IPolicyRegistry.DelayOutOfRange.selector, 0));
        new PolicyRegistry(OWNER, GUARDIAN, TIMELOCK, 0, oracle);
        expectError(abi.encodeWithSelector(IPolicyRegistry.DelayOutOfRange.selector, 7 days + 1));
        new PolicyRegistry(OWNER, GUARDIAN, TIMELOCK, 7 days + 1, oracle);
        expectError(abi.encodeWithSelector(Timelocked.TimelockOutOfRange.selector, 0));
        new PolicyRegistry(OWNER, GUARDIAN, 0, MAX_DELAY, oracle);
    }

    function test_versionsAreNumberedFromOneAndKeepWhatWasProposed() public {
        PolicyParameters memory other = plain();
        other.base = 2 * uint64(ONE);
        other.depthTarget = 77;
        other.contagion.cap = 5;
        VerifierStub second = newVerifier();
        vm.expectEmit(address(policy));
        emit IPolicyRegistry.VersionProposed(2, 3, other, address(second), tierKeys());
        vm.prank(OWNER);
        assertEq(policy.propose(3, other, address(second), tierKeys()), 2);
        assertVersion(1, 1, plain(), address(verifier));
        assertVersion(2, 3, other, address(second));

        activateFirst(ONE);
        switchTo(2);
        propose(2, plain());
        assertVersion(1, 1, plain(), address(verifier));
        assertVersion(2, 3, other, address(second));
    }

    function test_versionsThatWereNotProposedAreUnknown() public {
        for (uint32 version = 0; version < 3; version += 2) {
            expectError(abi.encodeWithSelector(IPolicyRegistry.UnknownVersion.selector, version));
            policy.versionOf(version);
            expectError(abi.encodeWithSelector(IPolicyRegistry.UnknownVersion.selector, version));
            vm.prank(OWNER);
            policy.scheduleActivation(version);
        }
    }

    function test_aProposalOfAnotherGenerationOrWithParametersOutOfRangeIsRefused() public {
        expectError(abi.encodeWithSelector(IPolicyRegistry.InvalidGeneration.selector, 0));
        propose(0, plain());
        expectError(abi.encodeWithSelector(IPolicyRegistry.InvalidGeneration.selector, 4));
        propose(4, plain());
        PolicyParameters memory parameters = plain();
        parameters.base = ONE - 1;
        expectError(abi.encodeWithSelector(IPolicyRegistry.InvalidParameters.selector));
        propose(1, parameters);
    }

    function test_beforeTheFirstActivationThereIsNoFactorAndNoVerifier() public {
        publish(ONE);
        assertEq(policy.activeVersion(), 0);
        expectError(abi.encodeWithSelector(IPolicyRegistry.NoActiveVersion.selector));
        policy.requiredFactor();
        expectError(abi.encodeWithSelector(IPolicyRegistry.NoActiveVersion.selector));
        policy.requiredFactorFor(address(verifier));
        expectError(abi.encodeWithSelector(IPolicyRegistry.NoActiveVersion.selector));
        policy.verifier();
    }

    function test_theFirstActivationIsImmediateAndNeedsIndices() public {
        expectError(abi.encodeWithSelector(IPolicyRegistry.NoIndices.selector));
        vm.prank(OWNER);
        policy.scheduleActivation(1);

        publish(ONE);
        vm.expectEmit(address(policy));
        emit IPolicyRegistry.VersionActivated(1);
        vm.expectEmit(address(policy));
        emit IPolicyRegistry.MultiplierChanged(2 * uint64(ONE), 2 * uint64(ONE));
        vm.prank(OWNER);
        policy.scheduleActivation(1);
        assertEq(policy.activeVersion(), 1);
        assertEq(policy.verifier(), address(verifier));
        assertEq(policy.requiredFactor(), 2 * FACTOR);
        assertEq(policy.requiredFactorFor(address(verifier)), 2 * FACTOR);
    }

    function test_theMultiplierRisesAtOnceAndFallsByTheDecayToTheSecond() public {
        activateFirst(ONE / 2);
        assertEq(policy.requiredFactor(), FACTOR);
        vm.expectEmit(address(policy));
        emit IPolicyRegistry.MultiplierChanged(3 * uint64(ONE), 3 * uint64(ONE));
        publish(ONE + ONE / 2);
        assertEq(policy.requiredFactor(), 3 * FACTOR);

        vm.warp(START + 1000);
        assertEq(policy.requiredFactor(), 3 * FACTOR);
        publish(ONE / 2);
        assertEq(policy.requiredFactor(), 3 * FACTOR);
        vm.warp(START + 1001);
        assertEq(policy.requiredFactor(), 3 * FACTOR - 16);
        vm.warp(START + 1000 + 8191);
        assertEq(policy.requiredFactor(), FACTOR + 16);
        vm.warp(START + 1000 + 8192);
        assertEq(policy.requiredFactor(), FACTOR);
        vm.warp(START + 365 days);
        assertEq(policy.requiredFactor(), FACTOR);
    }

    function test_theFactorIsRoundedUp() public {
        activateFirst(ONE / 2 + 1);
        assertEq(policy.requiredFactor(), FACTOR + 1);
    }

    function test_aRiseBelowTheFallingValueMovesItsTargetAlone() public {
        activateFirst(ONE + ONE / 2);
        publish(ONE / 2);
        vm.warp(START + 1000);
        publish(ONE);
        assertEq(policy.requiredFactor(), 3 * FACTOR - 16_000);
        vm.warp(START + 1010);
        assertEq(policy.requiredFactor(), 3 * FACTOR - 16_160);
        vm.warp(START + 1 days);
        assertEq(policy.requiredFactor(), 2 * FACTOR);
    }

    function test_publicationsWithTheSameTargetNeitherHoldTheFallNorHastenIt() public {
        activateFirst(ONE + ONE / 2);
        for (uint256 i = 0; i < 10; i++) {
            vm.warp(START + i * 100);
            publish(ONE / 2);
        }
        vm.warp(START + 1000);
        assertEq(policy.requiredFactor(), 3 * FACTOR - 16_000);
    }

    function test_aPauseStopsReadersAndNotTheFollowingOfIndices() public {
        activateFirst(ONE / 2);
        vm.prank(GUARDIAN);
        policy.pause();
        publish(ONE + ONE / 2);
        vm.warp(START + 10);
        publish(ONE / 2);

        expectError(abi.encodeWithSelector(Pausable.EnforcedPause.selector));
        policy.requiredFactor();
        expectError(abi.encodeWithSelector(Pausable.EnforcedPause.selector));
        policy.requiredFactorFor(address(verifier));
        vm.prank(OWNER);
        policy.unpause();
        // The spike during the pause was not missed.
        assertEq(policy.requiredFactor(), 3 * FACTOR);
    }

    function test_theFloorCanBeRaisedWhilePausedAndBeforeAnyVersionIsActive() public {
        vm.prank(GUARDIAN);
        policy.tighten(2 * uint64(ONE));
        activateFirst(ONE / 2);
        assertEq(policy.requiredFactor(), 2 * FACTOR);
        vm.prank(GUARDIAN);
        policy.pause();
        vm.prank(GUARDIAN);
        policy.tighten(3 * uint64(ONE));
        vm.prank(OWNER);
        policy.unpause();
        assertEq(policy.requiredFactor(), 3 * FACTOR);
    }

    function test_theFloorIsUnderThePolicyFunctionAndMayBeAboveItsMaximum() public {
        activateFirst(ONE);
        vm.expectEmit(address(policy));
        emit IPolicyRegistry.FloorChanged(5 * uint64(ONE));
        vm.expectEmit(address(policy));
        emit IPolicyRegistry.MultiplierChanged(5 * uint64(ONE), 5 * uint64(ONE));
        vm.prank(OWNER);
        policy.tighten(5 * uint64(ONE));
        publish(4 * ONE);
        vm.warp(START + 365 days);
        publish(ONE / 2);
        assertEq(policy.requiredFactor(), 5 * FACTOR);
    }

    function test_aFloorBelowTheMultiplierChangesNothingUntilItHasFallen() public {
        activateFirst(ONE + ONE / 2);
        vm.prank(GUARDIAN);
        policy.tighten(2 * uint64(ONE));
        assertEq(policy.requiredFactor(), 3 * FACTOR);
        publish(ONE / 2);
        vm.warp(START + 4096);
        assertEq(policy.requiredFactor(), 2 * FACTOR);
        vm.warp(START + 5000);
        assertEq(policy.requiredFactor(), 2 * FACTOR);
    }

    function test_aRelaxedFloorLetsTheMultiplierFallByItsDecayToThePolicyFunction() public {
        activateFirst(ONE / 2);
        vm.prank(GUARDIAN);
        policy.tighten(4 * uint64(ONE));
        publish(ONE);
        vm.prank(OWNER);
        policy.scheduleRelax(uint64(ONE));
        vm.warp(START + TIMELOCK);
        vm.prank(OWNER);
        policy.relax(uint64(ONE));
        assertEq(policy.requiredFactor(), 4 * FACTOR);
        vm.warp(START + TIMELOCK + 100);
        assertEq(policy.requiredFactor(), 4 * FACTOR - 1600);
        vm.warp(START + TIMELOCK + 1 days);
        assertEq(policy.requiredFactor(), 2 * FACTOR);
    }

    function test_aFloorCanBeRelaxedBeforeAnyVersionIsActive() public {
        vm.prank(GUARDIAN);
        policy.tighten(3 * uint64(ONE));
        vm.prank(OWNER);
        policy.scheduleRelax(0);
        vm.warp(START + TIMELOCK);
        vm.prank(OWNER);
        policy.relax(0);
        activateFirst(ONE / 2);
        assertEq(policy.requiredFactor(), FACTOR);
    }

    function test_everyGenerationIsTheOneOfItsVersion() public {
        PolicyParameters memory parameters = plain();
        parameters.utilisation.slope = ONE;
        parameters.utilisation.cap = ONE;
        parameters.contagion = parameters.utilisation;
        parameters.decay = ONE / 3600;
        propose(2, parameters);
        propose(3, parameters);
        AssetIndices[] memory assets = indicesOf(ONE / 2);
        assets[1].utilisation = ONE / 2;
        assets[1].contagion = ONE / 4;
        activateFirst(ONE / 2);
        source.publish(policy, assets);
        assertEq(policy.requiredFactor(), FACTOR);
        switchTo(2);
        assertEq(policy.requiredFactor(), FACTOR + FACTOR / 2);
        switchTo(3);
        assertEq(policy.requiredFactor(), FACTOR + FACTOR * 3 / 4);
    }

    function assertVersion(uint32 version, uint8 generation, PolicyParameters memory parameters, address owner)
        private
        view
    {
        (uint8 foundGeneration, PolicyParameters memory found, address foundVerifier, TierKey[] memory keys) =
            policy.versionOf(version);
        assertEq(foundGeneration, generation);
        assertEq(abi.encode(found), abi.encode(parameters));
        assertEq(foundVerifier, owner);
        assertEq(abi.encode(keys), abi.encode(tierKeys()));
    }
}
