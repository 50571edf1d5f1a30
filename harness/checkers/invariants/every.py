"""All invariants by their ids. A new one is added here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from harness.checkers.invariants.cancel_stays_done import CancelStaysDone
from harness.checkers.invariants.decided_once import DecidedOnce
from harness.checkers.invariants.everything_settles import EverythingSettles
from harness.checkers.invariants.exact_match import ExactMatch
from harness.checkers.invariants.ids_are_never_reused import IdsAreNeverReused
from harness.checkers.invariants.known import Known
from harness.checkers.invariants.linearizable import Linearizable
from harness.checkers.invariants.no_request_is_lost import NoRequestIsLost
from harness.checkers.invariants.nothing_local_after import NothingLocalAfter
from harness.checkers.invariants.one_manager import OneManager
from harness.checkers.invariants.only_who_may import OnlyWhoMay
from harness.checkers.invariants.rule import Rule

MAKERS: Mapping[str, Callable[[Known], Rule]] = {
    "INV-1": OneManager,
    "INV-2": NoRequestIsLost,
    "INV-3": ExactMatch,
    "INV-4": CancelStaysDone,
    "INV-5": IdsAreNeverReused,
    "INV-6": DecidedOnce,
    "INV-7": OnlyWhoMay,
    "INV-8": Linearizable,
    "INV-9": EverythingSettles,
    "INV-10": NothingLocalAfter,
}
"""How each invariant is made, in the order of their ids."""

ALL = tuple(MAKERS)
"""The ids of all invariants."""
