"""Who may change anything: INV-7."""

from __future__ import annotations

from harness.history.operation import Json
from tests.unit.checkers.invariants.handwritten import HistoryBuilder
from tests.unit.checkers.invariants.histories import bad, good


@good("INV-7")
def a_token_that_is_revoked_after_the_send(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.tell("RemoveToken", uid="token-of-p")
    t.accept()


@good("INV-7")
def a_token_that_is_revoked_during_the_send(t: HistoryBuilder) -> None:
    t.set_up()
    t.send(at=(100, 120))
    t.tell("RemoveToken", uid="token-of-p", at=(110, 112))


@good("INV-7")
def a_revocation_without_an_answer(t: HistoryBuilder) -> None:
    t.set_up()
    t.tell("RemoveToken", "info", uid="token-of-p")
    t.send()


@good("INV-7")
def a_second_send_with_a_revoked_token_is_answered_with_the_first_id(t: HistoryBuilder) -> None:
    t.set_up().send("A")
    t.tell("RemoveToken", uid="token-of-p")
    t.send("A")


@good("INV-7")
def a_permission_of_the_tenant_may_extend_to_projects(t: HistoryBuilder) -> None:
    t.cluster()
    t.token()
    t.profile()
    t.user(scope="")
    t.send()
    t.accept()


@good("INV-7")
def a_permission_that_is_taken_away_meanwhile(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.reject(at=(100, 120))
    t.tell("PutUser", email="admin@example.com", grants=[], at=(105, 106))


@good("INV-7")
def logged_out_of_one_of_two_logins(t: HistoryBuilder) -> None:
    t.set_up()
    t.local("LogIn")
    t.local("LogIn")
    t.local("LogOut")
    t.send()


@bad("INV-7")
def a_revoked_token_admits_a_request(t: HistoryBuilder) -> str:
    t.set_up()
    t.central("DeleteToken", token_uid="token-of-p")
    return t.send()


@bad("INV-7")
def a_deactivated_token_admits_a_request(t: HistoryBuilder) -> str:
    t.set_up()
    t.token(active=False)
    return t.send()


@bad("INV-7")
def a_request_was_created_after_its_token_had_expired(t: HistoryBuilder) -> str:
    t.cluster()
    t.token(expiry=5_000_000)
    t.send()
    item = {"pairing_uid": "A", "state": "Pairing", "created": 7_000_000}
    return t.central("ListPairingRequests", value={"items": [item]})


@bad("INV-7")
def decided_from_another_project(t: HistoryBuilder) -> str:
    t.set_up().send()
    return t.reject(project="q")


@bad("INV-7")
def accepted_without_the_permission(t: HistoryBuilder) -> str:
    t.set_up()
    t.user(may="list get delete")
    t.send()
    return t.accept()


@bad("INV-7")
def changed_after_the_logout(t: HistoryBuilder) -> str:
    t.set_up()
    t.local("LogIn")
    t.local("LogOut")
    return t.patch()


def two_users(t: HistoryBuilder) -> None:
    """One who may do everything, and one who may do nothing, told apart by their keys."""
    t.cluster()
    t.token()
    t.profile()
    everything: list[Json] = [
        {"permission": p, "scope": "p"} for p in ("list", "get", "update", "delete")
    ]
    for n, grants in enumerate((everything, []), start=1):
        t.tell("PutUser", email=f"u{n}@x.test", grants=grants, api_key=f"<api_key:{n}>")
    t.send()


@good("INV-7")
def the_key_of_one_who_may_in_a_header_of_another_name(t: HistoryBuilder) -> None:
    two_users(t)
    t.accept()
    t.operations[-1].request = {
        "headers": {"X-Key": "Key <api_key:1>", "ApiKey": "<api_key:2>"},
        "as_published": {"headers": {"ApiKey": "<api_key:1>"}},
    }


@bad("INV-7")
def the_key_of_one_who_may_not_in_a_header_of_another_name(t: HistoryBuilder) -> str:
    two_users(t)
    accepted = t.accept()
    t.operations[-1].request = {
        "headers": {"X-Key": "Key <api_key:2>", "ApiKey": "<api_key:1>"},
        "as_published": {"headers": {"ApiKey": "<api_key:2>"}},
    }
    return accepted
