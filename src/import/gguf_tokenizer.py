"""tokenizer.json and tokenizer_config.json from the vocabulary that a GGUF file carries (byte-level BPE)."""

from publish import MODEL, ImportFailure

# Values of tokenizer.ggml.token_type (llama.cpp, enum llama_token_type).
CONTROL, USER_DEFINED, UNUSED = 3, 4, 5

_LLAMA3_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_QWEN2_PATTERN = _LLAMA3_PATTERN.replace(r"\p{N}{1,3}", r"\p{N}")


def _byte_level(use_regex: bool) -> dict:
    return {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": use_regex}


def _split_then_bytes(pattern: str) -> dict:
    split = {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}
    return {"type": "Sequence", "pretokenizers": [split, _byte_level(False)]}


_DIGITS_THEN_BYTES = {
    "type": "Sequence",
    "pretokenizers": [{"type": "Digits", "individual_digits": True}, _byte_level(True)],
}

# tokenizer.ggml.pre -> the pre-tokenizer of the vendor's own tokenizer.json.
_PRE_TOKENIZERS = {
    "gpt-2": _byte_level(True),
    "smollm": _DIGITS_THEN_BYTES,
    "llama-bpe": _split_then_bytes(_LLAMA3_PATTERN),
    "qwen2": _split_then_bytes(_QWEN2_PATTERN),
}


def tokenizer_json(fields: dict, path) -> dict:
    """`fields`: the file's metadata by key. Raises ImportFailure for a vocabulary of another kind, named."""
    kind, pre = fields.get("tokenizer.ggml.model"), fields.get("tokenizer.ggml.pre")
    if kind != "gpt2":
        raise ImportFailure(MODEL, f"{path}: tokenizer.ggml.model is '{kind}', expected 'gpt2' (byte-level BPE)")
    if pre not in _PRE_TOKENIZERS:
        raise ImportFailure(
            MODEL, f"{path}: tokenizer.ggml.pre is '{pre}', expected one of {', '.join(sorted(_PRE_TOKENIZERS))}"
        )
    tokens, types = fields["tokenizer.ggml.tokens"], fields["tokenizer.ggml.token_type"]
    if len(types) != len(tokens):
        raise ImportFailure(MODEL, f"{path}: {len(tokens)} tokens but {len(types)} token types")
    added = [
        {
            "id": token_id,
            "content": token,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
            "special": kind == CONTROL,
        }
        for token_id, (token, kind) in enumerate(zip(tokens, types))
        if kind in (CONTROL, USER_DEFINED)
    ]
    # A merge is two tokens and one space; byte-level tokens hold no space.
    merges = [merge.split(" ") for merge in fields["tokenizer.ggml.merges"]]
    if any(len(pair) != 2 for pair in merges):
        raise ImportFailure(MODEL, f"{path}: tokenizer.ggml.merges holds an entry that is not two tokens")
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": {"type": "NFC"} if pre == "qwen2" else None,
        "pre_tokenizer": _PRE_TOKENIZERS[pre],
        "post_processor": _post_processor(fields, tokens),
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": pre == "llama-bpe",
            "vocab": {token: i for i, (token, kind) in enumerate(zip(tokens, types)) if kind != UNUSED},
            "merges": merges,
        },
    }


def tokenizer_config(fields: dict) -> dict:
    tokens = fields["tokenizer.ggml.tokens"]
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": fields["llama.context_length"],
        "clean_up_tokenization_spaces": False,
    }
    for name, key in (("bos_token", "bos"), ("eos_token", "eos"), ("unk_token", "unknown"), ("pad_token", "padding")):
        token_id = fields.get(f"tokenizer.ggml.{key}_token_id")
        if token_id is not None:
            config[name] = tokens[token_id]
    if "tokenizer.chat_template" in fields:
        config["chat_template"] = fields["tokenizer.chat_template"]
    return config


def _post_processor(fields: dict, tokens: list) -> dict:
    """What the tokenizer itself adds around a text. llama.cpp adds BOS for llama-bpe unless the file says no."""
    begins = fields.get("tokenizer.ggml.add_bos_token", fields["tokenizer.ggml.pre"] == "llama-bpe")
    ends = fields.get("tokenizer.ggml.add_eos_token", False)
    special = []
    if begins:
        special.append(("bos", fields["tokenizer.ggml.bos_token_id"]))
    if ends:
        special.append(("eos", fields["tokenizer.ggml.eos_token_id"]))
    if not special:
        return _byte_level(True) | {"trim_offsets": False}

    def around(sequence: str, type_id: int) -> list:
        part = [{"Sequence": {"id": sequence, "type_id": type_id}}]
        marks = {name: {"SpecialToken": {"id": tokens[i], "type_id": type_id}} for name, i in special}
        return ([marks["bos"]] if begins else []) + part + ([marks["eos"]] if ends else [])

    return {
        "type": "TemplateProcessing",
        "single": around("A", 0),
        "pair": around("A", 0) + around("B", 1),
        "special_tokens": {tokens[i]: {"id": tokens[i], "ids": [i], "tokens": [tokens[i]]} for _, i in special},
    }
