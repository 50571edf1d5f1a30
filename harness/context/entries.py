"""What an operator enters or shows at Local UI: endpoints, tokens and sessions of every kind.

Features name the kinds; this module makes one of the kind for a scenario.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Final
from urllib.parse import urlsplit

from harness.context.context import DAY, OTHER, Context
from harness.context.recorder import Actor, Inconclusive, NotSupported
from harness.domain.arrangements import PutToken, RemoveToken, Side
from harness.domain.endpoint import EndpointForm
from harness.domain.operations import LogIn, LogOut, ViewCluster, ViewToken
from harness.domain.permission import TENANT
from harness.domain.token import RegistrationToken
from harness.history.operation import Json, Outcome

HOUR = 3_600_000_000
LEEWAY = HOUR // 6
"""Lengths of time in microseconds; by less than the leeway the clocks of a target may differ."""

TokenMaker = Callable[[Context], RegistrationToken]


# --- tokens -----------------------------------------------------------------------------------


def token_of_kind(context: Context, kind: str) -> RegistrationToken:
    """A registration token of the scenario's project, of the named kind.

    Raises:
        KeyError: there is no such kind.
        Inconclusive: Palette shows it otherwise.
    """
    token = _TOKENS[kind](context)
    if token.uid:
        see_token(context, token, gone=kind == "deleted")
    return token


def see_token(
    context: Context, token: RegistrationToken, *, gone: bool = False, by: Actor | None = None
) -> None:
    """Look at a token as Palette shows it, if the administrator, or whoever does so, may see it.

    Raises:
        Inconclusive: Palette shows it otherwise.
    """
    look, by = ViewToken(token.uid), by or context.admin()
    if gone:
        context.must_see(by, look, "not_shown")
    else:
        so: dict[str, Json] = {"active": token.active, "expiry": token.expiry}
        context.must_see(by, look, "token_not_otherwise", **so)


def _made_up(context: Context, value: str) -> RegistrationToken:
    """A token that Palette knows nothing of."""
    return RegistrationToken("", "", value, context.project(), 0)


def _altered(context: Context, alter: Callable[[str], str]) -> RegistrationToken:
    value = alter(context.new_token(context.project()).value)
    return _made_up(context, context.recorder.secret(value, "token"))


def _in_the_other_case(context: Context) -> RegistrationToken:
    """A token whose small letters are capitals, and the other way round.

    Raises:
        NotSupported: that is the same token; a UUID reads the same in either case.
    """
    value = context.new_token(context.project()).value
    if value.swapcase() == value or _UUID.fullmatch(value):
        raise NotSupported("tokens have no letters there that would make another one in other case")
    return _made_up(context, context.recorder.secret(value.swapcase(), "token"))


_UUID: Final = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def _deleted(context: Context) -> RegistrationToken:
    token = context.new_token(context.project())
    context.recorder.arrange(RemoveToken(token.uid))
    return replace(token, active=False)


def _deactivated_later(context: Context) -> RegistrationToken:
    token = context.new_token(context.project())
    context.recorder.arrange(PutToken(replace(token, active=False)))
    return replace(token, active=False)


def _activated_again(context: Context) -> RegistrationToken:
    token = context.new_token(context.project(), active=False)
    return context.recorder.arrange(PutToken(replace(token, active=True))).token


_TOKENS: Mapping[str, TokenMaker] = {
    "empty": lambda context: _made_up(context, ""),
    "blank": lambda context: _made_up(context, "   "),
    "unknown": lambda context: _made_up(context, context.new_secret("token")),
    "cut short by a character": lambda context: _altered(context, lambda value: value[:-1]),
    "longer by a character": lambda context: _altered(context, lambda value: f"{value}0"),
    "written in the other case": _in_the_other_case,
    "expired": lambda context: context.new_token(context.project(), lasts=-30 * DAY),
    "expired a while ago": lambda context: context.new_token(context.project(), lasts=-LEEWAY),
    "deactivated": lambda context: context.new_token(context.project(), active=False),
    "deactivated, without an expiry": lambda context: context.new_token(
        context.project(), lasts=None, active=False
    ),
    "deactivated later": _deactivated_later,
    "deleted": _deleted,
    "about to expire in an hour": lambda context: context.new_token(context.project(), lasts=HOUR),
    "deactivated and activated again": _activated_again,
    "without an expiry": lambda context: context.new_token(context.project(), lasts=None),
    "without a default project": lambda context: context.new_token(TENANT),
}


def revoke_token(context: Context, fate: str) -> None:
    """Make the token that was entered unusable: `deactivated`, `deleted` or `expired`.

    Raises:
        KeyError: there is no such fate.
        Inconclusive: Palette shows it otherwise.
    """
    token = context.token()
    token = {
        "deactivated": replace(token, active=False),
        "deleted": replace(token, active=False),
        "expired": replace(token, expiry=context.time_at_palette() - LEEWAY),
    }[fate]
    gone = fate == "deleted"
    context.recorder.arrange(RemoveToken(token.uid) if gone else PutToken(token))
    see_token(context, token, gone=gone)
    context.use_token(token)


# --- endpoints --------------------------------------------------------------------------------


def endpoint_of_form(context: Context, form: str) -> str:
    """An endpoint of a form that the target has or that can be made from its usable one.

    Raises:
        NotSupported: it means HTTPS, and the target has plain HTTP alone.
        Inconclusive: the target has no such endpoint.
    """
    if form in _MADE:
        return _MADE[form](*_parts(context.usable))
    if form == EndpointForm.MISSING:
        return ""
    if form == EndpointForm.USABLE:  # over a link that can be cut, where one is to be
        return context.usable
    forms = context.inventory.endpoint_forms
    if form == EndpointForm.BARE_HOST and form not in forms and context.usable.startswith("http:"):
        told = "a bare host name means HTTPS, and the endpoint is of plain HTTP"
        raise NotSupported(f"{told}: name one in [central.endpoint_forms], or ca_out in [peer]")
    if form not in forms:
        raise Inconclusive(
            f"the target has no endpoint of the form {form}; name one under its endpoints"
        )
    return forms[form]


def _parts(url: str) -> tuple[str, str]:
    """Scheme and host with its port of an endpoint."""
    parts = urlsplit(url if "://" in url else f"https://{url}")
    return parts.scheme, parts.netloc


def _portless(host: str) -> str:
    return host.rpartition(":")[0] or host


_MADE: Mapping[str, Callable[[str, str], str]] = {
    "url with a slash at its end": lambda scheme, host: f"{scheme}://{host}/",
    "blank": lambda scheme, host: "   ",
    "url without a host": lambda scheme, host: f"{scheme}://",
    "path alone": lambda scheme, host: "/v1/edge-mgmt",
    "url with another scheme": lambda scheme, host: f"ftp://{host}",
    "url with a space in it": lambda scheme, host: f"{scheme}:// {host}",
    "url with a port that is no number": lambda scheme, host: f"{scheme}://{_portless(host)}:x1",
    "url with a port out of range": lambda scheme, host: f"{scheme}://{_portless(host)}:99999",
    "two urls": lambda scheme, host: f"{scheme}://{host} {scheme}://{host}",
}
"""Forms that need nothing but the usable endpoint: most of them malformed in one way each,
so that whoever repairs an entry silently would reach Palette and be found out."""


# --- sessions ---------------------------------------------------------------------------------


def stranger_with(context: Context, kind: str) -> Actor:
    """Somebody at the cluster's first host whose session is of the named kind.

    The cluster's operator logs in afresh afterwards, to see what came of it, and looks around: a
    session is in use at the host, which is not the stranger's.

    Raises:
        KeyError: there is no such kind.
    """
    leased = context.cluster()
    actor = session_of_kind(context, kind)
    leased.operator = context.log_in(leased.operator.host_uid)
    context.look(ViewCluster())
    return actor


def session_of_kind(context: Context, kind: str) -> Actor:
    """The same, while nobody else has logged in since.

    Raises:
        KeyError: there is no such kind.
    """
    return _SESSIONS[kind](context, context.cluster().operator.host_uid)


def _with_session(context: Context, host_uid: str, session: str) -> Actor:
    visitor = replace(context.visitor(), label="stranger", host_uid=host_uid)
    return visitor.in_session(context.recorder.secret(session, "session"))


def _shortened(context: Context, host_uid: str) -> Actor:
    return _with_session(context, host_uid, context.log_in(host_uid).credentials.session[:-4])


def _logged_out(context: Context, host_uid: str, *, extended: bool = False) -> Actor:
    actor = context.log_in(host_uid, "stranger", extended=extended)
    context.must(context.recorder.perform(actor, LogOut()))
    return actor


def _logged_out_elsewhere(context: Context, host_uid: str) -> Actor:
    """One that was in use here when it was ended at another host of the cluster, which may tell
    this one a moment later.

    Raises:
        NotSupported: no other host has a session that is good here.
    """
    other = next((uid for uid in context.cluster().host_uids if uid != host_uid), host_uid)
    actor = context.log_in(other, "stranger")
    here = replace(actor, host_uid=host_uid)
    looked = context.recorder.perform(here, ViewCluster())
    if other == host_uid or looked.record.outcome is Outcome.FAIL:
        raise NotSupported("no host is seen to take a session of another one of its cluster")
    context.must(looked)
    context.must(context.recorder.perform(actor, LogOut()))
    context.recorder.await_state(here, ViewCluster(), "not_shown")
    return here


def _logged_out_after_another(context: Context, host_uid: str) -> Actor:
    """Raises `NotSupported` where the later of two logins has ended the earlier."""
    actor = context.log_in(host_uid, "stranger")
    context.log_in(host_uid)
    ended = context.recorder.perform(actor, LogOut())
    if ended.record.outcome is Outcome.FAIL:
        looked = context.recorder.perform(actor, ViewCluster())
        if looked.record.outcome is Outcome.FAIL:
            raise NotSupported("one person's next login to Local UI ends the one before")
    context.must(ended)
    return actor


def _expired(context: Context, host_uid: str, *, extended: bool = False) -> Actor:
    """Raises `NotSupported` where name and password are sent with each operation, in a session's
    place.
    """
    if not context.recorder.driver.info.has_sessions:
        raise NotSupported("its login to Local UI is sent with each operation, and does not expire")
    actor = context.log_in(host_uid, "stranger", extended=extended)
    context.put_clock_forward(Side.EDGE, DAY + HOUR)
    return actor


def _of_another_cluster(context: Context, host_uid: str) -> Actor:
    other = context.cluster(OTHER).operator
    return _with_session(context, host_uid, other.credentials.session)


_SESSIONS: Mapping[str, Callable[[Context, str], Actor]] = {
    "no": lambda context, host_uid: _with_session(context, host_uid, ""),
    "a made-up": lambda context, host_uid: _with_session(
        context, host_uid, context.new_secret("session")
    ),
    "a cut-short": _shortened,
    "a logged-out": _logged_out,
    "an extended, logged-out": partial(_logged_out, extended=True),
    "an earlier, logged-out": _logged_out_after_another,
    "an elsewhere logged-out": _logged_out_elsewhere,
    "an expired": _expired,
    "an extended, expired": partial(_expired, extended=True),
    "another cluster's": _of_another_cluster,
}


def login_of_kind(context: Context, kind: str) -> LogIn:
    """A login that must not succeed, of the named kind.

    Raises:
        KeyError: there is no such kind.
    """
    user = context.recorder.driver.local_user
    wrong, secret = context.new_secret("password"), context.recorder.secret
    return {
        "a wrong password": LogIn(user.username, wrong),
        "an empty password": LogIn(user.username, ""),
        "a cut-short password": LogIn(user.username, secret(user.password[:-1], "password")),
        "a longer password": LogIn(user.username, secret(f"{user.password}0", "password")),
        "an unknown user": LogIn(f"nobody-{context.new_id('user')[:8]}", user.password),
    }[kind]
