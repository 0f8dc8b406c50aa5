"""Opens the desk for alerts, and has looks report to it without ever failing for it."""

# Late imports: start-up time.
from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.alerts.alert import Finding
from roadworthy.alerts.delivery import Delivery
from roadworthy.alerts.desk import AlertDesk
from roadworthy.alerts.log import AlertLog
from roadworthy.alerts.noting import Scope
from roadworthy.errors import ParamsError, RoadworthyError
from roadworthy.params.loading import load_params
from roadworthy.settings import Settings
from roadworthy.steps import Announce
from roadworthy.store import Store
from tasks.perform import PARAMS_FILE
from tasks.watch_rules import rules_at_hand

if TYPE_CHECKING:
    from roadworthy.alerts.desk import Told


def open_desk(settings: Settings, store: Store) -> AlertDesk:
    """Return the desk with the channels that the settings name. Raises `ParamsError`."""
    from roadworthy.alerts.channels.opening import open_channels

    params = load_params(settings.root.resolve() / PARAMS_FILE).alerts
    return AlertDesk(AlertLog(store), Delivery(open_channels(settings), params))


def desk_at_hand(settings: Settings, store: Store, announce: Announce) -> AlertDesk:
    """Return the desk; with the last good rules where params.yaml can't be read, and the log file where settings can't.

    What happens once, such as a canary that is taken back, is found by no later look: it has to be kept now.
    """
    from roadworthy.alerts.channels.opening import open_channels, open_log

    found = rules_at_hand(settings)
    if found.problem:
        announce(f"alerts go by the last good rules: {found.problem}")
    try:
        channels = open_channels(settings)
    except ParamsError as error:
        announce(f"alerts go to the log file alone: {error.problem}")
        channels = (open_log(settings),)
    return AlertDesk(AlertLog(store), Delivery(channels, found.rules.alerts))


def report(
    settings: Settings, store: Store, scope: Scope, findings: tuple[Finding, ...], announce: Announce
) -> Told | None:
    """Report what a look found. Nothing is raised: a night must not fail because nobody can be told of it.

    Returns None when the alerts could not be kept; the next look, or the dead man's check, finds the same.
    """
    try:
        told = desk_at_hand(settings, store, announce).report(scope, findings)
    except RoadworthyError as error:
        announce(f"alerts could not be kept: {error.problem}")
        return None
    for one in told.failed:
        announce(f"an alert was not delivered through {one.waiting.channel} ({one.failure}); it is tried again")
    return told
