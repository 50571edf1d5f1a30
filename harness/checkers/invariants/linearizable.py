"""INV-8: the answers of the central operations on one request fit one order.

Each request is a register of its own. Lists and the edge's copy may be behind, and are no
part of the order: a list or a poll that shows a state says that the request was in it before, and
how far behind either may be, and that neither goes back, is looked at besides (`copies.py`).

Nothing is concluded from a refusal that may have to do with who asked. That a request is not
found counts only for somebody who has read this very request before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from harness.checkers.invariants import entities
from harness.checkers.invariants import register as table
from harness.checkers.invariants.copies import EdgeCopies, Lists
from harness.checkers.invariants.hearing import HARMLESS
from harness.checkers.invariants.known import NOTHING, WAITS, ObservedWorld, Rule, Violation
from harness.checkers.invariants.register import (
    Register,
    RegisterAction,
    State,
    describe,
    request_register,
)
from harness.checkers.invariants.tags import TagChanges
from harness.checkers.linear import Automaton, BudgetSpent, Linearizer, RegisterCall
from harness.history.operation import FAIL, INFO, OK, Json, OperationRecord

ID = "INV-8"

LIVE_DECIDED_MAX = 4_096
"""Decided requests of which it is remembered how they came to be so."""

SETTLED_MAX = 16_384
"""Decided requests of which only the state is remembered; older ones are forgotten."""

_LOOKS_MAX = 4
_REFUSED_MAX = 4

_Reader = tuple[str, Json, int]
"""Who read, in which project, and by which grants."""

_EFFECTS: Mapping[str, RegisterAction] = {
    "AcceptPairingRequest": table.ACCEPT,
    "RejectPairingRequest": table.REJECT,
    "ConfirmPairing": table.CONFIRM,
    "WithdrawPairing": table.WITHDRAW,
}
_READS = frozenset({"ViewPairingRequest", "MatchProfiles"})
_BY_ID = frozenset(_EFFECTS) | _READS
_OF_HOST = frozenset({"SendPairingRequest", "CancelPairingRequest"})
_UNSETTLING = frozenset(
    "SetHostMode SetClusterState SetNodeHealth InstallCluster DeleteCluster CreateCluster"
    " UpdateStack RemoveToken PutToken SetTokenState DeleteToken AdvanceClock".split()
)
_OF_ACCESS = frozenset(
    "PutUser RemoveUser LogInToPalette LogOutOfPalette SetRateLimit Restart".split()
)
"""What may change who is told what; a refusal after it says nothing of the request."""
_SHOWN: Mapping[str, RegisterAction] = {name: ("view", name) for name in sorted(table.NAMES)}
_REFUSALS: Mapping[str, RegisterAction] = {
    "PairingRequestDecided": table.DECIDED,
    "PairingRequestAccepted": table.WAS_ACCEPTED,
}


def _cluster(operation: OperationRecord) -> str:
    return entities.text(operation.args, "cluster_uid")


class Linearizable(Rule):
    """Watches the central operations on each request (INV-8)."""

    id = ID

    def __init__(self, known: ObservedWorld) -> None:
        super().__init__(known)
        self.registers: dict[str, Register] = {}
        self._automaton: Automaton[State, RegisterAction] = request_register()
        self._settled: dict[str, frozenset[State]] = {}
        self._quiet: dict[str, Register] = {}
        self.given_up: set[str] = set()
        self._open: dict[str, list[tuple[Register, RegisterCall[RegisterAction]]]] = {}
        self._waiting: dict[str, Register] = {}
        self._surely: dict[frozenset[State], tuple[bool, bool]] = {}
        self._looks: dict[str, list[RegisterCall[RegisterAction]]] = {}
        self._grants = 0
        self._readers: dict[_Reader, _Reader] = {}
        self._anything = self._automaton.one(table.ALL_STATES)
        self._pending = self._automaton.one({(table.PENDING, False)})
        self._absent = self._automaton.one({(table.ABSENT, False)})
        self._lists, self._edge = Lists(self), EdgeCopies(self)
        self._tags = TagChanges(known)
        known.on_settled.append(self._settle)
        self.on_invoked = {
            **dict.fromkeys(sorted(_BY_ID), self._asked),
            **dict.fromkeys(sorted(_OF_HOST), self._asked_of_host),
            **dict.fromkeys(sorted(_UNSETTLING), self._unsettled),
            **dict.fromkeys(WAITS, self._waits),
            "ChangeCentralCluster": lambda o: self._tags.begins(_cluster(o), o),
        }
        self.on = {
            **dict.fromkeys(sorted(_BY_ID), self._on_answer),
            "SendPairingRequest": self._sent,
            "SubmitPairing": self._submitted,
            "CancelPairingRequest": self._cancelled,
            **dict.fromkeys(WAITS, self._waited),
            "ListPairingRequests": self._lists.on_answer,
            "PollPairing": self._lists.on_poll,
            "ChangeCentralCluster": self._changed,
            "ViewCentralCluster": self._read_back,
            "ViewPairing": self._edge.on_answer,
            **dict.fromkeys(sorted(_OF_ACCESS), self._granted),
            **dict.fromkeys(("Reset", "ForgetProject"), self._forgotten),
        }

    def end(self, at: int) -> Iterable[Violation]:
        found: list[Violation] = []
        for under_way in tuple(self._open.values()):
            for register, call in under_way:
                call.sure = False
                found += self._returned(register, call)
        self._open.clear()
        self._waiting.clear()
        return found

    def _changed(self, operation: OperationRecord) -> Iterable[Violation]:
        self._tags.ended(_cluster(operation), operation)
        return NOTHING

    def _read_back(self, operation: OperationRecord) -> Iterable[Violation]:
        """A cluster bears the tags that were acknowledged last, once it is handed over (INV-1)."""
        value, uid = entities.fields_of(operation), _cluster(operation)
        shown, lag = value.get("tags"), self.known.limits.list_lag
        if entities.text(value, "state") == "Pairing":
            self._tags.wait(uid, operation.end or operation.start)
        if not (undone := self._tags.undone(uid, operation, shown, lag)):
            return ()
        reason = f"cluster {uid} does not bear the tags that were acknowledged, nor any set since"
        return self.blame(uid, reason, undone, operation.id, within=lag)

    # --- operations on a request by its id --------------------------------------------

    def _asked(self, operation: OperationRecord) -> None:
        uid = operation.args.get("pairing_uid")
        if not isinstance(uid, str) or not uid:
            if operation.kind == "WithdrawPairing":
                self._withdraws_unnamed(operation)
            return
        if uid in self.given_up:
            return
        register = self.registers.get(uid) or self.register(uid)
        if register.line.is_calm:
            register.waiting = register.waiting or {}
            register.waiting[operation.id] = operation.start
            self._waiting[operation.id] = register
        else:
            self._open[operation.id] = [self._begin(operation, register)]

    def _begin(
        self, operation: OperationRecord, register: Register
    ) -> tuple[Register, RegisterCall[RegisterAction]]:
        if register.waiting:
            self._enter(register, register.waiting)
        call: RegisterCall[RegisterAction] = RegisterCall(operation.id, start=operation.start)
        register.line.invoke(call)
        return register, call

    def _enter(self, register: Register, waiting: dict[str, int]) -> None:
        """To be quick, calls are told to the line as they end; now something comes in between."""
        register.waiting = None
        for operation, start in waiting.items():
            call: RegisterCall[RegisterAction] = RegisterCall(operation, start=start)
            register.line.invoke(call)
            del self._waiting[operation]
            self._open[operation] = [(register, call)]

    def _on_answer(self, operation: OperationRecord) -> Iterable[Violation]:
        waiting = self._waiting.pop(operation.id, None)
        if waiting is not None:
            return self._alone(waiting, operation)
        looks = self._looks.get(operation.id)
        if looks is not None:
            looks.append(self._seen_in_wait(operation))
            return ()
        found: list[Violation] = []
        for register, call in self._returning(operation):
            if operation.args.get("pairing_uid"):
                self._tell_answer(register, call, operation)
            elif operation.outcome is not FAIL:
                call.action, call.sure = table.WITHDRAW, False
            found += self._returned(register, call)
        return found

    def _returning(
        self, operation: OperationRecord
    ) -> Sequence[tuple[Register, RegisterCall[RegisterAction]]]:
        """What has been under way by an operation until now, whatever its answer says."""
        under_way = self._open.pop(operation.id, ())
        for _, call in under_way:
            call.end = operation.end or operation.start
        return under_way

    def _alone(self, register: Register, operation: OperationRecord) -> Iterable[Violation]:
        """The answer of a call since whose beginning nothing has changed."""
        started = register.waiting.pop(operation.id) if register.waiting else operation.start
        register.waiting = register.waiting or None
        action = self._action(register, operation)
        if action is None:
            return ()
        observes = action[0] in table.OBSERVING
        if observes and register.line.is_nothing_new(action):
            return ()
        sure = operation.outcome is not INFO
        end = operation.end or operation.start
        call = RegisterCall(operation.id, action, sure, observes, start=started, end=end)
        return self._reported(register, call)

    def _tell_answer(
        self, register: Register, call: RegisterCall[RegisterAction], operation: OperationRecord
    ) -> None:
        """What the answer says, if it says anything."""
        action = call.action = self._action(register, operation)
        if action is not None:
            call.sure = operation.outcome is not INFO
            call.observes = action[0] in table.OBSERVING

    def _action(self, register: Register, operation: OperationRecord) -> RegisterAction | None:
        kind, outcome = operation.kind, operation.outcome
        if outcome is FAIL:
            return self._refused(register, operation)
        if kind in _EFFECTS:
            return _EFFECTS[kind]
        if outcome is not OK:
            return None
        self._reads(register, operation)
        if kind == "MatchProfiles":
            return table.THERE
        return _SHOWN.get(entities.text(operation.value or {}, "state"), table.VISIBLE)

    def _refused(self, register: Register, operation: OperationRecord) -> RegisterAction | None:
        reason, kind = entities.reason_of(operation), operation.kind
        if kind in ("AcceptPairingRequest", "RejectPairingRequest"):
            action = _REFUSALS.get(reason)
            if action is None:
                last = register.refused[-_REFUSED_MAX + 1 :]
                register.refused = (*last, (operation.id, kind, reason))
            return action
        if kind == "ViewPairingRequest" and reason == "NotFound":
            reader = (operation.actor, operation.tags.get("project"), self._grants)
            return table.NOT_THERE if reader in register.readers else None
        return None

    def _reads(self, register: Register, operation: OperationRecord) -> None:
        """Somebody has read this request, and may be told that it is gone."""
        reader = (operation.actor, operation.tags.get("project"), self._grants)
        if reader not in register.readers:
            reader = self._readers.setdefault(reader, reader)
            register.readers = (*register.readers, reader)

    # --- waits ------------------------------------------------------------------------

    def _waits(self, wait: OperationRecord) -> None:
        args = wait.args.get("polls_args")
        uid = entities.text(args, "pairing_uid") if isinstance(args, dict) else ""
        if wait.args.get("polls") in _BY_ID and uid and uid not in self.given_up:
            self._looks[wait.id] = []
            self._open[wait.id] = [self._begin(wait, self.register(uid))]

    def _seen_in_wait(self, look: OperationRecord) -> RegisterCall[RegisterAction]:
        end = look.end or look.start
        call: RegisterCall[RegisterAction] = RegisterCall(look.id, start=look.start, end=end)
        under_way = self._open.get(look.id)
        if under_way:
            self._tell_answer(under_way[0][0], call, look)
        return call

    def _waited(self, wait: OperationRecord) -> Iterable[Violation]:
        looks = self._looks.pop(wait.id, None)
        under_way = self._returning(wait)
        if looks is None or not under_way:
            return ()
        told_by = [look for look in looks if look.action is not None]
        if len(told_by) > _LOOKS_MAX:
            # Each may have been at any time of the wait; too many of them only cost time.
            told_by = told_by[: _LOOKS_MAX // 2] + told_by[-_LOOKS_MAX // 2 :]
        register, call = under_way[0]
        return self._returned(register, call, told_by)

    # --- sends and cancels ------------------------------------------------------------

    def _asked_of_host(self, operation: OperationRecord) -> None:
        """Any request that was sent from this place may be ended by it.

        Unless the messages of its host are recorded: then only these do anything centrally.
        """
        slot = self.known.slot(operation)
        if slot is not None and slot.open:
            self._may_end(operation, [r.uid for r in slot.open.values() if not r.submitted])

    def _withdraws_unnamed(self, operation: OperationRecord) -> None:
        """A host withdraws what it has submitted and of which it was told no id."""
        slot = self.known.slot(operation)
        if slot is not None and slot.open:
            self._may_end(operation, list(slot.open))

    def _may_end(self, operation: OperationRecord, uids: list[str]) -> None:
        registers = [r for r in map(self.registers.get, uids) if r and self._may_change(r)]
        if registers:
            self._open[operation.id] = [self._begin(operation, r) for r in registers]

    def _may_change(self, register: Register) -> bool:
        return register.decided is None and not self._is_surely(register.line.states)[1]

    def _is_surely(self, states: frozenset[State]) -> tuple[bool, bool]:
        """Whether it surely is pending no more, and surely decided."""
        found = self._surely.get(states)
        if found is None:
            names = {name for name, _ in states}
            found = (
                not names & {table.ABSENT, table.PENDING},
                not names & {table.ABSENT, table.PENDING, table.HANDING_OVER},
            )
            self._surely[states] = found
        return found

    def _sent(self, operation: OperationRecord) -> Iterable[Violation]:
        uid = entities.text(entities.fields_of(operation), "pairing_uid")
        found: list[Violation] = []
        for register, call in self._returning(operation):
            harmless = entities.reason_of(operation) in HARMLESS["SendPairingRequest"]
            if not harmless and register.uid != uid:
                call.action, call.sure = table.WITHDRAW, False
            found += self._returned(register, call)
        if uid and uid not in self.given_up:
            found += self._created(uid, operation)
        return found

    def _submitted(self, operation: OperationRecord) -> Iterable[Violation]:
        uid = entities.text(entities.fields_of(operation), "pairing_uid")
        return self._created(uid, operation) if uid and uid not in self.given_up else ()

    def _created(self, uid: str, operation: OperationRecord) -> Iterable[Violation]:
        if uid in self.registers or uid in self._settled:
            # It was seen before its send was answered, or this is the same request again.
            return self.tell(self.register(uid), table.THERE, operation)
        call = RegisterCall(
            operation.id, table.SEND, start=operation.start, end=operation.end or operation.start
        )
        request = self.known.requests.get(uid)
        register = self._new(uid, self._absent)
        found = list(self._reported(register, call))
        if request is None or request.enders or request.excused:
            self._may_happen(register, table.WITHDRAW, operation)
        return found

    def _cancelled(self, operation: OperationRecord) -> Iterable[Violation]:
        harmless = entities.reason_of(operation) in HARMLESS["CancelPairingRequest"]
        found: list[Violation] = []
        for register, call in self._returning(operation):
            if not harmless:  # Palette may hear of it later (WDR-8); INV-4 says until when
                call.action, call.sure = table.WITHDRAW, False
            found += self._returned(register, call)
        return found

    # --- what nobody says the effect of ------------------------------------------------

    def _unsettled(self, operation: OperationRecord) -> None:
        """From now on a pending request may have come to an end (SND-9)."""
        if operation.kind == "AdvanceClock":
            self._granted(operation)
        for uid in self._concerned(operation):
            register = self.registers.get(uid)
            if register is not None and self._may_change(register):
                self._may_happen(register, table.LAPSE, operation)

    def _concerned(self, operation: OperationRecord) -> list[str]:
        known, args = self.known, operation.args
        if operation.kind == "AdvanceClock":
            return list(self.registers)
        uid = entities.token_uid(operation)
        if uid:
            return [r.uid for r in known.requests.values() if r.token == uid]
        host, named = entities.text(args, "host_uid"), entities.text(args, "slot")
        if host:
            return list(known.slot_of(host).requests)
        slot = known.slots.get(named) if named else known.slot(operation)
        return list(slot.requests) if slot else []

    def _may_happen(
        self, register: Register, action: RegisterAction, operation: OperationRecord
    ) -> None:
        register.unsure = True
        call = RegisterCall(operation.id, action, sure=False, start=operation.start)
        self._reported(register, call)

    # --- registers --------------------------------------------------------------------

    def register(self, uid: str) -> Register:
        register = self.registers.get(uid)
        if register is None:
            states = self._settled.pop(uid, None)
            register = self._new(uid, states or self._anything)
            if states is None:
                register.line.tell(RegisterCall("", table.WITHDRAW, sure=False))
        return register

    def is_just_pending(self, uid: str) -> bool:
        register = self.registers.get(uid)
        if register is None or register.line.states is not self._pending:
            return False
        return register.line.is_calm

    def _new(self, uid: str, states: frozenset[State]) -> Register:
        line = Linearizer(self._automaton, states, self.known.limits.states)
        register = self.registers[uid] = Register(uid, line)
        return register

    def tell(
        self, register: Register, action: RegisterAction, operation: OperationRecord
    ) -> Sequence[Violation]:
        if register.line.is_nothing_new(action):
            return ()
        end = operation.end or operation.start
        call = RegisterCall(operation.id, action, observes=True, start=operation.start, end=end)
        return self._reported(register, call)

    def _reported(
        self, register: Register, call: RegisterCall[RegisterAction]
    ) -> Sequence[Violation]:
        if register.waiting:
            self._enter(register, register.waiting)
        register.line.invoke(call)
        return self._returned(register, call)

    def _returned(
        self,
        register: Register,
        call: RegisterCall[RegisterAction],
        looks: Sequence[RegisterCall[RegisterAction]] = (),
    ) -> Sequence[Violation]:
        line = register.line
        before = line.states
        if self.given_up and register.uid in self.given_up:
            return ()
        try:
            found = line.returned(call, looks)
        except BudgetSpent:
            self.undecided = (
                f"the operations on request {register.uid} overlap in more than"
                f" {self.known.limits.states} ways"
            )
            self._give_up(register)
            return ()
        if found is not None:
            self._give_up(register)
            culprits = dict(register.culprits(found))
            ids = tuple(dict.fromkeys((*(c.id for c in found.calls if c.id), *culprits)))
            return [Violation(ID, describe(register.uid, found, culprits.values()), ids)]
        if not call.sure and call.action is not None:
            register.unsure = True
        if line.states is not before:
            self._moved(register, call)
        elif before is self._anything and line.is_quiet and not register.unsure:
            self.registers.pop(register.uid, None)
        return ()

    def _give_up(self, register: Register) -> None:
        self.given_up.add(register.uid)
        self.registers.pop(register.uid, None)

    def _moved(self, register: Register, call: RegisterCall[RegisterAction]) -> None:
        """Its possible states have changed: since when it is surely something else."""
        has_left, is_decided = self._is_surely(register.line.states)
        if has_left and register.left is None:
            register.left = (call.end, call.id)
            self._quiet[register.uid] = register
            if len(self._quiet) > LIVE_DECIDED_MAX:
                self._let_go(next(iter(self._quiet)))
        if is_decided and register.decided is None:
            register.decided = (call.end, call.id)

    def _settle(self, request: entities.ObservedRequest) -> None:
        if request.uid in self._quiet:
            self._let_go(request.uid)

    def _let_go(self, uid: str) -> None:
        """Of decided requests that were touched long ago only the state is kept, then nothing."""
        register = self._quiet.pop(uid)
        if self.registers.get(uid) is not register:
            return
        if register.waiting or not register.line.is_calm:
            self._quiet[uid] = register
            return
        del self.registers[uid]
        self._settled[uid] = register.line.states
        if len(self._settled) > SETTLED_MAX:
            del self._settled[next(iter(self._settled))]

    def _granted(self, operation: OperationRecord) -> Iterable[Violation]:
        """Who may see what has changed. That the edge of one slot restarts changes nothing."""
        if operation.args.get("slot"):
            return NOTHING
        self._grants += 1
        self._readers.clear()
        self._lists.forget()
        return NOTHING

    def _forgotten(self, operation: OperationRecord) -> Iterable[Violation]:
        """Projects are gone, with the requests in them."""
        self._settled.clear()
        self._lists.forget()
        known = self.known.requests
        self.registers = {u: r for u, r in self.registers.items() if u in known}
        if operation.kind == "Reset":
            self.registers.clear()
            self._edge.forget()
        return ()
