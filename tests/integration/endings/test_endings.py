"""Runs that end badly, again and again: nothing of them is left on the target.

The moments are drawn from the number of the case, so that each can be had again by its id.
"""

from __future__ import annotations

import json
import re
import signal

import pytest

from harness.targets.ledger import FILE, read_ledger
from tests.integration.endings.world import World, relay, signalled, some_moment

TIMES = 50
KILL, INTERRUPT, TERMINATE = signal.SIGKILL, signal.SIGINT, signal.SIGTERM
SIGNALS = (KILL, INTERRUPT, KILL, TERMINATE)
"""What ends the harness, in turn."""

WAYS = ("harness",) * 4 + ("target", "between")
CASES = [
    pytest.param(WAYS[n % len(WAYS)], n, marks=[pytest.mark.slow] if n > 1 else [], id=f"{n}")
    for n in range(TIMES)
]


@pytest.mark.parametrize(("way", "number"), CASES)
def test_a_session_that_ends_badly_leaves_nothing(world: World, way: str, number: int) -> None:
    before = world.made()
    {"harness": end_harness, "target": end_target, "between": end_what_is_between}[way](
        world, number
    )
    out = f"run-{number}"
    world.check_nothing_is_left(before, out)
    again = world.clean(out)
    assert again.returncode == 0, again.stdout + again.stderr
    assert again.stdout.startswith("0 of ")


def end_harness(world: World, number: int) -> None:
    out, sent = f"run-{number}", SIGNALS[number % len(SIGNALS)]
    with world.run(out) as process:
        world.wait_for_lines(process, out, some_moment(f"harness {number}"))
        code, said = signalled(process, sent)
    assert world.alive() == []
    assert "Traceback" not in said
    if sent is KILL:
        cleaned = world.clean(out)
        assert cleaned.returncode == 0, cleaned.stdout + cleaned.stderr
    else:
        assert code == 130, said
        _, entries = read_ledger(world.folder / out / FILE)
        assert not [e for e in entries.values() if e.is_open], "it has cleaned up by itself"
    world.check_evidence(out, whole=False)


def end_target(world: World, number: int) -> None:
    out = f"run-{number}"
    with world.run(out, "--fail-fast") as process:
        world.wait_for_lines(process, out, some_moment(f"target {number}"))
        world.kill()
        said, errors = process.communicate()
    assert process.returncode in (1, 3), said + errors
    check_leaks(world, out)
    left = world.clean(out)
    assert left.returncode == 1, left.stdout + left.stderr
    world.serve()
    cleaned = world.clean(out)
    assert cleaned.returncode == 0, cleaned.stdout + cleaned.stderr


def end_what_is_between(world: World, number: int) -> None:
    out = f"run-{number}"
    text = world.target_file.read_text("utf-8")
    at = text.index("[control]")
    control = int(re.search(r"localhost:(\d+)|127\.0\.0\.1:(\d+)", text[at:])[0].split(":")[1])  # type: ignore[index]
    with relay(world, control) as (port, between):
        changed = text[:at] + text[at:].replace(f":{control}", f":{port}")
        (world.folder / "relayed.toml").write_text(changed, "utf-8")
        (world.folder / "relayed.env").write_bytes((world.folder / "target.env").read_bytes())
        (world.folder / "relayed.env").chmod(0o600)
        with world.run(out, "--fail-fast", target="relayed.toml") as process:
            world.wait_for_lines(process, out, some_moment(f"between {number}"))
            between.kill()
            said, errors = process.communicate()
    assert process.returncode in (1, 3), said + errors
    check_leaks(world, out)
    cleaned = world.clean(out, "--target", str(world.target_file))
    assert cleaned.returncode == 0, cleaned.stdout + cleaned.stderr


def check_leaks(world: World, out: str) -> None:
    """What could not be removed is in the evidence, with the reason."""
    lines = (world.folder / out / "evidence.jsonl").read_text("utf-8").splitlines()
    leaks = [line for line in map(json.loads, lines) if line["type"] == "leak"]
    _, entries = read_ledger(world.folder / out / FILE)
    left = [entry.n for entry in entries.values() if entry.is_open]
    assert sorted(leak["n"] for leak in leaks) == left != []
    assert all(leak["why"] for leak in leaks)
