"""Hand-written config.json files as transformers' config classes and winnow read them: key heads, head sizes, windows, rotations.

usage: config_parity_test.py SHOW_CONFIG
"""
import importlib
import json
import os
import subprocess
import sys
import tempfile
import unittest

try:
    import torch
    import transformers
    from transformers import AutoConfig
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

transformers.utils.logging.set_verbosity_error()
SHOW_CONFIG = sys.argv.pop(1)
SHAPE = dict(vocab_size=301, hidden_size=64, intermediate_size=92, num_hidden_layers=6, num_attention_heads=8, max_position_embeddings=256)
FAMILIES = {"llama": "Llama", "mistral": "Mistral", "qwen2": "Qwen2", "qwen3": "Qwen3", "olmo2": "Olmo2", "phi3": "Phi3", "gemma2": "Gemma2",
            "gemma3_text": "Gemma3", "gpt_neox": "GPTNeoX"}
LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0}
LONG = {"short_factor": [1.0, 1.1, 1.3, 1.5], "long_factor": [1.0, 1.7, 2.9, 5.5]}

# model_type, fields beside SHAPE
VARIANTS = [
    *((family, {}) for family in FAMILIES if not family.startswith("qwen")),
    *((family, {"num_key_value_heads": 4}) for family in ("qwen2", "qwen3")),
    ("llama", {"rope_theta": 5e5}),
    ("llama", {"rope_parameters": {"rope_type": "default", "rope_theta": 5e5}}),
    ("llama", {"rope_scaling": None, "rope_theta": 5e5, "num_key_value_heads": None}),
    ("llama", {"rope_scaling": {"type": "linear", "factor": 2.0}}),
    ("llama", {"rope_scaling": {"type": "linear", "rope_type": "linear", "factor": 2.0}, "rope_theta": 500.0}),
    ("llama", {"rope_scaling": LLAMA3 | {"original_max_position_embeddings": 64}}),
    ("llama", {"rope_scaling": LLAMA3}),
    ("llama", {"rope_scaling": LLAMA3 | {"original_max_position_embeddings": 64}, "original_max_position_embeddings": 40}),
    ("llama", {"rope_scaling": LONG | {"type": "longrope", "original_max_position_embeddings": 64}, "original_max_position_embeddings": 40}),
    ("llama", {"rope_parameters": LLAMA3 | {"original_max_position_embeddings": 64, "rope_theta": 77.0}, "head_dim": 12}),
    ("llama", {"rope_scaling": LONG | {"type": "longrope", "original_max_position_embeddings": 40}}),
    ("llama", {"rope_scaling": LONG | {"type": "longrope"}, "original_max_position_embeddings": 40}),
    ("mistral", {"num_key_value_heads": 4, "sliding_window": 7}),
    ("mistral", {"sliding_window": None, "rope_theta": 1e6}),
    ("mistral", {"head_dim": None, "num_key_value_heads": 2}),
    ("qwen2", {"num_key_value_heads": None}),
    ("qwen2", {"num_key_value_heads": 2, "sliding_window": 9, "max_window_layers": 2}),
    ("qwen2", {"num_key_value_heads": 2, "sliding_window": 9, "max_window_layers": 2, "use_sliding_window": True}),
    ("qwen2", {"num_key_value_heads": 2, "use_sliding_window": True}),
    ("qwen2", {"num_key_value_heads": 2, "use_sliding_window": True, "sliding_window": 9,
               "layer_types": ["sliding_attention", "full_attention"] * 3}),
    ("qwen3", {"num_key_value_heads": None, "head_dim": 10}),
    ("qwen3", {"num_key_value_heads": 4, "rope_theta": 1e6}),
    ("olmo2", {"num_key_value_heads": None, "rope_theta": 5e5}),
    ("phi3", {"rope_scaling": LONG | {"type": "longrope"}, "original_max_position_embeddings": 40}),
    ("phi3", {"rope_scaling": LONG | {"type": "longrope", "original_max_position_embeddings": 40}}),
    ("phi3", {"rope_scaling": LONG | {"type": "longrope", "original_max_position_embeddings": 40}, "original_max_position_embeddings": 30}),
    ("phi3", {"rope_parameters": LONG | {"rope_type": "longrope", "rope_theta": 500.0, "original_max_position_embeddings": 40}}),
    ("phi3", {"rope_parameters": LONG | {"rope_type": "longrope", "factor": 3.0}, "original_max_position_embeddings": 40}),
    ("phi3", {"rope_parameters": LONG | {"rope_type": "longrope", "attention_factor": 1.25}, "original_max_position_embeddings": 40}),
    ("phi3", {"partial_rotary_factor": 0.5, "sliding_window": 21}),
    ("gemma2", {"sliding_window": 5, "head_dim": 16}),
    ("gemma2", {"layer_types": ["full_attention", "full_attention", "sliding_attention"] * 2}),
    ("gemma3_text", {"rope_parameters": {"rope_type": "default", "rope_theta": 1e6}}),
    ("gemma3_text", {"rope_parameters": {"rope_type": "default", "rope_theta": 5e5}, "rope_theta": 5e5, "rope_local_base_freq": 300.0}),
    ("gemma3_text", {"rope_theta": 5e5, "rope_local_base_freq": 300.0, "sliding_window_pattern": 3, "rope_scaling": {"rope_type": "linear", "factor": 8.0}}),
    ("gemma3_text", {"rope_parameters": {"full_attention": {"rope_type": "linear", "factor": 8.0}}}),
    ("gemma3_text", {"rope_parameters": {"full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 5e5},
                                         "sliding_attention": {"rope_type": "default", "rope_theta": 700.0}}}),
    ("gpt_neox", {"rotary_pct": 0.5, "rotary_emb_base": 500}),
    ("gpt_neox", {"rope_parameters": {"rope_type": "default", "rope_theta": 500.0, "partial_rotary_factor": 1.0}}),
]

# What transformers passes over or reads in a way of its own: model_type, fields, the field that winnow names.
REFUSED = [
    ("gemma3_text", {"rope_parameters": {"rope_type": "default", "rope_theta": 5e5}}, "rope_parameters"),
    ("gemma3_text", {"rope_parameters": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1e6}}, "factor"),
    ("qwen2", {"num_key_value_heads": 4, "rope_parameters": {"full_attention": {"rope_type": "default", "rope_theta": 77.0}}}, "rope_parameters"),
    ("mistral", {"layer_types": ["full_attention", "sliding_attention"] * 3}, "layer_types"),
    ("phi3", {"layer_types": ["full_attention", "sliding_attention"] * 3, "sliding_window": 5}, "layer_types"),
    ("gpt_neox", {"num_key_value_heads": 2}, "num_key_value_heads"),
    ("gpt_neox", {"head_dim": 12}, "head_dim"),
    ("llama", {"scale_attn_weights": False}, "scale_attn_weights"),
]


def write(folder, model_type, fields):
    with open(os.path.join(folder, "config.json"), "w") as file:
        json.dump({"model_type": model_type, "architectures": [FAMILIES[model_type] + "ForCausalLM"]} | SHAPE | fields, file)


def show(folder):
    return subprocess.run([SHOW_CONFIG, folder], text=True, capture_output=True)


def windows(config):
    size = config.sliding_window or 0 if hasattr(config, "sliding_window") else 0
    if getattr(config, "layer_types", None):
        return [size if kind == "sliding_attention" else 0 for kind in config.layer_types]
    return [size] * config.num_hidden_layers


def rotation(config, kind):
    """Frequencies of short texts and cosines' factor, as the model's own module has them."""
    module = importlib.import_module(f"transformers.models.{config.model_type.removesuffix('_text')}.modeling_{config.model_type.removesuffix('_text')}")
    rotary = getattr(module, FAMILIES[config.model_type] + "RotaryEmbedding")(config)
    prefix = f"{kind}_" if hasattr(rotary, f"{kind}_inv_freq") else ""
    return getattr(rotary, prefix + "inv_freq"), getattr(rotary, prefix + "attention_scaling")


class Configs(unittest.TestCase):
    def test_variants(self):
        for model_type, fields in VARIANTS:
            with self.subTest(model_type=model_type, fields=fields), tempfile.TemporaryDirectory() as folder:
                write(folder, model_type, fields)
                config = AutoConfig.from_pretrained(folder)
                run = show(folder)
                self.assertEqual(run.returncode, 0, run.stderr)
                ours = json.loads(run.stdout)
                size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
                self.assertEqual(ours["kv_heads"], getattr(config, "num_key_value_heads", config.num_attention_heads))
                self.assertEqual(ours["head_size"], size)
                self.assertEqual(ours["windows"], windows(config))
                for layer, turned in enumerate(ours["rotations"]):
                    kinds = getattr(config, "layer_types", None)
                    frequencies, magnitude = rotation(config, kinds[layer] if kinds else "full_attention")
                    torch.testing.assert_close(torch.tensor(turned["frequencies"]), frequencies, rtol=1e-6, atol=0)
                    self.assertAlmostEqual(turned["magnitude"], magnitude, places=9)
                    rope = config.rope_parameters
                    if rope.get("rope_type") == "longrope":
                        self.assertEqual(turned["original_positions"], rope["original_max_position_embeddings"])
                        longer, _ = ROPE_INIT_FUNCTIONS["longrope"](config, seq_len=rope["original_max_position_embeddings"] + 1)
                        torch.testing.assert_close(torch.tensor(turned["long_frequencies"]), longer, rtol=1e-6, atol=0)
        print(f"{len(VARIANTS)} config.json files read as transformers {transformers.__version__} reads them")

    def test_refused(self):
        for model_type, fields, field in REFUSED:
            with self.subTest(model_type=model_type, fields=fields), tempfile.TemporaryDirectory() as folder:
                write(folder, model_type, fields)
                run = show(folder)
                self.assertEqual(run.returncode, 5)
                self.assertIn(f"`{field}`", run.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
