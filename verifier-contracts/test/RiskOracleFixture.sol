// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {RiskOracle} from "../src/RiskOracle.sol";
import {AssetIndices, DeviationBounds, OracleLimits, RiskHeader} from "../src/interfaces/IRiskOracle.sol";
import {Test} from "./Test.sol";

/// @dev An oracle with three signers of whom two must sign, and two assets; and the signers' side: digests, written out by hand, and signatures.
abstract contract RiskOracleFixture is Test {
    address internal constant OWNER = address(0xA11CE);
    address internal constant GUARDIAN = address(0x6A4D);
    address internal constant STRANGER = address(0xBAD);

    uint64 internal constant START = 1_000_000;
    uint64 internal constant TIMELOCK = 2 days;
    uint64 internal constant GRACE = 60;
    uint64 internal constant MAX_AGE = 3600;
    uint64 internal constant MAX_CLOCK_SKEW = 5;
    uint64 internal constant MIN_INTERVAL = 10;
    uint64 internal constant BREAKER_DELAY = 300;

    uint40 internal constant ONE = 1 << 32;

    RiskOracle internal oracle;
    /// @dev In ascending order of their addresses.
    uint256[] internal keys;

    function setUp() public virtual {
        vm.warp(START);
        keys = sortedKeys(0x5161, 3);
        oracle = newOracle(limits(), addresses(keys), 2, listed());
    }

    /// @dev By its compiled code: with `new`, the compiler would optimise the oracle again inside every test contract.
    function newOracle(OracleLimits memory given, address[] memory signers, uint256 threshold, uint32[] memory assets)
        internal
        returns (RiskOracle created)
    {
        bytes memory code = bytes.concat(
            vm.getCode("RiskOracle.sol:RiskOracle"),
            abi.encode(OWNER, GUARDIAN, TIMELOCK, given, signers, threshold, assets)
        );
        assembly ("memory-safe") {
            created := create(0, add(code, 0x20), mload(code))
            if iszero(created) {
                returndatacopy(code, 0, returndatasize())
                revert(code, returndatasize())
            }
        }
    }

    /// @dev Eight bounds that differ, so that none can stand for another.
    function limits() internal pure returns (OracleLimits memory) {
        return OracleLimits({
            grace: GRACE,
            maxAge: MAX_AGE,
            maxClockSkew: MAX_CLOCK_SKEW,
            minInterval: MIN_INTERVAL,
            breakerDelay: BREAKER_DELAY,
            deviation: DeviationBounds({
                spot: ONE / 10,
                fastVolatility: ONE / 2,
                slowVolatility: ONE / 5,
                depth: ONE * 3 / 5,
                openInterestSkew: ONE / 4,
                utilisation: ONE * 3 / 10,
                correlation: ONE * 7 / 20,
                contagion: ONE * 2 / 5
            })
        });
    }

    function listed() internal pure returns (uint32[] memory assets) {
        assets = new uint32[](2);
        (assets[0], assets[1]) = (1, 2);
    }

    function calm(uint32 asset) internal pure returns (AssetIndices memory) {
        return AssetIndices({
            asset: asset,
            spot: 60_000e8 + asset,
            fastVolatility: ONE * 6 / 10,
            slowVolatility: ONE * 5 / 10,
            openInterestSkew: -int40(ONE) / 8,
            correlation: int40(ONE) / 2,
            depth: 40_000_000e6,
            utilisation: ONE / 3,
            contagion: ONE / 16
        });
    }

    /// @dev A calm market.
    function headerAt(uint64 epoch, uint64 time) internal pure returns (RiskHeader memory header) {
        header = RiskHeader({epoch: epoch, time: time, riskRoot: rootOf(epoch), assets: new AssetIndices[](2)});
        header.assets[0] = calm(1);
        header.assets[1] = calm(2);
    }

    /// @dev The market with asset 1 at a spot of so many 1/1000 of the calm one.
    function headerWithSpot(uint64 epoch, uint64 time, uint64 permille) internal pure returns (RiskHeader memory header) {
        header = headerAt(epoch, time);
        header.assets[0].spot = header.assets[0].spot / 1000 * permille;
    }

    function rootOf(uint64 epoch) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode("root", epoch))) >> 8;
    }

    /// @dev Asked of forge: the optimiser takes block.timestamp for a constant of the test, in spite of warps.
    function now64() internal view returns (uint64) {
        return uint64(vm.getBlockTimestamp());
    }

    function publish(RiskHeader memory header) internal returns (bool) {
        return oracle.publish(header, signaturesOf(header, 2));
    }

    function expectRefusal(RiskHeader memory header, bytes memory encoded) internal {
        expectRefusal(header, signaturesOf(header, 2), encoded);
    }

    function expectRefusal(RiskHeader memory header, bytes[] memory signatures, bytes memory encoded) internal {
        expectError(encoded);
        oracle.publish(header, signatures);
    }

    function signaturesOf(RiskHeader memory header, uint256 count) internal view returns (bytes[] memory signatures) {
        signatures = new bytes[](count);
        for (uint256 i = 0; i < count; i++) signatures[i] = signatureBy(keys[i], digestOf(header));
    }

    function signatureBy(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function digestOf(RiskHeader memory header) internal view returns (bytes32) {
        return digestOf(header, block.chainid, address(oracle));
    }

    /// @dev EIP-712 by hand: every field a word, in the order of the type.
    function digestOf(RiskHeader memory header, uint256 chainId, address target) internal pure returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("zkmargin RiskOracle"),
                keccak256("1"),
                chainId,
                target
            )
        );
        bytes memory members;
        for (uint256 i = 0; i < header.assets.length; i++) {
            members = bytes.concat(members, memberHash(header.assets[i]));
        }
        bytes32 structHash = keccak256(
            bytes.concat(
                keccak256(
                    "RiskHeader(uint64 epoch,uint64 time,uint256 riskRoot,AssetIndices[] assets)AssetIndices(uint32 asset,uint64 spot,uint40 fastVolatility,uint40 slowVolatility,int40 openInterestSkew,int40 correlation,uint96 depth,uint40 utilisation,uint40 contagion)"
                ),
                bytes32(uint256(header.epoch)),
                bytes32(uint256(header.time)),
                bytes32(header.riskRoot),
                keccak256(members)
            )
        );
        return keccak256(bytes.concat(hex"1901", domain, structHash));
    }

    function memberHash(AssetIndices memory member) private pure returns (bytes32) {
        return keccak256(
            bytes.concat(
                bytes.concat(
                    keccak256(
                        "AssetIndices(uint32 asset,uint64 spot,uint40 fastVolatility,uint40 slowVolatility,int40 openInterestSkew,int40 correlation,uint96 depth,uint40 utilisation,uint40 contagion)"
                    ),
                    bytes32(uint256(member.asset)),
                    bytes32(uint256(member.spot)),
                    bytes32(uint256(member.fastVolatility)),
                    bytes32(uint256(member.slowVolatility))
                ),
                bytes32(uint256(int256(member.openInterestSkew))),
                bytes32(uint256(int256(member.correlation))),
                bytes32(uint256(member.depth)),
                bytes32(uint256(member.utilisation)),
                bytes32(uint256(member.contagion))
            )
        );
    }

    /// @dev Keys from a seed, in ascending order of their addresses.
    function sortedKeys(uint256 seed, uint256 count) internal pure returns (uint256[] memory sorted) {
        sorted = new uint256[](count);
        for (uint256 i = 0; i < count; i++) {
            uint256 key = uint256(keccak256(abi.encode(seed, i))) >> 8;
            uint256 j = i;
            for (; j > 0 && vm.addr(sorted[j - 1]) > vm.addr(key); j--) sorted[j] = sorted[j - 1];
            sorted[j] = key;
        }
    }

    function addresses(uint256[] memory given) internal pure returns (address[] memory list) {
        list = new address[](given.length);
        for (uint256 i = 0; i < given.length; i++) list[i] = vm.addr(given[i]);
    }
}
