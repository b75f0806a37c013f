"""Chains, strata and memory limits, each against numpy on what the files hold."""
import collections
import json
import unittest

import h5py
import numpy

import program
import tiny_job

ROWS = 60
CATEGORIES = ["maths", "code", "poem"]


class Selections(program.ProgramTest):
    def setUp(self):
        super().setUp()
        chance = numpy.random.default_rng(7)
        self.samples = [{"instruction": f"Question {i} about {CATEGORIES[i * i % 3]}", "output": " ".join(f"word{k}" for k in range(1 + i % 17)),
                      "category": CATEGORIES[i * i % 3]} for i in range(ROWS)]
        self.ifd = chance.uniform(0.3, 1.2, ROWS).round(4).tolist()
        self.ifd[5] = None
        self.rating = chance.integers(1, 6, ROWS).tolist()
        self.data = self.write("rows.jsonl", "".join(json.dumps(row) + "\n" for row in self.samples))
        self.write("ifd.json", json.dumps(self.ifd))
        self.write("rating.json", json.dumps(self.rating))

    def job(self, rest):
        return self.write_job(f"name: subsets\ndata: {{ path: {self.data} }}\nscorers:\n  ifd: {{ import: ifd.json, as: ifd_ppl }}\n"
                              f"  rated: {{ import: rating.json, as: rating }}\n{rest}")

    def select(self, rest, *arguments, ranks=1):
        self.succeed("run", self.job(rest), "--out", self.folder / "run", *arguments, ranks=ranks)
        return self.folder / "run"

    def picks(self, name="selection"):
        with h5py.File(self.folder / "run/selection" / f"{name}.h5") as file:
            return file["row"][:].tolist(), {key: file[key][:].tolist() for key in file if key != "row"}, dict(file.attrs)

    def test_a_chain_and_the_step_that_left_each_row_out(self):
        self.select("selections:\n  selection: [ { filter: 'rating >= mean(rating)' }, { method: ifd, budget: 8 }, { filter: 'response_words > 4' } ]\n", ranks=2)
        mean = numpy.mean(self.rating)
        first = [i for i in range(ROWS) if self.rating[i] >= mean]
        eligible = [i for i in first if self.ifd[i] is not None and self.ifd[i] < 1]
        second = sorted(eligible, key=lambda i: (-self.ifd[i], i))[:8]
        want = [i for i in second if 1 + i % 17 > 4]
        rows, columns, attributes = self.picks()
        self.assertEqual(rows, want)
        self.assertEqual(columns["score"], [self.ifd[i] for i in want])
        self.assertEqual(columns["left_out_by"], [255 if i in want else 2 if i in second else 1 if i in first else 0 for i in range(ROWS)])
        steps = json.loads(attributes["steps"])
        self.assertEqual([(step["rows_in"], step["rows_out"]) for step in steps], [(ROWS, len(first)), (len(first), 8), (8, len(want))])
        self.assertAlmostEqual(steps[0]["aggregates"]["mean(rating)"], mean, places=12)
        self.assertEqual(steps[1]["eligible"], len(eligible))

    def test_bad_rows_have_no_number_whatever_an_expression_names(self):
        data = self.write("bad.jsonl", "".join(json.dumps(row) + "\n" for row in self.samples[:9]) + "{ broken\n")
        ratings = self.write("few.json", json.dumps([3.0] * 10))
        job = self.write_job(f"data: {{ path: {data}, on_bad_row: skip }}\nscorers: {{ x: {{ import: {ratings}, as: rating }} }}\nselections:\n"
                             "  one: { method: top, score: '1', budget: 9 }\n  filtered: [ { filter: '1 < 2' } ]\n  all: [ { filter: 'mean(rating) > 2' } ]\n")
        self.succeed("run", job, "--out", self.folder / "run", ranks=2)
        for name in ("one", "filtered", "all"):
            self.assertEqual(self.picks(name)[0], list(range(9)), name)
        self.fail_with(3, "only 9 rows are eligible", arguments=["run", job, "--out", self.folder / "run", "--set", "selections.one.budget=10"])

    def test_an_embedding_that_is_none_and_a_dump_of_strata_are_refused(self):
        job = tiny_job.write(self, rows=10)
        self.fail_with(2, "selections.iterit.embedding: found 'nope', expected a scorer that gives embeddings: tiny-model",
                       arguments=["run", job, "--set", "selections.iterit={ method: k_center, budget: 2, embedding: nope }"])
        self.fail_with(2, "tfidf.dump: true, but the job's first iterit has a TF-IDF for each of its strata",
                       arguments=["run", job, "--set", "tfidf.dump=true", "--set", "selections.iterit.stratify=category"])

    def test_a_long_chain_and_long_names_of_strata_fit_the_selection_file(self):
        condition = "rating >= 1 and " * 6 + "rating > mean(rating) - 100"
        self.select("selections:\n  selection: [" + ", ".join(f"{{ filter: '{condition}' }}" for _ in range(60)) + "]\n")
        self.assertEqual(len(json.loads(self.picks()[2]["steps"])), 60)
        for i, row in enumerate(self.samples):
            row["category"] = f"{i:04}" * 300
        self.data = self.write("long.jsonl", "".join(json.dumps(row) + "\n" for row in self.samples))
        self.succeed("run", self.job("select: { method: random, budget: 9, stratify: category }\n"), "--out", self.folder / "long")
        with h5py.File(self.folder / "long/selection/random.h5") as file:
            self.assertEqual((len(file["row"]), "strata" in file.attrs), (9, False))

    def test_an_override_reaches_one_step_of_a_chain(self):
        chain = "selections:\n  selection: [ { method: top, score: rating, budget: 50% }, { method: ifd, budget: 8 } ]\n"
        self.select(chain, "--set", "selections.selection.1.budget=3")
        self.assertEqual(len(self.picks()[0]), 3)
        self.refuse_set(chain, "selections.selection.2.budget=3", "'2' is no item of a list of 2")

    def refuse_set(self, rest, assignment, fragment):
        done = program.run(["run", self.job(rest), "--set", assignment])
        self.assertEqual(done.returncode, 2)
        self.assertIn(fragment, done.stderr)

    def test_strata_share_a_budget(self):
        self.select("selections:\n  selection: { method: ifd, budget: 9, stratify: category }\n  even: { method: ifd, budget: 9, stratify: { field: category, budgets: equal } }\n", ranks=3)
        below = [i for i in range(ROWS) if self.ifd[i] is not None and self.ifd[i] < 1]
        sizes = collections.Counter(self.samples[i]["category"] for i in below)
        for name in ("selection", "even"):
            rows, _, attributes = self.picks(name)
            got = collections.Counter(self.samples[i]["category"] for i in rows)
            best = {c: sorted((i for i in below if self.samples[i]["category"] == c), key=lambda i: (-self.ifd[i], i)) for c in sizes}
            self.assertEqual(rows, [i for c in sorted(got) for i in best[c][:got[c]]])
            self.assertEqual(sum(got.values()), 9)
            for category in sizes:
                exact = 9 * sizes[category] / len(below) if name == "selection" else 9 / len(sizes)
                self.assertLess(abs(got[category] - exact), 1)
            self.assertEqual({c: n for c, n in json.loads(attributes["strata"]).items() if n}, dict(got))

    def test_a_step_beyond_the_memory_of_the_job_is_refused_with_both_figures(self):
        many = self.write("many.jsonl", "".join(json.dumps({"instruction": "x", "output": " ".join(f"w{i}x{k}" for k in range(400))}) + "\n" for i in range(100)))
        scores = self.write("many.json", json.dumps([0.5] * 100))
        job = self.write_job(f"data: {{ path: {many} }}\nmemory: 1 MiB\nscorers: {{ s: {{ import: {scores}, as: ifd_ppl }} }}\nselect: {{ method: iterit, budget: 5 }}\n")
        self.fail_with(2, "select: iterit on 100 rows needs about 4 MiB on each of 1 ranks", "`memory` of the job allows 1 MiB", arguments=["run", job, "--out", self.folder / "run"])
        self.succeed("run", job, "--out", self.folder / "run", "--set", "memory=64 MiB")
        self.fail_with(2, "memory: found '5 bytes', expected a size", arguments=["run", job, "--set", "memory=5 bytes"])


if __name__ == "__main__":
    unittest.main()
