"""Lists, as the published APIs have them: in pages, and with a filter and an order of their own.

Where more items exist, the list's metadata has a `continue`: sent back as the query parameter
of that name, with the same request, it brings the next page.

The core filters pairing requests by equality alone. The rest of the published filter is applied
to what it answers, so that a client may use all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

from harness.domain.operations import Done, Operation, PairingList, Reply, RoleList, TokenList
from harness.wire.http import Json
from harness.wire.model import parse_model
from harness.wire.models import MODELS
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
    query: Any = {} if json is None else json
    parse_model(MODELS["V1ClusterPairMetadataFilter"], query)
    wanted = query.get("filter") or {}
    items = [
        item
        for item in reply.value.items
        if _passes(item.state, wanted.get("state"))
        and _passes(item.local_cluster_uid, wanted.get("localClusterUid"))
    ]
    for key in reversed(query.get("sort") or []):
        by = _KEYS[key.get("field") or "creationTimestamp"]
        items.sort(key=by, reverse=key.get("order") == "desc")
    return replace(reply, value=PairingList(tuple(items)))


_KEYS = {
    "name": lambda item: (item.name, 0),
    "state": lambda item: (item.state, 0),
    "creationTimestamp": lambda item: ("", item.created),
}
_COMPARISONS: Mapping[str, Callable[[str, str], bool]] = {
    "eq": str.__eq__,
    "ne": str.__ne__,
    "contains": str.__contains__,
    "beginsWith": str.startswith,
}


def _passes(text: str, wanted: Mapping[str, Any] | None) -> bool:
    told = wanted or {}
    fold = str if told.get("ignoreCase") is False else str.lower
    return all(
        compare(fold(text), fold(than))
        for name, compare in _COMPARISONS.items()
        if (than := told.get(name)) is not None
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
