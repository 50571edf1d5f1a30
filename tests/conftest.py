"""Lets the tests hear signals, wherever they were started from, and keeps what is compiled."""

from __future__ import annotations

import gc
import os
import signal
import sys

from hypothesis import settings

# Some images forbid Python to keep what it has compiled. Every worker would then rewrite all the
# tests, and each of the many processes that they start compile the whole package.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Whatever a shell puts into the background, or `nohup` starts, ignores some of them, and so do the
# processes that the tests start and then stop by a signal.
for _number, _usual in (
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGHUP, signal.SIG_DFL),
):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, _usual)


# Another run of the suite costs half a minute more with a browser: `tests/browser` has its own.
os.environ.setdefault("PAIRPROOF_BROWSER", "no")

# The same examples in every run, none too slow on a busy machine; `make full` asks for the rest.
_repeatable = settings(deadline=None, derandomize=True, database=None)
settings.register_profile("quick", _repeatable, max_examples=15)
settings.register_profile("thorough", _repeatable, max_examples=100)
settings.load_profile("quick")

# Whatever is collected stays.
gc.disable()


def pytest_collection_finish() -> None:
    """What is there by now stays: no search for garbage has to go through it again."""
    gc.enable()
    gc.freeze()
