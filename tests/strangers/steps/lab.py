"""What the makers of the stranger give a test run: arranges what it is told, line by line.

    lab.py OFFICE APPLIANCES

The addresses are those of the two sides (`-` for one that is not there). Each line on standard
input is what to arrange, as JSON with its name as `arrangement`; each is answered with a line:
what replaces its fields, why it cannot be, or what went wrong.
"""

import json
import sys
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import quote

CONDITIONS = {
    "Running": "READY",
    "Provisioning": "SETTING_UP",
    "Deleting": "TEARING_DOWN",
    "Error": "FAULTY",
}
HEALTH = {"Healthy": "OK", "Unhealthy": "ILL"}
CAN = (
    "CreateProject ForgetProject PutUser PutToken RemoveToken PutProfile RemoveProfile SetRateLimit"
    " AdvanceClock SetClockRight Restart Reset InstallCluster RenewCluster SetHostMode"
    " SetClusterState SetNodeHealth SetLink FaultNextMessage SeeEffect"
).split()
MODES = {"local": "SELF", "central": "OFFICE"}


class CannotBe(Exception):
    """This lab has no way for it."""


class Lab:
    def __init__(self, office: str, appliances: str) -> None:
        self.sides = {"central": office, "edge": appliances}

    def ask(self, side: str, verb: str, path: str, **data: Any) -> Any:
        if self.sides[side] == "-":
            raise CannotBe(f"the {side} side is not in this lab")
        headers = {"Content-Type": "application/json"}
        url = f"{self.sides[side]}/lab/{path}"
        request = urllib.request.Request(url, json.dumps(data).encode(), headers, method=verb)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read() or b"{}")

    def arranged(self, told: dict[str, Any]) -> dict[str, Any]:
        match told:
            case {"arrangement": "WhatCanBe"}:
                return {"can": CAN}
            case {"arrangement": "SeeEffect", "of": {"arrangement": "PutProfile", "profile": of}}:
                return dict(self.ask("central", "POST", f"profiles/{of['uid']}/releases"))
            case {"arrangement": "SeeEffect"}:
                pass
            case {"arrangement": "CreateProject", "name": name}:
                return {"uid": str(self.ask("central", "PUT", "projects", label=name)["id"])}
            case {"arrangement": "ForgetProject", "uid": uid}:
                self.ask("central", "DELETE", f"projects/{quote(uid)}")
            case {"arrangement": "PutUser", "email": mail, "password": password, "grants": grants}:
                more = {"key": told["api_key"], "tenant": told["tenant_admin"]}
                self.ask(
                    "central", "PUT", "people", mail=mail, password=password, grants=grants, **more
                )
            case {"arrangement": "RemoveUser"}:
                raise CannotBe("who has once been in the directory of the office stays there")
            case {"arrangement": "PutToken", "token": token}:
                return {"uid": self.put_voucher(token)}
            case {"arrangement": "RemoveToken", "uid": uid}:
                self.ask("central", "DELETE", f"vouchers/{quote(uid)}")
            case {"arrangement": "PutProfile", "profile": profile}:
                return {"uid": self.put_profile(profile)}
            case {"arrangement": "RemoveProfile", "uid": uid}:
                self.ask("central", "DELETE", f"profiles/{quote(uid)}")
            case {"arrangement": "SetRateLimit", "calls": calls, "retry_after": after}:
                self.ask("central", "PUT", "limit", calls=calls, after=after)
            case {"arrangement": "AdvanceClock", "side": side, "by": by}:
                self.ask(side, "PUT", "clock", by=round(by / 1000))
            case {"arrangement": "SetClockRight", "side": side}:
                self.ask(side, "PUT", "clock")
            case {"arrangement": "Restart", "side": side}:
                self.ask(side, "POST", "restart")
            case {"arrangement": "Reset"}:
                for side in self.sides:
                    self.ask(side, "POST", "empty")
            case {"arrangement": "InstallCluster", "slot": slot, "cluster": None}:
                self.ask("edge", "PUT", f"racks/{slot}", cluster=None)
            case {"arrangement": "InstallCluster", "slot": slot, "cluster": cluster}:
                return {"cluster": self.install(slot, cluster, told["matters"])}
            case {"arrangement": "RenewCluster", "slot": slot}:
                self.ask("edge", "PUT", f"racks/{slot}")
            case {"arrangement": "SetHostMode", "slot": slot, "mode": mode}:
                self.ask("edge", "PUT", f"racks/{slot}/mode", by=MODES[mode])
            case {"arrangement": "SetClusterState", "slot": slot, "state": state}:
                self.ask("edge", "PUT", f"racks/{slot}/condition", condition=CONDITIONS[state])
            case {"arrangement": "SetNodeHealth", "slot": slot, "node": node, "health": health}:
                self.ask("edge", "PUT", f"racks/{slot}/nodes/{quote(node)}", health=HEALTH[health])
            case {"arrangement": "SetLink", "host_uid": host, "up": up}:
                self.ask("edge", "PUT", f"hosts/{host}/link", up=up)
            case {"arrangement": "FaultNextMessage", "host_uid": host, "message": message}:
                more = {"fault": told["fault"], "delay_ms": told["delay"] / 1000}
                more["times"] = told["times"]
                self.ask("edge", "POST", f"hosts/{host}/faults", message=message, **more)
            case {"arrangement": name}:
                raise CannotBe(f"{name} is not for this lab")
        return {}

    def put_voucher(self, token: dict[str, Any]) -> str:
        ends = token["expiry"] if token["expiry"] is None else token["expiry"] // 1000
        own = {"id": token["uid"], "label": token["name"], "secret": token["value"]}
        more = {"project": token["project_uid"], "ends": ends, "usable": token["active"]}
        return str(self.ask("central", "PUT", "vouchers", **own, **more)["id"])

    def put_profile(self, profile: dict[str, Any]) -> str:
        own = {"id": profile["uid"], "label": profile["name"], "kind": profile["type"]}
        releases = [
            {
                **{"release": edition["version"], "published": edition["published"]},
                "packs": list(map(pack, edition["packs"])),
                "variables": edition["variables"],
            }
            for edition in profile["editions"]
        ]
        more = {"project": profile["project_uid"], "releases": releases}
        return str(self.ask("central", "PUT", "profiles", **own, **more)["id"])

    def install(self, slot: str, cluster: dict[str, Any], matters: list[str]) -> dict[str, Any]:
        pools = [(pool["control_plane"], len(pool["nodes"])) for pool in cluster["pools"]]
        workers = [size for is_head, size in pools if not is_head and size]
        too_large = sum(size for is_head, size in pools if is_head) > 1 or sum(workers) > 4
        if {"shape", "larger shape"} & set(matters) and (too_large or len(workers) > 2):
            raise CannotBe("each cluster here has one control plane node and two pools of two")
        stack = [
            {
                **{"name": profile["name"], "kind": profile["type"], "id": profile["uid"]},
                **{"release": profile["version"], "packs": list(map(pack, profile["packs"]))},
            }
            for profile in cluster["stack"]
        ]
        given = {"label": cluster["name"], "note": cluster["description"], "tags": cluster["tags"]}
        made = self.ask("edge", "PUT", f"racks/{slot}", cluster={**given, "stack": stack})
        pools_made = [
            {
                **{"name": pool["name"], "control_plane": pool.get("head", False)},
                "nodes": [
                    {"name": n["name"], "host_uid": str(n["host"]), "health": "Healthy"}
                    for n in pool["nodes"]
                ],
            }
            for pool in made["cluster"]["pools"]
        ]
        return {"uid": str(made["cluster"]["id"]), "pools": pools_made}


def pack(of: dict[str, Any]) -> dict[str, Any]:
    named = {"layer": of["layer"], "name": of["name"], "release": of["version"]}
    return {**named, "registry": of["registry"], "values": of["values"]}


def main(office: str, appliances: str) -> None:
    lab = Lab(office, appliances)
    for line in sys.stdin:
        try:
            out = lab.arranged(json.loads(line))
        except CannotBe as error:
            out = {"cannot": str(error)}
        except (OSError, ValueError, LookupError) as error:
            out = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(out) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
