"""winnow finetune with LoRA: the adapter loads in PEFT and gives the merged model's logits, all folders are the same bytes on any number of ranks and after
kills, and what cannot be is said."""
import json
import os
import random
import sys
import unittest

import program
import tiny_model

try:
    import peft
    import torch
    import transformers
    from transformers import Gemma2Config, Gemma2ForCausalLM, GPT2Config, GPT2LMHeadModel, GPTNeoXConfig, GPTNeoXForCausalLM
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

torch.set_num_threads(1)
JOB = """
name: lora
data: {{ path: {data} }}
model: {{ path: {model}, template: chatml, dtype: {dtype}, max_length: 200 }}
score: [length]
select: {{ method: random, budget: 19 }}
finetune: {{ epochs: 2, batch: 4, lr: 5.0e-3, lora: {{ {lora} }}{keys} }}
"""
SHAPE = dict(hidden_size=36, intermediate_size=48, num_hidden_layers=2, num_attention_heads=3, max_position_embeddings=256)
OTHERS = [lambda size: GPT2LMHeadModel(GPT2Config(vocab_size=size, n_embd=36, n_layer=2, n_head=3, n_positions=256, bos_token_id=0, eos_token_id=0)),
          lambda size: GPTNeoXForCausalLM(GPTNeoXConfig(vocab_size=size, **SHAPE, bos_token_id=0, eos_token_id=0, rope_parameters={
              "rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.5})),
          lambda size: Gemma2ForCausalLM(Gemma2Config(vocab_size=size, **SHAPE, num_key_value_heads=1, head_dim=12))]


class Lora(program.ProgramTest):
    def setUp(self):
        super().setUp()
        self.model = tiny_model.make(self.folder / "tiny")
        self.data = self.write_rows(40)

    def job(self, lora="rank: 4, alpha: 12", keys="", dtype="fp32", name="job.yaml"):
        return self.write_job(JOB.format(data=self.data, model=self.model, dtype=dtype, lora=lora, keys=keys), name)

    def use(self, make):
        """Another family's model with the same tokenizer."""
        torch.manual_seed(3)
        make(json.loads((self.model / "config.json").read_text())["vocab_size"]).save_pretrained(self.model)

    def test_the_adapter_is_in_peft_what_the_merged_model_is(self):
        ids = torch.randint(0, 280, (2, 60), generator=torch.Generator().manual_seed(1))
        for number, make in enumerate([None, *OTHERS]):
            if make:
                self.use(make)
            out = self.folder / f"run{number}"
            self.succeed("finetune", self.job(), "--out", out)
            load = lambda path: transformers.AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32, attn_implementation="eager").eval()
            with torch.no_grad():
                base, merged = load(self.model)(ids).logits, load(out / "checkpoints/final")(ids).logits
                adapted = peft.PeftModel.from_pretrained(load(self.model), out / "checkpoints/adapter").eval()
                off = (adapted(ids).logits - merged).abs().max().item()
                moved = (base - merged).abs().max().item()
                print(f"{type(adapted.get_base_model()).__name__}: logits of adapter and merged model differ by {off:.1e}, training moved them by {moved:.1e}", flush=True)
                self.assertLess(off, 1e-4)
                self.assertGreater(moved, 1e-2)
                alone = peft.AutoPeftModelForCausalLM.from_pretrained(out / "checkpoints/adapter", dtype=torch.float32, attn_implementation="eager").eval()
                self.assertLess((alone(ids).logits - adapted(ids).logits).abs().max().item(), 1e-5)
            self.assertEqual(transformers.AutoTokenizer.from_pretrained(out / "checkpoints/adapter").eos_token, "<|im_end|>")

    def test_what_is_saved_is_what_was_asked_for(self):
        for save, expected in (("adapter", {"adapter", "epoch-1"}), ("merged", {"final", "epoch-1"}), ("both", {"adapter", "final", "epoch-1"})):
            out = self.folder / save
            job = self.job(f"save: {save}, targets: [q_proj, mlp.down_proj]")
            summary = json.loads(self.succeed("finetune", job, "--out", out, "--json").stdout)["finetune"]
            self.assertEqual({entry.name for entry in (out / "checkpoints").iterdir() if entry.is_dir()}, expected)
            self.assertEqual(summary["checkpoint"], str(out / "checkpoints" / ("adapter" if save == "adapter" else "final")))
            self.assertEqual((out / "checkpoints/epoch-1/adapter_config.json").exists(), save == "adapter")
            self.assertEqual(self.succeed("finetune", job, "--out", out).stderr.count("steps"), 0)
        self.assertEqual(json.loads((self.folder / "both/checkpoints/adapter/adapter_config.json").read_text())["target_modules"], ["q_proj", "mlp.down_proj"])

    def test_ranks_and_kills_change_no_byte(self):
        seed = int.from_bytes(os.urandom(4), "little")
        print("seed", seed, flush=True)
        chance = random.Random(seed)
        gone_on = 0
        for dtype in ("fp32", "bf16"):
            job = self.job(dtype=dtype, keys=", save_minutes: 0.00001, neftune_alpha: 5")
            self.succeed("finetune", job, "--out", self.folder / f"{dtype}1")
            expected = program.tree(self.folder / f"{dtype}1/checkpoints")
            self.assertTrue({"adapter/adapter_model.safetensors", "final/model.safetensors", "epoch-1/model.safetensors"} <= set(expected))
            for ranks in (2, 3):
                out = self.folder / f"{dtype}{ranks}"
                self.succeed("finetune", job, "--out", out, ranks=ranks)
                self.assertEqual(program.tree(out / "checkpoints"), expected, (dtype, ranks))
            for kill in range(3):
                out = self.folder / f"{dtype}killed{kill}"
                states = out / "checkpoints/resume"
                program.run_killed(["finetune", job, "--out", out], chance.choice([1, 2, 3]), lambda: len(list(states.glob("step-*"))) == chance.choice([1, 2]))
                again = self.succeed("finetune", job, "--out", out, ranks=chance.choice([1, 2, 3]))
                gone_on += "going on behind step" in again.stderr
                self.assertEqual(program.tree(out / "checkpoints"), expected, (dtype, kill))
        print(f"{gone_on} of 6 went on behind a step", flush=True)
        self.assertGreater(gone_on, 0)

    def test_what_cannot_be_is_said(self):
        bad = lambda code, lora, *fragments: self.fail_with(code, *fragments, arguments=["finetune", self.job(lora), "--out", self.folder / "bad"])
        bad(2, "targets: [q_proj, c_attn]", "finetune.lora.targets", "`c_attn`", "LlamaForCausalLM", "q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj", "all-linear")
        bad(2, "targets: [proj]", "`proj`")
        bad(2, "targets: [all-linear, q_proj]", "finetune.lora.targets", "alone")
        bad(2, "dropout: 0.1", "finetune.lora.dropout", "expected 0")
        bad(2, "rank: 0", "finetune.lora.rank")
        bad(2, "save: all", "finetune.lora.save", "adapter, merged")
        bad(2, "ranks: 8", "finetune.lora.ranks: unknown", "rank")
        out = self.folder / "changed"
        self.succeed("finetune", self.job(), "--out", out)
        self.fail_with(2, "lora of finetune was", '"rank":4', arguments=["finetune", self.job(), "--out", out, "--set", "finetune.lora.rank=5"])


if __name__ == "__main__":
    unittest.main()
