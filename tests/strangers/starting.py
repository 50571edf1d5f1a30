"""Starts a stranger as a process, with certificates of its lab's: what each has in common."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import trustme

ROOT = Path(__file__).resolve().parents[2]
LAB_CA = "lab-ca.pem"
_PATIENCE_S = 60.0


def certificates(folder: Path, trusting: str = "") -> None:
    """Those of a lab: what is `shown`, an `odd` one of nobody's, and `trusted.pem`: the lab's own
    authority, and those in the text `trusting`.
    """
    lab = trustme.CA()
    lab.cert_pem.write_to_path(str(folder / LAB_CA))
    for name, authority in (("shown", lab), ("odd", trustme.CA())):
        pem = authority.issue_cert("localhost", "127.0.0.1").private_key_and_cert_chain_pem
        pem.write_to_path(str(folder / f"{name}.pem"))
    (folder / "trusted.pem").write_text((folder / LAB_CA).read_text("ascii") + trusting, "ascii")


@contextmanager
def started(
    name: str, folder: Path, words: tuple[str, ...], variables: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    """The stranger of this name in a process of its own; its addresses, once it serves. It ends
    when its standard input does.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", f"tests.strangers.{name}", str(folder), *words],
        cwd=ROOT,
        env={**os.environ, **variables},
        stdin=subprocess.PIPE,
    )
    addresses, ends = folder / "addresses.json", time.monotonic() + _PATIENCE_S
    assert process.stdin is not None
    try:
        while not addresses.exists():
            assert process.poll() is None, "it has ended"
            assert time.monotonic() < ends, "it does not begin to serve"
            os.sched_yield()
        yield json.loads(addresses.read_text("utf-8"))
    finally:
        process.stdin.close()
        process.wait(10)
