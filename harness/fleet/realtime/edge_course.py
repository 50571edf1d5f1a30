"""The course of a cell whose edge hosts are the target's own."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from harness.domain.arrangements import PutProfile
from harness.domain.operations import (
    Done,
    PairingView,
    PatchCluster,
    Reply,
    ViewManagement,
    ViewPairing,
)
from harness.domain.pairing import LocalState
from harness.fleet.place import Place
from harness.fleet.realtime.course import RealCourse
from harness.fleet.realtime.edge_disturbing import EdgeDisturbing
from harness.fleet.realtime.local_ui import LocalUis
from harness.fleet.roster import Member
from harness.fleet.stacks import found_stack
from harness.fleet.timelines import shelf
from harness.fleet.world import Step
from harness.targets.port import CannotArrange

_PROBE = {"pairproof": "after-pairing"}


class EdgeCourse(RealCourse):
    """Clusters stand at their places before time begins: installing one takes as long as it
    takes, and would make its operator late.
    """

    disturbs = EdgeDisturbing

    def make_ready(self) -> list[str]:
        """Install every cluster; not on the loop's own thread. Returns which could not be."""
        local, problems = cast("LocalUis", self._world.hosts), []
        self._ready = dict[int, Place]()
        self._matched = set[tuple[int, int, str]]()
        for index in self._members:
            place = Place(self._scenario.seed, self._roster.member(index))
            try:
                local.make_ready(place)
                self._match(local, place)
            except CannotArrange as error:
                problems.append(f"{place.slot}: {error.how}")
            else:
                self._ready[index] = place
        return problems

    def _match(self, local: LocalUis, place: Place) -> None:
        """What runs there may be the target's own choice: then profiles have to match that.

        Raises:
            CannotArrange: they cannot be had.
        """
        member, profiles = place.member, local.cluster(place).stack
        if profiles == member.stack.local:
            return
        stack = found_stack(profiles)
        place.member = replace(member, stack=stack)
        project = (member.tenant, member.project)
        if (*project, stack.name) not in self._matched:
            self._matched.add((*project, stack.name))
            for profile in shelf(self._scenario, *project).profiles_for(stack):
                local.arranged(PutProfile(profile))

    @property
    def is_ready(self) -> bool:
        """Whether there is any place at which somebody can begin."""
        return bool(self._ready)

    def _install(self, member: Member) -> None:
        """Its operator begins, if a cluster could be had for him."""
        place = self._ready.pop(member.index, None)
        if place is None:
            return
        self._places[member.index] = place
        cast("EdgeDisturbing", self.disturbing).loses(place)
        self._env.process(self._operates(place))
        if self._scenario.operators.work is not None:
            self._env.process(self._operators.works(place))

    def _looks(self, index: int) -> Step[None]:
        """At its Local UI. Where it is paired, that has to refuse a local operation (INV-10)."""
        place = self._places[index]
        shown = yield from self._operators.asks(place, ViewPairing())
        yield from self._operators.asks(place, ViewManagement())
        if _is_paired(shown):
            yield from self._operators.asks(place, PatchCluster(_PROBE))


def _is_paired(shown: Reply) -> bool:
    view = shown.value if isinstance(shown, Done) else None
    return isinstance(view, PairingView) and view.status == LocalState.PAIRED.value
