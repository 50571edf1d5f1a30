"""What is written down of an operation: its id, its tags, labels in place of secrets."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from harness.checkers.invariants.known import Violation
from harness.domain import operations as ops
from harness.domain.arrangements import InstallCluster
from harness.domain.errors import Reason, Refused
from harness.fleet.recorder import FleetRecorder
from harness.fleet.roster import Roster
from harness.history.operation import Json, OperationRecord, Outcome
from harness.history.plain import to_json
from harness.reference.core.link import LinkReply, NotDelivered
from tests.unit.fleet.worlds import PLAIN, Book

TAGS = {"host": "h"}
CLUSTER = Roster(PLAIN).member(0).cluster
ACKNOWLEDGED = ops.Done(ops.Acknowledged())


class Judge:
    """Finds a violation in each operation of one kind."""

    def __init__(self, book: Book, bad: str = "") -> None:
        self.seen: list[tuple[bool, str]] = []
        self._book = book
        self._bad = bad

    def invoked(self, operation: OperationRecord) -> None:
        assert operation in self._book.begun, "it stands in the part before it is judged"
        self.seen.append((False, operation.id))

    def ended(self, operation: OperationRecord) -> tuple[Violation, ...]:
        assert operation in self._book.ended
        self.seen.append((True, operation.id))
        if operation.kind != self._bad:
            return ()
        return (Violation("INV-1", "two of them", (operation.id,)),)


def recorded(what: object, reply: LinkReply | None = ACKNOWLEDGED) -> OperationRecord:
    """One operation as it stands when it has ended, five microseconds after it began."""
    book = Book()
    recorder = FleetRecorder("07", None, book)
    recorder.end(recorder.invoke("agent", what, 10, TAGS), reply, 15)
    (record,) = book.ended
    return record


def test_operations_are_numbered_by_cell_in_the_order_in_which_they_begin() -> None:
    book = Book()
    recorder = FleetRecorder("07", None, book)
    one = recorder.invoke("operator", ops.ViewPairing(), 1, TAGS)
    two = recorder.invoke("operator", ops.ViewPairing(), 2, TAGS)
    recorder.end(two, ACKNOWLEDGED, 3)
    recorder.end(one, ACKNOWLEDGED, 4)
    assert [record.id for record in book.begun] == ["07#1", "07#2"]
    assert [record.id for record in book.ended] == ["07#2", "07#1"]
    assert recorder.count == 2
    assert {record.scenario for record in book.begun} == {"07"}


def test_an_operation_keeps_what_it_began_with() -> None:
    record = recorded(ops.PollPairing("uid", "secret"))
    assert (record.actor, record.kind, record.start, record.end) == ("agent", "PollPairing", 10, 15)
    assert record.tags == TAGS
    assert record.args["pairing_uid"] == "uid"


def test_the_outcome_is_that_of_the_reply() -> None:
    refused = Refused(Reason.NOT_FOUND, "there is none", {"a": "b"})
    assert [
        (r.outcome, r.value, r.error)
        for r in (
            recorded(ops.ViewPairing(), ops.Done(ops.PairingId("A"))),
            recorded(ops.ViewPairing(), refused),
            recorded(ops.ViewPairing(), ops.Unknown("who knows")),
            recorded(ops.ViewPairing(), NotDelivered("no way")),
            recorded(ops.ViewPairing(), None),
        )
    ] == [
        (Outcome.OK, {"pairing_uid": "A"}, None),
        (Outcome.FAIL, None, to_json(refused)),
        (Outcome.INFO, None, {"why": "who knows"}),
        (Outcome.INFO, None, {"why": "no way"}),
        (Outcome.INFO, None, {"why": "no answer came in time"}),
    ]


def test_secrets_are_labels_that_tell_one_from_another() -> None:
    def label(secret: str, what: type = ops.PollPairing) -> object:
        if what is ops.SubmitPairing:
            return recorded(ops.SubmitPairing("<token>", secret, CLUSTER, "1")).args[
                "cluster_token"
            ]
        return recorded(what("uid", secret)).args["cluster_token"]

    assert label("one") == label("one") == label("one", ops.SubmitPairing)
    assert label("one") != label("two")
    assert "one" not in str(label("one"))
    assert str(label("one")).startswith("<cluster-token:")
    assert recorded(ops.LogIn("me", "open sesame")).args["password"] == "<password>"
    session = recorded(ops.LogIn("me", "x"), ops.Done(ops.Session("0123456789abcdef")))
    assert session.value == {"token": "<session>"}


def test_a_cluster_and_a_view_stand_there_whole() -> None:
    installed = recorded(InstallCluster("slot-0", CLUSTER))
    assert to_json(installed.args["cluster"]) == to_json(CLUSTER)
    assert recorded(InstallCluster("slot-0", None)).args["cluster"] is None
    view = ops.PairingRequestView(
        pairing_uid="A",
        state="Pairing",
        name=CLUSTER.name,
        description="",
        tags=CLUSTER.tags,
        local_cluster_uid=CLUSTER.uid,
        stack=CLUSTER.stack,
    )
    assert to_json(recorded(ops.ViewPairingRequest("A"), ops.Done(view)).value) == to_json(view)


def test_one_stack_that_many_clusters_run_is_made_plain_once() -> None:
    book = Book()
    recorder = FleetRecorder("07", None, book)
    for number in range(50):
        cluster = replace(CLUSTER, name=f"c{number}")
        recorder.at_once("harness", InstallCluster("slot", cluster), 0, ACKNOWLEDGED)
    plain = [cast(dict[str, Json], record.args["cluster"])["stack"] for record in book.ended]
    assert all(stack is plain[0] for stack in plain)
    assert len(recorder._plain) == 1


def test_what_is_judged_has_been_written_and_what_is_found_is_kept() -> None:
    book = Book()
    judge = Judge(book, bad="ViewPairing")
    recorder = FleetRecorder("07", judge, book)
    recorder.at_once("operator", ops.PollPairing("uid", "secret"), 10, ACKNOWLEDGED)
    recorder.at_once("operator", ops.ViewPairing(), 20, ACKNOWLEDGED)
    assert judge.seen == [(False, "07#1"), (True, "07#1"), (False, "07#2"), (True, "07#2")]
    (found,) = recorder.violations
    assert (found.invariant, found.cell, found.reason, found.operations, found.at) == (
        "INV-1", "07", "two of them", ["07#2"], 20,
    )  # fmt: skip


def test_where_nobody_listens_operations_are_counted_and_nothing_else() -> None:
    recorder = FleetRecorder("07", None, None)
    record = recorder.invoke("agent", ops.SubmitPairing("<token>", "x", CLUSTER, "1"), 0, TAGS)
    recorder.end(record, ops.Done(ops.PairingId("A")), 1)
    assert recorder.count == 1
    assert record.args == {}
