"""The texts that parity_test.py compares tokenizers on."""

import json
import random
import unicodedata
from pathlib import Path

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"


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
    """Every `every`-th text of ../shared/data/instruct; none without that folder."""
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


def is_old(text):
    """Whether every character is assigned in Unicode 14, the version of Python 3.11."""
    assert unicodedata.unidata_version == "14.0.0"
    return all(unicodedata.category(character) != "Cn" for character in text)


PIECES = ["'s", "'RE", "'\u017f", " ", "  ", "\n", "\r\n", "\t", "\u00a0", "\u180e", "\u3000", "\u2028", "<|im_start|>",
          "<|endoftext|>", "<|eot_id|>", "<think>", "<mask>", " <mask> ", "wordA", "the", " of", "123", "1\u00b2", "\u0130",
          "e\u0301", "\u1100\u1161\u11a8", "\uac00\u11a8", "\u212b", "\u0344", "q\u0323\u0307", "\u0d47\u0d3e", "\u2126",
          "\u4f60\u597d", "\u3053", "\u0e01\u0e33", "\U0001f468\u200d\U0001f469", "\U0001f1e9\U0001f1ea", "\ufe0f", "\0",
          "\u2581", "[SEP]", "##ing", "</s>", "<0x41>", "\ufb01", "\u0001", "Caf\u00e9", "\u03a3\u03c2", "isn't", "\u00aa\u0300"]
RANGES = [(0x20, 0x7F), (0xA0, 0x250), (0x300, 0x370), (0x370, 0x800), (0x800, 0x2000), (0x2000, 0x3000), (0x3000, 0xA000),
          (0xA000, 0xD800), (0xE000, 0x10000), (0x10000, 0x12000), (0x12000, 0x18000), (0x18000, 0x20000), (0x20000, 0x33500)]


def random_texts(count, seed, newer):
    """`count` strings over the characters of Unicode 14; with `newer` over all code points, assigned or not."""
    rng = random.Random(seed)
    alphabets = [[chr(code) for code in range(*one) if newer or is_old(chr(code))] for one in RANGES]
    texts = []
    for _ in range(count):
        near = rng.choice(alphabets)
        text = ""
        for _ in range(rng.randint(0, 30)):
            kind = rng.random()
            if kind < 0.3:
                text += rng.choice(PIECES)
            else:
                text += rng.choice(near if kind < 0.75 else rng.choice(alphabets))
        texts.append(text)
    return texts
