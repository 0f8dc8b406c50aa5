"""The other side of tasks/workers.py: reads a step a line from standard input, performs it, answers in JSON lines."""

# Late imports: the process may be idle until it is needed.
from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import traceback
from collections.abc import Callable
from functools import partial
from importlib import import_module
from queue import SimpleQueue
from typing import IO

from roadworthy.errors import RoadworthyError, StepFailed
from roadworthy.memory import collect_rarely, give_back
from roadworthy.system_errors import explained


def main(niceness: int) -> None:
    """Perform what is asked, and import meanwhile what the next steps will need, until the parent goes away."""
    os.nice(niceness)
    collect_rarely()
    # What libraries print must not mix with the answers: it goes to standard error.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    requests: SimpleQueue[str] = SimpleQueue()
    threading.Thread(target=_read, args=(sys.stdin, requests), daemon=True).start()
    ahead: list[Callable[[], object]] = [_read_code]
    while True:
        # A request goes first; the step that is asked for imports what it needs.
        if ahead and requests.empty():
            with contextlib.suppress(ImportError):
                ahead.pop(0)()
            continue
        message = json.loads(requests.get())
        if "import" in message:
            # Reading the code comes last: it is soon done, and imports are waited for.
            ahead = [*(partial(import_module, name) for name in message["import"]), _read_code]
        else:
            _answer(message, answers)
            # Great Expectations leaves its tables in circles, beside which the next step would need room.
            give_back()


def _read_code() -> None:
    """Import what every step needs, and find out which files are the code of which."""
    import_module("tasks.perform")
    from tasks.code_files import read_imports

    read_imports()


def _read(stream: IO[str], requests: SimpleQueue[str]) -> None:
    """Pass lines on. When the parent is gone the process ends at once: nobody would know what it did."""
    for line in stream:
        requests.put(line)
    os._exit(1)


def _answer(request: dict[str, str], answers: IO[str]) -> None:
    def answer(message: dict[str, object]) -> None:
        answers.write(json.dumps(message) + "\n")
        answers.flush()

    try:
        _perform(request, lambda text: answer({"say": text}))
    except Exception as error:
        answer({"error": _described(error)})
    else:
        answer({"done": request["step"]})


def _perform(request: dict[str, str], announce: Callable[[str], None]) -> None:
    from roadworthy.params.loading import capability_params, load_params
    from roadworthy.settings import Settings
    from tasks.catalog import step_called
    from tasks.perform import PARAMS_FILE, perform

    settings, capability = Settings(), request["capability"]
    step = step_called(request["step"], capability_params(load_params(settings.root / PARAMS_FILE), capability))
    perform(step, capability, settings, announce, parent_run=request["parent_run"])


def _described(error: Exception) -> dict[str, str | None]:
    known = error if isinstance(error, RoadworthyError) else explained(error)
    if known is not None:
        # The other side knows the errors of roadworthy/errors.py; a room's own kind goes as the one it comes from.
        kind = next(of.__name__ for of in type(known).__mro__ if of.__module__ == RoadworthyError.__module__)
        return {"kind": kind, "problem": known.problem, "where": known.where, "remedy": known.remedy}
    traceback.print_exception(error)
    return {
        "kind": StepFailed.__name__,
        "problem": f"{type(error).__name__}: {error}",
        "where": None,
        "remedy": "the traceback is above: a fault of the program, or of its environment (disk, memory)",
    }


if __name__ == "__main__":
    main(int(sys.argv[1]))
