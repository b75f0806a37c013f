"""What every engine's process does: tells winnow what happens, as JSON Lines on the file descriptor WINNOW_EVENTS, and its failure among it."""

import json
import os
import sys
import traceback
from collections.abc import Callable

USAGE, DATA, ENVIRONMENT, MODEL, INTERRUPTED = 2, 3, 4, 5, 75  # docs/errors.md


class Failure(Exception):
    def __init__(self, code: int, message: str):
        super().__init__(message)
        self.code = code


class Events:
    def __init__(self):
        self.pipe = open(int(os.environ.pop("WINNOW_EVENTS")), "w", buffering=1)

    def send(self, event: str, **values) -> None:
        print(json.dumps({"event": event, **values}), file=self.pipe, flush=True)


def run(work: Callable[[Events], int]) -> None:
    """Ends the process with the code that `work` returns, or with that of its failure."""
    events = Events()
    try:
        code = work(events)
    except Exception as error:
        traceback.print_exc()
        code = error.code if isinstance(error, Failure) else ENVIRONMENT
        message = str(error) if isinstance(error, Failure) else f"{type(error).__name__}: {error}"
        events.send("error", code=code, message=message)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
