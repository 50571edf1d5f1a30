"""Models of the two published APIs, as far as pairing touches them: Local UI ("Local Management
APIs" v1) and Palette (4.9).

`models` says how they are written. A few of Palette's are published by name alone; they hold what
pairing needs of them.
"""

from __future__ import annotations

from harness.wire.model import models

V1Error = models("""
V1Error code message details:object ref # The published error. Nothing is required; one without code
    and message is none.
""")["V1Error"]
LOCAL_UI = models("""
V1AcceptedResponseWithMessage message # The answer of operations that have nothing to tell.

LocalV1AuthLogin username password # What a login asks for.
LocalV1UserToken Authorization RefreshToken # The session's secrets.
V1LoginSuccess IsFirstLogin:flag Token:LocalV1UserToken # The answer of a login.

V1ClusterPairMeta paletteEndpoint registrationToken insecure:flag # What pairing, and the connection
    check, ask for.
V1ClusterPairInfoResponse pairingUid # The answer of a send.
V1ClusterPairDetailsResponse pairingUid paletteEndpoint registrationToken insecure:flag message
    status:Pairing|Paired|Rejected|Failed # The pending pairing request, or what became of it.
V1ClusterPairVerifiedConnectionResponse verified:flag message # The answer of the connection check.

V1MetaData creationTimestamp:time id labels:labels lastModifiedTimestamp:time name ~tags:object
    +annotations:labels # Metadata of a local resource. A description has no published place here.
V1Health reason status:Healthy|Unhealthy # Health with its reason.
V1Nic dns:[text] gateway ip isDefault:flag macAddr nicName subnet # A network interface of a host.
V1Condition lastProbeTime:time lastTransitionTime:time message reason status! type! # How something
    is, in one respect.
V1EdgeHost hostAddress hostID hostName ~nic:[V1Nic] # A host of a pool.
V1ClusterNodePool archType isControlPlane:flag name # The head of a pool.
V1ClusterNodePoolSpec hosts:[V1EdgeHost] pool:V1ClusterNodePool # A pool with its hosts.
V1ClusterNodeStatus age architecture health:V1Health ipv4 k8sVersion nodeName
    nodeState:Provisioning|Running|Deleting|Error # A node as it is.
V1ClusterNodePoolStatus nodes:[V1ClusterNodeStatus] pool:V1ClusterNodePool # A pool with its nodes.
V1ClusterSpec hostIDs:[text] nodePools:[V1ClusterNodePoolSpec] ~ntpServers:[text] ~overlayCIDR
    ~sshKeys:[text] ~vip # What a cluster is made of.
V1ClusterStatus ~agentVersion ~clusterConditions:[V1Condition]
    clusterState:Provisioning|Running|Deleting|Error ~clusterStateReason health:V1Health
    ~isRebootPending:flag ~k8sVersion ~kubeconfig nodePools:[V1ClusterNodePoolStatus]
    ~ntpServersApplied:flag ~services:[object] ~sshKeysApplied:flag # How a cluster is.
V1Cluster metadata:V1MetaData spec:V1ClusterSpec status:V1ClusterStatus # A cluster as Local UI
    shows it.

V1PackInfo ~conditions:[texts] ~contents:[texts] ~endTime layer:kernel|os|k8s|cni|csi|addon ~logo
    name ~startTime ~status ~type values version +registryUid +tag # A pack of the running stack.
LocalV1ClusterProfileTemplate ~description name packs:[V1PackInfo] type:cluster|infra|add-on|system
    uid ~variables:[object] version # A profile of the running stack.
V1ClusterCurrentApplications clusterProfileTemplates:[LocalV1ClusterProfileTemplate] # The running
    stack.

V1EdgeNativeControlPlaneEndPoint ddnsSearchDomain host type # Where the control plane is reached.
V1EdgeNativeOverlayNetworkConfiguration cidr enable:flag # The network above that of the hosts.
LocalV1ObjectMeta annotations:labels creationTimestamp:time deletionTimestamp:time labels:labels
    lastModifiedTimestamp:time name namespace resourceVersion selfLink uid # Metadata of an object
    of the cluster.
V1Taint effect:NoSchedule|PreferNoSchedule|NoExecute key timeAdded:time value # What keeps work away
    from the nodes of a pool.
LocalV1UpdateStrategy type:RollingUpdateScaleOut|RollingUpdateScaleIn # In which order the nodes of
    a pool are renewed.
V1MachinePoolProperties archType:amd64|arm64 # What machines a pool is made of.
V1NodeInfo age architecture conditions:[V1Condition] health:V1Health ipv4 k8sVersion nodeName
    nodeState # The node of a host.
V1EdgeNativeHost ~IsCandidateCaption:flag ~caCert ~hostAddress hostName hostUid ~networkInfo:[V1Nic]
    ~nic:V1Nic ~nicName ~nodeInfo:V1NodeInfo ~staticIP ~tags:object
    ~twoNodeCandidatePriority:primary|secondary # A host of a pool, as a cluster is configured.
V1EdgeNativeMachinePoolConfig ~additionalLabels:labels ~additionalTags:labels
    hosts!:[V1EdgeNativeHost] isControlPlane:flag ~labels:[text]
    ~machinePoolProperties:V1MachinePoolProperties ~maxSize:number ~minSize:number name
    ~nodeRepaveInterval:number ~osType size:number ~skipK8sUpgrade:enabled|disabled
    ~taints:[V1Taint] ~updateStrategy:LocalV1UpdateStrategy ~useControlPlaneAsWorker:flag # A pool
    of nodes, as a cluster is configured.
V1EdgeNativeClusterConfig ~controlPlaneEndpoint:V1EdgeNativeControlPlaneEndPoint
    ~isTwoNodeCluster:flag ntpServers:[text]
    ~overlayNetworkConfiguration:V1EdgeNativeOverlayNetworkConfiguration sshKeys:[text]
    ~staticIp:flag # What a cluster has besides its pools.
V1EdgeNativeCloudConfigSpec clusterConfig!:V1EdgeNativeClusterConfig
    machinePoolConfig:[V1EdgeNativeMachinePoolConfig] # The pools of a cluster, and what they have
    in common. `machinePoolConfig` is published as required; pairing looks at it nowhere, so another
    wire may do without.
V1EdgeNativeCloudConfig ~metadata:LocalV1ObjectMeta spec:V1EdgeNativeCloudConfigSpec # How a cluster
    is laid out.
V1EdgeNativeClusterSettings ntpServers:[text] sshKeys:[text] # What the nodes of a cluster have in
    common.
V1ClusterConfigurationSpec archiveUploadPath cloudConfig:V1EdgeNativeCloudConfig
    ~profileVariables:[texts] ~scheduleAt # The `spec` of a cluster's configuration.
V1ClusterConfiguration metadata:V1MetaData spec:V1ClusterConfigurationSpec # A cluster's
    configuration.
V1HttpPatch op!:add|remove|replace/ path! value:any # One change of a JSON patch.
V1ClusterPatch clusterConfigPatches:[V1HttpPatch] # Changes of a named cluster.
V1MachinePoolPatch machinePoolConfigPatches:[V1HttpPatch] # Changes of a pool.
V1ClusterProfileConfigurationSpec ~archiveUploadPath
    +clusterProfileTemplates:[LocalV1ClusterProfileTemplate] # The `spec` of a stack's replacement.
    The product takes the profiles from an uploaded archive; ours may stand here instead.
V1ClusterProfileConfiguration metadata:V1MetaData spec:V1ClusterProfileConfigurationSpec # The
    replacement of the stack.

V1Settings ~featureFlags:flags ~installationMode managementMode:central|local # General settings of
    a host.
V1Management type!:central|local edgeHostToken paletteEndpoint projectName insecure:flag # Who shall
    manage a host.
""")

PALETTE = models("""
V1ObjectMeta annotations:labels creationTimestamp:time deletionTimestamp:time labels:labels
    lastModifiedTimestamp:time name uid # Metadata of anything stored.
V1PackRef ~annotations:labels ~digest ~inValidReason ~isInvalid:flag
    layer!:kernel|os|k8s|cni|csi|addon ~logo ~manifests:[texts] name! ~packUid ~params:labels
    ~presets:[object] registryUid ~schema:[object] ~server tag ~type:spectro|helm|manifest|oci
    values version # A pack of a profile. `version` says which one; `tag` does where it is missing.
V1ClusterProfileTemplate ~cloudType name ~packServerRefs:[texts] ~packServerSecret packs:[V1PackRef]
    profileVersion ~relatedObject:texts type:cluster|infra|add-on|system uid ~version:number # A
    profile with its packs, as a cluster runs it.
V1PackValuesEntity ~manifests:[texts] name! ~tag ~type:spectro|helm|manifest|oci ~values # The
    configuration of a pack of a chosen profile.
V1SpectroClusterVariable name! ~value # The value of a variable of a chosen profile.
V1SpectroClusterProfileEntity packValues:[V1PackValuesEntity] ~replaceWithProfile uid
    variables:[V1SpectroClusterVariable] +version # A chosen profile. `version` is ours: `uid` is
    the profile's, for all its versions.
V1ClusterProfileVersion uid version # One version of a profile.
V1ClusterProfileSpec draft:V1ClusterProfileTemplate published:V1ClusterProfileTemplate version
    versions:[V1ClusterProfileVersion] # What a profile holds.
V1ClusterProfileStatus ~hasUserMacros:flag ~inUseClusterTemplates:[texts] ~inUseClusterUids:[text]
    ~inUseClusters:[texts] isPublished:flag # Whether a profile is published, and where it is used.
V1ClusterProfile ~apiVersion ~kind metadata:V1ObjectMeta spec:V1ClusterProfileSpec
    status:V1ClusterProfileStatus # A cluster profile.

V1AuthLogin emailId org password # What a login asks for.
V1UserToken Authorization isMfa:flag # The session's secret.
V1Uid +token uid! # The uid of what was created. `token` is ours: some tell its value only once.
V1ObjectMetaInputEntity annotations:labels labels:labels name # Metadata on the way in.
V1ObjectEntity name uid # What something is called.
V1ProjectMetadata metadata:V1ObjectEntity # One line of the list of projects.
*V1ProjectsMetadata items!:[V1ProjectMetadata] # The list of projects.
V1ClusterProfileMetadataSpec cloudType version # The `spec` of a line of the list of profiles.
V1ClusterProfileMetadata metadata:V1ObjectEntity spec:V1ClusterProfileMetadataSpec # One line of the
    list of profiles.
*V1ClusterProfilesMetadata items!:[V1ClusterProfileMetadata] # The list of profiles, a line for each
    version.
*V1SpectroClustersMetadata items!:[V1ObjectMeta] # The list of clusters.
V1ObjectMetaInputEntitySchema metadata!:V1ObjectMetaInputEntity # A change of something's metadata.

V1SpectroClusterPairMeta localClusterToken localClusterUid name uid # Which local cluster asks, and
    the secret that proves it.
V1EdgeNativeMachinePoolHostEntity hostName hostUid ~nic:V1Nic ~nicName ~staticIP
    ~twoNodeCandidatePriority:primary|secondary # A host of a pool.
V1EdgeNativeMachinePoolCloudConfigEntity edgeHosts!:[V1EdgeNativeMachinePoolHostEntity] # The hosts
    of a pool.
V1UpdateStrategy maxSurge maxUnavailable
    type:RollingUpdateScaleOut|RollingUpdateScaleIn|OverrideScaling # In which order the nodes of a
    pool are renewed.
V1MachinePoolConfigEntity ~additionalAnnotations:labels ~additionalLabels:labels
    ~additionalTags:labels isControlPlane:flag labels:[text]
    ~machinePoolProperties:V1MachinePoolProperties ~maxSize:number ~minSize:number name!
    ~nodeRepaveInterval:number ~overrideClusterAPIConfig ~overrideHealthCheckConfiguration
    ~overrideKubeadmConfiguration size:number ~skipK8sUpgrade:enabled|disabled ~taints:[V1Taint]
    ~updateStrategy:V1UpdateStrategy ~useControlPlaneAsWorker:flag # The head of a pool. `labels`
    and `size` are published as required; pairing never looks at them, so another wire may do
    without.
V1EdgeNativeMachinePoolConfigEntity cloudConfig:V1EdgeNativeMachinePoolCloudConfigEntity
    poolConfig:V1MachinePoolConfigEntity # A pool with its hosts.
V1LifecycleConfig pause:flag # Whether changes of a cluster wait.
V1EdgeNativeClusterConfigPairEntity ~controlPlaneHealthCheckTimeout
    ~lifecycleConfig:V1LifecycleConfig ~machineManagementConfig:object ~resources:object
    ~updateWorkerPoolsInParallel:flag # How a cluster is kept; pairing looks at none of it.
V1SpectroEdgeNativeClusterPairEntitySpec cloudConfig:V1EdgeNativeClusterConfig
    clusterConfig:V1EdgeNativeClusterConfigPairEntity clusterMeta:V1SpectroClusterPairMeta
    machinepoolconfig!:[V1EdgeNativeMachinePoolConfigEntity] profiles!:[V1ClusterProfileTemplate]
    registrationToken! stylusAgentVersion! # The `spec` of a submission.
V1SpectroEdgeNativeClusterPairEntity metadata:V1ObjectMetaInputEntity
    spec:V1SpectroEdgeNativeClusterPairEntitySpec # What a host submits.
+V1ClusterPairWithdrawal pairingUid clusterMeta:V1SpectroClusterPairMeta ended:flag # What a host
    says when its request was cancelled; the id may be missing. `ended` says that the host has ended
    the request already and cannot go back.
+V1PairingPing service:text/service # How a Palette makes itself known to a host: `service` is
    `palette`.

V1SpectroClusterPairStatus pairingClusterName pairingClusterUid state:text/request # What became of
    a request.
V1SpectroEdgeNativeClusterPairSpec cloudConfig:V1EdgeNativeClusterConfig
    clusterConfig:V1EdgeNativeClusterConfigPairEntity clusterMeta:V1SpectroClusterPairMeta
    machinepoolconfig:[V1EdgeNativeMachinePoolConfigEntity] profiles:[V1ClusterProfileTemplate]
    stylusAgentVersion # The `spec` of a request as it is shown. The published one requires a
    `registrationToken` that it has no property for; ours never shows one. A list that is missing is
    taken for an empty one by the codec.
V1SpectroEdgeNativeClusterPair metadata:V1ObjectMeta spec:V1SpectroEdgeNativeClusterPairSpec
    status:V1SpectroClusterPairStatus # One pairing request.
V1SpectroClusterPairingRequestMeta cloudType clusterUid creationTimestamp:time localClusterUid name
    pairingUid state:text/request # One line of the list of requests.
*V1SpectroClusterPairingRequestMetas items!:[V1SpectroClusterPairingRequestMeta] # The list of
    requests.
V1FilterString beginsWith contains eq ignoreCase:flag ne # A filter on a text. Comparisons leave
    case aside unless told otherwise.
V1ClusterPairMetadataFilterSpec localClusterUid:V1FilterString state:V1FilterString/request # What
    the list of requests can be filtered by.
V1ClusterPairMetadataSortSpec field:name|state|creationTimestamp/ order:asc|desc/ # One key of the
    order of the list.
V1ClusterPairMetadataFilter filter:V1ClusterPairMetadataFilterSpec
    sort:[V1ClusterPairMetadataSortSpec] # How the list of requests is asked for.
V1EdgeNativeClusterPairSpcEntitySpec pairingUid! profiles!:[V1SpectroClusterProfileEntity] # The
    `spec` of an acceptance.
V1EdgeNativeClusterPairSpcEntity metadata:V1ObjectMetaInputEntity
    spec:V1EdgeNativeClusterPairSpcEntitySpec # What Pair cluster sends.
+V1ClusterPairSelection profiles!:[V1SpectroClusterProfileEntity] # The profiles whose match is
    asked about.
+V1ClusterPairPackMatch pack! version! profile profileVersion # What one pack of the local cluster
    was matched with.
+V1ClusterPairProblem kind!:text/problem message! pack localVersion offeredVersion profile # One
    reason why a selection does not match.
+V1ClusterPairMatch valid!:flag packs:[V1ClusterPairPackMatch] problems:[V1ClusterPairProblem] # The
    answer of the match. There is no problem when it is `valid`. Nothing is published for it, so
    whether it is valid is all that a target has to say.

V1SpectroClusterStatus state:text/cluster # How a cluster is.
V1SpectroClusterSpec clusterProfileTemplates:[V1ClusterProfileTemplate] # What a cluster runs.
V1SpectroClusterProfiles profiles!:[V1SpectroClusterProfileEntity] # The cluster profiles that a
    cluster is to have.
V1SpectroCluster metadata:V1ObjectMeta spec:V1SpectroClusterSpec status:V1SpectroClusterStatus # A
    cluster that is registered.

V1EdgeTokenProject name uid # The project that a token admits to.
V1EdgeTokenSpec defaultProject:V1EdgeTokenProject expiry:time token # A token's value and how far it
    reaches.
V1EdgeTokenStatus isActive:flag # Whether a token admits anybody.
V1EdgeToken metadata:V1ObjectMeta spec:V1EdgeTokenSpec status:V1EdgeTokenStatus # A registration
    token.
*V1EdgeTokens items!:[V1EdgeToken] # The registration tokens.
V1EdgeTokenSpecEntity defaultProjectUid expiry:time # How far a new token reaches.
V1EdgeTokenSpecUpdate defaultProjectUid expiry:time # How far a token reaches from now on.
V1EdgeTokenEntity metadata:V1ObjectMeta spec:V1EdgeTokenSpecEntity # A new token.
V1EdgeTokenUpdate metadata:V1ObjectMeta spec:V1EdgeTokenSpecUpdate # A change of a token.
V1EdgeTokenActiveState isActive:flag # Revoking a token, or taking that back.

V1ProjectEntity metadata:V1ObjectMeta ~spec:object # A new project.
V1Project metadata:V1ObjectMeta ~spec:object ~status:object # A project.
V1Projects items!:[V1Project] # The projects, by the call that is published as deprecated.
V1RoleSpec permissions:[text] scope:system|tenant|project|resource ~type:system|user # What a role
    permits, and where it can be held.
V1Role metadata:V1ObjectMeta spec:V1RoleSpec ~status:object # A role.
*V1Roles items!:[V1Role] # The roles.
V1UserSpecEntity emailId firstName ~lastName ~loginMode ~roles:[text] ~teams:[text] # Who a new user
    is.
V1UserEntity metadata:V1ObjectMeta spec:V1UserSpecEntity # A new user.
V1UserMetaEntity emailId ~name uid # One line of the list of users.
*V1UsersMetadata items!:[V1UserMetaEntity] # The users.
V1UidSummary ~name uid # A role that somebody holds.
V1UserRoleUIDs roles:[text] # The roles that somebody is to hold in the tenant.
V1UserRolesEntity inheritedRoles:[V1UidSummary] roles:[V1UidSummary] # The roles that somebody holds
    in the tenant.
V1ProjectRolesPatchProject projectUid roles:[text] # The roles that somebody is to hold in one
    project.
V1ProjectRolesPatch projects:[V1ProjectRolesPatchProject] # The roles that somebody is to hold in
    projects.
V1UidRoleSummary inheritedRoles:[V1UidSummary] ~name roles:[V1UidSummary] uid # The roles that
    somebody holds in one project, whose uid it is.
V1ProjectRolesEntity projects:[V1UidRoleSummary] # The roles that somebody holds in projects.
V1UsersUidPasswordChange currentPassword newPassword! # A user's next password.
V1ApiKeySpecEntity expiry:time userUid # Whose a new API key is, and how long it lasts.
V1ApiKeyEntity metadata:V1ObjectMeta spec:V1ApiKeySpecEntity # A new API key.
V1ApiKeyCreateResponse apiKey ~uid # An API key, which is shown this once.
V1PackManifestEntity layer ~manifests:[object] name! registryUid tag ~type:spectro|helm|manifest|oci
    ~uid values # A pack of a new cluster profile.
V1ClusterProfileTemplateDraft ~cloudType packs:[V1PackManifestEntity]
    type:cluster|infra|add-on|system # What a new version of a cluster profile holds.
V1Variable defaultValue ~description ~displayName ~format ~hidden:flag ~immutable:flag ~inputType
    ~isSensitive:flag name! ~options:[object] ~regex ~required:flag # A variable of a cluster
    profile.
V1ClusterProfileEntitySpec template:V1ClusterProfileTemplateDraft variables:[V1Variable] version #
    The `spec` of a new version of a cluster profile.
V1ClusterProfileEntity metadata:V1ObjectMeta spec:V1ClusterProfileEntitySpec # A new version of a
    cluster profile; the first makes the profile.
""")

MODELS = {**LOCAL_UI, **PALETTE}
"""Every model but that of an error, by its name."""
