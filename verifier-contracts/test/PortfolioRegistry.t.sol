// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {PortfolioRegistry} from "../src/PortfolioRegistry.sol";
import {TwoStepOwner} from "../src/access/TwoStepOwner.sol";
import {IPortfolioRegistry} from "../src/interfaces/IPortfolioRegistry.sol";
import {Groth16} from "../src/libraries/Groth16.sol";
import {Test} from "./Test.sol";

contract PortfolioRegistryTest is Test {
    address private constant OWNER = address(0xA11CE);
    address private constant SETTLEMENT = address(0x5E771E);
    address private constant ACCOUNT = address(0xACC);

    PortfolioRegistry private registry;

    function setUp() public {
        registry = new PortfolioRegistry(OWNER, SETTLEMENT);
    }

    function test_anUnknownAccountHasNoCommitmentAndVersionZero() public view {
        (uint256 commitment, uint64 version) = registry.portfolioOf(ACCOUNT);
        assertEq(commitment, 0);
        assertEq(version, 0);
    }

    function testFuzz_everyCommitmentCountsTheVersionUpByOne(uint8 times) public {
        for (uint256 i = 1; i <= times; i++) {
            commit(ACCOUNT, 1000 + i);
            (uint256 commitment, uint64 version) = registry.portfolioOf(ACCOUNT);
            assertEq(commitment, 1000 + i);
            assertEq(version, i);
        }
    }

    function test_theSameCommitmentAgainIsANewVersion() public {
        commit(ACCOUNT, 7);
        commit(ACCOUNT, 7);
        (, uint64 version) = registry.portfolioOf(ACCOUNT);
        assertEq(version, 2);
    }

    function test_accountsAreIndependent() public {
        commit(ACCOUNT, 7);
        commit(address(0xACD), 8);
        (uint256 commitment, uint64 version) = registry.portfolioOf(ACCOUNT);
        assertEq(commitment, 7);
        assertEq(version, 1);
    }

    function test_onlyTheSettlementAddressCommits() public {
        vm.prank(OWNER);
        expectError(abi.encodeWithSelector(IPortfolioRegistry.NotSettlement.selector, OWNER));
        registry.commit(ACCOUNT, 7);
    }

    function test_aCommitmentOutsideTheFieldOrForNobodyIsRefused() public {
        vm.prank(SETTLEMENT);
        expectError(abi.encodeWithSelector(IPortfolioRegistry.InvalidCommitment.selector, 0));
        registry.commit(ACCOUNT, 0);
        vm.prank(SETTLEMENT);
        expectError(abi.encodeWithSelector(IPortfolioRegistry.InvalidCommitment.selector, Groth16.R));
        registry.commit(ACCOUNT, Groth16.R);
        vm.prank(SETTLEMENT);
        expectError(abi.encodeWithSelector(TwoStepOwner.AddressIsZero.selector));
        registry.commit(address(0), 7);
    }

    function test_theOwnerReplacesTheSettlementAddress() public {
        vm.prank(SETTLEMENT);
        expectError(abi.encodeWithSelector(TwoStepOwner.NotOwner.selector, SETTLEMENT));
        registry.setSettlement(SETTLEMENT);

        vm.prank(OWNER);
        expectError(abi.encodeWithSelector(TwoStepOwner.AddressIsZero.selector));
        registry.setSettlement(address(0));

        vm.prank(OWNER);
        registry.setSettlement(ACCOUNT);
        vm.prank(SETTLEMENT);
        expectError(abi.encodeWithSelector(IPortfolioRegistry.NotSettlement.selector, SETTLEMENT));
        registry.commit(ACCOUNT, 7);
        assertEq(registry.settlement(), ACCOUNT);
    }

    function test_theConstructorRefusesZeros() public {
        expectError(abi.encodeWithSelector(TwoStepOwner.AddressIsZero.selector));
        new PortfolioRegistry(address(0), SETTLEMENT);
        expectError(abi.encodeWithSelector(TwoStepOwner.AddressIsZero.selector));
        new PortfolioRegistry(OWNER, address(0));
    }

    function commit(address account, uint256 commitment) private {
        vm.prank(SETTLEMENT);
        registry.commit(account, commitment);
    }
}
