"""An administrator who knows only a cluster's tags opens request by request, and rejects one."""

from __future__ import annotations

from harness.domain import operations as ops
from harness.domain.errors import Reason, Refused
from harness.domain.flows import admin_rejects_by_tags

TAGS = {"a": {"line": "7"}, "b": {"line": "8", "of-the-systems": "own"}, "c": {"line": "8"}}


def answer(operation: ops.Operation) -> ops.Reply:
    match operation:
        case ops.ListPairingRequests():
            items = (ops.PairingListItem(uid, "plant", uid, "Pairing", 0) for uid in TAGS)
            return ops.Done(ops.PairingList(tuple(items)))
        case ops.ViewPairingRequest(uid):
            return ops.Done(ops.PairingRequestView(uid, "Pairing", "plant", "", TAGS[uid], uid, ()))
        case ops.RejectPairingRequest():
            return ops.Done(ops.Acknowledged())
    raise AssertionError(operation)


def asked(tags: dict[str, str], refuse_list: bool = False) -> list[ops.Operation]:
    flow = admin_rejects_by_tags(tags)
    operations: list[ops.Operation] = [next(flow)]
    refused = Refused(Reason.FORBIDDEN, "no")
    try:
        while True:
            reply = refused if refuse_list else answer(operations[-1])
            operations.append(flow.send(reply))
    except StopIteration:
        return operations


def test_the_first_with_these_tags_is_rejected_and_no_other_is_opened() -> None:
    assert asked({"line": "8"}) == [
        ops.ListPairingRequests(),
        ops.ViewPairingRequest("a"),
        ops.ViewPairingRequest("b"),
        ops.RejectPairingRequest("b"),
    ]


def test_nothing_is_rejected_where_nobody_bears_the_tags() -> None:
    looked = [ops.ViewPairingRequest(uid) for uid in TAGS]
    assert asked({"line": "9"}) == [ops.ListPairingRequests(), *looked]
    assert asked({}) == [ops.ListPairingRequests(), *looked]


def test_a_refused_list_ends_it() -> None:
    assert asked({"line": "8"}, refuse_list=True) == [ops.ListPairingRequests()]
