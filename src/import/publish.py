"""What every import shares: its failure, and output that appears whole or not at all."""

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

USAGE, DATA, ENVIRONMENT, MODEL = 2, 3, 4, 5


class ImportFailure(Exception):
    """One sentence for the user, and the exit code that `winnow` gives it."""

    def __init__(self, code: int, message: str):
        super().__init__(" ".join(message.splitlines()))
        self.code = code


@contextlib.contextmanager
def folder_aside(target: Path):
    """Yields an empty folder beside `target` that takes its name when the block succeeds; `target` must not hold anything yet."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ImportFailure(USAGE, f"{target} exists already; name a folder that does not")
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        aside.chmod(0o755)
        yield aside
        for path in aside.iterdir():
            _sync(path)
        _sync(aside)
        os.rename(aside, target)
        _sync(target.parent)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise


@contextlib.contextmanager
def file_aside(target: Path):
    """Yields a text file beside `target` that replaces it when the block succeeds."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    aside = Path(name)
    try:
        with open(handle, "w", encoding="utf-8") as file:
            yield file
        aside.chmod(0o644)
        _sync(aside)
        os.replace(aside, target)
        _sync(target.parent)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def _sync(path: Path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
