"""Scenarios from TOML files and from plain data, and back.

A file is read whole: everything that is wrong with it is told at once, each with its line.
What is written says no more than it must, and loads as the same scenario. `docs/scenarios.md`
explains every key.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path as File
from typing import Any, Final, cast

import msgspec

from harness.configuration.errors import Flaw, PlacedFlaw, nearest
from harness.configuration.model import without
from harness.configuration.toml_lines import Path, toml_document
from harness.files import read_text
from harness.fleet.contradictions import contradictions, flaws, out_of_reach
from harness.fleet.scenario import (
    PLANS,
    SCENARIO_FILE,
    SCENARIOS,
    FaultKind,
    Scenario,
    ScenarioError,
)
from harness.fleet.spelling import duration_text, number_text
from harness.history.lines import Object
from harness.history.plain import to_json_object
from harness.suite import suite_dir

_INSTEAD: Final[Mapping[str, object]] = {"name": "unknown", "why": "unknown", "duration": "1h"}
"""What stands in for what is missing, so that the rest of a file can be judged."""


def load(path: File) -> Scenario:
    """The scenario that a file describes.

    Raises:
        ScenarioError: the file cannot be read, or says what it may not say.
    """
    text, source = read_text(path, SCENARIO_FILE), str(path)
    scenario = read(text, source)
    if scenario.name != path.stem:
        told = f'it is "{scenario.name}", and the file is called {path.name}'
        wrong = Flaw(("name",), told, f'write name = "{path.stem}", or rename the file')
        raise ScenarioError.of(source, text, [wrong])
    return scenario


def read(text: str, source: str) -> Scenario:
    """The scenario that a text describes; `source` is what messages call it.

    Raises:
        ScenarioError: the text says what it may not say.
    """
    data = SCENARIOS.parse(text, source)
    scenario, found = SCENARIOS.read(data)
    rest = scenario or _without(data, {flaw.path for flaw in found})
    if rest is not None and rest.swarm:
        rest = replace(rest, given=frozenset(_given(data)))
    if rest is not None and all(flaw.path != ("duration",) for flaw in found):
        spoiled = {_part(flaw) for flaw in found}
        found += [flaw for flaw in contradictions(rest) if _part(flaw) not in spoiled]
        if not spoiled:  # what is out of reach can be told only of a whole file
            found += out_of_reach(rest)
    if found or rest is None:
        raise ScenarioError.of(source, text, found)
    return rest


def _without(data: Mapping[str, Any], spoiled: set[Path]) -> Scenario | None:
    """What the rest of a file says, if that makes sense alone."""
    kept = {**_INSTEAD, **without(data, spoiled)}
    if isinstance(kept.get("faults"), list):
        kept["faults"] = [{"kind": FaultKind.LINK, **fault} for fault in kept["faults"]]
    return SCENARIOS.read(kept)[0]


def _part(flaw: Flaw) -> Path:
    """The table that a flaw is in: what is wrong there already may be all that is wrong."""
    return flaw.path[: 2 if flaw.path[:1] == ("faults",) else 1]


def _given(data: Mapping[str, object]) -> Iterable[str]:
    """The keys that a file sets, such as `fleet.hosts`; of the faults, that there are any."""
    for name, value in data.items():
        if name in PLANS and isinstance(value, dict):
            yield from (f"{name}.{key}" for key in value)
        elif name == "faults":
            yield name


def with_overrides(
    scenario: Scenario, hosts: int | None = None, seed: int | None = None, until: int | None = None
) -> Scenario:
    """The scenario as the command line wants it. `until` is in microseconds.

    A fault whose time (`at`) then comes after the end is left out.

    Raises:
        ScenarioError: it makes no sense so.
    """
    changed = scenario
    if hosts is not None:
        given = scenario.given | {"fleet.hosts"} if scenario.swarm else scenario.given
        changed = replace(changed, fleet=replace(changed.fleet, hosts=hosts), given=given)
    if seed is not None:
        changed = replace(changed, seed=seed)
    if until is not None:
        faults = tuple(f for f in changed.faults if f.at is None or f.at < until)
        changed = replace(changed, duration=until, faults=faults)
    require(changed, f"{scenario.name}, as it was asked for")
    return changed


def as_plain(scenario: Scenario) -> Object:
    """The scenario as JSON data, field by field: what evidence holds of it."""
    return cast("Object", to_json_object(scenario))


def from_plain(data: Object, source: str = "the scenario in the evidence") -> Scenario:
    """The scenario that was `as_plain`. Fields that are missing have their defaults.

    Raises:
        ScenarioError: the data does not fit, or there is a field that is not known here.
    """
    try:
        scenario = msgspec.convert(data, Scenario)
    except msgspec.ValidationError as error:
        raise ScenarioError.whole(source, 0, str(error), "correct the data") from error
    if unknown := _unknown(data, as_plain(scenario), ""):
        remedy = "use the pairproof that wrote it, or a later one"
        told = "there is no such field"
        raise ScenarioError(source, [PlacedFlaw(0, name, told, remedy) for name in unknown])
    require(scenario, source)
    return scenario


def require(scenario: Scenario, source: str) -> None:
    """Raise `ScenarioError` for a scenario that makes no sense."""
    if found := list(flaws(scenario)):
        raise ScenarioError.of(source, "", found)


def _unknown(data: object, known: object, path: str) -> list[str]:
    """Where data has keys that the scenario does not have."""
    if isinstance(data, dict) and isinstance(known, dict):
        found = [f"{path}{name}" for name in data if name not in known]
        for name in known:
            found += _unknown(data.get(name), known[name], f"{path}{name}.")
        return found
    if isinstance(data, list) and isinstance(known, list):
        pairs = enumerate(zip(data, known, strict=False))
        return [name for n, (a, b) in pairs for name in _unknown(a, b, f"{path}{n}.")]
    return []


# --- back into a file ---------------------------------------------------------------------

_ALWAYS: Final = frozenset({"gate"})
"""What a reader wants to see, even where it is the default."""


def as_toml(scenario: Scenario) -> str:
    """The text of the scenario's file. What has its default is left out, but for the gate."""
    short, whole = (SCENARIOS.write(scenario, defaults=defaults) for defaults in (False, True))
    data: dict[str, Any] = {"schema": SCENARIOS.schema}
    for name, part in whole.items():
        if name in PLANS:
            said = {*short.get(name, ()), *(n.removeprefix(f"{name}.") for n in scenario.given)}
            part = {key: value for key, value in part.items() if key in said}
        elif name not in _ALWAYS:
            part = short.get(name, [] if name in scenario.given else None)
        if part or name in (*_ALWAYS, *short) or name in scenario.given:
            data[name] = part
    return toml_document(data)


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


def shipped() -> tuple[File, ...]:
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


def _path_of(name_or_path: str) -> File:
    if name_or_path.endswith(_SUFFIX) or os.sep in name_or_path:
        return File(name_or_path)
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
