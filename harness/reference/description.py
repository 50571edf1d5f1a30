"""A running reference, described as a target file and the credentials that it names.

Written as text: the reference does not know how a harness reads it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from harness import __version__
from harness.domain.arrangements import Side
from harness.domain.endpoint import EndpointForm
from harness.reference.certificates import fingerprint
from harness.reference.embedded import EmbeddedReference
from harness.reference.pages.filters import as_segment
from harness.reference.palette.frame import CLUSTERS, REVIEW
from harness.reference.palette.wizard import WizardStep
from harness.reference.palette.wizard_pages import step_path
from harness.reference.server import LOOPBACK

USERNAME_VARIABLE = "PAIRPROOF_LOCAL_UI_USERNAME"
PASSWORD_VARIABLE = "PAIRPROOF_LOCAL_UI_PASSWORD"
CONTROL_VARIABLE = "PAIRPROOF_CONTROL_SECRET"

_STEPS = {
    "warning": WizardStep.WARNING,
    "details": WizardStep.CLUSTER,
    "match": WizardStep.PROFILES,
    "review": WizardStep.REVIEW,
}
"""The pages of the wizard, as a target file calls them."""

LIMITS = {"stays_s": 0.1, "poll_s": 0.02}
"""Its agents are at work every 20 ms: what they would do, they have done in a tenth of a second."""

FEATURES = ("pages", "scopes", "multi-node", "clock", "management-switch")
"""What the reference claims, as the catalogue names it."""


def target_text(reference: EmbeddedReference, ca_file: Path | None = None) -> str:
    """The target file (TOML) that describes it, trusting `ca_file` (its own without one).

    Where it plays one side only, the file describes that one, and the harness plays the other.
    """
    sides = {Side.EDGE: _edge, Side.CENTRAL: _central}
    lines = [*_head(reference)]
    for side, table in sides.items():
        if side in reference.layout.sides:
            lines += table(reference)
    limits = {**LIMITS, **reference.behaviour.limits}
    lines += ["", "[limits]", *(f"{name} = {value}" for name, value in limits.items())]
    for name, said in (
        ("words", reference.behaviour.words),
        ("permissions", reference.behaviour.permissions),
    ):
        lines += ["", f"[{name}]", *(f"{ours} = {json.dumps(own)}" for ours, own in said.items())]
    lines += ["", *_pages(reference)]
    lines += ["", "[tls]", *_tls(reference, ca_file)]
    lines += _control(reference)
    return "\n".join(lines) + "\n"


def environment(reference: EmbeddedReference) -> dict[str, str]:
    """The variables that the target file names. Secrets."""
    username, password = reference.local_user
    login = {USERNAME_VARIABLE: username, PASSWORD_VARIABLE: password}
    control = {CONTROL_VARIABLE: reference.secrets.control}
    return (login if reference.addresses.local_ui else {}) | control


def _head(reference: EmbeddedReference) -> Iterator[str]:
    roles = [side.value for side in Side if side in reference.layout.sides]
    yield _line("schema", "pairproof/target/1")
    yield f"roles = {json.dumps(roles)}"
    if reference.layout.bind != LOOPBACK or reference.layout.host != "localhost":
        yield "allow_writes = true"
    claimed = (*FEATURES, *reference.behaviour.features)
    features = [f for f in claimed if f != "multi-node" or reference.layout.hosts > 1]
    yield f"features = {json.dumps(features)}"
    without = (
        f", {kind.__name__} = false" for kind in sorted(reference.behaviour.not_offered, key=str)
    )
    yield f"offers = {{ ReleaseCentralCluster = true, UpdateStack = true{''.join(without)} }}"
    yield ""
    yield "[implementation]"
    yield _line("name", reference.behaviour.called)
    yield _line("version", __version__)


def _edge(reference: EmbeddedReference) -> Iterator[str]:
    yield from ("", "[edge.login]")
    yield _line("username_env", USERNAME_VARIABLE)
    yield _line("password_env", PASSWORD_VARIABLE)
    for path, stack in reference.behaviour.edge.archives:
        yield from ("", "[[edge.archives]]", _line("path", path))
        for profile in stack:
            yield from ("[[edge.archives.profiles]]", _line("name", profile.name))
            yield from (_line("type", profile.type), _line("version", profile.version))
            packs = (
                f"layer = {json.dumps(p.layer)}, name = {json.dumps(p.name)},"
                f" version = {json.dumps(p.version)}"
                for p in profile.packs
            )
            yield f"packs = [{', '.join(f'{{ {pack} }}' for pack in packs)}]"
    for slot in reference.slots:
        yield from ("", "[[edge.clusters]]", _line("slot", slot.uid), "hosts = [")
        for host_uid in slot.host_uids:
            url = reference.addresses.local_ui[host_uid]
            yield f"    {{ uid = {json.dumps(host_uid)}, url = {json.dumps(url)} }},"
        yield "]"


def _central(reference: EmbeddedReference) -> Iterator[str]:
    palette = reference.addresses.palette
    yield from ("", "[central]", _line("url", reference.addresses.people))
    if palette[EndpointForm.USABLE] != reference.addresses.people:
        yield _line("endpoint", palette[EndpointForm.USABLE])
    yield from ("", "[central.endpoint_forms]")
    yield from (_line(form.value, address) for form, address in palette.items())


def _pages(reference: EmbeddedReference) -> Iterator[str]:
    """What its pages say themselves, and the addresses of those of Palette, by which somebody could
    try to get around a step.
    """
    yield from filter(None, [reference.behaviour.pages])
    if Side.CENTRAL in reference.layout.sides and reference.behaviour.have_addresses:
        pages = {"clusters": CLUSTERS, "requests": REVIEW}
        pages |= {page: step_path("{}", step) for page, step in _STEPS.items()}
        for page, path in pages.items():
            address = path.replace(as_segment("{}"), "{pairing_uid}")
            yield f"[pages.page.{page}]"
            yield _line("address", address)


def _tls(reference: EmbeddedReference, ca_file: Path | None) -> Iterator[str]:
    """What to trust: its CA, or the certificate alone that it was given to show."""
    given = reference.layout.cert_file
    if given is None:
        yield _line("ca_file", str(ca_file or reference.ca_file))
    else:
        yield f"fingerprints = {json.dumps([fingerprint(given)])}"


def _control(reference: EmbeddedReference) -> Iterator[str]:
    """The control port, of both sides or of the one that is played."""
    sides = [side.value for side in Side if side in reference.layout.sides]
    table = "control" if len(sides) > 1 else f"{sides[0]}.control"
    yield from ("", f"[{table}]", _line("url", reference.addresses.control))
    yield _line("secret_env", CONTROL_VARIABLE)


def _line(key: str, value: str) -> str:
    """One assignment. JSON's texts are TOML's too, as long as no DEL is in them."""
    return f"{key} = {json.dumps(value)}"
