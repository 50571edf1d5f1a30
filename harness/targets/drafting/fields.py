"""Where a document has what ours has: the fields of a body, by name and where names differ by their
meaning; the parameters of a path; and a body that theirs has no room for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from harness.targets.drafting.matching import bare, meanings, overlap
from harness.targets.drafting.openapi import Described, Document, Field
from harness.wire.http import Json
from harness.wire.mapping.json_path import EACH, Way, dotted
from harness.wire.mapping.shape import Leaf, shape_of, ways
from harness.wire.model import WireModel
from harness.wire.routes import ROWS, Route

_GUESS_MIN: Final = 0.55
_SAME_NAME: Final = 0.9
_PARENT: Final = 0.2

_PAGING = "listmeta"
"""Where a list says how it goes on. Many end at once, and are none the worse for it."""
_NO_LEAF = {"object", "array"}


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
    if model is None or not isinstance(schema, dict):
        return FieldMatches()
    theirs = document.fields(schema)
    if not theirs:
        return FieldMatches()
    return _Matching(theirs).of(_leaves(model))


def _leaves(model: type[WireModel]) -> list[tuple[Way, Leaf]]:
    """The fields of ours that are moved by themselves."""
    found = [(way, shape) for way, shape in ways(shape_of(model)) if isinstance(shape, Leaf)]
    return [(way, leaf) for way, leaf in found if not leaf.spare]


class _Matching:
    """Finds for each leaf of ours one of theirs. Leaves of a list stay in one list."""

    def __init__(self, theirs: Sequence[Field]) -> None:
        self._there = {f.way for f in theirs}
        self._open = [f.way for f in theirs if f.is_open]
        self._leaves = [f for f in theirs if f.way[-1] != EACH and f.kind not in _NO_LEAF]
        self._lists = {f.way for f in theirs if f.way[-1] == EACH}

    def of(self, ours: Sequence[tuple[Way, Leaf]]) -> FieldMatches:
        absent = [(way, leaf) for way, leaf in ours if not self._is_there(way)]
        taken = {way for way, _ in ours if way in self._there}
        sure: dict[str, str] = {}
        guessed: dict[str, str] = {}
        lists = self._lists_of(absent)
        ranked = sorted(self._pairs(absent, lists), key=lambda p: -p[0])
        for likeness, way, their_way in ranked:
            if dotted(way) in sure | guessed or their_way in taken:
                continue
            taken.add(their_way)
            (sure if likeness >= _SAME_NAME else guessed)[dotted(way)] = dotted(their_way)
        left = [way for way, _ in absent if dotted(way) not in sure | guessed]
        missing = tuple(dotted(way) for way in left if way[0] != _PAGING)
        return FieldMatches(sure, guessed, missing)

    def _is_there(self, way: Way) -> bool:
        """Whether theirs is where ours is, or stands where nothing is said."""
        if way in self._there:
            return True
        return any(way[: len(above)] == above for above in self._open if above)

    def _pairs(
        self, ours: Sequence[tuple[Way, Leaf]], lists: Mapping[Way, Way | None]
    ) -> Iterator[tuple[float, Way, Way]]:
        for way, leaf in ours:
            inside = lists.get(_list_of(way), ()) if _list_of(way) else ()
            if inside is None:
                continue
            for theirs in self._leaves:
                if _list_of(theirs.way) == inside and _fits(leaf, theirs):
                    likeness = _alike(way, theirs.way)
                    if likeness >= _GUESS_MIN:
                        yield likeness, way, theirs.way

    def _lists_of(self, ours: Sequence[tuple[Way, Leaf]]) -> dict[Way, Way | None]:
        """For each list of ours the one of theirs whose elements are most alike."""
        found: dict[Way, Way | None] = {}
        for mine in sorted({_list_of(way) for way, _ in ours} - {()}, key=len):
            if mine in self._lists:
                found[mine] = mine
                continue
            leaves = [(way, leaf) for way, leaf in ours if _list_of(way) == mine]
            depth = mine.count(EACH)
            candidates = [way for way in self._lists if way.count(EACH) == depth]
            scored = [(self._list_likeness(leaves, way), way) for way in sorted(candidates)]
            best = max(scored, default=(0.0, ()))
            found[mine] = best[1] if best[0] > 0 else None
        return found

    def _list_likeness(self, leaves: Sequence[tuple[Way, Leaf]], theirs: Way) -> float:
        inside = [f for f in self._leaves if _list_of(f.way) == theirs]
        likes = (
            max((_alike(way, f.way) for f in inside if _fits(leaf, f)), default=0.0)
            for way, leaf in leaves
        )
        return sum(like for like in likes if like >= _GUESS_MIN)


def _list_of(way: Way) -> Way:
    """The innermost list that a field is in, down to its elements; empty for none."""
    last = max((n for n, step in enumerate(way) if step == EACH), default=-1)
    return way[: last + 1]


def _alike(ours: Way, theirs: Way) -> float:
    """How alike two fields are: mostly by their own names, a little by what is above."""
    above = _PARENT * overlap(_above(ours), _above(theirs))
    if bare(ours[-1]) == bare(theirs[-1]):
        return _SAME_NAME + above / 2
    own = overlap(meanings(ours[-1]), meanings(theirs[-1]))
    both = overlap(_all(ours), _all(theirs))
    return min((1 - _PARENT) * max(own, both) + above, _SAME_NAME - 0.01)


def _above(way: Way) -> frozenset[str]:
    return frozenset[str]().union(*(meanings(step) for step in way[:-1]))


def _all(way: Way) -> frozenset[str]:
    return frozenset[str]().union(*(meanings(step) for step in way[-2:]))


def _fits(leaf: Leaf, theirs: Field) -> bool:
    """Whether theirs can hold what ours does, as far as the document says."""
    if leaf.flag:
        return theirs.kind in ("", "boolean")
    if leaf.single:
        return theirs.kind in ("", "string")
    return True


_LIKE_MIN: Final = 0.45
_EQUAL: Final = "eq"
"""How a filter says that a value is just this one, which is what a query parameter says."""
_BODILESS: Final = frozenset({"GET", "HEAD", "DELETE"})


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
    places = {f"?{q}": q for q in theirs.query if re.fullmatch(r"[^\s?&=#]+", q)}
    fields = document.fields(theirs.request)
    places |= {dotted(f.way): f.way[-1] for f in fields if EACH not in f.way and f.kind == "string"}
    return _most_alike(name, places)


def _into_query(route: Route, theirs: Described) -> dict[str, str]:
    """A body that theirs has no room for: its fields go into the query, or nowhere."""
    if route.request is None or theirs.request is not None or theirs.method not in _BODILESS:
        return {}
    leaves = [(w, s) for w, s in ways(shape_of(route.request)) if isinstance(s, Leaf)]
    leaves.sort(key=lambda leaf: leaf[0][-1] != _EQUAL)
    left = {f"?{q}": q for q in theirs.query if re.fullmatch(r"[^\s?&=#]+", q)}
    found = {}
    for way, leaf in leaves:
        room = leaf.single and EACH not in way
        name = " ".join(step for step in way[-2:] if step != _EQUAL)
        place = _most_alike(name, left) if room and way[-1] != "ignoreCase" else ""
        left.pop(place, None)
        found[dotted(way)] = place
    return found


def _most_alike(name: str, places: Mapping[str, str]) -> str:
    scored = [
        (1.0 if bare(their) == bare(name) else overlap(meanings(name), meanings(their)), place)
        for place, their in places.items()
    ]
    best = max(scored, default=(0.0, ""))
    return best[1] if best[0] >= _LIKE_MIN else ""
