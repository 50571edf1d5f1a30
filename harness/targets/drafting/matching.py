"""Which operation of a document is which of ours: by its id, by where it is asked, by its words."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from harness.domain import operations as ops
from harness.domain.operations import Operation, Surface
from harness.targets.drafting.openapi import Described, Document
from harness.wire.mapping.json_path import EACH
from harness.wire.mapping.shape import shape_of, ways
from harness.wire.model import WireModel
from harness.wire.routes import ROUTES, Route, routes_of

GUESS_MIN: Final = 0.36
"""Below this likeness nothing is taken for ours."""
_LOOKED_AT: Final = 25
"""How many of a document's operations are looked into for each of ours."""
_SAID_BY: Final = {"DELETE": "delete"}
"""What a method says, where it says as much as a word."""
_METHOD, _FIELDS = 0.12, 0.35
"""What the method, and what the bodies add to the words, which make up the rest."""


_SPOKEN_OF: Final[Mapping[type[Operation], tuple[str, ...]]] = {
    ops.LogIn: ("login",),
    ops.LogOut: ("logout",),
    ops.VerifyConnection: ("verify",),
    ops.CancelPairingRequest: ("pairing", "cancel delete"),
    ops.DeleteCluster: ("cluster", "delete"),
    ops.CreateCluster: ("cluster", "create"),
    ops.AddMachinePool: ("pool", "create"),
    ops.UpdateMachinePool: ("pool", "update"),
    ops.ScaleMachinePool: ("pool", "scale size patch"),
    ops.RemoveMachinePool: ("pool", "delete"),
    ops.RemoveNode: ("node", "delete"),
    ops.UpdateClusterSettings: ("settings",),
    ops.ViewClusterSettings: ("settings",),
    ops.LogInToPalette: ("login",),
    ops.MatchProfiles: ("match",),
    ops.AcceptPairingRequest: ("pairing", "accept pair"),
    ops.AcknowledgeWarning: ("pairing", "acknowledge"),
    ops.EnterDetails: ("pairing", "details metadata"),
    ops.ConfirmMatch: ("pairing", "confirm match", "profiles"),
    ops.ValidateReview: ("pairing", "validate"),
    ops.RejectPairingRequest: ("pairing", "reject"),
    ops.UpdateCentralProfiles: ("cluster", "profile"),
    ops.ReleaseCentralCluster: ("cluster", "release"),
    ops.DeleteToken: ("token", "delete"),
    ops.Probe: ("probe",),
    ops.ConfirmPairing: ("pairing", "confirm"),
    ops.WithdrawPairing: ("pairing", "withdraw delete"),
    ops.ListTokens: ("token",),
    ops.CreateToken: ("token",),
    ops.UpdateToken: ("token", "update expiry"),
    ops.ViewToken: ("token",),
    ops.SetTokenState: ("token", "state active"),
    ops.ViewStack: ("stack",),
    ops.UpdateStack: ("stack",),
    ops.ViewManagement: ("management",),
    ops.RestoreLocalManagement: ("management",),
}
"""What theirs has to speak of, one word of each; with the others it is a cluster, or pairing."""


class Certainty(StrEnum):
    """How sure it is that an operation is one of ours."""

    FOUND = "found"
    GUESSED = "guessed"


@dataclass(frozen=True, slots=True)
class Match:
    """One of our operations and what a document has for it. `why` is for people."""

    route: Route
    document: Document
    theirs: Described
    certainty: Certainty
    why: str
    likeness: float = 1.0


def matched(
    documents: Iterable[Document], surfaces: Iterable[Surface]
) -> dict[type[Operation], Match]:
    """What the documents have for the operations of these surfaces; each of theirs once."""
    routes = routes_of(ROUTES, *surfaces)
    found: dict[type[Operation], Match] = {}
    pool = [(document, theirs) for document in documents for theirs in document.operations]
    for match in _certain(routes, pool):
        found.setdefault(match.route.operation, match)
    taken = {id(match.theirs) for match in found.values()}
    left = [(d, theirs) for d, theirs in pool if id(theirs) not in taken]
    open_routes = [route for route in routes if route.operation not in found]
    for match in sorted(_guesses(open_routes, left), key=lambda m: -m.likeness):
        if match.route.operation not in found and id(match.theirs) not in taken:
            found[match.route.operation] = match
            taken.add(id(match.theirs))
    return found


def _certain(
    routes: Sequence[Route], pool: Sequence[tuple[Document, Described]]
) -> Iterator[Match]:
    """Those with our id, then those that are asked where we ask."""
    by_id = {bare(theirs.id): (document, theirs) for document, theirs in pool if theirs.id}
    by_place = {(t.method, t.shape()): (document, t) for document, t in pool}
    for route in routes:
        there = by_place.get((route.method, route.shape()))
        named = by_id.get(bare(route.id)) or by_id.get(bare(route.operation.__name__))
        for pair, why in ((there, "it is asked there"), (named, "its id is the same")):
            if pair is not None:
                yield Match(route, *pair, Certainty.FOUND, why)


def _guesses(
    routes: Sequence[Route], pool: Sequence[tuple[Document, Described]]
) -> Iterator[Match]:
    ours = {r.operation: meanings(f"{r.operation.__name__} {r.shape()} {r.id}") for r in routes}
    theirs = [meanings(f"{t.words} {t.shape()} {_SAID_BY.get(t.method, '')}") for _, t in pool]
    weight = weights([*ours.values(), *theirs])
    for route in routes:
        rough = [overlap(ours[route.operation], words, weight) for words in theirs]
        best = sorted(range(len(pool)), key=lambda n: -rough[n])[:_LOOKED_AT]
        for n in best:
            document, candidate = pool[n]
            too_long = len(candidate.parameters()) > len(route.parameters())
            if too_long or not _speaks_of(route, theirs[n]):
                continue
            likeness = _likeness(route, document, candidate, rough[n])
            if likeness >= GUESS_MIN:
                why = f"likeness {likeness:.2f}, by its words and fields"
                yield Match(route, document, candidate, Certainty.GUESSED, why, likeness)


def _speaks_of(route: Route, theirs: frozenset[str]) -> bool:
    """Whether theirs is about the same thing at all; a verb of another kind would be a danger."""
    subject = "cluster" if "Cluster" in route.operation.__name__ else "pairing"
    needed = _SPOKEN_OF.get(route.operation, (subject,))
    return all(meanings(words) & theirs for words in needed)


def _likeness(route: Route, document: Document, theirs: Described, words: float) -> float:
    bodies = [_bodies_alike(route.request, document, theirs.request)]
    if theirs.response is not None:
        bodies += [_bodies_alike(route.response, document, theirs.response)]
    judged = [b for b in bodies if b is not None]
    method = _METHOD * (route.method == theirs.method)
    if not judged:
        return words * (1 - _METHOD) + method
    fields = _FIELDS * sum(judged) / len(judged)
    return words * (1 - _METHOD - _FIELDS) + method + fields


def _bodies_alike(
    model: type[WireModel] | None, document: Document, schema: object
) -> float | None:
    """How much two bodies share; `None` where neither side has one."""
    if model is None and schema is None:
        return None
    if model is None or not isinstance(schema, dict):
        return 0.0
    ours, theirs = _names(model), [f.way[-1] for f in document.fields(schema) if f.way[-1] != EACH]
    if not theirs:
        return 0.0
    there = {bare(name) for name in theirs}
    known = frozenset[str]().union(*map(meanings, theirs))
    hits = [1.0 if bare(name) in there else _known(name, known) for name in ours]
    return sum(hits) / len(hits) if hits else 0.0


def _known(name: str, known: frozenset[str]) -> float:
    words = meanings(name)
    return 0.7 if words and words <= known else 0.0


def _names(model: type[WireModel]) -> list[str]:
    """The names of a model's fields, without those deep below."""
    return list({way[-1]: None for way, _ in ways(shape_of(model)) if len(way) <= 3})


_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_TWO = re.compile(r"([Ll]og|[Ss]ign)[ _-]?([Ii]n|[Oo]ut|[Oo]ff|[Oo]n)(?![a-z])")
_EMPTY = frozenset("v api the a an of to for by and in with default edge mgmt spectro".split())

_ALIKE: tuple[str, ...] = (
    "pair pairing handover join enroll enrol enrollment enrolment onboard onboarding adopt adoption"
    " attach registration takeover",
    "cancel withdraw abort recall retract undo",
    "verify check test probe validate verification ping hello reachable",
    "view get show detail details info read describe fetch uid",
    "list search query find",
    "login signin session sessions authenticate auth authentication logon",
    "logout signout logoff",
    "accept approve approval grant",
    "reject deny decline refuse denial",
    "token ticket registrationtoken voucher",
    "stack profile profiles bundle blueprint template application applications",
    "management managed owner ownership mode manager",
    "delete remove destroy",
    "create add new make issue",
    "match compare comparison fit",
    "metadata meta label labels tag tags",
    "release detach unpair discharge",
    "state status phase outcome",
    "poll progress",
    "confirm acknowledge ack confirmation",
    "submit request application apply knock",
    "endpoint address url plane palette",
    "insecure skip tls unverified",
    "name title",
    "id ident identifier uid uuid serial",
    "username user login email mail emailid",
    "password pass secret passphrase",
    "message reason text note why",
    "cluster clusters spectrocluster spectroclusters",
    "expiry expires expiration until",
    "active enabled use isactive",
    "send start",
    "update replace put",
    "change patch modify edit",
)
"""Words that mean about the same."""


def _groups() -> Mapping[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for n, line in enumerate(_ALIKE):
        for word in line.split():
            found[word] = found.get(word, frozenset()) | {f"~{n}"}
    return found


_GROUP = _groups()


@lru_cache(maxsize=65_536)
def meanings(text: str) -> frozenset[str]:
    """What the words of a text mean: `pairingUid` and `handover_id` share all of it."""
    found: set[str] = set()
    for word in _WORD.findall(_TWO.sub(lambda f: f"{f[1]}{f[2].lower()}", text)):
        plain = word.lower()
        single = plain.removesuffix("s")
        if plain not in _EMPTY:
            found |= _GROUP.get(plain) or _GROUP.get(single) or {single}
    return frozenset(found)


@lru_cache(maxsize=65_536)
def bare(name: str) -> str:
    """A name without its style: `registrationToken` and `registration_token` are one."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def overlap(
    ours: frozenset[str], theirs: frozenset[str], weight: Mapping[str, float] | None = None
) -> float:
    """How much two sets of meanings share, from 0 to 1; rare ones may weigh more."""
    w = weight or {}
    shared = sum(w.get(word, 1.0) for word in ours & theirs)
    sizes = [sum(w.get(word, 1.0) for word in words) for words in (ours, theirs)]
    return shared / math.sqrt(sizes[0] * sizes[1]) if all(sizes) else 0.0


def weights(many: Iterable[frozenset[str]]) -> dict[str, float]:
    """What each meaning tells: much where few have it."""
    counts: dict[str, int] = {}
    total = 0
    for words in many:
        total += 1
        for word in words:
            counts[word] = counts.get(word, 0) + 1
    return {word: math.log(1 + total / count) for word, count in counts.items()}
