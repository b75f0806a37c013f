"""`winnow explain --sample`: rows from the top, around the cut and from the bottom of each selection."""
import json
import re
import unittest

from explained_run import BAD, NULL, ROWS, ExplainTest


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
        above, behind = ranked.index(middle[0]) - 1, ranked.index(middle[-1]) + 1
        self.assertEqual(self.blocks(sample["middle"])["cut"], [ranked[above], *middle[-2:], ranked[behind]])
        self.assertEqual(self.blocks(sample["middle"])["bottom"], [*ranked[:2], *ranked[-2:]])
        self.assertEqual((sample["middle"]["cut_by"], sample["middle"]["bottom_by"]), ("both_sides", "both_ends"))
        self.assertEqual([row["row"] for row in sample["tags"]["cut"] if row["pick"] is None], self.selection("rounds")["row"][5:7])
        picked = self.selection("random")["row"]
        self.assertEqual(sample["random"]["bottom_by"], "chance")
        self.assertEqual([row["row"] for row in sample["random"]["cut"] if row["pick"]], picked[-2:])
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
                for stratum in {row.get("stratum") for row in selection["top"]}:
                    places = [row["pick"] for block in ("top", "cut") for row in selection[block] if row["pick"] and row.get("stratum") == stratum]
                    self.assertEqual(places, sorted(set(places)), name)
                self.assertLessEqual(sum(map(len, blocks.values())), rows, name)
                if rows == 20 and name in ("ifd", "middle"):
                    self.assertEqual([len(block) for block in blocks.values()], [7, 6, 6])

    def test_what_would_come_next_is_what_a_larger_budget_picks(self):
        self.make_embedded()
        sample = self.explain("--sample", 18)["selections"]
        for name in ("deita", "cherry"):
            picks, more = self.selection(name)["row"], self.selection(name + "_more")["row"]
            self.assertEqual(more[:len(picks)], picks)
            self.assertEqual([row["row"] for row in sample[name]["cut"] if row["pick"] is None], more[len(picks):])
            self.assertEqual(len(more) - len(picks), 3)
        drawn = self.selection("drawn")["row"]
        self.assertEqual([row["row"] for row in sample["drawn"]["cut"] if row["pick"] is None], self.selection("drawn_all")["row"][len(drawn):][:3])

    def test_strata_are_sampled_each(self):
        self.make()
        picks, ifd = self.selection("strata")["row"], self.scores["ifd_ppl"]
        sample = self.explain("--sample", 18)["selections"]["strata"]
        self.assertEqual(sample["strata"], {"field": "kind", "shown": 3, "all": 3})
        for kind, rest in zip("abc", range(3)):
            own = [pick for pick in picks if pick % 3 == rest]
            ranked = sorted((row for row in range(ROWS) if row not in (BAD, NULL) and row % 3 == rest and ifd[row] < 1), key=lambda row: (-ifd[row], row))
            self.assertEqual(ranked[:len(own)], own)
            blocks = {block: [row["row"] for row in sample[block] if row["stratum"] == kind] for block in ("top", "cut", "bottom")}
            self.assertEqual(blocks, {"top": own[:2], "cut": [own[-1], ranked[len(own)]], "bottom": ranked[-2:]})
            self.assertEqual([row["pick"] for row in sample["top"] if row["stratum"] == kind], [picks.index(pick) + 1 for pick in own[:2]])
        few = self.explain("--sample", 6)["selections"]["strata"]
        self.assertEqual((few["strata"]["shown"], [len(few[block]) for block in ("top", "cut", "bottom")]), (2, [2, 2, 2]))
        most = sorted("abc", key=lambda kind: -sum("abc"[pick % 3] == kind for pick in picks))[:2]
        self.assertEqual([row["stratum"] for row in few["top"]], most)
        text = self.succeed("explain", self.out, "--sample", 6).stdout
        self.assertIn("  top: the first picks, of each kind (2 of 3, those with most picks)\n", text)
        self.assertRegex(text, rf"  row {few['top'][0]['row']} \(k\d+\)  \[{most[0]}\]  score ")
        self.assertIn("  cut: the rows just above the picks, the last picks, the rows just below\n", text)

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
