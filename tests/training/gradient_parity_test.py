"""The gradients of every weight of tiny random models of every family against transformers' autograd, in float32.

usage: gradient_parity_test.py GRADIENTS_OF_IDS
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "model"))
import parity_test  # noqa: E402  It takes the driver from the command line.
import torch  # noqa: E402

WORST = {}


def winnow(folder, rows, checkpointing):
    done = subprocess.run([parity_test.SCORE_IDS, folder, "checkpointing" if checkpointing else "plain"], check=True, capture_output=True, text=True,
                          input="".join(json.dumps(row) + "\n" for row in rows))
    loss, *lines = done.stdout.splitlines()
    return float(loss), {line["name"]: torch.tensor(line["gradient"]).reshape(line["shape"]) for line in map(json.loads, lines)}


def reference(model, rows):
    model.zero_grad()
    total, count = 0, sum(row["end"] - row["first"] for row in rows)
    for row in rows:
        ids = torch.tensor(row["ids"])
        logits = model(ids[None]).logits[0]
        wanted = torch.arange(row["first"], row["end"])
        total = total + torch.nn.functional.cross_entropy(logits[wanted - 1], ids[wanted], reduction="sum") / count
    total.backward()
    written = {"lm_head.weight": "embed_out.weight"} if type(model).__name__ == "GPTNeoXForCausalLM" else {}  # In the file.
    return total.item(), {written.get(name, name): parameter.grad for name, parameter in model.named_parameters()}


class Gradients(parity_test.TinyModels):
    """Every test of the losses' parity, run on gradients; that of old files' names is about reading alone."""

    test_gpt2_as_the_hub_has_it = None

    @classmethod
    def tearDownClass(cls):
        for family, worst in sorted(WORST.items()):
            print(f"{family}: largest difference of a gradient, over the tensor's largest {worst:.1e}")

    def compare(self, model, dtype=torch.float32, edit=None, **options):
        with tempfile.TemporaryDirectory() as folder:
            model = parity_test.save(model, folder, dtype, **options)
            if edit:
                path = pathlib.Path(folder) / "config.json"
                config = json.loads(path.read_text())
                edit(config)
                path.write_text(json.dumps(config))
            rows = [row for row in parity_test.random_rows(model.config.vocab_size, 150, 8) if row["end"] > row["first"]]
            loss, theirs = reference(model, rows)
            for checkpointing in (False, True):
                ours_loss, ours = winnow(folder, rows, checkpointing)
                self.assertAlmostEqual(ours_loss, loss, delta=1e-4 * abs(loss))
                self.assertEqual(set(ours), set(theirs))
                for name, gradient in theirs.items():
                    self.assertEqual(ours[name].shape, gradient.shape, name)
                    worst = float((ours[name] - gradient).abs().max() / gradient.abs().max().clamp(min=1e-12))
                    family = type(model).__name__
                    WORST[family] = max(WORST.get(family, 0), worst)
                    self.assertLess(worst, 1e-3, name)


del parity_test.TinyModels
if __name__ == "__main__":
    unittest.main(defaultTest="Gradients")
