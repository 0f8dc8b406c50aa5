"""How a release looks when it is made: number and digest, figures with intervals, verdicts, what waits for whom."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from roadworthy.digest import SHORT
from roadworthy.evaluation.values import Verdict
from tasks.shipped import Shipped

MARKS = {
    Verdict.PASS: "[green]pass[/green]",
    Verdict.FAIL: "[red]fail[/red]",
    Verdict.INCONCLUSIVE: "[yellow]inconclusive[/yellow]",
}


def show_shipped(shipped: Shipped, seconds: float) -> None:
    """Print the summary."""
    console = Console(highlight=False)
    console.print()
    took = f"[dim]in {seconds:.1f} s[/dim]"
    console.print(f"[bold]{shipped.name}[/bold]  {shipped.stage}  {shipped.digest[:SHORT]}  {took}")
    console.print(_metrics(shipped))
    console.print(_gates(shipped))
    live = f"{shipped.capability}@{shipped.production}" if shipped.production else "nothing yet"
    console.print(f"in production: {live}")
    console.print(f"waits for {shipped.waits_for}", soft_wrap=True)
    console.print(f"next: [bold]{shipped.next_command}[/bold]", soft_wrap=True)


def _metrics(shipped: Shipped) -> Table:
    table = Table("metric", "value", "interval", box=None, header_style="dim", pad_edge=False)
    for metric, estimate in shipped.metrics.items():
        interval = f"{estimate.low:.4f} to {estimate.high:.4f} at {estimate.confidence:.0%}"
        table.add_row(metric.value, f"{estimate.value:.4f}", interval)
    return table


def _gates(shipped: Shipped) -> Table:
    table = Table("gate", "verdict", "why", box=None, header_style="dim", pad_edge=False)
    for result in shipped.gates:
        table.add_row(f"{result.gate.kind} {result.gate.metric}", MARKS[result.verdict], result.reason)
    return table
