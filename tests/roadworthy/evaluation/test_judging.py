"""A judge that is asked about many answers: in order, some at a time, and held against people first."""

from __future__ import annotations

import asyncio

import pytest
from answer_samples import resampling
from fakes.scripted_provider import Rule, ScriptedProvider

from roadworthy.errors import DataError, ProviderFailed
from roadworthy.evaluation.judges.interface import Case
from roadworthy.evaluation.judges.rubric import RubricJudge
from roadworthy.evaluation.judges.yes_no import YesNoJudge
from roadworthy.evaluation.judging import calibrate, rate_all
from roadworthy.evaluation.labels.interface import LabelledCase
from roadworthy.evaluation.labels.reading import Labels
from roadworthy.providers.failures import CallFailed, FailureKind
from roadworthy.providers.interface import Sampling

KNOWS = ScriptedProvider([Rule("Reply: good", {"yes": 0.9, "no": 0.1})], otherwise={"yes": 0.2, "no": 0.8})


def cases(*answers: str) -> list[Case]:
    """Return a case for each answer."""
    return [Case("q", answer, ("s",)) for answer in answers]


def labels(good: int, bad: int, wrong: int = 0) -> Labels:
    """Return people's ratings; of `wrong` approved ones the judge thinks otherwise."""
    said = [("good", True)] * good + [("bad", False)] * bad + [("bad", True)] * wrong
    return Labels("people", "0" * 64, tuple(LabelledCase(cases(text)[0], approved) for text, approved in said))


def test_opinions_come_in_order_and_cases_that_are_none_are_not_asked_about() -> None:
    """Whatever is answered first."""
    judge = YesNoJudge(KNOWS)
    asked = [*cases("good"), None, *cases("bad")]
    told: list[int] = []
    first, none, last = asyncio.run(rate_all(judge, asked, 2, lambda: told.append(1)))
    assert first is not None
    assert last is not None
    assert first.rating > 0 > last.rating
    assert none is None
    assert len(told) == 2


@pytest.mark.parametrize("kind", [FailureKind.TOO_LONG, FailureKind.REFUSED, FailureKind.TRUNCATED])
def test_a_case_that_can_not_be_judged_has_no_opinion(kind: FailureKind) -> None:
    """It would fail again: the others count."""
    failing = ScriptedProvider([Rule("Reply: bad", CallFailed("no", kind=kind))], otherwise={"yes": 1.0})
    found = asyncio.run(rate_all(YesNoJudge(failing), cases("good", "bad"), 1))
    assert [one is None for one in found] == [False, True]


def test_a_judge_that_is_down_stops_the_evaluation() -> None:
    """Half the opinions are no evidence, and the next run goes on from what was kept."""
    down = ScriptedProvider(otherwise=CallFailed("no", kind=FailureKind.CONNECTION))
    with pytest.raises(ProviderFailed):
        asyncio.run(rate_all(YesNoJudge(down), cases("good"), 1))


def opinions_on(given: Labels) -> tuple:
    """Ask the judge about the labels' cases."""
    return asyncio.run(rate_all(YesNoJudge(KNOWS), [one.case for one in given.cases], 4))


def test_a_judge_that_people_agree_with_may_gate_and_another_only_informs() -> None:
    """By the lower end of κ's interval; the calibration names the judge and the ratings."""
    good, poor = labels(60, 60), labels(30, 60, wrong=60)
    judge = YesNoJudge(KNOWS).digest
    gates = calibrate(judge, good, opinions_on(good), 0.4, resampling(300)).calibration
    informs = calibrate(judge, poor, opinions_on(poor), 0.6, resampling(300)).calibration
    assert (gates.standing, informs.standing) == ("gates", "informs")
    assert (gates.judge, gates.labels) == (judge, "people")


def test_cases_without_an_opinion_are_left_out_and_too_few_are_an_error() -> None:
    """Never counted as disapproved."""
    given = labels(60, 60)
    found = opinions_on(given)
    some = (*found[:50], *([None] * 10), *found[60:])
    done = calibrate("j", given, some, 0.4, resampling(300)).calibration
    assert done.chosen_on + done.measured_on == 110
    with pytest.raises(DataError, match="too few"):
        calibrate("j", given, (*([None] * 50), *found[50:]), 0.4, resampling(300))


def test_judges_say_whether_they_vary() -> None:
    """One that draws its words does; probabilities and the most likely words do not."""
    assert YesNoJudge(KNOWS).deterministic
    assert RubricJudge(KNOWS).deterministic
    assert not RubricJudge(KNOWS, repeats=3, sampling=Sampling(temperature=0.7)).deterministic
