"""Feature files as plain data: rules, scenarios, examples and steps, each with its line.

pytest-bdd keeps only the last of two scenarios of one name, and the file but not the line of
an example, so whoever guards, selects or lists scenarios reads the files here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from harness.domain.errors import PairproofError
from harness.files import FileKind, read_text

StepKind = Literal["given", "when", "then"]

_KINDS: Mapping[str, StepKind] = {"Context": "given", "Action": "when", "Outcome": "then"}
_PLACEHOLDER = re.compile(r"<(.+?)>")
_OUTLINE = re.compile("outline|template", re.IGNORECASE)


class FeatureUnreadable(PairproofError):
    """A feature file cannot be read or is not Gherkin: where, and what is wrong."""

    def __init__(self, path: Path, line: int, problem: str) -> None:
        super().__init__(f"{path}:{line}: {problem}" if line else f"{path}: {problem}")
        self.path = path
        self.line = line
        self.problem = problem


_FEATURE: Final = FileKind(
    "name a feature file, in Gherkin",
    error=lambda file, line, problem, remedy: FeatureUnreadable(
        Path(file), line, f"{problem}; {remedy}"
    ),
)


@dataclass(frozen=True, slots=True)
class StepText:
    """A step as it is written; `And` and `But` have the kind of the step before them."""

    kind: StepKind
    keyword: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Example:
    """One row of an outline's table: its values by column."""

    values: Mapping[str, str]
    line: int
    tags: tuple[str, ...] = ()

    def fill(self, text: str) -> str:
        """The text with each placeholder replaced that this row has a value for."""
        return _PLACEHOLDER.sub(lambda found: self.values.get(found[1], found[0]), text)

    @property
    def label(self) -> str:
        """The row in one word: its values, joined."""
        return "-".join(self.values.values())


@dataclass(frozen=True, slots=True)
class RuleText:
    """A rule: what must hold, and its tags without the `@`."""

    name: str
    line: int
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScenarioText:
    """A scenario, or an outline with its examples.

    `tags` are its own and those of its rule and feature, outermost first, without the `@`.
    `steps` begin with those of the backgrounds.
    """

    name: str
    line: int
    rule: RuleText | None
    tags: tuple[str, ...]
    steps: tuple[StepText, ...]
    examples: tuple[Example, ...] = ()
    outline: bool = False

    def filled_steps(self) -> Iterator[StepText]:
        """The steps as they run: once for each example."""
        if not self.examples:
            yield from self.steps
        for example in self.examples:
            for step in self.steps:
                yield StepText(step.kind, step.keyword, example.fill(step.text), step.line)


@dataclass(frozen=True, slots=True)
class FeatureText:
    """A feature file. Scenarios stand in the order of the file; names may repeat."""

    path: Path
    name: str
    tags: tuple[str, ...]
    scenarios: tuple[ScenarioText, ...]


# What the parser gives is untyped JSON-like data; `Any` ends here.
_Node = Mapping[str, Any]


def read_feature(path: Path) -> FeatureText:
    """Read a feature file.

    Raises:
        FeatureUnreadable: it cannot be read, is not Gherkin, or begins with no keyword that
            pytest-bdd understands.
    """
    return feature_of(parse_feature(path), path)


def parse_feature(path: Path) -> _Node:
    """A feature file as the parser has it.

    Raises:
        FeatureUnreadable: it cannot be read, or is not Gherkin.
    """
    # Imported here: only who reads a feature should pay for the parser.
    from gherkin.errors import CompositeParserException
    from gherkin.parser import Parser

    try:
        return Parser().parse(read_text(path, _FEATURE))
    except CompositeParserException as error:
        first = error.errors[0]
        problem = str(first).partition(": ")[2] or str(first)
        raise FeatureUnreadable(path, first.location["line"], problem) from None


def feature_of(document: _Node, path: Path) -> FeatureText:
    """The feature in what the parser has made of a file.

    Raises:
        FeatureUnreadable: there is none, or it begins with no keyword that pytest-bdd understands.
    """
    feature = document.get("feature")
    if not feature:
        raise FeatureUnreadable(path, 1, "there is no feature in this file")
    return _Reader(path, feature["language"]).read(feature)


def scenario_id(feature: str, scenario: ScenarioText, example: Example | None = None) -> str:
    """The id of a scenario in evidence: `withdraw/cancel-with-the-link-down[Running]`.

    It depends on nothing but the file's name, the scenario's name and the example.
    """
    return f"{outline_id(feature, scenario.name)}{f'[{example.label}]' if example else ''}"


def outline_id(feature: str, name: str) -> str:
    """What the ids of all rows of a scenario outline begin with."""
    return f"{feature}/{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')}"


def scenario_name(scenario: ScenarioText, example: Example | None = None) -> str:
    """The name as people read it, which tells one example from another."""
    if example is None:
        return scenario.name
    filled = example.fill(scenario.name)
    return filled if filled != scenario.name else f"{filled} ({', '.join(example.values.values())})"


def coverage(
    paths: Iterable[Path], ids: Iterable[str], *, as_ids: bool = False
) -> dict[str, list[str]]:
    """The names of the scenarios that are tagged with each of the ids, or those of outlines.

    Raises:
        FeatureUnreadable: a file is no feature.
    """
    covered: dict[str, list[str]] = {id_: [] for id_ in ids}
    for path in sorted(paths):
        for scenario in read_feature(path).scenarios:
            of_rows = (tag for example in scenario.examples for tag in example.tags)
            told = outline_id(path.stem, scenario.name) if as_ids else scenario.name
            for tag in dict.fromkeys((*scenario.tags, *of_rows)):
                if tag in covered:
                    covered[tag].append(told)
    return covered


@dataclass(slots=True)
class _Reader:
    path: Path
    language: str = "en"
    scenarios: list[ScenarioText] = field(default_factory=list)

    def read(self, feature: _Node) -> FeatureText:
        tags = _tags(feature)
        background: tuple[StepText, ...] = ()
        for child in feature["children"]:
            if "background" in child:
                background = self._steps(child["background"])
            elif "rule" in child:
                self._rule(child["rule"], tags, background)
            else:
                self._scenario(child["scenario"], None, tags, background)
        return FeatureText(self.path, feature["name"], tags, tuple(self.scenarios))

    def _rule(self, node: _Node, outer: tuple[str, ...], background: tuple[StepText, ...]) -> None:
        rule = RuleText(node["name"], node["location"]["line"], _tags(node))
        for child in node["children"]:
            if "background" in child:
                background += self._steps(child["background"])
            else:
                self._scenario(child["scenario"], rule, outer + rule.tags, background)

    def _scenario(
        self,
        node: _Node,
        rule: RuleText | None,
        outer: tuple[str, ...],
        background: tuple[StepText, ...],
    ) -> None:
        self.scenarios.append(
            ScenarioText(
                name=node["name"],
                line=node["location"]["line"],
                rule=rule,
                tags=tuple(dict.fromkeys(outer + _tags(node))),
                steps=background + self._steps(node),
                examples=tuple(_examples(node["examples"])),
                outline=bool(node["examples"]) or bool(_OUTLINE.search(node["keyword"])),
            )
        )

    def _steps(self, node: _Node) -> tuple[StepText, ...]:
        if lost := _lost_step(node["description"], self.language):
            told = f"{lost!r} is no step, as its keyword is none; write it as in 'Given a cluster'"
            raise FeatureUnreadable(self.path, node["location"]["line"], told)
        kind: StepKind | None = None
        steps = []
        for step in node["steps"]:
            line, keyword = step["location"]["line"], step["keyword"].strip()
            kind = _KINDS.get(step["keywordType"], kind)
            if kind is None:
                problem = f"the first step must be Given, When or Then, and is {keyword}"
                raise FeatureUnreadable(self.path, line, problem)
            steps.append(StepText(kind, keyword, step["text"], line))
        return tuple(steps)


def _lost_step(description: str, language: str) -> str:
    """The line of a description that was surely meant as a step: what stands before the first step
    and does not begin with a keyword and a space is a description to Gherkin.
    """
    from gherkin.dialect import Dialect

    dialect = Dialect.for_name(language)
    assert dialect is not None  # the parser knew it
    kinds = (dialect.given_keywords, dialect.when_keywords, dialect.then_keywords)
    further = (dialect.and_keywords, dialect.but_keywords)
    keywords = {word.strip() for each in (*kinds, *further) for word in each}
    folded = {word.casefold() for word in keywords}
    for number, line in enumerate(filter(None, map(str.strip, description.splitlines()))):
        found = re.match(r"[^\W\d_]+(?=[\s:]|$)", line)
        word = found[0] if found else ""
        # Prose may go on with "when" in its second line.
        is_slip = language == "en" and word.casefold() in _SLIPS
        if word in keywords or (not number and (is_slip or word.casefold() in folded)):
            return line
    return ""


_SLIPS: Final = frozenset(
    "givn gven gien iven givne gvien igven ggiven giiven givven giveen givenn whn wehn hwen whne"
    " wwhen whhen wheen whenn thn tehn hten thne tthen thhen theen thenn".split()
)
"""Keywords in which a letter is lost, doubled or out of place, as far as they are no words."""


def _tags(node: _Node) -> tuple[str, ...]:
    return tuple(tag["name"].lstrip("@") for tag in node["tags"])


def _examples(tables: Sequence[_Node]) -> Iterator[Example]:
    for table in tables:
        header = table.get("tableHeader")
        names = [cell["value"] for cell in header["cells"]] if header else []
        for row in table.get("tableBody", ()):
            values = [cell["value"] for cell in row["cells"]]
            # The parser has seen to it that each row has as many cells as the header.
            yield Example(
                dict(zip(names, values, strict=True)), row["location"]["line"], _tags(table)
            )
