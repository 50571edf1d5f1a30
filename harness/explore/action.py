"""An action: one step of the suite, what it does to a context, and what the model says of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.context.context import Context
from harness.context.recorder import Actor
from harness.explore.model import Rule
from harness.explore.world import CentralState, Local, ModelWorld


class SequenceContext(Context):
    """The context of one sequence; `person` is the one who turned up last, "this person"."""

    person: Actor | None = None


Does = Callable[[SequenceContext], object]
"""What the step does; an operation that is answered comes back as `RecordedReply`."""

Fits = Callable[[ModelWorld], bool]
"""Whether it makes sense in a world; an action is made only if it does in all of them."""


def anywhere(world: ModelWorld) -> bool:
    """It makes sense in every world."""
    return True


@dataclass(frozen=True, slots=True)
class Action:
    """One step that a sequence may hold.

    Attributes:
        group: actions of one kind are drawn together.
        keyword: `Given` or `When`, as the suite defines the step.
        says: the step's words.
        does: what it does to a context.
        rule: what the model says of it.
    """

    group: str
    keyword: str
    says: str
    does: Does
    rule: Rule
    fits: Fits = anywhere

    def __str__(self) -> str:
        return f"{self.keyword} {self.says}"

    __repr__ = __str__


# --- where an action makes sense ----------------------------------------------------------------


def exists(world: ModelWorld) -> bool:
    """There is a cluster on the hosts."""
    return world.main.present


def exists_alone(world: ModelWorld) -> bool:
    """Nobody is logged in elsewhere, whose session would run out as well."""
    return world.main.present and not world.other.requests


def sent(world: ModelWorld) -> bool:
    """A request was sent."""
    return world.main.last >= 0


def sent_earlier(world: ModelWorld) -> bool:
    """Another request was sent before the last one."""
    return world.main.earlier >= 0


def other_sent(world: ModelWorld) -> bool:
    """The other cluster has sent a request."""
    return world.other.last >= 0


def idle(world: ModelWorld) -> bool:
    """The cluster may be thrown over without leaving a request behind of which nobody knows."""
    slot = world.main
    sent = slot.requests or slot.adrift or slot.coming
    return slot.present and slot.local is Local.FREE and not sent


def waiting(world: ModelWorld) -> bool:
    """The request waits for a decision."""
    return world.main.current is CentralState.WAITING


def with_many_hosts(world: ModelWorld) -> bool:
    """The cluster has several hosts."""
    return world.main.hosts > 1 and world.main.present


def nothing_amiss(world: ModelWorld) -> bool:
    """One thing wrong at a time: a refusal for two reasons shows the lack of neither."""
    entered = world.token_good and world.endpoint_good
    return world.main.in_order and entered


def with_many_sound(world: ModelWorld) -> bool:
    """The cluster has several hosts, and nothing is wrong."""
    return with_many_hosts(world) and nothing_amiss(world)


def broken(world: ModelWorld) -> bool:
    """Something is wrong that can be set right again."""
    return not nothing_amiss(world) or not world.main.linked


def halted(world: ModelWorld) -> bool:
    """The cluster is not Running."""
    return world.main.present and not world.main.running


def cut_off(world: ModelWorld) -> bool:
    """A host cannot reach Palette."""
    return not world.main.linked


def spoiled(world: ModelWorld) -> bool:
    """Every host reaches Palette, and a message may still meet something on the way."""
    slot = world.main
    awaits = slot.send_spoiled or slot.cancels_spoiled or slot.confirm_spoiled or slot.coming
    return bool(awaits) and slot.linked


def submits_unspoiled(world: ModelWorld) -> bool:
    """There is a cluster that may be about to submit what meets nothing yet."""
    slot = world.main
    free = slot.local is Local.FREE and slot.linked and nothing_amiss(world)
    return free and slot.send_spoiled is None


def cut_off_of_many(world: ModelWorld) -> bool:
    """One of several hosts cannot reach Palette."""
    return cut_off(world) and with_many_hosts(world)
