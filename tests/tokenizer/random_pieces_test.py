"""Ids, offsets and decoded texts of hand-made tokenizer files against Hugging Face's `tokenizers`, on texts put together at random from the
pieces that matter to each file; and random regular expressions, which winnow may refuse but must not read otherwise.

random_pieces_test.py ENCODE_LINES [--seed S] [--patterns N]
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

from parity_test import byte_alphabet, byte_offsets

BEHAVIORS = ["Isolated", "Removed", "Contiguous", "MergedWithPrevious", "MergedWithNext"]
BYTES = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}


def document(model, normalizer=None, pre_tokenizer=None, post_processor=None, decoder=None, added=()):
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": list(added), "normalizer": normalizer,
            "pre_tokenizer": pre_tokenizer, "post_processor": post_processor, "decoder": decoder, "model": model}


def bpe(vocab, merges=(), **options):
    return {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None,
            "fuse_unk": False, "byte_fallback": False, "ignore_merges": False, "vocab": vocab, "merges": [list(m) for m in merges]} | options


def characters(*texts, **options):
    """BPE without merges over the characters of the texts."""
    return bpe({c: i for i, c in enumerate(["<unk>", *sorted(set("".join(texts)))])}, unk_token="<unk>", **options)


def byte_bpe(merges=()):
    vocab = {character: byte for byte, character in sorted(byte_alphabet().items())}
    for left, right in merges:
        vocab[left + right] = len(vocab)
    return bpe(vocab, merges)


def token(number, content, **flags):
    return {"id": number, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": True,
            "special": False} | flags


def step(kind, **members):
    return {"type": kind} | members


def steps(kind, *members):
    return {"type": "Sequence", kind: list(members)}


def replace(text, content, regex=False):
    return step("Replace", pattern={"Regex" if regex else "String": text}, content=content)


def metaspace(scheme="always", split=True):
    return step("Metaspace", replacement="\u2581", prepend_scheme=scheme, split=split)


def split(pattern, behavior="Isolated", invert=False):
    return step("Split", pattern=pattern, behavior=behavior, invert=invert)


def added_token_cases():
    pieces = ["a", "b", "ab", " ", "  ", "A", "\u00c9", "e\u0301", "<m>", " <m> ", "the", "\n", "x", "\u2581", "\u00e9", "<M>", "1"]
    vocab = ["<unk>", "a", "b", "ab", "\u2581", "\u2581a", "e", "\u00e9", "E", "x", "t", "h", "th", "the", "1", " ", "\n", "\u2581\u2581",
             "<0xC3>", "<0x89>", "<0x0A>", "\u2581the"]
    merges = [("a", "b"), ("t", "h"), ("th", "e"), ("\u2581", "a"), ("\u2581", "\u2581"), ("\u2581", "the")]
    model = lambda **options: bpe({t: i for i, t in enumerate(vocab)}, merges, unk_token="<unk>", **options)
    normalizers = {"lower": step("Lowercase"), "strip": step("Strip", strip_left=True, strip_right=True), "delete": replace("the", ""),
                   "prepend": steps("normalizers", step("Prepend", prepend="\u2581"), replace(" ", "\u2581")),
                   "accents": steps("normalizers", step("NFD"), step("StripAccents"))}
    for name, normalizer in normalizers.items():
        for pre in (None, metaspace("first"), metaspace("always", False)):
            added = [token(22, "<m>", lstrip=True), token(23, "\u00c9"), token(24, "<M>", normalized=False, rstrip=True, special=True)]
            yield f"added, {name}, {pre}", document(model(byte_fallback=True, fuse_unk=True), normalizer, pre, added=added), pieces
    words = [token(1, "a", single_word=True, normalized=False), token(2, "b", single_word=True, lstrip=True, rstrip=True)]
    yield "added words", document(model(), None, metaspace("first"), added=words), pieces
    holes = bpe({"a": 0, "b": 5, "<unk>": 9}, unk_token="<unk>")
    yield "holes in the ids", document(holes, added=[token(3, "<m>", normalized=False), token(9, "<unk>"), token(4, "<M>")]), pieces
    for number in range(8):
        options = {"byte_fallback": bool(number & 1), "fuse_unk": bool(number & 2), "ignore_merges": bool(number & 4)}
        yield f"BPE {options}", document(model(**options), None, metaspace("first", False)), pieces + ["q"]


def normalizer_cases():
    pieces = ["a", "b", " ", "  ", "\u00c9", "e\u0301", "\ufb01", "\u0130", "\u00df", "\u01c5", "\u03a3", "\n", "\u00a0", "\u3000", "\u2581", "\u6f22",
              "\u3002", ".", "\u00b4", "\0", "\u200b", "\ufffd", "\ud55c", "\u1112\u1161\u11ab", "\u0e33", "\U0001f600", "\u0344", "q\u0307\u0323", "\u00b2",
              "\u2167", "\u0378", "\u180e", "<m>"]
    model = characters(*pieces, "abcdefghijklmnopqrstuvwxyz_", fuse_unk=False)
    bert = lambda **flags: step("BertNormalizer", **({"clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True} | flags))
    normalizers = {
        "NFC": step("NFC"), "NFD": step("NFD"), "NFKC": step("NFKC"), "NFKD": step("NFKD"), "lower": step("Lowercase"), "Nmt": step("Nmt"),
        "Bert": bert(), "Bert, cased": bert(lowercase=False), "Bert, stripped": bert(clean_text=False, strip_accents=True, lowercase=False),
        "empty matches": replace("(?=a)", "x", True), "matches or none": replace("b*", "x", True), "deleted": steps("normalizers", replace("a", ""), replace("b", "")),
        "longer": steps("normalizers", replace("a", "abc"), replace("bc", "\u00e9"), step("NFD"), replace("e", "")),
        "mixture": steps("normalizers", step("NFKD"), bert(), step("NFC"), replace(r"\s+", "", True), step("Prepend", prepend="\u00e9"), step("NFD"),
                         step("StripAccents"))}
    whole = {"none": None, "Metaspace": metaspace("first"), "Bert": step("BertPreTokenizer"), "Whitespace": step("Whitespace"),
             "two Metaspaces": steps("pretokenizers", metaspace(), metaspace() | {"replacement": "_"}),
             "sequence": steps("pretokenizers", step("WhitespaceSplit"), step("Digits", individual_digits=True), metaspace("first", False),
                               step("Punctuation", behavior="MergedWithNext"))}
    for name, normalizer in normalizers.items():
        for cut, pre in whole.items():
            added = [token(len(model["vocab"]), "<m>", normalized=name == "mixture")]
            yield f"{name}, {cut}", document(model, normalizer, pre, added=added), pieces


def split_cases():
    pieces = ["a", "b", "ab", " ", "  ", "1", "12", ".", "..", "\u2581", "\n", "\u00e9", "aa"]
    model = characters(*pieces)
    for left, right in (("a", "a"), ("a", "b"), (".", "."), ("1", "2"), ("1", "1"), (" ", " ")):
        model["vocab"][left + right] = len(model["vocab"])
        model["merges"].append([left, right])
    patterns = [{"String": "a"}, {"String": "ab"}, {"Regex": r"\s"}, {"Regex": "a*"}, {"Regex": "(?=1)"}, {"Regex": r"\d+|\s+"}, {"Regex": "(?<=a)"}]
    for pattern in patterns:
        for behavior in BEHAVIORS:
            for invert in (False, True):
                pre = steps("pretokenizers", split(pattern, behavior, invert), split({"String": "1"}))
                yield f"split {pattern}, {behavior}, {invert}", document(model, None, pre), pieces
    for behavior in BEHAVIORS:
        yield f"punctuation, {behavior}", document(model, None, step("Punctuation", behavior=behavior)), pieces
    around = step("TemplateProcessing", single=[{"SpecialToken": {"id": "a", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
                  pair=[{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
                  special_tokens={"a": {"id": "a", "ids": [97, 98], "tokens": ["a", "b"]}})
    trims = lambda adds: step("ByteLevel", add_prefix_space=adds, trim_offsets=True, use_regex=True)
    roberta = lambda adds: step("RobertaProcessing", sep=["b", 98], cls=["a", 97], trim_offsets=True, add_prefix_space=adds)
    for adds in (False, True):
        for post in (None, trims(True), trims(False), roberta(adds), steps("processors", around, trims(True))):
            pre = step("ByteLevel", add_prefix_space=adds, trim_offsets=True, use_regex=True)
            model = byte_bpe([("\u0120", "a"), ("a", "b"), ("\u0120", "\u0120")])
            added = [token(259, "<m>", normalized=False, lstrip=True), token(260, "\u0120\u00e9", normalized=False)]
            yield f"bytes, {adds}, {post}", document(model, None, pre, post, trims(True), added), pieces + ["<m>", "\u0120\u00e9", "\u00a0"]


def model_cases():
    pieces = ["a", "b", "ab", " ", "\u2581", "<unk>", "\u00e9", "q", "a\u00e9", "bb", "\u6f22", "<s>", "<0x41>", "\n", "A", "\u00e9q", "<unk"]
    vocab = [["<unk>", 0.0], ["a", -1.0], ["b", -2.0], ["ab", -3.0], ["\u2581", -2.5], ["\u2581a", -3.5], ["bb", -4.0], ["\u00e9q", -100.0],
             ["a\u00e9", -6], ["<s>", -5.0], ["A", -2]]
    byte_tokens = [[f"<0x{byte:02X}>", -50.0] for byte in range(256)]
    unigram = lambda vocab, **options: step("Unigram", **({"unk_id": 0, "vocab": vocab, "byte_fallback": False} | options))
    for name, model in {"plain": unigram(vocab), "bytes": unigram(vocab + byte_tokens, byte_fallback=True), "unknown 3": unigram(vocab, unk_id=3),
                        "some bytes": unigram(vocab + byte_tokens[:0xC3], byte_fallback=True), "twice": unigram(vocab + [["a", -9.0], ["b", -1.0]]),
                        "ties": unigram([["<unk>", 0], ["a", -1], ["b", -1], ["ab", -2], ["aa", -2], ["bb", -2], ["aab", -3]])}.items():
        for pre in (None, metaspace(), metaspace("first", False)):
            yield f"Unigram, {name}, {pre}", document(model, None, pre), pieces
    words = {"[UNK]": 0, "a": 1, "##b": 2, "##a": 3, "ab": 4, "##\u00e9": 5, "##": 6, "##\u6f22": 7, "b": 8, "##ab": 9, "#": 10, "###": 11}
    for pre in (None, step("WhitespaceSplit"), step("BertPreTokenizer")):
        for cleanup in (False, True):
            model = step("WordPiece", unk_token="[UNK]", continuing_subword_prefix="##", max_input_chars_per_word=10, vocab=words)
            yield f"WordPiece, {pre}, {cleanup}", document(model, None, pre, None, step("WordPiece", prefix="##", cleanup=cleanup)), pieces + ["#", "##"]
    texts = ["a", "\u2581", "\u2581a", " ", "<0x41>", "<0xC3>", "<0xA9>", "\u0120", "##b", "\u00e9", ".", "<0xGG>", "n", "'", "t", " n't"]
    added = [token(i + 1, text, normalized=False, special=i % 2 == 0) for i, text in enumerate(texts) if len(text) > 1]
    model = bpe({"<unk>": 0} | {text: i + 1 for i, text in enumerate(texts)}, unk_token="<unk>")
    spaces = step("Strip", content=" ", start=1, stop=0)
    decoders = {"none": None, "bytes": step("ByteFallback"), "Metaspace": metaspace("never"), "strip": step("Strip", content="a", start=2, stop=0),
                "Llama": steps("decoders", replace("\u2581", " "), step("ByteFallback"), step("Fuse"), spaces),
                "three": steps("decoders", step("ByteFallback"), metaspace("first"), step("WordPiece", prefix="##", cleanup=True))}
    for name, decoder in decoders.items():
        yield f"decoder {name}", document(model, None, None, None, decoder, added), texts


def in_bytes(pattern, behavior="Removed"):
    merges = [(left, right) for left in "abcst1-" for right in "abcst1-"]
    return document(byte_bpe(merges), None, steps("pretokenizers", split({"Regex": pattern}, behavior), BYTES))


def pattern_cases():
    pieces = ["a", "b", "aab", "aaa", " ", "\u3001", "\u6f22", "\u3042", "\u30ab", "\u30fb", "\u3005", "\u00b7", "\u03b1\u0345", "\u0640", "\u0627", "\u060c", "'S", "x{1",
              "{,3}", "-", "\U0001fa77", "\U0001f300", "\U00031350", "\U00020000", "\U0002b739", "\U00010ec2", "\U00010d40", "\u0ece", "\u0e01", "\U0001b132",
              "\U0001171e", "\U00013439", "\u0897", "\ufb06", "st", "\u00df", "ss"]
    for pattern in (r"\p{Han}+", r"[^\p{Han}]", r"\p{Hiragana}", r"\p{Katakana}", r"\p{Greek}+", r"\p{Latin}+", r"\p{Arabic}", r"\p{Lao}", r"\p{Thai}", r"\p{Mn}",
                    r"\p{Mc}", r"\p{Cf}", r"\p{Cn}", r"\d", r"\p{So}", "a{,2}b", "a{,2}", "a{1,}?b", "x{1", "[\U0001f300-\U0001f5ff]", "[\U00020000-\U0002a6df]+",
                    "\U00020000", "[\u2300-\u23ff]", "[\u3400-\u9fff\U00020000-\U000323af]", "(?i:'s|'t|'re)", r"[^\s\p{L}\p{N}]+"):
        yield f"pattern {pattern}", in_bytes(pattern), pieces


ATOMS = ["a", "b", "s", "t", "f", "i", "-", " ", "\\s", "\\S", "\\d", "\\p{L}", "\\P{L}", "\\p{Han}", "[ab]", "[^a]", "[a-c]", "[^\\s\\p{L}]", "[\\p{N}-]",
         "[-a]", "\\-", "\u00e9", "\u6f22", "[\u00e9-\u00fc]", "\\p{Lu}", "{", "}", "]", "'", "\\n", "[\u4e00-\u9fa5]", "1", "\\{"]
COUNTS = ["", "", "", "", "*", "+", "?", "*?", "+?", "??", "*+", "++", "?+", "{2}", "{1,2}", "{,2}", "{1,}", "{,2}?", "{1,}?", "{0}", "{2}?"]
GROUPS = ["(?:", "(", "(?i:", "(?=", "(?!", "(?<=", "(?<!", "(?>"]
PATTERN_PIECES = ["a", "b", "c", "s", "ss", "st", "S", "T", "f", "ff", "fi", "-", " ", "  ", "1", "12", "\u00e9", "\u00fc", "\u00c9", "\u6f22", "\u5b57", "\u3001", "\u00df", "\ufb01",
                  "\ufb06", "\u017f", "{", "}", "{2}", "]", "'", "\n", "A"]


def random_pattern(rng, depth=2):
    def one():
        if depth > 0 and rng.random() < 0.3:
            return rng.choice(GROUPS) + random_pattern(rng, depth - 1) + ")"
        return rng.choice(ATOMS)

    return "|".join("".join(one() + rng.choice(COUNTS) for _ in range(rng.randint(1, 3))) for _ in range(rng.choice([1, 1, 1, 2, 3])))


def texts_of(rng, pieces, count):
    return ["", *("".join(rng.choice(pieces) for _ in range(rng.randint(1, 8))) for _ in range(count))]


def differences(driver, folder, content, texts):
    """A line for each kind of difference; None where winnow refuses the file's pattern."""
    path = folder / "tokenizer.json"
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    done = subprocess.run([driver, str(folder), "--specials"], input="".join(json.dumps(text) + "\n" for text in texts), capture_output=True, text=True)
    if "regular expression" in done.stderr and ("is not supported" in done.stderr or "is malformed" in done.stderr):
        return None
    if done.returncode:
        return [f"winnow fails: {done.stderr.strip()[:300]}"]
    try:
        reference = Tokenizer.from_file(str(path))
    except Exception as error:
        return [f"the reference refuses the file: {str(error)[:200]}"]
    found = {}
    for text, line in zip(texts, done.stdout.splitlines(), strict=True):
        ours, theirs = json.loads(line), reference.encode(text)
        decoded = [reference.decode(theirs.ids, skip_special_tokens=skip) for skip in (False, True)]
        for kind, our, their in (("ids", ours["ids"], theirs.ids), ("offsets", ours["offsets"], byte_offsets(text, theirs.offsets)),
                                 ("decoded", [ours["text"], ours["plain_text"]], decoded)):
            if our != their:
                found.setdefault(kind, f"{kind} of {text!a}: ours {our!a:.200}, theirs {their!a:.200}")
                break
    return list(found.values())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("driver")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--patterns", type=int, default=200)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    wrong, files, refused = [], 0, 0
    with tempfile.TemporaryDirectory() as scratch:
        for cases in (added_token_cases, normalizer_cases, split_cases, model_cases, pattern_cases):
            for name, content, pieces in cases():
                files += 1
                found = differences(options.driver, Path(scratch), content, texts_of(rng, pieces, 120))
                wrong += [f"{name}: {line}" for line in (["winnow refuses it"] if found is None else found)]
        for _ in range(options.patterns):
            pattern, behavior = random_pattern(rng), rng.choice(BEHAVIORS)
            found = differences(options.driver, Path(scratch), in_bytes(pattern, behavior), texts_of(rng, PATTERN_PIECES, 40))
            refused += found is None
            wrong += [f"pattern {pattern!a}, {behavior}: {line}" for line in found or ()]
    for line in wrong[:20]:
        print(line)
    print(f"seed {options.seed}: {files} files and {options.patterns} random patterns ({refused} refused): {len(wrong)} differences")
    return 1 if wrong or refused > 0.8 * options.patterns else 0


if __name__ == "__main__":
    sys.exit(main())
