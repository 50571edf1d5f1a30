"""The situations that a run may be meant to reach. A new one is declared here.

First those that people and hosts come into when all goes its way, or crosses another's; then
those that something that goes wrong brings about.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeVar

from harness.checkers.fleet.requests import (
    ACCEPTED,
    LOST,
    PENDING,
    REJECTED,
    STALE,
    WITHDRAWN,
    ObservedCluster,
    OpenRequest,
    RequestTracker,
)  # fmt: skip
from harness.checkers.invariants.entities import fields_of, grants_of, text
from harness.checkers.invariants.hearing import LOCAL_CHANGES
from harness.domain.arrangements import ANSWERS, MessageFault
from harness.domain.cluster import Health
from harness.domain.errors import Reason
from harness.domain.pairing import RequestState
from harness.history.operation import Json, OperationRecord

Count = Callable[[RequestTracker, OperationRecord], int]
"""How often a situation was reached by this operation. A `bool` will do."""

ANY: Final = "*"
"""Every kind of operation."""


@dataclass(frozen=True, slots=True)
class Situation:
    """A situation that a run may be meant to reach.

    `make` gives what counts it in one stream. `invoked`, `ok` and `info` are kinds of operations
    that it is shown when they are invoked, or have ended so; `reasons` narrow `refused`, the
    kinds that it is shown when they were refused.
    """

    name: str
    sentence: str
    make: Callable[[], Count]
    invoked: tuple[str, ...] = ()
    ok: tuple[str, ...] = ()
    info: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


_REGISTRY: dict[str, Situation] = {}
SITUATIONS: Final[Mapping[str, Situation]] = MappingProxyType(_REGISTRY)
"""Every situation by its name, each with its sentence, as reports list them."""

DeclaredT = TypeVar("DeclaredT", bound=Count | type[Count])


def _declare(name: str, sentence: str | None, make: Callable[[], Count], **shown: str) -> None:
    words = {phase: tuple(kinds.split()) for phase, kinds in shown.items()}
    _REGISTRY[name] = Situation(name, (sentence or "").strip(), make, **words)


def shown_by(name: str = "", **shown: str) -> Callable[[DeclaredT], DeclaredT]:
    """Declare a situation by the kinds of operations that show it, as in `Situation`: by what
    counts it, or by a class of these, if it has to remember something of each stream.
    """

    def declare(count: DeclaredT) -> DeclaredT:
        make = count if isinstance(count, type) else lambda: count
        _declare(name or count.__name__, count.__doc__, make, **shown)
        return count

    return declare


def is_refusal(name: str, sentence: str, kinds: str, *reasons: Reason) -> None:
    """Declare a situation that a refusal for one of these reasons is."""
    _declare(name, sentence, lambda: lambda *_: 1, refused=kinds, reasons=" ".join(reasons))


# --- what several of them ask ---------------------------------------------------------------


def waits(site: ObservedCluster | None) -> bool:
    """Whether a request of this cluster waits for a decision."""
    return bool(site and site.current and site.current.state is PENDING)


def pending(ledger: RequestTracker) -> Iterator[OpenRequest]:
    """The requests that wait for a decision."""
    return (request for request in ledger.requests.values() if request.state is PENDING)


# --- words of the kinds ----------------------------------------------------------------------

_SEND, _CANCEL = "SendPairingRequest", "CancelPairingRequest"
_ACCEPT, _REJECT = "AcceptPairingRequest", "RejectPairingRequest"
_DECISIONS = f"{_ACCEPT} {_REJECT}"
_CENTRAL = f"ListPairingRequests ViewPairingRequest MatchProfiles {_DECISIONS}"
_CHANGE = "ChangeCentralCluster"
_LOCAL = " ".join(sorted(LOCAL_CHANGES))
_TOKEN_ENDS = "SetTokenState DeleteToken RemoveToken PutToken"
_FAILING = frozenset({"ConfirmPairing", "WithdrawPairing"})
"""What fails an acceptance without showing a state: a refusal, or the withdrawal itself."""
_SECOND = 1_000_000
_AGENT = "Probe SubmitPairing PollPairing ConfirmPairing WithdrawPairing"
FATE: Final = "fate"
"""The tag of a decision to which something happens on its way: a `MessageFault`."""
_TOGETHER_LEAST = 3
_TOGETHER_SHARE = 5
"""Links come back together when they are so many, and this part of all hosts."""

# --- cancels --------------------------------------------------------------------------------


@shown_by(invoked=f"{_CANCEL} {_ACCEPT}")
def cancel_in_flight(ledger: RequestTracker, operation: OperationRecord) -> int:
    """A cancel was under way while an acceptance of the same request was."""
    if operation.kind == _CANCEL:
        request = ledger.cluster_of(operation).current
        return request.accepting if request else 0
    request = ledger.about(operation)
    return request.site.cancelling if request and request.site.current is request else 0


@shown_by(ok=_ACCEPT)
def accept_of_stale(ledger: RequestTracker, operation: OperationRecord) -> int:
    """A request was accepted that its host had cancelled without the central side's knowing."""
    request = ledger.about(operation)
    return bool(request and request.state is STALE and request.cancelled_at <= operation.start)


@shown_by(ok=_CANCEL)
def cancel_offline(ledger: RequestTracker, operation: OperationRecord) -> int:
    """A request was cancelled, and the central side could not be told."""
    return ledger.was_told(operation) is False


@shown_by(ok=_CANCEL)
def cancel_online(ledger: RequestTracker, operation: OperationRecord) -> int:
    """A request was cancelled, and the central side was told."""
    return ledger.was_told(operation) is True


is_refusal(
    "cancel_refused_accepted",
    "A cancel was refused, since the request had been accepted.",
    _CANCEL,
    Reason.ALREADY_ACCEPTED,
)

# --- sends ----------------------------------------------------------------------------------


@shown_by(invoked="SubmitPairing")
def submit_again_after_lost_answer(ledger: RequestTracker, operation: OperationRecord) -> int:
    """A cluster submitted again after an earlier submission of it was not answered."""
    return ledger.cluster_of(operation).unanswered


@shown_by(invoked=_SEND)
def second_send_while_pending(ledger: RequestTracker, operation: OperationRecord) -> int:
    """A request was sent while another of the same cluster was pending or being sent."""
    site = ledger.cluster_of(operation)
    return bool(site.sending) or waits(site)


@shown_by(ok=_SEND)
def new_request_after_cancel(ledger: RequestTracker, operation: OperationRecord) -> int:
    """A cluster sent a new request after it had cancelled one."""
    return _follows(WITHDRAWN, ledger, operation)


@shown_by(ok=_SEND)
def new_request_after_reject(ledger: RequestTracker, operation: OperationRecord) -> int:
    """A cluster sent a new request after one was rejected."""
    return _follows(REJECTED, ledger, operation)


# --- decisions ------------------------------------------------------------------------------


@shown_by(invoked=_DECISIONS)
def two_admins_at_once(ledger: RequestTracker, operation: OperationRecord) -> int:
    """Two decisions on one request were under way at once."""
    request = ledger.about(operation)
    return bool(request and request.deciding)


is_refusal(
    "decision_refused_decided",
    "A decision was refused, since the request was decided already.",
    _DECISIONS,
    Reason.REQUEST_DECIDED,
    Reason.ALREADY_ACCEPTED,
)
is_refusal(
    "mismatch_refused",
    "An acceptance was refused, since the selected profiles do not match.",
    _ACCEPT,
    Reason.PROFILES_MISMATCH,
)


@shown_by(
    "profile_changed_between_match_and_accept",
    ok=f"PutProfile {_ACCEPT}",
    refused=_ACCEPT,
    reasons=Reason.PROFILES_MISMATCH,
)
class _ProfileChanged:
    """A selected profile got a new version between the match and the acceptance."""

    def __init__(self) -> None:
        self._changed_at: dict[str, int] = {}

    def __call__(self, ledger: RequestTracker, operation: OperationRecord) -> int:
        if operation.kind == "PutProfile":
            profile = operation.args.get("profile")
            uid = text(profile, "uid") if isinstance(profile, dict) else ""
            self._changed_at[uid] = operation.end or operation.start
            return 0
        request = ledger.about(operation)
        if request is None or request.matched_at < 0:
            return 0
        uids = _uids(operation.args.get("selection"))
        return any(self._changed_at.get(uid, 0) > request.matched_at for uid in uids)


@shown_by(ok="PollPairing")
def rejected_learned(ledger: RequestTracker, operation: OperationRecord) -> int:
    """A host learned that its request was rejected."""
    return text(fields_of(operation), "state") == RequestState.REJECTED


# --- the handover ---------------------------------------------------------------------------


@shown_by(
    ok="PollPairing ConfirmPairing ViewPairingRequest ViewPairing WithdrawPairing",
    refused="ConfirmPairing",
    reasons=" ".join(sorted(LOST)),
)
def handover_failed(ledger: RequestTracker, operation: OperationRecord) -> int:
    """A request was accepted, and then failed."""
    value = fields_of(operation)
    shown = value.get("state") or value.get("status")
    if shown != RequestState.FAILED and (shown or operation.kind not in _FAILING):
        return 0
    uid = text(value, "pairing_uid") or text(operation.args, "pairing_uid")
    request = ledger.requests.get(uid)
    return bool(request and request.state is ACCEPTED)


@shown_by(ok="ConfirmPairing")
def confirmed_twice(ledger: RequestTracker, operation: OperationRecord) -> int:
    """A host confirmed again, since the answer to its confirmation had not come."""
    request = ledger.about(operation)
    return bool(request and request.confirms > 1)


@shown_by(ok=_CHANGE)
def central_change_done(ledger: RequestTracker, operation: OperationRecord) -> int:
    """A central operation took effect on a paired cluster."""
    return 1


is_refusal(
    "central_change_refused_unconfirmed",
    "A central operation was refused, since the host had not confirmed yet.",
    _CHANGE,
    Reason.NOT_CONFIRMED,
)


@shown_by(ok=_LOCAL)
def local_change_while_pending(ledger: RequestTracker, operation: OperationRecord) -> int:
    """A local operation took effect while a request was pending."""
    return waits(ledger.cluster_of(operation))


is_refusal(
    "local_change_refused_paired",
    "A local operation was refused, since the cluster is centrally managed.",
    _LOCAL,
    Reason.CENTRALLY_MANAGED,
)

# --- tokens and permissions -----------------------------------------------------------------


@shown_by(refused=f"{_SEND} SubmitPairing", reasons=Reason.TOKEN_UNUSABLE)
def token_refused(ledger: RequestTracker, operation: OperationRecord) -> int:
    """A request was refused for its registration token."""
    return operation.kind == _SEND or not ledger.cluster_of(operation).sending


@shown_by(ok=_TOKEN_ENDS)
def token_revoked_while_pending(ledger: RequestTracker, operation: OperationRecord) -> int:
    """A request was pending while the token that had admitted it was revoked."""
    args, token = operation.args, operation.args.get("token")
    about = token if isinstance(token, dict) else args
    if operation.kind in ("SetTokenState", "PutToken") and about.get("active") is not False:
        return 0
    uid = text(about, "uid") or text(args, "token_uid")
    return sum(request.token[0] == uid for request in pending(ledger))


@shown_by("token_rotated", ok=f"PutToken {_SEND}")
class _TokenRotated:
    """A request was admitted by a token that had taken the place of another."""

    def __init__(self) -> None:
        self._first_put: dict[str, int] = {}
        self._later: set[str] = set()

    def __call__(self, ledger: RequestTracker, operation: OperationRecord) -> int:
        if operation.kind == _SEND:
            return text(operation.args, "token") in self._later
        token = operation.args.get("token")
        if isinstance(token, dict):
            project = text(token, "project_uid")
            if self._first_put.setdefault(project, operation.start) < operation.start:
                self._later.add(text(token, "value"))
        return 0


is_refusal(
    "permission_refused",
    "An administrator was refused for lack of a permission.",
    f"{_CENTRAL} {_CHANGE}",
    Reason.FORBIDDEN,
)


@shown_by("permission_lost_while_pending", ok="PutUser")
class _PermissionLost:
    """A request was pending while an administrator lost a permission for its project."""

    def __init__(self) -> None:
        self._held: dict[str, frozenset[tuple[str, str]]] = {}

    def __call__(self, ledger: RequestTracker, operation: OperationRecord) -> int:
        email, held = text(operation.args, "email"), grants_of(operation.args.get("grants"))
        scopes = {scope for _, scope in self._held.get(email, held) - held}
        self._held[email] = held
        if not scopes:
            return 0
        return sum("" in scopes or r.token[1] in scopes for r in pending(ledger))


# --- what goes wrong -------------------------------------------------------------------------


@shown_by(invoked="Restart")
def restart_with_pending(ledger: RequestTracker, operation: OperationRecord) -> int:
    """A request was pending while the central side was restarted."""
    return ledger.count[PENDING] if _is_central(operation) else 0


@shown_by(invoked="Restart")
def restart_while_handing_over(ledger: RequestTracker, operation: OperationRecord) -> int:
    """A request was being handed over while the central side was restarted."""
    return ledger.count[ACCEPTED] if _is_central(operation) else 0


@shown_by(info=_AGENT)
def agent_unanswered(ledger: RequestTracker, operation: OperationRecord) -> int:
    """A message of a host was not answered."""
    return 1


is_refusal("rate_limited", "Somebody was told to ask again later.", ANY, Reason.RATE_LIMITED)
is_refusal(
    "unhealthy_refused",
    "A send was refused, since a node was not healthy.",
    _SEND,
    Reason.NODE_UNHEALTHY,
)


@shown_by(ok="SetNodeHealth")
def unhealthy_while_pending(ledger: RequestTracker, operation: OperationRecord) -> int:
    """A node turned unhealthy while a request of its cluster was pending."""
    site = ledger.slots.get(text(operation.args, "slot"))
    return operation.args.get("health") != Health.HEALTHY and waits(site)


@shown_by(invoked="Restart")
def reboot_while_pending(ledger: RequestTracker, operation: OperationRecord) -> int:
    """The hosts of a cluster were restarted while a request of theirs was pending."""
    return sum(map(waits, _rebooted(ledger, operation)))


@shown_by(invoked="Restart")
def reboot_while_sending(ledger: RequestTracker, operation: OperationRecord) -> int:
    """The hosts of a cluster were restarted while they sent a request."""
    return sum(site.sending > 0 for site in _rebooted(ledger, operation))


def _is_fault(name: str, sentence: str, *faults: MessageFault) -> None:
    def befell(ledger: RequestTracker, operation: OperationRecord) -> int:
        return operation.args.get("fault") in faults

    _declare(name, sentence, lambda: befell, ok="FaultNextMessage")


_is_fault(
    "message_lost_before",
    "A message of a host was lost before it took effect.",
    MessageFault.LOST_BEFORE,
)
_is_fault(
    "message_lost_after",
    "A message of a host took effect, and its answer was lost.",
    MessageFault.LOST_AFTER,
)
_is_fault("message_repeated", "A message of a host arrived twice.", MessageFault.REPEATED)
_is_fault(
    "message_repeated_late",
    "A message of a host arrived, and once more after others.",
    MessageFault.REPEATED_LATE,
)
_is_fault("message_delayed", "A message of a host was late.", MessageFault.DELAYED)
_is_fault(
    "message_answered_with_error",
    "A message of a host was answered with an error in place of Palette.",
    *ANSWERS,
)


@shown_by(invoked=_DECISIONS)
def decision_delayed(ledger: RequestTracker, operation: OperationRecord) -> int:
    """A decision was held up on its way."""
    return operation.tags.get(FATE) == MessageFault.DELAYED


@shown_by(ok=_DECISIONS)
def decision_repeated_late(ledger: RequestTracker, operation: OperationRecord) -> int:
    """A decision arrived, and once more later."""
    return operation.tags.get(FATE) == MessageFault.REPEATED_LATE


@shown_by(ok="PollPairing")
def stale_poll(ledger: RequestTracker, operation: OperationRecord) -> int:
    """A host was shown as pending what had been accepted before it asked."""
    request = ledger.about(operation)
    shown = text(fields_of(operation), "state") == RequestState.PENDING
    return bool(shown and request and 0 <= request.accepted_at <= operation.start)


@shown_by(ok="DisturbMessages")
def half_open_while_pending(ledger: RequestTracker, operation: OperationRecord) -> int:
    """The link of a host became half open while a request of its cluster was pending."""
    site = ledger.sites.get(text(operation.args, "host_uid"))
    return operation.args.get("half_open") is True and waits(site)


@shown_by(invoked="SetLink")
def link_down_while_pending(ledger: RequestTracker, operation: OperationRecord) -> int:
    """A host lost its link while a request of its cluster was pending."""
    return waits(_cut_off(ledger, operation))


@shown_by(invoked="SetLink")
def link_down_while_handing_over(ledger: RequestTracker, operation: OperationRecord) -> int:
    """A host lost its link while a request of its cluster was being handed over."""
    site = _cut_off(ledger, operation)
    return bool(site and site.current and site.current.state is ACCEPTED)


@shown_by("links_back_together", ok="SetLink")
class _LinksBackTogether:
    """A host got its link back in the same second as a fifth of all others, at least three."""

    def __init__(self) -> None:
        self._lately: deque[int] = deque()
        """When links came back within the last second that are not counted yet."""
        self._together_until = -1

    def __call__(self, ledger: RequestTracker, operation: OperationRecord) -> int:
        host, at = text(operation.args, "host_uid"), operation.end or operation.start
        if operation.args.get("up") is not True or host not in ledger.down:
            return 0
        if at <= self._together_until:
            return 1
        lately = self._lately
        lately.append(at)
        while lately[0] < at - _SECOND:
            lately.popleft()
        together = len(lately)
        if together < _TOGETHER_LEAST or together * _TOGETHER_SHARE < ledger.hosts:
            return 0
        self._together_until = lately[0] + _SECOND
        lately.clear()
        return together


@shown_by(invoked="AdvanceClock")
def clock_moved_while_pending(ledger: RequestTracker, operation: OperationRecord) -> int:
    """A request was pending while a clock was put forward."""
    return ledger.count[PENDING]


# --- what several of them ask ---------------------------------------------------------------


def _follows(end: str, ledger: RequestTracker, operation: OperationRecord) -> bool:
    """Whether a send gave a new id, and the request before it had ended so."""
    site, uid = ledger.cluster_of(operation), text(fields_of(operation), "pairing_uid")
    return site.last_end == end and (uid == site.given or uid not in ledger.requests)


def _uids(selection: Json) -> list[str]:
    chosen = selection if isinstance(selection, list) else []
    return [text(one, "uid") for one in chosen if isinstance(one, dict)]


def _is_central(operation: OperationRecord) -> bool:
    return operation.args.get("side") == "central"


def _rebooted(ledger: RequestTracker, operation: OperationRecord) -> list[ObservedCluster]:
    """The clusters whose hosts are restarted: that of a slot, or all."""
    if _is_central(operation):
        return []
    slot = text(operation.args, "slot")
    if slot:
        return [ledger.slots[slot]] if slot in ledger.slots else []
    return list(ledger.slots.values())


def _cut_off(ledger: RequestTracker, operation: OperationRecord) -> ObservedCluster | None:
    """The cluster of a host whose link goes down."""
    if operation.args.get("up") is True:
        return None
    return ledger.sites.get(text(operation.args, "host_uid"))
