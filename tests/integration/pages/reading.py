"""What a person sees on a page, read from its HTML; and a visitor who clicks."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx

_VOID = {"input", "meta", "link", "br", "hr", "img"}
_INLINE = {"a", "b", "code", "span", "strong"}
_SILENT = {"script", "style", "title"}


@dataclass
class Element:
    """One element with its attributes and all the text inside."""

    tag: str
    attributes: dict[str, str]
    text: str = ""

    def __getitem__(self, name: str) -> str:
        return self.attributes.get(name, "")

    def has(self, name: str) -> bool:
        return name in self.attributes


@dataclass
class Seen:
    """An answer as a person sees it."""

    response: httpx.Response
    elements: list[Element] = field(default_factory=list)

    @property
    def path(self) -> str:
        return self.response.url.path

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def text(self) -> str:
        return next(e.text for e in self.elements if e.tag == "body")

    def find(self, tag: str, **attributes: str) -> list[Element]:
        return [
            e
            for e in self.elements
            if e.tag == tag and all(e[name] == value for name, value in attributes.items())
        ]

    def alerts(self) -> list[str]:
        return [e.text for e in self.elements if e["role"] == "alert"]

    def notices(self) -> list[str]:
        return [e.text for e in self.elements if e["role"] == "status"]

    def buttons(self) -> dict[str, bool]:
        """Each button's label, and whether it can be clicked."""
        return {e.text: not e.has("disabled") for e in self.find("button")}

    def field(self, label: str) -> str:
        """The value of the field with this label."""
        target = next(e["for"] for e in self.find("label") if e.text == label)
        element = next(e for e in self.elements if e["id"] == target)
        return element.text if element.tag == "textarea" else element["value"]

    def rows(self) -> list[Element]:
        return [e for e in self.find("tr") if any(n.startswith("data-") for n in e.attributes)]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Element] = []
        self._open: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._space(tag)
        self.found.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop().tag != tag:
            pass
        self._space(tag)

    def _space(self, tag: str) -> None:
        if tag not in _INLINE:
            self.handle_data(" ")

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1].tag in _SILENT:
            return
        for element in self._open:
            element.text += data


def read(response: httpx.Response) -> Seen:
    """Read a page."""
    reader = _Reader()
    reader.feed(response.text)
    for element in reader.found:
        if element.tag == "textarea":
            element.text = element.text.removeprefix("\n")  # as browsers do
        elif element.tag != "pre":
            element.text = " ".join(element.text.split())
    return Seen(response, reader.found)


class Visitor:
    """Somebody with a browser of their own: keeps cookies, follows redirects."""

    def __init__(self, client: httpx.Client, base: str) -> None:
        self.client = client
        self.base = base

    def open(self, path: str) -> Seen:
        return read(self.client.get(self.base + path))

    def send(self, path: str, /, *more: tuple[str, str], **entries: str) -> Seen:
        """Send a form from a page of this address."""
        return self.post(path, {"Origin": self.base}, *more, **entries)

    def post(
        self, path: str, headers: dict[str, str], /, *more: tuple[str, str], **entries: str
    ) -> Seen:
        form = httpx.QueryParams([*entries.items(), *more])
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        sent = str(form).encode()
        response = self.client.post(self.base + path, content=sent, headers=kind | headers)
        return read(response)

    def cookie(self, part: str) -> str:
        """The value of the cookie whose name has this part; empty without one."""
        found = (c.value for c in self.client.cookies.jar if part in c.name)
        return next(found, None) or ""
