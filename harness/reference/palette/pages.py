"""The pages of Palette: login, Clusters with the prompt, the review of requests, the wizard.

Each asks the central side what the API would ask it; no rule of pairing lives here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from harness.domain import operations as ops
from harness.domain.errors import Reason
from harness.reference.pages import answers
from harness.reference.pages.pages import LOGIN
from harness.reference.palette.frame import CLUSTERS, REVIEW
from harness.reference.palette.wizard_pages import WizardPages

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

    item: ops.PairingListItem
    view: ops.PairingRequestView | None


class PalettePages(WizardPages):
    """Every page of Palette."""

    def addresses(self) -> Sequence[answers.PageRoute]:
        return (
            answers.PageRoute("/", lambda _: answers.Redirect(CLUSTERS), ("GET",)),
            answers.PageRoute(LOGIN, self.login),
            answers.PageRoute("/logout", self.logout),
            answers.PageRoute("/scope", self.choose_scope),
            answers.PageRoute(CLUSTERS, self.in_scope(self.clusters), ("GET",)),
            answers.PageRoute(REVIEW, self.in_scope(self.requests)),
            *self.wizard_addresses(),
        )

    # --- login and scope --------------------------------------------------------------

    def login(self, asked: answers.PageRequest) -> answers.PageAnswer:
        """Log in with e-mail and password (ACC-1)."""
        if not asked.posted:
            return answers.Page("login.html", {"email": ""})
        operation = ops.LogInToPalette(asked.form.text("email"), asked.form.text("password"))
        try:
            session = self.without_scope(operation, "", ops.Session)
        except answers.NotDone as error:
            context = {"email": operation.email, "alert": error.message}
            return answers.Page("login.html", context, error.status, error.retry_after)
        return answers.Redirect("/", session=session.token, scope="")

    def without_scope(self, operation: ops.CentralOperation, session: str, kind: type[V]) -> V:
        """The answer to what has nothing to do with a project."""
        return answers.value_of(
            self.central.perform(operation, ops.Credentials(session=session)), kind
        )

    def logout(self, asked: answers.PageRequest) -> answers.PageAnswer:
        """End the session and its wizards, in the browser in any case."""
        if not asked.posted:
            return answers.Redirect("/")
        self.wizards.drop_session(asked.session)
        try:
            self.without_scope(ops.LogOutOfPalette(), asked.session, ops.Acknowledged)
        except answers.NotDone as error:
            if error.reason is not Reason.UNAUTHENTICATED:
                raise
        return answers.Redirect(LOGIN, session="", scope="")

    def choose_scope(self, asked: answers.PageRequest) -> answers.PageAnswer:
        """Work in another project from now on; one that is none of theirs is no choice."""
        if not asked.posted:
            return answers.Redirect(CLUSTERS)
        chosen = asked.form.text("scope")
        known = any(scope.uid == chosen for scope in self.scopes(asked))
        return answers.Redirect(CLUSTERS, scope=chosen if known else "")

    # --- Clusters ---------------------------------------------------------------------

    def clusters(self, asked: answers.PageRequest) -> answers.PageAnswer:
        """The prompt while requests are pending, and the registered clusters (ACC-2, ACC-12P)."""
        context = {
            "waiting": self.waiting(asked),
            "clusters": self.ask(asked, ops.ListCentralClusters(), ops.CentralClusterList).items,
        }
        notice = _NOTICES.get(asked.query.text("done"), "")
        return self.page(asked, "clusters.html", context, notice=notice)

    def waiting(self, asked: answers.PageRequest) -> int:
        """How many requests the prompt invites to review; without any there is no prompt."""
        try:
            return len(self.pending(asked))
        except answers.NotDone as error:
            if error.reason in _HIDDEN:
                return 0
            raise

    def pending(self, asked: answers.PageRequest) -> tuple[ops.PairingListItem, ...]:
        """The pending requests of the scope."""
        return self.ask(asked, ops.ListPairingRequests(), ops.PairingList).items

    # --- the review of requests -------------------------------------------------------

    def requests(self, asked: answers.PageRequest) -> answers.PageAnswer:
        """All pending requests, each with Pair and Reject (ACC-23, REJ-9)."""
        return answers.carried_out(asked, self.reject, self.requests_page)

    def reject(self, asked: answers.PageRequest) -> answers.PageAnswer:
        """Reject one request by its id."""
        if asked.form.text("action") != "reject":
            raise answers.unknown_action(asked)
        operation = ops.RejectPairingRequest(asked.form.text("pairing_uid"))
        self.ask(asked, operation, ops.Acknowledged)
        return answers.Redirect(f"{REVIEW}?done=rejected")

    def requests_page(
        self, asked: answers.PageRequest, error: answers.NotDone | None = None
    ) -> answers.Page:
        """The table of requests."""
        rows = [ReviewRow(item, self.readable(asked, item)) for item in self.pending(asked)]
        notice = _NOTICES.get(asked.query.text("done"), "")
        return self.page(asked, "requests.html", {"rows": rows}, error, notice)

    def readable(
        self, asked: answers.PageRequest, item: ops.PairingListItem
    ) -> ops.PairingRequestView | None:
        """What the request carried, for its tags; the list itself has none."""
        try:
            return self.ask(asked, ops.ViewPairingRequest(item.pairing_uid), ops.PairingRequestView)
        except answers.NotDone as error:
            if error.reason in _HIDDEN:
                return None
            raise
