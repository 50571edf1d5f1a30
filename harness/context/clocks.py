"""Clocks that are set while something is under way, each side's or both, and what tells the time.

Features name by a phrase whose clock goes where, by how much, and what the request has come to.
"""

from __future__ import annotations

from calendar import isleap
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Final

from harness.catalogue.requirement import Feature
from harness.context import local_actions
from harness.context.context import DAY, Context
from harness.context.crossing import left_out_if_impossible
from harness.context.entries import HOUR, see_token
from harness.context.recorder import Inconclusive, NotReached, NotSupported, RecordedReply
from harness.domain import operations as ops
from harness.domain.arrangements import AdvanceClock, SetLink, Side
from harness.history.operation import Json, Outcome

SECOND: Final = 1_000_000

_LEAP_DAY: Final = ", on a leap day"
_WHOSE: Mapping[str, tuple[Side, ...]] = {
    "Palette's": (Side.CENTRAL,),
    "the edge's": (Side.EDGE,),
    "each side's": (Side.CENTRAL, Side.EDGE),
}
_LENGTHS: Mapping[str, int] = {
    "a second": SECOND,
    "a minute": 60 * SECOND,
    "ten minutes": 600 * SECOND,
    "an hour": HOUR,
    "a day": DAY,
    "31 days": 31 * DAY,
}
_DAYS: Mapping[str, tuple[int, int]] = {
    "a leap day": (2, 29),
    "a day before summer time": (3, 10),
    "a day before winter time": (10, 20),
}
"""Month and day. In both hemispheres, clocks that change do so within 31 days of two of them."""


# --- the calendar -----------------------------------------------------------------------------


def come_to(context: Context, day: str) -> None:
    """Put both sides' clocks forward to noon of the next day of this name; `any day` is today.

    Raises:
        NotSupported: the target's cannot be set, or what it gives out does not last until then.
    """
    if day == "any day":
        return
    now = context.recorder.driver.epoch()
    with left_out_if_impossible():
        for side in Side:
            context.put_clock_forward(side, _next(*_DAYS[day], now) - now)
        try:
            context.must(context.recorder.perform(context.admin(), ops.ListPairingRequests()))
            context.cluster()
        except NotReached as error:
            raise NotSupported(
                f"what the target gives out does not last until then: {error}"
            ) from None


def _next(month: int, day: int, now: int) -> int:
    """Noon of the next such day, from a moment on; all in microseconds since the epoch."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    this_year = (epoch + timedelta(microseconds=now)).year
    years = (y for y in range(this_year, this_year + 9) if (month, day) != (2, 29) or isleap(y))
    noons = (datetime(year, month, day, 12, tzinfo=UTC) - epoch for year in years)
    return next(us for noon in noons if (us := noon // timedelta(microseconds=1)) > now)


# --- what a request has come to, and the clock that is set meanwhile ------------------------------


def _followed(context: Context) -> None:
    """A request that its host has asked after: what has begun is under way as a clock jumps."""
    context.pending()
    context.must_hold(local_actions.followed(context))


def _cut_off(context: Context) -> None:
    """As before, and its cluster cannot reach Palette any more."""
    _followed(context)
    local_actions.set_links(context, up=False)


def _handed_over(context: Context) -> None:
    """An accepted request whose host is cut off, and has not heard of that."""
    context.pending()
    context.matching_selection()
    local_actions.set_links(context, up=False)
    context.must(context.accept())


def _accepted_in_vain(context: Context) -> None:
    """An accepted request that its host has cancelled, while it was cut off and is still."""
    local_actions.stale(context)
    context.must_if_offered(context.accept())


def _cancelled(context: Context) -> None:
    local_actions.send_and_cancel(context, 1)
    local_actions.gone(context)


_PHASES: Mapping[str, Callable[[Context], object]] = {
    "about to be sent": Context.cluster,
    "pending": _followed,
    "pending, cut off": _cut_off,
    "cancelled": _cancelled,
    "cancelled unheard": local_actions.stale,
    "rejected": lambda context: local_actions.send_and_reject(context, 1),
    "being handed over": _handed_over,
    "accepted in vain": _accepted_in_vain,
    "paired": Context.paired,
}


def stand(context: Context, whose: str, goes: str, by: str) -> None:
    """Let the day come, and the clock be ahead that is to be put back.

    Raises:
        NotSupported: the target's clock cannot be set.
    """
    come_to(context, "a leap day" if whose.endswith(_LEAP_DAY) else "any day")
    if goes == "back":
        _put_forward(context, whose, _LENGTHS[by])


def bring_to(context: Context, phase: str) -> None:
    """A cluster whose request has come to this.

    Raises:
        KeyError: there is no such phase.
        Inconclusive: it could not be brought about.
    """
    _PHASES[phase](context)


def set_clock(context: Context, whose: str, goes: str, by: str) -> Iterator[bool]:
    """Let a clock go `forth`, `back`, or one after the other: each time, whether both sides may be
    asked to agree, as they reach each other. The operator logs in anew, as logins may have ended.
    """
    if whose == "the edge's" and goes == "back":  # what its host is about to do, it plans so late
        local_actions.let_pass(context, local_actions.FOLLOWED_S)
    length = _LENGTHS[by]
    context.may_lapse = length > context.waits
    for way in goes.split(" and "):
        _put_forward(context, whose, {"forth": length, "back": -length}[way])
        yield not _is_cut_off(context)


def _is_cut_off(context: Context) -> bool:
    return any(isinstance(a, SetLink) and not a.up for a in context.recorder.arranged)


def _put_forward(context: Context, whose: str, by: int) -> None:
    for side in _WHOSE[whose.removesuffix(_LEAP_DAY)]:
        context.put_clock_forward(side, by)
    for leased in context.clusters.values():
        leased.operator = context.log_in(leased.operator.host_uid)


def go_on(context: Context, phase: str, course: str) -> str:
    """What people do next to the request: the operation that has to be taken, or an empty text
    where it may be refused, as the request may have ended meanwhile.

    Raises:
        KeyError: there is no such course.
    """
    if course == "left alone":
        if phase.startswith("pending"):
            local_actions.let_pass(context, local_actions.FOLLOWED_S)
        return ""
    leased = context.cluster()
    reject = ops.RejectPairingRequest(leased.pairing_uid)
    acts: Mapping[str, Callable[[], RecordedReply]] = {
        "sent": context.send,
        "accepted": context.accept,
        "rejected": lambda: context.recorder.perform(context.admin(), reject),
        "cancelled": lambda: context.recorder.perform(leased.operator, ops.CancelPairingRequest()),
    }
    taken = context.until_taken(acts[course])
    context.note("what came next", taken)
    may_have_ended = phase == "being handed over" or (context.may_lapse and course != "sent")
    return "" if may_have_ended else taken.id


def heal(context: Context, whose: str) -> None:
    """Let the cluster reach Palette again, where it was cut off.

    Raises:
        NotSupported: by the clock that its hosts have now, they do not reach it: a certificate may
            not be good for so long.
    """
    if _is_cut_off(context):
        local_actions.set_links(context, up=True)
    if whose != "Palette's":
        must_reach(context)


def must_reach(context: Context) -> None:
    """Go on only if the hosts of the cluster reach Palette by the clock that they have.

    Raises:
        NotSupported: the connection check says that they do not.
    """
    checked = local_actions.check_connection(context, context.cluster().operator).value
    if isinstance(checked, ops.Verification) and not checked.verified:
        raise NotSupported(
            f"with its clock set like that, no host reaches Palette: {checked.message}"
        )


# --- tokens to the second ---------------------------------------------------------------------

_TRIES: Final = (1, 2, 4, 8, 16)
"""A token is tried so many times what a target may be off by before its end, until a send is over
in that time: mostly so many seconds.
"""


def enter_token_that_lasts(context: Context, lasts: str, edge: str) -> None:
    """A registration token that ends on a whole second, so long from now by Palette's clock; the
    edge's own clock is `right`, or `a day ahead` or `a day behind`, which is no matter of it.

    Raises:
        NotSupported: nobody tells what time it is at Palette, no host reaches it, or the target may
            be off by as much.
    """
    if _LENGTHS[lasts] <= _TRIES[1] * _off(context):
        raise NotSupported(f"by limits.expiry_s a token that lasts {lasts} may be over at once")
    if edge != "right":
        context.cluster()
        _put_forward(context, "the edge's", -DAY if edge.endswith("behind") else DAY)
        must_reach(context)
    end = (_time_at_palette(context) // SECOND + 1) * SECOND + _LENGTHS[lasts]
    token = context.new_token(context.project(), ends=end)
    see_token(context, token)
    context.use_token(token)


def send_around_its_end(context: Context, moment: str) -> RecordedReply:
    """Send while the token that was entered has a second left, or what the target may be off by; or
    once it may admit nobody any more. What was refused `a second before` was so in that time.

    Raises:
        KeyError: there is no such moment.
        Inconclusive: each send took longer than the token had left.
    """
    end, off = context.token().expiry or 0, _off(context)
    for left in {"a second before": _TRIES, "right after": (-1,)}[moment]:
        by = end - left * off - _time_at_palette(context)
        context.put_clock_forward(Side.CENTRAL, by)
        taken = context.send()
        refused = taken.record.outcome is Outcome.FAIL
        if left < 0 or not refused or _time_at_palette(context) < end - off:
            return taken
    left_s = _TRIES[-1] * off // SECOND
    raise Inconclusive(f"each send took longer than the {left_s} s that the token had left")


def _off(context: Context) -> int:
    """By how much a token may end early or late, in whole seconds, as microseconds."""
    return ceil(context.recorder.limits.expiry_s) * SECOND


def _time_at_palette(context: Context) -> int:
    """What Palette's clock shows, in microseconds since the epoch.

    Raises:
        NotSupported: nobody can tell.
    """
    if context.recorder.driver.info.plays(Side.CENTRAL):
        context.needs(Feature.CLOCK)
    told = context.recorder.see_effect(AdvanceClock(Side.CENTRAL, 0)).value or {}
    now: Json = told.get("now")
    if not isinstance(now, int) or not told.get("told"):
        raise NotSupported(f"{Feature.CLOCK.value}: nobody tells what Palette's clock shows")
    return now
