"""Jobs: what takes its time, asked for with a 202 and looked at until it is over."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from tests.strangers.steps.web import Book, Problem, Reply

PACE_S = 0.004
SLOW_S = 0.15


class Jobs:
    """The jobs of one side, each for whoever began it."""

    def __init__(self, path: str, new_id: Callable[[], Any], pace_s: float = PACE_S) -> None:
        """They are looked at below `path`, and wait `pace_s` before they run."""
        self._path, self._new_id, self._pace_s = path, new_id, pace_s
        self._jobs: dict[str, tuple[str, Book]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, owner: str, work: Coroutine[Any, Any, Book]) -> Reply:
        """Begin a job; the answer says where it is asked for."""
        number = self._new_id()
        job: Book = {"id": number, "state": "queued"}
        self._jobs[str(number)] = (owner, job)
        task = asyncio.get_running_loop().create_task(self._run(job, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        place = f"{self._path}/{number}"
        return Reply({"job": number}, 202, {"Location": place})

    def look(self, owner: str, number: str) -> Reply:
        known, job = self._jobs.get(number, ("", {}))
        if not job or known != owner:
            raise Problem(404, "no-such-thing", f"there is no job {number}")
        return Reply(job)

    async def _run(self, job: Book, work: Awaitable[Book]) -> None:
        await asyncio.sleep(self._pace_s)
        job["state"] = "running"
        try:
            result = await work
            job.update(state="done", result=result)
        except Problem as problem:
            job.update(state="failed", problem=problem.document())

    async def settled(self) -> None:
        """Wait for those that are under way."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()
