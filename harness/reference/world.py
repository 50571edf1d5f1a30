"""Both sides of the reference in one process, joined without a wire.

`Reference` holds the two sides, whatever joins them. `direct_reference` joins them by calls,
in virtual time; the HTTP servers join them by real connections.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from harness.domain import operations as ops
from harness.domain.arrangements import Arrangement, FaultEffect, Inventory, Side, Slot, side_of
from harness.domain.draws import derived_id
from harness.domain.endpoint import EndpointForm
from harness.domain.errors import Reason, Refused
from harness.reference.behaviour import Behaviour
from harness.reference.clock import VirtualClock
from harness.reference.core.link import LinkReply, NotDelivered
from harness.reference.core.store import MemoryStore, Store
from harness.reference.faults import FaultyLink
from harness.reference.sides import CentralSide, EdgeSide

POLL_INTERVAL = 50_000
"""How often the agents follow up, in microseconds."""

SILENCE = 1_000_000
"""How long a host waits for an endpoint that stays silent, in microseconds."""

VIRTUAL_PASSWORD = "direct-passw0rd"
"""The operating system's user's, where nobody else can log in."""

VIRTUAL_ENDPOINTS: Mapping[EndpointForm, str] = {
    EndpointForm.USABLE: "https://palette.test",
    EndpointForm.BARE_HOST: "palette.test",
    EndpointForm.URL: "https://palette.test",
    EndpointForm.PLAIN_HTTP: "http://palette.test",
    EndpointForm.MISSING: "",
    EndpointForm.MALFORMED: "https://:not a host/",
    EndpointForm.UNRESOLVABLE: "https://no-such-host.invalid",
    EndpointForm.REFUSING: "https://refusing.test",
    EndpointForm.SILENT: "https://silent.test",
    EndpointForm.STRANGER: "https://stranger.test",
    EndpointForm.UNTRUSTED: "https://untrusted.test",
}
"""The addresses that exist where there is no wire."""

_DEAD: Mapping[str, LinkReply] = {
    "https://no-such-host.invalid": NotDelivered("the host name cannot be resolved"),
    "https://refusing.test": NotDelivered("the connection was refused"),
    "https://silent.test": ops.Unknown("no answer came in time"),
    "https://stranger.test": ops.Unknown("what answers there is not a Palette"),
}


def slots_for(seed: object, clusters: int, hosts: int) -> tuple[Slot, ...]:
    """Places for `clusters` clusters of up to `hosts` hosts each, with ids from the seed."""
    return tuple(
        Slot(
            f"slot-{index + 1}",
            tuple(derived_id(seed, "host", index * hosts + host) for host in range(hosts)),
        )
        for index in range(clusters)
    )


@dataclass(slots=True)
class DirectLink:
    """Carries messages by calling the central side. A silent endpoint takes its time."""

    central: CentralSide
    sleep: Callable[[int], None]

    def carry(
        self, host_uid: str, base_url: str, insecure: bool, operation: ops.AgentOperation
    ) -> LinkReply:
        dead = _DEAD.get(base_url)
        if dead is not None:
            self.sleep(SILENCE if base_url == VIRTUAL_ENDPOINTS[EndpointForm.SILENT] else 0)
            return dead
        if base_url == VIRTUAL_ENDPOINTS[EndpointForm.UNTRUSTED] and not insecure:
            return NotDelivered("the certificate is not trusted")
        if not base_url.endswith(("://palette.test", "://untrusted.test")):
            return NotDelivered("the host name cannot be resolved")
        try:
            return self.central.perform(operation, ops.Credentials())
        except Exception as crash:  # noqa: BLE001 - a server would answer 500, and go on
            return Refused(Reason.INTERNAL, f"it broke down: {type(crash).__name__}: {crash}")


@dataclass(slots=True)
class Reference:
    """Both sides, and what a run may use of them."""

    edge: EdgeSide
    central: CentralSide
    endpoints: Mapping[EndpointForm, str]
    local_user: tuple[str, str]
    """User name and password for Local UI."""
    clock: VirtualClock | None = None
    """The virtual clock, where time is virtual."""
    _next_round: int = field(default=VirtualClock.START + POLL_INTERVAL, init=False)

    def perform_local(
        self, host_uid: str, operation: ops.LocalOperation, credentials: ops.Credentials
    ) -> ops.KnownReply:
        return self.edge.perform(host_uid, operation, credentials)

    def perform_central(
        self, operation: ops.PaletteOperation, credentials: ops.Credentials
    ) -> ops.KnownReply:
        return self.central.perform(operation, credentials)

    def arrange(self, arrangement: Arrangement) -> None:
        for side in side_of(arrangement):
            (self.central if side is Side.CENTRAL else self.edge).arrange(arrangement)

    def seen(self, arrangement: Arrangement) -> FaultEffect | None:
        (side, *others) = side_of(arrangement)
        at = self.central if side is Side.CENTRAL else self.edge
        return None if others else at.seen(arrangement)

    def inventory(self) -> Inventory:
        return Inventory(
            self.edge.slots(),
            self.endpoints[EndpointForm.USABLE],
            {form.value: url for form, url in self.endpoints.items()},
        )

    def now(self) -> int:
        return self._virtual().now()

    def advance(self, duration: int) -> None:
        clock = self._virtual()
        until = clock.now() + duration
        while self._next_round <= until:
            clock.advance(max(0, self._next_round - clock.now()))
            self._next_round += POLL_INTERVAL
            self.edge.tick()
        clock.advance(max(0, until - clock.now()))

    def meanwhile(self, works: Sequence[Callable[[], None]]) -> None:
        self._virtual().meanwhile = list(works)

    def _virtual(self) -> VirtualClock:
        if self.clock is None:
            raise AssertionError("this reference runs in real time")
        return self.clock

    def close(self) -> None:
        self.edge.close()
        self.central.close()


def direct_reference(
    seed: object,
    *,
    clusters: int = 2,
    hosts: int = 5,
    behaviour: Behaviour = Behaviour(),
    slots: tuple[Slot, ...] = (),
    edge_store: Store | None = None,
    central_store: Store | None = None,
) -> Reference:
    """A reference in virtual time, its two sides joined by calls."""
    clock = VirtualClock()
    behaviour = behaviour.with_password(behaviour.edge.password or VIRTUAL_PASSWORD)
    central = CentralSide(central_store or MemoryStore(), clock, seed, behaviour.central_factory())
    link = FaultyLink(DirectLink(central, clock.sleep), clock)
    edge = EdgeSide(
        edge_store or MemoryStore(),
        clock,
        seed,
        link,
        slots or slots_for(seed, clusters, hosts),
        behaviour.edge_factory(),
    )
    user = (behaviour.edge.username, behaviour.edge.password)
    return Reference(edge, central, VIRTUAL_ENDPOINTS, user, clock)
