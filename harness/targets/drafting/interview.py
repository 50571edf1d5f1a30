"""What is asked of a person, in plain words, and what follows from the answers.

Asking is a generator without a terminal: it yields questions and gets answers that have been
checked, so that a terminal, `--defaults` and tests drive the same thing.
"""

from __future__ import annotations

from harness.catalogue.requirement import FEATURES, Feature
from harness.domain.arrangements import RenewCluster, SetLink, Side
from harness.targets.drafting.answers import (
    Answers,
    ArrangeAnswer,
    ArrangeWay,
    CentralAnswer,
    EdgeAnswer,
    LinkAnswer,
    PlaceAnswer,
    host_of,
    is_elsewhere,
)
from harness.targets.drafting.asking import Asking, Question
from harness.targets.drafting.checks import (
    any_text,
    one_of,
    some_of,
    texts,
    yes_or_no,
)
from harness.targets.drafting.side_questions import SideQuestions
from harness.targets.links.settings import LinkWay
from harness.targets.peer_table import PLACES_MAX

LINK_PORT = 7443


class Interview(SideQuestions):
    """Asks for all that a first target file needs."""

    __slots__ = ()

    def run(self) -> Asking[Answers]:
        """Ask, and return the answers."""
        name = yield Question(
            "What is the implementation called?",
            self.hints.name or "My implementation",
            self.rules.key("implementation", "name"),
            ("It stands in every report.",),
        )
        version = yield Question("Which version of it?", self.hints.version, any_text)
        maker = yield Question("Who makes it?", "", any_text)
        roles, described = yield from self.sides()
        edge = (yield from self.edge()) if Side.EDGE in described else None
        central = (yield from self.central()) if Side.CENTRAL in described else None
        peer = (yield from self.peer(edge)) if edge and central is None else None
        features = yield from self._features(edge)
        arranging = yield from self._arranging(edge, central)
        edge = (yield from self._used_up(edge)) if edge and _given(arranging) else edge
        links = yield from self._links(edge, central, arranging)
        urls = (*(edge.urls() if edge else ()), *((central.url,) if central else ()))
        allow = yield from self._allow(urls)
        return Answers(
            name, version, maker, roles, edge, central, peer, features, allow, arranging, links
        )

    def _used_up(self, edge: EdgeAnswer) -> Asking[EdgeAnswer]:
        """Which of the clusters that are given may be paired for good."""
        places: list[PlaceAnswer] = []
        for place in edge.places:
            answer = yield Question(
                f"May the cluster in {place.slot} be paired for good?",
                "no",
                yes_or_no,
                ("Pairing cannot be taken back, so every accept uses up a cluster.",)
                if not places
                else (),
            )
            reset = ""
            if answer == "yes":
                reset = yield Question(
                    f"Which command makes {place.slot} fresh again? (empty: none)",
                    "",
                    self.rules.optional(self.rules.command_of(RenewCluster)),
                    ("Such as ./lab/reset.sh {slot}; it is not run by a shell.",),
                )
            disposable = answer == "yes"
            places.append(PlaceAnswer(place.slot, place.hosts, reset, disposable))
        return EdgeAnswer(tuple(places), edge.username_env, edge.password_env, edge.trust)

    # --- the rest -----------------------------------------------------------------------------

    def _features(self, edge: EdgeAnswer | None) -> Asking[tuple[Feature, ...]]:
        spans = max((len(p.hosts) for p in edge.places), default=0) if edge else PLACES_MAX
        offered = [d for d in FEATURES if d.feature is not Feature.MULTI_NODE or spans > 1]
        typed = yield Question(
            f"Which of these does it claim: {', '.join(d.feature.value for d in offered)}?",
            "none",
            some_of(d.feature.value for d in offered),
            tuple(f"{d.feature.value}: {d.claim}" for d in offered),
        )
        return tuple(Feature(name) for name in typed.split(",") if name)

    def _arranging(
        self, edge: EdgeAnswer | None, central: CentralAnswer | None
    ) -> Asking[ArrangeAnswer]:
        offered = [w for w in ArrangeWay if w is not ArrangeWay.API or central]
        typed = yield Question(
            f"Who arranges what no user can: {', '.join(offered)}, or none yet?",
            "none",
            some_of(offered),
            (
                "An unhealthy node, an expired token, a fresh cluster. One or more of:",
                "control: a control port.    commands: commands of yours.",
                *(("api: Palette's own API, for tokens.",) if central else ()),
                "given: what is there already.    person: somebody is asked while it runs.",
                "Without, what needs it is inconclusive; docs/arranging.md says more.",
            ),
        )
        ways = tuple(ArrangeWay(way) for way in typed.split(",") if way)
        control, secret = yield from self._control(ways)
        program = admin = projects = ""
        if ArrangeWay.COMMANDS in ways:
            program = yield Question(
                "Which command arranges it? (empty: it is not there yet)",
                "",
                self.rules.optional(self.rules.program),
                ("Such as ./lab/arrange.py {arrangement}; it gets the rest as JSON.",),
            )
        if ArrangeWay.API in ways:
            what = "the API key of a tenant administrator"
            admin = yield self.variable(what, "PALETTE_ADMIN_KEY")
        if ArrangeWay.GIVEN in ways and central:
            projects = yield Question(
                "Which projects may be used? (uids, with commas; empty: none)",
                "",
                self.rules.optional(texts),
            )
        chosen = tuple(uid for uid in projects.split(",") if uid)
        return ArrangeAnswer(ways, control, secret, program, admin, chosen)

    def _control(self, ways: tuple[ArrangeWay, ...]) -> Asking[tuple[str, str]]:
        if ArrangeWay.CONTROL not in ways:
            return "", ""
        url = yield Question(
            "Where does the control port answer?", "http://127.0.0.1:9000", self.rules.address
        )
        return url, (yield self.variable("its secret", "CONTROL_SECRET"))

    def _links(
        self, edge: EdgeAnswer | None, central: CentralAnswer | None, arranging: ArrangeAnswer
    ) -> Asking[LinkAnswer]:
        offered = ["control"] if ArrangeWay.CONTROL in arranging.ways else []
        offered += [way.value for way in LinkWay]
        typed = yield Question(
            f"Who cuts the link between a host and Palette: {', '.join(offered)}?",
            offered[0] if edge is None or "control" in offered else LinkWay.NONE.value,
            one_of(offered),
            (
                "proxy: the harness's own, which the edge hosts have to reach.",
                "toxiproxy: a server of that name.    commands: such as tc, or a firewall.",
                "docs/links.md says what each can do, and what it takes over HTTPS.",
            ),
        )
        if typed == "control":
            return LinkAnswer()
        way = LinkWay(typed)
        if way is LinkWay.COMMANDS:
            down, up = (
                (yield from self._link_command("cuts")),
                (yield from self._link_command("mends")),
            )
            return LinkAnswer(way if down and up else None, down=down, up=up)
        if way not in (LinkWay.PROXY, LinkWay.TOXIPROXY):
            return LinkAnswer(way)
        return (yield from self._proxy(way, edge))

    def _link_command(self, does: str) -> Asking[str]:
        word = "down" if does == "cuts" else "up"
        typed = yield Question(
            f"Which command {does} the link of a host? (empty: it is not there yet)",
            "",
            self.rules.optional(self.rules.command_of(SetLink)),
            (f"Such as ./lab/link.sh {word} {{host_uid}}",),
        )
        return typed

    def _proxy(self, way: LinkWay, edge: EdgeAnswer | None) -> Asking[LinkAnswer]:
        away = edge is not None and is_elsewhere(edge.urls())
        toxiproxy = ""
        if way is LinkWay.TOXIPROXY:
            toxiproxy = yield Question(
                "Where does Toxiproxy's API answer?", "http://127.0.0.1:8474", self.rules.address
            )
        listen = yield Question(
            "On which address and port does the proxy listen?",
            f"{'0.0.0.0' if away else '127.0.0.1'}:{LINK_PORT}",
            self.rules.listen,
        )
        default = host_of(toxiproxy) if toxiproxy else ""
        host = yield Question(
            "By which name do the edge hosts reach it?",
            default or ("this-machine.example" if away else "localhost"),
            self.rules.key("links", "host"),
        )
        return LinkAnswer(way, listen, host, toxiproxy)

    def _allow(self, urls: tuple[str, ...]) -> Asking[bool]:
        if not is_elsewhere(urls):
            return False
        answer = yield Question(
            "May a run change things there?",
            "no",
            yes_or_no,
            (
                "These addresses are not on this machine. A run sends pairing requests, accepts",
                "and rejects some, and removes what it made. Without this it refuses to begin.",
            ),
        )
        return answer == "yes"


def _given(arranging: ArrangeAnswer) -> bool:
    return ArrangeWay.GIVEN in arranging.ways
