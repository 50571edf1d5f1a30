"""The examples of the guide are target files that mean what they say."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from harness.domain.arrangements import ARRANGEMENTS
from harness.targets.arranging.contract import to_markdown
from harness.targets.arranging.reading import WAYS
from harness.targets.target_keys import TARGETS

GUIDE = Path(__file__).resolve().parents[4] / "docs" / "arranging.md"
EXAMPLES = re.findall(r"```toml\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
BASE = """
roles = ["central"]
[implementation]
name = "Acme"
"""


def what_is_wrong(examples: list[str]) -> list[str]:
    """What the examples have that a target file may not have."""
    found: list[str] = []

    for example in examples:
        data = tomllib.loads(BASE) | tomllib.loads(example)
        if "edge" in data:
            data["edge"]["login"] = {"username_env": "U", "password_env": "P"}
        if "central" in data:
            data["central"].setdefault("url", "https://palette.example")
        found += [f"{flaw} in {example}" for flaw in TARGETS.judge(data)[1]]
    return found


def test_the_examples_have_the_keys_that_there_are() -> None:
    assert what_is_wrong(EXAMPLES) == []
    assert len(what_is_wrong([*EXAMPLES, "[arrange]\nunheard_of = 1"])) == 1


def test_the_page_of_the_arrangements_is_up_to_date() -> None:
    page = (GUIDE.parent / "arrangements.md").read_text("utf-8")
    assert page == to_markdown(), "pairproof target arrangements > docs/arrangements.md"
    assert page.count("\n## ") == len(ARRANGEMENTS)


def test_the_guide_shows_each_way_and_names_arrangements_that_there_are() -> None:
    text = GUIDE.read_text("utf-8")
    assert len(EXAMPLES) >= 6
    assert [way for way in WAYS if f"| `{way}` |" not in text] == []
    named = re.findall(r"arrange\.commands\.([A-Z]\w+)", text)
    assert set(named) <= set(ARRANGEMENTS)
