"""What is asked of a person: the keys that a first target file needs, by their own sentences, and
what decides which these are.

Asking is a generator without a terminal: it yields questions and gets what their checks return, so
that a terminal, `--defaults` and tests drive the same thing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from urllib.parse import urlsplit

from harness.catalogue.requirement import FEATURES
from harness.configuration.toml_lines import Path as Key
from harness.configuration.toml_lines import dotted
from harness.domain.arrangements import Side
from harness.loopback import LOOPBACK, is_loopback, is_loopback_host
from harness.targets.drafting.filling import (
    AskFingerprint,
    Asking,
    Check,
    Filling,
    Hints,
    Question,
    command,
    one_of,
    sentence_of,
    some_of,
    yes_or_no,
)
from harness.targets.links.reading import LinkWay
from harness.targets.target_keys import TARGETS

LINK_PORT = 7443
PEER_PORT = 9440
HOSTS_MAX = 50
_ARRANGE = ("control", "commands", "api", "given", "person")


class Interview:
    """Fills in all that a first target file needs."""

    def __init__(self, filling: Filling, hints: Hints) -> None:
        self._file = filling
        self._hints = hints

    def run(self) -> Asking[None]:
        """Ask it all."""
        name = self._hints.name or "My implementation"
        yield from self._ask(("implementation", "name"), name)
        yield from self._ask(("implementation", "version"), self._hints.version)
        yield from self._ask(("implementation", "organization"))
        described = yield from self._sides()
        if Side.EDGE in described:
            yield from self._edge()
        if Side.CENTRAL in described:
            yield from self._central()
        elif Side.EDGE in described:
            yield from self._peer()
        self._share_trust()
        claims = [f"{each.feature.value}: {each.claim}" for each in FEATURES]
        yield from self._ask(("features",), "none", *claims)
        ways = yield from self._arranging()
        yield from self._links(ways)
        central = self._file.at("central", "url")
        if not _are_local([*self._edge_urls(), *([central] if central else [])]):
            may = yield from self._whether(
                "May a run change things there?",
                "These addresses are not on this machine. A run sends pairing requests, accepts",
                "and rejects some, and removes what it made. Without this it refuses to begin.",
            )
            self._file.put(("allow_writes",), may or None)

    # --- how it is asked ------------------------------------------------------------------

    def _ask(
        self, key: Key, default: str | None = "", *about: str, meant: Check | None = None
    ) -> Asking[str]:
        """Ask for what a key holds; where the default is empty, it may be left out. Of a variable
        its name is asked, and never the value: a file beside the target file may hold that.
        """
        if str(key[-1]).endswith("_env"):
            self._file.put(key, default)
        check = self._file.check(key, meant)
        if default == "":
            check = _or_nothing(check)
        text = f"{dotted(key)}: {sentence_of(TARGETS.at(key))}"
        answer = yield Question(text, default, check, about)
        self._file.put(key, answer)
        return str(answer)

    def _whether(self, text: str, *about: str, default: str = "no") -> Asking[bool]:
        answer: bool = yield Question(text, default, yes_or_no, about)
        return answer

    def _one_of(
        self, text: str, names: Sequence[str], *about: str, default: str = ""
    ) -> Asking[str]:
        """Ask for one of a few words; the first one is the default where none is named."""
        listed = f"{', '.join(names[:-1])} or {names[-1]}"
        answer: str = yield Question(
            f"{text}: {listed}?", default or names[0], one_of(names), about
        )
        return answer

    def _several(
        self, one: Callable[[int], Asking[None]], another: Callable[[], str], about: str
    ) -> Asking[None]:
        for n in range(HOSTS_MAX):
            if n and not (yield from self._whether(another(), about)):
                return
            yield from one(n)

    def _fresh(self, form: str, taken: Iterable[str]) -> str:
        known = frozenset(taken)
        return next(name for n in range(1, 9_999) if (name := form.format(n)) not in known)

    # --- the sides ------------------------------------------------------------------------

    def _sides(self) -> Asking[frozenset[Side]]:
        """The sides that are judged, and those that are described."""
        known = self._hints.sides
        guess = "both" if len(known) == 2 else next(iter(known), Side.EDGE).value
        role = yield from self._one_of(
            "Which side does it play",
            (*Side, "both"),
            "edge: edge hosts with a Local UI, which ask to be taken over.",
            "central: a Palette, which takes clusters over.",
            default=guess,
        )
        roles = list(Side) if role == "both" else [Side(role)]
        self._file.put(("roles",), [side.value for side in roles])
        if len(roles) == 2:
            return frozenset(Side)
        is_edge = roles == [Side.EDGE]
        other = "a Palette" if is_edge else "edge hosts"
        real = yield from self._whether(
            f"{'Is' if is_edge else 'Are'} there {other} of somebody else's to try it with?",
            f"Without, the harness plays {other} by its reference.",
        )
        if not real and not is_edge:
            self._file.put(("peer",), {"clusters": 4, "hosts": 3})
        return frozenset(Side) if real else frozenset(roles)

    def _edge(self) -> Asking[None]:
        login = ("edge", "login")
        self._file.put(login, {"username_env": "USER", "password_env": "PASSWORD"})
        about = "Some scenarios need three clusters at a time."
        yield from self._several(self._place, lambda: "Another cluster?", about)
        yield from self._ask((*login, "username_env"), "LOCAL_UI_USERNAME")
        yield from self._ask((*login, "password_env"), "LOCAL_UI_PASSWORD")
        yield from self._trust("the edge hosts", self._edge_urls(), Side.EDGE)

    def _place(self, number: int) -> Asking[None]:
        place: Key = ("edge", "clusters", number)
        before = self._file.at("edge", "clusters") or []
        name = self._fresh("lab-{}", [each["slot"] for each in before])
        self._file.put(place, {"slot": name, "hosts": []})

        def host(n: int) -> Asking[None]:
            host: Key = (*place, "hosts", n)
            url = self._fresh("https://edge-{}.example:5080", self._edge_urls())
            url = url if self._edge_urls() else self._hints.edge_url or url
            uid = self._fresh("edge-{}", [each["uid"] for each in self._edge_hosts()])
            self._file.put(host, {"uid": uid, "url": url})
            if n == 0:
                yield from self._ask((*place, "slot"), name)
            yield from self._ask((*host, "url"), url)
            yield from self._ask((*host, "uid"), uid)

        about = "Some scenarios need one cluster of five hosts."
        yield from self._several(
            host, lambda: f"Another edge host in {self._file.at(*place, 'slot')}?", about
        )

    def _edge_hosts(self) -> list[dict[str, str]]:
        places = self._file.at("edge", "clusters") or []
        return [host for place in places for host in place["hosts"]]

    def _edge_urls(self) -> list[str]:
        return [host["url"] for host in self._edge_hosts()]

    def _central(self) -> Asking[None]:
        url = self._hints.central_url or "https://palette.example"
        self._file.put(("central", "url"), url)
        url = yield from self._ask(("central", "url"), url)
        endpoint = yield from self._ask(("central", "endpoint"), url)
        yield from self._trust("Palette", (url, endpoint), Side.CENTRAL)

    def _peer(self) -> Asking[None]:
        """The Palette that the harness plays for the edge hosts."""
        about = "The harness plays Palette on this machine, and the edge hosts ask it."
        host = yield from self._ask(("peer", "host"), self._here(), about)
        here, everywhere = ("::1", "::") if ":" in host else (LOOPBACK, "0.0.0.0")
        self._file.put(("peer", "bind"), here if is_loopback_host(host) else everywhere)
        yield from self._ask(("peer", "port"), str(PEER_PORT))
        way = yield from self._one_of(
            "How do the edge hosts come to trust that Palette",
            ("ca", "certificate", "plain"),
            "ca: the harness keeps a CA of its own, which you install on them once.",
            "certificate: you have one that they trust.    plain: over HTTP.",
        )
        if way == "certificate":
            yield from self._ask(("peer", "cert_file"), "peer.pem")
        elif way == "ca":
            self._file.put(("peer", "ca_out"), "pairproof-ca.pem")
        else:
            self._file.put(("peer", "tls"), False)

    def _here(self) -> str:
        """By which name the edge hosts reach this machine."""
        return "localhost" if _are_local(self._edge_urls()) else "this-machine.example"

    # --- trust ----------------------------------------------------------------------------

    def _trust(self, whom: str, urls: Iterable[str], side: Side) -> Asking[None]:
        """How certificates are trusted; nothing is asked where there are none."""
        url = next((url for url in urls if not url.startswith("http://")), "")
        if not url:
            return
        at = (side.value, "tls")
        way = yield from self._one_of(
            f"How are the certificates of {whom} trusted",
            ("usual", "ca", "pinned", "insecure"),
            "usual: as this machine trusts others.    ca: by a CA file of yours.",
            "pinned: one certificate alone.    insecure: any, which proves nothing.",
        )
        if way == "ca":
            yield from self._ask((*at, "ca_file"), None)
        elif way == "pinned":
            yield from self._pinned(url, (*at, "fingerprints", 0))
        elif way == "insecure":
            self._file.put((*at, "insecure"), True)

    def _pinned(self, url: str, key: Key) -> Asking[None]:
        """A fingerprint: what the server shows, once a person has confirmed it, or as typed."""
        if (yield from self._whether(f"Ask {url} now which certificate it shows?", default="yes")):
            shown = yield AskFingerprint(url)
            if not shown.startswith("-") and (
                yield from self._whether(
                    f"It shows {shown}. Is that the right one?",
                    "Compare it with what its maker or its administrator says.",
                )
            ):
                self._file.put(key, shown)
                return
        about = "Such as sha256:AB:CD:… with 32 bytes; openssl x509 -noout -fingerprint -sha256"
        yield from self._ask(key, None, about)

    def _share_trust(self) -> None:
        """Where it is the same for all that is described, it is that of `[tls]`."""
        sides = [self._file.data[side.value] for side in sorted(self._file.sides)]
        first = sides[0].get("tls")
        if first and all(side.get("tls") == first for side in sides):
            for side in sides:
                del side["tls"]
            self._file.put(("tls",), first)

    # --- the rest -------------------------------------------------------------------------

    def _arranging(self) -> Asking[list[str]]:
        is_central = Side.CENTRAL in self._file.sides
        offered = [way for way in _ARRANGE if way != "api" or is_central]
        ways: list[str] = yield Question(
            f"Who arranges what no user can: {', '.join(offered)}, or none yet?",
            "none",
            some_of(offered),
            (
                "An unhealthy node, an expired token, a fresh cluster. One or more of:",
                "control: a control port.    commands: commands of yours.",
                *(("api: Palette's own API, for tokens.",) if is_central else ()),
                "given: what is there already.    person: somebody is asked while it runs.",
                "Without, what needs it is inconclusive; docs/arranging.md says more.",
            ),
        )
        if "control" in ways:
            url = "http://127.0.0.1:9000"
            self._file.put(("control",), {"url": url, "secret_env": "CONTROL_SECRET"})
            yield from self._ask(("control", "url"), url)
            yield from self._ask(("control", "secret_env"), "CONTROL_SECRET")
        if "commands" in ways:
            about = "Such as ./lab/arrange.py {arrangement}; it gets the rest as JSON."
            yield from self._ask(("arrange", "commands", "*", "command"), "", about, meant=command)
        if "api" in ways:
            yield from self._ask(("central", "admin", "api_key_env"), "PALETTE_ADMIN_KEY")
        if "given" in ways:
            yield from self._given(is_central)
        return ways

    def _given(self, is_central: bool) -> Asking[None]:
        if is_central:
            yield from self._ask(("given", "projects"))
        if Side.EDGE not in self._file.sides:
            return
        self._file.put(("given", "clusters"), True)
        for n, place in enumerate(self._file.at("edge", "clusters")):
            key: Key = ("edge", "clusters", n)
            if not (
                yield from self._whether(
                    f"May the cluster in {place['slot']} be paired for good?",
                    "Pairing cannot be taken back, so every accept uses up a cluster.",
                )
            ):
                continue
            self._file.put((*key, "disposable"), True)
            about = f"Such as ./lab/reset.sh {{slot}}, which makes {place['slot']} fresh again."
            yield from self._ask((*key, "reset", "command"), "", about, meant=command)

    def _links(self, ways: list[str]) -> Asking[None]:
        offered = [*(("control",) if "control" in ways else ()), *LinkWay]
        is_played = Side.EDGE not in self._file.sides
        way = yield Question(
            f"Who cuts the link between a host and Palette: {', '.join(offered)}?",
            offered[0] if is_played or "control" in offered else LinkWay.NONE,
            one_of(offered),
            (
                "proxy: the harness's own, which the edge hosts have to reach.",
                "toxiproxy: a server of that name.    commands: such as tc, or a firewall.",
                "docs/links.md says what each can do, and what it takes over HTTPS.",
            ),
        )
        if way != "control":
            self._file.put(("links", "way"), str(way))
        if way in (LinkWay.PROXY, LinkWay.TOXIPROXY):
            yield from self._proxy(way)
        elif way == LinkWay.COMMANDS:
            yield from self._link_commands()
        if self._file.at("links", "way") not in (None, LinkWay.NONE):
            ways = [*ways, "link"]
        if ways:
            self._file.put(("arrange", "ways"), ways)

    def _link_commands(self) -> Asking[None]:
        at = ("links", "commands")
        self._file.put(at, {name: {"command": ["true"]} for name in ("down", "up")})
        for name in ("down", "up"):
            about = f"Such as ./lab/link.sh {name} {{host_uid}}, of the link of one host."
            typed = yield from self._ask((*at, name, "command"), "", about, meant=command)
            if not typed:
                self._file.data.pop("links", None)
                return

    def _proxy(self, way: str) -> Asking[None]:
        host = self._here()
        if way == LinkWay.TOXIPROXY:
            key, url = ("links", "toxiproxy", "url"), "http://127.0.0.1:8474"
            self._file.put(key, url)
            url = yield from self._ask(key, url)
            host = urlsplit(url).hostname or host
        on = LOOPBACK if self._here() == "localhost" else "0.0.0.0"
        yield from self._ask(("links", "listen"), f"{on}:{LINK_PORT}")
        yield from self._ask(("links", "host"), host)


def _or_nothing(check: Check) -> Check:
    return lambda text: check(text) if text else ""


def _are_local(urls: Iterable[str]) -> bool:
    return all(map(is_loopback, urls))
