"""The assertions: steps that say what must be seen, each with the worlds in which it must.

An assertion waits: it is asked only where it holds in every world that may have come about.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from harness.context import central_changes, local_changes, review
from harness.context.context import MAIN, OTHER, Context
from harness.domain.cluster import ManagementMode
from harness.domain.operations import ListPairingRequests, ViewManagement, ViewPairing
from harness.explore.world import CentralState, Local, ModelSlot, ModelWorld
from harness.history.operation import Json, OperationRecord

Ask = Callable[[Context], list[tuple[str, Mapping[str, Json]]]]
"""Looks, and gives the checks to judge it by, in order, with their arguments."""


@dataclass(frozen=True, slots=True)
class Assertion:
    """One `Then` step.

    Attributes:
        says: its words.
        requirement: what is broken where it is not seen.
        asks: what the step does.
        holds: whether it has to be seen in a settled world.
        tells: whether the agents have had their time once it was seen, as far as it goes.
    """

    says: str
    requirement: str
    asks: Ask
    holds: Callable[[ModelWorld], bool]
    tells: bool = False

    keyword: ClassVar[str] = "Then"

    def __str__(self) -> str:
        return f"Then {self.says}"

    __repr__ = __str__


def _held(wait: Callable[[Context], OperationRecord]) -> Ask:
    return lambda context: [("held", {"operation": wait(context).id})]


def _mode(mode: ManagementMode, label: str = MAIN) -> Ask:
    return _held(
        lambda context: context.recorder.await_state(
            context.cluster(label).operator, ViewManagement(), "mode_is", mode=mode.value
        )
    )


def _nothing_pending(context: Context) -> OperationRecord:
    operator = context.cluster().operator
    return context.recorder.await_state(operator, ViewPairing(), "nothing_pending")


def _pending(label: str) -> Ask:
    def wait(context: Context) -> OperationRecord:
        leased = context.cluster(label)
        return context.recorder.await_state(
            leased.operator, ViewPairing(), "pending_with_id", pairing_uid=leased.pairing_uid
        )

    return _held(wait)


def _none_waits(context: Context) -> OperationRecord:
    return context.recorder.await_state(
        context.admin(),
        ListPairingRequests(),
        "none_listed_for",
        local_cluster_uid=context.cluster().cluster.uid,
    )


def _listed(label: str, predicate: str = "listed") -> Ask:
    def wait(context: Context) -> OperationRecord:
        uid, assertion = context.cluster(label).pairing_uid, ListPairingRequests()
        return context.recorder.await_state(context.admin(), assertion, predicate, pairing_uid=uid)

    return _held(wait)


def _only_these(*labels: str) -> Ask:
    return _held(lambda context: review.await_list(context, *labels))


def _none_at_all(context: Context) -> list[tuple[str, Mapping[str, Json]]]:
    waits = review.await_list(context), review.list_stays(context)
    return [("held", {"operation": wait.id}) for wait in waits]


def _works_locally(context: Context) -> list[tuple[str, Mapping[str, Json]]]:
    changed = local_changes.change_locally(context)
    seen = local_changes.local_effect(context)
    return [("succeeded", {"operation": changed.id}), ("held", {"operation": seen.id})]


def _managed(label: str) -> Ask:
    def asks(context: Context) -> list[tuple[str, Mapping[str, Json]]]:
        changed = central_changes.change_once_taken(context, label=label)
        fields = central_changes.borne(changed)
        seen = central_changes.await_central(context, fields, label)
        shown: dict[str, Json] = {"operation": seen.id, "fields": fields}
        return [("held", {"operation": changed.id}), ("shown_at_last", shown)]

    return asks


# --- where they hold ------------------------------------------------------------------------------


def _open(slot: ModelSlot) -> list[CentralState]:
    return [
        r.central for r in slot.requests if r.central in (CentralState.WAITING, CentralState.STALE)
    ]


def _undecided(slot: ModelSlot) -> bool:
    """Whether it is known of each request whether it waits."""
    unsure = (CentralState.HANDED, CentralState.DOOMED, CentralState.LOOSE)
    return not slot.adrift and not any(r.central in unsure for r in slot.requests)


def _is_local(slot: ModelSlot) -> bool:
    return slot.present and slot.own and slot.local is not Local.TAKEN


def _paired(slot: ModelSlot) -> bool:
    both = slot.current is CentralState.PAIRED and slot.local is Local.TAKEN
    return both and slot.accepted == slot.last


def _plain_pending(slot: ModelSlot) -> bool:
    return slot.local is Local.PENDING and slot.current is CentralState.WAITING


def _free(world: ModelWorld) -> bool:
    return world.main.present and world.main.own and world.main.local is Local.FREE


def _none_open(world: ModelWorld) -> bool:
    return not _open(world.main) and _undecided(world.main)


def _just_main(world: ModelWorld) -> bool:
    known = _undecided(world.main) and _undecided(world.other)
    return known and len(_open(world.main)) == 1 and not _open(world.other) and _last_open(world)


def _last_open(world: ModelWorld) -> bool:
    return world.main.current in (CentralState.WAITING, CentralState.STALE)


def _nobody_open(world: ModelWorld) -> bool:
    known = _undecided(world.main) and _undecided(world.other)
    return known and not _open(world.main) and not _open(world.other)


def _both_open(world: ModelWorld) -> bool:
    known = _undecided(world.main) and _undecided(world.other)
    one_each = len(_open(world.main)) == 1 and len(_open(world.other)) == 1
    return known and one_each and _last_open(world)


def _works(world: ModelWorld) -> bool:
    return _is_local(world.main) and world.main.running


ASSERTIONS = (
    Assertion(
        "the request is pending in Local UI",
        "SND-3",
        _pending(MAIN),
        lambda world: _plain_pending(world.main),
    ),
    Assertion(
        "nothing is pending in Local UI", "WDR-3", _held(_nothing_pending), _free, tells=True
    ),
    Assertion(
        "the cluster is locally managed",
        "INV-1",
        _mode(ManagementMode.LOCAL),
        lambda world: _is_local(world.main),
    ),
    Assertion(
        "the cluster is still centrally managed",
        "INV-1",
        _mode(ManagementMode.CENTRAL),
        lambda world: world.main.local is Local.TAKEN,
        tells=True,
    ),
    Assertion(
        "no request of the cluster waits in Palette", "WDR-3", _held(_none_waits), _none_open
    ),
    Assertion('the request of "the cluster" waits in Palette', "INV-2", _listed(MAIN), _last_open),
    Assertion(
        "the request no longer waits in Palette",
        "ACC-14",
        _listed(MAIN, "not_listed"),
        lambda world: world.main.current in (CentralState.OVER, CentralState.PAIRED),
    ),
    Assertion("only this request waits in Palette", "REJ-5", _only_these(MAIN), _just_main),
    Assertion(
        "no request waits in Palette, and that stays so", "REJ-4", _none_at_all, _nobody_open
    ),
    Assertion(
        f'just the requests of "{MAIN}" and "{OTHER}" wait in Palette',
        "REJ-5",
        _only_these(MAIN, OTHER),
        _both_open,
    ),
    Assertion("local operations on the cluster still take effect", "SND-6", _works_locally, _works),
    Assertion(
        "Palette manages the cluster",
        "ACC-12",
        _managed(MAIN),
        lambda world: _paired(world.main),
        tells=True,
    ),
    Assertion(
        f'the request of "{OTHER}" waits in Palette',
        "INV-2",
        _listed(OTHER),
        lambda world: world.other.current is CentralState.WAITING,
    ),
    Assertion(
        f'the request of "{OTHER}" is pending in its Local UI',
        "SND-3",
        _pending(OTHER),
        lambda world: _plain_pending(world.other),
    ),
    Assertion(
        f'the request of "{OTHER}" no longer waits in Palette',
        "ACC-14",
        _listed(OTHER, "not_listed"),
        lambda world: world.other.current in (CentralState.OVER, CentralState.PAIRED),
    ),
    Assertion(
        f'Palette manages "{OTHER}"',
        "ACC-12",
        _managed(OTHER),
        lambda world: _paired(world.other),
        tells=True,
    ),
)
"""Every assertion; those about requests and clusters first, those that change something last."""
