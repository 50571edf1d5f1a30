"""Work that goes on after the call that asked for it was answered."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Coroutine
from typing import Any

from tests.strangers.rpc.transport import INTERNAL, Fault, Table

Work = Coroutine[Any, Any, Table]


class Jobs:
    """All jobs of one side, each for whoever asked for it to look at."""

    def __init__(self, pause_s: float = 0.0, *, says_done: frozenset[str] = frozenset()) -> None:
        """Each waits `pause_s` before it runs, and as long before it is done. A kind in
        `says_done` is told as done however it ended.
        """
        self._pause_s = pause_s
        self._says_done = says_done
        self._known: dict[str, tuple[str, Table]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, owner: str, kind: str, work: Work) -> Table:
        """Begin it; the answer to the call that asks for it."""
        job = secrets.token_hex(8)
        told: Table = {"state": "queued"}
        self._known[job] = owner, told
        task = asyncio.create_task(self._run(kind, told, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return {"job": job}

    async def _run(self, kind: str, told: Table, work: Work) -> None:
        await asyncio.sleep(self._pause_s)
        told["state"] = "running"
        ended: Table
        try:
            ended = {"state": "done", "result": await work}
        except Fault as fault:
            ended = {"state": "failed", "failure": fault.as_table()}
        except Exception as error:  # noqa: BLE001 - a job must not run for ever because of a bug
            ended = {"state": "failed", "failure": Fault(INTERNAL, f"{error!r}").as_table()}
        await asyncio.sleep(self._pause_s)
        if kind in self._says_done:
            ended = {"state": "done", "result": ended.get("result", {})}
        told.update(ended)

    def state_of(self, owner: str, job: str) -> Table | None:
        """What has become of it so far; nothing for anybody else."""
        whose, told = self._known.get(job, ("", {}))
        return dict(told) if told and whose == owner else None
