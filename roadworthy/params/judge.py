"""The section about a judge: a language model that says how good answers are, and whose ratings it is held against."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from roadworthy.params.base import RelativePath, Section
from roadworthy.providers.configuration import ProviderConfiguration


class LabelsParams(Section):
    """What people have rated."""

    path: RelativePath
    """A file in the repository, committed like an evaluation set, and best beside them in evalsets/."""
    format: Literal["jsonl", "begin", "feedbackqa"] = "jsonl"
    """jsonl: a line a case with question, answer, sources, approved. begin, feedbackqa: as those data sets are."""
    passages: RelativePath | None = None
    """The passages' texts; FeedbackQA's ratings only name them."""
    most: int = Field(default=400, ge=80, le=20_000)
    """So many cases are drawn at most: half of them choose the threshold, half measure the agreement."""

    @model_validator(mode="after")
    def _passages_where_they_are_named(self) -> Self:
        if (self.format == "feedbackqa") != (self.passages is not None):
            raise ValueError("passages belong to the format feedbackqa, which needs them, and to no other")
        return self


class JudgeParams(Section):
    """Which model judges, how it is asked, and how well it has to agree with people before it may gate."""

    provider: ProviderConfiguration
    asks: Literal["yes_no", "rubric"] = "yes_no"
    """yes_no: how sure it is that the sources support the answer. rubric: a score of 0, 1 or 2 with a reason."""
    temperature: float = Field(default=0.0, ge=0, le=2)
    """Above 0 it draws what it says, and is asked several times."""
    repeats: int = Field(default=1, ge=1, le=9)
    """So many times it is asked about each answer; the rating is the mean."""
    labels: LabelsParams
    least_kappa: float = Field(default=0.4, ge=0.2, le=1)
    """What the lower end of κ's interval has to reach; below it the judge only informs.

    Up to .2 agreement is slight: Landis and Koch, The measurement of observer agreement for categorical data,
    Biometrics 33 (1977). No judge gates on that.
    """

    @model_validator(mode="after")
    def _repeats_where_it_is_flaky(self) -> Self:
        if self.asks == "yes_no" and (self.temperature > 0 or self.repeats > 1):
            raise ValueError("yes_no reads probabilities, which do not vary: leave temperature and repeats out")
        if (self.temperature > 0) != (self.repeats > 1):
            raise ValueError("temperature above 0 and repeats above 1 go together: only what varies is worth repeating")
        return self
