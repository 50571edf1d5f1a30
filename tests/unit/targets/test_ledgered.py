"""What a run makes is noted before it is asked for, and what becomes of it is followed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.catalogue.requirement import Role
from harness.domain import arrangements
from harness.domain import arrangements as all_arrangements
from harness.domain import operations as ops
from harness.domain.cluster import Cluster, ClusterState, Health, ManagementMode, Node, NodePool
from harness.domain.errors import Reason, Refused
from harness.domain.page_actions import BrowserAction, ClickLabel
from harness.domain.pages import PageName, PageView
from harness.domain.profile import ClusterProfile, ProfileType
from harness.domain.token import RegistrationToken
from harness.opening import open_inprocess
from harness.targets.exchange import MappedExchange, recorded
from harness.targets.ledger import Ledger, LedgerKind, State
from harness.targets.ledgered import LedgeredDriver
from harness.targets.port import ArrangingFailed, CannotArrange, Exchange, NotOffered, Outgoing
from tests.unit.targets.ledgers import lines_of, new_ledger

SECRET = "canary-value-0123456789"


class Spy:
    """The reference in this process, as a target; looks into the ledger at each call."""

    def __init__(self, folder: Path) -> None:
        self._driver = open_inprocess(1)
        self._folder = folder
        self.seen: list[list[str]] = []
        """What was open in the ledger when each call came."""
        self.reply: ops.Reply | MappedExchange | None = None
        self.error: Exception | None = None
        self.unable: set[type[arrangements.Arrangement]] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._driver, name)

    def arrange(self, arrangement: arrangements.Arrangement) -> arrangements.Arrangement:
        self._look()
        if self.error:
            raise self.error
        return self._driver.arrange(arrangement)

    def cannot(self, kind: type[arrangements.Arrangement]) -> str:
        return "this target has no way" if kind in self.unable else ""

    def send(self, outgoing: Outgoing) -> Exchange:
        self._look()
        if self.error:
            raise self.error
        if isinstance(self.reply, MappedExchange):
            return recorded(self.reply, (), [])
        return Exchange(self.reply) if self.reply else self._driver.send(outgoing)

    def _look(self) -> None:
        last = {line["n"]: line for line in lines_of(self._folder) if line["type"] == "entry"}
        self.seen.append([line["kind"] for line in last.values() if line["state"] == "intended"])


@pytest.fixture
def spy(tmp_path: Path) -> Iterator[Spy]:
    spy = Spy(tmp_path)
    yield spy
    spy.close()


@pytest.fixture
def driver(spy: Spy, tmp_path: Path) -> Iterator[LedgeredDriver]:
    with new_ledger(tmp_path) as ledger:
        yield LedgeredDriver(spy, ledger)


def slot_of(driver: LedgeredDriver) -> tuple[str, str]:
    slot = driver.inventory().slots[0]
    return slot.uid, slot.host_uids[0]


def cluster_on(host: str) -> Cluster:
    pool = NodePool("control-plane-pool", True, (Node("node-1", host),))
    return Cluster("cluster-1", "east", pools=(pool,))


def token(uid: str = "token-1", project: str = "project-1") -> RegistrationToken:
    return RegistrationToken(uid, "pairproof-1", SECRET, project, 10**18)


def states(driver: LedgeredDriver) -> list[tuple[str, str]]:
    return [(entry.kind.value, entry.state.value) for entry in driver.ledger.entries.values()]


def ask(driver: LedgeredDriver, operation: ops.Operation, host: str = "") -> None:
    driver.send(Outgoing(operation, ops.Credentials(), host, "s#1"))


# --- arrangements -------------------------------------------------------------------------------

MAKES: dict[str, tuple[Callable[[str, str], arrangements.Arrangement], LedgerKind]] = {
    "CreateProject": (
        lambda s, h: arrangements.CreateProject("project-1", "p"),
        LedgerKind.PROJECT,
    ),
    "PutUser": (
        lambda s, h: arrangements.PutUser("a@b.c", SECRET, SECRET, frozenset()),
        LedgerKind.USER,
    ),
    "PutToken": (lambda s, h: arrangements.PutToken(token()), LedgerKind.TOKEN),
    "PutProfile": (
        lambda s, h: arrangements.PutProfile(
            ClusterProfile("profile-1", "infra", ProfileType.INFRA, ())
        ),
        LedgerKind.PROFILE,
    ),
    "InstallCluster": (
        lambda s, h: arrangements.InstallCluster(s, cluster_on(h)),
        LedgerKind.CLUSTER,
    ),
    "SetHostMode": (
        lambda s, h: arrangements.SetHostMode(s, ManagementMode.CENTRAL),
        LedgerKind.HOST_MODE,
    ),
    "SetClusterState": (
        lambda s, h: arrangements.SetClusterState(s, ClusterState.ERROR),
        LedgerKind.CLUSTER_STATE,
    ),
    "SetNodeHealth": (
        lambda s, h: arrangements.SetNodeHealth(s, "node-1", Health.UNHEALTHY),
        LedgerKind.NODE_HEALTH,
    ),
    "SetLink": (lambda s, h: arrangements.SetLink(h, up=False), LedgerKind.LINK),
    "FaultNextMessage": (
        lambda s, h: arrangements.FaultNextMessage(
            h, arrangements.MessageKind.POLL, arrangements.MessageFault.LOST_AFTER
        ),
        LedgerKind.FAULT,
    ),
    "AdvanceClock": (
        lambda s, h: arrangements.AdvanceClock(arrangements.Side.EDGE, 5),
        LedgerKind.CLOCK,
    ),
    "SetRateLimit": (lambda s, h: arrangements.SetRateLimit(3), LedgerKind.RATE_LIMIT),
    "DisturbMessages": (
        lambda s, h: arrangements.DisturbMessages(h, lost_before=5),
        LedgerKind.FAULT,
    ),
}
"""Every arrangement that has to be undone, and what it is in the ledger."""

MAKES_NOTHING = {
    "ForgetProject", "RemoveUser", "RemoveToken", "RemoveProfile", "Reset", "Restart",
    "SetClockRight", "RenewCluster",
}  # fmt: skip


def test_every_arrangement_is_known_to_make_something_or_nothing() -> None:
    kinds = {
        name
        for name, kind in vars(all_arrangements).items()
        if isinstance(kind, type)
        and issubclass(kind, arrangements.Arrangement)
        and kind is not arrangements.Arrangement
    }
    assert kinds == MAKES.keys() | MAKES_NOTHING
    assert not MAKES.keys() & MAKES_NOTHING


@pytest.mark.parametrize("name", MAKES)
def test_it_is_in_the_ledger_before_it_is_asked_for(
    name: str, driver: LedgeredDriver, spy: Spy, tmp_path: Path
) -> None:
    make, kind = MAKES[name]
    slot, host = slot_of(driver)
    driver.arrange(arrangements.InstallCluster(slot, cluster_on(host)))
    if name == "DisturbMessages":
        spy.error = CannotArrange(name, "only in fleets")
    spy.seen.clear()
    try:
        driver.arrange(make(slot, host))
    except CannotArrange:
        assert states(driver)[-1] == (kind.value, "refused")
    else:
        assert states(driver)[-1] == (kind.value, "made")
    assert spy.seen == [[kind.value]]
    assert SECRET not in (tmp_path / "ledger.jsonl").read_text("utf-8")


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (CannotArrange("x", "nothing was changed"), "refused"),
        (ArrangingFailed("x", "no answer"), "intended"),
        (KeyboardInterrupt(), "intended"),
    ],
)
def test_what_may_have_happened_stays_open(
    driver: LedgeredDriver, spy: Spy, error: Exception, state: str
) -> None:
    spy.error = error
    with pytest.raises(type(error)):
        driver.arrange(arrangements.CreateProject("project-1", "p"))
    assert states(driver) == [("project", state)]


def test_what_a_target_cannot_is_not_noted(driver: LedgeredDriver, spy: Spy) -> None:
    spy.unable = {arrangements.PutToken}
    with pytest.raises(CannotArrange, match="this target has no way"):
        driver.arrange(arrangements.PutToken(token()))
    assert driver.ledger.entries == {}
    assert spy.seen == []


def test_of_the_side_that_the_harness_plays_the_target_has_no_say(
    driver: LedgeredDriver, spy: Spy
) -> None:
    spy.unable = {arrangements.Restart}
    driver.info = replace(driver.info, roles=frozenset({Role.EDGE}))
    driver.arrange(arrangements.Restart(arrangements.Side.CENTRAL))
    with pytest.raises(CannotArrange, match="this target has no way"):
        driver.arrange(arrangements.Restart(arrangements.Side.EDGE))
    assert len(spy.seen) == 1


def test_what_is_removed_again_is_removed_with_what_was_in_it(driver: LedgeredDriver) -> None:
    driver.arrange(arrangements.CreateProject("project-1", "p"))
    driver.arrange(arrangements.PutToken(token()))
    driver.arrange(arrangements.PutToken(token("token-2", "project-2")))
    driver.arrange(arrangements.PutUser("a@b.c", "x", "y", frozenset()))
    driver.arrange(arrangements.ForgetProject("project-1"))
    driver.arrange(arrangements.RemoveUser("a@b.c"))
    assert states(driver) == [
        ("project", "removed"),
        ("registration token", "removed"),
        ("registration token", "made"),
        ("user", "removed"),
    ]


def test_a_fresh_cluster_takes_the_place_of_what_was_there(driver: LedgeredDriver) -> None:
    slot, host = slot_of(driver)
    driver.arrange(arrangements.InstallCluster(slot, cluster_on(host)))
    driver.arrange(arrangements.SetNodeHealth(slot, "node-1", Health.UNHEALTHY))
    driver.arrange(arrangements.InstallCluster(slot, cluster_on(host)))
    driver.arrange(arrangements.SetLink(host, up=False))
    driver.arrange(arrangements.SetLink(host, up=True))
    assert states(driver) == [
        ("local cluster", "removed"),
        ("node health", "removed"),
        ("local cluster", "made"),
        ("link", "removed"),
    ]


@pytest.mark.parametrize(
    "back",
    [
        arrangements.AdvanceClock(arrangements.Side.EDGE, -12),
        arrangements.SetClockRight(arrangements.Side.EDGE),
    ],
)
def test_a_clock_that_is_put_back_is_right(
    driver: LedgeredDriver, back: arrangements.Arrangement
) -> None:
    driver.arrange(arrangements.AdvanceClock(arrangements.Side.EDGE, 5))
    driver.arrange(arrangements.AdvanceClock(arrangements.Side.EDGE, 7))
    driver.arrange(arrangements.AdvanceClock(arrangements.Side.CENTRAL, 12))
    driver.arrange(back)
    assert states(driver) == [("clock", "removed"), ("clock", "removed"), ("clock", "made")]


@pytest.mark.parametrize(
    "arrangement",
    [
        arrangements.ForgetProject("theirs"),
        arrangements.RemoveUser("them@b.c"),
        arrangements.RemoveToken("theirs"),
        arrangements.Reset(),
    ],
)
def test_nothing_is_removed_that_the_run_did_not_make(
    driver: LedgeredDriver, spy: Spy, arrangement: arrangements.Arrangement
) -> None:
    with pytest.raises(CannotArrange, match="only what is its own"):
        driver.arrange(arrangement)
    assert spy.seen == []


def test_what_was_refused_is_somebody_elses(driver: LedgeredDriver, spy: Spy) -> None:
    spy.error = CannotArrange("CreateProject", "there is one of this uid already")
    with pytest.raises(CannotArrange):
        driver.arrange(arrangements.CreateProject("theirs", "p"))
    spy.error = None
    with pytest.raises(CannotArrange, match="only what is its own"):
        driver.arrange(arrangements.ForgetProject("theirs"))


# --- operations ---------------------------------------------------------------------------------

SEND = ops.SendPairingRequest("https://palette.example", SECRET)


NEVER_SENT = MappedExchange((), ops.Unknown("it cannot be asked: its path is no path"), SEND)


def test_what_a_target_turns_out_not_to_have_was_never_made(
    driver: LedgeredDriver, spy: Spy
) -> None:
    spy.error = NotOffered(ops.SendPairingRequest)
    with pytest.raises(NotOffered):
        driver.send(Outgoing(SEND, ops.Credentials(), slot_of(driver)[1]))
    assert states(driver) == [("pairing request", "refused")]


@pytest.mark.parametrize(
    ("reply", "state", "uid"),
    [
        (ops.Done(ops.PairingId("5f1c")), "made", "5f1c"),
        (Refused(Reason.TOKEN_UNUSABLE, "no"), "refused", ""),
        (ops.Unknown("no answer came"), "intended", ""),
        (NEVER_SENT, "refused", ""),
    ],
)
def test_a_request_is_noted_before_it_is_sent(
    driver: LedgeredDriver,
    spy: Spy,
    tmp_path: Path,
    reply: ops.Reply | MappedExchange,
    state: str,
    uid: str,
) -> None:
    _, host = slot_of(driver)
    driver.arrange(arrangements.PutToken(token()))
    spy.reply = reply
    spy.seen.clear()
    ask(driver, SEND, host)
    assert spy.seen == [["pairing request"]]
    noted = driver.ledger.entries[2]
    assert (noted.state.value, noted.uid, noted.place) == (state, uid, host)
    assert noted.project == "project-1", "that of its token"
    assert SECRET not in (tmp_path / "ledger.jsonl").read_text("utf-8")


SUBMISSION = ops.SubmitPairing(SECRET, "host-secret", Cluster("c1", "store-1"))


@pytest.mark.parametrize(
    ("operation", "state"),
    [
        (ops.WithdrawPairing("c1", "host-secret", "5f1c"), "removed"),
        (ops.WithdrawPairing("c1", "host-secret", "another"), "made"),
        (ops.WithdrawPairing("c1", "host-secret"), "made"),
        (ops.RejectPairingRequest("5f1c"), "removed"),
        (ops.AcceptPairingRequest("5f1c", ()), "consumed"),
    ],
)
def test_a_request_of_a_host_of_the_harness_is_noted_until_it_ends(
    driver: LedgeredDriver, spy: Spy, tmp_path: Path, operation: ops.Operation, state: str
) -> None:
    driver.arrange(arrangements.PutToken(token()))
    spy.reply = ops.Done(ops.PairingId("5f1c"))
    ask(driver, SUBMISSION)
    noted = driver.ledger.entries[2]
    assert (noted.state.value, noted.uid, noted.place) == ("made", "5f1c", "")
    assert (noted.project, noted.undo) == ("project-1", "RejectPairingRequest")
    spy.reply = ops.Done(ops.Acknowledged())
    ask(driver, operation)
    assert driver.ledger.entries[2].state.value == state
    assert "host-secret" not in (tmp_path / "ledger.jsonl").read_text("utf-8")


@pytest.mark.parametrize(
    ("operation", "state"),
    [
        (ops.CancelPairingRequest(), "removed"),
        (ops.RejectPairingRequest("5f1c"), "removed"),
        (ops.RejectPairingRequest("another"), "made"),
        (ops.AcceptPairingRequest("5f1c", ()), "consumed"),
        (ops.ViewCluster(), "made"),
    ],
)
def test_what_becomes_of_a_request_is_followed(
    driver: LedgeredDriver, spy: Spy, operation: ops.Operation, state: str
) -> None:
    _, host = slot_of(driver)
    spy.reply = ops.Done(ops.PairingId("5f1c"))
    ask(driver, SEND, host)
    spy.reply = ops.Done(ops.Accepted("c-1") if state == "consumed" else ops.Acknowledged())
    ask(driver, operation, host)
    assert driver.ledger.entries[1].state.value == state


def test_a_paired_cluster_is_consumed_and_no_leak(driver: LedgeredDriver, spy: Spy) -> None:
    slot, host = slot_of(driver)
    driver.arrange(arrangements.InstallCluster(slot, cluster_on(host)))
    spy.reply = ops.Done(ops.PairingId("5f1c"))
    ask(driver, SEND, host)
    spy.reply = ops.Done(ops.Accepted("central-1"))
    ask(driver, ops.AcceptPairingRequest("5f1c", ()))
    assert states(driver) == [
        ("local cluster", "consumed"),
        ("pairing request", "consumed"),
        ("central cluster", "consumed"),
    ]
    assert driver.ledger.entries[3].uid == "central-1"
    assert driver.ledger.open_entries() == []


def test_an_acceptance_that_was_not_answered_consumes_nothing_yet(
    driver: LedgeredDriver, spy: Spy
) -> None:
    _, host = slot_of(driver)
    spy.reply = ops.Done(ops.PairingId("5f1c"))
    ask(driver, SEND, host)
    spy.reply = ops.Unknown("no answer came")
    ask(driver, ops.AcceptPairingRequest("5f1c", ()))
    assert states(driver) == [("pairing request", "made"), ("central cluster", "intended")]


def test_a_token_and_a_cluster_that_people_make_are_noted_too(
    driver: LedgeredDriver, spy: Spy
) -> None:
    slot, host = slot_of(driver)
    spy.reply = ops.Done(ops.Created("theirs"))
    ask(driver, ops.CreateToken("pairproof-1", "project-1", 1))
    spy.reply = ops.Done(ops.Acknowledged())
    ask(driver, ops.CreateCluster("east"), host)
    assert states(driver) == [("registration token", "made"), ("local cluster", "made")]
    assert driver.ledger.entries[2].place == slot
    ask(driver, ops.DeleteToken("theirs"))
    assert driver.ledger.entries[1].state is State.REMOVED


def test_a_ledger_that_cannot_be_written_keeps_the_target_as_it_is(
    driver: LedgeredDriver, spy: Spy, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(self: Ledger, line: object, *, durably: bool) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr(Ledger, "_write", fails)
    with pytest.raises(OSError, match="the disk is gone"):
        driver.arrange(arrangements.CreateProject("project-1", "p"))
    assert spy.seen == []


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        (ClickLabel(PageName.SETTINGS, "Pair"), "pairing request"),
        (ClickLabel(PageName.REVIEW, "Pair cluster"), "central cluster"),
    ],
)
def test_what_a_click_may_have_made_stays_open(
    driver: LedgeredDriver, spy: Spy, action: BrowserAction, kind: str
) -> None:
    _, host = slot_of(driver)
    spy.reply = ops.Done(PageView("/somewhere", "", ""))
    driver.send(Outgoing(action, ops.Credentials(), host))
    spy.reply = Refused(Reason.FORBIDDEN, "it is closed")
    driver.send(Outgoing(action, ops.Credentials(), host))
    assert states(driver) == [(kind, "intended"), (kind, "refused")]
    assert spy.seen[0] == [kind]
