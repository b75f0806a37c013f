"""K-means and the selections from clusters, written out plainly: numpy, float64, one thing after the other.

The rules are those of docs in src/selection/{kmeans,kmeans_seeding,cluster_picks,cherry_sample}.hpp. Clusters from given centroids
follow scikit-learn's KMeans (n_init=1, algorithm="lloyd"); the sample of Cherry follows tianyi-lab/Cherry_LLM,
cherry_seletion/data_by_cluster.py.
"""

import math

import numpy as np

WORD = 2**64
STAGE = 0x6B6D65616E73


def mix64(x):
    x = (x + 0x9E3779B97F4A7C15) % WORD
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 % WORD
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB % WORD
    return x ^ (x >> 31)


def random_word(seed, stage, item):
    return mix64(mix64(mix64(seed) ^ stage) ^ item)


def units(largest, count):
    """How many units are in 1: `count` numbers up to `largest` sum to less than 2^62 units."""
    return 2.0 ** (62 - count.bit_length() - math.frexp(largest)[1])


def squared_distances(rows, point):
    return ((rows - point) ** 2).sum(axis=1)


def seeds(rows, clusters, seed):
    """Greedy k-means++: the indices of the first centroids."""
    rows = rows.astype(np.float64)
    words = (random_word(seed, STAGE, draw) for draw in range(WORD))
    chosen = [next(words) * len(rows) >> 64]
    distance = squared_distances(rows, rows[chosen[0]])
    per_unit = units(distance.max(), len(rows))
    weigh = lambda distance: (distance * per_unit).astype(np.int64)
    for _ in range(1, clusters):
        running = np.cumsum(weigh(distance))
        potential = int(running[-1])
        if potential == 0:
            break
        trials = [int(np.searchsorted(running, next(words) * potential >> 64, side="right")) for _ in range(2 + int(math.log(clusters)))]
        nearer = [np.minimum(distance, squared_distances(rows, rows[trial])) for trial in trials]
        best = int(np.argmin([weigh(each).sum() for each in nearer]))
        chosen.append(trials[best])
        distance = nearer[best]
    return chosen


def assign(rows, centroids):
    """Each row's nearest centroid, the first of several, and the squared distance to it."""
    rows = rows.astype(np.float64)
    squares = np.stack([squared_distances(rows, centroid) for centroid in centroids], axis=1)
    cluster = squares.argmin(axis=1)
    return cluster, squares[np.arange(len(rows)), cluster]


def kmeans(rows, clusters, seed=0, initial=None, max_iterations=300, tolerance=1e-4):
    """(centroids, cluster of each row, squared distances, iterations)."""
    centroids = rows[seeds(rows, clusters, seed)].astype(np.float64) if initial is None else initial.astype(np.float64)
    per_unit = units(float(np.abs(rows).max()), len(rows))
    in_units = (rows.astype(np.float64) * per_unit).astype(np.int64)
    mean = lambda members: in_units[members].sum(axis=0).astype(np.float64) / per_unit / members.sum()
    least_shift = tolerance * squared_distances(rows, mean(np.ones(len(rows), bool))).mean() / rows.shape[1]
    before = None
    for iteration in range(1, max_iterations + 1):
        cluster, distance = assign(rows, centroids)
        if before is not None and np.array_equal(cluster, before):
            return centroids, cluster, distance, iteration
        member_of = cluster.copy()
        empty = [c for c in range(len(centroids)) if not (cluster == c).any()]
        far = sorted((row for row in range(len(rows)) if distance[row] > 0), key=lambda row: (-distance[row], row)) if empty else []
        for c, row in zip(empty, far):
            member_of[row] = c
        moved = np.stack([mean(member_of == c) if (member_of == c).any() else centroids[c] for c in range(len(centroids))])
        shift = ((moved - centroids) ** 2).sum()
        centroids, before = moved, member_of
        if shift <= least_shift:
            break
    return centroids, *assign(rows, centroids), iteration


def per_cluster(cluster, distance, amount, without=()):
    """Round after round, the nearest row of each cluster that is left."""
    members = {}
    for row in sorted(range(len(cluster)), key=lambda row: (distance[row], row)):
        if row not in without:
            members.setdefault(int(cluster[row]), []).append(row)
    picks = []
    while members and len(picks) < amount:
        for c in sorted(members):
            picks.append(members[c].pop(0))
        members = {c: rows for c, rows in members.items() if rows}
    return picks[:amount]


def nearest_to_centroids(rows, centroids, cluster, distance, amount):
    """Each centroid's nearest row, once; the rest as `per_cluster`."""
    picks = []
    for centroid in centroids:
        row = int(squared_distances(rows.astype(np.float64), centroid).argmin())
        if row not in picks:
            picks.append(row)
    picks = picks[:amount]
    return picks + per_cluster(cluster, distance, amount - len(picks), set(picks))


def cherry_sample(cluster, perplexity, count=10, low=25, high=75):
    picks = []
    for c in sorted(set(cluster.tolist())):
        members = np.where(cluster == c)[0]
        if len(members) >= count:
            least, most = np.percentile(perplexity[members], low), np.percentile(perplexity[members], high)
            members = members[(perplexity[members] >= least) & (perplexity[members] <= most)]
            if len(members) >= count:
                members = members[:: len(members) // count][:count]
        picks += members.tolist()
    return picks
