"""A run rehearsed on the reference, from which is taken away what a target lacks.

What cannot be judged on the target is found by the code that a run has for it, and so is just what
the run will say. Nothing is sent to the target but for a look at clusters that are given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Protocol

from harness.catalogue.limits import Limits
from harness.domain import arrangements
from harness.domain import operations as ops
from harness.domain.arrangements import Arrangement, FaultEffect, Inventory
from harness.domain.page_actions import BrowserAction
from harness.domain.pages import PageView
from harness.targets.arranging.api import PublishedApi
from harness.targets.arranging.chain import Chain
from harness.targets.arranging.commands import Commands
from harness.targets.arranging.given import Given, InstalledClusters
from harness.targets.arranging.person import PersonArranger
from harness.targets.browser.chromium import missing
from harness.targets.control_port import ControlPort
from harness.targets.port import Arranger, Driver, DriverAround, Exchange, Outgoing
from harness.targets.stepping import SteppingDriver
from harness.targets.target import Target


class DescribedDriver(Driver, Protocol):
    """A driver of which it is known what a target file would say; each secret has its kind."""

    target: Target
    limits: Limits
    secrets: tuple[tuple[str, str], ...]

    @property
    def ways(self) -> Sequence[Arranger]:
        """How the target's own side is arranged, tried one after the other."""

    def is_of_peer(self, arrangement: Arrangement) -> bool:
        """Whether it concerns but the side that the harness plays."""

    def would_write(self, outgoing: Outgoing) -> None:
        """Write what it would send, and send nothing."""

    def ask(self, outgoing: Outgoing, within_s: float) -> object:
        """Ask once, and wait no longer than that where it can be told."""


class RehearsedTarget(DriverAround):
    """The reference, claiming and offering what the target does, with its places and ways."""

    def __init__(self, reference: Driver, target: DescribedDriver) -> None:
        in_steps = target.info.has_steps
        super().__init__(SteppingDriver(reference) if in_steps else reference)
        self._target = target
        self.name = target.name  # what is said of the wire is said of the target's
        words = reference.info.words
        self.info = replace(target.info, words=words, goes_through_steps=in_steps, unseen=missing())
        self.limits = target.limits
        self.secrets = target.secrets
        self._inventory = target.inventory()
        self._sessions: list[tuple[str, str]] = []
        """Logins at the target, by which given clusters were looked at: with each host."""
        self._chain = Chain([self._dry(way) for way in target.ways])
        self._by_api = any(isinstance(way, PublishedApi) for way in target.ways)

    def inventory(self) -> Inventory:
        own, forms = self._driver.inventory(), self._inventory.endpoint_forms
        kept = {form: url for form, url in own.endpoint_forms.items() if form in forms}
        return replace(own, slots=self._inventory.slots, endpoint_forms=kept)

    def cannot(self, kind: type[Arrangement]) -> str:
        return self._target.cannot(kind)

    def send(self, outgoing: Outgoing) -> Exchange:
        if isinstance(outgoing.operation, BrowserAction):  # what is seen then is for the run to say
            return Exchange(ops.Done(PageView("", "", "")))
        if outgoing.rewriting is not None:  # the reference has nothing here to write on
            self._target.would_write(outgoing)
        return super().send(outgoing)

    def arrange(self, arrangement: Arrangement) -> Arrangement:
        if isinstance(arrangement, arrangements.RenewCluster):
            self._chain.arrange(arrangement)
            return arrangement  # the next look puts a fresh one there
        came = arrangement
        if not self._target.is_of_peer(arrangement):
            came = self._chain.arrange(arrangement)
        self._driver.arrange(came)
        return came

    def seen(self, arrangement: Arrangement) -> FaultEffect | None:
        if self._target.is_of_peer(arrangement):
            return self._driver.seen(arrangement)
        told = self._chain.seen(arrangement)
        lasts = isinstance(arrangement, arrangements.PutUser | arrangements.PutProfile)
        return self._driver.seen(arrangement) if not told and self._by_api and lasts else told

    def close(self) -> None:
        for host_uid, session in self._sessions:
            asked = Outgoing(ops.LogOut(), ops.Credentials(session=session), host_uid, "doctor")
            self._target.send(asked)
        super().close()

    def _look(self, outgoing: Outgoing) -> Exchange:
        exchange = self._target.send(outgoing)
        if isinstance(exchange.reply, ops.Done) and isinstance(exchange.reply.value, ops.Session):
            self._sessions.append((outgoing.host_uid, exchange.reply.value.token))
        return exchange

    def _dry(self, way: Arranger) -> Arranger:
        if not isinstance(way, Given):
            return _DryWay(way, self._driver)
        target, slots = self._target, {slot.uid: slot for slot in self._inventory.slots}
        look = cache(self._look)  # a cluster is looked at once
        clusters = InstalledClusters(look, target.sleep, target.local_user, slots, cancels=False)
        return Given(target.target.arranging.given, clusters.ready)


@dataclass(frozen=True, slots=True)
class _DryWay:
    """Says what a way can, and leaves the doing to the reference."""

    way: Arranger
    reference: Driver

    @property
    def name(self) -> str:
        return self.way.name

    def cannot(self, kind: type[Arrangement]) -> str:
        return self.way.cannot(kind)

    def arrange(self, arrangement: Arrangement) -> Arrangement:
        if isinstance(self.way, ControlPort | Commands):
            self.way.see_able(arrangement)
        return arrangement

    def seen(self, arrangement: Arrangement) -> FaultEffect | None:
        if isinstance(self.way, Commands):
            tells = self.way.tells
        else:
            tells = not isinstance(self.way, Given | PersonArranger)
        return self.reference.seen(arrangement) if tells else None
