"""The rules of the central side (Palette)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from harness.domain import operations as ops
from harness.domain.errors import Reason, Refusal
from harness.domain.permission import TENANT
from harness.domain.profile import ClusterProfile, StackProfile
from harness.domain.token import RegistrationToken
from harness.reference.core.central.access import AccessRules, CentralCall
from harness.reference.core.central.agents import AgentRules
from harness.reference.core.central.book import RequestBook
from harness.reference.core.central.review import uids_of
from harness.reference.core.central.steps import StepRules
from harness.reference.core.central.tenant import TenantRules
from harness.reference.core.choices import CentralChoices
from harness.reference.core.records import CentralCluster, Project
from harness.reference.core.store import Store


class ClusterRules(RequestBook):
    """Registered clusters, and central operations on them."""

    def view_cluster(
        self, operation: ops.ViewCentralCluster, call: CentralCall
    ) -> ops.CentralClusterView:
        """A registered cluster (ACC-12)."""
        return self.shown_cluster(self.known_cluster(operation.cluster_uid, call))

    @staticmethod
    def shown_cluster(cluster: CentralCluster) -> ops.CentralClusterView:
        """A cluster under its published state."""
        state = "Running" if cluster.confirmed else "Pairing"
        return ops.CentralClusterView(
            cluster.uid,
            cluster.name,
            cluster.description,
            cluster.tags,
            state,
            cluster.annotations,
            cluster.profiles,
        )

    def list_clusters(
        self, operation: ops.ListCentralClusters, call: CentralCall
    ) -> ops.CentralClusterList:
        """The clusters of the scope; one that is handed over says so by its state (ACC-12P)."""
        scope = self.member_of(call)
        for cluster in self.clusters_of(scope):
            self.current(cluster.pairing_uid, call.now)
        return ops.CentralClusterList(tuple(map(self.shown_cluster, self.clusters_of(scope))))

    def clusters_of(self, scope: str) -> list[CentralCluster]:
        """The accepted clusters that can be seen from a scope."""
        if scope == TENANT:
            return list(self.store.every(CentralCluster))
        return list(self.store.find(CentralCluster, "project", scope))

    def change_cluster(
        self, operation: ops.ChangeCentralCluster, call: CentralCall
    ) -> ops.Acknowledged:
        """A central operation; takes effect only once the host has confirmed (INV-1)."""
        cluster = self.known_cluster(operation.cluster_uid, call)
        self.require_confirmed(cluster)
        name, description, tags = operation.name, operation.description, operation.tags
        self.store.put(
            replace(
                cluster,
                name=cluster.name if name is None else name,
                description=cluster.description if description is None else description,
                tags=cluster.tags if tags is None else tags,
                annotations={**cluster.annotations, **operation.annotations},
            )
        )
        return ops.Acknowledged("the cluster was changed")

    def update_profiles(
        self, operation: ops.UpdateCentralProfiles, call: CentralCall
    ) -> ops.Acknowledged:
        """A central operation as well, on what the cluster runs."""
        cluster = self.known_cluster(operation.cluster_uid, call)
        self.require_confirmed(cluster)
        for chosen in operation.selection:
            profile = self.store.get(ClusterProfile, chosen.uid)
            if profile is None or profile.project_uid not in (TENANT, cluster.project_uid):
                raise Refusal(Reason.NOT_FOUND, f"there is no cluster profile {chosen.uid}")
        self.store.put(replace(cluster, profiles=uids_of(operation.selection)))
        return ops.Acknowledged("the cluster's profiles were changed")

    def require_confirmed(self, cluster: CentralCluster) -> None:
        """No central operation before the host has confirmed (INV-1)."""
        if not cluster.confirmed:
            raise Refusal(
                Reason.NOT_CONFIRMED,
                f"cluster {cluster.name} is being handed over: its host has not confirmed yet",
            )

    def release_cluster(
        self, operation: ops.ReleaseCentralCluster, call: CentralCall
    ) -> ops.Acknowledged:
        """A return to local management does not exist (ACC-19)."""
        cluster = self.known_cluster(operation.cluster_uid, call)
        raise Refusal(
            Reason.TRANSFER_IS_FINAL,
            f"cluster {cluster.name} was paired, and a paired cluster stays centrally managed",
        )

    def known_cluster(self, uid: str, call: CentralCall) -> CentralCluster:
        """The cluster of this uid, if the caller can see it from the scope."""
        user = self.authenticate(call)
        scope = self.scope_of(call)
        cluster = self.store.get(CentralCluster, uid)
        if cluster is not None:
            request = self.current(cluster.pairing_uid, call.now)
            cluster = self.store.get(CentralCluster, uid) if request else None
        if cluster is None or not self.belongs(cluster.project_uid, scope):
            raise Refusal(Reason.NOT_FOUND, f"there is no cluster {uid}")
        if not self.is_member(user, scope):
            raise Refusal(Reason.FORBIDDEN, "the cluster belongs to another scope")
        return cluster


class ProfileRules(AccessRules):
    """Cluster profiles, as far as they have to be found."""

    def list_profiles(self, operation: ops.ListProfiles, call: CentralCall) -> ops.ProfileList:
        """Every version of the profiles that can be seen from the scope."""
        scope = self.member_of(call)
        return ops.ProfileList(
            tuple(
                ops.ProfileListItem(profile.uid, profile.name, edition.version)
                for profile in self.store.every(ClusterProfile)
                if self.is_shared(profile, scope)
                for edition in profile.editions
            )
        )

    def view_profile(self, operation: ops.ViewProfile, call: CentralCall) -> ops.ProfileView:
        """The latest version of a profile; that of a draft where none is published."""
        scope = self.member_of(call)
        profile = self.profile(operation.profile_uid)
        shown = (profile.latest() or profile.latest(drafts_count=True)) if profile else None
        if profile is None or shown is None or not self.is_shared(profile, scope):
            raise Refusal(Reason.NOT_FOUND, f"there is no cluster profile {operation.profile_uid}")
        about = (profile.name, profile.type, shown.version, shown.packs, profile.uid)
        versions = dict.fromkeys((e.version for e in profile.editions), profile.uid)
        return ops.ProfileView(StackProfile(*about), shown.published, versions)

    def is_shared(self, profile: ClusterProfile, scope: str) -> bool:
        """Whether a profile can be seen from a scope: its own, and the tenant's from anywhere."""
        return profile.project_uid == TENANT or self.belongs(profile.project_uid, scope)


class TokenRules(AccessRules):
    """Registration tokens."""

    def list_tokens(self, operation: ops.ListTokens, call: CentralCall) -> ops.TokenList:
        """The registration tokens that can be seen from the scope."""
        scope = self.project_scope(call)
        tokens = self.store.every(RegistrationToken)
        return ops.TokenList(tuple(t for t in tokens if self.belongs(t.project_uid, scope)))

    def view_token(self, operation: ops.ViewToken, call: CentralCall) -> RegistrationToken:
        """One registration token."""
        return self.known_token(operation.token_uid, self.project_scope(call))

    def create_token(self, operation: ops.CreateToken, call: CentralCall) -> ops.CreatedToken:
        """A new registration token; creating one is a matter of the tenant."""
        user = self.authenticate(call)
        if not user.tenant_admin or self.scope_of(call) != TENANT:
            raise Refusal(Reason.FORBIDDEN, "only a tenant admin creates registration tokens")
        self.require_project(operation.project_uid)
        uid = self.new_uid("token", call)
        value = f"{call.draws.bits128('token-value'):032x}"
        self.store.put(
            RegistrationToken(uid, operation.name, value, operation.project_uid, operation.expiry)
        )
        return ops.CreatedToken(uid)

    def require_project(self, uid: str) -> None:
        """A token's project is optional (SND-14), and has to exist."""
        if uid and self.store.get(Project, uid) is None:
            raise Refusal(Reason.INVALID_INPUT, f"there is no project {uid}")

    def update_token(self, operation: ops.UpdateToken, call: CentralCall) -> ops.Acknowledged:
        """Change a token's name, project or expiry."""
        token = self.owned_token(operation.token_uid, call)
        self.require_project(operation.project_uid)
        self.store.put(
            replace(
                token,
                name=operation.name or token.name,
                project_uid=operation.project_uid or token.project_uid,
                expiry=token.expiry if operation.expiry is None else operation.expiry,
            )
        )
        return ops.Acknowledged()

    def set_token_state(self, operation: ops.SetTokenState, call: CentralCall) -> ops.Acknowledged:
        """Activate or deactivate a registration token."""
        token = self.owned_token(operation.token_uid, call)
        self.store.put(replace(token, active=operation.active))
        return ops.Acknowledged()

    def delete_token(self, operation: ops.DeleteToken, call: CentralCall) -> ops.Acknowledged:
        """Delete a registration token."""
        token = self.owned_token(operation.token_uid, call)
        self.store.delete(RegistrationToken, token.uid)
        return ops.Acknowledged()

    def owned_token(self, uid: str, call: CentralCall) -> RegistrationToken:
        """A token that the caller may change."""
        user = self.authenticate(call)
        if not user.tenant_admin:
            raise Refusal(Reason.FORBIDDEN, "only a tenant admin changes registration tokens")
        return self.known_token(uid, self.scope_of(call))

    def known_token(self, uid: str, scope: str) -> RegistrationToken:
        """The token of this uid, if it can be seen from the scope."""
        token = self.store.get(RegistrationToken, uid)
        if token is None or not self.belongs(token.project_uid, scope):
            raise Refusal(Reason.NOT_FOUND, f"there is no registration token {uid}")
        return token


class CentralCore(StepRules, ClusterRules, ProfileRules, TokenRules, TenantRules, AgentRules):
    """Every rule of the central side, each a small method that a mutant can replace."""

    def __init__(self, store: Store, choices: CentralChoices = CentralChoices()) -> None:
        super().__init__(store, choices)
        self._rules: Mapping[type, Callable[[Any, CentralCall], ops.Value]] = {
            ops.LogInToPalette: self.log_in,
            ops.LogOutOfPalette: self.log_out,
            ops.ListScopes: self.list_scopes,
            ops.ListPairingRequests: self.list_requests,
            ops.ViewPairingRequest: self.view_request,
            ops.ListSelectableProfiles: self.list_selectable,
            ops.MatchProfiles: self.match,
            ops.AcceptPairingRequest: self.accept,
            ops.AcknowledgeWarning: self.acknowledge,
            ops.EnterDetails: self.enter_details,
            ops.ConfirmMatch: self.confirm_match,
            ops.ValidateReview: self.validate,
            ops.RejectPairingRequest: self.reject,
            ops.ListProjects: self.list_projects,
            ops.ListProfiles: self.list_profiles,
            ops.ViewProfile: self.view_profile,
            ops.ListCentralClusters: self.list_clusters,
            ops.ViewCentralCluster: self.view_cluster,
            ops.ChangeCentralCluster: self.change_cluster,
            ops.UpdateCentralProfiles: self.update_profiles,
            ops.ReleaseCentralCluster: self.release_cluster,
            ops.ListTokens: self.list_tokens,
            ops.ViewToken: self.view_token,
            ops.CreateToken: self.create_token,
            ops.UpdateToken: self.update_token,
            ops.SetTokenState: self.set_token_state,
            ops.DeleteToken: self.delete_token,
            ops.AddProject: self.add_project,
            ops.DeleteProject: self.delete_project,
            ops.AddRole: self.add_role,
            ops.ListRoles: self.list_roles,
            ops.ViewRole: self.view_role,
            ops.DeleteRole: self.delete_role,
            ops.AddUser: self.add_user,
            ops.ListUsers: self.list_users,
            ops.DeleteUser: self.delete_user,
            ops.SetTenantRoles: self.set_tenant_roles,
            ops.ViewTenantRoles: self.view_tenant_roles,
            ops.SetProjectRoles: self.set_project_roles,
            ops.ViewProjectRoles: self.view_project_roles,
            ops.ChangePassword: self.change_password,
            ops.AddApiKey: self.add_api_key,
            ops.AddProfile: self.add_profile,
            ops.PublishProfile: self.publish_profile,
            ops.DeleteProfile: self.delete_profile,
            ops.Probe: self.probe,
            ops.SubmitPairing: self.submit,
            ops.PollPairing: self.poll,
            ops.ConfirmPairing: self.confirm,
            ops.WithdrawPairing: self.withdraw,
        }

    def perform(self, operation: ops.PaletteOperation, call: CentralCall) -> ops.KnownReply:
        """Carry out one operation, all of it or nothing."""
        rule = self._rules[type(operation)]
        try:
            with self.store.transaction():
                return ops.Done(rule(operation, call))
        except Refusal as refusal:
            return refusal.refused
