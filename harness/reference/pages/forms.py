"""Entries of a form, read with nothing but the standard library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from harness.domain.errors import Reason, Refusal

URLENCODED = "application/x-www-form-urlencoded"
_FIELDS_MAX = 2_000
"""A page of the largest cluster has a few hundred."""


@dataclass(frozen=True, slots=True)
class Form:
    """The entries of a form or a query, in their order; a name may come more than once."""

    entries: tuple[tuple[str, str], ...] = ()

    def text(self, name: str) -> str:
        """The first entry of this name, with plain line ends; empty when there is none."""
        found = next((value for key, value in self.entries if key == name), "")
        return found.replace("\r\n", "\n")

    def every(self, name: str) -> tuple[str, ...]:
        """All entries of this name."""
        return tuple(value for key, value in self.entries if key == name)

    def has(self, name: str) -> bool:
        """Whether there is such an entry; that is what a checked box amounts to."""
        return any(key == name for key, _ in self.entries)


def parse_form(body: bytes, content_type: str) -> Form:
    """The form in the body of a POST.

    Raises:
        Refusal: it is no form, is not in UTF-8, or has too many fields.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if body and kind != URLENCODED:
        raise Refusal(Reason.INVALID_INPUT, f"the form came as {kind or 'nothing known'}")
    try:
        return parse_query(body.decode("ascii"))
    except UnicodeDecodeError:
        raise Refusal(Reason.INVALID_INPUT, "the form is not percent-encoded") from None


def parse_query(text: str) -> Form:
    """The entries of a query, or of a form's body.

    Raises:
        Refusal: it is not in UTF-8, or has too many fields.
    """
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_FIELDS_MAX)
    except ValueError as error:
        raise Refusal(Reason.INVALID_INPUT, f"the form cannot be read: {error}") from None
    return Form(tuple(pairs))


def tags_as_text(tags: Mapping[str, str]) -> str:
    """Tags as a person edits them: a line each, `key:value`, or `key` without a value."""
    return "\n".join(f"{key}:{value}" if value else key for key, value in tags.items())


def tags_from_text(text: str) -> dict[str, str]:
    """Tags from lines of `key:value`; a line without a colon is a key without a value.

    Raises:
        Refusal: a line has no key, or a key comes twice.
    """
    tags: dict[str, str] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        key, _, value = (part.strip() for part in line.partition(":"))
        if not key:
            raise Refusal(Reason.INVALID_INPUT, f"tag {line!r} has no key: write key:value")
        if key in tags:
            raise Refusal(Reason.INVALID_INPUT, f"tag {key!r} comes twice: leave one of them out")
        tags[key] = value
    return tags
