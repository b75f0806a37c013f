"""A second command in a finished folder: what has changed is made again, what has not stays, and nothing of an earlier setting is
taken for current (promise 3)."""
import json
import shlex
import signal
import time
import unittest

import program
import tiny_job
import tiny_model

IMPORTS = """
data: {{ path: {data} }}
scorers: {{ given: {{ import: {scores}, key: first, as: ifd_ppl }} }}
tfidf: {{ dump: true }}
selections:
  plain: {{ method: iterit, budget: 5 }}
  faithful: {{ method: iterit, budget: 5, faithful: true, eos_text: "<end>" }}
"""


class Rerun(program.ProgramTest):
    def rerun_equals_fresh(self, job, *changes):
        """The folder `run`, run again with `changes`, is what they give in a new folder."""
        self.succeed("run", job, "--out", self.folder / "run", *changes, ranks=2)
        fresh = self.folder / f"fresh{len(list(self.folder.glob('fresh*')))}"
        self.succeed("run", job, "--out", fresh, *changes)
        for file in ["scores.h5", "tfidf.h5", *(f"selection/{name}" for name in program.published(fresh) if name.startswith("selection"))]:
            path = file.replace("selection/selection/", "selection/")
            if (fresh / path).exists():
                self.assertEqual((self.folder / "run" / path).read_bytes(), (fresh / path).read_bytes(), f"{path} after {changes}")

    def imports(self):
        scores = {"first": [0.1 + i / 100 for i in range(40)], "second": [0.9 - i / 100 for i in range(40)]}
        return self.write_job(IMPORTS.format(data=self.write_rows(40), scores=self.write("scores.json", json.dumps(scores))))

    def test_another_key_of_the_imported_file(self):
        job = self.imports()
        self.rerun_equals_fresh(job)
        self.rerun_equals_fresh(job, "--set", "scorers.given.key=second")

    def test_the_dump_is_the_first_iterit_selections_whatever_ran_before(self):
        job = self.imports()
        self.rerun_equals_fresh(job)
        self.rerun_equals_fresh(job, "--set", "selections.plain.budget=7")  # The other one stays.
        self.rerun_equals_fresh(job)
        self.rerun_equals_fresh(job, "--set", "selections.faithful.budget=6")

    def test_a_damaged_subset_is_written_again(self):
        job = self.imports()
        self.rerun_equals_fresh(job)
        subset = self.folder / "run/selection/plain.jsonl"
        subset.write_bytes(subset.read_bytes()[:10])
        self.rerun_equals_fresh(job)

    def test_an_override_changes_one_place_of_several_that_share_an_anchor(self):
        job = self.write_job(f"data: {{ path: {self.write_rows(20)} }}\nselections:\n  a: &shared {{ method: random, budget: 5 }}\n  b: *shared\n")
        done = self.succeed("run", job, "--out", self.folder / "run", "--set", "selections.a.budget=7", "--json")
        self.assertEqual([s["rows"] for s in json.loads(done.stdout)["selections"].values()], [7, 5])

    def test_a_failed_command_leaves_no_summary_of_an_earlier_one(self):
        job = self.imports()
        self.succeed("run", job, "--out", self.folder / "run")
        self.fail_with(3, "budget", arguments=["run", job, "--out", self.folder / "run", "--set", "selections.plain.budget=1000"])
        self.assertFalse((self.folder / "run/summary.json").exists())

    def test_the_next_command_works_as_it_is_printed(self):
        for job in (self.imports(), self.write_job(f"name: all\ndata: {{ path: {self.folder / 'rows.jsonl'} }}\nselect: {{ method: vanilla }}\n", "all of it.yaml")):
            self.succeed("run", job, "--out", self.folder / f"run of {job.stem}")
            after = json.loads((self.folder / f"run of {job.stem}/summary.json").read_text())["next"]
            words = shlex.split(after[: after.index(" (")])
            self.assertEqual(words[0], "./winnow")
            self.succeed(*words[1:])

    def test_the_next_command_after_answers_works_as_it_is_printed(self):
        model = tiny_model.make(self.folder / "model", 256)
        for name, sampling in (("greedy", ""), ("sampled", ", temperature: 0.5, seed: 4")):
            job = self.write_job(f"data: {{ path: {self.write_rows(4)} }}\nmodel: {{ path: {model}, template: chatml }}\ngenerate: {{ max_new_tokens: 3{sampling} }}\n", f"{name}.yaml")
            out = self.folder / name
            self.succeed("generate", job, "--out", out)
            after = json.loads((out / "summary.json").read_text())["next"]
            self.succeed(*shlex.split(after[: after.index(" (")])[1:])
            self.assertEqual(len(list((out / "replies").glob("*.jsonl"))), 2)
            self.assertEqual("temperature" in after, name == "greedy", after)

    def test_rows_that_came_while_the_data_was_indexed_are_seen_by_the_next_command(self):
        """The first of two files grows while the second one is read."""
        first = self.write_rows(5, "a.jsonl")
        second = self.write("b.jsonl", '{"instruction": "x", "output": "' + 1000 * "word " + '"}\n')
        second.write_bytes(second.read_bytes() * 12000)
        job = self.write_job(f"data: {{ path: [{first}, {second}] }}\nselect: {{ method: vanilla }}\n")
        out = self.folder / "run"
        process = program.start(["index", job, "--out", out])
        while process.poll() is None and (program.bytes_read(process, second) or 0) < 3 << 20:  # More than what tells the layout.
            pass
        process.send_signal(signal.SIGSTOP)
        self.assertIsNone(process.poll())
        self.assertFalse((out / "index.h5").exists())
        with open(first, "a") as file:
            file.write('{"instruction": "late", "output": "row"}\n')
        process.send_signal(signal.SIGCONT)
        _, errors = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0, errors)
        self.assertIn("the data changed while it was read", errors)
        self.assertEqual(json.loads((out / "summary.json").read_text())["rows"], 12005)
        self.fail_with(2, "a.jsonl has", "row 5 is not as it was", arguments=["index", job, "--out", out])
        first.write_text("".join(first.read_text().splitlines(True)[:5]))
        self.assertNotIn("changed", self.succeed("index", job, "--out", out).stderr)

    def test_an_edited_template_is_another_setting(self):
        model = tiny_model.make(self.folder / "model", 256)
        form = {key: "" for key in ("start", "system_open", "system_close", "no_system", "own_system", "assistant_open", "assistant_close", "direct_open")}
        form |= {"format": "winnow chat form 1", "name": "own-form", "source": "{{ made up }}", "user_open": "Q: ", "user_close": "\n",
                 "answer_open": "A: ", "answer_close": "\n", "system_place": "dropped",
                 "trim_system": False, "trim_user": False, "trim_assistant": False, "trim_answer": False}
        settings = json.loads((model / "tokenizer_config.json").read_text()) if (model / "tokenizer_config.json").exists() else {}
        (model / "tokenizer_config.json").write_text(json.dumps(settings | {"chat_template": form["source"]}))
        (model / "winnow_template.json").write_text(json.dumps(form))
        job = self.write_job(f"data: {{ path: {self.write_rows(6)} }}\nmodel: {{ path: {model}, template: auto, max_length: 100 }}\nselect: {{ method: ifd, budget: 1 }}\n")
        self.succeed("score", job, "--out", self.folder / "run")
        (model / "winnow_template.json").write_text(json.dumps(form | {"answer_open": "Answer: "}))
        self.fail_with(2, "template_texts", arguments=["score", job, "--out", self.folder / "run"])

    def test_other_weights_of_the_same_size_are_another_setting(self):
        job = tiny_job.write(self, rows=8)
        self.succeed("score", job, "--out", self.folder / "run")
        weights = self.folder / "tiny-model/model.safetensors"
        content = bytearray(weights.read_bytes())
        content[-1] ^= 1
        weights.write_bytes(content)
        self.fail_with(2, "model of scorer", arguments=["score", job, "--out", self.folder / "run"])

    def test_rows_that_the_template_refuses_can_be_skipped(self):
        turns = [{"role": "user", "content": "a"}, {"role": "system", "content": "b"}, {"role": "user", "content": "c"}, {"role": "assistant", "content": "alpha beta gamma"}]
        data = self.write("rows.jsonl", "".join(json.dumps({"messages": t}) + "\n" for t in (turns[2:], turns, turns[2:])))
        model = tiny_model.make(self.folder / "model", 256)
        job = self.write_job(f"data: {{ path: {data} }}\nmodel: {{ path: {model}, template: chatml }}\nselect: {{ method: vanilla }}\n")
        self.fail_with(3, "row 1", "system message", arguments=["run", job, "--out", self.folder / "strict"])
        done = self.succeed("run", job, "--out", self.folder / "run", "--set", "data.on_bad_row=skip", "--json")
        self.assertEqual(json.loads(done.stdout)["status"]["model"]["cond"], {"ok": 2, "template_refused": 1})


class Stopped(program.ProgramTest):
    def test_one_line_and_the_rows_that_were_scored(self):
        job = tiny_job.write(self, rows=4000, block_rows=2)
        out = self.folder / "run"
        process = program.start(["run", job, "--out", out], ranks=3, start_new_session=True)
        deadline = time.monotonic() + 60
        while not list(out.rglob("*.seg")) and process.poll() is None and time.monotonic() < deadline:
            pass
        process.send_signal(signal.SIGUSR1)  # mpirun hands it on to every rank.
        _, errors = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 75, errors)
        self.assertEqual(len([line for line in errors.splitlines() if line.startswith("winnow: ")]), 1, errors)
        record = out / "log/winnow.log"
        shown = [line for line in record.read_text().splitlines() if " rows in " in line]
        done = self.succeed("run", job, "--out", out, "--json", ranks=2)
        kept = json.loads(done.stdout)["scorers"]["tiny-model"]["rows_already_done"]
        self.assertEqual(len(shown), 1, record.read_text())
        self.assertIn(f" {kept} rows in ", shown[0])
        self.assertLess(kept, 4000)


if __name__ == "__main__":
    unittest.main()
