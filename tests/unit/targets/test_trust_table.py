"""`[tls]` says which certificates are trusted, or one message says why it cannot."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme

from harness.domain.arrangements import Side
from harness.http_client import PinMismatch
from harness.targets.reading import TargetFileError
from harness.targets.target import Target
from harness.targets.target_file import read_target
from harness.targets.trust import (
    Trust,
    describe_fingerprint,
    fingerprint_from,
    fingerprint_of,
    pinned,
)
from tests.unit.configuration.placed import placed

HEAD = """\
schema = "pairproof/target/1"
roles = ["central"]
[implementation]
name = "Acme"
[central]
url = "https://palette.example"
"""
PIN = f"sha256:{':'.join(['ab'] * 32)}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    client = authority.issue_cert("client.example")
    client.private_key_and_cert_chain_pem.write_to_path(tmp_path / "both.pem")
    client.private_key_pem.write_to_path(tmp_path / "client.key")
    client.cert_chain_pems[0].write_to_path(tmp_path / "client.pem")
    (tmp_path / "text.pem").write_text("no certificate")
    return tmp_path


def read(table: str, folder: Path = Path(), head: str = HEAD) -> Target:
    return read_target(f"{head}{table}", "acme.toml", folder, {})


def test_each_side_has_its_own_or_the_common_one(folder: Path) -> None:
    target = read(f'[tls]\nca_file = "ca.pem"\n[central.tls]\nfingerprints = ["{PIN}"]\n', folder)
    assert target.trust_of(Side.CENTRAL) == Trust(fingerprints=frozenset({b"\xab" * 32}))
    assert target.trust_of(Side.EDGE) == Trust(folder / "ca.pem")
    assert target.trust_at() == {"https://palette.example": target.trust_of(Side.CENTRAL)}


def test_a_control_port_for_all_goes_by_the_table_beside_it(folder: Path) -> None:
    control = '[control]\nurl = "https://c.example"\nsecret_file = "s"\n'
    (folder / "s").write_text("canary-secret\n")
    (folder / "s").chmod(0o600)
    target = read(f"[central.tls]\ninsecure = true\n{control}", folder)
    assert target.trust_at()["https://c.example"] == Trust()
    own = read(f"[central.tls]\ninsecure = true\n{control.replace('[', '[central.')}", folder)
    assert own.trust_at()["https://c.example"] == Trust(insecure=True)


@pytest.mark.parametrize(
    "keys", ['cert_file = "both.pem"', 'cert_file = "client.pem"\nkey_file = "client.key"']
)
def test_a_certificate_may_be_shown(folder: Path, keys: str) -> None:
    trust = read(f"[tls]\n{keys}\n", folder).trust
    assert trust.cert_file is not None
    trust.context()


@pytest.mark.parametrize(
    ("table", "line", "key", "told"),
    [
        ('ca_file = "ca.pem"\ninsecure = true', 9, "tls.insecure", "contradict each other"),
        (f'fingerprints = ["{PIN}"]\nca_file = "ca.pem"', 8, "tls.fingerprints", "contradict"),
        (f'insecure = true\nfingerprints = ["{PIN}"]', 8, "tls.insecure", "contradict"),
        ('fingerprints = ["sha256:AB"]', 8, "tls.fingerprints[0]", "of 32 bytes"),
        ("fingerprints = []", 8, "tls.fingerprints", "the list is empty"),
        ('fingerprints = "sha256:AB"', 8, "tls.fingerprints", "a list, each item a fingerprint"),
        ('ca_file = "no.pem"', 8, "tls.ca_file", "no.pem cannot be used: there is no such file"),
        ('ca_file = "text.pem"', 8, "tls.ca_file", "holds no certificate"),
        ('cert_file = "ca.pem"', 8, "tls.cert_file", "no certificate with its key"),
        ('cert_file = "client.pem"', 8, "tls.cert_file", "no certificate with its key"),
        ('cert_file = "no.pem"', 8, "tls.cert_file", "there is no such file"),
        ('key_file = "client.key"', 8, "tls.key_file", "no effect without cert_file"),
    ],
)
def test_what_contradicts_itself_is_told(
    folder: Path, table: str, line: int, key: str, told: str
) -> None:
    with pytest.raises(TargetFileError) as caught:
        read(f"[tls]\n{table}\n", folder)
    assert placed(caught.value) == [(line, key)]
    assert told in str(caught.value)


# --- fingerprints -------------------------------------------------------------------------------


def test_a_fingerprint_has_one_meaning_however_it_is_written() -> None:
    assert fingerprint_from(PIN) == fingerprint_from(f"sha256:{'AB' * 32}") == b"\xab" * 32
    assert describe_fingerprint(b"\xab" * 32) == f"sha256:{':'.join(['AB'] * 32)}"


def handshake(client: ssl.SSLContext, server: ssl.SSLContext) -> ssl.SSLObject:
    """A handshake without a socket, as event loops make it."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [client.wrap_bio(down, up), server.wrap_bio(up, down, server_side=True)]
    for end in (*ends, *ends, *ends):
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            continue
    return ends[0]


def test_an_event_loop_checks_the_pin_too() -> None:
    leaf = trustme.CA().issue_cert("any.example")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(server)
    der = ssl.PEM_cert_to_DER_cert(leaf.cert_chain_pems[0].bytes().decode())
    good = Trust(fingerprints=frozenset({fingerprint_of(der)})).context()
    assert handshake(good, server).cipher() is not None
    with pytest.raises(PinMismatch) as caught:
        handshake(Trust(fingerprints=frozenset({b"\xab" * 32})).context(), server)
    assert caught.value.found == describe_fingerprint(fingerprint_of(der))
    assert caught.value.expected == (describe_fingerprint(b"\xab" * 32),)


def test_a_context_without_pins_is_left_alone() -> None:
    context: Any = Trust(insecure=True).context()
    assert context.sslsocket_class is ssl.SSLSocket
    assert pinned(ssl.create_default_context(), {b""}).sslsocket_class is not ssl.SSLSocket
