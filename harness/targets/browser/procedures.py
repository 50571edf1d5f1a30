"""Operations that a page has, done on it as the document says: send, cancel, reject, accept.

What a page cannot take goes over the API: `None` stands for that, and nothing was changed then.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import pairwise

from harness.domain import operations as ops
from harness.domain import page_actions as actions
from harness.domain.errors import Reason, Refusal, Refused
from harness.domain.pages import PageName
from harness.history.page_tree import page_tree
from harness.targets.browser.visit import BrowserVisit

SETTINGS, DETAILS, REVIEW = PageName.SETTINGS, PageName.DETAILS, PageName.REVIEW
_CANCEL = "Cancel Pairing Request"
_MODE = "Centrally Managed"
_PAIRING_ID = "Pairing ID"


def is_on_pages(operation: ops.Operation, profiles: Mapping[str, str]) -> bool:
    """Whether a page takes all that an operation says; `profiles` are names of profiles by uid."""
    match operation:
        case ops.SendPairingRequest(insecure=insecure):
            return not insecure
        case ops.AcceptPairingRequest(selection=selection):
            names = [profiles.get(chosen.uid, "") for chosen in selection]
            is_plain = all(names) and not any(chosen.version for chosen in selection)
            return is_plain and len(set(names)) == len(names)
        case ops.CancelPairingRequest() | ops.RejectPairingRequest():
            return True
    return False


def carry_out(
    operation: ops.Operation, visit: BrowserVisit, profiles: Mapping[str, str]
) -> ops.Reply | None:
    """Do it on the pages; what came of it, as far as they show. Raises as `BrowserVisit.do`."""
    # What is behind a menu tells nothing: that may be there at all times.
    waits = _PAIRING_ID if visit.is_behind(SETTINGS, _CANCEL) else _CANCEL
    match operation:
        case ops.SendPairingRequest(endpoint, token):
            _do(visit, actions.sends(endpoint, token))
            if visit.comes_to_show(SETTINGS, waits):
                return ops.Done(ops.PairingId(_shown_id(visit)))
            return _refused(visit)
        case ops.CancelPairingRequest():
            _do(visit, [actions.OpenPage(SETTINGS), actions.ClickLabel(SETTINGS, _CANCEL)])
            is_gone = visit.comes_to_show(SETTINGS, waits, there=False)
            # It goes as well once the cluster is paired, and then there is nothing to choose.
            if is_gone and visit.comes_to_show(SETTINGS, _MODE):
                return ops.Done(ops.Acknowledged(""))
            return _refused(visit)
        case ops.RejectPairingRequest(pairing_uid):
            _do(visit, actions.leads_to(PageName.REQUESTS))
            _do(visit, [actions.ClickLabel(PageName.REQUESTS, "Reject", pairing_uid)])
            if visit.stops_saying(pairing_uid):
                return ops.Done(ops.Acknowledged(""))
            return _refused(visit)
        case ops.AcceptPairingRequest(pairing_uid, selection):
            names = tuple(profiles[chosen.uid] for chosen in selection)
            _do(visit, actions.leads_to(DETAILS, pairing_uid))
            if not _takes_details(visit, operation):
                return None
            for page in actions.WIZARD[actions.WIZARD.index(DETAILS) :]:
                _do(visit, actions.leads_on(page, pairing_uid, names))
            if visit.comes_to_show(REVIEW, "Pair cluster", there=False):
                return ops.Done(ops.Accepted(""))
            return _refused(visit)
    return None


def _do(visit: BrowserVisit, steps: Iterable[actions.BrowserAction]) -> None:
    for action in steps:
        visit.do(action)


def _takes_details(visit: BrowserVisit, operation: ops.AcceptPairingRequest) -> bool:
    """Enter name and description where they differ. Tags have a form of their own on each page:
    the page takes those that it shows already.
    """
    if operation.tags is not None and not are_just(operation.tags, visit.entry(DETAILS, "Tags")):
        return False
    for label, text in (("Name", operation.name), ("Description", operation.description)):
        if text is not None and visit.entry(DETAILS, label) != text:
            visit.do(actions.FillIn(DETAILS, label, text=text))
    return True


def are_just(tags: Mapping[str, str], entry: str) -> bool:
    """Whether an entry has all of these tags, however they are put together, and nothing else."""
    texts = sorted((text for tag in tags.items() for text in tag if text), key=len, reverse=True)
    for text in texts:
        before, found, after = entry.partition(text)
        if not found:
            return False
        entry = f"{before} {after}"
    return not re.search(r"\w", entry)


def _shown_id(visit: BrowserVisit) -> str:
    """What stands after the label of the Pairing ID, on its line or as the next text."""
    texts = [" ".join(text.split()) for text in page_tree(visit.view().snapshot).texts()]
    names = "|".join(map(re.escape, visit.names(SETTINGS, _PAIRING_ID)))
    alone = re.compile(rf"(?:{names})\s*:?", re.IGNORECASE)
    for text, following in pairwise(texts):
        if alone.fullmatch(text):
            return following
    # On one line with its label; a word of an explanation has no digit.
    line = re.compile(rf"(?:{names})\s*:?\s*(?P<id>\S*\d\S*)", re.IGNORECASE)
    for found in filter(None, map(line.match, texts)):
        return found["id"]
    raise Refusal(Reason.NOT_FOUND, f"the page Settings shows no {_PAIRING_ID}")


def _refused(visit: BrowserVisit) -> ops.Reply:
    """What the page says in an alert; without one, nobody knows."""
    alerts = [node for node in page_tree(visit.view().snapshot).every() if node.role == "alert"]
    told = " ".join(alert.says() for alert in alerts)
    if told:
        return Refused(Reason.INVALID_INPUT, told)
    return ops.Unknown(f"the page {visit.url} does not show what came of it")
