"""Somebody at Local UI and somebody at Palette, who can walk through the procedure."""

from __future__ import annotations

from harness.context.stacks import DOCUMENTED_STACK
from harness.domain import operations as ops
from harness.domain.arrangements import CreateProject, InstallCluster, PutToken, PutUser
from harness.domain.cluster import Cluster, Node, NodePool
from harness.domain.endpoint import EndpointForm
from harness.domain.permission import every_grant
from harness.domain.token import RegistrationToken
from harness.targets.http import HttpDriver
from harness.targets.port import Outgoing

DAY = 86_400_000_000


class People:
    """Somebody at the first host of a slot and somebody at Palette, with a cluster and a token."""

    def __init__(self, driver: HttpDriver, number: int = 1) -> None:
        self.driver = driver
        slot = driver.inventory().slots[number - 1]
        self.host = slot.host_uids[0]
        nodes = tuple(Node(f"node-{n}", uid) for n, uid in enumerate(slot.host_uids))
        pools = (NodePool("control-plane-pool", True, nodes),)
        cluster = Cluster(f"local-{number}", "shop", pools=pools, stack=DOCUMENTED_STACK)
        token = RegistrationToken("t1", "token", "the-token", "p1", driver.epoch() + DAY)
        for arrangement in (
            InstallCluster(slot.uid, cluster),
            CreateProject("p1", "Project"),
            PutUser("ada@shop.test", "pw", "the-key", every_grant("p1")),
            PutToken(token),
        ):
            driver.arrange(arrangement)
        self.session = ""
        self.log_in()

    def log_in(self) -> None:
        user = self.driver.local_user
        reply = self.ask(ops.LogIn(user.username, user.password))
        assert isinstance(reply, ops.Done), reply
        self.session = reply.value.token  # type: ignore[union-attr]

    def ask(self, operation: ops.Operation) -> ops.Reply:
        credentials = ops.Credentials(self.session, "the-key", "p1")
        if operation.surface.value == "palette":
            credentials = ops.Credentials("", "the-key", "p1")
        return self.driver.send(Outgoing(operation, credentials, self.host, "test#1")).reply

    def sends(self, form: EndpointForm = EndpointForm.USABLE, **entries: bool) -> ops.Reply:
        endpoint = self.driver.inventory().endpoint_forms[form.value]
        return self.ask(ops.SendPairingRequest(endpoint, "the-token", **entries))
