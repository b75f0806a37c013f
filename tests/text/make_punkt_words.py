"""Writes src/text/punkt_words.inc: of the 12,000 most frequent words of instruction data (Alpaca's answers, Dolly, the mix in
../shared/data), those that NLTK's English Punkt model has seen written in lower case.
Usage: make_punkt_words.py FOLDER > src/text/punkt_words.inc, where FOLDER is NLTK's tokenizers/punkt_tab/english"""
import collections
import pathlib
import re
import sys
import textwrap

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import text_list

WORDS = 12_000
MIDDLE_UPPER = 1 << 2  # Punkt's flags: seen in upper case inside a sentence; seen in lower case at its start, inside it, anywhere
LOWER = (1 << 4) | (1 << 5) | (1 << 6)

flags = {word: int(value) for word, value in
         (line.split("\t") for line in (pathlib.Path(sys.argv[1]) / "ortho_context.tab").read_text().splitlines())}
texts = text_list.alpaca_outputs()
for name in ("dolly_14k.jsonl", "mixed_3k.jsonl"):
    texts += text_list.ALPACA.with_name(name).read_text().splitlines()
count = collections.Counter()
for text in texts:
    count.update(re.findall(r"[a-z][a-z'-]*", text.lower()))
frequent = [word for word, _ in count.most_common(WORDS)]


def write(comment, name, words):
    print(f"// {comment}")
    print(f'constexpr std::string_view {name} = R"(')
    print(textwrap.fill(" ".join(sorted(words)), 180, break_long_words=False, break_on_hyphens=False))
    print(')";\n')


print("// Made by tests/text/make_punkt_words.py.\n")
write("Written in lower case, and inside a sentence never otherwise.", "kOrdinaryWords",
      [w for w in frequent if flags.get(w, 0) & LOWER and not flags[w] & MIDDLE_UPPER])
write("Written both ways inside a sentence.", "kWordsOfBothCases",
      [w for w in frequent if flags.get(w, 0) & LOWER and flags[w] & MIDDLE_UPPER])
