"""A target file from answers and documents: TOML in which each key has its sentence as a comment,
and what is not there is named.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import wrap
from typing import Any

from harness.configuration.kinds import Node
from harness.configuration.toml_writing import assignment, toml_key
from harness.domain.arrangements import Side
from harness.domain.operations import AcceptanceStep, Surface
from harness.targets.drafting.filling import Filling, Hints, WrongAnswer, sentence_of
from harness.targets.drafting.matching import Certainty, matched
from harness.targets.drafting.openapi import Document
from harness.targets.drafting.wire_draft import WireDraft, commented, wire_draft
from harness.targets.key_kinds import address
from harness.targets.target_file import read_target
from harness.targets.target_keys import SCHEMA, TARGETS
from harness.wire.mapping import PLAIN
from harness.wire.routes import ROUTES
from harness.wire.table import tenant

_Lines = Iterator[str]

_HEAD = (
    "# A target file: what is certified, and how it is reached. docs/target-file.md explains",
    "# every key. Paths of files start at this file's folder.",
    assignment("schema", SCHEMA),
)


_ANOTHER_WIRE = (
    "# --- another wire: docs/describe-your-product.md shows how ---",
    "# Each operation is below as it is published: take the # away where yours is another one, and",
    "# say in request and response where a field stands that has another place or name there.",
)


def composed(filling: Filling, wire: WireDraft | None, out: Path) -> str:
    """The target file with the tables of a mapping, which has been read once.

    Raises:
        TargetFileError: it cannot be read, which no answer should bring about.
    """
    own = {n: of for n, of in TARGETS.tree["properties"].items() if not hasattr(PLAIN, n)}
    lines = [*_HEAD, *_table({"properties": own}, filling.data, "")]
    lines += ["", *([wire.text()] if wire else _skeleton(filling)), ""]
    lines += [
        "# Next: fill in the credentials, then see what is still missing:",
        f"#   pairproof doctor --target {json.dumps(str(out))[1:-1]}",
    ]
    text = "\n".join(lines) + "\n"
    read_target(text, str(out), out.parent, filling.environment())
    return text


def _skeleton(filling: Filling) -> _Lines:
    """Every operation that is asked of the sides of a file, and between them."""
    yield from _ANOTHER_WIRE
    surfaces = {Surface.AGENT, *(s for s, side in _SIDE_OF.items() if side in filling.sides)}
    left_out = () if filling.at("central", "admin") else [row.operation for row in tenant.TABLE]
    for kind, route in ROUTES.items():
        is_asked = kind.surface in surfaces and kind not in left_out
        if is_asked and not issubclass(kind, AcceptanceStep):
            yield from commented(route, f"{route.summary}.")


def env_template(variables: Sequence[str]) -> str:
    """The file of credentials, without any."""
    lines = ["# Fill in the values. Only you may read this file (mode 600); keep it out of git."]
    return "\n".join([*lines, *(f"{name}=" for name in variables)]) + "\n"


def _table(node: Node, data: Mapping[str, Any], at: str, *, is_first: bool = True) -> _Lines:
    """What stands in a table, each key with its sentence, and then the tables below it; of a list
    of tables the first has the sentences.
    """
    known: Node = node.get("properties") or dict.fromkeys(data, node["additionalProperties"])
    below = {name: inner for name, inner in known.items() if _holds_tables(inner)}
    for name in (n for n in known if n in data and n not in below):
        yield from _said(known[name]) if is_first else ()
        yield assignment(name, data[name])
    if is_first and (left := [name for name in known if name not in data]):
        yield from wrap(f"# not said: {', '.join(left)}", 98, subsequent_indent="#   ")
    for name, inner in below.items():
        here, value = f"{at}{toml_key(name)}", data.get(name, [])
        tables = value if isinstance(value, list) else [value]
        is_one = "properties" in inner
        for n, each in enumerate(tables):
            yield from ("", *(_said(inner) if is_first and n == 0 else ()))
            yield from (f"[[{here}]]",) if tables is value else (f"[{here}]",) if is_one else ()
            below_it = inner.get("items", inner)
            yield from _table(below_it, each, f"{here}.", is_first=is_first and n == 0)


def _holds_tables(node: Node) -> bool:
    inner = (node, node.get("items"), node.get("additionalProperties"))
    return any(isinstance(each, dict) and "properties" in each for each in inner)


def _said(node: Node) -> _Lines:
    sentence = sentence_of(node)
    yield from wrap(f"# {sentence}.", 98, subsequent_indent="# ") if sentence else ()


# --- documents ----------------------------------------------------------------------------


_SIDE_OF = {Surface.LOCAL_UI: Side.EDGE, Surface.PALETTE: Side.CENTRAL, Surface.AGENT: Side.CENTRAL}


def hints_of(documents: Sequence[Document]) -> Hints:
    """What documents say before anything is asked: which sides, where, and what it is called."""
    sides: dict[Side, str] = {}
    for document in documents:
        sides.update(dict.fromkeys(_sides_of(document), document.server))
    first = documents[0] if documents else None
    return Hints(
        sides=frozenset(sides),
        edge_url=_address(sides.get(Side.EDGE, "")),
        central_url=_address(sides.get(Side.CENTRAL, "")),
        name=_plain(first.title) if first else "",
        version=_plain(first.version) if first else "",
    )


def _sides_of(document: Document) -> frozenset[Side]:
    """The sides that a document describes: those that are sure, or the likeliest one."""
    matches = matched([document], Surface).values()
    counts: dict[Side, float] = defaultdict(float)
    for match in matches:
        counts[_SIDE_OF[match.route.surface]] += match.likeness
    sure = {_SIDE_OF[m.route.surface] for m in matches if m.certainty is Certainty.FOUND}
    return frozenset(sure or sorted(counts, key=lambda side: -counts[side])[:1])


def _address(text: str) -> str:
    """An address of somebody else's that may be offered as an answer, or nothing."""
    try:
        return address(Filling(Path(), "").check(("central", "url"))(text))
    except WrongAnswer:
        return ""


def _plain(text: str) -> str:
    """A text of somebody else's that may be offered as an answer, or nothing."""
    return text.strip() if text.isprintable() and len(text) <= 80 else ""


def wire_of(documents: Sequence[Document], described: frozenset[Side]) -> WireDraft:
    """The mapping for the sides that a file describes."""
    surfaces = [Surface.LOCAL_UI] if Side.EDGE in described else []
    if Side.CENTRAL in described:
        surfaces += [Surface.PALETTE, Surface.AGENT]
    else:  # what edge hosts ask of Palette may stand in the documents all the same
        asked = matched(documents, [Surface.AGENT]).values()
        surfaces += [Surface.AGENT] if any(m.certainty is Certainty.FOUND for m in asked) else []
    return wire_draft(documents, surfaces)
