"""What somebody is told who writes a mapping for the first time, and slips."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.domain import operations as ops
from harness.targets.reading import TargetFileError
from harness.targets.target_file import load_wire
from harness.wire.losses import losses
from harness.wire.mapping import OperationMap, WireMap
from harness.wire.mapping.keys import RpcMap

RPC = '[rpc]\npath = "/rpc"\n'


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        (
            '[paths.ViewCluster.response]\nmetadata.labels = "labels"',
            'a name with a dot stands in quotes as a whole: "metadata.labels" = …',
        ),
        ('[states]\nup = "Running"', "ours stands on the left: Running = 'up'"),
        ('[states]\nfit = "well"', "there are Accepted, Deleting, Error"),
        (
            '[paths.ViewToken]\nresponse = {\n  "metadata.uid" = "id" }',
            "write what is in braces on one line, or as a table below a heading",
        ),
        (
            '[paths.ListPairingRequests.request]\nProjectUid = "zone"',
            "docs/operations.md says what each operation has; a header is written Name:",
        ),
        (
            f'{RPC}[paths.DeleteToken]\nrpc = "token.drop"',
            'say in paths.DeleteToken.request where it goes, as in "{uid}" = "id"',
        ),
        (
            '[paths.DeleteToken.request]\nProjectUid = "zone"',
            "remove it, or write a header as Name:, a parameter as {name} or ?name",
        ),
    ],
)
def test_a_slip_is_told_with_what_to_write(tmp_path: Path, text: str, remedy: str) -> None:
    file = tmp_path / "wire.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(TargetFileError) as caught:
        load_wire(file)
    assert remedy in str(caught.value)


def test_a_request_of_which_nothing_is_left_is_told_as_a_whole() -> None:
    change = OperationMap(rpc="use", request={"{uid}": "?token", "isActive": ""})
    wire = WireMap(rpc=RpcMap(path="/rpc"), paths={ops.SetTokenState: change})
    (error,) = losses(wire, [ops.SetTokenState])
    assert error.remedy == "leave a field where it is published, or give one a place"
