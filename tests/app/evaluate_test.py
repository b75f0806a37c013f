"""`winnow evaluate`: losses against transformers', figures and intervals against their transcription, the same bytes on any number of
ranks and after a kill, figures by category, statuses, bad jobs and folders."""
import csv
import json
import math
import os
import pathlib
import shutil
import sys
import unittest

import numpy

import program
import tiny_model

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "scoring"))
import paired_bootstrap_transcription  # noqa: E402

JOB = """
name: evaluated
data: {{ path: {data} }}
model: {{ path: {base}, template: chatml, dtype: {dtype} }}
score: {{ scores: [ppl_cond], block_rows: {block_rows} }}
evaluate: {{ data: {heldout}, models: {{ tuned: {tuned} }}, bootstrap: 400{keys} }}
"""


def perturb(base, folder, deviation=0.02, poison=False):
    """The base's folder with noise in its weights, in place of fine-tuning; `poison`: NaN."""
    import safetensors.torch
    import torch

    shutil.copytree(base, folder)
    weights = safetensors.torch.load_file(folder / "model.safetensors")
    generator = torch.Generator().manual_seed(1)
    for tensor in weights.values():
        tensor += float("nan") if poison else torch.normal(0, deviation, tensor.shape, generator=generator)
    safetensors.torch.save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def losses_of(folder, rows):
    """[(sum of the answer's nats by transformers, tokens)] in the chatml template, closing tokens included."""
    import tokenizers
    import torch
    import transformers

    tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    found = []
    for row in rows:
        user = row["instruction"] + ("\nInput: " + row["input"] if row["input"] else "")
        prompt = f"<|im_start|>user\n{user}<|im_end|>\n<|im_start|>assistant\n"
        encoded = tokenizer.encode(f"{prompt}{row['output']}<|im_end|>\n")
        scored = [i for i, (_, end) in enumerate(encoded.offsets) if end > len(prompt)]
        with torch.no_grad():
            logits = model(torch.tensor([encoded.ids])).logits[0].double()
        ids = torch.tensor(encoded.ids)[scored]
        found.append((float(-torch.log_softmax(logits[[i - 1 for i in scored]], -1).gather(1, ids[:, None]).sum()), len(scored)))
    return found


class Evaluate(program.ProgramTest):
    def setUp(self):
        super().setUp()
        self.base = tiny_model.make(self.folder / "base", 512)
        self.tuned = perturb(self.base, self.folder / "mine")

    def heldout(self, count=40, change=lambda rows: None):
        rows = self.rows(count + 7)[7:]
        for i, row in enumerate(rows):
            row["kind"] = ("question", "task", "a \"b\", c")[i % 3]
        change(rows)
        self.write("heldout.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
        return rows

    def job(self, keys="", dtype="bf16", block_rows=4, tuned=None):
        if not (self.folder / "heldout.jsonl").exists():
            self.heldout()
        return self.write_job(JOB.format(data=self.folder / "nowhere.jsonl", base=self.base, heldout=self.folder / "heldout.jsonl",
                                         tuned=tuned or self.tuned, dtype=dtype, block_rows=block_rows, keys=keys and ", " + keys))

    def evaluate(self, job, out="run", *more, ranks=1):
        self.succeed("evaluate", job, "--out", self.folder / out, *more, ranks=ranks)
        return self.figures(out)

    def figures(self, out="run"):
        return json.loads((self.folder / out / "evaluation.json").read_text())

    def table(self, out="run"):
        return list(csv.DictReader((self.folder / out / "evaluation/rows.csv").read_text().splitlines()))

    def published(self, out):
        return [(self.folder / out / name).read_bytes() for name in ("evaluation.json", "evaluation/rows.csv")]

    def summary(self, out="run"):
        return json.loads((self.folder / out / "summary.json").read_text())

    def expect_figures(self, figures, table, resamples, seed=0, confidence=0.95):
        """Figures of some rows, of their sums in rows.csv."""
        self.assertEqual(figures["rows"], len(table))
        for model, found in figures["models"].items():
            ok = [(float(r[model + "_nll_sum"]), int(r[model + "_tokens"])) for r in table if r[model + "_status"] == "ok"]
            self.assertEqual((found["rows_ok"], found["status"]["ok"], found["tokens"]), (len(ok), len(ok), sum(n for _, n in ok)))
            mean = sum(nll for nll, _ in ok) / sum(n for _, n in ok)
            self.assertAlmostEqual(found["token_mean_loss"], mean, delta=1e-12)
            self.assertAlmostEqual(found["row_mean_loss"], numpy.mean([nll / n for nll, n in ok]), delta=1e-12)
            self.assertAlmostEqual(found["perplexity"] / math.exp(mean), 1, delta=1e-12)
        both = [(float(r["base_nll_sum"]), float(r["tuned_nll_sum"]), int(r["base_tokens"])) for r in table
                if r["base_status"] == r["tuned_status"] == "ok"]
        difference = figures["differences"]["tuned"]
        self.assertEqual(difference["rows"], len(both))
        self.assertAlmostEqual(difference["share_better"], sum(tuned < base for base, tuned, _ in both) / len(both), delta=1e-12)
        for name, expected in paired_bootstrap_transcription.compare(both, resamples, seed, confidence).items():
            found = [difference[name + "_loss"][key] for key in ("value", "low", "high")]
            numpy.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12, err_msg=name)

    def test_losses_are_those_of_transformers(self):
        rows = self.heldout()
        figures = self.evaluate(self.job(dtype="fp32"))
        self.assertEqual(list(figures["models"]), ["base", "tuned"])
        table = self.table()
        self.assertEqual([int(r["row"]) for r in table], list(range(len(rows))))
        for name, folder in (("base", self.base), ("tuned", self.tuned)):
            worst = 0
            for row, (nll, tokens) in zip(table, losses_of(folder, rows), strict=True):
                self.assertEqual(int(row[f"{name}_tokens"]), tokens)
                worst = max(worst, abs(float(row[f"{name}_nll_sum"]) - nll) / tokens)
            print(f"{name}: at most {worst:.1e} nats per token from transformers", flush=True)
            self.assertLess(worst, 1e-4)
        difference = figures["differences"]["tuned"]["token_mean_loss"]
        self.assertGreater(abs(difference["value"]), 1e-3)
        self.assertAlmostEqual(difference["value"], figures["models"]["tuned"]["token_mean_loss"] - figures["models"]["base"]["token_mean_loss"], delta=1e-12)

    def test_figures_and_intervals_of_all_rows_and_of_categories(self):
        def change(rows):
            rows[5]["kind"], rows[6]["kind"], rows[8]["kind"] = "alone", None, 7
            del rows[9]["kind"]
            rows[10]["output"] = ""
            rows[11]["instruction"] = "long " * 800

        rows = self.heldout(change=change)
        figures = self.evaluate(self.job("category: kind, seed: 4, confidence: 0.9"))
        table = self.table()
        for row, source in zip(table, rows, strict=True):
            value = source.get("kind")
            self.assertEqual(row["category"], "" if value is None else str(value))
        self.assertEqual(figures["models"]["base"]["status"], {"ok": 38, "empty_answer": 1, "answer_truncated_away": 1})
        self.assertEqual((table[10]["base_nll_sum"], table[10]["base_tokens"], table[10]["base_status"]), ("", "", "empty_answer"))
        self.expect_figures(figures, table, 400, 4, 0.9)
        categories = {c["category"]: c for c in figures["categories"]}
        self.assertEqual(list(categories), sorted({r["category"] for r in table}))
        for name, found in categories.items():
            members = [r for r in table if r["category"] == name]
            if len(members) > 1:
                self.expect_figures(found, members, 400, 4, 0.9)
                self.assertNotIn("no_interval", found["differences"]["tuned"])
        alone = categories["alone"]["differences"]["tuned"]
        self.assertEqual((alone["rows"], alone["token_mean_loss"]["low"], alone["row_mean_loss"]["high"]), (1, None, None))
        self.assertIn("fewer than 2 rows", alone["no_interval"])
        text = self.succeed("evaluate", self.job("category: kind, seed: 4, confidence: 0.9"), "--out", self.folder / "run").stdout
        low, high = (figures["differences"]["tuned"]["token_mean_loss"][key] for key in ("low", "high"))
        self.assertIn(f"[{low:+.4f}, {high:+.4f}]", text)
        for fragment in ("90 % intervals of 400 resamples", "kind alone", "without kind", "no interval", "difference to base"):
            self.assertIn(fragment, text)

    def test_the_rank_count_changes_no_byte(self):
        self.heldout(41)
        for dtype in ("bf16", "fp32"):
            job = self.job("category: kind", dtype)
            for ranks in (1, 2, 3):
                self.evaluate(job, f"{dtype}{ranks}", ranks=ranks)
            self.assertEqual(self.published(f"{dtype}2"), self.published(f"{dtype}1"))
            self.assertEqual(self.published(f"{dtype}3"), self.published(f"{dtype}1"))

    def test_killed_anywhere_it_goes_on(self):
        self.heldout(800)
        job = self.job(block_rows=2)
        self.evaluate(job, "whole", ranks=2)
        for kill, model in enumerate(("base", "base", "tuned")):
            out = self.folder / f"killed{kill}"
            program.kill_when_begun(["evaluate", job, "--out", out], 3, out / "evaluation/journal" / model, 1500 * (kill + 1))
            self.assertFalse((out / "evaluation.json").exists())
            self.evaluate(job, f"killed{kill}", ranks=(1, 2, 4)[kill])
            self.assertEqual(self.published(f"killed{kill}"), self.published("whole"))
            kept = self.summary(f"killed{kill}")["evaluation"]["scoring"][model]["rows_already_done"]
            self.assertGreater(kept, 0)
            print(f"kill {kill}: {kept} of 800 rows of {model} kept: equal", flush=True)

    def test_a_second_command_runs_no_model_and_leaves_the_files(self):
        job = self.job()
        self.evaluate(job)
        files = [self.folder / "run" / name for name in ("evaluation.json", "evaluation/rows.csv")]
        made = [(f.stat().st_ino, f.stat().st_mtime_ns) for f in files]
        before = self.published("run")
        self.evaluate(job, ranks=2)
        self.assertEqual([(f.stat().st_ino, f.stat().st_mtime_ns) for f in files], made)
        files[1].write_bytes(before[1][:50])
        self.evaluate(self.job("category: kind, seed: 9"))
        scoring = self.summary()["evaluation"]["scoring"]
        self.assertEqual({name: s["rows_already_done"] for name, s in scoring.items()}, {"base": 40, "tuned": 40})
        self.assertNotIn("tokens_scored", scoring["tuned"])
        self.evaluate(self.job())
        self.assertEqual(self.published("run"), before)

    def test_rows_appended_and_models_added_cost_only_themselves(self):
        self.heldout(20)
        self.evaluate(self.job())
        self.heldout(26)
        other = perturb(self.base, self.folder / "other", 0.05)
        figures = self.evaluate(self.job(), "run", "--set", f"evaluate.models.other={other}", ranks=2)
        done = {name: s["rows_already_done"] for name, s in self.summary()["evaluation"]["scoring"].items()}
        self.assertEqual(done, {"base": 20, "tuned": 20, "other": 0})
        self.assertEqual(list(figures["differences"]), ["tuned", "other"])
        self.evaluate(self.job(), "fresh", "--set", f"evaluate.models.other={other}")
        self.assertEqual(self.published("run"), self.published("fresh"))

    def test_what_has_changed_is_refused(self):
        self.evaluate(self.job())
        before = self.published("run")
        run = ["evaluate", self.job(), "--out", self.folder / "run"]
        self.fail_with(2, "evaluation: model of evaluated model 'tuned' was", "choose another --out or name",
                       arguments=[*run, "--set", f"evaluate.models.tuned={perturb(self.base, self.folder / 'other', 0.05)}"])
        self.fail_with(2, "dtype of evaluated model 'base'", arguments=[*run, "--set", "model.dtype=fp32"])
        self.heldout(change=lambda rows: rows[3].update(output="changed"))
        self.fail_with(2, "other data", arguments=run, ranks=2)
        self.assertEqual(self.published("run"), before)

    def test_run_evaluates_last_what_fine_tuning_left(self):
        self.heldout(12)
        data = self.write_rows(10)
        job = self.write_job(f"data: {{ path: {data} }}\nscore: [ppl_cond]\nmodel: {{ path: {self.base}, template: chatml }}\n"
                             f"select: {{ method: random, budget: 2 }}\nevaluate: {{ data: {{ path: heldout.jsonl }} }}\n")
        out = self.folder / "run"
        missing = ("evaluate.models.tuned", out / "checkpoints/final", "no such folder", "winnow finetune")
        self.fail_with(5, *missing, arguments=["run", job, "--out", out], ranks=2)
        self.assertTrue((out / "selection/random.jsonl").exists())
        perturb(self.base, out / "checkpoints/final")
        self.succeed("run", job, "--out", out, ranks=2)
        self.assertEqual(self.figures()["models"]["tuned"]["rows_ok"], 12)
        self.assertEqual(self.figures()["interval"], {"confidence": 0.95, "resamples": 10000, "seed": 0, "method": self.figures()["interval"]["method"]})
        self.assertEqual(self.summary()["rows"], 10)
        self.assertIn("evaluate_seconds", self.summary()["timings"])

    def test_a_job_that_trains_evaluates_what_it_trained_beside_what_it_began_with(self):
        """Of two scorers the trained one is the base; without scorers the folder itself."""
        self.heldout(30)
        head = f"data: {{ path: {self.write_rows(40)} }}\nevaluate: {{ data: heldout.jsonl }}\n"
        model = f"path: {self.base}, template: chatml, dtype: fp32"
        for name, keys in (("scorers", f"scorers: {{ small: {{ {model}, score: [length] }}, other: {{ path: {self.tuned}, template: chatml, score: [length] }} }}\n"
                                       "finetune: { scorer: small, epochs: 2, batch: 8, lr: 3.0e-3 }\n"),
                           ("none", f"finetune: {{ model: {{ {model} }}, epochs: 2, batch: 8, lr: 3.0e-3 }}\n")):
            job = self.write_job(head + keys)
            plan = json.loads(self.succeed("run", job, "--check", "--json", "--out", self.folder / name).stdout)
            self.assertEqual(plan["missing"], [])
            self.succeed("run", job, "--out", self.folder / name, ranks=2)
            figures = self.figures(name)
            self.assertEqual(list(figures["models"]), ["small" if name == "scorers" else "base", "tuned"])
            self.assertLess(figures["differences"]["tuned"]["token_mean_loss"]["high"], 0)
            self.assertEqual(figures["differences"]["tuned"]["share_better"], 1)
            print(f"{name}: {figures['differences']['tuned']['token_mean_loss']}", flush=True)

    def test_a_checkpoint_that_was_changed_is_refused_by_its_file(self):
        job = self.write_job(f"data: {{ path: {self.write_rows(20)} }}\nfinetune: {{ model: {{ path: {self.base}, template: chatml, dtype: fp32 }}, epochs: 1, batch: 20 }}\n", "train.yaml")
        self.succeed("finetune", job, "--out", self.folder / "trained")
        final = self.folder / "trained/checkpoints/final"
        evaluation = ["evaluate", self.job(tuned=final), "--out", self.folder / "run"]
        self.succeed(*evaluation)
        for name in ("model.safetensors", "generation_config.json"):
            as_written = (final / name).read_bytes()
            (final / name).write_bytes(as_written[:-1] + bytes([as_written[-1] ^ 1]))
            self.fail_with(5, final / name, "not as it was when winnow left", "winnow.json", arguments=[*evaluation[:-1], self.folder / f"fresh-{name}"], ranks=2)
            if name == "model.safetensors":
                self.fail_with(5, final / name, arguments=evaluation)
            (final / name).write_bytes(as_written)
        (final / "notes.txt").write_text("mine")
        self.succeed(*evaluation)

    def test_one_row_has_no_interval(self):
        self.heldout(1)
        figures = self.evaluate(self.job(), ranks=2)
        difference = figures["differences"]["tuned"]
        self.assertEqual((difference["rows"], difference["token_mean_loss"]["low"]), (1, None))
        self.assertIsNotNone(difference["token_mean_loss"]["value"])
        self.assertIn("fewer than 2 rows", difference["no_interval"])

    def undefined(self, *fragments, tuned=None, ranks=1):
        result = program.run(["evaluate", self.job(tuned=tuned), "--out", self.folder / "run"], ranks)
        self.assertEqual(result.returncode, 7, result.stderr)
        lines = [line for line in result.stderr.splitlines() if line.startswith("winnow: ")]
        self.assertEqual(len(lines), 1, result.stderr)
        for fragment in fragments:
            self.assertIn(fragment, lines[0])
        self.assertEqual((self.summary()["exit_code"], "winnow: " + self.summary()["undefined"]), (7, lines[0]))
        return self.figures()

    def test_no_row_with_an_answer_is_undefined(self):
        self.heldout(5, lambda rows: [row.update(output="") for row in rows])
        for ranks in (1, 3):
            figures = self.undefined("no row has an answer loss by 'base'", "by 'tuned'", '"empty_answer":5', ranks=ranks)
            self.assertEqual([figures["models"]["base"][key] for key in ("rows_ok", "token_mean_loss", "perplexity")], [0, None, None])
            self.assertEqual([figures["differences"]["tuned"][key] for key in ("rows", "token_mean_loss", "share_better")], [0, None, None])

    def test_a_model_without_numbers_is_undefined_beside_a_good_base(self):
        figures = self.undefined("no row has an answer loss by 'tuned'", "non_finite", tuned=perturb(self.base, self.folder / "nan", poison=True))
        self.assertEqual(figures["models"]["base"]["rows_ok"], 40)
        self.assertIsNone(figures["models"]["tuned"]["token_mean_loss"])

    def test_held_out_rows_need_answers_and_bad_rows_are_the_job_s(self):
        self.heldout(6, lambda rows: rows[2].pop("output"))
        self.fail_with(3, "heldout.jsonl", "row 2", "output", arguments=["evaluate", self.job(), "--out", self.folder / "run"])
        figures = self.evaluate(self.job("category: kind"), "skipped", "--set", "data.on_bad_row=skip", ranks=2)
        self.assertEqual(figures["models"]["tuned"]["status"], {"ok": 5, "bad_row": 1})
        self.assertEqual(self.table("skipped")[2]["category"], "")

    def test_folders_that_cannot_stand_beside_the_base(self):
        run = ["evaluate", self.job(), "--out", self.folder / "run", "--set"]
        self.fail_with(5, "evaluate.models.tuned", "gone: no such folder", "winnow finetune", arguments=[*run, f"evaluate.models.tuned={self.folder / 'gone'}"], ranks=2)
        other = shutil.copytree(self.base, self.folder / "other")
        tokenizer = json.loads((other / "tokenizer.json").read_text())
        tokenizer["model"]["merges"].pop()
        (other / "tokenizer.json").write_text(json.dumps(tokenizer))
        found = self.fail_with(2, "evaluate.models.tuned", "another tokenizer", "expected the same", arguments=[*run, f"evaluate.models.tuned={other}"]).stderr
        self.assertRegex(found, r"of hash ([0-9a-f]{32})\) than the base 'base' \(of hash (?!\1)[0-9a-f]{32}\)")
        short = shutil.copytree(self.base, self.folder / "short")
        config = json.loads((short / "config.json").read_text())
        (short / "config.json").write_text(json.dumps(config | {"max_position_embeddings": 128}))
        self.fail_with(2, "512", "takes at most 128 tokens", arguments=[*run, f"evaluate.models.tuned={short}"])
        (other / "tokenizer.json").unlink()
        self.fail_with(5, "tokenizer.json", arguments=[*run, f"evaluate.models.tuned={other}"])
        self.assertFalse((self.folder / "run/evaluation.json").exists())

    def test_a_tokenizer_that_is_only_written_otherwise_is_the_same(self):
        """As transformers writes one: another layout, truncation and padding, merges as pairs or as texts."""
        tokenizer = json.loads((self.tuned / "tokenizer.json").read_text())
        tokenizer["model"]["merges"] = [merge if isinstance(merge, str) else " ".join(merge) for merge in tokenizer["model"]["merges"]]
        tokenizer["truncation"] = {"direction": "Right", "max_length": 8, "strategy": "LongestFirst", "stride": 0}
        expected = self.evaluate(self.job())
        (self.tuned / "tokenizer.json").write_text(json.dumps(tokenizer, indent=3))
        self.assertEqual(self.evaluate(self.job(), "other"), expected)

    def test_bad_keys(self):
        for keys, place in (("category: ''", "evaluate.category: empty"), ("bootstraps: 5", "evaluate.bootstraps: unknown key; nearest valid key is 'bootstrap'"),
                            ("seed: -1", "evaluate.seed: found '-1'"), ("confidence: 95", "evaluate.confidence: found '95'"), ("base: other", "evaluate.base: found 'other'")):
            self.fail_with(2, place, arguments=["evaluate", self.job(keys), "--out", self.folder / "run"])
        run = ["evaluate", self.job(), "--out", self.folder / "run", "--set"]
        for change, place in (("evaluate.bootstrap=7", "evaluate.bootstrap: found '7'"), ("evaluate.models={}", "evaluate.models: empty"),
                              ("evaluate.models={base: x}", "evaluate.models: 'base' is the name of a scorer or of the base too"),
                              ("evaluate.models={../x: y}", "evaluate.models.../x: expected a name"), ("evaluate.models={a: ''}", "evaluate.models.a: missing"),
                              ("evaluate.data=", "evaluate.data: missing, expected a file"), ("evaluate.data={paht: x}", "evaluate.data.p"),
                              ("evaluate=", "evaluate: missing, expected evaluate: { data: FILE"), ("model=", "")):
            self.fail_with(2, place, arguments=[*run, change])
        self.fail_with(3, "gone.jsonl", arguments=[*run, "evaluate.data=gone.jsonl"])
        self.fail_with(3, "evaluate.category", "no row has a value in the field 'colour'", arguments=[*run, "evaluate.category=colour"], ranks=2)

    def test_check_and_help_tell_about_it(self):
        job = self.job("category: kind")
        plan = json.loads(self.succeed("evaluate", job, "--check", "--json").stdout)
        self.assertIn(f"tuned ({self.tuned}) beside base on {self.folder / 'heldout.jsonl'} (40 rows), 400 resamples, by kind", plan["evaluate"])
        self.assertEqual(plan["missing"], [f"{self.folder / 'nowhere.jsonl'} (data)"])
        plan = json.loads(self.succeed("evaluate", job, "--check", "--json", "--set", "evaluate.models.tuned=gone", "--set", "evaluate.data=none.jsonl").stdout)
        self.assertEqual([os.path.basename(path) for path in plan["missing"]], ["nowhere.jsonl (data)", "none.jsonl (evaluate.data)", "gone (evaluate.models.tuned)"])
        self.assertIn("winnow evaluate JOB.yaml", self.succeed("evaluate", "--help").stdout)


if __name__ == "__main__":
    unittest.main()
