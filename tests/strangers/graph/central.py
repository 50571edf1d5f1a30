"""The management plane: what it keeps, and what its schema answers."""

from __future__ import annotations

import base64
import pickle
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.strangers.graph.schema import Call, Schema
from tests.strangers.graph.words import (
    ACCEPTED,
    DECLINED,
    FAILED,
    PAIRED,
    PENDING,
    WITHDRAWN,
    Clock,
    DocumentError,
    Json,
    Refusal,
    Sessions,
    connection,
    flag_of,
    from_iso,
    global_id,
    iso,
    list_of,
    profile_of,
    tag_fields,
    tags_of,
    text_of,
)

SESSION_S = 8 * 3600
HANDOVER_US = 5 * 86400 * 1_000_000
VIEW, ACCEPT, DECLINE = "PAIRING_VIEW", "PAIRING_ACCEPT", "PAIRING_DECLINE"


@dataclass
class Member:
    """Somebody who may do something here. A grant is a permission with a project, or the tenant."""

    id: str
    email: str
    password: str
    grants: set[tuple[str, str]]
    tenant_admin: bool
    keys: dict[str, int | None]

    def works_in(self, project: str) -> bool:
        """Has any business in a project, or in the tenant."""
        has_grant = any(scope == project for _, scope in self.grants)
        return has_grant or (not project and self.tenant_admin)


@dataclass
class RegistrationToken:
    """A registration token."""

    id: str
    name: str
    value: str
    project: str
    expiry: int | None
    active: bool = True


@dataclass
class Offer:
    """A cluster profile with its versions, the newest last."""

    id: str
    name: str
    kind: str
    project: str
    versions: list[Json]

    def latest(self, order: Callable[[str], Any]) -> Json | None:
        """The latest version that is published."""
        out = [one for one in self.versions if one["published"]]
        return max(out, key=lambda one: order(one["version"])) if out else None

    def version(self, of: Json) -> Json:
        """One of its versions as a site would run it."""
        named = {"name": self.name, "kind": self.kind, "version": of["version"]}
        return {**named, "originId": self.id, "packs": of["packs"]}


@dataclass
class Request:
    """A pairing request."""

    id: str
    number: int
    key: str
    secret: str
    project: str
    site: Json
    tags: dict[str, str]
    created: int
    state: str = PENDING
    cluster: str = ""
    accepted: int = 0
    name: str = ""


@dataclass
class Registered:
    """A cluster that is registered here."""

    id: str
    number: int
    project: str
    name: str
    description: str
    tags: dict[str, str]
    profiles: list[Json]
    confirmed: bool = False

    def node(self) -> Json:
        state = "RUNNING" if self.confirmed else "PROVISIONING"
        named = {"id": self.id, "name": self.name, "description": self.description}
        return {**named, **tag_fields(self.tags), "state": state, "profiles": self.profiles}


@dataclass
class Store:
    """All that outlives a restart."""

    projects: dict[str, str] = field(default_factory=dict)
    users: dict[str, Member] = field(default_factory=dict)
    tokens: dict[str, RegistrationToken] = field(default_factory=dict)
    profiles: dict[str, Offer] = field(default_factory=dict)
    requests: dict[str, Request] = field(default_factory=dict)
    clusters: dict[str, Registered] = field(default_factory=dict)
    sessions: dict[str, tuple[str, int]] = field(default_factory=dict)
    given_up: set[str] = field(default_factory=set)
    number: int = 0


def release(version: str) -> tuple[list[int], bool, list[tuple[bool, int, str]]]:
    """What semantic versions are ordered by: a pre-release comes before its release."""
    core, _, before = version.partition("+")[0].partition("-")
    numbers = [int(one) if one.isdigit() else 0 for one in core.split(".")]
    parts = [
        (not one.isdigit(), int(one) if one.isdigit() else 0, one)
        for one in before.split(".")
        if before
    ]
    return numbers, not before, parts


def decoded(uid: str) -> bytes:
    try:
        return base64.b64decode(uid)
    except ValueError:
        return b""


class Central:
    """One management plane."""

    def __init__(self, plants: frozenset[str]) -> None:
        self.plants = plants
        self.clock = Clock()
        self.starts = 0
        self.store = Store()
        self.reset()
        self.restart()

    def restart(self) -> None:
        """Stops, and starts again from the store."""
        self.store = pickle.loads(pickle.dumps(self.store))
        self.sessions = Sessions(self.clock, self.store.sessions)
        self.loaded: dict[str, Json | None] = {}
        self.schema = central_schema(self)
        self.starts += 1

    def reset(self) -> None:
        """A clean slate."""
        self.store = Store(number=self.store.number)
        self.sessions = Sessions(self.clock, self.store.sessions)
        self.limit, self.limited = (0, 0), list[int]()
        self.clock.ahead = 0

    def too_many(self, call: Call) -> int | None:
        """The seconds after which to ask again, where people have asked too often."""
        calls, wait = self.limit
        if calls <= 0 or not (call.bearer or call.key):
            return None
        self.limit = (calls - 1, wait)
        self.limited.append(self.clock.now())
        return wait

    def next(self) -> int:
        """A number that nothing else has."""
        self.store.number += 1
        return self.store.number

    # --- who asks ---

    def user(self, call: Call) -> Member:
        """Who asks, by a session or an access key."""
        if call.bearer:
            email = self.sessions.who(call.bearer)
            if email in self.store.users:
                return self.store.users[email]
        elif call.key:
            for one in self.store.users.values():
                if call.key in one.keys:
                    end = one.keys[call.key]
                    if end is None or end > self.clock.now():
                        return one
        raise DocumentError("UNAUTHENTICATED", "sign in first")

    def allowed(self, call: Call, *permissions: str) -> str:
        """In which project somebody asks who may; empty for the tenant."""
        user, project = self.user(call), text_of(call.variables, "project", needed=False)
        if not user.works_in(project) or (project and project not in self.store.projects):
            raise Refusal("FORBIDDEN", "you have no business in this project")
        for one in permissions:
            if (one, project) not in user.grants:
                raise Refusal("FORBIDDEN", f"it takes {one} here")
        return project

    def tenant(self, call: Call) -> None:
        """Whoever asks administers the tenant."""
        if not self.user(call).tenant_admin:
            raise Refusal("FORBIDDEN", "this is for administrators of the tenant")

    # --- requests ---

    def request(self, uid: str, project: str) -> Request:
        """A request of this project."""
        found = self.store.requests.get(uid)
        if "ids-cut-short" in self.plants and not found:
            begin = decoded(uid[: len(uid) // 4 * 4])
            ours = self.store.requests.items()
            found = next(
                (one for key, one in ours if begin and decoded(key).startswith(begin)), None
            )
        if "root-checks-alone" in self.plants and found:
            project = found.project
        if found is None or found.project != project:
            raise Refusal("NOT_FOUND", "there is no such pairing request", "id")
        return self.current(found)

    def current(self, request: Request) -> Request:
        """The same; an acceptance that nobody has confirmed in time has failed."""
        if request.state == ACCEPTED and self.clock.now() - request.accepted > HANDOVER_US:
            self.fail(request)
        return request

    def fail(self, request: Request) -> None:
        """An acceptance comes to nothing."""
        request.state = FAILED
        self.store.clusters.pop(request.cluster, None)

    def waiting(self, request: Request) -> None:
        """It can still be decided."""
        if request.state == ACCEPTED:
            raise Refusal("PAIRING_ALREADY_ACCEPTED", "it has been accepted already", "id")
        if request.state != PENDING:
            raise Refusal("PAIRING_ALREADY_DECIDED", f"it is {request.state} already", "id")

    def of_host(self, given: Json) -> Request:
        """A request whose host proves that it is its own."""
        found = self.store.requests.get(text_of(given, "requestId"))
        if found is None or found.secret != text_of(given, "siteSecret"):
            raise Refusal("NOT_FOUND", "there is no such pairing request", "requestId")
        return self.current(found)

    def profile(self, uid: str, project: str) -> Offer:
        """A profile that this project may use."""
        found = self.store.profiles.get(uid)
        if found is None or found.project not in ("", project):
            raise Refusal("NOT_FOUND", "there is no such profile", "id")
        return found

    def latest(self, profile: Offer) -> Json | None:
        """The version of a profile that counts."""
        if "loader-keeps-profiles" in self.plants:
            return self.loaded.setdefault(profile.id, profile.latest(self.order))
        return profile.latest(self.order)

    @property
    def order(self) -> Callable[[str], Any]:
        return str if "versions-by-text" in self.plants else release

    def chosen(self, given: list[Json], project: str) -> tuple[list[Offer], list[Json]]:
        """The profiles of a selection, and what is wrong with it."""
        found, problems = list[Offer](), list[Json]()
        for one in given:
            profile = self.profile(text_of(one, "profileId"), project)
            name = profile.name
            if profile in found:
                problems.append(problem("DUPLICATE", f"{name} is chosen twice", name))
                continue
            found.append(profile)
            latest = self.latest(profile)
            if latest is None:
                problems.append(problem("UNPUBLISHED", f"{name} has no version", name))
            elif text_of(one, "version", needed=False) not in ("", latest["version"]):
                text = f"{name} {one['version']} is not its latest version"
                problems.append(problem("NOT_LATEST", text, name))
        return found, problems

    def match(self, request: Request, given: list[Json]) -> tuple[list[Json], Json]:
        """Every pack of the site with the same in the selection, and none besides."""
        profiles, problems = self.chosen(given, request.project)
        versions = [(one, self.latest(one) or {"version": "", "packs": []}) for one in profiles]
        offered = [
            (pack["name"], pack["version"], profile.name, version["version"])
            for profile, version in versions
            for pack in version["packs"]
        ]
        left = Counter(one[:2] for one in offered)
        names = {name: version for name, version, *_ in offered}
        matches = []
        for name, version in (
            (pack["name"], pack["version"])
            for profile in request.site["stack"]
            for pack in profile["packs"]
        ):
            told = {"pack": name, "localVersion": version}
            if left[name, version] > 0:
                left[name, version] -= 1
                whose = next(one for one in offered if one[:2] == (name, version))
                of = {"profileName": whose[2], "profileVersion": whose[3]}
                matches.append({"pack": name, "version": version, **of})
            elif name in names:
                text = f"{name} is not {version} there"
                problems.append(problem("OTHER_VERSION", text, **told, offeredVersion=names[name]))
                left[name, names[name]] -= 1
            else:
                problems.append(problem("MISSING", f"{name} {version} is missing", **told))
        for (name, version), count in left.items():
            if count > 0:
                text = f"{name} {version} is not on the site"
                problems.append(problem("EXTRA", text, pack=name, offeredVersion=version))
        stack = [profile.version(version) for profile, version in versions]
        matches = [] if problems else matches
        return stack, {"valid": not problems, "matches": matches, "problems": problems}

    def node(self, request: Request) -> Json:
        """A request as people see it."""
        site = request.site
        return {
            "id": request.id,
            "state": request.state,
            "createdAt": iso(request.created),
            "name": site["name"],
            "description": site["description"],
            **tag_fields(request.tags),
            "site": {name: site[name] for name in ("id", "agentVersion", "pools", "stack")},
            "cluster": {"id": request.cluster, "name": request.name} if request.cluster else None,
        }

    def for_host(self, request: Request) -> Json:
        """A request as its host sees it."""
        cluster = self.store.clusters.get(request.cluster)
        named = {"id": cluster.id, "name": cluster.name} if cluster else None
        tags = tag_fields(cluster.tags if cluster else request.tags)
        return {"request": {"id": request.id, "state": request.state, "cluster": named, **tags}}

    def clusters(self, project: str) -> dict[str, Registered]:
        """The clusters of a project."""
        for one in self.store.requests.values():
            self.current(one)
        return {uid: one for uid, one in self.store.clusters.items() if one.project == project}

    def cluster(self, uid: str, project: str) -> Registered:
        found = self.clusters(project).get(uid)
        if found is None:
            raise Refusal("NOT_FOUND", "there is no such cluster", "id")
        return found

    def changeable(self, call: Call) -> tuple[Registered, str]:
        """The cluster that a call is about, once its host has confirmed, and its project."""
        project = self.allowed(call)
        found = self.cluster(text_of(call.input, "clusterId"), project)
        if not found.confirmed:
            raise Refusal("HANDOVER_PENDING", "its host has not confirmed the pairing yet")
        return found, project

    def connection(self, rows: list[Json], call: Call) -> Json:
        """A connection of what has no number of its own."""
        return connection(list(enumerate(rows)), call.variables, self.plants)


def problem(kind: str, message: str, profile: str | None = None, **of: str) -> Json:
    """Why a selection is no match."""
    told: Json = dict.fromkeys(("pack", "localVersion", "offeredVersion"))
    return {"kind": kind, "message": message, "profileName": profile, **told, **of}


def token_node(one: RegistrationToken) -> Json:
    project = {"id": one.project} if one.project else None
    told = {"id": one.id, "name": one.name, "value": one.value, "project": project}
    return {**told, "expiresAt": iso(one.expiry), "enabled": one.active}


def central_schema(central: Central) -> Schema:
    schema = Schema(central.plants)
    schema.limit = central.too_many
    for part in (accounts, decisions, registry, tokens, agents):
        part(central, schema)
    return schema


def accounts(central: Central, schema: Schema) -> None:
    """Logins, users and their keys."""

    @schema.mutation("signIn", "accessToken", "expiresAt")
    async def sign_in(call: Call) -> Json:
        email = text_of(call.input, "email")
        user = central.store.users.get(email)
        if user is None or user.password != text_of(call.input, "password"):
            raise Refusal("INVALID_CREDENTIALS", "e-mail or password is wrong", "password")
        return central.sessions.begin(email, SESSION_S)

    @schema.query("users")
    async def users(call: Call) -> Json:
        central.tenant(call)
        found = central.store.users.values()
        return central.connection([{"id": one.id, "email": one.email} for one in found], call)

    @schema.mutation("createAccessKey", "secret")
    async def create_access_key(call: Call) -> Json:
        central.tenant(call)
        wanted = text_of(call.input, "userId")
        text_of(call.input, "name")
        end = from_iso(call.input, "expiresAt")
        for one in central.store.users.values():
            if one.id == wanted:
                secret = global_id("AccessKey")
                one.keys[secret] = end
                return {"secret": secret}
        raise Refusal("NOT_FOUND", "there is no such user", "userId")


def decisions(central: Central, schema: Schema) -> None:
    """Pairing requests, as administrators decide them."""

    @schema.query("pairingRequests")
    async def pairing_requests(call: Call) -> Json:
        project = central.allowed(call, VIEW)
        wanted = call.variables.get("filter") or {}
        if not isinstance(wanted, dict):
            raise Refusal("BAD_USER_INPUT", "filter must be an object", "filter")
        state = text_of(wanted, "state", needed=False) or PENDING
        site = text_of(wanted, "siteId", needed=False)
        rows = [
            (one.number, central.node(one))
            for one in central.store.requests.values()
            if one.project == project
            and central.current(one).state == state
            and site in ("", one.site["id"])
        ]
        return connection(rows, call.variables, central.plants)

    @schema.query("pairingRequest")
    async def pairing_request(call: Call) -> Json:
        project = central.allowed(call, VIEW)
        return central.node(central.request(text_of(call.variables, "id"), project))

    @schema.query("pairingMatch")
    async def pairing_match(call: Call) -> Json:
        project = central.allowed(call, VIEW)
        request = central.request(text_of(call.variables, "id"), project)
        central.waiting(request)
        return central.match(request, list_of(call.variables, "selection"))[1]

    @schema.mutation("acceptPairing", "cluster")
    async def accept_pairing(call: Call) -> Json:
        project, given = central.allowed(call, ACCEPT), call.input
        request = central.request(text_of(given, "requestId"), project)
        central.waiting(request)
        name, description = request.site["name"], request.site["description"]
        if given.get("name") is not None:
            name = text_of(given, "name")
        if given.get("description") is not None:
            description = text_of(given, "description", needed=False)
        tags = tags_of(given)
        tags = dict(request.tags) if tags is None else tags
        if "half-a-mutation" in central.plants:
            request.site |= {"name": name, "description": description}
            request.tags = dict(tags)
        stack, match = central.match(request, list_of(given, "profiles"))
        if not match["valid"]:
            said = "; ".join(one["message"] for one in match["problems"])
            raise Refusal("STACK_MISMATCH", f"the profiles do not match: {said}", "profiles")
        about = (name, description, tags, stack)
        cluster = Registered(global_id("Cluster"), central.next(), project, *about)
        central.store.clusters[cluster.id] = cluster
        request.state, request.cluster, request.name = ACCEPTED, cluster.id, name
        request.accepted = central.clock.now()
        return {"cluster": cluster.node()}

    @schema.mutation("declinePairing", "request")
    async def decline_pairing(call: Call) -> Json:
        project = central.allowed(call, DECLINE)
        request = central.request(text_of(call.input, "requestId"), project)
        central.waiting(request)
        request.state = DECLINED
        if "user-errors-though-done" in central.plants:
            raise Refusal("CONFLICT", "somebody was faster", "requestId")
        return {"request": central.node(request)}


def registry(central: Central, schema: Schema) -> None:
    """Projects, profiles and clusters."""

    @schema.query("projects")
    async def projects(call: Call) -> Json:
        user, named = central.user(call), text_of(call.variables, "name", needed=False)
        rows = [
            {"id": uid, "name": name}
            for uid, name in central.store.projects.items()
            if (user.tenant_admin or user.works_in(uid)) and named in ("", name)
        ]
        return central.connection(rows, call)

    @schema.query("profileVersions")
    async def profile_versions(call: Call) -> Json:
        project = central.allowed(call)
        rows = [
            {"version": version["version"], "profile": {"id": one.id, "name": one.name}}
            for one in central.store.profiles.values()
            if one.project in ("", project)
            for version in one.versions
        ]
        return central.connection(rows, call)

    @schema.query("profile")
    async def profile(call: Call) -> Json:
        found = central.profile(text_of(call.variables, "id"), central.allowed(call))
        latest = found.latest(central.order)
        return {
            "id": found.id,
            "name": found.name,
            "published": latest is not None,
            "latest": found.version(latest or found.versions[-1]),
            "versions": [{"version": one["version"]} for one in found.versions],
        }

    @schema.query("clusters")
    async def clusters(call: Call) -> Json:
        found = central.clusters(central.allowed(call)).values()
        rows = [(one.number, one.node()) for one in found]
        return connection(rows, call.variables, central.plants)

    @schema.query("cluster")
    async def cluster(call: Call) -> Json:
        return central.cluster(text_of(call.variables, "id"), central.allowed(call)).node()

    @schema.mutation("editCluster", "cluster")
    async def edit_cluster(call: Call) -> Json:
        found, _ = central.changeable(call)
        name, tags = text_of(call.input, "name", needed=False), tags_of(call.input)
        if call.input.get("description") is not None:
            found.description = text_of(call.input, "description", needed=False)
        found.name = name or found.name
        found.tags = found.tags if tags is None else tags
        return {"cluster": found.node()}

    @schema.mutation("replaceClusterProfiles", "cluster")
    async def replace_profiles(call: Call) -> Json:
        found, project = central.changeable(call)
        profiles, problems = central.chosen(list_of(call.input, "profiles"), project)
        if problems or not profiles:
            raise Refusal("STACK_MISMATCH", "these profiles cannot be used", "profiles")
        found.profiles = [one.version(one.latest(central.order) or {}) for one in profiles]
        return {"cluster": found.node()}


def tokens(central: Central, schema: Schema) -> None:
    """Registration tokens, a matter of the tenant."""

    def token(call: Call, uid: str = "") -> RegistrationToken:
        central.tenant(call)
        found = central.store.tokens.get(uid or text_of(call.input, "tokenId"))
        if found is None:
            raise Refusal("NOT_FOUND", "there is no such token", "tokenId")
        return found

    def project_of(call: Call) -> str:
        project = text_of(call.input, "projectId", needed=False)
        if project and project not in central.store.projects:
            raise Refusal("NOT_FOUND", "there is no such project", "projectId")
        return project

    @schema.query("registrationTokens")
    async def registration_tokens(call: Call) -> Json:
        central.tenant(call)
        return central.connection([token_node(t) for t in central.store.tokens.values()], call)

    @schema.query("registrationToken")
    async def registration_token(call: Call) -> Json:
        return token_node(token(call, text_of(call.variables, "id")))

    @schema.mutation("createRegistrationToken", "token")
    async def create(call: Call) -> Json:
        central.tenant(call)
        named = (global_id("Token"), text_of(call.input, "name"), global_id("Secret"))
        one = RegistrationToken(*named, project_of(call), from_iso(call.input, "expiresAt"))
        central.store.tokens[one.id] = one
        return {"token": token_node(one)}

    @schema.mutation("deleteRegistrationToken", "deletedId")
    async def delete(call: Call) -> Json:
        return {"deletedId": central.store.tokens.pop(token(call).id).id}

    @schema.mutation("editRegistrationToken", "token")
    async def edit(call: Call) -> Json:
        one, project = token(call), project_of(call)
        one.expiry = from_iso(call.input, "expiresAt") or one.expiry
        one.name = text_of(call.input, "name", needed=False) or one.name
        one.project = project or one.project
        return {"token": token_node(one)}

    @schema.mutation("switchRegistrationToken", "token")
    async def switch(call: Call) -> Json:
        one = token(call)
        one.active = flag_of(call.input, "enabled")
        return {"token": token_node(one)}


def agents(central: Central, schema: Schema) -> None:
    """What edge hosts ask."""

    @schema.query("plane")
    async def plane(call: Call) -> Json:
        return {"product": "GRAPH_CENTRAL"}

    @schema.mutation("submitPairing", "request")
    async def submit_pairing(call: Call) -> Json:
        given, store, now = call.input, central.store, central.clock.now()
        value = text_of(given, "registrationToken", needed=False)
        token = next((one for one in store.tokens.values() if one.value == value), None)
        if token is None or not token.active or (token.expiry is not None and token.expiry <= now):
            why = "the registration token cannot be used"
            raise Refusal("REGISTRATION_TOKEN_REJECTED", why, "registrationToken")
        site = given.get("site")
        if not isinstance(site, dict):
            raise Refusal("BAD_USER_INPUT", "site must be an object", "site")
        secret = text_of(given, "siteSecret")
        if secret in store.given_up:
            raise Refusal("PAIRING_ALREADY_DECIDED", "its site has given it up", "siteSecret")
        key = text_of(given, "clientMutationId", needed=False) or secret
        for one in store.requests.values():
            if one.key == key and one.site["id"] == site.get("id"):
                one.secret = secret
                return central.for_host(one)
        pools = [
            {
                "name": text_of(pool, "name"),
                "controlPlane": flag_of(pool, "controlPlane"),
                "size": pool.get("size"),
                "labels": pool.get("labels"),
                "hosts": [
                    {"id": text_of(one, "id"), "name": text_of(one, "name", needed=False)}
                    for one in list_of(pool, "hosts")
                ],
            }
            for pool in list_of(site, "pools")
        ]
        kept: Json = {
            "id": text_of(site, "id"),
            "name": text_of(site, "name"),
            "description": text_of(site, "description", needed=False),
            "agentVersion": text_of(site, "agentVersion", needed=False),
            "pools": pools,
            "stack": [profile_of(one) for one in list_of(site, "stack")],
        }
        named = (global_id("PairingRequest"), central.next(), key, secret, token.project)
        request = Request(*named, kept, tags_of(site) or {}, now)
        store.requests[request.id] = request
        return central.for_host(request)

    @schema.query("pairingOfSite")
    async def pairing_of_site(call: Call) -> Json:
        found: Json = central.for_host(central.of_host(call.variables))["request"]
        return found

    @schema.mutation("confirmPairing", "request")
    async def confirm_pairing(call: Call) -> Json:
        request = central.of_host(call.input)
        if request.state == PENDING:
            raise Refusal("HANDOVER_PENDING", "nobody has accepted it", "requestId")
        if request.state not in (ACCEPTED, PAIRED):
            raise Refusal("PAIRING_ALREADY_DECIDED", f"it is {request.state}", "requestId")
        request.state = PAIRED
        central.store.clusters[request.cluster].confirmed = True
        return central.for_host(request)

    @schema.mutation("withdrawPairing")
    async def withdraw_pairing(call: Call) -> None:
        given = call.input
        uid, secret = text_of(given, "requestId", needed=False), text_of(given, "siteSecret")
        site = text_of(given, "siteId", needed=False)
        found = [
            central.current(one)
            for one in central.store.requests.values()
            if one.secret == secret and (one.id == uid if uid else one.site["id"] == site)
        ]
        if not found and site and not uid:  # it may still be under way: it is not taken then
            central.store.given_up.add(secret)
        elif not found:
            raise Refusal("NOT_FOUND", "there is no such pairing request", "requestId")
        for one in found:
            if one.state == PENDING:
                one.state = WITHDRAWN
            elif one.state == ACCEPTED and flag_of(given, "ended"):
                central.fail(one)
            elif one.state not in (WITHDRAWN, FAILED):
                central.waiting(one)
