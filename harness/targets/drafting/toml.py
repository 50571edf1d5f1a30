"""Values as TOML writes them."""

from __future__ import annotations

import json
from collections.abc import Sequence


def toml_text(value: str) -> str:
    """A text. JSON's texts are TOML's too, as long as no DEL is in them and nothing is spelled
    as two surrogates.
    """
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def toml_line(key: str, value: str) -> str:
    """One assignment of a text."""
    return f"{key} = {toml_text(value)}"


def toml_list(key: str, values: Sequence[str]) -> str:
    """One assignment of a list of texts."""
    return f"{key} = [{', '.join(map(toml_text, values))}]"
