"""Who may manage a pairing request: what is asked, by whom, with which rights, and where; and which
version of a cluster profile counts there (PRE-7), crossed with what must not matter.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.tables.covering import Constraint, Row, Table, at_most, tags_of

_LISTS = ("list", "find")
_ACTIONS = (*_LISTS, "open", "match", "accept", "reject")
_EVERY, _EDITOR, _VIEWER = "every right", "a Cluster Editor's rights", "a Cluster Viewer's rights"
_MAY = {_EVERY: _ACTIONS, _EDITOR: (*_LISTS, "open", "accept"), _VIEWER: (*_LISTS, "open")}
"""What may be done with whose rights. What a match needs beyond reading is open (PRE-10)."""
_SINCE = ("always", "for a while", "of more")
"""They had no right here before, or all of them."""
_IN_ANOTHER, _IN_TENANT = f"{_EVERY} in another project", f"{_EVERY} in the tenant"
_ELSEWHERE = "works in another project"
_AFTERWARDS = "a login of afterwards"
_NOWHERE = "works in a project that does not exist"
_AMISS = {
    "lacks the right to it": (*_LISTS, "open", "accept", "reject"),
    "has lost the right to it": (*_LISTS, "open", "accept", "reject"),
    "has lost every right here": _ACTIONS,
    f"has just {_VIEWER}": ("accept", "reject"),
    f"has just {_EDITOR}": ("reject",),
    "has no right here": _ACTIONS,
    _ELSEWHERE: _ACTIONS,
    _NOWHERE: _ACTIONS,
}
"""What speaks against it, one thing a row, while all else is as it should be; and against what."""

_AROUND: Mapping[str, tuple[str, ...]] = {
    "besides": ("no right", _IN_ANOTHER, _IN_TENANT),
    "by": ("an API key", "a login"),
    "beside": ("no other", "another", "one elsewhere"),
    "after": ("a look", "a look elsewhere", "a restart"),
}
"""What must not matter."""
_TENANTS_MAY_EXTEND = Constraint(  # PRE-10
    ("amiss", "besides"),
    lambda r: r["besides"] != _IN_TENANT or r["amiss"] in (_ELSEWHERE, _NOWHERE),
)
_WHO_WORKS_ELSEWHERE_MAY_THERE = Constraint(
    ("amiss", "besides"), lambda r: r["amiss"] != _ELSEWHERE or r["besides"] != "no right"
)
"""Or else it is closed to them for another reason."""
_LOGINS_MAY_END = Constraint(
    ("by", "after"), lambda r: r["by"] == "an API key" or r["after"] != "a restart"
)


def _tags(row: Row) -> tuple[str, ...]:
    scoped = row["besides"] != "no right" or "elsewhere" in f"{row['beside']} {row['after']}"
    is_abroad = row.get("amiss") in (_ELSEWHERE, _NOWHERE)
    return tags_of("PRE-9" if scoped or is_abroad else "PRE-8")


def _refused(row: Row) -> str:
    if row["action"] not in _LISTS:
        return "A user may not <action>: one who <amiss>"
    return "A user sees no list" if row["amiss"] != _ELSEWHERE else "A user sees another list"


_RELEASE_CANDIDATES = "1.1.0-rc.9 < 1.1.0-rc.10"
_BESIDES_VERSIONS: Mapping[str, tuple[str, ...]] = {
    "profile": ("add-on", "infra", "full"),
    "versions": (
        "1.0.0 < 1.0.1",
        "1.9.0 < 1.10.0",
        "9.999.1001 < 10.0.0",
        "1.1.0-rc.2 < 1.1.0",
        _RELEASE_CANDIDATES,
    ),
    "made": ("in order", "in reverse", "the later one meanwhile", "the later one after a pairing"),
    "draft": ("no draft", "an older draft that fits", "an older draft that does not"),
    "after": ("a look", "a restart"),
}
_OLDER = "the earlier version"
_A_RESTART_MAY_FORGET = at_most(
    1, {"made": (_BESIDES_VERSIONS["made"][-1],), "after": ("a restart",)}
)
"""What a pairing has left."""


def _pairs_before(row: Row) -> bool:
    """Where a pre-release is the first version, a product may have nothing yet to pair with."""
    return (
        "-rc" not in row["versions"].split(" < ")[0] or row["made"] != _BESIDES_VERSIONS["made"][-1]
    )


_ANY_VERSIONS = (Constraint(("versions", "made"), _pairs_before), *_A_RESTART_MAY_FORGET)


def _is_told_apart(row: Row) -> bool:
    """Of pre-releases alone, a product may offer none: what fits is then not to be had at all."""
    return row["versions"] != _RELEASE_CANDIDATES


TABLES = (
    Table(
        "permissions",
        {"action": _ACTIONS, "rights": tuple(_MAY), "since": _SINCE, **_AROUND},
        lambda row: (
            "A user may <action>, and sees the request: one who has <rights>"
            if row["action"] in _LISTS
            else "A user may <action>: one who has <rights>"
        ),
        _tags,
        (
            Constraint(("action", "rights"), lambda r: r["action"] in _MAY[r["rights"]]),
            Constraint(
                ("rights", "since"), lambda r: r["rights"] != _EVERY or r["since"] != "of more"
            ),
            _LOGINS_MAY_END,
        ),
    ),
    Table(
        "permissions",
        {
            "action": _ACTIONS,
            "amiss": tuple(_AMISS),
            **_AROUND,
            "by": (*_AROUND["by"], _AFTERWARDS),
        },
        _refused,
        _tags,
        (
            Constraint(("action", "amiss"), lambda r: r["action"] in _AMISS[r["amiss"]]),
            Constraint(
                ("amiss", "by"),
                lambda r: r["by"] != _AFTERWARDS or r["amiss"].startswith("has lost"),
            ),
            _TENANTS_MAY_EXTEND,
            _WHO_WORKS_ELSEWHERE_MAY_THERE,
            _LOGINS_MAY_END,
        ),
    ),
    Table(
        "profile_match",
        {"asked": ("the profile itself", "the later version"), **_BESIDES_VERSIONS},
        lambda row: "The later of the versions <versions> fits, made <made>",
        constraints=_ANY_VERSIONS,
    ),
    Table(
        "profile_match",
        {
            "asked": ("the profile itself", "the later version", _OLDER),
            "unlike": ("another version of a pack", "a pack more"),
            **_BESIDES_VERSIONS,
        },
        lambda row: "The earlier of the versions <versions> fits, made <made>",
        constraints=(Constraint(("versions",), _is_told_apart), *_ANY_VERSIONS),
    ),
)
"""Those who may, and those who may not for one reason; versions of which the latest fits, and those
of which an earlier one alone does.
"""
