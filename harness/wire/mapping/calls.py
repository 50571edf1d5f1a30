"""The calls that an operation takes: what a mapping says of one, and what follows from it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from harness.domain import operations as ops
from harness.wire.http import BODILESS, Json
from harness.wire.json_path import (
    BODY,
    COOKIES,
    EACH,
    HEADERS,
    NOWHERE,
    PATH,
    QUERY,
    At,
    KnownName,
    MappingError,
    Template,
    Way,
    dotted,
    is_in_body,
    place_of,
    template_of,
    way_of,
)
from harness.wire.mapping import keys
from harness.wire.mapping.plan import MessageRules, listed, plan_of
from harness.wire.mapping.rooms import AS_IT_IS, CallConstants, FieldMapping
from harness.wire.mapping.values import RENAMED_HEADERS, ValueForm
from harness.wire.model import Leaf, ways
from harness.wire.models import V1Error
from harness.wire.routes import ROUTES, Route

LOGINS = (ops.LogIn, ops.LogInToPalette)
"""The operations whose calls keep what a session has."""

_WORD = re.compile(r"\w+")
_ENV = re.compile(r"env\.[A-Z_][A-Z0-9_]*")
_RPC_ERROR = {"code": "error.code", "message": "error.message", "details": "error.data"}
_OF_EACH_CALL = ("unique", "now")

Conditions = tuple[tuple[Way, tuple[Json, ...]], ...]
"""Places of an answer, with the values there by which it is told."""

Constants: TypeAlias = "tuple[tuple[Way, Json | Template], ...]"
"""What else stands at places of a message."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """How the messages of one call look.

    Attributes:
        route: where it is asked.
        said: what is said of it.
        refused: the statuses that mean a refusal, whatever the answer holds.
        asked: where the fields of the request stand there.
        answer: the same of the published answer.
        constants, answer_constants: what else the target wants.
        is_assumed: whether nothing in the answer says what it is an answer to.
        is_silent: whether nothing of the published answer stands in its answer.
        path: where it is asked, if names stand in it that are no parameters.
        keep: the places of its answer that later calls are given.
        while_: by which answers it is made again.
        refused_when: which answers of success are a refusal.
        error: the same of its error.
        failure: the same of what `refused_when` tells.
        filled: what stands at these ways of the published answer.
    """

    route: Route
    said: keys.AnyCall = keys.OperationMap()
    refused: frozenset[int] = frozenset()
    asked: tuple[FieldMapping, ...] = (AS_IT_IS,)
    answer: tuple[FieldMapping, ...] = (AS_IT_IS,)
    constants: Constants = ()
    answer_constants: tuple[tuple[Way, Json], ...] = ()
    is_assumed: bool = False
    is_silent: bool = False
    paths: tuple[Template, ...] = ()
    keep: tuple[tuple[str, Way], ...] = ()
    while_: Conditions = ()
    refused_when: Conditions = ()
    error: tuple[FieldMapping, ...] = (AS_IT_IS,)
    failure: tuple[FieldMapping, ...] = (AS_IT_IS,)
    filled: tuple[tuple[Way, Template, ValueForm], ...] = ()

    @property
    def is_part(self) -> bool:
        """Whether it sends no more than it names, as one of several calls."""
        return isinstance(self.said, keys.CallMap)

    @property
    def name(self) -> str:
        """What one of several calls is called; empty for the only one."""
        return name_of(self.said)

    @property
    def step(self) -> type[ops.AcceptanceStep] | None:
        """Which step of an acceptance it is."""
        return keys.STEPS.get(self.said.step) if isinstance(self.said, keys.CallMap) else None

    @property
    def own(self) -> CallConstants:
        """What tells it from other calls at its place, as far as that is known beforehand."""
        known = ((p, v) for p, v in self.constants if not isinstance(v, Template))
        return CallConstants(self.said.rpc, tuple(known))

    @property
    def reads_body(self) -> bool:
        """Whether anything is looked for in the body of its answer."""
        places = [place for _, place in self.keep]
        places += [place for place, _ in (*self.while_, *self.refused_when)]
        return bool(self.said.rpc) or not self.is_silent or any(map(is_in_body, places))

    def templates(self) -> Iterator[Template]:
        """The texts in which names stand."""
        texts = [*(text for _, text, _ in self.filled), *self.paths]
        every = (*texts, *(value for _, value in self.constants))
        return (text for text in every if isinstance(text, Template))


def name_of(call: keys.AnyCall) -> str:
    """What one of several calls is called; empty for the only one."""
    return call.name if isinstance(call, keys.CallMap) else ""


@dataclass(frozen=True, slots=True)
class Names:
    """The names that the texts of one call may have; earlier calls and logins keep some of them."""

    route: Route
    kept: tuple[str, ...] = ()
    session: tuple[str, ...] = ()

    def place_for(self, name: str) -> KnownName | Way:
        """What a name stands for. Raises `ValueError`: it stands for nothing."""
        known = [*_OF_EACH_CALL, *(f"kept.{n}" for n in self.kept)]
        known += [f"session.{n}" for n in self.session]
        known += ["basic"] if self.route.operation in LOGINS else []
        if name in known or _ENV.fullmatch(name):
            return KnownName(name)
        if name in self.route.parameters():
            return (PATH, name)
        place = NOWHERE if name in ("", "basic") else place_of(name)
        is_sent = place[:1] == (QUERY,) or (place[:1] == (HEADERS,) and place[1] in RENAMED_HEADERS)
        shape = dict(ways(self.route.request.shape)) if self.route.request else {}
        found = shape.get(place[1:]) if is_in_body(place) and EACH not in place else None
        if is_sent or (isinstance(found, Leaf) and found.single):
            return place
        raise ValueError(
            f"{{{name}}} stands for nothing here; there are {', '.join(known)}, env.NAME, and the"
            " single fields of the published request"
        )

    def know(self, name: str) -> bool:
        """Whether a name stands for anything."""
        try:
            self.place_for(name)
        except ValueError:
            return False
        return True


def spoken_of(
    wire: keys.WireKeys, route: Route, change: keys.AnyCall, at: At, names: Names
) -> Spoken:
    """How the messages of a call look, of which this is said. Raises `MappingError`."""
    ours = ROUTES[route.operation]
    is_part = isinstance(change, keys.CallMap)
    rules = MessageRules(
        (*at, "request"),
        route.operation.__name__,
        change.request,
        {PATH: ours.parameters(), QUERY: ours.queries, HEADERS: RENAMED_HEADERS},
        wire.fields,
        {**wire.states, **change.states},
        dict.fromkeys(change.states, (*at, "states")),
        flags=ours.switches,
        is_part=is_part,
        is_form=change.form,
        is_copied=True,
    )
    asked = plan_of(route.request.shape if route.request else None, rules)
    is_told = is_part and bool(change.response)
    told = replace(rules, at=(*at, "response"), entries=change.response, rooms={})
    is_read = route.surface is not ops.Surface.AGENT  # what hosts ask, the harness may answer
    told = replace(told, is_part=is_told, is_form=False, is_copied=False, is_read=is_read)
    answer = plan_of(route.response.shape if route.response else None, told)
    for field in answer:
        if field.theirs[0] not in (BODY, HEADERS, COOKIES):
            found = "an answer is read from its body, its headers and its cookies"
            here = (*at, "response", dotted(field.ours[1:]))
            raise MappingError(here, found, "a field, Name: or Set-Cookie: name", "correct it")
    _check_moves(asked, route, (*at, "request"))
    general = _constants(wire.constants, ("constants",), names)
    sends_body = route.request is not None and not (is_part and route.method in BODILESS)
    has_body = bool(route.rpc) or sends_body
    kept = {place: v for place, v in general.items() if has_body or not is_in_body(place)}
    constants = kept | _constants(change.constants, (*at, "constants"), names)
    answer_constants = []
    for place, value in _constants(
        change.answer_constants, (*at, "answer_constants"), names
    ).items():
        if isinstance(value, Template):
            found = "an answer knows no names in braces"
            raise MappingError(value.at, found, "a value that is always the same", "correct it")
        answer_constants.append((place, value))
    _check_repeat(change, at)
    error, failure = _error_plans(wire.errors, change, at)
    kept_here = replace(names, kept=(*names.kept, *change.keep))
    repeated = change.repeat.while_ if change.repeat else {}
    return Spoken(
        route,
        change,
        frozenset((*wire.errors.refused, *change.refused)) - set(change.status),
        asked,
        answer,
        tuple(constants.items()),
        tuple(answer_constants),
        route.operation is ops.Probe and change.response.get("service") == "",
        paths=_paths(change, at, names, asked),
        keep=tuple(_keep(name, text, (*at, "keep", name)) for name, text in change.keep.items()),
        while_=_conditions(repeated, (*at, "repeat", "while")),
        refused_when=_conditions(change.refused_when, (*at, "refused_when")),
        error=error,
        failure=failure,
        filled=_filled(change.filled, (*at, "filled"), kept_here),
    )


# --- what is sent ---------------------------------------------------------------------------


def _check_moves(moves: Iterable[FieldMapping], route: Route, at: At) -> None:
    """Each has a place of its own; a parameter of theirs is in the path, and has no value yet."""
    moves = [m for m in moves if not (is_in_body(m.ours) and is_in_body(m.theirs))]
    seen: set[Way] = set()
    for move in moves:
        if move.theirs in seen - {NOWHERE}:
            found = f"two values go to {'.'.join(move.theirs[1:])}"
            raise MappingError(at, found, "a place of its own for each", "correct one")
        seen.add(move.theirs)
    moved = {move.ours for move in moves}
    own = {n for n in ROUTES[route.operation].parameters() if (PATH, n) not in moved}
    for move in moves:
        if not is_parameter(move.theirs):
            continue
        here = (*at, dotted(move.ours[1:]) if is_in_body(move.ours) else f"{{{move.ours[1]}}}")
        name = move.theirs[1]
        if name in own:
            found = f"{{{name}}} is the published parameter of that name"
            raise MappingError(here, found, "a name of its own", "rename it")
        if name not in route.parameters():
            found = f"{route.path} has no {{{name}}}"
            raise MappingError(here, found, "a parameter of the path", "add it to the path")


def _constants(table: Mapping[str, Json], at: At, names: Names) -> dict[Way, Json | Template]:
    found: dict[Way, Json | Template] = {}
    for text, value in table.items():
        here = (*at, text)
        try:
            place = place_of(text)
        except ValueError as error:
            allowed = "a field, ?query or Header:"
            raise MappingError(here, str(error), allowed, "correct it") from error
        if EACH in place or place[:1] in (NOWHERE, (PATH,)):
            allowed = "a field that is in no list, ?query or Header:"
            raise MappingError(here, "no constant has room there", allowed, "correct it")
        found[place] = value
        if isinstance(value, str) and ("{" in value or "}" in value):
            template = template_at(value, here, names.place_for)
            is_fixed = all(isinstance(part, str) for part in template.parts)
            found[place] = template.filled({}, lambda _: None) if is_fixed else template
    return found


def template_at(text: str, at: At, place_for: Callable[[str], KnownName | Way]) -> Template:
    """A text of a mapping as a template. Raises `MappingError`: it is none."""
    try:
        return template_of(text, place_for, at)
    except ValueError as error:
        allowed = "names such as {kept.NAME}, {env.NAME}, {unique}, or a field of the request"
        raise MappingError(at, str(error), allowed, "correct it") from error


def _paths(
    call: keys.AnyCall, at: At, names: Names, moves: Iterable[FieldMapping]
) -> tuple[Template, ...]:
    """The ways to fill its path, of which the first that can counts; none for parameters alone."""
    own = {move.theirs for move in moves}

    def place_for(name: str) -> KnownName | Way:
        return (PATH, name) if (PATH, name) in own else names.place_for(name)

    told = {"path": call.path, "else_path": call.else_path}
    found = [template_at(path, (*at, key), place_for) for key, path in told.items() if path]
    has_parameters_alone = len(found) == 1 and all(
        isinstance(part, str) or is_parameter(part) for part in found[0].parts
    )
    return () if has_parameters_alone else tuple(found)


def is_parameter(part: KnownName | Way) -> bool:
    """Whether a name in a path stands for a parameter of it."""
    return isinstance(part, tuple) and part[:1] == (PATH,)


# --- what is answered -----------------------------------------------------------------------


def _check_repeat(call: keys.AnyCall, at: At) -> None:
    repeat = call.repeat
    if repeat is None:
        return
    if not (repeat.while_ or repeat.status):
        raise MappingError((*at, "repeat"), "nothing says when", "while or status", "add one")
    for both, other in (
        (set(repeat.status) & {*call.status, *call.refused}, "status or refused"),
        (repeat.every_s >= repeat.within_s, "its within_s"),
    ):
        if both:
            found = f"repeat and {other} contradict each other"
            raise MappingError((*at, "repeat"), found, "one of the two", "correct one")


def _keep(name: str, text: str, at: At) -> tuple[str, Way]:
    if not _WORD.fullmatch(name):
        raise MappingError(at, f"{name!r} is no word", "a word such as job", "rename it")
    return name, answered_place(text, at)


def _error_plans(
    errors: keys.ErrorPlaces, call: keys.AnyCall, at: At
) -> tuple[tuple[FieldMapping, ...], tuple[FieldMapping, ...]]:
    """How an error of a call is translated, and what `refused_when` tells."""
    own, general = call.errors.places, errors.places
    if call.rpc:  # the call itself errs as the standard has it, and a failure is a result
        within = {
            name: within
            for name, places in general.items()
            if (within := tuple(p for p in listed(places) if p.startswith("error.")))
        }
        general = {**_RPC_ERROR, **within}
        own = {
            name: tuple(f"result.{each}" if each else "" for each in listed(places))
            for name, places in own.items()
        }
    failure = error_plan({**general, **own}, (*at, "errors") if own else ("errors",))
    return error_plan(general, ("errors",)) if call.rpc else failure, failure


def error_plan(errors: Mapping[str, keys.SeveralPlaces], at: At) -> tuple[FieldMapping, ...]:
    """How the body of an error is translated. Raises `MappingError`: it is not read from a body."""
    plan = plan_of(V1Error.shape, MessageRules(at, entries=errors))
    if not all(is_in_body(field.theirs) for field in plan):
        raise MappingError(at, "only a body has room for an error", "fields", "correct the fields")
    return plan


def answered_place(text: str, at: At) -> Way:
    """A place of an answer that is looked at whatever else it holds. Raises `MappingError`."""
    try:
        place = place_of(text)
    except ValueError as error:
        raise MappingError(at, str(error), _IN_ANSWERS, "correct it") from error
    if EACH in place or place[:1] not in ((BODY,), (HEADERS,), (COOKIES,)):
        raise MappingError(at, f"an answer has no {text!r} to keep", _IN_ANSWERS, "correct it")
    return place


_IN_ANSWERS = "a field that is in no list, Name: or Set-Cookie: name"


def _conditions(said: Mapping[str, tuple[Json, ...]], at: At) -> Conditions:
    return tuple(
        (answered_place(text, (*at, text)), tuple(values)) for text, values in said.items()
    )


def _filled(
    said: Mapping[str, str], at: At, names: Names
) -> tuple[tuple[Way, Template, ValueForm], ...]:
    found = []
    model = names.route.response
    known = {} if model is None else dict(ways(model.shape))
    for text, value in said.items():
        way = way_of(text) if text else ()
        leaf = known.get(way)
        if not isinstance(leaf, Leaf) or EACH in way:
            allowed = "a single field of the published answer"
            raise MappingError((*at, text), "there is no such field", allowed, "correct it")
        template = template_at(value, (*at, text), names.place_for)
        found.append((way, template, ValueForm(flag=leaf.flag)))
    return tuple(found)
