"""Compares the prompt templates with transformers' apply_chat_template on the vendors' own Jinja texts, with FastChat, and with
transcriptions of the papers' prompts, on real rows; and runs the import of unknown chat templates end to end.

    chat_template_parity_test.py DRIVER        (WINNOW_TEMPLATE_PACKAGES, WINNOW_SMOLLM2: see prompt_template_oracles.py)
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import prompt_template_oracles as oracles

ROOT = pathlib.Path(__file__).resolve().parents[2]
IMPORT = ROOT / "src" / "import" / "chat_template.py"
SENTINEL = "\ue000answer\ue001"
IMPORTED = {"mistral": "mistral", "mistral v1": None, "gemma": None, "gemma 3": None, "phi-3": None, "deepseek-v3": None,
            "qwen-3 2507": None, "llama-3.2": "llama-3.1", "smollm2": "smollm2", "llama-3": "llama-3"}
BY_HASH = {"llama-3": "llama-3", "llama-3 at release": "llama-3", "llama-3 of llama-3.1's tokenizer": "llama-3",
           "llama-3.1": "llama-3.1", "llama-3.2": "llama-3.1", "qwen-2.5": "qwen-2.5", "smollm2": "smollm2",
           "qwen-3": "qwen-3", "qwen-3 of trl": "qwen-3", "gemma 3": "gemma-3", "deepseek-v3": "deepseek-v3"}
NAMED = BY_HASH | {"chatml": "chatml", "mistral": "mistral"}
SYSTEM = "Be brief. 请简短。"

failures = 0


def fail(message):
    global failures
    failures += 1
    if failures <= 20:
        print("FAIL", message)


def drive(questions):
    lines = "".join(json.dumps(question) + "\n" for question in questions)
    done = subprocess.run([sys.argv[1]], input=lines.encode(), stdout=subprocess.PIPE, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def user_text(sample):
    return sample["instruction"] + ("\nInput: " + sample["input"] if sample["input"] else "")


def messages_of(sample, answer):
    system = [("system", sample["system"])] if "system" in sample else []
    return system + [tuple(turn) for turn in sample["history"]] + [("user", user_text(sample)), ("assistant", answer)]


def check_text(what, got, render, messages_with, output, trailing="", rewrites_thoughts=False):
    """`render(messages_with(answer))` is the text; the span's ends come from rendering a sentinel in the answer's place (behind its
    thoughts, where the template takes these out)."""
    expected = render(messages_with(output)).removesuffix(trailing)
    thoughts = output[:output.rfind("</think>") + len("</think>")] if rewrites_thoughts and "</think>" in output else ""
    before, after = (part.encode() for part in render(messages_with(thoughts + SENTINEL)).removesuffix(trailing).split(SENTINEL))
    size = len(expected.encode())
    span = {"answer_begin": len(before), "answer_end": size - len(after), "scored_end": size}
    if got != {"text": expected} | span:
        fail(f"{what}: got {json.dumps(got, ensure_ascii=False)[-300:]}, expected {expected[-200:]!r} with {span}")


def compare(what, question, samples, render, render_direct=None, trailing="", render_prompt=None):
    rewrites = question.get("template") == "qwen-3"
    answers = drive([question | {"sample": sample} for sample in samples])
    for sample, answer in zip(samples, answers, strict=True):
        if "error" in answer:
            fail(f"{what}: {answer['error']}")
            continue
        output = sample["output"]
        check_text(what, answer["conditional"], render, lambda text: messages_of(sample, text), output, trailing, rewrites)
        check_text(what + " direct", answer["direct"], render_direct or render, lambda text: [("assistant", text)], output, trailing, rewrites)
        if render_prompt:
            expected = render_prompt(messages_of(sample, "")[:-1])
            if answer["prompt"] != expected:
                fail(f"{what} with a generation prompt: got {answer['prompt'][-200:]!r}, expected {expected[-200:]!r}")
    print(f"{what}: {len(samples)} samples compared, as {answers[0].get('name')}")
    return answers


def compare_vendors(texts, samples):
    for vendor, name in NAMED.items():
        if vendor not in texts:
            continue
        text, tokens = texts[vendor]
        release_tail = "<|start_header_id|>assistant<|end_header_id|>\n\n" if vendor == "llama-3 at release" else ""
        free = oracles.renderer(oracles.without_role_check(text), tokens)
        render = oracles.renderer(text, tokens)
        asked = samples + oracles.thoughtful_samples() if name == "qwen-3" else samples
        compare(f"vendor {vendor}", {"template": name}, asked, render, free, release_tail, lambda m: render(m, not release_tail))
    with tempfile.TemporaryDirectory() as folder:
        for vendor in texts:
            answer = drive([{"folder": folder, "chat_template": texts[vendor][0], "sample": samples[0]}])[0]
            if answer.get("name") != BY_HASH.get(vendor) or ("error" in answer and answer["code"] != 5):
                fail(f"auto for {vendor}: {answer.get('name') or answer}, expected {BY_HASH.get(vendor) or 'a model error'}")


    for vendor, name in NAMED.items():
        if vendor in texts:
            check_order(f"vendor {vendor}", {"template": name}, oracles.renderer(*texts[vendor]))
    tool = dict(samples[0], instruction="<tool_response>x</tool_response>", input="")
    if "qwen-3" in drive([{"template": "qwen-3", "sample": tool}])[0].get("name", ""):
        fail("qwen-3 takes a tool's response for a user text")


def check_order(what, question, render):
    """Samples whose turns do not alternate are refused (exit 3) exactly where the template raises an error."""
    for history in oracles.UNORDERED:
        sample = {"instruction": "Q", "input": "", "output": "A", "history": history}
        answer = drive([question | {"sample": sample}])[0]
        try:
            expected = render(messages_of(sample, "A"))
        except Exception:
            expected = None
        if expected is None and answer.get("code") != 3:
            fail(f"{what}: the template refuses {history}, got {answer}")
        if expected is not None and "llama-3 at release" not in what and answer.get("conditional", {}).get("text") != expected:
            fail(f"{what}: {history} gives {answer}, expected {expected!r}")


def compare_imports(texts, samples):
    for vendor, named in IMPORTED.items():
        if vendor not in texts:
            continue
        text, tokens = texts[vendor]
        with tempfile.TemporaryDirectory() as folder:
            config = {name: token for name, token in tokens.items() if name != "date_string"} | {"chat_template": text}
            (pathlib.Path(folder) / "tokenizer_config.json").write_text(json.dumps(config))
            done = subprocess.run([sys.executable, IMPORT, folder], capture_output=True, text=True)
            if done.returncode != 0:
                fail(f"import of {vendor}: {done.stderr}")
                continue
            if ("26 Jul 2024" in done.stdout) != (vendor == "llama-3.2"):
                fail(f"import of {vendor} says about its date: {done.stdout}")
            asked = samples
            if vendor == "gemma":  # refuses a system message
                asked = [sample for sample in samples if "system" not in sample]
            free = oracles.renderer(oracles.without_role_check(text), tokens)
            question = {"folder": folder, "chat_template": text}
            render = oracles.renderer(text, tokens)
            answers = compare(f"import {vendor}", question, asked, render, free, render_prompt=lambda m: render(m, True))
            check_order(f"import {vendor}", question, render)
            if named and drive([{"template": named, "sample": s} for s in asked[:50]]) != [a | {"name": named} for a in answers[:50]]:
                fail(f"import of {vendor} differs from the named template {named}")


def check_refusals(texts):
    bad = {"not Jinja": "{% for %}", "nothing": "", "too much memory": "{{ 'x' * 10 ** 11 }}", "no answer": "{{ messages[0].content }}",
           "upper case": "{% for m in messages %}{{ m.role }}:{{ m.content | upper }};{% endfor %}",
           "escape": "{{ ''.__class__.__mro__[1].__subclasses__() }}"}
    if "qwen-3" in texts:
        bad["qwen-3"] = texts["qwen-3"][0]
    for what, text in bad.items():
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "tokenizer_config.json").write_text(json.dumps({"chat_template": text}))
            done = subprocess.run([sys.executable, IMPORT, folder], capture_output=True, text=True)
            one_line = done.stderr.count("\n") == 1 and "set model.template to one of chatml, " in done.stderr
            if done.returncode != 5 or not one_line or (pathlib.Path(folder) / "winnow_template.json").exists():
                fail(f"import of {what}: rc {done.returncode}, {done.stderr!r}, expected a refusal in one line")
    print(f"import: {len(bad)} templates refused")


def compare_iterit(texts, samples):
    sources = {"iterit-llama-3": "llama-3", "iterit-llama-3.1": "llama-3.1", "iterit-mistral": "mistral", "iterit-qwen-2.5": "qwen-2.5"}
    prefixes = []
    for name, vendor in sources.items():
        sent = [dict(sample, system=oracles.SENTENCE) for sample in samples]
        plain = [{key: value for key, value in sample.items() if key != "system"} for sample in samples]
        answers = compare(f"methods.md {name}", {"template": name}, sent, lambda messages: oracles.iterit_text(name, messages))
        if drive([{"template": name, "sample": sample} for sample in plain]) != answers:
            fail(f"{name} does not bring IterIT's system sentence")
        for sample, answer in zip(samples, answers):
            prefixes += [(answer["conditional"]["text"], sample["output"]), (answer["direct"]["text"], sample["output"])]
        if vendor in texts:  # IterIT's Jinja is the vendor's with another end token (llama-3) or without the role check (mistral)
            text, tokens = texts[vendor]
            text = oracles.without_role_check(text)
            if name == "iterit-llama-3":
                text = text.replace("<|eot_id|>", "<|end_of_text|>")
            compare(f"Jinja {name}", {"template": name}, sent, oracles.renderer(text, tokens))
    got = drive([{"prefix_of": text, "output": output} for text, output in prefixes])
    wrong = [pair for pair, answer in zip(prefixes, got) if answer["prefix"] != pair[0][: pair[0].rfind(pair[1])]]
    if wrong:
        fail(f"iterit_prefix differs from Python for {wrong[0]}")
    missed = sum(text.rfind(output) < 0 for text, output in prefixes)
    print(f"iterit_prefix: {len(prefixes)} texts compared, {missed} of them without the output")


def compare_plain(samples):
    single = [sample for sample in samples if not sample["history"] and "system" not in sample]
    for name, prompt, direct in (("alpaca", oracles.alpaca_text, "### Response:"), ("bare", oracles.bare_text, "")):
        for sample, answer in zip(single, drive([{"template": name, "sample": sample} for sample in single])):
            render = lambda messages: prompt(sample["instruction"], sample["input"]) + messages[-1][1]
            check_text(name, answer["conditional"], render, lambda text: messages_of(sample, text), sample["output"])
            check_text(name, answer["direct"], lambda m: direct + m[-1][1], lambda text: messages_of(sample, text), sample["output"])
        print(f"{name}: {len(single)} samples compared with the transcription")
    fastchat = oracles.fastchat_conversations()
    if fastchat is None:
        print("vicuna: no fschat wheel, not compared")
        return
    count = 0
    for sample, answer in zip(samples, drive([{"template": "vicuna", "sample": sample} for sample in samples])):
        messages = [message for message in messages_of(sample, sample["output"]) if message[0] != "system"]
        if not all(text for _, text in messages):
            continue  # FastChat writes an empty message as one still to come
        conversation = fastchat.get_conv_template("vicuna_v1.1")
        if "system" in sample:
            conversation.set_system_message(sample["system"])
        for role, text in messages:
            conversation.append_message(conversation.roles[role == "assistant"], text)
        got, count = answer["conditional"], count + 1
        if got["text"] + "</s>" != conversation.get_prompt() or not got["text"].encode()[got["answer_begin"] :].decode() == sample["output"]:
            fail(f"vicuna: got {got['text'][-200:]!r}, FastChat {conversation.get_prompt()[-200:]!r}")
        conversation.update_last_message(None)
        if answer["prompt"] != conversation.get_prompt():  # what FastChat has a model go on with: no space behind `ASSISTANT:`
            fail(f"vicuna: prompt {answer['prompt'][-200:]!r}, FastChat {conversation.get_prompt()[-200:]!r}")
    print(f"vicuna: {count} samples compared with FastChat")


def main():
    instruct = ROOT.parent / "shared" / "data" / "instruct"
    if not instruct.exists():
        print("skipped: ../shared/data/instruct is absent")
        return 77
    samples = oracles.real_samples(instruct) + oracles.awkward_samples()
    samples = [dict(sample, system="" if i % 6 == 0 else SYSTEM) if i % 3 == 0 else sample for i, sample in enumerate(samples)]
    texts = oracles.vendor_texts()
    sys.path.insert(0, str(IMPORT.parent))
    import chat_template

    if drive([{"names": True}])[0] != list(chat_template.NAMES):
        fail("chat_template.py lists other template names than the program")
    compare_plain(samples)
    compare_iterit(texts, samples)
    compare_vendors(texts, samples)
    compare_imports(texts, samples)
    check_refusals(texts)
    print(f"{failures} failures, vendors' texts: {', '.join(texts) or 'none'}")
    if failures:
        return 1
    if not texts:
        print("skipped: transcriptions are equal, but no vendor's template was found (WINNOW_TEMPLATE_PACKAGES, WINNOW_SMOLLM2)")
        return 77
    return 0


if __name__ == "__main__":
    sys.exit(main())
