"""Profile versions order as Semantic Versioning does."""

from __future__ import annotations

import itertools

import pytest

from harness.domain.profile import ProfileVersion

ASCENDING = [
    "0.9.9",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0",
    "1.9.0",
    "1.10.0",
    "1.10.0.1",
    "2.0.0",
    "10.0.0",
]


@pytest.mark.parametrize(("lower", "higher"), list(itertools.pairwise(ASCENDING)))
def test_each_is_lower_than_the_next(lower: str, higher: str) -> None:
    assert ProfileVersion(lower) < ProfileVersion(higher)
    assert not ProfileVersion(higher) < ProfileVersion(lower)


def test_build_metadata_has_no_weight() -> None:
    assert ProfileVersion("1.0.0+a") == ProfileVersion("1.0.0+b")
    assert ProfileVersion("1.0") == ProfileVersion("1.0.0")
    assert len({ProfileVersion("1.0"), ProfileVersion("1.0.0")}) == 1


@pytest.mark.parametrize("text", ["", "latest", "1..0", "v1.0.0", "1.0.0-", " 1.0.0"])
def test_what_is_no_version_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match="is not a semantic version"):
        ProfileVersion(text)
