// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {PortfolioRegistry} from "../src/PortfolioRegistry.sol";
import {PortfolioUpdate} from "../src/interfaces/IPortfolioRegistry.sol";
import {Test} from "./Test.sol";

/// @dev A registry, its settlement layer's key, and EIP-712 digests built here a second time.
abstract contract PortfolioRegistryFixture is Test {
    address internal constant OWNER = address(0xA11CE);
    address internal constant GUARDIAN = address(0x6A4D);
    address internal constant ACCOUNT = address(0xACC);
    address internal constant OTHER = address(0xACD);
    uint256 internal constant KEY = 0x5E771E;
    uint256 internal constant WRONG_KEY = 0xBAD;
    uint64 internal constant TIMELOCK = 2 days;
    uint256 internal constant NOW = 1_800_000_000;
    uint64 internal constant DEADLINE = 1_800_000_600;
    uint256 internal constant CHAIN = 31337;

    PortfolioRegistry internal registry;

    function setUp() public virtual {
        vm.warp(NOW);
        vm.chainId(CHAIN);
        registry = deployRegistry(OWNER, GUARDIAN, TIMELOCK, vm.addr(KEY));
    }

    /// @dev Compiled once, not in each contract of tests.
    function deployRegistry(address owner, address guardian, uint64 timelock, address settlement)
        internal
        returns (PortfolioRegistry)
    {
        bytes memory arguments = abi.encode(owner, guardian, timelock, settlement);
        return PortfolioRegistry(vm.deployCode("PortfolioRegistry.sol:PortfolioRegistry", arguments));
    }

    function change(address account, uint64 version) internal pure returns (PortfolioUpdate memory) {
        return PortfolioUpdate({
            account: account,
            version: version,
            commitment: 1000 + uint256(version),
            bookHash: keccak256(abi.encode("book", account, version))
        });
    }

    function pair(PortfolioUpdate memory first, PortfolioUpdate memory second)
        internal
        pure
        returns (PortfolioUpdate[] memory changes)
    {
        changes = new PortfolioUpdate[](2);
        changes[0] = first;
        changes[1] = second;
    }

    function single(PortfolioUpdate memory only) internal pure returns (PortfolioUpdate[] memory changes) {
        changes = new PortfolioUpdate[](1);
        changes[0] = only;
    }

    /// @dev Signed by the settlement layer for this registry and chain, and applied.
    function apply_(PortfolioUpdate memory update) internal {
        registry.update(update, DEADLINE, signed(KEY, updateDigest(domain(CHAIN, address(registry)), update, DEADLINE)));
    }

    function signature(PortfolioUpdate memory update) internal view returns (bytes memory) {
        return signed(KEY, updateDigest(domain(CHAIN, address(registry)), update, DEADLINE));
    }

    function signature(PortfolioUpdate[] memory changes) internal view returns (bytes memory) {
        return signed(KEY, batchDigest(domain(CHAIN, address(registry)), changes, DEADLINE));
    }

    function signed(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function domain(uint256 chainId, address contractAddress) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("zkmargin PortfolioRegistry"),
                keccak256("1"),
                chainId,
                contractAddress
            )
        );
    }

    function updateDigest(bytes32 domain_, PortfolioUpdate memory update, uint64 deadline)
        internal
        pure
        returns (bytes32)
    {
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    "PortfolioUpdate(address account,uint64 version,uint256 commitment,bytes32 bookHash,uint64 deadline)"
                ),
                update.account,
                update.version,
                update.commitment,
                update.bookHash,
                deadline
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain_, structHash));
    }

    function batchDigest(bytes32 domain_, PortfolioUpdate[] memory changes, uint64 deadline)
        internal
        pure
        returns (bytes32)
    {
        bytes memory hashes;
        for (uint256 i = 0; i < changes.length; i++) {
            bytes32 hash = keccak256(
                abi.encode(
                    keccak256("Change(address account,uint64 version,uint256 commitment,bytes32 bookHash)"),
                    changes[i].account,
                    changes[i].version,
                    changes[i].commitment,
                    changes[i].bookHash
                )
            );
            hashes = bytes.concat(hashes, hash);
        }
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    "PortfolioBatch(Change[] changes,uint64 deadline)Change(address account,uint64 version,uint256 commitment,bytes32 bookHash)"
                ),
                keccak256(hashes),
                deadline
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain_, structHash));
    }

    function assertPortfolio(address account, uint256 commitment, uint64 version, bytes32 bookHash) internal view {
        (uint256 actualCommitment, uint64 actualVersion) = registry.portfolioOf(account);
        assertEq(actualCommitment, commitment);
        assertEq(actualVersion, version);
        assertEq(registry.bookHashOf(account), bookHash);
    }

    function assertPortfolio(PortfolioUpdate memory update) internal view {
        assertPortfolio(update.account, update.commitment, update.version, update.bookHash);
    }

    function assertUntouched(address account) internal view {
        assertPortfolio(account, 0, 0, 0);
    }
}
