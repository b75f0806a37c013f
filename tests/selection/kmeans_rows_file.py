"""The files of the driver `kmeans_rows`, little-endian, and how it is run."""

import tempfile
from pathlib import Path

import numpy as np

from driver import report_of


def run_kmeans(driver, rows, clusters, *, seed=0, initial=None, max_iterations=300, tolerance=1e-4, amount=0, perplexity=None,
               repeats=1, ranks=None):
    """The driver's JSON, with `cluster` and `squared_distance` of each row and `centroids` as arrays. `ranks`: under mpirun."""
    count, dimension = rows.shape
    initial = np.zeros((0, dimension)) if initial is None else initial
    perplexity = np.ones(count) if perplexity is None else perplexity
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder) / "rows.bin", Path(folder) / "clusters.bin"
        with open(path, "wb") as file:
            np.array([count, dimension, len(initial)], "<u8").tofile(file)
            rows.astype("<f4").tofile(file)
            perplexity.astype("<f8").tofile(file)
            initial.astype("<f8").tofile(file)
        report = report_of(driver, [path, out, clusters, seed, max_iterations, tolerance, amount, repeats], ranks)
        with open(out, "rb") as file:
            report["cluster"] = np.fromfile(file, "<u4", count)
            report["squared_distance"] = np.fromfile(file, "<f8", count)
            report["centroids"] = np.fromfile(file, "<f8").reshape(-1, dimension)
    return report
