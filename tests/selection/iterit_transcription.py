"""IterIT's published selection step, restated plainly as an oracle (JiaQiSJTU/IterIT 433ac6f, src/data_utils.py, `update`).

What it does is the published loop's, operation by operation: scikit-learn's vectoriser on the candidates, a CSC matrix whose row sums
are taken anew for each pick, argmax, columns scaled by the decay, the picked row set to zero. Two liberties: argsort is stable, where
the published one leaves the order of equal scores open, and `fixed=True` applies the two repairs that winnow makes by default.
"""

import numpy as np
import torch
from scipy.sparse import find
from sklearn.feature_extraction.text import TfidfVectorizer


def stored_scores(scores, bf16):
    """The scores as the published data set keeps them: a bfloat16 tensor (None: not computable)."""
    values = [float("nan") if score is None else score for score in scores]
    return torch.tensor(values, dtype=torch.bfloat16 if bf16 else torch.float64)


def candidates_of(stored):
    return torch.nonzero(stored < 1.0).flatten()


def vectorise(texts):
    return TfidfVectorizer(ngram_range=(1, 3)).fit_transform(texts)


def positions_of_row(matrix, row):
    """Where a CSC matrix keeps the entries of one row; an index of the whole matrix, made once."""
    by_row = getattr(matrix, "by_row", None)
    if by_row is None:
        order = np.argsort(matrix.indices, kind="stable")
        begin = np.concatenate(([0], np.cumsum(np.bincount(matrix.indices, minlength=matrix.shape[0]))))
        by_row = matrix.by_row = (order, begin)
    order, begin = by_row
    return order[begin[row] : begin[row + 1]]


def greedy_picks(scores, matrix, count, decay, fixed=False, by_position=False):
    """Yields positions among the candidates. `fixed`: no row twice; at zero gain by score, then position. `by_position`: the picked
    row's entries are found by an index instead of by sparse look-up, for the same doubles in a fifth of the time."""
    matrix = matrix.tocsc(copy=True)
    column_of = np.repeat(np.arange(matrix.shape[1]), np.diff(matrix.indptr)) if by_position else None
    picked = []
    for _ in range(count):
        sums = np.asarray(matrix.sum(axis=1)).flatten()
        gains = scores * sums
        if fixed:
            gains[picked] = -1.0
            if gains.max() == 0.0:
                rest = [i for i in np.argsort(-scores, kind="stable") if i not in set(picked)]
                yield from rest[: count - len(picked)]
                return
        best = int(np.argmax(gains))
        if by_position:
            entries = positions_of_row(matrix, best)
            for column in column_of[entries[matrix.data[entries] != 0.0]]:
                matrix.data[matrix.indptr[column] : matrix.indptr[column + 1]] *= decay
            matrix.data[entries] = 0.0
        else:
            _, columns, _ = find(matrix[best, :])
            for column in columns:
                matrix.data[matrix.indptr[column] : matrix.indptr[column + 1]] *= decay
                matrix[best, column] = 0.0
        picked.append(best)
        yield best


def update(stored, matrix, count, decay, fixed=False, by_position=False):
    """(picked rows, the order of all rows afterwards); `matrix` is that of the candidates."""
    rows = candidates_of(stored)
    others = torch.nonzero(stored >= 1.0).flatten()
    scores = stored[rows]
    order = list(greedy_picks(scores.to(torch.float64).numpy(), matrix, count, decay, fixed, by_position))
    chosen = set(order)
    by_score = torch.argsort(scores, descending=True, stable=True).tolist()
    rest = [i for i in by_score if i not in chosen]
    picked = rows[order].tolist()
    return picked, picked + others.tolist() + rows[rest].tolist()
