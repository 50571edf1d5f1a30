"""What a scenario can take for granted: a cluster, people, a token, profiles, requests.

Everything is made when it is first asked for, with names from the seed and the scenario, so
that a step says only what matters to its scenario.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace

from harness.catalogue.needs import UNKNOWN, need_of
from harness.catalogue.people import People
from harness.catalogue.requirement import Feature
from harness.checkers.answers import last_seen, last_value
from harness.context.entered import EnteredToken, may_be_for_the_token
from harness.context.installing import ClusterShape as ClusterShape
from harness.context.installing import Installer, SlotPool, is_consumed
from harness.context.recorder import (
    Actor,
    Inconclusive,
    NotReached,
    NotSupported,
    RecordedReply,
    Recorder,
    is_closed,
    is_logged_out,
)
from harness.context.stacks import DOCUMENTED_STACK, published, same_packs
from harness.domain import arrangements
from harness.domain import operations as ops
from harness.domain.cluster import Cluster
from harness.domain.draws import derived_bits, derived_id
from harness.domain.errors import Refused
from harness.domain.flows import Acceptance, operator_sends, pairing_uid_of
from harness.domain.permission import TENANT, Grant, every_grant
from harness.domain.profile import ClusterProfile, StackProfile
from harness.domain.token import RegistrationToken
from harness.history.operation import Json, OperationRecord, Outcome
from harness.targets.port import CannotArrange, Outgoing
from harness.wire.writings import Writing

DAY = 86_400_000_000
"""A day in microseconds."""

MAIN, OTHER = "the cluster", "another cluster"
"""What the one cluster of a scenario is called where no other name is given."""


@dataclass(slots=True)
class LeasedCluster:
    """A cluster that a scenario has leased, and what it has come to."""

    slot: arrangements.Slot
    cluster: Cluster
    operator: Actor
    pairing_uid: str = ""
    """The id of the request that was sent last, as Local UI answered it."""
    earlier_uids: list[str] = field(default_factory=list)
    central_uid: str = ""
    """The uid under which Palette registered the cluster on acceptance."""
    runs_as_asked: bool = True
    """Whether its packs are those that were asked for; a cluster that is given may have others."""
    beside: tuple[Actor, ...] = ()
    """Who else has sent from it, maybe at another host."""
    secret: str = ""
    """By what its request is known as its own, where the harness plays its host by messages."""

    @property
    def uids(self) -> tuple[str, ...]:
        """The ids of all its requests, in the order in which they were sent."""
        return (*self.earlier_uids, *filter(None, [self.pairing_uid]))

    @property
    def host_uids(self) -> tuple[str, ...]:
        """The hosts of the cluster, in the order of its nodes."""
        return self.cluster.host_uids()

    def host(self, position: int) -> str:
        """The uid of a host by its position from 1; -1 is the last."""
        return self.host_uids[position - 1 if position > 0 else position]


class Context:
    """Everything around one scenario. Steps call it; it judges nothing.

    Attributes:
        recorder: where operations are carried out and recorded.
        notes: what steps of one scenario tell each other, by name (operations, mostly).
        seen: the ids of all operations that were noted, in order: what an observation tells of.
        refused: those of the operations that had to be refused for the scenario to go on.
        not_asked: under which names nothing is kept, as the target does not offer it.
        usable: the endpoint of the target, over links that can be cut where they are to be.
        insecure: whether operators ask Local UI not to mind the certificate; `None`: they do not
            say.
        mark: what all that is made is called by, and drawn with, on a target that outlives the
            run; empty where all goes with the run, so that the same seed gives the same ids.
    """

    def __init__(
        self,
        recorder: Recorder,
        pool: SlotPool,
        inventory: arrangements.Inventory,
        seed: int,
        mark: str = "",
    ) -> None:
        self.recorder = recorder
        self.inventory = inventory
        self.seed = seed
        self.mark = mark
        self.notes: dict[str, RecordedReply | OperationRecord] = {}
        self.clusters: dict[str, LeasedCluster] = {}
        self.profiles: dict[str, ClusterProfile] = {}
        self.selection: tuple[ops.SelectedProfile, ...] | None = None
        need = need_of(recorder.scenario)
        self.usable = inventory.endpoint_for(None if need is UNKNOWN else need.kinds)
        self.endpoint = self.usable
        self._kinds = need.kinds
        self.insecure: bool | None = False
        self.seen: list[str] = []
        self.refused: list[str] = []
        self.not_asked: set[str] = set()
        self.changing: ops.LocalClusterOperation | None = None
        """The last local cluster operation that was carried out."""
        self.answering: list[str] = []
        """The hosts whose connection check was seen to say yes."""
        self.changes = 0
        """How many of them were."""
        self.withdrawals: list[ops.WithdrawPairing] = []
        """What takes back the requests that hosts of the harness's own have sent."""
        self.decision_fault: arrangements.MessageFault | None = None
        """What happens to the next decision on a request."""
        self.late: list[Callable[[], None]] = []
        """The decisions that are still to arrive."""
        self.may_lapse = False
        """Whether so much time has passed that a request may have ended which nobody decided."""
        self.unmet = ""
        """Which message was to be spoiled and never came, if there is one."""
        self.neighbours_admin = "administrator"
        """Who decides on the request of the neighbour."""
        self.page_actor: Actor | None = None
        """Whose browser was used last."""
        self.of_other_versions: set[str] = set()
        """Profiles whose versions are called otherwise than was asked: the target gave them."""
        self._clocks: dict[arrangements.Side, int] = {}
        self._palette_ahead = 0
        self._pool = pool
        self._installer = Installer(recorder, pool, consumes=need.clusters > 0)
        self._people = People(seed)
        self._cast_index = derived_bits(seed, recorder.scenario, 0) % 1_000
        self._made = 0
        self._projects: dict[str, str] = {}
        self._admins: dict[str, Actor] = {}
        self._logins: dict[str, ops.LogInToPalette] = {}
        recorder.renew = self._renew
        self._reviewers: set[str] = set()
        """Whose label is that of somebody made by `admin`."""
        self._entered: EnteredToken | None = None

    # --- identities -------------------------------------------------------------------

    def new_id(self, kind: str) -> str:
        """An identifier that no other scenario has: a function of seed and scenario."""
        self._made += 1
        drawn_from = ":".join(filter(None, [str(self.seed), self.mark, self.recorder.scenario]))
        return derived_id(drawn_from, kind, self._made)

    def marked(self, name: str, between: str = "-") -> str:
        """A name that tells whose it is, where others may ask."""
        return f"{self.mark}{between}{name}" if self.mark else name

    def own_name(self, name: str) -> str:
        """A name for a cluster at Palette that no other scenario gives, where it may be taken."""
        drawn_from = f"{self.seed}:{self.mark}:{self.recorder.scenario}"
        return f"{self.marked(name)}-{derived_id(drawn_from, 'name', 0)[:6]}"

    def new_secret(self, kind: str) -> str:
        """A secret that no other scenario has, kept out of the evidence."""
        return self.recorder.secret(f"{self.new_id(kind)}{self.new_id(kind)}", kind)

    # --- people and scopes ------------------------------------------------------------

    def project(self, label: str = "the project") -> str:
        """The uid of a project of this scenario alone."""
        if label not in self._projects:
            uid = self.new_id("project")
            index = self._cast_index + len(self._projects)
            name = self.marked(self._people.project(index))
            name = f"{name} {uid[:6]}" if self.mark else name  # a target may want another for each
            self._projects[label] = self.recorder.arrange(arrangements.CreateProject(uid, name)).uid
        return self._projects[label]

    def scope(self, label: str) -> str:
        """A scope by its name in a feature: `tenant`, or a project's label."""
        return TENANT if label == "tenant" else self.project(label)

    def admin(self, label: str = "administrator") -> Actor:
        """An administrator of the project with every pairing permission there."""
        if label not in self._admins:
            self._put_user(label, every_grant(self.project()), self.project())
            self._reviewers.add(label)
        return self._admins[label]

    def new_admin(
        self,
        label: str,
        grants: frozenset[Grant],
        *,
        project_uid: str | None = None,
        tenant_admin: bool = False,
        all_of_them: bool = True,
    ) -> Actor:
        """Somebody at Palette with just these grants, who works in one project's scope; not
        necessarily with `all_of_them`, where the target takes two of ours for one.

        `project_uid` is the scope that the calls name (the scenario's project without one;
        an empty text is the tenant's). The actor can be had again by the label. What they may do
        is read back, as a scenario rests on it.

        Raises:
            NotSupported: nobody there can have all of them without more.
        """
        names = self.recorder.driver.info.permissions
        if names and all_of_them and (why := names.blurred(grants)):
            raise NotSupported(why)
        scope = self.project() if project_uid is None else project_uid
        user = self._put_user(label, grants, scope, tenant_admin=tenant_admin)
        self.recorder.see_effect(user, self.recorder.limits.await_s)
        return self._admins[label]

    def _put_user(
        self, label: str, grants: frozenset[Grant], scope: str, *, tenant_admin: bool = False
    ) -> arrangements.PutUser:
        index = self._cast_index + len(self._admins)
        email = self.email(self._people.person(index).email)
        key, password = self.new_secret("apikey"), self.new_secret("password")
        asked = arrangements.PutUser(email, password, key, grants, tenant_admin)
        user = self.recorder.arrange(asked)
        if any(user.api_key == other.credentials.api_key for other in self._admins.values()):
            raise Inconclusive(f"the target gives one person for two: {label} and another")
        credentials = ops.Credentials(api_key=user.api_key, project_uid=scope)
        self._admins[label] = Actor(label, credentials, user=user.email)
        self._logins[label] = ops.LogInToPalette(user.email, user.password)
        return user

    def let(self, label: str, grants: frozenset[Grant]) -> Actor:
        """Let somebody who was made before have just these grants from now on. Who is put again is
        replaced, and may have another API key and password since.
        """
        actor, login = self._admins[label], self.login_of(label)
        key = actor.credentials.api_key
        user = self.recorder.arrange(arrangements.PutUser(login.email, login.password, key, grants))
        self.recorder.see_effect(user, self.recorder.limits.await_s)
        credentials = replace(actor.credentials, api_key=user.api_key)
        self._admins[label] = replace(actor, credentials=credentials)
        self._logins[label] = ops.LogInToPalette(user.email, user.password)
        return self._admins[label]

    def email(self, person: str) -> str:
        """An e-mail address that no other scenario has, from that of a person."""
        return self.marked(f"{self.new_id('user')[:8]}.{person}", ".")

    def login_of(self, label: str = "administrator") -> ops.LogInToPalette:
        """What somebody who was made by `admin` or `new_admin` logs in to Palette with."""
        self.admin(label)
        login = self._logins[label]
        if not login.password:
            raise Inconclusive(f"nobody knows the password of the {label}")
        return login

    def has_password(self, label: str) -> bool:
        """Whether anybody knows the password of somebody who was made before."""
        return bool(self._logins[label].password)

    def token(self) -> RegistrationToken:
        """A registration token of the project that outlives every clock that is put forward."""
        return self._as_entered().token

    def _as_entered(self) -> EnteredToken:
        if self._entered is None:
            self._entered = self._another_token(self.project())
        return self._entered

    def _another_token(self, project_uid: str) -> EnteredToken:
        made = sum(isinstance(a, arrangements.PutToken) for a in self.recorder.arranged)
        bears = self.recorder.driver.info.sizes.tokens
        if self._pool.uses_tokens_up and made >= bears:
            told = f"each token is good for one request there, and the target bears {bears}"
            raise NotSupported(f"{told}; give it as many as it bears (sizes.tokens)")
        ahead = self._clocks.get(arrangements.Side.CENTRAL, 0)
        return EnteredToken(self.new_token(project_uid), ahead)

    def use_token(self, token: RegistrationToken) -> None:
        """Let operators enter this token from now on, whatever it was used for before."""
        self._entered = EnteredToken(token)

    @contextmanager
    def using_token(self, token: RegistrationToken) -> Iterator[None]:
        """Let operators enter this token, and then again what they entered before."""
        before = self._entered
        self.use_token(token)
        try:
            yield
        finally:
            self._entered = before

    def unused_token(self) -> RegistrationToken:
        """The token that operators enter; another one of its project for a good one once used."""
        entered = self._as_entered()
        if entered.used and self._is_good(entered):
            self._entered = self._another_token(entered.token.project_uid)
        return self.token()

    def _is_good(self, entered: EnteredToken) -> bool:
        """Whether it is to admit a request, by all that was done to it: no other stands in for one
        that is not.
        """
        return not entered.token.why_unusable(self.time_at_palette())

    def with_token(self, ask: Callable[[str], RecordedReply]) -> RecordedReply:
        """What a send comes back with that is asked with the value of the token which operators
        enter.

        Nothing says that a token is good for a second request (PRE-4). So where one that was used
        is refused, it is entered once more, as is another one: if that alone is taken, tokens are
        used up there, and no used one is entered from then on.

        Raises:
            NotSupported: that takes more tokens than the target bears.
        """
        if self._pool.uses_tokens_up:
            self.unused_token()
        entered, is_sure = self._as_entered(), not self.recorder.has_faults
        used, taken = entered.used, entered.asked(ask, is_sure=is_sure)
        if not (used and self._is_good(entered) and may_be_for_the_token(taken.reply)):
            return taken
        another = self._another_token(entered.token.project_uid)
        again = entered.asked(ask, is_sure=is_sure)
        if isinstance(again.reply, Refused):  # or else it was for something passing
            self._entered = another
            taken = another.asked(ask, is_sure=is_sure)
            self._pool.uses_tokens_up |= isinstance(taken.reply, ops.Done)
        return taken

    def new_token(
        self,
        project_uid: str,
        *,
        lasts: int | None = 90 * DAY,
        active: bool = True,
        ends: int | None = None,
    ) -> RegistrationToken:
        """A registration token of a project; it expires `lasts` microseconds from now, if ever, or
        at the moment at which it `ends`.
        """
        now = self.time_at_palette()
        token = RegistrationToken(
            self.new_id("token"),
            self.marked(f"token-{self._made}"),
            self.new_secret("token"),
            project_uid,
            now + lasts if ends is None and lasts is not None else ends,
            active,
        )
        return self.recorder.arrange(arrangements.PutToken(token)).token

    # --- clusters ---------------------------------------------------------------------

    def cluster(self, label: str = MAIN) -> LeasedCluster:
        """A leased cluster by its label; one node, Running and healthy, if it is new."""
        return self.clusters.get(label) or self.new_cluster(label)

    def new_cluster(
        self,
        label: str = MAIN,
        shape: ClusterShape | None = None,
        stack: tuple[StackProfile, ...] | None = None,
        *,
        name: str | None = None,
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> LeasedCluster:
        """Lease a place, install a cluster of this shape there, log an operator in.

        Name, description and tags come from the cast where they are not given. What is not
        given does not matter: where clusters are installed already, any will do.
        """
        asked: dict[str, object] = {"name": name, "description": description, "tags": tags}
        asked |= {"shape": shape, "stack": stack}
        matters = tuple(what for what, value in asked.items() if value is not None)
        shape = shape or ClusterShape()
        index = self._cast_index + len(self.clusters)
        uid = self.new_id("local-cluster")
        model = Cluster(
            uid,
            self.marked(self._people.site(index)) if name is None else name,
            self._people.description(index) if description is None else description,
            self._people.tags(index) if tags is None else tags,
            stack=DOCUMENTED_STACK if stack is None else stack,
        )
        hosts = shape.hosts if "shape" in matters else 1
        slot, cluster = self._installer.install(model, shape, matters, hosts)
        leased = LeasedCluster(slot, cluster, Actor("operator", ops.Credentials()))
        leased.runs_as_asked = same_packs(cluster.stack, model.stack)
        self.clusters[label] = leased
        named_first = (uid for uid in slot.host_uids if uid in leased.host_uids)
        leased.operator = self.log_in(next(named_first, leased.host(1)))
        return leased

    def log_in(self, host_uid: str, label: str = "operator", *, extended: bool = False) -> Actor:
        """Somebody who is logged in to this host's Local UI.

        Raises:
            Inconclusive: the login was not answered with a session.
            NotSupported: the target has no extended logins.
        """
        visitor = Actor(label, ops.Credentials(), host_uid)
        try:
            return self._in_session(visitor, self._ask_to_log_in(visitor, extended))
        except NotReached:
            if not extended:
                raise
        self.log_in(host_uid, label)  # who is let in
        raise NotSupported("Local UI has no extended logins")

    def log_in_again(self) -> None:
        """The operator is back at their host: a login at another one may have ended theirs. Who is
        not let in there any more goes on with what they have.
        """
        leased = self.cluster()
        with suppress(NotReached):
            leased.operator = self.log_in(leased.operator.host_uid)

    def _ask_to_log_in(self, visitor: Actor, extended: bool = False) -> RecordedReply:
        user = self.recorder.driver.local_user
        self.recorder.secret(user.password, "password")
        operation = ops.LogIn(user.username, user.password, extended)
        return self.recorder.perform(visitor, operation)

    def _let_in_anew(self, host_uid: str) -> RecordedReply:
        """What the operator's next login to a host is answered with."""
        return self._ask_to_log_in(Actor("operator", ops.Credentials(), host_uid))

    def _in_session(self, visitor: Actor, taken: RecordedReply) -> Actor:
        session = self.must(taken).value
        if not isinstance(session, ops.Session):
            raise Inconclusive("the login to Local UI was not answered with a session")
        return visitor.in_session(session.token)

    def _renew(self, actor: Actor) -> ops.Credentials | Refused:
        """An operator whose login has ended, as a change of management may end it, logs in anew;
        where nobody is let in any more as the cluster is centrally managed, that refusal.
        """
        for leased in self.clusters.values():
            known = leased.operator
            if (known.host_uid, known.label) == (actor.host_uid, actor.label):
                if known == actor:
                    taken = self._let_in_anew(actor.host_uid)
                    if is_closed(taken.reply):
                        return taken.reply
                    with suppress(NotReached):  # nobody is let in yet: the next look tries again
                        leased.operator = self._in_session(known, taken)
                return leased.operator.credentials
        return actor.credentials

    def look(self, operation: ops.LocalOperation) -> RecordedReply:
        """The operator looks at something in Local UI, after a new login if it was refused: not
        everybody says that it was for that. After a change of management nobody may be let in for a
        while.

        Raises:
            NotReached: it is not shown.
        """
        leased = self.cluster()
        taken = self.recorder.perform(leased.operator, operation)
        if taken.record.outcome is Outcome.FAIL:
            let_in = self.until_taken(lambda: self._let_in_anew(leased.operator.host_uid))
            leased.operator = self._in_session(leased.operator, let_in)
            taken = self.recorder.perform(leased.operator, operation)
        return self.must(taken)

    def unless_kept_out(self, taken: RecordedReply) -> RecordedReply:
        """What the operator was answered; where their login has ended, and nobody is let in any
        more as the cluster is centrally managed, that refusal.
        """
        if not is_logged_out(taken.reply):
            return taken
        let_in = self._let_in_anew(self.cluster().operator.host_uid)
        return let_in if is_closed(let_in.reply) else taken

    def visitor(self, label: str = MAIN) -> Actor:
        """Somebody at the cluster's first host who has not logged in."""
        return replace(self.cluster(label).operator, label="visitor", credentials=ops.Credentials())

    # --- profiles ---------------------------------------------------------------------

    def publish(self, profile: ClusterProfile) -> ClusterProfile:
        """Put a cluster profile into Palette, to be found by its name."""
        put = self.recorder.arrange(arrangements.PutProfile(profile))
        came = put.profile
        if len(came.editions) > 1:
            self.recorder.see_effect(put, self.recorder.limits.await_s)
        of_uid = {known.uid: name for name, known in self.profiles.items()}
        name = of_uid.get(profile.uid, profile.name)  # the target may call it by another
        if of_uid.get(came.uid, name) != name:
            raise Inconclusive(f"the target gives one profile for two: {came.name}")
        if profile.uid in of_uid and came.uid != profile.uid:
            told = f"PutProfile was to replace profile {profile.uid}, and made {came.uid}"
            raise Inconclusive(f"{told}; let it keep the uid: see docs/arranging.md")
        self.profiles[name] = came
        if [e.version for e in came.editions] != [e.version for e in profile.editions]:
            self.of_other_versions.add(came.uid)
        return came

    def matching_selection(self, label: str = MAIN) -> tuple[ops.SelectedProfile, ...]:
        """The selection of a scenario; profiles that match the cluster if none was made."""
        if self.selection is None:
            self.selection = self.fitting_profiles(self.project(), label)
        return self.selection

    def fitting_profiles(
        self, project_uid: str, label: str = MAIN
    ) -> tuple[ops.SelectedProfile, ...]:
        """Profiles of a project, made for this alone, that match the cluster."""
        stack = self.cluster(label).cluster.stack
        made = [published(p, self.new_id("profile"), project_uid) for p in stack]
        return tuple(ops.SelectedProfile(self.publish(p).uid) for p in made)

    # --- requests ---------------------------------------------------------------------

    def send(self, label: str = MAIN, actor: Actor | None = None) -> RecordedReply:
        """Send a pairing request from a cluster: just the send, as an operator clicks Pair."""
        leased = self.cluster(label)
        return self.sent(leased, self.send_by(actor or leased.operator))

    def send_by(self, actor: Actor, writing: tuple[str, Writing] | None = None) -> RecordedReply:
        """What somebody's send comes back with, maybe with its body in a writing of its own."""

        def ask(token: str) -> RecordedReply:
            operation = ops.SendPairingRequest(self.endpoint, token, self.insecure)
            return self.recorder.perform(actor, operation, writing=writing)

        return self.with_token(ask)

    def until_taken(self, send: Callable[[], RecordedReply], tries: int = 0) -> RecordedReply:
        """Send, or accept, again and again until it is not refused, or the time is up; with a
        number of tries, so often at most.

        Once what stood in its way is over, a target may take a while to allow it.
        """
        driver, limits = self.recorder.driver, self.recorder.limits
        deadline, pause_s = driver.now() + round(limits.await_s * 1_000_000), limits.poll_s
        pauses = tries - 1
        while True:
            taken = send()
            is_over = driver.now() >= deadline or tries == 1
            if taken.record.outcome is not Outcome.FAIL or is_over:
                return taken
            driver.sleep(round((limits.await_s / pauses if tries else pause_s) * 1_000_000))
            pause_s = min(2 * pause_s, limits.await_s / 10)

    def send_by_procedure(self, label: str = MAIN) -> RecordedReply:
        """Send a pairing request step by step, as the procedure has it."""
        leased = self.cluster(label)
        self.unused_token()  # the connection check may look at it

        def ask(token: str) -> RecordedReply:
            flow = operator_sends(self.endpoint, token, insecure=self.insecure)
            return self.recorder.run(leased.operator, flow)

        return self.sent(leased, self.with_token(ask))

    def sent(self, leased: LeasedCluster, taken: RecordedReply) -> RecordedReply:
        """Remember the id that a send was answered with."""
        uid = pairing_uid_of(taken.reply)
        if uid:
            if leased.pairing_uid:
                leased.earlier_uids.append(leased.pairing_uid)
            leased.pairing_uid = uid
        return taken

    def pending(self, label: str = MAIN) -> LeasedCluster:
        """A cluster whose request was sent and is shown as pending. Where somebody at Palette has a
        part in the scenario, its list has time to catch up: what is listed later is no state of
        before, and neither is what Local UI shows.

        Raises:
            Inconclusive: it could not be brought about.
        """
        self.must(self.until_taken(lambda: self.send(label)))
        self.must_be_pending(label)
        self.let_catch_up(label, "listed")
        return self.cluster(label)

    def must_be_pending(self, label: str = MAIN) -> None:
        """A precondition: Local UI shows the cluster's last request as pending.

        Raises:
            Inconclusive: it does not.
        """
        leased = self.cluster(label)
        uid = leased.pairing_uid
        self.must_see(leased.operator, ops.ViewPairing(), "pending_with_id", pairing_uid=uid)

    def let_catch_up(self, label: str, predicate: str) -> None:
        """Wait for the list to show the last request, or not to, where anybody looks there."""
        if arrangements.PutUser.__name__ in self._kinds and self.offers(ops.ListPairingRequests):
            look, uid = ops.ListPairingRequests(), self.cluster(label).pairing_uid
            self.recorder.await_state(self.admin(), look, predicate, pairing_uid=uid)

    def accept(self, label: str = MAIN, acceptance: Acceptance | None = None) -> RecordedReply:
        """Accept a cluster's request: just Pair cluster."""
        leased = self.cluster(label)
        operation = (acceptance or self.acceptance(label)).on(leased.pairing_uid)
        return self.accepted(leased, self.recorder.perform(self.admin(), operation))

    def acceptance(
        self,
        label: str = MAIN,
        name: str | None = None,
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> Acceptance:
        """What the wizard is left with: its fields come filled with the cluster's own values, and
        say all of them, as what a call that leaves one out would mean is the target's affair. A
        name that is changed is made one of this scenario (`own_name`).
        """
        own = self.cluster(label).cluster
        return Acceptance(
            self.matching_selection(label),
            own.name if name is None else self.own_name(name),
            own.description if description is None else description,
            own.tags if tags is None else tags,
        )

    def accepted(self, leased: LeasedCluster, taken: RecordedReply) -> RecordedReply:
        """Remember the uid that an acceptance was answered with, or that its request bears later.

        Raises:
            Inconclusive: it never does.
        """
        if isinstance(taken.value, ops.Accepted):
            leased.central_uid = taken.value.cluster_uid or self._uid_in_time(leased)
        return taken

    def learn_central_uid(self, label: str = MAIN) -> None:
        """The uid of a cluster whose request was accepted on a page, as the request names it; its
        host has confirmed then.

        Raises:
            Inconclusive: it never does.
        """
        leased = self.cluster(label)
        leased.central_uid = self._uid_in_time(leased)
        look = ops.ViewCentralCluster(leased.central_uid)
        self.must_see(self.admin(), look, "handed_over")

    def _uid_in_time(self, leased: LeasedCluster) -> str:
        look = ops.ViewPairingRequest(leased.pairing_uid)
        seen = self.recorder.await_state(self.admin(), look, "names_its_cluster")
        if uid := last_value(seen).get("cluster_uid"):
            return str(uid)
        raise Inconclusive(
            "the acceptance was answered without the uid of its cluster, and the request did not"
            f" name it within {self.recorder.limits.await_s:g} s; seen last: {last_seen(seen)}"
        )

    def paired(self, label: str = MAIN) -> LeasedCluster:
        """A cluster that is paired: its host has confirmed, as Palette shows.

        Raises:
            Inconclusive: it could not be brought about.
        """
        leased = self.pending(label)
        self.must(self.accept(label))
        self.must_be_paired(label)
        self.let_catch_up(label, "not_listed")
        return leased

    def must_be_paired(self, label: str = MAIN) -> None:
        """A precondition: the host of a cluster that was accepted confirms, as Palette shows.

        Raises:
            Inconclusive: it does not.
        """
        leased = self.cluster(label)
        self.must_see(leased.operator, ops.ViewPairing(), "paired_or_not_shown")
        look = ops.ViewCentralCluster(leased.central_uid)
        self.must_see(self.admin(), look, "handed_over")

    # --- preconditions ----------------------------------------------------------------

    def must(self, taken: RecordedReply) -> RecordedReply:
        """A precondition that has to succeed before anything can be judged.

        Raises:
            NotReached: it did not.
        """
        if taken.record.outcome is not Outcome.OK:
            error = taken.record.error or {}
            why = error.get("message") or error.get("why")
            raise NotReached(taken.record, f"{taken.record.kind}: {why}")
        return taken

    def must_if_offered(self, taken: RecordedReply) -> RecordedReply:
        """A precondition that has to succeed, unless the target has another lawful idea of it.

        Raises:
            NotSupported: it was refused, in a case on which the procedure is silent.
            NotReached: it was not answered.
        """
        if taken.record.outcome is Outcome.FAIL:
            message = (taken.record.error or {}).get("message")
            raise NotSupported(f"the target refuses {taken.record.kind} of this kind: {message}")
        return self.must(taken)

    def must_be_refused(self, taken: RecordedReply) -> RecordedReply:
        """A precondition that has to be refused before anything can be judged.

        Raises:
            NotReached: it was not.
        """
        if taken.record.outcome is not Outcome.FAIL:
            raise NotReached(taken.record, f"{taken.record.kind} was not refused")
        self.refused.append(taken.id)
        return taken

    def must_hold(self, waited: OperationRecord) -> OperationRecord:
        """A precondition that was waited for.

        Raises:
            NotReached: it was not seen in time.
        """
        if not (waited.value or {}).get("held"):
            told = f"{waited.args['polls']} never showed {waited.args['predicate']}"
            raise NotReached(waited, f"{told}; seen last: {last_seen(waited)}")
        return waited

    def must_see(self, actor: Actor, look: ops.Operation, predicate: str, **args: Json) -> None:
        """A precondition that is waited for: that what somebody looks at comes to be so.

        Raises:
            Inconclusive: it was not seen in time.
        """
        self.must_hold(self.recorder.await_state(actor, look, predicate, within_s=None, **args))

    def offers(self, kind: type[ops.Operation]) -> bool:
        """Whether the target has operations of this kind."""
        return self.recorder.driver.info.offers(kind)

    def first_offered(self, kinds: Mapping[str, type[ops.Operation]]) -> str:
        """The name of the first of these operations that the target has.

        Raises:
            NotOffered: it has none of them; says so of the first.
        """
        found = next((name for name, kind in kinds.items() if self.offers(kind)), next(iter(kinds)))
        self.recorder.driver.info.must_offer(kinds[found])
        return found

    def needs(self, feature: Feature) -> None:
        """Go on only if the target claims the feature.

        Raises:
            NotSupported: it does not.
        """
        if feature not in self.recorder.driver.info.features:
            raise NotSupported(f"{feature.value}")

    def words_for(self, trouble: str) -> list[Json]:
        """By which words the target's errors tell a trouble, as far as its file says."""
        return list(self.recorder.driver.info.words.get(trouble, ()))

    def note(self, name: str, taken: RecordedReply | OperationRecord) -> None:
        """Keep an operation under a name for later steps; `it` is always the last one."""
        self.notes[name] = self.notes["it"] = taken
        self.seen.append(taken.id)

    def noted(self, name: str = "it") -> str:
        """The id of the operation that was kept under this name.

        Raises:
            Inconclusive: no step has kept one; the scenario's steps are out of order.
        """
        if name not in self.notes:
            raise Inconclusive(f"no earlier step has done {name!r}: the steps are out of order")
        return self.notes[name].id

    def performed(self, name: str = "it") -> RecordedReply:
        """The operation that was kept under this name, or last.

        Raises:
            Inconclusive: what was kept is none.
        """
        self.noted(name)
        kept = self.notes[name]
        if not isinstance(kept, RecordedReply):
            raise Inconclusive("the last step has only looked: the steps are out of order")
        return kept

    def perform(self, actor: Actor, operation: ops.Operation, name: str = "it") -> RecordedReply:
        """Carry out an operation and keep it under a name.

        Raises:
            NotOffered: the target does not have it.
        """
        taken = self.recorder.perform(actor, operation)
        self.note(name, taken)
        return taken

    @property
    def waits(self) -> int:
        """For how long a request surely waits, in microseconds, less what a scenario takes; that
        may leave nothing, or less.
        """
        limits = self.recorder.limits
        return round((limits.waits_s - limits.settle_s) * 1_000_000)

    def let_wait(self, *sides: arrangements.Side, at_most: int | None = None) -> None:
        """Put these clocks forward by as long as a request surely waits, or `at_most` by so much.

        Raises:
            NotSupported: a clock cannot be set, or a request need not wait at all.
        """
        by = self.waits if at_most is None else min(self.waits, at_most)
        if by <= 0:
            raise NotSupported(
                "a request need not wait longer than limits.settle_s here, so no clock goes forward"
                " while it surely waits; see limits.waits_s"
            )
        for side in sides:
            self.put_clock_forward(side, by)

    def put_clock_forward(self, side: arrangements.Side, by: int) -> None:
        """Put a side's clock forward by `by` microseconds, until the scenario ends.

        Raises:
            NotSupported: it is the target's, which does not claim that it can be set.
        """
        if self.recorder.driver.info.plays(side):
            self.needs(Feature.CLOCK)
        before = self.recorder.driver.epoch()
        self.recorder.arrange(arrangements.AdvanceClock(side, by))
        went = self.recorder.driver.epoch() - before
        self._clocks[side] = self._clocks.get(side, 0) + by
        if side is arrangements.Side.CENTRAL:
            # Where `epoch` is the product's own clock, it has gone along already.
            self._palette_ahead += by if abs(went) < abs(went - by) else 0
            self._see_what_is_good()

    def time_at_palette(self) -> int:
        """Palette's time, in microseconds since the epoch, whether or not the driver's `epoch` goes
        along with a clock that is put forward.
        """
        return self.recorder.driver.epoch() + self._palette_ahead

    def _see_what_is_good(self) -> None:
        """What was given out by another clock may have run out by this one, or not be good yet:
        administrators who are not let in any more make room for others, and so does a token that
        was made by a clock which was ahead.
        """
        for label in [each for each in sorted(self._reviewers) if each in self._admins]:
            looked = self.recorder.perform(self._admins[label], ops.ListPairingRequests())
            if looked.record.outcome is Outcome.FAIL:
                del self._admins[label]
        if self._entered and self._entered.made_at > self._clocks[arrangements.Side.CENTRAL]:
            self._entered = None

    def afresh(self) -> Context:
        """Another context of the same scenario, after this one has given everything back."""
        self.withdraw()
        self.clean_up()
        context = Context(self.recorder, self._pool, self.inventory, self.seed, self.mark)
        context._made = self._made
        return context

    def withdraw(self) -> None:
        """Nothing waits for ever, on a target that outlives the run, of what hosts of the harness's
        own have sent. What was decided is refused.
        """
        for withdrawal in self.withdrawals if self.mark else ():
            self.recorder.driver.send(Outgoing(withdrawal, ops.Credentials()))

    def clean_up(self) -> None:
        """Give everything back: clusters to their places, clocks to their time, projects to
        oblivion.
        """
        unsound = self._installer.put_right()
        while self._installer.leased:  # a cluster that could not be installed has its place as well
            slot = self._installer.leased.pop()
            self._pool.give_back(slot, consumed=unsound or self._is_consumed(slot))
        clocks = [arrangements.AdvanceClock(side, -by) for side, by in self._clocks.items() if by]
        projects = [arrangements.ForgetProject(uid) for uid in self._projects.values()]
        for arrangement in (*clocks, *projects):
            try:
                self.recorder.driver.arrange(arrangement)
            except CannotArrange:
                continue  # the target keeps what it has; the next scenario has its own project

    def _is_consumed(self, slot: arrangements.Slot) -> bool:
        """Whether the cluster at a place cannot be used again as it is."""
        if not slot.given:
            return False
        of_slot = [leased for leased in self.clusters.values() if leased.slot == slot]
        return is_consumed(
            self.recorder.history(),
            self.recorder.arranged,
            slot=slot.uid,
            host_uids=slot.host_uids,
            pairing_uids=[uid for leased in of_slot for uid in leased.uids],
            all_pairing_uids=[uid for leased in self.clusters.values() for uid in leased.uids],
        )
