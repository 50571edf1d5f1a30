"""The flows of the procedure, walked step by step by people whom a feature names."""

from __future__ import annotations

from harness.domain.flows import Acceptance, admin_accepts, admin_rejects, operator_cancels
from harness.domain.operations import ListPairingRequests, ViewPairing
from harness.scenes.scene import MAIN, Scene
from harness.scenes.stage import Taken


def send(scene: Scene, label: str = MAIN) -> Taken:
    """Send a cluster's request as the procedure has it."""
    taken = scene.send_by_procedure(label)
    scene.note("the send", taken)
    return taken


def accept(scene: Scene, who: str, label: str = MAIN) -> Taken:
    """Accept a cluster's request as the procedure has it."""
    leased = scene.cluster(label)
    flow = admin_accepts(leased.pairing_uid, Acceptance(scene.matching_selection(label)))
    taken = scene.accepted(leased, scene.stage.run(scene.admin(who), flow))
    scene.note("the acceptance", taken)
    return taken


def reject(scene: Scene, who: str, label: str = MAIN) -> Taken:
    """Reject a cluster's request as the procedure has it."""
    flow = admin_rejects(scene.cluster(label).pairing_uid)
    taken = scene.stage.run(scene.admin(who), flow)
    scene.note("the rejection", taken)
    return taken


def has_rejected(scene: Scene, who: str, label: str = MAIN) -> None:
    """A cluster's request was rejected, and its host knows.

    Raises:
        Inconclusive: it could not be brought about.
    """
    scene.must(reject(scene, who, label))
    scene.must_see(scene.cluster(label).operator, ViewPairing(), "nothing_pending")


def has_cancelled(scene: Scene, label: str = MAIN) -> None:
    """A cluster's request was cancelled, and Palette knows.

    Raises:
        Inconclusive: it could not be brought about.
    """
    leased = scene.cluster(label)
    scene.must(scene.stage.run(leased.operator, operator_cancels()))
    uid = leased.pairing_uid
    scene.must_see(scene.admin(), ListPairingRequests(), "not_listed", pairing_uid=uid)
