"""What a target file says of the target's wire: read with line and key, written and read again."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from harness.domain.errors import Reason
from harness.domain.operations import ViewPairing, ViewToken
from harness.targets.reading import TargetFileError, TargetFileReader
from harness.targets.target_file import load_wire, read_wire, wire_text
from harness.targets.target_keys import WIRES
from harness.wire.mapping import PLAIN, WireMap
from tests.unit.configuration.placed import placed
from tests.unit.targets.test_target_file import TEXT, read
from tests.unit.wire.mapped import WILD

SAID = """\
[paths.ViewToken]
path = "/tickets/{uid}"
status = [200, 203]
refused = [410]
[paths.ViewToken.response]
"spec.token" = "number"
[headers]
Authorization = "Authorization: Bearer {}"
[codes]
E1 = "NodeUnhealthy"
[states]
Paired = ["done", "DONE"]
[errors]
code = "error.type"
refused = [403]
in_success = true
"""


def wire_of(text: str) -> WireMap:
    said, flaws = WIRES.judge(tomllib.loads(text))
    reading = TargetFileReader(Path(), {}, flaws=flaws)
    wire = PLAIN if said is None else read_wire(reading, said)
    if flaws:
        raise TargetFileError.of("wire.toml", text, flaws)
    return wire


def refused(text: str) -> TargetFileError:
    with pytest.raises(TargetFileError) as caught:
        wire_of(text)
    return caught.value


def test_a_target_file_says_how_its_wire_differs() -> None:
    wire = read(TEXT + SAID).wire
    assert wire.routes[ViewToken].path == "/tickets/{uid}"
    assert wire.spoken(ViewToken).said.status == (200, 203)
    assert wire.states == {"Paired": ("done", "DONE")}
    assert wire.errors.refused == (403,)
    assert wire.codes["E1"] == Reason.NODE_UNHEALTHY


def test_a_target_file_without_a_word_of_it_is_plain() -> None:
    assert read(TEXT).wire == PLAIN


@pytest.mark.parametrize(
    ("line", "number", "key", "told"),
    [
        ("[paths.ViewTokn]\n", 17, "paths.ViewTokn", "did you mean ViewToken?"),
        ("[paths.Probe]\nstatus = [99]\n", 18, "paths.Probe.status[0]", "number from 200 to 599"),
        ("[paths.Probe]\nstatus = 200\n", 18, "paths.Probe.status", "number from 200 to 599"),
        ('[paths.Probe]\nmethod = "get"\n', 18, "paths.Probe.method", "capitals"),
        (
            '[paths.Probe.response]\nservce = "x"\n',
            18,
            "paths.Probe.response.servce",
            "did you mean service?",
        ),
        (
            '[paths.Probe.response]\nservice = ["x"]\n',
            18,
            "paths.Probe.response.service",
            "a text",
        ),
        ('[fields]\nnme = "x"\n', 18, "fields.nme", "did you mean name?"),
        ('[code_status]\nConflict = "400"\n', 18, "code_status.Conflict", "from 200 to 599"),
        ('[constants]\n"?a" = [1]\n', 18, "constants.?a", "a text, a number, or true or false"),
        ("[states]\n", 17, "", ""),
    ],
)
def test_what_is_wrong_is_told_with_its_line(line: str, number: int, key: str, told: str) -> None:
    text = SAID.replace("[states]", "[ states ]") + line if told else SAID
    if not told:
        wire_of(text)
        return
    error = refused(text)
    assert placed(error) == [(number, key)]
    assert told in str(error)


@pytest.mark.parametrize(
    ("line", "key", "told"),
    [
        ('[headers]\nAutorization = "x"', "headers.Autorization", "did you mean Authorization?"),
        ('[codes]\nE = "NodeUnhelthy"', "codes.E", "did you mean NodeUnhealthy?"),
        ("[code_status]\nNodeUnhelthy = 409", "code_status.NodeUnhelthy", "mean NodeUnhealthy?"),
        ("[code_status]\nConflict = 99", "code_status.Conflict", "from 200 to 599"),
        ("[errors]\nrefused = [100]", "errors.refused[0]", "from 200 to 599"),
    ],
)
def test_what_is_no_name_or_status_is_told(line: str, key: str, told: str) -> None:
    error = refused(line)
    assert placed(error) == [(2, key)]
    assert told in str(error)


def test_one_word_for_two_states_is_told_where_it_stands() -> None:
    error = refused(SAID.replace('Paired = ["done", "DONE"]', 'Paired = "x"\nFailed = "x"'))
    assert placed(error) == [(13, "states.Failed")]


def test_a_word_of_one_operation_is_told_where_it_stands() -> None:
    own = '[paths.ViewPairing.states]\nFailed = "DONE"\n'
    error = refused(SAID + own)
    assert placed(error) == [(18, "paths.ViewPairing.states.Failed")]


def test_a_mapping_is_read_as_it_was_written() -> None:
    assert wire_of(wire_text(WILD)) == WILD
    assert wire_of(wire_text(wire_of(SAID))) == wire_of(SAID)
    assert wire_text(PLAIN).strip() == ""


def test_a_mapping_comes_from_a_file_of_its_own_or_from_a_target_file(tmp_path: Path) -> None:
    own, whole = tmp_path / "wire.toml", tmp_path / "target.toml"
    own.write_text(SAID, "utf-8")
    whole.write_text(TEXT + SAID, "utf-8")
    assert load_wire(own) == load_wire(whole) == wire_of(SAID)
    other = tmp_path / "other.toml"
    other.write_text("[tls]\n", "utf-8")
    with pytest.raises(TargetFileError, match="tls: there is no such key in a file of a mapping"):
        load_wire(other)
    with pytest.raises(TargetFileError, match="there is no such file"):
        load_wire(tmp_path / "missing.toml")
    other.write_text("[paths", "utf-8")
    with pytest.raises(TargetFileError, match="not TOML"):
        load_wire(other)


def test_the_wild_mapping_maps_every_operation_that_the_schema_knows() -> None:
    schema = Path(__file__).parents[3] / "harness/targets/schemas/target-1.schema.json"
    named = json.loads(schema.read_text("utf-8"))["properties"]["paths"]["propertyNames"]
    assert set(named["enum"]) == {kind.__name__ for kind in WILD.paths}
    assert ViewPairing in WILD.paths
