"""`winnow generate`: the same replies on any number of ranks, greedy and sampled; killed and resumed; statuses; stop strings; bad job keys."""
import json
import unittest

import program
import tiny_model

GREEDY = "max_new_tokens: 24"
SAMPLED = "max_new_tokens: 24, temperature: 0.9, top_p: 0.95, top_k: 50, repetition_penalty: 1.1, seed: 7"
JOB = """
name: tiny
data: {{ path: {data} }}
model: {{ path: {model}, template: chatml, dtype: {dtype} }}
generate: {{ {keys}, block_rows: {block_rows} }}
"""


class Generate(program.ProgramTest):
    def job(self, keys, rows=60, block_rows=4, dtype="bf16", data=None):
        if not hasattr(self, "model"):
            self.model = tiny_model.make(self.folder / "tiny-model")
        data = data or self.write_rows(rows)
        return self.write_job(JOB.format(data=data, model=self.model, keys=keys, block_rows=block_rows, dtype=dtype))

    def replies(self, job, out, ranks=1, more=()):
        self.succeed("generate", job, "--out", self.folder / out, *more, ranks=ranks)
        return (self.folder / out / "replies/tiny-model.jsonl").read_bytes()

    def summary(self, out):
        return json.loads((self.folder / out / "summary.json").read_text())["generations"]["tiny-model"]

    def lines(self, replies):
        return [json.loads(line) for line in replies.splitlines()]

    def test_replies_do_not_depend_on_ranks(self):
        for name, keys, dtype in (("greedy", GREEDY, "bf16"), ("sampled", SAMPLED, "bf16"), ("fp32", SAMPLED, "fp32")):
            job = self.job(keys, dtype=dtype)
            alone = self.replies(job, f"{name}1")
            for ranks in (2, 3):
                self.assertEqual(self.replies(job, f"{name}{ranks}", ranks), alone, f"{name}, {ranks} ranks")
            rows = self.lines(alone)
            self.assertEqual([row["row"] for row in rows], list(range(60)))
            self.assertEqual({row["status"] for row in rows}, {"ok"})
            self.assertGreater(len({row["text"] for row in rows}), 40)
            self.assertEqual(self.summary(f"{name}1")["status"], {"ok": 60})

    def test_a_seed_is_a_text_and_another_seed_another(self):
        first = self.replies(self.job(SAMPLED), "seven")
        other = self.replies(self.job(SAMPLED.replace("seed: 7", "seed: 8")), "eight")
        differ = sum(a["text"] != b["text"] for a, b in zip(self.lines(first), self.lines(other)))
        self.assertGreater(differ, 40)

    def test_a_row_is_answered_alike_in_any_block(self):
        """What shares a batch changes last bits only: greedy answers of fp32 are the same."""
        small = self.lines(self.replies(self.job(GREEDY, block_rows=3, dtype="fp32"), "small"))
        large = self.lines(self.replies(self.job(GREEDY, block_rows=60, dtype="fp32"), "large"))
        self.assertGreaterEqual(sum(a["ids"] == b["ids"] for a, b in zip(small, large)), 59)

    def test_killed_anywhere_it_goes_on(self):
        job = self.job(SAMPLED.replace("24", "60"), rows=240)
        expected = self.replies(job, "whole", 2)
        for kill in range(3):
            out = self.folder / f"killed{kill}"
            program.kill_when_begun(["generate", job, "--out", out], 3, out / "replies/tiny-model/journal/tiny-model", 4000 * (kill + 1))
            self.assertFalse((out / "replies/tiny-model.jsonl").exists())
            ranks = (1, 2, 4)[kill]
            self.assertEqual(self.replies(job, f"killed{kill}", ranks), expected)
            kept = self.summary(f"killed{kill}")["rows_already_done"]
            self.assertGreater(kept, 0)
            print(f"kill {kill}: {kept} of 240 rows kept, resumed on {ranks}: equal", flush=True)

    def test_a_second_run_generates_nothing_and_leaves_the_bytes(self):
        job = self.job(GREEDY)
        first = self.replies(job, "run")
        file = self.folder / "run/replies/tiny-model.jsonl"
        made = file.stat()
        self.assertEqual(self.replies(job, "run", 2), first)
        self.assertEqual((file.stat().st_ino, file.stat().st_mtime_ns), (made.st_ino, made.st_mtime_ns))
        self.assertEqual(self.summary("run")["rows_already_done"], 60)
        self.assertNotIn("tokens_generated", self.summary("run"))
        self.assertEqual(self.summary("run")["status"], {"ok": 60})
        file.write_bytes(first[:100])
        self.assertEqual(self.replies(job, "run"), first)

    def test_other_settings_need_another_name(self):
        self.replies(self.job(GREEDY), "run")
        job = self.job(SAMPLED)
        self.fail_with(2, "temperature", "was 0.0", arguments=["generate", job, "--out", self.folder / "run"])
        self.succeed("generate", job, "--out", self.folder / "run", "--set", "generate.name=warm")
        self.assertTrue((self.folder / "run/replies/warm.jsonl").exists())
        self.assertTrue((self.folder / "run/replies/tiny-model.jsonl").exists())

    def test_statuses_say_why_there_is_no_answer(self):
        rows = [{"instruction": "Short.", "output": ""}, {"instruction": "long " * 400, "output": ""}, {"instruction": 5, "output": ""},
                {"instruction": "nearly " * 20, "output": "x"}]
        data = self.write("odd.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
        job = self.job("max_new_tokens: 300")
        job.write_text(job.read_text().replace(f"path: {self.folder / 'rows.jsonl'}", f"path: {data}, on_bad_row: skip"))
        found = self.lines(self.replies(job, "run"))
        self.assertEqual([row["status"] for row in found], ["ok", "prompt_too_long", "bad_row", "ok"])
        for row in found[1:3]:
            self.assertIsNone(row["text"])
            self.assertIsNone(row["ids"])
        for row in (found[0], found[3]):
            if row["end"] == "max_length":
                self.assertEqual(row["prompt_tokens"] + len(row["ids"]), 256)
        self.assertIn("max_length", [row["end"] for row in found])

    def test_stop_strings_cut_the_text_and_max_new_tokens_the_ids(self):
        whole = self.lines(self.replies(self.job(GREEDY), "whole"))
        self.assertEqual({len(row["ids"]) for row in whole if row["end"] == "max_new_tokens"}, {24})
        row, stop = next((row, row["text"][at:at + 3]) for row in whole for at in range(2, len(row["text"]) - 2) if row["text"][at:at + 3].isascii())
        cut = self.lines(self.replies(self.job(GREEDY + ", stop: " + json.dumps([stop])), "cut"))
        for before, after in zip(whole, cut):
            at = before["text"].find(stop)
            if at < 0 and after["end"] != "stop_string":
                self.assertEqual(after, before)
            elif "\ufffd" not in before["text"]:
                self.assertEqual((after["end"], after["text"]), ("stop_string", before["text"][:at]))
                self.assertEqual(after["ids"], before["ids"][:len(after["ids"])])
        self.assertEqual(cut[row["row"]]["end"], "stop_string")

    def test_questions_of_its_own_need_no_answers(self):
        questions = self.write("questions.jsonl", "".join(json.dumps({"question_id": i, "text": f"What is {i}?"}) + "\n" for i in range(9)))
        job = self.job(f"data: {{ path: {questions}, fields: {{ instruction: text }} }}, {GREEDY}")
        replies = self.replies(job, "run", 2)
        self.assertEqual(len(self.lines(replies)), 9)
        self.assertFalse((self.folder / "run/index.h5").exists())  # the job's own data is not needed
        self.succeed("run", job, "--out", self.folder / "all", "--set", "score=[ppl_cond]")
        self.assertEqual((self.folder / "all/replies/tiny-model.jsonl").read_bytes(), replies)
        lines = questions.read_text().splitlines(True)
        questions.write_text("".join(lines) + lines[0].replace("What is 0", "Who is X"))
        grown = self.lines(self.replies(job, "run", 3))
        self.assertEqual(self.summary("run")["rows_already_done"], 8)  # the last block of 1 row has grown to 2
        self.assertEqual(grown[:8], self.lines(replies)[:8])
        self.assertEqual(grown, self.lines(self.replies(job, "anew")))
        questions.write_text("".join(lines[1:]))
        self.fail_with(2, "other data", arguments=["generate", job, "--out", self.folder / "run"])

    def test_rows_without_answers_are_questions_of_their_own_data_only(self):
        data = self.write("some.jsonl", "".join(json.dumps(row) + "\n" for row in ({"instruction": "a", "output": "b"}, {"instruction": "c"})))
        job = self.job(GREEDY, data=f"{data}, on_bad_row: skip")
        self.assertEqual([row["status"] for row in self.lines(self.replies(job, "run"))], ["ok", "bad_row"])
        job = self.job(f"{GREEDY}, data: {data}", data=f"{data}, on_bad_row: skip")
        self.fail_with(2, "data of generation 'tiny-model'", "another generate.name or --out", arguments=["generate", job, "--out", self.folder / "run"])
        self.assertEqual([row["status"] for row in self.lines(self.replies(job, "other"))], ["ok", "ok"])

    def test_questions_in_either_form_take_over_what_the_job_does_with_bad_rows(self):
        questions = self.write("questions.jsonl", '{"instruction": "a"}\n7\n{"instruction": "' + 300 * "b " + '"}\n')
        for name, form in (("short", str(questions)), ("map", f"{{ path: {questions} }}"), ("own", f"{{ path: {questions}, max_row_bytes: 9000 }}")):
            job = self.job(f"{GREEDY}, data: {form}", data=f"{self.write_rows(3)}, on_bad_row: skip, max_row_bytes: 500")
            found = [row["status"] for row in self.lines(self.replies(job, name))]
            self.assertEqual(found, ["ok", "bad_row", "bad_row" if name != "own" else "prompt_too_long"], name)
        job = self.job(f"{GREEDY}, data: {{ path: {questions}, on_bad_row: error }}", data=f"{self.write_rows(3)}, on_bad_row: skip")
        self.fail_with(3, "questions.jsonl", "row 1", arguments=["generate", job, "--out", self.folder / "strict"])

    def test_paths_of_the_command_line_start_at_the_current_folder(self):
        here = self.folder / "here"
        self.write("here/q.jsonl", '{"instruction": "a"}\n')
        self.write("here/r.jsonl", '{"instruction": "b", "output": "c"}\n' * 2)
        job = self.job(GREEDY)
        tiny_model.make(here / "tiny-model")
        for data, rows in (("generate.data=q.jsonl", 1), ("generate.data=[q.jsonl, r.jsonl]", 3), ("generate.data={path: q.jsonl}", 1),
                           ("generate={data: {path: [r.jsonl]}, max_new_tokens: 2}", 2), ("data={path: r.jsonl}", 2), ("data.path=[r.jsonl]", 2)):
            out = self.folder / f"run{rows}{len(data)}"
            more = ["--set", data, "--set", "model.stage=scratch", "--set", "model.path=tiny-model", "--set", "name=relative"]
            done = program.run(["generate", job, "--out", out, *more], cwd=here)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(len((out / "replies/tiny-model.jsonl").read_text().splitlines()), rows, data)
            noted = json.loads((out / "manifest.json").read_text())["invocations"][0]["job"]
            self.assertIn(f"{here}/{'q' if 'q.' in data else 'r'}.jsonl", noted)
        self.assertTrue(list((here / "scratch").glob("winnow-*")))
        scores = self.write("here/s.json", "[0.5, 0.6]")
        done = program.run(["run", job, "--out", self.folder / "imported", "--set", "model=", "--set", "generate=", "--set", "data.path=r.jsonl",
                            "--set", f"scorers={{x: {{import: {scores.name}, as: ifd_ppl}}}}"], cwd=here)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_bad_keys(self):
        for keys, place in (("max_new_token: 5", "generate.max_new_token: unknown key; nearest valid key is 'max_new_tokens'"),
                            ("max_new_tokens: 0", "generate.max_new_tokens: found '0'"), ("temperature: -1", "generate.temperature"),
                            ("temperature: 1, top_p: 0", "generate.top_p"), ("temperature: 1, top_p: 1.5", "generate.top_p"),
                            ("top_p: 0.9", "generate.top_p: given, but without a temperature"), ("seed: 1", "generate.seed: given"),
                            ("repetition_penalty: 0", "generate.repetition_penalty"), ("stop: ['']", "generate.stop"),
                            ("scorer: other", "generate.scorer: found 'other'"), ("name: ../x", "generate.name"),
                            ("name: x.jsonl", "generate.name: 'x.jsonl' holds .jsonl"), ("name: x.jsonl.part", "generate.name"),
                            ("data: ''", "generate.data")):
            self.fail_with(2, place, arguments=["generate", self.job(keys), "--out", self.folder / "run"])
        self.fail_with(3, "missing.jsonl", arguments=["generate", self.job(f"data: missing.jsonl, {GREEDY}"), "--out", self.folder / "gone"])
        job = self.job(GREEDY)
        job.write_text("".join(line for line in job.read_text().splitlines(True) if not line.startswith("generate")))
        self.fail_with(2, "generate: missing", arguments=["generate", job, "--out", self.folder / "run"])
        job = self.job(GREEDY)
        job.write_text("".join(line for line in job.read_text().splitlines(True) if not line.startswith("model")))
        self.fail_with(2, "the job opens no model", arguments=["generate", job, "--out", self.folder / "run"])

    def test_check_says_what_would_be_done(self):
        result = self.succeed("generate", self.job(SAMPLED), "--check")
        self.assertIn("at most 24 new tokens, temperature 0.9", result.stdout)


if __name__ == "__main__":
    unittest.main()
