"""The driver that reaches a target over HTTP, in real time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import quote

from harness import __version__
from harness.domain.arrangements import Arrangement, Inventory, Side, side_of
from harness.domain.endpoint import EndpointForm
from harness.domain.errors import Reason, Refused
from harness.domain.operations import (
    Credentials,
    ListTokens,
    LocalOperation,
    Operation,
    Reply,
    Unknown,
    ViewCluster,
)
from harness.history.operation import Json
from harness.targets.endpoints import EVERYWHERE, BadEndpoints
from harness.targets.port import CannotArrange, Exchange, Outgoing, TargetUnusable
from harness.targets.target_file import Control, Target, is_loopback
from harness.targets.transport import HttpClient, NoAnswer, Sent
from harness.wire.codec import decode, encode
from harness.wire.codec.pages import joined, next_page, on_page
from harness.wire.control import HEALTH_PATH, bearer, encode_arrangement
from harness.wire.http import HttpRequest, HttpResponse

_READABLE = "/#[](),;:=+*!'@ "
"""What stays as it is in a correlation id; the rest is percent-encoded, as headers are ASCII."""

_USER_AGENT = {"User-Agent": f"pairproof/{__version__}"}


@dataclass(frozen=True, slots=True)
class _Answered:
    """One exchange: what was sent, what came, and what it means."""

    sent: Sent
    response: HttpResponse | None
    reply: Reply

    def next_page(self) -> str:
        """What brings the page that follows; empty where none does."""
        return next_page(self.reply, self.response) if self.response else ""


class HttpDriver:
    """Reaches what a target file describes. Its time is real.

    Attributes:
        limits: how long things may take, as the target file has them.
        secrets: what it proves itself with, besides the local user, each with its kind.
    """

    name = "http"

    def __init__(
        self,
        target: Target,
        *,
        closing: Callable[[], None] = lambda: None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """Make the driver. `closing` is called last when it is closed; `pause` waits so many
        seconds.
        """
        self.target = target
        self.info = target.info
        self.local_user = target.local_user
        self.limits = target.limits
        self.secrets = target.secrets()
        self._closing = closing
        self._pause = pause
        self._start = time.monotonic_ns()
        self._address_of = {host.uid: host.url for host in target.hosts()}
        self._client = HttpClient(target.trust.context(), target.timeouts.connect_s)
        self._bad_endpoints = BadEndpoints() if target.is_local() else None

    # --- what a run may use ---------------------------------------------------------------

    def inventory(self) -> Inventory:
        """What the target file names, and the bad endpoints where the target can reach them."""
        target = self.target
        local = self._bad_endpoints.forms() if self._bad_endpoints else {}
        forms = {**usable_forms(target.endpoint), **EVERYWHERE, **local}
        named = {form.value: address for form, address in forms.items()}
        return Inventory(target.slots(), target.endpoint, {**named, **target.endpoint_forms})

    def check(self) -> None:
        """Try every address once, changing nothing.

        Raises:
            TargetUnusable: one of them does not answer as it should; says what was tried, what
                came and what to do. Or nothing may be changed there.
        """
        self._check_permission()
        for host in self.target.hosts():
            self._check_operation(ViewCluster(), host.uid, f"Local UI of host {host.uid}")
        self._check_operation(ListTokens(), "", "Palette")
        for control in self._controls(tuple(Side)):
            self._check_control(control)

    def _check_permission(self) -> None:
        remote = [url for url in self.target.addresses() if not is_loopback(url)]
        if remote and not self.target.allow_writes:
            raise TargetUnusable(
                f"{remote[0]} is not on this machine, and a run changes things there; write"
                " allow_writes = true at the top of the target file if that is meant"
            )

    def _check_operation(
        self, operation: LocalOperation | ListTokens, host: str, what: str
    ) -> None:
        """Any well-formed answer will do: nobody is logged in, so it is mostly a refusal."""
        outgoing = Outgoing(operation, Credentials(), host, "check")
        answered = self._ask(outgoing, self.target.timeouts.check_s)
        if isinstance(answered.reply, Unknown):
            raise TargetUnusable(_unusable(what, answered.sent, answered.reply.why))

    def _check_control(self, control: Control) -> None:
        request = HttpRequest("GET", HEALTH_PATH, headers=bearer(control.secret))
        sent = self._client.prepare(control.url, request, _USER_AGENT)
        try:
            response = self._client.exchange(control.url, sent, self.target.timeouts.check_s)
        except NoAnswer as error:
            raise TargetUnusable(_unusable("the control port", sent, str(error))) from error
        if response.status == 401:
            why = (
                "401: it does not know the secret; check the variable that control.secret_env names"
            )
            raise TargetUnusable(_unusable("the control port", sent, why))
        if response.status != 200:
            why = f"{response.status}: this is no control port"
            raise TargetUnusable(_unusable("the control port", sent, why))

    # --- operations -----------------------------------------------------------------------

    def send(self, outgoing: Outgoing) -> Exchange:
        """Carry out one operation.

        A 429 that says when to come back is obeyed a few times, and a list that comes in pages
        is read to its end; the waits and the further pages are part of what is recorded as the
        response.
        """
        waited: list[Json] = []
        first = self._ask_patiently(outgoing, "", waited)
        return _recorded(first, self._further_pages(outgoing, first, waited), waited)

    def _ask_patiently(self, outgoing: Outgoing, page: str, waited: list[Json]) -> _Answered:
        while True:
            answered = self._ask(outgoing, self.limits.answer_s, page)
            pause_s = self._pause_for(answered)
            if pause_s is None or len(waited) >= self.target.rate_limit.waits:
                return answered
            waited.append({"status": 429, "waited_s": pause_s})
            self._pause(pause_s)

    def _further_pages(
        self, outgoing: Outgoing, first: _Answered, waited: list[Json]
    ) -> list[_Answered]:
        """The pages after the first; one that leads back, or one too many, is unknown."""
        deadline = self.now() + round(self.limits.answer_s * 1_000_000)
        seen: set[str] = set()
        answers: list[_Answered] = []
        last = first
        while page := last.next_page():
            if page in seen or self.now() > deadline:
                why = "leads back to an earlier one" if page in seen else "comes too late"
                told = f"{last.sent.method} {last.sent.url}: the page that follows {why}"
                return [*answers, replace(last, reply=Unknown(told))]
            seen.add(page)
            last = self._ask_patiently(outgoing, page, waited)
            answers.append(last)
        return answers

    def _ask(self, outgoing: Outgoing, within_s: float, page: str = "") -> _Answered:
        operation = outgoing.operation
        base_url = self._base_url(outgoing)
        request = on_page(encode(operation, outgoing.credentials, self.target.routes), page)
        more = {**_USER_AGENT, "X-Request-Id": quote(outgoing.correlation, safe=_READABLE)}
        sent = self._client.prepare(base_url, request, more)
        try:
            response = self._client.exchange(base_url, sent, within_s)
        except NoAnswer as error:
            return _Answered(sent, None, Unknown(str(error)))
        return _Answered(sent, response, _read(operation, response, sent))

    def _base_url(self, outgoing: Outgoing) -> str:
        """Where an operation is asked: at a host's Local UI, or at Palette."""
        if isinstance(outgoing.operation, LocalOperation):
            return self._address_of[outgoing.host_uid]
        return self.target.central_url

    def _pause_for(self, answered: _Answered) -> float | None:
        """How many seconds a 429 asks to wait, if it says so and that is not too long."""
        reply, response = answered.reply, answered.response
        if response is None or not isinstance(reply, Refused):
            return None
        if reply.reason is not Reason.RATE_LIMITED:
            return None
        pause_s = seconds_of(response.header("Retry-After"), datetime.now(UTC))
        longest = self.target.rate_limit.wait_s
        return pause_s if pause_s is not None and pause_s <= longest else None

    # --- arrangements and time ------------------------------------------------------------

    def arrange(self, arrangement: Arrangement) -> None:
        """Ask the control port of each side that it concerns.

        Raises:
            CannotArrange: there is none, or it says that it cannot.
        """
        concerned = side_of(arrangement)
        missing = [side.value for side in concerned if side not in self.target.controls]
        if missing:
            raise CannotArrange(
                type(arrangement).__name__,
                f"the {missing[0]} side of the target has no control port: add [control] to the"
                " target file",
            )
        for control in self._controls(concerned):
            self._arrange_at(control, arrangement)

    def _arrange_at(self, control: Control, arrangement: Arrangement) -> None:
        what = type(arrangement).__name__
        request = encode_arrangement(arrangement, control.secret)
        sent = self._client.prepare(control.url, request, _USER_AGENT)
        try:
            response = self._client.exchange(control.url, sent, self.limits.answer_s)
        except NoAnswer as error:
            raise CannotArrange(what, str(error)) from error
        if not 200 <= response.status < 300:
            raise CannotArrange(what, _refusal_of(response))

    def _controls(self, sides: tuple[Side, ...]) -> tuple[Control, ...]:
        """The control ports of these sides, each once."""
        found = (self.target.controls.get(side) for side in sides)
        return tuple(dict.fromkeys(control for control in found if control is not None))

    def now(self) -> int:
        """Microseconds since the driver was made, by a clock that is never set."""
        return (time.monotonic_ns() - self._start) // 1_000

    def epoch(self) -> int:
        """This machine's time, which a target is taken to share."""
        return time.time_ns() // 1_000

    def sleep(self, duration: int) -> None:
        """Wait `duration` microseconds, really."""
        self._pause(duration / 1_000_000)

    def close(self) -> None:
        """Close the connections and the bad endpoints, then what came with the driver."""
        self._client.close()
        if self._bad_endpoints is not None:
            self._bad_endpoints.close()
            self._bad_endpoints = None
        closing, self._closing = self._closing, lambda: None
        closing()


def usable_forms(endpoint: str) -> dict[EndpointForm, str]:
    """The endpoint as it is, as a bare host where that means the same, and as a URL."""
    forms = {EndpointForm.USABLE: endpoint}
    scheme, separator, rest = endpoint.partition("://")
    if not separator:
        return {**forms, EndpointForm.BARE_HOST: endpoint, EndpointForm.URL: f"https://{endpoint}"}
    forms[EndpointForm.URL] = endpoint
    if scheme == "https":
        forms[EndpointForm.BARE_HOST] = rest.rstrip("/")
    if scheme == "http":
        forms[EndpointForm.PLAIN_HTTP] = endpoint
    return forms


def seconds_of(retry_after: str, now: datetime) -> float | None:
    """What a `Retry-After` asks for, which is a number of seconds or a date; `None` if neither."""
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after)
    try:
        until = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    known = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (known - now).total_seconds())


def _read(operation: Operation, response: HttpResponse, sent: Sent) -> Reply:
    """The answer in the domain's words; what cannot be read says where it came from."""
    reply = decode(operation, response)
    if not isinstance(reply, Unknown):
        return reply
    where = f"{sent.method} {sent.url}: {reply.why}"
    location = response.header("Location") if 300 <= response.status < 400 else ""
    return Unknown(f"{where}; redirects ({location}) are not followed" if location else where)


def _recorded(answered: _Answered, pages: list[_Answered], waited: list[Json]) -> Exchange:
    """What an exchange was: its first request and answer, and what else there was to it."""
    reply = joined([answered.reply, *(page.reply for page in pages)])
    sent, response = answered.sent, answered.response
    request: dict[str, Json] = {
        "method": sent.method,
        "url": sent.url,
        "headers": dict(sent.headers),
        "body": _text(sent.body),
    }
    if response is None:
        return Exchange(reply, request)
    told = _told(response)
    told |= {"pages": [_told(p.response) for p in pages if p.response]} if pages else {}
    return Exchange(reply, request, told | ({"rate_limited": waited} if waited else {}))


def _told(response: HttpResponse) -> dict[str, Json]:
    return {
        "status": response.status,
        "headers": dict(response.headers),
        "body": _text(response.body),
    }


def _text(body: bytes) -> str:
    """A body for the evidence, which cuts it only after it was redacted."""
    return body.decode("utf-8", "replace")


def _unusable(what: str, sent: Sent, why: str) -> str:
    return f"{what} cannot be used: {sent.method} {sent.url} was tried, and this came: {why}"


def _refusal_of(response: HttpResponse) -> str:
    """What the control port says; it answers with the published error."""
    reply = decode(ListTokens(), response)
    return reply.message if isinstance(reply, Refused) else f"it answered {response.status}"
