"""Issue 5, S6: every job file that winnow ships passes --check, which names the files it misses and runs nothing; and what
--check says of a job whose files are there."""
import json
import pathlib
import unittest

import program
import tiny_job

JOBS = pathlib.Path(__file__).resolve().parents[2] / "jobs"


class Jobs(program.ProgramTest):
    def test_every_shipped_job_passes_the_check(self):
        files = sorted(JOBS.glob("*.yaml"))
        self.assertGreater(len(files), 15)
        for file in files:
            with self.subTest(job=file.name):
                plan = json.loads(self.succeed("run", file, "--check", "--json", "--out", self.folder / "run").stdout)
                self.assertEqual(plan["name"], file.stem)
                for missing in plan["missing"]:
                    path = pathlib.Path(missing[:missing.rindex(" (")])
                    self.assertTrue(path.is_absolute() and not path.exists(), missing)
                self.assertTrue(plan["selections"])
        self.assertFalse((self.folder / "run").exists(), "nothing is run")

    def test_the_check_of_a_job_that_can_run(self):
        job = tiny_job.write(self, rows=40)
        plan = json.loads(self.succeed("run", job, "--check", "--json", "--out", self.folder / "run").stdout)
        self.assertEqual(plan["missing"], [])
        self.assertIn("(40 rows)", plan["data"])
        self.assertRegex(plan["scorers"][0], r"; about \S+ M tokens, \S+ TFLOP$")
        self.assertFalse((self.folder / "run").exists())
        text = self.succeed("run", job, "--check", "--set", "data.path=nowhere.jsonl").stdout
        self.assertRegex(text, r"missing +/.*nowhere.jsonl \(data\)")


if __name__ == "__main__":
    unittest.main()
