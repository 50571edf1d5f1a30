"""Which situations a scenario can get to at all: what it has to have for each.

A scenario that demands a situation and lacks what leads to it would never conform; its author
is told when the file is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from harness.fleet.mistakes import Flaw
from harness.fleet.scenario import Scenario

_CANCELS: Final = ("operators.cancels", "operators.cancels_decided")
_LOST_BEFORE: Final = ("network.lost_before", "loss.lost_before")
_LOST_AFTER: Final = ("network.lost_after", "loss.lost_after")
_CUT_OFF: Final = ("link", "central", *_LOST_BEFORE, *_LOST_AFTER)
_ANSWER_LOST: Final = ("link", "central", "reboot", "slow", *_LOST_AFTER, "network.delayed")
_REVOKED: Final = ("timelines.token_revoked",)
_TURNS: Final = ("timelines.token_lasts", *_REVOKED)

NEEDS: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "cancel_in_flight": (_CANCELS,),
    "accept_of_stale": (_CANCELS, _CUT_OFF),
    "cancel_offline": (_CANCELS, _CUT_OFF),
    "cancel_online": (_CANCELS,),
    "cancel_refused_accepted": (_CANCELS,),
    "submit_again_after_lost_answer": (_ANSWER_LOST,),
    "second_send_while_pending": (("operators.sends_twice",),),
    "two_admins_at_once": (("admins.doubles",),),
    "mismatch_refused": (("admins.mistypes", "timelines.publish"),),
    "profile_changed_between_match_and_accept": (("timelines.publish",),),
    "token_refused": (("operators.wrong_token", *_TURNS),),
    "token_revoked_while_pending": (_REVOKED,),
    "token_rotated": (_TURNS,),
    "permission_refused": (("timelines.grants",),),
    "permission_lost_while_pending": (("timelines.grants",),),
    "restart_with_pending": (("central",),),
    "restart_while_handing_over": (("central",),),
    "unhealthy_refused": (("health",),),
    "unhealthy_while_pending": (("health",),),
    "reboot_while_pending": (("reboot",),),
    "reboot_while_sending": (("reboot",),),
    "message_lost_before": (_LOST_BEFORE,),
    "message_lost_after": (_LOST_AFTER,),
    "message_repeated": (("network.repeated",),),
    "message_delayed": (("network.delayed",),),
    "link_down_while_pending": (("link",),),
    "link_down_while_handing_over": (("link",),),
    "links_back_together": (("link",),),
    "local_change_while_pending": (("operators.work",),),
    "local_change_refused_paired": (("operators.work",),),
    "new_request_after_cancel": (_CANCELS, ("operators.again",)),
    "new_request_after_reject": (("admins.rejects", "admins.doubles"), ("operators.again",)),
    "rejected_learned": (("admins.rejects", "admins.doubles"),),
    "clock_moved_while_pending": (("clock",),),
}
"""For each situation, what it needs: something of each group.

`table.key` is a key that is not off, `kind` a fault of that kind, `kind.key` one with that key.
"""


def out_of_reach(scenario: Scenario) -> Iterator[Flaw]:
    """The situations that the scenario demands and cannot get to."""
    there = frozenset(_present(scenario))
    for situation, _ in scenario.reach:
        for group in NEEDS.get(situation, ()):
            if there.isdisjoint(group):
                told = "the scenario never gets there"
                yield Flaw(("reach", situation), told, f"it needs {in_words(group)}")


def in_words(group: tuple[str, ...]) -> str:
    """What is needed, any of these, for a message or the page."""
    return " or ".join(_word(name) for name in group)


def _word(name: str) -> str:
    kind, _, key = name.partition(".")
    if kind in ("operators", "admins", "timelines", "network"):
        return name
    return f'a fault of kind "{kind}"{f" with {key}" if key else ""}'


def _present(scenario: Scenario) -> Iterator[str]:
    """The names of all that is not off."""
    for table in ("operators", "admins", "timelines", "network"):
        plan = getattr(scenario, table)
        for field in plan.__dataclass_fields__:
            if getattr(plan, field):
                yield f"{table}.{field.removesuffix('_ppm')}"
    for fault in scenario.faults:
        if fault.share_ppm:
            yield fault.kind.value
            yield from (f"{fault.kind.value}.lost_before",) * bool(fault.lost_before_ppm)
            yield from (f"{fault.kind.value}.lost_after",) * bool(fault.lost_after_ppm)
