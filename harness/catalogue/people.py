"""The cast of a run: people, sites, projects and tags, drawn from a seed by index.

Faker supplies the words. For each seed it fills a few small pools once; what stands at an
index is then put together from them by arithmetic, so that it is a pure function of seed and
index, costs next to nothing, and repeats at no index. The words depend on the pinned version
of Faker: put none of them into a golden file. Identifiers are no words; they come from
`harness.domain.draws.derived_id`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from harness.domain.draws import derived_bits

_POOL = 64
"""The words in a pool. Two pools name 4,096 indexes; beyond, a name ends in a number."""

_MAIL_DOMAIN = "example.com"
"""Reserved for examples, so that no mail can ever reach anybody."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who operates or administers; the address is made from the name."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Cast:
    """Who and what takes part in one scenario.

    `operator` works at Local UI, `admin` in Palette, `outsider` has no business with the
    request. `site` is the cluster's name, a DNS label; `project` is a project's name;
    `description` and `tags` are the cluster's.
    """

    operator: Person
    admin: Person
    outsider: Person
    site: str
    project: str
    description: str
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class People:
    """Everybody and every place that a seed knows, by index from 0.

    Each method gives something else at each index, and at no index what it gives at another.

    Raises:
        IndexError: an index is negative.
    """

    seed: int | str

    def person(self, index: int) -> Person:
        """A person; no two have the same name or address."""
        pools = _pools(self.seed)
        first, last, more = _pick(pools.first_names, pools.last_names, index)
        name = f"{first} {last}" if not more else f"{first} {last} no. {more + 1}"
        local_part = ".".join(filter(None, (_slug(first), _slug(last), _number(more))))
        return Person(name, f"{local_part}@{_MAIL_DOMAIN}")

    def site(self, index: int) -> str:
        """A cluster's name, a DNS label such as `east-marytown-harbor`."""
        pools = _pools(self.seed)
        return _joined(*_pick(pools.cities, pools.places, index))

    def project(self, index: int) -> str:
        """A project's name, such as `orchid-coleman`."""
        pools = _pools(self.seed)
        return _joined(*_pick(pools.colors, pools.companies, index))

    def description(self, index: int) -> str:
        """What somebody might write about a cluster; it names the site."""
        pools = _pools(self.seed)
        return f"{_at(pools.phrases, index)}, {self.site(index)}"

    def tags(self, index: int) -> dict[str, str]:
        """A cluster's tags, valid as label keys and values; `owner` is the cast's operator."""
        pools = _pools(self.seed)
        return {
            "owner": self._operator(index).email.partition("@")[0],
            "region": _at(pools.cities, index),
            "fleet": _at(pools.colors, index),
        }

    def cast(self, index: int) -> Cast:
        """The cast at this index; no two casts share a person, a site or a project."""
        return Cast(
            operator=self._operator(index),
            admin=self.person(3 * index + 1),
            outsider=self.person(3 * index + 2),
            site=self.site(index),
            project=self.project(index),
            description=self.description(index),
            tags=self.tags(index),
        )

    def _operator(self, index: int) -> Person:
        return self.person(3 * index)


@dataclass(frozen=True, slots=True)
class _Pools:
    """The words of one seed: `_POOL` of each, no two alike once they are slugs."""

    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    cities: tuple[str, ...]
    places: tuple[str, ...]
    colors: tuple[str, ...]
    companies: tuple[str, ...]
    phrases: tuple[str, ...]


@lru_cache(maxsize=8)
def _pools(seed: int | str) -> _Pools:
    # Imported here: Faker takes 0.13 s, and most commands need nobody.
    from faker import Faker

    fake = Faker("en_US", use_weighting=False)
    fake.seed_instance(derived_bits(seed, "people", 0))
    return _Pools(
        first_names=_distinct(fake.first_name),
        last_names=_distinct(fake.last_name),
        cities=_distinct(lambda: _slug(fake.city())),
        places=_distinct(lambda: _slug(fake.street_suffix())),
        colors=_distinct(lambda: _slug(fake.color_name())),
        companies=_distinct(lambda: _slug(fake.last_name())),
        phrases=_distinct(fake.catch_phrase),
    )


def _distinct(draw: Callable[[], str]) -> tuple[str, ...]:
    """`_POOL` draws without repeats, in the order in which they came."""
    found: dict[str, str] = {}
    while len(found) < _POOL:
        word = draw()
        found.setdefault(_slug(word), word)
    return tuple(found.values())


def _pick(first: tuple[str, ...], second: tuple[str, ...], index: int) -> tuple[str, str, int]:
    """The pair of words at an index, and how often all pairs were used up before it.

    The second word moves on by one with each round of the first, so that neighbours share
    no word and each pair comes once in `_POOL` squared indexes.
    """
    if index < 0:
        raise IndexError(f"casts are counted from 0; the index {index} was given")
    row, column = divmod(index, _POOL)
    return first[column], second[(column + row) % _POOL], row // _POOL


def _at(pool: tuple[str, ...], index: int) -> str:
    return pool[index % _POOL]


def _joined(first: str, second: str, more: int) -> str:
    return "-".join(filter(None, (first, second, _number(more))))


def _number(more: int) -> str:
    return str(more + 1) if more else ""


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower().replace("'", "")).strip("-")
