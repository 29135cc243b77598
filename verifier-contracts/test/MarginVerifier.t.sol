// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Attestation, Demand, IMarginVerifier, MarginProof, TierKey} from "../src/interfaces/IMarginVerifier.sol";
import {Groth16} from "../src/libraries/Groth16.sol";
import {ProtocolFixture} from "./ProtocolFixture.sol";
import {Vm} from "./Test.sol";

contract MarginVerifierTest is ProtocolFixture {
    function test_aValidProofIsAttestedWithItsDecodedValues() public {
        Attestation memory attestation = attest(baseDemand(), proven(baseDemand(), baseMargin()));
        assertEq(attestation.requirement, 90_000_000);
        assertEq(attestation.equity, int256(150_000_000));
        assertEq(attestation.epoch, EPOCH);
        assertEq(verifier.nonceOf(CONSUMER, ACCOUNT), 1);
    }

    function test_anUnhealthyAccountWithNegativeEquityIsAttestedToAConsumerThatNeedsIt() public {
        (Demand memory demand, MarginProof memory margin) = (baseDemand(), baseMargin());
        (demand.healthy, margin.healthy, margin.disclosedEquity) = (false, false, OFFSET - 1);
        assertEq(attest(demand, proven(demand, margin)).equity, -1);
    }

    function test_theOtherAnswerIsRefusedByName() public {
        (Demand memory demand, MarginProof memory margin) = (baseDemand(), baseMargin());
        margin.healthy = false;
        refuse(demand, proven(demand, margin), abi.encodeWithSelector(IMarginVerifier.HealthMismatch.selector, false, true));
        (demand.healthy, margin.healthy) = (false, true);
        refuse(demand, proven(demand, margin), abi.encodeWithSelector(IMarginVerifier.HealthMismatch.selector, true, false));
    }

    function test_withoutDisclosureOnlyTheBitIsAttested() public {
        (Demand memory demand, MarginProof memory margin) = (baseDemand(), baseMargin());
        (demand.disclose, margin.disclosedRequirement, margin.disclosedEquity) = (0, 0, 0);
        Attestation memory attestation = attest(demand, proven(demand, margin));
        assertEq(attestation.requirement, 0);
        assertEq(attestation.equity, int256(0));
    }

    function testFuzz_validProofsAreAccepted(
        uint256 factor,
        uint256 collateral,
        uint256 disclose,
        uint256 requirement,
        uint256 equity,
        bool healthy
    ) public {
        (Demand memory demand, MarginProof memory margin) = (baseDemand(), baseMargin());
        (demand.healthy, margin.healthy, demand.disclose) = (healthy, healthy, disclose % 4);
        margin.factor = healthy ? 65536 + factor % (2 ** 24 - 65536) : factor % 65537;
        margin.collateral = collateral % 2 ** 72;
        demand.collateral = margin.collateral;
        margin.disclosedRequirement = demand.disclose % 2 == 1 ? requirement % 2 ** 101 : 0;
        margin.disclosedEquity = demand.disclose >= 2 ? equity % 2 ** 101 : 0;
        Attestation memory attestation = attest(demand, proven(demand, margin));
        assertEq(attestation.requirement, margin.disclosedRequirement);
        assertEq(attestation.equity, demand.disclose >= 2 ? int256(margin.disclosedEquity) - int256(OFFSET) : int256(0));
    }

    /// @dev The statement that the consumer needs follows from the one that was proven, or the proof is refused by name.
    function testFuzz_aProofCountsExactlyIfItImpliesWhatIsDemanded(uint24 factor, uint72 collateral, uint72 actual, bool healthy)
        public
    {
        (Demand memory demand, MarginProof memory margin) = (baseDemand(), baseMargin());
        (demand.healthy, margin.healthy, demand.collateral, demand.ratio) = (healthy, healthy, actual, 2 ** 22);
        (margin.factor, margin.collateral) = (factor, collateral);
        margin = proven(demand, margin);
        if (healthy ? factor < 2 ** 22 : factor > 2 ** 22) {
            refuse(demand, margin, abi.encodeWithSelector(IMarginVerifier.FactorInsufficient.selector, factor, 2 ** 22));
        } else if (healthy ? collateral > actual : collateral < actual) {
            bytes memory reason =
                abi.encodeWithSelector(IMarginVerifier.CollateralInsufficient.selector, collateral, actual);
            refuse(demand, margin, reason);
        } else {
            attest(demand, margin);
        }
    }

    function test_theRequiredFactorIsTheRatioTimesTheStressMultiplierRoundedUp() public {
        (Demand memory demand, MarginProof memory margin) = (baseDemand(), baseMargin());
        // 1.5 + 2^-32, so 98305 in Q16.
        policy.tighten(6442450945);
        demand.ratio = 65537;
        // 98305 x 65537 / 65536 = 98306.500015...
        margin.factor = 98306;
        bytes memory reason = abi.encodeWithSelector(IMarginVerifier.FactorInsufficient.selector, 98306, 98307);
        refuse(demand, proven(demand, margin), reason);
        margin.factor = 98307;
        attest(demand, proven(demand, margin));
    }

    function test_aRatioOutOfRangeIsRefusedByName() public {
        Demand memory demand = baseDemand();
        policy.tighten(2 ** 33);
        uint256[3] memory ratios = [uint256(0), 2 ** 24, 2 ** 23];
        for (uint256 i = 0; i < 3; i++) {
            demand.ratio = ratios[i];
            refuse(demand, baseMargin(), abi.encodeWithSelector(IMarginVerifier.RatioOutOfRange.selector, ratios[i]));
        }
    }

    function test_factorDiscloseAndCollateralAreOneSignal() public {
        (Demand memory demand, MarginProof memory margin) = (baseDemand(), baseMargin());
        (margin.factor, demand.disclose, margin.collateral) = (0xabcdef, 2, 0x123456789abcdef012);
        (demand.collateral, margin.disclosedRequirement) = (margin.collateral, 0);
        // Above the factor: 4 x collateral + disclose.
        uint256 packed = 0x48d159e26af37bc04a_abcdef;
        attest(demand, provenFor(CONSUMER, demand, margin, COMMITMENT, ROOT, packed));
    }

    function test_theLargestTermsAreAccepted() public {
        (Demand memory demand, MarginProof memory margin) = (baseDemand(), baseMargin());
        (margin.factor, demand.disclose, margin.collateral) = (2 ** 24 - 1, 3, 2 ** 72 - 1);
        (demand.collateral, margin.disclosedRequirement) = (type(uint256).max, 2 ** 101 - 1);
        margin.disclosedEquity = 2 ** 101 - 1;
        attest(demand, provenFor(CONSUMER, demand, margin, COMMITMENT, ROOT, 2 ** 98 - 1));
    }

    /// @dev factor 2^24 and disclose 0 would be packed as factor 0 and disclose 1 are, disclose 4 as collateral 1.
    function test_aPartThatWouldSpillIntoTheNextIsRefusedUnderAProofForTheSameTerms() public {
        (Demand memory demand, MarginProof memory margin) = (baseDemand(), baseMargin());
        (margin.disclosedRequirement, margin.disclosedEquity) = (0, 0);
        (margin.factor, demand.disclose, margin.collateral) = (2 ** 24, 0, 0);
        margin = provenFor(CONSUMER, demand, margin, COMMITMENT, ROOT, 2 ** 24);
        refuse(demand, margin, abi.encodeWithSelector(IMarginVerifier.FactorOutOfRange.selector, 2 ** 24));
        (margin.factor, demand.disclose) = (65536, 4);
        margin = provenFor(CONSUMER, demand, margin, COMMITMENT, ROOT, 65536 + 2 ** 26);
        refuse(demand, margin, abi.encodeWithSelector(IMarginVerifier.InvalidDisclosure.selector, 4));
    }

    function test_theAttestationIsAnEvent() public {
        MarginProof memory margin = proven(baseDemand(), baseMargin());
        uint256 context = verifier.contextOf(CONSUMER, baseDemand(), margin);
        vm.recordLogs();
        attest(baseDemand(), margin);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 1);
        assertEq(logs[0].topics[0], IMarginVerifier.MarginAttested.selector);
        assertEq(uint256(logs[0].topics[1]), uint160(CONSUMER));
        assertEq(uint256(logs[0].topics[2]), uint160(ACCOUNT));
        assertEq(uint256(logs[0].topics[3]), EPOCH);
        bytes memory data = abi.encode(1, context, 65536, COLLATERAL, 3, true, 90_000_000, int256(150_000_000));
        assertEq(logs[0].data, data);
    }

    function test_previewAnswersWithoutConsumingTheNonce() public {
        MarginProof memory margin = proven(baseDemand(), baseMargin());
        assertEq(verifier.preview(CONSUMER, baseDemand(), margin).equity, int256(150_000_000));
        assertEq(verifier.nonceOf(CONSUMER, ACCOUNT), 0);
        attest(baseDemand(), margin);
    }

    function test_theContextIsTheHashOfItsNineParts() public view {
        bytes memory parts = abi.encode(
            uint256(31337), address(verifier), CONSUMER, bytes32("withdraw"), uint256(25_000_000), ACCOUNT, uint256(1), uint256(0), NOW + 300
        );
        assertEq(verifier.contextOf(CONSUMER, baseDemand(), baseMargin()), uint256(keccak256(parts)) % R);
    }

    function test_valuesOutsideTheirRangeAreRefusedByName() public {
        (Demand memory demand, MarginProof memory margin) = (baseDemand(), baseMargin());
        margin.factor = 2 ** 24;
        refuse(demand, proven(demand, margin), abi.encodeWithSelector(IMarginVerifier.FactorOutOfRange.selector, 2 ** 24));
        margin = baseMargin();
        margin.collateral = 2 ** 72;
        refuse(demand, proven(demand, margin), abi.encodeWithSelector(IMarginVerifier.CollateralOutOfRange.selector, 2 ** 72));
        margin = baseMargin();
        margin.disclosedRequirement = 2 ** 101;
        bytes memory reason = abi.encodeWithSelector(
            IMarginVerifier.DisclosedValueOutOfRange.selector, 2 ** 101, OFFSET + 150_000_000
        );
        refuse(demand, proven(demand, margin), reason);
        margin = baseMargin();
        demand.disclose = 4;
        refuse(demand, proven(demand, margin), abi.encodeWithSelector(IMarginVerifier.InvalidDisclosure.selector, 4));
    }

    function testFuzz_aValueThatWasNotAskedForIsRefusedByName(uint256 disclose, uint256 requirement, uint256 equity) public {
        disclose %= 3;
        requirement %= 2 ** 101;
        equity %= 2 ** 101;
        vm.assume((disclose != 1 && requirement != 0) || (disclose != 2 && equity != 0));
        (Demand memory demand, MarginProof memory margin) = (baseDemand(), baseMargin());
        (demand.disclose, margin.disclosedRequirement, margin.disclosedEquity) = (disclose, requirement, equity);
        bytes memory reason =
            abi.encodeWithSelector(IMarginVerifier.DisclosedWithoutRequest.selector, disclose, requirement, equity);
        refuse(demand, proven(demand, margin), reason);
    }

    function test_everyTierHasItsOwnKey() public {
        MarginProof memory margin = proven(baseDemand(), baseMargin());
        margin.tier = "M";
        refuse(baseDemand(), margin, invalidProof());
        margin.tier = "L";
        refuse(baseDemand(), margin, abi.encodeWithSelector(IMarginVerifier.UnknownTier.selector, bytes32("L")));
        TierKey[] memory keys = verifier.keys();
        assertEq(keys.length, 2);
        (uint256[] memory s, uint256[] memory m) = (simulatedKey(), otherKey());
        assertEq(keys[0].keyHash, keccak256(abi.encodePacked(s)));
        assertEq(keys[1].keyHash, keccak256(abi.encodePacked(m)));
        assertEq(keys[1].tier, "M");
        assertEq(verifier.keyStoreOf("S").code, abi.encodePacked(hex"00", s));
    }

    function test_aVerifierThatIsNotTheActiveVersionsAttestsNothing() public {
        verifier = newVerifier();
        bytes memory reason = abi.encodeWithSignature("VerifierNotActive(address)", address(verifier));
        refuse(baseDemand(), proven(baseDemand(), baseMargin()), reason);
    }

    function test_aPausedPolicyStopsAttestations() public {
        vm.prank(GUARDIAN);
        policy.pause();
        refuse(baseDemand(), proven(baseDemand(), baseMargin()), abi.encodeWithSignature("EnforcedPause()"));
    }

    function test_aKeyNobodyContributedToIsRefusedAtDeployment() public {
        uint256[] memory key = simulatedKey();
        for (uint256 i = 0; i < 4; i++) {
            key[10 + i] = key[6 + i];
        }
        expectError(abi.encodeWithSelector(Groth16.GammaEqualsDelta.selector));
        deployWith("S", "M", key);
    }

    function test_aKeyForAnotherNumberOfSignalsIsRefusedAtDeployment() public {
        expectError(abi.encodeWithSelector(Groth16.KeyLengthMismatch.selector, 30, 29));
        deployWith("S", "M", new uint256[](29));
    }

    function test_tiersWithoutANameOrNamedTwiceAreRefusedAtDeployment() public {
        uint256[] memory key = simulatedKey();
        expectError(abi.encodeWithSelector(IMarginVerifier.InvalidTiers.selector));
        deployWith("S", "S", key);
        expectError(abi.encodeWithSelector(IMarginVerifier.InvalidTiers.selector));
        deployWith("S", 0, key);
        expectError(abi.encodeWithSelector(IMarginVerifier.InvalidTiers.selector));
        deployVerifier(new bytes32[](0), new uint256[][](0), [address(1), address(2), address(3), address(0)]);
        expectError(abi.encodeWithSelector(IMarginVerifier.InvalidTiers.selector));
        deployVerifier(new bytes32[](9), new uint256[][](9), [address(1), address(2), address(3), address(0)]);
        expectError(abi.encodeWithSelector(IMarginVerifier.InvalidTiers.selector));
        deployVerifier(new bytes32[](1), new uint256[][](2), [address(1), address(2), address(3), address(0)]);
    }

    function test_missingRegistriesAreRefusedAtDeployment() public {
        (bytes32[] memory tiers, uint256[][] memory keyWords) = (new bytes32[](1), new uint256[][](1));
        (tiers[0], keyWords[0]) = ("S", simulatedKey());
        for (uint256 missing = 0; missing < 3; missing++) {
            address[4] memory parts = [address(1), address(2), address(3), address(0)];
            parts[missing] = address(0);
            expectError(abi.encodeWithSelector(IMarginVerifier.AddressIsZero.selector));
            deployVerifier(tiers, keyWords, parts);
        }
    }

    function deployWith(bytes32 first, bytes32 second, uint256[] memory key) private {
        bytes32[] memory tiers = new bytes32[](2);
        uint256[][] memory keyWords = new uint256[][](2);
        (tiers[0], tiers[1], keyWords[0], keyWords[1]) = (first, second, key, key);
        deployVerifier(tiers, keyWords, [address(1), address(2), address(3), address(0)]);
    }
}
