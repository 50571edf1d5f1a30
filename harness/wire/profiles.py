"""Models of the Palette API: cluster profiles, their packs, and the metadata of what is stored."""

from __future__ import annotations

from harness.wire.model import model

V1ObjectMeta = model(
    "V1ObjectMeta",
    "Metadata of anything stored.",
    "annotations:labels creationTimestamp:time deletionTimestamp:time labels:labels"
    " lastModifiedTimestamp:time name uid",
)
V1PackRef = model(
    "V1PackRef",
    "A pack of a profile. `version` says which one; `tag` does where it is missing.",
    "~annotations:labels ~digest ~inValidReason ~isInvalid:flag layer!:kernel|os|k8s|cni|csi|addon"
    " ~logo ~manifests:[texts] name! ~packUid ~params:labels ~presets:[object] registryUid"
    " ~schema:[object] ~server tag ~type:spectro|helm|manifest|oci values version",
)
V1ClusterProfileTemplate = model(
    "V1ClusterProfileTemplate",
    "A profile with its packs, as a cluster runs it.",
    "~cloudType name ~packServerRefs:[texts] ~packServerSecret packs:[V1PackRef] profileVersion"
    " ~relatedObject:texts type:cluster|infra|add-on|system uid ~version:number",
)
V1PackValuesEntity = model(
    "V1PackValuesEntity",
    "The configuration of a pack of a chosen profile.",
    "~manifests:[texts] name! ~tag ~type:spectro|helm|manifest|oci ~values",
)
V1SpectroClusterVariable = model(
    "V1SpectroClusterVariable", "The value of a variable of a chosen profile.", "name! ~value"
)
V1SpectroClusterProfileEntity = model(
    "V1SpectroClusterProfileEntity",
    "A chosen profile. `version` is ours: `uid` is the profile's, for all its versions.",
    "packValues:[V1PackValuesEntity] ~replaceWithProfile uid variables:[V1SpectroClusterVariable]"
    " +version",
)
V1ClusterProfileVersion = model(
    "V1ClusterProfileVersion", "One version of a profile.", "uid version"
)
V1ClusterProfileSpec = model(
    "V1ClusterProfileSpec",
    "What a profile holds.",
    "draft:V1ClusterProfileTemplate published:V1ClusterProfileTemplate version"
    " versions:[V1ClusterProfileVersion]",
)
V1ClusterProfileStatus = model(
    "V1ClusterProfileStatus",
    "Whether a profile is published, and where it is used.",
    "~hasUserMacros:flag ~inUseClusterTemplates:[texts] ~inUseClusterUids:[text]"
    " ~inUseClusters:[texts] isPublished:flag",
)
V1ClusterProfile = model(
    "V1ClusterProfile",
    "A cluster profile.",
    "~apiVersion ~kind metadata:V1ObjectMeta spec:V1ClusterProfileSpec"
    " status:V1ClusterProfileStatus",
)
