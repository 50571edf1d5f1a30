"""The optional features, as they read to someone who fills in a target file."""

from __future__ import annotations

from dataclasses import dataclass

from harness.catalogue.errors import UnknownName
from harness.catalogue.requirement import Feature


@dataclass(frozen=True, slots=True)
class FeatureDescription:
    """What a target claims with a feature, and what happens when it does not."""

    feature: Feature
    claim: str
    unclaimed: str


FEATURES: tuple[FeatureDescription, ...] = (
    FeatureDescription(
        Feature.PAGES,
        "The side that is certified has web pages with the documented labels (Settings,"
        " Centrally Managed, Pair, Cancel Pairing Request, I understand …), and a browser can"
        " open them. What only a page can show is judged there, with `--driver browser`.",
        "Requirements that only a page can show are reported as `not_supported: pages`; so"
        " they are with any driver but the browser, whatever the target claims.",
    ),
    FeatureDescription(
        Feature.SCOPES,
        "The central side knows a tenant and, within it, several projects that are kept"
        " apart; each registration token leads to one project; users can be given a"
        " permission in one scope and not in another.",
        "The requirements on tenant and project scope are reported as `not_supported: scopes`;"
        " everything else is judged within a single scope.",
    ),
    FeatureDescription(
        Feature.MULTI_NODE,
        "At least one cluster of the pool spans several edge hosts, with a control plane and a"
        " worker pool, so that a single node can be unhealthy and a single host cut off.",
        "Scenarios that need more than one node are reported as `not_supported: multi-node`;"
        " the requirements behind them (PRE-2, PRE-5 …) are judged by their other scenarios.",
    ),
)
"""Every feature, in the order in which a target file lists them."""


def describe(feature: Feature) -> FeatureDescription:
    """The description of a feature."""
    return next(d for d in FEATURES if d.feature is feature)


def feature_named(name: str) -> Feature:
    """The feature of this name.

    Raises:
        UnknownName: there is none.
    """
    if name not in {f.value for f in Feature}:
        raise UnknownName("feature", name, (f.value for f in Feature))
    return Feature(name)
