"""INV-7: only who is authorised changes anything; a revoked token admits nothing."""

from __future__ import annotations

from dataclasses import dataclass

from harness.checkers.invariants.entities import (
    NEVER,
    ObservedSlot,
    fields_of,
    grants_of,
    text,
    token_uid,
)
from harness.checkers.invariants.hearing import LOCAL_CHANGES
from harness.checkers.invariants.known import NOTHING, ObservedWorld, Rule, Violations
from harness.checkers.invariants.tags import TagChanges
from harness.history.operation import FAIL, INFO, OK, OperationRecord

_SECOND = 1_000_000
_LOGINS_MAX = 64
"""Whoever has logged in so often at one cluster is never known to be logged out of all."""
_PERMISSION = {"AcceptPairingRequest": "update", "RejectPairingRequest": "delete"}
_TOKEN_KINDS = ("PutToken", "RemoveToken", "SetTokenState", "DeleteToken")
_PATCHES = ("PatchCluster", "PatchNamedCluster")
_REPLACES = LOCAL_CHANGES.difference(_PATCHES)
Grants = frozenset[tuple[str, str]]


@dataclass(slots=True, eq=False)
class _Use:
    """Whether a token admits anybody: since when surely not, and what may make it usable."""

    revoked: int = NEVER
    operation: str = ""
    activated: int = 0
    activating: int = 0
    unsure: bool = False


@dataclass(slots=True, eq=False)
class _User:
    """What a user holds, and what until lately, as long as that may still have counted."""

    grants: Grants
    label: str
    since: int
    before: Grants = frozenset()


class OnlyWhoMay(Rule):
    """Records do not hold credentials: `tags["user"]` may name the e-mail of the caller, a
    label of an API key in the request's headers does; else anybody in the history counts.
    """

    id = "INV-7"

    def __init__(self, known: ObservedWorld) -> None:
        super().__init__(known)
        self._forget()
        self.on_invoked = {
            **dict.fromkeys(_TOKEN_KINDS, self._token_invoked),
            **dict.fromkeys(_PATCHES, self._patching),
        }
        self.on = {
            **dict.fromkeys(_TOKEN_KINDS, self._token),
            "SendPairingRequest": self._sent,
            "ListPairingRequests": self._listed,
            "PutUser": self._user,
            **dict.fromkeys(_PERMISSION, self._decided),
            "LogIn": self._logged_in,
            "LogOut": self._logged_out,
            "CancelPairingRequest": self._changed,
            **dict.fromkeys(sorted(LOCAL_CHANGES), self._changed),
            **dict.fromkeys(_PATCHES, self._patched),
            "ViewCluster": self._read_back,
            "InstallCluster": self._installed,
            "Reset": self._reset,
        }

    def _forget(self) -> None:
        self._tags = TagChanges(self.known)
        self._uses: dict[str, _Use] = {}
        self._users: dict[str, _User] = {}
        self._out: dict[tuple[str, str], tuple[int, str]] = {}
        """Who has logged out of every login at a cluster, at which count and by which operation."""
        self._logins: dict[tuple[str, ...], tuple[str, ...]] = {}
        """Each way in which people are logged in at a cluster, held once for all clusters."""

    def _reset(self, operation: OperationRecord) -> Violations:
        self._forget()
        return NOTHING

    # --- registration tokens ----------------------------------------------------------

    def _token_invoked(self, operation: OperationRecord) -> None:
        """From now on a token may be usable again."""
        if _activates(operation):
            use = self._uses.setdefault(token_uid(operation), _Use())
            use.revoked, use.activated = NEVER, self.known.tick
            use.activating += 1

    def _token(self, operation: OperationRecord) -> Violations:
        known, use = self.known, self._uses.setdefault(token_uid(operation), _Use())
        if _activates(operation):
            use.activating -= 1
            use.unsure = use.unsure or operation.outcome is INFO
            if operation.outcome is not FAIL:
                use.revoked, use.activated = NEVER, known.tick
            return NOTHING
        surely = not use.activating and not use.unsure and use.activated < known.started
        if operation.outcome is OK and use.revoked == NEVER and surely:
            use.revoked, use.operation = known.tick, operation.id
        return NOTHING

    def _sent(self, operation: OperationRecord) -> Violations:
        found = self._changed(operation)
        if operation.outcome is not OK:
            return found
        known = self.known
        token = known.labels.get((operation.scenario, text(operation.args, "token")))
        use = self._uses.get(token.uid) if token else None
        if token is None or use is None or use.revoked >= known.started:
            return found
        uid, slot = text(fields_of(operation), "pairing_uid"), known.slot(operation)
        if slot is None or not self._is_first(uid, slot, operation):
            return found
        reason = f"registration token {token.uid} was revoked before, and admitted request {uid}"
        return found + self.blame(uid, reason, use.operation, operation.id)

    def _is_first(self, uid: str, slot: ObservedSlot, operation: OperationRecord) -> bool:
        """Whether this send brought the request about, and none before it (SND-7)."""
        request = self.known.requests.get(uid)
        sent = request.sent if request else None
        mine = sent is not None and sent.operation == operation.id
        return mine and not slot.busy and operation.start >= slot.unsure_until

    def _listed(self, operation: OperationRecord) -> Violations:
        """When a request was created, by the clock that also says when its token expires."""
        if operation.outcome is not OK:
            return NOTHING
        found = NOTHING
        for request, _, item in self.known.listed:
            if request is None or request.dated or not request.token:
                continue
            request.dated = True
            token, created = self.known.tokens.get(request.token), item.get("created")
            sent = request.sent.operation if request.sent else ""
            if token is None or not isinstance(created, int):
                continue
            if created >= token.expiry + _SECOND:  # which is left to targets that round times
                late = f"registration token {token.uid} had expired when it admitted"
                found += self.blame(
                    request.uid, f"{late} request {request.uid}", sent, operation.id
                )
        return found

    # --- people at Palette ------------------------------------------------------------

    def _user(self, operation: OperationRecord) -> Violations:
        if operation.outcome is FAIL:
            return NOTHING
        email, known = text(operation.args, "email"), self.known
        grants, label = grants_of(operation.args.get("grants")), text(operation.args, "api_key")
        old = self._users.get(email)
        user = self._users[email] = _User(grants, label, known.tick)
        if old is not None:
            user.before = old.grants
            if operation.outcome is INFO:
                user.grants |= old.grants
            if old.since >= known.oldest():
                user.before |= old.before
        return NOTHING

    def _decided(self, operation: OperationRecord) -> Violations:
        request = self.known.about
        if request is None or operation.outcome is not OK:
            return NOTHING
        scope, project = text(operation.tags, "project"), request.project
        done = "accepted" if operation.kind == "AcceptPairingRequest" else "rejected"
        if scope and project and scope != project:
            reason = f"request {request.uid} of project {project} was {done} from {scope}"
            return self.blame(request.uid, reason, operation.id)
        users = self._callers(operation) if self._users else None
        if users is None:
            return NOTHING
        need, scopes = _PERMISSION[operation.kind], {scope, project or scope, ""}
        if any(self._holds(user, need, scopes) for user in users):
            return NOTHING
        reason = (
            f"request {request.uid} was {done}, and nobody who can have asked for it holds"
            f" clusterPair.{need} in its project"
        )
        return self.blame(request.uid, reason, operation.id)

    def _callers(self, operation: OperationRecord) -> list[_User] | None:
        """Who may have asked; `None` where the history tells of nobody."""
        user = operation.tags.get("user")
        if isinstance(user, str):
            found = self._users.get(user)
            return [] if not user else ([found] if found else None)
        label = _key_label(operation)
        if label:
            return [u for u in self._users.values() if u.label == label] or None
        return list(self._users.values()) or None

    def _holds(self, user: _User, need: str, scopes: set[str]) -> bool:
        grants = user.grants
        if user.since >= self.known.started:
            grants |= user.before
        return any((need, scope) in grants for scope in scopes)

    # --- people at Local UI -----------------------------------------------------------

    def _logged_in(self, operation: OperationRecord) -> Violations:
        slot = self.known.slot(operation)
        if slot is not None and operation.outcome is not FAIL:
            if len(slot.logins) < _LOGINS_MAX:
                self._now_in(slot, (*slot.logins, operation.actor))
            if self._out:
                self._out.pop((operation.actor, slot.key), None)
        return NOTHING

    def _logged_out(self, operation: OperationRecord) -> Violations:
        slot, actor = self.known.slot(operation), operation.actor
        if slot is None or operation.outcome is not OK:
            return NOTHING
        if actor in slot.logins and len(slot.logins) < _LOGINS_MAX:
            at = slot.logins.index(actor)
            self._now_in(slot, slot.logins[:at] + slot.logins[at + 1 :])
            if actor not in slot.logins:
                self._out[actor, slot.key] = self.known.tick, operation.id
        return NOTHING

    def _now_in(self, slot: ObservedSlot, logins: tuple[str, ...]) -> None:
        slot.logins = self._logins.setdefault(logins, logins)

    def _patching(self, operation: OperationRecord) -> None:
        slot = self.known.slot(operation)
        if slot is not None:
            self._tags.begins(slot.key, operation)

    def _patched(self, operation: OperationRecord) -> Violations:
        slot = self.known.slot(operation)
        if slot is not None:
            self._tags.ended(slot.key, operation)
        return self._changed(operation)

    def _installed(self, operation: OperationRecord) -> Violations:
        self._tags.forget(text(operation.args, "slot"))
        return NOTHING

    def _read_back(self, operation: OperationRecord) -> Violations:
        """The tags of a local cluster are changed by nobody but those who asked for it; whether
        they follow Palette's once that manages it is left to the product (ACC-22).
        """
        slot, shown = self.known.slot(operation), fields_of(operation).get("tags")
        if slot is None or slot.paired is not None or slot.arranged or slot.gone:
            return NOTHING
        lag = self.known.limits.edge_lag
        if not (undone := self._tags.undone(slot.key, operation, shown, lag)):
            return NOTHING
        reason = (
            f"cluster {slot.cluster_uid or slot.key} bears other tags than those that Local UI"
            " acknowledged last, and nobody has asked for that"
        )
        about = f"{slot.key}@{slot.born}"
        return self.blame(about, reason, undone, operation.id, within=lag)

    def _changed(self, operation: OperationRecord) -> Violations:
        """Whoever has logged out of every login that he had changes nothing."""
        slot = self.known.slot(operation) if operation.kind in _REPLACES else None
        if slot is not None and operation.outcome is not FAIL:
            self._tags.forget(slot.key)
        if operation.outcome is not OK or not self._out:
            return NOTHING
        slot = self.known.slot(operation)
        out = self._out.get((operation.actor, slot.key)) if slot else None
        if out is None or out[0] >= self.known.started:
            return NOTHING
        reason = f"{operation.actor} had logged out, and {operation.kind} took effect"
        return self.blame(operation.id, reason, out[1], operation.id)


def _activates(operation: OperationRecord) -> bool:
    """Whether it may make a token usable that was not."""
    args = operation.args
    if operation.kind == "PutToken":
        token = args.get("token")
        return isinstance(token, dict) and token.get("active") is not False
    return operation.kind == "SetTokenState" and args.get("active") is not False


def _key_label(operation: OperationRecord) -> str:
    request = operation.request or {}
    published = request.get("as_published")  # where the target calls its headers otherwise
    headers = (published if isinstance(published, dict) else request).get("headers")
    if not isinstance(headers, dict):
        return ""
    return next((str(v) for k, v in headers.items() if k.lower() == "apikey"), "")
