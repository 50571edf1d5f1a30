"""A target file that describes one side only, and how the other one is played."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.catalogue.requirement import Role
from harness.domain.arrangements import Side
from harness.domain.operations import (
    AcceptPairingRequest,
    AgentOperation,
    ListTokens,
    MatchProfiles,
    Operation,
    UpdateCluster,
    UpdateStack,
    ViewCluster,
)
from harness.domain.profile import Layer, Pack, ProfileType, StackProfile
from harness.targets.peer_table import Peer
from harness.targets.reading import TargetFileError
from harness.targets.target import Target
from harness.targets.target_file import read_target
from harness.wire.routes import ROUTES
from tests.unit.configuration.placed import placed

EDGE = """
[edge.login]
username_env = "ACME_USER"
password_env = "ACME_PASSWORD"
[[edge.clusters]]
slot = "lab"
hosts = [{ uid = "h1", url = "https://edge-1.example" }]
"""
CENTRAL = """
[central]
url = "https://palette.example"
"""
VARIABLES = {"ACME_USER": "kim", "ACME_PASSWORD": "canary"}


def read(roles: str, *tables: str, features: str = "", role: Role = Role.BOTH) -> Target:
    head = f'schema = "pairproof/target/1"\nroles = {roles}\nfeatures = [{features}]\n'
    text = "".join((head, '[implementation]\nname = "Acme"\n', *tables))
    return read_target(text, "acme.toml", Path("/lab"), VARIABLES, role)


def refused(roles: str, *tables: str, features: str = "") -> TargetFileError:
    with pytest.raises(TargetFileError) as caught:
        read(roles, *tables, features=features)
    return caught.value


def test_an_edge_alone() -> None:
    target = read('["edge"]', EDGE)
    assert target.sides == {Side.EDGE}
    assert target.info.roles == {Role.EDGE}
    assert target.addresses() == ("https://edge-1.example",)
    assert (target.central_url, target.endpoint) == ("", "")


def test_a_central_side_alone() -> None:
    target = read('["central"]', CENTRAL)
    assert target.sides == {Side.CENTRAL}
    assert target.addresses() == ("https://palette.example",)
    assert target.slots() == ()
    assert UpdateStack not in target.info.not_offered, "the harness's own edge has it"


def test_how_large_a_cluster_can_be() -> None:
    target = read('["edge"]', EDGE, "[edge.largest]\ncontrol_plane = 1\nworkers = 0\n")
    assert target.info.largest == {"control_plane": 1, "workers": 0}
    error = refused('["edge"]', EDGE, "[edge.largest]\ncontrol_plane = 0\n")
    assert [key for _, key in placed(error)] == ["edge.largest.control_plane"]


ARCHIVE = """
[[edge.archives]]
path = "/content/next.tgz"
[[edge.archives.profiles]]
name = "edge-next"
type = "infra"
version = "2.0.0"
packs = [{ layer = "k8s", name = "PXK-E", version = "1.32.1" }]
"""


def test_archives_that_were_uploaded_make_a_change_of_the_profiles_possible() -> None:
    assert UpdateStack in read('["edge"]', EDGE).info.not_offered
    info = read('["edge"]', EDGE, ARCHIVE).info
    packs = (Pack(Layer.K8S, "PXK-E", "1.32.1"),)
    held = (StackProfile("edge-next", ProfileType.INFRA, "2.0.0", packs),)
    assert UpdateStack not in info.not_offered
    assert info.archives == (UpdateStack((), "/content/next.tgz", held),)


def test_an_archive_says_what_is_in_it() -> None:
    empty = ARCHIVE.replace('[{ layer = "k8s", name = "PXK-E", version = "1.32.1" }]', "[]")
    error = refused('["edge"]', EDGE, empty)
    assert [key for _, key in placed(error)] == ["edge.archives[0].profiles[0].packs"]


def test_a_side_may_be_described_and_not_be_judged() -> None:
    assert read('["edge"]', EDGE, CENTRAL).sides == set(Side)


LACKING = "".join(
    f'[paths.{name}]\nnot_offered = "not there"\n' for name in ("UpdateCluster", "MatchProfiles")
)
PEER = '[peer]\nca_out = "ca.pem"\nclusters = 7\n'
LINKS = '[links]\nway = "proxy"\nsources = { h1 = "10.0.0.1" }\n'


@pytest.mark.parametrize(
    ("side", "missing", "peer"),
    [
        ("edge", UpdateCluster, Peer(ca_out=Path("/lab/ca.pem"))),
        ("central", MatchProfiles, Peer(clusters=7)),
    ],
)
def test_a_file_of_both_sides_and_a_peer_serves_each_role_alone(
    side: str, missing: type[Operation], peer: Peer
) -> None:
    said = ('["edge", "central"]', EDGE, CENTRAL, PEER, LINKS, LACKING)
    target = read(*said, role=Role(side))
    assert target.sides == {Side(side)}
    assert target.info.roles == {Role(side)}
    lacking = {UpdateCluster, MatchProfiles} & target.info.not_offered.keys()
    assert lacking == {missing}, "what the harness plays has the other"
    assert target.peer == peer
    assert bool(target.links.sources) is (side == "edge")
    both = read(*said)
    assert both.sides == set(Side)
    assert both.info.not_offered.keys() >= {UpdateCluster, MatchProfiles}
    without = read(*(table for table in said if table != PEER), role=Role(side))
    assert without.sides == set(Side), "the other side is there, and nothing says how to play it"


@pytest.mark.parametrize(("roles", "table"), [('["edge"]', CENTRAL), ('["central"]', EDGE)])
def test_what_is_judged_has_to_be_described(roles: str, table: str) -> None:
    error = refused(roles, table)
    assert placed(error) == [(2, "roles")]
    assert "or take " in str(error)
    assert [key for _, key in placed(refused('["edge", "central"]', table))] == ["roles"]


def test_a_control_port_of_a_side_that_is_not_described_is_none() -> None:
    control = '[control]\nurl = "http://127.0.0.1:1"\nsecret_env = "ACME_PASSWORD"\n'
    assert read('["edge"]', EDGE, control).controls.keys() == {Side.EDGE}


@pytest.mark.parametrize(
    ("table", "peer"),
    [
        ("", Peer("127.0.0.1", "localhost")),
        ('bind = "192.0.2.7"', Peer("192.0.2.7", "192.0.2.7")),
        ('bind = "0.0.0.0"\nhost = "here.example"', Peer("0.0.0.0", "here.example")),
        ("port = 9000\ntls = false", Peer(port=9000, tls=False)),
        (
            'cert_file = "c.pem"\nkey_file = "/k"',
            Peer(cert_file=Path("/lab/c.pem"), key_file=Path("/k")),
        ),
        ('ca_out = "ca.pem"', Peer(ca_out=Path("/lab/ca.pem"))),
    ],
)
def test_how_edge_hosts_reach_the_peer(table: str, peer: Peer) -> None:
    assert read('["edge"]', EDGE, f"[peer]\n{table}\n").peer == peer


def test_how_many_edge_hosts_the_peer_has() -> None:
    assert read('["central"]', CENTRAL, "[peer]\nclusters = 4\nhosts = 1\n").peer == Peer(
        clusters=4, hosts=1
    )


@pytest.mark.parametrize(
    ("roles", "side", "table", "key", "told"),
    [
        ('["edge"]', EDGE, 'bind = "0.0.0.0"', "peer", "host is missing"),
        ('["edge"]', EDGE, 'bind = "::"', "peer", "host is missing"),
        ('["edge"]', EDGE, 'bind = "1.2.3"', "peer.bind", "an IP address"),
        ('["edge"]', EDGE, 'bind = "lab.example"', "peer.bind", "an IP address"),
        ('["edge"]', EDGE, 'host = "a/b"', "peer.host", "without a port"),
        ('["edge"]', EDGE, "port = 65535", "peer.port", "65530"),
        ('["edge"]', EDGE, "hosts = 2", "peer.hosts", "the edge hosts are the target's"),
        ('["edge"]', EDGE, 'key_file = "k"', "peer.key_file", "no effect without cert_file"),
        ('["edge"]', EDGE, 'cert_file = "c"\nca_out = "d"', "peer.ca_out", "contradict"),
        ('["edge"]', EDGE, 'ca_out = "ca.key"', "peer.ca_out", "its key has that name"),
        ('["central"]', CENTRAL, "port = 9000", "peer.port", "which call and are not called"),
        ('["central"]', CENTRAL, "hosts = 0", "peer.hosts", "from 1 to"),
        ('["central"]', CENTRAL, "clusters = 21", "peer.clusters", "1 to 20"),
    ],
)
def test_what_would_change_nothing_or_make_no_sense_is_told(
    roles: str, side: str, table: str, key: str, told: str
) -> None:
    error = refused(roles, side, f"[peer]\n{table}\n")
    assert [(line > 5, name) for line, name in placed(error)] == [(True, key)]
    assert told in str(error)


def test_a_cluster_of_several_nodes_needs_several_hosts_of_the_peer_too() -> None:
    assert read('["central"]', CENTRAL, features='"multi-node"').info.features
    error = refused('["central"]', CENTRAL, "[peer]\nhosts = 1\n", features='"multi-node"')
    assert placed(error) == [(3, "features")]
    assert "add hosts to peer" in str(error)


def test_edge_hosts_of_the_harness_make_sense_of_the_endpoint() -> None:
    odd = f'{CENTRAL}endpoint = "ftp://palette.example"\n'
    assert [key for _, key in placed(refused('["central"]', odd))] == ["central.endpoint"]
    assert read('["central"]', odd, EDGE).endpoint == "ftp://palette.example"


@pytest.mark.parametrize(
    "name", [kind.__name__ for kind in ROUTES if issubclass(kind, AgentOperation)]
)
def test_the_palette_that_the_harness_plays_has_to_know_what_a_call_belongs_to(name: str) -> None:
    calls = "".join(
        f'[[paths.{name}.calls]]\nname = "{call}"\npath = "/{call}"\n' for call in ("ask", "fetch")
    )
    calls += "repeat = { status = [202] }\n"
    error = refused('["edge"]', EDGE, calls)
    assert f"paths.{name}.calls" in [key for _, key in placed(error)]
    assert f"cannot answer {name} in these calls" in str(error)
    assert "fetch names nothing that an earlier one keeps" in str(error)
    assert f"say so in [paths.{name}], or add [central], where your Palette is" in str(error)
    told = str(refused('["edge"]', EDGE, CENTRAL, calls, '[peer]\nbind = "0.0.0.0"\n'))
    assert "in these calls" not in told, "there, the harness plays nobody"
    told = str(refused('["central"]', CENTRAL, calls, "[peer]\nclusters = 0\n"))
    assert "in these calls" not in told, "edge hosts of the harness ask as many as it takes"


def test_an_operation_may_take_its_own_time() -> None:
    limits = "[limits]\nanswer_s = 20\n[limits.operations]\nAcceptPairingRequest = 45\n"
    target = read('["central"]', CENTRAL, limits)
    assert target.answer_s(AcceptPairingRequest) == 45
    assert target.answer_s(ListTokens) == target.limits.answer_s == 20


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("AcceptPairing = 45", "did you mean AcceptPairingRequest?"),
        ("AcceptPairingRequest = 601", "at most 600"),
        ("AcceptPairingRequest = 0", "above 0"),
        ("SubmitPairing = 5", "there is no"),
    ],
)
def test_an_operation_has_a_maximum(line: str, told: str) -> None:
    error = refused('["central"]', CENTRAL, f"[limits.operations]\n{line}\n")
    assert [key for _, key in placed(error)] == [f"limits.operations.{line.split(' ')[0]}"]
    assert told in str(error)


def test_requests_may_go_through_a_proxy_at_a_pace() -> None:
    tables = '[network]\nproxy = "http://proxy.example:3128/"\n[rate_limit]\nper_second = 2.5\n'
    target = read('["central"]', CENTRAL, tables)
    assert target.proxy == "http://proxy.example:3128"
    assert target.rate_limit.per_second == 2.5
    assert "per_second" in str(refused('["central"]', CENTRAL, "[rate_limit]\nper_second = 0\n"))
    told = refused('["central"]', CENTRAL, '[network]\nproxy = "http://me:pw@proxy.example"\n')
    assert [key for _, key in placed(told)] == ["network.proxy"]
    assert "pw" not in str(told)


def test_an_edge_is_asked_for_its_login_even_alone() -> None:
    error = refused('["edge"]', EDGE.replace('password_env = "ACME_PASSWORD"\n', ""))
    assert [key for _, key in placed(error)] == ["edge.login.password_env"]
    assert read('["edge"]', EDGE).answer_s(ViewCluster) == 30
