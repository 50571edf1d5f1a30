"""What can be planted into the reference: mutants, which are wrong, and variants, which are not.

A mutant is the reference with one defect; it says which requirement the defect breaks and in
which lane it has to be caught. A variant is another lawful choice where the procedure is silent;
no scenario may fail on it. Both are declared where they are written, by a decorator or a call,
take their name from the class, and their sentence from its docstring.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from importlib import import_module
from typing import Generic, TypeVar

from harness.domain import operations
from harness.domain.draws import derived_bits
from harness.domain.errors import PairproofError
from harness.reference.behaviour import REFERENCE, Behaviour, CannotMix, mixed
from harness.reference.core.central import CentralCore
from harness.reference.core.edge_flows import EdgeCore
from harness.reference.drawn import plant_drawn


class Lane(StrEnum):
    """Where a mutant has to be caught."""

    SUITE = "suite"
    """By a scenario of the requirement that it breaks."""
    INTERLEAVING = "interleaving"
    """By an invariant, on the walk over every interleaving."""
    EXPLORE = "explore"
    """By a sequence that is drawn; neither a scenario nor a walk comes to it."""
    BROWSER = "browser"
    """By a scenario of the requirement that it breaks, on its pages."""
    FLEET = "fleet"
    """By an invariant, in a run of a fleet scenario; the suite does not see it."""


class Nemesis(StrEnum):
    """What has to go wrong in a fleet for a mutant to show: the kinds of faults, and what becomes
    of single messages.
    """

    LINK = "link"
    CENTRAL = "central"
    LOSS = "loss"
    HALF_OPEN = "half_open"
    ERRORS = "errors"
    STALE = "stale"
    SLOW = "slow"
    CLOCK = "clock"
    HEALTH = "health"
    REBOOT = "reboot"
    LOST_BEFORE = "lost_before"
    LOST_AFTER = "lost_after"
    REPEATED = "repeated"
    REPEATED_LATE = "repeated_late"
    DELAYED = "delayed"
    DECISION_REPEATED_LATE = "decision_repeated_late"
    DECISION_DELAYED = "decision_delayed"


class Wire(StrEnum):
    """Through which driver something planted shows."""

    ANY = "any"
    """Through each of them; it is tried in process, which is the quickest."""
    HTTP = "http"
    """Only where there is a wire."""


@dataclass(frozen=True, slots=True)
class Planted:
    """Something that can be planted into the reference.

    Attributes:
        name: as it is called on the command line.
        requirement: the one that a mutant breaks, or that a variant's choice concerns.
        says: what it does, in one sentence.
        behaviour: how it does it.
        wire: through which driver it shows.
    """

    name: str
    requirement: str
    says: str
    behaviour: Behaviour
    wire: Wire = Wire.ANY


@dataclass(frozen=True, slots=True)
class Mutant(Planted):
    """The reference with one planted defect.

    Attributes:
        lane: where it has to be caught.
        found_by: what has to be walked to find it, in the lane `interleaving`; empty for any.
            In the lane `fleet`, the scenario whose run finds it.
        nemesis: in the lane `fleet`, what it takes: without it the same scenario finds nothing.
    """

    lane: Lane = Lane.SUITE
    found_by: str = ""
    nemesis: Nemesis | None = None


@dataclass(frozen=True, slots=True)
class Variant(Planted):
    """The reference with another lawful choice."""

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of all that it is at once; its own alone where it is no mixture."""
        return tuple(self.name.split("+"))


class UnknownPlanted(PairproofError):
    """Nothing of this name can be planted; the message says what comes nearest."""


Kind = TypeVar("Kind", bound=Planted)
Kept = TypeVar("Kept")


class Memory(Generic[Kept]):
    """What something planted keeps beside the store of its side; a restart wipes it.

    It stands in the class, and each core has its own, made when it is first asked for.
    """

    def __init__(self, make: Callable[[], Kept]) -> None:
        self._make = make

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, core: object, owner: type) -> Kept:
        kept: Kept = vars(core).setdefault(self._name, self._make())
        return kept


@dataclass(slots=True)
class Registry(Generic[Kind]):
    """All of a kind, by name, in the order in which they were declared."""

    kind: str
    entries: dict[str, Kind] = field(default_factory=dict)

    def add(self, entry: Kind) -> None:
        """Declare one more. Raises `ValueError` if the name is taken, or it says nothing."""
        if entry.name in self.entries:
            raise ValueError(f"two {self.kind}s are called {entry.name}")
        if not entry.says.endswith("."):
            raise ValueError(f"the {self.kind} {entry.name} does not say in a sentence what it is")
        self.entries[entry.name] = entry

    def __iter__(self) -> Iterator[Kind]:
        return iter(self.entries.values())

    def __len__(self) -> int:
        return len(self.entries)

    def named(self, name: str) -> Kind:
        """The one of this name. Raises `UnknownPlanted` if there is none."""
        if name not in self.entries:
            from difflib import get_close_matches

            near = get_close_matches(name, self.entries, n=1)
            hint = f"did you mean {near[0]}?" if near else f"`pairproof {self.kind}s list` has them"
            raise UnknownPlanted(f"no {self.kind} is called {name!r}; {hint}")
        return self.entries[name]


MUTANTS: Registry[Mutant] = Registry("mutant")
VARIANTS: Registry[Variant] = Registry("variant")

Core = TypeVar("Core", bound=type)


def behaviour_of(core: type) -> Behaviour:
    """The behaviour of a reference one of whose cores is of this class.

    Raises:
        TypeError: it is neither a core of the central side nor one of the edge.
    """
    if issubclass(core, CentralCore):
        return Behaviour(make_central=core)
    if issubclass(core, EdgeCore):
        return Behaviour(make_edge=core)
    raise TypeError(f"{core.__name__} is neither a CentralCore nor an EdgeCore")


def mutant(
    breaks: str,
    lane: Lane = Lane.SUITE,
    wire: Wire | None = None,
    found_by: str = "",
    nemesis: Nemesis | None = None,
    made_of: Callable[[type], Behaviour] = behaviour_of,
    **besides: object,
) -> Callable[[Core], Core]:
    """Declare the decorated class a mutant: a subclass of `CentralCore` or `EdgeCore`, or what
    `made_of` makes a behaviour of.

    `breaks` is the id of the requirement at which it has to be caught, `besides` is what else the
    behaviour is made with.
    """

    def declare(core: Core) -> Core:
        behaviour = _with(made_of(core), besides)
        plant(name_of(core), breaks, sentence_of(core), behaviour, lane, wire, found_by, nemesis)
        return core

    return declare


def plant(
    name: str,
    breaks: str,
    says: str,
    behaviour: Behaviour,
    lane: Lane = Lane.SUITE,
    wire: Wire | None = None,
    found_by: str = "",
    nemesis: Nemesis | None = None,
) -> None:
    """Declare a mutant that is no class: a pair of cores, or a wrapped app."""
    where = wire or (Wire.HTTP if behaviour.needs_a_wire else Wire.ANY)
    MUTANTS.add(Mutant(name, breaks, says, behaviour, where, lane, found_by, nemesis))


def variant(name: str, concerns: str, says: str, behaviour: Behaviour) -> None:
    """Declare a variant: another lawful choice where the procedure is silent."""
    wire = Wire.HTTP if behaviour.needs_a_wire else Wire.ANY
    VARIANTS.add(Variant(name, concerns, says, behaviour, wire))


def varies(concerns: str, **besides: object) -> Callable[[Core], Core]:
    """Declare the decorated core, a subclass of `CentralCore` or `EdgeCore`, a variant.

    `concerns` is the id of the requirement that is silent on it, or whose manner it changes;
    `besides` is what else the behaviour is made with, or what a target file would state for it.
    """

    def declare(core: Core) -> Core:
        behaviour = _with(behaviour_of(core), besides)
        variant(name_of(core), concerns, sentence_of(core), behaviour)
        return core

    return declare


def _with(behaviour: Behaviour, besides: Mapping[str, object]) -> Behaviour:
    return replace(behaviour, **besides)  # type: ignore[arg-type]


def name_of(core: type) -> str:
    """`ForgetsTheTags` as `forgets_the_tags`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", core.__name__).lower()


def sentence_of(core: type) -> str:
    """The first line of a class's own docstring."""
    return (core.__dict__.get("__doc__") or "").strip().partition("\n")[0].strip()


def behaviour_with(what: str) -> Behaviour:
    """The reference's behaviour with `mutant:NAME` or `variant:NAME` planted; or as it is.

    `variant:ONE+OTHER` is several at once. `drawn:NAME` changes the rules themselves, in this
    whole process. `without:ONE+OTHER` says of operations that it does not have them.

    Raises:
        UnknownPlanted: there is nothing of this name.
        CannotMix: several, and two of them change the same.
    """
    if not what:
        return Behaviour()
    kind, _, name = what.partition(":")
    if kind == "drawn":
        plant_drawn(name)
        return Behaviour(called=f"{REFERENCE} with {name}")
    if kind == "without":
        missing = frozenset(getattr(operations, one) for one in name.split("+"))
        return Behaviour(called=f"{REFERENCE} {kind} {name}", not_offered=missing)
    registries: Mapping[str, Registry[Mutant] | Registry[Variant]] = load()
    if kind not in registries:
        raise UnknownPlanted(f"{what!r} is neither mutant:NAME nor variant:NAME")
    found = mixed([registries[kind].named(one).behaviour for one in name.split("+")])
    return replace(found, called=f"{REFERENCE} with {kind} {name}")


def mixtures(variants: Iterable[Variant], seed: int) -> list[Variant]:
    """Variants that are several of these at once; each is in one, and no two differ in the same.

    The seed says which of them meet. Those that show over HTTP only stay among themselves, and so
    do those of pages. First each mixture holds as many as go together, which tells how few it
    takes; then they share.
    """
    drawn = sorted(variants, key=lambda v: derived_bits(seed, v.name, 0))
    mixtures: list[Variant] = []
    for alike in {(v.wire, v.behaviour.needs_a_browser): None for v in VARIANTS}:
        groups: list[list[Variant]] = []
        for one in (v for v in drawn if (v.wire, v.behaviour.needs_a_browser) == alike):
            _join(one, next((g for g in groups if _go_together(*g, one)), None), groups)
        even: list[list[Variant]] = [[] for _ in groups]
        for one in (one for group in reversed(groups) for one in group):
            open_to_it = [g for g in even if _go_together(*g, one)]
            _join(one, min(open_to_it, key=len, default=None), even)
        mixtures += map(_mixture, even)
    return mixtures


def _join(one: Variant, group: list[Variant] | None, groups: list[list[Variant]]) -> None:
    if group is None:
        groups.append(group := [])
    group.append(one)


def _go_together(*variants: Variant) -> bool:
    try:
        mixed([variant.behaviour for variant in variants])
    except CannotMix:
        return False
    return True


def _mixture(parts: Sequence[Variant]) -> Variant:
    return Variant(
        "+".join(part.name for part in parts),
        ",".join(dict.fromkeys(part.requirement for part in parts)),
        f"{len(parts)} at once.",
        mixed([part.behaviour for part in parts]),
        parts[0].wire,
    )


def load() -> dict[str, Registry[Mutant] | Registry[Variant]]:
    """Both registries, with everything that is declared in them."""
    import harness.reference.mutants
    import harness.reference.variants  # noqa: F401

    for kind in ("mutants", "variants"):
        import_module(f"harness.reference.{kind}.pages")  # by its name, as no fleet is made of them
    return {"mutant": MUTANTS, "variant": VARIANTS}
