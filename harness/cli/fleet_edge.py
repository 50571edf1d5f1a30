"""Reaches the edge hosts of a target for a fleet in real time, and a Palette for them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from msgspec import structs

from harness.cli.exits import CannotDo
from harness.domain import operations as ops
from harness.domain.arrangements import Arrangement, DisturbMessages, SetLink, Side, Slot
from harness.domain.pairing import LocalState
from harness.fleet.realtime.asker import AskedSide
from harness.fleet.realtime.settings import CellDriver, Endpoint, LocalSide
from harness.fleet.scenario import FaultKind, Scenario
from harness.opening import playing
from harness.reference.behaviour import Behaviour
from harness.reference.core.choices import CentralChoices
from harness.running.belongings import Belongings, owned_now
from harness.targets.http import HttpDriver
from harness.targets.links.opening import OpenLinks, links_for
from harness.targets.port import Outgoing, reply_to
from harness.targets.target import Target, check_permission
from harness.targets.target_file import load_target

_OF_MESSAGES: Final = frozenset(
    {FaultKind.LOSS, FaultKind.HALF_OPEN, FaultKind.ERRORS, FaultKind.SLOW}
)


@dataclass(frozen=True, slots=True)
class BothSides:
    """A target's edge hosts, and the Palette that they pair with.

    Attributes:
        central: what describes that Palette: the target, or the one that the harness plays.
    """

    driver: HttpDriver
    links: OpenLinks
    central: Target

    def cannot(self, kind: type[Arrangement]) -> str:
        """Why nothing of this kind can be arranged, and what it would take; empty if it can."""
        # Messages are disturbed on their way, by nobody's control port.
        way = self.links.arranger if kind is DisturbMessages else self.driver
        return way.cannot(kind)

    def slots(self) -> tuple[Slot, ...]:
        """The places where a cluster may be paired for good."""
        return tuple(slot for slot in self.driver.inventory().slots if slot.disposable)

    def endpoint(self, needs: frozenset[type[Arrangement]]) -> str:
        """What operators enter, for a scenario that needs these."""
        if DisturbMessages in needs and self.links.proxied:
            return self.links.proxied
        return self.driver.inventory().endpoint_for({kind.__name__ for kind in needs})


@contextmanager
def both_sides(target: Target, seed: int, handover: int) -> Iterator[BothSides]:
    """Both sides, tried once; the harness plays the central one where it is not described.

    `handover` is how long an acceptance then waits for its host, in microseconds.

    Raises:
        TargetUnusable: it does not answer as it should, or nothing may be changed there.
    """
    with ExitStack() as held:
        check_permission(target)  # before anything listens for its sake
        peer = None
        if Side.CENTRAL not in target.sides:
            behaviour = Behaviour(central=CentralChoices(handover=handover))
            peer = held.enter_context(playing(target, seed, behaviour))
        links = links_for(target, peer, seed=seed)
        held.callback(links.close)
        driver = HttpDriver(target, peer=peer, links=links)
        held.callback(driver.close)
        driver.check()
        yield BothSides(driver, links, peer or target)


def needs_of(scenario: Scenario) -> frozenset[type[Arrangement]]:
    """What of links and messages is to be arranged in the course of a scenario."""
    kinds = {fault.kind for fault in scenario.faults}
    network = scenario.network
    loses = bool(network.lost_before_ppm or network.lost_after_ppm)
    needs: set[type[Arrangement]] = {SetLink} if FaultKind.LINK in kinds else set()
    if loses or not kinds.isdisjoint(_OF_MESSAGES):
        needs.add(DisturbMessages)
    return frozenset(needs)


def at_slots(scenario: Scenario, hosts: int | None, slots: int) -> Scenario:
    """The scenario with a cluster of one host for each place, or for as many as were asked for.

    Raises:
        CannotDo: there are not so many places, or none at all.
    """
    if not slots:
        raise CannotDo(
            "the target has no place whose cluster may be paired for good: see [edge] and"
            " arrange.given of docs/target-file.md"
        )
    if hosts is not None and hosts > slots:
        raise CannotDo(f"the target has {slots} places; --hosts {hosts}: at most {slots}")
    fleet = replace(scenario.fleet, hosts=hosts or slots, sizes=((1, 1),), cells=1)
    return replace(scenario, fleet=fleet)


@dataclass(frozen=True, slots=True)
class EdgeReaching:
    """Makes the endpoint of the only cell, whose operators act at the target's Local UIs.

    Attributes:
        target_file: of the target; its credentials come from the environment of the process.
        folder: of the run: what is made on the target is noted there.
        mark: what is made bears it.
        seed, handover: of the Palette that the harness plays.
        needs: what of links and messages the scenario arranges.
    """

    target_file: Path
    folder: Path
    mark: str
    seed: int
    handover: int
    needs: frozenset[type[Arrangement]]

    def __call__(self, number: int) -> Endpoint:
        """The endpoint.

        Raises:
            TargetFileError: the file is wrong, or a variable that it names is not set here.
            TargetUnusable: the target does not answer as it should.
            LedgerError: the ledger cannot be written.
        """
        target = load_target(self.target_file, os.environ)
        with ExitStack() as undo:
            both = undo.enter_context(both_sides(target, self.seed, self.handover))
            belongings = noting(both.driver, self.target_file, self.folder, self.mark)
            let_go = undo.pop_all().close
        slots, central = both.slots(), both.central

        def close() -> Sequence[str]:
            given = [slot for slot in slots if slot.given]
            pending = [slot for slot in given if not _cancels(both.driver, slot.host_uids[0])]
            left = [f"request at {slot.uid}; cancel it in Local UI" for slot in pending]
            return [*left, *closing(belongings, self.folder, let_go)]

        return Endpoint(
            driver=_Arranging(belongings.noted(both.driver), both.links),
            central=asked_side(central, Side.CENTRAL),
            endpoint=both.endpoint(self.needs),
            close=close,
            local=LocalSide(
                asked=asked_side(target, Side.EDGE),
                slots=slots,
                urls={host.uid: host.url for host in target.hosts()},
                user=target.local_user,
            ),
        )


@dataclass(frozen=True, slots=True)
class _Arranging:
    """Arranges by the target's ways; what happens to messages by what is between the sides."""

    noted: CellDriver
    links: OpenLinks

    def arrange(self, arrangement: Arrangement) -> Arrangement:
        """Arrange it, and return it as it came to be.

        Raises:
            CannotArrange: this target offers no way.
        """
        on_the_way = isinstance(arrangement, DisturbMessages)
        return (self.links.arranger if on_the_way else self.noted).arrange(arrangement)

    def epoch(self) -> int:
        """The target's idea of now: microseconds since the Unix epoch."""
        return self.noted.epoch()


def _cancels(driver: HttpDriver, host_uid: str) -> bool:
    """Whether nothing is pending at a host any more."""
    user = driver.local_user

    def asks(operation: ops.LocalOperation, credentials: ops.Credentials) -> ops.Reply:
        return reply_to(driver.send, Outgoing(operation, credentials, host_uid, "give back"))

    login = asks(ops.LogIn(user.username, user.password), ops.Credentials())
    session = login.value if isinstance(login, ops.Done) else None
    if not isinstance(session, ops.Session):
        return False
    me = ops.Credentials(session=session.token)
    shown = asks(ops.ViewPairing(), me)
    view = shown.value if isinstance(shown, ops.Done) else None
    if not isinstance(view, ops.PairingView) or view.status != LocalState.PENDING.value:
        return True
    return isinstance(asks(ops.CancelPairingRequest(), me), ops.Done)


@dataclass(frozen=True, slots=True)
class CellEndpointFactory:
    """Makes an endpoint for a cell. A file and an environment are all that it needs.

    Attributes:
        target_file: of the target; its credentials come from the environment of the process.
        folder: of the run: what a cell makes on the target is noted below it.
        mark: what is made bears it.
        cells: how many there are.
    """

    target_file: Path
    folder: Path
    mark: str
    cells: int = 1

    def __call__(self, number: int) -> Endpoint:
        """The endpoint of a cell.

        Raises:
            TargetFileError: the file is wrong, or a variable that it names is not set here.
            LedgerError: the ledger cannot be written.
        """
        target = load_target(self.target_file, os.environ)
        driver = HttpDriver(target)
        folder = self.folder if self.cells == 1 else self.folder / f"cell-{number:02d}"
        belongings = noting(driver, self.target_file, folder, self.mark)
        return Endpoint(
            driver=belongings.noted(driver),
            central=asked_side(target, Side.CENTRAL),
            endpoint=target.endpoint,
            close=lambda: closing(belongings, folder, driver.close),
        )


def asked_side(target: Target, side: Side) -> AskedSide:
    """How the cells of a fleet ask one side of a target."""
    return AskedSide(
        target.trust_of(side).context(),
        target.central_url,
        target.wire,
        target.rate_limit.per_second,
        target.info.steps_apart,
        target.leaders(side),
    )


def noting(driver: HttpDriver, target_file: Path, folder: Path, mark: str) -> Belongings:
    """A ledger in a folder of what is made on a target.

    Raises:
        LedgerError: it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    header = structs.replace(owned_now(driver, target_file), mark=mark)
    return Belongings(driver, folder, header, str)


def closing(belongings: Belongings, folder: Path, let_go: Callable[[], None]) -> list[str]:
    """Give everything back, then let go of the target; returns what is left there."""
    try:
        belongings.give_back_all()
        left = belongings.leaks()
    finally:
        belongings.close()
        let_go()
    again = f"`pairproof cleanup {folder}` says why, and tries again"
    return [f"{leak.kind} {leak.what}; {again}" for leak in left]
