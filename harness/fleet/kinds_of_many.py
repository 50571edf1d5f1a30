"""Keys of a scenario that hold many values: tables of numbers by name or size, and lists."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from harness.fleet.kinds import Number, Text, Whole, toml_text
from harness.fleet.mistakes import Flaw, Misspelt, literal, nearest
from harness.history.operation import Json


@dataclass(frozen=True, slots=True)
class NumbersByName:
    """A table of numbers by name, in its order; kept as pairs."""

    number: Number
    names: tuple[str, ...]
    noun: str

    @property
    def words(self) -> str:
        return f"a table: {self.noun} = {self.number.words}"

    def read(self, value: object) -> tuple[tuple[str, int], ...]:
        return tuple((name, number) for name, number in _pairs(value, self.number))

    def flaws(self, value: object) -> Iterator[Flaw]:
        for name, number in _as_pairs(value):
            if name not in self.names:
                told = f'there is no {self.noun} "{name}"'
                yield Flaw((str(name),), told, nearest(str(name), self.names))
            yield from _below(str(name), self.number.flaws(number))

    def text(self, value: object) -> str:
        return _inline((str(name), self.number.text(number)) for name, number in _as_pairs(value))

    def schema(self) -> dict[str, Json]:
        numbers: Json = {name: self.number.schema() for name in self.names}
        return {"type": "object", "properties": numbers, "additionalProperties": False}


@dataclass(frozen=True, slots=True)
class Weights:
    """A table of weights by size, in its order; kept as pairs of numbers."""

    size: Whole
    weight: Whole

    @property
    def words(self) -> str:
        return f'a table: "size" ({self.size.words}) = weight ({self.weight.words})'

    def read(self, value: object) -> tuple[tuple[int, int], ...]:
        pairs = []
        for size, weight in _pairs(value, self.weight):
            if not re.fullmatch("[1-9][0-9]{0,8}", size):
                raise Misspelt(f'"{size}" is no size', f"write {self.size.words}", (size,))
            pairs.append((int(size), weight))
        return tuple(pairs)

    def flaws(self, value: object) -> Iterator[Flaw]:
        pairs = _as_pairs(value)
        for size, weight in pairs:
            for flaw in (*self.size.flaws(size), *self.weight.flaws(weight)):
                yield Flaw((str(size),), flaw.found, flaw.remedy)
        if not any(weight for _, weight in pairs):
            yield Flaw((), "no size has a weight above 0", 'write a table such as { "1" = 1 }')

    def text(self, value: object) -> str:
        return _inline((toml_text(str(size)), str(weight)) for size, weight in _as_pairs(value))

    def schema(self) -> dict[str, Json]:
        return {
            "type": "object",
            "propertyNames": {"pattern": "^[1-9][0-9]{0,8}$"},
            "additionalProperties": self.weight.schema(),
            "minProperties": 1,
        }


def _pairs(value: object, kind: Number | Whole) -> Iterator[tuple[str, int]]:
    if not isinstance(value, dict):
        raise Misspelt(f"{literal(value)} is no table", "write one in braces, or with a header")
    for name, number in value.items():
        try:
            yield name, kind.read(number)
        except Misspelt as error:
            raise Misspelt(error.found, error.remedy, (name,)) from error


def _as_pairs(value: object) -> list[tuple[object, object]]:
    return [(pair[0], pair[1]) for pair in value] if isinstance(value, tuple) else []


def _below(name: str | int, flaws: Iterable[Flaw]) -> Iterator[Flaw]:
    return (Flaw((name, *flaw.path), flaw.found, flaw.remedy) for flaw in flaws)


def _inline(pairs: Iterable[tuple[str, str]]) -> str:
    inside = ", ".join(f"{name} = {value}" for name, value in pairs)
    return f"{{ {inside} }}" if inside else "{}"


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of values of one kind: kept as a tuple, or as a set that is written sorted."""

    item: Text | Whole
    noun: str
    is_set: bool = False

    @property
    def words(self) -> str:
        return f"a list of {self.noun}"

    def read(self, value: object) -> tuple[object, ...] | frozenset[object]:
        if not isinstance(value, list):
            raise Misspelt(f"{literal(value)} is no list", f"write {self.words}, in brackets")
        items: list[object] = []
        for position, item in enumerate(value):
            try:
                items.append(self.item.read(item))
            except Misspelt as error:
                raise Misspelt(error.found, error.remedy, (position,)) from error
        return frozenset(items) if self.is_set else tuple(items)

    def flaws(self, value: object) -> Iterator[Flaw]:
        for position, item in enumerate(self._items(value)):
            yield from _below(position, self.item.flaws(item))

    def text(self, value: object) -> str:
        items = [self.item.text(item) for item in self._items(value)]
        if len(items) < 2:
            return f"[{', '.join(items)}]"
        return "".join(["[\n", *(f"    {item},\n" for item in items), "]"])

    def _items(self, value: object) -> list[object]:
        if isinstance(value, frozenset):
            return sorted(value, key=str)
        return list(value) if isinstance(value, tuple) else []

    def schema(self) -> dict[str, Json]:
        return {"type": "array", "items": self.item.schema(), "uniqueItems": self.is_set}
