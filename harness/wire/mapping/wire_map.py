"""How an implementation's wire differs: the value, its checks, and where each operation is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cache
from typing import Final

from harness.configuration.errors import nearest
from harness.domain import operations as ops
from harness.wire.json_path import At, MappingError, Way
from harness.wire.mapping.calls import (
    LOGINS,
    Names,
    Spoken,
    answered_place,
    error_plan,
    name_of,
    spoken_of,
)
from harness.wire.mapping.keys import (
    STATUS,
    STEPS,
    AnyCall,
    CallMap,
    Constant,
    OperationMap,
    WireKeys,
)
from harness.wire.mapping.plan import listed
from harness.wire.mapping.rooms import AS_IT_IS, FieldMapping
from harness.wire.mapping.values import MappedHeader, header_of, theirs_of
from harness.wire.model import Leaf, ways
from harness.wire.routes import ROUTES, Route, RouteTable, parameters_in


@dataclass(frozen=True)
class WireMap(WireKeys):
    """How an implementation's wire differs from the published one. `environment` has what names
    stand for that begin with `env.`: secrets. Raises `MappingError`: it contradicts itself, or
    names what is not there.
    """

    environment: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
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
        return self.tables is _PLAIN

    @property
    def has_submission_key(self) -> bool:
        """Whether it has room for the key of a submission."""
        keys = [call.request.get("SubmissionKey:") for call in self._submission()]
        return bool(self.headers.get("SubmissionKey") or any(keys))

    @property
    def numbers_requests(self) -> bool:
        """Whether the id of a request is a number where it is submitted."""
        said = (call.response.get("uid", "") for call in self._submission())
        return any(uid.endswith(" as number") for uid in said)

    def _submission(self) -> tuple[AnyCall, ...]:
        """What is said of a submission, in one call or in several."""
        said = self.paths.get(ops.SubmitPairing, OperationMap())
        return (said, *said.calls)

    def headers_sent(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Headers by the names that the target has for them."""
        return theirs_of(headers, self.tables.headers)

    def spoken(self, operation: type[ops.Operation]) -> Spoken:
        """How the call looks that decides an operation, or `KeyError`: it crosses no HTTP."""
        return self.tables.spoken[operation]

    def calls(self, operation: type[ops.Operation]) -> tuple[Spoken, ...]:
        """How each of its calls looks, in order, or `KeyError`: it crosses no HTTP."""
        return self.tables.calls.get(operation) or (self.tables.spoken[operation],)

    @property
    def steps(self) -> frozenset[type[ops.Operation]]:
        """The steps of an acceptance that calls of it are."""
        calls = self.calls(ops.AcceptPairingRequest)
        return frozenset(each.step for each in calls if each.step)


@dataclass(frozen=True, slots=True)
class Tables:
    """A mapping as it is used.

    Attributes:
        spoken: the call that decides an operation: the last that is no repeat.
        calls: all of them, where there are several.
        leader: where an answer says which host has to be asked.
        variables: the names after `env.` that texts of the mapping have, and where they stand.
        headers: ours to theirs, only those that are different.
        error: where an error has the fields of the published one.
        said: the codes of errors, ours to theirs.
        error_constants: what else an error of the played side holds.
        reason_of: our code by the status of a refusal, where that tells.
    """

    routes: RouteTable
    spoken: Mapping[type[ops.Operation], Spoken]
    calls: Mapping[type[ops.Operation], tuple[Spoken, ...]] = field(default_factory=dict)
    leader: Way | None = None
    variables: Mapping[str, At] = field(default_factory=dict)
    headers: Mapping[str, MappedHeader] = field(default_factory=dict)
    error: tuple[FieldMapping, ...] = (AS_IT_IS,)
    said: Mapping[str, str] = field(default_factory=dict)
    error_constants: tuple[tuple[Way, Constant], ...] = ()
    reason_of: Mapping[int, str] = field(default_factory=dict)


_NO_KEYS, _NOTHING_SAID = WireKeys(), OperationMap()
_OF_A_CALL = tuple(each.name for each in fields(CallMap) if hasattr(_NOTHING_SAID, each.name))
_OF_ALL_CALLS = ("fields", "states", "constants", "errors")
_PLAIN = Tables(ROUTES, {kind: Spoken(route) for kind, route in ROUTES.items()})


def compiled(wire: WireMap) -> Tables:
    """What a mapping amounts to. Raises `MappingError`, as `WireMap`."""
    if all(getattr(wire, each.name) == getattr(_NO_KEYS, each.name) for each in fields(WireKeys)):
        return _PLAIN
    _check_names(wire)
    logins = (call for kind in LOGINS for _, call in said_of(wire, kind))
    session = tuple(dict.fromkeys(name for call in logins for name in call.keep))
    calls = _every_call(wire, session)
    spoken = {kind: deciding(several) for kind, several in calls.items()}
    statuses = wire.code_status
    return Tables(
        routes={
            kind: replace(one.route, beside=tuple(c.route for c in calls[kind] if c is not one))
            for kind, one in spoken.items()
        },
        spoken=spoken,
        calls={kind: several for kind, several in calls.items() if several[0].is_part},
        leader=answered_place(wire.leader.at, ("leader", "at")) if wire.leader.at else None,
        variables={
            name.removeprefix("env."): text.at
            for each in (each for several in calls.values() for each in several)
            for text in each.templates()
            for name in text.names()
            if name.startswith("env.")
        },
        headers={name: header_of(text, ("headers", name)) for name, text in wire.headers.items()},
        error=error_plan(wire.errors.places, ("errors",)),
        error_constants=tuple(_error_constants(wire)),
        said={ours: theirs for theirs, ours in reversed(list(wire.codes.items()))},
        reason_of={s: c for c, s in statuses.items() if list(statuses.values()).count(s) == 1},
    )


# --- names --------------------------------------------------------------------------------


@cache
def _published_names() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """All fields of the published models, and the words that a mapping can rename, in order."""
    models = {m for route in ROUTES.values() for m in (route.request, route.response) if m}
    known = [each for model in models for each in ways(model.shape)]
    words = {word for _, leaf in known if isinstance(leaf, Leaf) for word in leaf.words}
    return tuple(sorted({way[-1] for way, _ in known})), tuple(sorted(words))


def _check_names(wire: WireMap) -> None:
    """What a file's keys alone do not tell: each name is of something that is published."""
    every_field, words = _published_names()
    for name in (name for name in wire.fields if name not in every_field):
        remedy = nearest(name, every_field, "docs/wire.md says what there is")
        told, allowed = f"{name!r} is not known", "a name of a published model"
        raise MappingError(("fields", name), told, allowed, remedy)
    for word, theirs in wire.states.items():
        _known_word(("states", word), word, words, theirs)
    for kind, operation in wire.paths.items():
        beside = [name for name in _OF_A_CALL if operation.calls and getattr(operation, name)
                  != getattr(_NOTHING_SAID, name)]  # fmt: skip
        if beside:
            found = f"{beside[0]} stands beside calls, and each of them has its own"
            here = ("paths", kind.__name__, beside[0])
            raise MappingError(here, found, "one of the two", "move it into a call")
        _check_steps(wire, kind, operation)
    for at, change in (each for kind in wire.paths for each in said_of(wire, kind)):
        for word, theirs in change.states.items():
            _known_word((*at, "states", word), word, words, theirs)
        if both := set(change.status) & set(change.refused):
            raise MappingError(
                (*at, "refused"),
                f"{min(both)} stands in status as well",
                "a status in one of the two lists",
                "remove it from one",
            )


def _check_steps(wire: WireMap, kind: type[ops.Operation], operation: OperationMap) -> None:
    """The steps of the wizard are calls of an acceptance, and not operations as well."""
    for n, call in enumerate(operation.calls):
        here = ("paths", kind.__name__, "calls", n, "step")
        if call.step and kind is not ops.AcceptPairingRequest:
            told = f"{kind.__name__} has no steps"
            raise MappingError(here, told, "a call of AcceptPairingRequest", "remove it")
        if call.step and n == len(operation.calls) - 1:
            told = "nothing follows it that would be Pair cluster"
            raise MappingError(here, told, "a call before the last one", "remove it")
        step = STEPS.get(call.step)
        if step is not None and step in wire.paths:
            told = f"a call of AcceptPairingRequest is the step {call.step} already"
            raise MappingError(("paths", step.__name__), told, "one of the two", "remove one")


def _known_word(at: At, word: str, words: Sequence[str], theirs: str | tuple[str, ...]) -> None:
    if word in words:
        return
    remedy = nearest(word, words, f"there are {', '.join(words)}")
    if turned := next((text for text in listed(theirs) if text in words), ""):
        remedy = f"ours stands on the left: {turned} = {word!r}"
    raise MappingError(at, f"{word!r} is not known", "a word of ours", remedy)


# --- where an operation is asked ----------------------------------------------------------


def said_of(wire: WireMap, kind: type[ops.Operation]) -> tuple[tuple[At, AnyCall], ...]:
    """What is said of the calls of an operation, and where a target file says it."""
    change, at = wire.paths.get(kind, OperationMap()), ("paths", kind.__name__)
    calls = tuple(((*at, "calls", n), call) for n, call in enumerate(change.calls))
    each = calls or ((at, change),)
    return tuple((at, _in_document(wire, call, at)) for at, call in each)


_OPERATION: Final = re.compile(r"(?:^|(?<=\}))\s*(?:(?:query|mutation)\b[^{]*)?\{\s*(\w+)")
"""Up to the first field that is asked for, which the answer has under `data`."""
_ASIDE: Final = re.compile(r"#[^\n]*|\([^()]*\)")
"""Comments, and what stands between parentheses: variables, and their values."""


def _in_document(wire: WireMap, call: AnyCall, at: At) -> AnyCall:
    """A call by GraphQL as any other: a POST that is told by its document. Or `MappingError`."""
    if not call.graphql:
        return call
    if not wire.graphql.path:
        found, add = "nothing says where GraphQL is asked", 'add [graphql] path = "/graphql"'
        raise MappingError((*at, "graphql"), found, "graphql.path at the top", add)
    document, text = "", call.graphql
    while document != text:
        document, text = text, _ASIDE.sub("", text)
    begins = _OPERATION.search(document)
    if begins is None:
        found = f"{call.graphql[:40]!r} asks for no field"
        raise MappingError((*at, "graphql"), found, "a query or a mutation", "correct it")
    query = call.graphql.replace("{", "{{").replace("}", "}}")
    own, told = wire.graphql.errors, call.errors
    if own and re.search(rf"\b{own}\b", document[begins.end() :]):
        published = {"code": "code", "message": "message"}
        general = {**published, **wire.errors.places, **told.places}
        first = f"data.{begins[1]}.{own}[0]"
        places = {n: (f"{first}.{n}", *listed(general[n])) for n in ("code", "message")}
        told = replace(told, code=places["code"], message=places["message"])
    return replace(
        call,
        method=call.method or "POST",
        path=wire.graphql.path,
        constants={"query": query, **call.constants},
        errors=told,
    )


def deciding(calls: Sequence[Spoken]) -> Spoken:
    """The call by which a message of an operation is told: the last that is no repeat."""
    return next((each for each in reversed(calls) if not each.said.repeat), calls[-1])


def _every_call(
    wire: WireMap, session: tuple[str, ...]
) -> dict[type[ops.Operation], tuple[Spoken, ...]]:
    """The calls of all operations; those of which nothing is said look as published."""
    says_nothing_of_all = all(
        getattr(wire, name) == getattr(_NO_KEYS, name) for name in _OF_ALL_CALLS
    )
    return {
        kind: (_PLAIN.spoken[kind],)
        if says_nothing_of_all and kind not in wire.paths
        else _calls(wire, kind, session)
        for kind in ROUTES
    }


def _calls(
    wire: WireMap, kind: type[ops.Operation], session: tuple[str, ...]
) -> tuple[Spoken, ...]:
    calls, kept = said_of(wire, kind), dict[str, str]()
    tells = any(call.response or call.filled for _, call in calls)
    found = []
    for n, (at, call) in enumerate(calls):
        names = Names(ROUTES[kind], tuple(kept), session)
        route = _rpc_route(wire, kind, call, at) if call.rpc else _route(kind, call, at, names)
        if isinstance(call, OperationMap):
            _check_parameters(kind, route, call, (*at, "rpc" if call.rpc else "path"))
        spoken = spoken_of(wire, route, call, at, names)
        name = name_of(call)
        if name in (name_of(other) for _, other in calls[:n]):
            found_twice = f"{name} is an earlier call"
            raise MappingError((*at, "name"), found_twice, "a name of its own", "rename it")
        is_silent = name != "" and (not call.response if tells else n < len(calls) - 1)
        found.append(replace(spoken, is_silent=is_silent))
        kept |= call.keep
    return tuple(found)


def _route(kind: type[ops.Operation], call: AnyCall, at: At, names: Names) -> Route:
    ours = ROUTES[kind]
    _check_path(call.path, call, (*at, "path"), names)
    if call.else_path:
        _check_path(call.else_path, call, (*at, "else_path"), names)
        _check_else_path(kind, call, (*at, "else_path"))
    method = call.method.upper() or ours.method
    return replace(ours, path=call.path or ours.path, method=method)


def _check_path(path: str, call: AnyCall, at: At, names: Names) -> None:
    ours = names.route
    moved = {text for places in call.request.values() for text in listed(places)}
    unknown = [
        name
        for name in parameters_in(path)
        if name.isidentifier() and f"{{{name}}}" not in moved and not names.know(name)
    ]
    if unknown:
        knows = ", ".join(ours.parameters()) or "no parameter"
        found = f"the path {path!r} has {{{min(unknown)}}}, and the operation knows {knows}"
        allowed = "a path with the parameters of the operation and no other"
        raise MappingError(at, f"{ours.id}: {found}", allowed, "correct the path")


def _check_else_path(kind: type[ops.Operation], call: AnyCall, at: At) -> None:
    """It has what the operation always says, and is one of a person's."""
    if issubclass(kind, ops.AgentOperation):
        found = "a message of an edge host has one path"
        raise MappingError(at, found, "path alone", "remove it")
    own = {n: listed(call.request.get(f"{{{n}}}", f"{{{n}}}")) for n in ROUTES[kind].parameters()}
    named = {f"{{{name}}}" for name in parameters_in(call.path)}
    there = {f"{{{name}}}" for name in parameters_in(call.else_path)}
    for name in (name for places in own.values() for name in places):
        if name in named - there:
            found = f"{call.else_path} lacks {name}, which {call.path} has"
            raise MappingError(at, found, f"a path with {name}", "add it")


def _rpc_route(wire: WireMap, kind: type[ops.Operation], call: AnyCall, at: At) -> Route:
    if not wire.rpc.path:
        found = "nothing says where JSON-RPC is asked"
        raise MappingError((*at, "rpc"), found, "rpc.path at the top", 'add [rpc] path = "/rpc"')
    return replace(ROUTES[kind], method="POST", path=wire.rpc.path, rpc=call.rpc)


def _check_parameters(kind: type[ops.Operation], route: Route, change: AnyCall, at: At) -> None:
    for name in ROUTES[kind].parameters():
        moved = f"{{{name}}}" in change.request
        if moved and name in route.parameters():
            found = f"{{{name}}} stands in the path, and paths.{kind.__name__}.request moves it"
            raise MappingError(at, found, "one place for it", "remove one of the two")
        twice = ROUTES[kind].twice
        elsewhere = moved or (twice is not None and twice[0] == name)
        if name not in route.parameters() and not elsewhere:
            there = f"say in paths.{kind.__name__}.request where it goes, as in"
            if change.rpc:
                found, fits = f"nothing says where {{{name}}} stands", "a method with room for it"
                raise MappingError(at, found, fits, f'{there} "{{{name}}}" = "id"')
            found, fits = f"{route.path} lacks {{{name}}}", f"a path with {{{name}}}"
            raise MappingError(at, found, fits, f'add it, or {there} "{{{name}}}" = "?id"')


def _error_constants(wire: WireMap) -> Iterator[tuple[Way, Constant]]:
    """What an error of the played side holds besides. Raises `MappingError` where it cannot."""
    plan = error_plan(wire.errors.places, ("errors",))
    places = [each.theirs for each in plan if not each.is_else]
    taken = [place for place in places if wire.errors.places and place]
    for text, value in wire.errors.constants.items():
        at = ("errors", "constants", text)
        place = answered_place(text, at)
        if any(place[: len(each)] == each or each[: len(place)] == place for each in taken):
            told = "a value of the error goes there already"
            raise MappingError(at, told, "a place where nothing else stands", "remove one of them")
        if value != STATUS and isinstance(value, str) and {"{", "}"} & set(value):
            told = f"{value!r} has names in braces that an error does not know"
            raise MappingError(at, told, f"a value, or {STATUS!r} for the status", "correct it")
        yield place, value


PLAIN = WireMap()
"""The published wire, with paths of ours where none is published."""
