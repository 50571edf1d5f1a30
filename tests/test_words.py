"""One word for one thing: `docs/glossary.md` and the code say the same."""

from __future__ import annotations

from pathlib import Path

from tests import words
from tests.sources import Source

RETIRED = words.glossary().retired
HARNESS = [where for where in words.PYTHON if where.startswith("harness/")]


def test_no_public_class_name_is_used_twice() -> None:
    assert words.classes_named_twice(words.sources(HARNESS)) == []


def test_no_retired_word_comes_back() -> None:
    assert len(RETIRED) > 20
    assert words.words_that_came_back(words.sources(words.PYTHON), RETIRED) == []


def test_each_word_of_the_glossary_is_there_once() -> None:
    assert len(words.glossary().words) > 40
    assert words.words_without_a_home(words.glossary().words) == []


def test_the_guards_see_each_kind(tmp_path: Path) -> None:
    planted = {
        "a class named twice": "class Slot: ...\nclass Other:\n class Slot: ...",
        "a class of a retired name": "class Place: ...",
        "a retired name among classes and functions": "class Told: ...",
        "a function of a retired name": "def _told(): ...",
        "the same of something": "def told_of(a): ...",
        "a retired part of a class": "class OpenScene: ...",
        "a retired part of a function": "def open_scene(): ...",
        "a retired variable": "the_scene = 1",
        "a retired attribute": "self.scene_of = 1",
        "a retired parameter": "def f(scene): ...",
    }
    unseen = [
        kind
        for kind, text in planted.items()
        if not words.classes_named_twice([Source("harness/a.py", text)])
        and not words.words_that_came_back([Source("harness/a.py", text)], RETIRED)
    ]
    assert unseen == []
    assert words.words_that_came_back([Source("harness/scenes/__init__.py", "")], RETIRED)
    for lawful in ("class NotFound: ...", "found = told = 1", "def test_a_scene(): ...", "a.place"):
        assert words.words_that_came_back([Source("tests/a.py", lawful)], RETIRED) == []
    (tmp_path / "a.py").write_text("class Slot: ...\nKINDS = 1\n")
    there = [words.Word("slot", "a.py:Slot"), words.Word("kinds", "a.py:KINDS")]
    assert words.words_without_a_home(there, tmp_path) == []
    for missing in (there[0], words.Word("b", "b.py"), words.Word("c", "a.py:Nothing")):
        assert len(words.words_without_a_home([*there, missing], tmp_path)) == 1
