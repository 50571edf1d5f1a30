"""A target file from answers and documents: TOML, each key with its sentence as a comment."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from textwrap import wrap
from typing import Any, Final

from harness.configuration.kinds import Node
from harness.configuration.toml_lines import assignment, assignments, toml, toml_key
from harness.domain.arrangements import Side
from harness.domain.operations import AcceptanceStep, Operation, Surface
from harness.history.visible import visible_line
from harness.targets.drafting import matching
from harness.targets.drafting.filling import Filling, Hints, WrongAnswer, sentence_of
from harness.targets.drafting.openapi import Document
from harness.targets.operations_page import places_of
from harness.targets.reading import address
from harness.targets.target_file import read_target
from harness.targets.target_keys import SCHEMA, TARGETS
from harness.wire.json_path import At
from harness.wire.losses import losses, mixed_up
from harness.wire.mapping import PLAIN, MappingError, OperationMap, WireMap
from harness.wire.mapping.keys import PATH
from harness.wire.routes import ROUTES, Route, routes_of
from harness.wire.table.palette import TENANT_TABLE

_Lines = Iterator[str]

_HEAD = (
    "# A target file: what is certified, and how it is reached. docs/target-file.md explains",
    "# every key. Paths of files start at this file's folder.",
    assignment("schema", SCHEMA),
)


_ANOTHER_WIRE = (
    "# --- another wire: docs/describe-your-product.md shows how ---",
    "# Each operation is below as it is published: take the # away where yours is another one, and",
    "# say in request and response where a field stands that has another place or name there.",
)


def composed(filling: Filling, wire: WireDraft | None, out: Path) -> str:
    """The target file with the tables of a mapping, read once: no answer should make that fail."""
    own = {n: of for n, of in TARGETS.tree["properties"].items() if not hasattr(PLAIN, n)}
    lines = [*_HEAD, *_table({"properties": own}, filling.data, "")]
    lines += ["", *([wire.text()] if wire else _skeleton(filling)), ""]
    lines += [
        "# Next: fill in the credentials, then see what is still missing:",
        f"#   pairproof doctor --target {json.dumps(str(out))[1:-1]}",
    ]
    text = "\n".join(lines) + "\n"
    read_target(text, str(out), out.parent, filling.environment())
    return text


def _skeleton(filling: Filling) -> _Lines:
    """Every operation that is asked of the sides of a file, and between them."""
    yield from _ANOTHER_WIRE
    surfaces = {Surface.AGENT, *(s for s, side in _SIDE_OF.items() if side in filling.sides)}
    left_out = () if filling.at("central", "admin") else [row.operation for row in TENANT_TABLE]
    for kind, route in ROUTES.items():
        is_asked = kind.surface in surfaces and kind not in left_out
        if is_asked and not issubclass(kind, AcceptanceStep):
            yield from commented(route, f"{route.summary}.")


def env_template(variables: Sequence[str]) -> str:
    """The file of credentials, without any."""
    lines = ["# Fill in the values. Only you may read this file (mode 600); keep it out of git."]
    return "\n".join([*lines, *(f"{name}=" for name in variables)]) + "\n"


def _table(node: Node, data: Mapping[str, Any], at: str, *, is_first: bool = True) -> _Lines:
    """What stands in a table, each key with its sentence, and then the tables below it; of a list
    of tables the first has the sentences.
    """
    known: Node = node.get("properties") or dict.fromkeys(data, node["additionalProperties"])
    below = {name: inner for name, inner in known.items() if _holds_tables(inner)}
    for name in (n for n in known if n in data and n not in below):
        yield from _said(known[name]) if is_first else ()
        yield assignment(name, data[name])
    if is_first and (left := [name for name in known if name not in data]):
        yield from wrap(f"# not said: {', '.join(left)}", 98, subsequent_indent="#   ")
    for name, inner in below.items():
        here, value = f"{at}{toml_key(name)}", data.get(name, [])
        tables = value if isinstance(value, list) else [value]
        is_one = "properties" in inner
        for n, each in enumerate(tables):
            yield from ("", *(_said(inner) if is_first and n == 0 else ()))
            yield from (f"[[{here}]]",) if tables is value else (f"[{here}]",) if is_one else ()
            below_it = inner.get("items", inner)
            yield from _table(below_it, each, f"{here}.", is_first=is_first and n == 0)


def _holds_tables(node: Node) -> bool:
    inner = (node, node.get("items"), node.get("additionalProperties"))
    return any(isinstance(each, dict) and "properties" in each for each in inner)


def _said(node: Node) -> _Lines:
    sentence = sentence_of(node)
    yield from wrap(f"# {sentence}.", 98, subsequent_indent="# ") if sentence else ()


# --- documents ----------------------------------------------------------------------------


_SIDE_OF = {Surface.LOCAL_UI: Side.EDGE, Surface.PALETTE: Side.CENTRAL, Surface.AGENT: Side.CENTRAL}


def hints_of(documents: Sequence[Document]) -> Hints:
    """What documents say before anything is asked: which sides, where, and what it is called."""
    sides: dict[Side, str] = {}
    for document in documents:
        sides.update(dict.fromkeys(_sides_of(document), document.server))
    first = documents[0] if documents else None
    return Hints(
        sides=frozenset(sides),
        edge_url=_address(sides.get(Side.EDGE, "")),
        central_url=_address(sides.get(Side.CENTRAL, "")),
        name=_plain(first.title) if first else "",
        version=_plain(first.version) if first else "",
    )


def _sides_of(document: Document) -> frozenset[Side]:
    """The sides that a document describes: those that are sure, or the likeliest one."""
    matches = matching.matched([document], Surface).values()
    counts: dict[Side, float] = defaultdict(float)
    for match in matches:
        counts[_SIDE_OF[match.route.surface]] += match.likeness
    sure = {_SIDE_OF[m.route.surface] for m in matches if m.is_sure}
    return frozenset(sure or sorted(counts, key=lambda side: -counts[side])[:1])


def _address(text: str) -> str:
    """An address of somebody else's that may be offered as an answer, or nothing."""
    try:
        return address(Filling(Path(), "").check(("central", "url"))(text))
    except WrongAnswer:
        return ""


def _plain(text: str) -> str:
    """A text of somebody else's that may be offered as an answer, or nothing."""
    return text.strip() if text.isprintable() and len(text) <= 80 else ""


def wire_of(documents: Sequence[Document], described: frozenset[Side]) -> WireDraft:
    """The mapping that documents amount to, for these sides, without contradictions."""
    surfaces = [Surface.LOCAL_UI] if Side.EDGE in described else []
    if Side.CENTRAL in described:
        surfaces += [Surface.PALETTE, Surface.AGENT]
    else:  # what edge hosts ask of Palette may stand in the documents all the same
        asked = matching.matched(documents, [Surface.AGENT]).values()
        surfaces += [Surface.AGENT] if any(m.is_sure for m in asked) else []
    matches = matching.matched(documents, surfaces)
    routes = routes_of(ROUTES, *surfaces)
    drafted = {route.operation: _drafted(route, matches.get(route.operation)) for route in routes}
    while (error := _wrong(drafted)) is not None:
        kind = _to_blame(drafted, error.place)
        smaller = _without(drafted[kind], error.place) if kind.__name__ in error.place else None
        drafted[kind] = smaller or replace(drafted[kind], why_not=error.found)
    return WireDraft(tuple(d.source for d in documents), tuple(drafted.values()))


_ASKED_MAX: Final = 12
"""Fields without a counterpart beyond this are counted, not listed."""

_Entries = Mapping[str, matching.Entry]


@dataclass(frozen=True, slots=True)
class Drafted:
    """One operation as far as it is known.

    Attributes:
        match: what the document has for it; `None` where it has nothing.
        path: where it is asked, if elsewhere than published.
        request, response: what stands elsewhere, by our place.
        why_not: why it cannot be mapped, empty where it can.
    """

    route: Route
    match: matching.Match | None = None
    path: str = ""
    request: _Entries = field(default_factory=dict)
    response: _Entries = field(default_factory=dict)
    why_not: str = ""

    @property
    def is_missing(self) -> bool:
        """Whether a person has to say where it is asked."""
        return self.match is None or bool(self.why_not)

    @property
    def change(self) -> OperationMap:
        """How it differs; nothing where it does not, or where it cannot be said."""
        if self.match is None or self.why_not:
            return OperationMap()
        theirs, ours = self.match.theirs, self.route
        return OperationMap(
            method=theirs.method if theirs.method != ours.method else "",
            path=self.path,
            status=theirs.statuses if theirs.statuses not in ((), (ours.status,)) else (),
            request={**_known(self.request)},
            response=_known(self.response),
        )

    @property
    def asked(self) -> tuple[str, ...]:
        """Places of ours that have no counterpart, such as `response.message`."""
        tables = {"request": self.request, "response": self.response}.items()
        return tuple(f"{t}.{ours}" for t, of in tables for ours in of if of[ours].theirs is None)


def _known(entries: _Entries) -> dict[str, str]:
    told = ((ours, entry.theirs) for ours, entry in entries.items())
    return {ours: theirs for ours, theirs in told if theirs is not None}


@dataclass(frozen=True, slots=True)
class WireDraft:
    """What a document knows of our operations."""

    sources: tuple[str, ...]
    operations: tuple[Drafted, ...]

    @property
    def guessed(self) -> int:
        """How many are alike."""
        matches = [d.match for d in self.operations if not d.is_missing and d.match is not None]
        return sum(not match.is_sure for match in matches)

    @property
    def sure(self) -> int:
        """How many are sure."""
        return len(self.operations) - self.missing - self.guessed

    @property
    def missing(self) -> int:
        """How many a person has to look for."""
        return sum(drafted.is_missing for drafted in self.operations)

    def describe(self) -> str:
        """The figures in one line."""
        return (
            f"of {len(self.operations)} operations {self.sure} found, {self.guessed} guessed,"
            f" {self.missing} missing"
        )

    def text(self) -> str:
        """The tables, with comments."""
        told = self.describe()
        lines = [
            "# --- another wire: what follows from OpenAPI; docs/wire.md explains the tables ---",
            *(visible_line(f"# from {source}") for source in self.sources),
            f"# {told[0].upper()}{told[1:]}.",
        ]
        for each in self.operations:
            lines += _missing_lines(each) if each.is_missing else _operation_lines(each)
        return "\n".join(lines)


def _drafted(route: Route, match: matching.Match | None) -> Drafted:
    if match is None:
        return Drafted(route)
    theirs, document = match.theirs, match.document
    try:
        path, moved = matching.placed(route, document, theirs)
    except matching.Unmappable as error:
        return Drafted(route, match, why_not=str(error))
    if not re.search(PATH.pattern, path):
        return Drafted(route, match, why_not="its path cannot be asked")
    request = [*matching.field_matches(route.request, document, theirs.request), *moved]
    response = matching.field_matches(route.response, document, theirs.response)
    asked, answered = ({each.ours: each for each in of} for of in (request, response))
    return Drafted(route, match, path if path != route.path else "", asked, answered)


def _wrong(drafted: Mapping[type[Operation], Drafted]) -> MappingError | None:
    """What a file with all of it would be refused for."""
    try:
        wire = WireMap({kind: d.change for kind, d in drafted.items()})
    except MappingError as error:
        return error
    agent = [kind for kind in drafted if kind.surface is Surface.AGENT]
    return next(chain(mixed_up(wire), losses(wire, drafted, agent)), None)


def _without(drafted: Drafted, place: At) -> Drafted | None:
    """The same without the entry at a place, or without all that is left out there, if it is that
    of a table; `None` where no entry is to blame.
    """
    if place[2:3] not in (("request",), ("response",)):
        return None
    table, name = str(place[2]), place[3:] and str(place[-1])
    entries: _Entries = getattr(drafted, table)
    known = _known(entries)
    lost = [ours for ours in known if (ours == name if name else not known[ours])]
    if not lost:
        return None
    asked = {ours: matching.Entry(ours, None) for ours in lost}
    return replace(drafted, **{table: {**entries, **asked}})  # type: ignore[arg-type]


def _to_blame(drafted: Mapping[type[Operation], Drafted], place: At) -> type[Operation]:
    """The operation at a place, or the least sure one that is still moved."""
    moved = [kind for kind, d in drafted.items() if d.change != OperationMap()]
    named = [kind for kind in moved if kind.__name__ in place]
    likeness = {kind: m.likeness for kind in moved if (m := drafted[kind].match) is not None}
    return named[0] if named else min(moved, key=likeness.__getitem__)


# --- as text ------------------------------------------------------------------------------


def _missing_lines(drafted: Drafted) -> Iterator[str]:
    route = drafted.route
    why = f" ({drafted.why_not})" if drafted.why_not else ""
    near = f"Is it {drafted.match.theirs.describe()}?" if drafted.match else "Where is it asked?"
    yield from commented(route, visible_line(f"missing: {route.summary}. {near}{why}"))


def commented(route: Route, told: str) -> Iterator[str]:
    """An operation as it is published, to be written over."""
    yield from ("", f"# {told}", f"# [paths.{route.operation.__name__}]")
    yield from (f"# method = {toml(route.method)}", f"# path = {toml(route.path)}")
    for table, places in places_of(route.operation).items():
        listed = ", ".join(map(toml, places))
        yield from wrap(f"#   {table}: {listed}", 98, subsequent_indent="#     ") if places else ()


def _operation_lines(drafted: Drafted) -> Iterator[str]:
    match, change = drafted.match, drafted.change
    guessed = match is not None and not match.is_sure
    if match is None or (change == OperationMap() and not guessed and not drafted.asked):
        return
    told = f"found: {drafted.route.summary} ({match.why})"
    if guessed:
        told = f"guessed: {drafted.route.summary} is {match.theirs.describe()}? ({match.why})"
    name = f"paths.{drafted.route.operation.__name__}"
    own = {key: getattr(change, key) for key in ("method", "path", "status")}
    yield from ("", visible_line(f"# {told}"), f"[{name}]")
    yield from assignments({key: said for key, said in own.items() if said})
    yield from _entries(f"[{name}.request]", drafted.request)
    yield from _entries(f"[{name}.response]", drafted.response)


def _entries(header: str, entries: _Entries) -> Iterator[str]:
    yield from [header] if entries else ()
    asked = [ours for ours, entry in entries.items() if entry.theirs is None]
    for ours, theirs, is_sure in entries.values():
        if theirs is not None:
            told = "is it this one?" if theirs else "it has no such thing"
            note = "" if is_sure else f"  # guessed: {told}"
            yield f"{toml(ours)} = {toml(theirs)}{note}"
    for ours in asked[:_ASKED_MAX]:
        yield f'# {toml(ours)} = "…"  # where is it? "" means nowhere'
    if len(asked) > _ASKED_MAX:
        yield f"# and {len(asked) - _ASKED_MAX} more of which the document says nothing"
