"""The lines of an evidence file, `pairproof/evidence/1`: JSON Lines, one value a line.

The order of the fields here is the order of the keys in the file. A reader ignores keys that
it does not know, so fields may be added (with a default); none is ever renamed or removed
within one version of the schema.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, cast

import msgspec

from harness.catalogue.requirement import has_all_it_stands_on
from harness.catalogue.verdict import Verdict
from harness.history.operation import Json, OperationRecord, Outcome

SCHEMA: Final = "pairproof/evidence/1"
STILL_OPEN: Final = "still open when the run ended"
"""Why an operation without an answer is `info`."""
DRAWN: Final = "explore"
"""The kind of a run of drawn sequences, and the feature of a scenario that was drawn."""
INTERRUPTED: Final = "the run was interrupted before this scenario was judged"
"""Why a scenario is inconclusive that was under way when somebody stopped the run."""
DISPUTED: Final = "disputed"
"""The kind of a waiver that says that the procedure asks for something else."""
TIME_UP: Final = "left out, as the time of its budget was up"
"""Why a scenario is skipped that the run had chosen, and had no time for."""

Object = dict[str, object]
"""A JSON object; `object` because the decoder cannot follow the recursive `Json`."""


class HarnessInfo(msgspec.Struct, frozen=True):
    """What wrote the file."""

    version: str


class Implementation(msgspec.Struct, frozen=True):
    """Who made the system under test."""

    name: str
    version: str = ""
    organization: str = ""
    url: str = ""
    contact: str = ""

    @property
    def called(self) -> str:
        """Its name, with its version."""
        return f"{self.name} {self.version}".strip()


class SelectionInfo(msgspec.Struct, frozen=True):
    """What of the suite was asked for; all empty for everything.

    `own` says that only features of the user's own took part, and none of the suite. `budget` is
    how long the run might last (`20m`), by which it chose among `out_of` scenarios, those last that
    need something of what the target `lacks`. `scenarios` are those that were asked for by their
    ids.
    """

    requirements: list[str] = []
    tags: str = ""
    keyword: str = ""
    own: bool | msgspec.UnsetType = msgspec.UNSET
    budget: str | msgspec.UnsetType = msgspec.UNSET
    out_of: int | msgspec.UnsetType = msgspec.UNSET
    scenarios: list[str] | msgspec.UnsetType = msgspec.UNSET
    lacks: list[str] | msgspec.UnsetType = msgspec.UNSET

    @property
    def is_whole(self) -> bool:
        """Whether all of the suite took part; what plays a role and the profiles are told beside
        it.
        """
        named = self.requirements or self.scenarios
        less = named or self.tags or self.keyword or self.budget
        return not (less or self.own is True)


class WaiverLine(msgspec.Struct, frozen=True):
    """A failure that is accepted for a while: why, by whom, until when (`YYYY-MM-DD`).

    With `scenario` it is accepted there alone; without, wherever the requirement fails. One of the
    kind `disputed` says that the procedure is read otherwise; without, that it is to be mended.
    """

    requirement: str
    reason: str
    owner: str
    expires: str
    scenario: str = ""
    kind: str | msgspec.UnsetType = msgspec.UNSET


class RunInfo(msgspec.Struct, frozen=True):
    """What differs between equal runs. The digest and comparisons leave it out."""

    command: list[str] = []
    started_at: str = ""
    """Wall time, RFC 3339 in UTC."""
    platform: Object = {}
    workers: int = 1
    commit: str = ""
    resumed_at: list[str] | msgspec.UnsetType = msgspec.UNSET
    """When the run was gone on with after it had been cut off, each time."""


class EvidenceHeader(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="header"):
    """The first line: what was tested, how, and with what."""

    schema: str = SCHEMA
    harness: HarnessInfo
    edition: str
    kind: str = "certify"
    implementation: Implementation
    roles: list[str]
    profile: str | None = None
    driver: str
    seed: int
    repeat: int = 1
    selection: SelectionInfo = SelectionInfo()
    features: list[str] = []
    limits: dict[str, float] = {}
    target_file: str = ""
    waivers: list[WaiverLine] = []
    run: RunInfo = RunInfo()

    @property
    def profiles(self) -> tuple[str, ...]:
        """The profiles that were asked for; none where all were."""
        return tuple(self.profile.split(",")) if self.profile else ()

    @property
    def is_whole(self) -> bool:
        """Whether nothing was left out of the profiles that were asked for, and none that one of
        them stands on: what is no selection may be a certificate.
        """
        return self.selection.is_whole and has_all_it_stands_on(self.profiles)


class ScenarioLine(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="scenario"):
    """A scenario begins. `line` counts from 1; `feature` is the path of its file."""

    id: str
    name: str
    feature: str
    line: int
    rule: str = ""
    requirements: list[str]
    profile: str = ""


class StepLine(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="step"):
    """A step begins; what comes up to the next one belongs to it. `line` counts from 1.

    `at` is in microseconds. Without it the step was never begun, as the scenario ended before.
    """

    scenario: str
    text: str
    line: int
    at: int | msgspec.UnsetType = msgspec.UNSET


class InvokeLine(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="invoke"):
    """An operation is about to be sent. `start` is in microseconds."""

    id: str
    scenario: str
    actor: str
    kind: str
    args: Object
    tags: Object = {}
    start: int


class OutcomeLine(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="outcome"):
    """How the operation of this id ended. `end` is in microseconds."""

    id: str
    outcome: Outcome
    end: int
    value: Object | None = None
    error: Object | None = None
    request: Object | None = None
    response: Object | None = None


class CheckLine(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="check"):
    """A named check judged the history so far. With `args` it can be asked again."""

    scenario: str
    requirement: str
    check: str
    args: Object
    step: str
    verdict: Verdict
    reason: str
    operations: list[str] = []
    expected: str = ""


class VerdictLine(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="verdict"):
    """What a scenario says of one requirement. `at` is in microseconds."""

    requirement: str
    scenario: str
    verdict: Verdict
    reason: str = ""
    operations: list[str] = []
    at: int


class LeakLine(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="leak"):
    """Something that the run made on its target and could not remove. `n` is its number in
    the ledger; the fields are those of an entry there.
    """

    n: int
    kind: str
    what: str
    uid: str = ""
    side: str
    where: str = ""
    undo: str = ""
    why: str = ""


class WarningLine(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="warning"):
    """What a reader of this scenario's lines has to know, and no verdict says."""

    scenario: str
    text: str


class LineCounts(msgspec.Struct, frozen=True):
    """How many lines of each kind the file holds."""

    scenarios: int = 0
    operations: int = 0
    checks: int = 0
    verdicts: int = 0


class EndOfRun(msgspec.Struct, frozen=True):
    """What of the end differs between equal runs."""

    ended_at: str = ""


class Footer(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="footer"):
    """The last line. Without it, the file was cut off."""

    counts: LineCounts
    digest: str
    interrupted: bool = False
    """The run was stopped before its end, and closed its file properly."""
    run: EndOfRun = EndOfRun()


Line = (
    EvidenceHeader | ScenarioLine | StepLine | InvokeLine | OutcomeLine | CheckLine | VerdictLine
    | LeakLine | WarningLine | Footer
)  # fmt: skip

DECODER: Final[msgspec.json.Decoder[Line]] = msgspec.json.Decoder(Line)
ENCODER: Final = msgspec.json.Encoder()

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def encode(line: msgspec.Struct) -> bytes:
    """The line as it stands in the file, with its end of line."""
    try:
        return ENCODER.encode(line) + b"\n"
    except UnicodeEncodeError:
        # A target may well send half a surrogate pair; no UTF-8 file can hold one.
        whole = partial(_LONE_SURROGATE.sub, "\ufffd")
        return ENCODER.encode(with_texts(msgspec.to_builtins(line), whole)) + b"\n"


def with_texts(data: Any, change: Callable[[str], str]) -> Any:
    """JSON data with every text of it changed so, names of fields among them."""
    match data:
        case str():
            return change(data)
        case list():
            return [with_texts(item, change) for item in data]
        case dict():
            return {change(key): with_texts(item, change) for key, item in data.items()}
        case _:
            return data


def digested(raw_header: bytes) -> bytes:
    """The header as the digest sees it: without its `run` object."""
    header = msgspec.json.decode(raw_header)
    header.pop("run", None)
    return ENCODER.encode(header) + b"\n"


def without_run(header: EvidenceHeader) -> bytes:
    """The header as equal runs have it."""
    return digested(ENCODER.encode(header))


def line_counts(lines: Mapping[str, int]) -> LineCounts:
    """So many lines of each kind, of the kinds that a footer counts."""
    return LineCounts(**{name: lines.get(name, 0) for name in LineCounts.__struct_fields__})


def counted(counts: LineCounts) -> str:
    """`2 scenarios, 14 operations …`."""
    return ", ".join(f"{getattr(counts, name)} {name}" for name in counts.__struct_fields__)


# --- as the records that a check sees -------------------------------------------------------------


def invoked(line: InvokeLine) -> OperationRecord:
    """An operation that was sent and has not ended: its outcome is unknown so far."""
    return OperationRecord(
        id=line.id,
        scenario=line.scenario,
        actor=line.actor,
        kind=line.kind,
        args=_object(line.args),
        start=line.start,
        tags=_object(line.tags),
    )


def ended(record: OperationRecord, line: OutcomeLine) -> OperationRecord:
    """The operation once it has ended so."""
    return OperationRecord(
        id=record.id,
        scenario=record.scenario,
        actor=record.actor,
        kind=record.kind,
        args=record.args,
        start=record.start,
        end=line.end,
        outcome=line.outcome,
        value=_object_or_none(line.value),
        error=_object_or_none(line.error),
        request=_object_or_none(line.request),
        response=_object_or_none(line.response),
        tags=record.tags,
    )


def _object(value: dict[str, object]) -> Mapping[str, Json]:
    return cast(Mapping[str, Json], value)


def _object_or_none(value: dict[str, object] | None) -> Mapping[str, Json] | None:
    return None if value is None else _object(value)
