"""`winnow iterate` on real rows and a real model, beside what it is compared with at the same budget.

iterate_alpaca.py PROGRAM [ROWS]    the first ROWS (2,000) of Alpaca, SmolLM2, K = 5 %, three epochs; exit 77 without ../shared/data or the model

Each epoch's selection is compared with the Python transcription's given the stored scores; the same run, killed twice and taken up on other ranks, must leave the
same bytes; the answer losses of held-out rows are printed for every epoch's model, and for baseline (selected once), random and longest."""
import json
import os
import pathlib
import shutil
import sys
import tempfile
import time

import program

try:
    import iterate_transcription
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

ALPACA = program.SHARED / "instruct" / "alpaca_data.json"
MODEL = os.environ.get("WINNOW_SMOLLM2", "")
EPOCHS, HELD_OUT = 3, 200
program.TIMEOUT = 3600
JOB = """
name: iterit
data: {{ path: {folder}/rows.json }}
model: {{ path: {model}, template: auto, dtype: fp32, max_length: 512 }}
score: [ifd_ppl, length]
select: {{ {select} }}
finetune: {{ epochs: 3, batch: 8, lr: 2.0e-5, warmup: 0.03, schedule: cosine, keep: 3, save_minutes: 0.5 }}
"""
EVALUATE = """
name: evaluated
data: {{ path: {folder}/rows.json }}
model: {{ path: {model}, template: auto, dtype: fp32, max_length: 512 }}
score: [length]
evaluate: {{ data: {folder}/heldout.json, models: {{ {models} }} }}
"""


def succeed(*arguments, ranks=2):
    began = time.monotonic()
    done = program.run(arguments, ranks)
    assert done.returncode == 0, done.stderr
    print(f"{arguments[0]} {pathlib.Path(arguments[-2 if arguments[-1] == '--json' else -1]).name}: {time.monotonic() - began:.0f} s", flush=True)
    return done.stdout


def published(out):
    files = [file for pattern in ("epochs/*/*", "checkpoints/*/*") for file in out.glob(pattern) if file.is_file()]
    return {str(file.relative_to(out)): file.read_bytes() for file in files}


def steps_of(out):
    log = out / "log/steps.jsonl"
    return len(log.read_text().splitlines()) if log.exists() else 0


def main():
    if not ALPACA.is_file() or not pathlib.Path(MODEL, "config.json").is_file():
        print("skipped: needs ../shared/data and WINNOW_SMOLLM2")
        return 77
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    alpaca = json.loads(ALPACA.read_text())
    budget = rows // 20
    with tempfile.TemporaryDirectory(dir=os.environ.get("WINNOW_SCRATCH")) as name:
        folder = pathlib.Path(name)
        (folder / "rows.json").write_text(json.dumps(alpaca[:rows]))
        (folder / "heldout.json").write_text(json.dumps([row for row in alpaca[-2 * HELD_OUT:] if row["output"].strip()][:HELD_OUT]))

        def write(name, select):
            (folder / f"{name}.yaml").write_text(JOB.format(folder=folder, model=MODEL, select=select))
            return folder / f"{name}.yaml"

        iterative = write("iterative", f"method: iterit, budget: {budget}, decay: 0.1, update_ratio: 3")
        succeed("score", iterative, "--out", folder / "scored")
        outs = {name: shutil.copytree(folder / "scored", folder / "runs" / name) for name in ("iterative", "killed", "baseline")}
        summary = json.loads(succeed("iterate", iterative, "--out", outs["iterative"], "--json"))["iterate"]
        picks = iterate_transcription.follow(outs["iterative"], [row["output"] for row in alpaca[:rows]], "SmolLM2-135M-Instruct", EPOCHS, budget, 3 * budget, by_position=True)
        print(f"{EPOCHS} selections of {budget} rows are the transcription's, in order; rows in common with epochs before: {[epoch['overlap'] for epoch in summary['epochs']]}")
        print(json.dumps({key: value for key, value in summary.items() if key != "epochs"}), flush=True)

        whole = steps_of(outs["iterative"])
        for least, ranks in ((whole // 3 + 3, 2), (2 * whole // 3 + 2, 1)):
            program.run_killed(["iterate", iterative, "--out", outs["killed"]], ranks, lambda least=least: steps_of(outs["killed"]) >= least)
            print(f"killed {ranks} rank(s) behind step {steps_of(outs['killed'])} of {whole}", flush=True)
        succeed("iterate", iterative, "--out", outs["killed"])
        expected, made = published(outs["iterative"]), published(outs["killed"])
        assert expected.keys() == made.keys() and not (other := [name for name in expected if expected[name] != made[name]]), other
        print(f"killed twice: {len(expected)} files, the same bytes", flush=True)

        for name, select in (("baseline", f"method: iterit, budget: {budget}, decay: 0.1, strategy: baseline"), ("random", f"method: random, budget: {budget}, seed: 0"),
                             ("longest", f"method: longest, budget: {budget}")):
            outs[name] = folder / "runs" / name
            succeed("iterate" if name == "baseline" else "finetune", write(name, select), "--out", outs[name])
        models = {f"iterative-epoch-{epoch}": outs["iterative"] / f"checkpoints/epoch-{epoch}" for epoch in range(1, EPOCHS)}
        models.update({name: outs[name] / "checkpoints/final" for name in ("iterative", "baseline", "random", "longest")})
        (folder / "evaluate.yaml").write_text(EVALUATE.format(folder=folder, model=MODEL, models=", ".join(f"{name}: {path}" for name, path in models.items())))
        print(succeed("evaluate", folder / "evaluate.yaml", "--out", folder / "evaluated"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
