"""Logarithm, exponential, root and the normal distribution as SPEC.md section 3 rounds them, by 60-digit decimals."""
from decimal import Context, Decimal, ROUND_FLOOR
from functools import lru_cache
from math import isqrt

import json
import os

Q32, Q40 = 2**32, 2**40
_WIDE = Context(prec=70)
_HALF = Decimal("0.5")
# SPEC.md section 3: sum C_i u^i approximates N(k/2 + u) x 2^60.
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "normal-cdf.json"), encoding="utf8") as _file:
    COEFFICIENTS = json.load(_file)
INVERSE_ROOT_2PI_Q64 = 7359186146747302452


def _nearest(value):
    whole = value.to_integral_value(ROUND_FLOOR)
    part = value - whole
    assert abs(part - _HALF) > Decimal("1e-9"), "too near to a tie to tell"
    return int(whole) + int(part > _HALF)


def _ratio(value):
    return _WIDE.divide(Decimal(value), Decimal(Q32))


@lru_cache(maxsize=None)
def ln(x):
    """ln(x / 2^32) x 2^32, nearest."""
    return _nearest(_WIDE.multiply(_WIDE.ln(_ratio(x)), Decimal(Q32)))


@lru_cache(maxsize=None)
def power(base, exponent):
    """Of Q32 numbers, nearest."""
    if exponent == 0 or base == Q32:
        return Q32
    return _nearest(_WIDE.multiply(_WIDE.exp(_WIDE.multiply(_ratio(exponent), _WIDE.ln(_ratio(base)))), Decimal(Q32)))


def exp_q40_of_q64(x):
    """e^(x / 2^64) x 2^40, nearest, x not positive."""
    if x == 0:
        return Q40
    return _nearest(_WIDE.multiply(_WIDE.exp(_WIDE.divide(Decimal(x), Decimal(2**64))), Decimal(Q40)))


def root_of_time(ratio, seconds, period=31_536_000):
    """floor(ratio sqrt(seconds / period)) for a Q32 ratio."""
    return isqrt(ratio * ratio * seconds // period)


def cdf(x):
    """N(x / 2^32) x 2^40."""
    if x < 0:
        return Q40 - cdf(-x)
    if x >= 8 * Q32:
        return Q40
    segment, u = divmod(x, Q32 // 2)
    return sum(c * u**i * Q32 ** (6 - i) for i, c in enumerate(COEFFICIENTS[segment])) // 2 ** (60 + 192 - 40)


def pdf(x):
    """Density at x / 2^32, x 2^40."""
    if abs(x) >= 8 * Q32:
        return 0
    return exp_q40_of_q64(-(x * x // 2)) * INVERSE_ROOT_2PI_Q64 // 2**64
