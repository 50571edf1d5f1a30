"""The way `link` over what a target file can name, and what is said of each set-up."""

from __future__ import annotations

import os
import ssl
import stat
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from harness.domain.arrangements import (
    DisturbMessages,
    FaultEffect,
    FaultNextMessage,
    ForgetProject,
    InstallCluster,
    Inventory,
    MessageFault,
    MessageKind,
    PutToken,
    RenewCluster,
    SetLink,
    Slot,
)
from harness.domain.cluster import Cluster, Node, NodePool
from harness.reference.certificates import Certificates
from harness.reference.server import Servers, bind, port_of
from harness.targets.arranging.commands import Command
from harness.targets.links.explaining import explain
from harness.targets.links.faults import CutForm
from harness.targets.links.opening import OpenLinks, PaletteEndpoint, open_links
from harness.targets.links.reading import LinkCommands, Links, LinkWay, Tls, Use
from harness.targets.links.source_addresses import SourceAddresses
from harness.targets.links.switch import LinkArranger, ProxySwitch
from harness.targets.port import ArrangingFailed, CannotArrange
from harness.wire.mapping import PLAIN
from tests.integration.links.palettes import BODY, HERE, PROBE, Host, Palette, Scenery
from tests.integration.links.toxiproxies import FakeToxiproxy

SLOTS = (Slot("a", ("a1", "a2")), Slot("b", ("b1",)))
SOURCES = {"a1": "127.0.0.1", "a2": "127.0.0.2", "b1": "127.0.0.3"}
FINE = (200, BODY)
CUT = (ConnectionError, ssl.SSLError)
UP, DOWN = True, False


class Bench:
    """Opens links for a Palette, and asks over them."""

    def __init__(self, scenery: Scenery, held: ExitStack) -> None:
        self.scenery = scenery
        self.trust = scenery.trusting()
        self._held = held

    def open(self, links: Links, palette: Palette | None = None, scheme: str = "http") -> OpenLinks:
        port = (palette or self.scenery.palette).port
        opened = open_links(
            links,
            f"{scheme}://localhost:{port}",
            source_addresses=SourceAddresses(SLOTS, links.sources),
            wire=PLAIN,
            trust=self.scenery.trust(),
        )
        self._held.callback(opened.close)
        return opened

    def ask(self, opened: OpenLinks, source: str = HERE, within_s: float = 5) -> tuple[int, bytes]:
        entered = PaletteEndpoint.of(opened.proxied)
        host = Host(entered.port, source, self.trust if entered.is_tls else None, within_s)
        try:
            return host.ask(*PROBE)
        finally:
            host.close()

    def secure(self) -> Palette:
        return self.scenery.serve(self.scenery.certificates.server_context())


@pytest.fixture
def bench(scenery: Scenery) -> Iterator[Bench]:
    with ExitStack() as held:
        yield Bench(scenery, held)


def installed(slot: str, *hosts: str) -> InstallCluster:
    pools = (NodePool("p", True, tuple(Node(host, host) for host in hosts)),)
    return InstallCluster(slot, Cluster(slot, slot, "", {}, pools=pools))


def arrange(way: LinkArranger, *arrangements: InstallCluster | SetLink | ForgetProject) -> None:
    for arrangement in arrangements:
        way.noticed(arrangement)
        if isinstance(arrangement, SetLink):
            assert way.arrange(arrangement) == arrangement


@pytest.mark.parametrize("cut", [None, *CutForm])
def test_the_one_host_of_a_cluster_is_cut_off_and_back(bench: Bench, cut: CutForm | None) -> None:
    opened = bench.open(Links(LinkWay.PROXY, cut=cut))
    arrange(opened.arranger, installed("a", "a1"), SetLink("a1", DOWN))
    error = {CutForm.SILENT: TimeoutError, CutForm.RESET: ConnectionResetError}
    with pytest.raises(error.get(cut, ConnectionRefusedError)):
        bench.ask(opened, within_s=0.2 if cut is CutForm.SILENT else 5)
    arrange(opened.arranger, SetLink("a1", UP))
    assert bench.ask(opened) == FINE


@pytest.mark.parametrize("cut", CutForm)
def test_it_is_told_that_nothing_passes_a_link_that_is_cut(bench: Bench, cut: CutForm) -> None:
    way = bench.open(Links(LinkWay.PROXY, cut=cut)).arranger
    assert way.seen(SetLink("a1", DOWN)) is None
    opened = bench.open(Links(LinkWay.PROXY, cut=cut))
    way = opened.arranger
    arrange(way, installed("a", "a1"))
    assert bench.ask(opened) == FINE
    arrange(way, SetLink("a1", DOWN))
    with pytest.raises((ConnectionError, TimeoutError)):
        bench.ask(opened, within_s=0.2 if cut is CutForm.SILENT else 5)
    assert way.seen(SetLink("a1", DOWN)) == FaultEffect(passed=0)
    arrange(way, SetLink("a1", UP))
    assert bench.ask(opened) == FINE
    assert way.seen(SetLink("a1", DOWN)) is None


def test_it_is_told_that_nothing_of_a_cluster_went_over_its_links(bench: Bench) -> None:
    opened = bench.open(Links(LinkWay.PROXY, ("0.0.0.0", 0), sources=SOURCES))
    way = opened.arranger
    arrange(way, installed("a", "a1", "a2"), SetLink("a1", DOWN))
    assert way.seen(SetLink("a1", DOWN)) == FaultEffect(unused=True)
    assert bench.ask(opened, SOURCES["a2"]) == FINE
    assert way.seen(SetLink("a1", DOWN)) == FaultEffect(), "a2 may ask for both"
    arrange(way, installed("a", "a1", "a2"), SetLink("a2", DOWN))
    assert way.seen(SetLink("a2", DOWN)) == FaultEffect(unused=True), "it is another cluster"
    assert bench.ask(opened, "127.0.0.9") == FINE
    effect = way.seen(SetLink("a2", DOWN))
    assert effect is not None
    assert (effect.unused, effect.strange > 0) == (True, True), "it may be any of them"


def test_it_is_told_when_a_message_met_its_fault(bench: Bench) -> None:
    opened = bench.open(Links(LinkWay.PROXY))
    way = opened.arranger
    way.noticed(installed("a", "a1"))
    fault = FaultNextMessage("a1", MessageKind.PROBE, MessageFault.LOST_BEFORE)
    way.arrange(fault)
    assert way.seen(fault) == FaultEffect(left=1)
    with pytest.raises(CUT):
        bench.ask(opened)
    assert bench.ask(opened) == FINE
    effect = way.seen(fault)
    assert effect is not None
    assert len(effect.met) == 1


class Leaking:
    """A proxy through which every look at it finds that more has passed."""

    def __init__(self) -> None:
        self.count = 0

    def set_fault(self, fault: CutForm, source: str = "") -> None: ...

    def heal(self, source: str | None = None) -> None: ...

    def passed(self, source: str) -> int:
        self.count += 100
        return self.count


def test_it_is_told_how_much_has_passed_a_link_that_leaks() -> None:
    switch = ProxySwitch(Leaking(), SourceAddresses(SLOTS, SOURCES), CutForm.CLOSED)
    switch.arrange(SetLink("b1", DOWN))
    assert switch.seen(SetLink("b1", DOWN)) == FaultEffect(passed=100)


def test_hosts_are_cut_off_one_by_one_by_their_address(bench: Bench) -> None:
    opened = bench.open(Links(LinkWay.PROXY, ("0.0.0.0", 0), sources=SOURCES))
    way = opened.arranger
    arrange(way, installed("a", "a1", "a2"), SetLink("a2", DOWN))
    assert bench.ask(opened, SOURCES["a1"]) == FINE
    with pytest.raises(CUT):
        bench.ask(opened, SOURCES["a2"])
    arrange(way, SetLink("a1", DOWN))
    with pytest.raises(ConnectionRefusedError):  # all of them: nobody listens any more
        bench.ask(opened, SOURCES["a1"])
    arrange(way, SetLink("a2", UP))
    assert bench.ask(opened, SOURCES["a2"]) == FINE
    with pytest.raises(CUT):
        bench.ask(opened, SOURCES["a1"])
    arrange(way, installed("a", "a1", "a2"))
    assert bench.ask(opened, SOURCES["a1"]) == FINE


def test_what_cannot_be_told_apart_is_not_cut(bench: Bench) -> None:
    opened = bench.open(Links(LinkWay.PROXY))
    way = opened.arranger
    arrange(way, installed("a", "a1", "a2"))
    with pytest.raises(CannotArrange, match="host a1 cannot be told apart from a2") as caught:
        way.arrange(SetLink("a1", DOWN))
    assert not isinstance(caught.value, ArrangingFailed)  # another way may
    assert bench.ask(opened) == FINE
    arrange(way, installed("a", "a1"), SetLink("a1", DOWN))
    with pytest.raises(CannotArrange, match="would be cut off with it"):
        way.noticed(installed("b", "b1"))
    arrange(way, SetLink("a1", UP), ForgetProject("p"), installed("b", "b1"), SetLink("b1", DOWN))


def test_messages_are_spoiled_until_a_link_that_is_up_is_set_up(bench: Bench) -> None:
    opened = bench.open(Links(LinkWay.PROXY))
    way = opened.arranger
    arrange(way, installed("a", "a1"))
    fault = FaultNextMessage("a1", MessageKind.PROBE, MessageFault.SERVER_ERROR)
    assert way.arrange(fault) == fault
    arrange(way, SetLink("a1", DOWN), SetLink("a1", UP))
    assert bench.ask(opened)[0] == 500
    way.arrange(fault)
    arrange(way, SetLink("a1", UP))
    assert bench.ask(opened) == FINE
    way.arrange(DisturbMessages("a1", lost_before=1_000_000))
    with pytest.raises(CUT):
        bench.ask(opened)
    arrange(way, installed("a", "a1"))
    assert bench.ask(opened) == FINE


def test_a_renewed_cluster_begins_with_whole_links(bench: Bench) -> None:
    opened = bench.open(Links(LinkWay.PROXY))
    arrange(opened.arranger, installed("b", "b1"), SetLink("b1", DOWN))
    opened.arranger.noticed(RenewCluster("b"))
    assert bench.ask(opened) == FINE


def test_a_proxy_that_died_is_a_failure_and_not_another_ways_turn(bench: Bench) -> None:
    opened = bench.open(Links(LinkWay.PROXY))
    assert opened.proxy is not None
    opened.proxy.close()
    opened.arranger.noticed(ForgetProject("p"))
    with pytest.raises(ArrangingFailed, match="the fault proxy has ended"):
        opened.arranger.arrange(SetLink("b1", DOWN))


@pytest.mark.parametrize(
    ("links", "scheme", "kind", "told"),
    [
        (Links(), "http", SetLink, r"nobody cuts links: add \[links\]"),
        (Links(LinkWay.PROXY), "http", FaultNextMessage, ""),
        (Links(LinkWay.PROXY), "https", SetLink, ""),
        (Links(LinkWay.PROXY), "https", FaultNextMessage, 'write links.tls = "end"'),
        (Links(LinkWay.PROXY), "https", DisturbMessages, 'write links.tls = "end"'),
        (Links(LinkWay.PROXY), "http", PutToken, "no matter of links"),
        (Links(LinkWay.PERSON), "http", SetLink, "run with --interactive"),
        (Links(LinkWay.PERSON), "http", FaultNextMessage, "cannot spoil a single message"),
    ],
)
def test_each_set_up_says_what_it_cannot(
    bench: Bench, links: Links, scheme: str, kind: type[SetLink], told: str
) -> None:
    why = bench.open(links, scheme=scheme).arranger.cannot(kind)
    assert bool(why) == bool(told)
    assert told.replace("\\", "") in why


def test_commands_cut_and_what_is_down_at_the_end_is_mended(bench: Bench, tmp_path: Path) -> None:
    program = tmp_path / "link"
    program.write_text('#!/bin/sh\necho "$@" >> said\n[ "$2" != broken ]\n', "utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    down, up = (
        Command((str(program), word, "{host_uid}"), tmp_path, environment={"PATH": os.defpath})
        for word in ("down", "up")
    )
    opened = bench.open(Links(LinkWay.COMMANDS, commands=LinkCommands(down, up)))
    arrange(opened.arranger, installed("a", "a1", "a2"), SetLink("a1", DOWN), SetLink("a2", DOWN))
    arrange(opened.arranger, SetLink("a1", UP))
    with pytest.raises(ArrangingFailed):
        opened.arranger.arrange(SetLink("broken", DOWN))
    with pytest.raises(ArrangingFailed, match="still cut off: broken"):
        opened.arranger.heal()
    assert (tmp_path / "said").read_text("utf-8").split("\n")[:-1] == [
        "down a1",
        "down a2",
        "up a1",
        "down broken",
        "up a2",
        "up broken",
    ]


def test_an_existing_toxiproxy(bench: Bench, servers: Servers) -> None:
    fake, listener = FakeToxiproxy(), bind(HERE, 0)
    servers.serve(fake.app, [listener])
    url = f"http://{HERE}:{port_of(listener)}"
    opened = bench.open(Links(LinkWay.TOXIPROXY, toxiproxy_url=url))
    arrange(opened.arranger, installed("a", "a1"), SetLink("a1", DOWN))
    with pytest.raises(ConnectionRefusedError):
        bench.ask(opened)
    arrange(opened.arranger, SetLink("a1", UP))
    assert bench.ask(opened) == FINE
    assert "links.way" in opened.arranger.cannot(FaultNextMessage)
    opened.close()
    assert fake.proxies == {}


def test_who_goes_over_the_proxy(bench: Bench) -> None:
    opened = bench.open(Links(LinkWay.PROXY))
    plain = Inventory((), opened.direct)
    for ways in (("link",), ("link", "control"), ("control", "link")):
        offered = opened.offered(plain, lambda kind, ways=ways: ways)
        assert (offered.endpoint, offered.link_endpoint) == (opened.direct, opened.proxied)
    assert opened.offered(plain, lambda kind: ("control",)).link_endpoint == ""
    always = bench.open(Links(LinkWay.PROXY, use=Use.ALWAYS))
    assert always.offered(plain, lambda kind: ("control",)).endpoint == always.proxied


# --- what is said -----------------------------------------------------------------------------


def said(opened: OpenLinks, bench: Bench, hosts: int = 1) -> tuple[list[str], list[str]]:
    """What is fine, and what is not, with what to do."""
    found = explain(opened, bench.trust, one_cluster_hosts=hosts)
    good = [f.what for f in found if f.is_good]
    bad = [f"{f.what}; {f.remedy}" for f in found if not f.is_good]
    assert all(not f.remedy for f in found if f.is_good)
    assert all(f.remedy for f in found if not f.is_good)
    return good, bad


def test_a_set_up_that_can_do_everything(bench: Bench) -> None:
    good, bad = said(bench.open(Links(LinkWay.PROXY, sources=SOURCES)), bench, hosts=2)
    assert bad == []
    assert "every host arrives from an address of its own" in " ".join(good)
    assert "leads to Palette, tried from here" in " ".join(good)


def test_tls_that_passes_through_under_a_name_that_is_in_the_certificate(bench: Bench) -> None:
    good, bad = said(bench.open(Links(LinkWay.PROXY), bench.secure(), "https"), bench, hosts=2)
    assert "leads to Palette" in " ".join(good)
    [messages, hosts] = bad
    assert "cannot lose, repeat or delay a single message" in messages
    assert "hosts cannot be told apart" in hosts
    assert "[links.sources]" in hosts


def test_tls_that_passes_through_under_a_name_that_is_not(bench: Bench) -> None:
    links = Links(LinkWay.PROXY, host="localhost.localdomain")
    opened = bench.open(links, bench.secure(), "https")
    told = " ".join(said(opened, bench)[1])
    if "cannot be resolved" not in told:
        assert "Palette's certificate does not hold for localhost.localdomain" in told
        assert "have localhost.localdomain added to Palette's certificate" in told
    assert "may answer 404" in told


def test_tls_that_ends_with_a_certificate_that_nobody_trusts(bench: Bench, tmp_path: Path) -> None:
    import trustme

    for authority, trusted in ((Certificates(), False), (bench.scenery.certificates, True)):
        made = tmp_path / f"{trusted}.pem"
        issued: trustme.LeafCert = authority._ca.issue_cert("localhost")
        issued.private_key_and_cert_chain_pem.write_to_path(made)
        links = Links(LinkWay.PROXY, tls=Tls.END, cert_file=made)
        good, bad = said(bench.open(links, bench.secure(), "https"), bench)
        assert ("leads to Palette" in " ".join(good)) is trusted
        assert ("is not trusted under the name localhost" in " ".join(bad)) is not trusted


def test_a_palette_that_is_not_there(bench: Bench) -> None:
    opened = bench.open(Links(LinkWay.PROXY), Palette(port=1))
    [told] = said(opened, bench)[1]
    assert "the proxy cannot reach Palette at localhost:1" in told


def test_nobody_cuts_links(bench: Bench) -> None:
    good, bad = said(bench.open(Links()), bench, hosts=3)
    assert good == []
    assert all("add [links]" in told for told in bad)
    assert len(bad) == 2


def test_a_dead_proxy(bench: Bench) -> None:
    opened = bench.open(Links(LinkWay.PROXY))
    assert opened.proxy is not None
    opened.proxy.close()
    assert "the fault proxy has ended" in said(opened, bench)[1][0]
