"""What people find on the flow run's page in Prefect: the summary, the gates and where to go on."""

from __future__ import annotations

from prefect.artifacts import create_markdown_artifact, create_table_artifact

from tasks.shipped import Shipped


def publish_artifacts(shipped: Shipped) -> None:
    """Put the summary and the gates on the flow run's page."""
    create_markdown_artifact(_summary(shipped), key=f"{shipped.capability}-release", description=shipped.name)
    create_table_artifact(
        [
            {"gate": result.gate.kind, "metric": result.gate.metric, "verdict": result.verdict, "why": result.reason}
            for result in shipped.gates
        ],
        key=f"{shipped.capability}-gates",
        description=f"{shipped.name}: {shipped.verdict}",
    )


def _summary(shipped: Shipped) -> str:
    rows = [
        f"| {metric} | {estimate.value:.4f} | {estimate.low:.4f} to {estimate.high:.4f} |"
        for metric, estimate in shipped.metrics.items()
    ]
    return "\n".join(
        [
            f"# {shipped.name}: {shipped.stage}, gates {shipped.verdict}",
            f"Digest `{shipped.digest}`, commit `{shipped.commit}`.",
            "",
            "| metric | value | interval |",
            "|---|---|---|",
            *rows,
            "",
            f"It waits for {shipped.waits_for}.",
            "",
            f"Next: `{shipped.next_command}`",
        ]
    )
