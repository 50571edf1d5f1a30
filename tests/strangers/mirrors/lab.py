"""The makers' lab command: brings about what each line of standard input asks for, as JSON.

    lab.py HUB RINGS

The words are the addresses of the two sides' labs, `-` for one that is not here. It may stand
anywhere.
"""

import json
import sys
import urllib.request
from datetime import UTC, datetime
from typing import Any

Asked = dict[str, Any]
KINDS = {"cluster": "full", "infra": "base", "add-on": "extra", "system": "system"}
PHASES = {"Provisioning": "coming", "Running": "running", "Deleting": "going", "Error": "broken"}
CONDITIONS = {"Healthy": "good", "Unhealthy": "ill"}
SHAPES = {"shape", "larger shape"}
CAN = [
    *("CreateProject", "ForgetProject", "PutUser", "RemoveUser", "PutToken", "RemoveToken"),
    *("PutProfile", "RemoveProfile", "SetRateLimit", "AdvanceClock", "SetClockRight", "Restart"),
    *("Reset", "InstallCluster", "RenewCluster", "SetHostMode", "SetClusterState"),
    *("SetNodeHealth", "SetLink", "FaultNextMessage", "SeeEffect"),
]
AT_HUB, AT_RINGS = "central", "edge"


class Cannot(Exception):
    """It cannot be brought about here, and nothing was changed."""


def main(hub: str, rings: str) -> None:
    sides = {AT_HUB: hub, AT_RINGS: rings}
    for line in sys.stdin:
        try:
            told = arranged(json.loads(line), sides)
        except Cannot as why:
            told = {"cannot": str(why)}
        except (OSError, KeyError, ValueError) as error:
            told = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


def arranged(asked: Asked, sides: dict[str, str]) -> Asked:
    def at(side: str, what: str, **said: Any) -> Asked:
        if sides[side] == "-":
            raise Cannot(f"the {side} side is not in this lab")
        body, headers = json.dumps(said).encode(), {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{sides[side]}/lab/{what}", body, headers)
        with urllib.request.urlopen(request, timeout=20) as answer:
            told: Asked = json.load(answer)
        return told

    match asked:
        case {"arrangement": "WhatCanBe"}:
            return {"can": CAN}
        case {"arrangement": "SeeEffect", "of": {"arrangement": "AdvanceClock", "side": "central"}}:
            return {"now": round(at(AT_HUB, "now")["now"] * 1e6)}
        case {"arrangement": "CreateProject", "name": name}:
            return at(AT_HUB, "project", name=name)
        case {"arrangement": "ForgetProject", "uid": uid}:
            return at(AT_HUB, "no_project", uid=uid)
        case {"arrangement": "PutUser", "email": email, "password": password, "grants": grants}:
            more = {"key": asked["api_key"], "tenant": asked["tenant_admin"]}
            return at(AT_HUB, "person", email=email, password=password, grants=grants, **more)
        case {"arrangement": "RemoveUser", "email": email}:
            return at(AT_HUB, "no_person", email=email)
        case {"arrangement": "PutToken", "token": token}:
            return at(AT_HUB, "token", **token_of(token))
        case {"arrangement": "RemoveToken", "uid": uid}:
            return at(AT_HUB, "no_token", uid=uid)
        case {"arrangement": "PutProfile", "profile": profile}:
            return at(AT_HUB, "profile", uid=profile["uid"], **profile_of(profile))
        case {"arrangement": "RemoveProfile", "uid": uid}:
            return at(AT_HUB, "no_profile", uid=uid)
        case {"arrangement": "SetRateLimit", "calls": calls, "retry_after": after}:
            return at(AT_HUB, "limit", calls=calls, after=after)
        case {"arrangement": "AdvanceClock", "side": side, "by": by}:
            return at(side, "clock", by=by / 1e6)
        case {"arrangement": "SetClockRight", "side": side}:
            return at(side, "clock", by=0)
        case {"arrangement": "Restart", "side": side}:
            return at(side, "restart")
        case {"arrangement": "Reset"}:
            for side in (side for side, address in sides.items() if address != "-"):
                at(side, "reset")
            return {}
        case {"arrangement": "InstallCluster", "slot": ring, "cluster": cluster}:
            if cluster and not SHAPES & {*asked["matters"]}:
                spread_over(cluster, at(AT_RINGS, "hosts", ring=ring)["hosts"])
            at(AT_RINGS, "cluster", ring=ring, cluster=cluster and cluster_of(cluster))
            return {"cluster": cluster}
        case {"arrangement": "RenewCluster", "slot": ring}:
            return at(AT_RINGS, "fresh", ring=ring)
        case {"arrangement": "SetHostMode", "slot": ring, "mode": mode}:
            who = {"local": "itself", "central": "hub"}[mode]
            return at(AT_RINGS, "manager", ring=ring, who=who)
        case {"arrangement": "SetClusterState", "slot": ring, "state": state}:
            return at(AT_RINGS, "phase", ring=ring, phase=PHASES[state])
        case {"arrangement": "SetNodeHealth", "slot": ring, "node": node, "health": health}:
            return at(AT_RINGS, "condition", ring=ring, node=node, condition=CONDITIONS[health])
        case {"arrangement": "SetLink", "host_uid": host, "up": up}:
            return at(AT_RINGS, "link", host=host, up=up)
        case {"arrangement": "FaultNextMessage", "host_uid": host, "message": message}:
            fault = {"message": message, "how": asked["fault"], "for": asked["delay"] / 1e6}
            return at(AT_RINGS, "fault", host=host, times=asked["times"], **fault)
    raise Cannot(f"{asked['arrangement']} is nothing for this lab")


def token_of(token: Asked) -> Asked:
    end = token["expiry"]
    ends = None if end is None else datetime.fromtimestamp(end / 1e6, UTC).isoformat()
    told = {"token_id": token["uid"], "name": token["name"], "active": token["active"]}
    return {**told, "project": token["project_uid"], "expires_at": ends}


def profile_of(profile: Asked) -> Asked:
    told = {"name": profile["name"], "kind": KINDS[profile["type"]]}
    return {**told, "project": profile["project_uid"], "versions": profile["editions"]}


def spread_over(cluster: Asked, hosts: list[str]) -> None:
    """Where nobody minds the shape, a cluster runs on all hosts of its ring."""
    taken = [node["host_uid"] for pool in cluster["pools"] for node in pool["nodes"]]
    spare = [host for host in hosts if host not in taken]
    nodes = [{"name": f"spare-{h}", "host_uid": h, "health": "Healthy"} for h in spare]
    cluster["pools"].append({"name": "spare", "control_plane": False, "nodes": nodes})


def cluster_of(cluster: Asked) -> Asked:
    return {
        "cluster-id": cluster["uid"],
        "display-name": cluster["name"],
        "notes": cluster["description"],
        "labels": cluster["tags"],
        "phase": PHASES[cluster["state"]],
        "node-groups": [
            {
                "group-name": pool["name"],
                "steers": pool["control_plane"],
                "members": [
                    {
                        "node-name": node["name"],
                        "host-id": node["host_uid"],
                        "condition": CONDITIONS[node["health"]],
                    }
                    for node in pool["nodes"]
                ],
            }
            for pool in cluster["pools"]
        ],
        "profiles": [
            {
                "profile-name": profile["name"],
                "profile-kind": KINDS[profile["type"]],
                "profile-version": profile["version"],
                "packs": [
                    {
                        "pack-layer": pack["layer"],
                        "pack-name": pack["name"],
                        "exact-version": pack["version"],
                    }
                    for pack in profile["packs"]
                ],
            }
            for profile in cluster["stack"]
        ],
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
