"""Lets DVC read params.yaml once while it stays the same; for each stage that it looks at it would parse it anew."""

# Late imports: start-up time.
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

_Load = Callable[..., Any]


def read_yaml_once() -> None:
    """Have DVC's loader of YAML files keep what it read, by the files' time, size and inode."""
    from dvc.utils.serialize import LOADERS

    if not isinstance(LOADERS[".yaml"], _Remembering):
        LOADERS[".yaml"] = _Remembering(LOADERS[".yaml"])


class _Remembering:
    """A loader that remembers what local files held; nobody changes what it gives."""

    def __init__(self, load: _Load) -> None:
        self._load = load
        self._held: dict[str, tuple[tuple[int, int, int], Any]] = {}

    def __call__(self, path: str, fs: Any = None, **options: Any) -> Any:
        """See `dvc.utils.serialize.load_yaml`."""
        if options or getattr(fs, "protocol", "local") != "local":
            return self._load(path, fs, **options)
        stamp = _stamp(path)
        held = self._held.get(path)
        if held is None or held[0] != stamp:
            held = self._held[path] = stamp, self._load(path, fs)
        return held[1]


def _stamp(path: str) -> tuple[int, int, int]:
    state = Path(path).stat()
    return state.st_mtime_ns, state.st_size, state.st_ino
