"""`roadworthy incident` from the first word to the postmortem's draft."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fakes.bad_release import ANN, CAPABILITY, LIVE_AT, book, lay_out, minute
from fakes.front_door import Answer, ask

from roadworthy.incidents.changes import noting
from roadworthy.store import LocalStore

START, END = LIVE_AT.isoformat(), minute(30).isoformat()


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the morning of a bad release."""
    root = tmp_path_factory.mktemp("morning")
    lay_out(root)
    return root


@pytest.fixture
def root(morning: Path, tmp_path: Path) -> Path:
    """A copy of this test's own."""
    return Path(shutil.copytree(morning, tmp_path / "root"))


def incident(root: Path, *arguments: str, **settings: str) -> Answer:
    """Run `roadworthy incident`."""
    return ask(root, "incident", *arguments, ROADWORTHY_ACTOR="ann", **settings)


def opened(root: Path, *options: str) -> Answer:
    """Open an incident that began when release 2 went live."""
    summary = ("--kind", "outage", "--summary", "Every fourth answer fails")
    return incident(root, "open", CAPABILITY, *summary, "--started", START, *options)


def closed(root: Path, *options: str) -> Answer:
    """Close it, half an hour after it began."""
    why = ("--cause", "The prompt was cut | <b>short</b>", "--action", "Test it", "--action", "Ramp it")
    return incident(root, "close", "inc-1", *why, "--ended", END, *options)


def test_from_the_first_word_to_the_draft(root: Path) -> None:
    """Open, note, show, list, close: each says what to do next, and the draft has the figures."""
    said = opened(root)
    assert (said.code, said.err) == (0, "")
    assert "inc-1 opened: bank-helpdesk, outage" in said.out
    assert "docs/playbooks/outage.md" in said.out
    at = ("--mitigated", "--at", minute(20).isoformat())
    assert incident(root, "note", "inc-1", "Rolled back", *at).code == 0
    shown = incident(root, "show", "inc-1").out
    for words in ("Every fourth answer fails", "after 0:20:00: a person's note", "rolled back to release 1", "(ann)"):
        assert words in shown
    assert "inc-1" in incident(root, "list").out
    said = closed(root)
    assert said.code == 0, said.err
    assert "requests:  300, of which 50 failed or came too late" in said.out
    assert "success over 30 days: the incident took 333.3% of it; it was overspent by 233.3%" in said.out
    draft = (root / "reports" / "incidents" / "inc-1.md").read_text()
    for words in (
        "| time to mitigate | 0:20:00 |",
        "| duration | 0:30:00 |",
        "| bank-helpdesk@2 | production | 200 | 50 |",
        "- cost: 3 USD",
        "- errors, timeouts included: 50 (16.67 %)",
        "the incident took 66.7% of it; 33.3% was left at the end",
        "| Ramp it | | |",
        r"The prompt was cut \| \<b>short\</b>",
        "| 2024-07-14 10:20:00 | ledger | @2: rolled back to release 1",
    ):
        assert words in draft
    assert "ann" not in draft.split()
    assert incident(root, "show", "inc-1", "--postmortem").out == draft
    assert "no incident is open" in incident(root, "list").out
    assert "closed" in incident(root, "list", "--all").out


def test_a_draft_that_people_worked_on_stays(root: Path) -> None:
    """A file that is there is left alone; the draft can be printed, the same each time."""
    path = root / "mine.md"
    path.write_text("ours")
    opened(root)
    assert "was there already and stays" in closed(root, "--output", str(path)).out
    assert path.read_text() == "ours"
    draft = incident(root, "show", "inc-1", "--postmortem").out
    assert draft.startswith("# inc-1: Every fourth answer fails\n")
    assert incident(root, "show", "1", "--postmortem").out == draft


def test_scripts_get_all_of_it(root: Path) -> None:
    """Every command speaks JSON, with the same ids and figures."""
    assert json.loads(opened(root, "--json").out)["playbook"] == "docs/playbooks/outage.md"
    assert json.loads(incident(root, "note", "inc-1", "Looked", "--json").out)["id"] == "inc-1"
    (line,) = json.loads(incident(root, "list", "--json").out)
    assert (line["id"], line["closed"], line["warnings"]) == ("inc-1", False, [])
    end = json.loads(closed(root, "--json").out)
    assert (end["seconds"]["to_mitigate"], end["seconds"]["duration"]) == (960, 1800)
    assert (end["figures"]["errors"], end["written"]) == (50, True)
    shown = json.loads(incident(root, "show", "inc-1", "--json").out)
    assert shown["figures"] == end["figures"]
    assert shown["closed"]["actions"] == ["Test it", "Ramp it"]
    assert json.loads(incident(root, "show", "inc-1", "--postmortem", "--json").out)["id"] == "inc-1"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("open", "bank-helpdesks", "--kind", "outage", "--summary", "x"), 2, "Did you mean 'bank-helpdesk'"),
        (("open", CAPABILITY, "--kind", "outages", "--summary", "x"), 2, "did you mean 'outage'"),
        (("open", CAPABILITY, "--kind", "outage", "--summary", " "), 2, "empty"),
        (("open", CAPABILITY, "--kind", "outage", "--summary", "again"), 7, "inc-1 is open already"),
        (("note", "inc-7", "text"), 2, "There is no incident 'inc-7'"),
        (("note", "inc-1", "text", "--at", START), 2, "dated by the clock"),
        (("note", "inc-1", "text", "--mitigated", "--at", "9999-01-01T00:00Z"), 2, "yet to come"),
        (("note", "inc-1", "text", "--mitigated", "--at", "yesterday"), 2, "is not a moment"),
        (("show", "inc-1", "--postmortem"), 2, "still open"),
        (("show", "x"), 2, "no incident"),
        (("close", "inc-1", "--cause", "x", "--action", "y", "--ended", "2024-07-14T09:00Z"), 2, "before the start"),
    ],
)
def test_bad_input_is_explained(root: Path, arguments: tuple[str, ...], code: int, words: str) -> None:
    """Each has its exit code and a remedy, and changes nothing."""
    opened(root)
    before = incident(root, "list", "--all", "--json").out
    said = incident(root, *arguments)
    assert (said.code, "remedy:" in said.err) == (code, True)
    assert words in said.err
    assert incident(root, "list", "--all", "--json").out == before


def test_closing_twice_is_told(root: Path) -> None:
    """With where the draft is to be had; the first end stays."""
    opened(root)
    first = json.loads(closed(root, "--json").out)["closed"]
    again = closed(root)
    assert again.code == 5
    assert "inc-1 --postmortem" in again.err
    assert json.loads(incident(root, "show", "inc-1", "--json").out)["closed"] == first


def test_a_clock_that_jumped_is_told(root: Path) -> None:
    """A note of a machine whose clock is far ahead: warned about, and the incident can still be closed with its end."""
    opened(root)
    ahead = datetime(2099, 1, 1, tzinfo=UTC)
    book(LocalStore(root / ".roadworthy" / "store"), ahead).record(noting("inc-1", "from the future"), ANN)
    said = incident(root, "note", "inc-1", "what year is it?")
    assert said.code == 0
    assert "! entry 2: its clock was" in said.out
    assert "ahead of this one" in said.out
    assert "behind that of an entry before it" in said.out
    why = ("--cause", "x", "--action", "y")
    assert "say with --ended" in incident(root, "close", "inc-1", *why).err
    end = json.loads(closed(root, "--json").out)
    assert (end["seconds"]["duration"], end["figures"]["requests"]) == (1800, 300)
    assert "- clocks: entry 2" in (root / "reports" / "incidents" / "inc-1.md").read_text()
