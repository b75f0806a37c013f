"""h5py reads every file of ours, and our reader takes h5py's files and refuses damaged ones."""
import math
import os
import shutil
import subprocess
import sys
import tempfile

import h5py
import numpy as np

PROBE = sys.argv[1]
STATUSES = ["ok", "empty_answer", "answer_truncated_away", "answer_too_short", "non_finite", "zero_denominator", "bad_row",
            "not_given", "not_scored", "template_refused", "text_too_long", "unreadable_reply", "no_common_prompt", "equal_answers"]
N = 60
PROMISED = ["formula", "unit", "log_base", "source", "model_fingerprint", "tokenizer_hash", "template", "system",
            "scores_closing_tokens", "max_length", "dtype", "threads", "code_version"]


def mix64(x):
    mask = (1 << 64) - 1
    x = (x + 0x9E3779B97F4A7C15) & mask
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & mask
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & mask
    return x ^ (x >> 31)


def texts(group, name):
    data, offsets = group[name][()].tobytes(), group[name + "_offsets"][()]
    return [data[a:b].decode() for a, b in zip(offsets, offsets[1:])]


rows = np.arange(N)
x = np.where(rows % 4 == 3, np.nan, 1 + rows / 8)


def expect_column(group, name, dtype, values):
    data = group[name]
    assert data.dtype == dtype and data.shape == np.shape(values), (name, data.dtype, data.shape)
    np.testing.assert_array_equal(data[()], values, err_msg=name)


def expect_status(group, name, values):
    assert h5py.check_enum_dtype(group[name].dtype) == {n: i for i, n in enumerate(STATUSES)}, name
    np.testing.assert_array_equal(group[name][()], values, err_msg=name)


def check_no_times(path):
    """The bytes of a file may not depend on when it was written."""
    with h5py.File(path) as file:
        names = ["/"]
        file.visit(names.append)
        stamped = [name for name in names if h5py.h5g.get_objinfo(file.id, name.encode()).mtime != 0]
        assert len(names) > 3 and not stamped, stamped


def check_rows(group):
    expect_column(group, "byte_offset", "<u8", 100 * rows + (1 << 40))
    expect_column(group, "byte_length", "<u4", 90 + rows)
    expect_column(group, "file", "<u4", rows % 2)
    expect_column(group, "hash", "<u8", np.array([mix64(i) for i in range(N)], dtype="u8"))
    expect_column(group, "instruction_words", "<u4", rows)
    expect_column(group, "response_words", "<u4", 2 * rows)
    expect_column(group, "turns", "<u4", np.full(N, 2))
    assert texts(group, "id") == ["" if i % 5 == 0 else f"grüß-{i}" for i in range(N)]


def check_index(path):
    with h5py.File(path) as file:
        assert dict(file.attrs) == {"kind": "index", "schema_version": 1, "code_version": "0.1.0", "complete": 1}, dict(file.attrs)
        assert dict(file["inputs"].attrs) == {"files": 2, "format": "alpaca", "container": "json"}
        assert dict(file["inputs/1"].attrs) == {"name": "b.json.gz", "bytes": 2000, "xxh3_128": "11ee"}
        assert dict(file["inputs/fields"].attrs) == {"instruction": "instruction", "response": "output"}
        check_rows(file["rows"])
        expect_status(file["rows"], "status", np.where(rows == 1, 6, 0))


def check_scores(path):
    with h5py.File(path) as file:
        assert file.attrs["kind"] == "scores" and file.attrs["complete"] == 1
        check_rows(file["rows"])
        model = file["scores/smollm2"]
        for name, values in {"nll_cond_sum": x, "nll_direct_sum": 2 * x, "ppl_cond": x + 1, "ppl_direct": x + 2, "ifd_ppl": x / 2,
                             "ifd_loss": x / 4}.items():
            expect_column(model, name, "<f8", values)
        expect_column(model, "n_cond", "<u4", np.where(rows % 4 == 3, 0, 10))
        expect_column(model, "n_direct", "<u4", np.where(rows % 4 == 3, 0, 9))
        expect_column(model, "n_tokens", "<u4", rows + 20)
        for name in ["status_cond", "status_direct", "status_ifd"]:
            expect_status(model, name, np.where(rows % 4 == 3, 1, 0))
        expect_status(model, "status_embedding", np.where(rows == 1, 6, 0))
        expect_column(file, "embeddings/smollm2", "<f4", 3 * rows[:, None] + np.arange(3) / 4)
        expect_column(file["scores/imported"], "rating", "<f8", np.where(rows % 3 == 0, np.nan, rows))
        expect_status(file["scores/imported"], "status_rating", np.where(rows % 3 == 0, 7, 0))
        expect_column(file, "embeddings/turns", "<f2", np.stack([rows % 100 / 4, np.full(N, -1.0)], 1))
        turns = [(row, turn) for row in range(N) for turn in range(row % 3)]
        expect_column(file["turns/turns"], "row_offsets", "<u8", np.concatenate([[0], np.cumsum(rows % 3)]))
        expect_column(file["turns/turns"], "evol_quality", "<f8", [math.nan if t == 1 and r % 5 == 0 else r + t / 2 for r, t in turns])
        expect_status(file["turns/turns"], "status_evol_quality", [10 if t == 1 and r % 5 == 0 else 0 for r, t in turns])
        tagger = file["tags/tagger"]
        expect_column(tagger, "row_offsets", "<u8", np.concatenate([[0], np.cumsum(rows % 4)]))
        expect_column(tagger, "tag", "<u4", [(row + tag) % 5 for row in range(N) for tag in range(row % 4)])
        expect_column(tagger, "rows_with_tag", "<u8", np.full(5, N))
        offsets, names = tagger["name_offsets"][()], tagger["names"][()].tobytes()
        assert [names[a:b].decode() for a, b in zip(offsets, offsets[1:])] == ["art", "code", "math", "math proof", "étude"]
        seen = []

        def check_attributes(name, item):
            if isinstance(item, h5py.Dataset) and not name.endswith("_offsets"):
                missing = [a for a in PROMISED if a not in item.attrs]
                assert not missing, (name, missing)
                seen.append(name)
        file.visititems(check_attributes)
        assert len(seen) == 8 + 12 + 1 + 1 + 2 + 3 + 3, seen
        attributes = dict(model["ifd_ppl"].attrs)
        assert attributes["formula"] == "ppl_cond / ppl_direct" and attributes["system"] == "" and attributes["threads"] == 1
        assert attributes["scores_closing_tokens"] == "yes" and "2412.17365" in attributes["source"]
        assert file["scores/imported/rating"].attrs["import_file"] == "ratings.json"
        assert file["rows/hash"].attrs["model_fingerprint"] == "does not apply"


def check_selection(path):
    with h5py.File(path) as file:
        assert sorted(file) == ["gain", "left_out_by", "row", "score"], sorted(file)
        left_out_by = file["left_out_by"][:]
        assert left_out_by.shape == (60,) and [i for i, step in enumerate(left_out_by) if step == 255] == [2, 7, 50]
        expect_column(file, "row", "<u8", [7, 2, 50])
        expect_column(file, "gain", "<f8", [3.5, 2.25, 1])
        expect_column(file, "score", "<f8", [0.9, 0.8, 0.7])
        attributes = dict(file.attrs)
        expected = {"method": "iterit", "parameter_decay": 0.1, "parameter_scorer": "smollm2", "parameter_faithful": 0,
                    "budget_asked": "5%", "budget_rows": 3, "rows": 60, "eligible": 45, "count_ok": 45, "count_empty_answer": 15,
                    "count_bad_row": 0, "tfidf_rows": 45, "kind": "selection", "complete": 1}
        assert {k: attributes[k] for k in expected} == expected, attributes


def check_tfidf(path):
    with h5py.File(path) as file:
        assert texts(file, "terms") == ["a b", "grüß", "z"]
        expect_column(file, "df", "<u8", [2, 1, 1])
        expect_column(file, "row_begin", "<u8", [0, 2, 2, 4])
        expect_column(file, "term", "<u4", [0, 1, 0, 2])
        expect_column(file, "weight", "<f8", [0.6, 0.8, 0.6, 0.8])
        assert file.attrs["tfidf_rows"] == 3


def read(path, scorer="smollm2", score="ifd_ppl"):
    return subprocess.run([PROBE, "read", path, scorer, score], capture_output=True, text=True, timeout=60)


def expect_refused(path, *words, **which):
    result = read(path, **which)
    assert result.returncode == 5, (words, result)
    line = result.stderr.strip()
    assert "\n" not in line and path in line and all(word in line for word in words), (words, line)


def check_reader(folder, scores):
    """h5py's own file, then one damage at a time."""
    good = os.path.join(folder, "good.h5")
    status_type = h5py.enum_dtype({name: i for i, name in enumerate(STATUSES)}, basetype="u1")
    with h5py.File(good, "w") as file:
        file.attrs.update({"kind": "scores", "complete": np.uint64(1), "schema_version": np.uint64(1)})
        file.create_group("rows").attrs["rows"] = np.uint64(N)
        for name, dtype in {"byte_offset": "u8", "byte_length": "u4", "hash": "u8", "instruction_words": "u4",
                            "response_words": "u4", "turns": "u4"}.items():
            file["rows"].create_dataset(name, data=rows.astype(dtype))
        file.create_dataset("scores/smollm2/ifd_ppl", data=x)
        file.create_dataset("scores/smollm2/status_ifd", data=np.where(rows % 4 == 3, 1, 0).astype("u1"), dtype=status_type)
    result = read(good)
    assert result.returncode == 0, result
    lines = [line.split() for line in result.stdout.splitlines()]
    assert len(lines) == N
    for i, (row, hash_, value, status) in enumerate(lines):
        assert (int(row), int(hash_), status) == (i, i, "empty_answer" if i % 4 == 3 else "ok")
        assert math.isnan(float(value)) if i % 4 == 3 else float(value) == x[i]

    bad = os.path.join(folder, "bad.h5")
    dataset = "/scores/smollm2/ifd_ppl"

    def damaged(change):
        shutil.copy(good, bad)
        with h5py.File(bad, "a") as file:
            change(file)
        return bad

    def replaced(**arguments):
        def change(file):
            del file[dataset]
            file.create_dataset(dataset, **arguments)
        return damaged(change)

    expect_refused(os.path.join(folder, "absent.h5"), "No such file")
    expect_refused(damaged(lambda f: f.attrs.__delitem__("complete")), "never finished")
    expect_refused(damaged(lambda f: f.attrs.modify("schema_version", np.uint64(2))), "schema version 2", "up to 1")
    expect_refused(damaged(lambda f: f.attrs.modify("kind", "index")), "`index`", "`scores`")
    expect_refused(damaged(lambda f: f.__delitem__(dataset)), dataset, "missing")
    expect_refused(damaged(lambda f: f.__delitem__("rows/turns")), "/rows/turns", "missing")
    expect_refused(good, "/scores/nobody/ifd_ppl", "missing", scorer="nobody")
    expect_refused(replaced(data=x.astype("f4")), dataset, "another type", "f64")
    expect_refused(replaced(data=x[:-1]), dataset, "shape [59], expected [60]")
    expect_refused(replaced(data=x[:, None]), dataset, "shape [60, 1], expected [60]")
    expect_refused(replaced(data=x, chunks=(10,), compression="gzip"), dataset, "compressed")
    expect_refused(replaced(shape=(N,), dtype="f8", external=[("/etc/hostname", 0, 8 * N)]), dataset, "another file")
    expect_refused(replaced(shape=(N,), dtype="f8"), dataset, "holds 0 bytes, expected 480")
    expect_refused(damaged(lambda f: (f.__delitem__(dataset), f.__setitem__(dataset, h5py.ExternalLink(good, dataset)))), dataset, "link")
    expect_refused(damaged(lambda f: (f.__delitem__(dataset), f.create_group(dataset))), dataset, "no dataset")

    def absurd(file):
        file["rows"].attrs.modify("rows", np.uint64(1 << 60))
        for name in list(file["rows"]) + [dataset]:
            path = name if name.startswith("/") else "rows/" + name
            dtype = file[path].dtype
            del file[path]
            file.create_dataset(path, shape=(1 << 60,), dtype=dtype, chunks=(10,))
    expect_refused(damaged(absurd), "more than the file")

    def bad_status(file):
        raw = file["scores/smollm2/status_ifd"].id
        raw.write(h5py.h5s.ALL, h5py.h5s.ALL, np.full(N, 99, dtype="u1"), raw.get_type())
    expect_refused(damaged(bad_status), "status_ifd row 0 has status 99")
    other_names = h5py.enum_dtype({"ok": 0, "broken": 1}, basetype="u1")
    expect_refused(damaged(lambda f: (f.__delitem__("scores/smollm2/status_ifd"),
                                      f.create_dataset("scores/smollm2/status_ifd", data=np.zeros(N, "u1"), dtype=other_names))),
                   "status_ifd", "another type")

    with open(scores, "rb") as file:
        whole = file.read()
    generator = np.random.default_rng(0)
    for length in [0, 1, 100, len(whole) - 1] + list(generator.integers(0, len(whole), 20)):
        with open(bad, "wb") as file:
            file.write(whole[:length])
        expect_refused(bad)


with tempfile.TemporaryDirectory() as work:
    subprocess.run([PROBE, "write", work], check=True, timeout=120)
    for name in ["index", "scores", "selection", "tfidf"]:
        check_no_times(os.path.join(work, name + ".h5"))
    check_index(os.path.join(work, "index.h5"))
    check_scores(os.path.join(work, "scores.h5"))
    check_selection(os.path.join(work, "selection.h5"))
    check_tfidf(os.path.join(work, "tfidf.h5"))
    check_reader(work, os.path.join(work, "scores.h5"))
print("all files read alike")
