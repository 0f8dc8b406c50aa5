"""What the operating system refuses, said for people."""

import errno
import os

import pytest

from roadworthy.errors import StepFailed, UsageError
from roadworthy.system_errors import explained


def test_a_full_disk_names_the_file_and_the_remedy() -> None:
    """A full disk is one clear error, whoever met it."""
    error = explained(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "data/model.skops"))
    assert isinstance(error, StepFailed)
    assert error.problem.startswith("the disk is full")
    assert error.where == "data/model.skops"
    assert error.remedy


def test_a_library_that_only_quotes_the_system_is_understood() -> None:
    """DuckDB's and Arrow's errors carry no number, only the system's words."""
    error = explained(RuntimeError('IO Error: Could not write file "x.parquet": No space left on device'))
    assert error is not None
    assert "x.parquet" in (error.where or "")


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_a_forbidden_path_is_named(number: int) -> None:
    """A path that may not be written is named."""
    error = explained(OSError(number, os.strerror(number), "/data"))
    assert isinstance(error, UsageError)
    assert error.where == "/data"


def test_anything_else_stays_what_it_is() -> None:
    """A fault of the program is not explained away."""
    assert explained(ValueError("a fault")) is None
    assert explained(FileNotFoundError(errno.ENOENT, "no such file", "x")) is None
