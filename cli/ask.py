"""`roadworthy ask`: one question to a released assistant, through the exchange that serves it."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import aclosing

from cli.output import columns, print_json
from cli.releases import Named, find
from roadworthy.exchange.assistant import Assistant
from roadworthy.exchange.exchange import converse
from roadworthy.exchange.interface import Answer, Outcome, Question
from roadworthy.release.entries import Stage
from roadworthy.settings import Settings
from tasks.released_assistant import released_assistant

FAILED = 6
"""The exit code when the safe template was all that could be said."""


def ask(text: str, question: str, user: str, conversation: str, trace: bool, as_json: bool) -> int:
    """Print the answer of the release that `text` names: the one in production, or the latest when there is none."""
    named = _named(text)
    with released_assistant(named.store, named.standing, named.record, Settings(), _tell) as assistant:
        live = sys.stdout.isatty() and not as_json
        answer = asyncio.run(_answered(assistant, Question(question, user, conversation), live))
    if as_json:
        print_json({"release": str(named), "digest": named.record.digest, "answer": answer})
    else:
        _show(named, answer, trace, said=live and not answer.retracted)
    return FAILED if answer.outcome is Outcome.FAILED and not assistant.switches.template_only else 0


async def _answered(assistant: Assistant, question: Question, live: bool) -> Answer:
    """Hold the exchange; `live` prints what may be shown as soon as it may."""
    answer: Answer | None = None
    try:
        async with aclosing(converse(assistant, question, streams=live)) as parts:
            async for said in parts:
                if isinstance(said, Answer):
                    answer = said
                elif live:
                    print(said, end="", flush=True)
    finally:
        # In the loop that used it: its connections belong to that.
        await assistant.close()
    assert answer is not None  # noqa: S101  (converse ends in an answer)
    return answer


def _named(text: str) -> Named:
    named = find(text)
    live = named.standing.production
    return named if "@" in text or live is None else find(f"{text}@{Stage.PRODUCTION}")


def _show(named: Named, answer: Answer, trace: bool, said: bool) -> None:
    if answer.retracted:
        print("\n\nThat has to be taken back. The answer is:")
    print("" if said else answer.text)
    for number, hit in enumerate(answer.hits, start=1):
        if hit.passage.document in answer.citations and f"[{number}]" in answer.text:
            print(f"  [{number}] {hit.passage.title}  ({hit.passage.document})")
    for call in answer.calls:
        print(f"  tool: {call.call.tool}, {call.verdict.value}{f': {call.reason}' if call.reason else ''}")
        if call.approval_request:
            print(f"  arguments: {json.dumps(dict(call.arguments or call.call.arguments), ensure_ascii=False)}")
            print(f"  next: somebody else runs `roadworthy queue approve {call.approval_request}`,")
            print("        and you ask again with the same --user and --conversation")
    if trace:
        _trace(named, answer)


def _trace(named: Named, answer: Answer) -> None:
    usage = answer.usage
    kept = ", kept from before" if answer.cached else ""
    print(f"\n{named}  {answer.outcome.value}  {answer.seconds:.2f} s")
    print(f"tokens: {usage.prompt_tokens} read, {usage.completion_tokens} written{kept}")
    _table(
        "parts", [(span.name, f"{span.seconds * 1000:.1f} ms", span.detail or span.failure) for span in answer.spans]
    )
    _table(
        "guards",
        [
            (
                finding.place.value,
                finding.guard,
                finding.verdict.value,
                f"{finding.seconds * 1000:.2f} ms",
                finding.reason,
            )
            for finding in answer.findings
        ],
    )
    _table(
        "passages",
        [
            (f"[{number}]", hit.passage.document, f"{hit.passage.start}–{hit.passage.end}", _similarity(hit.similarity))
            for number, hit in enumerate(answer.hits, start=1)
        ],
    )
    _table(
        "calls",
        [(call.call.tool, call.verdict.value, call.arguments_digest[:12], call.reason) for call in answer.calls],
    )


def _similarity(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _table(title: str, rows: list[tuple[str, ...]]) -> None:
    if rows:
        print(f"\n{title}")
        for line in columns(rows):
            print(f"  {line}")


def _tell(text: str) -> None:
    if sys.stderr.isatty():
        print(text, file=sys.stderr)
