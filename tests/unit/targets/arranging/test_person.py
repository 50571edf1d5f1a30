"""A person is asked in plain words, and what they confirm is told with their name."""

from __future__ import annotations

import os
import pty
import threading
from pathlib import Path

import pytest

from harness.domain import arrangements
from harness.domain.cluster import Health
from harness.targets.arranging.person import PersonArranger, terminal_asker
from harness.targets.port import CannotArrange, Confirmation
from tests.unit.targets.arranging.fakes import TOKEN

ASKED = arrangements.SetNodeHealth("lab-1", "worker-1", Health.UNHEALTHY)


class Somebody:
    """Gives these answers, then is gone."""

    def __init__(self, *answers: str) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, text: str) -> str:
        self.asked.append(text)
        if not self._answers:
            raise EOFError
        return self._answers.pop(0)


def test_who_presses_enter_has_confirmed_it() -> None:
    asker = Somebody("")
    person = PersonArranger(asker, "Kim")
    assert person.arrange(ASKED) == ASKED
    assert asker.asked == [
        "Make node worker-1 of the cluster in slot lab-1 unhealthy.\n"
        "Then press Enter (s = it cannot be done): "
    ]
    told = "Make node worker-1 of the cluster in slot lab-1 unhealthy."
    assert person.confirmation() == Confirmation("Kim", told)
    assert person.confirmation() is None


def test_the_name_is_asked_for_once() -> None:
    asker = Somebody("", " Kim ", "", "")
    person = PersonArranger(asker)
    person.arrange(ASKED)
    person.arrange(ASKED)
    assert [text[:9] for text in asker.asked] == [
        "Your name",
        "Your name",
        "Make node",
        "Make node",
    ]
    assert person.operator == "Kim"


@pytest.mark.parametrize(
    ("answer", "why"), [("s", "Kim says: cannot be done"), ("what?", "not confirmed")]
)
def test_anything_but_enter_confirms_nothing(answer: str, why: str) -> None:
    person = PersonArranger(Somebody(answer), "Kim")
    with pytest.raises(CannotArrange, match=why):
        person.arrange(ASKED)
    assert person.confirmation() is None


def test_who_is_gone_confirms_nothing() -> None:
    person = PersonArranger(Somebody(), "Kim")
    with pytest.raises(CannotArrange, match="is gone"):
        person.arrange(ASKED)


def test_the_uid_of_what_a_person_makes_is_asked_for() -> None:
    asked = arrangements.CreateProject("p-1", "retail")
    assert PersonArranger(Somebody("", "own-uid"), "Kim").arrange(
        asked
    ) == arrangements.CreateProject("own-uid", "retail")
    assert PersonArranger(Somebody("", ""), "Kim").arrange(asked) == asked


def test_nobody_is_asked_who_is_not_there_or_for_a_secret() -> None:
    assert "--interactive" in PersonArranger(None).cannot(arrangements.SetLink)
    with pytest.raises(CannotArrange):
        PersonArranger(None).arrange(ASKED)
    person = PersonArranger(Somebody(), "Kim")
    assert person.cannot(arrangements.SetLink) == person.cannot(arrangements.RemoveToken) == ""
    assert "secret" in person.cannot(arrangements.PutToken)
    with pytest.raises(CannotArrange):
        person.arrange(TOKEN)


def test_somebody_may_come_later() -> None:
    person = PersonArranger(None)
    person.attend(Somebody(""), "Kim")
    assert person.arrange(ASKED) == ASKED


def test_what_a_target_calls_things_does_nothing_to_the_terminal() -> None:
    asker = Somebody("")
    PersonArranger(asker, "Kim").arrange(arrangements.RemoveToken("\x1b[2Jt\n"))
    assert asker.asked[0].startswith("Delete the registration token ?[2Jt? in Palette.\n")


def test_a_terminal_is_asked_whatever_the_standard_streams_are() -> None:
    master, slave = pty.openpty()
    answers: list[str] = []
    ask = terminal_asker(terminal=Path(os.ttyname(slave)))
    assert ask is not None
    thread = threading.Thread(target=lambda: answers.append(ask("Your name: ")))
    thread.start()
    seen = b""
    while b"Your name: " not in seen:
        seen += os.read(master, 100)
    os.write(master, b"Kim\n")
    thread.join(10)
    os.close(master)
    os.close(slave)
    assert answers == ["Kim"]
