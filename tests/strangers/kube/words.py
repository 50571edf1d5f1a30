"""What can be planted."""

from __future__ import annotations

from typing import Final

DEFECTS: Final = {
    # of the API server
    "cache-misses-changes": "lists come from a cache that misses what is modified",
    "conflicts-ignored": "a decision is written over whatever was decided meanwhile",
    "continue-forgets-namespace": "from the second page on a list shows all namespaces",
    "bindings-of-elsewhere": "a role that is bound in one namespace counts in all of them",
    "names-generated-again": "the name of a request is made of its cluster alone",
    "selectors-ignore-case": "packs are the same whether in capitals or not",
    "token-kept-in-mind": "a registration token that was good once is not looked at again",
    "packs-by-name": "of several packs with one name in the chosen profiles the last one counts",
    "decision-by-name-alone": "a decision finds its request in whatever namespace it is",
    "same-decision-is-fine": "a decision that was made already is answered as if made now",
    "decided-by-spec": "what nobody decided is undecided, even if its host has withdrawn it",
    "denied-after-saved": "a denial is written down before it is made",
    "continue-skips-one": "the second page of requests starts one too late",
    "refused-approval-renames": "the name and labels of a refused approval stay at the request",
    "presented-before-bound": "a cluster is renamed and labelled before its host has confirmed",
    "empty-is-not-given": "an empty description, or no labels at all, counts as nothing said",
    "deny-by-cluster": "a denial ends all that is pending of the same cluster",
    # of the edge hosts
    "finalizer-holds-on": "a cancelled request is shown as pending until the server knows of it",
    "ready-by-old-condition": "a node is as ready as it was when somebody first asked",
    "conflict-is-success": "a cancel that meets 409 is done",
    "backoff-gives-up": "nobody asks any more after three questions without an answer",
    "quorum-is-health": "a control plane is healthy while most of its nodes are",
    "one-probe-a-pool": "the first host of each pool alone is asked if it reaches the endpoint",
    "lax-by-address": "an address that was once asked insecurely is asked so from then on",
    "logout-ends-the-first": "a logout ends the oldest session there is",
    "handover-lock-stays": "local operations stay shut after a handover that came to nothing",
    "secret-each-try": "each try of a submission bears a secret of its own",
    "restart-ends-handover": "a handover that a restart interrupts has failed",
    "debt-names-current": "a withdrawal that is still owed is of whatever is pending by then",
    "quota-counts-the-ended": "after five requests, however they ended, no more can be sent",
}
HABITS: Final = {
    "new-keys": "a user who is put again gets a new API key",
    "ended-is-withdrawn": "an acceptance that its host has ended is called Withdrawn",
    "later-edition": "of versions that are equal by SemVer the later one counts",
    "chunks-and-gzip": "answers come in chunks, and zipped to whom takes that",
    "interim-answers": "a change is first answered 103, and headers come that nobody asked for",
    "connections-end": "a connection ends after five answers, or a second without a request",
    "asks-for-patience": "every 41st question of people is answered 429, until a date",
    "written-otherwise": "keys come in another order, letters and slashes as escapes",
    "fields-come-and-go": "empty fields are left out or null, and others are there unasked",
    "times-with-offsets": "times have nine digits and an offset of five hours and a half",
    "pages-by-name": "lists are ordered by name, and filtered after they were cut into pages",
    "watch-cache": "lists come from a cache that is 0.7 s behind",
    "slow-controllers": "what is done later takes up to half a second, and is Unknown meanwhile",
    "opaque-ids": "ids are long, with slashes and colons, and bearer tokens are 2 KB",
    "rights-hidden": "who lacks a right finds nothing, and deciding takes get and list as well",
    "decided-collected": "a request that is decided is gone for people four seconds later",
    "agents-back-off": "agents ask once a second at last, and after each start another one leads",
    "tokens-used-up": "a token admits one request, and is used up then",
    "tokens-renewed": "a token that is switched on again has another value",
    "tokens-told-once": "the answer to its creation alone tells a token, and it is masked later",
    "other-tongue": "messages are in German, and details are left out",
}
