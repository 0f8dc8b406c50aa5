"""Releases in memory, each kept until the last request that it answers has ended."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from roadworthy.exchange.kept_answers import answer_basis
from roadworthy.serving.opened import Opened, OpenedAssistant, Wanted


class Loaded:
    """One opened release; used in the event loop alone."""

    def __init__(self, wanted: Wanted, opened: Opened) -> None:
        self.wanted = wanted
        self.opened = opened
        self.basis = _basis(wanted, opened)
        """What answers to the same question have in common when they come from here."""
        self._users = 0
        self._retired = False

    @property
    def name(self) -> str:
        """The release as people write it: bank-helpdesk@3."""
        return f"{self.wanted.capability}@{self.wanted.record.number}"

    @property
    def kind(self) -> str:
        """Assistant or model."""
        return self.opened.parameters.kind

    @contextmanager
    def in_use(self) -> Iterator[Opened]:
        """Keep it open for the time of a request."""
        self._users += 1
        try:
            yield self.opened
        finally:
            self._users -= 1
            self._close_if_unused()

    def retire(self) -> None:
        """Close it as soon as no request uses it."""
        self._retired = True
        self._close_if_unused()

    def _close_if_unused(self) -> None:
        if self._retired and not self._users:
            asyncio.get_running_loop().run_in_executor(None, self.opened.close)


def _basis(wanted: Wanted, opened: Opened) -> str:
    return answer_basis(wanted.record.digest, opened.assistant) if isinstance(opened, OpenedAssistant) else ""
