"""The pages of the reference in a real browser, found by their labels and roles alone."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator

import pytest

from harness.domain.arrangements import Reset
from harness.reference.embedded import EmbeddedReference, Layout
from tests.integration.pages.world import EMAIL, PASSWORD, TOKEN, World, arrange

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = sync_api.expect
PATIENCE_MS = 20_000
"""How long a page may take on a machine that is busy with other things."""
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def running() -> Iterator[EmbeddedReference]:
    with EmbeddedReference("browser", Layout(clusters=2, hosts=2)) as reference:
        yield reference


@pytest.fixture
def world(running: EmbeddedReference) -> Iterator[World]:
    running.arrange(Reset())
    arrange(running)
    made = World(running, ssl.create_default_context(cafile=running.ca_file))
    with made.held:
        yield made


class Person:
    """Somebody at a browser. What the console says against the pages is kept."""

    def __init__(self, browser: sync_api.Browser, world: World, **options: object) -> None:
        self.world = world
        self.context = browser.new_context(ignore_https_errors=True, **options)
        self.context.set_default_timeout(PATIENCE_MS)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._heard)

    def _heard(self, message: sync_api.ConsoleMessage) -> None:
        # A page that is answered with an error status is told to the console as well.
        if message.type == "error" and "the server responded" not in message.text:
            self.complaints.append(message.text)

    def click(self, name: str, role: str = "button") -> None:
        self.page.get_by_role(role, name=name, exact=True).click()

    def enter(self, label: str, text: str) -> None:
        self.page.get_by_label(label, exact=True).fill(text)

    def check(self, label: str) -> None:
        self.page.get_by_label(label, exact=True).check()

    def sees(self, text: str) -> None:
        expect(self.page.get_by_text(text, exact=True).first).to_be_visible()

    def is_at(self, path: str) -> None:
        """The address changes before there is a document, and a click waits for neither."""
        expect(self.page).to_have_url(re.compile(re.escape(path) + r"([?#].*)?$"))
        self.page.wait_for_load_state()

    def log_in_to_local_ui(self, cluster: int = 0) -> None:
        addresses = self.world.reference.addresses
        self.page.goto(addresses.local_ui[self.world.host(cluster)])
        username, password = self.world.reference.local_user
        self.enter("Username", username)
        self.enter("Password", password)
        self.click("Log in")
        self.is_at("/cluster")

    def fill_in_settings(self) -> None:
        self.click("Settings", "link")
        self.check("Centrally Managed")
        self.enter("Palette endpoint", self.world.palette_url)
        self.enter("Registration token", TOKEN)

    def send_request(self) -> str:
        self.fill_in_settings()
        self.click("Pair")
        self.sees("Pairing ID")
        return self.page.locator("#pairing-id").inner_text()

    def log_in_to_palette(self) -> None:
        self.page.goto(self.world.palette_url)
        self.enter("E-mail", EMAIL)
        self.enter("Password", PASSWORD)
        self.click("Log in")
        self.is_at("/clusters")

    def walk_to(self, uid: str, step: str) -> None:
        """From the Clusters page to a step of the wizard, by the documented clicks."""
        self.click("Clusters", "link")
        self.click("Pair")
        self.row(uid).get_by_role("button", name="Pair", exact=True).click()
        self.is_at("/warning")
        for label, done in self.steps():
            if self.page.url.partition("?")[0].endswith(step):
                return
            done()
            self.page.wait_for_url(re.compile(label))

    def steps(self) -> list[tuple[str, object]]:
        return [("/cluster$", self.confirm), ("/profiles", self.next), ("/review", self.match)]

    def confirm(self) -> None:
        self.check("I understand")
        self.click("Confirm")

    def next(self) -> None:
        self.click("Next step")

    def match(self) -> None:
        self.check("edge-infra")
        self.check("edge-monitoring")
        self.click("Confirm")
        self.sees("Valid match")
        self.click("Next step")

    def row(self, text: str) -> sync_api.Locator:
        return self.page.get_by_role("row").filter(has_text=text)

    def close(self) -> None:
        self.context.close()


@pytest.fixture
def operator(browser: sync_api.Browser, world: World) -> Iterator[Person]:
    yield from visiting(Person(browser, world))


@pytest.fixture
def admin(browser: sync_api.Browser, world: World) -> Iterator[Person]:
    yield from visiting(Person(browser, world))


def visiting(person: Person) -> Iterator[Person]:
    yield person
    person.close()
    assert person.complaints == []


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


def test_every_page_is_accessible_and_fits_its_window(admin: Person) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = admin.page
    for _ in looking(admin):
        for scheme, width in (("dark", 400), ("light", 1280)):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 800})
            found = axe.run(page)
            assert found.violations_count == 0, found.generate_report()
            assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url


def looking(person: Person) -> Iterator[None]:
    """Every page, each in the states that look different and once it is there."""
    page = person.page
    page.goto(person.world.reference.addresses.local_ui[person.world.host()])
    yield
    person.log_in_to_local_ui()
    yield
    person.click("Settings", "link")
    person.is_at("/settings")
    yield
    person.check("Centrally Managed")
    person.click("Pair")
    person.sees("The Palette endpoint is missing: enter its URL.")
    yield
    uid = person.send_request()
    yield
    person.world.pending(1)
    page.goto(person.world.palette_url)
    yield
    person.log_in_to_palette()
    yield
    person.click("Pair")
    person.is_at("/clusters/pairing")
    yield
    person.walk_to(uid, "/warning")
    yield
    person.confirm()
    person.is_at("/cluster")
    yield
    person.next()
    person.check("hello")
    person.click("Confirm")
    person.sees("Invalid match")
    yield
    page.get_by_label("hello", exact=True).uncheck()
    person.match()
    person.is_at("/review")
    yield
    person.click("Validate")
    person.click("Pair cluster")
    person.is_at("/clusters")
    yield
    page.goto(f"{person.world.palette_url}/clusters/pairing/no-such/warning")
    yield
