"""What the controller of pytest-xdist does: one evidence of the parts that its workers write."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from harness.plugin.options import out_of

_ENDED = "pairproof_scenario"


class Controller:
    """Tells workers where to write, stops them when it is stopped, and merges what they wrote.

    Where no worker has a scenario of ours, it does nothing.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        asked = out_of(config)
        run_id = f"{os.getpid()}-{id(self):x}"
        self.out = asked or Path(tempfile.gettempdir(), f"pairproof-{run_id}")
        self._is_temporary = asked is None
        self._nodes: list[Any] = []
        self._problem = ""
        self._crashed = False
        self._ended: set[str] = set()
        self._red = False
        self._merged = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """What an earlier run left here would be taken for ours."""
        if not self._is_temporary and not self.config.getoption("pairproof_resume"):
            (self.out / "evidence.jsonl").unlink(missing_ok=True)
            shutil.rmtree(self._parts, ignore_errors=True)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker where the files of the run go."""
        node.workerinput["pairproof_out"] = str(self.out)
        self._nodes.append(node)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Hear of what went wrong in a worker."""
        output = getattr(node, "workeroutput", None) or {}
        self._problem = self._problem or output.get("pairproof_problem", "")
        self._crashed = self._crashed or bool(error)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count what has ended."""
        self._red = self._red or report.failed
        self._ended.update(str(v) for name, v in report.user_properties if name == _ENDED)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Generator[None, object, object]:
        """Stop the workers when stopped; say what went wrong in them.

        Raises:
            pytest.UsageError: a worker could not use the target, or nothing was selected.
        """
        result: object = None
        try:
            result = yield
        except KeyboardInterrupt:  # pytest-xdist stops by one of its own as well
            self._stop_workers()
            if not self._problem:
                raise
        if self._problem:
            raise pytest.UsageError(self._problem)
        return result

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self) -> Generator[None, object, object]:
        """Merge the parts, once no worker writes any more and before anybody sums up."""
        result = yield
        # A run that goes on, and was refused, has a part of what had ended alone.
        if any(part.stem != "earlier" for part in self._parts.glob("*.jsonl")):
            from harness.domain.errors import PairproofError
            from harness.history.merge import put_together
            from harness.running.facts import now_utc

            try:
                put_together(self.out, None if self._crashed else self._ended, now_utc())
            except PairproofError as error:
                raise pytest.UsageError(str(error)) from error
            self._merged = True
        return result

    def pytest_terminal_summary(self, terminalreporter: Any, config: pytest.Config) -> None:
        """Say where the evidence lies, if anybody will want to look."""
        if self._merged and (self._red or config.get_verbosity() > 0):
            terminalreporter.write_line(f"pairproof: the evidence is in {self.out}/evidence.jsonl")

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        """A temporary folder that nobody was told of goes away."""
        if self._is_temporary and self._merged and not self._red and config.get_verbosity() <= 0:
            shutil.rmtree(self.out, ignore_errors=True)

    @property
    def _parts(self) -> Path:
        # The same folder as `harness.history.reader.PARTS_DIR`, which is too heavy to import.
        return self.out / "evidence.parts"

    def _stop_workers(self) -> None:
        """Let workers close their parts now; pytest-xdist would let them go on for five seconds.

        One that runs no scenario yet has nothing to close, and just ends.
        """
        for node in self._nodes:
            # execnet has no public way to its process; without one, its own patience is the rule.
            popen = getattr(getattr(node.gateway, "_io", None), "popen", None)
            if popen is not None and popen.poll() is None:
                popen.terminate()
