"""Whether what is installed here is what a lock pins: a lock alone is a claim."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_PIN = re.compile(
    r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^]]*\])?[ \t]*==[ \t]*([^\s;\\]+)(?:[ \t]*;[ \t]*([^\\\n]*))?", re.MULTILINE
)
_BEHIND_A_MARKER = re.compile(r"\s+(?:#|--).*")
_SHOWN = 3


@dataclass(frozen=True)
class Pin:
    """A package that a lock pins."""

    name: str
    """In the one spelling that PEP 503 gives it."""
    version: str
    marker: str = ""
    """Where it is needed, such as: sys_platform == 'win32'; empty where always."""

    @property
    def needed(self) -> bool:
        """Tell whether this interpreter on this system needs it."""
        if not self.marker:
            return True
        from packaging.markers import Marker  # Late: start-up time.

        return Marker(self.marker).evaluate()


def pins_of_lock(lock: str) -> tuple[Pin, ...]:
    """Return the packages of a lock in pip's format, in its order; a name may stand there for several markers."""
    found = _PIN.findall(lock)
    return tuple(
        Pin(_one_spelling(name), version, _BEHIND_A_MARKER.sub("", marker).strip()) for name, version, marker in found
    )


def drift_from_lock(lock: str, path: Sequence[str] | None = None) -> tuple[str, ...]:
    """Return, for people, every package that is needed here and not installed as pinned.

    Looked for in the folders of `path`, by default where Python imports from. What is installed besides is left alone.
    """
    folders = list(sys.path if path is None else path)
    # The folders' names say the version: a hundred times as fast as reading every package's metadata.
    named = _versions_by_folder(folders)
    wrong = [pin for pin in pins_of_lock(lock) if named.get(pin.name) != pin.version and pin.needed]
    return tuple(text for pin in wrong for text in _difference(pin, folders))


def summary_of(drift: Sequence[str]) -> str:
    """Return the first of the differences, and how many more there are."""
    more = f" and {len(drift) - _SHOWN} more" if len(drift) > _SHOWN else ""
    return "; ".join(drift[:_SHOWN]) + more


def _difference(pin: Pin, folders: list[str]) -> Iterator[str]:
    from importlib.metadata import distributions

    from packaging.version import Version

    installed = next((found.version for found in distributions(name=pin.name, path=folders)), None)
    if installed is None:
        yield f"{pin.name} {pin.version} is not installed"
    elif Version(installed) != Version(pin.version):
        yield f"{pin.name} is {installed}, locked is {pin.version}"


def _versions_by_folder(folders: list[str]) -> dict[str, str]:
    versions: dict[str, str] = {}
    for folder in folders:
        for info in sorted(Path(folder).glob("*.dist-info")):
            name, _, version = info.stem.rpartition("-")
            versions.setdefault(_one_spelling(name), version)
    return versions


def _one_spelling(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
