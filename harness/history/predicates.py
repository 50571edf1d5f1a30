"""What a wait looks for: named, pure questions about one answer.

A wait records the answers that it saw; whoever judges later asks the same question again of
the same answers, and need not trust the wait.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from harness.history.operation import Json, OperationRecord, Outcome
from harness.history.page_tree import page_tree
from harness.history.wording import begun, noun

Predicate = Callable[..., bool]
"""`predicate(sample, **args) -> bool`; `args` are JSON values."""

Words = Callable[..., Mapping[str, str]]
"""`words(sample, **args)`: what the sentences of a predicate name besides its arguments."""

_PREDICATES: dict[str, Predicate] = {}
_SAYS: dict[str, tuple[str, str, Words]] = {}
"""What each looks for, and what is seen where that is not so, as people read it."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One answer that a wait saw."""

    outcome: Outcome
    value: Mapping[str, Json]
    error: Mapping[str, Json]

    @classmethod
    def from_json(cls, data: Mapping[str, Json]) -> Sample:
        """A sample as it stands in the evidence; one that does not say how it ended is unknown."""
        value, error, ended = data.get("value"), data.get("error"), data.get("outcome")
        return cls(
            Outcome(str(ended)) if ended in [*Outcome] else Outcome.INFO,
            value if isinstance(value, dict) else {},
            error if isinstance(error, dict) else {},
        )

    @classmethod
    def of(cls, record: OperationRecord) -> Sample:
        """The answer to an operation, as a wait would have seen it."""
        return cls(record.outcome, record.value or {}, record.error or {})

    @property
    def ok(self) -> bool:
        """Whether the answer was a success."""
        return self.outcome is Outcome.OK

    @property
    def not_found(self) -> bool:
        """Whether the answer was that there is no such thing."""
        return self.is_for("NotFound", "NoPairingRequest")

    def is_for(self, *reasons: str) -> bool:
        """Whether the answer was a refusal for one of these reasons."""
        return self.outcome is Outcome.FAIL and self.error.get("reason") in reasons

    @property
    def mode(self) -> str:
        """Who manages the cluster by this answer; one that is refused for that says so too."""
        is_kept_out = self.is_for("ClusterCentrallyManaged")
        return "central" if is_kept_out else str(self.value.get("mode") or "")


def _no_words(sample: Sample, **args: Json) -> Mapping[str, str]:
    return {}


def predicate(
    expects: str, instead: str, words: Words = _no_words
) -> Callable[[Predicate], Predicate]:
    """Register a predicate under its function's name, with what it looks for in words, and what is
    seen `instead`. Both may name its arguments, what `_Words` knows of the answer, and `words`.

    Raises:
        ValueError: the name is taken.
    """

    def register(function: Predicate) -> Predicate:
        name = function.__name__
        if name in _PREDICATES:
            raise ValueError(f"two predicates are called {name}")
        _PREDICATES[name], _SAYS[name] = function, (expects, instead, words)
        return function

    return register


def holds(name: str, sample: Sample, args: Mapping[str, Json]) -> bool:
    """Ask the named question of an answer.

    Raises:
        KeyError: there is no predicate of this name.
    """
    return _PREDICATES[name](sample, **args)


def predicate_names() -> tuple[str, ...]:
    """Every registered predicate."""
    return tuple(_PREDICATES)


@predicate("Local UI shows no pending request", "Local UI {still}shows {request}")
def nothing_pending(sample: Sample) -> bool:
    """Local UI shows no pending request: none at all, or one that is not `Pairing`.

    Where there is no cluster, or Palette manages it, that may be said in place of it.
    """
    if sample.ok:
        return sample.value.get("status") != "Pairing"
    return sample.not_found or sample.is_for("NoLocalCluster", "ClusterCentrallyManaged")


@predicate("Local UI shows request {pairing_uid} as pending", "Local UI {still}shows {request}")
def pending_with_id(sample: Sample, *, pairing_uid: str) -> bool:
    """Local UI shows this request as pending."""
    return (
        sample.ok
        and sample.value.get("status") == "Pairing"
        and sample.value.get("pairing_uid") == pairing_uid
    )


@predicate("Local UI shows the request as {status}", "Local UI {still}shows {request}")
def status_is(sample: Sample, *, status: str, pairing_uid: str = "") -> bool:
    """Local UI shows a request with this published status; with an id, no other one's."""
    shown = sample.value.get("pairing_uid") or pairing_uid
    is_it = not pairing_uid or shown == pairing_uid
    return sample.ok and sample.value.get("status") == status and is_it


@predicate(
    "Local UI shows the request as paired, or none any more", "Local UI {still}shows {request}"
)
def paired_or_not_shown(sample: Sample) -> bool:
    """Local UI shows the request as paired, or no request any more."""
    shown = sample.ok and sample.value.get("status") == "Paired"
    return shown or sample.not_found or sample.is_for("ClusterCentrallyManaged")


@predicate(
    "Local UI says that the host is under {mode} management",
    "Local UI {still}says that the host is under {shown_mode} management",
)
def mode_is(sample: Sample, *, mode: str) -> bool:
    """The host says that it is managed in this mode."""
    return sample.mode == mode


@predicate(
    "Local UI says who manages the host", "Local UI {still}does not say who manages the host"
)
def mode_is_told(sample: Sample) -> bool:
    """The host says how it is managed, be it by keeping everybody out."""
    return sample.ok or bool(sample.mode)


@predicate(
    "Palette lists request {pairing_uid}", "Palette {still}does not list request {pairing_uid}"
)
def listed(sample: Sample, *, pairing_uid: str) -> bool:
    """The request stands in the list of requests that wait for a decision."""
    return sample.ok and pairing_uid in _open_ids(sample)


@predicate(
    "Palette does not list request {pairing_uid} any more",
    "Palette {still}lists request {pairing_uid}",
)
def not_listed(sample: Sample, *, pairing_uid: str) -> bool:
    """The list was shown, and the request is not among those that wait for a decision."""
    return sample.ok and pairing_uid not in _open_ids(sample)


@predicate(
    "Palette lists {pairing_uids} of these clusters, and nothing else",
    "Palette {still}lists {listed}",
)
def listed_exactly(
    sample: Sample, *, pairing_uids: list[str], local_cluster_uids: list[str]
) -> bool:
    """Just these requests wait for a decision, of all that may be of these clusters."""
    mine = ("", None, *local_cluster_uids)
    found = [i for i in open_items(sample) if i.get("local_cluster_uid") in mine]
    ids = [str(item.get("pairing_uid")) for item in found]
    return sample.ok and sorted(ids) == sorted(pairing_uids)


@predicate("Palette lists no request", "Palette {still}lists {listed}")
def lists_nothing(sample: Sample) -> bool:
    """The list is refused, or nothing stands in it."""
    return is_refused(sample) or (sample.ok and not _dicts(sample.value, "items"))


@predicate(
    "Palette lists no request of the cluster", "Palette {still}lists {listed} of the cluster"
)
def none_listed_for(sample: Sample, *, local_cluster_uid: str, besides: Sequence[str] = ()) -> bool:
    """No request of this cluster waits for a decision, besides these."""
    waiting = set(open_ids_of(sample, local_cluster_uid))
    return sample.ok and waiting <= set(besides)


@predicate(
    "Palette lists {times} of the cluster's requests",
    "Palette {still}lists {listed} of the cluster",
)
def listed_for(
    sample: Sample, *, local_cluster_uid: str, times: int, pairing_uid: str = ""
) -> bool:
    """Just so many requests of this cluster wait for a decision, the one of this id among them."""
    found = open_ids_of(sample, local_cluster_uid)
    known = not pairing_uid or pairing_uid in found
    return sample.ok and len(found) == times and known


def _clusters(sample: Sample, cluster_uid: str, name: str = "") -> list[str]:
    """By which name a cluster stands in the list of clusters, each time that it does; others of
    this name count as well, with their uid.
    """
    items = _dicts(sample.value, "items")
    found = [str(i.get("name") or "(no name)") for i in items if i.get("uid") == cluster_uid]
    return found + [f"{name} ({uid})" for uid in _others(sample, cluster_uid, name)]


def _others(sample: Sample, cluster_uid: str, name: str) -> list[str]:
    """Which clusters stand in the list by this name, but for the one of this uid."""
    items = _dicts(sample.value, "items") if name else []
    return [
        str(i.get("uid")) for i in items if i.get("name") == name and i.get("uid") != cluster_uid
    ]


@predicate(
    "Palette's list of clusters has {cluster_uid} once, as {name}",
    "Palette's list of clusters {still}has {cluster_uid} as: {shown}; in place of: {name}",
    lambda sample, cluster_uid, name: {"shown": described([*_clusters(sample, cluster_uid, name)])},
)
def cluster_listed_once(sample: Sample, *, cluster_uid: str, name: str) -> bool:
    """The cluster stands in the list of clusters once, by this name, where that has names, and no
    other cluster does: no scenario gives a name to two.
    """
    found = _clusters(sample, cluster_uid, name)
    return sample.ok and found in ([name], ["(no name)"])


@predicate(
    "Palette's list of clusters has none as {name} but {cluster_uid}",
    "Palette's list of clusters {still}has as {name}, beside {cluster_uid}: {shown}",
    lambda sample, cluster_uid, name: {"shown": described([*_others(sample, cluster_uid, name)])},
)
def no_other_named(sample: Sample, *, cluster_uid: str, name: str) -> bool:
    """The list of clusters has no other by this name."""
    return sample.ok and not _others(sample, cluster_uid, name)


@predicate(
    "Palette's list of clusters is closed, or does not have {cluster_uid}",
    "Palette's list of clusters {still}has {cluster_uid}",
)
def cluster_not_listed(sample: Sample, *, cluster_uid: str) -> bool:
    """The list of clusters is refused, or has no such cluster."""
    return is_refused(sample) or (sample.ok and not _clusters(sample, cluster_uid))


@predicate("{subject} is answered with success", "{subject} is {still}refused")
def succeeds(sample: Sample) -> bool:
    """The operation is answered with success."""
    return sample.ok


@predicate("{subject} is refused", "{subject} {still}succeeds")
def is_refused(sample: Sample) -> bool:
    """The operation is answered with a well-formed refusal."""
    return sample.outcome is Outcome.FAIL


@predicate("{subject} shows {fields}", "{subject} {still}shows {wrong}")
def bears(sample: Sample, *, fields: dict[str, Json]) -> bool:
    """The answer has these values in these fields; see `is_borne`."""
    return sample.ok and all(is_borne(sample.value, name, value) for name, value in fields.items())


@predicate(
    "{subject} shows none of {fields}",
    "{subject} {still}shows {borne}",
    lambda sample, fields: {
        "borne": ", ".join(
            f"{_called(n)} {described(v)}" for n, v in _those_borne(sample.value, fields)
        )
    },
)
def bears_none_of(sample: Sample, *, fields: dict[str, Json]) -> bool:
    """No field has the value named here, and none of these tags is there, if anything is shown."""
    return not sample.ok or not _those_borne(sample.value, fields)


def _those_borne(shown: Mapping[str, Json], fields: Mapping[str, Json]) -> list[tuple[str, Json]]:
    """Of these fields, and of each tag by itself, those that an answer has."""
    tags = fields.get("tags")
    each: list[tuple[str, Json]] = [(n, v) for n, v in fields.items() if n != "tags"]
    each += [("tags", {k: v}) for k, v in tags.items()] if isinstance(tags, dict) else []
    return [(name, value) for name, value in each if is_borne(shown, name, value)]


def is_borne(shown: Mapping[str, Json], name: str, expected: Json) -> bool:
    """Whether an answer has this value in a field.

    Tags may stand among others, which a side gives or leaves of its own; those whose keys are
    listed under `without_tags` were taken away, and may not be there.
    """
    found = shown.get("tags" if name == "without_tags" else name)
    if name == "without_tags" and isinstance(expected, list):
        return isinstance(found, dict) and not found.keys() & set(expected)
    if name == "tags" and isinstance(found, dict) and isinstance(expected, dict):
        return expected.items() <= found.items()
    return found == expected


def borne(changed: OperationRecord) -> dict[str, Json]:
    """What a cluster bears once an acceptance, or a central operation on it, or the wait for one,
    took effect: as fields of `bears`.
    """
    asked = changed.args.get("polls_args", changed.args)
    given = asked if isinstance(asked, Mapping) else {}
    values = {name: given.get(name) for name in ("name", "description", "tags")}
    fields: dict[str, Json] = {n: value for n, value in values.items() if value is not None}
    if isinstance(chosen := given.get("selection"), list):
        uids = sorted(str(profile["uid"]) for profile in chosen if isinstance(profile, Mapping))
        fields["profiles"] = list[Json](uids)
    return fields


def open_items(sample: Sample) -> list[dict[str, Json]]:
    """The listed requests that wait: decided ones may stay listed with their state."""
    items = _dicts(sample.value, "items")
    return [item for item in items if item.get("state") in ("", None, "Pairing", "Pending")]


def _open_ids(sample: Sample) -> list[str]:
    return [str(item.get("pairing_uid")) for item in open_items(sample)]


def open_ids_of(sample: Sample, local_cluster_uid: str) -> list[str]:
    """The listed requests of a cluster that wait for a decision."""
    mine = [i for i in open_items(sample) if i.get("local_cluster_uid") == local_cluster_uid]
    return [str(item.get("pairing_uid")) for item in mine]


def _healths(sample: Sample, node: str) -> list[Json]:
    """Of the nodes of this name."""
    nodes = [n for pool in _dicts(sample.value, "pools") for n in _dicts(pool, "nodes")]
    return [n.get("health") for n in nodes if n.get("name") == node]


def _node_words(sample: Sample, *, node: str, health: str) -> Mapping[str, str]:
    found = described(_healths(sample, node))
    return {"seen": f"no node {node}" if found == "none" else f"node {node} as {found}"}


@predicate("Local UI shows node {node} as {health}", "Local UI {still}shows {seen}", _node_words)
def node_is(sample: Sample, *, node: str, health: str) -> bool:
    """The cluster has a node of this name, and it is so."""
    return sample.ok and health in _healths(sample, node)


def _token_words(sample: Sample, *, active: bool, expiry: int, name: str = "") -> Mapping[str, str]:
    shown, called = sample.value, f"the registration token {name}".strip()
    wrong = [] if shown.get("active") is active else ["inactive" if active else "active"]
    ends = shown.get("expiry")
    if isinstance(ends, int) and not _is_near(ends, expiry):
        off_s = abs(ends - expiry) // 1_000_000
        wrong += [f"valid for {off_s:,} s too {'long' if ends > expiry else 'short'}"]
    found = f"{called} as {' and '.join(wrong)}"
    return {"token": found if shown.get("name") == name or not name else f"no {called[4:]}"}


def _is_near(found: Json, expiry: int) -> bool:
    return not isinstance(found, int) or abs(found - expiry) < 1_000_000


@predicate(
    "the registration token is shown as it was made, if at all",
    "Palette {still}shows {token}",
    _token_words,
)
def token_not_otherwise(sample: Sample, *, active: bool, expiry: int) -> bool:
    """A registration token is so, to the second, if it is shown at all."""
    near = _is_near(sample.value.get("expiry"), expiry)
    return not sample.ok or (sample.value.get("active") is active and near)


@predicate(
    "the registration token {name} is shown as it was made",
    "Palette {still}shows {token}",
    _token_words,
)
def token_is(sample: Sample, *, active: bool, expiry: int, name: str) -> bool:
    """A registration token is shown under this name, and is so, to the second."""
    shown = sample.ok and sample.value.get("name") == name
    return shown and token_not_otherwise(sample, active=active, expiry=expiry)


@predicate("no registration token {name} is listed", "a registration token {name} is {still}listed")
def no_token_named(sample: Sample, *, name: str) -> bool:
    """Tokens are listed, and none of this name."""
    listed = [token.get("name") for token in _dicts(sample.value, "items")]
    return sample.ok and name not in listed


def _latest(sample: Sample, version: str = "") -> Mapping[str, str]:
    shown = sample.value.get("profile")
    return {"latest": described(shown.get("version") if isinstance(shown, dict) else None)}


@predicate(
    "version {version} is shown as the profile's latest, if any",
    "version {latest} is {still}shown as the profile's latest, in place of {version}",
    _latest,
)
def version_not_otherwise(sample: Sample, *, version: str) -> bool:
    """A cluster profile's latest version is this one, if it is shown at all."""
    shown = sample.value.get("profile")
    return not sample.ok or (isinstance(shown, dict) and shown.get("version") == version)


@predicate("{subject} is not shown", "{subject} is {still}shown")
def not_shown(sample: Sample) -> bool:
    """Nothing is shown."""
    return not sample.ok


def _packs(sample: Sample) -> list[Json]:
    """Of the stack, each as name and version."""
    profiles = _dicts(sample.value, "profiles")
    found = [pack for profile in profiles for pack in _dicts(profile, "packs")]
    return [*sorted(f"{pack.get('name')} {pack.get('version')}" for pack in found)]


@predicate(
    "Local UI shows that the cluster runs just {packs}",
    "Local UI {still}shows that the cluster runs {shown}, in place of {packs}",
    lambda sample, packs: {"shown": described(_packs(sample))},
)
def runs_packs(sample: Sample, *, packs: list[str]) -> bool:
    """The stack has just these packs, each as name and version."""
    return sample.ok and _packs(sample) == sorted(packs)


def _hosts_of(sample: Sample, pool: str) -> list[str]:
    """On which the pool of this name runs, a node each; without a name where nobody says which."""
    pools = [p for p in _dicts(sample.value, "pools") if p.get("name") == pool]
    return [str(node.get("host_uid") or "") for p in pools for node in _dicts(p, "nodes")]


@predicate(
    "Local UI shows pool {pool} on these hosts: {host_uids}",
    "Local UI {still}shows pool {pool} on these hosts: {shown}; in place of: {host_uids}",
    lambda sample, pool, host_uids: {
        "shown": described([host or "one without a name" for host in _hosts_of(sample, pool)])
    },
)
def pool_runs_on(sample: Sample, *, pool: str, host_uids: list[str]) -> bool:
    """The cluster's pool of this name runs on just these hosts; there is no such pool for none.
    Where nobody says which hosts they are, there are as many.
    """
    shown = _hosts_of(sample, pool)
    same = set(shown) == set(host_uids) if any(shown) else len(shown) == len(set(host_uids))
    return sample.ok and same


@predicate(
    "Local UI shows the cluster as being deleted, or none",
    "Local UI {still}shows the cluster as {state}",
)
def deleting_or_gone(sample: Sample) -> bool:
    """The cluster is being deleted, or is gone."""
    if sample.ok:
        return sample.value.get("state") == "Deleting"
    return sample.not_found or sample.is_for("NoLocalCluster")


@predicate(
    "Palette lists request {pairing_uid}, as one of its cluster",
    "Palette {still}does not list request {pairing_uid} as one of its cluster",
)
def listed_of_cluster(sample: Sample, *, pairing_uid: str, local_cluster_uid: str) -> bool:
    """The request stands in the list, and as one of this local cluster."""
    return sample.ok and any(
        item.get("pairing_uid") == pairing_uid
        and item.get("local_cluster_uid") == local_cluster_uid
        for item in open_items(sample)
    )


@predicate(
    "Palette says under which id the cluster is registered",
    "Palette {still}does not say under which id the cluster is registered",
)
def names_its_cluster(sample: Sample) -> bool:
    """A request says under which uid its cluster is, or is to be, registered."""
    return sample.ok and bool(sample.value.get("cluster_uid"))


@predicate(
    "Palette does not show the cluster as waiting for its host",
    "Palette {still}shows the cluster as waiting for its host to confirm",
)
def not_being_handed_over(sample: Sample) -> bool:
    """Palette shows the cluster, or its request, as anything but still to be confirmed by the host,
    or not at all.
    """
    still = ("Pairing", "Accepted")
    return sample.outcome is Outcome.FAIL or (sample.ok and sample.value.get("state") not in still)


@predicate(
    "Palette shows the cluster as confirmed by its host",
    "Palette {still}shows the cluster as {state}",
)
def handed_over(sample: Sample) -> bool:
    """Palette shows the cluster as one that its host has confirmed."""
    return sample.ok and not_being_handed_over(sample)


def _dicts(value: Mapping[str, Json], name: str) -> list[dict[str, Json]]:
    found = value.get(name)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


LATE_SHARE_MAX = 0.1
"""The share of a limit that the harness may have lost itself before it blames nobody for it."""


def starved_s(late_us: Json, wait: Mapping[str, Json]) -> float:
    """By how many seconds the harness was late in a wait; 0 where that is no excuse."""
    limit = wait.get("within_s", wait.get("during_s"))
    late_s = late_us / 1_000_000 if isinstance(late_us, int) else 0.0
    return late_s if isinstance(limit, int | float) and late_s > LATE_SHARE_MAX * limit else 0.0


# --- in words -------------------------------------------------------------------------------------


class _Words(dict[str, str]):
    """The arguments of a predicate and what one answer shows, as its sentences name them."""

    def __init__(
        self, polls: str, args: Mapping[str, Json], seen: Sample, still: bool, words: Words
    ) -> None:
        super().__init__({name: described(value) for name, value in args.items()})
        value, status = seen.value, seen.value.get("status")
        expected = args.get("fields")
        names = expected.items() if isinstance(expected, dict) else ()
        wrong = [_differing(value, n, v) for n, v in names if not is_borne(value, n, v)]
        mine = [args[n] for n in ("local_cluster_uid",) if n in args]
        items = [i for i in open_items(seen) if not mine or i.get("local_cluster_uid") in mine]
        ids = [f"request {described(i.get('pairing_uid'))}" for i in items]
        more = f" and {len(ids) - 3} more" if len(ids) > 3 else ""
        as_ = "pending" if status == "Pairing" else str(status or "").lower()
        self["subject"], self["still"] = noun(polls), "still " * still
        self["listed"] = ", ".join(ids[:3]) + more or "no request"
        uid = value.get("pairing_uid")
        self["request"] = (
            f"request {described(uid)} as {as_}" if uid else f"a request as {as_}, without an id"
        )
        if not status:
            self["request"] = "no request"
        self["state"], self["shown_mode"] = (str(value.get(n)).lower() for n in ("state", "mode"))
        self["wrong"] = "; ".join(wrong) or "something else"
        with suppress(LookupError, TypeError, ValueError, AttributeError):  # of another version
            self.update(words(seen, **args))

    def __missing__(self, name: str) -> str:
        return "something else"


def _differing(value: Mapping[str, Json], name: str, expected: Json) -> str:
    """A field that is not as it should be, and how it should be."""
    shown = value.get("tags" if name == "without_tags" else name)
    if name == "without_tags":
        return f"tags {described(shown)}, although {described(expected)} were taken away"
    return f"{_called(name)} {described(shown)}, in place of {described(expected)}"


def _called(name: str) -> str:
    return name.replace("_", " ")


def described(value: Json) -> str:
    """A value as a sentence names it; an element of a page by its first role and name."""
    if isinstance(value, list):
        return ", ".join(map(described, value)) or "none"
    if isinstance(value, dict):
        roles, names = value.get("roles"), value.get("names")
        if isinstance(roles, list) and isinstance(names, list) and roles and names:
            return f"the {roles[0]} “{names[0]}”"
        return ", ".join(f"{k}={v}" for k, v in value.items()) or "none"
    return "none" if value is None else str(value)


def expectation(name: str, polls: str, args: Mapping[str, Json]) -> str:
    """What the named predicate looks for in the answers to `polls`, as a sentence."""
    expects, _, words = _SAYS.get(name, (f"{noun(polls)} shows what was waited for", "", _no_words))
    nothing = Sample(Outcome.OK, {}, {})
    return begun(expects.format_map(_Words(polls, args, nothing, False, words)))


def contrary(
    name: str, polls: str, args: Mapping[str, Json], seen: Sample, still: bool, when: str = ""
) -> str:
    """What an answer shows that is not what the named predicate looks for, as a sentence, and
    `when`.
    """
    unknown = ("", "{subject} {still}shows something else than was looked for", _no_words)
    _, instead, of_answer = _SAYS.get(name, unknown)
    message = seen.error.get("message") or seen.error.get("why")
    words = _Words(polls, args, seen, still, of_answer)
    snapshot = seen.value.get("snapshot")
    if seen.outcome is Outcome.FAIL:
        told = begun(f"{words['subject']} is {words['still']}refused{when}")
        return f"{told}: {message}" if message else told
    if isinstance(snapshot, str) and not page_tree(snapshot).nodes:
        return f"The page is {words['still']}blank{when}"
    told = begun(instead.format_map(words))
    return f"{told},{when}" if when and "," in told else told + when
