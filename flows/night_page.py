"""A night as people read it on the flow run's page: promises, and what drifted."""

from __future__ import annotations

from tasks.night import Night


def night_page(night: Night) -> str:
    """Return the night as Markdown: figures by release, drift of models, drift of assistants."""
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
    return "\n".join([*lines, *_drift_lines(night), *_assistant_lines(night)])


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


def _assistant_lines(night: Night) -> list[str]:
    drifts = [one.assistant for one in night.capabilities if one.assistant is not None]
    lines = ["", "| capability | kind of drift | state | why, and what moved |", "|---|---|---|---|"]
    for drift in drifts:
        for one in drift.verdicts:
            moved = (f"{culprit.name}: {culprit.detail}" for culprit in one.culprits)
            said = "; ".join([one.reason, *moved]).replace("|", "\\|")
            lines.append(f"| {drift.capability} | {one.kind} | {one.state} | {said} |")
    return lines if drifts else []
