"""The clusters that are installed already: made ready for a scenario, and looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from harness.domain.arrangements import InstallCluster, Slot
from harness.domain.cluster import Cluster, ClusterState, ManagementMode
from harness.domain.errors import Refused
from harness.domain.operations import (
    CancelPairingRequest,
    Credentials,
    Done,
    LocalOperation,
    LogIn,
    Management,
    PairingView,
    Reply,
    Session,
    Stack,
    ViewCluster,
    ViewManagement,
    ViewPairing,
    ViewStack,
)
from harness.domain.pairing import LocalState
from harness.targets.arranging.adopting import chosen
from harness.targets.port import CannotArrange, Exchange, LocalUser, Outgoing

_PAUSE: Final = 200_000
_LOOKS: Final = 50
"""How often, and how many microseconds apart, a cancelled request is looked for."""

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class InstalledClusters:
    """What Local UI tells of the clusters in the slots.

    Attributes:
        send: carries out an operation.
        sleep: waits so many microseconds.
        user: who may log in to each Local UI.
        slots: by their uids.
    """

    send: Callable[[Outgoing], Exchange]
    sleep: Callable[[int], None]
    user: LocalUser
    slots: Mapping[str, Slot]

    def ready(self, asked: InstallCluster) -> Cluster:
        """The cluster of the slot, if it will do: unpaired, healthy, with nothing pending.

        A request that is still pending is cancelled.

        Raises:
            CannotArrange: it will not do; says why.
        """
        if asked.cluster is None:
            raise _cannot("a cluster that is given is not removed")
        slot = self.slots.get(asked.slot)
        if slot is None:
            raise _cannot(f"there is no slot {asked.slot}")
        visit = _Visit(self, slot.host_uids[0])
        if visit.view(ViewManagement(), Management).mode is not ManagementMode.LOCAL:
            raise _cannot(f"the cluster in slot {slot.uid} is paired already")
        self._cancel(visit)
        cluster = visit.view(ViewCluster(), Cluster)
        cluster = replace(cluster, stack=visit.view(ViewStack(), Stack).profiles)
        why = _unfit(cluster, slot) or chosen(asked, cluster)
        if why:
            raise _cannot(f"the cluster in slot {slot.uid}: {why}")
        return cluster

    def _cancel(self, visit: _Visit) -> None:
        """Cancel the request that is pending, if one is."""
        for look in range(_LOOKS):
            reply = visit.ask(ViewPairing())
            if not isinstance(reply, Done) or not _is_pending(reply):
                return
            if look == 0:
                visit.ask(CancelPairingRequest())
            self.sleep(_PAUSE)
        raise _cannot("an earlier request is pending there, and cancelling it does not help")


class _Visit:
    """Somebody who is logged in to a host's Local UI."""

    def __init__(self, clusters: InstalledClusters, host_uid: str) -> None:
        self._clusters = clusters
        self._host_uid = host_uid
        self._credentials = Credentials()
        user = clusters.user
        session = self.view(LogIn(user.username, user.password), Session)
        self._credentials = Credentials(session=session.token)

    def ask(self, operation: LocalOperation) -> Reply:
        """What comes back."""
        outgoing = Outgoing(operation, self._credentials, self._host_uid, "arrange")
        return self._clusters.send(outgoing).reply

    def view(self, operation: LocalOperation, kind: type[V]) -> V:
        """A value of this kind.

        Raises:
            CannotArrange: something else came.
        """
        reply = self.ask(operation)
        if isinstance(reply, Done) and isinstance(reply.value, kind):
            return reply.value
        told = reply.message if isinstance(reply, Refused) else getattr(reply, "why", "")
        raise _cannot(f"{type(operation).__name__} on host {self._host_uid}: {told or 'no value'}")


def _cannot(why: str) -> CannotArrange:
    return CannotArrange("InstallCluster", why)


def _is_pending(reply: Done) -> bool:
    return isinstance(reply.value, PairingView) and reply.value.status == LocalState.PENDING


def _unfit(cluster: Cluster, slot: Slot) -> str:
    """Why nothing can begin with this cluster; empty if it can."""
    if cluster.state is not ClusterState.RUNNING:
        return f"it is {cluster.state.value}"
    if ill := cluster.unhealthy_nodes():
        return f"its node {ill[0].name} is {ill[0].health.value.lower()}"
    if foreign := set(cluster.host_uids()) - set(slot.host_uids):
        return f"it runs on the host {min(foreign)}, which the target file does not name there"
    return ""
