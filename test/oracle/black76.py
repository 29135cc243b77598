"""Black-76 reference cases in 50-digit arithmetic. Usage: black76.py SEED COUNT; prints JSON.

A case is [F, K, sigma x 2^32, seconds, "call" | "put", value, delta, vega]: F and K in whole ticks, value and dollar delta in
ticks, vega in ticks per 1.00 of volatility, results with 22 digits after the point. All inputs are integers, so nothing is rounded on the way in.
The numbers come from the formula with erfc, with a year of 31,536,000 s.
"""

import json
import random
import sys

from mpmath import erfc, exp, log, mp, mpf, nint, pi, sqrt

mp.dps = 50
YEAR = 31536000
MINUTE, DAY = 60, 86400


def cdf(x):
    return erfc(-x / sqrt(mpf(2))) / 2


def digits(x):
    scaled = int(nint(x * 10**22))
    sign, scaled = ("-", -scaled) if scaled < 0 else ("", scaled)
    return "%s%d.%022d" % (sign, scaled // 10**22, scaled % 10**22)


def case(forward, strike, sigma, seconds, kind):
    f, k = mpf(forward), mpf(strike)
    root = sqrt(mpf(seconds) / YEAR)
    v = mpf(sigma) / 2**32 * root
    d1 = log(f / k) / v + v / 2
    d2 = d1 - v
    if kind == "call":
        value, delta = f * cdf(d1) - k * cdf(d2), f * cdf(d1)
    else:
        value, delta = k * cdf(-d2) - f * cdf(-d1), -f * cdf(-d1)
    vega = f * exp(-d1 * d1 / 2) / sqrt(2 * pi) * root
    return [forward, strike, sigma, seconds, kind, digits(value), digits(delta), digits(vega)]


def cases(seed, count):
    rng = random.Random(seed)

    def forward():
        return rng.randrange(2**21, 2**24)

    def sigma(low=0.05, high=4.0):
        return int(2**32 * low * (high / low) ** rng.random())

    def seconds(low, high):
        return int(low * (high / low) ** rng.random())

    def strike(f, moneyness):
        return max(1, round(f * moneyness))

    out = []
    while len(out) < count:
        f = forward()
        style = len(out) % 5
        if style == 0:  # anything
            s, t, k = sigma(), seconds(MINUTE, 3 * YEAR), strike(f, 10 ** rng.uniform(-1, 1))
        elif style == 1:  # exactly at the money
            s, t, k = sigma(), seconds(MINUTE, 3 * YEAR), f
        elif style == 2:  # minutes to expiry, near the money
            s, t = sigma(), seconds(MINUTE, 6 * 3600)
            k = strike(f, float(exp(rng.uniform(-4, 4) * s / 2**32 * float(sqrt(mpf(t) / YEAR)))))
        elif style == 3:  # deep wings: 3 to 9 standard deviations
            s, t = sigma(0.05, 1.5), seconds(DAY, YEAR)
            d = rng.choice([-1, 1]) * rng.uniform(3, 9)
            k = strike(f, min(10.0, max(0.1, float(exp(d * s / 2**32 * float(sqrt(mpf(t) / YEAR)))))))
        else:  # the body
            s, t = sigma(0.2, 1.5), seconds(DAY, YEAR)
            k = strike(f, float(exp(rng.uniform(-3, 3) * s / 2**32 * float(sqrt(mpf(t) / YEAR)))))
            k = min(10 * f, max(f // 10 + 1, k))
        out.append(case(f, k, s, t, rng.choice(["call", "put"])))
    return out


seed, count = int(sys.argv[1]), int(sys.argv[2])
rows = ",\n".join(json.dumps(c) for c in cases(seed, count))
print('{"seed": %d, "cases": [\n%s\n]}' % (seed, rows))
