"""Streaming: what is shown early is the beginning of what the guards make of the whole, whatever comes, however cut."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

import pytest
from fakes.piecewise_provider import PiecewiseProvider
from fakes.small_assistant import TEXTS, WORDS, WordGuard, small_assistant
from hypothesis import example, given, settings
from hypothesis import strategies as st

from roadworthy.exchange.assistant import Assistant
from roadworthy.exchange.exchange import converse, exchange
from roadworthy.exchange.interface import Answer, Outcome, Question
from roadworthy.guardrails.catalogue import Parts, build_guards
from roadworthy.guardrails.disallowed import _compiled
from roadworthy.guardrails.identifiers import find_identifiers
from roadworthy.guardrails.interface import Context, Place, StreamGuard
from roadworthy.guardrails.policy import load_policy
from roadworthy.guardrails.run import Guardrails
from roadworthy.guardrails.secrets import find_secrets
from roadworthy.guardrails.settings import GuardrailParams
from roadworthy.guardrails.unicode_text import cleaned_text, plain
from roadworthy.providers.interface import Provider

POLICY = load_policy(Path(__file__).resolve().parents[3] / "policies" / "bank_helpdesk.yaml")
GUARDS = [guard for guard in build_guards(GuardrailParams(), Parts(POLICY)) if Place.OUTPUT in guard.places]
SETS = {
    "all": GUARDS,
    "ungrounded": [guard for guard in GUARDS if guard.name != "grounding"],
    "finders": [guard for guard in GUARDS if guard.name in ("unicode", "secrets", "output-personal-data")],
    "policy": [guard for guard in GUARDS if guard.name in ("policy", "prompt-leak")],
}
"""By themselves some let more through, so that what each must hold back is tried."""
LOOKING = {
    "all": {"secrets", "output-personal-data", "policy", "disallowed"},
    "ungrounded": {"secrets", "output-personal-data", "policy", "disallowed"},
    "finders": {"secrets", "output-personal-data"},
    "policy": {"policy"},
}
ASKED = Question("Has the Blue Account no monthly fee?")
LONG = "The Blue Account has no monthly fee [1]. "
SPICES = [
    LONG,
    "The Blue Account has no monthly fee [1]. The daily limit at cash machines is 500 dollars [2].\n\n",
    "1. The Blue Account has no monthly fee.\n2. The daily limit is 500 dollars.\n",
    "Mortgages start at four percent and need two guarantors. ",
    "I don't know",
    "AKIA" + "QYLPMN5HFIQR7XYA",
    " my password is now hunter2!x ",
    "kennwort: geheim12 ",
    "Write to ann@example.org, ",
    "call me on 030 901820 or 718-555-0199 home. ",
    "aa:bb:cc:dd:ee:ff ",
    "IBAN DE89 3704 0044 0532 0130 00. ",
    "4111 1111 1111 1111",
    "my account number is 4711 0815 4711 ",
    "-----BEGIN RSA PRIVATE KEY-----\nabc def\nghi ",
    "postgres://ann:secret@db.example.org/x ",
    "p\u0430sswоrd \u202e\u200b ",
    "café – “quoted” … ",
    "\u0301 \u05d0 ",
    "You are the help desk; the password is swordfish. ",
    "You answer from passages; the ",
    "First, you will need a pipe bomb. ",
    "You are a worthless idiot. ",
    "I promise that your refund ",
    "is approved. ",
    "you should definitely buy shares. ",
    "file_credit_card_dispute_4829 ",
    "Interest is taxable income. ",
    POLICY.unknown + " ",
    POLICY.topics["financial"].sentence,
    "[secret: password] [personal: email] [",
]
PIECES = st.lists(st.one_of(st.sampled_from(SPICES), st.text(max_size=12), st.just(LONG)), max_size=10).map("".join)


@st.composite
def cut_texts(draw: st.DrawFn) -> list[str]:
    """A text, cut anywhere."""
    text = draw(PIECES)
    cuts = sorted(draw(st.sets(st.integers(1, max(len(text) - 1, 1)), max_size=40)))
    return [piece for piece in (text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)) if piece]


@dataclass(frozen=True)
class Held:
    """What a reader got."""

    early: str
    """What was shown before the answer was there; without what was shown with it."""
    shown: str
    answer: Answer


def hold(assistant: Assistant, question: Question = ASKED) -> Held:
    """Hold a conversation and note what came when."""

    async def run() -> Held:
        texts: list[str] = []
        async with aclosing(converse(assistant, question)) as parts:
            async for said in parts:
                if isinstance(said, Answer):
                    rest = said.text if said.retracted else ""
                    early = texts[:-1] if "".join(texts) == said.text and not rest else texts
                    return Held("".join(early), "".join(texts), said)
                texts.append(said)
        raise AssertionError("a conversation ends in an answer")

    return asyncio.run(run())


def assistant_of(pieces: Sequence[str], guards: Sequence[object] = GUARDS, **changes: object) -> Assistant:
    """An assistant whose model says `pieces`."""
    return small_assistant(PiecewiseProvider(pieces), guards, **changes)  # type: ignore[arg-type]


def spoiled(text: str, looking: set[str]) -> int:
    """Where the first stretch begins that one of these guards takes out or blocks."""
    cleaned = cleaned_text(text)[0]
    known = re.sub(r"[\W_]+", "", "".join([ASKED.text, *TEXTS.values()]).casefold())
    secrets = find_secrets(cleaned) if "secrets" in looking else ()
    before = cleaned[: secrets[0].start] if secrets else cleaned
    people = [
        one for one in find_identifiers(before) if re.sub(r"[\W_]+", "", before[one.start : one.end]) not in known
    ]
    patterns: list[re.Pattern[str]] = []
    if "policy" in looking and plain(text) == text:
        patterns += [re.compile(one, re.IGNORECASE) for rule in POLICY.cannot for one in rule.output_patterns]
    if "disallowed" in looking and plain(text) == text:
        patterns += [one.pattern for _, one in _compiled()]
    taken_out = [one.start for one in (*secrets, *(people if "secrets" in looking else ()))]
    blocked = [match.start() for pattern in patterns for match in pattern.finditer(text)]
    return min([len(text), *taken_out, *blocked])


@settings(max_examples=120, deadline=None)
@given(pieces=cut_texts(), name=st.sampled_from(sorted(SETS)))
@example(pieces=[LONG * 3, "kennwort: geheim12 ", LONG * 3, "p ", LONG * 3], name="finders")
@example(pieces=[LONG * 4, "aa:bb:cc:dd:ee:ff ", LONG * 4, "5 ", LONG], name="finders")
@example(pieces=[LONG * 4, "card 4111 1111", " 1111 1111", "AKIAQYLPMN5HFIQR7XYA ", LONG * 4, "x"], name="finders")
def test_a_stream_is_the_beginning_of_the_whole(pieces: list[str], name: str) -> None:
    """Same answer as without streaming; the texts are its text, or it says that they have to be taken back.

    And what was shown early passes the guards by itself, and holds no character of what a guard takes out or blocks.
    """
    guards = SETS[name]
    whole = asyncio.run(exchange(assistant_of(pieces, guards), ASKED))
    held = hold(assistant_of(pieces, guards))
    assert (held.answer.text, held.answer.outcome, held.answer.citations) == (
        whole.text,
        whole.outcome,
        whole.citations,
    )
    if held.answer.retracted:
        assert whole.outcome in (Outcome.REFUSED, Outcome.UNKNOWN)
    else:
        assert held.shown == whole.text
    text = "".join(pieces).strip()
    early = held.shown if held.answer.retracted else held.early
    if whole.outcome is Outcome.ANSWERED or held.answer.retracted:
        assert text.startswith(early)
        assert len(early) <= spoiled(text, LOOKING[name])


@settings(max_examples=400, deadline=None)
@given(
    spice=st.sampled_from(SPICES),
    after=st.sampled_from(["", *SPICES]),
    name=st.sampled_from(sorted(SETS)),
    data=st.data(),
)
@example(spice="4111 1111 1111 1111", after="", name="finders", data=None)
@example(spice="I promise that your refund ", after="is approved. ", name="policy", data=None)
def test_at_no_moment_is_anything_shown_that_is_spoiled_later(
    spice: str, after: str, name: str, data: st.DataObject | None
) -> None:
    """Cut in the middle of what a guard takes out or blocks: what may be shown ends before it."""
    text = f"{LONG}{spice}{after}"
    least = len(LONG)
    cuts = range(least, len(text)) if data is None else [data.draw(st.integers(least, len(text)))]
    context = Context(ASKED.text, tuple(TEXTS.values()), "You answer from passages; the password is swordfish.")
    with Guardrails(SETS[name]) as guards:
        whole = guards.run(text, Place.OUTPUT, context)
        for cut in cuts:
            end = asyncio.run(guards.settled(text[:cut], 0, context))
            assert end <= spoiled(text, LOOKING[name])
            assert whole.blocked or whole.text.startswith(text[:end])
            alone = guards.run(text[:end], Place.OUTPUT, context)
            assert not alone.blocked
            assert alone.text.startswith(text[:end])


def words(text: str) -> list[str]:
    """Cut a text into tokens, as a model says it."""
    return re.findall(r"\s*\S+", text)


def test_a_long_answer_begins_before_its_end() -> None:
    """With all guards, sentence by sentence; the first text is there long before the last piece."""
    pieces = words(LONG * 10)
    provider = PiecewiseProvider(pieces)

    async def first() -> tuple[str, int]:
        async with aclosing(converse(small_assistant(provider, GUARDS), ASKED)) as parts:
            said = await anext(parts)
            assert isinstance(said, str)
            return said, provider.said

    said, heard = asyncio.run(first())
    assert said.startswith("The Blue Account has no monthly fee [1].")
    assert heard < len(pieces) / 3
    assert provider.stopped


def test_every_output_guard_of_the_catalogue_lets_a_beginning_through() -> None:
    """None makes everybody wait for the end."""
    assert all(isinstance(guard, StreamGuard) for guard in GUARDS)


def test_a_guard_that_needs_the_whole_shows_nothing_early() -> None:
    """One that can't tell from the beginning holds all back to the end."""
    held = hold(assistant_of(words(LONG * 10), [WordGuard()]))
    assert (held.early, held.shown) == ("", held.answer.text)


def test_what_is_blocked_later_is_taken_back() -> None:
    """The answer says so, and holds only the refusal."""
    held = hold(assistant_of(words(LONG * 6 + "You are a worthless idiot. " + LONG * 3)))
    assert held.answer.retracted
    assert held.answer.outcome is Outcome.REFUSED
    assert held.shown
    assert "idiot" not in held.shown
    assert "You are" not in held.shown


def test_an_answer_that_does_not_know_is_never_begun() -> None:
    """It is said in the reviewed words, so that nothing of the model's own is shown."""
    held = hold(assistant_of(words("** I don't know whether that is so. " + LONG * 10)))
    assert (held.shown, held.answer.text, held.answer.retracted) == (WORDS.unknown, WORDS.unknown, False)


def test_the_first_text_has_a_time() -> None:
    """Before the whole, when it was shown before."""
    answer = hold(assistant_of(words(LONG * 10))).answer
    assert answer.first_text_seconds is not None
    assert 0 < answer.first_text_seconds < answer.seconds


@pytest.mark.parametrize("fails_after", [0, 3, 60])
def test_the_second_provider_says_it_when_the_first_breaks_off(fails_after: int) -> None:
    """Whenever that is; what was shown of the first is taken back when the second says something else."""
    first = PiecewiseProvider(words(LONG * 10), fails_after=fails_after)
    second = PiecewiseProvider(["The daily limit at cash machines", " is 500 dollars [2]."])
    for streams in (True, False):
        assistant = small_assistant(first, GUARDS, second_provider=second)
        answer = hold(assistant).answer if streams else asyncio.run(exchange(assistant, ASKED))
        assert answer.text == "The daily limit at cash machines is 500 dollars [2]."
        assert (answer.outcome, answer.fallback) == (Outcome.ANSWERED, "second_provider")
        assert answer.retracted is (streams and fails_after == 60)


def broken() -> Provider:
    """A model that fails at once."""
    return PiecewiseProvider([], fails_after=0)


def test_a_kept_answer_stands_in_for_both_providers() -> None:
    """It comes with its citations, costs nothing, and says what it is; without one there is the safe template."""
    kept = asyncio.run(exchange(assistant_of([LONG]), ASKED))
    assistant = small_assistant(broken(), GUARDS, second_provider=broken(), previous_answer=lambda question: kept)
    answer = hold(assistant).answer
    assert (answer.text, answer.citations, answer.fallback) == (kept.text, ("fees",), "kept_answer")
    assert answer.cached
    assert answer.usage.completion_tokens == 0
    none = small_assistant(broken(), GUARDS, second_provider=broken(), previous_answer=lambda question: None)
    assert hold(none).answer.fallback == "safe_template"
    assert hold(none).answer.outcome is Outcome.FAILED
