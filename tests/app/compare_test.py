"""`winnow compare` against numpy and scipy on what the run folders hold."""
import csv
import io
import json
import re
import unittest

import h5py
import numpy
from scipy.stats import spearmanr

import program
import tiny_job
import tiny_model

ROWS = 60
MIB = 1 << 20


class Compare(program.ProgramTest):
    def setUp(self):
        super().setUp()
        chance = numpy.random.default_rng(7)
        self.samples = [{"instruction": f"Question {i}", "output": " ".join(f"word{k}" for k in range(1 + i % 17))} for i in range(ROWS)]
        self.ifd = chance.uniform(0.3, 1.2, ROWS).round(4).tolist()
        self.ifd[5] = None
        self.rating = chance.integers(1, 6, ROWS).tolist()
        self.data = self.write("rows.jsonl", "".join(json.dumps(row) + "\n" for row in self.samples))
        self.write("ifd.json", json.dumps(self.ifd))
        self.write("rating.json", json.dumps(self.rating))

    def select(self, selections, run="run"):
        job = self.write_job(f"name: subsets\ndata: {{ path: {self.data} }}\nscorers:\n  ifd: {{ import: ifd.json, as: ifd_ppl }}\n"
                             f"  rated: {{ import: rating.json, as: rating }}\nselections:\n{selections}")
        self.succeed("run", job, "--out", self.folder / run)
        return self.folder / run

    def compare(self, *arguments):
        return json.loads(self.succeed("compare", *arguments, "--json").stdout)

    def picks(self, name, run="run"):
        with h5py.File(self.folder / run / "selection" / f"{name}.h5") as file:
            return file["row"][:].tolist()

    def test_every_table(self):
        run = self.select("  a: { method: ifd, budget: 10 }\n  b: { method: longest, budget: 20 }\n  c: { method: top, score: rating, budget: 15 }\n")
        found = self.compare(run)
        self.assertEqual(found["names"], ["a", "b", "c"])
        sets = [set(self.picks(name)) for name in found["names"]]
        for i, one in enumerate(sets):
            for j, other in enumerate(sets):
                self.assertEqual(found["overlap"][i][j], len(one & other))
                self.assertAlmostEqual(found["jaccard"][i][j], len(one & other) / len(one | other), places=12)
                self.assertAlmostEqual(found["expected"][i][j], len(one) * len(other) / ROWS, places=12)
        words = [1 + i % 17 for i in sets[1]]
        b = found["selections"]["b"]
        self.assertAlmostEqual(b["response_words"]["mean"], numpy.mean(words), places=12)
        self.assertAlmostEqual(b["response_words"]["q90"], numpy.quantile(words, 0.9), places=12)
        texts = [re.findall(r"\w\w+", self.samples[i]["output"]) for i in sets[1]]
        self.assertEqual(b["unique_ngrams"], len({tuple(text[k:k + n]) for text in texts for n in (1, 2, 3) for k in range(len(text) - n + 1)}))
        self.assertEqual(found["selections"]["a"]["eligible"], sum(value is not None and value < 1 for value in self.ifd))
        both = [i for i in range(ROWS) if self.ifd[i] is not None]
        want = spearmanr([self.ifd[i] for i in both], [self.rating[i] for i in both]).statistic
        self.assertEqual(found["scores"]["names"], ["ifd.ifd_ppl", "rated.rating"])
        for i, j in ((0, 1), (1, 0)):
            self.assertAlmostEqual(found["scores"]["spearman"][i][j], want, places=12)
        self.assertEqual([found["scores"]["spearman"][i][i] for i in (0, 1)], [1, 1])

    def test_the_csv_file_is_one_table_of_all_digits(self):
        run = self.select("  a: { method: ifd, budget: 10 }\n  b: [ { filter: 'ifd_ppl > 0.4' }, { method: longest, budget: 20 } ]\n")
        table = self.folder / "tables.csv"
        found = json.loads(self.succeed("compare", run, "--json", "--csv", table).stdout)
        lines = list(csv.DictReader(io.StringIO(table.read_text())))
        self.assertEqual(list(lines[0]), ["table", "row", "column", "value"])
        values = {(line["table"], line["row"], line["column"]): line["value"] for line in lines}
        self.assertEqual(len(values), len(lines))
        for name in ("overlap", "jaccard", "expected"):
            for i, one in enumerate(found["names"]):
                for j, other in enumerate(found["names"]):
                    self.assertEqual(float(values[name, one, other]), found[name][i][j])
        self.assertEqual(float(values["spearman", "ifd.ifd_ppl", "rated.rating"]), found["scores"]["spearman"][0][1])
        for name in found["names"]:
            self.assertEqual(float(values["selections", name, "response_words.mean"]), found["selections"][name]["response_words"]["mean"])
            self.assertEqual(values["selections", name, "budget_asked"], found["selections"][name]["budget_asked"])
        self.assertEqual(values["selections", "b", "made_by"], "ifd_ppl > 0.4, then longest of 20")

    def test_a_reader_of_the_terminal_is_told_what_the_figures_are(self):
        run = self.select("  chain: [ { filter: 'rating >= 2' }, { method: deduplicate, min_jaccard_similarity: 0.99 }, { method: ifd, budget: 5 } ]\n"
                          "  first: { method: random, budget: 5, seed: 1 }\n  second: { method: random, budget: 5, seed: 2 }\n"
                          "  long: { method: longest, budget: 10% , of: eligible }\n  low: { method: top, score: rating, take: bottom, budget: 7 }\n")
        text = self.succeed("compare", run).stdout
        made_by = dict(re.findall(r"^\d  (\w+) +(.*\S)$", text, re.MULTILINE)[:5])
        self.assertEqual(made_by, {"chain": "rating >= 2, then deduplicate, then ifd of 5", "first": "random of 5, seed 1", "second": "random of 5, seed 2",
                                   "long": "longest of 10% of the eligible", "low": "top of 7 by rating, take bottom"})
        heads = re.search(r"\n(.*)\n(what they hold.*)\n", text)
        for over, under in (("answer words:", "mean"), ("distinct", "1-3-grams"), ("instruction", "words: mean")):
            self.assertTrue(heads[1][:heads[2].index(under) + len(under)].endswith(over), heads[0])
        self.assertIn("by chance (drawn from all 60 rows)", text)  # of different budgets: a table
        text = self.succeed("compare", run / "selection/chain.h5", run / "selection/second.h5").stdout
        self.assertIn("by chance any two would share 0.4 (drawn from all 60 rows; ", text)

    def test_ten_selections_fit_a_terminal(self):
        run = self.select("".join(f"  selection_of_method_{i}: {{ method: random, budget: {5 + i}, seed: {i} }}\n" for i in range(10)))
        for line in self.succeed("compare", run).stdout.splitlines():
            self.assertLess(len(line), 110)

    def test_runs_and_selections_of_one_name_are_told_apart(self):
        for place in ("p", "q"):
            self.select(f"  same: {{ method: random, budget: 10, seed: {ord(place)} }}\n  {place}: {{ method: longest, budget: 20 }}\n", f"{place}/r")
            self.rating.reverse()
            self.write("rating.json", json.dumps(self.rating))
        runs = [self.folder / "p/r", self.folder / "q/r"]
        found = self.compare(*runs)
        self.assertEqual(found["names"], ["p", "p/r/same", "q", "q/r/same"])
        self.assertEqual(list(found["selections"]), found["names"])
        self.assertEqual([found["selections"][f"{place}/r/same"]["run"] for place in "pq"], [str(run.resolve()) for run in runs])
        # The imported ifd.json is the same in both.
        self.assertEqual(found["scores"]["names"], ["ifd.ifd_ppl", "p/r/rated.rating", "q/r/rated.rating"])
        reversed_too = spearmanr(self.rating, self.rating[::-1]).statistic
        self.assertAlmostEqual(found["scores"]["spearman"][1][2], reversed_too, places=12)

    def test_a_selection_that_is_named_twice_is_refused(self):
        run = self.select("  a: { method: random, budget: 10 }\n  b: { method: longest, budget: 20 }\n")
        (self.folder / "link").symlink_to(run)
        for again in (run, run / "selection/b.h5", self.folder / "link/selection/b.h5"):
            self.fail_with(2, "given twice, expected each selection once", arguments=["compare", run, again])

    def test_selections_of_superseded_scores_are_marked(self):
        self.select("  old: { method: ifd, budget: 10 }\n  by_rating: { method: top, score: rating, budget: 10 }\n  drawn: { method: random, budget: 10 }\n")
        self.write("ifd.json", json.dumps(self.ifd[::-1]))
        run = self.select("  new: { method: ifd, budget: 10 }\n")
        found = self.compare(run)["selections"]
        self.assertEqual({name: selection["current"] for name, selection in found.items()}, {"old": False, "by_rating": True, "drawn": True, "new": True})
        text = self.succeed("compare", run).stdout
        self.assertRegex(text, r"\d  old\* ")
        self.assertIn("\n* made from other data or scores than stand in its run now", text)
        self.assertNotIn("*", self.succeed("compare", run / "selection/new.h5", run / "selection/drawn.h5").stdout)
        with self.data.open("a") as file:
            file.write(json.dumps(self.samples[0]) + "\n")
        for name in ("ifd", "rating"):
            self.write(f"{name}.json", json.dumps([1] * (ROWS + 1)))
        self.select("  newest: { method: top, score: rating, budget: 10 }\n")
        found = self.compare(run)["selections"]
        self.assertEqual([name for name, selection in found.items() if selection["current"]], ["newest"])

    def test_tokens_and_clusters_of_a_model(self):
        self.succeed("run", tiny_job.write(self, rows=30), "--out", self.folder / "run")
        found = self.compare(self.folder / "run")
        with h5py.File(self.folder / "run/scores.h5") as file:
            tokens = file["/scores/tiny-model/n_tokens"][:]
        for name, selection in found["selections"].items():
            self.assertEqual(selection["tokens"], {"tiny-model": tokens[self.picks(name)].sum()})
        self.assertEqual(found["tokens_left_out"], [])
        self.assertGreater(found["clusters"]["count"], 1)
        self.assertEqual(found["selections"]["all"]["clusters"], found["clusters"]["count"])
        self.assertRegex(self.succeed("compare", self.folder / "run").stdout, r"tokens by .*\n.* tiny-model ")

    def test_tokens_that_runs_count_differently_are_left_out(self):
        model = tiny_model.make(self.folder / "model")
        data = self.write_rows(8)
        for run, scorers in (("one", "{ mine: chatml }"), ("two", "{ mine: bare, other: chatml }"), ("three", "{ mine: bare }")):
            written = ", ".join(f"{name}: {{ path: {model}, template: {template}, score: [length] }}" for name, template in re.findall(r"(\w+): (\w+)", scorers))
            job = self.write_job(f"name: {run}\ndata: {{ path: {data} }}\nscorers: {{ {written} }}\nselections: {{ {run}: {{ method: random, budget: 3 }} }}\n")
            self.succeed("run", job, "--out", self.folder / run)
        with h5py.File(self.folder / "two/scores.h5") as file:
            tokens = file["/scores/other/n_tokens"][:]
        found = self.compare(self.folder / "one", self.folder / "two")
        self.assertEqual([selection["tokens"] for selection in found["selections"].values()], [{"mine": tokens[self.picks(run, run)].sum()} for run in ("one", "two")])
        self.assertEqual(found["tokens_left_out"], ["two/mine"])
        found = self.compare(*(self.folder / run for run in ("one", "two", "three")))
        self.assertEqual([selection["tokens"] for selection in found["selections"].values()], [{}] * 3)
        self.assertEqual(found["tokens_left_out"], ["one/mine", "two/mine", "two/other", "three/mine"])
        text = self.succeed("compare", self.folder / "one", self.folder / "three").stdout
        self.assertIn("no tokens by one/mine, three/mine: another run does not count them so\n", text)

    def test_a_row_above_the_usual_limit_and_more_n_grams_than_are_kept_at_once(self):
        output = "ab cd ef " * (500 << 10) + "x" * (61 * MIB)
        data = self.write("huge.jsonl", json.dumps({"instruction": "a", "output": output}) + "\n" + json.dumps({"instruction": "b", "output": "c"}) + "\n")
        job = self.write_job(f"name: huge\ndata: {{ path: {data}, max_row_bytes: {100 * MIB} }}\n"
                             "selections: { all: { method: vanilla }, one: { method: longest, text: response, budget: 1 } }\n")
        self.succeed("run", job, "--out", self.folder / "run")
        found = self.compare(self.folder / "run")["selections"]
        # Three of each length, and those with the last word.
        self.assertEqual([found[name]["unique_ngrams"] for name in ("all", "one")], [3 * 3 + 3] * 2)

    def test_what_cannot_be_compared_is_refused(self):
        run = self.select("  a: { method: random, budget: 10 }\n")
        self.fail_with(2, "found 1 selection, expected at least two", arguments=["compare", run])
        self.fail_with(2, "expected a run folder with selections", arguments=["compare", self.folder])
        other = self.write("other.jsonl", json.dumps({"instruction": "a", "output": "b"}) + "\n")
        job = self.write_job(f"data: {{ path: {other} }}\nselect: {{ method: vanilla }}\n", "other.yaml")
        self.succeed("run", job, "--out", self.folder / "other")
        self.fail_with(2, "different data sets", arguments=["compare", run, self.folder / "other"])
        self.select("  a: { method: random, budget: 10 }\n  b: { method: longest, budget: 10 }\n")
        with h5py.File(run / "selection/b.h5", "a") as file:
            file["row"][3] = ROWS
            file.attrs.modify("rows", numpy.uint64(ROWS + 1))
        self.fail_with(5, "selection/b.h5: damaged: expected picks among the 60 rows", arguments=["compare", run])

    def test_a_subset_of_another_selection_and_damaged_steps_are_refused(self):
        run = self.select("  a: { method: random, budget: 10 }\n  b: { method: longest, budget: 10 }\n")
        subset = (run / "selection/a.jsonl").read_bytes()
        (run / "selection/a.jsonl").write_bytes((run / "selection/b.jsonl").read_bytes())
        self.fail_with(5, "selection/a.jsonl: not the subset that", "a.h5 was written with", arguments=["compare", run])
        (run / "selection/a.jsonl").write_bytes(subset)
        for steps in ("[{}]", "{", "7"):
            with h5py.File(run / "selection/a.h5", "a") as file:
                file.attrs["steps"] = steps
            self.fail_with(5, "selection/a.h5: damaged: steps", arguments=["compare", run])


if __name__ == "__main__":
    unittest.main()
