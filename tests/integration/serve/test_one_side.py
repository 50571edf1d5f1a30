"""One side of the reference as a target, and the other one played by the harness."""

from __future__ import annotations

import socket
import ssl
import stat
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from harness.domain import operations as ops
from harness.domain.arrangements import Restart, Side
from harness.domain.endpoint import EndpointForm
from harness.domain.errors import Reason, Refused
from harness.opening import open_http
from harness.reference.certificates import Certificates, trusting
from harness.reference.description import environment, target_text
from harness.reference.embedded import EmbeddedReference, Layout, Other
from harness.targets.http import HttpDriver
from harness.targets.port import TargetUnusable
from harness.targets.target import Target
from harness.targets.target_file import read_target
from harness.targets.trust import describe_fingerprint, fingerprint_of
from tests.integration.ports import free_ports
from tests.integration.serve.people import People
from tests.integration.serve.threads import left_of


class Lab:
    """References of one side, and drivers for them."""

    def __init__(self, folder: Path, held: ExitStack) -> None:
        self.folder = folder
        self._held = held

    def half(self, side: Side, other: Other = Other()) -> EmbeddedReference:
        layout = Layout(1, 2, sides=frozenset({side}))
        return self._held.enter_context(EmbeddedReference(7, layout, other=other))

    def edge(self, ca_file: Path) -> EmbeddedReference:
        return self.half(Side.EDGE, Other(trusted=trusting(ca_file)))

    def target(self, reference: EmbeddedReference, more: str = "", tls: str = "") -> Target:
        text = target_text(reference)
        if tls:
            text = text.replace(f'ca_file = "{reference.ca_file}"', tls)
        return read_target(f"{text}\n{more}", "half.toml", self.folder, environment(reference))

    def open(self, target: Target) -> HttpDriver:
        driver = open_http(target, seed=3)
        self._held.callback(driver.close)
        return driver


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    before = set(threading.enumerate())
    with ExitStack() as held:
        yield Lab(tmp_path, held)
    assert left_of(before) == set()


@pytest.fixture
def kept_ca(tmp_path: Path) -> Path:
    Certificates.kept(tmp_path / "peer-ca.pem")
    return tmp_path / "peer-ca.pem"


def listed(people: People) -> list[str]:
    reply = people.ask(ops.ListPairingRequests())
    assert isinstance(reply, ops.Done), reply
    assert isinstance(reply.value, ops.PairingList)
    return [item.pairing_uid for item in reply.value.items]


# --- the edge is the target ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("peer", "scheme"), [('ca_out = "peer-ca.pem"', "https"), ("tls = false", "http")]
)
def test_the_harness_plays_palette_for_an_edge(
    lab: Lab, kept_ca: Path, peer: str, scheme: str
) -> None:
    driver = lab.open(lab.target(lab.edge(kept_ca), f"[peer]\n{peer}\n"))
    endpoint = driver.inventory().endpoint
    assert endpoint.startswith(f"{scheme}://localhost:")
    people = People(driver)
    assert isinstance(people.sends(), ops.Done)
    assert len(listed(people)) == 1
    driver.arrange(Restart(Side.CENTRAL))
    driver.arrange(Restart(Side.EDGE))
    people.log_in()
    assert isinstance(people.ask(ops.CancelPairingRequest()), ops.Done)


@pytest.mark.parametrize("kept", ["", 'ca_out = "peer-ca.pem"\n'])
def test_a_bare_host_is_entered_where_what_is_shown_there_can_be_trusted(
    lab: Lab, kept_ca: Path, kept: str
) -> None:
    driver = lab.open(lab.target(lab.edge(kept_ca), f"[peer]\ntls = false\n{kept}"))
    people, form = People(driver), EndpointForm.BARE_HOST
    assert (form in driver.inventory().endpoint_forms) is bool(kept)
    if kept:
        assert isinstance(people.sends(form), ops.Done)


def test_it_serves_every_endpoint_that_has_to_be_refused(lab: Lab, kept_ca: Path) -> None:
    first = free_ports(6)
    peer = f'[peer]\nca_out = "peer-ca.pem"\nport = {first}\n'
    driver = lab.open(lab.target(lab.edge(kept_ca), peer))
    forms = driver.inventory().endpoint_forms
    assert forms.keys() == {form.value for form in EndpointForm}
    ports = {form.rpartition(":")[2] for form in forms.values()}
    assert {str(port) for port in range(first, first + 6)} <= ports
    people = People(driver)
    for form in (EndpointForm.REFUSING, EndpointForm.STRANGER, EndpointForm.UNTRUSTED):
        reply = people.sends(form)
        assert isinstance(reply, Refused), form
        assert reply.reason is Reason.HOST_UNREACHABLE


def test_where_edge_hosts_reach_it_there_is_nothing_for_people(lab: Lab, kept_ca: Path) -> None:
    driver = lab.open(lab.target(lab.edge(kept_ca), "[peer]\ntls = false\n"))
    endpoint = driver.inventory().endpoint
    for path in ("/", "/v1/auth/authenticate", "/v1/edgehosts/tokens", "/openapi.json"):
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(f"{endpoint}{path}", timeout=5)
        assert caught.value.code in (404, 405), path
        caught.value.close()


def test_the_ca_is_made_once_and_its_key_is_for_nobody_else(lab: Lab) -> None:
    reference = lab.half(Side.EDGE)
    target = lab.target(reference, '[peer]\nca_out = "lab-ca.pem"\n')
    lab.open(target)
    made = (lab.folder / "lab-ca.pem").read_bytes()
    assert stat.S_IMODE((lab.folder / "lab-ca.key").stat().st_mode) == 0o600
    endpoint = lab.open(target).inventory().endpoint
    assert (lab.folder / "lab-ca.pem").read_bytes() == made
    context = ssl.create_default_context(cafile=lab.folder / "lab-ca.pem")
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(endpoint, context=context, timeout=5)
    caught.value.close()


# --- a certificate of the vendor's own ----------------------------------------------------------


def own_certificate(folder: Path, *names: str, days: int = 1) -> Path:
    """A certificate with its key, of a CA in `own-ca.pem`."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "own-ca.pem")
    begin = datetime.now(UTC) - timedelta(days=10)
    leaf = authority.issue_cert(*names, not_before=begin, not_after=begin + timedelta(days=days))
    leaf.private_key_and_cert_chain_pem.write_to_path(folder / "own.pem")
    return folder / "own.pem"


def test_it_shows_the_certificate_that_it_is_given(lab: Lab) -> None:
    own_certificate(lab.folder, "palette.localhost", "localhost", days=30)
    edge = lab.edge(lab.folder / "own-ca.pem")
    driver = lab.open(lab.target(edge, '[peer]\ncert_file = "own.pem"\n'))
    assert isinstance(People(driver).sends(), ops.Done)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda folder: own_certificate(folder, "localhost"), "certificate has expired"),
        (lambda folder: own_certificate(folder, "other.example", days=30), "as localhost"),
        (lambda folder: (folder / "own.pem").write_text("nothing"), "no certificate with its key"),
        (lambda _: None, "own.pem: there is no such file"),
    ],
    ids=["expired", "another name", "no certificate", "no file"],
)
def test_one_that_no_edge_host_would_trust_is_told_before_anything_happens(
    lab: Lab, spoil: Callable[[Path], object], told: str
) -> None:
    spoil(lab.folder)
    target = lab.target(lab.half(Side.EDGE), '[peer]\ncert_file = "own.pem"\n')
    with pytest.raises(TargetUnusable, match=told) as caught:
        lab.open(target)
    assert "see [peer] of the target file" in str(caught.value)


# --- the central side is the target -------------------------------------------------------------


def pin_of(reference: EmbeddedReference) -> str:
    port = int(reference.addresses.people.rpartition(":")[2])
    return describe_fingerprint(
        fingerprint_of(ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("localhost", port))))
    )


@pytest.mark.parametrize("way", ["ca_file", "fingerprints", "insecure"])
def test_the_harness_plays_the_edge_hosts_for_a_palette(lab: Lab, way: str) -> None:
    central = lab.half(Side.CENTRAL)
    tls = {
        "ca_file": "",
        "fingerprints": f'fingerprints = ["{pin_of(central)}"]',
        "insecure": "insecure = true",
    }
    driver = lab.open(lab.target(central, "[peer]\nclusters = 2\nhosts = 2\n", tls[way]))
    assert [len(slot.host_uids) for slot in driver.inventory().slots] == [2, 2]
    people = People(driver)
    assert isinstance(people.sends(), ops.Done)
    assert len(listed(people)) == 1
    assert isinstance(people.ask(ops.ViewCluster()), ops.Done)


def test_what_the_peer_keeps_secret_is_known_as_a_secret(lab: Lab) -> None:
    driver = lab.open(lab.target(lab.half(Side.CENTRAL)))
    control = {secret for secret, _ in driver.secrets}
    assert len(control) == 2
    assert driver.local_user.password


def test_an_endpoint_with_nothing_for_edge_hosts_is_told(lab: Lab) -> None:
    central, edge = lab.half(Side.CENTRAL), lab.half(Side.EDGE)
    elsewhere = next(iter(edge.addresses.local_ui.values()))
    target = replace(lab.target(central, tls="insecure = true"), endpoint=elsewhere)
    with pytest.raises(TargetUnusable, match=r"what edge hosts ask of Palette.*\[paths\]"):
        lab.open(target)


# --- what goes wrong ----------------------------------------------------------------------------


@pytest.mark.parametrize("nth", [1, 4])
def test_a_port_that_is_in_use_is_told_and_nothing_is_left(lab: Lab, nth: int) -> None:
    first = free_ports(6)
    target = lab.target(lab.half(Side.EDGE), f"[peer]\nport = {first}\n")
    before = set(threading.enumerate())
    closed: list[str] = []
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", first + nth))
        taken.listen()
        with pytest.raises(TargetUnusable, match=rf"{first + nth}.*peer"):
            open_http(target, lambda: closed.append("closed"))
    assert closed == ["closed"]
    assert left_of(before) == set()
    lab.open(target)


def test_a_target_that_does_not_answer_leaves_no_peer_behind(lab: Lab) -> None:
    edge = lab.half(Side.EDGE)
    target = lab.target(edge, tls="insecure = true")
    edge.close()
    before = set(threading.enumerate())
    with pytest.raises(TargetUnusable, match="refused"):
        open_http(target)
    assert left_of(before) == set()


def test_nothing_is_written_or_served_where_nothing_may_be_changed(lab: Lab) -> None:
    text = target_text(lab.half(Side.EDGE)).replace("localhost", "edge.example")
    text += '\n[peer]\nca_out = "lab-ca.pem"\n'
    variables = environment(lab.half(Side.EDGE))
    ca_file = f"{lab.folder}/ca.pem"
    trustme.CA().cert_pem.write_to_path(ca_file)
    target = read_target(text, "half.toml", lab.folder, variables)
    with pytest.raises(TargetUnusable, match="allow_writes = true"):
        lab.open(target)
    assert not (lab.folder / "lab-ca.pem").exists()


def test_a_ca_that_cannot_be_used_is_told(lab: Lab, kept_ca: Path) -> None:
    key = kept_ca.with_suffix(".key")
    target = lab.target(lab.half(Side.EDGE), '[peer]\nca_out = "peer-ca.pem"\n')
    spoils: dict[str, Callable[[], object]] = {
        "key: others may read it.*install the CA that is made next": lambda: key.chmod(0o644),
        "no CA and its key": lambda: (key.chmod(0o600), kept_ca.write_text("nothing")),
        "key: there is no such file.*install the CA": key.unlink,
    }
    for told, spoil in spoils.items():
        spoil()
        with pytest.raises(TargetUnusable, match=told):
            lab.open(target)
