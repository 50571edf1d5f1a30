"""Takes over what arrangements do to the world, and what is told of registration tokens."""

from __future__ import annotations

from collections.abc import Mapping

from harness.checkers.invariants import entities
from harness.checkers.invariants.known import Hear, ObservedWorld
from harness.history.operation import FAIL, INFO, OK, Json, OperationRecord


class Arrangements:
    """Hears of everything that changes the world besides the pairing itself."""

    def __init__(self, known: ObservedWorld) -> None:
        self.known = known
        self.arrangements_invoked: Mapping[str, Hear] = {
            "InstallCluster": self._install_invoked,
            "SetLink": self._link_invoked,
            "UpdateStack": self._stack_invoked,
            "FaultNextMessage": self._fault_invoked,
            "DisturbMessages": self._disturbed,
            "Reset": lambda o: self.known.forget_everything(),
            "ForgetProject": lambda o: self.known.forget_project(entities.text(o.args, "uid")),
            "Restart": self._restarting,
            "AdvanceClock": self._shaken,
            **dict.fromkeys(("RemoveToken", "PutToken"), self._token_moved),
            **dict.fromkeys(("SetTokenState", "DeleteToken"), self._token_moved),
        }
        self.arrangements_ended: Mapping[str, Hear] = {
            "InstallCluster": self._installed,
            "SetLink": self._linked,
            "FaultNextMessage": self._fault_set,
            "DisturbMessages": self._disturbed,
            "UpdateStack": self._stacked,
            "PutToken": self._token_put,
            "ViewToken": self._token_viewed,
            "CreateToken": self._token_created,
            "Reset": lambda o: self.known.forget_everything(),
            **dict.fromkeys(("SetHostMode", "SetClusterState", "SetNodeHealth"), self._arranged),
            **dict.fromkeys(("DeleteCluster", "CreateCluster"), self._remade),
            "Restart": self._restarted,
            **dict.fromkeys(("AdvanceClock", "SetRateLimit"), self._shaken),
        }

    def _install_invoked(self, operation: OperationRecord) -> None:
        slot = self.known.slots.get(entities.text(operation.args, "slot"))
        if slot is not None:
            slot.gone = True

    def _installed(self, operation: OperationRecord) -> None:
        if operation.outcome is FAIL:
            return
        cluster = operation.args.get("cluster")
        about = cluster if isinstance(cluster, dict) else {}
        pools = about.get("pools")
        slot = entities.ObservedSlot(
            entities.text(operation.args, "slot"), entities.text(about, "uid")
        )
        slot.hosts = tuple(sorted(hosts_of(pools if isinstance(pools, list) else [])))
        slot.moved, slot.born = operation.end or operation.start, self.known.tick
        slot.gone = operation.outcome is INFO
        slot.arranged = not about
        if about:
            packs = entities.packs_of(about.get("stack"))
            slot.stacks = (entities.StackSpan(packs, operation.id),)
        self.known.put_slot(slot)

    def _slot_named(self, operation: OperationRecord) -> entities.ObservedSlot | None:
        slot = entities.text(operation.args, "slot")
        host = entities.text(operation.args, "host_uid")
        return self.known.slot_of(host) if host else self.known.slots.get(slot)

    def _link_invoked(self, operation: OperationRecord) -> None:
        slot = self._slot_named(operation)
        if slot is not None:
            host = entities.text(operation.args, "host_uid")
            slot.down |= {host}
            slot.unsure |= {host}
            slot.link_tick = self.known.tick
            slot.unconfirmed = slot.unconfirmed and entities.NEVER  # as faults may be forgotten
            if operation.args.get("up") is not True:
                self.known.excuse(slot.open.values())

    def _linked(self, operation: OperationRecord) -> None:
        slot, host = self._slot_named(operation), entities.text(operation.args, "host_uid")
        if slot is None:
            return
        slot.link_tick = self.known.tick
        slot.moved = operation.end or operation.start
        if operation.outcome is OK:
            slot.unsure -= {host}
            if operation.args.get("up") is True:
                slot.down -= {host}

    def _fault_invoked(self, operation: OperationRecord) -> None:
        slot = self._slot_named(operation)
        if slot is not None:
            delay = operation.args.get("delay")
            slot.moved = operation.start + (delay if isinstance(delay, int) else 0)
            if operation.args.get("message") == "withdraw":
                slot.withdrawals_spoiled = True
            if operation.args.get("message") == "confirm" and slot.unconfirmed:
                slot.unconfirmed = entities.NEVER  # it is a question of which comes first

    def _fault_set(self, operation: OperationRecord) -> None:
        slot, args = self._slot_named(operation), operation.args
        if slot is not None and args.get("message") == "confirm" and not slot.unconfirmed:
            sure = operation.outcome is OK and args.get("fault") == "lost-before"
            alone = slot.hosts == (args.get("host_uid"),)
            slot.unconfirmed = self.known.tick if sure and alone else entities.NEVER

    def _disturbed(self, operation: OperationRecord) -> None:
        slot, args = self._slot_named(operation), operation.args
        if slot is not None:
            loses = any(args.get(k) for k in ("lost_before", "lost_after", "answered", "half_open"))
            slot.disturbed = entities.NEVER if loses else self.known.tick
            slot.moved = operation.end or operation.start

    def _arranged(self, operation: OperationRecord) -> None:
        slot = self._slot_named(operation)
        if slot is not None:
            slot.arranged = slot.arranged or operation.kind == "SetHostMode"
            what, fits = _fits(operation)
            slot.unfit = slot.unfit - {what} if fits else slot.unfit | {what}
            slot.moved = operation.end or operation.start
            self.known.excuse_slot(slot)

    def _remade(self, operation: OperationRecord) -> None:
        slot = self.known.slot(operation)
        if slot is not None and operation.outcome is not FAIL:
            slot.arranged = True
            slot.stacks = ()
            self.known.excuse_slot(slot)

    def _stack_invoked(self, operation: OperationRecord) -> None:
        slot = self.known.slot(operation)
        if slot is None:
            return
        self.known.excuse_slot(slot)
        oldest = min((r.invoked for r in slot.requests.values()), default=entities.NEVER)
        kept = [s for s in slot.stacks if slot.busy or s.replaced >= oldest]
        packs = entities.packs_of(operation.args.get("stack") or operation.args.get("holds"))
        slot.stacks = (*kept, entities.StackSpan(packs, operation.id, certain=False))

    def _stacked(self, operation: OperationRecord) -> None:
        slot = self.known.slot(operation)
        if slot is None:
            return
        if operation.outcome is FAIL:
            slot.stacks = tuple(s for s in slot.stacks if s.operation != operation.id)
        elif operation.outcome is OK:
            for span in slot.stacks:
                if span.operation == operation.id:
                    span.certain = True
                elif span.certain and span.replaced == entities.NEVER:
                    span.replaced = self.known.tick

    def _restarting(self, operation: OperationRecord) -> None:
        """A side stops, and is back when the operation ends; of one slot, only its hosts do."""
        if not self._jolted(operation):
            self.known.stopped.add(operation.id)
            self._shaken(operation)

    def _restarted(self, operation: OperationRecord) -> None:
        if not self._jolted(operation):
            self.known.stopped.discard(operation.id)
            self._shaken(operation)

    def _jolted(self, operation: OperationRecord) -> bool:
        """Whether it was the edge of one slot alone: then nobody else was disturbed."""
        uid = entities.text(operation.args, "slot")
        slot = self.known.slots.get(uid) if uid else None
        if slot is not None:
            slot.link_tick = self.known.tick
            slot.moved = operation.end or operation.start
        return bool(uid)

    def _shaken(self, operation: OperationRecord) -> None:
        known = self.known
        known.disturbed = entities.NEVER if known.stopped else operation.end or operation.start
        known.shaken = known.tick
        if operation.kind == "AdvanceClock":
            known.tokens_moved = known.tick
            for token in known.tokens.values():
                token.moved = known.tick
            known.excuse(known.requests.values())

    # --- registration tokens ----------------------------------------------------------

    def _token_moved(self, operation: OperationRecord) -> None:
        uid = entities.token_uid(operation)
        self.known.tokens_moved = self.known.tick
        if token := self.known.tokens.get(uid):
            token.moved = self.known.tick
        self.known.excuse(r for r in self.known.requests.values() if r.token == uid)

    def _token_put(self, operation: OperationRecord) -> None:
        if operation.outcome is not FAIL:
            self._learn_token(operation.args.get("token"), operation)

    def _token_viewed(self, operation: OperationRecord) -> None:
        if operation.outcome is OK:
            self._learn_token(dict(operation.value or {}), operation)

    def _learn_token(self, data: Json, operation: OperationRecord) -> None:
        if not isinstance(data, dict):
            return
        known, uid, expiry = self.known, entities.text(data, "uid"), data.get("expiry")
        project = entities.text(data, "project_uid")
        lasts = expiry if isinstance(expiry, int) else entities.NEVER
        token = known.tokens.setdefault(uid, entities.Token(uid, project, lasts))
        token.project, token.expiry = project, max(token.expiry, lasts)
        if value := entities.text(data, "value"):
            known.labels[(operation.scenario, value)] = token

    def _token_created(self, operation: OperationRecord) -> None:
        made = entities.fields_of(operation)
        uid = entities.text(made, "uid")
        expiry = operation.args.get("expiry")
        if uid:
            project = entities.text(operation.args, "project_uid")
            lasts = expiry if isinstance(expiry, int) else entities.NEVER
            token = self.known.tokens.setdefault(uid, entities.Token(uid, project, lasts))
            if value := entities.text(made, "token"):
                self.known.labels[(operation.scenario, value)] = token


def _fits(operation: OperationRecord) -> tuple[str, bool]:
    """What of a cluster was arranged, and whether it surely is as a send needs it."""
    args = operation.args
    as_needed = args.get("health") == "Healthy" or args.get("state") == "Running"
    return entities.text(args, "node"), as_needed and operation.outcome is OK


def hosts_of(pools: list[Json]) -> set[str]:
    """The hosts below the nodes of these pools."""
    hosts: set[str] = set()
    for pool in pools:
        nodes = pool.get("nodes") if isinstance(pool, dict) else None
        for node in nodes if isinstance(nodes, list) else ():
            if isinstance(node, dict) and node.get("host_uid"):
                hosts.add(str(node["host_uid"]))
    return hosts
