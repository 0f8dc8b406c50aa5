"""Every error at the front door is one message with an exit code; what nobody expected stays visible."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable

import pytest
import typer

from cli.errors import guarded
from roadworthy.errors import RuleBroken
from roadworthy.settings import Settings


def _raising(error: BaseException) -> Callable[[], int]:
    def command() -> int:
        raise error

    return command


def _wrong_setting() -> int:
    Settings(registry_wait_seconds="soon")  # type: ignore[arg-type]
    return 0


def _prefect_failing() -> int:
    import httpx

    raise httpx.ConnectError("All connection attempts failed")


@pytest.mark.parametrize(
    ("command", "code", "says"),
    [
        (_raising(RuleBroken("not yet", where="churn@3", remedy="wait")), 5, ("not yet", "churn@3", "wait")),
        (_raising(KeyboardInterrupt()), 130, ("run the same command again",)),
        (_raising(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "a")), 8, ("the disk is full", "make room")),
        (_raising(PermissionError(errno.EACCES, "denied", "/a")), 2, ("no permission", "/a")),
        (_wrong_setting, 2, ("ROADWORTHY_REGISTRY_WAIT_SECONDS",)),
        (_prefect_failing, 6, ("Prefect's server failed", "roadworthy down")),
    ],
)
def test_an_error_has_a_message_and_a_code(
    capsys: pytest.CaptureFixture[str], command: Callable[[], int], code: int, says: tuple[str, ...]
) -> None:
    """Problem, place and remedy on standard error, nothing on standard output, and the documented code."""
    with pytest.raises(typer.Exit) as caught:
        guarded(command, as_json=False)
    assert caught.value.exit_code == code
    said = capsys.readouterr()
    assert said.out == ""
    assert all(text in said.err for text in says)


def test_a_fault_of_the_program_is_not_hidden() -> None:
    """What is none of these is raised as it is, with its traceback."""
    with pytest.raises(ZeroDivisionError):
        guarded(_raising(ZeroDivisionError()), as_json=False)
