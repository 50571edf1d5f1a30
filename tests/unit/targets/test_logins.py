"""Where a target has no API keys, the person of a key logs in, and nobody else is let in."""

from __future__ import annotations

from harness.domain import operations as ops
from harness.domain.arrangements import PutUser
from harness.domain.errors import Reason, Refused
from harness.targets.logins import KeyLogins
from harness.targets.port import Exchange, Outgoing

LOOK = ops.ListPairingRequests()
KIM = ops.Credentials(api_key="kims", project_uid="p")


class Palette:
    """Lets in who says `password`, in sessions that count up; `ended` are good no more."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ops.Credentials]] = []
        self.ended: set[str] = set()
        self.count = 0
        self.password = "good"

    def ask(self, outgoing: Outgoing) -> Exchange:
        operation, proof = outgoing.operation, outgoing.credentials
        self.asked.append((type(operation).__name__, proof))
        if isinstance(operation, ops.LogInToPalette):
            if operation.password != self.password:
                return Exchange(Refused(Reason.UNAUTHENTICATED, "who is that?"))
            self.count += 1
            return Exchange(ops.Done(ops.Session(f"session-{self.count}")))
        known = {f"session-{n + 1}" for n in range(self.count)} - self.ended
        if proof.session not in known:
            return Exchange(Refused(Reason.UNAUTHENTICATED, "log in first"))
        return Exchange(ops.Done(ops.PairingList(())))

    def sessions(self) -> list[str]:
        return [proof.session for kind, proof in self.asked if kind == "ListPairingRequests"]


def kim_at(palette: Palette, password: str = "good") -> KeyLogins:
    logins = KeyLogins()
    logins.put(PutUser("kim@example.com", password, "kims", frozenset()))
    return logins


def test_a_login_comes_first_and_lasts() -> None:
    palette = Palette()
    logins = kim_at(palette)
    for _ in range(2):
        assert isinstance(logins.send(Outgoing(LOOK, KIM), palette.ask).reply, ops.Done)
    assert palette.sessions() == ["session-1", "session-1"]
    assert all(not proof.api_key for _, proof in palette.asked)
    assert palette.asked[1][1].project_uid == "p"


def test_a_session_that_has_ended_is_begun_anew_once() -> None:
    palette = Palette()
    logins = kim_at(palette)
    logins.send(Outgoing(LOOK, KIM), palette.ask)
    palette.ended = {"session-1"}
    assert isinstance(logins.send(Outgoing(LOOK, KIM), palette.ask).reply, ops.Done)
    palette.ended = {"session-1", "session-2", "session-3"}
    assert isinstance(logins.send(Outgoing(LOOK, KIM), palette.ask).reply, Refused)
    assert palette.sessions() == [f"session-{n}" for n in (1, 1, 2, 2, 3)]


def test_who_is_not_let_in_is_answered_with_that() -> None:
    palette = Palette()
    reply = kim_at(palette, "bad").send(Outgoing(LOOK, KIM), palette.ask).reply
    assert reply == Refused(Reason.UNAUTHENTICATED, "who is that?")
    assert palette.sessions() == []


def test_what_is_nobodys_key_is_a_session_that_nobody_has() -> None:
    palette = Palette()
    stranger = ops.Credentials(api_key="kim")
    assert isinstance(kim_at(palette).send(Outgoing(LOOK, stranger), palette.ask).reply, Refused)
    assert palette.asked == [("ListPairingRequests", ops.Credentials(session="kim"))]


def test_whoever_is_put_again_logs_in_again() -> None:
    palette = Palette()
    logins = kim_at(palette)
    logins.send(Outgoing(LOOK, KIM), palette.ask)
    palette.password = "another"
    logins.put(PutUser("kim@example.com", "another", "kims", frozenset()))
    assert isinstance(logins.send(Outgoing(LOOK, KIM), palette.ask).reply, ops.Done)
    assert palette.sessions() == ["session-1", "session-2"]
