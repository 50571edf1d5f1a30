"""Tags that were acknowledged are read back: nobody is blamed for what may still count."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.checkers.invariants.known import Bounds, ObservedWorld
from harness.checkers.invariants.stream import violations_of
from harness.checkers.invariants.tags import TagChanges
from harness.history.operation import Json
from tests.unit.checkers.invariants.handwritten import HistoryBuilder

LATER_S = 20
Tells = Callable[..., str]


def history() -> HistoryBuilder:
    return HistoryBuilder().set_up()


def blamed(t: HistoryBuilder, invariant: str) -> list[tuple[str, ...]]:
    return [violation.operations for violation in violations_of(t.history(), [invariant])]


def _changed(t: HistoryBuilder, revision: str, so: str, **more: object) -> str:
    t_args: dict[str, Json] = {"cluster_uid": "c", "tags": {"revision": revision}}
    return tells(t, "ChangeCentralCluster", t_args, so, actor="admin", **more)


def patches(t: HistoryBuilder, revision: str, so: str = "ok", **more: object) -> str:
    args: dict[str, Json] = {"tags": {"revision": revision}}
    return tells(t, "PatchCluster", args, so, actor="operator", **more)


def tells(
    t: HistoryBuilder, kind: str, args: dict[str, Json], so: str = "ok", **more: object
) -> str:
    """An operation with an argument of the name that the builder has for the tags of a record."""
    uid = t.tell(kind, so, tags={"host": "edge", "project": "p"}, **more)  # type: ignore[arg-type]
    last = t.operations[-1]
    t.operations[-1] = type(last)(
        last.id, last.scenario, last.actor, last.kind, args, last.start, last.end, last.outcome,
        last.value, last.error, tags=last.tags,
    )  # fmt: skip
    return uid


def palette_shows(t: HistoryBuilder, revision: str, state: str = "", **more: object) -> str:
    tags: dict[str, Json] = {"revision": revision, "added": "by the product"}
    value: dict[str, Json] = {"tags": tags, "state": state}
    args: dict[str, Json] = {"cluster_uid": "c"}
    return tells(t, "ViewCentralCluster", args, actor="admin", value=value, **more)


def local_ui_shows(t: HistoryBuilder, revision: str, **more: object) -> str:
    value: dict[str, Json] = {"tags": {"revision": revision}}
    return tells(t, "ViewCluster", {}, actor="operator", value=value, **more)


SIDES = [("INV-8", _changed, palette_shows), ("INV-7", patches, local_ui_shows)]


either = pytest.mark.parametrize(("invariant", "sets", "shows"), SIDES, ids=["central", "local"])


@either
def test_what_was_acknowledged_last_is_shown(invariant: str, sets: Tells, shows: Tells) -> None:
    t = history()
    sets(t, "1", "ok")
    sets(t, "2", "ok")
    t.later(LATER_S)
    shows(t, "2")
    assert blamed(t, invariant) == []


@either
def test_an_earlier_value_is_blamed_once(invariant: str, sets: Tells, shows: Tells) -> None:
    t = history()
    sets(t, "1", "ok")
    last = sets(t, "2", "ok")
    t.later(LATER_S)
    look = shows(t, "1")
    shows(t, "1")
    assert blamed(t, invariant) == [(last, look)]


@either
def test_what_is_shown_may_be_behind(invariant: str, sets: Tells, shows: Tells) -> None:
    t = history()
    sets(t, "1", "ok")
    sets(t, "2", "ok")
    shows(t, "1")
    assert blamed(t, invariant) == []


def test_what_palette_has_taken_waits_for_the_host_to_confirm() -> None:
    t = history()
    change = _changed(t, "1", "ok")
    t.later(LATER_S)
    palette_shows(t, "0", state="Pairing")
    palette_shows(t, "0")
    assert blamed(t, "INV-8") == []
    t.later(LATER_S)
    look = palette_shows(t, "0")
    assert blamed(t, "INV-8") == [(change, look)]


@either
def test_what_was_not_answered_may_have_been_done(
    invariant: str, sets: Tells, shows: Tells
) -> None:
    t = history()
    sets(t, "1", "info")
    sets(t, "2", "ok")
    t.later(LATER_S)
    shows(t, "1")
    assert blamed(t, invariant) == []


@either
def test_what_was_refused_was_not_done(invariant: str, sets: Tells, shows: Tells) -> None:
    t = history()
    last = sets(t, "1", "ok")
    sets(t, "2", "InternalError")
    t.later(LATER_S)
    look = shows(t, "2")
    assert blamed(t, invariant) == [(last, look)]


@either
def test_of_two_at_once_either_may_be_the_last(invariant: str, sets: Tells, shows: Tells) -> None:
    t = history()
    sets(t, "1", "ok", at=(100, 200))
    sets(t, "2", "ok", at=(150, 180))
    t.later(LATER_S)
    shows(t, "1")
    shows(t, "2")
    assert blamed(t, invariant) == []


@either
def test_of_a_cluster_that_nobody_has_changed_anything_is_right(
    invariant: str, sets: Tells, shows: Tells
) -> None:
    t = history()
    sets(t, "1", "InternalError")
    shows(t, "9")
    assert blamed(t, invariant) == []


def test_a_cluster_that_is_paired_may_follow_palette() -> None:
    t = history()
    t.send()
    patches(t, "1")
    t.accept()
    t.local_shows("Paired")
    t.later(LATER_S)
    local_ui_shows(t, "0")
    assert blamed(t, "INV-7") == []


@pytest.mark.parametrize("kind", ["UpdateCluster", "DeleteCluster"])
def test_what_replaces_the_cluster_may_replace_its_tags(kind: str) -> None:
    t = history()
    patches(t, "1")
    t.local(kind)
    t.later(LATER_S)
    local_ui_shows(t, "0")
    assert blamed(t, "INV-7") == []


def test_another_cluster_has_tags_of_its_own() -> None:
    t = history()
    patches(t, "1")
    t.cluster()
    t.later(LATER_S)
    local_ui_shows(t, "0")
    assert blamed(t, "INV-7") == []


def test_what_cannot_count_any_more_is_not_kept() -> None:
    known, t = ObservedWorld(Bounds()), history()
    tags = TagChanges(known)
    for revision in range(100):
        _changed(t, str(revision), "ok")
        known.tick += 1
        tags.begins("c", t.operations[-1])
        known.tick += 1
        tags.ended("c", t.operations[-1])
    assert len(tags._changes["c"]) == 1
