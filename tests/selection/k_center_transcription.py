"""Farthest-first traversal (Gonzalez 1985; Sener & Savarese 2018, algorithm 1) by cosine distance, restated plainly as an oracle.

Every row against every pick, in float64; sums in the order of the elements, as winnow defines its cosine similarity.
"""

import numpy as np

MASK = (1 << 64) - 1
STAGE = 0x73756273657400  # winnow's random order of rows
COPY_DISTANCE = 1e-12


def mix64(x):
    x = (x + 0x9E3779B97F4A7C15) & MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
    return x ^ (x >> 31)


def random_key(seed, row):
    return mix64(mix64(mix64(seed) ^ STAGE) ^ row)


def sum_in_order(columns):
    total = np.zeros(columns.shape[1])
    for column in columns:
        total += column
    return total


def units(vectors):
    """Each float32 row divided by its norm, in float64; zeros stay zeros. By columns: [dimension, rows]."""
    columns = np.ascontiguousarray(vectors.astype(np.float64).T)
    norms = np.sqrt(sum_in_order(columns * columns))
    return columns / np.where(norms == 0, 1, norms)


def k_center(rows, vectors, seed, amount, costs=None):
    """(row, gain) of each pick: rows are ids, vectors [rows, dimension] float32; costs default to 1 each."""
    columns = units(vectors)
    distance = np.full(len(rows), np.inf)
    left = list(range(len(rows)))
    picks = []
    while left and amount > 0:
        if not picks:
            best = min(left, key=lambda i: random_key(seed, rows[i]))
        else:
            best = min(left, key=lambda i: (-distance[i], rows[i]))
        cost = 1 if costs is None else costs[best]
        if cost > amount:
            break
        amount -= cost
        left.remove(best)
        picks.append((rows[best], float(distance[best])))
        each = 1 - sum_in_order(columns * columns[:, best : best + 1])
        distance = np.minimum(distance, np.where(each > COPY_DISTANCE, each, 0.0))
    return picks
