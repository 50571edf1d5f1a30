"""What the browser gets to see goes by the target file alone: certificates, proxy, addresses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from harness.domain import operations as ops
from harness.domain import page_actions as actions
from harness.domain.pages import PageName
from harness.targets.browser.driver import BrowserDriver
from harness.targets.port import Exchange, Outgoing
from harness.targets.target import Target
from harness.targets.trust import Trust
from tests.integration.http.faulty import always, answer
from tests.integration.http.targets import HOST, Open, opening, target_at
from tests.integration.http.test_proxy import tunnel_to
from tests.integration.http.test_relay import NAMED, asking
from tests.integration.http.test_trust import leaf_of, pins

pytestmark = pytest.mark.usefixtures("needs_browser")
PAGE = '<title>Local UI</title><a href="/settings">Settings</a>'


@pytest.fixture
def opened() -> Iterator[Open]:
    with opening() as opened:
        yield opened


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def page(more: str = "") -> bytes:
    return answer("200 OK", (PAGE + more).encode(), kind="text/html")


def opens(opened: Open, target: Target) -> Exchange:
    """Somebody opens Settings in a browser."""
    driver = BrowserDriver(opened.driver(target))
    driver.limits = replace(driver.limits, await_s=10.0)
    try:
        action = actions.OpenPage(PageName.SETTINGS)
        return driver.send(Outgoing(action, ops.Credentials(), HOST, "scenario#1"))
    finally:
        driver.close()


def test_a_certificate_is_shown_to_a_server_that_asks_for_one(
    opened: Open, authority: trustme.CA, tmp_path: Path
) -> None:
    server, client = asking(opened, authority, tmp_path, page())
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    none = opens(opened, target_at(server.url, trust=Trust(tmp_path / "ca.pem")))
    assert isinstance(none.reply, ops.Unknown)
    assert "tls.cert_file" in none.reply.why
    assert server.heads == []
    shown = Trust(tmp_path / "ca.pem", cert_file=client)
    assert isinstance(opens(opened, target_at(server.url, trust=shown)).reply, ops.Done)
    assert server.heads


def test_pages_are_reached_through_the_proxy_by_the_certificate_of_the_target(
    opened: Open, authority: trustme.CA
) -> None:
    context, pinned = leaf_of(authority, "palette.example")
    server = opened.faulty(always(page()), context)
    proxy = opened.faulty(tunnel_to(server.url))
    target = target_at(NAMED, proxy=proxy.url, trust=pins(pinned))
    assert isinstance(opens(opened, target).reply, ops.Done)
    assert {head.split()[1] for head in proxy.heads} == {b"palette.example:443"}
    reached = len(server.heads)
    other = opens(opened, replace(target, trust=pins(b"\xab" * 32)))
    assert isinstance(other.reply, ops.Unknown)
    assert "another one than was pinned" in other.reply.why
    assert len(server.heads) == reached


def test_a_page_leads_to_no_address_that_the_file_does_not_allow(opened: Open) -> None:
    elsewhere = (
        '<script src="http://elsewhere.example/a.js"></script>'
        '<script src="https://elsewhere.example/b.js"></script>'
    )
    server, proxy = opened.faulty(always(page(elsewhere))), opened.faulty(always(page()))
    target = target_at(server.url, proxy=proxy.url)
    assert isinstance(opens(opened, target).reply, ops.Done)
    assert proxy.heads == []
    opens(opened, replace(target, allow_writes=True))
    asked = {head.split()[1] for head in proxy.heads}
    assert asked == {b"http://elsewhere.example/a.js", b"elsewhere.example:443"}


def test_a_proxy_that_the_environment_names_is_not_used(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = opened.faulty(always(page()))
    for name in ("HTTP_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy.url)
    for url in ("http://palette.invalid", "https://palette.invalid"):
        target = target_at(url, allow_writes=True)
        assert isinstance(opens(opened, target).reply, ops.Unknown)
    assert proxy.heads == []
