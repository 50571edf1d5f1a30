"""Tables of cluster profiles as the document draws them: a column for each set of profiles.

A column holds the headings of its profiles (`Infra profile`, `Full profile`, `Add-on
profile`), each followed by the packs of that profile, a cell each: `Calico 3.25.1`. The layer
of a pack of the documented example is known; any other is an add-on unless the cell says
otherwise: `Cilium 1.15.0 (cni)`. Empty cells and the row that says which match is valid hold
no pack.
Source: `#accept-pairing-request-from-palette` step 13.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from harness.domain.errors import PairproofError
from harness.domain.profile import Layer, Pack, ProfileType, StackProfile
from harness.scenes.stacks import pack_named

LOCAL_COLUMN = "Local cluster profile"
"""The heading of the column that describes the local cluster."""

_HEADINGS = {
    "infra profile": ProfileType.INFRA,
    "full profile": ProfileType.FULL,
    "add-on profile": ProfileType.ADD_ON,
}
_NO_PACK = re.compile(r"(?:(?:in)?valid match\b.*)?", re.IGNORECASE)
_PACK = re.compile(r"(?P<pack>.*\S [^\s(]+)(?: \((?P<layer>[a-z0-9]+)\))?")


class BadTable(PairproofError):
    """A table of cluster profiles cannot be read: which cell, and what is wrong with it."""


class ProfilesTable:
    """The columns of a table, by their headings.

    Raises:
        BadTable: a cell is neither a heading nor a pack, or a pack stands above any heading.
    """

    def __init__(self, rows: Sequence[Sequence[str]]) -> None:
        header, *body = [[_plain(cell) for cell in row] for row in rows] or [[]]
        self._columns = {
            heading: _profiles(heading, [row[position] for row in body])
            for position, heading in enumerate(header)
        }

    @property
    def headings(self) -> tuple[str, ...]:
        """The headings of the columns, from left to right."""
        return tuple(self._columns)

    def column(self, heading: str) -> tuple[StackProfile, ...]:
        """The profiles of a column.

        Raises:
            BadTable: there is no such column.
        """
        if heading not in self._columns:
            known = ", ".join(self._columns)
            raise BadTable(f"the table has no column {heading!r}; it has: {known}")
        return self._columns[heading]

    def local(self) -> tuple[StackProfile, ...]:
        """The profiles of the local cluster.

        Raises:
            BadTable: the table does not describe a local cluster.
        """
        return self.column(LOCAL_COLUMN)


def pack_from(text: str) -> Pack:
    """A pack as a cell writes it: its name, its version and, if need be, its layer.

    Raises:
        BadTable: the text is no pack, or names a layer that does not exist.
    """
    parsed = _PACK.fullmatch(text.strip())
    if parsed is None:
        raise BadTable(f"{text!r} is no pack: write its name and its version, as in Calico 3.25.1")
    pack = pack_named(parsed["pack"])
    layer = parsed["layer"]
    if layer is None:
        return pack
    if layer not in frozenset(Layer):
        raise BadTable(f"{text!r} names no layer; layers are: {', '.join(Layer)}")
    return replace(pack, layer=Layer(layer))


def _profiles(heading: str, cells: Iterable[str]) -> tuple[StackProfile, ...]:
    profiles: list[StackProfile] = []
    for cell in cells:
        kind = _HEADINGS.get(cell.lower())
        if kind is not None:
            name = f"{heading.lower().replace(' ', '-')}-{kind.value}-{len(profiles) + 1}"
            profiles.append(StackProfile(name, kind, "1.0.0", ()))
        elif not _NO_PACK.fullmatch(cell):
            if not profiles:
                raise BadTable(f"column {heading!r}: {cell!r} stands above any profile's heading")
            profiles[-1] = replace(profiles[-1], packs=(*profiles[-1].packs, pack_from(cell)))
    return tuple(profiles)


def _plain(cell: str) -> str:
    return cell.strip().strip("*").strip()
