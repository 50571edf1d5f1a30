"""What of the suite a run is about: requirements, profiles, role and tags."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from harness.catalogue.errors import UnknownName
from harness.catalogue.requirement import Level, Profile, Requirement, Role, profiles_named
from harness.catalogue.requirements import REQUIREMENTS, by_id
from harness.domain.errors import PairproofError

KNOWN_TAGS = frozenset(
    [*(w.value for words in (Profile, Role, Level) for w in words), *(r.id for r in REQUIREMENTS)]
)
"""The tags that the catalogue gives a meaning to."""

_WORD = re.compile(r"\s*(?:(?P<word>[^\s()]+)|(?P<bracket>[()]))")


class BadTagExpression(PairproofError):
    """A tag expression that cannot be read."""

    def __init__(self, expression: str, problem: str) -> None:
        super().__init__(
            f"tag expression {expression!r}: {problem};"
            " write for example: core and not (resilience or WDR-4)"
        )


@dataclass(frozen=True, slots=True)
class TagExpression:
    """A condition on tags: `core and not (resilience or @WDR-4)`. Empty text holds always.

    Raises:
        BadTagExpression: the text cannot be read.
    """

    text: str
    _holds: Callable[[Collection[str]], bool]
    names: frozenset[str]
    """The tags that it names, without `@`."""

    @classmethod
    def parse(cls, text: str) -> TagExpression:
        """Read an expression.

        Raises:
            BadTagExpression: it cannot be read.
        """
        if not text.strip():
            return cls(text, lambda tags: True, frozenset())
        parser = _Parser(text)
        holds = parser.whole()
        return cls(text, holds, frozenset(parser.names))

    def holds(self, tags: Collection[str]) -> bool:
        """Whether a scenario with these tags is meant."""
        return self._holds(tags)

    def check_names(self, known: Iterable[str]) -> None:
        """See whether every tag is one that is known.

        Raises:
            UnknownName: one is not.
        """
        names = frozenset(known)
        for name in sorted(self.names - names):
            raise UnknownName("tag", name, sorted(names))


class _Parser:
    """Recursive descent: or binds weakest, then and, then not."""

    def __init__(self, text: str) -> None:
        self.names: list[str] = []
        self._text = text
        self._words = list(_words(text))

    def whole(self) -> Callable[[Collection[str]], bool]:
        holds = self._either()
        if self._words:
            raise BadTagExpression(self._text, f"{self._words[0]!r} was not expected")
        return holds

    def _either(self) -> Callable[[Collection[str]], bool]:
        sides = [self._all()]
        while self._take("or"):
            sides.append(self._all())
        return lambda tags: any(side(tags) for side in sides)

    def _all(self) -> Callable[[Collection[str]], bool]:
        sides = [self._one()]
        while self._take("and"):
            sides.append(self._one())
        return lambda tags: all(side(tags) for side in sides)

    def _one(self) -> Callable[[Collection[str]], bool]:
        if self._take("not"):
            inner = self._one()
            return lambda tags: not inner(tags)
        if self._take("("):
            within = self._either()
            if not self._take(")"):
                raise BadTagExpression(self._text, "a bracket is not closed")
            return within
        return self._name()

    def _name(self) -> Callable[[Collection[str]], bool]:
        if not self._words or self._words[0] in ("and", "or", ")"):
            found = repr(self._words[0]) if self._words else "its end"
            raise BadTagExpression(self._text, f"a tag was expected, and {found} was found")
        name = self._words.pop(0).removeprefix("@")
        self.names.append(name)
        return lambda tags: name in tags

    def _take(self, word: str) -> bool:
        if self._words[:1] == [word]:
            self._words.pop(0)
            return True
        return False


def _words(text: str) -> Iterator[str]:
    for found in _WORD.finditer(text):
        yield found["word"] or found["bracket"]


def outline_of(scenario: str) -> str:
    """The id of the outline of which a scenario is a row, or its own."""
    return scenario.partition("[")[0]


@dataclass(frozen=True, slots=True)
class Selection:
    """What is asked for; the defaults ask for everything."""

    requirements: tuple[str, ...] = ()
    profiles: tuple[Profile, ...] = ()
    role: Role = Role.BOTH
    tags: TagExpression = TagExpression("", lambda tags: True, frozenset())
    scenarios: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        requirements: Iterable[str] = (),
        profiles: Iterable[str] = (),
        role: str | None = None,
        tags: str = "",
        scenarios: Iterable[str] = (),
    ) -> Selection:
        """The selection of what a user typed; an item of `requirements` or `profiles` may hold
        several with commas, which the id of a scenario may hold itself.

        Raises:
            UnknownName: there is no such requirement, profile or role.
            BadTagExpression: the tag expression cannot be read.
        """
        ids = [id_.strip() for item in requirements for id_ in item.split(",") if id_.strip()]
        return cls(
            requirements=tuple(dict.fromkeys(by_id(id_).id for id_ in ids)),
            profiles=profiles_named(profiles),
            role=role_named(role) if role else Role.BOTH,
            tags=TagExpression.parse(tags),
            scenarios=tuple(dict.fromkeys(scenarios)),
        )

    def asks_for(
        self, tags: Collection[str], requirements: Iterable[Requirement], scenario: str = ""
    ) -> bool:
        """Whether a scenario of this id, with these tags and requirements, is meant."""
        if self.scenarios and not {scenario, outline_of(scenario)} & {*self.scenarios}:
            return False
        is_wanted = any(map(self._asks_for_requirement, requirements))
        return self.tags.holds(tags) and (is_wanted or self._asks_for_tags(tags))

    def check_scenarios(self, known: Iterable[str]) -> None:
        """See that there is each scenario that is asked for.

        Raises:
            UnknownName: there is not; says which come nearest.
        """
        there = sorted({each for id_ in known for each in (id_, outline_of(id_))})
        for id_ in self.scenarios:
            if id_ not in there:
                from difflib import get_close_matches  # an error is rare

                near = get_close_matches(id_, there, n=3, cutoff=0.3)
                raise UnknownName("scenario", id_, near)

    def __str__(self) -> str:
        """What is asked for, as it was typed."""
        told = [f"--requirement {','.join(self.requirements)}"] if self.requirements else []
        told += [f"--profile {','.join(self.profiles)}"] if self.profiles else []
        told += [f"--role {self.role.value}"] if self.role is not Role.BOTH else []
        told += [f"--tags {self.tags.text!r}"] if self.tags.text else []
        told += [f"--scenario {id_!r}" for id_ in self.scenarios]
        return " ".join(told)

    def _asks_for_requirement(self, requirement: Requirement) -> bool:
        return (
            (not self.requirements or requirement.id in self.requirements)
            and (not self.profiles or requirement.profile in self.profiles)
            and (self.role in (Role.BOTH, requirement.role) or requirement.role is Role.BOTH)
        )

    def _asks_for_tags(self, tags: Collection[str]) -> bool:
        """For scenarios of a user that name no requirement: their tags speak for them."""
        if self.requirements or KNOWN_IDS & set(tags):
            return False
        profile_fits = not self.profiles or not {*self.profiles}.isdisjoint(tags)
        role_fits = self.role is Role.BOTH or bool({self.role.value, Role.BOTH.value} & set(tags))
        return profile_fits and role_fits


KNOWN_IDS = frozenset(r.id for r in REQUIREMENTS)
"""The ids of the catalogue."""


def role_named(name: str) -> Role:
    """The role of this name.

    Raises:
        UnknownName: there is none.
    """
    if name not in {r.value for r in Role}:
        raise UnknownName("role", name, (r.value for r in Role))
    return Role(name)
