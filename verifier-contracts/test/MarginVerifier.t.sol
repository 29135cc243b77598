// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {MarginVerifier} from "../src/MarginVerifier.sol";
import {IMarginVerifier} from "../src/interfaces/IMarginVerifier.sol";
import {IPortfolioRegistry} from "../src/interfaces/IPortfolioRegistry.sol";
import {IRiskRegistry} from "../src/interfaces/IRiskRegistry.sol";
import {Groth16} from "../src/libraries/Groth16.sol";
import {Vm} from "./Test.sol";
import {MarginVerifierFixture} from "./MarginVerifierFixture.sol";

contract MarginVerifierTest is MarginVerifierFixture {
    function test_aValidProofIsAttestedWithItsDecodedValues() public {
        IMarginVerifier.Request memory request = baseRequest();
        Claim memory claim = Claim(true, 90_000_000, OFFSET + 150_000_000);
        IMarginVerifier.Attestation memory attestation = attest(request, claim, proofFor(request, claim, COMMITMENT));
        assertTrue(attestation.healthy);
        assertEq(attestation.requirement, 90_000_000);
        assertEq(attestation.equity, int256(150_000_000));
        assertEq(attestation.epoch, 5);
        assertEq(verifier.nonceOf(CONSUMER, ACCOUNT), 1);
    }

    function test_anUnhealthyAccountWithNegativeEquityIsAttestedToo() public {
        IMarginVerifier.Request memory request = baseRequest();
        Claim memory claim = Claim(false, 90_000_000, OFFSET - 1);
        IMarginVerifier.Attestation memory attestation = attest(request, claim, proofFor(request, claim, COMMITMENT));
        assertFalse(attestation.healthy);
        assertEq(attestation.equity, -1);
    }

    function test_withoutDisclosureOnlyTheBitIsAttested() public {
        IMarginVerifier.Request memory request = baseRequest();
        request.disclose = 0;
        Claim memory claim = Claim(true, 0, 0);
        IMarginVerifier.Attestation memory attestation = attest(request, claim, proofFor(request, claim, COMMITMENT));
        assertTrue(attestation.healthy);
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
        IMarginVerifier.Request memory request = baseRequest();
        request.factor = factor % 2 ** 24;
        request.collateral = collateral % 2 ** 72;
        request.disclose = disclose % 4;
        Claim memory claim = Claim(
            healthy, request.disclose % 2 == 1 ? requirement % 2 ** 101 : 0, request.disclose >= 2 ? equity % 2 ** 101 : 0
        );
        IMarginVerifier.Attestation memory attestation = attest(request, claim, proofFor(request, claim, COMMITMENT));
        assertEq(attestation.requirement, claim.requirement);
        assertEq(attestation.equity, request.disclose >= 2 ? int256(claim.equity) - int256(OFFSET) : int256(0));
    }

    function test_factorDiscloseAndCollateralAreOneSignal() public {
        IMarginVerifier.Request memory request = baseRequest();
        (request.factor, request.disclose, request.collateral) = (0xabcdef, 2, 0x123456789abcdef012);
        Claim memory claim = Claim(true, 0, OFFSET);
        // Above the factor: 4 x collateral + disclose.
        uint256 terms = 0x48d159e26af37bc04a_abcdef;
        attest(request, claim, proofForTerms(request, claim, COMMITMENT, terms));
    }

    function test_theLargestTermsAreAccepted() public {
        IMarginVerifier.Request memory request = baseRequest();
        (request.factor, request.disclose, request.collateral) = (2 ** 24 - 1, 3, 2 ** 72 - 1);
        Claim memory claim = Claim(true, 2 ** 101 - 1, 2 ** 101 - 1);
        attest(request, claim, proofForTerms(request, claim, COMMITMENT, 2 ** 98 - 1));
    }

    /// @dev factor 2^24 and disclose 0 would be packed as factor 0 and disclose 1 are, disclose 4 as collateral 1.
    function test_aPartThatWouldSpillIntoTheNextIsRefusedUnderAProofForTheSameTerms() public {
        IMarginVerifier.Request memory request = baseRequest();
        Claim memory claim = Claim(true, 0, 0);
        (request.factor, request.disclose, request.collateral) = (2 ** 24, 0, 0);
        refuse(
            request,
            claim,
            proofForTerms(request, claim, COMMITMENT, 2 ** 24),
            abi.encodeWithSelector(IMarginVerifier.FactorOutOfRange.selector, 2 ** 24)
        );
        (request.factor, request.disclose) = (0, 4);
        refuse(
            request,
            claim,
            proofForTerms(request, claim, COMMITMENT, 2 ** 26),
            abi.encodeWithSelector(IMarginVerifier.InvalidDisclosure.selector, 4)
        );
    }

    function test_theAttestationIsAnEvent() public {
        IMarginVerifier.Request memory request = baseRequest();
        Claim memory claim = Claim(true, 7, OFFSET - 9);
        Groth16.Proof memory proof = proofFor(request, claim, COMMITMENT);
        uint256 context = verifier.contextOf(CONSUMER, request);
        vm.recordLogs();
        attest(request, claim, proof);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 1);
        assertEq(logs[0].topics[0], IMarginVerifier.MarginAttested.selector);
        assertEq(uint256(logs[0].topics[1]), uint160(CONSUMER));
        assertEq(uint256(logs[0].topics[2]), uint160(ACCOUNT));
        assertEq(uint256(logs[0].topics[3]), 5);
        assertEq(logs[0].data, abi.encode(uint64(1), context, 65536, 200_000_000, 3, true, 7, int256(-9)));
    }

    function test_previewAnswersWithoutConsumingTheNonce() public {
        IMarginVerifier.Request memory request = baseRequest();
        Claim memory claim = Claim(true, 7, OFFSET + 9);
        Groth16.Proof memory proof = proofFor(request, claim, COMMITMENT);
        IMarginVerifier.Attestation memory attestation =
            verifier.preview(CONSUMER, request, proof, claim.healthy, claim.requirement, claim.equity);
        assertEq(attestation.equity, int256(9));
        assertEq(verifier.nonceOf(CONSUMER, ACCOUNT), 0);
        attest(request, claim, proof);
    }

    function test_theContextIsTheHashOfItsNineParts() public view {
        bytes memory parts = abi.encode(
            uint256(31337), address(verifier), CONSUMER, bytes32("withdraw"), uint256(25_000_000), ACCOUNT, uint256(1), uint256(0), NOW + 300
        );
        assertEq(verifier.contextOf(CONSUMER, baseRequest()), uint256(keccak256(parts)) % R);
    }

    function test_valuesOutsideTheirRangeAreRefusedByName() public {
        Claim memory claim = Claim(true, 7, OFFSET);
        IMarginVerifier.Request memory request = baseRequest();
        request.factor = 2 ** 24;
        refuse(
            request,
            claim,
            proofFor(request, claim, COMMITMENT),
            abi.encodeWithSelector(IMarginVerifier.FactorOutOfRange.selector, 2 ** 24)
        );
        request = baseRequest();
        request.collateral = 2 ** 72;
        refuse(
            request,
            claim,
            proofFor(request, claim, COMMITMENT),
            abi.encodeWithSelector(IMarginVerifier.CollateralOutOfRange.selector, 2 ** 72)
        );
        request = baseRequest();
        request.disclose = 4;
        refuse(
            request,
            claim,
            proofFor(request, claim, COMMITMENT),
            abi.encodeWithSelector(IMarginVerifier.InvalidDisclosure.selector, 4)
        );
        request = baseRequest();
        claim.requirement = 2 ** 101;
        refuse(
            request,
            claim,
            proofFor(request, claim, COMMITMENT),
            abi.encodeWithSelector(IMarginVerifier.DisclosedValueOutOfRange.selector, 2 ** 101, OFFSET)
        );
    }

    function testFuzz_aValueThatWasNotAskedForIsRefusedByName(uint256 disclose, uint256 requirement, uint256 equity) public {
        disclose %= 3;
        requirement %= 2 ** 101;
        equity %= 2 ** 101;
        vm.assume((disclose != 1 && requirement != 0) || (disclose != 2 && equity != 0));
        IMarginVerifier.Request memory request = baseRequest();
        request.disclose = disclose;
        Claim memory claim = Claim(true, requirement, equity);
        refuse(
            request,
            claim,
            proofFor(request, claim, COMMITMENT),
            abi.encodeWithSelector(IMarginVerifier.DisclosedWithoutRequest.selector, disclose, requirement, equity)
        );
    }

    function test_aKeyNobodyContributedToIsRefusedAtDeployment() public {
        uint256[] memory key = simulatedKey();
        for (uint256 i = 0; i < 4; i++) {
            key[10 + i] = key[6 + i];
        }
        expectError(abi.encodeWithSelector(Groth16.GammaEqualsDelta.selector));
        new MarginVerifier(key, risk, portfolios);
    }

    function test_aKeyForAnotherNumberOfSignalsIsRefusedAtDeployment() public {
        expectError(abi.encodeWithSelector(Groth16.KeyLengthMismatch.selector, 30, 29));
        new MarginVerifier(new uint256[](29), risk, portfolios);
    }

    function test_missingRegistriesAreRefusedAtDeployment() public {
        uint256[] memory key = simulatedKey();
        expectError(abi.encodeWithSelector(IMarginVerifier.RegistryIsZero.selector));
        new MarginVerifier(key, IRiskRegistry(address(0)), portfolios);
        expectError(abi.encodeWithSelector(IMarginVerifier.RegistryIsZero.selector));
        new MarginVerifier(key, risk, IPortfolioRegistry(address(0)));
    }

    function test_theKeyIsStoredAsDataWithItsHash() public view {
        uint256[] memory key = simulatedKey();
        assertEq(verifier.keyStore().code, abi.encodePacked(hex"00", key));
        assertEq(verifier.keyHash(), keccak256(abi.encodePacked(key)));
    }
}
