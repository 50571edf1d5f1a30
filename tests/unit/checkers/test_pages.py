"""What pages show, asked of accessibility trees that were written by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from harness.catalogue.verdict import Verdict
from harness.checkers.pages import done_on_page, page_was
from harness.domain.pages import LABELS, WARNING_WORDS, PageName
from harness.history.operation import History, Json, OperationRecord, Outcome
from harness.history.page_tree import page_tree
from harness.history.predicates import Sample, holds

REQUESTS = """\
- banner:
  - /url: "#main"
  - paragraph: Palette
- main:
  - heading "Pairing requests" [level=1]
  - table:
    - row "aaa1 plant area:dock Pair Reject":
      - cell "aaa1"
      - cell "area:dock line:7"
      - cell:
        - button "Pair"
        - button "Reject" [disabled]
    - row "bbb2 plant area:hall Pair Reject":
      - cell "bbb2"
      - cell "area:hall"
      - cell:
        - button "PAIR"
        - button "Reject"
"""
SETTINGS = """\
- radio "Locally Managed" [checked]
- radio "Centrally Managed:"
- text: Registration token
- textbox "Registration token *": "a: b"
- textbox "Palette endpoint"
- 'button "Save: now"': "Save: now"
- term: Pairing ID
- code: aaa1
"""
WARNING = """\
- paragraph: Read this. Once paired, the cluster can ONLY be managed centrally and that local
- paragraph:
  - text: From then on local cluster operations will no longer
  - strong: be permitted.
"""


def holds_on(snapshot: str, name: str, **args: Json) -> bool:
    return holds(name, Sample(Outcome.OK, {"snapshot": snapshot}, {}), args)


def element(role: str, name: str) -> dict[str, Json]:
    return {"roles": [role], "names": [name], "documented": True}


def test_a_tree_is_read_as_it_was_written() -> None:
    tree = page_tree(SETTINGS)
    assert [node.role for node in tree.nodes] == [
        "radio",
        "radio",
        "text",
        "textbox",
        "textbox",
        "button",
        "term",
        "code",
    ]
    assert tree.nodes[3].text == "a: b"
    assert tree.nodes[5].name == "Save: now"
    assert tree.nodes[0].states == {"checked"}
    assert len(page_tree(REQUESTS).nodes[1].nodes[1].nodes) == 2


@pytest.mark.parametrize(
    ("name", "args", "expected"),
    [
        ("page_shows", {"element": element("button", "Pair")}, True),
        ("page_shows", {"element": element("link", "Pair")}, False),
        ("page_shows", {"element": element("button", "Pai")}, False),
        ("page_does_not_show", {"element": element("button", "Confirm")}, True),
        ("page_does_not_show", {"element": element("button", "Reject")}, False),
        ("page_says", {"texts": ["aaa1", "bbb2"]}, True),
        ("page_says", {"texts": ["aaa"]}, False),
        ("page_does_not_say", {"texts": ["ccc3"]}, True),
        ("page_does_not_say", {"texts": ["aaa1"]}, False),
        ("request_stands_once", {"pairing_uid": "aaa1", "others": ["bbb2"]}, True),
        ("request_stands_once", {"pairing_uid": "ccc3", "others": ["bbb2"]}, False),
    ],
)
def test_what_a_page_shows(name: str, args: Mapping[str, Json], expected: bool) -> None:
    assert holds_on(REQUESTS, name, **args) is expected


@pytest.mark.parametrize(
    ("snapshot", "expected"),
    [
        ("- text: Pairing ID c396", True),
        ("- text: Pairing ID c396 Palette https://x", True),
        ("- paragraph: 'pairing id: c396'", True),
        ("- text: Pairing IDs c396", False),
        ("- text: No Pairing ID c396", False),
    ],
)
def test_a_text_may_have_its_value_on_its_line(snapshot: str, expected: bool) -> None:
    assert holds_on(snapshot, "page_shows", element=element("text", "Pairing ID")) is expected
    assert not holds_on(snapshot, "page_shows", element=element("button", "Pairing ID"))


def test_a_text_that_the_tree_runs_together_with_others_may_stand_alone() -> None:
    wanted = {"element": element("text", "Pairing ID")}
    seen: Json = {"snapshot": "- text: Status Pending Pairing ID c396", "alone": ["Pairing ID"]}
    assert holds("page_shows", Sample(Outcome.OK, seen, {}), wanted)
    assert not holds("page_shows", Sample(Outcome.OK, {**seen, "alone": []}, {}), wanted)


def test_what_was_opened_beside_a_request_may_stand_elsewhere_but_beside_no_other() -> None:
    about = {"pairing_uid": "aaa1", "others": ["bbb2"], "element": element("menuitem", "Reject")}
    menu = '- menu:\n  - menuitem "Reject"\n'
    assert not holds_on(REQUESTS + menu, "request_offers", **about)
    assert holds_on(REQUESTS + menu, "request_offers", **about, opened=True)
    assert not holds_on(REQUESTS + menu + menu, "request_offers", **about, opened=True)
    of_the_other = REQUESTS.replace("button", "menuitem").replace(" [disabled]", "")
    of_the_other = of_the_other.replace('menuitem "Reject"', 'menuitem "-"', 1)
    assert not holds_on(of_the_other, "request_offers", **about, opened=True)


def test_a_request_twice_is_not_once() -> None:
    twice = REQUESTS + '    - row "aaa1":\n      - cell "aaa1"\n'
    assert not holds_on(twice, "request_stands_once", pairing_uid="aaa1", others=["bbb2"])


def test_what_stands_beside_a_request_is_its_own() -> None:
    about: dict[str, Json] = {"pairing_uid": "aaa1", "others": ["bbb2"]}
    says: dict[str, Json] = {**about, "texts": ["area", "dock", "line", "7"], "not_texts": ["hall"]}
    assert holds_on(REQUESTS, "request_says", **says)
    assert not holds_on(REQUESTS, "request_says", **{**says, "texts": ["hall"]})
    assert not holds_on(REQUESTS, "request_says", **{**says, "not_texts": ["dock"]})
    assert holds_on(REQUESTS, "request_offers", **about, element=element("button", "Pair"))
    assert not holds_on(REQUESTS, "request_offers", **about, element=element("button", "Reject"))


def test_what_is_closed_is_shown_and_not_offered() -> None:
    closed = '- button "Pair cluster" [disabled]\n'
    pair = element("button", "Pair cluster")
    assert holds_on(closed, "page_shows", element=pair)
    assert not holds_on(closed, "page_offers", element=pair)
    assert holds_on(closed, "page_does_not_offer", element=pair)


def test_nothing_is_missing_from_a_page_that_was_not_seen() -> None:
    gone = element("button", "Pair")
    assert not holds_on("", "page_does_not_show", element=gone)
    assert not holds_on("", "page_does_not_offer", element=gone)
    assert not holds_on("", "page_does_not_say", texts=["aaa1"])


def test_entries_and_choices() -> None:
    token = element("textbox", "Registration token")
    assert holds_on(SETTINGS, "field_holds", element=token, text="a: b")
    assert not holds_on(SETTINGS, "field_holds", element=token, text="a")
    empty = element("textbox", "Palette endpoint")
    assert holds_on(SETTINGS, "field_holds", element=empty, text="")
    radio = element("radio", "Centrally Managed")
    assert holds_on(SETTINGS, "is_chosen", element=radio, chosen=False)
    assert not holds_on(SETTINGS, "is_chosen", element=radio, chosen=True)
    assert not holds_on("- text: x", "is_chosen", element=radio, chosen=False)
    assert holds_on(SETTINGS, "page_shows", element=element("text", "Pairing ID"))


def test_a_warning_has_to_say_it_in_one_sentence() -> None:
    central, local = (list(words) for words in WARNING_WORDS.values())
    assert holds_on(WARNING, "page_warns", ways=[central])
    assert holds_on(WARNING, "page_warns", ways=[local])
    apart = "- paragraph: Only you can do this. It is managed. Clusters live centrally.\n"
    assert not holds_on(apart, "page_warns", ways=[central])
    assert holds_on(apart, "page_warns", ways=[central, ["it is managed"]])


def test_marks_that_only_their_frames_keep_apart_are_read_one_by_one() -> None:
    about = {"pairing_uid": "aaa1", "others": ["bbb2"], "not_texts": ["hall"]}
    row = '- row:\n  - cell "aaa1"\n  - cell "area:dockline:7site:west"\n- row "bbb2"\n'
    texts = ["area", "dock", "line", "7", "site", "west"]
    assert holds_on(row, "request_says", **about, texts=texts)
    assert not holds_on(row, "request_says", **about, texts=[*texts, "lane"])
    assert not holds_on(row, "request_says", **about, texts=["area", "docks"])
    cut = row.replace("line:7site:west", "+2")
    assert not holds_on(cut, "request_says", **about, texts=texts)
    another = row.replace("site:west", "site:westhall")
    assert not holds_on(another, "request_says", **about, texts=texts)
    longer = row.replace("site:west", "site:western")
    assert not holds_on(longer, "request_says", **about, texts=texts)


def test_a_name_stands_no_second_time() -> None:
    row = '- row "plant":\n  - cell "plant"\n'
    assert holds_on(row, "stands_no_second_time", text="plant")
    assert holds_on(row, "stands_no_second_time", text="mill")
    assert not holds_on(row + row, "stands_no_second_time", text="plant")
    assert not holds_on("", "stands_no_second_time", text="plant")
    toast = "- alert: Cluster plant has been paired\n- status: plant\n- listitem: plant Healthy\n"
    assert holds_on(toast, "stands_no_second_time", text="plant")
    link = '- link "plant":\n  - img "plant"\n  - text: plant\n'
    assert holds_on(link, "stands_no_second_time", text="plant")
    assert not holds_on(link + link, "stands_no_second_time", text="plant")
    for said, is_right in (
        ("plant area:dock plant area:dock", False),
        ("plant plant", False),
        ("mill plant area:dock plant area:dock", False),
        ("plant area:dock", True),
        ("plant of the plant next door", True),
        ("plant area:dock plant-2 area:dock", True),
    ):
        line = f"- region: {said}"
        assert holds_on(line, "stands_no_second_time", text="plant") is is_right, said


def test_a_name_stands_once() -> None:
    row = '- row "plant Running":\n  - rowheader "plant"\n  - cell "Running"\n'
    assert holds_on(row, "stands_once", text="plant")
    assert not holds_on(row + row, "stands_once", text="plant")
    assert not holds_on(row, "stands_once", text="plan")


# --- checks ---------------------------------------------------------------------------------------


def seen(snapshot: str, about: Mapping[str, Json], predicate: str = "page_shows") -> History:
    value: Json = {"address": "/x", "snapshot": snapshot}
    sample: Json = {"outcome": "ok", "value": value, "error": None}
    args: dict[str, Json] = {
        "predicate": predicate,
        "predicate_args": {"element": dict(about)},
        "polls": "ViewPage",
        "within_s": 5.0,
    }
    outcome: dict[str, Json] = {"held": False, "asked": 1, "unread": 0, "samples": [sample]}
    return History(
        (OperationRecord("s#1", "s", "a", "await_state", args, 0, 5, Outcome.OK, value=outcome),)
    )


def test_what_nobody_has_a_name_for_is_not_missing() -> None:
    documented = element("textbox", "Registration token")
    ours = {**documented, "names": ["Name"], "documented": False}
    assert page_was(seen(SETTINGS, documented), operation="s#1").verdict is Verdict.PASS
    assert page_was(seen(REQUESTS, documented), operation="s#1").verdict is Verdict.FAIL
    unnamed = page_was(seen(REQUESTS, ours), operation="s#1")
    assert unnamed.verdict is Verdict.INCONCLUSIVE
    assert "[pages.page]" in unnamed.reason


def test_a_reason_names_an_id_whole() -> None:
    """`…` says in evidence that a text was cut, where half a secret may be left."""
    uid = "80f87f208fbd70398c0d0369"
    history = seen(f"- code: {uid}\n", {})
    args = {**history["s#1"].args, "predicate": "page_says", "predicate_args": {"texts": [uid]}}
    says = History((replace(history["s#1"], args=args),))
    assert page_was(says, operation="s#1").reason == f"The page says “{uid}”"


def clicked(outcome: Outcome, page: PageName, label: str) -> History:
    error: dict[str, Json] = {"message": "the page /x does not show it", "why": "it hangs"}
    args: dict[str, Json] = {"page": page.value, "label": label}
    error_ = None if outcome is Outcome.OK else error
    return History(
        (OperationRecord("s#1", "s", "a", "ClickLabel", args, 0, 5, outcome, error=error_),)
    )


def test_what_the_document_names_has_to_be_there() -> None:
    page, label = PageName.SETTINGS, "Cancel Pairing Request"
    assert LABELS[page][label].documented
    by_outcome = {Outcome.OK: "pass", Outcome.FAIL: "fail", Outcome.INFO: "inconclusive"}
    for outcome, verdict in by_outcome.items():
        assert done_on_page(clicked(outcome, page, label), operation="s#1").verdict == verdict
    ours = clicked(Outcome.FAIL, page, "Palette endpoint")
    assert done_on_page(ours, operation="s#1").verdict is Verdict.INCONCLUSIVE


def test_what_a_page_has_come_to_say_is_no_label_and_no_entry() -> None:
    """The label and the entry have the word, and the token, and say nothing of why."""
    before = '- main:\n  - text: Registration token\n  - textbox "Registration token": abc1'
    told = before + "\n  - alert: The registration token is unknown."
    asked = {"before": ["Registration token"], "words": ["token"], "not_words": ["abc1"]}
    assert not holds_on(before, "page_has_come_to_say", **asked)
    assert holds_on(told, "page_has_come_to_say", **asked)
    assert not holds_on(told.replace("unknown", "abc1"), "page_has_come_to_say", **asked)
    assert not holds_on(
        told.replace("The registration token is unknown", "No"), "page_has_come_to_say", **asked
    )
    without_words = asked | {"words": []}
    assert not holds_on(before, "page_has_come_to_say", **without_words)
    assert holds_on(told, "page_has_come_to_say", **without_words)


def test_a_name_among_other_texts_of_a_card_stands_once_as_well() -> None:
    card = "- list:\n  - listitem: plant ●Running of the line in the plant\n"
    assert holds_on(card, "stands_once", text="plant")
    assert not holds_on(card + card, "stands_once", text="plant")
    assert not holds_on(card, "stands_once", text="plan")
