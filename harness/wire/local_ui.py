"""Models of the Local UI API ("Local Management APIs" v1), as far as pairing touches them.

Attributes bear the published names. Fields marked `OWN` are ours.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import JsonValue

from harness.wire.model import OWN, JsonObject, Spare, Texts, Time, WireModel

Labels = dict[str, str]
ClusterStateName = Literal["Provisioning", "Running", "Deleting", "Error"]
HealthName = Literal["Healthy", "Unhealthy"]
ModeName = Literal["central", "local"]
LayerName = Literal["kernel", "os", "k8s", "cni", "csi", "addon"]
ArchName = Literal["amd64", "arm64"]


class V1Error(WireModel):
    """The published error. Nothing is required; one without code and message is none."""

    code: str | None = None
    message: str | None = None
    details: dict[str, JsonValue] | None = None
    ref: str | None = None


class V1AcceptedResponseWithMessage(WireModel):
    """The answer of operations that have nothing to tell."""

    message: str | None = None


# --- logins -------------------------------------------------------------------------------


class LocalV1AuthLogin(WireModel):
    """What a login asks for."""

    username: str | None = None
    password: str | None = None


class LocalV1UserToken(WireModel):
    """The session's secrets."""

    Authorization: str | None = None
    RefreshToken: str | None = None


class V1LoginSuccess(WireModel):
    """The answer of a login."""

    IsFirstLogin: bool | None = None
    Token: LocalV1UserToken | None = None


# --- pairing ------------------------------------------------------------------------------


class V1ClusterPairMeta(WireModel):
    """What pairing, and the connection check, ask for."""

    paletteEndpoint: str | None = None
    registrationToken: str | None = None
    insecure: bool | None = None


class V1ClusterPairInfoResponse(WireModel):
    """The answer of a send."""

    pairingUid: str | None = None


class V1ClusterPairDetailsResponse(WireModel):
    """The pending pairing request, or what became of it."""

    pairingUid: str | None = None
    paletteEndpoint: str | None = None
    registrationToken: str | None = None
    insecure: bool | None = None
    message: str | None = None
    status: Literal["Pairing", "Paired", "Rejected", "Failed"] | None = None


class V1ClusterPairVerifiedConnectionResponse(WireModel):
    """The answer of the connection check."""

    verified: bool | None = None
    message: str | None = None


# --- the cluster --------------------------------------------------------------------------


class V1MetaData(WireModel):
    """Metadata of a local resource. A description has no published place here."""

    creationTimestamp: Time | None = None
    id: str | None = None
    labels: Labels | None = None
    lastModifiedTimestamp: Time | None = None
    name: str | None = None
    tags: Spare[JsonObject] = None
    annotations: Annotated[Labels | None, OWN] = None


class V1Health(WireModel):
    """Health with its reason."""

    reason: str | None = None
    status: HealthName | None = None


class V1Nic(WireModel):
    """A network interface of a host."""

    dns: list[str] | None = None
    gateway: str | None = None
    ip: str | None = None
    isDefault: bool | None = None
    macAddr: str | None = None
    nicName: str | None = None
    subnet: str | None = None


class V1Condition(WireModel):
    """How something is, in one respect."""

    lastProbeTime: Time | None = None
    lastTransitionTime: Time | None = None
    message: str | None = None
    reason: str | None = None
    status: str
    type: str


class V1EdgeHost(WireModel):
    """A host of a pool."""

    hostAddress: str | None = None
    hostID: str | None = None
    hostName: str | None = None
    nic: Spare[list[V1Nic]] = None


class V1ClusterNodePool(WireModel):
    """The head of a pool."""

    archType: str | None = None
    isControlPlane: bool | None = None
    name: str | None = None


class V1ClusterNodePoolSpec(WireModel):
    """A pool with its hosts."""

    hosts: list[V1EdgeHost] | None = None
    pool: V1ClusterNodePool | None = None


class V1ClusterNodeStatus(WireModel):
    """A node as it is."""

    age: str | None = None
    architecture: str | None = None
    health: V1Health | None = None
    ipv4: str | None = None
    k8sVersion: str | None = None
    nodeName: str | None = None
    nodeState: ClusterStateName | None = None


class V1ClusterNodePoolStatus(WireModel):
    """A pool with its nodes."""

    nodes: list[V1ClusterNodeStatus] | None = None
    pool: V1ClusterNodePool | None = None


class V1ClusterSpec(WireModel):
    """What a cluster is made of."""

    hostIDs: list[str] | None = None
    nodePools: list[V1ClusterNodePoolSpec] | None = None
    ntpServers: Spare[list[str]] = None
    overlayCIDR: Spare[str] = None
    sshKeys: Spare[list[str]] = None
    vip: Spare[str] = None


class V1ClusterStatus(WireModel):
    """How a cluster is."""

    agentVersion: Spare[str] = None
    clusterConditions: Spare[list[V1Condition]] = None
    clusterState: ClusterStateName | None = None
    clusterStateReason: Spare[str] = None
    health: V1Health | None = None
    isRebootPending: Spare[bool] = None
    k8sVersion: Spare[str] = None
    kubeconfig: Spare[str] = None
    nodePools: list[V1ClusterNodePoolStatus] | None = None
    ntpServersApplied: Spare[bool] = None
    services: Spare[list[JsonObject]] = None
    sshKeysApplied: Spare[bool] = None


class V1Cluster(WireModel):
    """A cluster as Local UI shows it."""

    metadata: V1MetaData | None = None
    spec: V1ClusterSpec | None = None
    status: V1ClusterStatus | None = None


# --- the stack ----------------------------------------------------------------------------


class V1PackInfo(WireModel):
    """A pack of the running stack."""

    conditions: Spare[list[Texts]] = None
    contents: Spare[list[Texts]] = None
    endTime: Spare[str] = None
    layer: LayerName | None = None
    logo: Spare[str] = None
    name: str | None = None
    startTime: Spare[str] = None
    status: Spare[str] = None
    type: Spare[str] = None
    values: str | None = None
    version: str | None = None
    registryUid: Annotated[str | None, OWN] = None
    tag: Annotated[str | None, OWN] = None


class LocalV1ClusterProfileTemplate(WireModel):
    """A profile of the running stack."""

    description: Spare[str] = None
    name: str | None = None
    packs: list[V1PackInfo] | None = None
    type: Literal["cluster", "infra", "add-on", "system"] | None = None
    uid: str | None = None
    variables: Spare[list[JsonObject]] = None
    version: str | None = None


class V1ClusterCurrentApplications(WireModel):
    """The running stack."""

    clusterProfileTemplates: list[LocalV1ClusterProfileTemplate] | None = None


# --- operations on the cluster ------------------------------------------------------------


class V1EdgeNativeControlPlaneEndPoint(WireModel):
    """Where the control plane is reached."""

    ddnsSearchDomain: str | None = None
    host: str | None = None
    type: str | None = None


class V1EdgeNativeOverlayNetworkConfiguration(WireModel):
    """The network above that of the hosts."""

    cidr: str | None = None
    enable: bool | None = None


class LocalV1ObjectMeta(WireModel):
    """Metadata of an object of the cluster."""

    annotations: Labels | None = None
    creationTimestamp: Time | None = None
    deletionTimestamp: Time | None = None
    labels: Labels | None = None
    lastModifiedTimestamp: Time | None = None
    name: str | None = None
    namespace: str | None = None
    resourceVersion: str | None = None
    selfLink: str | None = None
    uid: str | None = None


class V1Taint(WireModel):
    """What keeps work away from the nodes of a pool."""

    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    key: str | None = None
    timeAdded: Time | None = None
    value: str | None = None


class LocalV1UpdateStrategy(WireModel):
    """In which order the nodes of a pool are renewed."""

    type: Literal["RollingUpdateScaleOut", "RollingUpdateScaleIn"] | None = None


class V1MachinePoolProperties(WireModel):
    """What machines a pool is made of."""

    archType: ArchName | None = None


class V1NodeInfo(WireModel):
    """The node of a host."""

    age: str | None = None
    architecture: str | None = None
    conditions: list[V1Condition] | None = None
    health: V1Health | None = None
    ipv4: str | None = None
    k8sVersion: str | None = None
    nodeName: str | None = None
    nodeState: str | None = None


class V1EdgeNativeHost(WireModel):
    """A host of a pool, as a cluster is configured."""

    IsCandidateCaption: Spare[bool] = None
    caCert: Spare[str] = None
    hostAddress: Spare[str] = None
    hostName: str | None = None
    hostUid: str | None = None
    networkInfo: Spare[list[V1Nic]] = None
    nic: Spare[V1Nic] = None
    nicName: Spare[str] = None
    nodeInfo: Spare[V1NodeInfo] = None
    staticIP: Spare[str] = None
    tags: Spare[dict[str, JsonValue]] = None
    twoNodeCandidatePriority: Spare[Literal["primary", "secondary"]] = None


class V1EdgeNativeMachinePoolConfig(WireModel):
    """A pool of nodes, as a cluster is configured."""

    additionalLabels: Spare[Labels] = None
    additionalTags: Spare[Labels] = None
    hosts: list[V1EdgeNativeHost]
    isControlPlane: bool | None = None
    labels: Spare[list[str]] = None
    machinePoolProperties: Spare[V1MachinePoolProperties] = None
    maxSize: Spare[int] = None
    minSize: Spare[int] = None
    name: str | None = None
    nodeRepaveInterval: Spare[int] = None
    osType: Spare[str] = None
    size: int | None = None
    skipK8sUpgrade: Spare[Literal["enabled", "disabled"]] = None
    taints: Spare[list[V1Taint]] = None
    updateStrategy: Spare[LocalV1UpdateStrategy] = None
    useControlPlaneAsWorker: Spare[bool] = None


class V1EdgeNativeClusterConfig(WireModel):
    """What a cluster has besides its pools."""

    controlPlaneEndpoint: Spare[V1EdgeNativeControlPlaneEndPoint] = None
    isTwoNodeCluster: Spare[bool] = None
    ntpServers: list[str] | None = None
    overlayNetworkConfiguration: Spare[V1EdgeNativeOverlayNetworkConfiguration] = None
    sshKeys: list[str] | None = None
    staticIp: Spare[bool] = None


class V1EdgeNativeCloudConfigSpec(WireModel):
    """The pools of a cluster, and what they have in common. `machinePoolConfig` is published as
    required; pairing looks at it nowhere, so another wire may do without.
    """

    clusterConfig: V1EdgeNativeClusterConfig
    machinePoolConfig: list[V1EdgeNativeMachinePoolConfig] | None = None


class V1EdgeNativeCloudConfig(WireModel):
    """How a cluster is laid out."""

    metadata: Spare[LocalV1ObjectMeta] = None
    spec: V1EdgeNativeCloudConfigSpec | None = None


class V1EdgeNativeClusterSettings(WireModel):
    """What the nodes of a cluster have in common."""

    ntpServers: list[str] | None = None
    sshKeys: list[str] | None = None


class V1ClusterConfigurationSpec(WireModel):
    """The `spec` of a cluster's configuration."""

    archiveUploadPath: str | None = None
    cloudConfig: V1EdgeNativeCloudConfig | None = None
    profileVariables: Spare[list[Texts]] = None
    scheduleAt: Spare[str] = None


class V1ClusterConfiguration(WireModel):
    """A cluster's configuration."""

    metadata: V1MetaData | None = None
    spec: V1ClusterConfigurationSpec | None = None


class V1HttpPatch(WireModel):
    """One change of a JSON patch."""

    op: Literal["add", "remove", "replace"]
    path: str
    value: JsonValue = None


class V1ClusterPatch(WireModel):
    """Changes of a named cluster."""

    clusterConfigPatches: list[V1HttpPatch] | None = None


class V1MachinePoolPatch(WireModel):
    """Changes of a pool."""

    machinePoolConfigPatches: list[V1HttpPatch] | None = None


class V1ClusterProfileConfigurationSpec(WireModel):
    """The `spec` of a stack's replacement.

    The product takes the profiles from an uploaded archive; ours may stand here instead.
    """

    archiveUploadPath: Spare[str] = None
    clusterProfileTemplates: Annotated[list[LocalV1ClusterProfileTemplate] | None, OWN] = None


class V1ClusterProfileConfiguration(WireModel):
    """The replacement of the stack."""

    metadata: V1MetaData | None = None
    spec: V1ClusterProfileConfigurationSpec | None = None


# --- management ---------------------------------------------------------------------------


class V1Settings(WireModel):
    """General settings of a host."""

    featureFlags: Spare[dict[str, bool]] = None
    installationMode: Spare[Literal["airgap", "connected"]] = None
    managementMode: ModeName | None = None


class V1Management(WireModel):
    """Who shall manage a host."""

    type: ModeName
    edgeHostToken: str | None = None
    paletteEndpoint: str | None = None
    projectName: str | None = None
    insecure: bool | None = None


PUBLISHED_INLINE = {
    "V1ClusterConfigurationSpec": "v1ClusterConfiguration.spec",
    "V1ClusterProfileConfigurationSpec": "v1ClusterProfileConfiguration.spec",
}
"""Models whose shape is published inside another one, without a name of its own."""
