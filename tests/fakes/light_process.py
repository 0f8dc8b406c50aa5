"""How the tests' own processes run: as lightly as the product's, for several of them share the processors."""

from __future__ import annotations

import os

from roadworthy.memory import collect_rarely


def run_lightly() -> None:
    """Calculate on one thread, unless somebody has said how many, and search for garbage rarely.

    Threads of two workers that wait for each other's processor turn a training of 0.1 s into one of 5 s.
    `make test` says it from outside as well, for numpy, which is imported before this.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    collect_rarely()
