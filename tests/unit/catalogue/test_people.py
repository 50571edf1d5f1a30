"""People, sites, projects and tags are words of Faker's, a pure function of seed and index."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.catalogue import people
from harness.catalogue.people import Cast, People

ROOT = Path(__file__).resolve().parents[3]
MANY = 9_000
"""More than all pairs of words twice over, and more than a run of 2,000 casts has people."""

DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
LABEL_VALUE = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
EMAIL = re.compile(r"[a-z][a-z.-]*[a-z](\.\d+)?@example\.com")


@pytest.fixture(scope="module", params=[1, "another"])
def source_addresses(request: pytest.FixtureRequest) -> People:
    return People(request.param)


def forget_pools() -> None:
    people._pools.cache_clear()


def test_the_same_seed_and_index_give_the_same_cast_in_any_order() -> None:
    forward = {i: People(5).cast(i) for i in range(100)}
    forget_pools()
    backward = {i: People(5).cast(i) for i in reversed(range(100))}
    assert forward == backward


def test_other_seeds_give_other_casts() -> None:
    assert People(5).cast(0) != People(6).cast(0)
    assert People(5).site(0) != People(6).site(0)


def test_the_global_stream_is_left_alone() -> None:
    forget_pools()
    before = random.getstate()
    People(1).cast(0)
    assert random.getstate() == before


def test_faker_is_imported_only_when_somebody_is_asked_for() -> None:
    code = (
        "import sys; from harness.catalogue.people import People; crowd = People(1)\n"
        "assert 'faker' not in sys.modules\n"
        "crowd.site(0); assert 'faker' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


@pytest.mark.parametrize("what", ["person", "site", "project", "description"])
def test_nothing_comes_twice(source_addresses: People, what: str) -> None:
    found = [getattr(source_addresses, what)(i) for i in range(MANY)]
    assert len(set(found)) == MANY


def test_no_two_people_share_a_name_or_an_address(source_addresses: People) -> None:
    persons = [source_addresses.person(i) for i in range(MANY)]
    assert len({p.name for p in persons}) == MANY
    assert len({p.email for p in persons}) == MANY
    assert [p.email for p in persons if not EMAIL.fullmatch(p.email)] == []


def test_sites_are_dns_labels(source_addresses: People) -> None:
    sites = [source_addresses.site(i) for i in range(MANY)]
    assert [s for s in sites if not DNS_LABEL.fullmatch(s)] == []


def test_projects_are_dns_labels_too(source_addresses: People) -> None:
    projects = [source_addresses.project(i) for i in range(MANY)]
    assert [p for p in projects if not DNS_LABEL.fullmatch(p)] == []


def test_tags_are_labels_and_tell_clusters_apart(source_addresses: People) -> None:
    tags = [source_addresses.tags(i) for i in range(2_000)]
    assert len({tuple(sorted(t.items())) for t in tags}) == len(tags)
    assert len({t["owner"] for t in tags}) == len(tags)
    assert [v for t in tags for v in t.values() if not LABEL_VALUE.fullmatch(v)] == []


def everybody(cast: Cast) -> set[str]:
    return {cast.operator.email, cast.admin.email, cast.outsider.email}


def test_casts_share_nobody_no_site_and_no_project(source_addresses: People) -> None:
    casts = [source_addresses.cast(i) for i in range(2_000)]
    assert len(set().union(*map(everybody, casts))) == 3 * len(casts)
    assert len({c.site for c in casts}) == len(casts)
    assert len({c.project for c in casts}) == len(casts)


def test_the_operator_owns_the_cluster_of_the_cast() -> None:
    cast = People(9).cast(4)
    assert cast.operator.email == f"{cast.tags['owner']}@example.com"
    assert cast.site in cast.description


@pytest.mark.parametrize("what", ["person", "site", "project", "cast"])
def test_a_negative_index_is_refused(what: str) -> None:
    with pytest.raises(IndexError, match="counted from 0"):
        getattr(People(1), what)(-1)


def test_faker_is_asked_for_a_seed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    filled: list[tuple[str, ...]] = []
    original = people._distinct

    def distinct(draw: Callable[[], str]) -> tuple[str, ...]:
        filled.append(original(draw))
        return filled[-1]

    monkeypatch.setattr(people, "_distinct", distinct)
    forget_pools()
    for index in range(400):
        People(11).cast(index)
    assert len(filled) == 7
