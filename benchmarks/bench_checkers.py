"""All invariants over a million operations: processor time for each, and memory at its peak.

The history is made while it is judged and never held: the clusters of a fleet come, ask to be
paired, are accepted, rejected or cancelled, and are installed anew, eight operations at once.
Making it is not counted. What is counted is the processor's time and not the clock's, so that
others at work on the same machine do not matter. The memory is that of the whole process.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from itertools import islice
from random import Random
from time import process_time

from benchmarks.figure import Figure
from harness.checkers.invariants.stream import ALL, Watch
from harness.history.operation import Json, OperationRecord, Outcome

OPERATIONS = 1_000_000
PROJECTS = 200
CLUSTERS_OF_PROJECT = 10
AT_ONCE = 8
CHUNK = 200
"""Made at a time: few, because a stream brings each operation while it is still in the cache."""

Said = tuple[str, str, dict[str, Json], dict[str, Json], dict[str, Json] | None, str]
"""Kind, actor, arguments, tags, value, reason of a refusal."""

PACKS: list[Json] = [{"name": f"pack-{n}", "version": "1.0.0"} for n in range(6)]
PROFILE: dict[str, Json] = {
    "uid": "profile",
    "name": "profile",
    "editions": [{"version": "1.0.0", "published": True, "packs": PACKS}],
}


class Fleet:
    """Clusters in projects, and the requests that wait in each project."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.open: list[dict[str, Json]] = [{} for _ in range(PROJECTS)]
        self.stack: list[Json] = [{"name": "own", "packs": PACKS}]

    def life(self, project: int, cluster: int) -> Iterator[Said]:
        """What happens at one place, over and over."""
        while True:
            yield from self.one_pairing(project, f"p{project}-c{cluster}")

    def one_pairing(self, project: int, host: str) -> Iterator[Said]:
        """From the installation of a cluster to its decision."""
        at, there = {"host": host}, {"project": f"p{project}"}
        uid, local_uid = f"{self.random.getrandbits(96):024x}", f"{self.random.getrandbits(96):x}"
        nodes: list[Json] = [{"name": "n", "host_uid": host}]
        cluster = {"uid": local_uid, "pools": [{"nodes": nodes}], "stack": self.stack}
        yield "InstallCluster", "harness", {"slot": host, "cluster": cluster}, {}, {}, ""
        yield "ViewCluster", "operator", {}, at, {"uid": local_uid, "state": "Running"}, ""
        token = {"token": f"<token:{project}>"}
        yield "SendPairingRequest", "operator", token, at, {"pairing_uid": uid}, ""
        item: dict[str, Json] = {
            "pairing_uid": uid, "local_cluster_uid": local_uid, "state": "Pairing", "created": 1
        }  # fmt: skip
        self.open[project][uid] = item
        shown: dict[str, Json] = {"pairing_uid": uid, "status": "Pairing"}
        yield "ViewPairing", "operator", {}, at, shown, ""
        yield "PatchCluster", "operator", {}, at, {}, ""
        items: list[Json] = list(self.open[project].values())
        yield "ListPairingRequests", "admin", {}, there, {"items": items}, ""
        about = {"pairing_uid": uid}
        yield "ViewPairingRequest", "admin", about, there, {**item, "stack": self.stack}, ""
        chance = self.random.random()
        if chance < 0.6:
            yield from self.accepted(project, host, uid)
        elif chance < 0.8:
            self.open[project].pop(uid)
            yield "RejectPairingRequest", "admin", about, there, {}, ""
            yield "ViewPairing", "operator", {}, at, {**shown, "status": "Rejected"}, ""
        else:
            self.open[project].pop(uid)
            yield "CancelPairingRequest", "operator", {}, at, {}, ""
            yield "ViewPairing", "operator", {}, at, None, "NoPairingRequest"
            yield "RejectPairingRequest", "admin", about, there, None, "PairingRequestDecided"

    def accepted(self, project: int, host: str, uid: str) -> Iterator[Said]:
        """A request that is accepted, and what central management looks like."""
        at, there = {"host": host}, {"project": f"p{project}"}
        about: dict[str, Json] = {"pairing_uid": uid, "selection": [{"uid": "profile"}]}
        name = {"cluster_uid": f"c-{uid}"}
        yield "MatchProfiles", "admin", about, there, {"problems": []}, ""
        self.open[project].pop(uid)
        yield "AcceptPairingRequest", "admin", about, there, dict(name), ""
        yield "ViewPairing", "operator", {}, at, {"pairing_uid": uid, "status": "Paired"}, ""
        yield "ChangeCentralCluster", "admin", dict(name), there, {}, ""
        yield "ViewManagement", "operator", {}, at, {"mode": "central"}, ""
        yield "PatchCluster", "operator", {}, at, None, "ClusterCentrallyManaged"
        yield "ViewPairingRequest", "admin", about, there, {**about, "state": "Paired"}, ""


def preparations() -> Iterator[Said]:
    """A token for each project, an administrator, and a profile that matches."""
    for project in range(PROJECTS):
        token = {"uid": f"t{project}", "value": f"<token:{project}>", "expiry": 1 << 60}
        args: dict[str, Json] = {"token": {**token, "project_uid": f"p{project}", "active": True}}
        yield "PutToken", "harness", args, {}, {}, ""
    yield "PutProfile", "harness", {"profile": PROFILE}, {}, {}, ""


def stream(operations: int, seed: int = 1) -> Iterator[tuple[bool, OperationRecord]]:
    """So many operations, each as it is invoked and as it ends."""
    fleet, now = Fleet(seed), 0
    for number, said in enumerate(preparations()):
        record, now = recorded(f"s#{number}", said, now), now + 1_000
        yield False, record
        yield True, record
    lives = [fleet.life(p, c) for p in range(PROJECTS) for c in range(CLUSTERS_OF_PROJECT)]
    idle = deque(fleet.random.sample(lives, len(lives)))
    under_way: deque[tuple[OperationRecord, Iterator[Said]]] = deque()
    for number in range(operations):
        life = idle.popleft()
        record = recorded(f"o#{number}", next(life), now)
        now += 1_000
        yield False, record
        under_way.append((record, life))
        if len(under_way) == AT_ONCE:
            ended, free = under_way.popleft()
            yield True, ended
            idle.insert(fleet.random.randrange(60), free)


def recorded(number: str, said: Said, start: int) -> OperationRecord:
    """An operation as the evidence has it."""
    kind, actor, args, tags, value, reason = said
    outcome = Outcome.FAIL if reason else Outcome.OK
    error: dict[str, Json] | None = {"reason": reason} if reason else None
    end = start + AT_ONCE * 1_000
    return OperationRecord(
        number, "fleet", actor, kind, args, start, end, outcome, value, error, tags=tags
    )


def measured(operations: int = OPERATIONS) -> dict[str, float]:
    """Microseconds for an operation, and megabytes at the peak."""
    watch, spent, events = Watch(ALL), 0.0, stream(operations)
    while chunk := list(islice(events, CHUNK)):
        start = process_time()
        for is_over, operation in chunk:
            if not is_over:
                watch.invoked(operation)
            elif found := watch.ended(operation):
                raise AssertionError(f"a history without a fault was blamed: {found}")
        spent += process_time() - start
    peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"us": spent / operations * 1e6, "mib": peak_kib / 1024, "ns": yardstick()}


def yardstick() -> float:
    """Nanoseconds for one turn of a loop that looks something up: how fast this machine is."""
    table, start = {1: 1}, process_time()
    for _ in range(1_000_000):
        table.get(1)
    return (process_time() - start) * 1_000


def figures() -> list[Figure]:
    """Measure in a process of its own, so that nothing else is in its memory."""
    command = [sys.executable, "-m", "benchmarks.bench_checkers"]
    told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return [
        Figure("checkers, all, one operation", told["us"], "µs", 10.0),
        Figure("yardstick: a look-up in a dictionary", told["ns"], "ns"),
        Figure("checkers, a million operations, memory", told["mib"], "MiB", 190.0),
    ]


if __name__ == "__main__":
    print(json.dumps(measured(int(sys.argv[1]) if len(sys.argv) > 1 else OPERATIONS)))
