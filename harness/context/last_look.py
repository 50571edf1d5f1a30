"""A last look at what a scenario leaves behind, so that the invariants see more than it asked for.

Nothing depends on what it shows: it is judged with all that came before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from harness.context.context import Context, LeasedCluster
from harness.context.recorder import Actor, Inconclusive, NotSupported
from harness.domain import operations as ops
from harness.domain.draws import derived_bits
from harness.targets.port import CannotArrange

Look = tuple[Actor, ops.Operation]

LOOKS: Final = 2
"""So many of all that there is to see, at most."""


def last_look(context: Context) -> None:
    """Look at some of what concerns the requests of a scenario, as it is drawn: lists of all kinds,
    a request, Local UI, a paired cluster. Where pages have to be clicked through for it, at none.
    """
    if context.recorder.driver.name == "browser":
        return
    there = list[Look]()
    with suppress(Inconclusive, CannotArrange):  # nobody may be there who could look
        there += _all(context)
    first = derived_bits(context.seed, f"last look:{context.recorder.scenario}", 0)
    for actor, operation in _drawn(there, first):
        with suppress(NotSupported):
            context.recorder.perform(actor, operation)


def _drawn(there: list[Look], bits: int) -> Iterator[Look]:
    for _ in range(min(LOOKS, len(there))):
        bits, which = divmod(bits, len(there))
        yield there.pop(which)


def _all(context: Context) -> Iterator[Look]:
    sent = [leased for leased in context.clusters.values() if leased.pairing_uid]
    if not sent:
        return
    admin = context.admin()
    yield admin, ops.ListPairingRequests()
    yield admin, ops.ListPairingRequests(state="Pairing")
    for leased in sent:
        yield from _of(leased, admin)


def _of(leased: LeasedCluster, admin: Actor) -> Iterator[Look]:
    if leased.operator.host_uid:  # or nobody has logged in there
        yield leased.operator, ops.ViewPairing()
    yield admin, ops.ListPairingRequests(local_cluster_uid=leased.cluster.uid)
    for uid in (leased.pairing_uid, *leased.earlier_uids):
        yield admin, ops.ViewPairingRequest(uid)
    if leased.central_uid:
        yield admin, ops.ViewCentralCluster(leased.central_uid)
