"""Atomic writes: a reader never sees half a file, and a killed writer leaves none behind."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from roadworthy.atomic import replacing_folder_or_file, sweep, write_bytes


def test_a_failing_block_leaves_the_old_folder(tmp_path: Path) -> None:
    """When the block raises, what was there stays and the temporary folder goes."""
    target = tmp_path / "model"
    target.mkdir()
    (target / "old").write_text("old")
    with pytest.raises(ValueError, match="half-way"), replacing_folder_or_file(target) as folder:
        folder.mkdir()
        (folder / "new").write_text("new")
        raise ValueError("half-way")
    assert [path.name for path in tmp_path.rglob("*")] == ["model", "old"]


def test_a_folder_is_replaced_whole(tmp_path: Path) -> None:
    """Nothing of the old folder is left in the new one."""
    target = tmp_path / "model"
    target.mkdir()
    (target / "old").write_text("old")
    with replacing_folder_or_file(target) as folder:
        folder.mkdir()
        (folder / "new").write_text("new")
    assert [path.name for path in target.iterdir()] == ["new"]


def test_sweep_removes_what_a_killed_writer_left_and_nothing_of_a_living_one(tmp_path: Path) -> None:
    """A killed writer's temporary file goes; that of a process that still writes stays."""
    script = (
        "import os, signal, sys; from pathlib import Path\n"
        "from roadworthy.atomic import replacing_folder_or_file\n"
        "with replacing_folder_or_file(Path(sys.argv[1])) as path:\n"
        "    path.write_text('half'); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path / "file")], check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(list(tmp_path.glob(".tmp-*"))) == 1
    with replacing_folder_or_file(tmp_path / "other") as mine:
        mine.write_text("mine")
        sweep(tmp_path)
        assert mine.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other"]


def test_write_bytes_replaces_the_content(tmp_path: Path) -> None:
    """The new content is there, whatever was before."""
    write_bytes(tmp_path / "file", b"one")
    write_bytes(tmp_path / "file", b"two")
    assert (tmp_path / "file").read_bytes() == b"two"


def test_sweep_leaves_what_it_does_not_know(tmp_path: Path) -> None:
    """A name that tells of no process is not ours; folders below are left alone when that is asked for."""
    (tmp_path / ".tmp-notes").touch()
    below = tmp_path / "below" / ".tmp-999999999-1-x"
    below.mkdir(parents=True)
    sweep(tmp_path, ".tmp-*")
    assert below.exists()
    sweep(tmp_path)
    assert sorted(path.name for path in tmp_path.rglob("*")) == [".tmp-notes", "below"]
