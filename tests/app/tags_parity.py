"""`score: [tags]` with SmolLM2 in fp32: the stored tags are those of transformers' greedy replies to the same prompts, on 1, 2 and 3 ranks.

tags_parity.py PROGRAM. Replies are read and names normalized by tag_oracle.py. Needs WINNOW_SMOLLM2; exit 77 otherwise."""
import json
import os
import pathlib
import sys
import tempfile

MODEL = pathlib.Path(os.environ.get("WINNOW_SMOLLM2", "/nonexistent"))
if not MODEL.is_dir():
    print("skipped: WINNOW_SMOLLM2 must name the folder of SmolLM2-135M-Instruct")
    sys.exit(77)

import torch  # noqa: E402
import transformers  # noqa: E402

import program  # noqa: E402
import tag_oracle  # noqa: E402
import tags_test  # noqa: E402

NEW_TOKENS = 40
NEAR_TIE = 1e-4
ROWS = [
    {"instruction": "Give three tips for staying healthy.", "output": "Eat well."},
    {"instruction": "How can we reduce air pollution?", "output": "Drive less."},
    {"instruction": "How did Julius Caesar die?", "output": "He was stabbed."},
    {"instruction": "What is the capital of", "input": "France?", "output": "Paris."},
    {"instruction": "What are the three primary colors?", "output": "Red, yellow and blue.",
     "history": [["Give three tips for staying healthy.", "Sleep."]]},
    {"instruction": "Write a haiku about autumn.", "output": "Leaves.", "history": [["Give three tips for staying healthy.", "Sleep."]]},
]
JOB = """
name: tagged
data: {{ path: {folder}/rows.json, format: alpaca }}
score: {{ block_rows: 3 }}
scorers:
  smollm2: {{ path: {model}, template: smollm2, dtype: fp32, score: [tags], tags: {{ max_new_tokens: {tokens} }} }}
"""


def greedy(prompts):
    """(reply, smallest gap between the two top logits) of each prompt in the folder's own template."""
    torch.set_num_threads(1)
    tokenizer = transformers.AutoTokenizer.from_pretrained(MODEL)
    model = transformers.AutoModelForCausalLM.from_pretrained(MODEL, dtype=torch.float32).eval()
    replies = []
    for prompt in prompts:
        ids = tokenizer.apply_chat_template([{"role": "user", "content": prompt}], add_generation_prompt=True, return_tensors="pt", return_dict=True)
        with torch.no_grad():
            found = model.generate(**ids, max_new_tokens=NEW_TOKENS, do_sample=False, output_logits=True, return_dict_in_generate=True)
        gaps = [float(-torch.diff(logits[0].topk(2).values)) for logits in found.logits]
        replies.append((tokenizer.decode(found.sequences[0][ids["input_ids"].shape[1]:], skip_special_tokens=True), min(gaps)))
    return replies


def expected_rows():
    """tag_oracle.row of every row; None where transformers' reply hangs by a near tie."""
    turns = [[*[query for query, _ in row.get("history", [])], row["instruction"] + (f"\nInput: {row['input']}" if "input" in row else "")] for row in ROWS]
    replies = iter(greedy([tag_oracle.PROMPTS["instagger"].format(turn) for row in turns for turn in row]))
    rows = []
    for row in turns:
        answered = [next(replies) for _ in row]
        rows.append(tag_oracle.row([reply for reply, _ in answered]) if min(gap for _, gap in answered) > NEAR_TIE else None)
    return rows


def main():
    with tempfile.TemporaryDirectory(prefix="winnow-test-") as name:
        folder = pathlib.Path(name)
        (folder / "rows.json").write_text(json.dumps(ROWS))
        (folder / "job.yaml").write_text(JOB.format(folder=folder, model=MODEL, tokens=NEW_TOKENS))
        for ranks in (1, 2, 3):
            result = program.run(["score", folder / "job.yaml", "--out", folder / f"run{ranks}"], ranks)
            assert result.returncode == 0, result.stderr
        files = [program.published(folder / f"run{ranks}") for ranks in (1, 2, 3)]
        assert files[0] == files[1] == files[2], "the files depend on the ranks"
        found = tags_test.read_tags(folder / "run1/scores.h5", "smollm2")
    expected = expected_rows()
    for ours, theirs in zip(found, expected):
        print(ours if theirs in (None, ours) else f"{ours} but expected {theirs}")
    differ = sum(theirs not in (None, ours) for ours, theirs in zip(found, expected))
    assert len(found) == len(ROWS) and differ == 0, f"{differ} rows differ"
    assert sum(row is not None and row[0] == "ok" for row in expected) >= 3 and any(row and row[0] != "ok" for row in expected), expected
    print(f"{len(ROWS)} rows: the tags of transformers' replies; {expected.count(None)} rows with near ties not compared")


if __name__ == "__main__":
    main()
