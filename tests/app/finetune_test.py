"""winnow finetune: the checkpoint is what torch's autograd and AdamW make of the same texts, it loads in transformers, it is the same bytes on any number of
ranks and after any kill, and what cannot be trained is said."""
import json
import math
import os
import random
import signal
import sys
import time
import unittest

import program
import tiny_model

try:
    import numpy
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
select: {{ method: {method} }}
finetune: {{ {keys} }}
"""
ROWS = 40


class Finetune(program.ProgramTest):
    def setUp(self):
        super().setUp()
        self.model = tiny_model.make(self.folder / "tiny")
        self.data = self.write_rows(ROWS)

    def job(self, keys="", method="vanilla", dtype="fp32", name="job.yaml"):
        keys = "epochs: 2, batch: 8, lr: 1.0e-3, keep: 5" + (", " + keys if keys else "")
        return self.write_job(JOB.format(data=self.data, model=self.model, dtype=dtype, keys=keys, method=method), name)

    def steps(self, out):
        return [json.loads(line) for line in (out / "log/steps.jsonl").read_text().splitlines()]

    def texts(self, end, max_length=200):
        """Ids and the first target of each row, by transformers' tokenizer and chat template."""
        tokenizer = transformers.AutoTokenizer.from_pretrained(self.model)
        rows = []
        for row in self.rows(ROWS):
            user = row["instruction"] + (f"\nInput: {row['input']}" if row["input"] else "")
            prompt = tokenizer.apply_chat_template([{"role": "user", "content": user}], tokenize=False, add_generation_prompt=True)
            first = len(tokenizer(prompt, add_special_tokens=False)["input_ids"])
            ids = tokenizer(prompt + row["output"] + (tokenizer.eos_token if end == "eos" else "<|im_end|>\n"), add_special_tokens=False)["input_ids"]
            rows.append((ids[:max_length], first))
        return rows

    def reference(self, rows, epochs=2, batch=8, rate=1e-3, warmup=1, weight_decay=0.0):
        model = transformers.AutoModelForCausalLM.from_pretrained(self.model, dtype=torch.float32).train()
        matrices = [value for name, value in model.named_parameters() if value.dim() > 1]
        others = [value for name, value in model.named_parameters() if value.dim() == 1]
        optimizer = torch.optim.AdamW([{"params": matrices, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}], lr=rate)
        steps = epochs * math.ceil(len(rows) / batch)
        schedule = transformers.get_cosine_schedule_with_warmup(optimizer, warmup, steps)
        losses = []
        for _ in range(epochs):
            for begin in range(0, len(rows), batch):
                part = rows[begin:begin + batch]
                targets = sum(len(ids) - first for ids, first in part)
                loss = 0
                for ids, first in part:
                    ids = torch.tensor(ids)
                    loss = loss + torch.nn.functional.cross_entropy(model(ids[None]).logits[0, first - 1:-1], ids[first:], reduction="sum") / targets
                optimizer.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                schedule.step()
                losses.append(loss.item())
        return model, losses

    def test_it_is_what_torch_makes_of_the_same_texts(self):
        for end, decay in (("eos", 0.0), ("template", 0.1)):
            out = self.folder / end
            self.succeed("finetune", self.job(f"shuffle: false, end: {end}, weight_decay: {decay}"), "--out", out)
            model, losses = self.reference(self.texts(end), weight_decay=decay)
            own = [step["loss"] for step in self.steps(out)]
            worst = max(abs(mine / theirs - 1) for mine, theirs in zip(own, losses, strict=True))
            loaded = transformers.AutoModelForCausalLM.from_pretrained(out / "checkpoints/final", dtype=torch.float32)
            furthest = max((mine - theirs).abs().max().item() for mine, theirs in zip(loaded.parameters(), model.parameters(), strict=True))
            print(f"end {end}: loss of {len(own)} steps off by {worst:.1e} (relative), weights by {furthest:.1e}", flush=True)
            self.assertLess(worst, 1e-4)
            self.assertLess(furthest, 1e-5)

    def test_the_checkpoint_scores_in_winnow_as_in_transformers(self):
        out = self.folder / "run"
        self.succeed("finetune", self.job(dtype="bf16"), "--out", out)
        final = out / "checkpoints/final"
        self.assertEqual(json.loads((final / "config.json").read_text()).get("dtype", json.loads((final / "config.json").read_text()).get("torch_dtype")), "bfloat16")
        job = self.write_job(f"name: scored\ndata: {{ path: {self.data} }}\nmodel: {{ path: {final}, template: chatml, dtype: fp32 }}\nscore: [ppl_cond]\n", "score.yaml")
        self.succeed("score", job, "--out", self.folder / "scored")
        import h5py
        with h5py.File(self.folder / "scored/scores.h5") as file:
            own = file["scores/final/nll_cond_sum"][:] / file["scores/final/n_cond"][:]
        model = transformers.AutoModelForCausalLM.from_pretrained(final, dtype=torch.float32)
        for row, (ids, first) in enumerate(self.texts("template", 256)):
            ids = torch.tensor(ids)
            loss = torch.nn.functional.cross_entropy(model(ids[None]).logits[0, first - 1:-1], ids[first:]).item()
            self.assertAlmostEqual(own[row], loss, delta=1e-4)

    def test_ranks_change_no_byte(self):
        for dtype in ("fp32", "bf16"):
            job = self.job("neftune_alpha: 5", method="random, budget: 27", dtype=dtype)
            alone = None
            for ranks in (1, 2, 3, 4):
                out = self.folder / f"{dtype}{ranks}"
                self.succeed("finetune", job, "--out", out, ranks=ranks)
                made = program.tree(out / "checkpoints")
                self.assertIn("epoch-1/model.safetensors", made)
                alone = alone or made
                self.assertEqual({name for name in made if made[name] != alone[name]}, set(), (dtype, ranks))

    def test_killed_anywhere_it_goes_on_to_the_same_bytes(self):
        seed = int.from_bytes(os.urandom(4), "little")
        print("seed", seed, flush=True)
        chance = random.Random(seed)
        job = self.job("save_minutes: 0.00001, micro_batch: 1", method="random, budget: 31", dtype="bf16")
        began = time.monotonic()
        self.succeed("finetune", job, "--out", self.folder / "whole", ranks=2)
        whole = time.monotonic() - began
        expected = program.tree(self.folder / "whole/checkpoints")
        losses = [step["loss"] for step in self.steps(self.folder / "whole")]
        gone_on = 0
        for kill in range(10):
            out = self.folder / f"killed{kill}"
            ranks, other = chance.choice([1, 2, 3]), chance.choice([1, 2, 3, 4])
            end = time.monotonic() + chance.uniform(0.3, 1.0) * whole
            program.run_killed(["finetune", job, "--out", out], ranks, lambda: time.monotonic() > end)
            again = self.succeed("finetune", job, "--out", out, ranks=other)
            gone_on += "going on behind step" in again.stderr
            made = program.tree(out / "checkpoints")
            self.assertEqual(made.keys(), expected.keys(), kill)
            self.assertEqual({name for name in made if made[name] != expected[name]}, set(), kill)
            self.assertEqual([step["loss"] for step in self.steps(out)], losses, kill)
        print(f"{gone_on} of 10 went on behind a step", flush=True)

    def stopped_run(self, name, keys="save_minutes: 0.00001, micro_batch: 1"):
        """A run folder with two resume states: killed once it has them."""
        out = self.folder / name
        job = self.job("epochs: 400, " + keys if "epochs" not in keys else keys, name=f"{name}.yaml")
        job.write_text(job.read_text().replace("epochs: 2, ", "", 1))
        process = program.start(["finetune", job, "--out", out])
        while len(list((out / "checkpoints/resume").glob("step-*"))) < 2:
            self.assertIsNone(process.poll(), "it ended before it was stopped")
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 75, errors)
        return job, out

    def test_stopped_it_saves_and_a_damaged_state_gives_way_to_the_one_before(self):
        job, out = self.stopped_run("stopped")
        newest = max((out / "checkpoints/resume").glob("step-*"))
        self.assertEqual(len(self.steps(out)), int(newest.name.removeprefix("step-")))
        self.damage(newest)
        log = out / "log/steps.jsonl"
        lines = log.read_text().splitlines(True)
        log.write_text(lines[0][:20])
        seen = self.killed_behind("whole lines", job, out)
        self.assertIn("optimizer.safetensors: damaged", seen)
        self.assertRegex(seen, rf"going on behind step {len(lines) - 1}\b")
        self.assertIn(f"steps.jsonl: 0 whole lines of the {len(lines) - 1} steps", seen)

    def test_without_a_sound_state_it_says_that_it_starts_anew(self):
        job, out = self.stopped_run("anew")
        steps = len(self.steps(out))
        states = sorted((out / "checkpoints/resume").glob("step-*"))
        self.damage(states[0])
        (states[1] / "state.json").unlink()
        seen = self.killed_behind("starts anew", job, out)
        for fragment in ("optimizer.safetensors: damaged", "state.json", f"no sound resume state, though {steps} steps stand in", "starts anew at step 1"):
            self.assertIn(fragment, seen)

    def damage(self, state):
        with open(state / "optimizer.safetensors", "r+b") as file:
            file.seek(5000)
            byte = file.read(1)
            file.seek(5000)
            file.write(bytes([byte[0] ^ 1]))

    def killed_behind(self, text, job, out):
        """What the run says until it is killed, behind `text`."""
        process = program.start(["finetune", job, "--out", out])
        seen = ""
        for line in process.stderr:
            seen += line
            if text in line:
                break
        process.kill()
        process.communicate()
        self.assertIn(text, seen)
        return seen

    def test_not_deterministic_it_agrees_and_goes_on(self):
        def weights(out):
            model = transformers.AutoModelForCausalLM.from_pretrained(out / "checkpoints/final", dtype=torch.float32)
            return torch.cat([value.detach().flatten() for value in model.parameters()])

        keys = "save_minutes: 0.00001, deterministic: "
        self.succeed("finetune", self.job(keys + "true", name="same.yaml"), "--out", self.folder / "same")
        job, out = self.job(keys + "false"), self.folder / "overlapped"
        program.run_killed(["finetune", job, "--out", out], 3, lambda: (out / "log/steps.jsonl").exists() and len(self.steps(out)) > 4)
        self.assertFalse((out / "checkpoints/final").exists())
        self.fail_with(2, "deterministic of finetune was false, the job now says true", arguments=["finetune", job, "--out", out, "--set", "finetune.deterministic=true"])
        self.assertIn("going on behind step", self.succeed("finetune", job, "--out", out, ranks=2).stderr)
        self.assertEqual(len(self.steps(out)), 10)
        furthest = (weights(out) - weights(self.folder / "same")).abs().max().item()
        print(f"3, then 2 ranks: weights off by {furthest:.1e}", flush=True)
        self.assertLess(furthest, 1e-5)

    def test_changed_settings_are_refused_by_name(self):
        job, out = self.stopped_run("changed")
        self.fail_with(2, "lr of finetune was 0.001, the job now says 0.002", "checkpoints", arguments=["finetune", job, "--out", out, "--set", "finetune.lr=0.002"])
        self.fail_with(2, "selected_rows of finetune", arguments=["finetune", job, "--out", out, "--set", "select.method=random", "--set", "select.budget=7"])

    def test_a_loss_that_is_no_number_names_step_and_row(self):
        job = self.job("save_minutes: 0.00001, schedule: constant, warmup: 0, clip_norm: 0")
        for name, ranks in (("true", 1), ("false", 3)):
            out = self.folder / name
            self.fail_with(5, "step ", "not finite", "finetune.lr", ranks=ranks,
                           arguments=["finetune", job, "--out", out, "--set", "finetune.lr=10", "--set", "finetune.weight_decay=10", "--set", "finetune.epochs=400",
                                      "--set", f"finetune.deterministic={name}"])
            self.assertTrue(list((out / "checkpoints/resume").glob("step-*")))
            self.assertFalse((out / "checkpoints/final").exists())

    def test_weights_that_overflow_in_the_last_step_are_no_checkpoint(self):
        """A token that no row has: its embedding changes no loss, and weight decay at this rate multiplies it by -99."""
        import safetensors.torch
        file = self.model / "model.safetensors"
        weights = safetensors.torch.load_file(file)
        weights["lm_head.weight"] = weights["model.embed_tokens.weight"].clone()
        weights["model.embed_tokens.weight"][0] = 1e35
        safetensors.torch.save_file(weights, file, metadata={"format": "pt"})
        config = json.loads((self.model / "config.json").read_text())
        (self.model / "config.json").write_text(json.dumps(config | {"tie_word_embeddings": False}))
        job = self.job("schedule: constant, warmup: 0, lr: 10, weight_decay: 10").read_text().replace("lr: 1.0e-3, ", "").replace("epochs: 2, batch: 8", "epochs: 2, batch: 40")
        for ranks, deterministic in ((1, "true"), (3, "true"), (2, "false")):
            out = self.folder / f"inf{ranks}"
            self.fail_with(5, "step 2: weights are no longer finite", "rows of the step: ", "finetune.lr", ranks=ranks,
                           arguments=["finetune", self.write_job(job), "--out", out, "--set", f"finetune.deterministic={deterministic}"])
            self.assertEqual(sorted(path.name for path in (out / "checkpoints").iterdir() if path.is_dir()), ["epoch-1", "resume"])

    def test_what_cannot_be_trained_is_said(self):
        job = self.job()
        self.fail_with(3, "no row can be learnt", f"answer_truncated_away {ROWS}", arguments=["finetune", job, "--out", self.folder / "a", "--set", "finetune.max_length=5"])
        self.fail_with(3, "finetune.batch: 64 rows, but 40", arguments=["finetune", job, "--out", self.folder / "b", "--set", "finetune.batch=64", "--set", "finetune.drop_last=true"])
        self.fail_with(2, "finetune.end", "alpaca", arguments=["finetune", job, "--out", self.folder / "c", "--set", "finetune.end=template", "--set", "model.template=alpaca"])
        self.fail_with(2, "finetune.epoch: unknown", "epochs", arguments=["finetune", job, "--out", self.folder / "d", "--set", "finetune.epoch=2"])
        self.succeed("finetune", job, "--out", self.folder / "e", "--set", "finetune.batch=1000", ranks=3)
        self.assertEqual([step["rows"] for step in self.steps(self.folder / "e")], [ROWS] * 2)
        self.succeed("finetune", self.job(method="random, budget: 1", name="one.yaml"), "--out", self.folder / "f", ranks=4)
        summary = json.loads((self.succeed("finetune", job, "--out", self.folder / "g", "--set", "finetune.max_length=60", "--json")).stdout)["finetune"]
        lengths = [(len(ids), first) for ids, first in self.texts("eos", 10_000)]
        self.assertEqual(summary["cut"], sum(length > 60 and first < 60 for length, first in lengths))
        self.assertEqual(summary["status"]["ok"], sum(first < 60 for _, first in lengths))
        empty = self.write("empty.jsonl", "".join(json.dumps({"instruction": f"Say {word}.", "output": word * (i % 2)}) + "\n" for i, word in enumerate(("one", "two", "three", "four"))))
        shown = self.succeed("finetune", job, "--out", self.folder / "h", "--set", f"data.path={empty}", "--json")
        summary = json.loads(shown.stdout)["finetune"]
        self.assertEqual((summary["status"], summary["empty_answers"], summary["rows"]), ({"ok": 4}, 2, 4))

    def test_check_says_what_the_training_would_say(self):
        import safetensors.torch
        job = self.job()
        self.succeed("finetune", job, "--out", self.folder / "done")
        for code, fragments, change in (
                (2, ["done: lr of finetune was 0.001, the job now says 0.002"], ["--out", self.folder / "done", "--set", "finetune.lr=0.002"]),
                (3, ["finetune.batch: 64 rows, but 40"], ["--set", "finetune.batch=64", "--set", "finetune.drop_last=true"]),
                (3, ["finetune.batch: 8 rows, but 7"], ["--set", "select.method=random", "--set", "select.budget=7", "--set", "finetune.drop_last=true"]),
                (2, ["finetune.max_length: 9999", "at most 256"], ["--set", "finetune.max_length=9999"]),
                (2, ["model.max_length: 9999", "at most 256"], ["--set", "model.max_length=9999"]),
                (3, ["none.jsonl: found no rows"], ["--set", f"evaluate.data={self.write('none.jsonl', '')}"]),
                (4, ["the run folder cannot be written", job], ["--out", job / "run"])):
            self.fail_with(code, *fragments, arguments=["finetune", job, "--check", *change])
        self.succeed("score", job, "--check", "--out", self.folder / "done", "--set", "finetune.lr=0.002")
        self.succeed("finetune", job, "--check", "--out", self.folder / "done")
        weights = safetensors.torch.load_file(self.model / "model.safetensors")
        del weights["model.layers.1.mlp.up_proj.weight"]
        safetensors.torch.save_file(weights, self.model / "model.safetensors", metadata={"format": "pt"})
        self.fail_with(5, "model.layers.1.mlp.up_proj.weight", arguments=["finetune", job, "--check"])

    def test_history_is_learnt_where_it_is_an_answer(self):
        rows = [{"messages": [{"role": "user", "content": "alpha beta"}, {"role": "assistant", "content": "gamma"}, {"role": "user", "content": "delta"},
                              {"role": "assistant", "content": "epsilon zeta"}]}] * 3
        self.data = self.write("turns.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
        tokenizer = transformers.AutoTokenizer.from_pretrained(self.model)
        count = lambda text: len(tokenizer(text, add_special_tokens=False)["input_ids"])
        text = tokenizer.apply_chat_template(rows[0]["messages"], tokenize=False)
        whole = count(text.removesuffix("<|im_end|>\n")) + 1
        for loss_on, expected in (("answers", count("gamma<|im_end|>\n") + count("epsilon zeta<|im_end|>")), ("last_answer", count("epsilon zeta<|im_end|>")), ("all", whole - 1)):
            out = self.folder / loss_on
            self.succeed("finetune", self.job(f"loss_on: {loss_on}"), "--out", out)
            self.assertEqual(self.steps(out)[0]["targets"], 3 * expected, loss_on)
            self.assertEqual(self.steps(out)[0]["tokens"], 3 * whole, loss_on)


if __name__ == "__main__":
    unittest.main()
