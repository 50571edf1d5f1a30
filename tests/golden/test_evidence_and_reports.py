"""The files of a run, byte for byte, and what must never be in any of them.

After a change of a format that is meant: `PAIRPROOF_REMAKE_GOLDEN=1 pytest tests/golden`.
"""

from __future__ import annotations

import base64
import html
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import msgspec
import pytest

from harness.catalogue.requirement import Level, Profile, Requirement, Role
from harness.catalogue.verdict import Verdict
from harness.history.evidence import EvidenceWriter
from harness.history.lines import CheckLine, RunInfo
from harness.history.merge import merge_parts
from harness.history.operation import Json, Outcome
from harness.history.reader import part_path, read_evidence
from harness.history.redaction import Redactor
from harness.reporting.files import MESSAGES, REPORT_FILES, write_messages, write_reports
from tests.unit.history.writing import HEADER, lines_of, play, scenario, verdict, write
from tests.unit.reporting.sample import API_KEY, PASSWORD, SESSION, TOKEN, write_sample

FILES = Path(__file__).parent / "files"
CATALOGUE = (
    Requirement(
        id="WDR-4",
        role=Role.EDGE,
        level=Level.MUST,
        profile=Profile.CORE,
        title="Without a link, a cancel still ends the request locally",
        text="Whatever becomes of the message, nothing is pending locally afterwards.",
        source="#withdraw-pairing-request-from-local-cluster step 5",
    ),
    Requirement(
        id="WDR-8",
        role=Role.BOTH,
        level=Level.UNSPECIFIED,
        profile=Profile.CORE,
        title="The link comes back after an offline cancel",
        text="Whether the host tells the central side, and when.",
        source="#withdraw-pairing-request-from-local-cluster",
    ),
)


def small_run(path: Path) -> Path:
    """A pass, a failure and an observation."""
    with EvidenceWriter(path, Redactor()) as writer:
        writer.header(HEADER)
        play(writer, "withdraw/a-cancel-with-a-link")
        failed, silent = "withdraw/a-cancel-without-a-link", "withdraw/the-link-comes-back"
        writer.scenario(scenario(failed))
        asked = writer.invoke(failed, "operator", "CancelPairingRequest", {}, start=500)
        writer.outcome(
            asked.id,
            Outcome.FAIL,
            end=600,
            error={"reason": "Conflict", "message": "no", "details": {}},
        )
        reason = "CancelPairingRequest should succeed, and was refused: no (Conflict)"
        writer.check(check_line(failed, "WDR-4", Verdict.FAIL, reason, asked.id))
        judged = verdict(failed, given=Verdict.FAIL, reason=reason)
        writer.verdict(msgspec.structs.replace(judged, operations=[asked.id]))
        writer.scenario(scenario(silent, "WDR-8"))
        seen = writer.invoke(silent, "admin", "ListPairingRequests", {}, start=700)
        writer.outcome(seen.id, Outcome.OK, end=800, value={"items": []})
        writer.check(check_line(silent, "WDR-8", Verdict.OBSERVED, "gone after 1 s", seen.id))
        writer.verdict(verdict(silent, "WDR-8", Verdict.OBSERVED, "gone after 1 s"))
        writer.close(ended_at="2026-11-24T10:00:03Z")
    return path


def check_line(id_: str, requirement: str, given: Verdict, reason: str, on: str) -> CheckLine:
    return CheckLine(
        scenario=id_,
        requirement=requirement,
        check="observed" if given is Verdict.OBSERVED else "succeeded",
        args={"operation": on, "situation": "the link comes back"},
        step="Then it happens",
        verdict=given,
        reason=reason,
        operations=[on],
    )


@pytest.mark.parametrize("name", ["evidence.jsonl", "report.json", "junit.xml", "summary.md"])
def test_the_formats_stay_as_they_are(name: str, tmp_path: Path) -> None:
    write_reports(small_run(tmp_path / "evidence.jsonl"), tmp_path, requirements=CATALOGUE)
    if os.environ.get("PAIRPROOF_REMAKE_GOLDEN"):
        shutil.copy(tmp_path / name, FILES / name)
    assert (tmp_path / name).read_text("utf-8") == (FILES / name).read_text("utf-8")


def test_the_same_evidence_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    for folder in (first, second):
        write_reports(write_sample(folder / "evidence.jsonl"), folder)
        write_messages(folder, folder)
    for name in ("evidence.jsonl", MESSAGES, *REPORT_FILES):
        assert (first / name).read_bytes() == (second / name).read_bytes(), name


def test_reports_do_not_depend_on_the_number_of_workers(tmp_path: Path) -> None:
    ids = [f"withdraw/s{n}" for n in range(6)]
    alone = write(tmp_path / "1" / "evidence.jsonl", *ids)
    for workers in (1, 2, 3):
        out = tmp_path / f"{workers}w" / "evidence.jsonl"
        shares = [ids[n::workers] for n in range(workers)]
        parts = [write(part_path(out, f"gw{n}"), *s, part=True) for n, s in enumerate(shares)]
        merge_parts(parts, out, ids)
        assert out.read_bytes() == alone.read_bytes()


@pytest.mark.parametrize("number", range(15))
def test_the_digest_changes_when_any_line_changes(number: int, tmp_path: Path) -> None:
    path = small_run(tmp_path / "evidence.jsonl")
    whole = read_evidence(path)
    assert whole.problems == ()
    lines = lines_of(path)
    value = msgspec.json.decode(lines[number])
    value["changed"] = True
    lines[number] = msgspec.json.encode(value) + b"\n"
    path.write_bytes(b"".join(lines))
    assert any("digest does not fit" in problem for problem in read_evidence(path).problems)


# --- canaries -------------------------------------------------------------------------------

CANARIES = {
    "password": PASSWORD,
    "token": TOKEN,
    "session": SESSION,
    "api key": API_KEY,
    "plain": "c4naryOfLettersAndDigits0nly",
    "awkward": 'c4nary/with+signs=and %spaces&"quotes"\'<ü>\\',
}


def forms(secret: str) -> Iterator[str]:
    """Every way in which a secret might lie in a file."""
    raw = secret.encode()
    yield secret
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield json.dumps(json.dumps(secret)[1:-1])[1:-1]
    yield from (quote(secret), quote(secret, safe=""), quote_plus(secret))
    yield from (html.escape(secret), str(html.escape(secret)).replace("&#x27;", "&#39;"))
    yield from (raw.hex(), raw.hex().upper())
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for before in (b"", b"u", b"us", b"user:"):
            encoded = encode(before + raw + b":after").decode()
            # What depends on the secret alone, without its first and last few bytes.
            yield encoded[(len(before) * 8 + 5) // 6 + 1 : (len(before) + len(raw)) * 8 // 6 - 1]


def planted(secret: str) -> Json:
    """The secret in all places of a message, each time in another form."""
    raw = secret.encode()
    body = {"note": f"split inside {secret} longer text", "deep": json.dumps(secret)}
    return {
        "method": "POST",
        "url": f"https://h/p?x={quote(secret, safe='')}&y={quote_plus(secret)}",
        "headers": {
            "Authorization": "Basic " + base64.b64encode(b"user:" + raw + b":after").decode(),
            "X-Trace": f"before{secret}after",
            "X-Url-Safe": base64.urlsafe_b64encode(b"u" + raw + b":after").decode(),
            "X-Hex": raw.hex(),
        },
        "body": json.dumps(body),
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with the canaries in every place that takes text."""
    folder = tmp_path_factory.mktemp("canaries")
    redactor = Redactor()
    for kind, secret in CANARIES.items():
        redactor.register(secret, kind.replace(" ", "_"))
    everything = " and ".join(CANARIES.values())
    with EvidenceWriter(folder / "evidence.jsonl", redactor) as writer:
        run = RunInfo(command=["pairproof", f"--set={everything}"], platform={"env": everything})
        writer.header(msgspec.structs.replace(HEADER, run=run, target_file=everything))
        writer.scenario(msgspec.structs.replace(scenario("withdraw/a"), name=everything))
        operations = []
        for secret in CANARIES.values():
            sent = writer.invoke(
                "withdraw/a",
                f"operator {secret}",
                "SendPairingRequest",
                {"token": secret, "in a list": [secret], secret: "as a key"},
                start=1,
                tags={"host": f"edge {secret}"},
            )
            message = planted(secret)
            assert isinstance(message, dict)
            writer.outcome(
                sent.id,
                Outcome.FAIL,
                end=2,
                error={"reason": "x", "message": f"bad token {secret}!", "details": {"a": secret}},
                request=message,
                response={"status": 500, **message},
            )
            operations.append(sent.id)
        line = check_line("withdraw/a", "WDR-4", Verdict.FAIL, everything, operations[0])
        writer.check(
            msgspec.structs.replace(
                line, step=everything, expected=everything, args={"x": everything}
            )
        )
        judged = verdict("withdraw/a", given=Verdict.FAIL, reason=everything)
        writer.verdict(msgspec.structs.replace(judged, operations=operations))
    write_reports(folder / "evidence.jsonl", folder)
    write_messages(folder, folder)
    return folder


def described(text: str) -> list[str]:
    """The kinds of the secrets that are in a text, in whatever form."""
    texts = (text, html.unescape(text))
    return [
        k for k, secret in CANARIES.items() if any(f in t for f in forms(secret) for t in texts)
    ]


def test_no_secret_is_in_any_file(folder: Path) -> None:
    names = ("evidence.jsonl", MESSAGES, *REPORT_FILES)
    written = {n: (folder / n).read_text("utf-8") for n in names}
    assert [n for n, text in written.items() if "withdraw/a" not in text] == ["badge.svg"]
    assert [(name, kind) for name, text in written.items() for kind in described(text)] == []


def test_a_secret_is_seen_in_every_place_and_form() -> None:
    """Each place of a message is looked at by itself, and the message as JSON as well."""
    unseen = []
    for kind, secret in CANARIES.items():
        message: Any = planted(secret)
        values = [message["url"], message["body"], *message["headers"].values()]
        unseen += [
            (kind, text) for text in (*values, json.dumps(message)) if kind not in described(text)
        ]
    assert unseen == []


def test_the_labels_are_in_the_files_and_tell_the_secrets_apart(folder: Path) -> None:
    written = (folder / "evidence.jsonl").read_text("utf-8")
    for kind in CANARIES:
        assert f"<{kind.replace(' ', '_')}:1>" in written
