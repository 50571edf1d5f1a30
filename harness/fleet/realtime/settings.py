"""How a cell in real time reaches its target, and how it is to run there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from harness.domain.arrangements import Arrangement, Slot
from harness.domain.operations import PatchNamedCluster, UpdateCluster
from harness.fleet.realtime.asker import AskedSide, Client
from harness.fleet.realtime.pace import LoadBudget, Rate
from harness.load.opening import LoadLimits
from harness.targets.port import LocalUser


class CellDriver(Protocol):
    """What of a driver a cell uses (`harness.targets.port.Driver`)."""

    def arrange(self, arrangement: Arrangement) -> Arrangement:
        """Arrange it, and return it as it came to be.

        Raises:
            CannotArrange: this target offers no way.
        """

    def epoch(self) -> int:
        """The target's idea of now: microseconds since the Unix epoch."""


@dataclass(frozen=True, slots=True)
class LocalSide:
    """The target's own edge hosts, where operators act at their Local UIs.

    Attributes:
        asked: how they are asked.
        slots: the places for clusters, in the order in which the clusters of a fleet get them.
        urls: the address of each host's Local UI.
        user: who logs in to each.
        patch: what changes the tags of a cluster there; none where nothing does.
    """

    asked: AskedSide
    slots: tuple[Slot, ...]
    urls: Mapping[str, str]
    user: LocalUser
    patch: type[PatchNamedCluster | UpdateCluster] | None = PatchNamedCluster


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A target as a cell reaches it.

    Attributes:
        driver: what arranges on it.
        central: how its Palette is asked.
        endpoint: what operators enter at Local UI.
        agents: how hosts that the harness plays ask there, where otherwise than people.
        secrets: what the target begins with, as pairs of secret and kind.
        close: lets go of it, and removes what was made there; returns what is left.
        local: its Local UIs; none where the harness plays the edge hosts.
    """

    driver: CellDriver
    central: AskedSide
    endpoint: str
    close: Callable[[], Sequence[str]] = field(default=lambda: ())
    local: LocalSide | None = None
    agents: AskedSide | None = None
    secrets: tuple[tuple[str, str], ...] = ()
    client: Callable[[LoadLimits], Client] | None = None
    """Makes another client than `LoadClient`."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How cells run in real time. It is sent to other processes, so all of it can be.

    Attributes:
        reach: reaches the target; given the number of the cell.
        mark: what is made on the target bears it.
        speed_milli: by how much durations were divided, in thousandths.
        connections: how many a cell may have at once.
        storm: so many connections are opened all at once, before anybody begins, and kept.
        watch: whether invariants are judged; without, everything is measured all the same.
    """

    reach: Callable[[int], Endpoint]
    mark: str
    rate: Rate | None = None
    budget: LoadBudget = LoadBudget()
    speed_milli: int = 1_000
    connections: int = 1_000
    storm: int = 0
    watch: bool = True
