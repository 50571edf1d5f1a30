"""The administrators: people at Palette who take up requests, match, accept, reject, and err."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import cast

import simpy

from harness.checkers.fleet.sometimes import FATE
from harness.domain import operations as ops
from harness.domain.arrangements import MessageFault
from harness.domain.errors import Reason, Refused
from harness.domain.flows import Acceptance, admin_accepts, admin_rejects
from harness.fleet.clock import Step, as_reply
from harness.fleet.draws import Stream
from harness.fleet.nemesis import MessageFate
from harness.fleet.operators import Operators, is_read_back
from harness.fleet.projects import Admin, admin
from harness.fleet.roster import FleetSlot
from harness.fleet.stacks import SelectionMistake, Shelf
from harness.fleet.timelines import shelf
from harness.fleet.world import World
from harness.history.operation import Json
from harness.reference.core.link import LinkReply

Flow = Generator[ops.CentralOperation, ops.Reply, ops.Reply]
Rival = tuple["AdminClient", ops.CentralOperation]

_REVIEWS_MAX = 6
"""How often one request is taken up again, when something stood in the way."""
_RULES_MAX = 8
_LATE = ops.Unknown("no answer came in time")
_MISTAKES = tuple(SelectionMistake)


@dataclass(slots=True)
class Office:
    """The administrators of one project in one cell, and the requests that they have to review."""

    people: tuple[Admin, ...]
    profiles: Shelf
    """What they select from."""
    waiting: deque[tuple[FleetSlot, str]] = field(default_factory=deque)
    """What is due, in the order in which it became so."""
    idle: list[simpy.Event] = field(default_factory=list)
    staffed: int = 0
    """How many of them have begun to work."""


class Admins:
    """All administrators of one cell."""

    def __init__(self, world: World, operators: Operators | None = None) -> None:
        self._world = world
        self._plan = world.scenario.admins
        self._offices: dict[tuple[int, int], Office] = {}
        self.operators = operators

    def office(self, tenant: int, project: int) -> Office:
        """The office of a project; opened when it is first asked for."""
        found = self._offices.get((tenant, project))
        if found is None:
            scenario, cell = self._world.scenario, int(self._world.recorder.cell)
            people = tuple(
                admin(scenario.seed, cell, tenant, project, number)
                for number in range(self._plan.team)
            )
            profiles = shelf(scenario, tenant, project)
            found = self._offices[tenant, project] = Office(people, profiles)
        return found

    # --- what they are told -----------------------------------------------------------

    def request_sent(self, slot: FleetSlot, pairing_uid: str) -> None:
        """A request was sent: somebody will take it up."""
        self._put(slot, pairing_uid, slot.review.spread(self._plan.notice))

    def request_stale(self, slot: FleetSlot, pairing_uid: str) -> None:
        """A request was cancelled without a connection; perhaps it is accepted all the same."""
        happens = slot.review.chance(self._plan.accepts_stale_ppm)
        notice = slot.review.spread(self._plan.notice)
        if happens and self._happens(slot, "accepts-stale"):
            self._put(slot, pairing_uid, notice)

    def _happens(self, slot: FleetSlot, what: str) -> bool:
        """Whether an act takes place, now that it was drawn.

        Its name is by the cluster's own count: ids would change with what others do.
        """
        name = f"a.{what}.{slot.member.index}.{slot.reviews}"
        return self._world.happenings.allows(name)

    def _put(self, slot: FleetSlot, pairing_uid: str, later: int) -> None:
        notice = self._world.env.timeout(later, (slot, pairing_uid))
        notice.callbacks.append(self._falls_due)

    def _falls_due(self, notice: simpy.Event) -> None:
        """Somebody who is idle takes it up; else one who has not begun to work yet."""
        slot, pairing_uid = cast("tuple[FleetSlot, str]", notice.value)
        office = self.office(slot.member.tenant, slot.member.project)
        office.waiting.append((slot, pairing_uid))
        if office.idle:
            office.idle.pop().succeed()
        elif office.staffed < len(office.people):
            self._world.env.process(self._works(office, office.staffed))
            office.staffed += 1

    # --- what they do -----------------------------------------------------------------

    def _works(self, office: Office, number: int) -> Step[None]:
        """One administrator's days."""
        env, client = self._world.env, AdminClient(self._world, office.people[number])
        while True:
            if not office.waiting:
                idle = env.event()
                office.idle.append(idle)
                yield idle
            elif pause := self._off_duty(self._world.clock.now()):
                yield env.timeout(pause)
            else:
                slot, pairing_uid = office.waiting.popleft()
                yield from self._reviews(client, slot, pairing_uid, office)

    def _off_duty(self, now: int) -> int:
        """How long it is until the shift begins; 0 while it lasts."""
        if not self._plan.shift:
            return 0
        today = now % self._plan.day
        return 0 if today < self._plan.shift else self._plan.day - today

    def _reviews(
        self, client: AdminClient, slot: FleetSlot, pairing_uid: str, office: Office
    ) -> Step[None]:
        """One request, until it is decided or nothing more can be done about it."""
        plan, stream, member = self._plan, slot.review, slot.member
        profiles = office.profiles
        slot.reviews += 1
        rejects, doubles = stream.chance(plan.rejects_ppm), stream.chance(plan.doubles_ppm)
        contradicts = stream.chance(plan.contradicts_ppm)
        fate = self._fate_of_decision(slot)
        renames, mistypes = stream.chance(plan.renames_ppm), stream.chance(plan.mistypes_ppm)
        mistake, way = stream.below(len(_MISTAKES)), stream.below(1 << 16)

        rejects = rejects and self._happens(slot, "rejects")
        right = profiles.selection_for(member.stack, way)
        acceptance = Acceptance(right)
        if renames and self._happens(slot, "renames"):
            acceptance = Acceptance(right, f"store-{member.index}", "renamed", {"renamed": "yes"})
        rival = None
        if doubles and self._happens(slot, "doubles"):
            accepts = rejects is contradicts
            rival = self._rival(office, client, pairing_uid, acceptance, accepts=accepts)
        if mistypes and self._happens(slot, "mistypes"):
            wrong = Acceptance(profiles.wrong_selection(member.stack, _MISTAKES[mistake]))
            yield from self._drives(client, slot, self._flow(slot, pairing_uid, wrong))
        for _ in range(_REVIEWS_MAX):
            flow = self._flow(slot, pairing_uid, acceptance, rejects=rejects)
            reply = yield from self._drives(client, slot, flow, rival, fate)
            rival = fate = None
            if isinstance(reply, ops.Done):
                break
            if isinstance(reply, Refused) and reply.reason in (
                Reason.NOT_FOUND, Reason.REQUEST_DECIDED
            ):  # fmt: skip
                return
            if self._world.is_over:
                return
            yield self._world.env.timeout(stream.spread(plan.notice))
        else:
            return
        if isinstance(reply.value, ops.Accepted):
            slot.cluster_uid = reply.value.cluster_uid
            self._world.env.process(self._rules(client.person, slot, reply.value.cluster_uid))

    def _fate_of_decision(self, slot: FleetSlot) -> MessageFate | None:
        """What happens on its way to the decision on a request, the first time it is sent."""
        plan, stream = self._plan, slot.review
        if stream.chance(plan.delayed_ppm) and self._happens(slot, "delayed"):
            return MessageFate(MessageFault.DELAYED, stream.spread(plan.delay))
        if stream.chance(plan.repeated_late_ppm) and self._happens(slot, "repeated-late"):
            return MessageFate(MessageFault.REPEATED_LATE, stream.spread(plan.delay))
        return None

    def _rival(
        self,
        office: Office,
        client: AdminClient,
        pairing_uid: str,
        acceptance: Acceptance,
        *,
        accepts: bool,
    ) -> Rival:
        """Another administrator, who decides on the same request at the same moment."""
        others = (person for person in office.people if person is not client.person)
        other = AdminClient(self._world, next(others, client.person))
        decision: ops.CentralOperation = ops.RejectPairingRequest(pairing_uid)
        if accepts:
            decision = ops.AcceptPairingRequest(pairing_uid, acceptance.selection)
        return other, decision

    @staticmethod
    def _flow(
        slot: FleetSlot, pairing_uid: str, acceptance: Acceptance, *, rejects: bool = False
    ) -> Flow:
        if rejects:
            return admin_rejects(pairing_uid, slot.member.uid)
        return admin_accepts(pairing_uid, acceptance, slot.member.uid)

    def _drives(
        self,
        client: AdminClient,
        slot: FleetSlot,
        flow: Flow,
        rival: Rival | None = None,
        fate: MessageFate | None = None,
    ) -> Step[ops.Reply]:
        tenant = slot.member.tenant

        def ask(operation: ops.CentralOperation) -> Step[ops.Reply]:
            decides = isinstance(operation, ops.AcceptPairingRequest | ops.RejectPairingRequest)
            if decides:
                self._race(slot, rival)
            return client.ask(operation, slot.net, tenant, fate if decides else None)

        return self._world.drives(flow, ask, partial(slot.review.spread, self._plan.think))

    def _race(self, slot: FleetSlot, rival: Rival | None) -> None:
        """Whoever acts at the very moment of a decision: a colleague, the operator."""
        env = self._world.env
        if rival is not None:
            client, decision = rival
            env.process(client.ask_later(decision, slot, slot.review.spread(self._world.at_once)))
        if slot.is_racing and self.operators is not None:
            slot.is_racing = False
            later = slot.review.spread(self._world.at_once)
            env.process(self.operators.cancels_at_once(slot, later))

    def _rules(self, person: Admin, slot: FleetSlot, cluster_uid: str) -> Step[None]:
        """Central operations on a cluster that was accepted."""
        world, plan, stream, tenant = self._world, self._plan, slot.review, slot.member.tenant
        client, revision, refused = AdminClient(world, person), 0, 0
        poll = world.scenario.agents.poll
        yield world.env.timeout(poll.high + stream.spread(poll))
        while refused < _RULES_MAX and not world.is_over:
            if is_read_back(revision - refused):
                yield from client.ask(ops.ViewCentralCluster(cluster_uid), slot.net, tenant)
            revision += 1
            change = ops.ChangeCentralCluster(cluster_uid, _tags_of(revision))
            reply = yield from client.ask(change, slot.net, tenant)
            if not isinstance(reply, ops.Done):
                refused += 1
                if isinstance(reply, Refused) and reply.reason is Reason.NOT_FOUND:
                    yield from client.ask(ops.ViewCentralCluster(cluster_uid), slot.net, tenant)
                    return
                yield world.env.timeout(stream.spread(poll))
            elif plan.work is None:
                return
            else:
                yield world.env.timeout(stream.spread(plan.work))

    # --- looks at the whole -----------------------------------------------------------

    def sweeps(self, tenant: int, project: int) -> Step[None]:
        """Looks at the list of a project, now and then."""
        world, every = self._world, self._plan.sweep
        if every is None:
            return
        office = self.office(tenant, project)
        client = AdminClient(world, office.people[0])
        stream = Stream(world.scenario.seed, f"sweeps:{world.recorder.cell}:{tenant}:{project}")
        while True:
            yield world.env.timeout(stream.spread(every))
            if world.is_over:
                return
            yield from client.ask(ops.ListPairingRequests(), stream, tenant)

    def final_views(
        self, tenant: int, project: int, requests: list[str], stream: Stream
    ) -> Step[None]:
        """At the end: what is listed, and what became of these requests."""
        client = AdminClient(self._world, self.office(tenant, project).people[0])
        listed = yield from client.ask(ops.ListPairingRequests(), stream, tenant)
        value = listed.value if isinstance(listed, ops.Done) else None
        items = value.items if isinstance(value, ops.PairingList) else ()
        uids = dict.fromkeys([*(item.pairing_uid for item in items), *requests])
        for uid in uids:
            yield from client.ask(ops.ViewPairingRequest(uid), stream, tenant)

    def reads_back(self, slot: FleetSlot, pairing_uid: str) -> Step[None]:
        """At the end: whether Palette still has a cluster that says it is paired, as it was last
        changed; where nobody was told its uid there, what became of its request.
        """
        member = slot.member
        client = AdminClient(self._world, self.office(member.tenant, member.project).people[0])
        look: ops.CentralOperation = ops.ViewPairingRequest(pairing_uid)
        if slot.cluster_uid:
            look = ops.ViewCentralCluster(slot.cluster_uid)
        yield from client.ask(look, slot.net, member.tenant)


@lru_cache(maxsize=256)
def _tags_of(revision: int) -> Mapping[str, str]:
    """Every cluster keeps the tags of its last change: most share these."""
    return {"revision": str(revision)}


class AdminClient:
    """An administrator at work: asks Palette one thing after the other."""

    __slots__ = ("_actor", "_credentials", "_tags", "_world", "person")

    def __init__(self, world: World, person: Admin) -> None:
        self._world = world
        self.person = person
        self._actor = f"admin:{person.email}"
        self._credentials = ops.Credentials(api_key=person.api_key, project_uid=person.scope)
        self._tags: dict[str, Json] = {"project": person.scope, "user": person.email}

    def ask(
        self,
        operation: ops.CentralOperation,
        stream: Stream,
        tenant: int,
        fate: MessageFate | None = None,
    ) -> Step[ops.Reply]:
        """One operation at Palette, and its answer. What happens to it on its way is its tag."""
        world, tags = self._world, self._tags
        recorder, now = world.recorder, world.clock.now()
        if fate is not None:
            fate = world.network.healing(fate, now)
            tags = {**tags, FATE: fate.fault.value}
        record = recorder.invoke(self._actor, operation, now, tags)
        asked = world.asked(operation, self._credentials, stream, tenant, record, fate)
        answered: LinkReply | None = yield asked
        reply: LinkReply = _LATE if answered is None else answered
        recorder.end(record, reply, world.clock.now())
        return as_reply(reply)

    def ask_later(self, operation: ops.CentralOperation, slot: FleetSlot, later: int) -> Step[None]:
        """One operation, after a moment; nobody waits for the answer."""
        yield self._world.env.timeout(later)
        yield from self.ask(operation, slot.net, slot.member.tenant)
