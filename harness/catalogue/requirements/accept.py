"""Accepting a pairing request in Palette (`ACC`)."""

from __future__ import annotations

from harness.catalogue.requirement import Feature, Group, Level, Profile, both, central, edge
from harness.domain.errors import Reason

ACCEPT = Group(
    prefix="ACC",
    title="Accept a pairing request",
    anchor="#accept-pairing-request-from-palette",
    about="What an administrator does in Palette, steps 7 to 15, and what it leads to.",
    requirements=(
        central(
            id="ACC-1",
            title="A login to Palette is needed",
            text="Without a login, or with one that is not valid, listing, opening, matching,"
            " accepting and rejecting are each refused, and every request stays as it was.",
            source="#accept-pairing-request-from-palette step 7",
            refused_as=(Reason.UNAUTHENTICATED,),
            demands=("LogInToPalette",),
        ),
        central(
            id="ACC-2",
            title="The Clusters page prompts for review while requests are pending",
            text="With at least one pending request, a box at the top of the Clusters page"
            " invites to review it, with a button Pair. Without any, there is no such box.",
            source="#accept-pairing-request-from-palette step 9",
            features=(Feature.PAGES,),
        ),
        central(
            id="ACC-3",
            title="A request can be picked out by its pairing id",
            text="Among many pending requests, also of clusters with the same name, the one"
            " with a given pairing id is listed once, can be opened by it, and shows the"
            " cluster that sent it.",
            source="#accept-pairing-request-from-palette step 10",
            demands=("ListPairingRequests", "ViewPairingRequest"),
        ),
        central(
            id="ACC-4",
            title="The warning has to be acknowledged before Confirm goes on",
            text="After Pair on a request a warning says that the cluster will be managed"
            " centrally only and that local cluster operations end. Confirm does not go on"
            " until I understand is checked.",
            source="#accept-pairing-request-from-palette step 11",
            features=(Feature.PAGES, Feature.SERVER_STEPS),
        ),
        central(
            id="ACC-5",
            title="Name, description and tags come filled in",
            text="The first step of the wizard shows the cluster's name, description and tags"
            " in their fields, with the values that the local cluster has.",
            source="#accept-pairing-request-from-palette step 12",
            features=(Feature.PAGES,),
        ),
        central(
            id="ACC-6",
            title="Name, description and tags can be changed on acceptance",
            text="Each of the three can be changed, alone or together with the others. The"
            " paired cluster bears what was confirmed; what was not touched keeps its value.",
            source="#accept-pairing-request-from-palette step 12",
        ),
        central(
            id="ACC-7",
            title="Every pack has its equal in exactly the same version, and none is left over",
            text="A selection of cluster profiles matches when each pack of the local stack is"
            " met by the same pack in exactly the same version, to the last part of it, and the"
            " selection holds no pack besides. Any other selection is refused.",
            source="#accept-pairing-request-from-palette step 13",
            refused_as=(Reason.PROFILES_MISMATCH,),
        ),
        central(
            id="ACC-8",
            title="How the packs are spread over profiles does not matter",
            text="The packs may be divided among profiles in another way than locally, such as"
            " one full profile for an infra and an add-on profile. What counts is that the same"
            " packs come together.",
            source="#accept-pairing-request-from-palette step 13",
            demands=("AcceptPairingRequest",),
        ),
        central(
            id="ACC-9A",
            title="Combination A of the document's table is valid",
            text="Local stack: infra profile with Amazon EBS CSI 1.20.0, Calico 3.25.1, PXK-E"
            " 1.31.0 and Ubuntu 22.04, add-on profile with Prometheus-Grafana 44.3.1. An infra"
            " and an add-on profile with the same packs are a valid match.",
            source="#accept-pairing-request-from-palette step 13",
            demands=("AcceptPairingRequest", "MatchProfiles"),
        ),
        central(
            id="ACC-9B",
            title="Combination B of the document's table is valid",
            text="For the local stack of ACC-9A, a single full profile that holds all five"
            " packs in the same versions is a valid match.",
            source="#accept-pairing-request-from-palette step 13",
        ),
        central(
            id="ACC-9C",
            title="Combination C of the document's table is invalid",
            text="For the local stack of ACC-9A, a fitting infra profile together with an"
            " add-on profile that has Prometheus-Grafana 40.3.1 is an invalid match.",
            source="#accept-pairing-request-from-palette step 13",
            refused_as=(Reason.PROFILES_MISMATCH,),
        ),
        central(
            id="ACC-9D",
            title="Combination D of the document's table is invalid",
            text="For the local stack of ACC-9A, a fitting infra profile together with an"
            " add-on profile that has Prometheus-Grafana 44.3.1 and besides it Hello-Universe"
            " 2.0.0 is an invalid match.",
            source="#accept-pairing-request-from-palette step 13",
            refused_as=(Reason.PROFILES_MISMATCH,),
        ),
        central(
            id="ACC-10",
            title="A missing layer is no match",
            text="A selection that lacks one of the local stack's packs is refused, whichever"
            " layer it belongs to, also when all the other packs fit.",
            source="#accept-pairing-request-from-palette step 13",
            refused_as=(Reason.PROFILES_MISMATCH,),
        ),
        central(
            id="ACC-11",
            title="The steps come in order and none can be skipped",
            text="I understand and Confirm; then, in the Pair Cluster wizard, name, description"
            " and tags with Next step; the match with Confirm and Next step; the review with"
            " Validate; Pair cluster. A later step cannot be entered before the earlier ones"
            " are done, not even by its address.",
            source="#accept-pairing-request-from-palette steps 11 to 15",
            features=(Feature.PAGES, Feature.SERVER_STEPS),
        ),
        both(
            id="ACC-12",
            title="After Pair cluster the cluster is registered and managed centrally",
            text="Once the host has confirmed, the central side shows the cluster, and a"
            " central operation on it, any that the target offers, is accepted and takes effect."
            " An entry in a list alone is not yet management.",
            source="#validate step 3",
            demands=(
                *("AcceptPairingRequest", "ViewPairing"),
                *("ViewManagement", "ChangeCentralCluster", "UpdateCentralProfiles"),
            ),
        ),
        central(
            id="ACC-12P",
            title="The paired cluster stands on the Clusters page",
            text="After Pair cluster, the Clusters page that the Main Menu leads to shows the"
            " cluster, once, by the name that was confirmed.",
            source="#validate step 3",
            features=(Feature.PAGES,),
        ),
        edge(
            id="ACC-13",
            title="From then on local cluster operations are refused",
            text="Once the host has confirmed, Local UI refuses every operation that changes"
            " the cluster and that it offers: update and patch by name, delete, create, change of"
            " the profiles, machine pools (add, change, remove), removal of a node, settings. None"
            " takes effect. The patch without a name is deprecated, and asked for only where the"
            " target claims it. Renewal of certificates and deletion of archives are no matter of"
            " the cluster.",
            source="#accept-pairing-request-from-palette step 11",
            refused_as=(Reason.CENTRALLY_MANAGED,),
            demands=("ViewPairing", "ViewManagement"),
        ),
        edge(
            id="ACC-13S",
            level=Level.SHOULD,
            title="The refusal says that the cluster is centrally managed",
            text="A local cluster operation that is refused after pairing is answered with an"
            " error that gives central management as the reason.",
            source="#accept-pairing-request-from-palette step 11",
        ),
        central(
            id="ACC-14",
            title="An accepted request is no longer pending, and is not decided again",
            text="After an acceptance the request is not among the pending ones. Accepting it"
            " again and rejecting it are each refused and change nothing.",
            source="#accept-pairing-request-from-palette step 15",
            refused_as=(Reason.REQUEST_DECIDED, Reason.ALREADY_ACCEPTED),
            demands=("ListPairingRequests",),
        ),
        both(
            id="ACC-15",
            title="A refused match changes nothing",
            text="After a selection that does not match was refused, the request is still"
            " pending on both sides, the cluster is managed locally and works, and a fitting"
            " selection is then accepted.",
            source="#accept-pairing-request-from-palette step 13",
            refused_as=(Reason.PROFILES_MISMATCH,),
        ),
        central(
            id="ACC-16",
            level=Level.UNSPECIFIED,
            profile=Profile.EXTENDED,
            title="Matches on which the document is silent",
            text="Observed: whether the same packs in another layer or from another registry"
            " match; whether a pack that comes twice does; whether a draft that is newer than"
            " the latest published version of a profile counts as its latest; whether two infra or"
            " full profiles match, or none, whose packs together are those of the local stack.",
            source="#accept-pairing-request-from-palette step 13",
        ),
        central(
            id="ACC-17",
            title="Confirm of the match goes on only with a valid match",
            text="In the wizard, the match can be confirmed, and Next step reached, only while"
            " the selected profiles match. Changing the selection to one that does not closes"
            " the way again.",
            source="#accept-pairing-request-from-palette step 13",
            features=(Feature.PAGES, Feature.SERVER_STEPS),
        ),
        central(
            id="ACC-18",
            title="The review shows the configurations, and Validate opens Pair cluster",
            text="The review shows the selected profiles with the values of their packs and"
            " their variables. Pair cluster stays closed until Validate has succeeded.",
            source="#accept-pairing-request-from-palette step 14",
            features=(Feature.PAGES, Feature.SERVER_STEPS),
        ),
        both(
            id="ACC-19",
            profile=Profile.EXTENDED,
            title="The transfer is for good",
            text="A paired cluster does not return to local management: where Local UI offers a"
            " way to choose it again, this is refused or has no effect, and the cluster stays"
            " centrally managed. Deleting it centrally and resetting a host are no ways back.",
            source="#accept-pairing-request-from-palette step 11",
            features=(Feature.MANAGEMENT_SWITCH,),
            refused_as=(Reason.TRANSFER_IS_FINAL,),
        ),
        central(
            id="ACC-20",
            title="Only a pending request can be accepted",
            text="An acceptance of an id that is unknown, or whose request was rejected, or was"
            " withdrawn with a link, is refused even with fitting profiles. It changes nothing:"
            " the cluster at the edge stays locally managed, and no central operation on it"
            " takes effect.",
            source="#accept-pairing-request-from-palette step 10",
            refused_as=(Reason.REQUEST_DECIDED, Reason.ALREADY_ACCEPTED),
        ),
        both(
            id="ACC-21",
            level=Level.UNSPECIFIED,
            profile=Profile.RESILIENCE,
            title="The local stack changes while the request is pending",
            text="Observed, as SND-6 permits the change: whether the match is judged against"
            " the stack that the request carried or against the one that runs by then, and what"
            " becomes of the pairing.",
            source="#accept-pairing-request-from-palette step 13",
        ),
        edge(
            id="ACC-22",
            level=Level.UNSPECIFIED,
            profile=Profile.EXTENDED,
            title="Whether the local name and tags follow what was changed",
            text="Observed: whether Local UI shows the cluster with the name and the tags that"
            " were given on acceptance, or with its own.",
            source="#accept-pairing-request-from-palette step 12",
        ),
        central(
            id="ACC-23",
            title="The prompt leads to the requests, each with its id, tags, Pair and Reject",
            text="Pair in the prompt opens a view of all pending requests. Each stands there"
            " once, with its pairing id and the tags of its cluster, and with a Pair and a"
            " Reject that act on this request and no other.",
            source="#accept-pairing-request-from-palette step 9",
            features=(Feature.PAGES,),
        ),
        both(
            id="ACC-24",
            title="The request brings along the cluster's name, description and tags",
            text="Opened centrally, a request shows the name, description and tags that the"
            " local cluster has. Accepted without a change to them, the paired cluster bears"
            " exactly these.",
            source="#accept-pairing-request-from-palette step 12",
        ),
    ),
)
