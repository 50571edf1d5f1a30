"""How the options of a command are declared, what several share, and how every command ends.

The options of a command are the fields of a dataclass, and the function that carries it out takes
that.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field, fields, is_dataclass
from enum import StrEnum
from inspect import Parameter, Signature
from itertools import pairwise
from typing import Annotated, Any, NoReturn, get_args, get_origin, get_type_hints

import typer
from typer.core import TyperCommand

from harness.cli.exits import INTERRUPTED, WRONG_USAGE, CannotDo, say
from harness.domain.errors import PairproofError

_TYPER = "typer"


def option(
    metavar: str | None,
    help: str,
    default: object = None,
    *names: str,
    heading: str | None = None,
    among: Callable[[], Iterable[str]] | None = None,
    **more: Any,
) -> Any:
    """A field that an option fills, called `--FIELD` unless it has other names.

    In the help, it and those after it stand below the heading. A shell completes what it is among.
    """
    completing: dict[str, Any] = {"autocompletion": lambda: list(among())} if among else {}
    info = typer.Option(
        default, *names, metavar=metavar, help=help, rich_help_panel=heading, **completing, **more
    )
    return field(default=default, metadata={_TYPER: info})


def flag(help: str, *names: str, heading: str | None = None) -> Any:
    """A field that is true where its option is given."""
    return option(None, help, False, *names, heading=heading)


def argument(
    metavar: str, help: str, default: object = ..., among: Callable[[], Iterable[str]] | None = None
) -> Any:
    """A field that an argument fills; it has to be given unless there is a default."""
    completing: dict[str, Any] = {"autocompletion": lambda: list(among())} if among else {}
    metadata = {_TYPER: typer.Argument(default, metavar=metavar, help=help, **completing)}
    return field(metadata=metadata) if default is ... else field(default=default, metadata=metadata)


class _Command(TyperCommand):
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """An empty value is mostly a variable that is not set, and would mean: everything."""
        for before, value in pairwise(["", *args]):
            named, sign, given = value.partition("=")
            if not value or (value.startswith("--") and sign and not given):
                told = "it is empty: write a value, or leave the option out"
                raise typer.BadParameter(told, param_hint=f"'{named or before}'")
        return super().parse_args(ctx, args)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        sections: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
        heading = "Options"
        for param in self.get_params(ctx):
            heading = getattr(param, "rich_help_panel", None) or heading
            ours = param.name != "help"
            is_argument = param.param_type_name == "argument"
            under = "Arguments" if is_argument else heading if ours else "Options"
            if (told := param.get_help_record(ctx)) is not None:
                sections.setdefault(under, []).append(told)
        for heading, told_of_all in sections.items():
            if told_of_all:
                with formatter.section(heading):
                    formatter.write_dl(told_of_all)


def microseconds(option: str, text: str) -> int:
    """The duration that an option says. Raises `CannotDo` if it says none."""
    from harness.configuration.errors import Misspelt
    from harness.fleet.spelling import duration

    try:
        return duration(text)
    except Misspelt as error:
        raise CannotDo(f"{option}: {error}") from None


def command(
    app: typer.Typer, name: str | None = None, *, example: str
) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Make a command of a function; the fields of the dataclass that it takes are its options."""

    def made(carry_out: Callable[..., int]) -> Callable[..., int]:
        hints = get_type_hints(carry_out)
        hints.pop("return")

        def called(**given: Any) -> NoReturn:
            exit_after(lambda: carry_out(*(_filled(asked, given) for asked in hints.values())))

        parameters = [each for asked in hints.values() for each in _parameters(asked)]
        called.__name__, called.__doc__ = carry_out.__name__, carry_out.__doc__
        called.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
        app.command(name, cls=_Command, epilog=f"Example: pairproof {example}")(called)
        return carry_out

    return made


def _parameters(asked: Any) -> Iterator[Parameter]:
    """What typer makes an option or argument of, field by field; groups are laid open."""
    for each, hint in _fields(asked):
        if is_dataclass(hint):
            yield from _parameters(hint)
            continue
        default = copy(each.metadata.get(_TYPER, each.default))
        if get_origin(hint) is tuple:
            hint, default.default = list[get_args(hint)[0]] | None, None  # type: ignore[misc]
        elif hint is bool and not default.param_decls:  # otherwise there is a --no-FIELD as well
            default.param_decls = (f"--{each.name.replace('_', '-')}",)
        yield Parameter(each.name, Parameter.KEYWORD_ONLY, default=default, annotation=hint)


def _filled(asked: Any, given: Mapping[str, Any]) -> Any:
    """The dataclass with what was typed."""
    values = {}
    for each, hint in _fields(asked):
        if is_dataclass(hint):
            values[each.name] = _filled(hint, given)
        elif get_origin(hint) is tuple:
            values[each.name] = tuple(given[each.name] or ())
        else:
            values[each.name] = given[each.name]
    return asked(**values)


def _fields(asked: Any) -> Iterator[tuple[Any, Any]]:
    hints = get_type_hints(asked, include_extras=True)
    return ((each, hints[each.name]) for each in fields(asked))


class Format(StrEnum):
    """How a list is printed."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"


Listed = Annotated[Format, typer.Option("--format", help="How it is printed.")]


class ResultFormat(StrEnum):
    """How a result is printed."""

    TEXT = "text"
    JSON = "json"


Printed = Annotated[ResultFormat, typer.Option("--format", help="How it is printed.")]


class Annotations(StrEnum):
    """For which CI server what failed is pointed out."""

    AUTO = "auto"
    GITHUB = "github"
    NONE = "none"

    @property
    def wanted(self) -> bool:
        """Whether it is one that is pointed out to; `auto` looks where it runs."""
        here = os.environ.get("GITHUB_ACTIONS") == "true"
        return self is Annotations.GITHUB or (self is Annotations.AUTO and here)


def _seed(text: str | int) -> int:
    """A seed as it was typed; `random` draws a fresh one, and the run prints it first."""
    if text == "random":
        return int.from_bytes(os.urandom(4), "big")
    try:
        return int(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is neither a whole number nor 'random'.") from None


def _seed_of_fleet(text: str | int) -> int:
    seed = _seed(text)
    if seed < 0:
        raise typer.BadParameter(f"{seed} is not in the range x>=0.")
    return seed


_SEED_HELP = "One seed for every draw; 'random' draws a fresh one and prints it."


def seed(default: int | None, *, negative: bool = False, heading: str | None = None) -> Any:
    """The field of `--seed`."""
    parser = _seed if negative else _seed_of_fleet
    return option("N|random", _SEED_HELP, default, heading=heading, parser=parser)


def requirement_ids() -> Iterable[str]:
    """The ids of all requirements."""
    from harness.catalogue.requirements import REQUIREMENTS

    return (requirement.id for requirement in REQUIREMENTS)


def _planted(kind: str) -> Callable[[], Iterable[str]]:
    def names() -> Iterable[str]:
        from harness.reference.planting import load

        return (planted.name for planted in load()[kind])

    return names


mutant_names, variant_names = _planted("mutant"), _planted("variant")


def role(help: str, **more: Any) -> Any:
    """The field of `--role`."""
    return option("ROLE", help, among=lambda: ("edge", "central", "both"), **more)


def profiles(help: str) -> Any:
    """The field of `--profile`, which may be repeated."""
    names = ("core", "extended", "resilience")
    return option("NAME", f"{help}; repeat it, or use commas.", (), among=lambda: names)


def requirements(help: str) -> Any:
    """The field of `--requirement`, which may be repeated."""
    return option("ID", f"{help}; repeat it, or use commas.", (), among=requirement_ids)


@dataclass(frozen=True, slots=True)
class Planting:
    """What is planted into the embedded reference; one thing at a time."""

    mutant: str = option(
        "NAME",
        "With this defect; `pairproof mutants list`.",
        "",
        heading="What is planted into the embedded reference",
        among=mutant_names,
    )
    variant: str = option(
        "NAME", "With this lawful choice; `pairproof variants list`.", "", among=variant_names
    )

    def __post_init__(self) -> None:
        if self.mutant and self.variant:
            raise CannotDo("--mutant and --variant: plant one of them at a time")

    def __str__(self) -> str:
        """As the reference takes it: `mutant:NAME`, `variant:NAME`, or nothing."""
        if self.mutant:
            return f"mutant:{self.mutant}"
        return f"variant:{self.variant}" if self.variant else ""


def exit_after(carry_out: Callable[[], int]) -> NoReturn:
    """Carry out a command; whatever goes wrong, one message and an exit code."""
    try:
        code = carry_out()
    except CannotDo as error:
        code = error.code
        if str(error):
            say(f"pairproof: {error}")
    except PairproofError as error:
        code = WRONG_USAGE
        say(f"pairproof: {error}")
    except OSError as error:
        if error.filename is None:
            raise
        code = WRONG_USAGE
        say(f"pairproof: {error.filename}: {error.strerror}; see to that, or name another place")
    except KeyboardInterrupt:
        code = INTERRUPTED
        say("pairproof: interrupted")
    raise typer.Exit(code)


class ReportForm(StrEnum):
    """In which form a run is reported."""

    ALL = "all"
    CUCUMBER = "cucumber"
