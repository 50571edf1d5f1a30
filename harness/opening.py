"""Opens what a run is about: the embedded reference, or what a target file describes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness import __version__
from harness.catalogue.limits import Limits
from harness.catalogue.requirement import Feature, Role
from harness.domain.arrangements import Side, Slot
from harness.domain.endpoint import base_url
from harness.domain.errors import PairproofError, Refusal
from harness.domain.operations import RARELY_OFFERED, PatchCluster, UpdateStack
from harness.domain.permission import PermissionNames
from harness.loopback import is_loopback, is_loopback_host
from harness.targets.plugins import open_plugin, plugin_names
from harness.targets.port import Driver, Outgoing, Sizes, TargetInfo, TargetUnusable

# What a driver needs is imported when it is opened: servers and HTTP clients cost a second.
if TYPE_CHECKING:
    from harness.reference.behaviour import Behaviour
    from harness.reference.layout import Carry, Layout, Other, Secrets
    from harness.targets.http import HttpDriver
    from harness.targets.plugged import PluggedDriver
    from harness.targets.target import Target

_REMOTE_INTERVAL = 500_000
"""How often the edge hosts of a peer follow up at a Palette elsewhere, in microseconds."""


class UnknownDriver(PairproofError):
    """No driver has this name, or this one cannot be used so; the message says which can."""


def open_target(
    driver: str,
    target_file: Path | None,
    seed: int,
    planted: str = "",
    role: Role = Role.BOTH,
) -> Driver:
    """The driver of this name, for what the file describes, or for the embedded reference.

    Other packages may bring drivers of their own (`harness.targets.plugins`).

    `planted` names what is planted into the embedded reference: `mutant:NAME`, `variant:NAME`.
    `role` is what is certified: the harness plays the other side where the file says how.

    Whoever opens it has to close it: that stops all that was started for it.

    Raises:
        UnknownDriver: there is no such driver, or it takes no target file.
        UnknownPlanted: nothing of this name can be planted.
        PluginBroken: another package's driver cannot be used.
        TargetFileError: the target file cannot be read, or is wrong.
        TargetUnusable: what it describes does not answer as it should.
    """
    if driver in DRIVERS:
        return DRIVERS[driver](target_file, seed, planted, role)
    if driver not in driver_names():
        known = ", ".join(driver_names())
        raise UnknownDriver(f"no driver is called {driver!r}; there are {known}")
    if planted:
        raise UnknownDriver(f"{planted} is planted into the embedded reference, not by {driver}")
    return open_plugged(driver, target_file, seed)


def open_plugged(
    name: str,
    target_file: Path | None,
    seed: int,
    behaviour: Behaviour | None = None,
    *,
    alone: bool = False,
) -> PluggedDriver:
    """A driver of another package, with a peer for the side that its target does not play, unless
    it is to be `alone`. `behaviour` is of the peer.

    Raises:
        PluginBroken: the package does not do what it should.
        TargetUnusable: it says too little, or the peer cannot be played as it says.
    """
    from harness.domain.operations import AgentOperation, Credentials, Reply, Unknown
    from harness.targets.plugged import PluggedDriver, target_of

    def carry(host_uid: str, endpoint: str, insecure: bool, message: AgentOperation) -> Reply:
        sent = Outgoing(message, Credentials(), host_uid, endpoint=endpoint, insecure=insecure)
        try:
            return driver.send(sent).reply
        except PairproofError as error:
            return Unknown(str(error))

    with ExitStack() as undo:
        own = open_plugin(name, target_file, seed)
        undo.callback(own.close)
        held, target, peer = undo.enter_context(ExitStack()), target_of(name, own), None
        if len(target.sides) < 2 and not alone:
            carried = carry if getattr(own, "carries", False) else None
            peer = held.enter_context(playing(target, seed, behaviour, carried))
        driver = PluggedDriver(name, own, target, peer, held.pop_all().close)
        undo.pop_all()
    return driver


def driver_names() -> tuple[str, ...]:
    """Every driver that there is: ours, then those of other packages."""
    return (*DRIVERS, *plugin_names())


def goes_with_run(driver: str, target_file: Path | None) -> bool:
    """Whether all that a run makes is gone when it ends, as with the embedded reference."""
    return target_file is None and driver in ("", *DRIVERS)


def open_inprocess(seed: int, planted: str = "", slots: tuple[Slot, ...] = ()) -> Driver:
    """The embedded reference in this process, in virtual time; it may have these slots."""
    from harness.reference.core.choices import CentralChoices
    from harness.reference.planting import behaviour_with
    from harness.reference.world import direct_reference
    from harness.targets.inprocess import INPROCESS_FEATURES, InprocessDriver

    behaviour = behaviour_with(planted)
    waits = behaviour.central.handover
    reference = direct_reference(seed, clusters=3, behaviour=behaviour, slots=slots)
    info = TargetInfo(
        behaviour.called,
        __version__,
        features=INPROCESS_FEATURES | set(map(Feature, behaviour.features)),
        not_offered={
            PatchCluster: RARELY_OFFERED[PatchCluster],
            **dict.fromkeys(behaviour.not_offered, ""),
        },
        permissions=PermissionNames.said(behaviour.permissions),
        archives=tuple(UpdateStack((), *each) for each in behaviour.edge.archives),
        words=behaviour.words,
        handover_s=waits / 1e6 if waits < CentralChoices().handover else 0.0,  # as its file would
        tells_submissions=not behaviour.central.host_secret_stays,
        sizes=Sizes(requests=1_001, ids=10_000, tokens=257, profiles=257, versions=257),
    )
    limits = Limits.from_mapping(behaviour.limits)
    # Where time is virtual, what must stay so is watched for as long as anything may lag.
    bound = max(limits.stays_s, limits.list_lag_s, limits.edge_lag_s)
    return InprocessDriver(reference, info, replace(limits, stays_s=bound))


def open_http(
    target: Target,
    closing: Callable[[], None] = lambda: None,
    seed: int = 1,
    *,
    tried: bool = True,
) -> HttpDriver:
    """A driver over HTTP whose target has been tried, with a peer for the side that it lacks.

    With `tried=False` the target is not asked anything, and nobody may change anything on it.

    Raises:
        TargetUnusable: the target does not answer as it should, or the peer cannot be played
            as the file says. `closing` was called.
    """
    from harness.targets.http import HttpDriver
    from harness.targets.links.opening import links_for
    from harness.targets.target import check_permission

    with ExitStack() as undo:
        held = undo.enter_context(ExitStack())
        held.callback(closing)
        if tried:
            check_permission(target)  # before anything listens or is written for its sake
        peer = held.enter_context(playing(target, seed)) if len(target.sides) < 2 else None
        links = links_for(target, peer, seed=seed)
        held.callback(links.close)
        driver = HttpDriver(target, peer=peer, links=links, closing=held.close)
        undo.callback(driver.close)
        if tried:
            driver.check()
        undo.pop_all()
    return driver


def _seen_in_a_browser(driver: HttpDriver) -> Driver:
    """The driver with a browser around it, where the target claims that it has pages."""
    if Feature.PAGES not in driver.info.features:
        return driver
    from harness.targets.browser.driver import BrowserDriver

    return BrowserDriver(driver)


def _through_pages(driver: HttpDriver) -> Driver:
    """The driver that does on pages whatever they have.

    Raises:
        TargetUnusable: the target has none, or there is no browser.
    """
    from harness.targets.browser.chromium import missing
    from harness.targets.browser.driver import BrowserDriver

    claims = Feature.PAGES in driver.info.features
    if why := missing() if claims else "the target does not claim pages; use the driver http":
        driver.close()
        raise TargetUnusable(f"--driver browser: {why}")
    return BrowserDriver(driver, through_pages=True)


@contextmanager
def playing(
    target: Target, seed: int, behaviour: Behaviour | None = None, carry: Carry | None = None
) -> Iterator[Target]:
    """The side that the target file does not describe, played by the reference, as a target.

    `behaviour` has other lawful choices than it makes by itself. `carry` takes what its edge hosts
    say to the target, in place of HTTP.

    Raises:
        TargetUnusable: it cannot be played as `[peer]` says.
    """
    from harness.reference.behaviour import Behaviour
    from harness.reference.certificates import CertificateError
    from harness.reference.description import environment, target_text
    from harness.reference.embedded import EmbeddedReference
    from harness.reference.server import AddressError
    from harness.targets.target_file import read_target

    with ExitStack() as held:
        layout, other, secrets = _played(target, seed, carry)
        try:
            played = EmbeddedReference(
                seed, layout, behaviour=behaviour or Behaviour(), other=other, secrets=secrets
            )
            peer = held.enter_context(played)
        except (AddressError, CertificateError) as error:
            raise TargetUnusable(
                f"the harness cannot play the {_missing(target).value} side: {error}; see [peer] of"
                " the target file"
            ) from error
        text, folder = target_text(peer), peer.ca_file.parent
        yield read_target(text, "the side that the harness plays", folder, environment(peer))


def _missing(target: Target) -> Side:
    """The side that is not described."""
    return next(side for side in Side if side not in target.sides)


def _played(target: Target, seed: int, carry: Carry | None = None) -> tuple[Layout, Other, Secrets]:
    """How big the peer is and where it listens; what it meets; what it keeps secret."""
    from harness.reference.layout import Layout, Other, Secrets
    from harness.targets.endpoints import usable_forms

    peer, sides = target.peer, frozenset({_missing(target)})
    if Side.CENTRAL in sides:
        layout = Layout(
            sides=sides,
            tls=peer.tls,
            port_base=peer.port,
            bind=peer.bind,
            host=peer.host,
            cert_file=peer.cert_file,
            key_file=peer.key_file,
            ca_kept=peer.ca_out,
        )
        other = Other(target.wire, people_apart=True)
    else:
        link_s, trust = target.timeouts.connect_s, target.trust_of(Side.CENTRAL)
        layout = Layout(
            peer.clusters,
            peer.hosts,
            tls=False,  # only the harness asks, on this machine
            sides=sides,
            link_s=link_s,
            agent_interval=_agent_interval(target),
        )
        proxy = "" if is_loopback(base_url(target.endpoint)) else target.proxy
        forms = {*usable_forms(target.endpoint).values(), *target.endpoint_forms.values()}
        carried = {base: carry for form in forms if carry and (base := _base_url_of(form))}
        other = Other(target.wire, trust.context(), proxy, carried=carried)
    near = Side.EDGE in sides or is_loopback_host(peer.bind)
    return layout, other, Secrets.seeded(seed) if near else Secrets.fresh()


def _base_url_of(form: str) -> str:
    """What a form of the endpoint stands for; empty of one that is refused as it stands."""
    try:
        return base_url(form)
    except Refusal:
        return ""


def _agent_interval(target: Target) -> int:
    """How often the peer's edge hosts follow up, in microseconds: as often as they may."""
    from harness.reference.layout import AGENT_INTERVAL

    interval = AGENT_INTERVAL if target.is_local() else _REMOTE_INTERVAL
    per_second = target.rate_limit.per_second
    slowest = round(target.peer.clusters * 1_000_000 / per_second) if per_second else 0
    return max(interval, slowest)


def open_embedded(seed: int, planted: str = "") -> HttpDriver:
    """The embedded reference on loopback, over HTTP, through a target file as anybody's."""
    from harness.reference.description import environment, target_text
    from harness.reference.embedded import EmbeddedReference
    from harness.reference.planting import behaviour_with
    from harness.targets.target_file import read_target

    with ExitStack() as held:
        reference = held.enter_context(EmbeddedReference(seed, behaviour=behaviour_with(planted)))
        text, folder = target_text(reference), reference.ca_file.parent
        target = read_target(text, "the embedded reference", folder, environment(reference))
        return open_http(target, held.pop_all().close)


def _inprocess(target_file: Path | None, seed: int, planted: str, role: Role) -> Driver:
    if target_file is not None:
        raise UnknownDriver(
            "the driver inprocess runs the embedded reference only, and cannot reach"
            f" {target_file}; use the driver http"
        )
    return open_inprocess(seed, planted)


def _http(target_file: Path | None, seed: int, planted: str, role: Role) -> Driver:
    return _seen_in_a_browser(_over_http(target_file, seed, planted, role))


def _browser(target_file: Path | None, seed: int, planted: str, role: Role) -> Driver:
    return _through_pages(_over_http(target_file, seed, planted, role))


def _over_http(target_file: Path | None, seed: int, planted: str, role: Role) -> HttpDriver:
    if target_file is None:
        return open_embedded(seed, planted)
    from harness.targets.target_file import load_target

    return open_http(load_target(target_file, os.environ, role), seed=seed)


DRIVERS: Mapping[str, Callable[[Path | None, int, str, Role], Driver]] = {
    "inprocess": _inprocess,
    "http": _http,
    "browser": _browser,
}
"""How each driver is opened."""
