"""What an experiment was started with, and when it ran: read from a capability's ledger."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from roadworthy.errors import UnknownName
from roadworthy.release.entries import Entry, ExperimentEnded, ExperimentStarted, Moved, RolledBack, Stage
from roadworthy.release.experiment_metric import ExperimentMetric
from roadworthy.release.standing import standing_of


class ExperimentPlan(BaseModel):
    """One experiment of a capability."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    capability: str
    name: str
    hypothesis: str
    treatment: int
    """The release that is tried."""
    control: tuple[int, ...]
    """The releases that were in production meanwhile; several when somebody promoted one or rolled back."""
    share: float
    """Of production's traffic, for the treatment."""
    metric: ExperimentMetric
    smallest_effect: float
    stated: bool
    """Whether metric and smallest effect were recorded at the start; else they are the usual ones."""
    started: datetime
    ended: datetime | None = None
    why_ended: str = ""


def plan_of(capability: str, entries: tuple[Entry, ...], name: str | None = None) -> ExperimentPlan:
    """Return the latest experiment, or the latest one called `name`. Raises `UnknownName` with those there are."""
    started = [entry for entry in entries if isinstance(entry.fact, ExperimentStarted)]
    found = [entry for entry in started if name is None or _fact(entry).name == name]
    if not found:
        known = ", ".join(sorted({_fact(entry).name for entry in started})) or "none yet"
        raise UnknownName(
            f"'{capability}' has no experiment" + (f" '{name}'." if name else "."),
            where=capability,
            remedy=f"Known experiments: {known}. `roadworthy experiment start {capability}@N --name …` starts one.",
        )
    return _plan(capability, entries, found[-1])


def _plan(capability: str, entries: tuple[Entry, ...], start: Entry) -> ExperimentPlan:
    fact = _fact(start)
    before = standing_of(capability, entries[: start.sequence]).production
    later = entries[start.sequence :]
    end = next((entry for entry in later if _ends(entry, fact.release)), None)
    meanwhile = later[: later.index(end)] if end else later
    control = [before.number] if before else []
    control += [number for entry in meanwhile if (number := _came_into_production(entry)) is not None]
    metric = fact.metric or ExperimentMetric.SUCCESS
    return ExperimentPlan(
        capability=capability,
        name=fact.name,
        hypothesis=fact.hypothesis,
        treatment=fact.release,
        control=tuple(dict.fromkeys(control)),
        share=fact.share,
        metric=metric,
        smallest_effect=fact.smallest_effect or metric.usual_effect,
        stated=fact.metric is not None and fact.smallest_effect is not None,
        started=start.at,
        ended=end.at if end else None,
        why_ended=_why(end) if end else "",
    )


def _ends(entry: Entry, treatment: int) -> bool:
    """Tell whether an experiment ends here: by hand, or because its release is in production."""
    return isinstance(entry.fact, ExperimentEnded) or _came_into_production(entry) == treatment


def _came_into_production(entry: Entry) -> int | None:
    match entry.fact:
        case Moved(release=release, stage=Stage.PRODUCTION):
            return release
        case RolledBack(to=release):
            return release
    return None


def _why(end: Entry) -> str:
    return end.fact.reason if isinstance(end.fact, ExperimentEnded) else "the treatment is in production"


def _fact(entry: Entry) -> ExperimentStarted:
    assert isinstance(entry.fact, ExperimentStarted)  # noqa: S101  (only such entries are given)
    return entry.fact
