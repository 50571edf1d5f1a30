"""A lab with clusters, names and uids of its own is gone on with, and blamed for nothing."""

from __future__ import annotations

import json
from pathlib import Path

from tests.integration.cli.command import Command

HABITS = '''
from dataclasses import replace
from pathlib import Path
from harness.context.installing import ClusterShape, pools_of
from harness.domain import operations as ops
from harness.domain.arrangements import InstallCluster, PutProfile
from harness.opening import open_inprocess
from harness.targets.port import DriverAround, Exchange, NotOffered


class Habits(DriverAround):
    """Its clusters have 1 + 2 nodes, its profiles names of its own, and what is accepted gets its
    uid later; it finds out when it is asked that it has no machine pools. Its log has scenarios."""

    def begin_scenario(self, scenario):
        with Path("log").open("a") as log:
            print("begins", scenario, file=log)

    def end_scenario(self, scenario):
        with Path("log").open("a") as log:
            print("ends", scenario, file=log)

    def send(self, outgoing):
        if isinstance(outgoing.operation, ops.AddMachinePool):
            raise NotOffered(ops.AddMachinePool, "pools are made at the factory")
        came = super().send(outgoing)
        accepted = isinstance(getattr(came.reply, "value", None), ops.Accepted)
        return Exchange(ops.Done(ops.Accepted(""))) if accepted else Exchange(came.reply)

    def arrange(self, arrangement):
        match arrangement:
            case InstallCluster(uid, cluster) if cluster:
                slot = next(slot for slot in self.inventory().slots if slot.uid == uid)
                pools = pools_of(ClusterShape(1, 2), slot.host_uids)
                arrangement = replace(arrangement, cluster=replace(cluster, pools=pools))
            case PutProfile(profile):
                own = replace(profile, name=f"lab {profile.uid}")
                arrangement = PutProfile(own)
        return super().arrange(arrangement)


def open_driver(target_file, seed):
    driver = Habits(open_inprocess(seed))
    driver.limits = driver._driver.limits
    return driver
'''
ASKED = ("PRE-2", "PRE-7", "ACC-13")


def test_a_lab_with_habits_of_its_own_is_blamed_for_nothing(tmp_path: Path) -> None:
    (tmp_path / "habits.py").write_text(HABITS, "utf-8")
    info = tmp_path / "habits-2.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: habits\nVersion: 2.1\n")
    (info / "entry_points.txt").write_text("[pairproof.targets]\nlab = habits:open_driver\n")
    words = ["certify", "--driver", "lab", "--requirement", ",".join(ASKED), "--out", "run"]
    done = Command(tmp_path).run(*words)
    report = json.loads((tmp_path / "run" / "report.json").read_text("utf-8"))
    found = {s["id"]: s for r in report["requirements"] for s in r["scenarios"]}
    left = {
        id_: s["reason"] for id_, s in found.items() if s["verdict"] in ("inconclusive", "fail")
    }
    # What takes several nodes of the control plane, or pools of workers, this lab cannot show.
    assert left, "that is asked for"
    assert all(reason.endswith("another shape is wanted)") for reason in left.values()), done.stdout
    assert {id_.partition("/")[0] for id_ in left} == {"prerequisites"}
    lacking = [s["reason"] for s in found.values() if s["verdict"] == "not_supported"]
    told = "The target does not offer a new machine pool in Local UI: pools are made at the factory"
    assert told in lacking
    verdicts = {r["id"]: r["verdict"] for r in report["requirements"] if r["scenarios"]}
    assert verdicts == {**dict.fromkeys(ASKED, "pass"), "PRE-2": "inconclusive"}
    assert report["warnings"] == []
    log = (tmp_path / "log").read_text("utf-8").splitlines()
    begun = [line.removeprefix("begins ") for line in log[::2]]
    assert set(begun) == found.keys()
    assert log[1::2] == [f"ends {id_}" for id_ in begun]
