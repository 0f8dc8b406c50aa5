"""The report of all simulations of the watch: tables of the figures that they kept, in the same bytes each time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

Figures = Mapping[str, Any]


@dataclass(frozen=True)
class SimulationFigures:
    """What the simulations kept."""

    nights: Figures
    rollouts: Figures
    incidents: Figures

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the results below `folder`. Raises `OSError` when one is not there."""
        names = ("drift_nights", "canary_rollouts", "drift_incidents")
        return cls(*(json.loads((folder / f"{name}.json").read_bytes()) for name in names))


def simulation_report(figures: SimulationFigures) -> str:
    """Return the report as Markdown."""
    parts = [
        "# How often the watch is wrong",
        "Simulated, with seeds; `make simulate` runs it all again and writes this page. What is simulated stands "
        "at the beginning of each module below benchmarks/.",
        *_nights(figures.nights),
        *_rollouts(figures.rollouts),
        *_incidents(figures.incidents),
    ]
    return "\n\n".join(parts) + "\n"


def _nights(found: Figures) -> Iterable[str]:
    yield "## Nights on which nothing changed"
    reference = found["reference nights"]
    yield f"30 features, 500 to 100,000 rows a night, a reference of {reference} nights; {found['target']}."
    yield _table(
        ["stream", "nights", "with an alarm", "new alarms", "in 365 nights", "whoever looks at a PSI of .1"],
        (
            [
                name,
                one["nights"],
                one["nights with an alarm"],
                one["new alarms"],
                one["new alarms in 365 nights"],
                one["nights with a psi of .1 or more"],
            ]
            for name, one in found["false alarms"].items()
        ),
    )
    yield "## Nights on which something changed"
    yield _table(
        ["stream", "change in 3 of 30 features", "first night", "within 3", "delay, nights", "right culprit first"],
        (
            [
                stream,
                change,
                _percent(one["first night"]),
                _percent(one["within 3 nights"]),
                one["mean delay, nights"],
                _percent(one["right culprit first"]),
            ]
            for stream, changes in found["power"].items()
            for change, one in changes.items()
        ),
    )


def _rollouts(found: Figures) -> Iterable[str]:
    figures = found["figures"]
    yield "## Canaries that are as good as production"
    yield f"Judged after every request, at α = {found['alpha']}; beside it a z-test on errors, looked at as often."
    yield _table(
        ["traffic", "rollouts", "requests", "rolled back", "at most (97.5 %)", "by a repeated z-test"],
        (
            [
                name,
                one["rollouts"],
                one["requests"],
                _percent(one["false rollbacks"]),
                _percent(one["at most, with 97.5 % confidence"]),
                _percent(one["false rollbacks of a repeated z-test on errors alone"]),
            ]
            for name, one in figures.items()
            if name.startswith("good")
        ),
    )
    yield "## Canaries that are worse"
    yield _table(
        ["what is worse", "rollouts", "caught", "canary requests", "of a fixed sample"],
        (_worse(name, one) for name, one in figures.items() if not name.startswith("good")),
    )


def _worse(name: str, one: Figures) -> list[object]:
    if name.startswith("bad"):
        requests = (
            f"median {one['canary requests, median']:.0f}, 95 of 100 within {one['canary requests, 95 of 100']:.0f}"
        )
        return [name, one["rollouts"], f"{_percent(one['within 200'])} within 200", requests, "-"]
    mean = f"mean {one['canary requests, mean']:,}"
    return [name, one["rollouts"], _percent(one["caught"]), mean, _percent(one["of the fixed sample"])]


def _incidents(found: Figures) -> Iterable[str]:
    targets = found["target"]
    yield "## Injected incidents, over the six kinds of drift"
    quiet = found["nights without an incident"]
    yield (
        f"A reference of {found['reference nights']} nights, then one night with an incident. Targets: right kind "
        f"{_percent(targets['right kind'])}, right culprit first {_percent(targets['right culprit first'])}. On "
        f"{quiet['nights']} nights without an incident there were alarms on {quiet['false alarms'].get('night', 0)}."
    )
    header = ["incident", "incidents", "right kind", "right culprit first", "kind by the largest effect", "accused"]
    yield _table(
        header, (_incident(f"**{name}**", one) for name, one in [*found["by kind"].items(), ("all", found["all"])])
    )
    yield _table(header, (_incident(name, one) for name, one in found["by incident"].items()))


def _incident(name: str, one: Figures) -> list[object]:
    others = ", ".join(f"{kind} {count}" for kind, count in one["other kinds accused"].items())
    return [
        name,
        one["incidents"],
        _percent(one["right kind"]),
        _percent(one["right culprit first"]),
        _percent(one["right kind by the largest effect alone"]),
        others or "-",
    ]


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
