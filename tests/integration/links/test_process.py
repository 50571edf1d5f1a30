"""The proxy in a process of its own does the same, and nothing is left of it however it ends."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from harness.domain.arrangements import MessageFault, MessageKind
from harness.targets.links.faults import (
    ConnectionReset,
    Disturbance,
    Down,
    LinkError,
    ProxyDied,
    Way,
)
from harness.targets.links.hub import MessageReading
from harness.targets.links.messages import WireFate
from harness.targets.links.opening import message_table
from harness.targets.links.process import ProxyProcess, ProxySpec
from harness.wire.mapping import PLAIN
from tests.integration.links.palettes import (
    BODY,
    HERE,
    PROBE,
    Host,
    Scenery,
    can_connect,
    open_files,
    until,
)

FINE = (200, BODY)
CUT = (ConnectionError, http.client.RemoteDisconnected)

STARTS_AND_WAITS = """
import sys
from harness.targets.links.process import ProxyProcess, ProxySpec
proxy = ProxyProcess(ProxySpec("127.0.0.1", int(sys.argv[1])))
print(proxy.pid, proxy.port, flush=True)
sys.stdin.read()
"""


def spec(scenery: Scenery) -> ProxySpec:
    return ProxySpec(HERE, scenery.palette.port, reading=MessageReading(message_table(PLAIN)))


def is_there(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text("utf-8")
    return False


def test_it_does_what_a_thread_does(scenery: Scenery) -> None:
    before = open_files()
    with ProxyProcess(spec(scenery)) as proxy:
        host = Host(proxy.port)
        assert host.ask() == FINE
        proxy.set_fault(ConnectionReset(Way.RESPONSE, 5), HERE)
        with pytest.raises(CUT):
            host.ask()
        [episode] = proxy.heal(HERE)
        assert (episode.fault, episode.effects) == (ConnectionReset(Way.RESPONSE, 5), 1)
        proxy.spoil_next(HERE, MessageKind.PROBE, WireFate(MessageFault.SERVER_ERROR))
        assert proxy.waiting() == 1
        assert host.ask(*PROBE)[0] == 500
        proxy.disturb(HERE, Disturbance(lost_before=1_000_000))
        with pytest.raises(CUT):
            host.ask(*PROBE)
        proxy.forget(HERE)
        proxy.spoil_next(HERE, MessageKind.PROBE, WireFate(MessageFault.REPEATED_LATE))
        assert host.ask(*PROBE) == FINE
        proxy.release(HERE)
        assert scenery.palette.asked[-2:] == [PROBE, PROBE]
        assert proxy.counts().connections == 3
        proxy.check()
        host.close()
    proxy.close()
    assert not is_there(proxy.pid)
    assert not can_connect(proxy.port)
    assert open_files() == before
    with pytest.raises(ProxyDied, match="closed already"):
        proxy.counts()


def test_one_that_is_killed_says_so(scenery: Scenery) -> None:
    with ProxyProcess(spec(scenery)) as proxy:
        os.kill(proxy.pid, signal.SIGKILL)
        with pytest.raises(ProxyDied, match=r"its process ended with -9; .*start the run again"):
            proxy.set_fault(Down())
        with pytest.raises(ProxyDied, match="ended with -9"):
            proxy.check()
        assert not can_connect(proxy.port)


@pytest.mark.slow
def test_it_ends_with_whoever_started_it(scenery: Scenery) -> None:
    words = [sys.executable, "-c", STARTS_AND_WAITS, str(scenery.palette.port)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        pid, port = map(int, run.stdout.readline().split())
        assert can_connect(port)
        run.kill()
    until(lambda: not is_there(pid))
    assert not can_connect(port)


@pytest.mark.slow
def test_one_that_cannot_start_says_why(scenery: Scenery) -> None:
    before = open_files()
    with pytest.raises(LinkError, match="the fault proxy cannot listen there"):
        ProxyProcess(ProxySpec(HERE, scenery.palette.port, listen=(HERE, scenery.palette.port)))
    assert open_files() == before
