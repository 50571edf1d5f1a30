"""Models of the Local UI API ("Local Management APIs" v1), as far as pairing touches them.

Attributes bear the published names. What pairing never looks at is kept as plain JSON, so
that a peculiar value there does not spoil an answer. Fields marked `OWN` are ours.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import JsonValue

from harness.wire.model import OWN, WireModel

Labels = dict[str, str]
ClusterStateName = Literal["Provisioning", "Running", "Deleting", "Error"]
HealthName = Literal["Healthy", "Unhealthy"]
ModeName = Literal["central", "local"]
LayerName = Literal["kernel", "os", "k8s", "cni", "csi", "addon"]


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

    creationTimestamp: str | None = None
    id: str | None = None
    labels: Labels | None = None
    lastModifiedTimestamp: str | None = None
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


class V1ClusterConfigurationSpec(WireModel):
    """The `spec` of a cluster's configuration; pairing changes none of it."""

    archiveUploadPath: JsonValue = None
    cloudConfig: JsonValue = None
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
