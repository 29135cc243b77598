// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {MarginVerifier} from "../src/MarginVerifier.sol";
import {SolvencyRegistry} from "../src/SolvencyRegistry.sol";
import {ICollateralSource} from "../src/interfaces/ICollateralSource.sol";
import {Attestation, Demand, IMarginVerifier, MarginProof} from "../src/interfaces/IMarginVerifier.sol";
import {IPolicyRegistry} from "../src/interfaces/IPolicyRegistry.sol";
import {ISolvencyRegistry} from "../src/interfaces/ISolvencyRegistry.sol";
import {ProtocolFixture} from "./ProtocolFixture.sol";

/// @dev A policy registry whose verifier is itself, says yes to all, and posts a larger factor from within.
contract Reentrant {
    SolvencyRegistry public registry;
    bool private entered;

    function aim(SolvencyRegistry target) external {
        registry = target;
    }

    function verifier() external view returns (address) {
        return address(this);
    }

    function attest(Demand calldata demand, MarginProof calldata margin) external returns (Attestation memory given) {
        given.epoch = margin.epoch;
        if (entered) return given;
        entered = true;
        MarginProof memory larger = margin;
        larger.factor = margin.factor + 1;
        registry.post(demand.account, larger);
    }
}

contract SolvencyRegistryTest is ProtocolFixture {
    address private constant OPERATOR = address(0x09);
    address private constant STRANGER = address(0x57);
    uint256 private constant FACTOR = 65536;

    SolvencyRegistry private registry;

    function setUp() public override {
        super.setUp();
        registry = new SolvencyRegistry(policy, purse);
    }

    function test_aSolventAccountIsOnRecordForItsEpochAndFactor() public {
        MarginProof memory margin = solvent(FACTOR + 5, EPOCH);
        vm.expectEmit(address(registry));
        emit ISolvencyRegistry.SolvencyProven(ACCOUNT, EPOCH, FACTOR + 5, 1, COLLATERAL);
        post(margin);
        assertEq(registry.factorOf(ACCOUNT, EPOCH), FACTOR + 5);
        assertEq(registry.lastEpochOf(ACCOUNT), EPOCH);
        assertTrue(registry.wasSolvent(ACCOUNT, EPOCH, 1));
        assertTrue(registry.wasSolvent(ACCOUNT, EPOCH, FACTOR + 5));
        assertFalse(registry.wasSolvent(ACCOUNT, EPOCH, FACTOR + 6));
        assertFalse(registry.wasSolvent(ACCOUNT, EPOCH + 1, 1));
        assertFalse(registry.wasSolvent(STRANGER, EPOCH, 1));
    }

    function testFuzz_aFactorOfZeroIsNeverProven(address account, uint64 epoch) public {
        post(solvent(FACTOR, EPOCH));
        assertFalse(registry.wasSolvent(account, epoch, 0));
        assertFalse(registry.wasSolvent(ACCOUNT, EPOCH, 0));
        MarginProof memory margin = solvent(0, EPOCH);
        refuse(margin, abi.encodeWithSelector(IMarginVerifier.FactorInsufficient.selector, 0, FACTOR));
    }

    function test_whatIsAskedIsHealthWithTheCollateralOfNowAndNothingDisclosed() public view {
        Demand memory demand = registry.demandFor(ACCOUNT);
        assertEq(demand.account, ACCOUNT);
        assertEq(demand.action, keccak256("zkmargin.SolvencyRegistry.post"));
        assertEq(demand.amount, 0);
        assertTrue(demand.healthy);
        assertEq(demand.disclose, 0);
        assertEq(demand.collateral, COLLATERAL);
        assertEq(demand.ratio, 65536);
        assertEq(address(registry.policyRegistry()), address(policy));
        assertEq(address(registry.collateralSource()), address(purse));
    }

    function test_aRegistryWithoutPolicyIsRefusedAndOneWithoutAnActiveVersionTakesNothing() public {
        expectError(abi.encodeWithSelector(ISolvencyRegistry.AddressIsZero.selector));
        new SolvencyRegistry(IPolicyRegistry(address(0)), purse);

        MarginProof memory margin = solvent(FACTOR, EPOCH);
        bytes memory arguments = abi.encode(address(this), GUARDIAN, TIMELOCK, MAX_DELAY, oracle);
        address inactive = vm.deployCode("PolicyRegistry.sol:PolicyRegistry", arguments);
        registry = new SolvencyRegistry(IPolicyRegistry(inactive), purse);
        refuse(margin, abi.encodeWithSelector(IPolicyRegistry.NoActiveVersion.selector));
    }

    function test_aStrangerPostsNothingAndUsesUpNoNonce() public {
        MarginProof memory margin = solvent(FACTOR, EPOCH);
        vm.prank(STRANGER);
        expectError(abi.encodeWithSelector(ISolvencyRegistry.NotAccountOrOperator.selector, STRANGER, ACCOUNT));
        registry.post(ACCOUNT, margin);
        assertEq(verifier.nonceOf(address(registry), ACCOUNT), 0);
        post(margin);
        assertTrue(registry.wasSolvent(ACCOUNT, EPOCH, FACTOR));
    }

    function test_anOperatorPostsUntilItIsDismissed() public {
        vm.expectEmit(address(registry));
        emit ISolvencyRegistry.OperatorChanged(ACCOUNT, OPERATOR, true);
        vm.prank(ACCOUNT);
        registry.setOperator(OPERATOR, true);
        assertTrue(registry.isOperator(ACCOUNT, OPERATOR));
        MarginProof memory margin = solvent(FACTOR, EPOCH);
        vm.prank(OPERATOR);
        registry.post(ACCOUNT, margin);
        assertTrue(registry.wasSolvent(ACCOUNT, EPOCH, FACTOR));

        vm.expectEmit(address(registry));
        emit ISolvencyRegistry.OperatorChanged(ACCOUNT, OPERATOR, false);
        vm.prank(ACCOUNT);
        registry.setOperator(OPERATOR, false);
        margin = solvent(FACTOR + 1, EPOCH);
        vm.prank(OPERATOR);
        expectError(abi.encodeWithSelector(ISolvencyRegistry.NotAccountOrOperator.selector, OPERATOR, ACCOUNT));
        registry.post(ACCOUNT, margin);
    }

    function test_anOperatorOfOneAccountIsAStrangerToOthers() public {
        vm.prank(STRANGER);
        registry.setOperator(OPERATOR, true);
        MarginProof memory margin = solvent(FACTOR, EPOCH);
        vm.prank(OPERATOR);
        expectError(abi.encodeWithSelector(ISolvencyRegistry.NotAccountOrOperator.selector, OPERATOR, ACCOUNT));
        registry.post(ACCOUNT, margin);
    }

    function test_anUnhealthyAccountHasNothingToPost() public {
        MarginProof memory margin = unproven(FACTOR, EPOCH);
        margin.healthy = false;
        margin = provenHere(margin);
        refuse(margin, abi.encodeWithSelector(IMarginVerifier.HealthMismatch.selector, false, true));
        margin.healthy = true;
        refuse(margin, invalidProof());
    }

    function test_aLowerOrEqualFactorIsNothingNew() public {
        post(solvent(FACTOR + 5, EPOCH));
        refuse(
            solvent(FACTOR + 5, EPOCH),
            abi.encodeWithSelector(ISolvencyRegistry.NothingNew.selector, FACTOR + 5, FACTOR + 5)
        );
        refuse(
            solvent(FACTOR, EPOCH), abi.encodeWithSelector(ISolvencyRegistry.NothingNew.selector, FACTOR, FACTOR + 5)
        );
        assertEq(registry.factorOf(ACCOUNT, EPOCH), FACTOR + 5);
        assertEq(verifier.nonceOf(address(registry), ACCOUNT), 1);
        post(solvent(FACTOR + 6, EPOCH));
        assertEq(registry.factorOf(ACCOUNT, EPOCH), FACTOR + 6);
    }

    function testFuzz_theRecordIsTheLargestFactorPosted(uint16[4] calldata above) public {
        uint256 largest = 0;
        for (uint256 i = 0; i < 4; i++) {
            uint256 factor = FACTOR + above[i];
            MarginProof memory margin = solvent(factor, EPOCH);
            if (factor > largest) {
                post(margin);
                largest = factor;
            } else {
                refuse(margin, abi.encodeWithSelector(ISolvencyRegistry.NothingNew.selector, factor, largest));
            }
            assertEq(registry.factorOf(ACCOUNT, EPOCH), largest);
        }
    }

    function test_aProofIsPostedOnce() public {
        MarginProof memory margin = solvent(FACTOR, EPOCH);
        post(margin);
        refuse(margin, abi.encodeWithSelector(IMarginVerifier.ContextAlreadyUsed.selector, 0, 1));
        margin.nonce = 1;
        refuse(margin, invalidProof());
    }

    function test_aFactorBelowTheStressMultiplierIsRefused() public {
        MarginProof memory margin = solvent(FACTOR, EPOCH);
        vm.prank(GUARDIAN);
        policy.tighten(ONE + ONE / 2);
        uint256 required = FACTOR + FACTOR / 2;
        refuse(margin, abi.encodeWithSelector(IMarginVerifier.FactorInsufficient.selector, FACTOR, required));
        post(solvent(required, EPOCH));
        assertTrue(registry.wasSolvent(ACCOUNT, EPOCH, required));
    }

    function test_eachEpochHasARecordOfItsOwnAndAnOlderOneIsNotTheLast() public {
        vm.warp(NOW + 1);
        assertTrue(publish(header(EPOCH + 1, ROOT + 1)));
        post(solvent(FACTOR, EPOCH + 1));
        assertEq(registry.factorOf(ACCOUNT, EPOCH), 0);
        post(solvent(FACTOR + 9, EPOCH));
        assertEq(registry.factorOf(ACCOUNT, EPOCH), FACTOR + 9);
        assertEq(registry.factorOf(ACCOUNT, EPOCH + 1), FACTOR);
        assertEq(registry.lastEpochOf(ACCOUNT), EPOCH + 1);
    }

    function test_aRecordStaysWhenItsEpochIsOverAndNoneIsAddedToIt() public {
        post(solvent(FACTOR, EPOCH));
        MarginProof memory late = unproven(FACTOR + 1, EPOCH);
        late.deadline = NOW + 2 * MAX_AGE;
        late = provenHere(late);
        vm.warp(NOW + MAX_AGE + 1);
        refuse(late, abi.encodeWithSelector(IMarginVerifier.StaleEpoch.selector, EPOCH));
        assertTrue(registry.wasSolvent(ACCOUNT, EPOCH, FACTOR));
    }

    function test_aProofWithMoreCollateralThanThereIsIsRefused() public {
        MarginProof memory margin = solvent(FACTOR, EPOCH);
        purse.set(ACCOUNT, COLLATERAL - 1);
        refuse(
            margin,
            abi.encodeWithSelector(IMarginVerifier.CollateralInsufficient.selector, COLLATERAL, COLLATERAL - 1)
        );
        purse.set(ACCOUNT, COLLATERAL + 1);
        post(margin);
        assertTrue(registry.wasSolvent(ACCOUNT, EPOCH, FACTOR));
    }

    function test_withoutACollateralSourceTheBookStandsAlone() public {
        registry = new SolvencyRegistry(policy, ICollateralSource(address(0)));
        assertEq(registry.demandFor(ACCOUNT).collateral, 0);
        refuse(
            solvent(FACTOR, EPOCH), abi.encodeWithSelector(IMarginVerifier.CollateralInsufficient.selector, COLLATERAL, 0)
        );
        MarginProof memory margin = unproven(FACTOR, EPOCH);
        margin.collateral = 0;
        post(provenHere(margin));
        assertTrue(registry.wasSolvent(ACCOUNT, EPOCH, FACTOR));
    }

    function test_aProofForAnotherConsumerActionOrAccountIsRefused() public {
        Demand memory demand = registry.demandFor(ACCOUNT);
        MarginProof memory margin = unproven(FACTOR, EPOCH);
        refuse(provenFor(CONSUMER, demand, margin, COMMITMENT, ROOT, terms(FACTOR, 0, COLLATERAL)), invalidProof());
        demand.action = "withdraw";
        refuse(
            provenFor(address(registry), demand, margin, COMMITMENT, ROOT, terms(FACTOR, 0, COLLATERAL)), invalidProof()
        );

        margin = solvent(FACTOR, EPOCH);
        register(STRANGER, 1, COMMITMENT);
        purse.set(STRANGER, COLLATERAL);
        vm.prank(STRANGER);
        expectError(invalidProof());
        registry.post(STRANGER, margin);
    }

    function test_aProofThatDisclosesSomethingIsRefused() public {
        MarginProof memory margin = unproven(FACTOR, EPOCH);
        margin.disclosedRequirement = 90_000_000;
        margin = provenFor(
            address(registry), registry.demandFor(ACCOUNT), margin, COMMITMENT, ROOT, terms(FACTOR, 1, COLLATERAL)
        );
        refuse(margin, abi.encodeWithSelector(IMarginVerifier.DisclosedWithoutRequest.selector, 0, 90_000_000, 0));
        margin.disclosedRequirement = 0;
        refuse(margin, invalidProof());
    }

    function test_aProofOfAFormerPortfolioIsRefused() public {
        MarginProof memory margin = solvent(FACTOR, EPOCH);
        register(ACCOUNT, 2, COMMITMENT);
        refuse(margin, abi.encodeWithSelector(IMarginVerifier.VersionMismatch.selector, 1, 2));
    }

    function test_aProofOfOneTierIsNoneOfAnother() public {
        MarginProof memory margin = solvent(FACTOR, EPOCH);
        margin.tier = "M";
        refuse(margin, invalidProof());
        margin.tier = "L";
        refuse(margin, abi.encodeWithSelector(IMarginVerifier.UnknownTier.selector, margin.tier));
    }

    function test_aPausedPolicyStopsPosting() public {
        MarginProof memory margin = solvent(FACTOR, EPOCH);
        vm.prank(GUARDIAN);
        policy.pause();
        refuse(margin, abi.encodeWithSelector(Pausable.EnforcedPause.selector));
    }

    function test_aVerifierThatThePolicyReplacedCountsNoMore() public {
        post(solvent(FACTOR, EPOCH));
        MarginVerifier former = verifier;
        migrate();
        MarginVerifier successor = verifier;
        assertTrue(publish(header(EPOCH + 1, ROOT)));

        MarginProof memory margin = unproven(FACTOR, EPOCH + 1);
        margin.deadline = vm.getBlockTimestamp() + 300;
        assertEq(margin.nonce, 0);
        verifier = former;
        refuse(provenHere(margin), invalidProof());
        verifier = successor;
        post(provenHere(margin));
        assertTrue(registry.wasSolvent(ACCOUNT, EPOCH + 1, FACTOR));
    }

    function test_theRecordNeverFallsEvenIfTheVerifierCallsBack() public {
        Reentrant reentrant = new Reentrant();
        registry = new SolvencyRegistry(IPolicyRegistry(address(reentrant)), purse);
        reentrant.aim(registry);
        vm.prank(ACCOUNT);
        registry.setOperator(address(reentrant), true);
        refuse(
            unproven(FACTOR, EPOCH), abi.encodeWithSelector(ISolvencyRegistry.NothingNew.selector, FACTOR, FACTOR + 1)
        );
    }

    function post(MarginProof memory margin) private {
        vm.prank(ACCOUNT);
        registry.post(ACCOUNT, margin);
    }

    function refuse(MarginProof memory margin, bytes memory expected) private {
        vm.prank(ACCOUNT);
        expectError(expected);
        registry.post(ACCOUNT, margin);
    }

    function solvent(uint256 factor, uint64 epoch) private view returns (MarginProof memory) {
        return provenHere(unproven(factor, epoch));
    }

    function unproven(uint256 factor, uint64 epoch) private view returns (MarginProof memory margin) {
        margin = baseMargin();
        (margin.factor, margin.epoch) = (factor, epoch);
        margin.nonce = verifier.nonceOf(address(registry), ACCOUNT);
        (margin.disclosedRequirement, margin.disclosedEquity) = (0, 0);
    }

    function provenHere(MarginProof memory margin) private view returns (MarginProof memory) {
        Demand memory demand = registry.demandFor(ACCOUNT);
        uint256 root = oracle.currentRoot(margin.epoch);
        return provenFor(
            address(registry), demand, margin, COMMITMENT, root, terms(margin.factor, 0, margin.collateral)
        );
    }
}
