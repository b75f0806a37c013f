"""Word counts against the real NLTK, on all Alpaca outputs and on Dolly's answers: the share of equal counts, and the 1,000 longest
of Alpaca, which must be the same list. Usage: nltk_parity.py TOOL; NLTK's punkt_tab must be installed (environment variable
NLTK_DATA)."""
import json
import pathlib
import subprocess
import sys
import tempfile

import nltk

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import text_list

TOOL = sys.argv[1]
SMALLEST_SHARE = 0.999


def our_counts(texts):
    with tempfile.NamedTemporaryFile() as file:
        text_list.write(file.name, texts)
        return [int(line) for line in subprocess.run([TOOL, "nltk", file.name], check=True, capture_output=True).stdout.split()]


def longest(counts, budget):
    return sorted(range(len(counts)), key=lambda row: (-counts[row], row))[:budget]


def compare(name, texts):
    ours = our_counts(texts)
    theirs = [len(nltk.word_tokenize(text)) for text in texts]
    wrong = [row for row in range(len(texts)) if ours[row] != theirs[row]]
    print(f"{name}: {len(texts) - len(wrong)} of {len(texts)} counts equal ({1 - len(wrong) / len(texts):.4%})", flush=True)
    for row in wrong[:5]:
        print(f"  row {row}: ours {ours[row]}, NLTK's {theirs[row]}: {texts[row][:80]!a}")
    assert len(wrong) <= (1 - SMALLEST_SHARE) * len(texts)
    return ours, theirs


alpaca = text_list.alpaca_outputs()
if alpaca is None:
    print(f"{text_list.ALPACA} is absent")
    sys.exit(77)
try:
    nltk.word_tokenize("A model is there.")
except LookupError:
    print("NLTK's punkt_tab is not installed (set NLTK_DATA)")
    sys.exit(77)
ours, theirs = compare("Alpaca outputs", alpaca)
our_list, their_list = longest(ours, 1000), longest(theirs, 1000)
cut = theirs[their_list[-1]]
print(f"the 1,000 longest are {'the same list' if our_list == their_list else 'DIFFERENT'}, cut at {cut} words")
dolly = [json.loads(line)["response"] for line in text_list.ALPACA.with_name("dolly_14k.jsonl").read_text().splitlines()]
compare("Dolly responses", dolly)
sys.exit(0 if our_list == their_list else 1)
