"""Seals now and then, in a thread beside the recorder."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from roadworthy.store import Store
from roadworthy.telemetry.sealing import seal_segments

_LOG = logging.getLogger(__name__)
_LAST_ROUND_SECONDS = 10


class BackgroundSealer:
    """Seals the closed segments in a folder every so many seconds; several processes may do so side by side."""

    def __init__(self, folder: Path, store: Store, every: float) -> None:
        self._folder = folder
        self._store = store
        self._every = every
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._work, name="telemetry-sealer", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Seal once more and stop; a store that does not answer is left alone after ten seconds, nothing is lost."""
        self._closing.set()
        self._thread.join(_LAST_ROUND_SECONDS)

    def _work(self) -> None:
        while not self._closing.wait(self._every):
            self._round()
        self._round()

    def _round(self) -> None:
        try:
            sealed = seal_segments(self._folder, self._store)
        except Exception as error:  # Whatever it is, segments wait on the disk for the next round.
            _LOG.warning("telemetry: segments in %s wait to be sealed: %s", self._folder, type(error).__name__)
            return
        if sealed.damaged:
            _LOG.warning("telemetry: %d damaged lines were left out of what was sealed", sealed.damaged)
        if sealed.newer:
            _LOG.warning("telemetry: a newer Roadworthy has to seal %s", ", ".join(sealed.newer))
