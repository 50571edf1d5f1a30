"""What of the suite can be judged on a target, before anything is done there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from harness.catalogue.needs import Need, all_needs
from harness.domain.arrangements import SIDES_OF, Arrangement, Slot
from harness.domain.operations import Operation

Cannot = Callable[[type[Arrangement]], str]
"""Why nothing of a kind can be arranged; empty if it can. `Driver.cannot` is one."""

_KINDS = {kind.__name__: kind for kind in SIDES_OF}


@dataclass(frozen=True, slots=True)
class MissingArrangement:
    """One kind of arrangement that nobody can bring about.

    Attributes:
        kind: its name.
        why: what each way lacks, and what it would take.
        scenarios: those that need it, which therefore cannot be judged.
    """

    kind: str
    why: str
    scenarios: tuple[str, ...]


class MissingOperation(MissingArrangement):
    """One operation that the target does not have, and why: what needs it is not supported."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What can be judged of some scenarios.

    Attributes:
        not_offered: which operations are missing that scenarios need; these stand nowhere else.
        judged: scenarios for which everything can be arranged and a large enough place is there.
        missing: what nobody can arrange, the kind that the most scenarios need first.
        too_large: scenarios whose clusters span more hosts than any place has, or that need more
            places at a time than there are.
        clusters: how many clusters the judged scenarios use up.
        disposable: how many may be used up; `None` where one that was used can be had again.
    """

    judged: tuple[str, ...]
    missing: tuple[MissingArrangement, ...]
    too_large: tuple[str, ...]
    clusters: int
    disposable: int | None
    not_offered: tuple[MissingOperation, ...] = ()

    @property
    def exhausts(self) -> int:
        """How many clusters are lacking for all of it; 0 where there are enough."""
        return 0 if self.disposable is None else max(0, self.clusters - self.disposable)

    def judged_if(self, *kinds: str) -> tuple[str, ...]:
        """The scenarios that could be judged besides, if these kinds could be arranged."""
        known = set(kinds)
        lacking: dict[str, set[str]] = {}
        for missing in self.missing:
            for scenario in missing.scenarios:
                lacking.setdefault(scenario, set()).add(missing.kind)
        large = set(self.too_large)
        return tuple(s for s, kinds_ in lacking.items() if kinds_ <= known and s not in large)


def reach_of(
    cannot: Cannot,
    slots: Iterable[Slot],
    scenarios: Iterable[str] | None = None,
    needs: Mapping[str, Need] | None = None,
    *,
    not_offered: Mapping[type[Operation], str] = MappingProxyType({}),
) -> Reach:
    """What can be judged on a target, of these scenarios or of the whole suite.

    A scenario that is not in the table of needs is left out: nothing is known of it.
    """
    table = all_needs() if needs is None else needs
    chosen = {s: table[s] for s in (table if scenarios is None else scenarios) if s in table}
    names = {kind.__name__: why for kind, why in not_offered.items()}
    lacking = [
        MissingOperation(name, why, tuple(s for s, n in chosen.items() if name in n.operations))
        for name, why in names.items()
    ]
    chosen = {s: need for s, need in chosen.items() if names.keys().isdisjoint(need.operations)}
    why = {
        kind: cannot(_KINDS[kind]) for kind in sorted({k for n in chosen.values() for k in n.kinds})
    }
    places = tuple(slots)
    missing = [
        MissingArrangement(kind, told, tuple(s for s, need in chosen.items() if kind in need.kinds))
        for kind, told in why.items()
        if told
    ]
    large = tuple(s for s, need in chosen.items() if not _fits(need.hosts, places))
    out = {s for m in missing for s in m.scenarios} | set(large)
    judged = tuple(s for s in chosen if s not in out)
    return Reach(
        judged,
        tuple(sorted(missing, key=lambda m: (-len(m.scenarios), m.kind))),
        large,
        sum(chosen[s].clusters for s in judged),
        _disposable(places),
        tuple(each for each in lacking if each.scenarios),
    )


def requirements_out_of_reach(
    reach: Reach, scenarios_of: Mapping[str, Iterable[str]]
) -> Mapping[str, int]:
    """How many scenarios of each requirement are supported and cannot be judged; only those that
    have any.

    `scenarios_of` are the ids of the scenarios that judge each requirement.
    """
    known = all_needs()
    fine = {*reach.judged, *(s for each in reach.not_offered for s in each.scenarios)}
    counted = {
        requirement: sum(s in known and s not in fine for s in scenarios)
        for requirement, scenarios in scenarios_of.items()
    }
    return {requirement: count for requirement, count in counted.items() if count}


def _fits(hosts: tuple[int, ...], places: tuple[Slot, ...]) -> bool:
    """Whether clusters of these sizes find a place each, all at a time."""
    sizes = sorted((len(place.host_uids) for place in places), reverse=True)
    wanted = sorted(hosts, reverse=True)
    return len(wanted) <= len(sizes) and all(w <= s for w, s in zip(wanted, sizes, strict=False))


def _disposable(places: tuple[Slot, ...]) -> int | None:
    if any(not place.given or (place.disposable and place.renewable) for place in places):
        return None
    return sum(place.disposable for place in places)
