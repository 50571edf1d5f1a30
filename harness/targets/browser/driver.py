"""Drivers stand around one another: this one does what is done on pages, in a browser."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from harness.domain import arrangements
from harness.domain import operations as ops
from harness.domain.errors import Refusal
from harness.domain.page_actions import BrowserAction, EnterAddress, KeepPictures, ViewPage
from harness.files import folder_name
from harness.history.operation import Json
from harness.targets import port
from harness.targets.browser.chromium import BrowserThread, NoBrowser, missing
from harness.targets.browser.finding import NotHandled
from harness.targets.browser.pictures import Pictures
from harness.targets.browser.procedures import carry_out, is_on_pages
from harness.targets.browser.relay import Relay
from harness.targets.browser.visit import BrowserVisit, PageLogin
from harness.targets.http import HttpDriver

_NAME_MAX = 200
SETTLED_S = 1.0
"""What a page has not shown by then, once all is there that it asked for, it does not offer."""


class BrowserDriver(port.DriverAround):
    """Does on pages what is done there; all else goes to the driver within.

    A person has a browser of their own for as long as a scenario lasts, with the login that they
    have there. The browser itself starts when it is first needed, and serves the whole run.

    Driven `through_pages`, it does there what else they have: sends, cancels, rejects, accepts.
    That goes over the API where a page cannot take it, or for somebody whose login on the page
    would be another than the one that is asked with.
    """

    def __init__(self, driver: HttpDriver, *, through_pages: bool = False) -> None:
        super().__init__(driver)
        self.name = "browser" if through_pages else driver.name
        self._through_pages = through_pages
        self.info = replace(driver.info, unseen=missing())
        self.limits = driver.limits
        self.secrets = driver.secrets
        self.target, self.arranging = driver.target, driver.arranging
        self._hosts = {host.uid: host.url for host in driver.target.hosts()}
        self._central = self.info.pages.central or driver.target.central_url
        trusts = {
            **self.target.trust_at(),
            self._central: self.target.trust_of(arrangements.Side.CENTRAL),
        }
        self._relay = Relay(
            {url: trust for url, trust in trusts.items() if url},
            proxy=self.target.proxy,
            may_leave=self.target.allow_writes,
            connect_s=self.target.timeouts.connect_s,
        )
        self._thread = BrowserThread(self._relay.flags)
        self._visits: dict[tuple[str, str], BrowserVisit] = {}
        self._logins: dict[str, PageLogin] = {}
        """Who logs in to Palette, by the key with which they ask its API, or by their session."""
        self._good: dict[str, str] = {}
        """What is as good on pages as at the API: sessions since nothing could have ended them, and
        keys of who has permissions in one project alone, with that.
        """
        self._named: dict[tuple[str, str], set[str]] = {}
        """The profiles of a project that have one name, by both."""
        self._pictures = Pictures()
        self._are_kept = False
        self._traces: Path | None = None

    def keep_pictures(self, folder: Path) -> None:
        """Let pictures be kept in the folder of a run."""
        self._pictures.folder = folder

    def keep_traces(self, folder: Path) -> None:
        """Let Playwright's traces be kept outside of the run: nothing there is redacted."""
        self._traces = folder

    def send(self, outgoing: port.Outgoing) -> port.Exchange:
        if isinstance(outgoing.operation, BrowserAction):
            if isinstance(outgoing.operation, KeepPictures):
                self._are_kept = True
                return port.Exchange(ops.Done(ops.Acknowledged("")))
            return self._thread.call(self._act, outgoing.operation, outgoing)
        if self._is_on_pages(outgoing):
            done = self._thread.call(self._carry_out, outgoing)
            if done is not None:
                return done
        exchange = self._driver.send(outgoing)
        match outgoing.operation, exchange.reply:
            case ops.LogInToPalette(email, password), ops.Done(ops.Session(token)):
                self._logins[token] = PageLogin(email, password)
            case ops.LogIn(), ops.Done(ops.Session(token)):
                self._good[token] = ""
            case ops.LogOut(), _:
                self._good.pop(outgoing.credentials.session, None)
        return exchange

    def arrange(self, arrangement: arrangements.Arrangement) -> arrangements.Arrangement:
        came = self._driver.arrange(arrangement)
        if isinstance(came, arrangements.PutUser):
            self._logins[came.api_key] = PageLogin(came.email, came.password)
            self._good.pop(came.api_key, None)
            scopes = {grant.scope for grant in came.grants}
            if not came.tenant_admin and len(scopes) == 1:
                self._good[came.api_key] = scopes.pop()
        elif isinstance(came, arrangements.PutProfile):
            alike = self._named.setdefault((came.profile.project_uid, came.profile.name), set())
            alike.add(came.profile.uid)
        elif isinstance(came, arrangements.AdvanceClock | arrangements.Restart):
            self._good.clear()
        return came

    def end_scenario(self, scenario: str) -> None:
        self._are_kept = False
        if self._visits:
            self._thread.call(self._leave, folder_name(scenario)[:_NAME_MAX])
        self._driver.end_scenario(scenario)

    def close(self) -> None:
        try:
            self._thread.close()
        finally:
            self._relay.close()
            self._driver.close()

    # --- on the browser's thread ----------------------------------------------------------

    def _act(self, action: BrowserAction, outgoing: port.Outgoing) -> port.Exchange:
        """Do it, and look at the page; raises what `arrange` and `send` do."""
        if isinstance(action, EnterAddress) and self.info.pages.address(action.page) is None:
            where = f"[pages.page.{action.page}] address"
            raise port.NotOffered(EnterAddress, f"{action.page.called} has no {where}")
        visit = self._visit(outgoing)
        visit.patience_s = self.limits.await_s

        def done() -> ops.Reply:
            visit.do(action)
            return ops.Done(visit.view())

        exchange = self._exchange(visit, done)
        if isinstance(action, ViewPage):
            is_kept = is_wrong = action.pictured
        else:
            is_wrong = not isinstance(exchange.reply, ops.Done)
            is_kept = is_wrong or self._are_kept
        if not is_kept:
            return exchange
        return replace(exchange, response=self._with_pictures(exchange, visit, dom=is_wrong))

    def _with_pictures(
        self, exchange: port.Exchange, visit: BrowserVisit, *, dom: bool
    ) -> Mapping[str, Json]:
        """What is kept of the page: a picture, and the DOM if that may be what is wrong."""
        from playwright.sync_api import Error

        kept: dict[str, Json] = dict(exchange.response or {})
        passwords = (login.password for login in self._logins.values())
        secrets = {*(s for s, _ in self.secrets), *self._logins, *passwords, *self._good}
        secrets.add(self.local_user.password)
        with suppress(Error):
            kept["picture"] = visit.picture(self._pictures, secrets)
            if dom:
                kept["dom"] = visit.dom(self._pictures, secrets)
        return {name: value for name, value in kept.items() if value}

    @property
    def _profiles(self) -> dict[str, str]:
        """The names of profiles by uid, of those that a page can tell from all others."""
        alone = ((name, uids) for (_, name), uids in self._named.items() if len(uids) == 1)
        return {uid: name for name, uids in alone for uid in uids}

    def _is_on_pages(self, outgoing: port.Outgoing) -> bool:
        """Whether a page takes an operation, and by the same login as the API."""
        credentials = outgoing.credentials
        scope = self._good.get(credentials.api_key or credentials.session)
        is_good = scope is not None and scope == credentials.project_uid
        is_there = outgoing.host_uid in self._hosts if outgoing.host_uid else bool(self._central)
        is_asked = self._through_pages and is_good and is_there
        return is_asked and is_on_pages(outgoing.operation, self._profiles)

    def _carry_out(self, outgoing: port.Outgoing) -> port.Exchange | None:
        visit = self._visit(outgoing)
        visit.patience_s = min(SETTLED_S, self.limits.await_s)
        left = False

        def done() -> ops.Reply:
            nonlocal left
            reply = carry_out(outgoing.operation, visit, self._profiles)
            left = reply is None
            return reply or ops.Unknown("")

        exchange = self._exchange(visit, done)
        return None if left else exchange

    def _exchange(self, visit: BrowserVisit, do: Callable[[], ops.Reply]) -> port.Exchange:
        """What was done in the browser, and what came of it."""
        from playwright.sync_api import Error
        from playwright.sync_api import TimeoutError as TookTooLong

        visit.steps.clear()
        try:
            reply = do()
        except Refusal as refusal:
            reply = refusal.refused
        except NotHandled as error:
            reply = ops.Unknown(visit.what_to_do(str(error)))
        except Error as error:
            why = self._relay.why_not(visit.home)
            told = str(error).partition("\n")[0]
            if isinstance(error, TookTooLong) and not why:
                told = visit.what_to_do("it did not come to be within its time")
            reply = ops.Unknown(": ".join(filter(None, (told, why))))
        request: dict[str, Json] = {"by": "browser", "steps": list(visit.steps)}
        return port.Exchange(reply, request, {"url": visit.url})

    def _visit(self, outgoing: port.Outgoing) -> BrowserVisit:
        credentials, host_uid = outgoing.credentials, outgoing.host_uid
        person = credentials.api_key or credentials.session
        key = (host_uid, "somebody" if host_uid and person else person)
        if key not in self._visits:
            try:
                browser = self._thread.browser()
            except NoBrowser as error:
                raise port.NotSupported(f"pages: {error}") from error
            login = self._login(host_uid, person) if person else None
            home = self._hosts[host_uid] if host_uid else self._central
            pages, patience_s = self.info.pages, self.limits.await_s
            self._visits[key] = BrowserVisit(
                browser, home, login, pages, patience_s, traces=self._traces
            )
        return self._visits[key]

    def _login(self, host_uid: str, person: str) -> PageLogin:
        if host_uid:
            return PageLogin(self.local_user.username, self.local_user.password)
        login = self._logins.get(person)
        if login is None or not login.password:
            raise port.CannotArrange(
                "a login on Palette's pages", "nobody knows this person's password; see [given]"
            )
        return login

    def _leave(self, scenario: str) -> None:
        from playwright.sync_api import Error

        for number, visit in enumerate(self._visits.values(), 1):
            with suppress(Error):  # the browser has gone, and they with it
                visit.close(f"{scenario}-{number}.zip")
        self._visits.clear()
