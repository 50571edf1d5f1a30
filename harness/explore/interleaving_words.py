"""Steps in words."""

from __future__ import annotations

from harness.explore.interleaving_events import outcome_of
from harness.explore.interleaving_plots import Plot
from harness.explore.interleaving_world import Step, World
from harness.reference.faults import message_kind

CARRIED = {
    "deliver": "{} reaches the central side",
    "lose": "{} is lost before it has any effect",
    "unanswered": "the answer to {} is lost",
}
STRUCK = {
    "follow": "agent: begins to follow up",
    "cut": "link: is cut",
    "mend": "link: is mended",
    "restart edge": "edge: is restarted",
    "restart central": "central side: is restarted",
}


def told(plot: Plot, world: World, step: Step) -> str:
    """A step in words, said of the world before it."""
    what, lane = step
    waiting = world.lanes[lane]
    if what in ("move", "unseen"):
        move = plot.actors[lane].moves[world.moved[lane]]
        lost = "; the answer is lost" if what == "unseen" else ""
        return f"{plot.actors[lane].name}: {move.do}{lost}"
    if waiting is None or what in STRUCK:
        return STRUCK[what]
    name = "agent" if waiting.operation is None else waiting.id
    kind = message_kind(waiting.call.operation).value
    if what == "return":
        return f"{name}: gets the answer to {kind}: {outcome_of(waiting.reply)}"
    return f"{name}: {CARRIED[what].format(kind)}"
