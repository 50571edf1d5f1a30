"""How an implementation's wire differs from the published one: the value, its checks, and what each
operation's messages look like by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from difflib import get_close_matches

from harness.domain import operations as ops
from harness.wire.http import Json
from harness.wire.local_ui import V1Error
from harness.wire.mapping.json_path import EACH, JsonPath, MappingError, Part, place_of
from harness.wire.mapping.keys import OperationMap, WireKeys
from harness.wire.mapping.plan import (
    BodyPlan,
    BodyRules,
    OutsideMapping,
    entry_of,
    plan_of,
)
from harness.wire.mapping.scope import BodyScope
from harness.wire.mapping.shape import Fields, every_field, every_word, shape_of
from harness.wire.mapping.values import HEADERS, MappedHeader, ValueForm, header_of, theirs_of
from harness.wire.model import WireModel
from harness.wire.routes import ROUTES, ROWS, Route, RouteTable, remapped


@dataclass(frozen=True)
class WireMap(WireKeys):
    """How an implementation's wire differs from the published one.

    Attributes:
        routes: where each operation is asked, which follows from the rest.
        tables: what all of it amounts to.

    Raises:
        MappingError: the mapping contradicts itself, or names what is not there.
    """

    routes: RouteTable = field(init=False, repr=False, compare=False)
    tables: Tables = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check it, and work out once what each operation's messages look like."""
        tables = compiled(self)
        object.__setattr__(self, "tables", tables)
        object.__setattr__(self, "routes", tables.routes)

    @property
    def is_plain(self) -> bool:
        """Whether it changes nothing."""
        return self.tables.is_plain

    @property
    def has_submission_key(self) -> bool:
        """Whether it has room for the key of a submission."""
        request = self.paths.get(ops.SubmitPairing, OperationMap()).request
        return bool(self.headers.get("SubmissionKey") or request.get("SubmissionKey:"))

    def headers_sent(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Headers by the names that the target has for them."""
        return theirs_of(headers, self.tables.headers)

    def spoken(self, operation: type[ops.Operation]) -> Spoken:
        """How this operation's messages look.

        Raises:
            KeyError: the operation does not cross HTTP.
        """
        return self.tables.spoken[operation]


@dataclass(frozen=True, slots=True)
class Spoken:
    """How one operation's messages look.

    Attributes:
        route: where it is asked.
        status: the answers that mean that it happened; empty for any 2xx.
        refused: the statuses that mean a refusal, whatever the answer holds.
        body, answer: how the bodies are translated; `None` where both forms are the same.
        outside: values that stand in another part of the request.
        constants, answer_constants: what else the target wants.
        is_assumed: whether nothing in the answer says what it is an answer to.
    """

    route: Route
    status: tuple[int, ...] = ()
    refused: frozenset[int] = frozenset()
    body: BodyScope | None = None
    answer: BodyScope | None = None
    outside: tuple[OutsideMapping, ...] = ()
    constants: tuple[tuple[JsonPath, Json], ...] = ()
    answer_constants: tuple[tuple[JsonPath, Json], ...] = ()
    is_assumed: bool = False


@dataclass(frozen=True, slots=True)
class Tables:
    """A mapping as it is used.

    Attributes:
        headers: ours to theirs, only those that are different.
        error: how the body of an error is translated; `None` where it is as published.
        codes, said: the codes of errors, theirs to ours and back.
        status_of, reason_of: the status of a refusal by our code, and back where it tells.
    """

    is_plain: bool
    routes: RouteTable
    spoken: Mapping[type[ops.Operation], Spoken]
    headers: Mapping[str, MappedHeader] = field(default_factory=dict)
    error: BodyScope | None = None
    codes: Mapping[str, str] = field(default_factory=dict)
    said: Mapping[str, str] = field(default_factory=dict)
    status_of: Mapping[str, int] = field(default_factory=dict)
    reason_of: Mapping[int, str] = field(default_factory=dict)


_NO_KEYS = WireKeys()
_PLAIN = Tables(True, ROUTES, {kind: Spoken(route) for kind, route in ROUTES.items()})


def compiled(wire: WireMap) -> Tables:
    """What a mapping amounts to.

    Raises:
        MappingError: it contradicts itself, or names what is not there.
    """
    if all(getattr(wire, each.name) == getattr(_NO_KEYS, each.name) for each in fields(WireKeys)):
        return _PLAIN
    _check_names(wire)
    routes = _routes(wire.paths)
    spoken = {kind: _spoken(wire, route) for kind, route in routes.items()}
    # Whoever was moved is to blame, and not who has always been there.
    _check_places(sorted(spoken.values(), key=lambda s: s.route.operation in wire.paths))
    errors = plan_of(shape_of(V1Error), BodyRules(("errors",), wire.errors.places))
    if errors.outside:
        raise MappingError(
            ("errors",), "only a body has room for an error", "fields", "correct the fields"
        )
    codes, statuses = wire.codes, wire.code_status
    return Tables(
        is_plain=False,
        routes=routes,
        spoken=spoken,
        headers={name: header_of(text, ("headers", name)) for name, text in wire.headers.items()},
        error=errors.scope if errors.is_changed else None,
        codes=codes,
        said={ours: theirs for theirs, ours in reversed(list(codes.items()))},
        status_of=statuses,
        reason_of={s: c for c, s in statuses.items() if list(statuses.values()).count(s) == 1},
    )


# --- names --------------------------------------------------------------------------------


def _check_names(wire: WireMap) -> None:
    """What a file's keys alone do not tell: each name is of something that is published."""
    for name in wire.fields:
        _known(("fields", name), name, every_field())
    words = sorted(every_word())
    for word in wire.states:
        _known(("states", word), word, words)
    for kind, change in wire.paths.items():
        at = ("paths", kind.__name__)
        for word in change.states:
            _known((*at, "states", word), word, words)
        if both := set(change.status) & set(change.refused):
            raise MappingError(
                (*at, "refused"),
                f"{min(both)} stands in status as well",
                "a status in one of the two lists",
                "remove it from one",
            )


def _known(at: tuple[str, ...], name: str, names: Sequence[str]) -> None:
    if name in names:
        return
    near = get_close_matches(name, names, n=1)
    remedy = f"did you mean {near[0]}?" if near else "docs/wire.md says what there is"
    raise MappingError(at, f"{name!r} is not known", "a name of a published model", remedy)


# --- where an operation is asked ----------------------------------------------------------


def _routes(operations: Mapping[type[ops.Operation], OperationMap]) -> RouteTable:
    routes: RouteTable = ROUTES
    for kind, change in operations.items():
        changed = {"method": change.method, "path": change.path}
        at = ("paths", kind.__name__, "path")
        try:
            routes = remapped(routes, {kind: {k: v for k, v in changed.items() if v}})
        except ValueError as error:
            allowed = "a path with the parameters of the operation and no other"
            raise MappingError(at, str(error), allowed, "correct the path") from error
        _check_parameters(kind, routes[kind], change, at)
    return routes


def _check_parameters(
    kind: type[ops.Operation], route: Route, change: OperationMap, at: tuple[str, ...]
) -> None:
    for name in ROUTES[kind].parameters():
        moved = f"{{{name}}}" in change.request
        if moved and name in route.parameters():
            found = f"{{{name}}} stands in the path, and paths.{kind.__name__}.request moves it"
            raise MappingError(at, found, "one place for it", "remove one of the two")
        twice = ROWS[kind].twice
        elsewhere = moved or (twice is not None and twice[0] == name)
        if name not in route.parameters() and not elsewhere:
            raise MappingError(
                at,
                f"{route.path} lacks {{{name}}}",
                f"a path with {{{name}}}",
                f"add it, or say in paths.{kind.__name__}.request where it goes, as in"
                f' "{{{name}}}" = "?id"',
            )


def _check_places(spoken: Iterable[Spoken]) -> None:
    """Two operations at one place are told apart by what each request holds besides."""
    seen: dict[tuple[bool, str, str], list[Spoken]] = {}
    for one in spoken:
        route = one.route
        key = (route.surface is ops.Surface.LOCAL_UI, route.method, route.shape())
        for other in seen.setdefault(key, []):
            if not _apart(one, other):
                raise MappingError(
                    ("paths", route.operation.__name__, "path"),
                    f"{route.method} {route.path} is where {other.route.operation.__name__}"
                    " is asked",
                    "a place of its own, or constants that tell the two apart",
                    "correct the path or the method",
                )
        seen[key].append(one)


def _apart(one: Spoken, other: Spoken) -> bool:
    held, others = dict(one.constants), dict(other.constants)
    same_path = one.route.path == other.route.path
    return same_path and any(held[p] != others[p] for p in held.keys() & others.keys())


# --- what its messages hold ---------------------------------------------------------------


def _spoken(wire: WireMap, route: Route) -> Spoken:
    change = wire.paths.get(route.operation, OperationMap())
    at = ("paths", route.operation.__name__)
    words = {**wire.states, **change.states}
    words_at = dict.fromkeys(change.states, (*at, "states"))
    inside, outside = _sorted(route, change, at)
    request = BodyRules((*at, "request"), inside, wire.fields, words, words_at)
    response = BodyRules((*at, "response"), change.response, wire.fields, words, words_at)
    body, answer = _plan(route, route.request, request), _plan(route, route.response, response)
    if answer.outside:
        name = next(iter(change.response))
        raise MappingError(
            (*at, "response", name), "an answer is read from its body", "fields", "correct it"
        )
    moves = (*body.outside, *outside)
    _check_once(moves, (*at, "request"))
    general = _constants(wire.constants, ("constants",))
    has_body = route.request is not None
    kept = {p: v for p, v in general.items() if has_body or p.part is not Part.BODY}
    constants = kept | _constants(change.constants, (*at, "constants"))
    return Spoken(
        route,
        change.status,
        frozenset((*wire.errors.refused, *change.refused)) - set(change.status),
        body.scope if body.is_changed else None,
        answer.scope if answer.is_changed else None,
        moves,
        tuple(constants.items()),
        tuple(_constants(change.answer_constants, (*at, "answer_constants")).items()),
        route.operation is ops.Probe and change.response.get("service") == "",
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
    route: Route, change: OperationMap, at: tuple[str, ...]
) -> tuple[dict[str, str], tuple[OutsideMapping, ...]]:
    """The entries of a request: those of its body, and the moves of what stands elsewhere."""
    inside: dict[str, str] = {}
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
        entry = entry_of(theirs, here)
        moves.append(OutsideMapping(place, entry.place, ValueForm(entry.conversion)))
    return inside, tuple(moves)


def _check_ours(route: Route, place: JsonPath, at: tuple[str, ...]) -> None:
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


def _check_once(moves: Iterable[OutsideMapping], at: tuple[str, ...]) -> None:
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


def _constants(table: Mapping[str, Json], at: tuple[str, ...]) -> dict[JsonPath, Json]:
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
        found[place] = value
    return found


PLAIN = WireMap()
"""The published wire, with paths of ours where none is published."""
