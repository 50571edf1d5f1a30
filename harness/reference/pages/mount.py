"""Pages on an app: from a request to a handler, and from its answer to a response."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from harness.domain.endpoint import PORTS
from harness.domain.errors import Reason, Refusal
from harness.reference.http_app import AppThreads
from harness.reference.pages import answers
from harness.reference.pages.filters import FILTERS
from harness.reference.pages.forms import parse_form, parse_query
from harness.reference.pages.pages import Pages

_HERE = Path(__file__).parent
_STATIC = {"style.css": "text/css", "pages.js": "text/javascript"}
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self';"
    " img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none';"
    " base-uri 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
"""Nothing from elsewhere, nothing kept. Without a referrer a form's Origin would be `null`."""

HostOf = Callable[[Request], str]


def mount(app: Starlette, site: Pages, host_of: HostOf = lambda _: "") -> None:
    """Add the pages of a side to its app. `host_of` says which edge host is asked."""
    shell = _Shell(site, host_of)
    for address in site.addresses():
        app.add_route(
            address.path,
            shell.endpoint(address.handler),
            methods=list(address.methods),
            include_in_schema=False,
        )
    for name, media_type in _STATIC.items():
        content = (_HERE / "static" / name).read_bytes()
        content += site.script.encode() if name == "pages.js" else b""
        app.add_route(f"/pages/{name}", _file(content, media_type), include_in_schema=False)


class _Shell:
    """Takes requests apart, runs handlers in threads, renders what they answer."""

    def __init__(self, site: Pages, host_of: HostOf) -> None:
        self._site = site
        self._host_of = host_of
        self._environment = environment(site)
        self._threads = AppThreads()

    def endpoint(self, handler: answers.Handler) -> Callable[[Request], Awaitable[Response]]:
        """The handler as an endpoint of the app."""

        async def endpoint(request: Request) -> Response:
            body = await request.body()
            return await self._threads.run(lambda: self._respond(handler, request, body))

        return endpoint

    def _respond(self, handler: answers.Handler, request: Request, body: bytes) -> Response:
        asked = self._asked(request)
        try:
            answer = handler(_with_entries(asked, request, body))
        except answers.Elsewhere as elsewhere:
            answer = elsewhere.redirect
        except answers.NotDone as error:
            answer = self._site.failed(asked, error)
        except Refusal as refusal:
            answer = self._site.failed(asked, answers.not_done(refusal.refused))
        return self._response(request, answer)

    def _asked(self, request: Request) -> answers.PageRequest:
        return answers.PageRequest(
            request.method,
            request.path_params,
            session=request.cookies.get(self._cookie("session", request), ""),
            scope=request.cookies.get(self._cookie("scope", request), ""),
            host_uid=self._host_of(request),
        )

    def _cookie(self, what: str, request: Request) -> str:
        """The name of a cookie. Cookies do not mind the port, so it is part of the name."""
        return f"{self._site.name}-{what}-{_port(request)}"

    def _response(self, request: Request, answer: answers.PageAnswer) -> Response:
        if isinstance(answer, answers.Page):
            return self._rendered(answer)
        response = RedirectResponse(answer.to, 303, dict(_HEADERS))
        for what, value in (("session", answer.session), ("scope", answer.scope)):
            if value is not None:
                self._keep(response, request, self._cookie(what, request), value)
        return response

    @staticmethod
    def _keep(response: Response, request: Request, name: str, value: str) -> None:
        secure = request.url.scheme == "https"
        if value:
            response.set_cookie(name, value, secure=secure, httponly=True, samesite="strict")
        else:
            response.delete_cookie(name, secure=secure, httponly=True, samesite="strict")

    def _rendered(self, page: answers.Page) -> Response:
        html = self._environment.get_template(page.template).render(page.context)
        html = self._site.finish(page, html)
        headers = dict(_HEADERS)
        if page.retry_after:
            headers["Retry-After"] = page.retry_after
        return Response(html, page.status, headers, "text/html")


def environment(site: Pages) -> Environment:
    """The templates of a side, above those that both share; everything is escaped."""
    folders = (site.templates, _HERE / "templates")
    made = Environment(
        loader=ChoiceLoader([FileSystemLoader(folder) for folder in folders]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(
        product=site.title, menu=site.menu, alert="", notice="", active="", logged_in=True
    )
    made.filters.update(FILTERS)
    return made


def _with_entries(asked: answers.PageRequest, request: Request, body: bytes) -> answers.PageRequest:
    """The request with what a person entered; only a page of ours may have sent a form."""
    query = parse_query(request.url.query)
    if not asked.posted:
        return replace(asked, query=query)
    require_same_origin(request)
    form = parse_form(body, _header(request, "content-type"))
    return replace(asked, query=query, form=form)


def require_same_origin(request: Request) -> None:
    """Refuse a form that another site's page has sent, or that says nothing of its origin.

    Raises:
        Refusal: it did not come from a page of this address.
    """
    origin = _header(request, "origin")
    fetch_site = _header(request, "sec-fetch-site")
    here = (request.url.hostname, _port(request))
    same = _place(origin) == here if origin else bool(fetch_site)
    if not same or fetch_site not in ("", "same-origin", "none"):
        raise Refusal(
            Reason.FORBIDDEN,
            "this form was not sent from a page of this address: open the page here and send"
            " it again",
        )


def _place(origin: str) -> tuple[str | None, int | None]:
    try:
        parts = urlsplit(origin)
        return parts.hostname, parts.port or PORTS.get(parts.scheme)
    except ValueError:
        return None, None


def _port(request: Request) -> int | None:
    return request.url.port or PORTS.get(request.url.scheme)


def _header(request: Request, name: str) -> str:
    return request.headers.get(name, "")


def _file(content: bytes, media_type: str) -> Callable[[Request], Awaitable[Response]]:
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "max-age=60"}

    async def endpoint(_: Request) -> Response:
        return Response(content, 200, headers, media_type)

    return endpoint
