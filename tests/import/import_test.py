"""winnow import: GGUF and Parquet files that are right, damaged, or of a kind that is refused by name."""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import gguf
import numpy as np
import pyarrow as pa
import pyarrow.parquet
import safetensors.numpy
import tokenizers

IMPORT = Path(__file__).parents[2] / "src/import/import_file.py"
HIDDEN, INNER, HEADS, KEY_HEADS, HEAD_DIM, LAYERS = 8, 12, 2, 1, 4, 2
SPECIAL = ["<|begin|>", "<|end|>"]


def vocabulary():
    letters = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    return SPECIAL + letters + ["ab", "12"]


def write_gguf(path, architecture="llama", pre="smollm", scale=1.0, leave_out=(), extra=(), half=False, kind="gpt2"):
    """A tiny Llama whose weights are counted upwards. Returns the tensors as they were before llama.cpp's permutation."""
    tokens = vocabulary()
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_block_count(LAYERS)
    writer.add_context_length(64)
    writer.add_embedding_length(HIDDEN)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KEY_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10000.0)
    writer.add_tokenizer_model(kind)
    writer.add_tokenizer_pre(pre)
    writer.add_token_list(tokens)
    writer.add_token_types([3] * len(SPECIAL) + [1] * (len(tokens) - len(SPECIAL)))
    writer.add_token_merges(["a b", "1 2"])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(1)
    writer.add_chat_template(
        "{% for m in messages %}{{ '<|begin|>' + m['role'] + '\n' + m['content'] + '<|end|>' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|begin|>assistant\n' }}{% endif %}"
    )
    shapes = {"token_embd": (len(tokens), HIDDEN), "output_norm": (HIDDEN,)}
    for layer in range(LAYERS):
        for name, shape in {
            "attn_norm": (HIDDEN,),
            "attn_q": (HEADS * HEAD_DIM, HIDDEN),
            "attn_k": (KEY_HEADS * HEAD_DIM, HIDDEN),
            "attn_v": (KEY_HEADS * HEAD_DIM, HIDDEN),
            "attn_output": (HIDDEN, HEADS * HEAD_DIM),
            "ffn_norm": (HIDDEN,),
            "ffn_gate": (INNER, HIDDEN),
            "ffn_up": (INNER, HIDDEN),
            "ffn_down": (HIDDEN, INNER),
        }.items():
            shapes[f"blk.{layer}.{name}"] = shape
    original = {}
    kept = [(name, shape) for name, shape in shapes.items() if name not in leave_out]
    for name, shape in [*kept, *extra]:
        values = (np.arange(np.prod(shape), dtype=np.float32).reshape(shape) * scale) % 1000
        original[name] = values
        if name.endswith(("attn_q", "attn_k")):
            heads = HEADS if name.endswith("attn_q") else KEY_HEADS
            values = values.reshape(heads, 2, HEAD_DIM // 2, HIDDEN).swapaxes(1, 2).reshape(shape)
        writer.add_tensor(name + ".weight", np.ascontiguousarray(values.astype(np.float16 if half and len(shape) > 1 else np.float32)))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return original


class ImportTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.source, self.target = self.folder / "m.gguf", self.folder / "model"

    def run_import(self, *arguments):
        return subprocess.run([sys.executable, IMPORT, *arguments], capture_output=True, text=True, check=False)

    def refused(self, code, *parts, arguments=None):
        done = self.run_import(*(arguments or (self.source, self.target)))
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        for part in parts:
            self.assertIn(part, done.stderr)
        left = {path.name for path in self.folder.iterdir()} - {"m.gguf", "d.parquet"}
        self.assertEqual(left, set(), "something half-written was left")

    def test_weights_config_and_tokenizer(self):
        original = write_gguf(self.source)
        done = self.run_import(self.source, self.target)
        self.assertEqual(done.returncode, 0, done.stderr)
        weights = safetensors.numpy.load_file(self.target / "model.safetensors")
        self.assertEqual(len(weights), len(original))
        for ours, theirs in {
            "model.embed_tokens": "token_embd",
            "model.norm": "output_norm",
            "model.layers.1.self_attn.q_proj": "blk.1.attn_q",
            "model.layers.1.self_attn.k_proj": "blk.1.attn_k",
            "model.layers.0.self_attn.o_proj": "blk.0.attn_output",
            "model.layers.0.mlp.down_proj": "blk.0.ffn_down",
        }.items():
            np.testing.assert_array_equal(weights[ours + ".weight"], original[theirs])
        config = json.loads((self.target / "config.json").read_text())
        self.assertEqual((config["head_dim"], config["num_key_value_heads"], config["tie_word_embeddings"]), (4, 1, True))
        self.assertEqual((config["rms_norm_eps"], config["torch_dtype"]), (1e-5, "float32"))
        tokenizer = tokenizers.Tokenizer.from_file(str(self.target / "tokenizer.json"))
        self.assertEqual(tokenizer.encode("<|begin|>ab12").tokens, ["<|begin|>", "ab", "1", "2"])
        self.assertTrue((self.target / "winnow_template.json").is_file())

    def test_qwen2_pattern_splits_digits_too_and_gpt2_pattern_does_not(self):
        for pre, expected in (("gpt-2", ["12"]), ("llama-bpe", ["<|begin|>", "12"]), ("qwen2", ["1", "2"])):
            with self.subTest(pre):
                target = self.folder / pre
                write_gguf(self.source, pre=pre)
                self.assertEqual(self.run_import(self.source, target).returncode, 0)
                tokenizer = tokenizers.Tokenizer.from_file(str(target / "tokenizer.json"))
                self.assertEqual(tokenizer.encode("12").tokens, expected)

    def test_half_precision_is_kept_where_it_loses_nothing(self):
        original = write_gguf(self.source, half=True)
        self.assertEqual(self.run_import(self.source, self.target).returncode, 0)
        weights = safetensors.numpy.load_file(self.target / "model.safetensors")
        self.assertEqual(weights["model.norm.weight"].dtype, np.float16)
        np.testing.assert_array_equal(weights["model.norm.weight"], original["output_norm"])

    def test_half_precision_is_widened_where_a_vector_would_lose(self):
        write_gguf(self.source, half=True, scale=1 / 3)
        self.assertEqual(self.run_import(self.source, self.target).returncode, 0)
        self.assertEqual(safetensors.numpy.load_file(self.target / "model.safetensors")["model.norm.weight"].dtype, np.float32)

    def test_other_architecture(self):
        write_gguf(self.source, architecture="falcon")
        self.refused(5, "'falcon'", "expected 'llama'")

    def test_unknown_pre_tokenizer(self):
        write_gguf(self.source, pre="tekken")
        self.refused(5, "'tekken'", "expected one of gpt-2, llama-bpe, qwen2, smollm")

    def test_other_vocabulary(self):
        write_gguf(self.source, kind="t5")
        self.refused(5, "'t5'", "expected 'gpt2'")

    def test_missing_and_foreign_tensors(self):
        write_gguf(self.source, leave_out=("blk.1.ffn_up",))
        self.refused(5, "lacks 1 of its tensors", "model.layers.1.mlp.up_proj.weight")
        write_gguf(self.source, extra=[("blk.0.ffn_gate_exps", (2, 2))])
        self.refused(5, "'blk.0.ffn_gate_exps.weight'")

    def test_wrong_shape(self):
        write_gguf(self.source, leave_out=("blk.0.ffn_up",), extra=[("blk.0.ffn_up", (INNER, HIDDEN + 1))])
        self.refused(5, "blk.0.ffn_up.weight", "(12, 9)", "(12, 8)")

    def test_truncated_at_every_kind_of_place(self):
        write_gguf(self.source)
        whole = self.source.read_bytes()
        for size in (0, 3, 10, 100, len(whole) // 2, len(whole) - 1):
            with self.subTest(size):
                self.source.write_bytes(whole[:size])
                self.refused(5, "GGUF file")

    def test_taken_target_missing_source_and_unknown_kind(self):
        write_gguf(self.source)
        self.refused(5, "does not exist", arguments=(self.folder / "none.gguf", self.target))
        self.refused(2, "no .gguf file", arguments=(self.folder / "rows.csv", self.target))
        self.refused(2, "needs 1 more path", arguments=(self.source,))
        self.target.mkdir()
        (self.target / "mine").touch()
        self.assertEqual(self.run_import(self.source, self.target).returncode, 2)
        self.assertEqual([path.name for path in self.target.iterdir()], ["mine"])

    def test_parquet_round_trip(self):
        source, target = self.folder / "d.parquet", self.folder / "d.jsonl"
        rows = [
            {"text": "ünï\n\u2028\0", "n": 2**62, "x": 0.1, "turns": [{"role": "user", "content": "hi"}], "flag": True},
            {"text": None, "n": None, "x": None, "turns": [], "flag": None},
        ] * 1500
        pyarrow.parquet.write_table(pa.Table.from_pylist(rows), source)
        self.assertIn("3000 rows", self.run_import(source, target).stdout)
        self.assertEqual([json.loads(line) for line in target.read_text("utf-8").split("\n")[:-1]], rows)

    def test_parquet_nan_is_null_and_infinity_is_refused(self):
        source, target = self.folder / "d.parquet", self.folder / "d.jsonl"
        pyarrow.parquet.write_table(pa.table({"x": [1.5, float("nan")]}), source)
        self.assertEqual(self.run_import(source, target).returncode, 0)
        self.assertEqual(target.read_text(), '{"x": 1.5}\n{"x": null}\n')
        target.unlink()
        pyarrow.parquet.write_table(pa.table({"x": [1.5, float("inf")]}), source)
        self.refused(3, "row 1", "infinite", arguments=(source, target))

    def test_damaged_parquet(self):
        source, target = self.folder / "d.parquet", self.folder / "d.jsonl"
        pyarrow.parquet.write_table(pa.table({"x": list(range(10000))}), source)
        whole = source.read_bytes()
        for content in (b"", b"PAR1", whole[: len(whole) // 2], whole[:4] + b"\xff" * 1000 + whole[1004:]):
            source.write_bytes(content)
            self.refused(3, "d.parquet", arguments=(source, target))


if __name__ == "__main__":
    unittest.main()
