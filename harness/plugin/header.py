"""The first line of the evidence: what is tested, how, and with what."""

from __future__ import annotations

import json
import os
import platform
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness import __version__
from harness.catalogue.edition import EDITION
from harness.catalogue.limits import Limits
from harness.catalogue.requirement import Role
from harness.history.lines import HarnessInfo, Header, Implementation, Run
from harness.history.lines import Selection as Asked
from harness.running.scenario import plays
from harness.running.selection import Selection
from harness.targets.port import Driver, TargetUnusable

_CHECKOUT = Path(__file__).resolve().parent.parent.parent


def header_of(config: pytest.Config, driver: Driver, selection: Selection) -> Header:
    """The header of a run.

    Raises:
        TargetUnusable: the target does not play the role that was asked for.
    """
    info = driver.info
    return Header(
        harness=HarnessInfo(__version__),
        edition=EDITION,
        implementation=Implementation(
            info.name, info.version, info.organization, info.url, info.contact
        ),
        roles=_roles(driver, selection),
        profile=selection.profile.value if selection.profile else None,
        driver=driver.name,
        seed=config.getoption("pairproof_seed"),
        repeat=config.getoption("pairproof_repeat"),
        selection=Asked(
            list(selection.requirements),
            _tags_asked_for(config, selection),
            config.getoption("keyword", "") or "",
        ),
        features=sorted(feature.value for feature in info.features),
        limits=limits_of(driver).as_dict(),
        target_file=config.getoption("pairproof_target") or "",
        run=Run(
            command=_command(config),
            started_at=now_utc(),
            platform=_platform(),
            workers=_workers(config),
            commit=commit_of(_CHECKOUT),
        ),
    )


def limits_of(driver: Driver) -> Limits:
    """The limits of a run: those of the target, where it states any."""
    limits = getattr(driver, "limits", None)
    return limits if isinstance(limits, Limits) else Limits()


def now_utc() -> str:
    """Wall time, RFC 3339 in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def commit_of(checkout: Path) -> str:
    """The commit that a checkout is at; empty where there is none."""
    git = checkout / ".git"
    try:
        head = (git / "HEAD").read_text("utf-8").strip()
        name = head.removeprefix("ref: ")
        if name == head:
            return head
        if (git / name).is_file():
            return (git / name).read_text("utf-8").strip()
        packed = (git / "packed-refs").read_text("utf-8").splitlines()
    except OSError:
        return ""
    return next((line.split()[0] for line in packed if line.endswith(f" {name}")), "")


def _roles(driver: Driver, selection: Selection) -> list[str]:
    played = [role for role in (Role.EDGE, Role.CENTRAL) if plays(driver.info, role)]
    if selection.role is Role.BOTH:
        return sorted(role.value for role in played)
    if selection.role not in played:
        sides = " and ".join(role.value for role in played)
        raise TargetUnusable(
            f"{driver.info.name} plays the {sides} side, and --role {selection.role.value} was"
            " asked for; choose a role that it plays"
        )
    return [selection.role.value]


def _tags_asked_for(config: pytest.Config, selection: Selection) -> str:
    """Tags may be asked for in our words and in pytest's at once."""
    texts = [selection.tags.text, config.getoption("markexpr", "") or ""]
    asked = [text for text in texts if text]
    return "".join(asked) if len(asked) < 2 else " and ".join(f"({text})" for text in asked)


def _command(config: pytest.Config) -> list[str]:
    given = config.getoption("pairproof_command")
    if given:
        return [str(word) for word in json.loads(given)]
    return ["pytest", *(str(argument) for argument in config.invocation_params.args)]


def _workers(config: pytest.Config) -> int:
    return int(getattr(config, "workerinput", {}).get("workercount", 1))


def _platform() -> dict[str, object]:
    return {
        "system": platform.system(),
        "release": platform.release(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "cpus": os.cpu_count() or 1,
    }
