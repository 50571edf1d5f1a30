"""The reference is certified with its links cut by the proxy, as it is by its control port."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import trustme

from harness.domain.arrangements import Arrangement, FaultNextMessage, SetLink
from harness.domain.endpoint import EndpointForm
from harness.domain.operations import AgentOperation
from harness.http_client import HttpClient
from harness.opening import open_http
from harness.reference.core.link import LinkReply
from harness.reference.description import environment, target_text
from harness.reference.embedded import EmbeddedReference
from harness.reference.http_link import HttpLink, _Way
from harness.reference.sides import ArrangementError
from harness.targets.target_file import read_target
from tests.integration.cli.command import Command
from tests.integration.links.palettes import can_connect

REQUIREMENTS = ("PRE-5", "WDR-3", "WDR-4", "WDR-5")
Verdicts = dict[tuple[str, str], tuple[str, str]]


class SourcedClient(HttpClient):
    """Its connections come from one address."""

    def __init__(self, context: ssl.SSLContext, source: str) -> None:
        super().__init__(context, 1.0, kept_s=2.0)
        connect = self._backend.connect_tcp
        self._backend.connect_tcp = lambda **where: connect(**where | {"local_address": source})  # type: ignore[method-assign]


class SourcedLink(HttpLink):
    """Each host arrives from an address of its own, and trusts a second authority."""

    def __init__(self, ca_file: Path, sources: Mapping[str, str], authority: trustme.CA) -> None:
        context = ssl.create_default_context(cafile=ca_file)
        authority.configure_trust(context)
        self._clients = {host: SourcedClient(context, at) for host, at in sources.items()}
        super().__init__(ca_file, 1.0)

    def carry(
        self, host_uid: str, base_url: str, insecure: bool, operation: AgentOperation
    ) -> LinkReply:
        way = _Way(self._clients[host_uid], base_url, is_reworded=False)
        return self._carry(way, operation, self._call())

    def close(self) -> None:
        super().close()
        for client in self._clients.values():
            client.close()


class Uncut(EmbeddedReference):
    """Its control port cuts no links; its hosts arrive from addresses of their own."""

    authority = trustme.CA()

    def sources(self) -> dict[str, str]:
        """The address of each host."""
        hosts = [host for slot in self.slots for host in slot.host_uids]
        return {host: f"127.0.1.{n}" for n, host in enumerate(hosts, 1)}

    def _link(self) -> HttpLink:
        return SourcedLink(self.ca_file, self.sources(), self.authority)

    def arrange(self, arrangement: Arrangement) -> None:
        if isinstance(arrangement, SetLink | FaultNextMessage):
            raise ArrangementError("links are cut elsewhere")
        super().arrange(arrangement)


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> Verdicts:
    """What comes of it where the control port cuts the links."""
    with EmbeddedReference(1) as reference:
        return certified(reference, target_text(reference), tmp_path_factory.mktemp("control"))


@pytest.fixture
def uncut() -> Iterator[Uncut]:
    with Uncut(1) as reference:
        yield reference


LINK_FIRST, CONTROL_FIRST = '["link", "control"]', '["control", "link"]'


def over_links(
    reference: EmbeddedReference, links: str, endpoint: str = "", ways: str = LINK_FIRST
) -> str:
    """The target file, with links that are cut as this says."""
    text = target_text(reference)
    if endpoint:
        forms = "[central.endpoint_forms]"
        text = text.replace(forms, f'endpoint = "{endpoint}"\n\n{forms}', 1)
    return f'{text}\n[arrange]\nways = {ways}\n\n[links]\nway = "proxy"\n{links}'


def sources(reference: Uncut) -> str:
    lines = [f'"{host}" = "{address}"' for host, address in reference.sources().items()]
    return "\n".join(["[links.sources]", *lines])


def certified(reference: EmbeddedReference, text: str, folder: Path, *which: str) -> Verdicts:
    """The verdict and its reason of each scenario for each requirement, or of those selected."""
    file = folder / "target.toml"
    file.write_text(text, "utf-8")
    asked = [word for r in REQUIREMENTS for word in ("--requirement", r)]
    words = ("certify", "--target", str(file), "--out", str(folder / "out"), *(which or asked))
    run = Command(folder).here(*words, env=environment(reference))
    assert run.returncode in (0, 3), run.stdout[-4_000:] + run.stderr[-4_000:]
    lines = (folder / "out" / "evidence.jsonl").read_text("utf-8").splitlines()
    found = [line for line in map(json.loads, lines) if line["type"] == "verdict"]
    return {(e["scenario"], e["requirement"]): (e["verdict"], e["reason"]) for e in found}


def differing(here: Verdicts, there: Verdicts) -> dict[tuple[str, str], str]:
    """The reasons of the verdicts that differ."""
    assert here.keys() == there.keys()
    return {key: here[key][1] for key in here if here[key][0] != there[key][0]}


@pytest.mark.slow
def test_where_tls_ends_and_hosts_are_told_apart_the_verdicts_are_the_same(
    uncut: Uncut, control: Verdicts, tmp_path: Path
) -> None:
    issued = uncut.authority.issue_cert("localhost")
    issued.private_key_and_cert_chain_pem.write_to_path(tmp_path / "proxy.pem")
    own = f'listen = "0.0.0.0:0"\ntls = "end"\ncert_file = "proxy.pem"\n{sources(uncut)}'
    found = certified(uncut, over_links(uncut, own), tmp_path)
    assert differing(found, control) == {}


@pytest.mark.parametrize(
    "which",
    [
        "lost_messages and (late and submission and rejected or confirmation and garbage)",
        pytest.param("lost_messages", marks=pytest.mark.slow),
    ],
    ids=["some", "all"],
)
def test_whatever_a_message_meets_in_the_proxy_both_sides_settle(
    uncut: Uncut, tmp_path: Path, which: str
) -> None:
    issued = uncut.authority.issue_cert("localhost")
    issued.private_key_and_cert_chain_pem.write_to_path(tmp_path / "proxy.pem")
    own = f'listen = "0.0.0.0:0"\ntls = "end"\ncert_file = "proxy.pem"\n{sources(uncut)}'
    found = certified(uncut, over_links(uncut, own), tmp_path, "-k", which)
    assert len(found) > 1
    assert {verdict for verdict, _ in found.values()} == {"pass"}


def test_a_control_port_that_finds_out_that_it_cuts_no_links_leaves_them_to_the_proxy(
    uncut: Uncut, tmp_path: Path
) -> None:
    issued = uncut.authority.issue_cert("localhost")
    issued.private_key_and_cert_chain_pem.write_to_path(tmp_path / "proxy.pem")
    own = f'listen = "0.0.0.0:0"\ntls = "end"\ncert_file = "proxy.pem"\n{sources(uncut)}'
    text = over_links(uncut, own, ways=CONTROL_FIRST)
    found = certified(uncut, text, tmp_path, "--requirement", "WDR-5")
    assert len(found) > 1
    assert {verdict for verdict, _ in found.values()} == {"pass"}


@pytest.mark.slow
def test_over_plain_http_from_one_address_only_single_hosts_cannot_be_cut(
    uncut: Uncut, control: Verdicts, tmp_path: Path
) -> None:
    plain = uncut.addresses.palette[EndpointForm.PLAIN_HTTP]
    found = certified(uncut, over_links(uncut, 'listen = "0.0.0.0:0"', plain), tmp_path)
    reasons = differing(found, control)
    assert 0 < len(reasons) < len(found) / 2
    for reason in reasons.values():
        assert "cannot be told apart" in reason or "would be cut off with it" in reason
        assert "[links.sources]" in reason


@pytest.mark.slow
def test_where_tls_passes_through_only_single_messages_cannot_be_spoiled(
    uncut: Uncut, control: Verdicts, tmp_path: Path
) -> None:
    text = over_links(uncut, f'listen = "0.0.0.0:0"\n{sources(uncut)}')
    reasons = differing(certified(uncut, text, tmp_path), control)
    assert reasons
    for reason in reasons.values():
        assert 'write links.tls = "end"' in reason


def test_a_driver_starts_the_proxy_and_stops_it(uncut: Uncut) -> None:
    folder = uncut.ca_file.parent
    text = over_links(uncut, sources(uncut))
    driver = open_http(read_target(text, "t.toml", folder, environment(uncut)))
    try:
        found = driver.inventory()
        host = found.slots[0].host_uids[0]
        assert found.link_endpoint.startswith("https://localhost:")
        assert found.endpoint_for(["SetLink"]) == found.link_endpoint != found.endpoint
        assert driver.arrange(SetLink(host, up=False)) == SetLink(host, up=False)
        assert driver.links is not None
        assert driver.links.proxy is not None
        proxy = driver.links.proxy
        proxy.check()
    finally:
        driver.close()
    assert not can_connect(proxy.port)
