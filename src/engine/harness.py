"""One process of `evaluate.harness`: EleutherAI's lm-evaluation-harness on one model folder, task by task.

Started by winnow with a recipe; without one it only tells which harness there is. `log/harness.<model>.log` has what this process prints.
"""

import json
import math
import os
import sys
import time
from importlib import metadata
from pathlib import Path

from events import DATA, ENVIRONMENT, MODEL, USAGE, Events, Failure, run

PACKAGES = ("lm_eval", "transformers", "torch")
DTYPES = {"fp32": "float32", "bf16": "bfloat16"}
REPORT_SECONDS = 0.5


def versions() -> dict:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError as error:
            pins = Path(__file__).resolve().parents[2] / "requirements-harness.txt"
            raise Failure(ENVIRONMENT, f"{sys.executable} has no Python package {package}: expected it after '{sys.executable} -m pip install -r {pins}'") from error
    return found


def one_line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def load_tasks(names: list[str], include: str | None):
    """The harness's tasks, each loaded once before a model is: what is missing shows at once."""
    from lm_eval.tasks import TaskManager

    manager = TaskManager(include_path=include)
    for name in names:
        if name not in manager.all_tasks:
            raise Failure(USAGE, f"task {name}: there is none of this name in lm_eval {metadata.version('lm_eval')}{' or in ' + include if include else ''}: expected one that '{sys.executable} -m lm_eval ls tasks' lists")
        try:
            manager.load([name])
        except Exception as error:
            raise Failure(DATA, f"task {name}: it or its data set cannot be loaded: {one_line(error)}") from error
    return manager


def load_model(recipe: dict, device: str, events: Events):
    from lm_eval.models import huggingface
    from tqdm import tqdm

    class RequestBar(tqdm):
        """The harness's bar, which tells winnow too."""

        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            self.told = time.monotonic()
            events.send("requests", total=self.total or 0)

        def update(self, n=1):
            super().update(n)
            if time.monotonic() - self.told > REPORT_SECONDS:
                self.told = time.monotonic()
                events.send("done", count=int(self.n))

    huggingface.tqdm = RequestBar
    try:
        return huggingface.HFLM(pretrained=recipe["model"], dtype=DTYPES[recipe["dtype"]], device=device, batch_size=recipe["batch"])
    except Exception as error:
        raise Failure(MODEL, f"{recipe['model']}: {one_line(error)}") from error


def finite(value) -> float | None:
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else None


def figures_of(results: dict) -> list[dict]:
    """A row for each metric of a task, of the tasks in it too; a standard error that the harness does not give is null."""
    rows = []
    for task, metrics in results["results"].items():
        for key, value in metrics.items():
            metric, comma, applied = key.partition(",")
            if not comma or metric.endswith("_stderr"):
                continue
            rows.append(
                {
                    "task": task,
                    "version": results["versions"].get(task),
                    "few_shot": results["n-shot"].get(task),
                    "samples": results.get("n-samples", {}).get(task, {}).get("effective"),
                    "metric": metric,
                    "filter": applied,
                    "value": finite(value),
                    "stderr": finite(metrics.get(f"{metric}_stderr,{applied}")),
                }
            )
    return rows


def write(file: Path, content: dict) -> None:
    pending = file.with_suffix(".pending")
    with open(pending, "w") as opened:
        json.dump(content, opened, indent=2)
        opened.flush()
        os.fsync(opened.fileno())
    pending.rename(file)


def is_done(file: Path, key: str, harness: str) -> bool:
    if not file.is_file():
        return False
    content = json.loads(file.read_text())
    return (content["key"], content["software"]["lm_eval"]) == (key, harness)


def evaluate(recipe: dict, device: str, events: Events) -> int:
    software = versions()
    folder = Path(recipe["results"])
    files = {name: folder / f"{name}.json" for name in recipe["tasks"]}
    pending = [name for name, key in recipe["tasks"].items() if not is_done(files[name], key, software["lm_eval"])]
    if not pending:
        return 0
    if recipe["include"]:
        os.chdir(recipe["include"])  # where the data files of its tasks start
    import lm_eval

    manager = load_tasks(pending, recipe["include"])
    model = load_model(recipe, device, events)
    for name in pending:
        events.send("task", name=name)
        try:
            results = lm_eval.simple_evaluate(
                model=model,
                tasks=[name],
                task_manager=manager,
                num_fewshot=recipe["few_shot"],
                limit=recipe["limit"],
                apply_chat_template=recipe["chat_template"],
                log_samples=False,
            )
        except Exception as error:
            raise Failure(ENVIRONMENT, f"task {name}: {one_line(error)}") from error
        run_with = {"device": device.partition(":")[0], "batch": recipe["batch"]}
        write(files[name], {"key": recipe["tasks"][name], "software": software, **run_with, "figures": figures_of(results)})
    return 0


def work(events: Events) -> int:
    if len(sys.argv) > 1:
        recipe, device = sys.argv[1:]
        return evaluate(json.loads(Path(recipe).read_text()), device, events)
    events.send("software", **versions())
    return 0


if __name__ == "__main__":
    run(work)
