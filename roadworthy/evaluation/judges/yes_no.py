"""The judge that answers yes or no, and is rated by how sure it is: the log-odds of the first token."""

from __future__ import annotations

import math

from roadworthy.errors import ProviderFailed
from roadworthy.evaluation.judges.case_text import support_text
from roadworthy.evaluation.judges.interface import Case, judge_digest
from roadworthy.evaluation.scored_query import Opinion
from roadworthy.providers.interface import Message, Provider, Request

CHOICES = ("yes", "no")
SUPPORT_PROMPT = "Is the reply fully supported by the knowledge? Answer Yes or No."
_MOST_LOG_ODDS = 30.0
"""A choice that the model did not report at all is held to be this unlikely."""


class YesNoJudge:
    """Rates by ln p(yes) − ln p(no); 0 means undecided. A calibration says from which rating on to approve."""

    deterministic = True

    def __init__(self, provider: Provider, prompt: str = SUPPORT_PROMPT) -> None:
        self._provider = provider
        self._prompt = prompt

    @property
    def digest(self) -> str:
        """The SHA-256 over provider, prompt and choices."""
        return judge_digest(self._provider.identity, self._prompt, {"choices": list(CHOICES)})

    async def rate(self, case: Case) -> Opinion:
        """Ask once; the log-probabilities of one prompt don't vary."""
        request = Request((Message("user", support_text(case, self._prompt)),), choices=CHOICES)
        found = (await self._provider.complete(request)).choice_logprobs
        yes, no = (found.get(choice, -math.inf) for choice in CHOICES)
        if (math.isinf(yes) and math.isinf(no)) or math.isnan(yes) or math.isnan(no):
            raise ProviderFailed(
                "the judge gave a probability for neither yes nor no",
                where="judge",
                remedy="choose a provider that reports log-probabilities, or the judge that scores by the rubric",
            )
        rating = max(-_MOST_LOG_ODDS, min(_MOST_LOG_ODDS, yes - no))
        return Opinion(judge=self.digest, rating=rating, reason=f"log-odds of yes {rating:+.2f}")
