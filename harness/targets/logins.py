"""Logins in place of API keys, where a target has none.

Everything by which administrators act has a key, as the published API gives one to whoever asks
for it. Where a target file says that there is no such header (`[headers] ApiKey = ""`), the person
of a key logs in to Palette, and acts in that session.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from harness.domain import operations as ops
from harness.domain.arrangements import PutUser
from harness.domain.errors import Reason, Refused
from harness.targets.port import Exchange, Outgoing

Ask = Callable[[Outgoing], Exchange]


class KeyLogins:
    """Who logs in for which key, and in which session they are.

    What nobody's key is stands for no session either, and is sent as one that Palette does not
    know. A session that has ended is begun anew once; whoever is not let in is answered with that.
    """

    def __init__(self) -> None:
        self._logins: dict[str, ops.LogInToPalette] = {}
        self._sessions: dict[str, str] = {}

    def put(self, came: PutUser) -> None:
        """Somebody is there from now on, perhaps with another password or other permissions."""
        self.name(came.api_key, ops.LogInToPalette(came.email, came.password))

    def name(self, key: str, login: ops.LogInToPalette) -> None:
        """This is how the person of a key logs in."""
        self._logins[key] = login
        self._sessions.pop(key, None)

    def send(self, outgoing: Outgoing, ask: Ask) -> Exchange:
        """What an operation comes back with that is asked by a key."""
        key = outgoing.credentials.api_key
        was_in = key in self._sessions
        exchange = self._within(key, outgoing, ask)
        reply = exchange.reply
        ended = isinstance(reply, Refused) and reply.reason is Reason.UNAUTHENTICATED
        if was_in and ended:
            self._sessions.pop(key, None)
            exchange = self._within(key, outgoing, ask)
        return exchange

    def _within(self, key: str, outgoing: Outgoing, ask: Ask) -> Exchange:
        own, login = outgoing.credentials, self._logins.get(key)
        if login is not None and key not in self._sessions:
            let_in = ask(Outgoing(login, ops.Credentials()))
            match let_in.reply:
                case ops.Done(ops.Session(token)):
                    self._sessions[key] = token
                case _:
                    return let_in
        proof = replace(own, api_key="", session=self._sessions.get(key, key))
        return ask(replace(outgoing, credentials=proof))
