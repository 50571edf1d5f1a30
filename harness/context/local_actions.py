"""What happens around a local cluster, in moves that features name by a phrase."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.catalogue.requirement import Feature
from harness.catalogue.verdict import Verdict
from harness.checkers.effects import faults_took_effect
from harness.context import local_changes
from harness.context.central_changes import change_centrally, change_once_taken
from harness.context.context import DAY, MAIN, Context, LeasedCluster
from harness.context.recorder import (
    Actor,
    Inconclusive,
    NotReached,
    NotSupported,
    RecordedReply,
)
from harness.context.stacks import published
from harness.domain import arrangements
from harness.domain import operations as ops
from harness.domain.cluster import ClusterState, Health, ManagementMode
from harness.domain.profile import StackProfile
from harness.history.operation import Json, OperationRecord, Outcome
from harness.history.predicates import Sample
from harness.targets.port import TargetInfo

WHILE_S = 0.5
"""How long a while is, in seconds."""
SOME_SECONDS_S = 3.0
"""A host that misses so much of its Palette may have tried a good many times to reach it."""

# --- the cluster in Palette ---------------------------------------------------------------------


def uid_in_request(context: Context) -> str:
    """The uid that the pending request names for the cluster, or else the local one."""
    leased = context.cluster()
    look = ops.ViewPairingRequest(leased.pairing_uid)
    view = context.must(context.recorder.perform(context.admin(), look)).value
    named = view.cluster_uid if isinstance(view, ops.PairingRequestView) else ""
    return named or leased.cluster.uid


# --- the cluster's condition ------------------------------------------------------------------


def set_state(context: Context, state: str) -> None:
    """Bring the cluster into a state, which Local UI then shows.

    Raises:
        Inconclusive: it does not.
    """
    leased = context.cluster()
    context.recorder.arrange(arrangements.SetClusterState(leased.slot.uid, ClusterState(state)))
    if state == ClusterState.DELETING:
        context.must_see(leased.operator, ops.ViewCluster(), "deleting_or_gone")
    else:
        context.must_see(leased.operator, ops.ViewCluster(), "bears", fields={"state": state})


def set_health(context: Context, position: str, health: Health) -> None:
    """Let a node fall ill or recover, which Local UI then shows; see `node_at` for positions.

    Raises:
        Inconclusive: it does not.
    """
    leased = context.cluster()
    name = node_at(leased, position)
    context.recorder.arrange(arrangements.SetNodeHealth(leased.slot.uid, name, health))
    look = ops.ViewCluster()
    context.must_see(leased.operator, look, "node_is", node=name, health=health.value)


def leave_without_cluster(context: Context) -> None:
    """Leave the hosts of the cluster without any, which Local UI then shows.

    Raises:
        Inconclusive: it does not.
    """
    leased = context.cluster()
    context.recorder.arrange(arrangements.InstallCluster(leased.slot.uid, None))
    context.must_see(leased.operator, ops.ViewCluster(), "deleting_or_gone")


def install_in_central_mode(context: Context) -> None:
    """Have the hosts installed in central mode, which Local UI then shows.

    Raises:
        Inconclusive: it does not.
    """
    leased, central = context.cluster(), ManagementMode.CENTRAL
    context.recorder.arrange(arrangements.SetHostMode(leased.slot.uid, central))
    context.must_see(leased.operator, ops.ViewManagement(), "mode_is", mode=central.value)


def node_at(leased: LeasedCluster, position: str) -> str:
    """The name of a node: `first worker`, `last control plane node`, `only node`."""
    where, _, kind = position.partition(" ")
    pools = [p for p in leased.cluster.pools if p.control_plane == (kind != "worker")]
    names = [node.name for pool in pools for node in pool.nodes]
    return names[{"first": 0, "only": 0, "middle": len(names) // 2, "last": -1}[where]]


def names_of_host(context: Context, host_uid: str) -> tuple[list[Json], list[Json]]:
    """By which names a host may be called, and those of the cluster's other hosts."""
    named: list[Json] = []
    others: list[Json] = []
    for node in context.cluster().cluster.nodes():
        (named if node.host_uid == host_uid else others).extend((node.host_uid, node.name))
    return named, others


# --- links, messages, restarts ----------------------------------------------------------------


def set_links(context: Context, *, up: bool, label: str = MAIN) -> None:
    """Cut all hosts of a cluster off, or give them back their links."""
    for host_uid in context.cluster(label).host_uids:
        context.recorder.arrange(arrangements.SetLink(host_uid, up))


def set_link(context: Context, position: int, *, up: bool) -> None:
    """Cut one host of the cluster off, or give it back its link; positions count from 1."""
    context.recorder.arrange(arrangements.SetLink(context.cluster().host(position), up))


def check_connection(context: Context, operator: Actor) -> RecordedReply:
    """Ask whether every host of the cluster reaches Palette."""
    entries = ops.VerifyConnection(context.endpoint, context.unused_token().value, context.insecure)
    return context.recorder.perform(operator, entries)


def ask_each_host(context: Context) -> None:
    """Ask each host of the cluster whether all of them reach Palette, while all do: what says no
    later than that says so for that reason.
    """
    for host in context.cluster().host_uids:
        if _says_yes(check_connection(context, context.log_in(host))):
            context.answering.append(host)
    context.log_in_again()


def _says_yes(checked: RecordedReply) -> bool:
    return isinstance(checked.value, ops.Verification) and checked.value.verified


def go_to_a_host_that_knows(context: Context) -> None:
    """Let the operator go to a host with a link whose connection check says no, as it did not
    before; to the first host with a link where none comes to say so. Whether all of them know of a
    cut link is left open (PRE-11), and so is whether all of them answer.
    """
    leased = context.cluster()
    links = {a.host_uid: a.up for a in context.recorder.arranged if type(a) is arrangements.SetLink}
    linked = [host for host in leased.host_uids if links.get(host, True)]
    answering = [host for host in linked if host in context.answering]
    for _ in _meanwhile(context):
        for host in answering or linked:
            leased.operator = context.log_in(host)
            if not _says_yes(check_connection(context, leased.operator)):
                return


def check_until_yes(context: Context) -> None:
    """A precondition: the connection check says yes, once a link is up again.

    Raises:
        Inconclusive: it goes on saying no.
    """
    for _ in _meanwhile(context):
        if _says_yes(check_connection(context, context.cluster().operator)):
            return
    raise Inconclusive("the connection check goes on saying no, with every link up")


def _meanwhile(context: Context) -> Iterator[None]:
    """Again and again, until what must become true has to be so."""
    driver, limits = context.recorder.driver, context.recorder.limits
    deadline = driver.now() + round(limits.await_s * 1_000_000)
    yield
    while driver.now() < deadline:
        driver.sleep(round(limits.poll_s * 1_000_000))
        yield


def let_it_be_learned(context: Context) -> None:
    """Let the time pass in which what must become true has to be so."""
    context.recorder.driver.sleep(round(context.recorder.limits.await_s * 1_000_000))


FATES: Mapping[str, arrangements.MessageFault] = {
    "is lost before it takes effect": arrangements.MessageFault.LOST_BEFORE,
    "is never answered": arrangements.MessageFault.UNANSWERED,
    "is lost after it took effect": arrangements.MessageFault.LOST_AFTER,
    "comes late": arrangements.MessageFault.LATE,
    "arrives twice": arrangements.MessageFault.REPEATED,
    "arrives again late": arrangements.MessageFault.REPEATED_LATE,
    "is answered with an error": arrangements.MessageFault.SERVER_ERROR,
    "is answered with 503": arrangements.MessageFault.UNAVAILABLE,
    "is answered with 429": arrangements.MessageFault.RATE_LIMITED,
    "is answered with garbage": arrangements.MessageFault.GARBLED,
    "is answered in other words": arrangements.MessageFault.REWORDED,
}
"""What features call the faults of a message."""


def spoil_next(
    context: Context,
    message: arrangements.MessageKind,
    fault: arrangements.MessageFault,
    times: int = 1,
) -> None:
    """What happens to the next messages of a kind from the host that the operator is at."""
    host_uid = context.cluster().operator.host_uid
    context.recorder.arrange(arrangements.FaultNextMessage(host_uid, message, fault, times=times))


def must_tell_submissions(context: Context) -> None:
    """Go on only where a submission can be told from others of its host.

    Raises:
        NotSupported: a host has one secret for all: one that comes late, or while an earlier one
            still waits, may be either.
    """
    if not context.recorder.driver.info.tells_submissions:
        raise NotSupported("nothing tells a submission of a host from another one")


MESSAGES: Mapping[str, arrangements.MessageKind] = {
    "submissions": arrangements.MessageKind.SUBMIT,
    "questions": arrangements.MessageKind.POLL,
    "confirmations": arrangements.MessageKind.CONFIRM,
    "withdrawals": arrangements.MessageKind.WITHDRAW,
    "answers": arrangements.MessageKind.CONFIRM,
}
"""What features call messages of which several are spoiled."""


def await_loss(context: Context, message: arrangements.MessageKind, times: int = 1) -> None:
    """Wait until so many of the messages that were to be spoiled have been: none from before is
    under way any more, as a host sends one after the other. Where nobody tells, there is time for
    them.

    Raises:
        Inconclusive: they have not.
    """
    if not see_loss(context, message, times):
        _let_it_meet(context, message_faults(context, message)[-1])


def see_loss(context: Context, message: arrangements.MessageKind, times: int = 1) -> bool:
    """See to it that so many of the messages that were to be spoiled have been; returns whether
    anybody tells.

    Raises:
        Inconclusive: they have not.
    """
    faults = list(dict.fromkeys(message_faults(context, message)))
    met: list[Json] = []
    last: list[Json] | None = met
    for fault in faults if faults[1:] else ():  # each may be told for itself, or all in one
        if len(met) < times:
            met += (at for at in _met(context, fault, 1) or () if at not in met)
    if len(met) < times:
        last = _met(context, faults[-1], times)
        met = last or met
    seen = faults_took_effect(context.recorder.history())
    if seen.verdict is not Verdict.PASS:
        raise Inconclusive(seen.reason)
    if met and len(met) < times:
        what = f"of {times} {message.value} messages that were to be spoiled {len(met)} came"
        raise Inconclusive(f"the fault did not take effect: {what}")
    return last is not None


_MANY = 6
"""So many messages in a row without an answer, and a host may have given up."""


def await_many_losses(context: Context, message: arrangements.MessageKind) -> None:
    """Let many of the messages that are to be spoiled be, as far as a host sends them in time."""
    fault = message_faults(context, message)[-1]
    if _met(context, fault, _MANY) is None:
        _let_it_meet(context, fault)


def _met(context: Context, fault: arrangements.FaultNextMessage, times: int) -> list[Json] | None:
    """When it met messages, if anybody tells; waits for so many of them."""
    within_s = context.recorder.patience(fault, times)
    told = context.recorder.see_effect(fault, within_s, times).value or {}
    if told.get("told") is False:
        return None
    met = told.get("met")
    return met if isinstance(met, list) else []


def _let_it_meet(context: Context, fault: arrangements.FaultNextMessage) -> None:
    """Nobody tells whether it has met a message, so a while has to do; what a confirmation does
    before its answer is lost may show at Palette.
    """
    uid, kept = context.cluster().central_uid, arrangements.MessageFault.LOST_AFTER
    if uid and (fault.message, fault.fault) == (arrangements.MessageKind.CONFIRM, kept):
        look = ops.ViewCentralCluster(uid)
        context.recorder.await_state(context.admin(), look, "not_being_handed_over")
    let_pass(context, WHILE_S + context.recorder.driver.info.hold_s)


def end_of_losses(context: Context, message: arrangements.MessageKind) -> None:
    """Let no more messages be spoiled; others were still to be, so none has got through so far.

    Raises:
        Inconclusive: all were spoiled before, so one that followed may have got through.
    """
    fault = message_faults(context, message)[-1]
    told = context.recorder.see_effect(fault).value or {}
    if told.get("told") and not told.get("left"):
        raise Inconclusive(
            f"the fault was over too soon: all {message.value} messages that were to be spoiled"
            " were, before this was done"
        )
    context.recorder.arrange(arrangements.SetLink(fault.host_uid, up=True))


def message_faults(
    context: Context, *only: arrangements.MessageKind
) -> list[arrangements.FaultNextMessage]:
    """What was arranged for messages of these kinds, or for any, in this order."""
    faults = (a for a in context.recorder.arranged if isinstance(a, arrangements.FaultNextMessage))
    return [fault for fault in faults if not only or fault.message in only]


def flap(context: Context, times: int) -> None:
    """Let the links of the cluster go down and come back again and again; they end up down."""
    for _ in range(times):
        set_links(context, up=False)
        set_links(context, up=True)
    set_links(context, up=False)


def flicker(context: Context, times: int) -> None:
    """Let the links of the cluster come back and go down again and again; they end up down."""
    for _ in range(times):
        set_links(context, up=True)
        set_links(context, up=False)


def restart(context: Context, side: arrangements.Side) -> None:
    """Stop a side and start it again, until it answers as before; after a restart of the edge,
    operators log in anew.

    Raises:
        Inconclusive: it does not.
    """
    if side is arrangements.Side.EDGE:
        context.cluster()  # by which it is seen to answer again
    elif context.offers(ops.ListPairingRequests):
        context.admin()  # likewise
    context.recorder.arrange(arrangements.Restart(side))
    if side is arrangements.Side.EDGE:
        for leased in context.clusters.values():
            context.must_see(leased.operator, ops.ViewManagement(), "mode_is_told")
            leased.operator = context.log_in(leased.operator.host_uid)
    elif context.offers(ops.ListPairingRequests):
        context.must_see(context.admin(), ops.ListPairingRequests(), "succeeds")


# --- requests that come and go ----------------------------------------------------------------


def send_and_cancel(context: Context, times: int) -> None:
    """Send and cancel, again and again.

    Raises:
        Inconclusive: a send did not succeed, or Local UI still shows it as pending.
    """
    for _ in range(times):
        context.pending()
        cancelled(context)


def send_and_reject(context: Context, times: int) -> None:
    """Send and have it rejected, again and again.

    Raises:
        Inconclusive: a send or a rejection did not succeed, or the edge never heard of it.
    """
    for _ in range(times):
        context.pending()
        rejected(context)


def rejected(context: Context, label: str = MAIN) -> LeasedCluster:
    """A cluster whose request was rejected, which Local UI knows by now.

    Raises:
        Inconclusive: it could not be brought about.
    """
    leased = context.cluster(label)
    operation = ops.RejectPairingRequest(leased.pairing_uid)
    context.must(context.recorder.perform(context.admin(), operation))
    context.must_see(leased.operator, ops.ViewPairing(), "nothing_pending")
    return leased


def cancelled(context: Context, label: str = MAIN) -> LeasedCluster:
    """A cluster whose request was cancelled, whatever the cancel was answered with.

    Raises:
        Inconclusive: Local UI still shows it as pending.
    """
    leased = context.cluster(label)
    context.recorder.perform(leased.operator, ops.CancelPairingRequest())
    context.must_see(leased.operator, ops.ViewPairing(), "nothing_pending")
    return leased


def gone(context: Context) -> None:
    """Make sure that no request of the cluster waits in Palette any more.

    Raises:
        Inconclusive: one does.
    """
    uid = context.cluster().cluster.uid
    look = ops.ListPairingRequests()
    context.must_see(context.admin(), look, "none_listed_for", local_cluster_uid=uid)


def stale(context: Context, label: str = MAIN) -> LeasedCluster:
    """A cluster that is cut off, with a request that it has cancelled and Palette has not.

    Raises:
        Inconclusive: it could not be brought about.
    """
    leased = context.pending(label)
    set_links(context, up=False, label=label)
    cancelled(context, label)
    uid = leased.pairing_uid
    context.must_see(context.admin(), ops.ListPairingRequests(), "listed", pairing_uid=uid)
    return leased


def accepted_and_learned(context: Context) -> LeasedCluster:
    """A cluster whose request was accepted, which its host has learned: it has tried to confirm,
    whatever Local UI says of that.

    Raises:
        Inconclusive: it could not be brought about.
    """
    leased = context.cluster()
    context.must(context.accept())
    await_loss(context, arrangements.MessageKind.CONFIRM)
    context.look(ops.ViewManagement())  # the operator may have to log in anew
    return leased


def decided_by_the_profiles(context: Context) -> None:
    """Make sure that the last acceptance was answered for its profiles: allowed, or refused where
    profiles that fit are accepted.

    Raises:
        Inconclusive: it was not.
    """
    last = context.performed()
    if last.record.outcome is not Outcome.FAIL:
        context.must(last)
        return
    context.selection = None
    context.must(context.accept())


_HANDOVER_MARGIN_S = 2.0
"""A product may look only every now and then whether it is over."""


def outlast_the_handover(context: Context) -> None:
    """Let more time pass at Palette than an acceptance waits for its host.

    Raises:
        NotSupported: its clock cannot be set, and nothing says how long it waits.
    """
    driver, side = context.recorder.driver, arrangements.Side.CENTRAL
    if driver.info.handover_s and driver.info.plays(side):
        driver.sleep(round((driver.info.handover_s + _HANDOVER_MARGIN_S) * 1e6))
    elif Feature.CLOCK in driver.info.features or not driver.info.plays(side):
        context.put_clock_forward(side, 7 * DAY)
    else:
        raise NotSupported(
            "no clock can be set, and nothing says how long an acceptance waits for its host:"
            " give handover_s in [agents]"
        )


def is_still_waited_for(context: Context) -> None:
    """See that the host of an acceptance was not away for longer than Palette waits for it.

    Raises:
        NotSupported: it was, as `handover_s` says; that an acceptance then fails is lawful.
    """
    recorder = context.recorder
    waits_s = recorder.driver.info.handover_s
    taken = [o for o in recorder.history().operations if o.kind == "AcceptPairingRequest"][-1]
    away_s = (recorder.driver.now() - taken.start) / 1e6
    if waits_s and away_s >= waits_s:
        told = f"an acceptance waits for its host {waits_s:g} s, as handover_s in [agents] has it"
        raise NotSupported(f"{told}, and a restart of Palette has taken {away_s:.1f} s")


def come_to_nothing(context: Context) -> None:
    """Make sure that an accepted request has failed: nothing is pending in Local UI, and Palette
    has no cluster of it any more.

    Raises:
        Inconclusive: Local UI goes on showing the request as pending.
        NotSupported: it was handed over after all, as it waits for longer than was waited, or by a
            clock that nobody can set.
    """
    leased = context.cluster()
    look = ops.ViewCentralCluster(leased.central_uid)
    recorder, settle_s = context.recorder, context.recorder.limits.settle_s
    context.must_hold(
        recorder.await_state(
            leased.operator, ops.ViewPairing(), "nothing_pending", within_s=settle_s
        )
    )
    seen = recorder.await_state(context.admin(), look, "is_refused")
    if not (seen.value or {}).get("held"):
        raise NotSupported(_outlasts(recorder.driver.info))


def _outlasts(info: TargetInfo) -> str:
    """Why an acceptance has not failed by the time that `outlast_the_handover` lets pass."""
    if info.handover_s and info.plays(arrangements.Side.CENTRAL):
        told = f"an acceptance waits for its host longer than {info.handover_s:g} s"
        return f"{told}, as handover_s in [agents] has it"
    return (
        f"{Feature.CLOCK.value}: an acceptance still waits for its host when Palette's clock is a"
        " week ahead; if it goes by another clock, give handover_s in [agents]"
    )


def centrally_managed(context: Context) -> LeasedCluster:
    """A paired cluster that says so, and on which a central operation has succeeded.

    Raises:
        Inconclusive: it could not be brought about.
    """
    leased = context.paired()
    central = ManagementMode.CENTRAL.value
    context.must_see(leased.operator, ops.ViewManagement(), "mode_is", mode=central)
    context.must_hold(change_once_taken(context))
    return leased


def watch_list(context: Context) -> OperationRecord:
    """Watch the list for the request to leave it, and keep what was seen in mind: it need not."""
    uid, soon = context.cluster().pairing_uid, context.recorder.limits.await_s
    seen = context.recorder.await_state(
        context.admin(), ops.ListPairingRequests(), "not_listed", within_s=soon, pairing_uid=uid
    )
    context.note("the list", seen)
    return seen


def let_pass(context: Context, during_s: float = WHILE_S) -> None:
    """Let a while pass, long enough for what either side does of itself."""
    operator = context.cluster().operator
    context.recorder.stays(operator, ops.ViewManagement(), "mode_is_told", during_s=during_s)


def watch_both_sides(context: Context) -> None:
    """Watch both sides until nothing is under way, then see on which one operations work.

    Where no acceptance was taken, nothing is under way, and one look at each is enough.
    """
    leased = context.cluster()
    if leased.central_uid:
        seen = context.recorder.await_state(leased.operator, ops.ViewPairing(), "nothing_pending")
        context.note("Local UI", seen)
        watch_list(context)
        look = ops.ViewCentralCluster(leased.central_uid)
        seen = context.recorder.await_state(context.admin(), look, "not_being_handed_over")
        context.note("Palette", seen)
        # A cluster that is shown may still be made ready: what is refused then is asked for again.
        is_shown = Sample.from_json(seen.samples[-1]).ok
        if not is_shown and context.offers(ops.ViewPairingRequest):  # before its host confirms?
            asked = ops.ViewPairingRequest(leased.pairing_uid)
            context.recorder.await_state(context.admin(), asked, "not_being_handed_over")
        context.until_taken(lambda: change_centrally(context), 0 if is_shown else 1)
        context.recorder.perform(context.admin(), look)  # it may have waited
    else:
        context.perform(context.cluster().operator, ops.ViewPairing(), "Local UI")
        context.perform(context.admin(), ops.ListPairingRequests(), "the list")
    context.perform(context.cluster().operator, ops.ViewManagement(), "the mode")
    try:
        local_changes.change_locally(context)
    except NotReached as nothing:  # to change: the cluster is gone by now
        context.note("the local operation", nothing.record)


def await_pending(context: Context, label: str = MAIN) -> OperationRecord:
    """Wait until Local UI shows the cluster's last request as pending."""
    leased, look = context.cluster(label), ops.ViewPairing()
    return context.recorder.await_state(
        leased.operator, look, "pending_with_id", pairing_uid=leased.pairing_uid
    )


def pending_stays(context: Context, during_s: float | None = None) -> OperationRecord:
    """Watch that Local UI goes on showing the cluster's last request as pending."""
    leased, look, uid = context.cluster(), ops.ViewPairing(), context.cluster().pairing_uid
    return context.recorder.stays(
        leased.operator, look, "pending_with_id", during_s=during_s, pairing_uid=uid
    )


FOLLOWED_S = 0.25
"""For how long at most a host follows its request where nothing is to be seen by that: one that is
not heard of for longer may be taken for lost."""


def followed(context: Context) -> OperationRecord:
    """Watch its host follow the cluster's request for that long."""
    return pending_stays(context, min(context.recorder.limits.stays_s, FOLLOWED_S))


def await_request_of(context: Context, label: str = MAIN) -> OperationRecord:
    """Wait until just the cluster's last request waits in Palette."""
    look, args = ops.ListPairingRequests(), _just_the_last(context, label)
    return context.recorder.await_state(context.admin(), look, "listed_for", within_s=None, **args)


def request_stays_of(context: Context, label: str = MAIN) -> OperationRecord:
    """Watch that just the cluster's last request goes on waiting in Palette."""
    look, args = ops.ListPairingRequests(), _just_the_last(context, label)
    return context.recorder.stays(context.admin(), look, "listed_for", during_s=None, **args)


def _just_the_last(context: Context, label: str) -> dict[str, Json]:
    leased = context.cluster(label)
    last: dict[str, Json] = {"pairing_uid": leased.pairing_uid} if leased.pairing_uid else {}
    return {"local_cluster_uid": leased.cluster.uid, "times": 1, **last}


# --- profiles -----------------------------------------------------------------------------------


def select_profiles_for(context: Context, stack: tuple[StackProfile, ...]) -> None:
    """Publish profiles that match this stack, and let the administrator select them."""
    made = [published(profile, context.new_id("profile"), context.project()) for profile in stack]
    context.selection = tuple(ops.SelectedProfile(context.publish(profile).uid) for profile in made)


def come_to_its_end(context: Context) -> None:
    """Wait until nothing is pending on either side; then see who manages the cluster: Local UI has
    time to say so, and where the cancel was refused, Palette has time to show what it manages.
    """
    operator, settle_s = context.cluster().operator, context.recorder.limits.settle_s
    seen = context.recorder.await_state(
        operator, ops.ViewPairing(), "nothing_pending", within_s=settle_s
    )
    context.must_hold(seen)
    look = ops.ViewCentralCluster(context.cluster().central_uid)
    context.recorder.await_state(context.admin(), look, "not_being_handed_over", within_s=settle_s)
    shown = context.perform(operator, ops.ViewManagement(), "the mode").value
    refused = context.performed("the cancel").record.outcome is Outcome.FAIL
    is_central = refused or shown == ops.Management(ManagementMode.CENTRAL)
    context.until_taken(lambda: change_centrally(context), 0 if is_central else 1)
    ruled = context.performed().record.outcome is Outcome.OK
    mode = (ManagementMode.CENTRAL if ruled else ManagementMode.LOCAL).value
    seen = context.recorder.await_state(operator, ops.ViewManagement(), "mode_is", mode=mode)
    context.note("the mode", seen)


def await_listed(context: Context, label: str = MAIN) -> OperationRecord:
    """Wait until Palette lists a cluster's request, under its id and for this cluster."""
    leased = context.cluster(label)
    return context.recorder.await_state(
        context.admin(),
        ops.ListPairingRequests(),
        "listed_of_cluster",
        pairing_uid=leased.pairing_uid,
        local_cluster_uid=leased.cluster.uid,
    )
