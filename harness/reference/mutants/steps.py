"""Mutants of an acceptance in steps, each a call of its own (ACC-4, ACC-11, ACC-17, ACC-18)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from harness.domain import operations as ops
from harness.reference.behaviour import Behaviour
from harness.reference.core.central import CentralCall, CentralCore
from harness.reference.core.central.review import ReviewRules
from harness.reference.core.choices import CentralChoices
from harness.reference.planting import Memory, name_of, plant, sentence_of


def _stepwise(breaks: str) -> Callable[[type[CentralCore]], type[CentralCore]]:
    """Declare the decorated core a mutant of a Palette that takes the steps in calls."""

    def declare(core: type[CentralCore]) -> type[CentralCore]:
        choices = CentralChoices(steps_in_calls=True)
        behaviour = Behaviour(central=choices, make_central=core, features=("server-steps",))
        plant(name_of(core), breaks, sentence_of(core), behaviour)
        return core

    return declare


@_stepwise("ACC-4")
class DetailsAreTakenWithoutTheWarning(CentralCore):
    """The call with the details is taken from who has not acknowledged the warning."""

    def require(self, done: bool, what: str) -> None:
        super().require(done or "warning" in what, what)


@_stepwise("ACC-11")
class DetailsCanBeLeftOut(CentralCore):
    """The call that confirms the match is taken without the one that enters the details."""

    def require(self, done: bool, what: str) -> None:
        super().require(done or "details" in what, what)


@_stepwise("ACC-11")
class UnconfirmedMatchIsValidated(CentralCore):
    """Validate is taken before any match was confirmed."""

    def validate(self, operation: ops.ValidateReview, call: CentralCall) -> ops.Acknowledged:
        request = self.stepwise(operation, call)
        return self.take(request, replace(self.taken(request, call), validated=True))


@_stepwise("ACC-11")
class PairClusterNeedsNoOtherCall(CentralCore):
    """Pair cluster is taken alone, without the calls that come before it."""

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        return ReviewRules.accept(self, operation, call)


@_stepwise("ACC-11")
class RefusedMatchCountsAllTheSame(CentralCore):
    """Validate is taken from who was refused the match for its time, and has not confirmed one."""

    _too_early = Memory[set[str]](set)

    def confirm_match(self, operation: ops.ConfirmMatch, call: CentralCall) -> ops.Acknowledged:
        if self.taken(self.stepwise(operation, call), call).entered is None:
            self._too_early.add(operation.pairing_uid)
        return super().confirm_match(operation, call)

    def validate(self, operation: ops.ValidateReview, call: CentralCall) -> ops.Acknowledged:
        request = self.stepwise(operation, call)
        taken = self.taken(request, call)
        if operation.pairing_uid in self._too_early and taken.entered:
            return self.take(request, replace(taken, validated=True))
        return super().validate(operation, call)


@_stepwise("ACC-17")
class LaterMatchIsConfirmedAsItIs(CentralCore):
    """Once a match was confirmed, another is confirmed whether it matches or not."""

    def confirm_match(self, operation: ops.ConfirmMatch, call: CentralCall) -> ops.Acknowledged:
        request = self.stepwise(operation, call)
        taken = self.taken(request, call)
        if taken.entered is None or not taken.entered.selection:
            return super().confirm_match(operation, call)
        entered = replace(taken.entered, selection=operation.selection)
        return self.take(request, replace(taken, entered=entered, validated=False))


@_stepwise("ACC-17")
class AnyMatchIsConfirmed(CentralCore):
    """The call that confirms the match is taken with profiles that do not match."""

    def confirm_match(self, operation: ops.ConfirmMatch, call: CentralCall) -> ops.Acknowledged:
        request = self.stepwise(operation, call)
        taken = self.taken(request, call)
        if taken.entered is None:
            return super().confirm_match(operation, call)
        entered = replace(taken.entered, selection=operation.selection)
        return self.take(request, replace(taken, entered=entered))


@_stepwise("ACC-18")
class PairClusterDoesNotWaitForValidate(CentralCore):
    """Pair cluster is taken once a match is confirmed, validated or not."""

    def require(self, done: bool, what: str) -> None:
        super().require(done or "validated" in what, what)
