"""How the messages of one call look, by what a mapping says of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from harness.domain import operations as ops
from harness.wire.http import BODILESS, Json
from harness.wire.mapping.calls import CallPlan, Names, call_plan, value_of
from harness.wire.mapping.json_path import EACH, At, JsonPath, MappingError, Part, dotted, place_of
from harness.wire.mapping.keys import AnyCall, CallMap, OperationMap, SeveralPlaces, WireKeys
from harness.wire.mapping.plan import (
    BodyPlan,
    BodyRules,
    OutsideMapping,
    entry_of,
    listed,
    plan_of,
)
from harness.wire.mapping.scope import BodyScope
from harness.wire.mapping.shape import Fields, shape_of
from harness.wire.mapping.template import Template
from harness.wire.mapping.values import HEADERS, ValueForm
from harness.wire.model import WireModel
from harness.wire.routes import ROUTES, ROWS, Route


@dataclass(frozen=True, slots=True)
class Spoken:
    """How the messages of one call look.

    Attributes:
        route: where it is asked.
        status: the answers that mean that it happened; empty for any 2xx.
        refused: the statuses that mean a refusal, whatever the answer holds.
        body, answer: how the bodies are translated; `None` where both forms are the same.
        outside: values that stand in another part of the request.
        read_outside: values of the answer that stand in a header of it, or in a cookie.
        constants, answer_constants: what else the target wants.
        is_assumed: whether nothing in the answer says what it is an answer to.
        is_part: whether it sends no more than it names, as one of several calls.
        call: what it does besides.
    """

    route: Route
    status: tuple[int, ...] = ()
    refused: frozenset[int] = frozenset()
    body: BodyScope | None = None
    answer: BodyScope | None = None
    outside: tuple[OutsideMapping, ...] = ()
    constants: tuple[tuple[JsonPath, Json | Template], ...] = ()
    answer_constants: tuple[tuple[JsonPath, Json | Template], ...] = ()
    is_assumed: bool = False
    read_outside: tuple[OutsideMapping, ...] = ()
    is_part: bool = False
    call: CallPlan = CallPlan()


def templates_of(spoken: Spoken) -> Iterator[Template]:
    """The texts of a call in which names stand."""
    texts = [*(text for _, text, _ in spoken.call.filled), spoken.call.path]
    every = (*texts, *(value for _, value in spoken.constants))
    return (text for text in every if isinstance(text, Template))


def spoken_of(wire: WireKeys, route: Route, change: AnyCall, at: At, names: Names) -> Spoken:
    """How the messages of a call look, of which this is said.

    Raises:
        MappingError: it contradicts itself, or names what is not there.
    """
    words = {**wire.states, **change.states}
    words_at = dict.fromkeys(change.states, (*at, "states"))
    is_part = isinstance(change, CallMap)
    inside, outside = _sorted(route, change, at)
    request = BodyRules(
        (*at, "request"), inside, wire.fields, words, words_at, is_part, change.form
    )
    response = BodyRules(
        (*at, "response"),
        change.response,
        wire.fields,
        words,
        words_at,
        is_part and bool(change.response),
    )
    body, answer = _plan(route, route.request, request), _plan(route, route.response, response)
    for move in answer.outside:
        if move.theirs.part not in (Part.HEADER, Part.COOKIE):
            found = "an answer is read from its body, its headers and its cookies"
            here = (*at, "response", dotted(move.ours.way))
            raise MappingError(here, found, "a field, Name: or Set-Cookie: name", "correct it")
    moves = (*body.outside, *outside)
    _check_once(moves, (*at, "request"))
    _check_in_path(moves, route, (*at, "request"))
    general = _constants(wire.constants, ("constants",), names)
    sends_body = route.request is not None and not (is_part and route.method in BODILESS)
    has_body = bool(route.rpc) or sends_body
    kept = {p: v for p, v in general.items() if has_body or p.part is not Part.BODY}
    constants = kept | _constants(change.constants, (*at, "constants"), names)
    answered = change.answer_constants if isinstance(change, OperationMap) else {}
    return Spoken(
        route,
        change.status,
        frozenset((*wire.errors.refused, *change.refused)) - set(change.status),
        body.scope if body.is_changed or change.form else None,
        answer.scope if answer.is_changed else None,
        moves,
        tuple(constants.items()),
        tuple(_constants(answered, (*at, "answer_constants"), names).items()),
        route.operation is ops.Probe and change.response.get("service") == "",
        answer.outside,
        is_part,
        call_plan(change, wire.errors, at, names, _parameters_of(moves)),
    )


def _plan(route: Route, model: type[WireModel] | None, wanted: BodyRules) -> BodyPlan:
    shape = Fields({}) if model is None else shape_of(model)
    if model is None and wanted.entries:
        name = next(iter(wanted.entries))
        raise MappingError(
            (*wanted.at, name),
            f"{route.operation.__name__} has no body there",
            "no fields",
            "remove it",
        )
    return plan_of(shape, wanted)


def _sorted(
    route: Route, change: AnyCall, at: At
) -> tuple[dict[str, SeveralPlaces], tuple[OutsideMapping, ...]]:
    """The entries of a request: those of its body, and the moves of what stands elsewhere."""
    inside: dict[str, SeveralPlaces] = {}
    moves = []
    for ours, theirs in change.request.items():
        here = (*at, "request", ours)
        try:
            place = place_of(ours) if ours else None
        except ValueError:
            place = None
        if place is None or place.part is Part.BODY:
            inside[ours] = theirs
            continue
        _check_ours(route, place, here)
        entries = [entry_of(text, here) for text in listed(theirs)]
        moves += [
            OutsideMapping(place, entry.place, ValueForm(entry.conversion), n > 0)
            for n, entry in enumerate(entries)
        ]
    return inside, tuple(moves)


def _check_ours(route: Route, place: JsonPath, at: At) -> None:
    known: Mapping[Part, tuple[str, ...]] = {
        Part.PARAMETER: ROUTES[route.operation].parameters(),
        Part.QUERY: ROWS[route.operation].queries,
        Part.HEADER: HEADERS,
    }
    names = known[place.part]
    if place.name in names:
        return
    remedy = "remove it"
    if near := get_close_matches(place.name, names, n=1):
        remedy = f"did you mean {near[0]}?"
    allowed = ", ".join(names) or f"no {place.part.value}"
    raise MappingError(at, f"the operation has no such {place.part.value}", allowed, remedy)


def _check_once(moves: Iterable[OutsideMapping], at: At) -> None:
    seen: dict[JsonPath, JsonPath] = {}
    for move in moves:
        if move.theirs.part is Part.NOWHERE:
            continue
        if move.theirs in seen:
            name = move.theirs.name or ".".join(move.theirs.way)
            raise MappingError(
                at, f"two values go to {name}", "a place of its own for each", "correct one"
            )
        seen[move.theirs] = move.ours


def _parameters_of(moves: Iterable[OutsideMapping]) -> set[str]:
    return {move.theirs.name for move in moves if move.theirs.part is Part.PARAMETER}


def _check_in_path(moves: Iterable[OutsideMapping], route: Route, at: At) -> None:
    """A parameter of theirs stands in the path, and is none that has a value of its own."""
    moves = tuple(moves)
    moved = {move.ours for move in moves}
    own = {
        n for n in ROUTES[route.operation].parameters() if JsonPath(Part.PARAMETER, n) not in moved
    }
    for move in moves:
        name = move.theirs.name
        if move.theirs.part is not Part.PARAMETER:
            continue
        here = (*at, dotted(move.ours.way) if move.ours.way else f"{{{move.ours.name}}}")
        if name in own:
            found = f"{{{name}}} is the published parameter of that name"
            raise MappingError(here, found, "a name of its own", "rename it")
        if name not in route.parameters():
            found = f"{route.path} has no {{{name}}}"
            raise MappingError(here, found, "a parameter of the path", "add it to the path")


def _constants(table: Mapping[str, Json], at: At, names: Names) -> dict[JsonPath, Json | Template]:
    found = {}
    for text, value in table.items():
        try:
            place = place_of(text)
        except ValueError as error:
            allowed = "a field, ?query or Header:"
            raise MappingError((*at, text), str(error), allowed, "correct it") from error
        if EACH in place.way or place.part in (Part.PARAMETER, Part.NOWHERE):
            allowed = "a field that is in no list, ?query or Header:"
            raise MappingError((*at, text), "no constant has room there", allowed, "correct it")
        found[place] = value_of(value, (*at, text), names)
    return found
