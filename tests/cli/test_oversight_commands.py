"""`roadworthy audit` finds what was changed or cut, and `roadworthy queue` is where people answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fakes.front_door import ask

from roadworthy.audit.facts import ApprovalAnswered, Switched
from roadworthy.audit.log import AuditLog
from roadworthy.handover.queue import CaseQueue, Escalation
from roadworthy.release.entries import Actor, Released
from roadworthy.release.ledger import Ledger
from roadworthy.store import LocalStore
from roadworthy.tools.approvals import Approvals, ApprovalState
from roadworthy.tools.interface import Caller
from roadworthy.tools.keyed_digest import KeyedDigest, keyed_digest

REQUEST = "0" * 32
CASE = f"help-desk.{REQUEST}"
CALL = ("freeze_card", "a" * 64, Caller("help-desk", "cust-001", "c1"))


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    """The store that commands in `tmp_path` use."""
    return LocalStore(tmp_path / ".roadworthy" / "store")


@pytest.fixture
def with_case(tmp_path: Path, store: LocalStore) -> Path:
    """A folder in whose store a conversation waits."""
    queue = CaseQueue(store, KeyedDigest(bytes(32)), AuditLog(store).record)
    queue.escalate(Escalation("help-desk", REQUEST, "tenant", "cust-001", "wants\na person"))
    return tmp_path


@pytest.fixture
def approvals(tmp_path: Path, store: LocalStore) -> Approvals:
    """Where calls of tools ask for approval, with the key that commands in `tmp_path` find."""
    return Approvals(store, keyed_digest(tmp_path / ".roadworthy" / "tools" / "help-desk" / "audit.key"))


def test_a_case_is_listed_taken_answered_and_gone(with_case: Path) -> None:
    """The queue shows what waits; one person takes and answers it, another is told so."""
    assert "wants a person" in ask(with_case, "queue").out
    (listed,) = json.loads(ask(with_case, "queue", "list", "help-desk", "--json").out)
    assert (listed["kind"], listed["id"], listed["taken_by"]) == ("case", CASE, "")
    assert ask(with_case, "queue", "take", CASE, ROADWORTHY_ACTOR="ann").code == 0
    other = ask(with_case, "queue", "answer", CASE, "x", ROADWORTHY_ACTOR="bob")
    assert (other.code, "ann has taken this case" in other.err) == (5, True)
    assert ask(with_case, "queue", "take", CASE, ROADWORTHY_ACTOR="bob").code == 7
    answered = json.loads(ask(with_case, "queue", "answer", CASE, "Done.", "--json", ROADWORTHY_ACTOR="ann").out)
    assert (answered["state"], answered["case"]["answered"]["text"]) == ("answered", "Done.")
    assert "nothing waits" in ask(with_case, "queue").out
    assert "answered by ann: Done." in ask(with_case, "queue", "show", CASE).out


def test_a_case_can_be_closed_without_an_answer(with_case: Path) -> None:
    """It waits no more, and the reason is kept."""
    assert ask(with_case, "queue", "close", CASE, "--reason", "phoned").code == 0
    assert "closed by" in ask(with_case, "queue", "show", CASE).out
    assert json.loads(ask(with_case, "queue", "list", "--json").out) == []


def test_a_call_is_approved_in_the_queue(tmp_path: Path, store: LocalStore, approvals: Approvals) -> None:
    """The request is listed with its tool, approved once, and the audit log knows by whom, if it is asked by name."""
    request = approvals.request(*CALL)
    assert "calls freeze_card" in ask(tmp_path, "queue").out
    assert ask(tmp_path, "queue", "approve", request.id, ROADWORTHY_ACTOR="cust-001").code == 5
    assert "approved once" in ask(tmp_path, "queue", "approve", request.id, ROADWORTHY_ACTOR="ann").out
    assert approvals.state(*CALL) is ApprovalState.APPROVED
    assert ask(tmp_path, "queue", "refuse", request.id, ROADWORTHY_ACTOR="bob").code == 7
    (entry,) = json.loads(ask(tmp_path, "audit", "show", "--by", "ann", "--json").out)
    assert entry["fact"]["answer"] == "approved"
    assert "ann" not in ask(tmp_path, "audit", "show").out


def test_a_call_is_refused_in_the_queue(tmp_path: Path, store: LocalStore, approvals: Approvals) -> None:
    """A refusal counts, and is in the audit log without its reason."""
    request = approvals.request(*CALL)
    assert ask(tmp_path, "queue", "refuse", request.id, "--reason", "call the branch").code == 0
    assert approvals.state(*CALL) is ApprovalState.REFUSED
    (entry,) = AuditLog(store).entries()
    assert isinstance(entry.fact, ApprovalAnswered)
    assert "branch" not in entry.model_dump_json()


def test_nobody_approves_where_the_key_is_missing(tmp_path: Path, store: LocalStore, approvals: Approvals) -> None:
    """With a fresh key one's own call would not be recognised: the command refuses, and makes none."""
    request = approvals.request(*CALL)
    key = tmp_path / ".roadworthy" / "tools" / "help-desk" / "audit.key"
    key.unlink()
    assert ask(tmp_path, "queue", "approve", request.id).code == 2
    assert not key.exists()
    assert approvals.state(*CALL) is ApprovalState.OPEN


@pytest.mark.parametrize("command", [("show",), ("take",), ("answer", "x"), ("close",), ("approve",), ("refuse",)])
def test_what_is_not_there_is_unknown(tmp_path: Path, command: tuple[str, ...]) -> None:
    """Each command says so, with exit code 2."""
    name, *more = command
    assert ask(tmp_path, "queue", name, "help-desk.none", *more).code == 2


def test_a_switch_is_in_the_ledger_and_in_the_audit_log(tmp_path: Path, store: LocalStore) -> None:
    """The audit log points at the ledger's entry; a switch that changes nothing is in neither."""
    ledger = Ledger(store, "help-desk")
    ledger.record(lambda _: Released(release=1, digest="0" * 64, commit="c", clean_work_tree=True), Actor(name="a"))
    for _ in range(2):
        assert ask(tmp_path, "switch", "off", "tools", "help-desk").code == 0
    (entry,) = AuditLog(store).entries()
    assert isinstance(entry.fact, Switched)
    assert (entry.fact.target, entry.fact.off, entry.fact.entry) == ("tools", True, 2)


def test_a_switch_works_while_the_audit_log_does_not(tmp_path: Path, store: LocalStore) -> None:
    """What stops harm is not stopped by a broken log; the person is told."""
    ledger = Ledger(store, "help-desk")
    ledger.record(lambda _: Released(release=1, digest="0" * 64, commit="c", clean_work_tree=True), Actor(name="a"))
    store.create("audit/000000/000000001.json", b"broken")
    said = ask(tmp_path, "switch", "off", "tools", "help-desk")
    assert said.code == 0
    assert "not in the audit log" in said.err
    assert len(ledger.entries()) == 2


def test_verify_names_what_was_changed_and_what_was_cut(with_case: Path, store: LocalStore) -> None:
    """A sound log is exit code 0; one that was cut since, or changed, is 4, with the entry's place."""
    assert json.loads(ask(with_case, "audit", "verify", "--json").out)["known"] is None
    ask(with_case, "queue", "take", CASE)
    assert "2 entries" in ask(with_case, "audit", "verify").out
    folder = store.folder / "audit" / "000000"
    second = (folder / "000000002.json").read_bytes()
    (folder / "000000002.json").unlink()
    cut = ask(with_case, "audit", "verify")
    assert (cut.code, "000000002.json" in cut.err) == (4, True)
    assert ask(with_case, "audit", "verify").code == 4
    (folder / "000000002.json").write_bytes(second.replace(b"taken", b"given"))
    changed = ask(with_case, "audit", "verify", "--json")
    assert (changed.code, "000000002.json" in json.loads(changed.out)["error"]["where"]) == (4, True)


def test_what_is_remembered_badly_is_an_error(with_case: Path) -> None:
    """A damaged memory of the head is not taken for none."""
    ask(with_case, "audit", "verify")
    (kept,) = (with_case / ".roadworthy" / "audit").iterdir()
    kept.write_text("{}")
    said = ask(with_case, "audit", "verify")
    assert (said.code, kept.name in said.err) == (4, True)


def test_show_chooses_by_kind_capability_and_time(with_case: Path) -> None:
    """Only what is asked for is shown; a kind that does not exist is an error that names those that do."""
    shown = ask(with_case, "audit", "show", "--kind", "escalation", "--capability", "help-desk").out
    assert "step=opened" in shown
    assert ask(with_case, "audit", "show", "--capability", "other").out == ""
    assert ask(with_case, "audit", "show", "--since", "2999-01-01").out == ""
    unknown = ask(with_case, "audit", "show", "--kind", "escalations")
    assert (unknown.code, "did you mean 'escalation'" in unknown.err) == (2, True)
    assert ask(with_case, "audit", "show", "--since", "yesterday").code == 2


def test_an_empty_log_is_sound(tmp_path: Path) -> None:
    """Where nothing happened there is nothing to doubt."""
    assert "empty" in ask(tmp_path, "audit", "verify").out
    assert json.loads(ask(tmp_path, "audit", "show", "--json").out) == []
