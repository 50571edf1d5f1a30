"""What changes for everybody: in order, the same everywhere, and put right in the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from harness.domain.arrangements import PutProfile, PutToken, PutUser
from harness.domain.operations import SetTokenState
from harness.domain.permission import every_grant
from harness.domain.profile import ClusterProfile, ProfileVersion
from harness.domain.token import RegistrationToken
from harness.fleet.projects import admin, project_uid, token_owner
from harness.fleet.scenario import (
    HOUR,
    MINUTE,
    SECOND,
    AdminPlan,
    Distribution,
    Only,
    Scenario,
    Spread,
    TimelinePlan,
    fixed,
)
from harness.fleet.timelines import FOR_EVER, TimedChange, Tokens, beginnings, changes, shelf

LIVELY = TimelinePlan(
    token_lasts=2 * HOUR,
    token_revoked=Spread(0, 3 * HOUR, Distribution.EXPONENTIAL),
    publish=Spread(0, 3 * MINUTE, Distribution.EXPONENTIAL),
    grants=Spread(0, HOUR, Distribution.EXPONENTIAL),
)
DAY = Scenario("day", "to try", 24 * HOUR, timelines=LIVELY, admins=AdminPlan(team=3))


def of(scenario: Scenario, project: int = 1, cell: int = 5) -> list[TimedChange]:
    return list(changes(scenario, 0, project, cell))


def with_plan(plan: TimelinePlan) -> Scenario:
    return replace(DAY, timelines=plan)


def editions(scenario: Scenario) -> Iterator[tuple[int, str, ClusterProfile]]:
    for at, cause, change in of(scenario):
        if isinstance(change, PutProfile):
            yield at, cause, change.profile


def test_changes_come_in_order_of_time_and_of_every_kind() -> None:
    found = of(DAY)
    times = [at for at, _, _ in found]
    assert times == sorted(times)
    assert times[0] > 0
    assert {type(change) for _, _, change in found} == {
        PutToken,
        SetTokenState,
        PutProfile,
        PutUser,
    }


def test_nothing_changes_where_no_change_is_planned() -> None:
    assert of(with_plan(TimelinePlan())) == []


def test_tokens_and_profiles_are_the_same_in_each_cell_and_people_are_not() -> None:
    def shared(cell: int) -> list[TimedChange]:
        return [one for one in of(DAY, cell=cell) if not isinstance(one[2], PutUser)]

    assert shared(0) == shared(63)
    assert of(DAY, cell=0) != of(DAY, cell=63)
    assert of(DAY, project=0) != of(DAY, project=1)


def test_everything_is_mended_and_given_back_by_the_end_of_the_work() -> None:
    restless = TimelinePlan(
        publish=fixed(MINUTE),
        breaking_ppm=1_000_000,
        grants=fixed(MINUTE),
        grants_back=fixed(HOUR),
    )
    found = of(replace(DAY, duration=90 * MINUTE, timelines=restless))
    assert found[-1][0] == 90 * MINUTE
    last = {c.email: c for _, _, c in found if isinstance(c, PutUser)}
    assert all(len(user.grants) == 4 for user in last.values())


def test_new_tokens_come_until_the_run_has_settled() -> None:
    brief = replace(DAY, duration=HOUR, timelines=replace(LIVELY, token_lasts=5 * MINUTE))
    late = [change for at, _, change in of(brief) if at > brief.duration]
    assert len(late) >= 3
    assert all(isinstance(change, PutToken) for change in late)


def test_what_is_left_out_moves_nothing_else() -> None:
    everything = of(DAY)
    causes = list(dict.fromkeys(cause for _, cause, _ in everything if cause))
    kept = frozenset(causes[::2])
    some = of(replace(DAY, only=Only(happenings=kept)))
    expected = [(at, cause) for at, cause, _ in everything if not cause or cause in kept]
    assert [(at, cause) for at, cause, _ in some] == expected
    assert len(some) < len(everything)


def test_a_version_that_was_left_out_is_in_no_later_profile() -> None:
    publish = with_plan(TimelinePlan(publish=fixed(MINUTE)))
    causes = sorted({cause for _, cause, _ in editions(publish)})
    left_out = causes[0].rsplit(".", 1)[1]
    only = Only(happenings=frozenset(causes[1:]))
    prefix = f"1.{int(left_out) + 1}."
    assert any(e.version.startswith(prefix) for _, _, p in editions(publish) for e in p.editions)
    for _, _, profile in editions(replace(publish, only=only)):
        assert not [e for e in profile.editions if e.version.startswith(prefix)]


# --- tokens -------------------------------------------------------------------------------


def test_the_token_of_operators_is_the_one_that_was_put_last() -> None:
    tokens, last = Tokens(DAY, 0, 1), Tokens(DAY, 0, 1).at(0)
    for at, _, change in of(DAY):
        if isinstance(change, PutToken):
            assert tokens.at(at - 1) == last
            assert tokens.at(at) == change.token
            last = change.token
    assert tokens.at(0) == Tokens(DAY, 0, 1).at(0) != last


def test_a_rotated_token_is_there_before_the_old_one_expires() -> None:
    rotating = with_plan(TimelinePlan(token_lasts=HOUR))
    old = Tokens(rotating, 0, 1).at(0)
    rotations = [(at, change) for at, _, change in of(rotating)]
    assert len(rotations) >= 24
    for at, change in rotations:
        assert isinstance(change, PutToken)
        assert old.expiry - 5 * MINUTE <= at < old.expiry
        assert change.token.expiry == at + HOUR
        old = change.token


def test_operators_keep_a_revoked_token_until_they_are_handed_another() -> None:
    revoking = with_plan(TimelinePlan(token_revoked=Spread(HOUR, 2 * HOUR)))
    tokens, found = Tokens(revoking, 0, 1), of(revoking)
    revoked = [(at, change) for at, _, change in found if isinstance(change, SetTokenState)]
    put = [at for at, _, change in found if isinstance(change, PutToken)]
    assert len(revoked) == len(put) > 10
    for (at, change), replaced in zip(revoked, put, strict=True):
        assert not change.active
        assert at < replaced <= at + 2 * MINUTE
        assert tokens.at(at).uid == tokens.at(replaced - 1).uid == change.token_uid
        assert tokens.at(replaced).uid != change.token_uid


def test_tokens_that_rotate_often_are_revoked_all_the_same() -> None:
    plan = TimelinePlan(token_lasts=HOUR, token_revoked=fixed(5 * HOUR))
    revoked = [at for at, _, c in of(with_plan(plan)) if isinstance(c, SetTokenState)]
    assert len(revoked) == 4


def test_a_token_without_rotation_is_good_for_ever() -> None:
    token: RegistrationToken = Tokens(with_plan(TimelinePlan()), 0, 1).at(DAY.duration * 9)
    assert token.expiry == FOR_EVER
    assert (token.value, token.project_uid) == ("<token:0.1.0>", project_uid(1, 0, 1))


# --- profiles -----------------------------------------------------------------------------


def test_a_breaking_version_is_mended_within_minutes() -> None:
    breaking = with_plan(TimelinePlan(publish=fixed(30 * MINUTE), breaking_ppm=1_000_000))
    first = {profile.uid: profile for profile in shelf(breaking, 0, 1).matching()}
    found = list(editions(breaking))
    assert len(found) == 2 * 47
    for (at, cause, broken), (later, same, mended) in zip(found[::2], found[1::2], strict=True):
        assert cause == same
        assert at + MINUTE <= later <= at + 5 * MINUTE
        assert not matches(broken, first[broken.uid])
        assert matches(mended, first[mended.uid])


def test_a_version_that_does_not_break_has_the_same_packs_with_other_values() -> None:
    mild = with_plan(TimelinePlan(publish=fixed(30 * MINUTE), breaking_ppm=0))
    first = {profile.uid: profile for profile in shelf(mild, 0, 1).matching()}
    found = list(editions(mild))
    assert len(found) == 47
    for _, _, profile in found:
        assert matches(profile, first[profile.uid])
        assert profile.editions[-1].packs != profile.editions[-2].packs


def test_the_latest_version_never_goes_back_and_profiles_stay_small() -> None:
    latest: dict[str, ProfileVersion] = {}
    hasty = with_plan(replace(LIVELY, publish=fixed(SECOND)))
    for _, _, profile in editions(replace(hasty, duration=20 * MINUTE)):
        newest = profile.latest()
        assert newest is not None
        assert len(profile.editions) <= 4
        version = ProfileVersion(newest.version)
        assert not version < latest.get(profile.uid, version)
        latest[profile.uid] = version


def test_everything_matches_once_the_work_is_over() -> None:
    first = {profile.uid: profile for profile in shelf(DAY, 0, 1).matching()}
    last = {profile.uid: profile for _, _, profile in editions(DAY)}
    assert last
    assert all(matches(profile, first[uid]) for uid, profile in last.items())


def matches(profile: ClusterProfile, first: ClusterProfile) -> bool:
    latest = profile.latest()
    assert latest is not None
    wanted = {(pack.name, pack.version) for pack in first.editions[0].packs}
    return {(pack.name, pack.version) for pack in latest.packs} == wanted


# --- people -------------------------------------------------------------------------------


def test_a_lost_permission_is_given_back() -> None:
    losing = with_plan(TimelinePlan(grants=Spread(0, HOUR, Distribution.EXPONENTIAL)))
    held: dict[str, list[int]] = {}
    for _, _, change in of(losing):
        assert isinstance(change, PutUser)
        held.setdefault(change.email, []).append(len(change.grants))
    assert len(held) == 3
    for counts in held.values():
        assert counts == [3, 4] * (len(counts) // 2)


def test_a_project_begins_with_people_a_token_and_profiles() -> None:
    found = list(beginnings(DAY, 0, 1, cell=5))
    users = [change for change in found if isinstance(change, PutUser)]
    people = [admin(1, 5, 0, 1, number) for number in range(3)]
    assert [user.email for user in users] == [
        token_owner(1, 0).email,
        *(person.email for person in people),
    ]
    assert users[0].tenant_admin
    assert not users[0].grants
    assert all(user.grants == every_grant(project_uid(1, 0, 1)) for user in users[1:])
    assert [c.token for c in found if isinstance(c, PutToken)] == [Tokens(DAY, 0, 1).at(0)]
    assert len([c for c in found if isinstance(c, PutProfile)]) > 12


def test_secrets_of_people_are_labels() -> None:
    person = admin(1, 5, 0, 1, 2)
    assert (person.password, person.api_key) == ("<password:05-0-1-2>", "<api_key:05-0-1-2>")
