"""winnow's generation against transformers: candidates of sampling on fixed logits, greedy answers of tiny random models of every family and,
where WINNOW_SMOLLM2 names it, of SmolLM2.

usage: generation_parity_test.py GENERATE_IDS [TEST_CLASS...]
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

try:
    import torch
    import transformers
    from transformers import (AutoModelForCausalLM, AutoTokenizer, Gemma2Config, Gemma2ForCausalLM, Gemma3ForCausalLM, Gemma3TextConfig,
                              GPT2Config, GPT2LMHeadModel, GPTNeoXConfig, GPTNeoXForCausalLM, LlamaConfig, LlamaForCausalLM, MistralConfig,
                              MistralForCausalLM, Olmo2Config, Olmo2ForCausalLM, Phi3Config, Phi3ForCausalLM, Qwen2Config, Qwen2ForCausalLM,
                              Qwen3Config, Qwen3ForCausalLM)
    from transformers.generation import (LogitsProcessorList, RepetitionPenaltyLogitsProcessor, TemperatureLogitsWarper, TopKLogitsWarper,
                                         TopPLogitsWarper)
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

transformers.utils.logging.disable_progress_bar()
GENERATE_IDS = sys.argv.pop(1)
INSTRUCT = pathlib.Path(__file__).resolve().parent.parent.parent.parent / "shared" / "data" / "instruct"
CLOSE_LOGITS = 1e-4


def run(arguments, lines):
    done = subprocess.run([GENERATE_IDS, *map(str, arguments)], check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          input="".join(json.dumps(line) + "\n" for line in lines))
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def answers(folder, prompts, new_tokens, precision="fp32", threads=1, cache_tokens=1 << 20, stop=()):
    rows, report = run([folder, precision, threads, new_tokens, cache_tokens, *stop], [{"ids": ids} for ids in prompts])
    return [row["ids"] for row in rows], json.loads(report.splitlines()[-1])


def reference(model, prompts, new_tokens, stop=()):
    """Each prompt alone, greedily."""
    results = []
    for ids in prompts:
        with torch.inference_mode():
            out = model.generate(torch.tensor([ids]), attention_mask=torch.ones(1, len(ids), dtype=torch.long), do_sample=False,
                                 max_new_tokens=new_tokens, eos_token_id=list(stop) or None, pad_token_id=0, temperature=None, top_p=None, top_k=None)
        answer = out[0, len(ids):].tolist()
        results.append(answer[:-1] if answer and answer[-1] in stop else answer)
    return results


def top_gap(model, ids):
    """Difference of the two largest logits of what follows."""
    with torch.inference_mode():
        best = torch.topk(model(torch.tensor([ids])).logits[0, -1].float(), 2).values
    return float(best[0] - best[1])


def compare(test, model, prompts, ours, theirs):
    """Equal answers, except from a token on whose likelihood the model cannot tell from another one's; returns how many of those."""
    close = 0
    for prompt, got, expected in zip(prompts, ours, theirs):
        if got == expected:
            continue
        same = next((i for i, (a, b) in enumerate(zip(got, expected)) if a != b), min(len(got), len(expected)))
        gap = top_gap(model, prompt + expected[:same])
        test.assertLess(gap, CLOSE_LOGITS, f"token {same}: got {got[same:same + 3]}, expected {expected[same:same + 3]}")
        close += 1
    return close


def save(model, folder):
    """Weights large enough that attention and positions matter."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            is_norm = name.endswith("weight") and ("norm" in name.lower() or ".ln_" in name)
            centre = 1 if is_norm and "Gemma" not in type(model).__name__ else 0  # Gemma's norms multiply by 1 + weight
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * (0.2 if is_norm else 0.15) + centre)
    model.save_pretrained(folder)
    return type(model).from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()  # sdpa leaves Gemma 2's cap out


def prompts_of(vocabulary, longest=60, count=8, seed=0):
    generator = torch.Generator().manual_seed(seed)
    lengths = [1, 2, longest] + torch.randint(3, longest, (count - 3,), generator=generator).tolist()
    prompts = [torch.randint(0, vocabulary, (length,), generator=generator).tolist() for length in lengths]
    shared = prompts[2][:20]
    return prompts + [shared + prompts[i][:i] for i in (3, 4, 5)]


class Sampling(unittest.TestCase):
    def test_candidates_are_those_of_transformers(self):
        generator = torch.Generator().manual_seed(3)
        questions, expected = [], []
        for case in range(120):
            size = [7, 300, 5003][case % 3]
            logits = torch.randn(size, generator=generator) * [1.0, 4.0][case % 2]
            if case % 5 == 0:
                logits = (logits * 2).round() / 2  # many equal ones
            sequence = torch.randint(0, size, (5,), generator=generator)
            temperature, penalty = [1.0, 0.7, 1.9][case % 3], [1.0, 1.3][case // 2 % 2]
            top_k, top_p = [0, 5, 40][case // 3 % 3], [1.0, 0.9, 0.35, 0.02][case // 4 % 4]
            if case % 5 == 0:
                top_p = 1.0  # which of equal tokens top-p keeps, torch.sort does not say
            processors = LogitsProcessorList()
            if penalty != 1:
                processors.append(RepetitionPenaltyLogitsProcessor(penalty))
            if temperature != 1:
                processors.append(TemperatureLogitsWarper(temperature))
            if top_k:
                processors.append(TopKLogitsWarper(min(top_k, size)))
            if top_p < 1:
                processors.append(TopPLogitsWarper(top_p))
            scores = processors(sequence.unsqueeze(0), logits.clone().unsqueeze(0))[0]
            expected.append(torch.softmax(scores.double(), -1))
            questions.append({"logits": logits.tolist(), "sequence": sequence.tolist(), "temperature": temperature, "top_k": top_k, "top_p": top_p,
                              "repetition_penalty": penalty})
        found, _ = run(["--sampling"], questions)
        worst = 0.0
        for candidates, probabilities in zip(found, expected):
            self.assertEqual(sorted(id for id, _ in candidates), probabilities.nonzero().flatten().tolist())
            worst = max([worst] + [abs(float(probabilities[id]) - probability) for id, probability in candidates])
        print(f"sampling: 120 distributions, equal sets of candidates, probabilities within {worst:.1e}")
        self.assertLess(worst, 1e-6)


class TinyModels(unittest.TestCase):
    SHAPE = dict(vocab_size=301, hidden_size=60, intermediate_size=92, num_hidden_layers=3, num_attention_heads=6, num_key_value_heads=2,
                 max_position_embeddings=256)
    NO_IDS = dict(pad_token_id=None, bos_token_id=None, eos_token_id=None)

    def check(self, model, new_tokens=32):
        with tempfile.TemporaryDirectory() as folder:
            model = save(model, folder)
            prompts = prompts_of(model.config.vocab_size)
            expected = reference(model, prompts, new_tokens)
            found, _ = answers(folder, prompts, new_tokens)
            close = compare(self, model, prompts, found, expected)
            self.assertLessEqual(close, 2)
            stop = expected[0][10]
            stopped = [answer[:answer.index(stop)] if stop in answer else answer for answer in expected]
            compare(self, model, prompts, answers(folder, prompts, new_tokens, stop=[stop])[0], stopped)
            few, _ = answers(folder, prompts, new_tokens, cache_tokens=150, threads=2)
            compare(self, model, prompts, few, expected)
            distinct = len({token for answer in expected for token in answer})
            self.assertGreater(distinct, 30, "the model must not repeat itself for the test to see anything")
        print(f"{type(model).__name__}: {len(prompts)} answers of {new_tokens} tokens, {close} differ at equal logits, {distinct} distinct tokens")

    def test_llama(self):
        self.check(LlamaForCausalLM(LlamaConfig(**self.SHAPE)))
        self.check(LlamaForCausalLM(LlamaConfig(**self.SHAPE, attention_bias=True, mlp_bias=True, tie_word_embeddings=True)))

    def test_mistral_windows_shorter_and_longer_than_the_context(self):
        for window in (None, 7, 45, 200):
            self.check(MistralForCausalLM(MistralConfig(**self.SHAPE, sliding_window=window)))

    def test_qwen2(self):
        self.check(Qwen2ForCausalLM(Qwen2Config(**self.SHAPE, tie_word_embeddings=True)))
        self.check(Qwen2ForCausalLM(Qwen2Config(**self.SHAPE, use_sliding_window=True, sliding_window=16, max_window_layers=1)))

    def test_qwen3(self):
        self.check(Qwen3ForCausalLM(Qwen3Config(**self.SHAPE, head_dim=14)))

    def test_phi3(self):
        self.check(Phi3ForCausalLM(Phi3Config(**self.SHAPE, **self.NO_IDS, sliding_window=21)))

    def test_olmo2(self):
        self.check(Olmo2ForCausalLM(Olmo2Config(**self.SHAPE, **self.NO_IDS)))

    def test_phi3_becoming_a_long_text(self):
        rope = {"rope_type": "longrope", "rope_theta": 10000.0, "short_factor": [1.0, 1.1, 1.3, 1.5, 1.6], "long_factor": [1.0, 1.7, 2.9, 5.5, 7.0]}
        self.check(Phi3ForCausalLM(Phi3Config(**self.SHAPE, **self.NO_IDS, original_max_position_embeddings=40, rope_parameters=rope)))

    def test_gemma2_with_caps_and_windows(self):
        shape = self.SHAPE | self.NO_IDS | dict(head_dim=14, query_pre_attn_scalar=20, sliding_window=13, tie_word_embeddings=False)
        self.check(Gemma2ForCausalLM(Gemma2Config(**shape, attn_logit_softcapping=1.5, final_logit_softcapping=2.5)))

    def test_gemma3_with_two_rotary_bases(self):
        shape = self.SHAPE | self.NO_IDS | dict(head_dim=14, query_pre_attn_scalar=20, sliding_window=13, num_hidden_layers=4, tie_word_embeddings=False)
        self.check(Gemma3ForCausalLM(Gemma3TextConfig(**shape, sliding_window_pattern=3, rope_parameters={
            "full_attention": {"rope_type": "linear", "factor": 4.0, "rope_theta": 50000.0},
            "sliding_attention": {"rope_type": "default", "rope_theta": 700.0}})))

    def test_gpt2(self):
        self.check(GPT2LMHeadModel(GPT2Config(vocab_size=301, n_embd=60, n_layer=3, n_head=6, n_positions=256, bos_token_id=None, eos_token_id=None,
                                              scale_attn_by_inverse_layer_idx=True)))

    def test_gpt_neox(self):
        shape = dict(vocab_size=301, hidden_size=72, num_hidden_layers=3, num_attention_heads=6, intermediate_size=100, max_position_embeddings=256,
                     bos_token_id=None, eos_token_id=None)
        self.check(GPTNeoXForCausalLM(GPTNeoXConfig(**shape, rope_parameters={"rope_type": "default", "rope_theta": 10000.0,
                                                                              "partial_rotary_factor": 0.5})))


@unittest.skipUnless(os.environ.get("WINNOW_SMOLLM2"), "WINNOW_SMOLLM2 names no folder")
@unittest.skipUnless(INSTRUCT.exists(), "../shared/data/instruct is absent")
class SmolLM2(unittest.TestCase):
    PROMPTS, NEW_TOKENS = 64, 64

    def test_greedy_answers(self):
        folder = os.environ["WINNOW_SMOLLM2"]
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        tokenizer = AutoTokenizer.from_pretrained(folder)
        rows = json.loads((INSTRUCT / "alpaca_data.json").read_text())[::800][:self.PROMPTS]
        texts = [row["instruction"] + ("\nInput: " + row["input"] if row["input"] else "") for row in rows]
        prompts = [tokenizer(tokenizer.apply_chat_template([{"role": "user", "content": text}], tokenize=False, add_generation_prompt=True),
                             add_special_tokens=False).input_ids for text in texts]
        self.assertEqual(len(prompts), self.PROMPTS)
        stop = [2]
        began = time.monotonic()
        tokenizer.padding_side, tokenizer.pad_token_id = "left", stop[0]
        padded = tokenizer.pad({"input_ids": prompts}, return_tensors="pt")
        began = time.monotonic()
        with torch.inference_mode():  # One by one it takes ten minutes.
            whole = model.generate(**padded, do_sample=False, max_new_tokens=self.NEW_TOKENS, eos_token_id=stop, pad_token_id=stop[0])
        seconds = time.monotonic() - began
        expected = [answer[:answer.index(stop[0])] if stop[0] in answer else answer for answer in whole[:, padded.input_ids.shape[1]:].tolist()]
        found, cost = answers(folder, prompts, self.NEW_TOKENS, stop=stop, threads=torch.get_num_threads())
        close = compare(self, model, prompts, found, expected)
        tokens = sum(map(len, expected))
        print(f"SmolLM2 fp32: {self.PROMPTS} prompts, {tokens} tokens: {self.PROMPTS - close} answers identical, {close} differ where the two top "
              f"logits are within {CLOSE_LOGITS}; {cost['tokens'] / cost['seconds']:.0f} tokens/s, transformers {transformers.__version__} "
              f"{tokens / seconds:.0f} in one padded batch ({torch.get_num_threads()} threads; noisy)")
        self.assertLessEqual(close, 4)


if __name__ == "__main__":
    unittest.main(verbosity=2)
