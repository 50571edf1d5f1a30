"""What the doctor says of operations of which the file of another product says nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.doctor.examining import examine_unsaid
from harness.doctor.finding import Notes
from harness.domain.operations import Surface
from harness.targets.target_file import load_target
from harness.wire.routes import ROUTES

FILE = """
schema = "pairproof/target/1"
roles = ["edge"]
[implementation]
name = "Acme"
[edge.login]
username_env = "ACME_USER"
password_env = "ACME_PASSWORD"
[[edge.clusters]]
slot = "lab-1"
hosts = [{ uid = "edge-1", url = "https://localhost:5080" }]
"""
RPC = '[rpc]\npath = "/rpc"\n[paths.LogIn]\nrpc = "session.open"\n'


def findings_of(folder: Path, text: str) -> list[str]:
    file = folder / "acme.toml"
    file.write_text(text, "utf-8")
    notes = Notes("file")
    target = load_target(file, {"ACME_USER": "kim", "ACME_PASSWORD": "a long secret"})
    examine_unsaid(target, notes)
    return [found.what for found in notes.found]


def test_what_is_asked_as_published_beside_json_rpc_is_named(tmp_path: Path) -> None:
    (what,) = findings_of(tmp_path, FILE + RPC)
    assert "the file says nothing of LogOut, ViewCluster, ViewStack" in what
    assert "LogIn," not in what
    assert "ListPairingRequests" not in what


def test_what_is_asked_as_published_beside_graphql_is_named(tmp_path: Path) -> None:
    graphql = '[graphql]\npath = "/graphql"\n[paths.LogIn]\ngraphql = "mutation { logIn }"\n'
    (what,) = findings_of(tmp_path, FILE + graphql)
    assert "asked by the published paths, not by GraphQL" in what


@pytest.mark.parametrize(("own", "is_told"), [(18, True), (2, False)])
def test_what_is_asked_as_published_beside_paths_of_its_own_is_named(
    tmp_path: Path, own: int, is_told: bool
) -> None:
    """Whoever has most of them elsewhere has forgotten the rest; two alone tell nothing."""
    edge = [(kind, route) for kind, route in ROUTES.items() if route.surface is Surface.LOCAL_UI]
    paths = "".join(
        f'[paths.{kind.__name__}]\npath = "/api{route.path}"\n' for kind, route in edge[:own]
    )
    found = findings_of(tmp_path, FILE + paths)
    assert bool(found) is is_told
    assert all("not by paths of its own, as the others are" in what for what in found)


def test_a_product_without_json_rpc_may_be_as_published(tmp_path: Path) -> None:
    assert findings_of(tmp_path, FILE) == []
