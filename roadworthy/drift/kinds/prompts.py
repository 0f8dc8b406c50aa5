"""Prompts: which templates ran, whether their rendered instructions are what they were, and how long they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from roadworthy.drift.alarms import AlarmPolicy
from roadworthy.drift.baseline import Baseline
from roadworthy.drift.kinds.counting import Counted, Texts, learn_baseline
from roadworthy.drift.kinds.interface import SCHEMA_VERSION, CulpritKind, DriftKind, KindVerdict, State
from roadworthy.drift.kinds.judging import Accuse, Blame, judge_columns, unfit, without_judgement
from roadworthy.drift.verdicts import ColumnVerdict, NightVerdict

SHORT = 12
"""Digits of a digest by which a template is called."""
_TEMPLATE, _INSTRUCTIONS, _LENGTH = "template", "instructions", "length"


@dataclass(frozen=True)
class Prompted:
    """One prompt that was filled in for one request; digests and sizes alone."""

    name: str
    """The prompt's name, such as bank_helpdesk/answer."""
    template: str
    """The digest of its file."""
    instructions: str
    """The digest of what the model was told to do: the messages of the role `system`, filled in."""
    length: float
    """Of all messages, in characters or tokens, as long as it is always the same."""
    release: int = 0


@dataclass(frozen=True)
class PromptNight:
    """All prompts of one day."""

    day: date
    prompts: Sequence[Prompted]
    schema: int = SCHEMA_VERSION


@dataclass(frozen=True)
class PromptWatch:
    """Watches prompts; the culprits are releases that brought another template, or templates that changed without one.

    Instructions that change by themselves, because a date stands in them, say nothing: new ones are usual there. How
    long prompts are may follow from what is asked and retrieved.
    """

    baseline: Baseline | None
    releases: frozenset[int] = frozenset()
    """Those of the reference."""
    kind = DriftKind.PROMPTS

    @classmethod
    def learned_from(cls, reference: Sequence[PromptNight]) -> PromptWatch:
        """Learn from nights."""
        releases = frozenset(one.release for night in reference for one in night.prompts)
        return cls(learn_baseline(list(map(_counted, reference))), releases)

    def judge(self, tonight: PromptNight, policy: AlarmPolicy) -> KindVerdict:
        """See `KindWatch.judge`."""
        bad = unfit(self.kind, tonight.day, tonight.schema, known=self.baseline is not None)
        if bad or self.baseline is None:
            return bad or without_judgement(self.kind, tonight.day, State.NO_REFERENCE, "there is no reference")

        def accuser(found: NightVerdict, policy: AlarmPolicy) -> Accuse:
            return lambda column: self._blame(column, tonight)

        return judge_columns(self.kind, _counted(tonight), self.baseline, policy, accuser)

    def _blame(self, column: ColumnVerdict, tonight: PromptNight) -> Blame:
        what, name = column.name.split(" of ", 1) if " of " in column.name else (column.name, "")
        if what == _LENGTH:
            return Blame(CulpritKind.TEMPLATE, name, own=False, rank=1)
        some = [one for one in tonight.prompts if not name or one.name == name]
        new = Counter(one.release for one in some if one.release not in self.releases)
        return Blame(CulpritKind.RELEASE, str(new.most_common(1)[0][0])) if new else Blame(CulpritKind.TEMPLATE, name)


def _counted(night: PromptNight) -> Counted:
    by_name: dict[str, list[Prompted]] = {}
    for one in night.prompts:
        by_name.setdefault(one.name, []).append(one)
    texts: dict[str, Texts] = {}
    for name, some in by_name.items():
        texts[f"{_TEMPLATE} of {name}"] = [one.template[:SHORT] for one in some]
        texts[f"{_INSTRUCTIONS} of {name}"] = [one.instructions[:SHORT] for one in some]
    numbers = {f"{_LENGTH} of {name}": np.array([one.length for one in some]) for name, some in by_name.items()}
    return Counted(night.day, len(night.prompts), numbers, texts | {"prompt": [one.name for one in night.prompts]})
