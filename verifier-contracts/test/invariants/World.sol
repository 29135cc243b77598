// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Deployment} from "./Deployment.sol";

/// @dev The clock, and what is watched after each action whatever the action was. The ghost state is
///      kept by the interfaces' text alone; a difference is counted under the rule that it breaks, since an action must not revert.
abstract contract World is Deployment {
    using SafeCast for uint256;

    enum Rule {
        Order,
        Signed,
        Breaker,
        RightHeaderRefused,
        SignerChange,
        SettlementChange,
        PortfolioUpdate,
        StandingEpoch,
        Version,
        Truth,
        Opposite,
        Proof,
        Root,
        Stopped,
        Nonce,
        RightProofRefused,
        Decay,
        Guardian,
        Proposal,
        Activation,
        Floor,
        Pause,
        SolvencyCaller,
        SolvencyRecord,
        OtherAccount
    }

    /// @dev States that the campaign has to reach, or it shows nothing.
    enum Reach {
        Published,
        Tripped,
        Confirmed,
        Resumed,
        HeldEarly,
        HeaderRefused,
        BookRegistered,
        BookBatchRegistered,
        BookReplayed,
        BookRefused,
        Attested,
        AttestedUnhealthy,
        ForgeryRefused,
        NonceReplayed,
        Posted,
        PostedUnhealthy,
        NothingNew,
        OlderEpoch,
        BatchPosted,
        MemberSkipped,
        BatchRefused,
        OppositeRefused,
        Solvent,
        SolventByOperator,
        SolvencyRefused,
        Proposed,
        Scheduled,
        Cancelled,
        Activated,
        NotDrawn,
        TooEarly,
        Lapsed,
        Tightened,
        Relaxed,
        Paused,
        Unpaused,
        GuardianRefused,
        SignersChanged,
        SettlementChanged,
        FactorFell
    }

    mapping(Rule => uint256) public broken;
    mapping(Reach => uint256) public reached;
    uint64 public clock = 1_800_000_000;
    /// @dev Whether the ghost thinks a contract paused: oracle, portfolios, policy.
    bool[3] public stopped;

    /// @dev How far the multiplier may have fallen since the last look at it, Q32.
    uint256 internal allowance;
    uint256 internal lastFactor = 1;
    /// @dev The accounts that the action is about.
    bool[3] internal touched;
    address internal actor;
    uint256 private _random;
    bytes32[3] private _states;
    uint64[3][2] private _standingEpochs;

    modifier step(uint256 seed) {
        _random = seed;
        delete touched;
        actor = address(0);
        vm.warp(clock);
        (bytes32 ownersBefore, bool[3] memory pausedBefore) = (ownersState(), pausedNow());
        _;
        observeAccounts();
        observeFactor();
        if (actor == GUARDIAN) {
            check(Rule.Guardian, ownersBefore == ownersState());
            for (uint256 i = 0; i < 3; i++) {
                check(Rule.Guardian, !pausedBefore[i] || stoppable(i).paused());
            }
        }
    }

    /// @dev The state that the campaign starts from.
    function settle() internal {
        touched = [true, true, true];
        observeAccounts();
        observeFactor();
    }

    /// @dev What only the owner changes, or anyone who brings what it announced.
    function ownersState() private view returns (bytes32) {
        (uint32 pending, uint64 from) = policy.pendingActivation();
        return keccak256(
            abi.encode(
                policy.activeVersion(),
                policy.versionCount(),
                pending,
                from,
                oracle.signers(),
                oracle.threshold(),
                portfolios.settlement()
            )
        );
    }

    function pausedNow() private view returns (bool[3] memory) {
        return [oracle.paused(), portfolios.paused(), policy.paused()];
    }

    function observeAccounts() private {
        for (uint256 i = 0; i < ACCOUNTS; i++) {
            bytes32 state = stateOf(accounts[i]);
            if (!touched[i]) check(Rule.OtherAccount, state == _states[i]);
            _states[i] = state;
            for (uint256 j = 0; j < 2; j++) {
                uint64 epoch = verifiers[j].standingOf(accounts[i]).epoch;
                check(Rule.StandingEpoch, epoch >= _standingEpochs[j][i]);
                _standingEpochs[j][i] = epoch;
            }
        }
    }

    /// @dev Everything that is on record about an account.
    function stateOf(address account) private view returns (bytes32 state) {
        (uint256 commitment, uint64 version) = portfolios.portfolioOf(account);
        state = keccak256(
            abi.encode(
                commitment,
                version,
                portfolios.bookHashOf(account),
                solvency.lastEpochOf(account),
                solvency.isOperator(account, OPERATOR)
            )
        );
        for (uint256 i = 0; i < 2; i++) {
            state = keccak256(abi.encode(state, verifiers[i].standingOf(account)));
            for (uint256 j = 0; j < 3; j++) {
                state = keccak256(abi.encode(state, verifiers[i].nonceOf(consumers[j], account)));
            }
        }
    }

    /// @dev A factor is its multiplier rounded up, so a multiplier that falls by the allowance leaves the factor above this.
    function observeFactor() internal {
        try policy.requiredFactor() returns (uint256 factor) {
            check(Rule.Decay, (factor << 16) + allowance > (lastFactor - 1) << 16);
            if (factor < lastFactor) reach(Reach.FactorFell);
            (lastFactor, allowance) = (factor, 0);
        } catch {
            return;
        }
    }

    function advance(uint256 duration) internal {
        allowance += decayNow() * duration;
        clock += duration.toUint64();
        vm.warp(clock);
    }

    function advanceTo(uint256 time) internal {
        if (time > clock) advance(time - clock);
    }

    /// @dev The active version's decay as the ghost knows it, Q32 a second.
    function decayNow() internal view virtual returns (uint256);

    function call(address caller, address target, bytes memory data) internal returns (bool success) {
        actor = caller;
        vm.prank(caller);
        (success,) = target.call(data);
        if (!success && caller == GUARDIAN) reach(Reach.GuardianRefused);
    }

    function check(Rule rule, bool holds) internal {
        if (!holds) broken[rule]++;
    }

    function reach(Reach state) internal {
        reached[state]++;
    }

    function draw(uint256 count) internal returns (uint256) {
        _random = uint256(keccak256(abi.encode(_random)));
        return _random % count;
    }

    function oneIn(uint256 count) internal returns (bool) {
        return draw(count) == 0;
    }

    /// @dev Usually the owner.
    function someone() internal returns (address) {
        uint256 who = draw(8);
        return who == 0 ? STRANGER : who < 3 ? GUARDIAN : OWNER;
    }

    function isOperationReady(uint256 ready) internal view returns (bool) {
        return ready != 0 && clock >= ready && clock <= ready + WINDOW;
    }

    function isOperationFree(uint256 ready) internal view returns (bool) {
        return ready == 0 || clock > ready + WINDOW;
    }
}
