"""Checks on long lists, long texts and many ids, with good and bad handwritten histories."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from harness.catalogue.verdict import Verdict
from harness.checkers.ids import ids_at_most, sample_size
from harness.checkers.registry import Finding, run_check
from harness.domain.draws import derived_bits
from harness.history.operation import History, Json, OperationRecord, Outcome

COUNT = 51


def sent(number: int, uid: str | None = None) -> OperationRecord:
    cluster: dict[str, Json] = {"uid": f"c{number}", "name": f"store-{number}"}
    return OperationRecord(
        f"s#{number}",
        "s",
        "host",
        "SubmitPairing",
        {"cluster": cluster},
        number,
        number,
        Outcome.OK,
        {"pairing_uid": uid or f"p{number}"},
    )


def decided(kind: str, number: int, at: int, outcome: Outcome = Outcome.OK) -> OperationRecord:
    args: dict[str, Json] = {"pairing_uid": f"p{number}"}
    return OperationRecord(f"d#{number}", "s", "somebody", kind, args, at, at, outcome, {})


def item(number: int, **other: Json) -> dict[str, Json]:
    told: dict[str, Json] = {"pairing_uid": f"p{number}", "local_cluster_uid": f"c{number}"}
    return {**told, "name": f"store-{number}", "state": "Pending", **other}


SENT = [sent(number) for number in range(1, COUNT + 1)]
ITEMS = [item(number) for number in range(1, COUNT + 1)]


def listed(
    items: Sequence[dict[str, Json]],
    *more: OperationRecord,
    gone: Sequence[str] = (),
    name: str = "lists_what_waits",
    **args: Json,
) -> Finding:
    value: dict[str, Json] = {"items": list(items)}
    look = OperationRecord(
        "s#list", "s", "admin", "ListPairingRequests", args, 200, 300, Outcome.OK, value
    )
    named: dict[str, Json] = {"operation": "s#list"}
    named |= {"gone": list(gone)} if name == "lists_what_waits" else {}
    return run_check(name, History((*SENT, *more, look)), named)


def test_a_list_that_holds_each_once_is_right_in_any_order() -> None:
    assert listed(ITEMS).verdict is Verdict.PASS
    assert listed(ITEMS[::-1]).verdict is Verdict.PASS


def test_somebody_elses_requests_may_stand_there_as_well() -> None:
    assert listed([*ITEMS, item(999)]).verdict is Verdict.PASS


def test_what_an_item_leaves_out_tells_nothing() -> None:
    bare: list[dict[str, Json]] = [{"pairing_uid": f"p{n}"} for n in range(1, COUNT + 1)]
    assert listed(bare).verdict is Verdict.PASS
    assert listed([*bare, {"name": "somebody's"}]).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("items", "told"),
    [
        (ITEMS[:50], "lacks 1 (p51)"),
        ([*ITEMS, ITEMS[50]], "holds more than once 1 (p51)"),
        ([item(1, name="store-2"), *ITEMS[1:]], "holds as another cluster's 1 (p1)"),
        ([item(1, local_cluster_uid="c2"), *ITEMS[1:]], "holds as another cluster's 1 (p1)"),
        ([*ITEMS, item(7, pairing_uid="p7-")], "under an id that nobody was given 1 (p7-)"),
        (ITEMS[4:], "lacks 4 (p1, p2, p3, …)"),
    ],
)
def test_a_list_that_is_wrong_says_how(items: list[dict[str, Json]], told: str) -> None:
    finding = listed(items)
    assert finding.verdict is Verdict.FAIL
    assert told in finding.reason


@pytest.mark.parametrize(
    "kind", ["AcceptPairingRequest", "RejectPairingRequest", "WithdrawPairing"]
)
def test_what_was_decided_before_must_not_be_listed(kind: str) -> None:
    before, refused = decided(kind, 3, 100), decided(kind, 3, 100, Outcome.FAIL)
    rest = [*ITEMS[:2], *ITEMS[3:]]
    assert listed(rest, before).verdict is Verdict.PASS
    assert "still holds 1 (p3)" in listed(ITEMS, before).reason
    assert "lacks 1 (p3)" in listed(rest, refused).reason


@pytest.mark.parametrize(
    "under_way",
    [decided("WithdrawPairing", 3, 250), decided("WithdrawPairing", 3, 9, Outcome.INFO)],
)
def test_of_what_may_have_been_decided_nothing_is_demanded(under_way: OperationRecord) -> None:
    rest = [*ITEMS[:2], *ITEMS[3:]]
    assert listed(rest, under_way).verdict is Verdict.PASS
    assert listed(ITEMS, under_way).verdict is Verdict.PASS


def test_what_should_be_gone_is_told_though_nothing_decided_it() -> None:
    assert "still holds 1 (p51)" in listed(ITEMS, gone=["p51"]).reason


def test_a_decided_request_may_stay_listed_with_its_state() -> None:
    rejected = decided("RejectPairingRequest", 3, 100)
    kept = [*ITEMS[:2], item(3, state="Rejected"), *ITEMS[3:]]
    assert listed(kept, rejected).verdict is Verdict.PASS


def test_a_list_for_one_cluster_has_to_hold_the_request_of_that_one() -> None:
    only: dict[str, Json] = {"local_cluster_uid": "c51"}
    assert listed([ITEMS[50]], **only).verdict is Verdict.PASS
    assert listed(ITEMS, **only).verdict is Verdict.PASS
    assert "lacks 1 (p51)" in listed([], **only).reason


def test_a_list_that_changes_while_it_is_read_is_observed() -> None:
    left = decided("RejectPairingRequest", 1, 250)
    finding = listed([*ITEMS[:49], ITEMS[50], ITEMS[50]], left, name="lists_as_it_changes")
    assert finding.verdict is Verdict.OBSERVED
    assert "lacked 1 of 50 others and held 1 twice" in finding.reason


@pytest.mark.parametrize(
    ("asked", "items", "comes"),
    [
        ("name, asc", [item(1, name="a"), item(2, name="b")], True),
        ("name, desc", [item(1, name="a"), item(2, name="b")], False),
        ("creationTimestamp, asc", [item(1, created=9), item(2, created=10)], True),
        ("creationTimestamp, desc", [item(1, created=9), item(2, created=10)], False),
        ("state, desc", ITEMS, True),
    ],
)
def test_the_order_of_a_list_is_observed(
    asked: str, items: list[dict[str, Json]], comes: bool
) -> None:
    finding = listed(items, name="lists_in_order", written=f"the order of {asked}")
    assert finding.verdict is Verdict.OBSERVED
    told = "comes" if comes else "does not come"
    assert finding.reason == f"the list {told} in the order of {asked}"


# --- texts --------------------------------------------------------------------------------------
TEXT = "t" + "0123456789" * 25 + "-end"


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (TEXT, Verdict.PASS),
        (TEXT.upper(), Verdict.OBSERVED),
        (f" {TEXT} ", Verdict.OBSERVED),
        (TEXT[:254], Verdict.FAIL),
        (f"{TEXT[:252]}…", Verdict.FAIL),
        (TEXT[1:], Verdict.FAIL),
        ("", Verdict.FAIL),
        (None, Verdict.FAIL),
    ],
)
def test_a_text_is_kept_whole_or_cut(shown: str | None, expected: Verdict) -> None:
    for place, value in (("name", shown), ("tags.note", {"note": shown})):
        told: dict[str, Json] = {place.partition(".")[0]: value}  # type: ignore[dict-item]
        view = OperationRecord("s#1", "s", "a", "ViewPairingRequest", {}, 0, 1, Outcome.OK, told)
        args: dict[str, Json] = {"operation": "s#1", "field": place, "text": TEXT}
        assert run_check("kept_whole", History((view,)), args).verdict is expected


# --- ids ----------------------------------------------------------------------------------------
def drawn(of: int, form: str) -> list[str]:
    return [form.format(derived_bits("seed", "id", n) % of) for n in range(COUNT)]


@pytest.mark.parametrize(
    ("ids", "least", "most"),
    [
        (drawn(10**6, "{:06d}"), 2**18, 10**6),
        (drawn(10**6, "id-{}"), 2**18, 2**24),
        (drawn(2**96, "{:024x}"), 2**85, 2**96),
        (drawn(2**32, "{:08x}"), 2**27, 2**32),
    ],
)
def test_ids_show_how_many_there_may_be_at_most(ids: list[str], least: int, most: int) -> None:
    among = ids_at_most(ids)
    assert among is not None
    assert least <= among <= most


@pytest.mark.parametrize("form", ["{}", "{:08d}", "run-{:x}", "0000-{:04x}"])
def test_counted_ids_are_not_drawn(form: str) -> None:
    ids = [form.format(n) for n in range(95, 95 + COUNT)]
    assert ids_at_most(ids) is None
    assert sample_size(ids) is None


def test_a_sample_is_as_large_as_the_birthday_bound_says() -> None:
    size = sample_size(drawn(10**6, "{:06d}"))
    assert size is not None
    assert 2_000 < size < 3_200
    enough = {derived_bits("other", "id", n) % 10**6 for n in range(3_035)}
    assert len(enough) < 3_035


def test_an_id_that_comes_twice_is_told_with_both_requests() -> None:
    history = History((*SENT[:50], sent(51, "p7")))
    finding = run_check("submitted_ids_are_unique", history, {"at_least": COUNT})
    assert finding.verdict is Verdict.FAIL
    assert finding.operations == ("s#7", "s#51")
    whole = run_check("submitted_ids_are_unique", History(tuple(SENT)), {"at_least": COUNT})
    assert whole.verdict is Verdict.PASS
    few = run_check("submitted_ids_are_unique", History(tuple(SENT[:9])), {"at_least": COUNT})
    assert few.verdict is Verdict.INCONCLUSIVE


def test_how_many_ids_there_are_is_observed() -> None:
    for uids, told in (
        (drawn(10**6, "{:06d}"), "show 20 bits at most"),
        ([str(n) for n in range(COUNT)], "each is after the one before"),
    ):
        history = History(tuple(sent(n, uid) for n, uid in enumerate(uids)))
        finding = run_check("ids_are_of_many", history, {})
        assert finding.verdict is Verdict.OBSERVED
        assert told in finding.reason
