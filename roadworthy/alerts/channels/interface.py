"""What every channel does."""

from __future__ import annotations

from typing import Protocol

from roadworthy.alerts.message import Text
from roadworthy.errors import Unavailable


class NotSent(Unavailable):
    """A message did not leave; `word` says why in a word of ours, because what others say may hold an address."""

    def __init__(self, word: str, channel: str) -> None:
        super().__init__(
            f"the message was not sent: {word.replace('_', ' ')}",
            where=f"channel {channel}",
            remedy="`roadworthy alerts test` tries it; look at the address in ROADWORTHY_ALERTS_URLS or its file",
        )
        self.word = word
        self.channel = channel

    def __reduce__(self) -> tuple[object, ...]:
        """Keep the word when the error crosses a process's border."""
        return (NotSent, (self.word, self.channel))


class Channel(Protocol):
    """One way to people. Its name and its repr hold no secret."""

    @property
    def name(self) -> str:
        """A word by which people and the board know it, the same after a restart."""

    def send(self, text: Text) -> None:
        """Send, and return when it has been taken. Raises `NotSent`."""
