// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {PolicyRegistry} from "../src/PolicyRegistry.sol";
import {TierKey} from "../src/interfaces/IMarginVerifier.sol";
import {PolicyParameters, Ramp} from "../src/interfaces/IPolicyRegistry.sol";
import {AssetIndices, IRiskObserver, IRiskOracle} from "../src/interfaces/IRiskOracle.sol";
import {Test} from "./Test.sol";

/// @dev In place of the oracle, which has tests of its own: publishes any indices.
contract IndexSource {
    AssetIndices[] private _indices;

    function publish(IRiskObserver observer, AssetIndices[] calldata assets) external {
        _indices = assets;
        observer.onRiskPublished(assets);
    }

    /// @dev Published, but to another observer.
    function set(AssetIndices[] calldata assets) external {
        _indices = assets;
    }

    function indices() external view returns (AssetIndices[] memory) {
        return _indices;
    }
}

/// @dev In place of a MarginVerifier: the three answers that `propose` asks for.
contract VerifierStub {
    address public riskOracle;
    address public policyRegistry;
    TierKey[] private _keys;

    constructor(address oracle, address policy, TierKey[] memory tierKeys) {
        (riskOracle, policyRegistry) = (oracle, policy);
        _keys = tierKeys;
    }

    function keys() external view returns (TierKey[] memory) {
        return _keys;
    }
}

/// @dev A registry with one version proposed, none active; the multiplier is 1 up to a volatility of 50 % and rises with it.
abstract contract PolicyRegistryFixture is Test {
    address internal constant OWNER = address(0xA11CE);
    address internal constant GUARDIAN = address(0x6A);
    address internal constant STRANGER = address(0xBAD);
    uint256 internal constant START = 1_800_000_000;
    uint64 internal constant TIMELOCK = 2 days;
    uint64 internal constant MAX_DELAY = 1 hours;
    uint40 internal constant ONE = 1 << 32;
    /// @dev Q32 a second; 16 units of the factor.
    uint64 internal constant DECAY = 1 << 20;
    uint256 internal constant FACTOR = 1 << 16;

    PolicyRegistry internal policy;
    IndexSource internal source;
    VerifierStub internal verifier;

    function setUp() public virtual {
        vm.warp(START);
        vm.roll(1000);
        source = new IndexSource();
        policy = new PolicyRegistry(OWNER, GUARDIAN, TIMELOCK, MAX_DELAY, IRiskOracle(address(source)));
        verifier = newVerifier();
        propose(1, plain());
    }

    /// @dev Version 1 active since now.
    function activateFirst(uint40 volatility) internal {
        publish(volatility);
        vm.prank(OWNER);
        policy.scheduleActivation(1);
    }

    function propose(uint8 generation, PolicyParameters memory parameters) internal returns (uint32) {
        vm.prank(OWNER);
        return policy.propose(generation, parameters, address(verifier), tierKeys());
    }

    function publish(uint40 volatility) internal {
        source.publish(policy, indicesOf(volatility));
    }

    /// @dev Announced now, active after the longest wait.
    function switchTo(uint32 version) internal {
        vm.prank(OWNER);
        policy.scheduleActivation(version);
        vm.warp(vm.getBlockTimestamp() + TIMELOCK + MAX_DELAY);
        assertTrue(policy.activate());
    }

    function newVerifier() internal returns (VerifierStub) {
        return new VerifierStub(address(source), address(policy), tierKeys());
    }

    function tierKeys() internal pure returns (TierKey[] memory keys) {
        keys = new TierKey[](2);
        keys[0] = TierKey("S", keccak256("key of S"));
        keys[1] = TierKey("M", keccak256("key of M"));
    }

    function plain() internal pure returns (PolicyParameters memory parameters) {
        parameters.base = ONE;
        parameters.maximum = 4 * uint64(ONE);
        parameters.decay = DECAY;
        parameters.fastWeight = ONE;
        parameters.volatility = Ramp({from: ONE / 2, slope: 2 * ONE, cap: 3 * ONE});
    }

    /// @dev Two assets; the second one is calm.
    function indicesOf(uint40 volatility) internal pure returns (AssetIndices[] memory assets) {
        assets = new AssetIndices[](2);
        assets[0] = AssetIndices(1, 1e8, volatility, volatility / 2, 0, 0, 0, 0, 0);
        assets[1] = AssetIndices(2, 1e8, ONE / 4, ONE / 4, 0, 0, 0, 0, 0);
    }

    function notOwner(address caller) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, caller);
    }
}
