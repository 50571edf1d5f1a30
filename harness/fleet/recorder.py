"""Writes down each operation of a cell, and shows it to whoever judges.

Secrets of the simulated world are labels from the start (`<token:1>`); what the reference draws
for itself, sessions and the secrets of clusters, is labelled here.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Protocol

from harness.checkers.fleet.concluding import as_lines
from harness.checkers.invariants.known import Violation
from harness.domain import operations as ops
from harness.domain.arrangements import InstallCluster
from harness.domain.cluster import Cluster
from harness.domain.errors import Refused
from harness.domain.match import MatchResult
from harness.history.fleet_lines import ViolationLine
from harness.history.operation import FAIL, INFO, OK, Json, OperationRecord
from harness.history.plain import to_json, to_json_object
from harness.reference.core.link import LinkReply

_PLAIN_MAX = 256
_SECRET_KINDS = frozenset({"LogIn", "PutUser"})
_OF_CLUSTERS = frozenset({"PollPairing", "ConfirmPairing", "WithdrawPairing"})


class Listener(Protocol):
    """Whoever is shown the operations of a cell, in the order of things."""

    def invoked(self, operation: OperationRecord) -> None:
        """An operation is about to be sent."""

    def ended(self, operation: OperationRecord) -> tuple[Violation, ...]:
        """An operation has its outcome. Returns what is found by it."""


class Writer(Protocol):
    """Where the operations are written."""

    def invoke(self, record: OperationRecord) -> None:
        """An operation is about to be sent."""

    def outcome(self, record: OperationRecord) -> None:
        """An operation has its outcome."""


class FleetRecorder:
    """Gives ids to operations and makes records of them; those of one cell."""

    def __init__(self, cell: str, listener: Listener | None, writer: Writer | None) -> None:
        self.cell = cell
        self.count = 0
        self.violations: list[ViolationLine] = []
        self._listener = listener
        self._writer = writer
        self._plain: dict[int, tuple[object, Json]] = {}

    def invoke(
        self, actor: str, what: object, at: int, tags: Mapping[str, Json]
    ) -> OperationRecord:
        """An operation is about to be sent. `at` is in microseconds of the run."""
        self.count += 1
        kind = type(what).__name__
        id_, args = f"{self.cell}#{self.count}", self._args(kind, what)
        record = OperationRecord(id_, self.cell, actor, kind, args, at, tags=tags)
        if self._writer is not None:
            self._writer.invoke(record)
        if self._listener is not None:
            self._listener.invoked(record)
        return record

    def end(self, record: OperationRecord, reply: LinkReply | None, at: int) -> None:
        """How it ended. No reply: nobody answered in time."""
        outcome, value, error = INFO, None, None
        if isinstance(reply, ops.Done):
            outcome, value = OK, self._value(reply)
        elif isinstance(reply, Refused):
            outcome, error = FAIL, to_json_object(reply)
        else:
            error = {"why": "no answer came in time" if reply is None else reply.why}
        ended = OperationRecord(
            record.id,
            record.scenario,
            record.actor,
            record.kind,
            record.args,
            record.start,
            at,
            outcome,
            value,
            error,
            tags=record.tags,
        )
        if self._writer is not None:
            self._writer.outcome(ended)
        if self._listener is not None:
            found = self._listener.ended(ended)
            if found:
                self.record_violations(found, at)

    def at_once(
        self, actor: str, what: object, at: int, reply: ops.Reply, tags: Mapping[str, Json] = {}
    ) -> None:
        """Something that takes no time: an arrangement, a fault."""
        self.end(self.invoke(actor, what, at, tags), reply, at)

    def record_violations(self, violations: tuple[Violation, ...], at: int) -> None:
        """Invariants that do not hold."""
        self.violations += as_lines(violations, self.cell, at)

    def _args(self, kind: str, what: object) -> dict[str, Json]:
        if self._listener is None and self._writer is None:
            return {}
        match what:
            case InstallCluster(slot, Cluster() as cluster):
                return {"slot": slot, "cluster": self._cluster(cluster)}
            case ops.SubmitPairing(token, secret, cluster, version):
                return {
                    "registration_token": token,
                    "cluster_token": _labelled(secret),
                    "cluster": self._cluster(cluster),
                    "agent_version": version,
                }
        args = to_json_object(what)
        if kind in _SECRET_KINDS:
            args["password"] = "<password>"
        elif kind in _OF_CLUSTERS:
            args["cluster_token"] = _labelled(str(args["cluster_token"]))
        return args

    def _value(self, reply: ops.Done) -> dict[str, Json] | None:
        if self._listener is None and self._writer is None:
            return None
        match reply.value:
            case ops.Session():
                return {"token": "<session>"}
            case ops.PairingRequestView() as view:
                return to_json_object(view, {"stack": self._once(view.stack)})
            case MatchResult() as match:
                return self._once(match)  # type: ignore[return-value]
            case value:
                return to_json_object(value)

    def _cluster(self, cluster: Cluster) -> dict[str, Json]:
        return to_json_object(cluster, {"stack": self._once(cluster.stack)})

    def _once(self, value: object) -> Json:
        """Stacks, and how they match, are the very same for many clusters: made plain once."""
        known, plain = self._plain.get(id(value), (None, None))
        if known is not value:
            if len(self._plain) >= _PLAIN_MAX:
                self._plain.clear()
            plain = to_json(value)
            self._plain[id(value)] = (value, plain)
        return plain


@lru_cache(maxsize=4096)
def _labelled(secret: str) -> str:
    """A label that tells one secret of a cluster from another, and does not give it away."""
    return f"<cluster-token:{blake2b(secret.encode(), digest_size=5).hexdigest()}>"
