"""Hypothesis strategies for operations and the values that they are answered with."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from harness.domain import operations as ops
from harness.domain.cluster import Cluster, ClusterState, Health, ManagementMode, Node, NodePool
from harness.domain.errors import Reason, Refused
from harness.domain.match import MatchProblem, MatchResult, Mismatch, PackMatch
from harness.domain.pairing import RequestState
from harness.domain.permission import AccessRole
from harness.domain.profile import Layer, Pack, ProfileType, StackProfile
from harness.domain.token import RegistrationToken

texts = st.text(max_size=12)
words = st.text(min_size=1, max_size=12)
header_words = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=12)
tags = st.dictionaries(texts, texts, max_size=3)
times = st.integers(-62_135_596_800_000_000, 253_402_300_799_999_999)
"""Every microsecond from the year 1 to the year 9999."""


def tuples_of(items: st.SearchStrategy, max_size: int = 3) -> st.SearchStrategy:
    return st.lists(items, max_size=max_size).map(tuple)


packs = st.builds(Pack, st.sampled_from(Layer), words, words, texts, texts)
profiles = st.builds(
    StackProfile, texts, st.sampled_from(ProfileType), texts, tuples_of(packs), texts
)
stacks = tuples_of(profiles, 2)
nodes = st.builds(Node, words, words, st.sampled_from(Health))
pools = st.builds(NodePool, texts, st.booleans(), tuples_of(nodes))
shown_clusters = st.builds(
    Cluster, words, words, texts, tags, st.sampled_from(ClusterState), tuples_of(pools)
)
"""Clusters as Local UI shows them: without their stack."""

healthy_pools = st.builds(
    NodePool, texts, st.booleans(), tuples_of(st.builds(Node, texts, words), 3)
)
named_pools = st.builds(NodePool, words, st.booleans(), tuples_of(st.builds(Node, words, words), 3))
settings_of_nodes = st.builds(ops.ClusterSettings, tuples_of(texts), tuples_of(texts))

submitted_clusters = st.builds(
    Cluster, words, words, texts, tags, pools=tuples_of(healthy_pools), stack=stacks
)
"""Clusters as they are submitted: running and healthy, which is not said again."""

selections = tuples_of(st.builds(ops.SelectedProfile, words, texts))
maybe_times = st.none() | times
tokens = st.builds(RegistrationToken, words, texts, texts, texts, maybe_times, st.booleans())
problems = st.builds(MatchProblem, st.sampled_from(Mismatch), texts, texts, texts, texts, texts)
annotations = tags.filter(lambda tags: "description" not in tags)
maybe_texts = st.none() | texts
roles = st.builds(AccessRole, words, st.booleans(), tuples_of(words), texts)
held_roles = st.dictionaries(words, tuples_of(words), max_size=3)
new_profiles = st.builds(StackProfile, words, st.sampled_from(ProfileType), words, tuples_of(packs))
maybe_tags = st.none() | tags

OPERATIONS: dict[type[ops.Operation], st.SearchStrategy] = {
    ops.LogIn: st.builds(ops.LogIn, texts, texts, st.booleans()),
    ops.LogOut: st.builds(ops.LogOut),
    ops.ViewCluster: st.builds(ops.ViewCluster),
    ops.ViewStack: st.builds(ops.ViewStack),
    ops.ViewManagement: st.builds(ops.ViewManagement),
    ops.VerifyConnection: st.builds(ops.VerifyConnection, texts, texts, st.booleans()),
    ops.SendPairingRequest: st.builds(ops.SendPairingRequest, texts, texts, st.booleans()),
    ops.ViewPairing: st.builds(ops.ViewPairing),
    ops.CancelPairingRequest: st.builds(ops.CancelPairingRequest),
    ops.UpdateCluster: st.builds(ops.UpdateCluster, words, tags),
    ops.PatchNamedCluster: st.builds(ops.PatchNamedCluster, words, tags),
    ops.PatchCluster: st.builds(ops.PatchCluster, tags),
    ops.UpdateStack: st.builds(ops.UpdateStack, stacks, words),
    ops.DeleteCluster: st.builds(ops.DeleteCluster),
    ops.CreateCluster: st.builds(ops.CreateCluster, words, tags, tuples_of(named_pools)),
    ops.AddMachinePool: st.builds(ops.AddMachinePool, named_pools),
    ops.UpdateMachinePool: st.builds(ops.UpdateMachinePool, named_pools),
    ops.ScaleMachinePool: st.builds(ops.ScaleMachinePool, words, tuples_of(words)),
    ops.RemoveMachinePool: st.builds(ops.RemoveMachinePool, words),
    ops.RemoveNode: st.builds(ops.RemoveNode, words, words),
    ops.UpdateClusterSettings: st.builds(ops.UpdateClusterSettings, settings_of_nodes),
    ops.ViewClusterSettings: st.builds(ops.ViewClusterSettings),
    ops.RestoreLocalManagement: st.builds(ops.RestoreLocalManagement),
    ops.LogInToPalette: st.builds(ops.LogInToPalette, texts, texts),
    ops.ListPairingRequests: st.builds(ops.ListPairingRequests, texts, texts),
    ops.ViewPairingRequest: st.builds(ops.ViewPairingRequest, words),
    ops.MatchProfiles: st.builds(ops.MatchProfiles, words, selections),
    ops.AcceptPairingRequest: st.builds(
        ops.AcceptPairingRequest, words, selections, maybe_texts, maybe_texts, maybe_tags
    ),
    ops.AcknowledgeWarning: st.builds(ops.AcknowledgeWarning, words),
    ops.EnterDetails: st.builds(ops.EnterDetails, words, maybe_texts, maybe_texts, maybe_tags),
    ops.ConfirmMatch: st.builds(ops.ConfirmMatch, words, selections),
    ops.ValidateReview: st.builds(ops.ValidateReview, words),
    ops.RejectPairingRequest: st.builds(ops.RejectPairingRequest, words),
    ops.ViewCentralCluster: st.builds(ops.ViewCentralCluster, words),
    ops.ListCentralClusters: st.builds(ops.ListCentralClusters),
    ops.ListProjects: st.builds(ops.ListProjects, texts),
    ops.ListProfiles: st.builds(ops.ListProfiles),
    ops.ViewProfile: st.builds(ops.ViewProfile, words),
    ops.ChangeCentralCluster: st.builds(
        ops.ChangeCentralCluster, words, maybe_tags, maybe_texts, maybe_texts, annotations
    ).filter(lambda operation: operation.tags is not None or operation.name is not None),
    ops.UpdateCentralProfiles: st.builds(ops.UpdateCentralProfiles, words, selections),
    ops.ReleaseCentralCluster: st.builds(ops.ReleaseCentralCluster, words),
    ops.ListTokens: st.builds(ops.ListTokens),
    ops.ViewToken: st.builds(ops.ViewToken, words),
    ops.CreateToken: st.builds(ops.CreateToken, words, texts, maybe_times),
    ops.UpdateToken: st.builds(ops.UpdateToken, words, texts, texts, maybe_times),
    ops.SetTokenState: st.builds(ops.SetTokenState, words, st.booleans()),
    ops.DeleteToken: st.builds(ops.DeleteToken, words),
    ops.AddProject: st.builds(ops.AddProject, words),
    ops.DeleteProject: st.builds(ops.DeleteProject, words, st.booleans()),
    ops.AddRole: st.builds(ops.AddRole, roles),
    ops.ListRoles: st.builds(ops.ListRoles),
    ops.ViewRole: st.builds(ops.ViewRole, words),
    ops.DeleteRole: st.builds(ops.DeleteRole, words),
    ops.AddUser: st.builds(ops.AddUser, words, texts),
    ops.ListUsers: st.builds(ops.ListUsers),
    ops.DeleteUser: st.builds(ops.DeleteUser, words),
    ops.SetTenantRoles: st.builds(ops.SetTenantRoles, words, tuples_of(words)),
    ops.ViewTenantRoles: st.builds(ops.ViewTenantRoles, words),
    ops.SetProjectRoles: st.builds(ops.SetProjectRoles, words, held_roles),
    ops.ViewProjectRoles: st.builds(ops.ViewProjectRoles, words),
    ops.ChangePassword: st.builds(ops.ChangePassword, words, words, texts),
    ops.AddApiKey: st.builds(ops.AddApiKey, words, words, maybe_times),
    ops.AddProfile: st.builds(
        ops.AddProfile, new_profiles, tuples_of(st.tuples(words, texts)), st.booleans()
    ),
    ops.PublishProfile: st.builds(ops.PublishProfile, words),
    ops.DeleteProfile: st.builds(ops.DeleteProfile, words),
    ops.Probe: st.builds(ops.Probe),
    ops.SubmitPairing: st.builds(
        ops.SubmitPairing,
        texts,
        header_words,
        submitted_clusters,
        texts,
        header_words | st.just(""),
    ),
    ops.PollPairing: st.builds(ops.PollPairing, words, header_words),
    ops.ConfirmPairing: st.builds(ops.ConfirmPairing, words, header_words),
    ops.WithdrawPairing: st.builds(ops.WithdrawPairing, words, words, texts, st.booleans()),
}
"""A strategy for every operation that crosses HTTP."""

acknowledged = st.builds(ops.Acknowledged, texts)
no_content = st.just(ops.Acknowledged())
poll_answers = st.builds(
    ops.PollAnswer, st.sampled_from([s.value for s in RequestState]), texts, texts, tags
)
list_items = st.builds(ops.PairingListItem, words, texts, texts, words, times, texts)

VALUES: dict[type[ops.Operation], st.SearchStrategy] = {
    ops.LogIn: st.builds(ops.Session, words),
    ops.LogOut: no_content,
    ops.ViewCluster: shown_clusters,
    ops.ViewStack: st.builds(ops.Stack, stacks),
    ops.ViewManagement: st.builds(ops.Management, st.sampled_from(ManagementMode)),
    ops.VerifyConnection: st.builds(ops.Verification, st.booleans(), texts),
    ops.SendPairingRequest: st.builds(ops.PairingId, words),
    ops.ViewPairing: st.builds(
        ops.PairingView,
        texts,
        st.sampled_from(["Pairing", "Paired", "Rejected", "Failed"]),
        texts,
        texts,
        st.booleans(),
    ),
    ops.CancelPairingRequest: acknowledged,
    ops.UpdateCluster: acknowledged,
    ops.PatchNamedCluster: acknowledged,
    ops.PatchCluster: acknowledged,
    ops.UpdateStack: acknowledged,
    ops.DeleteCluster: acknowledged,
    ops.CreateCluster: acknowledged,
    ops.AddMachinePool: acknowledged,
    ops.UpdateMachinePool: acknowledged,
    ops.ScaleMachinePool: acknowledged,
    ops.RemoveMachinePool: acknowledged,
    ops.RemoveNode: acknowledged,
    ops.UpdateClusterSettings: acknowledged,
    ops.ViewClusterSettings: settings_of_nodes,
    ops.RestoreLocalManagement: acknowledged,
    ops.LogInToPalette: st.builds(ops.Session, words),
    ops.ListPairingRequests: st.builds(ops.PairingList, tuples_of(list_items)),
    ops.ViewPairingRequest: st.builds(
        ops.PairingRequestView,
        *(words, words, texts, texts, tags, texts, stacks, texts),
        tuples_of(healthy_pools),
        texts,
    ),
    ops.MatchProfiles: st.builds(
        MatchResult,
        tuples_of(st.builds(PackMatch, texts, texts, texts, texts)),
        tuples_of(problems),
    ),
    ops.AcceptPairingRequest: st.builds(ops.Accepted, words),
    ops.AcknowledgeWarning: no_content,
    ops.EnterDetails: no_content,
    ops.ConfirmMatch: no_content,
    ops.ValidateReview: no_content,
    ops.RejectPairingRequest: no_content,
    ops.ViewCentralCluster: st.builds(
        ops.CentralClusterView,
        *(words, texts, texts, tags, texts),
        annotations,
        tuples_of(words).map(lambda uids: tuple(sorted(uids))),
    ),
    ops.ListCentralClusters: st.builds(
        ops.CentralClusterList,
        tuples_of(
            st.builds(ops.CentralClusterView, words, texts, texts, tags, st.just(""), annotations)
        ),
    ),
    ops.ListProjects: st.builds(ops.ScopeList, tuples_of(st.builds(ops.NamedScope, words, texts))),
    ops.ListProfiles: st.builds(
        ops.ProfileList, tuples_of(st.builds(ops.ProfileListItem, words, texts, texts))
    ),
    ops.ViewProfile: st.builds(
        ops.ProfileView, profiles, st.booleans(), st.dictionaries(texts, texts, max_size=3)
    ),
    ops.ChangeCentralCluster: no_content,
    ops.UpdateCentralProfiles: no_content,
    ops.ReleaseCentralCluster: no_content,
    ops.ListTokens: st.builds(ops.TokenList, tuples_of(tokens)),
    ops.ViewToken: tokens,
    ops.CreateToken: st.builds(ops.CreatedToken, words),
    ops.UpdateToken: no_content,
    ops.SetTokenState: no_content,
    ops.DeleteToken: no_content,
    **dict.fromkeys(
        (ops.AddProject, ops.AddRole, ops.AddUser, ops.AddProfile), st.builds(ops.Created, words)
    ),
    **dict.fromkeys(
        (ops.DeleteProject, ops.DeleteRole, ops.DeleteUser, ops.SetTenantRoles), no_content
    ),
    **dict.fromkeys(
        (ops.SetProjectRoles, ops.ChangePassword, ops.PublishProfile, ops.DeleteProfile), no_content
    ),
    ops.ListRoles: st.builds(ops.RoleList, tuples_of(roles)),
    ops.ViewRole: roles,
    ops.ListUsers: st.builds(ops.UserList, tuples_of(st.builds(ops.NamedUser, words, texts))),
    ops.ViewTenantRoles: st.builds(ops.TenantRoles, tuples_of(words)),
    ops.ViewProjectRoles: st.builds(ops.ProjectRoles, held_roles),
    ops.AddApiKey: st.builds(ops.IssuedKey, words),
    ops.Probe: no_content,
    ops.SubmitPairing: st.builds(ops.PairingId, words),
    ops.PollPairing: poll_answers,
    ops.ConfirmPairing: poll_answers,
    ops.WithdrawPairing: no_content,
}
"""What each operation may be answered with."""

refusals = st.builds(
    Refused,
    st.sampled_from([r for r in Reason if r is not Reason.RATE_LIMITED]),
    words,
    tags,
).map(lambda r: replace(r, details={k: v for k, v in r.details.items() if k != "retry_after"}))
