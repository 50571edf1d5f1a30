"""The fields of one body in both forms, and how either form is made from the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.wire.http import Json
from harness.wire.mapping.json_path import Way, dotted
from harness.wire.mapping.values import ValueForm
from harness.wire.model import Malformed, json_kind

_ROOT = ""
"""The name under which a whole body, or element, stands while it is being built."""


class Absent:
    """Stands for what is not there, since `None` is a value."""


MISSING = Absent()


@dataclass(frozen=True, slots=True)
class LeafMapping:
    """One field. The ways start at the body, or at the element of a list; of a field that stands
    outside of the body at one side, at the message.

    Attributes:
        except_ours, except_theirs: names of an open object that are moved by themselves.
        is_copy: whether it stands in another place as well, from which it is read.
    """

    ours: Way
    theirs: Way
    form: ValueForm = ValueForm()
    except_ours: frozenset[str] = frozenset()
    except_theirs: frozenset[str] = frozenset()
    is_copy: bool = False


@dataclass(frozen=True, slots=True)
class ListMapping:
    """A list whose elements are made anew, one by one."""

    ours: Way
    theirs: Way
    each: BodyScope


@dataclass(frozen=True, slots=True)
class BodyScope:
    """All that moves within a body, or within each element of a list."""

    leaves: tuple[LeafMapping, ...] = ()
    lists: tuple[ListMapping, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether both forms are the same."""
        same = all(
            move.ours == move.theirs and move.form.is_plain and not move.except_ours
            for move in self.leaves
        )
        return same and all(move.ours == move.theirs and move.each.is_plain for move in self.lists)

    def written(self, ours: Json) -> Json:
        """The target's form of a body of ours."""
        built: dict[str, Json] = {}
        for leaf in self.leaves:
            value = value_at(ours, leaf.ours)
            if not isinstance(value, Absent):
                kept = _without(leaf.form.written(value), leaf.except_ours)
                if not isinstance(kept, Absent):
                    put(built, (_ROOT, *leaf.theirs), kept)
        for move in self.lists:
            items = value_at(ours, move.ours)
            if isinstance(items, list):
                made: list[Json] = [move.each.written(item) for item in items]
                put(built, (_ROOT, *move.theirs), made)
        return built.get(_ROOT, {})

    def glimpsed(self, theirs: Json) -> Json:
        """Our form of as much as can be read of a body of the target's, whatever it is."""
        built: dict[str, Json] = {}
        for leaf in self.leaves:
            value = glimpse(theirs, leaf.theirs)
            if value is not None:
                put(built, (_ROOT, *leaf.ours), value)
        for move in self.lists:
            items = glimpse(theirs, move.theirs)
            if isinstance(items, list):
                made: list[Json] = [move.each.glimpsed(item) for item in items]
                put(built, (_ROOT, *move.ours), made)
        return built.get(_ROOT, {})

    def read(self, theirs: Json, above: str = "") -> Json:
        """Our form of a body of the target's. `above` is where it stands, for messages.

        Raises:
            Malformed: something else stands where an object or a list has to be, or a word that
                the target has another one for.
        """
        built: dict[str, Json] = {}
        for leaf in self.leaves:
            value = value_at(theirs, leaf.theirs, above)
            if value is not None and not isinstance(value, Absent):  # null is as good as missing
                name = above + dotted(leaf.theirs)
                kept = _without(leaf.form.read(value, name), leaf.except_theirs)
                if not isinstance(kept, Absent):
                    put(built, (_ROOT, *leaf.ours), kept)
        for move in self.lists:
            items = value_at(theirs, move.theirs, above)
            if items is None or isinstance(items, Absent):
                continue
            name = above + dotted(move.theirs)
            if not isinstance(items, list):
                raise Malformed(name, f"a list is needed, and this is {json_kind(items)}")
            made: list[Json] = [move.each.read(i, f"{name}.{n}.") for n, i in enumerate(items)]
            put(built, (_ROOT, *move.ours), made)
        return built.get(_ROOT, {})


def value_at(body: Json, way: Way, above: str = "") -> Json | Absent:
    """What stands at a way without lists.

    Raises:
        Malformed: on the way there is something that is no object.
    """
    found: Json = body
    for n, step in enumerate(way):
        if found is None:
            return MISSING
        if not isinstance(found, dict):
            name = above + (dotted(way[:n]) if n else "body")
            raise Malformed(name, f"an object is needed, and this is {json_kind(found)}")
        if step not in found:
            return MISSING
        found = found[step]
    return found


def glimpse(body: Json, way: Way) -> Json:
    """What stands at a way without lists; `None` where nothing can be found."""
    try:
        found = value_at(body, way)
    except Malformed:
        return None
    return None if isinstance(found, Absent) else found


def put(body: dict[str, Json], way: Way, value: Json) -> None:
    """Set what stands at a way of at least one step, making the objects that lead there."""
    here = body
    for step in way[:-1]:
        inner = here.get(step)
        if not isinstance(inner, dict):
            inner = here[step] = {}
        here = inner
    here[way[-1]] = value


def _without(value: Json, names: frozenset[str]) -> Json | Absent:
    """A copy of an open object without some names; missing once nothing else is in it."""
    if not names or not isinstance(value, dict):
        return dict(value) if isinstance(value, dict) else value
    kept: Mapping[str, Json] = {name: inner for name, inner in value.items() if name not in names}
    return MISSING if value and not kept else dict(kept)
