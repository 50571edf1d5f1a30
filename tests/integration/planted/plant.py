"""A pytest plugin that plants one defect into the reference: the one that `PLANT` names."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace

from harness.domain.operations import Acknowledged
from harness.domain.pairing import RequestEvent, RequestState
from harness.domain.token import RegistrationToken
from harness.reference.core.central import CentralCore
from harness.reference.core.edge_flows import EdgeCore


def _nothing(*_: object) -> None:
    return None


def _ignores_last_worker() -> None:
    whole = EdgeCore.require_healthy

    def require_healthy(self, cluster):  # type: ignore[no-untyped-def]
        pools = cluster.pools
        cut = replace(pools[-1], nodes=pools[-1].nodes[:-1]) if len(pools) > 1 else pools[-1]
        whole(self, replace(cluster, pools=(*pools[:-1], cut)))

    EdgeCore.require_healthy = require_healthy  # type: ignore[method-assign]


def _deletes_when_paired() -> None:
    EdgeCore.delete_cluster = lambda self, operation, call: Acknowledged()  # type: ignore[method-assign]


def _expiry_in_milliseconds() -> None:
    right = RegistrationToken.why_unusable

    def why_unusable(self, now):  # type: ignore[no-untyped-def]
        return right(self, now // 1_000)

    RegistrationToken.why_unusable = why_unusable  # type: ignore[method-assign]


def _reject_needs_no_permission() -> None:
    right = CentralCore.holds
    CentralCore.holds = lambda self, user, permission, scope: (  # type: ignore[method-assign]
        permission == "delete" or right(self, user, permission, scope)
    )


def _reject_undoes_an_acceptance() -> None:
    right = CentralCore.step

    def step(self, request, event):  # type: ignore[no-untyped-def]
        if event is RequestEvent.REJECT and request.state is RequestState.PAIRED:
            request = replace(request, state=RequestState.PENDING)
        return right(self, request, event)

    CentralCore.step = step  # type: ignore[method-assign]


def _tags_are_lost() -> None:
    right = CentralCore.accepted_cluster
    CentralCore.accepted_cluster = lambda self, uid, request, operation: replace(  # type: ignore[method-assign]
        right(self, uid, request, operation), tags=request.cluster.tags
    )


def _withdrawal_is_only_acknowledged() -> None:
    CentralCore.withdraw = lambda self, operation, call: Acknowledged()  # type: ignore[method-assign]


DEFECTS: Mapping[str, Callable[[], None]] = {
    "ignores_last_worker": _ignores_last_worker,
    "sends_while_not_running": lambda: setattr(EdgeCore, "require_running", _nothing),
    "probes_first_host_only": lambda: setattr(
        EdgeCore, "hosts_to_probe", lambda self, site: site.cluster.host_uids()[:1]
    ),
    "expiry_in_milliseconds": _expiry_in_milliseconds,
    "accepts_any_match": lambda: setattr(CentralCore, "require_match", _nothing),
    "deletes_when_paired": _deletes_when_paired,
    "reject_needs_no_permission": _reject_needs_no_permission,
    "reject_undoes_an_acceptance": _reject_undoes_an_acceptance,
    "sees_every_project": lambda: setattr(
        CentralCore, "belongs", lambda self, project, scope: True
    ),
    "tags_are_lost": _tags_are_lost,
    "withdrawal_is_only_acknowledged": _withdrawal_is_only_acknowledged,
    "cancels_after_the_acceptance": lambda: setattr(EdgeCore, "require_not_accepted", _nothing),
    "nothing": lambda: None,
}

DEFECTS[os.environ["PLANT"]]()
