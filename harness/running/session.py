"""How pytest is called for a run of the suite, with nothing of the user's taking part."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from harness.suite import suite_dir

# At the end of each run, the last of these would search five times for garbage, for warnings that
# nobody sees here.
_PLUGINS = (
    "pytest_bdd.plugin",
    "harness.plugin",
    "no:cacheprovider",
    "no:terminal",
    "no:unraisableexception",
)


def suite_words(options: Mapping[str, str | None], files: tuple[Path, ...] = ()) -> list[str]:
    """The command line for pytest: our features (or these of them) and our options.

    An option that is `None` is left out; one that is empty is a flag.
    """
    features = suite_dir("features")
    words = [*map(str, files or (features,)), "-c", os.devnull]
    words += ["--rootdir", str(features.parent), "--noconftest"]
    for plugin in _PLUGINS:
        words += ["-p", plugin]
    words += ["--assert=plain", "--import-mode=importlib"]
    given = {name: value for name, value in options.items() if value is not None}
    return words + [f"--pairproof-{k}={v}" if v else f"--pairproof-{k}" for k, v in given.items()]


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """Garbage is looked for seldom: a look walks all that a run keeps, and finds nearly nothing."""
    usual = gc.get_threshold()
    gc.set_threshold(100_000, 50, 1000)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


@contextmanager
def alone() -> Iterator[None]:
    """Nothing of the user's pytest takes part; SIGTERM and SIGHUP stop a run as Ctrl-C does."""
    changed = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": "", "PYTEST_PLUGINS": ""}
    before = {name: os.environ.get(name) for name in changed}
    handlers = {}
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            handlers[number] = signal.signal(number, signal.default_int_handler)
    os.environ.update(changed)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        for number, handler in handlers.items():
            signal.signal(number, handler)
