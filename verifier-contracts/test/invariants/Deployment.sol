// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IMarginVerifier} from "../../src/interfaces/IMarginVerifier.sol";
import {PolicyParameters} from "../../src/interfaces/IPolicyRegistry.sol";
import {AssetIndices, DeviationBounds, OracleLimits} from "../../src/interfaces/IRiskOracle.sol";
import {Groth16Simulator} from "../Groth16Simulator.sol";
import {Test} from "../Test.sol";
import {CollateralPurse} from "./CollateralPurse.sol";
import {IOracle, IPolicy, IPortfolios, ISolvency, IStoppable} from "./Interfaces.sol";

/// @dev The deployed protocol, with short times so that a campaign sees all of them pass.
abstract contract Deployment is Test, Groth16Simulator {
    uint256 internal constant R = 21888242871839275222246405745257275088548364400416034343698204186575808495617;
    uint40 internal constant ONE = 1 << 32;
    address internal constant OWNER = address(0xA0);
    address internal constant GUARDIAN = address(0x6A);
    address internal constant STRANGER = address(0x57);
    address internal constant OPERATOR = address(0x09);
    uint256 internal constant ACCOUNTS = 3;
    uint64 internal constant GRACE = 60;
    uint64 internal constant MAX_AGE = 300;
    uint64 internal constant MAX_CLOCK_SKEW = 10;
    uint64 internal constant MIN_INTERVAL = 20;
    uint64 internal constant BREAKER_DELAY = 40;
    uint64 internal constant TIMELOCK = 400;
    uint64 internal constant WINDOW = 14 days;
    uint64 internal constant MAX_DELAY = 120;
    uint256 internal constant KINDS = 3;

    IOracle public oracle;
    IPortfolios public portfolios;
    IPolicy public policy;
    ISolvency public solvency;
    CollateralPurse public purse;
    IMarginVerifier[2] public verifiers;
    /// @dev In ascending order. The consumers' last is the solvency registry.
    address[3] public accounts = [address(0xACC1), address(0xACC2), address(0xACC3)];
    address[3] public consumers = [address(0xC0), address(0xC1), address(0)];

    function deploy(address[] memory signers, address settlement) internal {
        uint32[] memory listed = new uint32[](1);
        listed[0] = 1;
        bytes memory arguments = abi.encode(OWNER, GUARDIAN, TIMELOCK, limits(), signers, 2, listed);
        oracle = IOracle(vm.deployCode("RiskOracle.sol:RiskOracle", arguments));
        arguments = abi.encode(OWNER, GUARDIAN, TIMELOCK, settlement);
        portfolios = IPortfolios(vm.deployCode("PortfolioRegistry.sol:PortfolioRegistry", arguments));
        arguments = abi.encode(OWNER, GUARDIAN, TIMELOCK, MAX_DELAY, oracle);
        policy = IPolicy(vm.deployCode("PolicyRegistry.sol:PolicyRegistry", arguments));
        purse = new CollateralPurse();
        arguments = abi.encode(policy, purse);
        solvency = ISolvency(vm.deployCode("SolvencyRegistry.sol:SolvencyRegistry", arguments));
        consumers[2] = address(solvency);
        for (uint256 i = 0; i < 2; i++) {
            verifiers[i] = newVerifier();
        }
        vm.prank(OWNER);
        oracle.setObserver(address(policy));
    }

    /// @dev Tier M has the same key but for alpha, so that a proof of S is none of M.
    function newVerifier() private returns (IMarginVerifier) {
        bytes32[] memory tiers = new bytes32[](2);
        (tiers[0], tiers[1]) = ("S", "M");
        uint256[][] memory keyWords = new uint256[][](2);
        (keyWords[0], keyWords[1]) = (simulatedKey(), simulatedKey());
        (keyWords[1][0], keyWords[1][1]) = g1(scalarOf("another alpha"));
        bytes memory arguments = abi.encode(tiers, keyWords, oracle, portfolios, policy, purse);
        return IMarginVerifier(vm.deployCode("MarginVerifier.sol:MarginVerifier", arguments));
    }

    function stoppable(uint256 index) internal view returns (IStoppable) {
        return IStoppable(index == 0 ? address(oracle) : index == 1 ? address(portfolios) : address(policy));
    }

    function sign(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function limits() internal pure returns (OracleLimits memory) {
        return OracleLimits({
            grace: GRACE,
            maxAge: MAX_AGE,
            maxClockSkew: MAX_CLOCK_SKEW,
            minInterval: MIN_INTERVAL,
            breakerDelay: BREAKER_DELAY,
            deviation: DeviationBounds(ONE / 4, 100 * ONE, 100 * ONE, ONE, ONE, ONE, ONE, ONE)
        });
    }

    function generationOf(uint256 kind) internal pure returns (uint8) {
        return kind == 2 ? 2 : 1;
    }

    function parametersOf(uint256 kind) internal pure returns (PolicyParameters memory p) {
        p.base = kind == 1 ? ONE + ONE / 4 : ONE;
        p.maximum = kind == 1 ? 2 * uint64(ONE) : 4 * uint64(ONE);
        p.decay = kind == 0 ? 1 << 19 : kind == 1 ? 1 << 20 : 1 << 16;
        p.fastWeight = ONE / 2;
        (p.volatility.from, p.volatility.slope, p.volatility.cap) = kind == 2 ? (ONE / 4, 2 * ONE, 2 * ONE) : (ONE / 2, ONE, ONE);
        (p.utilisation.from, p.utilisation.slope, p.utilisation.cap) = (ONE / 2, ONE, ONE / 2);
    }

    /// @dev The policy function for indices whose two volatilities are the same.
    function targetOf(uint256 kind, AssetIndices memory asset) internal pure returns (uint256 target) {
        PolicyParameters memory p = parametersOf(kind);
        target = p.base + rampUp(p.volatility.from, p.volatility.slope, p.volatility.cap, asset.slowVolatility);
        if (kind == 2) target += rampUp(p.utilisation.from, p.utilisation.slope, p.utilisation.cap, asset.utilisation);
        if (target > p.maximum) target = p.maximum;
    }

    function rampUp(uint256 from, uint256 slope, uint256 cap, uint256 index) private pure returns (uint256 added) {
        if (index <= from) return 0;
        added = (slope * (index - from) + ONE - 1) / ONE;
        if (added > cap) added = cap;
    }
}
