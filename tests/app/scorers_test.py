"""Several scorers and every kind of score in one job: rank counts, a scorer added later, rows appended later, job-file errors, inspect."""
import fcntl
import gzip
import json
import os
import signal
import unittest

import h5py
import numpy
import safetensors.numpy

import program
import tiny_model

JOB = """
name: several
data: {{ path: {data} }}
score: {{ block_rows: {block_rows} }}
scorers:
  losses: {{ path: {model}, template: chatml, max_length: 200, score: [ifd_ppl, instruction_ppl, embedding] }}
  mean: {{ path: {model}, template: vicuna, dtype: fp32, max_length: 200, score: [embedding], embedding: {{ pooling: mean, normalize: true, dtype: f16 }} }}
"""
DEITA = "  deita: {{ path: {model}, score: [evol_complexity, evol_quality] }}\n"
SELECT = "select: {{ method: iterit, budget: 20%, scorer: losses }}\n"


def datasets(path):
    """{name: (bytes, attributes)} of every dataset."""
    found = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, item: found.update({name: (item[()].tobytes(), str(item.dtype), dict(item.attrs))})
                        if isinstance(item, h5py.Dataset) else None)
    return found


class Scorers(program.ProgramTest):
    def conversations(self, count):
        rows = []
        for i, row in enumerate(self.rows(count)):
            turns = [("human", f"Question {j} of {i}.") if j % 2 == 0 else ("gpt", f"Answer {j}.") for j in range(2 * (i % 3))]
            turns += [("human", row["instruction"]), ("gpt", row["output"] if i % 7 else "")]
            rows.append({"conversations": [{"from": r, "value": c} for r, c in turns]})
        return rows

    def lines(self, rows):
        return "".join(json.dumps(row) + "\n" for row in rows)

    def job(self, data, block_rows=4, more=DEITA + SELECT):
        if not (self.folder / "model").exists():
            tiny_model.make(self.folder / "model", 512)
        return self.write_job((JOB + more).format(data=data, block_rows=block_rows, model=self.folder / "model"))

    def summary(self, out):
        return json.loads((out / "summary.json").read_text())


class Staging(Scorers):
    def stage_job(self, stage=", stage: local", rows=20):
        data = self.write("rows.jsonl", self.lines(self.rows(rows)))
        if not (self.folder / "model").exists():
            tiny_model.make(self.folder / "model", 512)
        return self.write_job(f"name: staged\ndata: {{ path: {data} }}\nmodel: {{ path: {self.folder / 'model'}, template: bare, max_length: 100{stage} }}\n")

    def score(self, stage, out, rows=20, **options):
        return self.succeed("score", self.stage_job(stage, rows), "--out", self.folder / out, **options)

    def copy(self):
        copies = [path for path in (self.folder / "local").iterdir() if path.is_dir()]
        self.assertEqual(len(copies), 1, copies)
        return copies[0]

    def times(self):
        return {file.name: file.stat().st_mtime_ns for file in self.copy().iterdir()}

    def made_again(self, why):
        """The next run says once that it makes the copy again, and scores what the model scores."""
        self.score("", "plain")
        out = f"again{len(list(self.folder.glob('again*')))}"
        lines = [line for line in self.score(", stage: local", out, ranks=2).stderr.splitlines() if "made again" in line]
        self.assertEqual(len(lines), 1, lines)
        self.assertIn(why, lines[0])
        self.assertEqual(program.published(self.folder / out), program.published(self.folder / "plain"))
        before = self.times()
        self.assertNotIn("made again", self.score(", stage: local", "later").stderr)
        self.assertEqual(self.times(), before)

    def test_a_copy_gives_the_same_scores_and_is_made_once(self):
        self.score("", "plain")
        self.score(", stage: local", "staged", ranks=2)
        self.assertEqual(program.published(self.folder / "plain"), program.published(self.folder / "staged"))
        self.assertTrue(self.copy().name.startswith("winnow-"))
        before = self.times()
        self.score(", stage: local", "again")
        self.assertEqual(self.times(), before)

    def test_weights_are_read_from_the_copy(self):
        """The original's weights are spoilt behind its stamp, so that its noted fingerprint still holds: rows that come then are scored by the copy."""
        self.score("", "plain", rows=30)
        self.score(", stage: local", "run")
        weights = self.folder / "model/model.safetensors"
        good, stamp = weights.read_bytes(), weights.stat()
        weights.write_bytes(good[: len(good) // 2] + bytes(len(good) - len(good) // 2))
        os.utime(weights, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
        self.score(", stage: local", "run", rows=30)
        self.assertEqual(program.published(self.folder / "run"), program.published(self.folder / "plain"))
        weights.write_bytes(good)

    def test_a_copy_that_has_changed_is_made_again(self):
        self.score(", stage: local", "first")
        weights = self.copy() / "model.safetensors"
        good = weights.read_bytes()
        weights.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
        self.made_again("its fingerprint")
        weights.write_bytes(good[:-1])
        self.made_again("bytes, the model's has")
        weights.write_bytes(b"\xff" * len(good))
        self.made_again("model.safetensors")
        (self.copy() / "config.json").unlink()
        self.made_again("config.json")
        weights.unlink()
        weights.symlink_to(self.folder / "model/model.safetensors")
        self.made_again("another kind")

    def test_a_copy_that_only_looks_changed_stays(self):
        self.score(", stage: local", "first")
        os.utime(self.copy() / "model.safetensors")
        before = self.times()["model.safetensors"]
        self.assertNotIn("made again", self.score(", stage: local", "again").stderr)
        self.assertEqual(self.times()["model.safetensors"], before)

    @unittest.skipIf(os.geteuid() != 0, "only root can give a file away")
    def test_a_copy_of_another_user_is_made_again(self):
        self.score(", stage: local", "first")
        os.chown(self.copy() / "model.safetensors", 12345, -1)
        self.made_again("belongs to user 12345")

    def test_what_killed_copies_left_is_removed(self):
        self.score(", stage: local", "first")
        copy = self.copy()
        copy.rename(copy.with_name(copy.name + ".partial"))
        self.write(f"local/{copy.name}.partial-4711/model.safetensors", "half")
        self.write("local/winnow-other.partial/model.safetensors", "another model's")
        self.score(", stage: local", "again")
        self.assertEqual(sorted(path.name for path in (self.folder / "local").iterdir()), sorted([copy.name, copy.name + ".lock", "winnow-other.partial"]))

    def wide_model(self):
        """A model whose weights take a moment to copy: as many embedding rows as fill half a gigabyte."""
        folder = tiny_model.make(self.folder / "model", 512)
        weights = safetensors.numpy.load_file(folder / "model.safetensors")
        config = json.loads((folder / "config.json").read_text()) | {"vocab_size": 1 << 22}
        (folder / "config.json").write_text(json.dumps(config))
        weights["model.embed_tokens.weight"] = numpy.zeros((config["vocab_size"], config["hidden_size"]), numpy.float32)
        safetensors.numpy.save_file(weights, folder / "model.safetensors")

    def test_a_request_to_stop_ends_the_copying(self):
        self.wide_model()
        process = program.start(["score", self.stage_job(), "--out", self.folder / "run"])
        partial = self.folder / "local"
        while process.poll() is None and not list(partial.glob("*.partial/model.safetensors")):
            pass
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 75, errors)
        self.assertIn("stopped on request while the model's weights were copied", errors)
        self.assertEqual([path.suffix for path in partial.iterdir()], [".lock"])

    def test_a_request_to_stop_ends_the_wait_for_another_who_copies(self):
        self.score(", stage: local", "first")
        lock = self.folder / f"local/{self.copy().name}.lock"
        with open(lock) as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            process = program.start(["score", self.stage_job(), "--out", self.folder / "run"])
            while process.poll() is None and program.bytes_read(process, lock) is None:
                pass
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 75, errors)

    def test_a_copy_that_cannot_be_made_is_an_error_of_the_environment(self):
        self.write("occupied", "a file")
        rows = self.write("rows.jsonl", self.lines(self.rows(5)))
        tiny_model.make(self.folder / "model", 512)
        job = self.write_job(f"name: staged\ndata: {{ path: {rows} }}\nmodel: {{ path: {self.folder / 'model'}, template: bare, stage: occupied }}\n")
        self.fail_with(4, "the model's weights cannot be staged", arguments=["score", job, "--out", self.folder / "run"])

    def test_the_manifest_notes_the_revision(self):
        self.score(", revision: v1.2", "run")
        manifest = json.loads((self.folder / "run/manifest.json").read_text())
        self.assertEqual(manifest["models"]["model"]["revision"], "v1.2")


class Ranks(Scorers):
    def test_the_rank_count_changes_no_bit(self):
        job = self.job(self.write("rows.jsonl", self.lines(self.conversations(30))))
        self.succeed("run", job, "--out", self.folder / "run1")
        alone = program.published(self.folder / "run1")
        names = datasets(self.folder / "run1/scores.h5")
        for name in ("scores/losses/instruction_ppl", "embeddings/losses", "embeddings/mean", "turns/deita/evol_quality", "turns/deita/row_offsets"):
            self.assertIn(name, names)
        self.assertEqual((names["embeddings/losses"][1], names["embeddings/mean"][1]), ("float32", "float16"))
        for ranks in (2, 3):
            self.succeed("run", job, "--out", self.folder / f"run{ranks}", ranks=ranks)
            self.assertEqual(program.published(self.folder / f"run{ranks}"), alone, f"{ranks} ranks")

    def test_more_ranks_than_blocks(self):
        job = self.job(self.write("rows.jsonl", self.lines(self.conversations(5))), block_rows=2)
        for ranks in (1, 5):
            self.succeed("score", job, "--out", self.folder / f"run{ranks}", ranks=ranks)
        self.assertEqual(program.published(self.folder / "run5"), program.published(self.folder / "run1"))


class Added(Scorers):
    def test_a_second_scorer_leaves_the_first_ones_bytes(self):
        data = self.write("rows.jsonl", self.lines(self.conversations(30)))
        out = self.folder / "run"
        self.succeed("run", self.job(data, more=SELECT), "--out", out, ranks=2)
        before, journal = datasets(out / "scores.h5"), {p: p.read_bytes() for p in (out / "journal/losses").iterdir()}
        self.succeed("run", self.job(data), "--out", out)
        after = datasets(out / "scores.h5")
        self.assertEqual({name: after[name] for name in before}, before)
        self.assertEqual({p: p.read_bytes() for p in (out / "journal/losses").iterdir()}, journal)
        self.assertEqual(sorted({name.split("/")[1] for name in set(after) - set(before)}), ["deita"])
        done = {name: scorer["rows_already_done"] for name, scorer in self.summary(out)["scorers"].items()}
        self.assertEqual(done, {"losses": 30, "mean": 30, "deita": 0})
        self.assertNotIn("tokens_per_second", self.summary(out)["scorers"]["losses"])

    def test_another_score_of_the_same_scorer_is_another_setting(self):
        job = self.job(self.write_rows(8), more="")
        self.succeed("score", job, "--out", self.folder / "run")
        for change, fragment in (("scorers.losses.score=[ifd_ppl, embedding]", "scores of scorer 'losses'"),
                                 ("scorers.mean.embedding.pooling=last_token", "embedding of scorer 'mean'")):
            self.fail_with(2, fragment, arguments=["score", job, "--out", self.folder / "run", "--set", change])


class Appended(Scorers):
    """Rows appended to the data cost only their own scoring, and the result is that of the grown data from the start."""

    def grows(self, before, after, name="rows.jsonl", kept=28, data=None, block_rows=4):
        self.write(name, before)
        job = self.job(data or self.folder / name, block_rows)
        out = self.folder / f"run-{name}"
        self.succeed("run", job, "--out", out, ranks=2)
        self.write(name, after)
        self.succeed("run", job, "--out", out, ranks=3)
        self.assertEqual({s["rows_already_done"] for s in self.summary(out)["scorers"].values()}, {kept})
        fresh = self.folder / f"fresh-{name}"
        self.succeed("run", job, "--out", fresh)
        self.assertEqual(program.published(out), program.published(fresh))
        self.succeed("run", job, "--out", out, ranks=2)
        self.assertEqual({s["rows_already_done"] for s in self.summary(out)["scorers"].values()}, {41})

    def test_json_lines(self):
        rows = self.conversations(41)
        self.grows(self.lines(rows[:30]), self.lines(rows))

    def test_full_blocks_only(self):
        rows = self.conversations(41)
        self.grows(self.lines(rows[:20]), self.lines(rows), kept=20)

    def test_a_json_array_and_a_packed_file(self):
        rows = self.conversations(41)
        self.grows(json.dumps(rows[:30]), json.dumps(rows), "rows.json")
        self.grows(gzip.compress(self.lines(rows[:30]).encode()), gzip.compress(self.lines(rows).encode()), "rows.jsonl.gz")

    def test_a_file_behind_the_others(self):
        rows = self.conversations(41)
        self.write("a.jsonl", self.lines(rows[:10]))
        self.write("b.jsonl", self.lines(rows[10:30]))
        job = self.job("PATHS")
        out = self.folder / "run"
        text = job.read_text()
        job.write_text(text.replace("PATHS", "[a.jsonl, b.jsonl]"))
        self.succeed("run", job, "--out", out, ranks=2)
        self.write("c.jsonl", self.lines(rows[30:]))
        job.write_text(text.replace("PATHS", "[a.jsonl, b.jsonl, c.jsonl]"))
        self.succeed("run", job, "--out", out)
        self.assertEqual(self.summary(out)["scorers"]["losses"]["rows_already_done"], 28)
        self.succeed("run", job, "--out", self.folder / "fresh", ranks=3)
        self.assertEqual(program.published(out), program.published(self.folder / "fresh"))

    def test_a_run_that_was_stopped_before_the_data_grew(self):
        rows = self.conversations(41)
        data = self.write("rows.jsonl", self.lines(rows[:30]))
        job = self.job(data)
        out = self.folder / "run"
        self.succeed("score", job, "--out", out)
        (out / "scores.h5").unlink()
        segment = next((out / "journal/losses").glob("*.seg"))
        segment.write_bytes(segment.read_bytes()[:segment.stat().st_size // 2])
        self.write("rows.jsonl", self.lines(rows))
        self.succeed("run", job, "--out", out, ranks=2)
        done = self.summary(out)["scorers"]
        self.assertLess(done["losses"]["rows_already_done"], 28)
        self.assertEqual(done["mean"]["rows_already_done"], 28)
        self.succeed("run", job, "--out", self.folder / "fresh")
        self.assertEqual(program.published(out), program.published(self.folder / "fresh"))

    def test_anything_but_an_append_is_refused_and_changes_nothing(self):
        rows = self.conversations(20)
        data = self.write("rows.jsonl", self.lines(rows))
        job = self.job(data)
        out = self.folder / "run"
        self.succeed("run", job, "--out", out)
        before = program.published(out)
        edited = self.conversations(24)
        edited[7]["conversations"][-1]["value"] += " and more"
        for content, fragments in ((self.lines(rows[1:]), ("has", "bytes, the indexed file had")),
                                   (self.lines(edited), ("bytes, the indexed file had", "row 7 is not as it was")),
                                   (self.lines([rows[3], *rows]), ("row 0 is not as it was",)),
                                   (" " + self.lines(rows), ("row 0 is not as it was",)),
                                   (self.lines(rows).replace("alpha", "ALPHA", 1), ("has the hash",))):
            self.write("rows.jsonl", content)
            self.fail_with(2, "other data", *fragments, arguments=["run", job, "--out", out], ranks=2)
            self.assertEqual(program.published(out), before)
        self.write("rows.jsonl", self.lines(rows))
        self.succeed("run", job, "--out", out)
        self.assertEqual(program.published(out), before)


class JobFile(Scorers):
    def refuse(self, more, *fragments, code=2):
        self.write_rows(3)
        job = self.job(self.folder / "rows.jsonl", more=more)
        self.fail_with(code, *fragments, arguments=["score", job, "--out", self.folder / "run"])

    def test_keys_of_embeddings(self):
        scorer = "  x: {{ path: {model}, template: chatml, score: [%s], embedding: {{ %s }} }}\n"
        self.refuse(scorer % ("embedding", "poling: mean"), "job.yaml:8", "scorers.x.embedding.poling", "'pooling'")
        self.refuse(scorer % ("embedding", "pooling: first"), "embedding.pooling", "'first'", "last_token")
        self.refuse(scorer % ("embedding", "text: output"), "embedding.text", "'output'", "response")
        self.refuse(scorer % ("embedding", "dtype: f64"), "embedding.dtype", "'f64'")
        self.refuse(scorer % ("embedding", "normalize: 2"), "embedding.normalize", "true or false")
        self.refuse(scorer % ("ifd_ppl", "pooling: mean"), "scorers.x.embedding", "`score` asks for ifd_ppl only")
        self.refuse("  x: {{ path: {model}, score: [evol_complxity] }}\n", "evol_complxity", "'evol_complexity'")

    def test_keys_of_a_template_that_no_score_uses(self):
        for key, value in (("template", "chatml"), ("system", "Be brief."), ("faithful", "true")):
            self.refuse(f"  x: {{{{ path: {{model}}, score: [evol_complexity], {key}: {value} }}}}\n", "model", key + ":", "no score of this scorer uses")

    def test_tokens_are_counted_by_the_scorer_that_counts_them(self):
        budget = "select: {{ method: random, budget: 300 tokens }}\n"
        job = self.job(self.write_rows(30), more=DEITA + budget)
        self.succeed("run", job, "--out", self.folder / "run")
        self.assertLessEqual(self.summary(self.folder / "run")["selections"]["random"]["tokens"], 300)
        job.write_text(job.read_text().replace("instruction_ppl, embedding", "embedding").replace("ifd_ppl, ", ""))
        self.fail_with(2, "300 tokens", arguments=["run", job, "--out", self.folder / "other"])

    def test_a_scorer_may_only_count_tokens(self):
        job = self.job(self.write_rows(9), more="  tokens: {{ path: {model}, template: chatml, score: [length] }}\n")
        self.succeed("run", job, "--out", self.folder / "run", "--set", "scorers.losses.score=[length]", ranks=2)
        with h5py.File(self.folder / "run/scores.h5") as file:
            self.assertEqual(list(file["scores/tokens"]), ["n_tokens"])
            self.assertGreater(file["scores/tokens/n_tokens"][:].min(), 0)

    def test_a_model_beside_length_alone_counts_tokens(self):
        self.job(self.write_rows(6))
        head = f"data: {{ path: {self.folder / 'rows.jsonl'} }}\nscore: %s\n"
        job = self.write_job(head % "[length]" + f"model: {{ path: {self.folder / 'model'}, template: bare }}\nselect: {{ method: random, budget: 300 tokens }}\n")
        self.succeed("run", job, "--out", self.folder / "run")
        with h5py.File(self.folder / "run/scores.h5") as file:
            self.assertEqual(list(file["scores/model"]), ["n_tokens"])
        self.fail_with(5, "empty/config.json", arguments=["run", job, "--check", "--set", f"model.path={self.write('empty/README', '').parent}"])

    def test_an_empty_list_of_scores(self):
        self.job(self.write_rows(6))
        model = f"{{ path: {self.folder / 'model'}%s }}"
        for more, place in ((f"model: {model % ''}\nscore: []\n", "job.yaml:3: score"), (f"model: {model % ''}\nscore: {{ scores: [] }}\n", "score.scores"),
                            ("score: []\n", "job.yaml:2: score"), (f"scorers: {{ a: {model % ', score: []'} }}\n", "scorers.a.score")):
            job = self.write_job(f"data: {{ path: {self.folder / 'rows.jsonl'} }}\n{more}")
            self.fail_with(2, place + ": empty, expected scores of ifd_ppl", arguments=["run", job, "--check"])

    def test_a_folder_without_digits_of_their_own(self):
        job = self.job(self.write_rows(3))
        path = self.folder / "model/tokenizer.json"
        tokenizer = json.loads(path.read_text())
        tokenizer["model"]["vocab"]["<6>"] = tokenizer["model"]["vocab"].pop("6")
        path.write_text(json.dumps(tokenizer))
        self.fail_with(5, "the digit 6", arguments=["score", job, "--out", self.folder / "run"], ranks=2)


class Inspect(Scorers):
    def test_scorers_datasets_attributes_and_statuses(self):
        job = self.job(self.write("rows.jsonl", self.lines(self.conversations(21))))
        out = self.folder / "run"
        self.succeed("run", job, "--out", out)
        listing = json.loads(self.succeed("inspect", out / "scores.h5", "--json").stdout)
        self.assertEqual(listing["scorers"], ["deita", "losses", "mean"])
        with h5py.File(out / "scores.h5") as file:
            for path, shown in listing["datasets"].items():
                dataset = file[path]
                self.assertEqual(shown["shape"], list(dataset.shape))
                self.assertEqual(set(shown["attributes"]), set(dataset.attrs))
                names = h5py.check_enum_dtype(dataset.dtype)
                if names:
                    counts = {name: int((dataset[:] == value).sum()) for name, value in names.items()}
                    self.assertEqual(shown["statuses"], {name: count for name, count in counts.items() if count})
            self.assertEqual(listing["groups"]["/scores/deita"]["prompt_evol_complexity"], file["scores/deita"].attrs["prompt_evol_complexity"])
        self.assertEqual(listing["datasets"]["/scores/losses/status_cond"]["statuses"], {"ok": 18, "empty_answer": 3})
        text = self.succeed("inspect", out / "scores.h5").stdout
        for line in ("/scores/losses/ifd_ppl  f64 [21]", "    formula: ppl_cond / ppl_direct", "/embeddings/mean  f16 [21, 32]",
                     "    empty_answer             3", "    embedding: text all, pooling mean, scaled to length 1, f16"):
            self.assertIn(line + "\n", text)

    def test_every_kind_of_file_and_no_other(self):
        job = self.job(self.write_rows(12))
        out = self.folder / "run"
        self.succeed("run", job, "--out", out)
        for name, dataset in (("index.h5", "/rows/hash"), ("selection/iterit.h5", "/gain")):
            self.assertIn(dataset, json.loads(self.succeed("inspect", out / name, "--json").stdout)["datasets"])
        self.fail_with(5, "nowhere.h5", "cannot be read", arguments=["inspect", out / "nowhere.h5"])
        cut = self.write("cut.h5", (out / "scores.h5").read_bytes()[:3000])
        self.fail_with(5, "cut.h5", arguments=["inspect", cut])
        self.fail_with(5, "job.yaml", arguments=["inspect", job])

    def test_groups_that_never_end(self):
        job = self.write_job(f"data: {{ path: {self.write_rows(3)} }}\n")
        out = self.folder / "run"
        self.succeed("index", job, "--out", out)
        good = (out / "index.h5").read_bytes()
        for name, target, fragment in (("loop", "/", "/rows/loop is another name of an object"), ("twin", "/rows/hash", "/rows/twin is another name of an object")):
            path = self.write(f"{name}.h5", good)
            with h5py.File(path, "r+") as file:
                file[f"rows/{name}"] = file[target]
            self.fail_with(5, path, fragment, arguments=["inspect", path])
        path = self.write("deep.h5", good)
        with h5py.File(path, "r+") as file:
            file.create_group("a/b/c/d/e/f/g/h/i/j")
        self.fail_with(5, path, "/a/b/c/d/e/f/g/h lies within 8 groups, expected fewer", arguments=["inspect", path])


if __name__ == "__main__":
    unittest.main()
