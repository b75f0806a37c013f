"""Question: how fast does winnow train, against transformers' Trainer at equal settings and the training's own matrix products?

    training_bench.py --model FOLDER --data alpaca_data.json --driver build/.../tests/training/train_rows [--steps 4] [--batch 32] [--repeats 3] [--bf16]

Full fine-tuning of the same rows in the same batches: AdamW, clipped at 1, loss on the answers, micro-batches of one eighth of the batch. Every contender
once per round, median over the rounds of the tokens per second of the steps after the first (tokens of the rows: padding counts for nobody).
 trainer N      transformers' Trainer on two threads, N rows per device padded to the longest, the rest accumulated
 winnow 1x2     one rank of two threads
 winnow 2x1     two ranks of one thread
 winnow 1x1     one rank of one thread: what a second rank is worth
 products       only the matrix products of the weights, there and back, that a training without padding needs, on two threads, each by
                torch.mm or oneDNN, whichever was faster for it beforehand: the limit for whoever does all that work
"""
import argparse
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time

import torch
import transformers
from transformers import AutoModelForCausalLM, AutoTokenizer, Trainer, TrainerCallback, TrainingArguments

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from weight_product import faster  # noqa: E402


def training_rows(folder, data, count, longest):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    with open(data) as file:
        rows = random.Random(1).sample([row for row in json.load(file) if row["output"].strip()], count)
    result = []
    for place, row in enumerate(rows):
        user = row["instruction"] + ("\nInput: " + row["input"] if row["input"] else "")
        prompt = tokenizer.apply_chat_template([{"role": "user", "content": user}], tokenize=False, add_generation_prompt=True)
        asked = tokenizer(prompt, add_special_tokens=False).input_ids
        ids = (asked + tokenizer(row["output"], add_special_tokens=False).input_ids + [tokenizer.eos_token_id])[:longest]
        result.append({"row": place, "ids": ids, "targets": [[len(asked), len(ids)]]})
    return [row for row in result if len(row["ids"]) > row["targets"][0][0]]


def rate(seconds, tokens):
    """Tokens per second of the steps after the first."""
    return sum(tokens[1:]) / sum(seconds[1:])


class StepTimes(TrainerCallback):
    def __init__(self):
        self.seconds = []

    def on_step_begin(self, *_, **__):
        self.begin = time.perf_counter()

    def on_step_end(self, *_, **__):
        self.seconds.append(time.perf_counter() - self.begin)


def run_trainer(arguments, rows, device_rows):
    torch.set_num_threads(2)
    model = AutoModelForCausalLM.from_pretrained(arguments.model, dtype=torch.float32)
    features = [{"input_ids": row["ids"], "labels": [-100] * row["targets"][0][0] + row["ids"][row["targets"][0][0]:]} for row in rows]

    def collate(batch):
        longest = max(len(feature["input_ids"]) for feature in batch)
        padded = lambda key, value: torch.tensor([feature[key] + [value] * (longest - len(feature[key])) for feature in batch])
        mask = [[1] * len(feature["input_ids"]) + [0] * (longest - len(feature["input_ids"])) for feature in batch]
        return {"input_ids": padded("input_ids", 0), "labels": padded("labels", -100), "attention_mask": torch.tensor(mask)}

    times = StepTimes()
    with tempfile.TemporaryDirectory() as scratch:
        settings = TrainingArguments(scratch, per_device_train_batch_size=device_rows, gradient_accumulation_steps=arguments.batch // device_rows,
                                     max_steps=arguments.steps, learning_rate=2e-5, lr_scheduler_type="constant", max_grad_norm=1.0, bf16=arguments.bf16,
                                     use_cpu=True, save_strategy="no", report_to=[], disable_tqdm=True, logging_strategy="no", train_sampling_strategy="sequential")
        trainer = Trainer(model=model, args=settings, train_dataset=features, data_collator=collate, callbacks=[times])
        trainer.train()
    return times.seconds


def run_winnow(arguments, rows, ranks, threads):
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        steps = [list(range(step * arguments.batch, (step + 1) * arguments.batch)) for step in range(arguments.steps)]
        (folder / "options.json").write_text(json.dumps({
            "rows": str(folder / "rows.jsonl"), "rate": 2e-5, "warmup": 0, "schedule": "constant", "total": arguments.steps, "weight_decay": 0.0, "clip": 1.0,
            "reduction": "token", "micro_tokens": 2048, "bf16": arguments.bf16, "checkpointing": False, "alpha": 0, "padded": False, "steps": steps}))
        environment = dict(os.environ, OMP_NUM_THREADS=str(threads), OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1", OMPI_MCA_rmaps_base_oversubscribe="1",
                           OMPI_MCA_hwloc_base_binding_policy="none")
        run = subprocess.Popen(["mpirun", "-n", str(ranks), arguments.driver, folder / "options.json", arguments.model, "/dev/null"],
                               stdout=subprocess.PIPE, text=True, env=environment)
        times = [time.perf_counter() for line in run.stdout if line.startswith("{")]
        if run.wait() != 0:
            raise SystemExit("the driver failed")
    return [float("nan")] + [after - before for before, after in zip(times, times[1:])]


class Products:
    """The weights' products there and back and nothing else, a shard at a time."""

    def __init__(self, config):
        size = config.hidden_size // config.num_attention_heads
        query, key = config.num_attention_heads * size, config.num_key_value_heads * size
        shapes = [(query + 2 * key, config.hidden_size), (config.hidden_size, query), (2 * config.intermediate_size, config.hidden_size),
                  (config.hidden_size, config.intermediate_size)]
        self.layers = [[torch.randn(shape) for shape in shapes] for _ in range(config.num_hidden_layers)]
        self.gradients = [[torch.zeros(shape) for shape in shapes] for _ in range(config.num_hidden_layers)]
        self.head = torch.randn(config.vocab_size, config.hidden_size)

        self.products = {}

    def of(self, weight):
        """For each of the three products of a weight (there, back, gradient) the faster function of (a, b): a b^T."""
        if weight.shape not in self.products:
            x, back = torch.randn(512, weight.shape[1]), torch.randn(512, weight.shape[0])
            self.products[weight.shape] = [faster(x, weight), faster(back, weight.t()), faster(back.t(), x.t())]
        return self.products[weight.shape]

    def there_and_back(self, tokens, weight, gradient):
        there, back_product, of_gradient = self.of(weight)
        x, back = torch.randn(tokens, weight.shape[1]), torch.randn(tokens, weight.shape[0])
        began = time.perf_counter()
        there(x, weight)
        back_product(back, weight.t())
        gradient += of_gradient(back.t(), x.t())
        return time.perf_counter() - began

    def step(self, rows):
        shard = max(1, len(rows) // 8)
        seconds, head_gradient = 0, torch.zeros_like(self.head)
        for first in range(0, len(rows), shard):
            part = rows[first:first + shard]
            tokens = sum(len(row["ids"]) for row in part)
            for weights, gradients in zip(self.layers, self.gradients):
                for weight, gradient in zip(weights, gradients):
                    seconds += self.there_and_back(tokens, weight, gradient)
            seconds += self.there_and_back(sum(row["targets"][0][1] - row["targets"][0][0] for row in part), self.head, head_gradient)
        return seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--driver", required=True)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--longest", type=int, default=512)
    parser.add_argument("--bf16", action="store_true")
    parser.add_argument("--only", help="contenders, by comma")
    arguments = parser.parse_args()
    transformers.utils.logging.set_verbosity_error()
    torch.set_num_threads(2)
    rows = training_rows(arguments.model, arguments.data, arguments.batch * arguments.steps + 8, arguments.longest)[:arguments.batch * arguments.steps]
    batches = [rows[first:first + arguments.batch] for first in range(0, len(rows), arguments.batch)]
    tokens = [sum(len(row["ids"]) for row in batch) for batch in batches]
    targets = sum(row["targets"][0][1] - row["targets"][0][0] for row in rows)
    print(f"{len(rows)} rows, {sum(tokens)} tokens, {targets} learnt, {arguments.steps} steps of {arguments.batch} rows", flush=True)
    products = Products(AutoModelForCausalLM.from_pretrained(arguments.model).config)
    contenders = {
        "trainer 1": lambda: run_trainer(arguments, rows, 1),
        "trainer 4": lambda: run_trainer(arguments, rows, 4),
        "winnow 1x2": lambda: run_winnow(arguments, rows, 1, 2),
        "winnow 2x1": lambda: run_winnow(arguments, rows, 2, 1),
        "winnow 1x1": lambda: run_winnow(arguments, rows, 1, 1),
        "products": lambda: [products.step(batch) for batch in batches],
    }
    wanted = arguments.only.split(",") if arguments.only else list(contenders)
    rates = {name: [] for name in wanted}
    for _ in range(arguments.repeats):
        for name in wanted:
            rates[name].append(rate(contenders[name](), tokens))
            print(f"{name:12}{rates[name][-1]:9.0f} tokens/s   load {os.getloadavg()[0]:.1f}", flush=True)
    median = {name: statistics.median(values) for name, values in rates.items()}
    best = max((value for name, value in median.items() if name.startswith("trainer")), default=float("nan"))
    for name, value in median.items():
        print(f"{name:12}{value:9.0f} tokens/s   x{value / best:.2f} the better Trainer, {100 * value / median.get('products', float('nan')):.0f} % of the products' rate, "
              f"{min(rates[name]):.0f}-{max(rates[name]):.0f}")


if __name__ == "__main__":
    main()
