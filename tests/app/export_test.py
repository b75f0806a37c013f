"""winnow export: the selection's rows in order, and the job's recipe under the names of LLaMA-Factory, axolotl and TRL."""
import json
import sys
import unittest

import program
import tiny_model

try:
    import yaml
    import transformers  # noqa: F401
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

JOB = """
name: ex
data: {{ path: {data} }}
model: {{ path: {model}, template: chatml, dtype: fp32, max_length: 200 }}
score: [length]
select: {{ method: random, budget: 11 }}
finetune: {{ epochs: 2, batch: 8, micro_batch: 2, lr: 2.0e-5, warmup: 0.5, schedule: linear, weight_decay: 0.1, neftune_alpha: 5, seed: 3{keys} }}
"""


class Export(program.ProgramTest):
    def setUp(self):
        super().setUp()
        self.model = tiny_model.make(self.folder / "tiny")
        self.data = self.write_rows(40)
        self.out = self.folder / "run"

    def made(self, tool, keys=""):
        job = self.write_job(JOB.format(data=self.data, model=self.model, keys=keys))
        self.succeed("select", job, "--out", self.out)
        made = json.loads(self.succeed("export", self.out, "--to", tool, "--json").stdout)
        self.assertEqual(made["rows"], 11)
        with open(made["config"]) as file:
            text = file.read()
        return made, yaml.safe_load(text), text

    def selected(self):
        with open(self.out / "selection/random.jsonl") as file:
            return [json.loads(line) for line in file]

    def conversation(self, row):
        user = row["instruction"] + ("\nInput: " + row["input"] if row["input"] else "")
        return [{"role": "user", "content": user}, {"role": "assistant", "content": row["output"]}]

    def expect_recipe(self, config):
        expected = {"learning_rate": 2e-5, "gradient_accumulation_steps": 4, "warmup_steps": 2, "weight_decay": 0.1, "max_grad_norm": 1.0, "adam_beta1": 0.9,
                    "adam_beta2": 0.999, "adam_epsilon": 1e-8, "bf16": False, "seed": 3, "neftune_noise_alpha": 5.0}
        self.assertEqual({name: config.get(name) for name in expected}, expected)

    def test_llama_factory(self):
        made, config, text = self.made("llama-factory")
        self.expect_recipe(config)
        info = json.loads((self.out / "export/llama-factory/dataset_info.json").read_text())[config["dataset"]]
        with open(self.out / "export/llama-factory" / info["file_name"]) as file:
            rows = json.load(file)
        self.assertEqual([row[info["columns"]["messages"]] for row in rows], [self.conversation(row) for row in self.selected()])
        self.assertEqual((config["template"], config["cutoff_len"], config["lr_scheduler_type"], config["num_train_epochs"]), ("chatml", 200, "linear", 2))
        self.assertIn("# finetune.neftune_length: real", text)

    def test_axolotl(self):
        made, config, _ = self.made("axolotl")
        self.expect_recipe(config)
        self.assertEqual((config["micro_batch_size"], config["num_epochs"], config["lr_scheduler"], config["sequence_len"]), (2, 2, "linear", 200))
        with open(config["datasets"][0]["path"]) as file:
            self.assertEqual([json.loads(line)["messages"] for line in file], [self.conversation(row) for row in self.selected()])

    def test_the_last_answer_alone(self):
        _, config, _ = self.made("axolotl", ", loss_on: last_answer")
        with open(config["datasets"][0]["path"]) as file:
            flags = [[message[config["datasets"][0]["message_field_training"]] for message in json.loads(line)["messages"]] for line in file]
        self.assertEqual(flags, [[False, True]] * 11)
        made, _, _ = self.made("trl", ", loss_on: last_answer")
        with open(made["data"]) as file:
            rows = [json.loads(line) for line in file]
        self.assertEqual([row["prompt"] + row["completion"] for row in rows], [self.conversation(row) for row in self.selected()])

    def test_trl(self):
        made, config, _ = self.made("trl")
        self.expect_recipe(config)
        self.assertTrue(config["assistant_only_loss"])
        with open(config["datasets"][0]["data_files"]) as file:
            self.assertEqual([json.loads(line)["messages"] for line in file], [self.conversation(row) for row in self.selected()])
        try:
            from trl import DatasetMixtureConfig, ModelConfig, ScriptArguments, SFTConfig, TrlParser
        except ImportError as error:
            self.skipTest(f"TRL's own parser: {error}")
        parser = TrlParser((ScriptArguments, SFTConfig, ModelConfig, DatasetMixtureConfig))
        _, training, model, data = parser.parse_args_and_config(["--config", made["config"]])
        self.assertEqual((training.learning_rate, training.warmup_steps, training.max_length, training.num_train_epochs), (2e-5, 2, 200, 2))
        self.assertEqual((model.model_name_or_path, data.datasets[0].data_files), (str(self.model), made["data"]))

    def test_what_cannot_be_exported_is_said(self):
        job = self.write_job(JOB.format(data=self.data, model=self.model, keys=""))
        self.succeed("score", job, "--out", self.out)
        self.fail_with(2, "not made yet", "winnow select", arguments=["export", self.out, "--to", "trl"])
        self.fail_with(2, "--to", arguments=["export", self.out, "--to", "torch"])


if __name__ == "__main__":
    unittest.main()
