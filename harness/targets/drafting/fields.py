"""Where a document has what ours has: the fields of a body, by name and where names differ by their
meaning; the parameters of a path; and a body that theirs has no room for.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from harness.targets.drafting.matching import bare, meanings
from harness.targets.drafting.openapi import Described, Document, Field
from harness.wire.http import BODILESS, Json
from harness.wire.mapping.json_path import EACH, Way, dotted
from harness.wire.mapping.shape import Leaf, shape_of, ways
from harness.wire.model import WireModel
from harness.wire.routes import ROWS, Route
from harness.wire.table.fields import LIST_META


@dataclass(frozen=True, slots=True)
class FieldMatches:
    """How a body differs, by our way as one writes it.

    Attributes:
        sure: ours to theirs, where the name is the same.
        guessed: ours to theirs, where only the meaning is.
        missing: ours that have no counterpart.
    """

    sure: Mapping[str, str] = field(default_factory=dict)
    guessed: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


def field_matches(model: type[WireModel] | None, document: Document, schema: Json) -> FieldMatches:
    """How a document's body differs from a model of ours; nothing where it says nothing."""
    theirs = document.fields(schema) if model is not None and isinstance(schema, dict) else ()
    if model is None or not theirs:
        return FieldMatches()
    shapes = ways(shape_of(model))
    ours = {way: leaf for way, leaf in shapes if isinstance(leaf, Leaf) and not leaf.spare}
    there, anything = {f.way for f in theirs}, [f.way for f in theirs if f.is_open and f.way]
    absent = {
        way: leaf
        for way, leaf in ours.items()
        if way not in there and not any(way[: len(above)] == above for above in anything)
    }
    left = [f for f in theirs if f.way not in ours and f.kind not in ("object", "array")]
    lists = {mine: _list_for(mine, absent, left) for mine in map(_list_of, absent)}
    found: list[dict[str, str]] = [{}, {}]
    for level, told in enumerate(found):  # names first, and then meanings
        for way, leaf in list(absent.items()):
            alike = [
                f
                for f in left
                if _list_of(f.way) == lists[_list_of(way)]
                and _fits(leaf, f)
                and (level or bare(way[-1]) == bare(f.way[-1]))
                and _mean_the_same(way, f.way)
            ]
            if alike:
                best = max(alike, key=lambda f: len(_meant_above(way) & _meant_above(f.way)))
                told[dotted(way)] = dotted(best.way)
                left.remove(best)
                del absent[way]
    sure, guessed = found
    return FieldMatches(sure, guessed, tuple(dotted(way) for way in absent if way[0] != LIST_META))


def _list_of(way: Way) -> Way:
    """The innermost list that a field is in, down to its elements; empty for none."""
    last = max((n for n, step in enumerate(way) if step == EACH), default=-1)
    return way[: last + 1]


def _list_for(mine: Way, ours: Mapping[Way, Leaf], theirs: Sequence[Field]) -> Way | None:
    """The list of theirs whose elements hold the most of what those of ours do."""
    names = {bare(way[-1]) for way in ours if _list_of(way) == mine}
    held = Counter[Way]()
    for f in theirs:
        if f.way.count(EACH) == mine.count(EACH):
            held[_list_of(f.way)] += bare(f.way[-1]) in names
    best = max(held, key=held.__getitem__, default=None)
    return mine if mine in held or not mine else best if best is not None and held[best] else None


def _mean_the_same(ours: Way, theirs: Way) -> bool:
    """Whether two fields mean the same, by their names or together with what is above."""
    last, both = (meanings(ours[-1]), meanings(theirs[-1])), (_last_two(ours), _last_two(theirs))
    return bare(ours[-1]) == bare(theirs[-1]) or last[0] == last[1] or both[0] == both[1]


def _last_two(way: Way) -> frozenset[str]:
    return meanings(" ".join(way[-2:]))


def _meant_above(way: Way) -> frozenset[str]:
    return meanings(" ".join(way[:-1]))


def _fits(leaf: Leaf, theirs: Field) -> bool:
    """Whether theirs can hold what ours does, as far as the document says."""
    if leaf.flag:
        return theirs.kind in ("", "boolean")
    return not leaf.single or theirs.kind in ("", "string")


_EQUAL: Final = "eq"
"""How a filter says that a value is just this one, which is what a query parameter says."""


class Unmappable(Exception):
    """A parameter has no place there; says which."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Where an operation is asked. `request` moves what is not at its own place; those of it
    that are guesses stand in `guessed`.
    """

    path: str
    request: Mapping[str, str]
    guessed: tuple[str, ...]


def placed(route: Route, document: Document, theirs: Described) -> Placed:
    """The path with our parameters, and the entries that the rest of them takes.

    Raises:
        NoPlace: a parameter of theirs or of ours is left over.
    """
    ours, there = list(route.parameters()), list(theirs.parameters())
    if len(there) > len(ours):
        raise Unmappable(f"its path has parameters of which nothing is known: {', '.join(there)}")
    names = _in_order(ours, there)
    renamed = {f"{{{their_name}}}": f"{{{name}}}" for name, their_name in names.items()}
    path = re.sub(r"\{[^{}/]+\}", lambda found: renamed[found[0]], theirs.path)
    entries = {f"{{{name}}}": _elsewhere(name, document, theirs) for name in ours}
    twice = ROWS[route.operation].twice or ("",)
    left = {
        entry: place
        for name in ours
        if name not in names and (place := entries[entry := f"{{{name}}}"])
    }
    lost = [n for n in ours if n not in names and f"{{{n}}}" not in left and n != twice[0]]
    if lost:
        raise Unmappable(f"it has no place for {', '.join(lost)}")
    query = _into_query(route, theirs)
    return Placed(path, {**left, **query}, (*left, *query))


def _in_order(ours: Sequence[str], theirs: Sequence[str]) -> dict[str, str]:
    """Ours to theirs: those of one name, and then one after the other."""
    found = {name: name for name in ours if name in theirs}
    left = [name for name in theirs if name not in found.values()]
    for name in ours:
        if name not in found and left:
            found[name] = left.pop(0)
    return found


def _elsewhere(name: str, document: Document, theirs: Described) -> str:
    """The place outside of the path that is most like a parameter; empty for none."""
    places = _queries(theirs)
    fields = document.fields(theirs.request)
    places |= {dotted(f.way): f.way[-1] for f in fields if EACH not in f.way and f.kind == "string"}
    return _most_alike(name, places)


def _into_query(route: Route, theirs: Described) -> dict[str, str]:
    """A body that theirs has no room for: its fields go into the query, or nowhere."""
    if route.request is None or theirs.request is not None or theirs.method not in BODILESS:
        return {}
    leaves = [(w, s) for w, s in ways(shape_of(route.request)) if isinstance(s, Leaf)]
    leaves.sort(key=lambda leaf: leaf[0][-1] != _EQUAL)
    left = _queries(theirs)
    found = {}
    for way, leaf in leaves:
        room = leaf.single and EACH not in way
        name = " ".join(step for step in way[-2:] if step != _EQUAL)
        place = _most_alike(name, left) if room and way[-1] != "ignoreCase" else ""
        left.pop(place, None)
        found[dotted(way)] = place
    return found


def _queries(theirs: Described) -> dict[str, str]:
    """The parameters of a query that a mapping can name, by their places."""
    return {f"?{q}": q for q in theirs.query if re.fullmatch(r"[^\s?&=#]+", q)}


def _most_alike(name: str, places: Mapping[str, str]) -> str:
    """The place of the same name, or else of the same meaning; empty for none."""
    same = [place for place, their in places.items() if bare(their) == bare(name)]
    alike = [place for place, their in places.items() if meanings(their) == meanings(name)]
    return next(iter((*same, *alike)), "")
