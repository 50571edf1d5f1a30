"""What `docs/glossary.md` says, held against the code. `python -m tests.words` prints the figures.

The glossary has two tables: a word with what it means and where it lives, and the words that were
retired, with the one that took their place and where they must not come back.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from tests.sources import FILES, ROOT, Source, source

GLOSSARY = ROOT / "docs" / "glossary.md"
PYTHON = tuple(
    sorted(
        str(path.relative_to(ROOT))
        for top in ("harness", "features", "tests", "examples", "benchmarks")
        for path in ROOT.glob(f"{top}/**/*.py")
    )
)
PLANTED = ("harness/reference/mutants/", "harness/reference/variants/")
_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


@dataclass(frozen=True)
class Word:
    """A word of the glossary. `home` is a file, a folder, or `path:Name`; none for a plain word."""

    word: str
    home: str


@dataclass(frozen=True)
class Retired:
    """A word that was retired. `scope` is `classes`, `functions` (classes as well) or `names`."""

    word: str
    now: str
    scope: str


@dataclass(frozen=True)
class Glossary:
    """The two tables of the page."""

    text: str

    @cached_property
    def words(self) -> list[Word]:
        rows = self._rows("## Words")
        return [Word(word.strip("*"), home.strip("`")) for word, _, home in rows]

    @cached_property
    def retired(self) -> list[Retired]:
        return [
            Retired(word.strip("`"), now, scope)
            for words, now, scope in self._rows("## Retired")
            for word in words.split(", ")
        ]

    def _rows(self, heading: str) -> Iterator[list[str]]:
        part = self.text.partition(f"{heading}\n")[2].partition("\n## ")[0]
        lines = [line for line in part.splitlines() if line.startswith("|")][2:]
        yield from ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)


def glossary() -> Glossary:
    return Glossary(GLOSSARY.read_text("utf-8"))


def classes_named_twice(sources: Iterable[Source]) -> list[str]:
    """Public class names that stand in more than one place."""
    homes: dict[str, list[str]] = defaultdict(list)
    for file in sources:
        for node in file.nodes:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].append(file.where)
    return [f"{name}: {', '.join(at)}" for name, at in sorted(homes.items()) if len(at) > 1]


def words_that_came_back(sources: Iterable[Source], retired: Iterable[Retired]) -> list[str]:
    """Retired words among the names of a file, by the scope that each was retired in."""
    scopes: dict[str, set[str]] = {"classes": set(), "functions": set(), "names": set()}
    for one in retired:
        scopes[one.scope].add(one.word)
    return [wrong for source in sources for wrong in _came_back(source, scopes)]


def _came_back(source: Source, scopes: dict[str, set[str]]) -> Iterator[str]:
    path = Path(source.where)
    # What is planted is called by a sentence, and its class by the name that users type.
    is_planted = source.where.startswith(PLANTED)
    module = path.parent.name if path.stem == "__init__" else path.stem
    yield from (f"{source.where}: {w}" for w in _parts(module) & scopes["names"])
    for node in source.nodes:
        match node:
            case ast.ClassDef(name=name) if not is_planted:
                whole, parts = {name.lower()}, _parts(name)
                bad = whole & (scopes["classes"] | scopes["functions"]) | parts & scopes["names"]
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                whole = {name.strip("_"), name.strip("_").removesuffix("_of")}
                bad = whole & scopes["functions"] | _parts(name) & scopes["names"]
                # A test is called by a sentence.
                bad = set() if name.startswith("test_") else bad
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                bad = _parts(name) & scopes["names"] if not is_planted else set()
            case _:
                continue
        yield from (f"{source.where}:{node.lineno}: {name} ({word})" for word in sorted(bad))


@cache
def _parts(name: str) -> frozenset[str]:
    return frozenset(part.lower() for part in _PARTS.findall(name))


def words_without_a_home(words: Iterable[Word], root: Path = ROOT) -> list[str]:
    """Words of the glossary whose home is not there, and words that stand there twice."""
    seen: set[str] = set()
    wrong = []
    for word in words:
        path, _, name = word.home.partition(":")
        here = root / path
        if word.word in seen:
            wrong.append(f"{word.word}: stands there twice")
        seen.add(word.word)
        if not here.exists():
            wrong.append(f"{word.word}: there is no {path}")
        elif name and not re.search(
            rf"^\s*(class|def) {name}\b|^\s*{name}\b.*[:=]", here.read_text("utf-8"), re.M
        ):
            wrong.append(f"{word.word}: {path} has no {name}")
    return wrong


def sources(files: Iterable[str]) -> Iterator[Source]:
    """Those of the product, as all guards have them; the others one after the other, since all of
    the trees at once would take a gigabyte.
    """
    shared = set(FILES)
    for where in files:
        yield source(where) if where in shared else Source(where, (ROOT / where).read_text("utf-8"))


if __name__ == "__main__":
    harness = [where for where in PYTHON if where.startswith("harness/")]
    figures = {
        "files in harness": len(harness),
        "lines in harness": sum((ROOT / where).read_bytes().count(b"\n") for where in harness),
        "public class names used twice": len(classes_named_twice(sources(harness))),
        "retired words that came back": len(
            words_that_came_back(sources(PYTHON), glossary().retired)
        ),
    }
    sys.stdout.writelines(f"{name:<30}{figure:>7,}\n" for name, figure in figures.items())
