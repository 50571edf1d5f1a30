"""The stack of a cluster, in the two shapes that the two APIs give it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from harness.domain.profile import Layer, Pack, ProfileType, StackProfile
from harness.wire import local_ui, palette
from harness.wire.codec.parts import needed, present, unless_empty
from harness.wire.model import Malformed

AnyPack = TypeVar("AnyPack", local_ui.V1PackInfo, palette.V1PackRef)


def to_local(stack: Sequence[StackProfile]) -> list[local_ui.V1ClusterProfileTemplate]:
    """The stack as Local UI shows it."""
    return [
        local_ui.V1ClusterProfileTemplate(
            name=profile.name,
            type=profile.type.value,
            uid=unless_empty(profile.uid),
            version=profile.version,
            packs=[_to_pack_info(pack) for pack in profile.packs],
        )
        for profile in stack
    ]


def from_local(
    templates: Sequence[local_ui.V1ClusterProfileTemplate], place: str
) -> tuple[StackProfile, ...]:
    """The stack that Local UI shows; `place` is the path of the list in its body.

    Raises:
        Malformed: a profile lacks its name, type or version, or a pack its layer, name or
            version.
    """
    return tuple(
        StackProfile(
            present(template.name, f"{place}.{n}.name"),
            ProfileType(needed(template.type, f"{place}.{n}.type")),
            present(template.version, f"{place}.{n}.version"),
            tuple(
                _from_pack_info(pack, f"{place}.{n}.packs.{m}")
                for m, pack in enumerate(_packs(template.packs, f"{place}.{n}.packs"))
            ),
            template.uid or "",
        )
        for n, template in enumerate(templates)
    )


def to_palette(stack: Sequence[StackProfile]) -> list[palette.V1ClusterProfileTemplate]:
    """The stack as it goes to Palette. The version stands in `profileVersion`."""
    return [
        palette.V1ClusterProfileTemplate(
            cloudType="edge-native",
            name=profile.name,
            type=profile.type.value,
            uid=unless_empty(profile.uid),
            profileVersion=profile.version,
            packs=[_to_pack_ref(pack) for pack in profile.packs],
        )
        for profile in stack
    ]


def from_palette(
    templates: Sequence[palette.V1ClusterProfileTemplate], place: str
) -> tuple[StackProfile, ...]:
    """The stack that came to Palette; `place` is the path of the list in its body.

    Raises:
        Malformed: a profile lacks its name, type or version, or a pack its version.
    """
    return tuple(
        StackProfile(
            present(template.name, f"{place}.{n}.name"),
            ProfileType(needed(template.type, f"{place}.{n}.type")),
            present(template.profileVersion, f"{place}.{n}.profileVersion"),
            tuple(
                _from_pack_ref(pack, f"{place}.{n}.packs.{m}")
                for m, pack in enumerate(_packs(template.packs, f"{place}.{n}.packs"))
            ),
            template.uid or "",
        )
        for n, template in enumerate(templates)
    )


def _packs(packs: list[AnyPack] | None, place: str) -> list[AnyPack]:
    if packs is None:
        raise Malformed(place, "it is missing")
    return packs


def _to_pack_info(pack: Pack) -> local_ui.V1PackInfo:
    return local_ui.V1PackInfo(
        layer=pack.layer.value,
        name=pack.name,
        version=pack.version,
        values=unless_empty(pack.values),
        registryUid=unless_empty(pack.registry),
    )


def _from_pack_info(pack: local_ui.V1PackInfo, place: str) -> Pack:
    return Pack(
        Layer(needed(pack.layer, f"{place}.layer")),
        needed(pack.name, f"{place}.name"),
        needed(pack.version or pack.tag, f"{place}.version"),
        pack.registryUid or "",
        pack.values or "",
    )


def _to_pack_ref(pack: Pack) -> palette.V1PackRef:
    return palette.V1PackRef(
        layer=pack.layer.value,
        name=pack.name,
        tag=pack.version,
        version=pack.version,
        values=unless_empty(pack.values),
        registryUid=unless_empty(pack.registry),
    )


def _from_pack_ref(pack: palette.V1PackRef, place: str) -> Pack:
    return Pack(
        Layer(pack.layer),
        needed(pack.name, f"{place}.name"),
        needed(pack.version or pack.tag, f"{place}.version"),
        pack.registryUid or "",
        pack.values or "",
    )
