"""What the table of the operations is written in: which attribute stands where, in which form.

`name=metadata.name!` says it of one attribute: its place, and in which form it stands there. Where
the place is missing, it is called like the attribute. `a|b` is written in both places and read from
the first that holds anything, `a<b` is read from the second one as well; the forms are in `FORMS`.

A place is written as in a target file: `spec.profiles` is in the body, or in the element of a
list, `?name` in the query, `{uid}` in the path, `LocalClusterToken:` in a header. A step with a
`!` has to be there, or else it is the one that is told as missing. An object with a `?` is left
out when nothing is in it, and `*` is all of an object whose names are data.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from itertools import starmap
from typing import Any, Final, NamedTuple
from urllib.parse import quote

import msgspec

from harness.domain import cluster, match, operations, permission, profile, token
from harness.domain.cluster import ClusterState, ManagementMode
from harness.domain.operations import Operation, Surface
from harness.domain.profile import Layer, ProfileType
from harness.wire.model import CONTINUE, LIST_META, Fields, Malformed, WireModel
from harness.wire.models import MODELS
from harness.wire.timestamps import from_timestamp, to_timestamp

Read = Callable[[Any, str], Any]
"""From what stands there, `None` for nothing, and the name of the place. Raises `Malformed`."""

Write = Callable[[Any], Any]
"""To what shall stand there; `None` leaves it out."""


def as_it_is(value: Any) -> Any:
    """Writes the value."""
    return value


def as_read(value: Any, _: str) -> Any:
    """Reads the value."""
    return value


@dataclass(frozen=True, slots=True)
class WireField:
    """An attribute of an operation, a value, or a part of one.

    Attributes:
        places: where it is written, and read from the first that holds anything.
        read: how it is read; without, it is what stands there, or else `default`.
        or_from: where it is looked for after the places, and never written.
        item: what each element of a list is; `read` and `write` get the list of them.
        spread: the attribute as the elements to write.
        compute: takes the place of reading, and gets all that came.
        inside: what the attribute is made of, in places of the same request or body.
        by_hand: of the functions of `item`, an object at the first place, makes how the attribute
            is read from all that came, and what is written of the whole.
    """

    places: tuple[str, ...] = ()
    read: Read | None = None
    write: Write = as_it_is
    default: str | bool = ""
    or_from: tuple[str, ...] = ()
    item: WireRecord | None = None
    spread: Callable[[Any], Iterable[Any]] = as_it_is
    compute: Callable[[Any], Any] | None = None
    inside: WireRecord | None = None
    by_hand: Callable[[Write, Write], tuple[Write, Mapping[str, Write]]] | None = None


@dataclass(frozen=True, slots=True)
class WireRecord:
    """What is made of some fields, which are looked at in this order.

    Attributes:
        besides: what else is written, by its place, as the whole says it.
        check: looks at what came before anything is read. Raises `Malformed`.
        model: that of the body which holds it, `None` where there is none or it is a part.
        needs: the ways without which what is done by hand makes no sense of it; `a|b` where one
            of them is enough.
    """

    make: Callable[..., Any]
    fields: Mapping[str, WireField] = field(default_factory=dict)
    besides: Mapping[str, Write] = field(default_factory=dict)
    check: Callable[[Any], None] | None = None
    model: type[WireModel] | None = None
    needs: str = ""

    @property
    def shape(self) -> Fields:
        """The fields of its body."""
        return self.model.shape if self.model else Fields({})


_PARAMETER = re.compile(r"\{([^{}]+)\}")
_SENTENCE = re.compile(r"[.?]\s|[.?]$|\n")


@dataclass(frozen=True, slots=True)
class Route:
    """A row of the table: an operation, where it is asked, with which fields, and what it is
    answered with.

    Attributes:
        path: a template (`/v1/edge-mgmt/cluster/{clusterName}`).
        status: that of success.
        answer: `None` is an acknowledgement without a body.
        signs: `ours` where nothing is published for its purpose, and `bodiless` where the body may
            be missing.
        beside: where the other calls go that the operation takes.
        rpc: the method where it is one of JSON-RPC.
    """

    operation: type[Operation]
    method: str
    path: str
    status: int
    id: str
    summary: str
    asked: WireRecord = field(repr=False, compare=False)
    answer: WireRecord | None = field(repr=False, compare=False)
    signs: tuple[str, ...] = ()
    beside: tuple[Route, ...] = ()
    rpc: str = ""

    @property
    def surface(self) -> Surface:
        """The surface of the operation."""
        return self.operation.surface

    @property
    def published(self) -> bool:
        """Whether it is asked as it is published."""
        return "ours" not in self.signs

    @property
    def request(self) -> type[WireModel] | None:
        """The model of the body of a request, `None` where there is none."""
        return self.asked.model

    @property
    def response(self) -> type[WireModel] | None:
        """The model of the body of an answer, `None` where there is none."""
        return self.answer.model if self.answer else None

    @property
    def is_paged(self) -> bool:
        """Whether the answer may be one page of several."""
        return self.answer is not None and LIST_META in self.answer.shape.fields

    @property
    def queries(self) -> tuple[str, ...]:
        """The parameters of its query."""
        asked = [place for group in _places(self.asked) for place in group]
        more = (CONTINUE,) if self.is_paged else ()
        return (*(place[1:] for place in asked if place.startswith("?")), *more)

    @property
    def switches(self) -> frozenset[str]:
        """What of its query is true or false."""
        read = [p for f in self.asked.fields.values() if f.read is _switch for p in f.places]
        given = [(p, make) for p, make in self.asked.besides.items() if p.startswith("?")]
        always = [place for place, make in given if make(None) in ("true", "false")]
        return frozenset(place[1:] for place in (*read, *always))

    @property
    def twice(self) -> tuple[str, str] | None:
        """A parameter of the path that the published body repeats, and where."""
        groups = (group for group in _places(self.asked) if len(group) > 1)
        return next(((first[1:-1], second) for first, second in groups if first[0] == "{"), None)

    def parameters(self) -> tuple[str, ...]:
        """The names between braces, in the order of the path."""
        return parameters_in(self.path)

    def shape(self) -> str:
        """The path whatever its parameters are called."""
        return _PARAMETER.sub("{}", self.path)

    def url_path(self, parameters: Mapping[str, str]) -> str:
        """The path with its parameters filled in and percent-encoded.

        Raises:
            KeyError: a parameter of the path is missing.
        """
        return _PARAMETER.sub(lambda found: segment(parameters[found[1]]), self.path)


def parameters_in(path: str) -> tuple[str, ...]:
    """The names between braces, in the order of the path."""
    return tuple(_PARAMETER.findall(path))


def segment(text: str) -> str:
    """One segment of a path; a lone dot or two would be taken for a step up."""
    return text.replace(".", "%2E") if text in (".", "..") else quote(text, safe="")


class Pair(NamedTuple):
    """An entry of a mapping."""

    key: Any
    value: Any


@dataclass(frozen=True, slots=True)
class ByHand:
    """What no text says of a record, or of a row; all else is as a `WireRecord` has it."""

    fields: Mapping[str, WireField] = field(default_factory=dict)
    besides: Mapping[str, Write] = field(default_factory=dict)
    check: Callable[[Any], None] | None = None
    make: Callable[..., Any] | None = None
    needs: str = ""


NOTHING: Mapping[str, Any] = {}
_CLASSES: Mapping[str, Any] = {
    name: of
    for module in (cluster, match, permission, profile, token, operations)
    for name, of in vars(module).items()
} | {"Pair": Pair}
_MODEL = re.compile("(Local)?V1")
_ITEM = re.compile(r"^(\w+)(?:=(\S+?))?(?:<(\S+?))?(:\w+)?([!?]?)$")
_PART = re.compile(r"(\w+)=\((\w+)\)")
_LIST = re.compile(r"(?:(\w+)=)?([^{\[]+)([\[{])([A-Z_]+)[\]}]([!?]?)")
_GIVEN = re.compile(r"(\S+?):=(\S+)")
_ROW = re.compile(r"(\w+)((?: [a-z]+)*) ([A-Z]+) (/\S*) (\d+) (\w+)(?: (?!->)(.*?))?(?: -> (.+))?")


def table(
    text: str, records: dict[str, WireRecord], by_hand: Mapping[str, ByHand] = NOTHING
) -> tuple[Route, ...]:
    """The rows of a text: `Operation signs METHOD /path status id field field -> ANSWER`, each over
    several lines where the next ones are indented.

    An answer is a record that has a name, `NAME = Class V1Model field field`, or is written out
    there. Named ones are added to `records`; `by_hand` goes by the names of rows and records.

    Raises:
        KeyError: there is no such class, model, form or record.
    """

    def made(of: str, name: str = "") -> WireRecord:
        word, _, rest = of.partition(" ")
        return record(_CLASSES[word], rest, records, by_hand.get(name, ByHand()))

    rows = []
    for block in re.split(r"\n(?=\S)", re.sub(r"(?m)^ *#.*\n", "", text.strip())):
        said = " ".join(block.split())
        if (row := _ROW.fullmatch(said)) is None:
            name, _, of = said.partition(" = ")
            records[name] = made(of, name)
            continue
        name, signs, *call, asked, answer = row.groups("")
        method, path, status, id_ = call
        kind, told = _CLASSES[name], (records.get(answer) or made(answer)) if answer else None
        summary, request = _SENTENCE.split(kind.__doc__ or "")[0], made(f"{name} {asked}", name)
        of_it = (kind, method, path, int(status), id_, summary, request, told)
        rows.append(Route(*of_it, tuple(signs.split())))
    return tuple(rows)


def record(
    make: Callable[..., Any],
    text: str,
    known: Mapping[str, WireRecord] = NOTHING,
    by_hand: ByHand = ByHand(),
) -> WireRecord:
    """What is made of the attributes of a text, before which the model of a body may stand.

    An attribute is as above, or one of `by_hand`; `name=(PART)` is made of others of the same
    body, `name=place[ITEM]` is a list, of which an empty one with a `?` is left out, and one with a
    `!` has to be there, and `name=place{ITEM}` a mapping; `place:=json` is written besides.
    """
    model, _, rest = text.partition(" ") if _MODEL.match(text) else ("", "", text)
    found, besides = dict[str, WireField](), dict(by_hand.besides)
    for item in rest.split():
        if item in by_hand.fields:
            found[item] = by_hand.fields[item]
        elif part := _PART.fullmatch(item):
            found[part[1]] = WireField(inside=known[part[2]])
        elif given := _GIVEN.fullmatch(item):
            besides[given[1]] = partial(_always, given[2])
        elif several := _LIST.fullmatch(item):
            name, place, kind, of, sign = several.groups()
            own = by_hand.fields.get(name)
            found[name or place] = (
                replace(own, item=known[of]) if own else _several(known[of], place, kind + sign)
            )
        else:
            (name, place, also, kind, sign), *_ = _ITEM.findall(item)
            found[name] = field_at(place or name, also, kind + sign)
    return WireRecord(
        by_hand.make or make,
        found | {name: of for name, of in by_hand.fields.items() if name not in found},
        besides,
        by_hand.check,
        MODELS[model] if model else None,
        by_hand.needs,
    )


def _always(given: str, _: object) -> Any:
    return msgspec.json.decode(given)


def _several(item: WireRecord, place: str, kind: str) -> WireField:
    """A list, as a tuple; pairs are a mapping with `{`."""
    if kind == "{":
        return WireField(
            (place,),
            lambda made, _: dict(made or ()),
            item=item,
            spread=lambda mapping: starmap(Pair, mapping.items()),
        )
    read = (lambda made, name: tuple(_present(made, name))) if kind == "[!" else None
    spread: Callable[[Any], Any] = partial(starmap, Pair) if item.make is Pair else as_it_is
    write = _or_nothing if kind == "[?" else as_it_is
    return WireField((place,), read, write, item=item, spread=spread)


def field_at(places: str, also: str = "", form: str = "") -> WireField:
    """An attribute at these places. Raises `KeyError`: there is no such form."""
    form = form or ("{}" if places.startswith("{") else "")
    return replace(FORMS[form], places=tuple(places.split("|")), or_from=(also,) if also else ())


def _places(of: WireRecord) -> Iterator[tuple[str, ...]]:
    """The places of each attribute, and of what is written besides."""
    for each in of.fields.values():
        yield from _places(each.inside) if each.inside else [each.places]
    yield from ((place,) for place in of.besides)


def refuses(of: WireField, value: object) -> bool:
    """Whether a field that stands by itself cannot be this, which is `None` where nothing is."""
    if of.compute is not None or of.read is None:
        return False
    try:
        of.read(value, "")
    except Malformed:
        return True
    return False


def others(place: str, known: str) -> WireField:
    """An object of texts whose names are data, without one that has a field of its own."""
    return WireField(
        (place,), lambda value, _: {k: v for k, v in (value or {}).items() if k != known}, dict
    )


def computed(
    compute: Callable[[Any], Any], place: str | None = None, write: Write = as_it_is
) -> WireField:
    """What no form reads: a function of all that came."""
    return WireField((place,) if place else (), write=write, compute=compute)


def needed_text(value: str | None, name: str) -> str:
    """A text that must be there and not be empty. Raises `Malformed`: it is missing or empty."""
    if not value:
        raise Malformed(name, "it is missing" if value is None else "it is empty")
    return value


def word_of(kind: type[StrEnum]) -> Read:
    """Reads one of a closed set, as a text."""
    return _looked_up({member.value: member.value for member in kind}, needed=True)


def _looked_up(members: Mapping[str, str], *, needed: bool) -> Read:
    def read(value: Any, name: str) -> str:
        member = members.get(value)
        if member is None:
            needed_text(value if needed else "-", name)
            raise Malformed(name, f"one of {', '.join(members)} is needed")
        return member

    return read


def _present(value: Any, name: str) -> Any:
    if value is None:
        raise Malformed(name, "it is missing")
    return value


def _parameter(value: str | None, name: str) -> str:
    if value is None:
        raise Malformed(name, "the path does not hold it")
    return value


def _switch(value: str | None, name: str) -> bool:
    if value not in ("true", "false", None):
        raise Malformed(name, "true or false is needed")
    return value == "true"


def _or_nothing(value: Any) -> Any:
    return value or None


FORMS: Final[Mapping[str, WireField]] = {
    "": WireField(),
    "!": WireField(read=needed_text),
    "?": WireField(write=_or_nothing),
    "{}": WireField(read=_parameter),
    ":any": WireField(read=as_read),
    ":any!": WireField(read=_present),
    ":flag": WireField(default=False),
    ":flag?": WireField(write=_or_nothing, default=False),
    ":switch": WireField(read=_switch, write=lambda on: "true" if on else None),
    ":time": WireField(
        read=lambda value, name: from_timestamp(value, name) if value else None,
        write=lambda value: None if value is None else to_timestamp(value),
    ),
    ":time!": WireField(
        read=lambda value, name: from_timestamp(needed_text(value, name), name), write=to_timestamp
    ),
    ":texts": WireField(
        read=lambda value, _: {name: text or "" for name, text in (value or {}).items()}, write=dict
    ),
    ":texts?": WireField(read=as_read, write=lambda value: None if value is None else dict(value)),
    ":words": WireField(read=lambda value, _: tuple(value or ()), write=list),
} | {
    f":{kind.__name__}{sign}": WireField(
        read=_looked_up({member.value: member for member in kind}, needed=sign == "!"),
        write=lambda member: member.value,
    )
    for kind in (ClusterState, Layer, ManagementMode, ProfileType)
    for sign in ("", "!")
}
"""How an attribute is read and written: a text that may be missing, and is always written; with `!`
it has to be there and not be empty; with `?` it is left out when it is empty. `:any!` has to be
there, a text may be empty; a parameter of the path; a `:switch` of the query that is off when it is
missing, as a `:flag` is; an empty `:time` is none; `:texts` are an object whose names are data, one
that is null is empty, and all are `None` with `?`; `:words` a list; one of a closed set, which is
told to whom says nothing as well.
"""
