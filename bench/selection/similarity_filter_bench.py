"""Similarity filter: Deita's published loop, faiss and winnow in turn on the same vectors, in the order of seeded scores.

    similarity_filter_bench.py DRIVER VECTORS.npy [--threshold 0.9] [--peer-rows 5000] [--peer-threads 1] [--repeats 5]

DRIVER is the test program `embedding_rows` of a release build. The loop is Deita's `filter/base.py` on the CPU with batches of one, restated: float64
rows on the host, all kept ones gathered, converted and normalised twice for every candidate, one skinny product. It is run on the first
`--peer-rows` candidates and projected: its time goes with the number of kept rows, summed over the candidates. faiss: IndexFlatIP of unit vectors, the
nearest kept row of 1,024 candidates at a time, the pairs among them by one product in numpy. Seconds from vectors in memory to the list.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import faiss
import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "selection"))

from driver import report_of  # noqa: E402


def compare(matrix, others):
    for _ in range(2):
        matrix = matrix / matrix.norm(dim=1)[:, None]
        others = others / others.norm(dim=1)[:, None]
    return torch.mm(matrix, others.t())


def in_chunks(existing, current, chunk=100_000):
    distances = torch.zeros((current.size(0), existing.shape[0]))
    for begin in range(0, existing.shape[0], chunk):
        part = compare(current, torch.as_tensor(existing[begin : begin + chunk]).to(torch.float32))
        distances[:, begin : begin + part.size(1)] = part
    return distances


def published_loop(vectors, threshold):
    """Places of the kept rows."""
    embeddings = np.array(vectors.astype(np.float64).tolist())
    kept = [0]
    start = time.perf_counter()
    for i in range(1, len(embeddings)):
        current = torch.tensor(embeddings[i : i + 1], dtype=torch.float32)
        near = torch.any(in_chunks(embeddings[kept], current) > threshold, dim=1)
        near |= torch.any(in_chunks(current, current).tril(-1) > threshold, dim=1)
        if not near[0]:
            kept.append(i)
    return kept, time.perf_counter() - start


def faiss_filter(vectors, threshold, block=1024):
    start = time.perf_counter()
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    index = faiss.IndexFlatIP(units.shape[1])
    kept = []
    for begin in range(0, len(units), block):
        rows = units[begin : begin + block]
        free = np.ones(len(rows), bool)
        if index.ntotal:
            free = index.search(rows, 1)[0][:, 0] <= threshold
        near = rows @ rows.T > threshold
        for i in np.flatnonzero(free):
            if free[i]:
                free[i + 1 :] &= ~near[i, i + 1 :]
        index.add(rows[free])
        kept += (begin + np.flatnonzero(free)).tolist()
    return kept, time.perf_counter() - start


def product_rate():
    a, b = torch.rand(1024, 384), torch.rand(384, 8192)
    seconds = []
    for _ in range(9):
        start = time.perf_counter()
        torch.mm(a, b)
        seconds.append(time.perf_counter() - start)
    return 2 * 1024 * 384 * 8192 / min(seconds) / 1e9


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("driver")
    parser.add_argument("vectors")
    parser.add_argument("--threshold", type=float, default=0.9)
    parser.add_argument("--peer-rows", type=int, default=5_000)
    parser.add_argument("--peer-threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    vectors = np.load(options.vectors)
    scores = np.random.default_rng(0).random(len(vectors))
    order = np.argsort(-scores, kind="stable")
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / "vectors.bin", Path(folder) / "scores.bin"]
        vectors.tofile(files[0])
        scores.tofile(files[1])
        winnow = lambda method, ranks: report_of(options.driver, [files[0], vectors.shape[1], files[1], method, options.threshold], ranks)
        rows = winnow("similarity_filter", 1)["rows"]
        is_kept = np.isin(order, rows)
        work = np.cumsum(is_kept)
        print(f"{len(vectors)} rows of {vectors.shape[1]}, threshold {options.threshold}: {len(rows)} kept; load {os.getloadavg()[0]:.1f}")
        peer_rows = min(options.peer_rows, len(vectors))
        torch.set_num_threads(options.peer_threads)
        kept, seconds = published_loop(vectors[order[:peer_rows]], options.threshold)
        projected = seconds * work.sum() / work[:peer_rows].sum()
        same = "identical" if order[kept].tolist() == rows[: len(kept)] else "DIFFERENT"
        print(f"Deita's loop, {options.peer_threads} threads    {seconds:8.2f} s for the first {peer_rows} ({same}), {projected:.0f} s projected; "
              f"sgemm {product_rate():.0f} GFLOP/s", flush=True)
        ways = {f"winnow, {name}, {ranks} ranks": (lambda method=method, ranks=ranks: winnow(method, ranks))
                for name, method, ranks in (("float32", "similarity_filter_in_floats", 1), ("as it is", "similarity_filter", 1),
                                            ("as it is", "similarity_filter", 2))}
        for threads in (1, 2):
            def by_faiss(threads=threads):
                faiss.omp_set_num_threads(threads)
                torch.set_num_threads(threads)
                kept, seconds = faiss_filter(vectors[order], options.threshold)
                return {"rows": order[kept].tolist(), "seconds": seconds}
            ways[f"faiss, {threads} threads"] = by_faiss
        taken = {name: [] for name in ways}
        for _ in range(options.repeats):
            for name, way in ways.items():
                report = way()
                taken[name].append(report["seconds"])
                if report["rows"] != rows:
                    print(f"{name}: rows DIFFERENT")
        for name, seconds in taken.items():
            median = statistics.median(seconds)
            print(f"{name:28} {median:8.3f} s ({min(seconds):.3f} to {max(seconds):.3f}): x{projected / median:.0f} the loop")


if __name__ == "__main__":
    main()
