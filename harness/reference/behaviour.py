"""What a reference does: its lawful choices, cores of another make, and what stands before them.

Mutants and variants are behaviours. One is good for every way in which the reference runs: in
process, as embedded servers, under the walk over interleavings, and in the fleet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import reduce
from typing import TYPE_CHECKING, Any, TypeVar, cast

from harness.domain.errors import PairproofError
from harness.domain.operations import Operation
from harness.reference.core.central import CentralCore
from harness.reference.core.choices import CentralChoices, EdgeChoices
from harness.reference.core.edge_flows import EdgeCore
from harness.reference.core.store import Store
from harness.reference.sides import CentralFactory, EdgeFactory

if TYPE_CHECKING:
    from starlette.types import ASGIApp

CentralMaker = Callable[[Store, CentralChoices], CentralCore]
EdgeMaker = Callable[[Store, EdgeChoices], EdgeCore]
Wrap = Callable[["ASGIApp"], "ASGIApp"]
PagesMaker = Callable[[Any], Any]
"""The pages of a side, made of what is asked there; a fleet has behaviours, and knows no pages."""

REFERENCE = "pairproof reference"

WORDS: Mapping[str, tuple[str, ...]] = {
    "registration-token": ("registration token",),
    "central-management": ("centrally managed",),
    "missing": ("endpoint is missing",),
    "malformed": ("malformed",),
    "unresolvable": ("cannot be resolved",),
    "refusing": ("connection was refused",),
    "silent": ("no answer",),
    "not-a-palette": ("not a Palette",),
    "untrusted": ("certificate is not trusted",),
}
"""What the reference says in its errors, by the trouble."""


def as_it_is(app: ASGIApp) -> ASGIApp:
    """Nothing stands before the app."""
    return app


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What the sides do.

    Attributes:
        central, edge: their lawful choices where the procedure is silent.
        make_central, make_edge: the cores; a mutant is a subclass of one of them.
        called: what the implementation calls itself; one with something planted says so.
        wrap_palette, wrap_local_ui: what stands before the HTTP app of a side, and may change
            what goes in and out. It takes no part where there is no wire.
        hears: how its hosts read the body of what Palette answers, likewise.
        limits: what a target file would state for it, by the names that the catalogue has for
            limits, in seconds; what is not named is as it is for the reference.
        words: what a target file would state for it, by the troubles that the catalogue has.
        features: what it would claim there besides what the reference claims.
        not_offered: the operations that a target file would say it has not.
        permissions: what it would call permissions there, by ours.
        make_local_pages, make_palette_pages: the pages, where they are not the usual ones.
        pages: what a target file would say below `[pages]`, as TOML, besides the addresses.
        have_addresses: whether the steps of the wizard have addresses.
    """

    central: CentralChoices = CentralChoices()
    edge: EdgeChoices = EdgeChoices()
    make_central: CentralMaker = CentralCore
    make_edge: EdgeMaker = EdgeCore
    called: str = REFERENCE
    wrap_palette: Wrap = as_it_is
    wrap_local_ui: Wrap = as_it_is
    hears: Callable[[bytes], bytes] = bytes
    limits: Mapping[str, float] = field(default_factory=dict)
    words: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: WORDS)
    features: tuple[str, ...] = ()
    not_offered: frozenset[type[Operation]] = frozenset()
    permissions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    make_local_pages: PagesMaker | None = None
    make_palette_pages: PagesMaker | None = None
    pages: str = ""
    have_addresses: bool = True

    @property
    def needs_a_wire(self) -> bool:
        """Whether some of it shows over HTTP only."""
        wrapped = (self.wrap_palette, self.wrap_local_ui, self.hears) != (as_it_is, as_it_is, bytes)
        return wrapped or self.needs_a_browser

    @property
    def needs_a_browser(self) -> bool:
        """Whether some of it shows on pages only."""
        return bool(self.make_local_pages or self.make_palette_pages or self.pages)

    def with_password(self, password: str) -> Behaviour:
        """The same, with this password of the operating system's user of every host."""
        return replace(self, edge=replace(self.edge, password=password))

    def central_factory(self) -> CentralFactory:
        """What makes the central core over a store."""
        return lambda store: self.make_central(store, self.central)

    def edge_factory(self) -> EdgeFactory:
        """What makes the edge's core over a store."""
        return lambda store: self.make_edge(store, self.edge)


class CannotMix(PairproofError):
    """Behaviours that differ from the reference in the same place; says in which."""


def mixed(behaviours: Sequence[Behaviour]) -> Behaviour:
    """All that these do otherwise than the reference, at once.

    Their cores are one class that inherits from all of them, so none may change a method that
    another changes, nor a choice; and only one may state how long something takes.

    Raises:
        CannotMix: two of them change the same, or a core is no class that could be inherited.
    """
    if len(behaviours) == 1:
        return behaviours[0]
    usual = Behaviour()
    return Behaviour(
        central=_choices(CentralChoices(), [b.central for b in behaviours]),
        edge=_choices(EdgeChoices(), [b.edge for b in behaviours]),
        make_central=_core(CentralCore, [b.make_central for b in behaviours]),
        make_edge=_core(EdgeCore, [b.make_edge for b in behaviours]),
        wrap_palette=_wrapped([b.wrap_palette for b in behaviours]),
        wrap_local_ui=_wrapped([b.wrap_local_ui for b in behaviours]),
        hears=_only(usual.hears, [b.hears for b in behaviours], "read answers otherwise"),
        limits=_stated([b.limits for b in behaviours]),
        words=_only(usual.words, [b.words for b in behaviours], "use other words"),
        features=tuple(dict.fromkeys(name for b in behaviours for name in b.features)),
        not_offered=frozenset[type[Operation]]().union(*(b.not_offered for b in behaviours)),
        permissions=_stated([b.permissions for b in behaviours]),
        make_local_pages=_pages([b.make_local_pages for b in behaviours]),
        make_palette_pages=_pages([b.make_palette_pages for b in behaviours]),
        pages=_tables([b.pages for b in behaviours]),
        have_addresses=all(b.have_addresses for b in behaviours),
    )


def _pages(makers: Sequence[PagesMaker | None]) -> PagesMaker | None:
    """Pages that are sent as each of these would send them, with the scripts of all."""
    own = [cast(Any, maker) for maker in makers if maker is not None]
    if len(own) < 2:
        return own[0] if own else None
    if any(vars(maker).keys() - _OF_A_PAGE for maker in own):
        raise CannotMix("two of them have pages of their own")
    script = "\n".join(f"{{{maker.script}}}" for maker in own)
    return cast(PagesMaker, type("Mixed", tuple(own), {"script": script}))


_OF_A_PAGE = {"finish", "script", "__doc__", "__module__", "__abstractmethods__", "_abc_impl"}


def _tables(texts: Sequence[str]) -> str:
    """What a target file would say for all of them; no table may be there twice."""
    tables: list[str] = [line for text in texts for line in text.splitlines() if line[:1] == "["]
    if twice := sorted(table for table in set(tables) if tables.count(table) > 1):
        raise CannotMix(f"two of them state {twice[0]}")
    return "\n".join(filter(None, texts))


def _stated(tables: Iterable[Mapping[str, V]]) -> dict[str, V]:
    """What a target file would state for all of them."""
    stated: dict[str, V] = {}
    for name, value in (entry for table in tables for entry in table.items()):
        if stated.setdefault(name, value) != value:
            raise CannotMix(f"two of them state {name}")
    return stated


def _only(usual: V, stated: Iterable[V], what: str) -> V:
    """What at most one of them has in place of the usual."""
    others = [one for one in stated if one is not usual]
    if len(others) > 1:
        raise CannotMix(f"two of them {what}")
    return others[0] if others else usual


V = TypeVar("V")
_Choices = TypeVar("_Choices", CentralChoices, EdgeChoices)
_Core = TypeVar("_Core", CentralCore, EdgeCore)


def _choices(usual: _Choices, chosen: Sequence[_Choices]) -> _Choices:
    changed: dict[str, object] = {}
    for choices in chosen:
        for name in (f.name for f in fields(choices)):
            value = getattr(choices, name)
            if value != getattr(usual, name) and changed.setdefault(name, value) != value:
                raise CannotMix(f"two of them choose {name} otherwise")
    return replace(usual, **changed)  # type: ignore[arg-type]


def _core(usual: type[_Core], makers: Sequence[Callable[..., _Core]]) -> type[_Core]:
    cores: list[type] = []
    changed: set[str] = set()
    for core in (maker for maker in makers if maker is not usual):
        if not isinstance(core, type):
            raise CannotMix(f"{core} is no class")
        cores.append(core)
        own = {name for kind in core.__mro__[: core.__mro__.index(usual)] for name in vars(kind)}
        own = {name for name in own if not name.startswith("__")}
        if both := sorted(changed & own):
            raise CannotMix(f"two of them change {both[0]}")
        changed |= own
    return cast(type[_Core], type("Mixed", (*cores, usual), {}))


def _wrapped(wraps: Sequence[Wrap]) -> Wrap:
    wraps = [wrap for wrap in wraps if wrap is not as_it_is]
    if not wraps:
        return as_it_is  # as what needs a wire is told by that
    return lambda app: reduce(lambda inner, wrap: wrap(inner), wraps, app)
