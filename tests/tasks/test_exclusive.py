"""One writer a work tree."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from roadworthy.errors import Busy
from tasks.exclusive import exclusive

HOLD = """
import subprocess, sys
from pathlib import Path
from tasks.exclusive import exclusive
with exclusive(Path(sys.argv[1]), "a release of churn") as lock:
    child = subprocess.Popen(["sleep", "60"], stdout=subprocess.DEVNULL, pass_fds=(lock,))
    print(child.pid, flush=True)
    input()
"""


def test_the_second_is_told_who_holds_the_work_tree(tmp_path: Path) -> None:
    """Two releases at once: the second names the first."""
    with (
        exclusive(tmp_path, "a release of churn"),
        pytest.raises(Busy, match="a release of churn"),
        exclusive(tmp_path, "another"),
    ):
        pass
    with exclusive(tmp_path, "another"):
        assert (tmp_path / "work-tree.lock").exists()


def test_the_lock_lives_as_long_as_a_worker_of_a_killed_release(tmp_path: Path) -> None:
    """A release is killed and its worker still runs: nobody may write beside it until it is gone."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    worker = int(holder.stdout.readline())
    holder.kill()
    holder.communicate()
    with pytest.raises(Busy, match="a release of churn"), exclusive(tmp_path, "another"):
        pass
    os.kill(worker, signal.SIGKILL)
    _take_soon(tmp_path)


@retry(retry=retry_if_exception_type(Busy), stop=stop_after_delay(5), wait=wait_fixed(0.02), reraise=True)
def _take_soon(home: Path) -> None:
    """The kernel needs a moment to bury the dead process."""
    with exclusive(home, "another"):
        pass


def test_the_next_clears_away_what_was_left_by_one_that_did_not_come_to_its_end(tmp_path: Path) -> None:
    """Only after a holder that was killed or failed; and a holder that can't clear leaves it to the one after."""
    cleared: list[str] = []

    def clear() -> None:
        cleared.append("once")

    with exclusive(tmp_path, "a release", clear):
        pass
    with exclusive(tmp_path, "a release", clear):
        pass
    assert cleared == []
    with pytest.raises(ValueError, match="half-way"), exclusive(tmp_path, "a release", clear):
        raise ValueError("half-way")
    with exclusive(tmp_path, "a step that DVC runs"):
        pass
    for _ in range(2):
        with exclusive(tmp_path, "a release", clear):
            pass
    assert cleared == ["once"]
