"""Clusters, tokens, permissions and endpoints."""

from __future__ import annotations

import pytest

from harness.domain.cluster import Cluster, Health, Node, NodePool
from harness.domain.draws import CounterDraws, derived_id
from harness.domain.endpoint import base_url
from harness.domain.errors import Reason, Refusal
from harness.domain.permission import TENANT, Grant, PairPermission, every_grant, permits
from harness.domain.token import RegistrationToken

CLUSTER = Cluster(
    "c",
    "shop",
    pools=(
        NodePool("cp", True, (Node("cp-1", "h1"), Node("cp-2", "h2"))),
        NodePool("w", False, (Node("w-1", "h3"),)),
    ),
)


@pytest.mark.parametrize("name", ["cp-1", "cp-2", "w-1"])
def test_each_node_can_be_the_unhealthy_one(name: str) -> None:
    sick = CLUSTER.with_health(name, Health.UNHEALTHY)
    assert [node.name for node in sick.unhealthy_nodes()] == [name]
    assert not sick.with_health(name, Health.HEALTHY).unhealthy_nodes()
    assert not CLUSTER.unhealthy_nodes()


def test_a_node_that_is_not_there_has_no_health() -> None:
    with pytest.raises(KeyError):
        CLUSTER.with_health("w-2", Health.UNHEALTHY)


def test_hosts_come_in_the_order_of_the_nodes() -> None:
    assert CLUSTER.host_uids() == ("h1", "h2", "h3")


def token(expiry: int, *, active: bool = True) -> RegistrationToken:
    return RegistrationToken("t", "t", "secret", "p", expiry, active)


def test_a_token_ends_at_its_expiry_to_the_microsecond() -> None:
    assert token(1_000_000).why_unusable(999_999) is None
    assert "expired" in (token(1_000_000).why_unusable(1_000_000) or "")
    assert "deactivated" in (token(1_000_000, active=False).why_unusable(0) or "")


def test_reasons_never_hold_the_token() -> None:
    assert "secret" not in (token(0).why_unusable(1) or "")


@pytest.mark.parametrize("asked", PairPermission)
def test_each_permission_is_for_itself(asked: PairPermission) -> None:
    only = [Grant(asked, "p1")]
    for other in PairPermission:
        assert permits(only, other, "p1", tenant_extends=True) is (other is asked)
    assert not permits(only, asked, "p2", tenant_extends=True)
    assert not permits(only, asked, TENANT, tenant_extends=True)


def test_the_tenants_scope_extends_only_where_that_is_chosen() -> None:
    everything = every_grant(TENANT)
    assert permits(everything, PairPermission.LIST, "p1", tenant_extends=True)
    assert not permits(everything, PairPermission.LIST, "p1", tenant_extends=False)
    assert permits(everything, PairPermission.LIST, TENANT, tenant_extends=False)


@pytest.mark.parametrize(
    ("entered", "url"),
    [
        ("api.spectrocloud.com", "https://api.spectrocloud.com"),
        (" palette.example.com ", "https://palette.example.com"),
        ("localhost:8443", "https://localhost:8443"),
        ("https://palette.example.com/", "https://palette.example.com"),
        ("http://127.0.0.1:80/base/", "http://127.0.0.1:80/base"),
    ],
)
def test_a_bare_host_means_https(entered: str, url: str) -> None:
    assert base_url(entered) == url


@pytest.mark.parametrize(
    "entered",
    ["", "  ", "https://", "ftp://host", "https://ho st", "https://host:port", "https://a:b@host"],
)
def test_what_is_no_endpoint_is_refused(entered: str) -> None:
    with pytest.raises(Refusal) as refusal:
        base_url(entered)
    assert refusal.value.refused.reason is Reason.ENDPOINT_UNUSABLE


def test_draws_depend_on_seed_and_count_alone() -> None:
    one, same, other = CounterDraws("1"), CounterDraws("1"), CounterDraws("2")
    first = [one.bits128("id") for _ in range(3)]
    assert first == [same.bits128("id") for _ in range(3)]
    assert first != [other.bits128("id") for _ in range(3)]
    assert len(set(first)) == 3
    assert derived_id(1, "host", 0) == derived_id(1, "host", 0) != derived_id(1, "host", 1)
    assert len(derived_id(1, "host", 0)) == 24
