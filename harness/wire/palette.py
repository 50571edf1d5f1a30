"""Models of the Palette API (4.9), as far as pairing touches them.

`model` says how they are written. A few are published by name alone; they hold what pairing needs
of them, and `SHAPE_UNPUBLISHED` lists them.
"""

from __future__ import annotations

from harness.wire.local_ui import (
    V1EdgeNativeClusterConfig,
    V1Error,
    V1MachinePoolProperties,
    V1Nic,
    V1Taint,
)
from harness.wire.model import model
from harness.wire.profiles import (
    V1ClusterProfileTemplate,
    V1ObjectMeta,
    V1SpectroClusterProfileEntity,
)

__all__ = [
    "V1ClusterProfileTemplate",
    "V1EdgeNativeClusterConfig",
    "V1Error",
    "V1MachinePoolProperties",
    "V1Nic",
    "V1ObjectMeta",
    "V1SpectroClusterProfileEntity",
    "V1Taint",
]

SERVICE = "palette"
"""What a Palette answers to a ping, so that a stranger who answers 200 is not taken for one."""
V1AuthLogin = model("V1AuthLogin", "What a login asks for.", "emailId org password")
V1UserToken = model("V1UserToken", "The session's secret.", "Authorization isMfa:flag")
V1Uid = model("V1Uid", "The uid of what was created.", "uid!")
V1ObjectMetaInputEntity = model(
    "V1ObjectMetaInputEntity", "Metadata on the way in.", "annotations:labels labels:labels name"
)
V1ObjectEntity = model("V1ObjectEntity", "What something is called.", "name uid")
V1ProjectMetadata = model(
    "V1ProjectMetadata", "One line of the list of projects.", "metadata:V1ObjectEntity"
)
V1ProjectsMetadata = model(
    "V1ProjectsMetadata", "The list of projects.", "items!:[V1ProjectMetadata]"
)
V1ClusterProfileMetadataSpec = model(
    "V1ClusterProfileMetadataSpec",
    "The `spec` of a line of the list of profiles.",
    "cloudType version",
)
V1ClusterProfileMetadata = model(
    "V1ClusterProfileMetadata",
    "One line of the list of profiles.",
    "metadata:V1ObjectEntity spec:V1ClusterProfileMetadataSpec",
)
V1ClusterProfilesMetadata = model(
    "V1ClusterProfilesMetadata",
    "The list of profiles, a line for each version.",
    "items!:[V1ClusterProfileMetadata]",
)
V1SpectroClustersMetadata = model(
    "V1SpectroClustersMetadata", "The list of clusters.", "items!:[V1ObjectMeta]"
)
V1ObjectMetaInputEntitySchema = model(
    "V1ObjectMetaInputEntitySchema",
    "A change of something's metadata.",
    "metadata!:V1ObjectMetaInputEntity",
)

# --- what a host submits ------------------------------------------------------------------

V1SpectroClusterPairMeta = model(
    "V1SpectroClusterPairMeta",
    "Which local cluster asks, and the secret that proves it.",
    "localClusterToken localClusterUid name uid",
)
V1EdgeNativeMachinePoolHostEntity = model(
    "V1EdgeNativeMachinePoolHostEntity",
    "A host of a pool.",
    "hostName hostUid ~nic:V1Nic ~nicName ~staticIP ~twoNodeCandidatePriority:primary|secondary",
)
V1EdgeNativeMachinePoolCloudConfigEntity = model(
    "V1EdgeNativeMachinePoolCloudConfigEntity",
    "The hosts of a pool.",
    "edgeHosts!:[V1EdgeNativeMachinePoolHostEntity]",
)
V1UpdateStrategy = model(
    "V1UpdateStrategy",
    "In which order the nodes of a pool are renewed.",
    "maxSurge maxUnavailable type:RollingUpdateScaleOut|RollingUpdateScaleIn|OverrideScaling",
)
V1MachinePoolConfigEntity = model(
    "V1MachinePoolConfigEntity",
    "The head of a pool. `labels` and `size` are published as required; pairing never looks at"
    " them, so another wire may do without.",
    "~additionalAnnotations:labels ~additionalLabels:labels ~additionalTags:labels"
    " isControlPlane:flag labels:[text] ~machinePoolProperties:V1MachinePoolProperties"
    " ~maxSize:number ~minSize:number name! ~nodeRepaveInterval:number ~overrideClusterAPIConfig"
    " ~overrideHealthCheckConfiguration ~overrideKubeadmConfiguration size:number"
    " ~skipK8sUpgrade:enabled|disabled ~taints:[V1Taint] ~updateStrategy:V1UpdateStrategy"
    " ~useControlPlaneAsWorker:flag",
)
V1EdgeNativeMachinePoolConfigEntity = model(
    "V1EdgeNativeMachinePoolConfigEntity",
    "A pool with its hosts.",
    "cloudConfig:V1EdgeNativeMachinePoolCloudConfigEntity poolConfig:V1MachinePoolConfigEntity",
)
V1LifecycleConfig = model("V1LifecycleConfig", "Whether changes of a cluster wait.", "pause:flag")
V1EdgeNativeClusterConfigPairEntity = model(
    "V1EdgeNativeClusterConfigPairEntity",
    "How a cluster is kept; pairing looks at none of it.",
    "~controlPlaneHealthCheckTimeout ~lifecycleConfig:V1LifecycleConfig"
    " ~machineManagementConfig:object ~resources:object ~updateWorkerPoolsInParallel:flag",
)
V1SpectroEdgeNativeClusterPairEntitySpec = model(
    "V1SpectroEdgeNativeClusterPairEntitySpec",
    "The `spec` of a submission.",
    "cloudConfig:V1EdgeNativeClusterConfig clusterConfig:V1EdgeNativeClusterConfigPairEntity"
    " clusterMeta:V1SpectroClusterPairMeta"
    " machinepoolconfig!:[V1EdgeNativeMachinePoolConfigEntity]"
    " profiles!:[V1ClusterProfileTemplate] registrationToken! stylusAgentVersion!",
)
V1SpectroEdgeNativeClusterPairEntity = model(
    "V1SpectroEdgeNativeClusterPairEntity",
    "What a host submits.",
    "metadata:V1ObjectMetaInputEntity spec:V1SpectroEdgeNativeClusterPairEntitySpec",
)
V1ClusterPairWithdrawal = model(
    "V1ClusterPairWithdrawal",
    "What a host says when its request was cancelled; the id may be missing. `ended` says that the"
    " host has ended the request already and cannot go back.",
    "pairingUid clusterMeta:V1SpectroClusterPairMeta ended:flag",
    own=True,
)
V1PairingPing = model(
    "V1PairingPing",
    "How a Palette makes itself known to a host: `service` is `palette`.",
    "service",
    own=True,
)

# --- what an administrator sees and decides -----------------------------------------------

V1SpectroClusterPairStatus = model(
    "V1SpectroClusterPairStatus",
    "What became of a request.",
    "pairingClusterName pairingClusterUid state",
)
V1SpectroEdgeNativeClusterPairSpec = model(
    "V1SpectroEdgeNativeClusterPairSpec",
    "The `spec` of a request as it is shown. The published one requires a `registrationToken` that"
    " it has no property for; ours never shows one. A list that is missing is taken for an empty"
    " one by the codec.",
    "cloudConfig:V1EdgeNativeClusterConfig clusterConfig:V1EdgeNativeClusterConfigPairEntity"
    " clusterMeta:V1SpectroClusterPairMeta machinepoolconfig:[V1EdgeNativeMachinePoolConfigEntity]"
    " profiles:[V1ClusterProfileTemplate] stylusAgentVersion",
)
V1SpectroEdgeNativeClusterPair = model(
    "V1SpectroEdgeNativeClusterPair",
    "One pairing request.",
    "metadata:V1ObjectMeta spec:V1SpectroEdgeNativeClusterPairSpec"
    " status:V1SpectroClusterPairStatus",
)
V1SpectroClusterPairingRequestMeta = model(
    "V1SpectroClusterPairingRequestMeta",
    "One line of the list of requests.",
    "cloudType clusterUid creationTimestamp:time localClusterUid name pairingUid state",
)
V1SpectroClusterPairingRequestMetas = model(
    "V1SpectroClusterPairingRequestMetas",
    "The list of requests.",
    "items!:[V1SpectroClusterPairingRequestMeta]",
)
V1FilterString = model(
    "V1FilterString",
    "A filter on a text. Comparisons leave case aside unless told otherwise.",
    "beginsWith contains eq ignoreCase:flag ne",
)
V1ClusterPairMetadataFilterSpec = model(
    "V1ClusterPairMetadataFilterSpec",
    "What the list of requests can be filtered by.",
    "localClusterUid:V1FilterString state:V1FilterString",
)
V1ClusterPairMetadataSortSpec = model(
    "V1ClusterPairMetadataSortSpec",
    "One key of the order of the list.",
    "field:name|state|creationTimestamp order:asc|desc",
)
V1ClusterPairMetadataFilter = model(
    "V1ClusterPairMetadataFilter",
    "How the list of requests is asked for.",
    "filter:V1ClusterPairMetadataFilterSpec sort:[V1ClusterPairMetadataSortSpec]",
)
V1EdgeNativeClusterPairSpcEntitySpec = model(
    "V1EdgeNativeClusterPairSpcEntitySpec",
    "The `spec` of an acceptance.",
    "pairingUid! profiles!:[V1SpectroClusterProfileEntity]",
)
V1EdgeNativeClusterPairSpcEntity = model(
    "V1EdgeNativeClusterPairSpcEntity",
    "What Pair cluster sends.",
    "metadata:V1ObjectMetaInputEntity spec:V1EdgeNativeClusterPairSpcEntitySpec",
)
V1ClusterPairSelection = model(
    "V1ClusterPairSelection",
    "The profiles whose match is asked about.",
    "profiles!:[V1SpectroClusterProfileEntity]",
    own=True,
)
V1ClusterPairPackMatch = model(
    "V1ClusterPairPackMatch",
    "What one pack of the local cluster was matched with.",
    "pack! version! profile profileVersion",
    own=True,
)
V1ClusterPairProblem = model(
    "V1ClusterPairProblem",
    "One reason why a selection does not match.",
    "kind! message! pack localVersion offeredVersion profile",
    own=True,
)
V1ClusterPairMatch = model(
    "V1ClusterPairMatch",
    "The answer of the match. There is no problem when it is `valid`. Nothing is published for it,"
    " so whether it is valid is all that a target has to say.",
    "valid!:flag packs:[V1ClusterPairPackMatch] problems:[V1ClusterPairProblem]",
    own=True,
)

# --- the cluster after pairing ------------------------------------------------------------

V1SpectroClusterStatus = model("V1SpectroClusterStatus", "How a cluster is.", "state")
V1SpectroClusterSpec = model(
    "V1SpectroClusterSpec",
    "What a cluster runs.",
    "clusterProfileTemplates:[V1ClusterProfileTemplate]",
)
V1SpectroClusterProfiles = model(
    "V1SpectroClusterProfiles",
    "The cluster profiles that a cluster is to have.",
    "profiles!:[V1SpectroClusterProfileEntity]",
)
V1SpectroCluster = model(
    "V1SpectroCluster",
    "A cluster that is registered.",
    "metadata:V1ObjectMeta spec:V1SpectroClusterSpec status:V1SpectroClusterStatus",
)

# --- registration tokens ------------------------------------------------------------------

V1EdgeTokenProject = model("V1EdgeTokenProject", "The project that a token admits to.", "name uid")
V1EdgeTokenSpec = model(
    "V1EdgeTokenSpec",
    "A token's value and how far it reaches.",
    "defaultProject:V1EdgeTokenProject expiry:time token",
)
V1EdgeTokenStatus = model("V1EdgeTokenStatus", "Whether a token admits anybody.", "isActive:flag")
V1EdgeToken = model(
    "V1EdgeToken",
    "A registration token.",
    "metadata:V1ObjectMeta spec:V1EdgeTokenSpec status:V1EdgeTokenStatus",
)
V1EdgeTokens = model("V1EdgeTokens", "The registration tokens.", "items!:[V1EdgeToken]")
V1EdgeTokenSpecEntity = model(
    "V1EdgeTokenSpecEntity", "How far a new token reaches.", "defaultProjectUid expiry:time"
)
V1EdgeTokenSpecUpdate = model(
    "V1EdgeTokenSpecUpdate",
    "How far a token reaches from now on.",
    "defaultProjectUid expiry:time",
)
V1EdgeTokenEntity = model(
    "V1EdgeTokenEntity", "A new token.", "metadata:V1ObjectMeta spec:V1EdgeTokenSpecEntity"
)
V1EdgeTokenUpdate = model(
    "V1EdgeTokenUpdate", "A change of a token.", "metadata:V1ObjectMeta spec:V1EdgeTokenSpecUpdate"
)
V1EdgeTokenActiveState = model(
    "V1EdgeTokenActiveState", "Revoking a token, or taking that back.", "isActive:flag"
)

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
