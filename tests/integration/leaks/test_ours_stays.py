"""What a target calls a secret never rewrites the words of the harness: a lawful target with
ordinary words in its cookies conforms, and so does one whose password is such a word.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from harness.reference import embedded
from harness.reference.layout import Secrets
from tests.integration.acceptance.certifying import SOME, described
from tests.integration.cli.command import Command

CERTIFY = ("certify", "--driver", "http", "--workers", "1", "--out", "out")
WITHDRAWALS = ("--requirement", "WDR-3")
Says = Callable[[Scope], list[tuple[str, str]]]


def says_too(app: ASGIApp, says: Says) -> ASGIApp:
    """The app with more headers in each of its answers."""

    async def speaking(scope: Scope, receive: Receive, send: Send) -> None:
        async def more(message: Message) -> None:
            if message["type"] == "http.response.start":
                raw = [(name.encode(), value.encode()) for name, value in says(scope)]
                message = {**message, "headers": [*message["headers"], *raw]}
            await send(message)

        await app(scope, receive, more)

    return speaking


def always(*headers: tuple[str, str]) -> Says:
    return lambda _: list(headers)


def repeats_the_project(scope: Scope) -> list[tuple[str, str]]:
    """Names in a cookie what it was told by a header, and what all have long seen."""
    told = dict(scope["headers"])
    return [("Set-Cookie", f"project={told.get(b'projectuid', b'none').decode()}; Path=/")]


SPEAKERS: dict[str, Says] = {
    "a word of the list": always(("Set-Cookie", "state=Pairing")),
    "a part of our names": always(("Set-Cookie", "env=local")),
    "our words": always(
        *(("Set-Cookie", f"c{n}={word}; Path=/") for n, word in enumerate((
            "SendPairingRequest", "await_state", "pending_with_id", "cluster", "token", "NotFound",
            "RegistrationTokenUnusable", "local_cluster_uid", "operator", "1.30.1", "2026-11-29",
        ))),
    ),
    "labels": always(("Set-Cookie", "sid=4d1f9a7be2c0"), ("X-Says", "<cookie:1> <token:1>")),
    "an id that was seen": repeats_the_project,
}  # fmt: skip


def certified(command: Command, *words: str) -> dict[str, object]:
    """Certify and judge again: it conforms, and the file is believed. Returns the report."""
    done = command.here(*CERTIFY, *words)
    assert done.returncode == 0, described(done)
    again = command.here("verify", "out")
    assert again.returncode == 0, described(again)
    report = json.loads((command.folder / "out" / "report.json").read_text("utf-8"))
    assert isinstance(report, dict)
    for warning in report["warnings"]:
        assert warning in done.stdout.replace("\n", " "), "it is told on the terminal"
    return report


def warned_of(report: dict[str, object], kind: str) -> list[str]:
    warnings = report["warnings"]
    assert isinstance(warnings, list)
    return [warning for warning in warnings if f"a value of kind {kind} " in warning]


@pytest.mark.parametrize("name", SPEAKERS)
def test_ordinary_words_in_headers_harm_nobody(
    command: Command, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for side in ("make_palette_app", "make_local_ui_app"):
        make = getattr(embedded, side)
        monkeypatch.setattr(
            embedded, side, lambda *a, make=make, **k: says_too(make(*a, **k), SPEAKERS[name])
        )
    some = ("-k", SOME) if name == "our words" else WITHDRAWALS
    report = certified(command, *some)
    assert bool(warned_of(report, "cookie")) is (name != "labels")
    text = (command.folder / "out" / "evidence.jsonl").read_text("utf-8")
    assert {
        "a word of the list": "state=<cookie:1>",
        "a part of our names": "env=<cookie:1>",
        "our words": "c10=<cookie:11>; Path=/",
        "labels": "<~cookie:1> <~token:1>",
        "an id that was seen": "project=<cookie:1>; Path=/",
    }[name] in text


@pytest.mark.parametrize("password", ["Pairing", pytest.param("cluster", marks=pytest.mark.slow)])
def test_a_password_that_is_a_word_of_ours_harms_nobody(
    command: Command, password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        Secrets,
        "seeded",
        lambda seed, once=Secrets.seeded: replace(once(seed), local_password=password),
    )
    report = certified(command, "-k", f"({SOME}) or as-before")
    (warning,) = warned_of(report, "password")
    assert "too short" in warning
    assert password not in warning
    text = (command.folder / "out" / "evidence.jsonl").read_text("utf-8")
    assert f'"password":"{password}"' not in text
    assert f'password\\":\\"{password}' not in text
    assert '"password":"<password:1>"' in text
