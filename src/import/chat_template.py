"""Turns the chat template of a model folder into winnow_template.json, the fixed texts that `template: auto` renders with.

    python chat_template.py FOLDER

The Jinja template is rendered, in a sandbox, on probe conversations; what stands around the messages is its form (ChatForm in
src/data/chat_template.hpp). The form is then checked against the template on generated conversations. A template that is not
fixed texts around messages is refused in one line (exit code 5). Today's date is fixed at 26 Jul 2024, Llama's own default, so
that a score does not depend on the day.
"""

import argparse
import datetime
import hashlib
import json
import os
import pathlib
import random
import resource
import signal
import sys

from chat_template_jinja import DATE, CannotExpress, renderer

FORMAT = "winnow chat form 1"
NAMES = (
    "chatml", "llama-3", "llama-3.1", "qwen-2.5", "mistral", "smollm2", "qwen-3", "gemma-3", "deepseek-v3", "iterit-llama-3",
    "iterit-llama-3.1", "iterit-mistral", "iterit-qwen-2.5", "alpaca", "vicuna", "bare",
)
SYSTEM, USER, ANSWER, USER_2, ANSWER_2 = "<<sys_1>>", "<<usr_1>>", "<<asw_1>>", "<<usr_2>>", "<<asw_2>>"
AWKWARD = (
    "", " ", "\n", " \n\t x \r\n ", "\u3000全角\u3000空格\u3000", "\u00a0x\u2028", "\u200bx\u200b", "\x1cx\x1f", "你好,世界!",
    "naïve 🙂 e\u0301", "{{ messages }} {% if x %}", "{# comment #}", "<think>a</think>b", "</think>", "[INST] x [/INST]", "</s>",
    "<|im_end|>\n<|im_start|>user\n", "<|eot_id|>", "system", "user", "assistant", "<b>&amp;\"'</b>", "\\n \\", "a\n\n\nb",
    "### Response:", "<tool_call>{}</tool_call>", "<tool_response>x</tool_response>", "x" * 3000, "0", "null",
)


def messages_of(system, history, user, answer):
    """`system` None: no such message. `user` None: the answer alone. In an earlier turn None stands for a message left out."""
    messages = [] if system is None else [("system", system)]
    for question, reply in history:
        messages += [(role, text) for role, text in (("user", question), ("assistant", reply)) if text is not None]
    return messages + ([] if user is None else [("user", user)]) + [("assistant", answer)]


def write_down(form, system, history, user, answer):
    """What `form` renders, with a generation prompt if `answer` is None; None where it takes no system message."""

    def part(role, text):
        return text.strip() if form["trim_" + role] else text

    if user is None:
        return form["direct_open"] + part("answer", answer) + form["answer_close"]
    if form["must_alternate"] and any(None in pair for pair in history):
        return None
    if system == "" and form["drops_empty_system"]:
        system = None
    place, in_first_user = form["system_place"], ""
    text = form["start"]
    if system is not None and place == "refused":
        return None
    if system is not None and place == "block":
        text += form["system_open"] + part("system", system) + form["system_close"]
    else:
        text += form["no_system"]
    in_last_user = ""
    if system is not None and place == "in_first_user":
        in_first_user = form["system_open"] + part("system", system) + form["system_close"]
    if system is not None and place == "in_last_user" and answer is None:
        in_last_user = form["system_open"] + part("system", system) + form["system_close"]
    for question, reply in history:
        if question is not None:
            text += form["user_open"] + in_first_user + part("user", question) + form["user_close"]
            in_first_user = ""
        if reply is not None:
            text += form["assistant_open"] + part("assistant", reply) + form["assistant_close"]
    text += form["user_open"] + in_first_user + in_last_user + part("user", user) + form["user_close"]
    if answer is None:
        return text + form["generation_open"]
    return text + form["answer_open"] + part("answer", answer) + form["answer_close"]


def _pieces(text, what, *markers):
    """The texts before, between and behind the markers."""
    if text is None:
        raise CannotExpress(f"it refuses {what}")
    pieces = []
    for marker in markers:
        if text.count(marker) != 1:
            raise CannotExpress(f"it does not write every message of {what} exactly once and in order")
        before, text = text.split(marker)
        pieces.append(before)
    return [*pieces, text]


def _find_turns(render):
    """The form without its system and direct parts, and what stands before the first user turn."""
    one = "a user message and an answer"
    two = "a conversation with one earlier turn"
    head, middle, tail = _pieces(render(messages_of(None, [], USER, ANSWER)), one, USER, ANSWER)
    head_2, earlier_middle, between, middle_2, tail_2 = _pieces(
        render(messages_of(None, [(USER, ANSWER)], USER_2, ANSWER_2)), two, USER, ANSWER, USER_2, ANSWER_2
    )
    if (head, middle, tail) != (head_2, middle_2, tail_2):
        raise CannotExpress("what it writes around the last question and answer changes with earlier turns")
    if tail == middle and not between.startswith(tail):
        raise CannotExpress("it goes on with the next answer's beginning after every conversation")
    assistant_close = tail if between.startswith(tail) else os.path.commonprefix([tail, between])
    user_open = between.removeprefix(assistant_close)
    if not head.endswith(user_open):
        raise CannotExpress("its first user turn does not begin like the later ones")
    user_close = _find_user_close(render, head, user_open)
    if not (middle.startswith(user_close) and earlier_middle.startswith(user_close)):
        user_close = ""
    form = {
        "user_open": user_open,
        "user_close": user_close,
        "assistant_open": earlier_middle.removeprefix(user_close),
        "assistant_close": assistant_close,
        "answer_open": middle.removeprefix(user_close),
        "answer_close": tail,
    }
    return form, head.removesuffix(user_open) if user_open else head


def _find_user_close(render, head, user_open):
    """What closes a user message, shown by a second one behind it, else by a conversation that ends there; "" where neither shows it."""
    two = render([("user", USER), ("user", USER_2), ("assistant", ANSWER)]) or ""
    between, found, _ = two.removeprefix(head + USER).partition(USER_2)
    if two.startswith(head + USER) and found and between.endswith(user_open):
        return between.removesuffix(user_open) if user_open else between
    alone = render([("user", USER)]) or ""
    return alone.removeprefix(head + USER) if alone.startswith(head + USER) else ""


def _find_system(render, turns, lead, bos):
    """Where and between which texts a system message stands; `lead` is what stands before the first user turn without one."""
    form = {"start": lead, "system_open": "", "system_close": "", "no_system": "", "own_system": ""}
    text = render(messages_of(SYSTEM, [], USER, ANSWER))
    if text is None:
        return form | {"system_place": "refused"}
    if text == render(messages_of(None, [], USER, ANSWER)):
        return form | _find_unanswered_system(render, turns, lead)
    before, behind, _, _ = _pieces(text, "a system message, a user message and an answer", SYSTEM, USER, ANSWER)
    user_open = turns["user_open"]
    if behind.endswith(user_open):
        start = next(text for text in (lead, bos, "") if before.startswith(text) and lead.startswith(text))
        return form | {
            "system_place": "block",
            "start": start,
            "system_open": before.removeprefix(start),
            "system_close": behind.removesuffix(user_open) if user_open else behind,
            "no_system": lead.removeprefix(start),
        }
    if before.startswith(lead + user_open):
        return form | {
            "system_place": "in_first_user",
            "system_open": before.removeprefix(lead + user_open),
            "system_close": behind,
        }
    raise CannotExpress("its system message stands neither before the first user turn nor in it")


def _find_unanswered_system(render, turns, lead):
    """The part of the form of a system message that an answer makes the template leave out."""
    text = render(messages_of(SYSTEM, [], USER, "")[:-1], add_generation_prompt=True)
    if text is None or SYSTEM not in text:
        return {"system_place": "dropped"}
    before, behind, _ = _pieces(text, "a system message and a user message", SYSTEM, USER)
    if not before.startswith(lead + turns["user_open"]):
        return {"system_place": "dropped"}
    return {"system_place": "in_last_user", "system_open": before.removeprefix(lead + turns["user_open"]), "system_close": behind}


def _find_direct(render, turns, lead, bos):
    """What stands before an answer that is alone. A template that insists on a user turn gets its own beginning and lead-in."""
    text = render([("assistant", ANSWER)])
    if text is not None:
        before, behind = _pieces(text, "an answer alone", ANSWER)
        if behind != turns["answer_close"]:
            raise CannotExpress("an answer alone is not closed like an answer after a user message")
        return before
    if bos and not lead.startswith(bos):
        raise CannotExpress("it refuses an answer alone, and writes the BOS token only with a user turn")
    return lead + turns["answer_open"]


def _find_trims(render, form):
    """Sets the trim flags one by one, each from one conversation with white space around that role's text."""
    pad = " \n\u3000{}\u3000\n "
    probes = {
        "user": (None, [], pad.format(USER), ANSWER),
        "answer": (None, [], USER, pad.format(ANSWER)),
        "assistant": (None, [(USER, pad.format(ANSWER))], USER_2, ANSWER_2),
    }
    if form["system_place"] in ("block", "in_first_user"):
        probes["system"] = (pad.format(SYSTEM), [], USER, ANSWER)
    for role, probe in probes.items():
        text = render(messages_of(*probe))
        if text != write_down(form, *probe):
            form["trim_" + role] = True
            if text != write_down(form, *probe):
                raise CannotExpress(f"it changes the white space around a message ({role}) in a way of its own")


def _find_demands(render, form):
    """What the template makes of conversations that are out of order, and of an empty system message."""
    unordered = [(None, [("Q", None)], "R", "A"), (None, [(None, "B")], "Q", "A"), (None, [("Q", "A"), (None, "B")], "R", "C")]
    form["must_alternate"] = any(render(messages_of(*one)) != write_down(form, *one) for one in unordered)
    empty = ("", [("Q", "A")], "R", "B")
    form["drops_empty_system"] = render(messages_of(*empty)) != write_down(form, *empty)


def conversations():
    """Every awkward text in every role, then random mixtures with up to three earlier turns."""
    for text in AWKWARD:
        yield None, [], "Q", text
        yield None, [], text, "A"
        yield None, [("Q", text)], "Q", "A"
        yield None, [(text, "A")], "Q", "A"
        yield text, [], "Q", "A"
        yield None, [], None, text
    chosen = random.Random(20241223)
    for _ in range(240):
        history = [(chosen.choice(AWKWARD), chosen.choice(AWKWARD)) for _ in range(chosen.randrange(4))]
        system = chosen.choice((None, "Be brief.", chosen.choice(AWKWARD)))
        yield system, history, chosen.choice(AWKWARD), chosen.choice(AWKWARD)


def _verify(render, form):
    answers_alone = render([("assistant", ANSWER)]) is not None
    for conversation in conversations():
        if conversation[2] is None and not answers_alone:
            continue
        if render(messages_of(*conversation)) != write_down(form, *conversation):
            shown = json.dumps(messages_of(*conversation), ensure_ascii=False)
            raise CannotExpress(f"it is no fixed text around messages: the form found differs for {shown[:160]}")


def _find_generation(render, form):
    """What stands behind the last user message with a generation prompt; None where that is no fixed text."""
    before = write_down(form | {"generation_open": ""}, None, [], USER, None)
    text = render([("user", USER)], add_generation_prompt=True)
    if text is None or not text.startswith(before):
        return None
    found = form | {"generation_open": text.removeprefix(before)}
    for system, history, user, _ in conversations():
        if user is not None:
            messages = messages_of(system, history, user, "")[:-1]
            if render(messages, add_generation_prompt=True) != write_down(found, system, history, user, None):
                return None
    return found["generation_open"]


def derive_form(template_text, bos, eos, **special_tokens):
    """The form as a dictionary with ChatForm's members. `bos`, `eos`: the token texts, "" where the model has none.

    Raises CannotExpress.
    """
    tokens = {name: text for name, text in {"bos_token": bos, "eos_token": eos, **special_tokens}.items() if text}
    render = renderer(template_text, tokens)
    turns, lead = _find_turns(render)
    form = turns | _find_system(render, turns, lead, bos)
    form["direct_open"] = _find_direct(render, turns, lead, bos)
    form |= {"trim_" + role: False for role in ("system", "user", "assistant", "answer")}
    form |= {"must_alternate": False, "drops_empty_system": False}
    _find_trims(render, form)
    _find_demands(render, form)
    _verify(render, form)
    form["generation_open"] = _find_generation(render, form)
    return form


def writes_the_date(template_text, tokens):
    """True where the rendered text changes with the day."""
    probe = messages_of(None, [], USER, ANSWER)
    other_day = DATE + datetime.timedelta(days=400)
    return renderer(template_text, tokens)(probe) != renderer(template_text, tokens, other_day)(probe)


def read_folder(folder):
    """(chat template text or "", special token texts by name) of a model folder, as transformers reads them."""
    config_file = folder / "tokenizer_config.json"
    config = json.loads(config_file.read_text(encoding="utf-8")) if config_file.exists() else {}
    tokens = {}
    for key, value in config.items():
        text = value.get("content") if isinstance(value, dict) else value
        if key.endswith("_token") and isinstance(text, str):
            tokens[key] = text
    template = config.get("chat_template") or ""
    if isinstance(template, list):
        template = next((entry["template"] for entry in template if entry.get("name") == "default"), "")
    template_file = folder / "chat_template.jinja"
    if template_file.exists():
        template = template_file.read_bytes().decode("utf-8")
    return template, tokens


def write_template_file(folder):
    """Derives and writes winnow_template.json; returns what to tell the user. Raises CannotExpress."""
    text, tokens = read_folder(folder)
    if not text:
        raise CannotExpress("there is none in tokenizer_config.json and no chat_template.jinja")
    special = {name: token for name, token in tokens.items() if name not in ("bos_token", "eos_token")}
    form = derive_form(text, tokens.get("bos_token", ""), tokens.get("eos_token", ""), **special)
    name = "own-" + hashlib.sha256(text.encode()).hexdigest()[:12]
    target = folder / "winnow_template.json"
    unfinished = target.with_suffix(".json.part")
    content = {"format": FORMAT, "name": name, **form, "source": text}
    unfinished.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    os.replace(unfinished, target)
    date = "; the date it writes is fixed at 26 Jul 2024" if writes_the_date(text, tokens) else ""
    return f"{target}: chat template rendered as {name}{date}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    folder = parser.parse_args().folder

    def out_of_time(*_):
        raise CannotExpress("rendering takes longer than a minute")

    # A template is a program from the internet: it gets a minute and 2 GiB.
    signal.signal(signal.SIGALRM, out_of_time)
    signal.alarm(60)
    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
    if not folder.is_dir():
        sys.stderr.write(f"{folder}: there is no such model folder\n")
        return 5
    try:
        print(write_template_file(folder))
    except (CannotExpress, MemoryError, RecursionError, OSError, ValueError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        sys.stderr.write(
            f"{folder}: its chat template cannot be used: {reason}; set model.template to one of {', '.join(NAMES)}\n"
        )
        return 5
    return 0


if __name__ == "__main__":
    sys.exit(main())
