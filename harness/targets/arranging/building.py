"""Puts the ways of a target together, as its target file says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Protocol

from harness.domain.arrangements import InstallCluster, RenewCluster, Slot
from harness.targets.arranging.api import Api
from harness.targets.arranging.chain import Chain
from harness.targets.arranging.clusters import InstalledClusters
from harness.targets.arranging.commands import Commands
from harness.targets.arranging.given import Given
from harness.targets.arranging.person import Person
from harness.targets.arranging.settings import Arranging
from harness.targets.arranging.way import Arranger
from harness.targets.port import Exchange, LocalUser, Outgoing


class Reaching(Protocol):
    """A driver, as far as ways need one."""

    local_user: LocalUser

    def send(self, outgoing: Outgoing) -> Exchange:
        """Carry out one operation."""
        ...

    def sleep(self, duration: int) -> None:
        """Wait `duration` microseconds."""
        ...

    def epoch(self) -> int:
        """The target's idea of now: microseconds since the Unix epoch."""
        ...


def chain_for(
    driver: Reaching,
    settings: Arranging,
    slots: Iterable[Slot],
    *,
    more: Mapping[str, Arranger],
    first: Iterable[Arranger] = (),
) -> Chain:
    """The ways in the order of the target file.

    `more` are ways by their names that are made elsewhere (`control`, `link`); one that is not
    there is no way. `first` come before all: how the side is arranged that the harness plays.
    """
    clusters = InstalledClusters(
        driver.send, driver.sleep, driver.local_user, {slot.uid: slot for slot in slots}
    )
    ways: dict[str, Arranger] = {
        "commands": Commands(settings.commands, settings.resets),
        "api": Api(driver.send, driver.epoch, settings.admin),
        "given": Given(settings.given, clusters.ready),
        "person": Person(None),
        **more,
    }
    return Chain([*first, *(ways[name] for name in settings.ways if name in ways)])


def slots_of(slots: Iterable[Slot], settings: Arranging, chain: Chain) -> tuple[Slot, ...]:
    """The slots, with what an accept means there: pairing is for good."""
    if chain.way_for(InstallCluster) != Given.name:
        return tuple(slots)
    anywhere = any(
        not way.cannot(RenewCluster) for way in chain.ways if not isinstance(way, Commands)
    )
    return tuple(
        replace(
            slot,
            given=True,
            disposable=slot.uid in settings.disposable,
            renewable=anywhere or _renews(chain, slot.uid),
        )
        for slot in slots
    )


def _renews(chain: Chain, slot: str) -> bool:
    return any(way.renews(slot) for way in chain.ways if isinstance(way, Commands))
