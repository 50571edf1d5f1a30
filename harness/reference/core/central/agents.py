"""What edge hosts ask of the central side."""

from __future__ import annotations

from dataclasses import replace

from harness.domain import operations as ops
from harness.domain.draws import Draws
from harness.domain.errors import Reason, Refusal
from harness.domain.pairing import DECIDED, RequestEvent, RequestState
from harness.domain.token import RegistrationToken
from harness.reference.core import records
from harness.reference.core.central.access import CentralCall
from harness.reference.core.central.book import RequestBook


class AgentRules(RequestBook):
    """Submitting, polling, confirming and withdrawing."""

    def probe(self, operation: ops.Probe, call: CentralCall) -> ops.Acknowledged:
        """Yes, this is a Palette."""
        return ops.Acknowledged("palette")

    def submit(self, operation: ops.SubmitPairing, call: CentralCall) -> ops.PairingId:
        """Admit a request; the same submission again is answered with the same id (SND-4)."""
        known = self.repeated(operation, call.now)
        if known is not None:
            return ops.PairingId(known.pairing_uid)
        for about in (operation.cluster.uid, ""):  # a withdrawal may have named its secret alone
            self.require_not_ended(records.submission_key(about, operation.cluster_token))
        token = self.usable_token(operation.registration_token, call.now)
        uid = self.new_pairing_uid(call.draws)
        self.store.put(
            records.PairingRequest(
                uid,
                token.project_uid,
                RequestState.PENDING,
                call.now,
                operation.cluster,
                operation.cluster_token,
                token.uid,
                agent_version=operation.agent_version,
                key=operation.key,
            )
        )
        return ops.PairingId(uid)

    def repeated(self, operation: ops.SubmitPairing, now: int) -> records.PairingRequest | None:
        """The request that came of the same submission before: by its key, or else its secret."""
        about = operation.cluster.uid
        if not operation.key:
            known = self.submitted(records.submission_key(about, operation.cluster_token), now)
            # Who has asked about a request submits another one: of that, a cancel was never told.
            return None if known and known.is_known else known
        by_key = records.submission_key(about, operation.key)
        known = next(self.store.find(records.PairingRequest, "key", by_key), None)
        if known is not None and known.cluster_token != operation.cluster_token:
            # Its host never heard the answer, and goes by the secret that it has sent last.
            self.store.put(replace(known, cluster_token=operation.cluster_token))
        return known

    def new_pairing_uid(self, draws: Draws) -> str:
        """An id that no other request has or ever had (SND-5, INV-5)."""
        return self.choices.uid(draws.bits128("pairing"))

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        """The registration token, if it admits anybody now (PRE-4). Never repeats it."""
        token = next(self.store.find(RegistrationToken, "value", value), None) if value else None
        why = token.why_unusable(now) if token else "the registration token is not known"
        if token is None or why:
            raise Refusal(Reason.TOKEN_UNUSABLE, why or "")
        return token

    def poll(self, operation: ops.PollPairing, call: CentralCall) -> ops.PollAnswer:
        """What became of the host's own request."""
        request = self.own_request(operation, call.now)
        if self.choices.host_secret_stays:
            self.know(request.pairing_uid)
        return self._poll_answer(request)

    def know(self, pairing_uid: str) -> None:
        """Note that the host of a request knows its id: it does not submit that one again."""
        request = self.store.get(records.PairingRequest, pairing_uid)
        if request is not None and not request.is_known:
            self.store.put(replace(request, is_known=True))

    def confirm(self, operation: ops.ConfirmPairing, call: CentralCall) -> ops.PollAnswer:
        """The host obeys from now on: the pairing commits. Safe to repeat (ACC-12, INV-1)."""
        request = self.own_request(operation, call.now)
        if request.state is RequestState.PAIRED:
            return self._poll_answer(request)
        paired = self.step(request, RequestEvent.CONFIRM)
        cluster = self.store.get(records.CentralCluster, paired.cluster_uid)
        if cluster is not None:
            self.store.put(replace(cluster, confirmed=True))
        return self._poll_answer(paired)

    def withdraw(self, operation: ops.WithdrawPairing, call: CentralCall) -> ops.Acknowledged:
        """The host has cancelled (WDR-3, WDR-6, WDR-9).

        Messages may overtake each other: what is withdrawn by its submission, and has not come
        yet, will not be admitted when it comes (INV-9).
        """
        submission = "" if operation.pairing_uid else self.withdrawn_by(operation)
        if submission and self.submitted(submission, call.now) is None:
            if not self.choices.host_secret_stays:  # or else it would end all that follow
                self.store.put(records.EndedSubmission(submission))
            return ops.Acknowledged("no pairing request has come of it, and none will")
        request = self.request_to_withdraw(operation, call.now)
        if request.state is RequestState.WITHDRAWN:  # whose answer was lost says it once more
            return ops.Acknowledged("the pairing request is withdrawn already")
        accepted = (RequestState.HANDING_OVER, RequestState.PAIRED)
        if request.state in accepted and not self.may_fail(request, operation):
            raise Refusal(
                Reason.ALREADY_ACCEPTED,
                f"the pairing request {request.pairing_uid} was accepted",
                state=request.state.value,
            )
        self.step(request, RequestEvent.WITHDRAW)
        return ops.Acknowledged("the pairing request was withdrawn")

    @staticmethod
    def may_fail(request: records.PairingRequest, operation: ops.WithdrawPairing) -> bool:
        """Whether an acceptance fails because its host had ended the request before."""
        return operation.ended and request.state is RequestState.HANDING_OVER

    def request_to_withdraw(
        self, operation: ops.WithdrawPairing, now: int
    ) -> records.PairingRequest:
        """The request that a host withdraws, by its id and secret or by submission."""
        about = operation.local_cluster_uid
        if operation.pairing_uid:
            found = self.store.get(records.PairingRequest, operation.pairing_uid)
            own = found is not None and about in ("", found.cluster.uid)
            if found is not None and not (own and found.cluster_token == operation.cluster_token):
                found = None
        else:
            found = self.submitted(self.withdrawn_by(operation), now)
        if found is None:
            raise Refusal(Reason.NOT_FOUND, "this cluster has no such pairing request")
        return self.current(found.pairing_uid, now) or found

    def withdrawn_by(self, operation: ops.WithdrawPairing) -> str:
        """The submission that a host withdraws; its secret alone says whose cluster it is of."""
        about, secret = operation.local_cluster_uid, operation.cluster_token
        if not about:
            known = self.store.every(records.PairingRequest)
            about = next((r.cluster.uid for r in known if r.cluster_token == secret), "")
        return records.submission_key(about, secret)

    def submitted(self, submission: str, now: int) -> records.PairingRequest | None:
        """The request that was admitted for a submission: one that is still open before others, of
        these one whose id its host does not know.
        """
        found = tuple(self.store.find(records.PairingRequest, "submission", submission))
        left = [r for r in found if r.state not in DECIDED and not self.handover_is_over(r, now)]
        if left:
            return min(left, key=lambda request: request.is_known)
        return found[0] if found and not self.choices.host_secret_stays else None

    def require_not_ended(self, submission: str) -> None:
        """A submission that was overtaken by its withdrawal is refused."""
        if self.store.get(records.EndedSubmission, submission) is not None:
            raise Refusal(Reason.CONFLICT, "its host has ended this pairing request before it came")

    def own_request(self, operation: ops.OfRequest, now: int) -> records.PairingRequest:
        """The request of this id, if the caller knows its secret."""
        request = self.current(operation.pairing_uid, now)
        if request is None or request.cluster_token != operation.cluster_token:
            raise self.no_request(operation.pairing_uid)
        return request

    def _poll_answer(self, request: records.PairingRequest) -> ops.PollAnswer:
        cluster = self.store.get(records.CentralCluster, request.cluster_uid)
        if cluster is None:
            return ops.PollAnswer(request.state.value)
        return ops.PollAnswer(request.state.value, cluster.uid, cluster.name, cluster.tags)
