"""The rules of the central side (Palette)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from harness.domain import operations as ops
from harness.domain.draws import Draws
from harness.domain.errors import Refusal
from harness.reference.core.central.access import CentralCall
from harness.reference.core.central.agents import AgentRules
from harness.reference.core.central.clusters import ClusterRules
from harness.reference.core.central.review import ReviewRules
from harness.reference.core.central.tokens import TokenRules
from harness.reference.core.choices import CentralChoices
from harness.reference.core.store import Store


class CentralCore(ReviewRules, ClusterRules, TokenRules, AgentRules):
    """Every rule of the central side, each a small method that a mutant can replace."""

    def __init__(self, store: Store, choices: CentralChoices = CentralChoices()) -> None:
        super().__init__(store, choices)
        self._rules: Mapping[type, Callable[[Any, CentralCall], ops.Value]] = {
            ops.LogInToPalette: self.log_in,
            ops.LogOutOfPalette: self.log_out,
            ops.ListScopes: self.list_scopes,
            ops.ListPairingRequests: self.list_requests,
            ops.ViewPairingRequest: self.view_request,
            ops.ListSelectableProfiles: self.list_selectable,
            ops.MatchProfiles: self.match,
            ops.AcceptPairingRequest: self.accept,
            ops.RejectPairingRequest: self.reject,
            ops.ListCentralClusters: self.list_clusters,
            ops.ViewCentralCluster: self.view_cluster,
            ops.ChangeCentralCluster: self.change_cluster,
            ops.ReleaseCentralCluster: self.release_cluster,
            ops.ListTokens: self.list_tokens,
            ops.ViewToken: self.view_token,
            ops.CreateToken: self.create_token,
            ops.SetTokenState: self.set_token_state,
            ops.DeleteToken: self.delete_token,
            ops.Probe: self.probe,
            ops.SubmitPairing: self.submit,
            ops.PollPairing: self.poll,
            ops.ConfirmPairing: self.confirm,
            ops.WithdrawPairing: self.withdraw,
        }

    def perform(
        self, operation: ops.PaletteOperation, credentials: ops.Credentials, now: int, draws: Draws
    ) -> ops.KnownReply:
        """Carry out one operation, all of it or nothing."""
        rule = self._rules[type(operation)]
        try:
            with self.store.transaction():
                return ops.Done(rule(operation, CentralCall(credentials, now, draws)))
        except Refusal as refusal:
            return refusal.refused
