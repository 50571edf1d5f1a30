"""An administrator who knows only a cluster's tags opens request by request, and rejects one."""

from __future__ import annotations

from harness.domain.errors import Reason, Refused
from harness.domain.flows import admin_rejects_by_tags
from harness.domain.operations import (
    Acknowledged,
    Done,
    ListPairingRequests,
    Operation,
    PairingList,
    PairingListItem,
    PairingRequestView,
    RejectPairingRequest,
    Reply,
    ViewPairingRequest,
)

TAGS = {"a": {"line": "7"}, "b": {"line": "8"}, "c": {"line": "8"}}


def answer(operation: Operation) -> Reply:
    match operation:
        case ListPairingRequests():
            items = (PairingListItem(uid, "plant", uid, "Pairing", 0) for uid in TAGS)
            return Done(PairingList(tuple(items)))
        case ViewPairingRequest(uid):
            return Done(PairingRequestView(uid, "Pairing", "plant", "", TAGS[uid], uid, ()))
        case RejectPairingRequest():
            return Done(Acknowledged())
    raise AssertionError(operation)


def asked(tags: dict[str, str], refuse_list: bool = False) -> list[Operation]:
    flow = admin_rejects_by_tags(tags)
    operations: list[Operation] = [next(flow)]
    refused = Refused(Reason.FORBIDDEN, "no")
    try:
        while True:
            reply = refused if refuse_list else answer(operations[-1])
            operations.append(flow.send(reply))
    except StopIteration:
        return operations


def test_the_first_with_these_tags_is_rejected_and_no_other_is_opened() -> None:
    assert asked({"line": "8"}) == [
        ListPairingRequests(),
        ViewPairingRequest("a"),
        ViewPairingRequest("b"),
        RejectPairingRequest("b"),
    ]


def test_nothing_is_rejected_where_nobody_bears_the_tags() -> None:
    looked = [ViewPairingRequest(uid) for uid in TAGS]
    assert asked({"line": "9"}) == [ListPairingRequests(), *looked]
    assert asked({}) == [ListPairingRequests(), *looked]


def test_a_refused_list_ends_it() -> None:
    assert asked({"line": "8"}, refuse_list=True) == [ListPairingRequests()]
