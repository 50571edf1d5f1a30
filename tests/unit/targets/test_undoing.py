"""What a run has made is taken back, and what cannot be is told with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.cli.summary import kept_lines
from harness.domain import arrangements
from harness.domain import operations as ops
from harness.domain.cluster import Health
from harness.domain.errors import Reason, Refused
from harness.domain.permission import every_grant
from harness.domain.profile import ClusterProfile, ProfileType
from harness.domain.token import RegistrationToken
from harness.reference.core import records
from harness.reference.world import direct_reference
from harness.targets.arranging.given import GivenPerson, GivenThings
from harness.targets.arranging.reading import ArrangingSettings
from harness.targets.inprocess import InprocessDriver
from harness.targets.ledger import KEEPABLE, Ledger, LedgerKind, State
from harness.targets.ledgered import LedgeredDriver
from harness.targets.port import (
    ArrangingFailed,
    CannotArrange,
    Exchange,
    NotOffered,
    Outgoing,
    TargetInfo,
)
from harness.targets.target import Target
from harness.targets.undoing import ORDER, SILENCES_MAX, WAYS_BACK, Undoer
from tests.unit.targets.ledgers import entry, new_ledger
from tests.unit.targets.test_ledgered import cluster_on, token

NOTHING_PENDING = Refused(Reason.NOTHING_PENDING, "no request is pending")


class Scripted:
    """A target with one slot of one host that answers as it is told to."""

    class _Slots:
        pass

    def __init__(self, **replies: ops.Reply) -> None:
        self._driver = InprocessDriver(direct_reference(1, clusters=1), TargetInfo("scripted"))
        self.host = self._driver.inventory().slots[0].host_uids[0]
        self.slot = self._driver.inventory().slots[0].uid
        self.replies = {"LogIn": ops.Done(ops.Session("s-1")), **replies}
        self.asked: list[str] = []
        self.arranged: list[arrangements.Arrangement] = []
        self.credentials: list[ops.Credentials] = []
        self.fails: dict[type[arrangements.Arrangement], Exception] = {}
        self.unable: set[type[arrangements.Arrangement]] = set()
        self.target: Target | None = None
        self.takes = 0

    def now(self) -> int:
        return self.takes * len(self.arranged)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._driver, name)

    def cannot(self, kind: type[arrangements.Arrangement]) -> str:
        return "there is no way" if kind in self.unable else ""

    def arrange(self, arrangement: arrangements.Arrangement) -> arrangements.Arrangement:
        self.arranged.append(arrangement)
        if error := self.fails.get(type(arrangement)):
            raise error
        return arrangement

    def send(self, outgoing: Outgoing) -> Exchange:
        self.asked.append(type(outgoing.operation).__name__)
        self.credentials.append(outgoing.credentials)
        return Exchange(self.replies.get(self.asked[-1], ops.Unknown("no answer came")))


class Lacking(Scripted):
    """One that finds out only when it is asked that it cannot be logged in to."""

    def send(self, outgoing: Outgoing) -> Exchange:
        raise NotOffered(type(outgoing.operation), "it has no people")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with new_ledger(tmp_path) as ledger:
        yield ledger


def swept(
    target: Scripted, ledger: Ledger, gone: frozenset[arrangements.Side] = frozenset()
) -> list[str]:
    Undoer(target, ledger, gone).sweep()
    return [
        f"{e.state.value}: {e.why}" if e.why else e.state.value for e in ledger.entries.values()
    ]


# --- the whole of it ----------------------------------------------------------------------------


def test_of_a_whole_run_nothing_is_left(ledger: Ledger) -> None:
    reference = direct_reference(1, clusters=1)
    raw = InprocessDriver(reference, TargetInfo("reference"))
    driver = LedgeredDriver(raw, ledger)
    slot = driver.inventory().slots[0]
    driver.arrange(arrangements.InstallCluster(slot.uid, cluster_on(slot.host_uids[0])))
    driver.arrange(arrangements.CreateProject("project-1", "p"))
    driver.arrange(arrangements.PutToken(token()))
    driver.arrange(arrangements.PutToken(token("in the tenant", "")))
    driver.arrange(arrangements.PutUser("a@b.c", "pw", "key", every_grant("project-1")))
    driver.arrange(
        arrangements.PutProfile(ClusterProfile("profile-1", "infra", ProfileType.INFRA, ()))
    )
    user = driver.local_user
    login = driver.send(
        Outgoing(
            ops.LogIn(user.username, user.password), ops.Credentials(), slot.host_uids[0], "s#1"
        )
    ).reply
    assert isinstance(login, ops.Done)
    assert isinstance(login.value, ops.Session)
    send = ops.SendPairingRequest(driver.inventory().endpoint, token().value)
    sent = driver.send(
        Outgoing(send, ops.Credentials(login.value.token), slot.host_uids[0], "s#2")
    ).reply
    assert isinstance(sent, ops.Done)
    driver.arrange(arrangements.SetNodeHealth(slot.uid, "node-1", Health.UNHEALTHY))
    driver.arrange(arrangements.SetLink(slot.host_uids[0], up=False))
    driver.arrange(arrangements.SetRateLimit(50))
    driver.arrange(arrangements.AdvanceClock(arrangements.Side.CENTRAL, 3_600_000_000))
    before = reference.now()

    assert Undoer(raw, ledger).sweep() == []
    assert {e.state for e in ledger.entries.values()} == {State.REMOVED}
    central, edge = reference.central._store, reference.edge._store
    kinds = (
        records.Project,
        records.User,
        RegistrationToken,
        ClusterProfile,
        records.PairingRequest,
        records.CentralCluster,
    )
    open_ones = [r for kind in kinds for r in central.every(kind)]
    assert open_ones == []
    assert [site.cluster for site in edge.every(records.SlotState)] == [None]
    assert reference.central.clock.now() == reference.now() >= before


def test_to_sweep_again_asks_for_nothing(ledger: Ledger) -> None:
    target = Scripted()
    ledger.intend(entry())
    assert swept(target, ledger) == ["removed"]
    target.arranged.clear()
    assert swept(target, ledger) == ["removed"]
    assert target.arranged == []


def test_every_kind_has_its_turn_and_a_way_back() -> None:
    assert set(ORDER) == set(LedgerKind)
    own = {
        LedgerKind.REQUEST,
        LedgerKind.CENTRAL_CLUSTER,
        LedgerKind.CLOCK,
        LedgerKind.CLUSTER,
    }
    assert set(WAYS_BACK) == set(LedgerKind) - own


def test_links_come_first_and_a_project_before_what_is_in_it(ledger: Ledger) -> None:
    target = Scripted()
    ledger.intend(entry(LedgerKind.TOKEN, uid="t-1", project="uid-1"))
    ledger.intend(entry(LedgerKind.TOKEN, uid="t-2", project="another"))
    ledger.intend(entry(LedgerKind.PROJECT))
    ledger.intend(entry(LedgerKind.LINK, side=arrangements.Side.EDGE, place="h"))
    ledger.intend(
        entry(LedgerKind.FAULT, side=arrangements.Side.EDGE, place="h", undo="DisturbMessages")
    )
    swept(target, ledger)
    assert target.arranged == [
        arrangements.SetLink("h", up=True),
        arrangements.DisturbMessages("h"),
        arrangements.ForgetProject("uid-1"),
        arrangements.RemoveToken("t-2"),
    ]


# --- what cannot be taken back ------------------------------------------------------------------


def test_what_the_target_cannot_take_back_is_a_leak(ledger: Ledger) -> None:
    target = Scripted()
    target.unable = {arrangements.ForgetProject}
    ledger.intend(entry())
    assert swept(target, ledger) == ["leaked: cannot arrange: ForgetProject (there is no way)"]
    target.unable = set()
    assert swept(target, ledger) == ["removed"], "it is tried again"


def test_what_a_target_keeps_is_no_leak_and_can_do_nothing_any_more(ledger: Ledger) -> None:
    for kind in (LedgerKind.PROJECT, LedgerKind.USER, LedgerKind.TOKEN):
        ledger.intend(entry(kind, uid=f"of-{kind.name}"))
    target = Scripted()
    target.target = Target(TargetInfo("keeps", keeps=frozenset(KEEPABLE)))
    told = swept(target, ledger)
    assert told == ["kept", "kept: without permissions, by keys that nobody knows", "removed"]
    removed, disabled = target.arranged
    assert isinstance(disabled, arrangements.PutUser)
    assert (disabled.email, disabled.grants) == ("of-USER", frozenset())
    assert removed == arrangements.RemoveToken("of-TOKEN")
    assert ledger.open_entries() == []
    assert disabled.api_key not in ledger.path.read_text("utf-8")
    (told_of,) = [text.plain for text in kept_lines(ledger.path)]
    assert "1 of the kind project, 1 of the kind user, marked pairproof-0000beef" in told_of


@pytest.mark.parametrize(
    ("error", "takes", "asked"),
    [
        (ArrangingFailed("x", "no answer"), 0, SILENCES_MAX),
        (CannotArrange("x", "it says no"), 0, 6),
        (CannotArrange("x", "no connection"), 30_000_000, SILENCES_MAX),
    ],
)
def test_a_target_that_is_silent_is_not_asked_for_ever(
    ledger: Ledger, error: Exception, takes: int, asked: int
) -> None:
    target = Scripted()
    target.takes = takes
    target.fails = {arrangements.ForgetProject: error}
    for _ in range(6):
        ledger.intend(entry())
    told = swept(target, ledger)
    assert len(target.arranged) == asked
    assert all(each.startswith("leaked: ") for each in told)
    if asked == SILENCES_MAX:
        assert "not tried: 3 attempts in a row" in told[-1]


# --- requests -----------------------------------------------------------------------------------


def test_an_operation_that_turns_out_to_be_missing_is_no_way_back(ledger: Ledger) -> None:
    target = Lacking()
    request_at(target, ledger)
    assert swept(target, ledger) == ["leaked: the target does not offer LogIn: it has no people"]


def request_at(target: Scripted, ledger: Ledger, **more: Any) -> None:
    ledger.intend(entry(LedgerKind.REQUEST, side=arrangements.Side.EDGE, place=target.host, **more))


def view(status: str) -> ops.Done:
    return ops.Done(ops.PairingView("5f1c", status, "", "https://palette.example"))


@pytest.mark.parametrize(
    ("cancel", "look", "told"),
    [
        (ops.Done(ops.Session("")), None, "removed"),
        (NOTHING_PENDING, NOTHING_PENDING, "removed"),
        (NOTHING_PENDING, view("Rejected"), "removed"),
        (NOTHING_PENDING, view("Paired"), "consumed"),
        (Refused(Reason.ALREADY_ACCEPTED, "too late"), None, "consumed"),
        (Refused(Reason.CENTRALLY_MANAGED, "too late"), None, "consumed"),
        (
            Refused(Reason.FORBIDDEN, "no"),
            view("Pairing"),
            "leaked: to cancel it was refused: Forbidden",
        ),
        (
            Refused(Reason.FORBIDDEN, "no"),
            Refused(Reason.FORBIDDEN, "never"),
            "leaked: to cancel it was refused: Forbidden",
        ),
        (
            ops.Unknown("silence"),
            None,
            "leaked: CancelPairingRequest: no answer came that can be read",
        ),
        (
            NOTHING_PENDING,
            ops.Unknown("silence"),
            "leaked: ViewPairing: no answer came that can be read",
        ),
    ],
)
def test_a_request_is_cancelled_where_it_was_sent(
    ledger: Ledger, cancel: ops.Reply, look: ops.Reply | None, told: str
) -> None:
    target = Scripted(CancelPairingRequest=cancel)
    if look:
        target.replies["ViewPairing"] = look
    request_at(target, ledger)
    assert swept(target, ledger) == [told]
    assert target.asked[:2] == ["LogIn", "CancelPairingRequest"]
    assert target.asked[-1] == "LogOut", "no session is left"
    assert target.credentials[1:] == [ops.Credentials("s-1")] * (len(target.asked) - 1)


def test_of_several_requests_of_a_place_one_can_wait(ledger: Ledger) -> None:
    """What is shown may be late: the request that was cancelled is not asked for once more."""
    target = Scripted(CancelPairingRequest=ops.Done(ops.Session("")), ViewPairing=view("Pairing"))
    request_at(target, ledger)
    request_at(target, ledger)
    assert swept(target, ledger) == ["removed", "removed"]
    assert target.asked.count("CancelPairingRequest") == 1


def test_a_login_that_is_refused_leaves_the_request(ledger: Ledger) -> None:
    target = Scripted(LogIn=Refused(Reason.UNAUTHENTICATED, "who are you?"))
    request_at(target, ledger)
    assert swept(target, ledger) == ["leaked: the login was refused: Unauthenticated"]


def test_a_host_that_is_no_longer_there_leaves_the_request(ledger: Ledger) -> None:
    target = Scripted()
    ledger.intend(entry(LedgerKind.REQUEST, side=arrangements.Side.EDGE, place="gone"))
    assert swept(target, ledger) == ["leaked: the target has no host gone any more"]
    assert target.asked == []


def test_a_request_of_a_host_of_the_harness_can_be_rejected_alone(ledger: Ledger) -> None:
    target = Scripted()
    ledger.intend(entry(LedgerKind.REQUEST, uid="5f1c"))
    told = "leaked: the host that sent it was the harness's, and is gone: reject request 5f1c"
    assert swept(target, ledger) == [f"{told} there, or delete the cluster that came of it"]
    assert "LogIn" not in target.asked, "it was sent at no Local UI"


# --- clocks, tokens, places ---------------------------------------------------------------------


def test_a_clock_is_set_right_where_that_can_be_done_twice(ledger: Ledger) -> None:
    target = Scripted()
    ledger.intend(entry(LedgerKind.CLOCK, by=5))
    assert swept(target, ledger) == ["removed"]
    assert target.arranged == [arrangements.SetClockRight(arrangements.Side.CENTRAL)]


def test_a_clock_that_was_perhaps_put_forward_is_not_put_back(ledger: Ledger) -> None:
    target = Scripted()
    target.unable = {arrangements.SetClockRight}
    ledger.intend(entry(LedgerKind.CLOCK, by=5))
    ledger.intend(entry(LedgerKind.CLOCK, by=7))
    ledger.change(2, State.MADE)
    assert swept(target, ledger) == [
        "leaked: nobody has said whether it was put forward",
        "removed",
    ]
    assert target.arranged == [arrangements.AdvanceClock(arrangements.Side.CENTRAL, -7)]


def described(**more: Any) -> Target:
    return Target(
        TargetInfo("scripted"), central_url="http://c.test", arranging=ArrangingSettings(**more)
    )


def test_a_token_whose_uid_never_came_is_found_by_its_name(ledger: Ledger) -> None:
    listed = (
        RegistrationToken("theirs", "pairproof-1", "", "p", 1),
        RegistrationToken("another", "somebody else's", "", "p", 1),
    )
    target = Scripted(ListTokens=ops.Done(ops.TokenList(listed)))
    target.target = described(admin=ops.Credentials(api_key="admin-key"))
    ledger.intend(entry(LedgerKind.TOKEN, what="pairproof-1", uid="asked for"))
    assert swept(target, ledger) == ["removed"]
    assert target.arranged == [arrangements.RemoveToken("theirs")]
    assert target.credentials == [ops.Credentials(api_key="admin-key")]


def test_a_project_and_a_profile_whose_uids_never_came_are_found_by_name(ledger: Ledger) -> None:
    scopes = (ops.NamedScope("theirs", "pairproof-1 retail"), ops.NamedScope("p", "another"))
    profiles = tuple(ops.ProfileListItem("prof", "pairproof-1 infra", v) for v in ("1.0", "2.0"))
    target = Scripted(
        ListProjects=ops.Done(ops.ScopeList(scopes)),
        ListProfiles=ops.Done(ops.ProfileList(profiles)),
    )
    target.target = described(admin=ops.Credentials(api_key="admin-key"))
    ledger.intend(entry(LedgerKind.PROJECT, what="pairproof-1 retail", uid="asked for"))
    ledger.intend(entry(LedgerKind.PROFILE, what="pairproof-1 infra", uid="asked", project="p"))
    assert swept(target, ledger) == ["removed", "removed"]
    assert target.arranged == [
        arrangements.ForgetProject("theirs"),
        arrangements.RemoveProfile("prof", "p"),
    ]
    assert [by.project_uid for by in target.credentials] == ["", "p"]


def test_tokens_that_cannot_be_listed_are_a_leak(ledger: Ledger) -> None:
    target = Scripted(ListTokens=Refused(Reason.FORBIDDEN, "not you"))
    target.target = described(admin=ops.Credentials(api_key="admin-key"))
    ledger.intend(entry(LedgerKind.TOKEN))
    assert swept(target, ledger) == ["leaked: the tokens cannot be listed: Forbidden"]


def test_a_place_that_cannot_be_emptied_is_put_back_as_it_was(ledger: Ledger) -> None:
    target = Scripted()
    target.fails = {
        arrangements.InstallCluster: CannotArrange("InstallCluster", "no cluster is no template")
    }
    ledger.intend(entry(LedgerKind.CLUSTER, side=arrangements.Side.EDGE, place="slot-1"))
    ledger.intend(entry(LedgerKind.NODE_HEALTH, side=arrangements.Side.EDGE, place="slot-1"))
    assert swept(target, ledger) == ["removed", "removed"]
    assert target.arranged == [
        arrangements.InstallCluster("slot-1", None),
        arrangements.RenewCluster("slot-1"),
    ]


def test_no_word_of_the_target_reaches_the_ledger(ledger: Ledger, tmp_path: Path) -> None:
    canary = "canary-that-the-target-repeats"
    told = Refused(Reason.FORBIDDEN, canary)
    target = Scripted(CancelPairingRequest=told, ViewPairing=told)
    request_at(target, ledger)
    for kind, error in (
        (arrangements.ForgetProject, CannotArrange("x", canary)),
        (arrangements.RemoveUser, ArrangingFailed("x", canary)),
    ):
        target.fails[kind] = error
    ledger.intend(entry())
    ledger.intend(entry(LedgerKind.USER))
    target.replies["LogOut"] = ops.Unknown(canary)
    assert all(each.startswith("leaked: ") for each in swept(target, ledger))
    assert canary not in (tmp_path / "ledger.jsonl").read_text("utf-8")


def test_a_place_that_cannot_be_put_back_either_is_a_leak(ledger: Ledger) -> None:
    target = Scripted()
    target.fails = {arrangements.InstallCluster: CannotArrange("InstallCluster", "no")}
    target.unable = {arrangements.RenewCluster}
    ledger.intend(entry(LedgerKind.CLUSTER, side=arrangements.Side.EDGE, place="slot-1"))
    assert swept(target, ledger) == ["leaked: InstallCluster: it was refused"]


# --- a side that the harness played -------------------------------------------------------------


EDGE_GONE = frozenset({arrangements.Side.EDGE})


def test_what_a_peer_had_is_gone_with_it(ledger: Ledger) -> None:
    target = Scripted()
    ledger.intend(entry(LedgerKind.CLUSTER, side=arrangements.Side.EDGE, place="slot-1"))
    ledger.intend(entry(LedgerKind.LINK, side=arrangements.Side.EDGE, place="h"))
    told = swept(target, ledger, EDGE_GONE)
    assert told == ["removed: it went with the harness, which played that side"] * 2
    assert target.arranged == []


@pytest.mark.parametrize(
    "reply",
    [
        ops.Done(ops.Session("")),
        Refused(Reason.NOT_FOUND, "?"),
        Refused(Reason.REQUEST_DECIDED, ""),
    ],
)
def test_a_request_of_a_peer_is_rejected_by_somebody_who_may(
    ledger: Ledger, reply: ops.Reply
) -> None:
    target = Scripted(RejectPairingRequest=reply)
    person = GivenPerson("administrator", "key-1")
    target.target = described(given=GivenThings(people=(person,)))
    request_at(target, ledger, uid="5f1c", project="p-1")
    assert swept(target, ledger, EDGE_GONE) == ["removed"]
    assert target.credentials == [ops.Credentials(api_key="key-1", project_uid="p-1")]


def test_each_request_of_a_peer_is_rejected_by_itself(ledger: Ledger) -> None:
    target = Scripted(RejectPairingRequest=Refused(Reason.REQUEST_DECIDED, ""))
    target.target = described(given=GivenThings(people=(GivenPerson("administrator", "key-1"),)))
    request_at(target, ledger, uid="5f1c", project="p-1")
    request_at(target, ledger, uid="5f1d", project="p-1")
    assert swept(target, ledger, EDGE_GONE) == ["removed", "removed"]
    assert target.asked.count("RejectPairingRequest") == 2


def test_a_request_of_a_peer_that_nobody_may_reject_goes_with_its_project(ledger: Ledger) -> None:
    target = Scripted()
    request_at(target, ledger, uid="5f1c", project="p-1")
    request_at(target, ledger, uid="", project="p-2")
    ledger.intend(entry(uid="p-1"))
    told = swept(target, ledger, EDGE_GONE)
    assert told[0] == "removed"
    assert told[1].startswith(
        "leaked: the host that sent it was the harness's, and is gone: reject"
    )
