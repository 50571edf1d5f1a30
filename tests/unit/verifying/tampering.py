"""Ways to tamper with what a fleet's run has left, and what is seen of each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.unit.verifying.fleets import Change, Evidence, Line


def in_part(change: Callable[[list[Line]], None], name: str = "01") -> Change:
    return lambda evidence: change(evidence.part(name))


def first(lines: list[Line], what: str, **fields: Any) -> int:
    """Where the first line of this type stands that has these values."""
    return next(
        n for n, line in enumerate(lines)
        if line["type"] == what and all(line.get(k) == v for k, v in fields.items())
    )  # fmt: skip


def set_in(kind: str, field: str, value: Any, nth: int = 0, **where: Any) -> Change:
    return lambda evidence: evidence.only(kind, nth, **where).update({field: value})


def dropped(kind: str, nth: int = 0, **where: Any) -> Change:
    return lambda evidence: evidence.drop(kind, nth, **where)


def refuse_a_send(lines: list[Line]) -> None:
    sent = lines[first(lines, "invoke", kind="SendPairingRequest")]["id"]
    refusal = {"reason": "Forbidden", "message": "no", "details": {}}
    lines[first(lines, "outcome", id=sent)].update(outcome="fail", value=None, error=refusal)


def drop_an_operation(lines: list[Line]) -> None:
    lines[:] = [line for line in lines if line["id"] != "01#40"]


def drop_two_operations(lines: list[Line]) -> None:
    lines[:] = [line for line in lines if line["id"] not in ("01#40", "01#41")]


def drop_an_outcome(lines: list[Line]) -> None:
    del lines[first(lines, "outcome", id="01#40")]


def drop_a_beginning(lines: list[Line]) -> None:
    del lines[first(lines, "invoke", id="01#40")]


def drop_the_end(lines: list[Line]) -> None:
    del lines[-2:]


def begin_twice(lines: list[Line]) -> None:
    at = first(lines, "invoke", id="01#40")
    lines.insert(at, lines[at])


def end_twice(lines: list[Line]) -> None:
    at = first(lines, "outcome", id="01#40")
    lines.insert(at, lines[at])


def change_places(lines: list[Line]) -> None:
    a, b = (first(lines, "invoke", id=id_) for id_ in ("01#40", "01#41"))
    lines[a], lines[b] = lines[b], lines[a]


def end_before_it_begins(lines: list[Line]) -> None:
    lines[first(lines, "outcome", id="01#60")]["end"] = -1


def begin_earlier(lines: list[Line]) -> None:
    lines[first(lines, "invoke", id="01#70")]["start"] = 0


def add_weather(lines: list[Line]) -> None:
    lines.append({"type": "weather", "rain": True})


def add_grants(lines: list[Line]) -> None:
    lines.append({"type": "grants", "window": 1, "grants": [1, 2, 3]})


def borrow_from_another_cell(lines: list[Line]) -> None:
    for line in lines:
        if line["id"] == "01#40":
            line["id"] = "02#40"


def ask_what_nobody_asks(lines: list[Line]) -> None:
    for line in lines:
        if line.get("kind") == "ListPairingRequests":
            line["args"]["state"] = [5]


def give_an_id_again(evidence: Evidence) -> None:
    """A pairing id of cell 00 is given in cell 01 too."""

    def uids(name: str) -> list[str]:
        lines = evidence.part(name)
        sent = {line["id"] for line in lines if line.get("kind") == "SendPairingRequest"}
        return [
            line["value"]["pairing_uid"] for line in lines
            if line["id"] in sent and line.get("outcome") == "ok"
        ]  # fmt: skip

    given, other = uids("00")[0], uids("01")[0]
    for line in evidence.part("01"):
        for field in ("args", "value"):
            if line.get(field, {}).get("pairing_uid") == other:
                line[field]["pairing_uid"] = given


def more_grants(lines: list[Line]) -> None:
    lines[2]["grants"][0] += 1


def fewer_grants(lines: list[Line]) -> None:
    lines[2]["grants"].pop()


def negative_grants(lines: list[Line]) -> None:
    taken = lines[2]["grants"][0] + 1
    lines[2]["grants"][0] -= taken
    lines[2]["grants"][1] += taken


def grants_in_disorder(lines: list[Line]) -> None:
    lines[1], lines[2] = lines[2], lines[1]


def operations_among_grants(evidence: Evidence) -> None:
    evidence.part("grants").append(evidence.part("00")[0])


def turn_violations_round(evidence: Evidence) -> None:
    places = [n for n, line in enumerate(evidence.manifest) if line["type"] == "violation"]
    first_place, last = places[0], places[-1]
    lines = evidence.manifest
    lines[first_place], lines[last] = lines[last], lines[first_place]


def hide_all_violations(evidence: Evidence) -> None:
    """As somebody would who wants the run to pass, in all lines that tell."""
    evidence.manifest = [line for line in evidence.manifest if line["type"] != "violation"]
    for line in evidence.manifest:
        if line["type"] == "verdict":
            line.update(verdict="pass", reason="", operations=[])
    evidence.only("gate", expression="violations == 0").update(value=0.0, holds=True, reason="")


def one_bucket_less(evidence: Evidence) -> None:
    evidence.only("measures")["series"]["sent"][3] += 1


def a_longer_series(evidence: Evidence) -> None:
    evidence.only("measures")["series"]["sent"].append(0)


def another_measure(evidence: Evidence) -> None:
    evidence.only("measures")["sometimes"]["it_rained"] = 3


def twice_in_the_manifest(kind: str) -> Change:
    def change(evidence: Evidence) -> None:
        line = evidence.only(kind)
        evidence.manifest.insert(evidence.manifest.index(line), line)

    return change


def other_order_of_parts(evidence: Evidence) -> None:
    lines = evidence.manifest
    lines[2], lines[3] = lines[3], lines[2]


def a_made_up_violation(evidence: Evidence) -> None:
    line = {"type": "violation", "invariant": "INV-4", "cell": "01", "reason": "it rained",
            "operations": ["01#3"], "at": 5}  # fmt: skip
    evidence.manifest.insert(evidence.manifest.index(evidence.only("measures")), line)


# Of which run, how, the kinds of differences, and what one of them says.
TAMPERING: dict[str, tuple[str, Change, set[str], str]] = {
    # Operations
    "an outcome": ("conforms", in_part(refuse_a_send), {"measure_differs"},
        "measure operations.SendPairingRequest.ok is"),
    "an operation gone": ("conforms", in_part(drop_an_operation),
        {"missing_operation", "measure_differs"},
        "operation 01#40 is missing: #41 comes next here"),
    "two operations gone": ("conforms", in_part(drop_two_operations),
        {"missing_operation", "measure_differs"}, "operation 01#40 to #41 is missing: #42"),
    "an outcome gone": ("conforms", in_part(drop_an_outcome),
        {"without_outcome", "measure_differs"}, "01#40 begins here, and its outcome is missing"),
    "a beginning gone": ("conforms", in_part(drop_a_beginning),
        {"missing_operation", "without_beginning", "measure_differs"},
        "01#40 ends here, and is not open"),
    "the last operation gone": ("conforms", in_part(drop_the_end), {"measure_differs"},
        "measure operations."),
    "a second beginning": ("conforms", in_part(begin_twice), {"twice"}, "begins a second time"),
    "a second end": ("conforms", in_part(end_twice), {"without_beginning"}, "or has ended"),
    "lines in another order": ("conforms", in_part(change_places),
        {"missing_operation", "out_of_order", "without_beginning", "without_outcome",
         "measure_differs"}, "stands after #41"),
    "an end before its beginning": ("conforms", in_part(end_before_it_begins),
        {"out_of_order", "measure_differs"}, "01#60 ends at -1 µs, before it begins"),
    "a time that goes back": ("conforms", in_part(begin_earlier),
        {"out_of_order", "measure_differs"}, "this line of 01#70 is of 0 µs, after one of"),
    "a line of no known type": ("conforms", in_part(add_weather), {"unknown_line"},
        "no run writes lines of this type among operations"),
    "grants among operations": ("conforms", in_part(add_grants), {"unknown_line"},
        "no run writes lines of this type among operations"),
    "an operation of another cell": ("conforms", in_part(borrow_from_another_cell),
        {"out_of_order", "missing_operation", "without_beginning", "measure_differs"},
        "operation 02#40 is not numbered as one of cell 01"),
    "an operation that no run has": ("conforms", in_part(ask_what_nobody_asks),
        {"check_impossible"}, "is such that it cannot be judged"),
    "an id that two cells give": ("conforms", give_an_id_again,
        {"missing_violation", "verdict_differs", "gate_differs"},
        "INV-5 in cell 00: the pairing id with the digest"),
    # Parts
    "a cell without a line": ("conforms", dropped("part", name="01"), {"missing_part"},
        "the manifest has no line about part 01"),
    "grants without a line": ("conforms", dropped("part", name="grants"), {"missing_part"},
        "the manifest has no line about part grants"),
    "parts in another order": ("conforms", other_order_of_parts, {"out_of_order"},
        "not one each, in the order of cells"),
    "a part of no known name": ("conforms", set_in("part", "name", "notes", name="grants"),
        {"missing_part", "other_part"}, "no run writes a part of the name 'notes'"),
    "a part elsewhere": ("conforms", set_in("part", "file", "../00.jsonl.zst", name="00"),
        {"other_part"}, "no run writes there"),
    "another number of lines": ("conforms", set_in("part", "lines", 7, name="00"), {"counts"},
        "the manifest counts 7 lines and"),
    "a cell that ended before its end": ("conforms", set_in("part", "ended_at", 5, name="00"),
        {"out_of_order", "measure_differs", "verdict_differs"},
        "the cell is said to have ended at 5 µs"),
    # Grants
    "grants that are more": ("conforms", in_part(more_grants, "grants"), {"grants_differ"},
        "come to 32000001 µs, and the central plane has 32000000 µs"),
    "grants for fewer cells": ("conforms", in_part(fewer_grants, "grants"), {"grants_differ"},
        "has grants for 2 cells, and there are 3"),
    "grants below nothing": ("conforms", in_part(negative_grants, "grants"), {"grants_differ"},
        "come to 32000000 µs"),
    "grants in another order": ("conforms", in_part(grants_in_disorder, "grants"),
        {"out_of_order"}, "stands after window"),
    "operations among grants": ("conforms", operations_among_grants, {"unknown_line"},
        "no run writes lines of this type among grants"),
    # The manifest
    "a failure called a pass": ("violated", set_in("verdict", "verdict", "pass", verdict="fail"),
        {"verdict_differs"}, " in the manifest, and fail ("),
    "a pass called a failure": ("conforms", set_in("verdict", "verdict", "fail"),
        {"verdict_differs"}, "the verdict on INV-1 is fail in the manifest, and pass by the"),
    "a verdict at another time": ("conforms", set_in("verdict", "at", 7), {"verdict_differs"},
        "another time than the operations give"),
    "a verdict gone": ("conforms", dropped("verdict", requirement="INV-3"), {"missing_verdict"},
        "there is no verdict on INV-3"),
    "a verdict twice": ("conforms", twice_in_the_manifest("verdict"), {"twice"},
        "a second line about INV-1"),
    "a verdict on something else": ("conforms",
        set_in("verdict", "requirement", "WDR-4", requirement="INV-3"),
        {"other_requirements", "missing_verdict"}, "WDR-4 is no invariant"),
    "a violation left out": ("violated", dropped("violation", 2), {"missing_violation"},
        "; the manifest leaves it out"),
    "every violation hidden": ("violated", hide_all_violations,
        {"missing_violation", "verdict_differs", "gate_differs"}, "; the manifest leaves it out"),
    "a violation made up": ("conforms", a_made_up_violation, {"violation_differs"},
        "the operations do not show this violation: INV-4 in cell 01: it rained (01#3)"),
    "a violation for another reason": ("violated", set_in("violation", "reason", "it rained"),
        {"missing_violation", "violation_differs"}, ": it rained"),
    "violations in another order": ("violated", turn_violations_round, {"out_of_order"},
        "not stand in the order in which they were found"),
    "a measure": ("conforms", set_in("measures", "hosts", 11), {"measure_differs"},
        "measure hosts is 11 in the manifest, and 12 by the operations"),
    "a value of a series": ("conforms", one_bucket_less, {"measure_differs"},
        "measure series.sent[3] is"),
    "a longer series": ("conforms", a_longer_series, {"measure_differs"},
        "measure series.sent has"),
    "a measure of something else": ("conforms", another_measure, {"measure_differs"},
        "measure sometimes.it_rained is 3 in the manifest, and missing by the operations"),
    "a gate that is said to hold": ("violated",
        set_in("gate", "holds", True, expression="violations == 0"), {"gate_differs"},
        " in the manifest, and not held with "),
    "the value of a gate": ("conforms",
        set_in("gate", "value", 1.0, expression="violations == 0"), {"gate_differs"},
        "is held with 1 in the manifest, and held with 0 by the operations"),
    "a gate gone": ("conforms", dropped("gate", expression="violations == 0"), {"gate_differs"},
        "gate violations == 0 is missing; it comes to held with 0"),
    "a gate that nobody asked for": ("conforms",
        set_in("gate", "expression", "hosts > 3", expression="violations == 0"), {"gate_differs"},
        "gate hosts > 3 stands in the manifest, and the scenario does not ask for it"),
    "a gate twice": ("conforms", twice_in_the_manifest("gate"), {"twice"}, "a second line about"),
    "another seed": ("conforms", set_in("header", "seed", 7), {"other_run"},
        "the header says seed 7, and the scenario seed 1"),
    "another edition": ("conforms", set_in("header", "edition", "2031-01"), {"unknown_edition"},
        "the run judged edition '2031-01'"),
    "a gate that this version does not know": ("conforms",
        lambda e: e.only("fleet")["scenario"].update(gate=["rain == 0"]), {"check_impossible"},
        "this version cannot judge the gate of the scenario"),
}  # fmt: skip
