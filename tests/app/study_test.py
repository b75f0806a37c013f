"""winnow study: its cells are what single `finetune` (or `iterate`) and `evaluate` runs give, its summary is what numpy makes of their rows, neither ranks nor kills
change a byte, later cells cost only themselves, and a cell that fails is told and stops no other."""
import csv
import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import unittest

import numpy

import program
import tiny_model

sys.path.insert(0, str(program.ROOT / "tests" / "scoring"))
import paired_bootstrap_transcription as bootstrap  # noqa: E402

RESAMPLES = 200
HEAD = """
name: st
data: {{ path: {data} }}
model: {{ path: {model}, template: chatml, dtype: fp32, max_length: 200 }}
score: {{ scores: [ifd_ppl], block_rows: 4 }}
evaluate: {{ data: {heldout}, bootstrap: 200{models} }}
finetune: {{ epochs: 2, batch: 4, lr: 1.0e-3, save_minutes: 0.00001{seed} }}
"""
STUDY = """
selections:
  random:  { method: random, budget: 50% }
  iterit:  { method: iterit, budget: 50% }
  loop:    { method: iterit, budget: 50%, update_ratio: 2 }
  narrow:  [ { filter: "response_words > 35" }, { method: random, budget: 5 } ]
  vanilla: { method: vanilla }
"""
GRID = "study: { selections: [random, iterit], budgets: [10%, 25%], seeds: [0, 1] }\n"


class Study(program.ProgramTest):
    @classmethod
    def setUpClass(cls):
        cls.shared = pathlib.Path(tempfile.mkdtemp(prefix="winnow-test-"))
        cls.addClassCleanup(shutil.rmtree, cls.shared, ignore_errors=True)
        cls.model = tiny_model.make(cls.shared / "tiny")

    def setUp(self):
        super().setUp()
        rows = self.rows(60)
        self.data = self.write("rows.jsonl", "".join(json.dumps(row) + "\n" for row in rows[:40]))
        self.heldout = self.write("heldout.jsonl", "".join(json.dumps(row) + "\n" for row in rows[40:]))

    def head(self, models="", seed=""):
        return HEAD.format(data=self.data, model=self.model, heldout=self.heldout, models=models, seed=seed)

    def job(self, study=GRID, name="job.yaml"):
        return self.write_job(self.head() + STUDY + study, name)

    def lines(self, out, name="table"):
        return list(csv.DictReader((out / "study" / f"{name}.csv").read_text().splitlines()))

    def published(self, out):
        """What must not depend on ranks, times or kills."""
        files = {str(file.relative_to(out)): file.read_bytes() for pattern in ("evaluation.json", "rows.csv", "winnow.json") for file in (out / "study").rglob(pattern)}
        for name in ("table", "summary"):
            files[name] = [{key: value for key, value in line.items() if key != "seconds"} for line in self.lines(out, name)]
        return files

    def cell(self, out, line):
        return out / "study" / line["selection"] / line["budget"].replace("%", "pct") / line["seed"]

    def nll(self, out, line, model="tuned"):
        """[nats, tokens] of each held-out row."""
        with open(self.cell(out, line) / "evaluation/rows.csv") as file:
            return numpy.array([[float(row[f"{model}_nll_sum"]), float(row[f"{model}_tokens"])] for row in csv.DictReader(file)])

    def expect_difference(self, line, name, base, tuned, tokens):
        found = [line[key] for key in (name, name + "_low", name + "_high")]
        expected = bootstrap.compare(numpy.stack([base, tuned, tokens], -1), RESAMPLES, 0, 0.95)["token_mean"]
        numpy.testing.assert_allclose([float(value) for value in found], expected, rtol=1e-9, atol=1e-12, err_msg=name)
        self.assertEqual(line[name + "_interval_holds_0"], "true" if expected[1] <= 0 <= expected[2] else "false")

    def test_the_tables_are_what_single_runs_and_numpy_give(self):
        out = self.folder / "run"
        text = self.succeed("study", self.job(), "--out", out, ranks=2).stdout
        table = self.lines(out)
        self.assertEqual([(line["seed"], line["budget"], line["selection"]) for line in table],
                         [(seed, budget, selection) for seed in "01" for budget in ("10%", "25%") for selection in ("random", "iterit")])
        for line in table:
            cell, own = self.cell(out, line), self.nll(out, line)
            steps = [json.loads(step) for step in (cell / "log/steps.jsonl").read_text().splitlines()]
            self.assertEqual((line["status"], int(line["rows"]), int(line["steps"]), int(line["tokens"])),
                             ("ok", 4 if line["budget"] == "10%" else 10, len(steps), sum(step["tokens"] for step in steps)))
            self.assertEqual(float(line["last_training_loss"]), steps[-1]["loss"])
            self.assertAlmostEqual(float(line["perplexity"]), numpy.exp(own[:, 0].sum() / own[:, 1].sum()), delta=1e-9)
            self.expect_difference(line, "to_base", self.nll(out, line, "tiny")[:, 0], own[:, 0], own[:, 1])
            expected = bootstrap.compare(numpy.stack([0 * own[:, 0], *own.T], -1), RESAMPLES, 0, 0.95)["token_mean"]
            numpy.testing.assert_allclose([float(line[key]) for key in ("loss", "loss_low", "loss_high")], expected, rtol=1e-9)
            self.assertEqual([file.name for file in (cell / "checkpoints/final").iterdir()], ["winnow.json"])
        self.assertNotEqual(table[0]["loss"], table[4]["loss"])
        for line in self.lines(out, "summary"):
            cells = [cell for cell in table if (cell["selection"], cell["budget"]) == (line["selection"], line["budget"])]
            losses = [float(cell["loss"]) for cell in cells]
            self.assertAlmostEqual(float(line["loss"]), statistics.mean(losses), delta=1e-12)
            self.assertAlmostEqual(float(line["loss_sd"]), statistics.stdev(losses), delta=1e-12)
            mean, tokens = (numpy.mean([self.nll(out, cell)[:, i] for cell in cells], 0) for i in (0, 1))
            self.expect_difference(line, "to_base", self.nll(out, cells[0], "tiny")[:, 0], mean, tokens)
            if line["selection"] == "random":
                self.assertEqual((line["first"], line["to_first"]), ("", ""))
                continue
            first = [cell for cell in table if (cell["selection"], cell["budget"]) == ("random", line["budget"])]
            self.expect_difference(line, "to_first", numpy.mean([self.nll(out, cell)[:, 0] for cell in first], 0), mean, tokens)
            self.assertIn(f"{float(line['to_first']):+.4f} [{float(line['to_first_low']):+.4f}, ", text)
        self.assertEqual([line["loss"] for line in json.loads((out / "summary.json").read_text())["study"]["cells"]], [float(line["loss"]) for line in table])
        for number, (line, select) in enumerate(((table[1], "{ method: iterit, budget: 10% }"), (table[6], "{ method: random, budget: 25%, seed: 1 }"))):
            self.expect_single(out, line, "finetune", select, self.folder / f"single{number}")

    def expect_single(self, out, line, command, select, single):
        job = self.write_job(self.head(seed=f", seed: {line['seed']}") + f"select: {select}\n", "single.yaml")
        self.succeed(command, job, "--out", single)
        self.succeed("evaluate", job, "--out", single)
        for name in ("evaluation.json", "evaluation/rows.csv"):
            self.assertEqual((self.cell(out, line) / name).read_bytes(), (single / name).read_bytes(), name)

    def test_iterit_loops_and_vanilla_has_no_budget(self):
        out = self.folder / "run"
        job = self.job("study: { selections: [vanilla, loop], budgets: [25%], seeds: [3], keep_checkpoints: true }\n")
        self.succeed("run", job, "--out", out)
        table = self.lines(out)
        self.assertEqual([(line["selection"], line["budget"], line["rows"]) for line in table], [("vanilla", "all", "40"), ("loop", "25%", "10")])
        self.assertTrue((self.cell(out, table[1]) / "epochs/1/pool.h5").exists())
        self.assertTrue((self.cell(out, table[0]) / "checkpoints/final/model.safetensors").exists())
        self.assertEqual(self.lines(out, "summary")[1]["first"], "vanilla")
        self.expect_single(out, table[1], "iterate", "{ method: iterit, budget: 25%, update_ratio: 2 }", self.folder / "single")

    def test_killed_anywhere_it_goes_on_to_the_same_tables(self):
        job = self.job()
        self.succeed("study", job, "--out", self.folder / "whole")
        out = self.folder / "killed"

        def done():
            table = out / "study/table.csv"
            return sum(line["status"] == "ok" for line in self.lines(out)) if table.exists() else 0

        for ranks, cells in ((2, 0), (1, 3), (3, 6)):
            program.run_killed(["study", job, "--out", out], ranks, lambda: done() >= cells and list((out / "study").rglob("checkpoints/resume/step-*")))
            print(f"killed in training, {done()} of 8 cells done", flush=True)
        again = self.succeed("study", job, "--out", out, ranks=2)
        self.assertLess(again.stderr.count("study: cell "), 8)
        self.assertEqual(self.published(out), self.published(self.folder / "whole"))

    def test_later_cells_cost_only_themselves(self):
        out = self.folder / "run"
        base = ["study: { selections: [random], budgets: [10%] }\n", "study: { selections: [random, iterit], budgets: [10%, 25%], seeds: [0, 2] }\n"]
        self.succeed("study", self.job(base[0]), "--out", out)
        kept = out / "study/random/10pct/0"
        before = {file: (file.stat().st_ino, file.stat().st_mtime_ns) for file in kept.rglob("*") if file.is_file() and file.name != "bad_rows.txt"}
        done = self.succeed("study", self.job(base[1]), "--out", out, ranks=2)
        self.assertEqual({file: (file.stat().st_ino, file.stat().st_mtime_ns) for file in before}, before)
        self.assertEqual(done.stderr.count("study: cell "), 7)
        self.succeed("study", self.job(base[1]), "--out", self.folder / "fresh")
        self.assertEqual(self.published(out), self.published(self.folder / "fresh"))
        self.assertNotIn("study: cell ", self.succeed("study", self.job(base[1]), "--out", out).stderr)

    def test_a_changed_job_is_refused_by_the_key(self):
        out = self.folder / "run"
        job = self.job("study: { selections: [random], budgets: [10%] }\n")
        self.succeed("study", job, "--out", out)
        for change, said in (("finetune.lr=2.0e-3", "lr of finetune was 0.001, the job now says 0.002"), ("finetune.dtype=bf16", "dtype of")):
            self.fail_with(2, said, arguments=["study", job, "--out", out, "--set", change], ranks=2)
        shutil.rmtree(out / "study/random")
        self.succeed("study", job, "--out", out, "--set", "finetune.lr=2.0e-3")

    def test_losses_that_cannot_stand_side_by_side(self):
        other = shutil.copytree(self.model, self.folder / "other")
        tokenizer = json.loads((other / "tokenizer.json").read_text())
        tokenizer["model"]["merges"].pop()
        (other / "tokenizer.json").write_text(json.dumps(tokenizer))
        out = self.folder / "run"
        job = self.job("study: { selections: [random], budgets: [10%] }\n")
        trained = [word for change in (f"model.path={other}", "model.template=chatml") for word in ("--set", f"finetune.{change}")]
        self.fail_with(2, "another tokenizer", arguments=["study", job, "--out", self.folder / "other-run", *trained, "--set", "evaluate.base=tiny"], ranks=2)
        self.assertFalse((self.folder / "other-run/study/random").exists())
        self.succeed("study", job, "--out", out)
        settings = out / "study/random/10pct/0/evaluation/journal/tuned/scorer.json"
        binding = json.loads(settings.read_text())
        settings.write_text(json.dumps(binding | {"template": "vicuna"}))
        self.fail_with(2, 'template was "vicuna"', arguments=["study", job, "--out", out], ranks=2)
        # A model that is gone and trained again elsewhere differs in its last bits.
        settings.write_text(json.dumps(binding | {"model": "0" * 32}))
        with open(self.heldout, "a") as file:
            file.write(json.dumps(self.rows(61)[60]) + "\n")
        self.succeed("study", job, "--out", out, ranks=2)
        self.assertEqual(json.loads(settings.read_text()), binding)

    def test_a_cell_that_fails_is_told_and_stops_no_other(self):
        out = self.folder / "run"
        job = self.job("study: { selections: [narrow, random], budgets: [25%], seeds: [0] }\n")
        done = program.run(["study", job, "--out", out], 2)
        self.assertEqual(done.returncode, 7, done.stderr)
        self.assertIn("study: 1 of 2 cells failed: narrow/25pct/0", done.stderr)
        narrow, other = self.lines(out)
        self.assertEqual((narrow["status"], narrow["loss"], other["status"]), ("failed", "", "ok"))
        self.assertIn("selections.narrow[1].budget: '25%'", narrow["reason"])
        self.assertEqual([(line["failed"], line["first"]) for line in self.lines(out, "summary")], [("1", ""), ("0", "")])
        self.assertRegex(done.stdout, r"failed: narrow at 25%, seed 0: .*selections\.narrow\[1\]\.budget")

    def test_a_training_that_fails_fails_its_cell_alone(self):
        """Weights that grow eightfold each step overflow within vanilla's 20 steps, not within the two of 4 rows."""
        out = self.folder / "run"
        job = self.job("study: { selections: [vanilla, random], budgets: [10%] }\n")
        change = [word for key in ("lr=1", "weight_decay=9", "warmup=0", "clip_norm=0", "schedule=constant") for word in ("--set", f"finetune.{key}")]
        for ranks in (2, 1):  # The second trains it anew, and fails again.
            done = program.run(["study", job, "--out", out, *change], ranks)
            self.assertEqual(done.returncode, 7, done.stderr)
            vanilla, other = self.lines(out)
            self.assertEqual((vanilla["status"], vanilla["rows"], other["status"]), ("failed", "40", "ok"))
            self.assertRegex(vanilla["reason"], r"step \d+.*not finite.*finetune\.lr")
            self.assertEqual(list((out / "study/vanilla").rglob("step-*")), [])

    def test_what_the_job_says_wrong_is_named(self):
        for study, said in (("{ selections: [rando] }", ("study.selections", "'rando'", "nearest is 'random'")), ("{ selections: [random, random] }", ("study.selections", "twice")),
                            ("{ budgets: [5%, 5 %] }", ("study.budgets", "'5 %' is given twice")), ("{ budgets: [some] }", ("study.budgets", "not a budget")),
                            ("{ budgets: [] }", ("study.budgets", "empty")), ("{ seeds: [0, x] }", ("study.seeds", "'x'")), ("{ seeds: [-1] }", ("study.seeds", "'-1'")),
                            ("{ seed: 1 }", ("study.seed", "nearest")), ("{ selections: [vanilla], budgets: [5%] }", ("study.budgets", "none of the study's selections"))):
            with self.subTest(study):
                self.fail_with(2, *said, arguments=["study", self.job(f"study: {study}\n"), "--out", self.folder / "run"])
        for change, said in (("finetune.selection=random", "finetune.selection: given beside study"), ("finetune.seed=3", "finetune.seed: given beside study"),
                             ("evaluate.models.x=" + str(self.model), "evaluate.models: given beside study"), ("finetune.lora.save=adapter", "finetune.lora")):
            self.fail_with(2, said, arguments=["study", self.job(), "--set", change])
        self.fail_with(2, "study: missing", arguments=["study", self.job(""), "--set", "finetune.selection=random"])
        self.fail_with(2, "expected `winnow study`, found `winnow finetune`", arguments=["finetune", self.job()])
        self.succeed("index", self.job(), "--out", self.folder / "indexed")
        self.fail_with(2, "study: given", arguments=["export", self.folder / "indexed", "--to", "trl"])
        self.assertFalse((self.folder / "run").exists())

    def test_the_check_says_cells_steps_and_disk(self):
        plan = json.loads(self.succeed("study", self.job("study: { selections: [random, vanilla], budgets: [10%, 25%], seeds: [0, 1] }\n"), "--check", "--json").stdout)
        self.assertRegex(plan["study"], r"^6 cells: random, vanilla; budgets 10%, 25%; seeds 0, 1; vanilla without a budget; at most 56 steps; about \S+ GiB of disk for one cell at a time$")

    def test_the_plot_shows_every_selection(self):
        out = self.folder / "run"
        self.succeed("study", self.job("study: { selections: [random, iterit], budgets: [10%, 25%] }\n"), "--out", out)
        drawn = subprocess.run([sys.executable, program.ROOT / "analysis/plot_study.py", out], capture_output=True, text=True)
        self.assertEqual(drawn.returncode, 0, drawn.stderr)
        import defusedxml.ElementTree
        figure = defusedxml.ElementTree.parse(out / "study/loss.svg").getroot()
        self.assertEqual({element.get("id") for element in figure.iter() if (element.get("id") or "").startswith("selection-")}, {"selection-random", "selection-iterit"})


if __name__ == "__main__":
    unittest.main()
