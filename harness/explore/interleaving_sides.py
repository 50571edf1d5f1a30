"""The two sides of the reference as values: loaded, moved by one step, and put down again.

With them, the small world of every interleaving, and the actions there.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from harness.domain import arrangements, profile
from harness.domain import operations as ops
from harness.domain.cluster import Cluster, Node, NodePool
from harness.domain.draws import derived_bits
from harness.domain.permission import every_grant
from harness.domain.token import RegistrationToken
from harness.explore.interleaving_events import Fingerprints
from harness.explore.interleavings import Do
from harness.reference.core import records
from harness.reference.core.central import CentralCore
from harness.reference.core.edge_flows import EdgeCore
from harness.reference.core.store import MemoryStore, Store

NOON = 1_000_000_000_000
"""The time at which every schedule begins. It stands still, but for what an action lets pass."""

FOREVER = 1 << 61
SLOT, HOST, PROJECT, PROFILE, TOKEN = "slot-1", "host-1", "project-1", "profile-1", "token-1"
TOKEN_VALUE = "<token:1>"
OPERATOR = ops.Credentials(session="<session:1>")
ADMIN = ops.Credentials(api_key="<key:1>", project_uid=PROJECT)
OF_A_CORE = frozenset({"store", "choices", "_rules", "plain", "calling"})
"""What a core holds that never changes. Anything else is memory that a restart wipes."""

SELECTION = (ops.SelectedProfile(PROFILE),)
Core = TypeVar("Core", CentralCore, EdgeCore)


@dataclass(slots=True)
class WalkDraws:
    """Draws by counter, whose counter can be put back."""

    side: str
    boots: int = 0
    taken: int = 0
    _known: dict[tuple[int, str, int], int] = field(default_factory=dict)

    def bits128(self, kind: str) -> int:
        self.taken += 1
        key = (self.boots, kind, self.taken)
        if key not in self._known:
            self._known[key] = derived_bits(f"{self.side}:{self.boots}", kind, self.taken)
        return self._known[key]


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """A side at rest: what it stores, what its core remembers, its draws and its clock."""

    store: MemoryStore
    memory: Mapping[str, object]
    boots: int
    taken: int
    now: int


class RunningSide(Generic[Core]):
    """One side, running. There is one of each for a whole walk, loaded before each step."""

    def __init__(self, side: arrangements.Side, make: Callable[[Store], Core]) -> None:
        self.side = side
        self.store = MemoryStore()
        self.draws = WalkDraws(side.value)
        self.now = NOON
        self._make: Callable[[Store], Core] = make
        self.core: Core = make(self.store)
        self.boot()

    def load(self, held: Held) -> None:
        """Go on from there."""
        self.store.load(held.store)
        self.draws.boots, self.draws.taken = held.boots, held.taken
        self.now = held.now
        if held.memory or self._remembers():
            self._remember(held.memory)

    def hold(self) -> Held:
        """Where the side stands, as a value."""
        memory = self._remembers()
        kept = copy.deepcopy(memory, {id(self.core): self.core}) if memory else memory
        return Held(self.store.snapshot(), kept, self.draws.boots, self.draws.taken, self.now)

    def boot(self) -> None:
        """Start from what is stored: memory is gone, and no draw comes back."""
        boots = self.draws.boots + 1
        self.store.put(records.Boots(self.side.value, boots))
        self.draws.boots, self.draws.taken = boots, 0
        fresh = self._make(self.store)
        self._remember({k: v for k, v in vars(fresh).items() if k not in OF_A_CORE})
        if isinstance(self.core, EdgeCore):
            with self.store.transaction():
                self.core.recover()

    def records(self) -> list[object]:
        """All that is stored, but how often the side was started."""
        tables = (table.values() for table in self.store.tables())
        return [r for table in tables for r in table if not isinstance(r, records.Boots)]

    def _remembers(self) -> dict[str, object]:
        return {k: v for k, v in vars(self.core).items() if k not in OF_A_CORE}

    def _remember(self, memory: Mapping[str, object]) -> None:
        mine = vars(self.core)
        for name in [name for name in mine if name not in OF_A_CORE]:
            del mine[name]
        mine.update(copy.deepcopy(dict(memory), {id(self.core): self.core}))


def fingerprint_of(held: Held, fingerprints: Fingerprints) -> Hashable:
    """What tells two states of a side apart."""
    memory = fingerprints.of(held.memory) if held.memory else ()
    return (fingerprints.store(held.store), memory, held.boots, held.taken, held.now)


# --- the small world in which every interleaving takes place ------------------------------------

PACKS = (
    profile.Pack(profile.Layer.OS, "ubuntu", "22.04"),
    profile.Pack(profile.Layer.K8S, "k3s", "1.30.2"),
)
CLUSTER = Cluster(
    "local-1",
    "shop",
    "a shop",
    {"site": "a"},
    pools=(NodePool("control-plane", True, (Node("node-1", HOST),)),),
    stack=(profile.StackProfile("full", profile.ProfileType.FULL, "1.0.0", PACKS),),
)
FITTING = profile.ClusterProfile(
    PROFILE, "full", profile.ProfileType.FULL, (profile.ProfileEdition("1.0.0", PACKS),), PROJECT
)
NEWER = profile.ProfileEdition(
    "1.1.0", (PACKS[0], profile.Pack(profile.Layer.K8S, "k3s", "1.31.0"))
)
REVISED = profile.ClusterProfile(
    PROFILE, "full", profile.ProfileType.FULL, (*FITTING.editions, NEWER), PROJECT
)
ARRANGED: tuple[arrangements.Arrangement, ...] = (
    arrangements.CreateProject(PROJECT, "retail"),
    arrangements.PutUser(
        "admin@retail.test", "", ADMIN.api_key, every_grant(PROJECT), tenant_admin=True
    ),
    arrangements.PutToken(RegistrationToken(TOKEN, "edge", TOKEN_VALUE, PROJECT, FOREVER)),
    arrangements.PutProfile(FITTING),
    arrangements.InstallCluster(SLOT, CLUSTER),
)
"""What is arranged before an interleaving begins."""


def furnish(central: RunningSide[CentralCore], edge: RunningSide[EdgeCore]) -> None:
    """Put into both stores what is arranged."""
    grants = every_grant(PROJECT)
    central.store.put(records.Project(PROJECT, "retail"))
    central.store.put(
        records.User("admin@retail.test", "", ADMIN.api_key, grants, tenant_admin=True)
    )
    central.store.put(RegistrationToken(TOKEN, "edge", TOKEN_VALUE, PROJECT, FOREVER))
    central.store.put(FITTING)
    edge.store.put(records.SlotState(SLOT, (HOST,), cluster=CLUSTER))
    edge.store.put(records.HostSlot(HOST, SLOT))
    edge.store.put(records.LoginSession(OPERATOR.session, HOST, FOREVER))


def local_operation(do: Do) -> ops.LocalOperation | None:
    """What an operator asks of Local UI in an action."""
    match do:
        case Do.SEND:
            return ops.SendPairingRequest("palette.test", TOKEN_VALUE)
        case Do.CANCEL:
            return ops.CancelPairingRequest()
        case Do.PATCH:
            return ops.PatchCluster({"changed": "locally"})
        case _:
            return None


def central_operation(do: Do, request: records.PairingRequest) -> ops.CentralOperation:
    """What an administrator asks in an action about a request."""
    uid = request.pairing_uid
    match do:
        case Do.ACCEPT:
            return ops.AcceptPairingRequest(uid, SELECTION)
        case Do.REJECT:
            return ops.RejectPairingRequest(uid)
        case Do.MATCH:
            return ops.MatchProfiles(uid, SELECTION)
        case Do.CHANGE:
            return ops.ChangeCentralCluster(request.cluster_uid, {"changed": "centrally"})
        case _:
            return ops.ViewPairingRequest(uid)


def request_of(central: Held, nth: int) -> records.PairingRequest | None:
    """The nth request that the central side admitted."""
    for index, request in enumerate(central.store.every(records.PairingRequest)):
        if index == nth:
            return request
    return None
