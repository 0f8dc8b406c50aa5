"""`roadworthy watch`: past nights lived again, to see what the watch would have said and done."""

from __future__ import annotations

import re
import sys
from calendar import monthrange
from datetime import date, timedelta
from pathlib import Path

from cli.drift_lines import drift_lines
from cli.output import columns, print_json
from roadworthy.atomic import write_bytes
from roadworthy.canonical import readable_json
from roadworthy.drift.report import DriftReport
from roadworthy.errors import UsageError
from roadworthy.evaluation.values import Estimate, Metric
from roadworthy.params.loading import capability_params, load_params
from roadworthy.replay.drawing import draw_replay
from roadworthy.replay.drifting import FeatureDrift
from roadworthy.replay.learning import EstimatorLearner
from roadworthy.replay.replaying import replay as replay_span
from roadworthy.replay.report import NightReport, Replay, WayResult
from roadworthy.replay.settings import ReplaySettings, Span
from roadworthy.settings import Settings
from roadworthy.workspace import Workspace
from tasks.replay_data import read_replay_data, replayable

_PART = re.compile(r"\d{4}-\d{2}(-\d{2})?")


def watch(capability: str, night: str | None, span: str | None, as_json: bool) -> int:
    """Replay one night or a span of them, print it, and write a span to reports/replay as JSON and as a picture."""
    if (night is None) == (span is None):
        raise UsageError("say which nights", remedy="give --night 2013-07-14, or --replay 2013-04..2013-12")
    if night is not None:
        last = _day(night, end=True)
        found, drift = _replayed(capability, Span(first=last.replace(day=1), last=last), with_monthly=False)
        _print_night(found, next(one for one in found.nights if one.night == last), drift.reports[last], as_json)
    else:
        assert span is not None  # noqa: S101  (one of them is given)
        found, _ = _replayed(capability, _span(span), with_monthly=True)
        _keep(found, Settings().root / "reports" / "replay")
        _print_span(found, as_json)
    return 0


def _replayed(name: str, span: Span, with_monthly: bool) -> tuple[Replay, FeatureDrift]:
    settings = Settings()
    capability = replayable(name, capability_params(load_params(settings.root / "params.yaml"), name))
    data = read_replay_data(capability, Workspace(settings.root, name), settings.home_path, _tell)
    if not with_monthly and span.last < data.rows.last:
        # A night is told as it is known when its labels have come, where the data goes on so long.
        later = span.last + timedelta(days=ReplaySettings().label_delay)
        span = Span(first=span.first, last=min(later, data.rows.last))
    learner, drift = EstimatorLearner(capability.train, data.schema), FeatureDrift(name, data.files, data.schema)
    how = ReplaySettings()
    return replay_span(name, data.rows, span, capability.gates, learner, drift, how, _tell, with_monthly), drift


def _span(text: str) -> Span:
    first, dots, last = text.partition("..")
    start, end = _day(first, end=False), _day(last if dots else first, end=True)
    if end < start:
        raise UsageError(f"{text} ends before it begins", where="--replay", remedy="2013-04..2013-12")
    return Span(first=start, last=end)


def _day(text: str, end: bool) -> date:
    """Read a day, or a month as its first or its last day."""
    try:
        if not _PART.fullmatch(text):
            raise ValueError
        if len(text) == len("2013-04"):
            year, month = int(text[:4]), int(text[5:])
            return date(year, month, monthrange(year, month)[1] if end else 1)
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is no day and no month", remedy="write 2013-07-14 or 2013-07") from None


def _keep(found: Replay, folder: Path) -> None:
    write_bytes(folder / f"{found.capability}.json", readable_json(found.model_dump(mode="json")))
    write_bytes(folder / f"{found.capability}.svg", draw_replay(found))


def _print_night(found: Replay, night: NightReport, drift: DriftReport, as_json: bool) -> None:
    if as_json:
        print_json(night.model_dump(mode="json") | {"drift_report": drift.model_dump(mode="json")})
        return
    print(f"{found.capability} on {night.night}: {night.rows:,} rows, {night.state}")
    print(f"drift:     {night.drift.verdict}")
    for line in drift_lines(drift):
        print(f"           {line}")
    print(f"estimated: {_auc(night.estimated.metrics, night.estimated.reason)}")
    print(f"measured:  {_auc(night.measured.metrics, night.measured.reason)}")
    print(f"loss:      {night.loss.reason if night.loss else 'the model has served too few nights'}")
    print(f"trigger:   {night.decision.verdict} ({night.decision.reason})")


def _print_span(found: Replay, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    for line in columns([("night", "rows", "drift", "estimated", "measured", "trigger"), *map(_row, found.nights)]):
        print(line)
    print(f"\ndrift alarms: {len(found.alarms)} of {len(found.nights)} nights")
    for one in found.retrainings:
        print(f"{one.night}: {'replaced' if one.replaced else 'refused'}; {'; '.join(one.reasons)}")
    print(
        f"estimates: {found.estimates.verdict}" + (f", gap {found.estimates.gap.text()}" if found.estimates.gap else "")
    )
    for name, way in (("stale", found.stale), ("monthly", found.monthly), ("triggered", found.triggered)):
        if way is not None:
            print(f"{name:9}  mean AUC {_mean(way)}, {way.retrainings} retrainings")
    print(f"written: reports/replay/{found.capability}.json, reports/replay/{found.capability}.svg")


def _row(night: NightReport) -> tuple[str, ...]:
    estimated = _auc(night.estimated.metrics, night.estimated.verdict)
    measured = _auc(night.measured.metrics, night.measured.verdict)
    trigger = f"{night.decision.verdict} ({night.decision.harmed} harmed)"
    if night.held_until is not None:
        trigger += f", held until {night.held_until}"
    return (str(night.night), f"{night.rows:,}", night.drift.verdict, estimated, measured, trigger)


def _auc(metrics: dict[Metric, Estimate], otherwise: str | None) -> str:
    return metrics[Metric.AUC].text() if Metric.AUC in metrics else str(otherwise)


def _mean(way: WayResult) -> str:
    return "unknown" if way.mean_auc is None else f"{way.mean_auc:.4f}"


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
