"""The stack of a cluster, in the two shapes that the two APIs give it."""

from __future__ import annotations

from collections.abc import Sequence

from harness.domain.profile import Layer, Pack, ProfileType, StackProfile
from harness.wire import local_ui, profiles
from harness.wire.codec.parts import needed, present, unless_empty
from harness.wire.model import Malformed

CLOUD_TYPE = "edge-native"
"""What every cluster of edge hosts, and each of its profiles, is published as."""


def to_local(stack: Sequence[StackProfile]) -> list[local_ui.LocalV1ClusterProfileTemplate]:
    """The stack as Local UI shows it."""
    return [
        local_ui.LocalV1ClusterProfileTemplate(
            name=profile.name,
            type=profile.type.value,
            uid=unless_empty(profile.uid),
            version=profile.version,
            packs=[_to_pack_info(pack) for pack in profile.packs],
        )
        for profile in stack
    ]


def from_local(
    templates: Sequence[local_ui.LocalV1ClusterProfileTemplate], place: str
) -> tuple[StackProfile, ...]:
    """The stack that Local UI shows; `place` is the path of the list in its body.

    Raises:
        Malformed: a profile lacks its name, type or version, or a pack its layer, name or
            version.
    """
    return tuple(
        _profile(template, "version", template.version, f"{place}.{n}")
        for n, template in enumerate(templates)
    )


def to_palette(stack: Sequence[StackProfile]) -> list[profiles.V1ClusterProfileTemplate]:
    """The stack as it goes to Palette. The version stands in `profileVersion`."""
    return [
        profiles.V1ClusterProfileTemplate(
            cloudType=CLOUD_TYPE,
            name=profile.name,
            type=profile.type.value,
            uid=unless_empty(profile.uid),
            profileVersion=profile.version,
            packs=[_to_pack_ref(pack) for pack in profile.packs],
        )
        for profile in stack
    ]


def from_palette(
    templates: Sequence[profiles.V1ClusterProfileTemplate], place: str
) -> tuple[StackProfile, ...]:
    """The stack that came to Palette; `place` is the path of the list in its body.

    Raises:
        Malformed: a profile lacks its name, type or version, or a pack its version.
    """
    return tuple(
        _profile(template, "profileVersion", template.profileVersion, f"{place}.{n}")
        for n, template in enumerate(templates)
    )


def _profile(
    template: local_ui.LocalV1ClusterProfileTemplate | profiles.V1ClusterProfileTemplate,
    version_name: str,
    version: str | None,
    place: str,
) -> StackProfile:
    return StackProfile(
        present(template.name, f"{place}.name"),
        ProfileType(needed(template.type, f"{place}.type")),
        present(version, f"{place}.{version_name}"),
        _from_packs(template.packs, f"{place}.packs"),
        template.uid or "",
    )


def _to_pack_info(pack: Pack) -> local_ui.V1PackInfo:
    return local_ui.V1PackInfo(
        layer=pack.layer.value,
        name=pack.name,
        version=pack.version,
        values=unless_empty(pack.values),
        registryUid=unless_empty(pack.registry),
    )


def _to_pack_ref(pack: Pack) -> profiles.V1PackRef:
    return profiles.V1PackRef(
        layer=pack.layer.value,
        name=pack.name,
        tag=pack.version,
        version=pack.version,
        values=unless_empty(pack.values),
        registryUid=unless_empty(pack.registry),
    )


def _from_packs(
    packs: Sequence[local_ui.V1PackInfo | profiles.V1PackRef] | None, place: str
) -> tuple[Pack, ...]:
    if packs is None:
        raise Malformed(place, "it is missing")
    return tuple(
        Pack(
            Layer(needed(pack.layer, f"{place}.{n}.layer")),
            needed(pack.name, f"{place}.{n}.name"),
            needed(pack.version or pack.tag, f"{place}.{n}.version"),
            pack.registryUid or "",
            pack.values or "",
        )
        for n, pack in enumerate(packs)
    )
