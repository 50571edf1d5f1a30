"""Which hosts can be told apart by the address that they arrive from, and which cannot."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from harness.domain import arrangements
from harness.targets.links.faults import EVERYONE


class SourceAddresses:
    """The hosts of a target, the address that each arrives from, and whose cluster is in use.

    Without addresses all hosts count as arriving from one. A cluster is in use from its
    installation until its scenario's project is forgotten; as long as none is known to be, the
    hosts of the slot that is asked about count.
    """

    def __init__(self, slots: Iterable[arrangements.Slot], sources: Mapping[str, str]) -> None:
        self._slots = {slot.uid: slot.host_uids for slot in slots}
        self._slot_of = {h: uid for uid, hosts in self._slots.items() for h in hosts}
        self._sources = sources
        self._used: dict[str, tuple[str, ...]] = {}

    def source_of(self, host_uid: str) -> str:
        """The address of a host; everyone's where all arrive from one."""
        return self._sources.get(host_uid, EVERYONE)

    def named(self) -> frozenset[str]:
        """Every address that a host has; none where all hosts count as arriving from one."""
        return frozenset(self._sources.values())

    def noticed(self, arrangement: arrangements.Arrangement) -> None:
        """Keep in mind which clusters are in use."""
        match arrangement:
            case arrangements.InstallCluster(slot, cluster):
                self._used[slot] = cluster.host_uids() if cluster else self._slots.get(slot, ())
            case arrangements.RenewCluster(slot):
                self._used.setdefault(slot, self._slots.get(slot, ()))
            case arrangements.ForgetProject():
                self._used.clear()

    def hosts_of(self, slot: str) -> tuple[str, ...]:
        """The hosts of a slot."""
        return self._slots.get(slot, ())

    def beside(self, host_uid: str) -> tuple[str, ...]:
        """The hosts of this host's slot, itself among them."""
        return self._slots.get(self._slot_of.get(host_uid, ""), (host_uid,))

    def in_use(self, host_uid: str) -> tuple[str, ...]:
        """The hosts of the clusters that are in use, the one of this host among them."""
        slot = self._slot_of.get(host_uid, "")
        used = dict(self._used)
        used.setdefault(slot, self._slots.get(slot, (host_uid,)))
        return tuple(host for hosts in used.values() for host in hosts)

    def others_at_source(self, host_uid: str) -> tuple[str, ...]:
        """The other hosts in use that arrive from the same address."""
        source = self.source_of(host_uid)
        hosts = self.in_use(host_uid)
        return tuple(h for h in hosts if h != host_uid and self.source_of(h) == source)

    def cannot_cut(self, host_uid: str) -> str:
        """Why this host cannot be cut off alone; empty if it can."""
        others = self.others_at_source(host_uid)
        if not others:
            return ""
        source = self.source_of(host_uid)
        shown = ", ".join(others[:3]) + (" …" if len(others) > 3 else "")
        told = f"from {source}" if source else "from one address, as far as the target file says"
        return (
            f"host {host_uid} cannot be told apart from {shown}: all arrive {told}; let each host"
            " arrive from an address of its own, and name it in [links.sources]"
        )

    def cannot_join(self, arrangement: arrangements.Arrangement, down: Collection[str]) -> str:
        """Why a cluster cannot be put up while these hosts are cut off: it would be as well."""
        if not isinstance(arrangement, arrangements.InstallCluster) or arrangement.cluster is None:
            return ""
        own = self.hosts_of(arrangement.slot)
        cut = {self.source_of(host): host for host in down if host not in own}
        for host in arrangement.cluster.host_uids():
            if self.source_of(host) in cut:
                return (
                    f"host {host} arrives from the same address as {cut[self.source_of(host)]},"
                    " which is cut off, and would be cut off with it; let each host arrive from an"
                    " address of its own, and name it in [links.sources]"
                )
        return ""

    def cannot_spoil(self, host_uid: str, kind: arrangements.MessageKind) -> str:
        """Why no single message of this host can be told from those of others; empty if it can. All
        but the probe come from one host of a cluster: no other cluster may arrive from there.
        """
        slot = self._slot_of.get(host_uid, "")
        others = self.others_at_source(host_uid)
        foreign = [h for h in others if self._slot_of.get(h, "") != slot]
        if foreign or (others and kind is arrangements.MessageKind.PROBE):
            return self.cannot_cut(host_uid)
        return ""
