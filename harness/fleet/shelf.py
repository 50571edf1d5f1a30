"""The scenarios that are shipped, by name, and the table of them in `scenarios/README.md`."""

from __future__ import annotations

import os
from pathlib import Path

from harness.configuration.errors import nearest
from harness.files import read_text
from harness.fleet.loading import load
from harness.fleet.scenario import SCENARIO_FILE, SCENARIOS, Scenario, ScenarioError
from harness.fleet.spelling import duration_text, number_text
from harness.suite import suite_dir

_SUFFIX = ".toml"
_INTRODUCTION = """\
# Scenarios

What a fleet goes through, one TOML file each: who is there, what goes wrong, what a run has to
get to (*reach*, for each thousand hosts and at least once: otherwise it is inconclusive), and
what must hold (*gate*). They travel in the wheel, and `pairproof fleet NAME` finds them by name,
with any `--hosts` and `--seed`. [docs/scenarios.md](../docs/scenarios.md) explains every key; a
file of your own is run by its path.

This page is made from the files.
"""


def shipped() -> tuple[Path, ...]:
    """The files of the shipped scenarios, sorted by name.

    Raises:
        SuiteMissing: their folder is missing.
    """
    found = suite_dir("scenarios").glob(f"*{_SUFFIX}")
    return tuple(sorted(found, key=lambda path: path.stem))


def names() -> tuple[str, ...]:
    """The names of the shipped scenarios, sorted."""
    return tuple(path.stem for path in shipped())


def find(name_or_path: str) -> Scenario:
    """A shipped scenario by its name, or one in a file by its path.

    A path is what has a separator in it or ends in `.toml`.

    Raises:
        ScenarioError: there is none, or it says what it may not say.
        SuiteMissing: the folder of the shipped ones is missing.
    """
    return load(_path_of(name_or_path))


def is_shipped(name_or_path: str) -> bool:
    """Whether this names a shipped scenario, and no file."""
    return "/" not in name_or_path and not name_or_path.endswith(".toml")


def text_of(name_or_path: str) -> str:
    """The text of a scenario's file.

    Raises:
        ScenarioError: there is none, or it says what it may not say.
        SuiteMissing: the folder of the shipped ones is missing.
    """
    find(name_or_path)
    return read_text(_path_of(name_or_path), SCENARIO_FILE)


def _path_of(name_or_path: str) -> Path:
    if name_or_path.endswith(_SUFFIX) or os.sep in name_or_path:
        return Path(name_or_path)
    by_name = {path.stem: path for path in shipped()}
    if name_or_path not in by_name:
        known = f"there are {', '.join(by_name)}; a file is given by its path, such as ./mine.toml"
        remedy = nearest(name_or_path, by_name, known)
        raise ScenarioError.whole(name_or_path, 0, "there is no such scenario", remedy)
    return by_name[name_or_path]


def readme() -> str:
    """The text of `scenarios/README.md`.

    Raises:
        ScenarioError: one of the shipped files says what it may not say.
        SuiteMissing: their folder is missing.
    """
    scenarios = [load(path) for path in shipped()]
    head = ["| scenario | why | hosts | lasts | faults |", "| --- | --- | --: | --: | --- |"]
    sections = [_section(scenario) for scenario in scenarios]
    return "\n".join([_INTRODUCTION, *head, *map(_row, scenarios), "", *sections])


def _row(scenario: Scenario) -> str:
    name, hosts = f"[{scenario.name}](#{scenario.name})", f"{scenario.fleet.hosts:,}"
    why, lasts = " ".join(scenario.why.split()), duration_text(scenario.duration)
    written = SCENARIOS.write(scenario).get("faults", [])
    faults = "; ".join(map(_fault, written)) or "none"
    faults = "drawn from the seed" if scenario.swarm else faults
    return f"| {name} | {why} | {hosts} | {lasts} | {faults} |"


def _fault(fault: dict[str, str]) -> str:
    """A fault in a few words: what, whom, when."""
    when = next((f"{name} {fault[name]}" for name in ("at", "every") if name in fault), "drawn")
    again = f", every {fault['repeat']}" if "repeat" in fault else ""
    whom = f" of {fault['scope']}" if "scope" in fault else ""
    return f"{fault['kind']}{whom} {when}{again}"


def _section(scenario: Scenario) -> str:
    reach = ", ".join(f"{name} {number_text(number, 3)}" for name, number in scenario.reach)
    gate = ", ".join(f"`{expression}`" for expression in scenario.gate)
    return f"""\
## {scenario.name}

- reach: {reach or "nothing in particular"}
- gate: {gate}

```sh
pairproof fleet {scenario.name}
```
"""
