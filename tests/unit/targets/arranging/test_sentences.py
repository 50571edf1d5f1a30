"""Everything that may have to be arranged can be asked of a person in plain words."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.domain import arrangements
from harness.domain import arrangements as all_of
from harness.domain.cluster import Cluster, ClusterState, Health, ManagementMode, Node, NodePool
from harness.domain.permission import Grant, PairPermission
from harness.domain.profile import ClusterProfile, Layer, Pack, ProfileEdition, ProfileType
from harness.domain.token import RegistrationToken
from harness.targets.arranging.commands import KIND, known_fields
from harness.targets.arranging.person import sentence

KINDS = [
    kind
    for kind in vars(all_of).values()
    if isinstance(kind, type)
    and issubclass(kind, arrangements.Arrangement)
    and kind is not arrangements.Arrangement
]
CLUSTER = Cluster(
    "c-1", "shop", pools=(NodePool("cp", True, (Node("n-1", "h-1"), Node("n-2", "h-2"))),)
)
VALUES = {
    "slot": "lab-1",
    "cluster": CLUSTER,
    "node": "worker-1",
    "health": Health.UNHEALTHY,
    "state": ClusterState.ERROR,
    "mode": ManagementMode.CENTRAL,
    "host_uid": "h-1",
    "up": False,
    "message": arrangements.MessageKind.SUBMIT,
    "fault": arrangements.MessageFault.LOST_AFTER,
    "side": arrangements.Side.EDGE,
    "by": 5_000_000,
    "calls": 3,
    "uid": "u-1",
    "name": "retail",
    "email": "kim@x.example",
    "password": "canary-password",
    "api_key": "canary-key",
    "grants": frozenset({Grant(PairPermission.LIST, "p-1"), Grant(PairPermission.GET, "")}),
    "token": RegistrationToken("t-1", "token-1", "canary-token", "p-1", 7_000_000),
    "profile": ClusterProfile(
        "pr-1",
        "edge",
        ProfileType.INFRA,
        (ProfileEdition("1.0.0", (Pack(Layer.CNI, "Calico", "3.25.1"),)),),
        "p-1",
    ),
}


def example(kind: type[arrangements.Arrangement]) -> arrangements.Arrangement:
    names = [f.name for f in kind.__dataclass_fields__.values() if f.name in VALUES]
    return kind(**{name: VALUES[name] for name in names})


def test_every_arrangement_has_its_sides() -> None:
    assert list(arrangements.ARRANGEMENTS.values()) == KINDS
    assert all({*arrangements.side_of(example(kind))} <= {*kind.sides} for kind in KINDS)
    fields = {kind: {*kind.__dataclass_fields__} for kind in KINDS}
    assert [kind for kind in KINDS if kind.subject and kind.subject not in fields[kind]] == []


def what_is_wrong(kind: type[arrangements.Arrangement], text: str) -> Iterator[str]:
    """What is wrong with what a person is asked, where this is to be arranged."""
    if not (text[:1].isupper() and text.endswith(".")):
        yield f"{kind.__name__}: no sentence: {text!r}"
    if "canary" in text:
        yield f"{kind.__name__}: a secret: {text!r}"
    if kind.__name__ in text:
        yield f"{kind.__name__}: our own name for it: {text!r}"


def test_every_arrangement_is_one_sentence_without_secrets() -> None:
    asked = [(kind, sentence(example(kind))) for kind in KINDS]
    assert [wrong for kind, text in asked for wrong in what_is_wrong(kind, text)] == []


def test_the_guard_sees_each_kind() -> None:
    planted = {
        "no sentence": ("", "cut it off.", "Cut it off"),
        "a secret": ("Let canary-password be the password.",),
        "our own name": ("Do SetLink.",),
    }
    unseen = [
        (kind, text)
        for kind, texts in planted.items()
        for text in texts
        if not any(kind in wrong for wrong in what_is_wrong(arrangements.SetLink, text))
    ]
    assert unseen == []


def test_two_arrangements_are_never_the_same_sentence() -> None:
    assert len({sentence(example(kind)) for kind in KINDS}) == len(KINDS)


@pytest.mark.parametrize(
    ("arrangement", "text"),
    [
        (
            arrangements.SetNodeHealth("lab-1", "worker-1", Health.UNHEALTHY),
            "Make node worker-1 of the cluster in slot lab-1 unhealthy.",
        ),
        (
            arrangements.SetLink("h-1", up=False),
            "Cut host h-1 off from Palette, so that Local UI still answers.",
        ),
        (arrangements.SetLink("h-1", up=True), "Let host h-1 reach Palette again."),
        (
            arrangements.FaultNextMessage(
                "h", arrangements.MessageKind.POLL, arrangements.MessageFault.DELAYED, 1_500_000
            ),
            "See to it that the next question what became of the request from host h to Palette"
            " is late by 1.5 s.",
        ),
        (
            arrangements.FaultNextMessage(
                "h",
                arrangements.MessageKind.CONFIRM,
                arrangements.MessageFault.LOST_BEFORE,
                times=3,
            ),
            "See to it that the next confirmation of the pairing from host h to Palette is lost"
            " before it arrives. So for the next 3 of them.",
        ),
        (
            arrangements.InstallCluster("lab-1", None),
            "Remove the cluster from the hosts of slot lab-1, so that they have none.",
        ),
    ],
)
def test_a_sentence_says_what_to_do(arrangement: arrangements.Arrangement, text: str) -> None:
    assert sentence(arrangement) == text


def test_every_field_may_be_a_placeholder() -> None:
    assert known_fields(arrangements.SetNodeHealth) == (KIND, "slot", "node", "health")
    assert {"token.uid", "token.project_uid"} <= set(known_fields(arrangements.PutToken))
    assert {"cluster", "cluster.name", "cluster.pools"} <= set(
        known_fields(arrangements.InstallCluster)
    )
    assert "profile.editions" in known_fields(arrangements.PutProfile)
    assert "grants" in known_fields(arrangements.PutUser)
    assert "grants.scope" not in known_fields(arrangements.PutUser)
