"""Python loads this first in each process of a release that `benchmarks.kills` watches: it records writes, and kills.

It needs nothing but the standard library, and what it watches needs nothing of it: Python itself raises an audit event
before each write. Writes inside of C libraries raise none; for those a plan may name a delay after the event before.
"""

# ruff: noqa: PTH100, PTH103, PTH115, PTH118, PTH208
# Each process of a release loads this, so it stays with os: pathlib would be one more import.
import contextlib
import json
import os
import re
import signal
import sys
import threading
import time

ROOT = os.environ.get("KILLS_ROOT", "")
FOLDER = os.environ.get("KILLS_FOLDER", "")
ONE_PATH = {"os.mkdir", "os.rmdir", "os.remove", "os.truncate", "sqlite3.connect", "shutil.rmtree"}
TWO_PATHS = {"os.rename", "os.link", "os.symlink"}
NAMES_THAT_VARY = [
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "#"),
    (re.compile(r"[0-9a-f]{8,}(\.dir)?"), "#"),
    (re.compile(r"\.[A-Za-z0-9_-]{20,}\.tmp"), ".#.tmp"),
    (re.compile(r"(?<=/tmp)[a-z0-9_]{8}(?=/|$)"), "#"),
    (re.compile(r"(?<=/\.tmp-)\d+-[a-z0-9_]{8}(?=/|$)"), "#"),
    (re.compile(r"(?<=\.uploading\.)[a-z0-9_]{8}"), "#"),
    (re.compile(r"(?<=/)[0-9a-f]{2}(?=/|$)"), "#"),
    (re.compile(r"\d+"), "#"),
]


def role() -> str | None:
    """Tell which of a release's processes this is; None for any other."""
    words = sys.orig_argv
    if "tasks.worker_process" in words:
        return "worker"
    return "flow" if "cli.main" in words else None


class Watch:
    """What happens in this process, and when it has to die."""

    def __init__(self, role: str) -> None:
        self.role = role
        self.plan = json.loads(os.environ.get("KILLS_PLAN") or "null")
        self.seen: dict[str, int] = {}
        self.armed = False
        self.inside = threading.local()
        os.makedirs(os.path.join(FOLDER, "processes"), exist_ok=True)
        self._note(f"processes/{os.getpid()}", role)
        self.log = os.open(os.path.join(FOLDER, f"events-{role}"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def hook(self, event: str, arguments: tuple[object, ...]) -> None:
        """Take an audit event."""
        if event != "open" and event not in ONE_PATH and event not in TWO_PATHS:
            return
        if getattr(self.inside, "hook", False):
            return
        self.inside.hook = True
        try:
            path = written_path(event, arguments)
            if path:
                self._happened(f"{event} {pattern(path)}")
        finally:
            self.inside.hook = False

    def _happened(self, site: str) -> None:
        self.seen[site] = self.seen.get(site, 0) + 1
        os.write(self.log, json.dumps([time.time(), self.role, site, self.seen[site]]).encode() + b"\n")
        plan = self.plan
        if not plan or self.armed or plan["role"] != self.role:
            return
        if plan["site"] == site and plan["occurrence"] == self.seen[site]:
            self.armed = True
            self._arm(plan["calls"], plan["delay"])

    def _arm(self, calls: int, delay: float) -> None:
        if delay:
            # Another process: a thread of this one may not get its turn inside of a C library.
            who = " ".join(map(str, self._victims()))
            self._note("killed", "")
            os.posix_spawn("/bin/sh", ["sh", "-c", f"sleep {delay}; kill -9 {who}"], os.environ)
        elif calls:
            sys.setprofile(Countdown(calls, self.die))
        else:
            self.die()

    def die(self) -> None:
        """Die by kill -9, alone or with the whole family."""
        self.inside.hook = True
        self._note("killed", "")
        for process in self._victims():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)

    def _victims(self) -> list[int]:
        """Return the processes to kill, this one last."""
        own = os.getpid()
        family = os.listdir(os.path.join(FOLDER, "processes")) if self.plan["whole_family"] else []
        return [*(int(name) for name in family if int(name) != own), own]

    def _note(self, name: str, content: str) -> None:
        descriptor = os.open(os.path.join(FOLDER, name), os.O_WRONLY | os.O_CREAT)
        os.write(descriptor, content.encode())
        os.close(descriptor)


class Countdown:
    """A profile function that ends the process after some more calls into C: between opening a file and writing it."""

    def __init__(self, calls: int, end: object) -> None:
        self.left, self.end = calls, end

    def __call__(self, frame: object, event: str, argument: object) -> None:
        """Count down."""
        if event.startswith("c_"):
            self.left -= 1
            if self.left <= 0:
                self.end()


def written_path(event: str, arguments: tuple[object, ...]) -> str | None:
    """Return the path that is about to be written, relative to the project; None for all others."""
    if event == "open":
        name, _, flags = arguments
        path = absolute(name) if int(flags) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) else None
    elif event in TWO_PATHS:
        folder = arguments[3] if len(arguments) > 3 else -1
        path = absolute(arguments[1], folder)
    else:
        folder = arguments[1] if event in ("os.remove", "os.rmdir", "shutil.rmtree") and len(arguments) > 1 else -1
        path = absolute(arguments[0], folder)
    if not path or not path.startswith(ROOT + "/") or "__pycache__" in path:
        return None
    return path[len(ROOT) :]


def absolute(name: object, folder: object = -1) -> str | None:
    """Return the whole path; None where there is none, as with descriptors."""
    if isinstance(name, int):
        return None
    try:
        path = os.fsdecode(name)
    except TypeError:
        return None
    if isinstance(folder, int) and folder >= 0:
        path = os.path.join(os.readlink(f"/proc/self/fd/{folder}"), path)
    return os.path.abspath(path)


def pattern(path: str) -> str:
    """Return the path with what differs from run to run replaced."""
    for varying, constant in NAMES_THAT_VARY:
        path = varying.sub(constant, path)
    return path


if FOLDER and role():
    sys.addaudithook(Watch(role() or "").hook)
