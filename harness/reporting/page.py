"""Makes a page from its template: self-contained, fetching nothing, with a policy to say so.

What came from a target is escaped data. A content security policy names the style sheet and the
script of the page by their digests, so nothing else could run even so.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from harness.reporting import words

_TEMPLATES = Path(__file__).parent / "templates"


def render_page(template: str, styles: Sequence[str], script: str = "", **values: object) -> str:
    """The page that a template makes of these values, with its style sheets and its script.

    `template`, `styles` and `script` are names of files in the folder of the templates.
    """
    style = "".join(_asset(name) for name in styles)
    code = _asset(script) if script else ""
    policy = f"default-src 'none'; style-src {_source(style)}"
    return _environment().get_template(template).render(
        values,
        style=Markup(style),
        script=Markup(code),
        policy=f"{policy}; script-src {_source(code)}" if code else policy,
    )  # fmt: skip


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals["words"] = words
    return environment


@cache
def _asset(name: str) -> str:
    return (_TEMPLATES / name).read_text("utf-8")


def _source(inline: str) -> str:
    """How a content security policy names an inline script or style sheet."""
    return f"'sha256-{base64.b64encode(sha256(inline.encode()).digest()).decode()}'"
