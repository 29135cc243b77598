// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {PublicSignals} from "../generated/PublicSignals.sol";
import {IMarginVerifier, TierKey} from "../interfaces/IMarginVerifier.sol";
import {Groth16} from "../libraries/Groth16.sol";
import {Groth16Batch} from "../libraries/Groth16Batch.sol";
import {KeyStore} from "../libraries/KeyStore.sol";

/// @title The verification keys of all tiers, and proofs under them
abstract contract TierKeys is IMarginVerifier {
    /// @notice Most tiers.
    uint256 public constant MAX_TIERS = 8;

    uint256 internal constant PROOF_WORDS = 8;
    uint256 private constant KEY_WORDS = Groth16.IC + 2 * (PublicSignals.COUNT + 1);

    bytes32[] private _tiers;
    mapping(bytes32 tier => address) private _keyStores;

    /// @param tiers Their names.
    /// @param keyWords For each tier the words of its verification key, in the order of `Groth16`.
    /// @dev Reverts with InvalidTiers, or with an error of `Groth16` when a key is malformed or forgeable on sight.
    constructor(bytes32[] memory tiers, uint256[][] memory keyWords) {
        if (tiers.length == 0 || tiers.length > MAX_TIERS || keyWords.length != tiers.length) revert InvalidTiers();
        for (uint256 i = 0; i < tiers.length; ++i) {
            if (tiers[i] == 0 || _keyStores[tiers[i]] != address(0)) revert InvalidTiers();
            Groth16.checkKey(keyWords[i], PublicSignals.COUNT);
            _keyStores[tiers[i]] = KeyStore.write(keyWords[i]);
        }
        _tiers = tiers;
    }

    /// @inheritdoc IMarginVerifier
    function verify(bytes32 tier, Groth16.Proof calldata proof, uint256[] calldata signals)
        external
        view
        returns (bool)
    {
        return Groth16.verify(_key(tier), proof, signals);
    }

    /// @inheritdoc IMarginVerifier
    function verifyBatch(bytes32 tier, Groth16.Proof[] calldata proofs, uint256[] calldata signals)
        external
        view
        returns (bool)
    {
        uint256[] memory points = new uint256[](PROOF_WORDS * proofs.length);
        assembly ("memory-safe") {
            calldatacopy(add(points, 0x20), proofs.offset, mul(mload(points), 0x20))
        }
        (bool valid, bool completed) = Groth16Batch.check(_key(tier), points, signals);
        if (!completed) revert Groth16.PrecompileFailed(Groth16.EC_PAIRING);
        return valid;
    }

    /// @inheritdoc IMarginVerifier
    function keys() external view returns (TierKey[] memory list) {
        list = new TierKey[](_tiers.length);
        for (uint256 i = 0; i < list.length; ++i) {
            list[i] = TierKey(_tiers[i], keccak256(abi.encodePacked(_key(_tiers[i]))));
        }
    }

    /// @inheritdoc IMarginVerifier
    function keyStoreOf(bytes32 tier) public view returns (address store) {
        store = _keyStores[tier];
        if (store == address(0)) revert UnknownTier(tier);
    }

    function _key(bytes32 tier) internal view returns (uint256[] memory) {
        return KeyStore.read(keyStoreOf(tier), KEY_WORDS);
    }
}
