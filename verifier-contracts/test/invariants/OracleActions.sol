// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {AssetIndices, RiskHeader} from "../../src/interfaces/IRiskOracle.sol";
import {World} from "./World.sol";

/// @dev Headers right and wrong, the circuit breaker, other signers; and which roots are usable by the text of `IRiskOracle`.
abstract contract OracleActions is World {
    using SafeCast for uint256;

    enum Verdict {
        Usable,
        NeverSigned,
        TooOld,
        Superseded,
        Stopped
    }

    struct Accepted {
        uint256 root;
        uint64 time;
        uint64 supersededAt;
        uint32 era;
    }

    /// @dev In ascending order of their addresses, so that any of them in order are a right list.
    uint256[5] internal signerKeys = [uint256(0xA11CE), 0xB0B, 0xCA401, 0xDA7E, 0xE11A];
    uint64[] public epochs;
    /// @dev Last of the headers that were accepted, held ones included.
    uint64 public lastEpoch;
    uint64 public newestEpoch;
    uint256 public signerSet;
    uint256[3] internal signersReady;
    mapping(uint64 epoch => Accepted) internal accepted;
    AssetIndices internal published;
    AssetIndices internal held;
    uint64 internal lastTime;
    uint64 internal tripped;
    /// @dev Confirmed moves and ends of pauses so far.
    uint32 internal era;

    function publish(uint256 seed) external step(seed) {
        RiskHeader memory header = someHeader();
        if (tripped != 0 && !oneIn(4)) advanceTo(tripped + BREAKER_DELAY - (oneIn(4) ? 1 : 0));
        if (!oneIn(8)) advanceTo(lastTime + MIN_INTERVAL);
        header.time = someTime();
        if (oneIn(12)) header.epoch = lastEpoch - uint64(draw(2));
        if (oneIn(24)) header.riskRoot = oneIn(2) ? 0 : R + draw(100);
        (bytes[] memory signatures, bool right) = someSignatures(header);
        submit(header, signatures, right);
    }

    /// @dev Headers that were kept back come all at once.
    function publishMany(uint256 seed) external step(seed) {
        uint256 count = 2 + draw(5);
        advanceTo(lastTime + MIN_INTERVAL * count);
        for (uint256 i = 0; i < count; i++) {
            RiskHeader memory header = someHeader();
            header.time = lastTime + MIN_INTERVAL;
            if (header.time + MAX_AGE < clock) header.time = clock;
            submit(header, rightSignatures(header), true);
        }
    }

    function changeSigners(uint256 seed) external step(seed) {
        uint256 set = draw(3);
        for (uint256 i = 0; i < 3; i++) {
            if (signersReady[i] != 0 && !oneIn(4)) set = i;
        }
        (address[] memory list, uint256 threshold) = signersOf(set);
        uint256 ready = signersReady[set];
        address caller = someone();
        if (isOperationFree(ready) || oneIn(6)) {
            bool scheduled = call(caller, address(oracle), abi.encodeCall(oracle.scheduleSigners, (list, threshold)));
            check(Rule.SignerChange, scheduled == (caller == OWNER && isOperationFree(ready)));
            if (scheduled) signersReady[set] = clock + TIMELOCK;
            return;
        }
        if (!oneIn(3)) advanceTo(ready - (oneIn(4) ? 1 : 0));
        if (oneIn(12)) advanceTo(ready + WINDOW + 1);
        bool done = call(caller, address(oracle), abi.encodeCall(oracle.applySigners, (list, threshold)));
        check(Rule.SignerChange, done == (caller == OWNER && isOperationReady(ready)));
        if (!done) return;
        (signerSet, signersReady[set]) = (set, 0);
        reach(Reach.SignersChanged);
    }

    function epochCount() external view returns (uint256) {
        return epochs.length;
    }

    function rootOf(uint64 epoch) public view returns (uint256) {
        return accepted[epoch].root;
    }

    function newestIndices() external view returns (AssetIndices memory) {
        return published;
    }

    function isTripped() external view returns (bool) {
        return tripped != 0;
    }

    /// @dev Whether a proof against the epoch's root may be accepted now, and if not, why.
    function verdictOn(uint64 epoch) public view returns (Verdict) {
        Accepted storage one = accepted[epoch];
        if (one.root == 0) return Verdict.NeverSigned;
        if (stopped[0] || tripped != 0) return Verdict.Stopped;
        if (clock > one.time + MAX_AGE) return Verdict.TooOld;
        if (one.era != era) return Verdict.Stopped;
        if (one.supersededAt == 0) return Verdict.Usable;
        return clock > one.supersededAt + GRACE ? Verdict.Superseded : Verdict.Usable;
    }

    function signersOf(uint256 set) public view returns (address[] memory list, uint256 threshold) {
        uint256[] memory keys = keysOf(set);
        list = new address[](keys.length);
        for (uint256 i = 0; i < keys.length; i++) {
            list[i] = vm.addr(keys[i]);
        }
        threshold = set == 2 ? 3 : 2;
    }

    /// @dev Sets 0 and 1 have two of three signers in common; 2 has four, of whom three are needed.
    function keysOf(uint256 set) internal view returns (uint256[] memory keys) {
        keys = new uint256[](set == 2 ? 4 : 3);
        for (uint256 i = 0; i < keys.length; i++) {
            keys[i] = signerKeys[set == 0 ? i : i + 1];
        }
    }

    function sortSigners() internal {
        for (uint256 i = 0; i < 4; i++) {
            for (uint256 j = 0; j < 4 - i; j++) {
                (uint256 a, uint256 b) = (signerKeys[j], signerKeys[j + 1]);
                if (vm.addr(a) > vm.addr(b)) (signerKeys[j], signerKeys[j + 1]) = (b, a);
            }
        }
    }

    /// @dev A right header now, so that there is something to prove against.
    function publishNow() internal {
        advanceTo(lastTime + MIN_INTERVAL);
        if (tripped != 0) advanceTo(tripped + BREAKER_DELAY);
        RiskHeader memory header = someHeader();
        header.assets[0].spot = published.spot == 0 ? 10 ** 12 : published.spot;
        submit(header, rightSignatures(header), true);
    }

    /// @dev Near the published one, near the held one, or far from both.
    function someHeader() private returns (RiskHeader memory header) {
        header.epoch = lastEpoch + 1 + uint64(draw(2));
        header.time = clock;
        header.riskRoot = uint256(keccak256(abi.encode("root", header.epoch, draw(1000)))) % R;
        header.assets = new AssetIndices[](1);
        AssetIndices memory asset = header.assets[0];
        uint256 spot = published.spot == 0 ? 10 ** 12 : published.spot;
        if (tripped != 0 && !oneIn(3)) spot = held.spot;
        else if (oneIn(6)) spot = spot > 10 ** 11 && oneIn(2) ? spot / 2 : spot < 10 ** 13 ? spot * 2 : spot;
        (asset.asset, asset.spot) = (1, (spot * (90 + draw(21)) / 100).toUint64());
        asset.fastVolatility = asset.slowVolatility = oneIn(2) ? uint40(ONE / 4 + draw(ONE / 8)) : uint40(ONE / 4 + draw(2 * uint256(ONE)));
        (asset.depth, asset.utilisation) = (10 ** 15, oneIn(4) ? uint40(draw(ONE)) : 0);
    }

    function someTime() private returns (uint64) {
        uint256 which = draw(12);
        if (which == 0) return clock + MAX_CLOCK_SKEW + 1;
        if (which == 1) return clock + MAX_CLOCK_SKEW;
        if (which == 2) return clock - MAX_AGE - 1;
        if (which == 3) return lastTime + MIN_INTERVAL - uint64(draw(2));
        return clock;
    }

    function rightSignatures(RiskHeader memory header) private view returns (bytes[] memory list) {
        uint256[] memory keys = keysOf(signerSet);
        list = new bytes[](signerSet == 2 ? 3 : 2);
        for (uint256 i = 0; i < list.length; i++) {
            list[i] = sign(keys[i], oracle.digestOf(header));
        }
    }

    /// @dev Right ones three times in four; else one too few, one twice, of somebody else, or of another header.
    function someSignatures(RiskHeader memory header) private returns (bytes[] memory list, bool right) {
        list = rightSignatures(header);
        right = !oneIn(4);
        if (right) return (list, true);
        uint256 fault = draw(4);
        uint256 last = list.length - 1;
        if (fault == 0) {
            bytes[] memory fewer = new bytes[](last);
            for (uint256 i = 0; i < last; i++) {
                fewer[i] = list[i];
            }
            return (fewer, false);
        }
        if (fault == 1) list[last] = list[last - 1];
        if (fault == 2) list[last] = sign(0xBAD, oracle.digestOf(header));
        if (fault == 3) list[last] = sign(signerKeys[last], keccak256("another header"));
    }

    function submit(RiskHeader memory header, bytes[] memory signatures, bool right) private {
        bool ordered = header.epoch > lastEpoch && header.time <= clock + MAX_CLOCK_SKEW && clock <= header.time + MAX_AGE
            && (lastEpoch == 0 || header.time >= lastTime + MIN_INTERVAL);
        bool expected = right && ordered && !stopped[0] && header.riskRoot != 0 && header.riskRoot < R;
        try oracle.publish(header, signatures) returns (bool wasPublished) {
            check(Rule.Order, ordered);
            check(Rule.Signed, right && !stopped[0]);
            take(header, wasPublished);
        } catch {
            check(Rule.RightHeaderRefused, !expected);
            reach(Reach.HeaderRefused);
        }
    }

    function take(RiskHeader memory header, bool wasPublished) private {
        (lastEpoch, lastTime) = (header.epoch, header.time);
        AssetIndices memory asset = header.assets[0];
        uint64 dataTime = header.time < clock ? header.time : clock;
        bool near = published.spot == 0 || isNear(published.spot, asset.spot);
        bool confirms = tripped != 0 && !near && isNear(held.spot, asset.spot);
        bool inTime = tripped == 0 || dataTime >= tripped + BREAKER_DELAY;
        bool expected = inTime && (near || confirms);
        check(Rule.Breaker, wasPublished == expected);
        if (!wasPublished) {
            if (!near && !confirms) tripped = clock;
            held = asset;
            return reach(near || confirms ? Reach.HeldEarly : Reach.Tripped);
        }
        reach(tripped == 0 ? Reach.Published : confirms ? Reach.Confirmed : Reach.Resumed);
        tripped = 0;
        if (confirms) era++;
        if (newestEpoch != 0) accepted[newestEpoch].supersededAt = clock;
        newestEpoch = header.epoch;
        epochs.push(header.epoch);
        accepted[header.epoch] = Accepted(header.riskRoot, dataTime, 0, era);
        published = asset;
        noteTarget();
    }

    /// @dev Tells the policy's ghost that its target may have changed.
    function noteTarget() internal virtual;

    function isNear(uint256 before, uint256 current) private pure returns (bool) {
        return 4 * (before > current ? before - current : current - before) <= before;
    }
}
