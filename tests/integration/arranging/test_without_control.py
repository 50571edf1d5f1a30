"""Without a control port, commands give the verdicts that the control port gives; and what
nobody can arrange is inconclusive, never passed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.catalogue.needs import need_of
from harness.catalogue.verdict import Verdict
from harness.context.stacks import published
from harness.domain import arrangements
from harness.domain.cluster import Cluster, Node, NodePool
from harness.domain.permission import every_grant
from harness.domain.profile import Layer, Pack, ProfileType, StackProfile
from harness.reference.embedded import EmbeddedReference, Layout
from tests.integration.arranging.without_control import (
    Certified,
    by_command,
    by_command_for,
    certify,
)

SOME = " or ".join(
    (
        "the-only-node-was-unhealthy-and-has-recovered",
        "a-node-turns-unhealthy",
        "the-host-was-installed-in-central-mode",
        "a-token-expires-while-it-is-kept-for-later",
        "the-host-tells-palette-twice",
    )
)


@pytest.fixture(scope="module")
def reference() -> Iterator[EmbeddedReference]:
    with EmbeddedReference(7, Layout(clusters=3, hosts=2)) as running:
        yield running


def passed(certified: Certified) -> set[str]:
    judged = (Verdict.PASS, Verdict.OBSERVED)
    return {s for s, (verdict, _) in certified.verdicts().items() if verdict in judged}


# --- commands -----------------------------------------------------------------------------------


def test_commands_alone_give_the_verdicts_of_the_control_port(
    reference: EmbeddedReference, tmp_path: Path
) -> None:
    certified = certify(reference, tmp_path, by_command(), "-k", SOME)
    assert certified.code == 0, certified.said
    assert len(passed(certified)) == len(certified.verdicts()) == 5
    # The script gives tokens uids and values of its own: the one is told, the other is not.
    files = certified.files()
    assert '"own-' in files
    assert "canary-" not in files
    assert reference.secrets.control not in files


@pytest.mark.slow
def test_what_a_command_refuses_is_inconclusive_and_says_so(
    reference: EmbeddedReference, tmp_path: Path
) -> None:
    certified = certify(reference, tmp_path, by_command("SetNodeHealth"), "-k", SOME)
    assert certified.code == 3, certified.said
    verdicts = certified.verdicts()
    of_health = [verdicts[s] for s in verdicts if "SetNodeHealth" in need_of(s).kinds]
    assert len(of_health) == 2
    for verdict, reason in of_health:
        assert verdict is Verdict.INCONCLUSIVE
        assert "cannot arrange: SetNodeHealth" in reason
        assert "it says that it cannot" in reason
    assert len(passed(certified)) == 3


# --- nothing ------------------------------------------------------------------------------------


def test_where_nothing_can_be_arranged_nothing_passes_in_silence(
    reference: EmbeddedReference, tmp_path: Path
) -> None:
    few = SOME.partition(" or ")[2].partition(" or ")[2]
    certified = certify(reference, tmp_path, "", "-k", few)
    assert certified.code == 3, certified.said
    assert len(certified.verdicts()) == 3
    for verdict, reason in certified.verdicts().values():
        assert verdict is Verdict.INCONCLUSIVE
        assert "cannot arrange: " in reason
        for what in ("control: ", "[arrange.commands.", "given: ", "--interactive"):
            assert what in reason


# --- what is given ------------------------------------------------------------------------------

PACK = Pack(Layer.OS, "SUSE", "15.5")
STACK = (StackProfile("acme-infra", ProfileType.INFRA, "4.1.0", (PACK,)),)
GIVEN = """
[given]
projects = ["given-project"]
clusters = true
[[given.people]]
label = "admin"
api_key_env = "GIVEN_KEY_1"
[[given.people]]
label = "second admin"
api_key_env = "GIVEN_KEY_2"
[[given.people]]
label = "third admin"
api_key_env = "GIVEN_KEY_3"
[[given.profiles]]
uid = "given-profile"
name = "acme-infra"
type = "infra"
versions = [{ version = "4.1.0", packs = [{ layer = "os", name = "SUSE", version = "15.5" }] }]
"""
PAIRS = (
    "a-central-operation-on-the-paired-cluster-takes-effect",
    "a-reject-of-a-paired-cluster-is-refused-and-changes-nothing",
    "a-reject-is-refused-right-after-the-acceptance",
)
SPARES = "a-match-that-is-only-asked-for-decides-nothing"


def install(reference: EmbeddedReference) -> dict[str, str]:
    """What a vendor has there: a project, a person, a profile, a cluster in each slot."""
    reference.arrange(arrangements.CreateProject("given-project", "retail"))
    grants = every_grant("given-project")
    keys = {f"GIVEN_KEY_{n}": f"given-canary-key-{n}" for n in (1, 2, 3)}
    for key in keys.values():
        reference.arrange(
            arrangements.PutUser(f"{key}@acme.example", "given-password", key, grants)
        )
    reference.arrange(
        arrangements.PutProfile(published(STACK[0], "given-profile", "given-project"))
    )
    for slot in reference.slots:
        install_at(reference, slot.uid, slot.host_uids)
    return keys


def install_at(reference: EmbeddedReference, slot: str, hosts: tuple[str, ...]) -> None:
    pools = (NodePool("acme", True, (Node("acme-node-1", hosts[0]),)),)
    cluster = Cluster(f"local-{slot}", f"acme-{slot}", pools=pools, stack=STACK)
    reference.arrange(arrangements.InstallCluster(slot, cluster))


def marked(reference: EmbeddedReference, text: str) -> dict[str, str]:
    """A line for each place of the target file."""
    return {f'slot = "{slot.uid}"\n': f'slot = "{slot.uid}"\n{text}\n' for slot in reference.slots}


def test_clusters_that_are_given_are_used_up_one_by_one(
    reference: EmbeddedReference, tmp_path: Path
) -> None:
    variables = install(reference)
    more = GIVEN + by_command_for("PutToken")
    certified = certify(
        reference,
        tmp_path,
        more,
        "-k",
        " or ".join((*PAIRS, SPARES)),
        change=marked(reference, "disposable = true"),
        variables=variables,
    )
    assert certified.code == 3, certified.said
    verdicts = certified.verdicts()
    order = [scenario.id for scenario in certified.evidence.scenarios]
    assert [need_of(id_).clusters > 0 for id_ in order] == sorted(
        need_of(id_).clusters > 0 for id_ in order
    )
    pairing = [id_ for id_ in order if need_of(id_).clusters]
    assert len(pairing) == 4
    assert [verdicts[id_][0] for id_ in order if id_ not in pairing] == [Verdict.PASS]
    assert [verdicts[id_] for id_ in pairing[:3]] == [(Verdict.PASS, "")] * 3
    last = verdicts[pairing[3]]
    assert last[0] is Verdict.INCONCLUSIVE
    assert "the pool of disposable clusters is exhausted (3 consumed" in last[1]
    assert "given-canary-key" not in certified.files()


@pytest.mark.slow
def test_a_cluster_that_may_not_be_paired_is_not(
    reference: EmbeddedReference, tmp_path: Path
) -> None:
    variables = install(reference)
    more = GIVEN + by_command_for("PutToken")
    names = " or ".join((PAIRS[0], SPARES))
    certified = certify(reference, tmp_path, more, "-k", names, variables=variables)
    assert certified.code == 3, certified.said
    (pairs,) = [v for id_, v in certified.verdicts().items() if need_of(id_).clusters]
    assert pairs[0] is Verdict.INCONCLUSIVE
    assert "add disposable = true or reset" in pairs[1]
    assert len(passed(certified)) == 1
