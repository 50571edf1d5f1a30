"""The pages of both sides: rendered by the server, without a script, in a style of their own.

What has consequences asks once more. The wizard begins with the profiles, and asks for a name on
the side; on the way to its last page it passes one that the document does not know.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape
from typing import Any, ClassVar
from urllib.parse import quote

from tests.strangers.steps.appliance import Appliances, is_central
from tests.strangers.steps.office import OPEN, Office, fault, precedence
from tests.strangers.steps.web import Book, Call, Problem, Reply, Server

DEFECTS = (
    "page-says-little-of-the-terms",
    "page-turns-away-who-asked-first",
    "page-shows-another-number",
    # What was checked on the last page stays so when other profiles are chosen.
    "checked-once-is-checked-for-good",
)
STYLE = """
:root { color-scheme: light dark; font: 17px/1.45 Georgia, serif }
body { max-width: 46rem; margin: 0 auto; padding: 1rem }
nav a, nav button { margin-right: 1.2rem }
table { border-collapse: collapse; width: 100% }
td, th { border: 1px solid; padding: .4rem .6rem; text-align: left }
label { display: block; margin: .6rem 0 }
input:not([type=checkbox]) { font: inherit; width: 100% }
.alarm { border: 2px solid; padding: .5rem }
.joining { display: none }
#join:checked ~ .joining { display: block }
"""
UI, ENTER = "/ui", "/ui/enter"
SOON = '<meta http-equiv="refresh" content="1">'
"""For a page on which a job has still to come to its end."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody who is logged in, and a request of theirs."""

    call: Call
    session: Book

    def asks(self, verb: str, *parts: str, **data: Any) -> Call:
        """The same person's call to what is behind the pages."""
        more = {"x-csrf": self.session["csrf"], "x-office-project": self.session.get("scope", "")}
        headers = {**self.call.headers, **more}
        return Call(self.call.port, verb, self.call.path, {}, headers, data, parts)


Show = Callable[[Visit], str]
Do = Callable[[Visit], str]
"""What is done answers where one goes from there."""


class Leaves:
    """The pages of one side."""

    title = ""
    menu: ClassVar[dict[str, str]] = {}

    def __init__(self, side: Office | Appliances) -> None:
        self.book: Callable[[], Book] = lambda: side.book
        self.quirks = side.quirks
        server = side.server
        server.serve("GET", "/", lambda _: _to(UI))
        server.serve("GET", ENTER, lambda call: self.page("Enter", self.entry(call)))
        server.serve("POST", ENTER, self.enter, forms=True)
        self.login = side.login
        self.jobs, self.owner = side.jobs, side.owner

    def serve(self, server: Server, path: str, show: Show, do: Do | None = None) -> None:
        """What is shown at a path, and what its buttons do; a refusal is told on the same page."""
        server.serve("GET", path, lambda call: self.guarded(call, show))
        if do is not None:
            done = do
            server.serve("POST", path, lambda call: self.done(call, show, done), forms=True)

    def guarded(self, call: Call, show: Show, alarm: str = "", status: int = 200) -> Reply:
        try:
            visit = self.visit(call)
            return self.page(self.title, self.alarm(visit, alarm) + show(visit), visit, status)
        except _Elsewhere as elsewhere:
            return _to(elsewhere.path)
        except Problem as problem:
            if problem.status == 401:
                return _to(ENTER)
            return self.page("No", _alarm(problem.detail), status=problem.status)

    def done(self, call: Call, show: Show, do: Do) -> Reply:
        try:
            visit = self.visit(call)
            if call.text("csrf") != visit.session["csrf"]:
                raise Problem(403, "not-from-our-pages", "this form is not from our pages")
            return _to(do(visit))
        except _Elsewhere as elsewhere:
            return _to(elsewhere.path)
        except Problem as problem:
            return self.guarded(call, show, problem.detail, problem.status)

    def visit(self, call: Call) -> Visit:
        session = self.book()["sessions"].get(call.cookie("sid"))
        if session is None:
            raise Problem(401, "who-are-you", "log in first")
        return Visit(call, session)

    def alarm(self, visit: Visit, alarm: str) -> str:
        """What was refused now, or has come of a job."""
        job = self.job(visit)
        if job.get("state") == "failed":
            del visit.session["job"]
            alarm = alarm or str(job["problem"]["detail"])
        return _alarm(alarm)

    def job(self, visit: Visit) -> Book:
        number = visit.session.get("job")
        if not number:
            return {}
        found = self.jobs.look(self.owner(visit.asks("GET")), str(number)).body
        return found if isinstance(found, dict) else {}

    def begin(self, visit: Visit, begun: Reply) -> None:
        visit.session["job"] = begun.body["job"]

    def waits(self, visit: Visit) -> bool:
        return self.job(visit).get("state") in ("queued", "running")

    def entry(self, call: Call) -> str:
        raise NotImplementedError

    def enter(self, call: Call) -> Reply:
        """Log in; a wrong secret is told on the page."""
        try:
            reply = self.login(call)
        except Problem as problem:
            return self.page("Enter", _alarm(problem.detail) + self.entry(call), status=401)
        return Reply(None, 303, {**reply.headers, "Location": UI})

    def page(self, title: str, body: str, visit: Visit | None = None, status: int = 200) -> Reply:
        links = "".join(f'<a href="{path}">{name}</a>' for name, path in self.menu.items())
        head = SOON if visit is not None and self.waits(visit) else ""
        html = (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8">{head}'
            f"<title>{title}</title><style>{STYLE}</style></head><body>"
            f"{f'<nav>{links}</nav>' if visit else ''}<main><h1>{title}</h1>{body}</main>"
            "</body></html>"
        )
        return Reply(html, status, {"Cache-Control": "no-store"})


class ApplianceLeaves(Leaves):
    """Each appliance: what runs there, and whether the office manages it."""

    title = "Appliance"
    menu: ClassVar[dict[str, str]] = {"Overview": UI, "Office": f"{UI}/office"}

    def __init__(self, side: Appliances) -> None:
        super().__init__(side)
        self.side, server = side, side.server
        self.serve(server, UI, self.overview)
        self.serve(server, f"{UI}/office", self.office, self.entered)
        self.serve(server, f"{UI}/office/ask", self.really_ask, self.ask)
        self.serve(server, f"{UI}/office/back", self.really_back, self.take_back)

    def visit(self, call: Call) -> Visit:
        visit = super().visit(call)
        self.side.host(visit.asks("GET"))
        return visit

    def entry(self, call: Call) -> str:
        fields = _field("Account", "user") + _field("Secret", "secret", kind="password")
        return f'<form method="post">{fields}<button>Enter</button></form>'

    def rack(self, visit: Visit) -> Book:
        return self.side.rack(visit.asks("GET"))

    def overview(self, visit: Visit) -> str:
        cluster = self.rack(visit)["cluster"]
        if cluster is None:
            return "<p>Nothing runs here.</p>"
        return _table(["Cluster", "Condition"], [[cluster["label"], cluster["condition"]]])

    def office(self, visit: Visit) -> str:
        rack = self.rack(visit)
        rack.pop("copied", None)  # what is shown never goes back behind a page
        request = rack["request"]
        if is_central(rack):
            return "<p>The office manages this cluster. Nothing can be changed here.</p>"
        if request and request["state"] == "SENDING":
            return "<p>The office is being asked.</p>"
        if request and request["state"] == "OPEN":
            shown = [[self.number(request), request["office"], request["text"]]]
            back = f'<a href="{UI}/office/back" role="button">Take the request back</a>'
            return _table(["Request number", "Office", "How it is"], shown) + back
        last = f"<p>The last request: {escape(request['text'])}.</p>" if request else ""
        draft = visit.session.get("draft", "")
        fields = _field("Address of the office", "office", draft)
        fields += _field("Voucher", "voucher", kind="password")
        switch = '<input type="checkbox" role="switch" id="join" aria-label="Join the office">'
        switch += '<span aria-hidden="true"> Join the office</span>'
        joining = f'<div class="joining">{fields}<button>Ask to join</button></div>'
        return f"{last}<p>It is managed here.</p>{_form(visit, switch + joining)}"

    def number(self, request: Book) -> str:
        other = "page-shows-another-number" in self.quirks
        return str(request["cluster" if other else "number"])

    def entered(self, visit: Visit) -> str:
        call = visit.call
        visit.session.update(draft=call.text("office"), voucher=call.text("voucher"))
        return f"{UI}/office/ask"

    def really_ask(self, visit: Visit) -> str:
        draft = escape(visit.session.get("draft", ""))
        return f"<p>Ask the office at {draft}?</p>" + _form(visit, "<button>Yes, ask</button>")

    def ask(self, visit: Visit) -> str:
        session = visit.session
        told = {"office": session.get("draft", ""), "voucher": session.pop("voucher", "")}
        self.begin(visit, self.side.asked(visit.asks("POST", **told)))
        return f"{UI}/office"

    def really_back(self, visit: Visit) -> str:
        return "<p>Take it back?</p>" + _form(visit, "<button>Yes, take it back</button>")

    def take_back(self, visit: Visit) -> str:
        self.begin(visit, self.side.cancelled(visit.asks("DELETE")))
        return f"{UI}/office"


class OfficeLeaves(Leaves):
    """The office: its clusters, who asks to join, and the wizard of each."""

    title = "Office"
    menu: ClassVar[dict[str, str]] = {"Fleet": UI}

    def __init__(self, side: Office) -> None:
        super().__init__(side)
        self.side, server, one = side, side.server, f"{UI}/asking/{{}}"
        self.serve(server, UI, self.fleet)
        self.serve(server, f"{UI}/asking", self.asking)
        for step, show, do in (
            ("away", self.really_away, self.turn_away),
            ("terms", self.terms, self.agree),
            ("profiles", self.profiles, self.choose),
            ("naming", self.naming, self.keep),
            ("options", self.options, self.go_on),
            ("last", self.last, self.check),
            ("in", self.really_in, self.take_in),
        ):
            self.serve(server, f"{one}/{step}", show, do)

    def visit(self, call: Call) -> Visit:
        visit = super().visit(call)
        person = self.side.book["people"][visit.session["mail"]]
        scopes = sorted({grant["scope"] for grant in person["grants"]})
        visit.session["scope"] = next(iter(scopes), "")
        return visit

    def entry(self, call: Call) -> str:
        mail = call.query.get("mail") or call.text("mail")
        if not mail:
            return f"<form>{_field('Mail', 'mail')}<button>Go on</button></form>"
        hidden = f'<input type="hidden" name="mail" value="{escape(mail)}">'
        secret = _field("Password", "pass", kind="password")
        return f'<form method="post">{hidden}{secret}<button>Enter</button></form>'

    # --- who is there, and who asks -------------------------------------------------------

    def rows(self, visit: Visit) -> list[Book]:
        project = self.side.may(visit.asks("GET"), "list")
        self.side.index = (0.0, [])  # the list never goes back behind a page
        found = self.side.book["requests"].values()
        return [r for r in found if r["state"] == OPEN and project in ("", r["project"])]

    def fleet(self, visit: Visit) -> str:
        scope, rows = visit.session["scope"], len(self.rows(visit))
        ask = f'<p>Some ask to join: {rows}. <a href="{UI}/asking">See who asks</a></p>'
        found = self.side.book["clusters"].values()
        shown = [[c["label"], "here" if c["obeys"] else "coming", _tags(c["tags"])]
                 for c in found if scope in ("", c["project"])]  # fmt: skip
        return (ask if rows else "") + _table(["Cluster", "Condition", "Marks"], shown)

    def asking(self, visit: Visit) -> str:
        rows = self.rows(visit)
        lines = []
        for row in rows:
            decide = rows[0] if "page-turns-away-who-asked-first" in self.quirks else row
            away = f"{UI}/asking/{_part(decide['id'])}/away"
            cells = "".join(f"<td>{escape(str(cell))}</td>"
                            for cell in (row["id"], row["label"], _tags(row["tags"])))  # fmt: skip
            take = f'<a href="{UI}/asking/{_part(row["id"])}/terms">Let in</a>'
            turn = f'<form action="{away}"><button>Turn away</button></form>'
            lines.append(f"<tr>{cells}<td>{take}{turn}</td></tr>")
        return f"<table>{_head(['Number', 'Cluster', 'Marks', ''])}{''.join(lines)}</table>"

    def really_away(self, visit: Visit) -> str:
        number = escape(visit.call.parts[0])
        ask = _form(visit, "<button>Yes, turn it away</button>")
        return f"<p>Turn {number} away?</p>{ask}"

    def turn_away(self, visit: Visit) -> str:
        self.side.declined(visit.asks("DELETE", visit.call.parts[0]))
        return f"{UI}/asking"

    # --- the wizard -----------------------------------------------------------------------

    def at(self, visit: Visit, done: str = "") -> Book:
        """How far the wizard of a request is, if as far as this."""
        number = visit.call.parts[0]
        request = self.side.seen(visit.asks("GET"), number, "get")
        self.side.need_open(request)
        way: Book = visit.session.setdefault("ways", {}).setdefault(number, {})
        if done and not way.get(done):
            last = next((step for need, step in _BEFORE.items() if not way.get(need)), "last")
            raise _Elsewhere(f"{UI}/asking/{_part(number)}/{last}")
        return {"way": way, "request": request, "base": f"{UI}/asking/{_part(number)}"}

    def terms(self, visit: Visit) -> str:
        self.at(visit)
        told = "From then on this cluster is managed by the office alone."
        if "page-says-little-of-the-terms" not in self.quirks:
            told += " Changes at the appliance are switched off for good."
        box = '<label><input type="checkbox" name="read"> I have read this</label>'
        return f"<p>{told}</p>{_form(visit, box + '<button>Agree</button>')}"

    def agree(self, visit: Visit) -> str:
        at = self.at(visit)
        if not visit.call.text("read"):
            raise Problem(422, "not-read", "read it first, and say so")
        opened = self.side.wizard_opened(visit.asks("POST", request=visit.call.parts[0]))
        wizard = str(opened.body["wizard"])
        self.side.wizard_understood(visit.asks("POST", wizard))
        at["way"].clear()
        at["way"].update(agreed=wizard)
        return f"{at['base']}/profiles"

    def profiles(self, visit: Visit) -> str:
        at = self.at(visit, "agreed")
        chosen, lines = at["way"].get("tried"), []
        for number, profile in self.side.book["profiles"].items():
            releases = _published(profile)
            if profile["project"] in ("", at["request"]["project"]) and releases:
                mark = " checked" if number in (chosen or []) else ""
                box = f'<input type="checkbox" name="profile-{escape(number)}"{mark}>'
                packs = ", ".join(f"{p['name']} {p['release']}" for p in releases[-1]["packs"])
                name = f"<label>{box} Profile {escape(profile['label'])}</label>"
                lines.append(f"<tr><td>{name}</td><td>{escape(packs)}</td></tr>")
        faults = [] if chosen is None else self.faults(at["request"], chosen)
        told = "".join(f"<li>{escape(each['text'])}</li>" for each in faults)
        fits = "<p>They fit.</p>" if chosen is not None and not faults else f"<ul>{told}</ul>"
        buttons = '<button name="do" value="compare">Compare</button> '
        buttons += '<button name="do" value="on">On</button>'
        aside = f'<p><a href="{at["base"]}/naming">Naming</a></p>'
        return aside + _form(visit, f"<table>{''.join(lines)}</table>{buttons}") + fits

    def faults(self, request: Book, chosen: list[str]) -> list[Book]:
        try:
            return self.side.faults(request, _choice(chosen))
        except Problem as problem:
            return [fault("gone", problem.detail)]

    def choose(self, visit: Visit) -> str:
        at = self.at(visit, "agreed")
        chosen = sorted(n.removeprefix("profile-") for n in visit.call.data if "profile-" in n)
        way = at["way"]
        if visit.call.text("do") == "compare":
            way.update(tried=chosen, fits=not self.faults(at["request"], chosen))
            way.update(going=False, checked=self.stays_checked(way))
            return f"{at['base']}/profiles"
        if not way.get("fits") or chosen != way["tried"]:
            way.update(fits=False, going=False)
            raise Problem(409, "step-left-out", "compare them first, and they have to fit")
        details = way.get("details") or {}
        self.side.wizard_details(visit.asks("PUT", way["agreed"], **details))
        try:
            self.side.wizard_profiles(visit.asks("PUT", way["agreed"], choice=_choice(chosen)))
        finally:
            if way["agreed"] not in self.side.book["wizards"]:
                way.clear()  # it has ended, and one agrees anew
        way.update(going=True, checked=self.stays_checked(way))
        return f"{at['base']}/options"

    def stays_checked(self, way: Book) -> bool:
        return "checked-once-is-checked-for-good" in self.quirks and bool(way.get("checked"))

    def naming(self, visit: Visit) -> str:
        at = self.at(visit, "agreed")
        own = {**at["request"], **(at["way"].get("details") or {})}
        fields = _field("Marks", "tags", _tags(own["tags"])) + _field("Remark", "note", own["note"])
        fields += _field("Called", "label", own["label"])
        return _form(visit, fields + "<button>Keep</button>")

    def keep(self, visit: Visit) -> str:
        at, call = self.at(visit, "agreed"), visit.call
        if not call.text("label").strip():
            raise Problem(422, "no-name", "it has to be called something")
        pairs = [each.partition("=") for each in re.split(r"\s*;\s*", call.text("tags")) if each]
        tags = {name.strip(): value.strip() for name, _, value in pairs}
        details = {"label": call.text("label"), "note": call.text("note"), "tags": tags}
        at["way"].update(details=details, going=False)
        return f"{at['base']}/profiles"

    def options(self, visit: Visit) -> str:
        self.at(visit, "going")
        return "<p>There are no options.</p>" + _form(visit, "<button>Go on</button>")

    def go_on(self, visit: Visit) -> str:
        return f"{self.at(visit, 'going')['base']}/last"

    def last(self, visit: Visit) -> str:
        at = self.at(visit, "going")
        lines = []
        for number in at["way"]["tried"]:
            profile = self.side.book["profiles"].get(number)
            for release in _published(profile)[-1:] if profile else ():
                for name, value in release["variables"]:
                    lines.append(f"<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>")
                for pack in release["packs"]:
                    values = f"<pre>{escape(pack['values'])}</pre>"
                    lines.append(f"<tr><td>{escape(pack['name'])}</td><td>{values}</td></tr>")
        shut = "" if at["way"].get("checked") else " disabled"
        buttons = '<button name="do" value="check">Check</button> '
        buttons += f'<button name="do" value="in"{shut}>Take the cluster in</button>'
        return f"<table>{''.join(lines)}</table>{_form(visit, buttons)}"

    def check(self, visit: Visit) -> str:
        at = self.at(visit, "going")
        if visit.call.text("do") == "check":
            at["way"]["checked"] = False
            self.side.need_fit(at["request"], _choice(at["way"]["tried"]))
            at["way"]["checked"] = True
            return f"{at['base']}/last"
        return f"{self.at(visit, 'checked')['base']}/in"

    def really_in(self, visit: Visit) -> str:
        self.at(visit, "checked")
        return "<p>Take it in?</p>" + _form(visit, "<button>Yes, take it in</button>")

    def take_in(self, visit: Visit) -> str:
        wizard = self.at(visit, "checked")["way"]["agreed"]
        self.begin(visit, self.side.wizard_finished(visit.asks("POST", wizard)))
        return UI


_BEFORE = {"agreed": "terms", "going": "profiles", "checked": "last"}
"""What has to be done, in this order, and on which page it is."""


class _Elsewhere(Exception):
    """Another page comes first."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


def _choice(numbers: Iterable[str]) -> list[Book]:
    return [{"profile": number} for number in numbers]


def _published(profile: Book) -> list[Book]:
    releases = [each for each in profile["releases"] if each["published"]]
    return sorted(releases, key=lambda each: precedence(each["release"]))


def _to(path: str) -> Reply:
    return Reply(None, 303, {"Location": path})


def _alarm(text: str) -> str:
    return f'<p class="alarm" role="alert">{escape(text)}</p>' if text else ""


def _part(number: Any) -> str:
    return quote(str(number), safe="")


def _tags(tags: dict[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in tags.items())


def _field(label: str, name: str, value: str = "", kind: str = "text") -> str:
    given = f'type="{kind}" name="{name}" value="{escape(value)}"'
    return f"<label>{label} <input {given}></label>"


def _form(visit: Visit, inside: str) -> str:
    csrf = f'<input type="hidden" name="csrf" value="{visit.session["csrf"]}">'
    return f'<form method="post">{csrf}{inside}</form>'


def _head(names: list[str]) -> str:
    return f"<tr>{''.join(f'<th>{name}</th>' for name in names)}</tr>"


def _table(names: list[str], rows: list[list[str]]) -> str:
    lines = "".join(
        f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>" for row in rows
    )
    return f"<table>{_head(names)}{lines}</table>"
