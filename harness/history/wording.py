"""Operations in the words of the procedure; a history knows them by the names of their classes.

What stands here is for people. A name that is not known here, as one of older or newer evidence, is
spelled out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final

from harness.domain.pages import TITLES, PageName
from harness.history.operation import Json, OperationRecord, Outcome

WAITS: Final = ("await_state", "stays")
"""The kinds of operations that ask another one again and again."""

NOUNS: Final[Mapping[str, str]] = {
    "AcceptPairingRequest": "the acceptance",
    "AcknowledgeWarning": "the step I understand",
    "AddMachinePool": "a new machine pool in Local UI",
    "AdvanceClock": "putting the clock forward",
    "BringUp": "the opening",
    "CancelPairingRequest": "the cancel",
    "ChangeCentralCluster": "a change of the cluster in Palette",
    "ClickLabel": "the click",
    "ConfirmArrangement": "what a person arranged",
    "ConfirmMatch": "the step Confirm of the match",
    "ConfirmPairing": "the host's confirmation",
    "CreateCluster": "a new cluster in Local UI",
    "DeleteCluster": "the deletion of the cluster in Local UI",
    "DisturbMessages": "disturbing the messages of the hosts",
    "EnterAddress": "the address of a page",
    "EnterDetails": "the step of name, description and tags",
    "FaultNextMessage": "a fault of the host's next message",
    "FillIn": "the entry",
    "GoBack": "the browser's button",
    "HearMessages": "what the sides told each other",
    "HearStrays": "what could not be understood",
    "KeepPictures": "the pictures",
    "LeavePages": "the closing of the tab",
    "ListCentralClusters": "Palette's list of clusters",
    "ListPairingRequests": "Palette's list of requests",
    "LogIn": "the login to Local UI",
    "LogInOnPage": "the login on the page",
    "LogInToPalette": "the login to Palette",
    "LogOut": "the logout from Local UI",
    "LogOutOfPalette": "the logout from Palette",
    "MatchProfiles": "the match",
    "OpenPage": "the page",
    "PasteCopied": "what was copied",
    "PatchCluster": "a patch of the cluster in Local UI",
    "PatchNamedCluster": "a patch of the named cluster in Local UI",
    "PollPairing": "the host's question",
    "PressEscape": "the key Escape",
    "Probe": "the host's probe of Palette",
    "PutProfile": "the arranged profile",
    "PutToken": "the arranged token",
    "PutUser": "the arranged user",
    "RejectPairingRequest": "the reject",
    "ReleaseCentralCluster": "the return of the cluster by Palette",
    "RemoveMachinePool": "the removal of a machine pool in Local UI",
    "RemoveNode": "the removal of a node in Local UI",
    "Reset": "a clean slate",
    "Restart": "the restart",
    "RestoreLocalManagement": "the return to local management",
    "ScaleMachinePool": "a patch of a machine pool in Local UI",
    "SeeEffect": "what came of a fault",
    "SendPairingRequest": "the send",
    "SetChecked": "the choice",
    "SetClockRight": "setting the clock right",
    "SetLink": "the host's link",
    "SetRateLimit": "the rate limit",
    "SubmitPairing": "the host's submission",
    "UpdateCentralProfiles": "a change of the cluster's profiles in Palette",
    "UpdateCluster": "a change of the cluster in Local UI",
    "UpdateClusterSettings": "a change of the cluster's settings in Local UI",
    "UpdateMachinePool": "a change of a machine pool in Local UI",
    "UpdateStack": "a change of the cluster's profiles in Local UI",
    "ValidateReview": "the step Validate",
    "VerifyConnection": "the connection check",
    "ViewCentralCluster": "the cluster in Palette",
    "ViewCluster": "the cluster in Local UI",
    "ViewClusterSettings": "the cluster's settings in Local UI",
    "ViewManagement": "who manages the host",
    "ViewPage": "the page",
    "ViewPairing": "the request in Local UI",
    "ViewPairingRequest": "the request in Palette",
    "ViewStack": "the cluster's profiles in Local UI",
    "ViewToken": "the registration token",
    "WithdrawPairing": "the host's withdrawal",
}
_VERBS: Final = {
    **dict.fromkeys(("Add", "Create", "Publish", "Put"), "the making of"),
    **dict.fromkeys(("Delete", "Forget", "Remove"), "the removal of"),
    **dict.fromkeys(("Change", "Set", "Update"), "the change of"),
    **dict.fromkeys(("List", "View"), "the look at"),
    **{"Install": "the installation of", "Renew": "the renewal of"},
}
"""How the other operations are called, by the verb with which they begin."""

_NAME: Final = re.compile(r"(?<!see how )(?<!paths\.)\b[A-Z][a-z]+(?:[A-Z][a-z]+)+\b")
_UID: Final = re.compile(r"\b[0-9a-f]{16,}\b")
_UID_SHOWN: Final = 8


def describe_kind(kind: str) -> str:
    """`SendPairingRequest` is "Send pairing request", `await_state` is "Await state"."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", kind).replace("_", " ")
    return spaced[:1].upper() + spaced[1:].lower()


def noun(kind: str) -> str:
    """An operation as a sentence speaks of it: `CancelPairingRequest` is "the cancel"."""
    verb, _, what = describe_kind(kind).partition(" ")
    if kind in NOUNS or verb not in _VERBS or not what:
        return NOUNS.get(kind, f"“{describe_kind(kind).lower()}”")
    return f"{_VERBS[verb]} {what}"


def without_names(text: str, kinds: Sequence[str]) -> str:
    """The text with these kinds of operations in words; where to look in a target file stays."""
    return _NAME.sub(lambda m: noun(m[0]) if m[0] in kinds or m[0] in NOUNS else m[0], text)


def begun(text: str) -> str:
    """The text as a sentence begins."""
    return text[:1].upper() + text[1:]


def short(text: str) -> str:
    """The text with the beginnings of its long ids, by which a reader tells them apart."""
    return _UID.sub(lambda m: f"{m[0][:_UID_SHOWN]}…", text)


def seconds(microseconds: int) -> str:
    """`5 s`, `0.3 s`, `12 ms`."""
    if microseconds < 100_000:
        return f"{microseconds / 1_000:.0f} ms"
    return f"{microseconds / 1_000_000:.1f}".removesuffix(".0") + " s"


def fields(data: Mapping[str, Json], left_out: Collection[str] = ()) -> str:
    """Plain fields and tags in a row, lists as a count; the rest is left to the evidence."""
    words = {True: "yes", False: "no"}
    telling = (
        (k, words[v] if isinstance(v, bool) else briefly(v))
        for k, v in data.items()
        if k not in left_out
    )
    return ", ".join(f"{k.replace('uid', 'id').replace('_', ' ')} {v}" for k, v in telling if v)


def briefly(value: Json) -> str:
    """A plain value, or a list as a count; empty for nothing, and for what is no plain value."""
    if isinstance(value, list):
        return str(len(value))
    if isinstance(value, dict):
        plain = all(isinstance(v, str) for v in value.values())
        return ", ".join(f"{k}={v}" for k, v in value.items()) if plain else ""
    return "" if value is None else str(value)


def why(record: OperationRecord) -> str:
    """What a refusal says, or why nothing came."""
    error = record.error or {}
    return str(error.get("message") or error.get("why") or "no reason was given")


_ENDED: Final = {
    Outcome.OK: "was acknowledged",
    Outcome.FAIL: "was refused",
    Outcome.INFO: "was not answered",
}


_FATES: Final = {
    "lost-before": "never arrives",
    "unanswered": "never arrives, and is never answered",
    "lost-after": "arrives, and its answer is lost",
    "delayed": "is delayed",
    "late": "arrives late",
    "repeated": "arrives twice",
    "repeated-late": "arrives, and once more later",
    "server-error": "is answered 500",
    "unavailable": "is answered 503",
    "rate-limited": "is answered 429",
    "garbled": "gets half an answer",
    "reworded": "gets its answer in another writing",
}


_ON_PAGES: Final = {
    "BringUp": ("bring up", "brought up"),
    "ClickLabel": ("click", "clicked"),
    "EnterAddress": ("open by address", "opened by its address"),
    "FillIn": ("fill in", "filled in"),
    "GoBack": ("press", "pressed"),
    "LeavePages": ("close", "closed"),
    "LogInOnPage": ("open", "opened"),
    "OpenPage": ("open", "opened"),
    "PasteCopied": ("paste", "pasted"),
    "PressEscape": ("press", "pressed"),
    "SetChecked": ("select", "selected"),
    "ViewPage": ("look at", "looked at"),
}
"""What a person does to something on a page: as it is asked for, and as it was done."""
_THINGS: Final = {
    "LeavePages": "the tab",
    "PasteCopied": "what was copied",
    "PressEscape": "Escape",
}
"""What is no page, of what is done there."""


def title_of(record: OperationRecord) -> str:
    """An operation as a heading: "Cancel pairing request", "Click “Pair” on Settings"; a wait by
    what it asks again and again.
    """
    polls, asked = record.args.get("polls"), record.args.get("polls_args")
    if record.kind in WAITS and isinstance(polls, str):
        record = replace(record, kind=polls, args=asked if isinstance(asked, dict) else {})
    if record.kind not in _ON_PAGES:
        return describe_kind(record.kind)
    verb, _, what = _done_on_page(record)
    return f"{begun(verb)} {what}"


def _done_on_page(record: OperationRecord) -> tuple[str, str, str]:
    """What a person does, twice, and to what."""
    args, (verb, done) = record.args, _ON_PAGES[record.kind]
    page = str(args.get("page") or "")
    title = TITLES[PageName(page)] if page in TITLES else page
    what = f"the page “{title}”" if title else "the page"
    if label := args.get("profile") or args.get("label"):
        what = f"“{label}”{f' on {title}' if title else ''}"
        if args.get("checked") is False:
            verb, done = f"de{verb}", f"de{done}"
    elif record.kind == "GoBack":
        what = f"the browser's {'forward' if args.get('forward') else 'back'} button"
    elif not page:
        what = _THINGS.get(record.kind, what)
    return verb, done, what


def happened(record: OperationRecord) -> str:
    """What an operation came to, in a clause: "the cancel was acknowledged"."""
    args = record.args
    if record.kind in _ON_PAGES:
        _, done, what = _done_on_page(record)
        could = "could not be" if record.outcome is Outcome.FAIL else "was"
        unknown = ", with an unknown end" if record.outcome is Outcome.INFO else ""
        return f"{what} {could} {done}{unknown}"
    if record.outcome is Outcome.OK and (told := _befallen(record.kind, args)):
        return told
    ended = _ENDED[record.outcome]
    if record.outcome is Outcome.OK and record.kind.startswith(("View", "List")):
        ended = "was shown"
    if record.outcome is Outcome.OK and record.kind.startswith(("See", "Hear")):
        ended = "was told"
    return f"{noun(record.kind)} {ended}"


def _befallen(kind: str, args: Mapping[str, Json]) -> str:
    """What somebody who arranges has brought about; empty where it is done as all else."""
    match kind:
        case "SetLink":
            return f"the host's link was {'set up' if args.get('up') else 'cut'}"
        case "Restart":
            return f"{side(args.get('side'))} was restarted"
        case "AdvanceClock":
            back = isinstance(by := args.get("by"), int) and by < 0
            return f"the clock of {side(args.get('side'))} was put {'back' if back else 'forward'}"
        case "SetNodeHealth":
            return f"node {args.get('node')} was made {str(args.get('health')).lower()}"
        case "SetClusterState":
            return f"the cluster was put into the state {args.get('state')}"
        case "SetHostMode":
            return f"the host was put under {args.get('mode')} management"
        case "DisturbMessages":
            return "the messages of the hosts were disturbed"
        case "FaultNextMessage":
            fate = _FATES.get(str(args.get("fault")), f"is to be {args.get('fault')}")
            which = f"next {args.get('message')} message"
            if isinstance(times := args.get("times"), int) and times > 1:
                which = f"next {times} {args.get('message')} messages, each"
            return f"the host's {which} {fate}"
    return ""


def side(name: Json) -> str:
    """`central` is "Palette"."""
    return "the edge" if name == "edge" else "Palette"


_LOOKS: Final = ("View", "List", "LogIn", "See", "Hear", "Probe", "Confirm", "Poll")


def since(before: Sequence[OperationRecord], at: int) -> str:
    """How long after the last thing that was done this is, with a blank in front; empty if nothing
    was, among what came `before` it.
    """
    done = [o for o in before if o.kind not in WAITS and not o.kind.startswith(_LOOKS)]
    done = [o for o in done if o.end is not None and o.end <= at and not _prepares(o)]
    if not done:
        return ""
    last = max(done, key=lambda o: o.end or 0)
    return f" {seconds(at - (last.end or at))} after {happened(last)}"


def _prepares(record: OperationRecord) -> bool:
    """Whether it is no deed of the story, but what stands around it."""
    return record.kind.startswith(
        ("Install", "Put", "Create", "Add", "Renew", "Set", "Remove", "Keep")
    ) and not (record.kind == "SetChecked" or _befallen(record.kind, record.args))


def counted(count: int, one: str, many: str = "") -> str:
    """`1 host`, `2,000 hosts`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
