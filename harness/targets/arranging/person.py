"""The way by a person, who is asked on the terminal itself, in plain sentences."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from harness.domain import arrangements
from harness.domain.cluster import Cluster
from harness.domain.permission import TENANT, NamedGrant
from harness.domain.profile import ClusterProfile
from harness.targets.arranging.adopting import adopted
from harness.targets.port import CannotArrange, Confirmation
from harness.wire.http import INSTEAD

TOLD_SECRETS = (arrangements.PutUser, arrangements.PutToken)
"""What a person cannot confirm: the target makes the secret, and nobody types one in here."""


Ask = Callable[[str], str]
"""Asks a person something and waits for the answer, which is without the end of its line. Raises
`EOFError`: nobody is there any more."""


class PersonArranger:
    """Asks a person, the `operator`, to bring about what is needed, and waits."""

    name = "person"

    def __init__(self, ask: Ask | None, operator: str = "") -> None:
        """`ask` is `None` where nobody is there to be asked."""
        self._ask = ask
        self.operator = operator
        self._confirmed: Confirmation | None = None

    def attend(self, ask: Ask, operator: str = "") -> None:
        """From now on somebody is there; `operator` is their name, if it is known."""
        self._ask, self.operator = ask, operator or self.operator

    def confirmation(self) -> Confirmation | None:
        """What was confirmed since this was asked last."""
        confirmed, self._confirmed = self._confirmed, None
        return confirmed

    def cannot(self, kind: type[arrangements.Arrangement]) -> str:
        """Whether nobody is there, or it is nothing for a person."""
        if self._ask is None:
            return "nobody is asked: run with --interactive"
        if kind in TOLD_SECRETS:
            return "it needs a secret of the target's, which nobody types in here"
        return ""

    def arrange(self, arrangement: arrangements.Arrangement) -> arrangements.Arrangement:
        what = type(arrangement).__name__
        if self._ask is None or type(arrangement) in TOLD_SECRETS:
            raise CannotArrange(what, self.cannot(type(arrangement)))
        asked = f"{_safe(sentence(arrangement))}\nThen press Enter (s = it cannot be done): "
        try:
            while not self.operator:
                self.operator = _safe(self._ask("Your name, for the record: ")).strip()
            answer = self._ask(asked).strip().lower()
        except EOFError as error:
            raise CannotArrange(what, "the person who was asked is gone") from error
        if answer:
            told = "cannot be done" if answer == "s" else f"not confirmed: {answer!r:.60}"
            raise CannotArrange(what, f"{self.operator} says: {told}")
        came = self._with_uid(arrangement)
        self._confirmed = Confirmation(self.operator, _safe(sentence(arrangement)))
        return came

    def seen(self, arrangement: arrangements.Arrangement) -> None: ...

    def _with_uid(self, arrangement: arrangements.Arrangement) -> arrangements.Arrangement:
        """What was made has the uid that the target gave it; it is asked for."""
        uid = _uid_of(arrangement)
        if not uid or self._ask is None:
            return arrangement
        try:
            other = _safe(self._ask(f"Its uid (Enter if it is {uid}): ")).strip()
        except EOFError:
            other = ""
        return adopted(arrangement, {"uid": other}, self.operator) if other else arrangement


def _uid_of(arrangement: arrangements.Arrangement) -> str:
    """The uid of what a person makes; empty where nothing is made."""
    match arrangement:
        case arrangements.CreateProject(uid) | arrangements.InstallCluster(cluster=Cluster(uid)):
            return uid
        case arrangements.PutProfile(profile):
            return profile.uid
    return ""


def _safe(text: str) -> str:
    """A text that does nothing to a terminal, whatever is in it."""
    return "".join(c if c.isprintable() else "?" for c in text)


def terminal_asker(
    quiet: Callable[[], AbstractContextManager[None]] = nullcontext,
    terminal: Path = Path("/dev/tty"),
) -> Ask | None:
    """What asks on the controlling terminal, as output is captured, and a progress bar may be
    drawn; while `quiet` lasts, nobody else draws there. `None` where this process has none.
    """

    def ask(text: str) -> str:
        with quiet(), terminal.open("r+b", buffering=0) as stream:
            # What a progress bar has drawn on this line goes away.
            stream.write(b"\r\x1b[2K" + text.encode())
            answer = bytearray()
            while not answer.endswith(b"\n"):
                read = stream.read(1)
                if not read:
                    raise EOFError
                answer += read
        return answer.decode("utf-8", "replace").rstrip("\r\n")

    try:
        with terminal.open("r+b", buffering=0):
            return ask
    except OSError:
        return None


_SIDE = {arrangements.Side.EDGE: "the edge hosts", arrangements.Side.CENTRAL: "Palette"}
_MESSAGE = {
    arrangements.MessageKind.PROBE: "check of the connection",
    arrangements.MessageKind.SUBMIT: "pairing request",
    arrangements.MessageKind.POLL: "question what became of the request",
    arrangements.MessageKind.CONFIRM: "confirmation of the pairing",
    arrangements.MessageKind.WITHDRAW: "withdrawal of the request",
}
_FATE = {
    arrangements.MessageFault.LOST_BEFORE: "is lost before it arrives",
    arrangements.MessageFault.UNANSWERED: "is lost, and its connection stays as it is",
    arrangements.MessageFault.LOST_AFTER: "arrives, and its answer is lost",
    arrangements.MessageFault.DELAYED: "is late",
    arrangements.MessageFault.LATE: "is not answered, and arrives when the link is set up",
    arrangements.MessageFault.REPEATED: "arrives twice",
    arrangements.MessageFault.REPEATED_LATE: "arrives, and again when the link is set up",
    arrangements.MessageFault.REWORDED: "arrives, and is answered in another writing",
    **{
        fault: f"is answered with the status {answer.status} and has no effect"
        for fault, answer in INSTEAD.items()
    },
}


def sentence(arrangement: arrangements.Arrangement) -> str:
    """What to bring about, in plain words.

    Raises:
        KeyError: there is no sentence for this kind.
    """
    match arrangement:
        case arrangements.InstallCluster(slot, None):
            return f"Remove the cluster from the hosts of slot {slot}, so that they have none."
        case arrangements.InstallCluster(slot, Cluster() as cluster):
            return f"Install a fresh, unpaired cluster in slot {slot}: {_described(cluster)}."
        case arrangements.RenewCluster(slot):
            return f"Put the cluster of slot {slot} back as it was: fresh and unpaired."
        case arrangements.SetHostMode(slot, mode):
            return f"Bring the hosts of slot {slot} into {mode.value} management mode."
        case arrangements.SetClusterState(slot, state):
            return f"Bring the cluster in slot {slot} into the state {state.value}."
        case arrangements.SetNodeHealth(slot, node, health):
            return f"Make node {node} of the cluster in slot {slot} {health.value.lower()}."
        case arrangements.SetLink(host, up):
            return (
                f"Let host {host} reach Palette again."
                if up
                else f"Cut host {host} off from Palette, so that Local UI still answers."
            )
        case arrangements.FaultNextMessage(host, message, fault, delay, times):
            late = f" by {delay / 1_000_000:g} s" if delay else ""
            told = f"the next {_MESSAGE[message]} from host {host} to Palette"
            others = f" So for the next {times} of them." if times > 1 else ""
            return f"See to it that {told} {_FATE[fault]}{late}.{others}"
        case arrangements.DisturbMessages(host, before, after, slowed, answered, answer, half_open):
            what = f"{answer.value}" if answer else "one or another error"
            mute = ", and none that arrives is ever answered" if half_open else ""
            return (
                f"Disturb the messages of host {host} and its cluster: {before / 10_000:g} % are"
                f" lost on the way, {after / 10_000:g} % of the answers are lost,"
                f" {answered / 10_000:g} % are answered on the way ({what}), all take"
                f" {slowed} times as long{mute}."
            )
        case arrangements.AdvanceClock(side, by):
            way = "forward" if by >= 0 else "back"
            return f"Put the clock of {_SIDE[side]} {way} by {abs(by) / 1_000_000:g} s."
        case arrangements.SetClockRight(side):
            return f"Set the clock of {_SIDE[side]} right."
        case arrangements.Restart(side):
            return f"Stop {_SIDE[side]}, start again, and wait until it answers."
        case arrangements.SetRateLimit(calls, after):
            told = f"Let Palette answer its next {calls} calls with 429 and Retry-After: {after}"
            return f"{told}." if calls else "Let Palette answer without a limit of its rate."
        case arrangements.Reset():
            return "Remove everything from Palette and from the edge hosts."
        case arrangements.CreateProject(uid, name):
            return f"Create a project {name!r} (uid {uid}) in Palette."
        case arrangements.ForgetProject(uid):
            return f"Delete the project {uid} in Palette with all that is in it."
        case arrangements.PutUser():
            return _user(arrangement)
        case arrangements.RemoveUser(email):
            return f"Delete the user {email} in Palette."
        case arrangements.PutToken(token):
            active = "active" if token.active else "deactivated"
            project = f"for project {token.project_uid}" if token.project_uid else "for no project"
            expires = "which never expires"
            if token.expiry is not None:
                expires = f"which expires at {token.expiry // 1_000_000} (seconds since 1970)"
            return (
                f"Let there be a registration token {token.name!r} (uid {token.uid}) {project},"
                f" {active}, {expires}."
            )
        case arrangements.RemoveToken(uid):
            return f"Delete the registration token {uid} in Palette."
        case arrangements.PutProfile(profile):
            return _profile(profile)
        case arrangements.RemoveProfile(uid):
            return f"Delete the cluster profile {uid} in Palette."
    raise KeyError(type(arrangement).__name__)


def _user(user: arrangements.PutUser) -> str:
    by_scope: dict[str, list[str]] = {}
    named = user.named or {NamedGrant(g.permission.value, g.scope) for g in user.grants}
    for grant in sorted(named, key=lambda g: (g.scope, g.name)):
        scope = "the tenant" if grant.scope == TENANT else f"project {grant.scope}"
        by_scope.setdefault(scope, []).append(grant.name)
    rights = "; ".join(f"{', '.join(p)} in {scope}" for scope, p in by_scope.items())
    told = f"with just these permissions on pairing requests: {rights or 'none'}"
    more = ", who may create registration tokens" if user.tenant_admin else ""
    return f"Let there be a user {user.email} in Palette {told}{more}."


def _profile(profile: ClusterProfile) -> str:
    versions = "; ".join(
        f"version {edition.version}{'' if edition.published else ' (a draft)'} with"
        f" {', '.join(map(str, edition.packs))}"
        for edition in profile.editions
    )
    where = f"in project {profile.project_uid}" if profile.project_uid else "in the tenant"
    told = f"Let there be a cluster profile {profile.name!r} (uid {profile.uid}) {where}"
    return f"{told}, of the type {profile.type.value}: {versions}."


def _described(cluster: Cluster) -> str:
    control = sum(len(p.nodes) for p in cluster.pools if p.control_plane)
    workers = sum(len(p.nodes) for p in cluster.pools if not p.control_plane)
    packs = ", ".join(str(pack) for profile in cluster.stack for pack in profile.packs)
    return (
        f"name {cluster.name!r}, control plane nodes: {control}, workers: {workers}, packs: {packs}"
    )
