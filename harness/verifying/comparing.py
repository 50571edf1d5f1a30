"""What a manifest says beside what the operations of its parts come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

import msgspec

from harness.checkers.fleet.concluding import Conclusion
from harness.history.fleet_lines import GateLine, MeasuresLine, ViolationLine
from harness.history.lines import VerdictLine
from harness.history.manifest import FleetEvidence
from harness.verifying.differences import DifferenceKind, DifferenceList

_NOTHING: Final = object()
LineT = TypeVar("LineT", GateLine, VerdictLine)


class ManifestComparison:
    """Compares all that a manifest says, and counts how much of it is the same."""

    def __init__(self, manifest: FleetEvidence, again: Conclusion, found: DifferenceList) -> None:
        self._manifest = manifest
        self._again = again
        self._found = found

    def counts(self) -> dict[str, int]:
        """Compare; how many there are of each, and how many of them are `…_same`."""
        said, are = self._manifest, self._again
        compared = {
            "measures": self._measures(),
            "violations": self._violations(),
            "verdicts": self._each(
                said.verdicts, are.verdicts, "verdict", lambda v: v.requirement, self._verdict
            ),
            "gates": self._each(said.gates, are.gates, "gate", lambda g: g.expression, self._gate),
        }
        counts: dict[str, int] = {}
        for name, (every, same) in compared.items():
            counts |= {name: every, f"{name}_same": same}
        return counts

    def _measures(self) -> tuple[int, int]:
        line = next(iter(self._manifest.places["measures"]), 0)
        said, are = dict(_leaves(self._manifest.measures)), dict(_leaves(self._again.measures))
        other = [name for name in {**are, **said} if said.get(name) != are.get(name)]
        for name in other:
            message = _unlike(name, said.get(name, _NOTHING), are.get(name, _NOTHING))
            self._found.add(DifferenceKind.MEASURE_DIFFERS, message, line)
        return len(are), len(are.keys() - other)

    def _violations(self) -> tuple[int, int]:
        """Those that the operations show, and those that are told, in their order."""
        said = [msgspec.json.encode(line) for line in self._manifest.violations]
        are = [msgspec.json.encode(line) for line in self._again.violations]
        left_out = Counter(are) - Counter(said)
        for violation, raw in zip(self._again.violations, are, strict=True):
            if left_out[raw]:
                left_out[raw] -= 1
                self._found.add(
                    DifferenceKind.MISSING_VIOLATION,
                    f"{_describe(violation)}; the manifest leaves it out",
                    requirement=violation.invariant,
                    operation=next(iter(violation.operations), ""),
                )
        made_up = Counter(said) - Counter(are)
        places = self._manifest.places["violation"]
        for violation, raw, place in zip(self._manifest.violations, said, places, strict=True):
            if made_up[raw]:
                made_up[raw] -= 1
                self._found.add(
                    DifferenceKind.VIOLATION_DIFFERS,
                    f"the operations do not show this violation: {_describe(violation)}",
                    place,
                    requirement=violation.invariant,
                    operation=next(iter(violation.operations), ""),
                )
        if said != are and Counter(said) == Counter(are):
            message = "the violations do not stand in the order in which they were found"
            self._found.add(DifferenceKind.OUT_OF_ORDER, message, places[0])
        return len(are), sum((Counter(are) & Counter(said)).values())

    def _verdict(self, said: VerdictLine | None, are: VerdictLine | None, place: int) -> None:
        if are is None:
            id_ = said.requirement if said else ""
            message = f"{id_} is no invariant that a fleet is judged by"
            self._found.add(DifferenceKind.OTHER_REQUIREMENTS, message, place, requirement=id_)
        elif said is None:
            message = f"there is no verdict on {are.requirement}"
            self._found.add(DifferenceKind.MISSING_VERDICT, message, requirement=are.requirement)
        else:
            stated, reached = (
                f"{v.verdict.value}{f' ({v.reason})' if v.reason else ''}" for v in (said, are)
            )
            told = f"is {stated} in the manifest, and {reached} by the operations"
            if stated == reached:
                told = ("names another scenario, other operations or another time than the"
                        " operations give")  # fmt: skip
            message, kind = (
                f"the verdict on {are.requirement} {told}",
                DifferenceKind.VERDICT_DIFFERS,
            )
            self._found.add(kind, message, place, requirement=are.requirement)

    def _gate(self, said: GateLine | None, are: GateLine | None, place: int) -> None:
        if are is None:
            told = f"{said.expression} stands in" if said else ""
            message = f"gate {told} the manifest, and the scenario does not ask for it"
        elif said is None:
            message = f"gate {are.expression} is missing; it comes to {_outcome(are)}"
        else:
            message = (
                f"gate {are.expression} is {_outcome(said)} in the manifest, and {_outcome(are)}"
                " by the operations"
            )
        self._found.add(DifferenceKind.GATE_DIFFERS, message, place)

    def _each(
        self,
        said: Sequence[LineT],
        are: Sequence[LineT],
        kind: str,
        name: Callable[[LineT], str],
        differs: Callable[[LineT | None, LineT | None, int], None],
    ) -> tuple[int, int]:
        """Compare lines that have a name each."""
        due = {name(line): line for line in are}
        same = 0
        seen: set[str] = set()
        for line, place in zip(said, self._manifest.places[kind], strict=True):
            id_ = name(line)
            if id_ in seen:
                self._found.add(DifferenceKind.TWICE, f"a second line about {id_}", place)
            elif line == due.get(id_):
                same += 1
            else:
                differs(line, due.get(id_), place)
            seen.add(id_)
        for id_, missing in due.items():
            if id_ not in seen:
                differs(None, missing, 0)
        return len(due), same


def _describe(violation: ViolationLine) -> str:
    shown = f" ({', '.join(violation.operations)})" if violation.operations else ""
    return f"{violation.invariant} in cell {violation.cell}: {violation.reason}{shown}"


def _outcome(line: GateLine) -> str:
    held = {True: "held", False: "not held", None: "not judged"}[line.holds]
    value = "no value" if line.value is None else f"{line.value:g}"
    return f"{held} with {value}{f' ({line.reason})' if line.reason else ''}"


def _leaves(measures: MeasuresLine) -> Iterator[tuple[str, object]]:
    """Every measure with its name; a list is one."""

    def walk(name: str, value: object) -> Iterator[tuple[str, object]]:
        if isinstance(value, dict):
            for key, inner in value.items():
                yield from walk(f"{name}.{key}" if name else key, inner)
        else:
            yield name, value

    return walk("", msgspec.to_builtins(measures))


def _unlike(name: str, said: object, are: object) -> str:
    """How a measure differs; of lists, where they first do."""
    if isinstance(said, list) and isinstance(are, list):
        if len(said) != len(are):
            lengths = f"{len(said)} values in the manifest, and {len(are)} by the operations"
            return f"measure {name} has {lengths}"
        at = next(n for n, pair in enumerate(zip(said, are, strict=True)) if pair[0] != pair[1])
        name, said, are = f"{name}[{at}]", said[at], are[at]
    return (
        f"measure {name} is {_display(said)} in the manifest, and {_display(are)} by the operations"
    )


def _display(value: object) -> str:
    return "missing" if value is _NOTHING else msgspec.json.encode(value).decode()
