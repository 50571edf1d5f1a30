"""The control of a refusal: the same operation, seen to succeed where nothing speaks against it.

That an invalid match is refused proves nothing where every match is. Where the reason of a
refusal cannot be told, the scenario ends with its control, on a cluster of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from harness.context import central_changes, local_changes
from harness.context.context import Context
from harness.context.recorder import Inconclusive, RecordedReply
from harness.domain import operations as ops
from harness.domain.arrangements import SetLink


def see_allowed(context: Context, kind: str) -> RecordedReply:
    """Carry out an operation of this kind where it is allowed.

    Raises:
        Inconclusive: there is no place for it, or what it needs could not be brought about.
    """
    if kind not in _CONTROLS:
        raise Inconclusive(f"whether {kind} is allowed anywhere cannot be tried")
    links = {a.host_uid: a.up for a in context.recorder.arranged if isinstance(a, SetLink)}
    for host_uid in [host_uid for host_uid, up in links.items() if not up]:
        context.recorder.arrange(SetLink(host_uid, up=True))  # its place may be taken again
    return _CONTROLS[kind](context)


def _log_in(context: Context) -> RecordedReply:
    user, leased = context.recorder.driver.local_user, context.cluster()
    return context.recorder.perform(
        leased.operator, ops.LogIn(user.username, user.password, extended=False)
    )


def _cancel(context: Context) -> RecordedReply:
    return context.recorder.perform(context.pending().operator, ops.CancelPairingRequest())


def _accept(context: Context) -> RecordedReply:
    slot = context.pending().slot
    if slot.given and not slot.disposable:
        raise Inconclusive("no cluster may be used up to see that an acceptance is allowed")
    return context.accept()


def _decide(
    make: Callable[[Context, str], ops.CentralOperation],
) -> Callable[[Context], RecordedReply]:
    """The administrator asks something of a pending request, by its id."""

    def control(context: Context) -> RecordedReply:
        operation = make(context, context.pending().pairing_uid)
        return context.recorder.perform(context.admin(), operation)

    return control


def _change_centrally(context: Context) -> RecordedReply:
    context.paired()
    return context.until_taken(lambda: central_changes.change_centrally(context))


def _change_locally(kind: str) -> Callable[[Context], RecordedReply]:
    return lambda context: context.until_taken(lambda: local_changes.change_locally(context, kind))


_CONTROLS: Mapping[str, Callable[[Context], RecordedReply]] = {
    "LogIn": _log_in,
    "SendPairingRequest": Context.send,
    "CancelPairingRequest": _cancel,
    "UpdateCluster": _change_locally("update of the cluster"),
    "PatchNamedCluster": _change_locally("patch of the named cluster"),
    "PatchCluster": _change_locally("deprecated patch of the cluster"),
    "UpdateStack": _change_locally("change of the profiles"),
    "UpdateClusterSettings": _change_locally("change of the settings"),
    "LogInToPalette": lambda c: c.recorder.perform(c.admin(), c.login_of()),
    "ListPairingRequests": lambda c: c.recorder.perform(c.admin(), ops.ListPairingRequests()),
    "ViewPairingRequest": _decide(lambda context, uid: ops.ViewPairingRequest(uid)),
    "MatchProfiles": _decide(lambda c, uid: ops.MatchProfiles(uid, c.matching_selection())),
    "AcceptPairingRequest": _accept,
    "RejectPairingRequest": _decide(lambda context, uid: ops.RejectPairingRequest(uid)),
    "ChangeCentralCluster": _change_centrally,
    "UpdateCentralProfiles": _change_centrally,
}
"""What carries out each kind where it is allowed: by the name of the operation."""
