"""One pairing request's register: the states it may be in, and what each answer says of them.

The table of transitions seen from outside. What the host does by itself (it confirms, or its
acceptance fails) happens at any time at which the table allows it. Whether a request that is
not pending can still be read is the target's choice: it may be gone, and then stays gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from harness.checkers.linear import Automaton, Linearizer, RegisterCall, Unexplained
from harness.domain.pairing import REQUEST_TRANSITIONS, RequestEvent, RequestState
from harness.history.operation import Json

ABSENT = "Absent"
PENDING = RequestState.PENDING.value
HANDING_OVER = RequestState.HANDING_OVER.value
PAIRED = RequestState.PAIRED.value
REJECTED = RequestState.REJECTED.value
WITHDRAWN = RequestState.WITHDRAWN.value
FAILED = RequestState.FAILED.value

State = tuple[str, bool]
"""A state of the table, or `ABSENT`, and whether it can be read no more."""

RegisterAction = tuple[str, str]
"""What an operation did or saw, and the state that it showed, if any."""

SEND: RegisterAction = ("send", "")
ACCEPT: RegisterAction = ("accept", "")
REJECT: RegisterAction = ("reject", "")
WITHDRAW: RegisterAction = ("withdraw", "")
CONFIRM: RegisterAction = ("confirm", "")
LAPSE: RegisterAction = ("lapse", "")
"""Something happened of which the procedure does not say what it does to a pending request."""
VISIBLE: RegisterAction = ("view", "")
THERE: RegisterAction = ("there", "")
NOT_THERE: RegisterAction = ("not there", "")
DECIDED: RegisterAction = ("decided", "")
WAS_ACCEPTED: RegisterAction = ("was accepted", "")

OBSERVING = frozenset({"view", "seen", "polled", "there", "not there", "decided", "was accepted"})
"""Actions that tell of the register and do not change it."""

_STATES = (ABSENT, *(state.value for state in RequestState))
ALL_STATES = frozenset((s, gone) for s in _STATES for gone in (False, True) if not gone) | {
    (s, True) for s in _STATES if s not in (ABSENT, PENDING)
}

_TAKES: Mapping[str, RequestEvent] = {
    "accept": RequestEvent.ACCEPT,
    "reject": RequestEvent.REJECT,
    "withdraw": RequestEvent.WITHDRAW,
    "confirm": RequestEvent.CONFIRM,
}
_AS_IT_WAS: Mapping[str, frozenset[str]] = {
    "send": frozenset(_STATES) - {ABSENT},
    "withdraw": frozenset({REJECTED, WITHDRAWN, FAILED}),
    "confirm": frozenset({PAIRED}),
    "lapse": frozenset(_STATES),
    "there": frozenset(_STATES) - {ABSENT},
    "decided": frozenset(_STATES) - {ABSENT, PENDING},
    "was accepted": frozenset({HANDING_OVER, PAIRED, FAILED}),
}
"""Where an action is possible and changes nothing, whether or not the request can be read."""

_BY_NAME: Mapping[str, frozenset[str]] = {
    # Neither "being handed over" nor "withdrawn" has a published name.
    PENDING: frozenset({PENDING, HANDING_OVER}),
    "Pending": frozenset({PENDING, HANDING_OVER}),
    HANDING_OVER: frozenset({HANDING_OVER}),
    PAIRED: frozenset({PAIRED}),
    REJECTED: frozenset({REJECTED, WITHDRAWN}),
    WITHDRAWN: frozenset({WITHDRAWN}),
    FAILED: frozenset({FAILED, WITHDRAWN}),
}
"""The states that a name may stand for where a request is read by its id."""

NAMES = frozenset(_BY_NAME)
"""Names that say something; any other is read as "it is there"."""


def _table() -> dict[str, frozenset[str]]:
    """Every state with the states that it may have become."""
    onward: dict[str, set[str]] = {s: {s} for s in _STATES}
    for (state, _), edge in REQUEST_TRANSITIONS.items():
        onward[state.value].add(edge.to.value)
    onward[ABSENT].add(PENDING)
    for _ in _STATES:
        for reached in onward.values():
            reached |= {further for state in tuple(reached) for further in onward[state]}
    return {state: frozenset(reached) for state, reached in onward.items()}


BECOMES = _table()


@dataclass(slots=True, eq=False)
class Register:
    """One request as it is judged. Times are microseconds of the run."""

    uid: str
    line: Linearizer[State, RegisterAction]
    unsure: bool = False
    """Something may have happened to it, or may happen yet, that was not answered."""
    waiting: dict[str, int] | None = None
    """When calls began that are under way, and of which the line has not been told."""
    readers: tuple[tuple[str, Json, int], ...] = ()
    listed: dict[tuple[str, str], tuple[str, str, int]] | None = None
    """What each reader's lists showed last: the state, the operation and its count."""
    left: tuple[int, str] | None = None
    """Since when it is surely not pending any more, and by which operation."""
    decided: tuple[int, str] | None = None
    """Since when it is surely decided, and by which operation."""
    refused: tuple[tuple[str, str, str], ...] = ()
    """The last decisions that were refused without a word on its state: the operation, its kind and
    the reason. They should have had no effect."""

    def culprits(self, found: Unexplained[RegisterAction]) -> Iterator[tuple[str, str]]:
        """Those of `refused` that would explain what was seen had they had an effect all the same,
        each with what is told of it.
        """
        actions = [call.action for call in found.calls if call.action is not None]
        for operation, kind, reason in self.refused:
            what, verbs, states = _HAD_IT_HAPPENED[kind]
            if any(verb in verbs or shown in states for verb, shown in actions):
                yield operation, f"{what} was refused before as {reason or 'it was'}"


_HAD_IT_HAPPENED: Mapping[str, tuple[str, frozenset[str], frozenset[str]]] = {
    "AcceptPairingRequest": (
        "an acceptance",
        frozenset({"confirm", "decided", "was accepted"}),
        frozenset({HANDING_OVER, PAIRED, FAILED}),
    ),
    "RejectPairingRequest": ("a rejection", frozenset({"decided"}), frozenset({REJECTED})),
}
"""What a decision would explain: what was done or said, and what was shown."""


def register_step(state: State, action: RegisterAction) -> Iterable[State]:
    """Where an action may lead, with what the host and the target do by themselves."""
    return {
        later
        for now in _of_itself(state)
        for moved in _moved(now, action)
        for later in _of_itself(moved)
    }


def register_rests(state: State) -> bool:
    """Whether nothing leads out of the state, but that it may be read no more."""
    return state[0] in (PAIRED, REJECTED, WITHDRAWN, FAILED)


def request_register() -> Automaton[State, RegisterAction]:
    """The automaton of one request."""
    return Automaton(register_step, register_rests)


def _of_itself(state: State) -> set[State]:
    name, gone = state
    names = {name}
    if name == HANDING_OVER:
        names |= {PAIRED, FAILED}
    return {(n, g) for n in names for g in (gone, True) if not g or n not in (ABSENT, PENDING)}


def _moved(state: State, action: RegisterAction) -> Iterable[State]:
    (name, gone), (verb, shown) = state, action
    if verb == "view":
        named = _BY_NAME.get(shown, _AS_IT_WAS["there"])
        return [state] if name in named and not gone else []
    if verb in ("seen", "polled"):
        # The request may have been in a state of that name before.
        earlier = _BY_NAME.get(shown, _AS_IT_WAS["there"])
        return [state] if any(name in BECOMES[before] for before in earlier) else []
    if verb == "not there":
        return [state] if gone or name == ABSENT else []
    if name in _AS_IT_WAS.get(verb, ()):
        lapses = verb == "lapse" and name == PENDING
        return [state, (FAILED, gone), (WITHDRAWN, gone)] if lapses else [state]
    if verb == "send" and name == ABSENT:
        return [(PENDING, gone)]
    if verb not in _TAKES or name == ABSENT:
        return []
    edge = REQUEST_TRANSITIONS.get((RequestState(name), _TAKES[verb]))
    ends = [edge.to.value] if edge else []
    if (name, verb) == (HANDING_OVER, "withdraw"):
        ends.append(WITHDRAWN)  # nothing tells the name of an acceptance that its host has ended
    return [(end, gone) for end in ends]


# --- why a part of a history fits no order --------------------------------------------------------

_DONE = {
    "send": "its send was acknowledged",
    "accept": "an acceptance was acknowledged",
    "reject": "a rejection was acknowledged",
    "withdraw": "its cancel was acknowledged",
    "confirm": "its host's confirmation was acknowledged",
    "there": "it was there",
    "not there": "somebody who had read it was told that there is no such request",
    "decided": "a decision was refused because it was decided already",
    "was accepted": "a decision was refused because it was accepted already",
}


def describe(uid: str, found: Unexplained[RegisterAction], culprits: Iterable[str] = ()) -> str:
    """What cannot be, what it contradicts, and what may have done it all the same."""
    said = _said(found.at)
    told = "".join(f"; {said}" for said in culprits)
    others = [_said(call) for call in found.calls if call is not found.at]
    if not others:
        return f"request {uid}: {said}, and nothing that happened before explains it{told}"
    listed = f"{', '.join(others[:-1])} and {others[-1]}" if others[1:] else others[0]
    return f"request {uid}: {said}, although {listed}{told}"


def seconds(at: int) -> str:
    """A time of the run, as a person reads it."""
    return f"{at / 1_000_000:.3f} s"


def _said(call: RegisterCall[RegisterAction]) -> str:
    verb, state = call.action or ("", "")
    if verb == "view":
        return f"a view at {seconds(call.end)} says {state or 'that it is there'}"
    if verb in ("seen", "polled"):
        what = "a list" if verb == "seen" else "a poll"
        return f"{what} at {seconds(call.end)} says {state or 'that it is there'}"
    return f"{_DONE.get(verb, verb)} at {seconds(call.end)}"
