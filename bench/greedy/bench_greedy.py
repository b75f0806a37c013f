"""Greedy selection: IterIT's published loop and winnow in turn on the same real rows.

    bench_greedy.py DRIVER [--rows 50000] [--picks 2500] [--decay 0.1] [--repeats 7] [--peer-picks N] [--ranks 1 2 4]

DRIVER is the test program `greedy_rows` of a release build. The peer is tests/selection/iterit_transcription.py with numpy and scipy
on one thread; with --peer-picks it runs that many picks and the rest is projected at the same rate (and labelled so).
winnow's time is that of the whole greedy, from TF-IDF rows in memory to the list. Floor: x3,000 at 50,000 rows and 2,500 picks.
"""

import argparse
import itertools
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "selection"))

from greedy_rows_file import alpaca_outputs, run_driver, seeded_scores, write_rows  # noqa: E402
from iterit_transcription import candidates_of, greedy_picks, stored_scores, vectorise  # noqa: E402

FLOOR = 3000


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("driver")
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--picks", type=int, default=2_500)
    parser.add_argument("--decay", type=float, default=0.1)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--peer-picks", type=int, default=None)
    parser.add_argument("--ranks", type=int, nargs="*", default=[1, 2, 4])
    options = parser.parse_args()

    outputs = alpaca_outputs(options.rows)
    scores = seeded_scores(len(outputs), seed=20)
    stored = stored_scores(scores, bf16=True)
    rows = candidates_of(stored)
    matrix = vectorise([outputs[row] + "<|end_of_text|>" for row in rows.tolist()])
    measured = options.peer_picks or options.picks

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.bin"
        write_rows(path, scores, matrix)
        run = lambda repeats, ranks=None: run_driver(options.driver, path, options.picks, options.decay, "faithful", repeats, ranks)
        before = run(options.repeats)
        start = time.perf_counter()
        loop = greedy_picks(stored[rows].double().numpy(), matrix, options.picks, options.decay)
        peer_picks = rows[list(itertools.islice(loop, measured))].tolist()
        peer = (time.perf_counter() - start) * options.picks / measured
        after = run(options.repeats)

        ours = statistics.median(before["seconds"] + after["seconds"])
        label = "one run" if measured == options.picks else f"projected from {measured} picks"
        print(f"{len(outputs)} rows, {matrix.shape[0]} candidates, {options.picks} picks, decay {options.decay}")
        print(f"published loop  {peer:10.3f} s ({label})")
        print(f"winnow greedy   {ours:10.4f} s (median of {2 * options.repeats}, min {min(before['seconds'] + after['seconds']):.4f})")
        print(f"ratio           x{peer / ours:,.0f} (floor x{FLOOR:,}); picks "
              f"{'identical' if before['picks'][:measured] == peer_picks else 'DIFFERENT'}")
        for ranks in options.ranks:
            report = run(options.repeats, ranks)
            traffic = report["traffic"]
            print(f"P = {ranks}: {statistics.median(report['seconds']):.3f} s of which set-up {traffic['setup_seconds']:.3f} s; "
                  f"{traffic['rounds']} rounds, {traffic['collectives'] / options.picks:.4f} collectives, "
                  f"{traffic['payload_bytes'] / options.picks:,.0f} bytes and "
                  f"{1e6 * traffic['replicated_seconds'] / options.picks:.1f} us replicated per pick; "
                  f"{traffic['shipped_rows'] / options.picks:.2f} rows shipped, {traffic['refreshes'] / options.picks:.1f} refreshes, "
                  f"{traffic['replay_evaluations'] / options.picks:.1f} replay evaluations per pick; "
                  f"picks {'identical' if report['picks'] == before['picks'] else 'DIFFERENT'}")


if __name__ == "__main__":
    main()
