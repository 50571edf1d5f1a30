"""What was found is said in the words of the procedure, whatever names the evidence has for it."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Mapping
from types import ModuleType

import pytest

from harness.catalogue.verdict import Verdict
from harness.checkers import pages
from harness.checkers.registry import check_names, named, run_check
from harness.checkers.sentences import expected_of, readable, sentence_of
from harness.domain import arrangements, operations, page_actions
from harness.history import predicates
from harness.history.lines import CheckLine
from harness.history.operation import History, Json, OperationRecord, Outcome
from harness.history.predicates import Sample, contrary, expectation, predicate_names
from harness.history.wording import NOUNS, happened, noun, since, title_of

UID = "450d12ab34cd56ef78901234"
WAITING: dict[str, Json] = {"pairing_uid": UID, "local_cluster_uid": "c1", "state": "Pairing"}


def kinds(module: ModuleType, base: type) -> set[str]:
    """The names of all operations, or arrangements, that stand in evidence."""
    found = {c for c in vars(module).values() if isinstance(c, type) and issubclass(c, base)}
    return {c.__name__ for c in found if not any(issubclass(o, c) for o in found - {c})}


EVERY = {
    *kinds(operations, operations.Operation),
    *kinds(arrangements, arrangements.Arrangement),
    *kinds(page_actions, page_actions.BrowserAction),
}
OURS = {
    *(name for name in EVERY if re.search("[a-z][A-Z]", name)),
    *(name for name in (*check_names(), *predicate_names()) if "_" in name),
}
"""Names of ours that no sentence may have; a name that is a plain word is none that tells."""


def names_in(text: str) -> set[str]:
    keys = r"see how \w+ is arranged"  # as the target file has it
    return OURS & set(re.findall(r"\w+", re.sub(keys, "", text)))


def operation(
    n: int, kind: str, *, start: int, took: int = 4_000, **given: Json
) -> OperationRecord:
    args, value = given.pop("args", {}), given.pop("value", {})
    assert isinstance(args, dict)
    assert isinstance(value, dict)
    outcome = Outcome(str(given.pop("outcome", "ok")))
    error: dict[str, Json] | None = {"reason": "Conflict", "message": "no"}
    return OperationRecord(
        f"s#{n}", "s", "operator", kind, args, start, start + took, outcome, value,
        None if outcome is Outcome.OK else error,
    )  # fmt: skip


def wait(n: int, kind: str, predicate: str, polls: str, *samples: Json, **args: Json) -> History:
    told: dict[str, Json] = {"predicate": predicate, "predicate_args": args, "polls": polls}
    limit: dict[str, Json] = {"within_s": 5.0} if kind == "await_state" else {"during_s": 1.0}
    seen: list[Json] = [
        {"at": 1_304_000, "outcome": "ok", "value": s, "error": None} for s in samples
    ]
    value: dict[str, Json] = {"held": False, "samples": seen}
    return History(
        (
            operation(1, "SendPairingRequest", start=0),
            operation(2, "CancelPairingRequest", start=1_000_000),
            operation(3, "ListPairingRequests", start=1_003_000, took=500),
            operation(n, kind, start=1_004_500, took=4_999_500, args=told | limit, value=value),
        )
    )


def line_of(check: str, history: History, **args: Json) -> CheckLine:
    finding = run_check(check, history, args)
    return CheckLine(
        scenario="s", requirement="WDR-3", check=check, args=dict(args), step="",
        verdict=finding.verdict, reason=finding.reason, operations=list(finding.operations),
    )  # fmt: skip


def test_a_wait_says_what_was_seen_and_how_long_after_what() -> None:
    seen: Json = {"items": [WAITING]}
    history = wait(4, "await_state", "not_listed", "ListPairingRequests", seen, pairing_uid=UID)
    line = line_of("held", history, operation="s#4")
    assert names_in(line.reason) == {"ListPairingRequests", "not_listed"}, "evidence keeps names"
    told = sentence_of(line, history)
    assert told == "Palette still lists request 450d12ab… 5 s after the cancel was acknowledged"
    expected = "Palette does not list request 450d12ab… any more, within 5 s"
    assert expected_of(line, history) == expected


def test_what_did_not_stay_so_is_dated_by_the_answer_that_shows_it() -> None:
    history = wait(4, "stays", "lists_nothing", "ListPairingRequests", {"items": [WAITING]})
    line = line_of("held", history, operation="s#4")
    told = sentence_of(line, history)
    assert told == "Palette lists request 450d12ab… 0.3 s after the cancel was acknowledged"


def test_evidence_that_names_no_operation_is_told_by_those_on_which_it_rests() -> None:
    history = wait(4, "await_state", "nothing_pending", "ViewPairing", {"status": "Pairing"})
    line = line_of("held", history, operation="s#4")
    older = CheckLine(**{**{f: getattr(line, f) for f in line.__struct_fields__}, "args": {}})
    assert sentence_of(older, history) == sentence_of(line, history)


@pytest.mark.parametrize(
    ("predicate", "polls", "told"),
    [
        ("of_next_year", "ListPairingRequests", "Palette's list of requests still shows"),
        ("of_next_year", "FoldTheCluster", "“fold the cluster” still shows"),
    ],
)
def test_what_is_not_known_is_told_in_general(predicate: str, polls: str, told: str) -> None:
    history = wait(4, "await_state", predicate, polls, {"items": []})
    line = CheckLine(
        scenario="s", requirement="WDR-3", check="a_check_of_next_year", args={}, step="",
        verdict=Verdict.FAIL, reason=f"{polls}: {predicate} did not hold", operations=["s#4"],
    )  # fmt: skip
    said = sentence_of(line, history)
    assert said.startswith(told)
    assert said.endswith("5 s after the cancel was acknowledged")


def test_what_had_to_come_first_is_told_by_what_was_seen_of_it() -> None:
    history = wait(4, "await_state", "nothing_pending", "ViewPairing", {"status": "Pairing"})
    reason = "precondition not reached: ViewPairing never showed nothing_pending; seen last: x"
    assert readable(reason, history) == (
        "The scenario did not get that far: Local UI still shows a request as pending, without an"
        " id, 5 s after the cancel was acknowledged"
    )
    assert readable("precondition not reached: the moon", history).endswith(": the moon")


@pytest.mark.parametrize("fault", arrangements.MessageFault)
def test_every_fault_of_a_message_is_told_in_words(fault: arrangements.MessageFault) -> None:
    args: Json = {"message": "withdraw", "fault": fault.value}
    told = happened(operation(1, "FaultNextMessage", start=0, args=args))
    assert told.startswith("the host's next withdraw message ")
    assert "is to be" not in told


@pytest.mark.parametrize(
    ("kind", "args", "told"),
    [
        ("SetNodeHealth", {"node": "worker-2", "health": "Unhealthy"}, "node worker-2 was made un"),
        ("Restart", {"side": "central"}, "Palette was restarted"),
        ("AdvanceClock", {"side": "edge", "by": -5}, "the clock of the edge was put back"),
    ],
)
def test_what_was_brought_about_is_told_and_counts_as_a_deed(
    kind: str, args: dict[str, Json], told: str
) -> None:
    arranged = operation(1, kind, start=0, args=args)
    assert happened(arranged).startswith(told)
    assert since([arranged], 2_004_000).startswith(f" 2 s after {told}")
    assert not happened(operation(1, kind, start=0, args=args, outcome="fail")).startswith(told)


def test_every_operation_is_called_by_a_noun() -> None:
    assert not {kind for kind in EVERY if noun(kind).startswith("“") or names_in(noun(kind))}
    assert (
        not NOUNS.keys() - EVERY - {"ConfirmArrangement", "HearMessages", "HearStrays", "SeeEffect"}
    )
    for kind in EVERY:
        assert not names_in(happened(operation(1, kind, start=0)))


@pytest.mark.parametrize(
    ("kind", "args", "did", "title"),
    [
        (
            "ClickLabel", {"page": "settings", "label": "Pair"},
            "“Pair” on Settings was clicked", "Click “Pair” on Settings",
        ),
        (
            "SetChecked",
            {"page": "match", "label": "a profile", "profile": "infra", "checked": False},
            "“infra” on Pair Cluster, the match was deselected",
            "Deselect “infra” on Pair Cluster, the match",
        ),
        (
            "OpenPage", {"page": "requests"},
            "the page “the pairing requests” was opened", "Open the page “the pairing requests”",
        ),
        (
            "GoBack", {"forward": True},
            "the browser's forward button was pressed", "Press the browser's forward button",
        ),
        ("LeavePages", {}, "the tab was closed", "Close the tab"),
        ("OpenPage", {"page": "of-next-year"}, "the page “of-next-year” was opened", None),
    ],
)  # fmt: skip
def test_what_a_person_does_on_a_page_is_told_with_what_they_do_it_to(
    kind: str, args: dict[str, Json], did: str, title: str | None
) -> None:
    record = operation(1, kind, start=0, args=args)
    assert happened(record) == did
    assert title_of(record) == title or title is None
    refused = operation(1, kind, start=0, args=args, outcome="fail")
    assert happened(refused) == did.replace(" was ", " could not be ")


def test_what_could_not_be_done_on_a_page_says_why_and_what_to_do() -> None:
    args: Json = {"page": "settings", "label": "Copy"}
    history = History((operation(1, "ClickLabel", start=0, outcome="fail", args=args),))
    line = line_of("done_on_page", history, operation="s#1")
    assert sentence_of(line, history) == (
        "“Copy” on Settings could not be clicked: no; say under [pages.page] of the target file"
        " what it is called there"
    )


@pytest.mark.parametrize("name", predicate_names())
def test_every_predicate_says_what_it_looks_for_and_what_is_there_instead(name: str) -> None:
    declared = pages if hasattr(pages, name) else predicates
    signature = inspect.signature(getattr(declared, name))
    values: Mapping[str, Json] = {"times": 2, "fields": {"name": "a"}, "expiry": 3, "active": True}
    args = {n: values.get(n, UID) for n in signature.parameters if n != "sample"}
    answers: list[Mapping[str, Json]] = [{}, {"items": [WAITING]}, {"status": "Pairing"}]
    looked = expectation(name, "ViewPairing", args)
    for value in answers:
        seen = contrary(name, "ViewPairing", args, Sample(Outcome.OK, value, {}), True)
        assert seen != looked
        for told in (looked, seen):
            assert told[0].isupper()
            assert "{" not in told
            assert not names_in(told)


BUTTON: Json = {"roles": ["button"], "names": ["Pair"]}
ROWS: Json = {"snapshot": '- row "a1 plant":\n  - cell "a1"\n  - cell "plant"\n- textbox "Id": x1'}
BOX: Json = {"roles": ["textbox"], "names": ["Id"]}
POOLS: Json = {"pools": [{"name": "w", "nodes": [{"name": "n1", "health": "Unhealthy"}]}]}
TOKEN: Json = {"name": "t", "active": False, "expiry": 90_000_000}


@pytest.mark.parametrize(
    ("name", "args", "shown", "looked", "told"),
    [
        ("page_says", {"texts": ["a1", "b2"]}, ROWS, "says “a1”, “b2”", "does not say “b2”"),
        ("page_does_not_say", {"texts": ["a", "z"]}, ROWS, "say “a” or “z”", "still says “a”"),
        ("page_does_not_show", {"element": BUTTON}, {"snapshot": ""}, "show the", "still blank"),
        (
            "page_has_come_to_say", {"before": ["a1"], "words": ["bad"], "not_words": ["t0"]},
            ROWS, "something new that has “bad” in it, and nothing that has “t0”",
            "says “plant” with none of “bad” in it",
        ),
        (
            "page_has_come_to_say", {"before": [], "words": [], "not_words": ["plant"]},
            ROWS, "something new, and nothing that has “plant”", "still says “plant”",
        ),
        (
            "page_warns", {"ways": [["only", "here"], ["ends"]]},
            ROWS, "has “only” and “here”, or “ends”", "No sentence of the page has “only” and",
        ),
        (
            "field_holds", {"element": BOX, "text": "y"},
            ROWS, "the textbox “Id” holds “y”",
            "the textbox “Id” still holds “x1”, in place of “y”",
        ),
        ("field_holds", {"element": BUTTON, "text": ""}, ROWS, "holds nothing", "still is missing"),
        ("is_chosen", {"element": BOX, "chosen": True}, ROWS, "chosen", "is still not chosen"),
        ("stands_once", {"text": "zz"}, ROWS, "shows “zz” once", "still does not show “zz”"),
        (
            "request_says",
            {"pairing_uid": "a1", "others": [], "texts": ["hall"], "not_texts": ["plant"]},
            ROWS, "is shown with “hall”, and not with “plant”",
            "is shown without “hall” and is shown with “plant”, which is another's",
        ),
        ("bears_none_of", {"fields": {"name": "t", "active": True}}, TOKEN, "none", "shows name t"),
        ("node_is", {"node": "n1", "health": "Healthy"}, POOLS, "n1", "shows node n1 as Unhealthy"),
        ("node_is", {"node": "n2", "health": "Healthy"}, POOLS, "n2", "still shows no node n2"),
        (
            "token_is", {"name": "t", "active": True, "expiry": 5_000_000}, TOKEN, "token t",
            "token t as inactive and valid for 85 s too long",
        ),
        ("token_is", {"name": "u", "active": True, "expiry": 5}, TOKEN, "u", "no registration tok"),
        ("runs_packs", {"packs": ["b 2"]}, {"profiles": []}, "just b 2", "runs none, in place"),
    ],
)  # fmt: skip
def test_what_is_shown_in_place_of_it_is_told(
    name: str, args: dict[str, Json], shown: Mapping[str, Json], looked: str, told: str
) -> None:
    assert looked in expectation(name, "ViewPage", args)
    assert told in contrary(name, "ViewPage", args, Sample(Outcome.OK, shown, {}), True)


def test_what_is_shown_otherwise_is_told_field_by_field() -> None:
    fields: Json = {"name": "a", "tags": {"owner": "kim"}, "without_tags": ["old"]}
    shown: dict[str, Json] = {"name": "a", "tags": {"old": "1"}}
    sample = Sample(Outcome.OK, shown, {})
    told = contrary("bears", "ViewCentralCluster", {"fields": fields}, sample, True)
    assert told == (
        "The cluster in Palette still shows tags old=1, in place of owner=kim; tags old=1, although"
        " old were taken away"
    )


def test_a_field_that_is_not_as_it_was_sent_is_told_in_words_and_not_in_our_language() -> None:
    shown: Json = {"name": "a", "tags": {}, "description": None}
    view = operation(5, "ViewPairingRequest", start=2_000_000, value=shown)
    history = History((operation(1, "SendPairingRequest", start=0), view))
    fields: Json = {"name": "a", "tags": {"owner": "kim"}, "description": "plain"}
    line = line_of("shows", history, operation="s#5", fields=fields)
    assert line.verdict is Verdict.FAIL
    assert sentence_of(line, history) == (
        "The request in Palette shows tags none, in place of owner=kim; description none, in place"
        " of plain, 2 s after the send was acknowledged"
    )


def test_a_wait_of_which_a_field_is_judged_is_told_by_what_it_saw_last() -> None:
    seen: Json = {"mode": "central"}
    history = wait(4, "await_state", "mode_is", "ViewManagement", {"mode": "local"}, seen)
    line = line_of("shown_at_last", history, operation="s#4", fields={"mode": "local"})
    told = sentence_of(line, history)
    assert told.startswith("Who manages the host shows mode central, in place of local, 5 s after")


def test_a_target_that_speaks_of_braces_is_quoted() -> None:
    sample = Sample(Outcome.FAIL, {}, {"reason": "Conflict", "message": "{no.thing} {0}"})
    told = contrary("succeeds", "ViewPairing", {}, sample, True, " 5 s after the send")
    assert told == "The request in Local UI is still refused 5 s after the send: {no.thing} {0}"


@pytest.mark.parametrize("name", check_names())
def test_every_check_says_its_finding_without_names(name: str) -> None:
    """Its reason is its sentence, in which operations are named by what was recorded: the words
    around them may not name anything of ours. What says more than that has a sentence of its own.
    """
    module = inspect.getmodule(named(name))
    assert module is not None
    tree = ast.parse(inspect.getsource(module))
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            node.value.value = ""  # a docstring is not told
    literals = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)]
    texts = [t for t in literals if isinstance(t, str) and " " in t and not _is_a_list(t)]
    assert not [t for t in texts if names_in(t)]


def _is_a_list(text: str) -> bool:
    return set(text.split()) <= OURS
