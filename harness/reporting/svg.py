"""Drawings: what all of a report have in common, and `badge.svg`, the verdict in a small one.

A drawing of a report names no colour of its own: lines and text take that of the text around it,
and a page colours the rest by classes, in light and in dark. Text stays text, and whatever it says
is escaped.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from markupsafe import Markup

from harness.reporting.words import uncapitalized


def drawing(
    body: Markup,
    *,
    look: str,
    key: str,
    title: str,
    shows: str,
    width: int,
    height: int,
    role: str = "img",
) -> Markup:
    """The drawing with this body. `key` makes the ids within it unique on its page.

    `look` is its class, `role` "group" where there are links within. `shows` says to somebody who
    cannot see it what there is to see.
    """
    return Markup(
        '<svg class="{look}" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        ' width="{width}" height="{height}" role="{role}" aria-labelledby="{key}-title {key}-desc"'
        ' font-size="13" fill="currentColor">\n<title id="{key}-title">{title}</title>\n'
        '<desc id="{key}-desc">{shows}</desc>\n{body}</svg>'
    ).format(
        look=look, role=role, width=width, height=height, key=key, title=title, shows=shows,
        body=body,
    )  # fmt: skip


# --- the badge -------------------------------------------------------------------------------

_COLOURS: Final[Mapping[str, str]] = {
    "conforms": "#176f32",
    "does_not_conform": "#b0201a",
    "inconclusive": "#805000",
    "selection": "#55606b",
}
"""By the tone of a report."""
_LETTER: Final = 6.6
"""About how wide a letter of 11 pixels is; `textLength` makes it exact."""
_MARGIN: Final = 8


def badge_svg(headline: str, tone: str, edition: str, scope: str = "", waived: int = 0) -> str:
    """The badge. `scope` is what was asked for, if not all; what is waived is said as well."""
    left = f"cluster pairing {edition}" + (f" · {scope}" if scope else "")
    right = uncapitalized(headline) + (f", {waived} waived" if waived else "")
    first, second = (len(text) * _LETTER for text in (left, right))
    middle, width = first + 2 * _MARGIN, first + second + 4 * _MARGIN
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="20" role="img"'
        ' aria-label="{left}: {right}">\n<title>{left}: {right}</title>\n'
        '<clipPath id="edge"><rect width="{width:.0f}" height="20" rx="4"/></clipPath>\n'
        '<g clip-path="url(#edge)"><rect width="{middle:.0f}" height="20" fill="#3b424a"/>'
        '<rect x="{middle:.0f}" width="{rest:.0f}" height="20" fill="{colour}"/></g>\n'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        '<text x="{margin}" y="14" textLength="{first:.0f}">{left}</text>'
        '<text x="{at:.0f}" y="14" textLength="{second:.0f}">{right}</text></g>\n</svg>\n'
    ).format(
        width=width, middle=middle, rest=width - middle, colour=_COLOURS[tone], left=left,
        right=right, margin=_MARGIN, first=first, at=middle + _MARGIN, second=second,
    )  # fmt: skip
