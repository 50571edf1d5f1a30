"""A cluster with its hosts as the simulation sees it: its links, its power, its streams."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import simpy

from harness.domain.operations import Credentials
from harness.fleet.draws import Stream
from harness.fleet.roster import Member
from harness.history.operation import Json

_LOGGED_OUT: Final = Credentials()


class FleetSlot:
    """What is there between the hosts of one cluster and the people who work at it.

    `net`, `operator`, `review` and `ids` are streams of draws, each for one use, so that what
    one of them does leaves the others alone. `down` has the positions of hosts whose link is
    down. `flows` are the processes that are inside of a flow of the edge, which a reboot ends.
    `slot` is where its cluster is installed, `host` the one at whose Local UI people work.
    `cluster_uid` is its cluster's at Palette, once an acceptance was answered.
    `is_left` says that its operator has nothing more to do there.
    `reviews` counts how often somebody at Palette took up a request of this cluster.
    """

    __slots__ = (
        "agent", "boots", "cluster_uid", "down", "flows", "has_sent", "host", "ids", "is_left",
        "is_off", "is_paired", "is_racing", "link_back", "member", "net", "operator", "pairing_uid",
        "review", "reviews", "session", "slot", "tags"
    )  # fmt: skip

    def __init__(self, seed: int, member: Member) -> None:
        index = member.index
        self.member = member
        self.slot = member.slot
        self.host = member.host_uids[0]
        self.net = Stream(seed, f"net:{index}")
        self.operator = Stream(seed, f"operator:{index}")
        self.review = Stream(seed, f"review:{index}")
        self.ids = Stream(seed, f"ids:{index}")
        self.down: frozenset[int] = frozenset()
        self.flows: list[simpy.Process] = []
        self.link_back: simpy.Event | None = None
        self.session = _LOGGED_OUT
        self.boots = 0
        self.reviews = 0
        self.pairing_uid = self.cluster_uid = ""
        self.agent = self.has_sent = self.is_off = False
        self.is_left = self.is_paired = self.is_racing = False
        self.tags: Mapping[str, Json] = {"host": self.host, "project": member.project_uid}
