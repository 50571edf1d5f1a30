"""The reference, from which is taken away what a target lacks: it shows what cannot be done there.

Which operations and arrangements a step takes is told by the code that makes it. So nothing is
declared, and nothing is sent to the target.
"""

from __future__ import annotations

from harness.catalogue.limits import Limits
from harness.context.installing import SlotPool
from harness.domain.arrangements import (
    ARRANGEMENTS,
    Arrangement,
    CreateProject,
    InstallCluster,
    PutUser,
)
from harness.domain.operations import PatchCluster
from harness.explore.recording import Drawing
from harness.history.redaction import Redactor
from harness.reference.world import direct_reference
from harness.targets.inprocess import INPROCESS_FEATURES, InprocessDriver
from harness.targets.port import CannotArrange, Driver, DriverAround, TargetInfo

_TO_BEGIN = (InstallCluster, CreateProject, PutUser)
"""What every sequence begins with: a target may have clusters and people in place of them."""


class LackingReference(DriverAround):
    """The reference in virtual time, without what the target lacks."""

    def __init__(self, target: Driver) -> None:
        theirs = target.info
        info = TargetInfo(
            "rehearsal",
            roles=theirs.roles,
            features=INPROCESS_FEATURES & theirs.features,
            not_offered=theirs.not_offered,
            permissions=theirs.permissions,
            has_sessions=theirs.has_sessions,
        )
        super().__init__(InprocessDriver(direct_reference(1, clusters=3), info))
        asked = [kind for kind in ARRANGEMENTS.values() if kind not in _TO_BEGIN]
        self._cannot = {kind: why for kind in asked if (why := target.cannot(kind))}

    @property
    def takes_nothing_away(self) -> bool:
        """Whether the target lacks nothing that a sequence could ask for."""
        info = self.info
        offers_all = info.not_offered.keys() <= {PatchCluster} and info.has_sessions
        claims_all = info.features == INPROCESS_FEATURES and info.permissions is None
        return offers_all and claims_all and not self._cannot

    def cannot(self, kind: type[Arrangement]) -> str:
        return self._cannot.get(kind, "")

    def arrange(self, arrangement: Arrangement) -> Arrangement:
        if why := self.cannot(type(arrangement)):
            raise CannotArrange(type(arrangement).__name__, why)
        return super().arrange(arrangement)

    def drawing(self) -> Drawing:
        """Where sequences are carried out on it, with nothing written down."""
        pool = SlotPool(self.inventory().slots)
        return Drawing(self, pool, Redactor(), 1, Limits())
