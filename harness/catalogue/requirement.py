"""The record that declares one requirement."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """The side that a requirement binds, or that a target plays."""

    EDGE = "edge"
    CENTRAL = "central"
    BOTH = "both"


class Level(StrEnum):
    """How strongly the document asks for it."""

    MUST = "must"
    SHOULD = "should"
    UNSPECIFIED = "unspecified"


class Profile(StrEnum):
    """The certification profile that a requirement belongs to."""

    CORE = "core"
    EXTENDED = "extended"
    RESILIENCE = "resilience"


class Feature(StrEnum):
    """An optional ability that a target claims."""

    PAGES = "pages"
    SCOPES = "scopes"
    MULTI_NODE = "multi-node"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One clause of the documented procedure.

    `source` is the section's anchor, with the step where there is one:
    `#send-pairing-request-from-local-cluster step 6`. `title` is one line; `text` says in our
    own words what must hold. An invariant (`INV-…`) is judged over whole histories.
    """

    id: str
    role: Role
    level: Level
    profile: Profile
    title: str
    text: str
    source: str
    feature: Feature | None = None

    @property
    def group(self) -> str:
        """The letters before the number, such as `WDR`."""
        return self.id.partition("-")[0]

    @property
    def is_invariant(self) -> bool:
        """Whether it is judged over a whole history, not by a step of a scenario."""
        return self.group == "INV"

    @property
    def is_inferred(self) -> bool:
        """Whether it follows from the document as a whole, and from no sentence alone."""
        return self.is_invariant or self.level is not Level.MUST
