"""Copies of the central side: behind by no more than they may be, and never going back."""

from __future__ import annotations

from harness.domain import operations as ops
from harness.domain.cluster import Cluster
from harness.domain.errors import Reason, Refused
from harness.domain.pairing import RequestState
from harness.domain.permission import Grant, PairPermission
from harness.fleet.plane import LaggingCopy
from harness.reference.core.records import PairingRequest, Project, User
from harness.reference.core.store import MemoryStore
from harness.reference.sides import CentralSide

BY = 5


class Time:
    def now(self) -> int:
        return 0

    def sleep(self, duration: int) -> None:
        raise AssertionError("nobody sleeps here")


ADMIN = ops.Credentials(api_key="key", project_uid="p")
NOBODY = ops.Credentials()
MAY_LIST = frozenset({Grant(PairPermission.LIST, "p")})


def side() -> CentralSide:
    central = CentralSide(MemoryStore(), Time(), 1)
    with central.store.transaction():
        central.store.put(Project("p", "p"))
        central.store.put(User("a@b", "", "key", MAY_LIST))
    return central


def put(central: CentralSide, uid: str, state: RequestState = RequestState.PENDING) -> None:
    cluster = Cluster(f"cluster-{uid}", uid)
    with central.store.transaction():
        central.store.put(PairingRequest(uid, "p", state, 0, cluster, "secret", "token"))


def listed(by: CentralSide | LaggingCopy) -> list[str]:
    reply = by.perform(ops.ListPairingRequests(), ADMIN)
    assert isinstance(reply, ops.Done), reply
    assert isinstance(reply.value, ops.PairingList)
    return [item.pairing_uid for item in reply.value.items]


def polled(by: LaggingCopy, uid: str) -> object:
    reply = by.perform(ops.PollPairing(uid, "secret"), NOBODY)
    assert isinstance(reply, ops.Done), reply
    assert isinstance(reply.value, ops.PollAnswer)
    return reply.value.state


def test_lists_and_polls_show_what_was_until_the_copy_is_as_old_as_it_may_be() -> None:
    central = side()
    put(central, "a")
    copy = LaggingCopy(central, BY, now=10)
    put(central, "a", RequestState.REJECTED)
    for now in (10, 14):
        copy.keeps_up(now)
        assert (listed(copy), polled(copy, "a")) == (["a"], "Pairing")
    copy.keeps_up(15)
    assert (listed(copy), polled(copy, "a")) == ([], "Rejected")
    put(central, "b")
    copy.keeps_up(19)
    assert listed(copy) == [], "it was copied anew at 15"
    copy.keeps_up(20)
    assert listed(copy) == ["b"]


def test_what_the_copy_does_not_know_yet_is_asked_of_the_side_itself() -> None:
    central = side()
    copy = LaggingCopy(central, BY, now=0)
    put(central, "new")
    assert polled(copy, "new") == "Pairing"
    assert listed(copy) == []


def test_who_may_see_is_looked_up_as_it_is() -> None:
    central = side()
    copy = LaggingCopy(central, BY, now=0)
    with central.store.transaction():
        central.store.put(User("a@b", "", "key", frozenset()))
    refused = copy.perform(ops.ListPairingRequests(), ADMIN)
    assert isinstance(refused, Refused)
    assert refused.reason is Reason.FORBIDDEN


def test_what_a_copy_writes_is_its_own() -> None:
    central = side()
    put(central, "a")
    copy = LaggingCopy(central, BY, now=0)
    copy._store.delete(PairingRequest, "a")
    assert listed(copy) == []
    assert listed(central) == ["a"]
