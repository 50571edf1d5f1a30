"""The examination of a target that a driver of another package reaches, which nobody here knows
the addresses of: what it answers to somebody who has not logged in, its logins, and its reach.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.doctor.examining import Diagnosis, SelectedSuite, examine_reach
from harness.doctor.finding import DoctorFinding, Notes
from harness.domain import operations as ops
from harness.domain.arrangements import Side
from harness.domain.errors import Reason, Refused
from harness.targets.plugged import PluggedDriver
from harness.targets.port import NotOffered, Outgoing


def examine_driver(driver: PluggedDriver, suite: SelectedSuite) -> Diagnosis:
    """Try what a driver reaches before a run. Nothing is changed there."""
    notes = Notes("driver")
    for side in Side:
        if side not in driver.target.sides:
            notes.note(f"the driver does not reach the {side.value} side: the harness plays it")
    found: list[DoctorFinding] = [*notes.found]
    for answers in _answers(driver):
        found += answers.found
    reached, reach = examine_reach(driver, suite.scenarios, suite.requirements, suite.scenarios_of)
    return Diagnosis((*found, *reached.found), reach)


def _answers(driver: PluggedDriver) -> Iterator[Notes]:
    api, logins = Notes("api"), Notes("login")
    if Side.CENTRAL in driver.target.sides:
        _asked(driver, ops.ListTokens(), "Palette", api)
    for host in driver.target.hosts():
        _asked(driver, ops.ViewCluster(), f"Local UI of host {host.uid}", api, host.uid)
        _logged_in(driver, host.uid, logins)
    yield from (api, logins)


def _asked(
    driver: PluggedDriver, operation: ops.Operation, what: str, notes: Notes, host_uid: str = ""
) -> None:
    kind = type(operation).__name__
    match _reply(driver, operation, host_uid):
        case None:
            notes.note(f"{what}: {kind} is not offered")
        case ops.Unknown(why):
            remedy = "see to the product, and to the driver: each answer is Done or Refused"
            notes.problem(f"{what}: {kind} has no answer that makes sense: {why}", remedy)
        case Refused(Reason.UNAUTHENTICATED):
            notes.good(f"{what} asks for a login")
        case Refused(reason):
            told = f"{what}: {kind} is refused ({reason.value}), but not for want of a login"
            notes.note(told, "let the driver say Reason.UNAUTHENTICATED where a login is missing")
        case ops.Done():
            told = f"{what} answers {kind} to somebody who has not logged in"
            notes.note(told, "expect SND-1 or ACC-1 to fail; or does the driver log in itself?")


def _logged_in(driver: PluggedDriver, host_uid: str, notes: Notes) -> None:
    user, what = driver.local_user, f"Local UI of host {host_uid}"
    match _reply(driver, ops.LogIn(user.username, user.password), host_uid):
        case ops.Done(ops.Session(token)):
            notes.good(f"the login to {what} succeeds")
            _reply(driver, ops.LogOut(), host_uid, ops.Credentials(session=token))
        case Refused(message=message):
            told = f"{what} refuses the login: {message}"
            notes.problem(told, "correct local_user of the driver")
        case ops.Unknown(why):
            notes.problem(f"the login to {what} brought no session: {why}", "see to the driver")
        case _:
            told = f"the login to {what} is answered with no session"
            notes.problem(told, "let the driver answer LogIn with Done(Session(token))")


def _reply(
    driver: PluggedDriver,
    operation: ops.Operation,
    host_uid: str,
    proof: ops.Credentials = ops.Credentials(),
) -> ops.Reply | None:
    """The reply; `None` where the target does not have the operation."""
    try:
        driver.info.must_offer(type(operation))
        return driver.send(Outgoing(operation, proof, host_uid, "doctor")).reply
    except NotOffered:
        return None
