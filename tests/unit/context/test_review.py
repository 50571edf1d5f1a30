"""What features write about names, descriptions and tags is read as it is meant."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from harness.context.context import LeasedCluster
from harness.context.recorder import Actor, NotSupported
from harness.context.review import KEPT, NONE, borne, stranger, tags_from
from harness.context.selection import editions_from, packs_from
from harness.context.stacks import BadTable
from harness.domain.arrangements import Slot
from harness.domain.cluster import Cluster
from harness.domain.operations import Credentials
from harness.domain.profile import ProfileEdition
from harness.targets.ledger import LedgerKind

from .test_recorder import Bench

OWN = Cluster("uid", "north", "the old one", {"site": "bergen"})
LEASED = LeasedCluster(Slot("slot", ()), OWN, Actor("operator", Credentials()))


def test_what_is_kept_is_the_clusters_own() -> None:
    own = {"name": "north", "description": "the old one", "tags": {"site": "bergen"}}
    assert borne(LEASED, KEPT, KEPT, KEPT) == {**own, "without_tags": []}


def test_what_is_emptied_is_empty_and_not_kept() -> None:
    emptied = {"name": "north", "description": "", "tags": {}, "without_tags": ["site"]}
    assert borne(LEASED, KEPT, NONE, NONE) == emptied


def test_what_is_changed_replaces_all_tags() -> None:
    fields = {"name": "south", "description": "new", "tags": {"line": "7"}}
    assert borne(LEASED, "south", "new", "line=7") == {**fields, "without_tags": ["site"]}


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("line=7, site=harbor", {"line": "7", "site": "harbor"}),
        ("team/edge=ops", {"team/edge": "ops"}),
        (NONE, {}),
    ],
)
def test_tags_are_pairs(text: str, tags: dict[str, str]) -> None:
    assert tags_from(text) == tags


def test_versions_come_from_a_table() -> None:
    rows = [["version", "packs", "state"], ["1.1.0", "Calico 3.25.1, Argo-CD 7.1.0", "draft"]]
    packs = packs_from("Calico 3.25.1, Argo-CD 7.1.0")
    assert editions_from(rows) == (ProfileEdition("1.1.0", packs, published=False),)
    assert [str(pack) for pack in packs] == ["Calico 3.25.1", "Argo-CD 7.1.0"]


def test_other_columns_and_states_are_refused() -> None:
    with pytest.raises(BadTable, match="version, packs, state"):
        editions_from([["version", "packs"], ["1.0.0", "Calico 3.25.1"]])
    with pytest.raises(BadTable, match="'final'"):
        editions_from([["version", "packs", "state"], ["1.0.0", "Calico 3.25.1", "final"]])


def test_users_that_are_kept_are_never_removed(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "evidence.jsonl")
    with closing(bench.driver), closing(bench.writer):
        stranger(bench.context, "an API key of a removed user")
        bench.driver.info = replace(bench.driver.info, keeps=frozenset({LedgerKind.USER}))
        with pytest.raises(NotSupported, match=r"never removed there \(keeps\)"):
            stranger(bench.context, "an API key of a removed user")
