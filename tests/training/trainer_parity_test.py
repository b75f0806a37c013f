"""Forty steps of training against torch's autograd and AdamW with transformers' schedules and models, in float32; the same bits on any number of ranks.

usage: trainer_parity_test.py TRAIN_ROWS
"""
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
    from transformers import (Gemma2Config, Gemma2ForCausalLM, GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM,
                              Qwen3Config, Qwen3ForCausalLM)
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

transformers.utils.logging.disable_progress_bar()
ENVIRONMENT = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1", OMPI_MCA_rmaps_base_oversubscribe="1", OMP_NUM_THREADS="1")
STEPS, ROWS, BATCH = 40, 24, 10
OPTIONS = {"rate": 1e-3, "warmup": 4, "schedule": "cosine", "total": STEPS, "weight_decay": 0.1, "clip": 1.0, "reduction": "token", "micro_tokens": 96,
           "bf16": False, "checkpointing": False, "alpha": 0, "padded": False,
           "steps": [[(7 * step + 5 * place) % ROWS for place in range(BATCH)] for step in range(STEPS)]}
SHAPE = {"vocab_size": 331, "hidden_size": 72, "intermediate_size": 100, "num_hidden_layers": 3, "num_attention_heads": 6, "num_key_value_heads": 2,
         "max_position_embeddings": 256}


class TrainingTest(unittest.TestCase):
    """Runs of the driver, and what torch makes of the same rows."""

    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        self.folder = pathlib.Path(self.scratch.name)

    def make(self, kind, config):
        torch.manual_seed(0)
        model = kind(config)
        model.save_pretrained(self.folder)
        generator = torch.Generator().manual_seed(5)
        draw = lambda low, high: int(torch.randint(low, high, (1,), generator=generator))
        self.rows = []
        for row in range(ROWS):
            length = draw(4, 40)
            ids = torch.randint(0, config.vocab_size, (length,), generator=generator).tolist()
            first, gap = draw(1, length), draw(1, 9)  # Every third row has two answers, and a user's words between them.
            targets = [[first, length]] if row % 3 or first + gap + 2 >= length else [[first, first + 1], [first + gap + 1, length]]
            self.rows.append({"row": row, "ids": ids, "targets": targets})
        (self.folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in self.rows))
        return model.train()

    def train(self, ranks=1, **changes):
        """The reports of all steps, the names of the weights, and their bytes."""
        (self.folder / "options.json").write_text(json.dumps(OPTIONS | {"rows": str(self.folder / "rows.jsonl")} | changes))
        done = subprocess.run([os.environ.get("WINNOW_MPIRUN") or "mpirun", "-n", str(ranks), DRIVER, self.folder / "options.json", self.folder, self.folder / "weights"],
                              capture_output=True, text=True, env=ENVIRONMENT, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        *reports, names = map(json.loads, done.stdout.splitlines())
        return reports, names, (self.folder / "weights").read_bytes()

    def reference(self, model, options):
        is_free = lambda name: name.endswith("bias") or "norm" in name.lower() or ".ln_" in name
        free = [parameter for name, parameter in model.named_parameters() if is_free(name)]
        others = [parameter for name, parameter in model.named_parameters() if not is_free(name)]
        optimizer = torch.optim.AdamW([{"params": others, "weight_decay": options["weight_decay"]}, {"params": free, "weight_decay": 0.0}], lr=options["rate"])
        schedule = transformers.get_scheduler(options["schedule"] + ("_with_warmup" if options["schedule"] == "constant" else ""), optimizer,
                                              options["warmup"], None if options["schedule"] == "constant" else options["total"])
        for places in options["steps"]:
            batch = [self.rows[place] for place in places]
            targets = sum(end - begin for row in batch for begin, end in row["targets"])
            optimizer.zero_grad()
            loss = 0
            for row in batch:
                ids = torch.tensor(row["ids"])
                wanted = torch.cat([torch.arange(begin, end) for begin, end in row["targets"]])
                of_row = torch.nn.functional.cross_entropy(model(ids[None]).logits[0][wanted - 1], ids[wanted], reduction="sum")
                loss = loss + of_row / (targets if options["reduction"] == "token" else len(wanted) * len(batch))
            loss.backward()
            norm = torch.nn.utils.clip_grad_norm_(model.parameters(), options["clip"])
            yield loss.item(), norm.item(), schedule.get_last_lr()[0]
            optimizer.step()
            schedule.step()


class Training(TrainingTest):
    def compare(self, kind, config, ranks=1, **changes):
        model = self.make(kind, config)
        reports, names, weights = self.train(ranks, **changes)
        worst = [0, 0]
        for report, (loss, norm, rate) in zip(reports, self.reference(model, OPTIONS | changes), strict=True):
            worst = [max(worst[0], abs(report["loss"] / loss - 1)), max(worst[1], abs(report["norm"] / norm - 1))]
            self.assertAlmostEqual(report["rate"], rate, delta=1e-12)
        flat, at, furthest = numpy.frombuffer(weights, "<f4"), 0, 0
        theirs = dict(model.named_parameters())
        for name, shape in names:
            size = int(numpy.prod(shape))
            own = torch.tensor(flat[at:at + size]).reshape(shape)
            furthest = max(furthest, (own - theirs[name]).abs().max().item())
            at += size
        self.assertEqual({name for name, _ in names}, set(theirs))
        print(f"{kind.__name__}, {ranks} rank(s), {changes}: loss off by {worst[0]:.1e}, norm by {worst[1]:.1e} (relative), weights by {furthest:.1e}", flush=True)
        self.assertLess(worst[0], 1e-4)
        self.assertLess(worst[1], 1e-3)
        self.assertLess(furthest, 1e-5)

    def test_llama_with_every_schedule_and_reduction(self):
        config = LlamaConfig(**SHAPE, tie_word_embeddings=True)
        for schedule, reduction in (("cosine", "token"), ("linear", "sample"), ("constant", "token")):
            self.compare(LlamaForCausalLM, config, schedule=schedule, reduction=reduction)

    def test_families(self):
        self.compare(Qwen2ForCausalLM, Qwen2Config(**SHAPE))
        self.compare(Qwen3ForCausalLM, Qwen3Config(**SHAPE, head_dim=16))
        self.compare(Gemma2ForCausalLM, Gemma2Config(**SHAPE, head_dim=16, query_pre_attn_scalar=16, sliding_window=9, attn_implementation="eager"))
        self.compare(GPT2LMHeadModel, GPT2Config(vocab_size=331, n_embd=72, n_layer=3, n_head=6, n_positions=256, resid_pdrop=0, embd_pdrop=0, attn_pdrop=0))

    def test_gradients_that_are_summed_beside_the_way_back(self):
        config = LlamaConfig(**SHAPE, tie_word_embeddings=True)
        for ranks in (1, 2, 3, 9):  # Of three slices the last holds the last layers; of nine ranks one has no shard.
            for checkpointing in (False, True):
                self.compare(LlamaForCausalLM, config, ranks, deterministic=False, checkpointing=checkpointing)
        self.compare(GPT2LMHeadModel, GPT2Config(vocab_size=331, n_embd=72, n_layer=3, n_head=6, n_positions=256, resid_pdrop=0, embd_pdrop=0, attn_pdrop=0),
                     3, deterministic=False)

    def test_ranks_and_kept_values_change_no_bit(self):
        self.make(LlamaForCausalLM, LlamaConfig(**SHAPE))
        for changes in ({}, {"bf16": True}, {"alpha": 5.0}, {"alpha": 5.0, "padded": True}):
            reports, _, weights = self.train(**changes)
            for ranks in (2, 3, 4):
                self.assertEqual(self.train(ranks, **changes)[::2], (reports, weights), (changes, ranks))
            self.assertEqual(self.train(checkpointing=True, **changes)[::2], (reports, weights), changes)

    def test_noise_and_rounding_are_there(self):
        self.make(LlamaForCausalLM, LlamaConfig(**SHAPE))
        losses = {tuple(report["loss"] for report in self.train(**changes)[0]) for changes in ({}, {"bf16": True}, {"alpha": 5.0}, {"alpha": 5.0, "padded": True})}
        self.assertEqual(len(losses), 4)


if __name__ == "__main__":
    unittest.main()
