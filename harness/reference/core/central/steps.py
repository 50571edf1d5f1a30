"""An acceptance in steps, each a call of its own, where that is chosen.

Source: `#accept-pairing-request-from-palette` steps 11 to 15.
"""

from __future__ import annotations

from dataclasses import replace

from harness.domain import operations as ops
from harness.domain.errors import Reason, Refusal
from harness.domain.pairing import RequestState
from harness.domain.permission import PairPermission
from harness.reference.core.central.access import CentralCall
from harness.reference.core.central.review import ReviewRules
from harness.reference.core.records import PairingRequest, StepsTaken


class StepRules(ReviewRules):
    """Keeps the order of the steps; they are those of one person, until another begins."""

    def acknowledge(self, operation: ops.AcknowledgeWarning, call: CentralCall) -> ops.Acknowledged:
        """I understand (ACC-4)."""
        request = self.stepwise(operation, call)
        return self.take(request, StepsTaken(self.authenticate(call).email))

    def enter_details(self, operation: ops.EnterDetails, call: CentralCall) -> ops.Acknowledged:
        """Name, description and tags."""
        request = self.stepwise(operation, call)
        taken = self.taken(request, call)
        self.require(taken.by != "", "the warning has to be acknowledged")
        uid, name, tags = request.pairing_uid, operation.name, operation.tags
        entered = ops.AcceptPairingRequest(uid, (), name, operation.description, tags)
        return self.take(request, replace(taken, entered=entered, validated=False))

    def confirm_match(self, operation: ops.ConfirmMatch, call: CentralCall) -> ops.Acknowledged:
        """Confirm goes on only with a valid match (ACC-17)."""
        request = self.stepwise(operation, call)
        taken = self.taken(request, call)
        entered = taken.entered or ops.AcceptPairingRequest(request.pairing_uid, ())
        self.require(taken.entered is not None, "the details have to be entered")
        self.require_match(request, operation.selection)
        entered = replace(entered, selection=operation.selection)
        return self.take(request, replace(taken, entered=entered, validated=False))

    def validate(self, operation: ops.ValidateReview, call: CentralCall) -> ops.Acknowledged:
        """Validate opens Pair cluster (ACC-18)."""
        request = self.stepwise(operation, call)
        taken = self.taken(request, call)
        selection = taken.entered.selection if taken.entered else ()
        self.require(selection != (), "a match has to be confirmed")
        self.require_match(request, selection)
        return self.take(request, replace(taken, validated=True))

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        """Pair cluster, with what the steps have gathered."""
        if self.choices.steps_in_calls:
            request = self.stepwise(operation, call)
            taken = self.taken(request, call)
            self.require(taken.validated, "the review has to be validated")
            self.require(taken.entered == operation, "what is confirmed has to be what pairs")
        return super().accept(operation, call)

    def stepwise(
        self, operation: ops.AcceptanceStep | ops.AcceptPairingRequest, call: CentralCall
    ) -> PairingRequest:
        """The request, if it waits for a decision that is made in steps."""
        scope = self.authorise(call, PairPermission.UPDATE)
        if not self.choices.steps_in_calls:
            raise Refusal(Reason.NOT_FOUND, "an acceptance is one call here, without steps")
        request = self.visible(operation.pairing_uid, scope, call.now)
        if request.state is not RequestState.PENDING:
            raise self.already_decided(request)
        return request

    def taken(self, request: PairingRequest, call: CentralCall) -> StepsTaken:
        """How far the caller is."""
        taken, email = request.steps, self.authenticate(call).email
        return taken if taken is not None and taken.by == email else StepsTaken("")

    def require(self, done: bool, what: str) -> None:
        """Refuse a step that comes before its time (ACC-11)."""
        if not done:
            raise Refusal(Reason.CONFLICT, f"{what} first")

    def take(self, request: PairingRequest, taken: StepsTaken) -> ops.Acknowledged:
        """Write down how far the caller is now."""
        self.store.put(replace(request, steps=taken))
        return ops.Acknowledged()
