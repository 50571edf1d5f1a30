"""Rejecting a pairing request in Palette (`REJ`)."""

from __future__ import annotations

from harness.catalogue.requirement import Feature, Group, Level, Profile, central, edge
from harness.domain.errors import Reason

REJECT = Group(
    prefix="REJ",
    title="Reject a pairing request",
    anchor="#reject-pairing-request-in-palette",
    about="What an administrator does in Palette with a request that is not wanted.",
    requirements=(
        central(
            id="REJ-1",
            title="A pending request can be rejected by its pairing id",
            text="A reject that names the id of a pending request succeeds, and it is this"
            " request, whichever place it has among others, that is pending no longer.",
            source="#reject-pairing-request-in-palette step 4",
            demands=("RejectPairingRequest",),
        ),
        central(
            id="REJ-2",
            title="Requests can be told apart by their tags",
            text="Each pending request shows the tags of its cluster, so that among several,"
            " even of clusters with the same name, the one with known tags can be found and"
            " rejected without knowing its id beforehand.",
            source="#reject-pairing-request-in-palette step 4",
        ),
        central(
            id="REJ-3",
            title="A reject needs a login and the permission",
            text="Without a login, and with the login of a user who lacks the permission to"
            " delete pairing requests, a reject is refused and the request is still pending.",
            source="#reject-pairing-request-in-palette prerequisite 2",
            refused_as=(Reason.UNAUTHENTICATED, Reason.FORBIDDEN),
        ),
        central(
            id="REJ-4",
            title="After the only request is rejected, none is listed",
            text="When the rejected request was the only pending one, the list of pending"
            " requests is empty afterwards and stays so.",
            source="#reject-pairing-request-in-palette validation step 3",
            demands=("ListPairingRequests",),
        ),
        central(
            id="REJ-4P",
            title="After the only request is rejected, the prompt is gone",
            text="When the rejected request was the only pending one, the Clusters page no"
            " longer prompts for a review.",
            source="#reject-pairing-request-in-palette validation step 3",
            features=(Feature.PAGES,),
        ),
        central(
            id="REJ-5",
            title="With others pending, only the rejected request is missing",
            text="When further requests are pending, each of them is listed after the reject"
            " as before it; the rejected one alone is not, and does not come back.",
            source="#reject-pairing-request-in-palette validation step 3",
        ),
        central(
            id="REJ-5P",
            title="With others pending, the prompt stays",
            text="When further requests are pending after a reject, the Clusters page goes on"
            " prompting for a review.",
            source="#reject-pairing-request-in-palette validation step 3",
            features=(Feature.PAGES,),
        ),
        central(
            id="REJ-6",
            title="Only a pending request can be rejected",
            text="A reject of an id that is unknown, or whose request has been accepted,"
            " rejected or withdrawn, is refused. It changes nothing: a paired cluster remains"
            " registered and centrally managed, other requests remain pending.",
            source="#reject-pairing-request-in-palette prerequisite 1",
            refused_as=(Reason.REQUEST_DECIDED, Reason.ALREADY_ACCEPTED),
        ),
        edge(
            id="REJ-7",
            title="After a reject the cluster goes on locally",
            text="The cluster of a rejected request is managed locally with nothing pending,"
            " its local operations take effect, and a new request can be sent from it.",
            source="#reject-pairing-request-in-palette paragraph 1",
            demands=("ViewPairing",),
        ),
        edge(
            id="REJ-7S",
            level=Level.SHOULD,
            title="Local UI says that the request was rejected",
            text="After a reject, and with a link, Local UI shows the status Rejected for this"
            " request.",
            source="#reject-pairing-request-in-palette step 4",
        ),
        central(
            id="REJ-8",
            level=Level.UNSPECIFIED,
            profile=Profile.EXTENDED,
            title="Reading a request that has been decided",
            text="Observed: what the central side answers when a request that was accepted,"
            " rejected or withdrawn is opened by its id.",
            source="#reject-pairing-request-in-palette step 4",
        ),
        central(
            id="REJ-9",
            title="After a reject, the prompt leads to the requests that remain",
            text="With others pending after a reject, Pair in the prompt opens the review"
            " again, and it shows each of the remaining requests and not the rejected one.",
            source="#reject-pairing-request-in-palette validation step 3",
            features=(Feature.PAGES,),
        ),
    ),
)
