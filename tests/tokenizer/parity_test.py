"""Token ids, offsets and decoded texts of winnow's tokenizer against Hugging Face's `tokenizers`.

parity_test.py ENCODE_LINES [--every N] [--random N] [--seed S] [--folders DIR ...]

Vocabularies: two small BPEs trained here, the folder in WINNOW_SMOLLM2, and the given folders (real tokenizer.json files).
Texts: every N-th text of ../shared/data/instruct (if there), the naughty strings, and random Unicode strings.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

try:
    from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
except ImportError:
    print("skipped: the Python package `tokenizers` is not installed")
    sys.exit(77)

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
OFFSET_TEXTS = 20_000
BATCH = 2_000


def strings_in(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from strings_in(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings_in(item)


def data_texts(every):
    folder = SHARED / "instruct"
    if not folder.is_dir():
        return []
    texts = []
    for path in sorted(folder.iterdir()):
        content = path.read_text(encoding="utf-8")
        rows = json.loads(content) if path.suffix == ".json" else [json.loads(line) for line in content.splitlines()]
        texts += list(strings_in(rows))[::every]
    return texts


def naughty_texts():
    path = SHARED / "robust" / "blns" / "blns.json"
    return list(strings_in(json.loads(path.read_text(encoding="utf-8")))) if path.exists() else []


def random_texts(count, seed):
    rng = random.Random(seed)
    pieces = ["'s", "'RE", "'\u017f", " ", "  ", "\n", "\r\n", "\t", "\u00a0", "\u180e", "\u3000", "\u2028", "<|im_start|>",
              "<|endoftext|>", "<|eot_id|>", "<think>", "<mask>", " <mask> ", "wordA", "the", " of", "123", "1\u00b2", "\u0130",
              "e\u0301", "\u1100\u1161\u11a8", "\uac00\u11a8", "\u212b", "\u0344", "q\u0323\u0307", "\u0d47\u0d3e", "\u2126",
              "\u4f60\u597d", "\u3053", "\u0e01\u0e33", "\U0001f468\u200d\U0001f469", "\U0001f1e9\U0001f1ea", "\ufe0f", "\0"]
    ranges = [(0x20, 0x7F), (0xA0, 0x250), (0x300, 0x370), (0x370, 0x800), (0x800, 0x2000), (0x2000, 0x3000), (0x3000, 0xA000),
              (0xA000, 0xD800), (0xE000, 0x10000), (0x10000, 0x12000), (0x12000, 0x18000), (0x18000, 0x20000), (0x20000, 0x33500)]
    texts = []
    for _ in range(count):
        near = rng.choice(ranges)
        text = ""
        for _ in range(rng.randint(0, 30)):
            kind = rng.random()
            if kind < 0.3:
                text += rng.choice(pieces)
            elif kind < 0.75:
                text += chr(rng.randrange(*near))
            else:
                text += chr(rng.randrange(*rng.choice(ranges)))
        texts.append(text)
    return texts


def trained_folder(folder, texts, prefixed):
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
        tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True, rstrip=True, special=True)])
        tokenizer.add_tokens([AddedToken("the", single_word=True), AddedToken("caf\u00e9", normalized=True),
                              AddedToken("\u212b", normalized=True), AddedToken("\u0120x", lstrip=True, normalized=False)])
        tokenizer.post_processor = processors.Sequence([
            processors.ByteLevel(trim_offsets=True, add_prefix_space=True),
            processors.TemplateProcessing(single="<|endoftext|> $A <mask>",
                                          special_tokens=[("<|endoftext|>", 0), ("<mask>", tokenizer.token_to_id("<mask>"))])])
    else:
        tokenizer.post_processor = processors.ByteLevel(trim_offsets=True)
    folder.mkdir()
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def byte_alphabet():
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {byte: chr(0x100 + i) for i, byte in enumerate(others)}


def byte_offsets(text, offsets):
    starts = [0]
    for character in text:
        starts.append(starts[-1] + len(character.encode()))
    return [[starts[begin], starts[end]] for begin, end in offsets]


def compare(name, folder, texts, driver):
    reference = Tokenizer.from_file(str(folder / "tokenizer.json"))
    reference.no_truncation()
    reference.no_padding()
    spelt = reference.get_vocab()
    missing = {byte for byte, character in byte_alphabet().items() if character not in spelt}
    wrong = {"ids": [], "offsets": [], "decoded": []}
    tokens = shifted = 0
    for start in range(0, len(texts), BATCH):
        batch = texts[start:start + BATCH]
        with tempfile.TemporaryFile("w+") as lines:
            lines.write("".join(json.dumps(text) + "\n" for text in batch))
            lines.seek(0)
            ours = [json.loads(line) for line in subprocess.run(
                [driver, str(folder), "--specials"], stdin=lines, stdout=subprocess.PIPE, check=True).stdout.splitlines()]
        theirs = reference.encode_batch(batch)
        decoded = reference.decode_batch([one.ids for one in theirs], skip_special_tokens=False)
        plain = reference.decode_batch([one.ids for one in theirs], skip_special_tokens=True)
        for i, (text, our, their) in enumerate(zip(batch, ours, theirs, strict=True)):
            tokens += len(their.ids)
            if our["ids"] != their.ids:
                wrong["ids"].append((text, our["ids"], their.ids))
            elif start + i >= OFFSET_TEXTS:
                pass
            elif missing.intersection(text.encode()):
                shifted += our["offsets"] != byte_offsets(text, their.offsets)
            elif our["offsets"] != byte_offsets(text, their.offsets):
                wrong["offsets"].append((text, our["offsets"], byte_offsets(text, their.offsets)))
            if (our["text"], our["plain_text"]) != (decoded[i], plain[i]):
                wrong["decoded"].append((text, our["text"], decoded[i]))
    print(f"{name}: {len(texts)} texts, {tokens} tokens; ids differ in {len(wrong['ids'])}, "
          f"offsets in {len(wrong['offsets'])} of the first {min(len(texts), OFFSET_TEXTS)}, decoded texts in {len(wrong['decoded'])}")
    if shifted:
        print(f"  named difference: in {shifted} texts with bytes that this vocabulary lacks their offsets slip, ours do not")
    for kind, cases in wrong.items():
        for text, our, their in cases[:3]:
            print(f"  {kind}: {text[:200]!a}\n    ours   {our!a:.400}\n    theirs {their!a:.400}")
    return not any(wrong.values())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("driver")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--random", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folders", nargs="*", default=[])
    options = parser.parse_args()

    strange = random_texts(options.random, options.seed) + naughty_texts()
    data = data_texts(options.every)
    print(f"random strings: {options.random} from seed {options.seed}; naughty strings: {len(strange) - options.random}; "
          f"texts of data: {len(data)}")
    with tempfile.TemporaryDirectory() as scratch:
        own = [path.read_text(encoding="utf-8", errors="replace") for path in Path(__file__).parents[2].glob("src/*/*.?pp")]
        folders = {"trained, as GPT-2": trained_folder(Path(scratch) / "a", own, prefixed=False),
                   "trained, every option": trained_folder(Path(scratch) / "b", own, prefixed=True)}
        if os.environ.get("WINNOW_SMOLLM2"):
            folders["SmolLM2"] = Path(os.environ["WINNOW_SMOLLM2"])
        folders |= {Path(folder).name: Path(folder) for folder in options.folders}
        # Offsets are compared on the first texts: the strange ones, then real ones.
        half = OFFSET_TEXTS // 2
        texts = strange[:half] + data[:half] + strange[half:] + data[half:]
        results = [compare(name, folder, texts, options.driver) for name, folder in folders.items()]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
