"""The record of a local server, and the process that it names."""

import json
import os
import signal
import sys
from pathlib import Path

from tasks.prefect_server import running_server, start_server


def test_a_server_is_found_by_its_record_as_long_as_it_runs(tmp_path: Path) -> None:
    """A release uses the server that an earlier one left up, and starts another when that one is gone."""
    command = [sys.executable, "-c", "import signal; signal.pause()", "--port", "4321"]
    server = start_server(command, tmp_path, 4321, {})
    assert running_server(tmp_path) == server
    os.killpg(server.process, signal.SIGKILL)
    os.waitpid(server.process, 0)
    assert running_server(tmp_path) is None


def test_another_process_with_the_number_of_a_server_that_was_killed_is_not_taken_for_it(tmp_path: Path) -> None:
    """After a restart of the machine any process may have that number: it is not waited for, and not stopped."""
    (tmp_path / "server.json").write_text(json.dumps({"process": os.getpid(), "port": 4321}))
    assert running_server(tmp_path) is None
