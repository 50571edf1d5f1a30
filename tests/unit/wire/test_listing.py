"""The published filter and order of the list of pairing requests."""

from __future__ import annotations

from typing import Any

import pytest

from harness.domain.errors import Reason, Refused
from harness.domain.operations import Done, ListPairingRequests, PairingList, PairingListItem
from harness.wire.codec import encode, operation_from, refine
from harness.wire.routes import ROUTES

ITEMS = tuple(
    PairingListItem(f"p{n}", name, uid, "Pairing", created)
    for n, (name, uid, created) in enumerate(
        [("Shop-North", "AA1", 30), ("shop-south", "ab2", 10), ("depot", "ab3", 20)]
    )
)


def kept(body: Any) -> list[str]:
    reply = refine(body, Done(PairingList(ITEMS)))
    assert isinstance(reply, Done)
    assert isinstance(reply.value, PairingList)
    return [item.pairing_uid for item in reply.value.items]


@pytest.mark.parametrize(
    ("wanted", "uids"),
    [
        ({}, ["p0", "p1", "p2"]),
        ({"eq": "aa1"}, ["p0"]),
        ({"eq": "aa1", "ignoreCase": False}, []),
        ({"ne": "AB2"}, ["p0", "p2"]),
        ({"contains": "B"}, ["p1", "p2"]),
        ({"beginsWith": "ab"}, ["p1", "p2"]),
        ({"beginsWith": "AB", "ignoreCase": False}, []),
        ({"beginsWith": "ab", "ne": "ab3"}, ["p1"]),
    ],
)
def test_the_list_is_filtered_as_published(wanted: dict[str, Any], uids: list[str]) -> None:
    assert kept({"filter": {"localClusterUid": wanted}}) == uids


@pytest.mark.parametrize(
    ("sort", "uids"),
    [
        ([{"field": "creationTimestamp"}], ["p1", "p2", "p0"]),
        ([{"field": "creationTimestamp", "order": "desc"}], ["p0", "p2", "p1"]),
        ([{"field": "name", "order": "asc"}], ["p0", "p2", "p1"]),
        ([{"field": "state"}, {"field": "name", "order": "desc"}], ["p1", "p2", "p0"]),
    ],
)
def test_the_list_comes_in_the_order_that_is_asked_for(
    sort: list[dict[str, str]], uids: list[str]
) -> None:
    assert kept({"sort": sort}) == uids


def test_without_a_body_everything_is_listed() -> None:
    assert kept(None) == ["p0", "p1", "p2"]
    assert operation_from(ROUTES[ListPairingRequests], {}, {}, None) == ListPairingRequests()


def test_a_refusal_is_handed_on() -> None:
    refused = Refused(Reason.FORBIDDEN, "no")
    assert refine({}, refused) == refused


def test_a_state_is_found_in_any_case_unless_told_otherwise() -> None:
    def asked(wanted: Any) -> Any:
        return operation_from(ROUTES[ListPairingRequests], {}, {}, {"filter": wanted})

    assert asked({"state": {"eq": "rejected"}}) == ListPairingRequests("Rejected")
    exact = {"state": {"eq": "rejected", "ignoreCase": False}}
    assert asked(exact) == ListPairingRequests("rejected")
    assert asked({"localClusterUid": {"eq": "AA1"}}) == ListPairingRequests()


def test_what_a_client_asks_for_survives_the_refinement() -> None:
    request = encode(ListPairingRequests("Pairing", "AA1"))
    assert kept(request.json) == ["p0"]
