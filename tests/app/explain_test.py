"""`winnow explain`: what it says of every row, beside the files it is said from (h5py, numpy)."""
import json
import os
import unittest

import h5py
import numpy

import program
from explained_run import BAD, LONE, ROWS, ExplainTest


class Rows(ExplainTest):
    def test_numbers_are_the_stored_ones_with_their_percentiles(self):
        self.make()
        rows = self.every_row()
        with h5py.File(self.out / "scores.h5") as file:
            stored = {}
            for scorer, group in file["scores"].items():
                for name, column in group.items():
                    if not name.startswith("status_"):
                        statuses = group["status_ifd" if name == "ifd_ppl" else f"status_{name}"]
                        names = {value: key for key, value in h5py.check_enum_dtype(statuses.dtype).items()}
                        stored[scorer, name] = column[:], [names[s] for s in statuses[:]]
            words = file["rows/response_words"][:]
        self.assertEqual(sorted(stored), [("given", "ifd_ppl"), ("judge", "rating"), ("judge2", "other"), ("tagger", "n_tags")])
        for told in rows:
            row = told["row"]
            for (scorer, name), (values, status) in stored.items():
                defined = values[[s == "ok" for s in status]]
                number = told["scorers"][scorer][name]
                self.assertEqual(number["status"], status[row])
                if status[row] != "ok":
                    self.assertIsNone(number["value"])
                    self.assertNotIn("percentile", number)
                    continue
                self.assertEqual(number["value"], values[row])
                self.assertAlmostEqual(number["percentile"], 100 * numpy.mean(defined <= values[row]), places=9)
            if row == BAD:
                self.assertEqual(told["status"], "bad_row")
                self.assertIsNone(told["numbers"]["response_words"]["value"])
                continue
            self.assertEqual(told["id"], f"k{row}")
            own = json.loads(self.lines[row])
            self.assertEqual((told["instruction"], told.get("input", ""), told["output"]), (own["instruction"], own["input"], own["output"]))
            self.assertEqual(told["scorers"]["tagger"]["tags"], self.scores["tags"][row])
            good = numpy.delete(words, BAD)
            self.assertAlmostEqual(told["numbers"]["response_words"]["percentile"], 100 * numpy.mean(good <= words[row]), places=9)

    def test_picks_are_those_of_the_files(self):
        self.make()
        rows = self.every_row()
        for name in rows[0]["selections"]:
            file = self.selection(name)
            for told in rows:
                selection = told["selections"][name]
                places = [i + 1 for i, row in enumerate(file["row"]) if row == told["row"]]
                self.assertEqual(selection["rows"], len(file["row"]))
                if not places:
                    self.assertIsNone(selection["pick"])
                    continue
                self.assertEqual([selection["pick"], *selection.get("again_at", [])], places)
                for column in ("gain", "score", "diversity"):
                    self.assertEqual(selection.get(column), file[column][places[0] - 1] if column in file else None)
        self.assertTrue(any("again_at" in told["selections"]["repeats"] for told in rows))

    def test_rows_with_a_system_text_and_earlier_turns(self):
        chat = [{"messages": [{"role": "system", "content": "You are terse."}, {"role": "user", "content": "First?"}, {"role": "assistant", "content": "Once."},
                              {"role": "user", "content": f"Then {i}?"}, {"role": "assistant", "content": "Twice."}]} for i in range(4)]
        data = self.write("chat.jsonl", "".join(json.dumps(row) + "\n" for row in chat))
        self.job = self.write_job(f"data: {{ path: {data} }}\nselect: {{ method: random, budget: 2 }}\n")
        self.succeed("run", self.job, "--out", self.out)
        told = self.explain("--row", 2)["explained"][0]
        self.assertEqual((told["system"], told["instruction"], told["output"]), ("You are terse.", "Then 2?", "Twice."))
        self.assertEqual(told["history"], [{"role": "user", "text": "First?"}, {"role": "assistant", "text": "Once."}])
        self.assertEqual(self.explain("--sample", 3)["selections"]["random"]["top"][0]["history"], told["history"])
        text = self.succeed("explain", self.job, "--out", self.out, "--row", 2).stdout
        self.assertRegex(text, r"  system +You are terse\.\n  user +First\?\n  assistant +Once\.\n  instruction +Then 2\?\n  answer +Twice\.\n")
        text = self.succeed("explain", self.job, "--out", self.out, "--sample", 3).stdout
        self.assertIn("system: You are terse.\n             2 earlier turns, the last: Once.\n             Then ", text)

    def test_text(self):
        self.make()
        done = self.succeed("explain", self.job, "--out", self.out, "--row", LONE, "--row", BAD, ranks=2).stdout
        self.assertEqual(done.count(f"row {LONE} (k{LONE}) of {ROWS} rows"), 1)
        self.assertRegex(done, r"given\.ifd_ppl +0\.5 +\d+\.\d %")
        self.assertRegex(done, r"  ifd +not picked: score 0\.5, the last pick \(row \d+\) has 0\.\d+")
        self.assertRegex(done, rf"  chain +not picked, left out by step 3 of 3: `row != {LONE} and row < 46` does not hold: row = {LONE}\n")
        self.assertRegex(done, r"  all +pick 8 of 47\n")
        self.assertIn("judge.rating                         undefined: bad_row", done)

    def test_a_run_folder_stands_for_its_job(self):
        self.make()
        told = self.explain("--row", 5)
        self.assertEqual(self.explain("--row", 5, of=self.out), told)
        self.fail_with(2, "budget", arguments=["run", self.job, "--out", self.out, "--set", "selections.ifd.budget=0"])
        self.fail_with(3, "budget", arguments=["run", self.job, "--out", self.out, "--set", "selections.ifd.budget=47"])
        self.assertEqual(self.explain("--row", 5, of=self.out), told)  # By the job that finished.

    def test_a_run_folder_of_a_job_with_relative_paths(self):
        self.write("job/data/rows.jsonl", "\n".join(self.lines) + "\n")
        self.write("job/scores.json", json.dumps(self.scores))
        job = self.write("job/job.yaml", "name: relative\ndata: { path: data/rows.jsonl, id: key }\n"
                         "scorers: { given: { import: ./scores.json, key: rating, as: rating } }\n"
                         "selections: { top: { method: top, score: rating, budget: 9 } }\n")
        self.succeed("run", job, "--out", self.out)
        told = json.loads(self.succeed("explain", job, "--out", self.out, "--row", 5, "--json").stdout)
        for folder in (self.folder, self.out, job.parent):  # Wherever one stands.
            done = program.run(["explain", os.path.relpath(self.out, folder), "--row", "5", "--json"], cwd=folder)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(json.loads(done.stdout)["explained"], told["explained"])
        self.assertEqual(len(json.loads(self.succeed("explain", self.out, "--sample", 6, "--json").stdout)["selections"]["top"]["top"]), 2)
        with open(self.out / "manifest.json") as file:
            manifest = json.load(file)
        self.assertEqual(manifest["invocations"][0].pop("job_folder"), str(job.parent))
        (self.out / "manifest.json").write_text(json.dumps(manifest))
        self.fail_with(2, "notes no folder", f"--out {self.out}", arguments=["explain", self.out, "--row", 5])

    def test_selections_that_are_not_made_or_made_otherwise(self):
        self.make()
        files = program.published(self.out)
        (self.out / "selection/random.h5").unlink()
        told = self.explain("--row", 5, "--set", "selections.ifd.budget=3")["explained"][0]["selections"]
        self.assertEqual((told["ifd"]["state"], told["random"]["state"], told["iterit"]["state"]), ("outdated", "missing", "current"))
        self.assertNotIn("why", told["ifd"])
        self.assertNotIn("pick", told["random"])
        text = self.succeed("explain", self.job, "--out", self.out, "--row", 5, "--set", "selections.ifd.budget=3").stdout
        self.assertRegex(text, r"  random +not made yet\n")
        self.assertRegex(text, r"  ifd .*\(made from other scores or settings than the job's\)\n")
        del files["selection/random.h5"]
        self.assertEqual(program.published(self.out), files)

    def test_what_is_asked_wrongly(self):
        self.make()
        ask = ["explain", self.job, "--out", self.out]
        self.fail_with(2, f"--row {ROWS}", f"0 to {ROWS - 1}", arguments=[*ask, "--row", ROWS])
        for wrong in (-1, 1.5, "x", "", 2 ** 70):
            self.fail_with(2, "--row", str(wrong), arguments=[*ask, "--row", wrong])
        self.assertNotIn("1844674", self.fail_with(2, "'-1': expected a row's number, 0 or more", arguments=[*ask, "--row", -1]).stderr)
        self.fail_with(2, "--row", "--sample", arguments=ask)
        self.fail_with(2, "--row", "--sample", arguments=[*ask, "--row", 1, "--sample", 3])
        self.fail_with(2, "--sample", arguments=[*ask, "--sample", 0])
        self.fail_with(2, "--out", "run folder", arguments=["explain", self.out, "--out", self.out, "--row", 1])
        self.fail_with(2, self.folder, "not a run folder", arguments=["explain", self.folder, "--row", 1])
        self.fail_with(2, "nothing.yaml", arguments=["explain", self.folder / "nothing.yaml", "--row", 1])
        (self.out / "manifest.json").write_text('{"invocations": [{}]}')
        self.fail_with(5, "manifest.json", "damaged", arguments=["explain", self.out, "--row", 1])

    def test_runs_that_are_not_finished(self):
        self.make()
        other = self.folder / "other"
        self.fail_with(5, "index.h5", arguments=["explain", self.job, "--out", other, "--row", 1])
        self.assertFalse(other.exists())
        self.succeed("index", self.job, "--out", other)
        self.fail_with(5, "scores.h5", arguments=["explain", self.job, "--out", other, "--row", 1])
        self.succeed("score", self.job, "--out", other)
        told = json.loads(self.succeed("explain", other, "--row", 1, "--json").stdout)["explained"][0]["selections"]
        self.assertEqual({selection["state"] for selection in told.values()}, {"missing"})
        data = self.folder / "rows.jsonl"
        data.write_bytes(data.read_bytes().replace(b"number 1.", b"number 0."))
        self.fail_with(2, "rows.jsonl", arguments=["explain", other, "--row", 1])


if __name__ == "__main__":
    unittest.main()
