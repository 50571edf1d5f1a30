"""The target's own edge hosts: people act at their Local UIs, and nobody sees their agents.

What stands in for `harness.fleet.hosts.Hosts`, which runs the edge hosts that the harness plays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import cast

import simpy

from harness.domain.arrangements import Arrangement, InstallCluster, RenewCluster, Slot
from harness.domain.cluster import Cluster
from harness.domain.errors import Refused
from harness.domain.operations import (
    Acknowledged,
    Done,
    LocalOperation,
    LogIn,
    Reply,
    Session,
    Unknown,
)
from harness.fleet.clock import CellClock
from harness.fleet.place import Place
from harness.fleet.realtime.asker import Asker, Question
from harness.fleet.realtime.border import Border
from harness.fleet.realtime.palette import Palette
from harness.fleet.realtime.settings import LocalSide
from harness.fleet.recorder import Recorder
from harness.fleet.world import Step
from harness.history.operation import Json
from harness.reference.core.link import LinkReply
from harness.targets.port import CannotArrange


class LocalUis:
    """Asks the Local UI of each cluster's place. `within` is how long an answer is waited for.

    Attributes:
        clock_shift: nothing here; a target's clock is its own.
    """

    def __init__(
        self,
        clock: CellClock,
        asker: Asker,
        palette: Palette,
        border: Border,
        recorder: Recorder,
        local: LocalSide,
        within: int,
    ) -> None:
        self._clock = clock
        self._asker = asker
        self._palette = palette
        self._border = border
        self._recorder = recorder
        self._local = local
        self._within = within
        self._installed: dict[int, Cluster] = {}
        self.on_rest: Callable[[Place], None] = lambda _: None
        self.clock_shift = 0
        border.redactor.register(local.user.password, "password")

    # --- before anybody begins ------------------------------------------------------------

    def make_ready(self, place: Place) -> None:
        """A fresh cluster stands at its place; not on the loop's own thread. It is noted as it
        came to be. One that is given, and was paired before, is renewed if it can be.

        Raises:
            CannotArrange: there is no way to it.
        """
        member, slot = place.member, self._slot(place)
        self._border.learn_place(member.slot, slot.uid)
        self._border.learn(place.host, slot.host_uids[0])
        wanted = InstallCluster(member.slot, member.cluster, () if slot.given else ("stack",))
        try:
            came = self._palette.arrange_now(wanted)
        except CannotArrange:
            if not (slot.given and slot.renewable):
                raise
            self.arranged(RenewCluster(member.slot), place.tags)
            came = self._palette.arrange_now(wanted)
        assert isinstance(came, InstallCluster)
        ours = self._border.installed(wanted, came)
        assert ours.cluster is not None
        self._installed[member.index] = ours.cluster
        self._note(ours, place.tags)

    def arranged(self, what: Arrangement, tags: Mapping[str, Json] = {}) -> None:
        """Something else is arranged, and noted; not on the loop's own thread.

        Raises:
            CannotArrange: there is no way to it.
        """
        self._palette.arrange_now(what)
        self._note(what, tags)

    def _slot(self, place: Place) -> Slot:
        return self._local.slots[place.member.index]

    def _note(self, what: Arrangement, tags: Mapping[str, Json]) -> None:
        self._recorder.at_once("harness", what, 0, Done(Acknowledged()), tags)

    def cluster(self, place: Place) -> Cluster:
        """The cluster that was installed at a place."""
        return self._installed[place.member.index]

    # --- as hosts -------------------------------------------------------------------------

    def perform(self, place: Place, operation: LocalOperation) -> Step[Reply]:
        """One operation at Local UI."""
        record = self._recorder.invoke("operator", operation, self._clock.now(), place.tags)
        asked, url = self._as_asked(operation), self._local.urls[self._slot(place).host_uids[0]]
        question = Question(asked, place.session, self._within, url, record.id)
        heard = cast("simpy.Event", self._asker.ask(question))
        reply = cast("LinkReply", (yield heard))
        if isinstance(reply, Done) and isinstance(reply.value, Session):
            self._border.redactor.register(reply.value.token, "session")
        self._recorder.end(record, reply, self._clock.now())
        return reply if isinstance(reply, Done | Refused | Unknown) else Unknown(reply.why)

    def _as_asked(self, operation: LocalOperation) -> LocalOperation:
        """With the user's own name and password, where they are asked for."""
        if not isinstance(operation, LogIn):
            return operation
        user = self._local.user
        return replace(operation, username=user.username, password=user.password)

    def is_at_rest(self, place: Place) -> bool:
        """Nobody can tell; and places are few enough to be kept."""
        return False
