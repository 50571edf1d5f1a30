"""The steps of an acceptance where they are calls of it: each can be asked alone, and left out."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.domain.operations import (
    AcceptanceStep,
    AcceptPairingRequest,
    ConfirmMatch,
    EnterDetails,
    Operation,
)
from harness.wire.http import Json
from harness.wire.mapping import WireMap
from harness.wire.mapping.calls import Spoken
from harness.wire.mapping.template import Unknowable


@dataclass(slots=True)
class CallProgress:
    """How far an operation is.

    Attributes:
        made: the calls that were answered.
        kept: what the answers gave to later calls.
        answer: the published answer, as far as it was read.
    """

    made: list[Spoken] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)
    answer: Json = None


@dataclass(frozen=True, slots=True)
class AcceptancePart:
    """Some calls of an acceptance, filled from it, which go on from what was made before."""

    acceptance: AcceptPairingRequest
    calls: tuple[Spoken, ...]
    progress: CallProgress


class StepwiseAcceptances:
    """The acceptances of which somebody takes the steps themselves, by their request.

    Asked for a step, it makes the calls of that step, and before them what is no step and was not
    made yet: other steps are left out. Pair cluster is what follows the last step.
    """

    def __init__(self) -> None:
        self._begun: dict[str, CallProgress] = {}

    def part(self, operation: Operation, wire: WireMap) -> AcceptancePart | None:
        """The calls that an operation takes, where it is a part of an acceptance.

        Raises:
            Unknowable: one of them needs what only a step gives that is left out.
        """
        calls = wire.calls(AcceptPairingRequest)
        if isinstance(operation, AcceptanceStep) and type(operation) in wire.steps:
            progress = self._begun.setdefault(operation.pairing_uid, CallProgress())
            own = [each for each in calls if each.step is type(operation)]
        elif isinstance(operation, AcceptPairingRequest) and operation.pairing_uid in self._begun:
            progress = self._begun[operation.pairing_uid]
            if calls[-1] in progress.made:
                del self._begun[operation.pairing_uid]
                return None
            last = max(n for n, each in enumerate(calls) if each.step)
            own = list(calls[last + 1 :])
        else:
            return None
        before = calls[: calls.index(own[-1])]
        beside = [each for each in before if not each.step and each not in progress.made]
        several = tuple(each for each in calls if each in own or each in beside)
        _check_known(calls, several, progress)
        return AcceptancePart(_acceptance_for(operation), several, progress)


def _check_known(
    calls: tuple[Spoken, ...], several: tuple[Spoken, ...], progress: CallProgress
) -> None:
    known = {f"kept.{name}" for name in progress.kept}
    for each in several:
        needed = {name for text in each.templates() for name in text.names()}
        for name in sorted(needed - known):
            for giver in calls:
                if name in _given_by(giver) and giver not in several:
                    raise Unknowable(
                        f"the call {each.name} needs what the call {giver.name} gives,"
                        " which cannot be left out"
                    )
        known |= _given_by(each)


def _given_by(spoken: Spoken) -> set[str]:
    return {f"kept.{name}" for name, _ in spoken.keep}


def _acceptance_for(operation: AcceptanceStep | AcceptPairingRequest) -> AcceptPairingRequest:
    match operation:
        case AcceptPairingRequest():
            return operation
        case EnterDetails(uid, name, description, tags):
            return AcceptPairingRequest(uid, (), name, description, tags)
        case ConfirmMatch(uid, selection):
            return AcceptPairingRequest(uid, selection)
    return AcceptPairingRequest(operation.pairing_uid, ())
