"""The world of a cell in real time: its clock, its recorder, and how people ask Palette."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

import simpy

from harness.checkers.fleet.measures import INTENDED
from harness.domain.operations import CentralOperation, Credentials
from harness.fleet.clock import CellClock
from harness.fleet.draws import Stream
from harness.fleet.realtime.asker import Question
from harness.fleet.realtime.environment import Environment
from harness.fleet.realtime.palette import Palette
from harness.fleet.recorder import Listener, Recorder, Writer
from harness.fleet.world import World
from harness.history.operation import Json, OperationRecord
from harness.reference.core.link import LinkReply

_MOVES: Final = frozenset(
    "SendPairingRequest CancelPairingRequest SubmitPairing ConfirmPairing WithdrawPairing"
    " AcceptPairingRequest RejectPairingRequest".split()
)
_NOTED_FROM: Final = 1_000
"""From so many microseconds on it is noted that something began later than it was due."""


class RealClock(CellClock):
    """Microseconds since the run began, by a clock that is never set."""

    def __init__(self, env: Environment) -> None:
        super().__init__(cast("simpy.Environment", env))
        self._real = env

    def now(self) -> int:
        """Microseconds since the run began."""
        return self._real.now


class RealRecorder(Recorder):
    """Notes besides when an operation was due, where the harness itself came late with it.

    Attributes:
        moved_at: when something last happened, or was tried, that decides about a request.
    """

    def __init__(
        self, cell: str, env: Environment, listener: Listener | None, writer: Writer | None
    ) -> None:
        super().__init__(cell, listener, writer)
        self._env = env
        self.moved_at = 0

    def invoke(
        self, actor: str, what: object, at: int, tags: Mapping[str, Json]
    ) -> OperationRecord:
        """An operation is about to be sent. `at` is in microseconds of the run."""
        due = self._env.due
        if at - due >= _NOTED_FROM:
            tags = {**tags, INTENDED: due}
        record = super().invoke(actor, what, at, tags)
        if record.kind in _MOVES:
            self.moved_at = at
        return record

    def end(self, record: OperationRecord, reply: LinkReply | None, at: int) -> None:
        """How it ended. No reply: nobody answered in time."""
        super().end(record, reply, at)
        if record.kind in _MOVES:
            self.moved_at = at


@dataclass(slots=True, kw_only=True)
class RealWorld(World):
    """See `harness.fleet.world.World`. `palette` is the target's."""

    palette: Palette
    real_recorder: RealRecorder

    def asked(
        self,
        operation: CentralOperation,
        credentials: Credentials,
        stream: Stream,
        tenant: int,
        record: OperationRecord,
    ) -> simpy.Event:
        """Ask Palette something: an event whose value is the answer."""
        within = self.scenario.admins.deadline
        question = Question(operation, credentials, within, correlation=record.id)
        return cast("simpy.Event", self.palette.ask(question))
