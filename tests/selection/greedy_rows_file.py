"""The input of the driver `greedy_rows`: scores of all rows and the TF-IDF rows of the candidates, little-endian."""

import json
from pathlib import Path

import numpy as np

from driver import report_of

ALPACA = Path(__file__).resolve().parents[3] / "shared" / "data" / "instruct" / "alpaca_data.json"


def alpaca_outputs(rows=None):
    with open(ALPACA, encoding="utf-8") as file:
        return [row["output"] for row in json.load(file)[:rows]]


def seeded_scores(rows, seed):
    """Imported scores as they may look: most below 1, some at and above, one in 50 undefined."""
    generator = np.random.default_rng(seed)
    scores = generator.uniform(0.3, 1.05, rows)
    return [None if generator.random() < 0.02 else float(score) for score in scores]


def write_rows(path, scores, matrix):
    """Terms of one row only are folded into one number per row, as tfidf::WeightedRows has them."""
    matrix = matrix.tocsr()
    frequency = np.bincount(matrix.indices, minlength=matrix.shape[1])
    is_shared = frequency[matrix.indices] >= 2
    row_of = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    singleton = np.bincount(row_of, weights=matrix.data * ~is_shared, minlength=matrix.shape[0])
    order = np.lexsort((matrix.indices[is_shared], row_of[is_shared]))
    terms = np.flatnonzero(frequency >= 2)
    columns = np.searchsorted(terms, matrix.indices[is_shared])[order]
    begin = np.concatenate(([0], np.cumsum(np.bincount(row_of[is_shared], minlength=matrix.shape[0]))))
    values = np.array([np.nan if score is None else score for score in scores])
    with open(path, "wb") as file:
        np.array([len(values), matrix.shape[0], len(columns), len(terms)], "<u8").tofile(file)
        values.astype("<f8").tofile(file)
        begin.astype("<u8").tofile(file)
        columns.astype("<u4").tofile(file)
        matrix.data[is_shared][order].astype("<f8").tofile(file)
        singleton.astype("<f8").tofile(file)


def run_driver(driver, path, count, decay, mode, repeats=1, ranks=None):
    """The driver's JSON: `picks`, `pool`, `seconds` per repeat, `traffic`. `ranks`: the distributed algorithm under mpirun."""
    return report_of(driver, [path, count, decay, mode, repeats, "local" if ranks is None else "distributed"], ranks)
