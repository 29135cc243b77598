"""Reference values of ln, exp, power, normal CDF and density. Usage: elementary.py SEED COUNT; prints JSON.

Arguments are Q32 integers. Results are x 2^32 (ln, exp, pow) or x 2^40 (cdf, pdf), as decimals with 6 digits after the point.
"""

import json
import random
import sys

from mpmath import erfc, exp, log, mp, mpf, nint, pi, power, sqrt

mp.prec = 1200
Q = 2**32


def digits(x):
    scaled = int(nint(x * 10**6))
    sign, scaled = ("-", -scaled) if scaled < 0 else ("", scaled)
    return "%s%d.%06d" % (sign, scaled // 10**6, scaled % 10**6)


seed, count = int(sys.argv[1]), int(sys.argv[2])
rng = random.Random(seed)
ln_args = [1, 2, 3, Q - 1, Q, Q + 1, 3 * Q // 2, 2**80] + [int(mpf(2) ** rng.uniform(12, 52)) for _ in range(count)]
exp_args = [0, 1, -1, Q, -Q, 256 * Q, -23 * Q, -40 * Q] + [rng.randrange(-24 * Q, 60 * Q) for _ in range(count)]
pow_args = [[Q, 7 * Q], [2 * Q, Q // 2], [2 * Q, 10 * Q], [1, Q // 2]]
pow_args += [[int(mpf(2) ** rng.uniform(20, 44)), rng.randrange(-2 * Q, 2 * Q)] for _ in range(count)]
cdf_args = [0, 1, 8 * Q - 1, 8 * Q, 40 * Q] + [k * Q // 2 + e for k in range(1, 16) for e in (-1, 0, 1)]
cdf_args += [rng.randrange(0, 9 * Q) for _ in range(count)]

rows = {
    "seed": seed,
    "ln": [[str(x), digits(Q * log(mpf(x) / Q))] for x in ln_args],
    "exp": [[str(x), digits(Q * exp(mpf(x) / Q))] for x in exp_args],
    "pow": [[str(b), str(e), digits(Q * power(mpf(b) / Q, mpf(e) / Q))] for b, e in pow_args],
    "cdf": [[str(x), digits(2**40 * (1 - erfc(mpf(x) / Q / sqrt(mpf(2))) / 2))] for x in cdf_args],
    "pdf": [[str(x), digits(2**40 * exp(-(mpf(x) / Q) ** 2 / 2) / sqrt(2 * pi))] for x in cdf_args],
}
print(json.dumps(rows).replace("]], ", "]],\n"))
