"""Planted defects that show where a body is written otherwise than our codec writes it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from unicodedata import normalize

from harness.domain import operations as ops
from harness.domain.pairing import RequestState
from harness.domain.token import RegistrationToken
from harness.reference.behaviour import Behaviour
from harness.reference.changed_answers import Pairs, read_as
from harness.reference.core.central import CentralCall, CentralCore
from harness.reference.core.records import CentralCluster, LoginSession, PairingRequest, User
from harness.reference.planting import Wire, mutant, name_of, plant, sentence_of

_THEN = " then "
"""What stands between two texts of one key, for a core that goes by both."""


def _palette(breaks: str, read: Callable[[Pairs], Any]) -> Callable[[type], type]:
    """Declare the decorated core a mutant that gets bodies which are read so."""

    def declare(core: type) -> type:
        behaviour = Behaviour(make_central=core, wrap_palette=read_as(read))
        plant(name_of(core), breaks, sentence_of(core), behaviour)
        return core

    return declare


# --- keys that stand there twice ------------------------------------------------------------------
def _both(pairs: Pairs) -> dict[str, Any]:
    """The first and the last text of a key that stands there twice."""
    read: dict[str, Any] = {}
    for key, value in pairs:
        differs = isinstance(value, str) and read.get(key, value) != value
        read[key] = f"{read[key]}{_THEN}{value}" if differs else value
    return read


def _both_in_any_case(pairs: Pairs) -> dict[str, Any]:
    """What stands under a key as it is published, and then under one with a capital."""
    own = {key: value for key, value in pairs if not key[:1].isupper()}
    usual = {key.lower(): key for key in own}
    others = [(usual.get(k.lower(), k), value) for k, value in pairs if k[:1].isupper()]
    return _both([*own.items(), *others])


@_palette("PRE-4", _both)
class FirstTokenIsCheckedAndTheLastUsed(CentralCore):
    """Of a token that stands there twice, the first is checked, and the last admits."""

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        first, _, last = value.partition(_THEN)
        checked = super().usable_token(first, now)
        return next(self.store.find(RegistrationToken, "value", last), checked)


@_palette("ACC-7", _both_in_any_case)
class ProfileInAnotherCaseIsNotMatched(CentralCore):
    """The profile under the key as published is matched, and that under a capital one pairs."""

    def require_match(self, request: PairingRequest, selection: ops.Selected) -> None:
        super().require_match(request, self._each(selection, 0))

    def accepted_cluster(
        self, uid: str, request: PairingRequest, operation: ops.AcceptPairingRequest
    ) -> CentralCluster:
        last = replace(operation, selection=self._each(operation.selection, -1))
        return super().accepted_cluster(uid, request, last)

    def _each(self, selection: ops.Selected, which: int) -> ops.Selected:
        return tuple(replace(one, uid=one.uid.split(_THEN)[which]) for one in selection)


def _added_up(pairs: Pairs) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for key, value in pairs:
        more = isinstance(value, list) and key in read
        read[key] = read[key] + value if more else value
    return read


plant(
    "lists_of_a_key_are_added_up",
    "ACC-24",
    "Of a key that stands there twice, both lists are taken together.",
    Behaviour(wrap_palette=read_as(_added_up)),
)


# --- what is left out, and what nobody has asked for ----------------------------------------------
def _written_out(pairs: Pairs) -> dict[str, Any]:
    return {key: "None" if (key, value) == ("registryUid", None) else value for key, value in pairs}


plant(
    "null_is_a_text",
    "ACC-24",
    "A registry that is null is one of that name, and no registry is another.",
    Behaviour(wrap_palette=read_as(_written_out)),
)


def _noting_the_state(pairs: Pairs) -> dict[str, Any]:
    read: dict[str, Any] = dict(pairs)
    if "status" in read and isinstance(read.get("spec"), dict):
        read["spec"]["stylusAgentVersion"] = _THEN
    return read


@_palette("ACC-24", _noting_the_state)
class StatusOfASubmissionIsBelieved(CentralCore):
    """A submission that brings its own status along is in the state that it says."""

    def submit(self, operation: ops.SubmitPairing, call: CentralCall) -> ops.PairingId:
        made = super().submit(operation, call)
        request = self.store.get(PairingRequest, made.pairing_uid)
        if request is not None and operation.agent_version == _THEN:
            self.store.put(replace(request, state=RequestState.PAIRED))
        return made


# --- order, tags, times ---------------------------------------------------------------------------
@mutant("ACC-24", wire=Wire.HTTP)
class FirstProfileIsTheInfraProfile(CentralCore):
    """Of a stack, the first profile is taken for its infra or full one; another is overlooked."""

    def submit(self, operation: ops.SubmitPairing, call: CentralCall) -> ops.PairingId:
        stack = operation.cluster.stack
        kept = tuple(p for p in stack if p is stack[0] or not p.type.is_base)
        return super().submit(
            replace(operation, cluster=replace(operation.cluster, stack=kept)), call
        )


def _by_tag(pairs: Pairs) -> dict[str, Any]:
    read = dict(pairs)
    return {**read, "version": read["tag"]} if "layer" in read and read.get("tag") else read


plant(
    "tag_is_taken_for_the_version",
    "ACC-7",
    "A pack that has a tag is matched by that, whatever its version is.",
    Behaviour(wrap_palette=read_as(_by_tag)),
)


_OFFSET = re.compile(r"(?<=T)(\d\d:\d\d:\d\d(?:\.\d+)?)[+-]\d\d:\d\d")


def _without_offsets(pairs: Pairs) -> dict[str, Any]:
    return {k: _OFFSET.sub(r"\1Z", v) if isinstance(v, str) else v for k, v in pairs}


plant(
    "offset_of_a_time_is_dropped",
    "PRE-4",
    "The offset of a time is not read: what stands before it is taken for UTC.",
    Behaviour(wrap_palette=read_as(_without_offsets)),
)


# --- what hosts read ------------------------------------------------------------------------------
_STATE = re.compile(rb'"state"\s*:\s*"(\w+)"')


def _first_state(body: bytes) -> bytes:
    """An answer as whoever reads it that looks for the first state in it."""
    found = _STATE.findall(body)
    return _STATE.sub(b'"state":"%b"' % found[0], body) if found else body


plant(
    "first_state_in_an_answer_counts",
    "INV-9",
    "A host goes by the first state that stands in an answer, whatever it is the state of.",
    Behaviour(hears=_first_state),
)


# --- who looks like somebody else -----------------------------------------------------------------
@mutant("PRE-8")
class LoginIsOfWhoLooksAlike(CentralCore):
    """A login is that of the first user whose address looks like the one that was entered."""

    def log_in(self, operation: ops.LogInToPalette, call: CentralCall) -> ops.Session:
        session = super().log_in(operation, call)
        looks = _looks(operation.email)
        alike = (user for user in self.store.every(User) if _looks(user.email) == looks)
        login = self.store.get(LoginSession, session.token)
        if login is not None:
            self.store.put(replace(login, subject=next(alike).email))
        return session


def _looks(email: str) -> str:
    return normalize("NFKC", email).casefold()
