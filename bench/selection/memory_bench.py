"""Memory of the selection methods: what `memory:` of a job is checked against, beside the growth of the program's peak.

    memory_bench.py WINNOW ENCODER ROWS.json [--rows 20000 40000] [--ranks 1 2]

WINNOW is the binary, ENCODER a folder of a sentence encoder (one layer of it is enough: only the vectors' width counts), ROWS.json a list of rows in
Alpaca's form. Rows are scored once per size (`ifd_ppl` from seeded numbers); then each method selects alone, with `memory: 1 MiB` for its estimate and
with the least memory that is allowed for its peak, less the peak of `random` on the same rows. Of several ranks the largest.
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

METHODS = {
    "random": "method: random, budget: 5%",
    "deita": "method: deita, score: ifd_ppl, max_cosine_similarity: 0.9999, budget: 50%",
    "deduplicate, embedding": "method: deduplicate, by: embedding, max_cosine_similarity: 0.9999",
    "deduplicate, ngrams": "method: deduplicate",
    "k_center, 5%": "method: k_center, budget: 5%",
    "k_center, 50%": "method: k_center, budget: 50%",
    "kmeans, 100": "method: kmeans, clusters: 100, budget: 1000",
    "kmeans, 1000": "method: kmeans, budget: 1000",
    "facility_location": "method: facility_location, budget: 5%",
    "superfiltering_d": "method: superfiltering_d, ifd_share: 20%, budget: 5%",
    "iterit": "method: iterit, budget: 5%",
    "graphfilter": "method: graphfilter, score: ifd_ppl, text: response, budget: 5%",
}


def run(winnow, arguments, ranks):
    """The exit code, what it said, and the largest rank's peak in MiB."""
    command = [winnow, *map(str, arguments)]
    with tempfile.TemporaryDirectory() as folder:
        peak = Path(folder) / "peak"
        command = [os.environ.get("WINNOW_MPIRUN") or "mpirun", "-n", str(ranks), "time", "-a", "-q", "-o", str(peak), "-f", "%M", *command]
        allowed = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OMPI_MCA_rmaps_base_oversubscribe": "1", "OMP_NUM_THREADS": "1"}
        done = subprocess.run(command, env=os.environ | allowed, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr, max(map(int, peak.read_text().split())) / 1024


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("winnow")
    parser.add_argument("encoder")
    parser.add_argument("data")
    parser.add_argument("--rows", type=int, nargs="*", default=[20_000, 40_000])
    parser.add_argument("--ranks", type=int, nargs="*", default=[1])
    parser.add_argument("--methods", nargs="*", default=list(METHODS))
    parser.add_argument("--keep", help="folder for the runs; scores that are there are used again")
    options = parser.parse_args()
    all_rows = json.loads(Path(options.data).read_text())
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(options.keep or temporary)
        for count in options.rows:
            (folder / f"{count}.json").write_text(json.dumps(all_rows[:count]))
            generator = random.Random(0)
            (folder / f"{count}_scores.json").write_text(json.dumps([generator.uniform(0.3, 0.99) for _ in range(count)]))
            job = folder / f"{count}.yaml"

            def select(method, ranks, memory=""):
                job.write_text(f"name: memory\ndata: {{ path: {count}.json }}\n{memory}scorers:\n"
                               f"  ifd: {{ import: {count}_scores.json, as: ifd_ppl }}\n"
                               f"  encoder: {{ path: {Path(options.encoder).resolve()}, dtype: fp32, score: [embedding] }}\n"
                               f"select: {{ {METHODS[method]} }}\n")
                return run(options.winnow, ["run", job, "--out", folder / f"run_{count}"], ranks)

            code, said, _ = select("random", 1)
            if code != 0:
                sys.exit(said)
            for ranks in options.ranks:
                base = select("random", ranks)[2]
                for method in options.methods:
                    if method == "random":
                        continue
                    code, said, _ = select(method, ranks, "memory: 1 MiB\n")
                    estimate = re.search(r"needs about (\d+) MiB", said)
                    if estimate is None:
                        sys.exit(f"{method}: {said}")
                    code, said, peak = select(method, ranks, f"memory: {int(estimate[1]) + 1} MiB\n")
                    if code != 0:
                        sys.exit(f"{method}: {said}")
                    used = peak - base
                    print(f"{method:24} {count:6} rows, {ranks} ranks: estimate {int(estimate[1]):5} MiB, measured {used:7.1f} MiB: "
                          f"x{int(estimate[1]) / max(used, 1):.2f}", flush=True)


if __name__ == "__main__":
    main()
