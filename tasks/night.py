"""A night: what the requests of one UTC day say about each release, and how much of each promise is left."""

# Late imports: start-up time.
from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from roadworthy.atomic import write_bytes
from roadworthy.canonical import readable_json
from roadworthy.drift.report import DriftReport
from roadworthy.errors import UsageError
from roadworthy.labels.report import LabelsReport
from roadworthy.service_levels.budget import BudgetReport, BudgetVerdict, judge_budget
from roadworthy.service_levels.consumption import consumption_of
from roadworthy.service_levels.figures import ServiceFigures, figures_of
from roadworthy.store import Store
from roadworthy.telemetry.reading import Window, read_events
from tasks.drift_night import CapabilityDrift, DriftWatch
from tasks.label_settings import LabelsOf
from tasks.model_names import trained_models
from tasks.night_assistants import AssistantDrift, assistant_document
from tasks.night_labels import judge_labels
from tasks.promises import Promised, longest_window, promises_of

REPORTS = Path("reports", "nights")
_USUAL: LabelsOf = {}


@dataclass(frozen=True)
class CapabilityNight:
    """What a night says about one capability."""

    capability: str
    figures: tuple[ServiceFigures, ...]
    """Of each release and arm; empty when nobody asked."""
    budgets: tuple[BudgetReport, ...]
    drift: CapabilityDrift | None = None
    """Of a trained model; None for an assistant."""
    labels: LabelsReport | None = None
    """Of a trained model: past nights measured by the labels that have come."""
    assistant: AssistantDrift | None = None
    """Of an assistant in production; see `tasks.assistant_nights`."""

    @property
    def verdict(self) -> BudgetVerdict:
        """The worst of its budgets."""
        order = list(BudgetVerdict)
        return max((report.verdict for report in self.budgets), key=order.index, default=BudgetVerdict.NO_DATA)


@dataclass(frozen=True)
class Night:
    """One night, with a line for every capability that has a release, also for those that nobody asked."""

    night: date
    capabilities: tuple[CapabilityNight, ...]

    @property
    def needs_somebody(self) -> bool:
        """Tell whether a person has to look."""
        return any(
            one.verdict not in (BudgetVerdict.KEPT, BudgetVerdict.NO_DATA)
            or (one.drift and one.drift.needs_somebody)
            or (one.assistant and one.assistant.needs_somebody)
            for one in self.capabilities
        )


def read_night(
    store: Store, night: date, capabilities: tuple[str, ...], promised: Promised, labels_of: LabelsOf = _USUAL
) -> Night:
    """Read a night that is over, from sealed telemetry alone: read again, it says the same.

    `promised` is what is stated of capabilities, and `labels_of` what of their labels; of others what is usual holds.

    Raises `UsageError` for a day that is not over, and as `read_events` does.
    """
    since = datetime.combine(night, time(), UTC)
    until = since + timedelta(days=1)
    if until > datetime.now(UTC):
        raise UsageError(f"{night} is not over", where="night", remedy="give a day before today, in UTC")
    events = read_events(store, Window(since, until))
    window = read_events(store, Window(until - longest_window(promised), until))
    figures = figures_of(events)
    watch, models = DriftWatch(store, night), trained_models(store, capabilities)

    def judge(name: str) -> CapabilityNight:
        objectives = promises_of(name, "prediction" if name in models else "answer", promised)
        budgets = tuple(judge_budget(one, consumption_of(window, name, one), until) for one in objectives)
        own = tuple(one for one in figures if one.capability == name)
        if name not in models:
            return CapabilityNight(name, own, budgets)
        labels = judge_labels(store, name, night, labels_of.get(name))
        return CapabilityNight(name, own, budgets, watch.judge(name, labels.truth_of), labels.report)

    return Night(night, tuple(judge(name) for name in capabilities))


def write_night(night: Night, root: Path) -> Path:
    """Write the night's report as JSON and return its path; the same night gives the same bytes."""
    path = root / REPORTS / f"{night.night.isoformat()}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, readable_json(_document(night)))
    for one in night.capabilities:
        for report in one.drift.reports if one.drift else ():
            write_bytes(drift_report_path(root, report), report.to_bytes())
    return path


def drift_report_path(root: Path, report: DriftReport) -> Path:
    """Return where a drift report lies, such as `reports/nights/drift/2013-07-14/flight-delay@3.json`."""
    name = report.capability if report.release is None else f"{report.capability}@{report.release}"
    return root / REPORTS / "drift" / report.night.isoformat() / f"{name}.json"


def _document(night: Night) -> dict[str, object]:
    return {
        "night": night.night.isoformat(),
        "capabilities": [
            {
                "capability": one.capability,
                "verdict": one.verdict.value,
                "figures": [_plain(asdict(figures)) for figures in one.figures],
                "budgets": [
                    {
                        "objective": report.objective.model_dump(mode="json"),
                        "verdict": report.verdict.value,
                        "requests": report.requests,
                        "left": round(report.left, 6),
                        "burns": [round(burn.long_rate, 6) for burn in report.burns],
                    }
                    for report in one.budgets
                ],
                "drift": None if one.drift is None else _drift(one.drift),
                "labels": None if one.labels is None else one.labels.model_dump(mode="json"),
                "assistant": None if one.assistant is None else assistant_document(one.assistant),
            }
            for one in night.capabilities
        ],
    }


def _drift(drift: CapabilityDrift) -> dict[str, object]:
    return {
        "verdict": drift.verdict.value,
        "releases": [
            {
                "release": one.release,
                "digest": one.digest,
                "verdict": one.verdict.value,
                "rows": one.rows,
                "served": one.served,
                "causes": list(one.causes),
                "conditions": [condition.model_dump(mode="json") for condition in one.conditions],
            }
            for one in drift.reports
        ],
        "sustained": drift.sustained.model_dump(mode="json"),
        "retraining": None if drift.decision is None else drift.decision.model_dump(mode="json"),
    }


def _plain(figures: dict[str, object]) -> dict[str, object]:
    return figures | {"cost": str(figures["cost"]), "currencies": list(figures["currencies"])}  # type: ignore[call-overload]
