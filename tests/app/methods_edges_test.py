"""Issue 5, S2: every selection method gives the same bytes on any number of ranks, and on hard data either a valid selection or one
line that says what is wrong."""
import shutil
import unittest

import h5py

import every_method
import program

SAME = {"ifd_ppl": 0.5, "ifd_loss": 0.5, "ppl_cond": 2.0, "instruction_ppl": 3.0, "rating": 4.0, "evol_score": 5.0, "tags": ["a", "b"]}
# What goes by no score: the others need numbers or tags that are defined.
FREE = {"vanilla", "random", "longest", "longest_instruction", "facility_location", "k_center", "kmeans", "kmeans_per_cluster", "deduplicate",
        "strata", "strata_faraway", "strata_k_center", "strata_kmeans"}
COUNT = 24
ONE_LEFT = {"chain": "[2].budget: '5': the budget asks for 5 rows, but only 1 rows are eligible"}


def same(count):
    return {name: [value] * count for name, value in SAME.items()}


class Ranks(program.ProgramTest):
    def test_every_method_is_in_the_job(self):
        job = self.write_job(f"data: {{ path: {self.write_rows(3)} }}\nselect: {{ method: nonsense, budget: 1 }}\n")
        refused = self.fail_with(2, "select.method: found 'nonsense'", arguments=["run", job, "--out", self.folder / "run"])
        known = refused.stderr.partition("expected one of ")[2].partition(";")[0].split(", ")
        self.assertGreater(len(known), 15)
        self.assertEqual(every_method.methods_named_here(), set(known))

    def test_one_to_four_ranks_give_the_same_bytes_for_every_method(self):
        rows = every_method.instruction_rows(150)
        rows[40] = rows[41] = b"no row"
        several = {name: text.replace("clusters: 1,", "clusters: 6,") for name, text in every_method.SELECTIONS.items()}
        job = every_method.write(self, rows, every_method.seeded_scores(150), 20, several)
        alone = None
        for ranks in (1, 2, 3, 4):
            out = self.folder / f"run{ranks}"
            self.succeed("run", job, "--out", out, ranks=ranks)
            files = program.published(out)
            self.assertEqual(len(files), 2 + 2 * len(several))
            alone = alone or files
            for name, content in files.items():
                self.assertEqual(content, alone[name], f"{name} on {ranks} ranks")


class HardData(program.ProgramTest):
    def setUp(self):
        super().setUp()
        self.rows = every_method.instruction_rows(COUNT)
        self.scores = every_method.seeded_scores(COUNT, undefined=0)

    def check(self, rows, scores, budget, refused=(), code=3, ranks=(1, 3), chosen=every_method.SELECTIONS):
        """Those refused give the code, their place and what is said of it; all others a valid file, the same on any ranks."""
        accepted = {name: text for name, text in chosen.items() if name not in refused}
        job = every_method.write(self, rows, scores, budget, accepted)
        runs = []
        for count in ranks:
            out = self.folder / f"run{count}"
            shutil.rmtree(out, ignore_errors=True)
            self.succeed("run", job, "--out", out, ranks=count)
            runs.append(program.published(out))
        self.assertEqual(runs[0], runs[-1])
        for name in accepted:
            self.check_selection(out, name, chosen[name], budget)
        for name, said in dict(refused).items():
            alone = every_method.write(self, rows, scores, budget, {name: every_method.SELECTIONS[name]})
            with self.subTest(name):
                self.fail_with(code, f"selections.{name}", said, arguments=["run", alone, "--out", out])

    def check_selection(self, out, name, setting, budget):
        lines = (self.folder / "job.jsonl").read_bytes().splitlines()
        with h5py.File(out / "selection" / f"{name}.h5") as file, h5py.File(out / "scores.h5") as scores:
            picked = file["row"][:].tolist()
            tokens = scores["scores/tiny/n_tokens"][:]
        if name != "iterit_faithful":  # The published loop repeats a row where no gain is positive.
            self.assertEqual(len(set(picked)), len(picked), name)
        if "BUDGET" in setting:
            amount = len(lines) if budget == "100%" else int(str(budget).split()[0])
            self.assertLessEqual(tokens[picked].sum() if "tokens" in str(budget) else len(picked), amount, name)
        in_order = sorted(picked) if "order: file" in setting else picked
        subset = (out / "selection" / f"{name}.jsonl").read_bytes().splitlines()
        self.assertEqual(subset, [lines[row] for row in in_order], name)
        self.assertTrue(picked, name)

    def test_all_scores_equal(self):
        self.check(self.rows, same(COUNT), 5)

    def test_all_scores_zero(self):
        zeros = {name: [0] * COUNT if name != "tags" else [[]] * COUNT for name in SAME}
        refused = {"alpagasus": "needs rating at least 3 (rows by status: ok 24)", "alpagasus_few": "needs rating at least 1 (rows by"}
        self.check(self.rows, zeros, 5, refused)

    def test_all_scores_undefined(self):
        undefined = {name: [None] * COUNT for name in SAME}
        refused = {name: "(rows by status: not_given 24)" for name in every_method.SELECTIONS if name not in FREE}
        refused["chain"] = "[1]: no row is eligible for deduplicate (rows by status: none came in)"
        refused["graphfilter"] = "no row is eligible for graphfilter, which needs ifd_ppl (rows"
        self.check(self.rows, undefined, 5, refused)

    def test_one_row_on_four_ranks(self):
        self.check(self.rows[:1], same(1), 1, ranks=(1, 4))

    def test_three_rows_on_seven_ranks(self):
        self.check(self.rows[:3], same(3), 2, ranks=(1, 7))

    def test_budget_of_all_rows(self):
        self.check(self.rows, same(COUNT), "100%")

    def test_two_thousand_copies(self):
        self.check(self.rows[:1] * 2000, same(2000), 50, {"chain": "[2].budget: '50': the budget asks for 50 rows, but only 1 rows are eligible"})

    def test_empty_rows(self):
        self.check([{**row, "instruction": "", "input": "", "output": ""} for row in self.rows], self.scores, 5, ONE_LEFT)

    def test_empty_answers(self):
        self.check([{**row, "output": ""} for row in self.rows], self.scores, 5)

    def test_empty_instructions(self):
        self.check([{**row, "instruction": "", "input": ""} for row in self.rows], self.scores, 5)

    def test_one_word_vocabulary(self):
        self.check([{**row, "instruction": "go", "input": "", "output": "go"} for row in self.rows], self.scores, 5, ONE_LEFT)

    def test_a_vocabulary_without_words(self):
        self.check([{**row, "instruction": "!?", "input": "", "output": "... -- 。"} for row in self.rows], self.scores, 5, ONE_LEFT)

    def test_a_budget_in_tokens(self):
        refused = {name: ".stratify: given" for name in every_method.SELECTIONS if name.startswith("strata")}
        refused["strata_kmeans"] = ".clusters: missing"
        refused["perplexity_middle"] = refused["strata_middle"] = "`take: middle` has its middle in rows"
        self.check(self.rows, same(COUNT), "300 tokens", refused, code=2)

    def refuse(self, code, said, setting, budget=5, ranks=1, name="one"):
        job = every_method.write(self, self.rows, self.scores, budget, {name: setting})
        self.fail_with(code, said, arguments=["run", job, "--out", self.folder / "run"], ranks=ranks)

    def by_method(self):
        """A setting with a budget for each method that takes one."""
        found = {}
        for setting in every_method.SELECTIONS.values():
            if setting.startswith("{") and "BUDGET" in setting:
                found.setdefault(setting.split("method: ")[1].split(",")[0], setting)
        return found

    def test_a_budget_above_what_is_eligible(self):
        eligible = {"ifd_ppl": sum(value < 1 for value in self.scores["ifd_ppl"]), "ifd_loss": sum(value <= 1 for value in self.scores["ifd_loss"])}
        self.assertLess(max(eligible.values()), COUNT)
        below_one = dict.fromkeys(["ifd", "superfiltering", "superfiltering_d", "iterit"], eligible["ifd_ppl"])
        for number, (method, setting) in enumerate(self.by_method().items()):
            count = {**below_one, "cherry": eligible["ifd_loss"]}.get(method, COUNT)
            said = f"selections.one.budget: '25': the budget asks for 25 rows, but only {count} rows are eligible"
            with self.subTest(method):
                self.refuse(3, said, setting, budget=25, ranks=1 + number % 2)

    def test_a_budget_in_tokens_above_what_is_eligible_or_below_one_row(self):
        for budget, said in (("1M tokens", "asks for 1000000 tokens, but only "), ("1 tokens", "is less than its first row needs")):
            for method, setting in self.by_method().items():
                with self.subTest(method):
                    self.refuse(3, said, setting, budget)

    def test_no_row_left_by_a_filter(self):
        for number, (method, setting) in enumerate(self.by_method().items()):
            with self.subTest(method):
                said = f"selections.one[1]: no row is eligible for {method}"
                self.refuse(3, said, f"[ {{ filter: ifd_ppl < 0 }}, {setting} ]", ranks=1 + number % 2)
        for setting in ("{ method: vanilla }", "{ method: deduplicate }", "{ method: cherry_pre_experience }"):
            self.refuse(3, "selections.one[1]: no row is eligible for", f"[ {{ filter: ifd_ppl < 0 }}, {setting} ]")

    def test_the_step_that_leaves_nothing_is_named(self):
        self.refuse(3, "selections.one[1]: no row is left", "[ { method: vanilla }, { filter: ifd_ppl < 0 }, { filter: rating > mean(rating) } ]")
        self.refuse(3, "selections.one[0].budget: '1 tokens' is less than", "[ { method: random, budget: BUDGET }, { filter: ifd_ppl > 0 } ]",
                    budget="1 tokens", ranks=2)

    def test_the_share_of_superfiltering_d(self):
        for share, budget, said, code in (("1%", 5, "'1%': the budget of 1% comes to 0 of 24 rows", 3), ("4", 5, "'4' leaves 4 rows, the budget asks for 5", 2),
                                          ("3", "1k tokens", " tokens, the budget asks for 1000", 2), ("5k tokens", 5, "'5k tokens' counts tokens", 2)):
            setting = f"{{ method: superfiltering_d, ifd_share: {share}, budget: BUDGET }}"
            with self.subTest(share):
                self.refuse(code, "selections.one.ifd_share: " + said * (share != "3"), setting, budget, ranks=2)
                self.refuse(code, said, setting, budget, ranks=1)

    def test_strata(self):
        strata = "{ method: random, stratify: category, budget: BUDGET }"
        for value in ("z\0", "a\0b", "\0", "", "é", 7, None, True, ["x"], {"y": {}}):
            self.rows[3]["category"] = value
            self.check(self.rows, self.scores, 6, chosen={"strata": strata})
        for row in self.rows:
            row["category"] = row["instruction"] + str(row)
        self.check(self.rows, self.scores, 6, chosen={"strata": strata, "far": "{ method: facility_location, stratify: category, budget: BUDGET }"})
        self.refuse(3, "selections.one.stratify: no eligible row has a value in the field 'categry'", strata.replace("category", "categry"), ranks=2)


if __name__ == "__main__":
    unittest.main()
