"""Pictures of pages for whoever reads a run, and what a page was made of where it went wrong.

They lie beside the evidence, each called by its hash, which the evidence names. Secrets are covered
in the page before it is taken, and replaced in what is kept as text.
"""

from __future__ import annotations

import base64
from collections.abc import Collection
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from playwright.sync_api import Page

FOLDER: Final = "pictures"
BYTES_MAX: Final = 16 << 20
"""What one process keeps at most, in bytes; a picture has about fifteen thousand."""
DOM_BYTES_MAX: Final = 200_000
_SCALE: Final = 0.5
_QUALITY: Final = 60
COVERED: Final = "•••"

_COVER: Final = """secrets => {
  const covered = window.__covered = [];
  const cover = element => {
    covered.push([element, element.style.filter]);
    element.style.filter = 'blur(12px) contrast(0)';
  };
  const holds = text => secrets.some(secret => text.includes(secret));
  for (const field of document.querySelectorAll('input, textarea')) {
    if (field.type === 'password' || holds(field.value)) cover(field);
  }
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    if (holds(texts.currentNode.data)) cover(texts.currentNode.parentElement);
  }
}"""
_UNCOVER: Final = """() => {
  for (const [element, filter] of window.__covered ?? []) element.style.filter = filter;
  delete window.__covered;
}"""


class Pictures:
    """Where pictures go: to the `folder` of a run, and nowhere until that is set."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        self._left = BYTES_MAX

    def take(self, tab: Page, secrets: Collection[str]) -> str:
        """Keep a picture of what is seen, at half its size; returns its name, empty for none."""
        if self.folder is None or self._left <= 0:
            return ""
        size = tab.viewport_size or {"width": 1280, "height": 720}
        session = tab.context.new_cdp_session(tab)
        tab.evaluate(_COVER, list(secrets))
        try:
            across, down = tab.evaluate("() => [scrollX, scrollY]")
            clip = {"x": across, "y": down, **size, "scale": _SCALE}
            asked = {"format": "webp", "quality": _QUALITY, "clip": clip}
            taken = session.send("Page.captureScreenshot", asked)
        finally:
            tab.evaluate(_UNCOVER)
            session.detach()
        return self._keep(base64.b64decode(taken["data"]), "webp")

    def keep_dom(self, tab: Page, secrets: Collection[str]) -> str:
        """Keep what a page is made of, without secrets and cut to a length; returns its name."""
        return self._keep(without(secrets, tab.content()).encode()[:DOM_BYTES_MAX], "html")

    def _keep(self, data: bytes, kind: str) -> str:
        if self.folder is None or self._left < len(data):
            return ""
        name = f"{FOLDER}/{sha256(data).hexdigest()}.{kind}"
        path = self.folder / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            self._left -= len(data)
        return name


def without(secrets: Collection[str], text: str) -> str:
    """A text with something else in place of each secret."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, COVERED)
    return text
