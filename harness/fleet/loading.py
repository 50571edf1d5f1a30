"""Scenarios from TOML files and from plain data, and back.

A file is read whole: everything that is wrong with it is told at once, each with its line.
What is written says no more than it must, and loads as the same scenario. `docs/scenarios.md`
explains every key.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path as File
from typing import Final, cast

import msgspec

from harness.files import FileKind, parse_toml, read_text
from harness.fleet.contradictions import contradictions, flaws, out_of_bounds, out_of_reach, parts
from harness.fleet.keys import FAULT, SCHEMA, TABLES, TOP, Plan, Table
from harness.fleet.kinds import toml_text
from harness.fleet.kinds_of_many import NumbersByName
from harness.fleet.mistakes import Flaw, Misspelt, ScenarioError, ScenarioFlaw, literal, nearest
from harness.fleet.scenario import HOUR, FaultKind, Scenario
from harness.history.lines import Object
from harness.history.plain import to_json_object
from harness.targets.toml_lines import Path, dotted, line_in, lines_of

_INSTEAD: Final[Mapping[str, object]] = {"name": "unknown", "why": "unknown", "duration": HOUR}
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
        raise _error(source, text, [wrong])
    return scenario


def read(text: str, source: str) -> Scenario:
    """The scenario that a text describes; `source` is what messages call it.

    Raises:
        ScenarioError: the text says what it may not say.
    """
    data = _toml(text, source)
    reader = _Reader()
    scenario = reader.scenario(data)
    found = [*reader.flaws, *out_of_bounds(scenario)]
    if reader.knows_duration:
        spoiled = {_part(flaw) for flaw in found}
        found += [flaw for flaw in contradictions(scenario) if _part(flaw) not in spoiled]
        if not spoiled:  # what is out of reach can be told only of a whole file
            found += out_of_reach(scenario)
    if found:
        raise _error(source, text, found)
    return scenario


def _part(flaw: Flaw) -> Path:
    """The table that a flaw is in: what is wrong there already may be all that is wrong."""
    return flaw.path[: 2 if flaw.path[:1] == ("faults",) else 1]


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
        flaw = ScenarioFlaw(0, "", str(error), "correct the data")
        raise ScenarioError(source, [flaw]) from error
    if unknown := _unknown(data, as_plain(scenario), ""):
        remedy = "use the pairproof that wrote it, or a later one"
        told = "there is no such field"
        raise ScenarioError(source, [ScenarioFlaw(0, name, told, remedy) for name in unknown])
    require(scenario, source)
    return scenario


def require(scenario: Scenario, source: str) -> None:
    """Raise `ScenarioError` for a scenario that makes no sense."""
    if found := list(flaws(scenario)):
        mistakes = [ScenarioFlaw(0, dotted(flaw.path), flaw.found, flaw.remedy) for flaw in found]
        raise ScenarioError(source, mistakes)


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


# --- text -------------------------------------------------------------------------------


def _unusable(file: str, line: int, found: str, remedy: str) -> ScenarioError:
    return ScenarioError(file, [ScenarioFlaw(line, "", found, remedy)])


SCENARIO_FILE: Final = FileKind("give the path of a scenario file", error=_unusable)


def _toml(text: str, source: str) -> dict[str, object]:
    """The text as TOML, of this version of the schema."""
    data = parse_toml(text, source, SCENARIO_FILE, Decimal)
    schema = data.pop("schema", None)
    if schema != SCHEMA:
        told = "it is missing" if schema is None else f"{literal(schema)} stands there"
        remedy = f'write schema = "{SCHEMA}", or use the pairproof that knows the other one'
        raise _error(source, text, [Flaw(("schema",), told, remedy)])
    return data


def _error(source: str, text: str, found: Iterable[Flaw]) -> ScenarioError:
    lines = lines_of(text)
    return ScenarioError(
        source,
        [ScenarioFlaw(line_in(lines, f.path), dotted(f.path), f.found, f.remedy) for f in found],
    )


# --- data -------------------------------------------------------------------------------


class _Reader:
    """Reads the data of a file, and notes what it cannot read instead of giving up."""

    def __init__(self) -> None:
        self.flaws: list[Flaw] = []
        self.knows_duration = True
        """Whether the duration is the one that the file says."""

    def scenario(self, data: Mapping[str, object]) -> Scenario:
        """The scenario, with defaults for what cannot be read."""
        known = [*TOP.by_name, *(table.name for table in TABLES), "faults", "schema"]
        self._refuse_unknown(data, known, ())
        values = self._fields(data, TOP, ())
        for table in TABLES:
            inner = self._table(data.get(table.name, {}), (table.name,))
            self._refuse_unknown(inner, table.by_name, (table.name,))
            values[table.name] = table.make(self._fields(inner, table, (table.name,)))
        values["faults"] = self._faults(data.get("faults", []))
        self.knows_duration = "duration" in values
        for name, instead in _INSTEAD.items():
            if name not in data:
                self.flaws.append(Flaw((), f"{name} is missing", f"add {name} = …"))
            values.setdefault(name, instead)
        if values.get("swarm"):
            values["given"] = frozenset(_given(data))
        return cast("Scenario", TOP.make(values))

    def _faults(self, value: object) -> tuple[object, ...]:
        if not isinstance(value, list):
            remedy = "begin each fault with [[faults]]"
            self.flaws.append(Flaw(("faults",), f"{literal(value)} is no list of tables", remedy))
            return ()
        return tuple(self._fault(entry, ("faults", n)) for n, entry in enumerate(value))

    def _fault(self, value: object, path: Path) -> object:
        data = self._table(value, path)
        self._refuse_unknown(data, FAULT.by_name, path)
        fields = self._fields(data, FAULT, path)
        if isinstance(value, dict) and "kind" not in data:
            remedy = f"add kind, {FAULT.by_name['kind'].kind.words}"
            self.flaws.append(Flaw(path, "kind is missing", remedy))
        return FAULT.make({"kind": FaultKind.LINK, **fields})

    def _table(self, value: object, path: Path) -> dict[str, object]:
        if isinstance(value, dict):
            return value
        remedy = f"write a table: [{dotted(path)}]"
        self.flaws.append(Flaw(path, f"{literal(value)} is no table", remedy))
        return {}

    def _refuse_unknown(self, data: Mapping[str, object], known: Iterable[str], path: Path) -> None:
        for name in data:
            if name not in known:
                where = f"[{dotted(path)}]" if path else "a scenario"
                remedy = nearest(name, known, f"remove it; there are {', '.join(known)}")
                self.flaws.append(Flaw((*path, name), f"there is no such key in {where}", remedy))

    def _fields(self, data: Mapping[str, object], table: Table, path: Path) -> dict[str, object]:
        """What the keys of a table say, by field; those that cannot be read are not there."""
        values: dict[str, object] = {}
        for name, value in data.items():
            key = table.by_name.get(name)
            if key is None:
                continue
            try:
                values[key.field] = key.kind.read(value)
            except Misspelt as error:
                self.flaws.append(Flaw((*path, name, *error.path), error.found, error.remedy))
        return values


def _given(data: Mapping[str, object]) -> Iterable[str]:
    """The keys that a file sets, such as `fleet.hosts`; of the faults, that there are any."""
    names = {table.name for table in TABLES}
    for name, value in data.items():
        if name in names and isinstance(value, dict):
            yield from (f"{name}.{key}" for key in value)
        elif name == "faults":
            yield name


# --- back into a file ---------------------------------------------------------------------

_ALWAYS = frozenset({"gate"})
"""What a reader wants to see, even where it is the default."""


def as_toml(scenario: Scenario) -> str:
    """The text of the scenario's file. What has its default is left out, but for the gate."""
    lines = [f"schema = {toml_text(SCHEMA)}", *_lines(scenario, TOP, scenario)]
    if "faults" in scenario.given and not scenario.faults:
        lines.append("faults = []")
    for path, table, plan in parts(scenario):
        inside = list(_lines(scenario, table, plan)) if path else []
        if inside or path[:1] == ("faults",):
            header = f"[[{path[0]}]]" if len(path) > 1 else f"[{path[0]}]"
            lines += ["", header, *inside]
    for key in TOP.keys:
        pairs: tuple[tuple[str, int], ...] = getattr(scenario, key.field)
        if (
            isinstance(key.kind, NumbersByName) and pairs
        ):  # a table of numbers by name, after all else
            number = key.kind.number
            lines += ["", f"[{key.name}]", *(f"{n} = {number.text(value)}" for n, value in pairs)]
    return "\n".join(lines) + "\n"


def _lines(scenario: Scenario, table: Table, plan: Plan) -> Iterator[str]:
    for key in table.keys:
        is_given = f"{table.name}.{key.name}" in scenario.given
        is_table = isinstance(key.kind, NumbersByName)
        if not is_table and (is_given or key.name in _ALWAYS or table.is_set(plan, key.field)):
            yield f"{key.name} = {key.kind.text(getattr(plan, key.field))}"
