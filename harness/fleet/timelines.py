"""What changes for everybody while a run goes on: tokens, profiles and permissions.

Everything follows from the seed alone, so that each cell replays the same changes for itself
(docs/adr/0006-cells-and-windows.md). Each change has a cause, `t.<kind>.<project>.<n>`, by which
a shrunk scenario leaves it out; the cause is empty where it cannot be left out. To leave one out
moves no other.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from heapq import heappop, heappush, merge
from operator import itemgetter
from typing import Final

from harness.domain.arrangements import CreateProject, PutProfile, PutToken, PutUser
from harness.domain.draws import derived_id
from harness.domain.operations import SetTokenState
from harness.domain.permission import PairPermission
from harness.domain.profile import ClusterProfile, ProfileEdition, ProfileVersion
from harness.domain.token import RegistrationToken
from harness.fleet.draws import Stream
from harness.fleet.projects import admin, project, project_label, project_uid, token_owner
from harness.fleet.scenario import HOUR, MINUTE, SECOND, Scenario, Spread
from harness.fleet.stacks import Shelf, with_bumped_pack

Change = CreateProject | PutUser | PutToken | PutProfile | SetTokenState
"""Arranged by `harness`, but `SetTokenState`: that is asked by the tenant's `token_owner`."""
TimedChange = tuple[int, str, Change]
"""When, why (a cause, or empty), what."""

FOR_EVER: Final = 100 * 365 * 24 * HOUR
"""The expiry of a token that never expires."""
AS_IT_IS: Final = 1_000
"""The speed, in thousandths, of a scenario at its own pace."""
_ROTATED_BEFORE: Final = Spread(SECOND, 5 * MINUTE)
"""How long before the old token's expiry operators get the new one; a tenth of its life at most."""
_REPLACED_AFTER: Final = Spread(5 * SECOND, 2 * MINUTE)
"""How long after a revocation operators get the new one."""
_MENDED_AFTER: Final = Spread(MINUTE, 5 * MINUTE)
_EDITIONS_KEPT: Final = 4
"""A profile lists no more versions than that, so that its changes stay small."""


def beginnings(scenario: Scenario, tenant: int, number: int, cell: int) -> Iterator[Change]:
    """What a project of a tenant starts with in a cell: itself, people, token, profiles.

    The tenant's token owner comes along with each project; putting him twice changes nothing.
    """
    seed = scenario.seed
    yield project(seed, tenant, number)
    yield token_owner(seed, tenant).put()
    for k in range(scenario.admins.team):
        yield admin(seed, cell, tenant, number, k).put()
    yield PutToken(Tokens(scenario, tenant, number).at(0))
    for profile in shelf(scenario, tenant, number).profiles():
        yield PutProfile(profile)


def changes(
    scenario: Scenario, tenant: int, number: int, cell: int, speed_milli: int = AS_IT_IS
) -> Iterator[TimedChange]:
    """What changes in a project after its beginning, in order of time; drawn as it is read.

    `speed_milli` is by how much the scenario's durations were divided, in thousandths. New tokens
    come until the run has settled; everything else has happened, and is mended or
    given back, by `scenario.duration`.
    """
    kept = scenario.only.happenings
    team = range(scenario.admins.team)
    sources = [
        _token_changes(scenario, tenant, number, speed_milli),
        _publications(scenario, tenant, number, speed_milli),
        *(_grant_changes(scenario, tenant, number, cell, who) for who in team),
    ]
    for change in merge(*sources, key=itemgetter(0)):
        if kept is None or not change[1] or change[1] in kept:
            yield change


def shelf(scenario: Scenario, tenant: int, number: int) -> Shelf:
    """The profiles of a project; its foreign ones are the next project's of the tenant."""
    count = scenario.fleet.projects
    return Shelf(scenario.seed, tenant, number, (number + 1) % count if count > 1 else 1)


def _paced(duration: int, speed_milli: int) -> int:
    return duration * AS_IT_IS // speed_milli


# --- registration tokens ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Turn:
    """A token's time: operators have it from `begins` on, until the next one begins.

    `revoked` is when its owner deactivates it, `None` for never.
    """

    token: RegistrationToken
    begins: int
    revoked: int | None
    cause: str


class Tokens:
    """The registration tokens of a project, one after the other; drawn as far as is asked."""

    def __init__(
        self, scenario: Scenario, tenant: int, number: int, speed_milli: int = AS_IT_IS
    ) -> None:
        self._turns = _turns(scenario, tenant, number, speed_milli)
        self._begins: list[int] = []
        self._tokens: list[RegistrationToken] = []
        self._drawn_to = -1

    def at(self, now: int) -> RegistrationToken:
        """The token that an operator has who begins at `now`; not always one that is good."""
        while self._drawn_to <= now and (turn := next(self._turns, None)):
            self._begins.append(turn.begins)
            self._tokens.append(turn.token)
            self._drawn_to = turn.begins
        return self._tokens[bisect_right(self._begins, now) - 1]


def _turns(scenario: Scenario, tenant: int, number: int, speed_milli: int) -> Iterator[_Turn]:
    plan, label = scenario.timelines, project_label(tenant, number)
    stream = Stream(scenario.seed, f"tokens:{label}")
    begins, count, due = 0, 0, _revocation(stream, plan.token_revoked, 0)
    while begins < scenario.duration + scenario.limits.settle:
        token = _token(scenario, tenant, number, count, begins)
        ends, revoked = FOR_EVER, None
        if plan.token_lasts:
            before = _paced(stream.spread(_ROTATED_BEFORE), speed_milli)
            early = min(before, max(1, plan.token_lasts // 10))
            ends = max(begins + 1, begins + plan.token_lasts - early)
        if due < min(ends, scenario.duration):
            revoked, ends = due, due + _paced(stream.spread(_REPLACED_AFTER), speed_milli)
            due = _revocation(stream, plan.token_revoked, ends)
        yield _Turn(token, begins, revoked, f"t.revoke.{label}.{count}")
        begins, count = ends, count + 1


def _revocation(stream: Stream, plan: Spread | None, since: int) -> int:
    """When the next token is revoked, whichever operators have then."""
    return since + max(1, stream.spread(plan)) if plan else FOR_EVER


def _token(
    scenario: Scenario, tenant: int, number: int, count: int, begins: int
) -> RegistrationToken:
    label = project_label(tenant, number)
    lasts = scenario.timelines.token_lasts
    return RegistrationToken(
        uid=derived_id(scenario.seed, f"token:{label}", count),
        name=f"token-{label}-{count}",
        value=f"<token:{tenant}.{number}.{count}>",
        project_uid=project_uid(scenario.seed, tenant, number),
        expiry=begins + lasts if lasts else FOR_EVER,
    )


def _token_changes(
    scenario: Scenario, tenant: int, number: int, speed_milli: int
) -> Iterator[TimedChange]:
    for turn in _turns(scenario, tenant, number, speed_milli):
        if turn.begins:
            yield turn.begins, "", PutToken(turn.token)
        if turn.revoked is not None:
            yield turn.revoked, turn.cause, SetTokenState(turn.token.uid, active=False)


# --- cluster profiles ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True, order=True)
class _Edition:
    """A version that is due: `patch` is 0 when it is new and 1 when it mends the other."""

    at: int
    count: int
    patch: int
    which: int
    breaks: int
    """Which pack it bumps, or -1."""

    def of(self, profile: ClusterProfile) -> ProfileEdition:
        """The edition, from the packs that the profile began with."""
        packs = profile.editions[0].packs
        if self.breaks >= 0:
            packs = with_bumped_pack(packs, self.breaks)
        revision = f"{self.count + 1}.{self.patch}"
        changed = replace(packs[0], values=f"revision: {revision}\n")
        return ProfileEdition(f"1.{revision}", (changed, *packs[1:]))


def _editions(
    scenario: Scenario, tenant: int, number: int, profiles: int, speed_milli: int
) -> Iterator[_Edition]:
    """New versions and what mends them, in order of time."""
    plan, publish = scenario.timelines, scenario.timelines.publish
    if publish is None:
        return
    stream = Stream(scenario.seed, f"profiles:{project_label(tenant, number)}")
    at, count, due = 0, 0, list[_Edition]()
    while (at := at + max(1, stream.spread(publish))) < scenario.duration:
        while due and due[0].at <= at:
            yield heappop(due)
        which, pack = stream.below(profiles), stream.below(1 << 16)
        later = _paced(stream.spread(_MENDED_AFTER), speed_milli)
        mended = min(at + later, scenario.duration)
        breaking = stream.chance(plan.breaking_ppm)
        yield _Edition(at, count, 0, which, pack if breaking else -1)
        if breaking:
            heappush(due, _Edition(mended, count, 1, which, -1))
        count += 1
    while due:
        yield heappop(due)


def _publications(
    scenario: Scenario, tenant: int, number: int, speed_milli: int
) -> Iterator[TimedChange]:
    """Each new version as the whole profile, without those that a shrunk scenario leaves out.

    Versions are numbered by publication; what mends one comes before any later one.
    """
    kept, label = scenario.only.happenings, project_label(tenant, number)
    first = shelf(scenario, tenant, number).matching()
    current = list(first)
    for edition in _editions(scenario, tenant, number, len(first), speed_milli):
        cause = f"t.publish.{label}.{edition.count}"
        if kept is None or cause in kept:
            new = edition.of(first[edition.which])
            profile = current[edition.which]
            editions = sorted((*profile.editions, new), key=lambda e: ProfileVersion(e.version))
            profile = replace(profile, editions=tuple(editions[-_EDITIONS_KEPT:]))
            current[edition.which] = profile
            yield edition.at, cause, PutProfile(profile)


# --- permissions --------------------------------------------------------------------------


def _grant_changes(
    scenario: Scenario, tenant: int, number: int, cell: int, who: int
) -> Iterator[TimedChange]:
    """One administrator loses one permission, and gets it back."""
    losses, back = scenario.timelines.grants, scenario.timelines.grants_back
    if losses is None:
        return
    label = f"{project_label(tenant, number)}.{cell:02d}.{who}"
    person = admin(scenario.seed, cell, tenant, number, who)
    stream = Stream(scenario.seed, f"grants:{label}")
    at, count, permissions = 0, 0, tuple(PairPermission)
    while (at := at + max(1, stream.spread(losses))) < scenario.duration:
        lost = permissions[stream.below(len(permissions))]
        cause = f"t.grants.{label}.{count}"
        yield at, cause, person.put(frozenset({lost}))
        at = min(at + max(1, stream.spread(back)), scenario.duration)
        yield at, cause, person.put()
        count += 1
