"""The commands about traffic: `switch`, `canary` and `experiment`."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.errors import guarded
from cli.parts import Json, group

switch = group(
    "Stop a part of a capability at once, or start it again: an entry in the ledger, in force within a second."
)
canary = group("The canary: its share of the traffic, and how it does.")
experiment = group("A/B experiments: another release answers a share of the traffic.")

Capability = Annotated[str, typer.Argument(help="The capability's name.", show_default=False)]
Target = Annotated[str, typer.Argument(help="tools, prompt, model or capability.", show_default=False)]
SwitchReason = Annotated[str, typer.Option("--reason", help="Why; it is kept in the ledger.")]
Share = Annotated[float, typer.Option(min=0.001, max=1.0, help="Its share of the traffic: .05 is five in a hundred.")]


@switch.command("off", epilog="Example: `roadworthy switch off tools bank-helpdesk --reason 'wrong disputes'`")
def switch_off(
    target: Target, capability: Capability, reason: SwitchReason = "switched by hand", json: Json = False
) -> None:
    """Switch off: its tools, its own prompt (the previous one serves), its model, or the whole capability."""
    from cli.switch import switch as record

    guarded(lambda: record(capability, target, True, reason, json), json)


@switch.command("on", epilog="Example: `roadworthy switch on tools bank-helpdesk --reason 'mended'`")
def switch_on(
    target: Target, capability: Capability, reason: SwitchReason = "switched by hand", json: Json = False
) -> None:
    """Switch on again."""
    from cli.switch import switch as record

    guarded(lambda: record(capability, target, False, reason, json), json)


@canary.command("share", epilog="Example: `roadworthy canary share bank-helpdesk --share .25`")
def canary_share(
    capability: Capability, share: Share, reason: SwitchReason = "set by hand", json: Json = False
) -> None:
    """Set the share of the release in canary; it starts with .05."""
    from cli.traffic import share_canary

    guarded(lambda: share_canary(capability, share, reason, json), json)


@canary.command("withdraw", epilog="Example: `roadworthy canary withdraw bank-helpdesk --reason 'slow'`")
def canary_withdraw(capability: Capability, reason: SwitchReason = "withdrawn by hand", json: Json = False) -> None:
    """Take the release in canary out of the traffic at once; it is a candidate again."""
    from cli.traffic import withdraw_canary

    guarded(lambda: withdraw_canary(capability, reason, json), json)


@canary.command("watch", epilog="Example: `roadworthy canary watch bank-helpdesk`")
def canary_watch(capability: Capability, json: Json = False) -> None:
    """Compare the canary with production on all telemetry so far, and say what that allows; changes nothing."""
    from cli.canary import show_canary

    guarded(lambda: show_canary(capability, json), json)


@experiment.command("start", epilog="Example: `roadworthy experiment start bank-helpdesk@4 --name shorter --share .5`")
def experiment_start(
    release: Annotated[str, typer.Argument(help="The release to try, which is in staging at least.")],
    name: Annotated[str, typer.Option(help="What it is called in events and reports.")],
    share: Share = 0.5,
    hypothesis: Annotated[str, typer.Option(help="What you expect; it is kept in the ledger.")] = "",
    metric: Annotated[str, typer.Option(help="What decides it: see `roadworthy experiment metrics`.")] = "success",
    smallest_effect: Annotated[
        float | None,
        typer.Option(min=1e-6, max=0.9, help="From where on a difference matters; each metric has a usual one."),
    ] = None,
    json: Json = False,
) -> None:
    """Have RELEASE answer a share of production's traffic, sticky by person, under a name.

    METRIC and SMALLEST_EFFECT decide, so they are kept in the ledger before anything is seen. An effect is a difference
    of shares (.02: from 95 to 97 in a hundred); of latency, cost and tokens a part of control's mean (.1).
    """
    from cli.traffic import Wanted, start_experiment

    wanted = Wanted(release, name, share, hypothesis, metric, smallest_effect)
    guarded(lambda: start_experiment(wanted, json), json)


@experiment.command("metrics", epilog="Example: `roadworthy experiment metrics`")
def experiment_metrics(json: Json = False) -> None:
    """List what may decide an experiment, with the smallest effect that usually matters."""
    from cli.traffic import list_metrics

    guarded(lambda: list_metrics(json), json)


@experiment.command("report", epilog="Example: `roadworthy experiment report bank-helpdesk --name shorter`")
def experiment_report(
    capability: Capability,
    name: Annotated[str | None, typer.Option(help="Which experiment; by default the latest.")] = None,
    json: Json = False,
) -> None:
    """Say whether the treatment is better, worse, not relevantly different, or not known yet.

    Right however often you look: the interval holds at all looks together. People count, not requests, by their first
    hour. The split is checked, too. Writes reports/experiments/CAPABILITY.NAME.json and .svg.
    """
    from cli.experiment import show_experiment

    guarded(lambda: show_experiment(capability, name, json), json)


@experiment.command("end", epilog="Example: `roadworthy experiment end bank-helpdesk --reason 'no difference'`")
def experiment_end(capability: Capability, reason: SwitchReason = "ended by hand", json: Json = False) -> None:
    """Have production answer all of its traffic again."""
    from cli.traffic import end_experiment

    guarded(lambda: end_experiment(capability, reason, json), json)
