"""How alike two names are, whatever style they are written in."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

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
