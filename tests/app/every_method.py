"""A job with every selection method, over seeded imported scores and the embeddings of a tiny random model."""
import json
import random
import re

import program  # noqa: F401 (its path)
import tiny_model

TEXTS = "Maths Code Poem Travel Cooking History Letter Summary".split()

# Every way through every method; BUDGET is the data set's.
SELECTIONS = dict(line.split(": ", 1) for line in """
vanilla: { method: vanilla }
random: { method: random, budget: BUDGET, seed: 7 }
longest: { method: longest, budget: BUDGET }
longest_instruction: { method: longest, text: instruction, budget: BUDGET }
perplexity: { method: perplexity, budget: BUDGET }
perplexity_middle: { method: perplexity, take: middle, budget: BUDGET }
perplexity_bottom: { method: perplexity, take: bottom, text: instruction, budget: BUDGET }
top: { method: top, score: "ifd_ppl * evol_score", budget: BUDGET }
top_bottom: { method: top, score: "rating - mean(rating)", take: bottom, order: file, budget: BUDGET }
ifd: { method: ifd, budget: BUDGET }
ifd_faithful: { method: ifd, faithful: true, budget: BUDGET }
superfiltering: { method: superfiltering, budget: BUDGET }
cherry: { method: cherry, budget: BUDGET }
cherry_faithful: { method: cherry, faithful: true, budget: BUDGET }
cherry_v2: { method: cherry, version: 2, budget: BUDGET }
alpagasus: { method: alpagasus, min_rating: 3 }
alpagasus_few: { method: alpagasus, min_rating: 1, budget: BUDGET }
iterit: { method: iterit, budget: BUDGET }
iterit_zero_decay: { method: iterit, decay: 0, budget: BUDGET }
iterit_faithful: { method: iterit, faithful: true, eos_text: "", budget: BUDGET }
graphfilter: { method: graphfilter, budget: BUDGET }
graphfilter_response: { method: graphfilter, text: response, score: ppl_cond, budget: BUDGET }
deita: { method: deita, budget: BUDGET, max_cosine_similarity: 1 }
instag: { method: instag, budget: BUDGET }
instag_global: { method: instag, global_tags: true, budget: BUDGET }
superfiltering_d: { method: superfiltering_d, ifd_share: 100%, budget: BUDGET }
superfiltering_d_faithful: { method: superfiltering_d, ifd_share: 100%, faithful: true, budget: BUDGET }
cherry_pre_experience: { method: cherry_pre_experience, clusters: 1, per_cluster: 3, low_percentile: 0, high_percentile: 100 }
facility_location: { method: facility_location, budget: BUDGET }
k_center: { method: k_center, seed: 3, budget: BUDGET }
kmeans: { method: kmeans, clusters: 1, budget: BUDGET }
kmeans_per_cluster: { method: kmeans, clusters: 1, take: per_cluster, seed: 5, budget: BUDGET }
deduplicate: { method: deduplicate }
deduplicate_best: { method: deduplicate, ngram: 1, text: instruction, score: ifd_ppl, min_jaccard_similarity: 0.5 }
deduplicate_by_embedding: { method: deduplicate, by: embedding, max_cosine_similarity: 0.9, score: rating }
strata: { method: random, stratify: category, budget: BUDGET }
strata_equal: { method: graphfilter, stratify: { field: category, budgets: equal }, order: file, budget: BUDGET }
strata_faraway: { method: facility_location, stratify: category, budget: BUDGET }
strata_k_center: { method: k_center, stratify: category, budget: BUDGET }
strata_kmeans: { method: kmeans, stratify: category, budget: BUDGET }
strata_tags: { method: instag, stratify: category, budget: BUDGET }
strata_middle: { method: perplexity, take: middle, stratify: category, budget: BUDGET }
strata_superfiltering_d: { method: superfiltering_d, ifd_share: 100%, stratify: category, budget: BUDGET }
chain: [ { filter: "rating >= quantile(rating, 0.1)" }, { method: deduplicate }, { method: iterit, budget: BUDGET } ]
chain_back: [ { method: iterit, budget: BUDGET }, { filter: "abs(evol_score - mean(evol_score)) <= 2 * std(evol_score)" } ]
""".strip().splitlines())

JOB = """
data: {{ path: {data}, on_bad_row: skip }}
scorers:
  tiny: {{ path: {model}, template: chatml, dtype: fp32, score: [embedding, length] }}
{imports}
selections:
{selections}
"""


def methods_named_here():
    return {method for text in SELECTIONS.values() for method in re.findall(r"method: (\w+)", text)}


def instruction_rows(count, seed=5):
    chance = random.Random(seed)

    def words(least, most):
        return " ".join(chance.choice(TEXTS) for _ in range(chance.randint(least, most)))

    return [{"instruction": words(1, 5), "input": words(1, 4) if i % 3 == 0 else "", "output": words(1, 30), "category": chance.choice(TEXTS[:3])} for i in range(count)]


def seeded_scores(count, undefined=0.05, seed=6):
    chance = random.Random(seed)

    def column(value):
        return [None if chance.random() < undefined else value() for _ in range(count)]

    return {
        "ifd_ppl": column(lambda: chance.uniform(0.3, 1.1)),
        "ifd_loss": column(lambda: round(chance.uniform(0.5, 1.1), 2)),
        "ppl_cond": column(lambda: chance.lognormvariate(1.5, 1)),
        "instruction_ppl": column(lambda: chance.lognormvariate(2, 1)),
        "rating": column(lambda: chance.choice([2, 3, 3.5, 4, 4.5, 5])),
        "evol_score": column(lambda: round(chance.uniform(1, 36), 1)),
        "tags": column(lambda: sorted(chance.sample(TEXTS, chance.randint(0, 4)))),
    }


def write(test, rows, scores, budget, selections=None, name="job"):
    """A job file in the test's folder; rows that are bytes are written as they are."""
    lines = [row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows]
    data = test.write(f"{name}.jsonl", b"".join(line + b"\n" for line in lines))
    model = test.folder / "tiny-model"
    if not model.exists():
        tiny_model.make(model)
    given = test.write(f"{name}-scores.json", json.dumps(scores))
    imports = "\n".join(f"  {score}: {{ import: {given}, key: {score}, as: {score} }}" for score in scores)
    chosen = SELECTIONS if selections is None else selections
    text = "\n".join(f"  {each}: {setting.replace('BUDGET', str(budget))}" for each, setting in chosen.items())
    return test.write_job(JOB.format(data=data, model=model, imports=imports, selections=text), f"{name}.yaml")
