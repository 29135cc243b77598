// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {PublicSignals} from "./generated/PublicSignals.sol";
import {IMarginVerifier} from "./interfaces/IMarginVerifier.sol";
import {IPortfolioRegistry} from "./interfaces/IPortfolioRegistry.sol";
import {IRiskRegistry} from "./interfaces/IRiskRegistry.sol";
import {Groth16} from "./libraries/Groth16.sol";
import {KeyStore} from "./libraries/KeyStore.sol";

/// @title Margin, attested to the contract that asks for it
/// @dev No owner and no settings: another key or registry is another verifier.
contract MarginVerifier is IMarginVerifier {
    uint256 private constant FACTOR_BITS = 24;
    uint256 private constant DISCLOSE_BITS = 2;
    uint256 private constant COLLATERAL_BITS = 72;
    uint256 private constant DISCLOSE_REQUIREMENT = 1;
    uint256 private constant DISCLOSE_EQUITY = 2;
    /// @dev Signed values are public as value + 2^100; whatever is disclosed is below 2^101.
    uint256 private constant SIGNED_OFFSET = 1 << 100;
    uint256 private constant DISCLOSED_LIMIT = 1 << 101;
    uint256 private constant KEY_WORDS = Groth16.IC + 2 * (PublicSignals.COUNT + 1);

    /// @notice Data contract that holds the verification key.
    address public immutable keyStore;
    /// @inheritdoc IMarginVerifier
    bytes32 public immutable keyHash;
    /// @notice Who says which risk roots are current.
    IRiskRegistry public immutable riskRegistry;
    /// @notice Who says which portfolio an account is committed to.
    IPortfolioRegistry public immutable portfolioRegistry;

    /// @dev 0 for a pair nobody opened or used; else one more than the nonce.
    mapping(address consumer => mapping(address account => uint256)) private _nonces;

    /// @dev Reverts with an error of `Groth16` when the key is malformed or forgeable on sight.
    constructor(uint256[] memory key, IRiskRegistry riskRegistry_, IPortfolioRegistry portfolioRegistry_) {
        if (address(riskRegistry_) == address(0) || address(portfolioRegistry_) == address(0)) revert RegistryIsZero();
        Groth16.checkKey(key, PublicSignals.COUNT);
        keyStore = KeyStore.write(key);
        keyHash = keccak256(abi.encodePacked(key));
        riskRegistry = riskRegistry_;
        portfolioRegistry = portfolioRegistry_;
    }

    /// @inheritdoc IMarginVerifier
    function attest(
        Request calldata request,
        Groth16.Proof calldata proof,
        bool healthy,
        uint256 disclosedRequirement,
        uint256 disclosedEquity
    ) external returns (Attestation memory attestation) {
        uint256 context;
        (attestation, context) =
            _check(msg.sender, request, proof, healthy, disclosedRequirement, disclosedEquity);
        // `_check` only reads, so consuming the nonce after it leaves no gap to re-enter through.
        _nonces[msg.sender][request.account] = request.nonce + 2;
        emit MarginAttested(
            msg.sender,
            request.account,
            attestation.epoch,
            request.version,
            context,
            request.factor,
            request.collateral,
            request.disclose,
            attestation.healthy,
            attestation.requirement,
            attestation.equity
        );
    }

    /// @inheritdoc IMarginVerifier
    function open(address consumer, address account) external {
        if (_nonces[consumer][account] == 0) _nonces[consumer][account] = 1;
    }

    /// @inheritdoc IMarginVerifier
    function preview(
        address consumer,
        Request calldata request,
        Groth16.Proof calldata proof,
        bool healthy,
        uint256 disclosedRequirement,
        uint256 disclosedEquity
    ) external view returns (Attestation memory attestation) {
        (attestation,) = _check(consumer, request, proof, healthy, disclosedRequirement, disclosedEquity);
    }

    /// @inheritdoc IMarginVerifier
    function nonceOf(address consumer, address account) public view returns (uint256) {
        uint256 stored = _nonces[consumer][account];
        return stored == 0 ? 0 : stored - 1;
    }

    /// @inheritdoc IMarginVerifier
    function contextOf(address consumer, Request calldata request) public view returns (uint256) {
        bytes32 digest = keccak256(
            abi.encode(
                block.chainid,
                address(this),
                consumer,
                request.action,
                request.amount,
                request.account,
                request.version,
                request.nonce,
                request.deadline
            )
        );
        return uint256(digest) % Groth16.R;
    }

    /// @dev Cheap refusals first, the pairing last.
    function _check(
        address consumer,
        Request calldata request,
        Groth16.Proof calldata proof,
        bool healthy,
        uint256 disclosedRequirement,
        uint256 disclosedEquity
    ) private view returns (Attestation memory attestation, uint256 context) {
        _checkRanges(request);
        _checkDisclosed(request.disclose, disclosedRequirement, disclosedEquity);
        _checkNonce(consumer, request);
        uint256 commitment = _registeredCommitment(request);
        attestation.epoch = _epochOf(request.riskRoot);
        context = contextOf(consumer, request);

        uint256[] memory signals = new uint256[](PublicSignals.COUNT);
        signals[PublicSignals.HEALTHY] = healthy ? 1 : 0;
        signals[PublicSignals.DISCLOSED_REQUIREMENT] = disclosedRequirement;
        signals[PublicSignals.DISCLOSED_EQUITY] = disclosedEquity;
        signals[PublicSignals.PORTFOLIO_COMMITMENT] = commitment;
        signals[PublicSignals.RISK_ROOT] = request.riskRoot;
        signals[PublicSignals.CONTEXT] = context;
        signals[PublicSignals.TERMS] = _terms(request);
        if (!Groth16.verify(KeyStore.read(keyStore, KEY_WORDS), proof, signals)) revert InvalidProof();

        attestation.healthy = healthy;
        attestation.requirement = disclosedRequirement;
        if (request.disclose & DISCLOSE_EQUITY != 0) {
            attestation.equity = int256(disclosedEquity) - int256(SIGNED_OFFSET);
        }
    }

    function _checkRanges(Request calldata request) private view {
        if (block.timestamp > request.deadline) revert DeadlinePassed(request.deadline, block.timestamp);
        if (request.factor >> FACTOR_BITS != 0) revert FactorOutOfRange(request.factor);
        if (request.collateral >> COLLATERAL_BITS != 0) revert CollateralOutOfRange(request.collateral);
        if (request.disclose >> DISCLOSE_BITS != 0) revert InvalidDisclosure(request.disclose);
    }

    /// @dev factor + disclose 2^24 + collateral 2^26, in one signal because each signal costs a multiplication on the curve.
    ///      Only after `_checkRanges`: a part out of its range would spill into the next and name another request's terms.
    function _terms(Request calldata request) private pure returns (uint256) {
        return request.factor | request.disclose << FACTOR_BITS | request.collateral << (FACTOR_BITS + DISCLOSE_BITS);
    }

    /// @dev The circuit forces the same; refused here by name, and so that consumers needn't rely on the circuit for it.
    function _checkDisclosed(uint256 disclose, uint256 disclosedRequirement, uint256 disclosedEquity) private pure {
        if (
            (disclose & DISCLOSE_REQUIREMENT == 0 && disclosedRequirement != 0)
                || (disclose & DISCLOSE_EQUITY == 0 && disclosedEquity != 0)
        ) revert DisclosedWithoutRequest(disclose, disclosedRequirement, disclosedEquity);
        if (disclosedRequirement >= DISCLOSED_LIMIT || disclosedEquity >= DISCLOSED_LIMIT) {
            revert DisclosedValueOutOfRange(disclosedRequirement, disclosedEquity);
        }
    }

    /// @dev The context binds nonce and version anyway; naming them tells a replay from a forgery, and spares the pairing.
    function _checkNonce(address consumer, Request calldata request) private view {
        uint256 expected = nonceOf(consumer, request.account);
        if (request.nonce < expected) revert ContextAlreadyUsed(request.nonce, expected);
        if (request.nonce > expected) revert NonceMismatch(request.nonce, expected);
    }

    function _registeredCommitment(Request calldata request) private view returns (uint256) {
        (uint256 commitment, uint64 version) = portfolioRegistry.portfolioOf(request.account);
        if (commitment == 0) revert UnknownPortfolio(request.account);
        if (request.version != version) revert VersionMismatch(request.version, version);
        return commitment;
    }

    function _epochOf(uint256 riskRoot) private view returns (uint64) {
        (bool current, uint64 epoch) = riskRegistry.isCurrent(riskRoot);
        if (!current) revert StaleRiskRoot(riskRoot);
        return epoch;
    }
}
