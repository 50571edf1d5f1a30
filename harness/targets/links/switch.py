"""What cuts a host's link (proxies, commands, a person), as the way `link` of arranging."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from harness.domain import arrangements
from harness.targets.arranging.commands import Commands
from harness.targets.links import faults
from harness.targets.links.messages import WireFate
from harness.targets.links.proxy import FaultProxy
from harness.targets.links.reading import LinkCommands
from harness.targets.links.source_addresses import SourceAddresses
from harness.targets.port import Arranger, ArrangingFailed, CannotArrange

OVER_LINKS: frozenset[type[arrangements.Arrangement]] = frozenset(
    {arrangements.SetLink, arrangements.FaultNextMessage, arrangements.DisturbMessages}
)
"""What a scenario arranges that has to go over the proxy."""


class Faulty(Protocol):
    """Something that connections to Palette go through: `FaultProxy`, `Toxiproxy`."""

    def set_fault(self, fault: faults.CutForm, source: str = faults.EVERYONE) -> None:
        """Put a source, or everyone, under a fault."""

    def heal(self, source: str | None = None) -> None:
        """End the fault of a source, of everyone, or all there are."""

    def passed(self, source: str) -> int | None:
        """How many bytes of a source, or of everyone, went on so far; `None` if nobody counts."""


class Switch(Protocol):
    """Cuts and mends links, and spoils messages where it can."""

    def cannot(self, kind: type[arrangements.Arrangement]) -> str:
        """Why it can arrange none of this kind, and what it would take; empty if it can."""

    def arrange(self, arrangement: arrangements.Arrangement) -> None:
        """Do it. Raises `CannotArrange`, `ArrangingFailed`, or `LinkError` if nobody does it."""

    def seen(self, arrangement: arrangements.Arrangement) -> arrangements.FaultEffect | None:
        """What has come of it so far; `None` where nobody can tell. Raises `LinkError` as above."""

    def mend(self, host_uids: Iterable[str]) -> None:
        """The links of these hosts are whole, and nothing waits for their messages."""

    def down(self) -> tuple[str, ...]:
        """The hosts that are cut off where others may be with them."""

    def mend_all(self) -> None:
        """So are those of all hosts."""


class ProxySwitch:
    """Cuts links in a proxy, by the address that each host arrives from.

    A link that is up and is set up once more is whole: nothing waits for its messages either.
    """

    def __init__(
        self,
        faulty: Faulty,
        source_addresses: SourceAddresses,
        cut: faults.CutForm,
        *,
        messages: FaultProxy | None = None,
        unreadable: str = "",
        round_trip: int = 0,
    ) -> None:
        """`messages` is the proxy where it reads them; otherwise `unreadable` says why none can
        be spoiled, and what it would take. `round_trip` is Palette's, in microseconds.
        """
        self._faulty = faulty
        self._source_addresses = source_addresses
        self._cut = cut
        self._messages = messages
        self._unreadable = unreadable
        self._round_trip = round_trip
        self._down: dict[str, int | None] = {}
        """The hosts that are cut off, with how many bytes of theirs had passed by then."""
        self._strange: dict[str, int] = {}
        """How many bytes of nobody's had passed by then."""
        self._begun: dict[str, int] = {}
        """How many bytes had passed of each host when its cluster was put up."""
        self._standing: set[str] = set()

    def cannot(self, kind: type[arrangements.Arrangement]) -> str:
        if kind not in OVER_LINKS:
            return "a proxy cuts links and spoils messages, and does nothing else"
        return (
            self._unreadable if kind is not arrangements.SetLink and self._messages is None else ""
        )

    def arrange(self, arrangement: arrangements.Arrangement) -> None:
        match arrangement:
            case arrangements.SetLink(host_uid, up):
                self._refuse(arrangement, self._source_addresses.cannot_cut(host_uid))
                source = self._source_addresses.source_of(host_uid)
                if up and host_uid not in self._down and self._messages is not None:
                    self._messages.release(source)
                if up:
                    self._down.pop(host_uid, None)
                    self._adapt(host_uid)
                elif host_uid not in self._down:
                    self._down[host_uid] = 0
                    self._adapt(host_uid)
                    self._strange[host_uid] = self._passed_of_nobody()
                    self._down[host_uid] = self._faulty.passed(source)
            case arrangements.FaultNextMessage(host_uid, message, fault, delay, times):
                self._refuse(arrangement, self._source_addresses.cannot_spoil(host_uid, message))
                source = self._source_addresses.source_of(host_uid)
                fate = WireFate(fault, delay)
                self._reading(arrangement).spoil_next(source, message, fate, times)
            case arrangements.DisturbMessages():
                self._refuse(arrangement, self._source_addresses.cannot_cut(arrangement.host_uid))
                source = self._source_addresses.source_of(arrangement.host_uid)
                held = max(0, (arrangement.slowed - 1) * self._round_trip)
                answer = arrangement.answer
                disturbance = faults.Disturbance(
                    arrangement.lost_before,
                    arrangement.lost_after,
                    held,
                    arrangement.answered,
                    (answer,) if answer is not None else arrangements.ANSWERS,
                    arrangement.half_open,
                )
                self._reading(arrangement).disturb(source, disturbance)
            case _:
                self._refuse(arrangement, self.cannot(type(arrangement)))

    def seen(self, arrangement: arrangements.Arrangement) -> arrangements.FaultEffect | None:
        source_of, messages = self._source_addresses.source_of, self._messages
        match arrangement:
            case arrangements.SetLink(host_uid):
                before, now = self._down.get(host_uid), self._faulty.passed(source_of(host_uid))
                if before is not None and now is not None:
                    return arrangements.FaultEffect(
                        passed=now - before,
                        unused=not self._has_carried(host_uid),
                        strange=max(0, self._passed_of_nobody() - self._strange.get(host_uid, 0)),
                    )
            case arrangements.FaultNextMessage(host_uid, kind) if messages is not None:
                return messages.seen(source_of(host_uid), kind)
            case arrangements.DisturbMessages(host_uid) if messages is not None:
                return messages.seen(source_of(host_uid), None)
        return None

    def _has_carried(self, host_uid: str) -> bool:
        """Whether anything has passed of the fresh cluster: of any host, as one may ask for all."""
        return any(
            (self._faulty.passed(self._source_addresses.source_of(host)) or 0)
            > self._begun.get(host, 0)
            for host in self._source_addresses.beside(host_uid)
        )

    def _passed_of_nobody(self) -> int:
        """How many bytes have passed from addresses that no host has, as far as hosts are told
        apart. Those of all come first, so that what comes meanwhile is not taken for nobody's.
        """
        named = self._source_addresses.named()
        passed = (self._faulty.passed(faults.EVERYONE) or 0) if named else 0
        return max(0, passed - sum(self._faulty.passed(source) or 0 for source in named))

    def _refuse(self, arrangement: arrangements.Arrangement, why: str) -> None:
        if why:
            raise CannotArrange(type(arrangement).__name__, why)

    def _reading(self, arrangement: arrangements.Arrangement) -> FaultProxy:
        if self._messages is None:
            raise CannotArrange(type(arrangement).__name__, self._unreadable)
        return self._messages

    def _adapt(self, host_uid: str) -> None:
        """Bring the proxy to what is to hold: new faults first, so that no gap opens."""
        wanted = self._sources_down(host_uid)
        for source in sorted(wanted - self._standing):
            self._faulty.set_fault(self._cut, source)
        for source in sorted(self._standing - wanted):
            self._faulty.heal(source)
        self._standing = wanted

    def _sources_down(self, host_uid: str) -> set[str]:
        """Who is to be under the fault: everyone, where all hosts in use are down."""
        if not self._down:
            return set()
        if self._down.keys() >= set(self._source_addresses.in_use(host_uid)):
            return {faults.EVERYONE}
        return {self._source_addresses.source_of(host) for host in self._down}

    def mend(self, host_uids: Iterable[str]) -> None:
        hosts = tuple(host_uids)
        for host in hosts:
            self._down.pop(host, None)
        for source in dict.fromkeys(self._source_addresses.source_of(host) for host in hosts):
            self._forget(source)
        for host in hosts:
            self._begun[host] = self._faulty.passed(self._source_addresses.source_of(host)) or 0
        if hosts:
            self._adapt(hosts[0])

    def down(self) -> tuple[str, ...]:
        return tuple(sorted(self._down))

    def _forget(self, source: str) -> None:
        if self._messages is not None:
            self._messages.forget(source)

    def mend_all(self) -> None:
        self._down.clear()
        self._standing.clear()
        self._faulty.heal(None)


class DelegatedSwitch:
    """Cuts links by commands of the user's, or by a person; nobody can spoil messages so."""

    def __init__(self, down: Arranger, up: Arranger, who: str) -> None:
        self._way = {False: down, True: up}
        self._who = who
        self._down: dict[str, None] = {}

    @classmethod
    def of_commands(cls, commands: LinkCommands) -> DelegatedSwitch:
        """By the commands that a target file names."""
        down, up = (
            Commands({arrangements.SetLink.__name__: command}, {})
            for command in (commands.down, commands.up)
        )
        return cls(down, up, "commands cut links")

    def cannot(self, kind: type[arrangements.Arrangement]) -> str:
        if kind is not arrangements.SetLink:
            return (
                f"{self._who}, and cannot spoil a single message: that takes links.way ="
                ' "proxy" where it can read them'
            )
        return self._way[False].cannot(kind) or self._way[True].cannot(kind)

    def arrange(self, arrangement: arrangements.Arrangement) -> None:
        if not isinstance(arrangement, arrangements.SetLink):
            raise CannotArrange(type(arrangement).__name__, self.cannot(type(arrangement)))
        if not arrangement.up:
            self._down[arrangement.host_uid] = None  # also where it fails: it may be half done
        self._way[arrangement.up].arrange(arrangement)
        if arrangement.up:
            self._down.pop(arrangement.host_uid, None)

    def seen(self, arrangement: arrangements.Arrangement) -> None: ...

    def mend(self, host_uids: Iterable[str]) -> None:
        for host_uid in [h for h in host_uids if h in self._down]:
            self.arrange(arrangements.SetLink(host_uid, up=True))

    def down(self) -> tuple[str, ...]:
        return ()

    def mend_all(self) -> None:
        failed = []
        for host_uid in [*self._down]:
            try:
                self.arrange(arrangements.SetLink(host_uid, up=True))
            except CannotArrange as error:
                failed.append(f"{host_uid} ({error.how})")
        if failed:
            raise ArrangingFailed("SetLink", f"still cut off: {'; '.join(failed)}")


def as_failure(arrangement: arrangements.Arrangement, error: faults.LinkError) -> ArrangingFailed:
    """What went wrong with a link, as an arrangement that failed."""
    return ArrangingFailed(type(arrangement).__name__, str(error))


NOT_AT_ALL = (
    'nobody cuts links: add [links] with way = "proxy", "toxiproxy", "commands" or "person"'
    " (see docs/links.md)"
)


class LinkArranger:
    """Arranges what happens to links (PRE-5, WDR-3 to WDR-5), if there is a switch for it."""

    name = "link"

    def __init__(self, switch: Switch | None, source_addresses: SourceAddresses) -> None:
        self._switch = switch
        self._source_addresses = source_addresses

    def cannot(self, kind: type[arrangements.Arrangement]) -> str:
        """Why nothing of this kind can be arranged, and what it would take; empty if it can."""
        if kind not in OVER_LINKS:
            return "it is no matter of links"
        return self._switch.cannot(kind) if self._switch else NOT_AT_ALL

    def arrange(self, arrangement: arrangements.Arrangement) -> arrangements.Arrangement:
        why = self.cannot(type(arrangement))
        if why or self._switch is None:
            raise CannotArrange(type(arrangement).__name__, why or NOT_AT_ALL)
        try:
            self._switch.arrange(arrangement)
        except faults.LinkError as error:
            raise as_failure(arrangement, error) from error
        return arrangement

    def seen(self, arrangement: arrangements.Arrangement) -> arrangements.FaultEffect | None:
        try:
            return self._switch.seen(arrangement) if self._switch else None
        except faults.LinkError as error:
            raise as_failure(arrangement, error) from error

    def noticed(self, arrangement: arrangements.Arrangement) -> None:
        """Told of all that is arranged, by any way: a cluster is put up with links that are whole.
        Raises `ArrangingFailed`, or `CannotArrange` if it would be cut off with another one.
        """
        if self._switch is None:
            return
        why = self._source_addresses.cannot_join(arrangement, self._switch.down())
        if why:
            raise CannotArrange(type(arrangement).__name__, why)
        if isinstance(arrangement, arrangements.InstallCluster | arrangements.RenewCluster):
            try:
                self._switch.mend(self._source_addresses.hosts_of(arrangement.slot))
            except faults.LinkError as error:
                raise as_failure(arrangement, error) from error
        self._source_addresses.noticed(arrangement)

    def heal(self) -> None:
        """Mend every link. Raises `ArrangingFailed` for some, `LinkError` if the proxy is gone."""
        if self._switch is not None:
            self._switch.mend_all()
