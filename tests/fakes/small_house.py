"""A house of small real processes: `python -m fakes.small_house HOME` runs it until it is told to stop."""

from __future__ import annotations

import sys
from pathlib import Path

from tasks.house.house import run_house
from tasks.house.log import HouseLog
from tasks.house.part import Part
from tasks.prefect_server import free_port

SERVER = """
import http.server, subprocess, sys
# A step in a group of its own, as flows have them, which nobody but the house would end.
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
print("child", child.pid, flush=True)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler).serve_forever()
"""
DEAF = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(600)
"""


def small_parts() -> tuple[Part, ...]:
    """A server, something done once behind it, and something behind that which does not listen to SIGTERM."""
    port = free_port(0)
    python = (sys.executable, "-c")
    return (
        Part("server", (*python, SERVER, str(port)), port=port, health=f"http://127.0.0.1:{port}/"),
        Part("done", (*python, "print('done once')"), after=("server",), once=True),
        Part("deaf", (*python, DEAF), after=("done",)),
        Part("missing", ("no-such-command",)),
    )


if __name__ == "__main__":
    home = Path(sys.argv[1])
    run_house(small_parts(), home, HouseLog(home / "house" / "house.log", sys.stdout), patience=2)
