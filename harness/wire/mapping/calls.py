"""The calls that an operation takes: what a mapping says of one, and what follows from it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from harness.domain.operations import AcceptanceStep, LogIn, LogInToPalette
from harness.wire.http import Json
from harness.wire.local_ui import V1Error
from harness.wire.mapping.json_path import (
    EACH,
    At,
    JsonPath,
    MappingError,
    Part,
    Way,
    place_of,
    way_of,
)
from harness.wire.mapping.keys import STEPS, AnyCall, CallMap, ErrorPlaces, RepeatRule
from harness.wire.mapping.plan import BodyRules, plan_of
from harness.wire.mapping.scope import BodyScope
from harness.wire.mapping.shape import Leaf, shape_of, ways
from harness.wire.mapping.template import KnownName, Template, template_of
from harness.wire.mapping.values import HEADERS, ValueForm
from harness.wire.routes import Route

LOGINS = (LogIn, LogInToPalette)
"""The operations whose calls keep what a session has."""

_WORD = re.compile(r"\w+")
_ENV = re.compile(r"env\.[A-Z_][A-Z0-9_]*")
_RPC_ERROR = {"code": "error.code", "message": "error.message", "details": "error.data"}
_OF_EACH_CALL = ("unique", "now")
Conditions = tuple[tuple[JsonPath, tuple[Json, ...]], ...]
"""Places of an answer, with the values there by which it is told."""


@dataclass(frozen=True, slots=True)
class RepeatPlan:
    """When a call is made again, as `RepeatRule` says it."""

    while_: Conditions
    status: frozenset[int]
    every_s: float
    within_s: float


@dataclass(frozen=True, slots=True)
class CallPlan:
    """What a call does beside sending a request and reading its answer.

    Attributes:
        path: where it is asked, if names stand in it that are no parameters.
        keep: the places of its answer that later calls are given.
        error: how the body of its error is translated; `None` where it is as published.
        failure: the same of what `refused_when` tells.
        filled: what stands at these ways of the published answer.
        rpc: the method, where it is asked by JSON-RPC.
        is_form: whether its body is a form.
        is_silent: whether nothing of the published answer stands in its answer.
        step: which step of an acceptance it is.
    """

    name: str = ""
    path: Template | None = None
    keep: tuple[tuple[str, JsonPath], ...] = ()
    repeat: RepeatPlan | None = None
    refused_when: Conditions = ()
    error: BodyScope | None = None
    filled: tuple[tuple[Way, Template, ValueForm], ...] = ()
    rpc: str = ""
    is_form: bool = False
    is_silent: bool = False
    failure: BodyScope | None = None
    step: type[AcceptanceStep] | None = None

    @property
    def reads_body(self) -> bool:
        """Whether anything is looked for in the body of its answer."""
        conditions = (*(self.repeat.while_ if self.repeat else ()), *self.refused_when)
        places = [*(place for _, place in self.keep), *(place for place, _ in conditions)]
        return (
            bool(self.rpc) or not self.is_silent or any(place.part is Part.BODY for place in places)
        )


@dataclass(frozen=True, slots=True)
class Names:
    """The names that may stand between braces in the texts of one call.

    Attributes:
        kept: what earlier calls keep.
        session: what logins keep.
    """

    route: Route
    kept: tuple[str, ...] = ()
    session: tuple[str, ...] = ()

    def place_for(self, name: str) -> KnownName | JsonPath:
        """What a name stands for.

        Raises:
            ValueError: it stands for nothing.
        """
        known = [*_OF_EACH_CALL, *(f"kept.{n}" for n in self.kept)]
        known += [f"session.{n}" for n in self.session]
        known += ["basic"] if self.route.operation in LOGINS else []
        if name in known or _ENV.fullmatch(name):
            return KnownName(name)
        if name in self.route.parameters():
            return JsonPath(Part.PARAMETER, name)
        place = None if name in ("", "basic") else place_of(name)
        if place and place.part in (Part.HEADER, Part.QUERY) and self._is_sent(place):
            return place
        if place and place.part is Part.BODY and self._is_text(place.way):
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

    def _is_sent(self, place: JsonPath) -> bool:
        return place.part is Part.QUERY or place.name in HEADERS

    def _is_text(self, way: Way) -> bool:
        shape = dict(ways(shape_of(self.route.request))) if self.route.request else {}
        found = shape.get(way)
        return isinstance(found, Leaf) and found.single and EACH not in way


def template_at(text: str, at: At, place_for: Callable[[str], KnownName | JsonPath]) -> Template:
    """A text of a mapping as a template.

    Raises:
        MappingError: it is none.
    """
    try:
        return template_of(text, place_for, at)
    except ValueError as error:
        allowed = "names such as {kept.NAME}, {env.NAME}, {unique}, or a field of the request"
        raise MappingError(at, str(error), allowed, "correct it") from error


def value_of(value: Json, at: At, names: Names) -> Json | Template:
    """The value of a constant, which may be a template."""
    is_template = isinstance(value, str) and ("{" in value or "}" in value)
    return template_at(str(value), at, names.place_for) if is_template else value


def name_of(call: AnyCall) -> str:
    """What one of several calls is called; empty for the only one."""
    return call.name if isinstance(call, CallMap) else ""


def call_plan(
    call: AnyCall, errors: ErrorPlaces, at: At, names: Names, parameters: set[str]
) -> CallPlan:
    """What follows from what is said of a call. `errors` is where the target's errors have what,
    `parameters` are those of its path that are none of the published path.

    Raises:
        MappingError: it contradicts itself, or names what is not there.
    """
    repeat = call.repeat or RepeatRule()
    for both, name, other in (
        (set(repeat.status) & {*call.status, *call.refused}, "repeat", "status or refused"),
        (call.repeat and repeat.every_s >= repeat.within_s, "repeat", "its within_s"),
    ):
        if both:
            found = f"{name} and {other} contradict each other"
            raise MappingError((*at, name), found, "one of the two", "correct one")
    own = call.errors.places
    own_kept = replace(names, kept=(*names.kept, *call.keep))
    general = errors.places
    if call.rpc:  # the call itself errs as the standard has it, and a failure is a result
        within = {name: place for name, place in general.items() if place.startswith("error.")}
        general = {**_RPC_ERROR, **within}
        own = {name: f"result.{place}" if place else "" for name, place in own.items()}
    failure = error_plan({**general, **own}, (*at, "errors") if own else ("errors",))
    return CallPlan(
        name_of(call),
        _path(call.path, (*at, "path"), names, parameters),
        tuple(_keep(name, text, (*at, "keep", name)) for name, text in call.keep.items()),
        _repeat(call.repeat, (*at, "repeat")) if call.repeat else None,
        _conditions(call.refused_when, (*at, "refused_when")),
        error_plan(general, ("errors",)) if call.rpc else failure,
        _filled(call.filled, (*at, "filled"), own_kept),
        call.rpc,
        call.form,
        failure=failure,
        step=STEPS.get(call.step) if isinstance(call, CallMap) else None,
    )


def _keep(name: str, text: str, at: At) -> tuple[str, JsonPath]:
    if not _WORD.fullmatch(name):
        raise MappingError(at, f"{name!r} is no word", "a word such as job", "rename it")
    return name, answered_place(text, at)


def _repeat(repeat: RepeatRule, at: At) -> RepeatPlan:
    if not (repeat.while_ or repeat.status):
        raise MappingError(at, "nothing says when", "while or status", "add one")
    told = _conditions(repeat.while_, (*at, "while"))
    return RepeatPlan(told, frozenset(repeat.status), repeat.every_s, repeat.within_s)


def error_plan(errors: Mapping[str, str], at: At) -> BodyScope | None:
    """How the body of an error is translated.

    Raises:
        MappingError: it is not read from a body.
    """
    plan = plan_of(shape_of(V1Error), BodyRules(at, errors))
    if plan.outside:
        raise MappingError(at, "only a body has room for an error", "fields", "correct the fields")
    return plan.scope if plan.is_changed else None


def _path(path: str, at: At, names: Names, parameters: set[str]) -> Template | None:
    def place_for(name: str) -> KnownName | JsonPath:
        own = name in parameters
        return JsonPath(Part.PARAMETER, name) if own else names.place_for(name)

    if not path:
        return None
    template = template_at(path, at, place_for)
    is_plain = all(isinstance(p, str) or _is_parameter(p) for p in template.parts)
    return None if is_plain else template


def _is_parameter(part: KnownName | JsonPath) -> bool:
    return isinstance(part, JsonPath) and part.part is Part.PARAMETER


def answered_place(text: str, at: At) -> JsonPath:
    """A place of an answer that is looked at whatever else it holds.

    Raises:
        MappingError: it is none.
    """
    try:
        place = place_of(text)
    except ValueError as error:
        raise MappingError(at, str(error), _IN_ANSWERS, "correct it") from error
    if EACH in place.way or place.part not in (Part.BODY, Part.HEADER, Part.COOKIE):
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
    known = {} if model is None else dict(ways(shape_of(model)))
    for text, value in said.items():
        way = way_of(text) if text else ()
        leaf = known.get(way)
        if not isinstance(leaf, Leaf) or EACH in way:
            allowed = "a single field of the published answer"
            raise MappingError((*at, text), "there is no such field", allowed, "correct it")
        template = template_at(value, (*at, text), names.place_for)
        found.append((way, template, ValueForm(flag=leaf.flag)))
    return tuple(found)
