"""The edition of the document that this catalogue was made from."""

from __future__ import annotations

from collections.abc import Mapping

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
