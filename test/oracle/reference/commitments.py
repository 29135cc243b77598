"""Commitments of SPEC.md section 2."""
from functools import lru_cache

from poseidon import P, poseidon

SLOT_LOTS = 2**25 - 1


def digits(values, base):
    """values[0] + values[1] base + ..."""
    return sum(value * base**place for place, value in enumerate(values))


def pack(lanes):
    return digits(lanes, 2**63) % P


def chunks(values, size):
    return [values[start : start + size] for start in range(0, len(values), size)]


def leaf(instrument):
    grid = [pack([row[node] for row in instrument["d"]]) for node in range(14)]
    linear = pack([instrument["mark"], instrument["dollar_delta"], instrument["vega"], 0])
    return poseidon(grid + [linear, instrument["id"] + instrument["long_charge"] * 2**32 + instrument["short_charge"] * 2**60])


@lru_cache(maxsize=None)
def _hash(inputs):
    """Remembers: most groups and buckets are empty ones."""
    return poseidon(inputs)


EMPTY_LEAF = _hash((0,) * 16)
EMPTY_BUCKET = {"asset": 0, "lambda_delta": 0, "lambda_vega": 0, "column": [14] * 192}


def bucket_hash(bucket, leaves):
    """leaves: at places 1, 2, ...; place 0 is empty."""
    places = [EMPTY_LEAF] + list(leaves)
    places += [EMPTY_LEAF] * (256 - len(places))
    cap = _hash(tuple(_hash(tuple(group)) for group in chunks(places, 16)))
    columns = [digits(block, 16) for block in chunks(bucket["column"], 48)]
    return _hash(tuple(columns + [bucket["asset"], bucket["lambda_delta"], bucket["lambda_vega"], cap]))


def bucket_hashes(payload):
    """All 64, by index."""
    occupied = {bucket["index"]: bucket for bucket in payload["buckets"]}
    empty = bucket_hash(EMPTY_BUCKET, [])
    return [
        bucket_hash(occupied[index], [leaf(instrument) for instrument in occupied[index]["instruments"]]) if index in occupied else empty
        for index in range(64)
    ]


def risk_root(payload, buckets):
    bucket_root = _hash(tuple(_hash(tuple(eight)) for eight in chunks(buckets, 8)))
    weights_hash = poseidon([digits(part, 2**20) for part in chunks(payload["weights"], 12)])
    damping = [digits(part, 2**10) for part in chunks(payload["damping"], 19)]
    parameters = [payload[name] for name in ("tail", "buffer", "granularity", "epoch", "time")]
    return poseidon([1, bucket_root, weights_hash] + damping + parameters)


def slots(positions):
    """(id, signed lots) by ascending id, none above 2^25 - 1 lots, full ones first."""
    split = []
    for number, quantity in sorted(positions):
        left = abs(quantity)
        while left > 0:
            split.append((number, min(left, SLOT_LOTS), int(quantity < 0)))
            left -= SLOT_LOTS
    return split


def portfolio_commitment(positions, cash, salt):
    words = [number + lots * 2**32 + short * 2**57 for number, lots, short in slots(positions)]
    chain = 0
    for block in chunks(words, 15) or [[]]:
        chain = poseidon([chain] + block + [0] * (15 - len(block)))
    return poseidon([2, len(words), salt, cash + 2**71, chain])
