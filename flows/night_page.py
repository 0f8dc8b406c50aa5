"""A night as people read it on the flow run's page: promises, and what drifted."""

from __future__ import annotations

from collections.abc import Mapping

from roadworthy.evaluation.values import Estimate, Metric
from tasks.night import Night


def night_page(night: Night) -> str:
    """Return the night as Markdown: figures by release, drift and labels of models, drift of assistants."""
    lines = [f"# The night of {night.night}", "", "| capability | release | arm | requests | success | p95 | verdict |"]
    lines.append("|---|---|---|---|---|---|---|")
    for one in night.capabilities:
        for figures in one.figures:
            success = "-" if figures.success_rate is None else f"{figures.success_rate:.1%}"
            p95 = f"{figures.latency.p95:.3f} s" if figures.latency else "-"
            lines.append(
                f"| {one.capability} | {figures.release} | {figures.arm} | {figures.requests:,} | {success} | {p95} "
                f"| {one.verdict} |"
            )
        if not one.figures:
            lines.append(f"| {one.capability} | - | - | 0 | - | - | {one.verdict} |")
    return "\n".join([*lines, *_drift_lines(night), *_label_lines(night), *_assistant_lines(night)])


def _drift_lines(night: Night) -> list[str]:
    drifts = [(one.capability, one.drift) for one in night.capabilities if one.drift is not None]
    lines = ["", "| capability | release | rows | drift | what moved, what is odd |", "|---|---|---|---|---|"]
    for name, drift in drifts:
        for one in drift.reports:
            said = "; ".join([*one.causes, *(condition.said for condition in one.conditions)]).replace("|", "\\|")
            release = "-" if one.release is None else str(one.release)
            lines.append(f"| {name} | {release} | {one.rows:,} | {one.verdict} | {said or '-'} |")
        lines.append(f"| {name} | | | {drift.sustained.verdict} | {drift.sustained.reason} |")
    return lines if drifts else []


def _label_lines(night: Night) -> list[str]:
    reports = [one.labels for one in night.capabilities if one.labels is not None]
    lines = ["", "| capability | night | release | labels | state | AUC measured | AUC estimated |"]
    lines.append("|---|---|---|---|---|---|---|")
    for report in reports:
        for one in report.nights:
            measured, estimated = (_auc(metrics) for metrics in (one.measured, one.estimated))
            came = f"{one.coverage:.0%} of {one.rows:,}"
            cells = (report.capability, one.night, one.release, came, one.state, measured, estimated)
            lines.append(f"| {' | '.join(map(str, cells))} |")
        drift = f"; drift: {report.drift.state}" if report.drift else ""
        lines.append(f"| {report.capability} | | | {report.reason}{drift} | {report.state} | | |".replace("\n", " "))
    return lines if reports else []


def _auc(metrics: Mapping[Metric, Estimate]) -> str:
    return metrics[Metric.AUC].text() if Metric.AUC in metrics else "-"


def _assistant_lines(night: Night) -> list[str]:
    drifts = [one.assistant for one in night.capabilities if one.assistant is not None]
    lines = ["", "| capability | kind of drift | state | why, and what moved |", "|---|---|---|---|"]
    for drift in drifts:
        for one in drift.verdicts:
            moved = (f"{culprit.name}: {culprit.detail}" for culprit in one.culprits)
            said = "; ".join([one.reason, *moved]).replace("|", "\\|")
            lines.append(f"| {drift.capability} | {one.kind} | {one.state} | {said} |")
    return lines if drifts else []
