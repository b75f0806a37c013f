"""Question: how fast does winnow score, against the published loop, the best-tuned transformers run and the model's own matrix products?

    scoring_bench.py --model FOLDER --data alpaca_data.json --driver build/.../tests/model/score_ids [--rows 96] [--repeats 5] [--threads 2]

Both passes (answer given its prompt, answer alone) of the same rows and token ids, every contender once per round, median over the rounds.
 loop           transformers, fp32, one sequence at a time, `labels=`: logits of every position (Superfiltering, IterIT)
 tuned fp32|bf16  transformers, sorted by length, padded, token budget, output head on answer positions only
 winnow fp32|bf16  the C++ decoder; batches of the same budget
 products fp32|bf16  only the matrix products that the tuned run without padding needs, each by torch.mm or oneDNN, whichever was faster
                for it beforehand: the limit for whoever does all that work.
                winnow may pass it: it runs the beginning that a batch's sequences share once
"""
import argparse
import json
import pathlib
import random
import statistics
import subprocess
import sys
import time

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from weight_product import faster  # noqa: E402


def sequences(folder, data, count):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    with open(data) as file:
        rows = random.Random(1).sample([row for row in json.load(file) if row["output"].strip()], count)
    result = []
    for row in rows:
        user = row["instruction"] + ("\nInput: " + row["input"] if row["input"] else "")
        turns = [{"role": "user", "content": user}, {"role": "assistant", "content": row["output"]}]
        for part in (turns, turns[1:]):
            text = tokenizer.apply_chat_template(part, tokenize=False)
            encoded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
            start = text.rfind(row["output"])
            first = next(i for i, (_, end) in enumerate(encoded.offset_mapping) if end > start)
            result.append({"ids": encoded.input_ids, "first": max(1, first), "end": len(encoded.input_ids)})
    return result


def batches(rows, budget, padded):
    """Sorted by length, cut where the next row would pass the budget."""
    batch = []
    for row in sorted(rows, key=lambda row: len(row["ids"])):
        size = (len(batch) + 1) * len(row["ids"]) if padded else sum(len(other["ids"]) for other in batch) + len(row["ids"])
        if batch and size > budget:
            yield batch
            batch = []
        batch.append(row)
    yield batch


def run_loop(model, rows):
    total = 0.0
    for row in rows:
        ids = torch.tensor([row["ids"]])
        labels = ids.clone()
        labels[0, : row["first"]] = -100
        total += model(input_ids=ids, labels=labels).loss.item() * (row["end"] - row["first"])
    return total


def run_tuned(model, rows, budget):
    total = 0.0
    for batch in batches(rows, budget, padded=True):
        longest = max(len(row["ids"]) for row in batch)
        ids = torch.zeros(len(batch), longest, dtype=torch.long)
        mask = torch.zeros_like(ids)
        where, targets = [], []
        for index, row in enumerate(batch):
            ids[index, : len(row["ids"])] = torch.tensor(row["ids"])
            mask[index, : len(row["ids"])] = 1
            where += [index * longest + position - 1 for position in range(row["first"], row["end"])]
            targets += row["ids"][row["first"] : row["end"]]
        hidden = model.model(input_ids=ids, attention_mask=mask).last_hidden_state.flatten(0, 1)[torch.tensor(where)]
        total += torch.nn.functional.cross_entropy(model.lm_head(hidden).float(), torch.tensor(targets), reduction="sum").item()
    return total


class Products:
    """The weights' products and nothing else: one set of matrices per layer, so that caches see what they see in the model."""

    def __init__(self, config, dtype):
        size = config.hidden_size // config.num_attention_heads
        query, key = config.num_attention_heads * size, config.num_key_value_heads * size
        shapes = [(query + 2 * key, config.hidden_size), (config.hidden_size, query), (2 * config.intermediate_size, config.hidden_size),
                  (config.hidden_size, config.intermediate_size)]
        self.layers = [[torch.randn(shape).to(dtype) for shape in shapes] for _ in range(config.num_hidden_layers)]
        self.head = torch.randn(config.vocab_size, config.hidden_size).to(dtype)
        self.dtype = dtype
        self.products = {weight.shape: faster(torch.randn(2048, weight.shape[1]).to(dtype), weight)
                         for weight in [*self.layers[0], self.head[:4096], self.head[-(self.head.shape[0] % 4096 or 4096):]]}

    def run(self, rows, budget):
        for batch in batches(rows, budget, padded=False):
            tokens = sum(len(row["ids"]) for row in batch)
            inputs = {width: torch.randn(tokens, width).to(self.dtype) for width in {w.shape[1] for w in self.layers[0]}}
            for layer in self.layers:
                for weight in layer:
                    self.products[weight.shape](inputs[weight.shape[1]], weight)
            scored = inputs[self.head.shape[1]][: sum(row["end"] - row["first"] for row in batch)]
            for tile in self.head.split(4096):
                self.products[tile.shape](scored, tile)
        return None


def run_winnow(arguments, rows, precision):
    ordered = sorted(rows, key=lambda row: len(row["ids"]))
    run = subprocess.run([arguments.driver, arguments.model, precision, str(arguments.threads), str(arguments.budget), "2"], check=True,
                         text=True, input="".join(json.dumps(row) + "\n" for row in ordered), capture_output=True)
    report = json.loads(run.stderr)
    return report["seconds"][-1], sum(float(line) for line in run.stdout.split()), report


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--driver", required=True)
    parser.add_argument("--rows", type=int, default=96)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--budget", type=int, default=2048)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    rows = sequences(arguments.model, arguments.data, arguments.rows)
    tokens = sum(len(row["ids"]) for row in rows)
    print(f"{len(rows)} sequences, {tokens} tokens, {sum(row['end'] - row['first'] for row in rows)} scored; {arguments.threads} threads")

    models = {name: AutoModelForCausalLM.from_pretrained(arguments.model, dtype=dtype).eval()
              for name, dtype in (("fp32", torch.float32), ("bf16", torch.bfloat16))}
    products = {name: Products(models["fp32"].config, dtype) for name, dtype in (("fp32", torch.float32), ("bf16", torch.bfloat16))}
    seconds, sums = {}, {}

    def timed(name, call):
        start = time.perf_counter()
        sums[name] = call()
        seconds.setdefault(name, []).append(time.perf_counter() - start)

    with torch.inference_mode():
        for _ in range(arguments.repeats):
            timed("loop", lambda: run_loop(models["fp32"], rows))
            for precision in ("fp32", "bf16"):
                timed(f"tuned {precision}", lambda: run_tuned(models[precision], rows, arguments.budget))
                timed(f"products {precision}", lambda: products[precision].run(rows, arguments.budget))
                measured, sums[f"winnow {precision}"], report = run_winnow(arguments, rows, precision)
                seconds.setdefault(f"winnow {precision}", []).append(measured)

    median = {name: statistics.median(values) for name, values in seconds.items()}
    print(f"{'':16}{'seconds':>9}{'tokens/s':>10}{'x loop':>8}   summed loss, spread of the rounds")
    for name, value in sorted(median.items(), key=lambda item: -item[1]):
        loss = "" if sums[name] is None else f"{sums[name]:.2f}"
        print(f"{name:16}{value:9.2f}{tokens / value:10.0f}{median['loop'] / value:8.2f}   {loss:>10}  "
              f"{min(seconds[name]):.2f}-{max(seconds[name]):.2f}")
    tuned = min(median["tuned fp32"], median["tuned bf16"])
    limit = min(median["products fp32"], median["products bf16"])
    for precision in ("fp32", "bf16"):
        ours = median[f"winnow {precision}"]
        print(f"winnow {precision}: x{median['loop'] / ours:.2f} the loop, x{tuned / ours:.2f} the best-tuned run (x{median['tuned bf16'] / ours:.2f} "
              f"its bf16), {100 * median[f'products {precision}'] / ours:.0f} % of the {precision} products' rate, {100 * limit / ours:.0f} % of the faster products'")
    print(report["library"], f"peak {report['peak_rss_mib']} MiB")


if __name__ == "__main__":
    main()
