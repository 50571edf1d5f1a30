"""Which hosts can be cut off alone, and which scenario goes over which endpoint."""

from __future__ import annotations

import pytest

from harness.domain import arrangements
from harness.domain.cluster import Cluster, Node, NodePool
from harness.targets.links.faults import LinkError
from harness.targets.links.opening import PaletteEndpoint, is_readable
from harness.targets.links.reading import Links, LinkWay, Tls
from harness.targets.links.source_addresses import SourceAddresses

SLOTS = (arrangements.Slot("a", ("a1", "a2")), arrangements.Slot("b", ("b1",)))
APART = {"a1": "10.0.0.1", "a2": "10.0.0.2", "b1": "10.0.0.1"}


def cluster(slot: str, *hosts: str) -> arrangements.InstallCluster:
    nodes = tuple(Node(f"node-{host}", host) for host in hosts)
    pools = (NodePool("p", True, nodes),)
    return arrangements.InstallCluster(slot, Cluster(f"uid-{slot}", slot, "", {}, pools=pools))


def source_addresses(
    *noticed: arrangements.Arrangement, sources: dict[str, str] | None = None
) -> SourceAddresses:
    made = SourceAddresses(SLOTS, sources or {})
    for arrangement in noticed:
        made.noticed(arrangement)
    return made


def test_a_cluster_of_one_host_can_be_cut_off_although_its_slot_has_more() -> None:
    assert source_addresses(cluster("a", "a1")).cannot_cut("a1") == ""


@pytest.mark.parametrize(
    ("made", "host", "told"),
    [
        (
            source_addresses(),
            "a1",
            "host a1 cannot be told apart from a2: all arrive from one address",
        ),
        (source_addresses(cluster("a", "a1", "a2")), "a2", "cannot be told apart from a1"),
        (
            source_addresses(cluster("a", "a1"), cluster("b", "b1")),
            "a1",
            "cannot be told apart from b1",
        ),
        (source_addresses(arrangements.RenewCluster("a")), "a1", "cannot be told apart from a2"),
        (
            source_addresses(cluster("a", "a1"), cluster("b", "b1"), sources=APART),
            "a1",
            "from b1: all arrive from 10.0.0.1; let each host arrive from an address of its own",
        ),
    ],
)
def test_hosts_that_arrive_from_one_address_cannot_be_cut_one_by_one(
    made: SourceAddresses, host: str, told: str
) -> None:
    assert told in made.cannot_cut(host)


def test_hosts_with_addresses_of_their_own_can_be() -> None:
    made = source_addresses(cluster("a", "a1", "a2"), sources=APART)
    assert [made.cannot_cut(host) for host in ("a1", "a2")] == ["", ""]
    assert [made.source_of(host) for host in ("a1", "a2", "?")] == ["10.0.0.1", "10.0.0.2", ""]


def test_a_cluster_of_an_earlier_scenario_does_not_count() -> None:
    made = source_addresses(cluster("b", "b1"), arrangements.ForgetProject("p"), cluster("a", "a1"))
    assert made.cannot_cut("a1") == ""


def test_messages_of_one_cluster_come_from_one_host_except_probes() -> None:
    made = source_addresses(cluster("a", "a1", "a2"))
    assert made.cannot_spoil("a1", arrangements.MessageKind.WITHDRAW) == ""
    assert "cannot be told apart" in made.cannot_spoil("a1", arrangements.MessageKind.PROBE)
    made.noticed(cluster("b", "b1"))
    assert "cannot be told apart from a2, b1" in made.cannot_spoil(
        "a1", arrangements.MessageKind.WITHDRAW
    )


def test_no_cluster_is_put_up_where_it_would_be_cut_off_with_another() -> None:
    made = source_addresses(cluster("a", "a1"))
    assert "host b1 arrives from the same address as a1" in made.cannot_join(
        cluster("b", "b1"), ["a1"]
    )
    assert made.cannot_join(cluster("a", "a1"), ["a1"]) == ""
    assert made.cannot_join(cluster("b", "b1"), []) == ""
    assert made.cannot_join(arrangements.InstallCluster("b", None), ["a1"]) == ""
    apart = source_addresses(cluster("a", "a2"), sources=APART)
    assert apart.cannot_join(cluster("b", "b1"), ["a2"]) == ""


@pytest.mark.parametrize(
    ("kinds", "endpoint"),
    [
        ((), "direct"),
        (("InstallCluster", "PutUser"), "direct"),
        (("InstallCluster", "SetLink"), "proxied"),
        (("FaultNextMessage",), "proxied"),
        (("DisturbMessages",), "proxied"),
        (None, "proxied"),
    ],
)
def test_only_what_cuts_links_goes_over_the_proxy(
    kinds: tuple[str, ...] | None, endpoint: str
) -> None:
    assert arrangements.Inventory((), "direct", {}, "proxied").endpoint_for(kinds) == endpoint
    assert arrangements.Inventory((), "direct").endpoint_for(kinds) == "direct"


@pytest.mark.parametrize(
    ("entered", "passed", "ended", "authority"),
    [
        ("palette.test", "https://proxy:7", "https://proxy:7", "palette.test"),
        (
            "https://pal.test:8443/x/",
            "https://proxy:7/x",
            "https://proxy:7/x",
            "pal.test:8443",
        ),
        ("http://palette.test", "http://proxy:7", "https://proxy:7", "palette.test"),
    ],
)
def test_the_endpoint_that_goes_over_the_proxy(
    entered: str, passed: str, ended: str, authority: str
) -> None:
    palette = PaletteEndpoint.of(entered)
    assert palette.through(Links(LinkWay.PROXY, host="proxy"), 7) == passed
    assert palette.through(Links(LinkWay.PROXY, host="proxy", tls=Tls.END), 7) == ended
    assert palette.authority == authority


def test_messages_can_be_read_where_nothing_hides_them() -> None:
    plain, secure = (PaletteEndpoint.of(f"{scheme}://p") for scheme in ("http", "https"))
    passing, ending = Links(), Links(tls=Tls.END)
    assert [is_readable(p, li) for p in (plain, secure) for li in (passing, ending)] == [
        True,
        True,
        False,
        True,
    ]


def test_no_proxy_stands_before_nothing() -> None:
    with pytest.raises(LinkError, match=r"correct central\.endpoint"):
        PaletteEndpoint.of("ftp://palette.test")
