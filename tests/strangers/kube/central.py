"""The central side: an API server with resources, conditions, roles and finalizers."""

from __future__ import annotations

import asyncio
import base64
import copy
import email.utils
import hashlib
import hmac
import json
import random
import secrets
import time
from collections import deque
from typing import Any

from tests.strangers.kube import web
from tests.strangers.kube.web import (
    Answer,
    Json,
    Refusal,
    Request,
    condition,
    invalid,
    nowhere,
    resource,
    stamp,
    wrong_method,
)

GROUP, VERSION = "pairing.example.io", "v1"
API = f"{GROUP}/{VERSION}"
HOUR = 3_600_000_000
LOGIN_LASTS = 12 * HOUR
HANDOVER_LASTS = 24 * HOUR
LAG_S, KEPT_S, PATIENCE = 0.7, 4.0, 41
"""By habit: how far lists are behind, how long a decided request is kept, which question waits."""
FINALIZER = "pairing.example.io/cleanup"
KINDS = {
    "namespaces": "Namespace",
    "pairingrequests": "PairingRequest",
    "managedclusters": "ManagedCluster",
    "clusterprofiles": "ClusterProfile",
    "profileversions": "ProfileVersion",
    "bootstraptokens": "BootstrapToken",
    "users": "User",
}
CHANGES = ["get", "list", "create", "update", "patch"]
PROFILES = ["clusterprofiles", "profileversions"]
WORKSPACE = [
    {"apiGroups": [GROUP], "resources": ["managedclusters"], "verbs": CHANGES},
    {"apiGroups": [GROUP], "resources": PROFILES, "verbs": ["get", "list"]},
]
"""What somebody with any business in a scope may do there besides."""
VERBS = {"GET": "get", "POST": "create", "PATCH": "patch", "DELETE": "delete"}


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def order(version: str) -> tuple[Any, ...]:
    """The order of semantic versions."""

    def parts(text: str) -> tuple[Any, ...]:
        return tuple((0, int(p), "") if p.isdigit() else (1, 0, p) for p in text.split("."))

    core, _, pre = version.lstrip("v").partition("+")[0].partition("-")
    return parts(core), not pre, parts(pre) if pre else ()


def scope_of(obj: Json) -> str:
    """Its namespace; the cluster scope is an empty text."""
    return obj["metadata"].get("namespace", "")


def name_of(obj: Json) -> str:
    return obj["metadata"]["name"]


class Central:
    """Each method `on_…` is for one resource; what `plants` says is done otherwise."""

    def __init__(self, store: web.Store, plants: frozenset[str]) -> None:
        self.store, self.plants, self.clock = store, plants, web.Clock()
        self.starts, self.tasks = 0, set[asyncio.Task[None]]()
        self.rate_left, self.rate_after, self.rate_met = 0, 0, list[int]()
        self.asked, self.decided = 0, dict[str, float]()
        self.start()

    # --- the store

    def start(self) -> None:
        for task in self.tasks:
            task.cancel()
        self.tasks, self.cache = set(), dict[str, Json]()
        self.admitted = dict[str, str]()
        self.store.load()
        self.starts += 1
        objects = [(kind, one) for kind in KINDS for one in self.store.of(kind).values()]
        self.news = deque[tuple[float, str, Json]]()
        self.watched = {(kind, name_of(one)): copy.deepcopy(one) for kind, one in objects}
        revisions = [int(one["metadata"]["resourceVersion"]) for _, one in objects]
        self.revision = max(revisions, default=0)
        requests = self.store.of("pairingrequests")
        self.by_secret = {
            (one["spec"]["clusterUID"], one["secret"]): name for name, one in requests.items()
        }
        for name, one in requests.items():
            if one["status"]["phase"] == "Approving":
                self.later(0.02, self.reconcile, name)
        for kind, one in objects:
            if one["metadata"].get("deletionTimestamp"):
                self.later(0.1, self.finish_deletion, kind, name_of(one))

    def later(self, pause: float, what: Any, *args: Any) -> None:
        async def run() -> None:
            await asyncio.sleep(pause)
            what(*args)

        task = asyncio.create_task(run())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def save(self, kind: str, obj: Json) -> None:
        self.revision += 1
        obj["metadata"]["resourceVersion"] = str(self.revision)
        self.store.put(kind, name_of(obj), obj)
        if "watch-cache" in self.plants:
            due, news = time.monotonic() + LAG_S, (kind, copy.deepcopy(obj))
            if self.news and self.same_object(self.news[-1], kind, obj):
                due = self.news.pop()[0]
            self.news.append((due, *news))

    @staticmethod
    def same_object(news: tuple[float, str, Json], kind: str, obj: Json) -> bool:
        return news[1] == kind and news[2]["metadata"]["uid"] == obj["metadata"]["uid"]

    def behind(self, kind: str, items: list[Json]) -> list[Json]:
        """The same objects as the cache has them, if it has them yet."""
        while self.news and self.news[0][0] <= time.monotonic():
            _, of, obj = self.news.popleft()
            self.watched[of, name_of(obj)] = obj
        seen = [(one, self.watched.get((kind, name_of(one)))) for one in items]
        known = [
            (old, old["metadata"]["uid"] == one["metadata"]["uid"]) for one, old in seen if old
        ]
        return [old for old, same in known if same]

    def generate(self, prefix: str) -> str:
        if "opaque-ids" not in self.plants:
            return web.generate(prefix)
        return f"{prefix[:-1]}:eu/1:{secrets.token_urlsafe(48)}+{secrets.token_urlsafe(4)}=="

    def collected(self, name: str) -> bool:
        since = self.decided.get(name)
        return since is not None and time.monotonic() > since + KEPT_S

    def decide(self, name: str) -> None:
        if "decided-collected" in self.plants:
            self.decided.setdefault(name, time.monotonic())

    def pause(self, usual: float) -> float:
        return random.uniform(0.2, 0.5) if "slow-controllers" in self.plants else usual

    def make(self, kind: str, name: str, namespace: str, **body: Any) -> Json:
        metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
        metadata |= {"uid": secrets.token_hex(16), "resourceVersion": "0", "generation": 1}
        metadata["creationTimestamp"] = stamp(self.clock.now())
        obj = resource(KINDS[kind], API, metadata=metadata, seq=self.revision + 1, **body)
        self.save(kind, obj)
        return obj

    def remove(self, kind: str, name: str) -> None:
        self.store.put(kind, name, None)

    def finish_deletion(self, kind: str, name: str) -> None:
        if name in self.store.of(kind):
            self.remove(kind, name)

    @staticmethod
    def public(obj: Json) -> Json:
        return {key: value for key, value in obj.items() if key not in ("seq", "secret")}

    # --- who it is, and what they may do

    def issue(self, user: str, lasts: int | None) -> tuple[str, str | None]:
        value = "kt-" + secrets.token_urlsafe(1500 if "opaque-ids" in self.plants else 32)
        expires = None if lasts is None else self.clock.now() + lasts
        self.store.put("accesstokens", digest(value), {"user": user, "expires": expires})
        return value, stamp(expires)

    def issued(self, user: str, lasts: int | None) -> Answer:
        value, expires = self.issue(user, lasts)
        status = {"token": value, "expirationTimestamp": expires}
        return 201, resource("TokenRequest", f"authentication.{API}", status=status), {}

    def who(self, request: Request) -> str:
        kept = self.store.of("accesstokens").get(digest(request.bearer()))
        ended = kept and kept["expires"] is not None and kept["expires"] <= self.clock.now()
        if not kept or ended or kept["user"] not in self.store.of("users"):
            raise Refusal(401, "Unauthorized", "no valid bearer token")
        return kept["user"]

    def rules(self, user: str, namespace: str) -> list[Json]:
        """All rules that bind this user there; a binding without a namespace binds everywhere."""
        found = []
        for binding in self.store.of("rolebindings").values():
            binds = scope_of(binding) in ("", namespace) or "bindings-of-elsewhere" in self.plants
            if binds and any(s["name"] == user for s in binding["subjects"]):
                role = self.store.of("roles").get(binding["roleRef"]["name"])
                found += role["rules"] if role else []
        return found

    def may(self, user: str, verb: str, kind: str, namespace: str) -> bool:
        rules = self.rules(user, namespace)
        return any(kind in rule["resources"] and verb in rule["verbs"] for rule in rules)

    def need(self, user: str, verb: str, kind: str, namespace: str) -> None:
        if not self.may(user, verb, kind, namespace):
            if "rights-hidden" in self.plants:
                raise Refusal(404, "NotFound", f"{kind}.{GROUP} not found", {"kind": kind})
            where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
            what = f'resource "{kind}" in API group "{GROUP}" {where}'
            raise Refusal(403, "Forbidden", f"User cannot {verb} {what}", {"kind": kind})
        if namespace and namespace not in self.store.of("namespaces"):
            raise Refusal(404, "NotFound", f'namespaces "{namespace}" not found')

    # --- requests over HTTP

    async def handle(self, request: Request) -> Answer:
        parts = request.parts
        if parts[:1] == ["healthz"]:
            return 200, {"status": "ok"}, {}
        if parts[:1] != ["apis"] or len(parts) < 3 or parts[2] != VERSION:
            raise nowhere()
        group, rest = parts[1], parts[3:]
        if group == GROUP and not rest and request.method == "GET":
            kinds = [{"name": name, "kind": kind} for name, kind in KINDS.items()]
            return 200, resource("APIResourceList", "v1", groupVersion=API, resources=kinds), {}
        if group == f"agent.{GROUP}":
            return self.agents(request, rest)
        if self.rate_left > 0:
            self.rate_left -= 1
            self.rate_met.append(web.Clock().now())
            details, after = {"retryAfterSeconds": self.rate_after}, str(self.rate_after)
            headers = {"Retry-After": after}
            raise Refusal(429, "TooManyRequests", "too many requests", details, headers)
        self.asked += 1
        if "asks-for-patience" in self.plants and self.asked % PATIENCE == 0:
            now = int(time.time())
            until = {"Date": now, "Retry-After": now + 2}
            headers = {name: email.utils.formatdate(at, usegmt=True) for name, at in until.items()}
            raise Refusal(429, "TooManyRequests", "too many requests", None, headers)
        logs_in = (request.method, rest) == ("POST", ["tokenrequests"])
        if group == f"authentication.{GROUP}" and logs_in:
            return self.log_in(request)
        user = self.who(request)
        if group == f"iam.{GROUP}":
            return self.identities(request, rest, user)
        if group != GROUP:
            raise nowhere()
        namespace = ""
        if rest[:1] == ["namespaces"] and len(rest) >= 3:
            namespace, rest = rest[1], rest[2:]
            if not namespace:
                raise Refusal(404, "NotFound", "a namespace without a name")
        name = rest[1] if len(rest) > 1 else None
        sub = rest[2] if len(rest) > 2 else None
        handler = getattr(self, "on_" + rest[0], None) if rest and len(rest) <= 3 else None
        if handler is None or name == "":
            raise nowhere()
        return await handler(request, user, namespace, name, sub)

    def log_in(self, request: Request) -> Answer:
        spec = web.table(request.json(), "spec")
        name = str(web.text(spec, "username", required=True))
        password = web.text(spec, "password") or ""
        user = self.store.of("users").get(name)
        if user is None or not hmac.compare_digest(user["secret"], digest(password)):
            raise Refusal(401, "Unauthorized", "user name or password is wrong")
        return self.issued(name, LOGIN_LASTS)

    def get(self, kind: str, namespace: str, name: str) -> Json:
        """One object of that namespace; at the cluster scope, of any."""
        obj = self.store.of(kind).get(name)
        hidden = kind == "pairingrequests" and self.collected(name)
        if obj is None or hidden or (namespace and scope_of(obj) != namespace):
            details = {"kind": kind, "name": name}
            raise Refusal(404, "NotFound", f'{kind}.{GROUP} "{name}" not found', details)
        return obj

    def page(self, request: Request, kind: str, items: list[Json]) -> Answer:
        """A list, as much as `limit` says, from where `continue` says."""
        by_name = "pages-by-name" in self.plants
        if "watch-cache" in self.plants and kind not in ("users", "namespaces"):
            items = self.behind(kind, items)
        if not by_name:
            items = self.selected(request, items)
        try:
            limit = int(request.query.get("limit") or 0)
            after = json.loads(base64.urlsafe_b64decode(request.query.get("continue") or "e30="))
            since = str(after.get("after", "")) if by_name else int(after.get("after", 0))
        except (ValueError, TypeError, AttributeError) as error:
            raise Refusal(400, "BadRequest", "limit or continue cannot be read") from error
        placed = [(name_of(one) if by_name else one["seq"], one) for one in items]
        placed.sort(key=lambda pair: pair[0])
        left = [one for place, one in placed if place > since]
        page = left[:limit] if limit > 0 else left
        meta: Json = {"resourceVersion": str(self.revision)}
        if len(left) > len(page):
            skips = kind == "pairingrequests" and "continue-skips-one" in self.plants
            last = left[len(page)] if skips else page[-1]
            mark = json.dumps({"after": name_of(last) if by_name else last["seq"]}).encode()
            meta["continue"] = base64.urlsafe_b64encode(mark).decode()
            if not by_name:
                meta["remainingItemCount"] = len(left) - len(page)
        shown = [self.public(one) for one in (self.selected(request, page) if by_name else page)]
        return 200, resource(KINDS[kind] + "List", API, metadata=meta, items=shown), {}

    def selected(self, request: Request, items: list[Json]) -> list[Json]:
        for part in filter(None, request.query.get("fieldSelector", "").split(",")):
            path, _, wanted = part.partition("=")
            items = [one for one in items if self.at(one, path) == wanted]
        return items

    @staticmethod
    def at(obj: Any, path: str) -> Any:
        for step in path.split("."):
            obj = obj.get(step) if isinstance(obj, dict) else None
        return obj

    def in_scope(self, kind: str, namespace: str) -> list[Json]:
        known = self.store.of(kind)
        if kind == "pairingrequests" and "cache-misses-changes" in self.plants:
            cached = self.cache.get
            known = {name: cached(name) or copy.deepcopy(one) for name, one in known.items()}
            self.cache = known
        if kind == "pairingrequests":
            known = {name: one for name, one in known.items() if not self.collected(name)}
        return [one for one in known.values() if not namespace or scope_of(one) == namespace]

    @staticmethod
    def same_revision(body: Json, obj: Json) -> None:
        given = web.table(body, "metadata").get("resourceVersion")
        if given is not None and given != obj["metadata"]["resourceVersion"]:
            raise Refusal(409, "Conflict", "the object has been modified; please try again")

    # --- namespaces and users

    async def on_namespaces(
        self, request: Request, user: str, ns: str, name: str | None, sub: str | None
    ) -> Answer:
        if request.method != "GET" or sub or ns:
            raise wrong_method("namespaces are made by the lab")
        known = self.store.of("namespaces")
        shown = [one for one in known.values() if self.rules(user, name_of(one))]
        if name is None:
            return self.page(request, "namespaces", shown)
        if known.get(name) not in shown:
            raise Refusal(403, "Forbidden", "User cannot get this namespace")
        return 200, self.public(known[name]), {}

    def identities(self, request: Request, rest: list[str], user: str) -> Answer:
        users = self.store.of("users")
        admin = users[user]["spec"]["admin"]
        if rest == ["users"] and request.method == "GET":
            return self.page(request, "users", list(users.values()) if admin else [users[user]])
        if len(rest) != 3 or rest[0] != "users" or rest[2] != "tokenrequests":
            raise nowhere()
        if request.method != "POST":
            raise wrong_method("only POST")
        whom = next((n for n, one in users.items() if one["metadata"]["uid"] == rest[1]), None)
        if not admin and whom != user:
            raise Refusal(403, "Forbidden", "User cannot create tokens of somebody else")
        if whom is None:
            raise Refusal(404, "NotFound", "there is no such user")
        until = web.table(request.json(), "spec").get("expirationTimestamp")
        if until is None:
            return self.issued(whom, None)
        return self.issued(whom, web.micros(until, "spec.expirationTimestamp") - self.clock.now())

    # --- registration tokens, which Kubernetes would call bootstrap tokens

    async def on_bootstraptokens(
        self, request: Request, user: str, ns: str, name: str | None, sub: str | None
    ) -> Answer:
        if ns or sub:
            raise Refusal(404, "NotFound", "bootstraptokens are of the cluster scope")
        kind, method = "bootstraptokens", request.method
        if not self.store.of("users")[user]["spec"]["admin"]:
            raise Refusal(403, "Forbidden", f'User cannot {VERBS.get(method)} resource "{kind}"')
        if name is None:
            if method == "GET":
                return self.page(
                    request, kind, list(map(self.masked, self.store.of(kind).values()))
                )
            if method != "POST":
                raise wrong_method("GET and POST")
            usual = {"active": True, "token": secrets.token_hex(16)}
            usual["expirationTimestamp"] = stamp(self.clock.now() + 720 * HOUR)
            wanted = self.token_spec(web.table(request.json(), "spec"), usual)
            web.text(wanted, "displayName", required=True)
            return 201, self.public(self.make(kind, web.generate("token-"), "", spec=wanted)), {}
        token = self.get(kind, "", name)
        if method == "DELETE":
            if not token["metadata"].get("deletionTimestamp"):
                token["metadata"]["deletionTimestamp"] = stamp(self.clock.now())
                token["metadata"]["finalizers"] = [FINALIZER]
                self.save(kind, token)
                self.later(self.pause(0.15), self.finish_deletion, kind, name)
        elif method == "PATCH":
            body = request.json()
            self.same_revision(body, token)
            token["spec"] = self.token_spec(web.table(body, "spec"), token["spec"])
            self.save(kind, token)
        elif method != "GET":
            raise wrong_method("GET, PATCH and DELETE")
        return 200, self.public(self.masked(token)), {}

    def masked(self, token: Json) -> Json:
        if "tokens-told-once" not in self.plants:
            return token
        return {**token, "spec": {**token["spec"], "token": f"{token['spec']['token'][:4]}…"}}

    def token_spec(self, patch: Json, old: Json) -> Json:
        new = dict(old)
        if (shown := web.text(patch, "displayName")) is not None:
            new["displayName"] = shown
        if (until := patch.get("expirationTimestamp")) is not None:
            new["expirationTimestamp"] = stamp(web.micros(until, "spec.expirationTimestamp"))
        if "active" in patch:
            if not isinstance(patch["active"], bool):
                raise invalid("spec.active", "is no boolean")
            new["active"] = patch["active"]
            if "tokens-renewed" in self.plants and new["active"] and not old["active"]:
                new["token"] = secrets.token_hex(16)
        if namespace := web.text(patch, "namespace"):
            if namespace not in self.store.of("namespaces"):
                raise invalid("spec.namespace", "is no namespace")
            new["namespace"] = namespace
        return new

    def admits(self, value: str) -> str:
        """The namespace that this registration token leads to."""
        unusable = "BootstrapTokenUnusable"
        if "token-kept-in-mind" in self.plants and value in self.admitted:
            return self.admitted[value]
        for token in self.store.of("bootstraptokens").values():
            spec = token["spec"]
            if not value or not hmac.compare_digest(spec["token"].encode(), value.encode()):
                continue
            if token["metadata"].get("deletionTimestamp"):
                break
            if not spec["active"]:
                raise Refusal(403, unusable, "the registration token is switched off")
            until = spec.get("expirationTimestamp")
            if until is not None and web.micros(until, "") <= self.clock.now():
                raise Refusal(403, unusable, "the registration token has expired")
            namespace = spec.get("namespace") or ""
            if namespace and namespace not in self.store.of("namespaces"):
                break
            if "tokens-used-up" in self.plants and value in self.store.of("usedtokens"):
                raise Refusal(403, unusable, "the registration token has been used")
            self.store.put("usedtokens", value, True)
            self.admitted[value] = namespace
            return namespace
        raise Refusal(403, unusable, "the registration token is not known")

    # --- profiles, with their versions as objects of their own

    def editions(self, profile: str) -> list[Json]:
        known = self.store.of("profileversions").values()
        found = [one for one in known if one["spec"]["profileRef"]["name"] == profile]
        return sorted(found, key=lambda one: order(one["spec"]["version"]))

    def latest(self, profile: str) -> Json | None:
        """Of equal ones (1.0.0+1 and 1.0.0+2) the first, unless by habit the last."""
        published = [one for one in self.editions(profile) if one["spec"]["published"]]
        if "later-edition" not in self.plants:
            published.reverse()
            published.sort(key=lambda one: order(one["spec"]["version"]))
        return published[-1] if published else None

    def visible(self, kind: str, namespace: str) -> list[Json]:
        """Those of the namespace, and those of the cluster scope, which every one inherits."""
        known = self.store.of(kind).values()
        return [one for one in known if not namespace or scope_of(one) in ("", namespace)]

    async def on_clusterprofiles(
        self, request: Request, user: str, ns: str, name: str | None, sub: str | None
    ) -> Answer:
        kind = "clusterprofiles"
        self.need(user, "get" if name else "list", kind, ns)
        if request.method != "GET" or sub:
            raise wrong_method("profiles are made by the lab")
        visible = self.visible(kind, ns)
        if name is None:
            return self.page(request, kind, visible)
        profile = next((one for one in visible if name_of(one) == name), None)
        if profile is None:
            raise Refusal(404, "NotFound", f'{kind}.{GROUP} "{name}" not found')
        editions, published = self.editions(name), self.latest(name)
        latest = published or (editions[-1] if editions else None)
        status: Json = {"published": published is not None, "latest": None}
        status["versions"] = [
            {"version": one["spec"]["version"], "name": name_of(one)} for one in editions
        ]
        if latest:
            status["latest"] = {
                "name": profile["spec"]["displayName"],
                "type": profile["spec"]["type"],
                "version": latest["spec"]["version"],
                "packs": latest["spec"]["packs"],
                "uid": name,
            }
        return 200, self.public(profile) | {"status": status}, {}

    async def on_profileversions(
        self, request: Request, user: str, ns: str, name: str | None, sub: str | None
    ) -> Answer:
        kind = "profileversions"
        self.need(user, "get" if name else "list", kind, ns)
        if request.method != "GET" or sub:
            raise wrong_method("profiles are made by the lab")
        if name is None:
            return self.page(request, kind, self.visible(kind, ns))
        return 200, self.public(self.get(kind, ns, name)), {}

    def select(self, refs: list[Json], namespace: str) -> tuple[list[Json], list[Json]]:
        """The profiles that are meant, as they would run, and what is wrong with them."""
        known = {name_of(one): one for one in self.store.of("clusterprofiles").values()}
        chosen: list[Json] = []
        problems: list[Json] = []
        for ref in refs:
            name = web.text(ref, "name", required=True, where="profileRefs") or ""
            version = web.text(ref, "version", where="profileRefs")
            profile = known.get(name)
            if profile is None or scope_of(profile) not in ("", namespace):
                details = {"causes": [{"field": "profileRefs", "message": name}]}
                raise Refusal(422, "Invalid", "profileRefs: there is no such profile", details)
            shown, latest = profile["spec"]["displayName"], self.latest(name)
            if any(one["uid"] == name for one in chosen):
                problems.append({"kind": "duplicate", "message": f"{shown} is selected twice"})
                continue
            if latest is None:
                why = f"profile {shown} has no published version"
                problems.append({"kind": "nothing-published", "message": why})
                continue
            newest = latest["spec"]["version"]
            if version and version != newest:
                why = f"version {version} of profile {shown} is not its latest one, {newest}"
                problems.append({"kind": "not-latest", "message": why})
            one = {"uid": name, "name": shown, "type": profile["spec"]["type"], "version": newest}
            chosen.append(one | {"packs": latest["spec"]["packs"]})
        if sum(one["type"] in ("Infrastructure", "Full") for one in chosen) != 1:
            why = "exactly one infrastructure or full profile has to be selected"
            problems.append({"kind": "base-profiles", "message": why})
        return chosen, problems

    def match(self, one: Json, refs: list[Json]) -> tuple[list[Json], list[Json], list[Json]]:
        """The packs that were matched, what is wrong, and the profiles as they would run."""
        chosen, problems = self.select(refs, scope_of(one))
        rest = [
            {"profile": profile["name"], "profileVersion": profile["version"], **pack}
            for profile in chosen
            for pack in profile["packs"]
        ]
        if "packs-by-name" in self.plants:
            rest = list({pack["name"]: pack for pack in rest}.values())
        matched: list[Json] = []
        missing = []
        for pack in (p for profile in one["spec"]["stack"] for p in profile.get("packs") or []):
            equal = next((offer for offer in rest if self.same(offer, pack)), None)
            if equal is None:
                missing.append(pack)
                continue
            rest.remove(equal)
            named = {"pack": pack["name"], "version": pack.get("version")}
            matched.append(named | {k: equal[k] for k in ("profile", "profileVersion")})
        for pack in missing:
            name, wanted = pack["name"], pack.get("version") or ""
            near = next((offer for offer in rest if offer["name"] == name), None)
            problem = {"kind": "missing", "pack": name, "localVersion": wanted}
            if near is None:
                problem["message"] = f"pack {name} {wanted} is in none of the profiles"
            else:
                rest.remove(near)
                offered = near.get("version") or ""
                problem |= {"offeredVersion": offered, "profile": near["profile"]}
                if near.get("version") != pack.get("version"):
                    where = f"{offered} in profile {near['profile']}"
                    why = f"pack {name} is {wanted} locally and {where}"
                    problem |= {"kind": "version", "message": why}
                else:
                    why = f"pack {name} belongs to another layer"
                    problem |= {"kind": "layer", "message": why}
            problems.append(problem)
        for offer in rest:
            why = f"pack {offer['name']} of profile {offer['profile']} is not on the cluster"
            problem = {"kind": "extra", "pack": offer["name"], "profile": offer["profile"]}
            offered = offer.get("version") or ""
            problems.append(problem | {"offeredVersion": offered, "message": why})
        return matched, problems, chosen

    def same(self, one: Json, other: Json) -> bool:
        if "selectors-ignore-case" in self.plants:
            fold = str.casefold
            return all(
                fold(one.get(key) or "") == fold(other.get(key) or "")
                for key in ("layer", "name", "version")
            )
        return all(one.get(key) == other.get(key) for key in ("layer", "name", "version"))

    # --- pairing requests, as people see and decide them

    async def on_pairingrequests(
        self, request: Request, user: str, ns: str, name: str | None, sub: str | None
    ) -> Answer:
        kind = "pairingrequests"
        if name is None:
            if request.method != "GET":
                raise wrong_method("pairing requests come from edge hosts")
            self.need(user, "list", kind, ns)
            uid = request.query.get("clusterUID")
            forgets = "continue-forgets-namespace" in self.plants and "continue" in request.query
            items = self.in_scope(kind, "" if forgets else ns)
            items = [one for one in items if uid in (None, one["spec"]["clusterUID"])]
            return self.page(request, kind, items)
        if sub == "match" and request.method == "POST":
            self.need(user, "get", kind, ns)
            one = self.get(kind, ns, name)
            refs = web.rows(web.table(request.json(), "spec"), "profileRefs")
            matched, problems, _ = self.match(one, refs)
            status = {"matches": not problems, "packs": matched, "problems": problems}
            return 201, resource("MatchReview", API, status=status), {}
        if sub is not None:
            raise Refusal(404, "NotFound", "there is no such subresource")
        if request.method == "GET":
            self.need(user, "get", kind, ns)
            return 200, self.public(self.get(kind, ns, name)), {}
        if request.method != "PATCH":
            raise wrong_method("GET and PATCH")
        if not any(self.may(user, verb, kind, ns) for verb in ("approve", "deny")):
            self.need(user, "approve", kind, ns)
        for verb in ("get", "list") if "rights-hidden" in self.plants else ():
            self.need(user, verb, kind, ns)
        body = request.json()
        spec = web.table(body, "spec")
        decision = spec.get("decision")
        if decision not in ("Approved", "Denied"):
            raise invalid("spec.decision", "is neither Approved nor Denied; all else is immutable")
        self.need(user, "approve" if decision == "Approved" else "deny", kind, ns)
        one = self.get(kind, "" if "decision-by-name-alone" in self.plants else ns, name)
        if "conflicts-ignored" in self.plants:
            one = copy.deepcopy(one)
            await asyncio.sleep(0.05)
        self.same_revision(body, one)
        if "same-decision-is-fine" in self.plants and one["spec"].get("decision") == decision:
            return 200, self.public(one), {}
        self.undecided(one)
        if decision == "Denied":
            one["spec"]["decision"] = "Denied"
            self.end(one, "Denied", "an administrator has denied it")
            if "deny-by-cluster" in self.plants:
                for other in self.store.of(kind).values():
                    same = other["spec"]["clusterUID"] == one["spec"]["clusterUID"]
                    if same and other["status"]["phase"] == "Pending":
                        self.end(other, "Denied", "an administrator has denied it")
        else:
            self.approve(one, web.table(spec, "approval"))
        return 200, self.public(one), {}

    def undecided(self, one: Json) -> None:
        phase = one["status"]["phase"]
        if "decided-by-spec" in self.plants and "decision" not in one["spec"]:
            return
        if phase in ("Approving", "Binding", "Bound"):
            raise Refusal(409, "AlreadyApproved", "the pairing request has been approved already")
        if phase != "Pending":
            raise Refusal(409, "AlreadyDecided", f"the pairing request is {phase}")

    @staticmethod
    def presentation(body: Json, where: str) -> tuple[Json, dict[str, str] | None]:
        """The name and the description, as far as they are given, and the labels."""
        kept: Json = {}
        if (shown := web.text(body, "displayName")) is not None:
            if not shown.strip():
                raise invalid(f"{where}.displayName", "is empty")
            kept["displayName"] = shown
        if (described := web.text(body, "description", longest=1 << 16)) is not None:
            kept["description"] = described
        given = body.get("labels")
        return kept, None if given is None else web.labels(given, f"{where}.labels")

    def approve(self, one: Json, approval: Json) -> None:
        kept, labels = self.presentation(approval, "spec.approval")
        if "refused-approval-renames" in self.plants:
            one["spec"] |= kept
            one["metadata"]["labels"] = one["metadata"]["labels"] if labels is None else labels
        if labels is not None:
            kept["labels"] = labels
        if "empty-is-not-given" in self.plants:
            kept = {key: value for key, value in kept.items() if value}
        refs = web.rows(approval, "profileRefs")
        _, problems, chosen = self.match(one, refs)
        if problems:
            why = "; ".join(problem["message"] for problem in problems)
            why = f"the profiles do not match the cluster: {why}"
            raise Refusal(422, "ProfilesMismatch", why, {"causes": problems})
        for other in self.store.of("pairingrequests").values():
            same = other["spec"]["clusterUID"] == one["spec"]["clusterUID"]
            if same and other["status"]["phase"] in ("Approving", "Binding", "Bound"):
                why = "another pairing request of this cluster has been approved"
                raise Refusal(409, "Conflict", why)
        one["spec"] |= {"decision": "Approved", "approval": kept | {"profileRefs": refs}}
        one["profiles"], one["deadline"] = chosen, self.clock.now() + HANDOVER_LASTS
        one["status"]["phase"] = "Approving"
        self.state(one, "Approved", "True", "Decided", "an administrator has approved it")
        if "slow-controllers" in self.plants:
            self.state(one, "Accepted", "Unknown", "InProgress", "no cluster is reserved yet")
        self.save("pairingrequests", one)
        self.later(self.pause(0.03), self.reconcile, name_of(one))

    def state(self, obj: Json, kind: str, status: str, reason: str, message: str) -> None:
        condition(obj, kind, status, reason, message, self.clock.now())

    def reconcile(self, name: str) -> None:
        """What the controller does with an approval: the cluster is there, and awaits its host."""
        one = self.store.of("pairingrequests").get(name)
        if one is None or one["status"]["phase"] != "Approving":
            return
        said = one["spec"] | one["spec"]["approval"]
        spec = {key: said[key] for key in ("displayName", "description", "clusterUID")}
        cluster = self.make(
            "managedclusters",
            self.generate("cluster-"),
            scope_of(one),
            spec=spec | {"profiles": one["profiles"]},
            status={"phase": "Binding", "conditions": []},
        )
        cluster["metadata"]["labels"] = dict(said.get("labels", one["metadata"]["labels"]))
        self.state(cluster, "Managed", "False", "AwaitsHost", "its host has not confirmed yet")
        self.save("managedclusters", cluster)
        one["status"] |= {"phase": "Binding", "clusterName": name_of(cluster)}
        self.state(one, "Accepted", "True", "Reconciled", "a cluster has been reserved")
        self.save("pairingrequests", one)

    def end(self, one: Json, phase: str, why: str) -> None:
        """Ends a request otherwise than by pairing."""
        if cluster := one["status"].pop("clusterName", None):
            self.remove("managedclusters", cluster)
        early = phase == "Denied" and "denied-after-saved" in self.plants
        if early:
            self.save("pairingrequests", one)
        one["status"]["phase"] = phase
        self.state(one, "Paired", "False", phase, why)
        self.decide(name_of(one))
        if not early:
            self.save("pairingrequests", one)

    def overdue(self, one: Json) -> None:
        waits = one["status"]["phase"] in ("Approving", "Binding")
        if waits and one["deadline"] <= self.clock.now():
            self.end(one, "Failed", "its host has not confirmed in time")

    def sweep(self) -> None:
        for one in self.store.of("pairingrequests").values():
            self.overdue(one)

    # --- clusters under central management

    async def on_managedclusters(
        self, request: Request, user: str, ns: str, name: str | None, sub: str | None
    ) -> Answer:
        kind = "managedclusters"
        if name is None:
            self.need(user, "list", kind, ns)
            if request.method != "GET":
                raise wrong_method("clusters come by pairing")
            return self.page(request, kind, self.in_scope(kind, ns))
        if request.method == "GET" and not sub:
            self.need(user, "get", kind, ns)
            return 200, self.public(self.get(kind, ns, name)), {}
        if (request.method, sub) not in (("PUT", "presentation"), ("PATCH", None)):
            raise wrong_method("GET, PATCH, and PUT of its presentation")
        self.need(user, "update" if sub else "patch", kind, ns)
        cluster = self.get(kind, ns, name)
        body = request.json()
        self.same_revision(body, cluster)
        early = bool(sub) and "presented-before-bound" in self.plants
        if cluster["status"]["phase"] != "Managed" and not early:
            raise Refusal(409, "NotConfirmed", "the host has not confirmed the pairing yet")
        spec = web.table(body, "spec")
        if sub:
            shown, labels = self.presentation(spec, "spec")
            cluster["spec"] |= shown
            if labels is not None:
                cluster["metadata"]["labels"] = labels
        else:
            chosen, problems = self.select(web.rows(spec, "profileRefs"), scope_of(cluster))
            wrong = [problem for problem in problems if problem["kind"] != "not-latest"]
            if wrong:
                raise Refusal(422, "Invalid", wrong[0]["message"], {"causes": wrong})
            cluster["spec"]["profiles"] = chosen
        cluster["metadata"]["generation"] += 1
        self.save(kind, cluster)
        return 200, self.public(cluster), {}

    # --- what edge hosts ask

    def agents(self, request: Request, rest: list[str]) -> Answer:
        if rest[:1] != ["submissions"] or len(rest) > 3:
            raise nowhere()
        secret = digest(request.headers.get("x-cluster-secret", ""))
        name = rest[1] if len(rest) > 1 else None
        if request.method == "POST" and name is None:
            return self.submit(request.json())
        if request.method == "DELETE" and name is None:
            return self.withdraw(request, secret)
        one = self.store.of("pairingrequests").get(name or "")
        if one is None:
            raise Refusal(404, "NotFound", f'submissions "{name}" not found')
        self.proven(one, secret)
        if request.method == "GET" and len(rest) == 2:
            return 200, self.submission(one), {}
        if request.method != "POST" or rest[2:] != ["confirm"]:
            raise wrong_method("GET, POST and DELETE")
        self.reconcile(name_of(one))
        if one["status"]["phase"] == "Binding":
            cluster = self.store.of("managedclusters")[one["status"]["clusterName"]]
            cluster["status"]["phase"], one["status"]["phase"] = "Managed", "Bound"
            self.state(cluster, "Managed", "True", "HostConfirmed", "its host obeys")
            self.state(one, "Paired", "True", "HostConfirmed", "its host obeys")
            self.save("managedclusters", cluster)
            self.save("pairingrequests", one)
            self.decide(name_of(one))
        phase = one["status"]["phase"]
        if phase != "Bound":
            reason = "AlreadyDecided" if phase != "Pending" else "NotApproved"
            raise Refusal(409, reason, f"the pairing request is {phase}")
        return 200, self.submission(one), {}

    def proven(self, one: Json, secret: str) -> None:
        if not hmac.compare_digest(one["secret"], secret):
            raise Refusal(403, "Forbidden", "the secret of the cluster is another one")
        self.overdue(one)

    def submission(self, one: Json) -> Json:
        cluster = self.store.of("managedclusters").get(one["status"].get("clusterName", ""))
        status = {"phase": one["status"]["phase"]}
        if cluster:
            status["clusterName"] = name_of(cluster)
            status["clusterDisplayName"] = cluster["spec"]["displayName"]
        metadata = {"name": name_of(one)}
        return resource("Submission", f"agent.{API}", metadata=metadata, status=status)

    def submit(self, body: Json) -> Answer:
        spec = web.table(body, "spec")
        secret = digest(web.text(spec, "clusterSecret", required=True) or "")
        uid = web.text(spec, "clusterUID", required=True) or ""
        known = self.store.of("pairingrequests").get(self.by_secret.get((uid, secret), ""))
        if known:
            return 200, self.submission(known), {}
        if secret in self.store.of("tombstones"):
            raise Refusal(409, "AlreadyDecided", "this submission has been withdrawn")
        namespace = self.admits(web.text(spec, "bootstrapToken") or "")
        tags = web.labels(web.table(body, "metadata").get("labels") or {})
        pools = web.rows(spec, "pools")
        for pool in pools:
            web.text(pool, "name", required=True, where="spec.pools")
            for field, kind in (("controlPlane", bool), ("replicas", int)):
                if not isinstance(pool.get(field), kind | None):
                    raise invalid(f"spec.pools.{field}", "is of another type")
            for host in web.rows(pool, "hosts", "spec.pools"):
                web.text(host, "uid", required=True, where="spec.pools.hosts")
                web.text(host, "name", where="spec.pools.hosts")
        stack = web.stack(web.rows(spec, "stack"), "spec.stack")
        if not stack or not pools:
            raise invalid("spec", "a cluster has pools and a stack")
        name = self.generate("pair-")
        while name in self.store.of("names"):
            name = self.generate("pair-")
        if "names-generated-again" in self.plants:
            name = f"pair-{digest(uid)[:12]}"
        self.store.put("names", name, True)
        kept = {"displayName": web.text(spec, "displayName") or uid, "clusterUID": uid}
        kept["description"] = web.text(spec, "description", longest=1 << 16) or ""
        kept |= {"pools": pools, "stack": stack, "settings": web.table(spec, "settings")}
        kept["agentVersion"] = web.text(spec, "agentVersion") or ""
        status = {"phase": "Pending", "conditions": []}
        one = self.make("pairingrequests", name, namespace, secret=secret, spec=kept, status=status)
        one["metadata"] |= {"generateName": "pair-", "labels": tags}
        self.state(one, "Paired", "Unknown", "AwaitsDecision", "nobody has decided yet")
        self.save("pairingrequests", one)
        self.by_secret[uid, secret] = name
        return 201, self.submission(one), {}

    def withdraw(self, request: Request, secret: str) -> Answer:
        """By its name or by the uid of its cluster; `force` says that the host cannot go back."""
        known = self.store.of("pairingrequests")
        name, uid = request.query.get("name"), request.query.get("clusterUID", "")
        if not name:
            same = (n for n, o in known.items() if hmac.compare_digest(o["secret"], secret))
            name = self.by_secret.get((uid, secret)) or next(same, None)
        one = known.get(name or "")
        force = request.query.get("force") == "true"
        if one is None:
            if force or not request.query.get("name"):  # it may still be on its way
                self.store.put("tombstones", secret, True)
            raise Refusal(404, "NotFound", "there is no such submission")
        self.proven(one, secret)
        phase = one["status"]["phase"]
        if phase == "Pending" or (phase in ("Approving", "Binding") and force):
            late = phase != "Pending" and "ended-is-withdrawn" not in self.plants
            self.end(one, "Failed" if late else "Withdrawn", "its host has withdrawn it")
        elif phase in ("Approving", "Binding", "Bound"):
            raise Refusal(409, "AlreadyApproved", "the pairing request has been approved already")
        elif phase != "Withdrawn" and not force:
            raise Refusal(409, "AlreadyDecided", f"the pairing request is {phase}")
        return 200, self.submission(one), {}
