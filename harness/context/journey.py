"""The flows of the procedure, walked step by step by people whom a feature names."""

from __future__ import annotations

from harness.context.context import MAIN, Context
from harness.context.recorder import RecordedReply
from harness.domain.flows import admin_accepts, admin_rejects, operator_cancels
from harness.domain.operations import ListPairingRequests, MatchProfiles, ViewPairing


def send(context: Context, label: str = MAIN) -> RecordedReply:
    """Send a cluster's request as the procedure has it."""
    taken = context.until_taken(lambda: context.send_by_procedure(label))
    context.let_catch_up(label, "listed")
    context.note("the send", taken)
    return taken


def accept(context: Context, who: str, label: str = MAIN) -> RecordedReply:
    """Accept a cluster's request as the procedure has it."""
    leased = context.cluster(label)
    matches = context.offers(MatchProfiles)
    flow = admin_accepts(leased.pairing_uid, context.acceptance(label), matches=matches)
    taken = context.accepted(leased, context.recorder.run(context.admin(who), flow))
    context.note("the acceptance", taken)
    return taken


def reject(context: Context, who: str, label: str = MAIN) -> RecordedReply:
    """Reject a cluster's request as the procedure has it."""
    flow = admin_rejects(context.cluster(label).pairing_uid)
    taken = context.recorder.run(context.admin(who), flow)
    context.note("the rejection", taken)
    return taken


def has_rejected(context: Context, who: str, label: str = MAIN) -> None:
    """A cluster's request was rejected, and its host knows.

    Raises:
        Inconclusive: it could not be brought about.
    """
    context.must_be_pending(label)
    context.must(reject(context, who, label))
    context.must_see(context.cluster(label).operator, ViewPairing(), "nothing_pending")


def has_cancelled(context: Context, label: str = MAIN) -> None:
    """A cluster's request was cancelled, and Palette knows.

    Raises:
        Inconclusive: it could not be brought about.
    """
    leased = context.cluster(label)
    context.must_be_pending(label)
    context.must(context.recorder.run(leased.operator, operator_cancels()))
    uid = leased.pairing_uid
    context.must_see(context.admin(), ListPairingRequests(), "not_listed", pairing_uid=uid)
