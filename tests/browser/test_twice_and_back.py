"""What people do to pages besides a click: two of them, back, in two tabs, with nobody there."""

from __future__ import annotations

import re

from harness.domain.arrangements import SetLink
from harness.reference.local_ui.pages import LocalPages
from harness.reference.palette.pages import PalettePages
from tests.browser.people import Person, expect
from tests.integration.pages.world import World


def test_a_double_click_is_a_click(operator: Person, admin: Person) -> None:
    operator.log_in_to_local_ui()
    operator.fill_in_settings()
    operator.click_twice(operator.button("Pair"), LocalPages, "change_settings")
    cancel = operator.button("Cancel Pairing Request")
    operator.click_twice(cancel, LocalPages, "change_settings")
    operator.sees("Locally Managed")
    operator.is_not_told()
    uid = operator.send_request()
    admin.log_in_to_palette()
    admin.walk_to(uid, "/review")
    admin.click_twice(admin.button("Validate"), PalettePages, "decided")
    admin.click_twice(admin.button("Pair cluster"), PalettePages, "decided")
    admin.is_at("/clusters")
    admin.is_not_told()
    expect(admin.row("shop-1")).to_have_count(1)


def test_a_second_reject_does_not_reach_another_request(world: World, admin: Person) -> None:
    first, second = world.pending(), world.pending(1)
    admin.log_in_to_palette()
    admin.click("Pair")
    reject = admin.row(first).get_by_role("button", name="Reject")
    admin.click_twice(reject, PalettePages, "reject")
    admin.sees("The pairing request was rejected.")
    admin.is_not_told()
    expect(admin.row(second)).to_have_count(1)


def test_back_shows_how_things_are_now(operator: Person, admin: Person) -> None:
    operator.log_in_to_local_ui()
    operator.click("Settings", "link")
    uid = operator.send_request()
    operator.page.go_back()
    operator.page.go_back()
    operator.page.go_forward()
    expect(operator.button("Cancel Pairing Request")).to_be_visible()
    admin.log_in_to_palette()
    admin.walk_to(uid, "/cluster")
    admin.enter("Cluster name", "renamed")
    admin.next()
    admin.match()
    admin.is_at("/review")
    admin.page.go_back()
    expect(admin.page.get_by_label("edge-infra", exact=True)).to_be_checked()
    admin.page.go_back()
    admin.page.go_back()
    admin.is_at("/cluster")
    expect(admin.page.get_by_label("Cluster name")).to_have_value("renamed")
    admin.page.go_forward()
    admin.page.go_forward()
    admin.page.go_forward()
    admin.is_at("/review")
    admin.click("Validate")
    admin.click("Pair cluster")
    admin.is_at("/clusters")
    admin.page.go_back()
    admin.is_told("not pending any more")
    admin.click("Back to the pairing requests", "link")
    admin.sees("No pairing request is waiting.")


def test_two_tabs_do_not_decide_twice(world: World, operator: Person, admin: Person) -> None:
    operator.log_in_to_local_ui()
    operator.fill_in_settings()
    with operator.in_another_tab():
        uid = operator.send_request()
    operator.click("Pair")
    operator.is_told("is pending: cancel it first")
    expect(operator.page.locator("#pairing-id")).to_have_text(uid)
    admin.log_in_to_palette()
    admin.walk_to(uid, "/review")
    admin.click("Validate")
    with admin.in_another_tab():
        admin.page.goto(f"{world.palette_url}/clusters/pairing")
        admin.row(uid).get_by_role("button", name="Reject").click()
        admin.sees("The pairing request was rejected.")
    admin.click("Pair cluster")
    admin.is_told("not pending any more")
    admin.click("Clusters", "link")
    admin.sees("No cluster is registered here yet.")


def test_what_another_tab_has_changed_has_to_be_confirmed_again(
    world: World, admin: Person
) -> None:
    uid = world.pending()
    admin.log_in_to_palette()
    admin.walk_to(uid, "/review")
    admin.click("Validate")
    with admin.in_another_tab():
        admin.page.goto(f"{world.palette_url}/clusters/pairing/{uid}/profiles")
        admin.check("hello")
        admin.click("Confirm")
        admin.sees("Invalid match")
    admin.click("Pair cluster")
    admin.is_at("/profiles")
    admin.sees("This step comes first.")


def test_without_palette_local_ui_says_so_and_lets_go(world: World, operator: Person) -> None:
    operator.log_in_to_local_ui()
    world.reference.arrange(SetLink(world.host(), up=False))
    operator.fill_in_settings()
    operator.click("Pair")
    operator.is_told("cannot reach")
    expect(operator.page.get_by_label("Palette endpoint")).to_have_value(world.palette_url)
    world.reference.arrange(SetLink(world.host(), up=True))
    uid = operator.send_request()
    world.reference.arrange(SetLink(world.host(), up=False))
    operator.click("Cancel Pairing Request")
    expect(operator.page.get_by_role("status")).to_contain_text("reject the request there")
    operator.sees("Locally Managed")
    expect(operator.page.get_by_text(uid)).to_have_count(0)


def test_a_wizard_survives_that_palette_is_gone_for_a_while(world: World, admin: Person) -> None:
    uid = world.pending()
    admin.log_in_to_palette()
    admin.walk_to(uid, "/profiles")
    admin.check("edge-infra")
    admin.check("edge-monitoring")
    admin.context.set_offline(True)
    admin.click("Confirm")
    expect(admin.page).to_have_url(re.compile("^chrome-error:"))
    admin.context.set_offline(False)
    admin.page.go_back()
    admin.is_at("/profiles")
    admin.match()
    admin.is_at("/review")
