// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Groth16} from "../libraries/Groth16.sol";

/// @title Margin, attested to the contract that asks for it
/// @notice The consumer (msg.sender of `attest`) decides what has to be proven: it fixes account, action, amount, factor, collateral and
///         disclose, never taking them from the prover unchecked. Money is in value units, 1e-6 of the quote currency.
/// @dev Assumptions: the registries are honest, the key's ceremony is sound, and the circuit proves section 5 of the design:
///      healthy = equity >= ceil(factor x maintenance margin), forced in both directions.
interface IMarginVerifier {
    /// @param account Whose registered portfolio is proven.
    /// @param action What the consumer will do if the answer is good, in its own vocabulary; opaque here.
    /// @param amount Size of the action, opaque here.
    /// @param factor Ratio that the maintenance margin is multiplied with; 2^16 is 1; below 2^24.
    /// @param collateral Value units, below 2^72, as it will be after the action. It is the consumer's to vouch for.
    /// @param disclose Bit 0: the requirement; bit 1: the equity.
    /// @param deadline Last second at which the request is accepted.
    /// @param riskRoot Commitment to the risk payload the proof was made against.
    /// @param version Version of the portfolio commitment the proof was made for.
    /// @param nonce Value of `nonceOf(consumer, account)` the proof was made for.
    struct Request {
        address account;
        bytes32 action;
        uint256 amount;
        uint256 factor;
        uint256 collateral;
        uint256 disclose;
        uint256 deadline;
        uint256 riskRoot;
        uint64 version;
        uint256 nonce;
    }

    /// @param healthy equity >= requirement.
    /// @param requirement Value units, rounded up to the payload's granularity; 0 if not disclosed.
    /// @param equity Value units, rounded down to the granularity, signed; 0 if not disclosed.
    /// @param epoch Epoch of the risk root.
    struct Attestation {
        bool healthy;
        uint256 requirement;
        int256 equity;
        uint64 epoch;
    }

    /// @notice A proof was accepted and its nonce consumed. Requirement and equity are 0 unless `disclose` has their bit.
    event MarginAttested(
        address indexed consumer,
        address indexed account,
        uint64 indexed epoch,
        uint64 version,
        uint256 context,
        uint256 factor,
        uint256 collateral,
        uint256 disclose,
        bool healthy,
        uint256 requirement,
        int256 equity
    );

    /// @dev Thrown when a registry is the zero address.
    error RegistryIsZero();
    /// @dev Thrown when block.timestamp is above the deadline.
    error DeadlinePassed(uint256 deadline, uint256 timestamp);
    /// @dev Thrown when factor is not below 2^24.
    error FactorOutOfRange(uint256 factor);
    /// @dev Thrown when collateral is not below 2^72.
    error CollateralOutOfRange(uint256 collateral);
    /// @dev Thrown when disclose is above 3.
    error InvalidDisclosure(uint256 disclose);
    /// @dev Thrown when a value is given whose bit is not in disclose: an undisclosed signal is 0.
    error DisclosedWithoutRequest(uint256 disclose, uint256 disclosedRequirement, uint256 disclosedEquity);
    /// @dev Thrown when a disclosed value is outside what the circuit can produce (2^101).
    error DisclosedValueOutOfRange(uint256 disclosedRequirement, uint256 disclosedEquity);
    /// @dev Thrown when the request's nonce was consumed: the context of its proof has been used.
    error ContextAlreadyUsed(uint256 nonce, uint256 expected);
    /// @dev Thrown when the request's nonce is ahead of the next one.
    error NonceMismatch(uint256 nonce, uint256 expected);
    /// @dev Thrown when the account has no portfolio commitment.
    error UnknownPortfolio(address account);
    /// @dev Thrown when the portfolio has changed since the proof was made (or has not got there yet).
    error VersionMismatch(uint64 version, uint64 expected);
    /// @dev Thrown when the risk registry does not accept the root now: unknown, too old, or superseded too long ago.
    error StaleRiskRoot(uint256 riskRoot);
    /// @dev Thrown when the proof does not prove the statement: it was altered, or made for another context, key or value.
    error InvalidProof();

    /// @notice Checks the proof for the caller, consumes its nonce and says what was proven. An attestation may well say "not healthy".
    /// @param healthy Public signal, as is
    /// @param disclosedRequirement Public signal: value units, or 0.
    /// @param disclosedEquity Public signal: value units + 2^100, or 0.
    function attest(
        Request calldata request,
        Groth16.Proof calldata proof,
        bool healthy,
        uint256 disclosedRequirement,
        uint256 disclosedEquity
    ) external returns (Attestation memory);

    /// @notice Pays for the storage of the pair's nonce ahead of time, 17,100 gas, so that its first attestation costs what later ones do.
    ///         Anyone may, at any time; the nonce stays what it is.
    function open(address consumer, address account) external;

    /// @notice What `attest` would answer to `consumer` now, reverting as it would; changes nothing.
    function preview(
        address consumer,
        Request calldata request,
        Groth16.Proof calldata proof,
        bool healthy,
        uint256 disclosedRequirement,
        uint256 disclosedEquity
    ) external view returns (Attestation memory);

    /// @notice The public signal `context` of a request:
    ///         keccak256(abi.encode(chain id, this contract, consumer, action, amount, account, version, nonce, deadline)) mod R.
    /// @dev This contract's address is in it because nonces are counted here: under another verifier they start again, and a consumer
    ///      that moves there would meet old proofs. riskRoot and commitment are public signals of their own, and factor,
    ///      disclose and collateral share one: terms = factor + disclose 2^24 + collateral 2^26.
    function contextOf(address consumer, Request calldata request) external view returns (uint256);

    /// @notice The nonce the next request of the consumer for the account must carry, from 0.
    function nonceOf(address consumer, address account) external view returns (uint256);

    /// @notice keccak256 of the verification key's words, in the order of `Groth16`.
    function keyHash() external view returns (bytes32);
}
