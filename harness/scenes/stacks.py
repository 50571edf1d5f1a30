"""The stack that the documented example uses, and how to build others beside it.

Source: `#accept-pairing-request-from-palette` step 13, the table of combinations.
"""

from __future__ import annotations

from collections.abc import Iterable

from harness.domain.profile import (
    ClusterProfile,
    Layer,
    Pack,
    ProfileEdition,
    ProfileType,
    StackProfile,
)

INFRA_PACKS = (
    Pack(Layer.CSI, "Amazon EBS CSI", "1.20.0"),
    Pack(Layer.CNI, "Calico", "3.25.1"),
    Pack(Layer.K8S, "PXK-E", "1.31.0"),
    Pack(Layer.OS, "Ubuntu", "22.04"),
)
ADD_ON_PACKS = (Pack(Layer.ADDON, "Prometheus-Grafana", "44.3.1"),)
LAYER_OF = {pack.name: pack.layer for pack in (*INFRA_PACKS, *ADD_ON_PACKS)}
"""The layer of each pack of the documented example; any other pack is an add-on."""

DOCUMENTED_STACK = (
    StackProfile("edge-infra", ProfileType.INFRA, "1.0.0", INFRA_PACKS),
    StackProfile("edge-monitoring", ProfileType.ADD_ON, "1.0.0", ADD_ON_PACKS),
)
"""The local cluster's stack: one infra and one add-on profile."""


def same_packs(one: Iterable[StackProfile], other: Iterable[StackProfile]) -> bool:
    """Whether two stacks have the same packs in profiles of the same types."""
    first, second = (
        sorted((p.type, sorted((pack.name, pack.version) for pack in p.packs)) for p in stack)
        for stack in (one, other)
    )
    return first == second


def pack_named(text: str) -> Pack:
    """A pack from its name and version as the documented table writes them: `Calico 3.25.1`."""
    name, _, version = text.strip().rpartition(" ")
    return Pack(LAYER_OF.get(name, Layer.ADDON), name, version)


def published(profile: StackProfile, uid: str, project_uid: str) -> ClusterProfile:
    """A profile of Palette whose one, latest version is exactly a profile of a stack."""
    edition = ProfileEdition(profile.version, profile.packs)
    return ClusterProfile(uid, profile.name, profile.type, (edition,), project_uid)
