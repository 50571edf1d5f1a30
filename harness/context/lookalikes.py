"""Users whose e-mail address is another user's but for a letter that looks like it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from harness.context.backlog import Backlog, await_list
from harness.context.context import Context
from harness.context.crossing import left_out_if_impossible
from harness.context.recorder import Actor, NotSupported
from harness.domain import operations as ops
from harness.domain.arrangements import PutUser

ALIKE: Final[Mapping[str, Callable[[str], str]]] = {
    "a capital letter": str.upper,
    "a wide letter": lambda letter: chr(ord(letter) - ord("!") + 0xFF01),
    "a letter that nobody sees": lambda letter: f"{letter}\u200b",
    "an accent": lambda letter: f"{letter}\u0301",
}
"""What takes the place of a letter, by what the address then differs in."""


def reject(context: Context, backlog: Backlog, letters: str) -> None:
    """Somebody who may nothing, with an address that is the administrator's but for such a letter,
    logs in by a password of their own, and rejects the last request.

    Raises:
        NotSupported: there can be no such user, or none who logs in.
        Inconclusive: nobody knows the administrator's password.
    """
    await_list(context, backlog)
    login = context.login_of()
    email = re.sub("[a-z]", lambda found: ALIKE[letters](found[0]), login.email, count=1)
    secrets = context.new_secret("password"), context.new_secret("apikey")
    with left_out_if_impossible():
        user = context.recorder.arrange(PutUser(email, *secrets, frozenset()))
    if user.email != email or not user.password:
        raise NotSupported("users are given, and none has an address like that")
    if context.recorder.perform(context.admin(), ops.ListPairingRequests()).value is None:
        raise NotSupported("both addresses are taken for one user's")
    visitor = Actor("lookalike", ops.Credentials(project_uid=context.project()), user=email)
    theirs = ops.LogInToPalette(user.email, user.password)
    taken = context.must_if_offered(context.perform(visitor, theirs))
    if isinstance(taken.value, ops.Session):
        operation = ops.RejectPairingRequest(backlog.waiting[-1].pairing_uid)
        context.perform(visitor.in_session(taken.value.token), operation)
