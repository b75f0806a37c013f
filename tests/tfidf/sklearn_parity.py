"""The whole model against scikit-learn's TfidfVectorizer(ngram_range=(1, 3)): vocabulary and every df equal, every weight within
1e-12 relative. Usage: sklearn_parity.py TOOL MPIEXEC"""
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy
import scipy.sparse
from sklearn.feature_extraction.text import TfidfVectorizer

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import text_list

TOOL, MPIEXEC = sys.argv[1:]
TOLERANCE = 1e-12
OPEN_MPI = {f"OMPI_{name}": "1" for name in ("ALLOW_RUN_AS_ROOT", "ALLOW_RUN_AS_ROOT_CONFIRM", "MCA_rmaps_base_oversubscribe")}


def run(mode, texts, folder, ranks):
    text_list.write(folder / "texts", texts)
    subprocess.run([MPIEXEC, "-n", str(ranks), TOOL, mode, folder / "texts", folder], check=True, stdout=subprocess.DEVNULL,
                   env=os.environ | OPEN_MPI)


def compare(name, texts, ranks):
    with tempfile.TemporaryDirectory() as name_of_folder:
        folder = pathlib.Path(name_of_folder)
        run("dump", texts, folder, ranks)
        documents, terms, df_sum = numpy.fromfile(folder / "fit.u64", numpy.uint64)
        vocabulary = (folder / "terms.txt").read_text(encoding="utf-8").split("\n")[:-1]
        df = numpy.fromfile(folder / "df.u64", numpy.uint64)
        ours = scipy.sparse.csr_matrix(
            (numpy.fromfile(folder / "weight.f64"), numpy.fromfile(folder / "term.u32", numpy.uint32).astype(numpy.int64),
             numpy.fromfile(folder / "row_begin.u64", numpy.uint64).astype(numpy.int64)), shape=(len(texts), len(vocabulary)))
        run("vectorize", texts, folder, ranks)
        row_sum = numpy.fromfile(folder / "row_sum.f64")

    vectorizer = TfidfVectorizer(ngram_range=(1, 3))
    theirs = vectorizer.fit_transform(texts)
    theirs.sort_indices()
    assert vocabulary == vectorizer.get_feature_names_out().tolist(), "vocabulary"
    their_df = numpy.bincount(theirs.indices, minlength=theirs.shape[1])
    assert (df == their_df).all(), "document frequencies"
    assert (documents, terms, df_sum) == (len(texts), len(vocabulary), their_df.sum()), "fit"
    assert (ours.indptr == theirs.indptr).all() and (ours.indices == theirs.indices).all(), "sparsity"
    weight_error = numpy.max(numpy.abs(ours.data / theirs.data - 1))
    their_sum = numpy.asarray(theirs.sum(axis=1)).ravel()
    assert ((row_sum == 0) == (their_sum == 0)).all(), "rows of zeros"
    filled = their_sum > 0
    sum_error = numpy.max(numpy.abs(row_sum[filled] / their_sum[filled] - 1))
    print(f"{name}, {ranks} ranks: {len(texts)} documents, {len(vocabulary)} terms, df sum {df_sum}, all equal; "
          f"largest relative difference of a weight {weight_error:.2e}, of a row's sum {sum_error:.2e}", flush=True)
    assert weight_error <= TOLERANCE and sum_error <= TOLERANCE


compare("random Unicode", text_list.random_texts(20_000, seed=1), ranks=3)
alpaca = text_list.alpaca_outputs()
if alpaca is None:
    print(f"Alpaca not compared: {text_list.ALPACA} is absent")
else:
    compare("Alpaca outputs", alpaca, ranks=2)
