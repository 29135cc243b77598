"""Prices of SPEC.md section 3: d, mark, dollar delta and vega of each instrument from a snapshot and a risk model, rounded and exact."""
from fractions import Fraction
from math import floor

from elementary import Q32, cdf, ln, pdf, power, root_of_time

Q16, Q56 = 2**16, 2**56
YEAR = 31_536_000
THIRTY_DAYS = 30 * 86_400


def nearest(value):
    """Halves up."""
    return floor(value + Fraction(1, 2))


def clip(value, low, high):
    return max(low, min(high, value))


class Black76:
    """One option at one point of the market: forward and strike Q16 ticks, v and l Q32."""

    def __init__(self, kind, forward, strike, v, l):
        self.kind, self.forward, self.strike, self.v = kind, forward, strike, v
        self.d1 = l * Q32 // v + v // 2 if v > 0 else None

    def value(self):
        """Q56 ticks."""
        payoff = self.forward - self.strike
        call = max(payoff, 0) * 2**40
        if self.v > 0:
            call = max(call, self.forward * cdf(self.d1) - self.strike * cdf(self.d1 - self.v))
        return call if self.kind == "call" else call - payoff * 2**40

    def dollar_delta(self):
        """Floored ticks."""
        if self.v > 0:
            probability = cdf(self.d1)
        else:
            probability = 2**40 if self.forward > self.strike else 2**39 if self.forward == self.strike else 0
        return self.forward * (probability - (2**40 if self.kind == "put" else 0)) // Q56

    def vega(self, seconds):
        """Floored ticks per 1.00 of volatility."""
        return 0 if self.v == 0 else self.forward * pdf(self.d1) * root_of_time(Q32, seconds) // 2**88


def spot_factors(asset, regimes, horizon, seconds):
    """1 + level[r][j], Q32; what expires within the horizon sees its share of the move where the regime says so."""
    share = Q32
    if seconds is not None and seconds < horizon:
        share = root_of_time(Q32, seconds * Q32 // horizon, Q32)
    return [
        [Q32 + (level * share // Q32 if regime["endsAtExpiry"] else level) for level in levels]
        for regime, levels in zip(regimes, asset["spotLevels"])
    ]


def carry(regime, seconds):
    return Q32 + regime["rateShock"] * seconds // YEAR


def volatility_multiplier(regime, seconds, moneyness):
    tenor = max(seconds, regime["tenorFloor"])
    exponent = regime["shortPower"] if tenor <= THIRTY_DAYS else regime["longPower"]
    shock = regime["volShock"] * power(nearest(Fraction(THIRTY_DAYS * Q32, tenor)), exponent) // Q32
    skew = regime["skewShock"] * clip(moneyness, -Q32 // 2, Q32 // 2) // Q32
    return max(regime["minMultiplier"], Q32 + shock + skew)


def price(instrument, model):
    """
    d[r][j], mark, dollarDelta, vega as published, and exact: moves[r][j] and base as Q56 integers, value (per lot), forward (ticks) and charges.
    """
    if instrument["status"] == "expired":
        return _expired(instrument)
    asset = next(asset for asset in model["assets"] if asset["symbol"] == instrument["asset"])
    forward = nearest(Fraction(instrument["forward"]) / Fraction(instrument["tick"]) * Q16)
    seconds = instrument["expiry"] - model["time"] if "expiry" in instrument else None
    factors = spot_factors(asset, model["regimes"], model["horizon"], seconds)
    carries = [carry(regime, seconds or 0) for regime in model["regimes"]]
    forwards = [[forward * c * factor // 2**64 for factor in row] for c, row in zip(carries, factors)]
    if instrument["kind"] == "option":
        return _option(instrument, model, asset, forward, seconds, carries, factors, forwards)
    base = forward * 2**40
    return {
        **_rounded(base, [[moved * 2**40 for moved in row] for row in forwards]),
        "dollarDelta": forward // Q16, "vega": 0, "forward": Fraction(forward, Q16),
        "charges": _linear_charges(instrument["kind"], asset, Fraction(forward, Q16)),
    }


def _option(instrument, model, asset, forward, seconds, carries, factors, forwards):
    kind = instrument["optionType"]
    strike = Q16 * int(Fraction(instrument["strike"]) / Fraction(instrument["tick"]))
    sigma = nearest(Fraction(instrument["volatility"]) * Q32)
    moneyness = ln(forward) - ln(strike)
    today = Black76(kind, forward, strike, root_of_time(sigma, seconds), moneyness)
    values = []
    for regime, c, row, moved in zip(model["regimes"], carries, factors, forwards):
        left = max(0, seconds - regime["elapsed"] * model["horizon"] // Q32)
        v = root_of_time(sigma * volatility_multiplier(regime, seconds, moneyness) // Q32, left)
        values.append([Black76(kind, f, strike, v, moneyness + ln(c) + ln(factor)).value() for factor, f in zip(row, moved)])
    minimum = Fraction(asset["shortOptionMinimum"], Q32) * Fraction(forward, Q16)
    return {
        **_rounded(today.value(), values),
        "dollarDelta": today.dollar_delta(), "vega": today.vega(seconds), "forward": Fraction(forward, Q16),
        "charges": lambda leaf, lots: _option_charge(leaf, lots, minimum),
    }


def _expired(instrument):
    value = Fraction(instrument["settlementValue"]) / Fraction(instrument["tick"])
    return {
        "d": [[0] * 14] * 4, "moves": [[0] * 14] * 4, "mark": floor(value), "value": value, "dollarDelta": 0, "vega": 0,
        "forward": value, "charges": lambda leaf, lots: (Fraction(0), 0),
    }


def _rounded(base, values):
    moves = [[value - base for value in row] for row in values]
    return {"moves": moves, "d": [[move // Q56 for move in row] for row in moves], "value": Fraction(base, Q56), "mark": base // Q56}


def _linear_charges(kind, asset, forward):
    spot = kind == "spot"
    long, short = (Fraction(asset[field], Q32) * forward for field in (("spotHaircut", "shortSpotCharge") if spot else ("futureCharge",) * 2))
    return lambda leaf, lots: (long if lots > 0 else short, 0)


def _option_charge(leaf, lots, minimum):
    """The payload's gap charge is rounded up by less than a unit a lot; the minimum is known exactly."""
    if lots > 0:
        return Fraction(leaf["long_charge"]), 1
    return minimum + leaf["short_charge"] - -(-minimum // 1), 1
