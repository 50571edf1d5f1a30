"""What a reference does: its lawful choices, cores of another make, and what stands before them.

Mutants and variants are behaviours. One is good for every way in which the reference runs: in
process, as embedded servers, under the walk over interleavings, and in the fleet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

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

REFERENCE = "pairproof reference"


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
        limits: what a target file would state for it, by the names that the catalogue has for
            limits, in seconds; what is not named is as it is for the reference.
        not_offered: the operations that a target file would say it has not.
    """

    central: CentralChoices = CentralChoices()
    edge: EdgeChoices = EdgeChoices()
    make_central: CentralMaker = CentralCore
    make_edge: EdgeMaker = EdgeCore
    called: str = REFERENCE
    wrap_palette: Wrap = as_it_is
    wrap_local_ui: Wrap = as_it_is
    limits: Mapping[str, float] = field(default_factory=dict)
    not_offered: frozenset[type[Operation]] = frozenset()

    @property
    def needs_a_wire(self) -> bool:
        """Whether some of it shows over HTTP only."""
        return (self.wrap_palette, self.wrap_local_ui) != (as_it_is, as_it_is)

    def with_password(self, password: str) -> Behaviour:
        """The same, with this password of the operating system's user of every host."""
        return replace(self, edge=replace(self.edge, password=password))

    def central_factory(self) -> CentralFactory:
        """What makes the central core over a store."""
        return lambda store: self.make_central(store, self.central)

    def edge_factory(self) -> EdgeFactory:
        """What makes the edge's core over a store."""
        return lambda store: self.make_edge(store, self.edge)
