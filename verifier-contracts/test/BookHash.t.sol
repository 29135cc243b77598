// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Position} from "../src/libraries/BookHash.sol";
import {BookHashHarness} from "./BookHashHarness.sol";
import {Test} from "./Test.sol";

contract BookHashTest is Test {
    BookHashHarness private books;

    function setUp() public {
        books = new BookHashHarness();
    }

    function testFuzz_everyFieldOfABookHasAWordOfItsOwn(uint256 salt, int256 cash, Position[] calldata positions)
        public
        view
    {
        bytes memory words = abi.encodePacked(salt, cash, uint256(0x60), positions.length);
        for (uint256 i = 0; i < positions.length; i++) {
            words = abi.encodePacked(words, uint256(positions[i].instrument), int256(positions[i].quantity));
        }
        assertEq(books.hash(salt, cash, positions), keccak256(words));
    }

    function testFuzz_anotherSaltCashOrderOrPositionIsAnotherBook(uint256 flip, int256 cash, uint32 instrument) public view {
        vm.assume(flip != 0 && cash != -5 && instrument != 3);
        Position[] memory positions = book();
        bytes32 expected = books.hash(7, -5, positions);
        assertTrue(books.hash(7 ^ flip, -5, positions) != expected);
        assertTrue(books.hash(7, cash, positions) != expected);

        (positions[0], positions[1]) = (positions[1], positions[0]);
        assertTrue(books.hash(7, -5, positions) != expected);
        positions = book();
        positions[1].quantity = -positions[1].quantity;
        assertTrue(books.hash(7, -5, positions) != expected);
        positions = book();
        positions[0].instrument = instrument;
        assertTrue(books.hash(7, -5, positions) != expected);
    }

    function test_anEmptySlotAtTheEndIsAnotherBook() public view {
        Position[] memory longer = new Position[](3);
        (longer[0], longer[1]) = (book()[0], book()[1]);
        assertTrue(books.hash(7, -5, longer) != books.hash(7, -5, book()));
        assertTrue(books.hash(7, -5, new Position[](0)) != books.hash(7, -5, new Position[](1)));
    }

    /// @dev Hashed with another implementation of Keccak.
    function test_theEmptyBookAndAFullSlotHashAsWritten() public view {
        assertEq(books.hash(0, 0, new Position[](0)), EMPTY);
        Position[] memory positions = new Position[](1);
        positions[0] = Position(type(uint32).max, -(2 ** 25 - 1));
        assertEq(books.hash(1, -(2 ** 71), positions), FULL);
    }

    function book() private pure returns (Position[] memory positions) {
        positions = new Position[](2);
        positions[0] = Position(3, 12);
        positions[1] = Position(9, -40);
    }

    bytes32 private constant EMPTY = 0x28cf91ac064e179f8a42e4b7a20ba080187781da55fd4f3f18870b7a25bacb55;
    bytes32 private constant FULL = 0x6ae603c06f65de6e6b2b4909898c32763926904ee3754ecc139af8fb195860fb;
}
