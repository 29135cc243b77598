"""Coefficients of the piecewise normal CDF of src/math/normal-cdf.ts: prints 16 rows of 7 integers, C_0..C_6, as JSON.

On each segment [k/2, (k+1)/2) the polynomial of degree 6 in u = x - k/2 interpolates N at the seven Chebyshev points stretched
so that the outer two are the segment's ends: the pieces join, N(0) is 1/2, and the error is about 1.2 times the minimax error.
C_k is the coefficient times 2^60, nearest. With --error, prints the largest error of each segment instead.
"""

import json
import sys

from mpmath import cos, matrix, mp, lu_solve, mpf, ncdf, nint, pi, polyval

mp.prec = 300
SEGMENTS, DEGREE, WIDTH, SCALE = 16, 6, mpf(1) / 2, mpf(2) ** 60


def segment(k):
    n = DEGREE + 1
    stretch = cos(pi / (2 * n))
    points = [WIDTH / 2 * (1 - cos((2 * i + 1) * pi / (2 * n)) / stretch) for i in range(n)]
    points[0], points[-1] = mpf(0), WIDTH
    system = matrix(n, n)
    for i, u in enumerate(points):
        for j in range(n):
            system[i, j] = u**j
    solution = lu_solve(system, matrix([ncdf(k * WIDTH + u) for u in points]))
    return [int(nint(solution[j] * SCALE)) for j in range(n)]


def error(k, row):
    worst = mpf(0)
    for i in range(401):
        u = WIDTH * i / 400
        worst = max(worst, abs(polyval([c / SCALE for c in reversed(row)], u) - ncdf(k * WIDTH + u)))
    return mp.nstr(worst, 5)


rows = [segment(k) for k in range(SEGMENTS)]
if "--error" in sys.argv:
    print(json.dumps([error(k, row) for k, row in enumerate(rows)]))
else:
    print(json.dumps([[str(c) for c in row] for row in rows]))
