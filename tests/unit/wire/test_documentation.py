"""docs/wire.md says what the code does."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from harness.domain.operations import AcceptPairingRequest, PollPairing
from harness.targets.reading import TargetFileReader
from harness.targets.target_file import read_wire
from harness.targets.target_keys import WIRES
from harness.wire.codec.server import STATUS_OF
from harness.wire.control import HEALTH_PATH, INVENTORY_PATH
from harness.wire.mapping.keys import OperationMap, WireKeys
from harness.wire.model import WireModel
from harness.wire.routes import ROUTES
from tests.unit.wire.test_published_names import OUR_FIELDS

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "wire.md").read_text("utf-8")


def row(page: str, start: str) -> str:
    """The one row of a table that starts so; nothing where there is none, or another as well."""
    found = [line for line in page.splitlines() if line.startswith(f"| {start}")]
    return found[0] if len(found) == 1 else ""


def undocumented(page: str) -> Iterator[str]:
    """What the code has and a page does not say, and operations that only the page has."""
    ours = {r.operation.__name__: r for r in ROUTES.values() if not r.published}
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    named = {line.split("`")[1] for line in rows if "` | `" in line and " /v1/" in line}
    yield from (f"operation {name}" for name in named - ours.keys())
    for name, route in ours.items():
        said = row(page, f"`{name}` ")
        models = [m.__name__[1:] for m in (route.request, route.response) if m is not None]
        needed = [f"`{route.method} {route.path}`", f"| {route.status}"]
        needed += models if route.status != 202 else []
        yield from (f"operation {name}: {part}" for part in needed if part not in said)
    for model in WireModel.known.values():
        if model.own:
            said = row(page, f"`{model.wire_name()}` ")
            missing = model.shape.fields.keys() - set(re.findall(r"`(\w+)(?:\[\])?`", said))
            yield from (f"model {model.wire_name()}: {field}" for field in missing)
    for name, fields in OUR_FIELDS.items():
        missing = set(fields.split()) - set(re.findall(r"`(\w+)`", row(page, f"`{name}` | `")))
        yield from (f"field {name}: {field}" for field in missing)
    for reason, status in STATUS_OF.items():
        if f"`{reason.value}`" not in row(page, f"{status} |"):
            yield f"reason {status}: {reason.value}"


def test_all_of_ours_is_documented() -> None:
    assert sorted(undocumented(PAGE)) == []


def test_the_guard_sees_each_kind() -> None:
    planted = [
        ("operation Ping", "| `Probe` |", "| `Ping` |"),
        ("operation Probe", "| `Probe` |", "| `Ping` |"),
        ("operation RejectPairingRequest: `POST", "{pairingUid}/reject`", "{pairingUid}/refuse`"),
        ("operation RejectPairingRequest: | 204", "/reject` | 204", "/reject` | 200"),
        ("operation SubmitPairing: 1Uid", "201, `v1Uid` of the request", "201, of the request"),
        ("model v1PairingPing: service", "| `service`", "| `servant`"),
        ("field v1PackInfo: tag", "`registryUid`, `tag`", "`registryUid`"),
        ("reason 401: Unauthenticated", "| 401 | `Unauthenticated`", "| 401 | "),
    ]
    unseen = [
        (kind, old)
        for kind, old, new in planted
        if not any(what.startswith(kind) for what in undocumented(PAGE.replace(old, new)))
    ]
    assert unseen == []


def test_the_control_port_is_documented() -> None:
    assert f"`GET {HEALTH_PATH}`" in PAGE
    assert f"`GET {INVENTORY_PATH}`" in PAGE


def test_the_examples_of_a_mapping_are_some() -> None:
    examples = re.findall(r"```toml\n(.*?)```", PAGE, re.S)
    wires = []
    for text in examples:
        said, flaws = WIRES.judge(tomllib.loads(text))
        assert said is not None
        reading = TargetFileReader(Path(), {}, flaws=flaws)
        # Who logs in by words of the target's cannot be told where such a login is served.
        wires.append(read_wire(reading, said, served=() if "{basic}" in text else ROUTES))
        assert flaws == []
    assert wires[0].routes[PollPairing].path == "/agent/state"
    assert [each.name for each in wires[1].calls(AcceptPairingRequest)][-1] == "job"
    said = [tomllib.loads(text) for text in examples]
    assert set().union(*said) == {field.name for field in dataclasses.fields(WireKeys)}
    tables = [table for each in said for table in each.get("paths", {}).values()]
    tables += [call for table in tables for call in table.get("calls", ())]
    keys = set().union(*(table.keys() for table in tables))
    assert keys == {field.name for field in dataclasses.fields(OperationMap)} | {"name", "step"}
