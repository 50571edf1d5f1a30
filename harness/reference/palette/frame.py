"""The frame of Palette's pages: who asks, in which scope, and what every page shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Protocol, TypeVar

from harness.domain import operations as ops
from harness.reference.pages import answers
from harness.reference.pages.pages import MenuEntry, Pages

V = TypeVar("V")

CLUSTERS = "/clusters"
REVIEW = "/clusters/pairing"
"""The review of all pending requests; the wizard of one lies below it."""


class CentralPort(Protocol):
    """What the shell asks of the central side."""

    def perform(
        self, operation: ops.PaletteOperation, credentials: ops.Credentials
    ) -> ops.KnownReply:
        """Carry out one operation."""


class PaletteFrame(Pages):
    """What all pages of Palette have in common."""

    name: ClassVar[str] = "palette"
    title: ClassVar[str] = "Palette"
    menu: ClassVar[tuple[MenuEntry, ...]] = (MenuEntry("Clusters", CLUSTERS),)
    templates: ClassVar[Path] = Path(__file__).parent / "templates"

    def __init__(self, central: CentralPort) -> None:
        self.central = central

    def scopes(self, asked: answers.PageRequest) -> tuple[ops.NamedScope, ...]:
        """The scopes that the project selector offers."""
        credentials = ops.Credentials(session=asked.session)
        return answers.value_of(
            self.central.perform(ops.ListScopes(), credentials), ops.ScopeList
        ).items

    def in_scope(self, handler: answers.Handler) -> answers.Handler:
        """The handler, asked in the scope that was chosen, or else in the first.

        One that is gone counts as no choice. It is the `ProjectUid` of all that a page asks.
        """

        def scoped(asked: answers.PageRequest) -> answers.PageAnswer:
            return handler(self.scoped(asked))

        return scoped

    def scoped(self, asked: answers.PageRequest) -> answers.PageRequest:
        """The request with its scope settled."""
        uids = [scope.uid for scope in self.scopes(asked)]
        scope = asked.scope if asked.scope in uids else next(iter(uids), "")
        return replace(asked, scope=scope)

    def ask(self, asked: answers.PageRequest, operation: ops.CentralOperation, kind: type[V]) -> V:
        """The answer of the central side, in the scope of the request.

        Raises:
            NotDone: it was refused.
        """
        credentials = ops.Credentials(session=asked.session, project_uid=asked.scope)
        return answers.value_of(self.central.perform(operation, credentials), kind)

    def page(
        self,
        asked: answers.PageRequest,
        template: str,
        context: Mapping[str, object],
        error: answers.NotDone | None = None,
        notice: str = "",
    ) -> answers.Page:
        """A page inside the frame, with what went wrong or what was done."""
        frame = {
            "active": CLUSTERS,
            "scopes": self.scopes(asked),
            "scope": asked.scope,
            "notice": notice,
            "alert": error.message if error else "",
        }
        status, retry_after = (error.status, error.retry_after) if error else (200, "")
        return answers.Page(template, {**frame, **context}, status, retry_after)

    def failed(self, asked: answers.PageRequest, error: answers.NotDone) -> answers.PageAnswer:
        answer = super().failed(asked, error)
        if not isinstance(answer, answers.Page) or not asked.session:
            return answer
        try:
            return self.page(self.scoped(asked), "error.html", {"back": REVIEW}, error)
        except answers.NotDone:
            return answer
