"""Sending a pairing request from Local UI (`SND`)."""

from __future__ import annotations

from harness.catalogue.requirement import Feature, Group, Level, Profile, both, central, edge
from harness.domain.errors import Reason

SEND = Group(
    prefix="SND",
    title="Send a pairing request",
    anchor="#send-pairing-request-from-local-cluster",
    about="What an operator does at Local UI, steps 1 to 6.",
    requirements=(
        edge(
            id="SND-1",
            title="Sending needs a login to Local UI",
            text="A send without a session, with one that is made up, has expired, or was ended"
            " by logging out, is refused and no request arrives centrally. A session of another"
            " cluster is another matter (SND-10): a fleet may share its logins.",
            source="#send-pairing-request-from-local-cluster step 1",
            refused_as=(Reason.UNAUTHENTICATED,),
            demands=("LogIn",),
        ),
        edge(
            id="SND-2",
            title="Settings, Centrally Managed asks for the endpoint and the token",
            text="The Main Menu leads to Settings; choosing Centrally Managed there brings up"
            " fields for the Palette endpoint and the registration token. The choice alone"
            " changes nothing: no request exists on either side, and the cluster is managed"
            " locally as before.",
            source="#send-pairing-request-from-local-cluster step 3",
            features=(Feature.PAGES,),
        ),
        edge(
            id="SND-3",
            title="The pairing id is shown, and stays readable",
            text="A successful send is answered with a pairing id. As long as the request is"
            " pending, Local UI shows this id, also to a later login and after a restart of the"
            " edge.",
            source="#send-pairing-request-from-local-cluster step 6",
            demands=("SendPairingRequest", "ViewPairing"),
        ),
        both(
            id="SND-4",
            title="Both sides know the request by the same id",
            text="The id that Local UI shows is the id under which the central side lists and"
            " opens the request of this cluster.",
            source="#send-pairing-request-from-local-cluster step 6",
            demands=("ListPairingRequests", "ViewPairingRequest", "ViewPairing"),
        ),
        both(
            id="SND-5",
            title="A pairing id stands for one request only",
            text="No two requests share a pairing id, neither of different clusters nor of one"
            " cluster over time: the id of a cancelled or rejected request never comes back,"
            " not even after a restart.",
            source="#send-pairing-request-from-local-cluster step 6",
        ),
        edge(
            id="SND-6",
            title="A pending request leaves the cluster in local hands",
            text="From the send until the request is decided, Local UI reports local"
            " management, and local cluster operations, such as a change of its tags or of its"
            " profiles, are accepted and take effect.",
            source="#pair-local-cluster-with-palette paragraph 1",
            demands=("ViewCluster", "PatchNamedCluster"),
        ),
        both(
            id="SND-7",
            level=Level.UNSPECIFIED,
            title="A second send while a request is pending",
            text="Observed: whether the second send is refused, answered with the first id, or"
            " replaces the first request; and which requests the central side lists then.",
            source="#send-pairing-request-from-local-cluster step 6",
        ),
        edge(
            id="SND-8",
            title="A bare host name and a URL are both usable endpoints",
            text="The endpoint may be entered as a host name without a scheme, as the SaaS"
            " endpoint `api.spectrocloud.com` is, or as the URL of a self-hosted instance. Of"
            " one and the same instance, both forms lead there.",
            source="#send-pairing-request-from-local-cluster step 4",
        ),
        both(
            id="SND-9",
            level=Level.UNSPECIFIED,
            profile=Profile.RESILIENCE,
            title="A prerequisite is lost between send, accept and confirmation",
            text="Observed: what becomes of a pending request, and of its acceptance, once the"
            " cluster has an unhealthy node, a host without a link, another state than Running,"
            " or is deleted, or once the registration token is deactivated, deleted or expires,"
            " be it before the acceptance or between this and the host's confirmation.",
            source="#send-pairing-request-from-local-cluster step 6",
        ),
        edge(
            id="SND-10",
            level=Level.UNSPECIFIED,
            profile=Profile.EXTENDED,
            title="What other hosts show, and where a login is good",
            text="Observed: whether every host of the cluster shows the pairing id, or only the"
            " one where it was sent; whether one host's login is good for its siblings, or for"
            " another cluster.",
            source="#send-pairing-request-from-local-cluster step 6",
        ),
        central(
            id="SND-11",
            title="Sending alone pairs nothing",
            text="A request waits for somebody's acceptance, however long that takes. Until"
            " then no central operation on the cluster takes effect, neither by the uid that"
            " the request names nor by the local one. An entry in a list alone breaks nothing.",
            source="#pair-local-cluster-with-palette paragraph 1",
            refused_as=(Reason.NOT_CONFIRMED,),
        ),
        edge(
            id="SND-12",
            title="It is Pair that sends, with what stands in the fields",
            text="Filling in the endpoint and the Registration token sends nothing; leaving the"
            " page then leaves no request on either side. A click on Pair sends one request"
            " with these entries, and the page then shows its pairing id.",
            source="#send-pairing-request-from-local-cluster step 6",
            features=(Feature.PAGES,),
        ),
        edge(
            id="SND-13",
            title="Each send goes by its own entries",
            text="After a send that was refused for its endpoint or its token, a send with the"
            " right ones succeeds. After a good request was sent and cancelled, a send with an"
            " unusable endpoint or token is refused: earlier entries do not stand in for it.",
            source="#send-pairing-request-from-local-cluster step 4",
            refused_as=(Reason.ENDPOINT_UNUSABLE, Reason.HOST_UNREACHABLE, Reason.TOKEN_UNUSABLE),
        ),
        central(
            id="SND-14",
            level=Level.UNSPECIFIED,
            profile=Profile.EXTENDED,
            title="A token without an expiry, or without a default project",
            text="Observed, as both are optional where tokens are published: whether a token"
            " without an expiry admits a request, and with `scopes` one without a default project;"
            " and where that request appears.",
            source="#prerequisites item 2",
        ),
    ),
)
