"""The base of the wire models: published names as attributes, strict types, lenient extras."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, create_model

from harness.wire.http import Json

_OWN = "x-pairproof-own"

_SPARE = "x-pairproof-spare"

Texts = dict[str, str | None]
"""An object that holds texts alone, as most references do."""
JsonObject = dict[str, JsonValue]
"""An object whose fields pairing never looks at."""


Time = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
"""A point in time, as text; what is none is told where it is read."""


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


class WireModel(BaseModel):
    """A model of one of the two published APIs, called as it is published with a capital V.

    Types are strict (a number is no text). A field that is missing and one that is null are
    the same; what a model does not know is ignored. Published models require next to nothing,
    so what an operation cannot do without is asked for in the codec.
    """

    # Each is built when it is first used: most runs use few of them.
    model_config = ConfigDict(extra="ignore", strict=True, frozen=True, defer_build=True)

    own: ClassVar[bool] = False
    """Whether the model is ours, because nothing is published for its purpose."""
    known: ClassVar[dict[str, type[WireModel]]] = {}
    """All models, by name."""

    def __init_subclass__(cls, **given: Any) -> None:
        cls.known[cls.__name__] = cls
        super().__init_subclass__(**given)

    @classmethod
    def wire_name(cls) -> str:
        """The name in the API: `v1ClusterPairMeta`."""
        return published_name(cls.__name__)

    @classmethod
    def field_names(cls, *, own: bool | None = None) -> frozenset[str]:
        """The names on the wire; only ours with `own=True`, only published with `False`."""
        return frozenset(
            info.alias or name
            for name, info in cls.model_fields.items()
            if own is None or own is (_OWN in _extra(info.json_schema_extra))
        )

    @classmethod
    def is_spare(cls, name: str) -> bool:
        """Whether pairing never looks at the field of this attribute."""
        return _SPARE in _extra(cls.model_fields[name].json_schema_extra)


_KINDS: Mapping[str, Any] = {
    "text": str,
    "flag": bool,
    "number": int,
    "time": Time,
    "any": JsonValue,
    "object": JsonObject,
    "texts": Texts,
    "labels": dict[str, str],
    "flags": dict[str, bool],
}
_MARKS = {
    sign: Field(json_schema_extra={mark: True}) for sign, mark in (("~", _SPARE), ("+", _OWN))
}
_FIELD = re.compile(r"([~+]?)(\w+)(!?)(?::(\S+))?")


def models(text: str) -> dict[str, type[WireModel]]:
    """The models of a text, by name: `V1Name field field:kind # what it is`, over several lines
    where the next ones are indented; with a `+` in front, one of ours.

    The fields stand in their published order. A kind is one of `_KINDS` (`text` where there is
    none), an earlier model, some words with bars between them, or a list of a kind in brackets. A
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
    for sign, field, required, kind in (found.groups() for found in _FIELD.finditer(listed)):
        of = _kind(kind or "text")
        of = of if required or of is JsonValue else of | None
        of = Annotated[of, _MARKS[sign]] if sign else of
        is_taken = hasattr(BaseModel, field)
        default = ... if required else Field(default=None, alias=field if is_taken else None)
        made[f"{field}_" if is_taken else field] = (of, default)
    model = create_model(head.lstrip("+"), __base__=WireModel, __doc__=about, **made)
    model.own = head.startswith("+")
    return model


def _kind(text: str) -> Any:
    if text.startswith("["):
        return list[_kind(text[1:-1])]  # type: ignore[misc]
    return Literal[tuple(text.split("|"))] if "|" in text else {**_KINDS, **WireModel.known}[text]


Model = TypeVar("Model", bound=WireModel)


def parse_model(model: type[Model], json: Json) -> Model:
    """The JSON as the model.

    Raises:
        Malformed: it is no object, or a field has the wrong type or is missing.
    """
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
    except ValidationError as error:
        for each in error.errors(include_url=False, include_input=False):
            if each["type"] != "missing" or is_read(each["loc"]):
                place = ".".join(str(part) for part in each["loc"])
                raise Malformed(place or "body", each["msg"]) from None
        return None


def json_kind(json: Json) -> str:
    """What a JSON value is, in words."""
    kinds = {type(None): "nothing", bool: "a boolean", str: "a text", list: "an array"}
    return kinds.get(type(json), "an object" if isinstance(json, dict) else "a number")


def _extra(extra: object) -> dict[str, object]:
    return extra if isinstance(extra, dict) else {}
