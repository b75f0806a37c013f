"""One process of `finetune.engine: torchrun`: transformers' Trainer under FSDP version 2 on rows and a recipe that winnow wrote.

Started by winnow, one for each rank, with the variables of torchrun (RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR, MASTER_PORT). What happens goes
as JSON Lines to the file descriptor WINNOW_EVENTS; `log/torchrun.rank-N.log` has what this process prints.
"""

import json
import math
import os
import shutil
import signal
import sys
import time
from datetime import timedelta
from pathlib import Path

from events import ENVIRONMENT, INTERRUPTED, MODEL, Events, Failure, run

PACKAGES = ("torch", "transformers", "accelerate", "safetensors")
SCHEDULES = {"constant": "constant_with_warmup", "linear": "linear", "cosine": "cosine"}
COMPLETE = "winnow_complete.json"
FOR_EVER = timedelta(days=30)  # one process alone reads and writes large models; winnow ends the others of one that is gone


def expect_packages() -> None:
    import importlib

    for package in PACKAGES:
        try:
            importlib.import_module(package)
        except ImportError as error:
            pins = Path(__file__).resolve().parents[2] / "requirements-engine.txt"
            raise Failure(
                ENVIRONMENT,
                f"finetune.engine: torchrun needs the Python packages {', '.join(PACKAGES)}, and {sys.executable} cannot import {package} ({error}): "
                f"expected them after '{sys.executable} -m pip install -r {pins}'",
            ) from error


def join_processes(device: str) -> None:
    """Process 0 waits for the others on the socket that winnow opened for it: no port is named before it is ours."""
    import torch
    from torch.distributed import TCPStore

    rank, size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    listening = os.environ.pop("WINNOW_LISTENING", None)
    store = TCPStore(
        os.environ["MASTER_ADDR"],
        int(os.environ["MASTER_PORT"]),
        size,
        is_master=rank == 0,
        master_listen_fd=int(listening) if listening else None,
        wait_for_workers=False,
    )
    if device == "cuda":
        local, devices = int(os.environ["LOCAL_RANK"]), torch.cuda.device_count()
        if local >= devices:
            raise Failure(ENVIRONMENT, f"finetune.engine: torchrun: process {rank} is number {local + 1} on its machine, of whose GPUs torch sees {devices}: expected one rank for each GPU")
        torch.cuda.set_device(local)
    torch.distributed.init_process_group("nccl" if device == "cuda" else "gloo", store=store, rank=rank, world_size=size, timeout=FOR_EVER)


def training_arguments(recipe: dict, per_step: int, processes: int):
    from transformers import TrainingArguments

    sharding = {
        "version": 2,
        "auto_wrap_policy": "TRANSFORMER_BASED_WRAP",
        "state_dict_type": "SHARDED_STATE_DICT",
        "cpu_ram_efficient_loading": processes > 1,  # process 0 alone reads the weights
        "activation_checkpointing": recipe["activation_checkpointing"],
    }
    return TrainingArguments(
        output_dir=str(Path(recipe["folder"]) / "states"),
        max_steps=recipe["steps"],
        per_device_train_batch_size=recipe["micro_batch"],
        gradient_accumulation_steps=per_step,
        average_tokens_across_devices=True,
        learning_rate=recipe["lr"],
        lr_scheduler_type=SCHEDULES[recipe["schedule"]],
        warmup_steps=recipe["warmup_steps"],
        weight_decay=recipe["weight_decay"],
        max_grad_norm=recipe["clip_norm"],
        optim="adamw_torch",
        adam_beta1=recipe["beta1"],
        adam_beta2=recipe["beta2"],
        adam_epsilon=recipe["epsilon"],
        neftune_noise_alpha=recipe["neftune_alpha"] or None,
        bf16=recipe["dtype"] == "bf16",
        seed=recipe["seed"] % 2**32,
        use_cpu=recipe["device"] == "cpu",
        fsdp=True,
        fsdp_config=sharding,
        logging_steps=1,
        logging_nan_inf_filter=False,
        save_strategy="no",  # Reporter decides
        save_total_limit=2,
        disable_tqdm=True,
        report_to="none",
    )


def steps_of(state: Path) -> int:
    return int(state.name.rpartition("-")[2])


def newest_state(recipe: dict) -> Path | None:
    """The newest state that was written whole, by this recipe, from which a step is left to take: the model behind the last is made again if winnow has it not."""
    states = sorted((Path(recipe["folder"]) / "states").glob("checkpoint-*"), key=steps_of, reverse=True)
    for state in states:
        mark = state / COMPLETE
        if steps_of(state) < recipe["epoch_ends"][-1] and mark.is_file() and json.loads(mark.read_text()).get("key") == recipe["key"]:
            return state
    return None


def drop_states_behind(state: Path | None, recipe: dict) -> None:
    for other in (Path(recipe["folder"]) / "states").glob("checkpoint-*"):
        if state is None or steps_of(other) > steps_of(state):
            shutil.rmtree(other)


def save_weights(trainer, recipe: dict, events: Events, step: int) -> None:
    """Collective. The whole model's weights behind that step in the job's type, in a folder of their own."""
    import torch

    dtype = torch.bfloat16 if recipe["dtype"] == "bf16" else torch.float32
    model = trainer.accelerator.unwrap_model(trainer.model)
    tied = set(model.all_tied_weights_keys or ())
    weights = {}
    for key, value in model.state_dict().items():
        if key not in tied:
            whole = value.full_tensor() if hasattr(value, "full_tensor") else value  # one at a time on the device
            if not torch.isfinite(whole).all():
                raise Failure(MODEL, f"step {step}: {key} is not finite any more: what was saved before stays; a smaller finetune.lr, or other rows")
            if trainer.is_world_process_zero():
                weights[key] = whole.detach().to("cpu", dtype, copy=True)
    if trainer.is_world_process_zero():
        folder = Path(recipe["folder"]) / f"model-{step}"
        shutil.rmtree(folder, ignore_errors=True)
        model.save_pretrained(folder, state_dict=weights, max_shard_size="5GB")
        for file in folder.iterdir():
            with open(file, "rb") as written:
                os.fsync(written.fileno())
        events.send("model", folder=str(folder), step=step)
    torch.distributed.barrier()


def make_reporter(recipe: dict, events: Events):
    """What winnow's own trainer does between steps: reports, states of the training, a model for each epoch, an end on request."""
    import torch
    from transformers import TrainerCallback

    class Reporter(TrainerCallback):
        def __init__(self):
            self.trainer = None
            self.is_stopped = False
            self.stop_requested = False
            self.began = self.saved = time.monotonic()
            signal.signal(signal.SIGTERM, self.request_stop)

        def request_stop(self, *_):
            self.stop_requested = True

        def on_train_begin(self, args, state, control, **_):
            if state.is_world_process_zero:
                events.send("begin", step=state.global_step)
            self.saved = time.monotonic()

        def on_step_begin(self, args, state, control, **_):
            self.began = time.monotonic()

        def on_step_end(self, args, state, control, **_):
            ends_epoch = state.global_step in recipe["epoch_ends"]
            is_last = state.global_step == recipe["epoch_ends"][-1]
            minutes = (time.monotonic() - self.saved) / 60
            wish = torch.tensor([self.stop_requested, recipe["save_minutes"] > 0 and minutes >= recipe["save_minutes"]], dtype=torch.int32, device=args.device)
            torch.distributed.all_reduce(wish, op=torch.distributed.ReduceOp.MAX)
            stops, is_due = wish.bool().tolist()
            if state.global_step == state.max_steps:
                return
            if ends_epoch and not is_last and recipe["keep"] > 0:
                save_weights(self.trainer, recipe, events, state.global_step)
            control.should_save = control.should_save or ends_epoch or is_due or stops
            control.should_training_stop = is_last or stops
            self.is_stopped = stops and not is_last

        def on_log(self, args, state, control, logs=None, **_):
            if "loss" not in logs:
                return
            norm = float(logs.get("grad_norm") or 0)
            if not math.isfinite(logs["loss"]) or not math.isfinite(norm):
                raise Failure(MODEL, f"step {state.global_step}: the loss is {logs['loss']} and the gradient's norm {norm}, expected finite numbers: what was saved before stays; a smaller finetune.lr, or other rows")
            if state.is_world_process_zero:
                events.send("step", step=state.global_step, loss=logs["loss"], lr=logs["learning_rate"], grad_norm=norm, seconds=time.monotonic() - self.began)

        def on_save(self, args, state, control, **_):
            torch.distributed.barrier()
            if state.is_world_process_zero:
                folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
                (folder / "pending").write_text(json.dumps({"key": recipe["key"]}))
                (folder / "pending").rename(folder / COMPLETE)
            self.saved = time.monotonic()

    return Reporter()


def train(recipe: dict, events: Events) -> int:
    expect_packages()
    join_processes(recipe["device"])
    import torch
    from accelerate.utils import DistributedType, FullyShardedDataParallelPlugin
    from torch.distributed.fsdp import MixedPrecisionPolicy
    from torch.utils.data import DataLoader
    from training_rows import ProcessBatches, TrainingRows, padded
    from transformers import AutoModelForCausalLM, PrinterCallback, Trainer

    rows = TrainingRows(Path(recipe["rows"]))
    rank, size = torch.distributed.get_rank(), torch.distributed.get_world_size()
    batches = ProcessBatches(rows.order, recipe["before"], recipe["steps"], recipe["micro_batch"], rank, size)
    arguments = training_arguments(recipe, batches.per_step, size)

    class RowTrainer(Trainer):
        def create_accelerator_and_postprocess(self):
            super().create_accelerator_and_postprocess()
            plugin = self.accelerator.state.fsdp_plugin if self.is_fsdp_enabled else FullyShardedDataParallelPlugin(**self.args.fsdp_plugin_args)
            if self.args.bf16:  # gradients are summed, and the loss is told, in float32
                plugin.mixed_precision_policy = MixedPrecisionPolicy(param_dtype=torch.bfloat16, reduce_dtype=torch.float32, output_dtype=torch.float32)
            if not self.is_fsdp_enabled:  # accelerate 1.15 never turns FSDP on for CPUs, where torch has it
                self.accelerator.state._shared_state.update(distributed_type=DistributedType.FSDP, fsdp_plugin=plugin)
                self.is_fsdp_enabled = True

        def get_train_dataloader(self):
            return DataLoader(rows, batch_sampler=batches, collate_fn=padded)

    os.environ["ACCELERATE_USE_FSDP"] = "true"
    os.environ["FSDP_CPU_RAM_EFFICIENT_LOADING"] = str(size > 1).lower()
    model = AutoModelForCausalLM.from_pretrained(recipe["model"], dtype=torch.float32)
    model.config.use_cache = False
    reporter = make_reporter(recipe, events)
    trainer = RowTrainer(model=model, args=arguments, train_dataset=rows, callbacks=[reporter])
    trainer.remove_callback(PrinterCallback)
    reporter.trainer = trainer
    torch.manual_seed((recipe["seed"] + rank) % 2**63)  # of the noise, which is each process's own
    state = newest_state(recipe)
    if (steps_of(state) if state else 0) < recipe["before"]:
        raise Failure(MODEL, f"{recipe['folder']}: no state behind step {recipe['before']}, where the epoch begins: expected checkpoints/ as it was left, or none")
    torch.distributed.barrier()
    if rank == 0:
        drop_states_behind(state, recipe)
    torch.distributed.barrier()
    trainer.train(resume_from_checkpoint=str(state) if state else None)
    if reporter.is_stopped:
        return INTERRUPTED
    save_weights(trainer, recipe, events, recipe["epoch_ends"][-1])
    torch.distributed.destroy_process_group()
    return 0


if __name__ == "__main__":
    run(lambda events: train(json.loads(Path(sys.argv[1]).read_text()), events))
