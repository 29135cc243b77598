"""Poseidon over the BN254 scalar field from its definition (Grassi et al., USENIX Security 2021, section 2.3 and appendices B, F).

Parameters: x^5, 8 full rounds, circomlib's numbers of partial rounds; round constants and the Cauchy matrix from the Grain LFSR in
self-shrinking mode. Textbook rounds: full matrix in every round, no sparse factorisation. State 0 first, result in state 0.
"""
from functools import lru_cache

P = 21888242871839275222246405745257275088548364400416034343698204186575808495617
FIELD_BITS = 254
FULL_ROUNDS = 8
# For widths 2..17.
PARTIAL_ROUNDS = (56, 57, 56, 60, 60, 63, 64, 63, 60, 66, 60, 65, 70, 60, 64, 68)


def _grain(width, partial):
    """Bits of the 80-bit LFSR, shrunk: of each pair the second, if the first is 1."""
    seed = "".join(
        format(value, "0%db" % bits)
        for value, bits in ((1, 2), (0, 4), (FIELD_BITS, 12), (width, 12), (FULL_ROUNDS, 10), (partial, 10))
    ) + "1" * 30
    state = int(seed, 2)

    def clock():
        nonlocal state
        # Taps 0, 13, 23, 38, 51, 62 counted from the oldest bit, which is the highest.
        bit = (state >> 79 ^ state >> 66 ^ state >> 56 ^ state >> 41 ^ state >> 28 ^ state >> 17) & 1
        state = (state << 1 | bit) & ((1 << 80) - 1)
        return bit

    for _ in range(160):
        clock()
    while True:
        keep = clock()
        bit = clock()
        if keep:
            yield bit


def _number(bits):
    value = 0
    for _ in range(FIELD_BITS):
        value = value << 1 | next(bits)
    return value


def _element(bits):
    while True:
        value = _number(bits)
        if value < P:
            return value


@lru_cache(maxsize=None)
def _parameters(width):
    partial = PARTIAL_ROUNDS[width - 2]
    bits = _grain(width, partial)
    rounds = [[_element(bits) for _ in range(width)] for _ in range(FULL_ROUNDS + partial)]
    while True:
        points = [_number(bits) for _ in range(2 * width)]
        if len(set(points)) == 2 * width:
            break
    matrix = [[pow(x + y, P - 2, P) for y in points[width:]] for x in points[:width]]
    return rounds, matrix, partial


def poseidon(inputs):
    """H(inputs), 1 to 16 of them."""
    assert 1 <= len(inputs) <= 16
    width = len(inputs) + 1
    rounds, matrix, partial = _parameters(width)
    state = [0] + [value % P for value in inputs]
    for number, constants in enumerate(rounds):
        state = [value + constant for value, constant in zip(state, constants)]
        if FULL_ROUNDS // 2 <= number < FULL_ROUNDS // 2 + partial:
            state[0] = pow(state[0], 5, P)
        else:
            state = [pow(value, 5, P) for value in state]
        state = [sum(map(int.__mul__, row, state)) % P for row in matrix]
    return state[0]
