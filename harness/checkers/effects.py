"""Whether what a scenario rests on was so, as told by who brought it about: faults took effect,
people may do what they are to, and profiles have their latest version.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from harness.catalogue.verdict import Verdict
from harness.checkers.invariants.arranging import hosts_of
from harness.checkers.registry import Finding, check
from harness.history.operation import History, Json, OperationRecord, Outcome

HEAR_STRAYS: Final = "HearStrays"
"""The operation by which the side that is played tells what it could not understand."""
HEAR_MESSAGES: Final = "HearMessages"
"""The operation by which it tells what crossed between the sides."""
READ_BACK: Final = frozenset({"SeeEffect", HEAR_STRAYS, HEAR_MESSAGES})
"""What is asked about a scenario, and is no part of it."""

_COUNTED: Mapping[str, tuple[str, str]] = {
    "Restart": ("starts", "was not started again"),
    "AdvanceClock": ("now", "has its clock as before"),
}
"""The faults that are over when they are arranged: what tells before from after, and how it reads
where it does not.
"""


@dataclass(frozen=True, slots=True)
class _Telling:
    """What was told of a fault: of which, and what."""

    id: str
    kind: str
    about: Mapping[str, Json]
    told: Mapping[str, Json]
    wanted: Mapping[str, Json]
    """What has to be told of something that lasts."""

    @property
    def key(self) -> tuple[Json, ...]:
        """By which it is known to be about the same as an arrangement."""
        return _key(self.kind, self.about)

    def number(self, field: str) -> int:
        number = self.told.get(field)
        return number if isinstance(number, int) else 0


_Flaw = tuple[str, tuple[str, ...]]
"""Why a fault did not take effect, and the operations by which that is seen."""


@check
def faults_took_effect(history: History) -> Finding:
    """Each fault took effect: a message met it, a cut link carried nothing, a side began anew.
    What lasts is as it was arranged: who may do what, and which version is the latest.

    Of several that wait for the same messages one is enough. What nobody can tell is no flaw.
    """
    asked = [o for o in history.operations if o.kind == "SeeEffect"]
    for operation in asked:
        if operation.outcome is not Outcome.OK:
            why = (operation.error or {}).get("why")
            return _void(f"nobody can tell any more what came of the fault: {why}", operation.id)
    tellings = [t for t in map(_telling, asked) if t.told.get("told")]
    done = [o for o in history.operations if o.outcome is Outcome.OK]
    faults = [*_without_effect(done, tellings), *_leaks(tellings), *_around(done, tellings)]
    for what, flaws in (
        ("the fault did not take effect", faults),
        ("what was arranged is not so", list(_unlike(tellings))),
    ):
        if flaws:
            why = "; ".join(dict.fromkeys(why for why, _ in flaws))
            on = dict.fromkeys(operation for _, operations in flaws for operation in operations)
            return _void(f"{what}: {why}", *on)
    untold = dict.fromkeys(t.kind for t in map(_telling, asked) if not t.told.get("told"))
    beside = f"; nobody can tell of {', '.join(untold)}" if untold else ""
    return Finding(
        Verdict.PASS, f"what it rests on was so{beside}", tuple(t.id for t in tellings), ground=True
    )


@check
def messages_were_understood(history: History) -> Finding:
    """The side that the harness plays understood all that came from the other one.

    Of one that it does not know, nobody can tell who is to blame: the file may lack something.
    """
    heard = history.of_kind(HEAR_STRAYS)
    told = (v if isinstance(v := (o.value or {}).get("messages"), list) else [] for o in heard)
    why = "; ".join(dict.fromkeys(str(message) for messages in told for message in messages))
    if why:
        return _void(why, *(o.id for o in heard))
    return Finding(Verdict.PASS, "all that came was understood", (), ground=True)


def _void(why: str, *operations: str) -> Finding:
    return Finding(Verdict.INCONCLUSIVE, why, operations, ground=True)


def _without_effect(done: list[OperationRecord], tellings: list[_Telling]) -> Iterator[_Flaw]:
    place = {operation.id: n for n, operation in enumerate(done)}
    for fault in done:
        about = [t for t in tellings if t.key == _key(fault.kind, fault.args)]
        before = [t for t in about if place[t.id] < place[fault.id]]
        after = [t for t in about if place[t.id] > place[fault.id]]
        if fault.kind in _COUNTED and before and after:
            field, how = _COUNTED[fault.kind]
            moved, asked = after[0].number(field) - before[-1].number(field), fault.args.get("by")
            by = asked if isinstance(asked, int) else 1
            first, last = done[place[before[-1].id]], done[place[after[0].id]]
            meanwhile = (last.end or last.start) - first.start
            if moved < by or (by < 0 and moved > by + meanwhile):
                why = f"the {fault.args.get('side')} side {how}; see how {fault.kind} is arranged"
                yield why, (fault.id, after[0].id)
        elif fault.kind in _UNMET and after and not any(t.told.get("met") for t in after):
            yield _UNMET[fault.kind].format(**fault.args), (fault.id, after[-1].id)


_UNMET: Mapping[str, str] = {
    "FaultNextMessage": "no {message} message of host {host_uid} was recognised; see the target's"
    " [paths] and [links]",
    "DisturbMessages": "no message of host {host_uid} was recognised; see the target's [paths] and"
    " [links]",
    "SetRateLimit": "no call met the rate limit; see how SetRateLimit is arranged",
}
"""The faults that wait for messages, and how it reads where none came."""


def _leaks(tellings: list[_Telling]) -> Iterator[_Flaw]:
    """Links through which something passed while they were cut."""
    for telling in tellings:
        if telling.kind == "SetLink" and (passed := telling.number("passed")):
            host = telling.about.get("host_uid")
            why = f"the link of host {host} was cut, and something passed ({passed}); see [links]"
            yield why, (telling.id,)


def _around(done: list[OperationRecord], tellings: list[_Telling]) -> Iterator[_Flaw]:
    """Links that were cut where their hosts go to Palette by another way: nothing of them ever went
    over the link, and a request was sent from there before, or somebody came whom no host is known
    to be. A host that never asked anything is fine.
    """
    place = {operation.id: n for n, operation in enumerate(done)}
    for telling in tellings:
        host = telling.about.get("host_uid")
        if telling.kind != "SetLink" or not telling.told.get("unused"):
            continue
        cut = f"the link of host {host} was cut, and nothing of its cluster ever went over it"
        if sent := _sent_with_a_link(done[: place[telling.id]], host):
            why = f"{cut}, though a request was sent there before: it reaches Palette another way"
            yield f"{why}; see [links] and links.sources", (sent, telling.id)
        elif strange := telling.number("strange"):
            why = f"{cut}, while something came from an address that no host has ({strange} bytes)"
            yield f"{why}; see links.sources", (telling.id,)


def _sent_with_a_link(done: Iterable[OperationRecord], host: Json) -> str:
    """The last send that succeeded on a host, with its link up, since its cluster was put up. While
    a link is cut, a send that succeeds is what is judged.
    """
    is_up, sent = True, ""
    for operation in done:
        args = operation.args
        match operation.kind:
            case "SetLink" if args.get("host_uid") == host:
                is_up = bool(args.get("up"))
            case "SendPairingRequest" if operation.tags.get("host") == host and is_up:
                sent = operation.id
            case "RenewCluster":  # of which nobody says here which hosts it has
                sent = ""
            case "InstallCluster":
                cluster = args.get("cluster")
                pools = cluster.get("pools") if isinstance(cluster, dict) else None
                if not isinstance(pools, list) or host in hosts_of(pools):
                    sent = ""
    return sent


_UNLIKE: Mapping[str, str] = {
    "PutUser": "the permissions of {email} are not those that were asked for; see how PutUser is"
    " arranged",
    "PutProfile": "the latest version of a cluster profile is {latest}, and not the one that was"
    " asked for; see how PutProfile is arranged",
}
"""What lasts, and how it reads where another thing is seen than was arranged."""


def _unlike(tellings: list[_Telling]) -> Iterator[_Flaw]:
    for telling in tellings:
        told, wanted = telling.told, telling.wanted
        is_other = any(
            n in told and told[n] != wanted.get(n, told[n]) for n in ("grants", "latest")
        )
        if is_other and not _is_wrongly_ordered(told, wanted):
            yield _UNLIKE[telling.kind].format(**{**telling.about, **told}), (telling.id,)


def _is_wrongly_ordered(told: Mapping[str, Json], wanted: Mapping[str, Json]) -> bool:
    """Whether a profile has just the versions that were asked for, and the product takes one for
    the latest that was neither made last nor comes last, or none, as each comes before a release:
    this is what PRE-7 judges, and no flaw of whoever made them.
    """
    made, has = wanted.get("versions"), told.get("versions")
    if not (isinstance(made, list) and isinstance(has, list) and made):
        return False
    versions, latest = sorted(map(str, made)), told["latest"]
    is_none = not latest and all("-" in version for version in versions)
    return versions == sorted(map(str, has)) and (is_none or latest in made[:-1])


def _telling(operation: OperationRecord) -> _Telling:
    args = operation.args
    about, wanted = (v if isinstance(v := args.get(n), dict) else {} for n in ("fields", "wanted"))
    return _Telling(operation.id, str(args["fault"]), about, operation.value or {}, wanted)


def _key(kind: str, about: Mapping[str, Json]) -> tuple[Json, ...]:
    return kind, about.get("side"), about.get("host_uid"), about.get("message")
