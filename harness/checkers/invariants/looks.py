"""What a wait saw, as operations: each answer is a look of its own."""

from __future__ import annotations

from collections.abc import Iterator

from harness.history.operation import OperationRecord, Outcome

WAITS = frozenset({"await_state", "stays"})
"""The kinds of recorded waits."""


def looks_of(wait: OperationRecord) -> Iterator[OperationRecord]:
    """The answers that a wait saw, as operations of the kind that it asked.

    Only answers that changed are recorded, so that a look began after the one before it.
    """
    samples = (wait.value or {}).get("samples")
    polls = wait.args.get("polls")
    args = wait.args.get("polls_args")
    start = wait.start
    for sample in samples if isinstance(samples, list) else ():
        if not isinstance(sample, dict) or not isinstance(polls, str):
            continue
        at, value, error = sample.get("at"), sample.get("value"), sample.get("error")
        end = at if isinstance(at, int) else wait.end
        yield OperationRecord(
            wait.id,
            wait.scenario,
            wait.actor,
            polls,
            args if isinstance(args, dict) else {},
            start,
            end,
            Outcome(str(sample.get("outcome", "info"))),
            value if isinstance(value, dict) else None,
            error if isinstance(error, dict) else None,
            tags=wait.tags,
        )
        start = end or start
