"""Bodies in other writings than our codec's, each beside the plain one, and what came of both."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from harness.catalogue.requirement import Feature
from harness.context import backlog, tokens
from harness.context.backlog import HOST, Backlog, Submission, await_list
from harness.context.context import Context
from harness.context.crossing import left_out_if_impossible
from harness.context.entries import HOUR, see_token
from harness.context.recorder import (
    Actor,
    Inconclusive,
    NotSupported,
    RecordedReply,
    WrittenPlainly,
)
from harness.context.review import admin_of
from harness.context.selection import select_like
from harness.context.stacks import DOCUMENTED_STACK, published
from harness.domain import operations as ops
from harness.domain.arrangements import PutUser
from harness.domain.permission import TENANT
from harness.domain.profile import Pack
from harness.history.operation import Json, Outcome
from harness.history.predicates import Sample, open_ids_of
from harness.wire.timestamps import to_timestamp
from harness.wire.writings import SILENT, WRITINGS, Written, doubled, with_tags, with_texts

_REQUEST: Final = ("state", "name", "description", "tags", "stack")
_CLUSTER: Final = ("name", "description", "tags", "profiles")
_LOCAL: Final = ("status", "endpoint", "insecure")

ALIKE: Final[Mapping[str, Callable[[str], str]]] = {
    "a capital letter": str.upper,
    "a wide letter": lambda letter: chr(ord(letter) - ord("!") + 0xFF01),
    "a letter that nobody sees": lambda letter: f"{letter}\u200b",
    "an accent": lambda letter: f"{letter}\u0301",
}
"""What takes the place of a letter, by what the address then differs in."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of an operation in another writing.

    Attributes:
        taken: it, and what it was answered.
        holds: who has to see what, by a predicate: where it was refused, that it left no trace.
        looks: else a look at what came of the plain one, and one at this.
        fields: what has to be the same in both.
        own: each text that is this one's own, with the plain one's.
    """

    taken: RecordedReply
    holds: tuple[Actor, ops.Operation, str, Mapping[str, Json]] | None = None
    looks: tuple[RecordedReply, ...] = ()
    fields: tuple[str, ...] = ()
    own: Mapping[str, str] | None = None

    def outcome(self) -> dict[str, Json]:
        """The operation, and how it was written, for a check."""
        return {"operation": self.taken.id, "written": self.taken.record.args["written"]}

    def compared(self) -> dict[str, Json]:
        """Both looks and all that they are compared by, for a check."""
        plain, after = self.looks
        own: dict[str, Json] = {**(self.own or {})}
        seen: dict[str, Json] = {"operation": after.id, "plain": plain.id, "own": own}
        return {**self.outcome(), **seen, "fields": list(self.fields)}

    def await_it(self, context: Context) -> str:
        """Wait for what has to hold; the id of the wait."""
        assert self.holds is not None
        actor, look, predicate, args = self.holds
        waited = context.recorder.await_state(actor, look, predicate, within_s=None, **args)
        return waited.id


def attempt(context: Context, message: str, how: str) -> Attempt:
    """Send a message plainly, and one like it in the writing of this name.

    Raises:
        KeyError: there is no such message or writing.
        NotSupported: the target does not take the plain one, or there is no body to write.
        Inconclusive: the plain one came to nothing.
    """
    return _MESSAGES[message](context, (how, {**WRITINGS, **SILENT}[how]))


def _submission(context: Context, written: Written) -> Attempt:
    waiting = backlog.filled(context, 1)
    (plain,) = waiting.waiting
    backlog.await_list(context, waiting)
    ((at_first, _),) = backlog.views(context, [plain])
    twin = _twin(context, plain)
    taken = context.with_token(lambda token: _submit(context, twin, token, written))
    uid = _uid_of(context, taken, twin)
    look, lacks = ops.ListPairingRequests(), {"local_cluster_uid": twin.cluster.uid}
    if not uid:
        return Attempt(taken, (context.admin(), look, "none_listed_for", lacks))
    waiting.waiting.append(replace(twin, pairing_uid=uid))
    context.withdrawals.append(backlog.withdrawal(waiting.waiting[-1]))
    backlog.await_list(context, waiting)
    ((after, _),) = backlog.views(context, waiting.waiting[1:])
    own = {twin.cluster.uid: plain.cluster.uid, uid: plain.pairing_uid}
    return Attempt(taken, None, (at_first, after), _REQUEST, own)


def _twin(context: Context, plain: Submission) -> Submission:
    """The same cluster once more, under a uid and with a secret of its own."""
    cluster = replace(plain.cluster, uid=context.new_id("submitted-cluster"))
    return Submission(cluster, context.new_secret("cluster_token"))


def _submit(
    context: Context, made: Submission, token: str, written: Written | None
) -> RecordedReply:
    key = context.new_id("submission")
    sent = ops.SubmitPairing(token, made.secret, made.cluster, key=key)
    try:
        return context.recorder.perform(HOST, sent, writing=written)
    except WrittenPlainly as plain:
        uid = _uid_of(context, plain.taken, made)
        context.withdrawals.append(backlog.withdrawal(replace(made, pairing_uid=uid)))
        raise


def _uid_of(context: Context, taken: RecordedReply, made: Submission) -> str:
    """Under which id a submission was taken; where no answer tells, as Palette lists it."""
    if isinstance(taken.value, ops.PairingId):
        return taken.value.pairing_uid
    if taken.record.outcome is not Outcome.INFO:
        return ""
    listed = context.recorder.perform(context.admin(), ops.ListPairingRequests()).record
    return next(iter(open_ids_of(Sample.of(listed), made.cluster.uid)), "")


def _acceptance(context: Context, written: Written) -> Attempt:
    waiting = backlog.filled(context, 2)
    backlog.await_list(context, waiting)
    plain, other = waiting.waiting
    context.must(backlog.accept(context, plain))
    at_first = _borne(context, plain)
    asked = _like(context, plain, other)
    taken = context.recorder.perform(context.admin(), asked, writing=written)
    if taken.record.outcome is Outcome.FAIL:
        still: dict[str, Json] = {"pairing_uid": other.pairing_uid}
        return Attempt(taken, (context.admin(), ops.ListPairingRequests(), "listed", still))
    if taken.record.outcome is Outcome.INFO:
        raise Inconclusive(f"an acceptance was not answered: {(taken.record.error or {})['why']}")
    own = {str(asked.name): context.own_name(plain.cluster.name)}
    return Attempt(taken, None, (at_first, _borne(context, other)), _CLUSTER, own)


def _borne(context: Context, made: Submission) -> RecordedReply:
    """A look at the cluster of a request that was accepted, once its host has confirmed."""
    look = ops.ViewCentralCluster(backlog.confirm(context, made))
    context.must_see(context.admin(), look, "handed_over")
    return context.recorder.perform(context.admin(), look)


def _like(context: Context, plain: Submission, other: Submission) -> ops.AcceptPairingRequest:
    """The acceptance of another request like the plain one's, under another name."""
    name, own = f"{context.own_name(other.cluster.name)}-2", plain.cluster
    selection = context.matching_selection()
    return ops.AcceptPairingRequest(other.pairing_uid, selection, name, own.description, own.tags)


def _send(context: Context, written: Written) -> Attempt:
    leased = context.pending()
    operator, recorder = leased.operator, context.recorder
    plain = context.perform(operator, ops.ViewPairing())
    first = leased.pairing_uid
    context.must(recorder.perform(operator, ops.CancelPairingRequest()))
    context.must_see(operator, ops.ViewPairing(), "nothing_pending")
    taken = context.sent(leased, context.send_by(operator, written))
    if taken.record.outcome is not Outcome.FAIL:
        recorder.await_state(operator, ops.ViewPairing(), "status_is", status="Pairing")
    view = recorder.perform(operator, ops.ViewPairing())
    pending = getattr(view.value, "status", "") == "Pairing"
    if taken.record.outcome is Outcome.FAIL or not (pending or taken.value):
        return Attempt(taken, (operator, ops.ViewPairing(), "nothing_pending", {}))
    own = {getattr(view.value, "pairing_uid", first) or first: first}
    return Attempt(taken, None, (plain, view), _LOCAL, own)


_MESSAGES: Final[Mapping[str, Callable[[Context, Written], Attempt]]] = {
    "a submission": _submission,
    "an acceptance": _acceptance,
    "a send": _send,
}


# --- keys that stand there twice ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Doubling:
    """How a key stands there twice: `twice` or `in another case besides`; `first` or `last` says
    where the text stands that is good.
    """

    manner: str
    good: str

    def of(self, good: str, other: str) -> Written:
        """The writing by which both texts stand at each key that holds the good one."""
        is_cased = self.manner != "twice"
        first = self.good != "first"
        told = f"a key {self.manner}, the good one {self.good}"
        return told, doubled(good, other, first=first, in_another_case=is_cased)


_ELSEWHERE: Final = "another project"


def submit_with_two_tokens(context: Context, doubling: Doubling) -> Attempt:
    """A host's submission that names two tokens: a good one, and one of another project, which is
    deactivated. No administrator must find it there.

    Raises:
        NotSupported: the target tells no projects apart, or takes no request of a host like this.
        Inconclusive: Palette shows the token of the other project otherwise.
    """
    context.needs(Feature.SCOPES)
    waiting = backlog.filled(context, 1)
    there = admin_of(context, _ELSEWHERE)
    bad = context.new_token(context.project(_ELSEWHERE), active=False)
    see_token(context, bad, by=there)
    twin = _twin(context, waiting.waiting[0])
    taken = context.with_token(
        lambda good: _submit(context, twin, good, doubling.of(good, bad.value))
    )
    if uid := _uid_of(context, taken, twin):
        context.withdrawals.append(backlog.withdrawal(replace(twin, pairing_uid=uid)))
    lacks: dict[str, Json] = {"local_cluster_uid": twin.cluster.uid}
    return Attempt(taken, (there, ops.ListPairingRequests(), "none_listed_for", lacks))


def accept_with_two_profiles(context: Context, doubling: Doubling) -> Attempt:
    """An acceptance that names two profiles in one place: one that fits, and one that does not."""
    waiting = backlog.filled(context, 1)
    backlog.await_list(context, waiting)
    (made,) = waiting.waiting
    select_like(context, DOCUMENTED_STACK)
    fits = context.matching_selection()[-1].uid
    packs = tuple(replace(pack, version="40.3.1") for pack in DOCUMENTED_STACK[-1].packs)
    other = replace(DOCUMENTED_STACK[-1], name="edge-other", packs=packs)
    bad = context.publish(published(other, context.new_id("profile"), context.project()))
    asked = _like(context, made, made)
    taken = context.recorder.perform(context.admin(), asked, writing=doubling.of(fits, bad.uid))
    if taken.record.outcome is not Outcome.OK:
        still: dict[str, Json] = {"pairing_uid": made.pairing_uid}
        return Attempt(taken, (context.admin(), ops.ListPairingRequests(), "listed", still))
    return Attempt(taken, None, (_borne(context, made),))


def _as_tags(version: str) -> str:
    return version.removesuffix("-1")


_UNLIKE: Final[Mapping[str, tuple[Callable[[Pack], Pack], Written | None]]] = {
    "have the profiles' versions as tags, and others as versions": (
        lambda pack: replace(pack, version=f"{pack.version}-1"),
        ("tags that are no versions", with_tags(_as_tags)),
    ),
    "have a letter of another script in their names": (
        lambda pack: replace(pack, name=pack.name.replace("a", "\u0430")),
        None,
    ),
    "have a digit of another script in their versions": (
        lambda pack: replace(pack, version=pack.version.replace("1", "\u0661")),
        None,
    ),
}
"""How packs differ from those of the profiles, and how they are written."""


def accept_unlike(context: Context, difference: str) -> None:
    """Accept a host's request whose packs are unlike those of the profiles, with which a plain one
    was just accepted.

    Raises:
        KeyError: there is no such difference.
        NotSupported: the target is the other side, or takes no such request.
        NotReached: the plain one was not accepted.
    """
    change, written = _UNLIKE[difference]
    waiting = backlog.filled(context, 1)
    backlog.await_list(context, waiting)
    (plain,) = waiting.waiting
    stack = tuple(replace(p, packs=tuple(map(change, p.packs))) for p in plain.cluster.stack)
    twin = _twin(context, plain)
    twin = replace(twin, cluster=replace(twin.cluster, stack=stack))
    sent = context.with_token(lambda token: _submit(context, twin, token, written))
    taken = context.must_if_offered(sent)
    twin = replace(twin, pairing_uid=_uid_of(context, taken, twin))
    context.withdrawals.append(backlog.withdrawal(twin))
    waiting.waiting.append(twin)
    context.must(backlog.accept(context, plain))
    waiting.end(plain)
    backlog.await_list(context, waiting)
    context.perform(context.admin(), _like(context, plain, twin), "the acceptance")


# --- times ----------------------------------------------------------------------------------------

TIMES: Final[Mapping[str, Callable[[datetime], str]]] = {
    "without a fraction": lambda at: f"{at:%Y-%m-%dT%H:%M:%SZ}",
    "with nine digits of a fraction": lambda at: f"{at:%Y-%m-%dT%H:%M:%S.000000000Z}",
    "with a fraction of one digit": lambda at: f"{at:%Y-%m-%dT%H:%M:%S.0Z}",
    "with an offset of zero": lambda at: f"{at:%Y-%m-%dT%H:%M:%S+00:00}",
    "ten hours ahead": lambda at: at.astimezone(timezone(timedelta(hours=10))).isoformat(),
    "five and a half hours behind, with a fraction": lambda at: at.astimezone(
        timezone(-timedelta(hours=5.5))
    ).isoformat(timespec="milliseconds"),
    "in small letters": lambda at: f"{at:%Y-%m-%dt%H:%M:%Sz}",
}
"""Other forms of one moment, all of them RFC 3339."""


def token_until(context: Context, how: str) -> Attempt:
    """A tenant's administrator creates a token that is good until a moment, plainly, and one in
    whose expiry that moment is written in another form.

    Raises:
        NotSupported: nobody creates tokens.
    """
    with left_out_if_impossible():
        who = context.new_admin(
            "tenant administrator", frozenset(), project_uid=TENANT, tenant_admin=True
        )
    recorder = context.recorder
    until = _whole_seconds(recorder.driver.epoch() + 40 * HOUR)
    names = [context.marked(f"token-{context.new_id('token')[:8]}") for _ in range(2)]
    asked = [ops.CreateToken(name, context.project(), until) for name in names]
    at_first = _seen(context, who, context.must_if_offered(recorder.perform(who, asked[0])))
    taken = recorder.perform(who, asked[1], writing=_time_written(until, how))
    after = _seen(context, who, taken) if taken.record.outcome is Outcome.OK else []
    return Attempt(taken, None, (*at_first, *after), ("expiry",), {names[1]: names[0]})


def enter_token(context: Context, expires: str, how: str) -> None:
    """Operators enter a token from now on in whose creation its expiry was written so.

    Raises:
        NotSupported: nobody creates tokens, or not so, or Palette does not show what to enter.
    """
    until = _whole_seconds(context.time_at_palette() + tokens.EXPIRIES[expires])
    by = tokens.administrator(context)
    context.use_token(tokens.create(context, by, until, _time_written(until, how)))


def _whole_seconds(at: int) -> int:
    return at // 1_000_000 * 1_000_000


def _time_written(at: int, how: str) -> Written:
    ours = {to_timestamp(at): TIMES[how](datetime.fromtimestamp(at // 1_000_000, UTC))}
    return f"its expiry {how}", with_texts(lambda text: ours.get(text, text))


def _seen(context: Context, who: Actor, created: RecordedReply) -> list[RecordedReply]:
    """A look at a token that was created, which goes then."""
    if not isinstance(created.value, ops.Created):
        raise Inconclusive("a token was not answered with its uid")
    seen = context.recorder.perform(who, ops.ViewToken(created.value.uid))
    context.recorder.perform(who, ops.DeleteToken(created.value.uid))
    return [seen]


def reject_as_lookalike(context: Context, waiting: Backlog, letters: str) -> None:
    """Somebody who may nothing, with an address that is the administrator's but for such a letter,
    logs in by a password of their own, and rejects the last request.

    Raises:
        NotSupported: there can be no such user, or none who logs in.
        Inconclusive: nobody knows the administrator's password.
    """
    await_list(context, waiting)
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
        operation = ops.RejectPairingRequest(waiting.waiting[-1].pairing_uid)
        context.perform(visitor.in_session(taken.value.token), operation)
