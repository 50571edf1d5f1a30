"""What holds while a run of the suite lasts."""

from __future__ import annotations

import gc

from harness.running.session import seldom_collecting


def test_garbage_is_looked_for_seldom_and_then_as_before() -> None:
    usual = gc.get_threshold()
    with seldom_collecting():
        assert gc.get_threshold()[0] >= 100_000
    assert gc.get_threshold() == usual
