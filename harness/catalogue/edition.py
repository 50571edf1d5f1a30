"""The edition of the document that this catalogue was made from, sentence by sentence.

A sentence is referred to by its section's anchor and its ordinal within the section, and told
in our own words; list items, and the groups of rows of a table, count as sentences. It says which
requirement it ended up in; what no run can judge says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

EDITION = "2026-11"
"""The date of the document, as year and month."""

TITLE = "Pair Local Cluster with Palette"
"""The document's title."""

TOP = "#top"
PAIR = "#pair-local-cluster-with-palette"
PREREQUISITES = "#prerequisites"
SEND = "#send-pairing-request-from-local-cluster"
ACCEPT = "#accept-pairing-request-from-palette"
VALIDATE = "#validate"
WITHDRAW = "#withdraw-pairing-request-from-local-cluster"
REJECT = "#reject-pairing-request-in-palette"

ANCHORS: Mapping[str, str] = {
    TOP: "Introduction",
    PAIR: "Pair Local Cluster with Palette",
    PREREQUISITES: "Prerequisites",
    SEND: "Send Pairing Request from Local Cluster",
    ACCEPT: "Accept Pairing Request from Palette",
    VALIDATE: "Validate",
    WITHDRAW: "Withdraw Pairing Request From Local Cluster",
    REJECT: "Reject Pairing Request in Palette",
}
"""Every anchor that a source may name, with its heading, in the order of the document.

The headings Prerequisites, Procedure and Validate come back in the last two sections, where
their anchors depend on the site generator. A source there names the section, and then
`prerequisite 2`, `step 5` or `validation step 3`.
"""


@dataclass(frozen=True, slots=True)
class NotTestable:
    """Why no run can judge a sentence."""

    reason: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of the document.

    `place` is where in the section it stands (`step 6`), `ordinal` counts the section's
    sentences from 1, `paraphrase` is ours, `covered_by` are requirement ids.
    """

    anchor: str
    ordinal: int
    place: str
    paraphrase: str
    covered_by: tuple[str, ...] | NotTestable

    @property
    def requirements(self) -> tuple[str, ...]:
        """The ids of the requirements that cover it; none when it is not testable."""
        return () if isinstance(self.covered_by, NotTestable) else self.covered_by


_POINTER = NotTestable("only points to another page, which this catalogue is not made from")
_Row = tuple[str, str, tuple[str, ...] | NotTestable]

_SECTIONS: Mapping[str, tuple[_Row, ...]] = {
    TOP: (
        (
            "paragraph 1",
            "locally installed hosts: Local UI manages the cluster",
            ("PRE-3", "SND-6"),
        ),
        (
            "paragraph 1",
            "pairing can hand the management over to a Palette",
            ("ACC-12", "ACC-13"),
        ),
    ),
    PAIR: (
        ("paragraph 1", "it takes two steps", ("SND-6", "SND-11")),
        ("paragraph 1", "first: the request goes out from Local UI", ("SND-3", "SND-4")),
        ("paragraph 1", "second: accept it, with profiles that fit", ("ACC-7", "ACC-12")),
    ),
    PREREQUISITES: (
        ("item 1", "an active cluster under local management", ("PRE-3",)),
        ("item 1", "it is Running and each node healthy", ("PRE-1", "PRE-2")),
        ("item 2", "a registration token for edge hosts", ("PRE-4",)),
        ("item 2", "where tokens are explained", _POINTER),
        ("item 3", "each host has a way to the chosen Palette", ("PRE-5", "PRE-6")),
        ("item 4", "latest profile versions fit every layer", ("PRE-7", "ACC-7", "ACC-10")),
        ("item 4", "where the match is explained", _POINTER),
        ("item 5", "permissions on pairing requests", ("PRE-8", "PRE-9")),
        ("item 5", "where permissions are explained", _POINTER),
    ),
    SEND: (
        ("step 1", "a login to Local UI", ("SND-1",)),
        ("step 1", "where the login is explained", _POINTER),
        ("step 2", "Main Menu, Settings", ("SND-2",)),
        ("step 3", "the choice Centrally Managed", ("SND-2",)),
        ("step 3", "it asks for what pairing needs", ("SND-2",)),
        ("step 4", "the API endpoint is entered", ("PRE-6", "SND-12", "SND-13")),
        ("step 4", "the SaaS endpoint is a bare host name", ("SND-8",)),
        ("step 4", "a self-hosted instance has a URL of its own, to be asked for", ("SND-8",)),
        ("step 5", "the token goes into Registration token", ("PRE-4", "SND-12", "SND-13")),
        ("step 6", "Pair sends", ("SND-3", "SND-12")),
        ("step 6", "the pairing id is shown then", ("SND-3", "SND-12")),
        ("step 6", "the id finds the request later on", ("SND-4", "SND-5", "ACC-3")),
    ),
    ACCEPT: (
        ("step 7", "a login to Palette", ("ACC-1",)),
        ("step 8", "Main Menu, Clusters", ("ACC-2",)),
        ("step 9", "a box on top invites to the review", ("ACC-2",)),
        ("step 9", "Pair there begins the review", ("ACC-23",)),
        ("step 10", "the request is found by its id", ("ACC-3", "ACC-20")),
        ("step 10", "Pair on that request", ("ACC-11", "ACC-23")),
        (
            "step 11",
            "warning: central management only, no more local operations",
            ("ACC-4", "ACC-13", "ACC-19"),
        ),
        ("step 11", "I understand, Confirm", ("ACC-4", "ACC-11")),
        ("step 11", "the Pair Cluster wizard opens", ("ACC-11",)),
        ("step 12", "name, description and tags are open to change", ("ACC-6",)),
        ("step 12", "they start with what the cluster has", ("ACC-5", "ACC-24")),
        ("step 12", "Next step", ("ACC-11",)),
        ("step 13", "profiles are selected for a match", ("ACC-7", "ACC-15")),
        ("step 13", "each pack: same pack, same exact version", ("ACC-7", "ACC-10")),
        ("step 13", "latest versions only, and these must fit", ("PRE-7",)),
        ("step 13", "example: columns two and three are valid", ("ACC-9A", "ACC-9B")),
        ("step 13", "one full profile may stand for infra and add-on", ("ACC-8", "ACC-9B")),
        ("step 13", "column four fails by a version", ("ACC-9C",)),
        ("step 13", "column five fails by a pack too many", ("ACC-9D",)),
        (
            "step 13",
            "table, rows of the infra or full profile: the same four packs everywhere",
            ("ACC-8", "ACC-9A", "ACC-9B", "ACC-9C", "ACC-9D"),
        ),
        (
            "step 13",
            "table, row of the add-on pack: C alone differs in its version",
            ("ACC-9A", "ACC-9B", "ACC-9C", "ACC-9D"),
        ),
        ("step 13", "table, row of the further pack: D alone has one", ("ACC-9D",)),
        (
            "step 13",
            "table, row of results: A and B valid, C and D not",
            ("ACC-9A", "ACC-9B", "ACC-9C", "ACC-9D"),
        ),
        ("step 13", "Confirm, once the match is valid", ("ACC-15", "ACC-17")),
        ("step 13", "Next step", ("ACC-11", "ACC-17")),
        ("step 14", "the configurations are reviewed", ("ACC-18",)),
        ("step 14", "Validate", ("ACC-11", "ACC-18")),
        ("step 15", "Pair cluster begins the pairing", ("ACC-11", "ACC-12", "ACC-14")),
    ),
    VALIDATE: (
        ("step 1", "a login to Palette", ("ACC-1",)),
        ("step 2", "Main Menu, Clusters", ("ACC-12P",)),
        (
            "step 3",
            "the cluster is registered and can be managed centrally",
            ("ACC-12", "ACC-12P"),
        ),
    ),
    WITHDRAW: (
        ("paragraph 1", "a request can be taken back until it is accepted", ("WDR-3", "WDR-6")),
        ("prerequisite 1", "access to Local UI", ("WDR-1",)),
        ("prerequisite 2", "a request that is pending", ("WDR-1",)),
        ("prerequisite 2", "where sending is explained", _POINTER),
        ("step 1", "a login to Local UI", ("WDR-1",)),
        ("step 2", "Main Menu, Settings", ("WDR-2P",)),
        ("step 3", "the Pairing ID is copied and kept", ("WDR-2", "WDR-2P")),
        ("step 3", "it may serve to remove the request centrally by hand", ("WDR-2", "WDR-5")),
        ("step 4", "Cancel Pairing Request", ("WDR-2P", "WDR-3")),
        ("step 5", "the host tells Palette", ("WDR-3",)),
        ("step 5", "the request is gone there too", ("WDR-3",)),
        ("step 5", "without a link Palette does not hear of it", ("WDR-4", "WDR-5")),
        ("step 5", "then it is rejected centrally by hand", ("WDR-5",)),
        ("validation step 1", "a login to Local UI", ("WDR-1",)),
        ("validation step 2", "Main Menu, Settings", ("WDR-3P",)),
        (
            "validation step 3",
            "local management, and nothing pending",
            ("WDR-3", "WDR-3P", "WDR-4", "WDR-7"),
        ),
    ),
    REJECT: (
        (
            "paragraph 1",
            "what is not recognised, or was cancelled, can be rejected",
            ("REJ-1", "REJ-7", "WDR-5"),
        ),
        ("paragraph 1", "tags and the unique id tell requests apart", ("REJ-1", "REJ-2", "SND-5")),
        ("prerequisite 1", "a request that is pending", ("REJ-6",)),
        ("prerequisite 1", "where pairing is explained", _POINTER),
        ("prerequisite 2", "permissions on pairing requests", ("PRE-8", "REJ-3")),
        ("prerequisite 2", "where permissions are explained", _POINTER),
        ("prerequisite 3", "the request's pairing id", ("REJ-1",)),
        ("step 1", "a login to Palette", ("REJ-3",)),
        ("step 2", "Main Menu, Clusters", ("ACC-2",)),
        ("step 3", "a box on top invites to the review", ("ACC-2",)),
        ("step 3", "Pair there begins the review", ("ACC-23",)),
        ("step 4", "the request is found by id or by tags", ("REJ-1", "REJ-2", "ACC-23")),
        ("step 4", "Reject on that request", ("REJ-1", "ACC-23")),
        ("validation step 1", "a login to Palette", ("ACC-1",)),
        ("validation step 2", "Main Menu, Clusters", ("REJ-4P", "REJ-5P")),
        ("validation step 3", "it was the only one: no box any more", ("REJ-4", "REJ-4P")),
        ("validation step 3", "others are pending: the box is there", ("REJ-5", "REJ-5P")),
        ("validation step 3", "Pair there begins the review again", ("REJ-9",)),
        ("validation step 3", "the rejected one is missing from it", ("REJ-5", "REJ-9")),
    ),
}

SENTENCES: tuple[Sentence, ...] = tuple(
    Sentence(anchor, ordinal, *row)
    for anchor, rows in _SECTIONS.items()
    for ordinal, row in enumerate(rows, start=1)
)
"""Every sentence, in the order of the document."""
