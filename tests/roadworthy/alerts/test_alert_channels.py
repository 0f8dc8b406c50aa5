"""One contract for every channel, against real servers: the text arrives, a failure has a name, no secret gets out."""

from __future__ import annotations

import json
import logging
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr
from servers.alert_endpoints import running_mailbox, running_webhook

from roadworthy.alerts.channels.addressed import Addressed
from roadworthy.alerts.channels.interface import Channel, NotSent
from roadworthy.alerts.channels.log_file import LogFile
from roadworthy.alerts.channels.opening import open_channels
from roadworthy.alerts.message import Text
from roadworthy.errors import ParamsError
from roadworthy.settings import Settings

SECRET = "t0psecrett0ken"
TEXT = Text(title="[page] help-desk: spike", body="errors of release 3: 0.2, bound 0.1", tone="page")


@dataclass(frozen=True)
class Line:
    """A channel, what arrived at its end, and how to cut it."""

    channel: Channel
    arrived: Callable[[], list[str]]
    cut: Callable[[], object]


@contextmanager
def a_log(folder: Path) -> Iterator[Line]:
    """The file."""
    path = folder / "alerts" / "alerts.log"
    yield Line(LogFile(path), lambda: path.read_text().splitlines(), lambda: (path.parent.rmdir(), path.parent.touch()))


@contextmanager
def a_webhook(folder: Path) -> Iterator[Line]:
    """A webhook that takes JSON."""
    with running_webhook() as hook:
        address = SecretStr(f"json://{hook.host}/{SECRET}")
        yield Line(
            Addressed(address, 1),
            lambda: [json.dumps(one) for one in hook.taken],
            lambda: hook.statuses.extend([500] * 9),
        )


@contextmanager
def a_chat(folder: Path) -> Iterator[Line]:
    """A webhook as Slack has it, at an address of one's own: Mattermost's."""
    with running_webhook() as hook:
        address = SecretStr(f"mmost://{hook.host}/{SECRET}")
        yield Line(
            Addressed(address, 2),
            lambda: [json.dumps(one) for one in hook.taken],
            lambda: hook.statuses.extend([500] * 9),
        )


@contextmanager
def a_mailbox(folder: Path) -> Iterator[Line]:
    """E-mail."""
    with running_mailbox() as box:
        address = SecretStr(f"mailto://{box.host}/?from=watch@example.org&to=oncall@example.org&name={SECRET}")
        yield Line(Addressed(address, 3), lambda: [" ".join(letter) for letter in box.letters], box.cut)


LINES = [a_log, a_webhook, a_chat, a_mailbox]


@pytest.fixture(params=LINES, ids=lambda line: line.__name__)
def line(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Line]:
    """Each kind of channel, with its real end."""
    with request.param(tmp_path) as made:
        yield made


def test_title_and_figures_arrive(line: Line) -> None:
    """Once per sending."""
    line.channel.send(TEXT)
    (arrived,) = line.arrived()
    assert "help-desk: spike" in arrived and "bound 0.1" in arrived


def test_a_channel_that_is_cut_says_so(line: Line) -> None:
    """With a word of ours and the channel's name; the error survives a process's border."""
    if isinstance(line.channel, LogFile):
        line.channel.path.parent.mkdir()
    line.cut()
    with pytest.raises(NotSent) as caught:
        line.channel.send(TEXT)
    assert pickle.loads(pickle.dumps(caught.value)).word == caught.value.word  # noqa: S301
    assert SECRET not in str(caught.value)


def test_no_secret_gets_out(line: Line, caplog: pytest.LogCaptureFixture) -> None:
    """Neither by the channel's repr and name, nor in the finest log, whether it is sent or not."""
    # The test's own SMTP server says what it gets.
    caplog.set_level(logging.ERROR, logger="mail.log")
    for logger in (None, "apprise", "urllib3.connectionpool"):
        caplog.set_level(logging.DEBUG, logger=logger)
    line.channel.send(TEXT)
    if not isinstance(line.channel, LogFile):
        line.cut()
        with pytest.raises(NotSent):
            line.channel.send(TEXT)
    logging.getLogger("urllib3.connectionpool").debug("others may talk")
    assert "others may talk" in caplog.text
    assert SECRET not in caplog.text + repr(line.channel) + line.channel.name


def test_an_address_of_slack_goes_to_slacks_webhook(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Slack's own webhook would get: the three parts of the token in the path, the text in an attachment."""
    from apprise.plugins.slack import NotifySlack

    with running_webhook() as hook:
        monkeypatch.setattr(NotifySlack, "webhook_url", f"http://{hook.host}/services")
        Addressed(SecretStr("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#ops"), 1).send(TEXT)
        assert hook.paths == ["/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"]
        assert "help-desk: spike" in json.dumps(hook.taken)


@pytest.mark.parametrize("address", ["nothing", "nothing://", "json://", "://x", "slack://short", "http://x/\x00"])
def test_an_address_that_is_none_fails_when_it_sends(address: str) -> None:
    """With a name: the other channels go on, and tell of it."""
    channel = Addressed(SecretStr(address), 4)
    assert channel.name.endswith("-4")
    with pytest.raises(NotSent):
        channel.send(TEXT)


def test_channels_are_opened_by_the_settings(tmp_path: Path) -> None:
    """The file first, then the variable's addresses, then the file's; no repr of the settings has them."""
    (tmp_path / "addresses").write_text(f"# ours\n\nmailtos://a:{SECRET}@example.org\n")
    settings = Settings(
        root=tmp_path, alerts_urls=SecretStr(f"json://x/{SECRET}\n slack://y"), alerts_file=Path("addresses")
    )
    assert [channel.name for channel in open_channels(settings)] == ["log", "json-1", "slack-2", "mailtos-3"]
    assert SECRET not in repr(settings) + str(settings) + settings.model_dump_json()
    with pytest.raises(ParamsError, match="can't be read"):
        open_channels(Settings(root=tmp_path, alerts_file=Path("missing")))
