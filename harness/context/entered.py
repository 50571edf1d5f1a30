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
        Reason.PROFILES_MISMATCH,
    }
)
"""What a target may call it that a token is not good, or not any more; one that has a single word
for all that it refuses may say that of it, or of an error within.
"""


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

    def asked(self, ask: Callable[[str], RecordedReply], *, is_sure: bool) -> RecordedReply:
        """What a send comes back with that is asked with its value. While that is under way the
        token is used, and so it is where it was refused otherwise, or nobody is sure what for: an
        answer to the host may have been lost, and a target may call that like anything else.
        """
        used, self.used = self.used, True
        taken = ask(self.token.value)
        is_left = isinstance(taken.reply, Refused) and taken.reply.reason in _OF_THE_TOKEN
        self.used = used or not is_sure or not is_left
        return taken


def may_be_for_the_token(reply: Reply) -> bool:
    """Whether a send was refused, and that may be as its token is not good."""
    return isinstance(reply, Refused) and reply.reason in _OF_THE_TOKEN | {Reason.INTERNAL}
