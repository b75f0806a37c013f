"""Twenty steps of training adapters against PEFT, torch's AdamW and transformers' models from the same start, in float32; the same bits on any number of ranks.

usage: lora_parity_test.py TRAIN_ROWS
"""
import sys
import unittest

try:
    import peft
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)
import numpy
import torch
import trainer_parity_test
from trainer_parity_test import OPTIONS, SHAPE
from transformers import GPT2Config, GPT2LMHeadModel, GPTNeoXConfig, GPTNeoXForCausalLM, LlamaConfig, LlamaForCausalLM, Phi3Config, Phi3ForCausalLM

STEPS = 20
torch.set_num_threads(1)
GPT2 = GPT2Config(vocab_size=331, n_embd=72, n_layer=3, n_head=6, n_positions=256, resid_pdrop=0, embd_pdrop=0, attn_pdrop=0)
NEOX = GPTNeoXConfig(vocab_size=331, hidden_size=72, intermediate_size=100, num_hidden_layers=3, num_attention_heads=6, max_position_embeddings=256,
                     rope_parameters={"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.5})
HEAD = {"embed_out.weight": "lm_head.weight"}  # In GPT-NeoX's files.
PHI3 = Phi3Config(**SHAPE, pad_token_id=None, bos_token_id=None, eos_token_id=None)


class Lora(trainer_parity_test.TrainingTest):
    def tensors(self, steps, lora, **changes):
        """The reports of all steps and the adapters after them by PEFT's names, or the merged weights by transformers'."""
        reports, names, weights = self.train(lora={"merged": False} | lora, steps=OPTIONS["steps"][:steps], total=STEPS, **changes)
        flat, at, tensors = numpy.frombuffer(weights, "<f4"), 0, {}
        for name, shape in names:
            size = int(numpy.prod(shape))
            tensors[name] = torch.tensor(flat[at:at + size]).reshape(shape)
            at += size
        return reports, tensors

    def compare(self, kind, config, targets, **changes):
        base = self.make(kind, config)
        lora = {"rank": 4, "alpha": 6, "targets": targets}
        _, start = self.tensors(0, lora, **changes)
        reports, trained = self.tensors(STEPS, lora, **changes)
        model = peft.get_peft_model(base, peft.LoraConfig(r=4, lora_alpha=6, target_modules=targets or "all-linear", task_type="CAUSAL_LM"))
        self.assertEqual(set(start), set(peft.get_peft_model_state_dict(model)))
        peft.set_peft_model_state_dict(model, start)
        worst = 0
        for report, (loss, norm, rate) in zip(reports, self.reference(model, OPTIONS | {"steps": OPTIONS["steps"][:STEPS], "total": STEPS} | changes), strict=True):
            worst = max(worst, abs(report["loss"] / loss - 1), abs(report["norm"] / norm - 1))
            self.assertAlmostEqual(report["rate"], rate, delta=1e-12)
        theirs = peft.get_peft_model_state_dict(model)
        furthest = max((trained[name] - theirs[name]).abs().max().item() for name in trained)
        moved = max((trained[name] - start[name]).abs().max().item() for name in trained)
        print(f"{kind.__name__}, {targets or 'all-linear'}: loss and norm off by {worst:.1e} (relative), adapters by {furthest:.1e} (they moved by {moved:.1e})", flush=True)
        self.assertLess(worst, 1e-4)
        self.assertLess(furthest, 1e-5)
        _, merged = self.tensors(STEPS, lora | {"merged": True}, **changes)
        theirs = dict(model.merge_and_unload().named_parameters())
        self.assertEqual({HEAD.get(name, name) for name in merged}, set(theirs))
        for name, values in merged.items():
            self.assertLess((values - theirs[HEAD.get(name, name)]).abs().max().item(), 1e-5, name)

    def test_it_is_what_peft_trains(self):
        llama = LlamaConfig(**SHAPE, tie_word_embeddings=True)
        self.compare(LlamaForCausalLM, llama, ["q_proj", "v_proj"])
        self.compare(LlamaForCausalLM, llama, ["k_proj", "up_proj", "down_proj"], checkpointing=True)
        for kind, config in ((LlamaForCausalLM, llama), (GPT2LMHeadModel, GPT2), (GPTNeoXForCausalLM, NEOX), (Phi3ForCausalLM, PHI3)):
            self.compare(kind, config, [])
        self.compare(GPT2LMHeadModel, GPT2, ["c_attn", "mlp.c_proj"])
        self.compare(GPTNeoXForCausalLM, NEOX, ["query_key_value", "dense"])

    def test_a_is_drawn_as_peft_draws_it_and_b_is_zero(self):
        self.make(LlamaForCausalLM, LlamaConfig(**SHAPE))
        _, start = self.tensors(0, {"rank": 64, "alpha": 16, "targets": []})
        for name, values in start.items():
            if "lora_B" in name:
                self.assertEqual(values.abs().max().item(), 0, name)
                continue
            bound = values.shape[1] ** -0.5
            self.assertLess(values.abs().max().item(), bound)
            self.assertGreater(values.abs().max().item(), 0.99 * bound)
            self.assertAlmostEqual(values.mean().item() / bound, 0, delta=0.05)
            self.assertAlmostEqual(values.std().item() / bound, 3 ** -0.5, delta=0.02)
        drawn = [values[:4, :72].flatten() for name, values in start.items() if "lora_A" in name]
        self.assertLess(numpy.abs(numpy.corrcoef(numpy.stack(drawn)) - numpy.eye(len(drawn))).max(), 0.3)

    def test_ranks_and_kept_values_change_no_bit(self):
        self.make(LlamaForCausalLM, LlamaConfig(**SHAPE))
        lora = {"rank": 80, "alpha": 16, "targets": [], "merged": False}  # Of more than one block.
        for changes in ({}, {"bf16": True}, {"alpha": 5.0}):
            reports, _, weights = self.train(lora=lora, **changes)
            for ranks in (2, 3):
                self.assertEqual(self.train(ranks, lora=lora, **changes)[::2], (reports, weights), (changes, ranks))
            self.assertEqual(self.train(checkpointing=True, lora=lora, **changes)[::2], (reports, weights), changes)
        weights = numpy.frombuffer(self.train(lora=lora)[2], "<f4")
        for ranks in (1, 3):
            overlapped = numpy.frombuffer(self.train(ranks, lora=lora, deterministic=False)[2], "<f4")
            self.assertLess(numpy.abs(weights - overlapped).max(), 1e-5)


if __name__ == "__main__":
    unittest.main()
