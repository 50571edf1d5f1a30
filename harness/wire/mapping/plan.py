"""From what a mapping says of one message to where each field stands in either form of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from harness.configuration.errors import nearest
from harness.wire.json_path import (
    BODY,
    EACH,
    HEADERS,
    NOWHERE,
    PATH,
    QUERY,
    At,
    MappingError,
    Way,
    dotted,
    is_in_body,
    place_of,
)
from harness.wire.mapping import values
from harness.wire.mapping.keys import SeveralPlaces
from harness.wire.mapping.rooms import AS_IT_IS, FieldMapping
from harness.wire.model import Each, Fields, Leaf, Shape, ways

_ELSEWHERE: Final = (
    "docs/operations.md says what each operation has; a header is written Name:,"
    " a parameter {name} or ?name"
)
_A_FIELD: Final = "a field such as data.items[].id, ?query, {parameter}, Header:, $ or nothing"
_ROOM_WORDS: Final = {PATH: "parameter", QUERY: "query", HEADERS: "header"}


class ValueMapping(NamedTuple):
    """What a mapping says of one value: where the target has it, and how it is written."""

    place: Way
    conversion: values.Conversion | values.TextPart | None = None


@dataclass(frozen=True, slots=True)
class MessageRules:
    """What governs one message: the table of its entries, and what holds everywhere.

    Attributes:
        at: where the table stands in a target file.
        operation: what the message is of, in words.
        entries: ours to theirs, as written there.
        rooms: what stands outside of the body that entries may name, by its room.
        flags: what is true or false of the query.
        fields: names that are different wherever they occur.
        words: the words of closed sets; `words_at` says where those stand that are not in the
            table for all operations.
        is_part: whether there is no more than the entries name.
        is_form: whether there is room for single fields alone.
        is_copied: whether a field of several places is written to each; if not, it is read from the
            first that has it.
        is_read: whether nobody writes it, so that entries may put several of ours in one place.
    """

    at: At
    operation: str = ""
    entries: Mapping[str, SeveralPlaces] = field(default_factory=dict)
    rooms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    words_at: Mapping[str, At] = field(default_factory=dict)
    flags: frozenset[str] = frozenset()
    is_part: bool = False
    is_form: bool = False
    is_copied: bool = False
    is_read: bool = False


def listed(places: SeveralPlaces) -> tuple[str, ...]:
    """The places as several."""
    return (places,) if isinstance(places, str) else places


def plan_of(shape: Fields | None, wanted: MessageRules) -> tuple[FieldMapping, ...]:
    """Where the fields of a message of this shape, or of none, stand. Raises `MappingError`."""
    if wanted.entries or wanted.fields or wanted.words or wanted.is_part or wanted.is_form:
        return _Planner(shape, wanted).plan()
    return (AS_IT_IS,)


class _Planner:
    """Notes where each field of a shape goes, an object before what it holds."""

    def __init__(self, shape: Fields | None, wanted: MessageRules) -> None:
        self._wanted = wanted
        self._known: dict[Way, Shape] = dict(ways(shape, (BODY,))) if shape else {}
        self._entries: dict[Way, ValueMapping] = {}
        self._copies: dict[Way, list[ValueMapping]] = {}
        self._written: dict[Way, str] = {}
        self._theirs: dict[Way, Way] = {}
        self._fields: list[FieldMapping] = []
        self._outside: list[FieldMapping] = []
        self._places: list[tuple[Way, Way]] = []
        moved = []
        for text, theirs in wanted.entries.items():
            way = self._way(text)
            entries = [self._entry(place, text, way) for place in listed(theirs)]
            if is_in_body(way):
                self._entries[way], *self._copies[way] = entries
                self._written[way] = text
            for n, (place, conversion) in enumerate(() if is_in_body(way) else entries):
                is_flag = way[0] == QUERY and way[1] in wanted.flags and is_in_body(place)
                form = values.ValueForm(conversion, flag=is_flag)
                moved.append(FieldMapping(way, place, form, is_copy=n > 0))
        self._moved = moved
        self._taken = self._taken_whole()

    def plan(self) -> tuple[FieldMapping, ...]:
        """Note them all."""
        spare: list[tuple[Leaf, Way, Way]] = []
        is_left_out = False
        for ours, shape in self._known.items():
            place = self._theirs[ours] = self._place_of(shape, ours)
            match shape:
                case Fields():
                    self._object(ours, place)
                case Each():
                    self._list(ours, place)
                case Leaf(spare=True) if ours not in self._entries:
                    spare.append((shape, ours, place))
                    continue
                case Leaf():
                    self._leaf(shape, ours, place)
            is_left_out = is_left_out or not is_in_body(place)
        for leaf, ours, place in spare:  # hardly anybody looks at it, so it makes room
            fits = leaf.single or not self._wanted.is_form
            if is_in_body(place) and fits and self._in_the_way(place, ours) is None:
                self._leaf(leaf, ours, place)
            else:
                is_left_out = True
        self._check_texts()
        # What is in no list comes first, and what is in two comes last.
        inside = sorted(self._fields, key=lambda each: each.ours.count(EACH) + each.is_list)
        is_plain = all(each.is_plain for each in inside) and not is_left_out
        if is_plain and not self._wanted.is_form:
            inside = [AS_IT_IS]
        return (*inside, *self._outside, *self._moved)

    # --- what the entries name ------------------------------------------------------------

    def _entry(self, text: str, ours: str, way: Way) -> ValueMapping:
        """What the right-hand side of a mapping says: `data.created as seconds`."""
        at = (*self._wanted.at, ours)
        where, separator, name = text.partition(" as ")
        try:
            return ValueMapping(
                place_of(where),
                values.conversion_named(name, "".join(way[-1:])) if separator else None,
            )
        except ValueError as error:
            raise MappingError(at, str(error), _A_FIELD, "correct it") from error
        except KeyError as error:
            found = f"{name!r} is no conversion"
            raise MappingError(at, found, values.CONVERSIONS_IN_WORDS, "use one of them") from error

    def _way(self, text: str) -> Way:
        """The way that an entry's left-hand side means, which has to lead to a field."""
        at, names = (*self._wanted.at, text), [dotted(way[1:]) for way in self._known if way[1:]]
        try:
            way = place_of(text)
        except ValueError:
            way = (BODY, text)
        if not is_in_body(way) and way[0] in self._wanted.rooms:
            known, word = self._wanted.rooms[way[0]], _ROOM_WORDS[way[0]]
            if way[1] in known:
                return way
            found, allowed = f"the operation has no such {word}", ", ".join(known) or f"no {word}"
            raise MappingError(at, found, allowed, nearest(way[1], known))
        if not self._known:
            remedy = "remove it, or write a header as Name:, a parameter as {name} or ?name"
            told = f"{self._wanted.operation} has no body there"
            raise MappingError(at, told, "no fields", remedy)
        above = self._known.get(way[:-1])
        if way in self._known or (way[-1] != EACH and isinstance(above, Leaf) and above.open):
            return way
        last = [name for name in names if name.rpartition(".")[2] == text.rpartition(".")[2]]
        raise MappingError(
            at,
            "there is no such field",
            f"one of {', '.join(names)}" if len(names) <= 12 else "a field of the published model",
            nearest(text, names, f"did you mean {last[0]}?" if last else _ELSEWHERE),
        )

    # --- where a field goes ---------------------------------------------------------------

    def _place_of(self, shape: Shape, ours: Way) -> Way:
        """Where a field is: as its entry has it, or below its object."""
        if entry := self._entries.get(ours):
            return entry.place
        if isinstance(shape, Each) and (place := self._by_its_elements(ours)):
            return place
        above = self._theirs.get(ours[:-1], NOWHERE)
        if ours == (BODY,) or ours[-1] == EACH:
            return (*above, ours[-1]) if self._is_there(ours) and (above or ours == (BODY,)) else ()
        theirs = self._wanted.fields.get(ours[-1], ours[-1])
        if not is_in_body(above) or not theirs or _element(above) in self._taken:
            return NOWHERE
        return (*above, theirs)

    def _is_there(self, ours: Way) -> bool:
        """Whether it is there without an entry of its own."""
        above = (ours[:n] for n in range(len(ours) + 1))
        return not self._wanted.is_part or any(way in self._entries for way in above)

    def _taken_whole(self) -> frozenset[Way]:
        """The bodies and elements that are one field, so that there is no room for the others."""
        found = set()
        for way, entry in self._entries.items():
            theirs = entry.place
            if is_in_body(theirs) and not isinstance(self._known.get(way), Fields):
                found |= {theirs} if len(theirs) == 1 or theirs[-1] == EACH else set()
                found |= {(BODY,)} if theirs[1:2] == (EACH,) else set()
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

    # --- what is noted --------------------------------------------------------------------

    def _object(self, ours: Way, place: Way) -> None:
        is_body = ours == (BODY,)
        if is_body and ours in self._entries and (not is_in_body(place) or EACH in place):
            self._refuse(ours, "the body is one object", "an object such as data")
        if place and not is_in_body(place):
            self._refuse(ours, "an object has no room there", "a field of the body")

    def _list(self, ours: Way, place: Way) -> None:
        if place == NOWHERE:
            for way in (w for w in self._entries if w[: len(ours)] == ours and w != ours):
                self._refuse(way, "its list is nowhere", "nothing, where the list is nowhere")
            return
        if not is_in_body(place) or self._wanted.is_form:
            self._refuse(ours, "a list has no room there", "a list of the body")
        self._note(FieldMapping(ours, place, is_list=True))

    def _leaf(self, leaf: Leaf, ours: Way, place: Way) -> None:
        entry = self._entries.get(ours)
        every = [*([entry] if entry else []), *self._copies.get(ours, ())]
        if not leaf.open and any(e.conversion and e.conversion.of_objects for e in every):
            self._refuse(ours, "it is no object of texts", "a list of pairs where one is published")
        words = words_of(leaf.words, self._wanted) if leaf.words else None
        form = values.ValueForm(entry.conversion if entry else None, words, leaf.flag)
        inner_of = {w[-1]: e for w, e in self._entries.items() if w[:-1] == ours}
        moved = inner_of if leaf.open else {}
        if is_in_body(place):
            if self._wanted.is_form and not (leaf.single and len(place) == 2):
                self._refuse(ours, "a form has no room for it", "a single field by one name")
            own = frozenset(e.place[-1] for e in moved.values() if e.place[:-1] == place)
            self._note(FieldMapping(ours, place, form, frozenset(moved), own))
        elif place:
            self._note_outside(leaf, FieldMapping(ours, place, form))
        for there, conversion in self._copies.get(ours, ()):
            other = FieldMapping(ours, there, replace(form, conversion=conversion))
            if self._wanted.is_copied:
                self._note_outside(leaf, replace(other, is_copy=True))
            else:
                if is_in_body(there):
                    self._check_lists(other)
                self._outside.append(replace(other, is_else=True))
        for name, inner in moved.items():
            self._leaf(Leaf(single=True), (*ours, name), inner.place)

    def _note_outside(self, leaf: Leaf, noted: FieldMapping) -> None:
        if EACH in noted.ours or not leaf.single:
            found = "only a text or a flag outside of all lists has room there"
            self._refuse(noted.ours, found, "a field of the body")
        self._outside.append(noted)

    def _note(self, noted: FieldMapping) -> None:
        """Refuse what is in another list, or overwrites; a list holds its elements' fields."""
        ours, theirs = noted.ours, noted.theirs
        self._check_lists(noted)
        other = self._in_the_way(theirs, ours)
        if other is not None:
            culprit = ours if ours in self._entries else other
            told = f"{dotted(ours[1:])} and {dotted(other[1:])} both go to {dotted(theirs[1:])}"
            self._refuse(culprit, told, "a place of its own for each field")
        self._places.append((theirs, ours))
        self._fields.append(noted)

    def _check_lists(self, noted: FieldMapping) -> None:
        """Refuse what is in another list than its own."""
        ours, theirs = noted.ours, noted.theirs
        base = (*self._theirs[_element(ours)[:-1]], EACH) if EACH in ours else (BODY,)
        if theirs[: len(base)] == base and EACH not in theirs[len(base) :]:
            return
        if base == (BODY,) and EACH in theirs:
            one = dotted(theirs[1:]).replace(EACH, "[0]")
            found = f"{dotted(theirs[1:])} is in each element of a list, and this is one value"
            self._refuse(ours, found, f"one element, such as the first: {one}")
        found = f"{dotted(theirs[1:])} is not within the same list"
        self._refuse(ours, found, f"a field that begins with {dotted(base[1:])}")

    def _in_the_way(self, theirs: Way, ours: Way) -> Way | None:
        for where, other in self._places:
            is_there = _leads_to(where, theirs) and not _leads_to(other, ours)
            if is_there and not (
                (self._may_share(where, theirs) and self._are_apart(ours, other))
                or (where == theirs and self._are_of_one_text(ours, other))
            ):
                return other
        return None

    def _may_share(self, one: Way, other: Way) -> bool:
        """Whether fields may be read from both: from the same place, or from the same list."""
        short, long = sorted((one, other), key=len)
        return self._wanted.is_read and (short == long or long[len(short)] == EACH)

    def _are_of_one_text(self, ours: Way, other: Way) -> bool:
        """Whether they are different parts of one."""
        one, beside = self._text_of(ours), self._text_of(other)
        return bool(one and beside and one.whole == beside.whole and one.own != beside.own)

    def _text_of(self, ours: Way) -> values.TextPart | None:
        entry = self._entries.get(ours)
        return entry.conversion if entry and isinstance(entry.conversion, values.TextPart) else None

    def _check_texts(self) -> None:
        """Refuse a text that is written, and of which a part is said by no field."""
        if self._wanted.is_read:
            return
        for ours, text in ((way, self._text_of(way)) for way in self._entries):
            place = self._theirs.get(ours)
            told = {way[-1] for way, at in self._theirs.items() if at and at == place}
            if text and (missing := sorted(text.parts - told - {text.own})):
                told_of = f"nothing says what {{{missing[0]}}} is in {text.whole}"
                self._refuse(ours, told_of, "names of fields that have an entry there too")

    def _are_apart(self, one: Way, other: Way) -> bool:
        """Whether each has an entry of its own, or is in something that has, and the other not."""
        return all(
            (said := self._said_by(way)) and beside[: len(said)] != said
            for way, beside in ((one, other), (other, one))
        )

    def _said_by(self, ours: Way) -> Way:
        """The entry that tells where it is: its own, or that of what it is in."""
        ways = (ours[:n] for n in range(len(ours), 1, -1))
        return next((way for way in ways if way in self._entries), NOWHERE)

    def _refuse(self, ours: Way, found: str, allowed: str) -> None:
        text = self._written.get(ours, dotted(ours[1:]))
        raise MappingError((*self._wanted.at, text), found, allowed, "correct the field")


def _leads_to(one: Way, other: Way) -> bool:
    return one[: len(other)] == other[: len(one)]


def _element(way: Way) -> Way:
    """The way to the body, or to the innermost element, that a way leads into."""
    return way[: len(way) - way[::-1].index(EACH)] if EACH in way else way[:1]


def words_of(vocabulary: frozenset[str], wanted: MessageRules) -> values.Words | None:
    """The words of a closed set that the target says otherwise, if any. Raises `MappingError`."""
    out = {ours: theirs for ours, theirs in wanted.words.items() if ours in vocabulary}
    if not out:
        return None
    back: dict[str, str] = {word: word for word in vocabulary if word not in out}
    for ours, theirs in out.items():
        for word in theirs:
            if back.setdefault(word, ours) != ours:
                told, allowed = f"{word!r} means {back[word]} already", "a word of its own for each"
                at = (*wanted.words_at.get(ours, ("states",)), ours)
                raise MappingError(at, told, f"{allowed} state of a kind", "correct one of the two")
    return values.Words({ours: theirs[0] for ours, theirs in out.items()}, back)
