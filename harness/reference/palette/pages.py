"""The pages of Palette: login, Clusters with the prompt, the review of requests, the wizard.

Each asks the central side what the API would ask it; no rule of pairing lives here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from starlette.applications import Starlette

from harness.domain.errors import Reason, Refusal
from harness.domain.operations import (
    Acknowledged,
    CentralClusterList,
    CentralOperation,
    Credentials,
    ListCentralClusters,
    ListPairingRequests,
    LogInToPalette,
    LogOutOfPalette,
    PairingList,
    PairingListItem,
    PairingRequestView,
    RejectPairingRequest,
    Session,
    ViewPairingRequest,
)
from harness.reference.pages.answers import (
    Address,
    Asked,
    NotDone,
    Page,
    PageAnswer,
    Redirect,
    shown,
    unknown_action,
    value_of,
)
from harness.reference.pages.mount import mount
from harness.reference.pages.site import LOGIN, Site
from harness.reference.palette.frame import CLUSTERS, REVIEW
from harness.reference.palette.wizard_pages import WizardPages

if TYPE_CHECKING:
    from harness.reference.palette.app import Central

V = TypeVar("V")

_NOTICES = {
    "paired": "Pairing has started. The cluster is managed centrally once its host has confirmed.",
    "rejected": "The pairing request was rejected.",
}
"""What is said after a redirect; the query names it, and cannot say anything else."""
_HIDDEN = (Reason.FORBIDDEN, Reason.NOT_FOUND)
"""How the central side answers whoever lacks a permission."""


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """A pending request in the review; `view` is `None` where it may not be read."""

    item: PairingListItem
    view: PairingRequestView | None


class PalettePages(WizardPages):
    """Every page of Palette."""

    def addresses(self) -> Sequence[Address]:
        """Every path with what answers there."""
        return (
            Address("/", lambda _: Redirect(CLUSTERS), ("GET",)),
            Address(LOGIN, self.login),
            Address("/logout", self.logout),
            Address("/scope", self.choose_scope),
            Address(CLUSTERS, self.in_scope(self.clusters), ("GET",)),
            Address(REVIEW, self.in_scope(self.requests)),
            *self.wizard_addresses(),
        )

    # --- login and scope --------------------------------------------------------------

    def login(self, asked: Asked) -> PageAnswer:
        """Log in with e-mail and password (ACC-1)."""
        if not asked.posted:
            return Page("login.html", {"email": ""})
        operation = LogInToPalette(asked.form.text("email"), asked.form.text("password"))
        try:
            session = self.without_scope(operation, "", Session)
        except NotDone as error:
            context = {"email": operation.email, "alert": error.message}
            return Page("login.html", context, error.status, error.retry_after)
        return Redirect("/", session=session.token, scope="")

    def without_scope(self, operation: CentralOperation, session: str, kind: type[V]) -> V:
        """The answer to what has nothing to do with a project."""
        return value_of(self.central.perform(operation, Credentials(session=session)), kind)

    def logout(self, asked: Asked) -> PageAnswer:
        """End the session and its wizards, in the browser in any case."""
        if not asked.posted:
            return Redirect("/")
        self.wizards.drop_session(asked.session)
        try:
            self.without_scope(LogOutOfPalette(), asked.session, Acknowledged)
        except NotDone as error:
            if error.reason is not Reason.UNAUTHENTICATED:
                raise
        return Redirect(LOGIN, session="", scope="")

    def choose_scope(self, asked: Asked) -> PageAnswer:
        """Work in another project from now on; one that is none of theirs is no choice."""
        if not asked.posted:
            return Redirect(CLUSTERS)
        chosen = asked.form.text("scope")
        known = any(scope.uid == chosen for scope in self.scopes(asked))
        return Redirect(CLUSTERS, scope=chosen if known else "")

    # --- Clusters ---------------------------------------------------------------------

    def clusters(self, asked: Asked) -> PageAnswer:
        """The prompt while requests are pending, and the registered clusters (ACC-2, ACC-12P)."""
        context = {
            "waiting": self.waiting(asked),
            "clusters": self.ask(asked, ListCentralClusters(), CentralClusterList).items,
        }
        notice = _NOTICES.get(asked.query.text("done"), "")
        return self.page(asked, "clusters.html", context, notice=notice)

    def waiting(self, asked: Asked) -> int:
        """How many requests the prompt invites to review; without any there is no prompt."""
        try:
            return len(self.pending(asked))
        except NotDone as error:
            if error.reason in _HIDDEN:
                return 0
            raise

    def pending(self, asked: Asked) -> tuple[PairingListItem, ...]:
        """The pending requests of the scope."""
        return self.ask(asked, ListPairingRequests(), PairingList).items

    # --- the review of requests -------------------------------------------------------

    def requests(self, asked: Asked) -> PageAnswer:
        """All pending requests, each with Pair and Reject (ACC-23, REJ-9)."""
        if not asked.posted:
            return self.requests_page(asked)
        try:
            return self.reject(asked)
        except (NotDone, Refusal) as error:
            return self.requests_page(asked, shown(error))

    def reject(self, asked: Asked) -> PageAnswer:
        """Reject one request by its id."""
        if asked.form.text("action") != "reject":
            raise unknown_action(asked)
        operation = RejectPairingRequest(asked.form.text("pairing_uid"))
        self.ask(asked, operation, Acknowledged)
        return Redirect(f"{REVIEW}?done=rejected")

    def requests_page(self, asked: Asked, error: NotDone | None = None) -> Page:
        """The table of requests."""
        rows = [ReviewRow(item, self.readable(asked, item)) for item in self.pending(asked)]
        notice = _NOTICES.get(asked.query.text("done"), "")
        return self.page(asked, "requests.html", {"rows": rows}, error, notice)

    def readable(self, asked: Asked, item: PairingListItem) -> PairingRequestView | None:
        """What the request carried, for its tags; the list itself has none."""
        try:
            return self.ask(asked, ViewPairingRequest(item.pairing_uid), PairingRequestView)
        except NotDone as error:
            if error.reason in _HIDDEN:
                return None
            raise


def mount_pages(
    app: Starlette, central: Central, pages: Callable[[Central], Site] = PalettePages
) -> None:
    """Add the pages to Palette's app."""
    mount(app, pages(central))
