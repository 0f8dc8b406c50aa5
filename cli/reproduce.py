"""`roadworthy reproduce`: a release rebuilt from its manifest in an empty folder, compared file by file."""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from cli.output import print_json
from cli.releases import Named, find
from roadworthy.digest import SHORT
from roadworthy.errors import IntegrityError
from roadworthy.settings import Settings
from tasks.reproduce import Reproduction, Sameness, reproduce

MARKS = {Sameness.SAME: "[green]same[/green]"}


def reproduce_release(text: str, into: Path | None, as_json: bool) -> int:
    """Rebuild the release; return 4 when a file came out differently."""
    named, start = find(text), time.monotonic()
    console = Console(stderr=as_json, highlight=False)
    if into is None:
        with TemporaryDirectory(prefix="roadworthy-reproduce-") as scratch:
            reproduction = _reproduce(named, Path(scratch), console)
    else:
        reproduction = _reproduce(named, into.resolve(), console)
    if as_json:
        print_json({"identical": reproduction.identical, "reproduction": reproduction})
    else:
        _show(str(named), reproduction, time.monotonic() - start, console)
    return 0 if reproduction.identical else IntegrityError.exit_code


def _reproduce(named: Named, folder: Path, console: Console) -> Reproduction:
    return reproduce(
        Settings(), named.store, named.capability, named.record.digest, folder, lambda text: console.print(f"· {text}")
    )


def _show(name: str, reproduction: Reproduction, seconds: float, console: Console) -> None:
    for file in reproduction.files:
        mark = MARKS.get(file.sameness, f"[red]{file.sameness}[/red]")
        console.print(f"{mark:<22} {(file.released or '-')[:SHORT]:<{SHORT}} {file.name}")
    same = sum(file.sameness is Sameness.SAME for file in reproduction.files)
    verdict = "byte for byte the same" if reproduction.identical else "NOT the same"
    console.print(f"{name}: {same} of {len(reproduction.files)} files, {verdict}, in {seconds:.1f} s")
