"""Whose certificates the driver trusts, and what it says of the others."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trustme

from harness.domain.operations import Done, ListTokens, Unknown
from harness.targets.target_file import Trust
from tests.integration.http.faulty import always
from tests.integration.http.targets import EMPTY, Open, ask, target_at


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
