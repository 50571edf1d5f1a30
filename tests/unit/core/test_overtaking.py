"""Messages overtake each other: a withdrawal comes before what it withdraws."""

from __future__ import annotations

from harness.domain import operations as ops
from harness.domain.cluster import Cluster
from harness.domain.draws import CounterDraws
from harness.domain.errors import Reason, Refused
from harness.domain.token import RegistrationToken
from harness.reference.core.central import CentralCall, CentralCore
from harness.reference.core.records import Project
from harness.reference.core.store import MemoryStore

CLUSTER = Cluster("c1", "shop")


class Plane:
    """A central side with one project and its token."""

    def __init__(self) -> None:
        store = MemoryStore()
        store.put(Project("p", "project"))
        store.put(RegistrationToken("t", "token", "let-me-in", "p", 1 << 60, True))
        self.core, self.draws = CentralCore(store), CounterDraws("plane")

    def asked(self, operation: ops.AgentOperation) -> ops.Value | Reason:
        reply = self.core.perform(operation, CentralCall(ops.Credentials(), 0, self.draws))
        if isinstance(reply, Refused):
            return reply.reason
        assert isinstance(reply, ops.Done)
        return reply.value


def submission(secret: str) -> ops.SubmitPairing:
    return ops.SubmitPairing("let-me-in", secret, CLUSTER, "1.0")


def withdrawal(secret: str, uid: str = "") -> ops.WithdrawPairing:
    return ops.WithdrawPairing("c1", secret, uid, ended=True)


def test_what_was_withdrawn_before_it_came_is_not_admitted_however_often_it_comes() -> None:
    plane = Plane()
    assert isinstance(plane.asked(withdrawal("one")), ops.Acknowledged)
    assert [plane.asked(submission("one")) for _ in range(2)] == [Reason.CONFLICT] * 2


def test_another_submission_of_the_same_cluster_is() -> None:
    plane = Plane()
    plane.asked(withdrawal("one"))
    assert isinstance(plane.asked(submission("two")), ops.PairingId)


def test_a_withdrawal_by_an_id_that_is_not_known_leaves_nothing_behind() -> None:
    plane = Plane()
    assert plane.asked(withdrawal("one", uid="nowhere")) is Reason.NOT_FOUND
    assert isinstance(plane.asked(submission("one")), ops.PairingId)


def test_what_has_come_is_withdrawn_itself() -> None:
    plane = Plane()
    admitted = plane.asked(submission("one"))
    assert isinstance(plane.asked(withdrawal("one")), ops.Acknowledged)
    assert plane.asked(submission("one")) == admitted, "it is the same one, and withdrawn"
    assert isinstance(plane.asked(withdrawal("one")), ops.Acknowledged), "it may be told twice"


def test_a_secret_alone_is_enough_to_withdraw() -> None:
    plane = Plane()
    uids = [plane.asked(submission(secret)) for secret in ("one", "two")]
    assert all(isinstance(uid, ops.PairingId) for uid in uids)
    assert isinstance(plane.asked(ops.WithdrawPairing("", "two")), ops.Acknowledged)
    states = [
        plane.asked(ops.PollPairing(uid.pairing_uid, secret))
        for uid, secret in zip(uids, ("one", "two"), strict=True)
        if isinstance(uid, ops.PairingId)
    ]
    assert states == [ops.PollAnswer("Pairing"), ops.PollAnswer("Withdrawn")]


def test_what_was_withdrawn_by_its_secret_alone_before_it_came_is_not_admitted() -> None:
    plane = Plane()
    assert isinstance(plane.asked(ops.WithdrawPairing("", "one")), ops.Acknowledged)
    assert plane.asked(submission("one")) is Reason.CONFLICT
    assert isinstance(plane.asked(submission("two")), ops.PairingId)
