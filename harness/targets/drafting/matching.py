"""Which operation and field of a document is which of ours: by place, name, and meaning."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from harness.domain.operations import Operation, Surface
from harness.targets.drafting.openapi import Described, Document, Field
from harness.wire.http import BODILESS, Json
from harness.wire.json_path import EACH, Way, dotted
from harness.wire.model import LIST_META, Leaf, WireModel, ways
from harness.wire.routes import ROUTES, Route, routes_of

_SAID_BY: Final = {"DELETE": "delete", "GET": "view"}
"""What a method says, where it says as much as a word."""
_READING: Final = "view list poll verify match probe"
"""The words of ours that a GET may be."""

# --- operations -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Match:
    """One of our operations and what a document has for it. `why` is for people."""

    route: Route
    document: Document
    theirs: Described
    why: str
    likeness: float

    @property
    def is_sure(self) -> bool:
        """Whether it is more than alike."""
        return self.likeness > 1


def matched(
    documents: Iterable[Document], surfaces: Iterable[Surface]
) -> dict[type[Operation], Match]:
    """What documents have for these operations; each of theirs once, if it is not sure."""
    found: dict[type[Operation], Match] = {}
    taken = set[int]()
    every = _matches(routes_of(ROUTES, *surfaces), documents)
    for match in sorted(every, key=lambda match: -match.likeness):
        is_free = match.is_sure or id(match.theirs) not in taken
        if is_free and match.route.operation not in found:
            found[match.route.operation] = match
            taken.add(id(match.theirs))
    return found


def _matches(routes: Sequence[Route], documents: Iterable[Document]) -> Iterator[Match]:
    """Those that are asked where we ask, those with our id, and those that speak of all that ours
    is called by; a verb of another kind would be a danger.
    """
    reading = meanings(_READING)
    for document, theirs in ((d, theirs) for d in documents for theirs in d.operations):
        place, name = (theirs.method, theirs.shape()), bare(theirs.id)
        said = meanings(f"{theirs.words} {theirs.shape()} {_SAID_BY.get(theirs.method, '')}")
        for route in routes:
            ours = meanings(route.operation.__name__)
            fits = len(theirs.parameters()) <= len(route.parameters())
            if place == (route.method, route.shape()):
                yield Match(route, document, theirs, "it is asked there", 3)
            elif name and name in (bare(route.id), bare(route.operation.__name__)):
                yield Match(route, document, theirs, "its id is the same", 2)
            elif fits and ours <= said and (theirs.method != "GET" or ours & reading):
                whole = ours | meanings(f"{route.summary} {route.shape()}")
                like = len(whole & said) / len(whole | said)
                yield Match(route, document, theirs, "it speaks of the same", like)


# --- words ----------------------------------------------------------------------------------------

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_TWO = re.compile(r"([Ll]og|[Ss]ign)[ _-]?([Ii]n|[Oo]ut|[Oo]ff|[Oo]n)(?![a-z])")
_EMPTY = frozenset("v api the a an of to for by and in with default edge mgmt spectro".split())

_ALIKE: Final = """
pair pairing handover join enroll enrol enrollment enrolment onboard onboarding adopt adoption
    attach registration takeover
cancel withdraw abort recall retract undo; verify check test probe validate verification ping hello
    reachable
view get show detail details info read describe fetch uid; list search query find
login signin session sessions authenticate auth authentication logon; logout signout logoff
accept approve approval grant; reject deny decline refuse denial
token ticket registrationtoken voucher
stack profile profiles bundle blueprint template application applications
management managed owner ownership mode manager; delete remove destroy; create add new make issue
match compare comparison fit; metadata meta label labels tag tags; release detach unpair discharge
connection connectivity reach; state status phase outcome; poll progress
confirm acknowledge ack confirmation; submit request application apply knock
endpoint address url plane palette; insecure skip tls unverified; name title
id ident identifier uid uuid serial; username user login email mail emailid
password pass secret passphrase; message reason text note why
cluster clusters spectrocluster spectroclusters; expiry expires expiration until
active enabled use isactive; send start; update replace put; change patch modify edit
"""
"""Words that mean about the same."""


def _groups() -> Mapping[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for n, group in enumerate(re.split(r"\n(?! )|;", _ALIKE)):
        for word in group.split():
            found[word] = found.get(word, frozenset()) | {f"~{n}"}
    return found


_GROUP = _groups()


@lru_cache(maxsize=65_536)
def meanings(text: str) -> frozenset[str]:
    """What the words of a text mean: `pairingUid` and `handover_id` share all of it."""
    found: set[str] = set()
    for word in _WORD.findall(_TWO.sub(lambda f: f"{f[1]}{f[2].lower()}", text)):
        plain = word.lower()
        single = plain.removesuffix("s")
        if plain not in _EMPTY:
            found |= _GROUP.get(plain) or _GROUP.get(single) or {single}
    return frozenset(found)


@lru_cache(maxsize=65_536)
def bare(name: str) -> str:
    """A name without its style: `registrationToken` and `registration_token` are one."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


# --- fields ---------------------------------------------------------------------------------------


class Entry(NamedTuple):
    """A place of ours, and which theirs it is: empty for none, `None` where nobody knows. Without
    `is_sure` it is a guess.
    """

    ours: str
    theirs: str | None
    is_sure: bool = False


def field_matches(
    model: type[WireModel] | None, document: Document, schema: Json
) -> Iterator[Entry]:
    """How a document's body differs from a model of ours, names before meanings before what is
    missing there; nothing where it says nothing.
    """
    theirs = document.fields(schema) if model is not None and isinstance(schema, dict) else ()
    if model is None or not theirs:
        return
    shapes = ways(model.shape)
    ours = {way: leaf for way, leaf in shapes if isinstance(leaf, Leaf) and not leaf.spare}
    there, anything = {f.way for f in theirs}, [f.way for f in theirs if f.is_open and f.way]
    absent = {
        way: leaf
        for way, leaf in ours.items()
        if way not in there and not any(way[: len(above)] == above for above in anything)
    }
    left = [f for f in theirs if f.way not in ours and f.kind not in ("object", "array")]
    lists = {mine: _list_for(mine, absent, left) for mine in map(_list_of, absent)}
    for is_sure in (True, False):
        for way, leaf in list(absent.items()):
            alike = [
                f
                for f in left
                if _list_of(f.way) == lists[_list_of(way)]
                and _fits(leaf, f)
                and (not is_sure or bare(way[-1]) == bare(f.way[-1]))
                and _mean_the_same(way, f.way)
            ]
            if alike:
                best = max(alike, key=lambda f: len(_meant_above(way) & _meant_above(f.way)))
                yield Entry(dotted(way), dotted(best.way), is_sure)
                left.remove(best)
                del absent[way]
    yield from (Entry(dotted(way), None) for way in absent if way[0] != LIST_META)


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
    is_named_so = bare(ours[-1]) == bare(theirs[-1])
    return is_named_so or any(_meant(ours[n:]) == _meant(theirs[n:]) for n in (-1, -2))


def _meant(way: Way) -> frozenset[str]:
    return meanings(" ".join(way))


def _meant_above(way: Way) -> frozenset[str]:
    return _meant(way[:-1])


def _fits(leaf: Leaf, theirs: Field) -> bool:
    """Whether theirs can hold what ours does, as far as the document says."""
    if leaf.flag:
        return theirs.kind in ("", "boolean")
    return not leaf.single or theirs.kind in ("", "string")


# --- parameters -----------------------------------------------------------------------------------

_EQUAL: Final = "eq"
"""How a filter says that a value is just this one, which is what a query parameter says."""


class Unmappable(Exception):
    """A parameter has no place there; says which."""


def placed(route: Route, document: Document, theirs: Described) -> tuple[str, list[Entry]]:
    """The path with our parameters, and guesses for those elsewhere. Raises `Unmappable`."""
    ours, there = list(route.parameters()), list(theirs.parameters())
    if len(there) > len(ours):
        raise Unmappable(f"its path has parameters of which nothing is known: {', '.join(there)}")
    names = _in_order(ours, there)
    renamed = {f"{{{their_name}}}": f"{{{name}}}" for name, their_name in names.items()}
    path = re.sub(r"\{[^{}/]+\}", lambda found: renamed[found[0]], theirs.path)
    left = {n: _elsewhere(n, document, theirs) for n in ours if n not in names}
    twice = route.twice or ("",)
    if lost := [name for name, place in left.items() if not place and name != twice[0]]:
        raise Unmappable(f"it has no place for {', '.join(lost)}")
    moved = (Entry(f"{{{name}}}", place) for name, place in left.items() if place)
    return path, [*moved, *_into_query(route, theirs)]


def _in_order(ours: Sequence[str], theirs: Sequence[str]) -> dict[str, str]:
    """Ours to theirs: those of one name, and then one after the other."""
    found = {name: name for name in ours if name in theirs}
    left = [name for name in theirs if name not in found.values()]
    return found | dict(zip((name for name in ours if name not in found), left, strict=False))


def _elsewhere(name: str, document: Document, theirs: Described) -> str:
    """The place outside of the path that is most like a parameter; empty for none."""
    fields = document.fields(theirs.request)
    inside = {dotted(f.way): f.way[-1] for f in fields if EACH not in f.way and f.kind == "string"}
    return _most_alike(name, _queries(theirs) | inside)


def _into_query(route: Route, theirs: Described) -> Iterator[Entry]:
    """A body that theirs has no room for: its fields go into the query, or nowhere."""
    if route.request is None or theirs.request is not None or theirs.method not in BODILESS:
        return
    leaves = [(w, s) for w, s in ways(route.request.shape) if isinstance(s, Leaf)]
    leaves.sort(key=lambda leaf: leaf[0][-1] != _EQUAL)
    left = _queries(theirs)
    for way, leaf in leaves:
        room = leaf.single and EACH not in way
        name = " ".join(step for step in way[-2:] if step != _EQUAL)
        place = _most_alike(name, left) if room and way[-1] != "ignoreCase" else ""
        left.pop(place, None)
        yield Entry(dotted(way), place)


def _queries(theirs: Described) -> dict[str, str]:
    """The parameters of a query that a mapping can name, by their places."""
    return {f"?{q}": q for q in theirs.query if re.fullmatch(r"[^\s?&=#]+", q)}


def _most_alike(name: str, places: Mapping[str, str]) -> str:
    """The place of the same name, or else of the same meaning; empty for none."""
    same = [place for place, their in places.items() if bare(their) == bare(name)]
    alike = [place for place, their in places.items() if meanings(their) == meanings(name)]
    return next(iter((*same, *alike)), "")
