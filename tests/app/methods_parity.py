"""Issue 5, S1: every selection method of one job gives the list of a plain Python transcription of its published rule.

methods_parity.py PROGRAM [ROWS EMBEDDED]   on the first ROWS rows of Alpaca (default 3000) with seeded imported scores; with WINNOW_MINILM
set also the methods that compare embeddings, of the first EMBEDDED rows (default 1000). Exit 77 without ../shared/data."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import h5py
import numpy

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "selection"))
import facility_location_transcription as facility  # noqa: E402
import k_center_transcription as k_center  # noqa: E402
import kmeans_transcription as kmeans  # noqa: E402
import near_duplicates_transcription as duplicates  # noqa: E402
import published_rules as rules  # noqa: E402
from selection_parity import ALPACA, picks, run  # noqa: E402

WORDS = "maths code poem travel cooking history letter summary list translation logic advice".split()


def seeded(rows):
    chance = numpy.random.default_rng(20231208)

    def column(values, undefined=0.02):
        return [None if gap < undefined else float(value) for gap, value in zip(chance.random(rows), values)]

    return {
        "ifd_ppl": column(chance.normal(0.72, 0.2, rows).clip(0.01, 1.5)),
        "ifd_loss": column(numpy.round(chance.normal(0.8, 0.2, rows).clip(0.01, 1.5), 3)),  # Ties, and values of 1.
        "ppl_cond": column(numpy.exp(chance.normal(1.5, 1, rows))),
        "rating": column(chance.choice([2, 3, 3.5, 4, 4.5, 5], rows)),
        "evol_score": column(numpy.round(chance.uniform(1, 36, rows), 1)),
        "tags": [None if gap < 0.02 else sorted(set(chance.choice(WORDS, size).tolist()) | {f"t{i % 700}"} if size else [])
                 for i, (gap, size) in enumerate(zip(chance.random(rows), chance.integers(0, 6, rows)))],
    }


def compare(run_folder, expected):
    for name, want in expected.items():
        got = picks(run_folder, name)
        difference = next(((i, g, w) for i, (g, w) in enumerate(zip(got, want)) if g != w), None)
        assert got == want, (name, len(got), len(want), difference)
        print(f"{name}: {len(got)} rows identical, in order", flush=True)


def from_scores(program, folder, data, ranks):
    rows = len(data)
    count = rows // 10
    scores = seeded(rows)
    (folder / "rows.json").write_text(json.dumps(data, ensure_ascii=False))
    for name, values in scores.items():
        (folder / f"{name}.json").write_text(json.dumps(values))
    scorers = "".join(f"  {name}: {{ import: {name}.json, as: {name} }}\n" for name in scores)
    out = run(program, folder, f"""
data: {{ path: rows.json }}
scorers:
{scorers}selections:
  superfiltering: {{ method: superfiltering, budget: 10% }}
  cherry1: {{ method: cherry, budget: 6% }}
  cherry1_faithful: {{ method: cherry, budget: 6%, faithful: true }}
  cherry2: {{ method: cherry, version: 2, budget: 5% }}
  alpagasus: {{ method: alpagasus }}
  alpagasus_few: {{ method: alpagasus, budget: {count} }}
  longest: {{ method: longest, budget: {count} }}
  longest_instruction: {{ method: longest, text: instruction, budget: {count} }}
  ppl_top: {{ method: perplexity, budget: {count} }}
  ppl_middle: {{ method: perplexity, budget: {count}, take: middle }}
  ppl_bottom: {{ method: perplexity, budget: {count}, take: bottom }}
  instag: {{ method: instag, budget: {count} }}
  instag_deita: {{ method: instag, budget: {rows // 2}, global_tags: true }}
  graphfilter: {{ method: graphfilter, budget: {count} }}
  graphfilter_ppl: {{ method: graphfilter, budget: {min(rows // 2, 3000)}, score: ppl_cond }}
  by_formula: {{ method: top, budget: {count}, score: "ifd_ppl * sqrt(evol_score)" }}
  chain: [ {{ filter: "abs(evol_score - mean(evol_score)) <= 2 and response_words > 3" }}, {{ method: ifd, budget: 50 }} ]
""", ranks)
    with h5py.File(out / "scores.h5") as file:
        words = {name: file[f"/rows/{name}_words"][:].tolist() for name in ("response", "instruction")}
    instructions = [row["instruction"] for row in data]
    ifd, evol = scores["ifd_ppl"], scores["evol_score"]
    formula = [None if a is None or b is None else a * b ** 0.5 for a, b in zip(ifd, evol)]
    mean = numpy.mean([value for value in evol if value is not None])
    near = [ifd[i] if evol[i] is not None and abs(evol[i] - mean) <= 2 and words["response"][i] > 3 else None for i in range(rows)]
    with_tags = [None if row is None else value for row, value in zip(scores["tags"], evol)]
    compare(out, {
        "superfiltering": rules.superfiltering(ifd, 0.1),
        "cherry1": rules.best(scores["ifd_loss"], int(sum(v is not None and v <= 1 for v in scores["ifd_loss"]) * 0.06), lambda v: v <= 1),
        "cherry1_faithful": rules.cherry_v1(scores["ifd_loss"], 0.06),
        "cherry2": rules.cherry_v2(scores["ifd_loss"], 0.05),
        "alpagasus": rules.alpagasus(scores["rating"], 4.5),
        "alpagasus_few": rules.best(scores["rating"], count, lambda value: value >= 4.5),
        "longest": rules.best(words["response"], count),
        "longest_instruction": rules.best(words["instruction"], count),
        "ppl_top": rules.best(scores["ppl_cond"], count),
        "ppl_middle": rules.middle(scores["ppl_cond"], count),
        "ppl_bottom": rules.best(scores["ppl_cond"], count, highest=False),
        "instag": rules.instag(scores["tags"], count),
        "instag_deita": rules.instag_global(scores["tags"], with_tags, rows // 2),
        "graphfilter": rules.graphfilter(instructions, ifd, count),
        "graphfilter_ppl": rules.graphfilter(instructions, scores["ppl_cond"], min(rows // 2, 3000)),
        "by_formula": rules.best(formula, count),
        "chain": rules.best(near, 50, lambda value: value < 1),
    })


def from_embeddings(program, folder, data, minilm, ranks):
    rows = len(data)
    count = rows // 5
    columns = {name: seeded(rows)[name] for name in ("evol_score", "ifd_ppl")}
    columns["instruction_ppl"] = seeded(rows)["ppl_cond"]
    twice = data + data[:20]  # Twenty copies, the last rows of all.
    (folder / "rows.json").write_text(json.dumps(twice, ensure_ascii=False))
    for name, values in columns.items():
        columns[name] = values + values[:20]
        (folder / f"{name}.json").write_text(json.dumps(columns[name]))
    scorers = "".join(f"  {name}: {{ import: {name}.json, as: {name} }}\n" for name in columns)
    out = run(program, folder, f"""
data: {{ path: rows.json }}
scorers:
{scorers}  minilm: {{ path: {minilm}, dtype: fp32, score: [embedding] }}
selections:
  deita: {{ method: deita, budget: {count}, max_cosine_similarity: 0.5 }}
  deita_strict: {{ method: deita, budget: {count}, max_cosine_similarity: 0.35 }}
  k_center: {{ method: k_center, budget: {count}, seed: 3 }}
  facility_location: {{ method: facility_location, budget: {count} }}
  superfiltering_d: {{ method: superfiltering_d, ifd_share: 50%, budget: 10% }}
  superfiltering_d_faithful: {{ method: superfiltering_d, ifd_share: 50%, budget: 10%, faithful: true }}
  kmeans: {{ method: kmeans, budget: {count // 4}, seed: 5 }}
  kmeans_each: {{ method: kmeans, budget: {count}, clusters: 30, take: per_cluster }}
  pre_experience: {{ method: cherry_pre_experience, clusters: 20 }}
  duplicates: {{ method: deduplicate }}
  near_duplicates: {{ method: deduplicate, ngram: 2, text: instruction, min_jaccard_similarity: 0.4, score: ifd_ppl }}
  same_meaning: {{ method: deduplicate, by: embedding, max_cosine_similarity: 0.8 }}
""", ranks)
    with h5py.File(out / "scores.h5") as file:
        vectors = file["/embeddings/minilm"][:]
    everyone = list(range(len(twice)))
    side_by_side = json.loads(subprocess.run([program, "compare", out, "--json"], capture_output=True, check=True, text=True).stdout)
    hundred = kmeans.kmeans(vectors, 100)[1]
    for name, selection in side_by_side["selections"].items():
        assert selection["clusters"] == len(set(hundred[picks(out, name)].tolist())), name
    print("compare: clusters that each selection covers are equal", flush=True)
    top = rules.best(columns["ifd_ppl"], len(twice) // 2, lambda value: value < 1)
    by_id, tenth = sorted(top), len(twice) // 10
    clustered = kmeans.kmeans(vectors, count // 4, seed=5)
    few = kmeans.kmeans(vectors, 30)
    with_ppl = [i for i in everyone if columns["instruction_ppl"][i] is not None]
    of_ppl = kmeans.kmeans(vectors[with_ppl], 20)
    whole = [duplicates.shingles("\n".join(filter(None, [row["instruction"], row["input"], row["output"]])), 5) for row in twice]
    with_ifd = [i for i in everyone if columns["ifd_ppl"][i] is not None]
    short = [duplicates.shingles("\n".join(filter(None, [twice[i]["instruction"], twice[i]["input"]])), 2) for i in with_ifd]
    compare(out, {
        "deita": rules.deita(columns["evol_score"], vectors, 0.5, count),
        "deita_strict": rules.deita(columns["evol_score"], vectors, 0.35, count),
        "k_center": [pick[0] for pick in k_center.k_center(everyone, vectors, 3, count)],
        "facility_location": [pick[0] for pick in facility.greedy(facility.cosine_similarities(vectors), count)],
        "superfiltering_d": [by_id[pick[0]] for pick in facility.greedy(facility.published_similarities(vectors[by_id]), tenth)],
        "superfiltering_d_faithful": [top[pick[0]] for pick in facility.lazy_greedy(facility.published_similarities(vectors[top]), tenth)],
        "kmeans": kmeans.nearest_to_centroids(vectors, clustered[0], clustered[1], clustered[2], count // 4),
        "kmeans_each": kmeans.per_cluster(few[1], few[2], count),
        "pre_experience": [with_ppl[i] for i in kmeans.cherry_sample(of_ppl[1], numpy.array([columns["instruction_ppl"][i] for i in with_ppl]))],
        "duplicates": duplicates.near_duplicates(everyone, [0] * len(everyone), whole, "0.8")[0],
        "near_duplicates": duplicates.near_duplicates(with_ifd, [-columns["ifd_ppl"][i] for i in with_ifd], short, "0.4")[0],
        "same_meaning": rules.deita([1.0] * len(everyone), vectors, 0.8, len(everyone)),
    })


def main():
    if not ALPACA.is_file():
        print("skipped: needs ../shared/data")
        return 77
    program = sys.argv[1]
    rows, embedded = map(int, sys.argv[2:4]) if len(sys.argv) > 2 else (3000, 1000)
    data = json.loads(ALPACA.read_text())[:rows]
    with tempfile.TemporaryDirectory() as name:
        from_scores(program, pathlib.Path(name), data, ranks=2)
    minilm = os.environ.get("WINNOW_MINILM")
    if not minilm:
        print("without WINNOW_MINILM: no methods that compare embeddings")
        return 0
    with tempfile.TemporaryDirectory() as name:
        from_embeddings(program, pathlib.Path(name), data[:embedded], minilm, ranks=2)
    return 0


if __name__ == "__main__":
    sys.exit(main())
