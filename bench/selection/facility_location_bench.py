"""Facility location: submodlib's way and winnow in turn on the same vectors.

    facility_location_bench.py DRIVER [--vectors FILE.npy] [--rows 10400] [--picks 1040] [--repeats 3] [--ranks 1 2]

DRIVER is the test program `facility_rows` of a release build; the peer is its restatement of submodlib's dense kernel and lazy greedy
in C++, without what Python adds to it. Without a file: random unit vectors of 384 elements, which are hard for a lazy greedy because
none is near another. Seconds from vectors in memory to the list, and of all processors.
"""

import argparse
import resource
import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "selection"))

from facility_location_parity import run_driver  # noqa: E402


def random_vectors(rows):
    vectors = np.random.default_rng(0).standard_normal((rows, 384)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def timed(*arguments, **named):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    report = run_driver(*arguments, **named)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return report, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("driver")
    parser.add_argument("--vectors")
    parser.add_argument("--rows", type=int, default=10_400)
    parser.add_argument("--picks", type=int, default=1_040)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--ranks", type=int, nargs="*", default=[1, 2])
    options = parser.parse_args()
    vectors = np.load(options.vectors)[: options.rows] if options.vectors else random_vectors(options.rows)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vectors.bin"
        vectors.tofile(path)
        run = lambda what, ties="published", similarity="published", ranks=1: timed(
            options.driver, path, vectors.shape[1], options.picks, similarity, ties, what, ranks)
        print(f"{len(vectors)} rows of {vectors.shape[1]}, {options.picks} picks")
        peer, processor = run("peer")
        print(f"submodlib's way                   {peer['seconds']:8.2f} s, of processors {processor:8.2f} s")
        for similarity, ties in (("published", "published"), ("published", "smallest_row"), ("cosine", "smallest_row")):
            for ranks in options.ranks:
                reports = [run("winnow", ties, similarity, ranks) for _ in range(options.repeats)]
                seconds = statistics.median(report["seconds"] for report, _ in reports)
                processors = statistics.median(processor for _, processor in reports)
                same = "" if similarity == "cosine" or ties != "published" else (
                    ", rows identical" if all(report["rows"] == peer["rows"] for report, _ in reports) else ", rows DIFFERENT")
                print(f"{similarity:9} {ties:12} {ranks} ranks    {seconds:8.2f} s, of processors {processors:8.2f} s: "
                      f"x{peer['seconds'] / seconds:.1f}{same}", flush=True)


if __name__ == "__main__":
    main()
