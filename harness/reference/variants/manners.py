"""Variants of both sides in how they answer and show what is so, and when."""

from __future__ import annotations

from harness.domain import operations as ops
from harness.reference.core import edge_flows
from harness.reference.core.edge import EdgeCall
from harness.reference.planting import varies


@varies("ACC-19")
class AReturnIsTakenAndComesToNothing(edge_flows.EdgeCore):
    """A return to local management is acknowledged, and nothing comes of it."""

    def restore_local_management(
        self, operation: ops.RestoreLocalManagement, call: EdgeCall
    ) -> ops.Acknowledged:
        self.authenticate(call)
        return ops.Acknowledged("it was looked at")
