"""Where an operation's parameters go in another one's path, and a body that it has no room for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from harness.targets.drafting.openapi import Described, Document
from harness.targets.drafting.words import bare, meanings, overlap
from harness.wire.mapping.compiling import TWICE
from harness.wire.mapping.places import EACH, dotted
from harness.wire.mapping.shape import Leaf, shape_of, ways
from harness.wire.routes import Route

_LIKE_MIN: Final = 0.45
_EQUAL: Final = "eq"
"""How a filter says that a value is just this one, which is what a query parameter says."""
_BODILESS: Final = frozenset({"GET", "HEAD", "DELETE"})


class NoPlace(Exception):
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
        raise NoPlace(f"its path has parameters of which nothing is known: {', '.join(there)}")
    names = _in_order(ours, there)
    renamed = {f"{{{their_name}}}": f"{{{name}}}" for name, their_name in names.items()}
    path = re.sub(r"\{[^{}/]+\}", lambda found: renamed[found[0]], theirs.path)
    entries = {f"{{{name}}}": _elsewhere(name, document, theirs) for name in ours}
    twice = TWICE.get(route.operation, ("",))[0]
    left = {
        entry: place
        for name in ours
        if name not in names and (place := entries[entry := f"{{{name}}}"])
    }
    lost = [n for n in ours if n not in names and f"{{{n}}}" not in left and n != twice]
    if lost:
        raise NoPlace(f"it has no place for {', '.join(lost)}")
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
    """The place whose name is most like this one, if it is alike enough."""
    scored = [
        (1.0 if bare(their) == bare(name) else overlap(meanings(name), meanings(their)), place)
        for place, their in places.items()
    ]
    best = max(scored, default=(0.0, ""))
    return best[1] if best[0] >= _LIKE_MIN else ""
