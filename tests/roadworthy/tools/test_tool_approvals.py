"""An approval is bound to one exact call, expires, is used once, and is never a person's own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
from fakes.scripted_tools import Clock

from roadworthy.errors import IntegrityError, RuleBroken, UnknownName
from roadworthy.store import AlreadyStored, LocalStore, Store
from roadworthy.tools.approvals import Approvals, ApprovalState
from roadworthy.tools.interface import Caller
from roadworthy.tools.keyed_digest import KeyedDigest

ANN = Caller("helper", "ann", "c1")
DIGEST = "a" * 64
CALL = ("post", DIGEST, ANN)
KEY = KeyedDigest(bytes(32))
RACERS = 16


@pytest.fixture
def clock() -> Clock:
    """A clock that goes when it is told to."""
    return Clock()


@pytest.fixture
def approvals(store: Store, clock: Clock) -> Approvals:
    """Approvals in an empty store, of each kind in turn."""
    return Approvals(store, KEY, clock)


@pytest.fixture
def local(tmp_path: Path, clock: Clock) -> Approvals:
    """Approvals in a folder."""
    return Approvals(LocalStore(tmp_path), KEY, clock)


def test_asking_approving_using(approvals: Approvals) -> None:
    """A request waits, is approved, is used, and then the same call needs the next request."""
    assert approvals.use(*CALL) is None
    request = approvals.request(*CALL)
    assert approvals.request(*CALL) == request
    assert approvals.open_requests() == (request,)
    assert approvals.use(*CALL) is None
    approvals.approve(request.id, "clerk")
    assert approvals.open_requests() == ()
    assert approvals.usable(*CALL)
    assert approvals.use(*CALL) == request.id
    assert not approvals.usable(*CALL)
    assert approvals.use(*CALL) is None
    following = approvals.request(*CALL)
    assert following.id != request.id
    assert approvals.use(*CALL) is None


@pytest.mark.parametrize(
    "call",
    [
        ("burn", DIGEST, ANN),
        ("post", "b" * 64, ANN),
        ("post", DIGEST, Caller("helper", "bob", "c1")),
        ("post", DIGEST, Caller("helper", "ann", "c2")),
        ("post", DIGEST, Caller("other", "ann", "c1")),
    ],
)
def test_an_approval_is_for_exactly_one_call(local: Approvals, call: tuple[str, str, Caller]) -> None:
    """Another tool, other arguments, another customer, conversation or capability: not approved."""
    local.approve(local.request(*CALL).id, "clerk")
    assert local.use(*call) is None
    assert local.use(*CALL) is not None


def test_parts_of_a_call_do_not_run_into_each_other(local: Approvals) -> None:
    """No choice of names makes two different callers one."""
    local.approve(local.request("post", DIGEST, Caller("a", "b", "c")).id, "clerk")
    assert local.use("post", DIGEST, Caller("a", "b,c", "")) is None
    assert local.use("post", DIGEST, Caller("a,b", "c", "")) is None


@pytest.mark.parametrize("name", ["ann", "Ann", " ann ", "\uff41nn", "", "  "])
def test_nobody_approves_his_own_call(local: Approvals, name: str) -> None:
    """The customer himself may not approve, in no spelling of his name; nor may nobody."""
    request = local.request(*CALL)
    with pytest.raises(RuleBroken, match="Nobody approves"):
        local.approve(request.id, name)
    assert local.use(*CALL) is None


def test_a_request_is_approved_once(local: Approvals) -> None:
    """The second yes is told that there is one; it makes nothing last longer."""
    request = local.request(*CALL)
    local.approve(request.id, "clerk")
    with pytest.raises(AlreadyStored):
        local.approve(request.id, "another")


@pytest.mark.parametrize("identifier", ["", "x", "a" * 64 + "-1", "../../etc/passwd-1", "a" * 64 + "-" + "9" * 5000])
def test_what_was_not_asked_is_not_approved(local: Approvals, identifier: str) -> None:
    """An id that no request has is refused, whatever it looks like."""
    with pytest.raises(UnknownName):
        local.approve(identifier, "clerk")


def test_an_approval_expires(local: Approvals, clock: Clock) -> None:
    """A yes is good until its time is up, and not a moment longer; then the call can be asked for anew."""
    local.approve(local.request(*CALL).id, "clerk")
    clock.forward(timedelta(minutes=15) - timedelta(microseconds=1))
    assert local.usable(*CALL)
    clock.forward(timedelta(microseconds=1))
    assert not local.usable(*CALL)
    assert local.use(*CALL) is None
    again = local.request(*CALL)
    local.approve(again.id, "clerk")
    assert local.use(*CALL) == again.id


def test_a_request_expires(local: Approvals, clock: Clock) -> None:
    """What nobody approved for a day can't be approved any more; asking again makes a new request."""
    request = local.request(*CALL)
    clock.forward(timedelta(days=1))
    assert local.open_requests() == ()
    with pytest.raises(RuleBroken, match="expired"):
        local.approve(request.id, "clerk")
    assert local.request(*CALL).id != request.id


def test_a_refused_call_stays_refused_until_the_request_expires(local: Approvals, clock: Clock) -> None:
    """A no is no open request and no approval; after the request's time the call can be asked for anew."""
    request = local.request(*CALL)
    assert local.state(*CALL) is ApprovalState.OPEN
    refusal = local.refuse(request.id, "clerk", "not in his interest")
    assert refusal.refused_by == "clerk"
    assert local.open_requests() == ()
    clock.forward(timedelta(days=1) - timedelta(microseconds=1))
    assert local.state(*CALL) is ApprovalState.REFUSED
    assert local.use(*CALL) is None
    assert local.request(*CALL).id == request.id
    clock.forward(timedelta(microseconds=1))
    assert local.state(*CALL) is ApprovalState.NONE
    again = local.request(*CALL)
    local.approve(again.id, "clerk")
    assert local.use(*CALL) == again.id


def test_nobody_refuses_his_own_or_what_was_not_asked(local: Approvals, clock: Clock) -> None:
    """A no needs what a yes needs."""
    request = local.request(*CALL)
    with pytest.raises(RuleBroken, match="Nobody"):
        local.refuse(request.id, "ANN", "x")
    with pytest.raises(UnknownName):
        local.refuse("a" * 64 + "-1", "clerk", "x")
    clock.forward(timedelta(days=1))
    with pytest.raises(RuleBroken, match="expired"):
        local.refuse(request.id, "clerk", "x")


def test_of_yes_and_no_at_once_one_wins(approvals: Approvals) -> None:
    """Sixteen people answer at the same moment: one answer counts, the others are told."""
    request = approvals.request(*CALL)
    together = Barrier(RACERS)

    def answer(number: int) -> str:
        together.wait(30)
        try:
            if number % 2:
                approvals.approve(request.id, f"clerk {number}")
                return "approved"
            approvals.refuse(request.id, f"clerk {number}", "no")
        except AlreadyStored:
            return ""
        return "refused"

    with ThreadPoolExecutor(RACERS) as pool:
        (counted,) = filter(None, pool.map(answer, range(RACERS)))
    assert approvals.state(*CALL).value == counted


def test_of_sixteen_uses_one_wins(approvals: Approvals) -> None:
    """An approval that many try to use at the same moment lets one of them through."""
    request = approvals.request(*CALL)
    approvals.approve(request.id, "clerk")
    together = Barrier(RACERS)

    def use(_: int) -> str | None:
        together.wait(30)
        return approvals.use(*CALL)

    with ThreadPoolExecutor(RACERS) as pool:
        found = list(pool.map(use, range(RACERS)))
    assert sorted(found, key=str) == [None] * (RACERS - 1) + [request.id]


def test_of_sixteen_who_ask_all_get_one_request(approvals: Approvals) -> None:
    """The same call that is asked for by many at once is one request."""
    together = Barrier(RACERS)

    def ask(_: int) -> str:
        together.wait(30)
        return approvals.request(*CALL).id

    with ThreadPoolExecutor(RACERS) as pool:
        assert len(set(pool.map(ask, range(RACERS)))) == 1
    assert len(approvals.open_requests()) == 1


def test_another_key_finds_nothing(local: Approvals) -> None:
    """Who has no key can't tell from the store which call was asked for: ids can't be computed without it."""
    local.approve(local.request(*CALL).id, "clerk")
    stranger = Approvals(local.store, KeyedDigest(b"\1" * 32), local.clock)
    assert stranger.use(*CALL) is None


@pytest.mark.parametrize("content", [b"", b"{}", b"not json", b"\xff", b'{"by": "clerk"}'])
def test_a_damaged_record_is_named_and_lets_nothing_through(local: Approvals, tmp_path: Path, content: bytes) -> None:
    """An approval that can't be read is an error with its place, not a yes."""
    local.approve(local.request(*CALL).id, "clerk")
    (path,) = tmp_path.rglob("*-approval.json")
    path.write_bytes(content)
    with pytest.raises(IntegrityError, match=r"000001-approval\.json"):
        local.use(*CALL)


def test_what_is_no_record_is_named(local: Approvals, tmp_path: Path) -> None:
    """Something else among the records is an error with its place."""
    request = local.request(*CALL)
    stray = tmp_path / "approvals" / request.id.partition("-")[0] / "notes.txt"
    stray.write_text("hello")
    with pytest.raises(IntegrityError, match=r"notes\.txt"):
        local.use(*CALL)
