"""The way by a control port: plain HTTP, apart from both sides, behind a secret."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from harness.domain.arrangements import OF_ONE_SIDE, SIDES_OF, Arrangement, Side, side_of
from harness.domain.errors import Refused
from harness.domain.operations import ListTokens
from harness.targets.arranging.adopting import adopted_text
from harness.targets.arranging.way import ArrangingFailed
from harness.targets.port import CannotArrange
from harness.targets.transport import HttpClient, NoAnswer
from harness.wire.codec import decode
from harness.wire.control import encode_arrangement
from harness.wire.http import HttpResponse

if TYPE_CHECKING:
    from harness.targets.target_file import Control


class ControlPort:
    """Asks the control port of each side that an arrangement concerns."""

    name = "control"

    def __init__(
        self,
        client: HttpClient,
        controls: Mapping[Side, Control],
        within_s: float,
        headers: Mapping[str, str],
    ) -> None:
        self._client = client
        self._controls = controls
        self._within_s = within_s
        self._headers = headers

    def cannot(self, kind: type[Arrangement]) -> str:
        """Which side has no control port; empty if each that may be concerned has one."""
        sides = SIDES_OF[kind]
        missing = [side.value for side in sides if side not in self._controls]
        depends = kind in OF_ONE_SIDE  # on the one that is asked for
        if not missing or (depends and len(missing) < len(sides)):
            return ""
        return f"the {missing[0]} side of the target has no control port"

    def arrange(self, arrangement: Arrangement) -> Arrangement:
        """Ask the control port of each side that it concerns.

        Raises:
            CannotArrange: a side has none, or the port says that it cannot.
            ArrangingFailed: no whole answer came, or one that makes no sense.
        """
        what = type(arrangement).__name__
        concerned = side_of(arrangement)
        missing = [side.value for side in concerned if side not in self._controls]
        if missing:
            raise CannotArrange(what, f"the {missing[0]} side of the target has no control port")
        for control in dict.fromkeys(self._controls[side] for side in concerned):
            arrangement = self._ask(control, arrangement)
        return arrangement

    def _ask(self, control: Control, arrangement: Arrangement) -> Arrangement:
        what = type(arrangement).__name__
        request = encode_arrangement(arrangement, control.secret)
        sent = self._client.prepare(control.url, request, self._headers)
        try:
            response = self._client.exchange(control.url, sent, self._within_s)
        except NoAnswer as error:
            raise ArrangingFailed(what, str(error)) from error
        if not 200 <= response.status < 300:
            raise CannotArrange(what, _refusal_of(response))
        return adopted_text(arrangement, response.body, "the control port")


def _refusal_of(response: HttpResponse) -> str:
    """What the control port says; it answers with the published error."""
    reply = decode(ListTokens(), response)
    return reply.message if isinstance(reply, Refused) else f"it answered {response.status}"
