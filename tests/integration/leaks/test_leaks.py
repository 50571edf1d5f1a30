"""No secret is in any file, log line or terminal output, whatever the target does with it."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterable
from pathlib import Path

import pytest

from harness.context.recorder import Recorder
from harness.history.redaction import Redactor
from harness.suite import suite_dir
from harness.targets.http import HttpDriver
from harness.targets.ledger import FILE
from harness.targets.port import Exchange, Outgoing
from harness.targets.reading import env_text, read_env_file
from tests.integration.cli.command import Command, wait_until
from tests.integration.http.faulty import running
from tests.integration.leaks.canaries import Hunt, canary, written_below
from tests.integration.leaks.echo import AUTHORITY, KEY, MODES, PEM, Echo

PASSWORD = canary("password", awkward=True)
CONTROL = canary("control")
INPUTS = ("target.toml", "target.env", "ca.pem")
SOME = "(can-be-reviewed and list) or logged-in-sends or (opened-request-shows and none)"
CERTIFY = ("--target", "target.toml", "--out", "out", "-k", SOME)
TARGET = """
schema = "pairproof/target/1"
roles = ["edge", "central"]
[implementation]
name = "Echo"
[edge.login]
username_env = "ECHO_USER"
password_env = "ECHO_PASSWORD"
[[edge.clusters]]
slot = "slot-1"
hosts = [{{ uid = "host-1", url = "{url}" }}]
[central]
url = "{url}/palette"
endpoint = "{url}"
[control]
url = "{url}"
secret_env = "ECHO_CONTROL"
[limits]
await_s = 0.05
stays_s = 0.02
answer_s = 1.0
poll_s = 0.01
settle_s = 0.05
[tls]
ca_file = "ca.pem"
[timeouts]
check_s = 1.0
[rate_limit]
waits = 0
"""


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two credentials stand in the environment, the third in the file beside the target file."""
    monkeypatch.setenv("ECHO_USER", "kim")
    monkeypatch.setenv("ECHO_PASSWORD", PASSWORD)


def describe(folder: Path, url: str) -> None:
    """Write the target file, and a CA file in which somebody has left a private key."""
    (folder / "target.toml").write_text(TARGET.format(url=url), "utf-8")
    (folder / "ca.pem").write_text(f"{AUTHORITY.cert_pem.bytes().decode()}{PEM}", "utf-8")
    beside = folder / "target.env"
    beside.write_text(env_text({"ECHO_CONTROL": CONTROL}), "utf-8")
    beside.chmod(0o600)


def certify(command: Command, url: str, *words: str) -> str:
    """Certify the target; all that it says."""
    describe(command.folder, url)
    done = command.here("certify", *CERTIFY, *words)
    assert done.returncode in (1, 3), done.stdout + done.stderr
    return done.stdout + done.stderr


def found_in(command: Command, said: str, secrets: Iterable[str]) -> dict[str, list[str]]:
    """What of the secrets was said, or stands in a file of the run, and where."""
    hunt = Hunt(secrets)
    told = {"terminal": said, **written_below(command.folder, except_for=INPUTS)}
    found = {name: hunt.leaks(text) for name, text in told.items()}
    return {name: what for name, what in found.items() if what}


def secrets_of(echo: Echo) -> set[str]:
    assert echo.secrets.keys() >= {PASSWORD, CONTROL}, "both came as far as the target"
    return {*echo.secrets, PASSWORD, CONTROL, *KEY[1:]}


@pytest.mark.parametrize("mode", MODES)
def test_a_target_that_repeats_all_it_was_told(command: Command, mode: str) -> None:
    echo = Echo(mode)
    with running(echo.behave) as target:
        said = certify(command, target.url)
        cleaned = command.here("cleanup", "out")
        said += cleaned.stdout + cleaned.stderr
    for again in (
        ("cleanup", "out"),
        ("report", "out"),
        ("verify", "out"),
        ("verify", "out", "--format", "json"),
    ):
        done = command.here(*again)
        said += done.stdout + done.stderr
    assert (command.folder / "out" / FILE).read_text("utf-8").count('"entry"') > 3
    assert "<password:1>" in (command.folder / "out" / "evidence.jsonl").read_text("utf-8")
    assert found_in(command, said, secrets_of(echo)) == {}


BREAKING = {
    "everywhere": (
        Redactor,
        "text",
        "refuses",
        {"terminal", "out/evidence.jsonl", "out/report.html"},
    ),
    "at a cut": (Redactor, "_half", "breaks", {"out/evidence.jsonl"}),
    "on the terminal": (Recorder, "redacted", "unwilling", {"terminal"}),
}


@pytest.mark.parametrize("name", BREAKING)
def test_a_redaction_that_is_broken_is_seen(
    command: Command, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, method, mode, places = BREAKING[name]
    nothing = (lambda *_: []) if method == "_half" else lambda self, text: text
    monkeypatch.setattr(owner, method, nothing)
    echo = Echo(mode)
    with running(echo.behave) as target:
        said = certify(command, target.url)
    assert found_in(command, said, secrets_of(echo)).keys() >= places


def test_a_harness_that_crashes_with_secrets_in_its_hands(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(self: HttpDriver, outgoing: Outgoing) -> Exchange:
        raise RuntimeError(f"a defect, at {outgoing}")

    monkeypatch.setattr(HttpDriver, "send", crash)
    with running(Echo("refuses").behave) as target:
        said = certify(command, target.url)
    assert "The harness itself failed: RuntimeError: a defect, at Outgoing(" in said
    assert found_in(command, said, {PASSWORD, CONTROL}) == {}


def test_pytest_at_its_most_talkative(command: Command) -> None:
    """Tracebacks with local variables, and every log line there is."""
    echo = Echo("refuses")
    with running(echo.behave) as target:
        describe(command.folder, target.url)
        done = command.run_afresh(
            "pytest", str(suite_dir("features") / "accept.feature"), "-p", "harness.plugin", "-vv",
            "-l", "--log-level=DEBUG", "-p", "no:cacheprovider", *CERTIFY,
        )  # fmt: skip
    assert "the send" in done.stdout, done.stdout + done.stderr
    assert found_in(command, done.stdout + done.stderr, secrets_of(echo)) == {}


@pytest.mark.parametrize("key", ["edge.clusters", "central", "control"])
def test_credentials_in_an_address_are_refused_and_not_repeated(command: Command, key: str) -> None:
    describe(command.folder, "http://127.0.0.1:9")
    path = command.folder / "target.toml"
    text = path.read_text("utf-8")
    at = text.index(f"[{key}]")
    secret = canary("user-info")
    changed = re.sub("http://", f"http://kim:{secret}@", text[at:], count=1)
    path.write_text(text[:at] + changed, "utf-8")
    done = command.here("certify", *CERTIFY)
    assert done.returncode == 2
    assert "something else does not do; write an address" in done.stderr
    assert found_in(command, done.stdout + done.stderr, {secret, PASSWORD, CONTROL}) == {}


def test_what_serve_writes_to_a_file_it_says_nowhere_else(command: Command) -> None:
    target = command.folder / "target.toml"
    serving = ("serve", "--clusters", "1", "--hosts", "2", "--write-target", "target.toml")
    with command.started(*serving) as process:
        wait_until(lambda: target.exists() or process.poll() is not None, "it is served")
        done = command.here("certify", *CERTIFY[:-1], "logged-in-sends")
        process.send_signal(signal.SIGTERM)
        said, errors = process.communicate()
    assert done.returncode == 0, done.stdout + done.stderr
    public = ("PAIRPROOF_LOCAL_UI_USERNAME", "PAIRPROOF_PALETTE_EMAIL", "PAIRPROOF_PROJECT_UID")
    env = read_env_file(command.folder / "target.env")
    secrets = {value for name, value in env.items() if name not in public}
    assert len(secrets) == 5
    told = said + errors + done.stdout + done.stderr
    inputs = (*INPUTS, "target.ca.pem")
    assert found_in(command, told, secrets) == {}
    everything = told + "".join(written_below(command.folder, except_for=inputs).values())
    assert "PRIVATE KEY" not in everything
