"""Whether each address can be reached, what answers there is the API, and its clock is right.

The API is looked for by the mapping that the target file has.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

from harness.doctor.finding import Notes
from harness.domain import operations as ops
from harness.domain.arrangements import Side
from harness.domain.errors import Reason, Refused
from harness.targets.exchange import MappedExchange
from harness.targets.http import CENTRAL_LOOKS, LOCAL_LOOKS, HttpDriver
from harness.targets.port import Outgoing
from harness.targets.target import Control, Target
from harness.targets.transport import USER_AGENT, NoAnswer, what_failed
from harness.targets.trust import Trust
from harness.wire.control import HEALTH_PATH, bearer
from harness.wire.http import HttpRequest

Clock = Callable[[], datetime]
"""This machine's time, UTC."""

_SOON_DAYS: Final = 14


def examine_network(target: Target, today: datetime) -> tuple[Notes, frozenset[str]]:
    """Connect to every address of the target once.

    Returns what was found, and the addresses that nobody needs to ask anything of.
    """
    notes = Notes("network")
    trusts = target.trust_at()
    dead = frozenset(
        url
        for url in dict.fromkeys(target.addresses())
        if not _stands(url, trusts.get(url, target.trust), target, today, notes)
    )
    if any(t.insecure for t in (target.trust, *target.trusts.values())):
        told = "insecure = true: any certificate is trusted, so nobody knows who answers"
        notes.note(told, "name the CA with tls.ca_file, or pin it with tls.fingerprints")
    return notes, dead


def _stands(url: str, trust: Trust, target: Target, today: datetime, notes: Notes) -> bool:
    if target.proxy:
        return True  # what is behind a proxy shows when it is asked
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    try:
        with socket.create_connection((host, port), target.timeouts.connect_s) as plain:
            if parts.scheme == "https":
                with trust.context().wrap_socket(plain, server_hostname=host) as secure:
                    _expiry(url, secure, today, notes)
    except TimeoutError:
        told = f"{url}: no connection stood within {target.timeouts.connect_s:g} s"
        remedy = "check that it is running, and that no firewall drops what this machine sends"
        notes.problem(told, remedy)
        return False
    except (OSError, UnicodeError) as error:
        what, _, remedy = what_failed(error).partition("; ")
        notes.problem(f"{url}: {what}", remedy or "look at its log")
        return False
    notes.good(f"{url} can be reached")
    return True


def _expiry(url: str, secure: ssl.SSLSocket, today: datetime, notes: Notes) -> None:
    """Whether a certificate that was checked will be good for long."""
    certificate: Mapping[str, Any] = secure.getpeercert() or {}
    if "notAfter" not in certificate:
        return
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)
    if (days := (ends - today).days) < _SOON_DAYS:
        notes.note(f"{url}: its certificate ends in {days} days", "renew it")


_SKEW_S: Final = 3.0
"""Dates have whole seconds, and an answer may have waited for its turn here."""


def examine_answers(driver: HttpDriver, dead: Collection[str], clock: Clock) -> Notes:
    """Ask each side something that changes nothing, as somebody who has not logged in."""
    notes = Notes("api")
    target = driver.target
    for host in target.hosts():
        if host.url not in dead:
            what = f"Local UI of host {host.uid}"
            for look in driver.looks(LOCAL_LOOKS)[:1]:
                _asked(driver, look, what, notes, clock, host.uid)
    if Side.CENTRAL in target.sides and target.central_url not in dead:
        for operation in driver.looks(CENTRAL_LOOKS)[:2]:
            _asked(driver, operation, f"Palette, {type(operation).__name__}", notes, clock)
        if Side.EDGE not in target.sides:
            _asked(driver, ops.Probe(), "Palette, as edge hosts ask it", notes, clock)
    for control in dict.fromkeys(target.controls.values()):
        if control.url not in dead:
            _control(driver, control, notes)
    return notes


def _asked(
    driver: HttpDriver,
    operation: ops.Operation,
    what: str,
    notes: Notes,
    clock: Clock,
    host_uid: str = "",
) -> None:
    outgoing = Outgoing(operation, ops.Credentials(), host_uid, "doctor")
    answered = driver.ask(outgoing, driver.target.timeouts.check_s)
    _clock(answered, what, notes, clock)
    sent = f"{answered.sent.method} {answered.sent.url}"
    key = f"paths.{type(operation).__name__}"
    match answered.reply:
        case ops.Unknown(why):
            remedy = f"see that the address is the API's, and that [{key}] and [errors] fit it"
            came = why if sent in why else f"{sent}: {why}"  # what was sent stands there once
            notes.problem(f"{what}: {came}", remedy)
        case Refused(Reason.UNAUTHENTICATED):
            notes.good(f"{what} asks for a login")
        case Refused(Reason.RATE_LIMITED):
            remedy = "slow the harness down with rate_limit.per_second, or raise the limit"
            notes.note(f"{what}: too many requests, says {sent}", remedy)
        case Refused() as refused:
            told = f"is refused ({refused.reason.value}), but not for want of a login"
            remedy = f"see that [{key}] fits, and [codes] if it means a missing login"
            notes.note(f"{what}: {sent} {told}", remedy)
        case ops.Done() if isinstance(operation, ops.Probe):
            notes.good(f"{what}: a Palette answers")
        case ops.Done():
            told = f"{what} answers {sent} to somebody who has not logged in"
            notes.note(told, "expect SND-1 or ACC-1 to fail; or is another service there?")


def _clock(answered: MappedExchange, what: str, notes: Notes, clock: Clock) -> None:
    now, date = clock(), answered.response.header("Date") if answered.response else ""
    try:
        theirs = parsedate_to_datetime(date) if date else now
    except ValueError:
        return
    theirs = theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)
    apart_s = (theirs - now).total_seconds()
    if not -_SKEW_S <= apart_s + 0.5 <= _SKEW_S:
        way = "ahead of" if apart_s > 0 else "behind"
        told = f"{what}: its clock is {abs(apart_s):.0f} s {way} this machine's"
        notes.gap(told, "let both keep time (NTP): tokens that expire are judged by the minute")


def _control(driver: HttpDriver, control: Control, notes: Notes) -> None:
    request = HttpRequest("GET", HEALTH_PATH, headers=bearer(control.secret))
    sent = driver.client.prepare(control.url, request, USER_AGENT)
    try:
        status = driver.client.exchange(control.url, sent, driver.target.timeouts.check_s).status
    except NoAnswer as error:
        notes.problem(f"the control port: {error}", "see control.url")
        return
    if status == 401:
        told = f"the control port {control.url} does not know the secret"
        notes.problem(told, "check the variable that control.secret_env names")
    elif status != 200:
        told = f"{control.url} answers {status} to {HEALTH_PATH}: this is no control port"
        notes.problem(told, "correct control.url; docs/arranging.md says what a control port is")
    else:
        notes.good(f"the control port {control.url} answers")
