"""winnow's facility location against the published process and the plain loop: identical rows and gains in identical order.

    facility_location_parity.py DRIVER [--vectors FILE.npy] [--rows 600] [--picks 600]

Without a file of float32 vectors: unit vectors around a few centres, some of them twice, some zero.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from driver import report_of
from facility_location_transcription import cosine_similarities, greedy, lazy_greedy, published_similarities

SIMILARITIES = {"published": published_similarities, "cosine": cosine_similarities}
TIES = {"published": lazy_greedy, "smallest_row": greedy}


def clustered_vectors(rows, dimension=48, seed=7):
    generator = np.random.default_rng(seed)
    vectors = generator.normal(size=(12, dimension))[generator.integers(12, size=rows)]
    vectors += 0.7 * generator.normal(size=vectors.shape)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[::9] = vectors[generator.integers(rows, size=len(vectors[::9]))]
    vectors[5:8] = 0
    return vectors.astype(np.float32)


def run_driver(driver, path, dimension, picks, similarity, ties, what="winnow", ranks=1):
    """The driver's JSON: `rows`, `gains`, `seconds`."""
    return report_of(driver, [path, dimension, picks, similarity, ties, what], ranks)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("driver")
    parser.add_argument("--vectors")
    parser.add_argument("--rows", type=int, default=600)
    parser.add_argument("--picks", type=int, default=600)
    options = parser.parse_args()
    vectors = np.load(options.vectors)[: options.rows] if options.vectors else clustered_vectors(options.rows)
    is_equal = True
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vectors.bin"
        vectors.tofile(path)
        for similarity, matrix_of in SIMILARITIES.items():
            matrix = matrix_of(vectors)
            for ties, process in TIES.items():
                start = time.perf_counter()
                expected = [list(column) for column in zip(*process(matrix, options.picks))]
                seconds = time.perf_counter() - start
                for ranks in (1, 3):
                    got = run_driver(options.driver, path, vectors.shape[1], options.picks, similarity, ties, ranks=ranks)
                    same = sum(a == b for a, b in zip(expected[0], got["rows"]))
                    is_equal = is_equal and expected == [got["rows"], got["gains"]]
                    print(f"{similarity:9} ties {ties:12} rows {len(vectors)} ranks {ranks}: {same} of {len(expected[0])} in place, gains "
                          f"{'equal' if expected[1] == got['gains'] else 'DIFFER'}; loop without its matrix {seconds:.2f} s, "
                          f"winnow {got['seconds']:.3f} s", flush=True)
    return 0 if is_equal else 1


if __name__ == "__main__":
    sys.exit(main())
