"""`score: [tags]` and imported tags: the tags of the replies that `winnow generate` gives, rank counts, kills, later scorers, job keys."""
import json
import pathlib
import shutil
import tempfile
import unittest

import h5py
import numpy

import program
import tag_oracle
import tagging_model

JOB = """
name: tagged
data: {{ path: {data}, on_bad_row: skip }}
score: {{ block_rows: 3 }}
scorers:
"""
TAGGER = "  tagger: {{ path: {model}, template: {template}, dtype: fp32, score: [tags], tags: {{ prompt: {prompt}, max_new_tokens: 20 }} }}\n"
LOSSES = "  losses: {{ path: {model}, template: chatml, score: [ppl_cond] }}\n"
TEMPLATES = {"instagger": "vicuna", "instag": "chatml"}


def read_tags(path, scorer):
    """(status name, tags) of every row."""
    with h5py.File(path) as file:
        group, scores = file[f"tags/{scorer}"], file[f"scores/{scorer}"]
        offsets, names = group["name_offsets"][:], group["names"][:].tobytes()
        names = [names[a:b].decode() for a, b in zip(offsets, offsets[1:])]
        tags = [[names[tag] for tag in group["tag"][a:b]] for a, b in zip(group["row_offsets"][:], group["row_offsets"][1:])]
        statuses = {value: name for name, value in h5py.check_enum_dtype(scores["status_n_tags"].dtype).items()}
        status = [statuses[value] for value in scores["status_n_tags"][:]]
        expected = [len(row) if s == "ok" else numpy.nan for s, row in zip(status, tags)]
        numpy.testing.assert_array_equal(scores["n_tags"][:], expected)
        assert names == sorted(names, key=str.encode) and len(set(names)) == len(names), names
        assert group["rows_with_tag"][:].tolist() == [sum(name in row for row in tags) for name in names]
        return list(zip(status, tags))


def datasets(path):
    """{name: (bytes, attributes)} of every dataset."""
    found = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, item: found.update({name: (item[()].tobytes(), dict(item.attrs))}) if isinstance(item, h5py.Dataset) else None)
    return found


class Tags(program.ProgramTest):
    @classmethod
    def setUpClass(cls):
        cls.model = tagging_model.make(pathlib.Path(tempfile.mkdtemp(prefix="winnow-model-")) / "model")
        cls.addClassCleanup(shutil.rmtree, cls.model.parent)

    def conversations(self, count):
        rows = []
        for i, row in enumerate(self.rows(count)):
            turns = [("human", f"Question {j} of {i}.") if j % 2 == 0 else ("gpt", f"Answer {j}.") for j in range(2 * (i % 3 == 1))]
            rows.append({"conversations": [{"from": r, "value": c} for r, c in [*turns, ("human", row["instruction"]), ("gpt", row["output"])]]})
        return rows

    def lines(self, rows):
        return "".join(json.dumps(row) + "\n" for row in rows)

    def job(self, scorers=TAGGER, rows=21, prompt="instagger", data=None):
        data = data or self.write("rows.jsonl", self.lines(self.conversations(rows)))
        text = (JOB + scorers).format(data=data, model=self.model, template=TEMPLATES[prompt], prompt=prompt)
        return self.write_job(text)

    def summary(self, out):
        return json.loads((self.folder / out / "summary.json").read_text())

    def tags(self, out, scorer="tagger"):
        return read_tags(self.folder / out / "scores.h5", scorer)

    def replies(self, prompts, template):
        """What `winnow generate` answers to them."""
        questions = self.write("questions.jsonl", self.lines([{"instruction": prompt, "output": ""} for prompt in prompts]))
        job = self.write_job(f"name: asked\ndata: {{ path: {questions} }}\nmodel: {{ path: {self.model}, template: {template}, dtype: fp32 }}\n"
                             "generate: { max_new_tokens: 20, name: asked }\n", "generate.yaml")
        self.succeed("generate", job, "--out", self.folder / f"asked-{template}")
        lines = (self.folder / f"asked-{template}/replies/asked.jsonl").read_text().splitlines()
        return [json.loads(line)["text"] for line in lines]


class Replies(Tags):
    def test_tags_are_those_of_the_replies_to_every_user_turn(self):
        rows = self.conversations(24)
        rows[5] = {"conversations": 7}
        rows[8]["conversations"][0]["value"] = "long " * 400
        data = self.write("rows.jsonl", self.lines(rows))
        counts = {}
        for prompt, template in TEMPLATES.items():
            self.succeed("score", self.job(prompt=prompt, data=data), "--out", self.folder / prompt, ranks=2)
            turns = [[] if i == 5 else [turn["value"] for turn in row["conversations"] if turn["from"] == "human"] for i, row in enumerate(rows)]
            replies = iter(self.replies([tag_oracle.PROMPTS[prompt].format(turn) for row in turns for turn in row], template))
            expected = [tag_oracle.row([next(replies) for _ in row]) if row else ("bad_row", []) for row in turns]
            found = self.tags(prompt)
            self.assertEqual(found, expected)
            statuses = [status for status, _ in found]
            counts[prompt] = {status: statuses.count(status) for status in set(statuses)}
            self.assertEqual(counts[prompt]["bad_row"], 1)
            self.assertEqual(counts[prompt]["text_too_long"], 1)
            self.assertGreaterEqual(len({tuple(tags) for _, tags in found}), 3)
            summary = self.summary(prompt)
            self.assertEqual({k: v for k, v in summary["status"]["tagger"]["n_tags"].items() if v}, counts[prompt])
            self.assertEqual(summary["scorers"]["tagger"]["distinct_tags"], len({tag for _, tags in found for tag in tags}))
        print(f"replies read as: {counts}", flush=True)
        self.assertGreater(sum(each.get("unreadable_reply", 0) for each in counts.values()), 2)

    def test_the_file_says_where_tags_come_from(self):
        self.succeed("score", self.job(), "--out", self.folder / "run")
        with h5py.File(self.folder / "run/scores.h5") as file:
            for name in ("scores/tagger/n_tags", "tags/tagger/tag", "tags/tagger/names"):
                attributes = dict(file[name].attrs)
                self.assertEqual(attributes["prompt_tags"], tag_oracle.PROMPTS["instagger"].format("{instruction}"))
                self.assertEqual(attributes["template"], "vicuna")
                self.assertIn("2308.07074", attributes["source"])
                self.assertIn("Porter", attributes["tag_rules"])
                self.assertEqual(attributes["max_new_tokens"], 20)
        text = self.succeed("inspect", self.folder / "run/scores.h5").stdout
        for line in ("/tags/tagger/tag  u32 [", "/tags/tagger/row_offsets  u64 [22]", "/scores/tagger/status_n_tags  u8 enum"):
            self.assertIn("\n" + line, text)
        distinct = self.summary("run")["scorers"]["tagger"]["distinct_tags"]
        self.assertIn(f"\n            {distinct} distinct tags\n", self.succeed("score", self.folder / "job.yaml", "--out", self.folder / "run").stdout)

    def test_the_journal_keeps_the_replies_as_they_are(self):
        self.succeed("score", self.job(rows=9), "--out", self.folder / "run")
        journal = b"".join(path.read_bytes() for path in (self.folder / "run/journal/tagger").glob("*.seg"))
        asked = [tag_oracle.PROMPTS["instagger"].format(turn["value"]) for row in self.conversations(9) for turn in row["conversations"] if turn["from"] == "human"]
        for reply in self.replies(asked, "vicuna"):
            self.assertIn(len(reply).to_bytes(4, "little") + reply.encode(), journal)


class Runs(Tags):
    def test_the_rank_count_changes_no_bit(self):
        job = self.job(TAGGER + LOSSES)
        self.succeed("score", job, "--out", self.folder / "run1")
        alone = program.published(self.folder / "run1")
        for ranks in (2, 3):
            self.succeed("score", job, "--out", self.folder / f"run{ranks}", ranks=ranks)
            self.assertEqual(program.published(self.folder / f"run{ranks}"), alone, f"{ranks} ranks")

    def test_killed_it_goes_on(self):
        job = self.job(rows=120)
        self.succeed("score", job, "--out", self.folder / "whole", ranks=2)
        out = self.folder / "killed"
        program.kill_when_begun(["score", job, "--out", out], 2, out / "journal/tagger", 2000)
        self.assertFalse((out / "scores.h5").exists())
        self.succeed("score", job, "--out", out, ranks=3)
        self.assertGreater(self.summary("killed")["scorers"]["tagger"]["rows_already_done"], 0)
        self.assertEqual(program.published(out), program.published(self.folder / "whole"))

    def test_added_later_it_leaves_the_first_scorers_bytes(self):
        out = self.folder / "run"
        self.succeed("score", self.job(LOSSES), "--out", out, ranks=2)
        before, journal = datasets(out / "scores.h5"), {p: p.read_bytes() for p in (out / "journal/losses").iterdir()}
        self.succeed("score", self.job(LOSSES + TAGGER), "--out", out)
        after = datasets(out / "scores.h5")
        self.assertEqual({name: after[name] for name in before}, before)
        self.assertEqual({p: p.read_bytes() for p in (out / "journal/losses").iterdir()}, journal)
        self.assertEqual({name.split("/")[1] for name in set(after) - set(before)}, {"tagger"})
        self.assertNotIn("tokens_per_second", self.summary("run")["scorers"]["losses"])

    def test_rows_appended_to_the_data_cost_their_own_replies(self):
        rows = self.conversations(20)
        data = self.write("rows.jsonl", self.lines(rows[:13]))
        self.succeed("score", self.job(data=data), "--out", self.folder / "run", ranks=2)
        self.write("rows.jsonl", self.lines(rows))
        self.succeed("score", self.job(data=data), "--out", self.folder / "run")
        self.assertEqual(self.summary("run")["scorers"]["tagger"]["rows_already_done"], 12)
        self.succeed("score", self.job(data=data), "--out", self.folder / "fresh", ranks=3)
        self.assertEqual(program.published(self.folder / "run"), program.published(self.folder / "fresh"))

    def test_what_decides_the_replies_is_bound(self):
        job = self.job(rows=4)
        self.succeed("score", job, "--out", self.folder / "run")
        for change, fragment in (("tags.max_new_tokens=21", "max_new_tokens of scorer 'tagger' was 20, the job now says 21"),
                                 ("tags.prompt=instag", 'tag_prompt of scorer \'tagger\' was "instagger"'), ("template=bare", "template of scorer")):
            self.fail_with(2, fragment, arguments=["score", job, "--out", self.folder / "run", "--set", f"scorers.tagger.{change}"])


class Imported(Tags):
    LISTS = [["Spelling & Grammar-Checking", "spelling and grammar check", "Math"], None, [], ["maths!", "???", "Études"], ["math"]]
    EXPECTED = [("ok", ["spell grammar check", "spell and grammar check", "math"]), ("not_given", []), ("ok", []), ("ok", ["math", "étude"]),
                ("ok", ["math"])]

    def job(self, text, key="", rows=5):
        tags = self.write("tags.json", text)
        return self.write_job(f"name: given\ndata: {{ path: {self.write_rows(rows)}, on_bad_row: skip }}\nscore: {{ block_rows: 2 }}\n"
                              f"scorers: {{ imported: {{ import: {tags}, as: tags, key: '{key}' }} }}\n")

    def test_lists_are_normalized_and_stored_as_replies_are(self):
        texts = {"list": json.dumps(self.LISTS, ensure_ascii=False, indent=1), "lines": self.lines(self.LISTS), "key": json.dumps({"t": self.LISTS, "u": 1})}
        files = []
        for ranks, (name, text) in enumerate(texts.items(), 1):
            self.succeed("score", self.job(text, "t" if name == "key" else ""), "--out", self.folder / name, ranks=ranks)
            self.assertEqual(self.tags(name, "imported"), self.EXPECTED)
            self.assertEqual(self.summary(name)["status"]["imported"]["n_tags"], {"ok": 4, "not_given": 1})
            self.assertEqual(self.summary(name)["scorers"]["imported"], {"imported_as": "tags", "distinct_tags": 4})
            found = datasets(self.folder / name / "scores.h5")
            files.append({path: found[path][0] for path in found})
        self.assertEqual(files[1:], files[:1] * 2)

    def test_the_rank_count_changes_no_bit(self):
        lists = [[f"tag {i * j % 11}" for j in range(i % 5)] for i in range(23)]
        job = self.job(json.dumps(lists), rows=23)
        self.succeed("score", job, "--out", self.folder / "run1")
        for ranks in (2, 3):
            self.succeed("score", job, "--out", self.folder / f"run{ranks}", ranks=ranks)
            self.assertEqual(program.published(self.folder / f"run{ranks}"), program.published(self.folder / "run1"))

    def test_a_bad_row_has_none(self):
        job = self.job(self.lines(self.LISTS[:1] * 5))
        rows = (self.folder / "rows.jsonl").read_text().splitlines(True)
        self.write("rows.jsonl", "".join([*rows[:3], "7\n", rows[4]]))
        self.succeed("score", job, "--out", self.folder / "run", ranks=2)
        self.assertEqual([status for status, _ in self.tags("run", "imported")], ["ok", "ok", "ok", "bad_row", "ok"])

    def test_bad_shapes_name_file_and_row(self):
        for text, fragment in (('[["a"], "b", [], [], []]', "row 1: found string, expected a list of tags or null"),
                               ('[["a"], ["b", 3], [], [], []]', "row 1: found number as tag 1 of the list, expected a text"),
                               ('["a", "b"]\n[[1]]\n[]\n[]\n[]\n', "row 1: found array as tag 0"),
                               ('[null, null, NaN, null, null]', "row 2, byte 13: found NaN, expected JSON with a list of tags or null for each row"),
                               ('["a"]\nNaN\n', "row 1, byte 0: found NaN, expected one list of tags or null a line"),
                               ('[["a"], []]', "2 values, expected 5: one for each row"), ('{"a": 1}', "row 0: found object")):
            self.fail_with(3, "tags.json: " + fragment, arguments=["score", self.job(text), "--out", self.folder / "run"], ranks=2)


class JobFile(Tags):
    def refuse(self, scorer, *fragments):
        job = self.job(f"  x: {{{{ path: {{model}}, template: vicuna, {scorer} }}}}\n", rows=3)
        self.fail_with(2, "job.yaml:6: scorers.x.", *fragments, arguments=["score", job, "--out", self.folder / "run"])

    def test_keys(self):
        self.refuse("score: [tags, length]", "scorers.x.score: found tags, length", "`tags` alone")
        self.refuse("score: [tags], tags: {{ prompt: chatgpt }}", "tags.prompt: found 'chatgpt'", "instagger")
        self.refuse("score: [tags], tags: {{ max_new_tokens: 0 }}", "tags.max_new_tokens")
        self.refuse("score: [tags], tags: {{ max_tokens: 9 }}", "tags.max_tokens", "'max_new_tokens'")
        self.refuse("score: [ppl_cond], tags: {{ prompt: instag }}", "tags: given, but `score` asks for ppl_cond only")

    def test_no_selection_by_scores_that_tags_do_not_bring(self):
        job = self.job()
        job.write_text(job.read_text() + "select: { method: ifd, budget: 2 }\n")
        self.fail_with(2, "ifd needs ifd_ppl, which no scorer of this job gives (they give n_tags)", arguments=["run", job, "--out", self.folder / "run"])


if __name__ == "__main__":
    unittest.main()
