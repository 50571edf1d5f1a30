"""What is asked about the two sides: where they are, who may log in, whom to trust."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from harness.domain.arrangements import Side
from harness.targets.drafting.answers import (
    CentralAnswer,
    EdgeAnswer,
    HostAnswer,
    PeerAnswer,
    PeerTrust,
    PlaceAnswer,
    TrustAnswer,
    TrustWay,
    is_elsewhere,
)
from harness.targets.drafting.asking import Asking, Hints, Question, Shown
from harness.targets.drafting.checks import (
    Rules,
    number,
    one_of,
    yes_or_no,
)

PEER_PORT = 9440
HOSTS_MAX = 50


@dataclass(slots=True)
class SideQuestions:
    """Asks about the sides of a target."""

    rules: Rules
    hints: Hints = field(default_factory=Hints)

    def sides(self) -> Asking[tuple[tuple[Side, ...], frozenset[Side]]]:
        """The sides that are judged, and those that are described."""
        known = self.hints.sides
        guess = "both" if len(known) == 2 else next(iter(known), Side.EDGE).value
        typed = yield Question(
            "Which side does it play: edge, central or both?",
            guess,
            one_of(("edge", "central", "both")),
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
        real = yield Question(
            f"{'Is' if is_edge else 'Are'} there {other} of somebody else's to try it with?",
            "no",
            yes_or_no,
            (f"Without, the harness plays {other} by its reference.",),
        )
        return (role,), frozenset(Side) if real == "yes" else frozenset({role})

    # --- edge -----------------------------------------------------------------------------

    def edge(self) -> Asking[EdgeAnswer]:
        """The edge hosts."""
        places: list[PlaceAnswer] = []
        while not places or (yield from self._more("cluster", len(places))):
            places.append((yield from self._place(places)))
        username = yield self.variable("the user's name for Local UI", "LOCAL_UI_USERNAME")
        password = yield self.variable("the password for Local UI", "LOCAL_UI_PASSWORD")
        found = EdgeAnswer(tuple(places), username, password)
        trust = yield from self._trust("the edge hosts", found.urls())
        return EdgeAnswer(tuple(places), username, password, trust)

    def _more(self, what: str, so_far: int) -> Asking[bool]:
        if so_far >= HOSTS_MAX:
            return False
        answer = yield Question(
            f"Another {what}?",
            "no",
            yes_or_no,
            (
                "Some scenarios need three clusters at a time."
                if what == "cluster"
                else "Some scenarios need one cluster of five hosts.",
            ),
        )
        return answer == "yes"

    def _place(self, before: Sequence[PlaceAnswer]) -> Asking[PlaceAnswer]:
        slot = yield Question(
            "What do you call this place for a cluster?",
            _fresh("lab", [place.slot for place in before]),
            self.rules.fresh(
                "name",
                [place.slot for place in before],
                self.rules.key("edge", "clusters", "slot"),
            ),
            ("A place is a group of edge hosts on which a cluster is installed.",),
        )
        taken = [host for place in before for host in place.hosts]
        hosts: list[HostAnswer] = []
        while not hosts or (yield from self._more(f"edge host in {slot}", len(hosts))):
            hosts.append((yield from self._host([*taken, *hosts])))
        return PlaceAnswer(slot, tuple(hosts))

    def _host(self, before: Sequence[HostAnswer]) -> Asking[HostAnswer]:
        n = len(before) + 1
        first = self.hints.edge_url if n == 1 else ""
        url = yield Question(
            "Where does the Local UI of this edge host answer?",
            first or f"https://edge-{n}.example:5080",
            self.rules.fresh("address", [host.url for host in before], self.rules.address),
            ("Such as https://edge-1.lab.example:5080; the first one is a control plane host.",)
            if n == 1
            else (),
        )
        uids = [host.uid for host in before]
        uid = yield Question(
            "By which uid does the target know this host?",
            _fresh("edge", uids),
            self.rules.fresh("uid", uids, self.rules.key("edge", "clusters", "hosts", "uid")),
        )
        return HostAnswer(uid, url)

    # --- central and peer -------------------------------------------------------------------

    def central(self) -> Asking[CentralAnswer]:
        """Palette."""
        url = yield Question(
            "Where does Palette's API answer?",
            self.hints.central_url or "https://palette.example",
            self.rules.address,
            ("What administrators ask, such as https://palette.lab.example.",),
        )
        endpoint = yield Question(
            "Which Palette endpoint does an operator enter in Local UI?", url, self.rules.endpoint
        )
        return CentralAnswer(url, endpoint, (yield from self._trust("Palette", (url, endpoint))))

    def peer(self, edge: EdgeAnswer) -> Asking[PeerAnswer]:
        """The Palette that the harness plays for the edge hosts."""
        away = is_elsewhere(edge.urls())
        host = yield Question(
            "By which name or address do the edge hosts reach this machine?",
            "this-machine.example" if away else "localhost",
            self.rules.peer_host,
            ("The harness plays Palette here, and the edge hosts ask it.",),
        )
        port = yield Question(
            "Which is the first of six free ports for that?",
            str(PEER_PORT),
            number(0, 65_530),
            ("Let the edge hosts through to them. 0 takes any that are free.",),
        )
        way = yield Question(
            "How do the edge hosts come to trust that Palette: ca, certificate or plain?",
            PeerTrust.CA.value,
            one_of(way.value for way in PeerTrust),
            (
                "ca: the harness keeps a CA of its own, which you install on them once.",
                "certificate: you have one that they trust.    plain: over HTTP.",
            ),
        )
        cert = ""
        if way == PeerTrust.CERTIFICATE.value:
            cert = yield Question(
                "In which file is the certificate with its key (PEM)?",
                "peer.pem",
                self.rules.key("peer", "cert_file"),
            )
        return PeerAnswer(host, int(port), PeerTrust(way), cert)

    def _trust(self, whom: str, urls: Iterable[str]) -> Asking[TrustAnswer]:
        """How certificates are trusted; nothing is asked where there are none."""
        first = next((url for url in urls if not url.startswith("http://")), "")
        if not first:
            return TrustAnswer()
        way = yield Question(
            f"How are the certificates of {whom} trusted: usual, ca, pinned or insecure?",
            TrustWay.USUAL.value,
            one_of(way.value for way in TrustWay),
            (
                "usual: as this machine trusts others.    ca: by a CA file of yours.",
                "pinned: one certificate alone.    insecure: any, which proves nothing.",
            ),
        )
        match TrustWay(way):
            case TrustWay.CA:
                file = yield Question("In which file is the CA (PEM)?", None, self.rules.ca_file)
                return TrustAnswer(TrustWay.CA, file)
            case TrustWay.PINNED:
                return TrustAnswer(TrustWay.PINNED, (yield from self._pinned(first)))
            case found:
                return TrustAnswer(found)

    def _pinned(self, url: str) -> Asking[str]:
        """A fingerprint: what the server shows, once a person has confirmed it, or as typed."""
        look = yield Question(f"Ask {url} now which certificate it shows?", "yes", yes_or_no)
        if look == "yes":
            shown = yield Shown(url)
            if not shown.startswith("-"):
                right = yield Question(
                    f"It shows {shown}. Is that the right one?",
                    "no",
                    yes_or_no,
                    ("Compare it with what its maker or its administrator says.",),
                )
                if right == "yes":
                    return shown
        typed = yield Question(
            "Which is the SHA-256 of its certificate?",
            None,
            self.rules.fingerprint,
            ("Such as sha256:AB:CD:… with 32 bytes; openssl x509 -noout -fingerprint -sha256",),
        )
        return typed

    def variable(self, what: str, default: str) -> Question:
        """The question which variable holds a credential."""
        return Question(
            f"Which environment variable holds {what}?",
            default,
            self.rules.key("edge", "login", "username_env"),
            ("Its name, never the value: a file beside the target file may hold that.",),
        )


def _fresh(stem: str, taken: Sequence[str]) -> str:
    """A name that is not taken."""
    return next(n for k in range(1, len(taken) + 2) if (n := f"{stem}-{k}") not in taken)
