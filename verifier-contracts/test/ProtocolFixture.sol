// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {MarginVerifier} from "../src/MarginVerifier.sol";
import {PolicyRegistry} from "../src/PolicyRegistry.sol";
import {PortfolioRegistry} from "../src/PortfolioRegistry.sol";
import {RiskOracle} from "../src/RiskOracle.sol";
import {ICollateralSource} from "../src/interfaces/ICollateralSource.sol";
import {Attestation, Demand, IMarginVerifier, MarginProof} from "../src/interfaces/IMarginVerifier.sol";
import {PolicyParameters} from "../src/interfaces/IPolicyRegistry.sol";
import {PortfolioUpdate} from "../src/interfaces/IPortfolioRegistry.sol";
import {AssetIndices, DeviationBounds, OracleLimits, RiskHeader} from "../src/interfaces/IRiskOracle.sol";
import {Groth16Simulator} from "./Groth16Simulator.sol";
import {Test} from "./Test.sol";

/// @dev Collateral that a test sets.
contract Purse is ICollateralSource {
    mapping(address account => uint256) public collateralOf;

    function set(address account, uint256 collateral) external {
        collateralOf[account] = collateral;
    }
}

/// @dev The whole protocol with three oracle signers of whom two are needed, a settlement key, an active policy, one published root, one
///      registered account, and simulated proofs.
abstract contract ProtocolFixture is Test, Groth16Simulator {
    uint256 internal constant R = 21888242871839275222246405745257275088548364400416034343698204186575808495617;
    address internal constant ACCOUNT = address(0xACC);
    address internal constant CONSUMER = address(0xC0);
    address internal constant GUARDIAN = address(0x6A);
    uint256 internal constant NOW = 1_800_000_000;
    uint256 internal constant ROOT = 0x1122;
    uint256 internal constant COMMITMENT = 0x3344;
    bytes32 internal constant BOOK_HASH = keccak256("book");
    uint64 internal constant EPOCH = 5;
    uint256 internal constant COLLATERAL = 200_000_000;
    /// @dev 2^100
    uint256 internal constant OFFSET = 1267650600228229401496703205376;
    uint64 internal constant GRACE = 60;
    uint64 internal constant MAX_AGE = 3600;
    uint64 internal constant TIMELOCK = 2 days;
    uint64 internal constant MAX_DELAY = 1 hours;
    uint256 internal constant SETTLEMENT_KEY = 0x5E771E;
    uint40 internal constant ONE = 1 << 32;

    RiskOracle internal oracle;
    PortfolioRegistry internal portfolios;
    PolicyRegistry internal policy;
    MarginVerifier internal verifier;
    Purse internal purse;
    /// @dev In ascending order of their addresses.
    uint256[3] internal signerKeys;

    function setUp() public virtual {
        vm.warp(NOW);
        vm.chainId(31337);
        deployProtocol();
        publish(header(EPOCH, ROOT));
        policy.scheduleActivation(1);
        register(ACCOUNT, 1, COMMITMENT);
        purse.set(ACCOUNT, COLLATERAL);
    }

    function deployProtocol() internal {
        signerKeys = sortedKeys();
        address[] memory signers = new address[](3);
        for (uint256 i = 0; i < 3; i++) {
            signers[i] = vm.addr(signerKeys[i]);
        }
        uint32[] memory assets = new uint32[](1);
        assets[0] = 1;
        bytes memory arguments = abi.encode(address(this), GUARDIAN, TIMELOCK, limits(), signers, 2, assets);
        oracle = RiskOracle(vm.deployCode("RiskOracle.sol:RiskOracle", arguments));
        arguments = abi.encode(address(this), GUARDIAN, TIMELOCK, vm.addr(SETTLEMENT_KEY));
        portfolios = PortfolioRegistry(vm.deployCode("PortfolioRegistry.sol:PortfolioRegistry", arguments));
        arguments = abi.encode(address(this), GUARDIAN, TIMELOCK, MAX_DELAY, oracle);
        policy = PolicyRegistry(vm.deployCode("PolicyRegistry.sol:PolicyRegistry", arguments));
        oracle.setObserver(address(policy));
        purse = new Purse();
        verifier = newVerifier();
        propose();
    }

    function newVerifier() internal returns (MarginVerifier) {
        bytes32[] memory tiers = new bytes32[](2);
        (tiers[0], tiers[1]) = ("S", "M");
        uint256[][] memory keyWords = new uint256[][](2);
        (keyWords[0], keyWords[1]) = (simulatedKey(), otherKey());
        return deployVerifier(
            tiers, keyWords, [address(oracle), address(portfolios), address(policy), address(purse)]
        );
    }

    /// @dev By the artifact, here and above: `new` would put a copy of the code into every test, and the compiler would take minutes.
    function deployVerifier(bytes32[] memory tiers, uint256[][] memory keyWords, address[4] memory parts)
        internal
        returns (MarginVerifier)
    {
        bytes memory arguments = abi.encode(tiers, keyWords, parts[0], parts[1], parts[2], parts[3]);
        return MarginVerifier(vm.deployCode("MarginVerifier.sol:MarginVerifier", arguments));
    }

    /// @dev A version with another verifier, made active.
    function migrate() internal {
        verifier = newVerifier();
        propose();
        policy.scheduleActivation(policy.versionCount());
        vm.warp(block.timestamp + TIMELOCK + MAX_DELAY);
        policy.activate();
    }

    function propose() internal {
        policy.propose(1, parameters(), address(verifier), verifier.keys());
    }

    /// @dev Of tier M: the same key but for alpha, so that a proof of S is none of M.
    function otherKey() internal view returns (uint256[] memory key) {
        key = simulatedKey();
        (key[0], key[1]) = g1(scalarOf("another alpha"));
    }

    function limits() internal pure virtual returns (OracleLimits memory) {
        return OracleLimits({
            grace: GRACE,
            maxAge: MAX_AGE,
            maxClockSkew: 15,
            minInterval: 1,
            breakerDelay: 120,
            deviation: DeviationBounds(ONE / 4, ONE, ONE, ONE, ONE, ONE, ONE, ONE)
        });
    }

    /// @dev Volatility above 0.5 adds as much again, up to 1.
    function parameters() internal pure returns (PolicyParameters memory p) {
        p.base = ONE;
        p.maximum = 4 * uint64(ONE);
        p.decay = 1 << 20;
        p.fastWeight = ONE / 2;
        (p.volatility.from, p.volatility.slope, p.volatility.cap) = (ONE / 2, ONE, ONE);
    }

    function calm() internal pure returns (AssetIndices memory) {
        return AssetIndices({
            asset: 1,
            spot: 70_000 * 10 ** 8,
            fastVolatility: ONE / 4,
            slowVolatility: ONE / 4,
            openInterestSkew: 0,
            correlation: 0,
            depth: 10 ** 15,
            utilisation: 0,
            contagion: 0
        });
    }

    function header(uint64 epoch, uint256 root) internal view returns (RiskHeader memory made) {
        made = RiskHeader(epoch, uint64(block.timestamp), root, new AssetIndices[](1));
        made.assets[0] = calm();
    }

    function publish(RiskHeader memory made) internal returns (bool) {
        return oracle.publish(made, signatures(made));
    }

    function signatures(RiskHeader memory made) internal view returns (bytes[] memory list) {
        bytes32 digest = oracle.digestOf(made);
        list = new bytes[](2);
        for (uint256 i = 0; i < 2; i++) {
            list[i] = signature(signerKeys[i], digest);
        }
    }

    function register(address account, uint64 version, uint256 commitment) internal {
        PortfolioUpdate memory change = PortfolioUpdate(account, version, commitment, BOOK_HASH);
        uint64 deadline = uint64(block.timestamp);
        portfolios.update(change, deadline, signature(SETTLEMENT_KEY, portfolios.digestOf(change, deadline)));
    }

    function signature(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function baseDemand() internal pure returns (Demand memory) {
        return Demand({
            account: ACCOUNT,
            action: "withdraw",
            amount: 25_000_000,
            healthy: true,
            disclose: 3,
            collateral: COLLATERAL,
            ratio: 65536
        });
    }

    /// @dev Without a proof: `proven` adds it.
    function baseMargin() internal pure returns (MarginProof memory margin) {
        margin.tier = "S";
        margin.factor = 65536;
        margin.collateral = COLLATERAL;
        margin.deadline = NOW + 300;
        margin.epoch = EPOCH;
        margin.version = 1;
        margin.healthy = true;
        margin.disclosedRequirement = 90_000_000;
        margin.disclosedEquity = OFFSET + 150_000_000;
    }

    /// @dev With a valid proof for the consumer, against `ROOT` and `COMMITMENT`.
    function proven(Demand memory demand, MarginProof memory margin) internal view returns (MarginProof memory) {
        return provenFor(CONSUMER, demand, margin, COMMITMENT, ROOT, terms(margin.factor, demand.disclose, margin.collateral));
    }

    /// @dev The order of circuits.json, written out: healthy, disclosedRequirement, disclosedEquity, portfolioCommitment, riskRoot,
    ///      context, terms.
    function provenFor(
        address consumer,
        Demand memory demand,
        MarginProof memory margin,
        uint256 commitment,
        uint256 root,
        uint256 packedTerms
    ) internal view returns (MarginProof memory) {
        uint256[] memory signals = new uint256[](7);
        signals[0] = margin.healthy ? 1 : 0;
        signals[1] = margin.disclosedRequirement;
        signals[2] = margin.disclosedEquity;
        signals[3] = commitment;
        signals[4] = root;
        signals[5] = verifier.contextOf(consumer, demand, margin);
        signals[6] = packedTerms;
        margin.proof = prove(signals, margin.nonce);
        return margin;
    }

    function terms(uint256 factor, uint256 disclose, uint256 collateral) internal pure returns (uint256) {
        return factor + disclose * 2 ** 24 + collateral * 2 ** 26;
    }

    function attest(Demand memory demand, MarginProof memory margin) internal returns (Attestation memory) {
        vm.prank(CONSUMER);
        return verifier.attest(demand, margin);
    }

    function refuse(Demand memory demand, MarginProof memory margin, bytes memory expected) internal {
        vm.prank(CONSUMER);
        expectError(expected);
        verifier.attest(demand, margin);
    }

    function invalidProof() internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IMarginVerifier.InvalidProof.selector);
    }

    /// @dev A proof that `post` takes, for an account committed to `commitment`.
    function standing(address account, MarginProof memory margin, uint256 commitment, uint256 root)
        internal
        view
        returns (MarginProof memory)
    {
        margin.disclosedEquity = 0;
        Demand memory demand = verifier.standingDemand(account, margin.healthy);
        return provenFor(
            address(verifier), demand, margin, commitment, root, terms(margin.factor, 1, margin.collateral)
        );
    }

    function sortedKeys() private pure returns (uint256[3] memory keys) {
        keys = [uint256(0xA11CE), 0xB0B, 0xCA401];
        for (uint256 i = 0; i < 2; i++) {
            for (uint256 j = 0; j < 2 - i; j++) {
                if (vm.addr(keys[j]) > vm.addr(keys[j + 1])) (keys[j], keys[j + 1]) = (keys[j + 1], keys[j]);
            }
        }
    }
}
