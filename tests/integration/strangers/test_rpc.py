"""The product that speaks JSON-RPC, by itself: an application goes its way from an annex to the
office and back.
"""

from __future__ import annotations

import http.client
import json
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.integration.cli.command import wait_until
from tests.strangers.rpc.serving import ENVIRONMENT, HERE, LAB_CA, Product, served

PACK = {"layer": "os", "name": "Ubuntu", "version": "22.04"}
STACK = [{"name": "base", "type": "infra", "version": "1.0.0", "packs": [PACK]}]
NODE = {"name": "n1", "host_uid": "pier-1-a", "health": "Healthy"}


class Client:
    """Somebody who calls one side, with the cookies that it hands out."""

    def __init__(self, folder: Path, url: str) -> None:
        trusting = ssl.create_default_context(cafile=str(folder / LAB_CA))
        self._at = http.client.HTTPSConnection(urlsplit(url).netloc, context=trusting)
        self._cookie = ""
        self.close = self._at.close

    def call(self, method: str, **params: Any) -> Any:
        """The result; an error is what a test has to expect by `refused`."""
        answer = self._answer(method, params)
        assert "error" not in answer, answer
        return answer["result"]

    def refused(self, method: str, **params: Any) -> int:
        code: int = self._answer(method, params)["error"]["code"]
        return code

    def done(self, method: str, **params: Any) -> Any:
        """The result of the job that the call begins."""
        job = self.call(method, **params)["job"]
        wait_until(lambda: self._state(job) == "done", f"{method} is done")
        return self.call("job.get", job=job)["result"]

    def _state(self, job: str) -> str:
        told = self.call("job.get", job=job)
        assert told["state"] != "failed", told
        state: str = told["state"]
        return state

    def _answer(self, method: str, params: dict[str, Any]) -> Any:
        asked = {"jsonrpc": "2.0", "id": method, "method": method, "params": params}
        self._at.request("POST", "/rpc", json.dumps(asked), {"Cookie": self._cookie})
        came = self._at.getresponse()
        answer = json.loads(came.read())
        assert came.status == 200
        assert answer["id"] == method
        cookies = (v for n, v in came.getheaders() if n == "Set-Cookie" and v.startswith("sid="))
        self._cookie = next(cookies, self._cookie).partition(";")[0]
        return answer


@contextmanager
def lab_of(product: Product) -> Iterator[Any]:
    """The makers' lab command, which stays; returns what arranges by it."""
    sides = (product.addresses["office_lab"], product.addresses["annexes_lab"])
    words = [sys.executable, "-I", "-S", str(HERE / "lab.py"), *sides]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as lab:
        says, hears = lab.stdout, lab.stdin
        assert says is not None
        assert hears is not None

        def arrange(arrangement: str, **fields: Any) -> Any:
            print(json.dumps({"arrangement": arrangement, **fields}), file=hears, flush=True)
            return json.loads(says.readline())

        yield arrange
        hears.close()


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with served(tmp_path_factory.mktemp("rpc")) as running:
        yield running


def test_an_application_goes_its_way(product: Product) -> None:
    pools = [{"name": "cp", "control_plane": True, "nodes": [NODE]}]
    cluster = {"name": "c", "description": "", "tags": {}, "state": "Running"}
    with lab_of(product) as arrange:
        zone = arrange("CreateProject", uid="p", name="p")["uid"]
        grants = [{"permission": p, "scope": zone} for p in ("list", "get", "update", "delete")]
        person = {"email": "kim@example.com", "password": "secret", "tenant_admin": False}
        arrange("PutUser", api_key="", grants=grants, **person)
        wanted = {"uid": "t", "name": "t", "project_uid": zone, "expiry": None, "active": True}
        voucher = arrange("PutToken", token=wanted)["value"]
        edition = {"version": "1.0.0", "packs": [PACK], "published": True}
        profile = {"uid": "b", "name": "b", "type": "infra", "project_uid": zone}
        arrange("PutProfile", profile=profile | {"editions": [edition]})
        arrange("InstallCluster", slot="pier-1", cluster=cluster | {"pools": pools, "stack": STACK})
        assert "cannot" in arrange("PutUser", api_key="", **person | {"grants": grants[:1]})
    hosts = product.addresses["piers"]["pier-1"]
    with (
        closing(Client(product.folder, hosts["pier-1-a"])) as annex,
        closing(Client(product.folder, product.addresses["office"])) as office,
    ):
        it_pairs(annex, office, product.addresses["office"], zone, voucher)


def it_pairs(annex: Client, office: Client, address: str, zone: str, voucher: str) -> None:
    assert annex.refused("site.show") == 1001
    annex.call("session.open", user="warden", passphrase=ENVIRONMENT["ANNEX_PASSPHRASE"])
    entered = {"office": address, "voucher": voucher, "verify": True}
    number = annex.done("uplink.apply", **entered)["application"]
    office.call("session.open", mail="kim@example.com", passphrase="secret")
    rows = office.call("application.list", zone=zone)["rows"]
    assert [row["application"] for row in rows] == [number]
    which = {"zone": zone, "application": number}
    assert not office.call("application.compare", choice=[], **which)["fits"]
    site = office.done("application.grant", choice=[{"bundle": "b"}], **which)["site"]
    wait_until(lambda: annex.call("uplink.show")["phase"] == "bound", "the annex obeys")
    office.call("site.relabel", zone=zone, site=site, labels={"a": "b"})
    assert office.call("site.show", zone=zone, site=site)["labels"] == {"a": "b"}
    assert annex.refused("uplink.recall") == 3006
    assert annex.refused("site.relabel", labels={}) == 2004
    annex.call("session.close")
    assert annex.refused("site.show") == 1001
