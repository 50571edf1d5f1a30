"""How many operations a second the rules carry out, without any wire."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.figure import Figure, best_of
from harness.domain.arrangements import CreateProject, InstallCluster, PutToken, PutUser
from harness.domain.cluster import Cluster, Node, NodePool
from harness.domain.operations import (
    CancelPairingRequest,
    Credentials,
    Done,
    ListPairingRequests,
    LogIn,
    SendPairingRequest,
    Session,
)
from harness.domain.permission import every_grant
from harness.domain.token import RegistrationToken
from harness.reference.core.store import MemoryStore, Store
from harness.reference.sqlite_store import SqliteStore
from harness.reference.world import Reference, direct_reference

CALLS = 5_000


def figures() -> Iterator[Figure]:
    """Listing, and a send with its cancel, over each store."""
    with tempfile.TemporaryDirectory() as folder:
        stores: dict[str, Callable[[str], Store]] = {
            "memory": lambda name: MemoryStore(),
            "sqlite": lambda name: SqliteStore(Path(folder) / name),
        }
        for label, make in stores.items():
            yield from _figures(label, make("edge"), make("central"))


def _figures(label: str, edge: Store, central: Store) -> Iterator[Figure]:
    reference = direct_reference(1, edge_store=edge, central_store=central)
    host, operator, admin = _prepared(reference)

    def list_requests() -> None:
        for _ in range(CALLS):
            reference.perform_central(ListPairingRequests(), admin)

    def send_and_cancel() -> None:
        for _ in range(CALLS // 10):
            reference.perform_local(host, SendPairingRequest("palette.test", "token"), operator)
            reference.perform_local(host, CancelPairingRequest(), operator)

    rate = CALLS / best_of(3, list_requests)
    yield Figure(f"core over {label}: list requests", rate, "calls/s")
    rate = CALLS / 10 / best_of(3, send_and_cancel)
    yield Figure(f"core over {label}: send and cancel", rate, "pairs/s")
    reference.close()


def _prepared(reference: Reference) -> tuple[str, Credentials, Credentials]:
    slot = reference.edge.slots()[0]
    host = slot.host_uids[0]
    pool = NodePool("control-plane", True, (Node("n1", host),))
    reference.arrange(InstallCluster(slot.uid, Cluster("c1", "shop", pools=(pool,))))
    reference.arrange(CreateProject("p", "retail"))
    reference.arrange(PutToken(RegistrationToken("t", "t", "token", "p", 2**62)))
    reference.arrange(PutUser("a@example.com", "pw", "key", every_grant("p")))
    reply = reference.perform_local(host, LogIn(*reference.local_user), Credentials())
    if not isinstance(reply, Done) or not isinstance(reply.value, Session):
        raise SystemExit("the login did not work")
    return host, Credentials(session=reply.value.token), Credentials("", "key", "p")
