"""Operations that somebody asks in several calls, answered in turn: `CallSequence` from the other
side, without I/O. What a call gives to later ones is new each time, and tells which operation they
belong to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from harness.wire.codec.calls import merged
from harness.wire.http import Json
from harness.wire.json_path import BODY, HEADERS, PATH, QUERY, Template, Way
from harness.wire.mapping.calls import Spoken
from harness.wire.mapping.rooms import NO_ROOMS, Rooms, value_in
from harness.wire.mapping.translate import as_text, unwrapped
from harness.wire.mapping.wire_map import deciding
from harness.wire.routes import ROUTES

_KEPT: Final = "kept."
_BEGUN_MAX: Final = 10_000
"""More are not remembered: the oldest are forgotten."""


@dataclass(slots=True)
class PlayedOperation:
    """How far an operation is that somebody asks.

    Attributes:
        asked: what came of the published request.
        answer: the published answer, once it has happened.
        kept: what was given to later calls.
        waited: the calls that were answered that it is still under way.
    """

    asked: Rooms = field(default_factory=lambda: dict(NO_ROOMS))
    answer: Json = None
    kept: dict[str, str] = field(default_factory=dict)
    waited: list[str] = field(default_factory=list)

    def hear(self, ours: Rooms) -> None:
        """A call says so much of the request."""
        rooms = {room: {**self.asked[room], **ours[room]} for room in (PATH, QUERY, HEADERS)}
        self.asked = {**rooms, BODY: merged(self.asked[BODY], ours[BODY])}


class PlayedOperations:
    """The operations that were begun and may go on."""

    def __init__(self, new: Callable[[], str]) -> None:
        """`new` makes a text that was never there."""
        self._new = new
        self._begun: dict[str, PlayedOperation] = {}

    def find(self, asked: Rooms, spoken: Spoken) -> PlayedOperation | None:
        """The operation that a call of the target's belongs to, or a new one where it names nothing
        that an earlier call was given; `None` where nobody was given that.
        """
        told = [value for name, value in asked[PATH].items() if name.startswith(_KEPT)]
        message = unwrapped(asked, spoken)
        for place, text in spoken.constants:
            value = value_in(message, place)
            if isinstance(text, Template) and isinstance(value, str):
                names = text.matched(value).items()
                told += [kept for name, kept in names if name.startswith(_KEPT)]
        return self._begun.get(told[0]) if told else PlayedOperation()

    def given(
        self, operation: PlayedOperation, spoken: Spoken, calls: Sequence[Spoken], theirs: Rooms
    ) -> Mapping[Way, Json]:
        """What the answer to a call, of which this is there, gives to later ones besides."""
        given: dict[Way, Json] = {}
        for name, place in spoken.keep:
            is_path = any(call.said.path.startswith(f"{{{_KEPT}{name}}}") for call in calls)
            new = f"/{self._new()}" if is_path else self._new()
            value = as_text(value_in(theirs, place)) or operation.kept.get(name, new)
            given[place] = operation.kept[name] = value
            self._begun[value] = operation
        while len(self._begun) > _BEGUN_MAX:
            del self._begun[next(iter(self._begun))]
        return given


def performing(calls: Sequence[Spoken]) -> Spoken:
    """The call at which an operation is done: the last that holds any of the request."""
    holding = [each for each in calls if not each.said.repeat and _holds(each)]
    return holding[-1] if holding else deciding(calls)


def why_not_played(calls: Sequence[Spoken]) -> str:
    """Why these calls cannot be answered; empty if they can."""
    has_begun = False
    for spoken in calls if len(calls) > 1 else ():
        names = {name for text in spoken.templates() for name in text.names()}
        is_told = any(name.startswith(_KEPT) for name in names)
        if not is_told and (has_begun or spoken.said.repeat):
            return f"{spoken.name} names nothing that an earlier one keeps"
        over = {place for place, _ in spoken.answer_constants}
        if any(place not in over for place, _ in spoken.while_):
            return f"nothing says what {spoken.name} is answered once it is over (answer_constants)"
        has_begun = has_begun or _holds(spoken)
    return ""


def _holds(spoken: Spoken) -> bool:
    """Whether a call holds any of the request."""
    own = set(ROUTES[spoken.route.operation].parameters())
    in_path = not own.isdisjoint(spoken.route.parameters())
    return not spoken.is_part or bool(spoken.said.request) or in_path
