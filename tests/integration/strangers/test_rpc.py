"""The product that speaks JSON-RPC is certified in each role by its target file alone; what is
planted in it is found at its requirement, and what is lawful is blamed for nothing.
"""

from __future__ import annotations

import http.client
import json
import re
import ssl
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from harness.reference.certificates import Certificates
from tests.integration.acceptance.certifying import SOME, by_requirement, verdicts
from tests.integration.cli.command import wait_until
from tests.integration.strangers.certified import certified, scenarios
from tests.strangers.rpc import words
from tests.strangers.rpc.serving import ENVIRONMENT, HERE, PEER_CA, Product, served
from tests.strangers.starting import LAB_CA, ROOT

DOCS = ROOT / "docs"

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


def test_an_application_goes_its_way(product: Product) -> None:
    pools = [{"name": "cp", "control_plane": True, "nodes": [NODE]}]
    cluster = {"name": "c", "description": "", "tags": {}, "state": "Running"}
    with lab_of(product) as arrange:
        zone = arrange("CreateProject", uid="p", name="p")["uid"]
        roles = [{"name": n, "scope": zone} for n in ("reader", "approver", "decliner")]
        person = {"email": "kim@example.com", "password": "secret", "tenant_admin": False}
        arrange("PutUser", api_key="", named=roles, **person)
        wanted = {"uid": "t", "name": "t", "project_uid": zone, "expiry": None, "active": True}
        voucher = arrange("PutToken", token=wanted)["value"]
        edition = {"version": "1.0.0", "packs": [PACK], "published": True}
        profile = {"uid": "b", "name": "b", "type": "infra", "project_uid": zone}
        arrange("PutProfile", profile=profile | {"editions": [edition]})
        arrange("InstallCluster", slot="pier-1", cluster=cluster | {"pools": pools, "stack": STACK})
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


# --- certified ------------------------------------------------------------------------------------

ROLES = [("edge",), ("central",), ("edge", "central")]
DEFECTS = {
    "job-that-did-nothing": ("REJ-1", "central"),
    "job-that-hides-its-failure": ("PRE-4", "edge"),
    "cookie-outlives-its-session": ("SND-1", "edge"),
    "poll-of-another": ("ACC-12", "central"),
    "another-number-for-a-reason": ("ACC-13S", "edge"),
    "moments-in-milliseconds": ("PRE-4", "central"),
    "verifies-only-when-told-not-to": ("PRE-6", "edge"),
    "editions-are-not-compared": ("ACC-7", "central"),
    "recall-needs-the-office": ("WDR-4", "edge"),
    "recall-is-kept-quiet": ("WDR-3", "central"),
    "sites-obey-both": ("ACC-13", "edge"),
    "forgets-when-it-restarts": ("SND-3", "edge"),
    "last-machine-is-not-asked": ("PRE-5", "edge"),
    "numbers-come-again": ("SND-5", "central"),
    "every-zone-is-shown": ("PRE-9", "central"),
}
"""Where each has to be found, and in which role it is looked for."""
BLIND = {
    "remembers-a-yes": "PRE-8",
    "fit-is-not-judged-again": "PRE-7",
    "namesakes-are-cleared-away": "ACC-3",
    "voucher-that-admitted-stays-open": "PRE-4",
    "grant-writes-over-what-came-meanwhile": "INV-6",
    "restart-undoes-the-unconfirmed": "INV-8",
    "only-open-copies-are-known": "INV-9",
    "compare-across-zones": "PRE-9",
    "refused-grant-leaves-its-draft": "ACC-15",
    "decline-trips-over-a-gone-voucher": "REJ-7",
    "reached-once-is-reached": "PRE-5",
    "log-out-ends-the-newest": "SND-1",
    "restart-brings-back-the-recalled": "WDR-4",
    "settings-at-a-sibling": "ACC-13",
    "letters-lose-their-marks": "ACC-24",
    "files-anew-when-unheard": "INV-9",
    "one-recovery-clears-the-alarm": "PRE-2",
    "edit-before-the-question": "ACC-13",
    "rounds-by-the-wall-clock": "INV-9",
    # twenty others
    "endless-vouchers-are-never-blocked": "PRE-4",
    "latest-within-its-own-line": "PRE-7",
    "roles-are-gathered-from-all-zones": "PRE-9",
    "row-at-the-page-break-is-lost": "ACC-3",
    "emptied-fields-are-filled-again": "ACC-6",
    "tier-nobody-offers-is-not-missed": "ACC-10",
    "granting-the-bound-rewrites-it": "ACC-14",
    "grants-what-took-its-place": "ACC-20",
    "confirming-again-is-refused": "INV-6",
    "decline-refreshes-its-own-list": "REJ-5",
    "condition-is-asked-the-first-time": "PRE-1",
    "careless-once-is-careless": "SND-13",
    "passphrase-counts-to-its-eighth": "SND-1",
    "shows-the-number-it-showed-first": "SND-4",
    "settings-are-put-off-while-filed": "SND-6",
    "recall-at-a-sibling-stays-there": "WDR-3",
    "offline-recall-asks-no-questions": "WDR-6",
    "declined-voucher-is-used-up": "REJ-7",
    "refused-reclaim-waits-for-restart": "ACC-19",
    "gives-up-after-thirty-tries": "REJ-7",
}
"""Planted by somebody who did not know the suite, and where each is found."""
MISSED = {"previews-sort-as-text"}
"""Of those, what is not found: nobody shows which versions of a profile are offered."""
BESIDES = {"sites-obey-both": ("INV-10",)}
"""The invariants that are broken as well, over all that was seen."""
HABITS = [tuple(words.HABITS)[start::2] for start in (0, 1)]
"""Several at a time: each alone would take an hour, and a product has many."""
JUDGED = ("pass", "observed")
NOT_ASKED = ("not_supported", "skipped")


@contextmanager
def to_certify(folder: Path, *planted: str) -> Iterator[Product]:
    """The product with annexes that trust the harness where it plays the office."""
    Certificates.kept(folder / PEER_CA)
    with served(folder, *planted, trusting=(folder / PEER_CA).read_text("ascii")) as running:
        yield running


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with to_certify(tmp_path_factory.mktemp("rpc")) as running:
        yield running


def certify(
    product: Product, roles: tuple[str, ...], *asked: str, **limits: float
) -> tuple[int, str]:
    """Certify it in these roles by its file, the harness in the other one."""
    return certified(product.folder, product.target_file(*roles, **limits), *asked, env=ENVIRONMENT)


@pytest.mark.slow
def test_it_conforms(product: Product) -> None:
    lacking = "may-not-action-a-token and requests"  # INV-7: a voucher is never changed
    code, said = certify(product, ("edge", "central"), "-k", f"{SOME} or {lacking}")
    assert code == 0, said
    found = by_requirement(product.folder / "out")
    assert len(found) > 5
    assert set(found.values()) == {"pass"}, found


@pytest.mark.slow
@pytest.mark.parametrize("roles", ROLES, ids="-".join)
def test_all_of_it_conforms(product: Product, roles: tuple[str, ...]) -> None:
    code, said = certify(product, roles)
    assert code == 0, said
    counted = Counter(verdicts(product.folder / "out").values())
    asked = counted.total() - sum(counted[verdict] for verdict in NOT_ASKED)
    assert counted["fail"] == 0, said
    assert sum(counted[verdict] for verdict in JUDGED) >= 0.95 * asked, counted


@pytest.mark.slow
@pytest.mark.parametrize("defect", DEFECTS)
def test_each_defect_is_found_at_its_requirement(tmp_path: Path, defect: str) -> None:
    requirement, role = DEFECTS[defect]
    with to_certify(tmp_path, "--defect", defect) as running:
        _, said = certify(running, (role,), "--requirement", requirement, await_s=1)
    broken = (requirement, *BESIDES.get(defect, ()))
    assert by_requirement(tmp_path / "out") == dict.fromkeys(broken, "fail"), said


@pytest.mark.slow
@pytest.mark.parametrize("defect", BLIND)
def test_what_nobody_had_in_mind_is_found(tmp_path: Path, defect: str) -> None:
    requirement = BLIND[defect]
    options = ("--requirement", requirement, "--fail-fast")
    with to_certify(tmp_path, "--defect", defect) as running:
        _, said = certify(running, ("edge", "central"), *options)
    assert by_requirement(tmp_path / "out").get(requirement) == "fail", said


@pytest.mark.slow
@pytest.mark.parametrize("habits", HABITS, ids=["odd", "even"])
def test_no_habit_is_blamed(tmp_path: Path, habits: tuple[str, ...]) -> None:
    planted = [word for habit in habits for word in ("--habit", habit)]
    with to_certify(tmp_path, *planted) as running:
        code, said = certify(running, ("edge", "central"))
    assert code == 0, said
    assert "fail" not in verdicts(tmp_path / "out").values()


def test_where_there_are_no_api_keys_its_people_log_in(product: Product) -> None:
    """A key that went out after all, or a person who was taken for nobody, would be refused."""
    file = product.target_file("central")
    text = file.read_text("utf-8")
    file.write_text(text.replace('ApiKey = "X-Office-Key"', 'ApiKey = ""'), "utf-8")
    asked = ("--requirement", "ACC-1,REJ-1,PRE-8")
    code, said = certified(product.folder, file, *asked, env=ENVIRONMENT)
    assert code == 0, said
    evidence = (product.folder / "out" / "evidence.jsonl").read_text("utf-8")
    assert "X-Office-Key" not in evidence
    assert "ApiKey:" not in evidence
    found = scenarios(product.folder / "out")
    assert found["pass"] > 60
    assert found.keys() <= {"pass", "not_supported"}


def test_there_is_a_requirement_for_each_defect() -> None:
    assert DEFECTS.keys() | BLIND.keys() | MISSED == words.DEFECTS.keys()
    assert len(words.HABITS) >= 8


# --- the docs that describe it --------------------------------------------------------------------


def stands_in(part: Any, whole: Any) -> bool:
    """Whether all that a part says stands in the whole."""
    if not isinstance(part, dict):
        return bool(part == whole)
    return all(name in whole and stands_in(inner, whole[name]) for name, inner in part.items())


def test_the_docs_show_lines_of_the_file_that_is_certified() -> None:
    page = (DOCS / "describe-your-product.md").read_text("utf-8")
    whole = tomllib.loads((HERE / "product.toml").read_text("utf-8"))
    parts = [tomllib.loads(block) for block in re.findall(r"```toml\n(.*?)```", page, re.DOTALL)]
    assert len(parts) > 5
    assert [part for part in parts if "arrange" not in part and not stands_in(part, whole)] == []
    assert not stands_in({"paths": {"LogIn": {"rpc": "session.close"}}}, whole)
