"""Words against CPython's own lower() and re, the analyzer of scikit-learn: every code point in several contexts, random strings,
and the real texts. Usage: words_parity.py TOOL"""
import pathlib
import re
import subprocess
import sys
import tempfile
import unicodedata

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import text_list

TOOL = sys.argv[1]
WORD = re.compile(r"(?u)\b\w\w+\b")
# In the middle of a word (class), alone in one, and around a capital sigma (case, case-ignorable).
CONTEXTS = ["a{}b", "a{0}{0}b", "{} {}x", "a{}Σ", "Σ{}a", "a{}Σ{}", "aΣ{}", "aΣ{}b", "{}Σ"]


def compare(name, texts):
    with tempfile.NamedTemporaryFile() as file:
        text_list.write(file.name, texts)
        lines = subprocess.run([TOOL, "words", file.name], check=True, capture_output=True).stdout.decode().split("\n")[:-1]
    assert len(lines) == len(texts)
    wrong = [(text, ours) for text, ours in zip(texts, lines) if ours.split(" ")[:-1] != WORD.findall(text.lower())]
    print(f"{name}: {len(texts) - len(wrong)} of {len(texts)} equal", flush=True)
    for text, ours in wrong[:5]:
        print(f"  {text!a}: ours {ours!a}, Python's {WORD.findall(text.lower())!a}")
    return not wrong


if not unicodedata.unidata_version.startswith("14."):
    print(f"the pinned tables are Unicode 14's, this Python has {unicodedata.unidata_version}")
    sys.exit(77)
every = [c for c in range(sys.maxunicode + 1) if not 0xD800 <= c <= 0xDFFF]
equal = [compare(f"all code points in {context!r}", [context.replace("{0}", "{}").replace("{}", chr(c)) for c in every])
         for context in CONTEXTS]
equal.append(compare("random strings", text_list.random_texts(200_000, seed=2)))
alpaca = text_list.alpaca_outputs()
if alpaca is None:
    print(f"real texts not compared: {text_list.ALPACA} is absent")
else:
    equal.append(compare("Alpaca outputs", alpaca))
    mixed = text_list.ALPACA.with_name("mixed_3k.jsonl").read_text().splitlines()
    equal.append(compare("English and Chinese mix", mixed))
sys.exit(0 if all(equal) else 1)
