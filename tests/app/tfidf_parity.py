"""Issue S3 through the whole program: tfidf.h5 of a run (`tfidf: { fit: all, dump: true }`) is scikit-learn's TfidfVectorizer(ngram_range=(1, 3)):
vocabulary, every df and every column equal, weights within 1e-12 relative; for one rank and for several the same bytes.

tfidf_parity.py PROGRAM [ROWS]   on the first ROWS answers of Alpaca (default 3000); exit 77 without ../shared/data."""
import json
import pathlib
import sys
import tempfile

import h5py
import numpy
from sklearn.feature_extraction.text import TfidfVectorizer

ROOT = pathlib.Path(__file__).resolve().parents[2]
ALPACA = ROOT.parent / "shared" / "data" / "instruct" / "alpaca_data.json"
ROWS = int(sys.argv.pop(2)) if len(sys.argv) > 2 else 3000
TOLERANCE = 1e-12

import program  # noqa: E402

JOB = """
data: {{ path: {data} }}
scorers: {{ imported: {{ import: {scores}, as: ifd_ppl }} }}
tfidf: {{ fit: all, dump: true }}
select: {{ method: iterit, budget: 10 }}
"""


def dump_of(folder, job, ranks):
    done = program.run(["run", job, "--out", folder], ranks)
    assert done.returncode == 0, done.stderr
    return folder / "tfidf.h5"


def compare(dump, answers):
    with h5py.File(dump) as file:
        ours = {name: file[name][:] for name in ("df", "row_begin", "term", "weight", "terms", "terms_offsets")}
        fit = {name: int(value) for name, value in file.attrs.items() if name.startswith("tfidf_")}
    text = ours["terms"].tobytes()
    vocabulary = [text[begin:end].decode() for begin, end in zip(ours["terms_offsets"], ours["terms_offsets"][1:])]
    vectorizer = TfidfVectorizer(ngram_range=(1, 3))
    theirs = vectorizer.fit_transform(answers)
    theirs.sort_indices()
    assert vocabulary == vectorizer.get_feature_names_out().tolist(), "vocabulary"
    df = numpy.bincount(theirs.indices, minlength=theirs.shape[1])
    assert (ours["df"] == df).all(), "document frequencies"
    assert fit == {"tfidf_rows": len(answers), "tfidf_terms": len(df), "tfidf_df_sum": df.sum()}, fit
    assert (ours["row_begin"] == theirs.indptr).all() and (ours["term"] == theirs.indices).all(), "columns"
    error = numpy.max(numpy.abs(ours["weight"] / theirs.data - 1))
    print(f"{len(answers)} answers, {len(df)} terms, df sum {df.sum()}: all equal; largest relative difference of a weight {error:.2e}")
    assert error <= TOLERANCE


def main():
    if not ALPACA.is_file():
        print("skipped: needs ../shared/data")
        return 77
    rows = json.loads(ALPACA.read_text())[:ROWS]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "rows.json").write_text(json.dumps(rows, ensure_ascii=False))
        # A third of the rows may not be picked: `fit: all` counts them nevertheless.
        (folder / "scores.json").write_text(json.dumps([None if i % 3 == 0 else 0.5 for i in range(len(rows))]))
        job = folder / "job.yaml"
        job.write_text(JOB.format(data=folder / "rows.json", scores=folder / "scores.json"))
        dump = dump_of(folder / "two", job, ranks=2)
        compare(dump, [row["output"] for row in rows])
        assert dump.read_bytes() == dump_of(folder / "one", job, ranks=1).read_bytes(), "one rank and two write different bytes"
    return 0


if __name__ == "__main__":
    sys.exit(main())
