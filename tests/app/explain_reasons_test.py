"""`winnow explain`: why a row was not picked, beside what the method did by its book (h5py, numpy)."""
import json
import pathlib
import sys
import unittest

import h5py
import numpy

from explained_run import BAD, LONE, NULL, ROWS, ExplainTest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "selection"))
import near_duplicates_transcription  # noqa: E402


class Reasons(ExplainTest):
    def rounds(self, order, budget, one):
        """InsTag's rounds by the book: of each the picks and the first of them with each tag; what is filled is a pick without a round."""
        picks, rounds = [], []
        while len(picks) < budget and (not rounds or rounds[-1]) and not (one and rounds):
            first = {}
            for row in order:
                if row not in picks and len(picks) < budget and set(self.scores["tags"][row]) - set(first):
                    picks.append(row)
                    first = {**{tag: row for tag in self.scores["tags"][row]}, **first}
            rounds.append(first)
        rest = [row for row in order if row not in picks]
        return picks + rest[:budget - len(picks)], [first for first in rounds if first]

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
        with h5py.File(self.out / "selection/emptied.h5") as file:
            begin = int(file.attrs["filled_from"]) + 1
        last = self.selection("emptied")["row"][-1]
        beaten = {row: why["why"] for row, why in self.reasons(rows, "emptied").items() if why["reason"] == "beaten"}
        self.assertEqual(beaten, {row: f"from pick {begin} on no row had a gain left, the rest came by score; score {ifd[row]:.6g}, "
                                       f"the last pick (row {last}) has {ifd[last]:.6g} and a gain of 0" for row in beaten})
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
        reasons = {name: {why["reason"] for row, why in self.reasons(rows, name).items() if row != BAD} for name in ("random", "all")}
        self.assertEqual(reasons, {"random": {"not_drawn"}, "all": set()})
        shares = {kind: sum(row % 3 == "abc".index(kind) for row in self.selection("unequal")["row"]) for kind in "abc"}
        for row, why in self.reasons(rows, "unequal").items():
            if row != BAD:
                kind = "abc"[row % 3]
                self.assertEqual((why["reason"], why["stratum"]), ("not_drawn" if shares[kind] else "no_share", kind))
                if not shares[kind]:
                    self.assertEqual(why["why"], f"kind '{kind}': its share of the 2 picks is 0: {16 - (BAD % 3 == row % 3)} of 47 eligible rows")
        self.assertIn(0, shares.values())
        for row, why in self.reasons(rows, "aggregates").items():  # What stands in an aggregate only is nothing of the row's.
            if why["step"] == 1 and row != BAD:
                self.assertEqual(why["reason"], "undefined" if row == NULL else "condition")
                if row == NULL:
                    self.assertEqual(why["why"], "other is undefined: not_given")
                else:
                    self.assertEqual((list(why["values"]), why["values"]["other"]), (["other", "mean(ifd_ppl)"], self.scores["other"][row]))
        self.assertEqual(self.reasons(rows, "aggregates")[BAD]["status"], "bad_row")
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

    def test_whose_picks_have_the_tags(self):
        self.make()
        rows = self.every_row()
        order = sorted((row for row in range(ROWS) if row != BAD), key=lambda row: (-len(self.scores["tags"][row]), row))
        seen = {}
        for name, budget in (("tags", 5), ("rounds", 18), ("filled", 18)):
            picks, rounds = self.rounds(order, budget, name == "filled")
            self.assertEqual(self.selection(name)["row"], picks)
            for row, why in self.reasons(rows, name).items():
                if row == BAD:
                    self.assertEqual(why["reason"], "undefined")
                    continue
                with self.subTest(name, row=row):
                    is_behind = order.index(row) > order.index(picks[-1])
                    seen.setdefault(name, set()).add(why["reason"])
                    self.assertEqual(why["reason"], "beaten" if is_behind else "covered")
                    self.assertEqual((why["number"], why["score"], why["round"]), ("tagger.n_tags", len(self.scores["tags"][row]), len(rounds)))
                    self.assertEqual(why["tags"], {tag: rounds[-1].get(tag) for tag in self.scores["tags"][row]})
                    if is_behind:
                        self.assertEqual(why["last_pick"], {"row": picks[-1], "score": len(self.scores["tags"][picks[-1]])})
                    else:
                        self.assertTrue(all(order.index(pick) < order.index(row) for pick in why["tags"].values()))
                        self.assertIn(f"its tags in the picks{'' if name == 'filled' else f' of round {len(rounds)}'}: ", why["why"])
        self.assertEqual((seen["rounds"], seen["filled"]), ({"covered", "beaten"}, {"beaten"}))

    def ranked_dissimilar(self, cosines, most):
        """Deita's order and, one after the other, the rows that it picks with any budget."""
        ranked = sorted(range(ROWS), key=lambda row: (-self.scores["evol"][row], row))
        kept = []
        for row in ranked:
            if all(cosines[row, pick] <= most for pick in kept):
                kept.append(row)
        return ranked, kept

    def test_budgets_in_tokens(self):
        cosines, tokens, most = self.make_embedded()
        rows = self.every_row()
        ranked, kept = self.ranked_dissimilar(cosines, most)

        def split(order, budget):
            end = next(i for i in range(len(order)) if sum(int(tokens[row]) for row in order[:i + 1]) > budget)
            return order[:end], order[end], budget - sum(int(tokens[row]) for row in order[:end])

        for name, order, budget in (("deita_tokens", kept, 400), ("tokens", ranked, 300), ("drawn", self.selection("drawn_all")["row"], 300)):
            picks, first, left = split(order, budget)
            self.assertEqual(self.selection(name)["row"], picks)
            for row, why in self.reasons(rows, name).items():
                if row == first:
                    self.assertEqual((why["reason"], why["tokens"], why["tokens_left"]), ("budget", tokens[row], left))
                    self.assertEqual(why["why"], f"next in order, but its {tokens[row]} tokens no longer fit: {left} of {budget} tokens are left")
                elif name == "deita_tokens" and any(cosines[row, pick] > most for pick in picks if ranked.index(pick) < ranked.index(row)):
                    self.assertEqual(why["reason"], "similar")
                else:
                    self.assertEqual(why["reason"], "not_drawn" if name == "drawn" else "beaten")
                    self.assertIn(f"; the list ends at row {first}, whose {tokens[first]} tokens no longer fit: {left} of {budget} tokens are left", why["why"])
        left = 300 - sum(int(tokens[row]) for row in self.selection("greedy")["row"])
        for row, why in self.reasons(rows, "greedy").items():
            if why["reason"] == "beaten":
                self.assertTrue(why["why"].endswith(f"; {left} of 300 tokens are left, it has {tokens[row]}"), why["why"])

    def test_the_share_that_superfiltering_d_looks_at(self):
        self.make_embedded()
        ifd = self.scores["ifd_ppl"]
        below = sorted((row for row in range(ROWS) if row != NULL and ifd[row] < 1), key=lambda row: (-ifd[row], row))
        share = int(0.3 * ROWS)
        last = below[share - 1]
        reasons = set()
        for row, why in self.reasons(self.every_row(), "covering").items():
            reasons.add(why["reason"])
            if row in below[:share]:
                self.assertEqual((why["reason"], why["why"]), ("not_chosen", "superfiltering_d chose 4 of the rows in ifd_share 30%, not this one"))
                self.assertNotIn("last_pick", why)
            elif row in below:
                self.assertEqual((why["reason"], why["score"], why["last_of_share"]), ("outside_share", ifd[row], {"row": last, "score": ifd[last]}))
                self.assertIn(f"ifd_ppl {ifd[row]:g} is not among the {share} highest (30%), whose last (row {last}) has {ifd[last]:g}", why["why"])
            else:
                self.assertEqual(why["reason"], "undefined" if row == NULL else "condition")
        self.assertEqual(reasons, {"not_chosen", "outside_share", "undefined", "condition"})
        for row, why in self.reasons(self.every_row(), "by_kind").items():  # The share is one of all rows, then come the strata.
            if row in below[:share]:
                self.assertEqual((why["reason"], why["stratum"]), ("not_chosen", "abc"[row % 3]))
            elif row in below:
                self.assertEqual((why["reason"], why["last_of_share"]["row"]), ("outside_share", last))

    def test_similar_rows(self):
        cosines, tokens, most = self.make_embedded()
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
        self.assertEqual(rows[0]["scorers"]["tiny"]["embedding"], {"dimension": 32, "status": "ok"})
        self.assertEqual(rows[5]["scorers"]["tiny"]["n_tokens"]["value"], tokens[5])


if __name__ == "__main__":
    unittest.main()
