"""The registration token that operators enter, and what comes of entering it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.context.recorder import RecordedReply
from harness.domain.errors import Reason, Refused
from harness.domain.operations import Reply
from harness.domain.token import RegistrationToken

_OF_THE_TOKEN = frozenset(
    {
        Reason.TOKEN_UNUSABLE,
        Reason.INVALID_INPUT,
        Reason.UNAUTHENTICATED,
        Reason.FORBIDDEN,
        Reason.NOT_FOUND,
        Reason.CONFLICT,
    }
)
"""What a target may call it that a token is not good, or not any more."""


@dataclass(slots=True)
class EnteredToken:
    """A registration token that operators enter.

    Attributes:
        made_at: by how much Palette's clock was ahead when it was made, in microseconds; 0 for one
            that a step chose.
        used: whether a request may have been admitted by it since it was entered first.
    """

    token: RegistrationToken
    made_at: int = 0
    used: bool = False

    def asked(self, ask: Callable[[str], RecordedReply]) -> RecordedReply:
        """What a send comes back with that is asked with its value. While that is under way the
        token is used, and so it is where it was refused otherwise: an answer may have been lost.
        """
        used, self.used = self.used, True
        taken = ask(self.token.value)
        self.used = used or not may_be_for_the_token(taken.reply)
        return taken


def may_be_for_the_token(reply: Reply) -> bool:
    """Whether a send was refused, and that may be as its token is not good."""
    return isinstance(reply, Refused) and reply.reason in _OF_THE_TOKEN
