"""Margin of SPEC.md sections 4 and 5, over rationals: each figure as published, and exact, with no rounding anywhere.

A book's instruments are (bucket, instrument, signed lots). The exact figures need the unrounded prices of pricing.py.
"""
from fractions import Fraction
from math import ceil, floor

STRESS = [48 * block + 34 + row for block in range(4) for row in range(14)]
Q56 = 2**56


def mean_of_worst(losses, weights, tail):
    """Mean loss of the worst `tail` of the weight: sort, take from the top."""
    left, total = tail, 0
    for loss, weight in sorted(zip(losses, weights), key=lambda pair: -pair[0]):
        part = min(weight, left)
        total += part * loss
        left -= part
    assert left == 0, "the tail is larger than all weights"
    return Fraction(total, tail)


def scenario_losses(book, d):
    """192 losses; d(instrument) gives its grid. Nodes 14 and 15 are unmoved."""
    columns, grids = {}, {}
    for bucket, instrument, lots in book:
        grid = grids.setdefault(bucket["index"], [[0] * 14 + [0, 0] for _ in range(4)])
        columns[bucket["index"]] = bucket["column"]
        for row, changes in zip(grid, d(instrument)):
            for node, change in enumerate(changes):
                row[node] += lots * change
    return [-sum(grids[index][s // 48][column[s]] for index, column in columns.items()) for s in range(192)]


def worst_damped(losses, damping):
    """Largest damped stress loss, x 1024, not below 0."""
    return max([0] + [(field + 1) * losses[s] for s, field in zip(STRESS, damping)])


def liquidity_cost(book):
    """Exact. D is the asset's over all its buckets, vega the bucket's."""
    deltas, vegas, lambdas = {}, {}, {}
    for bucket, instrument, lots in book:
        for sums, key, field in ((deltas, ("D", bucket["asset"]), "dollar_delta"), (vegas, ("V", bucket["index"]), "vega")):
            sums[key] = sums.get(key, 0) + lots * instrument[field]
        lambdas["D", bucket["asset"]] = bucket["lambda_delta"]
        lambdas["V", bucket["index"]] = bucket["lambda_vega"]
    return Fraction(sum(lambdas[key] * size**2 for sums in (deltas, vegas) for key, size in sums.items()), 2**80)


def charge_rate(instrument, lots):
    return instrument["long_charge" if lots > 0 else "short_charge"]


def evaluate(payload, book, cash, statement):
    """Every figure of section 4 as the specification rounds it, and section 5's disclosed values."""
    losses = scenario_losses(book, lambda instrument: instrument["d"])
    es = ceil(mean_of_worst(losses, payload["weights"], payload["tail"]))
    worst = ceil(Fraction(worst_damped(losses, payload["damping"]), 1024))
    short_lots = sum(-lots for _, _, lots in book if lots < 0)
    liquidity = ceil(liquidity_cost(book))
    charges = sum(abs(lots) * charge_rate(instrument, lots) for _, instrument, lots in book)
    maintenance = ceil(Fraction(2**16 + payload["buffer"], 2**16) * (max(es, worst) + short_lots)) + liquidity + charges
    equity = statement["collateral"] + cash + sum(lots * instrument["mark"] for _, instrument, lots in book) - short_lots
    requirement = ceil(Fraction(statement["factor"] * maintenance, 2**16))
    step = payload["granularity"]
    return {
        "losses": losses, "es": es, "worst": worst, "shortLots": short_lots, "liquidity": liquidity, "charges": charges,
        "maintenance": maintenance, "equity": equity, "requirement": requirement, "healthy": equity >= requirement,
        "disclosedRequirement": step * ceil(Fraction(requirement, step)) if statement["requirement"] else 0,
        "disclosedEquity": step * floor(Fraction(equity, step)) + 2**100 if statement["equity"] else 0,
        "terms": statement["factor"] + statement["requirement"] * 2**24 + statement["equity"] * 2**25 + statement["collateral"] * 2**26,
    }


def evaluate_exact(payload, book, cash, statement, prices):
    """
    The same without any rounding and so without the short lots that make good for it. Liquidity is on the published dollar delta and
    vega, which define it. An option's charge is known from the payload to less than one unit a lot (its gap is rounded up
    there): the figures are for the largest it can be, and `chargeSlack` bounds how much less it may be.
    """
    exact = {id(instrument): prices[instrument["id"]] for _, instrument, _ in book}
    losses = scenario_losses(book, lambda instrument: exact[id(instrument)]["moves"])
    es = mean_of_worst(losses, payload["weights"], payload["tail"]) / Q56
    worst = Fraction(worst_damped(losses, payload["damping"]), 1024 * Q56)
    charges, slack, notional, value = Fraction(0), Fraction(0), Fraction(0), Fraction(0)
    for _, instrument, lots in book:
        price = exact[id(instrument)]
        charge, rounding = price["charges"](instrument, lots)
        charges += abs(lots) * charge
        slack += abs(lots) * rounding
        notional += abs(lots) * price["forward"]
        value += lots * price["value"]
    maintenance = Fraction(2**16 + payload["buffer"], 2**16) * max(es, worst) + liquidity_cost(book) + charges
    factor = Fraction(statement["factor"], 2**16)
    return {
        "maintenance": maintenance, "requirement": factor * maintenance, "chargeSlack": slack, "notional": notional,
        "equity": statement["collateral"] + cash + value,
    }
