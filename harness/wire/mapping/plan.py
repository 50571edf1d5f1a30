"""From what a mapping says of one body to the moves that make either form of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from harness.configuration.errors import nearest
from harness.wire.json_path import (
    BODY,
    EACH,
    NOWHERE,
    At,
    MappingError,
    Way,
    dotted,
    is_in_body,
    place_of,
    way_of,
)
from harness.wire.mapping.keys import SeveralPlaces
from harness.wire.mapping.rooms import AS_IT_IS, FieldMapping
from harness.wire.mapping.values import (
    CONVERSIONS_IN_WORDS,
    Conversion,
    ValueForm,
    Words,
    conversion_named,
)
from harness.wire.model import Each, Fields, Leaf, Shape, ways

_ELSEWHERE: Final = (
    "docs/operations.md says what each operation has; a header is written Name:,"
    " a parameter {name} or ?name"
)

_A_FIELD = "a field such as data.items[].id, ?query, {parameter}, Header:, $ or nothing"


@dataclass(frozen=True, slots=True)
class ValueMapping:
    """What a mapping says of one value: where the target has it, and how it is written."""

    place: Way
    conversion: Conversion | None = None


@dataclass(frozen=True, slots=True)
class BodyRules:
    """What governs one body: the table of its entries, and what holds everywhere.

    Attributes:
        at: where the table stands in a target file.
        entries: ours to theirs, as written there.
        fields: names that are different wherever they occur.
        words: the words of closed sets; `words_at` says where those stand that are not in the
            table for all operations.
        is_part: whether there is no more than the entries name.
        is_form: whether there is room for single fields alone.
    """

    at: At
    entries: Mapping[str, SeveralPlaces] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    words_at: Mapping[str, At] = field(default_factory=dict)
    is_part: bool = False
    is_form: bool = False


@dataclass(frozen=True, slots=True)
class BodyPlan:
    """How one body is translated: the fields in it, and those that stand elsewhere."""

    inside: tuple[FieldMapping, ...] = (AS_IT_IS,)
    outside: tuple[FieldMapping, ...] = ()


def entry_of(text: str, at: At) -> ValueMapping:
    """What the right-hand side of a mapping says: `data.created as seconds`.

    Raises:
        MappingError: it says nothing of the kind.
    """
    where, separator, name = text.partition(" as ")
    try:
        place = place_of(where)
    except ValueError as error:
        raise MappingError(at, f"{error}", _A_FIELD, "correct it") from error
    try:
        return ValueMapping(place, conversion_named(name) if separator else None)
    except KeyError as error:
        raise MappingError(
            at, f"{name!r} is no conversion", CONVERSIONS_IN_WORDS, "use one of them"
        ) from error


def listed(places: SeveralPlaces) -> tuple[str, ...]:
    """The places as several."""
    return (places,) if isinstance(places, str) else places


def plan_of(shape: Fields, wanted: BodyRules) -> BodyPlan:
    """The plan for a body of this shape.

    Raises:
        MappingError: an entry names no field of the body, or contradicts another one.
    """
    if not (wanted.entries or wanted.fields or wanted.words or wanted.is_part or wanted.is_form):
        return BodyPlan()
    return _Planner(shape, wanted).plan()


class _Planner:
    """Walks a shape and notes where each field goes."""

    def __init__(self, shape: Fields, wanted: BodyRules) -> None:
        self._shape = shape
        self._wanted = wanted
        self._known = dict(ways(shape)) | {(): shape}
        self._entries: dict[Way, ValueMapping] = {}
        self._copies: dict[Way, list[ValueMapping]] = {}
        self._written: dict[Way, str] = {}
        for text, theirs in wanted.entries.items():
            way = self._way(text)
            first, *others = (entry_of(place, (*wanted.at, text)) for place in listed(theirs))
            self._entries[way], self._copies[way] = first, others
            self._written[way] = text
        self._lists: dict[Way, Way] = {(): ()}
        self._fields: list[FieldMapping] = []
        self._outside: list[FieldMapping] = []
        self._spare: list[tuple[Leaf, Way, Way]] = []
        self._left_out = False
        self._places: list[tuple[Way, Way]] = []
        self._taken = self._taken_whole()

    def plan(self) -> BodyPlan:
        """Walk it all."""
        whole = self._entries.get((), ValueMapping((BODY,))).place
        if not is_in_body(whole) or EACH in whole:
            self._refuse((), "the body is one object", "an object such as data")
        self._walk(self._shape, (), whole if self._is_there(()) else NOWHERE)
        for leaf, ours, place in self._spare:  # hardly anybody looks at it, so it makes room
            fits = leaf.single or not self._wanted.is_form
            if is_in_body(place) and fits and self._in_the_way(place[1:], ours) is None:
                self._leaf(leaf, ours, place)
            else:
                self._left_out = True
        is_plain = all(each.is_plain for each in self._fields)
        if is_plain and not self._left_out and not self._wanted.is_form:
            return BodyPlan()
        # What is in no list comes first, and what is in two comes last.
        inside = sorted(self._fields, key=lambda each: each.ours.count(EACH) + each.is_list)
        return BodyPlan(tuple(inside), tuple(self._outside))

    # --- what the entries name ------------------------------------------------------------

    def _way(self, text: str) -> Way:
        """The way that an entry's left-hand side means, which has to lead to a field."""
        try:
            way = way_of(text)
        except ValueError:
            way = (text,)
        above = self._known.get(way[:-1])
        if way in self._known or (way[-1] != EACH and isinstance(above, Leaf) and above.open):
            return way
        names = [dotted(known) for known in self._known if known]
        last = [name for name in names if name.rpartition(".")[2] == way[-1].rpartition(".")[2]]
        raise MappingError(
            (*self._wanted.at, text),
            "there is no such field",
            f"one of {', '.join(names)}" if len(names) <= 12 else "a field of the published model",
            nearest(text, names, f"did you mean {last[0]}?" if last else _ELSEWHERE),
        )

    def _is_there(self, ours: Way) -> bool:
        """Whether it is there without an entry of its own."""
        above = (ours[:n] for n in range(len(ours) + 1))
        return not self._wanted.is_part or any(way in self._entries for way in above)

    # --- the walk -------------------------------------------------------------------------

    def _walk(self, shape: Shape, ours: Way, place: Way) -> None:
        self._left_out = self._left_out or not is_in_body(place)
        match shape:
            case Fields(fields):
                if place and not is_in_body(place):
                    self._refuse(ours, "an object has no room there", "a field of the body")
                for name, inner in fields.items():
                    self._walk(inner, (*ours, name), self._place_of(inner, (*ours, name), place))
            case Each(item):
                self._list(item, ours, place)
            case Leaf(spare=True) if ours not in self._entries:
                self._spare.append((shape, ours, place))
            case Leaf():
                self._leaf(shape, ours, place)

    def _place_of(self, shape: Shape, ours: Way, above: Way) -> Way:
        """Where a field is: as its entry has it, or below its object."""
        if entry := self._entries.get(ours):
            return entry.place
        if isinstance(shape, Each) and (place := self._by_its_elements(ours)):
            return place
        theirs = self._wanted.fields.get(ours[-1], ours[-1])
        if not is_in_body(above) or not theirs or _element(above[1:]) in self._taken:
            return NOWHERE
        return (*above, theirs)

    def _taken_whole(self) -> frozenset[Way]:
        """The bodies and elements that are one field, so that there is no room for the others."""
        found = set()
        for way, entry in self._entries.items():
            theirs = entry.place[1:]
            known = self._known.get(way)
            if is_in_body(entry.place) and not isinstance(known, Fields):
                found |= {theirs} if not theirs or theirs[-1] == EACH else set()
                found |= {()} if theirs[:1] == (EACH,) else set()
        return frozenset(found)

    def _by_its_elements(self, ours: Way) -> Way | None:
        """Where a list is, as the entries of what its elements hold have it."""
        depth = ours.count(EACH)
        for way, entry in self._entries.items():
            inside = way[: len(ours) + 1] == (*ours, EACH) and is_in_body(entry.place)
            positions = [n for n, step in enumerate(entry.place) if step == EACH]
            if inside and len(positions) > depth:
                return entry.place[: positions[depth]]
        return None

    def _list(self, item: Shape, ours: Way, place: Way) -> None:
        if place == NOWHERE:
            for way in (w for w in self._entries if w[: len(ours)] == ours and w != ours):
                self._refuse(way, "its list is nowhere", "nothing, where the list is nowhere")
            return
        if not is_in_body(place) or self._wanted.is_form:
            self._refuse(ours, "a list has no room there", "a list of the body")
        self._check_within(ours, place[1:])
        inner = (*ours, EACH)
        self._lists[inner] = (*place[1:], EACH)
        self._fields.append(FieldMapping((BODY, *ours), place, is_list=True))
        self._note(place[1:], ours)
        entry = self._entries.get(inner)
        each = (*place, EACH) if self._is_there(ours) else NOWHERE
        self._walk(item, inner, entry.place if entry else each)

    def _leaf(self, leaf: Leaf, ours: Way, place: Way) -> None:
        entry = self._entries.get(ours)
        words = words_of(leaf.words, self._wanted) if leaf.words else None
        form = ValueForm(entry.conversion if entry else None, words, leaf.flag)
        inner_of = {w[-1]: e for w, e in self._entries.items() if w[:-1] == ours and len(w) > 1}
        moved = inner_of if leaf.open else {}
        if is_in_body(place):
            if self._wanted.is_form and not (leaf.single and len(place) == 2):
                self._refuse(ours, "a form has no room for it", "a single field by one name")
            self._check_within(ours, place[1:])
            own = frozenset(e.place[-1] for e in moved.values() if e.place[:-1] == place)
            self._fields.append(FieldMapping((BODY, *ours), place, form, frozenset(moved), own))
            self._note(place[1:], ours)
        elif place:
            self._outside_leaf(leaf, ours, place, form)
        for copy in self._copies.get(ours, ()):
            written = replace(form, conversion=copy.conversion)
            self._outside_leaf(leaf, ours, copy.place, written, is_copy=True)
        for name, inner in moved.items():
            self._leaf(Leaf(single=True), (*ours, name), inner.place)

    def _outside_leaf(
        self,
        leaf: Leaf,
        ours: Way,
        place: Way,
        form: ValueForm,
        *,
        is_copy: bool = False,
    ) -> None:
        if EACH in ours or not leaf.single:
            found = "only a text or a flag outside of all lists has room there"
            self._refuse(ours, found, "a field of the body")
        self._outside.append(FieldMapping((BODY, *ours), place, form, is_copy=is_copy))

    def _check_within(self, ours: Way, theirs: Way) -> None:
        """What is an element's stands in the same list there."""
        base = self._lists[_element(ours)]
        if theirs[: len(base)] != base or EACH in theirs[len(base) :]:
            found = f"{dotted(theirs)} is not within the same list"
            self._refuse(ours, found, f"a field that begins with {dotted(base)}")

    def _note(self, theirs: Way, ours: Way) -> None:
        """Refuse what would overwrite, or be overwritten; a list holds its elements' fields."""
        other = self._in_the_way(theirs, ours)
        if other is not None:
            culprit = ours if ours in self._entries else other
            told = f"{dotted(ours)} and {dotted(other)} both go to {dotted(theirs)}"
            self._refuse(culprit, told, "a place of its own for each field")
        self._places.append((theirs, ours))

    def _in_the_way(self, theirs: Way, ours: Way) -> Way | None:
        there = (o for w, o in self._places if _leads_to(w, theirs) and not _leads_to(o, ours))
        return next(there, None)

    def _refuse(self, ours: Way, found: str, allowed: str) -> None:
        text = self._written.get(ours, dotted(ours))
        raise MappingError((*self._wanted.at, text), found, allowed, "correct the field")


def _leads_to(one: Way, other: Way) -> bool:
    return one[: len(other)] == other[: len(one)]


def _element(way: Way) -> Way:
    """The way to the body, or to the innermost element, that a way leads into."""
    return way[: len(way) - way[::-1].index(EACH)] if EACH in way else ()


def words_of(vocabulary: frozenset[str], wanted: BodyRules) -> Words | None:
    """The words of one closed set that the target says otherwise; `None` if it says them all.

    Raises:
        MappingError: two of ours are the same word of theirs.
    """
    out = {ours: theirs for ours, theirs in wanted.words.items() if ours in vocabulary}
    if not out:
        return None
    back: dict[str, str] = {word: word for word in vocabulary if word not in out}
    for ours, theirs in out.items():
        for word in theirs:
            if back.setdefault(word, ours) != ours:
                raise MappingError(
                    (*wanted.words_at.get(ours, ("states",)), ours),
                    f"{word!r} means {back[word]} already",
                    "a word of its own for each state of a kind",
                    "correct one of the two",
                )
    return Words({ours: theirs[0] for ours, theirs in out.items()}, back)
