"""The model: what the procedure lets happen, as pure functions over possible worlds.

A rule takes a world and gives its branches: each an answer that is lawful, and the world that
it leads to. One branch means that the procedure prescribes it; several, that it is silent.
The model is written from the procedure alone, and shares nothing with the reference.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from harness.domain.arrangements import MessageKind
from harness.explore.world import (
    CentralState,
    Local,
    ModelPerson,
    ModelRequest,
    ModelSlot,
    ModelStack,
    ModelWorld,
    Spoil,
    Word,
    Worlds,
)


class ModelOutcome(Word):
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

    answer: ModelOutcome
    world: ModelWorld
    requirement: str


Rule = Callable[[ModelWorld], Iterable[Branch]]

NEW_UID = "(new)"
"""The uid of a request that a branch makes; whoever carries the send out puts the real one."""


# --- what happens by itself ---------------------------------------------------------------------


def drifts(slot: ModelSlot) -> Iterator[ModelSlot]:
    """Every place that one step of the agents may lead to."""
    for which, request in enumerate(slot.requests):
        own_end = request.central in (CentralState.STALE, CentralState.DOOMED)
        if own_end and (request.central is CentralState.DOOMED or not slot.severed):
            yield slot.with_central(which, CentralState.OVER)
    if slot.adrift and not slot.severed:
        yield replace(slot, adrift=False)
    elif slot.coming:
        yield replace(slot, adrift=True)
    if slot.last < 0 or slot.local is Local.FREE:
        return
    handed, taken = slot.current is CentralState.HANDED, slot.local is Local.TAKEN
    if handed and not slot.severed:
        yield slot.with_current(CentralState.HANDED, Local.TAKEN)
        yield slot.with_current(CentralState.PAIRED, Local.TAKEN)
    if handed and (slot.late or not slot.linked):
        yield slot.with_current(CentralState.OVER, slot.local)
    if slot.current is CentralState.PAIRED and not taken and not slot.severed:
        yield replace(slot, local=Local.TAKEN)
    if slot.current is CentralState.OVER and not slot.severed:
        yield replace(slot, local=Local.FREE)


def must_go_on(slot: ModelSlot) -> bool:
    """Whether the agents still have something to do that they have to do (INV-9)."""
    if not slot.linked:
        return False
    if slot.last < 0:
        return slot.adrift
    owed = slot.local is not Local.FREE and slot.current is CentralState.OVER
    return owed or slot.adrift or slot.current is CentralState.HANDED


@lru_cache(maxsize=1_000)  # it is asked several times in each step of a sequence
def drifted(worlds: Worlds) -> Worlds:
    """All worlds that these may have become by themselves, themselves included."""
    return frozenset(
        world.with_both(main, other)
        for world in worlds
        for main in _everywhere(world.main)
        for other in _everywhere(world.other)
    )


@lru_cache(maxsize=1_000)
def _everywhere(slot: ModelSlot) -> tuple[ModelSlot, ...]:
    """All that a slot may have become by itself, itself included."""
    found = {slot: None}
    fresh = [slot]
    while fresh:
        after = [s for s in drifts(fresh.pop()) if s not in found]
        fresh += after
        found |= dict.fromkeys(after)
    return tuple(found)


@lru_cache(maxsize=1_000)
def settled(worlds: Worlds) -> Worlds:
    """The worlds that these may have become once everything has had its time."""
    everywhere = drifted(worlds)
    return frozenset(w for w in everywhere if not (must_go_on(w.main) or must_go_on(w.other)))


def without_old_doubts(worlds: Worlds) -> Worlds:
    """The same worlds, with one word for all that is in doubt about old requests.

    Without it, each old request would double the worlds. A request is old that is neither "the
    request" nor "the earlier request", nor the one that was accepted last.
    """
    if all(len(w.main.requests) < 2 and len(w.other.requests) < 2 for w in worlds):
        return worlds
    mains = _undoubted([w.main for w in worlds])
    others = _undoubted([w.other for w in worlds])
    return frozenset(w.with_both(mains[w.main], others[w.other]) for w in worlds)


def _undoubted(slots: Collection[ModelSlot]) -> dict[ModelSlot, ModelSlot]:
    kept = {which for p in slots for which in (p.last, p.earlier, p.accepted)}
    fates: dict[int, set[CentralState]] = {}
    for slot in slots:
        for which, request in enumerate(slot.requests):
            if which not in kept:
                fates.setdefault(which, set()).add(request.central)
    doubtful = {which for which, found in fates.items() if len(found) > 1 or found & _MOVING}
    return {slot: _loosened(slot, doubtful) for slot in slots}


_MOVING = frozenset({CentralState.STALE, CentralState.DOOMED})


def _loosened(slot: ModelSlot, doubtful: Iterable[int]) -> ModelSlot:
    for which in doubtful:
        if which < len(slot.requests):
            slot = slot.with_central(which, CentralState.LOOSE)
    return slot


# --- sending and cancelling -----------------------------------------------------------------------


def why_not_sendable(world: ModelWorld, slot: ModelSlot) -> str:
    """The requirement that forbids a send; empty if none does."""
    reasons = {
        "PRE-3": not (slot.present and slot.own) or slot.local is Local.TAKEN,
        "PRE-1": not slot.running,
        "PRE-2": bool(slot.sick),
        "PRE-6": not world.endpoint_good,
    }
    return next((requirement for requirement, forbids in reasons.items() if forbids), "")


def why_not_admitted(world: ModelWorld, slot: ModelSlot) -> str:
    """The requirement that keeps a request from being admitted; empty if none does."""
    if not slot.linked:
        return "PRE-5"
    return "" if world.token_good else "PRE-4"


def send(world: ModelWorld) -> Iterator[Branch]:
    """The operator sends a pairing request from the cluster (PRE-1 to PRE-6, SND-3, SND-7). Where
    its submission is not heard, it may be refused, and what has come of it is ended (INV-9).
    """
    slot = world.main
    if slot.send_spoiled is None:
        yield from _send(world)
        return
    for branch in _send(world):
        is_new = branch.answer is ModelOutcome.NEW_ID
        met = replace(branch.world.main, send_spoiled=None, adrift=slot.adrift or is_new)
        yield replace(branch, world=branch.world.with_main(met))
        if not is_new:  # nothing may have been submitted
            yield branch
    why_not = why_not_sendable(world, slot) or why_not_admitted(world, slot)
    if not why_not and slot.send_spoiled is not Spoil.HEARD:
        for before in (slot, *_ended(slot)) if slot.local is Local.PENDING else (slot,):
            unheard = replace(before, send_spoiled=None, adrift=True)
            yield Branch(ModelOutcome.REFUSED, world.with_main(unheard), "INV-9")


def _send(world: ModelWorld) -> Iterator[Branch]:
    slot = world.main
    never = why_not_sendable(world, slot)
    now_not = never or why_not_admitted(world, slot)
    pending = slot.local is Local.PENDING
    if now_not or pending or slot.adrift:
        yield Branch(ModelOutcome.REFUSED, world, now_not or ("SND-7" if pending else "INV-9"))
    if pending and never != "PRE-3":  # the request that is pending is answered, and none is sent
        again = replace(slot, earlier=slot.last)
        yield Branch(ModelOutcome.SAME_ID, world.with_main(again), "SND-7")
    if pending and not never:
        for ended in _ended(slot):
            yield Branch(ModelOutcome.REFUSED, world.with_main(ended), "SND-7")
        if slot.current is CentralState.HANDED:
            taken = replace(slot, local=Local.TAKEN)
            yield Branch(ModelOutcome.REFUSED, world.with_main(taken), "SND-7")
    if not now_not:
        for before in _ended(slot) if pending else (slot,):
            yield Branch(ModelOutcome.NEW_ID, world.with_main(sent(before)), "SND-3")


def sent(slot: ModelSlot) -> ModelSlot:
    """The place after a send that was answered with a new id."""
    request = ModelRequest(NEW_UID, CentralState.WAITING, slot.stack)
    requests = (*slot.requests, request)
    return replace(
        slot,
        requests=requests,
        local=Local.PENDING,
        earlier=slot.last,
        last=len(requests) - 1,
        late=False,
    )


def _ended(slot: ModelSlot) -> tuple[ModelSlot, ...]:
    """What may come of the pending request when its host ends it: told, or not."""
    heard = slot.with_current(CentralState.OVER, Local.FREE)
    accepted = slot.current in (CentralState.HANDED, CentralState.DOOMED)
    central = CentralState.DOOMED if accepted else CentralState.STALE
    unheard = slot.with_current(central, Local.FREE)
    return (heard, heard if slot.current is CentralState.OVER else unheard)


def send_of_other(world: ModelWorld) -> Iterator[Branch]:
    """The operator of the other cluster, for which nothing is amiss, sends a request."""
    slot = world.other
    yield Branch(ModelOutcome.NEW_ID, replace(world, other=sent(slot)), "SND-3")
    if slot.local is Local.PENDING:
        again = replace(slot, earlier=slot.last)
        yield Branch(ModelOutcome.SAME_ID, replace(world, other=again), "SND-7")


def cancel(world: ModelWorld) -> Iterator[Branch]:
    """The operator cancels the pairing request (WDR-1, WDR-3, WDR-4, WDR-6)."""
    # Agents that catch up on an earlier cancel may have used some of them up: any may be the next.
    slot, spoils = world.main, frozenset(world.main.cancels_spoiled) - {Spoil.HEARD}
    if slot.linked and slot.local is Local.PENDING:
        slot = replace(slot, cancels_spoiled=slot.cancels_spoiled[1:])
    if slot.local is not Local.PENDING:
        requirement = "WDR-6" if slot.local is Local.TAKEN else "WDR-1"
        yield Branch(ModelOutcome.REFUSED, world, requirement)
        return
    heard, unheard = (world.with_main(p) for p in _ended(slot))
    if slot.linked and not spoils and slot.current is CentralState.WAITING:
        yield Branch(ModelOutcome.OK, heard, "WDR-3")
        return
    for after in (unheard,) if slot.severed else (heard, unheard):
        yield Branch(ModelOutcome.OK, after, "WDR-4")
        yield Branch(ModelOutcome.REFUSED, after, "WDR-4")
    yield from _cancel_without_effect(world.with_main(slot))
    if Spoil.ANSWERED in spoils:
        yield Branch(ModelOutcome.REFUSED, world.with_main(slot), "WDR-10")


def _cancel_without_effect(world: ModelWorld) -> Iterator[Branch]:
    """A cancel that Palette has heard of and turned down, or part of the cluster is cut off."""
    slot = world.main
    if slot.current is CentralState.HANDED and not slot.severed:
        taken = world.with_main(replace(slot, local=Local.TAKEN))
        yield Branch(ModelOutcome.REFUSED, taken, "WDR-6")
    if not slot.linked and not slot.severed:
        yield Branch(ModelOutcome.REFUSED, world, "WDR-10")


# --- deciding -----------------------------------------------------------------------------------

Decided = Iterator[tuple[ModelOutcome, ModelSlot, str]]
"""Answers that are lawful, each with where it leads the place, and the requirement behind it."""
Decision = Callable[[ModelWorld, ModelSlot, int], Decided]


def fits(world: ModelWorld, slot: ModelSlot, which: int) -> bool | None:
    """Whether the selection fits a request; `None` where the procedure is silent (ACC-21)."""
    carried = world.selection is slot.requests[which].stack
    running = world.selection is slot.stack
    return carried if carried is running else None


def accept(world: ModelWorld, slot: ModelSlot, which: int) -> Decided:
    """An administrator accepts a request (ACC-7, ACC-12, ACC-14, ACC-20, WDR-9)."""
    central, fit = slot.central(which), fits(world, slot, which)
    waiting = central is CentralState.WAITING
    if not (waiting or central is CentralState.STALE):
        yield ModelOutcome.REFUSED, slot, "ACC-14"
        return
    if fit is False:
        yield ModelOutcome.REFUSED, slot, "ACC-7"
        return
    after = slot.with_central(which, CentralState.HANDED if waiting else CentralState.DOOMED)
    late = not slot.linked or slot.confirm_spoiled
    yield ModelOutcome.OK, replace(after, accepted=which, late=late), "ACC-12"
    changed_since = not (slot.in_order and slot.linked and world.tokens_kept)
    if fit is None or changed_since or not waiting:
        yield ModelOutcome.REFUSED, slot, "SND-9"


def accept_unnoticed(world: ModelWorld, slot: ModelSlot, which: int) -> Decided:
    """The same, without looking afterwards at the cluster that Palette made of it."""
    for answer, after, requirement in accept(world, slot, which):
        yield answer, replace(after, accepted=slot.accepted), requirement


def reject(world: ModelWorld, slot: ModelSlot, which: int) -> Decided:
    """An administrator rejects a request (REJ-1, REJ-6, WDR-5)."""
    central = slot.central(which)
    if central is CentralState.WAITING or central is CentralState.STALE:
        requirement = "REJ-1" if central is CentralState.WAITING else "WDR-5"
        yield ModelOutcome.OK, slot.with_central(which, CentralState.OVER), requirement
    else:
        yield ModelOutcome.REFUSED, slot, "REJ-6"


def view(world: ModelWorld, slot: ModelSlot, which: int) -> Decided:
    """An administrator opens a request; what a decided one shows is not said (REJ-8)."""
    yield ModelOutcome.OK, slot, "ACC-3"
    if slot.central(which) not in (CentralState.WAITING, CentralState.STALE):
        yield ModelOutcome.REFUSED, slot, "REJ-8"


def of_last(decision: Decision) -> Rule:
    """The decision on "the request"."""
    return _on_main(decision, lambda slot: slot.last)


def of_earlier(decision: Decision) -> Rule:
    """The decision on "the earlier request"."""
    return _on_main(decision, lambda slot: slot.earlier)


def _on_main(decision: Decision, which: Callable[[ModelSlot], int]) -> Rule:
    return lambda world: (
        Branch(answer, world.with_main(slot), requirement)
        for answer, slot, requirement in decision(world, world.main, which(world.main))
    )


def of_other(decision: Decision) -> Rule:
    """The decision on the other cluster's request."""
    return lambda world: (
        Branch(answer, replace(world, other=slot), requirement)
        for answer, slot, requirement in decision(world, world.other, world.other.last)
    )


def by_person(needs: ModelPerson, rule: Rule) -> Rule:
    """The same, tried by somebody who may lack what it needs (ACC-1, PRE-8, REJ-3)."""

    def tried(world: ModelWorld) -> Iterable[Branch]:
        if world.person is ModelPerson.STRANGER:
            return [Branch(ModelOutcome.REFUSED, world, "ACC-1")]
        if world.person is needs:
            return [Branch(ModelOutcome.REFUSED, world, "PRE-8")]
        return rule(world)

    return tried


def always(answer: ModelOutcome, requirement: str) -> Rule:
    """One answer, whatever the world, which it leaves as it is."""
    return lambda world: [Branch(answer, world, requirement)]


# --- operations on the cluster ------------------------------------------------------------------


def local_operation(changes: Callable[[ModelSlot], ModelSlot] = lambda slot: slot) -> Rule:
    """A local cluster operation (SND-6, ACC-13, INV-10)."""

    def asked(world: ModelWorld) -> Iterator[Branch]:
        slot = world.main
        if slot.local is Local.TAKEN:
            yield Branch(ModelOutcome.REFUSED, world, "ACC-13")
            return
        yield Branch(ModelOutcome.OK, world.with_main(changes(slot)), "SND-6")
        if not (slot.running and slot.own):
            yield Branch(ModelOutcome.REFUSED, world, "SND-6")

    return asked


def change_stack(slot: ModelSlot) -> ModelSlot:
    """The profiles are changed locally."""
    return replace(slot, stack=ModelStack.CHANGED)


def return_to_local(world: ModelWorld) -> Iterator[Branch]:
    """Somebody asks Local UI for a return to local management: nothing comes of it (ACC-19)."""
    yield Branch(ModelOutcome.REFUSED, world, "ACC-19")
    yield Branch(ModelOutcome.OK, world, "ACC-19")


# --- what is arranged ---------------------------------------------------------------------------


def arranged(change: Callable[[ModelWorld], ModelWorld]) -> Rule:
    """Something that is brought about, and that nobody answers."""
    return lambda world: [Branch(ModelOutcome.DONE, change(world), "")]


def on_main(change: Callable[[ModelSlot], ModelSlot]) -> Rule:
    """The same, about the cluster."""
    return arranged(lambda world: world.with_main(change(world.main)))


def with_link(slot: ModelSlot, cut: frozenset[int]) -> ModelSlot:
    """Other hosts are cut off. A handing over may end by itself while nobody is reached."""
    late = slot.late or (bool(cut) and slot.current is CentralState.HANDED)
    return replace(slot, cut=cut, late=late)


def with_spoiled(message: MessageKind, spoil: Spoil, *, comes_late: bool) -> Rule:
    """The next message of a kind meets something. News of a decision is asked for until it is
    heard, so that nothing depends on a question.
    """

    def change(slot: ModelSlot) -> ModelSlot:
        match message:
            case MessageKind.SUBMIT:
                return replace(slot, send_spoiled=spoil, coming=slot.coming or comes_late)
            case MessageKind.WITHDRAW:
                return replace(slot, cancels_spoiled=(*slot.cancels_spoiled, spoil))
            case MessageKind.CONFIRM if spoil is not Spoil.HEARD:
                late = slot.late or slot.current is CentralState.HANDED
                return replace(slot, confirm_spoiled=True, late=late)
        return slot

    return on_main(change)


def without_spoils(slot: ModelSlot) -> ModelSlot:
    """All messages get through again, and what was on its way arrives."""
    adrift = slot.adrift or slot.coming
    right = replace(slot, send_spoiled=None, cancels_spoiled=(), confirm_spoiled=False)
    return replace(right, coming=False, adrift=adrift)


def a_week_later(world: ModelWorld) -> ModelWorld:
    """No handing over lasts for so long."""
    return world.with_both(replace(world.main, late=True), replace(world.other, late=True))
