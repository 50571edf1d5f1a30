"""How a defect is declared one of a set."""

from __future__ import annotations

from collections.abc import Callable

from harness.reference.planting import Core, Mutant, Registry, behaviour_of, name_of


def declaring(defects: Registry[Mutant]) -> Callable[[str], Callable[[Core], Core]]:
    """What decorates the cores of a set, by the requirement that each violates. The first paragraph
    of each says what it does.
    """

    def named(breaks: str) -> Callable[[Core], Core]:
        def declare(core: Core) -> Core:
            says = " ".join((core.__doc__ or "").partition("\n\n")[0].split())
            defects.add(Mutant(name_of(core), breaks, says, behaviour_of(core)))
            return core

        return declare

    return named
