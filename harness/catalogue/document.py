"""The catalogue as a document: Markdown for people, JSON rows for scripts.

Pure functions of the requirements and of the scenarios that cover them. `docs/requirements.md`
is `to_markdown(REQUIREMENTS)`; `make docs` writes it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from harness.catalogue.edition import ANCHORS, EDITION, SENTENCES, TITLE, NotTestable, Sentence
from harness.catalogue.limits import limit_kinds
from harness.catalogue.requirement import FEATURES, PROFILES, Level, Requirement, Role, stands_on
from harness.catalogue.requirements import groups
from harness.catalogue.verdict import Verdict

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
    chosen = {r.id: r for r in requirements}
    lines = [
        *_introduction(),
        *_reading(),
        *_profiles(),
        *_features(),
        *_limits(),
        *_groups(chosen, scenarios),
        *_sentences(chosen),
    ]
    return "\n".join(lines).rstrip("\n") + "\n"


def _introduction() -> Iterator[str]:
    yield from (
        "# Requirements",
        "",
        "<!-- Generated from harness/catalogue: change it there, then run `make docs`. -->",
        "",
        f"What the documented procedure “{TITLE}”, edition {EDITION}, requires of an"
        " implementation, in our own words. Each requirement names the place in the document"
        " that it comes from, by section anchor and step.",
        "",
        "`pairproof requirements` prints this catalogue; `--coverage` adds the scenarios that"
        " judge each requirement, `--format json` is for scripts.",
        "",
    )


def _reading() -> Iterator[str]:
    yield from ("## How to read it", "")
    for what, told, meanings in (
        ("Level", "Meaning", LEVEL_MEANINGS),
        ("Binds", "Who that is", ROLE_MEANINGS),
        ("Verdict", "Meaning", VERDICT_MEANINGS),
    ):
        yield from markdown_table((what, told), ((f"`{k}`", v) for k, v in meanings.items()))
    yield from (
        "A requirement gets the worst verdict of its scenarios; one that could not be asked for"
        " lack of a feature does not hide one that was. The letter at the end of an id marks a"
        " companion: `S` what one should be able to expect beyond it, `P` its part that"
        " only a page can show, `A` to `D` the combinations of the document's own table.",
        "",
        "**Refused** means that an error in the published form came back, and that everything"
        " is as before the attempt: the same requests pending on the same sides, the cluster"
        " with the same manager and working. Any status code will do. When no answer came, or"
        " one in no known form, the outcome is unknown, and what is seen afterwards decides.",
        "",
        "**Nothing pending** locally means that Local UI knows no request, or shows one whose"
        " status is not `Pairing`. **Managed centrally** is told by what takes effect: central"
        " operations do and local ones do not. Standing in a list proves nothing.",
        "",
    )


def _profiles() -> Iterator[str]:
    yield from (
        "## Certification profiles",
        "",
        "`--profile` selects the requirements of that one profile. A certificate reads"
        " cumulatively: whoever claims a profile has conformed to those that it stands on too.",
        "",
    )
    yield from markdown_table(
        ("Profile", "What it is about", "Stands on", "What its certificate says"),
        (
            (
                f"`{d.profile}`",
                d.meaning,
                ", ".join(f"`{p}`" for p in stands_on(d.profile)[:-1]) or "—",
                d.certificate,
            )
            for d in PROFILES
        ),
    )


def _features() -> Iterator[str]:
    yield from (
        "## Features of a target",
        "",
        "Optional abilities that a target file claims. *Needs*, in the tables below, names the"
        " feature without which a requirement cannot be judged; of several, one is enough.",
        "",
    )
    yield from markdown_table(
        ("Feature", "Claimed, it says", "Not claimed"),
        ((f"`{d.feature}`", d.claim, d.unclaimed) for d in FEATURES),
    )


def _limits() -> Iterator[str]:
    yield from (
        "## Limits",
        "",
        "In seconds. A target file may change each, up to its maximum.",
        "",
    )
    yield from markdown_table(
        ("Limit", "Default", "Maximum", "Meaning"),
        ((f"`{k.name}`", f"{k.default_s:g}", f"{k.maximum_s:g}", k.meaning) for k in limit_kinds()),
    )


def _groups(chosen: Mapping[str, Requirement], scenarios: Coverage | None) -> Iterator[str]:
    for group in groups():
        members = [chosen[r.id] for r in group.requirements if r.id in chosen]
        if members:
            yield from (f"## {group.title} (`{group.prefix}`)", "")
            yield from (f"{group.about} Section `{group.anchor}`.", "")
            yield from _group_table(members, scenarios)
            for requirement in members:
                yield from _detail(requirement, scenarios)


def _group_table(members: Sequence[Requirement], scenarios: Coverage | None) -> Iterator[str]:
    heads = ("Id", "Requirement", "Binds", "Level", "Profile", "Needs")
    rows = (
        (
            _link(r.id),
            r.title,
            r.role.value,
            r.level.value,
            r.profile.value,
            " or ".join(f"`{feature}`" for feature in r.features),
        )
        for r in members
    )
    if scenarios is None:
        return markdown_table(heads, rows)
    counts = (str(len(scenarios.get(r.id, ()))) for r in members)
    return markdown_table(
        (*heads, "Scenarios"), ((*row, n) for row, n in zip(rows, counts, strict=True))
    )


def _detail(requirement: Requirement, scenarios: Coverage | None) -> Iterator[str]:
    yield from (f"### {requirement.id}", "", f"**{requirement.title}.**", "")
    yield from (requirement.text, "", f"Source: `{requirement.source}`", "")
    if scenarios is not None:
        names = [f"- {name}" for name in scenarios.get(requirement.id, ())]
        yield from ("Scenarios:", "", *names, "") if names else ("Scenarios: none yet.", "")


def _sentences(chosen: Mapping[str, Requirement]) -> Iterator[str]:
    yield from (
        "## The document, sentence by sentence",
        "",
        "Where each sentence of the document ended up. Sentences are numbered within their"
        " section and told in our own words.",
        "",
    )
    for anchor, section in groupby(SENTENCES, key=lambda s: s.anchor):
        yield from (f"### {ANCHORS[anchor]} (`{anchor}`)", "")
        yield from markdown_table(
            ("No.", "Place", "In short", "Covered by"),
            ((str(s.ordinal), s.place, s.paraphrase, _covered_by(s, chosen)) for s in section),
        )


def _covered_by(sentence: Sentence, chosen: Mapping[str, Requirement]) -> str:
    if isinstance(sentence.covered_by, NotTestable):
        return f"not testable: {sentence.covered_by.reason}"
    return ", ".join(_link(i) if i in chosen else i for i in sentence.covered_by)


def _link(requirement_id: str) -> str:
    return f"[{requirement_id}](#{requirement_id.lower()})"


def markdown_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The lines of a Markdown table, with an empty one behind; a bar in a cell is escaped."""
    yield _line(heads)
    yield _line(["---"] * len(heads))
    for row in rows:
        yield _line([cell.replace("|", "\\|") for cell in row])
    yield ""


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
