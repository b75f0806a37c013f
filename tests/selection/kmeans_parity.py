"""winnow's k-means and what selects from its clusters against scikit-learn and kmeans_transcription.py.

    kmeans_parity.py DRIVER [--vectors FILE.npy] [--clusters 12 60] [--seeds 3] [--ranks 1 2 3]

Without --vectors: 1,500 rows around 40 centres, one in ten a copy of another.
"""

import argparse
import os
import sys
import warnings

os.environ.setdefault("OMP_NUM_THREADS", "1")
import numpy as np
from sklearn.cluster import KMeans, kmeans_plusplus

import kmeans_transcription as plain
from kmeans_rows_file import run_kmeans


def made_up_rows(generator):
    centres = generator.normal(size=(40, 24))
    rows = (centres[generator.integers(40, size=1500)] + 0.4 * generator.normal(size=(1500, 24)) + 0.7).astype(np.float32)
    copies = np.flatnonzero(generator.random(1500) < 0.1)
    rows[copies] = rows[generator.integers(1500, size=len(copies))]
    return rows


def inertia_of(rows, centroids, cluster):
    return float(((rows.astype(np.float64) - centroids[cluster]) ** 2).sum())


def compare_with_scikit_learn(driver, rows, clusters):
    """From the same rows as first centroids: scikit-learn in float64 must agree, its float32 is reported."""
    initial = rows[np.sort(np.random.default_rng(clusters).choice(len(rows), clusters, replace=False))]
    ours = run_kmeans(driver, rows, clusters, initial=initial)
    good = True
    for dtype in (np.float64, np.float32):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # fewer distinct clusters than asked for: a copy among the first centroids
            theirs = KMeans(clusters, init=initial.astype(dtype), n_init=1, algorithm="lloyd").fit(rows.astype(dtype))
        differing = int((theirs.labels_ != ours["cluster"]).sum())
        inertia = inertia_of(rows, theirs.cluster_centers_.astype(np.float64), theirs.labels_)
        relative = abs(inertia - ours["inertia"]) / inertia
        print(f"{clusters} clusters, scikit-learn {np.dtype(dtype)}: {differing} rows differ, iterations {theirs.n_iter_} and "
              f"{ours['iterations']}, inertia {inertia:.6f} and {ours['inertia']:.6f} ({relative:.1e} apart)", flush=True)
        if dtype is np.float64:
            good = differing == 0 and relative < 1e-9
    return good


def compare_with_transcription(driver, rows, clusters, perplexity, all_ranks):
    amount = clusters + clusters // 2
    centroids, cluster, distance, iterations = plain.kmeans(rows, clusters, seed=clusters)
    expected = {
        "nearest": plain.nearest_to_centroids(rows, centroids, cluster, distance, amount),
        "per_cluster": plain.per_cluster(cluster, distance, amount),
        "cherry": plain.cherry_sample(cluster, perplexity),
    }
    good = True
    first = None
    for ranks in all_ranks:
        ours = run_kmeans(driver, rows, clusters, seed=clusters, amount=amount, perplexity=perplexity, ranks=ranks)
        first = first or ours
        equal = {
            "clusters": np.array_equal(cluster, ours["cluster"]),
            "iterations": iterations == ours["iterations"],
            "centroids": np.array_equal(centroids, ours["centroids"]),
            **{name: rows_picked == ours[name] for name, rows_picked in expected.items()},
            "bytes": all(ours[name].tobytes() == first[name].tobytes() for name in ("cluster", "squared_distance", "centroids"))
            and ours["inertia"] == first["inertia"],
        }
        print(f"{clusters} clusters, {ranks} ranks, transcription with our seeding: "
              + ", ".join(f"{name} {'equal' if same else 'DIFFER'}" for name, same in equal.items()), flush=True)
        good &= all(equal.values())
    return good


def compare_seeding(driver, rows, clusters, seeds):
    def before_lloyd(seed):
        return run_kmeans(driver, rows, clusters, seed=seed, max_iterations=0)["inertia"]

    def peer_before_lloyd(seed):
        centroids, _ = kmeans_plusplus(rows, clusters, random_state=seed)
        return plain.assign(rows, centroids.astype(np.float64))[1].sum()

    ours = [before_lloyd(seed) for seed in range(seeds)]
    theirs = [peer_before_lloyd(seed) for seed in range(seeds)]
    our_end = [run_kmeans(driver, rows, clusters, seed=seed)["inertia"] for seed in range(seeds)]
    their_end = [KMeans(clusters, n_init=1, random_state=seed).fit(rows).inertia_ for seed in range(seeds)]
    print(f"{clusters} clusters, {seeds} seeds, mean inertia of the seeding {np.mean(ours):.3f} (deviation {np.std(ours):.3f}), "
          f"scikit-learn {np.mean(theirs):.3f} ({np.std(theirs):.3f}); in the end {np.mean(our_end):.3f} ({np.std(our_end):.3f}) and "
          f"{np.mean(their_end):.3f} ({np.std(their_end):.3f})", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("driver")
    parser.add_argument("--vectors")
    parser.add_argument("--clusters", type=int, nargs="+", default=[12, 60])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--ranks", type=int, nargs="+", default=[1, 2, 3])
    options = parser.parse_args()
    generator = np.random.default_rng(5)
    rows = np.load(options.vectors) if options.vectors else made_up_rows(generator)
    perplexity = np.exp(generator.normal(3, 1, len(rows))).round(1)
    good = True
    for clusters in options.clusters:
        good &= compare_with_scikit_learn(options.driver, rows, clusters)
        good &= compare_with_transcription(options.driver, rows, clusters, perplexity, options.ranks)
        compare_seeding(options.driver, rows, clusters, options.seeds)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
