"""No secret comes through, in any of the forms that people and machines write it in."""

from __future__ import annotations

import base64
import html
import json
import re
import string
import textwrap
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.history.operation import Json
from harness.history.redaction import Redactor, is_told

SECRET = 'k3y/with+sp ace"and&more\\ü'
PLAIN = "p1a1nS3cretOfLettersAndDigits"

FORMS = {
    "plain": lambda s: s,
    "json": lambda s: json.dumps({"a": s}),
    "json within json": lambda s: json.dumps({"body": json.dumps({"a": s})}),
    "json without ascii": lambda s: json.dumps(s, ensure_ascii=False),
    "json with escaped slashes": lambda s: json.dumps(s).replace("/", "\\/"),
    "url": lambda s: f"https://x/?q={quote(s, safe='')}&z=1",
    "url in lower case": lambda s: quote(s, safe="").lower() if s == s.lower() else quote(s),
    "path": lambda s: "/a/" + quote(s),
    "form": lambda s: "a=" + quote_plus(s),
    "html": lambda s: f"<p>{html.escape(s)}</p>",
    "base64": lambda s: base64.b64encode(s.encode()).decode(),
    "base64 without padding": lambda s: base64.b64encode(s.encode()).decode().rstrip("="),
    "base64url": lambda s: base64.urlsafe_b64encode(s.encode()).decode(),
    "hex": lambda s: s.encode().hex(),
    "upper-case hex": lambda s: s.encode().hex().upper(),
    "every byte of a url": lambda s: "".join(f"%{byte:02x}" for byte in s.encode()),
    "decimal entities": lambda s: "".join(f"&#{ord(c)};" for c in s),
    "hexadecimal entities": lambda s: "".join(f"&#x{ord(c):X};" for c in s),
    "unicode escapes": lambda s: "".join(f"\\u{ord(c):04x}" for c in s),
    "python's bytes": lambda s: "".join(f"\\x{byte:02x}" for byte in s.encode()),
    "entities in json": lambda s: json.dumps({"a": "".join(f"&#{ord(c)};" for c in s)}),
    "url in url in json": lambda s: json.dumps({"a": quote(quote(s, safe=""), safe="")}),
    "base64 in lines": lambda s: textwrap.fill(base64.b64encode(s.encode()).decode(), 16),
    "base64 in lines in json": lambda s: json.dumps(
        {"a": textwrap.fill(base64.b64encode(s.encode()).decode(), 16).replace("\n", "\r\n")}
    ),
}


@pytest.mark.parametrize("secret", [SECRET, PLAIN], ids=["awkward", "plain"])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_replaced_inside_longer_text(form: str, secret: str) -> None:
    redactor = Redactor()
    label = redactor.register(secret, "token")
    written = FORMS[form](secret)
    redacted = redactor.text(f"before {written} after")
    assert label in redacted
    assert written not in redacted
    assert redacted.startswith("before ")
    assert redacted.endswith(" after")


@pytest.mark.parametrize("before", ["", "u", "us", "user:", "a longer piece:"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_a_secret_inside_encoded_text_is_replaced_wherever_it_begins(before, encode) -> None:  # type: ignore[no-untyped-def]
    redactor = Redactor()
    label = redactor.register(PLAIN, "password")
    encoded = encode(f"{before}{PLAIN}:tail".encode()).decode()
    redacted = redactor.text(f"Authorization: Basic {encoded}")
    assert label in redacted
    assert not any(PLAIN[4:-4] in decoded for decoded in decodings(redacted))


def decodings(text: str) -> list[str]:
    """What the pieces of the text say when read as base64, at any alignment."""
    pieces = (p[i:] for p in re.split("[^A-Za-z0-9+/_-]", text) for i in range(4))
    padded = (p + "=" * (-len(p) % 4) for p in pieces if len(p) % 4 != 1)
    return [base64.b64decode(p, altchars=b"-_").decode("latin-1") for p in padded]


@given(
    secret=st.text(string.ascii_letters + string.digits + "+/=_-.~!% ", min_size=8, max_size=60),
    before=st.text(max_size=30),
    after=st.text(max_size=30),
)
def test_no_secret_stays_in_a_text_unless_it_is_told(secret: str, before: str, after: str) -> None:
    redactor = Redactor()
    label = redactor.register(secret, "token")
    if label == secret or redactor.warnings:  # blank, or a word
        return
    redacted = redactor.text(before + secret + after)
    assert secret not in redacted.replace(label, "\0")


@pytest.mark.parametrize("form", ["plain", "every byte of a url", "decimal entities", "base64"])
def test_half_a_secret_before_a_cut_is_replaced_however_it_is_written(form: str) -> None:
    redactor = Redactor()
    redactor.register(PLAIN, "token")
    written = FORMS[form](PLAIN)
    for length in range(len(written) // 2, len(written)):
        assert redactor.text(f"it was {written[:length]}… of 99") == "it was <token:1>… of 99"


def test_what_is_written_otherwise_and_no_secret_stays_as_it_is() -> None:
    redactor = Redactor()
    redactor.register(PLAIN, "token")
    odd = f"100%41 &amp; a\\nb {{}} é\n {quote(PLAIN[:-1])} "
    secret = "".join(f"%{byte:02x}" for byte in PLAIN.encode())
    assert redactor.text(odd) == odd
    assert redactor.text(f"{odd}%2f{secret}%2f{odd}") == f"{odd}%2f<token:1>%2f{odd}"


def test_labels_count_by_kind_in_the_order_of_appearance() -> None:
    redactor = Redactor()
    labels = [redactor.register(f"secret-{n}", kind) for n, kind in enumerate("aabab")]
    assert labels == ["<a:1>", "<a:2>", "<b:1>", "<a:3>", "<b:2>"]
    assert redactor.register("secret-0", "b") == "<a:1>"


def test_labels_of_a_scenario_do_not_depend_on_the_scenarios_before_it() -> None:
    redactor = Redactor()
    redactor.register("secret-of-the-run", "token")
    for earlier in ("first", "second"):
        redactor.begin_scope()
        redactor.register(f"secret-of-the-{earlier}", "token")
    redactor.begin_scope()
    assert redactor.register("another-secret", "token") == "<token:2>"
    text = "secret-of-the-second, secret-of-the-first, secret-of-the-run"
    assert redactor.text(text) == "<token:3>, <token:4>, <token:1>"


def test_the_longest_secret_wins() -> None:
    redactor = Redactor()
    redactor.register("abcd-3fgh", "short")
    redactor.register("abcd-3fgh-ijkl", "long")
    assert redactor.text("x abcd-3fgh-ijkl abcd-3fgh") == "x <long:1> <short:1>"


WORDS = ("a", "s3cret7", "Pairing", "cluster", "a-real-token", "the link is down", "1.30.1-2026",
         "SendPairingRequest", "RegistrationTokenUnusable", "local_cluster_uid")  # fmt: skip


@pytest.mark.parametrize("secret", WORDS)
def test_what_may_be_any_word_is_replaced_in_telling_fields_only(secret: str) -> None:
    redactor = Redactor()
    assert redactor.register(secret, "password") == "<password:1>"
    ours: Json = {"polls": secret, secret: [secret], "message": f"{secret} {secret}s"}
    assert redactor.data(ours) == ours
    assert redactor.known(ours) == ours
    told: Json = {
        "password": secret,
        "Set-Cookie": f"a={secret}; Path=/",
        "body": json.dumps({"password": secret, "status": secret}),
        "url": f"https://h/{secret}?token={quote_plus(secret)}",
    }
    assert redactor.data(told) == {
        "password": "<password:1>",
        "Set-Cookie": "a=<password:1>; Path=/",
        "body": json.dumps({"password": "<password:1>", "status": secret}),
        "url": f"https://h/{secret}?token=<password:1>",
    }
    (warning,) = redactor.warnings
    assert warning.startswith("a value of kind password is too ")
    assert secret == "a" or secret not in warning


def test_each_scope_is_warned_once_of_what_it_has_and_of_what_the_run_has() -> None:
    redactor = Redactor()
    redactor.register("cluster", "password")
    warned = []
    for cookies in (["local", "global"], [], ["local"]):
        redactor.warnings.clear()
        redactor.begin_scope()
        for cookie in cookies:
            redactor.register(cookie, "cookie")
        warned.append([warning.split()[4] for warning in redactor.warnings])
    assert warned == [["password", "cookie"], ["password"], ["password", "cookie"]]


def test_what_a_scope_has_shown_already_stays_the_same_in_it() -> None:
    redactor = Redactor()
    redactor.begin_scope()
    redactor.shows(b'{"uid":"5f1d9a7be2c0"}')
    assert redactor.data({"uid": "5f1d9a7be2c0", "cookie": "last=5f1d9a7be2c0"}) == {
        "uid": "5f1d9a7be2c0",
        "cookie": "last=<cookie:1>",
    }
    assert "was shown before" in redactor.warnings[0]
    redactor.begin_scope()
    assert redactor.data({"uid": "5f1d9a7be2c0", "cookie": "last=5f1d9a7be2c0"}) == {
        "uid": "<cookie:1>",
        "cookie": "last=<cookie:1>",
    }


def test_what_others_spell_like_labels_is_told_apart_from_ours() -> None:
    redactor = Redactor()
    redactor.register("s3cret-value", "token")
    spelled = ["<token:1>", "<~token:1>", "s3cret-value", "<token:x>", "a<b", "<token:1> <a:2>"]
    assert redactor.data(spelled) == [
        "<~token:1>", "<~~token:1>", "<token:1>", "<token:x>", "a<b", "<~token:1> <~a:2>"
    ]  # fmt: skip
    assert redactor.known({"token": "<token:1>"}) == {"token": "<~token:1>"}


def test_a_secret_that_holds_what_looks_like_a_label_is_found() -> None:
    redactor = Redactor()
    assert redactor.register("k3y<token:1>k3y", "token") == "<token:1>"
    assert redactor.said("it is k3y<token:1>k3y") == "it is <token:1>"


@pytest.mark.parametrize("form", FORMS)
def test_whether_a_text_tells_a_secret_is_seen_in_any_form(form: str) -> None:
    for secret in (SECRET, PLAIN):
        assert is_told(secret, f"before {FORMS[form](secret)} after")
        assert not is_told(secret, f"before {FORMS[form](secret[1:])} after")
    assert is_told("<token:1>", "before <token:1>")
    assert not is_told("<token:1>", "before <token:2>")
    assert not is_told("", "anything")


@pytest.mark.parametrize("nothing", ["", " ", "    ", "\n\t", "<token:3>"])
def test_blanks_and_labels_are_no_secrets(nothing: str) -> None:
    redactor = Redactor()
    assert redactor.register(nothing, "token") == nothing
    assert redactor.text("a    b <token:3>") == "a    b <token:3>"


def test_redacting_twice_changes_nothing_even_when_a_secret_is_a_word_of_a_label() -> None:
    redactor = Redactor()
    redactor.register("password:1", "password")
    redactor.register("a-r3al-token", "token")
    once = redactor.text("a-r3al-token and password:1")
    assert once == "<token:1> and <password:1>"
    assert redactor.text(once) == once


@pytest.mark.parametrize(
    ("data", "label"),
    [
        ({"password": "s3cret-value"}, "<password:1>"),
        ({"registrationToken": "s3cret-value"}, "<token:1>"),
        ({"registration_token": "s3cret-value"}, "<token:1>"),
        ({"Token": {"Authorization": "s3cret-value"}}, "<session:1>"),
        ({"token": "s3cret-value"}, "<token:1>"),
        ({"headers": {"Authorization": "Bearer s3cret-value"}}, "<session:1>"),
        ({"headers": [["authorization", "s3cret-value"]]}, "<session:1>"),
        ({"ApiKey": "s3cret-value"}, "<api_key:1>"),
        ({"api-key": "s3cret-value"}, "<api_key:1>"),
        ({"RefreshToken": "s3cret-value"}, "<session:1>"),
        ({"localClusterToken": "s3cret-value"}, "<cluster_token:1>"),
        ({"cluster_token": "s3cret-value"}, "<cluster_token:1>"),
        ({"session": "s3cret-value"}, "<session:1>"),
        ({"Cookie": "theme=s3cret-value; a=b"}, "<cookie:1>"),
        ({"Set-Cookie": "sid=s3cret-value; Path=/; HttpOnly"}, "<cookie:1>"),
        ({"uid": "1", "value": "s3cret-value", "expiry": 5}, "<token:1>"),
        ({"body": '{"registrationToken" : "s3cret-value", "x"'}, "<token:1>"),
        ({"body": "username=u&password=s3cret-value"}, "<password:1>"),
        ({"url": "https://h/p?token=s3cret-value&x=1"}, "<token:1>"),
        ({"url": "https://user:s3cret-value@h/p"}, "<password:1>"),
        ({"token": ["s3cret-value"]}, "<token:1>"),
    ],
    ids=str,
)  # fmt: skip
def test_telling_fields_register_their_secrets(data: Json, label: str) -> None:
    redacted = json.dumps(Redactor().data(["seen before: s3cret-value", data]))
    assert "s3cret-value" not in redacted
    assert f"seen before: {label}" in redacted


def test_a_basic_login_registers_its_password_as_well() -> None:
    redactor = Redactor()
    encoded = base64.b64encode(b"operator:s3cret-value").decode()
    redactor.data({"Authorization": f"Basic {encoded}"})
    assert redactor.text("it was s3cret-value") == "it was <password:1>"


def test_values_that_are_no_text_and_names_that_tell_nothing_stay() -> None:
    data: Json = {"token": None, "session": True, "password": 5, "name": "x", "tokens": ["visible"]}
    assert Redactor().data(data) == data


def test_keys_are_replaced_where_they_hold_a_secret() -> None:
    redactor = Redactor()
    redactor.register("host", "password")
    redactor.register("s3cret-value", "token")
    assert redactor.known({"host": 1, "s3cret-value": 2}) == {"host": 1, "<token:1>": 2}


def test_known_registers_nothing() -> None:
    redactor = Redactor()
    assert redactor.known({"token": "expired"}) == {"token": "expired"}


def test_threads_agree_on_the_labels() -> None:
    redactor = Redactor()
    secrets = [f"secret-{n:04}" for n in range(200)]

    def register_all(_: int) -> list[str]:
        return [redactor.register(secret, "token") for secret in secrets]

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(register_all, range(4)))
    assert all(answer == answers[0] for answer in answers)
    assert len(set(answers[0])) == len(secrets)
