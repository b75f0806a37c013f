"""winnow's encoders against sentence-transformers: tiny random models of every supported shape, and MiniLM where WINNOW_MINILM names it.

usage: encoder_parity_test.py EMBED_IDS SHOW_CONFIG
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
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast, RobertaConfig, RobertaModel, XLMRobertaConfig, XLMRobertaModel
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

transformers.utils.logging.disable_progress_bar()
EMBED_IDS = sys.argv.pop(1)
SHOW_CONFIG = sys.argv.pop(1)
SHAPE = dict(vocab_size=301, hidden_size=60, num_hidden_layers=3, num_attention_heads=6, intermediate_size=92, max_position_embeddings=80)
POOLINGS = ("cls", "mean", "max", "lasttoken")
TEXTS = ["Name three primary colours.", "Why is the sky blue?", "def add(a, b):\n    return a + b\n", "", "Die Katze schl\u00e4ft. \u732b\u304c\u5bdd\u308b",
         "List the planets from the Sun outwards. " * 12, "What is 17 * 23?"]


def random_texts(vocabulary, longest, count=12):
    generator = torch.Generator().manual_seed(0)
    lengths = [1, 2, longest] + torch.randint(1, longest, (count - 3,), generator=generator).tolist()
    return [torch.randint(0, vocabulary, (length,), generator=generator).tolist() for length in lengths]


def save(model, folder, dtype=torch.float32):
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            is_norm = name.endswith("LayerNorm.weight")
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * (0.2 if is_norm else 0.15) + (1 if is_norm else 0))
    model.to(dtype).save_pretrained(folder)
    return type(model).from_pretrained(folder, dtype=torch.float32).eval()


def add_modules(folder, pooling, normalizes, old_form=False):
    os.mkdir(os.path.join(folder, "1_Pooling"))
    modules = [("", "Transformer"), ("1_Pooling", "Pooling")] + [("2_Normalize", "Normalize")] * normalizes
    files = {"modules.json": [{"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
                              for i, (path, kind) in enumerate(modules)]}
    config = {f"pooling_mode_{name}": name.startswith(pooling) for name in ("cls_token", "mean_tokens", "max_tokens", "lasttoken")}
    files["1_Pooling/config.json"] = {"word_embedding_dimension": 60} | (config if old_form else {"pooling_mode": pooling})
    for name, content in files.items():
        with open(os.path.join(folder, name), "w") as file:
            json.dump(content, file)


def embed(folder, texts, precision="fp32", threads=1, batch=1000):
    run = subprocess.run([EMBED_IDS, folder, precision, str(threads), str(batch)], check=True, text=True,
                         input="".join(json.dumps(text) + "\n" for text in texts), stdout=subprocess.PIPE)
    return torch.tensor([json.loads(line) for line in run.stdout.splitlines()], dtype=torch.float64)


def pooled(states, pooling):
    return {"cls": states[0], "mean": states.double().mean(0), "max": states.max(0).values, "lasttoken": states[-1]}[pooling].double()


def cosines(ours, theirs):
    return torch.nn.functional.cosine_similarity(ours.double(), theirs.double())


class TinyEncoders(unittest.TestCase):
    def compare(self, model, longest=80, pooling="mean", normalizes=False, old_form=False, dtype=torch.float32):
        with tempfile.TemporaryDirectory() as folder:
            model = save(model, folder, dtype)
            if pooling:
                add_modules(folder, pooling, normalizes, old_form)
            texts = random_texts(301, longest)
            with torch.inference_mode():
                theirs = torch.stack([pooled(model(torch.tensor([text])).last_hidden_state[0], pooling or "mean") for text in texts])
            if normalizes:
                theirs = torch.nn.functional.normalize(theirs)
            ours = embed(folder, texts)
            bf16 = embed(folder, texts, "bf16")
        print(f"{type(model).__name__}, {pooling}: largest difference {float((ours - theirs).abs().max()):.1e}, smallest cosine in bf16 "
              f"{float(cosines(bf16, theirs).min()):.6f}")
        self.assertLess(float((ours - theirs).abs().max()), 1e-5)
        self.assertGreater(float(cosines(ours, theirs).min()), 0.999999)
        self.assertGreater(float(cosines(bf16, theirs).min()), 0.999)

    def test_bert(self):
        for pooling in POOLINGS:
            self.compare(BertModel(BertConfig(**SHAPE)), pooling=pooling)
        self.compare(BertModel(BertConfig(**SHAPE)), normalizes=True, old_form=True)
        self.compare(BertModel(BertConfig(**SHAPE, hidden_act="gelu_new", type_vocab_size=1), add_pooling_layer=False), pooling=None)
        self.compare(BertModel(BertConfig(**SHAPE)), dtype=torch.float16)

    def test_roberta(self):
        """Positions count from behind the padding id and pass over it: id 1 stands in the random texts."""
        self.compare(RobertaModel(RobertaConfig(**SHAPE)), longest=78)
        self.compare(XLMRobertaModel(XLMRobertaConfig(**SHAPE)), longest=78, pooling="cls", normalizes=True)

    def test_modules_that_are_not_followed(self):
        with tempfile.TemporaryDirectory() as folder:
            save(BertModel(BertConfig(**SHAPE)), folder)
            add_modules(folder, "weightedmean", False)
            with open(os.path.join(folder, "1_Pooling", "config.json")) as file:
                self.assertIn("weightedmean", file.read())
            run = subprocess.run([EMBED_IDS, folder, "fp32", "1", "1"], input="", text=True, capture_output=True)
            self.assertEqual(run.returncode, 5)
            self.assertIn('`pooling_mode` is "weightedmean", expected one of "cls"', run.stderr)


class SavedBySentenceTransformers(unittest.TestCase):
    """Folders that it writes itself, with texts longer than they let in."""

    def word_tokenizer(self, longest):
        tokenizer = Tokenizer(models.WordLevel({"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3} | {f"w{i}": i for i in range(4, 301)}, unk_token="[UNK]"))
        tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
        tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
        return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]",
                                       model_max_length=longest)

    def check(self, longest, asked, expected, change=None):
        with tempfile.TemporaryDirectory() as folder:
            raw, saved = os.path.join(folder, "raw"), os.path.join(folder, "saved")
            save(BertModel(BertConfig(**SHAPE)), raw)
            self.word_tokenizer(longest).save_pretrained(raw)
            written = SentenceTransformer(modules=[Transformer(raw), Pooling(60, "cls"), Normalize()], device="cpu")
            if asked:
                written.max_seq_length = asked
            written.save_pretrained(saved)
            if change:
                change(saved)
            model = SentenceTransformer(saved, device="cpu")
            self.assertEqual(model.max_seq_length, expected)
            shown = json.loads(subprocess.run([SHOW_CONFIG, saved], check=True, text=True, stdout=subprocess.PIPE).stdout)
            self.assertEqual(shown["longest_text"], expected)
            texts = [" ".join(f"w{4 + (start + i * 7) % 297}" for i in range(length)) for start, length in ((1, 3), (2, 38), (3, 77), (4, 78), (5, 300))]
            tokenizer = Tokenizer.from_file(os.path.join(saved, "tokenizer.json"))
            tokenizer.no_padding()
            tokenizer.enable_truncation(shown["longest_text"])
            ours = embed(saved, [tokenizer.encode(text).ids for text in texts])
            theirs = torch.tensor(model.encode(texts, batch_size=1))
            tokenizer.enable_truncation(expected - 1)
            shorter = embed(saved, [tokenizer.encode(text).ids for text in texts])
        self.assertLess(float((ours - theirs).abs().max()), 1e-5)
        self.assertGreater(float((shorter - theirs).abs().max()), 1e-3, "the test would see a text cut one token earlier")

    def test_the_limit_is_the_tokenizers(self):
        self.check(longest=40, asked=None, expected=40)
        self.check(longest=100, asked=50, expected=50)

    def test_the_limit_is_the_models(self):
        self.check(longest=1000, asked=None, expected=80)
        self.check(longest=int(1e30), asked=None, expected=80)

    def test_the_limit_stands_where_older_versions_wrote_it(self):
        def change(folder):
            os.remove(os.path.join(folder, "sentence_bert_config.json"))
            with open(os.path.join(folder, "sentence_roberta_config.json"), "w") as file:
                json.dump({"max_seq_length": 30, "do_lower_case": False}, file)
        self.check(longest=40, asked=None, expected=30, change=change)

    def test_without_modules_their_files_say_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            save(BertModel(BertConfig(**SHAPE)), folder)
            self.word_tokenizer(40).save_pretrained(folder)
            with open(os.path.join(folder, "sentence_bert_config.json"), "w") as file:
                json.dump({"max_seq_length": 30}, file)
            shown = json.loads(subprocess.run([SHOW_CONFIG, folder], check=True, text=True, stdout=subprocess.PIPE).stdout)
            self.assertEqual(shown["longest_text"], SentenceTransformer(folder, device="cpu").max_seq_length)


@unittest.skipUnless(os.environ.get("WINNOW_MINILM"), "WINNOW_MINILM names no folder")
class MiniLM(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = os.environ["WINNOW_MINILM"]
        cls.model = SentenceTransformer(cls.folder, device="cpu")
        tokenizer = Tokenizer.from_file(os.path.join(cls.folder, "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.enable_truncation(cls.model.max_seq_length)
        cls.ids = [tokenizer.encode(text).ids for text in TEXTS]
        cls.theirs = torch.tensor(cls.model.encode(TEXTS, batch_size=1))

    def test_fp32(self):
        ours = embed(self.folder, self.ids)
        print(f"MiniLM fp32: smallest cosine {float(cosines(ours, self.theirs).min()):.9f}")
        self.assertGreater(float(cosines(ours, self.theirs).min()), 0.999999)
        self.assertLess(float((ours - self.theirs).abs().max()), 1e-5)

    def test_batch_one_equals_batch_many_and_threads_change_nothing(self):
        self.assertLess(float((embed(self.folder, self.ids, batch=1) - embed(self.folder, self.ids)).abs().max()), 1e-5)
        for precision in ("fp32", "bf16"):
            self.assertTrue(torch.equal(embed(self.folder, self.ids, precision, 1), embed(self.folder, self.ids, precision, 2)), precision)

    def test_bf16(self):
        self.assertGreater(float(cosines(embed(self.folder, self.ids, "bf16"), self.theirs).min()), 0.999)


if __name__ == "__main__":
    unittest.main(verbosity=2)
