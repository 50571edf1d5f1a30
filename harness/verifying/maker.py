"""What the header of any evidence says of whoever wrote it, and whether that fits."""

from __future__ import annotations

from collections.abc import Iterator

from harness import __version__
from harness.history.lines import Header
from harness.verifying.differences import Found, Kind


def look_at_edition(header: Header, known: str, number: int, found: Found) -> None:
    """Whether the run judged the edition of the procedure that is known here."""
    if header.edition != known:
        found.add(
            Kind.UNKNOWN_EDITION,
            f"the run judged edition {header.edition!r} of the procedure, and this version"
            f" of pairproof knows {known!r}; use one that knows it",
            number,
        )


def notes_on(header: Header, interrupted: bool) -> Iterator[str]:
    """What is no difference, and may explain one."""
    if header.harness.version != __version__:
        yield (
            f"the file was written by pairproof {header.harness.version}, and this is"
            f" {__version__}; what differs may be due to that"
        )
    if interrupted:
        yield "the run was stopped before its end; it was judged as far as it goes"
