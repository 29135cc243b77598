// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice A change of one account's book, as the settlement layer signs it.
/// @param account Whose book it is.
/// @param version Of the new book: one above the registered one, so that no update is left out, repeated or applied out of order.
/// @param commitment portfolioCommitment of the new book, an element of the scalar field of BN254, not 0.
/// @param bookHash keccak256 of salt, cash and positions (`libraries/BookHash`), by which the book is opened in a liquidation; not 0.
struct PortfolioUpdate {
    address account;
    uint64 version;
    uint256 commitment;
    bytes32 bookHash;
}

/// @title Which portfolio an account is committed to
/// @notice The settlement layer's signature (EIP-712, domain "zkmargin PortfolioRegistry", version "1") alone changes commitments; anyone
///         may carry it. Each change counts the account's version up by one, from 1.
/// @dev Assumptions: the settlement layer signs only books that it has seen, with a fresh salt each, that a tier can prove and whose bookHash
///      belongs to the commitment; the contract can't see a hidden book. The settlement layer may be a contract (ERC-1271).
interface IPortfolioRegistry {
    /// @notice An account's portfolio changed. The events of an account, in order, are its whole history.
    event PortfolioUpdated(address indexed account, uint64 indexed version, uint256 commitment, bytes32 bookHash);
    /// @notice The settlement layer may be replaced by this address from `readyAt` (unix seconds) on, if the owner then says so within `WINDOW` (14 days).
    event SettlementScheduled(address indexed settlement, uint256 readyAt);
    /// @notice The address of the settlement layer was replaced.
    event SettlementChanged(address indexed settlement);

    /// @dev Thrown when the signature is not the settlement layer's over exactly these updates and deadline.
    error InvalidSettlementSignature();
    /// @dev Thrown when block.timestamp is above the deadline of a signature.
    error SignatureExpired(uint64 deadline, uint256 timestamp);
    /// @dev Thrown when an update's version is not one above the registered one.
    error VersionNotNext(address account, uint64 version, uint64 expected);
    /// @dev Thrown when a commitment is zero or not an element of the field.
    error InvalidCommitment(address account, uint256 commitment);
    /// @dev Thrown when a book hash is zero.
    error InvalidBookHash(address account);
    /// @dev Thrown when a batch is empty or above `MAX_BATCH` (128).
    error BatchSizeOutOfRange(uint256 size);

    /// @notice Applies one signed update: PortfolioUpdate(address account,uint64 version,uint256 commitment,bytes32 bookHash,uint64 deadline).
    function update(PortfolioUpdate calldata change, uint64 deadline, bytes calldata signature) external;

    /// @notice Applies a signed batch of at most `MAX_BATCH` (128), all of it or nothing, in its order: PortfolioBatch(Change[] changes,uint64 deadline)
    ///         with Change(address account,uint64 version,uint256 commitment,bytes32 bookHash).
    function updateBatch(PortfolioUpdate[] calldata changes, uint64 deadline, bytes calldata signature) external;

    /// @notice The account's portfolioCommitment and its version; zeros for an account that never had one.
    function portfolioOf(address account) external view returns (uint256 commitment, uint64 version);

    /// @notice keccak256 of the account's book; zero for an account that never had one.
    function bookHashOf(address account) external view returns (bytes32);
}
