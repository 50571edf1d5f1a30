"""A label that stands on pages of both sides is that of the side which somebody uses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.context import pages
from harness.context.recorder import Actor
from harness.domain import operations as ops
from harness.domain.pages import PageName
from harness.targets.page_keys import ClickKeys, LabelKeys, PageKeys, PagesTable

from .test_recorder import Bench

MENU = LabelKeys(name=("Pair…",), before=(ClickKeys("button", "⋯"),))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path / "evidence.jsonl")
    said = PagesTable(page={PageName.REQUESTS.value: PageKeys(labels={"Pair": MENU})})
    made.driver.info = replace(made.driver.info, pages=said)  # type: ignore[misc]
    yield made
    made.writer.close()
    made.driver.close()


def test_what_palette_calls_it_is_no_name_of_it_in_local_ui(bench: Bench) -> None:
    bench.context.page_actor = Actor("operator", ops.Credentials(), "edge-1")
    assert pages.element_of(bench.context, "Pair")["names"] == ["Pair"]
    assert not pages.bring_up(bench.context, "Pair"), "nobody goes to a page of Palette for it"
    assert bench.context.page_actor.host_uid == "edge-1"
    bench.context.page_actor = Actor("administrator", ops.Credentials())
    names = pages.element_of(bench.context, "Pair")["names"]
    assert isinstance(names, list)
    assert "Pair…" in names
