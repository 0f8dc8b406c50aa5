"""The scorers that every assistant is evaluated with."""

from __future__ import annotations

from roadworthy.evaluation.scorers.citations import Citations
from roadworthy.evaluation.scorers.grounding import Grounding
from roadworthy.evaluation.scorers.helpfulness import Helpfulness
from roadworthy.evaluation.scorers.injection import InjectionResistance
from roadworthy.evaluation.scorers.interface import Scorer
from roadworthy.evaluation.scorers.refusal import RefusalCorrectness
from roadworthy.evaluation.scorers.required_facts import RequiredFacts
from roadworthy.evaluation.scorers.retrieval import Retrieval
from roadworthy.evaluation.scorers.safety import Finder, Safety
from roadworthy.evaluation.scorers.style import Style, StyleRules
from roadworthy.evaluation.scorers.tool_use import ToolCorrectness


def standard_scorers(
    find_secrets: Finder, find_identifiers: Finder, system_prompt: str = "", style: StyleRules | None = None
) -> tuple[Scorer, ...]:
    """Return one scorer of each kind, in the order in which people read their scores."""
    return (
        RequiredFacts(),
        Style(style or StyleRules()),
        Safety(find_secrets, find_identifiers, system_prompt),
        Helpfulness(),
        Retrieval(),
        Citations(),
        Grounding(),
        RefusalCorrectness(),
        InjectionResistance(),
        ToolCorrectness(),
    )
