"""The catalogue as a document: Markdown for people, JSON rows for scripts.

Pure functions of the requirements and of the scenarios that cover them. `docs/requirements.md`
is `to_markdown(REQUIREMENTS)`; `make docs` writes it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from harness.catalogue.edition import ANCHORS, EDITION, SENTENCES, TITLE
from harness.catalogue.limits import limit_kinds
from harness.catalogue.requirement import FEATURES, PROFILES, Level, Requirement, Role, stands_on
from harness.catalogue.requirements import groups
from harness.catalogue.verdict import Verdict

TEMPLATE = Path(__file__).with_name("document.md.j2")
"""The document, with places for what is declared."""

Coverage = Mapping[str, Sequence[str]]
"""The names of the scenarios that cover a requirement, by its id."""


LEVEL_MEANINGS: Mapping[Level, str] = {
    Level.MUST: "The document says so. The target does not conform when one fails that is not"
    " waived.",
    Level.SHOULD: "Inferred from the document: a clear message, the name of the culprit. A"
    " failure is a warning.",
    Level.UNSPECIFIED: "The document is silent and implementations differ. Never failed: the"
    " situation is provoked, and what the target did is reported.",
}
"""What each level means for the result of a run."""

VERDICT_MEANINGS: Mapping[Verdict, str] = {
    Verdict.PASS: "What must hold was seen to hold.",
    Verdict.FAIL: "It was seen not to hold.",
    Verdict.INCONCLUSIVE: "The harness could not judge, and says what was missing.",
    Verdict.NOT_SUPPORTED: "The target does not claim the feature that the requirement needs.",
    Verdict.SKIPPED: "Left out on purpose, with the reason.",
    Verdict.OBSERVED: "The document is silent; what the target did is reported.",
}
"""What each verdict means."""

ROLE_MEANINGS: Mapping[Role, str] = {
    Role.EDGE: "Local UI and the host agent behind it",
    Role.CENTRAL: "Palette",
    Role.BOTH: "both sides together",
}
"""Whom each role binds."""


def to_rows(requirements: Iterable[Requirement], scenarios: Coverage) -> list[dict[str, object]]:
    """The rows of `pairproof requirements --format json`, in the order given."""
    return [
        {
            "id": r.id,
            "role": r.role.value,
            "level": r.level.value,
            "title": r.title,
            "source": r.source,
            "feature": r.needs or None,
            "profile": r.profile.value,
            "scenarios": list(scenarios.get(r.id, ())),
        }
        for r in requirements
    ]


def to_json(requirements: Iterable[Requirement], scenarios: Coverage) -> str:
    """The rows as one JSON document, ending in a line break."""
    return json.dumps(to_rows(requirements, scenarios), indent=2, ensure_ascii=False) + "\n"


def to_markdown(requirements: Iterable[Requirement], scenarios: Coverage | None = None) -> str:
    """The whole catalogue for people, ending in a line break.

    Without `scenarios` the details say how to see them; with them they list them, and say so
    where there is none.
    """
    from jinja2 import Environment, StrictUndefined

    chosen = {r.id: r for r in requirements}
    made = Environment(undefined=StrictUndefined, autoescape=False)
    made.filters["cell"] = _cell
    text = made.from_string(TEMPLATE.read_text("utf-8")).render(
        TITLE=TITLE,
        EDITION=EDITION,
        ANCHORS=ANCHORS,
        meanings=(
            ("Level", "Meaning", LEVEL_MEANINGS),
            ("Binds", "Who that is", ROLE_MEANINGS),
            ("Verdict", "Meaning", VERDICT_MEANINGS),
        ),
        profiles=PROFILES,
        stands_on=stands_on,
        features=FEATURES,
        limits=limit_kinds(),
        groups=[
            {"of": group, "members": [chosen[r.id] for r in group.requirements if r.id in chosen]}
            for group in groups()
        ],
        sections=groupby(SENTENCES, key=lambda s: s.anchor),
        chosen=chosen,
        scenarios=scenarios,
    )
    return text.rstrip("\n") + "\n"


def markdown_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The lines of a Markdown table, with an empty one behind; a bar in a cell is escaped."""
    yield _line(heads)
    yield _line(["---"] * len(heads))
    for row in rows:
        yield _line(map(_cell, row))
    yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
