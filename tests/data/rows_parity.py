"""Every field and byte slice of the real data files, against Python's json. Usage: rows_parity.py DUMP_ROWS DATA_FOLDER"""
import json
import pathlib
import subprocess
import sys

USER = {"human", "user"}
SYSTEM, USER_TURN, ASSISTANT = 0, 1, 2


def expected_of(row):
    if "conversations" in row:
        turns = [(USER_TURN if t["from"] in USER else ASSISTANT, t["value"]) for t in row["conversations"]]
        last = max(i for i, (role, _) in enumerate(turns) if role == ASSISTANT)
        return {"messages": len(turns), "system": "", "instruction": turns[last - 1][1], "input": "",
                "output": turns[last][1], "history": [list(t) for t in turns[:last - 1]]}
    history = [[role, text] for pair in row.get("history", []) for role, text in zip((USER_TURN, ASSISTANT), pair)]
    return {"messages": 2 + len(history), "system": "", "instruction": row["instruction"],
            "input": row.get("input", row.get("context")), "output": row.get("output", row.get("response")),
            "history": history}


def check(dump, path, id_field, message):
    raw = path.read_bytes()
    is_lines = path.suffix == ".jsonl"
    rows = [json.loads(line) for line in raw.split(b"\n") if line.strip()] if is_lines else json.loads(raw)
    run = subprocess.run([dump, id_field, str(path)], stdout=subprocess.PIPE, check=True)
    head, *lines = run.stdout.decode().split("\n")[:-1]
    assert json.loads(head) == f"{path}: {message}", head
    assert len(lines) == len(rows), (len(lines), len(rows))
    end = 0
    for number, (line, row) in enumerate(zip(lines, rows)):
        got = json.loads(line)
        begin, length = got.pop("offset"), got.pop("length")
        place = got.pop("row"), got.pop("file"), got.pop("line")
        # Counting lines from the start is quadratic: every 500th row is enough, as a slip would stay.
        assert place == (number, 0, raw.count(b"\n", 0, begin) + 1 if number % 500 == 0 else place[2]), (number, place)
        piece = raw[begin:begin + length]
        assert piece[:1] == b"{" and piece[-1:] == b"}" and json.loads(piece) == row, number
        assert raw[end:begin].strip() in ((b"",) if is_lines else (b"[", b",")), number
        end = begin + length
        want = expected_of(row)
        want["id"] = row[id_field] if id_field else ""
        assert got == want, (number, got, want)
    assert raw[end:].strip() == (b"" if is_lines else b"]")
    print(f"{path.name}: {len(rows)} rows, every field and byte slice equal")


def main():
    dump, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    if not folder.is_dir():
        print(f"skipped: no folder {folder}")
        return 77
    check(dump, folder / "alpaca_data.json", "", "JSON array, alpaca (instruction, input, output)")
    check(dump, folder / "mixed_3k.jsonl", "id", "JSON Lines, alpaca (instruction, input, output, history)")
    check(dump, folder / "dolly_14k.jsonl", "", "JSON Lines, alpaca (instruction, context, response)")
    check(dump, folder / "sharegpt_500.json", "id", "JSON array, sharegpt (conversations)")
    return 0


sys.exit(main())
