"""Models of the Local UI API ("Local Management APIs" v1), as far as pairing touches them.

Attributes bear the published names. What pairing never looks at is kept as plain JSON, so
that a peculiar value there does not spoil an answer. Fields marked `OWN` are ours.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import JsonValue

from harness.wire.model import OWN, SPARE, Time, WireModel

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
    tags: JsonValue = None
    annotations: Annotated[Labels | None, OWN] = None


class V1Health(WireModel):
    """Health with its reason."""

    reason: str | None = None
    status: HealthName | None = None


class V1EdgeHost(WireModel):
    """A host of a pool."""

    hostAddress: str | None = None
    hostID: str | None = None
    hostName: str | None = None
    nic: JsonValue = None


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
    ntpServers: JsonValue = None
    overlayCIDR: JsonValue = None
    sshKeys: JsonValue = None
    vip: JsonValue = None


class V1ClusterStatus(WireModel):
    """How a cluster is."""

    agentVersion: JsonValue = None
    clusterConditions: JsonValue = None
    clusterState: ClusterStateName | None = None
    clusterStateReason: JsonValue = None
    health: V1Health | None = None
    isRebootPending: JsonValue = None
    k8sVersion: JsonValue = None
    kubeconfig: JsonValue = None
    nodePools: list[V1ClusterNodePoolStatus] | None = None
    ntpServersApplied: JsonValue = None
    services: JsonValue = None
    sshKeysApplied: JsonValue = None


class V1Cluster(WireModel):
    """A cluster as Local UI shows it."""

    metadata: V1MetaData | None = None
    spec: V1ClusterSpec | None = None
    status: V1ClusterStatus | None = None


# --- the stack ----------------------------------------------------------------------------


class V1PackInfo(WireModel):
    """A pack of the running stack."""

    conditions: JsonValue = None
    contents: JsonValue = None
    endTime: JsonValue = None
    layer: LayerName | None = None
    logo: JsonValue = None
    name: str | None = None
    startTime: JsonValue = None
    status: JsonValue = None
    type: JsonValue = None
    values: str | None = None
    version: str | None = None
    registryUid: Annotated[str | None, OWN] = None
    tag: Annotated[str | None, OWN] = None


class LocalV1ClusterProfileTemplate(WireModel):
    """A profile of the running stack."""

    description: JsonValue = None
    name: str | None = None
    packs: list[V1PackInfo] | None = None
    type: Literal["cluster", "infra", "add-on", "system"] | None = None
    uid: str | None = None
    variables: JsonValue = None
    version: str | None = None


class V1ClusterCurrentApplications(WireModel):
    """The running stack."""

    clusterProfileTemplates: list[LocalV1ClusterProfileTemplate] | None = None


# --- operations on the cluster ------------------------------------------------------------


class V1Condition(WireModel):
    """How something is, in one respect."""

    lastProbeTime: Time | None = None
    lastTransitionTime: Time | None = None
    message: str | None = None
    reason: str | None = None
    status: str
    type: str


class V1EdgeNativeControlPlaneEndPoint(WireModel):
    """Where the control plane is reached."""

    ddnsSearchDomain: str | None = None
    host: str | None = None
    type: str | None = None


class V1EdgeNativeOverlayNetworkConfiguration(WireModel):
    """The network above that of the hosts."""

    cidr: str | None = None
    enable: bool | None = None


class V1Nic(WireModel):
    """A network interface of a host."""

    dns: list[str] | None = None
    gateway: str | None = None
    ip: str | None = None
    isDefault: bool | None = None
    macAddr: str | None = None
    nicName: str | None = None
    subnet: str | None = None


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

    IsCandidateCaption: Annotated[bool | None, SPARE] = None
    caCert: Annotated[str | None, SPARE] = None
    hostAddress: Annotated[str | None, SPARE] = None
    hostName: str | None = None
    hostUid: str | None = None
    networkInfo: Annotated[list[V1Nic] | None, SPARE] = None
    nic: Annotated[V1Nic | None, SPARE] = None
    nicName: Annotated[str | None, SPARE] = None
    nodeInfo: Annotated[V1NodeInfo | None, SPARE] = None
    staticIP: Annotated[str | None, SPARE] = None
    tags: Annotated[dict[str, JsonValue] | None, SPARE] = None
    twoNodeCandidatePriority: Annotated[Literal["primary", "secondary"] | None, SPARE] = None


class V1EdgeNativeMachinePoolConfig(WireModel):
    """A pool of nodes, as a cluster is configured."""

    additionalLabels: Annotated[Labels | None, SPARE] = None
    additionalTags: Annotated[Labels | None, SPARE] = None
    hosts: list[V1EdgeNativeHost]
    isControlPlane: bool | None = None
    labels: Annotated[list[str] | None, SPARE] = None
    machinePoolProperties: Annotated[V1MachinePoolProperties | None, SPARE] = None
    maxSize: Annotated[int | None, SPARE] = None
    minSize: Annotated[int | None, SPARE] = None
    name: str | None = None
    nodeRepaveInterval: Annotated[int | None, SPARE] = None
    osType: Annotated[str | None, SPARE] = None
    size: int | None = None
    skipK8sUpgrade: Annotated[Literal["enabled", "disabled"] | None, SPARE] = None
    taints: Annotated[list[V1Taint] | None, SPARE] = None
    updateStrategy: Annotated[LocalV1UpdateStrategy | None, SPARE] = None
    useControlPlaneAsWorker: Annotated[bool | None, SPARE] = None


class V1EdgeNativeClusterConfig(WireModel):
    """What a cluster has besides its pools."""

    controlPlaneEndpoint: Annotated[V1EdgeNativeControlPlaneEndPoint | None, SPARE] = None
    isTwoNodeCluster: Annotated[bool | None, SPARE] = None
    ntpServers: list[str] | None = None
    overlayNetworkConfiguration: Annotated[
        V1EdgeNativeOverlayNetworkConfiguration | None, SPARE
    ] = None
    sshKeys: list[str] | None = None
    staticIp: Annotated[bool | None, SPARE] = None


class V1EdgeNativeCloudConfigSpec(WireModel):
    """The pools of a cluster, and what they have in common."""

    clusterConfig: V1EdgeNativeClusterConfig
    machinePoolConfig: list[V1EdgeNativeMachinePoolConfig]


class V1EdgeNativeCloudConfig(WireModel):
    """How a cluster is laid out."""

    metadata: Annotated[LocalV1ObjectMeta | None, SPARE] = None
    spec: V1EdgeNativeCloudConfigSpec | None = None


class V1EdgeNativeClusterSettings(WireModel):
    """What the nodes of a cluster have in common."""

    ntpServers: list[str] | None = None
    sshKeys: list[str] | None = None


class V1ClusterConfigurationSpec(WireModel):
    """The `spec` of a cluster's configuration."""

    archiveUploadPath: str | None = None
    cloudConfig: V1EdgeNativeCloudConfig | None = None
    profileVariables: JsonValue = None
    scheduleAt: JsonValue = None


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

    archiveUploadPath: JsonValue = None
    clusterProfileTemplates: Annotated[list[LocalV1ClusterProfileTemplate] | None, OWN] = None


class V1ClusterProfileConfiguration(WireModel):
    """The replacement of the stack."""

    metadata: V1MetaData | None = None
    spec: V1ClusterProfileConfigurationSpec | None = None


# --- management ---------------------------------------------------------------------------


class V1Settings(WireModel):
    """General settings of a host."""

    featureFlags: JsonValue = None
    installationMode: JsonValue = None
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
