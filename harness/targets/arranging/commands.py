"""The way by commands of the user's, and their words with the fields of an arrangement in braces.

A value becomes part of one argument, or a whole one; nothing in it is interpreted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from string import Formatter
from typing import Any, Final, get_args, get_type_hints

import msgspec

from harness.domain.arrangements import ARRANGEMENTS, Arrangement, FaultEffect, RenewCluster
from harness.domain.errors import PairproofError
from harness.targets.arranging.adopting import adopted_text
from harness.targets.arranging.process import CompletedCommand, Staying, run_command
from harness.targets.port import ArrangingFailed, CannotArrange
from harness.wire.control import from_json, to_json
from harness.wire.http import Json, NotJson, parse_json
from harness.wire.model import Malformed

ANY: Final = "*"
"""The entry for all arrangements that have none of their own."""
CANNOT: Final = 3
"""The exit code with which a command says that it cannot, having changed nothing."""
TIMEOUT_S: Final = 60.0
_COMPLAINT_MAX = 600
_SECRETIVE = frozenset({"password", "api_key", "value"})


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a target file; what its keys mean, `CommandTable` says.

    Its words have placeholders, `environment` is all that it gets, and it runs in `folder`.
    """

    words: tuple[str, ...]
    folder: Path
    stdin: bool = True
    timeout_s: float = TIMEOUT_S
    expect: int = 0
    expect_output: str = ""
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    stays: bool = False


@dataclass(frozen=True, slots=True)
class WhatCanBe(Arrangement):
    """Asks a command what it can arrange. Nothing is to be brought about."""


@dataclass(frozen=True, slots=True)
class SeeEffect(Arrangement):
    """Asks a command what has come of an arrangement so far. Nothing is to be brought about."""

    of: Arrangement


class Commands:
    """Runs the command that is meant for an arrangement."""

    name = "commands"

    def __init__(self, commands: Mapping[str, Command], resets: Mapping[str, Command]) -> None:
        """`commands` by the name of an arrangement or `*`, `resets` by slot."""
        self._commands = commands
        self._resets = resets
        self._staying: dict[tuple[str, ...], Staying] = {}
        self._can: frozenset[str] | None = None
        """What the command for all else has said that it can, once it was asked."""
        self._tells: bool | None = None
        """Whether it has said that it tells what came of an arrangement."""

    def cannot(self, kind: type[Arrangement]) -> str:
        """Whether there is no command for it, and what to write."""
        name = kind.__name__
        if name in self._commands:
            return ""
        if ANY in self._commands and not (kind is RenewCluster and self._resets):
            told = f"{_called(self._commands[ANY])} does not say that it can"
            return "" if self._can is None or name in self._can else told
        if kind is RenewCluster:
            told = "no place has a reset command: add reset to its [[edge.clusters]]"
            return "" if self._resets else told
        return f"there is no command: add [arrange.commands.{name}]"

    def ask_what_it_can(self) -> str:
        """Ask the command for all else what it can arrange, which `cannot` goes by from now on.

        Returns who does not say it, and why; empty where it is known, and where there is no such
        command.
        """
        if ANY not in self._commands:
            return ""
        command = self._commands[ANY]
        try:
            can = self._asked_what_it_can(command)
        except CannotArrange as error:
            return f"{error.how}, and does not say"
        except msgspec.DecodeError:
            return f"{_called(command)} does not answer"
        if strange := min(can - ARRANGEMENTS.keys() - {SeeEffect.__name__}, default=""):
            return f"{_called(command)} knows {strange}, which is no arrangement, and does not say"
        self._can = can
        return ""

    @property
    def tells(self) -> bool:
        """Whether the command for all else says that it tells what came of one; asked once."""
        if self._can is not None:
            return SeeEffect.__name__ in self._can
        if self._tells is None and ANY in self._commands:
            self._tells = False
            with suppress(CannotArrange, msgspec.DecodeError):
                self._tells = SeeEffect.__name__ in self._asked_what_it_can(self._commands[ANY])
        return bool(self._tells)

    def renews(self, slot: str) -> bool:
        """Whether there is a command that puts the cluster of this slot back."""
        return slot in self._resets or not {"RenewCluster", ANY}.isdisjoint(self._commands)

    def arrange(self, arrangement: Arrangement) -> Arrangement:
        """Run the command; what it prints as a JSON object is what became of the arrangement."""
        command = self._command_for(arrangement)
        told = self._printed(command, arrangement)
        return adopted_text(arrangement, told, _called(command))

    def see_able(self, arrangement: Arrangement) -> None:
        """See that there is a command for it. Raises `CannotArrange`: there is none."""
        self._command_for(arrangement)

    def seen(self, arrangement: Arrangement) -> FaultEffect | None:
        if not self.tells:
            return None
        command, asked = self._commands[ANY], SeeEffect(arrangement)
        try:
            told = parse_json(self._printed(command, asked) or b"{}")
            return from_json(FaultEffect, told) if told else None
        except CannotArrange:
            return None
        except (NotJson, Malformed) as error:
            why = f"{_called(command)} does not tell what came of it: {error}"
            raise ArrangingFailed(type(arrangement).__name__, why) from error

    def close(self) -> None:
        """End the commands that stay."""
        for staying in self._staying.values():
            staying.close()
        self._staying.clear()

    def _asked_what_it_can(self, command: Command) -> frozenset[str]:
        finished = self._run(command, WhatCanBe())
        done = not finished.problem and finished.code == command.expect
        return msgspec.json.decode(finished.output if done else b"", type=_Can).can

    def _printed(self, command: Command, arrangement: Arrangement) -> bytes:
        """What it prints when it is asked for the arrangement."""
        finished = self._run(command, arrangement)
        what = type(arrangement).__name__
        secrets = (*command.secrets, *_secrets_of(to_json(arrangement)))
        if finished.problem:
            raise ArrangingFailed(what, _describe(command, finished.problem, finished, secrets))
        if finished.code == CANNOT != command.expect:
            raise CannotArrange(
                what, _describe(command, "it says that it cannot", finished, secrets)
            )
        if finished.code != command.expect:
            why = f"it ended with {finished.code}, not with {command.expect}"
            raise ArrangingFailed(what, _describe(command, why, finished, secrets))
        output = finished.output.decode("utf-8", "replace")
        if command.expect_output and not re.search(command.expect_output, output):
            why = f"its output does not contain {command.expect_output!r}"
            raise ArrangingFailed(what, _describe(command, why, finished, secrets))
        return finished.output

    def _run(self, command: Command, arrangement: Arrangement) -> CompletedCommand:
        what = type(arrangement).__name__
        try:
            if command.stays:
                return _as_completed(
                    self._kept(command).ask(_given(arrangement), command.timeout_s)
                )
            return run_command(
                filled(command.words, arrangement),
                folder=command.folder,
                environment=command.environment,
                given=_given(arrangement) if command.stdin else b"",
                timeout_s=command.timeout_s,
            )
        except BadTemplate as error:
            raise CannotArrange(what, f"{_called(command)}: {error}") from error
        except OSError as error:
            why = error.strerror or str(error)
            raise CannotArrange(what, f"{_called(command)} cannot be started: {why}") from error

    def _kept(self, command: Command) -> Staying:
        """The process of a command that stays; entries with the same words share one."""
        if command.words not in self._staying:
            self._staying[command.words] = Staying(
                [literal(word) for word in command.words],
                folder=command.folder,
                environment=command.environment,
            )
        return self._staying[command.words]

    def _command_for(self, arrangement: Arrangement) -> Command:
        name = type(arrangement).__name__
        if isinstance(arrangement, RenewCluster) and arrangement.slot in self._resets:
            return self._resets[arrangement.slot]
        command = self._commands.get(name) or self._commands.get(ANY)
        if command is None:
            raise CannotArrange(name, self.cannot(type(arrangement)) or "this place has no command")
        return command


class _Can(msgspec.Struct):
    """What a command answers that knows what it can."""

    can: frozenset[str]


def _given(arrangement: Arrangement) -> bytes:
    """The arrangement as a line of JSON, without its end."""
    return json.dumps(_named(arrangement)).encode()


def _named(arrangement: Arrangement) -> dict[str, Json]:
    name = type(arrangement).__name__
    if isinstance(arrangement, SeeEffect):
        return {"arrangement": name, "of": _named(arrangement.of)}
    fields = to_json(arrangement)
    assert isinstance(fields, dict)
    return {"arrangement": name, **fields}


def _as_completed(finished: CompletedCommand) -> CompletedCommand:
    """What a command that stays has answered, as one that ends would have said it."""
    if finished.problem:
        return finished
    try:
        told = json.loads(finished.output)
    except (ValueError, RecursionError):
        told = None
    match told:
        case {"error": why}:
            return replace(finished, complaint=str(why).encode(), problem="it went wrong")
        case {"cannot": why}:
            return replace(finished, complaint=str(why).encode(), code=CANNOT)
        case dict():
            return finished
        case _:
            return replace(finished, problem="its answer is no line with a JSON object")


def _called(command: Command) -> str:
    return f"the command {command.words[0]}"


def _describe(
    command: Command, why: str, finished: CompletedCommand, secrets: tuple[str, ...]
) -> str:
    """What went wrong, with the end of what the command complained of."""
    text = finished.complaint.decode("utf-8", "replace")
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "<secret>")
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    kept = text if len(text) <= _COMPLAINT_MAX else f"…{text[-_COMPLAINT_MAX:]}"
    return f"{_called(command)}: {why}" + (f": {kept}" if kept else "")


def _secrets_of(data: Json) -> Iterator[str]:
    if isinstance(data, dict):
        for name, value in data.items():
            if name in _SECRETIVE and isinstance(value, str) and len(value) >= 4:
                yield value
            yield from _secrets_of(value)
    elif isinstance(data, list):
        for entry in data:
            yield from _secrets_of(entry)


KIND = "arrangement"
"""The placeholder for the name of the arrangement, which every command may use."""


class BadTemplate(PairproofError):
    """A word cannot be filled in; the message says which part of it, and why."""


def placeholders(word: str) -> tuple[str, ...]:
    """The names in braces, in order, of which `{{` and `}}` are none. Raises `BadTemplate`."""
    try:
        parts = list(Formatter().parse(word))
    except ValueError as error:
        raise BadTemplate(f"{word!r}: {error}") from error
    for _, name, form, conversion in parts:
        if name is not None and (form or conversion or not name.replace(".", "_").isidentifier()):
            raise BadTemplate(f"{word!r}: in braces stands the name of a field and nothing else")
    return tuple(name for _, name, _, _ in parts if name is not None)


def known_fields(kind: type[Arrangement]) -> tuple[str, ...]:
    """The names that a command for this kind may use, such as `slot` and `cluster.name`."""
    return (KIND, *_names(kind, ""))


def _names(kind: type, above: str) -> Iterator[str]:
    hints = get_type_hints(kind)
    for part in fields(kind):
        name, hint = f"{above}{part.name}", hints[part.name]
        yield name
        # A list of values has no fields of its own: it is passed as JSON.
        is_list = getattr(hint, "__origin__", None) in (tuple, frozenset)
        for inner in (hint, *get_args(hint)):
            if is_dataclass(inner) and isinstance(inner, type) and not is_list:
                yield from _names(inner, f"{name}.")


def filled(words: Sequence[str], arrangement: Arrangement) -> list[str]:
    """The words with the arrangement's values.

    Texts stand as they are, numbers in digits, `true` and `false` so, nothing as an empty text,
    all else as JSON.

    Raises:
        BadTemplate: a name is no field of it, or a value would be taken for an option, or cannot
            be an argument.
    """
    values: Json = to_json(arrangement)
    assert isinstance(values, dict)
    values = {**values, KIND: type(arrangement).__name__}
    return [_filled(word, values) for word in words]


def literal(word: str) -> str:
    """A word without placeholders as it is passed: `{{` and `}}` stand for the braces."""
    return "".join(text for text, _, _, _ in Formatter().parse(word))


def _filled(word: str, values: Mapping[str, Json]) -> str:
    result = ""
    for literal, name, _, _ in Formatter().parse(word):
        result += literal
        if name is None:
            continue
        found = _value(values, name)
        value = found if isinstance(found, str) else "" if found is None else json.dumps(found)
        if "\0" in value:
            raise BadTemplate(f"the value of {{{name}}} holds a zero byte")
        if not result and value.startswith("-"):
            raise BadTemplate(
                f"the value of {{{name}}} begins with a dash, and a command may take it for an"
                f" option; write it behind a text, such as --name={{{name}}}"
            )
        result += value
    return result


def _value(values: Mapping[str, Json], name: str) -> Json:
    found: Any = values
    for part in name.split("."):
        if found is None:
            break  # what has no value, such as the cluster of a place without one
        if not isinstance(found, dict) or part not in found:
            raise BadTemplate(f"{{{name}}} is no field of {values[KIND]}")
        found = found[part]
    result: Json = found
    return result
