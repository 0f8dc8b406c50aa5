"""dvc.lock: what DVC recorded of each stage; written whole, because DVC, killed in the middle, leaves half a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from roadworthy.atomic import write_bytes

SCHEMA = "2.0"


class DvcLock:
    """The lock file, kept in memory as long as nobody else writes it; the bytes are those that DVC would write."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._contents: dict[str, Any] = {}
        self._texts: dict[str, str] = {}

    def contents(self) -> dict[str, Any]:
        """Return what the file holds now."""
        if self._seen != self._stamp():
            self._read()
        return self._contents

    def record(self, entries: dict[str, Any]) -> None:
        """Put the stages' entries into the file, beside those of the other stages."""
        self.contents().setdefault("schema", SCHEMA)
        self._contents.setdefault("stages", {}).update(entries)
        self._texts.update({name: _dumped({"stages": {name: entry}}) for name, entry in entries.items()})
        write_bytes(self._path, self._text().encode())
        self._seen = self._stamp()

    def _stamp(self) -> tuple[int, int, int] | None:
        if not self._path.exists():
            return None
        state = self._path.stat()
        return state.st_mtime_ns, state.st_size, state.st_ino

    def _read(self) -> None:
        from dvc.utils.serialize import parse_yaml

        self._seen = self._stamp()
        text = self._path.read_text(encoding="utf-8") if self._seen else ""
        self._contents = parse_yaml(text, str(self._path))
        stages = self._contents.get("stages", {})
        self._texts = {name: _dumped({"stages": {name: entry}}) for name, entry in stages.items()}

    def _text(self) -> str:
        """Join the parts; each stage was dumped alone, below its heading, so that lines break as in the whole."""
        parts = []
        for key, value in self._contents.items():
            if key == "stages":
                heading = "stages:\n"
                parts.append(heading + "".join(self._texts[name].removeprefix(heading) for name in value))
            else:
                parts.append(_dumped({key: value}))
        return "".join(parts)


def _dumped(content: dict[str, Any]) -> str:
    from dvc.utils.serialize import dumps_yaml

    return str(dumps_yaml(content))
