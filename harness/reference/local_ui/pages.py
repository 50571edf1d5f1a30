"""The pages of Local UI: login, Cluster, Settings.

Each asks the edge what the API would ask it; no rule of pairing lives here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import ClassVar, Protocol, TypeVar

from harness.domain import operations as ops
from harness.domain.cluster import Cluster, ManagementMode
from harness.domain.errors import Reason
from harness.domain.pairing import LocalState
from harness.reference.pages import answers
from harness.reference.pages.forms import tags_as_text, tags_from_text
from harness.reference.pages.pages import LOGIN, MenuEntry, Pages

V = TypeVar("V")

CLUSTER = "/cluster"
SETTINGS = "/settings"
_NOTICES = {
    "cancelled": "Cancelled. The cluster stays locally managed. Should Palette have been out of"
    " reach, reject the request there by the ID that was kept.",
    "saved": "The tags were saved.",
    "deleting": "The cluster is being deleted.",
}
"""What is said after a redirect; the query names it, and cannot say anything else."""


class EdgePort(Protocol):
    """What the shell asks of the edge."""

    def perform(
        self, host_uid: str, operation: ops.LocalOperation, credentials: ops.Credentials
    ) -> ops.Reply:
        """Carry out one operation at a host."""


class SettingsState(StrEnum):
    """What the page Settings is about."""

    LOCAL = "local"
    PENDING = "pending"
    CENTRAL = "central"


@dataclass(frozen=True, slots=True)
class SettingsEntries:
    """What stood in the fields, to be shown again. The token never is."""

    central: bool = False
    endpoint: str = ""
    insecure: bool = False


class LocalPages(Pages):
    """Every page of Local UI."""

    name: ClassVar[str] = "local-ui"
    title: ClassVar[str] = "Local UI"
    menu: ClassVar[tuple[MenuEntry, ...]] = (
        MenuEntry("Cluster", CLUSTER),
        MenuEntry("Settings", SETTINGS),
    )
    templates: ClassVar[Path] = Path(__file__).parent / "templates"

    def __init__(self, edge: EdgePort) -> None:
        self.edge = edge

    def addresses(self) -> Sequence[answers.PageRoute]:
        return (
            answers.PageRoute("/", lambda _: answers.Redirect(CLUSTER), ("GET",)),
            answers.PageRoute(LOGIN, self.login),
            answers.PageRoute("/logout", self.logout),
            answers.PageRoute(CLUSTER, self.cluster),
            answers.PageRoute(SETTINGS, self.settings),
        )

    def ask(self, asked: answers.PageRequest, operation: ops.LocalOperation, kind: type[V]) -> V:
        """The answer of this host's Local UI.

        Raises:
            NotDone: it was refused, or its outcome is unknown.
        """
        credentials = ops.Credentials(session=asked.session)
        return answers.value_of(self.edge.perform(asked.host_uid, operation, credentials), kind)

    # --- login ------------------------------------------------------------------------

    def login(self, asked: answers.PageRequest) -> answers.PageAnswer:
        """Log in as a user of the host's operating system (SND-1)."""
        if not asked.posted:
            return answers.Page("login.html", {"username": "", "host_uid": asked.host_uid})
        form = asked.form
        operation = ops.LogIn(form.text("username"), form.text("password"), form.has("extended"))
        try:
            session = self.ask(asked, operation, ops.Session)
        except answers.NotDone as error:
            context = {
                "username": operation.username,
                "host_uid": asked.host_uid,
                "alert": error.message,
            }
            return answers.Page("login.html", context, error.status)
        return answers.Redirect("/", session=session.token)

    def logout(self, asked: answers.PageRequest) -> answers.PageAnswer:
        """End the session, which is over in the browser in any case."""
        if not asked.posted:
            return answers.Redirect("/")
        try:
            self.ask(asked, ops.LogOut(), ops.Acknowledged)
        except answers.NotDone as error:
            if error.reason is not Reason.UNAUTHENTICATED:
                raise
        return answers.Redirect(LOGIN, session="")

    # --- Cluster ----------------------------------------------------------------------

    def cluster(self, asked: answers.PageRequest) -> answers.PageAnswer:
        """The cluster as it is, and what may be done with it here."""
        return answers.carried_out(asked, self.change_cluster, self.cluster_page)

    def change_cluster(self, asked: answers.PageRequest) -> answers.Redirect:
        """A local cluster operation."""
        match asked.form.text("action"):
            case "tags":
                tags = tags_from_text(asked.form.text("tags"))
                operation = ops.UpdateCluster(asked.form.text("cluster"), tags)
                self.ask(asked, operation, ops.Acknowledged)
                return answers.Redirect(f"{CLUSTER}?done=saved")
            case "delete":
                self.ask(asked, ops.DeleteCluster(), ops.Acknowledged)
                return answers.Redirect(f"{CLUSTER}?done=deleting")
        raise answers.unknown_action(asked)

    def cluster_page(
        self, asked: answers.PageRequest, error: answers.NotDone | None = None
    ) -> answers.Page:
        """State, health, nodes, tags and profiles; operations only under local management."""
        management = self.ask(asked, ops.ViewManagement(), ops.Management)
        cluster = self.optional(asked, ops.ViewCluster(), Cluster)
        stack = self.optional(asked, ops.ViewStack(), ops.Stack)
        context = {
            "cluster": cluster,
            "profiles": stack.profiles if stack else (),
            "tags_text": asked.form.text("tags") or (tags_as_text(cluster.tags) if cluster else ""),
            "offers_operations": self.offers_operations(management),
        }
        return self.page(asked, "cluster.html", CLUSTER, context, error)

    def offers_operations(self, management: ops.Management) -> bool:
        """Whether local cluster operations are offered at all (ACC-13)."""
        return management.mode is ManagementMode.LOCAL

    def optional(
        self, asked: answers.PageRequest, operation: ops.LocalOperation, kind: type[V]
    ) -> V | None:
        """An answer that there may be none of."""
        try:
            return self.ask(asked, operation, kind)
        except answers.NotDone as error:
            if error.reason in (Reason.NOT_FOUND, Reason.NOTHING_PENDING):
                return None
            raise

    # --- Settings ---------------------------------------------------------------------

    def settings(self, asked: answers.PageRequest) -> answers.PageAnswer:
        """The management mode, and the pairing request (SND-2, SND-12, WDR-2P, WDR-3P)."""
        return answers.carried_out(asked, self.change_settings, self.settings_page)

    def change_settings(self, asked: answers.PageRequest) -> answers.PageAnswer:
        """One of the buttons: Check connection, Pair, Cancel Pairing Request."""
        form = asked.form
        inputs = (form.text("endpoint"), form.text("token"), form.has("insecure"))
        match form.text("action"):
            case "check":
                check = self.ask(asked, ops.VerifyConnection(*inputs), ops.Verification)
                return self.settings_page(asked, check=check)
            case "pair":
                self.ask(asked, ops.SendPairingRequest(*inputs), ops.PairingId)
                return answers.Redirect(SETTINGS)
            case "cancel":
                self.ask(asked, ops.CancelPairingRequest(), ops.Acknowledged)
                return answers.Redirect(f"{SETTINGS}?done=cancelled")
        raise answers.unknown_action(asked)

    def settings_page(
        self,
        asked: answers.PageRequest,
        error: answers.NotDone | None = None,
        *,
        check: ops.Verification | None = None,
    ) -> answers.Page:
        """Settings, by what state the management is in."""
        management = self.ask(asked, ops.ViewManagement(), ops.Management)
        pairing = self.optional(asked, ops.ViewPairing(), ops.PairingView)
        context = {
            "state": self.settings_state(management, pairing),
            "pairing": pairing,
            "entries": entered(asked),
            "check": check,
        }
        return self.page(asked, "settings.html", SETTINGS, context, error)

    def settings_state(
        self, management: ops.Management, pairing: ops.PairingView | None
    ) -> SettingsState:
        """Whether pairing is offered, a request is pending, or Palette has taken over."""
        if management.mode is ManagementMode.CENTRAL:
            return SettingsState.CENTRAL
        if pairing is not None and pairing.status == LocalState.PENDING.value:
            return SettingsState.PENDING
        return SettingsState.LOCAL

    # --- what every page shows --------------------------------------------------------

    def page(
        self,
        asked: answers.PageRequest,
        template: str,
        active: str,
        context: Mapping[str, object],
        error: answers.NotDone | None,
    ) -> answers.Page:
        """A page inside the frame, with what went wrong or what was done."""
        frame = {
            "active": active,
            "host_uid": asked.host_uid,
            "notice": _NOTICES.get(asked.query.text("done"), ""),
            "alert": error.message if error else "",
        }
        return answers.Page(template, {**frame, **context}, error.status if error else 200)


def entered(asked: answers.PageRequest) -> SettingsEntries:
    """What the form said, without the token."""
    form = asked.form
    central = form.text("mode") == "central" or form.has("endpoint")
    return SettingsEntries(central, form.text("endpoint"), form.has("insecure"))
