"""The match of cluster profiles against the stack of a local cluster, which explains itself.

Source: section `#accept-pairing-request-from-palette`, step 13; requirements PRE-7, ACC-7,
ACC-8, ACC-9A to ACC-9D, ACC-10, ACC-16.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from harness.domain.profile import ClusterProfile, Pack, ProfileEdition, StackProfile


class Mismatch(StrEnum):
    """Why a selection of profiles does not match."""

    MISSING = "missing"
    VERSION = "version"
    LAYER = "layer"
    EXTRA = "extra"
    NOT_LATEST = "not-latest"
    NOTHING_PUBLISHED = "nothing-published"
    DUPLICATE = "duplicate"
    BASE_PROFILES = "base-profiles"
    OTHER = "other"
    """A reason of somebody else's, or none that was given."""


@dataclass(frozen=True, slots=True)
class MatchProblem:
    """One reason why not. Fields that do not apply are empty."""

    kind: Mismatch
    text: str
    pack: str = ""
    local_version: str = ""
    offered_version: str = ""
    profile: str = ""


@dataclass(frozen=True, slots=True)
class PackMatch:
    """What one pack of the local cluster was matched with; `profile` is empty if nothing."""

    pack: str
    version: str
    profile: str = ""
    profile_version: str = ""


@dataclass(frozen=True, slots=True)
class MatchResult:
    """The whole answer: valid only when there is no problem at all."""

    packs: tuple[PackMatch, ...]
    problems: tuple[MatchProblem, ...]

    @property
    def valid(self) -> bool:
        """Whether Pair cluster may go on with this selection."""
        return not self.problems


@dataclass(frozen=True, slots=True)
class ProfileChoice:
    """A profile that the administrator selected; `version` is empty for "the latest"."""

    profile: ClusterProfile
    version: str = ""


@dataclass(frozen=True, slots=True)
class MatchRules:
    """The choices where the document is silent (ACC-16)."""

    layers_must_agree: bool = True
    drafts_count_as_latest: bool = False
    one_base_profile: bool = True
    """Whether just one of the profiles has to be an infra or a full one, as on a cluster."""


@dataclass(frozen=True, slots=True)
class _Offered:
    pack: Pack
    profile: ClusterProfile
    edition: ProfileEdition


def match_profiles(
    local: Sequence[StackProfile],
    selection: Sequence[ProfileChoice],
    rules: MatchRules = MatchRules(),
) -> MatchResult:
    """Match the selected profiles against the local stack.

    Valid when each local pack meets exactly one selected pack of the same name and exactly
    the same version text, nothing is left over, and every profile is in its latest version.
    """
    offered, problems = _offered_packs(selection, rules)
    problems += _base_problems(selection) if rules.one_base_profile else []
    problems += [
        MatchProblem(Mismatch.DUPLICATE, f"pack {name} is offered {count} times", pack=name)
        for name, count in Counter(o.pack.name for o in offered).items()
        if count > 1
    ]
    local_packs = [pack for profile in local for pack in profile.packs]
    rows = []
    unmatched = list(offered)
    for pack in local_packs:
        row, problem, used = _match_pack(pack, unmatched, rules)
        rows.append(row)
        problems += [problem] if problem else []
        if used:
            unmatched.remove(used)
    names = {pack.name for pack in local_packs}
    problems += [_extra(o) for o in unmatched if o.pack.name not in names]
    return MatchResult(tuple(rows), tuple(problems))


def remembered_match(
    local: tuple[StackProfile, ...], selection: Sequence[ProfileChoice], rules: MatchRules
) -> MatchResult:
    """The same as `match_profiles`; where it was asked the very same before, it knows the result.

    In a fleet, few stacks meet few selections thousands of times.
    """
    # Told apart by identity: to hash a stack takes as long as to match it. What was asked is
    # held together with the result, lest an identity go to something else.
    chosen = tuple([(id(choice.profile), choice.version) for choice in selection])
    asked = (id(local), chosen, rules)
    made = _made.get(asked)
    if made is None:
        if len(_made) >= _MADE_MAX:
            _made.clear()
        made = _made[asked] = (local, selection, match_profiles(local, selection, rules))
    return made[2]


_MADE_MAX: Final = 4096
_Asked = tuple[int, tuple[tuple[int, str], ...], MatchRules]
_made: dict[_Asked, tuple[object, object, MatchResult]] = {}


def latest_packs(selection: Sequence[ProfileChoice], rules: MatchRules) -> list[Pack]:
    """The packs that the selection brings, each profile in its latest version."""
    return [o.pack for o in _offered_packs(selection, rules)[0]]


def _offered_packs(
    selection: Sequence[ProfileChoice], rules: MatchRules
) -> tuple[list[_Offered], list[MatchProblem]]:
    offered: list[_Offered] = []
    problems: list[MatchProblem] = []
    for choice in selection:
        profile = choice.profile
        latest = profile.latest(drafts_count=rules.drafts_count_as_latest)
        if latest is None:
            text = f"profile {profile.name} has no published version"
            problems.append(MatchProblem(Mismatch.NOTHING_PUBLISHED, text, profile=profile.name))
            continue
        if choice.version not in ("", latest.version):
            problems.append(_not_latest(choice, latest))
        chosen = profile.edition(choice.version) or latest
        offered += [_Offered(pack, profile, chosen) for pack in chosen.packs]
    return offered, problems


def _not_latest(choice: ProfileChoice, latest: ProfileEdition) -> MatchProblem:
    return MatchProblem(
        Mismatch.NOT_LATEST,
        f"profile {choice.profile.name} {choice.version} is not the latest version,"
        f" which is {latest.version}",
        offered_version=choice.version,
        profile=choice.profile.name,
    )


def _base_problems(selection: Sequence[ProfileChoice]) -> list[MatchProblem]:
    bases = [c.profile.name for c in selection if c.profile.type.is_base]
    if len(bases) == 1:
        return []
    found = f"{len(bases)} were selected: {', '.join(bases)}" if bases else "none was selected"
    text = f"exactly one infra or full profile is needed; {found}"
    return [MatchProblem(Mismatch.BASE_PROFILES, text)]


def _match_pack(
    pack: Pack, offered: Sequence[_Offered], rules: MatchRules
) -> tuple[PackMatch, MatchProblem | None, _Offered | None]:
    """The row of one local pack, the problem with it if any, and what it has used up."""
    nothing = PackMatch(pack.name, pack.version)
    same_name = [o for o in offered if o.pack.name == pack.name]
    if not same_name:
        text = f"pack {pack.name} {pack.version} of layer {pack.layer} is missing"
        problem = MatchProblem(Mismatch.MISSING, text, pack=pack.name, local_version=pack.version)
        return nothing, problem, None
    same_version = [o for o in same_name if o.pack.version == pack.version]
    if not same_version:
        return nothing, _other_version(pack, same_name[0]), same_name[0]
    same_layer = [o for o in same_version if o.pack.layer is pack.layer]
    if not same_layer and rules.layers_must_agree:
        other = same_version[0]
        text = f"pack {pack.name} is in layer {pack.layer} locally, in {other.pack.layer} here"
        problem = MatchProblem(Mismatch.LAYER, text, pack=pack.name, profile=other.profile.name)
        return nothing, problem, other
    used = (same_layer or same_version)[0]
    row = PackMatch(pack.name, pack.version, used.profile.name, used.edition.version)
    return row, None, used


def _other_version(pack: Pack, offered: _Offered) -> MatchProblem:
    return MatchProblem(
        Mismatch.VERSION,
        f"pack {pack.name} is {pack.version} locally and {offered.pack.version} in profile"
        f" {offered.profile.name} {offered.edition.version}",
        pack=pack.name,
        local_version=pack.version,
        offered_version=offered.pack.version,
        profile=offered.profile.name,
    )


def _extra(offered: _Offered) -> MatchProblem:
    pack = offered.pack
    return MatchProblem(
        Mismatch.EXTRA,
        f"pack {pack.name} {pack.version} of profile {offered.profile.name} is not in the"
        " local cluster",
        pack=pack.name,
        offered_version=pack.version,
        profile=offered.profile.name,
    )
