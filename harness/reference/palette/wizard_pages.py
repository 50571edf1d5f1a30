"""The Pair Cluster wizard: the warning, the cluster, the profiles, the review.

Source: `#accept-pairing-request-from-palette` steps 11 to 15; requirements ACC-4, ACC-5,
ACC-11, ACC-17, ACC-18.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from harness.domain import operations as ops
from harness.domain.errors import Reason, Refusal, Refused
from harness.domain.match import MatchProblem, MatchResult, PackMatch
from harness.domain.pairing import RequestState
from harness.domain.profile import ClusterProfile, ProfileEdition
from harness.reference.pages import answers
from harness.reference.pages.filters import as_segment
from harness.reference.pages.forms import Form, tags_as_text, tags_from_text
from harness.reference.palette.frame import CLUSTERS, REVIEW, CentralPort, PaletteFrame
from harness.reference.palette.wizard import Details, Wizard, Wizards, WizardStep

_EARLIER = "early"
_EARLIER_NOTICE = "This step comes first."
_VALIDATED = "The configurations are valid. Pair cluster starts the pairing."


@dataclass(frozen=True, slots=True)
class WizardEntries:
    """The fields of the first step, as text."""

    name: str
    description: str
    tags: str


@dataclass(frozen=True, slots=True)
class MatchRow:
    """One pack of the local cluster, what it was matched with, and every reason why not."""

    pack: PackMatch
    problems: tuple[MatchProblem, ...]


@dataclass(frozen=True, slots=True)
class Entered:
    """A step of a wizard that may be entered: who asks, how far it is, the request."""

    asked: answers.PageRequest
    wizard: Wizard
    request: ops.PairingRequestView

    @property
    def pairing_uid(self) -> str:
        """The id of the request that the wizard is about."""
        return self.request.pairing_uid


class WizardPages(PaletteFrame):
    """The pages of the wizard. The order of the steps is kept here, not in the browser.

    What a button has done is written down and shown by the page that it leads to, so that the back
    button does it no second time.
    """

    def __init__(self, central: CentralPort) -> None:
        super().__init__(central)
        self.wizards = Wizards()

    def wizard_addresses(self) -> Sequence[answers.PageRoute]:
        """The addresses of the four steps."""
        handlers: Mapping[WizardStep, answers.Handler] = {
            WizardStep.WARNING: self.warning,
            WizardStep.CLUSTER: self.details,
            WizardStep.PROFILES: self.profiles,
            WizardStep.REVIEW: self.review,
        }
        return tuple(
            answers.PageRoute(f"{REVIEW}/{{pairing_uid}}/{step.path}", self.in_scope(handler))
            for step, handler in handlers.items()
        )

    # --- the order of the steps -------------------------------------------------------

    def enter(self, asked: answers.PageRequest, step: WizardStep) -> Entered:
        """The wizard at a step, if the earlier ones are done (ACC-11).

        Raises:
            Elsewhere: an earlier step has to be done first.
            NotDone: the request is not there, or not pending any more.
        """
        request = self.pending_request(asked)
        wizard = self.wizards.get(asked.session, request.pairing_uid)
        furthest = self.furthest(wizard)
        if step > furthest:
            raise answers.Elsewhere(
                answers.Redirect(f"{step_path(request.pairing_uid, furthest)}?{_EARLIER}=yes")
            )
        return Entered(asked, wizard or Wizard(), request)

    def furthest(self, wizard: Wizard | None) -> WizardStep:
        """The last step that may be entered."""
        return WizardStep.WARNING if wizard is None else wizard.furthest

    def pending_request(self, asked: answers.PageRequest) -> ops.PairingRequestView:
        """The request of the address, while it waits for a decision."""
        operation = ops.ViewPairingRequest(asked.params["pairing_uid"])
        request = self.ask(asked, operation, ops.PairingRequestView)
        if request.state != RequestState.PENDING.value:
            message = f"the pairing request is {request.state}, not pending any more"
            raise answers.not_done(Refused(Reason.REQUEST_DECIDED, message))
        return request

    def keep(self, at: Entered, wizard: Wizard) -> None:
        """Write down how far the wizard is now."""
        self.wizards.put(at.asked.session, at.pairing_uid, wizard)

    def step_page(
        self,
        at: Entered,
        step: WizardStep,
        context: Mapping[str, object],
        error: answers.NotDone | None = None,
        notice: str = "",
    ) -> answers.Page:
        """A page of the wizard."""
        redirected = not at.asked.posted and at.asked.query.has(_EARLIER)
        early = _EARLIER_NOTICE if redirected else ""
        wizard = {"request": at.request, "step": int(step), "furthest": int(at.wizard.furthest)}
        return self.page(
            at.asked, f"{step.path}.html", {**wizard, **context}, error, notice or early
        )

    # --- the warning ------------------------------------------------------------------

    def warning(self, asked: answers.PageRequest) -> answers.PageAnswer:
        """Central management only, no more local operations: I understand, Confirm (ACC-4)."""
        at = self.enter(asked, WizardStep.WARNING)
        if not asked.posted:
            return self.step_page(at, WizardStep.WARNING, {})
        if not self.acknowledged(asked.form):
            message = "check I understand before you confirm"
            error = answers.not_done(Refused(Reason.INVALID_INPUT, message))
            return self.step_page(at, WizardStep.WARNING, {}, error)
        self.keep(at, Wizard())
        return answers.Redirect(step_path(at.pairing_uid, WizardStep.CLUSTER))

    def acknowledged(self, form: Form) -> bool:
        """Whether I understand is checked (ACC-4)."""
        return form.has("understood")

    # --- step 1: name, description, tags ----------------------------------------------

    def details(self, asked: answers.PageRequest) -> answers.PageAnswer:
        """Name, description and tags, filled in with what the cluster has (ACC-5, ACC-6)."""
        at = self.enter(asked, WizardStep.CLUSTER)
        if not asked.posted:
            entries = self.taken_over(at.request, at.wizard.details or Details())
            return self.step_page(at, WizardStep.CLUSTER, {"entries": entries})
        entries = entries_of(asked.form)
        try:
            details = self.changed(at.request, entries)
        except Refusal as refusal:
            error = answers.page_error(refusal)
            return self.step_page(at, WizardStep.CLUSTER, {"entries": entries}, error)
        self.keep(at, replace(at.wizard, details=details, validated=False))
        return answers.Redirect(step_path(at.pairing_uid, WizardStep.PROFILES))

    def prefilled(self, request: ops.PairingRequestView) -> WizardEntries:
        """The values that the local cluster has (ACC-5)."""
        return WizardEntries(request.name, request.description, tags_as_text(request.tags))

    def taken_over(self, request: ops.PairingRequestView, details: Details) -> WizardEntries:
        """The fields with what was entered before, where the step was done already."""
        own = self.prefilled(request)
        return WizardEntries(
            own.name if details.name is None else details.name,
            own.description if details.description is None else details.description,
            own.tags if details.tags is None else tags_as_text(details.tags),
        )

    def changed(self, request: ops.PairingRequestView, entries: WizardEntries) -> Details:
        """What was changed; what was left alone keeps the cluster's value (ACC-6).

        Raises:
            Refusal: a field cannot be read.
        """
        own = self.prefilled(request)
        if not entries.name.strip():
            raise Refusal(Reason.INVALID_INPUT, "the cluster name is missing: enter one")
        return Details(
            None if entries.name == own.name else entries.name.strip(),
            None if entries.description == own.description else entries.description,
            None if entries.tags == own.tags else tags_from_text(entries.tags),
        )

    # --- step 2: the match ------------------------------------------------------------

    def profiles(self, asked: answers.PageRequest) -> answers.PageAnswer:
        """Select profiles, Confirm the match, Next step (ACC-17)."""
        at = self.enter(asked, WizardStep.PROFILES)
        tried = at.wizard.tried
        selection = selection_of(asked.form) if asked.posted else tried or ()
        try:
            if asked.posted:
                return self.selected(at, selection)
            result = None if tried is None else self.match(at, tried)
            return self.profiles_page(at, selection, result)
        except (answers.NotDone, Refusal) as error:
            return self.profiles_page(at, selection, error=answers.page_error(error))

    def selected(self, at: Entered, selection: ops.Selected) -> answers.PageAnswer:
        """One of the buttons: Confirm, Next step."""
        selection = self.pinned(at, selection)
        result = self.match(at, selection)
        match at.asked.form.text("action"):
            case "confirm":
                confirmed = selection if self.confirmable(result) else None
                self.keep(at, Wizard(at.wizard.details, selection, confirmed))
                return answers.Redirect(step_path(at.pairing_uid, WizardStep.PROFILES))
            case "next":
                return self.next_step(at, selection, result)
        raise answers.unknown_action(at.asked)

    def pinned(self, at: Entered, selection: ops.Selected) -> ops.Selected:
        """The selection with every version named, so that what is reviewed is what pairs."""
        latest = {item.profile.uid: item.latest for item in self.selectable(at)}
        return tuple(
            ops.SelectedProfile(chosen.uid, chosen.version or latest.get(chosen.uid, ""))
            for chosen in selection
        )

    def next_step(
        self, at: Entered, selection: ops.Selected, result: MatchResult
    ) -> answers.PageAnswer:
        """On to the review, with the very selection that was confirmed."""
        if not self.confirmable(result) or selection != at.wizard.confirmed:
            at = replace(at, wizard=Wizard(at.wizard.details))
            self.keep(at, at.wizard)
            message = "Confirm comes first: a match that is valid, of the profiles selected now"
            error = answers.not_done(Refused(Reason.PROFILES_MISMATCH, message))
            return self.profiles_page(at, selection, result, error=error)
        self.keep(at, replace(at.wizard, chosen=True, validated=False))
        return answers.Redirect(step_path(at.pairing_uid, WizardStep.REVIEW))

    def confirmable(self, result: MatchResult) -> bool:
        """Whether the match can be confirmed (ACC-17)."""
        return result.valid

    def match(self, at: Entered, selection: ops.Selected) -> MatchResult:
        """The central side's answer to whether the selection fits."""
        return self.ask(at.asked, ops.MatchProfiles(at.pairing_uid, selection), MatchResult)

    def selectable(self, at: Entered) -> tuple[ops.SelectableProfile, ...]:
        """The profiles that can be selected for the request."""
        operation = ops.ListSelectableProfiles(at.pairing_uid)
        return self.ask(at.asked, operation, ops.SelectableProfiles).items

    def profiles_page(
        self,
        at: Entered,
        selection: ops.Selected,
        result: MatchResult | None = None,
        *,
        error: answers.NotDone | None = None,
    ) -> answers.Page:
        """The local packs beside the profiles, and the match once it was asked for."""
        confirmed = at.wizard.confirmed is not None and at.wizard.confirmed == selection
        context = {
            "choices": self.selectable(at),
            "selected": {chosen.uid: chosen.version for chosen in selection},
            "result": result,
            "rows": rows_of(result) if result else (),
            "other_problems": other_problems(result) if result else (),
            "confirmed": confirmed,
        }
        return self.step_page(at, WizardStep.PROFILES, context, error)

    # --- step 3: the review -----------------------------------------------------------

    def review(self, asked: answers.PageRequest) -> answers.PageAnswer:
        """Review the configurations, Validate, Pair cluster (ACC-18)."""
        at = self.enter(asked, WizardStep.REVIEW)
        if not asked.posted:
            return self.review_page(at)
        try:
            return self.decided(at)
        except (answers.NotDone, Refusal) as error:
            wizard = replace(at.wizard, validated=False)
            self.keep(at, wizard)
            self.pending_request(asked)
            return self.review_page(replace(at, wizard=wizard), answers.page_error(error))

    def decided(self, at: Entered) -> answers.PageAnswer:
        """One of the buttons: Validate, Pair cluster."""
        match at.asked.form.text("action"):
            case "validate":
                self.validate(at)
                self.keep(at, replace(at.wizard, validated=True))
                return answers.Redirect(step_path(at.pairing_uid, WizardStep.REVIEW))
            case "pair":
                self.require_validated(at.wizard)
                self.accept(at)
                self.wizards.drop(at.asked.session, at.pairing_uid)
                return answers.Redirect(f"{CLUSTERS}?done=paired")
        raise answers.unknown_action(at.asked)

    def validate(self, at: Entered) -> None:
        """The profiles in the reviewed versions still match.

        Raises:
            Refusal: they do not; the message says every reason why.
        """
        result = self.match(at, at.wizard.confirmed or ())
        if not result.valid:
            why = "; ".join(problem.text for problem in result.problems)
            raise Refusal(Reason.PROFILES_MISMATCH, f"the profiles do not match any more: {why}")

    def require_validated(self, wizard: Wizard) -> None:
        """Pair cluster stays closed until Validate has succeeded (ACC-18)."""
        if not wizard.validated:
            message = "Validate comes first: then Pair cluster can be clicked"
            raise Refusal(Reason.INVALID_INPUT, message)

    def accept(self, at: Entered) -> ops.Accepted:
        """Pair cluster, with what the steps have gathered."""
        details = at.wizard.details or Details()
        operation = ops.AcceptPairingRequest(
            at.pairing_uid,
            at.wizard.confirmed or (),
            details.name,
            details.description,
            details.tags,
        )
        return self.ask(at.asked, operation, ops.Accepted)

    def review_page(self, at: Entered, error: answers.NotDone | None = None) -> answers.Page:
        """What the cluster will be, and each profile with its values and variables."""
        known = {item.profile.uid: item.profile for item in self.selectable(at)}
        confirmed = at.wizard.confirmed or ()
        context = {
            "entries": self.taken_over(at.request, at.wizard.details or Details()),
            "profiles": configurations(known, confirmed),
            "validated": at.wizard.validated,
        }
        notice = _VALIDATED if at.wizard.validated else ""
        return self.step_page(at, WizardStep.REVIEW, context, error, notice)


def step_path(pairing_uid: str, step: WizardStep) -> str:
    """The address of a step of the wizard of one request."""
    return f"{REVIEW}/{as_segment(pairing_uid)}/{step.path}"


def entries_of(form: Form) -> WizardEntries:
    """The fields of the first step as they were sent."""
    return WizardEntries(form.text("name"), form.text("description"), form.text("tags"))


def selection_of(form: Form) -> ops.Selected:
    """The profiles that are checked, each in the version beside it."""
    uids = form.every("profile")
    return tuple(ops.SelectedProfile(uid, form.text(f"version:{uid}")) for uid in uids)


def rows_of(result: MatchResult) -> tuple[MatchRow, ...]:
    """The match row by row, each with the reasons that speak of its pack."""
    return tuple(
        MatchRow(pack, tuple(p for p in result.problems if p.pack == pack.pack))
        for pack in result.packs
    )


def other_problems(result: MatchResult) -> tuple[MatchProblem, ...]:
    """The reasons that speak of no pack of the local cluster."""
    names = {pack.pack for pack in result.packs}
    return tuple(problem for problem in result.problems if problem.pack not in names)


def configurations(
    known: Mapping[str, ClusterProfile], confirmed: Sequence[ops.SelectedProfile]
) -> tuple[tuple[ClusterProfile, ProfileEdition], ...]:
    """Each confirmed profile with its edition; one that is gone since is left out."""
    found = []
    for chosen in confirmed:
        profile = known.get(chosen.uid)
        edition = profile.edition(chosen.version) if profile else None
        if profile is not None and edition is not None:
            found.append((profile, edition))
    return tuple(found)
