"""The model: what the procedure lets happen, as pure functions over possible worlds.

A rule takes a world and gives its branches: each an answer that is lawful, and the world that
it leads to. One branch means that the procedure prescribes it; several, that it is silent.
The model is written from the procedure alone, and shares nothing with the reference.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from harness.explore.world import Central, Local, Person, Place, Request, Stack, World, Worlds


class Answer(StrEnum):
    """How an operation ends, as far as the model tells answers apart."""

    OK = "ok"
    REFUSED = "refused"
    NEW_ID = "new id"
    """A send that was answered with an id that was never given before."""
    SAME_ID = "same id"
    """A send that was answered with the id of the request that is pending."""
    OLD_ID = "old id"
    """A send that was answered with any other id: never lawful (SND-5)."""
    DONE = "done"
    """An arrangement, which is answered by nobody."""


@dataclass(frozen=True, slots=True)
class Branch:
    """One lawful way: the answer, where it leads, and the requirement behind it."""

    answer: Answer
    world: World
    requirement: str


Rule = Callable[[World], Iterable[Branch]]

NEW_UID = "(new)"
"""The uid of a request that a branch makes; whoever carries the send out puts the real one."""


# --- what happens by itself ---------------------------------------------------------------------


def drifts(place: Place) -> Iterator[Place]:
    """Every place that one step of the agents may lead to."""
    for which, request in enumerate(place.requests):
        own_end = request.central in (Central.STALE, Central.DOOMED)
        if own_end and (request.central is Central.DOOMED or not place.severed):
            yield place.with_central(which, Central.OVER)
    if place.last < 0 or place.local is Local.FREE:
        return
    handed, taken = place.current is Central.HANDED, place.local is Local.TAKEN
    if handed and not place.severed:
        yield place.with_current(Central.HANDED, Local.TAKEN)
        yield place.with_current(Central.PAIRED, Local.TAKEN)
    if handed and (place.late or not place.linked):
        yield place.with_current(Central.OVER, place.local)
    if place.current is Central.PAIRED and not taken and not place.severed:
        yield replace(place, local=Local.TAKEN)
    if place.current is Central.OVER and not place.severed:
        yield replace(place, local=Local.FREE)


def must_go_on(place: Place) -> bool:
    """Whether the agents still have something to do that they have to do (INV-9)."""
    if place.last < 0 or not place.linked:
        return False
    owed = place.local is not Local.FREE and place.current is Central.OVER
    return owed or place.current is Central.HANDED


def drifted(worlds: Worlds) -> Worlds:
    """All worlds that these may have become by themselves, themselves included."""
    found, fresh = set(worlds), list(worlds)
    while fresh:
        world = fresh.pop()
        after = [replace(world, main=p) for p in drifts(world.main)]
        after += [replace(world, other=p) for p in drifts(world.other)]
        fresh += [w for w in after if w not in found]
        found.update(after)
    return frozenset(found)


def settled(worlds: Worlds) -> Worlds:
    """The worlds that these may have become once everything has had its time."""
    everywhere = drifted(worlds)
    return frozenset(w for w in everywhere if not (must_go_on(w.main) or must_go_on(w.other)))


def without_old_doubts(worlds: Worlds) -> Worlds:
    """The same worlds, with one word for all that is in doubt about old requests.

    Without it, each old request would double the worlds. A request is old that is neither "the
    request" nor "the earlier request", nor the one that was accepted last.
    """
    mains = _undoubted([w.main for w in worlds])
    others = _undoubted([w.other for w in worlds])
    return frozenset(replace(w, main=mains[w.main], other=others[w.other]) for w in worlds)


def _undoubted(places: Collection[Place]) -> dict[Place, Place]:
    kept = {which for p in places for which in (p.last, p.earlier, p.accepted)}
    fates: dict[int, set[Central]] = {}
    for place in places:
        for which, request in enumerate(place.requests):
            if which not in kept:
                fates.setdefault(which, set()).add(request.central)
    doubtful = {which for which, found in fates.items() if len(found) > 1 or found & _MOVING}
    return {place: _loosened(place, doubtful) for place in places}


_MOVING = frozenset({Central.STALE, Central.DOOMED})


def _loosened(place: Place, doubtful: Iterable[int]) -> Place:
    for which in doubtful:
        if which < len(place.requests):
            place = place.with_central(which, Central.LOOSE)
    return place


# --- sending and cancelling -----------------------------------------------------------------------


def why_not_sendable(world: World, place: Place) -> str:
    """The requirement that forbids a send; empty if none does."""
    reasons = {
        "PRE-3": not (place.present and place.own) or place.local is Local.TAKEN,
        "PRE-1": not place.running,
        "PRE-2": bool(place.sick),
        "PRE-6": not world.endpoint_good,
    }
    return next((requirement for requirement, forbids in reasons.items() if forbids), "")


def why_not_admitted(world: World, place: Place) -> str:
    """The requirement that keeps a request from being admitted; empty if none does."""
    if not place.linked:
        return "PRE-5"
    return "" if world.token_good else "PRE-4"


def send(world: World) -> Iterator[Branch]:
    """The operator sends a pairing request from the cluster (PRE-1 to PRE-6, SND-3, SND-7)."""
    place = world.main
    never = why_not_sendable(world, place)
    now_not = never or why_not_admitted(world, place)
    pending = place.local is Local.PENDING
    if now_not or pending:
        yield Branch(Answer.REFUSED, world, now_not or "SND-7")
    if pending and not never:
        yield Branch(Answer.SAME_ID, world.with_main(replace(place, earlier=place.last)), "SND-7")
        for ended in _ended(place):
            yield Branch(Answer.REFUSED, world.with_main(ended), "SND-7")
        if place.current is Central.HANDED:
            taken = replace(place, local=Local.TAKEN)
            yield Branch(Answer.REFUSED, world.with_main(taken), "SND-7")
    if not now_not:
        for before in _ended(place) if pending else (place,):
            yield Branch(Answer.NEW_ID, world.with_main(sent(before)), "SND-3")


def sent(place: Place) -> Place:
    """The place after a send that was answered with a new id."""
    request = Request(NEW_UID, Central.WAITING, place.stack)
    requests = (*place.requests, request)
    return replace(
        place,
        requests=requests,
        local=Local.PENDING,
        earlier=place.last,
        last=len(requests) - 1,
        late=False,
    )


def _ended(place: Place) -> tuple[Place, ...]:
    """What may come of the pending request when its host ends it: told, or not."""
    heard = place.with_current(Central.OVER, Local.FREE)
    accepted = place.current in (Central.HANDED, Central.DOOMED)
    unheard = place.with_current(Central.DOOMED if accepted else Central.STALE, Local.FREE)
    return (heard, heard if place.current is Central.OVER else unheard)


def send_of_other(world: World) -> Iterator[Branch]:
    """The operator of the other cluster, for which nothing is amiss, sends a request."""
    yield Branch(Answer.NEW_ID, replace(world, other=sent(world.other)), "SND-3")


def cancel(world: World) -> Iterator[Branch]:
    """The operator cancels the pairing request (WDR-1, WDR-3, WDR-4, WDR-6)."""
    spoiled = world.main.cancel_spoiled
    place = replace(world.main, cancel_spoiled=spoiled and not world.main.linked)
    if place.local is not Local.PENDING:
        requirement = "WDR-6" if place.local is Local.TAKEN else "WDR-1"
        yield Branch(Answer.REFUSED, world, requirement)
        return
    heard, unheard = (world.with_main(p) for p in _ended(place))
    if place.linked and not spoiled and place.current is Central.WAITING:
        yield Branch(Answer.OK, heard, "WDR-3")
        return
    for after in (unheard,) if place.severed else (heard, unheard):
        yield Branch(Answer.OK, after, "WDR-4")
        yield Branch(Answer.REFUSED, after, "WDR-4")
    yield from _cancel_without_effect(world.with_main(place))


def _cancel_without_effect(world: World) -> Iterator[Branch]:
    """A cancel that Palette has heard of and turned down, or part of the cluster is cut off."""
    place = world.main
    if place.current is Central.HANDED and not place.severed:
        taken = world.with_main(replace(place, local=Local.TAKEN))
        yield Branch(Answer.REFUSED, taken, "WDR-6")
    if not place.linked and not place.severed:
        yield Branch(Answer.REFUSED, world, "WDR-10")


# --- deciding -----------------------------------------------------------------------------------


def fits(world: World, place: Place, which: int) -> bool | None:
    """Whether the selection fits a request; `None` where the procedure is silent (ACC-21)."""
    carried = world.selection is place.requests[which].stack
    running = world.selection is place.stack
    return carried if carried is running else None


def accept(world: World, place: Place, which: int) -> Iterator[tuple[Answer, Place, str]]:
    """An administrator accepts a request (ACC-7, ACC-12, ACC-14, ACC-20, WDR-9)."""
    central, fit = place.central(which), fits(world, place, which)
    waiting = central is Central.WAITING
    if not (waiting or central is Central.STALE):
        yield Answer.REFUSED, place, "ACC-14"
        return
    if fit is False:
        yield Answer.REFUSED, place, "ACC-7"
        return
    after = place.with_central(which, Central.HANDED if waiting else Central.DOOMED)
    late = not place.linked
    yield Answer.OK, replace(after, accepted=which, late=late), "ACC-12"
    changed_since = not (place.in_order and place.linked and world.tokens_kept)
    if fit is None or changed_since or not waiting:
        yield Answer.REFUSED, place, "SND-9"


def accept_unnoticed(world: World, place: Place, which: int) -> Iterator[tuple[Answer, Place, str]]:
    """The same, without looking afterwards at the cluster that Palette made of it."""
    for answer, after, requirement in accept(world, place, which):
        yield answer, replace(after, accepted=place.accepted), requirement


def reject(world: World, place: Place, which: int) -> Iterator[tuple[Answer, Place, str]]:
    """An administrator rejects a request (REJ-1, REJ-6, WDR-5)."""
    central = place.central(which)
    if central is Central.WAITING or central is Central.STALE:
        requirement = "REJ-1" if central is Central.WAITING else "WDR-5"
        yield Answer.OK, place.with_central(which, Central.OVER), requirement
    else:
        yield Answer.REFUSED, place, "REJ-6"


def view(world: World, place: Place, which: int) -> Iterator[tuple[Answer, Place, str]]:
    """An administrator opens a request; what a decided one shows is not said (REJ-8)."""
    yield Answer.OK, place, "ACC-3"
    if place.central(which) not in (Central.WAITING, Central.STALE):
        yield Answer.REFUSED, place, "REJ-8"


Decision = Callable[[World, Place, int], Iterable[tuple[Answer, Place, str]]]


def of_last(decision: Decision) -> Rule:
    """The decision on "the request"."""
    return _on_main(decision, lambda place: place.last)


def of_earlier(decision: Decision) -> Rule:
    """The decision on "the earlier request"."""
    return _on_main(decision, lambda place: place.earlier)


def _on_main(decision: Decision, which: Callable[[Place], int]) -> Rule:
    return lambda world: (
        Branch(answer, world.with_main(place), requirement)
        for answer, place, requirement in decision(world, world.main, which(world.main))
    )


def of_other(decision: Decision) -> Rule:
    """The decision on the other cluster's request."""
    return lambda world: (
        Branch(answer, replace(world, other=place), requirement)
        for answer, place, requirement in decision(world, world.other, world.other.last)
    )


def by_person(needs: Person, rule: Rule) -> Rule:
    """The same, tried by somebody who may lack what it needs (ACC-1, PRE-8, REJ-3)."""

    def tried(world: World) -> Iterable[Branch]:
        if world.person is Person.STRANGER:
            return [Branch(Answer.REFUSED, world, "ACC-1")]
        if world.person is needs:
            return [Branch(Answer.REFUSED, world, "PRE-8")]
        return rule(world)

    return tried


def always(answer: Answer, requirement: str) -> Rule:
    """One answer, whatever the world, which it leaves as it is."""
    return lambda world: [Branch(answer, world, requirement)]


# --- operations on the cluster ------------------------------------------------------------------


def local_operation(changes: Callable[[Place], Place] = lambda place: place) -> Rule:
    """A local cluster operation (SND-6, ACC-13, INV-10)."""

    def asked(world: World) -> Iterator[Branch]:
        place = world.main
        if place.local is Local.TAKEN:
            yield Branch(Answer.REFUSED, world, "ACC-13")
            return
        yield Branch(Answer.OK, world.with_main(changes(place)), "SND-6")
        if not (place.running and place.own):
            yield Branch(Answer.REFUSED, world, "SND-6")

    return asked


def change_stack(place: Place) -> Place:
    """The profiles are changed locally."""
    return replace(place, stack=Stack.CHANGED)


def return_to_local(world: World) -> Iterator[Branch]:
    """Somebody asks Local UI for a return to local management (ACC-19)."""
    yield Branch(Answer.REFUSED, world, "ACC-19")
    if world.main.local is not Local.TAKEN:
        yield Branch(Answer.OK, world, "ACC-19")


# --- what is arranged ---------------------------------------------------------------------------


def arranged(change: Callable[[World], World]) -> Rule:
    """Something that is brought about, and that nobody answers."""
    return lambda world: [Branch(Answer.DONE, change(world), "")]


def on_main(change: Callable[[Place], Place]) -> Rule:
    """The same, about the cluster."""
    return arranged(lambda world: world.with_main(change(world.main)))


def with_link(place: Place, cut: frozenset[int]) -> Place:
    """Other hosts are cut off. A handing over may end by itself while nobody is reached."""
    late = place.late or (bool(cut) and place.current is Central.HANDED)
    return replace(place, cut=cut, late=late)


def a_week_later(world: World) -> World:
    """Tokens have run out, and no handing over lasts for so long."""
    main, other = replace(world.main, late=True), replace(world.other, late=True)
    spent = replace(world, token_good=False, tokens_kept=False, week_passed=True)
    return replace(spent, main=main, other=other)
