"""Models of the Palette API: cluster profiles, their packs, and the metadata of what is stored."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from harness.wire.local_ui import Labels, LayerName
from harness.wire.model import OWN, JsonObject, Spare, Texts, Time, WireModel

ProfileTypeName = Literal["cluster", "infra", "add-on", "system"]
PackTypeName = Literal["spectro", "helm", "manifest", "oci"]


class V1ObjectMeta(WireModel):
    """Metadata of anything stored."""

    annotations: Labels | None = None
    creationTimestamp: Time | None = None
    deletionTimestamp: Time | None = None
    labels: Labels | None = None
    lastModifiedTimestamp: Time | None = None
    name: str | None = None
    uid: str | None = None


class V1PackRef(WireModel):
    """A pack of a profile. `version` says which one; `tag` does where it is missing."""

    annotations: Spare[Labels] = None
    digest: Spare[str] = None
    inValidReason: Spare[str] = None
    isInvalid: Spare[bool] = None
    layer: LayerName
    logo: Spare[str] = None
    manifests: Spare[list[Texts]] = None
    name: str
    packUid: Spare[str] = None
    params: Spare[Labels] = None
    presets: Spare[list[JsonObject]] = None
    registryUid: str | None = None
    schema_: Spare[list[JsonObject]] = Field(default=None, alias="schema")
    server: Spare[str] = None
    tag: str | None = None
    type: Spare[PackTypeName] = None
    values: str | None = None
    version: str | None = None


class V1ClusterProfileTemplate(WireModel):
    """A profile with its packs, as a cluster runs it."""

    cloudType: Spare[str] = None
    name: str | None = None
    packServerRefs: Spare[list[Texts]] = None
    packServerSecret: Spare[str] = None
    packs: list[V1PackRef] | None = None
    profileVersion: str | None = None
    relatedObject: Spare[Texts] = None
    type: ProfileTypeName | None = None
    uid: str | None = None
    version: Spare[int] = None


class V1PackValuesEntity(WireModel):
    """The configuration of a pack of a chosen profile."""

    manifests: Spare[list[Texts]] = None
    name: str
    tag: Spare[str] = None
    type: Spare[PackTypeName] = None
    values: Spare[str] = None


class V1SpectroClusterVariable(WireModel):
    """The value of a variable of a chosen profile."""

    name: str
    value: Spare[str] = None


class V1SpectroClusterProfileEntity(WireModel):
    """A chosen profile. `version` is ours: `uid` is the profile's, for all its versions."""

    packValues: list[V1PackValuesEntity] | None = None
    replaceWithProfile: Spare[str] = None
    uid: str | None = None
    variables: list[V1SpectroClusterVariable] | None = None
    version: Annotated[str | None, OWN] = None


class V1ClusterProfileVersion(WireModel):
    """One version of a profile."""

    uid: str | None = None
    version: str | None = None


class V1ClusterProfileSpec(WireModel):
    """What a profile holds."""

    draft: V1ClusterProfileTemplate | None = None
    published: V1ClusterProfileTemplate | None = None
    version: str | None = None
    versions: list[V1ClusterProfileVersion] | None = None


class V1ClusterProfileStatus(WireModel):
    """Whether a profile is published, and where it is used."""

    hasUserMacros: Spare[bool] = None
    inUseClusterTemplates: Spare[list[Texts]] = None
    inUseClusterUids: Spare[list[str]] = None
    inUseClusters: Spare[list[Texts]] = None
    isPublished: bool | None = None


class V1ClusterProfile(WireModel):
    """A cluster profile."""

    apiVersion: Spare[str] = None
    kind: Spare[str] = None
    metadata: V1ObjectMeta | None = None
    spec: V1ClusterProfileSpec | None = None
    status: V1ClusterProfileStatus | None = None
