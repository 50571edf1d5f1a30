"""A running reference, described as a target file and the credentials that it names.

Written as text: the reference does not know how a harness reads it.
"""

from __future__ import annotations

import json
from pathlib import Path

from jinja2 import Environment, StrictUndefined

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

TEMPLATE = Path(__file__).with_name("description.toml.j2")
"""A target file, with places for what a reference is."""

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
    layout, behaviour, addresses = reference.layout, reference.behaviour, reference.addresses
    claimed = (*FEATURES, *behaviour.features)
    made = Environment(trim_blocks=True, undefined=StrictUndefined)
    made.filters["text"] = json.dumps  # JSON's are TOML's too, as long as no DEL is in them
    text = made.from_string(TEMPLATE.read_text("utf-8")).render(
        username_env=USERNAME_VARIABLE,
        password_env=PASSWORD_VARIABLE,
        secret_env=CONTROL_VARIABLE,
        sides=[side.value for side in Side if side in layout.sides],
        allow_writes=layout.bind != LOOPBACK or layout.host != "localhost",
        behaviour=behaviour,
        addresses=addresses,
        slots=reference.slots,
        version=__version__,
        features=[f for f in claimed if f != "multi-node" or layout.hosts > 1],
        not_offered=sorted(behaviour.not_offered, key=str),
        endpoint=addresses.palette.get(EndpointForm.USABLE),
        limits={**LIMITS, **behaviour.limits},
        pages=_addresses_of_pages(reference),
        ca_file=str(ca_file or reference.ca_file),
        fingerprints=[fingerprint(layout.cert_file)] if layout.cert_file else [],
    )
    return text + "\n"


def _addresses_of_pages(reference: EmbeddedReference) -> dict[str, str]:
    """Those of Palette, by which somebody could try to get around a step."""
    if Side.CENTRAL not in reference.layout.sides or not reference.behaviour.have_addresses:
        return {}
    pages = {"clusters": CLUSTERS, "requests": REVIEW}
    pages |= {page: step_path("{}", step) for page, step in _STEPS.items()}
    return {p: path.replace(as_segment("{}"), "{pairing_uid}") for p, path in pages.items()}


def environment(reference: EmbeddedReference) -> dict[str, str]:
    """The variables that the target file names. Secrets."""
    username, password = reference.local_user
    login = {USERNAME_VARIABLE: username, PASSWORD_VARIABLE: password}
    control = {CONTROL_VARIABLE: reference.secrets.control}
    return (login if reference.addresses.local_ui else {}) | control
