"""What is drawn from the model finds defects, and nothing where there are none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

import harness.plugin.features
import harness.plugin.parallel  # noqa: F401
from harness.cli.commands.options import Planting
from harness.cli.commands.proof import Exploration
from harness.cli.explore import explore_target
from harness.domain.arrangements import (
    AdvanceClock,
    Arrangement,
    FaultNextMessage,
    Heard,
    Restart,
    Side,
)
from harness.domain.cluster import Cluster, ClusterState
from harness.domain.errors import Reason, Refusal, Refused
from harness.domain.match import MatchRules
from harness.domain.operations import (
    AcceptPairingRequest,
    Acknowledged,
    CancelPairingRequest,
    CentralOperation,
    Done,
    PatchNamedCluster,
    RejectPairingRequest,
    SendPairingRequest,
    ViewToken,
)
from harness.explore.actions import ACTIONS, STARTS
from harness.explore.lockstep import Differs, feature_of
from harness.explore.recording import Recording
from harness.explore.search import (
    Explored,
    SearchBudget,
    _Search,
    explore,
    make_again,
    possible,
    steps_of,
)
from harness.history.reader import read_evidence
from harness.opening import open_target
from harness.reference import planting
from harness.reference.behaviour import Behaviour
from harness.reference.core import choices
from harness.reference.core.central import CentralCore
from harness.reference.core.edge_flows import EdgeCore
from harness.suite import import_steps
from harness.targets.port import Driver, DriverAround, Exchange, NotOffered, Outgoing

pytest_plugins = ["pytester"]

# Imported before any run within, which gives back what it has imported.
import_steps()
planting.load()


class CancelsInSecret(EdgeCore):
    """A cancel ends the request here, and Palette is not told."""

    def inform(self, request, message):  # type: ignore[no-untyped-def]
        from harness.reference.core.link import NotDelivered

        yield from ()
        return NotDelivered("nobody was told")

    def settle_debt(self, slot, owed):  # type: ignore[no-untyped-def]
        yield from ()


class IgnoresTheLastNode(EdgeCore):
    """A send does not look at the health of the last node."""

    def require_healthy(self, cluster: Cluster) -> None:
        nodes = list(cluster.nodes())[:-1]
        if any(node in cluster.unhealthy_nodes() for node in nodes):
            raise Refusal(Reason.NODE_UNHEALTHY, "every node must be healthy to pair")


class GivesIdsAgain(CentralCore):
    """The id of a request that was cancelled is given to the next one."""

    def withdraw(self, operation, call):  # type: ignore[no-untyped-def]
        done = super().withdraw(operation, call)
        self.free = operation.pairing_uid
        return done

    def new_pairing_uid(self, draws):  # type: ignore[no-untyped-def]
        free, self.free = getattr(self, "free", ""), ""
        return free or super().new_pairing_uid(draws)


class TakesAnyProfiles(CentralCore):
    """An acceptance does not mind what was selected."""

    def require_match(self, request, selection) -> None:  # type: ignore[no-untyped-def]
        pass


class HasTwoDefects(GivesIdsAgain, TakesAnyProfiles):
    """Both of these at once."""


DEFECTS = {
    CancelsInSecret: (
        "the operator sends a pairing request",
        "the operator cancels the pairing request",
    ),
    IgnoresTheLastNode: (
        'the node "first control plane node" turns unhealthy',
        "the operator sends a pairing request",
    ),
    GivesIdsAgain: (
        "the operator sends a pairing request",
        "the operator cancels the pairing request",
        "the operator sends a pairing request",
    ),
    TakesAnyProfiles: (
        "the operator sends a pairing request",
        "no profile is selected",
        "the administrator accepts the request",
    ),
}
"""Defects, and the fewest steps that show each, after the cluster was installed."""


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> Callable[[type], str]:
    def plant(core: type) -> str:
        name = planting.name_of(core)
        defect = planting.Mutant(
            name, "INV-1", planting.sentence_of(core), planting.behaviour_of(core)
        )
        monkeypatch.setitem(planting.MUTANTS.entries, name, defect)
        return f"mutant:{name}"

    return plant


class HearsWhatNobodyKnows(DriverAround):
    """Drives a target of which something always comes that could not be understood."""

    def take_heard(self) -> Heard:
        return Heard(("the edge sent POST /beat",))


class TellsTheTimeThatItsClockShows(DriverAround):
    """Its `epoch` is Palette's own clock, which goes along where it is put forward."""

    def epoch(self) -> int:
        told = self._driver.seen(AdvanceClock(Side.CENTRAL, 0))
        assert told is not None
        return told.now


def explored(
    planted: str = "",
    seed: int = 1,
    budget: SearchBudget = SearchBudget(),
    driver: str = "inprocess",
    out: Path | None = None,
    around: Callable[[Driver], Driver] = lambda driver: driver,
) -> Explored:
    target = around(open_target(driver, None, seed, planted))
    recording = Recording(target, seed, out)
    try:
        return explore(recording, target, seed, budget)
    finally:
        recording.close()
        target.close()


def test_what_differs_is_void_where_not_all_that_came_was_understood(
    planted: Callable[[type], str],
) -> None:
    name = planted(CancelsInSecret)
    heard = explored(name, budget=SearchBudget(20), around=HearsWhatNobodyKnows)
    assert heard.first is None
    assert [why for why in heard.unjudged if "the edge sent POST /beat" in why]


@pytest.mark.parametrize("core", DEFECTS, ids=planting.name_of)
def test_a_defect_is_found_and_shrunk_to_a_scenario_that_shows_it(
    core: type,
    planted: Callable[[type], str],
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    what = planted(core)
    found = explored(what, budget=SearchBudget(200)).first
    assert found is not None
    assert len(found.steps) == 1 + len(DEFECTS[core]), feature_of(found)
    feature = pytester.path / "found.feature"
    feature.write_text(feature_of(found), "utf-8")
    pytester.makeini("[pytest]\npairproof_features = true\n")
    plugins = ("-p", "pytest_bdd.plugin", "-p", "harness.plugin", "-p", "no:cacheprovider")
    words = (*plugins, "--assert=plain", "--driver", "inprocess", str(feature))
    pytester.runpytest_inprocess(*words, f"--pairproof-planted={what}").assert_outcomes(failed=1)
    pytester.runpytest_inprocess(*words).assert_outcomes(passed=1)


CHOICES = {
    "as it is": Behaviour(),
    "same": Behaviour(edge=choices.EdgeChoices(second_send=choices.SecondSend.SAME)),
    "replaces": Behaviour(
        choices.CentralChoices(token_checked_on_accept=True),
        choices.EdgeChoices(
            second_send=choices.SecondSend.REPLACE,
            after_offline_cancel=choices.AfterOfflineCancel.FORGET,
        ),
    ),
    "forgets": Behaviour(
        edge=choices.EdgeChoices(after_offline_cancel=choices.AfterOfflineCancel.FORGET)
    ),
    "otherwise": Behaviour(
        choices.CentralChoices(
            tenant_extends=False,
            hide_forbidden=True,
            decided_are_readable=False,
            handover=200_000,
            match=MatchRules(layers_must_agree=False, drafts_count_as_latest=True),
        ),
        choices.EdgeChoices(session_reach=choices.SessionReach.CLUSTER, local_follows_central=True),
    ),
}
"""Lawful choices, none of which may be blamed."""


@pytest.mark.parametrize("choice", CHOICES)
def test_no_lawful_choice_is_blamed(choice: str, monkeypatch: pytest.MonkeyPatch) -> None:
    variant = planting.Variant(choice, "SND-7", "Another choice.", CHOICES[choice])
    monkeypatch.setitem(planting.VARIANTS.entries, choice, variant)
    result = explored(f"variant:{choice}", budget=SearchBudget(20))
    assert result.first is None, feature_of(result.first)
    assert result.unjudged == {}
    assert len(result.covered) > 50


@pytest.mark.parametrize(
    ("planted", "why"),
    [
        ("without:CancelPairingRequest", "the target does not offer CancelPairingRequest"),
        ("variant:to_list_and_to_get_are_one_permission", "get and list are one grant there"),
    ],
)
def test_what_a_target_does_not_have_is_not_drawn_and_no_finding(planted: str, why: str) -> None:
    result = explored(planted, budget=SearchBudget(20))
    assert result.first is None, feature_of(result.first)
    assert set(result.left_out) == {why}
    assert not result.unjudged


class FindsOutWhenAsked(DriverAround):
    """It does not know of itself that it has no cancel."""

    def send(self, outgoing: Outgoing) -> Exchange:
        if isinstance(outgoing.operation, CancelPairingRequest):
            raise NotOffered(CancelPairingRequest)
        return super().send(outgoing)


def test_what_only_asking_shows_ends_a_sequence_and_is_not_tried_again() -> None:
    result = explored(budget=SearchBudget(20), around=FindsOutWhenAsked)
    assert result.first is None, feature_of(result.first)
    assert set(result.unjudged) == {"the target does not offer CancelPairingRequest"}
    assert result.unjudged.total() < 10, "what cannot be done is not tried again and again"


class Lacks(DriverAround):
    """Nobody can do one thing there, and one operation is not in it."""

    def __init__(self, driver: Driver) -> None:
        super().__init__(driver)
        self.info = replace(self.info, not_offered={**self.info.not_offered, ViewToken: "no"})

    def cannot(self, kind: type[Arrangement]) -> str:
        return "no hooks" if kind is FaultNextMessage else ""

    def arrange(self, arrangement: Arrangement) -> Arrangement:
        assert not isinstance(arrangement, FaultNextMessage)
        return super().arrange(arrangement)


def test_what_a_step_takes_is_known_before_anything_is_drawn() -> None:
    result = explored(budget=SearchBudget(60), around=Lacks)
    assert result.first is None, feature_of(result.first)
    assert result.unjudged == {}
    assert result.left_out == {
        "the target does not offer ViewToken: no": 8,
        "cannot arrange: FaultNextMessage (no hooks)": 40,
    }
    assert 'Given a registration token that is "unknown"' in result.covered


@pytest.mark.parametrize("around", [TellsTheTimeThatItsClockShows, DriverAround])
@pytest.mark.parametrize(
    "entered",
    [
        'a registration token that is "expired a while ago"',
        "its registration token has been expired",
    ],
)
def test_a_token_has_expired_by_a_clock_that_was_put_forward(
    around: Callable[[Driver], Driver], entered: str
) -> None:
    by_words = {action.says: action for action in ACTIONS}
    words = ("a week passes at Palette", entered, "the operator sends a pairing request")
    target = around(open_target("inprocess", None, 1))
    result = make_again(
        Recording(target, 1), target, (STARTS[0], *(by_words[says] for says in words))
    )
    target.close()
    assert result.first is None, feature_of(result.first)
    assert not result.unjudged


SEND = "the operator sends a pairing request"
CANCEL = "the operator cancels the pairing request"
ACCEPT = "the administrator accepts the request"
REJECT = "the administrator rejects the request"


def made(around: Callable[[Driver], Driver], *words: str) -> Explored:
    """What comes of these actions, in this order, after a start."""
    by_words = {action.says: action for action in ACTIONS}
    target = around(open_target("inprocess", None, 1))
    result = make_again(
        Recording(target, 1), target, (STARTS[0], *(by_words[says] for says in words))
    )
    target.close()
    return result


class StartsSlowly(DriverAround):
    """Palette answers nothing for a second and a half after a restart."""

    starting_until = 0

    def arrange(self, arrangement: Arrangement) -> Arrangement:
        if isinstance(arrangement, Restart) and arrangement.side is Side.CENTRAL:
            self.starting_until = self.now() + 1_500_000
        return super().arrange(arrangement)

    def send(self, outgoing: Outgoing) -> Exchange:
        if self.now() < self.starting_until:
            if isinstance(outgoing.operation, CentralOperation):
                return Exchange(Refused(Reason.INTERNAL, "the server is starting"))
            if isinstance(outgoing.operation, SendPairingRequest):
                return Exchange(Refused(Reason.ENDPOINT_UNUSABLE, "no connection can be made"))
        return super().send(outgoing)


@pytest.mark.parametrize(
    "words", [("Palette is restarted", SEND), (SEND, "Palette is restarted", ACCEPT)]
)
def test_palette_is_asked_nothing_before_it_has_started_again(words: tuple[str, ...]) -> None:
    result = made(StartsSlowly, *words)
    assert result.first is None, feature_of(result.first)
    assert not result.unjudged


class RollsOut(DriverAround):
    """After a local change it shows the cluster as Provisioning for a while, and sends nothing."""

    shows, lasts = ClusterState.PROVISIONING, 1_000_000
    busy_until = 0

    def send(self, outgoing: Outgoing) -> Exchange:
        is_busy = self.now() < self.busy_until
        if is_busy and isinstance(outgoing.operation, SendPairingRequest):
            told = "the cluster is Provisioning, not Running"
            return Exchange(Refused(Reason.CLUSTER_NOT_RUNNING, told))
        exchange = super().send(outgoing)
        if isinstance(outgoing.operation, PatchNamedCluster):
            self.busy_until = self.now() + self.lasts
        shown = exchange.reply.value if isinstance(exchange.reply, Done) else None
        if is_busy and isinstance(shown, Cluster):
            return Exchange(Done(replace(shown, state=self.shows)))
        return exchange


class RollsOutForGood(RollsOut):
    """The cluster never becomes Running again."""

    lasts = 10**12


class SaysOtherwiseThanItShows(RollsOutForGood):
    """The cluster is shown as Running, and nothing is sent."""

    shows = ClusterState.RUNNING


class AnswersDecisions(DriverAround):
    """For a while after a send it refuses every decision."""

    reason, lasts = Reason.CONFLICT, 1_000_000
    busy_until = 0

    def send(self, outgoing: Outgoing) -> Exchange:
        decides = isinstance(outgoing.operation, AcceptPairingRequest | RejectPairingRequest)
        if decides and self.now() < self.busy_until:
            return Exchange(Refused(self.reason, "it is looked at: try again"))
        exchange = super().send(outgoing)
        if isinstance(outgoing.operation, SendPairingRequest):
            self.busy_until = self.now() + self.lasts
        return exchange


class IsStarting(AnswersDecisions):
    """It says that it is starting."""

    reason = Reason.INTERNAL


class LimitsDecisions(AnswersDecisions):
    """It says that there were too many."""

    reason = Reason.RATE_LIMITED


class NeverDecides(AnswersDecisions):
    """It is at odds with every decision, for good."""

    lasts = 10**12


class LimitsForGood(LimitsDecisions):
    """There were too many, for good."""

    lasts = 10**12


CHANGE = 'the operator asks for the "patch of the named cluster"'


@pytest.mark.parametrize(
    ("around", "words"),
    [
        (RollsOut, (CHANGE, SEND)),
        (AnswersDecisions, (SEND, ACCEPT)),
        (AnswersDecisions, (SEND, REJECT)),
        (IsStarting, (SEND, REJECT)),
        (LimitsDecisions, (SEND, REJECT)),
    ],
)
def test_what_is_refused_for_the_moment_is_asked_again(
    around: Callable[[Driver], Driver], words: tuple[str, ...]
) -> None:
    result = made(around, *words)
    assert result.first is None, feature_of(result.first)
    assert not result.unjudged


@pytest.mark.parametrize(
    ("around", "words", "requirement"),
    [(NeverDecides, (SEND, REJECT), "REJ-1"), (SaysOtherwiseThanItShows, (CHANGE, SEND), "SND-3")],
)
def test_what_is_refused_for_good_differs_whatever_is_said(
    around: Callable[[Driver], Driver], words: tuple[str, ...], requirement: str
) -> None:
    first = made(around, *words).first
    assert first is not None
    assert first.expected.requirement == requirement


@pytest.mark.parametrize(
    ("around", "words", "why"),
    [
        (RollsOutForGood, (CHANGE, SEND), "precondition not reached: ViewCluster never showed"),
        (LimitsForGood, (SEND, REJECT), "was limited for 5 s and longer: it is looked at"),
    ],
)
def test_what_may_lawfully_last_ends_a_sequence_and_is_no_finding(
    around: Callable[[Driver], Driver], words: tuple[str, ...], why: str
) -> None:
    result = made(around, *words)
    assert result.first is None, feature_of(result.first)
    (told,) = result.unjudged
    assert why in told
    assert not result.is_conclusive


class AcknowledgesAThirdCancelAlone(CentralCore):
    """The third withdrawal of a cluster is answered, and has no effect."""

    def withdraw(self, operation, call):  # type: ignore[no-untyped-def]
        self.withdrawals = getattr(self, "withdrawals", Counter())
        self.withdrawals[operation.local_cluster_uid] += 1
        if self.withdrawals[operation.local_cluster_uid] == 3:
            return Acknowledged()
        return super().withdraw(operation, call)


def long_finding(planted: str, seconds: float) -> tuple[_Search, Differs]:
    """Three sends and cancels, and what changes nothing: a search whose time is that many trials,
    and what it has found.
    """
    target = open_target("inprocess", None, 1, planted)
    ticks, budget = iter(range(1_000)), SearchBudget(seconds=seconds)
    drawing, here = Recording(target, 1), possible(target)
    search = _Search(drawing, budget, lambda: float(next(ticks)), Random(1), *here)
    found = search.made_of(steps_of("0-2-4-2-4-4-136-2-2-4"))
    assert found is not None
    return search, found


def test_what_changed_nothing_is_left_out_at_once(planted: Callable[[type], str]) -> None:
    what = planted(AcknowledgesAThirdCancelAlone)
    search, found = long_finding(what, seconds=3)
    assert found.idle == {5, 6, 8}
    smaller = search.shrunk(found)
    sends, cancels = (
        "the operator sends a pairing request",
        "the operator cancels the pairing request",
    )
    assert [step.says for step in smaller.steps[1:]] == [sends, cancels] * 3


def test_it_is_said_where_the_time_was_up_before_a_finding_was_small(
    planted: Callable[[type], str],
) -> None:
    what = planted(AcknowledgesAThirdCancelAlone)
    for seconds, is_cut_short in ((3, True), (0, False)):
        search, found = long_finding(what, seconds)
        search.shrunk(found)
        assert search.explored.is_cut_short is is_cut_short


def test_several_findings_are_told_apart(planted: Callable[[type], str]) -> None:
    finds = explored(planted(HasTwoDefects), budget=SearchBudget(400, finds=2)).finds
    assert len({(f.expected.says, f.steps[-1].says) for f in finds}) == len(finds) == 2


def test_the_same_seed_gives_the_same_evidence(tmp_path: Path) -> None:
    files = []
    for number, seed in enumerate((3, 3, 4)):
        out = tmp_path / f"{number}.jsonl"
        explored(seed=seed, budget=SearchBudget(10), out=out)
        files.append(out.read_bytes())
    assert files[0] == files[1] != files[2]
    evidence = read_evidence(tmp_path / "0.jsonl")
    assert evidence.header.kind == "explore"


def test_it_explores_over_http() -> None:
    result = explored(budget=SearchBudget(5, 12), driver="http")
    assert result.first is None, feature_of(result.first)
    assert result.unjudged == {}
    assert result.operations > 50


def test_an_acceptance_goes_through_its_steps_where_these_are_operations() -> None:
    mutant = "pair_cluster_does_not_wait_for_validate"  # which nobody does who takes all steps
    asked = Exploration(driver="inprocess", planted=Planting(mutant), examples=30)
    assert explore_target(asked) == 0


def test_time_that_is_up_ends_it() -> None:
    ticks = iter(range(1_000))
    target = open_target("inprocess", None, 1)
    recording = Recording(target, 1)
    budget = SearchBudget(examples=50, seconds=5)
    result = explore(recording, target, 1, budget, clock=lambda: float(next(ticks)))
    assert (result.ran_out, result.first) == (True, None)
    assert result.examples == 4


def test_each_step_has_words_of_its_own() -> None:
    words = [str(action) for action in (*STARTS, *ACTIONS)]
    assert len(words) == len(set(words))
