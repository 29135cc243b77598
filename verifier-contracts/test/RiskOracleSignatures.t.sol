// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {RiskOracle} from "../src/RiskOracle.sol";
import {AssetIndices, IRiskOracle, RiskHeader} from "../src/interfaces/IRiskOracle.sol";
import {RiskOracleFixture} from "./RiskOracleFixture.sol";

contract RiskOracleSignaturesTest is RiskOracleFixture {
    /// @dev Order of secp256k1.
    uint256 private constant N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    RiskHeader private header;
    bytes32 private digest;

    function setUp() public override {
        super.setUp();
        RiskHeader memory fresh = headerAt(1, START);
        header.epoch = fresh.epoch;
        header.time = fresh.time;
        header.riskRoot = fresh.riskRoot;
        header.assets.push(fresh.assets[0]);
        header.assets.push(fresh.assets[1]);
        digest = digestOf(fresh);
    }

    function test_anyTwoOfTheThreeSignersSuffice() public {
        uint256[2][3] memory pairs = [[uint256(0), 1], [uint256(0), 2], [uint256(1), 2]];
        for (uint256 i = 0; i < 3; i++) {
            oracle = newOracle(limits(), addresses(keys), 2, listed());
            digest = digestOf(header);
            assertTrue(oracle.publish(header, signed(keys[pairs[i][0]], keys[pairs[i][1]])));
        }
    }

    function test_allThreeSignersMaySign() public {
        assertTrue(oracle.publish(header, signaturesOf(header, 3)));
    }

    function test_oneSignerFewerThanTheThresholdIsRefused() public {
        expectRefusal(
            header,
            signaturesOf(header, 1),
            abi.encodeWithSelector(IRiskOracle.SignatureCountOutOfRange.selector, 1, 2, 3)
        );
        expectRefusal(
            header, new bytes[](0), abi.encodeWithSelector(IRiskOracle.SignatureCountOutOfRange.selector, 0, 2, 3)
        );
    }

    function test_moreSignaturesThanSignersAreRefused() public {
        bytes[] memory signatures = new bytes[](4);
        for (uint256 i = 0; i < 4; i++) signatures[i] = signatureBy(keys[i % 3], digest);
        expectRefusal(
            header, signatures, abi.encodeWithSelector(IRiskOracle.SignatureCountOutOfRange.selector, 4, 2, 3)
        );
    }

    function test_aSignerWhoSignsTwiceCountsOnce() public {
        expectInvalid(signed(keys[1], keys[1]), 1);
    }

    function test_signaturesOutOfOrderAreRefused() public {
        expectInvalid(signed(keys[1], keys[0]), 1);
        bytes[] memory signatures = signaturesOf(header, 3);
        (signatures[1], signatures[2]) = (signatures[2], signatures[1]);
        expectInvalid(signatures, 2);
    }

    function test_theSignatureOfANonSignerIsRefusedWhereverItStands() public {
        uint256[] memory strangers = sortedKeys(0xBAD, 8);
        for (uint256 i = 0; i < strangers.length; i++) {
            bool below = vm.addr(strangers[i]) < vm.addr(keys[0]);
            if (below) expectInvalid(signed(strangers[i], keys[0]), 0);
            else expectInvalid(signed(keys[0], strangers[i]), 1);
        }
    }

    function test_enoughSignersDoNotExcuseAForeignSignature() public {
        bytes[] memory signatures = signaturesOf(header, 3);
        signatures[2] = signatureBy(0xBAD, digest);
        expectInvalid(signatures, 2);
    }

    function test_aMalleableSignatureIsRefused() public {
        bytes[] memory signatures = signaturesOf(header, 2);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keys[1], digest);
        bytes32 high = bytes32(N - uint256(s));
        // The twin is a signature of the same signer as far as the curve is concerned.
        assertEq(ecrecover(digest, 55 - v, r, high), vm.addr(keys[1]));
        signatures[1] = abi.encodePacked(r, high, 55 - v);
        expectInvalid(signatures, 1);
    }

    function test_theSameSignatureAndItsTwinAreNotTwoSigners() public {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keys[0], digest);
        bytes[] memory signatures = signaturesOf(header, 2);
        signatures[1] = abi.encodePacked(r, N - uint256(s), 55 - v);
        expectInvalid(signatures, 1);
    }

    function test_aTruncatedOrPaddedSignatureIsRefused() public {
        bytes[] memory signatures = signaturesOf(header, 2);
        (, bytes32 r, bytes32 s) = vm.sign(keys[0], digest);
        signatures[0] = abi.encodePacked(r, s);
        expectInvalid(signatures, 0);
        signatures[0] = "";
        expectInvalid(signatures, 0);
        signatures[0] = bytes.concat(signatureBy(keys[0], digest), hex"00");
        expectInvalid(signatures, 0);
    }

    /// @dev 64 bytes r, vs: a second form of a signature is a second name for it.
    function test_aCompactSignatureIsRefused() public {
        bytes[] memory signatures = signaturesOf(header, 2);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keys[1], digest);
        signatures[1] = abi.encodePacked(r, bytes32(uint256(s) | (uint256(v - 27) << 255)));
        expectInvalid(signatures, 1);
    }

    function testFuzz_aSignatureWithOneBitFlippedIsRefused(uint256 bit, bool second) public {
        bit %= 65 * 8;
        bytes[] memory signatures = signaturesOf(header, 2);
        uint256 position = second ? 1 : 0;
        signatures[position][bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        expectInvalid(signatures, position);
    }

    function test_signaturesForAnotherChainAreRefused() public {
        expectInvalid(signedOver(digestOf(header, block.chainid + 1, address(oracle))), 0);
    }

    function test_afterAForkOnlySignaturesForTheNewChainCount() public {
        bytes[] memory old = signaturesOf(header, 2);
        uint256 chainId = block.chainid + 1;
        vm.chainId(chainId);
        expectInvalid(old, 0);
        assertTrue(oracle.publish(header, signedOver(digestOf(header, chainId, address(oracle)))));
    }

    function test_signaturesForAnotherOracleAreRefused() public {
        RiskOracle other = newOracle(limits(), addresses(keys), 2, listed());
        bytes[] memory signatures = signedOver(digestOf(header, block.chainid, address(other)));
        expectInvalid(signatures, 0);
        assertTrue(other.publish(header, signatures));
    }

    function test_theSignaturesCoverEveryFieldOfTheHeader() public {
        bytes[] memory signatures = signaturesOf(header, 2);
        RiskHeader memory forged = header;
        forged.epoch++;
        expectInvalid(forged, signatures);
        forged = header;
        forged.time--;
        expectInvalid(forged, signatures);
        forged = header;
        forged.riskRoot++;
        expectInvalid(forged, signatures);
        for (uint256 index = 0; index < 8; index++) {
            forged = header;
            AssetIndices memory last = forged.assets[1];
            if (index == 0) last.spot++;
            if (index == 1) last.fastVolatility++;
            if (index == 2) last.slowVolatility++;
            if (index == 3) last.depth++;
            if (index == 4) last.openInterestSkew++;
            if (index == 5) last.utilisation++;
            if (index == 6) last.correlation++;
            if (index == 7) last.contagion++;
            expectInvalid(forged, signatures);
        }
    }

    /// @dev A message with the same words, but without the EIP-712 prefix.
    function test_aSignatureOverABareHashIsRefused() public {
        expectInvalid(signedOver(keccak256(abi.encode(header))), 0);
    }

    function testFuzz_theDigestIsThatOfEip712(RiskHeader calldata any, uint64 chainId) public {
        vm.assume(chainId != 0);
        vm.chainId(chainId);
        assertEq(oracle.digestOf(any), digestOf(any, chainId, address(oracle)));
    }

    function test_theDigestCoversTheNumberOfAssets() public view {
        RiskHeader memory bare = headerAt(1, START);
        bare.assets = new AssetIndices[](0);
        assertEq(oracle.digestOf(bare), digestOf(bare));
        bare.assets = new AssetIndices[](1);
        bare.assets[0] = calm(1);
        assertEq(oracle.digestOf(bare), digestOf(bare));
        assertTrue(oracle.digestOf(bare) != oracle.digestOf(header));
    }

    function signed(uint256 first, uint256 second) private view returns (bytes[] memory signatures) {
        signatures = new bytes[](2);
        signatures[0] = signatureBy(first, digest);
        signatures[1] = signatureBy(second, digest);
    }

    function signedOver(bytes32 message) private view returns (bytes[] memory signatures) {
        signatures = new bytes[](2);
        for (uint256 i = 0; i < 2; i++) signatures[i] = signatureBy(keys[i], message);
    }

    function expectInvalid(bytes[] memory signatures, uint256 position) private {
        expectRefusal(header, signatures, abi.encodeWithSelector(IRiskOracle.InvalidSignature.selector, position));
    }

    function expectInvalid(RiskHeader memory forged, bytes[] memory signatures) private {
        expectRefusal(forged, signatures, abi.encodeWithSelector(IRiskOracle.InvalidSignature.selector, 0));
    }
}
