"""What Local UI may do to a cluster while it manages it, and by what each is seen (ACC-13)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from harness.context.context import Context, LeasedCluster
from harness.context.recorder import Actor, Inconclusive, NotReached, NotSupported, RecordedReply
from harness.context.stacks import same_packs
from harness.domain import operations as ops
from harness.domain.cluster import Cluster, Node, NodePool
from harness.domain.errors import Reason
from harness.domain.profile import StackProfile
from harness.history.operation import Json, OperationRecord


def changed(stack: tuple[StackProfile, ...]) -> tuple[StackProfile, ...]:
    """A stack with one pack in another version."""
    *others, last = stack
    version = "99.0.1" if last.packs[-1].version == "99.0.0" else "99.0.0"
    packs = (*last.packs[:-1], replace(last.packs[-1], version=version))
    return (*others, replace(last, version="2.0.0", packs=packs))


@dataclass(frozen=True, slots=True)
class ClusterNow:
    """A cluster as Local UI shows it, and the hosts of its place that it does not run on.

    `mark` is what a change leaves behind, to see by it whether just this one took effect.
    `archives` are the changes of the profiles that are there to choose from, if in such a way.
    """

    cluster: Cluster
    free: tuple[str, ...]
    mark: str
    archives: tuple[ops.UpdateStack, ...] = ()

    @property
    def tags(self) -> dict[str, str]:
        """Tags that nobody has."""
        return {"changed-in": self.mark}

    def pool(self) -> NodePool:
        """The pool that is changed: the last one of workers, or else the control plane's."""
        pools = sorted(self.cluster.pools, key=lambda pool: not pool.control_plane)
        return pools[-1]

    def grown(self) -> NodePool:
        """That pool with a node more.

        Raises:
            Inconclusive: no host is free.
        """
        host = self.free_host()
        return replace(self.pool(), nodes=(*self.pool().nodes, Node(host, host)))

    def other_profiles(self) -> ops.UpdateStack:
        """A change of the profiles to others.

        Raises:
            NotSupported: each archive has just what the cluster runs.
        """
        if not self.archives:
            return ops.UpdateStack(changed(self.cluster.stack))
        for each in self.archives:
            if not same_packs(each.holds, self.cluster.stack):
                return each
        raise NotSupported(
            "each archive of [[edge.archives]] has just the packs that the cluster runs; add one"
            " with another version of a pack"
        )

    def free_host(self) -> str:
        """A host of the place without a node.

        Raises:
            Inconclusive: there is none.
        """
        if not self.free:
            raise Inconclusive(
                "no host of the place is free: give it one more than its nodes, or say under"
                " [offers] what the target does not have"
            )
        return self.free[0]

    def new_pool(self) -> NodePool:
        """A pool of workers that is not there yet."""
        name = f"added-pool-{len(self.cluster.pools)}"
        return NodePool(name, False, (Node(self.free_host(), self.free_host()),))

    def settings(self) -> ops.ClusterSettings:
        """Settings that nobody has."""
        return ops.ClusterSettings((f"ntp.changed-in-{self.mark}.example",))


_Make = Callable[[ClusterNow], ops.LocalClusterOperation]
_OPERATIONS: Mapping[str, tuple[type[ops.LocalClusterOperation], _Make]] = {
    "patch of the named cluster": (
        ops.PatchNamedCluster,
        lambda n: ops.PatchNamedCluster(n.cluster.name, n.tags),
    ),
    "update of the cluster": (
        ops.UpdateCluster,
        lambda n: ops.UpdateCluster(n.cluster.name, n.tags),
    ),
    "change of the settings": (
        ops.UpdateClusterSettings,
        lambda n: ops.UpdateClusterSettings(n.settings()),
    ),
    "change of the profiles": (
        ops.UpdateStack,
        lambda n: n.other_profiles(),
    ),
    "addition of a machine pool": (ops.AddMachinePool, lambda n: ops.AddMachinePool(n.new_pool())),
    "change of a machine pool": (ops.UpdateMachinePool, lambda n: ops.UpdateMachinePool(n.grown())),
    "scaling of a machine pool": (
        ops.ScaleMachinePool,
        lambda n: ops.ScaleMachinePool(
            n.pool().name, tuple(node.host_uid for node in n.grown().nodes)
        ),
    ),
    "removal of a machine pool": (
        ops.RemoveMachinePool,
        lambda n: ops.RemoveMachinePool(n.pool().name),
    ),
    "removal of a node": (
        ops.RemoveNode,
        lambda n: ops.RemoveNode(n.pool().name, n.pool().nodes[-1].name),
    ),
    "deletion of the cluster": (ops.DeleteCluster, lambda n: ops.DeleteCluster()),
    "creation of a cluster": (
        ops.CreateCluster,
        lambda n: ops.CreateCluster(f"{n.cluster.name}-2", n.tags),
    ),
    "deprecated patch of the cluster": (ops.PatchCluster, lambda n: ops.PatchCluster(n.tags)),
}
"""What each asks, and how it is made."""
PROBES = tuple(_OPERATIONS)[:4]
"""What shows whether local operations work, the best one first: nothing is lost by any of them."""
TAGGINGS = (*PROBES[:2], "deprecated patch of the cluster")
"""What changes the tags of a cluster."""
GROWTHS = ("scaling of a machine pool", "change of a machine pool", "addition of a machine pool")
"""What lets a cluster run on a host more."""


def change_locally(
    context: Context, kind: str | Sequence[str] = PROBES, actor: Actor | None = None
) -> RecordedReply:
    """Carry out a local cluster operation by its name, or the first of several that the target has,
    on the cluster as Local UI shows it, and keep it in mind. Without an `actor`, the operator asks
    for it.

    Raises:
        KeyError: there is no such operation.
        Inconclusive: the cluster cannot be looked at, or the operation takes what is not there.
        NotOffered: the target does not have it.
    """
    kinds = {name: _OPERATIONS[name][0] for name in ([kind] if isinstance(kind, str) else kind)}
    make = _OPERATIONS[context.first_offered(kinds)][1]
    leased = context.cluster()
    seen = _cluster_there(context)
    cluster = leased.cluster
    if isinstance(seen, Cluster):
        cluster = replace(_with_its_hosts(seen, leased), stack=leased.cluster.stack)
    free = tuple(uid for uid in leased.slot.host_uids if uid not in cluster.host_uids())
    operation = make(_now(context, cluster, free))
    context.changing = operation
    taken = context.perform(actor or leased.operator, operation, "the local operation")
    told = taken if actor else context.unless_kept_out(taken)
    if told is not taken:
        context.note("the local operation", told)
    return told


def _cluster_there(context: Context) -> ops.Value | None:
    """The cluster in Local UI; nothing where central management keeps everybody from looking.

    Raises:
        Inconclusive: it is not shown for another reason.
    """
    try:
        return context.look(ops.ViewCluster()).value
    except NotReached as error:
        if (error.record.error or {}).get("reason") != Reason.CENTRALLY_MANAGED:
            raise
        return None


def _with_its_hosts(shown: Cluster, leased: LeasedCluster) -> Cluster:
    """The cluster with the hosts that its nodes were put on, where nobody shows that: a node that
    came later bears its host's name.
    """
    known = {uid: uid for uid in leased.slot.host_uids}
    known |= {n.name: n.host_uid for pool in leased.cluster.pools for n in pool.nodes}

    def placed(node: Node) -> Node:
        return node if node.host_uid else replace(node, host_uid=known.get(node.name, ""))

    pools = (replace(pool, nodes=tuple(map(placed, pool.nodes))) for pool in shown.pools)
    return replace(shown, pools=tuple(pools))


def host_of_the_last_node(context: Context) -> str:
    """The host of the node that the removal of a node takes."""
    return _now(context, context.cluster().cluster).pool().nodes[-1].host_uid


def another_like_it(context: Context) -> ops.LocalClusterOperation:
    """The last local cluster operation once more, with another change.

    Raises:
        Inconclusive: none was carried out.
    """
    if context.changing is None:
        raise Inconclusive("no local cluster operation was carried out")
    made = dict(_OPERATIONS.values())
    return made[type(context.changing)](_now(context, context.cluster().cluster))


def after_a_change(context: Context) -> tuple[StackProfile, ...]:
    """What the cluster runs after the change of the profiles.

    Raises:
        NotSupported: each archive has just what it runs.
    """
    return _now(context, context.cluster().cluster).other_profiles().result


def _now(context: Context, cluster: Cluster, free: tuple[str, ...] = ()) -> ClusterNow:
    """The cluster as the next change finds it."""
    context.changes += 1
    archives = context.recorder.driver.info.archives
    return ClusterNow(cluster, free, f"local-ui-{context.changes}", archives)


def local_effect(context: Context) -> OperationRecord:
    """Wait for the effect of the last local cluster operation.

    Raises:
        Inconclusive: none was carried out; or it was a change of the profiles, and nothing changed.
    """
    look, predicate, args = effect_of(context)
    operator = context.cluster().operator
    seen = context.recorder.await_state(operator, look, predicate, within_s=None, **args)
    if isinstance(context.changing, ops.UpdateStack) and not (seen.value or {}).get("held"):
        raise Inconclusive(
            "the profiles did not change: what is published takes an archive that a person uploads;"
            " name it in [[edge.archives]], or take UpdateStack out of [offers]"
        )
    return seen


_QUEUED_S: Final = 2.0
"""What was put into a queue has mostly been carried out by then, in seconds."""


def must_show_at_once(context: Context, kind: str) -> None:
    """Go on only where Local UI shows a change of this kind at the first look after it was taken:
    elsewhere nobody can tell what is shown late from what takes effect late.

    Raises:
        NotReached: it was not taken, or never shown.
        NotSupported: it was shown later.
    """
    context.must(change_locally(context, kind))
    look, predicate, args = effect_of(context)
    operator = context.cluster().operator
    seen = context.recorder.await_state(operator, look, predicate, within_s=0.0, **args)
    if not (seen.value or {}).get("held"):
        context.must_hold(local_effect(context))
        raise NotSupported(f"Local UI shows the {kind} later than it takes it")


def by_now_or_never(context: Context) -> OperationRecord:
    """One look for the effect of the last local cluster operation, of those by which a cluster
    bears something; where it is not there, a watch that it does not come: what waits in a queue
    comes late, and by then the cluster is in other hands.

    Raises:
        Inconclusive: no operation was carried out.
    """
    look, predicate, args = effect_of(context)
    recorder, operator = context.recorder, context.cluster().operator
    seen = recorder.await_state(operator, look, predicate, within_s=0.0, **args)
    if (seen.value or {}).get("held"):
        return seen
    # It may go again, where Local UI follows what Palette has: only that it comes is wrong.
    during_s = max(recorder.limits.stays_s, _QUEUED_S)
    return recorder.stays(operator, look, "bears_none_of", during_s=during_s, **args)


_Effect = tuple[ops.LocalOperation, str, Mapping[str, Json]]


def effect_of(context: Context) -> _Effect:
    """Where to look for the effect of the last local cluster operation, and what is seen there.

    Raises:
        Inconclusive: none was carried out.
    """
    if context.changing is None:
        raise Inconclusive("no local cluster operation was carried out")
    return _effect_of(context.changing, context.cluster())


def _effect_of(operation: ops.LocalClusterOperation, leased: LeasedCluster) -> _Effect:
    match operation:
        case (
            ops.UpdateCluster(tags=tags)
            | ops.PatchNamedCluster(tags=tags)
            | ops.PatchCluster(tags=tags)
        ):
            return ops.ViewCluster(), "bears", {"fields": {"tags": dict(tags)}}
        case ops.UpdateStack():
            packs: list[Json] = [str(pack) for each in operation.result for pack in each.packs]
            return ops.ViewStack(), "runs_packs", {"packs": packs}
        case ops.UpdateClusterSettings(settings):
            servers: list[Json] = [*settings.ntp_servers]
            return ops.ViewClusterSettings(), "bears", {"fields": {"ntp_servers": servers}}
        case ops.AddMachinePool(pool) | ops.UpdateMachinePool(pool):
            hosts: list[Json] = [node.host_uid for node in pool.nodes]
            return ops.ViewCluster(), "pool_runs_on", {"pool": pool.name, "host_uids": hosts}
        case ops.ScaleMachinePool(name, host_uids):
            return ops.ViewCluster(), "pool_runs_on", {"pool": name, "host_uids": [*host_uids]}
        case ops.RemoveMachinePool(name):
            return ops.ViewCluster(), "pool_runs_on", {"pool": name, "host_uids": []}
        case ops.RemoveNode(name, node):
            kept: list[Json] = [
                n.host_uid
                for pool in leased.cluster.pools
                for n in pool.nodes
                if pool.name == name and n.name != node
            ]
            return ops.ViewCluster(), "pool_runs_on", {"pool": name, "host_uids": kept}
        case ops.CreateCluster(name=name):
            return ops.ViewCluster(), "bears", {"fields": {"name": name}}
    return ops.ViewCluster(), "deleting_or_gone", {}


def must_replace_tags(context: Context) -> dict[str, Json]:
    """A precondition: tags that an earlier change has left behind are replaced by this one's.
    Returns those that the cluster bears no longer.

    Raises:
        Inconclusive: it does not work here.
    """
    before = context.cluster().cluster.tags
    must_take_effect(context, TAGGINGS)
    now = context.cluster().cluster.tags
    return {key: value for key, value in before.items() if now.get(key) != value}


def must_take_effect(context: Context, kind: str | Sequence[str] = PROBES) -> None:
    """A precondition: a local cluster operation, or the first of several that the target has, was
    seen to work while the cluster is in local hands. The cluster is what Local UI then shows, but
    for tags that nobody has given it: those may be the Local UI's own.

    Raises:
        Inconclusive: it does not work here, which is a matter of SND-6.
    """
    changed = context.must(context.until_taken(lambda: change_locally(context, kind))).record
    context.must_hold(local_effect(context))
    leased = context.cluster()
    seen, stack = context.look(ops.ViewCluster()).value, context.look(ops.ViewStack()).value
    if isinstance(seen, Cluster) and isinstance(stack, ops.Stack):
        asked = changed.args.get("tags")
        given = {*leased.cluster.tags, *(asked if isinstance(asked, dict) else ())}
        tags = {key: value for key, value in seen.tags.items() if key in given}
        now = replace(seen, tags=tags, stack=stack.profiles)
        leased.cluster = _with_its_hosts(now, leased)
