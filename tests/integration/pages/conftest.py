"""Fixtures of the tests of the pages over HTTP."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import pytest

from harness.domain.arrangements import Reset
from harness.reference.embedded import EmbeddedReference, Layout
from tests.integration.pages.world import World, arrange


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[EmbeddedReference, ssl.SSLContext]]:
    """Not for longer: what other tests fork while it runs may find its database locked for ever."""
    with EmbeddedReference("pages", Layout(clusters=2, hosts=2)) as reference:
        yield reference, ssl.create_default_context(cafile=reference.ca_file)


@pytest.fixture
def world(running: tuple[EmbeddedReference, ssl.SSLContext]) -> Iterator[World]:
    """The reference with a clean slate and what the procedure takes for granted."""
    made = World(*running)
    made.reference.arrange(Reset())
    arrange(made.reference)
    with made.held:
        yield made
