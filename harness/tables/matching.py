"""Which version of a cluster profile counts (PRE-7), crossed with what must not matter."""

from __future__ import annotations

from collections.abc import Mapping

from harness.tables.covering import Constraint, Row, Table

_RELEASE_CANDIDATES = "1.1.0-rc.9 < 1.1.0-rc.10"
_AROUND: Mapping[str, tuple[str, ...]] = {
    "profile": ("add-on", "infra", "full"),
    "versions": (
        "1.0.0 < 1.0.1",
        "1.9.0 < 1.10.0",
        "9.9.9 < 10.0.0",
        "1.1.0-rc.2 < 1.1.0",
        _RELEASE_CANDIDATES,
    ),
    "made": ("in order", "in reverse", "the later one meanwhile"),
    "draft": ("no draft", "an older draft that fits", "an older draft that does not"),
    "after": ("a look", "a restart"),
}
_OLDER = "the earlier version"


def _is_told_apart(row: Row) -> bool:
    """Of pre-releases alone, a product may offer none: what fits is then not to be had at all."""
    return row["versions"] != _RELEASE_CANDIDATES


TABLES = (
    Table(
        "profile_match",
        {"asked": ("the profile itself", "the later version"), **_AROUND},
        lambda row: "The later of the versions <versions> fits, made <made>",
    ),
    Table(
        "profile_match",
        {
            "asked": ("the profile itself", "the later version", _OLDER),
            "unlike": ("another version of a pack", "a pack more"),
            **_AROUND,
        },
        lambda row: "The earlier of the versions <versions> fits, made <made>",
        constraints=(Constraint(("versions",), _is_told_apart),),
    ),
)
"""Those of which the latest version fits, and those of which an earlier one alone does."""
