"""The way by a control port: plain HTTP, apart from both sides, behind a secret."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

import msgspec

from harness.domain import operations as ops
from harness.domain.arrangements import Arrangement, FaultEffect, Heard, Side, side_of
from harness.domain.errors import Refused
from harness.http_client import USER_AGENT, HttpClient, NoAnswer
from harness.targets import port
from harness.targets.arranging.adopting import adopted_text
from harness.targets.target import Control
from harness.wire.codec import decode
from harness.wire.control import (
    HEARD_PATH,
    HELD_PATH,
    KNOWN_PATH,
    bearer,
    encode_arrangement,
    encode_seen,
    from_json,
)
from harness.wire.http import HttpRequest, HttpResponse, NotJson, parse_json
from harness.wire.model import Malformed


class ControlPort:
    """Asks the control port of each side that an arrangement concerns."""

    name = "control"

    def __init__(
        self, client: HttpClient, controls: Mapping[Side, Control], within_s: float
    ) -> None:
        self._client = client
        self._controls = controls
        self._within_s = within_s

    def cannot(self, kind: type[Arrangement]) -> str:
        """Which side has no control port; empty if each that may be concerned has one."""
        missing = self._missing(kind.sides)
        depends = kind.names_side()  # on the one that is asked for
        return "" if depends and len(missing) < len(kind.sides) else _lacking(missing)

    def arrange(self, arrangement: Arrangement) -> Arrangement:
        """Ask the control port of each side that it concerns."""
        self.see_able(arrangement)
        concerned = side_of(arrangement)
        for control in dict.fromkeys(self._controls[side] for side in concerned):
            arrangement = self._ask(control, arrangement)
        return arrangement

    def see_able(self, arrangement: Arrangement) -> None:
        """See that each side that it concerns has a control port; raises `CannotArrange` if not."""
        if why := _lacking(self._missing(side_of(arrangement))):
            raise port.CannotArrange(type(arrangement).__name__, why)

    def _missing(self, sides: Iterable[Side]) -> list[Side]:
        return [side for side in sides if side not in self._controls]

    def _ask(self, control: Control, arrangement: Arrangement) -> Arrangement:
        what = type(arrangement).__name__
        response = self._exchange(control, encode_arrangement(arrangement, control.secret), what)
        if not 200 <= response.status < 300:
            reply = decode(ops.ListTokens(), response)  # it answers with the published error
            told = reply.message if isinstance(reply, Refused) else f"it answered {response.status}"
            raise port.CannotArrange(what, told)
        return adopted_text(arrangement, response.body, "the control port")

    def seen(self, arrangement: Arrangement) -> FaultEffect | None:
        what = type(arrangement).__name__
        control = self._controls.get(side_of(arrangement)[0])
        if control is None:
            return None
        response = self._exchange(control, encode_seen(arrangement, control.secret), what)
        try:
            told = parse_json(response.body) if 200 <= response.status < 300 else None
            return from_json(FaultEffect, told) if told else None  # it may know no such question
        except (NotJson, Malformed) as error:
            why = f"the control port does not tell what came of it: {error}"
            raise port.ArrangingFailed(what, why) from error

    def take_heard(self) -> Heard:
        """What crossed to and from the peer since last time. Raises `ArrangingFailed`."""
        told = Heard()
        for control in dict.fromkeys(self._controls.values()):
            request = HttpRequest("DELETE", HEARD_PATH, headers=bearer(control.secret))
            told += msgspec.json.decode(self._exchange(control, request, "heard").body, type=Heard)
        return told

    def release(self) -> None:
        """Have every question that the peer behind it holds answered. Raises `ArrangingFailed`."""
        for control in dict.fromkeys(self._controls.values()):
            request = HttpRequest("DELETE", HELD_PATH, headers=bearer(control.secret))
            self._exchange(control, request, "release")

    def know(self, pairing_uid: str) -> None:
        """Tell the peer that the host of a request knows its id. Raises `ArrangingFailed`."""
        for control in dict.fromkeys(self._controls.values()):
            path = f"{KNOWN_PATH}/{quote(pairing_uid, safe='')}"
            request = HttpRequest("PUT", path, headers=bearer(control.secret))
            self._exchange(control, request, "know")

    def _exchange(self, control: Control, request: HttpRequest, what: str) -> HttpResponse:
        sent = self._client.prepare(control.url, request, USER_AGENT)
        try:
            return self._client.exchange(control.url, sent, self._within_s)
        except NoAnswer as error:
            raise port.ArrangingFailed(what, str(error)) from error


def _lacking(missing: Sequence[Side]) -> str:
    return f"the {missing[0].value} side of the target has no control port" if missing else ""
