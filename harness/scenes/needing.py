"""What scenarios needed of a target, from the evidence of a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from harness.catalogue.needs import Need
from harness.domain.arrangements import SIDES_OF, Arrangement, InstallCluster
from harness.history.operation import History, Json, OperationRecord
from harness.scenes.undoing import is_consumed

_KINDS = frozenset(kind.__name__ for kind in SIDES_OF)


def needs_of_run(histories: Mapping[str, History]) -> Mapping[str, Need]:
    """What each scenario asked for, and how many clusters it used up.

    One that did nothing, as its feature is not claimed, is left out.
    """
    return {
        scenario: need_from(history.operations)
        for scenario, history in histories.items()
        if history.operations
    }


def need_from(operations: Sequence[OperationRecord]) -> Need:
    """What one scenario needed, from its operations."""
    arranged = [operation for operation in operations if operation.kind in _KINDS]
    installed = [o for o in arranged if o.kind == "InstallCluster" and o.args.get("cluster")]
    emptied: list[Arrangement] = [
        InstallCluster(str(o.args["slot"]), None)
        for o in arranged
        if o.kind == "InstallCluster" and not o.args.get("cluster")
    ]
    hosts = {str(o.args["slot"]): _hosts(o.args["cluster"]) for o in installed}
    sent = {slot: _sent(operations, uids) for slot, uids in hosts.items()}
    history = History(tuple(operations))
    everything = [uid for uids in sent.values() for uid in uids]
    clusters = sum(
        is_consumed(
            history,
            emptied,
            slot=slot,
            host_uids=uids,
            pairing_uids=sent[slot],
            all_pairing_uids=everything,
        )
        for slot, uids in hosts.items()
    )
    sizes = tuple(sorted((len(uids) for uids in hosts.values()), reverse=True))
    return Need(tuple(sorted({o.kind for o in arranged})), clusters, sizes)


def _hosts(cluster: Json) -> tuple[str, ...]:
    """The hosts below the nodes of a cluster as evidence has it."""
    assert isinstance(cluster, dict)
    pools = cluster["pools"]
    assert isinstance(pools, list)
    nodes = [node for pool in pools if isinstance(pool, dict) for node in _list(pool["nodes"])]
    return tuple(str(node["host_uid"]) for node in nodes if isinstance(node, dict))


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _sent(operations: Iterable[OperationRecord], host_uids: Sequence[str]) -> list[str]:
    """The ids of the requests that these hosts have sent."""
    return [
        str((operation.value or {}).get("pairing_uid"))
        for operation in operations
        if operation.kind == "SendPairingRequest"
        and operation.tags.get("host") in host_uids
        and (operation.value or {}).get("pairing_uid")
    ]
