"""The tables of a mapping that follow from OpenAPI documents; what is unsure is said beside."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from textwrap import wrap
from typing import Final

from harness.configuration.toml_writing import assignments, toml
from harness.domain.operations import Operation, Surface
from harness.history.visible import visible_line
from harness.targets.drafting.fields import FieldMatches, Unmappable, field_matches, placed
from harness.targets.drafting.matching import Certainty, Match, matched
from harness.targets.drafting.openapi import Document
from harness.targets.operations_page import places_of
from harness.wire.losses import losses
from harness.wire.mapping import MappingError, OperationMap, WireMap
from harness.wire.mapping.json_path import At
from harness.wire.mapping.keys import PATH, SeveralPlaces
from harness.wire.routes import ROUTES, Route, routes_of

_ASKED_MAX: Final = 12
"""Fields without a counterpart beyond this are counted, not listed."""


@dataclass(frozen=True, slots=True)
class Drafted:
    """One operation as far as it is known.

    Attributes:
        match: what the document has for it; `None` where it has nothing.
        change: how it differs; nothing where it does not, or where it cannot be said.
        unsure: entries of `change` that are guesses, such as `request.pairingUid`.
        asked: fields of ours that have no counterpart, such as `response.message`.
        why_not: why it cannot be mapped, empty where it can.
    """

    route: Route
    match: Match | None = None
    change: OperationMap = field(default_factory=OperationMap)
    unsure: frozenset[str] = frozenset()
    asked: tuple[str, ...] = ()
    why_not: str = ""

    @property
    def is_missing(self) -> bool:
        """Whether a person has to say where it is asked."""
        return self.match is None or bool(self.why_not)


@dataclass(frozen=True, slots=True)
class WireDraft:
    """What a document knows of our operations."""

    sources: tuple[str, ...]
    operations: tuple[Drafted, ...]

    def count(self, certainty: Certainty) -> int:
        """How many were found or guessed."""
        kept = [d.match for d in self.operations if not d.is_missing and d.match is not None]
        return sum(match.certainty is certainty for match in kept)

    @property
    def missing(self) -> int:
        """How many a person has to look for."""
        return sum(drafted.is_missing for drafted in self.operations)

    def describe(self) -> str:
        """The figures in one line."""
        found, guessed = self.count(Certainty.FOUND), self.count(Certainty.GUESSED)
        return (
            f"of {len(self.operations)} operations {found} found, {guessed} guessed,"
            f" {self.missing} missing"
        )

    def text(self) -> str:
        """The tables, with comments."""
        return "\n".join(_lines(self))


def wire_draft(documents: Sequence[Document], surfaces: Iterable[Surface]) -> WireDraft:
    """The mapping that documents amount to, for the operations of these surfaces.

    It can be read: what would contradict itself is left to a person.
    """
    wanted = list(surfaces)
    matches = matched(documents, wanted)
    routes = routes_of(ROUTES, *wanted)
    drafted = {route.operation: _drafted(route, matches.get(route.operation)) for route in routes}
    return WireDraft(tuple(d.source for d in documents), tuple(_at_peace(drafted).values()))


def _drafted(route: Route, match: Match | None) -> Drafted:
    if match is None:
        return Drafted(route)
    theirs = match.theirs
    asked = field_matches(route.request, match.document, theirs.request)
    answered = field_matches(route.response, match.document, theirs.response)
    try:
        place = placed(route, match.document, theirs)
    except Unmappable as error:
        return Drafted(route, match, why_not=str(error))
    if not re.search(PATH.pattern, place.path):
        return Drafted(route, match, why_not="its path cannot be asked")
    request: dict[str, SeveralPlaces] = {**asked.sure, **asked.guessed, **place.request}
    change = OperationMap(
        method=theirs.method if theirs.method != route.method else "",
        path=place.path if place.path != route.path else "",
        status=theirs.statuses if theirs.statuses not in ((), (route.status,)) else (),
        request=request,
        response={**answered.sure, **answered.guessed},
    )
    unsure = _named("request", (*asked.guessed, *place.guessed))
    missing = (*_missing("request", asked, request), *_missing("response", answered, {}))
    unsure |= _named("response", answered.guessed)
    return Drafted(route, match, change, unsure, missing)


def _named(table: str, names: Iterable[str]) -> frozenset[str]:
    return frozenset(f"{table}.{name}" for name in names)


def _missing(table: str, of: FieldMatches, moved: Mapping[str, object]) -> Iterator[str]:
    return (f"{table}.{name}" for name in of.missing if name not in moved)


def _at_peace(drafted: dict[type[Operation], Drafted]) -> dict[type[Operation], Drafted]:
    """All of them, without what contradicts itself or others."""
    left = dict(drafted)
    while (error := _wrong(left)) is not None:
        kind = _to_blame(left, error.place)
        smaller = _without(left[kind], error.place) if kind.__name__ in error.place else None
        left[kind] = smaller or _given_up(left[kind], error.found)
    return left


def _wrong(drafted: Mapping[type[Operation], Drafted]) -> MappingError | None:
    """What a file with all of it would be refused for."""
    try:
        wire = WireMap({kind: d.change for kind, d in drafted.items()})
    except MappingError as error:
        return error
    agent = [kind for kind in drafted if kind.surface is Surface.AGENT]
    return next(losses(wire, drafted, agent), None)


def _without(drafted: Drafted, place: At) -> Drafted | None:
    """The same without the entry at a place; `None` where no entry is to blame."""
    if place[2:3] not in (("request",), ("response",)):
        return None
    table, name = str(place[2]), place[-1]
    entries: Mapping[str | int, str] = getattr(drafted.change, table)
    if name not in entries:
        return None
    kept = {ours: theirs for ours, theirs in entries.items() if ours != name}
    change = replace(drafted.change, **{table: kept})  # type: ignore[arg-type]
    return replace(drafted, change=change, asked=(*drafted.asked, f"{table}.{name}"))


def _given_up(drafted: Drafted, why: str) -> Drafted:
    return replace(drafted, change=OperationMap(), unsure=frozenset(), asked=(), why_not=why)


def _to_blame(drafted: Mapping[type[Operation], Drafted], place: At) -> type[Operation]:
    """The operation at a place, or the least sure one that is still moved."""
    moved = [kind for kind, d in drafted.items() if d.change != OperationMap()]
    named = [kind for kind in moved if kind.__name__ in place]
    likeness = {kind: m.likeness for kind in moved if (m := drafted[kind].match) is not None}
    return named[0] if named else min(moved, key=lambda kind: likeness.get(kind, 0.0))


# --- as text ------------------------------------------------------------------------------


def _lines(draft: WireDraft) -> Iterator[str]:
    yield "# --- another wire: what follows from OpenAPI; docs/wire.md explains the tables ---"
    for source in draft.sources:
        yield visible_line(f"# from {source}")
    yield f"# {draft.describe()[0].upper()}{draft.describe()[1:]}."
    for drafted in draft.operations:
        yield from _missing_lines(drafted) if drafted.is_missing else _table(drafted)


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


def _table(drafted: Drafted) -> Iterator[str]:
    match, change = drafted.match, drafted.change
    guessed = match is not None and match.certainty is Certainty.GUESSED
    if match is None or (change == OperationMap() and not guessed and not drafted.asked):
        return
    yield ""
    if guessed:
        told = f"# guessed: {drafted.route.summary} is {match.theirs.describe()}? ({match.why})"
    else:
        told = f"# found: {drafted.route.summary} ({match.why})"
    yield visible_line(told)
    name = f"paths.{drafted.route.operation.__name__}"
    own = {key: getattr(change, key) for key in ("method", "path", "status")}
    yield from (f"[{name}]", *assignments({key: said for key, said in own.items() if said}))
    yield from _entries(name, "request", change.request, drafted)
    yield from _entries(name, "response", change.response, drafted)


def _entries(
    name: str, table: str, entries: Mapping[str, object], drafted: Drafted
) -> Iterator[str]:
    asked = [a.partition(".")[2] for a in drafted.asked if a.startswith(f"{table}.")]
    if entries or asked:
        yield f"[{name}.{table}]"
    for ours, theirs in entries.items():
        unsure = f"{table}.{ours}" in drafted.unsure
        told = "is it this one?" if theirs else "it has no such thing"
        note = f"  # guessed: {told}" if unsure else ""
        yield f"{toml(ours)} = {toml(theirs)}{note}"
    for ours in asked[:_ASKED_MAX]:
        yield f'# {toml(ours)} = "…"  # where is it? "" means nowhere'
    if len(asked) > _ASKED_MAX:
        yield f"# and {len(asked) - _ASKED_MAX} more of which the document says nothing"
