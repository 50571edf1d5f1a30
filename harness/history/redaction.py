"""Secrets become labels on the way into evidence, in whatever form they come along.

Each secret becomes a label that names its kind and a number, such as `<token:2>`, so that a
check can still tell one from another. Numbers follow the order of first appearance within a
scope: what was registered before the first scenario keeps its number for the whole run, and
every scenario counts on from there. So the labels of a scenario do not depend on what ran
before it, and a run has the same evidence with one worker and with many.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from threading import RLock
from typing import Final
from urllib.parse import quote, quote_plus, unquote_plus

from harness.history.operation import Json

EVERYWHERE_LENGTH_MIN: Final = 4
"""Shorter secrets are replaced as whole values only: anything else would riddle the text."""

_GRAM = 4
_STRIDE = 5
_INDEXED_LENGTH_MIN = _GRAM + _STRIDE - 1

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
_SCHEME = re.compile(r"(Bearer|Basic|Token|JWT)\s+(\S.*)", re.IGNORECASE | re.DOTALL)
_NAMES = "|".join(
    ("pass(?:word|wd)", "[a-z_-]*token", "authorization", "x?[_-]?api[_-]?key", "session",
     "(?:set-)?cookie", "(?:client[_-]?)?secret", "private[_-]?key")
)  # fmt: skip
_JSON_FIELD = re.compile(rf'"({_NAMES})"\s*:\s*"((?:[^"\\]|\\.)*)', re.IGNORECASE)
_FORM_FIELD = re.compile(rf"(?:^|[?&;#\s])({_NAMES})=([^&;#\s\"'<>]+)", re.IGNORECASE)
_USER_INFO = re.compile(r"://[^/\s:@]*:([^/\s@]+)@")
_URL = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s\"'<>)]+", re.IGNORECASE)
_KEY_BLOCK = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----(.*?)(?:-----END|\Z)", re.DOTALL)
_SAME_EVERYWHERE = re.compile(r"[A-Za-z0-9._~-]*")
_SAME_IN_JSON = re.compile(r"[ !#-\[\]-~]*")
_KEY_LINE = re.compile(r"[A-Za-z0-9+/=]{8,}")
_OF_COOKIES = frozenset({"path", "domain", "expires", "max-age", "samesite"})
"""The attributes that `Set-Cookie` puts beside the cookie."""
_TEXT_FIELDS = frozenset({"body", "url", "endpoint", "paletteEndpoint", "why"})

CUT: Final = "…"
"""Stands right after a text of others that was cut, where half a secret may be left."""


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
        self._secret_of_form: dict[str, str] = {}
        self._forms_by_gram: dict[str, list[str]] = {}
        self._forms_by_start: dict[str, list[str]] = {}
        self._form_length_max = 0
        self._tiny_forms: re.Pattern[str] | None = None
        self._clean_keys: set[str] = set()

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
                self._index(secret)
            return self._label(secret)

    def begin_scope(self) -> None:
        """Number the labels from here on as if nothing but the run's own secrets were known.

        Every secret stays known, and is numbered anew when it appears again.
        """
        with self._lock:
            if self._of_run is None:
                self._of_run = (dict(self._labels), Counter(self._numbers))
            labels, numbers = self._of_run
            self._labels, self._numbers = dict(labels), Counter(numbers)

    def text(self, text: str) -> str:
        """The text with every form of every known secret replaced.

        Where `CUT` says that it was cut, so is what is left of a secret.
        """
        if text in self._kinds:
            return self._label(text)
        if CUT in text:
            *cut, rest = text.split(CUT)
            text = CUT.join((*map(self._without_half, cut), rest))
        found = self._candidates(text)
        if not found:
            return text
        return _alternation(tuple(sorted(found, key=_longest_first))).sub(self._replace, text)

    def data(self, data: Json) -> Json:
        """The data with every secret replaced, after registering those in telling fields.

        Fields such as `password`, `Authorization` or `registrationToken` hold secrets, at any
        depth and in any spelling; so do such fields inside the text of a `body` or a `url`.
        """
        for secret, kind in _secrets_in(data):
            self.register(secret, kind)
        return self.known(data)

    def known(self, data: Json) -> Json:
        """The data with the secrets replaced that are known already; registers none."""
        # Every string of every line passes here: `isinstance` is quicker than `match`.
        if isinstance(data, str):
            return self.text(data)
        if isinstance(data, dict):
            return {self._key(key): self.known(item) for key, item in data.items()}
        if isinstance(data, list):
            return [self.known(item) for item in data]
        return data

    def _label(self, secret: str) -> str:
        label = self._labels.get(secret)
        if label is None:
            with self._lock:
                kind = self._kinds[secret]
                self._numbers[kind] += 1
                label = self._labels[secret] = f"<{kind}:{self._numbers[kind]}>"
        return label

    def _key(self, key: str) -> str:
        """A key is replaced only where it is long: a password must not rename our fields."""
        if len(key) < _INDEXED_LENGTH_MIN or key in self._clean_keys:
            return key
        replaced = self.text(key)
        if replaced == key:
            self._clean_keys.add(key)
        return replaced

    def _candidates(self, text: str) -> set[str]:
        index = self._forms_by_gram
        found: set[str] = set()
        met: set[str] = set()
        for i in range(0, len(text) - _GRAM + 1, _STRIDE):
            gram = text[i : i + _GRAM]
            if gram in index and gram not in met:
                met.add(gram)
                found.update(form for form in index[gram] if form in text)
        if self._tiny_forms is not None:
            found.update(self._tiny_forms.findall(text))
        return found

    def _without_half(self, piece: str) -> str:
        """What stands before a cut, without the beginning of a secret at its end."""
        for at in range(max(0, len(piece) - self._form_length_max), len(piece) - _GRAM + 1):
            rest = piece[at:]
            for form in self._forms_by_start.get(rest[:_GRAM], ()):
                if len(form) > len(rest) and form.startswith(rest):
                    return piece[:at] + self._label(self._secret_of_form[form])
        return piece

    def _replace(self, found: re.Match[str]) -> str:
        secret = self._secret_of_form.get(found[0])
        return found[0] if secret is None else self._label(secret)

    def _index(self, secret: str) -> None:
        tiny = False
        for form in _forms(secret):
            if self._secret_of_form.setdefault(form, secret) != secret:
                continue
            self._forms_by_start.setdefault(form[:_GRAM], []).append(form)
            self._form_length_max = max(self._form_length_max, len(form))
            if len(form) < _INDEXED_LENGTH_MIN:
                tiny = True
                continue
            for gram in dict.fromkeys(form[i : i + _GRAM] for i in range(_STRIDE)):
                self._forms_by_gram.setdefault(gram, []).append(form)
        if tiny:
            forms = [f for f in self._secret_of_form if len(f) < _INDEXED_LENGTH_MIN]
            alternatives = "|".join(map(re.escape, sorted(forms, key=_longest_first)))
            # Each is found wherever it begins, also inside another.
            self._tiny_forms = re.compile(f"(?=({alternatives}))")
        self._clean_keys.clear()


def _longest_first(form: str) -> tuple[int, str]:
    return (-len(form), form)


@lru_cache(maxsize=1024)
def _alternation(forms: tuple[str, ...]) -> re.Pattern[str]:
    """Labels come first, so that no secret is found inside one."""
    return re.compile("|".join((_LABEL.pattern, *map(re.escape, forms))))


def _forms(secret: str) -> Iterator[str]:
    """Every form of the secret that is replaced inside longer text, each once."""
    if len(secret) < EVERYWHERE_LENGTH_MIN:
        return
    seen: set[str] = set()
    for form in (*_spelled(secret), *_encoded(secret.encode("utf-8", "surrogatepass"))):
        for written in _in_json(form):
            if len(written) >= EVERYWHERE_LENGTH_MIN and written not in seen:
                seen.add(written)
                yield written


def _in_json(form: str) -> tuple[str, ...]:
    """However it is spelled, JSON may be what it stands in; mostly that changes nothing."""
    if _SAME_IN_JSON.fullmatch(form):
        return (form,)
    return (form, json.dumps(form)[1:-1], json.dumps(form, ensure_ascii=False)[1:-1])


def _spelled(secret: str) -> Iterator[str]:
    """As it is, and as JSON (once and twice), Python, HTML and URLs spell it."""
    yield secret
    if _SAME_EVERYWHERE.fullmatch(secret):
        return
    for shown in (repr(secret)[1:-1], repr(secret.encode("utf-8", "surrogatepass"))[2:-1]):
        yield shown
        yield shown.replace("'", "\\'")
    for escaped in (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]):
        yield escaped
        yield escaped.replace("/", "\\/")
        yield json.dumps(escaped)[1:-1]
    yield html.escape(secret)
    yield html.escape(secret, quote=False)
    yield html.escape(secret).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")
    for safe in ("/", ""):
        for quoter in (quote, quote_plus):
            quoted = quoter(secret, safe=safe, errors="replace")
            yield quoted
            yield re.sub("%..", lambda escape: escape[0].lower(), quoted)
            yield quote(quoted, safe="")  # in the address that an address leads on to


def _encoded(secret: bytes) -> Iterator[str]:
    """As hexadecimal digits, and as base64 wherever it begins within what was encoded."""
    yield secret.hex()
    yield secret.hex().upper()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        whole = encode(secret).decode()
        yield whole
        yield whole.rstrip("=")
        yield from _inside_base64(secret, encode)


def _inside_base64(secret: bytes, encode: Callable[[bytes], bytes]) -> Iterator[str]:
    """The characters that depend on the secret alone, for each of the three alignments.

    Short ones are left out: they would be found by accident.
    """
    for shift in (0, 1, 2):
        first = (shift * 8 + 5) // 6
        end = (shift + len(secret)) * 8 // 6
        inside = encode(b"\0" * shift + secret).decode()[first:end]
        if len(inside) >= 6:
            yield inside


def _secrets_in(data: Json, name: str = "") -> Iterator[tuple[str, str]]:
    """Secrets in telling fields, with their kind, in the order in which they stand."""
    if isinstance(data, str):
        if kind := _kind_of_field(name):
            yield from _parts(data, kind)
        elif name in _TEXT_FIELDS:
            yield from _secrets_in_text(data)
        elif "://" in data:
            for url in _URL.findall(data):
                yield from _secrets_in_text(url)
        if "PRIVATE KEY-----" in data:
            for block in _KEY_BLOCK.findall(data):  # wherever its lines end, and however
                yield from ((line, "private_key") for line in _KEY_LINE.findall(block))
    elif isinstance(data, dict):
        if "expiry" in data and isinstance(admits := data.get("value"), str):
            yield admits, "token"
        for key, item in data.items():
            if isinstance(item, str | dict | list):
                yield from _secrets_in(item, key)
    elif isinstance(data, list):
        match data:
            case [str(field), str(value)] if kind := _kind_of_field(field):
                yield from _parts(value, kind)  # one header, as a pair
            case _:
                for item in data:
                    yield from _secrets_in(item, name)


@lru_cache(maxsize=4096)
def _kind_of_field(name: str) -> str:
    return _KIND_OF_FIELD.get(re.sub("[^a-z]", "", name.lower()), "")


def _parts(value: str, kind: str) -> Iterator[tuple[str, str]]:
    """The secret parts of a field's value: not the scheme, not the cookie's name."""
    if kind == "cookie":
        # Several `Set-Cookie` come as one value with commas between them.
        for name, _, found in (part.partition("=") for part in re.split("[;,]", value)):
            if found and name.strip().lower() not in _OF_COOKIES:
                yield found.strip(), kind
    elif kind == "session" and (scheme := _SCHEME.fullmatch(value)):
        yield scheme[2], kind
        if scheme[1].lower() == "basic":
            try:
                decoded = base64.b64decode(scheme[2], validate=True).decode()
            except ValueError:
                return
            yield decoded.partition(":")[2], "password"
    else:
        yield value, kind


def _secrets_in_text(text: str) -> Iterator[tuple[str, str]]:
    """Telling fields inside the text of a body, well-formed or not, or of a URL."""
    yield from ((unquote_plus(found), "password") for found in _USER_INFO.findall(text))
    for name, value in _JSON_FIELD.findall(text):
        yield from _parts(_unescaped(value), _kind_of_field(name) or "token")
    for name, value in _FORM_FIELD.findall(text):
        yield from _parts(unquote_plus(value), _kind_of_field(name) or "token")


def _unescaped(value: str) -> str:
    try:
        return str(json.loads(f'"{value}"'))
    except ValueError:
        return value
