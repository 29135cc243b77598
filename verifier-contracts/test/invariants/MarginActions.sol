// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Demand, IMarginVerifier, MarginProof, StandingAttestation} from "../../src/interfaces/IMarginVerifier.sol";
import {PortfolioActions} from "./PortfolioActions.sol";

/// @dev Proofs of the hidden truth, which is all that a sound circuit proves, brought as they are or with something changed after proving.
abstract contract MarginActions is PortfolioActions {
    /// @dev A proof on its way to `verifiers[verifier]`.
    /// @param book The commitment that was proven, which the version in the margin may not belong to.
    /// @param sound Whether nothing was changed since it was made, for this consumer and under this verifier.
    struct Brought {
        uint256 verifier;
        uint256 consumer;
        uint256 account;
        uint256 book;
        Demand demand;
        MarginProof margin;
        bool sound;
    }

    /// @dev Position of the verifier itself, the consumer of standing attestations.
    uint256 internal constant EVERYONE = 3;

    mapping(uint256 verifier => mapping(uint256 consumer => mapping(uint256 account => uint256))) public nonces;
    StandingAttestation[3][2] private _standing;

    function attest(uint256 seed) external step(seed) {
        freshen();
        uint256 account = draw(ACCOUNTS);
        touched[account] = true;
        if (oneIn(2)) bringStanding(standing(account, activeVerifier()));
        for (uint256 i = 1 + draw(3); i > 0; i--) {
            bring(begin(draw(2), account));
        }
    }

    function post(uint256 seed) external step(seed) {
        freshen();
        uint256 account = draw(ACCOUNTS);
        for (uint256 i = 1 + draw(3); i > 0; i--) {
            bringStanding(standing(account, oneIn(8) ? draw(2) : activeVerifier()));
        }
    }

    /// @dev Some of the accounts in ascending order; of those who are left out nothing may change.
    function postBatch(uint256 seed) external step(seed) {
        freshen();
        uint256 members = 1 + draw(7);
        bool skip = oneIn(2);
        Brought[] memory list = new Brought[](ACCOUNTS);
        uint256 count = 0;
        uint256 verifier = activeVerifier();
        for (uint256 i = 0; i < ACCOUNTS; i++) {
            if (members >> i & 1 == 1) list[count++] = standing(i, verifier);
        }
        (address[] memory whose, MarginProof[] memory margins) = (new address[](count), new MarginProof[](count));
        bool[] memory postable = new bool[](count);
        uint256 right = 0;
        for (uint256 i = 0; i < count; i++) {
            // One key for all: a changed tier is another action's.
            list[i].sound = list[i].sound || list[i].margin.tier != "S";
            list[i].margin.tier = "S";
            (whose[i], margins[i]) = (accounts[list[i].account], list[i].margin);
            postable[i] = isPostable(list[i]);
            if (postable[i]) right++;
        }
        try verifiers[verifier].postBatch(whose, margins, skip) returns (uint256 number) {
            check(Rule.RightProofRefused, number >= right);
            check(Rule.Proof, number <= right && (skip || right == count));
            for (uint256 i = 0; i < count; i++) {
                if (isStored(list[i])) posted(list[i]);
                else check(Rule.RightProofRefused, !postable[i]);
            }
            if (number != 0) reach(Reach.BatchPosted);
            if (number < count) reach(Reach.MemberSkipped);
        } catch {
            check(Rule.RightProofRefused, !skip && right < count);
            reach(Reach.BatchRefused);
        }
    }

    /// @dev The truth of what counts now, for an account whose standing attestation counts; `known` is false if it rightly can't.
    function truthOf(uint256 verifier, uint256 account) external view returns (bool known, bool healthy) {
        StandingAttestation memory kept = verifiers[verifier].standingOf(accounts[account]);
        known = kept.version != 0 && kept.version == bookCount(account) && verdictOn(kept.epoch) == Verdict.Usable
            && !stopped[2] && verifier == activeVerifier();
        if (known) healthy = isHealthy(bookOf(account), rootOf(kept.epoch), policy.requiredFactor(), purse.collateralOf(accounts[account]));
    }

    function begin(uint256 consumer, uint256 account) internal returns (Brought memory b) {
        (b.consumer, b.account) = (consumer, account);
        b.verifier = oneIn(12) ? draw(2) : activeVerifier();
        b.demand.account = accounts[account];
        b.sound = true;
        if (oneIn(2)) purse.set(accounts[account], someCollateral());
    }

    /// @dev What an honest prover or one who tries his luck declares; the demand's other fields are set.
    function prepare(Brought memory b) internal {
        MarginProof memory margin = b.margin;
        (margin.tier, margin.deadline) = ("S", oneIn(24) ? clock - 1 : clock + draw(60));
        margin.epoch = oneIn(3) ? someEpoch() : newestEpoch;
        uint256 count = bookCount(b.account);
        margin.version = uint64(count < 2 || !oneIn(8) ? count : count - 1);
        if (b.consumer != EVERYONE) margin.nonce = nonces[b.verifier][b.consumer][b.account];
        if (margin.nonce != 0 && oneIn(8)) margin.nonce -= 1;
        if (oneIn(24)) margin.nonce += 1;
        margin.collateral = b.demand.collateral;
        margin.factor = requiredNow(b.demand.ratio);
        uint256 nudge = draw(10);
        if (nudge == 0) margin.factor += draw(margin.factor / 4);
        if (nudge == 1) margin.factor -= 1 + draw(margin.factor / 4);
        if (nudge == 2) margin.collateral -= draw(margin.collateral / 4 + 1);
        if (nudge == 3) margin.collateral += 1 + draw(margin.collateral / 4 + 1);
        b.book = count == 0 ? 1 : books[b.account][margin.version - 1];
        // The circuit knows no versions, so the right book may well come under a wrong one.
        if (oneIn(12)) margin.version = margin.version == 0 || oneIn(2) ? margin.version + 1 : margin.version - 1;
        margin.healthy = isHealthy(b.book, rootOf(margin.epoch), margin.factor, margin.collateral);
        b.demand.healthy = margin.healthy;
    }

    /// @dev Proves, and one time in four changes something afterwards.
    function seal(Brought memory b) internal {
        MarginProof memory margin = b.margin;
        if (b.demand.disclose & 1 == 1) margin.disclosedRequirement = margin.factor * 1000;
        if (b.demand.disclose & 2 == 2) margin.disclosedEquity = 2 ** 100 + margin.collateral;
        margin.proof = prove(signalsOf(b), draw(1000));
        if (!oneIn(4)) return;
        b.sound = false;
        uint256 change = draw(9);
        if (change == 0) margin.factor += 1;
        if (change == 1) margin.collateral = oneIn(2) || margin.collateral == 0 ? margin.collateral + 1 : margin.collateral - 1;
        if (change == 2) (margin.healthy, b.demand.healthy) = (!margin.healthy, !b.demand.healthy);
        if (change == 3) margin.deadline += 1;
        if (change == 4) margin.tier = "M";
        if (change == 5) margin.epoch = margin.epoch == newestEpoch ? newestEpoch + 1 : newestEpoch;
        if (change == 6) margin.version = margin.version == bookCount(b.account) ? margin.version + 1 : uint64(bookCount(b.account));
        if (change == 7) b.sound = !moveContext(b);
        if (change == 8) margin.proof = prove(lieOf(b), draw(1000));
    }

    /// @dev Whether the verifier should take the proof if nothing was changed and its nonce is right.
    function isAttestable(Brought memory b) internal view returns (bool) {
        MarginProof memory margin = b.margin;
        if (stopped[2] || b.verifier != activeVerifier() || clock > margin.deadline) return false;
        if (margin.version == 0 || margin.version != bookCount(b.account) || b.book != bookOf(b.account)) return false;
        if (verdictOn(margin.epoch) != Verdict.Usable || margin.healthy != b.demand.healthy) return false;
        uint256 required = requiredNow(b.demand.ratio);
        return isSupported(margin.healthy, margin.factor, margin.collateral, required, b.demand.collateral);
    }

    /// @dev What must hold whenever a verifier said yes.
    function checkAccepted(Brought memory b) internal {
        MarginProof memory margin = b.margin;
        check(Rule.Proof, b.sound && b.book == bookOf(b.account));
        check(Rule.Stopped, !stopped[2] && b.verifier == activeVerifier());
        check(Rule.Version, margin.version != 0 && margin.version == bookCount(b.account));
        check(Rule.Root, verdictOn(margin.epoch) == Verdict.Usable);
        uint256 required = requiredNow(b.demand.ratio);
        bool truth = isHealthy(bookOf(b.account), rootOf(margin.epoch), required, b.demand.collateral);
        check(Rule.Truth, truth == b.demand.healthy);
    }

    function bring(Brought memory b) private {
        b.demand.action = "withdraw";
        if (oneIn(2)) b.demand.action = "trade";
        b.demand.amount = draw(1000);
        b.demand.disclose = draw(4);
        b.demand.collateral = purse.collateralOf(accounts[b.account]) - (oneIn(2) ? 0 : draw(1000));
        b.demand.ratio = oneIn(2) ? 65_536 : 65_536 + draw(20_000);
        prepare(b);
        if (oneIn(12)) b.demand.healthy = !b.demand.healthy;
        seal(b);
        bool opposite = isOpposite(b);
        bool expected = b.sound && isAttestable(b) && !opposite && b.margin.nonce == nonces[b.verifier][b.consumer][b.account];
        vm.prank(consumers[b.consumer]);
        try verifiers[b.verifier].attest(b.demand, b.margin) {
            checkAccepted(b);
            check(Rule.Opposite, !opposite);
            check(Rule.Nonce, b.margin.nonce == nonces[b.verifier][b.consumer][b.account]);
            nonces[b.verifier][b.consumer][b.account]++;
            reach(b.demand.healthy ? Reach.Attested : Reach.AttestedUnhealthy);
        } catch (bytes memory reason) {
            check(Rule.RightProofRefused, !expected);
            uint64 newer = _standing[b.verifier][b.account].epoch;
            bytes memory older = abi.encodeWithSelector(IMarginVerifier.OlderEpoch.selector, b.margin.epoch, newer);
            if (isSame(reason, older)) reach(Reach.OppositeRefused);
            if (isSame(reason, abi.encodeWithSelector(IMarginVerifier.InvalidProof.selector))) reach(Reach.ForgeryRefused);
            uint256 next = nonces[b.verifier][b.consumer][b.account];
            bytes memory used = abi.encodeWithSelector(IMarginVerifier.ContextAlreadyUsed.selector, b.margin.nonce, next);
            if (isSame(reason, used)) reach(Reach.NonceReplayed);
        }
    }

    function bringStanding(Brought memory b) private {
        bool expected = isPostable(b);
        vm.prank(STRANGER);
        try verifiers[b.verifier].post(accounts[b.account], b.margin) {
            posted(b);
            reach(b.margin.healthy ? Reach.Posted : Reach.PostedUnhealthy);
        } catch (bytes memory reason) {
            check(Rule.RightProofRefused, !expected);
            bytes memory nothing = abi.encodeWithSelector(IMarginVerifier.NothingNew.selector, accounts[b.account]);
            if (isSame(reason, nothing)) reach(Reach.NothingNew);
            uint64 kept = _standing[b.verifier][b.account].epoch;
            bytes memory older = abi.encodeWithSelector(IMarginVerifier.OlderEpoch.selector, b.margin.epoch, kept);
            if (isSame(reason, older)) reach(Reach.OlderEpoch);
        }
    }

    function isSupported(bool healthy, uint256 factor, uint256 collateral, uint256 required, uint256 actual)
        private
        pure
        returns (bool)
    {
        if (healthy) return factor >= required && collateral <= actual;
        return factor <= required && collateral >= actual;
    }

    function standing(uint256 account, uint256 verifier) private returns (Brought memory b) {
        b = begin(EVERYONE, account);
        b.verifier = verifier;
        b.demand.action = keccak256("zkmargin.MarginVerifier.standing");
        (b.demand.disclose, b.demand.ratio) = (1, 65_536);
        b.demand.collateral = purse.collateralOf(accounts[account]);
        prepare(b);
        seal(b);
    }

    /// @dev By the text of `IMarginVerifier.post`.
    function isPostable(Brought memory b) private view returns (bool) {
        MarginProof memory margin = b.margin;
        if (!b.sound || margin.nonce != 0 || !isAttestable(b)) return false;
        StandingAttestation memory kept = _standing[b.verifier][b.account];
        if (margin.epoch != kept.epoch) return margin.epoch > kept.epoch;
        if (margin.version != kept.version) return margin.version > kept.version;
        if (!isSupported(kept.healthy, kept.factor, kept.collateral, requiredNow(65_536), b.demand.collateral)) return true;
        bool same = margin.factor == kept.factor && margin.collateral == kept.collateral;
        return margin.healthy == kept.healthy && !same
            && isSupported(kept.healthy, margin.factor, margin.collateral, kept.factor, kept.collateral);
    }

    /// @dev Whether a standing attestation of a newer epoch answers the same demand, for the same book, the other way.
    function isOpposite(Brought memory b) internal view returns (bool) {
        StandingAttestation memory kept = _standing[b.verifier][b.account];
        return kept.version == b.margin.version && kept.epoch > b.margin.epoch && kept.healthy != b.margin.healthy
            && isSupported(kept.healthy, kept.factor, kept.collateral, requiredNow(b.demand.ratio), b.demand.collateral);
    }

    function isSame(bytes memory a, bytes memory b) private pure returns (bool) {
        return keccak256(a) == keccak256(b);
    }

    function isStored(Brought memory b) private view returns (bool) {
        bytes32 now_ = keccak256(abi.encode(verifiers[b.verifier].standingOf(accounts[b.account])));
        return now_ != keccak256(abi.encode(_standing[b.verifier][b.account]));
    }

    function posted(Brought memory b) private {
        MarginProof memory margin = b.margin;
        checkAccepted(b);
        check(Rule.StandingEpoch, margin.epoch >= _standing[b.verifier][b.account].epoch);
        _standing[b.verifier][b.account] = StandingAttestation({
            version: margin.version,
            epoch: margin.epoch,
            factor: uint24(margin.factor),
            collateral: uint72(margin.collateral),
            healthy: margin.healthy,
            requirement: uint128(margin.disclosedRequirement)
        });
        touched[b.account] = true;
    }

    function requiredNow(uint256 ratio) private view returns (uint256) {
        uint256 factor = stopped[2] ? lastFactor : policy.requiredFactor();
        return (factor * ratio + 65_535) / 65_536;
    }

    function someEpoch() private returns (uint64) {
        uint256 count = epochs.length;
        uint256 back = draw(count < 4 ? count + 1 : 4);
        return back == count ? lastEpoch + 1 : epochs[count - 1 - back];
    }

    /// @dev The signals of circuits.json in their order, for what is declared.
    function signalsOf(Brought memory b) private view returns (uint256[] memory signals) {
        MarginProof memory margin = b.margin;
        signals = new uint256[](7);
        signals[0] = margin.healthy ? 1 : 0;
        (signals[1], signals[2]) = (margin.disclosedRequirement, margin.disclosedEquity);
        signals[3] = b.book;
        signals[4] = rootOf(margin.epoch);
        address consumer = b.consumer == EVERYONE ? address(verifiers[b.verifier]) : consumers[b.consumer];
        signals[5] = uint256(
            keccak256(
                abi.encode(
                    block.chainid,
                    verifiers[b.verifier],
                    consumer,
                    b.demand.action,
                    b.demand.amount,
                    b.demand.account,
                    margin.version,
                    margin.nonce,
                    margin.deadline
                )
            )
        ) % R;
        signals[6] = margin.factor + b.demand.disclose * 2 ** 24 + margin.collateral * 2 ** 26;
    }

    /// @dev A proof for another consumer, action, account or verifier than it is brought to, or of an older book or root than is declared.
    ///      Returns whether anything differs.
    function moveContext(Brought memory b) private returns (bool) {
        uint256[] memory right = signalsOf(b);
        uint256[] memory signals = signalsOf(b);
        uint256 what = draw(4);
        if (what == 0) signals[5] = uint256(keccak256(abi.encode(signals[5]))) % R;
        if (what == 1) signals[3] = books[b.account].length < 2 ? signals[3] : books[b.account][books[b.account].length - 2];
        if (what == 2) signals[4] = rootOf(someEpoch());
        if (what == 3) signals[3] = bookOf((b.account + 1) % ACCOUNTS);
        b.margin.proof = prove(signals, draw(1000));
        return keccak256(abi.encode(signals)) != keccak256(abi.encode(right));
    }

    /// @dev Another answer than the declared one: what is declared is then not what was proven.
    function lieOf(Brought memory b) private view returns (uint256[] memory signals) {
        signals = signalsOf(b);
        signals[0] = 1 - signals[0];
    }
}
