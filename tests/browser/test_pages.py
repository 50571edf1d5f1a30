"""The pages of the reference in a real browser, found by their labels and roles alone."""

from __future__ import annotations

import re

from tests.browser.people import Person, expect, sync_api
from tests.integration.pages.world import TOKEN, World


def test_a_cluster_goes_from_local_to_central_management(operator: Person, admin: Person) -> None:
    operator.log_in_to_local_ui()
    uid = operator.send_request()
    admin.log_in_to_palette()
    admin.walk_to(uid, "/cluster")
    admin.enter("Cluster name", "renamed")
    admin.next()
    admin.match()
    pair = admin.page.get_by_role("button", name="Pair cluster")
    expect(pair).to_be_disabled()
    admin.click("Validate")
    expect(pair).to_be_enabled()
    pair.click()
    admin.is_at("/clusters")
    expect(admin.row("renamed")).to_have_count(1)
    expect(admin.page.get_by_role("region", name="Pairing requests")).to_have_count(0)
    operator.sees("Paired")  # by itself
    operator.click("Cluster", "link")
    expect(operator.page.get_by_role("button", name="Delete cluster")).to_have_count(0)


def test_the_choice_brings_up_the_fields_and_sends_nothing(operator: Person) -> None:
    operator.log_in_to_local_ui()
    operator.click("Settings", "link")
    expect(operator.page.get_by_label("Registration token")).to_be_hidden()
    operator.fill_in_settings()
    expect(operator.page.get_by_label("Registration token")).to_be_visible()
    operator.click("Cluster", "link")
    operator.click("Settings", "link")
    expect(operator.page.get_by_label("Locally Managed")).to_be_checked()
    expect(operator.page.get_by_text("Pairing ID")).to_have_count(0)


def test_check_connection_leaves_the_token_in_its_field(operator: Person) -> None:
    operator.log_in_to_local_ui()
    operator.fill_in_settings()
    operator.click("Check connection")
    expect(operator.page.get_by_role("status")).to_have_text(
        "Every host of the cluster reaches Palette."
    )
    expect(operator.page.get_by_label("Registration token")).to_have_value(TOKEN)
    operator.enter("Palette endpoint", "")
    operator.click("Check connection")
    expect(operator.page.get_by_role("alert")).to_contain_text("enter its URL")


def test_copy_puts_the_pairing_id_on_the_clipboard(operator: Person) -> None:
    operator.context.grant_permissions(["clipboard-read", "clipboard-write"])
    operator.log_in_to_local_ui()
    uid = operator.send_request()
    operator.click("Copy")
    expect(operator.page.get_by_role("button", name="Copied")).to_be_visible()
    assert operator.page.evaluate("navigator.clipboard.readText()") == uid


def test_cancel_pairing_request_leaves_the_page_as_it_was_before(operator: Person) -> None:
    operator.log_in_to_local_ui()
    operator.send_request()
    operator.click("Cancel Pairing Request")
    expect(operator.page.get_by_role("status")).to_be_visible()
    expect(operator.page.get_by_text("Pairing ID")).to_have_count(0)
    expect(operator.page.get_by_label("Centrally Managed")).to_be_enabled()


def test_a_decision_shows_by_itself(operator: Person, admin: Person) -> None:
    operator.page.clock.install()
    operator.log_in_to_local_ui()
    uid = operator.send_request()
    admin.log_in_to_palette()
    admin.click("Pair")
    admin.row(uid).get_by_role("button", name="Reject").click()
    expect(admin.page.get_by_role("status")).to_be_visible()
    expect(admin.page.get_by_text(uid)).to_have_count(0)
    for _ in range(10):
        if operator.page.get_by_text("Rejected", exact=True).count():
            break
        operator.page.clock.run_for(3_000)
        operator.page.wait_for_load_state("networkidle")
    operator.sees("Rejected")


def test_confirm_does_not_go_on_before_i_understand(world: World, admin: Person) -> None:
    uid = world.pending()
    admin.log_in_to_palette()
    admin.walk_to(uid, "/warning")
    admin.click("Confirm")
    expect(admin.page.get_by_label("I understand")).to_be_focused()
    admin.is_at("/warning")
    admin.confirm()
    admin.is_at("/cluster")


def test_a_changed_selection_closes_next_step_at_once(world: World, admin: Person) -> None:
    uid = world.pending()
    admin.log_in_to_palette()
    admin.walk_to(uid, "/profiles")
    next_step = admin.page.get_by_role("button", name="Next step")
    expect(next_step).to_be_disabled()
    admin.check("edge-infra")
    admin.check("edge-monitoring")
    admin.click("Confirm")
    expect(next_step).to_be_enabled()
    admin.check("hello")
    expect(next_step).to_be_disabled()
    expect(admin.page.get_by_text("Valid match")).to_have_count(0)
    admin.click("Confirm")
    expect(admin.page.get_by_role("alert")).to_have_text("Invalid match")
    expect(admin.page.get_by_text("Pack Hello-Universe 2.0.0")).to_be_visible()
    expect(next_step).to_be_disabled()


def test_only_the_latest_version_can_be_selected(world: World, admin: Person) -> None:
    uid = world.pending()
    admin.log_in_to_palette()
    admin.walk_to(uid, "/profiles")
    versions = admin.page.get_by_label("Version of edge-infra")
    expect(versions.get_by_role("option", disabled=True)).to_have_text(["1.0.0"])
    expect(versions).to_have_value("1.1.0")
    expect(admin.page.get_by_label("unfinished", exact=True)).to_be_disabled()


def test_everything_works_without_scripts(browser: sync_api.Browser, world: World) -> None:
    person = Person(browser, world, java_script_enabled=False)
    person.log_in_to_local_ui()
    uid = person.send_request()
    expect(person.page.get_by_role("button", name="Copy")).to_be_hidden()
    person.log_in_to_palette()
    person.walk_to(uid, "/review")
    person.click("Validate")
    person.click("Pair cluster")
    expect(person.row("shop-1")).to_have_count(1)
    person.close()


def test_local_ui_can_be_used_with_the_keyboard_alone(operator: Person) -> None:
    page = operator.page
    page.goto(operator.world.reference.addresses.local_ui[operator.world.host()])
    username, password = operator.world.reference.local_user
    type_in(page, username, password)
    operator.is_at("/cluster")
    page.goto(page.url.replace("/cluster", "/settings"))
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#."))
    page.keyboard.press("Tab")
    expect(page.locator("input[type=radio]:focus")).to_have_count(1)
    page.keyboard.press("ArrowRight")
    expect(page.get_by_label("Centrally Managed")).to_be_checked()
    page.keyboard.press("Tab")
    type_in(page, operator.world.palette_url, TOKEN)
    operator.sees("Pairing ID")


def type_in(page: sync_api.Page, first: str, second: str) -> None:
    """Into the field that has the focus, or is about to, and the next one, and off.

    Waiting for a function would ask again by `eval`, which the pages' policy forbids.
    """
    expect(page.locator("input:not([type=radio]):focus")).to_have_count(1)
    page.keyboard.type(first)
    page.keyboard.press("Tab")
    page.keyboard.type(second)
    page.keyboard.press("Enter")


def test_log_out_from_the_user_menu(operator: Person) -> None:
    operator.log_in_to_local_ui()
    operator.page.get_by_text("User Menu").click()
    operator.click("Log out")
    operator.is_at("/login")
    operator.page.go_back()
    operator.page.reload()
    operator.is_at("/login")
