"""What a page is asked, and how it answers: values, with nothing of HTTP but the words.

PairproofError
+-- NotDone      a side refused what a page asked of it, or its outcome is unknown
+-- Elsewhere    another page has to be seen first
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

from harness.domain.errors import PairproofError, Reason, Refusal, Refused
from harness.domain.operations import Done, Reply
from harness.reference.pages.forms import Form
from harness.wire.codec.server import STATUS_OF, UNKNOWN_STATUS

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class PageRequest:
    """One request for a page.

    `session` is the token from the cookie, `scope` the project that was chosen in the
    browser, `host_uid` the edge host whose Local UI is asked; each is empty where there is
    none.
    """

    method: str
    params: Mapping[str, str] = field(default_factory=dict)
    query: Form = Form()
    form: Form = Form()
    session: str = ""
    scope: str = ""
    host_uid: str = ""

    @property
    def posted(self) -> bool:
        """Whether something is to be done, and not only shown."""
        return self.method == "POST"


@dataclass(frozen=True, slots=True)
class Page:
    """A page to show: a template with what it shows."""

    template: str
    context: Mapping[str, object] = field(default_factory=dict)
    status: int = 200
    retry_after: str = ""


@dataclass(frozen=True, slots=True)
class Redirect:
    """Another page to go to. A session or scope that is not `None` is kept from now on."""

    to: str
    session: str | None = None
    scope: str | None = None


PageAnswer: TypeAlias = Page | Redirect
Handler: TypeAlias = Callable[[PageRequest], PageAnswer]


@dataclass(frozen=True, slots=True)
class PageRoute:
    """A path of the pages (`/clusters/pairing/{pairing_uid}/review`) and what answers there."""

    path: str
    handler: Handler
    methods: tuple[str, ...] = ("GET", "POST")


class NotDone(PairproofError):
    """A side said no, or nobody knows. `status` is what the page is answered with."""

    def __init__(self, reason: Reason, message: str, status: int, retry_after: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.status = status
        self.retry_after = retry_after


class Elsewhere(PairproofError):
    """Raised where another page has to be seen first."""

    def __init__(self, redirect: Redirect) -> None:
        super().__init__(redirect.to)
        self.redirect = redirect


def value_of(reply: Reply, kind: type[V]) -> V:
    """The value of a reply. Raises `NotDone` if it was refused, or its outcome is unknown."""
    if isinstance(reply, Refused):
        raise not_done(reply)
    if not isinstance(reply, Done):
        why = f"it may or may not have happened: {reply.why}"
        raise NotDone(Reason.INTERNAL, why, UNKNOWN_STATUS)
    if not isinstance(reply.value, kind):
        raise TypeError(f"a {kind.__name__} was due, and a {type(reply.value).__name__} came")
    return reply.value


def not_done(refused: Refused) -> NotDone:
    """A refusal as a page tells it."""
    retry_after = refused.details.get("retry_after", "")
    return NotDone(refused.reason, refused.message, STATUS_OF[refused.reason], retry_after)


def page_error(error: NotDone | Refusal) -> NotDone:
    """An error that the page itself shows; without a session there is no page to show it on.

    Raises:
        NotDone: the login page has to come first.
    """
    raised = error if isinstance(error, NotDone) else not_done(error.refused)
    if raised.reason is Reason.UNAUTHENTICATED:
        raise raised
    return raised


def carried_out(
    asked: PageRequest, do: Handler, show: Callable[[PageRequest, NotDone | None], Page]
) -> PageAnswer:
    """The page; or what came of a form that was posted, and why nothing did on the page."""
    if not asked.posted:
        return show(asked, None)
    try:
        return do(asked)
    except (NotDone, Refusal) as error:
        return show(asked, page_error(error))


def unknown_action(asked: PageRequest) -> Refusal:
    """A form that none of our pages sends."""
    action = asked.form.text("action")
    return Refusal(Reason.INVALID_INPUT, f"this page knows no action {action!r}")
