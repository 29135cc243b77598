// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Guarded} from "./access/Guarded.sol";
import {Timelocked} from "./access/Timelocked.sol";
import {IPortfolioRegistry, PortfolioUpdate} from "./interfaces/IPortfolioRegistry.sol";
import {Groth16} from "./libraries/Groth16.sol";

/// @title Portfolio commitments that the settlement layer signs and anyone carries
/// @dev The owner replaces the settlement layer, after the timelock, and while the contract is paused too: a stolen key is stopped by the guardian
///      and taken out before the contract starts again. What the old one signed is void while it is not the settlement layer. A forged book that
///      was applied before the pause goes on counting until it is replaced: pausing the policy registry stops attestations.
contract PortfolioRegistry is IPortfolioRegistry, Timelocked, EIP712 {
    /// @notice Most updates in a batch: of new accounts they cost less than 2^24 gas, the most that a transaction may have (EIP-7825).
    uint256 public constant MAX_BATCH = 128;

    bytes32 private constant UPDATE_TYPEHASH = keccak256(
        "PortfolioUpdate(address account,uint64 version,uint256 commitment,bytes32 bookHash,uint64 deadline)"
    );
    bytes32 private constant CHANGE_TYPEHASH =
        keccak256("Change(address account,uint64 version,uint256 commitment,bytes32 bookHash)");
    bytes32 private constant BATCH_TYPEHASH = keccak256(
        "PortfolioBatch(Change[] changes,uint64 deadline)Change(address account,uint64 version,uint256 commitment,bytes32 bookHash)"
    );

    /// @dev The book hash, read in liquidations only, comes last: `portfolioOf` reads two words.
    struct Portfolio {
        uint256 commitment;
        uint64 version;
        bytes32 bookHash;
    }

    /// @notice Whose signature changes commitments.
    address public settlement;

    mapping(address account => Portfolio) private _portfolios;

    constructor(address initialOwner, address initialGuardian, uint64 timelock_, address initialSettlement)
        Guarded(initialOwner, initialGuardian)
        Timelocked(timelock_)
        EIP712("zkmargin PortfolioRegistry", "1")
    {
        _setSettlement(initialSettlement);
    }

    /// @notice Announces another settlement layer. The owner alone.
    function scheduleSettlement(address newSettlement) external onlyOwner {
        if (newSettlement == address(0)) revert AddressIsZero();
        bytes32 operation = settlementOperation(newSettlement);
        _schedule(operation);
        emit SettlementScheduled(newSettlement, readyAt[operation]);
    }

    /// @notice Replaces the settlement layer as announced. The owner alone, after the timelock.
    function applySettlement(address newSettlement) external onlyOwner {
        _consume(settlementOperation(newSettlement));
        _setSettlement(newSettlement);
    }

    /// @inheritdoc IPortfolioRegistry
    function update(PortfolioUpdate calldata change, uint64 deadline, bytes calldata signature)
        external
        whenNotPaused
    {
        _authorise(digestOf(change, deadline), deadline, signature);
        _apply(change);
    }

    /// @inheritdoc IPortfolioRegistry
    function updateBatch(PortfolioUpdate[] calldata changes, uint64 deadline, bytes calldata signature)
        external
        whenNotPaused
    {
        if (changes.length == 0 || changes.length > MAX_BATCH) revert BatchSizeOutOfRange(changes.length);
        _authorise(digestOfBatch(changes, deadline), deadline, signature);
        for (uint256 i = 0; i < changes.length; ++i) {
            _apply(changes[i]);
        }
    }

    /// @inheritdoc IPortfolioRegistry
    function portfolioOf(address account) external view returns (uint256 commitment, uint64 version) {
        Portfolio storage portfolio = _portfolios[account];
        return (portfolio.commitment, portfolio.version);
    }

    /// @inheritdoc IPortfolioRegistry
    function bookHashOf(address account) external view returns (bytes32) {
        return _portfolios[account].bookHash;
    }

    /// @notice What the settlement layer signs for one update.
    function digestOf(PortfolioUpdate calldata change, uint64 deadline) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(UPDATE_TYPEHASH, change, deadline)));
    }

    /// @notice What the settlement layer signs for a batch. No batch has the digest of a single update, not even a batch of one.
    function digestOfBatch(PortfolioUpdate[] calldata changes, uint64 deadline) public view returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](changes.length);
        for (uint256 i = 0; i < changes.length; ++i) {
            hashes[i] = keccak256(abi.encode(CHANGE_TYPEHASH, changes[i]));
        }
        return _hashTypedDataV4(keccak256(abi.encode(BATCH_TYPEHASH, keccak256(abi.encodePacked(hashes)), deadline)));
    }

    /// @notice The operation by which a replacement of the settlement layer is announced, for `readyAt` and `cancel`.
    function settlementOperation(address newSettlement) public pure returns (bytes32) {
        return keccak256(abi.encode(PortfolioRegistry.applySettlement.selector, newSettlement));
    }

    function _authorise(bytes32 digest, uint64 deadline, bytes calldata signature) private view {
        if (block.timestamp > deadline) revert SignatureExpired(deadline, block.timestamp);
        if (!SignatureChecker.isValidSignatureNowCalldata(settlement, digest, signature)) {
            revert InvalidSettlementSignature();
        }
    }

    function _apply(PortfolioUpdate calldata change) private {
        Portfolio storage portfolio = _portfolios[change.account];
        uint64 expected = portfolio.version + 1;
        if (change.version != expected) revert VersionNotNext(change.account, change.version, expected);
        if (change.commitment == 0 || change.commitment >= Groth16.R) {
            revert InvalidCommitment(change.account, change.commitment);
        }
        if (change.bookHash == 0) revert InvalidBookHash(change.account);
        portfolio.commitment = change.commitment;
        portfolio.version = expected;
        portfolio.bookHash = change.bookHash;
        emit PortfolioUpdated(change.account, expected, change.commitment, change.bookHash);
    }

    function _setSettlement(address newSettlement) private {
        if (newSettlement == address(0)) revert AddressIsZero();
        settlement = newSettlement;
        emit SettlementChanged(newSettlement);
    }
}
