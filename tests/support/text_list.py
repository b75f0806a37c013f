"""Texts on their way to a C++ tool, as tests/support/text_list.hpp reads them."""
import json
import pathlib
import random
import struct
import sys
import unicodedata

SOURCE = pathlib.Path(__file__).resolve().parents[2]
ALPACA = SOURCE.parent / "shared/data/instruct/alpaca_data.json"


def write(path, texts):
    with open(path, "wb") as file:
        for text in texts:
            encoded = text.encode()
            file.write(struct.pack("<I", len(encoded)) + encoded)


def alpaca_outputs():
    return [row["output"] for row in json.loads(ALPACA.read_text())] if ALPACA.exists() else None


def assigned(code_point):
    """Neither a surrogate nor a code point that this Python's Unicode tables do not have."""
    return unicodedata.category(chr(code_point)) not in ("Cs", "Cn")


ASSIGNED = [c for c in range(sys.maxunicode + 1) if assigned(c)]


def random_texts(count, seed):
    """Words from small and large alphabets, so that terms repeat, with odd spacing and letters of special case."""
    rng = random.Random(seed)
    special = "ΣσςİıßẞǅΆ\u0345\u00ad\u0301'’·:._-0Ⅷ²½一٣\u1c80ﬀ"
    letters = "abcABC é\n" + special
    texts = []
    for _ in range(count):
        pick = rng.choice([lambda: rng.choice(letters), lambda: chr(rng.choice(ASSIGNED)), lambda: rng.choice("ab ")])
        texts.append("".join(pick() for _ in range(rng.randrange(60))))
    return texts
