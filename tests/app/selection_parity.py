"""Issue S4 through the whole program: the picks of a job with imported scores are the list of IterIT's published loop.

selection_parity.py PROGRAM [ROWS PICKS]   on the first ROWS of Alpaca (default 3000, 300); exit 77 without ../shared/data."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import h5py
import numpy

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "selection"))
import iterit_transcription as iterit  # noqa: E402

ALPACA = ROOT.parent / "shared" / "data" / "instruct" / "alpaca_data.json"
EOS = "<|end_of_text|>"


def run(program, folder, job, ranks=2):
    path = folder / "job.yaml"
    path.write_text(job)
    mpirun = [os.environ.get("WINNOW_MPIRUN") or "mpirun", "--quiet", "--allow-run-as-root", "--oversubscribe", "-n", str(ranks)]
    done = subprocess.run([*mpirun, program, "run", path, "--out", folder / "run"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / "run"


def picks(run_folder, name):
    with h5py.File(run_folder / "selection" / f"{name}.h5") as file:
        return file["row"][:].tolist()


def main():
    if not ALPACA.is_file():
        print("skipped: needs ../shared/data")
        return 77
    program = sys.argv[1]
    rows, count = (int(sys.argv[2]), int(sys.argv[3])) if len(sys.argv) > 3 else (3000, 300)
    data = json.loads(ALPACA.read_text())[:rows]
    # Scores as real ones lie: some undefined, some at or above 1.
    chance = numpy.random.default_rng(20241217)
    scores = [None if s < 0.02 else float(v) for s, v in zip(chance.random(rows), chance.normal(0.72, 0.13, rows).clip(0.01, 1.3))]
    outputs = [row["output"] for row in data]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "rows.json").write_text(json.dumps(data, ensure_ascii=False))
        (folder / "scores.json").write_text(json.dumps({"score": scores}))
        selections = "".join(f"  {kind}{decay}: {{ method: iterit, budget: {count}, decay: {decay}{extra} }}\n"
                             for decay in (0, 0.1, 0.5)
                             for kind, extra in (("ours", ""), ("faithful", f", faithful: true, eos_text: '{EOS}'")))
        out = run(program, folder, f"data: {{ path: rows.json }}\nscorers: {{ imported: {{ import: scores.json, key: score, as: ifd_ppl }} }}\n"
                                   f"selections:\n{selections}")
        for bf16, texts, kind in ((False, outputs, "ours"), (True, [text + EOS for text in outputs], "faithful")):
            stored = iterit.stored_scores(scores, bf16)
            matrix = iterit.vectorise([texts[i] for i in iterit.candidates_of(stored)])
            for decay in (0, 0.1, 0.5):
                want, _ = iterit.update(stored, matrix, count, decay, fixed=kind == "ours", by_position=rows > 10000)
                got = picks(out, f"{kind}{decay}")
                assert got == want, (kind, decay, next((i, g, w) for i, (g, w) in enumerate(zip(got, want)) if g != w))
                print(f"{kind}, decay {decay}: {count} picks of {rows} rows identical, in order", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
