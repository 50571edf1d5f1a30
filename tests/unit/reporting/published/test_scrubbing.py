"""What tells where a run took place is found by its form, and equal things stay equal."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from harness.history.evidence import EvidenceWriter
from harness.history.lines import RunInfo
from harness.history.operation import Outcome
from harness.history.reader import read_evidence
from harness.history.redaction import Redactor
from harness.reporting.published.scrubbing import Scrubber, hosts_in, internal_in, pack
from tests.unit.history.writing import HEADER, scenario, verdict

HOME = "/home" + "/ana"
INTERNAL = {
    "http://10.1.2.3:8080/v1": "http://<address:1>:8080/v1",
    "192.168.0.7, 172.31.0.1 and 100.64.1.1": "<address:1>, <address:2> and <address:3>",
    "10.0.0.5.": "<address:1>.",
    "node-10.0.0.5_b": "node-<address:1>_b",
    "10.0.0.0/8": "<address:1>/8",
    "[fd00:12::7]:443 or FE80::1%eth0": "[<address:1>]:443 or <address:2>%eth0",
    "https://Palette.corp.Internal/x": "https://<host:1>/x",
    "p.ns.svc.cluster.local:1, nas.local": "<host:1>:1, <host:2>",
    f"{HOME}/lab and /Users/bo": "/home/<user:1>/lab and /Users/<user:2>",
    r"C:\Users\ana\lab": r"C:\Users\<user:1>\lab",
    r'{"at": "\nnas.local", "file": "C:\\Users\\bo"}': (
        r'{"at": "\n<host:1>", "file": "C:\\Users\\<user:1>"}'
    ),
    "next=https%3A%2F%2Fnas.lan%2F&f=file%3A%2F%2F%2Fhome%2Fana": (
        "next=https%3A%2F%2F<host:1>%2F&f=file%3A%2F%2F%2Fhome%2F<user:1>"
    ),
    "nas.local beside nas.local and NAS.local": "<host:1> beside <host:1> and <host:2>",
    "Lab-7 is lab-7.example": "<name:1> is <name:2>.example",
}
PUBLIC = (
    "https://palette.example/home/page",
    "8.8.8.8 172.32.0.1 192.0.2.1 127.0.0.1 100.128.0.1",
    "version 1.10.0.0.5, v10.1.2.3",
    "localhost, an.internal.thing.example, locals.localhost",
    "fc12:34 and deadbeef:fd00",
    "<host:3> and /home/<user:1>",
    "slab-7",
)


@pytest.mark.parametrize("text", INTERNAL)
def test_what_is_internal_becomes_a_label(text: str) -> None:
    scrubber = Scrubber(["lab-7"])
    assert scrubber.text(text) == INTERNAL[text]
    assert list(scrubber.internal(INTERNAL[text])) == []


@pytest.mark.parametrize("text", PUBLIC)
def test_what_anybody_may_see_stays(text: str) -> None:
    assert Scrubber(["lab-7"]).text(text) == text


def written(path: Path) -> Path:
    """A run of somebody's lab, whose answers are compared with what was entered."""
    run = RunInfo(["pairproof", "certify", "--target=/srv/lab/t.toml", "--out", f"{HOME}/o"])
    header = msgspec.structs.replace(HEADER, target_file="/srv/lab/t.toml", run=run)
    with EvidenceWriter(path, Redactor()) as writer:
        writer.header(header)
        writer.scenario(scenario("withdraw/a"))
        url = "https://palette.corp.internal:8443"
        sent = writer.invoke("withdraw/a", "operator", "Send", {"endpoint": url}, start=1)
        body = '{"palette.corp.internal": "\\nfrom 10.9.8.7"}'
        seen = {"status": 200, "headers": {"Host": "public.vendor.com"}, "body": body}
        asked = {"url": "https://ana@public.vendor.com:1/x"}
        writer.outcome(sent.id, Outcome.OK, end=2, request=asked, response=seen)
        writer.verdict(verdict("withdraw/a"))
    return path


def test_evidence_is_packed_with_labels_and_a_digest_that_fits(tmp_path: Path) -> None:
    plain, packed = written(tmp_path / "evidence.jsonl"), tmp_path / "out" / "evidence.jsonl.zst"
    assert set(internal_in(plain, Scrubber())) == {
        ("user", "ana"), ("host", "palette.corp.internal"), ("address", "10.9.8.7"),
    }  # fmt: skip
    pack(plain, packed, Scrubber())
    assert internal_in(packed, Scrubber()) == {}
    evidence = read_evidence(packed)
    assert (evidence.complete, evidence.problems) == (True, ())
    sent = evidence.histories["withdraw/a"].operations[0]
    assert sent.args["endpoint"] == "https://<host:1>:8443"
    assert sent.response is not None
    assert sent.response["body"] == '{"<host:1>": "\\nfrom <address:1>"}'
    assert evidence.header.target_file == "t.toml"
    assert evidence.header.run.command[2:] == ["--target=t.toml", "--out", "o"]
    assert hosts_in(packed) == ["public.vendor.com"]


def test_what_is_packed_again_keeps_its_labels(tmp_path: Path) -> None:
    once, twice = tmp_path / "a.zst", tmp_path / "b.zst"
    pack(written(tmp_path / "evidence.jsonl"), once, Scrubber())
    scrubber = Scrubber(["public.vendor.com"])
    scrubber.labels.clear()
    pack(once, twice, scrubber)
    assert list(scrubber.labels.values()) == ["<name:1>"]
    asked = read_evidence(twice).histories["withdraw/a"].operations[0].request
    assert asked == {"url": "https://ana@<name:1>:1/x"}


def test_what_is_unlike_stays_unlike_after_a_second_time(tmp_path: Path) -> None:
    scrubber = Scrubber()
    scrubber.leave_out(b'{"url":"https://<host:4>/"}')
    assert scrubber.text("nas.local") == "<host:5>"
