"""What the suite says of products whose refusals or failures have other causes than they seem.

Each core here is wrong in one operation as a whole, as a mistake in a target file or a broken
product makes it. Nothing may pass by it, and what demands the operation fails.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from harness.catalogue.verdict import Verdict
from harness.domain.errors import Reason, Refusal
from harness.proving import trials as proving
from harness.proving.trials import Trial, TrialOutcome, run_trials
from harness.reference.behaviour import Behaviour
from harness.reference.core.central import CentralCall, CentralCore
from harness.reference.core.edge_flows import EdgeCore
from harness.reference.core.records import PairingRequest, User
from harness.reference.planting import MUTANTS, Memory, Mutant, behaviour_of
from harness.reference.variants.palette import ATokenIsGoodForOneRequest
from harness.running.session import suite_words
from harness.suite import suite_dir

FAIL, INCONCLUSIVE, PASS = Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.PASS
NOT_SUPPORTED = Verdict.NOT_SUPPORTED
SENT_AGAIN = "after_decision/a-new-request-can-be-sent"


class RefusesEveryMatch(CentralCore):
    """As a match call does whose fields are mapped wrongly."""

    def match(self, *_: Any) -> Any:
        raise Refusal(Reason.INVALID_INPUT, "the field profiles is required")


class RefusesEveryAcceptance(CentralCore):
    def accept(self, *_: Any) -> Any:
        raise Refusal(Reason.CONFLICT, "busy")


class IsNotTheLeader(EdgeCore):
    def sendable(self, *_: Any) -> Any:
        raise Refusal(Reason.CONFLICT, "ask the leader of the cluster")


class IsAlwaysBusy(EdgeCore):
    def sendable(self, *_: Any) -> Any:
        raise Refusal(Reason.RATE_LIMITED, "come back later")


class LetsNoSessionIn(CentralCore):
    """As a header does that is mapped wrongly: logins are answered, and good for nothing."""

    def authenticate(self, call: CentralCall) -> User:
        if call.credentials.session:
            raise Refusal(Reason.UNAUTHENTICATED, "log in first")
        return super().authenticate(call)


class BreaksDown(CentralCore):
    def reject(self, *_: Any) -> Any:
        raise ZeroDivisionError("a defect of the product")


class RefusesEveryLocalChange(EdgeCore):
    def changeable(self, *_: Any) -> Any:
        raise Refusal(Reason.NOT_FOUND, "there is no such path")


class RefusesEveryCentralChange(CentralCore):
    def change_cluster(self, *_: Any) -> Any:
        raise Refusal(Reason.NOT_FOUND, "there is no such path")


class ForgetsWhatWasNotAnswered(EdgeCore):
    """A request that was submitted, and whose answer was lost, is left to itself in Palette."""

    def owe(self, *_: Any) -> None:
        return None


class AsksForNoLogin(EdgeCore):
    """What changes the cluster is taken from anybody; a send and a cancel are not."""

    def changeable(self, operation: Any, call: Any) -> Any:
        site = self.site_of(call.host_uid)
        self.require_local(site)
        return site


class LooksAtNoMembership(CentralCore):
    """Whoever names a project works in it."""

    def is_member(self, *_: Any) -> bool:  # type: ignore[override]
        return True


class ClosesWithThePairing(EdgeCore):
    """Lawful: logins end, and nobody is let in, as the cluster is centrally managed."""

    def log_in(self, operation: Any, call: Any) -> Any:
        self.require_local(self.site_of(call.host_uid))
        return super().log_in(operation, call)

    def is_good_here(self, session: Any, host_uid: str) -> bool:
        is_open = not self.is_central(self.site_of(host_uid))
        return is_open and super().is_good_here(session, host_uid)


class BlamesTheToken(CentralCore):
    """A cluster that has sent before is refused, whatever its token, and that is what is blamed."""

    def submit(self, operation: Any, call: Any) -> Any:
        if self.has_sent(operation):
            raise Refusal(Reason.TOKEN_UNUSABLE, "the registration token has been used")
        return super().submit(operation, call)

    def has_sent(self, operation: Any) -> bool:
        sent = (
            r for r in self.store.every(PairingRequest) if r.cluster.uid == operation.cluster.uid
        )
        return any(r.cluster_token != operation.cluster_token for r in sent)


class BlamesTheTokenOnce(BlamesTheToken):
    """The same send is taken, with the same token, when it is tried again."""

    refused = Memory(set[str])

    def has_sent(self, operation: Any) -> bool:
        if not super().has_sent(operation) or operation.cluster.uid in self.refused:
            return False
        self.refused.add(operation.cluster.uid)
        return True


STRANGERS: dict[type, dict[str, set[Verdict]]] = {
    RefusesEveryMatch: {"ACC-9A": {FAIL}, "ACC-9C": {INCONCLUSIVE}, "ACC-9D": {INCONCLUSIVE}},
    RefusesEveryAcceptance: {
        "ACC-12": {FAIL},
        "ACC-9A": {FAIL},
        "ACC-9C": {INCONCLUSIVE},
        "ACC-15 accept/after-a-refused-match-the-cluster-still-works-locally": {INCONCLUSIVE},
        "INV-7 invariants/somebody-without-the-permission-decides": {INCONCLUSIVE},
    },
    LetsNoSessionIn: {
        "REJ-3 reject/with-credentials-a-reject-is-refused[a login that has expired]": {
            INCONCLUSIVE
        },
    },
    IsNotTheLeader: {"SND-3": {FAIL}, "PRE-2": {INCONCLUSIVE, FAIL, NOT_SUPPORTED}},
    IsAlwaysBusy: {"SND-3": {FAIL, INCONCLUSIVE}, "PRE-1": {INCONCLUSIVE, FAIL, NOT_SUPPORTED}},
    BreaksDown: {
        "REJ-1": {FAIL},
        "INV-6 invariants/an-acceptance-and-a-rejection-by-two-administrators": {INCONCLUSIVE},
    },
    RefusesEveryLocalChange: {"INV-10": {INCONCLUSIVE}},
    RefusesEveryCentralChange: {"INV-1": {PASS, INCONCLUSIVE}, "INV-10": {PASS, INCONCLUSIVE}},
    ForgetsWhatWasNotAnswered: {"INV-9": {FAIL, INCONCLUSIVE, PASS}},
    AsksForNoLogin: {"INV-7": {FAIL, PASS}},
    LooksAtNoMembership: {"INV-7": {FAIL, PASS}},
    BlamesTheToken: {f"REJ-7 {SENT_AGAIN}": {FAIL}},
    BlamesTheTokenOnce: {f"REJ-7 {SENT_AGAIN}": {FAIL}},
    ATokenIsGoodForOneRequest: {"REJ-7": {PASS}, "PRE-4": {PASS}},
    ClosesWithThePairing: {"ACC-13": {PASS, INCONCLUSIVE, NOT_SUPPORTED}, "ACC-13S": {PASS}},
}
"""The verdicts that the scenarios of a requirement may have, or one of them; each has to occur."""

SUITE = tuple(
    suite_dir("features") / f"{name}.feature"
    for name in (
        "accept",
        "after_decision",
        "invariants",
        "lost_messages",
        "prerequisites",
        "profile_match",
        "reject",
        "send",
    )
)
"""Where they are asked for; elsewhere are as many again."""


@pytest.fixture(scope="module")
def ended() -> dict[str, list[TrialOutcome]]:
    """How the scenarios ended, by stranger."""
    found: dict[str, list[TrialOutcome]] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(proving, "suite_words", partial(suite_words, files=SUITE))
        trials = []
        for core, expected in STRANGERS.items():
            behaviour: Behaviour = behaviour_of(core)
            patch.setitem(MUTANTS.entries, core.__name__, Mutant(core.__name__, "", "", behaviour))
            among = tuple(what.partition(" ")[0] for what in expected)
            trials.append(Trial(f"mutant:{core.__name__}", among=among))
        run_trials(trials, 2, lambda t, result: found.update({t.planted[7:]: result.ended}))
    return found


@pytest.mark.parametrize("core", STRANGERS)
def test_nothing_passes_by_it_and_what_demands_it_fails(
    core: type, ended: dict[str, list[TrialOutcome]]
) -> None:
    for what, verdicts in STRANGERS[core].items():
        requirement, _, scenario = what.partition(" ")
        of_it = [
            e
            for e in ended[core.__name__]
            if requirement in e.requirements and scenario in ("", e.scenario)
        ]
        told = "\n".join(f"{e.verdict.value} {e.scenario}: {e.reason}" for e in of_it)
        assert {e.verdict for e in of_it} == verdicts, told
