"""The imported folder against transformers' own reading of the same GGUF file: logits, tokens, chat template.

Needs the environment variables WINNOW_SMOLLM2 (the imported folder) and WINNOW_SMOLLM2_GGUF (the file it came from).
"""

import os
import sys
from pathlib import Path

folder, source = os.environ.get("WINNOW_SMOLLM2"), os.environ.get("WINNOW_SMOLLM2_GGUF")
if not folder or not source or not Path(folder).is_dir() or not Path(source).is_file():
    print("skipped: WINNOW_SMOLLM2 and WINNOW_SMOLLM2_GGUF must name the imported folder and its GGUF file")
    sys.exit(77)

import tokenizers
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

TEXTS = [
    "In 1984, 3.14159 is 22/7 (almost); 1,234,567 != 12345.",
    "  leading spaces\n\n\ttabs and\r\nnew lines   ",
    "def f(x):\n    return x ** 2 + 10",
    "机器学习是人工智能的一个分支。Ünïcödé, 한국어, العربية, 🙂👩‍👩‍👧",
    "I'll've they're we'd IT'S don't",
    "<|im_start|>user\nHello 42<|im_end|>\n<|im_start|>assistant\n",
    "½ ²³ ٣٤ १२ Ⅻ",
    "",
]

file = Path(source)
reference = AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name, dtype=torch.float32).eval()
reference_tokens = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
# transformers does not read tokenizer.ggml.pre: the splitting of digits that this vocabulary was trained with is put before its ByteLevel.
backend = reference_tokens.backend_tokenizer
backend.pre_tokenizer = tokenizers.pre_tokenizers.Sequence(
    [
        tokenizers.pre_tokenizers.Digits(individual_digits=True),
        tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
    ]
)
ours = AutoModelForCausalLM.from_pretrained(folder).eval()
our_tokens = AutoTokenizer.from_pretrained(folder)
assert ours.dtype == torch.float32, ours.dtype

theirs, mine = reference.state_dict(), ours.state_dict()
assert theirs.keys() == mine.keys()
for name in theirs:
    assert torch.equal(theirs[name], mine[name]), name

for text in TEXTS:
    expected, got = reference_tokens(text), our_tokens(text)
    assert expected["input_ids"] == got["input_ids"], (text, expected["input_ids"], got["input_ids"])
    assert our_tokens.decode(got["input_ids"]) == text, text
    if text:
        ids = torch.tensor([got["input_ids"]])
        with torch.inference_mode():
            assert torch.equal(reference(ids).logits, ours(ids).logits), text

for key in ("bos_token", "eos_token", "unk_token", "pad_token"):
    assert getattr(reference_tokens, key) == getattr(our_tokens, key), key
messages = [{"role": "user", "content": "Name 3 colours."}, {"role": "assistant", "content": "Red, green, blue."}]
expected = reference_tokens.apply_chat_template(messages, tokenize=False)
assert expected == our_tokens.apply_chat_template(messages, tokenize=False)
assert "Name 3 colours." in expected
for name in ("eos_token_id", "bos_token_id", "pad_token_id"):
    assert getattr(ours.generation_config, name) == getattr(reference.config, name), name
print(f"{len(theirs)} tensors, {len(TEXTS)} texts: equal")
