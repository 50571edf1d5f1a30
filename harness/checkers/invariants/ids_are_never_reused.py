"""INV-5: a pairing id belongs to one cluster and to one request of it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from itertools import takewhile

from harness.checkers.invariants.entities import ObservedRequest, ObservedSlot, fields_of, text
from harness.checkers.invariants.known import NOTHING, ObservedWorld, Rule, Violations
from harness.history.operation import OK, OperationRecord

_ENDED_LOCALLY = frozenset({"Rejected", "Failed", "Withdrawn"})
_OLD_MAX = 1024
_TAIL_MAX = 4096


@dataclass(slots=True, eq=False)
class _Owner:
    """Whose a given id is: the place, the send that brought it, and when that ended."""

    slot: ObservedSlot | None
    operation: str
    tick: int
    submission: tuple[str, str] | None = None


class IdsAreNeverReused(Rule):
    """A second send may be answered with the id that is still pending (SND-7).

    So an id is old once its own host has ended it: the cancel was acknowledged, Local UI has
    shown what became of it, a later send has another, or another cluster was installed.
    """

    id = "INV-5"

    def __init__(self, known: ObservedWorld) -> None:
        super().__init__(known)
        self._given: dict[str, _Owner] = {}
        self._of_slot: dict[str, tuple[str, ...]] = {}
        self._old: dict[str, int] = {}
        self._sealed = IdSet()
        known.on_settled.append(self._settled)
        self.on = {
            "SendPairingRequest": self._sent,
            "SubmitPairing": self._submitted,
            "CancelPairingRequest": self._cancelled,
            "ViewPairing": self._on_answer,
            "ViewPairingRequest": self._viewed,
            "ListPairingRequests": self._listed,
            "InstallCluster": self._installed,
            "Reset": self._reset,
        }

    @property
    def remembered(self) -> int:
        """How many ids are remembered, of requests that are over or not."""
        return len(self._given) + len(self._old) + len(self._sealed)

    def _reset(self, operation: OperationRecord) -> Violations:
        """A clean slate may count from the beginning."""
        self._given, self._of_slot, self._old = {}, {}, {}
        self._sealed = IdSet()
        return NOTHING

    def _settled(self, request: ObservedRequest) -> None:
        """A paired cluster sends no more; what was decided otherwise its host may not know."""
        if request.paired is not None:
            self._ended(request.uid)

    def _sent(self, operation: OperationRecord) -> Violations:
        uid, slot = text(fields_of(operation), "pairing_uid"), self.known.slot(operation)
        if not uid or slot is None:
            return NOTHING
        owner = self._given.get(uid)
        if owner is None:
            found = self._again(uid, operation)
            self._give(uid, slot, operation)
            return found
        if owner.slot is None:
            owner.slot = slot
            self._of_slot[slot.key] = (*self._of_slot.get(slot.key, ()), uid)
        if owner.slot is not slot and self._are_two(owner.slot, slot):
            reason = f"pairing id {uid} was given to two clusters"
            return self.blame(uid, reason, owner.operation, operation.id)
        return NOTHING

    def _are_two(self, one: ObservedSlot, other: ObservedSlot) -> bool:
        """Whether these are surely two clusters, and were before the send."""
        known = bool(one.cluster_uid and other.cluster_uid)
        return known and not one.gone and max(one.born, other.born) < self.known.started

    def _again(self, uid: str, operation: OperationRecord) -> Violations:
        """An id that is old must have been so before the send was invoked."""
        if self._old.get(uid, 0) >= self.known.started:
            return NOTHING
        if uid not in self._old and uid not in self._sealed:
            return NOTHING
        reason = f"pairing id {uid} was given again, after its request had ended"
        return self.blame(uid, reason, operation.id)

    def _give(self, uid: str, slot: ObservedSlot, operation: OperationRecord) -> None:
        known = self.known
        for earlier in self._of_slot.get(slot.key, ()):
            owner = self._given.get(earlier)
            if owner is not None and owner.tick < known.started:
                self._ended(earlier)
        self._of_slot[slot.key] = (*self._of_slot.get(slot.key, ()), uid)
        self._given[uid] = _Owner(slot, operation.id, known.tick)

    def _ended(self, uid: str) -> None:
        """The host of the request has ended it: the id must not be given again."""
        owner = self._given.pop(uid, None)
        if owner is None:
            return
        if owner.slot is not None:
            key = owner.slot.key
            given = tuple(other for other in self._of_slot.pop(key, ()) if other != uid)
            if given:
                self._of_slot[key] = given
        self._old[uid] = self.known.tick
        if len(self._old) > _OLD_MAX:
            self._seal()

    def _seal(self) -> None:
        """Keep only the digests of what ended before everything that is under way."""
        oldest = min(self.known.oldest(), self.known.started)
        ended_before = list(takewhile(lambda old: old[1] < oldest, self._old.items()))
        for uid, _ in ended_before:
            del self._old[uid]
            self._sealed.add(uid)

    def _cancelled(self, operation: OperationRecord) -> Violations:
        slot = self.known.slot(operation)
        if slot is not None and operation.outcome is OK:
            for uid in self._of_slot.get(slot.key, ()):
                request = self.known.requests.get(uid)
                if request is not None and request.cancelled is not None:
                    self._ended(uid)
        return NOTHING

    def _on_answer(self, operation: OperationRecord) -> Violations:
        if self.known.shown in _ENDED_LOCALLY:
            self._ended(text(fields_of(operation), "pairing_uid"))
        return NOTHING

    def _installed(self, operation: OperationRecord) -> Violations:
        slot = text(operation.args, "slot")
        if operation.outcome is OK:
            for uid in self._of_slot.pop(slot, ()):
                self._ended(uid)
        return NOTHING

    def _submitted(self, operation: OperationRecord) -> Violations:
        uid, cluster = text(fields_of(operation), "pairing_uid"), operation.args.get("cluster")
        if not uid or not isinstance(cluster, dict):
            return NOTHING
        submission = (text(cluster, "uid"), text(operation.args, "cluster_token"))
        owner = self._given.get(uid)
        if owner is None:
            if uid not in self._old and uid not in self._sealed:
                self._given[uid] = _Owner(None, operation.id, self.known.tick, submission)
            return NOTHING
        owner.submission = owner.submission or submission
        if owner.submission == submission:
            return NOTHING
        reason = f"pairing id {uid} was given to two submissions"
        return self.blame(uid, reason, owner.operation, operation.id)

    def _viewed(self, operation: OperationRecord) -> Violations:
        request = self.known.about
        local_uid = text(fields_of(operation), "local_cluster_uid")
        if request is None or not local_uid or local_uid == request.local_uid:
            return NOTHING
        return self._claim(request, local_uid, operation)

    def _listed(self, operation: OperationRecord) -> Violations:
        found = NOTHING
        for request, _, item in self.known.listed if operation.outcome is OK else ():
            if request is not None:
                local_uid = item.get("local_cluster_uid")
                if local_uid != request.local_uid and isinstance(local_uid, str) and local_uid:
                    found += self._claim(request, local_uid, operation)
        return found

    def _claim(
        self, request: ObservedRequest, local_uid: str, operation: OperationRecord
    ) -> Violations:
        request.local_uid = request.local_uid or local_uid
        if request.local_uid == local_uid:
            return NOTHING
        reason = (
            f"pairing id {request.uid} was shown as one of cluster {request.local_uid}, and"
            f" then as one of {local_uid}"
        )
        return self.blame(request.uid, reason, operation.id)


class IdSet:
    """A set of ids that only grows: a digest of each, in sorted runs that double in size.

    With digests of eight bytes, two different ids out of ten million share theirs with a chance
    of one in 370,000.
    """

    def __init__(self, width: int = 8) -> None:
        self._width = width
        self._tail: set[bytes] = set()
        self._runs: list[bytes] = []

    def add(self, uid: str) -> None:
        """Remember an id."""
        self._tail.add(digest_of(uid, self._width))
        if len(self._tail) >= _TAIL_MAX:
            self._runs.append(b"".join(sorted(self._tail)))
            self._tail.clear()
            while len(self._runs) > 1 and len(self._runs[-2]) <= len(self._runs[-1]):
                last, before = self._runs.pop(), self._runs.pop()
                both = sorted([*digests(before, self._width), *digests(last, self._width)])
                self._runs.append(b"".join(both))

    def __contains__(self, uid: str) -> bool:
        digest = digest_of(uid, self._width)
        return digest in self._tail or any(self._holds(run, digest) for run in self._runs)

    def __len__(self) -> int:
        return len(self._tail) + self.size // self._width

    @property
    def size(self) -> int:
        """The bytes that the sorted runs take."""
        return sum(map(len, self._runs))

    def packed(self) -> bytes:
        """All digests, each once, in order."""
        every = self._tail.union(*(digests(run, self._width) for run in self._runs))
        return b"".join(sorted(every))

    def _holds(self, run: bytes, digest: bytes) -> bool:
        width = self._width

        def at(slot: int) -> bytes:
            return run[slot * width : (slot + 1) * width]

        return at(bisect_left(range(len(run) // width), digest, key=at)) == digest


def digest_of(uid: str, width: int) -> bytes:
    """The digest of an id, in so many bytes."""
    return blake2b(uid.encode(), digest_size=width).digest()


def digests(packed: bytes, width: int) -> Iterator[bytes]:
    """The digests of this width that lie one after the other."""
    return (packed[at : at + width] for at in range(0, len(packed), width))
