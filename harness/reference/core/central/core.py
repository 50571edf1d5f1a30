"""The rules of the central side (Palette)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from harness.domain.draws import Draws
from harness.domain.errors import Refusal
from harness.domain.operations import (
    AcceptPairingRequest,
    ChangeCentralCluster,
    ConfirmPairing,
    CreateToken,
    Credentials,
    DeleteToken,
    Done,
    KnownReply,
    ListCentralClusters,
    ListPairingRequests,
    ListScopes,
    ListSelectableProfiles,
    ListTokens,
    LogInToPalette,
    LogOutOfPalette,
    MatchProfiles,
    PaletteOperation,
    PollPairing,
    Probe,
    RejectPairingRequest,
    ReleaseCentralCluster,
    SetTokenState,
    SubmitPairing,
    Value,
    ViewCentralCluster,
    ViewPairingRequest,
    ViewToken,
    WithdrawPairing,
)
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
        self._rules: Mapping[type, Callable[[Any, CentralCall], Value]] = {
            LogInToPalette: self.log_in,
            LogOutOfPalette: self.log_out,
            ListScopes: self.list_scopes,
            ListPairingRequests: self.list_requests,
            ViewPairingRequest: self.view_request,
            ListSelectableProfiles: self.list_selectable,
            MatchProfiles: self.match,
            AcceptPairingRequest: self.accept,
            RejectPairingRequest: self.reject,
            ListCentralClusters: self.list_clusters,
            ViewCentralCluster: self.view_cluster,
            ChangeCentralCluster: self.change_cluster,
            ReleaseCentralCluster: self.release_cluster,
            ListTokens: self.list_tokens,
            ViewToken: self.view_token,
            CreateToken: self.create_token,
            SetTokenState: self.set_token_state,
            DeleteToken: self.delete_token,
            Probe: self.probe,
            SubmitPairing: self.submit,
            PollPairing: self.poll,
            ConfirmPairing: self.confirm,
            WithdrawPairing: self.withdraw,
        }

    def perform(
        self, operation: PaletteOperation, credentials: Credentials, now: int, draws: Draws
    ) -> KnownReply:
        """Carry out one operation, all of it or nothing."""
        rule = self._rules[type(operation)]
        try:
            with self.store.transaction():
                return Done(rule(operation, CentralCall(credentials, now, draws)))
        except Refusal as refusal:
            return refusal.refused
