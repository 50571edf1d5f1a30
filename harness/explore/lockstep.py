"""A sequence in lockstep: each action at the target and in the model, until they differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

from harness.catalogue.verdict import Verdict
from harness.checkers.effects import messages_were_understood
from harness.checkers.registry import Finding, run_check
from harness.checkers.sentences import sentence_of
from harness.context.context import OTHER
from harness.context.recorder import RecordedReply
from harness.domain import operations as ops
from harness.domain.cluster import ClusterState
from harness.domain.errors import PairproofError, Reason, Refused
from harness.explore import model
from harness.explore.actions import Action, SequenceContext
from harness.explore.assertions import ASSERTIONS, Assertion
from harness.explore.world import ModelSlot, ModelWorld, Worlds
from harness.history.operation import Json, Outcome
from harness.history.wording import begun, noun

Judged = Callable[[str, Mapping[str, Json], str, Finding], None]
"""Told of each check: its name and arguments, the requirement, and what it found."""

Step = Action | Assertion


@dataclass(frozen=True, slots=True)
class Expected:
    """What has to be seen after an action: a `Then` step, and the requirement behind it."""

    says: str
    requirement: str

    keyword: ClassVar[str] = "Then"


class Differs(PairproofError):
    """The target did what the model does not allow.

    Attributes:
        steps: the actions and assertions that led there, in order.
        expected: the step that says what should have been seen.
        reason: what was seen in its place.
        idle: which of the steps were refused, or left both sides as they were by the model.
    """

    def __init__(
        self,
        steps: tuple[Step, ...],
        expected: Expected,
        reason: str,
        idle: frozenset[int] = frozenset(),
    ) -> None:
        super().__init__(reason)
        self.steps = steps
        self.expected = expected
        self.reason = reason
        self.idle = idle


class CannotTell(PairproofError):
    """The target gave no answer that can be judged, so the sequence ends here."""


@dataclass(slots=True)
class Lockstep:
    """One sequence: a context at the target, and the worlds that are possible in the model.

    Attributes:
        context: where the actions are made.
        worlds: what may be the case, after all that was seen.
        steps: the actions that were made and the assertions that were asked for, in order.
        covered: how often each action and each assertion was made, by its words.
        refused: the kinds of operations that were refused so far.
        idle: which of the steps were refused, or left both sides as they were by the model.
        judged: who is told of each check.
    """

    context: SequenceContext
    worlds: Worlds = frozenset({ModelWorld()})
    steps: list[Step] = field(default_factory=list)
    covered: Counter[str] = field(default_factory=Counter)
    judged: Judged = lambda *_: None
    refused: set[str] = field(default_factory=set)
    idle: set[int] = field(default_factory=set)

    def take(self, step: Step) -> bool:
        """Make an action or assertion, if that makes sense; says whether it did.

        Raises:
            Differs: what came is not what the model allows.
            CannotTell: there was no well-formed answer.
            Inconclusive: what the step itself needs could not be brought about.
        """
        return self.assertion(step) if isinstance(step, Assertion) else self.make(step)

    # --- actions --------------------------------------------------------------------------------

    def fits(self, step: Step) -> bool:
        """Whether an action makes sense, or an assertion can be judged, whichever world it is."""
        if isinstance(step, Assertion):
            worlds = model.settled(self.worlds)
            return bool(worlds) and all(map(step.holds, worlds))
        return all(map(step.fits, model.drifted(self.worlds)))

    def make(self, action: Action) -> bool:
        """Make an action if it makes sense; says whether it was made.

        Raises:
            Differs: the answer is not among those that the model allows.
            CannotTell: there was no well-formed answer, and the model needs one; or what has to
                succeed was limited for as long as it was asked for.
            Inconclusive: what the action itself needs could not be brought about.
        """
        if not self.fits(action):
            return False
        before = model.drifted(self.worlds)
        branches = [branch for world in before for branch in action.rule(world)]
        self.steps.append(action)
        self.covered[str(action)] += 1
        done = self._done(action, branches)
        self._follow(branches, done, before)
        if isinstance(done, RecordedReply) and _may_pass(done):
            self.worlds |= _where_it_has_to_succeed(action, before)
        self.worlds = model.without_old_doubts(self.worlds)
        is_refused = isinstance(done, RecordedReply) and done.record.outcome is Outcome.FAIL
        after = model.drifted(self.worlds)
        if is_refused or _on_both_sides(after) == _on_both_sides(before):
            self.idle.add(len(self.steps) - 1)
        return True

    def _done(self, action: Action, branches: Iterable[model.Branch]) -> object:
        """What an action comes back with. What has to succeed is asked for again as long as it is
        refused for what may pass: that has changed nothing, and says nothing of either side.
        """
        done = action.does(self.context)
        if any(b.answer is model.ModelOutcome.REFUSED for b in branches):
            return done
        recorder = self.context.recorder
        driver, limits = recorder.driver, recorder.limits
        deadline, pause_s = driver.now() + round(limits.await_s * 1_000_000), limits.poll_s
        while isinstance(done, RecordedReply) and _may_pass(done) and driver.now() < deadline:
            driver.sleep(round(pause_s * 1_000_000))
            pause_s = min(2 * pause_s, limits.await_s / 10)
            if _is_for(done, Reason.CLUSTER_NOT_RUNNING):
                self._must_run(done)
            done = action.does(self.context)
        if isinstance(done, RecordedReply) and _is_for(done, Reason.RATE_LIMITED):
            what, why = begun(noun(done.record.kind)), (done.record.error or {}).get("message")
            raise CannotTell(f"{what} was limited for {limits.await_s:g} s and longer: {why}")
        return done

    def _must_run(self, refused: RecordedReply) -> None:
        """A precondition, where something was refused as its cluster is not Running: Local UI shows
        it as Running by now. After a change a product may show it as Provisioning (PRE-1).

        Raises:
            Inconclusive: it does not.
        """
        host, clusters = refused.record.tags.get("host"), self.context.clusters.values()
        there = [leased for leased in clusters if host in leased.host_uids]
        operator = (there[0] if there else self.context.cluster()).operator
        fields: Json = {"state": ClusterState.RUNNING.value}
        self.context.must_see(operator, ops.ViewCluster(), "bears", fields=fields)

    def _follow(self, branches: Iterable[model.Branch], done: object, before: Worlds) -> None:
        lawful = list(dict.fromkeys(branches))
        if not isinstance(done, RecordedReply):
            self.worlds = frozenset(b.world for b in lawful if b.answer is model.ModelOutcome.DONE)
            return
        if done.record.outcome is Outcome.INFO:
            if any(b.answer is model.ModelOutcome.NEW_ID for b in lawful):
                raise CannotTell("a send was not answered, so its pairing id is not known")
            # It happened, or it did not.
            self.worlds = before | frozenset(b.world for b in lawful)
            return
        answer, uid = self._answer(done, before)
        if answer is model.ModelOutcome.REFUSED:
            self.refused.add(done.record.kind)
        self._judge(done, answer, lawful)
        self.worlds = frozenset(_named(b.world, uid) for b in lawful if b.answer is answer)

    def _answer(self, done: RecordedReply, before: Worlds) -> tuple[model.ModelOutcome, str]:
        """What the answer is in the model's terms, and the pairing id that it brought."""
        if done.record.outcome is Outcome.FAIL:
            return model.ModelOutcome.REFUSED, ""
        uid = str((done.record.value or {}).get("pairing_uid", ""))
        if done.record.kind != "SendPairingRequest":
            return model.ModelOutcome.OK, ""
        if uid and not any(uid in world.uids for world in before):
            return model.ModelOutcome.NEW_ID, uid
        other = self.context.clusters.get(OTHER)
        is_other = other is not None and done.record.tags.get("host") in other.host_uids
        slots = [world.other if is_other else world.main for world in before]
        pending = [slot.requests[slot.last].uid for slot in slots if slot.last >= 0]
        return (model.ModelOutcome.SAME_ID if uid in pending else model.ModelOutcome.OLD_ID), uid

    def _judge(
        self, done: RecordedReply, answer: model.ModelOutcome, lawful: list[model.Branch]
    ) -> None:
        """See whether the answer is lawful, by the check of the step that would say so."""
        expected, check = self._expectation(answer, lawful)
        if expected is None:
            return
        args: dict[str, Json] = {"operation": done.id}
        if check == "ids_are_unique":
            args = {"at_least": self._sends()}
        self._judge_by(check, args, expected)
        if not any(b.answer is answer for b in lawful):
            raise self._difference(expected, f"{begun(noun(done.record.kind))}: {answer.value}")

    def _expectation(
        self, answer: model.ModelOutcome, lawful: list[model.Branch]
    ) -> tuple[Expected | None, str]:
        """The step that says what must come, and its check; none where several may."""
        answers = {b.answer for b in lawful}
        if answers == {model.ModelOutcome.REFUSED}:
            return Expected("it is refused", _first(lawful, model.ModelOutcome.REFUSED)), "refused"
        if model.ModelOutcome.REFUSED not in answers and answer is model.ModelOutcome.REFUSED:
            return Expected("it succeeds", _first(lawful, *answers)), "succeeded"
        if answer in answers:
            return None, ""
        sends = self._sends()
        unique = f"the {sends} requests have {sends} pairing ids"
        return Expected(unique, "SND-5"), "ids_are_unique"

    def _sends(self) -> int:
        sends = self.context.recorder.history().of_kind("SendPairingRequest")
        return sum(1 for send in sends if send.outcome is Outcome.OK)

    # --- assertions -----------------------------------------------------------------------------

    def assertion(self, assertion: Assertion) -> bool:
        """Look, if it is certain what has to be seen; says whether it was.

        Raises:
            Differs: it was not seen.
            CannotTell: there was no well-formed answer.
        """
        if not self.sees(assertion):
            return False
        self.idle.add(len(self.steps))
        self.steps.append(assertion)
        return True

    def assert_everywhere(self, missing: Collection[Step] = ()) -> None:
        """All assertions that can be judged, but those that the target has nothing for.

        Raises:
            Differs: one of them does not show what it has to.
            CannotTell: there was no well-formed answer.
        """
        for assertion in ASSERTIONS:
            if assertion not in missing:
                self.sees(assertion)

    def repeat(self, steps: Iterable[Step], last: str) -> None:
        """Make the same steps once more, and the assertion of these words if there is one.

        Raises:
            Differs: what came differs from what the model allows.
            CannotTell: there was no well-formed answer.
        """
        for step in steps:
            self.take(step)
        for assertion in ASSERTIONS:
            if assertion.says == last:
                self.assertion(assertion)

    def sees(self, assertion: Assertion) -> bool:
        """Look whether an assertion holds, if it can be judged; says whether it could.

        Raises:
            Differs: it does not show what it has to.
            CannotTell: there was no well-formed answer.
        """
        if not self.fits(assertion):
            return False
        self.covered[str(assertion)] += 1
        for check, args in assertion.asks(self.context):
            self._judge_by(check, args, Expected(assertion.says, assertion.requirement))
        if assertion.tells:
            self.worlds = frozenset(w for w in model.drifted(self.worlds) if assertion.holds(w))
        return True

    def _judge_by(self, check: str, args: Mapping[str, Json], expected: Expected) -> None:
        recorder = self.context.recorder
        finding = run_check(check, recorder.history(), args)
        self.judged(check, args, expected.requirement, finding)
        if finding.verdict is Verdict.PASS:
            return
        finding = recorder.as_written(check, args, finding)
        if finding.verdict is Verdict.FAIL:
            about = (recorder.scenario, expected.requirement, check, args, expected.says)
            line = finding.as_line(*about)
            raise self._difference(expected, sentence_of(line, recorder.written()))
        if finding.verdict is Verdict.INCONCLUSIVE:
            raise CannotTell(finding.reason)

    def _difference(self, expected: Expected, why: str) -> Differs | CannotTell:
        """What is told of a difference: that is void where not all that came was understood."""
        recorder = self.context.recorder
        if recorder.hear():
            return CannotTell(messages_were_understood(recorder.history()).reason)
        return Differs(tuple(self.steps), expected, why, frozenset(self.idle))


_MAY_PASS = frozenset(
    {Reason.CONFLICT, Reason.RATE_LIMITED, Reason.INTERNAL, Reason.CLUSTER_NOT_RUNNING}
)
"""Refusals that say no more than that it cannot be done just now, whatever the state of a request
is: it is still looked at, too many ask, the server is starting, the cluster takes in a change."""


def _is_for(done: RecordedReply, *reasons: Reason) -> bool:
    """Whether it was refused for one of these reasons."""
    return isinstance(done.reply, Refused) and done.reply.reason in reasons


def _may_pass(done: RecordedReply) -> bool:
    """Whether it was refused for a reason that proves nothing."""
    return _is_for(done, *_MAY_PASS)


def _where_it_has_to_succeed(action: Action, worlds: Worlds) -> Worlds:
    """The worlds in which an action may be refused for what may pass, and for nothing else."""
    refused = model.ModelOutcome.REFUSED
    return frozenset(w for w in worlds if all(b.answer is not refused for b in action.rule(w)))


def _on_both_sides(worlds: Worlds) -> Worlds:
    """The same worlds but for what only some of the steps that follow go by: what is selected, who
    turned up, and which is "the earlier request".
    """
    plain = ModelWorld()
    return frozenset(
        replace(w, main=replace(w.main, earlier=-1), selection=plain.selection, person=plain.person)
        for w in worlds
    )


def _first(lawful: Iterable[model.Branch], *answers: model.ModelOutcome) -> str:
    """The requirement behind these answers; the order of possible worlds plays no part."""
    return min(b.requirement for b in lawful if b.answer in answers)


def _named(world: ModelWorld, uid: str) -> ModelWorld:
    """The world with the real id of the request that a send has just made."""
    return world.with_both(_slot_named(world.main, uid), _slot_named(world.other, uid))


def _slot_named(slot: ModelSlot, uid: str) -> ModelSlot:
    if not any(request.uid == model.NEW_UID for request in slot.requests):
        return slot
    requests = (replace(r, uid=uid) if r.uid == model.NEW_UID else r for r in slot.requests)
    return replace(slot, requests=tuple(requests))


# --- what was found, as a scenario to be pasted into a feature file -------------------------------

TITLE = "What pairproof explore has found"


def feature_of(found: Differs) -> str:
    """A whole feature file with the one scenario that shows what was found."""
    return f"Feature: {TITLE}\n\n{scenario_of(found)}"


def scenario_of(found: Differs) -> str:
    """The scenario, tagged with the requirement; each line ends in a line break."""
    title = found.steps[-1].says
    lines = [
        f"@{found.expected.requirement}",
        f"Scenario: {title[:1].upper()}{title[1:]}",
        *(f"  {line}" for line in _steps((*found.steps, found.expected))),
    ]
    return "".join(f"  {line}\n" for line in lines)


def _steps(steps: Iterable[Step | Expected]) -> Iterator[str]:
    """The steps, each with its keyword, or with `And` where that goes on."""
    before = ""
    for step in steps:
        yield f"{'And' if step.keyword == before else step.keyword} {step.says}"
        before = step.keyword
