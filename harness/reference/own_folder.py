"""The folder of a reference that runs, and what one that was killed has left behind."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

_PREFIX: Final = "pairproof-reference-"
_UNFINISHED: Final = "pairproof-new-"


@contextmanager
def own_folder() -> Iterator[Path]:
    """A temporary folder that goes with its reference; those of killed ones go now.

    It is locked as long as its process lives, and has its name only once it is: so none of a
    living one is ever taken for left behind, in whatever container that one lives.
    """
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        _remove_if_left(left)
    made = Path(tempfile.mkdtemp(prefix=_UNFINISHED))
    descriptor = os.open(made, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system without locks: nobody takes it for left then
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        folder = made.rename(made.with_name(made.name.replace(_UNFINISHED, _PREFIX, 1)))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(descriptor)


def _remove_if_left(folder: Path) -> None:
    """Remove a folder of ours that no process holds a lock on."""
    with suppress(OSError):  # it is somebody else's, it is gone by now, or it is locked
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(descriptor).st_uid == os.geteuid():
                shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(descriptor)
