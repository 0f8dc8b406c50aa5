"""The rules that the sentry needs of params.yaml; of a file that can't be read the last good ones go on."""

# Late imports: start-up time.
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from roadworthy.alerts.alert import AlertKind, Finding
from roadworthy.alerts.noting import Scope
from roadworthy.alerts.settings import AlertParams
from roadworthy.atomic import write_bytes
from roadworthy.errors import ParamsError
from roadworthy.params.loading import load_params
from roadworthy.service_levels.objectives import Severity
from roadworthy.settings import Settings
from roadworthy.spikes.settings import SpikeParams
from tasks.perform import PARAMS_FILE

SCOPE = Scope(frozenset({AlertKind.PARAMS_BROKEN}))


class WatchRules(BaseModel):
    """What is kept, below HOME, of the last params.yaml that could be read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    alerts: AlertParams = AlertParams()
    spikes: SpikeParams = SpikeParams()


@dataclass(frozen=True)
class RulesAtHand:
    """The rules to go by."""

    rules: WatchRules
    problem: str = ""
    """What is wrong with params.yaml; empty when nothing is."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """That the file is broken, as a finding which the next good look ends."""
        if not self.problem:
            return ()
        return (Finding(kind=AlertKind.PARAMS_BROKEN, severity=Severity.TICKET, measure="params_readable", measured=0),)


def rules_at_hand(settings: Settings) -> RulesAtHand:
    """Return the rules of params.yaml; of one that can't be read those of the last good one, else the usual ones."""
    try:
        params = load_params(settings.root.resolve() / PARAMS_FILE)
    except (ParamsError, OSError) as error:
        problem = error.problem if isinstance(error, ParamsError) else type(error).__name__
        return RulesAtHand(_kept(_path(settings)) or WatchRules(), problem)
    rules = WatchRules(alerts=params.alerts, spikes=params.spikes)
    if _kept(_path(settings)) != rules:
        write_bytes(_path(settings), rules.model_dump_json().encode())
    return RulesAtHand(rules)


def _path(settings: Settings) -> Path:
    return settings.home_path / "alerts" / "last-good-rules.json"


def _kept(path: Path) -> WatchRules | None:
    try:
        return WatchRules.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None
