"""`roadworthy experiment report`: how an experiment stands, right at any time; changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from cli.output import columns, print_json
from cli.releases import open_ledger
from roadworthy.atomic import write_bytes
from roadworthy.canonical import readable_json
from roadworthy.experiments.drawing import draw_experiment
from roadworthy.experiments.report import ExperimentReport, MetricReport
from roadworthy.settings import Settings
from tasks.experiment_report import report_experiment

_HEADINGS = ("metric", "treatment", "people", "control", "people", "difference", "matters from", "")


def show_experiment(capability: str, name: str | None, as_json: bool) -> int:
    """Print the report, and write it to reports/experiments as JSON and as a picture."""
    settings = Settings()
    report = report_experiment(open_ledger(capability), settings, name, datetime.now(UTC))
    base = Path("reports", "experiments", f"{capability}.{report.plan.name}")
    write_bytes(settings.root / f"{base}.json", readable_json(report.model_dump(mode="json")))
    write_bytes(settings.root / f"{base}.svg", draw_experiment(report))
    if as_json:
        print_json(report)
    else:
        _print(report)
        print(f"written: {base}.json, {base}.svg")
    return 0


def _print(report: ExperimentReport) -> None:
    plan, split = report.plan, report.split
    ended = f", ended {plan.ended:%Y-%m-%d %H:%M} UTC: {plan.why_ended}" if plan.ended else ""
    print(f"{plan.capability}: experiment {plan.name} since {plan.started:%Y-%m-%d %H:%M} UTC{ended}")
    print(f"hypothesis: {plan.hypothesis or '-'}")
    print(f"release {plan.treatment} against {', '.join(map(str, plan.control))}, decided by {plan.metric}")
    for line in columns([_HEADINGS, _row(report.decides), *map(_row, report.beside)]):
        print(line)
    people = f"{split.treatment:,} of {split.treatment + split.control:,} people"
    print(f"split {_said(split.verdict)}: {people} in treatment, {split.planned:.1%} planned")
    for remark in report.remarks:
        print(f"note: {remark}")
    print(f"{_said(report.verdict)}: {report.reason}")


def _row(one: MetricReport) -> tuple[str, ...]:
    interval = "-" if one.low is None or one.high is None else f"{one.low:+.3g} to {one.high:+.3g}"
    effect = "-" if one.smallest_effect is None else f"{one.smallest_effect:.3g}"
    return (
        one.metric.value, _mean(one.treatment.mean), f"{one.treatment.people:,}", _mean(one.control.mean),
        f"{one.control.people:,}", interval, effect, _said(one.verdict),
    )  # fmt: skip


def _mean(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _said(word: str) -> str:
    return word.replace("_", " ")
