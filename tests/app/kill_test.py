"""Kill it at any moment, run the same command again on another number of ranks: the same files (promise 3).

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

ROWS, BLOCK_ROWS = 1600, 4

import program  # noqa: E402
import tiny_job  # noqa: E402


class Kill(program.ProgramTest):
    def journal_bytes(self, run_folder):
        return sum(segment.stat().st_size for segment in run_folder.rglob("*.seg"))

    def test_every_killed_run_resumes_to_the_same_bytes(self):
        seed = int.from_bytes(os.urandom(4), "little")
        print("seed", seed, flush=True)
        chance = random.Random(seed)
        job = tiny_job.write(self, rows=ROWS, block_rows=BLOCK_ROWS)
        reference = self.folder / "reference"
        began = time.monotonic()
        self.succeed("run", job, "--out", reference, ranks=2)
        whole = time.monotonic() - began
        expected = program.published(reference)
        record = self.journal_bytes(reference) // (ROWS // BLOCK_ROWS)
        for kill in range(KILLS):
            out = self.folder / f"killed{kill}"
            ranks, victim, moment = chance.choice([2, 3, 4]), chance.choice(["rank", "all", "mpirun"]), chance.uniform(0.2, whole)
            process = subprocess.Popen(program.command(["run", job, "--out", out], ranks), env=program.ENVIRONMENT,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
            try:
                process.wait(moment)
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
            other = chance.choice([1, 2, 3, 4])
            journalled = self.journal_bytes(out) // record * BLOCK_ROWS
            self.succeed("run", job, "--out", out, ranks=other)
            kept = json.loads((out / "summary.json").read_text())["scorers"]["tiny-model"]["rows_already_done"]
            # What was journalled is not done again: at most the block that each rank was working on is.
            self.assertGreaterEqual(kept, journalled - BLOCK_ROWS * ranks)
            self.assertLess(self.journal_bytes(out) - record * (ROWS // BLOCK_ROWS), record * ranks)  # torn tails at most
            self.assertEqual(program.published(out), expected, f"kill {kill}: {victim} of {ranks} at {moment:.2f} s, resumed on {other}")
            leftovers = [p.name for p in out.rglob("*.tmp")]
            print(f"kill {kill}: {victim} of {ranks} at {moment:.2f} of {whole:.2f} s, {kept} rows kept, resumed on {other}: equal; left over: {leftovers}", flush=True)


if __name__ == "__main__":
    unittest.main()
