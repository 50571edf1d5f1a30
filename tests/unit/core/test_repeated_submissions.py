"""Which submission is a repetition: of a host with one secret for good, and of one with a key."""

from __future__ import annotations

from dataclasses import replace

from harness.domain import operations as ops
from harness.domain.errors import Reason
from harness.domain.pairing import RequestState
from harness.reference.core.central.core import CentralCore
from harness.reference.core.choices import CentralChoices
from harness.reference.core.records import PairingRequest
from tests.unit.core.test_overtaking import Plane, submission, withdrawal


class Patient(Plane):
    """A central side for hosts that have one secret each, for good."""

    def __init__(self) -> None:
        super().__init__()
        self.core = CentralCore(self.core.store, CentralChoices(host_secret_stays=True))


def sent(plane: Plane, message: ops.SubmitPairing) -> str:
    answer = plane.asked(message)
    assert isinstance(answer, ops.PairingId), answer
    return answer.pairing_uid


def decide(plane: Plane, uid: str, state: RequestState) -> None:
    request = plane.core.store.get(PairingRequest, uid)
    assert request is not None
    plane.core.store.put(replace(request, state=state))


def keyed(secret: str, key: str) -> ops.SubmitPairing:
    return replace(submission(secret), key=key)


def test_with_one_secret_for_good_a_submission_repeats_what_is_open_and_nothing_else() -> None:
    plane = Patient()
    first = sent(plane, submission("s"))
    assert sent(plane, submission("s")) == first
    decide(plane, first, RequestState.HANDING_OVER)
    assert sent(plane, submission("s")) == first
    decide(plane, first, RequestState.REJECTED)
    second = sent(plane, submission("s"))
    assert second != first
    assert isinstance(plane.asked(withdrawal("s")), ops.Acknowledged)
    assert sent(plane, submission("s")) not in (first, second)


def test_whoever_has_asked_about_a_request_submits_another_one_under_the_same_secret() -> None:
    plane = Patient()
    stale = sent(plane, submission("s"))
    assert plane.asked(ops.PollPairing(stale, "s")) == ops.PollAnswer("Pairing")
    new = sent(plane, submission("s"))
    assert new != stale, "a cancel without a link was never told, as nobody has to (WDR-8)"
    assert sent(plane, submission("s")) == new, "its answer was lost"
    assert isinstance(plane.asked(withdrawal("s")), ops.Acknowledged)
    left = [plane.asked(ops.PollPairing(uid, "s")) for uid in (stale, new)]
    assert left == [ops.PollAnswer("Pairing"), ops.PollAnswer("Withdrawn")]
    assert isinstance(plane.asked(withdrawal("s")), ops.Acknowledged), "the one that is left"


def test_a_withdrawal_of_nothing_does_not_end_what_follows_under_the_same_secret() -> None:
    plane = Patient()
    assert isinstance(plane.asked(withdrawal("s")), ops.Acknowledged)
    sent(plane, submission("s"))


def test_a_decided_request_of_the_same_secret_can_still_be_asked_for() -> None:
    plane = Patient()
    first = sent(plane, submission("s"))
    decide(plane, first, RequestState.REJECTED)
    second = sent(plane, submission("s"))
    for uid, state in ((first, "Rejected"), (second, "Pairing")):
        assert plane.asked(ops.PollPairing(uid, "s")) == ops.PollAnswer(state)
    assert plane.asked(withdrawal("s", first)) is Reason.REQUEST_DECIDED
    assert isinstance(plane.asked(withdrawal("s", second)), ops.Acknowledged)


def test_a_key_says_which_submission_it_is_whatever_became_of_it() -> None:
    plane = Plane()
    first = sent(plane, keyed("s", "k1"))
    decide(plane, first, RequestState.REJECTED)
    assert sent(plane, keyed("s", "k1")) == first
    assert sent(plane, keyed("s", "k2")) != first


def test_who_tries_again_under_a_new_secret_and_the_old_key_goes_by_the_new_one() -> None:
    plane = Plane()
    first = sent(plane, keyed("old", "k"))
    assert sent(plane, keyed("new", "k")) == first
    assert plane.asked(ops.PollPairing(first, "old")) is Reason.NOT_FOUND
    assert plane.asked(ops.PollPairing(first, "new")) == ops.PollAnswer("Pairing")


def test_the_key_of_one_cluster_says_nothing_about_another() -> None:
    plane = Plane()
    other = replace(keyed("t", "k"), cluster=replace(submission("t").cluster, uid="c2"))
    assert sent(plane, keyed("s", "k")) != sent(plane, other)


def test_an_id_and_its_secret_are_enough_to_withdraw() -> None:
    plane = Plane()
    uid = sent(plane, submission("s"))
    for secret, cluster in (("other", ""), ("s", "c2")):
        asked = ops.WithdrawPairing(cluster, secret, uid)
        assert plane.asked(asked) is Reason.NOT_FOUND
    assert isinstance(plane.asked(ops.WithdrawPairing("", "s", uid)), ops.Acknowledged)


def test_edge_hosts_that_take_numbers_are_given_numbers() -> None:
    for numbered in (False, True):
        plane = Plane()
        plane.core = CentralCore(plane.core.store, CentralChoices(ids_are_numbers=numbered))
        uid = sent(plane, submission("s"))
        assert uid.isdigit() is numbered
        assert int(uid, 10 if numbered else 16) < 2 ** (53 if numbered else 96)
