"""The stack that the documented example uses, and how to build others beside it.

Source: `#accept-pairing-request-from-palette` step 13, the table of combinations.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from harness.domain.errors import PairproofError
from harness.domain.profile import (
    ClusterProfile,
    Layer,
    Pack,
    ProfileEdition,
    ProfileType,
    StackProfile,
)

INFRA_PACKS = (
    Pack(Layer.CSI, "Amazon EBS CSI", "1.20.0"),
    Pack(Layer.CNI, "Calico", "3.25.1"),
    Pack(Layer.K8S, "PXK-E", "1.31.0"),
    Pack(Layer.OS, "Ubuntu", "22.04"),
)
ADD_ON_PACKS = (Pack(Layer.ADDON, "Prometheus-Grafana", "44.3.1"),)
LAYER_OF = {pack.name: pack.layer for pack in (*INFRA_PACKS, *ADD_ON_PACKS)}
"""The layer of each pack of the documented example; any other pack is an add-on."""

DOCUMENTED_STACK = (
    StackProfile("edge-infra", ProfileType.INFRA, "1.0.0", INFRA_PACKS),
    StackProfile("edge-monitoring", ProfileType.ADD_ON, "1.0.0", ADD_ON_PACKS),
)
"""The local cluster's stack: one infra and one add-on profile."""


def same_packs(one: Iterable[StackProfile], other: Iterable[StackProfile]) -> bool:
    """Whether two stacks have the same packs in profiles of the same types."""
    first, second = (
        sorted((p.type, sorted((pack.name, pack.version) for pack in p.packs)) for p in stack)
        for stack in (one, other)
    )
    return first == second


def pack_named(text: str) -> Pack:
    """A pack from its name and version as the documented table writes them: `Calico 3.25.1`."""
    name, _, version = text.strip().rpartition(" ")
    return Pack(LAYER_OF.get(name, Layer.ADDON), name, version)


def published(profile: StackProfile, uid: str, project_uid: str) -> ClusterProfile:
    """A profile of Palette whose one, latest version is exactly a profile of a stack."""
    edition = ProfileEdition(profile.version, profile.packs)
    return ClusterProfile(uid, profile.name, profile.type, (edition,), project_uid)


# --- stacks that differ from another in one thing, for matches that must not be made --------------

Stack = tuple[StackProfile, ...]


class NoSuchPack(PairproofError):
    """A stack has no pack of this name, so nothing can be varied."""


def with_instead(stack: Stack, name: str, pack: Pack) -> Stack:
    """The stack with a pack in place of the one that is called `name`, in the same layer.

    Raises:
        NoSuchPack: the stack has no pack of this name.
    """
    old = _pack(stack, name)
    return _mapped(stack, lambda p: [replace(pack, layer=old.layer)] if p is old else [p])


def with_version(stack: Stack, name: str, version: str) -> Stack:
    """The stack with another version of one pack.

    Raises:
        NoSuchPack: the stack has no pack of this name.
    """
    return with_instead(stack, name, replace(_pack(stack, name), version=version))


def without(stack: Stack, name: str) -> Stack:
    """The stack without one pack, and without a profile that is empty then.

    Raises:
        NoSuchPack: the stack has no pack of this name.
    """
    old = _pack(stack, name)
    return _mapped(stack, lambda p: [] if p is old else [p])


def with_besides(stack: Stack, pack: Pack) -> Stack:
    """The stack with one more pack: the last add-on's, or the base profile's by its layer."""
    fitting = [p for p in stack if p.type.is_base is not (pack.layer is Layer.ADDON)]
    if not fitting:
        return (*stack, StackProfile("edge-besides", ProfileType.ADD_ON, "1.0.0", (pack,)))
    host = fitting[-1]
    return tuple(replace(p, packs=(*p.packs, pack)) if p is host else p for p in stack)


def with_many(count: int) -> Stack:
    """The documented stack with an add-on profile of so many packs."""
    infra, add_on = DOCUMENTED_STACK
    packs = (Pack(Layer.ADDON, f"Add-On-{n}", f"1.{n}.0") for n in range(1, count + 1))
    return (infra, replace(add_on, packs=tuple(packs)))


def in_layer(stack: Stack, name: str, layer: Layer) -> Stack:
    """The stack with one pack moved to another layer.

    Raises:
        NoSuchPack: the stack has no pack of this name.
    """
    old = _pack(stack, name)
    return _mapped(stack, lambda p: [replace(p, layer=layer)] if p is old else [p])


def from_registry(stack: Stack, name: str, registry: str) -> Stack:
    """The stack with one pack that comes from another registry.

    Raises:
        NoSuchPack: the stack has no pack of this name.
    """
    old = _pack(stack, name)
    return _mapped(stack, lambda p: [replace(p, registry=registry)] if p is old else [p])


def _pack(stack: Stack, name: str) -> Pack:
    for profile in stack:
        for pack in profile.packs:
            if pack.name == name:
                return pack
    known = ", ".join(pack.name for profile in stack for pack in profile.packs)
    raise NoSuchPack(f"the stack has no pack {name!r}; it has: {known}")


def _mapped(stack: Stack, change: Callable[[Pack], list[Pack]]) -> Stack:
    changed = (
        replace(profile, packs=tuple(p for pack in profile.packs for p in change(pack)))
        for profile in stack
    )
    return tuple(profile for profile in changed if profile.packs)


# --- stacks from tables of features ---------------------------------------------------------------

LOCAL_COLUMN = "Local cluster profile"
"""The heading of the column that describes the local cluster."""

_HEADINGS = {
    "infra profile": ProfileType.INFRA,
    "full profile": ProfileType.FULL,
    "add-on profile": ProfileType.ADD_ON,
    "system profile": ProfileType.SYSTEM,
}
_NO_PACK = re.compile(r"(?:(?:in)?valid match\b.*)?", re.IGNORECASE)
_PACK = re.compile(r"(?P<pack>.*\S [^\s(]+)(?: \((?P<layer>[a-z0-9]+)\))?")


class BadTable(PairproofError):
    """A table of cluster profiles cannot be read: which cell, and what is wrong with it."""


class ProfilesTable:
    """Cluster profiles as the document draws them: a column for each set, by their headings.

    A column holds the headings of its profiles (`Infra profile`, `Full profile`, `Add-on
    profile`, `System profile`), each followed by its packs, a cell each: `Calico 3.25.1`. The
    layer of a pack of the documented example is known; any other is an add-on unless the cell
    says otherwise: `Cilium 1.15.0 (cni)`. Empty cells and the row that says which match is valid
    hold no pack.

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
