"""Quay's own words for what a lab says, and what can be planted."""

from __future__ import annotations

from typing import Final

from tests.strangers.quay.wharf import Table

WORDS: Final = {
    **{"Provisioning": "building", "Running": "up", "Deleting": "razing", "Error": "broken"},
    **{"Healthy": "fit", "Unhealthy": "sick", "local": "here", "central": "afar"},
    **{"cluster": "whole", "infra": "base", "add-on": "topping", "system": "platform"},
    **{"k8s": "orchestrator", "cni": "network", "csi": "storage", "addon": "app"},
    **{"os": "os", "kernel": "kernel"},
}
WAITING, BOARDING, MOORED = "waiting", "boarding", "moored"
TURNED_AWAY, CALLED_BACK, WRECKED = "turned-away", "called-back", "wrecked"
LEARNED, SWEARING = "learned", "swearing"
"""A berth's own: it knows that it was accepted, and does nothing of its own any more."""

DEFECTS: Final = {
    # of the harbour
    "filter-after-page": "a list is cut into pages first and filtered afterwards",
    "loose-version-equality": "versions that mean the same are as good as the same version",
    "home-filter-crosses-spaces": "a list that is filtered by the cluster shows all spaces",
    "key-cache-outlives-grant": "a key keeps the roles that it was first used with",
    "draft-shared-by-pilots": "what is entered in one draft stands in all others of its petition",
    "job-swallows-refusal": "a launch that is refused is told as done",
    "verdict-writes-late": "a petition is turned away a moment after it was looked at",
    "number-from-newest": "the number of a petition that was called back is given to the next",
    "voucher-edit-reactivates": "a voucher that is changed is usable again",
    "reject-sweeps-cluster": "who turns a petition away turns away all of the same cluster",
    "profiles-before-oath": "the profiles of a berth can be changed before its oath",
    "understood-remembered": "who has understood once need not say so again",
    # of the berths
    "sealed-after-failed-handover": "a cluster that comes to nothing elsewhere stays sealed here",
    "reach-by-first-layout": "hosts that were added later are not asked what they reach",
    "retry-as-new-request": "a submission whose answer is lost is tried again as another one",
    "queue-outlives-handover": "what was queued is done, whoever manages the cluster by then",
    "follower-not-resumed": "nobody asks what became of a petition from before a restart",
    "silent-cancel-swallowed": "a petition waits on when its withdrawal meets silence",
    "logout-on-one-host": "a host goes on with a session that was ended at another one",
    "lax-remembered": "an endpoint that was once not verified is never verified again",
    # and twenty more, in the same order
    # of the harbour
    "names-in-any-case": "layers are the same whether their names are in capitals or not",
    "newest-by-text": "the latest version is the one that comes last in an alphabet",
    "surplus-beyond-stack": "of profiles beyond as many as the stack has, nothing is a surplus",
    "sheet-kept-by-title": "a petition is shown with what the first one of its title said",
    "last-off-the-page": "one petition alone is no reason for another page",
    "cursor-forgets-space": "from the second page on a list shows petitions of all spaces",
    "end-looked-at-once": "a voucher that was once in time is not asked for its end again",
    "warden-anywhere": "who is a warden in one space is one wherever they may enter",
    "particulars-at-once": "what a draft says stands in its petition, whatever comes of it",
    "launch-as-it-was": "a launch goes on with its petition as that was when it was asked for",
    "call-back-unwritten": "that a petition was called back is known until the next start",
    "emptied-is-untouched": "what is emptied in the particulars stays as it was",
    # of the berths
    "three-are-asked": "no more than three hosts are asked what they reach",
    "asker-is-blamed": "the host that was asked is said to be the one that is cut off",
    "logout-unwritten": "a session that was ended is good again after a restart",
    "settings-merged-early": "settings are there before it is asked who governs the cluster",
    "same-send-remembered": "the same request once more is the former one, whatever came of it",
    "lax-unless-said": "an endpoint is verified only where that is asked for",
    "voucher-of-last-time": "where no voucher is entered the one of last time is taken",
    "too-late-lets-go": "a withdrawal that comes too late is refused, and the petition let go",
}
HABITS: Final = {
    # how it speaks
    "hangs-up": "each answer closes its connection",
    "speaks-in-chunks": "bodies come in chunks, with extensions and a trailer",
    "shouts-its-headers": "names of headers are in capitals, and there is space around the values",
    "hints-first": "103 Early Hints comes before each answer",
    "packs-its-answers": "bodies are packed by gzip for whoever takes that",
    "writes-widely": "JSON is indented and escaped, and its type says a charset",
    "whole-addresses": "`Location` is a whole address",
    "odd-statuses": "refusals have other statuses, with the same codes",
    "wakes-slowly": "the first answer after a while takes half a second",
    "spent-now-and-then": "people are told to come back, at a date, after many questions",
    "far-east-time": "moments are written as they are in Nepal",
    # what the harbour does
    "numbers-go-down": "each number is lower than the one before",
    "empty-first-page": "the first page of a list has nothing but a cursor",
    "in-no-order": "a list has no order that anybody could name",
    "lists-are-late": "a list shows how things were a quarter of a second ago",
    "drafts-show": "a petition with a draft is in a phase of its own, and waits on",
    # what a berth does
    "wastes-a-ticket": "a berth takes a ticket, and another one for its submission",
    "swears-twice": "a berth swears its oath once more when it has been taken",
    "renews-its-cookie": "each answer at a Local UI sets the cookie again",
}


def layer_of(pack: Table) -> Table:
    """A pack of the lab's."""
    named = {"layer": WORDS[pack["layer"]], "pack": pack["name"], "version": pack["version"]}
    return {**named, "source": pack.get("registry", ""), "config": pack.get("values", "")}


def profile_of(profile: Table) -> Table:
    """A profile of the lab's."""
    named = {"name": profile["name"], "sort": WORDS[profile["type"]]}
    layers = [layer_of(pack) for pack in profile["packs"]]
    return {**named, "version": profile["version"], "uid": profile["uid"], "layers": layers}
