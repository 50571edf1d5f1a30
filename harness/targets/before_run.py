"""The look at every address of a target before a run, which changes nothing."""

from __future__ import annotations

from typing import Protocol

from harness.domain.arrangements import Side
from harness.domain.errors import Reason, Refused
from harness.domain.operations import (
    Credentials,
    ListTokens,
    Operation,
    Probe,
    Unknown,
    ViewCluster,
)
from harness.targets.answered import Answered
from harness.targets.permission import check_permission
from harness.targets.port import Outgoing, TargetUnusable
from harness.targets.target import Control, Target
from harness.targets.transport import USER_AGENT, HttpClient, NoAnswer, Sent
from harness.wire.control import HEALTH_PATH, bearer
from harness.wire.http import HttpRequest


class Asking(Protocol):
    """What the look is done with."""

    target: Target
    client: HttpClient

    def ask(self, outgoing: Outgoing, within_s: float) -> Answered:
        """Ask once, without waiting for a 429."""
        ...


def check_target(asking: Asking) -> None:
    """Try every address once.

    Raises:
        TargetUnusable: one of them does not answer as it should; says what was tried, what
            came and what to do. Or nothing may be changed there.
    """
    target = asking.target
    check_permission(target)
    for host in target.hosts():
        _check_operation(asking, ViewCluster(), f"Local UI of host {host.uid}", host.uid)
    if Side.CENTRAL in target.sides:
        _check_operation(asking, ListTokens(), "Palette")
    if Side.EDGE not in target.sides:
        _check_endpoint(asking)
    for control in dict.fromkeys(target.controls.values()):
        _check_control(asking, control)


def _check_operation(asking: Asking, operation: Operation, what: str, host_uid: str = "") -> None:
    """Any well-formed answer will do: nobody is logged in, so it is mostly a refusal."""
    outgoing = Outgoing(operation, Credentials(), host_uid, "check")
    answered = asking.ask(outgoing, asking.target.timeouts.check_s)
    if isinstance(answered.reply, Unknown):
        raise TargetUnusable(_unusable(what, answered.sent, answered.reply.why))


def _check_endpoint(asking: Asking) -> None:
    """The edge hosts that the harness plays find there what they ask for."""
    what = "what edge hosts ask of Palette (central.endpoint)"
    outgoing = Outgoing(Probe(), Credentials(), "", "check")
    answered = asking.ask(outgoing, asking.target.timeouts.check_s)
    match answered.reply:
        case Unknown(why):
            raise TargetUnusable(_unusable(what, answered.sent, why))
        case Refused(Reason.NOT_FOUND, message):
            why = f"{message}; say with [paths] where it is asked"
            raise TargetUnusable(_unusable(what, answered.sent, why))


def _check_control(asking: Asking, control: Control) -> None:
    what = "the control port"
    request = HttpRequest("GET", HEALTH_PATH, headers=bearer(control.secret))
    sent = asking.client.prepare(control.url, request, USER_AGENT)
    try:
        response = asking.client.exchange(control.url, sent, asking.target.timeouts.check_s)
    except NoAnswer as error:
        raise TargetUnusable(_unusable(what, sent, str(error))) from error
    if response.status == 401:
        why = "401: it does not know the secret; check the variable that control.secret_env names"
        raise TargetUnusable(_unusable(what, sent, why))
    if response.status != 200:
        why = f"{response.status}: this is no control port"
        raise TargetUnusable(_unusable(what, sent, why))


def _unusable(what: str, sent: Sent, why: str) -> str:
    return f"{what} cannot be used: {sent.method} {sent.url} was tried, and this came: {why}"
