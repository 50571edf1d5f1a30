"""What is walked: a few people at work on one cluster, and what may go wrong meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Do(StrEnum):
    """One action of an actor."""

    SEND = "send"
    CANCEL = "cancel"
    PATCH = "change the cluster locally"
    ACCEPT = "accept"
    REJECT = "reject"
    MATCH = "match"
    VIEW = "view the request"
    CHANGE = "change the cluster centrally"
    REVOKE = "revoke the registration token"
    REVISE = "publish a version of the profile that does not match"
    EXPIRE = "let the hand-over run out"
    FOLLOW = "let the agents follow up"


class Fault(StrEnum):
    """One thing that goes wrong."""

    LOSE = "lose a message before its effect"
    UNANSWERED = "lose the answer to a message"
    DELAY = "a message arrives when its sender has given it up, after later steps"
    REPEAT = "a message arrives once more, after later steps"
    ERROR = "a message is answered with an internal error, before its effect or after it"
    UNSEEN = "lose Palette's answer to an administrator"
    RESTART_EDGE = "restart the edge"
    RESTART_CENTRAL = "restart the central side"
    CUT = "cut the host's link"


ALL_FAULTS = frozenset(Fault)


@dataclass(frozen=True, slots=True)
class InterleavingAction:
    """An action. `nth` counts requests in the order in which the central side admitted them."""

    do: Do
    nth: int = 0


@dataclass(frozen=True, slots=True)
class ActorScript:
    """Somebody who acts one step after the other, while the others make theirs."""

    name: str
    actions: tuple[InterleavingAction, ...]


@dataclass(frozen=True, slots=True)
class Interleaving:
    """A small declaration of what is walked.

    Attributes:
        name, says: what it is called, and what it looks at.
        actors: who is at work; every order of their steps is walked.
        before: what has happened already, in this order and undisturbed.
        faults: which faults may strike; how many of them in one schedule is the walk's limit.
        rounds: how often the host's agents may start to follow up before everything heals.
        faults_max: how many faults a schedule has at most, where the walk is not told.
    """

    name: str
    says: str
    actors: tuple[ActorScript, ...]
    before: tuple[Do, ...] = ()
    faults: frozenset[Fault] = ALL_FAULTS
    rounds: int = 2
    faults_max: int = 1


def actor(name: str, *actions: Do | InterleavingAction) -> ActorScript:
    """An actor of these actions; a plain one concerns the first request."""
    whole = (a if isinstance(a, InterleavingAction) else InterleavingAction(a) for a in actions)
    return ActorScript(name, tuple(whole))


OPERATOR, ADMIN, SECOND_ADMIN, TIME = "operator", "admin", "second admin", "time"
_SENT = (Do.SEND,)
_ACCEPTED = (Do.SEND, Do.ACCEPT)
_LOST = frozenset({Fault.LOSE, Fault.UNANSWERED})
_CRASH = frozenset({Fault.RESTART_EDGE, Fault.RESTART_CENTRAL})

_ALL = (
    Interleaving(
        "accept-or-cancel",
        "an administrator accepts while the operator cancels",
        (actor(ADMIN, Do.ACCEPT), actor(OPERATOR, Do.CANCEL)),
        _SENT,
    ),
    Interleaving(
        "reject-or-cancel",
        "an administrator rejects while the operator cancels",
        (actor(ADMIN, Do.REJECT), actor(OPERATOR, Do.CANCEL)),
        _SENT,
    ),
    Interleaving(
        "accept-or-reject",
        "one administrator views and accepts, another views and rejects",
        (actor(ADMIN, Do.VIEW, Do.ACCEPT), actor(SECOND_ADMIN, Do.VIEW, Do.REJECT)),
        _SENT,
        rounds=1,
    ),
    Interleaving(
        "two-accept",
        "two administrators match and accept the same request",
        (actor(ADMIN, Do.MATCH, Do.ACCEPT), actor(SECOND_ADMIN, Do.MATCH, Do.ACCEPT)),
        _SENT,
        faults=_CRASH | {Fault.UNSEEN},
        rounds=1,
        faults_max=2,
    ),
    Interleaving(
        "send-and-accept",
        "a request is accepted as soon as it is there, while its send is still under way",
        (actor(OPERATOR, Do.SEND), actor(ADMIN, Do.ACCEPT)),
        faults_max=2,
    ),
    Interleaving(
        "send-and-cancel",
        "the operator sends and cancels at once, and an administrator accepts",
        (actor(OPERATOR, Do.SEND, Do.CANCEL), actor(ADMIN, Do.ACCEPT)),
        rounds=1,
    ),
    Interleaving(
        "cancel-while-sending",
        "one operator cancels what another is still sending",
        (actor(OPERATOR, Do.SEND), actor("second operator", Do.CANCEL)),
    ),
    Interleaving(
        "overtaken",
        "the operator sends again what is still on its way, and an administrator accepts",
        (actor(OPERATOR, Do.SEND, Do.SEND), actor(ADMIN, Do.ACCEPT)),
        faults=frozenset({Fault.DELAY, Fault.REPEAT, Fault.RESTART_EDGE}),
        rounds=1,
        faults_max=2,
    ),
    Interleaving(
        "send-again",
        "the operator sends twice, as one whose first answer was lost, and a cancel goes on",
        (actor(OPERATOR, Do.SEND, Do.SEND), actor("second operator", Do.CANCEL)),
        rounds=1,
    ),
    Interleaving(
        "send-beside",
        "one operator sends; another cancels that meanwhile and sends as well",
        (actor(OPERATOR, Do.SEND), actor("second operator", Do.CANCEL, Do.SEND)),
        faults=_LOST,
        rounds=1,
    ),
    Interleaving(
        "second-send-or-accept",
        "the operator sends again while the first request is accepted",
        (actor(OPERATOR, Do.SEND), actor(ADMIN, Do.ACCEPT)),
        _SENT,
        faults_max=2,
    ),
    Interleaving(
        "send-after-cancel",
        "the operator cancels and sends again, while the first request is accepted",
        (actor(OPERATOR, Do.CANCEL, Do.SEND), actor(ADMIN, Do.ACCEPT)),
        _SENT,
        rounds=1,
    ),
    Interleaving(
        "two-send",
        "two operators send at the same time",
        (actor(OPERATOR, Do.SEND), actor("second operator", Do.SEND)),
        faults=_LOST | _CRASH,
        rounds=1,
        faults_max=2,
    ),
    Interleaving(
        "handed-over",
        "an accepted cluster is changed on both sides while its host takes it over",
        (actor(OPERATOR, Do.PATCH), actor(ADMIN, Do.CHANGE)),
        _ACCEPTED,
    ),
    Interleaving(
        "cancel-when-accepted",
        "the operator cancels an accepted request while its host takes it over",
        (actor(OPERATOR, Do.CANCEL), actor(ADMIN, Do.CHANGE)),
        _ACCEPTED,
    ),
    Interleaving(
        "confirm-or-expire",
        "the hand-over runs out while the host confirms, and both sides are used",
        (actor(TIME, Do.EXPIRE), actor(ADMIN, Do.CHANGE), actor(OPERATOR, Do.PATCH)),
        _ACCEPTED,
    ),
    Interleaving(
        "cancel-or-expire",
        "the hand-over runs out while the operator cancels",
        (actor(TIME, Do.EXPIRE), actor(OPERATOR, Do.CANCEL)),
        _ACCEPTED,
    ),
    Interleaving(
        "revoked-between",
        "the token is revoked between the first send and the second",
        (actor(OPERATOR, Do.CANCEL, Do.SEND), actor(ADMIN, Do.REVOKE)),
        _SENT,
        rounds=1,
    ),
    Interleaving(
        "revised-between",
        "the profile gets a newer version between the match and the acceptance",
        (actor(ADMIN, Do.MATCH, Do.ACCEPT), actor(SECOND_ADMIN, Do.REVISE)),
        _SENT,
        rounds=1,
        faults_max=2,
    ),
    Interleaving(
        "watched",
        "one administrator watches the request while another rejects it",
        (actor(ADMIN, Do.VIEW, Do.VIEW), actor(SECOND_ADMIN, Do.VIEW, Do.REJECT)),
        _SENT,
        rounds=1,
        faults_max=2,
    ),
)

INTERLEAVINGS: Mapping[str, Interleaving] = {
    interleaving.name: interleaving for interleaving in _ALL
}
"""Every interleaving by its name, in the order in which they are walked."""
