"""Tokens are made through the published API where that can do it, and not where it cannot."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.domain import operations as ops
from harness.domain.arrangements import CreateProject, PutProfile, PutToken, RemoveToken
from harness.domain.errors import Reason, Refused
from harness.domain.token import RegistrationToken
from harness.targets.arranging.api import TokenApi
from harness.targets.port import ArrangingFailed, CannotArrange, Exchange, Outgoing

NOW = 1_000
ADMIN = ops.Credentials(api_key="canary-admin-key")
ASKED = RegistrationToken("t-1", "token-1", "asked-value", "p-1", NOW + 5)


class Palette:
    """Keeps tokens under uids and values of its own."""

    def __init__(self) -> None:
        self.tokens: dict[str, RegistrationToken] = {}
        self.asked: list[ops.Operation] = []
        self.answers: dict[type[ops.Operation], ops.Reply] = {}

    def send(self, outgoing: Outgoing) -> Exchange:
        assert outgoing.credentials == ADMIN
        operation = outgoing.operation
        self.asked.append(operation)
        return Exchange(self.answers.get(type(operation)) or ops.Done(self._value(operation)))

    def _value(self, operation: ops.Operation) -> ops.Value:
        match operation:
            case ops.CreateToken(name, project, expiry):
                uid = f"own-{len(self.tokens)}"
                self.tokens[uid] = RegistrationToken(uid, name, f"value-{uid}", project, expiry)
                return ops.TokenUid(uid)
            case ops.UpdateToken(uid, name, project, expiry):
                kept = self.tokens[uid]
                self.tokens[uid] = replace(kept, name=name, project_uid=project, expiry=expiry)
            case ops.SetTokenState(uid, active):
                self.tokens[uid] = replace(self.tokens[uid], active=active)
            case ops.DeleteToken(uid):
                del self.tokens[uid]
            case ops.ViewToken(uid):
                return self.tokens[uid]
        return ops.Acknowledged()


@pytest.fixture
def palette() -> Palette:
    return Palette()


@pytest.fixture
def api(palette: Palette) -> TokenApi:
    return TokenApi(palette.send, lambda: NOW, ADMIN)


def test_a_token_is_created_with_uid_and_value_of_the_target(
    api: TokenApi, palette: Palette
) -> None:
    came = api.arrange(PutToken(ASKED))
    assert came == PutToken(replace(ASKED, uid="own-0", value="value-own-0"))
    assert [type(o) for o in palette.asked] == [ops.CreateToken, ops.ViewToken]


def test_one_that_is_deactivated_is_created_and_then_deactivated(api: TokenApi) -> None:
    came = api.arrange(PutToken(replace(ASKED, active=False)))
    assert isinstance(came, PutToken)
    assert (came.token.active, came.token.uid) == (False, "own-0")


def test_one_that_was_made_is_changed_and_removed(api: TokenApi, palette: Palette) -> None:
    came = api.arrange(PutToken(ASKED))
    assert isinstance(came, PutToken)
    off = PutToken(replace(came.token, active=False))
    assert api.arrange(off) == off
    assert not palette.tokens["own-0"].active
    api.arrange(RemoveToken("own-0"))
    assert palette.tokens == {}
    assert palette.asked.count(ops.CreateToken("token-1", "p-1", NOW + 5)) == 1


@pytest.mark.parametrize("expiry", [NOW, NOW - 1, -5])
def test_one_that_has_expired_is_created_and_then_expires(
    api: TokenApi, palette: Palette, expiry: int
) -> None:
    came = api.arrange(PutToken(replace(ASKED, expiry=expiry)))
    assert came == PutToken(palette.tokens["own-0"])
    assert palette.tokens["own-0"].expiry == expiry
    assert palette.asked[0] == ops.CreateToken("token-1", "p-1", NOW + 3_600_000_000)


def test_where_no_token_can_be_made_to_expire_none_is_left(api: TokenApi, palette: Palette) -> None:
    palette.answers[ops.UpdateToken] = Refused(Reason.NOT_FOUND, "no such call")
    with pytest.raises(CannotArrange, match="UpdateToken: no such call") as told:
        api.arrange(PutToken(replace(ASKED, expiry=NOW)))
    assert not isinstance(told.value, ArrangingFailed)
    assert palette.tokens == {}


def test_one_without_expiry_and_project_is_made_so(api: TokenApi, palette: Palette) -> None:
    api.arrange(PutToken(replace(ASKED, expiry=None, project_uid="")))
    assert palette.asked[0] == ops.CreateToken("token-1")


def test_the_expiry_of_one_that_was_made_is_changed_and_read_back(
    api: TokenApi, palette: Palette
) -> None:
    came = api.arrange(PutToken(ASKED))
    assert isinstance(came, PutToken)
    api.arrange(PutToken(replace(came.token, expiry=NOW - 1)))
    assert palette.tokens["own-0"].expiry == NOW - 1
    palette.answers[ops.UpdateToken] = ops.Done(ops.Acknowledged())
    with pytest.raises(ArrangingFailed, match="another expiry"):
        api.arrange(PutToken(replace(came.token, expiry=NOW + 9)))


@pytest.mark.parametrize(
    ("operation", "reply", "why"),
    [
        (ops.CreateToken, Refused(Reason.FORBIDDEN, "not you"), "CreateToken: not you"),
        (ops.CreateToken, ops.Done(ops.Acknowledged()), "not answered with a uid"),
        (ops.ViewToken, ops.Unknown("no answer"), "ViewToken: no answer"),
        (ops.ViewToken, ops.Done(replace(ASKED, value=" ")), "does not tell the token's value"),
        (ops.ViewToken, ops.Done(replace(ASKED, active=False)), "another project or state"),
        (ops.ViewToken, ops.Done(replace(ASKED, project_uid="p-2")), "another project or state"),
    ],
)
def test_what_the_api_does_not_do_is_not_taken_for_done(
    api: TokenApi, palette: Palette, operation: type[ops.Operation], reply: ops.Reply, why: str
) -> None:
    palette.answers[operation] = reply
    with pytest.raises(ArrangingFailed, match=why):
        api.arrange(PutToken(ASKED))


def test_what_has_no_operation_is_said_beforehand(api: TokenApi) -> None:
    assert api.cannot(PutToken) == api.cannot(RemoveToken) == ""
    assert "tokens alone" in api.cannot(CreateProject)
    with pytest.raises(CannotArrange):
        api.arrange(CreateProject("p", "retail"))
    nobody = TokenApi(Palette().send, lambda: NOW, None)
    assert "[central.admin]" in nobody.cannot(PutToken)
    assert "tokens alone" in nobody.cannot(PutProfile)
