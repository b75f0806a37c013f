"""winnow's decoder against transformers: tiny random models of every supported shape, and SmolLM2 where WINNOW_SMOLLM2 names it.

usage: parity_test.py SCORE_IDS
"""
import json
import os
import subprocess
import sys
import tempfile
import unittest

try:
    import torch
    import transformers
    from transformers import (AutoModelForCausalLM, AutoTokenizer, Gemma2Config, Gemma2ForCausalLM, Gemma3ForCausalLM, Gemma3TextConfig,
                              GPT2Config, GPT2LMHeadModel, GPTNeoXConfig, GPTNeoXForCausalLM, LlamaConfig, LlamaForCausalLM, MistralConfig,
                              MistralForCausalLM, Olmo2Config, Olmo2ForCausalLM, Phi3Config, Phi3ForCausalLM, Qwen2Config, Qwen2ForCausalLM,
                              Qwen3Config, Qwen3ForCausalLM)
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

transformers.utils.logging.disable_progress_bar()
SCORE_IDS = sys.argv.pop(1)
LLAMA3_SCALING = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                  "original_max_position_embeddings": 64, "rope_theta": 10000.0}


CONVERSATIONS = [
    ("Name three primary colours.", "Red, yellow and blue."),
    ("Why is the sky blue?", "Air scatters short wavelengths of sunlight more strongly than long ones, so that blue light reaches the "
     "eye from every direction while red light passes almost straight through."),
    ("Write a Python function that adds two numbers.", "def add(a, b):\n    return a + b\n"),
    ("Translate into German: The cat sleeps.", "Die Katze schl\u00e4ft."),
    ("What is 17 * 23?", "391"),
    ("List the planets from the Sun outwards.", "1. Mercury\n2. Venus\n3. Earth\n4. Mars\n5. Jupiter\n6. Saturn\n7. Uranus\n8. Neptune"),
]


def reference(model, rows):
    sums = []
    with torch.inference_mode():
        for row in rows:
            ids = torch.tensor([row["ids"]])
            log_probabilities = torch.log_softmax(model(ids).logits[0].float(), -1)
            scored = torch.arange(row["first"], row["end"])
            sums.append(float(-log_probabilities[scored - 1, ids[0][scored]].double().sum()))
    return sums


def winnow(folder, rows, precision="fp32", threads=1, batch_tokens=1024):
    run = subprocess.run([SCORE_IDS, folder, precision, str(threads), str(batch_tokens), "1"], check=True, text=True,
                         input="".join(json.dumps(row) + "\n" for row in rows), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return run.stdout.split()


def random_rows(vocabulary, longest, count, seed=0):
    generator = torch.Generator().manual_seed(seed)
    rows = []
    for index in range(count):
        length = [2, 3, 17, longest][index] if index < 4 else int(torch.randint(2, longest, (1,), generator=generator))
        first = int(torch.randint(1, length, (1,), generator=generator))
        end = length if index % 2 else int(torch.randint(first, length + 1, (1,), generator=generator))
        rows.append({"ids": torch.randint(0, vocabulary, (length,), generator=generator).tolist(), "first": first, "end": end})
    return rows


def per_token(ours, theirs, rows):
    return [abs(float(a) - b) / max(1, row["end"] - row["first"]) for a, b, row in zip(ours, theirs, rows)]


def save(model, folder, dtype=torch.float32, **options):
    """Weights large enough that attention and rotation matter, saved and read back in `dtype`."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            is_norm = name.endswith("weight") and ("norm" in name.lower() or ".ln_" in name)
            centre = 1 if is_norm and "Gemma" not in type(model).__name__ else 0  # Gemma's norms multiply by 1 + weight
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * (0.2 if is_norm else 0.15) + centre)
    model.to(dtype).save_pretrained(folder, **options)
    return type(model).from_pretrained(folder, dtype=torch.float32).eval()


WORST = {}  # by family: largest difference per token in nats, fp32 and bf16


class TinyModels(unittest.TestCase):
    @classmethod
    def tearDownClass(cls):
        for family, (fp32, bf16) in sorted(WORST.items()):
            print(f"{family}: largest difference per token {fp32:.1e} nats in fp32, {bf16:.1e} in bf16")

    def compare(self, model, dtype=torch.float32, edit=None, **options):
        with tempfile.TemporaryDirectory() as folder:
            model = save(model, folder, dtype, **options)
            if edit:
                path = os.path.join(folder, "config.json")
                with open(path) as file:
                    config = json.load(file)
                edit(config)
                with open(path, "w") as file:
                    json.dump(config, file)
            rows = random_rows(model.config.vocab_size, 150, 20)
            theirs = reference(model, rows)
            worst = max(per_token(winnow(folder, rows), theirs, rows))
            bf16 = max(per_token(winnow(folder, rows, "bf16"), theirs, rows))
        before = WORST.get(type(model).__name__, (0, 0))
        WORST[type(model).__name__] = (max(worst, before[0]), max(bf16, before[1]))
        self.assertLess(worst, 1e-4)
        self.assertLess(bf16, 0.15)

    def llama(self, **options):
        config = dict(vocab_size=1031, hidden_size=72, intermediate_size=100, num_hidden_layers=3, num_attention_heads=6,
                      num_key_value_heads=2, max_position_embeddings=256, rope_theta=10000.0, tie_word_embeddings=False)
        return LlamaForCausalLM(LlamaConfig(**(config | options)))

    def test_odd_sizes_and_grouped_queries(self):
        self.compare(self.llama())

    def test_vocabulary_smaller_than_a_tile(self):
        self.compare(self.llama(vocab_size=7))

    def test_one_key_head_and_tied_head(self):
        self.compare(self.llama(num_key_value_heads=1, tie_word_embeddings=True))

    def test_ungrouped_heads_of_own_size(self):
        self.compare(self.llama(num_key_value_heads=6, head_dim=10))

    def test_llama3_scaling(self):
        plain = self.llama()
        scaled = self.llama(rope_parameters=dict(LLAMA3_SCALING))
        rows = random_rows(1031, 150, 4)
        with tempfile.TemporaryDirectory() as folder:
            self.assertGreater(max(per_token(reference(save(plain, folder), rows), reference(save(scaled, folder), rows), rows)), 1e-3)
        self.compare(scaled)

    def test_config_of_transformers_4(self):
        def edit(config):
            rope = config.pop("rope_parameters")
            config["rope_theta"] = rope.pop("rope_theta")
            config["rope_scaling"] = rope
            config["torch_dtype"] = config.pop("dtype")
        self.compare(self.llama(rope_parameters=dict(LLAMA3_SCALING)), edit=edit)

    def test_shards(self):
        self.compare(self.llama(), max_shard_size="100KB")

    def test_half_precision_files(self):
        self.compare(self.llama(), torch.float16)
        self.compare(self.llama(), torch.bfloat16)

    SHAPE = dict(vocab_size=301, hidden_size=60, intermediate_size=92, num_hidden_layers=3, num_attention_heads=6, num_key_value_heads=2,
                 max_position_embeddings=256)

    def assert_window_matters(self, model_type, config, window):
        """The test would see a window that is ignored: transformers' own losses differ without it."""
        rows = random_rows(301, 150, 6)
        with tempfile.TemporaryDirectory() as folder:
            with_window = reference(save(model_type(config), folder), rows)
            without = reference(save(model_type(type(config)(**(config.to_dict() | window))), folder), rows)
        self.assertGreater(max(per_token(with_window, without, rows)), 1e-3)

    def test_llama_with_biases(self):
        self.compare(self.llama(attention_bias=True, mlp_bias=True))

    def test_mistral_without_window(self):
        self.compare(MistralForCausalLM(MistralConfig(**self.SHAPE, sliding_window=None)))

    def test_mistral_with_window(self):
        config = MistralConfig(**self.SHAPE, sliding_window=13)
        self.assert_window_matters(MistralForCausalLM, config, {"sliding_window": None})
        self.compare(MistralForCausalLM(config))

    def test_qwen2(self):
        self.compare(Qwen2ForCausalLM(Qwen2Config(**self.SHAPE, tie_word_embeddings=True)))

    def test_qwen2_with_windows_in_some_layers(self):
        config = Qwen2Config(**self.SHAPE, use_sliding_window=True, sliding_window=16, max_window_layers=1)
        self.assertEqual(config.layer_types, ["full_attention", "sliding_attention", "sliding_attention"])
        self.assert_window_matters(Qwen2ForCausalLM, config, {"use_sliding_window": False, "layer_types": None})
        self.compare(Qwen2ForCausalLM(config))

        def edit(config):  # As Hub folders of transformers 4 have it.
            del config["layer_types"]
        self.compare(Qwen2ForCausalLM(config), edit=edit)

    def test_qwen3(self):
        self.compare(Qwen3ForCausalLM(Qwen3Config(**self.SHAPE, head_dim=14)))
        self.compare(Qwen3ForCausalLM(Qwen3Config(**self.SHAPE, head_dim=16, attention_bias=True, tie_word_embeddings=True)))

    def test_phi3(self):
        tokens = dict(pad_token_id=None, bos_token_id=None, eos_token_id=None)
        self.compare(Phi3ForCausalLM(Phi3Config(**self.SHAPE, **tokens)))
        config = Phi3Config(**self.SHAPE, **tokens, sliding_window=21)
        self.assert_window_matters(Phi3ForCausalLM, config, {"sliding_window": None})
        self.compare(Phi3ForCausalLM(config))

    def test_olmo2(self):
        self.compare(Olmo2ForCausalLM(Olmo2Config(**self.SHAPE, pad_token_id=None, bos_token_id=None, eos_token_id=None)))
        self.compare(Olmo2ForCausalLM(Olmo2Config(**self.SHAPE, attention_bias=True, pad_token_id=None, bos_token_id=None, eos_token_id=None)))


    def test_phi3_turns_a_part_of_each_head(self):
        tokens = dict(pad_token_id=None, bos_token_id=None, eos_token_id=None)
        self.compare(Phi3ForCausalLM(Phi3Config(**self.SHAPE, **tokens, rope_parameters={
            "rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.4})))

    def test_phi3_with_long_texts(self):
        tokens = dict(pad_token_id=None, bos_token_id=None, eos_token_id=None)
        rope = {"rope_type": "longrope", "rope_theta": 10000.0, "short_factor": [1.0, 1.1, 1.3, 1.5, 1.6],
                "long_factor": [1.0, 1.7, 2.9, 5.5, 7.0]}
        config = Phi3Config(**self.SHAPE, **tokens, original_max_position_embeddings=40, rope_parameters=dict(rope))
        self.compare(Phi3ForCausalLM(config))

        def edit(config):  # As Hub folders of transformers 4 have it.
            rope = config.pop("rope_parameters")
            config["rope_theta"] = rope["rope_theta"]
            config["rope_scaling"] = {"type": "longrope", "short_factor": rope["short_factor"], "long_factor": rope["long_factor"]}
        self.compare(Phi3ForCausalLM(config), edit=edit)

    def test_linear_scaling(self):
        self.compare(self.llama(rope_parameters={"rope_type": "linear", "factor": 3.0, "rope_theta": 10000.0}))

    GEMMA = SHAPE | dict(head_dim=14, query_pre_attn_scalar=20, sliding_window=13, pad_token_id=None, bos_token_id=None, eos_token_id=None)

    def test_gemma2(self):
        config = Gemma2Config(**self.GEMMA, attn_logit_softcapping=1.5, final_logit_softcapping=2.5)
        config._attn_implementation = "eager"  # transformers' other ways leave the cap out
        self.assert_window_matters(Gemma2ForCausalLM, config, {"sliding_window": 1000})
        self.assert_window_matters(Gemma2ForCausalLM, config, {"attn_logit_softcapping": None})
        self.compare(Gemma2ForCausalLM(config))

        def edit(config):  # As Hub folders of transformers 4 have it.
            del config["layer_types"]
            config["rope_theta"] = config.pop("rope_parameters")["rope_theta"]
            config["hidden_act"] = config["hidden_activation"]
        self.compare(Gemma2ForCausalLM(config), edit=edit)
        self.compare(Gemma2ForCausalLM(Gemma2Config(**(self.GEMMA | {"num_key_value_heads": 6, "sliding_window": 1000}), attention_bias=True,
                                                    attn_logit_softcapping=None, final_logit_softcapping=None)))

    def test_gemma3(self):
        shape = self.GEMMA | {"num_hidden_layers": 4}
        config = Gemma3TextConfig(**shape, sliding_window_pattern=3, rope_parameters={
            "full_attention": {"rope_type": "linear", "factor": 4.0, "rope_theta": 50000.0},
            "sliding_attention": {"rope_type": "default", "rope_theta": 700.0}})
        self.assertEqual(config.layer_types.count("full_attention"), 1)
        self.assert_window_matters(Gemma3ForCausalLM, config, {"sliding_window": 1000})
        self.compare(Gemma3ForCausalLM(config))

        def edit(config):  # As Hub folders of transformers 4 have it.
            del config["layer_types"]
            rope = config.pop("rope_parameters")
            config |= {"sliding_window_pattern": 3, "rope_theta": rope["full_attention"]["rope_theta"],
                       "rope_local_base_freq": rope["sliding_attention"]["rope_theta"],
                       "rope_scaling": {"rope_type": "linear", "factor": rope["full_attention"]["factor"]}}
        self.compare(Gemma3ForCausalLM(config), edit=edit)
        self.compare(Gemma3ForCausalLM(Gemma3TextConfig(**shape, final_logit_softcapping=3.0)))

    GPT2 = dict(vocab_size=301, n_embd=60, n_layer=3, n_head=6, n_positions=256, bos_token_id=None, eos_token_id=None)

    def test_gpt2(self):
        self.compare(GPT2LMHeadModel(GPT2Config(**self.GPT2)))
        self.compare(GPT2LMHeadModel(GPT2Config(**self.GPT2, n_inner=92, scale_attn_by_inverse_layer_idx=True, activation_function="gelu",
                                                tie_word_embeddings=False)))
        self.compare(GPT2LMHeadModel(GPT2Config(**self.GPT2, scale_attn_weights=False)))

    def test_gpt2_as_the_hub_has_it(self):
        """Names without `transformer.`, and the masks that old files hold."""
        from safetensors.torch import load_file, save_file
        with tempfile.TemporaryDirectory() as folder:
            model = save(GPT2LMHeadModel(GPT2Config(**self.GPT2)), folder)
            path = os.path.join(folder, "model.safetensors")
            tensors = {name.removeprefix("transformer."): tensor for name, tensor in load_file(path).items()}
            for layer in range(3):
                tensors[f"h.{layer}.attn.bias"] = torch.ones(1, 1, 256, 256).tril()
            save_file(tensors, path)
            rows = random_rows(301, 150, 6)
            self.assertLess(max(per_token(winnow(folder, rows), reference(model, rows), rows)), 1e-4)

    def test_gpt_neox(self):
        shape = dict(vocab_size=301, hidden_size=72, num_hidden_layers=3, num_attention_heads=6, intermediate_size=100,
                     max_position_embeddings=256, bos_token_id=None, eos_token_id=None)
        rope = {"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.5}
        self.compare(GPTNeoXForCausalLM(GPTNeoXConfig(**shape, rope_parameters=dict(rope))))
        self.compare(GPTNeoXForCausalLM(GPTNeoXConfig(**shape, rope_parameters=dict(rope), use_parallel_residual=False, attention_bias=False)))

        def edit(config):  # As Pythia's folders have it.
            rope = config.pop("rope_parameters")
            config["rotary_pct"] = rope["partial_rotary_factor"]
            config["rotary_emb_base"] = rope["rope_theta"]
        self.compare(GPTNeoXForCausalLM(GPTNeoXConfig(**shape, rope_parameters=dict(rope), tie_word_embeddings=True)), edit=edit)


@unittest.skipUnless(os.environ.get("WINNOW_SMOLLM2"), "WINNOW_SMOLLM2 names no folder")
class SmolLM2(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = os.environ["WINNOW_SMOLLM2"]
        model = AutoModelForCausalLM.from_pretrained(cls.folder, dtype=torch.float32).eval()
        tokenizer = AutoTokenizer.from_pretrained(cls.folder)
        cls.rows = []
        for question, answer in CONVERSATIONS:
            turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
            for text in (tokenizer.apply_chat_template(turns, tokenize=False), tokenizer.apply_chat_template(turns[1:], tokenize=False)):
                ids = tokenizer(text, add_special_tokens=False).input_ids
                first = len(tokenizer(text[:text.rfind(answer)], add_special_tokens=False).input_ids)
                cls.rows.append({"ids": ids, "first": first, "end": len(ids)})
        cls.theirs = reference(model, cls.rows)

    def test_fp32(self):
        errors = per_token(winnow(self.folder, self.rows), self.theirs, self.rows)
        print(f"SmolLM2 fp32: largest difference per token {max(errors):.1e} nats")
        self.assertLess(max(errors), 1e-4)

    def test_bf16(self):
        errors = sorted(per_token(winnow(self.folder, self.rows, "bf16"), self.theirs, self.rows))
        p99 = errors[min(len(errors) - 1, int(0.99 * len(errors)))]
        print(f"SmolLM2 bf16: mean token loss differs by {errors[len(errors) // 2]:.1e} (median), {p99:.1e} (p99) nats")
        self.assertLess(errors[len(errors) // 2], 2e-2)

    def test_batch_one_equals_batch_many(self):
        single = [float(value) for value in winnow(self.folder, self.rows, batch_tokens=1)]
        many = winnow(self.folder, self.rows, batch_tokens=4096)
        self.assertLess(max(per_token(many, single, self.rows)), 1e-5)

    def test_bits_do_not_depend_on_run_or_threads(self):
        for precision in ("fp32", "bf16"):
            for batch_tokens in (1, 1024):
                one = winnow(self.folder, self.rows, precision, 1, batch_tokens)
                self.assertEqual(one, winnow(self.folder, self.rows, precision, 1, batch_tokens))
                self.assertEqual(one, winnow(self.folder, self.rows, precision, 2, batch_tokens), f"{precision} {batch_tokens}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
