"""A request id belongs to one tenant, sorts by time, and can't be made without the key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.telemetry.request_ids import RequestIds, is_request_id

IDS = RequestIds(bytes(32))
LETTERS = "0123456789abcdefghijklmnopqrstuv"


@given(st.text(), st.text())
def test_an_id_belongs_to_its_tenant_alone(tenant: str, other: str) -> None:
    """The tenant for whom it was made is told yes, everybody else no; so is one bound later."""
    for made in (IDS.new(tenant), IDS.bound(IDS.new(), tenant)):
        assert is_request_id(made)
        assert IDS.made_for(made, tenant)
        assert IDS.made_for(made, other) is (tenant == other)


@given(st.integers(0, 31), st.sampled_from(LETTERS))
def test_no_letter_of_an_id_can_be_changed(place: int, letter: str) -> None:
    """A changed id is nobody's."""
    made = IDS.new("acme")
    changed = made[:place] + letter + made[place + 1 :]
    assert IDS.made_for(changed, "acme") is (changed == made)


@given(st.text() | st.text(LETTERS, min_size=32, max_size=32) | st.text(LETTERS.upper(), min_size=32, max_size=32))
def test_what_was_never_made_is_refused_whatever_it_looks_like(text: str) -> None:
    """Guesses, other alphabets and garbage are all no, and none raises."""
    assert not IDS.made_for(text, "acme")


@given(st.integers(0, 2**48 - 1), st.integers(0, 2**48 - 1))
def test_ids_sort_by_time(one: int, other: int) -> None:
    """Text order is time order, to the millisecond."""

    def made(milliseconds: int) -> str:
        return RequestIds(bytes(32), lambda: (milliseconds + 0.5) / 1000).new("acme")[:9]

    assert (made(one) < made(other)) == (one >> 3 < other >> 3)


def test_a_thousand_ids_of_one_moment_differ() -> None:
    """Chance tells requests of the same millisecond apart."""
    ids = RequestIds(bytes(32), lambda: 1.0)
    assert len({ids.new("acme") for _ in range(1000)}) == 1000


def test_binding_keeps_time_and_chance() -> None:
    """The id that the log had before the tenant was known is found again."""
    made = IDS.new()
    assert IDS.bound(made, "acme")[:20] == made[:20]
    with pytest.raises(ValueError, match="form"):
        IDS.bound("x", "acme")


def test_another_key_makes_other_ids_and_is_not_shown() -> None:
    """Who has no key can't make ids; the key is in no text about them, and a short one is refused."""
    stranger = RequestIds(b"\1" * 32)
    assert not IDS.made_for(stranger.new("acme"), "acme")
    assert repr(stranger.key) not in repr(stranger)
    with pytest.raises(ValueError, match="key"):
        RequestIds(b"short")
