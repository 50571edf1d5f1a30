"""The load lane's client against one nginx, beside wrk, locust's FastHttpUser and aiohttp.

nginx has one core to itself, the client of the moment another. All take turns in each round, so
that what else the machine does hits all; the ratios are medians over the rounds. What is not
installed is named and left out. locust and aiohttp may live in another environment: name its
Python in PEERS_PYTHON.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import trustme

from benchmarks.figure import Figure

CONNECTIONS = 50
SESSIONS = 10_000
SECONDS = 3.0
ROUNDS = 5
PEERS = Path(__file__).with_name("client_peers.py")
PEERS_PYTHON = os.environ.get("PEERS_PYTHON", sys.executable)
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
CONFIG = """
daemon off; worker_processes 1; worker_rlimit_nofile {files};
pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections {files}; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600s;
  default_type application/json;
  client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
  uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
  ssl_certificate {folder}/server.pem; ssl_certificate_key {folder}/server.pem;
  server {{
    listen 127.0.0.1:{plain} backlog=4096; listen 127.0.0.1:{secure} ssl backlog=4096;
    location / {{ return 200 '{{"status":"ok","items":[1,2,3]}}'; }}
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class Server:
    plain: str
    secure: str
    ca: str


def figures() -> Iterator[Figure | str]:
    """Requests a second, ratios, and what 10,000 sessions take."""
    if NGINX is None:
        yield "bench_client: nginx is missing, so nothing was measured; apt-get install nginx-light"
        return
    yield from (f"bench_client: {what}, so it was left out" for what in missing())
    with TemporaryDirectory() as made, nginx(Path(made)) as server:
        rates = in_turns(contestants(server))
        yield from (Figure(f"client: {n}", median(r), "requests/s") for n, r in rates.items())
        yield from ratios(rates)
        yield from of_sessions(server)


def missing() -> Iterator[str]:
    if not shutil.which("wrk"):
        yield "wrk is missing (apt-get install wrk)"
    for module in ("locust", "aiohttp"):
        if not has(module):
            yield f"{module} is missing (pip install {module}, there or where PEERS_PYTHON is)"


def has(module: str) -> bool:
    command = [PEERS_PYTHON, "-c", f"import {module}"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def contestants(server: Server) -> dict[str, Callable[[], float]]:
    """Who takes turns; each call measures once."""
    found = {
        "ours, callbacks": lambda: ours("lane", server.plain, server),
        "ours, awaited": lambda: ours("awaited", server.plain, server),
    }
    if has("locust"):
        found["FastHttpUser"] = lambda: peer("fasthttp", server.plain)
    if has("aiohttp"):
        found["aiohttp"] = lambda: peer("aiohttp", server.plain)
    found["ours, callbacks, TLS"] = lambda: ours("lane", server.secure, server)
    if shutil.which("wrk"):
        found["wrk"] = lambda: wrk(server.plain)
        found["wrk, TLS"] = lambda: wrk(server.secure)
    return found


def in_turns(running: dict[str, Callable[[], float]]) -> dict[str, list[float]]:
    rates: dict[str, list[float]] = defaultdict(list)
    for _ in range(ROUNDS):
        for name, measure in running.items():
            rates[name].append(measure())
    return rates


def ratios(rates: dict[str, list[float]]) -> Iterator[Figure]:
    for ours_, other, goal in (
        ("ours, callbacks", "FastHttpUser", 5.0),
        ("ours, callbacks", "wrk", 0.5),
        ("ours, callbacks, TLS", "wrk, TLS", 0.3),
        ("ours, awaited", "wrk", None),
        ("ours, callbacks", "aiohttp", None),
    ):
        if other in rates:
            ratio = median(a / b for a, b in zip(rates[ours_], rates[other], strict=True))
            yield Figure(f"client: {ours_} / {other}", ratio, "times", goal_min=goal)


def of_sessions(server: Server) -> Iterator[Figure]:
    for name, url in (("", server.plain), (", TLS", server.secure)):
        came = load("sessions", url, server, SESSIONS)
        yield Figure(f"client: sessions at once{name}", came["open"], "", goal_min=SESSIONS)
        yield Figure(f"client: their memory{name}", came["memory_mib"], "MiB", 1_024)
        yield Figure(f"client: the storm of them{name}", came["storm_s"], "s")
        yield Figure(f"client: over all of them{name}", came["rate"], "requests/s")


# --- one measurement --------------------------------------------------------------------------


def ours(what: str, url: str, server: Server) -> float:
    return load(what, url, server, CONNECTIONS)["rate"]


def load(what: str, url: str, server: Server, count: int) -> dict[str, float]:
    module = [sys.executable, "-m", "benchmarks.client_load"]
    figures: dict[str, float] = json.loads(
        run([*module, what, url, server.ca, str(count), str(SECONDS)])
    )
    if figures["unanswered"] or (count == CONNECTIONS and figures["open"] != count):
        raise RuntimeError(f"{what} at {url}: not all was answered, or stayed open: {figures}")
    return figures


def peer(name: str, url: str) -> float:
    return float(run([PEERS_PYTHON, str(PEERS), name, url, str(CONNECTIONS), str(SECONDS)]))


def wrk(url: str) -> float:
    told = run(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS:.0f}s", f"{url}/"])
    found = re.search(r"Requests/sec:\s+([\d.]+)", told)
    if found is None or "Non-2xx" in told:
        raise RuntimeError(f"wrk measured nothing: {told}")
    return float(found[1])


def run(command: list[str]) -> str:
    """What a command says that runs on the client's core."""
    done = subprocess.run(pinned(-1, command), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[:3]} failed: {done.stderr[-2_000:]}")
    return done.stdout


def pinned(which: int, command: list[str]) -> list[str]:
    """A command on one of the cores that this process may use."""
    return ["taskset", "-c", str(sorted(os.sched_getaffinity(0))[which]), *command]


@contextmanager
def nginx(folder: Path) -> Iterator[Server]:
    """A running nginx of our own, on the first core."""
    assert NGINX is not None
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    leaf = authority.issue_cert("localhost")
    leaf.private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
    ports = free_ports(2)
    text = CONFIG.format(folder=folder, plain=ports[0], secure=ports[1], files=SESSIONS + 1_000)
    (folder / "nginx.conf").write_text(text)
    command = [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf")]
    process = subprocess.Popen(pinned(0, command), stderr=subprocess.PIPE)
    try:
        wait_for(ports[0], process)
        ca = str(folder / "ca.pem")
        yield Server(f"http://127.0.0.1:{ports[0]}", f"https://localhost:{ports[1]}", ca)
    finally:
        process.terminate()
        process.wait()


def free_ports(count: int) -> list[int]:
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except ConnectionRefusedError:
            continue
        return
    raise RuntimeError(f"nginx ended: {process.communicate()[1].decode()}")
