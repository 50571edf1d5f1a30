"""The makers' lab command: brings about what it is told to, and says what it cannot.

    lab.py OFFICE ANNEXES

The words are the addresses of the lab's ports of the two sides, `-` for one that is not here. Each
line of standard input is an arrangement as JSON, and is answered with a line: what was chosen in
the place of what was asked for, why it cannot be, or what went wrong. It may stand anywhere.
"""

import http.client
import json
import sys
from typing import Any
from urllib.parse import urlsplit

CONDITIONS = {
    "Provisioning": "building",
    "Running": "up",
    "Deleting": "dismantling",
    "Error": "faulty",
}
HEALTH = {"Healthy": "fit", "Unhealthy": "unfit"}
KINDS = {"cluster": "whole", "infra": "ground", "add-on": "top", "system": "system"}
TIERS = {
    "kernel": "kernel",
    "os": "os",
    "k8s": "kube",
    "cni": "net",
    "csi": "disk",
    "addon": "extra",
}
OF_BOTH = ("Restart", "AdvanceClock", "SetClockRight")

Asked = dict[str, Any]


class Cannot(Exception):
    """It cannot be brought about here, and nothing was changed."""


class Port:
    """A lab's port, by a connection that is kept."""

    def __init__(self, address: str) -> None:
        self.at = http.client.HTTPConnection(urlsplit(address).netloc, timeout=20)

    def call(self, method: str, **params: Any) -> Asked:
        asked = {"jsonrpc": "2.0", "id": 1, "method": f"lab.{method}", "params": params}
        self.at.request("POST", "/rpc", json.dumps(asked))
        told = json.loads(self.at.getresponse().read())
        if "error" in told:
            raise Cannot(told["error"]["message"])
        result: Asked = told["result"]
        return result


def main(*addresses: str) -> None:
    ports = {
        side: Port(address)
        for side, address in zip(("central", "edge"), addresses, strict=True)
        if address != "-"
    }
    for line in sys.stdin:
        try:
            told = arranged(json.loads(line), ports)
        except Cannot as why:
            told = {"cannot": str(why)}
        except (OSError, http.client.HTTPException, KeyError, ValueError) as error:
            told = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


def arranged(asked: Asked, ports: dict[str, Port]) -> Asked:
    name = asked["arrangement"]
    if name == "Reset":
        for port in ports.values():
            port.call("reset")
        return {}
    sides = {**dict.fromkeys(OF_OFFICE, "central"), **dict.fromkeys(OF_ANNEXES, "edge")}
    side = asked["side"] if name in OF_BOTH else sides.get(name)
    if side not in ports:
        raise Cannot(f"{name} is nothing that this lab can do here")
    does = {**OF_OFFICE, **OF_ANNEXES}.get(name) or either
    return does(ports[side], asked) or {}


def either(port: Port, asked: Asked) -> None:
    match asked["arrangement"]:
        case "Restart":
            port.call("restart")
        case "AdvanceClock":
            port.call("set_clock_ahead", by_s=asked["by"] / 1e6)
        case _:
            port.call("set_clock_ahead", by_s=0)


# --- the office -----------------------------------------------------------------------------------


def make_zone(port: Port, asked: Asked) -> Asked:
    return {"uid": port.call("make_zone", name=asked["name"])["zone"]}


def forget_zone(port: Port, asked: Asked) -> None:
    port.call("forget_zone", zone=asked["uid"])


def put_member(port: Port, asked: Asked) -> Asked:
    made = port.call(
        "put_member",
        mail=asked["email"],
        passphrase=asked["password"],
        roles=[[role["name"], role["scope"]] for role in asked["named"]],
        steward=asked["tenant_admin"],
    )
    return {"api_key": made["key"]}


def drop_member(port: Port, asked: Asked) -> None:
    port.call("drop_member", mail=asked["email"])


def put_voucher(port: Port, asked: Asked) -> Asked:
    token = asked["token"]
    made = port.call(
        "put_voucher",
        voucher=token["uid"],
        name=token["name"],
        zone=token["project_uid"],
        until=None if token["expiry"] is None else token["expiry"] / 1e6,
        blocked=not token["active"],
    )
    return {"uid": made["voucher"], "value": made["secret"]}


def drop_voucher(port: Port, asked: Asked) -> None:
    port.call("drop_voucher", voucher=asked["uid"])


def put_bundle(port: Port, asked: Asked) -> None:
    profile = asked["profile"]
    port.call(
        "put_bundle",
        bundle=profile["uid"],
        name=profile["name"],
        kind=KINDS[profile["type"]],
        zone=profile["project_uid"],
        editions=[
            {
                "edition": edition["version"],
                "released": edition["published"],
                "items": [item(pack) for pack in edition["packs"]],
            }
            for edition in profile["editions"]
        ],
    )


def drop_bundle(port: Port, asked: Asked) -> None:
    port.call("drop_bundle", bundle=asked["uid"])


def refuse_calls(port: Port, asked: Asked) -> None:
    port.call("refuse_calls", calls=asked["calls"], wait_s=asked["retry_after"])


def item(pack: Asked) -> Asked:
    return {"tier": TIERS[pack["layer"]], "item": pack["name"], "exact": pack["version"]}


# --- the annexes ----------------------------------------------------------------------------------


def put_site(port: Port, asked: Asked) -> Asked:
    cluster = asked["cluster"]
    if cluster is None:
        port.call("put_site", pier=asked["slot"], site=None)
        return {}
    site = {
        "name": cluster["name"],
        "about": cluster["description"],
        "labels": cluster["tags"],
        "condition": CONDITIONS[cluster["state"]],
        "racks": [
            {
                "rack": pool["name"],
                "worker": not pool["control_plane"],
                "units": [
                    {"unit": n["name"], "host": n["host_uid"], "health": HEALTH[n["health"]]}
                    for n in pool["nodes"]
                ],
            }
            for pool in cluster["pools"]
        ],
        "bundles": [
            {
                "name": profile["name"],
                "kind": KINDS[profile["type"]],
                "edition": profile["version"],
                "items": [item(pack) for pack in profile["packs"]],
            }
            for profile in cluster["stack"]
        ],
    }
    return {"uid": port.call("put_site", pier=asked["slot"], site=site)["site"]}


def renew_site(port: Port, asked: Asked) -> None:
    port.call("renew_site", pier=asked["slot"])


def install_run_by(port: Port, asked: Asked) -> None:
    who = {"local": "self", "central": "office"}[asked["mode"]]
    port.call("install_run_by", pier=asked["slot"], who=who)


def set_condition(port: Port, asked: Asked) -> None:
    port.call("set_condition", pier=asked["slot"], condition=CONDITIONS[asked["state"]])


def set_health(port: Port, asked: Asked) -> None:
    health = HEALTH[asked["health"]]
    port.call("set_health", pier=asked["slot"], unit=asked["node"], health=health)


def link(port: Port, asked: Asked) -> None:
    port.call("link", host=asked["host_uid"], up=asked["up"])


def spoil_next(port: Port, asked: Asked) -> None:
    how, for_s = asked["fault"], asked["delay"] / 1e6
    about = {"host": asked["host_uid"], "kind": asked["message"], "how": how, "for_s": for_s}
    port.call("spoil_next", times=asked["times"], **about)


OF_OFFICE: dict[str, Any] = {
    "CreateProject": make_zone,
    "ForgetProject": forget_zone,
    "PutUser": put_member,
    "RemoveUser": drop_member,
    "PutToken": put_voucher,
    "RemoveToken": drop_voucher,
    "PutProfile": put_bundle,
    "RemoveProfile": drop_bundle,
    "SetRateLimit": refuse_calls,
}
OF_ANNEXES: dict[str, Any] = {
    "InstallCluster": put_site,
    "RenewCluster": renew_site,
    "SetHostMode": install_run_by,
    "SetClusterState": set_condition,
    "SetNodeHealth": set_health,
    "SetLink": link,
    "FaultNextMessage": spoil_next,
}

if __name__ == "__main__":
    main(*sys.argv[1:])
