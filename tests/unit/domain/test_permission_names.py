"""Permissions are granted as a product has them, and no further than it tells them apart."""

from __future__ import annotations

import pytest

from harness.domain.permission import (
    PUBLISHED,
    Grant,
    NamedGrant,
    PairPermission,
    PermissionNames,
    every_grant,
)

SCOPE = "p-1"
NAMES = PermissionNames.said(
    {
        "list": ["read"],
        "get": ["read"],
        "update": ["decide", "write"],
        "delete": ["decide"],
    }
)
assert NAMES is not None
COARSE = NAMES


def grants(*permissions: str, scope: str = SCOPE) -> frozenset[Grant]:
    return frozenset(Grant(PairPermission(permission), scope) for permission in permissions)


def names(granted: frozenset[Grant]) -> set[str]:
    return {each.name for each in COARSE.named(granted)}


@pytest.mark.parametrize(
    ("wanted", "named", "held"),
    [
        ("list get update delete", "read decide write", "list get update delete"),
        ("list update delete", "decide write", "update delete"),  # get is not there: nor is list
        ("list get delete", "read decide", "list get delete"),  # both are wanted for update
        ("list get update", "read write", "list get"),  # what belongs to delete belongs to update
        ("list get", "read", "list get"),
        ("get", "", ""),
        ("", "", ""),
    ],
)
def test_all_is_granted_that_does_not_belong_to_what_is_left_out(
    wanted: str, named: str, held: str
) -> None:
    assert names(grants(*wanted.split())) == set(named.split())
    assert COARSE.held(COARSE.named(grants(*wanted.split()))) == grants(*held.split())


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ("list get update delete", ""),
        ("list get delete", ""),
        ("get", "get and list are one grant there"),
        ("list get update", "delete and update are one grant there"),
    ],
)
def test_what_is_one_grant_cannot_be_told_apart(wanted: str, why: str) -> None:
    assert COARSE.blurred(grants(*wanted.split())) == why


def test_each_scope_is_for_itself() -> None:
    wanted = grants("get") | every_grant("p-2")
    assert COARSE.named(wanted) == {NamedGrant(n, "p-2") for n in ("read", "decide", "write")}
    assert COARSE.blurred(wanted) == "get and list are one grant there"
    assert COARSE.whole(grants("get")) == grants("get", "list")


def test_without_names_of_its_own_each_is_by_itself_as_published() -> None:
    assert PermissionNames.said({}) is None
    assert PUBLISHED.named(grants("get")) == {NamedGrant("clusterPair.get", SCOPE)}
    assert [p for p in PairPermission if PUBLISHED.blurred(grants(p))] == []
