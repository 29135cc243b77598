// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {MarginVerifier} from "../src/MarginVerifier.sol";
import {PortfolioRegistry} from "../src/PortfolioRegistry.sol";
import {RiskRegistry} from "../src/RiskRegistry.sol";
import {CollateralVault, IQuoteToken} from "../src/examples/CollateralVault.sol";
import {IMarginVerifier} from "../src/interfaces/IMarginVerifier.sol";
import {Groth16Simulator} from "./Groth16Simulator.sol";
import {Test} from "./Test.sol";

/// @dev Everybody's balance starts at zero and may be topped up freely.
contract TestToken is IQuoteToken {
    mapping(address => uint256) public balanceOf;
    bool public refuses;

    function mint(address to, uint256 value) external {
        balanceOf[to] += value;
    }

    function refuse() external {
        refuses = true;
    }

    function transfer(address to, uint256 value) external returns (bool) {
        return move(msg.sender, to, value);
    }

    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        return move(from, to, value);
    }

    function move(address from, address to, uint256 value) private returns (bool) {
        if (refuses) return false;
        balanceOf[from] -= value;
        balanceOf[to] += value;
        return true;
    }
}

contract CollateralVaultTest is Test, Groth16Simulator {
    address private constant ACCOUNT = address(0xACC);
    uint256 private constant NOW = 1_800_000_000;

    MarginVerifier private verifier;
    CollateralVault private vault;
    TestToken private token;

    function setUp() public {
        vm.warp(NOW);
        RiskRegistry risk = new RiskRegistry(address(this), address(this), 60, 3600);
        PortfolioRegistry portfolios = new PortfolioRegistry(address(this), address(this));
        verifier = new MarginVerifier(simulatedKey(), risk, portfolios);
        token = new TestToken();
        vault = new CollateralVault(verifier, token, 65536);
        risk.publish(77, 1);
        portfolios.commit(ACCOUNT, 88);
        token.mint(ACCOUNT, 100);
        vm.prank(ACCOUNT);
        vault.deposit(ACCOUNT, 100);
    }

    function test_aHealthyAccountWithdraws() public {
        withdraw(30, marginProof(30, 70, 65536, true));
        assertEq(vault.collateralOf(ACCOUNT), 70);
        assertEq(token.balanceOf(ACCOUNT), 30);
        assertEq(token.balanceOf(address(vault)), 70);
    }

    function test_anotherDepositInFlightDoesNotInvalidateTheProof() public {
        CollateralVault.MarginProof memory margin = marginProof(30, 70, 65536, true);
        token.mint(address(this), 1);
        vault.deposit(ACCOUNT, 1);
        withdraw(30, margin);
        assertEq(vault.collateralOf(ACCOUNT), 71);
    }

    function test_aProofThatCountsTheWithdrawnCollateralIsRefused() public {
        CollateralVault.MarginProof memory margin = marginProof(30, 100, 65536, true);
        expectError(abi.encodeWithSelector(CollateralVault.CollateralOverstated.selector, 100, 70));
        withdraw(30, margin);
    }

    function test_aProofWithASmallerFactorIsRefused() public {
        CollateralVault.MarginProof memory margin = marginProof(30, 70, 65535, true);
        expectError(abi.encodeWithSelector(CollateralVault.FactorTooLow.selector, 65535, 65536));
        withdraw(30, margin);
    }

    function test_aProofThatTheAccountIsUnhealthyIsNoProofOfHealth() public {
        CollateralVault.MarginProof memory margin = marginProof(30, 70, 65536, false);
        expectError(abi.encodeWithSelector(IMarginVerifier.InvalidProof.selector));
        withdraw(30, margin);
    }

    function test_aProofForAnotherAmountIsRefused() public {
        CollateralVault.MarginProof memory margin = marginProof(30, 60, 65536, true);
        expectError(abi.encodeWithSelector(IMarginVerifier.InvalidProof.selector));
        withdraw(40, margin);
    }

    function test_moreThanTheCollateralCannotBeWithdrawn() public {
        CollateralVault.MarginProof memory margin = marginProof(101, 0, 65536, true);
        expectError(abi.encodeWithSelector(CollateralVault.InsufficientCollateral.selector, 100, 101));
        withdraw(101, margin);
    }

    function test_aTokenThatRefusesUndoesTheWithdrawal() public {
        CollateralVault.MarginProof memory margin = marginProof(30, 70, 65536, true);
        token.refuse();
        expectError(abi.encodeWithSelector(CollateralVault.TransferFailed.selector));
        withdraw(30, margin);
        assertEq(vault.collateralOf(ACCOUNT), 100);
        assertEq(verifier.nonceOf(address(vault), ACCOUNT), 0);
    }

    function withdraw(uint256 amount, CollateralVault.MarginProof memory margin) private {
        vm.prank(ACCOUNT);
        vault.withdraw(amount, margin);
    }

    function marginProof(uint256 amount, uint256 collateral, uint256 factor, bool healthy)
        private
        view
        returns (CollateralVault.MarginProof memory margin)
    {
        IMarginVerifier.Request memory request = IMarginVerifier.Request({
            account: ACCOUNT,
            action: keccak256("zkmargin.CollateralVault.withdraw"),
            amount: amount,
            factor: factor,
            collateral: collateral,
            disclose: 0,
            deadline: NOW + 60,
            riskRoot: 77,
            version: 1,
            nonce: 0
        });
        uint256[] memory signals = new uint256[](7);
        signals[0] = healthy ? 1 : 0;
        signals[3] = 88;
        signals[4] = 77;
        signals[5] = verifier.contextOf(address(vault), request);
        signals[6] = factor + collateral * 2 ** 26;
        margin = CollateralVault.MarginProof({
            collateral: collateral,
            factor: factor,
            deadline: request.deadline,
            riskRoot: 77,
            version: 1,
            nonce: 0,
            proof: prove(signals, 0)
        });
    }
}
