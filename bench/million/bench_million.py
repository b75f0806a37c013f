"""From texts to picks at up to a million rows: TF-IDF, then the greedy over 5 % of them; time, peak memory, traffic, growth.

    bench_million.py DRIVER [--documents 10000 ... 1000000] [--ranks 1 2 4] [--scores normal] [--count]

DRIVER is build/<config>/bench/million of a build with -DWINNOW_BUILD_BENCH=ON; it splices the texts from Alpaca's answers. Without --count
every number of documents is run on every number of ranks as `winnow run` goes, and the distributed greedy on one rank too. With --count
nothing is timed: the greedy's work, and what 2 to 4,096 virtual ranks would refresh and send.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "support"))

import text_list  # noqa: E402

OPEN_MPI = {f"OMPI_{name}": "1" for name in ("ALLOW_RUN_AS_ROOT", "ALLOW_RUN_AS_ROOT_CONFIRM", "MCA_rmaps_base_oversubscribe")}


# Two each for frequencies, term numbers and distinct rows: every rank with every other one.
ALL_TO_ALLS = 6


def exponent(sizes, values):
    """Slope of the least-squares line of log value on log size."""
    x, y = [math.log(size) for size in sizes], [math.log(value) for value in values]
    x_mean, y_mean = sum(x) / len(x), sum(y) / len(y)
    return sum((a - x_mean) * (b - y_mean) for a, b in zip(x, y)) / sum((a - x_mean) ** 2 for a in x)


def traffic_line(traffic, picks):
    return (f"{traffic['rounds']} rounds, {traffic['collectives'] / picks:.4f} collectives and {traffic['payload_bytes'] / picks:,.0f} bytes a pick, "
            f"{1e6 * traffic['replicated_seconds'] / picks:.1f} us replicated a pick; {traffic['refreshes'] / picks:.1f} refreshes, "
            f"{traffic['replay_evaluations'] / picks:.1f} replay evaluations a pick; set-up {traffic['setup_seconds']:.2f} s")


def time_all(run, sizes, rank_counts):
    seconds = {}
    for documents in sizes:
        hashes = set()
        for ranks, mode in [(ranks, "program") for ranks in rank_counts] + [(1, "distributed")]:
            report = run(documents, ranks, mode)
            hashes.add(report["picks_hash"])
            if mode == "program":
                seconds.setdefault(ranks, []).append((report["tfidf_seconds"], report["greedy_seconds"]))
            print(f"{documents:>9,} texts, P = {ranks}, {mode:11}: TF-IDF {report['tfidf_seconds']:7.2f} s, "
                  f"greedy {report['greedy_seconds']:6.2f} s, peak {report['peak_mib']:6,.0f} MiB (TF-IDF {report['tfidf_mib']:6,.0f}); "
                  f"{report['terms']:,} terms", flush=True)
            if report["traffic"]["rounds"]:
                print(f"{'':10}{traffic_line(report['traffic'], report['picks'])}", flush=True)
        print(f"{'':10}picks {'identical' if len(hashes) == 1 else 'DIFFERENT'}", flush=True)
    for ranks, pairs in seconds.items() if len(sizes) > 1 else ():
        tfidf, greedy = zip(*pairs)
        print(f"P = {ranks}: time of TF-IDF ~ N^{exponent(sizes, tfidf):.2f}, of the greedy ~ N^{exponent(sizes, greedy):.2f}")


def count_all(run, sizes):
    work = []
    for documents in sizes:
        report = run(documents, 1, "count")
        picks = documents // 20
        work.append(report["evaluations"] * report["shared_nnz"] / documents)
        print(f"{documents:,} texts: {report['again'] / picks:.1f} evaluations a pick beyond the first of each row, work {work[-1]:.3g} terms")
        print(f"  {traffic_line(report['traffic'], picks)}; {report['passes']} passes")
        collectives = report["traffic"]["collectives"]
        for load in report["loads"]:
            ranks = load["ranks"]
            print(f"  P = {ranks:5}: refreshes largest / mean {load['refresh_imbalance']:.2f} (pass by pass {load['refresh_critical']:.2f}), at most "
                  f"{load['largest_refreshes']:,} a rank; about {collectives * math.ceil(math.log2(ranks)):,} messages a rank in the rounds and "
                  f"{ALL_TO_ALLS * (ranks - 1):,} before them; TF-IDF keys {load['keys']:,}, largest / mean sent {load['largest_sent'] * ranks / load['keys']:.2f}, owned "
                  f"{load['largest_owned'] * ranks / load['keys']:.2f}, {20 * load['keys'] / ranks / 1e6:.2f} MB a rank", flush=True)
    if len(sizes) > 1:
        print(f"work (evaluations x terms) ~ N^{exponent(sizes, work):.2f}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("driver")
    parser.add_argument("--documents", type=int, nargs="+", default=[10_000, 30_000, 100_000, 300_000, 1_000_000])
    parser.add_argument("--ranks", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--scores", choices=["normal", "uniform"], default="normal")
    parser.add_argument("--count", action="store_true")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        sources = Path(folder) / "sources"
        text_list.write(sources, text_list.alpaca_outputs())

        def run(documents, ranks, mode):
            command = [os.environ.get("WINNOW_MPIRUN") or "mpirun", "-n", str(ranks), options.driver, sources, str(documents), options.scores, mode]
            return json.loads(subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | OPEN_MPI).stdout)

        print(f"scores {options.scores}, k = 5 %, decay 0.1; load {os.getloadavg()[0]:.1f}", flush=True)
        if options.count:
            count_all(run, options.documents)
        else:
            time_all(run, options.documents, options.ranks)


if __name__ == "__main__":
    main()
