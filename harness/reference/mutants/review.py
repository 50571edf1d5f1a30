"""Planted defects: who may review requests, and what is shown (ACC-1, ACC-3, PRE-8, PRE-9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from harness.domain import operations as ops
from harness.domain.errors import Reason, Refusal, Refused
from harness.domain.match import MatchResult
from harness.domain.operations import ListPairingRequests, PairingList
from harness.domain.pairing import DECIDED, RequestEvent, RequestState
from harness.domain.permission import TENANT, Grant, PairPermission, every_grant
from harness.reference.core.central import CentralCall, CentralCore
from harness.reference.core.choices import CentralChoices
from harness.reference.core.records import LoginSession, PairingRequest, Project, User, UserKey
from harness.reference.core.store import Store
from harness.reference.mutants import bases
from harness.reference.planting import mutant


# --- logins (ACC-1, REJ-3) -----------------------------------------------------------------------
@mutant("ACC-1")
class LoginLastsAThousandTimesTooLong(CentralCore):
    """How long a login lasts is taken for milliseconds and counted in microseconds."""

    def session_is_over(self, session: LoginSession, now: int) -> bool:
        began = session.expiry - self.choices.session
        return now >= began + 1000 * self.choices.session


@mutant("ACC-1")
class ExpiredLoginStillReads(CentralCore):
    """A login that has expired is noticed at a decision only, and can still look at everything."""

    def authorise(self, call: CentralCall, permission: PairPermission) -> str:
        if permission in (PairPermission.UPDATE, PairPermission.DELETE):
            return super().authorise(call, permission)
        return super().authorise(replace(call, now=0), permission)


@mutant("ACC-1")
class RestartCountsSessionsAnew(CentralCore):
    """After a restart how long a login lasts is counted anew, even if it had expired."""

    def __init__(self, store: Store, choices: CentralChoices = CentralChoices()) -> None:
        super().__init__(store, choices)
        self._old = frozenset(session.token for session in store.every(LoginSession))
        self._seen: dict[str, int] = {}

    def session_is_over(self, session: LoginSession, now: int) -> bool:
        if session.token not in self._old:
            return super().session_is_over(session, now)
        return now >= self._seen.setdefault(session.token, now) + self.choices.session


class LetsIn(CentralCore):
    """Lets some in as somebody who has business in the project that they name."""

    def lets_in(self, credentials: ops.Credentials) -> bool:
        """Whether somebody is let in who is not known."""
        raise NotImplementedError

    def authenticate(self, call: CentralCall) -> User:
        try:
            return super().authenticate(call)
        except Refusal:
            if not self.lets_in(call.credentials):
                raise
            return User("somebody", "", "", every_grant(self.scope_of(call)))


@mutant("ACC-1")
class UnknownSessionIsSomebodys(LetsIn):
    """A session that is not known is taken for somebody's who may manage the project."""

    def lets_in(self, credentials: ops.Credentials) -> bool:
        unknown = self.store.get(LoginSession, credentials.session) is None
        return bool(credentials.session) and unknown


@mutant("ACC-1")
class UnknownApiKeyIsSomebodys(LetsIn):
    """An API key is looked at for its length alone."""

    def lets_in(self, credentials: ops.Credentials) -> bool:
        lengths = {len(user.api_key) for user in self.store.every(User)}
        return bool(credentials.api_key) and len(credentials.api_key) in lengths


@mutant("ACC-1")
class AnApiKeyNeverEnds(CentralCore):
    """An API key is good for ever, whatever expiry it was created with."""

    def key_is_over(self, key: UserKey, now: int) -> bool:
        return False


@mutant("ACC-1")
class PasswordIsNotCompared(CentralCore):
    """A login needs an e-mail address that is known, and whatever password."""

    def log_in(self, operation: ops.LogInToPalette, call: CentralCall) -> ops.Session:
        user = self.store.get(User, operation.email)
        known = replace(operation, password=user.password) if user else operation
        return super().log_in(known, call)


@mutant("ACC-1")
class UnknownUserGetsASession(CentralCore):
    """Somebody who is not known gets a session, with which nothing can be done yet."""

    def log_in(self, operation: ops.LogInToPalette, call: CentralCall) -> ops.Session:
        if self.store.get(User, operation.email) is None:
            return ops.Session(f"{call.draws.bits128('palette-session'):032x}")
        return super().log_in(operation, call)


@mutant("ACC-1")
class LoginCannotDecide(CentralCore):
    """With a login one can only look; to accept or to reject takes an API key."""

    def authorise(self, call: CentralCall, permission: PairPermission) -> str:
        decides = permission in (PairPermission.UPDATE, PairPermission.DELETE)
        if decides and not call.credentials.api_key:
            raise Refusal(Reason.UNAUTHENTICATED, "decisions are made with an API key")
        return super().authorise(call, permission)


@mutant("ACC-1")
class ListNeedsNoLogin(CentralCore):
    """The list of pairing requests is given to whoever names the project."""

    def list_requests(self, operation: ListPairingRequests, call: CentralCall) -> PairingList:
        if not (call.credentials.api_key or call.credentials.session):
            requests = self.open_requests(self.scope_of(call))
            return PairingList(tuple(map(self._item, requests)))
        return super().list_requests(operation, call)


@mutant("ACC-1")
class MatchNeedsNoLogin(CentralCore):
    """What a request's cluster runs can be found out by matches that need no login."""

    def match(self, operation: ops.MatchProfiles, call: CentralCall) -> MatchResult:
        request = self.visible(operation.pairing_uid, self.scope_of(call), call.now)
        return self.matched(request, operation.selection)


@mutant("ACC-1")
class AcceptNeedsNoLogin(LetsIn):
    """Every operation asks for a login, except the acceptance itself."""

    def lets_in(self, credentials: ops.Credentials) -> bool:
        return self._accepts and not (credentials.api_key or credentials.session)

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        self._accepts = True
        try:
            return super().accept(operation, call)
        finally:
            self._accepts = False

    _accepts = False


class RejectsWithout(CentralCore):
    """Rejects without a look at the caller, for some callers."""

    def is_trusted(self, call: CentralCall) -> bool:
        """Whether the caller is not looked at."""
        raise NotImplementedError

    def reject(self, operation: ops.RejectPairingRequest, call: CentralCall) -> ops.Acknowledged:
        if not self.is_trusted(call):
            return super().reject(operation, call)
        request = self.visible(operation.pairing_uid, self.scope_of(call), call.now)
        self.step(request, RequestEvent.REJECT)
        return ops.Acknowledged("the pairing request was rejected")


@mutant("REJ-3")
class RejectNeedsNoLogin(RejectsWithout):
    """A request can be rejected without any login by whoever knows its id."""

    def is_trusted(self, call: CentralCall) -> bool:
        return not (call.credentials.api_key or call.credentials.session)


@mutant("REJ-3")
class RejectByAnExpiredLogin(RejectsWithout):
    """A reject does not look whether the login has expired."""

    def is_trusted(self, call: CentralCall) -> bool:
        return self.store.get(LoginSession, call.credentials.session) is not None


@mutant("REJ-3")
class RejectByWhoMayUpdate(CentralCore):
    """A reject asks for the permission to update, as an acceptance does."""

    def authorise(self, call: CentralCall, permission: PairPermission) -> str:
        if permission is PairPermission.DELETE:
            permission = PairPermission.UPDATE
        return super().authorise(call, permission)


# --- permissions and projects (PRE-8, PRE-9) -----------------------------------------------------
Swap = Mapping[PairPermission, PairPermission]


class Instead(CentralCore):
    """Looks for another permission than the one that an operation needs."""

    swapped: ClassVar[Swap]

    def holds(self, user: User, permission: PairPermission, scope: str) -> bool:
        return super().holds(user, self.swapped.get(permission, permission), scope)


@mutant("PRE-8")
class WhoMayListMayOpen(Instead):
    """To open a request takes the permission to list, and none to get."""

    swapped: ClassVar[Swap] = {PairPermission.GET: PairPermission.LIST}


@mutant("PRE-8")
class WhoMayRejectMayAccept(Instead):
    """An acceptance asks for the permission to delete."""

    swapped: ClassVar[Swap] = {PairPermission.UPDATE: PairPermission.DELETE}


@mutant("PRE-8")
class UpdateIncludesDelete(CentralCore):
    """Whoever may update may delete as well."""

    def holds(self, user: User, permission: PairPermission, scope: str) -> bool:
        if permission is PairPermission.DELETE and self.holds(user, PairPermission.UPDATE, scope):
            return True
        return super().holds(user, permission, scope)


@mutant("PRE-8")
class ListForWhoeverHasAnyPermission(CentralCore):
    """The list is shown to whoever has any permission on pairing requests in the project."""

    def holds(self, user: User, permission: PairPermission, scope: str) -> bool:
        if permission is PairPermission.LIST:
            return any(grant.scope == scope for grant in user.grants)
        return super().holds(user, permission, scope)


@mutant("PRE-8")
class RevokedPermissionCounts(bases.Keeps[frozenset[Grant]]):
    """A permission that was taken away counts until Palette is restarted."""

    def authenticate(self, call: CentralCall) -> User:
        user = super().authenticate(call)
        self.kept[user.email] = self.kept.get(user.email, frozenset()) | user.grants
        return replace(user, grants=self.kept[user.email])


@mutant("PRE-8")
class NoRightAtAllIsNotBelieved(bases.Keeps[frozenset[Grant]]):
    """That somebody has no right at all any more is taken for a failure: the last known counts."""

    def authenticate(self, call: CentralCall) -> User:
        user = super().authenticate(call)
        self.kept[user.email] = user.grants or self.kept.get(user.email, frozenset())
        return replace(user, grants=self.kept[user.email])


@mutant("PRE-8")
class RejectIsRefusedAndDone(bases.AfterRefusal):
    """A reject without the permission is refused, and carried out all the same."""

    decision = ops.RejectPairingRequest

    def goes_on(self, request: PairingRequest, operation: bases.Decision, refused: Refused) -> None:
        if refused.reason is Reason.FORBIDDEN:
            self.step(request, RequestEvent.REJECT)


@mutant("PRE-9")
class AnyProjectIsSeen(CentralCore):
    """A request is found by its id whatever project is selected."""

    def belongs(self, project_uid: str, scope: str) -> bool:
        return True


@mutant("PRE-9")
class TheFirstListIsGoneOnWith(bases.Keeps[str]):
    """Whoever has asked for the list of one project is shown that one in every other as well."""

    def list_requests(self, operation: ListPairingRequests, call: CentralCall) -> PairingList:
        scope = self.authorise(call, PairPermission.LIST)
        first = self.keep(self.authenticate(call).email, scope)
        there = replace(call, credentials=replace(call.credentials, project_uid=first))
        return super().list_requests(operation, there)


@mutant("PRE-9")
class PermissionAnywhereCounts(CentralCore):
    """A permission is looked for without regard to the scope in which it was given."""

    def holds(self, user: User, permission: PairPermission, scope: str) -> bool:
        return any(grant.permission is permission for grant in user.grants)


@mutant("PRE-9")
class OneGrantOpensTheProject(CentralCore):
    """Any permission in the project makes those count that were given in another one."""

    def holds(self, user: User, permission: PairPermission, scope: str) -> bool:
        here = any(grant.scope in (scope, TENANT) for grant in user.grants)
        return here and any(grant.permission is permission for grant in user.grants)


@mutant("PRE-9")
class PermissionInTheRequestsProject(CentralCore):
    """A request is opened by permissions in its own project, whichever project is selected."""

    def view_request(self, operation: ops.ViewPairingRequest, call: CentralCall) -> bases.View:
        request = self.store.get(PairingRequest, operation.pairing_uid)
        if request is not None:
            inside = replace(call.credentials, project_uid=request.project_uid)
            call = replace(call, credentials=inside)
        return super().view_request(operation, call)


@mutant("PRE-9")
class UnknownProjectIsTheTenant(CentralCore):
    """A project that does not exist is taken for no project, and so for the whole tenant."""

    def scope_of(self, call: CentralCall) -> str:
        uid = call.credentials.project_uid
        return uid if self.store.get(Project, uid) else TENANT


@mutant("PRE-9")
class ListShowsEveryProject(CentralCore):
    """The list holds the requests of every project, whichever is selected."""

    def open_requests(self, scope: str, cluster_uid: str = "") -> list[PairingRequest]:
        return super().open_requests(TENANT, cluster_uid)


@mutant("PRE-9")
class DecidedRequestsAreReadAnywhere(CentralCore):
    """A request that was decided is found by its id whatever project is selected."""

    def visible(self, pairing_uid: str, scope: str, now: int) -> PairingRequest:
        request = self.current(pairing_uid, now)
        if request is not None and request.state in DECIDED:
            return request
        return super().visible(pairing_uid, scope, now)


@mutant("PRE-9")
class ListOfTheDecidedKnowsNoProject(CentralCore):
    """A list by a state other than that of pending requests holds those of every project."""

    def list_requests(self, operation: ListPairingRequests, call: CentralCall) -> PairingList:
        if operation.state in ("", RequestState.PENDING):
            return super().list_requests(operation, call)
        self.authorise(call, PairPermission.LIST)
        kept = self.store.every(PairingRequest)
        return PairingList(tuple(self._item(r) for r in kept if r.state == operation.state))


@mutant("PRE-9")
class RejectFromAnotherProject(CentralCore):
    """A reject looks at the caller's permissions, and not at the project of the request."""

    def reject(self, operation: ops.RejectPairingRequest, call: CentralCall) -> ops.Acknowledged:
        self.authorise(call, PairPermission.DELETE)
        self.step(self.visible(operation.pairing_uid, TENANT, call.now), RequestEvent.REJECT)
        return ops.Acknowledged("the pairing request was rejected")


@mutant("PRE-9")
class MatchFromAnotherProject(CentralCore):
    """What a request's cluster runs can be found out by matches from another project."""

    def match(self, operation: ops.MatchProfiles, call: CentralCall) -> MatchResult:
        self.authorise(call, PairPermission.GET)
        request = self.visible(operation.pairing_uid, TENANT, call.now)
        return self.matched(request, operation.selection)


@mutant("PRE-9")
class MatchByTheProfilesOfTheCaller(CentralCore):
    """A match is made with the profiles of whoever asks, of whichever project the request is."""

    def match(self, operation: ops.MatchProfiles, call: CentralCall) -> MatchResult:
        scope = self.authorise(call, PairPermission.GET)
        request = self.visible(operation.pairing_uid, TENANT, call.now)
        return self.matched(replace(request, project_uid=scope), operation.selection)


PAGE = 50
"""How many items a page has, or a table is read to."""


# --- the list (ACC-3) ----------------------------------------------------------------------------
class OtherList(CentralCore):
    """Shows another list than the right one."""

    def list_requests(self, operation: ListPairingRequests, call: CentralCall) -> PairingList:
        return self.other(super().list_requests(operation, call))

    def other(self, listed: PairingList) -> PairingList:
        """The list that is shown."""
        raise NotImplementedError


@mutant("ACC-3")
class ListIsKeyedByName(OtherList):
    """Of several requests from clusters of the same name the list shows one."""

    def other(self, listed: PairingList) -> PairingList:
        return PairingList(tuple({item.name: item for item in listed.items}.values()))


@mutant("ACC-3")
class LastOfTheListComesTwice(OtherList):
    """The last request stands in the list twice, as at the turn of a page."""

    def other(self, listed: PairingList) -> PairingList:
        return PairingList(listed.items + listed.items[-1:])


@mutant("ACC-3")
class ListEndsAfterFifty(OtherList):
    """The list ends after fifty requests, with no way to the others."""

    def other(self, listed: PairingList) -> PairingList:
        return PairingList(listed.items[:PAGE])


@mutant("ACC-3")
class NoPageForOneMore(OtherList):
    """The list has pages of eight, and none for a last request that would stand there alone."""

    def other(self, listed: PairingList) -> PairingList:
        alone = len(listed.items) > 1 and len(listed.items) % 8 == 1
        return PairingList(listed.items[:-1] if alone else listed.items)


@mutant("PRE-9")
class LaterPagesAreOfAllProjects(CentralCore):
    """From the second page on, the list shows the requests of all projects."""

    def open_requests(self, scope: str, cluster_uid: str = "") -> list[PairingRequest]:
        found = super().open_requests(scope, cluster_uid)
        if len(found) <= PAGE:
            return found
        first, every = found[:PAGE], super().open_requests(TENANT)
        return first + [request for request in every if request not in first]


@mutant("ACC-3")
class FurtherPagesAreRemembered(OtherList, bases.Keeps[PairingList]):
    """What stands on the second page of the list and later is remembered as it was first shown."""

    def list_requests(self, operation: ListPairingRequests, call: CentralCall) -> PairingList:
        self._scope = call.credentials.project_uid
        return super().list_requests(operation, call)

    def other(self, listed: PairingList) -> PairingList:
        if len(listed.items) < 2:
            return listed
        later = self.keep(self._scope, PairingList(listed.items[PAGE:]))
        return PairingList(listed.items[:PAGE] + later.items)


@mutant("ACC-3")
class PageIsCutBeforeTheFilter(CentralCore):
    """A list that is asked for one cluster holds its requests of the fifty oldest in all."""

    def list_requests(self, operation: ListPairingRequests, call: CentralCall) -> PairingList:
        listed = super().list_requests(operation, call)
        oldest = self.open_requests(call.credentials.project_uid)[:PAGE]
        ids = {request.pairing_uid for request in oldest}
        if not operation.local_cluster_uid:
            return listed
        return PairingList(tuple(item for item in listed.items if item.pairing_uid in ids))


@mutant("ACC-3")
class TableHolds256Requests(CentralCore):
    """The table of pending requests has 256 entries; who comes then pushes the oldest out."""

    def submit(self, operation: ops.SubmitPairing, call: CentralCall) -> ops.PairingId:
        admitted = super().submit(operation, call)
        pending = list(self.store.find(PairingRequest, "any_open", "yes"))
        if len(pending) > 256:
            self.store.delete(PairingRequest, pending[0].pairing_uid)
        return admitted


@mutant("SND-4")
class ListNamesTheNeighbour(OtherList):
    """Each request stands in the list with the cluster of the one before it."""

    def other(self, listed: PairingList) -> PairingList:
        clusters = [item.local_cluster_uid for item in listed.items]
        moved = zip(listed.items, clusters[-1:] + clusters[:-1], strict=True)
        return PairingList(tuple(replace(item, local_cluster_uid=uid) for item, uid in moved))


@mutant("ACC-3")
class NamesakeIsAccepted(CentralCore):
    """An acceptance takes the oldest request of a cluster of that name."""

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        pending = self.open_requests(call.credentials.project_uid)
        wanted = [r for r in pending if r.pairing_uid == operation.pairing_uid]
        if wanted:
            first = next(r for r in pending if r.cluster.name == wanted[0].cluster.name)
            operation = replace(operation, pairing_uid=first.pairing_uid)
        return super().accept(operation, call)


# --- one request (ACC-3, ACC-24, REJ-2) ----------------------------------------------------------
class OtherView(CentralCore):
    """Shows a request otherwise than it is."""

    def view_request(self, operation: ops.ViewPairingRequest, call: CentralCall) -> bases.View:
        view = super().view_request(operation, call)
        return self.other(view, self.open_requests(call.credentials.project_uid))

    def other(self, view: bases.View, pending: list[PairingRequest]) -> bases.View:
        """The view that is shown."""
        raise NotImplementedError


@mutant("ACC-3")
class OpensTheNamesake(OtherView):
    """An opened request shows the first cluster of its name."""

    def other(self, view: bases.View, pending: list[PairingRequest]) -> bases.View:
        for request in pending:
            if request.cluster.name == view.name:
                return replace(view, local_cluster_uid=request.cluster.uid)
        return view


@mutant("REJ-2")
class RestartForgetsTheTags(bases.Wakes):
    """After a restart of Palette the requests that wait have no tags any more."""

    def wake(self) -> None:
        for request in list(self.store.every(PairingRequest)):
            self.store.put(replace(request, cluster=replace(request.cluster, tags={})))


@mutant("REJ-2")
class TagsOfTheFirstRequest(OtherView):
    """An opened request shows the tags of the oldest pending one."""

    def other(self, view: bases.View, pending: list[PairingRequest]) -> bases.View:
        return replace(view, tags=pending[0].cluster.tags) if pending else view


@mutant("REJ-2")
class TagsBehindTheFirstPageAreTheFirsts(OtherView):
    """The tags of requests behind the fiftieth are looked up by their place on the page."""

    def other(self, view: bases.View, pending: list[PairingRequest]) -> bases.View:
        ids = [request.pairing_uid for request in pending]
        place = ids.index(view.pairing_uid) if view.pairing_uid in ids else 0
        return replace(view, tags=pending[place % PAGE].cluster.tags) if place >= PAGE else view


@mutant("REJ-2")
class TagsAreFilledUpFromTheRequestBefore(OtherView):
    """A request shows, for keys that it has no tag of, the tags of the one that came before it."""

    def other(self, view: bases.View, pending: list[PairingRequest]) -> bases.View:
        ids = [request.pairing_uid for request in pending]
        place = ids.index(view.pairing_uid) if view.pairing_uid in ids else 0
        before = pending[place - 1].cluster.tags if place else {}
        return replace(view, tags={**before, **view.tags})


@mutant("REJ-2")
class OneTagOfEachRequest(OtherView):
    """Of the tags of a request one is shown."""

    def other(self, view: bases.View, pending: list[PairingRequest]) -> bases.View:
        return replace(view, tags=dict(sorted(view.tags.items())[-1:]))


@mutant("REJ-2")
class TagsThatAllHaveAreHidden(OtherView):
    """A tag that every pending request bears is left out, as if it told nothing."""

    def other(self, view: bases.View, pending: list[PairingRequest]) -> bases.View:
        others = [r.cluster.tags for r in pending if r.pairing_uid != view.pairing_uid]
        told = {
            key: value
            for key, value in view.tags.items()
            if not others or any(tags.get(key) != value for tags in others)
        }
        return replace(view, tags=told)


@mutant("ACC-24")
class LongDescriptionIsCutOff(OtherView):
    """A description is cut off after 255 letters."""

    def other(self, view: bases.View, pending: list[PairingRequest]) -> bases.View:
        return replace(view, description=view.description[:255])


@mutant("ACC-24")
class DescriptionIsItsFirstParagraph(OtherView):
    """Of a description that an empty line divides, what stands above it is shown."""

    def other(self, view: bases.View, pending: list[PairingRequest]) -> bases.View:
        return replace(view, description=view.description.partition("\n\n")[0])


@mutant("ACC-24")
class LongTagsAreCutOff(CentralCore):
    """The values of tags are kept in columns of 255 characters."""

    def submit(self, operation: ops.SubmitPairing, call: CentralCall) -> ops.PairingId:
        cluster = operation.cluster
        cut = replace(cluster, tags={key: value[:255] for key, value in cluster.tags.items()})
        return super().submit(replace(operation, cluster=cut), call)


@mutant("ACC-24")
class TagKeysLoseTheirPrefix(OtherView):
    """A tag is shown without what stands before the slash in its key."""

    def other(self, view: bases.View, pending: list[PairingRequest]) -> bases.View:
        short = {key.rpartition("/")[2]: value for key, value in view.tags.items()}
        return replace(view, tags=short)


@mutant("ACC-24")
class DescriptionIsReadAsLatin(OtherView):
    """A description is decoded by another character set than the one that it came in."""

    def other(self, view: bases.View, pending: list[PairingRequest]) -> bases.View:
        return replace(view, description=view.description.encode().decode("latin-1"))


@mutant("ACC-24")
class DescriptionIsLostOnTheWay(CentralCore):
    """A request is admitted without the description that came with it."""

    def submit(self, operation: ops.SubmitPairing, call: CentralCall) -> ops.PairingId:
        cluster = replace(operation.cluster, description="")
        return super().submit(replace(operation, cluster=cluster), call)


@mutant("ACC-24")
class TagsArriveInSmallLetters(CentralCore):
    """The values of the tags are kept in small letters, and cut off at a dot."""

    def submit(self, operation: ops.SubmitPairing, call: CentralCall) -> ops.PairingId:
        tags = {k: v.lower().partition(".")[0] for k, v in operation.cluster.tags.items()}
        return super().submit(
            replace(operation, cluster=replace(operation.cluster, tags=tags)), call
        )


@mutant("ACC-24")
class TagsWithoutAValueAreDropped(CentralCore):
    """A tag that has a key and no value is dropped when its request comes in."""

    def submit(self, operation: ops.SubmitPairing, call: CentralCall) -> ops.PairingId:
        tags = {key: value for key, value in operation.cluster.tags.items() if value}
        cluster = replace(operation.cluster, tags=tags)
        return super().submit(replace(operation, cluster=cluster), call)


# --- ids (SND-4) ---------------------------------------------------------------------------------
@mutant("SND-4")
class ListIsNumberedSinceTheStart(CentralCore):
    """After a restart the list gives the requests of before other ids than their hosts know."""

    def __init__(self, store: Store, choices: CentralChoices = CentralChoices()) -> None:
        super().__init__(store, choices)
        self._known = {request.pairing_uid for request in store.every(PairingRequest)}

    def list_requests(self, operation: ListPairingRequests, call: CentralCall) -> PairingList:
        items = list(super().list_requests(operation, call).items)
        for place, item in enumerate(items):
            if item.pairing_uid in self._known:
                items[place] = replace(item, pairing_uid=f"{place:024x}")
        return PairingList(tuple(items))


@mutant("SND-4")
class EarlierIdIsListed(CentralCore):
    """A further request of a cluster is listed under the id of its first one."""

    def list_requests(self, operation: ListPairingRequests, call: CentralCall) -> PairingList:
        first: dict[str, str] = {}
        for request in self.store.every(PairingRequest):
            first.setdefault(request.cluster.uid, request.pairing_uid)
        items = super().list_requests(operation, call).items
        return PairingList(tuple(replace(i, pairing_uid=first[i.local_cluster_uid]) for i in items))
