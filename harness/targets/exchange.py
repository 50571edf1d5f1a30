"""What came of one exchange over HTTP, for driver and evidence, and the waits that it asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import msgspec

from harness.domain.errors import Reason, Refused
from harness.domain.operations import Operation, Reply
from harness.history.operation import Json
from harness.http_client import Sent
from harness.targets.port import Exchange
from harness.wire.codec import glimpsed_answer, may_hold_secrets
from harness.wire.codec.client import RETRY_AFTER, is_list, joined, next_page
from harness.wire.http import HttpRequest, HttpResponse
from harness.wire.mapping.calls import Spoken
from harness.wire.model import Malformed


@dataclass(frozen=True, slots=True)
class CallExchange:
    """One call, `times` times one after the other: what was sent, what came, how both look."""

    sent: Sent
    response: HttpResponse | None
    spoken: Spoken
    times: int = 1


@dataclass(frozen=True, slots=True)
class MappedExchange:
    """One operation: the calls that were made for it, and what they mean.

    Attributes:
        answer: the published answer, as far as it was read.
        published: the request as it is published, where the target's is another.
        kept: what a login gives to later operations.
    """

    calls: tuple[CallExchange, ...]
    reply: Reply
    operation: Operation
    answer: Json = None
    published: HttpRequest | None = None
    kept: tuple[str, ...] = ()

    @property
    def sent(self) -> Sent:
        """The last request."""
        return self.calls[-1].sent if self.calls else Sent("", "", {}, b"")

    @property
    def response(self) -> HttpResponse | None:
        """What came to it."""
        return self.calls[-1].response if self.calls else None

    def next_page(self) -> str:
        """What brings the page that follows; empty where none does."""
        return next_page(self.answer) if is_list(self.operation, self.reply) else ""

    def retry_after(self) -> str:
        """When to come back, as the answer says it; empty where it does not."""
        if isinstance(self.reply, Refused):
            return self.reply.details.get(RETRY_AFTER, "")
        return self.response.header("Retry-After") if self.response else ""


def wait_asked_for(answered: MappedExchange, longest_s: float) -> float | None:
    """How many seconds a 429 or 503 asks to wait; `None` if none, or over `longest_s`."""
    response, reply = answered.response, answered.reply
    if response is None:
        return None
    limited = isinstance(reply, Refused) and reply.reason is Reason.RATE_LIMITED
    if not (limited or response.status == 503):
        return None
    pause_s = seconds_of(answered.retry_after(), datetime.now(UTC))
    return pause_s if pause_s is not None and pause_s <= longest_s else None


def may_be_asked_again(answered: MappedExchange) -> bool:
    """Whether nothing is done twice by asking again: after a 429, and where it only looks, as a 503
    may come from something in between, after all was done.
    """
    reply = answered.reply
    limited = isinstance(reply, Refused) and reply.reason is Reason.RATE_LIMITED
    return limited or answered.sent.method in ("GET", "HEAD")


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


def recorded(
    answered: MappedExchange, pages: Sequence[MappedExchange], waited: list[Json]
) -> Exchange:
    """What an exchange was: its first request and last answer, and what else there was to it."""
    reply = joined([answered.reply, *(page.reply for page in pages)])
    if not answered.calls:
        return Exchange(reply, was_sent=False)
    request = _request(answered.calls[0].sent)
    if answered.published is not None:
        # By the published names, which say to checks and redaction what is what.
        published = answered.published
        request["as_published"] = {
            "headers": dict(published.headers),
            "body": _text(published.body()),
        }
    told = _whole(answered)
    told |= {"pages": [_whole(page) for page in pages if page.response]} if pages else {}
    return Exchange(reply, request, told | ({"rate_limited": waited} if waited else {}) or None)


def _request(sent: Sent) -> dict[str, Json]:
    return {
        "method": sent.method,
        "url": sent.url,
        "headers": dict(sent.headers),
        "body": _text(sent.body),
    }


def _whole(answered: MappedExchange) -> dict[str, Json]:
    """The answer to the last call, and each of several."""
    told = _response(answered, answered.calls[-1])
    if answered.kept:  # this name tells that they are secrets
        told["session"] = list(answered.kept)
    if len(answered.calls) > 1 or answered.calls[0].spoken.is_part:
        told["calls"] = [
            {
                "name": call.spoken.name or call.spoken.route.operation.__name__,
                "request": _request(call.sent),
                "response": _response(answered, call) or None,
                **({"times": call.times} if call.times > 1 else {}),
            }
            for call in answered.calls
        ]
    return told


def _response(answered: MappedExchange, call: CallExchange) -> dict[str, Json]:
    """An answer, and its body by the published names where the target's are others."""
    response, operation = call.response, answered.operation
    if response is None:
        return {}
    told: dict[str, Json] = {
        "status": response.status,
        "headers": dict(response.headers),
        "body": _text(response.body),
    }
    if answered.published is None:
        return told
    try:
        answer = glimpsed_answer(response, call.spoken)
    except Malformed:
        kept = f"{len(response.body)} bytes that are no JSON and may hold a secret"
        return told | ({"body": kept} if may_hold_secrets(operation) else {})
    return told | {"as_published": {"body": msgspec.json.encode(answer).decode()}}


def _text(body: bytes) -> str:
    """A body for the evidence, which cuts it only after it was redacted."""
    return body.decode("utf-8", "replace")
