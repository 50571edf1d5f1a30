"""The base of the wire models: strict types, lenient extras, the fields of each as a tree."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Literal, TypeAlias, TypeVar

import pydantic

from harness.domain.cluster import ClusterState
from harness.domain.match import Mismatch
from harness.domain.pairing import RequestState
from harness.wire.http import Json
from harness.wire.json_path import EACH, Way

SERVICE = "palette"
"""What a Palette answers to a ping, so that a stranger who answers 200 is not taken for one."""

LIST_META, CONTINUE = "listmeta", "continue"
"""Where a page says how the next is asked for, which is by the parameter of that name."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A field that is moved as a whole.

    Attributes:
        single: whether it is a text or a flag, which have room outside of a body.
        flag: whether it is true or false.
        spare: whether pairing never looks at it.
        open: whether it is an object whose names are data; each can be moved by itself.
        words: the closed set of texts that it may hold, if it has one.
    """

    single: bool = False
    flag: bool = False
    spare: bool = False
    open: bool = False
    words: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Fields:
    """An object of fields by their published names; some of them are published as required."""

    fields: Mapping[str, Shape]
    required: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Each:
    """A list of objects."""

    item: Shape


Shape: TypeAlias = "Leaf | Fields | Each"


def ways(shape: Shape, way: Way = ()) -> Iterator[tuple[Way, Shape]]:
    """Every field below a shape with the way to it, an object before what it holds."""
    if way:
        yield way, shape
    if isinstance(shape, Fields):
        for name, inner in shape.fields.items():
            yield from ways(inner, (*way, name))
    elif isinstance(shape, Each):
        yield from ways(shape.item, (*way, EACH))


class Malformed(ValueError):
    """A body that is not what it has to be.

    `field` is the dotted path of the culprit (`spec.profiles.0.packs`), `problem` is what is
    wrong with it. Neither repeats a value, which might be a secret.
    """

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


def published_name(name: str) -> str:
    """The name in the API of a model of ours: that of `LocalV1AuthLogin` is `v1AuthLogin`.

    Some names stand in both APIs for different things; those of Local UI begin with `Local`.
    """
    name = name.removeprefix("Local") if name.startswith("LocalV1") else name
    return name[0].lower() + name[1:]


class WireModel(pydantic.BaseModel):
    """A model of one of the two published APIs, called as it is published with a capital V.

    Types are strict (a number is no text). A field that is missing and one that is null are
    the same; what a model does not know is ignored. Published models require next to nothing,
    so what an operation cannot do without is asked for in the codec.
    """

    # Each is built when it is first used: most runs use few of them.
    model_config = pydantic.ConfigDict(extra="ignore", strict=True, frozen=True, defer_build=True)

    own: ClassVar[bool] = False
    """Whether the model is ours, because nothing is published for its purpose."""
    known: ClassVar[dict[str, type[WireModel]]] = {}
    """All models, by name."""
    shape: ClassVar[Fields] = Fields({})
    """Its fields, down to the last one."""
    own_fields: ClassVar[frozenset[str]] = frozenset()
    """The names of those that are ours."""

    @classmethod
    def wire_name(cls) -> str:
        """The name in the API: `v1ClusterPairMeta`."""
        return published_name(cls.__name__)


def _words(kind: type[str]) -> frozenset[str]:
    return frozenset(str(word.value) for word in kind)  # type: ignore[attr-defined]


# One without a value may be told as null.
_Label = Annotated[str, pydantic.BeforeValidator(lambda text: "" if text is None else text)]
# Encoders of some languages write an empty list as null.
_NULL_IS_EMPTY = pydantic.BeforeValidator(lambda items: [] if items is None else items)
_TEXT, _OPEN = Leaf(single=True), Leaf(open=True)
_KINDS: Mapping[str, tuple[Any, Leaf]] = {
    "text": (str, _TEXT),
    "flag": (bool, Leaf(single=True, flag=True)),
    "number": (int, Leaf()),
    # What is no point in time is told where it is read.
    "time": (Annotated[str, pydantic.Field(json_schema_extra={"format": "date-time"})], _TEXT),
    "any": (pydantic.JsonValue, Leaf(spare=True)),
    "object": (dict[str, pydantic.JsonValue], _OPEN),
    "texts": (dict[str, str | None], _OPEN),
    "labels": (dict[str, _Label], _OPEN),
    "flags": (dict[str, bool], _OPEN),
}
_WORDS = {
    "": frozenset[str](),
    "request": _words(RequestState),
    "cluster": _words(ClusterState),
    "problem": _words(Mismatch),
    "service": frozenset({SERVICE}),
}
_MARKS = {"~": "x-pairproof-spare", "+": "x-pairproof-own"}
_FIELD = re.compile(r"([~+]?)(\w+)(!?)(?::(\S+))?")


def models(text: str) -> dict[str, type[WireModel]]:
    """The models of a text, by name: `V1Name field field:kind # what it is`, over several lines
    where the next ones are indented; with a `+` in front, one of ours, with a `*` a list that may
    come in pages.

    The fields stand in their published order. A kind is one of `_KINDS` (`text` where there is
    none), an earlier model, some words with bars between them, or a list of a kind in brackets;
    after a `/` stands which words of ours its texts are, none where they belong to the format. A
    field with a `!` is required, `~` is one that pairing never looks at, and `+` one of ours on a
    published model.

    Raises:
        KeyError: there is no such kind.
    """
    made = (_model(" ".join(block.split())) for block in re.split(r"\n(?=\S)", text.strip()))
    return {model.__name__: model for model in made}


def _model(text: str) -> type[WireModel]:
    said, _, about = text.partition(" # ")
    head, _, listed = said.partition(" ")
    made: dict[str, Any] = {}
    shapes: dict[str, Shape] = {}
    found = [each.groups() for each in _FIELD.finditer(listed)]
    for sign, field, required, kind in found:
        of, shape = _kind(kind or "text")
        of = of if required or of is pydantic.JsonValue else of | None
        if sign:
            of = Annotated[of, pydantic.Field(json_schema_extra={_MARKS[sign]: True})]
        shapes[field] = Leaf(spare=True) if sign == "~" else shape
        is_taken = hasattr(pydantic.BaseModel, field)
        default = (
            ... if required else pydantic.Field(default=None, alias=field if is_taken else None)
        )
        made[f"{field}_" if is_taken else field] = (of, default)
    if head.startswith("*"):
        shapes[LIST_META] = Fields({CONTINUE: _TEXT})
    model = pydantic.create_model(head.lstrip("+*"), __base__=WireModel, __doc__=about, **made)
    needed = tuple(field for _, field, required, _ in found if required)
    model.own, model.shape = head.startswith("+"), Fields(shapes, needed)
    model.own_fields = frozenset(field for sign, field, *_ in found if sign == "+")
    WireModel.known[model.__name__] = model
    return model


def _kind(text: str) -> tuple[Any, Shape]:
    """The type and the shape of a kind."""
    kind, is_limited, of_ours = text.partition("/")
    of: Any
    shape: Shape
    if kind.startswith("["):
        of, item = _kind(kind[1:-1])
        of = Annotated[list[of], _NULL_IS_EMPTY]
        shape = Each(item) if isinstance(item, Fields) else Leaf()
    elif "|" in kind:
        words = tuple(kind.split("|"))
        of, shape = Literal[words], Leaf(single=True, words=frozenset(words))
    elif kind in WireModel.known:
        of, shape = WireModel.known[kind], WireModel.known[kind].shape
    else:
        of, shape = _KINDS[kind]
    return of, _limited(shape, _WORDS[of_ours]) if is_limited else shape


def _limited(shape: Shape, words: frozenset[str]) -> Shape:
    if isinstance(shape, Fields):
        return Fields({name: _limited(inner, words) for name, inner in shape.fields.items()})
    return replace(shape, words=words) if isinstance(shape, Leaf) and not shape.flag else shape


Model = TypeVar("Model", bound=WireModel)


def parse_model(model: type[Model], json: Json) -> Model:
    """The JSON as the model. Raises `Malformed`: a field is wrong or missing, or all of it."""
    parsed = parse_what_is_read(model, json, lambda _: True)
    assert parsed is not None
    return parsed


def parse_what_is_read(
    model: type[Model], json: Json, is_read: Callable[[Sequence[str | int]], bool]
) -> Model | None:
    """The JSON as the model, or `None` if it lacks no more than fields that nobody reads: who has
    none of them cannot make them up, though they are published as required.

    `is_read` is asked by the way to a field, with the places of elements in their lists.

    Raises:
        Malformed: it is no object, or a field has the wrong type, or is missing and is read.
    """
    if not isinstance(json, dict):
        raise Malformed("body", f"a JSON object is needed, and this is {json_kind(json)}")
    try:
        # What `model_validate` does; it takes longer to get there than most bodies take.
        parsed: Model = model.__pydantic_validator__.validate_python(json)
        return parsed
    except pydantic.ValidationError as error:
        for each in error.errors(include_url=False, include_input=False):
            if each["type"] != "missing" or is_read(each["loc"]):
                place = ".".join(str(part) for part in each["loc"])
                raise Malformed(place or "body", each["msg"]) from None
        return None


def json_kind(json: Json) -> str:
    """What a JSON value is, in words."""
    kinds = {type(None): "nothing", bool: "a boolean", str: "a text", list: "an array"}
    return kinds.get(type(json), "an object" if isinstance(json, dict) else "a number")
