"""K-means: scikit-learn, faiss and winnow in turn, from the same first centroids.

    bench_kmeans.py DRIVER [--vectors FILE.npy] [--rows 20000] [--clusters 100 1000] [--iterations 10] [--repeats 5] [--ranks 1 2 4]

DRIVER is the test program `kmeans_rows` of a release build; all run in one thread. Three questions: so many iterations from equal
first centroids (faiss only where it is installed); from there to the end (scikit-learn's rules for ending); seeding and all.
More rows than --vectors holds are its rows with a little noise; without --vectors rows lie around made-up centres.
"""

import argparse
import os
import statistics
import sys
import time
import warnings
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "selection"))

import numpy as np  # noqa: E402
from kmeans_rows_file import run_kmeans  # noqa: E402
from sklearn.cluster import KMeans  # noqa: E402

try:
    import faiss

    faiss.omp_set_num_threads(1)
except ImportError:
    faiss = None


def rows_of(path, count):
    generator = np.random.default_rng(1)
    if path is None:
        centres = generator.normal(size=(count // 20 + 1, 384))
        rows = centres[generator.integers(len(centres), size=count)] + generator.normal(size=(count, 384))
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    rows = np.load(path)
    more = rows[generator.integers(len(rows), size=max(0, count - len(rows)))]
    more = more + 0.02 * generator.normal(size=more.shape)
    return np.concatenate([rows[:count], more / np.linalg.norm(more, axis=1, keepdims=True)]).astype(np.float32)


def timed(work):
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def faiss_kmeans(rows, initial, iterations):
    kmeans = faiss.Kmeans(rows.shape[1], len(initial), niter=iterations, min_points_per_centroid=1, max_points_per_centroid=len(rows))
    kmeans.train(rows, init_centroids=initial)
    return float(kmeans.index.search(rows, 1)[0].sum())


def report(name, seconds, ours, inertia):
    print(f"  {name:13} {statistics.median(seconds):8.3f} s (min {min(seconds):.3f}), x{statistics.median(seconds) / statistics.median(ours):.2f} "
          f"winnow's time, inertia {inertia:.2f}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("driver")
    parser.add_argument("--vectors")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--clusters", type=int, nargs="+", default=[100, 1000])
    parser.add_argument("--iterations", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--ranks", type=int, nargs="*", default=[1, 2, 4])
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # that so few iterations did not converge
    rows = rows_of(options.vectors, options.rows)

    for clusters in options.clusters:
        initial = rows[np.random.default_rng(clusters).choice(len(rows), clusters, replace=False)]
        fixed = dict(max_iterations=options.iterations, tolerance=0)
        warm = dict(repeats=2)
        cases = {
            f"{options.iterations} iterations": (
                lambda: run_kmeans(options.driver, rows, clusters, initial=initial, **warm, **fixed),
                lambda: KMeans(clusters, init=initial, n_init=1, max_iter=options.iterations, tol=0).fit(rows).inertia_,
                lambda: faiss_kmeans(rows, initial, options.iterations)),
            "to the end": (
                lambda: run_kmeans(options.driver, rows, clusters, initial=initial, **warm),
                lambda: KMeans(clusters, init=initial, n_init=1).fit(rows).inertia_,
                None),
            "with seeding": (
                lambda: run_kmeans(options.driver, rows, clusters, **warm),
                lambda: KMeans(clusters, n_init=1, random_state=0).fit(rows).inertia_,
                None),
        }
        for case, (ours, scikit_learn, other) in cases.items():
            times = {"winnow": [], "scikit-learn": [], "faiss": []}
            inertia = {}
            for _ in range(options.repeats):
                result = ours()
                times["winnow"].append(result["seconds"][-1])  # The peers' processes are warm too.
                inertia["winnow"] = result["inertia"]
                for name, work in (("scikit-learn", scikit_learn), ("faiss", other if faiss else None)):
                    if work is not None:
                        seconds, inertia[name] = timed(work)
                        times[name].append(seconds)
            print(f"{len(rows)} rows x {rows.shape[1]}, {clusters} clusters, {case} ({result['iterations']} iterations)")
            for name, seconds in times.items():
                if seconds:
                    report(name, seconds, times["winnow"], inertia[name])
        alone = run_kmeans(options.driver, rows, clusters, initial=initial, repeats=options.repeats, **fixed)
        for ranks in options.ranks:
            result = run_kmeans(options.driver, rows, clusters, initial=initial, repeats=options.repeats, ranks=ranks, **fixed)
            print(f"  P = {ranks}: {statistics.median(result['seconds']):.3f} s; clusters "
                  f"{'identical' if result['cluster'].tobytes() == alone['cluster'].tobytes() else 'DIFFERENT'}", flush=True)


if __name__ == "__main__":
    main()
