"""What an operator enters or shows at Local UI: endpoints, tokens and sessions of every kind.

Features name the kinds; this module makes one of the kind for a scenario.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from harness.domain.arrangements import PutToken, RemoveToken, Side
from harness.domain.endpoint import EndpointForm
from harness.domain.operations import LogIn, LogOut
from harness.domain.token import RegistrationToken
from harness.scenes.scene import DAY, Context
from harness.scenes.stage import Actor, Inconclusive

SECOND = 1_000_000
HOUR = 3_600 * SECOND
"""Lengths of time in microseconds."""

TokenMaker = Callable[[Context], RegistrationToken]


# --- tokens -----------------------------------------------------------------------------------


def token_of_kind(scene: Context, kind: str) -> RegistrationToken:
    """A registration token of the scenario's project, of the named kind.

    Raises:
        KeyError: there is no such kind.
    """
    return _TOKENS[kind](scene)


def _made_up(scene: Context, value: str) -> RegistrationToken:
    """A token that Palette knows nothing of."""
    return RegistrationToken("", "", value, scene.project(), 0)


def _altered(scene: Context, alter: Callable[[str], str]) -> RegistrationToken:
    value = alter(scene.new_token(scene.project()).value)
    return _made_up(scene, scene.stage.secret(value, "token"))


def _deleted(scene: Context) -> RegistrationToken:
    token = scene.new_token(scene.project())
    scene.stage.arrange(RemoveToken(token.uid))
    return token


def _deactivated_later(scene: Context) -> RegistrationToken:
    token = scene.new_token(scene.project())
    scene.stage.arrange(PutToken(replace(token, active=False)))
    return token


def _activated_again(scene: Context) -> RegistrationToken:
    token = scene.new_token(scene.project(), active=False)
    scene.stage.arrange(PutToken(replace(token, active=True)))
    return replace(token, active=True)


_TOKENS: Mapping[str, TokenMaker] = {
    "empty": lambda scene: _made_up(scene, ""),
    "blank": lambda scene: _made_up(scene, "   "),
    "unknown": lambda scene: _made_up(scene, scene.new_secret("token")),
    "cut short by a character": lambda scene: _altered(scene, lambda value: value[:-1]),
    "longer by a character": lambda scene: _altered(scene, lambda value: f"{value}0"),
    "expired": lambda scene: scene.new_token(scene.project(), lasts=-30 * DAY),
    "expired a second ago": lambda scene: scene.new_token(scene.project(), lasts=-SECOND),
    "deactivated": lambda scene: scene.new_token(scene.project(), active=False),
    "deactivated later": _deactivated_later,
    "deleted": _deleted,
    "about to expire in an hour": lambda scene: scene.new_token(scene.project(), lasts=HOUR),
    "deactivated and activated again": _activated_again,
}


def revoke_token(scene: Context, fate: str) -> None:
    """Make the token that was entered unusable: `deactivated`, `deleted` or `expired`.

    Raises:
        KeyError: there is no such fate.
    """
    token = scene.token()
    scene.stage.arrange(
        {
            "deactivated": PutToken(replace(token, active=False)),
            "deleted": RemoveToken(token.uid),
            "expired": PutToken(replace(token, expiry=scene.stage.driver.epoch() - SECOND)),
        }[fate]
    )


# --- endpoints --------------------------------------------------------------------------------


def endpoint_of_form(scene: Context, form: str) -> str:
    """An endpoint of a form that the target has or that can be made from its usable one.

    Raises:
        Inconclusive: the target has no such endpoint.
    """
    if form in _MADE:
        return _MADE[form](*_parts(scene.inventory.endpoint))
    if form == EndpointForm.MISSING:
        return ""
    if form not in scene.inventory.endpoint_forms:
        raise Inconclusive(
            f"the target has no endpoint of the form {form}; name one under its endpoints"
        )
    return scene.inventory.endpoint_forms[form]


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


def stranger_with(scene: Context, kind: str) -> Actor:
    """Somebody at the cluster's first host whose session is of the named kind.

    The cluster's operator logs in afresh afterwards, to see what came of it.

    Raises:
        KeyError: there is no such kind.
    """
    leased = scene.cluster()
    host_uid = leased.operator.host_uid
    actor = _SESSIONS[kind](scene, host_uid)
    leased.operator = scene.log_in(host_uid)
    return actor


def _with_session(scene: Context, host_uid: str, session: str) -> Actor:
    visitor = replace(scene.visitor(), label="stranger", host_uid=host_uid)
    return visitor.in_session(scene.stage.secret(session, "session"))


def _shortened(scene: Context, host_uid: str) -> Actor:
    return _with_session(scene, host_uid, scene.log_in(host_uid).credentials.session[:-4])


def _logged_out(scene: Context, host_uid: str) -> Actor:
    actor = scene.log_in(host_uid, "stranger")
    scene.must(scene.stage.perform(actor, LogOut()))
    return actor


def _expired(scene: Context, host_uid: str) -> Actor:
    actor = scene.log_in(host_uid, "stranger")
    scene.put_clock_forward(Side.EDGE, DAY + HOUR)
    return actor


def _of_another_cluster(scene: Context, host_uid: str) -> Actor:
    other = scene.cluster("another cluster").operator
    return _with_session(scene, host_uid, other.credentials.session)


_SESSIONS: Mapping[str, Callable[[Context, str], Actor]] = {
    "no": lambda scene, host_uid: _with_session(scene, host_uid, ""),
    "a made-up": lambda scene, host_uid: _with_session(
        scene, host_uid, scene.new_secret("session")
    ),
    "a cut-short": _shortened,
    "a logged-out": _logged_out,
    "an expired": _expired,
    "another cluster's": _of_another_cluster,
}


def login_of_kind(scene: Context, kind: str) -> LogIn:
    """A login that must not succeed, of the named kind.

    Raises:
        KeyError: there is no such kind.
    """
    user = scene.stage.driver.local_user
    wrong, secret = scene.new_secret("password"), scene.stage.secret
    return {
        "a wrong password": LogIn(user.username, wrong),
        "an empty password": LogIn(user.username, ""),
        "a cut-short password": LogIn(user.username, secret(user.password[:-1], "password")),
        "a longer password": LogIn(user.username, secret(f"{user.password}0", "password")),
        "an unknown user": LogIn(f"nobody-{scene.new_id('user')[:8]}", user.password),
    }[kind]
