"""A channel by an address as apprise writes them: a webhook, e-mail, Slack, and a hundred more."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pydantic import SecretStr

from roadworthy.alerts.channels.interface import NotSent
from roadworthy.alerts.message import Text

if TYPE_CHECKING:
    import apprise

_TALKATIVE = ("apprise", "urllib3.connectionpool")
"""They log addresses, and an address is a secret: who has a webhook's can write to it."""


class Addressed:
    """Sends to one address, which stands in no repr and in no log. An address of no known kind fails when it sends."""

    def __init__(self, address: SecretStr, place: int) -> None:
        """`place` is that of the address in the settings, from 1: people know the channel by it."""
        self._address = address
        self.name = f"{scheme_of(address)}-{place}"

    def __repr__(self) -> str:
        """Name the channel alone."""
        return f"Addressed({self.name})"

    def send(self, text: Text) -> None:
        """See `Channel.send`. Apprise tells only whether it was taken; it waits 4 s for an answer, 15 s for e-mail."""
        # Late imports: start-up time.
        import apprise

        tones = {
            "page": apprise.NotifyType.FAILURE,
            "ticket": apprise.NotifyType.WARNING,
            "resolved": apprise.NotifyType.SUCCESS,
        }
        with _silent():
            server = self._server()
            try:
                taken = server.notify(
                    title=text.title,
                    body=text.body,
                    notify_type=tones[text.tone],
                    body_format=apprise.NotifyFormat.TEXT,
                )
            except Exception:
                # A hundred plugins of others, any of which may raise anything with the address in it.
                raise NotSent("broken", self.name) from None
        if not taken:
            raise NotSent("not_taken", self.name)

    def _server(self) -> apprise.NotifyBase:
        import apprise

        server = apprise.Apprise.instantiate(self._address.get_secret_value())
        if server is None:
            raise NotSent("unknown_address", self.name)
        return server


def scheme_of(address: SecretStr) -> str:
    """Return an address's scheme, such as `slack`, or `unknown`."""
    scheme = address.get_secret_value().partition("://")[0].lower()
    known = len(scheme) <= 20 and scheme.isascii() and scheme.isalnum() and scheme[:1].isalpha()
    return scheme if known and "://" in address.get_secret_value() else "unknown"


@contextmanager
def _silent() -> Iterator[None]:
    """Keep what this thread's libraries say about addresses out of every log, whatever its level."""
    mine = threading.get_ident()

    def other(record: logging.LogRecord) -> bool:
        return record.thread != mine

    loggers = [logging.getLogger(name) for name in _TALKATIVE]
    for logger in loggers:
        logger.addFilter(other)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(other)
