"""Models of the Local UI API ("Local Management APIs" v1), as far as pairing touches them.

`model` says how they are written.
"""

from __future__ import annotations

from harness.wire.model import JsonObject, WireModel, model


class V1Error(WireModel):
    """The published error. Nothing is required; one without code and message is none."""

    code: str | None = None
    message: str | None = None
    details: JsonObject | None = None
    ref: str | None = None


V1AcceptedResponseWithMessage = model(
    "V1AcceptedResponseWithMessage",
    "The answer of operations that have nothing to tell.",
    "message",
)

# --- logins -------------------------------------------------------------------------------

LocalV1AuthLogin = model("LocalV1AuthLogin", "What a login asks for.", "username password")
LocalV1UserToken = model("LocalV1UserToken", "The session's secrets.", "Authorization RefreshToken")
V1LoginSuccess = model(
    "V1LoginSuccess", "The answer of a login.", "IsFirstLogin:flag Token:LocalV1UserToken"
)

# --- pairing ------------------------------------------------------------------------------

V1ClusterPairMeta = model(
    "V1ClusterPairMeta",
    "What pairing, and the connection check, ask for.",
    "paletteEndpoint registrationToken insecure:flag",
)
V1ClusterPairInfoResponse = model(
    "V1ClusterPairInfoResponse", "The answer of a send.", "pairingUid"
)
V1ClusterPairDetailsResponse = model(
    "V1ClusterPairDetailsResponse",
    "The pending pairing request, or what became of it.",
    "pairingUid paletteEndpoint registrationToken insecure:flag message"
    " status:Pairing|Paired|Rejected|Failed",
)
V1ClusterPairVerifiedConnectionResponse = model(
    "V1ClusterPairVerifiedConnectionResponse",
    "The answer of the connection check.",
    "verified:flag message",
)

# --- the cluster --------------------------------------------------------------------------

V1MetaData = model(
    "V1MetaData",
    "Metadata of a local resource. A description has no published place here.",
    "creationTimestamp:time id labels:labels lastModifiedTimestamp:time name ~tags:object"
    " +annotations:labels",
)
V1Health = model("V1Health", "Health with its reason.", "reason status:Healthy|Unhealthy")
V1Nic = model(
    "V1Nic",
    "A network interface of a host.",
    "dns:[text] gateway ip isDefault:flag macAddr nicName subnet",
)
V1Condition = model(
    "V1Condition",
    "How something is, in one respect.",
    "lastProbeTime:time lastTransitionTime:time message reason status! type!",
)
V1EdgeHost = model("V1EdgeHost", "A host of a pool.", "hostAddress hostID hostName ~nic:[V1Nic]")
V1ClusterNodePool = model(
    "V1ClusterNodePool", "The head of a pool.", "archType isControlPlane:flag name"
)
V1ClusterNodePoolSpec = model(
    "V1ClusterNodePoolSpec", "A pool with its hosts.", "hosts:[V1EdgeHost] pool:V1ClusterNodePool"
)
V1ClusterNodeStatus = model(
    "V1ClusterNodeStatus",
    "A node as it is.",
    "age architecture health:V1Health ipv4 k8sVersion nodeName"
    " nodeState:Provisioning|Running|Deleting|Error",
)
V1ClusterNodePoolStatus = model(
    "V1ClusterNodePoolStatus",
    "A pool with its nodes.",
    "nodes:[V1ClusterNodeStatus] pool:V1ClusterNodePool",
)
V1ClusterSpec = model(
    "V1ClusterSpec",
    "What a cluster is made of.",
    "hostIDs:[text] nodePools:[V1ClusterNodePoolSpec] ~ntpServers:[text] ~overlayCIDR"
    " ~sshKeys:[text] ~vip",
)
V1ClusterStatus = model(
    "V1ClusterStatus",
    "How a cluster is.",
    "~agentVersion ~clusterConditions:[V1Condition]"
    " clusterState:Provisioning|Running|Deleting|Error ~clusterStateReason health:V1Health"
    " ~isRebootPending:flag ~k8sVersion ~kubeconfig nodePools:[V1ClusterNodePoolStatus]"
    " ~ntpServersApplied:flag ~services:[object] ~sshKeysApplied:flag",
)
V1Cluster = model(
    "V1Cluster",
    "A cluster as Local UI shows it.",
    "metadata:V1MetaData spec:V1ClusterSpec status:V1ClusterStatus",
)

# --- the stack ----------------------------------------------------------------------------

V1PackInfo = model(
    "V1PackInfo",
    "A pack of the running stack.",
    "~conditions:[texts] ~contents:[texts] ~endTime layer:kernel|os|k8s|cni|csi|addon ~logo name"
    " ~startTime ~status ~type values version +registryUid +tag",
)
LocalV1ClusterProfileTemplate = model(
    "LocalV1ClusterProfileTemplate",
    "A profile of the running stack.",
    "~description name packs:[V1PackInfo] type:cluster|infra|add-on|system uid ~variables:[object]"
    " version",
)
V1ClusterCurrentApplications = model(
    "V1ClusterCurrentApplications",
    "The running stack.",
    "clusterProfileTemplates:[LocalV1ClusterProfileTemplate]",
)

# --- operations on the cluster ------------------------------------------------------------

V1EdgeNativeControlPlaneEndPoint = model(
    "V1EdgeNativeControlPlaneEndPoint",
    "Where the control plane is reached.",
    "ddnsSearchDomain host type",
)
V1EdgeNativeOverlayNetworkConfiguration = model(
    "V1EdgeNativeOverlayNetworkConfiguration",
    "The network above that of the hosts.",
    "cidr enable:flag",
)
LocalV1ObjectMeta = model(
    "LocalV1ObjectMeta",
    "Metadata of an object of the cluster.",
    "annotations:labels creationTimestamp:time deletionTimestamp:time labels:labels"
    " lastModifiedTimestamp:time name namespace resourceVersion selfLink uid",
)
V1Taint = model(
    "V1Taint",
    "What keeps work away from the nodes of a pool.",
    "effect:NoSchedule|PreferNoSchedule|NoExecute key timeAdded:time value",
)
LocalV1UpdateStrategy = model(
    "LocalV1UpdateStrategy",
    "In which order the nodes of a pool are renewed.",
    "type:RollingUpdateScaleOut|RollingUpdateScaleIn",
)
V1MachinePoolProperties = model(
    "V1MachinePoolProperties", "What machines a pool is made of.", "archType:amd64|arm64"
)
V1NodeInfo = model(
    "V1NodeInfo",
    "The node of a host.",
    "age architecture conditions:[V1Condition] health:V1Health ipv4 k8sVersion nodeName nodeState",
)
V1EdgeNativeHost = model(
    "V1EdgeNativeHost",
    "A host of a pool, as a cluster is configured.",
    "~IsCandidateCaption:flag ~caCert ~hostAddress hostName hostUid ~networkInfo:[V1Nic]"
    " ~nic:V1Nic ~nicName ~nodeInfo:V1NodeInfo ~staticIP ~tags:object"
    " ~twoNodeCandidatePriority:primary|secondary",
)
V1EdgeNativeMachinePoolConfig = model(
    "V1EdgeNativeMachinePoolConfig",
    "A pool of nodes, as a cluster is configured.",
    "~additionalLabels:labels ~additionalTags:labels hosts!:[V1EdgeNativeHost] isControlPlane:flag"
    " ~labels:[text] ~machinePoolProperties:V1MachinePoolProperties ~maxSize:number"
    " ~minSize:number name ~nodeRepaveInterval:number ~osType size:number"
    " ~skipK8sUpgrade:enabled|disabled ~taints:[V1Taint] ~updateStrategy:LocalV1UpdateStrategy"
    " ~useControlPlaneAsWorker:flag",
)
V1EdgeNativeClusterConfig = model(
    "V1EdgeNativeClusterConfig",
    "What a cluster has besides its pools.",
    "~controlPlaneEndpoint:V1EdgeNativeControlPlaneEndPoint ~isTwoNodeCluster:flag"
    " ntpServers:[text] ~overlayNetworkConfiguration:V1EdgeNativeOverlayNetworkConfiguration"
    " sshKeys:[text] ~staticIp:flag",
)
V1EdgeNativeCloudConfigSpec = model(
    "V1EdgeNativeCloudConfigSpec",
    "The pools of a cluster, and what they have in common. `machinePoolConfig` is published as"
    " required; pairing looks at it nowhere, so another wire may do without.",
    "clusterConfig!:V1EdgeNativeClusterConfig machinePoolConfig:[V1EdgeNativeMachinePoolConfig]",
)
V1EdgeNativeCloudConfig = model(
    "V1EdgeNativeCloudConfig",
    "How a cluster is laid out.",
    "~metadata:LocalV1ObjectMeta spec:V1EdgeNativeCloudConfigSpec",
)
V1EdgeNativeClusterSettings = model(
    "V1EdgeNativeClusterSettings",
    "What the nodes of a cluster have in common.",
    "ntpServers:[text] sshKeys:[text]",
)
V1ClusterConfigurationSpec = model(
    "V1ClusterConfigurationSpec",
    "The `spec` of a cluster's configuration.",
    "archiveUploadPath cloudConfig:V1EdgeNativeCloudConfig ~profileVariables:[texts] ~scheduleAt",
)
V1ClusterConfiguration = model(
    "V1ClusterConfiguration",
    "A cluster's configuration.",
    "metadata:V1MetaData spec:V1ClusterConfigurationSpec",
)
V1HttpPatch = model(
    "V1HttpPatch", "One change of a JSON patch.", "op!:add|remove|replace path! value:any"
)
V1ClusterPatch = model(
    "V1ClusterPatch", "Changes of a named cluster.", "clusterConfigPatches:[V1HttpPatch]"
)
V1MachinePoolPatch = model(
    "V1MachinePoolPatch", "Changes of a pool.", "machinePoolConfigPatches:[V1HttpPatch]"
)
V1ClusterProfileConfigurationSpec = model(
    "V1ClusterProfileConfigurationSpec",
    "The `spec` of a stack's replacement. The product takes the profiles from an uploaded archive;"
    " ours may stand here instead.",
    "~archiveUploadPath +clusterProfileTemplates:[LocalV1ClusterProfileTemplate]",
)
V1ClusterProfileConfiguration = model(
    "V1ClusterProfileConfiguration",
    "The replacement of the stack.",
    "metadata:V1MetaData spec:V1ClusterProfileConfigurationSpec",
)

# --- management ---------------------------------------------------------------------------

V1Settings = model(
    "V1Settings",
    "General settings of a host.",
    "~featureFlags:flags ~installationMode:airgap|connected managementMode:central|local",
)
V1Management = model(
    "V1Management",
    "Who shall manage a host.",
    "type!:central|local edgeHostToken paletteEndpoint projectName insecure:flag",
)

PUBLISHED_INLINE = {
    "V1ClusterConfigurationSpec": "v1ClusterConfiguration.spec",
    "V1ClusterProfileConfigurationSpec": "v1ClusterProfileConfiguration.spec",
}
"""Models whose shape is published inside another one, without a name of its own."""
