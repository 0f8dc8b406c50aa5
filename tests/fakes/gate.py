"""A gate in a step: the step stops in the middle until the test lets it go on, so that nothing depends on time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fakes.small_project import SmallProject
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

BEFORE = "    import pandas\n    from threadpoolctl"
STOP = """    import os
    (workspace.root / ".roadworthy" / "inside").write_text(str(os.getpid()))
    (workspace.root / ".roadworthy" / "gate").open().read()
"""


@dataclass(frozen=True)
class Gate:
    """The gate in a project's `train`."""

    folder: Path

    @contextmanager
    def reached(self) -> Iterator[int]:
        """Wait until the step stands at the gate, yield the number of its process, and let it go on."""
        descriptor = _open(self.folder / "gate")
        try:
            yield int((self.folder / "inside").read_text())
        finally:
            os.close(descriptor)

    def remove(self) -> None:
        """Let every later run pass."""
        (self.folder / "gate").unlink()
        (self.folder / "gate").write_text("")


def put_gate(project: SmallProject) -> Gate:
    """Put a gate into the project's own copy of `train`, and commit that."""
    module = project.root / "tasks" / "train.py"
    assert BEFORE in module.read_text()
    module.write_text(module.read_text().replace(BEFORE, STOP + BEFORE))
    project.commit("Put a gate in")
    gate = Gate(project.root / ".roadworthy")
    os.mkfifo(gate.folder / "gate")
    return gate


@retry(retry=retry_if_exception_type(OSError), stop=stop_after_delay(90), wait=wait_fixed(0.05), reraise=True)
def _open(pipe: Path) -> int:
    # Refused as long as nobody reads from it.
    return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
