"""Models of the Palette API (4.9), as far as pairing touches them.

Attributes bear the published names. Fields marked `OWN` and models with
`own = True` are ours: nothing is published for their purpose. A few models are published by
name alone; they hold what pairing needs of them, and `SHAPE_UNPUBLISHED` lists them.
"""

from __future__ import annotations

from typing import Literal

from harness.wire.local_ui import (
    V1EdgeNativeClusterConfig,
    V1Error,
    V1MachinePoolProperties,
    V1Nic,
    V1Taint,
)
from harness.wire.model import JsonObject, OwnModel, Spare, Time, WireModel
from harness.wire.profiles import (
    V1ClusterProfileTemplate,
    V1ObjectMeta,
    V1SpectroClusterProfileEntity,
)

__all__ = [
    "V1ClusterProfileTemplate",
    "V1EdgeNativeClusterConfig",
    "V1Error",
    "V1ObjectMeta",
    "V1SpectroClusterProfileEntity",
]

Labels = dict[str, str]

SERVICE = "palette"
"""What a Palette answers to a ping, so that a stranger who answers 200 is not taken for one."""


class V1AuthLogin(WireModel):
    """What a login asks for."""

    emailId: str | None = None
    org: str | None = None
    password: str | None = None


class V1UserToken(WireModel):
    """The session's secret."""

    Authorization: str | None = None
    isMfa: bool | None = None


class V1Uid(WireModel):
    """The uid of what was created."""

    uid: str


class V1ObjectMetaInputEntity(WireModel):
    """Metadata on the way in."""

    annotations: Labels | None = None
    labels: Labels | None = None
    name: str | None = None


class V1ObjectEntity(WireModel):
    """What something is called."""

    name: str | None = None
    uid: str | None = None


class V1ProjectMetadata(WireModel):
    """One line of the list of projects."""

    metadata: V1ObjectEntity | None = None


class V1ProjectsMetadata(WireModel):
    """The list of projects."""

    items: list[V1ProjectMetadata]


class V1ClusterProfileMetadataSpec(WireModel):
    """The `spec` of a line of the list of profiles."""

    cloudType: str | None = None
    version: str | None = None


class V1ClusterProfileMetadata(WireModel):
    """One line of the list of profiles."""

    metadata: V1ObjectEntity | None = None
    spec: V1ClusterProfileMetadataSpec | None = None


class V1ClusterProfilesMetadata(WireModel):
    """The list of profiles, a line for each version."""

    items: list[V1ClusterProfileMetadata]


class V1SpectroClustersMetadata(WireModel):
    """The list of clusters."""

    items: list[V1ObjectMeta]


class V1ObjectMetaInputEntitySchema(WireModel):
    """A change of something's metadata."""

    metadata: V1ObjectMetaInputEntity


# --- what a host submits ------------------------------------------------------------------


class V1SpectroClusterPairMeta(WireModel):
    """Which local cluster asks, and the secret that proves it."""

    localClusterToken: str | None = None
    localClusterUid: str | None = None
    name: str | None = None
    uid: str | None = None


class V1EdgeNativeMachinePoolHostEntity(WireModel):
    """A host of a pool."""

    hostName: str | None = None
    hostUid: str | None = None
    nic: Spare[V1Nic] = None
    nicName: Spare[str] = None
    staticIP: Spare[str] = None
    twoNodeCandidatePriority: Spare[Literal["primary", "secondary"]] = None


class V1EdgeNativeMachinePoolCloudConfigEntity(WireModel):
    """The hosts of a pool."""

    edgeHosts: list[V1EdgeNativeMachinePoolHostEntity]


class V1UpdateStrategy(WireModel):
    """In which order the nodes of a pool are renewed."""

    maxSurge: str | None = None
    maxUnavailable: str | None = None
    type: Literal["RollingUpdateScaleOut", "RollingUpdateScaleIn", "OverrideScaling"] | None = None


class V1MachinePoolConfigEntity(WireModel):
    """The head of a pool. `labels` and `size` are published as required; pairing never looks at
    them, so another wire may do without.
    """

    additionalAnnotations: Spare[Labels] = None
    additionalLabels: Spare[Labels] = None
    additionalTags: Spare[Labels] = None
    isControlPlane: bool | None = None
    labels: list[str] | None = None
    machinePoolProperties: Spare[V1MachinePoolProperties] = None
    maxSize: Spare[int] = None
    minSize: Spare[int] = None
    name: str
    nodeRepaveInterval: Spare[int] = None
    overrideClusterAPIConfig: Spare[str] = None
    overrideHealthCheckConfiguration: Spare[str] = None
    overrideKubeadmConfiguration: Spare[str] = None
    size: int | None = None
    skipK8sUpgrade: Spare[Literal["enabled", "disabled"]] = None
    taints: Spare[list[V1Taint]] = None
    updateStrategy: Spare[V1UpdateStrategy] = None
    useControlPlaneAsWorker: Spare[bool] = None


class V1EdgeNativeMachinePoolConfigEntity(WireModel):
    """A pool with its hosts."""

    cloudConfig: V1EdgeNativeMachinePoolCloudConfigEntity | None = None
    poolConfig: V1MachinePoolConfigEntity | None = None


class V1LifecycleConfig(WireModel):
    """Whether changes of a cluster wait."""

    pause: bool | None = None


class V1EdgeNativeClusterConfigPairEntity(WireModel):
    """How a cluster is kept; pairing looks at none of it."""

    controlPlaneHealthCheckTimeout: Spare[str] = None
    lifecycleConfig: Spare[V1LifecycleConfig] = None
    machineManagementConfig: Spare[JsonObject] = None
    resources: Spare[JsonObject] = None
    updateWorkerPoolsInParallel: Spare[bool] = None


class V1SpectroEdgeNativeClusterPairEntitySpec(WireModel):
    """The `spec` of a submission."""

    cloudConfig: V1EdgeNativeClusterConfig | None = None
    clusterConfig: V1EdgeNativeClusterConfigPairEntity | None = None
    clusterMeta: V1SpectroClusterPairMeta | None = None
    machinepoolconfig: list[V1EdgeNativeMachinePoolConfigEntity]
    profiles: list[V1ClusterProfileTemplate]
    registrationToken: str
    stylusAgentVersion: str


class V1SpectroEdgeNativeClusterPairEntity(WireModel):
    """What a host submits."""

    metadata: V1ObjectMetaInputEntity | None = None
    spec: V1SpectroEdgeNativeClusterPairEntitySpec | None = None


class V1ClusterPairWithdrawal(OwnModel):
    """What a host says when its request was cancelled; the id may be missing.

    `ended` says that the host has ended the request already and cannot go back.
    """

    pairingUid: str | None = None
    clusterMeta: V1SpectroClusterPairMeta | None = None
    ended: bool | None = None


class V1PairingPing(OwnModel):
    """How a Palette makes itself known to a host: `service` is `palette`."""

    service: str | None = None


# --- what an administrator sees and decides -----------------------------------------------


class V1SpectroClusterPairStatus(WireModel):
    """What became of a request."""

    pairingClusterName: str | None = None
    pairingClusterUid: str | None = None
    state: str | None = None


class V1SpectroEdgeNativeClusterPairSpec(WireModel):
    """The `spec` of a request as it is shown.

    The published one requires a `registrationToken` that it has no property for; ours never
    shows one. A list that is missing is taken for an empty one by the codec.
    """

    cloudConfig: V1EdgeNativeClusterConfig | None = None
    clusterConfig: V1EdgeNativeClusterConfigPairEntity | None = None
    clusterMeta: V1SpectroClusterPairMeta | None = None
    machinepoolconfig: list[V1EdgeNativeMachinePoolConfigEntity] | None = None
    profiles: list[V1ClusterProfileTemplate] | None = None
    stylusAgentVersion: str | None = None


class V1SpectroEdgeNativeClusterPair(WireModel):
    """One pairing request."""

    metadata: V1ObjectMeta | None = None
    spec: V1SpectroEdgeNativeClusterPairSpec | None = None
    status: V1SpectroClusterPairStatus | None = None


class V1SpectroClusterPairingRequestMeta(WireModel):
    """One line of the list of requests."""

    cloudType: str | None = None
    clusterUid: str | None = None
    creationTimestamp: Time | None = None
    localClusterUid: str | None = None
    name: str | None = None
    pairingUid: str | None = None
    state: str | None = None


class V1SpectroClusterPairingRequestMetas(WireModel):
    """The list of requests."""

    items: list[V1SpectroClusterPairingRequestMeta]


class V1FilterString(WireModel):
    """A filter on a text. Comparisons leave case aside unless told otherwise."""

    beginsWith: str | None = None
    contains: str | None = None
    eq: str | None = None
    ignoreCase: bool | None = None
    ne: str | None = None


class V1ClusterPairMetadataFilterSpec(WireModel):
    """What the list of requests can be filtered by."""

    localClusterUid: V1FilterString | None = None
    state: V1FilterString | None = None


class V1ClusterPairMetadataSortSpec(WireModel):
    """One key of the order of the list."""

    field: Literal["name", "state", "creationTimestamp"] | None = None
    order: Literal["asc", "desc"] | None = None


class V1ClusterPairMetadataFilter(WireModel):
    """How the list of requests is asked for."""

    filter: V1ClusterPairMetadataFilterSpec | None = None
    sort: list[V1ClusterPairMetadataSortSpec] | None = None


class V1EdgeNativeClusterPairSpcEntitySpec(WireModel):
    """The `spec` of an acceptance."""

    pairingUid: str
    profiles: list[V1SpectroClusterProfileEntity]


class V1EdgeNativeClusterPairSpcEntity(WireModel):
    """What Pair cluster sends."""

    metadata: V1ObjectMetaInputEntity | None = None
    spec: V1EdgeNativeClusterPairSpcEntitySpec | None = None


class V1ClusterPairSelection(OwnModel):
    """The profiles whose match is asked about."""

    profiles: list[V1SpectroClusterProfileEntity]


class V1ClusterPairPackMatch(OwnModel):
    """What one pack of the local cluster was matched with."""

    pack: str
    version: str
    profile: str | None = None
    profileVersion: str | None = None


class V1ClusterPairProblem(OwnModel):
    """One reason why a selection does not match."""

    kind: str
    message: str
    pack: str | None = None
    localVersion: str | None = None
    offeredVersion: str | None = None
    profile: str | None = None


class V1ClusterPairMatch(OwnModel):
    """The answer of the match. There is no problem when it is `valid`. Nothing is published for it,
    so whether it is valid is all that a target has to say.
    """

    valid: bool
    packs: list[V1ClusterPairPackMatch] | None = None
    problems: list[V1ClusterPairProblem] | None = None


# --- the cluster after pairing ------------------------------------------------------------


class V1SpectroClusterStatus(WireModel):
    """How a cluster is."""

    state: str | None = None


class V1SpectroClusterSpec(WireModel):
    """What a cluster runs."""

    clusterProfileTemplates: list[V1ClusterProfileTemplate] | None = None


class V1SpectroClusterProfiles(WireModel):
    """The cluster profiles that a cluster is to have."""

    profiles: list[V1SpectroClusterProfileEntity]


class V1SpectroCluster(WireModel):
    """A cluster that is registered."""

    metadata: V1ObjectMeta | None = None
    spec: V1SpectroClusterSpec | None = None
    status: V1SpectroClusterStatus | None = None


# --- registration tokens ------------------------------------------------------------------


class V1EdgeTokenProject(WireModel):
    """The project that a token admits to."""

    name: str | None = None
    uid: str | None = None


class V1EdgeTokenSpec(WireModel):
    """A token's value and how far it reaches."""

    defaultProject: V1EdgeTokenProject | None = None
    expiry: Time | None = None
    token: str | None = None


class V1EdgeTokenStatus(WireModel):
    """Whether a token admits anybody."""

    isActive: bool | None = None


class V1EdgeToken(WireModel):
    """A registration token."""

    metadata: V1ObjectMeta | None = None
    spec: V1EdgeTokenSpec | None = None
    status: V1EdgeTokenStatus | None = None


class V1EdgeTokens(WireModel):
    """The registration tokens."""

    items: list[V1EdgeToken]


class V1EdgeTokenSpecEntity(WireModel):
    """How far a new token reaches."""

    defaultProjectUid: str | None = None
    expiry: Time | None = None


class V1EdgeTokenSpecUpdate(V1EdgeTokenSpecEntity):
    """How far a token reaches from now on."""


class V1EdgeTokenEntity(WireModel):
    """A new token."""

    metadata: V1ObjectMeta | None = None
    spec: V1EdgeTokenSpecEntity | None = None


class V1EdgeTokenUpdate(WireModel):
    """A change of a token."""

    metadata: V1ObjectMeta | None = None
    spec: V1EdgeTokenSpecUpdate | None = None


class V1EdgeTokenActiveState(WireModel):
    """Revoking a token, or taking that back."""

    isActive: bool | None = None


PUBLISHED_INLINE = {
    "V1ClusterProfileMetadataSpec": "v1ClusterProfileMetadata.spec",
    "V1SpectroEdgeNativeClusterPairEntitySpec": "v1SpectroEdgeNativeClusterPairEntity.spec",
    "V1SpectroEdgeNativeClusterPairSpec": "v1SpectroEdgeNativeClusterPair.spec",
    "V1EdgeNativeClusterPairSpcEntitySpec": "v1EdgeNativeClusterPairSpcEntity.spec",
}
"""Models whose shape is published inside another one, without a name of its own."""

SHAPE_UNPUBLISHED = frozenset(
    "V1EdgeNativeMachinePoolHostEntity V1SpectroCluster V1SpectroClusterStatus"
    " V1SpectroClusterSpec V1SpectroClusterProfiles V1EdgeTokenProject".split()
)
"""Models that the published ones refer to, and that were written from what pairing needs."""
