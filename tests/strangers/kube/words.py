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
    # of the edge hosts
    "finalizer-holds-on": "a cancelled request is shown as pending until the server knows of it",
    "ready-by-old-condition": "a node is as ready as it was when somebody first asked",
    "conflict-is-success": "a cancel that meets 409 is done",
    "backoff-gives-up": "nobody asks any more after three questions without an answer",
}
HABITS: Final = {
    "new-keys": "a user who is put again gets a new API key",
    "ended-is-withdrawn": "an acceptance that its host has ended is called Withdrawn",
    "later-edition": "of versions that are equal by SemVer the later one counts",
}
