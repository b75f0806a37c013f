"""winnow's greedy against IterIT's published loop on real answers: identical rows in identical order.

    iterit_parity.py DRIVER [--rows 2000] [--picks 250] [--decay 0 0.1 0.5] [--mode faithful default] [--by-position]
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from greedy_rows_file import ALPACA, alpaca_outputs, run_driver, seeded_scores, write_rows
from iterit_transcription import candidates_of, stored_scores, update, vectorise

EOS = {"faithful": "<|end_of_text|>", "default": ""}  # the published loop vectorises answer + EOS


def compare(driver, folder, outputs, picks, decays, mode, by_position):
    scores = seeded_scores(len(outputs), seed=20)
    stored = stored_scores(scores, bf16=mode == "faithful")
    matrix = vectorise([outputs[row] + EOS[mode] for row in candidates_of(stored).tolist()])
    path = Path(folder) / "rows.bin"
    write_rows(path, scores, matrix)
    return all([compare_one(driver, path, stored, matrix, picks, decay, mode, by_position) for decay in decays])


def compare_one(driver, path, stored, matrix, picks, decay, mode, by_position):
    start = time.perf_counter()
    expected, expected_pool = update(stored, matrix, picks, decay, fixed=mode == "default", by_position=by_position)
    seconds = time.perf_counter() - start
    got = run_driver(driver, path, picks, decay, mode)
    same = sum(a == b for a, b in zip(expected, got["picks"]))
    distributed = run_driver(driver, path, picks, decay, mode, ranks=2)
    is_equal = expected == got["picks"] == distributed["picks"] and expected_pool == got["pool"] == distributed["pool"]
    print(f"{mode:8} rows {len(stored)} candidates {matrix.shape[0]} picks {picks} decay {decay}: "
          f"{same} of {len(expected)} in place ({len(set(expected) & set(got['picks']))} in common, "
          f"{len(set(expected))} distinct), pool order {'equal' if got['pool'] == expected_pool else 'DIFFERS'}; "
          f"2 ranks {'equal' if distributed['picks'] == got['picks'] else 'DIFFER'}; "
          f"published loop {seconds:.1f} s, winnow {min(got['seconds']):.4f} s", flush=True)
    if got["pool"] != expected_pool:
        first = next(i for i, (a, b) in enumerate(zip(expected_pool, got["pool"])) if a != b)
        print(f"  first difference at {first}: expected {expected_pool[first]}, got {got['pool'][first]}", flush=True)
    return is_equal


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("driver")
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--picks", type=int, default=250)
    parser.add_argument("--decay", type=float, nargs="+", default=[0.0, 0.1, 0.5])
    parser.add_argument("--mode", nargs="+", default=["faithful", "default"])
    parser.add_argument("--by-position", action="store_true", help="the oracle's quicker look-up, for large inputs")
    options = parser.parse_args()
    if not ALPACA.exists():
        print(f"skipped: {ALPACA} is absent")
        return 77
    outputs = alpaca_outputs(options.rows)
    is_equal = True
    with tempfile.TemporaryDirectory() as folder:
        for mode in options.mode:
            is_equal &= compare(options.driver, folder, outputs, options.picks, options.decay, mode, options.by_position)
            # Every row twice and decay 0: soon no gain is left, and the published loop repeats its first candidate.
            is_equal &= compare(options.driver, folder, outputs[:75] * 2, 130, [0.0], mode, not options.by_position)
    return 0 if is_equal else 1


if __name__ == "__main__":
    sys.exit(main())
