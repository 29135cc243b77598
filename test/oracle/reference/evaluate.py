"""
An evaluator of SPEC.md sections 2 to 5, written from that page alone, in rational arithmetic. Python's standard library only.

Reads requests from standard input and answers each on standard output, one JSON object a line; large integers are decimal text.
A payload stays known under its key:

  {"payload": KEY, "source": FOLDER or OBJECT}             -> {"riskRoot", "bucketHashes"}; "hash": false leaves the hashes out
  {"prices": KEY, "snapshot": OBJECT, "model": OBJECT}     -> {"instruments": [{"id", "d", "mark", "dollarDelta", "vega"}]}
  {"evaluate": KEY, "book": BOOK, "statement": STATEMENT}  -> the figures of sections 4 and 5, the commitment if there is a salt
  {"exact": KEY, "book": BOOK, "statement": STATEMENT}     -> the exact ones as fractions (after "prices" of the same key)
                                                              "parameters": {"tail", "buffer", ...} there replace the payload's own

  {"hash": [integers]}                                     -> {"hash"}
  {"cdf": Q32 integer}                                     -> {"cdf"}

BOOK       {"cash": value units, "positions": [[id, signed lots], ...], "salt": integer, optional}
STATEMENT  {"factor": Q16, "collateral": value units, "requirement": bool, "equity": bool}

  printf '%s\n' '{"payload": "a", "source": "risk"}' | python3 test/oracle/reference/evaluate.py
"""
import json
import sys
from fractions import Fraction

from commitments import bucket_hashes, portfolio_commitment, risk_root
from elementary import cdf
from margin import evaluate, evaluate_exact
from payload import integers, read_model, read_payload
from poseidon import poseidon
from pricing import price


class Session:
    def __init__(self):
        self.payloads, self.instruments, self.prices = {}, {}, {}

    def payload(self, request):
        key = request["payload"]
        payload = self.payloads[key] = read_payload(request["source"])
        self.instruments[key] = {leaf["id"]: (bucket, leaf) for bucket in payload["buckets"] for leaf in bucket["instruments"]}
        if not request.get("hash", True):
            return {}
        hashes = payload["hashes"] = bucket_hashes(payload)
        return {"riskRoot": risk_root(payload, hashes), "bucketHashes": hashes}

    def price(self, request):
        model = read_model(request["model"])
        listed = [instrument for instrument in request["snapshot"]["instruments"] if instrument["status"] != "settled"]
        prices = self.prices[request["prices"]] = {instrument["id"]: price(instrument, model) for instrument in listed}
        fields = ("d", "mark", "dollarDelta", "vega")
        return {"instruments": [{"id": number, **{field: found[field] for field in fields}} for number, found in prices.items()]}

    def evaluate(self, request):
        payload, book, cash, statement = self._case("evaluate", request)
        figures = evaluate(payload, book, cash, statement)
        if "hashes" in payload:
            figures["riskRoot"] = risk_root(payload, payload["hashes"])
        if "salt" in request["book"]:
            positions = [(instrument["id"], lots) for _, instrument, lots in book]
            figures["portfolioCommitment"] = portfolio_commitment(positions, cash, int(request["book"]["salt"]))
        return figures

    def exact(self, request):
        payload, book, cash, statement = self._case("exact", request)
        return evaluate_exact(payload, book, cash, statement, self.prices[request["exact"]])

    def _case(self, kind, request):
        key = request[kind]
        book, statement = request["book"], request["statement"]
        held = [(*self.instruments[key][number], int(lots)) for number, lots in book["positions"]]
        statement = {**statement, "factor": int(statement["factor"]), "collateral": int(statement["collateral"])}
        parameters = {name: integers(value) for name, value in request.get("parameters", {}).items()}
        return {**self.payloads[key], **parameters}, held, int(book["cash"]), statement

    def answer(self, request):
        methods = {
            "payload": self.payload, "prices": self.price, "evaluate": self.evaluate, "exact": self.exact,
            "hash": lambda _: {"hash": poseidon(integers(request["hash"]))}, "cdf": lambda _: {"cdf": cdf(int(request["cdf"]))},
        }
        # "payload" has a field "hash" of its own and comes first.
        for kind, method in methods.items():
            if kind in request:
                return method(request)
        raise ValueError("a request names one of " + ", ".join(methods))


def plain(value):
    """Integers and fractions as text."""
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, bool) or isinstance(value, str):
        return value
    return str(value) if isinstance(value, (int, Fraction)) else value


def main():
    session = Session()
    for line in sys.stdin:
        print(json.dumps(plain(session.answer(json.loads(line)))), flush=True)


if __name__ == "__main__":
    main()
