"""Whose certificates the driver trusts, and what it says of the others."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
import trustme

from harness.domain.arrangements import Side
from harness.domain.operations import Done, ListTokens, Unknown
from harness.targets.port import TargetUnusable
from harness.targets.trust import Trust, describe_fingerprint, fingerprint_of
from tests.integration.http.faulty import always
from tests.integration.http.targets import EMPTY, NOT_LOGGED_IN, Open, ask, target_at


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def server_context(authority: trustme.CA, name: str = "127.0.0.1") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def test_a_certificate_of_the_named_ca_is_trusted(
    opened: Open, authority: trustme.CA, tmp_path: Path
) -> None:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    target = opened.faulty(always(EMPTY), server_context(authority))
    driver = opened.driver(target_at(target.url, ca_file=tmp_path / "ca.pem"))
    assert isinstance(ask(driver, ListTokens()).reply, Done)


def test_a_certificate_of_another_ca_is_not(
    opened: Open, authority: trustme.CA, tmp_path: Path
) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "ca.pem")
    target = opened.faulty(always(EMPTY), server_context(authority))
    driver = opened.driver(target_at(target.url, ca_file=tmp_path / "ca.pem"))
    reply = ask(driver, ListTokens()).reply
    assert isinstance(reply, Unknown)
    assert "certificate is not trusted" in reply.why
    assert "tls.ca_file" in reply.why
    assert target.heads == []


def test_any_certificate_is_trusted_where_that_is_asked_for(
    opened: Open, authority: trustme.CA
) -> None:
    target = opened.faulty(always(EMPTY), server_context(authority, "elsewhere.example"))
    driver = opened.driver(target_at(target.url, trust=Trust(insecure=True)))
    assert isinstance(ask(driver, ListTokens()).reply, Done)


# --- one certificate, by its fingerprint --------------------------------------------------------


class Changing:
    """A server's TLS that shows another certificate from the second connection on."""

    def __init__(self, contexts: list[ssl.SSLContext]) -> None:
        self._contexts = contexts

    def wrap_socket(self, connection: socket.socket, *, server_side: bool) -> ssl.SSLSocket:
        context = self._contexts.pop(0) if len(self._contexts) > 1 else self._contexts[0]
        return context.wrap_socket(connection, server_side=server_side)


def leaf_of(authority: trustme.CA, *names: str, **more: Any) -> tuple[ssl.SSLContext, bytes]:
    """A server's context, and the fingerprint of what it shows."""
    leaf = authority.issue_cert(*names, **more)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(context)
    der = ssl.PEM_cert_to_DER_cert(leaf.cert_chain_pems[0].bytes().decode())
    return context, fingerprint_of(der)


def pins(*fingerprints: bytes) -> Trust:
    return Trust(fingerprints=frozenset(fingerprints))


def test_a_pinned_certificate_needs_no_name_no_date_and_no_ca(
    opened: Open, authority: trustme.CA
) -> None:
    past = datetime(2020, 1, 1, tzinfo=UTC)
    context, shown = leaf_of(
        authority, "elsewhere.example", not_before=past, not_after=past + timedelta(days=1)
    )
    url = opened.faulty(always(EMPTY), context).url
    driver = opened.driver(target_at(url, trust=pins(b"\xab" * 32, shown)))
    assert isinstance(ask(driver, ListTokens()).reply, Done)


def test_another_certificate_than_the_pinned_one_is_told_with_both(
    opened: Open, authority: trustme.CA
) -> None:
    context, shown = leaf_of(authority, "127.0.0.1")
    target = opened.faulty(always(EMPTY), context)
    with pytest.raises(TargetUnusable, match=r"cannot be used: GET .*another one") as caught:
        opened.driver(target_at(target.url, trust=pins(b"\xab" * 32))).check()
    told = str(caught.value)
    assert describe_fingerprint(shown) in told
    assert describe_fingerprint(b"\xab" * 32) in told
    assert target.heads == []


def test_a_pin_holds_on_every_connection(opened: Open, authority: trustme.CA) -> None:
    (first, pinned), (other, _) = (leaf_of(authority, "127.0.0.1") for _ in range(2))
    closing = EMPTY.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
    target = opened.faulty(always(closing), cast("ssl.SSLContext", Changing([first, other])))
    driver = opened.driver(target_at(target.url, trust=pins(pinned)))
    assert isinstance(ask(driver, ListTokens()).reply, Done)
    reply = ask(driver, ListTokens()).reply
    assert isinstance(reply, Unknown)
    assert "another one than was pinned" in reply.why
    assert len(target.heads) == 1


# --- what is wrong with a certificate ----------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "told"),
    [(("127.0.0.1",), "has expired"), (("elsewhere.example",), "at a name that stands in it")],
    ids=["expired", "another name"],
)
def test_what_is_wrong_with_it_is_told(
    opened: Open, authority: trustme.CA, tmp_path: Path, names: tuple[str, ...], told: str
) -> None:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    past = datetime(2020, 1, 1, tzinfo=UTC)
    dates = {"not_before": past, "not_after": past + timedelta(days=1)}
    context, _ = leaf_of(authority, *names, **(dates if "expired" in told else {}))
    url = opened.faulty(always(EMPTY), context).url
    with pytest.raises(TargetUnusable, match=told):
        opened.driver(target_at(url, ca_file=tmp_path / "ca.pem")).check()


# --- each side goes by its own ------------------------------------------------------------------


def test_each_side_is_trusted_by_its_own_table(opened: Open, authority: trustme.CA) -> None:
    (edge_tls, edge_pin), (central_tls, central_pin) = (
        leaf_of(authority, "127.0.0.1") for _ in range(2)
    )
    edge = opened.faulty(always(NOT_LOGGED_IN), edge_tls)
    central = opened.faulty(always(NOT_LOGGED_IN), central_tls)
    own = {Side.EDGE: pins(edge_pin), Side.CENTRAL: pins(central_pin)}
    opened.driver(target_at(edge.url, central_url=central.url, trusts=own)).check()
    swapped = {Side.EDGE: pins(central_pin), Side.CENTRAL: pins(edge_pin)}
    with pytest.raises(TargetUnusable, match="pinned"):
        opened.driver(target_at(edge.url, central_url=central.url, trusts=swapped)).check()


def test_a_certificate_is_shown_to_a_server_that_asks_for_one(
    opened: Open, authority: trustme.CA, tmp_path: Path
) -> None:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    authority.issue_cert("kim@example.org").private_key_and_cert_chain_pem.write_to_path(
        tmp_path / "client.pem"
    )
    context, _ = leaf_of(authority, "127.0.0.1")
    context.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(context)
    url = opened.faulty(always(EMPTY), context).url
    shown = Trust(tmp_path / "ca.pem", cert_file=tmp_path / "client.pem")
    assert isinstance(ask(opened.driver(target_at(url, trust=shown)), ListTokens()).reply, Done)
    none = opened.driver(target_at(url, ca_file=tmp_path / "ca.pem"))
    assert isinstance(ask(none, ListTokens()).reply, Unknown)
