"""What the model prescribes, and where it leaves a choice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from harness.explore import model
from harness.explore.model import Answer, Rule, drifted, settled
from harness.explore.world import Central, Local, Place, Request, Stack, World

FREE = Place(hosts=1)
CUT = frozenset({1})


def sent(
    central: Central = Central.WAITING, local: Local = Local.PENDING, **other: object
) -> World:
    """A world in which one request was sent that has come to this."""
    request = Request("r1", central, Stack.DOCUMENTED)
    place = Place(hosts=1, local=local, requests=(request,), last=0)
    return World(replace(place, **other))  # type: ignore[arg-type]


def answers(rule: Rule, world: World) -> set[Answer]:
    return {branch.answer for before in drifted(frozenset({world})) for branch in rule(before)}


OK, REFUSED, NEW, SAME = Answer.OK, Answer.REFUSED, Answer.NEW_ID, Answer.SAME_ID
ACCEPT, REJECT = model.of_last(model.accept), model.of_last(model.reject)


@pytest.mark.parametrize(
    ("rule", "world", "lawful"),
    [
        (model.send, World(FREE), {NEW}),
        (model.send, World(FREE, token_good=False), {REFUSED}),
        (model.send, World(replace(FREE, sick=frozenset({"last worker"}))), {REFUSED}),
        (model.send, World(replace(FREE, running=False)), {REFUSED}),
        (model.send, World(replace(FREE, hosts=3, cut=frozenset({3}))), {REFUSED}),
        (model.send, sent(), {REFUSED, SAME, NEW}),
        (model.send, replace(sent(), token_good=False), {REFUSED, SAME}),
        (model.send, sent(Central.PAIRED, Local.TAKEN), {REFUSED}),
        (model.cancel, World(FREE), {REFUSED}),
        (model.cancel, sent(), {OK}),
        (model.cancel, sent(cut=CUT), {OK, REFUSED}),
        (model.cancel, sent(Central.PAIRED, Local.TAKEN), {REFUSED}),
        (model.cancel, sent(Central.HANDED), {OK, REFUSED}),
        (ACCEPT, sent(), {OK}),
        (ACCEPT, replace(sent(), selection=Stack.NEITHER), {REFUSED}),
        (ACCEPT, sent(stack=Stack.CHANGED), {OK, REFUSED}),
        (ACCEPT, replace(sent(), tokens_kept=False), {OK, REFUSED}),
        (ACCEPT, sent(Central.STALE, Local.FREE, cut=CUT), {OK, REFUSED}),
        (ACCEPT, sent(Central.OVER, Local.FREE), {REFUSED}),
        (REJECT, sent(), {OK}),
        (REJECT, sent(Central.STALE, Local.FREE, cut=CUT), {OK}),
        (REJECT, sent(Central.STALE, Local.FREE), {OK, REFUSED}),
        (REJECT, sent(Central.HANDED), {REFUSED}),
        (model.local_operation(), sent(), {OK}),
        (model.local_operation(), sent(Central.HANDED), {OK, REFUSED}),
        (model.local_operation(), sent(Central.PAIRED, Local.TAKEN), {REFUSED}),
    ],
)
def test_what_is_lawful(rule: Rule, world: World, lawful: set[Answer]) -> None:
    assert answers(rule, world) == lawful


def ends(world: World) -> set[tuple[Central | None, Local]]:
    return {(w.main.current, w.main.local) for w in settled(frozenset({world}))}


@pytest.mark.parametrize(
    ("world", "ends_as"),
    [
        (sent(), {(Central.WAITING, Local.PENDING)}),
        (sent(Central.HANDED), {(Central.PAIRED, Local.TAKEN)}),
        (
            sent(Central.HANDED, late=True),
            {(Central.PAIRED, Local.TAKEN), (Central.OVER, Local.FREE)},
        ),
        (sent(Central.OVER), {(Central.OVER, Local.FREE)}),
        (sent(Central.OVER, cut=CUT), {(Central.OVER, Local.PENDING)}),
        (sent(Central.STALE, Local.FREE, cut=CUT), {(Central.STALE, Local.FREE)}),
        (
            sent(Central.STALE, Local.FREE),
            {(Central.STALE, Local.FREE), (Central.OVER, Local.FREE)},
        ),
    ],
)
def test_what_things_settle_to(world: World, ends_as: set[tuple[Central, Local]]) -> None:
    assert ends(world) == ends_as


def test_a_request_that_ended_unheard_never_pairs() -> None:
    """After an offline cancel, an acceptance never commits (INV-1)."""
    stale = sent(Central.STALE, Local.FREE, cut=CUT)
    accepted = [branch.world for branch in ACCEPT(stale) if branch.answer is OK]
    linked: Callable[[World], World] = lambda w: w.with_main(model.with_link(w.main, frozenset()))  # noqa: E731
    for world in settled(frozenset(map(linked, accepted))):
        assert world.main.local is Local.FREE
        assert world.main.current in (Central.DOOMED, Central.OVER)
