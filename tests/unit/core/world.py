"""A small world for tests of the core: one cluster, one project, one admin."""

from __future__ import annotations

from collections.abc import Mapping

from harness.domain import arrangements, profile
from harness.domain import operations as ops
from harness.domain.cluster import Cluster, Node, NodePool
from harness.domain.errors import Reason, Refused
from harness.domain.permission import every_grant
from harness.domain.token import RegistrationToken
from harness.reference.behaviour import Behaviour
from harness.reference.core.choices import CentralChoices, EdgeChoices
from harness.reference.world import Reference, direct_reference

PACKS = (profile.Pack(profile.Layer.OS, "Ubuntu", "22.04"),)
FOREVER = 2**62


class SmallWorld:
    """Both sides in virtual time, with what one pairing needs, and short ways to ask."""

    def __init__(
        self,
        edge: Mapping[str, object] | None = None,
        central: Mapping[str, object] | None = None,
        behaviour: Behaviour | None = None,
    ) -> None:
        edge_choices = EdgeChoices(**{"password": "pw", **(edge or {})})  # type: ignore[arg-type]
        central_choices = CentralChoices(**(central or {}))  # type: ignore[arg-type]
        self.reference: Reference = direct_reference(
            "test",
            clusters=1,
            hosts=2,
            behaviour=(behaviour or Behaviour(central_choices, edge_choices)).with_password("pw"),
        )
        slot = self.reference.edge.slots()[0]
        self.host, self.sibling = slot.host_uids
        nodes = (Node("n1", self.host), Node("n2", self.sibling))
        stack = (profile.StackProfile("full", profile.ProfileType.FULL, "1.0.0", PACKS),)
        pools = (NodePool("cp", True, nodes),)
        self.slot = slot.uid
        self.cluster = Cluster("c1", "shop", "a shop", {"site": "a"}, pools=pools, stack=stack)
        self.arrange = self.reference.arrange
        self.arrange(arrangements.InstallCluster(slot.uid, self.cluster))
        self.arrange(arrangements.CreateProject("p", "retail"))
        self.arrange(arrangements.PutToken(RegistrationToken("t", "t", "token", "p", FOREVER)))
        self.arrange(arrangements.PutUser("a@example.com", "pw", "key", every_grant("p")))
        edition = profile.ProfileEdition("1.0.0", PACKS)
        self.arrange(
            arrangements.PutProfile(
                profile.ClusterProfile("f", "f", profile.ProfileType.FULL, (edition,), "p")
            )
        )
        self.admin = ops.Credentials(api_key="key", project_uid="p")
        self.operator = self.log_in(self.host)

    def log_in(self, host: str) -> ops.Credentials:
        value = done(
            self.reference.perform_local(host, ops.LogIn("edge-operator", "pw"), ops.Credentials())
        )
        assert isinstance(value, ops.Session)
        return ops.Credentials(session=value.token)

    def local(self, operation: ops.LocalOperation) -> ops.Done | Refused:
        return self.reference.perform_local(self.host, operation, self.operator)

    def central(
        self, operation: ops.CentralOperation, by: ops.Credentials | None = None
    ) -> ops.Done | Refused:
        return self.reference.perform_central(operation, by or self.admin)

    def send(self) -> str:
        value = done(self.local(ops.SendPairingRequest("palette.test", "token")))
        assert isinstance(value, ops.PairingId)
        return value.pairing_uid

    def cancel(self) -> ops.Done | Refused:
        return self.local(ops.CancelPairingRequest())

    def accept(self, uid: str) -> str:
        value = done(self.central(ops.AcceptPairingRequest(uid, (ops.SelectedProfile("f"),))))
        assert isinstance(value, ops.Accepted)
        return value.cluster_uid

    def rounds(self, count: int = 1) -> None:
        """Let the agents have their turn so many times."""
        self.reference.advance(count * 50_000)

    def link(self, *, up: bool) -> None:
        self.arrange(arrangements.SetLink(self.host, up))

    def spoil(self, message: arrangements.MessageKind, fault: arrangements.MessageFault) -> None:
        self.arrange(arrangements.FaultNextMessage(self.host, message, fault))

    def listed(self) -> list[str]:
        value = done(self.central(ops.ListPairingRequests()))
        assert isinstance(value, ops.PairingList)
        return [item.pairing_uid for item in value.items]

    def state(self, uid: str) -> str:
        value = done(self.central(ops.ViewPairingRequest(uid)))
        assert isinstance(value, ops.PairingRequestView)
        return value.state

    def status(self) -> str:
        """What Local UI shows: a published status, or `none`."""
        reply = self.local(ops.ViewPairing())
        return str(getattr(done(reply), "status", "")) if isinstance(reply, ops.Done) else "none"


def done(reply: ops.Done | Refused) -> ops.Value:
    assert isinstance(reply, ops.Done), reply
    return reply.value


def reason(reply: ops.Done | Refused) -> Reason:
    assert isinstance(reply, Refused), reply
    return reply.reason
