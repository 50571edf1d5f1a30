"""Variants in from when to when something is good, and in what has to be over before the next."""

from __future__ import annotations

from dataclasses import replace

from harness.domain import operations as ops
from harness.domain.cluster import Cluster
from harness.domain.errors import Reason, Refusal
from harness.domain.profile import ClusterProfile
from harness.domain.token import RegistrationToken
from harness.reference.core.central import CentralCall, CentralCore
from harness.reference.core.choices import CentralChoices
from harness.reference.core.edge import EdgeCall, EdgeFlow
from harness.reference.core.edge_flows import EdgeCore
from harness.reference.core.records import CentralCluster, PairingRequest, SlotState, User
from harness.reference.planting import Memory, varies

SECOND = 1_000_000
_MINUTE = 60 * SECOND
_MONTH = 30 * 86_400 * SECOND
_A_MOMENT = SECOND // 3


def _busy(until: int, now: int) -> bool:
    """Whether something is under way; a clock that was put back holds nobody up."""
    return 0 < until - now <= _A_MOMENT


# --- from when to when ----------------------------------------------------------------------------
@varies("ACC-1")
class WhatIsGivenOutHasItsTime(CentralCore):
    """An API key is good from when it was made, for thirty days; a token is from when it was."""

    _made = Memory[dict[str, int]](dict)

    def perform(self, operation: ops.PaletteOperation, call: CentralCall) -> ops.KnownReply:
        for user in self.store.every(User):
            self._made.setdefault(user.api_key, call.now)
        for token in self.store.every(RegistrationToken):
            self._made.setdefault(token.value, call.now)
        return super().perform(operation, call)

    def authenticate(self, call: CentralCall) -> User:
        user, key = super().authenticate(call), call.credentials.api_key
        made = self._made.get(key, call.now) if key else call.now
        if not made - SECOND <= call.now < made + _MONTH:
            raise Refusal(Reason.UNAUTHENTICATED, "the API key is not good yet, or no more")
        return user

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        if now < self._made.get(value, now) - SECOND:
            raise Refusal(Reason.TOKEN_UNUSABLE, "the registration token is not good yet")
        return super().usable_token(value, now)


@varies("PRE-4", limits={"expiry_s": 60.0})
class ATokenEndsWithTheMinuteBefore(CentralCore):
    """A token admits requests until the minute begins in which it expires."""

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        token = super().usable_token(value, now)
        ended = replace(token, expiry=(token.expiry or 0) // _MINUTE * _MINUTE)
        if token.expiry is not None and (why := ended.why_unusable(now)):
            raise Refusal(Reason.TOKEN_UNUSABLE, why)
        return token


@varies("PRE-4")
class ATokenIsShownLate(CentralCore):
    """A registration token is shown a third of a second after it was created."""

    _made = Memory[dict[str, int]](dict)

    def create_token(self, operation: ops.CreateToken, call: CentralCall) -> ops.CreatedToken:
        created = super().create_token(operation, call)
        self._made[created.uid] = call.now
        return created

    def view_token(self, operation: ops.ViewToken, call: CentralCall) -> RegistrationToken:
        token = super().view_token(operation, call)
        if _busy(self._made.get(token.uid, 0) + _A_MOMENT, call.now):
            raise Refusal(Reason.NOT_FOUND, f"there is no registration token {token.uid}")
        return token


@varies("PRE-7")
class VersionsBeforeAReleaseDoNotCount(CentralCore):
    """A version that comes before a release, as 1.1.0-rc.2 does, is none that can be chosen."""

    def profile(self, uid: str) -> ClusterProfile | None:
        profile = super().profile(uid)
        if profile is None:
            return None
        released = (e for e in profile.editions if "-" not in e.version.partition("+")[0])
        return replace(profile, editions=tuple(released))


# --- what has to be over --------------------------------------------------------------------------
@varies("ACC-12")
class OneCentralChangeAfterAnother(CentralCore):
    """While a cluster is being changed by Palette, for a third of a second, nothing else is."""

    now = 0
    _until = Memory[dict[str, int]](dict)

    def perform(self, operation: ops.PaletteOperation, call: CentralCall) -> ops.KnownReply:
        self.now = call.now
        told = super().perform(operation, call)
        if not isinstance(operation, ops.ChangeCentralCluster | ops.UpdateCentralProfiles):
            return told
        if isinstance(told, ops.Done):
            self._until[operation.cluster_uid] = call.now + _A_MOMENT
        return told

    def require_confirmed(self, cluster: CentralCluster) -> None:
        super().require_confirmed(cluster)
        if _busy(self._until.get(cluster.uid, 0), self.now):
            raise Refusal(Reason.CONFLICT, f"cluster {cluster.name} is being changed")


@varies("INV-1")
class AChangeWaitsForTheHandover(CentralCore):
    """A change of a cluster that is being handed over is taken, and made once that is over."""

    def known_cluster(self, uid: str, call: CentralCall) -> CentralCluster:
        own = uid.removesuffix(_TO_COME)
        cluster = super().known_cluster(own, call)
        to_come = self.store.get(CentralCluster, own + _TO_COME)
        if uid != own:
            return to_come or replace(cluster, uid=uid, pairing_uid="")
        if to_come is not None and cluster.confirmed:
            cluster = replace(to_come, uid=own, pairing_uid=cluster.pairing_uid, confirmed=True)
            self.store.delete(CentralCluster, to_come.uid)
            self.store.put(cluster)
        return cluster

    def clusters_of(self, scope: str) -> list[CentralCluster]:
        return [c for c in super().clusters_of(scope) if not c.uid.endswith(_TO_COME)]

    def require_confirmed(self, cluster: CentralCluster) -> None:
        if not cluster.uid.endswith(_TO_COME):
            super().require_confirmed(cluster)

    def change_cluster(
        self, operation: ops.ChangeCentralCluster, call: CentralCall
    ) -> ops.Acknowledged:
        about = self._to_change(operation.cluster_uid, call)
        return super().change_cluster(replace(operation, cluster_uid=about), call)

    def update_profiles(
        self, operation: ops.UpdateCentralProfiles, call: CentralCall
    ) -> ops.Acknowledged:
        about = self._to_change(operation.cluster_uid, call)
        return super().update_profiles(replace(operation, cluster_uid=about), call)

    def _to_change(self, uid: str, call: CentralCall) -> str:
        return uid if self.known_cluster(uid, call).confirmed else uid + _TO_COME


_TO_COME = " to come"
"""What the uid of a cluster as it is to be ends with, as long as it is not so."""


@varies("SND-6")
class OneLocalChangeAfterAnother(EdgeCore):
    """While a cluster is being changed by Local UI, for a third of a second, nothing else is."""

    now = 0
    _until = Memory[dict[str, int]](dict)

    def changeable(self, operation: ops.LocalClusterOperation, call: EdgeCall) -> SlotState:
        site, self.now = super().changeable(operation, call), call.now
        if site.cluster is not None and _busy(self._until.get(site.cluster.uid, 0), call.now):
            raise Refusal(Reason.CONFLICT, f"cluster {site.cluster.name} is being changed")
        return site

    def _changed(self, site: SlotState, cluster: Cluster) -> ops.Acknowledged:
        self._until[cluster.uid] = self.now + _A_MOMENT
        return super()._changed(site, cluster)


@varies("ACC-11", central=CentralChoices(steps_in_calls=True), features=("server-steps",))
class WhoIsTooEarlyBeginsAnew(CentralCore):
    """Each step of the wizard is a call of its own; one that is refused ends those before it."""

    def perform(self, operation: ops.PaletteOperation, call: CentralCall) -> ops.KnownReply:
        told = super().perform(operation, call)
        if not isinstance(operation, ops.AcceptanceStep | ops.AcceptPairingRequest):
            return told
        if not isinstance(told, ops.Done):
            request = self.store.get(PairingRequest, operation.pairing_uid)
            if request is not None and request.steps is not None:
                with self.store.transaction():
                    self.store.put(replace(request, steps=None))
        return told


# --- Local UI -------------------------------------------------------------------------------------
@varies("SND-1")
class NobodyLogsInForLonger(EdgeCore):
    """A login to Local UI that is asked to last longer is refused."""

    def log_in(self, operation: ops.LogIn, call: EdgeCall) -> ops.Session:
        if operation.extended:
            raise Refusal(Reason.INVALID_INPUT, "extendedSession: it is switched off here")
        return super().log_in(operation, call)


@varies("ACC-12")
class LocalUiStartsAnewAtTheHandover(EdgeCore):
    """For a third of a second after the handover Local UI answers that it is starting."""

    _since = Memory[dict[str, int]](dict)

    def perform(self, operation: ops.LocalOperation, call: EdgeCall) -> EdgeFlow:
        site = self.site_of(call.host_uid)
        if not self.is_central(site):
            self._since.pop(site.slot, None)
        elif _busy(self._since.setdefault(site.slot, call.now) + _A_MOMENT, call.now):
            raise Refusal(Reason.INTERNAL, "Local UI is starting")
        return (yield from super().perform(operation, call))
