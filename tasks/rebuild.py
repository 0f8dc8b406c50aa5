"""Performs every step up to the bundle, whatever DVC has: `python -m tasks.rebuild CAPABILITY`, as reproduce does."""

from __future__ import annotations

import logging
import sys

from roadworthy.errors import RoadworthyError
from roadworthy.settings import Settings
from tasks.catalog import route_of
from tasks.workshop import open_workshop


def rebuild(settings: Settings, capability: str) -> None:
    """Make the bundle of `capability` in this work tree from its sources."""
    with open_workshop(settings, capability) as workshop:
        workshop.start_workers()
        for step in route_of(workshop.section).to_bundle:
            workshop.perform(step)


def main(arguments: list[str]) -> int:
    """Rebuild the capability that is named; return the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    try:
        rebuild(Settings(), *arguments)
    except RoadworthyError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
