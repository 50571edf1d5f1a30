"""Lists that come in pages, as the published APIs have them.

Where more items exist, the list's metadata has a `continue`: sent back as the query parameter
of that name, with the same request, it brings the next page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

from harness.domain.operations import Done, PairingList, Reply, TokenList
from harness.wire.http import HttpRequest, HttpResponse, NotJson, parse_json

CONTINUE = "continue"
LIST_META = "listmeta"


def next_page(reply: Reply, response: HttpResponse) -> str:
    """What brings the page after this answer; empty if it is no list, or the last page."""
    if not isinstance(reply, Done) or not isinstance(reply.value, PairingList | TokenList):
        return ""
    try:
        json = parse_json(response.body)
    except NotJson:
        return ""
    meta = json.get(LIST_META) if isinstance(json, dict) else None
    token = meta.get(CONTINUE) if isinstance(meta, dict) else None
    return token if isinstance(token, str) else ""


def on_page(request: HttpRequest, page: str) -> HttpRequest:
    """The same request for another page; for the first one without a `page`."""
    return replace(request, query={**request.query, CONTINUE: page}) if page else request


def joined(pages: Sequence[Reply]) -> Reply:
    """The replies of all pages as one: the whole list, or the first that is none."""
    other = next((page for page in pages if not isinstance(page, Done)), None)
    if other is not None or len(pages) == 1:
        return other or pages[0]
    values = [page.value for page in pages if isinstance(page, Done)]
    requests = [value.items for value in values if isinstance(value, PairingList)]
    tokens = [value.items for value in values if isinstance(value, TokenList)]
    if requests:
        return Done(PairingList(tuple(chain.from_iterable(requests))))
    return Done(TokenList(tuple(chain.from_iterable(tokens))))
