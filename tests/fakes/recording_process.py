"""A process that records events as fast as it is asked to, and says which are written: to be killed by tests.

`python -m fakes.recording_process FOLDER NAME EVENTS FILE_LIMIT`: prints `r` and a number after each event that it has
recorded, and with FILE_LIMIT no file may grow beyond so many bytes, as if the disk were full.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from fakes.any_events import a_content, an_event

from roadworthy.telemetry.bounds import Bounds
from roadworthy.telemetry.content_policy import ContentPolicy
from roadworthy.telemetry.recorder import SegmentRecorder


def main(folder: str, name: str, events: str, file_limit: str) -> None:
    """Record, and after each event say so."""
    if int(file_limit):
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(file_limit), resource.RLIM_INFINITY))
    bounds = Bounds(
        flush_seconds=0.01, flush_events=32, waiting=100_000, contents_waiting=100_000, segment_seconds=0.05
    )
    recorder = SegmentRecorder(Path(folder), ContentPolicy.REDACTED, bounds)
    for number in range(int(events)):
        recorder.record(an_event(f"{name}-{number}"), a_content(f"{name}-{number}", question="why?"))
        print(number, recorder.waiting, flush=True)
    recorder.close()
    print(f"lost {recorder.lost}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
