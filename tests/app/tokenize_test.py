"""`winnow tokenize`: ids, offsets in characters, decoding, and lines that it refuses."""
import json
import unittest

import program

DATA, MODEL, USAGE = 3, 5, 2
TOKENIZER = {
    "version": "1.0", "added_tokens": [], "normalizer": {"type": "Lowercase"}, "pre_tokenizer": {"type": "Whitespace"},
    "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 1], "cls": ["[CLS]", 2]},
    "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
    "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
              "vocab": {"[UNK]": 0, "[SEP]": 1, "[CLS]": 2, "\u00e4p": 3, "##fel": 4, "rot": 5, ".": 6}}}


class Tokenize(program.ProgramTest):
    def setUp(self):
        super().setUp()
        self.write("model/tokenizer.json", json.dumps(TOKENIZER))

    def lines(self, text, *flags):
        file = self.write("lines.jsonl", text)
        done = self.succeed("tokenize", self.folder / "model", file, *flags)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def refuse(self, text, *fragments, flags=()):
        file = self.write("lines.jsonl", text)
        self.fail_with(DATA, *fragments, arguments=["tokenize", self.folder / "model", file, *flags])

    def test_ids(self):
        self.assertEqual(self.lines('"\u00c4pfel rot."\n"x"\n""\n'), [[3, 4, 5, 6], [0], []])

    def test_offsets_count_characters(self):
        self.assertEqual(self.lines('"\u00c4pfel \u6771 rot."\n', "--offsets"),
                         [{"ids": [3, 4, 0, 5, 6], "offsets": [[0, 2], [2, 5], [6, 7], [8, 11], [11, 12]]}])

    def test_decoding(self):
        self.assertEqual(self.lines("[3, 4, 5, 6]\n[]\n[2, 5]", "--decode"), ["\u00e4pfel rot.", "", "[CLS] rot"])

    def test_lines_of_another_kind(self):
        self.refuse('"rot"\n7\n', "lines.jsonl:2: found number, expected a JSON string")
        self.refuse('"rot', "lines.jsonl:1: found no JSON")
        self.refuse('"rot"\n\n', "lines.jsonl:2: found no JSON")
        self.refuse("[5]\n\"rot\"\n", "lines.jsonl:2: found string, expected a JSON array", flags=["--decode"])
        for bad in ("7", "-1", "1.0", '"5"', "[5]", "99999999999999999999"):
            self.refuse(f"[5, {bad}]\n", "lines.jsonl:1: found", "expected token ids from 0 to 6", flags=["--decode"])

    def test_flags_and_folders(self):
        file = self.write("lines.jsonl", "")
        self.fail_with(USAGE, "--offsets", arguments=["tokenize", self.folder / "model", file, "--decode", "--offsets"])
        self.fail_with(MODEL, "tokenizer.json", arguments=["tokenize", self.folder, file])


if __name__ == "__main__":
    unittest.main()
