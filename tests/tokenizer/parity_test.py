"""Token ids, offsets and decoded texts of winnow's tokenizer against Hugging Face's `tokenizers`.

parity_test.py ENCODE_LINES [--every N] [--random N] [--newer N] [--seed S] [--only NAME ...]

Vocabularies: see vocabularies.py. Texts: every N-th text of ../shared/data/instruct (if there), the naughty strings, and random
strings over the characters of Unicode 14; those with any code point (--newer) are counted apart, and only printed.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    from tokenizers import Tokenizer
except ImportError:
    print("skipped: the Python package `tokenizers` is not installed")
    sys.exit(77)

import parity_texts
import vocabularies

OFFSET_TEXTS = 20_000
BATCH = 2_000


def byte_alphabet():
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {byte: chr(0x100 + i) for i, byte in enumerate(others)}


def missing_bytes(reference):
    """Bytes that a byte-level vocabulary has no token for."""
    if '"type":"ByteLevel"' not in json.dumps(json.loads(reference.to_str())["pre_tokenizer"], separators=(",", ":")):
        return set()
    spelt = reference.get_vocab()
    return {byte for byte, character in byte_alphabet().items() if character not in spelt}


def byte_offsets(text, offsets):
    starts = [0]
    for character in text:
        starts.append(starts[-1] + len(character.encode()))
    return [[starts[begin], starts[end]] for begin, end in offsets]


def ours_of(driver, folder, texts):
    with tempfile.TemporaryFile("w+") as lines:
        lines.write("".join(json.dumps(text) + "\n" for text in texts))
        lines.seek(0)
        done = subprocess.run([driver, str(folder), "--specials"], stdin=lines, stdout=subprocess.PIPE, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def compare(name, folder, texts, driver):
    """How many texts differ in ids, in offsets (of the first OFFSET_TEXTS), in decoded texts."""
    reference = Tokenizer.from_file(str(folder / "tokenizer.json"))
    reference.no_truncation()
    reference.no_padding()
    missing = missing_bytes(reference)
    wrong = {"ids": [], "offsets": [], "decoded": []}
    tokens = shifted = 0
    for start in range(0, len(texts), BATCH):
        batch = texts[start:start + BATCH]
        ours = ours_of(driver, folder, batch)
        theirs = reference.encode_batch(batch)
        decoded = reference.decode_batch([one.ids for one in theirs], skip_special_tokens=False)
        plain = reference.decode_batch([one.ids for one in theirs], skip_special_tokens=True)
        for i, (text, our, their) in enumerate(zip(batch, ours, theirs, strict=True)):
            tokens += len(their.ids)
            if our["ids"] != their.ids:
                wrong["ids"].append((text, our["ids"], their.ids))
            elif start + i < OFFSET_TEXTS and our["offsets"] != (offsets := byte_offsets(text, their.offsets)):
                if missing.intersection(text.encode()):
                    shifted += 1
                else:
                    wrong["offsets"].append((text, our["offsets"], offsets))
            if (our["text"], our["plain_text"]) != (decoded[i], plain[i]):
                wrong["decoded"].append((text, our["text"], decoded[i]))
    print(f"{name}: {len(texts)} texts, {tokens} tokens; ids differ in {len(wrong['ids'])}, "
          f"offsets in {len(wrong['offsets'])} of the first {min(len(texts), OFFSET_TEXTS)}, decoded texts in {len(wrong['decoded'])}",
          flush=True)
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
    parser.add_argument("--random", type=int, default=100_000)
    parser.add_argument("--newer", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*")
    options = parser.parse_args()

    strange = parity_texts.naughty_texts() + parity_texts.random_texts(options.random, options.seed, newer=False)
    newer = parity_texts.random_texts(options.newer, options.seed + 1, newer=True)
    data = parity_texts.data_texts(options.every)
    print(f"random strings: {options.random} from seed {options.seed}; naughty strings: {len(strange) - options.random}; "
          f"texts of data: {len(data)}")
    with tempfile.TemporaryDirectory() as scratch:
        own = [path.read_text(encoding="utf-8", errors="replace") for path in Path(__file__).parents[2].glob("src/*/*.?pp")]
        folders = vocabularies.downloaded(Path(scratch)) | vocabularies.trained(Path(scratch), own + parity_texts.naughty_texts())
        if unknown := set(options.only or []) - set(folders):
            parser.error(f"no vocabulary is called {', '.join(sorted(unknown))}; there are: {', '.join(folders)}")
        # Offsets are compared on the first texts: the strange ones, then real ones.
        half = OFFSET_TEXTS // 2
        texts = strange[:half] + data[:half] + strange[half:] + data[half:]
        results = []
        for name, folder in folders.items():
            if options.only and name not in options.only:
                continue
            results.append(compare(name, folder, texts, options.driver))
            if newer:
                compare(f"  with any code point, {name}", folder, newer, options.driver)
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
