"""Cluster profiles: packs in layers, in versions that are published or still drafts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from harness.domain.version import version_of


class ProfileType(StrEnum):
    """The published types. `FULL` is called `cluster` on the wire."""

    FULL = "cluster"
    INFRA = "infra"
    ADD_ON = "add-on"
    SYSTEM = "system"

    @property
    def is_base(self) -> bool:
        """Whether a cluster has exactly one profile of this kind."""
        return self in (ProfileType.FULL, ProfileType.INFRA)


class Layer(StrEnum):
    """The layer that a pack fills."""

    KERNEL = "kernel"
    OS = "os"
    K8S = "k8s"
    CNI = "cni"
    CSI = "csi"
    ADDON = "addon"


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack in one exact version. `values` is its configuration (YAML text)."""

    layer: Layer
    name: str
    version: str
    registry: str = ""
    values: str = ""

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


@dataclass(frozen=True, slots=True)
class StackProfile:
    """One profile of a cluster's own stack, as it runs locally."""

    name: str
    type: ProfileType
    version: str
    packs: tuple[Pack, ...]
    uid: str = ""


@dataclass(frozen=True, slots=True)
class ProfileEdition:
    """One version of a cluster profile in Palette. A draft is not published."""

    version: str
    packs: tuple[Pack, ...]
    published: bool = True
    variables: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ClusterProfile:
    """A cluster profile in Palette with all its versions, in one project."""

    uid: str
    name: str
    type: ProfileType
    editions: tuple[ProfileEdition, ...]
    project_uid: str = ""

    def latest(self, *, drafts_count: bool = False) -> ProfileEdition | None:
        """The highest published version by semantic order (PRE-7), `None` without any.

        Whether a draft counts is not documented (ACC-16), so the caller says.
        """
        candidates = [e for e in self.editions if e.published or drafts_count]
        return max(candidates, key=lambda e: version_of(e.version), default=None)

    def edition(self, version: str) -> ProfileEdition | None:
        """The edition with exactly this version text."""
        return next((e for e in self.editions if e.version == version), None)
