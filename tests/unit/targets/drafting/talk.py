"""Somebody who answers what `pairproof target init` asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from harness.targets.drafting.filling import (
    Asked,
    AskFingerprint,
    Filling,
    Hints,
    Question,
    WrongAnswer,
)
from harness.targets.drafting.interview import Interview

PATH = "/usr/bin:/bin"
PINNED = "sha256:" + ":".join(["AB"] * 32)


def answers_of(
    folder: Path,
    typed: Callable[[Question], str | None],
    shown: str = PINNED,
    hints: Hints | None = None,
) -> Filling:
    """The answers of somebody who types `typed(question)`, or nothing at all where it is None."""
    filling = Filling(folder, PATH)
    interview = Interview(filling, hints or Hints()).run()
    asked: Asked = next(interview)
    while True:
        if isinstance(asked, AskFingerprint):
            answer = shown
        else:
            said = typed(asked)
            answer = asked.check(asked.default or "" if said is None else said)
        try:
            asked = interview.send(answer)
        except StopIteration:
            return filling


def by_words(*pairs: tuple[str, str]) -> Callable[[Question], str | None]:
    """Types what goes with the first words that the question holds, each once."""
    left = list(pairs)

    def typed(question: Question) -> str | None:
        for pair in left:
            if pair[0] in question.text:
                left.remove(pair)
                return pair[1]
        return None

    return typed


def refusal(question: Question, typed: str) -> str:
    """Why an answer will not do."""
    try:
        question.check(typed)
    except WrongAnswer as wrong:
        return str(wrong)
    raise AssertionError(f"{typed!r} was taken")


def questions(folder: Path, *pairs: tuple[str, str]) -> Iterable[Question]:
    """All that is asked of somebody who answers so."""
    seen: list[Question] = []
    typed = by_words(*pairs)

    def noting(question: Question) -> str | None:
        seen.append(question)
        return typed(question)

    answers_of(folder, noting)
    return seen
