"""Takes back what a ledger says that a run has made, or notes why it could not.

Nothing here goes by the words of a ledger beyond the kinds that it knows: each has its own way
back, which asks the target for what is named there and for nothing else. Whatever was taken
back already is no error, so that all of it may be done twice. No word of the target's own is
noted: it was told secrets by a run that has ended, which nobody here would know again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from secrets import token_urlsafe
from typing import Final

from msgspec import structs

from harness.domain import arrangements
from harness.domain import operations as ops
from harness.domain.cluster import ClusterState, Health, ManagementMode
from harness.domain.errors import Reason, Refused
from harness.domain.pairing import RequestState
from harness.targets import port
from harness.targets.ledger import Ledger, LedgerEntry, LedgerKind, State
from harness.targets.target import Target

SILENCES_MAX: Final = 3
"""After so many attempts in a row that brought no answer, the rest is not tried."""
_NO_REFUSAL: Final = 5_000_000
"""What was refused after so many microseconds was no answer, but a channel that gave up."""

ORDER: Final = (
    LedgerKind.RATE_LIMIT,
    LedgerKind.LINK,
    LedgerKind.FAULT,
    LedgerKind.CLOCK,
    LedgerKind.REQUEST,
    LedgerKind.CLUSTER,
    LedgerKind.NODE_HEALTH,
    LedgerKind.CLUSTER_STATE,
    LedgerKind.HOST_MODE,
    LedgerKind.PROJECT,
    LedgerKind.TOKEN,
    LedgerKind.PROFILE,
    LedgerKind.USER,
    LedgerKind.CENTRAL_CLUSTER,
)
"""Links and clocks first, since the rest goes over them; a project before what is in it."""

GONE_WITH: Final[Mapping[LedgerKind, Collection[LedgerKind]]] = {
    LedgerKind.PROJECT: (LedgerKind.TOKEN, LedgerKind.PROFILE),
    LedgerKind.CLUSTER: (LedgerKind.NODE_HEALTH, LedgerKind.CLUSTER_STATE, LedgerKind.HOST_MODE),
}
"""What needs no way back of its own once this is gone."""

_NOTHING_THERE = frozenset({Reason.NOTHING_PENDING, Reason.NOT_FOUND, Reason.CONFLICT})
_DECIDED = frozenset({Reason.REQUEST_DECIDED, Reason.NOT_FOUND})
_NO_LONGER_HERE = frozenset({Reason.ALREADY_ACCEPTED, Reason.CENTRALLY_MANAGED})


class NoAnswerAtAll(Exception):
    """The target did not answer; the text says what was asked."""


class NoWay(port.CannotArrange):
    """The target file names no way for this; the text is ours."""


@dataclass(frozen=True, slots=True)
class Undone:
    """What became of an entry."""

    state: State
    why: str = ""


class Ownership:
    """Tells what was there before the run, as far as a target file says so."""

    def __init__(self, driver: port.Driver) -> None:
        target = getattr(driver, "target", None)
        self._target = target if isinstance(target, Target) else None
        self._given_slots = {slot.uid for slot in driver.inventory().slots if slot.given}

    def was_given(self, came: arrangements.Arrangement) -> bool:
        """Whether this was there already, so that nobody may remove it."""
        if isinstance(came, arrangements.InstallCluster):
            return came.slot in self._given_slots
        if self._target is None:
            return False
        given = self._target.arranging.given
        match came:
            case arrangements.CreateProject(uid):
                return uid in given.projects
            case arrangements.PutUser(api_key=key):
                return any(person.api_key == key for person in given.people)
            case arrangements.PutProfile(profile):
                return any(each.uid == profile.uid for each in given.profiles)
        return False

    def is_local(self) -> bool:
        """Whether all of it is on this machine, as far as a target file says so."""
        return self._target is not None and self._target.is_local()

    def keeps(self, kind: LedgerKind) -> bool:
        """Whether the target file says that nothing of this kind can be removed."""
        return self._target is not None and kind in self._target.info.keeps

    def admin(self) -> ops.Credentials | None:
        """Who may look at the registration tokens, and delete them."""
        return self._target.arranging.admin if self._target else None

    def reviewers(self, project_uid: str) -> list[ops.Credentials]:
        """Who may perhaps reject a request of a project."""
        people = self._target.arranging.given.people if self._target else ()
        return [ops.Credentials(api_key=each.api_key, project_uid=project_uid) for each in people]


class Undoer:
    """Takes back what a ledger says, over a driver that nobody interrupts.

    `gone` are the sides that the harness played itself, in a process that has ended.
    """

    def __init__(
        self, driver: port.Driver, ledger: Ledger, gone: Collection[arrangements.Side] = frozenset()
    ) -> None:
        self._driver = driver
        self._ledger = ledger
        self._gone = gone
        slots = driver.inventory().slots
        self._slot_of = {host: slot.uid for slot in slots for host in slot.host_uids}
        self._owner = Ownership(driver)
        self._silences = 0

    def sweep(self, kinds: Collection[LedgerKind] = ORDER) -> list[LedgerEntry]:
        """Take back all that is open of these kinds; returns what could not be."""
        for kind in ORDER:
            for entry in self._ledger.open_entries() if kind in kinds else ():
                if entry.kind is kind and self._ledger.entries[entry.n].is_open:
                    self._take_back(entry)
        return [entry for entry in self._ledger.open_entries() if entry.kind in kinds]

    def _take_back(self, entry: LedgerEntry) -> None:
        if self._silences >= SILENCES_MAX:
            why = f"not tried: {SILENCES_MAX} attempts in a row had brought no answer"
            self._ledger.change(entry.n, State.LEAKED, why=why)
            return
        began = self._driver.now()
        try:
            undone = self._undone(entry)
            self._silences = 0
        except NoAnswerAtAll as error:
            self._silences += 1
            undone = Undone(State.LEAKED, f"{error}: no answer came that can be read")
        except port.ArrangingFailed as error:
            self._silences += 1
            undone = Undone(State.LEAKED, f"{error.what}: it was tried and went wrong")
        except (NoWay, port.NotOffered) as error:
            undone = Undone(State.LEAKED, str(error))
        except port.CannotArrange as error:
            self._silences += self._driver.now() - began >= _NO_REFUSAL
            undone = Undone(State.LEAKED, f"{error.what}: it was refused")
        self._ledger.change(entry.n, undone.state, why=undone.why)
        if undone.state is State.REMOVED:
            self._let_go_with(entry)

    def _let_go_with(self, gone: LedgerEntry) -> None:
        for entry in self._ledger.open_entries():
            inside = entry.project == gone.uid if gone.kind is LedgerKind.PROJECT else False
            upon = entry.place == gone.place if gone.kind is LedgerKind.CLUSTER else False
            kinds = GONE_WITH.get(gone.kind, ())
            hostless = entry.kind is LedgerKind.REQUEST and arrangements.Side.EDGE in self._gone
            is_with_it = (entry.kind in kinds or hostless) and (inside or upon)
            # Where one cluster is, one request can wait: the last one, whichever was taken back.
            was_it = entry.kind is gone.kind is LedgerKind.REQUEST and self._is_beside(entry, gone)
            if is_with_it or was_it:
                self._ledger.change(entry.n, State.REMOVED)

    def _is_beside(self, entry: LedgerEntry, other: LedgerEntry) -> bool:
        """Whether both are of one place, and the other was taken back by its operator there."""
        slot = self._slot_of.get(entry.place)
        is_asked_there = other.side not in self._gone and slot is not None
        return is_asked_there and slot == self._slot_of.get(other.place)

    # --- each kind's way back -------------------------------------------------------------

    def _undone(self, entry: LedgerEntry) -> Undone:
        if entry.side in self._gone:
            return self._left_by_a_peer(entry)
        if self._owner.keeps(entry.kind):
            return self._kept(entry)
        match entry.kind:
            case LedgerKind.REQUEST:
                return self._withdrawn(entry) if entry.place else self._left_by_a_peer(entry)
            case LedgerKind.CENTRAL_CLUSTER:
                return Undone(State.CONSUMED, "nobody has said whether it came to be")
            case LedgerKind.CLOCK:
                return self._clock_set_right(entry)
            case LedgerKind.TOKEN | LedgerKind.PROJECT | LedgerKind.PROFILE:
                return self._removed_by_name(entry)
            case LedgerKind.CLUSTER:
                return self._place_cleared(entry)
        return self._arranged(WAYS_BACK[entry.kind](entry))

    def _kept(self, entry: LedgerEntry) -> Undone:
        """What stays does no harm: a user can do nothing any more, by keys that nobody knows."""
        if entry.kind is not LedgerKind.USER:
            return Undone(State.KEPT)
        if why := self._driver.cannot(arrangements.PutUser):
            return Undone(State.KEPT, f"it cannot be disabled: {why}")
        password, key = token_urlsafe(), token_urlsafe()
        self._driver.arrange(arrangements.PutUser(entry.uid, password, key, frozenset()))
        return Undone(State.KEPT, "without permissions, by keys that nobody knows")

    def _left_by_a_peer(self, entry: LedgerEntry) -> Undone:
        """What was the harness's own went with it; a request that it sent did not."""
        if entry.kind is not LedgerKind.REQUEST:
            return Undone(State.REMOVED, "it went with the harness, which played that side")
        if entry.uid:
            for reviewer in self._owner.reviewers(entry.project):
                reply = self._ask(ops.RejectPairingRequest(entry.uid), reviewer)
                if isinstance(reply, ops.Done) or reply.reason in _DECIDED:
                    return Undone(State.REMOVED)
        told = "the host that sent it was the harness's, and is gone"
        remedy = f"reject request {entry.uid or '(no uid came)'} there"
        return Undone(State.LEAKED, f"{told}: {remedy}, or delete the cluster that came of it")

    def _arranged(self, arrangement: arrangements.Arrangement) -> Undone:
        if why := self._driver.cannot(type(arrangement)):
            raise NoWay(type(arrangement).__name__, why)
        self._driver.arrange(arrangement)
        return Undone(State.REMOVED)

    def _removed_by_name(self, entry: LedgerEntry) -> Undone:
        """Remove it; where somebody may look, by its name as well, if no uid ever came."""
        admin, is_token = self._owner.admin(), entry.kind is LedgerKind.TOKEN
        if admin is None or (not is_token and entry.state is not State.INTENDED):
            return self._arranged(WAYS_BACK[entry.kind](entry))
        scope = entry.project if entry.kind is LedgerKind.PROFILE else admin.project_uid
        listed = self._ask(_LISTED[entry.kind], replace(admin, project_uid=scope))
        kinds = ops.TokenList | ops.ScopeList | ops.ProfileList
        if isinstance(listed, ops.Done) and isinstance(listed.value, kinds):
            items = [i for i in listed.value.items if i.uid == entry.uid or i.name == entry.what]
            for uid in dict.fromkeys(item.uid for item in items):
                self._arranged(WAYS_BACK[entry.kind](structs.replace(entry, uid=uid)))
            return Undone(State.REMOVED)
        if is_token:
            return Undone(State.LEAKED, f"the tokens cannot be listed: {_reason_of(listed)}")
        return self._arranged(WAYS_BACK[entry.kind](entry))

    def _place_cleared(self, entry: LedgerEntry) -> Undone:
        """Leave a place empty, or as its own reset leaves it."""
        try:
            return self._arranged(arrangements.InstallCluster(entry.place, None))
        except port.ArrangingFailed:
            raise
        except port.CannotArrange:
            if self._driver.cannot(arrangements.RenewCluster):
                raise
            return self._arranged(arrangements.RenewCluster(entry.place))

    def _clock_set_right(self, entry: LedgerEntry) -> Undone:
        """A clock that is put back twice goes wrong, so what is not certain is not put back."""
        if not self._driver.cannot(arrangements.SetClockRight):
            return self._arranged(arrangements.SetClockRight(entry.side))
        if entry.state is not State.MADE:
            return Undone(State.LEAKED, "nobody has said whether it was put forward")
        return self._arranged(arrangements.AdvanceClock(entry.side, -entry.by))

    def _withdrawn(self, entry: LedgerEntry) -> Undone:
        """Cancel a request where it was sent, as its operator would."""
        if entry.place not in self._slot_of:
            return Undone(State.LEAKED, f"the target has no host {entry.place} any more")
        user = self._driver.local_user
        reply = self._ask(ops.LogIn(user.username, user.password), ops.Credentials(), entry.place)
        if not (isinstance(reply, ops.Done) and isinstance(reply.value, ops.Session)):
            return Undone(State.LEAKED, f"the login was refused: {_reason_of(reply)}")
        session = ops.Credentials(reply.value.token)
        try:
            return self._cancelled(entry.place, session)
        finally:
            # Sessions end by themselves, so it does not matter how this ends.
            port.reply_to(
                self._driver.send, port.Outgoing(ops.LogOut(), session, entry.place, "undo")
            )

    def _cancelled(self, host: str, session: ops.Credentials) -> Undone:
        reply = self._ask(ops.CancelPairingRequest(), session, host)
        if isinstance(reply, ops.Done):
            return Undone(State.REMOVED)
        if reply.reason in _NO_LONGER_HERE:
            return Undone(State.CONSUMED)
        view = self._ask(ops.ViewPairing(), session, host)
        if isinstance(view, ops.Done) and isinstance(view.value, ops.PairingView):
            if view.value.status == RequestState.PAIRED.value:
                return Undone(State.CONSUMED)
            if view.value.status == RequestState.PENDING.value:
                return Undone(State.LEAKED, f"to cancel it was refused: {_reason_of(reply)}")
            return Undone(State.REMOVED)
        if isinstance(view, Refused) and {reply.reason, view.reason} <= _NOTHING_THERE:
            return Undone(State.REMOVED)
        return Undone(State.LEAKED, f"to cancel it was refused: {_reason_of(reply)}")

    def _ask(
        self, operation: ops.Operation, credentials: ops.Credentials, host: str = ""
    ) -> ops.Done | Refused:
        reply = self._driver.send(port.Outgoing(operation, credentials, host, "undo")).reply
        if not isinstance(reply, ops.Done | Refused):
            raise NoAnswerAtAll(type(operation).__name__)
        return reply


def gone_sides(driver: port.Driver) -> frozenset[arrangements.Side]:
    """The sides that the harness plays beside this driver's target: new ones each time."""
    described: frozenset[arrangements.Side] = getattr(
        getattr(driver, "target", None), "sides", frozenset(arrangements.Side)
    )
    return frozenset(arrangements.Side) - described


def _reason_of(reply: ops.Reply) -> str:
    return reply.reason.value if isinstance(reply, Refused) else "an answer of another kind"


_LISTED: Final[Mapping[LedgerKind, ops.CentralOperation]] = {
    LedgerKind.TOKEN: ops.ListTokens(),
    LedgerKind.PROJECT: ops.ListProjects(),
    LedgerKind.PROFILE: ops.ListProfiles(),
}
"""Where what has a name is found by it."""

WAYS_BACK: Final[Mapping[LedgerKind, Callable[[LedgerEntry], arrangements.Arrangement]]] = {
    LedgerKind.PROJECT: lambda e: arrangements.ForgetProject(e.uid),
    LedgerKind.USER: lambda e: arrangements.RemoveUser(e.uid),
    LedgerKind.TOKEN: lambda e: arrangements.RemoveToken(e.uid),
    LedgerKind.PROFILE: lambda e: arrangements.RemoveProfile(e.uid, e.project),
    LedgerKind.HOST_MODE: lambda e: arrangements.SetHostMode(e.place, ManagementMode.LOCAL),
    LedgerKind.CLUSTER_STATE: lambda e: arrangements.SetClusterState(e.place, ClusterState.RUNNING),
    LedgerKind.NODE_HEALTH: lambda e: arrangements.SetNodeHealth(e.place, e.uid, Health.HEALTHY),
    LedgerKind.LINK: lambda e: arrangements.SetLink(e.place, up=True),
    LedgerKind.FAULT: lambda e: (
        arrangements.DisturbMessages(e.place)
        if e.undo == "DisturbMessages"
        else arrangements.SetLink(e.place, up=True)
    ),
    LedgerKind.RATE_LIMIT: lambda _: arrangements.SetRateLimit(0),
}
"""What is arranged to take back what is of each kind."""
