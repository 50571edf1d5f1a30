"""Redaction leaves no canary in any generated history, in whatever form and wherever it stands."""

from __future__ import annotations

import base64
import html
import json
import re
import string
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote, quote_plus, unquote_plus

from hypothesis import given
from hypothesis import strategies as st

from harness.catalogue.verdict import Verdict
from harness.history.evidence import EvidenceWriter
from harness.history.lines import CheckLine
from harness.history.operation import Json, Outcome
from harness.history.redaction import Redactor
from tests.unit.history.writing import HEADER, scenario, verdict

FORMS: Mapping[str, Callable[[str], str]] = {
    "plain": lambda s: s,
    "base64": lambda s: base64.b64encode(s.encode()).decode(),
    "base64url without padding": lambda s: (
        base64.urlsafe_b64encode(s.encode()).decode().rstrip("=")
    ),
    "base64 behind a name": lambda s: base64.b64encode(f"user:{s}".encode()).decode(),
    "base64 behind a longer name": lambda s: base64.b64encode(f"people:{s}".encode()).decode(),
    "hex": lambda s: s.encode().hex(),
    "url-encoded": lambda s: quote(s, safe=""),
    "form-encoded": lambda s: quote_plus(s),
    "json": lambda s: json.dumps(s)[1:-1],
    "json within json": lambda s: json.dumps({"body": json.dumps({"a": s})}),
    "html": lambda s: html.escape(s),
    "header": lambda s: f"Authorization: Bearer {s}",
    "query": lambda s: f"https://palette.test/v1/x?a=1&token={quote(s, safe='')}&b=2",
    "error text": lambda s: f"the token '{s}' is not known (see {s!r})",
}
"""How a canary may be written."""

canaries = st.tuples(
    st.text(string.ascii_letters + string.digits, min_size=9, max_size=14),
    st.text(string.ascii_letters + string.digits + "+/=_-.~!% \"'\\&ü", max_size=8),
).map(lambda parts: f"k7{parts[0]}{parts[1]}")
"""None is a word or a number, which are left in texts."""
words = st.text(string.ascii_lowercase + " .:", max_size=8)


@st.composite
def texts(draw: st.DrawFn, secrets: list[str]) -> str:
    """A text with a canary somewhere in it, in some form; or without one."""
    if not draw(st.integers(0, 3)):
        return draw(words)
    form = FORMS[draw(st.sampled_from(sorted(FORMS)))]
    return f"{draw(words)} {form(draw(st.sampled_from(secrets)))} {draw(words)}"


def data(secrets: list[str]) -> st.SearchStrategy[Json]:
    """Any JSON with such texts as values and as keys, at any depth."""
    anything = texts(secrets)
    fields = st.sampled_from(("body", "url", "headers", "token", "message", "x")) | anything
    return st.recursive(
        anything | st.none() | st.integers(0, 9),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(fields, inner, max_size=3),
        max_leaves=8,
    )


def strings_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from strings_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings_in(item)


def readings(text: str) -> Iterator[str]:
    """What a text says to somebody who tries to read it in every way."""
    seen = text
    for _ in range(3):
        yield seen
        yield unquote_plus(seen)
        yield html.unescape(seen)
        seen = re.sub(r"\\(u[0-9a-f]{4}|.)", _unescaped, seen)
    for piece in re.findall(r"[A-Za-z0-9+/_-]{8,}", text):
        for start in range(4):
            cut = piece[start:].replace("+", "-").replace("/", "_")
            padded = cut + "=" * (-len(cut) % 4)
            if len(cut) % 4 != 1:
                yield base64.b64decode(padded, altchars=b"-_").decode("utf-8", "ignore")
    for digits in re.findall(r"[0-9a-fA-F]{16,}", text):
        yield bytes.fromhex(digits[: len(digits) // 2 * 2]).decode("utf-8", "ignore")


def _unescaped(found: re.Match[str]) -> str:
    code = found[1]
    return chr(int(code[1:], 16)) if code[0] == "u" and len(code) == 5 else code


def leaks(path: Path, secrets: list[str]) -> list[tuple[str, str]]:
    """Every canary that can still be read, with the text that it stands in."""
    found = {
        text for line in path.read_bytes().splitlines() for text in strings_in(json.loads(line))
    }
    return [(s, t) for t in sorted(found) for r in readings(t) for s in secrets if s in r]


@given(st.data())
def test_no_history_holds_a_canary(given_: st.DataObject) -> None:
    secrets = given_.draw(st.lists(canaries, min_size=1, max_size=3, unique=True), label="secrets")
    anything = data(secrets).map(lambda value: {"of": value})
    redactor = Redactor()
    for secret in secrets:
        redactor.register(secret, "token")
    with TemporaryDirectory() as folder:
        path = Path(folder, "evidence.jsonl")
        with closing(EvidenceWriter(path, redactor)) as writer:
            writer.header(HEADER)
            writer.scenario(scenario("a/b"))
            for outcome in given_.draw(st.lists(st.sampled_from(Outcome), min_size=1, max_size=2)):
                _operate(writer, given_, anything, outcome, secrets)
            writer.verdict(verdict("a/b", reason=given_.draw(texts(secrets))))
        assert leaks(path, secrets) == []


def _operate(
    writer: EvidenceWriter,
    given_: st.DataObject,
    anything: st.SearchStrategy[dict[str, Json]],
    outcome: Outcome,
    secrets: list[str],
) -> None:
    args, tags, value, error = (given_.draw(anything) for _ in range(4))
    sent = writer.invoke("a/b", given_.draw(texts(secrets)), "SendPairingRequest", args, start=1)
    writer.outcome(
        sent.id,
        outcome,
        end=2,
        value=value if outcome is Outcome.OK else None,
        error=None if outcome is Outcome.OK else error,
        request={"headers": tags, "url": given_.draw(texts(secrets))},
        response={"status": 200, "body": given_.draw(texts(secrets))},
    )
    writer.check(
        CheckLine(
            scenario="a/b",
            requirement="WDR-4",
            check="held",
            args=args,  # type: ignore[arg-type]
            step=given_.draw(texts(secrets)),
            verdict=Verdict.PASS,
            reason=given_.draw(texts(secrets)),
        )
    )


def test_a_canary_that_is_left_is_seen(tmp_path: Path) -> None:
    """The search itself finds every form: what was never registered is left."""
    secret = 'k3y4you"/+ü'
    for name, form in FORMS.items():
        path = tmp_path / "evidence.jsonl"
        path.write_text(json.dumps({"a": [{form(secret): 1}, f"x {form(secret)} y"]}), "utf-8")
        assert leaks(path, [secret]), name
