"""Another cluster beside the one that a scenario is about, which nothing that happens touches.

Features name by a phrase what the neighbour has in common with it.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.catalogue.requirement import Feature
from harness.context import central_changes, review
from harness.context.context import Context
from harness.context.crossing import left_out_if_impossible
from harness.context.recorder import Actor
from harness.domain import operations as ops
from harness.domain.cluster import ManagementMode

NEIGHBOUR = "its neighbour"
_ELSEWHERE = "another project"


def put_beside(context: Context, which: str) -> None:
    """Let another cluster of the same name and tags wait beside it, or `elsewhere`, in another
    project; or let one be paired; or let there be `no other`. It is looked at.

    Raises:
        NotSupported: the target tells no projects apart, or nobody names its clusters.
        Inconclusive: it could not be brought about.
    """
    if which == "no other":
        return
    own, is_paired = context.cluster().cluster, which == "a paired one"
    name = None if is_paired else own.name  # in Palette, each may have to have a name of its own
    with left_out_if_impossible():
        context.new_cluster(NEIGHBOUR, name=name, tags=own.tags, stack=own.stack)
    if which.endswith("elsewhere"):
        context.needs(Feature.SCOPES)
        review.pending_in(context, NEIGHBOUR, _ELSEWHERE)
        admin = review.admin_of(context, _ELSEWHERE)
        context.neighbours_admin = admin.label
        opened = ops.ViewPairingRequest(context.cluster(NEIGHBOUR).pairing_uid)
        context.recorder.await_state(admin, opened, "succeeds")  # it may be shown a while later
    elif is_paired:
        operator, central = context.paired(NEIGHBOUR).operator, ManagementMode.CENTRAL.value
        context.must_see(operator, ops.ViewManagement(), "mode_is", mode=central)
    else:
        context.pending(NEIGHBOUR)
    for number, id_ in enumerate(_look(context)):
        context.notes[f"{NEIGHBOUR} {number}"] = context.recorder.history()[id_]


def look_again(context: Context) -> Iterator[tuple[str, str]]:
    """Look at the neighbour again, if there is one, where Palette can change the profiles of the
    cluster after that was done: each look of before, with that of now.
    """
    if NEIGHBOUR not in context.clusters:
        return
    if context.cluster().central_uid and context.offers(ops.UpdateCentralProfiles):
        kind = "change of the profiles"
        context.must(
            context.until_taken(lambda: central_changes.change_centrally(context, kind=kind))
        )
    for number, id_ in enumerate(_look(context)):
        yield context.noted(f"{NEIGHBOUR} {number}"), id_


def _look(context: Context) -> Iterator[str]:
    """The ids of looks at what each side says of it, without what may say when that was. What Local
    UI shows of a cluster that Palette manages is left to the product (ACC-22).
    """
    leased = context.clusters[NEIGHBOUR]
    admin = context.admin(context.neighbours_admin)
    operator = context.log_in(leased.operator.host_uid)
    looks: list[tuple[Actor, ops.Operation]] = [(operator, ops.ViewManagement())]
    if leased.central_uid:
        looks.append((admin, ops.ViewCentralCluster(leased.central_uid)))
    else:
        looks.append((operator, ops.ViewCluster()))
        looks.append((admin, ops.ViewPairingRequest(leased.pairing_uid)))
    for actor, look in looks:
        yield context.must(context.recorder.perform(actor, look)).id
