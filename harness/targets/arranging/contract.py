"""What whoever arranges has to know of each arrangement, as a page: made from what they declare.

`docs/arrangements.md` is `to_markdown()`; a test says when it is stale.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import Final, get_args, get_origin, get_type_hints

from harness.configuration.model import texts_below
from harness.domain.arrangements import ARRANGEMENTS, Arrangement

_HEAD: Final = """\
# The arrangements

What a control port, a command or a person may be asked to bring about, and what each of it means:
[arranging.md](arranging.md) says how it is asked. This page is written by `pairproof target
arrangements`.

Below each stands what is sent as JSON; a command gets its name besides, as `arrangement`. Uids,
names and secrets are those that the run would choose. Where there are others, they are answered,
and the run goes on with these; all else may be repeated, and not changed. Times are microseconds.
"""
_PLAIN: Final = {str: "text", int: "number", bool: "true or false", NoneType: "null"}


def to_markdown() -> str:
    """The page."""
    return "\n".join([_HEAD, *(line for kind in ARRANGEMENTS.values() for line in _section(kind))])


def _section(kind: type[Arrangement]) -> Iterator[str]:
    sides = "one side, which it names" if kind.names_side() else " and ".join(kind.sides)
    yield f"## `{kind.__name__}`\n"
    told = " ".join(inspect.cleandoc(kind.__doc__ or "").split())
    yield f"Concerns: {sides}. {told}\n"
    yield f"    {_form(kind)}\n"
    for name, text in texts_below(kind).items():
        yield f"- `{name}`: {text}"
    yield f"- If it is so already, or once more: {kind.again}."
    yield f"- May be answered: {', '.join(f'`{n}`' for n in sorted(kind.own)) or 'nothing'}."
    if kind.is_read_back:
        yield "- What came of it is asked for afterwards, where whoever arranges can tell."
    yield ""


def _form(hint: object) -> str:
    """What stands in the JSON for a value of this type."""
    inner = [each for each in get_args(hint) if each is not ...]
    if isinstance(hint, type) and is_dataclass(hint):
        hints = get_type_hints(hint)
        inside = (f'"{field.name}": {_form(hints[field.name])}' for field in fields(hint))
        return f"{{{', '.join(inside)}}}"
    if isinstance(hint, type) and issubclass(hint, Enum):
        return " or ".join(json.dumps(member.value) for member in hint)
    if get_origin(hint) is UnionType:
        return " or ".join(map(_form, inner))
    if get_origin(hint) is Mapping:
        return "{text: text}"
    if get_origin(hint) in (tuple, frozenset):
        items = list(map(_form, inner))
        return f"[{', '.join(items)}]" if ... not in get_args(hint) else f"[{items[0]} …]"
    return _PLAIN[hint]  # type: ignore[index]
