// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {TierKey} from "../../src/interfaces/IMarginVerifier.sol";
import {IStoppable} from "./Interfaces.sol";
import {OracleActions} from "./OracleActions.sol";

/// @dev Versions, activations, the floor and pauses, by whoever may and whoever may not.
abstract contract PolicyActions is OracleActions {
    using SafeCast for uint256;

    struct Version {
        uint256 kind;
        uint256 verifier;
        bytes32 content;
    }

    struct Relaxation {
        uint256 raises;
        uint256 from;
        uint256 to;
    }

    Version[] internal versions;
    uint32 public activeVersion;
    uint32 public pendingVersion;
    uint64 public pendingFrom;
    uint256 public floor;
    uint256 private _raises;
    /// @dev Highest target so far, Q32: what the multiplier was ever raised to.
    uint256 public peak;
    Relaxation private _relaxation;
    mapping(uint256 raises => mapping(uint256 from => mapping(uint256 to => uint256))) private _relaxReady;

    function propose(uint256 seed) external step(seed) {
        address caller = someone();
        (uint256 kind, uint256 verifier) = (draw(KINDS), draw(2));
        TierKey[] memory keys = verifiers[verifier].keys();
        uint256 fault = draw(6);
        if (fault == 0) keys[draw(keys.length)].keyHash ^= bytes32(uint256(1));
        bool proposed = call(
            caller,
            address(policy),
            abi.encodeCall(
                policy.propose, (fault == 1 ? 0 : generationOf(kind), parametersOf(kind), address(verifiers[verifier]), keys)
            )
        );
        check(Rule.Proposal, proposed == (caller == OWNER && fault > 1));
        if (proposed) recordVersion(kind, verifier);
    }

    function scheduleActivation(uint256 seed) external step(seed) {
        address caller = someone();
        if (pendingVersion != 0 && (isLapsed() || oneIn(3))) {
            bool cancelled = call(caller, address(policy), abi.encodeCall(policy.cancelActivation, ()));
            check(Rule.Activation, cancelled == (caller == OWNER));
            if (!cancelled) return;
            (pendingVersion, pendingFrom) = (0, 0);
            return reach(Reach.Cancelled);
        }
        uint32 version = uint32(draw(versions.length + 1)) + (oneIn(8) ? 0 : 1);
        bool scheduled = call(caller, address(policy), abi.encodeCall(policy.scheduleActivation, (version)));
        bool known = version != 0 && version <= versions.length;
        check(Rule.Activation, scheduled == (caller == OWNER && known && pendingVersion == 0));
        if (!scheduled) return;
        (pendingVersion, pendingFrom) = (version, clock + TIMELOCK);
        reach(Reach.Scheduled);
    }

    /// @dev Usually when it becomes possible, or when it can no longer be refused.
    function activate(uint256 seed) external step(seed) {
        uint256 when = draw(4);
        if (pendingVersion != 0 && when < 2) advanceTo(pendingFrom + draw(MAX_DELAY));
        if (pendingVersion != 0 && when == 2) advanceTo(pendingFrom + (oneIn(4) ? 0 : MAX_DELAY) - (oneIn(4) ? 1 : 0));
        if (pendingVersion != 0 && oneIn(20)) advanceTo(pendingFrom + MAX_DELAY + WINDOW + draw(2));
        observeFactor();
        vm.prevrandao(bytes32(draw(type(uint256).max)));
        vm.prank(STRANGER);
        try policy.activate() returns (bool activated) {
            check(Rule.Activation, pendingVersion != 0 && clock >= pendingFrom && !isLapsed());
            if (!activated) {
                check(Rule.Activation, clock < pendingFrom + MAX_DELAY);
                return reach(Reach.NotDrawn);
            }
            (activeVersion, pendingVersion, pendingFrom) = (pendingVersion, 0, 0);
            noteTarget();
            reach(Reach.Activated);
        } catch {
            check(Rule.Activation, pendingVersion == 0 || clock < pendingFrom || isLapsed());
            if (pendingVersion != 0) reach(isLapsed() ? Reach.Lapsed : Reach.TooEarly);
        }
    }

    function tighten(uint256 seed) external step(seed) {
        // Which changes nothing, since the oracle tells the policy of each header.
        if (oneIn(4)) policy.follow();
        address caller = oneIn(2) ? GUARDIAN : someone();
        uint256 newFloor = someFloor();
        bool done = call(caller, address(policy), abi.encodeCall(policy.tighten, (newFloor.toUint64())));
        check(Rule.Floor, done == (caller != STRANGER && newFloor > floor && newFloor <= 8 * uint256(ONE)));
        if (!done) return;
        floor = newFloor;
        _raises++;
        noteTarget();
        reach(Reach.Tightened);
    }

    function relax(uint256 seed) external step(seed) {
        address caller = someone();
        uint256 ready = _relaxReady[_relaxation.raises][_relaxation.from][_relaxation.to];
        if (isOperationFree(ready) || _relaxation.raises != _raises && oneIn(2)) {
            uint256 newFloor = oneIn(2) ? 0 : someFloor();
            ready = _relaxReady[_raises][floor][newFloor];
            bool scheduled = call(caller, address(policy), abi.encodeCall(policy.scheduleRelax, (newFloor.toUint64())));
            check(Rule.Floor, scheduled == (caller == OWNER && newFloor < floor && isOperationFree(ready)));
            if (!scheduled) return;
            _relaxReady[_raises][floor][newFloor] = clock + TIMELOCK;
            _relaxation = Relaxation(_raises, floor, newFloor);
            return;
        }
        if (!oneIn(3)) advanceTo(ready - (oneIn(4) ? 1 : 0));
        observeFactor();
        uint256 to = _relaxation.to;
        bool done = call(caller, address(policy), abi.encodeCall(policy.relax, (to.toUint64())));
        check(Rule.Floor, done == (caller == OWNER && isOperationReady(_relaxReady[_raises][floor][to])));
        if (!done) return;
        _relaxReady[_raises][floor][to] = 0;
        floor = to;
        noteTarget();
        reach(Reach.Relaxed);
    }

    /// @dev A stopped contract is usually started again, so that the campaign goes on.
    function stopOrStart(uint256 seed) external step(seed) {
        uint256 index = draw(3);
        for (uint256 i = 0; i < 3; i++) {
            if (stopped[i] && !oneIn(4)) index = i;
        }
        address caller = someone();
        bool stop = stopped[index] ? oneIn(6) : !oneIn(6);
        bytes memory data = stop ? abi.encodeCall(IStoppable.pause, ()) : abi.encodeCall(IStoppable.unpause, ());
        bool may = stop ? caller != STRANGER : caller == OWNER;
        bool done = call(caller, address(stoppable(index)), data);
        check(Rule.Pause, done == (may && stopped[index] != stop));
        if (!done) return;
        stopped[index] = stop;
        if (index == 0 && !stop) era++;
        reach(stop ? Reach.Paused : Reach.Unpaused);
    }

    function versionsProposed() external view returns (uint256) {
        return versions.length;
    }

    function contentOf(uint256 version) external view returns (bytes32) {
        return versions[version - 1].content;
    }

    /// @notice Least multiplier now, Q32: the newest indices' or the floor.
    function target() public view returns (uint256 least) {
        least = targetOf(versions[activeVersion - 1].kind, published);
        if (floor > least) least = floor;
    }

    function activeVerifier() public view returns (uint256) {
        return versions[activeVersion - 1].verifier;
    }

    function contentNow(uint32 version) public view returns (bytes32) {
        (bool success, bytes memory content) = address(policy).staticcall(abi.encodeCall(policy.versionOf, (version)));
        return success ? keccak256(content) : bytes32(0);
    }

    function recordVersion(uint256 kind, uint256 verifier) internal {
        bytes memory content =
            abi.encode(generationOf(kind), parametersOf(kind), address(verifiers[verifier]), verifiers[verifier].keys());
        versions.push(Version(kind, verifier, keccak256(content)));
        check(Rule.Proposal, contentNow(uint32(versions.length)) == keccak256(content));
        reach(Reach.Proposed);
    }

    function start() internal {
        TierKey[] memory keys = verifiers[0].keys();
        vm.prank(OWNER);
        policy.propose(generationOf(0), parametersOf(0), address(verifiers[0]), keys);
        recordVersion(0, 0);
        vm.prank(OWNER);
        policy.scheduleActivation(1);
        activeVersion = 1;
        noteTarget();
    }

    /// @dev Before proofs: usually started again and with a root to prove against.
    function freshen() internal {
        resume();
        if (verdictOn(newestEpoch) != Verdict.Usable && !oneIn(4)) publishNow();
        if (oneIn(3)) publishNow();
    }

    function resume() internal {
        for (uint256 i = 0; i < 3; i++) {
            if (!stopped[i] || oneIn(4)) continue;
            vm.prank(OWNER);
            stoppable(i).unpause();
            stopped[i] = false;
            if (i == 0) era++;
            reach(Reach.Unpaused);
        }
    }

    function noteTarget() internal override {
        if (activeVersion != 0 && target() > peak) peak = target();
    }

    function decayNow() internal view override returns (uint256) {
        return activeVersion == 0 ? 0 : parametersOf(versions[activeVersion - 1].kind).decay;
    }

    function isLapsed() private view returns (bool) {
        return clock > uint256(pendingFrom) + MAX_DELAY + WINDOW;
    }

    function someFloor() private returns (uint256) {
        uint256 which = draw(60);
        if (which == 0) return 8 * uint256(ONE);
        if (which < 4) return 8 * uint256(ONE) + 1;
        return uint256(ONE) + draw(6) * ONE / 4;
    }
}
