"""Where the mistakes of a file are told to be."""

from __future__ import annotations

from harness.configuration.errors import ConfigurationError


def placed(error: ConfigurationError) -> list[tuple[int, str]]:
    """The line and the key of each mistake."""
    return [(mistake.line, mistake.key) for mistake in error.mistakes]
