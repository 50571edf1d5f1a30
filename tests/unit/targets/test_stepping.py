"""An acceptance goes through its steps, unless somebody takes them alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from harness.catalogue.requirements import by_id
from harness.doctor.rehearsing import RehearsedTarget
from harness.domain import operations as ops
from harness.domain.errors import Reason, Refused
from harness.opening import open_inprocess
from harness.running.scenario import check_applies
from harness.targets.http import HttpDriver
from harness.targets.port import DriverAround, Exchange, NotSupported, Outgoing
from harness.targets.stepping import SteppingDriver
from tests.unit.targets.test_one_side import CENTRAL, read

ACCEPT = ops.AcceptPairingRequest("uid", (ops.SelectedProfile("p"),), name="mall")
CALLS = "".join(
    f'[[paths.AcceptPairingRequest.calls]]\npath = "/{name}"\n{key}name = "{name}"\n'
    'request = { "{pairingUid}" = "id", "spec.profiles" = "profiles" }\n'
    for name, key in (("open", 'step = "acknowledge"\n'), ("finish", ""))
)
CALLS_WITHOUT_STEPS = CALLS.replace('step = "acknowledge"\n', "")
STEPS = ["AcknowledgeWarning", "EnterDetails", "ConfirmMatch", "ValidateReview"]


class RefusesOneStep(DriverAround):
    """Takes everything but one kind of operation, and keeps what was asked."""

    refused: type[ops.Operation] | None = None

    def send(self, outgoing: Outgoing) -> Exchange:
        self.asked.append(outgoing.operation)
        if type(outgoing.operation) is self.refused:
            return Exchange(Refused(Reason.PROFILES_MISMATCH, "no"))
        return Exchange(ops.Done(ops.Acknowledged()))

    @property
    def kinds(self) -> list[str]:
        return [type(operation).__name__ for operation in self.asked]

    asked: list[ops.Operation]


@pytest.fixture
def inner() -> Iterator[RefusesOneStep]:
    made = RefusesOneStep(open_inprocess(1))
    made.asked = []
    yield made
    made.close()


def send(driver: SteppingDriver, operation: ops.Operation) -> ops.Reply:
    return driver.send(Outgoing(operation, ops.Credentials(api_key="k"))).reply


def test_every_step_is_taken_before_it_with_what_it_enters(inner: RefusesOneStep) -> None:
    assert isinstance(send(SteppingDriver(inner), ACCEPT), ops.Done)
    assert inner.kinds == [*STEPS, "AcceptPairingRequest"]
    assert inner.asked[1] == ops.EnterDetails("uid", "mall")
    assert inner.asked[2] == ops.ConfirmMatch("uid", ACCEPT.selection)


def test_the_step_that_is_refused_answers_it(inner: RefusesOneStep) -> None:
    inner.refused = ops.ConfirmMatch
    reply = send(SteppingDriver(inner), ACCEPT)
    assert isinstance(reply, Refused)
    assert reply.reason is Reason.PROFILES_MISMATCH
    assert inner.kinds == STEPS[:3]


def test_who_takes_a_step_alone_is_left_to_it_once(inner: RefusesOneStep) -> None:
    driver = SteppingDriver(inner)
    send(driver, ops.AcknowledgeWarning("uid"))
    send(driver, replace(ACCEPT, pairing_uid="another"))
    send(driver, ACCEPT)
    send(driver, ACCEPT)
    accept = "AcceptPairingRequest"
    assert inner.kinds == [STEPS[0], *STEPS, accept, accept, *STEPS, accept]


def test_calls_that_are_steps_are_asked_without_a_claim_and_one_call_is_not() -> None:
    acknowledging = [by_id("ACC-4")]
    for features in ("", '"server-steps"'):
        check_applies(acknowledging, read('["central"]', CENTRAL, CALLS, features=features).info)
    with pytest.raises(NotSupported, match="server-steps: none of its calls is a step of an"):
        check_applies(acknowledging, read('["central"]', CENTRAL, CALLS_WITHOUT_STEPS).info)


@pytest.mark.parametrize("features", ["", '"server-steps"'])
def test_a_rehearsal_goes_through_steps_that_the_target_has_not(
    inner: RefusesOneStep, features: str
) -> None:
    target = HttpDriver(read('["central"]', CENTRAL, CALLS, features=features))
    rehearsed = RehearsedTarget(inner, target)
    assert not rehearsed.info.offers(ops.ValidateReview)
    assert rehearsed.info.claims_steps is bool(features)
    assert rehearsed.info.goes_through_steps, "and so nobody else takes them for it"
    rehearsed.send(Outgoing(ACCEPT, ops.Credentials(api_key="k")))
    assert inner.kinds == [*STEPS, "AcceptPairingRequest"]
    target.close()
