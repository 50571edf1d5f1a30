"""Models of the Palette API: cluster profiles, their packs, and the metadata of what is stored."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from harness.wire.local_ui import Labels, LayerName
from harness.wire.model import OWN, SPARE, Time, WireModel

ProfileTypeName = Literal["cluster", "infra", "add-on", "system"]


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

    annotations: JsonValue = None
    digest: JsonValue = None
    inValidReason: JsonValue = None
    isInvalid: JsonValue = None
    layer: LayerName
    logo: JsonValue = None
    manifests: JsonValue = None
    name: str
    packUid: JsonValue = None
    params: JsonValue = None
    presets: JsonValue = None
    registryUid: str | None = None
    schema_: JsonValue = Field(default=None, alias="schema")
    server: JsonValue = None
    tag: str | None = None
    type: JsonValue = None
    values: str | None = None
    version: str | None = None


class V1ClusterProfileTemplate(WireModel):
    """A profile with its packs, as a cluster runs it."""

    cloudType: JsonValue = None
    name: str | None = None
    packServerRefs: JsonValue = None
    packServerSecret: JsonValue = None
    packs: list[V1PackRef] | None = None
    profileVersion: str | None = None
    relatedObject: JsonValue = None
    type: ProfileTypeName | None = None
    uid: str | None = None
    version: JsonValue = None


class V1PackValuesEntity(WireModel):
    """The configuration of a pack of a chosen profile."""

    manifests: JsonValue = None
    name: str
    tag: JsonValue = None
    type: JsonValue = None
    values: JsonValue = None


class V1SpectroClusterVariable(WireModel):
    """The value of a variable of a chosen profile."""

    name: str
    value: JsonValue = None


class V1SpectroClusterProfileEntity(WireModel):
    """A chosen profile. `version` is ours: `uid` is the profile's, for all its versions."""

    packValues: list[V1PackValuesEntity] | None = None
    replaceWithProfile: JsonValue = None
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
    versions: Annotated[list[V1ClusterProfileVersion] | None, SPARE] = None


class V1ClusterProfileStatus(WireModel):
    """Whether a profile is published, and where it is used."""

    hasUserMacros: Annotated[bool | None, SPARE] = None
    inUseClusterTemplates: Annotated[list[dict[str, str]] | None, SPARE] = None
    inUseClusterUids: Annotated[list[str] | None, SPARE] = None
    inUseClusters: Annotated[list[dict[str, str]] | None, SPARE] = None
    isPublished: bool | None = None


class V1ClusterProfile(WireModel):
    """A cluster profile."""

    apiVersion: Annotated[str | None, SPARE] = None
    kind: Annotated[str | None, SPARE] = None
    metadata: V1ObjectMeta | None = None
    spec: V1ClusterProfileSpec | None = None
    status: V1ClusterProfileStatus | None = None
