"""The first line of the evidence: what is tested, how, and with what."""

from __future__ import annotations

import json
from collections.abc import Sequence

import msgspec
import pytest

from harness import __version__
from harness.catalogue.edition import EDITION
from harness.catalogue.limits import Limits
from harness.catalogue.requirement import Role
from harness.history.lines import EvidenceHeader, HarnessInfo, Implementation, WaiverLine
from harness.history.lines import SelectionInfo as Asked
from harness.running.facts import run_here
from harness.running.selection import Selection
from harness.targets.port import Driver, TargetUnusable


def header_of(
    config: pytest.Config,
    driver: Driver,
    selection: Selection,
    *,
    own: bool = False,
    out_of: int = 0,
    lacks: Sequence[str] = (),
) -> EvidenceHeader:
    """The header of a run. `own` says that none of its scenarios is of our suite; `out_of` how
    many there were before a budget was kept, and `lacks` what the target lacks, by which it was.

    Raises:
        TargetUnusable: the target does not play the role that was asked for.
    """
    info = driver.info
    command = json.loads(config.getoption("pairproof_command") or "[]")
    command = command or ["pytest", *config.invocation_params.args]
    waivers = config.getoption("pairproof_waivers")
    workers = int(getattr(config, "workerinput", {}).get("workercount", 1))
    return EvidenceHeader(
        harness=HarnessInfo(__version__),
        edition=EDITION,
        implementation=Implementation(
            info.name, info.version, info.organization, info.url, info.contact
        ),
        roles=_roles(driver, selection),
        profile=",".join(selection.profiles) or None,
        driver=driver.name,
        seed=config.getoption("pairproof_seed"),
        repeat=config.getoption("pairproof_repeat"),
        selection=Asked(
            list(selection.requirements),
            _tags_asked_for(config, selection),
            config.getoption("keyword", "") or "",
            own or msgspec.UNSET,
            budget_of(config)[0] or msgspec.UNSET,
            (budget_of(config)[0] and out_of) or msgspec.UNSET,
            list(selection.scenarios) or msgspec.UNSET,
            list(lacks) or msgspec.UNSET,
        ),
        features=sorted(feature.value for feature in info.features),
        limits=limits_of(driver).as_dict(),
        target_file=config.getoption("pairproof_target") or "",
        waivers=msgspec.json.decode(waivers, type=list[WaiverLine]) if waivers else [],
        run=run_here([*map(str, command)], workers),
    )


def budget_of(config: pytest.Config) -> tuple[str, float]:
    """How long the run may last, as it was typed and in seconds; empty where nobody has said."""
    text, _, lasts_s = str(config.getoption("pairproof_budget")).partition("=")
    return text, float(lasts_s or 0)


def limits_of(driver: Driver) -> Limits:
    """The limits of a run: those of the target, where it states any."""
    limits = getattr(driver, "limits", None)
    return limits if isinstance(limits, Limits) else Limits()


def _roles(driver: Driver, selection: Selection) -> list[str]:
    played = [role for role in (Role.EDGE, Role.CENTRAL) if driver.info.plays(role)]
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
