"""Issue S2: ids, spans, counts and losses of SmolLM2-135M against transformers, on real rows of all formats.

loss_parity.py PROGRAM PREPARE_ROWS [ROWS]: token ids, answer spans and counts of ROWS x 6 templates; summed losses in fp32 (each row
under one of the templates), and bf16 beside it. Texts are rendered by Jinja or transcription, spans come from offset mappings of a
text whose answer's place was found with a sentinel. Needs WINNOW_SMOLLM2 and ../shared/data; exit 77 otherwise."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "data"))
INSTRUCT = ROOT.parent / "shared" / "data" / "instruct"
MODEL = pathlib.Path(os.environ.get("WINNOW_SMOLLM2", "/nonexistent"))
if not INSTRUCT.is_dir() or not MODEL.is_dir():
    print("skipped: needs ../shared/data and WINNOW_SMOLLM2")
    sys.exit(77)

import h5py  # noqa: E402
import numpy  # noqa: E402
import torch  # noqa: E402
import transformers  # noqa: E402
from scipy.stats import spearmanr  # noqa: E402

import prompt_template_oracles as oracles  # noqa: E402

SENTINEL = "\ue000answer\ue001"
MAX_LENGTH = 1024
CHATML = ("{% for m in messages %}{{'<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>' + '\n'}}{% endfor %}")
VICUNA = ("A chat between a curious user and an artificial intelligence assistant. "
          "The assistant gives helpful, detailed, and polite answers to the user's questions.")


def raw_rows(count):
    """Rows of every file, their own bytes; a quarter each, spread over the file; mixed_3k's with history first."""
    alpaca = [json.dumps(r, ensure_ascii=False) for r in json.loads((INSTRUCT / "alpaca_data.json").read_text())]
    sharegpt = [json.dumps(r, ensure_ascii=False) for r in json.loads((INSTRUCT / "sharegpt_500.json").read_text())]
    mixed = (INSTRUCT / "mixed_3k.jsonl").read_text().splitlines()
    mixed.sort(key=lambda line: not json.loads(line)["history"])
    mixed = mixed[:160:4] + mixed[160:]
    dolly = (INSTRUCT / "dolly_14k.jsonl").read_text().splitlines()
    each = count // 4
    rows = []
    for source in (alpaca, mixed, dolly, sharegpt):
        rows += source[:: max(1, len(source) // each)][:each]
    return rows


def messages(line):
    """(earlier messages, user text, instruction, input, answer) as the formats' definitions read."""
    row = json.loads(line)
    if "conversations" in row:
        turns = [("user" if t["from"] in ("human", "user") else "assistant", t["value"]) for t in row["conversations"]]
        last = max(i for i, t in enumerate(turns) if t[0] == "assistant")
        return turns[: last - 1], turns[last - 1][1], turns[last - 1][1], "", turns[last][1]
    given = row.get("input", row.get("context", "")) or ""
    answer = row["output"] if "output" in row else row["response"]
    earlier = [m for pair in row.get("history") or [] for m in (("user", pair[0]), ("assistant", pair[1]))]
    user = row["instruction"] + ("\nInput: " + given if given else "")
    return earlier, user, row["instruction"], given, answer


def vicuna(turns):
    text = VICUNA + " "
    for role, content in turns:
        text += f"USER: {content} " if role == "user" else f"ASSISTANT: {content}</s>"
    return text.removesuffix("</s>")


def jinja(text):
    render = oracles.renderer(text, {"bos_token": "<|im_start|>", "eos_token": "<|im_end|>"})
    return lambda turns: render([(role, content) for role, content in turns])


def texts_of(name, line, answer, folder_template):
    """(conditional, direct) with `answer` in the answer's place, or None where the template has no form for the row."""
    earlier, user, instruction, given, _ = messages(line)
    turns = [*earlier, ("user", user), ("assistant", answer)]
    if name == "chatml":
        render = jinja(CHATML)
    elif name == "auto":
        render = jinja(folder_template)
    elif name == "iterit-llama-3.1":
        return (oracles.iterit_text(name, [("system", oracles.SENTENCE), *turns]), oracles.iterit_text(name, [("assistant", answer)]))
    elif name == "vicuna":
        return vicuna(turns), f"ASSISTANT: {answer}"
    elif earlier:
        return None
    elif name == "alpaca":
        return oracles.alpaca_text(instruction, given) + answer, "### Response:" + answer
    else:
        return oracles.bare_text(instruction, given) + answer, answer
    return render(turns), render([("assistant", answer)])


CLOSING_SCORED = {"chatml": True, "auto": True, "iterit-llama-3.1": True, "alpaca": False, "vicuna": False, "bare": False}
TRIMS = {"iterit-llama-3.1"}


def expected(name, line, tokenizer, template):
    """((ids, begin, end), (ids, begin, end)) or None."""
    answer = messages(line)[4]
    if name in TRIMS:
        answer = answer.strip()
    both = texts_of(name, line, answer, template)
    if both is None or not answer:
        return None
    marked = texts_of(name, line, SENTINEL, template)
    result = []
    for text, mark in zip(both, marked):
        begin = mark.index(SENTINEL)
        assert text[begin:begin + len(answer)] == answer
        end = len(text) if CLOSING_SCORED[name] else begin + len(answer)
        encoded = tokenizer(text, add_special_tokens=not CLOSING_SCORED[name], return_offsets_mapping=True, truncation=True, max_length=MAX_LENGTH)
        scored = [i for i, (b, e) in enumerate(encoded["offset_mapping"]) if e > begin and b < end and i >= 1]
        result.append([encoded["input_ids"], scored[0] if scored else None, scored[-1] + 1 if scored else None])
    if len(tokenizer(both[0], add_special_tokens=not CLOSING_SCORED[name])["input_ids"]) > MAX_LENGTH and result[0][1] is not None:
        kept = result[0][2] - result[0][1]
        result[1][2] = min(result[1][2], result[1][1] + kept)
    return result


def prepared(tool, name, path):
    output = subprocess.run([tool, MODEL, name, str(MAX_LENGTH), path], capture_output=True, text=True, check=True).stdout
    return [json.loads(line) for line in output.splitlines()]


def compare_spans(tool, rows, path, tokenizer, template):
    for name in CLOSING_SCORED:
        compared = 0
        for line, got in zip(rows, prepared(tool, name, path), strict=True):
            want = expected(name, line, tokenizer, template)
            if want is None:
                continue
            for part, (ids, begin, end) in zip(("conditional", "direct"), want):
                have = got[part]
                if begin is None:
                    assert have["status"] in ("answer_truncated_away", "answer_too_short"), (name, part, have["status"], line[:200])
                    continue
                assert have["status"] == "ok", (name, part, have["status"], line[:200])
                assert (have["begin"], have["end"]) == (begin, end), (name, part, have["begin"], have["end"], begin, end, line[:200])
                assert have["ids"] == ids[:end], (name, part, line[:200])
            compared += 1
        print(f"spans: {name}: ids, spans and counts of {compared} rows equal", flush=True)


def reference_loss(model, ids, begin, end):
    with torch.inference_mode():
        logits = model(torch.tensor([ids[:end]])).logits[0].float()
    picked = logits[begin - 1:end - 1].log_softmax(-1).gather(1, torch.tensor(ids[begin:end])[:, None])
    return -picked.double().sum().item()


def winnow_scores(program, folder, path, name, dtype):
    job = folder / f"{name}-{dtype}.yaml"
    job.write_text(f"data: {{ path: {path} }}\nscorers:\n  m: {{ path: {MODEL}, template: {name}, dtype: {dtype}, max_length: {MAX_LENGTH} }}\n")
    out = folder / f"run-{name}-{dtype}"
    subprocess.run([program, "score", job, "--out", out], check=True, capture_output=True)
    with h5py.File(out / "scores.h5") as file:
        return {key: file["/scores/m/" + key][:] for key in ("nll_cond_sum", "nll_direct_sum", "n_cond", "n_direct", "ifd_ppl")}


def compare_losses(program, rows, folder, tokenizer, template):
    model = transformers.AutoModelForCausalLM.from_pretrained(MODEL, dtype=torch.float32).eval()
    worst, errors, ifd = 0.0, [], ([], [])
    names = list(CLOSING_SCORED)
    for k, name in enumerate(names):
        # Conversations and instructions apart: a data file has one format.
        for kind, mine in (("chat", [r for i, r in enumerate(rows) if i % len(names) == k and "conversations" in r]),
                           ("plain", [r for i, r in enumerate(rows) if i % len(names) == k and "conversations" not in r])):
            rows_here = [r for r in mine if expected(name, r, tokenizer, template) is not None]
            dolly = [r for r in rows_here if '"response"' in r and '"output"' not in r]
            for part, group in (("a", [r for r in rows_here if r not in dolly]), ("b", dolly)):
                if not group:
                    continue
                path = folder / f"{name}-{kind}-{part}.jsonl"
                path.write_text("".join(r + "\n" for r in group))
                place = folder / f"{name}-{kind}-{part}"
                place.mkdir()
                fp32 = winnow_scores(program, place, path, name, "fp32")
                bf16 = winnow_scores(program, place, path, name, "bf16")
                for i, line in enumerate(group):
                    for key, (ids, begin, end) in zip(("cond", "direct"), expected(name, line, tokenizer, template)):
                        if begin is None:
                            continue
                        n = end - begin
                        assert fp32["n_" + key][i] == n, (name, key, fp32["n_" + key][i], n)
                        want = reference_loss(model, ids, begin, end)
                        worst = max(worst, abs(fp32[f"nll_{key}_sum"][i] - want) / n)
                        errors.append(abs(bf16[f"nll_{key}_sum"][i] - want) / n)
                both = numpy.isfinite(fp32["ifd_ppl"]) & numpy.isfinite(bf16["ifd_ppl"])
                ifd[0].extend(fp32["ifd_ppl"][both])
                ifd[1].extend(bf16["ifd_ppl"][both])
    rank = spearmanr(*ifd).statistic
    print(f"losses: {len(errors)} sums, fp32 worst |difference| {worst:.2e} nats per token; "
          f"bf16 median {numpy.median(errors):.2e}, p99 {numpy.quantile(errors, 0.99):.2e}, max {max(errors):.2e}; "
          f"rank correlation of ifd_ppl bf16 against fp32 {rank:.5f} over {len(ifd[0])} rows", flush=True)
    assert worst <= 1e-4
    assert rank >= 0.995


def main():
    program, tool, count = sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 200
    rows = raw_rows(count)
    tokenizer = transformers.AutoTokenizer.from_pretrained(MODEL)
    template = tokenizer.chat_template
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        path = folder / "rows.jsonl"
        path.write_text("".join(r + "\n" for r in rows))
        compare_spans(tool, rows, path, tokenizer, template)
        compare_losses(program, rows, folder, tokenizer, template)


if __name__ == "__main__":
    main()
