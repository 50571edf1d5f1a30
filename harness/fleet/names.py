"""What people and places are called: drawn from the seed by index, with Faker.

Faker is slow, so that a few hundred places and people are drawn once in a process, and all
others take theirs from them with a label of their own behind it. Identifiers never come from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from faker import Faker

from harness.domain.draws import derived_bits

CITIES: Final = 500
PEOPLE: Final = 200
_LOCALE: Final = "en_US"


@dataclass(frozen=True, slots=True)
class Site:
    """Where clusters stand. `name` is the site's alone, and fit for the name of a cluster."""

    name: str
    city: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody. `email` and `username` are his alone."""

    name: str
    email: str
    username: str


def site(seed: int, number: int) -> Site:
    """A site by its number: `port-anna-12` in `port-anna`."""
    city = _cities(seed)[derived_bits(seed, "site", number) % CITIES]
    return Site(f"{city}-{number}", city)


def person(seed: int, label: str) -> Person:
    """The person whom a label stands for, such as `admin-07-0-1-2`.

    Different labels give different e-mails and user names, though perhaps people of one name.
    """
    first, last = _people(seed)[derived_bits(seed, f"person:{label}", 0) % PEOPLE]
    username = f"{_slug(first)}.{_slug(last)}.{label}"
    return Person(f"{first} {last}", f"{username}@example.com", username)


@lru_cache(maxsize=4)
def _cities(seed: int) -> tuple[str, ...]:
    fake = Faker(_LOCALE)
    cities = []
    for index in range(CITIES):
        fake.seed_instance(derived_bits(seed, "city", index))
        cities.append(_slug(fake.city()))
    return tuple(cities)


@lru_cache(maxsize=4)
def _people(seed: int) -> tuple[tuple[str, str], ...]:
    fake = Faker(_LOCALE)
    people = []
    for index in range(PEOPLE):
        fake.seed_instance(derived_bits(seed, "people", index))
        people.append((fake.first_name(), fake.last_name()))
    return tuple(people)


def _slug(text: str) -> str:
    """Lower case, with `-` for everything but letters and digits."""
    spaced = "".join(c if c.isascii() and c.isalnum() else " " for c in text.lower())
    return "-".join(spaced.split())
