"""What every drawing of a report has in common: its frame, its title and what it shows in words.

A drawing names no colour of its own: lines and text take that of the text around it, and a page
colours the rest by classes, in light and in dark. Text stays text, and whatever it says is
escaped.
"""

from __future__ import annotations

from markupsafe import Markup


def drawing(
    body: Markup, *, look: str, key: str, title: str, shows: str, width: int, height: int
) -> Markup:
    """The drawing with this body. `key` makes the ids within it unique on its page.

    `look` is its class. `shows` says to somebody who cannot see it what there is to see.
    """
    return Markup(
        '<svg class="{look}" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        ' width="{width}" height="{height}" role="img" aria-labelledby="{key}-title {key}-desc"'
        ' font-size="13" fill="currentColor">\n<title id="{key}-title">{title}</title>\n'
        '<desc id="{key}-desc">{shows}</desc>\n{body}</svg>'
    ).format(
        look=look, width=width, height=height, key=key, title=title, shows=shows, body=body
    )  # fmt: skip
