"""Variants of the central side: what a decision asks for, and how soon it knows what is so."""

from __future__ import annotations

from dataclasses import replace

from harness.domain import operations as ops
from harness.domain.errors import Reason, Refusal
from harness.reference.core.central import CentralCore
from harness.reference.core.central.access import CentralCall
from harness.reference.core.records import CentralCluster
from harness.reference.planting import varies


@varies("ACC-6")
class AnAcceptanceSaysEverything(CentralCore):
    """An acceptance that does not say name, description and tags, changed or not, is refused."""

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        if None in (operation.name, operation.description, operation.tags):
            raise Refusal(Reason.INVALID_INPUT, "metadata: name, description and tags are required")
        return super().accept(operation, call)


@varies("ACC-24")
class WhatAnAcceptanceLeavesOutIsEmpty(CentralCore):
    """A description or tags that an acceptance leaves out are empty."""

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        tags, description = operation.tags or {}, operation.description or ""
        return super().accept(replace(operation, tags=tags, description=description), call)


@varies("ACC-6")
class TagsOfTheSystemsOwnAreAdded(CentralCore):
    """Requests and clusters bear a tag that the central side has given them, beside their own."""

    def view_request(
        self, operation: ops.ViewPairingRequest, call: CentralCall
    ) -> ops.PairingRequestView:
        view = super().view_request(operation, call)
        return replace(view, tags={**view.tags, **ORIGIN})

    @staticmethod
    def shown_cluster(cluster: CentralCluster) -> ops.CentralClusterView:
        view = CentralCore.shown_cluster(cluster)
        return replace(view, tags={**view.tags, **ORIGIN})


ORIGIN = {"palette.example/origin": "edge"}


@varies("ACC-12")
class ChangedTagsAreMerged(CentralCore):
    """A change of a paired cluster's tags leaves alone those that it does not name."""

    def change_cluster(
        self, operation: ops.ChangeCentralCluster, call: CentralCall
    ) -> ops.Acknowledged:
        if operation.tags is not None:
            own = self.known_cluster(operation.cluster_uid, call).tags
            operation = replace(operation, tags={**own, **operation.tags})
        return super().change_cluster(operation, call)
