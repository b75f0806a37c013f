"""Rules of selections that readers and breakers found broken once."""
import json
import unittest

import h5py

import program
import tiny_model


class SelectionRules(program.ProgramTest):
    def run_job(self, text, *options, ranks=1):
        done = self.succeed("run", self.write_job(text), "--out", self.folder / "run", "--json", *options, ranks=ranks)
        return json.loads(done.stdout)

    def picks(self, name):
        with h5py.File(self.folder / f"run/selection/{name}.h5") as file:
            return file["row"][:].tolist()

    def lines(self, name, rows):
        return self.write(name, "".join(json.dumps(row) + "\n" for row in rows))

    def test_a_row_whose_tokens_are_not_known_is_not_bought_for_nothing(self):
        talk = [{"role": "user", "content": "Say something about the weather today."}, {"role": "assistant", "content": "It is mild and dry."}]
        odd = [*talk, {"role": "system", "content": "Be brief."}, *talk]  # The template writes a system message in front only.
        data = self.lines("talks.jsonl", [{"messages": odd if row % 2 else talk} for row in range(8)])
        model = tiny_model.make(self.folder / "tiny-model", 256)
        summary = self.run_job(f"data: {{ path: {data}, on_bad_row: skip }}\nmodel: {{ path: {model}, template: llama-3 }}\nscore: [length]\n"
                               "selections:\n  some: { method: random, budget: 400 tokens }\n  all: { method: vanilla }\n", ranks=2)
        refused = [row for row in range(8) if row % 2]
        with h5py.File(self.folder / "run/scores.h5") as file:
            tokens = file["scores/tiny-model/n_tokens"][:].tolist()
        self.assertEqual([row for row in range(8) if tokens[row] == 0], refused)
        self.assertEqual(set(self.picks("some")) & set(refused), set())
        self.assertEqual(summary["selections"]["some"]["eligible"], 4)
        self.assertEqual(summary["status"]["tiny-model"]["n_tokens"], {"ok": 4, "template_refused": 4})
        self.assertEqual(summary["selections"]["all"]["rows_without_tokens"], 4)

    def test_duplicates_are_told_by_all_that_was_said(self):
        cats, atoms = [["What purrs?", "A cat."], ["Does it swim?", "Rarely, and not gladly."]], [["What is small?", "An atom."], ["How small is it?", "Very small indeed."]]
        last = {"instruction": "and then?", "input": "", "output": "Then nothing more happens, and everybody goes home."}
        asked = {"instruction": "Translate the following sentence from English into French please", "output": "See below for the translation."}
        data = self.lines("rows.jsonl", [last | {"history": cats}, last | {"history": atoms}, last | {"history": cats}] +
                          [asked | {"input": text} for text in ("The cat sleeps.", "Atoms are very small things.", "Rain falls on the old roof.", "The cat sleeps.")])
        self.run_job(f"data: {{ path: {data} }}\nselections:\n  whole: {{ method: deduplicate, ngram: 2 }}\n  requests: {{ method: deduplicate, text: instruction, ngram: 2 }}\n")
        self.assertEqual(self.picks("whole"), [0, 1, 3, 4, 5])
        self.assertEqual(self.picks("requests"), [0, 3, 4, 5])

    def test_strata_of_superfiltering_d_stay_within_the_share(self):
        rows = 200
        data = self.lines("rows.jsonl", [{"instruction": f"Question {i}", "output": f"Answer {i} of many", "kind": "ab"[i % 2]} for i in range(rows)])
        ifd = [(i * 37 % rows + 0.5) / rows for i in range(rows)]
        self.write("ifd.json", json.dumps(ifd))
        model = tiny_model.make(self.folder / "tiny-model", 256)
        self.run_job(f"data: {{ path: {data} }}\nscorers:\n  given: {{ import: ifd.json, as: ifd_ppl }}\n"
                     f"  tiny: {{ path: {model}, template: bare, score: [embedding] }}\n"
                     "selections:\n  strata: { method: superfiltering_d, ifd_share: 20%, budget: 10%, stratify: kind }\n", ranks=2)
        best = set(sorted(range(rows), key=lambda i: -ifd[i])[:rows // 5])
        self.assertEqual(len(self.picks("strata")), 20)
        self.assertEqual(set(self.picks("strata")) - best, set())

    def test_an_import_may_have_any_name_but_those_of_the_rows(self):
        data = self.write_rows(4)
        self.write("four.json", "[4, 3, 2, 1]")
        job = f"data: {{ path: {data} }}\nscorers:\n  mine: {{ import: four.json, as: NAME }}\nselect: {{ method: top, score: SCORE, budget: 1 }}\n"
        for name in ("row", "turns", "bytes", "instruction_words", "response_words", "n_tokens", "n_cond"):
            self.fail_with(2, f"scorers.mine.as: '{name}'", arguments=["run", self.write_job(job.replace("NAME", name).replace("SCORE", name)), "--out", self.folder / "run"])
        for name, written in (("n_words", "n_words"), ("my-score", "my_score"), ("my-score", "mine.my_score")):
            self.run_job(job.replace("NAME", name).replace("SCORE", written))
            self.assertEqual(self.picks("top"), [0], written)

    def test_scorers_that_expressions_write_alike(self):
        data = self.write_rows(4)
        self.write("a.json", "[4, 3, 2, 1]")
        self.write("b.json", "[1, 2, 3, 4]")
        job = f"data: {{ path: {data} }}\nscorers: {{ a-b: {{ import: a.json, as: v }}, a_b: {{ import: b.json, as: v }} }}\nselect: {{ method: top, budget: 1, score: "
        self.fail_with(2, "select.score: a_b.v is how the numbers of several scorers are written: expected `scorer:` naming one of 'a-b', 'a_b'",
                       arguments=["run", self.write_job(job + "a_b.v }\n"), "--out", self.folder / "run"])
        self.run_job(job + "v, scorer: a_b }\n")
        self.assertEqual(self.picks("top"), [3])

    def test_a_row_with_very_many_tags_is_one_among_others(self):
        data = self.write_rows(3)
        self.write("tags.json", json.dumps([[f"tag{i}" for i in range(100_000)], ["one", "two"], None]))
        self.run_job(f"data: {{ path: {data} }}\nscorers: {{ t: {{ import: tags.json, as: tags }} }}\nselect: {{ method: instag, budget: 2 }}\n", ranks=2)
        self.assertEqual(self.picks("instag"), [0, 1])

    def test_sizes_may_have_units(self):
        data = self.lines("rows.jsonl", [{"instruction": "x", "output": "y" * 5000}])
        for size in ("4096", "4 KiB", "4KiB"):
            job = self.write_job(f"data: {{ path: {data}, max_row_bytes: {size} }}\nselect: {{ method: random, budget: 1 }}\n")
            self.fail_with(3, "more than 4096 bytes", arguments=["run", job, "--out", self.folder / "run"])
        self.run_job(f"data: {{ path: {data}, max_row_bytes: 1 MiB }}\nmemory: 1 GiB\nselect: {{ method: random, budget: 1 }}\n")

    def test_keys_that_change_nothing(self):
        data = self.write_rows(4)
        self.write("four.json", "[0.4, 0.3, 0.2, 0.1]")
        for setting, said in (("superfiltering, faithful: true", "select.faithful: given, but superfiltering takes no faithful"),
                              ("cherry, version: 2, faithful: true", "select.faithful: given, but `version: 2` has no other way")):
            for name in ("ifd_ppl", "ifd_loss"):
                job = self.write_job(f"data: {{ path: {data} }}\nscorers: {{ a: {{ import: four.json, as: ifd_ppl }}, b: {{ import: four.json, as: ifd_loss }} }}\n"
                                     f"select: {{ method: {setting}, budget: 1 }}\n")
                self.fail_with(2, said, arguments=["run", job, "--out", self.folder / "run"])

    def test_a_field_that_groups_nothing_is_no_field_of_strata(self):
        rows = 10_001
        data = self.lines("rows.jsonl", [{"instruction": "x", "output": "y", "number": i, "kind": i % 7} for i in range(rows)])
        job = f"data: {{ path: {data} }}\nselect: {{ method: random, budget: 70, stratify: FIELD }}\n"
        self.fail_with(3, "select.stratify: the field 'number' has at least 10001 values, expected one that groups the rows, with at most 10000",
                       arguments=["run", self.write_job(job.replace("FIELD", "number")), "--out", self.folder / "run"])
        self.run_job(job.replace("FIELD", "kind"))
        self.assertEqual(len(self.picks("random")), 70)

    def test_a_filter_says_whose_number_it_read(self):
        data = self.write_rows(4)
        self.write("a.json", "[1, 0, 0, 0]")
        self.write("b.json", "[0, 1, 1, 1]")
        self.run_job(f"data: {{ path: {data} }}\nscorers: {{ a: {{ import: a.json, as: sc }}, b: {{ import: b.json, as: sc }} }}\n"
                     "selections: { kept: [ { filter: sc > 0.6, scorer: b } ] }\n")
        self.assertEqual(self.picks("kept"), [1, 2, 3])
        with h5py.File(self.folder / "run/selection/kept.h5") as file:
            self.assertEqual(json.loads(file.attrs["steps"])[0]["scorer"], "b")
            self.assertEqual(file.attrs["parameter_scorer"], "b")


if __name__ == "__main__":
    unittest.main()
