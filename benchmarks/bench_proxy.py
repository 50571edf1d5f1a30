"""What the fault proxy adds to a request, and how many it carries on one core.

One nginx (Debian's package `nginx`) is asked by wrk (Debian's package `wrk`), straight and
through the proxy, one after the other in one run. nginx and wrk share one core, the proxy, in a
process of its own, has another. Without these programs nothing is measured.
"""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.figure import Figure

SECONDS = 3
MANY = 50
ADDED_MS = 0.2
CARRIED = 10_000

_CONF = """
worker_processes 1; pid {folder}/nginx.pid; error_log stderr crit; daemon off;
events {{ worker_connections 4096; }}
http {{
    access_log off; keepalive_requests 100000000;
    client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    server {{
        listen 127.0.0.1:{port};
        location / {{ default_type application/json; return 200 '{{"service":"palette"}}'; }}
    }}
}}
"""
_PROXY = """
import sys
from harness.targets.links.hub import MessageReading, Upstream
from harness.targets.links.opening import message_table
from harness.targets.links.proxy import FaultProxy
from harness.wire.mapping import PLAIN
reading = MessageReading(message_table(PLAIN)) if sys.argv[2] == "reads" else None
with FaultProxy(Upstream("127.0.0.1", int(sys.argv[1])), reading=reading) as proxy:
    print(proxy.port, flush=True)
    sys.stdin.read()
"""
_UNITS = {"us": 0.001, "ms": 1.0, "s": 1_000.0}


def figures() -> Iterator[Figure]:
    """Milliseconds added at the median of one connection; requests a second of fifty."""
    if not (shutil.which("nginx") and shutil.which("wrk") and shutil.which("taskset")):
        return
    with ExitStack() as held:
        nginx = held.enter_context(_nginx())
        passing = held.enter_context(_proxy(nginx, "passes"))
        reading = held.enter_context(_proxy(nginx, "reads"))
        yield from _latency(nginx, passing, reading)
        yield from _throughput(nginx, passing, reading)


def _latency(nginx: int, passing: int, reading: int) -> Iterator[Figure]:
    direct, passed, read = (_wrk(port, 1)[0] for port in (nginx, passing, reading))
    yield Figure("proxy: a request straight, median", direct, "ms")
    yield Figure("proxy: added at the median, passing through", passed - direct, "ms", ADDED_MS)
    yield Figure("proxy: added at the median, reading messages", read - direct, "ms", ADDED_MS)


def _throughput(nginx: int, passing: int, reading: int) -> Iterator[Figure]:
    direct, passed, read = (_wrk(port, MANY)[1] for port in (nginx, passing, reading))
    yield Figure("proxy: requests straight", direct, "/s")
    yield Figure("proxy: requests carried, passing through", passed, "/s", goal_min=CARRIED)
    yield Figure("proxy: requests carried, reading messages", read, "/s", goal_min=CARRIED)


def _wrk(port: int, connections: int) -> tuple[float, float]:
    """The median in milliseconds, and requests a second."""
    words = f"taskset -c 0 wrk -t1 -c{connections} -d{SECONDS} --latency http://127.0.0.1:{port}/"
    told = subprocess.run(words.split(), check=True, capture_output=True, text=True).stdout
    median = re.search(r"50%\s+([\d.]+)(us|ms|s)", told)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", told)
    if not median or not rate or "Non-2xx" in told:
        raise RuntimeError(f"wrk said something else than expected: {told}")
    return float(median[1]) * _UNITS[median[2]], float(rate[1])


@contextmanager
def _nginx() -> Iterator[int]:
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="pairproof-nginx-") as folder:
        conf = Path(folder) / "nginx.conf"
        conf.write_text(_CONF.format(folder=folder, port=port), "utf-8")
        words = ["taskset", "-c", "0", "nginx", "-p", folder, "-c", str(conf)]
        with subprocess.Popen(words, stderr=subprocess.DEVNULL) as server:
            try:
                _wait_for(port)
                yield port
            finally:
                server.terminate()


@contextmanager
def _proxy(upstream: int, how: str) -> Iterator[int]:
    words = ["taskset", "-c", "1", sys.executable, "-c", _PROXY, str(upstream), how]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError("nginx does not listen")
