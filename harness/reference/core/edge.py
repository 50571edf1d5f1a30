"""The rules of the edge: Local UI of every host, and the agents behind it.

A rule that needs the other side is a generator. It yields a `Call` and is sent an `TimedReply`;
what it wrote before a yield is committed by then, and after one it reads the store again,
since others were at work in the meantime.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from harness.domain import operations as ops
from harness.domain.cluster import Cluster, ClusterState, ManagementMode, Node, NodePool
from harness.domain.draws import Draws
from harness.domain.endpoint import base_url
from harness.domain.errors import Reason, Refusal
from harness.domain.pairing import CENTRALLY_MANAGED, PENDING_LOCALLY, LocalState
from harness.reference.core.choices import EdgeChoices, SessionReach
from harness.reference.core.link import Call, TimedReply
from harness.reference.core.records import HostSlot, LocalRequest, LoginSession, SlotState
from harness.reference.core.store import Store

EdgeFlow = Generator[Call, TimedReply, ops.KnownReply]


@dataclass(frozen=True, slots=True)
class EdgeCall:
    """What a rule is given besides the operation."""

    host_uid: str
    credentials: ops.Credentials
    now: int
    draws: Draws


class EdgeRules:
    """The rules of Local UI that need nobody else, each a method that a mutant can replace."""

    def __init__(self, store: Store, choices: EdgeChoices = EdgeChoices()) -> None:
        self.store = store
        self.choices = choices
        self.plain: Mapping[type, Callable[[Any, EdgeCall], ops.Value]] = {
            ops.LogIn: self.log_in,
            ops.LogOut: self.log_out,
            ops.ViewCluster: self.view_cluster,
            ops.ViewStack: self.view_stack,
            ops.ViewManagement: self.view_management,
            ops.ViewPairing: self.view_pairing,
            ops.UpdateCluster: self.update_cluster,
            ops.PatchNamedCluster: self.patch_named_cluster,
            ops.PatchCluster: self.patch_cluster,
            ops.UpdateStack: self.update_stack,
            ops.DeleteCluster: self.delete_cluster,
            ops.CreateCluster: self.create_cluster,
            ops.AddMachinePool: self.add_pool,
            ops.UpdateMachinePool: self.update_pool,
            ops.ScaleMachinePool: self.scale_pool,
            ops.RemoveMachinePool: self.remove_pool,
            ops.RemoveNode: self.remove_node,
            ops.UpdateClusterSettings: self.update_settings,
            ops.ViewClusterSettings: self.view_settings,
            ops.RestoreLocalManagement: self.restore_local_management,
        }

    # --- who may ----------------------------------------------------------------------

    def log_in(self, operation: ops.LogIn, call: EdgeCall) -> ops.Session:
        """A login token for the operating system's user (SND-1)."""
        expected = (self.choices.username, self.choices.password)
        if not self.choices.password or (operation.username, operation.password) != expected:
            raise Refusal(Reason.UNAUTHENTICATED, "the user name or the password is wrong")
        token = f"{call.draws.bits128('local-session'):032x}"
        lasts = self.choices.extended_session if operation.extended else self.choices.session
        self.store.put(LoginSession(token, call.host_uid, call.now + lasts))
        return ops.Session(token)

    def log_out(self, operation: ops.LogOut, call: EdgeCall) -> ops.Acknowledged:
        """The session is over from now on (SND-1)."""
        self.store.delete(LoginSession, self.authenticate(call).token)
        return ops.Acknowledged()

    def authenticate(self, call: EdgeCall) -> LoginSession:
        """The session that the call carries, if it is good here and still lasts (SND-1)."""
        session = self.store.get(LoginSession, call.credentials.session)
        if session is None or not self.is_good_here(session, call.host_uid):
            raise Refusal(Reason.UNAUTHENTICATED, "log in first: there is no valid session")
        if self.session_is_over(session, call.now):
            raise Refusal(Reason.UNAUTHENTICATED, "the session has expired: log in again")
        return session

    def session_is_over(self, session: LoginSession, now: int) -> bool:
        """Whether a login has run out."""
        return now >= session.expiry

    def is_good_here(self, session: LoginSession, host_uid: str) -> bool:
        """Whether a login to one host is good on another (SND-10)."""
        if self.choices.session_reach is SessionReach.HOST:
            return session.subject == host_uid
        return self.site_of(session.subject).slot == self.site_of(host_uid).slot

    # --- what is here -----------------------------------------------------------------

    def site_of(self, host_uid: str) -> SlotState:
        """The site that a host belongs to."""
        place = self.store.get(HostSlot, host_uid)
        site = self.store.get(SlotState, place.slot) if place else None
        if site is None:
            raise Refusal(Reason.NOT_FOUND, f"there is no host {host_uid}")
        return site

    def cluster_at(self, site: SlotState) -> Cluster:
        """The cluster of a site (PRE-3)."""
        if site.cluster is None:
            raise Refusal(Reason.NO_LOCAL_CLUSTER, "these hosts have no cluster yet")
        return site.cluster

    def is_central(self, site: SlotState) -> bool:
        """Whether the site obeys the central side, or is about to say that it does."""
        request = site.request
        taken = request is not None and request.state in CENTRALLY_MANAGED
        return taken or site.mode is ManagementMode.CENTRAL

    def view_cluster(self, operation: ops.ViewCluster, call: EdgeCall) -> Cluster:
        """The cluster with its state and nodes."""
        self.authenticate(call)
        site = self.site_of(call.host_uid)
        if site.cluster is None:
            raise Refusal(Reason.NOT_FOUND, "these hosts have no cluster yet")
        return replace(site.cluster, stack=())

    def view_stack(self, operation: ops.ViewStack, call: EdgeCall) -> ops.Stack:
        """The profiles that the cluster runs."""
        self.authenticate(call)
        site = self.site_of(call.host_uid)
        if site.cluster is None:
            raise Refusal(Reason.NOT_FOUND, "these hosts have no cluster yet")
        return ops.Stack(site.cluster.stack)

    def view_settings(
        self, operation: ops.ViewClusterSettings, call: EdgeCall
    ) -> ops.ClusterSettings:
        """The settings of the cluster's nodes."""
        self.authenticate(call)
        site = self.site_of(call.host_uid)
        if site.cluster is None:
            raise Refusal(Reason.NOT_FOUND, "these hosts have no cluster yet")
        return site.settings

    def view_management(self, operation: ops.ViewManagement, call: EdgeCall) -> ops.Management:
        """Who manages this host."""
        self.authenticate(call)
        central = self.is_central(self.site_of(call.host_uid))
        return ops.Management(ManagementMode.CENTRAL if central else ManagementMode.LOCAL)

    def view_pairing(self, operation: ops.ViewPairing, call: EdgeCall) -> ops.PairingView:
        """The pairing request, or what became of the last one (SND-3, WDR-2, REJ-7S)."""
        self.authenticate(call)
        request = self.site_of(call.host_uid).request
        if request is None or request.state in (LocalState.ABANDONED, LocalState.SUBMITTING):
            raise Refusal(Reason.NOTHING_PENDING, "there is no pairing request")
        return self.view_of(request)

    def view_of(self, request: LocalRequest) -> ops.PairingView:
        """A request under its published status."""
        confirming = request.state is LocalState.CONFIRMING
        status = LocalState.PENDING if confirming else request.state
        return ops.PairingView(
            request.pairing_uid, status.value, request.message, request.endpoint, request.insecure
        )

    # --- local cluster operations -----------------------------------------------------

    def changeable(self, operation: ops.LocalClusterOperation, call: EdgeCall) -> SlotState:
        """The site, if Local UI still manages its cluster (ACC-13, INV-10)."""
        self.authenticate(call)
        site = self.site_of(call.host_uid)
        self.require_local(site)
        return site

    def require_local(self, site: SlotState) -> None:
        """Refuse once the cluster obeys the central side (ACC-13, ACC-13S)."""
        if self.is_central(site):
            raise Refusal(
                Reason.CENTRALLY_MANAGED,
                "this cluster is centrally managed: local cluster operations are not permitted",
            )

    def named(self, site: SlotState, name: str) -> Cluster:
        """The site's cluster, if that is its name."""
        cluster = self.cluster_at(site)
        if cluster.name != name:
            raise Refusal(Reason.NOT_FOUND, f"there is no cluster {name} here")
        return cluster

    def update_cluster(self, operation: ops.UpdateCluster, call: EdgeCall) -> ops.Acknowledged:
        """Replace the named cluster's tags."""
        site = self.changeable(operation, call)
        cluster = self.named(site, operation.cluster_name)
        return self._changed(site, replace(cluster, tags=operation.tags))

    def patch_named_cluster(
        self, operation: ops.PatchNamedCluster, call: EdgeCall
    ) -> ops.Acknowledged:
        """Add tags to the named cluster, or replace them."""
        site = self.changeable(operation, call)
        cluster = self.named(site, operation.cluster_name)
        return self._changed(site, replace(cluster, tags={**cluster.tags, **operation.tags}))

    def patch_cluster(self, operation: ops.PatchCluster, call: EdgeCall) -> ops.Acknowledged:
        """Add tags to the cluster, or replace them."""
        site = self.changeable(operation, call)
        cluster = self.cluster_at(site)
        return self._changed(site, replace(cluster, tags={**cluster.tags, **operation.tags}))

    def update_stack(self, operation: ops.UpdateStack, call: EdgeCall) -> ops.Acknowledged:
        """Replace the profiles that the cluster runs."""
        site = self.changeable(operation, call)
        uploaded = dict(self.choices.archives)
        stack = uploaded.get(operation.archive) if uploaded else operation.stack
        if not stack:
            raise Refusal(Reason.INVALID_INPUT, "it names no profiles, and no archive that is here")
        return self._changed(site, replace(self.cluster_at(site), stack=stack))

    def delete_cluster(self, operation: ops.DeleteCluster, call: EdgeCall) -> ops.Acknowledged:
        """Start to delete the cluster."""
        site = replace(self.changeable(operation, call), changing=True)
        cluster = self.cluster_at(site)
        return self._changed(site, replace(cluster, state=ClusterState.DELETING))

    def create_cluster(self, operation: ops.CreateCluster, call: EdgeCall) -> ops.Acknowledged:
        """Create a cluster where there is none."""
        site = self.changeable(operation, call)
        if site.cluster is not None:
            raise Refusal(Reason.CONFLICT, f"these hosts have the cluster {site.cluster.name}")
        uid = f"{call.draws.bits128('local-cluster') >> 32:024x}"
        first = NodePool("control-plane", True, (Node(call.host_uid, call.host_uid),))
        state, pools = ClusterState.PROVISIONING, operation.pools or (first,)
        cluster = Cluster(uid, operation.name, "", operation.tags, state, pools)
        self.require_possible(site, cluster)
        return self._changed(replace(site, request=None, changing=True), cluster)

    def add_pool(self, operation: ops.AddMachinePool, call: EdgeCall) -> ops.Acknowledged:
        """Add a pool."""
        site = self.changeable(operation, call)
        pools = self.cluster_at(site).pools
        if any(pool.name == operation.pool.name for pool in pools):
            raise Refusal(
                Reason.INVALID_INPUT, f"there is a machine pool {operation.pool.name} already"
            )
        return self._with_pools(site, (*pools, operation.pool))

    def update_pool(self, operation: ops.UpdateMachinePool, call: EdgeCall) -> ops.Acknowledged:
        """Replace the nodes of a pool."""
        site = self.changeable(operation, call)
        return self._with_nodes(site, operation.pool.name, operation.pool.nodes)

    def scale_pool(self, operation: ops.ScaleMachinePool, call: EdgeCall) -> ops.Acknowledged:
        """Let a pool run on other hosts, more or fewer."""
        site = self.changeable(operation, call)
        nodes = tuple(Node(uid, uid) for uid in operation.host_uids)
        return self._with_nodes(site, operation.pool_name, nodes)

    def remove_pool(self, operation: ops.RemoveMachinePool, call: EdgeCall) -> ops.Acknowledged:
        """Remove a pool."""
        site = self.changeable(operation, call)
        gone = self._pool(site, operation.pool_name)
        kept = tuple(pool for pool in self.cluster_at(site).pools if pool is not gone)
        return self._with_pools(site, kept)

    def remove_node(self, operation: ops.RemoveNode, call: EdgeCall) -> ops.Acknowledged:
        """Remove a node; its host is free again."""
        site = self.changeable(operation, call)
        nodes = self._pool(site, operation.pool_name).nodes
        kept = tuple(node for node in nodes if node.name != operation.node_name)
        if kept == nodes:
            raise Refusal(
                Reason.NOT_FOUND, f"{operation.pool_name} has no node {operation.node_name}"
            )
        return self._with_nodes(site, operation.pool_name, kept)

    def _pool(self, site: SlotState, name: str) -> NodePool:
        found = next((pool for pool in self.cluster_at(site).pools if pool.name == name), None)
        if found is None:
            raise Refusal(Reason.NOT_FOUND, f"there is no machine pool {name}")
        return found

    def _with_nodes(self, site: SlotState, name: str, nodes: tuple[Node, ...]) -> ops.Acknowledged:
        """Give a pool these nodes; those that it has on the same hosts stay as they are."""
        changed = self._pool(site, name)
        known = {node.host_uid: node for node in changed.nodes}
        renewed = replace(changed, nodes=tuple(known.get(n.host_uid, n) for n in nodes))
        pools = self.cluster_at(site).pools
        return self._with_pools(site, tuple(renewed if p is changed else p for p in pools))

    def _with_pools(self, site: SlotState, pools: tuple[NodePool, ...]) -> ops.Acknowledged:
        cluster = replace(self.cluster_at(site), pools=pools)
        self.require_possible(site, cluster)
        return self._changed(site, cluster)

    def require_possible(self, site: SlotState, cluster: Cluster) -> None:
        """A host runs one node, a pool has at least one, and one pool is the control plane."""
        pools = cluster.pools
        hosts, names = cluster.host_uids(), [node.name for node in cluster.nodes()]
        foreign = set(hosts) - set(site.host_uids)
        if foreign:
            raise Refusal(Reason.INVALID_INPUT, f"there is no edge host {min(foreign)} here")
        if len(set(hosts)) < len(hosts) or len(set(names)) < len(names):
            raise Refusal(Reason.INVALID_INPUT, "an edge host runs one node, under its own name")
        if not any(p.control_plane for p in pools) or not all(p.nodes for p in pools):
            raise Refusal(
                Reason.INVALID_INPUT,
                "every machine pool needs a node, and one is the control plane",
            )

    def update_settings(
        self, operation: ops.UpdateClusterSettings, call: EdgeCall
    ) -> ops.Acknowledged:
        """Replace the settings of the cluster's nodes."""
        site = self.changeable(operation, call)
        cluster = self.cluster_at(site)
        return self._changed(replace(site, settings=operation.settings), cluster)

    def restore_local_management(
        self, operation: ops.RestoreLocalManagement, call: EdgeCall
    ) -> ops.Acknowledged:
        """There is no way back from central management (ACC-19)."""
        self.authenticate(call)
        site = self.site_of(call.host_uid)
        if self.is_central(site):
            raise Refusal(
                Reason.TRANSFER_IS_FINAL,
                "this cluster is centrally managed, and a paired cluster stays so",
            )
        return ops.Acknowledged("this cluster is locally managed")

    def _changed(self, site: SlotState, cluster: Cluster) -> ops.Acknowledged:
        self.store.put(replace(site, cluster=cluster))
        return ops.Acknowledged("the change was taken")

    # --- what a send and a cancel ask first -------------------------------------------

    def sendable(self, operation: ops.SendPairingRequest, call: EdgeCall) -> SlotState:
        """The site, if a request may be sent from it now (SND-1, PRE-1 to PRE-3)."""
        self.authenticate(call)
        site = self.site_of(call.host_uid)
        if self.is_central(site):
            raise Refusal(Reason.CENTRALLY_MANAGED, "this cluster is centrally managed already")
        cluster = self.cluster_at(site)
        self.require_running(cluster)
        self.require_healthy(cluster)
        return site

    def require_running(self, cluster: Cluster) -> None:
        """PRE-1."""
        if cluster.state is not ClusterState.RUNNING:
            raise Refusal(
                Reason.CLUSTER_NOT_RUNNING,
                f"cluster {cluster.name} is {cluster.state.value}: it must be Running to pair",
                state=cluster.state.value,
            )

    def require_healthy(self, cluster: Cluster) -> None:
        """PRE-2: every node of every pool."""
        unhealthy = cluster.unhealthy_nodes()
        if unhealthy:
            names = ", ".join(node.name for node in unhealthy)
            raise Refusal(
                Reason.NODE_UNHEALTHY,
                f"every node must be healthy to pair; unhealthy: {names}",
                nodes=names,
            )

    def usable_entries(self, operation: ops.PairingInput) -> str:
        """The base URL, if endpoint and token were entered (PRE-4, PRE-6, SND-8)."""
        url = base_url(operation.endpoint)
        if not operation.token.strip():
            raise Refusal(Reason.TOKEN_UNUSABLE, "the registration token is missing: enter one")
        return url

    def cancellable(self, operation: ops.CancelPairingRequest, call: EdgeCall) -> LocalRequest:
        """The pending request, if there is one to cancel (WDR-1, WDR-6)."""
        self.authenticate(call)
        site = self.site_of(call.host_uid)
        self.require_not_accepted(site)
        if site.request is None or site.request.state not in PENDING_LOCALLY:
            raise Refusal(Reason.NOTHING_PENDING, "there is no pending pairing request to cancel")
        return site.request

    def require_not_accepted(self, site: SlotState) -> None:
        """WDR-6: once the host has learned of the acceptance, nothing can be withdrawn."""
        if self.is_central(site):
            raise Refusal(
                Reason.ALREADY_ACCEPTED,
                "the pairing request was accepted: it cannot be withdrawn any more",
            )
