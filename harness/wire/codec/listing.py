"""Lists, as the published APIs have them: in pages, and with a filter and an order of their own.

Where more items exist, the list's metadata has a `continue`: sent back as the query parameter
of that name, with the same request, it brings the next page.

The core filters pairing requests by equality alone. The rest of the published filter is applied
to what it answers, so that a client may use all of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

from harness.domain.operations import Done, Operation, PairingList, Reply, RoleList, TokenList
from harness.wire import palette
from harness.wire.http import Json
from harness.wire.model import parse_model
from harness.wire.routes import ROWS
from harness.wire.table.fields import CONTINUE, LIST_META


def refine(json: Json, reply: Reply) -> Reply:
    """What is left of a list of pairing requests after the whole filter, in the asked order.

    Any other reply is handed back as it is.

    Raises:
        Malformed: the body is not the published filter.
    """
    if not isinstance(reply, Done) or not isinstance(reply.value, PairingList):
        return reply
    query = _parse(json)
    spec = query.filter or palette.V1ClusterPairMetadataFilterSpec()
    items = [
        item
        for item in reply.value.items
        if _passes(item.state, spec.state) and _passes(item.local_cluster_uid, spec.localClusterUid)
    ]
    for key in reversed(query.sort or []):
        items.sort(key=_KEYS[key.field or "creationTimestamp"], reverse=key.order == "desc")
    return replace(reply, value=PairingList(tuple(items)))


_KEYS = {
    "name": lambda item: (item.name, 0),
    "state": lambda item: (item.state, 0),
    "creationTimestamp": lambda item: ("", item.created),
}


def _parse(json: Json) -> palette.V1ClusterPairMetadataFilter:
    return parse_model(palette.V1ClusterPairMetadataFilter, {} if json is None else json)


def _ignores_case(wanted: palette.V1FilterString) -> bool:
    return wanted.ignoreCase is not False


def _passes(text: str, wanted: palette.V1FilterString | None) -> bool:
    if wanted is None:
        return True

    def fold(value: str) -> str:
        return value.lower() if _ignores_case(wanted) else value

    found = fold(text)
    return (
        (wanted.eq is None or found == fold(wanted.eq))
        and (wanted.ne is None or found != fold(wanted.ne))
        and (wanted.contains is None or fold(wanted.contains) in found)
        and (wanted.beginsWith is None or found.startswith(fold(wanted.beginsWith)))
    )


PagedList = PairingList | TokenList | RoleList


def is_list(operation: Operation, reply: Reply) -> bool:
    """Whether a reply is a list, of which more pages may follow."""
    return isinstance(reply, Done) and ROWS[type(operation)].paged


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
    values = (page.value for page in pages if isinstance(page, Done))
    lists = [value for value in values if isinstance(value, PagedList)]
    items = chain.from_iterable(value.items for value in lists)
    return Done(type(lists[0])(tuple(items)))  # type: ignore[arg-type]
