"""Takes over what each operation tells into what is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from harness.checkers.invariants import entities
from harness.checkers.invariants.arranging import Arrangements, hosts_of
from harness.checkers.invariants.known import Hear, ObservedWorld
from harness.domain.operations import LocalClusterOperation
from harness.domain.pairing import LocalState
from harness.history.operation import FAIL, INFO, OK, Json, OperationRecord
from harness.history.predicates import Sample, bears, borne

LOCAL_CHANGES = frozenset(kind.__name__ for kind in LocalClusterOperation.__subclasses__())
"""The kinds of local cluster operations."""

CENTRAL_CHANGES = ("ChangeCentralCluster", "UpdateCentralProfiles")
"""The kinds of central cluster operations that any cluster in central hands takes."""

SHOW_EFFECT = (*CENTRAL_CHANGES, "ViewCentralCluster")
"""The kinds that may show that one of those took effect."""

HARMLESS = {
    "SendPairingRequest": frozenset(
        "Unauthenticated PairingRequestPending ClusterNotRunning NodeUnhealthy"
        " ClusterCentrallyManaged".split()
    ),
    "CancelPairingRequest": frozenset(
        "Unauthenticated NoPairingRequest PairingRequestAccepted".split()
    ),
}
"""Refusals after which a send or a cancel has surely not ended an earlier request."""

NOTHING_LOCALLY = frozenset({"", LocalState.REJECTED.value, LocalState.FAILED.value})
"""What Local UI shows of a cluster that waits for nothing; empty when there is no request."""

NO_REQUEST_SHOWN = ("NoPairingRequest", "NotFound")
"""Refusals by which Local UI says that there is no request."""

_TOO_BUSY = ("TooManyRequests", "InternalError")


@dataclass(slots=True, eq=False)
class _Ender:
    """An operation under way that may end these requests."""

    slot: entities.ObservedSlot | None = None
    requests: tuple[entities.ObservedRequest, ...] = ()


_NO_ONE = _Ender()


class Hearing(Arrangements):
    """Hears of operations before the invariants do: a method for each kind that tells anything."""

    def __init__(self, known: ObservedWorld) -> None:
        super().__init__(known)
        self._enders: dict[str, _Ender] = {}
        self.invoked: Mapping[str, Callable[[OperationRecord], object]] = {
            **self.arrangements_invoked,
            "SendPairingRequest": self._send_invoked,
            "CancelPairingRequest": self._busy,
            "AcceptPairingRequest": self._decision_invoked,
            "RejectPairingRequest": self._decision_invoked,
            "WithdrawPairing": self._withdraw_invoked,
            "ConfirmPairing": self._confirm_invoked,
        }
        self.ended: Mapping[str, Hear] = {
            **self.arrangements_ended,
            "SendPairingRequest": self._sent,
            "CancelPairingRequest": self._cancelled,
            "AcceptPairingRequest": self._accepted,
            "RejectPairingRequest": self._rejected,
            "ListPairingRequests": self._list,
            "ViewPairingRequest": self._view,
            "ViewPairing": self._pairing,
            "ViewManagement": self._mode,
            "ViewCluster": self._cluster,
            **dict.fromkeys(CENTRAL_CHANGES, self._ruled),
            "SubmitPairing": self._submitted,
            "PollPairing": self._polled,
            "ConfirmPairing": self._polled,
            "WithdrawPairing": self._withdrawn,
            "MatchProfiles": self._named,
            "ViewCentralCluster": self._central_cluster,
        }

    # --- what may end a request -------------------------------------------------------

    def _send_invoked(self, operation: OperationRecord) -> None:
        slot = self._busy(operation)
        if slot is not None:
            slot.sending += 1
            slot.sent = self.known.tick
            slot.first_sent = slot.first_sent or slot.sent
            host = entities.text(operation.tags, "host")
            if host not in slot.senders:
                slot.senders += (host,)
            slot.central_seen, slot.suspect = None, ""

    def _busy(self, operation: OperationRecord) -> entities.ObservedSlot | None:
        slot = self.known.slot(operation)
        if slot is not None:
            slot.busy += 1
            self._may_end(operation, slot, tuple(slot.open.values()))
        return slot

    def _may_end(
        self,
        operation: OperationRecord,
        slot: entities.ObservedSlot | None,
        requests: tuple[entities.ObservedRequest, ...],
    ) -> None:
        self._enders[operation.id] = _Ender(slot, requests)
        for request in requests:
            request.enders += 1

    def _decision_invoked(self, operation: OperationRecord) -> None:
        request = self.known.requests.get(entities.text(operation.args, "pairing_uid"))
        if request is not None:
            self._may_end(operation, request.slot, (request,))
            if operation.kind == "AcceptPairingRequest":
                request.accept_invoked = min(request.accept_invoked, self.known.tick)

    def _withdraw_invoked(self, operation: OperationRecord) -> None:
        """Without an id it is of whatever was submitted with the same secret."""
        if operation.args.get("pairing_uid"):
            self._decision_invoked(operation)
            return
        slot = self.known.slot(operation)
        if slot is not None:
            self._may_end(operation, slot, tuple(slot.open.values()))

    def _confirm_invoked(self, operation: OperationRecord) -> None:
        request = self.known.requests.get(entities.text(operation.args, "pairing_uid"))
        if request is not None:
            request.confirms += 1

    def _no_longer_busy(self, operation: OperationRecord) -> entities.ObservedSlot | None:
        """A send or a cancel has ended; what it may have done."""
        now, known = self._enders.pop(operation.id, _NO_ONE), self.known
        slot = now.slot or known.slot(operation)
        if slot is None:
            return None
        if now.slot is not None:
            slot.busy -= 1
            slot.sending -= operation.kind == "SendPairingRequest"
        if operation.outcome is INFO:
            slot.unsure_until = (operation.end or operation.start) + known.limits.settle
        if operation.outcome is FAIL and entities.reason_of(operation) in HARMLESS[operation.kind]:
            self._did_nothing(now)
        else:
            slot.changed = known.tick
            slot.moved = operation.end or operation.start
        return slot

    @staticmethod
    def _did_nothing(ender: _Ender) -> None:
        for request in ender.requests:
            request.enders -= 1

    def _sent(self, operation: OperationRecord) -> None:
        known, uid = self.known, entities.text(entities.fields_of(operation), "pairing_uid")
        before = known.slot(operation)
        changed = before.changed if before else 0
        slot = self._no_longer_busy(operation)
        if slot is None:
            return
        slot.sent = known.tick
        if not uid or slot.gone:
            return
        request = known.requests.get(uid)
        if request is None:
            request = entities.ObservedRequest(uid, slot)
            request.enders = slot.busy + (changed > known.started)
            request.excused = operation.start < slot.unsure_until
            self._admit(request, operation)
        elif request.sent is None:
            self._admit(request, operation)
        slot.current = request
        if len(slot.open) > 1:
            self._supersede(slot, request)

    def _supersede(self, slot: entities.ObservedSlot, request: entities.ObservedRequest) -> None:
        """A new id was given: the requests before it are no longer the host's own."""
        known = self.known
        for earlier in tuple(slot.open.values()):
            sent = earlier.sent
            if earlier is not request and sent is not None and sent.tick < known.started:
                known.is_over(earlier, sent.at)

    def _admit(self, request: entities.ObservedRequest, operation: OperationRecord) -> None:
        known = self.known
        token = known.labels.get((operation.scenario, entities.text(operation.args, "token")))
        if token is not None:
            request.token, request.project = token.uid, token.project
        if request.slot is None:
            request.slot = known.slot(operation)
        request.host = entities.text(operation.tags, "host")
        request.sent, request.invoked = known.sighted(operation), known.started
        known.add(request)

    def _cancelled(self, operation: OperationRecord) -> None:
        known = self.known
        slot = known.slot(operation)
        sent_before = slot is not None and slot.sent < known.started and slot.busy <= 1
        slot = self._no_longer_busy(operation)
        if slot is None:
            return
        is_told = known.hears_agents or slot.disturbed <= known.started
        is_online = known.is_online(slot) and is_told
        if operation.outcome is not FAIL and not is_online:
            slot.excused = True
        if operation.outcome is not OK:
            return
        request, slot.current = slot.current, None
        if request is not None and sent_before and request.slot is slot:
            request.cancelled = known.sighted(operation)
            request.cancelled_online = is_online
            known.is_over(request, request.cancelled.at)
        slot.withdrawals_spoiled = False

    # --- the central side -------------------------------------------------------------

    def _accepted(self, operation: OperationRecord) -> None:
        request = self._decided(operation)
        if request is not None and operation.outcome is OK:
            request.accepted = request.accepted or self.known.sighted(operation)
            self._names(request, entities.text(entities.fields_of(operation), "cluster_uid"))

    def _names(self, request: entities.ObservedRequest, cluster_uid: str) -> None:
        if cluster_uid and not request.cluster_uid:
            request.cluster_uid = cluster_uid
            self.known.by_cluster[cluster_uid] = request

    def _rejected(self, operation: OperationRecord) -> None:
        request = self._decided(operation)
        if request is not None and operation.outcome is OK:
            request.rejected = request.rejected or self.known.sighted(operation)
            self.known.is_over(request, request.rejected.at)

    def _decided(self, operation: OperationRecord) -> entities.ObservedRequest | None:
        """The request that a decision was about; it may be one that nobody has told of."""
        ender, known = self._enders.pop(operation.id, _NO_ONE), self.known
        self._named(operation)
        request = known.about
        if operation.outcome is FAIL:
            self._did_nothing(ender)
            return None
        if request is None and operation.outcome is OK:
            request = entities.ObservedRequest(entities.text(operation.args, "pairing_uid"))
            known.add(request)
            known.about = request
        if request is not None and request.slot is not None:
            request.slot.moved = operation.end or operation.start
        return request

    def _named(self, operation: OperationRecord) -> None:
        known, uid = self.known, operation.args.get("pairing_uid")
        known.about = known.requests.get(uid) if isinstance(uid, str) else None

    def _named_as_cluster(self, operation: OperationRecord) -> None:
        known, uid = self.known, operation.args.get("cluster_uid")
        known.about = known.by_cluster.get(uid) if isinstance(uid, str) else None

    def _list(self, operation: OperationRecord) -> None:
        known = self.known
        known.listed = listed = []
        items = entities.fields_of(operation).get("items")
        for item in items if isinstance(items, list) else ():
            if isinstance(item, dict):
                state = item.get("state")
                state = state if isinstance(state, str) else ""
                request = self._shown_centrally(item, state, operation)
                listed.append((request, state, item))

    def _view(self, operation: OperationRecord) -> None:
        known, value = self.known, operation.value
        known.shown = ""
        self._named(operation)
        if value is None or operation.outcome is not OK:
            return
        known.shown = entities.text(value, "state")
        request = self._shown_centrally(value, known.shown, operation)
        if request and not request.sent and request.shown_packs is None and value.get("stack"):
            request.shown_packs = entities.packs_of(value.get("stack"))

    def _shown_centrally(
        self, value: Mapping[str, Json], state: str, operation: OperationRecord
    ) -> entities.ObservedRequest | None:
        known, uid = self.known, value.get("pairing_uid")
        request = known.requests.get(uid) if isinstance(uid, str) else None
        if request is None:
            request = self._first_seen(value, state)
            if request is None:
                return None
        request.central = entities.shown_now(request.central, state, operation, known.tick)
        cluster_uid = value.get("cluster_uid")
        if cluster_uid and not request.cluster_uid:
            self._names(request, str(cluster_uid))
        if state not in entities.OPEN_STATES:
            request.excused = True
            if state in entities.FINAL_STATES:
                self._final(request, state, operation)
        return request

    def _first_seen(self, value: Mapping[str, Json], state: str) -> entities.ObservedRequest | None:
        """A request that waits, and of whose send nobody has told."""
        known, uid = self.known, entities.text(value, "pairing_uid")
        if state not in entities.OPEN_STATES or not uid:
            return None
        slot = known.by_local_uid.get(entities.text(value, "local_cluster_uid"))
        request = entities.ObservedRequest(uid, slot, excused=True)
        known.add(request)
        return request

    def _final(
        self, request: entities.ObservedRequest, state: str, operation: OperationRecord
    ) -> None:
        if request.final is None:
            request.final = entities.ObservedState(
                state, operation.id, operation.start, self.known.tick
            )
        slot = request.slot
        if state == entities.PAIRED and slot is not None and slot.paired is None and not slot.gone:
            slot.paired = request
        elif state == entities.FAILED:
            self._failed(request)
        self.known.is_over(request, operation.end or operation.start)

    def _ruled(self, operation: OperationRecord) -> None:
        self._named_as_cluster(operation)
        request = self.known.about
        if request is None:
            return
        if operation.outcome is FAIL:
            reason = entities.reason_of(operation)
            request.refused = entities.ObservedState(
                reason, operation.id, operation.start, self.known.tick
            )
        elif operation.outcome is OK:
            request.refused = None
            may_wait = request.paired is None and request.final is None
            if may_wait and not self.known.limits.prompt:
                request.asked = operation  # it may have been taken down for later
            else:
                self._took_effect(request, operation)

    def _central_cluster(self, operation: OperationRecord) -> None:
        """A look at a cluster shows whether what was asked for has taken effect."""
        self._named_as_cluster(operation)
        request = self.known.about
        asked = borne(request.asked) if request and request.asked else {}
        if request and asked and bears(Sample.of(operation), fields=asked):
            self._took_effect(request, operation)

    def _took_effect(self, request: entities.ObservedRequest, operation: OperationRecord) -> None:
        request.asked = None
        request.ruled = request.ruled or self.known.sighted(operation)
        self._paired(request, operation, held=True)

    def _failed(self, request: entities.ObservedRequest) -> None:
        """A host that said that it is paired was about to be, and is not."""
        slot = request.slot
        if request.paired is not None and not request.held:
            request.paired = None
            if slot is not None and slot.paired is request:
                slot.paired, slot.suspect = None, ""

    def _paired(
        self, request: entities.ObservedRequest, operation: OperationRecord, *, held: bool
    ) -> None:
        """The pairing took effect: its record stays as long as its cluster does."""
        request.held = request.held or held
        if request.paired is None:
            request.paired = self.known.sighted(operation)
            slot = request.slot
            if slot is not None and not slot.gone:
                slot.paired = request
                slot.add(request)
            self.known.is_over(request, request.paired.at)

    # --- the edge ---------------------------------------------------------------------

    def _pairing(self, operation: OperationRecord) -> None:
        known, value = self.known, entities.fields_of(operation)
        uid, status = entities.text(value, "pairing_uid"), entities.text(value, "status")
        request = known.about = known.requests.get(uid)
        known.shown, slot = status, known.slot(operation)
        if slot is None:
            return
        refused = operation.outcome is FAIL and entities.reason_of(operation) in NO_REQUEST_SHOWN
        if uid or refused:
            host = entities.text(operation.tags, "host")
            if status in NOTHING_LOCALLY:
                known.looks[host] = (operation.id, operation.start)
            else:
                known.looks.pop(host, None)
        if not uid:
            request = slot.current
        if request is None:
            return
        if uid:
            request.local = entities.shown_now(request.local, status, operation, known.tick)
            if request.slot is None:
                request.slot = slot
                slot.add(request)
            has_failed = request.final is not None and request.final.state == entities.FAILED
            if status == entities.PAIRED and not has_failed:  # or its host has not heard of that
                self._paired(request, operation, held=False)
            elif status == entities.FAILED:
                self._failed(request)
        elif refused and operation.tags.get("host") == request.host:
            request.local = entities.ObservedState(
                "none", operation.id, operation.start, known.tick
            )

    def _mode(self, operation: OperationRecord) -> None:
        slot = self.known.slot(operation)
        mode = entities.text(entities.fields_of(operation), "mode")
        if slot is None or not mode:
            return
        slot.mode = entities.shown_now(slot.mode, mode, operation, self.known.tick)
        if mode == "central" and slot.central_seen is None and not slot.busy:
            slot.central_seen = self.known.sighted(operation)

    def _cluster(self, operation: OperationRecord) -> None:
        """A look at the cluster says which hosts it has, where nobody has said so before."""
        value, slot = entities.fields_of(operation), self.known.slot(operation)
        pools = value.get("pools")
        if slot is None or slot.cluster_uid or not isinstance(pools, list):
            return
        slot.cluster_uid = entities.text(value, "uid")
        others = hosts_of(pools).difference(slot.hosts)
        if slot.cluster_uid and others:
            known = self.known
            if any(known.slot_of(host).requests for host in sorted(others)):
                return
            slot.hosts = tuple(sorted({*slot.hosts, *others}))
            for host in slot.hosts:
                known.hosts[host] = slot

    # --- messages of hosts, where they are recorded -----------------------------------

    def _submitted(self, operation: OperationRecord) -> None:
        self.known.hears_agents = True
        known, uid = self.known, entities.text(entities.fields_of(operation), "pairing_uid")
        if not uid:
            return
        cluster = operation.args.get("cluster")
        about = cluster if isinstance(cluster, dict) else {}
        request = known.requests.get(uid)
        if request is None:
            slot = known.by_local_uid.get(entities.text(about, "uid")) or known.slot(operation)
            request = entities.ObservedRequest(uid, slot, invoked=known.started)
            request.enders = self._others_busy(slot, operation) if slot else 0
            known.add(request)
        request.submitted = request.submitted or known.sighted(operation)
        label = entities.text(operation.args, "registration_token")
        if not request.token and (token := known.labels.get((operation.scenario, label))):
            request.token = token.uid
        if request.packs is None:
            request.packs = entities.packs_of(about.get("stack"))

    def _others_busy(self, slot: entities.ObservedSlot, operation: OperationRecord) -> int:
        """How many sends and cancels may have ended what was submitted, besides its own send."""
        own = slot.sending > 0 and operation.start >= slot.unsure_until
        return slot.busy - own + (slot.changed > self.known.started)

    def _polled(self, operation: OperationRecord) -> None:
        self._named(operation)
        request = self.known.about
        if operation.outcome is not OK:
            self._unheard(operation)
        state = self.known.shown = entities.text(entities.fields_of(operation), "state")
        if request is None or not state:
            return
        self._names(request, entities.text(entities.fields_of(operation), "cluster_uid"))
        request.central = entities.shown_now(request.central, state, operation, self.known.tick)
        if state in entities.FINAL_STATES:
            self._final(request, state, operation)
        if operation.kind == "ConfirmPairing":
            if request.slot is not None:
                request.slot.moved = operation.end or operation.start
            if state == entities.PAIRED:
                self._paired(request, operation, held=True)

    def _unheard(self, operation: OperationRecord) -> None:
        """Its host could not learn what became of its request, and not by its own fault."""
        slot = self.known.slot(operation)
        unanswered = operation.outcome is INFO
        if slot is not None and (unanswered or entities.reason_of(operation) in _TOO_BUSY):
            slot.unheard_at = operation.end or operation.start

    def _withdrawn(self, operation: OperationRecord) -> None:
        self._named(operation)
        request = self.known.about
        ender = self._enders.pop(operation.id, _NO_ONE)
        if operation.outcome is FAIL:
            self._did_nothing(ender)
        if request is not None and operation.outcome is OK:
            request.withdrawn = request.withdrawn or self.known.sighted(operation)
            self.known.is_over(request, request.withdrawn.at)
