"""Which operation of a document is which of ours: by its id, by where it is asked, by its words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from harness.domain.operations import Operation, Surface
from harness.targets.drafting.openapi import Described, Document
from harness.wire.routes import ROUTES, Route, routes_of

_SAID_BY: Final = {"DELETE": "delete", "GET": "view"}
"""What a method says, where it says as much as a word."""
_READING: Final = "view list poll verify match probe"
"""The words of ours that a GET may be."""


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
    """What the documents have for the operations of these surfaces; each of theirs once, unless two
    of ours are asked there.
    """
    routes = routes_of(ROUTES, *surfaces)
    pool = [(document, theirs) for document in documents for theirs in document.operations]
    found: dict[type[Operation], Match] = {}
    for match in _certain(routes, pool):
        found.setdefault(match.route.operation, match)
    taken = {id(match.theirs) for match in found.values()}
    for match in sorted(_guesses(routes, pool), key=lambda match: -match.likeness):
        if match.route.operation not in found and id(match.theirs) not in taken:
            found[match.route.operation] = match
            taken.add(id(match.theirs))
    return found


def _certain(routes: Sequence[Route], pool: Sequence[tuple[Document, Described]]) -> list[Match]:
    """Those that are asked where we ask, and those with our id."""
    by_id = {bare(theirs.id): (document, theirs) for document, theirs in pool if theirs.id}
    by_place = {(t.method, t.shape()): (document, t) for document, t in pool}
    found = []
    for route in routes:
        there = by_place.get((route.method, route.shape()))
        named = by_id.get(bare(route.id)) or by_id.get(bare(route.operation.__name__))
        for pair, why in ((there, "it is asked there"), (named, "its id is the same")):
            found += [Match(route, *pair, Certainty.FOUND, why)] if pair is not None else []
    return found


def _guesses(routes: Sequence[Route], pool: Sequence[tuple[Document, Described]]) -> list[Match]:
    """Those that speak of all that ours is called by; a verb of another kind would be a danger."""
    reading, found = meanings(_READING), []
    for document, theirs in pool:
        said = meanings(f"{theirs.words} {theirs.shape()} {_SAID_BY.get(theirs.method, '')}")
        for route in routes:
            ours = meanings(route.operation.__name__)
            fits = len(theirs.parameters()) <= len(route.parameters())
            if fits and ours <= said and (theirs.method != "GET" or ours & reading):
                whole = ours | meanings(f"{route.summary} {route.shape()}")
                like, why = len(whole & said) / len(whole | said), "it speaks of the same"
                found.append(Match(route, document, theirs, Certainty.GUESSED, why, like))
    return found


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
    "connection connectivity reach",
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
