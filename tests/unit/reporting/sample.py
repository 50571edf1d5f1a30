"""A realistic run: most of the catalogue passes, and a bit of everything else happens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.catalogue.requirement import Feature, Level, Profile, Requirement
from harness.catalogue.requirements import REQUIREMENTS
from harness.catalogue.verdict import Verdict
from harness.history import lines
from harness.history.evidence import EvidenceWriter
from harness.history.operation import Json, Outcome
from harness.history.redaction import Redactor

TOKEN = "Zm9yLXRoZS1lZGdlLWhvc3Rz+1/2="
SESSION = "eyJhbGciOiJIUzI1NiJ9.c2VjcmV0LXNlc3Npb24.x-Y_z"
PASSWORD = 'correct horse "battery" & stäple/9'
API_KEY = "ak-5b1f0c9d7e3a4f62"

HEADER = lines.EvidenceHeader(
    harness=lines.HarnessInfo("0.1.0"),
    edition="2026-11",
    implementation=lines.Implementation(
        name="Fjord Edge Manager",
        version="2.4.1",
        organization="Fjord Systems",
        url="https://fjord.example",
        contact="conformance@fjord.example",
    ),
    roles=["central", "edge"],
    driver="http",
    seed=4711,
    features=["multi-node", "scopes"],
    limits={"await_s": 5.0, "stays_s": 0.25},
    target_file="fjord.toml",
    run=lines.RunInfo(
        command=["pairproof", "certify", "--target", "fjord.toml"],
        started_at="2026-11-24T10:00:00Z",
        platform={"python": "3.11.7", "system": "Linux"},
        workers=2,
        commit="0123456789abcdef0123456789abcdef01234567",
    ),
)

PALETTE = "https://palette.fjord.example"
LOCAL_UI = "https://edge-7.fjord.example:5080"


@dataclass
class Recorder:
    """Plays scenarios into a writer, ten milliseconds an operation."""

    writer: EvidenceWriter
    now: int = 0
    operations: list[str] = field(default_factory=list)
    line: lines.ScenarioLine | None = None

    def begin(self, requirement: Requirement, name: str, line: int) -> None:
        feature = {
            "PRE": "prerequisites",
            "SND": "send",
            "ACC": "accept",
            "WDR": "withdraw",
            "REJ": "reject",
            "INV": "invariants",
        }[requirement.id[:3]]
        self.line = lines.ScenarioLine(
            id=f"{feature}/{name.lower().replace(' ', '-').replace(',', '')}",
            name=name,
            feature=f"features/{feature}.feature",
            line=line,
            rule=requirement.title,
            requirements=[requirement.id],
            profile=requirement.profile.value,
        )
        self.operations = []
        self.writer.scenario(self.line)

    def operate(
        self,
        actor: str,
        kind: str,
        args: Mapping[str, Json],
        outcome: Outcome,
        **answer: Mapping[str, Json],
    ) -> str:
        assert self.line is not None
        start = self.now
        sent = self.writer.invoke(
            self.line.id, actor, kind, args, start=start, tags={"host": "edge-7"}
        )
        self.now += 10_400
        self.writer.outcome(sent.id, outcome, end=start + 8_300, **answer)
        self.operations.append(sent.id)
        return sent.id

    def judge(
        self,
        check: str,
        verdict: Verdict,
        reason: str,
        *,
        step: str,
        operations: Sequence[str],
        args: Mapping[str, object] | None = None,
        expected: str = "",
    ) -> None:
        assert self.line is not None
        for requirement in self.line.requirements:
            self.writer.check(
                lines.CheckLine(
                    scenario=self.line.id,
                    requirement=requirement,
                    check=check,
                    args=dict(args or {}),
                    step=step,
                    verdict=verdict,
                    reason=reason,
                    operations=list(operations),
                    expected=expected,
                )
            )

    def end(self, verdict: Verdict, reason: str, operations: Sequence[str] = ()) -> None:
        assert self.line is not None
        for requirement in self.line.requirements:
            self.writer.verdict(
                lines.VerdictLine(
                    requirement=requirement,
                    scenario=self.line.id,
                    verdict=verdict,
                    reason=reason,
                    operations=list(operations),
                    at=self.now,
                )
            )


def write_sample(path: Path, *, header: lines.EvidenceHeader = HEADER) -> Path:
    """A whole run, with failures."""
    redactor = Redactor()
    redactor.register(PASSWORD, "password")
    redactor.register(API_KEY, "api_key")
    writer = EvidenceWriter(path, redactor)
    writer.header(header)
    recorder = Recorder(writer)
    for number, requirement in enumerate(requirements()):
        _scenario(recorder, requirement, 10 + 6 * number)
    writer.close(ended_at="2026-11-24T10:00:12.500000Z")
    return path


def requirements() -> Iterator[Requirement]:
    return (r for r in REQUIREMENTS if r.profile is not Profile.RESILIENCE)


def _scenario(recorder: Recorder, requirement: Requirement, line: int) -> None:
    recorder.begin(requirement, requirement.title, line)
    match requirement.id:
        case "WDR-4":
            cancel_is_lost(recorder)
        case "ACC-7":
            wrong_match(recorder)
        case "PRE-5S":
            culprit_not_named(recorder)
        case "PRE-9":
            recorder.end(Verdict.INCONCLUSIVE, "the target's link cannot be cut: links = none")
        case _ if Feature.PAGES in requirement.features:
            recorder.end(Verdict.NOT_SUPPORTED, "pages: only a page can show it (--driver browser)")
        case _ if requirement.level is Level.UNSPECIFIED:
            observed(recorder, requirement)
        case _:
            passes(recorder)


def log_in(recorder: Recorder) -> str:
    return recorder.operate(
        "operator",
        "LogIn",
        {"username": "ana", "password": PASSWORD, "extended": False},
        Outcome.OK,
        value={"token": SESSION},
        request={
            "method": "POST",
            "url": f"{LOCAL_UI}/v1/users/default/login",
            "headers": {"content-type": "application/json"},
            "body": '{"username":"ana","password":"correct horse \\"battery\\" & stäple/9"}',
        },
        response={
            "status": 200,
            "headers": {"content-type": "application/json"},
            "body": f'{{"Token":{{"Authorization":"{SESSION}"}}}}',
        },
    )


def send(recorder: Recorder) -> str:
    return recorder.operate(
        "operator",
        "SendPairingRequest",
        {"endpoint": PALETTE, "token": TOKEN, "insecure": False},
        Outcome.OK,
        value={"pairing_uid": "6f0c1d9a7b3e4f5a8c2d1e0f"},
        request={
            "method": "POST",
            "url": f"{LOCAL_UI}/v1/edge-mgmt/cluster/pair",
            "headers": {"Authorization": SESSION, "content-type": "application/json"},
            "body": f'{{"paletteEndpoint":"{PALETTE}","registrationToken":"{TOKEN}"}}',
        },
        response={
            "status": 201,
            "headers": {"content-type": "application/json"},
            "body": '{"pairingUid":"6f0c1d9a7b3e4f5a8c2d1e0f"}',
        },
    )


def passes(recorder: Recorder) -> None:
    log_in(recorder)
    sent = send(recorder)
    recorder.judge(
        "succeeded", Verdict.PASS, "", step="Then the request is sent", operations=[sent]
    )
    recorder.end(Verdict.PASS, "")


def observed(recorder: Recorder, requirement: Requirement) -> None:
    log_in(recorder)
    sent = send(recorder)
    seen = "SendPairingRequest was refused: a request is pending already (PairingRequestPending)"
    recorder.judge(
        "observed",
        Verdict.OBSERVED,
        seen,
        step="Then what the target does is recorded",
        operations=[sent],
        args={"situation": requirement.title, "operations": [sent]},
    )
    recorder.end(Verdict.OBSERVED, seen, [sent])


def cancel_is_lost(recorder: Recorder) -> None:
    """The cancel fails with the link, and the request stays pending locally."""
    log_in(recorder)
    send(recorder)
    recorder.operate(
        "harness", "SetLink", {"host_uid": "edge-7", "up": False}, Outcome.OK, value={}
    )
    cancelled = recorder.operate(
        "operator",
        "CancelPairingRequest",
        {},
        Outcome.FAIL,
        error={
            "reason": "PaletteEndpointUnusable",
            "message": "cannot reach Palette, try again later",
            "details": {"endpoint": PALETTE},
        },
        request={
            "method": "POST",
            "url": f"{LOCAL_UI}/v1/edge-mgmt/cluster/pair/reject",
            "headers": {"Authorization": SESSION},
            "body": None,
        },
        response={
            "status": 502,
            "headers": {"content-type": "application/json", "server": "fjord"},
            "body": '{"code":"PaletteEndpointUnusable","message":"cannot reach Palette, try again'
            f' later","details":"POST {PALETTE}/v1/pair/6f0c with token {TOKEN}","ref":"7c1"}}',
        },
    )
    pending: dict[str, Json] = {"pairing_uid": "6f0c1d9a7b3e4f5a8c2d1e0f", "status": "Pairing"}
    waited = recorder.operate(
        "operator",
        "await_state",
        {
            "predicate": "nothing_pending",
            "predicate_args": {},
            "polls": "ViewPairing",
            "within_s": 5.0,
        },
        Outcome.OK,
        value={
            "held": False,
            "samples": [{"at": recorder.now, "outcome": "ok", "value": pending, "error": None}],
        },
    )
    reason = "ViewPairing: nothing_pending did not hold; seen: status Pairing"
    recorder.judge(
        "held",
        Verdict.FAIL,
        reason,
        step="Then nothing is pending in Local UI",
        operations=[cancelled, waited],
        expected="Within 5 s Local UI shows no pending request (404, or a status that is not"
        " Pairing), although the cancel could not reach Palette.",
    )
    recorder.end(Verdict.FAIL, reason, [cancelled, waited])


def wrong_match(recorder: Recorder) -> None:
    """Palette says valid to another version, and wraps it in markup that must stay text."""
    send(recorder)
    matched = recorder.operate(
        "admin",
        "MatchProfiles",
        {
            "pairing_uid": "6f0c1d9a7b3e4f5a8c2d1e0f",
            "selection": [{"uid": "infra-1", "version": "1.10.0"}],
        },
        Outcome.OK,
        value={"packs": [], "problems": []},
        request={
            "method": "POST",
            "url": f"{PALETTE}/v1/spectroclusters/pairing/6f0c1d9a7b3e4f5a8c2d1e0f/match",
            "headers": {"ApiKey": API_KEY, "ProjectUid": "p-1"},
            "body": '{"profiles":[{"uid":"infra-1","version":"1.10.0"}]}',
        },
        response={
            "status": 200,
            "headers": {"content-type": "application/json"},
            "body": '{"valid":true,"note":"<script>alert(1)</script><img src=x onerror=alert(2)>",'
            f'"padding":"{"x" * 9_000}"}}',
        },
    )
    reason = "MatchProfiles should find <b>k8s 1.29.4</b> unlike 1.29.5 | and `said` valid"
    recorder.judge(
        "match_is",
        Verdict.FAIL,
        reason,
        step="Then the selection does not match",
        operations=[matched],
    )
    recorder.end(Verdict.FAIL, reason, [matched])


def culprit_not_named(recorder: Recorder) -> None:
    checked = recorder.operate(
        "operator",
        "VerifyConnection",
        {"endpoint": PALETTE, "token": TOKEN, "insecure": False},
        Outcome.OK,
        value={"verified": False, "message": "connection check failed"},
    )
    reason = "the message does not name host edge-9: connection check failed"
    recorder.judge("names", Verdict.FAIL, reason, step="Then edge-9 is named", operations=[checked])
    recorder.end(Verdict.FAIL, reason, [checked])
