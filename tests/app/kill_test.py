"""Kill it at any moment, run the same command again on another number of ranks, after every other kill on data that has grown
meanwhile: the same files as those of an uninterrupted run on all rows (promise 3).

kill_test.py PROGRAM [KILLS]: random moments over the whole run, one rank, all ranks or mpirun, from a printed seed."""
import json
import os
import random
import signal
import subprocess
import sys
import time
import unittest

KILLS = int(sys.argv.pop(2)) if len(sys.argv) > 2 and sys.argv[2].isdigit() else 5

BLOCK_ROWS = 4
ROWS = 480 * BLOCK_ROWS
FIRST_ROWS = 400 * BLOCK_ROWS + 1  # the last block of them is not full

import program  # noqa: E402
import tiny_model  # noqa: E402

JOB = """
name: killed
data: {{ path: {data} }}
score: {{ block_rows: {block_rows} }}
scorers:
  losses: {{ path: {model}, template: chatml, max_length: 200, score: [ifd_ppl, ifd_loss, instruction_ppl, embedding, length], embedding: {{ dtype: f16 }} }}
  deita: {{ path: {model}, dtype: fp32, score: [evol_complexity, embedding], template: bare, embedding: {{ pooling: mean }} }}
selections:
  iterit: {{ method: iterit, budget: 20%, scorer: losses }}
  random: {{ method: random, budget: 10%, seed: 7 }}
generate: {{ scorer: losses, name: answers, max_new_tokens: 16, temperature: 0.9, seed: 3, block_rows: {block_rows} }}
"""
SCORERS = ("losses", "deita")


class Kill(program.ProgramTest):
    def journal_bytes(self, run_folder, scorer):
        return sum(segment.stat().st_size for segment in (run_folder / "journal" / scorer).glob("*.seg"))

    def published(self, run_folder):
        return program.published(run_folder) | {"replies": (run_folder / "replies/answers.jsonl").read_bytes()}

    def kill_after(self, seconds, victim, ranks, job, out, chance):
        process = subprocess.Popen(program.command(["run", job, "--out", out], ranks), env=program.ENVIRONMENT,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            pids = program.ranks_of(process)
            if victim == "rank" and pids:
                os.kill(chance.choice(pids), signal.SIGKILL)
            elif victim == "all":
                for pid in pids:
                    os.kill(pid, signal.SIGKILL)
            else:
                process.kill()
            process.wait(60)
            program.wait_for_end(pids)

    def test_every_killed_run_resumes_to_the_same_bytes(self):
        seed = int.from_bytes(os.urandom(4), "little")
        print("seed", seed, flush=True)
        chance = random.Random(seed)
        data = self.write_rows(ROWS)
        rows = data.read_bytes().splitlines(True)
        model = tiny_model.make(self.folder / "tiny-model")
        job = self.write_job(JOB.format(data=data, model=model, block_rows=BLOCK_ROWS))
        reference = self.folder / "reference"
        began = time.monotonic()
        self.succeed("run", job, "--out", reference, ranks=2)
        whole = time.monotonic() - began
        expected = self.published(reference)
        records = {scorer: self.journal_bytes(reference, scorer) // (ROWS // BLOCK_ROWS) for scorer in SCORERS}
        for kill in range(KILLS):
            out = self.folder / f"killed{kill}"
            ranks, victim, moment = chance.choice([2, 3, 4]), chance.choice(["rank", "all", "mpirun"]), chance.uniform(0.2, whole)
            grows = kill % 2 == 0
            data.write_bytes(b"".join(rows[:FIRST_ROWS] if grows else rows))
            self.kill_after(moment, victim, ranks, job, out, chance)
            data.write_bytes(b"".join(rows))
            journalled = {scorer: self.journal_bytes(out, scorer) // records[scorer] * BLOCK_ROWS for scorer in SCORERS}
            other = chance.choice([1, 2, 3, 4])
            self.succeed("run", job, "--out", out, ranks=other)
            what = f"kill {kill}: {victim} of {ranks} at {moment:.2f} of {whole:.2f} s{', then more rows' if grows else ''}, resumed on {other}"
            summary = json.loads((out / "summary.json").read_text())
            kept = {scorer: summary["scorers"][scorer]["rows_already_done"] for scorer in SCORERS}
            for scorer, record in records.items():
                # What was journalled is not done again but for the block that each rank was working on, and one that has grown.
                again = ranks + grows
                self.assertGreaterEqual(kept[scorer], journalled[scorer] - BLOCK_ROWS * again, what)
                self.assertLess(self.journal_bytes(out, scorer) - record * (ROWS // BLOCK_ROWS), record * again, what)
            self.assertEqual(self.published(out), expected, what)
            leftovers = [p.name for p in out.rglob("*.tmp")]
            print(f"{what}: {kept} and {summary['generations']['answers']['rows_already_done']} rows kept: equal; left over: {leftovers}", flush=True)


if __name__ == "__main__":
    unittest.main()
