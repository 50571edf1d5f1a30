"""What stands around a send and must not matter to it, and what is amiss where it is refused.

Features name each by a phrase, and draw which of them meet (`harness/tables`). What must not matter
and cannot be arranged leaves a row out: other rows show the same without it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from harness.catalogue.requirement import Feature
from harness.checkers.invariants.entities import reason_of
from harness.context import local_actions, local_changes, selection
from harness.context.context import DAY, OTHER, ClusterShape, Context
from harness.context.entries import endpoint_of_form, revoke_token, token_of_kind
from harness.context.recorder import Inconclusive, NotReached, NotSupported, RecordedReply
from harness.domain import operations as ops
from harness.domain.arrangements import Side
from harness.domain.cluster import ClusterState, Health
from harness.domain.errors import Reason
from harness.domain.pairing import RequestState
from harness.domain.permission import TENANT, every_grant
from harness.history.operation import Json, Outcome
from harness.history.predicates import Sample, bears
from harness.targets.port import CannotArrange

_SIDES = {"the edge": Side.EDGE, "Palette": Side.CENTRAL}
_OF_ALL_HOSTS = frozenset(
    {
        Reason.CLUSTER_NOT_RUNNING,
        Reason.NODE_UNHEALTHY,
        Reason.CENTRALLY_MANAGED,
        Reason.TOKEN_UNUSABLE,
        Reason.ENDPOINT_UNUSABLE,
        Reason.HOST_UNREACHABLE,
        Reason.REQUEST_PENDING,
    }
)
"""Refusals that name what would be amiss at every host of a cluster, and is at none."""
_ILL = "has an ill node, the first"
_DELETED, _IN_CENTRAL_MODE = "is being deleted", "was installed in central mode"
_NO_RESTART_ENDS = (_DELETED, _IN_CENTRAL_MODE)
"""A cluster may recover by a restart: nothing takes back a deletion, or an installation."""
_STATES = {
    "is Provisioning": ClusterState.PROVISIONING,
    "is in Error": ClusterState.ERROR,
    _DELETED: ClusterState.DELETING,
}


@contextmanager
def left_out_if_impossible() -> Iterator[None]:
    """What must not matter is arranged here.

    Raises:
        NotSupported: it cannot be.
    """
    try:
        yield
    except CannotArrange as error:
        raise NotSupported(str(error)) from None


_SHAPES: Mapping[str, ClusterShape] = {
    "of two nodes": ClusterShape(1, 1, spare=1),  # it grows
    "of three nodes": ClusterShape(1, 2),
    "of five nodes": ClusterShape(3, 2),
}
"""What features call the shapes of several nodes."""
_USUAL_HOSTS: Final = 3
"""A target with several nodes is asked for places of so many; a larger one is a wish."""


def stand(context: Context, shape: str, past: str) -> None:
    """A cluster of a shape, and what it has behind it. Where its last host is asked from then on,
    that one has been seen to send before; where it has grown, it did so at last.

    Raises:
        NotSupported: the target has no cluster of several nodes, or none that grows, no link of it
            can be cut, or its last host leaves sending to others.
        Inconclusive: its past could not be brought about, or its last host sends nothing and has
            no reason that holds.
    """
    grows = shape.startswith("of two nodes")
    if wanted := next((s for name, s in _SHAPES.items() if shape.startswith(name)), None):
        context.needs(Feature.MULTI_NODE)
        try:
            with left_out_if_impossible():
                context.new_cluster(shape=wanted)
        except Inconclusive as none:
            if wanted.hosts <= _USUAL_HOSTS:
                raise
            raise NotSupported(str(none)) from None
    is_last_asked = shape.endswith("the last asked")
    if is_last_asked:
        _see_the_last_send(context)
    match past:
        case "a cancelled one":
            local_actions.send_and_cancel(context, 1)
            local_actions.gone(context)
        case "a rejected one":
            local_actions.send_and_reject(context, 1)
        case "one of another cluster":
            context.pending(OTHER)
        case "a link that was cut":
            with left_out_if_impossible():
                local_actions.set_links(context, up=False)
                local_actions.check_connection(context, context.cluster().operator)
                local_actions.set_links(context, up=True)
    if grows:
        local_changes.must_take_effect(context, local_changes.GROWTHS)
    if is_last_asked:
        go_to(context, "last")


def _see_the_last_send(context: Context) -> None:
    """What the last host leaves to others, nothing that came before is to blame for (SND-10). One
    that says something is amiss that is not leaves nothing to anybody.
    """
    leased = context.cluster()
    before = leased.operator
    go_to(context, "last")
    _must_send_here(context)
    local_actions.cancelled(context)
    leased.operator = before
    context.log_in_again()


def _must_send_here(context: Context) -> None:
    taken = context.until_taken(context.send)
    if taken.record.outcome is Outcome.FAIL and reason_of(taken.record) not in _OF_ALL_HOSTS:
        context.must_if_offered(taken)
    context.must(taken)


def go_to(context: Context, host: str, login: str = "a login") -> None:
    """Let the operator go on at the `first` or the `last` host of the cluster.

    Raises:
        NotSupported: the target has no extended logins.
    """
    leased = context.cluster()
    uid = leased.host(-1 if host == "last" else 1)
    leased.operator = context.log_in(uid, extended=login == "an extended login")


def pair_with_a_host_more(context: Context) -> None:
    """The cluster, whose request waits, is let run on a host more, which is its last one then, and
    is paired with that.

    Raises:
        NotSupported: it cannot grow, or its request is not accepted then (SND-9).
        Inconclusive: it has not grown, or is not handed over.
    """
    local_changes.must_take_effect(context, local_changes.GROWTHS)
    taken = context.accept()
    if taken.record.outcome is Outcome.FAIL:
        raise NotSupported("a request whose cluster has grown since is not accepted there")
    context.must(taken)
    context.must_be_paired()


def send_from_a_host_that_leaves(context: Context) -> None:
    """A request waits that was sent from a host of the cluster whose node has been removed since;
    the operator is at the first one.

    Raises:
        NotSupported: that host leaves sending to others, or no node is removed while one waits.
        Inconclusive: it sends nothing and has no reason that holds, or its node stays.
    """
    leased = context.cluster()
    leased.operator = context.log_in(local_changes.host_of_the_last_node(context))
    _must_send_here(context)
    context.must_be_pending()
    go_to(context, "first")
    removed = context.until_taken(
        lambda: local_changes.change_locally(context, "removal of a node")
    )
    if removed.record.outcome is Outcome.FAIL:
        raise NotSupported("no node is removed there while a pairing request waits")
    context.must(removed)
    context.must_hold(local_changes.local_effect(context))


def put_another_in_its_place(context: Context) -> None:
    """The operator deletes the cluster in Local UI, and creates one of another name there. The
    request of the first, and the profiles that fit it, are still what others decide by.

    Raises:
        NotSupported: either is refused there, or the new one does not come to run.
        NotOffered: Local UI creates no clusters.
        Inconclusive: the deletion was taken, and the cluster is still there.
    """
    leased, recorder = context.cluster(), context.recorder
    context.matching_selection()
    recorder.driver.info.must_offer(ops.CreateCluster)
    deleted = local_changes.change_locally(context, "deletion of the cluster")
    if deleted.record.outcome is Outcome.FAIL:
        raise NotSupported("a cluster whose pairing request waits is not deleted in Local UI")
    context.must(deleted)
    context.must_hold(local_changes.local_effect(context))
    cluster = leased.cluster
    creation = ops.CreateCluster(f"{cluster.name}-2", cluster.tags, cluster.pools)
    made = context.until_taken(lambda: recorder.perform(leased.operator, creation))
    if made.record.outcome is Outcome.FAIL:  # the deletion may wait for the end of the request
        with left_out_if_impossible():
            local_actions.leave_without_cluster(context)
        made = context.until_taken(lambda: recorder.perform(leased.operator, creation))
    if made.record.outcome is Outcome.FAIL:
        raise NotSupported("no cluster is created there where one was deleted")
    context.must(made)
    fields: dict[str, Json] = {"name": creation.name, "state": ClusterState.RUNNING.value}
    seen = recorder.await_state(leased.operator, ops.ViewCluster(), "bears", fields=fields)
    if not (seen.value or {}).get("held"):
        raise NotSupported("a cluster that is created in Local UI does not come to run by itself")


def let_happen(context: Context, what: str) -> None:
    """Let a side restart, the edge without a link, that link go down or come back, a day pass, the
    tags of the cluster be changed by its operator, its last node fall ill, the administrator try to
    accept its request with profiles that do not fit, its token be deleted, another cluster be
    paired, or nothing happen.

    Raises:
        NotSupported: it cannot be arranged.
    """
    match what:
        case "the link has gone down" | "the link has come back":
            with left_out_if_impossible():
                local_actions.set_links(context, up=False)
                if what.endswith("back"):
                    local_actions.set_links(context, up=True)
        case "the edge has restarted without a link":
            let_happen(context, "the link has gone down")
            restart(context, "the edge")
            is_paired = bool(context.cluster().central_uid)  # what waits may not be out of touch
            during_s = local_actions.WHILE_S if is_paired else local_actions.FOLLOWED_S
            local_actions.let_pass(context, during_s)
        case "the edge has restarted before its link came back":
            let_happen(context, "the edge has restarted without a link")
            local_actions.set_links(context, up=True)
            local_actions.let_pass(context)
        case "a day has passed":
            context.let_wait(*Side, at_most=DAY)
            leased = context.cluster()  # whose login does not last so long
            leased.operator = context.log_in(leased.operator.host_uid)
        case "its last node has fallen ill":
            try:
                with left_out_if_impossible():
                    local_actions.set_health(context, _node(context, "last"), Health.UNHEALTHY)
            except NotReached:
                raise NotSupported("Local UI does not show by now that a node is ill") from None
        case "an acceptance was refused":
            selection.select_unfit(context, "a wrong version")
            context.must_be_refused(selection.pair(context))
            context.selection = None
        case "another cluster has been paired":
            context.paired(OTHER)
        case "its token has been deleted":
            _lose_the_token(context)
        case "its tags have changed":
            local_changes.must_take_effect(context, local_changes.TAGGINGS)
        case _:
            restart(context, what.removesuffix(" has restarted"))


def _lose_the_token(context: Context) -> None:
    """The token of the request is deleted; what is sent afterwards has another one.

    Raises:
        NotSupported: it cannot be, or a request that waited ends with its token.
    """
    admin, look = context.admin(), ops.ViewPairingRequest(context.cluster().pairing_uid)
    waits: dict[str, Json] = {"state": RequestState.PENDING.value}
    waited = bears(Sample.of(context.recorder.perform(admin, look).record), fields=waits)
    with left_out_if_impossible():
        revoke_token(context, "deleted")
    context.use_token(context.new_token(context.project()))
    if waited:
        # Not by the list, which may lag.
        seen = context.recorder.stays(admin, look, "bears", fields=waits)
        if not (seen.value or {}).get("held"):
            raise NotSupported("a request that waits ends with its registration token there")


def decide(context: Context, whom: str, how: str) -> RecordedReply:
    """Have the request accepted or rejected by the administrator of the project, by another one
    there, or by that of the tenant, who may not be let (PRE-10), or cancelled by the operator.
    """
    leased = context.cluster()
    if how == "cancelled":
        return context.perform(leased.operator, ops.CancelPairingRequest())
    admin = context.admin(whom) if whom.startswith("another") else context.admin()
    if whom.startswith("the tenant's"):
        admin = context.new_admin(whom, every_grant(TENANT), project_uid=TENANT, tenant_admin=True)
    uid = leased.pairing_uid
    accepts, rejects = context.acceptance().on(uid), ops.RejectPairingRequest(uid)
    taken = context.perform(admin, accepts if how == "accepted" else rejects)
    return context.accepted(leased, taken)


def enter(context: Context, endpoint: str, certificate: str, token: str) -> None:
    """What an operator enters: the endpoint in a form of two, whether `any` certificate will do,
    and the token that they had, a new one, or one that was deactivated for a while.

    Raises:
        NotSupported: the target has none in that form, or its tokens cannot be activated.
    """
    if endpoint == "bare host":
        try:
            context.endpoint = endpoint_of_form(context, "bare-host")
        except Inconclusive as error:
            raise NotSupported(str(error)) from None
    context.insecure = certificate == "any"
    if token == "new":
        context.use_token(context.new_token(context.project()))
    elif token == "activated again":
        with left_out_if_impossible():
            context.use_token(token_of_kind(context, "deactivated and activated again"))


def go_amiss(context: Context, amiss: str, restarted: str) -> None:
    """Let one thing be amiss; the edge restarts before it, and Palette after.

    Raises:
        NotSupported: the side cannot be restarted.
        Inconclusive: what is amiss could not be brought about.
    """
    restart(context, restarted if restarted == "the edge" else "")
    what, _, how = amiss.partition(" that is ")
    if amiss in _STATES:
        local_actions.set_state(context, _STATES[amiss])
    elif amiss.startswith("has an ill node"):
        local_actions.set_health(context, _node(context, amiss), Health.UNHEALTHY)
    elif amiss == "has its last host cut off":
        local_actions.ask_each_host(context)
        local_actions.set_link(context, -1, up=False)
        local_actions.go_to_a_host_that_knows(context)
    elif amiss == _IN_CENTRAL_MODE:
        local_actions.install_in_central_mode(context)
    elif what == "has an endpoint":
        context.endpoint = endpoint_of_form(context, how)
    else:
        revoke_token(context, amiss.removeprefix("has a token that was "))
    restart(context, restarted if restarted == "Palette" else "")


def go_amiss_before_a_restart(context: Context, amiss: str) -> None:
    """Let one thing be amiss, and the edge restart after that.

    Raises:
        NotSupported: the edge cannot be restarted, or Local UI does not show any more what was
            amiss: a cluster may have recovered, and a laboratory forget what it has arranged.
        Inconclusive: what is amiss could not be brought about.
    """
    go_amiss(context, amiss, "")
    restart(context, "the edge")
    if amiss in (*_STATES, _ILL) and amiss not in _NO_RESTART_ENDS:
        _see_still(context, amiss)


def _see_still(context: Context, amiss: str) -> None:
    leased, look = context.cluster(), ops.ViewCluster()
    so: dict[str, Json] = {"fields": {"state": _STATES.get(amiss, "")}}
    if amiss == _ILL:
        name = local_actions.node_at(leased, _node(context, amiss))
        so = {"node": name, "health": Health.UNHEALTHY.value}
    predicate = "node_is" if amiss == _ILL else "bears"
    try:
        context.must_see(leased.operator, look, predicate, **so)
        stays = context.recorder.stays(leased.operator, look, predicate, during_s=None, **so)
        context.must_hold(stays)
    except NotReached:
        raise NotSupported("a restart of the edge ends there what was amiss") from None


def recover(context: Context, was: str, restarted: str) -> None:
    """Let a side restart while something is amiss, which is then as it should be.

    Raises:
        NotSupported: that cannot be arranged.
        Inconclusive: Local UI does not show it.
    """
    with left_out_if_impossible():
        if was == "in Error":
            local_actions.set_state(context, ClusterState.ERROR)
        elif was == "without a healthy node":
            _set_health_of_all(context, Health.UNHEALTHY)
        restart(context, restarted)
        if was == "in Error":
            local_actions.set_state(context, ClusterState.RUNNING)
        elif was == "without a healthy node":
            _set_health_of_all(context, Health.HEALTHY)


def restart(context: Context, side: str) -> None:
    """Let `the edge` or `Palette` restart; any other side stays as it is.

    Raises:
        NotSupported: it cannot be restarted.
    """
    if side in _SIDES:
        with left_out_if_impossible():
            local_actions.restart(context, _SIDES[side])


def _node(context: Context, amiss: str) -> str:
    """The position of the first node, or of the last one, which need not be a worker."""
    leased = context.cluster()
    if len(leased.host_uids) == 1:
        return "only node"
    if not amiss.endswith("last"):
        return "first control plane node"
    works = any(not pool.control_plane for pool in leased.cluster.pools)
    return "last worker" if works else "last control plane node"


def _set_health_of_all(context: Context, health: Health) -> None:
    alone = len(context.cluster().host_uids) == 1
    nodes = ["only node"] if alone else ["first control plane node", "first worker", "last worker"]
    for node in nodes:
        local_actions.set_health(context, node, health)
