"""Whether what answers is the API, by the mapping that the target file has; and its clock."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from harness.doctor.finding import Notes
from harness.domain.arrangements import Side
from harness.domain.errors import Reason, Refused
from harness.domain.operations import (
    Credentials,
    Done,
    ListPairingRequests,
    ListTokens,
    Operation,
    Probe,
    Unknown,
    ViewCluster,
)
from harness.targets.answered import Answered
from harness.targets.http import HttpDriver
from harness.targets.port import Outgoing
from harness.targets.target import Control
from harness.targets.transport import USER_AGENT, NoAnswer
from harness.wire.control import HEALTH_PATH, bearer
from harness.wire.http import HttpRequest

Clock = Callable[[], datetime]
"""This machine's time, UTC."""

_SKEW_S: Final = 3.0
"""Dates have whole seconds, and an answer may have waited for its turn here."""


def look_at_answers(driver: HttpDriver, dead: Collection[str], clock: Clock) -> Notes:
    """Ask each side something that changes nothing, as somebody who has not logged in."""
    notes = Notes("api")
    target = driver.target
    for host in target.hosts():
        if host.url not in dead:
            what = f"Local UI of host {host.uid}"
            _asked(driver, ViewCluster(), what, notes, clock, host.uid)
    if Side.CENTRAL in target.sides and target.central_url not in dead:
        for operation in (ListTokens(), ListPairingRequests()):
            _asked(driver, operation, f"Palette, {type(operation).__name__}", notes, clock)
        if Side.EDGE not in target.sides:
            _asked(driver, Probe(), "Palette, as edge hosts ask it", notes, clock)
    for control in dict.fromkeys(target.controls.values()):
        if control.url not in dead:
            _control(driver, control, notes)
    return notes


def _asked(
    driver: HttpDriver,
    operation: Operation,
    what: str,
    notes: Notes,
    clock: Clock,
    host_uid: str = "",
) -> None:
    outgoing = Outgoing(operation, Credentials(), host_uid, "doctor")
    answered = driver.ask(outgoing, driver.target.timeouts.check_s)
    _clock(answered, what, notes, clock)
    sent = f"{answered.sent.method} {answered.sent.url}"
    key = f"paths.{type(operation).__name__}"
    match answered.reply:
        case Unknown(why):
            remedy = f"see that the address is the API's, and that [{key}] and [errors] fit it"
            notes.problem(f"{what}: {_without(why, sent)}", remedy)
        case Refused(Reason.UNAUTHENTICATED):
            notes.good(f"{what} asks for a login")
        case Refused(Reason.RATE_LIMITED):
            remedy = "slow the harness down with rate_limit.per_second, or raise the limit"
            notes.note(f"{what}: too many requests, says {sent}", remedy)
        case Refused() as refused:
            told = (
                f"{what}: {sent} is refused ({refused.reason.value}), but not for want of a login"
            )
            notes.note(told, f"see that [{key}] fits, and [codes] if it means a missing login")
        case Done() if isinstance(operation, Probe):
            notes.good(f"{what}: a Palette answers")
        case Done():
            told = f"{what} answers {sent} to somebody who has not logged in"
            notes.note(told, "expect SND-1 or ACC-1 to fail; or is another service there?")


def _without(why: str, sent: str) -> str:
    """What came; what was sent stands there once."""
    return why if sent in why else f"{sent}: {why}"


def _clock(answered: Answered, what: str, notes: Notes, clock: Clock) -> None:
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
        notes.problem(
            f"the control port {control.url} does not know the secret",
            "check the variable that control.secret_env names",
        )
    elif status != 200:
        told = f"{control.url} answers {status} to {HEALTH_PATH}: this is no control port"
        notes.problem(told, "correct control.url; docs/arranging.md says what a control port is")
    else:
        notes.good(f"the control port {control.url} answers")
