"""A small world for tests of the core: one cluster, one project, one admin."""

from __future__ import annotations

from collections.abc import Mapping

from harness.domain.arrangements import (
    CreateProject,
    FaultNextMessage,
    InstallCluster,
    MessageFault,
    MessageKind,
    PutProfile,
    PutToken,
    PutUser,
    SetLink,
)
from harness.domain.cluster import Cluster, Node, NodePool
from harness.domain.errors import Reason, Refused
from harness.domain.operations import (
    Accepted,
    AcceptPairingRequest,
    CancelPairingRequest,
    CentralOperation,
    Credentials,
    Done,
    ListPairingRequests,
    LocalOperation,
    LogIn,
    PairingId,
    PairingList,
    PairingRequestView,
    SelectedProfile,
    SendPairingRequest,
    Session,
    Value,
    ViewPairing,
    ViewPairingRequest,
)
from harness.domain.permission import every_grant
from harness.domain.profile import (
    ClusterProfile,
    Layer,
    Pack,
    ProfileEdition,
    ProfileType,
    StackProfile,
)
from harness.domain.token import RegistrationToken
from harness.reference.behaviour import Behaviour
from harness.reference.core.choices import CentralChoices, EdgeChoices
from harness.reference.world import Reference, direct_reference

PACKS = (Pack(Layer.OS, "Ubuntu", "22.04"),)
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
        stack = (StackProfile("full", ProfileType.FULL, "1.0.0", PACKS),)
        pools = (NodePool("cp", True, nodes),)
        self.slot = slot.uid
        self.cluster = Cluster("c1", "shop", "a shop", {"site": "a"}, pools=pools, stack=stack)
        self.arrange = self.reference.arrange
        self.arrange(InstallCluster(slot.uid, self.cluster))
        self.arrange(CreateProject("p", "retail"))
        self.arrange(PutToken(RegistrationToken("t", "t", "token", "p", FOREVER)))
        self.arrange(PutUser("a@example.com", "pw", "key", every_grant("p")))
        edition = ProfileEdition("1.0.0", PACKS)
        self.arrange(PutProfile(ClusterProfile("f", "f", ProfileType.FULL, (edition,), "p")))
        self.admin = Credentials(api_key="key", project_uid="p")
        self.operator = self.log_in(self.host)

    def log_in(self, host: str) -> Credentials:
        value = done(
            self.reference.perform_local(host, LogIn("edge-operator", "pw"), Credentials())
        )
        assert isinstance(value, Session)
        return Credentials(session=value.token)

    def local(self, operation: LocalOperation) -> Done | Refused:
        return self.reference.perform_local(self.host, operation, self.operator)

    def central(self, operation: CentralOperation) -> Done | Refused:
        return self.reference.perform_central(operation, self.admin)

    def send(self) -> str:
        value = done(self.local(SendPairingRequest("palette.test", "token")))
        assert isinstance(value, PairingId)
        return value.pairing_uid

    def cancel(self) -> Done | Refused:
        return self.local(CancelPairingRequest())

    def accept(self, uid: str) -> str:
        value = done(self.central(AcceptPairingRequest(uid, (SelectedProfile("f"),))))
        assert isinstance(value, Accepted)
        return value.cluster_uid

    def rounds(self, count: int = 1) -> None:
        """Let the agents have their turn so many times."""
        self.reference.advance(count * 50_000)

    def link(self, *, up: bool) -> None:
        self.arrange(SetLink(self.host, up))

    def spoil(self, message: MessageKind, fault: MessageFault) -> None:
        self.arrange(FaultNextMessage(self.host, message, fault))

    def listed(self) -> list[str]:
        value = done(self.central(ListPairingRequests()))
        assert isinstance(value, PairingList)
        return [item.pairing_uid for item in value.items]

    def state(self, uid: str) -> str:
        value = done(self.central(ViewPairingRequest(uid)))
        assert isinstance(value, PairingRequestView)
        return value.state

    def status(self) -> str:
        """What Local UI shows: a published status, or `none`."""
        reply = self.local(ViewPairing())
        return str(getattr(done(reply), "status", "")) if isinstance(reply, Done) else "none"


def done(reply: Done | Refused) -> Value:
    assert isinstance(reply, Done), reply
    return reply.value


def reason(reply: Done | Refused) -> Reason:
    assert isinstance(reply, Refused), reply
    return reply.reason
