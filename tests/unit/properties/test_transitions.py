"""No sequence of operations leaves the two tables of transitions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from hypothesis import given
from hypothesis import strategies as st

from harness.domain import arrangements, pairing
from harness.domain import operations as ops
from harness.domain.cluster import ClusterState
from harness.domain.errors import Refused
from harness.reference.core.choices import AfterOfflineCancel, SecondSend
from harness.reference.core.records import PairingRequest, Record, SlotState
from harness.reference.core.store import MemoryStore
from tests.unit.core.world import SmallWorld

State = TypeVar("State", pairing.RequestState, pairing.LocalState)


def reachable(
    table: Mapping[tuple[State, object], pairing.StateTransition[State]],
) -> set[tuple[State, State]]:
    """Every pair of states that a path of the table joins."""
    pairs = {(before, edge.to) for (before, _), edge in table.items()}
    while more := {(a, d) for a, b in pairs for c, d in pairs if b is c} - pairs:
        pairs |= more
    return pairs


LOCAL_EDGES = {(before, edge.to) for (before, _), edge in pairing.LOCAL_TRANSITIONS.items()}
CENTRALLY, LOCALLY = reachable(pairing.REQUEST_TRANSITIONS), reachable(pairing.LOCAL_TRANSITIONS)


class Watched:
    """A small world, and the states of every request that were seen in it."""

    def __init__(self, edge: Mapping[str, object], central: Mapping[str, object]) -> None:
        self.world = SmallWorld(edge, central)
        self.requests: dict[str, pairing.RequestState] = {}
        self.copies: dict[str, pairing.LocalState] = {}
        self.uids: list[str] = []

        self.world.reference.edge.core.store.put = self._put  # type: ignore[method-assign]

    def _put(self, record: Record) -> None:
        """Each single change of the edge's copy is one edge of its table, seen as it is written."""
        store = self.world.reference.edge.core.store
        if isinstance(record, SlotState) and (copy := record.request) is not None:
            site = store.get(SlotState, record.slot)
            before = site.request if site else None
            same = before is not None and before.cluster_token == copy.cluster_token
            state = before.state if before and same else pairing.LocalState.SUBMITTING
            assert state is copy.state or (state, copy.state) in LOCAL_EDGES, (state, copy.state)
        MemoryStore.put(store, record)  # type: ignore[arg-type]

    def look(self) -> None:
        """Look into both stores: each request went along the table since the last look."""
        store = self.world.reference.central.core.store
        for request in store.every(PairingRequest):
            before = self.requests.setdefault(request.pairing_uid, pairing.RequestState.PENDING)
            stayed = before is request.state
            assert stayed or (before, request.state) in CENTRALLY, (before, request.state)
            self.requests[request.pairing_uid] = request.state
        for site in self.world.reference.edge.core.store.every(SlotState):
            if (copy := site.request) is not None:
                before = self.copies.setdefault(copy.cluster_token, pairing.LocalState.SUBMITTING)
                stayed = before is copy.state
                assert stayed or (before, copy.state) in LOCALLY, (before, copy.state)
                self.copies[copy.cluster_token] = copy.state
        assert self.requests.keys() >= set(self.uids)

    def send(self) -> None:
        reply = self.world.local(ops.SendPairingRequest("palette.test", "token"))
        if not isinstance(reply, Refused):
            self.uids.append(reply.value.pairing_uid)  # type: ignore[union-attr]

    def uid(self, back: int) -> str:
        return self.uids[-back] if len(self.uids) >= back else "0" * 24


Act = Callable[[Watched], object]
FULL = (ops.SelectedProfile("f"),)
ACTS: dict[str, Act] = {
    "send": Watched.send,
    "cancel": lambda w: w.world.local(ops.CancelPairingRequest()),
    "accept": lambda w: w.world.central(ops.AcceptPairingRequest(w.uid(1), FULL)),
    "reject": lambda w: w.world.central(ops.RejectPairingRequest(w.uid(1))),
    "accept the earlier": lambda w: w.world.central(ops.AcceptPairingRequest(w.uid(2), FULL)),
    "reject the earlier": lambda w: w.world.central(ops.RejectPairingRequest(w.uid(2))),
    "accept nothing": lambda w: w.world.central(ops.AcceptPairingRequest(w.uid(1), ())),
    "cut": lambda w: w.world.link(up=False),
    "link": lambda w: w.world.link(up=True),
    "a round": lambda w: w.world.rounds(),
    "a while": lambda w: w.world.rounds(80),
    "change": lambda w: w.world.local(ops.PatchCluster({"a": "b"})),
    "halt": lambda w: w.world.arrange(
        arrangements.SetClusterState(w.world.slot, ClusterState.ERROR)
    ),
    "run": lambda w: w.world.arrange(
        arrangements.SetClusterState(w.world.slot, ClusterState.RUNNING)
    ),
    "wait at Palette": lambda w: w.world.arrange(
        arrangements.AdvanceClock(arrangements.Side.CENTRAL, 4_000_000)
    ),
    "restart the edge": lambda w: w.world.arrange(arrangements.Restart(arrangements.Side.EDGE)),
    "restart Palette": lambda w: w.world.arrange(arrangements.Restart(arrangements.Side.CENTRAL)),
    **{
        f"{message.value} {fault.value}": lambda w, m=message, f=fault: w.world.spoil(m, f)
        for message in arrangements.MessageKind
        for fault in (
            arrangements.MessageFault.LOST_BEFORE,
            arrangements.MessageFault.LOST_AFTER,
            arrangements.MessageFault.REPEATED,
        )
    },
}
TELLING = ("send", "cancel", "accept", "reject", "a round", "cut", "link")


@given(
    acts=st.lists(
        st.sampled_from(TELLING) | st.sampled_from(sorted(ACTS)), min_size=8, max_size=30
    ),
    second_send=st.sampled_from(SecondSend),
    after=st.sampled_from(AfterOfflineCancel),
)
def test_no_sequence_of_operations_leaves_the_tables(
    acts: list[str], second_send: SecondSend, after: AfterOfflineCancel
) -> None:
    watched = Watched({"second_send": second_send, "after_offline_cancel": after}, {})
    for act in acts:
        ACTS[act](watched)
        watched.look()


def test_refusals_are_no_transitions() -> None:
    """What the tables have no edge for is refused, and nothing has changed (ACC-14)."""
    watched = Watched({}, {})
    watched.send()
    watched.world.central(ops.RejectPairingRequest(watched.uid(1)))
    watched.look()
    for act in ("accept", "reject"):
        assert isinstance(ACTS[act](watched), Refused)
        watched.look()
        assert watched.requests == {watched.uid(1): pairing.RequestState.REJECTED}
