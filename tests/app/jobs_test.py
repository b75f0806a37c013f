"""Issue 5, S6, and issue 6: every job file that winnow ships passes --check, which names the files it misses and runs nothing; each that trains
does so with a tiny model in place of its own, few rows and small budgets; and what --check says of a job whose files are there, of its selections,
and of rows that cannot fill them."""
import json
import math
import pathlib
import re
import unittest

import program
import tiny_job
import tiny_model

JOBS = pathlib.Path(__file__).resolve().parents[2] / "jobs"


class Jobs(program.ProgramTest):
    def test_every_shipped_job_passes_the_check(self):
        files = sorted(JOBS.glob("*.yaml"))
        self.assertGreater(len(files), 15)
        for file in files:
            with self.subTest(job=file.name):
                plan = json.loads(self.succeed("run", file, "--check", "--json", "--out", self.folder / "run").stdout)
                self.assertEqual(plan["name"], file.stem)
                for missing in plan["missing"]:
                    path = pathlib.Path(missing[:missing.rindex(" (")])
                    self.assertTrue(path.is_absolute() and not path.exists(), missing)
                self.assertTrue(plan["selections"])
        self.assertFalse((self.folder / "run").exists(), "nothing is run")

    def test_every_shipped_job_that_trains_does_so(self):
        model = tiny_model.make(self.folder / "tiny-model", max_positions=8192)
        rows = [dict(row, problem=row["instruction"], solution=row["output"]) for row in self.rows(40)]
        data = self.write("rows.json", json.dumps(rows))
        tags = self.write("tags.json", json.dumps([[f"tag {row}", "common"] for row in range(40)]))
        ratings = self.write("ratings.json", json.dumps([4.5 if row % 3 else 3 for row in range(40)]))
        trained = []
        for file in sorted(JOBS.glob("*.yaml")):
            text = re.sub(r"(?m)^ *#.*\n", "", file.read_text())
            if "\nfinetune:" not in text or "evaluate:" in text or "objective: dpo" in text:  # Those have tests of their own.
                continue
            for pattern, tiny in ((r"(?<=path: )[^,} ]+", model), (r"^(data: +{ path: )[^,} ]+", rf"\g<1>{data}"), (r"ratings.json", ratings),
                                  (r"{ path: \S+, template: vicuna, score: \[tags\] }", f"{{ import: {tags}, as: tags }}"),
                                  (r"(?<=minilm: { )", "template: bare, "), (r"(?<=budget: )[\d%]+", "8"), (r"(?<=clusters: )\d+", "4"),
                                  (r"(?<=epochs: )\d+", "2"), (r"(?<=batch: )\d+", "4"), (r"engine: torchrun", "engine: native")):
                text = re.sub(pattern, str(tiny), text, flags=re.M)
            with self.subTest(job=file.name):
                out = self.folder / file.stem
                summary = json.loads(self.succeed("run", self.write_job(text), "--json", "--out", out).stdout)
                steps = [json.loads(line) for line in (out / "log/steps.jsonl").read_text().splitlines()]
                self.assertGreaterEqual(len(steps), 2)
                self.assertTrue(all(math.isfinite(step["loss"]) and step["rows"] <= 4 for step in steps))
                self.assertTrue((out / "checkpoints/final/model.safetensors").exists())
                self.assertEqual("iterate" in summary, "update_ratio" in text)
                trained.append(file.stem)
        self.assertGreater(len(trained), 15)

    def test_the_quickstart_evaluates_on_rows_that_it_does_not_select_from(self):
        def trigrams(row):
            words = re.findall(r"\w+", f"{row['instruction']} {row['input']} {row['output']}".lower())
            return set(zip(words, words[1:], words[2:]))

        pool = [trigrams(row) for row in json.loads((JOBS / "sample/instructions.json").read_text())]
        heldout = [trigrams(row) for row in json.loads((JOBS / "sample/heldout.json").read_text())]
        self.assertEqual((len(pool), len(heldout)), (384, 48))
        for number, own in enumerate(heldout):
            self.assertLess(max(len(own & other) / max(1, len(own | other)) for other in pool), 0.09, number)
        model = tiny_model.make(self.folder / "tiny-model", max_positions=1024)
        self.succeed("run", JOBS / "quickstart.yaml", "--out", self.folder / "run", "--set", f"model.path={model}", "--set", "model.template=chatml")
        evaluation = json.loads((self.folder / "run/evaluation.json").read_text())
        self.assertEqual((evaluation["rows"], list(evaluation["models"])), (48, [model.name, "tuned"]))
        self.assertEqual(evaluation["differences"]["tuned"]["rows"], 48)
        self.assertEqual(len(json.loads((self.folder / "run/selection/iterit.json").read_text())), 38)

    def test_the_check_of_a_job_that_can_run(self):
        job = tiny_job.write(self, rows=40)
        plan = json.loads(self.succeed("run", job, "--check", "--json", "--out", self.folder / "run").stdout)
        self.assertEqual(plan["missing"], [])
        self.assertIn("(40 rows)", plan["data"])
        self.assertRegex(plan["scorers"][0], r"; about \S+ M tokens, \S+ TFLOP$")
        self.assertFalse((self.folder / "run").exists())

    def test_missing_files_are_said_aloud(self):
        job = tiny_job.write(self, rows=40)
        done = self.succeed("run", job, "--check", "--set", "data.path=nowhere.jsonl", ranks=2)
        self.assertRegex(done.stdout, r"missing +/.*nowhere.jsonl \(data\)")
        self.assertRegex(done.stderr, r"(?m)^winnow: --check: missing, so that the job cannot run yet: /.*/nowhere.jsonl \(data\)$")
        self.assertEqual(done.stderr.count("nowhere.jsonl"), 1)
        done = self.succeed("run", job, "--check", "--json", "--set", "model.path=nowhere")
        self.assertRegex(json.loads(done.stdout)["missing"][0], r"^/.*/nowhere \(scorer .*\)$")
        self.assertIn("cannot run yet", done.stderr)
        self.assertNotIn("missing", self.succeed("run", job, "--check").stderr)


JOB = """
name: checked
data: {{ path: {data}, on_bad_row: skip }}
scorers:
  given: {{ import: {scores}, as: ifd_ppl }}
  encoder: {{ path: {folder}/nowhere, score: [embedding] }}
selections:
  chain:
    - {{ filter: "ifd_ppl < 2" }}
    - {{ method: random, budget: 50%, seed: 4 }}
    - {{ method: longest, budget: 20, text: instruction, stratify: {{ field: kind, budgets: equal }} }}
  covering: {{ method: superfiltering_d, budget: 5%, ifd_share: 30% }}
  distinct: {{ method: deduplicate, by: embedding }}
  deita: {{ method: deita, score: ifd_ppl, budget: 10 }}
  mean: {{ method: kmeans, budget: 7 }}
  best: {{ method: ifd, budget: 50%, of: eligible }}
"""


class Selections(program.ProgramTest):
    """300 rows, one of which cannot be read."""

    def check(self, *options):
        rows = [json.dumps(dict(row, kind="ab"[i % 2])) for i, row in enumerate(self.rows(299))]
        data = self.write("rows.jsonl", "\n".join(rows[:100] + ["{broken"] + rows[100:]) + "\n")
        self.job = self.write_job(JOB.format(data=data, scores=self.write("scores.json", json.dumps([0.5] * 300)), folder=self.folder))
        return json.loads(self.succeed("run", self.job, "--check", "--json", *options).stdout)["selections"]

    def test_how_many_rows_each_step_leaves_at_most(self):
        self.assertEqual(self.check(), [
            "chain: ifd_ppl < 2 (scorer given): at most 299 of 299 rows; then random of 50% (seed 4): at most 150 of 299 rows; then longest of 20 "
            "(text instruction, unit words, stratify.field kind, stratify.budgets equal): at most 20 of 150 rows",
            "covering: superfiltering_d of 5% (scorer given, encoder, ifd_share 30%, faithful false, embedding encoder): at most 15 of 299 rows, "
            "at most 0.0081 M similarities",
            "distinct: deduplicate (scorer encoder, by embedding, max_cosine_similarity 0.95, embedding encoder): at most 299 of 299 rows, "
            "at most 0.0894 M cosines",
            "deita: deita of 10 (scorer given, encoder, score ifd_ppl, max_cosine_similarity 0.9, embedding encoder): at most 10 of 299 rows, "
            "at most 0.00299 M cosines",
            "mean: kmeans of 7 (scorer encoder, clusters as many as rows are picked, take nearest, seed 0, embedding encoder): at most 7 of 299 rows, "
            "at most 0.00209 M distances in each round",
            "best: ifd of 50% (of eligible, scorer given, faithful false): at most 149 of 299 rows"])

    def test_what_the_rows_cannot_give(self):
        self.check()
        for setting, said in (("deita.budget=5000", "selections.deita.budget: '5000': asks for 5000 rows, but there are at most 299"),
                              ("deita.budget=300", "asks for 300 rows, but there are at most 299"),
                              ("best.budget=0.1%", "selections.best.budget: '0.1%': the budget of 0.1% comes to 0 of 299 rows"),
                              ("chain.1.budget=10", "selections.chain[2].budget: '20': asks for 20 rows, but there are at most 10"),
                              ("covering.budget=31%", "selections.covering.budget: '31%': asks for 93 rows, but there are at most 90 in ifd_share 30%"),
                              ("chain.2.stratify.field=nofield", "selections.chain[2].stratify: no row has a value in the field 'nofield'")):
            with self.subTest(setting):
                self.fail_with(3, said, arguments=["run", self.job, "--check", "--set", f"selections.{setting}"])
        self.succeed("run", self.job, "--check", "--set", "selections.deita.budget=299")
        gone = ["--set", "data.path=nowhere.jsonl", "--set", "selections.deita.budget=5000", "--set", "selections.chain.2.stratify.field=nofield"]
        self.assertIn("chain: ifd_ppl < 2 (scorer given); then random of 50% (seed 4); then", self.succeed("run", self.job, "--check", *gone).stdout)  # Not known yet.


if __name__ == "__main__":
    unittest.main()
