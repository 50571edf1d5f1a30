"""Pairing requests of hosts that the harness plays: as many as a target bears.

An edge cluster is dear, and a request of it takes a dozen calls. What the central side alone is
asked for is asked with requests that cost one call each, which an edge host sends.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Final

from harness.catalogue.requirement import Feature
from harness.checkers.ids import sample_size
from harness.context import entries
from harness.context.central_changes import must_change
from harness.context.context import Context
from harness.context.recorder import Actor, Inconclusive, NotSupported, RecordedReply
from harness.context.selection import select_like
from harness.context.stacks import DOCUMENTED_STACK, published
from harness.domain import operations as ops
from harness.domain.arrangements import PutToken, Side
from harness.domain.cluster import Cluster, Node, NodePool
from harness.domain.flows import Acceptance, admin_rejects_by_tags
from harness.domain.pairing import RequestState
from harness.domain.profile import ProfileEdition
from harness.domain.token import RegistrationToken
from harness.history.operation import Json, OperationRecord, Outcome
from harness.targets.port import CannotArrange
from harness.wire.writings import in_order

HOST: Final = Actor("host", ops.Credentials())
"""A host that the harness plays."""

_PAGES: Final = (50, 100, 256, 1_000)
"""How many items a page, a table or an answer often ends after."""


def at_turns(count: int) -> list[int]:
    """The places in a list, from 0, of the first and the last, one in the midst, and those at which
    a page may turn.
    """
    turns = {place for page in _PAGES for place in (page - 1, page) if place < count}
    return sorted({0, count // 2, count - 1} | turns)


@dataclass(frozen=True, slots=True)
class Submission:
    """A request as its host knows it."""

    cluster: Cluster
    secret: str
    pairing_uid: str = ""


@dataclass(slots=True)
class Backlog:
    """The requests that wait, in the order in which they were sent."""

    waiting: list[Submission] = field(default_factory=list)
    ended: list[Submission] = field(default_factory=list)
    elsewhere: list[Submission] = field(default_factory=list)
    """What waits in another project."""

    def at_turns(self) -> list[Submission]:
        """Those at which something may go wrong (`at_turns`)."""
        return [self.waiting[place] for place in at_turns(len(self.waiting))]

    def end(self, submission: Submission) -> Submission:
        """It waits no longer."""
        self.waiting.remove(submission)
        self.ended.append(submission)
        return submission


@dataclass(frozen=True, slots=True)
class ChangedCluster:
    """A paired cluster that Palette has changed: by what it is seen, and what it bears since."""

    made: Submission
    look: ops.ViewCentralCluster
    fields: dict[str, Json]

    def confirm(self, context: Context) -> None:
        """Its host confirms once more, which may be refused."""
        again = ops.ConfirmPairing(self.made.pairing_uid, self.made.secret)
        context.perform(HOST, again)

    def seen(self, context: Context) -> dict[str, Json]:
        """A look at it, and what it has to show, for a check."""
        view = context.perform(context.admin(), self.look)
        return {"operation": view.id, "fields": self.fields}

    def claimed(self, context: Context) -> dict[str, Json]:
        """Its request is opened, which may be refused; then what a check of all answers takes."""
        uid = self.made.pairing_uid
        context.perform(context.admin(), ops.ViewPairingRequest(uid))
        return {"pairing_uid": uid, "cluster_uid": self.look.cluster_uid}

    def listed(self, context: Context) -> OperationRecord:
        """Wait until the list of clusters has it once, and no other by the name it was given."""
        name = context.own_name(self.made.cluster.name)
        return context.recorder.await_state(
            context.admin(),
            ops.ListCentralClusters(),
            "cluster_listed_once",
            cluster_uid=self.look.cluster_uid,
            name=name,
        )


def must_bear(context: Context, what: str, count: int) -> None:
    """Go on only if the target bears so much of a kind.

    Raises:
        NotSupported: it does not, as far as its file says.
    """
    bears = getattr(context.recorder.driver.info.sizes, what)
    if count > bears:
        told = f"the target bears {bears} {what} at once, and this takes {count}"
        raise NotSupported(f"{told}; give it as many as it bears (sizes.{what})")


@contextmanager
def _as_far_as_there_are(what: str) -> Iterator[None]:
    """Where what is there is given, it is no more, and smaller scenarios judge by it.

    Raises:
        NotSupported: what is asked for in it cannot be made.
    """
    try:
        yield
    except (CannotArrange, Inconclusive) as error:
        raise NotSupported(f"the {what} that this takes cannot be made: {error}") from error


def filled(context: Context, count: int) -> Backlog:
    """So many requests wait in the project (`growing`)."""
    backlog = Backlog()
    for _ in growing(context, backlog, count):
        pass
    return backlog


def growing(context: Context, backlog: Backlog, count: int) -> Iterator[None]:
    """One after another so many more requests come to wait in the project.

    Raises:
        NotSupported: the target is the other side, bears less, or takes no request of a host that
            it does not know.
        Inconclusive: it took no more after the first ones.
    """
    first = len(backlog.waiting) + 1
    last = first + count
    must_bear(context, "requests", last - 1)
    for made in [submission(context, number) for number in range(first, last)]:
        taken = submit(context, made)
        many, outcome = len(backlog.waiting), taken.record.outcome
        if many and outcome is Outcome.FAIL:
            told = f"{many} requests were taken, and then one was refused"
            raise Inconclusive(f"{told}; give it as many as it bears (sizes.requests)")
        if not many and outcome is Outcome.INFO and context.recorder.driver.info.plays(Side.EDGE):
            why = (taken.record.error or {}).get("why")
            raise NotSupported(f"how its hosts and Palette talk is the target's own affair: {why}")
        backlog.waiting.append(_taken(context, made, taken))
        yield


def filled_among_others(context: Context, count: int) -> Backlog:
    """So many requests wait in the project; one of another project was sent after the first of
    them, and one after the last.

    Raises:
        NotSupported: there is no other project, or as for `growing`.
        Inconclusive: one of them was not taken.
    """
    context.needs(Feature.SCOPES)
    must_bear(context, "requests", count + 2)
    elsewhere, backlog = context.project("another project"), Backlog()
    for many in (1, count - 1):
        for _ in growing(context, backlog, many):
            pass
        made = submission(context)
        with context.using_token(context.new_token(elsewhere)):
            backlog.elsewhere.append(_taken(context, made, submit(context, made)))
    return backlog


def _taken(context: Context, made: Submission, taken: RecordedReply) -> Submission:
    """What was sent, with the id that came; it will be withdrawn once the scenario is over."""
    context.must_if_offered(taken)
    sent = replace(made, pairing_uid=_uid(taken))
    context.withdrawals.append(withdrawal(sent))
    return sent


def submit(context: Context, made: Submission, host: Actor = HOST) -> RecordedReply:
    """A host sends its request.

    Raises:
        NotSupported: the central side is the harness's own, and nobody's to judge.
    """
    if not context.recorder.driver.info.plays(Side.CENTRAL):
        raise NotSupported("the central side is not the target's")
    key = context.new_id("submission")
    sent = ops.SubmitPairing("", made.secret, made.cluster, key=key)
    return context.with_token(
        lambda token: context.recorder.perform(host, replace(sent, registration_token=token))
    )


def submission(context: Context, number: int = 1) -> Submission:
    """A request that is to be sent; forty names go round, and each has a tag of its own, and one
    that just every seventh has.
    """
    uid = context.new_id("submitted-cluster")
    pool = NodePool("control-plane-pool", True, (Node("control-plane-1", f"{uid}-host"),))
    cluster = Cluster(
        uid,
        context.marked(f"store-{number % 40}"),
        f"Store no. {number}",
        {"area": "shop", "store": f"no-{number}", f"shelf-{number % 7}": "full"},
        pools=(pool,),
        stack=DOCUMENTED_STACK,
    )
    return Submission(cluster, context.new_secret("cluster_token"))


def _uid(taken: RecordedReply) -> str:
    if not isinstance(taken.value, ops.PairingId):
        raise Inconclusive("a request of a host was not answered with a pairing id")
    return taken.value.pairing_uid


# --- what is seen ------------------------------------------------------------------------------


def lists(context: Context, backlog: Backlog) -> Iterator[RecordedReply]:
    """The whole list, which has time to catch up first; then the list of each cluster whose
    request stands where a page may turn.
    """
    await_list(context, backlog)
    yield context.perform(context.admin(), ops.ListPairingRequests(), "the list")
    for made in backlog.at_turns():
        look = ops.ListPairingRequests(local_cluster_uid=made.cluster.uid)
        yield context.recorder.perform(context.admin(), look)


def lists_in_order(context: Context, backlog: Backlog) -> Iterator[RecordedReply]:
    """The list in each order that is published, where the body of the question is as published.

    Raises:
        NotSupported: it is not.
    """
    await_list(context, backlog)
    asked = ops.ListPairingRequests(state=RequestState.PENDING.value)
    for by in ("name", "state", "creationTimestamp"):
        for order in ("asc", "desc"):
            writing = f"the order of {by}, {order}", in_order(by, order)
            yield context.recorder.perform(context.admin(), asked, writing=writing)


def await_list(context: Context, backlog: Backlog) -> OperationRecord:
    """Wait until just the requests that wait are listed, of those that were sent."""
    ids: list[Json] = [made.pairing_uid for made in backlog.waiting]
    every = [*backlog.waiting, *backlog.ended, *backlog.elsewhere]
    mine: list[Json] = [made.cluster.uid for made in every]
    just: dict[str, Json] = {"pairing_uids": ids, "local_cluster_uids": mine}
    look = ops.ListPairingRequests()
    return context.recorder.await_state(
        context.admin(), look, "listed_exactly", within_s=None, **just
    )


def views(
    context: Context, submissions: Sequence[Submission]
) -> Iterator[tuple[RecordedReply, dict[str, Json]]]:
    """Each of these requests, opened by its id, and what it has to show: no tag that others have
    and it has not.
    """
    keys = {key for made in submissions for key in made.cluster.tags}
    for made in submissions:
        taken = context.perform(context.admin(), ops.ViewPairingRequest(made.pairing_uid))
        own, tags = made.cluster, dict[str, Json](made.cluster.tags)
        lacks: list[Json] = [*sorted(keys - own.tags.keys())]
        shows: dict[str, Json] = {"name": own.name, "tags": tags, "without_tags": lacks}
        yield taken, {**shows, "local_cluster_uid": own.uid}


# --- what is decided in the midst of it ----------------------------------------------------------


def list_while_it_changes(context: Context, backlog: Backlog) -> RecordedReply:
    """List by pages, and before each further one reject the oldest that waits; at least one."""

    def reject_the_oldest() -> None:
        oldest = ops.RejectPairingRequest(backlog.end(backlog.waiting[0]).pairing_uid)
        context.must(context.recorder.perform(context.admin(), oldest))

    await_list(context, backlog)
    look = ops.ListPairingRequests()
    taken = context.recorder.perform(context.admin(), look, reject_the_oldest)
    if not backlog.ended:
        reject_the_oldest()
    context.note("the list", taken)
    return taken


def decide_in_the_midst(context: Context, backlog: Backlog) -> None:
    """Before, at and after the middle of the list one is rejected, accepted and withdrawn.

    Raises:
        NotReached: one of them was not.
    """
    middle = len(backlog.waiting) // 2
    rejected, accepted, withdrawn = backlog.waiting[middle - 1 : middle + 2]
    reject = ops.RejectPairingRequest(rejected.pairing_uid)
    context.must(context.recorder.perform(context.admin(), reject))
    # Some do not accept the request of a host that they have not heard of for long.
    asks = ops.PollPairing(accepted.pairing_uid, accepted.secret)
    context.must(context.recorder.perform(HOST, asks))
    context.must(accept(context, accepted))
    confirm(context, accepted)
    context.must(withdraw(context, withdrawn))
    for made in (rejected, accepted, withdrawn):
        backlog.end(made)


def accept(
    context: Context,
    made: Submission,
    name: str | None = None,
    description: str | None = None,
    tags: dict[str, str] | None = None,
) -> RecordedReply:
    """An administrator accepts the request of a host, with profiles that fit, and under a name that
    no other scenario gives.
    """
    if context.selection is None:
        with _as_far_as_there_are("profiles"):
            select_like(context, DOCUMENTED_STACK)
    own = made.cluster
    entered = Acceptance(
        context.matching_selection(),
        context.own_name(own.name) if name is None else name,
        own.description if description is None else description,
        own.tags if tags is None else tags,
    )
    return context.perform(context.admin(), entered.on(made.pairing_uid), "the acceptance")


def confirm(context: Context, made: Submission) -> str:
    """Its host learns of the acceptance and confirms it; returns the uid of the cluster.

    Raises:
        NotReached: the acceptance was not told, or the confirmation not taken.
    """
    mine = (made.pairing_uid, made.secret)
    context.must_see(HOST, ops.PollPairing(*mine), "names_its_cluster")
    confirmed = context.must(context.recorder.perform(HOST, ops.ConfirmPairing(*mine))).value
    if not isinstance(confirmed, ops.PollAnswer):
        raise Inconclusive("a confirmation was not answered with what became of the request")
    return confirmed.cluster_uid


def accept_last(context: Context, backlog: Backlog) -> RecordedReply:
    """An administrator accepts the request that was sent last, once it is listed."""
    await_list(context, backlog)
    return accept(context, backlog.waiting[-1])


def pair_and_change(context: Context, backlog: Backlog) -> ChangedCluster:
    """The last request is accepted, its host confirms, and Palette changes the cluster.

    Raises:
        Inconclusive: one of it did not come to be.
    """
    made = backlog.waiting[-1]
    context.must(accept_last(context, backlog))
    look = ops.ViewCentralCluster(confirm(context, made))
    context.must_see(context.admin(), look, "handed_over")
    return ChangedCluster(made, look, must_change(context, look.cluster_uid))


def withdraw(context: Context, made: Submission) -> RecordedReply:
    """Its host withdraws a request."""
    return context.recorder.perform(HOST, withdrawal(made))


def withdrawal(made: Submission) -> ops.WithdrawPairing:
    """By what its host takes a request back."""
    return ops.WithdrawPairing(made.cluster.uid, made.secret, made.pairing_uid)


def reject_by_tags(context: Context, backlog: Backlog) -> None:
    """Reject the last request by its tags alone, as somebody who knows no id."""
    await_list(context, backlog)
    last = backlog.end(backlog.waiting[-1])
    flow = admin_rejects_by_tags(last.cluster.tags)
    context.note("the rejection", context.recorder.run(context.admin(), flow))


# --- ids ---------------------------------------------------------------------------------------


def draw_more_ids(context: Context, backlog: Backlog) -> None:
    """Send and withdraw further requests until an id would have come back, if ids are drawn from
    as few as those that were seen; unless that takes more than the target bears.
    """
    ids = [made.pairing_uid for made in backlog.waiting]
    wanted = sample_size(ids)
    if wanted is None or wanted > context.recorder.driver.info.sizes.ids:
        return
    while len(ids) < wanted and len(set(ids)) == len(ids):
        made = submission(context, len(ids) + 1)
        ids.append(_uid(context.must(submit(context, made))))
        withdraw(context, replace(made, pairing_uid=ids[-1]))


# --- tokens and profiles -------------------------------------------------------------------------


def tokens(context: Context, count: int) -> list[RegistrationToken]:
    """So many registration tokens of the project, all of them good but the last, which was
    deactivated and is the one that an operator enters.

    Raises:
        NotSupported: the target bears less.
    """
    must_bear(context, "tokens", count)
    with _as_far_as_there_are("tokens"):
        made = [context.new_token(context.project()) for _ in range(count)]
        made[-1] = context.recorder.arrange(PutToken(replace(made[-1], active=False))).token
    entries.see_token(context, made[-1])
    context.use_token(made[-1])
    return made[:-1]


def sent_with(context: Context, good: Sequence[RegistrationToken]) -> Iterator[RecordedReply]:
    """What the operator is answered with each token that stands where a page may turn; what was
    sent is cancelled.
    """
    operator = context.cluster().operator
    for place in at_turns(len(good)):
        context.use_token(good[place])
        yield context.until_taken(context.send)
        context.must(context.recorder.perform(operator, ops.CancelPairingRequest()))


def select_among(context: Context, count: int) -> None:
    """Select what fits the documented stack, which stands behind so many other profiles.

    Raises:
        NotSupported: the target bears less.
    """
    must_bear(context, "profiles", count)
    add_on = DOCUMENTED_STACK[-1]
    with _as_far_as_there_are("profiles"):
        for number in range(1, count - len(DOCUMENTED_STACK) + 1):
            other = replace(add_on, name=f"edge-other-{number}")
            context.publish(published(other, context.new_id("profile"), context.project()))
        select_like(context, DOCUMENTED_STACK)


def select_version_among(context: Context, count: int) -> None:
    """Select what fits, with an add-on profile of which the last of so many versions alone does.

    Raises:
        NotSupported: the target bears less.
    """
    must_bear(context, "versions", count)
    infra, add_on = DOCUMENTED_STACK
    other = tuple(replace(pack, version="40.3.1") for pack in add_on.packs)
    versions = [ProfileEdition(f"1.{minor}.0", other) for minor in range(count - 1)]
    editions = (*versions, ProfileEdition(f"1.{count - 1}.0", add_on.packs))
    whole = published(add_on, context.new_id("profile"), context.project())
    with _as_far_as_there_are("versions"):
        select_like(context, [infra])
        came = context.publish(replace(whole, editions=editions))
    context.selection = (*(context.selection or ()), ops.SelectedProfile(came.uid))
