"""`pairproof target init`: writes a target file by asking, and from OpenAPI documents."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from harness.cli.commands.targets import Init
from harness.cli.exits import CannotDo, put, say
from harness.history.visible import visible_line
from harness.history.wording import counted
from harness.targets.drafting.draft import WireDraft, composed, env_template, hints_of, wire_of
from harness.targets.drafting.filling import (
    Asked,
    AskFingerprint,
    Filling,
    Hints,
    Question,
    WrongAnswer,
)
from harness.targets.drafting.interview import Interview
from harness.targets.drafting.openapi import Document, document_from
from harness.targets.reading import env_file_of
from harness.targets.trust import certificate_shown

Answer = Callable[[Asked], Any]
"""Who answers a question: a person, or the defaults."""


def init(asked: Init) -> int:
    """Ask, write the file and the template beside it; nothing is written before the last answer.

    Raises:
        CannotDo: the file is there already, nobody can be asked, or it cannot be written.
        OpenApiError: a document cannot be used.
    """
    _check_place(asked)
    documents = [document_from(place) for place in asked.from_openapi]
    filled = _filled(asked, hints_of(documents))
    wire = wire_of(documents, filled.sides) if documents else None
    text = composed(filled, wire, asked.out)
    _write(asked.out, text, 0o644)
    put(f"wrote {asked.out}")
    _write_env(env_file_of(asked.out), filled.variables())
    if wire is not None:
        _tell_wire(documents, wire)
    put(f"next: fill in what it asks for, then: pairproof doctor --target {asked.out}")
    return 0


def _check_place(asked: Init) -> None:
    out = asked.out
    if out.exists() and not asked.force:
        raise CannotDo(f"{out} is there already: use --force to replace it, or --out for another")
    if out.is_dir() or not out.parent.is_dir():
        raise CannotDo(f"{out} cannot be written: give a file in a folder that is there")
    if env_file_of(out) == out:
        raise CannotDo(f"{out} is where credentials go: give another name, such as target.toml")
    if not asked.defaults and not sys.stdin.isatty():
        raise CannotDo(
            "nobody can be asked, as standard input is no terminal: use --defaults to take every"
            " default, and edit the file"
        )


# --- asking -------------------------------------------------------------------------------


def _filled(asked: Init, hints: Hints) -> Filling:
    answer = _default if asked.defaults else _ask
    if not asked.defaults:
        say("An empty line takes what stands in brackets. Ctrl-C ends it; nothing is written then.")
    filling = Filling(asked.out.parent, os.environ.get("PATH", os.defpath))
    asking = Interview(filling, hints).run()
    try:
        question = next(asking)
        while True:
            question = asking.send(answer(question))
    except StopIteration:
        return filling


def _default(question: Asked) -> Any:
    if isinstance(question, AskFingerprint) or question.default is None:
        raise CannotDo("a question has no default: answer it on a terminal")
    return question.check(question.default)


def _ask(question: Asked) -> Any:
    """Ask on the terminal until the answer will do."""
    if isinstance(question, AskFingerprint):
        return _show(question)
    say("")
    for line in question.about:
        say(f"  {line}")
    while True:
        try:
            return _checked(question, _typed(question))
        except WrongAnswer as wrong:
            say(f"  {visible_line(str(wrong))}")


def _typed(question: Question) -> str:
    default = f" [{visible_line(question.default)}]" if question.default else ""
    sys.stderr.write(f"{visible_line(question.text)}{default} ")
    sys.stderr.flush()
    try:
        return input().strip()
    except EOFError:
        raise CannotDo("the answers ended before the questions; nothing was written") from None


def _checked(question: Question, typed: str) -> Any:
    if not typed.isprintable():
        raise WrongAnswer("needed: a text in one line, without control characters")
    if typed or question.default is None:
        return question.check(typed)
    return question.check(question.default)


def _show(question: AskFingerprint) -> str:
    try:
        return certificate_shown(question.url)
    except (OSError, ValueError) as error:
        say(f"  {visible_line(question.url)} shows none: {visible_line(str(error))}")
        return "-"


# --- writing ------------------------------------------------------------------------------


def _write(path: Path, text: str, mode: int) -> None:
    """Write a file as a whole or not at all. Raises `CannotDo` if it cannot be written."""
    try:
        number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        written = Path(name)
        try:
            with os.fdopen(number, "w", encoding="utf-8") as file:
                file.write(text)
            written.chmod(mode)
            written.replace(path)
        finally:
            written.unlink(missing_ok=True)
    except OSError as error:
        raise CannotDo(f"{path} cannot be written: {error.strerror}") from error


def _write_env(path: Path, variables: Sequence[str]) -> None:
    """The template for the credentials; one that is there already is left alone."""
    if not variables:
        return
    if path.exists():
        put(f"kept {path}, which has to hold {', '.join(variables)}")
        return
    _write(path, env_template(variables), 0o600)
    put(f"wrote {path} (mode 600), where the values of {', '.join(variables)} go")


def _tell_wire(documents: Sequence[Document], wire: WireDraft) -> None:
    for document in documents:
        put(
            visible_line(
                f"read {document.source}: {counted(len(document.operations), 'operation')}"
            )
        )
    put(wire.describe())
    for drafted in wire.operations:
        if drafted.is_missing:
            put(f"missing: {drafted.route.operation.__name__}: {drafted.route.summary}")
