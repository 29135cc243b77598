// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {CollateralVault} from "../src/examples/CollateralVault.sol";
import {Demand, IMarginVerifier, MarginProof} from "../src/interfaces/IMarginVerifier.sol";
import {ProtocolFixture} from "./ProtocolFixture.sol";

/// @dev Everybody's balance may be topped up freely.
contract TestToken is ERC20("test", "TEST") {
    bool private _refuses;

    function mint(address to, uint256 value) external {
        _mint(to, value);
    }

    function refuse() external {
        _refuses = true;
    }

    function transfer(address to, uint256 value) public override returns (bool) {
        return !_refuses && super.transfer(to, value);
    }
}

contract CollateralVaultTest is ProtocolFixture {
    CollateralVault private vault;
    TestToken private token;

    function setUp() public override {
        super.setUp();
        token = new TestToken();
        vault = new CollateralVault(policy, IERC20(address(token)), 65536);
        token.mint(ACCOUNT, 100);
        vm.prank(ACCOUNT);
        token.approve(address(vault), 100);
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
        MarginProof memory margin = marginProof(30, 70, 65536, true);
        token.mint(address(this), 1);
        token.approve(address(vault), 1);
        vault.deposit(ACCOUNT, 1);
        withdraw(30, margin);
        assertEq(vault.collateralOf(ACCOUNT), 71);
    }

    function test_aProofThatCountsTheWithdrawnCollateralIsRefused() public {
        MarginProof memory margin = marginProof(30, 100, 65536, true);
        expectError(abi.encodeWithSelector(IMarginVerifier.CollateralInsufficient.selector, 100, 70));
        withdraw(30, margin);
    }

    function test_aProofOfAnUnhealthyAccountIsRefused() public {
        MarginProof memory margin = marginProof(30, 70, 65536, false);
        expectError(abi.encodeWithSelector(IMarginVerifier.HealthMismatch.selector, false, true));
        withdraw(30, margin);
    }

    function test_aProofOfAnUnhealthyAccountThatClaimsToBeHealthyIsRefused() public {
        MarginProof memory margin = marginProof(30, 70, 65536, false);
        margin.healthy = true;
        expectError(invalidProof());
        withdraw(30, margin);
    }

    function test_aFactorBelowTheVaultsIsRefused() public {
        vault = new CollateralVault(policy, IERC20(address(token)), 65536 + 6554);
        token.mint(address(this), 100);
        token.approve(address(vault), 100);
        vault.deposit(ACCOUNT, 100);
        MarginProof memory margin = marginProof(30, 70, 65536, true);
        expectError(abi.encodeWithSelector(IMarginVerifier.FactorInsufficient.selector, 65536, 72090));
        withdraw(30, margin);
        withdraw(30, marginProof(30, 70, 72090, true));
    }

    function test_aRatioThatNoProofMeetsIsRefusedAtDeployment() public {
        uint256[2] memory ratios = [uint256(65535), 2 ** 24];
        for (uint256 i = 0; i < 2; i++) {
            expectError(abi.encodeWithSelector(IMarginVerifier.RatioOutOfRange.selector, ratios[i]));
            new CollateralVault(policy, IERC20(address(token)), ratios[i]);
        }
    }

    function test_theSameProofDoesNotWithdrawTwice() public {
        MarginProof memory margin = marginProof(30, 40, 65536, true);
        withdraw(30, margin);
        expectError(abi.encodeWithSelector(IMarginVerifier.ContextAlreadyUsed.selector, 0, 1));
        withdraw(30, margin);
    }

    function test_aProofForAnotherAmountIsRefused() public {
        MarginProof memory margin = marginProof(30, 60, 65536, true);
        expectError(invalidProof());
        withdraw(31, margin);
    }

    function test_anAccountCannotWithdrawMoreThanItHas() public {
        MarginProof memory margin = marginProof(101, 0, 65536, true);
        expectError(abi.encodeWithSelector(CollateralVault.InsufficientCollateral.selector, 100, 101));
        withdraw(101, margin);
    }

    function test_aTokenThatRefusesTakesTheAttestationBackWithIt() public {
        token.refuse();
        MarginProof memory margin = marginProof(30, 70, 65536, true);
        expectError(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(token)));
        withdraw(30, margin);
        assertEq(verifier.nonceOf(address(vault), ACCOUNT), 0);
    }

    /// @dev The vault finds a new version's verifier by itself, and takes no proof for the old one.
    function test_theVaultFollowsThePolicyToAnotherVerifier() public {
        MarginProof memory old = marginProof(30, 70, 65536, true);
        migrate();
        publish(header(EPOCH + 1, ROOT));
        (old.deadline, old.epoch) = (block.timestamp, EPOCH + 1);
        expectError(invalidProof());
        withdraw(30, old);
        withdraw(30, provenWith(30, old));
    }

    function withdraw(uint256 amount, MarginProof memory margin) private {
        vm.prank(ACCOUNT);
        vault.withdraw(amount, margin);
    }

    function marginProof(uint256 amount, uint256 collateral, uint256 factor, bool healthy)
        private
        view
        returns (MarginProof memory margin)
    {
        margin = baseMargin();
        (margin.collateral, margin.factor, margin.healthy) = (collateral, factor, healthy);
        (margin.disclosedRequirement, margin.disclosedEquity) = (0, 0);
        return provenWith(amount, margin);
    }

    function provenWith(uint256 amount, MarginProof memory margin) private view returns (MarginProof memory) {
        Demand memory demand;
        (demand.account, demand.action, demand.amount) = (ACCOUNT, vault.WITHDRAW(), amount);
        uint256 packed = terms(margin.factor, 0, margin.collateral);
        return provenFor(address(vault), demand, margin, COMMITMENT, ROOT, packed);
    }
}
