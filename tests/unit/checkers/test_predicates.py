"""What waits look for."""

from __future__ import annotations

import pytest

from harness.history.operation import Json, Outcome
from harness.history.predicates import Sample, holds, predicate


def ok(**value: Json) -> Sample:
    return Sample(Outcome.OK, value, {})


def fail(reason: str) -> Sample:
    return Sample(Outcome.FAIL, {}, {"reason": reason})


INFO = Sample(Outcome.INFO, {}, {"why": "reset"})


def listing(*uids: str, state: str = "Pairing", cluster: str = "c1") -> Sample:
    items: list[Json] = [
        {"pairing_uid": uid, "state": state, "local_cluster_uid": cluster} for uid in uids
    ]
    return ok(items=items)


def clusters(**names: str) -> Sample:
    """The list of clusters: the name of each, by its uid."""
    return ok(items=[{"uid": uid, "name": name} for uid, name in names.items()])


PLANT: dict[str, Json] = {"cluster_uid": "c1", "name": "plant"}
TOKEN: dict[str, Json] = {"active": False, "expiry": 7_000_000}
OF_C1: dict[str, Json] = {"local_cluster_uids": ["c1"]}


def sick(name: str) -> Sample:
    """A cluster with one node that is ill, and one that is not."""
    nodes: list[Json] = [
        {"name": node, "health": "Unhealthy" if node == name else "Healthy"}
        for node in ("n1", "n2")
    ]
    return ok(pools=[{"nodes": nodes}])


ONE_TAG = ok(tags={"b": "2", "c": "3"})


@pytest.mark.parametrize(
    ("name", "args", "yes", "no"),
    [
        ("nothing_pending", {}, fail("NoPairingRequest"), ok(status="Pairing")),
        ("nothing_pending", {}, fail("NotFound"), fail("Unauthenticated")),
        ("nothing_pending", {}, ok(status="Rejected"), INFO),
        ("nothing_pending", {}, fail("ClusterCentrallyManaged"), fail("Conflict")),
        ("nothing_pending", {}, fail("NoLocalCluster"), fail("InternalError")),
        ("paired_or_not_shown", {}, fail("ClusterCentrallyManaged"), fail("NoLocalCluster")),
        ("handed_over", {}, ok(state="Running"), ok(state="Pairing")),
        ("handed_over", {}, ok(state=""), fail("NotFound")),
        (
            "pending_with_id",
            {"pairing_uid": "u"},
            ok(status="Pairing", pairing_uid="u"),
            ok(status="Pairing", pairing_uid="v"),
        ),
        (
            "pending_with_id",
            {"pairing_uid": "u"},
            ok(status="Pairing", pairing_uid="u"),
            ok(status="Paired", pairing_uid="u"),
        ),
        ("status_is", {"status": "Paired"}, ok(status="Paired"), fail("NotFound")),
        ("mode_is", {"mode": "local"}, ok(mode="local"), ok(mode="central")),
        ("listed", {"pairing_uid": "u"}, listing("t", "u"), listing("t")),
        ("listed", {"pairing_uid": "u"}, listing("u"), listing("u", state="Rejected")),
        ("not_listed", {"pairing_uid": "u"}, listing("t"), listing("u")),
        ("not_listed", {"pairing_uid": "u"}, listing("u", state="Paired"), fail("Forbidden")),
        ("listed_exactly", {"pairing_uids": ["a", "b"], **OF_C1}, listing("b", "a"), listing("a")),
        ("listed_exactly", {"pairing_uids": [], **OF_C1}, listing("a", cluster="c2"), listing("a")),
        ("listed_exactly", {"pairing_uids": [], **OF_C1}, listing(), listing("a", cluster="")),
        ("none_listed_for", {"local_cluster_uid": "c1"}, listing("u", cluster="c2"), listing("u")),
        ("none_listed_for", {"local_cluster_uid": "c1"}, listing(), INFO),
        ("cluster_listed_once", PLANT, clusters(c1="plant", c2="dock"), clusters(c2="plant")),
        ("cluster_listed_once", PLANT, clusters(c1=""), clusters(c1="plant", c2="plant")),
        ("lists_nothing", {}, fail("Forbidden"), listing("a")),
        ("lists_nothing", {}, listing(), INFO),
        ("succeeds", {}, ok(), INFO),
        ("is_refused", {}, fail("Forbidden"), ok()),
        ("node_is", {"node": "n1", "health": "Unhealthy"}, sick("n1"), sick("n2")),
        ("token_not_otherwise", TOKEN, ok(active=False, expiry=7_999_999), ok(active=True)),
        ("token_not_otherwise", TOKEN, fail("Forbidden"), ok(active=False, expiry=8_000_000)),
        ("token_is", TOKEN | {"name": "t"}, ok(active=False, name="t"), fail("NotFound")),
        ("token_is", TOKEN | {"name": "t"}, ok(active=False, name="t"), ok(active=False, name="u")),
        ("token_is", TOKEN | {"name": "t"}, ok(active=False, name="t"), ok(active=True, name="t")),
        ("no_token_named", {"name": "t"}, ok(items=[{"name": "u"}]), ok(items=[{"name": "t"}])),
        ("no_token_named", {"name": "t"}, ok(items=[]), fail("Forbidden")),
        ("version_not_otherwise", {"version": "2"}, ok(profile={"version": "2"}), ok(profile={})),
        ("version_not_otherwise", {"version": "2"}, fail("NotFound"), ok()),
        ("not_shown", {}, fail("NotFound"), ok(active=True)),
        ("bears", {"fields": {"name": "a"}}, ok(name="a", tags={}), ok(name="b")),
        ("bears_none_of", {"fields": {"name": "a"}}, ok(name="b", tags={}), ok(name="a")),
        ("bears_none_of", {"fields": {"tags": {"a": "1", "b": "2"}}}, ok(tags={"a": "2"}), ONE_TAG),
    ],
)
def test_each_holds_for_the_one_and_not_for_the_other(
    name: str, args: dict[str, Json], yes: Sample, no: Sample
) -> None:
    assert holds(name, yes, args)
    assert not holds(name, no, args)


def test_a_name_is_for_one_predicate() -> None:
    def succeeds(sample: Sample) -> bool:
        return True

    with pytest.raises(ValueError, match="two predicates are called succeeds"):
        predicate("It succeeds", "it does not")(succeeds)
