"""Issue 5, S2: every selection method gives the same bytes on any number of ranks, and on hard data either a valid selection or one
line that says what is wrong."""
import unittest

import every_method
import program


class Ranks(program.ProgramTest):
    def test_every_method_is_in_the_job(self):
        job = self.write_job(f"data: {{ path: {self.write_rows(3)} }}\nselect: {{ method: nonsense, budget: 1 }}\n")
        refused = self.fail_with(2, "select.method: found 'nonsense'", arguments=["run", job, "--out", self.folder / "run"])
        known = refused.stderr.partition("expected one of ")[2].partition(";")[0].split(", ")
        self.assertGreater(len(known), 15)
        self.assertEqual(every_method.methods_named_here(), set(known))

    def test_one_to_four_ranks_give_the_same_bytes_for_every_method(self):
        rows = every_method.instruction_rows(150)
        rows[40] = rows[41] = b"no row"
        scores = every_method.seeded_scores(150)
        several = {name: text.replace("clusters: 1,", "clusters: 6,") for name, text in every_method.SELECTIONS.items()}
        job = every_method.write(self, rows, scores, 20, several)
        alone = None
        for ranks in (1, 2, 3, 4):
            out = self.folder / f"run{ranks}"
            self.succeed("run", job, "--out", out, ranks=ranks)
            files = program.published(out)
            self.assertEqual(len(files), 2 + 2 * len(several))
            alone = alone or files
            for name, content in files.items():
                self.assertEqual(content, alone[name], f"{name} on {ranks} ranks")


if __name__ == "__main__":
    unittest.main()
