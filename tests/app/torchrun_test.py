"""finetune.engine: torchrun trains as winnow's own engine does, its checkpoint is a model like any other, it goes on where it was killed, leaves no process
behind, and says what it cannot do."""
import json
import os
import pathlib
import signal
import sys
import time
import unittest

import program
import tiny_model

try:
    import accelerate  # noqa: F401
    import h5py
    import torch
    import transformers
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

JOB = """
name: ft
data: {{ path: {data} }}
model: {{ path: {model}, template: chatml, dtype: {dtype}, max_length: 200 }}
score: [length]
select: {{ method: random, budget: 29 }}
finetune: {{ {keys} }}
"""


def weights(folder):
    return transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).state_dict()


def furthest(one, other):
    return max((one[name] - other[name]).abs().max().item() for name in one)


def children_of(pid):
    return [int(stat.parent.name) for stat in pathlib.Path("/proc").glob("[0-9]*/stat") if program.parent_of(stat) == pid]


class Torchrun(program.ProgramTest):
    @classmethod
    def setUpClass(cls):
        os.environ.setdefault("WINNOW_PYTHON", sys.executable)
        program.ENVIRONMENT["WINNOW_PYTHON"] = sys.executable

    def setUp(self):
        super().setUp()
        self.model = tiny_model.make(self.folder / "tiny")
        self.data = self.write_rows(40)

    def job(self, keys="", dtype="fp32", name="job.yaml"):
        keys = "epochs: 2, batch: 8, lr: 1.0e-3, weight_decay: 0.1, engine: torchrun" + (", " + keys if keys else "")
        return self.write_job(JOB.format(data=self.data, model=self.model, dtype=dtype, keys=keys), name)

    def steps(self, out):
        return [json.loads(line) for line in (out / "log/steps.jsonl").read_text().splitlines()]

    def test_it_trains_as_the_native_engine(self):
        job = self.job("micro_batch: 2")
        self.succeed("finetune", job, "--out", self.folder / "native", "--set", "finetune.engine=native", ranks=2)
        native = self.steps(self.folder / "native")
        for ranks in (2, 1):
            out = self.folder / f"torchrun{ranks}"
            self.succeed("finetune", job, "--out", out, ranks=ranks)
            own = self.steps(out)
            self.assertEqual([{name: step[name] for name in ("step", "epoch", "rows", "tokens", "targets")} for step in own],
                             [{name: step[name] for name in ("step", "epoch", "rows", "tokens", "targets")} for step in native])
            worst = {name: max(abs(mine[name] - theirs[name]) / max(abs(theirs[name]), 1e-12) for mine, theirs in zip(own, native, strict=True))
                     for name in ("loss", "lr", "grad_norm")}
            difference = furthest(weights(out / "checkpoints/final"), weights(self.folder / "native/checkpoints/final"))
            first = abs(own[0]["loss"] / native[0]["loss"] - 1)
            print(f"{ranks} processes: loss of the first step off by {first:.1e}, {len(own)} steps by at most {worst} (relative), weights by {difference:.1e}", flush=True)
            self.assertLess(worst["loss"], 1e-4)
            self.assertLess(worst["lr"], 1e-6)
            self.assertLess(worst["grad_norm"], 1e-3)
            self.assertLess(difference, 1e-4)
            self.assertTrue((out / "checkpoints/epoch-1/model.safetensors").exists())
            self.assertFalse((out / "checkpoints/torchrun").exists())

    def test_its_checkpoint_scores_in_winnow(self):
        out = self.folder / "run"
        self.succeed("finetune", self.job("loss_on: all", dtype="bf16"), "--out", out, ranks=2)
        final = out / "checkpoints/final"
        job = self.write_job(f"name: scored\ndata: {{ path: {self.data} }}\nmodel: {{ path: {final}, template: chatml, dtype: fp32 }}\nscore: [ppl_cond]\n", "score.yaml")
        self.succeed("score", job, "--out", self.folder / "scored")
        with h5py.File(self.folder / "scored/scores.h5") as file:
            own = file["scores/final/nll_cond_sum"][:] / file["scores/final/n_cond"][:]
        tokenizer = transformers.AutoTokenizer.from_pretrained(final)
        model = transformers.AutoModelForCausalLM.from_pretrained(final, dtype=torch.float32)
        row = self.rows(40)[1]
        prompt = tokenizer.apply_chat_template([{"role": "user", "content": row["instruction"]}], tokenize=False, add_generation_prompt=True)
        ids = torch.tensor(tokenizer(prompt + row["output"] + "<|im_end|>\n", add_special_tokens=False)["input_ids"])
        first = len(tokenizer(prompt, add_special_tokens=False)["input_ids"])
        self.assertAlmostEqual(own[1], torch.nn.functional.cross_entropy(model(ids[None]).logits[0, first - 1:-1], ids[first:]).item(), delta=1e-4)
        again = self.succeed("finetune", self.job("loss_on: all", dtype="bf16"), "--out", out, ranks=2)
        self.assertNotIn("going on", again.stderr)

    def start_until_state(self, job, out, ranks=2):
        process = program.start(["finetune", job, "--out", out], ranks)
        while not list((out / "checkpoints/torchrun/states").glob("checkpoint-*/winnow_complete.json")):
            self.assertIsNone(process.poll(), "it ended before it was stopped: " + (process.stderr.read() if process.poll() else ""))
        return process

    def test_killed_it_goes_on_to_the_same_weights_and_leaves_no_process(self):
        job = self.job("epochs: 12").read_text().replace("epochs: 2, ", "", 1)
        job = self.write_job(job, "long.yaml")
        self.succeed("finetune", job, "--out", self.folder / "whole", ranks=2)
        out = self.folder / "killed"
        process = self.start_until_state(job, out)
        ranks = program.ranks_of(process)
        workers = [worker for rank in ranks for worker in children_of(rank)]
        self.assertEqual(len(workers), 2)
        for rank in ranks:
            os.kill(rank, signal.SIGKILL)
        process.communicate(timeout=60)
        program.wait_for_end(ranks)
        deadline = time.monotonic() + 30
        while any(os.path.exists(f"/proc/{worker}/exe") for worker in workers):
            self.assertLess(time.monotonic(), deadline, "a worker outlives winnow")
        self.fail_with(2, "lr of finetune was 0.001", arguments=["finetune", job, "--out", out, "--set", "finetune.lr=0.002"])
        self.fail_with(2, "engine of finetune was", arguments=["finetune", job, "--out", out, "--set", "finetune.engine=native"])
        again = self.succeed("finetune", job, "--out", out, ranks=2)
        self.assertIn("going on behind step", again.stderr)
        self.assertEqual([step["step"] for step in self.steps(out)], list(range(1, 49)))
        difference = furthest(weights(out / "checkpoints/final"), weights(self.folder / "whole/checkpoints/final"))
        print(f"killed and resumed: weights off by {difference:.1e}", flush=True)
        self.assertLess(difference, 1e-6)

    def test_stopped_it_saves_and_says_so(self):
        out = self.folder / "stopped"
        job = self.write_job(self.job("epochs: 400").read_text().replace("epochs: 2, ", "", 1), "long.yaml")
        process = self.start_until_state(job, out, ranks=1)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=100)
        self.assertEqual(process.returncode, 75, errors)
        newest = max(int(state.parent.name.partition("-")[2]) for state in (out / "checkpoints/torchrun/states").glob("checkpoint-*/winnow_complete.json"))
        self.assertEqual(newest, len(self.steps(out)))

    def test_iterate_selects_and_trains_as_with_the_native_engine(self):
        def picks(out):
            found = []
            for epoch in range(3):
                with h5py.File(out / f"epochs/{epoch}/selection.h5") as file:
                    found.append(file["row"][:].tolist())
            return found

        for name, more in (("ours", ""), ("published", ", faithful: true")):
            job = self.write_job(self.job("save_minutes: 0.00001, keep: 0").read_text().replace("epochs: 2, batch: 8, lr: 1.0e-3", "epochs: 3, batch: 4, lr: 2.0e-3").replace("[length]", "[ifd_ppl]")
                                 .replace("method: random, budget: 29", f"method: iterit, budget: 10, update_ratio: 2.5{more}"), f"{name}.yaml")
            native = self.folder / f"{name}-native"
            self.succeed("iterate", job, "--out", native, "--set", "finetune.engine=native", ranks=2)
            out = self.folder / name
            process = program.start(["iterate", job, "--out", out], 2)
            while not (out / "epochs/1/selection.h5").exists() or not list((out / "checkpoints/torchrun/states").glob("checkpoint-[4-9]*/winnow_complete.json")):
                self.assertIsNone(process.poll(), "it ended before it was killed")
            for rank in program.ranks_of(process):
                os.kill(rank, signal.SIGKILL)
            process.communicate(timeout=60)
            again = self.succeed("iterate", job, "--out", out, "--json")
            self.assertEqual(picks(out), picks(native))
            self.assertNotEqual(sorted(picks(out)[0]), sorted(picks(out)[2]))
            own, theirs = self.steps(out), self.steps(native)
            self.assertEqual([{key: step[key] for key in ("step", "epoch", "rows", "tokens")} for step in own], [{key: step[key] for key in ("step", "epoch", "rows", "tokens")} for step in theirs])
            worst = max(abs(mine["loss"] / other["loss"] - 1) for mine, other in zip(own, theirs, strict=True))
            difference = furthest(weights(out / "checkpoints/final"), weights(native / "checkpoints/final"))
            print(f"iterate, {name}: losses off by {worst:.1e} (relative), weights by {difference:.1e}", flush=True)
            self.assertLess(worst, 1e-4)
            self.assertEqual(sorted(folder.name for folder in (out / "checkpoints").iterdir() if folder.is_dir()), ["final"])
            summary = json.loads(again.stdout)["iterate"]
            self.assertGreater(summary["epochs"][2]["tokens_trained"], 0)

    def test_a_process_that_fails_is_told_in_one_line(self):
        broken = self.write("broken/torch/__init__.py", "raise ImportError('no torch here')\n").parent.parent
        program.ENVIRONMENT["PYTHONPATH"] = str(broken)
        self.addCleanup(program.ENVIRONMENT.pop, "PYTHONPATH")
        self.fail_with(4, "cannot import torch (no torch here)", "requirements-engine.txt", "torchrun.rank-", arguments=["finetune", self.job(), "--out", self.folder / "a"], ranks=2)
        self.write("broken/torch/__init__.py", "import os, sys\nprint('out of luck', file=sys.stderr)\nos._exit(9)\n")
        self.fail_with(4, "ended with code 9", "out of luck", "torchrun.rank-", arguments=["finetune", self.job(), "--out", self.folder / "b"], ranks=2)

    def test_a_loss_that_is_no_number_names_its_step(self):
        job = self.job("schedule: constant, warmup: 0, clip_norm: 0")
        self.fail_with(5, "step ", "finetune.lr", arguments=["finetune", job, "--out", self.folder / "nan", "--set", "finetune.lr=10", "--set", "finetune.weight_decay=10",
                                                             "--set", "finetune.epochs=400"], ranks=2)
        self.assertFalse((self.folder / "nan/checkpoints/final").exists())

    def test_what_it_cannot_do_is_refused_by_name(self):
        job = self.job()
        self.fail_with(2, "finetune.loss_reduction", "torchrun", arguments=["finetune", job, "--out", self.folder / "a", "--set", "finetune.loss_reduction=sample"])
        self.fail_with(2, "finetune.neftune_length", "padded", arguments=["finetune", job, "--out", self.folder / "b", "--set", "finetune.neftune_alpha=5", "--set",
                                                                          "finetune.neftune_length=real", "--set", "finetune.micro_batch=4"])
        carried = self.write_job(job.read_text().replace("[length]", "[ifd_ppl]").replace("method: random, budget: 29", "method: iterit, budget: 6, faithful: true, update_ratio: 2"), "carried.yaml")
        self.fail_with(2, "finetune.batch: 8 rows, but epoch 1 has no whole batch", arguments=["iterate", carried, "--out", self.folder / "d"], ranks=2)
        program.ENVIRONMENT["WINNOW_PYTHON"] = "/nowhere/python"
        self.addCleanup(program.ENVIRONMENT.__setitem__, "WINNOW_PYTHON", sys.executable)
        self.fail_with(4, "/nowhere/python", arguments=["finetune", job, "--out", self.folder / "c"])


if __name__ == "__main__":
    unittest.main()
