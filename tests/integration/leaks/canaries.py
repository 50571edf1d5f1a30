"""Canary secrets: made in one place, spelled in every way, and looked for in all that is left."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

KINDS = ("password", "control", "session", "cookie", "token", "api-key", "tls-key")
FRAGMENT = 12
"""So many characters of a secret in a row are a leak, though the rest of it were cut away."""


def canary(kind: str, *, awkward: bool = False) -> str:
    """A secret of this kind; awkward ones hold what each spelling spells in its own way.

    Nothing in it repeats, so that every piece of it tells where it comes from.
    """
    core = f"{kind[:3]}Q{kind[::-1]}7x9z".replace("-", "")
    return f'cAnArY/{core}+&"\\%é{core[::-1]}' if awkward else f"cAnArY.{core}.{core[::-1]}"


SPELLINGS: Mapping[str, Callable[[str], str]] = {
    "plain": lambda s: s,
    "JSON": lambda s: json.dumps(s)[1:-1],
    "JSON in JSON": lambda s: json.dumps(json.dumps(s)[1:-1])[1:-1],
    "JSON without ASCII": lambda s: json.dumps(s, ensure_ascii=False)[1:-1],
    "Python": lambda s: repr(s)[1:-1],
    "Python's bytes": lambda s: repr(s.encode())[2:-1],
    "URL": lambda s: quote(s, safe=""),
    "URL in URL": lambda s: quote(quote(s, safe=""), safe=""),
    "path": quote,
    "form": quote_plus,
    "HTML": html.escape,
    "base64": lambda s: base64.b64encode(s.encode()).decode(),
    "base64url": lambda s: base64.urlsafe_b64encode(s.encode()).decode().rstrip("="),
    "base64 of a login": lambda s: base64.b64encode(f"kim:{s}".encode()).decode(),
    "base64 in the middle": lambda s: base64.b64encode(f'{{"a":"{s}"}}'.encode()).decode(),
    "hexadecimal": lambda s: s.encode().hex(),
    "HEXADECIMAL": lambda s: s.encode().hex().upper(),
}


def spelled(secrets: Iterable[str]) -> str:
    """Every secret in every spelling, with something between."""
    return " | ".join(spell(secret) for secret in secrets for spell in SPELLINGS.values())


class Hunt:
    """Looks for secrets, whole or in part, in whichever spelling."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._told = {
            piece: f"{name}: {secret}"
            for secret in secrets
            for name, spell in SPELLINGS.items()
            for piece in pieces(spell(secret))
        }

    def leaks(self, text: str) -> list[str]:
        """What of the secrets a text holds. Neither line ends nor base64 hide one."""
        found: dict[str, None] = {}
        for place in (re.sub(r"\s+", "", text), *_decoded(text)):
            for i in range(len(place) - FRAGMENT + 1):
                if (piece := place[i : i + FRAGMENT]) in self._told:
                    found[self._told[piece]] = None
        return list(found)


def pieces(written: str) -> list[str]:
    """The runs of characters in a row that already tell the secret, which has no blanks."""
    return [written[i : i + FRAGMENT] for i in range(max(1, len(written) - FRAGMENT + 1))]


def _decoded(text: str) -> Iterator[str]:
    """What the text says when read as base64, at each alignment."""
    for alphabet in ("+/", "-_"):
        for run in re.findall(rf"[A-Za-z0-9{alphabet}]{{{FRAGMENT + 4},}}", text):
            for start in range(4):
                part = run[start:][: (len(run) - start) // 4 * 4]
                yield base64.b64decode(part, altchars=alphabet.encode()).decode("latin-1")


def written_below(folder: Path, *, except_for: Iterable[str] = ()) -> dict[str, str]:
    """All that stands in the files of a folder, and their names, by their paths."""
    spared = set(except_for)
    return {
        str(
            path.relative_to(folder)
        ): f"{path.name}\n{path.read_bytes().decode('utf-8', 'replace')}"
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in spared
    }
