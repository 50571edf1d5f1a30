"""The fields of a body as a tree, and the words that some of them are limited to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Literal, TypeAlias, Union, get_args, get_origin

from pydantic import JsonValue

from harness.domain.cluster import ClusterState
from harness.domain.match import Mismatch
from harness.domain.pairing import RequestState
from harness.wire.mapping.json_path import EACH, Way
from harness.wire.model import WireModel
from harness.wire.models import SERVICE
from harness.wire.routes import ROUTES
from harness.wire.table.fields import CONTINUE, LIST_META


@dataclass(frozen=True, slots=True)
class Leaf:
    """A field that is moved as a whole.

    Attributes:
        single: whether it is a text or a flag, which have room outside of a body.
        flag: whether it is true or false.
        spare: whether hardly anybody looks at it.
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
    """An object of fields by their published names."""

    fields: Mapping[str, Shape]


@dataclass(frozen=True, slots=True)
class Each:
    """A list of objects."""

    item: Shape


Shape: TypeAlias = "Leaf | Fields | Each"

_TEXT = Leaf(single=True)
_REQUEST_STATES = frozenset(state.value for state in RequestState)

_WORDS: Mapping[str, frozenset[str]] = {
    "V1SpectroClusterPairStatus.state": _REQUEST_STATES,
    "V1SpectroClusterPairingRequestMeta.state": _REQUEST_STATES,
    "V1ClusterPairMetadataFilterSpec.state": _REQUEST_STATES,
    "V1SpectroClusterStatus.state": frozenset(state.value for state in ClusterState),
    "V1ClusterPairProblem.kind": frozenset(kind.value for kind in Mismatch),
    "V1PairingPing.service": frozenset({SERVICE}),
}
"""Fields that are published as any text, and hold one of a few words."""

_NOT_WORDS = ("V1HttpPatch", "V1ClusterPairMetadataSortSpec")
"""Models whose closed sets belong to the format and not to pairing."""

_PAGED = {route.response for route in ROUTES.values() if "paged" in route.signs}
_LIST_META = Fields({CONTINUE: _TEXT})


@cache
def shape_of(model: type[WireModel]) -> Fields:
    """The fields of a model, down to the last one."""
    fields = {
        info.alias or name: _field(model, name, info.annotation)
        for name, info in model.model_fields.items()
    }
    return Fields(fields | ({LIST_META: _LIST_META} if model in _PAGED else {}))


def _field(model: type[WireModel], name: str, annotation: object) -> Shape:
    shape = Leaf(spare=True) if model.is_spare(name) else _shape(annotation)
    words = _WORDS.get(f"{model.__name__}.{name}")
    if words is not None:
        return _limited(shape, words)
    if isinstance(shape, Leaf) and model.__name__ in _NOT_WORDS:
        return replace(shape, words=frozenset())
    return shape


def _limited(shape: Shape, words: frozenset[str]) -> Shape:
    if isinstance(shape, Fields):
        return Fields({name: _limited(inner, words) for name, inner in shape.fields.items()})
    return replace(shape, words=words) if isinstance(shape, Leaf) and not shape.flag else shape


def _shape(annotation: object) -> Shape:
    is_union = get_origin(annotation) in (Union, UnionType)
    kinds = [k for k in (get_args(annotation) if is_union else (annotation,)) if k is not NoneType]
    kind = kinds[0] if len(kinds) == 1 else None
    if get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if isinstance(kind, type) and issubclass(kind, WireModel):
        return shape_of(kind)
    if kind in (str, bool):
        return Leaf(single=True, flag=kind is bool)
    match get_origin(kind), get_args(kind):
        case (origin, words) if origin is Literal:
            return Leaf(single=True, words=frozenset(map(str, words)))
        case (origin, (item,)) if origin is list and isinstance(_shape(item), Fields):
            return Each(_shape(item))
        case (origin, _) if origin is dict:
            return Leaf(open=True)
    return Leaf(spare=kind is JsonValue)


def ways(shape: Shape, way: Way = ()) -> Iterator[tuple[Way, Shape]]:
    """Every field below a shape with the way to it, an object before what it holds."""
    if way:
        yield way, shape
    if isinstance(shape, Fields):
        for name, inner in shape.fields.items():
            yield from ways(inner, (*way, name))
    elif isinstance(shape, Each):
        yield from ways(shape.item, (*way, EACH))


@cache
def every_word() -> frozenset[str]:
    """The words of all closed sets that a mapping can rename."""
    leaves = (shape for _, shape in _everything())
    return frozenset(word for leaf in leaves if isinstance(leaf, Leaf) for word in leaf.words)


@cache
def every_field() -> tuple[str, ...]:
    """The names of all fields of the published models, in order."""
    return tuple(sorted({way[-1] for way, _ in _everything()}))


def _everything() -> Iterator[tuple[Way, Shape]]:
    models = {m for route in ROUTES.values() for m in (route.request, route.response) if m}
    return (known for model in models for known in ways(shape_of(model)))
