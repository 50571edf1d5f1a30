"""Courses of a request whose messages meet faults, and what both sides come to in the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from threading import Event

from harness.catalogue.verdict import Verdict
from harness.checkers.invariants.everything_settles import TRIES
from harness.checkers.registry import run_check
from harness.checkers.settling import both_sides_agree
from harness.context import central_changes, local_actions, local_changes
from harness.context.context import Context
from harness.context.crossing import left_out_if_impossible
from harness.context.recorder import Inconclusive, NotSupported, RecordedReply
from harness.domain import operations as ops
from harness.domain.arrangements import FaultNextMessage, MessageFault, MessageKind, SetLink, Side
from harness.domain.cluster import ManagementMode
from harness.domain.errors import Reason
from harness.history.operation import Json, Outcome
from harness.history.predicates import Sample, bears, borne, open_ids_of

MESSAGES: Mapping[str, MessageKind] = {
    "check of the connection": MessageKind.PROBE,
    "submission": MessageKind.SUBMIT,
    "question": MessageKind.POLL,
    "news of the acceptance": MessageKind.POLL,
    "news of the rejection": MessageKind.POLL,
    "confirmation": MessageKind.CONFIRM,
    "withdrawal": MessageKind.WITHDRAW,
}
"""What features call the messages of a host."""

AFTER_IT = "one after it"
"""The next message of the kind that was spoiled last."""

_NEWS = ("news of the acceptance", "news of the rejection")
_LATE = (MessageFault.LATE, MessageFault.REPEATED_LATE)

_COURSES: Mapping[str, tuple[str, str]] = {
    "check of the connection": ("not sent yet", "about to be sent"),
    "submission": ("not sent yet", "sent"),
    "question": ("sent", "left alone"),
    "news of the acceptance": ("sent", "accepted"),
    "news of the rejection": ("sent", "rejected"),
    "confirmation": ("sent", "accepted"),
    "withdrawal": ("sent", "cancelled"),
    "acceptance": ("sent", "accepted"),
    "rejection": ("sent", "rejected"),
}
"""What has become of a request before a message is due, and by what it is."""


def before(context: Context, message: str) -> None:
    """A cluster whose next step takes a message of this name. Where that is news of a decision, the
    question before is lost, so that none is under way which could bring the news unspoiled.

    Raises:
        KeyError: there is no such message.
        Inconclusive: its host asks nothing.
    """
    take(context, _COURSES[message][0])
    if message in _NEWS:
        context.matching_selection()
        local_actions.spoil_next(context, MessageKind.POLL, MessageFault.LOST_BEFORE)
        local_actions.await_loss(context, MessageKind.POLL)


def bring_on(context: Context, message: str) -> None:
    """The step that takes a message of this name. It is over when the message has met its fault;
    where it is to come late, when its host has had time to go on without it.

    Raises:
        Inconclusive: it has not.
    """
    take(context, _COURSES[message][1])
    faults = local_actions.message_faults(context)
    if message in MESSAGES:
        local_actions.await_loss(context, MESSAGES[message], 2 if message in _NEWS else 1)
    if any(each.fault in _LATE for each in faults) or context.late:
        context.recorder.driver.sleep(round(context.recorder.limits.stays_s * 1_000_000))


def spoil(context: Context, message: str, fate: str) -> None:
    """What happens to the next message of this name, by the phrase that features have for it. Of
    what an administrator sends, the harness sees to it itself.

    Raises:
        KeyError: there is no such message or fate.
        NotSupported: whoever gets it late could not know what it was, or nobody can write it
            otherwise.
    """
    fault = local_actions.FATES[fate]
    if fault in _LATE and message == "submission":
        local_actions.must_tell_submissions(context)
    if message == AFTER_IT:
        (*_, first) = local_actions.message_faults(context)
        local_actions.spoil_next(context, first.message, fault)
    elif message in MESSAGES:
        is_rare = fault is MessageFault.REWORDED
        with left_out_if_impossible() if is_rare else nullcontext():
            local_actions.spoil_next(context, MESSAGES[message], fault)
    else:
        context.decision_fault = fault


def take(context: Context, course: str) -> None:
    """What people do to the request of a cluster, one thing after another: `sent, accepted`.

    Whoever decides takes the request that Palette lists; where it lists none, the last one whose
    id Local UI has told.

    Raises:
        KeyError: the course has a part that is none.
    """
    for act in course.split(", "):
        _ACTS[act](context)


def _sent(context: Context) -> None:
    """What was sent can be decided once it is listed; where it was not sent, nobody waits, and it
    may never be where its submission is lost.
    """
    context.note("the send", context.send())
    if context.performed().record.outcome is Outcome.OK:
        uid, soon = context.cluster().pairing_uid, context.recorder.limits.await_s
        look = ops.ListPairingRequests()
        by = context.admin()
        context.recorder.await_state(by, look, "listed", within_s=soon, pairing_uid=uid)


def _accepted(context: Context) -> None:
    if _is_there_any(context):
        leased = context.cluster()
        operation = context.acceptance().on(leased.pairing_uid)
        _decided(context, operation, lambda taken: context.accepted(leased, taken))


def _rejected(context: Context) -> None:
    if _is_there_any(context):
        _decided(context, ops.RejectPairingRequest(context.cluster().pairing_uid))


def _decided(
    context: Context,
    decision: ops.CentralOperation,
    heed: Callable[[RecordedReply], object] = lambda taken: None,
) -> None:
    """Carry out a decision as often, and when, its fault lets it arrive."""

    def arrives() -> None:
        taken = context.recorder.perform(context.admin(), decision)
        heed(taken)
        context.note("the decision", taken)

    fault, context.decision_fault = context.decision_fault, None
    if fault is not MessageFault.LATE:
        arrives()
    if fault is MessageFault.REPEATED:
        arrives()
    if fault in _LATE:
        context.late.append(arrives)


def _is_there_any(context: Context) -> bool:
    """Whether there is a request to decide on: the one that waits in Palette, or the last one that
    was sent, decided or not.
    """
    leased = context.cluster()
    listed = context.recorder.perform(context.admin(), ops.ListPairingRequests()).record
    found = open_ids_of(Sample.of(listed), leased.cluster.uid)
    if found and leased.pairing_uid not in found:
        leased.pairing_uid = found[-1]
    return bool(leased.pairing_uid)


def _checked(context: Context) -> None:
    leased = context.cluster()
    context.note("the check", local_actions.check_connection(context, leased.operator))


_ACTS: Mapping[str, Callable[[Context], object]] = {
    "not sent yet": Context.cluster,
    "about to be sent": _checked,
    "sent": _sent,
    "left alone": lambda _: None,
    "cancelled": lambda c: c.perform(c.cluster().operator, ops.CancelPairingRequest()),
    "accepted": _accepted,
    "rejected": _rejected,
}


def let_pass_again(context: Context) -> None:
    """No message is spoiled any more: those that were to be have been, or have not come; then it
    tells something that both sides do not agree, and nothing that they do (`must_have_met`). What
    comes late arrives now.

    Raises:
        Inconclusive: a decision was to be spoiled, and nothing was decided.
    """
    for kind in dict.fromkeys(each.message for each in local_actions.message_faults(context)):
        try:
            times = len(local_actions.message_faults(context, kind))
            local_actions.see_loss(context, kind, times)
        except Inconclusive as unmet:
            context.unmet = str(unmet)
    if context.decision_fault is not None:
        raise Inconclusive("the fault did not take effect: nothing waited to be decided")
    context.recorder.arrange(SetLink(context.cluster().operator.host_uid, up=True))
    while context.late:
        context.late.pop(0)()


def must_have_met(context: Context) -> None:
    """What went well went well with all that was to go wrong.

    Raises:
        Inconclusive: something was to be spoiled, and never came.
    """
    if context.unmet:
        raise Inconclusive(context.unmet)


def settle(context: Context) -> dict[str, Json]:
    """Look at both sides until they agree, or the time to settle is over: the last looks, and by
    how much the harness itself was late.
    """
    limits, driver = context.recorder.limits, context.recorder.driver
    pause, deadline = round(limits.poll_s * 1e6), driver.now() + round(limits.settle_s * 1e6)
    late = 0
    while True:
        looks = _look(context)
        seen = run_check(both_sides_agree.__name__, context.recorder.history(), looks)
        agree = seen.verdict is Verdict.PASS
        left = deadline - driver.now()
        if agree or left <= 0:
            return {**looks, "late_us": late, "within_s": limits.settle_s}
        driver.sleep(min(pause, left))
        late += max(0, left - min(pause, left) - (deadline - driver.now()))
        pause *= 2  # each look is written down, so that a target that never settles has few


def _look(context: Context) -> dict[str, Json]:
    leased, pairing = context.cluster(), _look_at_request(context)
    operator = leased.operator
    looks: dict[str, Json] = {
        "cluster_uid": leased.cluster.uid,
        "pairing": pairing.id,
        "listed": context.recorder.perform(context.admin(), ops.ListPairingRequests()).id,
        "mode": context.unless_kept_out(
            context.recorder.perform(operator, ops.ViewManagement())
        ).id,
        "local": local_changes.change_locally(context).id,
    }
    if not context.recorder.driver.info.plays(Side.CENTRAL):
        looks["untold"] = True
    if leased.central_uid:
        changed = central_changes.change_centrally(context)
        look = ops.ViewCentralCluster(leased.central_uid)
        handover = context.recorder.perform(context.admin(), look)
        looks |= {"central": changed.id, "handover": handover.id}
        asked = ops.ViewPairingRequest(leased.pairing_uid)
        unconfirmed = Sample.of(changed.record).is_for(Reason.NOT_CONFIRMED)
        if unconfirmed and context.offers(type(asked)):  # what of it does Palette wait for?
            looks["request"] = context.recorder.perform(context.admin(), asked).id
    return {**looks, "may_lapse": True} if context.may_lapse else looks


def _look_at_request(context: Context) -> RecordedReply:
    """A look at it where it is shown: it may be so only at the host that sent it (SND-10)."""
    leased = context.cluster()
    seen = context.recorder.perform(leased.operator, ops.ViewPairing())
    for actor in leased.beside:
        if not _is_pending(seen):
            there = context.recorder.perform(actor, ops.ViewPairing())
            if _is_pending(there):
                leased.beside, leased.operator, seen = (leased.operator,), actor, there
    return seen


def _is_pending(seen: RecordedReply) -> bool:
    return isinstance(seen.value, ops.PairingView) and seen.value.status == "Pairing"


def decide_at_once(context: Context, decisions: Sequence[str]) -> None:
    """Two administrators and the operator decide on the request at one instant.

    Raises:
        KeyError: there is no such decision.
    """
    leased, recorder = context.cluster(), context.recorder
    uid, other = leased.pairing_uid, context.admin("another administrator")
    asked = {
        "accept": (context.admin(), context.acceptance().on(uid)),
        "reject": (other, ops.RejectPairingRequest(uid)),
        "cancel": (leased.operator, ops.CancelPairingRequest()),
    }
    works = [partial(recorder.perform, *asked[decision]) for decision in decisions]
    for decision, taken in zip(decisions, recorder.at_once(works), strict=True):
        context.note(f"the {decision}", taken)
        context.accepted(leased, taken)


TAKEN = "the acceptance that was taken"


def accept_at_once(context: Context) -> None:
    """Two administrators accept the request at one instant, each under a name of their own.

    Raises:
        NotSupported: neither of the two is taken then.
        NotReached: it is not known that just one was.
    """
    leased, recorder = context.cluster(), context.recorder
    people = (context.admin(), context.admin("another administrator"))
    entered = [
        context.acceptance(name=f"choice-{n}", tags={"chosen-by": f"person-{n}"}) for n in (1, 2)
    ]
    answers = recorder.at_once(
        [
            partial(recorder.perform, who, each.on(leased.pairing_uid))
            for who, each in zip(people, entered, strict=True)
        ]
    )
    if all(each.record.outcome is Outcome.FAIL for each in answers):
        raise NotSupported("of two that accept a request at one instant neither is taken")
    first, second = sorted(answers, key=lambda each: each.record.outcome is not Outcome.OK)
    context.note(TAKEN, context.accepted(leased, context.must(first)))
    context.must_be_refused(second)


UNDER_WAY = 500_000
"""For how long a message is held so that something can be done meanwhile, in microseconds."""


def send_twice(context: Context, hosts: int, message: str) -> None:
    """An operator sends while a message of another one's send is on its way, at the same host of
    the cluster, or at the second of two: then it is the second's connection whose check is held,
    since a host that is asked need not check its own.

    Raises:
        KeyError: there is no such message.
        NotSupported: nobody can hold the message.
    """
    leased, first = context.cluster(), context.cluster().operator
    second = context.log_in(leased.host(hosts), "another operator")
    context.token()
    asks = [partial(context.send_by, actor) for actor in (first, second)]
    with left_out_if_impossible():
        kind = MESSAGES[message]
        asked = second if kind is MessageKind.PROBE else first
        taken = _while_held(context, asked.host_uid, kind, *asks)
    leased.beside = (second,)
    for each in sorted(taken, key=lambda each: each.record.end or 0):
        context.sent(leased, each)


def cancel_on_its_way(context: Context) -> None:
    """An operator sends, and cancels while the submission is on its way to Palette.

    Raises:
        NotSupported: nobody can hold the submission.
    """
    leased, operator = context.cluster(), context.cluster().operator
    context.token()
    cancel = partial(context.recorder.perform, operator, ops.CancelPairingRequest())
    asks = (partial(context.send_by, operator), cancel)
    with left_out_if_impossible():
        sent, cancelled = _while_held(context, operator.host_uid, MessageKind.SUBMIT, *asks)
    context.sent(leased, sent)
    context.note("the cancel", cancelled)


def cancel_and_change(context: Context, change: str) -> None:
    """The operator cancels, and asks for a local cluster operation while the host's word of it is
    on its way to Palette.

    Raises:
        NotSupported: the target takes no local operation just then, or its driver asks one thing
            after the other.
        Inconclusive: the cancel itself was not taken.
    """
    operator = context.cluster().operator
    cancels = partial(context.recorder.perform, operator, ops.CancelPairingRequest())
    changes = partial(local_changes.change_locally, context, change)
    held = MessageKind.WITHDRAW
    cancelled, changed = _while_held(context, operator.host_uid, held, cancels, changes)
    context.must(cancelled)
    if changed.record.start >= (cancelled.record.end or 0):
        raise NotSupported("nothing could be asked while the cancel was under way")
    context.must_if_offered(changed)


def _while_held(
    context: Context,
    host_uid: str,
    message: MessageKind,
    first: Callable[[], RecordedReply],
    second: Callable[[], RecordedReply],
) -> list[RecordedReply]:
    """What comes of two things, the second asked while a host's message of the first is held."""
    recorder = context.recorder
    held = FaultNextMessage(host_uid, message, MessageFault.DELAYED, UNDER_WAY)
    recorder.arrange(held)
    over = Event()

    def begins() -> RecordedReply:
        try:
            return first()
        finally:
            over.set()

    def follows() -> RecordedReply:
        while not over.is_set() and (met := recorder.driver.seen(held)) and not met.met:
            recorder.driver.sleep(round(recorder.limits.poll_s * 1_000_000))
        return second()

    return recorder.at_once([begins, follows])


ROUNDS_WITHOUT_A_PAUSE = 100
_ROUNDS_AFTER = 5


def ask_both_without_pause(context: Context) -> dict[str, Json]:
    """Ask each side for a change in turn, until Palette's takes effect and a few times more: what
    was asked and looked at, and within which time one side or the other has to manage the cluster.

    Raises:
        Inconclusive: no local cluster operation was carried out before.
    """
    leased, recorder = context.cluster(), context.recorder
    deadline = recorder.driver.now() + round(recorder.limits.settle_s * 1_000_000)
    asked: list[Json] = []
    left = _ROUNDS_AFTER
    while left and recorder.driver.now() < deadline:
        locally = local_changes.another_like_it(context)
        asked.append(recorder.perform(leased.operator, locally).id)
        centrally = central_changes.central_change(context, leased.central_uid)
        taken = recorder.perform(context.admin(), centrally)
        asked.append(taken.id)
        if left < _ROUNDS_AFTER:
            left -= 1
        elif taken.record.outcome is Outcome.OK:  # or it may wait for the host to confirm
            looks = ops.ViewCentralCluster(leased.central_uid)
            seen = recorder.perform(context.admin(), looks).record
            asked.append(seen.id)
            left -= bears(Sample.of(seen), fields=borne(taken.record))
        if len(asked) > 2 * ROUNDS_WITHOUT_A_PAUSE:  # each is written down
            recorder.driver.sleep(round(recorder.limits.poll_s * 1_000_000))
    return {"operations": asked, "within_s": recorder.limits.await_s}


def send_anew(context: Context) -> list[str]:
    """Where the cluster is locally managed, end what is pending, and send: what has to succeed, if
    not at once. A handover that was still under way may come to its end meanwhile.
    """
    sent: list[str] = []

    def ends_and_sends() -> RecordedReply:
        mode = context.look(ops.ViewManagement())
        if mode.value != ops.Management(ManagementMode.LOCAL):
            sent.clear()
            return mode
        recorder, operator = context.recorder, context.cluster().operator
        if _is_pending(recorder.perform(operator, ops.ViewPairing())):
            recorder.perform(operator, ops.CancelPairingRequest())
        taken = context.send()
        sent[:] = [taken.id]
        return taken

    context.until_taken(ends_and_sends, TRIES)
    return sent
