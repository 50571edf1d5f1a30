"""What holds of any evidence, whatever its lines say: a header first, a footer that fits last."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Final

from harness.history.lines import EvidenceHeader, Footer, LineCounts, counted, digested, without_run
from harness.history.scan import LineT, RawLine

CUT_OFF: Final = "cut_off"
Report = Callable[[str, str, int], None]
"""Told what does not fit: of which kind, in a sentence, in which line (from 1)."""


class EvidenceEnvelope:
    """Takes the lines of a file as they come, or of the parts of one run, one after the other.

    `report` is told of what does not fit; its kinds are `after_footer`, `changed`, `counts`,
    `cut_off`, `other_run`, `twice` and `unknown_line`.
    """

    def __init__(self, report: Report) -> None:
        self._report = report
        self.header: EvidenceHeader | None = None
        self.footer: Footer | None = None
        self._footer_line = 0
        self._bytes = sha256()
        self._digest = sha256()

    @property
    def complete(self) -> bool:
        """Whether there is a footer, and the run got to its end."""
        return self.footer is not None and not self.footer.interrupted

    @property
    def interrupted(self) -> bool:
        """Whether there is a footer, and the run was stopped before its end."""
        return self.footer is not None and self.footer.interrupted

    @property
    def digest(self) -> str:
        """Of the lines as they are, but for the footer and what differs between equal runs."""
        return f"sha256:{self._digest.hexdigest()}"

    @property
    def sha256(self) -> str:
        """Of all bytes."""
        return self._bytes.hexdigest()

    def open(self, raw: RawLine[LineT]) -> LineT | None:
        """What a line says: the first header, or what stands between it and the footer."""
        self._bytes.update(raw.raw)
        line, number = raw.line, raw.number
        if self.footer is not None:
            text = "it stands after the footer, which was the last line once"
            self._report("after_footer", text, number)
            return None
        if isinstance(line, Footer):
            self._close(line, number)
            return None
        self._digest.update(digested(raw.raw) if number == 1 else raw.raw)
        if isinstance(line, EvidenceHeader):
            return line if self._begin(line, number) else None
        if line is None and raw.raw.endswith(b"\n"):
            text = "this version does not know lines of this type; ignored"
            self._report("unknown_line", text, number)
        elif line is None:
            self._report(CUT_OFF, "it breaks off in the middle", number)
        return line

    def compare(self, counts: LineCounts) -> None:
        """Say whether the footer, if there is one, counts as many lines as there were."""
        if self.footer is not None and self.footer.counts != counts:
            said, are = counted(self.footer.counts), counted(counts)
            text = f"the footer counts {said}; the file has {are}"
            self._report("counts", text, self._footer_line)

    def _begin(self, header: EvidenceHeader, number: int) -> bool:
        if self.header is None:
            self.header = header
            return True
        if number > 1:
            self._report("twice", "this is a second header; ignored", number)
        elif without_run(header) != without_run(self.header):
            self._report("other_run", "this part is of another run than the first part", number)
        return False

    def _close(self, footer: Footer, number: int) -> None:
        self.footer, self._footer_line = footer, number
        if footer.digest != self.digest:
            text = (
                "the digest does not fit, so a line was changed, added or taken away after the run"
                f" (the footer says {footer.digest}, the lines give {self.digest})"
            )
            self._report("changed", text, number)
