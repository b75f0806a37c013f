"""How many times as fast as scikit-learn is the TF-IDF of all Alpaca answers? scikit-learn and winnow run in turn; the medians, their
ratio, and the machine's copy rate beside them (a loaded machine shows there). Both start from texts in memory and end with the rows.
Usage: sklearn_ratio.py BUILD [--repeats 5] [--ranks 2]; BUILD is a build folder with the tests in it."""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy
from sklearn.feature_extraction.text import TfidfVectorizer

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/support"))
import text_list

OPEN_MPI = {f"OMPI_{name}": "1" for name in ("ALLOW_RUN_AS_ROOT", "ALLOW_RUN_AS_ROOT_CONFIRM", "MCA_rmaps_base_oversubscribe")}

parser = argparse.ArgumentParser()
parser.add_argument("build", type=pathlib.Path)
parser.add_argument("--repeats", type=int, default=5)
parser.add_argument("--ranks", type=int, default=2)
arguments = parser.parse_args()


def copy_rate():
    source = numpy.ones(1 << 25)
    target = numpy.empty_like(source)
    numpy.copyto(target, source)
    start = time.perf_counter()
    numpy.copyto(target, source)
    return 2 * source.nbytes / (time.perf_counter() - start) / 1e9


def run_sklearn(texts):
    start = time.perf_counter()
    TfidfVectorizer(ngram_range=(1, 3)).fit_transform(texts)
    return time.perf_counter() - start


def run_winnow(folder, ranks):
    tool = arguments.build / "tests/tfidf/tfidf_tool"
    return float(subprocess.run(["mpirun", "-n", str(ranks), tool, "vectorize", folder / "texts", folder], check=True,
                                capture_output=True, text=True, env=os.environ | OPEN_MPI).stdout)


texts = text_list.alpaca_outputs()
rank_counts = sorted({1, arguments.ranks})
seconds = {"scikit-learn": []} | {ranks: [] for ranks in rank_counts}
rates = []
with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    text_list.write(folder / "texts", texts)
    for _ in range(arguments.repeats):
        rates.append(copy_rate())
        seconds["scikit-learn"].append(run_sklearn(texts))
        for ranks in rank_counts:
            seconds[ranks].append(run_winnow(folder, ranks))

peer = statistics.median(seconds["scikit-learn"])
print(f"{len(texts)} answers, median of {arguments.repeats}; copy rate {min(rates):.1f} to {max(rates):.1f} GB/s; "
      f"load {os.getloadavg()[0]:.1f}")
print(f"scikit-learn     {peer:8.3f} s  ({min(seconds['scikit-learn']):.3f} to {max(seconds['scikit-learn']):.3f})")
for ranks in rank_counts:
    ours = statistics.median(seconds[ranks])
    print(f"winnow, {ranks} ranks  {ours:8.3f} s  ({min(seconds[ranks]):.3f} to {max(seconds[ranks]):.3f})  x{peer / ours:.1f}")
