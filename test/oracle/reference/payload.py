"""Risk payloads, snapshots and risk models as JSON: integers beyond 2^53 are decimal text there."""
import json
import os


def integers(value):
    return [integers(item) for item in value] if isinstance(value, list) else int(value)


def read_payload(source):
    """source: the folder that `risk build` writes, or the payload as one object with its buckets' instruments inside."""
    if isinstance(source, str):
        folder = source
        source = _load(folder, "payload.json")
        for bucket in source["buckets"]:
            bucket["instruments"] = _load(folder, bucket["file"])["instruments"]
    return {
        **{field: int(source[field]) for field in ("epoch", "time", "tail", "buffer", "granularity")},
        "weights": source["weights"], "damping": source["damping"],
        "buckets": [
            {
                "index": bucket["index"], "asset": bucket["asset"], "column": bucket["column"],
                "lambda_delta": int(bucket["lambdaDelta"]), "lambda_vega": int(bucket["lambdaVega"]),
                "instruments": [_instrument(instrument) for instrument in bucket["instruments"]],
            }
            for bucket in source["buckets"]
        ],
    }


def _instrument(source):
    return {
        "id": source["id"], "name": source["name"], "lot": source["lot"], "d": integers(source["scenarioDeltas"]),
        **{name: int(source[field]) for name, field in (
            ("mark", "mark"), ("dollar_delta", "dollarDelta"), ("vega", "vega"), ("long_charge", "longCharge"), ("short_charge", "shortCharge"),
        )},
    }


def read_model(source):
    """The numbers of a risk model that pricing needs."""
    ratios = ("elapsed", "volShock", "shortPower", "longPower", "skewShock", "rateShock", "minMultiplier")
    charges = ("spotHaircut", "shortSpotCharge", "shortOptionMinimum", "futureCharge")
    return {
        "time": source["time"], "horizon": source["horizon"],
        "regimes": [
            {**{field: int(regime[field]) for field in ratios}, "tenorFloor": regime["tenorFloor"], "endsAtExpiry": regime["endsAtExpiry"]}
            for regime in source["regimes"]
        ],
        "assets": [
            {"symbol": asset["symbol"], "spotLevels": integers(asset["spotLevels"]), **{field: int(asset[field]) for field in charges}}
            for asset in source["assets"]
        ],
    }


def _load(folder, name):
    with open(os.path.join(folder, name), encoding="utf8") as file:
        return json.load(file)
