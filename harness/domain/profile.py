"""Cluster profiles: packs in layers, in versions that are published or still drafts.

Versions have the order of Semantic Versioning 2.0.0.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache, total_ordering


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


_SEMVER = re.compile(
    r"(?P<core>\d+(?:\.\d+)*)(?:-(?P<pre>[0-9A-Za-z.-]+))?(?:\+(?P<build>[0-9A-Za-z.-]+))?",
    re.ASCII,
)


@total_ordering
class ProfileVersion:
    """A version that orders as Semantic Versioning does: 1.9.0 before 1.10.0, a pre-release
    before its release, build metadata without weight.

    More or fewer than three numeric parts are accepted; missing ones count as zero.
    Equality follows the order, so `1.0.0+a == 1.0.0+b`. Packs are compared by text, not by
    this class (ACC-7 asks for exactly the same version).

    Raises:
        ValueError: the text is not a version.
    """

    __slots__ = ("_key", "text")

    def __init__(self, text: str) -> None:
        parsed = _SEMVER.fullmatch(text)
        if parsed is None:
            raise ValueError(f"{text!r} is not a semantic version such as 1.10.0")
        core = [int(part) for part in parsed["core"].split(".")]
        while len(core) > 1 and core[-1] == 0:
            core.pop()
        self.text = text
        self._key = (tuple(core), _pre_release_key(parsed["pre"]))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ProfileVersion) and self._key == other._key

    def __lt__(self, other: ProfileVersion) -> bool:
        return self._key < other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __repr__(self) -> str:
        return f"ProfileVersion({self.text!r})"


@lru_cache(maxsize=4096)
def version_of(text: str) -> ProfileVersion:
    """The version that a text stands for; the same few are compared over and over.

    Raises:
        ValueError: the text is not a version.
    """
    return ProfileVersion(text)


def _pre_release_key(pre: str | None) -> tuple[int, tuple[tuple[int, int, str], ...]]:
    """Numeric identifiers before textual ones; no pre-release at all comes last."""
    if pre is None:
        return (1, ())
    parts = pre.split(".")
    return (0, tuple((0, int(p), "") if p.isdigit() else (1, 0, p) for p in parts))
