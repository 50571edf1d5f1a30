"""What a scenario leaves behind at a cluster that is used again as it is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from harness.domain.arrangements import (
    Arrangement,
    InstallCluster,
    SetClusterState,
    SetHostMode,
    SetLink,
    SetNodeHealth,
)
from harness.domain.cluster import ClusterState, Health, ManagementMode
from harness.history.operation import History, Outcome

_SPOILS = ("DeleteCluster", "CreateCluster", "UpdateStack")
"""What an operator does at Local UI that no cancel undoes."""


def undoing(arranged: Iterable[Arrangement], slots: Collection[str]) -> Iterator[Arrangement]:
    """What puts these slots right again, the last thing first."""
    left: dict[object, Arrangement] = {}
    for arrangement in arranged:
        match arrangement:
            case SetNodeHealth(slot, node, health):
                undo: Arrangement = SetNodeHealth(slot, node, Health.HEALTHY)
                key, right = (slot, node), health is Health.HEALTHY
            case SetClusterState(slot, state):
                undo = SetClusterState(slot, ClusterState.RUNNING)
                key, right = (slot, "state"), state is ClusterState.RUNNING
            case SetHostMode(slot, mode):
                undo = SetHostMode(slot, ManagementMode.LOCAL)
                key, right = (slot, "mode"), mode is ManagementMode.LOCAL
            case SetLink(host, up):
                undo = SetLink(host, up=True)
                key, right = ("", host), up
            case _:
                continue
        left.pop(key, None)
        if not right and (key[0] in slots or not key[0]):
            left[key] = undo
    yield from reversed(left.values())


def is_consumed(
    history: History,
    arranged: Collection[Arrangement],
    *,
    slot: str,
    host_uids: Collection[str],
    pairing_uids: Collection[str],
    all_pairing_uids: Collection[str],
) -> bool:
    """Whether a cluster cannot be used again as it is: paired, maybe paired, or changed for good.

    An accept of a request that none of the scenario's clusters is known to have sent may be of
    any of them.
    """
    if InstallCluster(slot, None) in arranged:
        return True
    for operation in history.operations:
        if operation.outcome is Outcome.FAIL:
            continue
        if operation.kind == "AcceptPairingRequest":
            uid = operation.args.get("pairing_uid")
            if uid in pairing_uids or uid not in all_pairing_uids:
                return True
        elif operation.kind in _SPOILS and operation.tags.get("host") in host_uids:
            return True
    return False
