"""What becomes of each request, as the stream tells it: for situations and measures.

The invariants keep what may be true; here stands what most plainly is. Requests are let go of
once they are decided, so that memory grows with clusters and open requests alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from harness.checkers.fleet.durations import Durations
from harness.checkers.invariants.arranging import hosts_of
from harness.checkers.invariants.entities import fields_of, reason_of, text
from harness.checkers.invariants.ids_are_never_reused import IdSet
from harness.domain.errors import Reason
from harness.domain.pairing import RequestState
from harness.history.operation import FAIL, INFO, OK, OperationRecord, Outcome

PENDING: Final = "open"
"""It waits for a decision."""
ACCEPTED: Final = "accepted"
"""It is being handed over."""
STALE: Final = "stale"
"""Its host has cancelled it, and the central side was not told."""
PAIRED: Final = "paired"
REJECTED: Final = "rejected"
WITHDRAWN: Final = "withdrawn"
FAILED: Final = "failed"
"""It was accepted, and then failed."""

ENDS: Final = (PAIRED, REJECTED, WITHDRAWN, FAILED)
STATES: Final = (PENDING, ACCEPTED, STALE, *ENDS)
"""Every state in which a run may leave a request."""

_SHOWN: Final[Mapping[str, str]] = {
    RequestState.HANDING_OVER.value: ACCEPTED,
    RequestState.PAIRED.value: PAIRED,
    RequestState.REJECTED.value: REJECTED,
    RequestState.WITHDRAWN.value: WITHDRAWN,
    RequestState.FAILED.value: FAILED,
}

ID_BYTES: Final = 8
"""Of the digest of an id, by which two cells can be compared. INV-5 holds as many in a cell: so
16 in all for each id. Two of a million ids share theirs with a chance of one in 37 million."""

_UNSET: Final = -1

Token = tuple[str, str]
"""The uid of a registration token, and its project."""

_NO_TOKEN: Final[Token] = ("", "")
LOST: Final = frozenset({Reason.REQUEST_DECIDED, Reason.NOT_FOUND})
"""Refusals of a confirmation that mean that the acceptance has failed."""


@dataclass(slots=True, eq=False)
class ObservedCluster:
    """One cluster. Times are microseconds of the run."""

    current: OpenRequest | None = None
    """The request that its host waits for."""
    sending: int = 0
    """Sends under way."""
    cancelling: int = 0
    """Cancels under way."""
    first_sent: int = _UNSET
    """When a send was first tried."""
    sent: int = _UNSET
    """When a send was last tried."""
    given: str = ""
    """The id that a submission under way was given, until its send is answered."""
    told: Outcome | None = None
    """How a withdrawal ended since a cancel was last begun; none: there was none."""
    unanswered: bool = False
    """A submission was not answered, and none since."""
    last_end: str = ""
    """How the request before ended."""


@dataclass(slots=True, eq=False)
class OpenRequest:
    """One request that is not decided."""

    uid: str
    site: ObservedCluster
    sent_at: int
    token: Token
    """Empty where nobody has said."""
    state: str = PENDING
    accepting: int = 0
    """Acceptances under way."""
    deciding: int = 0
    """Acceptances and rejections under way."""
    confirms: int = 0
    """Confirmations of its host so far."""
    matched_at: int = _UNSET
    """When a match of profiles was last answered."""
    cancelled_at: int = _UNSET
    """When its host had cancelled it."""
    accepted_at: int = _UNSET
    """When its acceptance was answered."""


Hear = Callable[[OperationRecord], None]


class RequestTracker:
    """Hears of every operation that says something of a request: `on_invoked`, then `on`."""

    def __init__(self) -> None:
        self.clusters = 0
        self.sites: dict[str, ObservedCluster] = {}
        """By host."""
        self.slots: dict[str, ObservedCluster] = {}
        self.down: set[str] = set()
        """Hosts whose link is down."""
        self.hears_agents = False
        """Whether the messages of hosts are recorded."""
        self.requests: dict[str, OpenRequest] = {}
        """Those that are not decided."""
        self.count = dict.fromkeys(STATES, 0)
        self.sent = 0
        """Ids that were given."""
        self.to_pair = Durations()
        self.to_decide = Durations()
        self.tokens: dict[str, Token] = {}
        """By the label of the token's value."""
        self._ids = IdSet(ID_BYTES)
        self.on_invoked: Mapping[str, Hear] = {
            "SendPairingRequest": self._sending,
            "CancelPairingRequest": self._cancelling,
            "AcceptPairingRequest": self._deciding,
            "RejectPairingRequest": self._deciding,
            "ConfirmPairing": self._confirming,
        }
        self.on: Mapping[str, Hear] = {
            "InstallCluster": self._installed,
            "PutToken": self._token_put,
            "SetLink": self._linked,
            "SendPairingRequest": self._sent,
            "SubmitPairing": self._submitted,
            "CancelPairingRequest": self._cancelled,
            "WithdrawPairing": self._withdrawn,
            "MatchProfiles": self._matched,
            "AcceptPairingRequest": self._decided,
            "RejectPairingRequest": self._decided,
            "ConfirmPairing": self._confirmed,
            **dict.fromkeys(("PollPairing", "ViewPairingRequest"), self._on_central_state),
            "ViewPairing": self._shown_locally,
        }

    @property
    def hosts(self) -> int:
        """How many hosts there are."""
        return len(self.sites)

    @property
    def pending(self) -> int:
        """How many requests wait for a decision at the central side."""
        return self.count[PENDING] + self.count[STALE]

    def ids(self) -> bytes:
        """The digests of the ids that were given, `ID_BYTES` each, sorted."""
        return self._ids.packed()

    def cluster_of(self, operation: OperationRecord) -> ObservedCluster:
        """The cluster of the host that the operation was asked of, or that asked it."""
        host = operation.tags.get("host")
        if not isinstance(host, str):
            return ObservedCluster()
        site = self.sites.get(host)
        if site is None:
            # Nobody has said which hosts belong together.
            site = self.sites[host] = ObservedCluster()
        return site

    def about(self, operation: OperationRecord) -> OpenRequest | None:
        """The undecided request that an operation names."""
        uid = operation.args.get("pairing_uid")
        return self.requests.get(uid) if isinstance(uid, str) else None

    def was_told(self, operation: OperationRecord) -> bool | None:
        """Whether the central side was told of a cancel that ends; `None`: it said no to it."""
        if not self.hears_agents:
            return operation.tags.get("host") not in self.down
        told = self.cluster_of(operation).told
        return None if told is FAIL else told is OK

    # --- clusters and tokens ----------------------------------------------------------

    def _installed(self, operation: OperationRecord) -> None:
        cluster = operation.args.get("cluster")
        pools = cluster.get("pools") if isinstance(cluster, dict) else None
        if operation.outcome is OK and isinstance(pools, list):
            self.clusters += 1
            site = ObservedCluster()
            self.slots[text(operation.args, "slot")] = site
            self.sites.update(dict.fromkeys(sorted(hosts_of(pools)), site))

    def _token_put(self, operation: OperationRecord) -> None:
        token = operation.args.get("token")
        if isinstance(token, dict):
            self.tokens[text(token, "value")] = text(token, "uid"), text(token, "project_uid")

    def _linked(self, operation: OperationRecord) -> None:
        host = text(operation.args, "host_uid")
        if operation.args.get("up") is True:
            self.down.discard(host)
        else:
            self.down.add(host)

    # --- at the edge ------------------------------------------------------------------

    def _sending(self, operation: OperationRecord) -> None:
        site = self.cluster_of(operation)
        site.sending += 1
        site.sent = operation.start
        if site.first_sent == _UNSET:
            site.first_sent = operation.start

    def _submitted(self, operation: OperationRecord) -> None:
        self.hears_agents = True
        site, uid = self.cluster_of(operation), text(fields_of(operation), "pairing_uid")
        site.unanswered = operation.outcome is INFO
        if uid and uid not in self.requests:
            site.given = uid if site.sending else ""
            sent_at = site.sent if site.sending else operation.start
            self._give(uid, site, sent_at, text(operation.args, "registration_token"))

    def _sent(self, operation: OperationRecord) -> None:
        site, uid = self.cluster_of(operation), text(fields_of(operation), "pairing_uid")
        if uid and uid != site.given and uid not in self.requests:
            self._give(uid, site, operation.start, text(operation.args, "token"))
        site.sending -= 1
        if not site.sending:
            site.given = ""

    def _give(self, uid: str, site: ObservedCluster, sent_at: int, label: str) -> None:
        token = self.tokens.get(label, _NO_TOKEN)
        site.current = self.requests[uid] = OpenRequest(uid, site, sent_at, token)
        self.count[PENDING] += 1
        self.sent += 1
        self._ids.add(uid)

    def _cancelling(self, operation: OperationRecord) -> None:
        site = self.cluster_of(operation)
        site.cancelling += 1
        site.told = None

    def _cancelled(self, operation: OperationRecord) -> None:
        site = self.cluster_of(operation)
        site.cancelling -= 1
        if operation.outcome is not OK:
            return
        request, site.current, site.last_end = site.current, None, WITHDRAWN
        if request is not None:
            request.cancelled_at = operation.end or operation.start
            if request.state is PENDING:
                self._becomes(request, STALE)

    def _withdrawn(self, operation: OperationRecord) -> None:
        request, site = self.about(operation), self.cluster_of(operation)
        if request is site.current:
            site.told = operation.outcome
        if request is not None and operation.outcome is OK:
            end = FAILED if request.state is ACCEPTED else WITHDRAWN
            self._end(request, end, operation)

    def _shown_locally(self, operation: OperationRecord) -> None:
        value = fields_of(operation)
        end = _SHOWN.get(text(value, "status"))
        request = self.requests.get(text(value, "pairing_uid")) if end else None
        if end and request is not None:
            self._end(request, end, operation)

    # --- at the central side ----------------------------------------------------------

    def _deciding(self, operation: OperationRecord) -> None:
        request = self.about(operation)
        if request is not None:
            request.deciding += 1
            request.accepting += operation.kind == "AcceptPairingRequest"

    def _matched(self, operation: OperationRecord) -> None:
        request = self.about(operation)
        if request is not None and operation.outcome is OK:
            request.matched_at = operation.end or operation.start

    def _decided(self, operation: OperationRecord) -> None:
        request = self.about(operation)
        if request is None:
            return
        accepts = operation.kind == "AcceptPairingRequest"
        # It may have become known only while the decision was under way.
        request.deciding = max(0, request.deciding - 1)
        request.accepting = max(0, request.accepting - accepts)
        if operation.outcome is not OK:
            return
        if request.state in (PENDING, STALE):
            self.to_decide.add((operation.end or operation.start) - request.sent_at)
        if accepts:
            request.accepted_at = operation.end or operation.start
            self._becomes(request, ACCEPTED)
        else:
            self._end(request, REJECTED, operation)

    def _confirming(self, operation: OperationRecord) -> None:
        request = self.about(operation)
        if request is not None:
            request.confirms += 1

    def _confirmed(self, operation: OperationRecord) -> None:
        request = self.about(operation)
        if request is not None and reason_of(operation) in LOST:
            self._end(request, FAILED, operation)
        else:
            self._on_central_state(operation)

    def _on_central_state(self, operation: OperationRecord) -> None:
        state = _SHOWN.get(text(fields_of(operation), "state"))
        request = self.about(operation) if state is not None else None
        if request is None or state is None:
            return
        if state is ACCEPTED:
            self._becomes(request, ACCEPTED)
        else:
            self._end(request, state, operation)

    # --- what becomes of them ---------------------------------------------------------

    def _becomes(self, request: OpenRequest, state: str) -> None:
        self.count[request.state] -= 1
        self.count[state] += 1
        request.state = state

    def _end(self, request: OpenRequest, end: str, operation: OperationRecord) -> None:
        """It is decided: nothing is kept of it but that it was."""
        self._becomes(request, end)
        del self.requests[request.uid]
        site = request.site
        if site.current is request:
            site.current, site.last_end = None, end
        if end is PAIRED and site.first_sent != _UNSET:
            self.to_pair.add((operation.end or operation.start) - site.first_sent)
