"""What the reference does where the documented procedure is silent.

Every field is a lawful choice; none of them is what the procedure asks for. They exist so
that a suite is not fitted to the habits of one server.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from harness.domain.match import MatchRules
from harness.domain.profile import StackProfile


class SecondSend(StrEnum):
    """SND-7: what a send does while a request is pending."""

    REFUSE = "refuse"
    SAME = "same"
    REPLACE = "replace"


class AfterOfflineCancel(StrEnum):
    """WDR-8: whether a host tells the central side once its link is back."""

    TELL = "tell"
    FORGET = "forget"


class SessionReach(StrEnum):
    """SND-10: where a login to one host is good."""

    HOST = "host"
    CLUSTER = "cluster"


@dataclass(frozen=True, slots=True)
class CentralChoices:
    """The central side's choices. Durations are in microseconds.

    Attributes:
        tenant_extends: a permission in tenant scope is good in every project (PRE-10).
        hide_forbidden: a missing permission is answered as "not found" (PRE-10).
        match: whether layers must agree and drafts count (ACC-16).
        handover: how long an acceptance waits for its host before it fails (WDR-9).
        session: how long a login lasts.
        decided_are_readable: a decided request can still be read by its id (REJ-8).
        token_checked_on_accept: an acceptance needs the token to be usable still (SND-9).
        steps_in_calls: an acceptance takes the wizard's steps, each in a call (ACC-11).
        host_secret_stays: a host has one secret for all its requests, so that a submission repeats
            another only while that one's request waits or is handed over (SND-5).
        ids_are_numbers: requests and clusters are numbered, for edge hosts that take nothing else.
    """

    tenant_extends: bool = True
    hide_forbidden: bool = False
    match: MatchRules = MatchRules()
    handover: int = 3_000_000
    session: int = 7_200_000_000
    decided_are_readable: bool = True
    token_checked_on_accept: bool = False
    steps_in_calls: bool = False
    host_secret_stays: bool = False
    ids_are_numbers: bool = False

    def uid(self, bits: int) -> str:
        """What is made of 128 bits that were drawn. A number has room in a double, as in JSON."""
        return str(bits >> 80) if self.ids_are_numbers else f"{bits >> 32:024x}"


@dataclass(frozen=True, slots=True)
class EdgeChoices:
    """The edge's choices. Durations are in microseconds.

    Attributes:
        second_send: SND-7.
        after_offline_cancel: WDR-8.
        session_reach: SND-10.
        session, extended_session: how long a login lasts.
        username, password: the operating system's user of every host.
        local_follows_central: the local name and tags follow the acceptance (ACC-22).
        agent_version: what the host says of its agent when it submits.
        keys_submissions: it says by a key which submission it is.
        archives: what was uploaded to every host, by its path. Where there is any, profiles are
            changed by an archive, and not in the call.
    """

    second_send: SecondSend = SecondSend.REFUSE
    after_offline_cancel: AfterOfflineCancel = AfterOfflineCancel.TELL
    session_reach: SessionReach = SessionReach.HOST
    session: int = 7_200_000_000
    extended_session: int = 86_400_000_000
    username: str = "edge-operator"
    password: str = ""
    local_follows_central: bool = False
    agent_version: str = "4.9.0"
    keys_submissions: bool = False
    archives: tuple[tuple[str, tuple[StackProfile, ...]], ...] = ()
