"""The stack of a cluster, in the two shapes that the two APIs give it."""

from __future__ import annotations

from harness.domain.profile import Layer, Pack, ProfileType, StackProfile
from harness.wire.table import fields as at
from harness.wire.table.fields import WireField, record

CLOUD_TYPE = "edge-native"
"""What every cluster of edge hosts, and each of its profiles, is published as."""


def pack_fields(version: WireField, *, closed_layers: bool = True) -> dict[str, WireField]:
    """The fields of a pack; not every model limits the layers by itself."""
    return {
        "layer": at.one_of(Layer, "layer", needed=closed_layers),
        "name": at.needed("name"),
        "version": version,
        "registry": at.unless_empty("registryUid"),
        "values": at.unless_empty("values"),
    }


_LOCAL_PACK = record(Pack, **pack_fields(at.needed("version", or_from=("tag",))))
_PALETTE_PACK = record(Pack, **pack_fields(at.needed("version", "tag")))

LOCAL_PROFILE = record(
    StackProfile,
    name=at.present("name"),
    type=at.one_of(ProfileType, "type"),
    version=at.present("version"),
    packs=at.each(_LOCAL_PACK, "packs", required=True),
    uid=at.unless_empty("uid"),
)
"""A profile of a stack as Local UI shows it."""

PALETTE_PROFILE = record(
    StackProfile,
    {"cloudType": at.constant(CLOUD_TYPE)},
    name=at.present("name"),
    type=at.one_of(ProfileType, "type"),
    version=at.present("profileVersion"),
    packs=at.each(_PALETTE_PACK, "packs", required=True),
    uid=at.unless_empty("uid"),
)
"""The same as it goes to Palette."""
