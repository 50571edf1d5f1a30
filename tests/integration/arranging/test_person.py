"""A person at a terminal brings about what nothing else can, beside the progress of the run."""

from __future__ import annotations

import os
import pty
import re
import select
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from harness.catalogue.verdict import Verdict
from harness.domain.arrangements import SetLink, SetNodeHealth
from harness.domain.cluster import Health
from harness.reference.embedded import EmbeddedReference, Layout
from tests.forking import Forked
from tests.integration.arranging.without_control import Certified, by_command_for, prepared
from tests.integration.cli.command import Command

SCENARIO = "the-only-node-was-unhealthy-and-has-recovered"
_BY_COMMAND = (
    "CreateProject InstallCluster PutToken PutUser RemoveToken RemoveUser ForgetProject"
).split()
_AT_A_TERMINAL = (
    "import fcntl, runpy, termios\n"
    "fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
    "runpy.run_module('harness.cli', run_name='__main__', alter_sys=True)"
)
_LINKS = '[links]\nway = "person"\n[arrange]\nways = ["link", "commands"]\n'
_CUT = re.compile(r"(Cut|Let) host (\S+) (?:off from Palette|reach Palette again)")
_ASKED = re.compile(r"Make node (\S+) of the cluster in slot (\S+) (unhealthy|healthy)\.")


@pytest.fixture(scope="module")
def reference() -> Iterator[EmbeddedReference]:
    with EmbeddedReference(7, Layout(clusters=1, hosts=1)) as running:
        yield running


class Terminal:
    """A run of `certify` at a terminal of its own, and who sits there."""

    def __init__(
        self, reference: EmbeddedReference, folder: Path, *words: str, more: str = ""
    ) -> None:
        more += by_command_for(*_BY_COMMAND)
        command, environment = prepared(reference, folder, more, *words)
        self._master, slave = pty.openpty()
        (folder / "at_a_terminal.py").write_text(_AT_A_TERMINAL, "utf-8")
        here = {"CI": "", "COLUMNS": "80", "TERM": "xterm"}
        self._process = Forked(
            ["at_a_terminal", *command[3:]],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=Command(folder).environment({**environment, **here}),
            cwd=folder,
            start_new_session=True,
        )
        os.close(slave)
        self._folder = folder
        self.seen = ""

    def until(self, text: str, within_s: float = 40) -> None:
        """Read until the text shows behind what was answered last, or the run has ended."""
        fresh = ""
        deadline = time.monotonic() + within_s
        while text not in fresh and time.monotonic() < deadline:
            if not select.select([self._master], [], [], 1)[0]:
                continue
            try:
                fresh += os.read(self._master, 65_536).decode("utf-8", "replace")
            except OSError:
                break  # nobody is at the other end any more
        self.seen += fresh
        assert text in fresh, fresh[-2_000:]

    def stays_asked(self) -> None:
        """Nobody draws over the question while it waits for its answer."""
        assert select.select([self._master], [], [], 0.6)[0] == []

    def answer(self, text: str) -> None:
        os.write(self._master, text.encode())

    def ended(self) -> Certified:
        """How it ended; what it says meanwhile has to be read."""
        self.until("report  ")
        return Certified(self._process.wait(60), self.seen, self._folder / "out")

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._master)


Sit = Callable[..., Terminal]


@pytest.fixture
def sit(reference: EmbeddedReference, tmp_path: Path) -> Iterator[Sit]:
    with ExitStack() as held:

        def begin(*words: str, scenario: str = SCENARIO, more: str = "") -> Terminal:
            terminal = Terminal(reference, tmp_path, "-k", scenario, *words, more=more)
            held.callback(terminal.close)
            return terminal

        yield begin


def test_what_a_person_has_done_and_confirmed_is_judged(
    reference: EmbeddedReference, sit: Sit
) -> None:
    at = sit("--interactive")
    at.until("Your name, for the record: ")
    at.answer("Kim\n")
    for health in (Health.UNHEALTHY, Health.HEALTHY):
        at.until("(s = it cannot be done): ")
        at.stays_asked()
        node, slot, wanted = _ASKED.findall(at.seen)[-1]
        assert wanted == health.value.lower()
        reference.arrange(SetNodeHealth(slot, node, health))
        at.answer("\n")
    certified = at.ended()
    assert certified.code == 0, certified.said
    ((verdict, _),) = certified.verdicts().values()
    assert verdict is Verdict.PASS
    (history,) = certified.evidence.histories.values()
    confirmed = history.of_kind("ConfirmArrangement")
    assert [(o.actor, o.args["arrangement"]) for o in confirmed] == [("Kim", "SetNodeHealth")] * 2


def test_a_person_who_cuts_links_need_be_no_way_for_anything_else(
    reference: EmbeddedReference, sit: Sit
) -> None:
    at = sit(
        "--interactive", "--operator", "Kim", scenario="the-link-comes-back-and-stays", more=_LINKS
    )
    for wanted in ("Cut", "Let"):
        at.until("(s = it cannot be done): ")
        what, host = _CUT.findall(at.seen.replace("\r\n", " "))[-1]
        assert what == wanted
        reference.arrange(SetLink(host, up=what == "Let"))
        at.answer("\n")
    certified = at.ended()
    assert certified.code == 0, certified.said
    (history,) = certified.evidence.histories.values()
    confirmed = history.of_kind("ConfirmArrangement")
    assert [(o.actor, o.args["arrangement"]) for o in confirmed] == [("Kim", "SetLink")] * 2


@pytest.mark.slow
def test_what_a_person_cannot_do_is_inconclusive(sit: Sit) -> None:
    at = sit("--interactive", "--operator", "Kim")
    at.until("(s = it cannot be done): ")
    at.answer("s\n")
    certified = at.ended()
    assert certified.code == 3, certified.said
    ((verdict, reason),) = certified.verdicts().values()
    assert verdict is Verdict.INCONCLUSIVE
    assert "person: Kim says: cannot be done" in reason
