"""Which release a person means, and what a person who mistyped is told."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from roadworthy.errors import UnknownName, UsageError
from roadworthy.release.reference import Reference, parse_reference, resolve
from roadworthy.release.stages import ReleaseRecord, Stage, Standing

KNOWN = ("flight-delay", "telco-churn")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("flight-delay@3", Reference("flight-delay", 3)),
        ("flight-delay@production", Reference("flight-delay", Stage.PRODUCTION)),
        ("flight-delay@latest", Reference("flight-delay")),
        ("telco-churn", Reference("telco-churn")),
        (" flight-delay@12 ", Reference("flight-delay", 12)),
    ],
)
def test_each_form_is_understood_and_written_back(text: str, expected: Reference) -> None:
    """A reference written out and read again is the same."""
    assert parse_reference(text, KNOWN) == expected
    assert parse_reference(str(expected), KNOWN) == expected


def test_a_bare_number_needs_one_capability() -> None:
    """A number alone means the default capability or the only one; else the choices are listed."""
    assert parse_reference("3", ["flight-delay"]) == Reference("flight-delay", 3)
    assert parse_reference("3", KNOWN, default="telco-churn") == Reference("telco-churn", 3)
    with pytest.raises(UsageError, match="flight-delay@3, telco-churn@3"):
        parse_reference("3", KNOWN)
    with pytest.raises(UsageError, match="Write flight-delay@3"):
        parse_reference("3", ())


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("flight-dealy@3", "Did you mean 'flight-delay'"),
        ("churn", "Did you mean 'telco-churn'"),
        ("weather@3", "Known: flight-delay, telco-churn"),
        ("@3", "Known: flight-delay, telco-churn"),
        ("flight-delay@prodution", "Did you mean 'production'"),
        ("flight-delay@prod", "Did you mean 'production'"),
        ("flight-delay@0", "number from 1"),
        ("flight-delay@-1", "number from 1"),
        ("flight-delay@", "number from 1"),
        ("flight-delay@٣", "number from 1"),
    ],
)
def test_a_slip_is_answered_with_a_suggestion(text: str, hint: str) -> None:
    """An unknown capability, stage or number says what is known."""
    with pytest.raises(UnknownName, match=hint):
        parse_reference(text, KNOWN)


def record(number: int, stage: Stage) -> ReleaseRecord:
    """A release at a stage."""
    return ReleaseRecord(number, f"{number:064x}", "c", True, stage, datetime(2026, 1, 1, tzinfo=UTC))


def test_a_reference_is_resolved_where_things_stand() -> None:
    """Numbers, stages and the latest lead to a release; what is not there is said with what is."""
    stages = (Stage.RETIRED, Stage.PRODUCTION, Stage.CANDIDATE, Stage.CANDIDATE)
    releases = tuple(record(number, stage) for number, stage in enumerate(stages, start=1))
    standing = Standing("flight-delay", releases, (1, 2))
    for text, number in (("1", 1), ("production", 2), ("candidate", 4), ("latest", 4)):
        assert resolve(parse_reference(f"flight-delay@{text}", KNOWN), standing).number == number
    with pytest.raises(UnknownName, match=r"flight-delay@2 \(production\)"):
        resolve(parse_reference("flight-delay@staging", KNOWN), standing)
    with pytest.raises(UnknownName, match="1 to 4"):
        resolve(parse_reference("flight-delay@5", KNOWN), standing)
    with pytest.raises(UnknownName, match="no release yet"):
        resolve(parse_reference("flight-delay", KNOWN), Standing("flight-delay"))
