"""The published files are the same bytes for any number of ranks (promise 2), over shared memory and over TCP."""
import unittest

import h5py

import program
import tiny_job

TCP = ("--mca", "btl", "tcp,self", "--mca", "osc", "^sm")


class Ranks(program.ProgramTest):
    def files(self, job, ranks, mca=(), name=None):
        out = self.folder / (name or f"run{ranks}")
        self.succeed("run", job, "--out", out, ranks=ranks, mca=mca)
        return program.published(out)

    def test_one_to_four_ranks_and_tcp_give_the_same_bytes(self):
        job = tiny_job.write(self)
        alone = self.files(job, 1)
        self.assertEqual(len(alone), 2 + 2 * 6)
        for ranks in (2, 3, 4):
            self.assertEqual(self.files(job, ranks), alone, f"{ranks} ranks")
        self.assertEqual(self.files(job, 3, TCP, "tcp"), alone)

    def test_seven_ranks_on_five_rows(self):
        job = tiny_job.write(self, rows=5, block_rows=1)
        job.write_text(job.read_text().replace("budget: 10,", "budget: 3,").replace("10%", "40%").replace("budget: 5 ", "budget: 1 ")
                       .replace("2k tokens", "200 tokens"))
        alone = self.files(job, 1)
        self.assertEqual(self.files(job, 7), alone)

    def test_fp32_too(self):
        job = tiny_job.write(self, dtype="fp32")
        self.assertEqual(self.files(job, 1), self.files(job, 3))

    def test_a_subset_holds_the_picked_rows_own_bytes(self):
        lines = self.write_rows(300).read_bytes().splitlines(keepends=True)
        self.write("a.jsonl", b"".join(lines[:111]))
        self.write("b.jsonl", b"".join(lines[111:]))
        job = self.write_job("data: { path: [a.jsonl, b.jsonl] }\nselections: { pick: { method: random, budget: 99 }, file: { method: random, budget: 99, order: file } }\n")
        self.succeed("run", job, "--out", self.folder / "run", ranks=2)
        for name in ("pick", "file"):
            with h5py.File(self.folder / "run/selection" / f"{name}.h5") as file:
                rows = file["row"][:].tolist()
            order = sorted(rows) if name == "file" else rows
            self.assertEqual((self.folder / "run/selection" / f"{name}.jsonl").read_bytes(), b"".join(lines[row] for row in order))
            self.assertNotEqual(rows, sorted(rows))


if __name__ == "__main__":
    unittest.main()
