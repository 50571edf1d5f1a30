"""The flows of the procedure, walked step by step by people whom a feature names."""

from __future__ import annotations

from harness.domain.flows import Acceptance, admin_accepts, admin_rejects, operator_cancels
from harness.domain.operations import ListPairingRequests, ViewPairing
from harness.scenes.scene import MAIN, Context
from harness.scenes.stage import RecordedReply


def send(scene: Context, label: str = MAIN) -> RecordedReply:
    """Send a cluster's request as the procedure has it."""
    taken = scene.send_by_procedure(label)
    scene.note("the send", taken)
    return taken


def accept(scene: Context, who: str, label: str = MAIN) -> RecordedReply:
    """Accept a cluster's request as the procedure has it."""
    leased = scene.cluster(label)
    flow = admin_accepts(leased.pairing_uid, Acceptance(scene.matching_selection(label)))
    taken = scene.accepted(leased, scene.stage.run(scene.admin(who), flow))
    scene.note("the acceptance", taken)
    return taken


def reject(scene: Context, who: str, label: str = MAIN) -> RecordedReply:
    """Reject a cluster's request as the procedure has it."""
    flow = admin_rejects(scene.cluster(label).pairing_uid)
    taken = scene.stage.run(scene.admin(who), flow)
    scene.note("the rejection", taken)
    return taken


def has_rejected(scene: Context, who: str, label: str = MAIN) -> None:
    """A cluster's request was rejected, and its host knows.

    Raises:
        Inconclusive: it could not be brought about.
    """
    scene.must(reject(scene, who, label))
    scene.must_see(scene.cluster(label).operator, ViewPairing(), "nothing_pending")


def has_cancelled(scene: Context, label: str = MAIN) -> None:
    """A cluster's request was cancelled, and Palette knows.

    Raises:
        Inconclusive: it could not be brought about.
    """
    leased = scene.cluster(label)
    scene.must(scene.stage.run(leased.operator, operator_cancels()))
    uid = leased.pairing_uid
    scene.must_see(scene.admin(), ListPairingRequests(), "not_listed", pairing_uid=uid)
