"""Edge hosts that the harness plays by single messages: whose request it is, and whose it is not.

Each has a made-up cluster and a secret of its own, by which Palette knows what is its request.
"""

from __future__ import annotations

from dataclasses import replace

from harness.context import backlog
from harness.context.context import MAIN, Context, LeasedCluster
from harness.context.recorder import Actor, NotSupported, RecordedReply
from harness.domain import operations as ops
from harness.domain.arrangements import Slot
from harness.history.operation import Outcome


def submit(context: Context, label: str = MAIN) -> LeasedCluster:
    """A request that the host of a made-up cluster submits.

    Raises:
        NotSupported: Palette is no side of the target, or does not admit what the harness submits.
    """
    made = backlog.submission(context)
    cluster = replace(made.cluster, name=context.own_name("submitted"))
    actor = Actor(f"host of {label}", ops.Credentials())
    leased = LeasedCluster(Slot("", ()), cluster, actor, secret=made.secret)
    made = replace(made, cluster=cluster)
    taken = context.sent(leased, backlog.submit(context, made, actor))
    if taken.record.outcome is not Outcome.OK:
        why = taken.record.error or {}
        told = why.get("message") or why.get("why")
        raise NotSupported(f"what the harness submits as an edge host is not admitted: {told}")
    context.clusters[label] = leased
    sent = replace(made, pairing_uid=leased.pairing_uid)
    context.withdrawals.append(replace(backlog.withdrawal(sent), ended=True))
    return leased


def say(context: Context, message: str) -> RecordedReply:
    """Let the host that submitted the request say something of it.

    Raises:
        KeyError: there is no such message.
    """
    own = context.clusters[MAIN]
    return _say(context, own, message, own.cluster.uid, own.secret)


def say_of_another(
    context: Context, speaker: str, message: str, named: str, secret: str
) -> RecordedReply:
    """Let the host of another cluster say it of that request, in the name of a cluster.

    Raises:
        KeyError: there is no such message, cluster or secret.
    """
    other, own = context.clusters[speaker], context.clusters[MAIN]
    uid = {"its own": other.cluster.uid, "the request's": own.cluster.uid, "no": ""}[named]
    value = {
        "its own secret": other.secret,
        "a secret that nobody has": context.new_secret("cluster-token"),
        "the request's, cut short": context.recorder.secret(own.secret[:-1], "cluster-token"),
        "no secret": "",
    }[secret]
    return _say(context, other, message, uid, value)


def _say(
    context: Context, speaker: LeasedCluster, message: str, uid: str, secret: str
) -> RecordedReply:
    about = context.clusters[MAIN].pairing_uid
    messages: dict[str, ops.AgentOperation] = {
        "withdraws": ops.WithdrawPairing(uid, secret, about),
        "has ended": ops.WithdrawPairing(uid, secret, about, ended=True),
        "asks for": ops.PollPairing(about, secret),
        "confirms": ops.ConfirmPairing(about, secret),
    }
    return context.perform(speaker.operator, messages[message])
