"""Opens the telemetry of one process: a recorder, and a sealer behind it."""

from __future__ import annotations

from pathlib import Path

from roadworthy.store import Store
from roadworthy.telemetry.background import BackgroundSealer
from roadworthy.telemetry.bounds import Bounds
from roadworthy.telemetry.content_policy import ContentPolicy
from roadworthy.telemetry.recorder import SegmentRecorder

OPEN = Path("telemetry", "open")
"""Where segments are, below HOME."""
SEAL_SECONDS = 60


class SealedRecorder(SegmentRecorder):
    """A `SegmentRecorder` whose segments are sealed in the background."""

    def __init__(self, folder: Path, store: Store, policy: ContentPolicy, bounds: Bounds, seal_seconds: float) -> None:
        super().__init__(folder, policy, bounds)
        self._sealer = BackgroundSealer(folder, store, seal_seconds)

    def close(self) -> None:
        """See `Recorder.close`; then seal what was written."""
        super().close()
        self._sealer.close()


def open_recorder(
    home: Path,
    store: Store,
    policy: ContentPolicy = ContentPolicy.NONE,
    bounds: Bounds | None = None,
    seal_seconds: float = SEAL_SECONDS,
) -> SealedRecorder:
    """Return the recorder of this process: segments below `home`, Parquet in `store`. Close it at the end."""
    return SealedRecorder(home / OPEN, store, policy, bounds or Bounds(), seal_seconds)
