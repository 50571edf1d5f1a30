"""What pages show, asked of their accessibility trees: predicates for waits, and checks on them.

Elements are given as data (roles, names), so that whoever judges
again needs no target file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from harness.catalogue.verdict import Verdict
from harness.checkers.answers import held
from harness.checkers.registry import Finding, check, failed, passed, says, unjudged
from harness.domain.pages import LABELS, PageName
from harness.history.operation import History, Json, OperationRecord, Outcome
from harness.history.page_tree import PageNode, page_tree
from harness.history.predicates import Sample, described, expectation, predicate
from harness.history.wording import begun, happened, why


def _tree(sample: Sample) -> PageNode:
    return page_tree(str(sample.value.get("snapshot", "")))


def _plain(text: str) -> str:
    return " ".join(text.split())


def is_element(node: PageNode, element: Mapping[str, Json]) -> bool:
    """Whether a node has one of the roles and one of the names; small and capital letters are the
    same, and a sign at the end of a name does not count.
    """
    roles, names = _list(element, "roles"), _list(element, "names")
    wanted = {_plain(name).casefold() for name in names}
    own = (node.name,) if "text" not in roles else (node.name, node.text)
    is_named = any(_plain(each).rstrip(":* ").casefold() in wanted for each in own if each)
    return is_named and (node.role in roles or "text" in roles)


def _list(data: Mapping[str, Json], name: str) -> list[str]:
    found = data.get(name)
    return list(map(str, found)) if isinstance(found, list) else []


def _elements(sample: Sample, element: Mapping[str, Json]) -> list[PageNode]:
    return _elements_in([_tree(sample)], element)


def _is_there(sample: Sample) -> bool:
    """Whether a page was seen at all, on which anything could stand."""
    return sample.outcome is Outcome.OK and bool(_tree(sample).nodes)


# --- what a wait looks for ------------------------------------------------------------------------


@predicate("the page shows {element}", "the page {still}does not show {element}")
def page_shows(sample: Sample, *, element: dict[str, Json]) -> bool:
    """The page shows it, open or closed. A text may have what it is about after it, on one line."""
    return bool(_elements(sample, element)) or _stands_as_text(sample, element)


def _stands_as_text(sample: Sample, element: Mapping[str, Json]) -> bool:
    """Whether it is a text that stands by itself, or begins a line that says more."""
    if "text" not in _list(element, "roles"):
        return False
    if set(_list(element, "names")) & set(_list(sample.value, "alone")):
        return True
    names = "|".join(re.escape(_plain(name)) for name in _list(element, "names"))
    begins = re.compile(rf"(?:{names})\s*:?\s+\S", re.IGNORECASE)
    return any(begins.match(_plain(text)) for text in _tree(sample).texts())


@predicate("the page does not show {element}", "the page {still}shows {element}")
def page_does_not_show(sample: Sample, *, element: dict[str, Json]) -> bool:
    """The page is there, and does not show it."""
    return _is_there(sample) and not _elements(sample, element)


@predicate("the page offers {element}", "the page {still}does not offer {element}")
def page_offers(sample: Sample, *, element: dict[str, Json]) -> bool:
    """The page shows it, and it is not closed."""
    return any("disabled" not in node.states for node in _elements(sample, element))


@predicate("the page does not offer {element}", "the page {still}offers {element}")
def page_does_not_offer(sample: Sample, *, element: dict[str, Json]) -> bool:
    """The page is there, and it is closed or not there."""
    return _is_there(sample) and not page_offers(sample, element=element)


def _quoted(texts: Iterable[object], between: str = ", ") -> str:
    return between.join(f"“{text}”" for text in texts)


def _missing(sample: Sample, texts: Sequence[str]) -> list[str]:
    """Which of these do not stand on the page, whole."""
    said = _plain(_tree(sample).says())
    return [text for text in texts if not _stands(_plain(text), said)]


def _said(sample: Sample, texts: Sequence[str]) -> list[str]:
    """Which of these stand on the page, be it within a word."""
    said = _plain(_tree(sample).says())
    return [text for text in texts if _plain(text) in said]


@predicate(
    "the page says {all}",
    "the page {still}does not say {missing}",
    lambda sample, texts: {"all": _quoted(texts), "missing": _quoted(_missing(sample, texts))},
)
def page_says(sample: Sample, *, texts: list[str]) -> bool:
    """Each of these stands on the page, whole."""
    return _is_there(sample) and not _missing(sample, texts)


@predicate(
    "the page does not say {any}",
    "the page {still}says {said}",
    lambda sample, texts: {"any": _quoted(texts, " or "), "said": _quoted(_said(sample, texts))},
)
def page_does_not_say(sample: Sample, *, texts: list[str]) -> bool:
    """The page is there, and none of these stands on it."""
    return _is_there(sample) and not _said(sample, texts)


def _news(sample: Sample, before: Sequence[str]) -> list[str]:
    """What the page says and did not say before; what stands in a field is no part of it."""
    nodes = (node for node in _tree(sample).every() if not node.nodes and node.role not in _FIELDS)
    return [text for node in nodes for text in node.texts() if text not in before]


def _news_words(
    sample: Sample, *, before: list[str], words: list[str], not_words: list[str]
) -> Mapping[str, str]:
    news = _news(sample, before)
    repeated = [w for w in not_words if w.casefold() in _plain(" ".join(news)).casefold()]
    lacking = f" with none of {_quoted(words)} in it" if words and not repeated else ""
    return {
        "wanted": f" that has {_quoted(words, ' or ')} in it" if words else "",
        "without": f", and nothing that has {_quoted(not_words, ' or ')}" if not_words else "",
        "news": _quoted(repeated or [_plain(t) for t in news]) + lacking if news else "nothing new",
    }


@predicate(
    "the page has come to say something new{wanted}{without}",
    "the page {still}says {news}",
    _news_words,
)
def page_has_come_to_say(
    sample: Sample, *, before: list[str], words: list[str], not_words: list[str]
) -> bool:
    """What the page says and did not say before has one of these words, or anything where there
    are none, and it repeats none of those. What stands in a field is what somebody entered.
    """
    said = _plain(" ".join(_news(sample, before))).casefold()
    is_told = any(word.casefold() in said for word in words) if words else bool(said)
    return is_told and not any(word.casefold() in said for word in not_words)


_FIELDS = ("textbox", "combobox", "searchbox")


@predicate(
    "one sentence of the page has {words}",
    "no sentence of the page has {words}",
    lambda sample, ways: {"words": ", or ".join(_quoted(words, " and ") for words in ways)},
)
def page_warns(sample: Sample, *, ways: list[list[str]]) -> bool:
    """One sentence of the page has all words of one of these ways to say it."""
    sentences = [
        sentence.casefold()
        for node in _tree(sample).every()
        for sentence in re.split(r"[.!?](?:\s|$)", _plain(node.says()))
    ]
    return any(
        all(_plain(word).casefold() in sentence for word in words)
        for words in ways
        for sentence in sentences
    )


def _field_words(sample: Sample, *, element: dict[str, Json], text: str) -> Mapping[str, str]:
    held = [_quoted(filter(None, [_plain(n.text)])) for n in _elements(sample, element)]
    wanted = f"“{text}”" if text else "nothing"
    seen = f"holds {' and '.join(h or 'nothing' for h in held)}, in place of {wanted}"
    return {"wanted": wanted, "seen": seen if held else "is missing"}


@predicate(
    "on the page, {element} holds {wanted}", "on the page, {element} {still}{seen}", _field_words
)
def field_holds(sample: Sample, *, element: dict[str, Json], text: str) -> bool:
    """A field of the page has just this in it."""
    return any(_plain(node.text) == _plain(text) for node in _elements(sample, element))


def _choice_words(sample: Sample, *, element: dict[str, Json], chosen: bool) -> Mapping[str, str]:
    names = {True: "chosen", False: "not chosen"}
    found = bool(_elements(sample, element))
    return {"choice": names[chosen], "seen": names[not chosen] if found else "missing"}


@predicate(
    "on the page, {element} is {choice}", "on the page, {element} is {still}{seen}", _choice_words
)
def is_chosen(sample: Sample, *, element: dict[str, Json], chosen: bool) -> bool:
    """The page shows it, and it is chosen or checked, or is not."""
    found = _elements(sample, element)
    return bool(found) and all(("checked" in node.states) is chosen for node in found)


def _times(sample: Sample, text: str) -> int:
    """How many things on the page are called so, or have it among texts that run together."""
    texts = [_plain(each) for each in _tree(sample).texts()]
    return texts.count(_plain(text)) or sum(_stands(_plain(text), each) for each in texts)


def _shown_times(what: str, times: int) -> dict[str, str]:
    return {"shown": f"shows {what} {times} times" if times else f"does not show {what}"}


@predicate(
    "the page shows “{text}” once",
    "the page {still}{shown}",
    lambda sample, text: _shown_times(f"“{text}”", _times(sample, text)),
)
def stands_once(sample: Sample, *, text: str) -> bool:
    """Just one thing on the page is called so, or just one has it among texts that run together."""
    return _times(sample, text) == 1


@predicate(
    "the page shows “{text}” no more than once",
    "the page {still}{shown}",
    lambda sample, text: _shown_times(f"“{text}”", _entries(sample, text)),
)
def stands_no_second_time(sample: Sample, *, text: str) -> bool:
    """The page is there, and one thing on it is called so, or none is yet."""
    return _is_there(sample) and _entries(sample, text) <= 1


def _entries(sample: Sample, text: str) -> int:
    """How many things are called so: a thing with all that is in it is one, and what speaks up is
    none. Where entries run together, twice is what is said again with all that follows it.
    """
    tree, called = _calm(_tree(sample)), _plain(text)
    texts = [_plain(each) for each in tree.texts()]
    name = rf"(?<!\S){re.escape(called)}(?!\S)"
    again = re.compile(rf"{name}\s*(.*?)\s*{name}\s*\1(?!\S)")
    is_again = any(again.search(each) for each in texts)
    begun = sum(re.match(name, each) is not None for each in texts)
    return max(_called(tree, called) or begun, 2 if is_again else 0)


_SPEAKS_UP = ("alert", "log", "status")
"""The roles of what tells by itself what was done."""


def _calm(node: PageNode) -> PageNode:
    """The page without what speaks up by itself, as a word about what was done."""
    return replace(node, nodes=[_calm(each) for each in node.nodes if each.role not in _SPEAKS_UP])


def _called(node: PageNode, text: str) -> int:
    if _plain(node.name or node.text) == text:
        return 1
    return sum(_called(each, text) for each in node.nodes)


@predicate(
    "the page shows request {pairing_uid} once",
    "the page {still}{shown}",
    lambda sample, pairing_uid, others: _shown_times(
        f"request {pairing_uid}", len(parts_about(_tree(sample), pairing_uid, others))
    ),
)
def request_stands_once(sample: Sample, *, pairing_uid: str, others: list[str]) -> bool:
    """One part of the page is about this request, and no other."""
    return len(parts_about(_tree(sample), pairing_uid, others)) == 1


def _wrong_of_request(
    sample: Sample, *, pairing_uid: str, others: list[str], texts: list[str], not_texts: list[str]
) -> str:
    """What is not said of it, or of another; empty where all is as it has to be."""
    parts = parts_about(_tree(sample), pairing_uid, others)
    said = " ".join(_plain(part.says()) for part in parts)
    run_together = _run_together(texts, said)
    missing = [text for text in texts if not _stands(text, said) and text not in run_together]
    together = _run_together([*texts, *not_texts], said)
    strange = [text for text in not_texts if _stands(text, said) or text in together]
    if not parts:
        return "is nowhere on the page by itself"
    told = [f"is shown without {_quoted(missing)}"] * bool(missing)
    told += [f"is shown with {_quoted(strange)}, which is another's"] * bool(strange)
    return " and ".join(told)


@predicate(
    "request {pairing_uid} is shown with {own}{strange}",
    "request {pairing_uid} {still}{wrong}",
    lambda sample, texts, not_texts, **about: {
        "own": _quoted(texts),
        "strange": f", and not with {_quoted(not_texts, ' or ')}" if not_texts else "",
        "wrong": _wrong_of_request(sample, texts=texts, not_texts=not_texts, **about),
    },
)
def request_says(
    sample: Sample, *, pairing_uid: str, others: list[str], texts: list[str], not_texts: list[str]
) -> bool:
    """What is about this request says all of these, and none of those."""
    return not _wrong_of_request(
        sample, pairing_uid=pairing_uid, others=others, texts=texts, not_texts=not_texts
    )


@predicate(
    "the page offers for request {pairing_uid} {element}",
    "the page {still}does not offer for request {pairing_uid} {element}",
)
def request_offers(
    sample: Sample,
    *,
    pairing_uid: str,
    others: list[str],
    element: dict[str, Json],
    opened: bool = False,
) -> bool:
    """What is about this request has one such element, and it is not closed. What was `opened`
    beside it may stand elsewhere, though not in what is about another.
    """
    tree = _tree(sample)
    found = _elements_in(parts_about(tree, pairing_uid, others), element)
    if opened and not found:
        ids = [pairing_uid, *others]
        elsewhere = [
            node
            for other in others
            for part in parts_about(tree, other, [uid for uid in ids if uid != other])
            for node in _elements_in([part], element)
        ]
        everywhere = _elements_in([tree], element)
        found = [n for n in everywhere if not any(n is each for each in elsewhere)]
    return len(found) == 1 and "disabled" not in found[0].states


def _elements_in(parts: Iterable[PageNode], element: Mapping[str, Json]) -> list[PageNode]:
    return [node for part in parts for node in part.every() if is_element(node, element)]


def parts_about(tree: PageNode, pairing_uid: str, others: Sequence[str]) -> list[PageNode]:
    """The largest parts of a page that speak of a request and of no other."""
    said = tree.says()
    if pairing_uid not in said:
        return []
    if not any(other in said for other in others):
        return [tree]
    return [part for node in tree.nodes for part in parts_about(node, pairing_uid, others)]


def _stands(text: str, said: str) -> bool:
    """Whether a text stands in another and is no part of a longer word there."""
    return re.search(rf"(?<!\w){re.escape(text)}(?!\w)", said) is not None


def _run_together(texts: Sequence[str], said: str) -> set[str]:
    """Which of these stand in another text with nothing between them but one another, as marks do
    that only their frames keep apart.
    """
    known = "|".join(re.escape(text) for text in sorted(texts, key=len, reverse=True))
    if not known:
        return set()
    runs = re.finditer(rf"(?<!\w)(?:{known})(?:\W*(?:{known}))+(?!\w)", said)
    return {text for run in runs for text in re.findall(known, run[0])}


# --- checks ---------------------------------------------------------------------------------------


@check
def page_was(history: History, *, operation: str) -> Finding:
    """The page came to be, or stayed, as it has to be.

    Where nobody says what something is called there for which the document has no label, nothing
    tells that it is missing, unless the page is blank.
    """
    record = history[operation]
    finding = held(history, operation=operation)
    args = record.args["predicate_args"]
    args = args if isinstance(args, dict) else {}
    wanted = expectation(str(record.args["predicate"]), str(record.args["polls"]), args)
    if finding.verdict is Verdict.PASS:
        return passed(wanted, operation)
    if finding.verdict is not Verdict.FAIL:
        return finding
    last = Sample.from_json(record.samples[-1]) if record.samples else Sample(Outcome.INFO, {}, {})
    where = str(last.value.get("address", ""))
    element = args.get("element")
    is_ours = isinstance(element, dict) and not element.get("documented")
    if isinstance(element, dict) and is_ours and _is_there(last) and not _elements(last, element):
        return unjudged(
            f"nothing on {where} is {described(element)}, which is no label of the document: say"
            " under [pages.page] of the target file what it is called there",
            operation,
        )
    return failed(f"{wanted}: on {where} it is not so", operation)


def _doing_says(history: History, *, operation: str) -> str:
    record = history[operation]
    told = begun(happened(record))
    if record.outcome is Outcome.OK:
        return told
    return f"{told}: {why(record)}{_how_to_call_it(record)}"


@says(_doing_says)
@check
def done_on_page(history: History, *, operation: str) -> Finding:
    """It could be done on the page: what the document names was there, and open."""
    record = history[operation]
    if record.outcome is Outcome.OK:
        return passed(f"{record.kind} was done", operation)
    error, args = record.error or {}, record.args
    if record.outcome is Outcome.INFO:
        return unjudged(f"{record.kind}: {error.get('why')}", operation)
    told = f"{record.kind} {args.get('label', '')!r} on the page {args.get('page')}"
    told += f": {error.get('message')}{_how_to_call_it(record)}"
    return (unjudged if _how_to_call_it(record) else failed)(told, operation)


def _how_to_call_it(record: OperationRecord) -> str:
    """What to do where the document has no label for what could not be done, and else nothing."""
    page, label = record.args.get("page"), str(record.args.get("label", ""))
    labels = LABELS.get(PageName(str(page)), {}) if page else {}
    if record.outcome is not Outcome.FAIL or label not in labels or labels[label].documented:
        return ""
    return "; say under [pages.page] of the target file what it is called there"
