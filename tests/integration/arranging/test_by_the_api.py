"""A Palette without a control port is arranged by its own published API, and left as it was."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from harness.catalogue.verdict import Verdict
from harness.domain.arrangements import PutUser, Side
from harness.reference.embedded import EmbeddedReference, Layout
from tests.integration.arranging.without_control import Certified, by_command_for, certify

KEY = "canary-key-4711"
ROOT = PutUser("root@acme.example", "canary-root-word-1", KEY, frozenset(), tenant_admin=True)
BY_API = '\n[central.admin]\napi_key_env = "ROOT_KEY"\n[arrange]\nways = ["api"]\n'
NO_CLOCK = {'"clock", ': ""}
"""Nothing that is published puts a clock forward."""


@pytest.fixture
def palette() -> Iterator[EmbeddedReference]:
    with EmbeddedReference(7, Layout(sides=frozenset({Side.CENTRAL}))) as running:
        running.arrange(ROOT)
        yield running


def by_api(
    palette: EmbeddedReference, folder: Path, more: str, *words: str, **change: str
) -> Certified:
    changes = NO_CLOCK | change
    variables = {"ROOT_KEY": KEY}
    return certify(palette, folder, more, *words, change=changes, variables=variables)


def seen(palette: EmbeddedReference, path: str) -> Any:
    """What a published call shows to the administrator."""
    trusting = ssl.create_default_context(cafile=str(palette.ca_file))
    with httpx.Client(verify=trusting, base_url=palette.addresses.people) as client:
        answer = client.get(path, headers={"ApiKey": KEY})
    assert answer.status_code == 200, answer.text
    return answer.json()


def left(palette: EmbeddedReference) -> dict[str, list[Any]]:
    """What there is besides the administrator, by where it is listed."""
    lists = ("projects", "roles", "users/meta", "edgehosts/tokens")
    items = {what: seen(palette, f"/v1/{what}")["items"] for what in lists}
    return {what: [i for i in found if ROOT.email not in str(i)] for what, found in items.items()}


def kinds(certified: Certified) -> set[str]:
    return {o.kind for history in certified.evidence.histories.values() for o in history.operations}


def test_people_projects_and_profiles_are_arranged_by_published_calls_alone(
    palette: EmbeddedReference, tmp_path: Path
) -> None:
    certified = by_api(palette, tmp_path, BY_API, "--requirement", "ACC-9C,REJ-3")
    assert certified.code == 0, certified.said
    verdicts = [verdict for verdict, _ in certified.verdicts().values()]
    assert len(verdicts) == 8
    assert set(verdicts) <= {Verdict.PASS, Verdict.OBSERVED, Verdict.SKIPPED, Verdict.NOT_SUPPORTED}
    assert verdicts.count(Verdict.PASS) > 4
    assert kinds(certified) >= {"CreateProject", "PutUser", "PutProfile", "PutToken", "SeeEffect"}
    assert not any(left(palette).values())
    assert KEY not in certified.files()
    assert not re.search(r'"(api_key|password)": ?"[^<"]', certified.files())


@pytest.mark.slow
def test_what_is_kept_may_do_nothing_any_more(palette: EmbeddedReference, tmp_path: Path) -> None:
    words = ("--requirement", "PRE-9")
    keeps = {"[implementation]": 'keeps = ["user", "project"]\n\n[implementation]'}
    certified = by_api(palette, tmp_path, BY_API, *words, **keeps)
    assert certified.code == 0, certified.said
    kept = left(palette)
    assert kept["users/meta"]
    for user in kept["users/meta"]:
        of_user = f"/v1/users/{user['uid']}"
        assert not seen(palette, f"{of_user}/roles").get("roles")
        assert not seen(palette, f"{of_user}/projects").get("projects")
    report = json.loads((certified.folder / "report.json").read_text("utf-8"))
    assert report["leaks"] == []


@pytest.mark.slow
def test_with_restarts_by_a_command_the_whole_suite_conforms(
    palette: EmbeddedReference, tmp_path: Path
) -> None:
    more = BY_API.replace('["api"]', '["commands", "api"]') + by_command_for("Restart")
    certified = by_api(palette, tmp_path, more)
    assert certified.code == 0, certified.said
    assert sum(v is Verdict.PASS for v, _ in certified.verdicts().values()) > 350
    assert not any(left(palette).values())
