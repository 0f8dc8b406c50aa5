"""What the folder store promises beyond the contract: killed writers, full disks, forbidden folders."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from roadworthy import create_once
from roadworthy.errors import Unavailable
from roadworthy.store import LocalStore

ROOT = Path(__file__).parents[2]
KILLS = 20
WRITE_FOR_EVER = """
import itertools, sys
from pathlib import Path
from roadworthy import create_once
from roadworthy.store import LocalStore
folder, first, unnamed = sys.argv[1:]
if unnamed == "no":
    create_once._open_unnamed = lambda folder: None
store = LocalStore(Path(folder))
print("ready", flush=True)
for number in itertools.count(int(first)):
    store.create(f"blobs/{number}", str(number).encode().zfill(16) * 10_000)
"""


def kill_writers(folder: Path, kills: int, *, unnamed: bool) -> None:
    """Start `kills` writers in turn and kill each at a seeded moment in the middle of its work."""
    moments = random.Random(20_261_123)  # noqa: S311
    for round_ in range(kills):
        arguments = [str(folder), str(round_ * 10_000), "yes" if unnamed else "no"]
        writer = subprocess.Popen([sys.executable, "-c", WRITE_FOR_EVER, *arguments], stdout=subprocess.PIPE, cwd=ROOT)
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"ready\n"
        time.sleep(moments.uniform(0, 0.02))
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()


def assert_all_whole(folder: Path) -> None:
    """Assert that the store holds entries, and each of them whole."""
    store = LocalStore(folder)
    assert len(store.keys()) > KILLS
    for key in store.keys():  # noqa: SIM118
        assert store.read(key) == key.removeprefix("blobs/").encode().zfill(16) * 10_000


def test_a_killed_writer_leaves_no_half_entry_and_no_temporary_file(tmp_path: Path) -> None:
    """After twenty kill -9 in the middle of writes, all that lies in the store is whole entries."""
    kill_writers(tmp_path, KILLS, unnamed=True)
    assert_all_whole(tmp_path)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert all(re.fullmatch(r"\d+", path.name) for path in files)


def test_where_files_need_a_name_the_next_writer_cleans_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On file systems without unnamed files, leftovers are never listed, and the next write removes them."""
    kill_writers(tmp_path, KILLS, unnamed=False)
    assert_all_whole(tmp_path)
    dead = subprocess.Popen(["true"])
    dead.wait()
    machine = os.uname().nodename
    (tmp_path / "blobs" / f".creating-{machine}-{dead.pid}-a").write_bytes(b"half")
    (tmp_path / "blobs" / f".creating-{machine}-{os.getpid()}-b").write_bytes(b"somebody is at work")
    (tmp_path / "blobs" / f".creating-elsewhere-{dead.pid}-c").write_bytes(b"somebody may be at work")
    monkeypatch.setattr(create_once, "_open_unnamed", lambda folder: None)
    LocalStore(tmp_path).create("blobs/next", b"")
    hidden = {path.name.rpartition("-")[2] for path in (tmp_path / "blobs").glob(".*")}
    assert hidden == {"b", "c"}
    assert all(not key.startswith("blobs/.") for key in LocalStore(tmp_path).keys())  # noqa: SIM118


FILL_THE_DISK = """
import sys
from pathlib import Path
from roadworthy import create_once
from roadworthy.errors import Unavailable
from roadworthy.store import LocalStore
folder, unnamed = sys.argv[1:]
if unnamed == "no":
    create_once._open_unnamed = lambda folder: None
store = LocalStore(Path(folder) / "store")
try:
    store.create("blobs/small", b"fits")
    store.create("blobs/large", bytes(2_000_000))
except Unavailable as error:
    print(error)
print([path.name for path in Path(folder).rglob("*") if path.is_file()])
"""


def on_a_file_system(options: str, folder: Path, unnamed: str) -> str:
    """Run FILL_THE_DISK with a real file system, mounted with `options` on `folder`; return its output."""
    alone = ["unshare", "--user", "--map-root-user", "--mount"]
    if shutil.which("unshare") is None or subprocess.run([*alone, "true"], capture_output=True).returncode:
        pytest.skip("This system lets no user mount a file system of their own.")
    script = f'mount -t tmpfs -o {options} tmpfs "$0" && exec "$1" -c "$2" "$0" "$3"'
    command = [*alone, "sh", "-c", script, str(folder), sys.executable, FILL_THE_DISK, unnamed]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True).stdout


@pytest.mark.parametrize("unnamed", ["yes", "no"])
def test_a_full_disk_is_one_clear_error_and_nothing_half_written(tmp_path: Path, unnamed: str) -> None:
    """On a real file system of one megabyte, what does not fit leaves nothing, and says what to do."""
    printed = on_a_file_system("size=1m", tmp_path, unnamed)
    assert "The disk is full" in printed
    assert "remedy: Free some space" in printed
    assert printed.splitlines()[-1] == "['small']"


def test_a_read_only_disk_is_one_clear_error(tmp_path: Path) -> None:
    """On a file system that is read-only, the error names the path and the setting."""
    printed = on_a_file_system("size=1m,ro", tmp_path, "yes")
    assert "may not use this path" in printed
    assert str(tmp_path) in printed
    assert "ROADWORTHY_STORE" in printed
    assert printed.splitlines()[-1] == "[]"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_forbidden_folder_is_one_clear_error(tmp_path: Path) -> None:
    """A folder without the right to write is refused with a remedy, and read all the same."""
    store = LocalStore(tmp_path)
    store.create("a", b"before")
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(Unavailable, match="ROADWORTHY_STORE"):
            store.create("b", b"")
        assert store.read("a") == b"before"
    finally:
        tmp_path.chmod(0o700)


def test_a_store_that_is_a_file_is_one_clear_error(tmp_path: Path) -> None:
    """Where a file stands in the way of a folder, the error names the path and the setting."""
    (tmp_path / "store").write_bytes(b"a file")
    for key in ("a", "a/b"):
        with pytest.raises(Unavailable, match="ROADWORTHY_STORE") as caught:
            LocalStore(tmp_path / "store").create(key, b"")
        assert str(tmp_path / "store") in str(caught.value)
    assert (tmp_path / "store").read_bytes() == b"a file"


def test_a_full_destination_leaves_the_older_file(tmp_path: Path) -> None:
    """Reading into a place that can't be written is an error with a remedy, not a traceback."""
    store = LocalStore(tmp_path / "store")
    store.create("a", b"new")
    (tmp_path / "file").write_bytes(b"a file")
    with pytest.raises(Unavailable, match="remedy"):
        store.read_to_file("a", tmp_path / "file" / "below")
