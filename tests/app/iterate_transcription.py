"""IterIT's loop in Python, followed through what a run of `winnow iterate` stored: given each epoch's scores, which rows its pool held and which were picked."""
import pathlib
import sys

import h5py
import numpy
import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "selection"))
import iterit_transcription as iterit  # noqa: E402


def epoch_of(out, epoch, rows, scorer):
    """The pool's rows in order, their scores (NaN: none) and the picks."""
    folder = out / "epochs" / str(epoch)
    pool = list(range(rows))
    if epoch > 0:
        with h5py.File(folder / "pool.h5") as file:
            pool = file["row"][:].tolist()
    with h5py.File(folder / "scores.h5") as file:
        group = file[f"scores/{scorer}"]
        scores = numpy.where(group["status_ifd"][:] == 0, group["ifd_ppl"][:], numpy.nan)
    with h5py.File(folder / "selection.h5") as file:
        picks = file["row"][:].tolist()
    return pool, scores, picks


def follow(out, texts, scorer, epochs, budget, pool_size, faithful=False, by_ifd=False, by_position=False):
    """Asserts each epoch's pool and picks; the picks of all epochs."""
    rows = len(texts)
    newest, order, all_picks = numpy.full(rows, numpy.nan), list(range(rows)), []
    for epoch in range(epochs):
        pool, scores, picks = epoch_of(out, epoch, rows, scorer)
        count = len(order) if epoch == 0 else min(pool_size, len(order))
        assert pool == (order[:count] if faithful or epoch == 0 else sorted(order[:count])), f"pool of epoch {epoch}"
        newest[pool] = scores
        stored = iterit.stored_scores([None if numpy.isnan(score) else float(score) for score in scores], bf16=faithful)
        candidates = iterit.candidates_of(stored)
        if by_ifd:
            best = torch.argsort(stored[candidates], descending=True, stable=True)[:budget]
            want = candidates[best].tolist()
        else:
            want, after = iterit.update(stored, iterit.vectorise([texts[pool[i]] for i in candidates]), budget, 0.1, fixed=not faithful, by_position=by_position)
        assert picks == [pool[i] for i in want], f"picks of epoch {epoch}"
        if faithful:
            behind = [pool[i] for i in after] + order[count:]
            order = list(dict.fromkeys(behind))
        else:
            left = [row for row in range(rows) if row not in set(picks) and not numpy.isnan(newest[row])]
            order = picks + sorted((r for r in left if newest[r] < 1), key=lambda r: (-newest[r], r)) + sorted((r for r in left if newest[r] >= 1), key=lambda r: (newest[r], r))
        all_picks.append(picks)
    return all_picks
