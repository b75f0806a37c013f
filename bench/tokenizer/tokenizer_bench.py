"""How many MB of text a second winnow's tokenizer encodes on one core, beside Hugging Face's `tokenizers`, and that long runs of one
character take no more than linear time.

    tokenizer_bench.py ENCODE_LINES [--mb N] [--run-mb N] [--only NAME ...]

Vocabularies as in tests/tokenizer/vocabularies.py; texts: ../shared/data/instruct. Each is timed three times in turn; the best counts.
`fast` is their encode_batch_fast, which gives no offsets; ours always does.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "tokenizer"))
from tokenizers import Tokenizer

import parity_texts
import vocabularies

ROUNDS = 3


def ours(driver, folder, lines):
    done = subprocess.run([driver, str(folder), "--time", str(lines)], stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)["seconds"]


def theirs(encode_batch, texts):
    begin = time.perf_counter()
    encode_batch(texts, add_special_tokens=False)
    return time.perf_counter() - begin


def write_lines(path, texts):
    path.write_text("".join(json.dumps(text, ensure_ascii=False) + "\n" for text in texts), encoding="utf-8")
    return path


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("driver")
    parser.add_argument("--mb", type=float, default=5)
    parser.add_argument("--run-mb", type=float, default=30)
    parser.add_argument("--only", nargs="*")
    options = parser.parse_args()
    texts, size = [], 0
    for text in parity_texts.data_texts(7):
        if size >= options.mb * 1e6:
            break
        texts.append(text)
        size += len(text.encode())
    print(f"{len(texts)} texts, {size / 1e6:.1f} MB; MB/s on one core (load {os.getloadavg()[0]:.1f})")
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        lines = write_lines(scratch / "texts", texts)
        runs = {name: write_lines(scratch / name, [character * int(options.run_mb * 1e6 / len(character.encode()))])
                for name, character in (("letters", "a"), ("spaces", " "), ("ideographs", "\u6771"))}
        own = [path.read_text(encoding="utf-8", errors="replace") for path in Path(__file__).parents[2].glob("src/*/*.?pp")]
        folders = vocabularies.downloaded(scratch) | {
            name: folder for name, folder in vocabularies.trained(scratch, own + parity_texts.naughty_texts()).items()
            if name in ("Unigram", "Unigram as T5")}
        for name, folder in folders.items():
            if options.only and name not in options.only:
                continue
            reference = Tokenizer.from_file(str(folder / "tokenizer.json"))
            reference.no_truncation()
            reference.no_padding()
            best = [min(times) for times in zip(*((ours(options.driver, folder, lines), theirs(reference.encode_batch, texts),
                                                   theirs(reference.encode_batch_fast, texts)) for _ in range(ROUNDS)))]
            rates = [size / seconds / 1e6 for seconds in best]
            long_runs = ", ".join(f"{run} {options.run_mb / ours(options.driver, folder, path):.1f}" for run, path in runs.items())
            print(f"{name}: winnow {rates[0]:.1f}, theirs {rates[1]:.1f}, fast {rates[2]:.1f}: x{rates[0] / max(rates[1:]):.2f}; "
                  f"{options.run_mb:g} MB of {long_runs}", flush=True)


if __name__ == "__main__":
    main()
