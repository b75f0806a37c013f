"""winnow iterate: what each epoch selects is what a transcription of IterIT's loop selects given the stored scores, the scores are those of the model as it then
was, and neither ranks nor kills change a byte."""
import json
import os
import random
import sys
import time
import unittest

import h5py
import numpy

import program
import tiny_model

try:
    import transformers

    import iterate_transcription
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

JOB = """
name: it
data: {{ path: {data} }}
model: {{ path: {model}, template: chatml, dtype: {dtype}, max_length: 200 }}
score: {{ scores: [ifd_ppl], block_rows: 4 }}
select: {{ method: {method}, budget: 10, update_ratio: 2.5, {select} }}
finetune: {{ epochs: 3, batch: 4, lr: 2.0e-2, keep: 5, save_minutes: 0.00001 }}
"""
ROWS, BUDGET, POOL, EPOCHS = 60, 10, 25, 3


class Iterate(program.ProgramTest):
    def job(self, method="iterit", select="decay: 0.1", dtype="fp32", name="job.yaml"):
        if not (self.folder / "tiny").exists():
            self.model = tiny_model.make(self.folder / "tiny")
            self.data = self.write_rows(ROWS)
        return self.write_job(JOB.format(data=self.data, model=self.model, method=method, select=select, dtype=dtype), name)

    def epoch(self, out, epoch):
        return iterate_transcription.epoch_of(out, epoch, ROWS, "tiny")

    def follow(self, out, faithful, by_ifd=False):
        """Checks every epoch against the transcription; the picks of all epochs."""
        texts = [row["output"] + ("<|im_end|>" if faithful else "") for row in self.rows(ROWS)]
        return iterate_transcription.follow(out, texts, "tiny", EPOCHS, BUDGET, POOL, faithful, by_ifd)

    def steps(self, out):
        return [json.loads(line) for line in (out / "log/steps.jsonl").read_text().splitlines()]

    def test_each_epoch_selects_what_the_rule_says(self):
        for name, method, select, faithful in (("ours", "iterit", "decay: 0.1", False), ("published", "iterit", "decay: 0.1, faithful: true", True), ("ifd", "ifd", "order: pick", False)):
            out = self.folder / name
            summary = json.loads(self.succeed("iterate", self.job(method, select), "--out", out, "--json").stdout)
            picks = self.follow(out, faithful, method == "ifd")
            print(name, [len(set(a) & set(b)) for a, b in zip(picks, picks[1:])], "rows stay from epoch to epoch", flush=True)
            self.assertNotEqual(sorted(picks[0]), sorted(picks[2]))
            batches = EPOCHS * BUDGET // 4 if faithful else EPOCHS * -(-BUDGET // 4)
            self.assertEqual(len(self.steps(out)), batches)
            self.assertEqual([epoch["overlap"] for epoch in summary["iterate"]["epochs"]],
                             [[len(set(picks[e]) & set(picks[b])) for b in range(e)] for e in range(EPOCHS)])
            self.assertGreater(summary["iterate"]["tokens_scored_anew"], 0)
            texts = (out / "epochs/2/subset.jsonl").read_bytes().splitlines()
            lines = self.data.read_bytes().splitlines()
            self.assertEqual(texts, [lines[row] for row in picks[2]])

    def test_the_scores_are_the_trained_models(self):
        out = self.folder / "scores"
        self.succeed("iterate", self.job(), "--out", out)
        for epoch in (1, 2):
            pool, scores, _ = self.epoch(out, epoch)
            subset = self.write("pool.jsonl", b"".join(self.data.read_bytes().splitlines(True)[row] for row in pool))
            job = self.write_job(f"name: again\ndata: {{ path: {subset} }}\nmodel: {{ path: {out}/checkpoints/epoch-{epoch}, template: chatml, dtype: fp32, max_length: 200 }}\nscore: [ifd_ppl]\n", "again.yaml")
            self.succeed("score", job, "--out", self.folder / f"again{epoch}")
            with h5py.File(self.folder / f"again{epoch}/scores.h5") as file:
                again = file[f"scores/epoch-{epoch}/ifd_ppl"][:]
            numpy.testing.assert_allclose(scores, again, rtol=1e-5)
            first = self.epoch(out, 0)[1][pool]
            self.assertGreater(numpy.abs(scores - first).max(), 1e-3)

    def published(self, out):
        files = [*out.glob("epochs/*/scores.h5"), *out.glob("epochs/*/selection.h5"), *out.glob("epochs/*/subset.*"), *out.glob("epochs/*/pool.*"), *out.glob("checkpoints/*/*")]
        return {str(file.relative_to(out)): file.read_bytes() for file in files if file.is_file()}

    def test_ranks_and_kills_change_no_byte(self):
        seed = int.from_bytes(os.urandom(4), "little")
        print("seed", seed, flush=True)
        chance = random.Random(seed)
        for dtype in ("bf16", "fp32"):
            job = self.job(dtype=dtype)
            began = time.monotonic()
            self.succeed("iterate", job, "--out", self.folder / f"{dtype}1", ranks=1)
            whole = time.monotonic() - began
            expected = self.published(self.folder / f"{dtype}1")
            self.assertIn("epochs/2/selection.h5", expected)
            for ranks in (2, 3):
                out = self.folder / f"{dtype}{ranks}"
                self.succeed("iterate", job, "--out", out, ranks=ranks)
                made = self.published(out)
                self.assertEqual({name for name in made.keys() | expected.keys() if made.get(name) != expected.get(name)}, set(), (dtype, ranks))
            for kill in range(4):
                out = self.folder / f"{dtype}killed{kill}"
                for _ in range(2):
                    ranks = chance.choice([1, 2])
                    end = time.monotonic() + chance.uniform(0.2, 1.0) * whole
                    program.run_killed(["iterate", job, "--out", out], ranks, lambda end=end: time.monotonic() >= end)
                self.succeed("iterate", job, "--out", out, ranks=chance.choice([1, 2, 3]))
                made = self.published(out)
                self.assertEqual({name for name in made.keys() | expected.keys() if made.get(name) != expected.get(name)}, set(), (dtype, kill))

    def test_run_iterates_where_the_job_says_so(self):
        job = self.job()
        self.succeed("run", job, "--out", self.folder / "run")
        self.assertTrue((self.folder / "run/epochs/2/selection.h5").exists())
        self.succeed("run", self.write_job(job.read_text().replace("update_ratio: 2.5, ", ""), "once.yaml"), "--out", self.folder / "once")
        self.assertFalse((self.folder / "once/epochs").exists())
        baseline = self.write_job(job.read_text().replace("update_ratio: 2.5", "strategy: baseline"), "baseline.yaml")
        self.succeed("iterate", baseline, "--out", self.folder / "baseline")
        self.assertEqual((self.folder / "baseline/checkpoints/final/model.safetensors").read_bytes(), (self.folder / "once/checkpoints/final/model.safetensors").read_bytes())

    def test_what_cannot_be_iterated_is_said(self):
        job = self.job()
        self.fail_with(2, "select.update_ratio", "random", arguments=["iterate", self.job("random", "seed: 1", name="random.yaml")])
        text = job.read_text()
        chain = self.write_job(text.replace("select: { method: iterit", "select:\n  - { filter: \"ifd_ppl < 1\" }\n  - { method: iterit").replace(", decay: 0.1 }", " }"), "chain.yaml")
        self.fail_with(2, "expected one step", arguments=["iterate", chain])
        self.fail_with(2, "finetune: missing", arguments=["iterate", self.write_job(text[:text.index("finetune:")], "none.yaml")])
        self.succeed("iterate", job, "--out", self.folder / "run")
        self.fail_with(2, "update_ratio of finetune was 2.5", arguments=["iterate", job, "--out", self.folder / "run", "--set", "select.update_ratio=2"])


if __name__ == "__main__":
    unittest.main()
