"""evaluate.harness: lm-evaluation-harness's figures of a task made here are those of transformers' log-likelihoods, for base and tuned model, beside the
losses or without them; what was done before a stop is not run again; what is missing is said in one line."""
import csv
import importlib.metadata
import importlib.util
import json
import math
import os
import signal
import sys
import unittest

import program
import tiny_model

if any(importlib.util.find_spec(package) is None for package in ("lm_eval", "transformers", "torch")):
    print("skipped: this Python has no lm_eval")
    sys.exit(77)

JOB = """
name: benchmarks
data: {{ path: {data} }}
model: {{ path: {base}, template: chatml, dtype: fp32 }}
score: [ppl_cond]
evaluate: {{ models: {{ tuned: {tuned} }}, harness: {harness}{keys} }}
"""
TASK = """
task: {task}
dataset_path: json
dataset_kwargs: {{ data_files: {{ test: colours.json, train: colours.json }} }}
test_split: test
fewshot_split: train
fewshot_config: {{ sampler: first_n }}
num_fewshot: {shots}
output_type: multiple_choice
doc_to_text: "Question: {{{{question}}}}\\nAnswer:"
doc_to_choice: "{{{{choices}}}}"
doc_to_target: answer
metric_list:
  - {{ metric: acc, aggregation: mean, higher_is_better: true }}
  - {{ metric: acc_norm, aggregation: mean, higher_is_better: true }}
metadata: {{ version: {version} }}
"""
CHOICES = ["ré", "sé", "蓝", "绿", "sky", "dún", "wry"]  # four tokens each, so that it is the model that chooses, but one to three characters
ROWS = [{"question": f"Which colour has number {i}?", "choices": [CHOICES[(i * 3 + k * (1 + i % 2)) % 7] for k in range(4)], "answer": i * 7 % 4} for i in range(14)]
LIMIT = 12


def expected(folder, shots):
    """acc and acc_norm of the first LIMIT rows: the choice whose tokens are likeliest, and likeliest for each of its characters."""
    import tokenizers
    import torch
    import transformers

    tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    text = "Question: {question}\nAnswer:"
    before = "".join(f"{text.format(**row)} {row['choices'][row['answer']]}\n\n" for row in ROWS[:shots])
    right = {"acc": 0, "acc_norm": 0}
    for row in ROWS[:LIMIT]:
        context = before + text.format(**row)
        sums = []
        for choice in row["choices"]:
            ids, first = tokenizer.encode(f"{context} {choice}").ids, len(tokenizer.encode(context).ids)
            with torch.no_grad():
                likely = torch.log_softmax(model(torch.tensor([ids])).logits[0].double(), -1)
            sums.append(sum(likely[i - 1, ids[i]].item() for i in range(first, len(ids))))
        for metric, values in {"acc": sums, "acc_norm": [value / len(choice) for value, choice in zip(sums, row["choices"], strict=True)]}.items():
            right[metric] += values.index(max(values)) == row["answer"]
    return {metric: count / LIMIT for metric, count in right.items()}


class Harness(program.ProgramTest):
    def setUp(self):
        super().setUp()
        for name, value in {"WINNOW_PYTHON": sys.executable, "HF_HUB_OFFLINE": "1", "HF_HOME": str(self.folder / "hub")}.items():
            before = program.ENVIRONMENT.get(name)
            program.ENVIRONMENT[name] = value
            self.addCleanup(program.ENVIRONMENT.__setitem__ if before is not None else lambda key, _: program.ENVIRONMENT.pop(key), name, before)
        self.models = {"base": tiny_model.make(self.folder / "base", 512), "tuned": tiny_model.make(self.folder / "mine", 512, seed=2)}
        self.write("tasks/colours.json", "".join(json.dumps(row) + "\n" for row in ROWS))
        self.write("tasks/colours.yaml", TASK.format(task="colours", shots=0, version=1.5))
        self.write("tasks/two_shots.yaml", TASK.format(task="two_shots", shots=2, version=2))

    def job(self, harness, keys="", name="job.yaml"):
        text = JOB.format(data=self.folder / "nowhere.jsonl", base=self.models["base"], tuned=self.models["tuned"], harness=harness, keys=keys and ", " + keys)
        return self.write_job(text, name)

    def test_figures_are_those_of_transformers_and_no_task_runs_twice(self):
        out = self.folder / "run"
        harness = f"{{ tasks: [colours, two_shots], include: tasks, limit: {LIMIT}, batch: 4 }}"
        done = out / "evaluation/harness/base/colours.json"
        process = program.start(["evaluate", self.job(harness), "--out", out])
        while not done.exists():
            self.assertIsNone(process.poll(), "it ended before it was stopped")
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=100)
        self.assertEqual(process.returncode, 75, errors)
        self.assertFalse((out / "evaluation.json").exists())
        before = done.stat().st_mtime_ns

        self.write_rows(9, "heldout.jsonl")
        job = self.job(harness, "data: heldout.jsonl, bootstrap: 100")
        shown = self.succeed("evaluate", job, "--out", out, ranks=2).stdout
        self.assertEqual(done.stat().st_mtime_ns, before)
        evaluation = json.loads((out / "evaluation.json").read_text())
        self.assertEqual(evaluation["models"]["tuned"]["rows_ok"], 9)
        found = {(row["model"], row["task"], row["metric"]): row for row in evaluation["benchmarks"]["results"]}
        self.assertEqual(len(found), 8)
        for task, shots, version in (("colours", 0, 1.5), ("two_shots", 2, 2)):
            right = {name: expected(folder, shots) for name, folder in self.models.items()}
            for name in self.models:
                for metric, value in right[name].items():
                    row = found[name, task, metric]
                    self.assertAlmostEqual(row["value"], value, delta=1e-12, msg=(name, task, metric))
                    self.assertAlmostEqual(row["stderr"], math.sqrt(value * (1 - value) / (LIMIT - 1)), delta=1e-12)
                    self.assertEqual((row["few_shot"], row["version"], row["samples"], row["limit"], row["filter"]), (shots, version, LIMIT, LIMIT, "none"))
                    if name == "base":
                        self.assertIsNone(row["difference"])
                    else:
                        self.assertAlmostEqual(row["difference"], value - right["base"][metric], delta=1e-12)
                    self.assertIn(f"{value:.4f}", shown)
        self.assertGreater(len({row["value"] for row in found.values()}), 2, "models and tasks that differ in nothing show nothing")
        self.assertEqual(evaluation["benchmarks"]["run_with"]["tuned"]["colours"]["batch"], 4)
        table = list(csv.DictReader((out / "evaluation/benchmarks.csv").read_text().splitlines()))
        self.assertEqual([(row["model"], row["task"], row["metric"], float(row["value"]), float(row["stderr"])) for row in table],
                         [(*key, row["value"], row["stderr"]) for key, row in found.items()])
        self.assertEqual({row["lm_eval"] for row in table}, {evaluation["benchmarks"]["run_with"]["base"]["colours"]["lm_eval"]})

        results = {file: file.stat().st_mtime_ns for file in out.glob("evaluation/harness/*/[!r]*.json")}
        self.assertEqual(len(results), 4)
        text = (out / "evaluation.json").read_bytes()
        self.succeed("evaluate", job, "--out", out)
        self.assertEqual({file: file.stat().st_mtime_ns for file in results}, results)
        self.assertEqual((out / "evaluation.json").read_bytes(), text)
        self.succeed("evaluate", self.job("{ tasks: colours, include: tasks, limit: 3 }"), "--out", out)
        evaluation = json.loads((out / "evaluation.json").read_text())
        self.assertNotIn("models", evaluation)
        self.assertEqual({row["samples"] for row in evaluation["benchmarks"]["results"]}, {3})

    def test_what_is_missing_is_said_in_one_line(self):
        arguments = ["evaluate", self.job("[arc_challenge]"), "--out", self.folder / "a"]
        self.fail_with(3, "model 'base'", "task arc_challenge", "allenai/ai2_arc", "harness.base.log", arguments=arguments, ranks=2)
        arguments = ["evaluate", self.job("{ tasks: [colours, no_such_task], include: tasks }"), "--out", self.folder / "b"]
        self.fail_with(2, "task no_such_task", "lm_eval ls tasks", arguments=arguments)
        arguments = ["evaluate", self.job("{ tasks: colours, include: elsewhere }"), "--out", self.folder / "c"]
        self.fail_with(3, "evaluate.harness.include", "elsewhere", arguments=arguments)

    def test_check_names_tasks_and_the_harness(self):
        job = self.job("{ tasks: [colours, two_shots], include: tasks, few_shot: 3 }")
        shown = self.succeed("evaluate", job, "--check").stdout
        self.assertIn(f"colours, two_shots by lm_eval {importlib.metadata.version('lm_eval')}, 3 shots", shown)
        bare = self.write("python", f"#!/bin/sh\nexec {sys.executable} -S \"$@\"\n")
        os.chmod(bare, 0o755)
        program.ENVIRONMENT["WINNOW_PYTHON"] = str(bare)
        checked = self.succeed("evaluate", job, "--check")
        self.assertIn("no Python package lm_eval", checked.stderr)
        self.fail_with(4, "no Python package lm_eval", "requirements-harness.txt", arguments=["evaluate", job, "--out", self.folder / "a"], ranks=2)
        self.assertFalse((self.folder / "a/evaluation").exists())

    def test_bad_sections_are_refused(self):
        for harness, keys, fragment in (("[]", "", "missing, expected tasks"), ("[a, a]", "", "given twice"), ("[../a]", "", "'../a'"), ("{ few_shot: 1 }", "", "harness.tasks"),
                                        ("{ tasks: a, batch: 0 }", "", "harness.batch"), ("{ tasks: a, shots: 3 }", "", "shots"), ("[a]", "category: kind", "evaluate.category")):
            self.fail_with(2, fragment, arguments=["evaluate", self.job(harness, keys), "--out", self.folder / "a"])


if __name__ == "__main__":
    unittest.main()
