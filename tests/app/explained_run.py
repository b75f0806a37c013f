"""A finished run for the tests of `winnow explain`, and what is asked of it."""
import json

import h5py
import numpy

import program
import tiny_model

ROWS = 48
BAD, NULL, LONE = 11, 3, 7  # A row that cannot be read, one without ifd_ppl, one that a chain's last filter drops.

JOB = """
name: explained
data: {{ path: {data}, id: key, on_bad_row: skip }}
scorers:
  given: {{ import: {scores}, key: ifd_ppl, as: ifd_ppl }}
  judge: {{ import: {scores}, key: rating, as: rating }}
  tagger: {{ import: {scores}, key: tags, as: tags }}
  judge2: {{ import: {scores}, key: other, as: other }}
selections:
  ifd: {{ method: ifd, budget: 10 }}
  worst: {{ method: top, score: "rating + 0 * given.ifd_ppl", take: bottom, budget: 6 }}
  middle: {{ method: top, score: rating, take: middle, budget: 9 }}
  iterit: {{ method: iterit, budget: 8 }}
  emptied: {{ method: iterit, budget: 34, decay: 0 }}
  repeats: {{ method: iterit, budget: 45, faithful: true, eos_text: "" }}
  alpagasus: {{ method: alpagasus, min_rating: 4 }}
  random: {{ method: random, budget: 12, seed: 5 }}
  all: {{ method: vanilla }}
  tags: {{ method: instag, budget: 5 }}
  rounds: {{ method: instag, budget: 18 }}
  filled: {{ method: instag, budget: 18, global_tags: true }}
  distinct: {{ method: deduplicate, min_jaccard_similarity: 0.5 }}
  answers: [ {{ method: deduplicate, text: response, ngram: 2, min_jaccard_similarity: 0.6, score: rating }}, {{ method: random, budget: 20 }} ]
  strata: {{ method: ifd, budget: 12, stratify: kind }}
  unequal: {{ method: random, budget: 2, stratify: kind }}
  aggregates: [ {{ filter: "mean(ifd_ppl) < 5 and other > 9" }}, {{ method: top, score: rating, budget: 3 }} ]
  chain: [ {{ filter: "response_words > 5 and ifd_ppl <= mean(ifd_ppl) + 0.1" }}, {{ method: top, score: rating, budget: 12 }}, {{ filter: "row != {lone} and row < 46" }} ]
"""

EMBEDDED = """
name: embedded
data: {{ path: {data} }}
score: {{ block_rows: 8 }}
scorers:
  tiny: {{ path: {model}, template: chatml, embedding: {{ pooling: mean }}, score: [embedding, length] }}
  evol: {{ import: {scores}, key: evol, as: evol_score }}
  given: {{ import: {scores}, key: ifd_ppl, as: ifd_ppl }}
  loss: {{ import: {scores}, key: loss, as: ifd_loss }}
selections:
  deita: {{ method: deita, budget: 6, max_cosine_similarity: {most} }}
  deita_more: {{ method: deita, budget: 9, max_cosine_similarity: {most} }}
  deita_tokens: {{ method: deita, budget: 400 tokens, max_cosine_similarity: {most} }}
  drawn: {{ method: random, budget: 300 tokens, seed: 3 }}
  drawn_all: {{ method: random, budget: 48, seed: 3 }}
  greedy: {{ method: iterit, budget: 300 tokens }}
  cherry: {{ method: cherry, budget: 8, faithful: true }}
  cherry_more: {{ method: cherry, budget: 11, faithful: true }}
  by_kind: {{ method: superfiltering_d, budget: 4, ifd_share: 30%, stratify: kind }}
  covering: {{ method: superfiltering_d, budget: 4, ifd_share: 30% }}
  distinct: {{ method: deduplicate, by: embedding, max_cosine_similarity: {most} }}
  tokens: {{ method: top, score: evol_score, budget: 300 tokens }}
"""


class ExplainTest(program.ProgramTest):
    def setUp(self):
        super().setUp()
        chance = numpy.random.default_rng(17)
        self.scores = {"ifd_ppl": [round(float(x), 2) for x in chance.uniform(0.4, 1.2, ROWS)],
                       "rating": [float(x) for x in chance.integers(1, 6, ROWS)],
                       "evol": [float(x) for x in chance.integers(1, 30, ROWS)],
                       "tags": [sorted(set(chance.choice(["code", "logic", "poem", "law"], i % 4).tolist())) for i in range(ROWS)]}
        self.scores["loss"] = [rating / 10 for rating in self.scores["rating"]]
        self.scores["other"] = list(self.scores["evol"])
        self.scores["other"][NULL] = None
        self.scores["ifd_ppl"][NULL] = None
        self.scores["rating"][LONE], self.scores["ifd_ppl"][LONE] = 5.0, 0.5  # The chain's method picks it.
        rows = [dict(row, key=f"k{i}", kind="abc"[i % 3]) for i, row in enumerate(self.rows(ROWS))]
        rows[LONE]["output"] = "one two three four five six seven"
        self.lines = [json.dumps(row) for row in rows]
        self.out = self.folder / "run"

    def make(self, text=JOB, bad=True, **more):
        scores = self.write("scores.json", json.dumps(self.scores))
        lines = [line if i != BAD or not bad else "{broken" for i, line in enumerate(self.lines)]
        data = self.write("rows.jsonl", "\n".join(lines) + "\n")
        self.job = self.write_job(text.format(data=data, scores=scores, lone=LONE, **more))
        self.succeed("run", self.job, "--out", self.out)

    def explain(self, *arguments, of=None, ranks=1):
        where = [of] if of else [self.job, "--out", self.out]
        return json.loads(self.succeed("explain", *where, *arguments, "--json", ranks=ranks).stdout)

    def every_row(self):
        return self.explain(*(word for row in range(ROWS) for word in ("--row", row)))["explained"]

    def selection(self, name):
        with h5py.File(self.out / f"selection/{name}.h5") as file:
            return {column: file[column][:].tolist() for column in file}

    def make_embedded(self):
        """The cosines of all rows, their tokens, and a threshold that some pairs exceed."""
        model = tiny_model.make(self.folder / "model", 256)
        self.make(EMBEDDED, bad=False, model=model, most=1)
        with h5py.File(self.out / "scores.h5") as file:
            vectors, tokens = file["embeddings/tiny"][:].astype(float), file["scores/tiny/n_tokens"][:]
        unit = vectors / numpy.linalg.norm(vectors, axis=1, keepdims=True)
        cosines = unit @ unit.T
        most = round(float(numpy.quantile(cosines[~numpy.eye(ROWS, dtype=bool)], 0.9)), 6)
        self.make(EMBEDDED, bad=False, model=model, most=most)
        return cosines, tokens, most

    def reasons(self, rows, name):
        return {told["row"]: told["selections"][name] for told in rows if told["selections"][name]["pick"] is None}
