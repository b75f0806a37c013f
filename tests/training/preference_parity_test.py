"""Twenty steps of direct preference optimization against its formula (Rafailov et al. 2023, eq. 7) written out with transformers' models, torch's
autograd and AdamW, in float32; the same bits on any number of ranks.

usage: preference_parity_test.py TRAIN_ROWS [Preference | RealModel]
"""
import copy
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

DRIVER = sys.argv.pop(1)
try:
    import numpy
    import torch
    import transformers
    from transformers import (AutoModelForCausalLM, AutoTokenizer, Gemma2Config, Gemma2ForCausalLM, GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM,
                              Qwen2Config, Qwen2ForCausalLM, Qwen3Config, Qwen3ForCausalLM)
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

transformers.utils.logging.disable_progress_bar()
ENVIRONMENT = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1", OMPI_MCA_rmaps_base_oversubscribe="1", OMP_NUM_THREADS="1")
STEPS, PAIRS, BATCH, BETA = 20, 16, 10, 0.1
OPTIONS = {"rate": 1e-3, "warmup": 2, "schedule": "linear", "total": STEPS, "weight_decay": 0.0, "clip": 1.0, "reduction": "token", "micro_tokens": 96,
           "bf16": False, "checkpointing": False, "alpha": 0, "padded": False, "beta": BETA,
           "steps": [[(7 * step + 5 * place) % PAIRS for place in range(BATCH)] for step in range(STEPS)]}
SHAPE = {"vocab_size": 331, "hidden_size": 72, "intermediate_size": 100, "num_hidden_layers": 3, "num_attention_heads": 6, "num_key_value_heads": 2,
         "max_position_embeddings": 256}


def log_prob(model, ids, first):
    """ln p(ids[first:] | ids[:first])"""
    ids = torch.tensor(ids)
    return -torch.nn.functional.cross_entropy(model(ids[None]).logits[0, first - 1:-1].float(), ids[first:], reduction="sum")


class PreferenceTest(unittest.TestCase):
    """Runs of the driver, and what the formula gives of the same pairs."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)

    def make(self, kind, config):
        """A random model, and pairs of random tokens."""
        torch.manual_seed(0)
        model = kind(config)
        model.save_pretrained(self.folder)
        generator = torch.Generator().manual_seed(5)
        draw = lambda low, high: torch.randint(low, high, (1,), generator=generator).item()
        tokens = lambda count: torch.randint(0, config.vocab_size, (count,), generator=generator).tolist()
        pairs = []
        for _ in range(PAIRS):
            prompt = tokens(draw(1, 20))
            pairs.append((len(prompt), prompt + tokens(draw(1, 25)), prompt + tokens(draw(1, 25))))
        return model, self.folder, pairs

    def train(self, model, pairs, ranks=1, **changes):
        """The reference's log-probabilities, the reports of all steps, the names of the weights, and their bytes."""
        rows = [{"row": row, "ids": chosen, "targets": [[first, len(chosen)]], "rejected": {"ids": rejected, "target": [first, len(rejected)]}}
                for row, (first, chosen, rejected) in enumerate(pairs)]
        (self.folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        (self.folder / "options.json").write_text(json.dumps(OPTIONS | {"rows": str(self.folder / "rows.jsonl")} | changes))
        done = subprocess.run([os.environ.get("WINNOW_MPIRUN") or "mpirun", "-n", str(ranks), DRIVER, self.folder / "options.json", model, self.folder / "weights"],
                              capture_output=True, text=True, env=ENVIRONMENT, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        reference, *reports, names = map(json.loads, done.stdout.splitlines())
        return reference, reports, names, (self.folder / "weights").read_bytes()

    def reference(self, model, pairs, options):
        """Trains `model`: yields loss, gradient norm, mean rewards of both sides, pairs that are preferred, for each step."""
        frozen = copy.deepcopy(model)
        optimizer = torch.optim.AdamW(model.parameters(), lr=options["rate"], weight_decay=0.0)
        schedule = transformers.get_linear_schedule_with_warmup(optimizer, options["warmup"], options["total"])
        for places in options["steps"]:
            losses, rewards = [], []
            for first, chosen, rejected in (pairs[place] for place in places):
                with torch.no_grad():
                    held = log_prob(frozen, chosen, first), log_prob(frozen, rejected, first)
                rewards.append([BETA * (log_prob(model, ids, first) - before) for ids, before in zip((chosen, rejected), held)])
                losses.append(-torch.nn.functional.logsigmoid(rewards[-1][0] - rewards[-1][1]))
            loss = torch.stack(losses).mean()
            optimizer.zero_grad()
            loss.backward()
            norm = torch.nn.utils.clip_grad_norm_(model.parameters(), options["clip"])
            rewards = torch.tensor([[reward.item() for reward in pair] for pair in rewards])
            yield loss.item(), norm.item(), *rewards.mean(0).tolist(), int((rewards[:, 0] > rewards[:, 1]).sum())
            optimizer.step()
            schedule.step()

    def compare(self, model, folder, pairs, **changes):
        reference, reports, names, weights = self.train(folder, pairs, **changes)
        with torch.no_grad():
            theirs = [[log_prob(model, chosen, first).item(), log_prob(model, rejected, first).item()] for first, chosen, rejected in pairs]
        self.assertLess(numpy.abs(numpy.array(reference) - theirs).max(), 1e-4)
        self.assertAlmostEqual(reports[0]["loss"], numpy.log(2), delta=1e-6)
        worst, batch = 0, len((OPTIONS | changes)["steps"][0])
        for step, (report, (loss, norm, chosen, rejected, preferred)) in enumerate(zip(reports, self.reference(model, pairs, OPTIONS | changes), strict=True)):
            worst = max(worst, abs(report["loss"] / loss - 1))
            self.assertAlmostEqual(report["norm"] / norm, 1, delta=1e-3)
            self.assertAlmostEqual(report["chosen_reward"] / batch, chosen, delta=1e-4)
            self.assertAlmostEqual(report["rejected_reward"] / batch, rejected, delta=1e-4)
            if step > 1:  # The first two are the reference itself: its margins are 0 but for the last bits.
                self.assertEqual(report["preferred"], preferred)
        flat, at, furthest, parameters = numpy.frombuffer(weights, "<f4"), 0, 0, dict(model.named_parameters())
        for name, shape in names:
            size = int(numpy.prod(shape))
            furthest = max(furthest, (torch.tensor(flat[at:at + size]).reshape(shape) - parameters[name]).abs().max().item())
            at += size
        self.assertEqual({name for name, _ in names}, set(parameters))
        print(f"{type(model).__name__}: loss {reports[0]['loss']:.3f} to {reports[-1]['loss']:.3f}, off by {worst:.1e} (relative), weights by {furthest:.1e}", flush=True)
        self.assertLess(worst, 1e-4)
        self.assertLess(furthest, 1e-5)


class Preference(PreferenceTest):
    def test_families(self):
        self.compare(*self.make(LlamaForCausalLM, LlamaConfig(**SHAPE, tie_word_embeddings=True)))
        self.compare(*self.make(Qwen2ForCausalLM, Qwen2Config(**SHAPE)))
        self.compare(*self.make(Qwen3ForCausalLM, Qwen3Config(**SHAPE, head_dim=16)))
        self.compare(*self.make(Gemma2ForCausalLM, Gemma2Config(**SHAPE, head_dim=16, query_pre_attn_scalar=16, sliding_window=9, attn_implementation="eager")))
        self.compare(*self.make(GPT2LMHeadModel, GPT2Config(vocab_size=331, n_embd=72, n_layer=3, n_head=6, n_positions=256, resid_pdrop=0, embd_pdrop=0, attn_pdrop=0)))

    def test_ranks_and_kept_values_change_no_bit(self):
        _, folder, pairs = self.make(LlamaForCausalLM, LlamaConfig(**SHAPE))
        for changes in ({}, {"bf16": True}, {"lora": {"rank": 4, "alpha": 8, "targets": ["q_proj", "down_proj"], "merged": False}}):
            alone = self.train(folder, pairs, **changes)
            self.assertAlmostEqual(alone[1][0]["loss"], numpy.log(2), delta=1e-6)  # Also in bf16: the reference goes through the same passes.
            self.assertNotAlmostEqual(alone[1][-1]["loss"], numpy.log(2), delta=1e-3)
            for ranks in (2, 3, 4):
                self.assertEqual(self.train(folder, pairs, ranks, **changes), alone, (changes, ranks))
            self.assertEqual(self.train(folder, pairs, checkpointing=True, **changes), alone, changes)
            if "bf16" in changes:
                continue
            for ranks in (1, 3):
                overlapped = self.train(folder, pairs, ranks, deterministic=False, **changes)[3]
                self.assertLess(numpy.abs(numpy.frombuffer(overlapped, "<f4") - numpy.frombuffer(alone[3], "<f4")).max(), 1e-5)


class RealModel(PreferenceTest):
    def test_a_real_model(self):
        folder = os.environ.get("WINNOW_SMOLLM2")
        if not folder:
            self.skipTest("WINNOW_SMOLLM2 names no folder of SmolLM2-135M-Instruct")
        tokenizer = AutoTokenizer.from_pretrained(folder)
        pairs = []
        for question, chosen, rejected in (("Name a prime number.", "Seven is a prime number.", "Eight."), ("What is the capital of France?", "Paris.", "It is Rome, I think."),
                                           ("Say hello.", "Hello!", "No."), ("Which colour has snow?", "Snow is white.", "Snow is green as grass.")):
            prompt = tokenizer.apply_chat_template([{"role": "user", "content": question}], tokenize=False, add_generation_prompt=True)
            ids = [tokenizer(prompt + answer + tokenizer.eos_token, add_special_tokens=False)["input_ids"] for answer in ("", chosen, rejected)]
            pairs.append((len(ids[0]) - 1, *ids[1:]))
        steps = [[(3 * step + place) % 4 for place in range(2)] for step in range(20)]
        self.compare(AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32), folder, pairs, steps=steps, rate=1e-5)


if __name__ == "__main__":
    unittest.main()
