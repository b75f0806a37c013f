"""`winnow explain`: what it says of every row, beside the files it is said from (h5py, numpy)."""
import json
import os
import pathlib
import re
import sys
import unittest

import h5py
import numpy

import program
import tiny_model

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "selection"))
import near_duplicates_transcription  # noqa: E402

ROWS = 48
BAD, NULL, LONE = 11, 3, 7  # A row that cannot be read, one without ifd_ppl, one that a chain's last filter drops.

JOB = """
name: explained
data: {{ path: {data}, id: key, on_bad_row: skip }}
scorers:
  given: {{ import: {scores}, key: ifd_ppl, as: ifd_ppl }}
  judge: {{ import: {scores}, key: rating, as: rating }}
  tagger: {{ import: {scores}, key: tags, as: tags }}
selections:
  ifd: {{ method: ifd, budget: 10 }}
  worst: {{ method: top, score: "rating + 0 * given.ifd_ppl", take: bottom, budget: 6 }}
  middle: {{ method: top, score: rating, take: middle, budget: 9 }}
  iterit: {{ method: iterit, budget: 8 }}
  repeats: {{ method: iterit, budget: 45, faithful: true, eos_text: "" }}
  alpagasus: {{ method: alpagasus, min_rating: 4 }}
  random: {{ method: random, budget: 12, seed: 5 }}
  all: {{ method: vanilla }}
  tags: {{ method: instag, budget: 5 }}
  distinct: {{ method: deduplicate, min_jaccard_similarity: 0.5 }}
  answers: [ {{ method: deduplicate, text: response, ngram: 2, min_jaccard_similarity: 0.6, score: rating }}, {{ method: random, budget: 20 }} ]
  strata: {{ method: ifd, budget: 12, stratify: kind }}
  chain: [ {{ filter: "response_words > 5 and ifd_ppl <= mean(ifd_ppl) + 0.1" }}, {{ method: top, score: rating, budget: 12 }}, {{ filter: "row != {lone} and row < 46" }} ]
"""

EMBEDDED = """
name: embedded
data: {{ path: {data} }}
score: {{ block_rows: 8 }}
scorers:
  tiny: {{ path: {model}, template: chatml, embedding: {{ pooling: mean }}, score: [embedding, length] }}
  evol: {{ import: {scores}, key: evol, as: evol_score }}
selections:
  deita: {{ method: deita, budget: 6, max_cosine_similarity: {most} }}
  distinct: {{ method: deduplicate, by: embedding, max_cosine_similarity: {most} }}
  tokens: {{ method: top, score: evol_score, budget: 300 tokens }}
"""


class ExplainTest(program.ProgramTest):
    def setUp(self):
        super().setUp()
        chance = numpy.random.default_rng(17)
        self.scores = {"ifd_ppl": [round(float(x), 2) for x in chance.uniform(0.4, 1.2, ROWS)],
                       "rating": [float(x) for x in chance.integers(1, 6, ROWS)],
                       "evol": [float(x) for x in chance.integers(1, 30, ROWS)],
                       "tags": [sorted(set(chance.choice(["code", "logic", "poem", "law"], i % 4).tolist())) for i in range(ROWS)]}
        self.scores["ifd_ppl"][NULL] = None
        self.scores["rating"][LONE], self.scores["ifd_ppl"][LONE] = 5.0, 0.5  # The chain's method picks it.
        rows = [dict(row, key=f"k{i}", kind="abc"[i % 3]) for i, row in enumerate(self.rows(ROWS))]
        rows[LONE]["output"] = "one two three four five six seven"
        self.lines = [json.dumps(row) for row in rows]
        self.out = self.folder / "run"

    def make(self, text=JOB, bad=True, **more):
        scores = self.write("scores.json", json.dumps(self.scores))
        lines = [line if i != BAD or not bad else "{broken" for i, line in enumerate(self.lines)]
        data = self.write("rows.jsonl", "\n".join(lines) + "\n")
        self.job = self.write_job(text.format(data=data, scores=scores, lone=LONE, **more))
        self.succeed("run", self.job, "--out", self.out)

    def explain(self, *arguments, of=None, ranks=1):
        where = [of] if of else [self.job, "--out", self.out]
        return json.loads(self.succeed("explain", *where, *arguments, "--json", ranks=ranks).stdout)

    def every_row(self):
        return self.explain(*(word for row in range(ROWS) for word in ("--row", row)))["explained"]

    def selection(self, name):
        with h5py.File(self.out / f"selection/{name}.h5") as file:
            return {column: file[column][:].tolist() for column in file}


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
        self.assertEqual(sorted(stored), [("given", "ifd_ppl"), ("judge", "rating"), ("tagger", "n_tags")])
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

    def reasons(self, rows, name):
        return {told["row"]: told["selections"][name] for told in rows if told["selections"][name]["pick"] is None}

    def test_why_methods_left_rows_out(self):
        self.make()
        rows = self.every_row()
        ifd, rating = self.scores["ifd_ppl"], self.scores["rating"]
        for name in ("ifd", "iterit"):
            last = self.selection(name)["row"][-1]
            for row, why in self.reasons(rows, name).items():
                self.assertEqual((why["step"], why["method"]), (1, name))
                if row in (BAD, NULL):
                    self.assertEqual((why["reason"], why["status"]), ("undefined", "bad_row" if row == BAD else "not_given"))
                    self.assertIn("ifd_ppl is undefined", why["why"])
                elif ifd[row] >= 1:
                    self.assertEqual(why["reason"], "condition")
                    self.assertIn(f"ifd_ppl is {ifd[row]:.6g}, {name} takes rows where it is below 1", why["why"])
                else:
                    self.assertEqual((why["reason"], why["score"], why["last_pick"]["row"]), ("beaten", ifd[row], last))
                    self.assertEqual(why["last_pick"]["score"], ifd[last])
                    self.assertEqual(why["last_pick"].get("gain"), self.selection(name)["gain"][-1] if name == "iterit" else None)
        picks = self.selection("strata")["row"]
        for row, why in self.reasons(rows, "strata").items():
            if why["reason"] == "beaten":
                last = [pick for pick in picks if pick % 3 == row % 3][-1]
                self.assertEqual((why["stratum"], why["last_pick"]), ("abc"[row % 3], {"row": last, "score": ifd[last]}))
                self.assertIn(f"kind '{'abc'[row % 3]}': score {ifd[row]:g}, the last pick (row {last}) has", why["why"])
        for row, why in self.reasons(rows, "alpagasus").items():
            self.assertEqual(why["reason"], "undefined" if row == BAD else "condition")
            self.assertTrue(row == BAD or rating[row] < 4)
        for row, why in self.reasons(rows, "worst").items():
            self.assertEqual(why["reason"], "undefined" if row in (BAD, NULL) else "beaten")
            if row == NULL:
                self.assertIn("given.ifd_ppl is undefined: not_given", why["why"])
            if why["reason"] == "beaten":
                self.assertGreaterEqual(why["score"], why["last_pick"]["score"])
        middle = self.selection("middle")["score"]
        for row, why in self.reasons(rows, "middle").items():
            if row != BAD:
                self.assertEqual((why["reason"], why["score"], why["lowest_pick"], why["highest_pick"]), ("beaten", rating[row], min(middle), max(middle)))
        reasons = {name: {why["reason"] for row, why in self.reasons(rows, name).items() if row != BAD} for name in ("random", "tags", "all")}
        self.assertEqual(reasons, {"random": {"not_drawn"}, "tags": {"not_chosen"}, "all": set()})
        self.assertIn("not drawn: 12 of 47 eligible rows were (seed 5)", next(iter(self.reasons(rows, "random").values()))["why"])
        for name in ("random", "all", "distinct"):
            self.assertIn("the row is undefined: bad_row", self.reasons(rows, name)[BAD]["why"])

    def test_why_the_steps_of_a_chain_left_rows_out(self):
        self.make()
        rows = self.every_row()
        with h5py.File(self.out / "selection/chain.h5") as file:
            left_out_by = file["left_out_by"][:]
        ifd = self.scores["ifd_ppl"]
        mean = float(numpy.mean([x for i, x in enumerate(ifd) if i not in (BAD, NULL)]))
        came_in = [row for row in range(ROWS) if left_out_by[row] >= 1]
        kept = [row for row in came_in if left_out_by[row] >= 2]
        last = min(kept, key=lambda row: (self.scores["rating"][row], -row))
        seen = set()
        for row, why in self.reasons(rows, "chain").items():
            self.assertEqual(why["step"], left_out_by[row] + 1)
            seen.add((why["step"], why["reason"]))
            if why["reason"] == "undefined":
                self.assertIn(row, (BAD, NULL))
                self.assertEqual(why["status"], "bad_row" if row == BAD else "not_given")
            elif why["step"] == 1:
                self.assertEqual(why["values"]["ifd_ppl"], ifd[row])
                self.assertAlmostEqual(why["values"]["mean(ifd_ppl)"], mean, places=12)
                self.assertTrue(why["values"]["response_words"] <= 5 or ifd[row] > mean + 0.1)
                self.assertIn("does not hold: response_words = ", why["why"])
            elif why["step"] == 2:
                self.assertEqual(why["last_pick"], {"row": last, "score": self.scores["rating"][last]})
                self.assertEqual(why["score"], self.scores["rating"][row])
            else:
                self.assertEqual(why["values"], {"row": row})
                self.assertTrue(row == LONE or row >= 46)
        self.assertGreaterEqual(last, 46)  # The last pick of the second step went by the third one.
        self.assertEqual(seen, {(1, "undefined"), (1, "condition"), (2, "beaten"), (3, "condition")})

    def test_which_kept_row_a_dropped_one_is_a_duplicate_of(self):
        self.make()
        rows = self.every_row()
        own = [json.loads(line) for line in self.lines]
        whole = ["\n".join(filter(None, (row["instruction"], row["input"], row["output"]))) for row in own]
        good = [row for row in range(ROWS) if row != BAD]
        for name, texts, ngram, least, keys in (("distinct", whole, 5, "0.5", [0] * ROWS),
                                                ("answers", [row["output"] for row in own], 2, "0.6", [-rating for rating in self.scores["rating"]])):
            kept, dropped = near_duplicates_transcription.near_duplicates(
                good, [keys[row] for row in good], [near_duplicates_transcription.shingles(texts[row], ngram) for row in good], least)
            self.assertGreater(len(dropped), 5)
            told = {row: why for row, why in self.reasons(rows, name).items() if row != BAD and why["step"] == 1}
            self.assertEqual({row: (why["reason"], why["to"], why["jaccard"]) for row, why in told.items()},
                             {row: ("duplicate", to, jaccard) for row, to, jaccard in dropped})
            for row, to, jaccard in dropped:
                pick = f" (pick {kept.index(to) + 1})" if name == "distinct" else ""
                self.assertEqual(told[row]["why"], f"duplicate of row {to}{pick} at Jaccard {jaccard:.4f} >= {least}")
                self.assertEqual(told[row].get("to_pick"), kept.index(to) + 1 if pick else None)
        self.assertTrue(any(to > row for row, to, _ in dropped))  # The score decides, not the file.

    def test_similar_rows_and_budgets_in_tokens(self):
        model = tiny_model.make(self.folder / "model", 256)
        self.make(EMBEDDED, bad=False, model=model, most=1)
        with h5py.File(self.out / "scores.h5") as file:
            vectors, tokens = file["embeddings/tiny"][:].astype(float), file["scores/tiny/n_tokens"][:]
        unit = vectors / numpy.linalg.norm(vectors, axis=1, keepdims=True)
        cosines = unit @ unit.T
        most = round(float(numpy.quantile(cosines[~numpy.eye(ROWS, dtype=bool)], 0.9)), 6)
        self.make(EMBEDDED, bad=False, model=model, most=most)
        rows = self.every_row()
        evol = self.scores["evol"]
        picks = self.selection("deita")["row"]
        reasons = set()
        for row, why in self.reasons(rows, "deita").items():
            before = [pick for pick in picks if (-evol[pick], pick) < (-evol[row], row)]
            reasons.add(why["reason"])
            if len(before) == len(picks) and max(cosines[row, before]) <= most:
                self.assertEqual((why["reason"], why["score"], why["last_pick"]["row"]), ("beaten", evol[row], picks[-1]))
                continue
            nearest = max(before, key=lambda pick: cosines[row, pick])
            self.assertEqual((why["reason"], why["to"], why["to_pick"]), ("similar", nearest, picks.index(nearest) + 1))
            self.assertAlmostEqual(why["cosine"], cosines[row, nearest], places=9)
            self.assertIn(f"similar to row {nearest} (pick {why['to_pick']}) at {why['cosine']:.4f} > {most:g}", why["why"])
        self.assertEqual(reasons, {"similar", "beaten"})
        kept = self.selection("distinct")["row"]
        for row, why in self.reasons(rows, "distinct").items():
            self.assertEqual((why["reason"], why["to"]), ("similar", max((k for k in kept if k < row), key=lambda k: cosines[row, k])))
        ranked = sorted(range(ROWS), key=lambda row: (-evol[row], row))
        picked = self.selection("tokens")["row"]
        self.assertEqual(ranked[: len(picked)], picked)
        for place, row in enumerate(ranked[len(picked):]):
            why = rows[row]["selections"]["tokens"]
            self.assertEqual(why["reason"], "beaten" if place else "budget")
            self.assertEqual(why.get("tokens"), None if place else tokens[row])
        self.assertEqual(rows[0]["scorers"]["tiny"]["embedding"], {"dimension": vectors.shape[1], "status": "ok"})
        self.assertEqual(rows[5]["scorers"]["tiny"]["n_tokens"]["value"], tokens[5])

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
        self.fail_with(2, arguments=[*ask, "--row", -1])
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


class Sample(ExplainTest):
    def blocks(self, selection):
        return {block: [row["row"] for row in selection[block]] for block in ("top", "cut", "bottom")}

    def test_top_cut_and_bottom(self):
        self.make()
        sample = self.explain("--sample", 12)["selections"]
        ifd = self.scores["ifd_ppl"]
        eligible = [row for row in range(ROWS) if row not in (BAD, NULL) and ifd[row] < 1]
        ranked = sorted(eligible, key=lambda row: (-ifd[row], row))
        self.assertEqual(self.blocks(sample["ifd"]), {"top": ranked[:4], "cut": ranked[8:12], "bottom": ranked[-4:]})
        self.assertEqual([row["pick"] for row in sample["ifd"]["top"] + sample["ifd"]["cut"] + sample["ifd"]["bottom"]],
                         [1, 2, 3, 4, 9, 10] + 6 * [None])
        for row in sample["ifd"]["cut"] + sample["ifd"]["bottom"]:
            self.assertEqual(row["score"], ifd[row["row"]])
            self.assertEqual(row["output"], json.loads(self.lines[row["row"]])["output"])
        iterit = self.selection("iterit")["row"]
        rest = [row for row in ranked if row not in iterit]
        self.assertEqual(self.blocks(sample["iterit"]), {"top": iterit[:4], "cut": iterit[4:], "bottom": rest[-4:]})
        self.assertEqual([row["gain"] for row in sample["iterit"]["top"]], self.selection("iterit")["gain"][:4])
        rating = [None if row == BAD else rating for row, rating in enumerate(self.scores["rating"])]
        ranked = sorted((row for row in range(ROWS) if row != BAD), key=lambda row: (-rating[row], row))
        middle = self.selection("middle")["row"]
        behind = ranked.index(middle[-1]) + 1
        self.assertEqual(self.blocks(sample["middle"])["cut"], middle[-2:] + ranked[behind : behind + 2])
        picked = self.selection("random")["row"]
        self.assertEqual(sample["random"]["bottom_by"], "chance")
        self.assertEqual(sample["random"]["cut"][-1]["row"], picked[-1])
        bottom = self.blocks(sample["random"])["bottom"]
        self.assertEqual((len(set(bottom)), set(bottom) & {*picked, BAD}), (4, set()))
        self.assertEqual(sample, self.explain("--sample", 12, of=self.out, ranks=2)["selections"])  # The same draw.
        everything = self.blocks(sample["all"])
        good = [row for row in range(ROWS) if row != BAD]
        self.assertEqual(everything, {"top": good[:4], "cut": good[-4:], "bottom": []})
        chain = self.selection("chain")["row"]
        self.assertEqual(self.blocks(sample["chain"])["top"], chain[:4])
        self.assertTrue(all(row["pick"] is None and self.scores["rating"][row["row"]] <= 5 for row in sample["chain"]["bottom"]))

    def test_sizes(self):
        self.make()
        for rows in (1, 2, 3, 20, 500):
            for name, selection in self.explain("--sample", rows)["selections"].items():
                blocks = self.blocks(selection)
                shown = [row["row"] for block in ("cut", "bottom") for row in selection[block] if row["pick"] is None]
                self.assertEqual(len(shown), len(set(shown)), name)
                places = [row["pick"] for block in ("top", "cut") for row in selection[block] if row["pick"]]
                self.assertEqual(places, sorted(set(places)), name)
                self.assertLessEqual(sum(map(len, blocks.values())), rows, name)
                if rows == 20 and name in ("ifd", "middle"):
                    self.assertEqual([len(block) for block in blocks.values()], [7, 6, 6] if name == "ifd" else [7, 5, 6])

    def test_text(self):
        self.make()
        text = self.succeed("explain", self.out, "--sample", 6, ranks=2).stdout
        block = re.search(r"^ifd: .*?(?=^\w)", text, re.M | re.S).group()
        last = self.selection("ifd")["row"][-1]
        self.assertIn(f"ifd: 10 of {ROWS} rows by ifd of 10\n  top: ", block)
        self.assertRegex(block, rf"\n +10\.  row {last} \(k{last}\)  score {self.scores['ifd_ppl'][last]:g}\n +Explain .*\n +> ")
        self.assertLess(block.index("  cut: "), block.index("  bottom: "))
        self.assertEqual(block.count("  row "), 6)
        (self.out / "selection/tags.h5").unlink()
        self.assertIn("\ntags: not made yet\n", self.succeed("explain", self.out, "--sample", 6).stdout)


if __name__ == "__main__":
    unittest.main()
