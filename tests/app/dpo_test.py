"""winnow finetune with objective: dpo: what it trains is what the formula (Rafailov et al. 2023, eq. 7) over transformers' model and chat template gives, the same
bytes on any number of ranks and after any kill, whichever form the pairs have; what cannot be learnt is counted or said."""
import json
import math
import os
import random
import sys
import time
import unittest

import program
import tiny_model

try:
    import h5py
    import numpy
    import torch
    import transformers
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

torch.set_num_threads(1)
JOB = """
name: dpo
data: {{ path: {data} }}
select: {{ method: {method} }}
score: {{ scores: [length], block_rows: 4 }}
finetune: {{ objective: dpo, epochs: 2, batch: 8, lr: 1.0e-3, warmup: 1, schedule: linear, model: {{ path: {model}, template: chatml, dtype: {dtype}, max_length: 200 }}{keys} }}
"""
PAIRS, BETA = 20, 0.1


class Dpo(program.ProgramTest):
    def setUp(self):
        super().setUp()
        self.model = tiny_model.make(self.folder / "tiny")
        self.pairs = [(row["instruction"], row["output"], " ".join(reversed(row["output"].split())) + " no") for row in self.rows(PAIRS)]
        self.data = self.write_pairs([self.hub(*pair) for pair in self.pairs])

    def write_pairs(self, rows, name="pairs.jsonl"):
        return self.write(name, "".join(json.dumps(row) + "\n" for row in rows))

    @staticmethod
    def hub(prompt, chosen, rejected):
        """As UltraFeedback binarized."""
        side = lambda answer: [{"role": "user", "content": prompt}, {"role": "assistant", "content": answer}]
        return {"prompt": prompt, "prompt_id": "7", "chosen": side(chosen), "rejected": side(rejected), "messages": side(chosen), "score_chosen": 8.5}

    def job(self, keys="", method="vanilla", dtype="fp32", name="job.yaml"):
        return self.write_job(JOB.format(data=self.data, model=self.model, method=method, dtype=dtype, keys=", " + keys if keys else ""), name)

    def steps(self, out):
        return [json.loads(line) for line in (out / "log/steps.jsonl").read_text().splitlines()]

    def reference(self, out):
        with h5py.File(out / "checkpoints/reference.h5") as file:
            return {name: file[name][:] for name in file}

    def texts(self):
        """Ids of both sides of each pair and the answer's first token, by transformers' tokenizer and chat template."""
        tokenizer = transformers.AutoTokenizer.from_pretrained(self.model)
        ids = lambda text: tokenizer(text, add_special_tokens=False)["input_ids"]
        pairs = []
        for prompt, *answers in self.pairs:
            before = tokenizer.apply_chat_template([{"role": "user", "content": prompt}], tokenize=False, add_generation_prompt=True)
            pairs.append((len(ids(before)), *(ids(before + answer + tokenizer.eos_token)[:200] for answer in answers)))
        return pairs

    def test_it_is_the_formula(self):
        out = self.folder / "run"
        self.succeed("finetune", self.job("shuffle: false"), "--out", out)
        model, frozen = (transformers.AutoModelForCausalLM.from_pretrained(self.model, dtype=torch.float32) for _ in range(2))
        losses_of = lambda model, ids, first: torch.nn.functional.cross_entropy(model(torch.tensor(ids)[None]).logits[0, first - 1:-1], torch.tensor(ids)[first:], reduction="none")
        sides = lambda model, pair: [-losses_of(model, ids, pair[0]).double().sum() for ids in pair[1:]]
        pairs = self.texts()
        with torch.no_grad():
            held = [sides(frozen, pair) for pair in pairs]
        stored = self.reference(out)
        self.assertLess(abs(numpy.array([stored["chosen_log_prob"], stored["rejected_log_prob"]]).T - numpy.array(held)).max(), 1e-4)
        self.assertEqual(stored["row"].tolist(), list(range(PAIRS)))
        self.assertEqual([stored["chosen_tokens"].tolist(), stored["rejected_tokens"].tolist()], [[len(pair[side]) - pair[0] for pair in pairs] for side in (1, 2)])
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.0)
        per_epoch = math.ceil(PAIRS / 8)
        schedule = transformers.get_linear_schedule_with_warmup(optimizer, 1, 2 * per_epoch)
        for number, step in enumerate(self.steps(out)):
            begin = number % per_epoch * 8
            rewards = [[BETA * (new - old) for new, old in zip(sides(model, pair), before)] for pair, before in zip(pairs[begin:begin + 8], held[begin:begin + 8])]
            loss = torch.stack([-torch.nn.functional.logsigmoid(chosen - rejected) for chosen, rejected in rewards]).mean()
            means = torch.tensor([[reward.item() for reward in pair] for pair in rewards]).mean(0)
            self.assertAlmostEqual(step["loss"] / loss.item(), 1, delta=1e-4)
            for name, value in (("chosen_reward", means[0]), ("rejected_reward", means[1]), ("margin", means[0] - means[1])):
                self.assertAlmostEqual(step[name], value.item(), delta=1e-3)
            if number > 1:
                self.assertEqual(step["accuracy"], sum(chosen > rejected for chosen, rejected in rewards) / len(rewards))
            self.assertEqual([step["rows"], step["tokens"]], [len(rewards), sum(len(ids) for pair in pairs[begin:begin + 8] for ids in pair[1:])])
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
        loaded = transformers.AutoModelForCausalLM.from_pretrained(out / "checkpoints/final", dtype=torch.float32)
        self.assertLess(max((mine - theirs).abs().max().item() for mine, theirs in zip(loaded.parameters(), model.parameters(), strict=True)), 1e-5)

    def test_every_form_gives_the_same_model(self):
        user = lambda prompt: {"from": "human", "value": prompt}
        forms = {"hub": self.hub,
                 "answers": lambda prompt, *sides: {"prompt": [{"role": "user", "content": prompt}]} | dict(zip(("chosen", "rejected"), ([{"role": "assistant", "content": side}] for side in sides))),
                 "alpaca": lambda prompt, *sides: {"instruction": prompt, "input": ""} | dict(zip(("chosen", "rejected"), sides)),
                 "sharegpt": lambda prompt, *sides: {"conversations": [user(prompt)]} | dict(zip(("chosen", "rejected"), ({"from": "gpt", "value": side} for side in sides)))}
        made = {}
        for name, form in forms.items():
            self.data = self.write_pairs([form(*pair) for pair in self.pairs], name + ".jsonl")
            self.succeed("finetune", self.job(), "--out", self.folder / name)
            stored = self.reference(self.folder / name)
            made[name] = (self.folder / name / "checkpoints/final/model.safetensors").read_bytes(), [stored[field].tolist() for field in sorted(stored)]
            self.assertEqual(made[name], made["hub"], name)

    def test_ranks_change_no_byte(self):
        for dtype, keys in (("fp32", ""), ("bf16", "lora: { rank: 4 }")):
            alone = None
            for ranks in (1, 2, 3, 4):
                out = self.folder / f"{dtype}{ranks}"
                self.succeed("finetune", self.job(keys, method="random, budget: 17", dtype=dtype), "--out", out, ranks=ranks)
                made = program.tree(out / "checkpoints")
                alone = alone or made
                self.assertIn("reference.h5", made)
                self.assertEqual({name for name in made.keys() | alone.keys() if made.get(name) != alone.get(name)}, set(), (dtype, ranks))
            self.assertAlmostEqual(self.steps(out)[0]["loss"], math.log(2), delta=1e-6)

    def test_killed_anywhere_it_goes_on_to_the_same_bytes(self):
        seed = int.from_bytes(os.urandom(4), "little")
        print("seed", seed, flush=True)
        chance = random.Random(seed)
        job = self.job("save_minutes: 0.00001, micro_batch: 1")
        began = time.monotonic()
        self.succeed("finetune", job, "--out", self.folder / "whole", ranks=2)
        whole = time.monotonic() - began
        expected = program.tree(self.folder / "whole/checkpoints")
        losses = [step["loss"] for step in self.steps(self.folder / "whole")]
        for kill in range(5):
            out = self.folder / f"killed{kill}"
            journal = out / "checkpoints/reference"
            end = time.monotonic() + chance.uniform(0.3, 1.0) * whole
            in_reference = lambda: sum(segment.stat().st_size for segment in journal.glob("*.seg")) > 0
            program.run_killed(["finetune", job, "--out", out], 1 + kill % 3, in_reference if kill < 2 else lambda: time.monotonic() > end)
            self.succeed("finetune", job, "--out", out, ranks=chance.choice([1, 2, 3, 4]))
            made = program.tree(out / "checkpoints")
            self.assertEqual({name for name in made.keys() | expected.keys() if made.get(name) != expected.get(name)}, set(), kill)
            self.assertEqual([step["loss"] for step in self.steps(out)], losses, kill)

    def test_the_reference_is_bound_to_the_training(self):
        out = self.folder / "run"
        job = self.job("save_minutes: 0.00001, epochs: 400").read_text().replace("epochs: 2, ", "", 1)
        job = self.write_job(job)
        program.run_killed(["finetune", job, "--out", out], 1, lambda: len(list((out / "checkpoints/resume").glob("step-*"))) > 1)
        self.fail_with(2, "beta of finetune was 0.1, the job now says 0.2", arguments=["finetune", job, "--out", out, "--set", "finetune.beta=0.2"])
        self.fail_with(2, "objective of finetune was \"dpo\", the job now says \"sft\"", arguments=["finetune", job, "--out", out, "--set", "finetune.objective=sft"])
        with h5py.File(out / "checkpoints/reference.h5", "r+") as file:
            file["rejected_log_prob"][1] += 1e-9
        self.fail_with(5, "reference.h5: missing or damaged, but the training is behind step", arguments=["finetune", job, "--out", out])
        (out / "checkpoints/reference.h5").unlink()
        self.fail_with(5, "reference.h5: missing or damaged, but the training is behind step", arguments=["finetune", job, "--out", out])

    def test_what_is_not_learnt_is_counted(self):
        long = " ".join(["omega"] * 300)
        other = self.hub(*self.pairs[0])
        other["rejected"][0]["content"] = "Another question?"
        rows = [self.hub("u", "same", "same"), self.hub("u", "", "b"), self.hub("u", "a", ""), other, self.hub(long, "a", "b"), self.hub("u", "a", long)]
        self.data = self.write_pairs(rows + [self.hub(*pair) for pair in self.pairs[:4]])
        summary = json.loads(self.succeed("finetune", self.job(), "--out", self.folder / "run", "--json").stdout)["finetune"]
        self.assertEqual(summary["status"], {"ok": 5, "empty_answer": 2, "answer_truncated_away": 1, "no_common_prompt": 1, "equal_answers": 1})
        self.assertEqual(summary["cut"], 1 + sum(max(map(len, pair[1:])) >= 200 for pair in self.texts()[:4]))
        self.assertEqual(self.reference(self.folder / "run")["row"].tolist(), [5, 6, 7, 8, 9])

    def test_what_cannot_be_is_said(self):
        job = self.job()
        run = lambda name, *settings: ["finetune", job, "--out", self.folder / name, *(word for setting in settings for word in ("--set", setting))]
        for number, (setting, said) in enumerate((("beta=0", "finetune.beta"), ("beta=-0.1", "finetune.beta"), ("loss_on=all", "finetune.loss_on: objective: dpo"),
                                                  ("loss_reduction=token", "finetune.loss_reduction"), ("neftune_alpha=5", "finetune.neftune_alpha"),
                                                  ("engine=torchrun", "finetune.objective: dpo is not supported by engine: torchrun"))):
            self.fail_with(2, said, arguments=run(f"a{number}", f"finetune.{setting}"))
        self.fail_with(2, "finetune.beta: given, but without objective: dpo", arguments=run("b", "finetune.objective=sft", "finetune.beta=0.1"))
        self.fail_with(2, "finetune.objective: not supported", arguments=["iterate", job, "--out", self.folder / "c"])
        self.succeed("select", job, "--out", self.folder / "d")
        self.fail_with(2, "finetune.objective: not supported: pairs of answers are not exported", arguments=["export", self.folder / "d", "--to", "trl"])
        missing = dict(self.hub("u", "a", "b"))
        del missing["rejected"]
        self.write_pairs([self.hub("u", "a", "b"), missing])
        self.fail_with(3, "pairs.jsonl: row 1", "field `rejected`: found none", arguments=run("e"))
        self.data = self.write_rows(10)
        job = self.job()
        self.fail_with(3, "rows.jsonl", "expected pairs of answers, with the fields chosen and rejected", arguments=run("f"))
        self.fail_with(3, "expected pairs of answers", arguments=[*run("g"), "--check"])

    def test_chosen_answers_can_be_learnt_alone(self):
        out = self.folder / "sft"
        self.succeed("finetune", self.job(), "--out", out, "--set", "finetune.objective=sft")
        self.assertNotIn("margin", self.steps(out)[0])
        self.assertEqual(sum(step["tokens"] for step in self.steps(out)[:3]), sum(len(chosen) for _, chosen, _ in self.texts()))


if __name__ == "__main__":
    unittest.main()
