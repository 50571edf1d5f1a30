"""A target file from answers and documents: TOML with comments that say what is still missing."""

from __future__ import annotations

import json
import os
import shlex
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.configuration.toml_writing import assignment, toml
from harness.domain.arrangements import Side
from harness.domain.operations import Surface
from harness.loopback import LOOPBACK, is_loopback_host
from harness.targets.drafting.answers import (
    Answers,
    ArrangeWay,
    CentralAnswer,
    EdgeAnswer,
    Hints,
    JsonPathAnswer,
    PeerAnswer,
    PeerTrust,
    TrustAnswer,
    TrustWay,
)
from harness.targets.drafting.checks import Rules, WrongAnswer
from harness.targets.drafting.matching import Certainty, matched
from harness.targets.drafting.openapi import Document
from harness.targets.drafting.wire_draft import WireDraft, wire_draft
from harness.targets.links.reading import LinkWay
from harness.targets.target_file import read_target
from harness.targets.target_keys import SCHEMA

_Lines = Iterator[str]

_NO_WIRE = (
    "\n# --- another wire ------------------------------------------------------------------\n"
    "# Where paths, names, codes or words are not as docs/wire.md says, map them:\n"
    "# [paths.ViewPairing]\n"
    '# path = "/api/pairing"'
)

_LIMITS = (
    "",
    "# --- where the defaults do not fit ---",
    "# [limits]",
    "# await_s = 20        # what must become true has to be seen within this time",
    "# answer_s = 60       # an operation without an answer by then has an unknown outcome",
    "# [rate_limit]",
    "# per_second = 20     # requests that each address is sent at most",
    "# [network]",
    '# proxy = "http://proxy.example:3128"',
)


def draft_text(answers: Answers, file: str, wire: str = "") -> str:
    """The target file. `file` is its name, `wire` the tables of a mapping."""
    lines = [*_head(answers), *_described(answers), *_arranging(answers), *_links(answers)]
    lines += [*_LIMITS, wire.rstrip("\n") or _NO_WIRE, ""]
    lines += [
        "# Next: fill in the credentials, then see what is still missing:",
        f"#   pairproof doctor --target {json.dumps(file)[1:-1]}",
    ]
    return "\n".join(lines) + "\n"


def env_template(variables: Sequence[str]) -> str:
    """The file of credentials, without any."""
    lines = ["# Fill in the values. Only you may read this file (mode 600); keep it out of git."]
    return "\n".join([*lines, *(f"{name}=" for name in variables)]) + "\n"


def _head(answers: Answers) -> _Lines:
    yield "# A target file: what is certified, and how it is reached. docs/target-file.md explains"
    yield "# every key. Paths of files start at this file's folder."
    yield assignment("schema", SCHEMA)
    roles = [side.value for side in answers.roles]
    yield f"{assignment('roles', roles)}  # the sides that are judged"
    claimed = [feature.value for feature in answers.features]
    yield f"{assignment('features', claimed)}  # claimed beyond the plain procedure"
    if answers.allow_writes:
        yield "allow_writes = true  # a run may change things at addresses that are elsewhere"
    else:
        yield "# allow_writes = true  # a run begins only with this, unless all is on this machine"
    yield from ("", "[implementation]", assignment("name", answers.name))
    for key, value in (("version", answers.version), ("organization", answers.organization)):
        yield assignment(key, value) if value else f'# {key} = "…"'
    yield from ('# url = "…"', '# contact = "…"')


# --- the sides ----------------------------------------------------------------------------


def _described(answers: Answers) -> _Lines:
    sides = [side.trust for side in (answers.edge, answers.central) if side is not None]
    # Where it is the same for all that is described, it is that of `[tls]`.
    shared = sides[0] if len(set(sides)) == 1 else None
    if answers.edge is not None:
        yield from _edge(answers.edge)
        yield from () if shared else _tls("edge.tls", answers.edge.trust)
    if answers.central is not None:
        yield from _central(answers.central)
        yield from () if shared else _tls("central.tls", answers.central.trust)
    if shared:
        yield from _tls("tls", shared)
    if Side.CENTRAL not in answers.described and answers.peer is not None:
        yield from _peer(answers.peer)
    if Side.EDGE not in answers.described:
        yield from ("", "[peer]  # the harness plays the edge hosts")
        yield from ("clusters = 4  # places for clusters", "hosts = 3  # edge hosts in each")


def _edge(edge: EdgeAnswer) -> _Lines:
    yield from ("", "[edge.login]  # a user of the hosts' operating system; names of variables")
    yield assignment("username_env", edge.username_env)
    yield assignment("password_env", edge.password_env)
    for place in edge.places:
        yield from _place(place)


def _place(place: JsonPathAnswer) -> _Lines:
    yield from ("", "[[edge.clusters]]", assignment("slot", place.slot), "hosts = [")
    for host in place.hosts:
        yield f"    {{ uid = {toml(host.uid)}, url = {toml(host.url)} }},"
    yield "]"
    if place.disposable:
        yield "disposable = true  # its cluster may be paired for good"
    if place.reset:
        yield f"reset = {{ {assignment('command', shlex.split(place.reset))}, timeout_s = 900 }}"


def _central(central: CentralAnswer) -> _Lines:
    yield from ("", "[central]", f"{assignment('url', central.url)}  # what administrators ask")
    yield f"{assignment('endpoint', central.endpoint)}  # what an operator enters in Local UI"
    yield from ("", "# [central.endpoint_forms]  # bad endpoints that edge hosts can reach (PRE-6)")
    yield from ('# untrusted = "https://…"', '# silent = "https://…"', '# refusing = "https://…"')


def _tls(table: str, trust: TrustAnswer) -> _Lines:
    match trust.way:
        case TrustWay.USUAL:
            yield from ("", f"# [{table}]  # certificates are trusted as this machine trusts them")
            yield '# ca_file = "ca.pem"'
        case TrustWay.CA:
            yield from ("", f"[{table}]  # what a CA of this file has signed is trusted")
            yield assignment("ca_file", trust.value)
        case TrustWay.PINNED:
            yield from ("", f"[{table}]  # this certificate alone is trusted; add others here")
            yield assignment("fingerprints", [trust.value])
        case TrustWay.INSECURE:
            yield from ("", f"[{table}]  # any certificate: good for a lab, and for nothing else")
            yield "insecure = true"


def _peer(peer: PeerAnswer) -> _Lines:
    yield from ("", "[peer]  # the harness plays Palette, and the edge hosts reach it here")
    yield f"{assignment('bind', _bind(peer.host))}  # the address that it listens on"
    yield assignment("host", peer.host)
    yield f"port = {peer.port}  # the first of six"
    match peer.trust:
        case PeerTrust.CA:
            yield 'ca_out = "pairproof-ca.pem"  # made at the first run: install it on the hosts'
        case PeerTrust.CERTIFICATE:
            yield assignment("cert_file", peer.cert_file)
        case PeerTrust.PLAIN:
            yield "tls = false  # over plain HTTP"


def _bind(host: str) -> str:
    """Where to listen for those who come by this name: here alone, or everywhere."""
    here, everywhere = ("::1", "::") if ":" in host else (LOOPBACK, "0.0.0.0")
    return here if is_loopback_host(host) else everywhere


# --- arranging and links ------------------------------------------------------------------


def _arranging(answers: Answers) -> _Lines:
    yield from ("", "# --- preconditions: docs/arranging.md ---")
    ways = [way.value for way in answers.arranging.ways]
    if answers.links.way not in (None, LinkWay.NONE):
        ways += ["link"]
    if ways:
        yield from ("", "[arrange]", f"{assignment('ways', ways)}  # tried in this order")
    else:
        yield "# Nobody arranges anything yet: what needs a precondition is inconclusive."
    if ArrangeWay.PERSON in answers.arranging.ways:
        yield "# A person is asked on the terminal: pairproof certify --interactive --operator NAME"
    yield from _commands(answers)
    if answers.arranging.control_url:
        yield from ("", "[control]", assignment("url", answers.arranging.control_url))
        yield assignment("secret_env", answers.arranging.control_env)
    if answers.arranging.admin_env:
        yield from ("", "[central.admin]  # an administrator of the tenant")
        yield assignment("api_key_env", answers.arranging.admin_env)
    yield from _given(answers)


def _commands(answers: Answers) -> _Lines:
    arranging = answers.arranging
    if arranging.program:
        yield from ("", '[arrange.commands."*"]  # gets the arrangement as JSON; 3 means: I cannot')
        yield assignment("command", shlex.split(arranging.program))
    elif ArrangeWay.COMMANDS in arranging.ways:
        yield from ("", "# Which command arranges what? The program has to be there.")
        yield from ('# [arrange.commands."*"]', '# command = ["./lab/arrange.py", "{arrangement}"]')


def _given(answers: Answers) -> _Lines:
    if ArrangeWay.GIVEN not in answers.arranging.ways:
        return
    yield from ("", "[given]  # what is there already, for scenarios to use as it is")
    if answers.edge is not None:
        yield "clusters = true  # the clusters that are installed in the places above"
    if answers.central is not None:
        projects = answers.arranging.projects
        yield assignment("projects", projects) if projects else '# projects = ["uid of a project"]'
        yield from ("", "# Who has which permissions on pairing requests? For each of them:")
        yield from ("# [[given.people]]", '# label = "administrator"')
        yield '# api_key_env = "PALETTE_KEY_1"'


def _links(answers: Answers) -> _Lines:
    links = answers.links
    yield from ("", "# --- cutting links: docs/links.md ---")
    if links.way is None:
        told = "The control port cuts them." if answers.arranging.control_url else "Nobody yet."
        yield from (f"# {told}", "# [links]", '# way = "proxy"')
        return
    yield from ("", "[links]", assignment("way", links.way.value))
    if links.listen:
        yield assignment("listen", links.listen)
        yield f"{assignment('host', links.host)}  # how the edge hosts reach it"
    if links.toxiproxy_url:
        yield from ("", "[links.toxiproxy]", assignment("url", links.toxiproxy_url))
    if links.way is LinkWay.COMMANDS:
        for name, command in (("down", links.down), ("up", links.up)):
            yield from ("", f"[links.commands.{name}]", assignment("command", shlex.split(command)))


# --- the end ------------------------------------------------------------------------------


_SIDE_OF = {Surface.LOCAL_UI: Side.EDGE, Surface.PALETTE: Side.CENTRAL, Surface.AGENT: Side.CENTRAL}


def hints_of(documents: Sequence[Document]) -> Hints:
    """What documents say before anything is asked: which sides, where, and what it is called."""
    sides: dict[Side, str] = {}
    for document in documents:
        sides.update(dict.fromkeys(_sides_of(document), document.server))
    first = documents[0] if documents else None
    return Hints(
        sides=frozenset(sides),
        edge_url=_address(sides.get(Side.EDGE, "")),
        central_url=_address(sides.get(Side.CENTRAL, "")),
        name=_plain(first.title) if first else "",
        version=_plain(first.version) if first else "",
    )


def _sides_of(document: Document) -> frozenset[Side]:
    """The sides that a document describes: those that are sure, or the likeliest one."""
    matches = matched([document], Surface).values()
    counts: dict[Side, float] = defaultdict(float)
    for match in matches:
        counts[_SIDE_OF[match.route.surface]] += match.likeness
    sure = {_SIDE_OF[m.route.surface] for m in matches if m.certainty is Certainty.FOUND}
    return frozenset(sure or sorted(counts, key=lambda side: -counts[side])[:1])


def _address(text: str) -> str:
    """An address of somebody else's that may be offered as an answer, or nothing."""
    try:
        return Rules(Path(), "").address(text)
    except WrongAnswer:
        return ""


def _plain(text: str) -> str:
    """A text of somebody else's that may be offered as an answer, or nothing."""
    return text.strip() if text.isprintable() and len(text) <= 80 else ""


def wire_of(documents: Sequence[Document], described: frozenset[Side]) -> WireDraft:
    """The mapping for the sides that a file describes."""
    surfaces = [Surface.LOCAL_UI] if Side.EDGE in described else []
    if Side.CENTRAL in described:
        surfaces += [Surface.PALETTE, Surface.AGENT]
    else:  # what edge hosts ask of Palette may stand in the documents all the same
        asked = matched(documents, [Surface.AGENT]).values()
        surfaces += [Surface.AGENT] if any(m.certainty is Certainty.FOUND for m in asked) else []
    return wire_draft(documents, surfaces)


def composed(answers: Answers, wire: WireDraft | None, out: Path) -> str:
    """The target file, which has been read once.

    Raises:
        TargetFileError: it cannot be read, which no answer should bring about.
    """
    text = draft_text(answers, str(out), wire.text() if wire else "")
    environment = dict.fromkeys(answers.variables(), "to be filled in")
    path = {"PATH": os.environ.get("PATH", os.defpath)}
    read_target(text, str(out), out.parent, {**path, **environment})
    return text
