"""Secrets become labels on the way into evidence, in whatever form they come along.

Each secret becomes a label that names its kind and a number, such as `<token:2>`, so that a
check can still tell one from another. Numbers follow the order of first appearance within a
scope: what was registered before the first scenario keeps its number for the whole run, and
every scenario counts on from there. So the labels of a scenario do not depend on what ran
before it, and a run has the same evidence with one worker and with many.

A value that may as well be a word of ours (`Pairing`), a number or a part of any other word is
replaced where its field tells that it is a secret, and nowhere else: in a text, nobody could say
what it was. Nor is one that the scenario's evidence has shown already: hiding it from then on
would only make the same value look like two. Whoever runs is told of both (`warnings`).
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache, lru_cache, partial
from threading import RLock
from typing import Final
from urllib.parse import unquote_plus

from harness.catalogue import requirement
from harness.domain import arrangements, cluster, errors, operations, pairing, permission, profile
from harness.history.operation import Json
from harness.history.predicates import predicate_names

WITHIN_TEXTS_LENGTH_MIN: Final = 8
"""Shorter values are replaced in telling fields alone: they may be a part of any word."""

# Together they see to it that no form of so many characters is overlooked.
_GRAM = 4
_STRIDE = WITHIN_TEXTS_LENGTH_MIN - _GRAM + 1

_COMMON = re.compile(r"(?:[^\W\d]|[ .,:/-]){,16}|[\d .,:/TZ+_-]{,24}")
"""Words and numbers, dates and versions among them, as anything may be called or counted."""

_FIELDS: Final[Mapping[str, str]] = {
    "password": "password passwd currentpassword newpassword",
    "token": "token registrationtoken edgehosttoken",
    "cluster_token": "localclustertoken clustertoken",
    "session": "authorization proxyauthorization accesstoken refreshtoken session sessionid",
    "api_key": "apikey xapikey",
    "cookie": "cookie setcookie",
    "secret": "secret clientsecret privatekey",
}
_KIND_OF_FIELD: Final = {field: kind for kind, names in _FIELDS.items() for field in names.split()}
"""Field names, lower-case and without punctuation, whose values are secrets."""

_LABEL = re.compile(r"<[a-z_]+:\d+>")
_LIKE_A_LABEL = re.compile(r"<(?=~*[a-z_]+:\d+>)")
_SCHEME = re.compile(r"(Bearer|Basic|Token|JWT)\s+(\S.*)", re.IGNORECASE | re.DOTALL)
_COOKIE = re.compile(r"([^=;,]+=\s*)([^;,]*[^;,\s])")
_NAMES = "|".join(
    ("pass(?:word|wd)", "[a-z_-]*token", "authorization", "x?[_-]?api[_-]?key", "session",
     "(?:set-)?cookie", "(?:client[_-]?)?secret", "private[_-]?key")
)  # fmt: skip
_JSON_FIELD = re.compile(rf'("({_NAMES})"\s*:\s*")((?:[^"\\]|\\.)*)', re.IGNORECASE)
_FORM_FIELD = re.compile(rf"((?:^|[?&;#\s])({_NAMES})=)([^&;#\s\"'<>]+)", re.IGNORECASE)
_USER_INFO = re.compile(r"(://[^/\s:@]*:)([^/\s@]+)(?=@)")
_URL = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s\"'<>)]+", re.IGNORECASE)
_KEY_BLOCK = re.compile(r"(-----BEGIN [A-Z ]*PRIVATE KEY-----)(.*?)(?=-----END|\Z)", re.DOTALL)
_KEY_LINE = re.compile(r"[A-Za-z0-9+/=]{8,}")
_OF_COOKIES = frozenset({"path", "domain", "expires", "max-age", "samesite"})
"""The attributes that `Set-Cookie` puts beside the cookie."""
_TEXT_FIELDS = frozenset({"body", "url", "endpoint", "paletteEndpoint", "why"})

CUT: Final = "…"
"""Stands right after a text of others that was cut, where half a secret may be left."""

_DEPTH = 3
"""So often a text may be written within another: in JSON within JSON, in a URL within a URL."""
_HEX = "[0-9A-Fa-f]"
_WRITTEN_OTHERWISE = re.compile(
    rf"""
      (?P<bytes>(?:%|\\x)(?:[0-7]{_HEX}|[C-Fc-f]{_HEX}(?:(?:%|\\x)[89ABab]{_HEX}){{1,3}})
              |\\x{_HEX}{{2}})
    | (?P<entity>&(?:\#\d{{1,7}}|\#[Xx]{_HEX}{{1,6}}|[A-Za-z]{{2,8}});)
    | (?P<code>\\u[Dd][89ABab]{_HEX}{{2}}\\u[Dd][C-Fc-f]{_HEX}{{2}}|\\u{_HEX}{{4}})
    | (?P<cut>(?:%{_HEX}?|&\#?\w{{,8}}|\\u{_HEX}{{,3}}|\\x?{_HEX}?)(?={CUT}))
    | (?P<escape>\\.)
    | (?P<fold>(?<=[\w+/])[ \t\r]*\n[ \t\r]*(?=[\w+/=]))
    """,
    re.VERBOSE | re.DOTALL,
)
"""A character as URLs, HTML, JSON and Python write it, or the end of a line within base64."""
_CONTROLS: Final = {"n": "\n", "r": "\r", "t": "\t"}

_Found = Callable[[str, str], str]
"""Says what shall stand in place of a value of this kind."""
_Span = tuple[int, int, str]
"""Where a secret begins and ends in a text, and the secret."""


class Redactor:
    """Knows the secrets of a run and replaces them. Safe to share between threads.

    A text is searched by its every fifth run of four characters in an index of all that any
    form of a secret begins with, so the cost does not grow with the number of secrets.
    """

    def __init__(self) -> None:
        self._lock = RLock()
        self._kinds: dict[str, str] = {}
        self._labels: dict[str, str] = {}
        self._numbers: Counter[str] = Counter()
        self._of_run: tuple[dict[str, str], Counter[str]] | None = None
        self._unread: list[str] = []
        """Secrets whose forms no text was searched for yet; many a run shows no text at all."""
        self._secret_of_form: dict[str, str] = {}
        self._forms_by_gram: dict[str, list[str]] = {}
        self._forms_by_start: dict[str, list[str]] = {}
        self._form_length_max = 0
        self._shown: list[bytes] = []
        self._left: dict[str, str] = {}
        self._told: set[str] = set()
        self.warnings: list[str] = []
        """What whoever runs has to be told; whoever tells it takes it out."""

    def register(self, secret: str, kind: str) -> str:
        """Make the secret known; returns its label in the present scope.

        The kind of the first registration stays. Blank text and a label are no secrets and are
        returned as they are.
        """
        if not secret.strip() or _LABEL.fullmatch(secret):
            return secret
        with self._lock:
            if secret not in self._kinds:
                self._kinds[secret] = kind
                if why := self._why_left(secret):
                    self._left[secret] = why
                else:
                    self._unread.append(secret)
            if secret in self._left:
                self._warn(secret)
            return self._label(secret)

    @property
    def leaves_some(self) -> bool:
        """Whether a text may hold a secret that is not replaced there."""
        return bool(self._left)

    def begin_scope(self) -> None:
        """Number the labels from here on as if nothing but the run's own secrets were known.

        Every secret stays known, and is numbered anew when it appears again. What was shown
        before it was known for one may be hidden in this scope.
        """
        with self._lock:
            if self._of_run is None:
                self._of_run = (dict(self._labels), Counter(self._numbers))
            labels, numbers = self._of_run
            self._labels, self._numbers = dict(labels), Counter(numbers)
            self._shown.clear()
            self._told.clear()
            self.warnings.clear()
            for secret, why in list(self._left.items()):
                if why == _SHOWN:
                    del self._left[secret], self._kinds[secret]
                elif secret in labels:
                    self._warn(secret)

    def shows(self, line: bytes) -> None:
        """This line is in the evidence of the present scope, and what it shows is no secret."""
        self._shown.append(line)

    def text(self, text: str) -> str:
        """The text with every form of every known secret replaced.

        Where `CUT` says that it was cut, so is what is left of a secret. Labels stay.
        """
        if self._unread:
            self._index()
        secret = self._secret_of_form.get(text)
        if secret is not None:
            return self._label(secret)
        if len(text) < WITHIN_TEXTS_LENGTH_MIN and CUT not in text:
            return text
        spans = self._spans(text)
        if "%" in text or "&" in text or "\\" in text or "\n" in text:
            for plain, places in _readings(text):
                spans += ((places[b], places[e], secret) for b, e, secret in self._spans(plain))
        return self._labelled(text, spans) if spans else text

    def said(self, text: str) -> str:
        """A text of others, also without what looks like a label and is none of ours."""
        return self.text(quoted(text))

    def data(self, data: Json) -> Json:
        """Data of others with every secret replaced, after registering those in telling fields.

        Fields such as `password`, `Authorization` or `registrationToken` hold secrets, at any
        depth and in any spelling; so do such fields inside the text of a `body` or a `url`.
        """
        return self._clean(_in_fields(data, self.register))

    def known(self, data: Json) -> Json:
        """Data of others with the secrets replaced that are known already; registers none."""
        return self._clean(_in_fields(data, lambda secret, kind: secret))

    def _clean(self, data: Json) -> Json:
        """Fresh data with what is known in it replaced; every string of every line passes here."""
        if isinstance(data, str):
            return self.text(data)
        if isinstance(data, dict):
            for key, item in data.items():
                if isinstance(item, _NESTED):
                    data[key] = self._clean(item)
            if not all(map(_is_word, data)):
                return {self.said(key): item for key, item in data.items()}
        elif isinstance(data, list):
            data[:] = map(self._clean, data)
        return data

    def _label(self, secret: str) -> str:
        label = self._labels.get(secret)
        if label is None:
            with self._lock:
                kind = self._kinds[secret]
                self._numbers[kind] += 1
                label = self._labels[secret] = f"<{kind}:{self._numbers[kind]}>"
        return label

    # --- what is left in texts --------------------------------------------------------------

    def _why_left(self, secret: str) -> str:
        """Why a value is not replaced within texts; empty if it is."""
        if len(secret) < WITHIN_TEXTS_LENGTH_MIN:
            return f"is too short for texts (fewer than {WITHIN_TEXTS_LENGTH_MIN} characters)"
        if _is_word(secret):
            return "is too common for texts (a word or a number)"
        if not self._shown:
            return ""
        shown = json.dumps(secret, ensure_ascii=False)[1:-1].encode("utf-8", "replace")
        return _SHOWN if any(shown in line for line in self._shown) else ""

    def _warn(self, secret: str) -> None:
        warning = (
            f"a value of kind {self._kinds[secret]} {self._left[secret]}: it is hidden in the"
            " fields that are meant for it, and shows wherever else it stands"
        )
        if warning not in self._told:
            self._told.add(warning)
            self.warnings.append(warning)

    # --- where secrets stand in a text --------------------------------------------------------

    def _spans(self, text: str) -> list[_Span]:
        """Where the text holds forms of secrets, or the beginning of one before a cut."""
        spans = []
        if found := self._candidates(text):
            for match in _alternation(tuple(sorted(found, key=_longest_first))).finditer(text):
                secret = self._secret_of_form.get(match[0])
                if secret is not None:
                    spans.append((match.start(), match.end(), secret))
        begin, end = 0, text.find(CUT)
        while end >= 0:
            spans += self._half(text[begin:end], begin)
            begin, end = end + 1, text.find(CUT, end + 1)
        return spans

    def _labelled(self, text: str, spans: list[_Span]) -> str:
        """Spans that overlap are one, under the label of the first."""
        pieces, at = [], 0
        for begin, end, secret in sorted(spans, key=lambda span: (span[0], -span[1])):
            if begin >= at:
                pieces += [text[at:begin], self._label(secret)]
            at = max(at, end)
        return "".join((*pieces, text[at:]))

    def _candidates(self, text: str) -> set[str]:
        index = self._forms_by_gram
        found: set[str] = set()
        met: set[str] = set()
        for i in range(0, len(text) - _GRAM + 1, _STRIDE):
            gram = text[i : i + _GRAM]
            if gram in index and gram not in met:
                met.add(gram)
                found.update(form for form in index[gram] if form in text)
        return found

    def _half(self, piece: str, offset: int) -> list[_Span]:
        """The beginning of a secret at the end of what stands before a cut, if there is one."""
        for at in range(max(0, len(piece) - self._form_length_max), len(piece) - _GRAM + 1):
            rest = piece[at:]
            for form in self._forms_by_start.get(rest[:_GRAM], ()):
                if len(form) > len(rest) and form.startswith(rest):
                    return [(offset + at, offset + len(piece), self._secret_of_form[form])]
        return []

    def _index(self) -> None:
        with self._lock:
            for secret in self._unread:
                for form in _forms(secret):
                    if self._secret_of_form.setdefault(form, secret) != secret:
                        continue
                    self._forms_by_start.setdefault(form[:_GRAM], []).append(form)
                    self._form_length_max = max(self._form_length_max, len(form))
                    for gram in dict.fromkeys(form[i : i + _GRAM] for i in range(_STRIDE)):
                        self._forms_by_gram.setdefault(gram, []).append(form)
            self._unread.clear()


_SHOWN: Final = "was shown before any field told that it is secret"


def is_told(secret: str, text: str) -> bool:
    """Whether a text tells this secret in any form; of evidence, whether it has its label."""
    if _LABEL.fullmatch(secret):
        return secret in text
    redactor = Redactor()
    redactor.register(secret, "secret")
    return redactor.text(text) != text


def without_labels(text: str) -> str:
    """The text without labels, whose kinds are words that nobody has said."""
    return _LABEL.sub("", text) if "<" in text else text


def quoted(text: str) -> str:
    """The text with a tilde in all that looks like a label: nobody writes ours but we.

    What has tildes there already gets one more, so that different texts stay different.
    """
    return _LIKE_A_LABEL.sub("<~", text) if "<" in text else text


@lru_cache(maxsize=4096)
def _is_word(text: str) -> bool:
    """Whether it may as well be one of ours, or anybody's: then it tells no secret by itself."""
    return _COMMON.fullmatch(text) is not None or text in _words_of_ours()


@cache
def _words_of_ours() -> frozenset[str]:
    """Kinds, fields, predicates and the words of enums: what histories are compared by."""
    words = set(predicate_names())
    modules = (arrangements, cluster, errors, operations, pairing, permission, profile, requirement)
    for module in modules:
        for kind in vars(module).values():
            if isinstance(kind, type) and issubclass(kind, Enum):
                words |= {str(member.value) for member in kind}
            elif isinstance(kind, type) and is_dataclass(kind):
                words |= {kind.__name__, *(field.name for field in fields(kind))}
    return frozenset(words)


def _longest_first(form: str) -> tuple[int, str]:
    return (-len(form), form)


@lru_cache(maxsize=1024)
def _alternation(forms: tuple[str, ...]) -> re.Pattern[str]:
    """Labels come first, so that no secret is found inside one."""
    return re.compile("|".join((_LABEL.pattern, *map(re.escape, forms))))


# --- how secrets are written ------------------------------------------------------------------


def _forms(secret: str) -> Iterator[str]:
    """Every form of the secret that is replaced inside longer text, each once.

    What only spells its characters otherwise is none: `_readings` makes it plain, and whatever in
    the secret itself looks like an escape with it.
    """
    raw = secret.encode("utf-8", "surrogatepass")
    spelled = [
        secret,
        *(plain for plain, _ in _readings(secret)),
        quoted(secret),
        secret.replace(" ", "+"),
    ]
    for form in dict.fromkeys((*spelled, raw.hex(), raw.hex().upper(), *_in_base64(raw))):
        if len(form) >= WITHIN_TEXTS_LENGTH_MIN:
            yield form


def _in_base64(secret: bytes) -> Iterator[str]:
    """As base64, also wherever it begins within what was encoded.

    Then it is the characters that depend on the secret alone, for each of the three alignments.
    """
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        whole = encode(secret).decode()
        yield whole
        yield whole.rstrip("=")
        for shift in (0, 1, 2):
            first = (shift * 8 + 5) // 6
            end = (shift + len(secret)) * 8 // 6
            yield encode(b"\0" * shift + secret).decode()[first:end]


def _readings(text: str) -> Iterator[tuple[str, Sequence[int]]]:
    """What the text says with its escapes read, once and again, and where in it each character
    of that came from, the end among them.
    """
    places: Sequence[int] = range(len(text) + 1)
    for _ in range(_DEPTH):
        pieces: list[str] = []
        origins: list[int] = []
        at = 0
        for match in _WRITTEN_OTHERWISE.finditer(text):
            begin, end = match.span()
            plain = _plain(match[0], match.lastgroup or "")
            pieces += [text[at:begin], plain]
            origins += [*places[at:begin], *[places[begin]] * len(plain)]
            at = end
        if not pieces:
            return
        text, places = "".join((*pieces, text[at:])), [*origins, *places[at:]]
        yield text, places


def _plain(escape: str, group: str) -> str:
    match group:
        case "bytes":
            raw = bytes.fromhex(escape.replace("%", "").replace("\\x", ""))
            return raw.decode("utf-8" if len(raw) > 1 or raw < b"\x80" else "latin-1", "replace")
        case "entity":
            return html.unescape(escape)
        case "code":
            return str(json.loads(f'"{escape}"'))
        case "escape":
            return _CONTROLS.get(escape[1], escape[1])
        case _:
            return ""


# --- what tells that something is a secret ------------------------------------------------------


_NESTED = (str, dict, list)


def _in_fields(data: Json, found: _Found, name: str = "") -> Json:
    """The data with the secrets in telling fields replaced, in the order in which they stand."""
    if isinstance(data, str):
        text = quoted(data)
        if kind := _kind_of_field(name):
            text = _in_value(text, kind, found)
        elif name in _TEXT_FIELDS:
            text = _in_text(text, found)
        elif "://" in text:
            text = _URL.sub(lambda url: _in_text(url[0], found), text)
        if "PRIVATE KEY-----" in text:  # each line, wherever its lines end, and however
            key = partial(_KEY_LINE.sub, lambda line: found(line[0], "private_key"))
            text = _KEY_BLOCK.sub(lambda block: block[1] + key(block[2]), text)
        return text
    if isinstance(data, dict):
        replaced = {
            key: _in_fields(item, found, key) if isinstance(item, _NESTED) else item
            for key, item in data.items()
        }
        if "expiry" in data and isinstance(admits := replaced.get("value"), str):
            replaced["value"] = found(admits, "token")
        return replaced
    if isinstance(data, list):
        match data:
            case [str(field), str(value)] if kind := _kind_of_field(field):
                return [field, _in_value(quoted(value), kind, found)]  # one header, as a pair
            case _:
                return [_in_fields(item, found, name) for item in data]
    return data


@lru_cache(maxsize=4096)
def _kind_of_field(name: str) -> str:
    return _KIND_OF_FIELD.get(re.sub("[^a-z]", "", name.lower()), "")


def _in_value(value: str, kind: str, found: _Found) -> str:
    """The secret parts of a field's value: not the scheme, not the cookie's name."""
    if kind == "cookie":
        # Several `Set-Cookie` come as one value with commas between them.
        return _COOKIE.sub(
            lambda part: (
                part[0]
                if part[1].rstrip("= ").strip().lower() in _OF_COOKIES
                else part[1] + found(part[2], kind)
            ),
            value,
        )
    if kind == "session" and (scheme := _SCHEME.fullmatch(value)):
        label = found(scheme[2], kind)
        if scheme[1].lower() == "basic":
            try:
                decoded = base64.b64decode(scheme[2], validate=True).decode()
            except ValueError:
                decoded = ""
            found(decoded.partition(":")[2], "password")
        return value[: scheme.start(2)] + label
    return found(value, kind)


def _in_text(text: str, found: _Found) -> str:
    """Telling fields inside the text of a body, well-formed or not, or of a URL."""

    def in_field(match: re.Match[str]) -> str:
        is_json = match[1][-1] == '"'
        value = _unescaped(match[3]) if is_json else unquote_plus(match[3])
        replaced = _in_value(value, _kind_of_field(match[2]) or "token", found)
        if replaced == value:
            return match[0]
        return match[1] + (json.dumps(replaced)[1:-1] if is_json else replaced)

    text = _USER_INFO.sub(lambda user: user[1] + found(unquote_plus(user[2]), "password"), text)
    return _FORM_FIELD.sub(in_field, _JSON_FIELD.sub(in_field, text))


def _unescaped(value: str) -> str:
    try:
        return str(json.loads(f'"{value}"'))
    except ValueError:
        return value
