// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {PublicSignals} from "../generated/PublicSignals.sol";
import {ICollateralSource} from "../interfaces/ICollateralSource.sol";
import {Demand, IMarginVerifier, MarginProof, StandingAttestation} from "../interfaces/IMarginVerifier.sol";
import {IPolicyRegistry} from "../interfaces/IPolicyRegistry.sol";
import {IPortfolioRegistry} from "../interfaces/IPortfolioRegistry.sol";
import {IRiskOracle} from "../interfaces/IRiskOracle.sol";
import {Groth16} from "../libraries/Groth16.sol";
import {Groth16Batch} from "../libraries/Groth16Batch.sol";
import {MarginStatement} from "../libraries/MarginStatement.sol";
import {Demands} from "./Demands.sol";
import {TierKeys} from "./TierKeys.sol";

/// @title Attestations about accounts as they stand, kept for all to read
abstract contract StandingAttestations is TierKeys, Demands {
    /// @notice The action of a standing attestation.
    bytes32 public constant STANDING = keccak256("zkmargin.MarginVerifier.standing");
    /// @notice Most members of a batch: with one false proof among them a batch that skips costs less than 2^24 gas, the most that a
    ///         transaction may have (EIP-7825).
    uint256 public constant MAX_BATCH = 32;
    /// @inheritdoc IMarginVerifier
    address public immutable collateralSource;

    mapping(address account => StandingAttestation) private _standing;

    constructor(address collateralSource_) {
        collateralSource = collateralSource_;
    }

    /// @inheritdoc IMarginVerifier
    function post(address account, MarginProof calldata margin) external {
        previewPost(account, margin);
        _store(account, margin);
    }

    /// @inheritdoc IMarginVerifier
    function postBatch(address[] calldata accounts, MarginProof[] calldata margins, bool skip)
        external
        returns (uint256 posted)
    {
        _checkBatch(accounts, margins);
        bool[] memory refused = new bool[](accounts.length);
        uint256[] memory points = new uint256[](PROOF_WORDS * accounts.length);
        uint256[] memory signals = new uint256[](PublicSignals.COUNT * accounts.length);
        for (uint256 i = 0; i < accounts.length; ++i) {
            uint256[] memory words;
            (words, refused[i]) = _memberSignals(accounts, margins, i, skip);
            if (refused[i]) continue;
            _copyMember(points, signals, posted, margins[i].proof, words);
            ++posted;
        }
        if (posted == 0) return 0;
        _shorten(points, PROOF_WORDS * posted);
        _shorten(signals, PublicSignals.COUNT * posted);

        (bool valid, bool completed) = Groth16Batch.check(_key(margins[0].tier), points, signals);
        if (!valid && !skip) {
            if (!completed) revert Groth16.PrecompileFailed(Groth16.EC_PAIRING);
            revert InvalidProof();
        }
        posted = 0;
        for (uint256 i = 0; i < accounts.length; ++i) {
            if (refused[i] || (!valid && _isRefusedAlone(accounts, margins, i))) continue;
            _store(accounts[i], margins[i]);
            ++posted;
        }
    }

    /// @inheritdoc IMarginVerifier
    function previewPost(address account, MarginProof calldata margin) public view {
        if (!Groth16.verify(_key(margin.tier), margin.proof, standingSignals(account, margin))) revert InvalidProof();
    }

    /// @inheritdoc IMarginVerifier
    function refusals(address[] calldata accounts, MarginProof[] calldata margins)
        external
        view
        returns (bytes[] memory reasons)
    {
        _checkBatch(accounts, margins);
        reasons = new bytes[](accounts.length);
        for (uint256 i = 0; i < accounts.length; ++i) {
            try this.previewPost(accounts[i], margins[i]) {}
            catch (bytes memory reason) {
                reasons[i] = reason;
            }
        }
    }

    /// @inheritdoc IMarginVerifier
    function standingSignals(address account, MarginProof calldata margin) public view returns (uint256[] memory) {
        if (margin.nonce != 0) revert NonceMismatch(margin.nonce, 0);
        Demand memory demand = standingDemand(account, margin.healthy);
        (uint256[] memory signals, uint256 required) = _signals(address(this), demand, margin);
        _checkReplaces(account, margin, required, demand.collateral);
        return signals;
    }

    /// @inheritdoc IMarginVerifier
    function standingDemand(address account, bool healthy) public view returns (Demand memory) {
        return Demand({
            account: account,
            action: STANDING,
            amount: 0,
            healthy: healthy,
            disclose: MarginStatement.DISCLOSE_REQUIREMENT,
            collateral: collateralSource == address(0) ? 0 : ICollateralSource(collateralSource).collateralOf(account),
            ratio: MarginStatement.ONE
        });
    }

    /// @inheritdoc IMarginVerifier
    function standingOf(address account) external view returns (StandingAttestation memory) {
        return _standing[account];
    }

    /// @inheritdoc IMarginVerifier
    function healthOf(address account) external view returns (bool counts, bool healthy) {
        uint256 required = IPolicyRegistry(policyRegistry).requiredFactorFor(address(this));
        StandingAttestation memory standing = _standing[account];
        (, uint64 version) = IPortfolioRegistry(portfolioRegistry).portfolioOf(account);
        if (standing.version == 0 || standing.version != version) return (false, false);
        if (IRiskOracle(riskOracle).currentRoot(standing.epoch) == 0) return (false, false);
        healthy = standing.healthy;
        counts = MarginStatement.isAsStrong(
            healthy, standing.factor, standing.collateral, required, standingDemand(account, healthy).collateral
        );
    }

    /// @dev Of two current roots that disagree the newer wins: while a standing attestation of a newer epoch answers this demand, an older
    ///      epoch does not prove the opposite. Whenever the older root is current, the newer one is.
    function _checkNotContradicted(Demand calldata demand, MarginProof calldata margin, uint256 required) internal view {
        StandingAttestation storage standing = _standing[demand.account];
        bool healthy = standing.healthy;
        if (standing.version != margin.version || standing.epoch <= margin.epoch || healthy == margin.healthy) return;
        if (MarginStatement.isAsStrong(healthy, standing.factor, standing.collateral, required, demand.collateral)) {
            revert OlderEpoch(margin.epoch, standing.epoch);
        }
    }

    /// @dev `IMarginVerifier.post` has the rule. Versions only rise, and the new one is the registered one.
    function _checkReplaces(address account, MarginProof calldata margin, uint256 required, uint256 collateral)
        private
        view
    {
        StandingAttestation memory standing = _standing[account];
        if (margin.epoch < standing.epoch) revert OlderEpoch(margin.epoch, standing.epoch);
        if (margin.epoch > standing.epoch || margin.version > standing.version) return;
        bool counts = MarginStatement.isAsStrong(
            standing.healthy, standing.factor, standing.collateral, required, collateral
        );
        if (!counts) return;
        bool same = margin.factor == standing.factor && margin.collateral == standing.collateral;
        bool stronger = MarginStatement.isAsStrong(
            margin.healthy, margin.factor, margin.collateral, standing.factor, standing.collateral
        );
        if (margin.healthy != standing.healthy || same || !stronger) revert NothingNew(account);
    }

    /// @dev The casts lose nothing: ranges are checked by `MarginStatement.check`.
    function _store(address account, MarginProof calldata margin) private {
        _standing[account] = StandingAttestation({
            version: margin.version,
            epoch: margin.epoch,
            factor: uint24(margin.factor),
            collateral: uint72(margin.collateral),
            healthy: margin.healthy,
            requirement: uint128(margin.disclosedRequirement)
        });
        emit MarginPosted(
            account,
            margin.epoch,
            margin.version,
            margin.factor,
            margin.collateral,
            margin.healthy,
            margin.disclosedRequirement
        );
    }

    function _checkBatch(address[] calldata accounts, MarginProof[] calldata margins) private pure {
        if (accounts.length == 0 || accounts.length > MAX_BATCH || accounts.length != margins.length) {
            revert BatchSizeOutOfRange(accounts.length, margins.length);
        }
        for (uint256 i = 1; i < accounts.length; ++i) {
            if (accounts[i] <= accounts[i - 1]) revert BatchNotSorted(i);
            if (margins[i].tier != margins[0].tier) revert MixedTiers(i);
        }
    }

    function _memberSignals(address[] calldata accounts, MarginProof[] calldata margins, uint256 i, bool skip)
        private
        returns (uint256[] memory, bool refused)
    {
        if (!skip) return (standingSignals(accounts[i], margins[i]), false);
        try this.standingSignals(accounts[i], margins[i]) returns (uint256[] memory words) {
            return (words, false);
        } catch (bytes memory reason) {
            _skip(i, accounts[i], reason);
            return (new uint256[](0), true);
        }
    }

    function _isRefusedAlone(address[] calldata accounts, MarginProof[] calldata margins, uint256 i)
        private
        returns (bool)
    {
        try this.previewPost(accounts[i], margins[i]) {
            return false;
        } catch (bytes memory reason) {
            _skip(i, accounts[i], reason);
            return true;
        }
    }

    /// @dev A reason that is about the gas of this transaction says nothing about the member: it takes the transaction back, so that nobody
    ///      is left out by starving it, and an estimate of its gas is one with which nobody is.
    function _skip(uint256 position, address account, bytes memory reason) private {
        if (reason.length < 4) revert OutOfGasAt(position);
        bytes4 selector = bytes4(reason);
        bool failed = selector == Groth16.PrecompileFailed.selector && reason.length == 36 && uint8(reason[35]) != Groth16.EC_PAIRING;
        if (failed || selector == Groth16.PairingOutOfGas.selector) revert OutOfGasAt(position);
        emit MemberSkipped(position, account, reason);
    }

    function _copyMember(
        uint256[] memory points,
        uint256[] memory signals,
        uint256 member,
        Groth16.Proof calldata proof,
        uint256[] memory words
    ) private pure {
        assembly ("memory-safe") {
            calldatacopy(add(add(points, 0x20), mul(member, 0x100)), proof, 0x100)
            let size := mul(mload(words), 0x20)
            mcopy(add(add(signals, 0x20), mul(member, size)), add(words, 0x20), size)
        }
    }

    /// @dev Memory beyond the new end is left unused.
    function _shorten(uint256[] memory words, uint256 length) private pure {
        assembly ("memory-safe") {
            mstore(words, length)
        }
    }
}
