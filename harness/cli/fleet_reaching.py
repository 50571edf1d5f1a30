"""Reaches a target for a fleet in real time: its Palette, or its edge hosts and a Palette for them;
over HTTP, or over a driver of another package.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
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
from harness.opening import open_plugged, playing
from harness.reference.behaviour import Behaviour
from harness.reference.core.choices import CentralChoices
from harness.running.belongings import Belongings, owned_now
from harness.targets.http import HttpDriver
from harness.targets.links.opening import OpenLinks, links_for
from harness.targets.plugged import PluggedDriver
from harness.targets.port import Driver, Outgoing, reply_to
from harness.targets.target import Target, check_permission
from harness.targets.target_file import load_target

OVER_HTTP: Final = "http"
_OF_MESSAGES: Final = frozenset(
    {FaultKind.LOSS, FaultKind.HALF_OPEN, FaultKind.ERRORS, FaultKind.SLOW}
)
_NOTHING_BETWEEN: Final = (
    "nothing stands between the hosts that a driver reaches and the Palette that the harness plays"
)

_NO_KEYS: Final = (
    "administrators of a fleet act by API keys, and the target has none ([headers] ApiKey):"
    " run a fleet of its edge hosts alone, against the Palette that the harness plays"
)


@dataclass(frozen=True, slots=True)
class Source:
    """What a fleet runs against. It can be sent to other processes, and reached from there.

    Attributes:
        target_file: of the target; its credentials come from the environment of the process.
        driver: what reaches it: HTTP, or a driver of another package.
        side: at which people act.
        seed, handover: of the side that the harness plays; how long an acceptance waits there for
            its host, in microseconds.
    """

    target_file: Path | None
    driver: str = OVER_HTTP
    side: Side = Side.CENTRAL
    seed: int = 1
    handover: int = CentralChoices().handover

    def target(self) -> Target:
        """What is known of it before anything is asked of it but by its driver.

        Raises:
            TargetFileError: the file is wrong, or a variable that it names is not set here.
            PluginBroken: the driver cannot be used.
            TargetUnusable: the driver says too little of its target.
        """
        if self.driver == OVER_HTTP:
            assert self.target_file is not None
            return load_target(self.target_file, os.environ)
        with closing(open_plugged(self.driver, self.target_file, self.seed, alone=True)) as driver:
            return replace(driver.target, limits=driver.limits)

    @contextmanager
    def reached(self) -> Iterator[Reached]:
        """It, tried once. Where people act at Local UIs and no Palette is described, the harness
        plays one.

        Raises:
            PairproofError: see `target`; it does not answer as it should, nothing may be changed
                there, or nobody has an API key there.
        """
        behaviour = Behaviour(central=CentralChoices(handover=self.handover))
        at_edge = self.side is Side.EDGE
        peer, links = None, None
        with ExitStack() as held:
            if self.driver != OVER_HTTP:
                way = (self.driver, self.target_file, self.seed, behaviour)
                own = held.enter_context(closing(open_plugged(*way, alone=not at_edge)))
                yield Reached(own, own.target, own.peer)
                return
            target = self.target()
            check_permission(target)  # before anything listens for its sake
            if Side.CENTRAL in target.sides and not target.info.has_api_keys:
                raise CannotDo(_NO_KEYS)
            if at_edge and Side.CENTRAL not in target.sides:
                peer = held.enter_context(playing(target, self.seed, behaviour))
            if at_edge:
                links = links_for(target, peer, seed=self.seed)
                held.callback(links.close)
            driver = HttpDriver(target, peer=peer, links=links)
            held.callback(driver.close)
            driver.check()
            yield Reached(driver, target, peer, links)


@dataclass(frozen=True, slots=True)
class Reached:
    """A target that can be asked.

    Attributes:
        peer: the Palette that the harness plays for its edge hosts.
        links: what is between the two sides of a target file.
    """

    driver: HttpDriver | PluggedDriver
    target: Target
    peer: Target | None = None
    links: OpenLinks | None = None

    def cannot(self, kind: type[Arrangement]) -> str:
        """Why nothing of this kind can be arranged, and what it would take; empty if it can."""
        # Messages are disturbed on their way, by nobody's control port.
        if kind is not DisturbMessages:
            return self.driver.cannot(kind)
        if self.links:
            return self.links.arranger.cannot(kind)
        return _NOTHING_BETWEEN if self.peer else self.driver.cannot(kind)

    def slots(self) -> tuple[Slot, ...]:
        """The places where a cluster may be paired for good."""
        return tuple(slot for slot in self.driver.inventory().slots if slot.disposable)

    def endpoint(self, needs: frozenset[type[Arrangement]]) -> str:
        """What operators enter, for a scenario that needs these."""
        if self.links and DisturbMessages in needs and self.links.proxied:
            return self.links.proxied
        return self.driver.inventory().endpoint_for({kind.__name__ for kind in needs})

    def asked(self, side: Side) -> AskedSide:
        """How people ask a side of it."""
        if self.peer and side in self.peer.sides:
            return asked_side(self.peer, side)
        if isinstance(self.driver, PluggedDriver):
            over, at_once = self.driver.send, self.driver.at_once
            return replace(asked_side(self.target, side), send=over, at_once=at_once)
        return asked_side(self.target, side)

    def agents(self) -> AskedSide | None:
        """How hosts that the harness plays ask its Palette, where otherwise than people do."""
        apart = isinstance(self.driver, PluggedDriver) and not self.driver.carries
        return asked_side(self.target, Side.CENTRAL) if apart else None


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
class CellEndpointFactory:
    """Makes the endpoint of each cell.

    Attributes:
        folder: of the run: what a cell makes on the target is noted below it.
        mark: what is made bears it.
        needs: what of links and messages the scenario arranges.
        cells: how many there are.
    """

    source: Source
    folder: Path
    mark: str
    needs: frozenset[type[Arrangement]] = frozenset()
    cells: int = 1

    def __call__(self, number: int) -> Endpoint:
        """The endpoint of a cell.

        Raises:
            PairproofError: see `Source.reached`; the ledger cannot be written.
        """
        source = self.source
        folder = self.folder if self.cells == 1 else self.folder / f"cell-{number:02d}"
        with ExitStack() as undo:
            reached = undo.enter_context(source.reached())
            belongings = noting(reached.driver, source.target_file, folder, self.mark)
            let_go = undo.pop_all().close
        driver, at_edge = reached.driver, source.side is Side.EDGE
        slots = reached.slots() if at_edge else ()

        def close() -> Sequence[str]:
            given = [slot for slot in slots if slot.given]
            pending = [slot for slot in given if not _cancels(driver, slot.host_uids[0])]
            left = [f"request at {slot.uid}; cancel it in Local UI" for slot in pending]
            return [*left, *given_back(belongings, folder, let_go)]

        return Endpoint(
            driver=_Arranging(belongings.noted(driver), reached.links),
            central=reached.asked(Side.CENTRAL),
            endpoint=reached.endpoint(self.needs),
            close=close,
            local=LocalSide(
                asked=reached.asked(Side.EDGE),
                slots=slots,
                urls={host.uid: host.url for host in reached.target.hosts()},
                user=driver.local_user,
                patch=next(filter(reached.driver.info.offers, _CHANGES_OF_TAGS), None),
            )
            if at_edge
            else None,
            agents=None if at_edge else reached.agents(),
            secrets=tuple(driver.secrets),
        )


_CHANGES_OF_TAGS: tuple[type[ops.PatchNamedCluster | ops.UpdateCluster], ...] = (
    ops.PatchNamedCluster,
    ops.UpdateCluster,
)


@dataclass(frozen=True, slots=True)
class _Arranging:
    """Arranges by the target's ways; what happens to messages by what is between the sides."""

    noted: CellDriver
    links: OpenLinks | None

    def arrange(self, arrangement: Arrangement) -> Arrangement:
        on_the_way = isinstance(arrangement, DisturbMessages)
        way = self.links.arranger if self.links and on_the_way else self.noted
        return way.arrange(arrangement)

    def epoch(self) -> int:
        return self.noted.epoch()


def _cancels(driver: Driver, host_uid: str) -> bool:
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


def noting(driver: Driver, target_file: Path | None, folder: Path, mark: str) -> Belongings:
    """A ledger in a folder of what is made on a target.

    Raises:
        LedgerError: it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    header = structs.replace(owned_now(driver, target_file), mark=mark)
    return Belongings(driver, folder, header, str)


def given_back(belongings: Belongings, folder: Path, let_go: Callable[[], None]) -> list[str]:
    """Give everything back, then let go of the target; returns what is left there."""
    try:
        belongings.give_back_all()
        left = belongings.leaks()
    finally:
        belongings.close()
        let_go()
    again = f"`pairproof cleanup {folder}` says why, and tries again"
    return [f"{leak.kind} {leak.what}; {again}" for leak in left]
