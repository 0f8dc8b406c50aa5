"""What all kinds share: bad nights get their named state, and a night's columns become a verdict with culprits."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from roadworthy.drift.alarms import AlarmPolicy, judge
from roadworthy.drift.baseline import Baseline, Night
from roadworthy.drift.evidence.interface import Basis
from roadworthy.drift.kinds.counting import Counted, count
from roadworthy.drift.kinds.interface import SCHEMA_VERSION, Culprit, CulpritKind, DriftKind, KindVerdict, State
from roadworthy.drift.verdicts import ColumnVerdict, NightVerdict, Verdict

MOST_CULPRITS = 10
_STATES = {one: State(one.value) for one in Verdict}
_REASONS = {
    Verdict.NO_DATA: "there were no rows",
    Verdict.STEADY: "no more change than nights have by themselves",
    Verdict.WATCH: "a change that matters with too little evidence, or a sure one that is too small to matter",
    Verdict.DRIFT: "a change that matters and is not chance",
}


@dataclass(frozen=True)
class Blame:
    """Whom a column accuses when it moves."""

    kind: CulpritKind
    name: str
    own: bool = True
    """See `Culprit.own`."""
    rank: int = 0
    """Lower ones come first, whatever their effects."""


Accuse = Callable[[ColumnVerdict], Blame]
Accuser = Callable[[NightVerdict, AlarmPolicy], Accuse]
"""Whom columns accuse may depend on what the others did."""


def accusing(accuse: Accuse) -> Accuser:
    """Return the accuser that looks at one column at a time."""
    return lambda found, policy: accuse


def without_judgement(kind: DriftKind, day: date, state: State, reason: str, rows: int = 0) -> KindVerdict:
    """Return the verdict on a night that can't be judged."""
    return KindVerdict(kind, day, state, reason, rows)


def unfit(kind: DriftKind, day: date, schema: int, *, known: bool) -> KindVerdict | None:
    """Return the verdict where the reference is gone, or the schema is not known; None where all is well."""
    if schema > SCHEMA_VERSION or schema < 1:
        reason = f"its schema is {schema}; known are 1 to {SCHEMA_VERSION}"
        return without_judgement(kind, day, State.UNKNOWN_SCHEMA, reason)
    if not known:
        return without_judgement(kind, day, State.NO_REFERENCE, "there is no reference to compare with")
    return None


def split(policy: AlarmPolicy, parts: int) -> AlarmPolicy:
    """Return the policy of one of so many tests that share the level of alarms (Bonferroni)."""
    return policy.model_copy(update={"false_alarms_per_year": policy.false_alarms_per_year / parts})


def judge_columns(
    kind: DriftKind, tonight: Counted, baseline: Baseline, policy: AlarmPolicy, accuser: Accuser
) -> KindVerdict:
    """Judge a night's columns as features are, and name the culprits."""
    return judge_night(kind, count(tonight, baseline.layout), baseline, policy, accuser)


def judge_night(
    kind: DriftKind, night: Night, baseline: Baseline, policy: AlarmPolicy, accuser: Accuser
) -> KindVerdict:
    """Judge a night's profile, and name the culprits."""
    found = judge(night, baseline, policy)
    moved = [one for one in found.columns if one.verdict in (Verdict.DRIFT, Verdict.WATCH)]
    culprits = culprits_of(moved, found.verdict, policy, accuser(found, policy))
    first = culprits[0] if culprits else None
    return KindVerdict(
        kind,
        found.day,
        _STATES[found.verdict],
        _reason(found, policy),
        found.rows,
        max((ratio(one, policy) for one in found.columns), default=0.0),
        first.p_value if first else 1.0,
        found.level,
        found.nights,
        _basis(found),
        culprits,
    )


def culprits_of(
    moved: Iterable[ColumnVerdict], verdict: Verdict, policy: AlarmPolicy, accuse: Accuse
) -> tuple[Culprit, ...]:
    """Return whom the columns with the night's own verdict accuse, each once, the largest effect first."""
    found: dict[tuple[CulpritKind, str], Culprit] = {}
    ranks: dict[tuple[CulpritKind, str], int] = {}
    for one in moved:
        if one.verdict is not verdict:
            continue
        blame = accuse(one)
        culprit = Culprit(blame.kind, blame.name, one.cause, ratio(one, policy), one.adjusted, blame.own)
        who = (blame.kind, blame.name)
        before, ranks[who] = found.get(who), blame.rank
        if before is None or (culprit.own, culprit.effect) > (before.own, before.effect):
            found[who] = culprit
    return tuple(sorted(found.values(), key=lambda one: (not one.own, ranks[one.kind, one.name], -one.effect)))[
        :MOST_CULPRITS
    ]


def ratio(one: ColumnVerdict, policy: AlarmPolicy) -> float:
    """Return how large a column's effect is beside what matters."""
    limits = policy.thresholds if one.basis is Basis.NIGHTS else policy.without_nights
    return limits.ratio(one.effects, one.aspect)


def _basis(found: NightVerdict) -> Basis | None:
    return found.columns[0].basis if found.columns else None


def _reason(found: NightVerdict, policy: AlarmPolicy) -> str:
    if found.verdict is Verdict.TOO_FEW:
        return f"{found.rows} rows, and {policy.fewest_rows} are needed"
    return _REASONS[found.verdict]
