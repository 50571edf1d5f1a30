"""Pages as component frameworks make them: menus in each row, lists that close, boxes that a label
draws. Each is a small page of its own, and somebody at a browser does what a scenario has done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from harness.domain import page_actions as actions
from harness.domain.errors import Reason, Refusal
from harness.domain.pages import PROFILE, PageName
from harness.history.page_tree import page_tree
from harness.targets.browser.finding import NotHandled
from harness.targets.browser.visit import BrowserVisit
from harness.targets.page_keys import PagesTable
from harness.targets.target_keys import TARGETS
from tests.browser.people import sync_api

pytestmark = pytest.mark.usefixtures("needs_browser")
REQUESTS, MATCH, WARNING, SETTINGS = (
    PageName.REQUESTS,
    PageName.MATCH,
    PageName.WARNING,
    PageName.SETTINGS,
)
OURS, THEIRS = "c396a1b2c3d4e5f6a7b8c9d0", "0f1e2d3c4b5a69788796a5b4"
TARGET = """\
schema = "pairproof/target/1"
roles = ["central"]
[implementation]
name = "x"
[central]
url = "http://localhost:1"
"""
AT_THE_START = "".join(
    f'[pages.page.{page.value}]\naddress = "/"\n' for page in (REQUESTS, MATCH, WARNING, SETTINGS)
)
Visits = Callable[[str, str], BrowserVisit]
"""Somebody who has opened a page, given as it is, with what a target file says of it."""


@pytest.fixture
def visits(browser: sync_api.Browser) -> Iterator[Visits]:
    html: list[str] = []
    made: list[BrowserVisit] = []

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(html[0].encode() if self.path == "/" else b"")

        def log_message(self, *_: object) -> None:
            """Nothing is to be said of a request."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    Thread(target=server.serve_forever, daemon=True).start()

    def visit(body: str, says: str = "") -> BrowserVisit:
        html[:] = [f"<!doctype html><title>x</title><body>{body}"]
        home = f"http://127.0.0.1:{server.server_port}"
        made.append(BrowserVisit(browser, home, None, _pages(says), patience_s=1.0))
        made[-1].do(actions.EnterAddress(REQUESTS))
        return made[-1]

    yield visit
    for each in made:
        each.close()
    server.shutdown()
    server.server_close()


def _pages(says: str) -> PagesTable:
    said, flaws = TARGETS.judge(TARGETS.parse(f"{TARGET}{AT_THE_START}{says}", "a file"))
    assert said is not None, flaws
    return said.pages


def done(visit: BrowserVisit) -> str:
    """What a page has written down that was done on it."""
    said = [node.says() for node in page_tree(visit.view().snapshot).every()]
    return next(
        (text.removeprefix("done:").strip() for text in said if text.startswith("done:")), ""
    )


# --- menus in rows --------------------------------------------------------------------------------

MENUS = f"""<table>
<tr class=row><td>{THEIRS}<td><button aria-haspopup=menu>More actions</button>
<tr class=row><td>{OURS}<td><button aria-haspopup=menu>More actions</button></table>
<p>done: <span></span></p><div id=portal></div>
<script>
for (const button of document.querySelectorAll('button')) button.onclick = () => {{
  const uid = button.closest('tr').cells[0].textContent.trim();
  portal.innerHTML = '<div role=menu><div role=menuitem>Reject</div></div>';
  portal.querySelector('[role=menuitem]').onclick = () => {{
    document.querySelector('span').textContent = uid;
    portal.innerHTML = '';
  }};
}};
</script>"""
BY_A_MENU = """
[pages.page.requests.labels.Reject]
before = [{ role = "button", name = "More actions" }]
role = "menuitem"
"""
REJECT = actions.ClickLabel(REQUESTS, "Reject", OURS)


def test_what_is_clicked_before_is_that_of_the_row(visits: Visits) -> None:
    visit = visits(MENUS, BY_A_MENU)
    visit.do(REJECT)
    assert done(visit) == OURS


def test_a_menu_of_another_row_that_is_open_is_not_taken(visits: Visits) -> None:
    visit = visits(MENUS, BY_A_MENU)
    visit.do(actions.BringUp(REQUESTS, "Reject", THEIRS))
    visit.do(REJECT)
    assert done(visit) == OURS


def test_a_row_without_the_menu_gets_no_other_rows(visits: Visits) -> None:
    without = MENUS.replace(f"{OURS}<td><button aria-haspopup=menu>More actions</button>", OURS)
    visit = visits(without, BY_A_MENU)
    with pytest.raises(Refusal, match='does not show button "More actions"'):
        visit.do(REJECT)
    assert 'menuitem "Reject"' not in visit.view().snapshot


def test_a_row_without_the_button_gets_no_other_rows(visits: Visits) -> None:
    row = "<li>{}<button onclick=\"document.querySelector('span').textContent='{}'\">{}</button>"
    rows = row.format(THEIRS, THEIRS, "Reject") + row.format(OURS, OURS, "Pair")
    visit = visits(f"<ul>{rows}</ul><p>done: <span></span></p>")
    with pytest.raises(Refusal):
        visit.do(REJECT)
    assert done(visit) == ""


def test_what_a_row_leaves_to_the_page_is_taken_there(visits: Visits) -> None:
    """A row is selected, and a bar above the rows has the button."""
    row = "<tr><td><input type=checkbox aria-label=Select onclick='bar.disabled=false'><td>{}"
    rows = f"<table>{row.format(THEIRS)}{row.format(OURS)}</table><p>done: <span></span></p>"
    visit = visits(
        f"""<div><button id=bar disabled>Reject</button></div>{rows}<script>
bar.onclick = () => document.querySelector('span').textContent =
  document.querySelector(':checked').closest('tr').cells[1].textContent;
</script>""",
        """
[pages.page.requests.labels.Reject]
before = [{ role = "checkbox", name = "Select" }]
""",
    )
    visit.do(REJECT)
    assert done(visit) == OURS


def test_what_is_brought_up_is_seen_and_not_clicked(visits: Visits) -> None:
    visit = visits(MENUS, BY_A_MENU)
    visit.do(actions.BringUp(REQUESTS, "Reject", OURS))
    assert 'menuitem "Reject"' in visit.view().snapshot
    assert done(visit) == ""


def test_what_was_brought_up_is_not_closed_by_what_has_opened_it(visits: Visits) -> None:
    """Nothing tells that it opens and closes."""
    visit = visits(
        """<button onclick="more.hidden = !more.hidden">More</button><p>done: <span></span></p>
<div id=more hidden>
<button onclick="document.querySelector('span').textContent = 'yes'">Reject</button></div>""",
        """
[pages.page.requests.labels.Reject]
before = [{ role = "button", name = "More" }]
""",
    )
    visit.do(actions.BringUp(REQUESTS, "Reject"))
    visit.do(actions.ViewPage())
    visit.do(actions.ClickLabel(REQUESTS, "Reject"))
    assert done(visit) == "yes"


# --- choices --------------------------------------------------------------------------------------


def listbox(options: str, *, picks: str, toggles: bool = False) -> str:
    close = "list.hidden = !list.hidden" if toggles else "list.hidden = false"
    return f"""<div role=combobox tabindex=0 aria-label=Profiles onclick="{close}">Choose</div>
<div id=list role=listbox hidden>{options}</div><p>done: <span></span></p>
<script>
const picked = new Set();
for (const option of list.children) option.onclick = () => {{
  const name = option.textContent;
  picked.delete(name) || picked.add(name);
  document.querySelector('span').textContent = [...picked].join(', ');
  {picks}
}};
</script>"""


BY_A_LIST = """
[pages.page.match.labels."a profile"]
before = [{ role = "combobox", name = "Profiles" }]
role = "option"
name = "{profile}"
"""
MARKS = "option.setAttribute('{}', picked.has(name));"


def choose(visit: BrowserVisit, *names: str, checked: bool = True) -> None:
    for name in names:
        visit.do(actions.SetChecked(MATCH, PROFILE, checked=checked, profile=name))


def test_of_a_native_list_of_several_the_others_stay_chosen(visits: Visits) -> None:
    visit = visits(
        "<select multiple size=4 aria-label=Profiles><option>edge<option>add-on<option>other"
        "</select><p>done: <span></span></p><script>document.querySelector('select').onchange = "
        "e => { document.querySelector('span').textContent = "
        "[...e.target.selectedOptions].map(o => o.text).join(', '); }</script>",
        BY_A_LIST.replace('before = [{ role = "combobox", name = "Profiles" }]\n', ""),
    )
    choose(visit, "edge", "add-on")
    assert done(visit) == "edge, add-on"
    choose(visit, "edge", checked=False)
    assert done(visit) == "add-on"


ADDS = """<label>Add <select><option>Choose<option>edge<option>add-on</select></label>
<ul></ul><p>done: <span></span></p><script>
const picked = new Set(), list = document.querySelector('ul');
const show = () => {
  document.querySelector('span').textContent = [...picked].join(', ');
  list.replaceChildren(...[...picked].map(name => {
    const button = document.createElement('button');
    button.textContent = `Remove ${name}`;
    button.onclick = () => { picked.delete(name); show(); };
    return button;
  }));
};
document.querySelector('select').onchange = ({target}) => {
  picked.add(target.value);
  target.selectedIndex = 0;
  show();
};</script>"""
"""A native list that adds to those that are chosen, each of which has a button of its own."""


@pytest.mark.parametrize("before", ['before = [{ role = "combobox", name = "Add" }]\n', ""])
def test_what_a_native_list_has_added_is_removed_by_its_button(visits: Visits, before: str) -> None:
    says = '[pages.page.match.labels."a profile"]\nrole = "option"\nname = "{profile}"\n' + before
    visit = visits(ADDS, says)
    choose(visit, "edge", "add-on")
    assert done(visit) == "edge, add-on"
    with pytest.raises(NotHandled, match="`taken_out_by`"):
        choose(visit, "edge", checked=False)
    assert done(visit) == "edge, add-on"
    visit = visits(
        ADDS, f'{says}taken_out_by = [{{ role = "button", name = "Remove {{profile}}" }}]'
    )
    choose(visit, "edge", "add-on")
    choose(visit, "edge", checked=False)
    assert done(visit) == "add-on"


@pytest.mark.parametrize("toggles", [True, False], ids=["toggles", "opens"])
@pytest.mark.parametrize("attribute", ["aria-selected", "aria-checked"])
@pytest.mark.parametrize("ends", ["", "list.hidden = true;"], ids=["stays open", "closes"])
def test_options_of_a_list_are_clicked_until_they_are_chosen(
    visits: Visits, toggles: bool, attribute: str, ends: str
) -> None:
    options = "".join(
        f"<div role=option {attribute}=false>{name}</div>" for name in ("infra", "monitoring")
    )
    page = listbox(options, picks=MARKS.format(attribute) + ends, toggles=toggles)
    visit = visits(page, BY_A_LIST)
    choose(visit, "infra", "monitoring")
    assert done(visit) == "infra, monitoring"
    choose(visit, "infra")
    assert done(visit) == "infra, monitoring", "what is chosen already is not clicked"
    choose(visit, "infra", checked=False)
    assert done(visit) == "monitoring"


def test_an_option_that_goes_on_telling_that_it_is_not_chosen_is_unknown(visits: Visits) -> None:
    page = listbox("<div role=option aria-selected=false>infra</div>", picks="")
    with pytest.raises(NotHandled, match="not tell that it is chosen"):
        choose(visits(page, BY_A_LIST), "infra")


def test_an_option_may_say_more_than_the_name(visits: Visits) -> None:
    options = "".join(
        f"<div role=option>{name}</div>"
        for name in ("edge-infra-old 1.0.0", "edge-infra 1.0.0 (infra)", "edge", "edge 2 (add-on)")
    )
    visit = visits(listbox(options, picks=""), BY_A_LIST)
    choose(visit, "edge-infra", "edge")
    assert done(visit) == "edge-infra 1.0.0 (infra), edge"


def test_of_two_options_that_begin_with_the_name_none_is_taken(visits: Visits) -> None:
    options = "<div role=option>edge 1.0.0</div><div role=option>edge 1.1.0</div>"
    visit = visits(listbox(options, picks=""), BY_A_LIST)
    with pytest.raises(Refusal) as refused:
        choose(visit, "edge")
    assert refused.value.refused.reason is Reason.NOT_FOUND
    assert done(visit) == ""


@pytest.mark.parametrize(
    "style",
    [
        "position:absolute;width:1px;height:1px;pointer-events:none;clip:rect(0,0,0,0)",
        "position:absolute;opacity:0;width:0;height:0",
        "position:absolute;opacity:0",
    ],
    ids=["clipped", "of no size", "covered"],
)
def test_a_box_that_a_label_draws_is_checked_by_its_label(visits: Visits, style: str) -> None:
    visit = visits(
        f"<label style='position:relative;display:block'><input type=checkbox style='{style}'>"
        "<span style='position:relative;background:white'>"
        "<i aria-hidden=true>☐</i> I understand</span></label>"
    )
    visit.do(actions.SetChecked(WARNING, "I understand"))
    assert "[checked]" in visit.view().snapshot
    visit.do(actions.SetChecked(WARNING, "I understand"))
    assert "[checked]" in visit.view().snapshot
    visit.do(actions.SetChecked(WARNING, "I understand", checked=False))
    assert "[checked]" not in visit.view().snapshot


# --- texts ----------------------------------------------------------------------------------------


def test_a_label_and_its_value_in_one_line_are_two_things(visits: Visits) -> None:
    visit = visits(
        "<div style='display:flex;flex-direction:column'><span>Status</span><span>Pending</span>"
        f"<span>Pairing ID</span><span>{OURS}</span></div><span hidden>Registration token</span>"
    )
    assert visit.view().alone == ("Pairing ID",)


# --- what the page says ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "stops"),
    [("role=status", True), ("role=alert", True), ("", False)],
    ids=["as its state", "as an alert", "as any text"],
)
def test_a_message_that_names_what_was_done_is_no_row_of_it(
    visits: Visits, message: str, stops: bool
) -> None:
    visit = visits(f"<p {message}>Request {OURS} was rejected.</p><p>{THEIRS}</p>")
    assert visit.stops_saying(OURS) is stops
    assert not visit.stops_saying(THEIRS)


def test_a_token_that_a_page_repeats_is_seen_and_the_field_that_it_is_in_is_not(
    visits: Visits,
) -> None:
    visit = visits(
        f"<label>Registration token <input type=password></label><p role=alert>{OURS}</p>"
        f"<label>Password <input type=password value={THEIRS}></label><p>{THEIRS}</p>"
    )
    visit.do(actions.FillIn(SETTINGS, "Registration token", text=OURS))
    snapshot = visit.view().snapshot
    assert 'textbox "Registration token": •••' in snapshot
    assert f"alert: {OURS}" in snapshot
    assert THEIRS not in snapshot, "nobody entered it, so nobody else would hide it"


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ("", "<p aria-live=polite>The registration token is missing.</p>"),
        ("", "<p role=status>The registration token is missing.</p>"),
        ("", "<p role=alert>The registration token is missing.</p>"),
        ("aria-describedby=why", "<p id=why>The registration token is missing.</p>"),
        ("aria-describedby=why", "<p id=why hidden>The registration token is missing.</p>"),
        ("title='The registration token is missing.'", ""),
        (
            "",
            "<input aria-invalid=true aria-errormessage=why>"
            "<p id=why>The registration token is missing.</p>",
        ),
    ],
)
def test_why_a_button_is_closed_is_read_beside_it(visits: Visits, about: str, said: str) -> None:
    visit = visits(f"<button disabled {about}>Pair</button>{said}<p aria-live=polite hidden>x</p>")
    with pytest.raises(Refusal) as refused:
        visit.do(actions.ClickLabel(SETTINGS, "Pair", patient=False))
    told = 'button "Pair" is closed: The registration token is missing.'
    assert refused.value.refused.message == told


@pytest.mark.parametrize(
    ("button", "said"),
    [
        ("<span title='No token.'><button disabled>Pair</button></span>", ": No token."),
        ("<button disabled title=Pair></button>", ""),
    ],
    ids=["of what is around it", "its own name"],
)
def test_a_title_is_a_reason_unless_it_is_the_name(visits: Visits, button: str, said: str) -> None:
    with pytest.raises(Refusal) as refused:
        visits(button, "").do(actions.ClickLabel(SETTINGS, "Pair", patient=False))
    assert refused.value.refused.message == f'button "Pair" is closed{said}'


def test_a_button_that_is_closed_without_a_word_is_closed(visits: Visits) -> None:
    with pytest.raises(Refusal) as refused:
        visits("<button disabled>Pair</button>", "").do(actions.ClickLabel(SETTINGS, "Pair"))
    assert refused.value.refused.message == 'button "Pair" is closed'


def test_what_could_not_be_clicked_is_told_with_what_to_write(visits: Visits) -> None:
    cover = "<div style='position:fixed;inset:0'></div>"
    visit = visits(f"<button>Pair</button>{cover}", "")
    with pytest.raises(sync_api.TimeoutError):
        visit.do(actions.ClickLabel(SETTINGS, "Pair"))
    told = visit.what_to_do("it did not come to be within its time")
    assert told.startswith('on the page /, to click button "Pair": ')
    assert '[pages.page.settings.labels."Pair"]' in told


def test_escape_is_pressed(visits: Visits) -> None:
    visit = visits(
        "<p>done: </p><script>onkeydown = e => document.querySelector('p').append(e.key)</script>"
    )
    visit.do(actions.PressEscape())
    assert done(visit) == "Escape"
