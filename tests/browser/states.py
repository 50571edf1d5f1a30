"""Every page of the reference in every state that looks different, one after the other.

A walk yields the name of each state when a browser shows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.domain import arrangements
from harness.domain.arrangements import MessageFault, MessageKind, Side
from harness.domain.cluster import Health
from harness.domain.permission import Grant, PairPermission
from harness.domain.profile import ClusterProfile, ProfileEdition, ProfileType
from harness.reference.core.choices import CentralChoices
from tests.browser.people import Person
from tests.integration.pages.world import ADD_ON, EXTRA, PASSWORD, walk

Walk = Iterator[str]
SETTINGS = "Settings"
LONG = "x" * 120


def local_ui(person: Person) -> Walk:
    """Local UI: what there is before anything is sent, and what is refused."""
    world = person.world
    slot, other = world.reference.slots[:2]
    world.reference.arrange(arrangements.InstallCluster(other.uid, None))
    page = person.page
    page.goto(world.reference.addresses.local_ui[world.host(1)])
    yield "login"
    person.enter("Username", "nobody")
    person.enter("Password", "wrong")
    person.click("Log in")
    person.is_told()
    yield "login, refused"
    person.log_in_to_local_ui(1)
    person.sees("These hosts have no cluster yet.")
    yield "cluster, none"
    person.log_in_to_local_ui()
    yield "cluster"
    person.enter("Tags", f"site:north\nsite:{LONG}")
    person.click("Save tags")
    person.is_told()
    yield "cluster, tags refused"
    person.enter("Tags", f"site:north\nlong:{LONG}")
    person.click("Save tags")
    person.sees("The tags were saved.")
    page.get_by_text("User Menu").click()
    yield "cluster, tags saved, menu open"
    world.reference.arrange(arrangements.SetNodeHealth(slot.uid, "node-1", Health.UNHEALTHY))
    person.click("Cluster", "link")
    person.sees("Unhealthy")
    yield "cluster, a node unhealthy"
    person.click(SETTINGS, "link")
    person.is_at("/settings")
    yield "settings"
    person.fill_in_settings()
    yield "settings, filled in"
    person.click("Check connection")
    person.sees("Every host of the cluster reaches Palette.")
    yield "settings, connection checked"
    person.click("Pair")
    person.is_told()
    yield "settings, refused as a node is unhealthy"
    world.reference.arrange(arrangements.SetNodeHealth(slot.uid, "node-1", Health.HEALTHY))
    world.reference.arrange(arrangements.SetLink(world.host(0, 1), up=False))
    person.fill_in_settings()
    person.click("Check connection")
    person.is_told()
    yield "settings, a host without a link"
    page.route("**/settings", lambda route: route.abort())
    person.click("Check connection")
    person.sees("This page got no answer. Try again.")
    page.unroute("**/settings")
    yield "settings, no answer"
    person.click("Pair")
    person.is_told()
    yield "settings, Palette is gone"
    form = f'<form method="post" action="{page.url}"><button>Go</button></form>'
    page.goto("about:blank")
    page.set_content(form)
    person.click("Go")
    person.sees("Not done")
    yield "a form from elsewhere"


def request_at_local_ui(person: Person) -> Walk:
    """Settings, from a request that waits to a cluster that has been paired."""
    world = person.world
    reference, admin = world.reference, world.admin()
    host = world.host()

    def goes_on_to(status: str) -> None:
        person.click(SETTINGS, "link")
        while not person.page.get_by_text(status, exact=True).count():
            person.click(SETTINGS, "link")
            person.is_at("/settings")

    person.log_in_to_local_ui()
    person.send_request()
    yield "settings, a request waits"
    person.click("Cancel Pairing Request")
    person.sees(re.compile("^Cancelled"))
    yield "settings, cancelled"
    uid = person.send_request()
    reference.arrange(arrangements.SetLink(host, up=False))
    person.click("Cancel Pairing Request")
    person.sees(re.compile("^Cancelled"))
    yield "settings, cancelled while Palette is gone"
    reference.arrange(arrangements.SetLink(host, up=True))
    uid = person.send_request()
    admin.send("/clusters/pairing", action="reject", pairing_uid=uid)
    goes_on_to("Rejected")
    yield "settings, rejected"
    uid = person.send_request()
    reference.arrange(arrangements.SetLink(host, up=False))
    walk(admin, uid)
    admin.send(f"/clusters/pairing/{uid}/review", action="pair")
    reference.arrange(arrangements.AdvanceClock(Side.CENTRAL, CentralChoices().handover))
    reference.arrange(arrangements.SetLink(host, up=True))
    goes_on_to("Failed")
    yield "settings, failed"
    uid = person.send_request()
    lost = arrangements.FaultNextMessage(host, MessageKind.CONFIRM, MessageFault.LATE)
    reference.arrange(lost)
    walk(admin, uid)
    admin.send(f"/clusters/pairing/{uid}/review", action="pair")
    goes_on_to("Centrally Managed")
    yield "settings, accepted"
    reference.arrange(arrangements.SetLink(host, up=True))
    goes_on_to("Paired")
    yield "settings, paired"
    person.click("Cluster", "link")
    person.sees("Centrally managed")
    yield "cluster, centrally managed"


def palette(person: Person) -> Walk:
    """Palette: the clusters and the requests."""
    world, page = person.world, person.page
    page.goto(world.palette_url)
    yield "login"
    person.enter("E-mail", "nobody@shop.test")
    person.enter("Password", "wrong")
    person.click("Log in")
    person.is_told()
    yield "login, refused"
    person.log_in_to_palette()
    yield "clusters, none"
    page.goto(f"{world.palette_url}/clusters/pairing")
    yield "requests, none"
    uid, other = world.pending(), world.pending(1)
    person.click("Clusters", "link")
    page.get_by_text("User Menu").click()
    yield "clusters, requests wait, menu open"
    person.click("Pair")
    person.is_at("/clusters/pairing")
    yield "requests"
    world.admin().send("/clusters/pairing", action="reject", pairing_uid=uid)
    person.row(uid).get_by_role("button", name="Reject").click()
    person.is_told()
    yield "requests, one was decided by somebody else"
    person.row(other).get_by_role("button", name="Reject").click()
    person.sees("The pairing request was rejected.")
    yield "requests, rejected"
    page.goto(f"{world.palette_url}/clusters/pairing/no-such/warning")
    yield "a request that is not there"
    world.pending()
    for email, permission in (("lee@shop.test", PairPermission.LIST), ("kim@shop.test", None)):
        grants = (Grant(permission, "p1"),) if permission else ()
        world.add_user(email, *grants)
        page.get_by_text("User Menu").click()
        person.click("Log out")
        person.enter("E-mail", email)
        person.enter("Password", PASSWORD)
        person.click("Log in")
        person.is_at("/clusters")
        page.goto(f"{world.palette_url}/clusters/pairing")
        yield f"requests, {'to be listed only' if permission else 'forbidden'}"
    world.reference.arrange(arrangements.SetRateLimit(8))
    person.click("Clusters", "link")
    person.sees("Not done")
    yield "too many calls"


def wizard(person: Person) -> Walk:
    """Palette: the Pair Cluster wizard, from the warning to the cluster."""
    world, page = person.world, person.page
    uid = world.pending()
    base = f"{world.palette_url}/clusters/pairing/{uid}"
    person.log_in_to_palette()
    page.goto(f"{base}/review")
    person.sees("This step comes first.")
    yield "warning, another step was asked for"
    page.get_by_label("I understand").evaluate("box => { box.required = false }")
    person.click("Confirm")
    person.is_told()
    yield "warning, not understood"
    person.confirm()
    person.is_at("/cluster")
    yield "details"
    person.enter("Cluster name", LONG)
    person.enter("Tags", "site:north\nsite:south")
    person.next()
    person.is_told()
    yield "details, tags refused"
    person.enter("Tags", f"site:north\nlong:{LONG}")
    person.next()
    person.is_at("/profiles")
    yield "profiles"
    person.check("hello")
    person.click("Confirm")
    person.sees("Invalid match")
    yield "profiles, invalid match"
    page.get_by_label("hello", exact=True).uncheck()
    person.check("edge-infra")
    person.check("edge-monitoring")
    person.click("Confirm")
    person.sees("Valid match")
    yield "profiles, valid match"
    person.next()
    person.is_at("/review")
    yield "review"
    person.click("Validate")
    expect_valid = "The configurations are valid. Pair cluster starts the pairing."
    person.sees(expect_valid)
    yield "review, validated"
    newer = (*ADD_ON.packs, EXTRA)
    editions = (ProfileEdition("1.0.0", ADD_ON.packs), ProfileEdition("2.0.0", newer))
    changed = ClusterProfile("add-on", "edge-monitoring", ProfileType.ADD_ON, editions, "p1")
    world.reference.arrange(arrangements.PutProfile(changed))
    person.click("Validate")
    person.is_told()
    yield "review, refused"
    first = ClusterProfile("add-on", "edge-monitoring", ProfileType.ADD_ON, editions[:1], "p1")
    world.reference.arrange(arrangements.PutProfile(first))
    person.click("Validate")
    person.sees(expect_valid)
    person.click("Pair cluster")
    person.is_at("/clusters")
    yield "clusters, one was paired"
    page.goto(f"{base}/warning")
    yield "a request that is decided"
    uid = world.pending(1)
    for gone in ("infra", "add-on", "extra", "draft"):
        world.reference.arrange(arrangements.RemoveProfile(gone, "p1"))
    person.walk_to(uid, "/profiles")
    person.sees("There is no profile in this project.")
    yield "profiles, none"


WALKS = {
    "local-ui": local_ui,
    "request": request_at_local_ui,
    "palette": palette,
    "wizard": wizard,
}
