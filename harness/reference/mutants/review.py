"""Planted defects: what the central side shows of requests (ACC-3, ACC-24, REJ-2, SND-4)."""

from __future__ import annotations

from dataclasses import replace

from harness.domain.operations import (
    Accepted,
    AcceptPairingRequest,
    ListPairingRequests,
    PairingId,
    PairingList,
    PairingRequestView,
    SubmitPairing,
    ViewPairingRequest,
)
from harness.reference.core.central import CentralCore
from harness.reference.core.central.access import CentralCall
from harness.reference.core.choices import CentralChoices
from harness.reference.core.records import PairingRequest
from harness.reference.core.store import Store
from harness.reference.planting import mutant

# --- the list (ACC-3) ---------------------------------------------------------------------------


class OtherList(CentralCore):
    """Shows another list than the right one."""

    def list_requests(self, operation: ListPairingRequests, call: CentralCall) -> PairingList:
        return self.other(super().list_requests(operation, call))

    def other(self, listed: PairingList) -> PairingList:
        """The list that is shown."""
        raise NotImplementedError


@mutant("ACC-3")
class ListIsKeyedByName(OtherList):
    """Of several requests from clusters of the same name the list shows one."""

    def other(self, listed: PairingList) -> PairingList:
        return PairingList(tuple({item.name: item for item in listed.items}.values()))


@mutant("ACC-3")
class LastOfTheListComesTwice(OtherList):
    """The last request stands in the list twice, as at the turn of a page."""

    def other(self, listed: PairingList) -> PairingList:
        return PairingList(listed.items + listed.items[-1:])


@mutant("ACC-3")
class ListEndsAfterTwo(OtherList):
    """The list ends after two requests, with no way to the others."""

    def other(self, listed: PairingList) -> PairingList:
        return PairingList(listed.items[:2])


@mutant("SND-4")
class ListNamesTheNeighbour(OtherList):
    """Each request stands in the list with the cluster of the one before it."""

    def other(self, listed: PairingList) -> PairingList:
        clusters = [item.local_cluster_uid for item in listed.items]
        moved = zip(listed.items, clusters[-1:] + clusters[:-1], strict=True)
        return PairingList(tuple(replace(item, local_cluster_uid=uid) for item, uid in moved))


@mutant("ACC-3")
class NamesakeIsAccepted(CentralCore):
    """An acceptance takes the oldest request of a cluster of that name."""

    def accept(self, operation: AcceptPairingRequest, call: CentralCall) -> Accepted:
        pending = self.open_requests(call.credentials.project_uid)
        wanted = [r for r in pending if r.pairing_uid == operation.pairing_uid]
        if wanted:
            first = next(r for r in pending if r.cluster.name == wanted[0].cluster.name)
            operation = replace(operation, pairing_uid=first.pairing_uid)
        return super().accept(operation, call)


# --- one request (ACC-3, ACC-24, REJ-2) ---------------------------------------------------------


class OtherView(CentralCore):
    """Shows a request otherwise than it is."""

    def view_request(self, operation: ViewPairingRequest, call: CentralCall) -> PairingRequestView:
        view = super().view_request(operation, call)
        return self.other(view, self.open_requests(call.credentials.project_uid))

    def other(self, view: PairingRequestView, pending: list[PairingRequest]) -> PairingRequestView:
        """The view that is shown."""
        raise NotImplementedError


@mutant("ACC-3")
class OpensTheNamesake(OtherView):
    """An opened request shows the first cluster of its name."""

    def other(self, view: PairingRequestView, pending: list[PairingRequest]) -> PairingRequestView:
        for request in pending:
            if request.cluster.name == view.name:
                return replace(view, local_cluster_uid=request.cluster.uid)
        return view


@mutant("REJ-2")
class TagsOfTheFirstRequest(OtherView):
    """An opened request shows the tags of the oldest pending one."""

    def other(self, view: PairingRequestView, pending: list[PairingRequest]) -> PairingRequestView:
        return replace(view, tags=pending[0].cluster.tags) if pending else view


@mutant("REJ-2")
class OneTagOfEachRequest(OtherView):
    """Of the tags of a request one is shown."""

    def other(self, view: PairingRequestView, pending: list[PairingRequest]) -> PairingRequestView:
        return replace(view, tags=dict(sorted(view.tags.items())[-1:]))


@mutant("REJ-2")
class TagsThatAllHaveAreHidden(OtherView):
    """A tag that every pending request bears is left out, as if it told nothing."""

    def other(self, view: PairingRequestView, pending: list[PairingRequest]) -> PairingRequestView:
        others = [r.cluster.tags for r in pending if r.pairing_uid != view.pairing_uid]
        told = {
            key: value
            for key, value in view.tags.items()
            if not others or any(tags.get(key) != value for tags in others)
        }
        return replace(view, tags=told)


@mutant("ACC-24")
class LongDescriptionIsCutOff(OtherView):
    """A description is cut off after twenty-four letters."""

    def other(self, view: PairingRequestView, pending: list[PairingRequest]) -> PairingRequestView:
        return replace(view, description=view.description[:24])


@mutant("ACC-24")
class TagKeysLoseTheirPrefix(OtherView):
    """A tag is shown without what stands before the slash in its key."""

    def other(self, view: PairingRequestView, pending: list[PairingRequest]) -> PairingRequestView:
        short = {key.rpartition("/")[2]: value for key, value in view.tags.items()}
        return replace(view, tags=short)


@mutant("ACC-24")
class DescriptionIsReadAsLatin(OtherView):
    """A description is decoded by another character set than the one that it came in."""

    def other(self, view: PairingRequestView, pending: list[PairingRequest]) -> PairingRequestView:
        return replace(view, description=view.description.encode().decode("latin-1"))


@mutant("ACC-24")
class DescriptionIsLostOnTheWay(CentralCore):
    """A request is admitted without the description that came with it."""

    def submit(self, operation: SubmitPairing, call: CentralCall) -> PairingId:
        cluster = replace(operation.cluster, description="")
        return super().submit(replace(operation, cluster=cluster), call)


@mutant("ACC-24")
class TagsArriveInSmallLetters(CentralCore):
    """The values of the tags are kept in small letters, and cut off at a dot."""

    def submit(self, operation: SubmitPairing, call: CentralCall) -> PairingId:
        tags = {k: v.lower().partition(".")[0] for k, v in operation.cluster.tags.items()}
        return super().submit(
            replace(operation, cluster=replace(operation.cluster, tags=tags)), call
        )


@mutant("ACC-24")
class TagsWithoutAValueAreDropped(CentralCore):
    """A tag that has a key and no value is dropped when its request comes in."""

    def submit(self, operation: SubmitPairing, call: CentralCall) -> PairingId:
        tags = {key: value for key, value in operation.cluster.tags.items() if value}
        cluster = replace(operation.cluster, tags=tags)
        return super().submit(replace(operation, cluster=cluster), call)


# --- ids (SND-4) --------------------------------------------------------------------------------


@mutant("SND-4")
class ListIsNumberedSinceTheStart(CentralCore):
    """After a restart the list gives the requests of before other ids than their hosts know."""

    def __init__(self, store: Store, choices: CentralChoices = CentralChoices()) -> None:
        super().__init__(store, choices)
        self._known = {request.pairing_uid for request in store.every(PairingRequest)}

    def list_requests(self, operation: ListPairingRequests, call: CentralCall) -> PairingList:
        items = list(super().list_requests(operation, call).items)
        for place, item in enumerate(items):
            if item.pairing_uid in self._known:
                items[place] = replace(item, pairing_uid=f"{place:024x}")
        return PairingList(tuple(items))


@mutant("SND-4")
class EarlierIdIsListed(CentralCore):
    """A further request of a cluster is listed under the id of its first one."""

    def list_requests(self, operation: ListPairingRequests, call: CentralCall) -> PairingList:
        first: dict[str, str] = {}
        for request in self.store.every(PairingRequest):
            first.setdefault(request.cluster.uid, request.pairing_uid)
        items = super().list_requests(operation, call).items
        return PairingList(tuple(replace(i, pairing_uid=first[i.local_cluster_uid]) for i in items))
