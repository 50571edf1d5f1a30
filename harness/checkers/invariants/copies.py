"""How far behind lists, polls and the edge's copy may be, and that none goes back (INV-8)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from harness.checkers.invariants import entities
from harness.checkers.invariants.known import ObservedWorld, Violation, Violations
from harness.checkers.invariants.register import (
    BECOMES,
    HANDING_OVER,
    NAMES,
    PENDING,
    Register,
    RegisterAction,
    seconds,
)
from harness.domain.pairing import LocalState
from harness.history.operation import Json, OperationRecord

_MISSED_MAX = 512
_PAGES_OF_CLUSTERS_MAX = 256
_OLD_MAX = 16
"""Earlier requests of one host that are remembered as over."""

_LATER_LOCALLY = {
    LocalState.PENDING.value: frozenset({"Pairing", "Paired", "Rejected", "Failed"}),
    LocalState.PAIRED.value: frozenset({"Paired", "Failed"}),
    LocalState.REJECTED.value: frozenset({"Rejected"}),
    LocalState.FAILED.value: frozenset({"Failed"}),
}
"""What Local UI may show after each status. `Paired` may be shown before it is confirmed."""


class Book(Protocol):
    """Where the registers are kept."""

    known: ObservedWorld
    registers: dict[str, Register]
    """Those of the requests of which something is known."""
    given_up: set[str]
    """The requests that are judged no more."""

    def is_starved(self, reason: str, within: int, operations: Iterable[str]) -> bool:
        """Whether nobody is blamed for something, as the harness itself was late."""

    def register(self, uid: str) -> Register:
        """The register of a request."""

    def is_just_pending(self, uid: str) -> bool:
        """Whether a request was surely pending when nothing was last under way with it."""

    def tell(
        self, register: Register, action: RegisterAction, operation: OperationRecord
    ) -> Sequence[Violation]:
        """Something that was true by the end of the operation."""


Reader = tuple[str, str]
"""Who reads, and in which project."""


@dataclass(slots=True)
class _Page:
    """The open requests that a reader's last list of one kind showed."""

    operation: str
    tick: int
    uids: frozenset[str]
    missed: dict[str, str] | None = None
    """Requests that were listed and then were not, each with the list that left it out."""
    missed_earlier: dict[str, str] | None = None
    """Those of `missed` when it had last become too long; what was there before is forgotten."""

    def returned(self, uid: str) -> str:
        """The list that left out a request which is listed again, if one did."""
        for missed in (self.missed, self.missed_earlier):
            if missed and uid in missed:
                return missed.pop(uid)
        return ""

    def misses(self, uids: Iterable[str], operation: str) -> None:
        """A list leaves out what was listed before."""
        self.missed = {**(self.missed or {}), **dict.fromkeys(uids, operation)}
        if len(self.missed) > _MISSED_MAX:
            self.missed, self.missed_earlier = None, self.missed


class Lists:
    """Lists of pairing requests, and what hosts are told, reader by reader."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._pages: dict[tuple[Json, ...], _Page] = {}
        self._pages_of_clusters: dict[tuple[Json, ...], _Page] = {}
        """Lists of one cluster's requests; those that were first read longest ago are forgotten."""

    def forget(self) -> None:
        """Who may see what has changed."""
        self._pages.clear()
        self._pages_of_clusters.clear()

    def on_answer(self, operation: OperationRecord) -> Iterable[Violation]:
        """A list was answered."""
        if not isinstance(entities.fields_of(operation).get("items"), list):
            return ()
        book, open_uids = self._book, []
        found: list[Violation] = []
        for _, state, item in book.known.listed:
            uid = item.get("pairing_uid")
            if not isinstance(uid, str) or not uid:
                continue
            if state in entities.OPEN_STATES:
                open_uids.append(uid)
                state = PENDING
                if book.is_just_pending(uid):
                    continue
            if uid not in book.given_up:
                found += self._item(uid, state, operation)
        found += self._flickers(frozenset(open_uids), operation)
        return found

    def on_poll(self, operation: OperationRecord) -> Iterable[Violation]:
        """A host was told how its request stands: what it is told may lag as a list does."""
        book, state = self._book, self._book.known.shown
        uid = operation.args.get("pairing_uid")
        if not state or not isinstance(uid, str) or uid in book.given_up:
            return ()
        if state in entities.OPEN_STATES:
            state = PENDING
            if book.is_just_pending(uid):
                return ()
        return self._item(uid, state, operation)

    def _item(self, uid: str, state: str, operation: OperationRecord) -> Iterable[Violation]:
        book = self._book
        register = book.register(uid)
        if state not in NAMES:
            return ()
        if found := self._behind(register, state, operation) or self._back(
            register, state, operation
        ):
            return (found,)
        verb = "polled" if operation.kind == "PollPairing" else "seen"
        return book.tell(register, (verb, state), operation)

    def _behind(
        self, register: Register, state: str, operation: OperationRecord
    ) -> Violation | None:
        """It is still shown as pending, or handed over, what surely was no more too long ago."""
        known = self._book.known
        since = {PENDING: register.left, HANDING_OVER: register.decided}.get(state)
        if since is None:
            return None
        at, by = since
        if operation.start <= max(at, known.disturbed) + known.limits.list_lag:
            return None
        what = _shows(operation)
        reason = (
            f"request {register.uid}: {what} at {seconds(operation.start)} still shows it as"
            f" {'pending' if state == PENDING else 'being handed over'}, which it was no more at"
            f" {seconds(at)}; {what} may be {seconds(known.limits.list_lag)} behind"
        )
        if self._book.is_starved(reason, known.limits.list_lag, (operation.id,)):
            return None
        return Violation("INV-8", reason, _once(by, operation.id))

    def _back(self, register: Register, state: str, operation: OperationRecord) -> Violation | None:
        """A reader was shown a later state before."""
        reader = (operation.actor, entities.text(operation.tags, "project"))
        known, listed = self._book.known, register.listed or {}
        earlier = listed.get(reader)
        if earlier and not _is_before(earlier[1], earlier[2], operation, known):
            return None
        listed[reader] = (state, operation.id, known.tick)
        register.listed = listed
        if earlier is None or state in BECOMES.get(earlier[0], (state,)):
            return None
        reason = (
            f"request {register.uid}: {_shows(operation)} shows {operation.actor} the state {state}"
            f" at {seconds(operation.end or operation.start)}, and an earlier one showed"
            f" {earlier[0]}, which is later"
        )
        return Violation("INV-8", reason, _once(earlier[1], operation.id))

    def _flickers(self, uids: frozenset[str], operation: OperationRecord) -> Iterable[Violation]:
        """Listed as pending, then not, then again: the last of them went back."""
        args, known = operation.args, self._book.known
        project, state = operation.tags.get("project"), args.get("state")
        cluster = args.get("local_cluster_uid")
        key = (operation.actor, project, state, cluster)
        pages = self._pages_of_clusters if cluster else self._pages
        page = pages.get(key)
        if page is None:
            pages[key] = _Page(operation.id, known.tick, uids)
            if cluster and len(pages) > _PAGES_OF_CLUSTERS_MAX:
                del pages[next(iter(pages))]
            return []
        if not _is_before(page.operation, page.tick, operation, known):
            return []
        found: list[Violation] = []
        if uids != page.uids:
            for uid in sorted(uids - page.uids):
                if without := page.returned(uid):
                    at = seconds(operation.end or operation.start)
                    reason = (
                        f"request {uid}: a list shows {operation.actor} at {at} that it is"
                        " pending, after an earlier one had left it out"
                    )
                    found.append(Violation("INV-8", reason, _once(without, operation.id)))
            if missing := page.uids - uids:
                page.misses(missing, operation.id)
        page.operation, page.tick, page.uids = operation.id, known.tick, uids
        return found


def _shows(operation: OperationRecord) -> str:
    return "a poll" if operation.kind == "PollPairing" else "a list"


@dataclass(slots=True)
class _Copy:
    """What one host showed last; `status` is empty when it showed nothing."""

    slot: entities.ObservedSlot | None
    uid: str
    status: str
    operation: str
    tick: int
    old: dict[str, str] | None = None
    """Earlier requests that it showed no more, each with the look that says so."""


class EdgeCopies:
    """The copies that edge hosts show of their requests."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._copies: dict[str, _Copy] = {}

    def forget(self) -> None:
        """A clean slate."""
        self._copies.clear()

    def on_answer(self, operation: OperationRecord) -> Iterable[Violation]:
        """Local UI showed its request, or that there is none."""
        known, host = self._book.known, entities.text(operation.tags, "host")
        uid, status = entities.text(entities.fields_of(operation), "pairing_uid"), known.shown
        if not uid or status not in _LATER_LOCALLY:
            if entities.reason_of(operation) not in ("NoPairingRequest", "NotFound"):
                return ()
            uid, status = "", ""
        if not host:
            return ()
        found: list[Violation] = []
        slot, copy = known.slot(operation), self._copies.get(host)
        if copy is None or copy.slot is not slot:
            self._copies[host] = _Copy(slot, uid, status, operation.id, known.tick)
        elif not _is_before(copy.operation, copy.tick, operation, known):
            return ()
        elif copy.uid == uid and copy.status == status:
            copy.operation, copy.tick = operation.id, known.tick
        else:
            found += self._back(copy, uid, status, operation)
            if uid != copy.uid and copy.uid:
                copy.old = copy.old or {}
                copy.old[copy.uid] = operation.id
                if len(copy.old) > _OLD_MAX:
                    del copy.old[next(iter(copy.old))]
            copy.uid, copy.status = uid, status
            copy.operation, copy.tick = operation.id, known.tick
        if uid and status == PENDING and slot is not None:
            found += self._behind(slot, uid, operation)
        if status == LocalState.REJECTED.value:
            found += self._ahead(uid, operation)
        return found

    def _ahead(self, uid: str, operation: OperationRecord) -> Violations:
        """The edge shows as rejected what surely is pending, and that nothing has ended."""
        request = self._book.known.requests.get(uid)
        if (
            request is None
            or request.enders
            or request.excused
            or not self._book.is_just_pending(uid)
        ):
            return ()
        reason = (
            f"request {uid}: Local UI shows it as rejected at {seconds(operation.start)}, while it"
            " is pending, and nobody has rejected or ended it"
        )
        sent = request.sent.operation if request.sent else ""
        return (Violation("INV-8", reason, _once(sent, operation.id)),)

    def _back(self, copy: _Copy, uid: str, status: str, operation: OperationRecord) -> Violations:
        if not uid:
            return ()
        if uid == copy.uid and status not in _LATER_LOCALLY.get(copy.status, (status,)):
            return (self._went_back(uid, copy.status, status, copy.operation, operation),)
        if status == PENDING and copy.old and uid in copy.old:
            return (self._went_back(uid, "nothing of it", status, copy.old[uid], operation),)
        return ()

    @staticmethod
    def _went_back(
        uid: str, was: str, status: str, earlier: str, operation: OperationRecord
    ) -> Violation:
        reason = (
            f"request {uid}: Local UI shows {status} at"
            f" {seconds(operation.end or operation.start)}, after it had shown {was}"
        )
        return Violation("INV-8", reason, _once(earlier, operation.id))

    def _behind(
        self, slot: entities.ObservedSlot, uid: str, operation: OperationRecord
    ) -> Violations:
        """The edge still shows as pending what was surely decided too long ago."""
        book, known = self._book, self._book.known
        register = book.registers.get(uid)
        if register is None or register.decided is None or uid in book.given_up or slot.down:
            return ()
        decided = register.decided
        last = max(slot.moved, slot.unsure_until, slot.unheard_at, known.disturbed)
        if operation.start <= max(decided[0], last) + known.limits.edge_lag:
            return ()
        reason = (
            f"request {uid}: Local UI still shows it as pending at {seconds(operation.start)},"
            f" though it was decided at {seconds(decided[0])}; the edge may be"
            f" {seconds(known.limits.edge_lag)} behind"
        )
        if book.is_starved(reason, known.limits.edge_lag, (operation.id,)):
            return ()
        return (Violation("INV-8", reason, _once(decided[1], operation.id)),)


def _is_before(earlier: str, tick: int, operation: OperationRecord, known: ObservedWorld) -> bool:
    """Whether the earlier look ended before this one began; those of one wait did."""
    return tick < known.started or earlier == operation.id


def _once(*operations: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(o for o in operations if o))
