"""Bad input gets one line that names file, place, expected, got, and the exit code of docs/errors.md; no hang, nothing half-written."""
import gzip
import json
import os
import pathlib
import shutil
import signal
import struct
import subprocess
import time
import unittest

import program
import tiny_job
import tiny_model

USAGE, DATA, ENVIRONMENT, MODEL, INTERRUPTED = 2, 3, 4, 5, 75
RANDOM = "data: {{ path: {data} }}\nselect: {{ method: random, budget: {budget} }}\n"


class BadInput(program.ProgramTest):
    def job_for(self, data, budget="1", more=""):
        return self.write_job(RANDOM.format(data=data, budget=budget) + more)

    def refuse(self, code, *fragments, job, arguments=(), ranks=2):
        out = self.folder / "run"
        self.fail_with(code, *fragments, arguments=["run", job, "--out", out, *arguments], ranks=ranks)
        self.assertFalse((out / "summary.json").exists())
        self.assertEqual([p.name for p in out.rglob("*") if p.suffix == ".tmp"] if out.exists() else [], [])

    def refuse_data(self, content, *fragments, name="rows.jsonl", code=DATA, more=""):
        self.refuse(code, name, *fragments, job=self.job_for(self.write(name, content), more=more))

    GOOD = '{"instruction": "a", "output": "b"}\n'


class Data(BadInput):
    def test_missing_file(self):
        self.refuse(DATA, "nowhere.jsonl", job=self.job_for(self.folder / "nowhere.jsonl"))

    def test_a_folder_for_a_file(self):
        (self.folder / "folder").mkdir()
        self.refuse(DATA, "folder", job=self.job_for(self.folder / "folder"))

    def test_truncated_json(self):
        self.refuse_data('[{"instruction": "a", "output": "b"}, {"instruction": "c", "out', "row 1", name="rows.json")

    def test_a_row_that_is_no_object(self):
        self.refuse_data(self.GOOD + "7\n", "row 1", "line 2")

    def test_a_field_of_the_wrong_type(self):
        self.refuse_data(self.GOOD + '{"instruction": "a", "output": 5}\n', "row 1", "output")

    def test_a_missing_field(self):
        self.refuse_data(self.GOOD + '{"instruction": "a"}\n', "row 1", "output")

    def test_invalid_utf8(self):
        self.refuse_data(self.GOOD.encode() + b'{"instruction": "\xff", "output": "b"}\n', "row 1")

    def test_a_lone_surrogate(self):
        self.refuse_data(self.GOOD + '{"instruction": "\\ud800", "output": "b"}\n', "row 1")

    def test_a_raw_nul(self):
        self.refuse_data(self.GOOD.encode() + b'{"instruction": "\x00", "output": "b"}\n', "row 1")

    def test_an_escaped_nul_is_a_character_like_any_other(self):
        data = self.write("rows.jsonl", '{"instruction": "\\u0000", "output": "b"}\n')
        self.succeed("run", self.job_for(data), "--out", self.folder / "run")

    def test_a_row_of_30_mb_works(self):
        data = self.write("rows.jsonl", self.GOOD + json.dumps({"instruction": "x", "output": "word " * 6_000_000}) + "\n")
        job = self.write_job(f"data: {{ path: {data} }}\nscore: [length]\nselect: {{ method: longest, budget: 1 }}\n")
        self.succeed("run", job, "--out", self.folder / "run")
        self.assertGreater((self.folder / "run/selection/longest.jsonl").stat().st_size, 30_000_000)

    def test_a_row_above_max_row_bytes(self):
        data = self.write("rows.jsonl", self.GOOD + json.dumps({"instruction": "x", "output": "y" * 5000}) + "\n")
        job = self.write_job(f"data: {{ path: {data}, max_row_bytes: 4096 }}\nselect: {{ method: random, budget: 1 }}\n")
        self.refuse(DATA, "rows.jsonl", "row 1", "4096", job=job)

    def test_200000_nested_brackets(self):
        self.refuse_data("[" * 200_000, "rows.json", name="rows.json")
        self.refuse_data('{"instruction": ' + "[" * 200_000 + "\n", "row 0")

    def test_zero_rows(self):
        self.refuse_data("", name="empty.jsonl")
        self.refuse_data("[]", name="empty.json")

    def test_text_after_the_array(self):
        self.refuse_data('[{"instruction": "a", "output": "b"}] x', name="rows.json")

    def test_a_damaged_gzip_file(self):
        packed = gzip.compress((self.GOOD * 1000).encode())
        self.refuse_data(packed[: len(packed) // 2], name="rows.jsonl.gz")

    def test_bad_rows_are_skipped_on_request_and_counted(self):
        data = self.write("rows.jsonl", self.GOOD.encode() + b'{"instruction": "\xff", "output": "b"}\n7\n' + self.GOOD.encode())
        job = self.write_job(f"data: {{ path: {data}, on_bad_row: skip }}\nselect: {{ method: vanilla }}\n")
        self.succeed("run", job, "--out", self.folder / "run", ranks=2)
        summary = json.loads((self.folder / "run/summary.json").read_text())
        self.assertEqual((summary["rows"], summary["bad_rows"], summary["selections"]["vanilla"]["rows"]), (4, 2, 2))
        self.assertEqual(len((self.folder / "run/log/bad_rows.txt").read_text().splitlines()), 2)
        self.assertEqual((self.folder / "run/selection/vanilla.jsonl").read_text(), self.GOOD * 2)

    def test_an_imported_score_of_a_bad_row_does_not_count(self):
        data = self.write("rows.jsonl", self.GOOD + "7\n" + '{"instruction": "c", "output": "some other words"}\n')
        scores = self.write("scores.json", "[0.5, 0.5, 0.5]")
        job = self.write_job(f"data: {{ path: {data}, on_bad_row: skip }}\nscorers: {{ imported: {{ import: {scores}, as: ifd_ppl }} }}\n"
                             "select: { method: iterit, budget: 2 }\n")
        self.succeed("run", job, "--out", self.folder / "run", ranks=2)
        summary = json.loads((self.folder / "run/summary.json").read_text())
        self.assertEqual(summary["status"]["imported"]["ifd"], {"ok": 2, "bad_row": 1})
        self.assertEqual(summary["selections"]["iterit"]["eligible"], 2)

    def test_repeated_user_ids(self):
        data = self.write("rows.jsonl", '{"instruction": "a", "output": "b", "id": "x"}\n' * 2)
        self.refuse(DATA, "id", job=self.write_job(f"data: {{ path: {data}, id: id }}\nselect: {{ method: vanilla }}\n"))


class ImportedScores(BadInput):
    def refuse_scores(self, text, *fragments, key=""):
        data = self.write_rows(4)
        scores = self.write("scores.json", text)
        job = self.write_job(f"data: {{ path: {data} }}\nscorers: {{ imported: {{ import: {scores}, as: ifd_ppl, key: '{key}' }} }}\n"
                             "select: { method: iterit, budget: 2 }\n")
        self.refuse(DATA, "scores.json", *fragments, job=job, ranks=1)

    def test_a_list_that_is_no_json(self):
        self.refuse_scores("[0.5, null, NaN, 0.5]", "row 2, byte 12: found NaN, expected JSON with a number or null")
        self.refuse_scores("[0.5,\n -Infinity, 1, 1]", "row 1, byte 8: found -Infinity")
        self.refuse_scores("[0.5, [1], {}, 0.5 0.5]", "row 4", "found 0.5")
        self.refuse_scores("[0.5, 0.5", "row 2", "found the end of the text")
        self.refuse_scores("[0.5] 1", "scores.json, byte 6: found 1")

    def test_a_list_under_a_key_that_is_no_json(self):
        self.refuse_scores('{"other": [1, 2], "ifd": [0.5, NaN]}', "row 1, byte 31: found NaN", key="ifd")
        self.refuse_scores('{"other": [1, NaN], "ifd": [0.5]}', "scores.json, byte 14: found NaN", key="ifd")
        self.refuse_scores('{"other": [1, 2]}', "found other keys", "'ifd'", key="ifd")
        self.refuse_scores('{"ifd": 7}', "'ifd' is number", key="ifd")

    def test_json_lines(self):
        self.refuse_scores("0.5\nNaN\n0.5\n0.5\n", "row 1, byte 0: found NaN, expected one number or null a line")
        self.refuse_scores("0.5\n0.5\n\n0.5\n", "row 2, byte 0: found the end of the text")

    def test_what_is_no_finite_number(self):
        for text in ("[0.5, 1e400, 1, 1]", "0.5\n1e400\n1\n1\n"):
            self.refuse_scores(text, "row 1: found a number that no double holds, expected a finite one")
        self.refuse_scores('[0.5, "0.5", 1, 1]', "row 1: found string, expected a number or null")


class Budget(BadInput):
    def test_budgets(self):
        data = self.write_rows(10)
        for budget, code in (("0", USAGE), ("101%", USAGE), ("0%", USAGE), ("many", USAGE), ("-3", USAGE), ("11", DATA), ("1%", DATA)):
            with self.subTest(budget):
                self.refuse(code, budget if code == USAGE else "", job=self.job_for(data, f'"{budget}"'))

    def test_faithful_ifd_on_imported_scores_needs_no_eos_text(self):
        data = self.write_rows(4)
        scores = self.write("scores.json", "[0.5, 0.25, 1.5, null]")
        job = self.write_job(f"data: {{ path: {data} }}\nscorers: {{ imported: {{ import: {scores}, as: ifd_ppl }} }}\n"
                             "select: { method: ifd, budget: 2, faithful: true }\n")
        self.succeed("run", job, "--out", self.folder / "run")

    def test_an_override_names_no_line_of_the_file(self):
        job = self.job_for(self.write_rows(4))
        self.refuse(USAGE, "job.yaml: select.budget: `many`", job=job, arguments=["--set", "select.budget=many"])

    def test_all_rows_undefined(self):
        data = self.write_rows(4)
        scores = self.write("scores.json", "[null, null, null, null]")
        job = self.write_job(f"data: {{ path: {data} }}\nscorers: {{ imported: {{ import: {scores}, as: ifd_ppl }} }}\n"
                             "select: { method: ifd, budget: 1 }\n")
        self.refuse(DATA, "not_given 4", job=job)


class JobFile(BadInput):
    def refuse_job(self, text, *fragments):
        self.refuse(USAGE, *fragments, job=self.write_job(text))

    def test_misspelt_keys_name_the_line_and_the_nearest(self):
        data = self.write_rows(3)
        self.refuse_job(f"data: {{ path: {data} }}\nselct: {{ method: random, budget: 1 }}\n", "job.yaml:2", "selct", "'select'")
        self.refuse_job(f"data: {{ path: {data} }}\nselect:\n  method: random\n  budgt: 1\n", "budget")
        self.refuse_job(f"data: {{ path: {data}, formt: auto }}\nselect: {{ method: vanilla }}\n", "data.formt", "'format'")

    def test_unknown_method_and_wrong_types(self):
        data = self.write_rows(3)
        self.refuse_job(f"data: {{ path: {data} }}\nselect: {{ method: iterti, budget: 1 }}\n", "iterti", "'iterit'")
        self.refuse_job(f"data: {{ path: {data} }}\nselect: {{ method: random, budget: 1, seed: x }}\n", "select.seed", "'x'")
        self.refuse_job(f"data: {{ path: {data}, on_bad_row: ignore }}\nselect: {{ method: vanilla }}\n", "data.on_bad_row")
        self.refuse_job("- a list\n", "job.yaml")
        self.refuse_job("a: [\n", "job.yaml", "YAML")

    def test_scores_asked_beside_scorers(self):
        job = self.write_job(f"data: {{ path: {self.write_rows(3)} }}\nscore: {{ block_rows: 2, scores: [length] }}\n"
                             "scorers: { x: { import: nope.json, as: ifd_ppl } }\nselect: { method: vanilla }\n")
        self.refuse(USAGE, "job.yaml:2", "score.scores", "each scorer has its own", job=job)
        job.write_text(job.read_text().replace(", scores: [length]", ""))
        self.refuse(DATA, "nope.json", job=job)

    def test_jobs_that_could_never_select(self):
        data = self.write_rows(3)
        scores = self.write("scores.json", "[0.1, 0.2, 0.3]")
        head = f"data: {{ path: {data} }}\n"
        given = f"scorers: {{ x: {{ import: {scores}, as: ANY }} }}\n"
        for more, fragments in (
                ("model: { path: nowhere }\nscore: [ppl_cond]\nselect: { method: iterit, budget: 1 }\n", ("needs ifd_ppl", "ppl_cond")),
                (given + "select: { method: ifd, budget: 1 }\n", ("ifd needs ifd_ppl", "they give ANY")),
                (given.replace("ANY", "ifd_ppl") + "select: { method: iterit, budget: 1, faithful: true }\n", ("eos_text",)),
                (given + "select: { method: random, budget: 10 tokens }\n", ("10 tokens", "only a model gives")),
                (given.replace("ANY", "n_cond") + "select: { method: random, budget: 1 }\n", ("n_cond",))):
            self.refuse(USAGE, "job.yaml:", *fragments, job=self.write_job(head + more))

    def test_keys_that_would_change_nothing(self):
        data = self.write_rows(20)
        for select, fragment in (("method: random, budget: 5, of: eligible", "select.of: given, but says of which rows a budget in percent"),
                                 ("method: vanilla, of: eligible", "select.of: given, but"), ("method: longest, budget: 5, of: all", "select.of: given, but")):
            self.refuse(USAGE, "job.yaml:2", fragment, job=self.write_job(f"data: {{ path: {data} }}\nselect: {{ {select} }}\n"))
        job = self.write_job(f"data: {{ path: {data} }}\nselect: {{ method: random, budget: 50%, of: eligible }}\n")
        self.succeed("run", job, "--out", self.folder / "percent")
        job.write_text(job.read_text() + "tfidf: { dump: true }\n")
        self.refuse(USAGE, "job.yaml:3: tfidf.dump: true, but no selection of this job is iterit's", job=job)
        self.succeed("run", job, "--out", self.folder / "percent", "--set", "tfidf.dump=false")

    def test_a_profile_of_what_does_not_score(self):
        job = self.job_for(self.write_rows(4))
        for command in ("generate", "index"):
            self.fail_with(USAGE, "--profile", arguments=[command, job, "--profile", "--out", self.folder / "run"])
        self.fail_with(USAGE, "--profile", "--check", arguments=["run", job, "--profile", "--check"])

    def test_a_second_document(self):
        self.refuse(USAGE, "job.yaml:4", "second YAML document", job=self.job_for(self.write_rows(3), more="---\nfoo: bar\n"))

    def test_a_negative_perplexity_ratio(self):
        job = self.write_job(f"data: {{ path: {self.write_rows(3)} }}\nscorers: {{ x: {{ import: {self.write('s.json', '[0.5, -1, 0.2]')}, as: ifd_ppl }} }}\n"
                             "select: { method: iterit, budget: 1 }\n")
        self.refuse(DATA, "s.json", "row 1", "-1", job=job)

    def test_a_pipe_for_a_file(self):
        os.mkfifo(self.folder / "pipe")
        self.fail_with(USAGE, "pipe", "expected a file", arguments=["run", self.folder / "pipe"])
        job = self.write_job(f"data: {{ path: {self.write_rows(3)} }}\nscorers: {{ x: {{ import: pipe, as: ifd_ppl }} }}\nselect: {{ method: ifd, budget: 1 }}\n")
        self.fail_with(DATA, "pipe", "expected a file", arguments=["run", job, "--out", self.folder / "run"], ranks=2)

    def test_a_name_too_long_for_a_file(self):
        self.refuse(USAGE, "at most 200", job=self.write_job(f"data: {{ path: {self.write_rows(3)} }}\nselections: {{ {'x' * 300}: {{ method: vanilla }} }}\n"))

    def test_an_override_reaches_a_name_that_holds_dots(self):
        job = self.write_job(f"data: {{ path: {self.write_rows(3)} }}\nscorers: {{ a: {{ import: x, as: y }}, a-1.7B: {{ import: x, as: y }} }}\n"
                             "select: { method: random, budget: 1 }\n")
        self.refuse(USAGE, "scorers.a-1.7B.as: 'n_tokens' cannot name a score", job=job, arguments=["--set", "scorers.a-1.7B.as=n_tokens"])
        self.refuse(USAGE, "scorers.a.as: 'n_tokens' cannot name a score", job=job, arguments=["--set", "scorers.a.as=n_tokens"])
        self.refuse(USAGE, "select.of.x", "of is not a map", job=job, arguments=["--set", "select.of=all", "--set", "select.of.x=1"])

    def test_a_nul_in_a_text(self):
        data = self.write_rows(3)
        nul = "found a NUL character, expected a text without"
        self.refuse_job(f'data:\n  path: {data}\n  join: "a\\0b"\nselect: {{ method: vanilla }}\n', "job.yaml:3: data.join: " + nul)
        self.refuse_job('data:\n  path: ["x",\n    "a\\0b"]\nselect: { method: vanilla }\n', "job.yaml:3: data.path: " + nul)
        self.refuse_job(f'data: {{ path: {data} }}\nmodel:\n  path: m\n  system: "a\\0b"\nselect: {{ method: vanilla }}\n', "job.yaml:4: model.system: " + nul)

    def test_no_job_file(self):
        self.fail_with(USAGE, "nowhere.yaml", arguments=["run", self.folder / "nowhere.yaml"], ranks=2)

    def test_standard_output_that_takes_nothing(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run(program.command(["run", self.write_job(f"data: {{ path: {self.write_rows(3)} }}\n"), "--check"]),
                                  env=program.ENVIRONMENT, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
        self.assertEqual(done.returncode, ENVIRONMENT, done.stderr)
        self.assertIn("standard output", done.stderr)

    def test_a_folder_to_tokenize(self):
        tiny_job.write(self, rows=1)
        self.fail_with(DATA, self.folder, arguments=["tokenize", self.folder / "tiny-model", self.folder])

    def test_unknown_flag_and_command(self):
        self.fail_with(USAGE, "--wrong", arguments=["run", "x.yaml", "--wrong"])
        self.fail_with(USAGE, "", arguments=["rnu"])


class ModelFolder(BadInput):
    def setUp(self):
        super().setUp()
        self.job = tiny_job.write(self, rows=6)
        self.model = self.folder / "tiny-model"

    def refuse_model(self, *fragments, code=MODEL):
        self.refuse(code, *fragments, job=self.job)

    def header(self):
        weights = (self.model / "model.safetensors").read_bytes()
        size = struct.unpack("<Q", weights[:8])[0]
        return json.loads(weights[8:8 + size]), weights[8 + size:]

    def write_weights(self, header, data):
        text = json.dumps(header).encode()
        (self.model / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)

    def test_without_weights(self):
        (self.model / "model.safetensors").unlink()
        self.refuse_model("tiny-model")

    def test_a_missing_folder(self):
        shutil.rmtree(self.model)
        self.refuse_model("tiny-model")

    def test_a_truncated_header(self):
        weights = (self.model / "model.safetensors").read_bytes()
        (self.model / "model.safetensors").write_bytes(weights[:100])
        self.refuse_model("model.safetensors")

    def test_overlapping_offsets(self):
        header, data = self.header()
        names = [n for n in header if n != "__metadata__"]
        header[names[1]]["data_offsets"] = header[names[0]]["data_offsets"]
        self.write_weights(header, data)
        self.refuse_model("model.safetensors")

    def test_a_tensor_of_the_wrong_shape(self):
        header, data = self.header()
        name = "model.layers.0.mlp.gate_proj.weight"
        header[name]["shape"] = header[name]["shape"][::-1]
        self.write_weights(header, data)
        self.refuse_model(name)

    def test_an_unknown_architecture(self):
        config = json.loads((self.model / "config.json").read_text())
        config["architectures"] = ["FrobnicatorForCausalLM"]
        config["model_type"] = "frobnicator"
        (self.model / "config.json").write_text(json.dumps(config))
        self.refuse_model("config.json", "rob")

    def test_a_vocabulary_larger_than_the_embedding(self):
        tokenizer = json.loads((self.model / "tokenizer.json").read_text())
        next_id = max(tokenizer["model"]["vocab"].values()) + 1
        tokenizer["added_tokens"].append({"id": next_id, "content": "<|more|>", "single_word": False, "lstrip": False, "rstrip": False,
                                          "normalized": False, "special": True})
        (self.model / "tokenizer.json").write_text(json.dumps(tokenizer))
        self.refuse_model("embedding")

    def test_an_unknown_template(self):
        text = self.job.read_text().replace("template: chatml", "template: chatmll")
        self.job.write_text(text)
        self.refuse_model("chatmll", "chatml", code=USAGE)

    def test_max_length_above_the_models(self):
        self.job.write_text(self.job.read_text().replace("max_length: 200", "max_length: 1000"))
        self.refuse_model("1000", "256", code=USAGE)


class RunFolder(BadInput):
    def run_once(self):
        data = self.write_rows(20)
        job = self.write_job(f"name: first\ndata: {{ path: {data} }}\nselect: {{ method: random, budget: 5 }}\n")
        out = self.folder / "run"
        self.succeed("run", job, "--out", out)
        return data, job, out

    def fail_on(self, code, *fragments, job):
        before = program.published(self.folder / "run")
        self.fail_with(code, *fragments, arguments=["run", job, "--out", self.folder / "run"], ranks=2)
        self.assertEqual(program.published(self.folder / "run"), before)

    def test_of_another_job(self):
        data, job, out = self.run_once()
        job.write_text(job.read_text().replace("first", "second"))
        self.fail_on(USAGE, "first", "second", job=job)

    def test_of_another_data_file(self):
        data, job, out = self.run_once()
        data.write_text(data.read_text().replace("alpha", "ALPHA"))
        self.fail_on(USAGE, "rows.jsonl", job=job)

    def test_of_another_model_setting(self):
        job = tiny_job.write(self, rows=40)
        self.succeed("run", job, "--out", self.folder / "run")
        job.write_text(job.read_text().replace("max_length: 200", "max_length: 100"))
        self.fail_on(USAGE, "max_length", "200", "100", job=job)

    def test_segments_without_their_settings(self):
        job = tiny_job.write(self, rows=40)
        self.succeed("run", job, "--out", self.folder / "run")
        (self.folder / "run/journal/tiny-model/scorer.json").unlink()
        self.fail_on(MODEL, "scorer.json", job=job)

    def test_scored_on_another_device(self):
        job = tiny_job.write(self, rows=40)
        out = self.folder / "run"
        self.succeed("run", job, "--out", out)
        expected = program.published(out)
        settings = out / "journal/tiny-model/scorer.json"
        recorded = json.loads(settings.read_text())
        settings.write_text(json.dumps(dict(recorded, device="cuda" if recorded["device"] == "cpu" else "cpu"), indent=1) + "\n")
        segments = sorted((out / "journal/tiny-model").glob("*.seg"))
        for segment in segments:
            os.truncate(segment, segment.stat().st_size - 1)  # its last block is to be scored again
        if recorded["device"] == "cpu":
            self.fail_with(ENVIRONMENT, "CUDA", arguments=["run", job, "--out", out], ranks=2)
        self.assertEqual(program.published(out), expected)
        for segment in segments:
            segment.unlink()
        # Nothing was scored there: a false start binds nobody.
        self.succeed("run", job, "--out", out)
        self.assertEqual(json.loads(settings.read_text())["device"], recorded["device"])
        self.assertEqual(program.published(out), expected)

    def test_begun_by_another_winnow(self):
        job = tiny_job.write(self, rows=40)
        out = self.folder / "run"
        self.succeed("run", job, "--out", out)
        settings = out / "journal/tiny-model/scorer.json"
        recorded = json.loads(settings.read_text())
        settings.write_text(json.dumps(dict(recorded, code_version="0.0.9"), indent=1) + "\n")
        self.succeed("score", job, "--out", out)
        import h5py
        with h5py.File(out / "scores.h5") as file:
            self.assertEqual(file["/scores/tiny-model"].attrs["code_version"], "0.0.9")
        del recorded["template"]
        settings.write_text(json.dumps(recorded, indent=1) + "\n")
        self.fail_with(USAGE, "scorer.json", "template", "choose another --out or name", arguments=["run", job, "--out", out])

    def test_of_a_newer_schema(self):
        import h5py
        data, job, out = self.run_once()
        with h5py.File(out / "index.h5", "r+") as file:
            file.attrs.modify("schema_version", 999)
        self.fail_on(MODEL, "index.h5", "999", job=job)

    def test_damaged_files(self):
        data, job, out = self.run_once()
        whole = (out / "index.h5").read_bytes()
        (out / "index.h5").write_bytes(whole[: len(whole) // 2])
        self.fail_on(MODEL, "index.h5", job=job)

    @unittest.skipIf(os.geteuid() == 0 and not shutil.which("runuser"), "needs an ordinary user")
    def test_read_only(self):
        data = self.write_rows(5)
        job = self.job_for(data)
        out = self.folder / "readonly"
        out.mkdir()
        out.chmod(0o555)
        if os.geteuid() != 0:
            self.fail_with(ENVIRONMENT, "readonly", arguments=["run", job, "--out", out])
            return
        self.folder.chmod(0o755)
        result = subprocess.run(["runuser", "-u", "nobody", "--", *program.command(["run", job, "--out", out])], env=program.ENVIRONMENT,
                                capture_output=True, text=True, timeout=60, cwd="/")
        self.assertEqual(result.returncode, ENVIRONMENT, result.stderr)
        self.assertIn("readonly", result.stderr)

    @unittest.skipIf(os.geteuid() != 0, "mounting a small file system needs root")
    def test_a_full_disk(self):
        job = tiny_job.write(self, rows=60)
        disk = self.folder / "disk"
        disk.mkdir()
        for size in (16, 64, 100, 128, 160):
            if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}k", "tmpfs", disk], capture_output=True).returncode != 0:
                self.skipTest("cannot mount a tmpfs here")
            try:
                result = program.run(["run", job, "--out", disk / "run"], ranks=2)
                if result.returncode == 0:
                    continue
                self.assertEqual(result.returncode, ENVIRONMENT, result.stderr)
                self.assertIn("disk", result.stderr)
                names = [p.name for p in (disk / "run").rglob("*")]
                for name in ("scores.h5", "index.h5"):
                    if name in names:
                        import h5py
                        with h5py.File(disk / "run" / name, "r") as file:
                            self.assertIn("complete", file.attrs)
            finally:
                subprocess.run(["umount", disk], check=True)

    def test_two_runs_in_one_folder(self):
        job = tiny_job.write(self, rows=200, block_rows=1)
        out = self.folder / "run"
        first = program.start(["run", job, "--out", out])
        try:
            deadline = time.monotonic() + 60
            while not (out / "manifest.json").exists() and first.poll() is None and time.monotonic() < deadline:
                pass
            first.send_signal(signal.SIGSTOP)  # So that it is still there, whatever the second one takes.
            self.fail_with(ENVIRONMENT, "run", arguments=["run", job, "--out", out])
        finally:
            first.send_signal(signal.SIGCONT)
            first.communicate(timeout=120)
        self.assertEqual(first.returncode, 0)


class Stop(BadInput):
    def stop_and_go_on(self, sent, ranks):
        job = tiny_job.write(self, rows=400, block_rows=1)
        reference = self.folder / "reference"
        self.succeed("run", job, "--out", reference)
        out = self.folder / "run"
        process = program.start(["run", job, "--out", out], ranks)
        deadline = time.monotonic() + 60
        while not list(out.rglob("*.seg")) and process.poll() is None and time.monotonic() < deadline:
            pass
        process.send_signal(sent)
        _, errors = process.communicate(timeout=60)
        if process.returncode != 0:  # it may have been done already
            self.assertEqual(process.returncode, INTERRUPTED, errors)
        self.succeed("run", job, "--out", out, ranks=2)
        self.assertEqual(program.published(out), program.published(reference))

    def test_sigterm_ends_with_75_and_the_same_command_goes_on(self):
        self.stop_and_go_on(signal.SIGTERM, ranks=1)

    def test_commands_that_only_print_end_at_once(self):
        tiny_job.write(self, rows=1)
        texts = self.write("texts.jsonl", (json.dumps("a b c " * 100) + "\n") * 3000)
        for sent in (signal.SIGTERM, signal.SIGINT):
            process = program.start(["tokenize", self.folder / "tiny-model", texts])
            self.assertEqual(process.stdout.read(1), "[")  # What follows fills the pipe, and waits there.
            process.send_signal(sent)
            try:
                self.assertEqual(process.wait(60), -sent)
            finally:
                process.kill()
                process.communicate()

    def test_sigusr1_to_mpirun_stops_every_rank(self):
        self.stop_and_go_on(signal.SIGUSR1, ranks=2)


if __name__ == "__main__":
    unittest.main()
