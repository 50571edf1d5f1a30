"""What has to be given before a cluster can be paired (`PRE`)."""

from __future__ import annotations

from harness.catalogue.requirement import Feature, Group, Level, Profile, both, central, edge
from harness.domain.errors import Reason

PREREQUISITES = Group(
    prefix="PRE",
    title="Prerequisites",
    anchor="#prerequisites",
    about="The cluster, the token, the endpoint, the profiles and the permissions.",
    requirements=(
        edge(
            id="PRE-1",
            title="Only a cluster that is Running can send a request",
            text="While the cluster's state is Provisioning, Deleting or Error, each send is"
            " refused and nothing arrives at the central side. Once the state is Running, the"
            " same entries are accepted.",
            source="#prerequisites item 1",
            refused_as=(Reason.CLUSTER_NOT_RUNNING,),
        ),
        edge(
            id="PRE-2",
            title="Every node has to be healthy",
            text="One unhealthy node is enough for a send to be refused with nothing arriving"
            " centrally, be it in the control plane or in a worker pool, the first of its pool"
            " or the last. Once that node has recovered, the send is accepted.",
            source="#prerequisites item 1",
            refused_as=(Reason.NODE_UNHEALTHY,),
        ),
        edge(
            id="PRE-3",
            title="There has to be an active cluster that Local UI manages",
            text="A send is refused on a host without any cluster, on a host whose cluster is"
            " centrally managed already, and on a host that was installed in central mode.",
            source="#prerequisites item 1",
            refused_as=(Reason.CENTRALLY_MANAGED, Reason.NO_LOCAL_CLUSTER),
        ),
        both(
            id="PRE-4",
            title="A usable registration token is needed",
            text="With an empty, unknown, expired, deactivated or deleted token each send is"
            " refused: the edge says so, nothing is pending there, and no request appears"
            " centrally.",
            source="#prerequisites item 2",
            refused_as=(Reason.TOKEN_UNUSABLE,),
        ),
        edge(
            id="PRE-4S",
            level=Level.SHOULD,
            title="The error blames the token without repeating it",
            text="A send refused for its token is answered with an error that names the"
            " registration token as the reason. The token's value appears nowhere in it.",
            source="#prerequisites item 2",
        ),
        edge(
            id="PRE-5",
            profile=Profile.EXTENDED,
            title="Every host of the cluster has to reach the endpoint",
            text="With any one host of the cluster cut off from the central endpoint, each in"
            " turn, the connection check says no and a send is refused, on the Local UI of at"
            " least one host that reaches the endpoint itself. With all links up, both succeed.",
            source="#prerequisites item 3",
            refused_as=(Reason.HOST_UNREACHABLE,),
        ),
        edge(
            id="PRE-5S",
            level=Level.SHOULD,
            profile=Profile.EXTENDED,
            title="The connection check names the host that is cut off",
            text="When one host cannot reach the endpoint, the answer of the connection check"
            " names this host, and none of those that can reach it.",
            source="#prerequisites item 3",
        ),
        edge(
            id="PRE-6",
            title="An unusable endpoint is refused in bounded time",
            text="A send is refused when the endpoint is missing, malformed, does not resolve,"
            " refuses connections, accepts them and stays silent, is not a Palette, or shows a"
            " certificate that the edge does not trust (unless insecure is asked for). The"
            " refusal comes within the limit `answer_s`, also for the silent one.",
            source="#prerequisites item 3",
            refused_as=(Reason.ENDPOINT_UNUSABLE, Reason.HOST_UNREACHABLE),
        ),
        edge(
            id="PRE-6S",
            level=Level.SHOULD,
            title="The error says what is wrong with the endpoint",
            text="For each kind of unusable endpoint the error is about the endpoint and tells"
            " its trouble apart from the others: not resolved, no connection, no answer, not a"
            " Palette, not trusted.",
            source="#prerequisites item 3",
        ),
        central(
            id="PRE-7",
            title="Only the latest version of a cluster profile counts",
            text="The match judges the latest version of each selected cluster profile, latest"
            " by the order of versions (1.10.0 comes after 1.9.0). A profile whose older"
            " version fits and whose latest does not is no match, also when the older version"
            " is asked for by its number.",
            source="#prerequisites item 4",
            refused_as=(Reason.PROFILES_MISMATCH,),
        ),
        central(
            id="PRE-8",
            profile=Profile.EXTENDED,
            title="Managing pairing requests needs permission",
            text="Of the permissions on `clusterPair`, list is needed to list the requests, get"
            " to open one, update to accept one, delete to reject one. A user who lacks one is"
            " refused what it covers, and that attempt changes nothing. With the permissions that"
            " published roles combine (get and list; update besides; all four), a user can do just"
            " what these say.",
            source="#prerequisites item 5",
            refused_as=(Reason.FORBIDDEN,),
        ),
        central(
            id="PRE-9",
            profile=Profile.EXTENDED,
            title="Another scope's permission or project does not help",
            text="A request belongs to the project of its registration token. Whoever has"
            " permissions in another project only, or asks with another project selected,"
            " neither sees this request nor accepts or rejects it.",
            source="#prerequisites item 5",
            features=(Feature.SCOPES,),
            refused_as=(Reason.FORBIDDEN,),
        ),
        central(
            id="PRE-10",
            level=Level.UNSPECIFIED,
            profile=Profile.EXTENDED,
            title="How far a permission goes, and how a missing one is answered",
            text="Observed: whether a permission in tenant scope extends to the projects;"
            " whether a missing one is answered with 403 or with 404; whether one may read a"
            " request that one may not decide; whether one permission suffices without another"
            " that no published role leaves out, such as accepting without get.",
            source="#prerequisites item 5",
            features=(Feature.SCOPES,),
        ),
        edge(
            id="PRE-11",
            level=Level.UNSPECIFIED,
            profile=Profile.EXTENDED,
            title="What the connection check looks at, and whom a cut-off host stops",
            text="Observed: whether the connection check judges the registration token too;"
            " whether a host that is cut off stops a send only in its own Local UI, or in that"
            " of every host of the cluster, whichever it is asked on.",
            source="#prerequisites item 3",
        ),
    ),
)
