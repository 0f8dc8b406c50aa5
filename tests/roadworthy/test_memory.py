"""Memory between two steps."""

from __future__ import annotations

import subprocess
import sys

import pytest

FILL_AND_GIVE_BACK = """
import numpy, psutil, pyarrow
from roadworthy.memory import collect_rarely, give_back
collect_rarely()
class Table: pass
def used(): return psutil.Process().memory_info().rss
before = used()
# In circles, as Great Expectations leaves them, and in pieces too small to be returned one by one.
tables = []
for _ in range(2000):
    table = Table()
    table.itself, table.rows = table, numpy.ones(10_000)
    tables.append(table)
kept = numpy.ones(10)
arrow = pyarrow.array(numpy.arange(5_000_000))
full = used()
del tables, table, arrow
give_back()
print((used() - before) / (full - before))
"""


def test_what_a_step_left_behind_goes_back_to_the_system() -> None:
    """Tables in circles are freed, and their pages returned, before the next process needs them."""
    if not sys.platform.startswith("linux"):
        pytest.skip("only the GNU C library returns pages when it is asked to")
    done = subprocess.run([sys.executable, "-c", FILL_AND_GIVE_BACK], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 0.3


def test_garbage_is_still_found() -> None:
    """Searched rarely is not never."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import gc; from roadworthy.memory import collect_rarely; collect_rarely();"
            "print(gc.isenabled(), *gc.get_threshold())",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    enabled, *thresholds = done.stdout.split()
    assert enabled == "True"
    assert all(int(number) > 0 for number in thresholds)
