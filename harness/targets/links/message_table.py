"""How messages are told apart on their way, as a mapping has them."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from functools import lru_cache

from harness.domain.arrangements import CARRIES
from harness.targets.links.messages import MessagePattern, MessageTable
from harness.wire.json_path import place_of
from harness.wire.mapping import WireMap
from harness.wire.mapping.rooms import CallConstants

_PARAMETER = re.compile(r"\\\{[^{}]*\\\}")


def message_table(wire: WireMap, prefix: str = "") -> MessageTable:
    """How to tell messages apart, from where each is asked; the fixed paths come first.

    `prefix` is the path below which the endpoint has them.
    """
    found = []
    for kind, operation in CARRIES.items():
        decides = wire.spoken(operation)
        for call in (decides, *(c for c in wire.calls(operation) if c is not decides)):
            route = call.route
            follows = not route.path.startswith("/")
            path = ".*" if follows else _PARAMETER.sub("[^/?]+", re.escape(prefix + route.path))
            told = MessagePattern(
                kind, route.method, _whole(path), call is decides, call.own, follows
            )
            found.append((len(route.parameters()), told))
    table = tuple(pattern for _, pattern in sorted(found, key=lambda f: f[0]))
    return _own_alone(table, wire)


@lru_cache(maxsize=256)
def _whole(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"{pattern}(?:\?.*)?", re.DOTALL)


def _own_alone(table: MessageTable, wire: WireMap) -> MessageTable:
    """The table with what tells a message from the others at its place, and no more: where nothing
    does, nobody has to read its body.
    """
    of_all = CallConstants(
        values=tuple((place_of(text), value) for text, value in wire.constants.items())
    )
    at_place = defaultdict(list)
    for each in table:
        at_place[each.method, each.path].append(each.constants or CallConstants())
    return tuple(
        replace(each, constants=_apart(each.constants, of_all, at_place[each.method, each.path]))
        for each in table
    )


def _apart(
    own: CallConstants | None, of_all: CallConstants, at_place: list[CallConstants]
) -> CallConstants | None:
    if own is None:
        return None
    values = tuple(
        value
        for value in own.values
        if value not in of_all.values and not all(value in other.values for other in at_place)
    )
    return CallConstants(own.rpc, values) if own.rpc or values else None
