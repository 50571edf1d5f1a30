"""What is asked of a person, in plain words, and what follows from the answers.

Asking is a generator without a terminal: it yields questions and gets answers that have been
checked, so that a terminal, `--defaults` and tests drive the same thing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from harness.catalogue.requirement import FEATURES, Feature
from harness.domain.arrangements import RenewCluster, SetLink, Side
from harness.targets.drafting import answers, checks
from harness.targets.links.reading import LinkWay
from harness.targets.peer_table import PLACES_MAX
from harness.targets.target import Host

LINK_PORT = 7443
PEER_PORT = 9440
HOSTS_MAX = 50


@dataclass(slots=True)
class Interview:
    """Asks for all that a first target file needs."""

    rules: checks.Rules
    hints: answers.Hints = field(default_factory=answers.Hints)

    def run(self) -> answers.Asking[answers.Answers]:
        """Ask, and return the answers."""
        name = yield answers.Question(
            "What is the implementation called?",
            self.hints.name or "My implementation",
            self.rules.key("implementation", "name"),
            ("It stands in every report.",),
        )
        version = yield answers.Question(
            "Which version of it?", self.hints.version, checks.any_text
        )
        maker = yield answers.Question("Who makes it?", "", checks.any_text)
        roles, described = yield from self.sides()
        edge = (yield from self.edge()) if Side.EDGE in described else None
        central = (yield from self.central()) if Side.CENTRAL in described else None
        peer = (yield from self.peer(edge)) if edge and central is None else None
        features = yield from self._features(edge)
        arranging = yield from self._arranging(edge, central)
        edge = (
            (yield from self._used_up(edge))
            if edge and answers.ArrangeWay.GIVEN in arranging.ways
            else edge
        )
        links = yield from self._links(edge, central, arranging)
        urls = (*(edge.urls() if edge else ()), *((central.url,) if central else ()))
        allow = yield from self._allow(urls)
        return answers.Answers(
            name, version, maker, roles, edge, central, peer, features, allow, arranging, links
        )

    def sides(self) -> answers.Asking[tuple[tuple[Side, ...], frozenset[Side]]]:
        """The sides that are judged, and those that are described."""
        known = self.hints.sides
        guess = "both" if len(known) == 2 else next(iter(known), Side.EDGE).value
        typed = yield answers.Question(
            "Which side does it play: edge, central or both?",
            guess,
            checks.one_of(("edge", "central", "both")),
            (
                "edge: edge hosts with a Local UI, which ask to be taken over.",
                "central: a Palette, which takes clusters over.",
            ),
        )
        if typed == "both":
            return tuple(Side), frozenset(Side)
        role = Side(typed)
        is_edge = role is Side.EDGE
        other = "a Palette" if is_edge else "edge hosts"
        real = yield answers.Question(
            f"{'Is' if is_edge else 'Are'} there {other} of somebody else's to try it with?",
            "no",
            checks.yes_or_no,
            (f"Without, the harness plays {other} by its reference.",),
        )
        return (role,), frozenset(Side) if real == "yes" else frozenset({role})

    # --- edge -----------------------------------------------------------------------------

    def edge(self) -> answers.Asking[answers.EdgeAnswer]:
        """The edge hosts."""
        places: list[answers.JsonPathAnswer] = []
        while not places or (yield from self._more("cluster", len(places))):
            places.append((yield from self._place(places)))
        username = yield self.variable("the user's name for Local UI", "LOCAL_UI_USERNAME")
        password = yield self.variable("the password for Local UI", "LOCAL_UI_PASSWORD")
        found = answers.EdgeAnswer(tuple(places), username, password)
        trust = yield from self._trust("the edge hosts", found.urls())
        return answers.EdgeAnswer(tuple(places), username, password, trust)

    def _more(self, what: str, so_far: int) -> answers.Asking[bool]:
        if so_far >= HOSTS_MAX:
            return False
        answer = yield answers.Question(
            f"Another {what}?",
            "no",
            checks.yes_or_no,
            (
                "Some scenarios need three clusters at a time."
                if what == "cluster"
                else "Some scenarios need one cluster of five hosts.",
            ),
        )
        return answer == "yes"

    def _place(
        self, before: Sequence[answers.JsonPathAnswer]
    ) -> answers.Asking[answers.JsonPathAnswer]:
        slot = yield answers.Question(
            "What do you call this place for a cluster?",
            _fresh("lab", [place.slot for place in before]),
            self.rules.fresh(
                "name",
                [place.slot for place in before],
                self.rules.key("edge", "clusters", 0, "slot"),
            ),
            ("A place is a group of edge hosts on which a cluster is installed.",),
        )
        taken = [host for place in before for host in place.hosts]
        hosts: list[Host] = []
        while not hosts or (yield from self._more(f"edge host in {slot}", len(hosts))):
            hosts.append((yield from self._host([*taken, *hosts])))
        return answers.JsonPathAnswer(slot, tuple(hosts))

    def _host(self, before: Sequence[Host]) -> answers.Asking[Host]:
        n = len(before) + 1
        first = self.hints.edge_url if n == 1 else ""
        url = yield answers.Question(
            "Where does the Local UI of this edge host answer?",
            first or f"https://edge-{n}.example:5080",
            self.rules.fresh("address", [host.url for host in before], self.rules.address),
            ("Such as https://edge-1.lab.example:5080; the first one is a control plane host.",)
            if n == 1
            else (),
        )
        uids = [host.uid for host in before]
        uid = yield answers.Question(
            "By which uid does the target know this host?",
            _fresh("edge", uids),
            self.rules.fresh("uid", uids, self.rules.key("edge", "clusters", 0, "hosts", 0, "uid")),
        )
        return Host(uid, url)

    # --- central and peer -------------------------------------------------------------------

    def central(self) -> answers.Asking[answers.CentralAnswer]:
        """Palette."""
        url = yield answers.Question(
            "Where does Palette's API answer?",
            self.hints.central_url or "https://palette.example",
            self.rules.address,
            ("What administrators ask, such as https://palette.lab.example.",),
        )
        endpoint = yield answers.Question(
            "Which Palette endpoint does an operator enter in Local UI?", url, self.rules.endpoint
        )
        return answers.CentralAnswer(
            url, endpoint, (yield from self._trust("Palette", (url, endpoint)))
        )

    def peer(self, edge: answers.EdgeAnswer) -> answers.Asking[answers.PeerAnswer]:
        """The Palette that the harness plays for the edge hosts."""
        away = answers.is_elsewhere(edge.urls())
        host = yield answers.Question(
            "By which name or address do the edge hosts reach this machine?",
            "this-machine.example" if away else "localhost",
            self.rules.key("peer", "host"),
            ("The harness plays Palette here, and the edge hosts ask it.",),
        )
        port = yield answers.Question(
            "Which is the first of six free ports for that?",
            str(PEER_PORT),
            checks.number(0, 65_530),
            ("Let the edge hosts through to them. 0 takes any that are free.",),
        )
        way = yield answers.Question(
            "How do the edge hosts come to trust that Palette: ca, certificate or plain?",
            answers.PeerTrust.CA.value,
            checks.one_of(way.value for way in answers.PeerTrust),
            (
                "ca: the harness keeps a CA of its own, which you install on them once.",
                "certificate: you have one that they trust.    plain: over HTTP.",
            ),
        )
        cert = ""
        if way == answers.PeerTrust.CERTIFICATE.value:
            cert = yield answers.Question(
                "In which file is the certificate with its key (PEM)?",
                "peer.pem",
                self.rules.key("peer", "cert_file"),
            )
        return answers.PeerAnswer(host, int(port), answers.PeerTrust(way), cert)

    def _trust(self, whom: str, urls: Iterable[str]) -> answers.Asking[answers.TrustAnswer]:
        """How certificates are trusted; nothing is asked where there are none."""
        first = next((url for url in urls if not url.startswith("http://")), "")
        if not first:
            return answers.TrustAnswer()
        way = yield answers.Question(
            f"How are the certificates of {whom} trusted: usual, ca, pinned or insecure?",
            answers.TrustWay.USUAL.value,
            checks.one_of(way.value for way in answers.TrustWay),
            (
                "usual: as this machine trusts others.    ca: by a CA file of yours.",
                "pinned: one certificate alone.    insecure: any, which proves nothing.",
            ),
        )
        match answers.TrustWay(way):
            case answers.TrustWay.CA:
                file = yield answers.Question(
                    "In which file is the CA (PEM)?", None, self.rules.ca_file
                )
                return answers.TrustAnswer(answers.TrustWay.CA, file)
            case answers.TrustWay.PINNED:
                return answers.TrustAnswer(
                    answers.TrustWay.PINNED, (yield from self._pinned(first))
                )
            case found:
                return answers.TrustAnswer(found)

    def _pinned(self, url: str) -> answers.Asking[str]:
        """A fingerprint: what the server shows, once a person has confirmed it, or as typed."""
        look = yield answers.Question(
            f"Ask {url} now which certificate it shows?", "yes", checks.yes_or_no
        )
        if look == "yes":
            shown = yield answers.AskFingerprint(url)
            if not shown.startswith("-"):
                right = yield answers.Question(
                    f"It shows {shown}. Is that the right one?",
                    "no",
                    checks.yes_or_no,
                    ("Compare it with what its maker or its administrator says.",),
                )
                if right == "yes":
                    return shown
        typed = yield answers.Question(
            "Which is the SHA-256 of its certificate?",
            None,
            self.rules.key("tls", "fingerprints", 0),
            ("Such as sha256:AB:CD:… with 32 bytes; openssl x509 -noout -fingerprint -sha256",),
        )
        return typed

    def variable(self, what: str, default: str) -> answers.Question:
        """The question which variable holds a credential."""
        return answers.Question(
            f"Which environment variable holds {what}?",
            default,
            self.rules.key("edge", "login", "username_env"),
            ("Its name, never the value: a file beside the target file may hold that.",),
        )

    def _used_up(self, edge: answers.EdgeAnswer) -> answers.Asking[answers.EdgeAnswer]:
        """Which of the clusters that are given may be paired for good."""
        places: list[answers.JsonPathAnswer] = []
        for place in edge.places:
            answer = yield answers.Question(
                f"May the cluster in {place.slot} be paired for good?",
                "no",
                checks.yes_or_no,
                ("Pairing cannot be taken back, so every accept uses up a cluster.",)
                if not places
                else (),
            )
            reset = ""
            if answer == "yes":
                reset = yield answers.Question(
                    f"Which command makes {place.slot} fresh again? (empty: none)",
                    "",
                    self.rules.optional(self.rules.command_of(RenewCluster)),
                    ("Such as ./lab/reset.sh {slot}; it is not run by a shell.",),
                )
            disposable = answer == "yes"
            places.append(answers.JsonPathAnswer(place.slot, place.hosts, reset, disposable))
        return answers.EdgeAnswer(tuple(places), edge.username_env, edge.password_env, edge.trust)

    # --- the rest -----------------------------------------------------------------------------

    def _features(self, edge: answers.EdgeAnswer | None) -> answers.Asking[tuple[Feature, ...]]:
        spans = max((len(p.hosts) for p in edge.places), default=0) if edge else PLACES_MAX
        offered = [d for d in FEATURES if d.feature is not Feature.MULTI_NODE or spans > 1]
        typed = yield answers.Question(
            f"Which of these does it claim: {', '.join(d.feature.value for d in offered)}?",
            "none",
            checks.some_of(d.feature.value for d in offered),
            tuple(f"{d.feature.value}: {d.claim}" for d in offered),
        )
        return tuple(Feature(name) for name in typed.split(",") if name)

    def _arranging(
        self, edge: answers.EdgeAnswer | None, central: answers.CentralAnswer | None
    ) -> answers.Asking[answers.ArrangeAnswer]:
        offered = [w for w in answers.ArrangeWay if w is not answers.ArrangeWay.API or central]
        typed = yield answers.Question(
            f"Who arranges what no user can: {', '.join(offered)}, or none yet?",
            "none",
            checks.some_of(offered),
            (
                "An unhealthy node, an expired token, a fresh cluster. One or more of:",
                "control: a control port.    commands: commands of yours.",
                *(("api: Palette's own API, for tokens.",) if central else ()),
                "given: what is there already.    person: somebody is asked while it runs.",
                "Without, what needs it is inconclusive; docs/arranging.md says more.",
            ),
        )
        ways = tuple(answers.ArrangeWay(way) for way in typed.split(",") if way)
        control, secret = yield from self._control(ways)
        program = admin = projects = ""
        if answers.ArrangeWay.COMMANDS in ways:
            program = yield answers.Question(
                "Which command arranges it? (empty: it is not there yet)",
                "",
                self.rules.optional(self.rules.program),
                ("Such as ./lab/arrange.py {arrangement}; it gets the rest as JSON.",),
            )
        if answers.ArrangeWay.API in ways:
            what = "the API key of a tenant administrator"
            admin = yield self.variable(what, "PALETTE_ADMIN_KEY")
        if answers.ArrangeWay.GIVEN in ways and central:
            projects = yield answers.Question(
                "Which projects may be used? (uids, with commas; empty: none)",
                "",
                self.rules.optional(checks.texts),
            )
        chosen = tuple(uid for uid in projects.split(",") if uid)
        return answers.ArrangeAnswer(ways, control, secret, program, admin, chosen)

    def _control(self, ways: tuple[answers.ArrangeWay, ...]) -> answers.Asking[tuple[str, str]]:
        if answers.ArrangeWay.CONTROL not in ways:
            return "", ""
        url = yield answers.Question(
            "Where does the control port answer?", "http://127.0.0.1:9000", self.rules.address
        )
        return url, (yield self.variable("its secret", "CONTROL_SECRET"))

    def _links(
        self,
        edge: answers.EdgeAnswer | None,
        central: answers.CentralAnswer | None,
        arranging: answers.ArrangeAnswer,
    ) -> answers.Asking[answers.LinkAnswer]:
        offered = ["control"] if answers.ArrangeWay.CONTROL in arranging.ways else []
        offered += [way.value for way in LinkWay]
        typed = yield answers.Question(
            f"Who cuts the link between a host and Palette: {', '.join(offered)}?",
            offered[0] if edge is None or "control" in offered else LinkWay.NONE.value,
            checks.one_of(offered),
            (
                "proxy: the harness's own, which the edge hosts have to reach.",
                "toxiproxy: a server of that name.    commands: such as tc, or a firewall.",
                "docs/links.md says what each can do, and what it takes over HTTPS.",
            ),
        )
        if typed == "control":
            return answers.LinkAnswer()
        way = LinkWay(typed)
        if way is LinkWay.COMMANDS:
            down, up = (
                (yield from self._link_command("cuts")),
                (yield from self._link_command("mends")),
            )
            return answers.LinkAnswer(way if down and up else None, down=down, up=up)
        if way not in (LinkWay.PROXY, LinkWay.TOXIPROXY):
            return answers.LinkAnswer(way)
        return (yield from self._proxy(way, edge))

    def _link_command(self, does: str) -> answers.Asking[str]:
        word = "down" if does == "cuts" else "up"
        typed = yield answers.Question(
            f"Which command {does} the link of a host? (empty: it is not there yet)",
            "",
            self.rules.optional(self.rules.command_of(SetLink)),
            (f"Such as ./lab/link.sh {word} {{host_uid}}",),
        )
        return typed

    def _proxy(
        self, way: LinkWay, edge: answers.EdgeAnswer | None
    ) -> answers.Asking[answers.LinkAnswer]:
        away = edge is not None and answers.is_elsewhere(edge.urls())
        toxiproxy = ""
        if way is LinkWay.TOXIPROXY:
            toxiproxy = yield answers.Question(
                "Where does Toxiproxy's API answer?", "http://127.0.0.1:8474", self.rules.address
            )
        listen = yield answers.Question(
            "On which address and port does the proxy listen?",
            f"{'0.0.0.0' if away else '127.0.0.1'}:{LINK_PORT}",
            self.rules.key("links", "listen"),
        )
        default = answers.host_of(toxiproxy) if toxiproxy else ""
        host = yield answers.Question(
            "By which name do the edge hosts reach it?",
            default or ("this-machine.example" if away else "localhost"),
            self.rules.key("links", "host"),
        )
        return answers.LinkAnswer(way, listen, host, toxiproxy)

    def _allow(self, urls: tuple[str, ...]) -> answers.Asking[bool]:
        if not answers.is_elsewhere(urls):
            return False
        answer = yield answers.Question(
            "May a run change things there?",
            "no",
            checks.yes_or_no,
            (
                "These addresses are not on this machine. A run sends pairing requests, accepts",
                "and rejects some, and removes what it made. Without this it refuses to begin.",
            ),
        )
        return answer == "yes"


def _fresh(stem: str, taken: Sequence[str]) -> str:
    return next(n for k in range(1, len(taken) + 2) if (n := f"{stem}-{k}") not in taken)
