"""What a target answers is data: never a path, a command, markup, or an order to a terminal."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from harness.history.visible import visible
from harness.suite import suite_dir
from harness.targets.reading import env_text
from tests.integration.cli.command import Command
from tests.integration.hostile.attackers import ATTACKS, Attacker
from tests.integration.http.faulty import running

SOME = (
    "logged-in-sends or (opened-request-shows and none) or reaches-the-central or can-be-reviewed"
)
FILES = {
    "badge.svg",
    "evidence.jsonl", "ledger.jsonl", "junit.xml", "report.html", "report.json", "summary.md",
}  # fmt: skip
TARGET = """
schema = "pairproof/target/1"
roles = ["edge", "central"]
[implementation]
name = {name}
version = {name}
organization = {name}
[edge.login]
username_env = "HOSTILE_USER"
password_env = "HOSTILE_PASSWORD"
[[edge.clusters]]
slot = "slot-1"
hosts = [{{ uid = "host-1", url = "{url}" }}]
[central]
url = "{url}/palette"
endpoint = "{url}"
[control]
url = "{url}"
secret_env = "HOSTILE_CONTROL"
[limits]
await_s = 0.05
stays_s = 0.02
answer_s = 2.0
poll_s = 0.01
settle_s = 0.05
[rate_limit]
waits = 0
"""


def describe(folder: Path, url: str, name: str = "Hostile") -> None:
    # TOML's strings are JSON's, but for DEL and half characters, which it cannot hold.
    quoted = json.dumps(name, ensure_ascii=False).replace("\x7f", "\\u007f")
    (folder / "target.toml").write_text(TARGET.format(url=url, name=quoted), "utf-8")
    beside = folder / "target.env"
    names = ("HOSTILE_USER", "HOSTILE_PASSWORD", "HOSTILE_CONTROL")
    beside.write_text(env_text({name: f"{name}-0123456789" for name in names}), "utf-8")
    beside.chmod(0o600)


def files_below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


class Elements(HTMLParser):
    """The elements of a page, and the attributes that would act."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.acting: list[str] = []
        self.images: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.acting += [n for n, v in attrs if n.startswith("on") or "javascript:" in (v or "")]
        if tag in ("img", "iframe", "object", "embed"):
            self.images.append(tag)


def check_files(out: Path, attack: str) -> None:
    """Each report can be read, and holds the attack as text alone."""
    page = (out / "report.html").read_text("utf-8")
    found = Elements(page)
    assert (found.acting, found.images) == ([], [])
    summary = (out / "summary.md").read_text("utf-8")
    for text in (page, summary):
        assert "<script>alert" not in text
        assert "onerror=alert(1)>" not in text
        # The last two break a line, and do no more.
        assert not [c for c in text if not c.isprintable() and c not in "\n\t\u2028\u2029"]
    assert "](javascript" not in summary
    suites = ElementTree.parse(out / "junit.xml")
    assert [f for f in suites.iter("failure") if f.text == "attack"] == []
    json.loads((out / "report.json").read_text("utf-8"))
    if attack and attack.isprintable() and len(attack) < 1_000:
        raw = (out / "evidence.jsonl").read_text("utf-8")
        assert json.dumps(attack)[1:-1] in raw, "nothing is hidden either"


def check_terminal(said: str) -> None:
    assert "Traceback" not in said
    acting = sorted({c for c in said if not c.isprintable() and c not in "\n\t"})
    assert acting == []
    for line in said.splitlines():
        assert not line.startswith("::")
        assert "##[" not in line


QUICK = {("path", False), ("markup", False), ("terminal", True), ("NUL", True)}
CASES = [
    pytest.param(name, refuses, marks=[] if (name, refuses) in QUICK else [pytest.mark.slow])
    for name in ATTACKS
    for refuses in (False, True)
]


@pytest.mark.parametrize(("name", "refuses"), CASES)
def test_an_attack_stays_text(command: Command, name: str, refuses: bool) -> None:
    attack = ATTACKS[name]
    with running(Attacker(attack, refuses=refuses).behave) as target:
        describe(command.folder, target.url)
        before = files_below(command.folder.parents[1])
        done = command.here("certify", "--target", "target.toml", "--out", "out", "-k", SOME)
        said = done.stdout + done.stderr
        assert done.returncode in (1, 3), said
        for words in (("cleanup", "out"), ("report", "out"), ("verify", "out")):
            done = command.here(*words)
            said += done.stdout + done.stderr
    check_terminal(said)
    out = command.folder / "out"
    assert {path.name for path in out.iterdir()} == FILES
    made = files_below(command.folder.parents[1]) - before
    assert made == {f"a/b/out/{file}" for file in FILES}, "nothing was written elsewhere"
    assert not Path("/tmp/pairproof-escaped").exists()
    check_files(out, attack)


@pytest.mark.parametrize(
    "name", [n for n in ATTACKS if n not in ("long", "half a character", "empty")]
)
def test_a_name_that_attacks_is_a_name(command: Command, name: str) -> None:
    """The name of an implementation stands in a target file, and names the folder of a run."""
    with running(Attacker("x", refuses=True).behave) as target:
        describe(command.folder, target.url, ATTACKS[name])
        done = command.here("certify", "--target", "target.toml", "-k", "logged-in-sends")
    check_terminal(done.stdout + done.stderr)
    assert done.returncode in (1, 2, 3)
    outside = [f for f in files_below(command.folder.parents[1]) if not f.startswith("a/b/")]
    assert outside == []
    if done.returncode != 2:
        (folder,) = (command.folder / "reports" / "runs").iterdir()
        assert (folder / "evidence.jsonl").is_file()


@pytest.mark.slow
def test_in_pytest_itself_it_is_text_as_well(command: Command) -> None:
    with running(Attacker(ATTACKS["terminal"], refuses=True).behave) as target:
        describe(command.folder, target.url)
        done = command.run_afresh(
            "pytest", str(suite_dir("features") / "send.feature"), "-p", "harness.plugin", "-vv",
            "-p", "no:cacheprovider", "--target", "target.toml", "--out", "out", "-k", SOME,
            "--color=no",
        )  # fmt: skip
    said = done.stdout + done.stderr
    assert visible("\x1b[2J") in said, "it was told, as text"
    check_terminal(said)
