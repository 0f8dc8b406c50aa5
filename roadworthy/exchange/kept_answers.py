"""Keeps safe answers for those who ask the same again, and for when the provider is down."""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

from roadworthy.digest import digest_bytes
from roadworthy.exchange.assistant import Assistant
from roadworthy.exchange.interface import Answer, Outcome, Question
from roadworthy.guardrails.interface import Verdict
from roadworthy.providers.interface import Usage

CHOOSING = "choose a tool"
"""How the span begins that says that a tool was offered."""
_ENTRY_BYTES = 4096
"""What an entry costs besides its texts, about."""


@dataclass(frozen=True)
class Kept:
    """How much is kept, and for how long."""

    entries: int = 10_000
    size: int = 64 << 20
    """In bytes, of all entries together."""
    fresh_seconds: float = 300
    """So long an answer is given to whoever asks the same."""
    stale_seconds: float = 86_400
    """So long it may stand in for a provider that is down."""


@dataclass(frozen=True)
class _Entry:
    answer: Answer
    size: int
    since: float


class KeptAnswers:
    """The answers, those that were used longest ago first out. For one event loop; all in memory, lost at its end."""

    def __init__(self, bounds: Kept = Kept(), clock: Callable[[], float] = time.monotonic) -> None:
        self._bounds = bounds
        self._clock = clock
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self.size = 0
        """In bytes, about."""

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: str) -> Answer | None:
        """Return the answer while it is fresh: marked as cached, paid for by nobody."""
        return self._younger_than(self._bounds.fresh_seconds, key)

    def latest_even_stale(self, key: str) -> Answer | None:
        """Return the last answer that was kept, for when there is no better one."""
        return self._younger_than(self._bounds.stale_seconds, key)

    def put(self, key: str, answer: Answer) -> None:
        """Keep an answer that is `cacheable`; one that was itself kept is not young again."""
        size = _size(answer)
        if (answer.cached and key in self._entries) or size > self._bounds.size:
            return
        self._drop(key)
        kept = replace(answer, usage=Usage(), cached=True, spans=(), first_text_seconds=None, prompts=())
        self._entries[key] = _Entry(kept, size, self._clock())
        self.size += size
        while len(self._entries) > self._bounds.entries or self.size > self._bounds.size:
            self._drop(next(iter(self._entries)))

    def _younger_than(self, seconds: float, key: str) -> Answer | None:
        entry = self._entries.get(key)
        if entry is None or self._clock() - entry.since >= seconds:
            return None
        self._entries.move_to_end(key)
        return entry.answer

    def _drop(self, key: str) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self.size -= entry.size


def answer_basis(release: str, assistant: Assistant) -> str:
    """Return the digest of all that an answer rests on besides the question; once for each opened assistant.

    `release` is the release's digest. The prompt and the provider stand beside it: an operator may have switched to the
    previous prompts, and a second provider may have stood in.
    """
    basis = [release, assistant.capability, assistant.prompt.version, dict(assistant.provider.identity)]
    return digest_bytes(json.dumps(basis, sort_keys=True).encode())


def answer_key(basis: str, question: Question) -> str:
    """Return the key under which the question's answer is kept; neither user nor conversation goes into it."""
    return digest_bytes(f"{basis}\n{question.text}".encode("utf-8", "surrogatepass"))


def may_be_kept(assistant: Assistant, question: Question) -> bool:
    """Tell whether kept answers may be looked at for this question.

    Not where a tool is offered, whose answers are about one customer; not in a conversation, where the same words may
    mean something else; and not when an operator has switched all answers off.
    """
    offered = bool(question.user) and assistant.tools is not None and not assistant.switches.tools_off
    return not (offered or question.conversation or assistant.switches.template_only)


def cacheable(answer: Answer, question: Question) -> bool:
    """Tell whether an answer may be kept for others who ask the same.

    Not what stood in for a provider that failed. Only what every guard let through unchanged: then the question as it
    came is also the question as it was answered, so that its own text is the right key, and the kept answer has passed
    the guards that would look at it again.
    """
    offered = bool(answer.calls) or any(span.name.startswith(CHOOSING) for span in answer.spans)
    allowed = all(finding.verdict is Verdict.ALLOWED for finding in answer.findings)
    usual = answer.outcome is Outcome.ANSWERED and not answer.fallback
    return usual and allowed and not offered and not question.conversation


def _size(answer: Answer) -> int:
    texts = [answer.text, *answer.citations]
    for hit in answer.hits:
        texts += [hit.passage.title, hit.passage.text]
    return _ENTRY_BYTES + sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)
