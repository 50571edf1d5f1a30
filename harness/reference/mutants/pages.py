"""Mutants that only a page shows: a class of pages with one thing changed, and a sentence.

What is changed is a method of a page, what it is sent as (`finish`), or what runs in it (`script`).
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from itertools import count

from harness.domain import operations as ops
from harness.domain.match import MatchResult
from harness.reference.behaviour import Behaviour
from harness.reference.local_ui.pages import SETTINGS, LocalPages
from harness.reference.pages.answers import NotDone, Page, PageAnswer, PageRequest, Redirect
from harness.reference.pages.forms import Form
from harness.reference.pages.pages import on
from harness.reference.palette.frame import CLUSTERS, REVIEW
from harness.reference.palette.pages import PalettePages
from harness.reference.palette.wizard import Wizard, WizardStep
from harness.reference.palette.wizard_pages import Entered, WizardEntries
from harness.reference.planting import Lane, Memory, mutant


def pages_of(pages: type) -> Behaviour:
    """The behaviour of a reference with these pages."""
    if issubclass(pages, PalettePages):
        return Behaviour(make_palette_pages=pages)
    if issubclass(pages, LocalPages):
        return Behaviour(make_local_pages=pages)
    raise TypeError(f"{pages.__name__} are the pages of neither side")


_on_pages = partial(mutant, lane=Lane.BROWSER, made_of=pages_of)
"""Declares the decorated pages, of Local UI or of Palette, a mutant."""


def _instead(asked: PageRequest, pairing_uid: str) -> PageRequest:
    """The same form, about another request."""
    entries = (("action", asked.form.text("action")), ("pairing_uid", pairing_uid))
    return replace(asked, form=Form(entries))


@_on_pages("REJ-4P")
class PromptStays(PalettePages):
    """The prompt invites to review requests when none is left."""

    def waiting(self, asked: PageRequest) -> int:
        return max(1, super().waiting(asked))


@_on_pages("REJ-4P")
class PromptStaysUntilAReload(PalettePages):
    """By the Main Menu, Clusters shows the prompt that it showed before."""

    script = """
    if (location.pathname === "/clusters") {
      const prompt = document.querySelector("#pairing-prompt")?.outerHTML ?? "";
      const kept = sessionStorage.getItem("by-menu") && sessionStorage.getItem("prompt");
      if (!prompt && kept) document.querySelector("main").insertAdjacentHTML("afterbegin", kept);
      else sessionStorage.setItem("prompt", prompt);
    }
    sessionStorage.removeItem("by-menu");
    document.querySelectorAll("nav a").forEach((link) =>
      link.addEventListener("click", () => sessionStorage.setItem("by-menu", "yes")));
    """


@_on_pages("ACC-4")
class WarningSaysNothing(PalettePages):
    """The warning asks whether one understands, and not what."""

    def finish(self, page: Page, html: str) -> str:
        return on(page, "warning", html, "Once it is paired,[^<]*", "Go on?")


@_on_pages("ACC-11")
class AnyStepByItsAddress(PalettePages):
    """A step of the wizard opens by its address, whatever was done before."""

    def furthest(self, wizard: Wizard | None) -> WizardStep:
        return WizardStep.REVIEW


# --- Clusters and the requests ------------------------------------------------------------


@_on_pages("ACC-2")
class PromptFromTheSecondOn(PalettePages):
    """The prompt comes with the second pending request, not with the first."""

    def waiting(self, asked: PageRequest) -> int:
        waiting = super().waiting(asked)
        return waiting if waiting > 1 else 0


@_on_pages("ACC-2")
class PromptCountsPairedClusters(PalettePages):
    """The prompt stays for a request that has become a cluster."""

    def waiting(self, asked: PageRequest) -> int:
        clusters = self.ask(asked, ops.ListCentralClusters(), ops.CentralClusterList)
        return super().waiting(asked) + len(clusters.items)


@_on_pages("REJ-5P")
class PromptGoesWithAReject(PalettePages):
    """A reject takes the prompt along, whatever else is pending."""

    rejected = False

    def reject(self, asked: PageRequest) -> PageAnswer:
        self.rejected = True
        return super().reject(asked)

    def waiting(self, asked: PageRequest) -> int:
        return 0 if self.rejected else super().waiting(asked)


@_on_pages("ACC-23")
class PromptLeadsBack(PalettePages):
    """The prompt's Pair shows the Clusters page once more, and not the requests."""

    def finish(self, page: Page, html: str) -> str:
        return on(page, "clusters", html, f'action="{REVIEW}"', f'action="{CLUSTERS}"')


@_on_pages("ACC-23")
class TagsOfTheFirstRow(PalettePages):
    """Each request is shown with the tags of the first."""

    def readable(
        self, asked: PageRequest, item: ops.PairingListItem
    ) -> ops.PairingRequestView | None:
        return super().readable(asked, self.pending(asked)[0])


@_on_pages("ACC-23")
class RequestIdsAreCutOff(PalettePages):
    """Of a Pairing ID, the requests show no more than its beginning."""

    def finish(self, page: Page, html: str) -> str:
        return on(page, "requests", html, r"<code>(.{8}).*?</code>", r"<code>\1…</code>")


@_on_pages("ACC-23")
class RejectsTheFirst(PalettePages):
    """Reject takes the request that stands on top."""

    def reject(self, asked: PageRequest) -> PageAnswer:
        return super().reject(_instead(asked, self.pending(asked)[0].pairing_uid))


@_on_pages("ACC-23")
class RejectsByTheRow(PalettePages):
    """Reject takes the request that stands in this row by then; the page may be an old one."""

    def finish(self, page: Page, html: str) -> str:
        rows = count()
        return on(
            page, "requests", html, r'(?<="pairing_uid" value=")\w+', lambda _: f"{next(rows)}"
        )

    def reject(self, asked: PageRequest) -> PageAnswer:
        row = int(asked.form.text("pairing_uid"))
        return super().reject(_instead(asked, self.pending(asked)[row].pairing_uid))


@_on_pages("ACC-23")
class RejectsByTheRowOfTheNewestFirst(RejectsByTheRow):
    """As before, where the newest request stands on top: what is gone above moves the row."""

    def pending(self, asked: PageRequest) -> tuple[ops.PairingListItem, ...]:
        return super().pending(asked)[::-1]


@_on_pages("ACC-23")
class PairOpensTheFirst(PalettePages):
    """Pair leads to the request that stands on top, whatever it stands beside."""

    def finish(self, page: Page, html: str) -> str:
        first = re.search(rf'action="({REVIEW}/\w+/warning)"', html)
        return on(page, "requests", html, rf"{REVIEW}/\w+/warning", first[1] if first else "")


@_on_pages("ACC-23")
class OnlyTheFirstCanBeRejected(PalettePages):
    """Reject is open for the request that stands on top, and closed for the others."""

    def finish(self, page: Page, html: str) -> str:
        before, first, others = html.partition('value="reject"')
        return before + first + others.replace('value="reject"', 'value="reject" disabled')


@_on_pages("ACC-23")
class RequestsStandTwice(PalettePages):
    """Each request is listed twice."""

    def pending(self, asked: PageRequest) -> tuple[ops.PairingListItem, ...]:
        return super().pending(asked) * 2


@_on_pages("REJ-9")
class OnlyOneIsReviewed(PalettePages):
    """The review shows one request, and the others once that is decided."""

    def pending(self, asked: PageRequest) -> tuple[ops.PairingListItem, ...]:
        return super().pending(asked)[:1]


@_on_pages("REJ-9")
class RejectedOnesStayListed(PalettePages):
    """What was rejected in the review goes on being listed there."""

    rejected = Memory[list[ops.PairingListItem]](list)

    def reject(self, asked: PageRequest) -> PageAnswer:
        uid = asked.form.text("pairing_uid")
        self.rejected += [item for item in self.pending(asked) if item.pairing_uid == uid]
        return super().reject(asked)

    def pending(self, asked: PageRequest) -> tuple[ops.PairingListItem, ...]:
        return (*super().pending(asked), *self.rejected)


@_on_pages("ACC-12P")
class ClustersStandTwice(PalettePages):
    """Each registered cluster is listed twice."""

    def finish(self, page: Page, html: str) -> str:
        return on(page, "clusters", html, r"(<tr data-cluster=.*?</tr>)", r"\1\1")


@_on_pages("ACC-12P")
class NamesAreCutOff(PalettePages):
    """Of a cluster's name, Clusters shows no more than its beginning."""

    def finish(self, page: Page, html: str) -> str:
        return on(page, "clusters", html, r'(data-label="Cluster">.{6})[^<]*', r"\1…")


# --- the warning --------------------------------------------------------------------------


@_on_pages("ACC-4")
class WarningKeepsHalfToItself(PalettePages):
    """The warning does not say that local operations are over."""

    def finish(self, page: Page, html: str) -> str:
        return on(page, "warning", html, ", and local cluster operations[^.]*", "")


@_on_pages("ACC-4")
class UnderstoodBeforehand(PalettePages):
    """I understand comes checked."""

    def finish(self, page: Page, html: str) -> str:
        return on(page, "warning", html, 'name="understood"', 'name="understood" checked')


@_on_pages("ACC-4")
class UnderstandingIsForShow(PalettePages):
    """Confirm goes on whether I understand is checked or not."""

    def finish(self, page: Page, html: str) -> str:
        return on(page, "warning", html, " required>", ">")

    def acknowledged(self, form: Form) -> bool:
        return True


@_on_pages("ACC-11")
class UnderstoodForAll(PalettePages):
    """Whoever has understood the warning of one request is past that of all others."""

    understood = Memory[set[str]](set)

    def keep(self, at: Entered, wizard: Wizard) -> None:
        self.understood.add(at.asked.session)
        super().keep(at, wizard)

    def enter(self, asked: PageRequest, step: WizardStep) -> Entered:
        uid = asked.params["pairing_uid"]
        if asked.session in self.understood and self.wizards.get(asked.session, uid) is None:
            self.wizards.put(asked.session, uid, Wizard())
        return super().enter(asked, step)


@_on_pages("ACC-11")
class LookingIsUnderstanding(PalettePages):
    """Whoever has seen the warning may enter the first step, understood or not."""

    def enter(self, asked: PageRequest, step: WizardStep) -> Entered:
        at = super().enter(asked, step)
        if step is WizardStep.WARNING:
            self.keep(at, at.wizard)
        return at


@_on_pages("ACC-11")
class UnderstandingOpensAll(PalettePages):
    """Whoever has understood the warning may enter any later step by its address."""

    def furthest(self, wizard: Wizard | None) -> WizardStep:
        return WizardStep.WARNING if wizard is None else WizardStep.REVIEW


# --- the first step -----------------------------------------------------------------------


@_on_pages("ACC-5")
class NameComesEmpty(PalettePages):
    """The name is not filled in."""

    def prefilled(self, request: ops.PairingRequestView) -> WizardEntries:
        return replace(super().prefilled(request), name="")


@_on_pages("ACC-5")
class TagsComeEmpty(PalettePages):
    """The tags are not filled in."""

    def prefilled(self, request: ops.PairingRequestView) -> WizardEntries:
        return replace(super().prefilled(request), tags="")


@_on_pages("ACC-5")
class DescriptionComesCutOff(PalettePages):
    """Of the description, the first twenty characters are filled in."""

    def prefilled(self, request: ops.PairingRequestView) -> WizardEntries:
        return replace(super().prefilled(request), description=request.description[:20])


@_on_pages("ACC-5")
class FilledInOnce(PalettePages):
    """The fields come filled in with what the first cluster had that was ever reviewed."""

    first: ops.PairingRequestView | None = None

    def prefilled(self, request: ops.PairingRequestView) -> WizardEntries:
        self.first = self.first or request
        return super().prefilled(self.first)


@_on_pages("ACC-6")
class EntriesAreForgotten(PalettePages):
    """What is entered in the first step is shown up to the review, and pairs nothing."""

    def accept(self, at: Entered) -> ops.Accepted:
        return super().accept(replace(at, wizard=replace(at.wizard, details=None)))


# --- the match ----------------------------------------------------------------------------


@_on_pages("ACC-17")
class AnythingCanBeConfirmed(PalettePages):
    """Confirm goes on with any match."""

    def confirmable(self, result: MatchResult) -> bool:
        return True


@_on_pages("ACC-17")
class NothingCanBeConfirmed(PalettePages):
    """Confirm goes on with nothing selected."""

    def confirmable(self, result: MatchResult) -> bool:
        return result.valid or not any(pack.profile for pack in result.packs)


@_on_pages("ACC-17")
class ConfirmIsForShow(PalettePages):
    """Next step goes on with a valid match whether it was confirmed or not."""

    def finish(self, page: Page, html: str) -> str:
        return on(page, "profiles", html, ' data-selects|(?<=id="next") disabled', "")

    def next_step(self, at: Entered, selection: ops.Selected, result: MatchResult) -> PageAnswer:
        wizard = replace(at.wizard, confirmed=selection)
        return super().next_step(replace(at, wizard=wizard), selection, result)


@_on_pages("ACC-17")
class ConfirmedOnceIsConfirmed(PalettePages):
    """Next step goes on once something was confirmed, whatever is selected by then."""

    def finish(self, page: Page, html: str) -> str:
        return on(page, "profiles", html, " data-selects", "")

    def next_step(self, at: Entered, selection: ops.Selected, result: MatchResult) -> PageAnswer:
        selection = at.wizard.confirmed or selection
        return super().next_step(at, selection, self.match(at, selection))


@_on_pages("ACC-17")
class TakenOutStaysIn(PalettePages):
    """A profile that was taken out again is confirmed along with those that are selected."""

    def selected(self, at: Entered, selection: ops.Selected) -> PageAnswer:
        now = {chosen.uid for chosen in selection}
        before = (chosen for chosen in at.wizard.tried or () if chosen.uid not in now)
        return super().selected(at, (*selection, *before))


# --- the review ---------------------------------------------------------------------------


@_on_pages("ACC-18")
class ReviewWithoutValues(PalettePages):
    """The review names the packs, and not their values."""

    def finish(self, page: Page, html: str) -> str:
        return on(page, "review", html, "<pre.*?</pre>", "")


@_on_pages("ACC-18")
class ReviewWithoutVariables(PalettePages):
    """The review names the variables, and not what they are set to."""

    def finish(self, page: Page, html: str) -> str:
        return on(page, "review", html, "<td><code>.*?</code></td>", "<td></td>")


@_on_pages("ACC-18")
class ReviewOfOneProfile(PalettePages):
    """The review shows the first of the profiles."""

    def finish(self, page: Page, html: str) -> str:
        section = r'<section class="card" aria-labelledby="profile-(?!1").*?</section>'
        return on(page, "review", html, section, "")


@_on_pages("ACC-18")
class ValidateIsForShow(PalettePages):
    """Pair cluster is open whether the review was validated or not."""

    def finish(self, page: Page, html: str) -> str:
        return on(page, "review", html, 'value="pair" disabled', 'value="pair"')

    def require_validated(self, wizard: Wizard) -> None:
        pass


@_on_pages("ACC-18")
class PairClusterIsForShow(PalettePages):
    """Pair cluster says that pairing has started, and starts nothing."""

    def accept(self, at: Entered) -> ops.Accepted:
        return ops.Accepted("")


# --- Settings -----------------------------------------------------------------------------


@_on_pages("SND-2")
class TokenIsNotAskedFor(LocalPages):
    """Centrally Managed asks for the endpoint alone."""

    def finish(self, page: Page, html: str) -> str:
        return on(page, "settings", html, r'<label for="token">.*?<input id="token"[^>]*>', "")


@_on_pages("SND-2")
class EndpointIsClosed(LocalPages):
    """Centrally Managed shows the endpoint, and takes none."""

    def finish(self, page: Page, html: str) -> str:
        return on(page, "settings", html, 'id="endpoint"', 'id="endpoint" disabled')


@_on_pages("SND-12")
class EscapeSends(LocalPages):
    """Escape in a field that was filled in sends the request."""

    script = """
    addEventListener("keydown", (event) => {
      if (event.key === "Escape") document.querySelector("button[value=pair]")?.click();
    });
    """


@_on_pages("SND-12")
class EntriesSendThemselves(LocalPages):
    """The request is sent as soon as the token is filled in; nobody clicks Pair."""

    script = """
    document.getElementById("token")?.addEventListener("input", (event) => {
      const body = new URLSearchParams(new FormData(event.target.form));
      body.append("action", "pair");
      fetch(location.pathname, { method: "POST", body });
    });
    """


@_on_pages("SND-12")
class PairOnlyChecks(LocalPages):
    """Pair checks the connection, and sends nothing."""

    def finish(self, page: Page, html: str) -> str:
        return on(page, "settings", html, 'value="pair"', 'value="check"')


@_on_pages("SND-12")
class IdOfTheFirstRequest(LocalPages):
    """Settings goes on showing the id of the first request that was ever sent."""

    first = ""

    def finish(self, page: Page, html: str) -> str:
        shown = re.search(r'<code id="pairing-id">(.*?)</code>', html)
        self.first = self.first or (shown[1] if shown else "")
        return on(page, "settings", html, r'(?<=id="pairing-id">)\w+', self.first)


@_on_pages("WDR-2P")
class SettingsCutsTheIdOff(LocalPages):
    """Of the Pairing ID, Settings shows no more than its beginning."""

    def finish(self, page: Page, html: str) -> str:
        return on(page, "settings", html, r'(id="pairing-id">.{8}).*?<', r"\1…<")


@_on_pages("WDR-2P")
class NothingCancels(LocalPages):
    """Settings shows a pending request, and not what cancels it."""

    def finish(self, page: Page, html: str) -> str:
        return on(page, "settings", html, '<button class="danger".*?</button>', "")


@_on_pages("WDR-2P")
class CancelIsForShow(LocalPages):
    """Cancel Pairing Request says that it is cancelled, and cancels nothing."""

    def change_settings(self, asked: PageRequest) -> PageAnswer:
        if asked.form.text("action") == "cancel":
            return Redirect(f"{SETTINGS}?done=cancelled")
        return super().change_settings(asked)


@_on_pages("WDR-2P")
class CopiesTheHeading(LocalPages):
    """Copy beside the Pairing ID copies the heading above it."""

    def finish(self, page: Page, html: str) -> str:
        return on(page, "settings", html, 'data-copy="pairing-id"', 'data-copy="mode-title"')


@_on_pages("WDR-3P")
class CentralStaysChosen(LocalPages):
    """Centrally Managed is chosen when nothing was sent, or when that was cancelled."""

    def finish(self, page: Page, html: str) -> str:
        return on(page, "settings", html, 'id="mode-central"', 'id="mode-central" checked')


@_on_pages("WDR-3P")
class CancelledIdStays(LocalPages):
    """Settings goes on showing the id of a request that was cancelled."""

    shown = Memory[dict[str, str]](dict)

    def finish(self, page: Page, html: str) -> str:
        host, shown = str(page.context.get("host_uid")), re.search(r'"pairing-id">(\w+)', html)
        if shown:
            self.shown[host] = shown[1]
        last = f"<p>Pairing ID: {self.shown.get(host, 'none')}</p></main>"
        return on(page, "settings", html, "</main>", last)


@_on_pages("PRE-4S")
class SwallowsTheReason(LocalPages):
    """A refusal is shown without its reason."""

    def finish(self, page: Page, html: str) -> str:
        return on(page, "settings", html, r'(role="alert">).*?<', r"\1This could not be done.<")


@_on_pages("PRE-4S")
class RepeatsTheToken(LocalPages):
    """A refusal is shown with the token that was refused."""

    def change_settings(self, asked: PageRequest) -> PageAnswer:
        try:
            return super().change_settings(asked)
        except NotDone as error:
            message = f"{error.message}: {asked.form.text('token')}"
            raise NotDone(error.reason, message, error.status) from error
