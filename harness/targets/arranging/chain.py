"""The ways of a target, put together as its target file says and tried one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final, TypeVar

from harness.domain.arrangements import Arrangement, FaultEffect, InstallCluster, RenewCluster, Slot
from harness.targets import port
from harness.targets.arranging.api import PublishedApi
from harness.targets.arranging.commands import Commands
from harness.targets.arranging.given import Given, InstalledClusters
from harness.targets.arranging.person import PersonArranger
from harness.targets.arranging.reading import ArrangingSettings

W = TypeVar("W")

NO_WAY: Final = "the target file names no way: see [arrange] in docs/arranging.md"


class Chain:
    """Arranges by the first way that can.

    A way that says beforehand that it cannot is passed over, as is one that finds out without
    having changed anything. One that was tried and went wrong is the last.
    """

    def __init__(self, ways: Iterable[port.Arranger], person: PersonArranger | None = None) -> None:
        """`person` is who cuts links; whoever is a way of their own is the same one."""
        self.ways = tuple(ways)
        self.person = self.way(PersonArranger) or person
        self._api = self.way(PublishedApi)
        self._arranged_by: dict[Arrangement, port.Arranger] = {}
        """What is read back, each with the way that brought it about last."""

    def cannot(self, kind: type[Arrangement]) -> str:
        """Why no way can arrange this kind, and what it would take; empty if one can."""
        told = []
        for way in self.ways:
            why = way.cannot(kind)
            if not why:
                return ""
            told.append(f"{way.name}: {why}")
        return "; ".join(told) or NO_WAY

    def way_for(self, kind: type[Arrangement]) -> str:
        """The name of the way that is tried first for this kind; empty if there is none."""
        return next(iter(self.ways_for(kind)), "")

    def ways_for(self, kind: type[Arrangement]) -> tuple[str, ...]:
        """The names of the ways for this kind; each may yet leave it to the next."""
        return tuple(way.name for way in self.ways if not way.cannot(kind))

    def way(self, kind: type[W]) -> W | None:
        """The way of this type, if the target file names it."""
        return next((way for way in self.ways if isinstance(way, kind)), None)

    def confirmation(self) -> port.Confirmation | None:
        """What a person has confirmed since this was asked last, if anything."""
        return self.person.confirmation() if self.person else None

    def seen(self, arrangement: Arrangement) -> FaultEffect | None:
        """What has come of it, as the way tells that brought it about, or the first that can of
        those that might have; where none can, what the published API shows of it.
        """
        by = self._arranged_by.get(arrangement)
        ways = [by] if by else [w for w in self.ways if not w.cannot(type(arrangement))]
        ways += [self._api] if self._api is not None and self._api not in ways else []
        return next(filter(None, (way.seen(arrangement) for way in ways)), None)

    def close(self) -> None:
        """Let go of what ways have started."""
        for way in self.ways:
            if isinstance(way, Commands):
                way.close()

    def arrange(self, arrangement: Arrangement) -> Arrangement:
        """Arrange it by the first way that can; `CannotArrange` says of each why not."""
        told = []
        for way in self.ways:
            why = way.cannot(type(arrangement))
            if not why:
                try:
                    came = way.arrange(arrangement)
                    if came.is_read_back:
                        self._arranged_by[came] = way
                    return came
                except port.ArrangingFailed:
                    raise
                except port.CannotArrange as error:
                    why = error.how
            told.append(f"{way.name}: {why}")
        raise port.CannotArrange(type(arrangement).__name__, "; ".join(told) or NO_WAY)


def chain_for(
    driver: port.Driver,
    settings: ArrangingSettings,
    slots: Iterable[Slot],
    *,
    more: Mapping[str, port.Arranger],
    person: PersonArranger | None = None,
) -> Chain:
    """The ways in the order of the target file.

    `more` are ways by their names that are made elsewhere (`control`, `link`); one that is not
    there is no way. `person` is who cuts links, if somebody does.
    """
    clusters = InstalledClusters(
        driver.send, driver.sleep, driver.local_user, {slot.uid: slot for slot in slots}
    )
    ways: dict[str, port.Arranger] = {
        "commands": Commands(settings.commands, settings.resets),
        "api": PublishedApi(driver.send, driver.epoch, settings.admin, driver.info),
        "given": Given(settings.given, clusters.ready),
        "person": person or PersonArranger(None),
        **more,
    }
    return Chain((ways[name] for name in settings.ways if name in ways), person)


def slots_of(slots: Iterable[Slot], settings: ArrangingSettings, chain: Chain) -> tuple[Slot, ...]:
    """The slots, with what an accept means there: pairing is for good."""
    if chain.way_for(InstallCluster) != Given.name:
        return tuple(slots)
    commands = [way for way in chain.ways if isinstance(way, Commands)]
    anywhere = any(way not in commands and not way.cannot(RenewCluster) for way in chain.ways)
    return tuple(
        replace(
            slot,
            given=True,
            disposable=slot.uid in settings.disposable,
            renewable=anywhere or any(way.renews(slot.uid) for way in commands),
        )
        for slot in slots
    )
