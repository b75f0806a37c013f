"""Scores of the whole program against transformers and sentence-transformers: embeddings, instruction perplexity and Deita's two
scores, on tiny random models, and on SmolLM2 and MiniLM where WINNOW_SMOLLM2 and WINNOW_MINILM name them. Batch 1 equals batch N.

scores_parity.py PROGRAM"""
import json
import os
import pathlib
import sys
import unittest

import h5py
import numpy
import torch
import transformers

import program
import tiny_model

SMOLLM2, MINILM = os.environ.get("WINNOW_SMOLLM2"), os.environ.get("WINNOW_MINILM")
COMPLEXITY = ("You are a helpful assistant. Please identify the complexity score of the following user query. \n"
              "##Query: {instruction}  \n##Complexity: ")
QUALITY = ("You are a helpful assistant. Please identify the quality score of the Response corresponding to the Question. \n"
           " #Question#:\n{instruction}\n#Response#:\n{output} \n##Quality: ")
CONVERSATIONS = [
    [("human", "Name three primary colours."), ("gpt", "Red, yellow and blue.")],
    [("human", "Why is the sky blue?"), ("gpt", "Air scatters short wavelengths more strongly."), ("human", "And at dusk?"),
     ("gpt", "The light's way through the air is longer then, so that the blue is lost on it and what is left looks red.")],
    [("human", "What is 17 * 23?"), ("gpt", "391"), ("human", "Sure?"), ("gpt", "Yes."), ("human", "Show it."),
     ("gpt", "17 * 20 = 340\n17 * 3 = 51\n340 + 51 = 391")],
    [("human", "Translate into German: The cat sleeps."), ("gpt", "Die Katze schläft.")],
    [("human", "Say nothing."), ("gpt", "")],
]
SYSTEM = [("system", "You answer in whole sentences, in the language of the question.")]  # A common beginning, run once in a batch.
CHATML = "{% for m in messages %}{{'<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>' + '\n'}}{% endfor %}"

JOB = """
data: {{ path: {data} }}
score: {{ block_rows: {block_rows} }}
scorers:
  last: {{ path: {model}, template: chatml, dtype: fp32, score: [ifd_ppl, instruction_ppl, embedding] }}
  mean: {{ path: {model}, template: chatml, system: {system}, dtype: fp32, score: [embedding], embedding: {{ pooling: mean, normalize: true, text: instruction, dtype: f16 }} }}
  answer: {{ path: {model}, template: chatml, dtype: fp32, score: [length, embedding], embedding: {{ text: response }} }}
  deita: {{ path: {model}, dtype: fp32, score: [evol_complexity, evol_quality] }}
"""


class Reference:
    """What transformers says of each row, in float64: its own float32 is further from that than ours is."""

    def __init__(self, folder):
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        self.model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).double().eval()

    def run(self, ids):
        with torch.inference_mode():
            return self.model(torch.tensor([ids]), output_hidden_states=True)

    def render(self, turns):
        roles = {"human": "user", "gpt": "assistant", "system": "system"}
        return self.tokenizer.apply_chat_template([{"role": roles[r], "content": c} for r, c in turns], chat_template=CHATML, tokenize=False)

    def encode(self, text):
        return self.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)

    def states(self, ids):
        return self.run(ids).hidden_states[-1][0]

    def last(self, turns):
        return self.states(self.encode(self.render(turns)).input_ids)[-1]

    def answer(self, turns):
        return self.states(self.encode(self.render(turns[-1:])).input_ids)[-1]

    def instruction_ids(self, turns):
        whole = self.encode(self.render(turns))
        begin = self.render([*turns[:-1], ("gpt", "\ue000")]).index("\ue000")
        return [i for i, (_, end) in zip(whole.input_ids, whole.offset_mapping) if end <= begin]

    def mean(self, turns):
        vector = self.states(self.instruction_ids(SYSTEM + turns)).double().mean(0)
        return vector / vector.norm()

    def instruction_ppl(self, turns):
        ids = torch.tensor(self.instruction_ids(turns))
        logits = self.run(ids.tolist()).logits[0].double()
        return float(torch.nn.functional.cross_entropy(logits[:-1], ids[1:]).exp())

    def digits(self, prompt):
        logits = self.run(self.tokenizer(prompt).input_ids).logits[0, -1].double()
        digits = [self.tokenizer.convert_tokens_to_ids(str(k)) for k in range(1, 7)]
        return float((logits[digits].softmax(0) * torch.arange(1, 7)).sum())

    def evol(self, turns):
        pairs = list(zip(turns[::2], turns[1::2]))
        return ([self.digits(COMPLEXITY.format(instruction=query)) for (_, query), _ in pairs],
                [self.digits(QUALITY.format(instruction=query, output=reply)) for (_, query), (_, reply) in pairs])


def cosine(a, b):
    a, b = numpy.asarray(a, "f8"), numpy.asarray(b, "f8")
    return float(a @ b / numpy.linalg.norm(a) / numpy.linalg.norm(b))


class ScoreTest(program.ProgramTest):
    def scores(self, job, name, ranks=1):
        out = self.folder / name
        self.succeed("score", job, "--out", out, ranks=ranks)
        return out / "scores.h5"


class Decoders(ScoreTest):
    def conversations(self):
        return self.write("rows.jsonl", "".join(
            json.dumps({"conversations": [{"from": r, "value": c} for r, c in turns]}) + "\n" for turns in CONVERSATIONS))

    def job(self, data, model, block_rows=64, dtype="fp32"):
        text = JOB.format(data=data, model=model, block_rows=block_rows, system=json.dumps(SYSTEM[0][1]))
        return self.write_job(text.replace("fp32", dtype))

    def compare(self, model, label):
        data, reference = self.conversations(), Reference(model)
        many = self.scores(self.job(data, model, 64), "many")
        one = self.scores(self.job(data, model, 1), "one")
        worst = dict.fromkeys(("cosine", "f16 cosine", "ppl", "digits", "batch"), 0.0)
        with h5py.File(many) as file, h5py.File(one) as alone:
            turns = file["turns/deita/row_offsets"][:]
            self.assertEqual(numpy.diff(turns).tolist(), [len(row) // 2 for row in CONVERSATIONS])
            for i, row in enumerate(CONVERSATIONS):
                worst["cosine"] = max(worst["cosine"], 1 - cosine(file["embeddings/last"][i], reference.last(row)))
                self.assertAlmostEqual(numpy.linalg.norm(file["embeddings/mean"][i].astype("f8")), 1, places=3)
                worst["f16 cosine"] = max(worst["f16 cosine"], 1 - cosine(file["embeddings/mean"][i], reference.mean(row)))
                ppl = reference.instruction_ppl(row)
                worst["ppl"] = max(worst["ppl"], abs(file["scores/last/instruction_ppl"][i] / ppl - 1))
                if row[-1][1]:
                    worst["cosine"] = max(worst["cosine"], 1 - cosine(file["embeddings/answer"][i], reference.answer(row)))
                else:
                    self.assertTrue(numpy.isnan(file["embeddings/answer"][i]).all())
                for name, values in zip(("evol_complexity", "evol_quality"), reference.evol(row)):
                    ours = file[f"turns/deita/{name}"][turns[i]:turns[i + 1]]
                    worst["digits"] = max(worst["digits"], numpy.abs(ours - values).max())
                    self.assertAlmostEqual(file[f"scores/deita/{name}"][i], sum(values), delta=1e-5 * len(values))
            names = []
            file.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) and item.dtype.kind == "f" else None)
            for name in names:
                a, b = file[name][:], alone[name][:]
                self.assertEqual(numpy.isnan(a).tolist(), numpy.isnan(b).tolist(), name)
                scale = numpy.maximum(1, numpy.nan_to_num(numpy.abs(b).astype("f8")))
                difference = numpy.nanmax(numpy.abs(a.astype("f8") - b) / scale)
                worst["batch"] = max(worst["batch"], difference if a.dtype != "f2" else 0)
        print(f"{label}: largest difference from transformers: 1 - cosine {worst['cosine']:.1e} (mean, f16: {worst['f16 cosine']:.1e}), "
              f"instruction perplexity {worst['ppl']:.1e} relative, digit expectation {worst['digits']:.1e}; "
              f"batch 1 against batch N {worst['batch']:.1e}", flush=True)
        self.assertLess(worst["cosine"], 1e-6)
        self.assertLess(worst["f16 cosine"], 1e-6)
        self.assertLess(worst["ppl"], 1e-4)
        self.assertLess(worst["digits"], 1e-5)
        self.assertLess(worst["batch"], 1e-5)

    def test_tiny_model(self):
        self.compare(tiny_model.make(self.folder / "tiny", 512), "tiny model")

    @unittest.skipUnless(SMOLLM2, "WINNOW_SMOLLM2 names no folder")
    def test_smollm2(self):
        self.compare(SMOLLM2, "SmolLM2-135M")

    @unittest.skipUnless(SMOLLM2, "WINNOW_SMOLLM2 names no folder")
    def test_threads_change_no_bit_in_bf16(self):
        job = self.job(self.conversations(), SMOLLM2, dtype="bf16")
        found = []
        for threads in (1, 2):
            out = self.folder / f"threads{threads}"
            self.succeed("score", job, "--out", out, "--threads", threads)
            values = {}
            with h5py.File(out / "scores.h5") as file:
                file.visititems(lambda name, item: values.update({name: item[()].tobytes()}) if isinstance(item, h5py.Dataset) else None)
            found.append(values)
        self.assertEqual(found[0], found[1])


ENCODER_JOB = """
data: {{ path: {data} }}
score: {{ block_rows: {block_rows} }}
scorers:
  all: {{ path: {model}, dtype: fp32, score: [embedding] }}
  instruction: {{ path: {model}, dtype: fp32, score: [embedding], embedding: {{ text: instruction, dtype: f16 }} }}
  response: {{ path: {model}, dtype: fp32, max_length: 20, score: [embedding], embedding: {{ text: response }} }}
"""


def tiny_roberta(folder):
    """A random RoBERTa with a byte-level tokenizer, pooled and scaled as its modules.json says."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    folder.mkdir()
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(tiny_model.TEXTS * 4, trainers.BpeTrainer(
        vocab_size=400, special_tokens=["<s>", "<pad>", "</s>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A </s>", pair="<s> $A </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", pad_token="<pad>", cls_token="<s>",
                                         sep_token="</s>", model_max_length=70).save_pretrained(folder)
    torch.manual_seed(3)
    model = transformers.RobertaModel(transformers.RobertaConfig(
        vocab_size=tokenizer.get_vocab_size(), hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
        max_position_embeddings=100, pad_token_id=1, bos_token_id=0, eos_token_id=2))
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    model.save_pretrained(folder)
    modules = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    (folder / "modules.json").write_text(json.dumps([{"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
                                                     for i, (path, kind) in enumerate(modules)]))
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling/config.json").write_text(json.dumps({"word_embedding_dimension": 32, "pooling_mode_mean_tokens": True}))
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 70, "do_lower_case": False}))
    return folder


class Encoders(ScoreTest):
    def compare_encoder(self, folder, label):
        from sentence_transformers import SentenceTransformer
        rows = [*self.rows(12), {"instruction": "Write at length.", "input": "", "output": "A long, long story: the cat sleeps. " * 30},
                {"instruction": "Say nothing.", "input": "", "output": ""}]
        data = self.write("rows.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
        files = {size: self.scores(self.write_job(ENCODER_JOB.format(data=data, model=folder, block_rows=size)), f"blocks{size}", ranks=2) for size in (64, 1)}
        texts = {"all": ["\n".join(filter(None, (row["instruction"], row["input"], row["output"]))) for row in rows],
                 "instruction": [row["instruction"] for row in rows], "response": [row["output"] for row in rows]}
        worst = {}
        with h5py.File(files[64]) as many, h5py.File(files[1]) as one:
            for name, each in texts.items():
                encoder = SentenceTransformer(str(folder), device="cpu").double()
                if name == "response":
                    encoder.max_seq_length = 20
                theirs, ours = encoder.encode(each), many[f"embeddings/{name}"][:].astype("f8")
                self.assertEqual(many[f"scores/{name}/status_embedding"][:].tolist(), [0] * 13 + [1 if name == "response" else 0])
                worst[name] = max(1 - cosine(a, b) for a, b, text in zip(ours, theirs, each) if text)
                batch = numpy.nanmax(numpy.abs(ours - one[f"embeddings/{name}"][:].astype("f8")))
                self.assertLess(batch, 1e-5 if name != "instruction" else 1e-3)
        print(f"{label}: largest 1 - cosine to sentence-transformers: all {worst['all']:.1e}, instruction in f16 {worst['instruction']:.1e}, "
              f"response cut at 20 {worst['response']:.1e}", flush=True)
        self.assertLess(max(worst.values()), 1e-6)

    def test_tiny_roberta(self):
        self.compare_encoder(tiny_roberta(self.folder / "roberta"), "tiny RoBERTa")

    @unittest.skipUnless(MINILM, "WINNOW_MINILM names no folder")
    def test_minilm(self):
        self.compare_encoder(pathlib.Path(MINILM), "MiniLM")

    def test_what_an_encoder_does_not_give(self):
        folder = tiny_roberta(self.folder / "roberta")
        data = self.write_rows(3)
        for keys, fragment in (("score: [ifd_ppl, embedding]", "gives embedding, found ifd_ppl"),
                               ("score: [embedding], embedding: { pooling: mean }", "states its pooling and scaling itself"),
                               ("score: [embedding], embedding: { normalize: false }", "states its pooling and scaling itself"),
                               ("score: [embedding], max_length: 71", "takes at most 70")):
            job = self.write_job(f"data: {{ path: {data} }}\nscorers:\n  x: {{ path: {folder}, {keys} }}\n")
            self.fail_with(2, fragment, arguments=["score", job, "--out", self.folder / "run"], ranks=2)


if __name__ == "__main__":
    unittest.main()
