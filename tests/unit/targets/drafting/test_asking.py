"""What is asked, what is refused, and that the file of any answers can be read."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import trustme
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.catalogue.requirement import Feature
from harness.domain.arrangements import Side
from harness.domain.operations import Surface
from harness.targets.drafting.draft import composed
from harness.targets.drafting.filling import Hints, Question, WrongAnswer
from harness.targets.target import Target
from harness.targets.target_file import load_target
from harness.wire.routes import ROUTES
from tests.unit.targets.drafting.talk import (
    PATH,
    PINNED,
    answers_of,
    by_words,
    questions,
    refusal,
)

ENV = {"PATH": PATH}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lab")
    trustme.CA().cert_pem.write_to_path(str(folder / "ca.pem"))
    return folder


def loaded(folder: Path, *pairs: tuple[str, str]) -> Target:
    """The target of the file that these answers make."""
    answers = answers_of(folder, by_words(*pairs))
    out = folder / "target.toml"
    out.write_text(composed(answers, None, out), "utf-8")
    return load_target(out, {**ENV, **dict.fromkeys(answers.variables(), "x")})


def test_without_a_document_each_operation_stands_there_to_be_written_over(folder: Path) -> None:
    answers = answers_of(folder, by_words(("Which side", "edge")))
    out = folder / "target.toml"
    text = composed(answers, None, out)
    keys = re.compile(r"^# (?=\[paths\.|method = |path = )", re.MULTILINE)
    out.write_text(keys.sub("", text), "utf-8")
    target = load_target(out, {**ENV, **dict.fromkeys(answers.variables(), "x")})
    surfaces = (Surface.LOCAL_UI, Surface.AGENT)
    assert set(target.wire.paths) == {kind for kind in ROUTES if kind.surface in surfaces}
    assert target.wire.routes == ROUTES, "as it is published"
    assert '#   request: "paletteEndpoint", "registrationToken", "insecure"' in text
    assert "[paths.AcceptPairingRequest]" not in text, "the harness plays Palette"


ANSWERS: dict[str, tuple[str, ...]] = {
    "Which side": ("edge", "central", "both"),
    "of somebody else's": ("yes", "no"),
    "Another": ("no", "no", "yes"),
    "How are the certificates": ("usual", "ca", "pinned", "insecure"),
    "ca_file": ("ca.pem",),
    "Ask https": ("yes", "no"),
    "Is that the right one": ("yes", "no"),
    "fingerprints": (PINNED, PINNED.replace(":AB:", ":cd:")),
    "Where its Local UI": ("", "http://127.0.0.1:{n}", "https://[2001:db8::1]:{n}/ui/"),
    "Where Palette's API": ("", "http://localhost:9/", "https://palette.example:8443/a/b"),
    "come to trust that Palette": ("ca", "certificate", "plain"),
    "peer.host": ("", "10.0.0.7", "::1", "2001:db8::2"),
    "that it claims": ("none", "scopes", "pages, scopes"),
    "Who arranges": (
        "none",
        "control",
        "commands",
        "given",
        "person",
        "control,commands,given,person",
    ),
    "arrange.commands": ("", "true {arrangement}", "env 'a b' --x=\"{arrangement}\""),
    "reset.command": ("", "true {slot}"),
    "links.commands": ("", "true {host_uid}"),
    "given.projects": ("", "p1, p2"),
    "May the cluster": ("yes", "no"),
    "Who cuts": ("none", "proxy", "toxiproxy", "commands", "person"),
    "May a run": ("yes", "no"),
    "implementation.name": ("", 'Ac"me \\ # [x] 🙂', "x = 1"),
    "implementation.version": ("", "1.0 # beta"),
    "What this place": ("", "r{n}", 'a "b"'),
    "The host's uid": ("", "u{n}"),
}


def options(question: Question) -> tuple[str, ...]:
    """The answers that one may get to this question; empty for the default."""
    return next((v for k, v in ANSWERS.items() if k in question.text), ("",))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_file_of_any_answers_can_be_read(folder: Path, data: st.DataObject) -> None:
    count = 0

    def typed(question: Question) -> str | None:
        nonlocal count
        count += 1
        chosen = data.draw(st.sampled_from(options(question)), label=question.text)
        chosen = chosen.replace("{n}", str(count))
        fresh = chosen if count < 200 or "Another" not in question.text else "no"
        try:
            question.check(fresh)
        except WrongAnswer:
            return None
        return fresh or None

    answers = answers_of(folder, typed)
    out = folder / "any.toml"
    out.write_text(composed(answers, None, out), "utf-8")
    target = load_target(out, {**ENV, **dict.fromkeys(answers.variables(), "x")})
    assert target.sides == answers.sides
    assert target.info.name == answers.at("implementation", "name")
    assert target.allow_writes == answers.data.get("allow_writes", False)
    assert [place.slot for place in target.places] == [
        place["slot"] for place in answers.at("edge", "clusters") or []
    ]


def test_the_defaults_describe_an_edge_and_let_the_harness_play_palette(folder: Path) -> None:
    target = loaded(folder)
    assert target.sides == {Side.EDGE}
    assert target.peer.port == 9440
    assert not target.allow_writes


def test_what_was_said_stands_in_the_file(folder: Path) -> None:
    target = loaded(
        folder,
        ("implementation.name", "Acme"),
        ("Which side", "both"),
        ("Where its Local UI", "https://a.example:1"),
        ("Another edge host", "yes"),
        ("Where its Local UI", "https://b.example:1"),
        ("Another edge host", "no"),
        ("How are the certificates of the edge hosts", "ca"),
        ("ca_file", "ca.pem"),
        ("How are the certificates of Palette", "pinned"),
        ("Ask https", "yes"),
        ("right one", "yes"),
        ("that it claims", "multi-node"),
        ("Who arranges", "given"),
        ("paired for good", "yes"),
        ("reset.command", "true {slot}"),
        ("Who cuts", "proxy"),
        ("links.listen", "0.0.0.0:7443"),
        ("links.host", "me.example"),
        ("May a run", "yes"),
    )
    assert [host.url for host in target.places[0].hosts] == [
        "https://a.example:1",
        "https://b.example:1",
    ]
    assert target.info.features == {Feature.MULTI_NODE}
    assert target.trusts[Side.CENTRAL].fingerprints == {b"\xab" * 32}
    assert target.trusts[Side.EDGE].ca_file == folder / "ca.pem"
    assert target.arranging.resets["lab-1"].words[1:] == ("{slot}",)
    assert (target.links.listen, target.links.host) == (("0.0.0.0", 7443), "me.example")
    assert target.allow_writes


def test_a_fingerprint_that_is_not_confirmed_has_to_be_typed(folder: Path) -> None:
    other = "sha256:" + "cd" * 32
    target = loaded(
        folder,
        ("How are the certificates", "pinned"),
        ("right one", "no"),
        ("fingerprints", other),
    )
    assert target.trust.fingerprints == {b"\xcd" * 32}


def test_a_server_that_shows_nothing_leads_to_the_question(folder: Path) -> None:
    typed = by_words(("How are the certificates", "pinned"), ("fingerprints", PINNED))
    assert answers_of(folder, typed, shown="-").at("tls", "fingerprints") == [PINNED]


def test_multi_node_is_only_claimed_where_a_cluster_can_span_hosts(folder: Path) -> None:
    (claim,) = [q for q in questions(folder) if "claim" in q.text]
    assert "no place has two hosts" in refusal(claim, "multi-node")
    assert "needed: one of pages, scopes, multi-node" in refusal(claim, "many-nodes")


@pytest.mark.parametrize(
    ("words", "typed", "told"),
    [
        ("Which side", "middle", "one of edge, central, both"),
        ("Where its Local UI", "edge-1:5080", "an address that begins with https://"),
        ("Where its Local UI", "https://u:p@edge-1", "an address that begins with"),
        ("Where its Local UI", "https://edge-1:99999", "whose host or port is none"),
        ("The host's uid", "  ", "a text that is not blank"),
        ("password_env", "s3cret", "in capitals, digits and _"),
        ("first of the six", "70000", "a whole number from 0 to 65530"),
        ("first of the six", "x", "a whole number"),
        ("peer.host", "0.0.0.0/8", "a host name or an IP address"),
        ("Who arranges", "magic", "one of control, commands"),
        ("Who arranges", "none, given", "some of"),
        ("Who cuts", "scissors", "one of proxy"),
        ("May a run", "perhaps", "one of yes, no"),
    ],
)
def test_a_wrong_answer_is_refused_with_the_reason(
    folder: Path, words: str, typed: str, told: str
) -> None:
    question = next(q for q in questions(folder) if words in q.text)
    assert told in refusal(question, typed)


@pytest.mark.parametrize(
    ("pairs", "words", "typed", "told"),
    [
        (
            (("How are", "ca"), ("ca_file", "ca.pem")),
            "ca_file",
            "no.pem",
            "cannot be used",
        ),
        ((("Who arranges", "commands"),), "arrange.commands", "./no.py", "no program"),
        ((("Who arranges", "commands"),), "arrange.commands", "true {slot}", "placeholder"),
        ((("Who arranges", "commands"),), "arrange.commands", "'", "quotes"),
        ((("Who cuts", "proxy"),), "links.listen", "7443", "an address and a port"),
        ((("Who cuts", "proxy"),), "links.listen", "0.0.0.0:99999", "a port from 0"),
        ((("Which side", "central"),), "central.endpoint", "ftp://x", "malformed"),
        ((("Another edge host", "yes"),), "The host's uid", "edge-1", "already"),
    ],
)
def test_a_wrong_answer_to_a_later_question(
    folder: Path, pairs: tuple[tuple[str, str], ...], words: str, typed: str, told: str
) -> None:
    *_, question = [q for q in questions(folder, *pairs) if words in q.text]
    assert told in refusal(question, typed)


def test_a_secret_in_place_of_a_name_is_not_repeated(folder: Path) -> None:
    question = next(q for q in questions(folder) if "password_env" in q.text)
    assert "hunter2" not in refusal(question, "hunter2")


def test_documents_give_the_defaults(folder: Path) -> None:
    hints = Hints(frozenset({Side.CENTRAL}), central_url="https://p.example", name="P", version="9")
    answers = answers_of(folder, lambda _: None, hints=hints)
    assert answers.data["roles"] == ["central"]
    assert answers.at("central", "url") == "https://p.example"
    assert answers.data["implementation"] == {"name": "P", "version": "9"}


def test_the_last_line_names_the_doctor(folder: Path) -> None:
    text = composed(answers_of(folder, lambda _: None), None, folder / "t.toml")
    assert text.rstrip().endswith("pairproof doctor --target " + str(folder / "t.toml"))
    assert tomllib.loads(text)["schema"] == "pairproof/target/1"
