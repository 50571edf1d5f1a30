"""Lawful pages: the same procedure, shown in another way.

Each changes what both sides send, has a script of its own, or both, and says what a target file
would say of it.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping

from harness.domain.pages import CENTRAL_ONLY, LABELS, LOCAL_ENDS
from harness.reference.behaviour import Behaviour
from harness.reference.local_ui.pages import LocalPages
from harness.reference.pages.answers import Page
from harness.reference.pages.pages import on
from harness.reference.palette.pages import PalettePages
from harness.reference.planting import variant

Rewritten = Callable[[Page, str], str]


def _as_it_is(page: Page, html: str) -> str:
    return html


def _lawful(
    name: str,
    concerns: str,
    says: str,
    rewritten: Rewritten = _as_it_is,
    script: str = "",
    pages: str = "",
    have_addresses: bool = True,
) -> None:
    """Declare pages of both sides, sent otherwise, a variant."""

    class OtherLocalPages(LocalPages):
        def finish(self, page: Page, html: str) -> str:
            return rewritten(page, super().finish(page, html))

    class OtherPalettePages(PalettePages):
        def finish(self, page: Page, html: str) -> str:
            return rewritten(page, super().finish(page, html))

    OtherLocalPages.script = OtherPalettePages.script = script
    behaviour = Behaviour(
        make_local_pages=OtherLocalPages,
        make_palette_pages=OtherPalettePages,
        pages=pages,
        have_addresses=have_addresses,
    )
    variant(name, concerns, says, behaviour)


# --- fields ------------------------------------------------------------------------------------
_FIELD = re.compile(
    r'<label for="(?P<id>\w+)">(?P<name>[^<]*)</label>\s*'
    r'<(?P<kind>input|textarea) id="(?P=id)"(?P<rest>[^>]*>(?:.*?</textarea>)?)',
    re.DOTALL,
)


def named_by_aria(page: Page, html: str) -> str:
    """Without labels that one sees: a field has its name as an attribute."""
    named = r'<\g<kind> id="\g<id>" aria-label="\g<name>" title="\g<name>"\g<rest>'
    return _FIELD.sub(named, html)


_lawful(
    "fields_are_named_by_aria_label",
    "ACC-5",
    "Fields have no label that one sees, and their names for assistive technology alone.",
    named_by_aria,
)


def in_another_order(page: Page, html: str) -> str:
    """The last field comes first."""
    backwards = iter([found[0] for found in _FIELD.finditer(html)][::-1])
    return _FIELD.sub(lambda _: next(backwards), html)


_lawful(
    "fields_in_another_order",
    "ACC-5",
    "The fields of every page come in the opposite order.",
    in_another_order,
)


# --- what is clicked ---------------------------------------------------------------------------
SURE = "Yes, go on"

_ASKS_AGAIN = """
document.addEventListener("click", (event) => {
  const button = event.target.closest("button.danger, button[value=pair]");
  if (!button || button.dataset.sure) return;
  event.preventDefault();
  const dialog = document.createElement("dialog");
  dialog.innerHTML = "<p>Is that what you want?</p><button>SURE</button>";
  document.body.append(dialog);
  dialog.showModal();
  dialog.querySelector("button").onclick = () => {
    dialog.remove();
    button.dataset.sure = "yes";
    button.click();
  };
}, true);
""".replace("SURE", SURE)


def _asked_again() -> Iterator[str]:
    for page, label in (
        ("settings", "Pair"),
        ("settings", "Cancel Pairing Request"),
        ("requests", "Reject"),
        ("review", "Pair cluster"),
    ):
        yield f"[[pages.page.{page}.labels.{json.dumps(label)}.after]]"
        yield f'role = "button"\nname = {json.dumps(SURE)}'


_lawful(
    "asks_once_more",
    "REJ-4P",
    "Pair, Cancel Pairing Request, Reject and Pair cluster ask once more, in a dialog.",
    script=_ASKS_AGAIN,
    pages="\n".join(_asked_again()),
)

_lawful(
    "asks_in_the_browsers_own_dialog",
    "WDR-2P",
    "What a button sends is sent after a question of the browser's own.",
    script="""
    document.addEventListener("submit", (event) => {
      if (!confirm("Is that what you want?")) event.preventDefault();
    });
    """,
)

_LINKED = re.compile(
    r'<form method="get" action="([^"]*)">\s*<button class="primary"([^>]*)>Pair</button>\s*</form>'
)

MENU = "More actions"

_IN_A_MENU = """
for (const button of document.querySelectorAll("button.danger")) {
  const opens = document.createElement("button");
  opens.type = "button";
  opens.textContent = "MENU";
  opens.setAttribute("aria-haspopup", "menu");
  opens.onclick = () => {
    document.querySelector("[role=menu]")?.remove();
    const menu = document.createElement("div");
    menu.innerHTML = `<div role="menuitem" tabindex="-1">${button.textContent}</div>`;
    menu.setAttribute("role", "menu");
    menu.firstChild.onclick = () => {
      menu.remove();
      button.click();
    };
    document.body.append(menu);
  };
  button.style.display = "none";
  button.before(opens);
}
""".replace("MENU", MENU)


def _in_a_menu() -> Iterator[str]:
    for page, label in (("settings", "Cancel Pairing Request"), ("requests", "Reject")):
        yield f"[pages.page.{page}.labels.{json.dumps(label)}]"
        yield f'role = "menuitem"\nbefore = [{{ role = "button", name = {json.dumps(MENU)} }}]'


_lawful(
    "decisions_stand_in_menus",
    "ACC-23",
    "Reject and Cancel Pairing Request stand in menus that are opened beside what they are about.",
    script=_IN_A_MENU,
    pages="\n".join(_in_a_menu()),
)

_lawful(
    "what_only_leads_on_is_a_link",
    "ACC-23",
    "Pair, where it leads to another page and does nothing, is a link.",
    lambda page, html: _LINKED.sub(r'<a class="button" href="\1"\2>Pair</a>', html),
)

_lawful(
    "confirm_opens_with_i_understand",
    "ACC-4",
    "Confirm below the warning is closed for as long as I understand is not checked.",
    script="""
    const understood = document.querySelector("[name=understood]");
    if (understood) {
      const confirm = understood.form.querySelector("button");
      const look = () => { confirm.disabled = !understood.checked; };
      understood.addEventListener("change", look);
      look();
    }
    """,
)


# --- how it is laid out ------------------------------------------------------------------------
def as_cards(page: Page, html: str) -> str:
    """Every table as a list, a row of it as an item."""
    html = re.sub(r"<thead>.*?</thead>|</?tbody>", "", html, flags=re.DOTALL)
    html = re.sub(r"<(/?)table\b", r"<\1ul", html)
    html = re.sub(r"<(/?)tr\b", r"<\1li", html)
    return re.sub(r'<(/?)t[hd]\b(?: scope="\w+")?', r"<\1div", html)


_lawful(
    "cards_in_place_of_tables",
    "ACC-23",
    "What stands in tables otherwise, the requests too, stands in lists of cards.",
    as_cards,
)

_ONE_PAGE = """
let where = location.href;
async function show(url, options) {
  const answer = await fetch(url, { credentials: "same-origin", ...options });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  where = answer.url;
  document.title = page.title;
  document.body.replaceChildren(...page.body.childNodes);
  if (/pairing\\/./.test(where)) {
    const main = document.getElementById("main");
    main.setAttribute("role", "dialog");
    main.setAttribute("aria-modal", "true");
    main.setAttribute("aria-label", "Pair Cluster");
  }
}
document.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  const url = new URL(form.getAttribute("action") || where, where);
  const body = new URLSearchParams(new FormData(form, event.submitter));
  show(url, form.method === "get" ? {} : { method: "POST", body });
});
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='/']");
  if (link) {
    event.preventDefault();
    show(new URL(link.getAttribute("href"), where));
  }
});
"""

_lawful(
    "one_page_with_dialogs",
    "ACC-11",
    "Each side has one page at one address; the wizard comes in a dialog, and no step has an"
    " address.",
    script=_ONE_PAGE,
    have_addresses=False,
)


# --- when it is there --------------------------------------------------------------------------
LATE_S = 0.3


def after_a_while(page: Page, html: str) -> str:
    """The page as it is, when it has taken its time."""
    time.sleep(LATE_S)
    return html


_lawful(
    "every_page_takes_a_while",
    "ACC-2",
    "Every page takes a third of a second to be made.",
    after_a_while,
)


def empty_at_first(page: Page, html: str) -> str:
    """A page without what it is about, which its script brings in."""
    html = html.replace("</main>", "</template>", 1).replace(" data-stay", "")
    return html.replace('id="main" tabindex="-1">', 'id="main"></main><template id="late">', 1)


_lawful(
    "rendered_in_the_browser",
    "ACC-2",
    "A page comes empty, and its script brings in what it is about a third of a second after it"
    " was loaded. Nothing on it copies anything.",
    empty_at_first,
    script="""
    const look = () => {
      const late = document.querySelector("#late:not([data-seen])");
      if (!late) return;
      late.dataset.seen = "yes";
      setTimeout(() => document.getElementById("main").append(late.content), 300);
    };
    new MutationObserver(look).observe(document, { childList: true, subtree: true });
    look();
    """,
)


# --- what it says ------------------------------------------------------------------------------
_WARNING = r"Once it is paired,[^<]*"

_lawful(
    "warns_in_words_of_its_own",
    "ACC-4",
    "The warning says the same in other words, which the target file gives.",
    lambda page, html: on(
        page, "warning", html, _WARNING, "Palette takes over for good. Local UI becomes read-only."
    ),
    pages=f'[pages.words]\n{CENTRAL_ONLY} = "takes over for good"\n'
    f'{LOCAL_ENDS} = ["becomes read-only", "is read-only"]',
)

GERMAN: Mapping[str, str] = {
    "Username": "Benutzername",
    "Password": "Passwort",
    "E-mail": "E-Mail-Adresse",
    "Log in": "Anmelden",
    "Settings": "Einstellungen",
    "Centrally Managed": "Zentral verwaltet",
    "Palette endpoint": "Adresse von Palette",
    "Registration token": "Registrierungsschlüssel",
    "Pair": "Koppeln",
    "Pairing ID": "Kopplungskennung",
    "Copy": "Kopieren",
    "Cancel Pairing Request": "Anfrage zurückziehen",
    "Clusters": "Verbünde",
    "Reject": "Ablehnen",
    "I understand": "Ich habe verstanden",
    "Confirm": "Bestätigen",
    "Name": "Name des Verbunds",
    "Description": "Beschreibung",
    "Tags": "Schlagwörter",
    "Next step": "Weiter",
    "Validate": "Prüfen",
    "Pair cluster": "Verbund koppeln",
}
_GERMAN_WARNING = (
    "Danach wird dieser Verbund nur noch zentral verwaltet. Vor Ort ist kein Eingriff mehr erlaubt."
)


def in_german(page: Page, html: str) -> str:
    """With what has a label in the document in German."""
    html = on(page, "warning", html, _WARNING, _GERMAN_WARNING).replace('"en"', '"de"', 1)
    for labels in LABELS.values():
        for label, element in labels.items():
            for name in element.names if label in GERMAN else ():
                shown = (
                    rf'(?<=>)(\s*){re.escape(name)}(?=\s*<)|(?<=-label=")(){re.escape(name)}(?=")'
                )
                html = re.sub(shown, rf"\1{GERMAN[label]}", html)
    return html


def _german_names() -> Iterator[str]:
    for page, labels in LABELS.items():
        for label in filter(GERMAN.__contains__, labels):
            yield f"[pages.page.{page}.labels.{json.dumps(label)}]"
            yield f'name = "{GERMAN[label]}"'
    yield "[pages.words]"
    yield f'{CENTRAL_ONLY} = "nur noch zentral verwaltet"'
    yield f'{LOCAL_ENDS} = "kein Eingriff mehr erlaubt"'


_lawful(
    "in_german", "WDR-2P", "The pages are in German.", in_german, pages="\n".join(_german_names())
)
