"""Withdrawing a pairing request from Local UI (`WDR`), and rejecting one in Palette (`REJ`)."""

from __future__ import annotations

from harness.catalogue.requirement import Feature, Group, Level, Profile, both, central, edge
from harness.domain.errors import Reason

WITHDRAW = Group(
    prefix="WDR",
    title="Withdraw a pairing request",
    anchor="#withdraw-pairing-request-from-local-cluster",
    about="What an operator does at Local UI to take a request back, with or without a link.",
    requirements=(
        edge(
            id="WDR-1",
            title="A cancel needs a login and a pending request",
            text="A cancel without a valid session (another cluster's is a matter of SND-10) is"
            " refused and the request stays pending on both sides. A cancel is refused too where"
            " nothing is pending: before any send, after a cancel, after a rejection.",
            source="#withdraw-pairing-request-from-local-cluster prerequisite 2",
            refused_as=(Reason.UNAUTHENTICATED, Reason.NOTHING_PENDING),
        ),
        edge(
            id="WDR-2",
            title="The pairing id can be read before the cancel",
            text="While the request is pending, Local UI gives the pairing id, the same one"
            " that the send was answered with, also while the host is cut off.",
            source="#withdraw-pairing-request-from-local-cluster step 3",
        ),
        edge(
            id="WDR-2P",
            title="Settings shows the Pairing ID and Cancel Pairing Request",
            text="While a request is pending, the page Settings shows the Pairing ID as text"
            " that can be copied, and a button Cancel Pairing Request.",
            source="#withdraw-pairing-request-from-local-cluster step 3",
            features=(Feature.PAGES,),
        ),
        both(
            id="WDR-3",
            title="With a link, a cancel ends the request on both sides",
            text="The host tells the central side of the cancel, which then lists the request"
            " no longer. Locally the cluster is managed locally with nothing pending.",
            source="#withdraw-pairing-request-from-local-cluster step 5",
            demands=("CancelPairingRequest", "ViewPairing", "ListPairingRequests"),
        ),
        edge(
            id="WDR-3P",
            title="After a cancel, Settings shows local management and no request",
            text="Opened again after a cancel, the page Settings shows the cluster as locally"
            " managed. Neither a Pairing ID nor Cancel Pairing Request stands there any more,"
            " and Centrally Managed can be chosen again.",
            source="#withdraw-pairing-request-from-local-cluster validation step 3",
            features=(Feature.PAGES,),
        ),
        edge(
            id="WDR-4",
            title="Without a link, a cancel still ends the request locally",
            text="The cancel takes effect at the edge whether the link was down before it, or"
            " was lost while the message was under way, before or after it took effect"
            " centrally: the cluster is managed locally, nothing is pending there, and local"
            " cluster operations work.",
            source="#withdraw-pairing-request-from-local-cluster step 5",
            demands=("ViewPairing",),
        ),
        central(
            id="WDR-5",
            title="The stale request waits centrally, and can be rejected by its id",
            text="A request whose cancel never reached the central side is still pending"
            " there. With the id that was saved before the cancel it can be found and rejected,"
            " and is gone from the list then.",
            source="#withdraw-pairing-request-from-local-cluster step 5",
            demands=("ListPairingRequests",),
        ),
        both(
            id="WDR-6",
            title="A request can be withdrawn only before it is accepted",
            text="Once the host has learned of the acceptance, a cancel is refused, and the"
            " cluster is centrally managed before and after the attempt.",
            source="#withdraw-pairing-request-from-local-cluster paragraph 1",
            refused_as=(Reason.ALREADY_ACCEPTED, Reason.CENTRALLY_MANAGED),
        ),
        edge(
            id="WDR-7",
            title="After a cancel, a new request can be sent",
            text="A send after a cancel is accepted and gets a pairing id of its own. A stale"
            " request of an offline cancel stays apart from it: what is decided on the one does"
            " not touch the other.",
            source="#withdraw-pairing-request-from-local-cluster validation step 3",
            demands=("SendPairingRequest",),
        ),
        both(
            id="WDR-8",
            level=Level.UNSPECIFIED,
            profile=Profile.RESILIENCE,
            title="The link comes back after an offline cancel",
            text="Observed: whether the host still tells the central side of the cancel, and"
            " after how long the stale request leaves the central list.",
            source="#withdraw-pairing-request-from-local-cluster step 5",
        ),
        both(
            id="WDR-9",
            level=Level.UNSPECIFIED,
            profile=Profile.RESILIENCE,
            title="An acceptance meets a cancel that was made offline",
            text="Observed: what becomes of a stale request that is accepted centrally, and of"
            " a request that was accepted while its host was cut off and is cancelled there"
            " before the host could know. Whatever the outcome, INV-1 and INV-6 hold once it"
            " has settled.",
            source="#withdraw-pairing-request-from-local-cluster step 5",
        ),
        both(
            id="WDR-10",
            level=Level.UNSPECIFIED,
            profile=Profile.RESILIENCE,
            title="A cancel that works only halfway",
            text="Observed: what a cancel does, on either side, when the link is up and the"
            " central side answers with an error, and when only some of the cluster's hosts"
            " are cut off.",
            source="#withdraw-pairing-request-from-local-cluster step 5",
        ),
    ),
)


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
            demands=("SendPairingRequest", "ViewPairing"),
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
