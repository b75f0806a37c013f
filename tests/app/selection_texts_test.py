"""Whatever stands under `select:` and `selections:` gives a selection or one line with the place, what is found and what is expected."""
import json
import unittest

import program

ROWS = 10
SCORES = {"ifd_ppl": [0.5] * ROWS, "rating": [4, 5] * (ROWS // 2)}
CHAIN = "selections: { chain: [ { filter: ifd_ppl < 1 }, { method: random, budget: 3 } ] }"


class SelectionTexts(program.ProgramTest):
    def job(self, text):
        data, scores = self.write_rows(ROWS), self.write("scores.json", json.dumps(SCORES))
        given = "\n".join(f"  {name}: {{ import: {scores}, key: {name}, as: {name} }}" for name in SCORES)
        return self.write_job(f"data: {{ path: {data} }}\nscorers:\n{given}\n{text}\n")

    def refuse(self, text, *said, changes=(), code=2):
        with self.subTest(text, changes=changes):
            arguments = [option for change in changes for option in ("--set", change)]
            done = self.fail_with(code, *said, arguments=["run", self.job(text), "--out", self.folder / "run", *arguments])
            self.assertFalse((self.folder / "run/summary.json").exists())
            return done

    def rows_of(self, text, *changes):
        options = [option for change in changes for option in ("--set", change)]
        done = self.succeed("run", self.job(text), "--out", self.folder / "run", "--json", *options)
        return {name: selection["rows"] for name, selection in json.loads(done.stdout)["selections"].items()}

    def test_what_is_no_step(self):
        self.refuse("select: []", "job.yaml:5: select: empty, expected { method: ..., budget: ... }, or a list of such steps")
        self.refuse("select: {}", "select.method: missing, expected a method, or `filter`")
        self.refuse("select: [{}]", "select[0].method: missing")
        self.refuse("select: iterit", "select: found a value, expected a map of keys")
        self.refuse("select: [random]", "select[0]: found a value, expected a map of keys")
        self.refuse("select: [[{ method: random, budget: 1 }]]", "select[0]: found a list, expected a map of keys")
        self.refuse("select: [{ method: random, budget: 1 }, null]", "select[1]: found nothing, expected a map of keys")
        self.refuse("select: &self [*self]", "select[0]: found a list")
        self.refuse("selections: []", "selections: found a list, expected a map of keys")
        self.refuse("selections: { a: }", "selections.a: empty")
        self.refuse("selections: { a: [] }", "selections.a: empty")
        self.refuse("selections: { a: [[]] }", "selections.a[0]: found a list, expected a map of keys")
        self.refuse("selections: { a: random }", "selections.a: found a value, expected a map of keys")

    def test_names_that_clash_or_name_no_file(self):
        one = "{ method: random, budget: 1 }"
        self.refuse(f"select: {one}\nselections: {{ a: {one} }}", "job.yaml:6: selections: given beside select")
        self.refuse(f"selections: {{ a: {one}, a: {one} }}", "selections.a: given twice")
        for name in ("a/b", "..", ".", "''", "ä", "a b", "x" * 201):
            self.refuse(f"selections: {{ {name}: {one} }}", "expected a name of at most 200 letters, digits")
        self.refuse(f"selections: {{ [a]: {one} }}", "selections: a key is a list, expected a name")
        names = ["a", "a.h5", "a.jsonl", "-", "--help", "1", "y" * 200]
        self.assertEqual(self.rows_of("selections:\n" + "".join(f"  {name}: {one}\n" for name in names)), dict.fromkeys(names, 1))
        files = sorted(file.name for file in (self.folder / "run/selection").iterdir())
        self.assertEqual(files, sorted(f"{name}.{kind}" for name in names for kind in ("h5", "jsonl")))

    def test_a_long_path(self):
        out = self.folder / ("d" * 200) / ("e" * 100)
        self.succeed("run", self.job("select: { method: random, budget: 2 }"), "--out", out, ranks=2)
        self.assertTrue((out / "selection/random.h5").is_file())

    def test_methods_and_keys(self):
        self.refuse("select: { method: randm, budget: 1 }", "select.method: found 'randm', expected one of", "nearest is 'random'")
        self.refuse("select: { method: filter }", "select.method: found 'filter', which is a key of its own: expected filter: CONDITION")
        self.refuse("select: { method: [random], budget: 1 }", "select.method: found a list, expected a text")
        self.refuse("select: { fliter: ifd_ppl < 1 }", "select.fliter: unknown key; nearest valid key is 'filter'")
        self.refuse("select: { metod: random, budget: 3 }", "select.metod: unknown key; nearest valid key is 'method'")
        self.refuse("select: { filter: ifd_ppl < 1, method: random, budget: 1 }", "select.filter: given beside method")
        self.refuse("select: { filter: ifd_ppl < 1, budget: 1 }", "select.budget: given, but a filter takes no budget")
        for method, key, nearest in (("random", "bugdet: 2", "budget"), ("deita", "max_cosine_similarty: 0.5", "max_cosine_similarity"),
                                     ("kmeans", "cluster: 5", "clusters"), ("cherry", "verson: 2", "version"), ("iterit", "deccay: 0.5", "decay"),
                                     ("superfiltering_d", "ifd_shares: 5%", "ifd_share"), ("instag", "global_tag: true", "global_tags"),
                                     ("graphfilter", "txt: response", "text"), ("k_center", "sed: 1", "seed"), ("top", "scores: rating", "score")):
            goes_by = ", score: rating" if method == "top" else ""
            self.refuse(f"select: {{ method: {method}, budget: 1, {key}{goes_by} }}", f"select.{key.split(':')[0]}: unknown key; nearest valid key is '{nearest}'")

    def test_keys_of_another_method(self):
        for method, key in (("random", "decay: 1"), ("longest", "score: rating"), ("iterit", "seed: 1"), ("ifd", "take: top"), ("perplexity", "unit: words")):
            name = key.split(":")[0]
            self.refuse(f"select: {{ method: {method}, budget: 1, {key} }}", f"select.{name}: given, but {method} takes no {name}; it takes budget, of, stratify")
        for method in ("vanilla", "deduplicate", "cherry_pre_experience"):
            for key in ("budget: 5", "of: eligible", "stratify: kind"):
                name = key.split(":")[0]
                self.refuse(f"select: {{ method: {method}, {key} }}", f"select.{name}: given, but {method} takes no {name}", "; it takes by, text" if method == "deduplicate" else "")
        unknown = "select.colour: unknown key; nearest valid key is"
        self.assertNotIn("of, ", self.refuse("select: { method: vanilla, colour: red }", unknown).stderr.split("valid: ")[1])
        self.refuse("select: { method: deduplicate, max_cosine_similarity: 0.9 }", "select.max_cosine_similarity: given, but `by: ngrams`")

    def test_values_out_of_range(self):
        for setting, said in (("random, budget: 1, seed: -1", "select.seed: found '-1'"), ("cherry, version: 3", "select.version: found '3'"),
                              ("kmeans, budget: 1, clusters: 0", "select.clusters: found '0'"), ("kmeans, budget: 1, take: top", "select.take: found 'top'"),
                              ("perplexity, budget: 1, take: center", "select.take: found 'center'"), ("iterit, budget: 1, decay: nan", "select.decay: found 'nan'"),
                              ("iterit, budget: 1, faithful: yes", "select.faithful: found 'yes', expected true or false"),
                              ("random, budget: 1, of: eligible", "select.of: given, but")):
            self.refuse(f"select: {{ method: {setting} }}", said)

    def test_budgets(self):
        for budget, said in (("101%", "`101%` is more than 100%"), ("0", "`0` selects nothing"), ("0%", "`0%` selects nothing"), ("-1", "is not a budget"),
                             ("1.5", "is not a whole number"), ("5k", "is not a budget"), ("nan", "is not a budget"), ("5% tokens", "is not a budget"),
                             ("9" * 20, "is not a budget"), ("100.0000001%", "has more than 6 decimals"), ("[1]", "found a list, expected a text"),
                             ("", "missing, expected a text"), ("10 tokens", "counts tokens, which only a model gives")):
            self.refuse(f"select: {{ method: random, budget: {budget} }}", "job.yaml:5: select.budget: ", said)
        self.refuse("select: { method: perplexity, take: middle, budget: 10 tokens }", "select.budget: '10 tokens' counts tokens, but `take: middle`")
        self.refuse("select: { method: random, budget: 5% }", "select.budget: '5%': the budget of 5% comes to 0 of 10 rows", code=3)

    def test_expressions(self):
        for text, said in (("ifd_pl < 1", "found the unknown name 'ifd_pl' at column 1, expected the name of a stored number; the nearest is 'ifd_ppl'"),
                           ("ifd_ppl", "found 'ifd_ppl' (a number) at column 1, expected a condition"), ("7", "expected a condition"),
                           ("''", "missing, expected a text"), ("[a]", "found a list, expected a text"), ("ifd_ppl ≤ 1", "found '≤' at column 9"),
                           ("ïfd_ppl < 1", "found 'ï' at column 1"), ("ifd_ppl < 😀", "found '😀' at column 11"), ('"a\\0b"', "found a NUL character"),
                           (r'"ifd_ppl\u00a0< 1"', "found '\u00a0' at column 8")):
            self.refuse(f"select: {{ filter: {text} }}", "job.yaml:5: select.filter: ", said)
        self.refuse("select: { method: top, budget: 1, score: ratin }", "select.score: found the unknown name 'ratin'", "the nearest is 'rating'")
        self.refuse("select: { method: top, budget: 1 }", "select.score: missing")

    def test_chains(self):
        step = "  - { filter: ifd_ppl < 1 }\n"
        self.refuse("select:\n" + step * 65, "select: 65 steps, at most 64 are supported")
        self.refuse("select: [{ method: random, budget: 3, order: file }, { filter: ifd_ppl < 1 }]", "select[0].order: given, but stands in the last step of a chain")
        self.refuse("select: [{ filter: ifd_ppl < 1, order: file }, { method: random, budget: 3 }]", "select[0].order: given, but stands in the last step")
        self.refuse("select: [{ filter: ifd_ppl < 1 }, { filter: ifd_ppl > 1 }, { method: random, budget: 1 }]",
                    "select[2]: no row is eligible for random (rows by status: none came in)", code=3)
        self.refuse("select: [{ method: random, budget: 3 }, { method: random, budget: 5 }]",
                    "select[1].budget: '5': the budget asks for 5 rows, but only 3 rows are eligible", code=3)
        self.refuse('select: [{ method: iterit, budget: 3, faithful: true, eos_text: "" }, { method: random, budget: 2 }]', "select[0].faithful: true, which")
        self.assertEqual(self.rows_of("selections:\n  most:\n" + step.replace("  -", "    -") * 64), {"most": ROWS})

    def test_set_on_an_item_of_a_list(self):
        for change, said in (("chain.2.budget=2", "'2' is no item of a list of 2: expected 0 to 1"), ("chain.-1.budget=2", "'-1' is no item"),
                             ("chain.x.budget=2", "'x' is no item"), (f"chain.{2 ** 64 + 1}.budget=2", "is no item"), ("chain..budget=2", "'' is no item"),
                             ("chain.1=7", "selections.chain[1]: found a value"), ("chain.1.budget.x=2", "budget is not a map of keys"),
                             ("chain.1.bugdet=2", "selections.chain[1].bugdet: unknown key; nearest valid key is 'budget'"),
                             ("chain.0.filter=nonsense", "selections.chain[0].filter: found the unknown name 'nonsense'"),
                             ("chain=[]", "selections.chain: empty"), ("chain.1.budget=200%", "`200%` is more than 100%"), ("chain.1.budget=[", "not a YAML value")):
            self.refuse(CHAIN, said, changes=[f"selections.{change}"])
        self.refuse("select: []", "--set select.0.budget=5: '0' is no item of an empty list", changes=["select.0.budget=5"])
        self.assertEqual(self.rows_of(CHAIN, "selections.chain.1.budget=2"), {"chain": 2})
        self.assertEqual(self.rows_of(CHAIN, "selections.chain.1.budget=50%", "selections.chain.0.filter=rating > mean(rating)"), {"chain": 5})


if __name__ == "__main__":
    unittest.main()
