"""Nothing is changed elsewhere without leave, and whoever starts a run is told where it writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.targets.arranging.commands import Command
from harness.targets.arranging.reading import ArrangingSettings
from harness.targets.links.reading import LinkCommands, Links
from harness.targets.port import TargetInfo, TargetUnusable
from harness.targets.target import (
    TOLD_MAX,
    Control,
    Host,
    Target,
    TargetSlot,
    check_permission,
    describe,
    written_to,
)

HERE = "http://127.0.0.1:80"
AWAY = "https://palette.example"


def command(*words: str) -> Command:
    return Command(words, Path())


def described(**more: Any) -> Target:
    return Target(TargetInfo("Acme", "1.0", "Acme Inc."), **{"central_url": HERE, **more})


ELSEWHERE = {
    "palette": described(central_url=AWAY),
    "a host": described(places=(TargetSlot("slot-1", (Host("h-1", HERE), Host("h-2", AWAY))),)),
    "a control port": described(controls={"central": Control(AWAY, "x")}),
    "a command": described(
        arranging=ArrangingSettings(commands={"*": command("curl", f"-u{AWAY}/x")})
    ),
    "a reset": described(arranging=ArrangingSettings(resets={"slot-1": command("reset", AWAY)})),
    "Toxiproxy": described(links=Links(toxiproxy_url=AWAY)),
    "a cut": described(links=Links(commands=LinkCommands(command("cut", AWAY), command("mend")))),
    "a mend": described(links=Links(commands=LinkCommands(command("cut"), command("mend", AWAY)))),
}


@pytest.mark.parametrize("what", ELSEWHERE)
def test_elsewhere_nothing_is_changed_without_leave(what: str) -> None:
    target = ELSEWHERE[what]
    with pytest.raises(TargetUnusable, match=r"palette\.example.*allow_writes = true"):
        check_permission(target)


@pytest.mark.parametrize("what", ELSEWHERE)
def test_with_leave_it_is(what: str) -> None:
    target = ELSEWHERE[what]
    check_permission(Target(**{**_fields(target), "allow_writes": True}))


def _fields(target: Target) -> dict[str, Any]:
    return {name: getattr(target, name) for name in Target.__dataclass_fields__}


@pytest.mark.parametrize("url", [HERE, "http://localhost:1", "http://[::1]:2", "http://127.9.9.9"])
def test_what_is_here_needs_none(url: str) -> None:
    check_permission(described(central_url=url))


@pytest.mark.parametrize(
    "url",
    ["http://localhost.example", "http://0.0.0.0:1", "http://127.0.0.1.example", "http://10.0.0.1"],
)
def test_what_only_looks_like_here_does(url: str) -> None:
    with pytest.raises(TargetUnusable):
        check_permission(described(central_url=url))


def test_each_address_is_told_once_and_many_are_counted() -> None:
    hosts = tuple(Host(f"h-{n}", f"http://edge-{n}.example") for n in range(TOLD_MAX))
    target = described(places=(TargetSlot("slot-1", hosts),), central_url=AWAY)
    assert len(written_to(target)) == TOLD_MAX + 1
    line = describe(target)
    assert line.startswith("Acme 1.0 by Acme Inc., writes to http://edge-0.example, ")
    assert line.endswith(" and 1 more")


def test_a_name_that_attacks_is_text() -> None:
    line = describe(Target(TargetInfo("a\x1b[2J\nb"), central_url=HERE))
    assert line == f"a\\u001b[2J\\u000ab, writes to {HERE}"
