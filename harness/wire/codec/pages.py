"""Lists that come in pages, as the published APIs have them.

Where more items exist, the list's metadata has a `continue`: sent back as the query parameter
of that name, with the same request, it brings the next page.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from harness.domain.operations import Done, PairingList, Reply, TokenList
from harness.wire.http import Json

CONTINUE = "continue"
LIST_META = "listmeta"


def is_list(reply: Reply) -> bool:
    """Whether a reply is a list, of which more pages may follow."""
    return isinstance(reply, Done) and isinstance(reply.value, PairingList | TokenList)


def next_page(answer: Json) -> str:
    """What brings the page after a list; empty after the last one.

    `answer` is the body of the answer, in the published names.
    """
    meta = answer.get(LIST_META) if isinstance(answer, dict) else None
    token = meta.get(CONTINUE) if isinstance(meta, dict) else None
    return token if isinstance(token, str) else ""


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
