"""The published field names of every model that pairing touches, typed in by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from harness.wire import models
from harness.wire.model import LIST_META, WireModel

LOCAL_UI = {
    "v1AcceptedResponseWithMessage": "message",
    "v1AuthLogin": "username password",
    "v1Cluster": "metadata spec status",
    "v1ClusterConfiguration": "metadata spec",
    "v1ClusterConfiguration.spec": "archiveUploadPath cloudConfig profileVariables scheduleAt",
    "v1ClusterCurrentApplications": "clusterProfileTemplates",
    "v1ClusterNodePool": "archType isControlPlane name",
    "v1ClusterNodePoolSpec": "hosts pool",
    "v1ClusterNodePoolStatus": "nodes pool",
    "v1ClusterNodeStatus": "age architecture health ipv4 k8sVersion nodeName nodeState",
    "v1ClusterPairDetailsResponse": (
        "insecure message pairingUid paletteEndpoint registrationToken status"
    ),
    "v1ClusterPairInfoResponse": "pairingUid",
    "v1ClusterPairMeta": "insecure paletteEndpoint registrationToken",
    "v1ClusterPairVerifiedConnectionResponse": "message verified",
    "v1ClusterPatch": "clusterConfigPatches",
    "v1ClusterProfileConfiguration": "metadata spec",
    "v1ClusterProfileConfiguration.spec": "archiveUploadPath",
    "v1ClusterProfileTemplate": "description name packs type uid variables version",
    "v1ClusterSpec": "hostIDs nodePools ntpServers overlayCIDR sshKeys vip",
    "v1ClusterStatus": (
        "agentVersion clusterConditions clusterState clusterStateReason health isRebootPending"
        " k8sVersion kubeconfig nodePools ntpServersApplied services sshKeysApplied"
    ),
    "v1Condition": "lastProbeTime lastTransitionTime message reason status type",
    "v1EdgeHost": "hostAddress hostID hostName nic",
    "v1EdgeNativeCloudConfig": "metadata spec",
    "v1EdgeNativeCloudConfigSpec": "clusterConfig machinePoolConfig",
    "v1EdgeNativeClusterConfig": (
        "controlPlaneEndpoint isTwoNodeCluster ntpServers overlayNetworkConfiguration sshKeys"
        " staticIp"
    ),
    "v1EdgeNativeClusterSettings": "ntpServers sshKeys",
    "v1EdgeNativeControlPlaneEndPoint": "ddnsSearchDomain host type",
    "v1EdgeNativeHost": (
        "IsCandidateCaption caCert hostAddress hostName hostUid networkInfo nic nicName nodeInfo"
        " staticIP tags twoNodeCandidatePriority"
    ),
    "v1EdgeNativeMachinePoolConfig": (
        "additionalLabels additionalTags hosts isControlPlane labels machinePoolProperties maxSize"
        " minSize name nodeRepaveInterval osType size skipK8sUpgrade taints updateStrategy"
        " useControlPlaneAsWorker"
    ),
    "v1EdgeNativeOverlayNetworkConfiguration": "cidr enable",
    "v1Error": "code details message ref",
    "v1Health": "reason status",
    "v1HttpPatch": "op path value",
    "v1LoginSuccess": "IsFirstLogin Token",
    "v1MachinePoolPatch": "machinePoolConfigPatches",
    "v1MachinePoolProperties": "archType",
    "v1Management": "edgeHostToken insecure paletteEndpoint projectName type",
    "v1MetaData": "creationTimestamp id labels lastModifiedTimestamp name tags",
    "v1Nic": "dns gateway ip isDefault macAddr nicName subnet",
    "v1NodeInfo": "age architecture conditions health ipv4 k8sVersion nodeName nodeState",
    "v1ObjectMeta": (
        "annotations creationTimestamp deletionTimestamp labels lastModifiedTimestamp name"
        " namespace resourceVersion selfLink uid"
    ),
    "v1PackInfo": (
        "conditions contents endTime layer logo name startTime status type values version"
    ),
    "v1Settings": "featureFlags installationMode managementMode",
    "v1Taint": "effect key timeAdded value",
    "v1UpdateStrategy": "type",
    "v1UserToken": "Authorization RefreshToken",
}

PALETTE = {
    "v1AuthLogin": "emailId org password",
    "v1ClusterPairMetadataFilter": "filter sort",
    "v1ClusterPairMetadataFilterSpec": "localClusterUid state",
    "v1ClusterPairMetadataSortSpec": "field order",
    "v1ClusterProfileMetadata": "metadata spec",
    "v1ClusterProfileMetadata.spec": "cloudType version",
    "v1ClusterProfilesMetadata": "items",
    "v1ProjectMetadata": "metadata",
    "v1ProjectsMetadata": "items",
    "v1SpectroClustersMetadata": "items",
    "v1ObjectEntity": "name uid",
    "v1ClusterProfileTemplate": (
        "cloudType name packServerRefs packServerSecret packs profileVersion relatedObject type"
        " uid version"
    ),
    "v1EdgeNativeClusterConfig": (
        "controlPlaneEndpoint isTwoNodeCluster ntpServers overlayNetworkConfiguration sshKeys"
        " staticIp"
    ),
    "v1EdgeNativeClusterConfigPairEntity": (
        "controlPlaneHealthCheckTimeout lifecycleConfig machineManagementConfig resources"
        " updateWorkerPoolsInParallel"
    ),
    "v1EdgeNativeClusterPairSpcEntity": "metadata spec",
    "v1EdgeNativeClusterPairSpcEntity.spec": "pairingUid profiles",
    "v1EdgeNativeMachinePoolCloudConfigEntity": "edgeHosts",
    "v1EdgeNativeMachinePoolConfigEntity": "cloudConfig poolConfig",
    "v1EdgeToken": "metadata spec status",
    "v1EdgeTokenActiveState": "isActive",
    "v1EdgeTokenEntity": "metadata spec",
    "v1EdgeTokenSpec": "defaultProject expiry token",
    "v1EdgeTokenSpecEntity": "defaultProjectUid expiry",
    "v1EdgeTokenSpecUpdate": "defaultProjectUid expiry",
    "v1EdgeTokenStatus": "isActive",
    "v1EdgeTokenUpdate": "metadata spec",
    "v1EdgeTokens": "items",
    "v1Error": "code details message ref",
    "v1FilterString": "beginsWith contains eq ignoreCase ne",
    "v1MachinePoolConfigEntity": (
        "additionalAnnotations additionalLabels additionalTags isControlPlane labels"
        " machinePoolProperties maxSize minSize name nodeRepaveInterval overrideClusterAPIConfig"
        " overrideHealthCheckConfiguration overrideKubeadmConfiguration size skipK8sUpgrade taints"
        " updateStrategy useControlPlaneAsWorker"
    ),
    "v1ObjectMeta": (
        "annotations creationTimestamp deletionTimestamp labels lastModifiedTimestamp name uid"
    ),
    "v1ObjectMetaInputEntity": "annotations labels name",
    "v1ObjectMetaInputEntitySchema": "metadata",
    "v1SpectroClusterPairMeta": "localClusterToken localClusterUid name uid",
    "v1SpectroClusterPairStatus": "pairingClusterName pairingClusterUid state",
    "v1SpectroClusterPairingRequestMeta": (
        "cloudType clusterUid creationTimestamp localClusterUid name pairingUid state"
    ),
    "v1SpectroClusterPairingRequestMetas": "items",
    "v1SpectroClusterProfileEntity": "packValues replaceWithProfile uid variables",
    "v1SpectroEdgeNativeClusterPair": "metadata spec status",
    "v1SpectroEdgeNativeClusterPair.spec": (
        "cloudConfig clusterConfig clusterMeta machinepoolconfig profiles stylusAgentVersion"
    ),
    "v1SpectroEdgeNativeClusterPairEntity": "metadata spec",
    "v1SpectroEdgeNativeClusterPairEntity.spec": (
        "cloudConfig clusterConfig clusterMeta machinepoolconfig profiles registrationToken"
        " stylusAgentVersion"
    ),
    "v1Uid": "uid",
    "v1UserToken": "Authorization isMfa",
}

PALETTE |= {n: LOCAL_UI[n] for n in ("v1MachinePoolProperties", "v1Nic", "v1Taint")} | {
    "v1LifecycleConfig": "pause",
    "v1UpdateStrategy": "maxSurge maxUnavailable type",
}

PALETTE |= {
    "v1ClusterProfile": "apiVersion kind metadata spec status",
    "v1ClusterProfileSpec": "draft published version versions",
    "v1ClusterProfileStatus": (
        "hasUserMacros inUseClusterTemplates inUseClusterUids inUseClusters isPublished"
    ),
    "v1ClusterProfileVersion": "uid version",
    "v1PackRef": (
        "annotations digest inValidReason isInvalid layer logo manifests name packUid params"
        " presets registryUid schema server tag type values version"
    ),
    "v1PackValuesEntity": "manifests name tag type values",
    "v1SpectroClusterVariable": "name value",
}

PALETTE |= {
    "v1ApiKeyCreateResponse": "apiKey uid",
    "v1ApiKeyEntity": "metadata spec",
    "v1ApiKeySpecEntity": "expiry userUid",
    "v1ClusterProfileEntity": "metadata spec",
    "v1ClusterProfileEntity.spec": "template variables version",
    "v1ClusterProfileTemplateDraft": "cloudType packs type",
    "v1PackManifestEntity": "layer manifests name registryUid tag type uid values",
    "v1Project": "metadata spec status",
    "v1ProjectEntity": "metadata spec",
    "v1ProjectRolesEntity": "projects",
    "v1ProjectRolesPatch": "projects",
    "v1ProjectRolesPatch.projects": "projectUid roles",
    "v1Projects": "items",
    "v1Role": "metadata spec status",
    "v1RoleSpec": "permissions scope type",
    "v1Roles": "items",
    "v1UidRoleSummary": "inheritedRoles name roles uid",
    "v1UidSummary": "name uid",
    "v1UserEntity": "metadata spec",
    "v1UserMetaEntity": "emailId name uid",
    "v1UserRoleUIDs": "roles",
    "v1UserRolesEntity": "inheritedRoles roles",
    "v1UserSpecEntity": "emailId firstName lastName loginMode roles teams",
    "v1UsersMetadata": "items",
    "v1UsersUidPasswordChange.body": "currentPassword newPassword",
    "v1Variable": (
        "defaultValue description displayName format hidden immutable inputType isSensitive name"
        " options regex required"
    ),
}

REQUIRED = {
    "v1PackManifestEntity": "name",
    "v1Projects": "items",
    "v1Roles": "items",
    "v1UsersMetadata": "items",
    "v1UsersUidPasswordChange.body": "newPassword",
    "v1Variable": "name",
    "v1ClusterProfilesMetadata": "items",
    "v1ProjectsMetadata": "items",
    "v1SpectroClustersMetadata": "items",
    "v1Condition": "status type",
    "v1EdgeNativeCloudConfigSpec": "clusterConfig machinePoolConfig",
    "v1EdgeNativeClusterPairSpcEntity.spec": "pairingUid profiles",
    "v1EdgeNativeMachinePoolCloudConfigEntity": "edgeHosts",
    "v1EdgeNativeMachinePoolConfig": "hosts",
    "v1EdgeTokens": "items",
    "v1HttpPatch": "op path",
    "v1MachinePoolConfigEntity": "labels name size",
    "v1Management": "type",
    "v1ObjectMetaInputEntitySchema": "metadata",
    "v1PackRef": "layer name",
    "v1PackValuesEntity": "name",
    "v1SpectroClusterPairingRequestMetas": "items",
    "v1SpectroClusterVariable": "name",
    "v1SpectroEdgeNativeClusterPairEntity.spec": (
        "machinepoolconfig profiles registrationToken stylusAgentVersion"
    ),
    "v1Uid": "uid",
}
"""What the published models require. The request that Palette shows requires a token that it
has no property for, and ours requires nothing of it."""

OUR_FIELDS = {
    "v1ClusterProfileConfiguration.spec": "clusterProfileTemplates",
    "v1MetaData": "annotations",
    "v1PackInfo": "registryUid tag",
    "v1SpectroClusterProfileEntity": "version",
    "v1Uid": "token",
}
"""Fields of ours on published models; docs/wire.md lists them."""


IN_BOTH = "V1EdgeNativeClusterConfig V1Error V1MachinePoolProperties V1Nic V1Taint".split()
INLINE = {
    "V1ClusterConfigurationSpec": "v1ClusterConfiguration.spec",
    "V1ClusterProfileConfigurationSpec": "v1ClusterProfileConfiguration.spec",
    "V1ClusterProfileMetadataSpec": "v1ClusterProfileMetadata.spec",
    "V1SpectroEdgeNativeClusterPairEntitySpec": "v1SpectroEdgeNativeClusterPairEntity.spec",
    "V1SpectroEdgeNativeClusterPairSpec": "v1SpectroEdgeNativeClusterPair.spec",
    "V1EdgeNativeClusterPairSpcEntitySpec": "v1EdgeNativeClusterPairSpcEntity.spec",
    "V1ProjectRolesPatchProject": "v1ProjectRolesPatch.projects",
    "V1UsersUidPasswordChange": "v1UsersUidPasswordChange.body",
    "V1ClusterProfileEntitySpec": "v1ClusterProfileEntity.spec",
}
"""Models whose shape is published inside another one, or a call, without a name of its own."""
SHAPE_UNPUBLISHED = (
    "V1EdgeNativeMachinePoolHostEntity V1SpectroCluster V1SpectroClusterStatus"
    " V1SpectroClusterSpec V1SpectroClusterProfiles V1EdgeTokenProject".split()
)
"""Models that the published ones refer to, and that were written from what pairing needs."""

KINDS: dict[str, Mapping[str, type[WireModel]]] = {
    "local-ui": {**models.LOCAL_UI, "V1Error": models.V1Error},
    "palette": models.PALETTE | {name: WireModel.known[name] for name in IN_BOTH},
}
"""The models of each API."""


def published(api: str) -> dict[str, type[WireModel]]:
    """The models of an API but for ours, by the names that are published."""
    return {
        INLINE.get(name, kind.wire_name()): kind
        for name, kind in KINDS[api].items()
        if not kind.own and name not in SHAPE_UNPUBLISHED
    }


@pytest.mark.parametrize(("api", "table"), [("local-ui", LOCAL_UI), ("palette", PALETTE)])
def test_fields_bear_the_published_names(api: str, table: dict[str, str]) -> None:
    ours = {
        n: kind.shape.fields.keys() - kind.own_fields - {LIST_META}
        for n, kind in published(api).items()
    }
    assert ours == {name: set(fields.split()) for name, fields in table.items()}


def required(kind: type[WireModel]) -> set[str]:
    return {field.alias or n for n, field in kind.model_fields.items() if field.is_required()}


def differing(
    fields: Callable[[type[WireModel]], set[str]], table: dict[str, str]
) -> list[tuple[str, set[str]]]:
    """The published models with fields of a sort that differ from a table, with those."""
    found = [
        (name, fields(kind) ^ set(table.get(name, "").split()))
        for api in KINDS
        for name, kind in published(api).items()
    ]
    return [(name, fields) for name, fields in found if fields]


def test_what_is_published_as_required_is_required_where_pairing_looks_at_it() -> None:
    assert differing(required, REQUIRED) == [
        ("v1EdgeNativeCloudConfigSpec", {"machinePoolConfig"}),
        ("v1MachinePoolConfigEntity", {"labels", "size"}),
    ]
    planted = REQUIRED | {"v1Uid": "", "v1UserToken": "isMfa"}
    assert ("v1Uid", {"uid"}) in differing(required, planted)
    assert ("v1UserToken", {"isMfa"}) in differing(required, planted)


def test_fields_of_ours_are_marked() -> None:
    def ours(kind: type[WireModel]) -> set[str]:
        return set(kind.own_fields)

    assert differing(ours, OUR_FIELDS) == []
    planted = OUR_FIELDS | {"v1PackInfo": "registryUid", "v1Uid": "token uid"}
    assert differing(ours, planted) == [("v1PackInfo", {"tag"}), ("v1Uid", {"uid"})]


def test_models_of_ours_do_not_take_published_names() -> None:
    ours = {kind.wire_name() for kinds in KINDS.values() for kind in kinds.values() if kind.own}
    assert ours == {
        "v1ClusterPairMatch",
        "v1ClusterPairPackMatch",
        "v1ClusterPairProblem",
        "v1ClusterPairSelection",
        "v1ClusterPairWithdrawal",
        "v1PairingPing",
    }
    assert not ours & (LOCAL_UI.keys() | PALETTE.keys())
